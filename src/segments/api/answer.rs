//! An answer of Segments.ai: received within limits, and sorted into consent, refusal and trouble.

use super::error::{ErrorKind, Said, SegmentsError};
use super::sieve::Sieve;
use crate::segments::decode::{MAX_JSON_DEPTH, nests_deeper_than};
use crate::segments::lenient::{cut, each_element, each_entry, field, string};
use http::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::time::Duration;

/// No more of an answer is kept: a long list of issues, or a sample of a sequence.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// No more of an answer is read where something is left out of it: a label of a point cloud sequence has a number for
/// each point.
const LONGEST_SIEVED: usize = 256 * 1024 * 1024;
/// Of a refusal, so much is read.
const LONGEST_REFUSAL: usize = 64 * 1024;
/// The longest line that Segments.ai can make people read, in characters.
const MAX_REASON_LENGTH: usize = 300;
/// So many fields of a refused object are named.
const MAX_REFUSED_FIELDS: usize = 5;
/// When Segments.ai throttles without saying for how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// No honest limit lasts longer.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What a call may leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerKind {
    /// Nothing.
    Read,
    /// A change.
    Write,
}

impl AnswerKind {
    /// What trouble means that came after the call was sent.
    pub(super) fn after_sending(self, trouble: ErrorKind) -> SegmentsError {
        match self {
            Self::Read => SegmentsError::Unavailable(trouble),
            Self::Write => SegmentsError::Unclear(trouble),
        }
    }
}

/// An answer, whatever it says.
pub(super) struct AnswerBody {
    pub(super) status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl AnswerBody {
    /// Reads an answer up to its limit, without the value of the field that is to be left out of it.
    pub(super) async fn receive(
        mut response: reqwest::Response,
        left_out: Option<&'static str>,
    ) -> Result<Self, ErrorKind> {
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut sieve = left_out.filter(|_| status.is_success()).map(Sieve::new);
        let longest = match &sieve {
            Some(_) => LONGEST_SIEVED,
            None if status.is_success() => MAX_ANSWER_BYTES,
            None => LONGEST_REFUSAL,
        };
        let (mut body, mut read) = (Vec::new(), 0);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if read + chunk.len() <= longest && body.len() <= MAX_ANSWER_BYTES => {
                    read += chunk.len();
                    match &mut sieve {
                        Some(sieve) => sieve.take(&chunk, &mut body),
                        None => body.extend_from_slice(&chunk),
                    }
                }
                Ok(Some(_)) if status.is_success() => return Err(ErrorKind::TooLong),
                Err(_) if status.is_success() => return Err(ErrorKind::Cut),
                // Of a refusal the status says enough.
                Ok(_) | Err(_) => break,
            }
        }
        Ok(Self { status, retry_after: retry_after.map(Duration::from_secs), body })
    }

    /// The JSON of an answer that consents; else what it means. The key is taken out of what was said.
    pub(super) fn consent(self, kind: AnswerKind, key: &SecretString) -> Result<String, SegmentsError> {
        if self.status.is_success() {
            return self.json(kind);
        }
        let text = String::from_utf8_lossy(&self.body);
        let complaint = Complaint::read(&text);
        let general = complaint.general.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| general.contains(word));
        let said = || Said::new(line(&complaint.words(), key));
        let status = self.status.as_u16();
        Err(match status {
            429 => SegmentsError::Throttled { retry_after: wait(self.retry_after, &general) },
            401 => SegmentsError::Unauthorized,
            404 | 410 => SegmentsError::NotFound,
            402 | 403 | 400 if says(&NO_KEY) => SegmentsError::Unauthorized,
            402 | 403 => SegmentsError::Forbidden { said: said() },
            400 if says(&["throttled"]) => SegmentsError::Throttled { retry_after: wait(self.retry_after, &general) },
            400 if says(&NO_RIGHT) => SegmentsError::Forbidden { said: said() },
            400 if says(&["not found", "does not exist", "invalid page"]) => SegmentsError::NotFound,
            400..=499 if status != 408 => SegmentsError::Rejected { said: said() },
            // Neither of these has begun with the call.
            503 | 300..=399 => SegmentsError::Unavailable(ErrorKind::Status(status)),
            _ => kind.after_sending(ErrorKind::Status(status)),
        })
    }

    fn json(self, kind: AnswerKind) -> Result<String, SegmentsError> {
        let unreadable = || kind.after_sending(ErrorKind::Unreadable);
        let body = String::from_utf8(self.body).map_err(|_| unreadable())?;
        if nests_deeper_than(&body, MAX_JSON_DEPTH) || serde_json::from_str::<IgnoredAny>(&body).is_err() {
            return Err(unreadable());
        }
        let detail = field(&body, "detail").and_then(string).unwrap_or_default().to_lowercase();
        if detail.contains("throttled") {
            return Err(SegmentsError::Throttled { retry_after: wait(self.retry_after, &detail) });
        }
        Ok(body)
    }
}

/// How Django REST Framework says that a key is none, which some set-ups answer with 403.
const NO_KEY: [&str; 4] = [
    "authentication credentials were not provided",
    "incorrect authentication credentials",
    "invalid token",
    "invalid api key",
];
/// What Segments.ai says where a right or a plan is missing.
const NO_RIGHT: [&str; 5] = [
    "need to be an administrator",
    "do not have permission",
    "cannot leave the organization",
    "free trial ended",
    "exceeded user limit",
];

/// The time to wait: as the header says, else as the text says, which ends `Expected available in 17 second(s).`
fn wait(header: Option<Duration>, detail: &str) -> Duration {
    let told = || {
        let (_, rest) = detail.split_once("available in ")?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().map(Duration::from_secs)
    };
    header.or_else(told).unwrap_or(DEFAULT_WAIT).clamp(Duration::from_secs(1), LONGEST_WAIT)
}

/// What a refusal says, in any of the shapes that Segments.ai has used.
#[derive(Default)]
struct Complaint {
    /// `{"detail": "…"}`, `{"message": "…"}`, `["…"]`, or plain text.
    general: String,
    /// `{"field": ["…"]}`.
    fields: Vec<(String, String)>,
}

impl Complaint {
    fn read(body: &str) -> Self {
        let body = body.trim();
        let mut complaint = Self::default();
        let read = each_entry(body, |name, value| {
            let Some(words) = first_words(value) else { return };
            match name {
                "detail" | "message" | "non_field_errors" => complaint.general = words,
                _ if complaint.fields.len() < MAX_REFUSED_FIELDS => complaint.fields.push((name.to_owned(), words)),
                _ => {}
            }
        });
        // A page is for browsers, and half an object is for nobody.
        if read.is_err() && !body.starts_with(['<', '{']) {
            complaint.general = first_words(body).unwrap_or_else(|| body.to_owned());
        }
        complaint
    }

    fn words(&self) -> String {
        if self.fields.is_empty() {
            return self.general.clone();
        }
        let fields = self.fields.iter().map(|(name, words)| format!("{name}: {words}"));
        let general = Some(self.general.clone()).filter(|general| !general.is_empty());
        general.into_iter().chain(fields).collect::<Vec<_>>().join(" · ")
    }
}

/// A string, or the first of a list.
fn first_words(json: &str) -> Option<String> {
    let mut first = string(json);
    if first.is_none() {
        each_element(json, |element| first = first.take().or_else(|| string(element)));
    }
    first.map(Cow::into_owned)
}

/// One line without the key, and without what makes text look like another.
fn line(text: &str, key: &SecretString) -> String {
    let shown = |c: char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| shown(*c)).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let key = key.expose_secret();
    let line = if key.is_empty() { line } else { line.replace(key, "…") };
    cut(&line, MAX_REASON_LENGTH).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(status: u16, body: &str) -> SegmentsError {
        answered(status, None, body, AnswerKind::Read)
    }

    fn answered(status: u16, retry_after: Option<u64>, body: &str, kind: AnswerKind) -> SegmentsError {
        let retry_after = retry_after.map(Duration::from_secs);
        let answer = AnswerBody { status: StatusCode::from_u16(status).unwrap(), retry_after, body: body.into() };
        answer.consent(kind, &SecretString::from("k3y")).unwrap_err()
    }

    fn said(body: &str) -> String {
        let SegmentsError::Rejected { said } = refused(400, body) else { panic!("{body}") };
        said.words().unwrap_or("nothing").to_owned()
    }

    #[test]
    fn what_was_said_is_read_in_every_shape_and_shown_as_one_line() {
        for (body, line) in [
            (r#"{"detail":"Malformed request."}"#, "Malformed request."),
            (r#"{"message":"Too old"}"#, "Too old"),
            (r#"{"status":["\"X\" is not a valid choice."]}"#, "status: \"X\" is not a valid choice."),
            (r#"{"non_field_errors":["Both."],"a":"One.","b":[["deep"]]}"#, "Both. · a: One."),
            (r#"["Just this."]"#, "Just this."),
            ("plain\n  text\u{202e}\u{0}", "plain text"),
            ("<!DOCTYPE html><p>No", "nothing"),
            (r#"{"detail":"cut o"#, "nothing"),
            (r#"{"detail":"your key k3y is bad"}"#, "your key … is bad"),
            ("", "nothing"),
        ] {
            assert_eq!(said(body), line, "{body}");
        }
        assert_eq!(said(&"é".repeat(40_000)).chars().count(), MAX_REASON_LENGTH);
    }

    #[test]
    fn the_status_counts_first_and_the_words_second() {
        let detail = |text: &str| format!(r#"{{"detail":"{text}"}}"#);
        for (status, words, kind) in [
            (401, "Invalid token.", "unauthorized"),
            (403, "Authentication credentials were not provided.", "unauthorized"),
            (403, "You do not have permission to perform this action.", "forbidden"),
            (403, "Not found.", "forbidden"),
            (402, "Your free trial ended.", "forbidden"),
            (400, "You need to be an administrator.", "forbidden"),
            (400, "Dataset does not exist", "not_found"),
            (404, "You do not have permission", "not_found"),
            (400, "That name already exists.", "rejected"),
            (405, "Method \\\"GET\\\" not allowed.", "rejected"),
            (429, "", "throttled"),
            (500, "Not found.", "unavailable"),
            (301, "", "unavailable"),
        ] {
            assert_eq!(refused(status, &detail(words)).word(), kind, "{status} {words}");
        }
        // A field that names something unknown is the sender's mistake.
        assert_eq!(
            refused(400, r#"{"assigned_labeler":["Object with username=x does not exist."]}"#).word(),
            "rejected"
        );
    }

    #[test]
    fn a_write_is_unclear_where_it_may_have_been_done() {
        for (status, kind) in [(500, "unclear"), (502, "unclear"), (504, "unclear"), (408, "unclear")] {
            assert_eq!(answered(status, None, "", AnswerKind::Write).word(), kind, "{status}");
        }
        for status in [503, 301, 307] {
            assert_eq!(answered(status, None, "", AnswerKind::Write).word(), "unavailable", "{status}");
        }
        for body in ["", "<p>Fine", "{", "\u{0}"] {
            assert_eq!(
                answered(200, None, body, AnswerKind::Write),
                SegmentsError::Unclear(ErrorKind::Unreadable),
                "{body}"
            );
            assert_eq!(answered(200, None, body, AnswerKind::Read), SegmentsError::Unavailable(ErrorKind::Unreadable));
        }
    }

    #[test]
    fn the_wait_comes_from_the_header_then_the_text_then_a_default() {
        let told = r#"{"detail":"Request was throttled. Expected available in 17 seconds."}"#;
        for (status, header, body, seconds) in [
            (429, Some(3), told, 3),
            (429, None, told, 17),
            (200, None, told, 17),
            (429, None, "", 30),
            (429, None, r#"{"detail":"Request was throttled. Expected available in a while."}"#, 30),
            (429, Some(0), "", 1),
            (429, Some(u64::MAX), "", 3600),
        ] {
            let expected = SegmentsError::Throttled { retry_after: Duration::from_secs(seconds) };
            assert_eq!(answered(status, header, body, AnswerKind::Write), expected, "{status} {header:?} {body}");
        }
    }

    proptest! {
        #[test]
        fn any_refusal_is_sorted_and_says_one_short_line(
            status in 300_u16..600, body in r#"(\{"(detail|x)":)?[\[\]{}",:a\\ud83 \n0-9<]{0,60}"#,
        ) {
            let error = answered(status, None, &body, AnswerKind::Write);
            if let SegmentsError::Forbidden { said } | SegmentsError::Rejected { said } = error {
                let words = said.words().unwrap_or_default();
                prop_assert!(words.chars().count() <= MAX_REASON_LENGTH && !words.contains('\n'));
            }
        }
    }
}
