//! Actions of people in the web app of Segments.ai. Each change causes its webhook.

use super::SegmentsAi;
use crate::segments::api::{IssueStatus, Queue};
use serde_json::{Value, json};

impl SegmentsAi {
    /// Somebody uploads a sample; gives its id.
    pub fn uploads(&self, user: &str, dataset: &str, name: &str) -> String {
        let sample = self.work(|world, now| world.add_sample(dataset, name, user, now));
        id(&sample)
    }

    /// Somebody saves a label of a sample with this status.
    pub fn labels(&self, user: &str, sample: &str, labelset: &str, status: &str) {
        self.work(|world, now| world.set_label(sample, labelset, status, user, true, now))
            .expect("a sample that is there");
    }

    /// Somebody draws so much that a label's attributes take at least about so many bytes. Its webhooks leave them out.
    pub fn draws_much(&self, sample: &str, labelset: &str, bytes: usize) {
        self.world().sizes.insert((sample.to_owned(), labelset.to_owned()), bytes);
        self.note_change();
    }

    /// Somebody opens an issue on a sample; gives its id.
    pub fn opens_issue(&self, user: &str, sample: &str, description: &str) -> String {
        let issue = self.work(|world, now| world.open_issue(sample, user, description, now));
        id(&issue.expect("a sample that is there"))
    }

    /// Somebody replies to an issue.
    pub fn replies(&self, user: &str, issue: &str, text: &str) {
        let replied = self.work(|world, now| {
            let comment = json!({"created_by": user, "created_at": now.to_string(), "text": text});
            world.change_issue(issue, user, now, |issue| match &mut issue["comments"] {
                Value::Array(comments) => comments.push(comment),
                none => *none = json!([comment]),
            })
        });
        replied.expect("an issue that is there");
    }

    /// Somebody resolves or reopens an issue.
    pub fn resolves(&self, user: &str, issue: &str, status: IssueStatus) {
        let change = |issue: &mut Value| issue["status"] = json!(status.as_str());
        self.work(|world, now| world.change_issue(issue, user, now, change)).expect("an issue that is there");
    }

    /// Somebody deletes an issue, of which there is no webhook.
    pub fn deletes_issue(&self, issue: &str) {
        self.world().issues.remove(issue).expect("an issue that is there");
        self.note_change();
    }

    /// Somebody puts a sample into a queue, or into none.
    pub fn assigns(&self, sample: &str, queue: Queue, to: Option<&str>) {
        let field = match queue {
            Queue::Labeling => "assigned_labeler",
            Queue::Reviewing => "assigned_reviewer",
        };
        let change = |sample: &mut Value| sample[field] = json!(to);
        self.work(|world, now| world.change_sample(sample, now, change)).expect("a sample that is there");
    }
}

fn id(object: &Value) -> String {
    object["uuid"].as_str().expect("what was just made has an id").to_owned()
}
