//! What a button on a card does at Segments.ai, printed into the button's value and parsed back.

use crate::model::{DatasetName, MessageTs, ObjectKey};
use crate::segments::api::{IssueId, IssueStatus, LabelStatus, Labelset, SampleId};
use jiff::Timestamp;

/// Something to be done to an object, as a message showed it. It carries ids, never rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What, and to what.
    pub what: What,
    /// When the object was touched last, as far as the message knew.
    pub shown: Option<Timestamp>,
    /// The message that it is done from, if that is not the one with the button.
    pub from: Option<MessageTs>,
}

/// What is done, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An issue is resolved or opened again.
    Issue {
        /// The issue.
        id: IssueId,
        /// Where it is.
        dataset: DatasetName,
        /// What it is to be.
        status: IssueStatus,
    },
    /// A label is accepted or rejected.
    Label {
        /// The sample that it is of.
        sample: SampleId,
        /// The set that it is in.
        set: Labelset,
        /// What it is to be.
        status: LabelStatus,
    },
}

impl Act {
    /// The `action_id` of its button.
    pub(super) const fn action_id(&self) -> &'static str {
        match self.what {
            What::Issue { status: IssueStatus::Closed, .. } => "resolve",
            What::Issue { status: IssueStatus::Open, .. } => "reopen",
            What::Label { status: LabelStatus::Reviewed, .. } => "approve",
            What::Label { status: LabelStatus::Rejected, .. } => "reject",
        }
    }

    /// The value of its button: what has spaces comes last.
    pub(super) fn value(&self) -> String {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let (shown, from) = (or_none(self.shown.map(|at| at.to_string())), self.from.as_ref());
        let from = or_none(from.map(ToString::to_string));
        match &self.what {
            What::Issue { id, dataset, .. } => format!("{id} {shown} {from} {dataset}"),
            What::Label { sample, set, .. } => format!("{sample} {shown} {from} {}", set.as_str()),
        }
    }

    /// Reads a button of one of these `action_id`s.
    pub(super) fn parse(action_id: &str, value: &str) -> Option<Self> {
        let mut words = value.splitn(4, ' ');
        let [id, shown, from, rest] = std::array::from_fn(|_| words.next());
        let (id, rest) = (id?, rest?);
        let shown = Some(shown?).filter(|word| *word != "-").map(str::parse).transpose().ok()?;
        let from = Some(from?).filter(|word| *word != "-").map(MessageTs::parse).transpose().ok()?;
        let issue = |status| Some(What::Issue { id: IssueId::parse(id)?, dataset: DatasetName::parse(rest)?, status });
        let label = |status| Some(What::Label { sample: SampleId::parse(id)?, set: Labelset::parse(rest)?, status });
        let what = match action_id {
            "resolve" => issue(IssueStatus::Closed),
            "reopen" => issue(IssueStatus::Open),
            "approve" => label(LabelStatus::Reviewed),
            "reject" => label(LabelStatus::Rejected),
            _ => None,
        };
        Some(Self { what: what?, shown, from })
    }
}

impl What {
    /// The object that it is done to.
    pub fn object(&self) -> ObjectKey {
        match self {
            Self::Issue { id, .. } => ObjectKey::new("issue", &id.to_string()),
            Self::Label { sample, set, .. } => ObjectKey::new("label", &format!("{sample}/{}", set.as_str())),
        }
    }
}
