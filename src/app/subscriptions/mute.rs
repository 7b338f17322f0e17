//! Mutes: muting a channel or dataset for a while, and ending that.

use crate::app::App;
use crate::app::answer::{Asker, Attempt, Reply, Stop};
use crate::app::permission::may_change;
use crate::app::subscriptions::apply::ChannelEdit;
use crate::app::subscriptions::changes::PlannedChange;
use crate::model::hold::next_at;
use crate::model::mute::MOST_MUTES;
use crate::model::{DatasetPattern, Mute};
use crate::render::{Message, reply};
use crate::slack::command::{Command, MuteLength};
use crate::store::ChannelSubscriptions;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECONDS_PER_MINUTE: i64 = 60;

/// Mutes from now on, replacing a mute of the same datasets.
pub(in crate::app) async fn mute(
    app: &App,
    asker: &Asker,
    dataset: Option<DatasetPattern>,
    length: MuteLength,
) -> Attempt<Reply> {
    let now = app.clock.now();
    let (until, zone_known) = match length {
        MuteLength::Minutes(minutes) => (now.as_second().saturating_add(i64::from(minutes) * SECONDS_PER_MINUTE), true),
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
        (mutes.len() <= MOST_MUTES).then_some(mutes).ok_or_else(|| reply::too_many_mutes(MOST_MUTES))
    };
    change_mutes(app, asker, &typed, change).await?;
    Ok(Reply::channel(reply::muted(&mute, zone_known)))
}

/// Ends every mute, or only the mute of these datasets.
pub(in crate::app) async fn unmute(app: &App, asker: &Asker, dataset: Option<&DatasetPattern>) -> Attempt<Reply> {
    let one = dataset.filter(|dataset| **dataset != DatasetPattern::everything());
    end(app, asker, one, |mute| one.is_none_or(|one| mute.dataset == *one)).await
}

/// Ends the mute of exactly these datasets.
pub(in crate::app) async fn end_one(app: &App, asker: &Asker, dataset: &DatasetPattern) -> Attempt<Reply> {
    end(app, asker, Some(dataset), |mute| mute.dataset == *dataset).await
}

async fn end(app: &App, asker: &Asker, named: Option<&DatasetPattern>, ends: impl Fn(&Mute) -> bool) -> Attempt<Reply> {
    let (mut ended, mut left) = (Vec::new(), Vec::new());
    let change = |mutes: Vec<Mute>| {
        (ended, left) = mutes.into_iter().partition(|mute| ends(mute));
        if ended.is_empty() { Err(reply::not_muted(named, &left)) } else { Ok(left.clone()) }
    };
    let typed = Command::Unmute { dataset: named.cloned() };
    let released = change_mutes(app, asker, &typed, change).await?;
    Ok(Reply::channel(reply::unmuted(&asker.user, &ended, released, &left)))
}

/// Writes the mutes that `change` makes of those in force. Returns the number of deliveries that are released.
async fn change_mutes(
    app: &App,
    asker: &Asker,
    typed: &Command,
    mut change: impl FnMut(Vec<Mute>) -> Result<Vec<Mute>, Message>,
) -> Attempt<u64> {
    let allowed = may_change(app, asker).await?;
    let typed = typed.to_string();
    let edit = ChannelEdit::by(app, asker, &allowed, &typed);
    let plan = |book: &ChannelSubscriptions| {
        let mutes = change(Mute::in_force(book.mutes.clone(), edit.at()))?;
        Ok(PlannedChange::of_mutes(book, mutes))
    };
    match edit.apply(plan).await {
        Ok(applied) => Ok(applied.released),
        Err(error) => Err(Stop::Say(error.into_message("change this channel's mutes")?)),
    }
}

/// Returns the person's time zone, if Slack tells a known one.
pub(in crate::app) async fn time_zone(app: &App, asker: &Asker) -> Option<TimeZone> {
    zone(app.slack.api.user(&asker.channel_ref.workspace, &asker.user).await.ok()?.tz.as_deref())
}

/// Returns a time zone by its name, if it is known.
pub(in crate::app) fn zone(name: Option<&str>) -> Option<TimeZone> {
    TimeZone::get(name?).ok()
}
