//! Changing what a channel is subscribed to: `subscribe`, `set`, `unsubscribe`, and taking each back.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::app::channel_access::{Reach, Readers, reach, readers, revive};
use crate::app::permission::{Allowed, may_change};
use crate::app::subscriptions::changes::{Draft, MOST_SUBSCRIPTIONS, Mode, NotReplaced, Refused, Stamp};
use crate::app::subscriptions::hints::{has_times, new_patterns, notes, tell_of_onlookers};
use crate::app::subscriptions::{changes, hold, mute};
use crate::clock::{id_at, later};
use crate::model::subscription::{Digest, Quiet};
use crate::model::{EventSelector, Options, Rule, Subscription, SubscriptionState};
use crate::render::Message;
use crate::render::reply::{self, Note, UndoRefusal};
use crate::slack::command::{Asked, Command, Target};
use crate::slack::form::{Edits, fingerprint};
use crate::store::{Book, Edit, Edited, StoreError};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// A change can be taken back for so long.
const UNDO_TIME: Duration = Duration::from_mins(10);
/// A book that others change at the same time is read again so often.
const TRIES: usize = 8;

/// What became of a draft.
struct Applied {
    draft: Draft,
    /// The undo that was stored with it; none if nothing was written.
    undo: Option<Uuid>,
    /// Whether the channel had no subscription before.
    first: bool,
}

/// Why nothing was written.
enum Stop {
    /// The command has its answer already.
    Answer(Reply),
    /// The same was carried out before; the answer says what stands now.
    Repeated(Reply),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What became of asking for a subscription.
pub(in crate::app) enum Outcome {
    /// It is stored; everybody in the channel is told.
    Changed(Message),
    /// It is stored, and waits for an invitation.
    Waits(Message),
    /// It was so before.
    Unchanged(Message),
    /// Nothing was stored.
    Refused(Message),
    /// The same was carried out before.
    Repeated(Message),
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Changed(message) => Self::channel(message),
            Outcome::Waits(message)
            | Outcome::Unchanged(message)
            | Outcome::Refused(message)
            | Outcome::Repeated(message) => Self::asker(message),
        }
    }
}

/// `subscribe` and `set`.
pub(in crate::app) async fn subscribe(
    app: &App,
    asker: &Asker,
    wanted: &Asked,
    replace: bool,
) -> Result<Outcome, StoreError> {
    let mode = if replace { Mode::Replace } else { Mode::Add };
    let wish = if replace { Command::Set(wanted.clone()) } else { Command::Subscribe(wanted.clone()) };
    let draft = |book: &Book, stamp: &Stamp| {
        changes::subscribe(book, wanted, mode, asker, stamp).map_err(|refused| match refused {
            Refused::TooMany => reply::too_many_subscriptions(MOST_SUBSCRIPTIONS),
            Refused::SelectsNothing(dataset) => reply::selects_nothing(&dataset),
        })
    };
    let told = |draft: &Draft, notes: &[Note], undo| reply::changed(&asker.user, &draft.changes, notes, undo);
    bring_in(app, asker, wanted, &wish.to_string(), draft, told).await
}

/// Stores what `draft` makes of the channel's book for all that is wanted, and says so with what `told` makes of it and of
/// what one should know.
pub(in crate::app) async fn bring_in(
    app: &App,
    asker: &Asker,
    wanted: &Asked,
    typed: &str,
    draft: impl Fn(&Book, &Stamp) -> Result<Draft, Message>,
    told: impl FnOnce(&Draft, &[Note], Option<Uuid>) -> Message,
) -> Result<Outcome, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let (state, joined, readers) = match reach(app, &asker.lane).await {
        Reach::Ready { joined, readers } => (SubscriptionState::Active, joined, readers),
        Reach::Unknown => (SubscriptionState::Active, false, Readers::Everybody),
        Reach::NeedsInvite => (SubscriptionState::Waiting, false, Readers::Members),
        Reach::Archived => return Ok(Outcome::Refused(reply::archived_channel())),
        Reach::NotAChannel => return Ok(Outcome::Refused(reply::not_a_channel())),
    };
    let waits = state == SubscriptionState::Waiting;
    let stamp = Stamp { state, time_zone: time_zone(app, asker, &wanted.options).await, at: app.clock.now() };
    let applied = match apply(app, asker, &allowed, typed, None, |book| draft(book, &stamp).map_err(Reply::asker)).await
    {
        Ok(applied) => applied,
        Err(Stop::Answer(reply)) => return Ok(Outcome::Refused(reply.message)),
        Err(Stop::Repeated(reply)) => return Ok(Outcome::Repeated(reply.message)),
        Err(Stop::Store(error)) => return Err(error),
    };
    if applied.undo.is_none() {
        return Ok(Outcome::Unchanged(reply::unchanged(&applied.draft.untouched)));
    }
    // Looks again: an invitation that came before the subscription was stored found nothing waiting.
    let waits = waits && revive(app, &asker.lane).await?.is_empty();
    if let (true, Some(installation)) = (waits, app.slack.installation(&asker.lane.workspace)) {
        return Ok(Outcome::Waits(reply::waiting_for_invite(&installation.bot, &applied.draft.changes)));
    }
    let notes = notes(app, asker, wanted, &applied.draft, joined);
    let patterns = new_patterns(&applied.draft);
    tell_of_onlookers(app, &asker.lane, &asker.user, &patterns, applied.first, readers).await;
    Ok(Outcome::Changed(told(&applied.draft, &notes, applied.undo)))
}

/// Puts a rule in place of the subscription with this number, if that is as a modal saw it; it keeps its number.
pub(in crate::app) async fn replace(
    app: &App,
    asker: &Asker,
    edits: &Edits,
    rule: &Rule,
) -> Result<Result<Outcome, NotReplaced>, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Ok(Outcome::Refused(refusal))),
    };
    let time_zone = time_zone(app, asker, &rule.options).await;
    let mut not_replaced = None;
    let draft = |book: &Book| {
        let as_seen = |current: &Rule| fingerprint(current) == edits.seen;
        changes::replace(book, edits.number, as_seen, rule.clone(), time_zone.clone()).map_err(|why| {
            not_replaced = Some(why);
            Reply::asker(reply::edited_one_is_gone(edits.number))
        })
    };
    let applied = apply(app, asker, &allowed, &format!("set {rule}"), None, draft).await;
    if let Some(why) = not_replaced {
        return Ok(Err(why));
    }
    Ok(Ok(match applied {
        Ok(Applied { draft, undo: None, .. }) => Outcome::Unchanged(reply::unchanged(&draft.untouched)),
        Ok(Applied { draft, undo, .. }) => {
            let wanted =
                Asked { datasets: vec![rule.dataset.clone()], options: rule.options.clone(), ..Asked::default() };
            let notes = notes(app, asker, &wanted, &draft, false);
            let patterns = new_patterns(&draft);
            if !patterns.is_empty() {
                let readers = readers(app, &asker.lane).await;
                tell_of_onlookers(app, &asker.lane, &asker.user, &patterns, false, readers).await;
            }
            Outcome::Changed(reply::changed(&asker.user, &draft.changes, &notes, undo))
        }
        Err(Stop::Answer(reply)) => Outcome::Refused(reply.message),
        Err(Stop::Repeated(reply)) => Outcome::Repeated(reply.message),
        Err(Stop::Store(error)) => return Err(error),
    }))
}

/// `unsubscribe` of a number, a dataset, or some events of them; everything at once asks first.
pub(in crate::app) async fn unsubscribe(
    app: &App,
    asker: &Asker,
    target: &Target,
    events: &[EventSelector],
) -> Result<Reply, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Reply::asker(refusal)),
    };
    if *target == Target::All && events.is_empty() {
        let existing = app.store.book(&asker.lane).await?.subscriptions;
        return Ok(Reply::asker(match existing.len() {
            0 => reply::list(&existing, 0),
            count => reply::confirm_unsubscribe_all(count),
        }));
    }
    let draft = |book: &Book| {
        let none = || Reply::asker(reply::no_such_subscription(&target.to_string(), &book.subscriptions));
        changes::unsubscribe(book, target, events).ok_or_else(none)
    };
    let wish = Command::Unsubscribe { target: target.clone(), events: events.to_vec() };
    match apply(app, asker, &allowed, &wish.to_string(), None, draft).await {
        Ok(Applied { draft, undo: None, .. }) => Ok(Reply::asker(reply::unchanged(&draft.untouched))),
        Ok(Applied { draft, undo, .. }) => Ok(Reply::channel(reply::changed(&asker.user, &draft.changes, &[], undo))),
        Err(Stop::Answer(reply) | Stop::Repeated(reply)) => Ok(reply),
        Err(Stop::Store(error)) => Err(error),
    }
}

/// Asks before one subscription is removed.
pub(in crate::app) async fn ask_to_unsubscribe(app: &App, asker: &Asker, number: u32) -> Result<Reply, StoreError> {
    let existing = app.store.book(&asker.lane).await?.subscriptions;
    Ok(Reply::asker(match existing.iter().find(|subscription| subscription.number == number) {
        Some(subscription) => reply::confirm_unsubscribe(subscription),
        None => reply::no_such_subscription(&Target::Number(number).to_string(), &existing),
    }))
}

/// `unsubscribe *`, after the confirmation.
pub(in crate::app) async fn unsubscribe_all(app: &App, asker: &Asker) -> Result<Reply, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Reply::asker(refusal)),
    };
    let mut removed = Vec::new();
    let draft = |book: &Book| {
        removed.clone_from(&book.subscriptions);
        let empty = || Reply::asker(reply::list(&[], 0));
        changes::unsubscribe(book, &Target::All, &[]).ok_or_else(empty)
    };
    match apply(app, asker, &allowed, "unsubscribe *", None, draft).await {
        Ok(Applied { undo, .. }) => Ok(Reply::channel(reply::unsubscribed_all(&asker.user, &removed, undo))),
        Err(Stop::Answer(reply) | Stop::Repeated(reply)) => Ok(reply),
        Err(Stop::Store(error)) => Err(error),
    }
}

/// Takes a change back.
pub(in crate::app) async fn undo(app: &App, asker: &Asker, id: Uuid) -> Result<Reply, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Reply::asker(refusal)),
    };
    let refused = |refusal| Reply::asker(reply::undo_refused(refusal));
    let gone = || {
        // What has expired is swept away after a while.
        let expired = made_at(id).is_some_and(|made_at| app.clock.now() >= later(made_at, UNDO_TIME));
        refused(if expired { UndoRefusal::Expired } else { UndoRefusal::UsedUp })
    };
    let stored = app.store.undo(&asker.lane.workspace, id).await?;
    let Some(stored) = stored.filter(|undo| undo.channel == asker.lane.channel) else { return Ok(gone()) };
    let draft = |book: &Book| changes::undo(book, &stored, app.clock.now()).map_err(refused);
    match apply(app, asker, &allowed, "undo", Some(id), draft).await {
        Ok(applied) => {
            // What comes back may have stood still when it went.
            revive(app, &asker.lane).await?;
            Ok(Reply::channel(reply::undone(&asker.user, &applied.draft.changes)))
        }
        Err(Stop::Answer(answer) | Stop::Repeated(answer)) => {
            // Two may have clicked at once.
            let left = app.store.undo(&asker.lane.workspace, id).await?;
            Ok(left.map_or_else(gone, |_| answer))
        }
        Err(Stop::Store(error)) => Err(error),
    }
}

/// Writes what `draft` makes of the channel's book, reading it again while others change it.
async fn apply(
    app: &App,
    asker: &Asker,
    _: &Allowed,
    typed: &str,
    undoes: Option<Uuid>,
    mut draft: impl FnMut(&Book) -> Result<Draft, Reply>,
) -> Result<Applied, Stop> {
    for _ in 0..TRIES {
        let book = app.store.book(&asker.lane).await?;
        let drafted = draft(&book).map_err(Stop::Answer)?;
        if drafted.is_empty() {
            return Ok(Applied { draft: drafted, undo: None, first: false });
        }
        let at = app.clock.now();
        let undo = undoes.is_none().then(|| drafted.undo(&book, id_at(at), asker, later(at, UNDO_TIME)));
        let id = undo.as_ref().map(|undo| undo.id);
        let edit = Edit {
            revision: book.revision,
            put: drafted.put.clone(),
            remove: drafted.remove.clone(),
            mutes: None,
            next_number: drafted.next_number,
            cause: Some(asker.cause.clone()),
            undo,
            undoes,
            deed: Some(asker.deed(at, typed)),
            at,
        };
        match app.store.edit(&asker.lane, edit).await? {
            Edited::Stored => {
                app.reindex(&asker.lane).await?;
                let retimed = retimed(&book, &drafted);
                if !retimed.is_empty() {
                    hold::release(app, &asker.lane, &retimed).await?;
                }
                return Ok(Applied { draft: drafted, undo: id, first: book.subscriptions.is_empty() });
            }
            Edited::Repeated => {
                return Err(Stop::Repeated(Reply::asker(reply::list(&book.subscriptions, 0))));
            }
            Edited::Moved => {}
        }
    }
    Err(Stop::Answer(Reply::asker(reply::try_again("change this channel's subscriptions"))))
}

/// The subscriptions of a book that a draft gives other times.
pub(in crate::app) fn retimed(book: &Book, draft: &Draft) -> Vec<u32> {
    fn times(of: &Subscription) -> (&Option<Digest>, &Option<Quiet>, &Option<String>) {
        (&of.rule.options.digest, &of.rule.options.quiet, &of.time_zone)
    }
    let before = |number| book.subscriptions.iter().find(|one| one.number == number);
    let moved = |after: &&Subscription| before(after.number).is_some_and(|before| times(before) != times(after));
    draft.put.iter().filter(moved).map(|one| one.number).collect()
}

/// When an id was made, which stands in it.
fn made_at(id: Uuid) -> Option<Timestamp> {
    let (seconds, _) = id.get_timestamp()?.to_unix();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// The typist's time zone, where the options have times that are meant in it.
async fn time_zone(app: &App, asker: &Asker, options: &Options) -> Option<String> {
    if !has_times(options) {
        return None;
    }
    mute::time_zone(app, asker).await?.iana_name().map(str::to_owned)
}
