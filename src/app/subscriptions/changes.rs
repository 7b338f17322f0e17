//! Plans the changes of a channel's subscriptions that commands and modals ask for. Pure.

pub mod import;

use crate::app::answer::Asker;
use crate::model::{
    DatasetPattern, EventSelection, EventSelector, Mute, Options, Rule, Subscription, SubscriptionState,
};
use crate::render::reply::{RuleChange, UndoRefusal};
use crate::slack::command::{Asked, Target};
use crate::store::{ChannelSubscriptions, Undo};
use jiff::Timestamp;

/// The number of subscriptions that a channel can have.
pub(in crate::app) const MAX_SUBSCRIPTIONS_PER_CHANNEL: usize = 1000;

/// A planned change of a channel's subscriptions and mutes, before it is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::app) struct PlannedChange {
    /// Subscriptions to add or replace.
    pub(in crate::app) put: Vec<Subscription>,
    /// Numbers of subscriptions to remove.
    pub(in crate::app) remove: Vec<u32>,
    /// All mutes after the change; none if they stay.
    pub(in crate::app) mutes: Option<Vec<Mute>>,
    /// The next free subscription number after the change.
    pub(in crate::app) next_number: u32,
    /// The changes of rules, for messages.
    pub(in crate::app) changes: Vec<RuleChange>,
    /// Subscriptions that needed no change.
    pub(in crate::app) untouched: Vec<Subscription>,
    /// True if the default events were used because none were named.
    pub(in crate::app) default_events: bool,
}

/// A reason why a change is not possible.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) enum PlanRefusal {
    /// The channel would have too many subscriptions.
    TooMany,
    /// The subscription to this dataset would select no event.
    SelectsNothing(DatasetPattern),
}

/// The way a command combines with an existing subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum SubscribeMode {
    /// `subscribe` adds to it.
    Add,
    /// `set` replaces it.
    Replace,
}

/// The properties of a new subscription besides its rule.
#[derive(Debug, Clone)]
pub(in crate::app) struct NewSubscription {
    /// The state: active, or waiting for an invitation.
    pub(in crate::app) state: SubscriptionState,
    /// The author's time zone, if the options contain times.
    pub(in crate::app) time_zone: Option<String>,
    /// The current time.
    pub(in crate::app) at: Timestamp,
}

impl PlannedChange {
    fn new(book: &ChannelSubscriptions) -> Self {
        Self { next_number: book.next_number.max(1), ..Self::default() }
    }

    /// Creates a change of the mutes only.
    pub(in crate::app) fn of_mutes(book: &ChannelSubscriptions, mutes: Vec<Mute>) -> Self {
        Self { mutes: Some(mutes), next_number: book.next_number, ..Self::default() }
    }

    /// Returns true if there is nothing to write.
    pub(in crate::app) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty() && self.mutes.is_none()
    }

    fn put(&mut self, before: Option<&Subscription>, after: Subscription) {
        let rule = before.map(|subscription| subscription.rule.clone());
        self.changes.push(RuleChange { number: after.number, before: rule, after: Some(after.rule.clone()) });
        self.put.push(after);
    }

    fn remove(&mut self, subscription: &Subscription) {
        let before = Some(subscription.rule.clone());
        self.changes.push(RuleChange { number: subscription.number, before, after: None });
        self.remove.push(subscription.number);
    }

    /// Returns the record that undoes this change.
    pub(in crate::app) fn undo(
        &self,
        book: &ChannelSubscriptions,
        id: uuid::Uuid,
        asker: &Asker,
        expires_at: Timestamp,
    ) -> Undo {
        let numbers = || self.changes.iter().map(|change| change.number);
        let find = |all: &[Subscription], number| all.iter().find(|s| s.number == number).cloned();
        Undo {
            id,
            channel: asker.channel_ref.channel.clone(),
            before: numbers().map(|number| (number, find(&book.subscriptions, number))).collect(),
            after: numbers().map(|number| (number, find(&self.put, number))).collect(),
            expires_at,
        }
    }
}

/// Plans `subscribe` or `set`.
pub(in crate::app) fn subscribe(
    book: &ChannelSubscriptions,
    wanted: &Asked,
    mode: SubscribeMode,
    asker: &Asker,
    stamp: &NewSubscription,
) -> Result<PlannedChange, PlanRefusal> {
    let mut draft = PlannedChange::new(book);
    for dataset in &wanted.datasets {
        let existing = existing(book, dataset, wanted, mode);
        let added_to = existing.filter(|_| mode == SubscribeMode::Add).map(|existing| &existing.rule);
        let (rule, default_events) = rule_after(added_to, wanted, dataset);
        draft.default_events |= default_events;
        if rule.events.is_empty() {
            return Err(PlanRefusal::SelectsNothing(rule.dataset));
        }
        match existing {
            Some(existing) if existing.rule == rule => draft.untouched.push(existing.clone()),
            Some(existing) => {
                let time_zone = stamp.time_zone.clone().or_else(|| existing.time_zone.clone());
                draft.put(Some(existing), Subscription { rule, time_zone, ..existing.clone() });
            }
            None => {
                let number = draft.next_number;
                draft.next_number += 1;
                let subscription = Subscription {
                    channel: asker.channel_ref.channel.clone(),
                    number,
                    rule,
                    creator: asker.user.clone(),
                    created_at: stamp.at,
                    time_zone: stamp.time_zone.clone(),
                    state: stamp.state.clone(),
                };
                draft.put(None, subscription);
            }
        }
    }
    let new = draft.changes.iter().filter(|change| change.before.is_none()).count();
    if new > 0 && book.subscriptions.len() + new > MAX_SUBSCRIPTIONS_PER_CHANNEL {
        return Err(PlanRefusal::TooMany);
    }
    Ok(draft)
}

/// Returns the rule of a dataset after a command, and true if the default events were used because none were named.
fn rule_after(added_to: Option<&Rule>, wanted: &Asked, dataset: &DatasetPattern) -> (Rule, bool) {
    let mut rule = Rule {
        dataset: dataset.clone(),
        events: EventSelection { include: wanted.include.clone(), exclude: wanted.exclude.clone() },
        filters: wanted.filters.clone(),
        options: wanted.options.clone(),
    };
    if let Some(existing) = added_to {
        // Only options or exclusions are named, so no events are added.
        let nothing_named =
            wanted.include.is_empty() && wanted.exclude.is_empty() && wanted.options == Options::default();
        let default = EventSelection::default_set().include;
        let include = if nothing_named { &default } else { &wanted.include };
        // An identical selection stays as it is.
        if existing.events != rule.events {
            rule.events = existing.events.merged_with(include, &wanted.exclude);
        }
        rule.options = existing.options.merged_with(&wanted.options);
        return (rule, nothing_named);
    }
    let none_named = wanted.include.is_empty();
    if none_named {
        rule.events = EventSelection::default_set().merged_with(&[], &wanted.exclude);
    }
    (rule, none_named)
}

/// Returns the subscription that a command changes: the one with the same filters, or for `set` the only one of the
/// dataset.
fn existing<'a>(
    book: &'a ChannelSubscriptions,
    dataset: &DatasetPattern,
    wanted: &Asked,
    mode: SubscribeMode,
) -> Option<&'a Subscription> {
    let mut of_dataset = book.subscriptions.iter().filter(|subscription| subscription.rule.dataset == *dataset);
    let same = of_dataset.clone().find(|subscription| subscription.rule.filters == wanted.filters);
    match (same, mode, of_dataset.next(), of_dataset.next()) {
        (None, SubscribeMode::Replace, Some(only), None) => Some(only),
        (same, ..) => same,
    }
}

/// Plans `unsubscribe`; none if no subscription matches.
pub(in crate::app) fn unsubscribe(
    book: &ChannelSubscriptions,
    target: &Target,
    events: &[EventSelector],
) -> Option<PlannedChange> {
    let mut draft = PlannedChange::new(book);
    let meant = |subscription: &&Subscription| match target {
        Target::Number(number) => subscription.number == *number,
        Target::Dataset(dataset) => subscription.rule.dataset == *dataset,
        Target::All => true,
    };
    for subscription in book.subscriptions.iter().filter(meant) {
        let events = (!events.is_empty()).then(|| subscription.rule.events.without(events));
        match events {
            Some(events) if events == subscription.rule.events => draft.untouched.push(subscription.clone()),
            Some(events) if !events.is_empty() => {
                let rule = Rule { events, ..subscription.rule.clone() };
                draft.put(Some(subscription), Subscription { rule, ..subscription.clone() });
            }
            _ => draft.remove(subscription),
        }
    }
    (!draft.is_empty() || !draft.untouched.is_empty()).then_some(draft)
}

/// A reason why an edited subscription is not replaced.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) enum NotReplaced {
    /// It was removed.
    Gone,
    /// Someone changed it since the modal was opened.
    ChangedSince,
    /// Another subscription, with this number, has the same dataset and filters.
    Taken(u32),
    /// It would select no event.
    SelectsNothing(DatasetPattern),
}

/// Plans the edit of a subscription that must still look as the modal showed it. It keeps its number.
pub(in crate::app) fn replace(
    book: &ChannelSubscriptions,
    number: u32,
    is_as_seen: impl FnOnce(&Rule) -> bool,
    rule: Rule,
    time_zone: Option<String>,
) -> Result<PlannedChange, NotReplaced> {
    let (mut same, others): (Vec<_>, Vec<_>) =
        book.subscriptions.iter().partition(|subscription| subscription.number == number);
    let current = same.pop().ok_or(NotReplaced::Gone)?;
    let mut draft = PlannedChange::new(book);
    if current.rule == rule {
        // This is also the case when the same edit is repeated.
        draft.untouched.push(current.clone());
        return Ok(draft);
    }
    if !is_as_seen(&current.rule) {
        return Err(NotReplaced::ChangedSince);
    }
    if let Some(taken) = others.iter().find(|other| other.is_for(&rule)) {
        return Err(NotReplaced::Taken(taken.number));
    }
    if rule.events.is_empty() {
        return Err(NotReplaced::SelectsNothing(rule.dataset));
    }
    let time_zone = time_zone.or_else(|| current.time_zone.clone());
    draft.put(Some(current), Subscription { rule, time_zone, ..current.clone() });
    Ok(draft)
}

/// Plans an undo. It works only while the change is still in place, and nothing else has taken the place of what it
/// restores.
pub(in crate::app) fn undo(
    book: &ChannelSubscriptions,
    undo: &Undo,
    now: Timestamp,
) -> Result<PlannedChange, UndoRefusal> {
    if now >= undo.expires_at {
        return Err(UndoRefusal::Expired);
    }
    let find = |number: u32| book.subscriptions.iter().find(|subscription| subscription.number == number);
    let mut draft = PlannedChange::new(book);
    for ((number, before), (_, after)) in undo.before.iter().zip(&undo.after) {
        let current = find(*number);
        if current.map(|subscription| &subscription.rule) != after.as_ref().map(|subscription| &subscription.rule) {
            return Err(UndoRefusal::ChangedSince);
        }
        match (before, current) {
            (Some(before), Some(current)) => {
                draft.put(Some(current), Subscription { state: current.state.clone(), ..before.clone() });
            }
            (Some(before), None) => draft.put(None, before.clone()),
            (None, Some(current)) => draft.remove(current),
            (None, None) => {}
        }
    }
    let touched = |subscription: &&Subscription| undo.before.iter().any(|(number, _)| *number == subscription.number);
    let mut others = book.subscriptions.iter().filter(|subscription| !touched(subscription));
    let room = MAX_SUBSCRIPTIONS_PER_CHANNEL.saturating_sub(draft.put.len());
    let taken =
        others.clone().count() > room || others.any(|other| draft.put.iter().any(|put| put.is_for(&other.rule)));
    if taken { Err(UndoRefusal::ChangedSince) } else { Ok(draft) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChannelId;
    use crate::slack::command::{Command, parse};

    fn rule(text: &str) -> Rule {
        let Ok(Command::Set(asked)) = parse(&format!("set {text}")) else { panic!("`{text}` is no rule") };
        asked.rules().remove(0)
    }

    /// Returns the subscriptions of a channel, numbered from #1.
    pub(in crate::app) fn book(rules: &[&str]) -> ChannelSubscriptions {
        let subscription = |(number, text): (u32, &&str)| Subscription {
            channel: ChannelId::parse("C1").unwrap(),
            number,
            rule: rule(text),
            creator: crate::model::UserId::parse("U1").unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            time_zone: Some("Europe/Brussels".to_owned()),
            state: SubscriptionState::Active,
        };
        let subscriptions: Vec<_> = (1..).zip(rules).map(subscription).collect();
        ChannelSubscriptions { revision: 1, next_number: 9, subscriptions, mutes: Vec::new() }
    }

    fn replaced(book: &ChannelSubscriptions, number: u32, seen: &str, by: &str) -> Result<PlannedChange, NotReplaced> {
        replace(book, number, |current| *current == rule(seen), rule(by), None)
    }

    #[test]
    fn a_replaced_subscription_keeps_its_number() {
        let book = book(&["jane/flowers sample.*", "john/cars sample.*"]);
        let draft = replaced(&book, 2, "john/cars sample.*", "jane/* issue.* by:ann").unwrap();
        let put: Vec<_> = draft.put.iter().map(|one| (one.number, one.rule.to_string())).collect();
        assert_eq!(put, [(2, "jane/* issue.* by:ann".to_owned())]);
        assert_eq!((draft.remove.len(), draft.next_number), (0, 9));
        assert_eq!(draft.put[0].time_zone.as_deref(), Some("Europe/Brussels"));
    }

    #[test]
    fn replacing_refuses_twins_nothing_and_changed_subscriptions() {
        let book = book(&["jane/flowers sample.*", "john/cars sample.*"]);
        let (seen, gone) = ("jane/flowers sample.*", "jane/flowers issue.*");
        assert_eq!(replaced(&book, 1, seen, "john/cars issue.*"), Err(NotReplaced::Taken(2)));
        assert_eq!(replaced(&book, 1, gone, "jane/* issue.*"), Err(NotReplaced::ChangedSince));
        assert_eq!(replaced(&book, 3, seen, "jane/* issue.*"), Err(NotReplaced::Gone));
        let nothing = replaced(&book, 1, seen, "jane/flowers sample.* -sample.*");
        assert!(matches!(nothing, Err(NotReplaced::SelectsNothing(_))), "{nothing:?}");
        // A subscription that already is as wanted is no conflict.
        assert!(replaced(&book, 1, gone, seen).unwrap().is_empty());
    }
}
