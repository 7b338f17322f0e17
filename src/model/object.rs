//! The objects of Segments.ai as this program sees them: the fields that matching and cards need, all optional.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A dataset's full name, `owner/name`; both sides non-empty, no control characters, at most 512 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DatasetName(String);

impl DatasetName {
    /// Parses `owner/name`.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let fits = !owner.is_empty() && !name.is_empty() && !name.contains('/') && text.len() <= 512;
        (fits && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The side before the slash.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The side after the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

impl TryFrom<String> for DatasetName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no dataset name"))
    }
}

impl From<DatasetName> for String {
    fn from(name: DatasetName) -> Self {
        name.0
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The affected object. Everything inside is optional: the sender may leave out, add or null any field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Object {
    /// A dataset.
    Dataset(Box<Dataset>),
    /// A sample.
    Sample(Box<Sample>),
    /// A label of one sample in one labelset.
    Label(Box<Label>),
    /// An issue on a sample.
    Issue(Box<Issue>),
    /// A release of a dataset.
    Release(Box<Release>),
    /// Null, or an object of a type that this version does not know.
    Unknown,
}

/// A dataset, as far as its cards go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dataset {
    /// `owner/name`, where the object says it.
    pub full_name: Option<DatasetName>,
    /// Free text of its owner.
    pub description: Option<String>,
    /// Such as `garden`.
    pub category: Option<String>,
    /// Such as `segmentation-bitmap`; may be empty.
    pub task_type: Option<String>,
    /// Who may see it.
    pub public: Option<bool>,
    /// Whether it was put away.
    pub archived: Option<bool>,
    /// How many samples it holds.
    pub samples_count: Option<u64>,
    /// Samples by label status, without `TOTAL`.
    pub label_stats: BTreeMap<String, u64>,
    /// The owner's username.
    pub owner: Option<String>,
    /// The dataset it was cloned from.
    pub cloned_from: Option<String>,
}

impl Dataset {
    /// Samples whose label is reviewed, verified or labelled, and all of them: the progress people ask for.
    /// None if the sender gave no statistics.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let sum = |counts: &mut dyn Iterator<Item = &u64>| counts.fold(0_u64, |sum, count| sum.saturating_add(*count));
        let total = sum(&mut self.label_stats.values());
        let done = sum(&mut ["LABELED", "REVIEWING_IN_PROGRESS", "REVIEWED", "VERIFIED"]
            .iter()
            .filter_map(|status| self.label_stats.get(*status)));
        let total = total.max(self.samples_count.unwrap_or(0));
        (!self.label_stats.is_empty() && total > 0).then_some((done, total))
    }
}

/// A sample, as far as its lines go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Its id.
    pub uuid: Option<String>,
    /// Its name, usually a file's.
    pub name: Option<String>,
    /// Who uploaded it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// Whose labelling queue it is in.
    pub assigned_labeler: Option<String>,
    /// Whose reviewing queue it is in.
    pub assigned_reviewer: Option<String>,
    /// Its place in the queues; higher first.
    pub priority: Option<f64>,
    /// The first image, where it is a plain https address.
    pub image_url: Option<String>,
    /// How many frames a sequence has.
    pub frames: Option<u32>,
    /// The status of the label that came with it.
    pub label_status: Option<String>,
    /// How many issues came with it.
    pub issues: Option<u32>,
}

/// A label without its attributes, which may be megabytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Label {
    /// The sample it belongs to.
    pub sample_uuid: Option<String>,
    /// The sample's name, as far as the envelope's text gives it away.
    pub sample_name: Option<String>,
    /// A task type, such as `vector`.
    pub label_type: Option<String>,
    /// Such as `REJECTED`; an open list.
    pub status: Option<String>,
    /// Such as `ground-truth`.
    pub labelset: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Who touched it last.
    pub updated_by: Option<String>,
    /// When it was touched last.
    pub updated_at: Option<Timestamp>,
    /// Who reviewed it.
    pub reviewed_by: Option<String>,
    /// A model's confidence.
    pub score: Option<f64>,
    /// The reviewer's stars.
    pub rating: Option<f64>,
}

impl Label {
    /// Who gave it its status, as far as that can be told: whether the API notes a reviewer is not known, and whoever
    /// labeled it may still stand there as the last to touch it.
    pub fn judge(&self) -> Option<&str> {
        let updater = self.updated_by.as_ref().filter(|_| self.updated_by != self.created_by);
        updater.or(self.reviewed_by.as_ref()).or(self.updated_by.as_ref()).map(String::as_str)
    }
}

/// An issue on a sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issue {
    /// Its id.
    pub uuid: Option<String>,
    /// What is wrong, in words; empty if tags say it.
    pub description: Option<String>,
    /// `OPEN` or `CLOSED`; an open list.
    pub status: Option<String>,
    /// Who opened it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// Who touched it last.
    pub updated_by: Option<String>,
    /// When it was touched last.
    pub updated_at: Option<Timestamp>,
    /// How many comments it has.
    pub comments_count: u32,
    /// The latest comments, oldest first, at most ten.
    pub recent_comments: Vec<Comment>,
    /// What in the sample it points at.
    pub anchor: Option<IssueLocation>,
    /// The sample it is on.
    pub sample_uuid: Option<String>,
    /// That sample's name.
    pub sample_name: Option<String>,
    /// Names of its tags.
    pub tags: Vec<String>,
}

/// A reply to an issue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comment {
    /// Who wrote it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// What.
    pub text: String,
}

/// What an issue points at: everything present, whatever the kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IssueLocation {
    /// The sensor of a multi-sensor sample.
    pub sensor: Option<String>,
    /// The frame of a sequence, as sent (counted from 0).
    pub frame: Option<i64>,
    /// The track number.
    pub track: Option<i64>,
    /// The attribute of that track.
    pub track_attribute: Option<String>,
    /// The attribute of the whole scene.
    pub scene_attribute: Option<String>,
    /// Coordinates, two or three.
    pub location: Vec<f64>,
}

/// A release of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// Its id.
    pub uuid: Option<String>,
    /// Such as `v1.0`.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// `PENDING`, `SUCCEEDED` or `FAILED`; an open list.
    pub status: Option<String>,
    /// How many samples it froze.
    pub samples_count: Option<u64>,
}

/// The name under which the last state of an object is kept, unique within its account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// A key from a kind and what names the object within it.
    pub fn new(kind: &str, id: &str) -> Self {
        Self(format!("{kind}:{id}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Object {
    /// The key of this object; a dataset falls back to the envelope's name.
    pub fn key(&self, dataset: Option<&DatasetName>) -> Option<ObjectKey> {
        match self {
            Self::Dataset(object) => {
                let name = object.full_name.as_ref().or(dataset)?;
                Some(ObjectKey::new("dataset", name.as_str()))
            }
            Self::Sample(object) => Some(ObjectKey::new("sample", object.uuid.as_deref()?)),
            Self::Label(object) => {
                let labelset = object.labelset.as_deref().unwrap_or("ground-truth");
                Some(ObjectKey::new("label", &format!("{}/{labelset}", object.sample_uuid.as_deref()?)))
            }
            Self::Issue(object) => Some(ObjectKey::new("issue", object.uuid.as_deref()?)),
            Self::Release(object) => Some(ObjectKey::new("release", object.uuid.as_deref()?)),
            Self::Unknown => None,
        }
    }

    /// Who acted last, as far as the object says.
    pub fn actor(&self) -> Option<&str> {
        match self {
            Self::Dataset(object) => object.owner.as_deref(),
            Self::Sample(object) => object.created_by.as_deref(),
            Self::Label(object) => {
                let judged = matches!(object.status.as_deref(), Some("REVIEWED" | "REJECTED" | "VERIFIED"));
                let judge = object.judge().filter(|_| judged);
                judge.or(object.updated_by.as_deref()).or(object.created_by.as_deref())
            }
            Self::Issue(object) => object.updated_by.as_deref().or(object.created_by.as_deref()),
            Self::Release(_) | Self::Unknown => None,
        }
    }
}

/// The few fields of an object that deriving events needs, as last seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectState {
    /// The time of the event that left this state.
    pub at: Timestamp,
    /// The fields, by name.
    pub seen: LastSeen,
}

/// What was last seen, by kind of object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum LastSeen {
    /// The dataset as it was.
    Dataset(Box<Dataset>),
    /// A sample's name and assignments.
    Sample {
        /// The dataset that it is in; none if it was not seen since this is remembered.
        #[serde(default)]
        dataset: Option<DatasetName>,
        /// Its name.
        name: Option<String>,
        /// Its labeler.
        assigned_labeler: Option<String>,
        /// Its reviewer.
        assigned_reviewer: Option<String>,
    },
    /// A label's status.
    Label {
        /// The dataset that it is in; none if it was not seen since this is remembered.
        #[serde(default)]
        dataset: Option<DatasetName>,
        /// Its status.
        status: Option<String>,
    },
    /// An issue's status and how much had been said.
    Issue {
        /// Its status.
        status: Option<String>,
        /// How many comments it had.
        comments: u32,
    },
}
