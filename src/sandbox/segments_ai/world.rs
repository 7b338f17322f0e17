//! The state of a Segments.ai: users, datasets, samples, labels and issues, each as its API writes it.

use super::settings::{Rules, Timing};
use crate::sandbox::segments::Sender;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The role of a user in a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks, and writes issues.
    Viewer,
    /// Labels what the queue gives.
    Labeler,
    /// Reviews what the queue gives.
    Reviewer,
    /// Changes everything in it.
    Manager,
    /// Changes the dataset too.
    Admin,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Labeler => "labeler",
            Self::Reviewer => "reviewer",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }
}

/// A call as it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Such as `PATCH`.
    pub verb: String,
    /// The path, still encoded.
    pub path: String,
    /// Whose key it was.
    pub user: Option<String>,
    /// The JSON that came with it, null if none.
    pub body: Value,
    /// The time at which it came in.
    pub at: Timestamp,
    /// The status of the answer, or the fault that there was instead.
    pub result: String,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) users: BTreeMap<String, User>,
    pub(super) datasets: BTreeMap<String, Dataset>,
    pub(super) samples: BTreeMap<String, Placed>,
    /// By sample and labelset.
    pub(super) labels: BTreeMap<(String, String), Value>,
    /// Of labels that are large, how large their attributes are; webhooks leave those out.
    pub(super) sizes: BTreeMap<(String, String), usize>,
    pub(super) issues: BTreeMap<String, Placed>,
    /// The collaborators of a dataset that was first seen in a webhook.
    pub(super) crew: BTreeMap<String, Role>,
    pub(super) rules: Rules,
    pub(super) calls: Vec<Call>,
    /// The webhook endpoint of each owner of datasets.
    pub(super) endpoints: BTreeMap<String, Arc<Sender>>,
    pub(super) endpoint_of_others: Option<Arc<Sender>>,
    pub(super) timing: Timing,
    pub(super) waiting: VecDeque<Waiting>,
    /// Every body so far.
    pub(super) webhooks: Vec<Value>,
    /// Samples with something to do about them, the one touched last first.
    pub(super) touched: VecDeque<String>,
}

pub(super) struct User {
    pub(super) key: Option<String>,
    pub(super) organization: bool,
    pub(super) created_at: Timestamp,
}

pub(super) struct Dataset {
    /// As the API writes it, but for the caller's role.
    pub(super) object: Value,
    pub(super) public: bool,
    pub(super) collaborators: BTreeMap<String, Role>,
}

/// An object, and the dataset that it is in.
pub(super) struct Placed {
    pub(super) dataset: String,
    pub(super) object: Value,
}

/// A webhook that was not accepted yet.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) message_id: String,
    pub(super) body: Value,
    pub(super) owner: String,
}

impl World {
    /// Whose key it is.
    pub(super) fn owner_of(&self, key: &str) -> Option<String> {
        let (name, _) = self.users.iter().find(|(_, user)| user.key.as_deref() == Some(key))?;
        Some(name.clone())
    }

    /// Returns a user's role in a dataset; none for an outsider, who can see a public one at most.
    pub(super) fn role(&self, dataset: &str, user: &str) -> Option<Role> {
        if dataset.split('/').next() == Some(user) {
            return Some(Role::Admin);
        }
        self.datasets.get(dataset)?.collaborators.get(user).copied()
    }

    /// Returns true if a user can see a dataset.
    pub(super) fn sees(&self, dataset: &str, user: &str) -> bool {
        self.datasets.get(dataset).is_some_and(|known| known.public) || self.role(dataset, user).is_some()
    }

    /// A user as the API writes one.
    pub(super) fn user_json(&self, name: &str) -> Option<Value> {
        let user = self.users.get(name)?;
        Some(json!({
            "username": name, "created_at": user.created_at.to_string(), "is_organization": user.organization,
            "email": null, "webhooks_enabled": self.endpoint_of_others.is_some() || self.endpoints.contains_key(name), "subscription": "ENTERPRISE",
            "is_trial_expired": null, "organizations": [], "organization_role": null,
        }))
    }

    /// A dataset as the API writes it for a user.
    pub(super) fn dataset_json(&self, name: &str, user: &str) -> Option<Value> {
        let mut object = self.datasets.get(name)?.object.clone();
        object["role"] = json!(self.role(name, user).map(Role::as_str));
        Some(object)
    }

    /// A label as the API writes it.
    pub(super) fn label_json(&self, sample: &str, labelset: &str) -> Option<Value> {
        let place = (sample.to_owned(), labelset.to_owned());
        let mut object = self.labels.get(&place)?.clone();
        if let Some(size) = self.sizes.get(&place) {
            let note = "\"}],{\\".repeat(1024);
            let annotations = (0..size / note.len()).map(|id| {
                json!({"id": id, "category_id": 1, "type": "polygon", "points": [[0.5, 1]], "attributes": {"note": note}})
            });
            object["attributes"] = json!({"format_version": "0.1", "annotations": annotations.collect::<Value>()});
        }
        Some(object)
    }

    /// A sample, with the summary of a label if a labelset was asked for.
    pub(super) fn sample_json(&self, id: &str, labelset: Option<&str>) -> Option<Value> {
        let mut object = self.samples.get(id)?.object.clone();
        if let Some(labelset) = labelset {
            let label = self.labels.get(&(id.to_owned(), labelset.to_owned()));
            let part = |label: &Value, name: &str| label.get(name).cloned().unwrap_or_default();
            object["label"] = label.map_or(Value::Null, |label| {
                let names = ["score", "label_status", "updated_at", "created_by", "reviewed_by"];
                names.into_iter().map(|name| (name.to_owned(), part(label, name))).collect()
            });
        }
        Some(object)
    }
}
