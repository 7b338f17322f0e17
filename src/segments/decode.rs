//! From a signed body to an event: whatever the sender adds, leaves out or changes the type of.

use super::lenient::{MAX_NAME_LENGTH, cut, each_entry, string, text, time};
use super::objects::{dataset_name, dataset_of, object};
use crate::model::object::DatasetName;
use crate::model::{Event, EventType, Object};
use jiff::Timestamp;
use serde::de::IgnoredAny;

/// The longest summary kept, in characters.
const MAX_SUMMARY_LENGTH: usize = 1_000;
/// Deeper JSON than this is refused; that of Segments.ai stays below 20.
pub(super) const MAX_JSON_DEPTH: usize = 128;

/// What a correctly signed body holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// An event.
    Event(Box<Event>),
    /// JSON that is no event, such as a test message from the webhook portal.
    NotAnEvent,
}

/// A body that is not JSON.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It does not parse.
    #[error("the body is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is not text.
    #[error("the body is not UTF-8")]
    NotText(#[from] std::str::Utf8Error),
    /// It is nested too deeply to be anything that is meant.
    #[error("the body is nested more than {MAX_JSON_DEPTH} levels deep")]
    TooDeep,
}

/// Decodes a body. Time is linear in its bytes and a label's attributes are never built in memory.
///
/// Everything kept is bounded: an event has at most some 50,000 characters, nearly always under a thousand.
pub fn decode(body: &[u8], received_at: Timestamp) -> Result<Decoded, DecodeError> {
    let body = std::str::from_utf8(body)?;
    if nests_deeper_than(body, MAX_JSON_DEPTH) {
        return Err(DecodeError::TooDeep);
    }
    let [mut event_type, mut created_at, mut dataset, mut subject, mut summary] = [None; 5];
    let read = each_entry(body, |key, value| match key {
        "event_type" => event_type = Some(value),
        "created_at" => created_at = Some(value),
        "dataset" => dataset = Some(value),
        "object" => subject = Some(value),
        "text" => summary = Some(value),
        _ => {}
    });
    if read.is_err() {
        // A list, a number or such is JSON as well.
        serde_json::from_str::<IgnoredAny>(body).map_err(DecodeError::NotJson)?;
        return Ok(Decoded::NotAnEvent);
    }
    let Some(event_type) = event_type.and_then(string).filter(|event_type| !event_type.is_empty()) else {
        return Ok(Decoded::NotAnEvent);
    };
    let event_type = EventType::parse(&event_type);
    let mut object = subject.map_or(Object::Unknown, |subject| object(event_type.noun(), subject));
    if let Object::Label(label) = &mut object {
        label.sample_name = summary.and_then(string).as_deref().and_then(sample_of_label);
    }
    Ok(Decoded::Event(Box::new(Event {
        created_at: time(created_at).unwrap_or(received_at),
        dataset: dataset_name(dataset).or_else(|| dataset_of(subject?)),
        text: text(summary, MAX_SUMMARY_LENGTH),
        object,
        event_type,
    })))
}

/// Whether brackets are nested deeper than so much, those in strings not counted.
pub(super) fn nests_deeper_than(json: &str, limit: usize) -> bool {
    if json.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() <= limit {
        return false;
    }
    let mut depth = 0_usize;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' if depth == limit => return true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
    }
    false
}

/// The sample's name in `Label of sample rose.png updated in dataset jane/flowers.`; the object itself has only its id.
fn sample_of_label(summary: &str) -> Option<String> {
    let (sample, dataset) = summary.strip_prefix("Label of sample ")?.strip_suffix('.')?.rsplit_once(" in dataset ")?;
    DatasetName::parse(dataset)?;
    let (sample, verb) = sample.rsplit_once(' ')?;
    let known = matches!(verb, "created" | "updated" | "deleted") && !sample.is_empty();
    known.then(|| cut(sample, MAX_NAME_LENGTH).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::Label;
    use proptest::prelude::*;

    fn event(body: &str) -> Event {
        match decode(body.as_bytes(), Timestamp::UNIX_EPOCH) {
            Ok(Decoded::Event(event)) => *event,
            other => panic!("{other:?}"),
        }
    }

    fn label(body: &str) -> Label {
        match event(body).object {
            Object::Label(label) => *label,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_without_an_event_type_is_not_an_event() {
        for body in ["{}", "[]", "1", "1e999", "null", r#""x""#, r#"{"event_type":7}"#, r#"{"event_type":""}"#] {
            assert_eq!(decode(body.as_bytes(), Timestamp::UNIX_EPOCH).unwrap(), Decoded::NotAnEvent, "{body}");
        }
    }

    #[test]
    fn bytes_that_are_not_json_are_refused() {
        for body in ["", " ", "{", "{}x", "[1,]", "event_type=a", "\u{feff}{}", r#"{"event_type":"a","object":{]}}"#] {
            assert!(decode(body.as_bytes(), Timestamp::UNIX_EPOCH).is_err(), "{body}");
        }
        assert!(matches!(decode(b"\"\xff\"", Timestamp::UNIX_EPOCH), Err(DecodeError::NotText(_))));
    }

    #[test]
    fn deeply_nested_json_is_refused_but_brackets_in_text_count_not() {
        let deep = format!(r#"{{"event_type":"label.updated","object":{}"#, "[".repeat(1_000_000));
        assert!(matches!(decode(deep.as_bytes(), Timestamp::UNIX_EPOCH), Err(DecodeError::TooDeep)));
        let depth = |depth: usize| format!(r#"{{"event_type":"a","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(decode(depth(127).as_bytes(), Timestamp::UNIX_EPOCH).is_ok());
        assert!(decode(depth(128).as_bytes(), Timestamp::UNIX_EPOCH).is_err());
        let text = format!(r#"{{"event_type":"a","text":"\"{}"}}"#, "[".repeat(900));
        assert_eq!(event(&text).text.map(|text| text.len()), Some(901));
    }

    #[test]
    fn an_unknown_verb_keeps_the_object_that_its_noun_names() {
        let label = label(r#"{"event_type":"label.created","object":{"label_status":"LABELED"}}"#);
        assert_eq!(label.status.as_deref(), Some("LABELED"));
    }

    #[test]
    fn an_object_before_its_type_is_read_all_the_same() {
        let label = label(r#"{"object":{"labelset":"a"},"text":"x","event_type":"label.updated"}"#);
        assert_eq!((label.labelset.as_deref(), label.sample_name), (Some("a"), None));
    }

    #[test]
    fn an_event_without_a_time_happened_when_it_came() {
        for created_at in ["", r#","created_at":null"#, r#","created_at":"yesterday""#, r#","created_at":5"#] {
            assert_eq!(event(&format!(r#"{{"event_type":"a"{created_at}}}"#)).created_at, Timestamp::UNIX_EPOCH);
        }
    }

    #[test]
    fn a_sample_name_with_summary_words_in_it_is_read_whole() {
        let text = "Label of sample a in dataset b/c updated in dataset jane/flowers.";
        assert_eq!(sample_of_label(text).as_deref(), Some("a in dataset b/c"));
        for other in ["Label of rose.png updated.", "Label of sample x renamed in dataset jane/flowers.", ""] {
            assert_eq!(sample_of_label(other), None, "{other}");
        }
    }

    #[test]
    fn of_many_long_things_a_bounded_rest_is_kept() {
        let comment = format!(r#"{{"text":"{}"}}"#, "é".repeat(2_000));
        let comments = vec![comment; 50].join(",");
        let tags = vec![r#""t""#; 50].join(",");
        let body = format!(
            r#"{{"event_type":"issue.updated","object":{{"description":"{}","comments":[{comments}],"tags":[{tags}]}}}}"#,
            "x".repeat(9_000)
        );
        let Object::Issue(issue) = event(&body).object else { panic!("no issue") };
        assert_eq!((issue.comments_count, issue.recent_comments.len(), issue.tags.len()), (50, 10, 20));
        assert_eq!(issue.description.map(|text| text.chars().count()), Some(4_000));
        assert!(issue.recent_comments.iter().all(|comment| comment.text.chars().count() == 1_000));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(body: Vec<u8>) {
            let _ = decode(&body, Timestamp::UNIX_EPOCH);
        }

        #[test]
        fn any_text_that_looks_like_an_event_is_decoded_or_refused(
            body in r#"\{"event_type":"(issue|sample)\.updated","object":[\[\]{}",:a\\ud83 0-9e-]{0,40}\}"#,
        ) {
            let _ = decode(body.as_bytes(), Timestamp::UNIX_EPOCH);
        }
    }
}
