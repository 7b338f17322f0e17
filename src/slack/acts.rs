//! The forms that change something at Segments.ai, as Slack sends them back: what they are about, and what was filled in.

use super::interaction::Ask;
use super::view::View;
use crate::model::object::{Issue, Sample};
use crate::model::{ChannelId, DatasetName, MessageTs, UserId};
use crate::segments::api::{Queue, SampleId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The `callback_id` of all of them.
pub const CALLBACK: &str = "act";
/// What is written has at most so many characters.
pub const LONGEST_TEXT: usize = 2_000;
/// Names that travel are shortened to so many.
const LONGEST_NAME: usize = 150;
/// The words of an issue that travel are shortened to so many.
const LONGEST_QUOTE: usize = 100;

/// The ids of the inputs, each in a block of its own.
pub mod block {
    /// Who gets a sample.
    pub const PERSON: &str = "person";
    /// In which queue.
    pub const QUEUE: &str = "queue";
    /// What is wrong.
    pub const TEXT: &str = "text";
}

/// The queues, as they can be chosen.
pub mod queue {
    /// Of labelers.
    pub const LABELING: &str = "labeling";
    /// Of reviewers.
    pub const REVIEWING: &str = "reviewing";
}

/// What a form is about, as it travels in its `private_metadata`, behind a seal: nothing of it gives a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What was asked for.
    pub ask: Ask,
    /// The sample that it is about.
    pub sample: SampleId,
    /// The sample's name, shortened.
    pub name: Option<String>,
    /// Where the sample is.
    pub dataset: Option<DatasetName>,
    /// Whose labeling queue it was in.
    pub labeler: Option<String>,
    /// Whose reviewing queue it was in.
    pub reviewer: Option<String>,
    /// The first words of the issue that is replied to.
    pub quoted: Option<String>,
    /// The channel of the message that it was opened from.
    pub channel: ChannelId,
    /// That message.
    pub message: MessageTs,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// What somebody filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// Who is to get a sample.
    pub person: Option<UserId>,
    /// In which queue.
    pub queue: Option<Queue>,
    /// What is wrong, without white space around it.
    pub text: String,
}

impl Sheet {
    /// What travels.
    pub fn metadata(&self, seal: impl FnOnce(&str) -> String) -> String {
        let words = serde_json::to_string(self).expect("a sheet can be written");
        format!("{} {words}", seal(&words))
    }

    /// Reads what came back, if the seal on it is ours.
    pub fn read(metadata: &str, sealed: impl FnOnce(&str, &str) -> bool) -> Option<Self> {
        let (seal, words) = metadata.split_once(' ')?;
        if sealed(words, seal) { serde_json::from_str(words).ok() } else { None }
    }

    /// The same, with the sample as it is now.
    #[must_use]
    pub fn at(&self, sample: &Sample) -> Self {
        Self {
            name: short(sample.name.as_ref(), LONGEST_NAME),
            labeler: short(sample.assigned_labeler.as_ref(), LONGEST_NAME),
            reviewer: short(sample.assigned_reviewer.as_ref(), LONGEST_NAME),
            ..self.clone()
        }
    }

    /// The same, about a reply to this issue.
    #[must_use]
    pub fn about(&self, issue: &Issue) -> Self {
        Self {
            name: short(issue.sample_name.as_ref(), LONGEST_NAME),
            quoted: short(issue.description.as_ref(), LONGEST_QUOTE),
            ..self.clone()
        }
    }

    /// Whose queue of these the sample was in.
    pub fn holder(&self, queue: Queue) -> Option<&str> {
        match queue {
            Queue::Labeling => self.labeler.as_deref(),
            Queue::Reviewing => self.reviewer.as_deref(),
        }
    }
}

impl Filled {
    /// Reads what was filled in.
    pub fn read(view: &View) -> Self {
        let queue = match view.chosen(block::QUEUE) {
            Some(queue::LABELING) => Some(Queue::Labeling),
            Some(queue::REVIEWING) => Some(Queue::Reviewing),
            _ => None,
        };
        let text = view.text(block::TEXT).unwrap_or_default();
        let text: String = text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect();
        Self { person: view.user(block::PERSON), queue, text: text.trim().to_owned() }
    }
}

/// The beginning of a text.
fn short(text: Option<&String>, longest: usize) -> Option<String> {
    text.map(|text| text.chars().take(longest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::interaction::Action;
    use serde_json::json;

    const ID: &str = "5e60a1ab-0000-4000-8000-000000000001";

    fn sheet(value: &str) -> Sheet {
        let Action::Ask(ask) = Action::parse("more", value) else { panic!("{value} asks for a form") };
        Sheet {
            ask,
            sample: SampleId::parse(ID).unwrap(),
            name: Some("\"".repeat(150)),
            dataset: DatasetName::parse(&format!("j/{}", "x".repeat(510))),
            labeler: Some("\\".repeat(150)),
            reviewer: Some("ö".repeat(150)),
            quoted: Some("\"".repeat(100)),
            channel: ChannelId::parse("C0123456789").unwrap(),
            message: MessageTs::parse("1732406400.000100").unwrap(),
            opened_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_sheet_comes_back_as_it_went_and_not_under_another_seal() {
        let dataset = format!("j/{}", "x".repeat(510));
        for value in [
            format!("assign sample {ID}"),
            format!("report label {ID} ground truth"),
            format!("reply issue {ID} {dataset}"),
        ] {
            let sheet = sheet(&value);
            let metadata = sheet.metadata(|words| format!("{:064}", words.len()));
            assert!(metadata.chars().count() <= 3_000, "{}", metadata.chars().count());
            let is_ours = |words: &str, seal: &str| seal == format!("{:064}", words.len());
            assert_eq!(Sheet::read(&metadata, is_ours), Some(sheet));
            assert_eq!(Sheet::read(&metadata, |_, _| false), None);
        }
        assert_eq!(Sheet::read("rubbish", |_, _| true), None);
    }

    #[test]
    fn what_is_filled_in_is_read_without_what_nobody_can_see() {
        let view = json!({"state": {"values": {
            block::PERSON: {"a": {"type": "users_select", "selected_user": "U2"}},
            block::QUEUE: {"a": {"type": "radio_buttons", "selected_option": {"value": "reviewing"}}},
            block::TEXT: {"a": {"value": " The leaf\u{0} has\nno label. \n"}},
        }}});
        let filled = Filled::read(&serde_json::from_value(view).unwrap());
        assert_eq!((filled.person.unwrap().as_str(), filled.queue), ("U2", Some(Queue::Reviewing)));
        assert_eq!(filled.text, "The leaf has\nno label.");
        assert_eq!(Filled::read(&View::default()), Filled::default());
    }
}
