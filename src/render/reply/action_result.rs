//! What came of a button that changes something at Segments.ai.

use super::format::{count, time};
use super::layout::{button, buttons, plain, say};
use crate::render::Message;
use crate::render::action_buttons::label_button;
use crate::segments::acted::{Acted, Found};
use crate::segments::api::{ErrorKind, IssueStatus, LabelStatus, Said, SegmentsError};
use crate::slack::interaction::{Act, Action, What};

/// Room for what Segments.ai says, and for a name.
const SAID: usize = 300;
/// What is said of a key that does not do.
const OTHER_KEY: &str = "An admin can give another key with `/segments connect`, or whoever runs this app in \
     `SEGMENTS_API_KEY`.";

/// Says what came of it; `again` does it to the object as it is now.
pub fn action_result(acted: &Acted, again: &Act) -> Message {
    let words = Words::of(&again.what);
    match acted {
        Acted::Done(found) => {
            let name = found.updated_by.as_deref().map(|name| format!(", as {}", plain(name, SAID)));
            let name = name.unwrap_or_default();
            say(format!("{} The {} is {} in Segments.ai{name}. {}", words.emoji, words.noun, words.done, words.then))
        }
        Acted::Already(found) => {
            say(format!("The {} is {} already{}. Nothing was changed.", words.noun, words.done, touched(found)))
        }
        Acted::Moved(found) => moved(found, again, &words),
        Acted::Refused(error) => say(refused(error, words.verb, words.noun)),
        Acted::Unclear => say(format!(
            "Segments.ai did not say whether it has {} the {}, and does not show it. If it has, that shows \
             here in a moment. Look in Segments.ai before you try again.",
            words.did, words.noun
        )),
    }
}

/// Says that an object is not what was shown, and offers to do it all the same.
fn moved(found: &Found, again: &Act, words: &Words) -> Message {
    let replies = (found.replies > 0).then(|| format!(" with {}", replies(found.replies)));
    let is = match found.status.as_deref() {
        Some(status) => format!("It is {} now{}", standing(status), replies.unwrap_or_default()),
        None => "How it is now is not known".to_owned(),
    };
    let mut said = say(format!(
        "The {} changed since this message showed it, so nothing was written. {is}{}. Look at it first.",
        words.noun,
        touched(found)
    ));
    let before = match again.what {
        What::Issue { status: IssueStatus::Closed, .. } => Some(IssueStatus::Open),
        What::Issue { status: IssueStatus::Open, .. } => Some(IssueStatus::Closed),
        What::Label { .. } => None,
    };
    if before.is_none_or(|before| found.is(before.as_str())) {
        let again = Act { shown: found.updated_at, ..again.clone() };
        said.blocks.extend(buttons([match again.what {
            What::Issue { .. } => button(words.anyway, &Action::Act(again)),
            What::Label { status, .. } => label_button(again, words.anyway, status),
        }]));
    }
    said
}

/// The status of an issue or a label, as people say it.
fn standing(status: &str) -> String {
    match status {
        "CLOSED" => "resolved".to_owned(),
        other => plain(&other.to_lowercase().replace('_', " "), SAID),
    }
}

fn replies(number: u32) -> String {
    if number == 1 { "1 reply".to_owned() } else { format!("{number} replies") }
}

/// ", last changed by jane 5 minutes ago", as far as that is known.
fn touched(found: &Found) -> String {
    let who = found.updated_by.as_deref().map(|name| format!(" by {}", plain(name, SAID)));
    let when = found.updated_at.map(|at| format!(" {}", time(at)));
    if who.is_none() && when.is_none() {
        return String::new();
    }
    format!(", last changed{}{}", who.unwrap_or_default(), when.unwrap_or_default())
}

/// Says why it was not done, and what helps.
pub(super) fn refused(error: &SegmentsError, verb: &str, noun: &str) -> String {
    let (why, help) = why(error, verb, noun);
    format!("{why} Nothing was changed. {help}")
}

/// Why it was not done, and what helps.
pub(super) fn why(error: &SegmentsError, verb: &str, noun: &str) -> (String, &'static str) {
    let said = |said: &Said| {
        said.words().map(|words| format!(": “{}”", plain(words.trim_end_matches('.'), SAID))).unwrap_or_default()
    };
    match error {
        SegmentsError::Throttled { retry_after } => {
            let seconds = count(usize::try_from(retry_after.as_secs().max(1)).unwrap_or(usize::MAX), "second");
            (format!("Segments.ai takes no more calls for {seconds}."), "Try again then.")
        }
        SegmentsError::Unauthorized => {
            ("Segments.ai does not accept the API key of this account (any more).".to_owned(), OTHER_KEY)
        }
        SegmentsError::Forbidden { said: why } => (
            format!("The owner of this account's API key may not {verb} this {noun} in Segments.ai{}.", said(why)),
            "It takes a right in the dataset's settings, and a plan that has it. Ask the dataset's owner, or do it in \
             Segments.ai.",
        ),
        SegmentsError::NotFound => (
            format!("Segments.ai does not find this {noun}, or the API key has no access to it."),
            "It may have been deleted, or moved out of the key owner's sight. Look for it in Segments.ai; an admin can give \
             another key with `/segments connect`.",
        ),
        SegmentsError::Rejected { said: why } => {
            (format!("Segments.ai does not take this{}.", said(why)), "Look at it in Segments.ai.")
        }
        SegmentsError::Unavailable(trouble) | SegmentsError::Unclear(trouble) => {
            (format!("Segments.ai cannot be asked right now: {}.", in_words(*trouble)), "Try again in a minute.")
        }
    }
}

fn in_words(trouble: ErrorKind) -> String {
    match trouble {
        ErrorKind::Unreachable => "it could not be reached".to_owned(),
        ErrorKind::TimedOut => "it did not answer in time".to_owned(),
        ErrorKind::Cut => "the connection broke".to_owned(),
        ErrorKind::Status(status) => format!("it answered with an error of its own ({status})"),
        ErrorKind::TooLong | ErrorKind::Unreadable => "its answer cannot be read".to_owned(),
    }
}

/// The words for one kind of change.
struct Words {
    emoji: &'static str,
    noun: &'static str,
    verb: &'static str,
    done: &'static str,
    did: &'static str,
    then: &'static str,
    anyway: &'static str,
}

impl Words {
    fn of(what: &What) -> Self {
        let (emoji, verb, done, did, anyway) = match what {
            What::Issue { status: IssueStatus::Closed, .. } => {
                ("🟢", "resolve", "resolved", "resolved", "Resolve it as it is now")
            }
            What::Issue { status: IssueStatus::Open, .. } => {
                ("🔴", "reopen", "open again", "reopened", "Reopen it as it is now")
            }
            What::Label { status: LabelStatus::Reviewed, .. } => {
                ("✅", "approve", "approved", "approved", "Approve it as it is now")
            }
            What::Label { status: LabelStatus::Rejected, .. } => {
                ("❌", "reject", "rejected", "rejected", "Reject it as it is now")
            }
        };
        let (noun, then) = match what {
            What::Issue { .. } => ("issue", "Its card changes, and its thread says so."),
            What::Label { .. } => ("label", "A reply to this message says so."),
        };
        Self { emoji, noun, verb, done, did, then, anyway }
    }
}

/// Nothing is known of the object of a button.
pub fn unknown_object() -> Message {
    say("I know nothing of this any more, so nothing was changed. Open it in Segments.ai.")
}

/// There is no key to do it with.
pub fn no_api_key() -> Message {
    say(format!("There is no API key (any more) to do this with. Nothing was changed. {OTHER_KEY}"))
}

/// Somebody is just changing the same object.
pub fn action_in_progress() -> Message {
    say("Somebody clicked on this a moment ago, and it is being done. Look again in a minute.")
}
