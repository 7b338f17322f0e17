//! Webhooks that somebody else sent: what they speak of is there from then on, and can be acted on.

use super::SegmentsAi;
use super::changes::UNLABELED;
use super::setup::template;
use super::world::{Placed, World};
use jiff::Timestamp;
use serde_json::{Value, json};

impl SegmentsAi {
    /// Takes over what a webhook body of [`crate::segments::sample`] speaks of, without causing another webhook.
    ///
    /// A dataset that is new belongs to its owner and the crew ([`SegmentsAi::add_to_crew`]). A body that is not of the
    /// shape is passed over.
    pub fn see(&self, body: &Value) {
        let now = self.0.clock.now();
        // Nothing of what follows can fail half-way.
        let _ = self.world().see(body, now);
        self.note_change();
    }
}

impl World {
    fn see(&mut self, body: &Value, now: Timestamp) -> Option<()> {
        let (noun, verb) = body["event_type"].as_str()?.split_once('.')?;
        let name = body["dataset"].as_str().filter(|name| name.contains('/'))?;
        let (object, gone) = (body.get("object").filter(|object| object.is_object())?, verb == "deleted");
        if (noun, gone) == ("dataset", true) {
            self.samples.retain(|_, sample| sample.dataset != name);
            self.issues.retain(|_, issue| issue.dataset != name);
            self.labels.retain(|(sample, _), _| self.samples.contains_key(sample));
            self.datasets.remove(name);
            return Some(());
        }
        let dataset = self.dataset(name, now);
        let placed = || Placed { dataset: name.to_owned(), object: object.clone() };
        let text = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
        match (noun, gone) {
            ("dataset", _) if object["label_stats"].is_object() => dataset.object = object.clone(),
            ("sample", false) => {
                let is_new = self.samples.insert(text("uuid")?, placed()).is_none();
                self.count(name, None, Some(UNLABELED).filter(|_| is_new), now);
            }
            ("sample", true) => {
                let id = text("uuid")?;
                if self.samples.contains_key(&id) {
                    let status = self.status_of(&id);
                    self.count(name, Some(&status), None, now);
                }
                self.labels.retain(|(sample, _), _| *sample != id);
                self.issues.retain(|_, issue| issue.object["sample_uuid"] != id.as_str());
                self.samples.remove(&id);
            }
            ("label", false) => {
                let (sample, labelset) = (text("sample_uuid")?, text("labelset")?);
                self.sample_of(&sample, body["text"].as_str().and_then(name_in), name, now);
                let before = self.status_of(&sample);
                self.labels.insert((sample.clone(), labelset), object.clone());
                let after = self.status_of(&sample);
                self.count(name, Some(&before), Some(&after), now);
            }
            ("label", true) => {
                let sample = text("sample_uuid")?;
                let before = self.status_of(&sample);
                self.labels.remove(&(sample.clone(), text("labelset")?));
                let after = self.status_of(&sample);
                self.count(name, Some(&before), Some(&after), now);
            }
            ("issue", _) => {
                self.issues.insert(text("uuid")?, placed());
                self.sample_of(&text("sample_uuid")?, text("sample_name").as_deref(), name, now);
            }
            _ => {}
        }
        self.touch(object);
        Some(())
    }

    /// Makes the sample that a label or an issue is on, where it is new.
    fn sample_of(&mut self, id: &str, name: Option<&str>, dataset: &str, now: Timestamp) {
        if self.samples.contains_key(id) {
            return;
        }
        let mut object = template("sample.created", dataset, now);
        object["uuid"] = json!(id);
        object["name"] = json!(name.unwrap_or(id));
        self.samples.insert(id.to_owned(), Placed { dataset: dataset.to_owned(), object });
        self.count(dataset, None, Some(UNLABELED), now);
    }
}

/// The sample in `Label of sample rose.png updated in dataset jane/flowers.`
fn name_in(text: &str) -> Option<&str> {
    let (sample, _) = text.strip_prefix("Label of sample ")?.rsplit_once(" in dataset ")?;
    sample.rsplit_once(' ').map(|(sample, _)| sample)
}
