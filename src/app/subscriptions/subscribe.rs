//! Changes of subscriptions: `subscribe`, `set`, `unsubscribe`, edits, and undo.

use crate::app::App;
use crate::app::answer::{Asker, Attempt, Reply, Stop};
use crate::app::channel_access::{ChannelAccess, Readers, check_access, readers, resume_if_reachable};
use crate::app::permission::may_change;
use crate::app::subscriptions::apply::{Applied, ChannelEdit, NotApplied, UNDO_PERIOD};
use crate::app::subscriptions::changes::{
    MAX_SUBSCRIPTIONS_PER_CHANNEL, NewSubscription, NotReplaced, PlanRefusal, PlannedChange, SubscribeMode,
};
use crate::app::subscriptions::hints::{has_times, hints, new_patterns, warn_about_audience};
use crate::app::subscriptions::{changes, mute};
use crate::clock::later;
use crate::model::{EventSelector, Options, Rule, SubscriptionState};
use crate::render::Message;
use crate::render::reply::{self, Note, UndoRefusal};
use crate::slack::command::{Asked, Command, Target};
use crate::slack::form::{Edits, fingerprint};
use crate::store::{ChannelSubscriptions, StoreError};
use jiff::Timestamp;
use uuid::Uuid;

/// The action that a message names after too many conflicts.
const CHANGING: &str = "change this channel's subscriptions";

/// The result of asking for a subscription.
pub(in crate::app) enum SubscribeResult {
    /// Stored; everyone in the channel sees the message.
    Changed(Message),
    /// Stored, and waiting for an invitation.
    Waits(Message),
    /// Nothing had to change.
    Unchanged(Message),
    /// Rejected; nothing was stored.
    Refused(Message),
    /// The same request was applied before.
    Repeated(Message),
}

impl From<SubscribeResult> for Reply {
    fn from(outcome: SubscribeResult) -> Self {
        match outcome {
            SubscribeResult::Changed(message) => Self::channel(message),
            SubscribeResult::Waits(message)
            | SubscribeResult::Unchanged(message)
            | SubscribeResult::Refused(message)
            | SubscribeResult::Repeated(message) => Self::asker(message),
        }
    }
}

/// Runs `subscribe` or `set`.
pub(in crate::app) async fn subscribe(
    app: &App,
    asker: &Asker,
    wanted: &Asked,
    replace: bool,
) -> Result<SubscribeResult, StoreError> {
    let mode = if replace { SubscribeMode::Replace } else { SubscribeMode::Add };
    let wish = if replace { Command::Set(wanted.clone()) } else { Command::Subscribe(wanted.clone()) };
    let draft = |book: &ChannelSubscriptions, stamp: &NewSubscription| {
        changes::subscribe(book, wanted, mode, asker, stamp).map_err(|refused| match refused {
            PlanRefusal::TooMany => reply::too_many_subscriptions(MAX_SUBSCRIPTIONS_PER_CHANNEL),
            PlanRefusal::SelectsNothing(dataset) => reply::selects_nothing(&dataset),
        })
    };
    let told = |draft: &PlannedChange, notes: &[Note], undo| reply::changed(&asker.user, &draft.changes, notes, undo);
    apply_request(app, asker, wanted, &wish.to_string(), draft, told).await
}

/// Stores the change that `draft` plans, and returns the message that `told` makes of it and its hints.
pub(in crate::app) async fn apply_request(
    app: &App,
    asker: &Asker,
    wanted: &Asked,
    typed: &str,
    draft: impl Fn(&ChannelSubscriptions, &NewSubscription) -> Result<PlannedChange, Message>,
    told: impl FnOnce(&PlannedChange, &[Note], Option<Uuid>) -> Message,
) -> Result<SubscribeResult, StoreError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(SubscribeResult::Refused(refusal)),
    };
    let (state, joined, readers) = match check_access(app, &asker.channel_ref).await {
        ChannelAccess::Ready { joined, readers } => (SubscriptionState::Active, joined, readers),
        ChannelAccess::Unknown => (SubscriptionState::Active, false, Readers::Everybody),
        ChannelAccess::NeedsInvite => (SubscriptionState::Waiting, false, Readers::Members),
        ChannelAccess::Archived => return Ok(SubscribeResult::Refused(reply::archived_channel())),
        ChannelAccess::NotAChannel => return Ok(SubscribeResult::Refused(reply::not_a_channel())),
    };
    let waits = state == SubscriptionState::Waiting;
    let stamp = NewSubscription { state, time_zone: time_zone(app, asker, &wanted.options).await, at: app.clock.now() };
    let applied = match ChannelEdit::by(app, asker, &allowed, typed).apply(|book| draft(book, &stamp)).await {
        Ok(applied) => applied,
        Err(error @ NotApplied::Repeated(_)) => return Ok(SubscribeResult::Repeated(error.into_message(CHANGING)?)),
        Err(error) => return Ok(SubscribeResult::Refused(error.into_message(CHANGING)?)),
    };
    if applied.undo.is_none() {
        return Ok(SubscribeResult::Unchanged(reply::unchanged(&applied.draft.untouched)));
    }
    // Checks again: an invitation before the subscription was stored found nothing waiting.
    let waits = waits && resume_if_reachable(app, &asker.channel_ref).await?.is_empty();
    if let (true, Some(installation)) = (waits, app.slack.api.installation(&asker.channel_ref.workspace)) {
        return Ok(SubscribeResult::Waits(reply::waiting_for_invite(&installation.bot, &applied.draft.changes)));
    }
    let notes = hints(app, asker, wanted, &applied.draft, joined);
    let patterns = new_patterns(&applied.draft);
    warn_about_audience(app, &asker.channel_ref, &asker.user, &patterns, applied.first, readers).await;
    Ok(SubscribeResult::Changed(told(&applied.draft, &notes, applied.undo)))
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

/// Replaces the rule of the edited subscription, if it still is as the modal showed it. It keeps its number.
pub(in crate::app) async fn replace(
    app: &App,
    asker: &Asker,
    edits: &Edits,
    rule: &Rule,
) -> Result<SubscribeResult, ReplaceError> {
    let allowed = match may_change(app, asker).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(SubscribeResult::Refused(refusal)),
    };
    let time_zone = time_zone(app, asker, &rule.options).await;
    let draft = |book: &ChannelSubscriptions| {
        let as_seen = |current: &Rule| fingerprint(current) == edits.seen;
        changes::replace(book, edits.number, as_seen, rule.clone(), time_zone.clone())
    };
    let typed = format!("set {rule}");
    let Applied { draft, undo, .. } = match ChannelEdit::by(app, asker, &allowed, &typed).apply(draft).await {
        Ok(applied) => applied,
        Err(NotApplied::Rejected(why)) => return Err(ReplaceError::NotReplaced(why)),
        Err(NotApplied::Repeated(subscriptions)) => {
            return Ok(SubscribeResult::Repeated(reply::list(&subscriptions, 0)));
        }
        Err(NotApplied::Conflict) => return Ok(SubscribeResult::Refused(reply::unavailable(CHANGING))),
        Err(NotApplied::Store(error)) => return Err(error.into()),
    };
    if undo.is_none() {
        return Ok(SubscribeResult::Unchanged(reply::unchanged(&draft.untouched)));
    }
    let wanted = Asked { datasets: vec![rule.dataset.clone()], options: rule.options.clone(), ..Asked::default() };
    let notes = hints(app, asker, &wanted, &draft, false);
    let patterns = new_patterns(&draft);
    if !patterns.is_empty() {
        let readers = readers(app, &asker.channel_ref).await;
        warn_about_audience(app, &asker.channel_ref, &asker.user, &patterns, false, readers).await;
    }
    Ok(SubscribeResult::Changed(reply::changed(&asker.user, &draft.changes, &notes, undo)))
}

/// Runs `unsubscribe`. Removing everything asks for confirmation first.
pub(in crate::app) async fn unsubscribe(
    app: &App,
    asker: &Asker,
    target: &Target,
    events: &[EventSelector],
) -> Attempt<Reply> {
    let allowed = may_change(app, asker).await?;
    if *target == Target::All && events.is_empty() {
        let existing = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
        return Ok(Reply::asker(match existing.len() {
            0 => reply::list(&existing, 0),
            count => reply::confirm_unsubscribe_all(count),
        }));
    }
    let draft = |book: &ChannelSubscriptions| {
        let none = || reply::no_such_subscription(&target.to_string(), &book.subscriptions);
        changes::unsubscribe(book, target, events).ok_or_else(none)
    };
    let typed = Command::Unsubscribe { target: target.clone(), events: events.to_vec() }.to_string();
    let Applied { draft, undo, .. } = change(&ChannelEdit::by(app, asker, &allowed, &typed), draft).await?;
    Ok(match undo {
        None => Reply::asker(reply::unchanged(&draft.untouched)),
        Some(_) => Reply::channel(reply::changed(&asker.user, &draft.changes, &[], undo)),
    })
}

/// Asks for confirmation before one subscription is removed.
pub(in crate::app) async fn ask_to_unsubscribe(app: &App, asker: &Asker, number: u32) -> Result<Reply, StoreError> {
    let existing = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
    Ok(Reply::asker(match existing.iter().find(|subscription| subscription.number == number) {
        Some(subscription) => reply::confirm_unsubscribe(subscription),
        None => reply::no_such_subscription(&Target::Number(number).to_string(), &existing),
    }))
}

/// Removes every subscription of the channel, after the confirmation.
pub(in crate::app) async fn unsubscribe_all(app: &App, asker: &Asker) -> Attempt<Reply> {
    let allowed = may_change(app, asker).await?;
    let mut removed = Vec::new();
    let draft = |book: &ChannelSubscriptions| {
        removed.clone_from(&book.subscriptions);
        changes::unsubscribe(book, &Target::All, &[]).ok_or_else(|| reply::list(&[], 0))
    };
    let applied = change(&ChannelEdit::by(app, asker, &allowed, "unsubscribe *"), draft).await?;
    Ok(Reply::channel(reply::unsubscribed_all(&asker.user, &removed, applied.undo)))
}

/// Undoes a change.
pub(in crate::app) async fn undo(app: &App, asker: &Asker, id: Uuid) -> Attempt<Reply> {
    let allowed = may_change(app, asker).await?;
    let gone = || {
        // Expired undos are removed after a while.
        let expired = made_at(id).is_some_and(|made_at| app.clock.now() >= later(made_at, UNDO_PERIOD));
        Stop::Say(reply::undo_refused(if expired { UndoRefusal::Expired } else { UndoRefusal::UsedUp }))
    };
    let stored = app.store.undo(&asker.channel_ref.workspace, id).await?;
    let stored = stored.filter(|undo| undo.channel == asker.channel_ref.channel).ok_or_else(gone)?;
    let draft =
        |book: &ChannelSubscriptions| changes::undo(book, &stored, app.clock.now()).map_err(reply::undo_refused);
    let edit = ChannelEdit::by(app, asker, &allowed, "undo").undoing(id);
    match change(&edit, draft).await {
        Ok(applied) => {
            // The restored subscriptions may have been paused when they were removed.
            resume_if_reachable(app, &asker.channel_ref).await?;
            Ok(Reply::channel(reply::undone(&asker.user, &applied.draft.changes)))
        }
        // Two people may have clicked at once.
        Err(Stop::Say(answer)) => Err(match app.store.undo(&asker.channel_ref.workspace, id).await? {
            Some(_) => Stop::Say(answer),
            None => gone(),
        }),
        Err(error) => Err(error),
    }
}

/// Applies a change, or returns the message that explains why not.
async fn change(
    change: &ChannelEdit<'_>,
    draft: impl FnMut(&ChannelSubscriptions) -> Result<PlannedChange, Message>,
) -> Attempt<Applied> {
    match change.apply(draft).await {
        Ok(applied) => Ok(applied),
        Err(error) => Err(Stop::Say(error.into_message(CHANGING)?)),
    }
}

/// Returns the time when an id was made, which is part of it.
fn made_at(id: Uuid) -> Option<Timestamp> {
    let (seconds, _) = id.get_timestamp()?.to_unix();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// Returns the author's time zone, if the options contain times.
async fn time_zone(app: &App, asker: &Asker, options: &Options) -> Option<String> {
    if !has_times(options) {
        return None;
    }
    mute::time_zone(app, asker).await?.iana_name().map(str::to_owned)
}
