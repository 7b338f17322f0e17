//! Changing what a channel is subscribed to: `subscribe`, `set`, `unsubscribe`, and taking each back.

use crate::app::App;
use crate::app::answer::{Answer, Asker, Reply, Stop};
use crate::app::channel_access::{Reach, Readers, reach, readers, revive};
use crate::app::permission::may_change;
use crate::app::subscriptions::apply::{Applied, Change, NotApplied, UNDO_PERIOD};
use crate::app::subscriptions::changes::{Draft, MOST_SUBSCRIPTIONS, Mode, NotReplaced, Refused, Stamp};
use crate::app::subscriptions::hints::{has_times, new_patterns, notes, tell_of_onlookers};
use crate::app::subscriptions::{changes, mute};
use crate::clock::later;
use crate::model::{EventSelector, Options, Rule, SubscriptionState};
use crate::render::Message;
use crate::render::reply::{self, Note, UndoRefusal};
use crate::slack::command::{Asked, Command, Target};
use crate::slack::form::{Edits, fingerprint};
use crate::store::{Book, StoreError};
use jiff::Timestamp;
use uuid::Uuid;

/// The change that a conflict message names.
const CHANGING: &str = "change this channel's subscriptions";

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
    let (state, joined, readers) = match reach(app, &asker.channel_ref).await {
        Reach::Ready { joined, readers } => (SubscriptionState::Active, joined, readers),
        Reach::Unknown => (SubscriptionState::Active, false, Readers::Everybody),
        Reach::NeedsInvite => (SubscriptionState::Waiting, false, Readers::Members),
        Reach::Archived => return Ok(Outcome::Refused(reply::archived_channel())),
        Reach::NotAChannel => return Ok(Outcome::Refused(reply::not_a_channel())),
    };
    let waits = state == SubscriptionState::Waiting;
    let stamp = Stamp { state, time_zone: time_zone(app, asker, &wanted.options).await, at: app.clock.now() };
    let applied = match Change::by(app, asker, &allowed, typed).apply(|book| draft(book, &stamp)).await {
        Ok(applied) => applied,
        Err(error @ NotApplied::Repeated(_)) => return Ok(Outcome::Repeated(error.to_message(CHANGING)?)),
        Err(error) => return Ok(Outcome::Refused(error.to_message(CHANGING)?)),
    };
    if applied.undo.is_none() {
        return Ok(Outcome::Unchanged(reply::unchanged(&applied.draft.untouched)));
    }
    // Looks again: an invitation that came before the subscription was stored found nothing waiting.
    let waits = waits && revive(app, &asker.channel_ref).await?.is_empty();
    if let (true, Some(installation)) = (waits, app.slack.installation(&asker.channel_ref.workspace)) {
        return Ok(Outcome::Waits(reply::waiting_for_invite(&installation.bot, &applied.draft.changes)));
    }
    let notes = notes(app, asker, wanted, &applied.draft, joined);
    let patterns = new_patterns(&applied.draft);
    tell_of_onlookers(app, &asker.channel_ref, &asker.user, &patterns, applied.first, readers).await;
    Ok(Outcome::Changed(told(&applied.draft, &notes, applied.undo)))
}

/// A reason why an edited subscription was not replaced.
pub(in crate::app) enum ReplaceError {
    /// The subscription is not as the modal showed it, or the rule is not possible.
    NotReplaced(NotReplaced),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for ReplaceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Puts a rule in place of the subscription with this number, if that is as a modal saw it; it keeps its number.
pub(in crate::app) async fn replace(
    app: &App,
    asker: &Asker,
    edits: &Edits,
    rule: &Rule,
) -> Result<Outcome, ReplaceError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let time_zone = time_zone(app, asker, &rule.options).await;
    let draft = |book: &Book| {
        let as_seen = |current: &Rule| fingerprint(current) == edits.seen;
        changes::replace(book, edits.number, as_seen, rule.clone(), time_zone.clone())
    };
    let typed = format!("set {rule}");
    let Applied { draft, undo, .. } = match Change::by(app, asker, &allowed, &typed).apply(draft).await {
        Ok(applied) => applied,
        Err(NotApplied::Rejected(why)) => return Err(ReplaceError::NotReplaced(why)),
        Err(NotApplied::Repeated(subscriptions)) => return Ok(Outcome::Repeated(reply::list(&subscriptions, 0))),
        Err(NotApplied::Conflict) => return Ok(Outcome::Refused(reply::try_again(CHANGING))),
        Err(NotApplied::Store(error)) => return Err(error.into()),
    };
    if undo.is_none() {
        return Ok(Outcome::Unchanged(reply::unchanged(&draft.untouched)));
    }
    let wanted = Asked { datasets: vec![rule.dataset.clone()], options: rule.options.clone(), ..Asked::default() };
    let notes = notes(app, asker, &wanted, &draft, false);
    let patterns = new_patterns(&draft);
    if !patterns.is_empty() {
        let readers = readers(app, &asker.channel_ref).await;
        tell_of_onlookers(app, &asker.channel_ref, &asker.user, &patterns, false, readers).await;
    }
    Ok(Outcome::Changed(reply::changed(&asker.user, &draft.changes, &notes, undo)))
}

/// `unsubscribe` of a number, a dataset, or some events of them; everything at once asks first.
pub(in crate::app) async fn unsubscribe(
    app: &App,
    asker: &Asker,
    target: &Target,
    events: &[EventSelector],
) -> Answer<Reply> {
    let allowed = may_change(app, asker).await?;
    if *target == Target::All && events.is_empty() {
        let existing = app.store.book(&asker.channel_ref).await?.subscriptions;
        return Ok(Reply::asker(match existing.len() {
            0 => reply::list(&existing, 0),
            count => reply::confirm_unsubscribe_all(count),
        }));
    }
    let draft = |book: &Book| {
        let none = || reply::no_such_subscription(&target.to_string(), &book.subscriptions);
        changes::unsubscribe(book, target, events).ok_or_else(none)
    };
    let typed = Command::Unsubscribe { target: target.clone(), events: events.to_vec() }.to_string();
    let Applied { draft, undo, .. } = change(&Change::by(app, asker, &allowed, &typed), draft).await?;
    Ok(match undo {
        None => Reply::asker(reply::unchanged(&draft.untouched)),
        Some(_) => Reply::channel(reply::changed(&asker.user, &draft.changes, &[], undo)),
    })
}

/// Asks before one subscription is removed.
pub(in crate::app) async fn ask_to_unsubscribe(app: &App, asker: &Asker, number: u32) -> Result<Reply, StoreError> {
    let existing = app.store.book(&asker.channel_ref).await?.subscriptions;
    Ok(Reply::asker(match existing.iter().find(|subscription| subscription.number == number) {
        Some(subscription) => reply::confirm_unsubscribe(subscription),
        None => reply::no_such_subscription(&Target::Number(number).to_string(), &existing),
    }))
}

/// `unsubscribe *`, after the confirmation.
pub(in crate::app) async fn unsubscribe_all(app: &App, asker: &Asker) -> Answer<Reply> {
    let allowed = may_change(app, asker).await?;
    let mut removed = Vec::new();
    let draft = |book: &Book| {
        removed.clone_from(&book.subscriptions);
        changes::unsubscribe(book, &Target::All, &[]).ok_or_else(|| reply::list(&[], 0))
    };
    let applied = change(&Change::by(app, asker, &allowed, "unsubscribe *"), draft).await?;
    Ok(Reply::channel(reply::unsubscribed_all(&asker.user, &removed, applied.undo)))
}

/// Takes a change back.
pub(in crate::app) async fn undo(app: &App, asker: &Asker, id: Uuid) -> Answer<Reply> {
    let allowed = may_change(app, asker).await?;
    let gone = || {
        // What has expired is swept away after a while.
        let expired = made_at(id).is_some_and(|made_at| app.clock.now() >= later(made_at, UNDO_PERIOD));
        Stop::Say(reply::undo_refused(if expired { UndoRefusal::Expired } else { UndoRefusal::UsedUp }))
    };
    let stored = app.store.undo(&asker.channel_ref.workspace, id).await?;
    let stored = stored.filter(|undo| undo.channel == asker.channel_ref.channel).ok_or_else(gone)?;
    let draft = |book: &Book| changes::undo(book, &stored, app.clock.now()).map_err(reply::undo_refused);
    let edit = Change::by(app, asker, &allowed, "undo").undoing(id);
    match change(&edit, draft).await {
        Ok(applied) => {
            // What comes back may have stood still when it went.
            revive(app, &asker.channel_ref).await?;
            Ok(Reply::channel(reply::undone(&asker.user, &applied.draft.changes)))
        }
        // Two may have clicked at once.
        Err(Stop::Say(answer)) => Err(match app.store.undo(&asker.channel_ref.workspace, id).await? {
            Some(_) => Stop::Say(answer),
            None => gone(),
        }),
        Err(error) => Err(error),
    }
}

/// Applies a change, and says why if it is not applied.
async fn change(change: &Change<'_>, draft: impl FnMut(&Book) -> Result<Draft, Message>) -> Answer<Applied> {
    match change.apply(draft).await {
        Ok(applied) => Ok(applied),
        Err(error) => Err(Stop::Say(error.to_message(CHANGING)?)),
    }
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
