//! Muting a channel for a while, and ending that.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::app::permission::may_change;
use crate::app::subscriptions::hold::release;
use crate::model::hold::next_at;
use crate::model::mute::MOST_MUTES;
use crate::model::{DatasetPattern, Mute};
use crate::render::reply;
use crate::slack::command::{Command, MuteLength};
use crate::store::{Edit, Edited, StoreError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A book that others change at the same time is read again so often.
const TRIES: usize = 8;
const MINUTE: i64 = 60;

/// `mute`: from now on, in place of a mute of the same datasets.
pub(in crate::app) async fn mute(
    app: &App,
    asker: &Asker,
    dataset: Option<DatasetPattern>,
    length: MuteLength,
) -> Result<Reply, StoreError> {
    let now = app.clock.now();
    let (until, zone_known) = match length {
        MuteLength::Minutes(minutes) => (now.as_second().saturating_add(i64::from(minutes) * MINUTE), true),
        MuteLength::Until(time) => {
            let zone = time_zone(app, asker).await;
            (next_at(now, time, zone.as_ref().unwrap_or(&TimeZone::UTC)).as_second(), zone.is_some())
        }
    };
    let until = Timestamp::from_second(until).unwrap_or(Timestamp::MAX);
    let typed = Command::Mute { dataset: dataset.clone(), length };
    let mute = Mute { dataset: dataset.unwrap_or_else(DatasetPattern::everything), until, by: asker.user.clone() };
    let change = |mut mutes: Vec<Mute>| {
        mutes.retain(|other| other.dataset != mute.dataset);
        mutes.push(mute.clone());
        (mutes.len() <= MOST_MUTES).then_some(mutes).ok_or_else(|| Reply::asker(reply::too_many_mutes(MOST_MUTES)))
    };
    Ok(match apply(app, asker, &typed, change).await? {
        Ok(_) => Reply::channel(reply::muted(&mute, zone_known)),
        Err(answer) => answer,
    })
}

/// `unmute`: of everything, whatever is muted; else the mute of just these datasets.
pub(in crate::app) async fn unmute(
    app: &App,
    asker: &Asker,
    dataset: Option<&DatasetPattern>,
) -> Result<Reply, StoreError> {
    let one = dataset.filter(|dataset| **dataset != DatasetPattern::everything());
    end(app, asker, one, |mute| one.is_none_or(|one| mute.dataset == *one)).await
}

/// Ends the mute of just these datasets, or of just the whole channel.
pub(in crate::app) async fn end_one(app: &App, asker: &Asker, dataset: &DatasetPattern) -> Result<Reply, StoreError> {
    end(app, asker, Some(dataset), |mute| mute.dataset == *dataset).await
}

async fn end(
    app: &App,
    asker: &Asker,
    named: Option<&DatasetPattern>,
    ends: impl Fn(&Mute) -> bool,
) -> Result<Reply, StoreError> {
    let (mut ended, mut left) = (Vec::new(), Vec::new());
    let change = |mutes: Vec<Mute>| {
        (ended, left) = mutes.into_iter().partition(|mute| ends(mute));
        if ended.is_empty() { Err(Reply::asker(reply::not_muted(named, &left))) } else { Ok(left.clone()) }
    };
    let typed = Command::Unmute { dataset: named.cloned() };
    let applied = apply(app, asker, &typed, change).await?;
    Ok(match applied {
        Ok(released) => Reply::channel(reply::unmuted(&asker.user, &ended, released, &left)),
        Err(answer) => answer,
    })
}

/// Writes what `change` makes of the mutes in force, and lets go what they no longer hold; gives how many that are.
async fn apply(
    app: &App,
    asker: &Asker,
    typed: &Command,
    mut change: impl FnMut(Vec<Mute>) -> Result<Vec<Mute>, Reply>,
) -> Result<Result<u64, Reply>, StoreError> {
    if let Err(refusal) = may_change(app, asker).await {
        return Ok(Err(Reply::asker(refusal)));
    }
    for _ in 0..TRIES {
        let (book, at) = (app.store.book(&asker.lane).await?, app.clock.now());
        let mutes = match change(Mute::in_force(book.mutes, at)) {
            Ok(mutes) => mutes,
            Err(answer) => return Ok(Err(answer)),
        };
        let edit = Edit {
            revision: book.revision,
            put: Vec::new(),
            remove: Vec::new(),
            mutes: Some(mutes),
            next_number: book.next_number,
            cause: Some(asker.cause.clone()),
            undo: None,
            undoes: None,
            deed: Some(asker.deed(at, &typed.to_string())),
            at,
        };
        match app.store.edit(&asker.lane, edit).await? {
            Edited::Stored => {
                // What is accepted from here on is held as the new mutes say; what was before is looked at after it.
                app.reindex(&asker.lane).await?;
                return release(app, &asker.lane, &[]).await.map(Ok);
            }
            Edited::Repeated => return Ok(Err(Reply::asker(reply::list(&book.subscriptions, 0)))),
            Edited::Moved => {}
        }
    }
    Ok(Err(Reply::asker(reply::try_again("change this channel's mutes"))))
}

/// The time zone of whoever asks, if Slack says one that is known.
pub(in crate::app) async fn time_zone(app: &App, asker: &Asker) -> Option<TimeZone> {
    zone(app.slack.user(&asker.lane.workspace, &asker.user).await.ok()?.tz.as_deref())
}

/// A time zone by its name, if it is known.
pub(in crate::app) fn zone(name: Option<&str>) -> Option<TimeZone> {
    TimeZone::get(name?).ok()
}
