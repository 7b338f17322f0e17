//! What a command changed: who did it, the whole result, what it was before, and the way back.

use super::digest;
use super::format::{self, count};
use super::layout::{button, buttons, confirmed_button, context, one_or_more, say};
use crate::model::{DatasetPattern, EventSelection, Rule, Subscription, UserId};
use crate::render::Message;
use crate::slack::interaction::Action;
use jiff::Timestamp;
use uuid::Uuid;

/// One subscription that a command touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// Its number.
    pub number: u32,
    /// Its rule before; none if it is new.
    pub before: Option<Rule>,
    /// Its rule now; none if it is gone.
    pub after: Option<Rule>,
}

/// What one should know about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// No event came from a dataset that this matches.
    NothingSeenYet(DatasetPattern),
    /// No event was named, so that the default set applies.
    DefaultEvents,
    /// When the next digests come of subscriptions, by number.
    NextDigests(Vec<(u32, Timestamp)>),
    /// The bot joined the channel to be able to post.
    Joined,
    /// The typist's time zone is not known.
    NoTimeZone,
}

/// Why an undo was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoRefusal {
    /// Its ten minutes are over.
    Expired,
    /// It was carried out before.
    UsedUp,
    /// What it would restore was changed since.
    ChangedSince,
}

/// Says in the channel what a command changed, with *Undo* (where there is one) and *Test*.
pub fn changed(by: &UserId, changes: &[RuleChange], notes: &[Note], undo: Option<Uuid>) -> Message {
    let mut said = told(&format::user(by), changes);
    said.blocks.extend(notes_block(notes));
    let undo = undo.map(|id| button("Undo", &Action::Undo(id)));
    let test = changes.iter().find(|change| change.after.is_some()).map(|change| {
        let label = if changes.len() == 1 { "Test".to_owned() } else { format!("Test #{}", change.number) };
        button(&label, &Action::Test(change.number))
    });
    said.blocks.extend(buttons(undo.into_iter().chain(test)));
    said
}

/// Says in the channel that a change was taken back, and what stands now.
pub fn undone(by: &UserId, changes: &[RuleChange]) -> Message {
    let head = format!("{} took a change back:", format::user(by));
    one_or_more(&head, &head, changes.iter().map(|change| line_with_verb(change, "restored")))
}

/// Says that an undo cannot be carried out, and what can be done instead.
pub fn undo_refused(refusal: UndoRefusal) -> Message {
    say(match refusal {
        UndoRefusal::Expired => {
            "It is too late to undo this: that works for 10 minutes. \
             `/segments list` shows what this channel has, and `/segments set` or `/segments unsubscribe` changes it."
        }
        UndoRefusal::UsedUp => "This was undone already. `/segments list` shows what this channel has now.",
        UndoRefusal::ChangedSince => {
            "Somebody changed this subscription since, so undoing would lose their change. Nothing was changed. \
             `/segments list` shows it as it is now, and `/segments set` changes it."
        }
    })
}

/// Says that these subscriptions are as asked for already.
pub fn unchanged(subscriptions: &[Subscription]) -> Message {
    let several = format!("Nothing to change in these {}:", count(subscriptions.len(), "subscription"));
    let one = "Nothing to change. This channel has";
    one_or_more(one, &several, subscriptions.iter().map(format::subscription))
}

/// Says that the change is stored and starts when the bot is invited.
pub fn waiting_for_invite(bot: &UserId, changes: &[RuleChange]) -> Message {
    let invite = format!("Stored, but I cannot post here yet. Type `/invite` {} and it starts:", format::user(bot));
    one_or_more(&invite, &invite, changes.iter().map(line))
}

/// Says, when the bot has joined the channel, what it will post there.
pub fn now_active(subscriptions: &[Subscription]) -> Message {
    let one = "I can post here now. This channel gets";
    one_or_more(one, &format!("{one}:"), subscriptions.iter().map(format::subscription))
}

/// Asks before every subscription of the channel is removed.
pub fn confirm_unsubscribe_all(subscriptions: usize) -> Message {
    let question = format!(
        "This channel has {}. Remove {}? What is removed can be undone for 10 minutes.",
        count(subscriptions, "subscription"),
        if subscriptions == 1 { "it" } else { "all of them" },
    );
    let mut asked = say(question);
    asked.blocks.extend(buttons([confirmed_button(
        "Remove all",
        &Action::UnsubscribeAll,
        &format!("{} will stop posting in this channel.", count(subscriptions, "subscription")),
    )]));
    asked
}

/// Asks before a subscription is removed.
pub fn confirm_unsubscribe(subscription: &Subscription) -> Message {
    let number = subscription.number;
    let mut asked = say(format!(
        "Remove {}?\nThis channel gets no messages of it then. What is removed can be undone for 10 minutes; \
         `/segments mute 2h` only holds messages back.",
        format::subscription(subscription)
    ));
    let warning = format!("#{number} will stop posting in this channel.");
    asked.blocks.extend(buttons([
        confirmed_button("Unsubscribe", &Action::UnsubscribeNow(number), &warning),
        button("Keep it", &Action::Dismiss),
    ]));
    asked
}

/// Says in the channel that everything was removed.
pub fn unsubscribed_all(by: &UserId, subscriptions: &[Subscription], undo: Option<Uuid>) -> Message {
    let by = format::user(by);
    let had = count(subscriptions.len(), "subscription");
    let mut said = one_or_more(
        &format!("{by} unsubscribed this channel from"),
        &format!("{by} unsubscribed this channel from everything. It had {had}:"),
        subscriptions.iter().map(|one| format::removed(one.number, &one.rule)),
    );
    said.blocks.extend(buttons(undo.map(|id| button("Undo", &Action::Undo(id)))));
    said
}

/// What `who` did, in one sentence for one change and under a heading for several.
fn told(who: &str, changes: &[RuleChange]) -> Message {
    if let [RuleChange { number, before: Some(before), after: Some(after) }] = changes {
        let was = format::was(before, after).map(|was| format!(" (was: {was})")).unwrap_or_default();
        return say(format!("{who} changed #{number}: {}{was}", format::rule(after)));
    }
    let lines = changes.iter().map(line);
    if changes.iter().all(|change| change.before.is_none()) {
        let head = format!("{who} subscribed this channel:");
        one_or_more(&head, &head, lines)
    } else if changes.iter().all(|change| change.after.is_none()) {
        let head = format!("{who} unsubscribed this channel from");
        one_or_more(&head, &format!("{head}:"), lines)
    } else {
        let head = format!("{who} changed this channel's subscriptions:");
        one_or_more(&head, &head, changes.iter().map(|change| line_with_verb(change, "added")))
    }
}

/// The subscription as it is now, or as it was if it is gone.
fn line(change: &RuleChange) -> String {
    match (&change.before, &change.after) {
        (_, Some(now)) => format::numbered(change.number, now),
        (Some(before), None) => format::removed(change.number, before),
        (None, None) => format!("#{}", change.number),
    }
}

pub(super) fn line_with_verb(change: &RuleChange, added: &str) -> String {
    let line = line(change);
    match (&change.before, &change.after) {
        (None, _) => format!("{added} {line}"),
        (Some(_), None) => format!("removed {line}"),
        (Some(before), Some(after)) => match format::was(before, after) {
            Some(was) => format!("changed {line} (was: {was})"),
            None => format!("changed {line}"),
        },
    }
}

pub(super) fn notes_block(notes: &[Note]) -> Option<slack_morphism::prelude::SlackBlock> {
    let notes = notes.iter().map(|note| match note {
        Note::NothingSeenYet(pattern) => {
            let pattern = format::dataset(pattern, 200);
            format!("{pattern} matches nothing seen yet; applies as soon as it appears.")
        }
        Note::DefaultEvents => {
            let default = format::names(EventSelection::DEFAULT.map(str::to_owned), 200);
            format!("No event was named, so this is the default set: {default}.")
        }
        Note::NextDigests(next) => digest::next(next),
        Note::NoTimeZone => "I do not know your time zone, so these times are in UTC.".to_owned(),
        Note::Joined => "I joined this channel to be able to post here.".to_owned(),
    });
    context(notes)
}
