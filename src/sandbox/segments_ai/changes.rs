//! Changes of the state, each with its webhook in the same step.

use super::setup::template;
use super::world::{Placed, World};
use crate::model::event::KnownType;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// The labelset whose statuses make a dataset's progress.
const GROUND_TRUTH: &str = "ground-truth";
/// That of a sample without a label.
pub(super) const UNLABELED: &str = "UNLABELED";

impl World {
    /// Changes an issue, if there is one of this id; gives it.
    pub(super) fn change_issue(
        &mut self,
        id: &str,
        user: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Value),
    ) -> Option<Value> {
        let Placed { dataset, object } = self.issues.get_mut(id)?;
        change(object);
        object["updated_by"] = json!(user);
        object["updated_at"] = json!(now.to_string());
        let (dataset, object) = (dataset.clone(), object.clone());
        let sample = object["sample_name"].as_str().unwrap_or_default();
        self.cause(KnownType::IssueUpdated, &dataset, sample, &object, now);
        Some(object)
    }

    /// Opens an issue on a sample, if there is one of this id; gives it.
    pub(super) fn open_issue(&mut self, sample: &str, user: &str, description: &str, now: Timestamp) -> Option<Value> {
        let Placed { dataset, object: on } = self.samples.get(sample)?;
        let (dataset, name, now_text) = (dataset.clone(), on["name"].clone(), now.to_string());
        let id = Uuid::new_v4().to_string();
        let mut object = template("issue.created", &dataset, now);
        for (field, value) in [
            ("uuid", json!(id)),
            ("description", json!(description)),
            ("status", json!("OPEN")),
            ("created_by", json!(user)),
            ("updated_by", json!(user)),
            ("created_at", json!(now_text)),
            ("updated_at", json!(now_text)),
            ("comments", json!([])),
            ("sample_uuid", json!(sample)),
            ("sample_name", name.clone()),
        ] {
            object[field] = value;
        }
        self.issues.insert(id, Placed { dataset: dataset.clone(), object: object.clone() });
        self.cause(KnownType::IssueCreated, &dataset, name.as_str().unwrap_or_default(), &object, now);
        Some(object)
    }

    /// Adds a sample to a dataset, which is made if it is new; gives the sample.
    pub(super) fn add_sample(&mut self, dataset: &str, name: &str, user: &str, now: Timestamp) -> Value {
        let id = Uuid::new_v4().to_string();
        let mut object = template("sample.created", dataset, now);
        object["uuid"] = json!(id);
        object["name"] = json!(name);
        object["created_by"] = json!(user);
        object["created_at"] = json!(now.to_string());
        self.samples.insert(id, Placed { dataset: dataset.to_owned(), object: object.clone() });
        self.count(dataset, None, Some(UNLABELED), now);
        self.cause(KnownType::SampleCreated, dataset, name, &object, now);
        object
    }

    /// Changes a sample, if there is one of this id; gives it.
    pub(super) fn change_sample(&mut self, id: &str, now: Timestamp, change: impl FnOnce(&mut Value)) -> Option<Value> {
        let Placed { dataset, object } = self.samples.get_mut(id)?;
        change(object);
        let (dataset, object) = (dataset.clone(), object.clone());
        let name = object["name"].as_str().unwrap_or_default();
        self.cause(KnownType::SampleUpdated, &dataset, name, &object, now);
        Some(object)
    }

    /// Gives a sample a label of this status, or its label this status.
    pub(super) fn set_label(
        &mut self,
        sample: &str,
        labelset: &str,
        status: &str,
        user: &str,
        names_reviewer: bool,
        now: Timestamp,
    ) -> Option<Value> {
        let Placed { dataset, object: on } = self.samples.get(sample)?;
        let (dataset, name) = (dataset.clone(), on["name"].as_str().unwrap_or_default().to_owned());
        let label = self.labels.entry((sample.to_owned(), labelset.to_owned())).or_insert_with(|| {
            let mut label = template("label.updated", &dataset, now);
            label["sample_uuid"] = json!(sample);
            label["labelset"] = json!(labelset);
            label["label_status"] = json!(UNLABELED);
            label["created_by"] = json!(user);
            label["created_at"] = json!(now.to_string());
            label
        });
        let before = label["label_status"].take();
        label["label_status"] = json!(status);
        label["updated_by"] = json!(user);
        label["updated_at"] = json!(now.to_string());
        if names_reviewer && matches!(status, "REVIEWED" | "REJECTED") {
            label["reviewed_by"] = json!(user);
            label["reviewed_at"] = json!(now.to_string());
        }
        let label = label.clone();
        if labelset == GROUND_TRUTH {
            self.count(&dataset, before.as_str().or(Some(UNLABELED)), Some(status), now);
        }
        self.cause(KnownType::LabelUpdated, &dataset, &name, &label, now);
        Some(label)
    }

    /// Counts a sample of a dataset that goes from one status to another, that comes, or that goes.
    pub(super) fn count(&mut self, dataset: &str, from: Option<&str>, to: Option<&str>, now: Timestamp) {
        let known = &mut self.dataset(dataset, now).object;
        for (status, difference) in [(from, -1), (to, 1)] {
            if let Some(status) = status {
                add(&mut known["label_stats"][status], difference);
            }
        }
        let more = i64::from(to.is_some()) - i64::from(from.is_some());
        add(&mut known["label_stats"]["TOTAL"], more);
        add(&mut known["samples_count"], more);
    }

    /// The status of a sample's label that counts.
    pub(super) fn status_of(&self, sample: &str) -> String {
        let label = self.labels.get(&(sample.to_owned(), GROUND_TRUTH.to_owned()));
        label.and_then(|label| label["label_status"].as_str()).unwrap_or(UNLABELED).to_owned()
    }
}

/// Counts up or down, not below nothing.
fn add(count: &mut Value, difference: i64) {
    *count = json!(count.as_i64().unwrap_or(0).saturating_add(difference).max(0));
}
