//! What a webhook means, by comparing its object with the last state that was stored of it.
//!
//! Webhooks arrive out of order. What is older than the stored state derives nothing and replaces nothing; with no
//! stored state, only what the object itself shows is derived.

use crate::model::event::Change;
use crate::model::object::{Dataset, Issue, Label, LastSeen, Sample};
use crate::model::{Derived, Event, News, Object, ObjectState};
use jiff::{SignedDuration, Timestamp};

/// A comment and the change of its issue are one act if they are no further apart.
const SAME_ACTION_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// Sees an event closely. `before` is the last state of its object, `sample` that of the sample it belongs to
/// ([`Event::sample_key`]).
///
/// Gives the news, and the state to store in place of `before`; none leaves what is stored.
pub fn derive(event: Event, before: Option<&ObjectState>, sample: Option<&ObjectState>) -> (News, Option<ObjectState>) {
    let sample_name = sample_name(&event.object, sample);
    if is_older(&event, before) {
        return (
            News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name, asked_by: None },
            None,
        );
    }
    let before = before.map(|state| &state.seen);
    let updated = event.event_type.verb() == "updated";
    let mut derived = None;
    let mut changes = Vec::new();
    let mut new_comments = 0;
    match (&event.object, before) {
        (Object::Dataset(now), Some(LastSeen::Dataset(before))) if updated => {
            derived = completed(now, before).then_some(Derived::DatasetCompleted);
            changes = differences(now, before);
        }
        (Object::Sample(now), Some(before)) if updated => {
            derived = assigned(now, before).then_some(Derived::SampleAssigned);
        }
        // A label that is created already rejected is as rejected as any.
        (Object::Label(now), before) if event.event_type.verb() != "deleted" => derived = verdict(now, before),
        (Object::Issue(now), before) if updated => {
            (derived, new_comments) = turn(now, before, event.changed_at());
        }
        _ => {}
    }
    let state = seen(&event, before).map(|seen| ObjectState { at: event.changed_at(), seen });
    (News { event, derived, changes, new_comments, sample_name, asked_by: None }, state)
}

/// Whether an event is an update older than what was stored of its object: no longer news. A creation or deletion is
/// news whenever it comes.
pub fn is_stale(event: &Event, before: Option<&ObjectState>) -> bool {
    event.event_type.verb() == "updated" && is_older(event, before)
}

fn is_older(event: &Event, before: Option<&ObjectState>) -> bool {
    before.is_some_and(|before| event.changed_at() < before.at)
}

/// The name that the object or, more surely for a label, its stored sample says.
fn sample_name(object: &Object, sample: Option<&ObjectState>) -> Option<String> {
    let stored = || match sample.map(|state| &state.seen) {
        Some(LastSeen::Sample { name, .. }) => name.clone(),
        _ => None,
    };
    match object {
        Object::Label(label) => stored().or_else(|| label.sample_name.clone()),
        Object::Issue(issue) => issue.sample_name.clone().or_else(stored),
        _ => None,
    }
}

/// Whether a dataset that was known to be unfinished is finished. Where that was not known, it may have been for long.
fn completed(now: &Dataset, before: &Dataset) -> bool {
    let finished = |dataset: &Dataset| dataset.progress().map(|(done, total)| done == total);
    finished(now) == Some(true) && finished(before) == Some(false)
}

/// What both states say, and differently.
fn differences(now: &Dataset, before: &Dataset) -> Vec<Change> {
    fn change<T: ToString + PartialEq>(field: &str, before: Option<&T>, now: Option<&T>) -> Option<Change> {
        let (before, now) = (before?, now?);
        (before != now).then(|| Change { field: field.to_owned(), before: before.to_string(), after: now.to_string() })
    }
    [
        change("description", before.description.as_ref(), now.description.as_ref()),
        change("category", before.category.as_ref(), now.category.as_ref()),
        change("task_type", before.task_type.as_ref(), now.task_type.as_ref()),
        change("public", before.public.as_ref(), now.public.as_ref()),
        change("archived", before.archived.as_ref(), now.archived.as_ref()),
        change("samples_count", before.samples_count.as_ref(), now.samples_count.as_ref()),
        change("owner", before.owner.as_ref(), now.owner.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether somebody has it in their queue who had not. With nothing stored they may have had it for long.
fn assigned(now: &Sample, before: &LastSeen) -> bool {
    let LastSeen::Sample { assigned_labeler, assigned_reviewer, .. } = before else { return false };
    let newly = |now: &Option<String>, before: &Option<String>| now.is_some() && now != before;
    newly(&now.assigned_labeler, assigned_labeler) || newly(&now.assigned_reviewer, assigned_reviewer)
}

/// What the status says, unless it said so before: then the label was only saved again.
fn verdict(now: &Label, before: Option<&LastSeen>) -> Option<Derived> {
    let status = now.status.as_deref()?;
    if matches!(before, Some(LastSeen::Label { status: Some(before), .. }) if before == status) {
        return None;
    }
    match status {
        "LABELED" => Some(Derived::LabelLabeled),
        "REVIEWED" => Some(Derived::LabelReviewed),
        "REJECTED" => Some(Derived::LabelRejected),
        "SKIPPED" => Some(Derived::LabelSkipped),
        "VERIFIED" => Some(Derived::LabelVerified),
        "PRELABELED" => Some(Derived::LabelPrelabeled),
        "LABELING_IN_PROGRESS" => Some(Derived::LabelStarted),
        _ => None,
    }
}

/// What an update of an issue was, and how many comments came with it. A change of status outweighs a comment.
fn turn(now: &Issue, before: Option<&LastSeen>, changed_at: Timestamp) -> (Option<Derived>, u32) {
    let status = now.status.as_deref();
    let Some(LastSeen::Issue { status: status_before, comments }) = before else {
        let last = now.recent_comments.last().and_then(|comment| comment.created_at);
        let replied = last.is_some_and(|last| changed_at.duration_since(last) <= SAME_ACTION_WITHIN);
        return match (replied, status) {
            (true, _) => (Some(Derived::IssueReplied), 1),
            (false, Some("CLOSED")) => (Some(Derived::IssueClosed), 0),
            (false, _) => (Some(Derived::IssueEdited), 0),
        };
    };
    let new_comments = now.comments_count.saturating_sub(*comments);
    let derived = match (status_before.as_deref(), status) {
        (Some(before), Some("CLOSED")) if before != "CLOSED" => Derived::IssueClosed,
        (Some("CLOSED"), Some("OPEN")) => Derived::IssueReopened,
        _ if new_comments > 0 => Derived::IssueReplied,
        _ => Derived::IssueEdited,
    };
    (Some(derived), new_comments)
}

/// What to remember. A field that the event leaves out keeps its last value. Of a deleted object only the time stays,
/// so that an older update is known as such, and a sample's name, for the labels that go with it.
fn seen(event: &Event, before: Option<&LastSeen>) -> Option<LastSeen> {
    event.object_key()?;
    let deleted = event.event_type.verb() == "deleted";
    match &event.object {
        Object::Dataset(_) if deleted => Some(LastSeen::Dataset(Box::default())),
        Object::Dataset(now) => {
            let known = match before {
                Some(LastSeen::Dataset(known)) => Dataset::clone(known),
                _ => Dataset::default(),
            };
            Some(LastSeen::Dataset(Box::new(filled(Dataset::clone(now), known))))
        }
        Object::Sample(now) => {
            let (known_name, known_dataset) = match before {
                Some(LastSeen::Sample { name, dataset, .. }) => (name.clone(), dataset.clone()),
                _ => (None, None),
            };
            Some(LastSeen::Sample {
                dataset: event.dataset.clone().or(known_dataset).filter(|_| !deleted),
                name: now.name.clone().or(known_name),
                assigned_labeler: now.assigned_labeler.clone().filter(|_| !deleted),
                assigned_reviewer: now.assigned_reviewer.clone().filter(|_| !deleted),
            })
        }
        Object::Label(_) if deleted => Some(LastSeen::Label { dataset: None, status: None }),
        Object::Label(now) => {
            let (known, known_dataset) = match before {
                Some(LastSeen::Label { status, dataset }) => (status.clone(), dataset.clone()),
                _ => (None, None),
            };
            let dataset = event.dataset.clone().or(known_dataset);
            Some(LastSeen::Label { dataset, status: now.status.clone().or(known) })
        }
        Object::Issue(_) if deleted => Some(LastSeen::Issue { status: None, comments: 0 }),
        Object::Issue(now) => {
            let known = match before {
                Some(LastSeen::Issue { status, .. }) => status.clone(),
                _ => None,
            };
            Some(LastSeen::Issue { status: now.status.clone().or(known), comments: now.comments_count })
        }
        Object::Release(_) | Object::Unknown => None,
    }
}

/// A state with what it leaves out as it was before.
fn filled(now: Dataset, before: Dataset) -> Dataset {
    Dataset {
        full_name: now.full_name.or(before.full_name),
        description: now.description.or(before.description),
        category: now.category.or(before.category),
        task_type: now.task_type.or(before.task_type),
        public: now.public.or(before.public),
        archived: now.archived.or(before.archived),
        samples_count: now.samples_count.or(before.samples_count),
        label_stats: if now.label_stats.is_empty() { before.label_stats } else { now.label_stats },
        owner: now.owner.or(before.owner),
        cloned_from: now.cloned_from.or(before.cloned_from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::Comment;
    use crate::model::{DatasetName, EventType};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn event(event_type: &str, second: i64, object: Object) -> Event {
        let dataset = DatasetName::parse("jane/flowers");
        Event { event_type: EventType::parse(event_type), created_at: at(second), dataset, object, text: None }
    }

    fn dataset(second: i64, labeled: u64, description: Option<&str>) -> Event {
        let dataset = Dataset {
            label_stats: [("LABELED".to_owned(), labeled), ("UNLABELED".to_owned(), 9 - labeled)].into(),
            description: description.map(str::to_owned),
            ..Dataset::default()
        };
        event("dataset.updated", second, Object::Dataset(Box::new(dataset)))
    }

    fn sample(second: i64, labeler: Option<&str>) -> Event {
        let uuid = Some("s".to_owned());
        let name = Some("rose.png".to_owned());
        let assigned_labeler = labeler.map(str::to_owned);
        let sample = Sample { uuid, name, assigned_labeler, ..Sample::default() };
        event("sample.updated", second, Object::Sample(Box::new(sample)))
    }

    fn label(event_type: &str, second: i64, status: &str) -> Event {
        let updated_at = Some(at(second));
        let sample_uuid = Some("s".to_owned());
        let label = Label { sample_uuid, status: Some(status.to_owned()), updated_at, ..Label::default() };
        event(event_type, second + 1, Object::Label(Box::new(label)))
    }

    fn issue(second: i64, status: &str, comments: &[i64]) -> Event {
        let comment = |second: &i64| Comment { created_at: Some(at(*second)), ..Comment::default() };
        let issue = Issue {
            uuid: Some("i".to_owned()),
            status: Some(status.to_owned()),
            updated_at: Some(at(second)),
            comments_count: u32::try_from(comments.len()).unwrap(),
            recent_comments: comments.iter().map(comment).collect(),
            ..Issue::default()
        };
        event("issue.updated", second + 1, Object::Issue(Box::new(issue)))
    }

    /// What is derived from one event after another of one object.
    fn story(events: impl IntoIterator<Item = Event>) -> Vec<News> {
        let mut state = None;
        let mut tell = |event| {
            let (news, next) = derive(event, state.as_ref(), None);
            state = next.or(state.take());
            news
        };
        events.into_iter().map(&mut tell).collect()
    }

    fn names(events: impl IntoIterator<Item = Event>) -> Vec<Option<&'static str>> {
        story(events).iter().map(|news| news.derived.map(Derived::as_str)).collect()
    }

    #[test]
    fn a_label_saved_again_with_its_status_is_not_rejected_again() {
        let label = |second, status| label("label.updated", second, status);
        assert_eq!(
            names([label(1, "REJECTED"), label(2, "REJECTED"), label(3, "LABELED"), label(4, "REJECTED")]),
            [Some("label.rejected"), None, Some("label.labeled"), Some("label.rejected")]
        );
    }

    #[test]
    fn a_label_made_anew_after_its_deletion_is_judged_anew() {
        let deleted = label("label.deleted", 2, "REJECTED");
        let (first, again) = (label("label.updated", 1, "REJECTED"), label("label.updated", 3, "REJECTED"));
        assert_eq!(names([first, deleted, again]), [Some("label.rejected"), None, Some("label.rejected")]);
    }

    #[test]
    fn a_status_of_a_later_version_derives_nothing() {
        let label = |second, status| label("label.updated", second, status);
        assert_eq!(names([label(1, "AWAITING_ADJUDICATION"), label(2, "UNLABELED")]), [None, None]);
    }

    #[test]
    fn an_issue_is_replied_to_closed_reopened_and_edited() {
        let told = story([
            issue(10, "OPEN", &[10]),
            issue(20, "CLOSED", &[10, 15, 20]),
            issue(30, "OPEN", &[10, 15, 20]),
            issue(40, "OPEN", &[10, 15, 20]),
            issue(50, "OPEN", &[10]),
            issue(60, "OPEN", &[10, 60]),
        ]);
        let told: Vec<_> = told.iter().map(|news| (news.name(), news.new_comments)).collect();
        assert_eq!(
            told,
            [
                ("issue.replied", 1),
                ("issue.closed", 2),
                ("issue.reopened", 0),
                ("issue.edited", 0),
                ("issue.edited", 0),
                ("issue.replied", 1)
            ]
        );
    }

    #[test]
    fn an_issue_never_seen_before_is_taken_by_what_it_shows() {
        assert_eq!(names([issue(100, "CLOSED", &[98])]), [Some("issue.replied")]);
        assert_eq!(names([issue(100, "CLOSED", &[97])]), [Some("issue.closed")]);
        assert_eq!(names([issue(100, "OPEN", &[])]), [Some("issue.edited")]);
    }

    #[test]
    fn a_dataset_is_completed_once() {
        let told = names([dataset(1, 9, None), dataset(2, 8, None), dataset(3, 9, None), dataset(4, 9, None)]);
        assert_eq!(told, [None, None, Some("dataset.completed"), None]);
    }

    #[test]
    fn a_dataset_tells_what_changed_and_not_what_was_left_out() {
        let told = story([dataset(1, 1, Some("a")), dataset(2, 1, None), dataset(3, 1, Some("b"))]);
        assert!(told[1].changes.is_empty());
        let change = Change { field: "description".to_owned(), before: "a".to_owned(), after: "b".to_owned() };
        assert_eq!(told[2].changes, [change]);
    }

    #[test]
    fn a_sample_is_assigned_when_somebody_else_gets_it() {
        let people = [Some("john"), Some("john"), None, Some("john"), Some("ann")];
        let told = names((1..).zip(people).map(|(second, labeler)| sample(second, labeler)));
        let assigned = Some("sample.assigned");
        assert_eq!(told, [None, None, None, assigned, assigned]);
    }

    #[test]
    fn a_label_gets_its_sample_s_name_from_what_was_stored() {
        let (_, stored) = derive(sample(1, None), None, None);
        let (news, _) = derive(label("label.updated", 2, "LABELED"), None, stored.as_ref());
        assert_eq!(news.sample_name.as_deref(), Some("rose.png"));
    }

    proptest! {
        #[test]
        fn the_newest_state_stays_in_any_order_and_older_ones_are_stale(
            seconds in Just((1..9).collect::<Vec<i64>>()).prop_shuffle(),
        ) {
            let mut state: Option<ObjectState> = None;
            for second in seconds {
                let newest = state.as_ref().map(|state| state.at);
                let event = issue(second, "OPEN", &vec![0; usize::try_from(second).unwrap()]);
                let stale = is_stale(&event, state.as_ref());
                let (news, next) = derive(event, state.as_ref(), None);
                prop_assert_eq!(stale, newest.is_some_and(|newest| at(second) < newest));
                prop_assert_eq!(next.is_none(), stale);
                prop_assert_eq!(news.derived.is_none(), stale);
                state = next.or(state);
            }
            let seen = LastSeen::Issue { status: Some("OPEN".to_owned()), comments: 8 };
            prop_assert_eq!(state, Some(ObjectState { at: at(8), seen }));
        }
    }
}
