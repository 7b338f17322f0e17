//! Every sample payload, and what is understood of it.

use jiff::Timestamp;
use segments_slack::model::object::Object;
use segments_slack::model::{Derived, Event, ObjectState};
use segments_slack::routing::derive;
use segments_slack::segments::{Decoded, decode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// A line a fixture: its name, the type as sent, the dataset, what is derived with nothing stored, the object's facts.
const UNDERSTOOD: &str = include_str!("../fixtures/understood.txt");

fn understood() -> impl Iterator<Item = [&'static str; 5]> {
    UNDERSTOOD.lines().map(|line| line.splitn(5, " | ").collect::<Vec<_>>().try_into().expect("five columns"))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads")
}

fn payload(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.json"))).unwrap()
}

fn event(body: &[u8]) -> Event {
    match decode(body, Timestamp::UNIX_EPOCH) {
        Ok(Decoded::Event(event)) => *event,
        other => panic!("{other:?}"),
    }
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn length(text: Option<&String>) -> String {
    or_dash(text.map(|text| text.chars().count()))
}

fn facts(object: &Object) -> String {
    let by = or_dash(object.actor());
    match object {
        Object::Dataset(dataset) => format!(
            "dataset {} {} of {}, archived={} by {by}",
            or_dash(dataset.task_type.as_ref()),
            or_dash(dataset.progress().map(|(done, total)| format!("{done}/{total}"))),
            or_dash(dataset.samples_count),
            or_dash(dataset.archived),
        ),
        Object::Sample(sample) => format!(
            "sample {} ({}) {}frames={} labeler={} reviewer={} priority={} label={} issues={} by {by}",
            sample.name.as_deref().unwrap_or("-").chars().take(32).collect::<String>(),
            length(sample.name.as_ref()),
            if sample.image_url.is_some() { "image " } else { "" },
            or_dash(sample.frames),
            or_dash(sample.assigned_labeler.as_ref()),
            or_dash(sample.assigned_reviewer.as_ref()),
            or_dash(sample.priority),
            or_dash(sample.label_status.as_ref()),
            or_dash(sample.issues),
        ),
        Object::Label(label) => format!(
            "label of {} {} in {}, {} score={} rating={} by {by}",
            or_dash(label.sample_name.as_ref()),
            or_dash(label.status.as_ref()),
            or_dash(label.labelset.as_ref()),
            or_dash(label.label_type.as_ref()),
            or_dash(label.score),
            or_dash(label.rating),
        ),
        Object::Issue(issue) => format!(
            "issue on {} {} description={} comments={} kept={:?} tags={:?} anchor={} by {by}",
            or_dash(issue.sample_name.as_ref()),
            or_dash(issue.status.as_ref()),
            length(issue.description.as_ref()),
            issue.comments_count,
            issue.recent_comments.iter().map(|comment| comment.text.chars().count()).collect::<Vec<_>>(),
            issue.tags,
            or_dash(issue.anchor.as_ref().map(|anchor| format!(
                "[{},{},{},{},{:?}]",
                or_dash(anchor.sensor.as_ref()),
                or_dash(anchor.frame),
                or_dash(anchor.track),
                or_dash(anchor.track_attribute.as_ref()),
                anchor.location,
            ))),
        ),
        Object::Release(release) => format!(
            "release {} {} of {}",
            or_dash(release.name.as_ref()),
            or_dash(release.status.as_ref()),
            or_dash(release.samples_count),
        ),
        Object::Unknown => "unknown".to_owned(),
    }
}

/// Derives one payload after another, keeping the state of their one object.
fn story(payloads: &[&str]) -> Vec<(Option<Derived>, u32, Vec<String>)> {
    let mut state: Option<ObjectState> = None;
    let mut tell = |name: &&str| {
        let (news, next) = derive(event(&payload(name)), state.as_ref(), None);
        state = next.or(state.take());
        let changes = news.changes.iter().map(|c| format!("{}: {} → {}", c.field, c.before, c.after)).collect();
        (news.derived, news.new_comments, changes)
    };
    payloads.iter().map(&mut tell).collect()
}

#[test]
fn every_payload_is_understood() {
    for [name, event_type, dataset, derived, expected] in understood() {
        let body = payload(name);
        let sent: Value = serde_json::from_slice(&body).unwrap();
        let event = event(&body);
        assert_eq!(event.event_type.as_str(), event_type, "{name}");
        assert_eq!(or_dash(event.dataset.as_ref()), dataset, "{name}");
        assert_eq!(facts(&event.object), expected, "{name}");
        assert_eq!(event.text.as_deref(), sent["text"].as_str(), "{name}");
        assert_eq!(event.created_at, sent["created_at"].as_str().unwrap().parse().unwrap(), "{name}");
        let (news, _) = derive(event, None, None);
        assert_eq!(or_dash(news.derived), derived, "{name}");
    }
}

#[test]
fn every_payload_in_the_folder_is_in_the_table() {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<_> = files.map(|file| file.trim_end_matches(".json").to_owned()).collect();
    let tested = understood().map(|[name, ..]| name).chain(["envelope.portal-test-message"]);
    assert_eq!(names, tested.map(str::to_owned).collect());
}

#[test]
fn a_test_message_from_the_portal_is_no_event() {
    let decoded = decode(&payload("envelope.portal-test-message"), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(decoded, Decoded::NotAnEvent);
}

#[test]
fn the_history_of_an_issue_is_told_in_order() {
    let told =
        story(&["issue.created.basic", "issue.updated.reply", "issue.updated.resolved", "issue.updated.reopened"]);
    let told: Vec<_> = told.into_iter().map(|(derived, comments, _)| (or_dash(derived), comments)).collect();
    let expected = [("-", 0), ("issue.replied", 1), ("issue.closed", 1), ("issue.reopened", 0)];
    assert_eq!(told, expected.map(|(derived, comments)| (derived.to_owned(), comments)));
}

#[test]
fn a_reply_that_comes_after_its_issue_was_closed_is_not_told() {
    let told = story(&["issue.updated.resolved", "issue.updated.reply", "issue.updated.reopened"]);
    let told: Vec<_> = told.into_iter().map(|(derived, ..)| or_dash(derived)).collect();
    assert_eq!(told, ["issue.closed", "-", "issue.reopened"]);
}

#[test]
fn a_sample_that_was_seen_is_assigned() {
    let told = story(&["sample.created.image", "sample.updated.assigned-reviewer"]);
    assert_eq!(told[1].0, Some(Derived::SampleAssigned));
}

#[test]
fn an_updated_dataset_says_what_changed() {
    let told = story(&["dataset.created.basic", "dataset.updated.archived"]);
    assert_eq!(told[1], (None, 0, vec!["archived: false → true".to_owned(), "samples_count: 0 → 94".to_owned()]));
}

#[test]
fn any_field_may_hold_anything() {
    let anything = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!("\u{202e}\0"),
        json!("1"),
        json!("2026-11-20T09:14:27Z"),
        json!([]),
        json!([null, 1, "a", [], {}]),
        json!({}),
        json!({"name": 1, "frames": {}, "sensors": [1, {}, {"attributes": []}], "image": {"url": 1}, "x": "y"}),
    ];
    for [name, event_type, ..] in understood() {
        let mut sent: Value = serde_json::from_slice(&payload(name)).unwrap();
        // Its half a megabyte is skipped; once is enough to show that.
        if let Some(object) = sent["object"].as_object_mut().filter(|_| name.starts_with("label")) {
            object.remove("attributes");
        }
        let places = ["/created_at", "/dataset", "/object", "/text"].map(str::to_owned);
        let inside = sent["object"].as_object().into_iter().flat_map(|object| object.keys());
        for place in inside.map(|key| format!("/object/{key}")).chain(places).collect::<Vec<_>>() {
            for value in &anything {
                let mut sent = sent.clone();
                let Some(field) = sent.pointer_mut(&place) else { continue };
                *field = value.clone();
                let event = event(&serde_json::to_vec(&sent).unwrap());
                assert_eq!(event.event_type.as_str(), event_type, "{name} {place} {value}");
                let (news, state) = derive(event, None, None);
                derive(news.event, state.as_ref(), state.as_ref());
            }
        }
    }
}

#[test]
fn what_no_json_value_can_hold_is_tolerated_where_it_stands() {
    let body = br#"{"event_type":"sample.created","event_type":"issue.created","dataset":"jane/flowers","\ud800":1,
        "object":{"uuid":1,"uuid":"i","description":"a \ud83d","status":1e999,"comments":[1e999,{"text":"b"}],
        "anchor":{"frame":1e400,"track":99999999999999999999999}}}"#;
    let event = event(body);
    assert_eq!(event.object_key().unwrap().as_str(), "issue:i");
    let Object::Issue(issue) = event.object else { panic!("no issue") };
    assert!(issue.description.unwrap().starts_with("a \u{FFFD}"));
    assert_eq!((issue.comments_count, issue.status, issue.anchor), (2, None, None));
}
