//! Looking at a Segments.ai without changing it: what is in it, what was called, what was touched last.

use super::SegmentsAi;
use super::world::{Call, Placed, World};
use serde_json::Value;
use tokio::sync::watch;

/// The most samples that are remembered as touched.
const MOST_TOUCHED: usize = 50;

/// A sample with what there is to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Touched {
    /// The full name, `owner/name`.
    pub dataset: String,
    /// The sample.
    pub sample: Value,
    /// Its labels, by labelset.
    pub labels: Vec<Value>,
    /// Its issues.
    pub issues: Vec<Value>,
}

impl Touched {
    fn has_work(&self) -> bool {
        !self.labels.is_empty() || !self.issues.is_empty() || is_assigned(&self.sample)
    }
}

impl SegmentsAi {
    /// The calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.world().calls.clone()
    }

    /// Returns true if there was any call.
    pub fn was_called(&self) -> bool {
        !self.world().calls.is_empty()
    }

    /// Returns the number of calls that a fault holds open.
    pub fn hanging(&self) -> watch::Receiver<usize> {
        self.0.hanging.subscribe()
    }

    /// A number that grows whenever anything in it changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// The samples whose labels, issues or people were touched last, the last one first; without those that have none.
    pub fn touched(&self, most: usize) -> Vec<Touched> {
        let world = self.world();
        world.touched.iter().filter_map(|id| world.touched_sample(id)).filter(Touched::has_work).take(most).collect()
    }

    /// An issue as it is, null if it is not there.
    pub fn issue(&self, id: &str) -> Value {
        self.look(|world| Some(world.issues.get(id)?.object.clone()))
    }

    /// A label as it is, null if it is not there.
    pub fn label(&self, sample: &str, labelset: &str) -> Value {
        self.look(|world| world.labels.get(&(sample.to_owned(), labelset.to_owned())).cloned())
    }

    /// A sample as it is, null if it is not there.
    pub fn sample(&self, id: &str) -> Value {
        self.look(|world| Some(world.samples.get(id)?.object.clone()))
    }

    /// A dataset as it is, null if it is not there.
    pub fn dataset(&self, name: &str) -> Value {
        self.look(|world| Some(world.datasets.get(name)?.object.clone()))
    }

    pub(super) fn note_change(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }

    fn look(&self, look: impl FnOnce(&World) -> Option<Value>) -> Value {
        look(&self.world()).unwrap_or_default()
    }
}

impl World {
    /// Remembers that a sample, or what is on it, was touched; not a sample that nobody has to do with yet, of which
    /// there may be very many.
    pub(super) fn touch(&mut self, object: &Value) {
        let sample = object["sample_uuid"].as_str().or_else(|| object["uuid"].as_str().filter(|_| is_assigned(object)));
        let Some(sample) = sample else { return };
        self.touched.retain(|other| other != sample);
        self.touched.push_front(sample.to_owned());
        self.touched.truncate(MOST_TOUCHED);
    }

    fn touched_sample(&self, id: &str) -> Option<Touched> {
        let Placed { dataset, object: sample } = self.samples.get(id)?;
        let labels = self.labels.iter().filter(|((sample, _), _)| sample == id).map(|(_, label)| label.clone());
        let issues = self.issues.values().filter(|issue| issue.object["sample_uuid"] == id);
        Some(Touched {
            dataset: dataset.clone(),
            sample: sample.clone(),
            labels: labels.collect(),
            issues: issues.map(|issue| issue.object.clone()).collect(),
        })
    }
}

fn is_assigned(sample: &Value) -> bool {
    ["assigned_labeler", "assigned_reviewer"].iter().any(|field| sample[field].is_string())
}
