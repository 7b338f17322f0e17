//! What a digest looks like, and that Slack can take whatever is in it.

use crate::cards::seen;
use crate::{limits, rendered};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use segments_slack::model::object::{Dataset, Issue, Label, LastSeen, Sample};
use segments_slack::model::{
    DatasetName, Delivery, Derived, DigestMessage, DigestTimes, Event, EventId, EventType, Live, News, Object,
    ObjectState, Options,
};
use segments_slack::render::{FallbackLevel, digest};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    "2026-11-20T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn delivery(mention: &[&str]) -> Delivery {
    Delivery {
        sequence: 0,
        event: EventId(Uuid::nil()),
        subscription: 3,
        options: Options { mention: mention.iter().map(|id| (*id).to_owned()).collect(), ..Options::default() },
        accepted_at: at(0),
        not_before: at(0),
        digest: Some(DigestTimes { at: at(0), due: at(0) }),
        account: None,
        reason: segments_slack::model::DeliveryReason::Subscribed,
        attempts: 0,
        last_error: None,
    }
}

fn news(name: &str, dataset: &str, object: Object, second: i64) -> News {
    let derived = Derived::parse(name);
    let event_type = EventType::parse(derived.map_or(name, |derived| derived.parent().as_str()));
    let event = Event { event_type, created_at: at(second), dataset: DatasetName::parse(dataset), object, text: None };
    News { event, derived, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }
}

fn sample() -> Object {
    Object::Sample(Box::default())
}

fn label(by: &str) -> Object {
    Object::Label(Box::new(Label { updated_by: Some(by.to_owned()), ..Label::default() }))
}

/// An issue that was opened some hours ago.
fn issue(number: u32, status: &str, hours: i64) -> Object {
    Object::Issue(Box::new(Issue {
        uuid: Some(format!("issue-{number}")),
        status: Some(status.to_owned()),
        created_at: Some(at(-3_600 * hours)),
        description: Some(format!("The edge of petal {number} is blurred")),
        sample_name: Some(format!("rose_{number}.png")),
        sample_uuid: Some(format!("602a3eec-a61c-4a77-9fcc-{number:012}")),
        ..Issue::default()
    }))
}

fn collected(all: &[News], now: Timestamp) -> DigestMessage {
    let mut digest = DigestMessage::open(&delivery(&["UASKED"]), &all[0], now);
    for news in &all[1..] {
        digest.add(&delivery(&["UASKED", "not an id"]), news, now);
    }
    digest
}

fn states(names: &[&str], by_status: &[(&str, u64)]) -> Vec<(DatasetName, ObjectState)> {
    let label_stats: BTreeMap<String, u64> =
        by_status.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    let dataset = Dataset { label_stats, ..Dataset::default() };
    let state = ObjectState { at: at(0), seen: LastSeen::Dataset(Box::new(dataset)) };
    names.iter().filter_map(|name| Some((DatasetName::parse(name)?, state.clone()))).collect()
}

fn sent(of: &DigestMessage, states: &[(DatasetName, ObjectState)], rung: FallbackLevel) -> Value {
    let content = serde_json::to_value(digest(of, states, "https://app.segments.ai").content(rung)).unwrap();
    assert_eq!(limits::broken(&content), Vec::<String>::new());
    content
}

fn looks(name: &str, digest: &DigestMessage, states: &[(DatasetName, ObjectState)]) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        let content = sent(digest, states, FallbackLevel::Whole);
        rendered::leave(name, std::slice::from_ref(&content));
        insta::assert_snapshot!(name, seen(&content));
    });
}

fn times(count: usize, of: &News) -> impl Iterator<Item = News> {
    std::iter::repeat_n(of.clone(), count)
}

/// A day's work on a dataset.
fn a_day() -> Vec<News> {
    let flowers = |name, object, second| news(name, "jane/flowers", object, second);
    let mut all: Vec<News> = times(12, &flowers("sample.created", sample(), -80_000)).collect();
    for (count, name, by) in [
        (4, "label.labeled", "ann"),
        (9, "label.labeled", "john"),
        (1, "label.labeled", "kim"),
        (2, "label.labeled", "lee"),
        (5, "label.reviewed", "jane"),
        (2, "label.rejected", "jane"),
        (1, "label.verified", "ann"),
    ] {
        all.extend(times(count, &flowers(name, label(by), -40_000)));
    }
    for number in 1..=5 {
        all.push(flowers("issue.created", issue(number, "OPEN", 10 * i64::from(number)), -20_000));
    }
    all.push(flowers("issue.closed", issue(5, "CLOSED", 50), -10_000));
    all.push(flowers("issue.replied", issue(2, "OPEN", 20), -300));
    all
}

#[test]
fn a_one_dataset_digest_shows_progress_events_issues_and_people() {
    let stats = [("UNLABELED", 1_688), ("LABELED", 600), ("REVIEWED", 200), ("REJECTED", 12)];
    looks("digest.one", &collected(&a_day(), at(1)).closed(), &states(&["jane/flowers"], &stats));
}

#[test]
fn a_digest_of_many_datasets_lists_the_busiest_and_counts_rest() {
    let mut all = a_day();
    for number in 1..=40_u32 {
        let dataset = format!("jane/set-{number}");
        all.extend(times(number as usize, &news("label.labeled", &dataset, label("ann"), -60)));
    }
    all.extend(times(2, &news("moon.risen", "", Object::Unknown, -30)));
    let digest = collected(&all, at(1));
    let total = digest.datasets.iter().map(|one| one.count).sum::<u64>() + digest.other_events;
    assert_eq!((digest.count, total), (all.len() as u64, all.len() as u64));
    looks("digest.many", &digest.closed(), &[]);
}

#[test]
fn a_digest_that_comes_late_and_is_not_complete_says_both() {
    looks("digest.late", &collected(&a_day()[..1], at(900)), &[]);
    let blocks = sent(&collected(&a_day()[..1], at(600)).closed(), &[], FallbackLevel::Whole)["blocks"].to_string();
    assert!(!blocks.contains('⏳'), "{blocks}");
}

#[test]
fn an_issue_is_open_or_not_as_it_was_last_whatever_came_first() {
    let flowers = |name, number, status, second| news(name, "jane/flowers", issue(number, status, 5), second);
    let open = |all: &[News]| {
        let digest = collected(all, at(1));
        digest.datasets[0].open_issues().into_iter().map(|issue| issue.uuid.clone()).collect::<Vec<_>>()
    };
    let (opened, closed) = (flowers("issue.created", 1, "OPEN", 0), flowers("issue.closed", 1, "CLOSED", 5));
    assert_eq!(open(&[opened.clone(), closed.clone()]), [""; 0]);
    assert_eq!(open(&[closed.clone(), opened.clone()]), [""; 0]);
    assert_eq!(open(&[closed, flowers("issue.reopened", 1, "OPEN", 9)]), ["issue-1"]);
    assert_eq!(open(&[opened, news("dataset.deleted", "jane/flowers", Object::Unknown, 9)]), [""; 0]);
}

#[test]
fn of_very_many_issues_the_oldest_are_remembered() {
    let all: Vec<News> = (0..100_u32)
        .map(|number| {
            let hours = i64::from(number * 37 % 100);
            news("issue.created", "jane/flowers", issue(number, "OPEN", hours), 0)
        })
        .collect();
    let digest = collected(&all, at(1));
    let oldest = digest.datasets[0].open_issues();
    assert_eq!(
        oldest.iter().take(3).map(|issue| issue.since).collect::<Vec<_>>(),
        [99, 98, 97].map(|h| at(-3_600 * h))
    );
    let said = sent(&digest, &[], FallbackLevel::Whole).to_string();
    assert!(said.contains("and more than 17 more open issues"), "{said}");
}

#[test]
fn a_digest_stays_small_whatever_goes_in() {
    let long = "é".repeat(5_000);
    let mut digest = collected(&a_day(), at(1));
    for number in 0..2_000_u32 {
        let issue = Issue {
            uuid: Some(format!("{number}{long}")),
            status: Some("OPEN".to_owned()),
            description: Some(long.clone()),
            updated_by: Some(format!("{number}{long}")),
            ..Issue::default()
        };
        let dataset = format!("jane/{}", number % 500);
        digest.add(&delivery(&["UASKED"]), &news("issue.created", &dataset, Object::Issue(Box::new(issue)), 0), at(1));
        digest.add(&delivery(&[]), &news("label.labeled", &dataset, label(&format!("{number}{long}")), 0), at(1));
        digest.add(&delivery(&[]), &news(&format!("moon.{number}"), "jane/flowers", Object::Unknown, 0), at(1));
    }
    let size = serde_json::to_vec(&digest).unwrap().len();
    assert!(size < 3_000_000, "{size} bytes");
    assert_eq!(digest.count, a_day().len() as u64 + 6_000);
    let said = sent(&digest, &[], FallbackLevel::Whole);
    assert!(said["text"].as_str().unwrap().contains("more than 297 more datasets"), "{}", said["text"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_a_digest(
        texts in prop::collection::vec(crate::hostile_cards::hostile(), 24),
        numbers in prop::collection::vec(any::<u64>(), 6),
        closed in any::<bool>(),
    ) {
        let names = ["<!here>/`*_é&|>", "jane/flowers", "a/\u{202e}b", "x/<https://a.b|c>"];
        let all: Vec<News> = texts.windows(4).zip(0..).map(|(text, place)| {
            let given = |place: usize| text[place].clone();
            let (name, object) = match place % 5_u8 {
                0 => ("sample.created".to_owned(), Object::Sample(Box::new(Sample { name: given(0), created_by: given(1), ..Sample::default() }))),
                1 => ("label.labeled".to_owned(), Object::Label(Box::new(Label { updated_by: given(2), ..Label::default() }))),
                2 => ("label.reviewed".to_owned(), Object::Label(Box::new(Label { reviewed_by: given(2), status: given(1), ..Label::default() }))),
                3 => ("issue.created".to_owned(), Object::Issue(Box::new(Issue {
                    uuid: given(0), description: given(1), sample_name: given(2), sample_uuid: given(3), ..Issue::default()
                }))),
                _ => (given(3).unwrap_or_default(), Object::Unknown),
            };
            news(&name, names[usize::from(place) % names.len()], object, place.into())
        }).collect();
        let stats: Vec<(String, u64)> = texts.iter().flatten().cloned().zip(numbers).collect();
        let stats: Vec<(&str, u64)> = stats.iter().map(|(name, number)| (name.as_str(), *number)).collect();
        let mut digest = collected(&all, at(5_000));
        if closed {
            digest = digest.closed();
        }
        prop_assert_eq!(digest.count, all.len() as u64);
        for rung in [FallbackLevel::Whole, FallbackLevel::WithoutImages, FallbackLevel::TextOnly] {
            sent(&digest, &states(&names, &stats), rung);
        }
    }
}
