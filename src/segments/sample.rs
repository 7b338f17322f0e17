//! Made-up webhook bodies, as realistic as the real ones: for `test`, for `send`, and for the sandbox.

use crate::model::event::{Derived, KnownType};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// A type that no version documents, to see that unknown events are shown rather than dropped.
pub const UNKNOWN_EVENT: &str = "workunit.created";

/// Every name that [`body`] knows: documented types, derived events, and one that is unknown.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    let documented = KnownType::ALL.iter().map(|known| known.as_str());
    let derived = Derived::ALL.iter().map(|derived| derived.as_str());
    documented.chain(derived).chain([UNKNOWN_EVENT])
}

/// The body of a webhook as Segments.ai sends it; `None` for a name that is not in [`event_names`].
///
/// Bodies of one `serial` speak of the same sample, label and issue, so that `issue.created`, `issue.replied` and
/// `issue.closed` make a history. A derived name gives the body that it is derived from.
pub fn body(event: &str, dataset: &str, serial: u64, now: Timestamp) -> Option<Value> {
    let scene = Scene { dataset, serial, now };
    if event == UNKNOWN_EVENT {
        let text = format!("Something new happened in dataset {dataset}.");
        return Some(scene.envelope(event, &scene.workunit(), &text));
    }
    let derived = Derived::parse(event);
    let known = derived.map_or_else(|| KnownType::parse(event), |derived| Some(derived.parent()))?;
    let object = match known {
        KnownType::DatasetCreated => scene.dataset(0, 0),
        KnownType::DatasetUpdated if derived.is_some() => scene.dataset(94, 94),
        KnownType::DatasetUpdated => scene.dataset(serial % 94, 94),
        KnownType::DatasetDeleted => scene.dataset(94, 94),
        KnownType::SampleCreated | KnownType::SampleDeleted => scene.sample(None),
        KnownType::SampleUpdated if derived.is_some() => scene.sample(Some("john")),
        KnownType::SampleUpdated => scene.sample_with_label(),
        KnownType::LabelUpdated => scene.label(derived.map_or("LABELED", label_status)),
        KnownType::LabelDeleted => scene.label("PRELABELED"),
        KnownType::IssueCreated => scene.issue(None),
        KnownType::IssueUpdated => scene.issue(Some(derived.unwrap_or(Derived::IssueReplied))),
        KnownType::ReleaseCreated => scene.release(),
    };
    Some(scene.envelope(known.as_str(), &object, &scene.summary(known)))
}

fn label_status(derived: Derived) -> &'static str {
    match derived {
        Derived::LabelReviewed => "REVIEWED",
        Derived::LabelRejected => "REJECTED",
        Derived::LabelSkipped => "SKIPPED",
        Derived::LabelVerified => "VERIFIED",
        Derived::LabelPrelabeled => "PRELABELED",
        Derived::LabelStarted => "LABELING_IN_PROGRESS",
        _ => "LABELED",
    }
}

/// A body of any event around its object.
pub fn envelope(event_type: &str, dataset: &str, object: &Value, text: &str, now: Timestamp) -> Value {
    // The envelope says `+00:00` where objects say `Z`, as Segments.ai does.
    let created_at = now.to_string().replace('Z', "+00:00");
    json!({
        "event_type": event_type, "created_at": created_at, "api_version": "2021-08-01",
        "dataset": dataset, "object": object, "text": text,
    })
}

/// The line that comes with an event; its subject is the name of a sample, or of a release.
pub fn summary(event: KnownType, dataset: &str, subject: &str) -> String {
    let (kind, verb) = event.as_str().split_once('.').unwrap_or((event.as_str(), ""));
    match kind {
        "dataset" => format!("Dataset {dataset} {verb}."),
        "sample" => format!("Sample {subject} {verb} in dataset {dataset}."),
        "label" => format!("Label of sample {subject} {verb} in dataset {dataset}."),
        "issue" => format!("Issue {verb} on sample {subject} in dataset {dataset}."),
        _ => format!("Release {subject} {verb} in dataset {dataset}."),
    }
}

/// What all parts of one body have in common.
struct Scene<'a> {
    dataset: &'a str,
    serial: u64,
    now: Timestamp,
}

impl Scene<'_> {
    fn envelope(&self, event_type: &str, object: &Value, text: &str) -> Value {
        envelope(event_type, self.dataset, object, text, self.now)
    }

    fn summary(&self, event: KnownType) -> String {
        let subject = if event == KnownType::ReleaseCreated { self.release_name() } else { self.sample_name() };
        summary(event, self.dataset, &subject)
    }

    /// An id that is always the same for one kind and serial.
    fn uuid(&self, kind: u16) -> String {
        let node = u128::from(self.serial & 0xffff_ffff_ffff);
        Uuid::from_u128(0x5e60_a1ab_0000_4000_8000_0000_0000_0000 | u128::from(kind) << 80 | node).to_string()
    }

    fn sample_uuid(&self) -> String {
        self.uuid(1)
    }

    fn sample_name(&self) -> String {
        format!("sample_{:04}.png", self.serial)
    }

    fn release_name(&self) -> String {
        format!("v0.{}", self.serial)
    }

    fn ago(&self, minutes: i64) -> String {
        self.now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.now).to_string()
    }

    fn dataset(&self, done: u64, total: u64) -> Value {
        let (owner, name) = self.dataset.split_once('/').unwrap_or(("jane", self.dataset));
        json!({
            "name": name, "full_name": self.dataset, "cloned_from": null,
            "description": "A dataset containing flowers of all kinds.", "category": "garden",
            "public": false, "archived": false,
            "owner": { "username": owner, "created_at": "2020-05-11T14:00:53.763278Z" },
            "created_at": self.ago(1), "enable_ratings": false, "enable_skip_labeling": true,
            "enable_label_status_verified": false, "task_type": "segmentation-bitmap",
            "label_stats": {
                "REVIEWED": done, "REVIEWING_IN_PROGRESS": 0, "LABELED": 0, "LABELING_IN_PROGRESS": 0, "REJECTED": 0,
                "PRELABELED": 0, "SKIPPED": 0, "VERIFIED": 0, "UNLABELED": total - done, "TOTAL": total,
            },
            "labeling_inactivity_timeout_seconds": 300, "samples_count": total, "collaborators_count": 3,
            "task_attributes": {
                "format_version": "0.1",
                "categories": [{ "name": "rose", "id": 1, "color": [220, 20, 60] }, { "name": "tulip", "id": 2 }],
            },
            "labelsets": [{
                "name": "ground-truth", "description": "Ground truth labels.", "is_groundtruth": true,
                "created_at": self.ago(1),
            }],
            "role": "admin", "readme": "", "metadata": {}, "insights_urls": null, "region_of_interest": null,
        })
    }

    fn sample(&self, labeler: Option<&str>) -> Value {
        json!({
            "uuid": self.sample_uuid(), "name": self.sample_name(),
            "attributes": { "image": { "url": format!("https://example.com/assets/{}.png", self.uuid(2)) } },
            "metadata": { "city": "London", "weather": "cloudy" }, "created_at": self.ago(1), "created_by": "jane",
            "readme": "", "assigned_labeler": labeler, "assigned_reviewer": null, "priority": 0.0,
            "label": null, "issues": null, "dataset_full_name": self.dataset,
        })
    }

    fn sample_with_label(&self) -> Value {
        let mut sample = self.sample(None);
        sample["label"] = json!({
            "score": null, "label_status": "LABELED", "updated_at": self.ago(1),
            "created_by": "john", "reviewed_by": null,
        });
        sample["issues"] = json!([]);
        sample
    }

    fn label(&self, status: &str) -> Value {
        let judged = matches!(status, "REVIEWED" | "REJECTED" | "VERIFIED");
        let reviewer = judged.then_some("jane");
        json!({
            "sample_uuid": self.sample_uuid(), "label_type": "vector", "label_status": status,
            "labelset": "ground-truth",
            "attributes": {
                "format_version": "0.1",
                "annotations": [{
                    "id": 1, "category_id": 1, "type": "bbox", "points": [[12.34, 56.78], [90.12, 34.56]],
                    "attributes": { "color": "red", "is_wilted": false, "petals": null },
                }],
                "image_attributes": { "weather": "sun" },
            },
            "created_at": self.ago(25), "created_by": "john", "updated_at": self.ago(0),
            "updated_by": reviewer.unwrap_or("john"), "score": (status == "PRELABELED").then_some(0.87),
            "rating": null, "reviewed_at": reviewer.map(|_| self.ago(0)), "reviewed_by": reviewer,
        })
    }

    /// A new issue, or one that was changed as `change` says.
    fn issue(&self, change: Option<Derived>) -> Value {
        let question = json!({
            "created_at": self.ago(10), "created_by": "john",
            "text": "Which cars? I only see two and both are labeled.",
        });
        let answer = json!({
            "created_at": self.ago(5), "created_by": "jane", "text": "The three behind the hedge, top left 🌿",
        });
        let comments = match change {
            None | Some(Derived::IssueEdited) => json!([]),
            Some(Derived::IssueReplied) => json!([question]),
            Some(_) => json!([question, answer]),
        };
        let edited = change == Some(Derived::IssueEdited);
        let closed = change == Some(Derived::IssueClosed);
        json!({
            "uuid": self.uuid(3),
            "description": if edited { "The cars behind the hedge have no label." }
                else { "You forgot to label the cars in this image." },
            "created_at": self.ago(20), "updated_at": self.ago(0), "created_by": "jane",
            "updated_by": if change.is_none() || edited { "jane" } else { "john" },
            "status": if closed { "CLOSED" } else { "OPEN" }, "comments": comments, "anchor": null,
            "sample_uuid": self.sample_uuid(), "sample_name": self.sample_name(),
        })
    }

    fn release(&self) -> Value {
        json!({
            "uuid": self.uuid(4), "name": self.release_name(), "description": "My first release.",
            "release_type": "JSON",
            "attributes": { "url": format!("https://example.com/releases/{}.json", self.uuid(4)) },
            "status": "SUCCEEDED", "created_at": self.ago(0), "samples_count": 94,
        })
    }

    fn workunit(&self) -> Value {
        json!({
            "uuid": self.uuid(5), "created_by": "john", "work_type": "review", "next_label_status": "REVIEWED",
            "time": 81234, "inactive_time": 0, "sample_uuid": self.sample_uuid(), "sample_name": self.sample_name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T09:14:27.301944Z".parse().unwrap()
    }

    #[test]
    fn every_listed_event_has_a_body_of_its_documented_type() {
        for event in event_names() {
            let body = body(event, "jane/flowers", 42, now()).unwrap();
            let expected = Derived::parse(event).map_or(event, |derived| derived.parent().as_str());
            assert_eq!(body["event_type"], expected);
            assert_eq!(body["dataset"], "jane/flowers");
            assert_eq!(body["created_at"], "2026-11-20T09:14:27.301944+00:00");
        }
    }

    #[test]
    fn a_name_that_is_not_listed_has_no_body() {
        assert_eq!(body("label.created", "jane/flowers", 1, now()), None);
    }

    #[test]
    fn bodies_of_one_serial_speak_of_one_sample_and_others_do_not() {
        let uuid = |event, serial| body(event, "jane/flowers", serial, now()).unwrap()["object"]["sample_uuid"].clone();
        assert_eq!(uuid("issue.created", 1), uuid("label.rejected", 1));
        assert_ne!(uuid("issue.created", 1), uuid("issue.created", 2));
        assert!(Uuid::parse_str(uuid("issue.created", u64::MAX).as_str().unwrap()).is_ok());
    }
}
