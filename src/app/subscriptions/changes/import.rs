//! Plans the import of several lines into a channel at once. Pure.

use crate::app::subscriptions::changes::{MAX_SUBSCRIPTIONS_PER_CHANNEL, PlannedChange, rule_after};
use crate::model::{ChannelId, DatasetPattern, Subscription, SubscriptionState, UserId};
use crate::slack::command::Asked;
use crate::store::ChannelSubscriptions;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// A line to import, with the properties of the subscription that it creates.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct ImportLine<'a> {
    /// The line number, from 1.
    pub(in crate::app) number: usize,
    /// The subscriptions that it asks for.
    pub(in crate::app) asked: &'a Asked,
    /// The creator of the subscriptions.
    pub(in crate::app) creator: &'a UserId,
    /// The time zone, if its options contain times.
    pub(in crate::app) time_zone: Option<&'a str>,
}

/// A reason why nothing is imported.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) enum NotImported {
    /// The channel would have too many subscriptions.
    TooMany,
    /// These lines would leave the subscription to a dataset without any event.
    SelectNothing(Vec<(usize, DatasetPattern)>),
}

/// Plans the lines in order, each as `subscribe` would run after those before it. The cost grows with the number of
/// lines, not with the number of existing subscriptions.
pub(in crate::app) fn import(
    book: &ChannelSubscriptions,
    channel: &ChannelId,
    lines: &[ImportLine<'_>],
    state: &SubscriptionState,
    at: Timestamp,
) -> Result<PlannedChange, NotImported> {
    let mut draft = PlannedChange::new(book);
    let identity = |subscription: &Subscription| {
        let rule = &subscription.rule;
        (rule.dataset.clone(), rule.filters.clone())
    };
    let mut standing = book.subscriptions.clone();
    let mut places: HashMap<_, usize> = standing.iter().map(identity).zip(0..).collect();
    let (mut meant, mut nothing) = (BTreeSet::new(), Vec::new());
    for &ImportLine { number, asked, creator, time_zone } in lines {
        for dataset in &asked.datasets {
            let key = (dataset.clone(), asked.filters.clone());
            let place = places.get(&key).copied();
            let (rule, default_events) = rule_after(place.map(|place| &standing[place].rule), asked, dataset);
            draft.default_events |= default_events;
            if rule.events.is_empty() {
                nothing.push((number, dataset.clone()));
                continue;
            }
            let time_zone = time_zone.map(str::to_owned);
            let place = place.unwrap_or(standing.len());
            meant.insert(place);
            if let Some(present) = standing.get_mut(place) {
                if present.rule != rule {
                    present.time_zone = time_zone.or_else(|| present.time_zone.take());
                    present.rule = rule;
                }
                continue;
            }
            if place >= MAX_SUBSCRIPTIONS_PER_CHANNEL {
                return Err(NotImported::TooMany);
            }
            places.insert(key, place);
            standing.push(Subscription {
                channel: channel.clone(),
                number: draft.next_number,
                rule,
                creator: creator.clone(),
                created_at: at,
                time_zone,
                state: state.clone(),
            });
            draft.next_number += 1;
        }
    }
    if !nothing.is_empty() {
        return Err(NotImported::SelectNothing(nothing));
    }
    for place in meant {
        let after = standing[place].clone();
        match book.subscriptions.get(place) {
            Some(before) if before.rule == after.rule => draft.untouched.push(after),
            before => draft.put(before, after),
        }
    }
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::super::tests::book;
    use super::*;
    use crate::slack::command::read_lines;

    fn imported(book: &ChannelSubscriptions, text: &str) -> Result<PlannedChange, NotImported> {
        let pasted = read_lines(text).unwrap();
        let creator = UserId::parse("U9").unwrap();
        let lines: Vec<_> = pasted
            .iter()
            .map(|line| ImportLine { number: line.number, asked: &line.asked, creator: &creator, time_zone: None })
            .collect();
        let channel = ChannelId::parse("C1").unwrap();
        import(book, &channel, &lines, &SubscriptionState::Active, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn lines_add_up_and_what_is_as_before_is_told_apart() {
        let book = book(&["jane/flowers sample.*", "jane/trees issue.* -label.*", "john/cars"]);
        let draft = imported(&book, "jane/new issue\njane/trees issue.* -label.*\njane/flowers issue\njane/new sample")
            .unwrap();
        let put: Vec<_> = draft.put.iter().map(|one| (one.number, one.rule.to_string())).collect();
        assert_eq!(put, [(1, "jane/flowers sample.* issue.*".to_owned()), (9, "jane/new issue.* sample.*".to_owned())]);
        assert_eq!(draft.untouched, [book.subscriptions[1].clone()]);
        assert_eq!((draft.next_number, draft.remove.len(), draft.default_events), (10, 0, false));
    }

    #[test]
    fn an_import_of_empty_or_too_many_lines_is_refused_whole() {
        let book = book(&["jane/flowers sample.*"]);
        let pattern = |text| DatasetPattern::parse(text).unwrap();
        assert_eq!(
            imported(&book, "a/b -*\njane/ok\nc/d issue -issue"),
            Err(NotImported::SelectNothing(vec![(1, pattern("a/b")), (3, pattern("c/d"))]))
        );
        let many = |count: usize| (0..count).map(|n| format!("a/{n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(imported(&book, &many(MAX_SUBSCRIPTIONS_PER_CHANNEL)), Err(NotImported::TooMany));
        assert_eq!(
            imported(&book, &many(MAX_SUBSCRIPTIONS_PER_CHANNEL - 1)).unwrap().put.len(),
            MAX_SUBSCRIPTIONS_PER_CHANNEL - 1
        );
    }
}
