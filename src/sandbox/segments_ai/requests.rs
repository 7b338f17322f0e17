//! Handles each call, and refuses it in the words of Django REST Framework.

use super::world::{Role, World};
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The target of a call.
pub(super) enum Resource {
    Me,
    User(String),
    Dataset(String),
    DatasetIssues(String),
    Sample(String),
    SampleIssues(String),
    Label(String, String),
    Issue(String),
}

/// A call whose key was accepted.
pub(super) struct Request<'a> {
    pub(super) world: &'a mut World,
    pub(super) user: &'a str,
    pub(super) verb: &'a Method,
    pub(super) labelset: Option<String>,
    pub(super) body: &'a Map<String, Value>,
    pub(super) now: Timestamp,
}

/// A refusal: its status and body.
pub(super) struct Refusal(pub(super) u16, pub(super) Value);

impl Refusal {
    pub(super) fn detail(status: u16, text: &str) -> Self {
        Self(status, json!({"detail": text}))
    }

    fn field(name: &str, text: &str) -> Self {
        let mut body = json!({});
        body[name] = json!([text]);
        Self(400, body)
    }
}

/// The answer for something that does not exist or that the caller cannot see.
pub(super) const NOT_FOUND: &str = "Not found.";
pub(super) const NO_PERMISSION: &str = "You do not have permission to perform this action.";

type Outcome = Result<(u16, Value), Refusal>;

fn not_found() -> Refusal {
    Refusal::detail(404, NOT_FOUND)
}

impl Request<'_> {
    pub(super) fn answer(mut self, resource: &Resource) -> Outcome {
        match (self.verb.as_str(), resource) {
            ("GET", Resource::Me) => self.world.user_json(self.user).map(ok).ok_or_else(not_found),
            ("GET", Resource::User(name)) => self.world.user_json(name).map(ok).ok_or_else(not_found),
            ("GET", Resource::Dataset(name)) => {
                self.in_dataset(name)?;
                self.world.dataset_json(name, self.user).map(ok).ok_or_else(not_found)
            }
            ("GET", Resource::DatasetIssues(name)) => {
                self.in_dataset(name)?;
                let issues = self.world.issues.values().filter(|issue| issue.dataset == *name);
                Ok(ok(issues.map(|issue| issue.object.clone()).collect()))
            }
            ("GET", Resource::Sample(id)) => {
                self.of_sample(id)?;
                self.world.sample_json(&uuid(id)?, self.labelset.as_deref()).map(ok).ok_or_else(not_found)
            }
            ("PATCH", Resource::Sample(id)) => self.change_sample(id),
            ("POST", Resource::SampleIssues(id)) => self.open_issue(id),
            ("GET", Resource::Label(sample, labelset)) => {
                self.of_sample(sample)?;
                self.world.label_json(&uuid(sample)?, labelset).map(ok).ok_or_else(not_found)
            }
            ("PATCH", Resource::Label(sample, labelset)) => self.change_label(sample, labelset),
            ("GET", Resource::Issue(id)) if self.world.rules.one_issue_can_be_read => {
                self.of_issue(id)?;
                self.world.issues.get(&uuid(id)?).map(|issue| ok(issue.object.clone())).ok_or_else(not_found)
            }
            ("PATCH", Resource::Issue(id)) => self.change_issue(id),
            // The real one deletes and replaces here; whoever tries is to be noticed.
            (verb, _) => Err(Refusal::detail(405, &format!("Method \"{verb}\" not allowed."))),
        }
    }

    fn change_sample(&mut self, id: &str) -> Outcome {
        let dataset = self.of_sample(id)?;
        self.needs(&dataset, Role::Manager)?;
        let mut changes = Vec::new();
        for field in ["assigned_labeler", "assigned_reviewer"] {
            match self.body.get(field) {
                None => {}
                Some(Value::Null) => changes.push((field, Value::Null)),
                Some(Value::String(name)) if self.world.role(&dataset, name).is_some() => {
                    changes.push((field, json!(name)));
                }
                Some(Value::String(name)) => {
                    let unknown = format!("Object with username={name} does not exist.");
                    return Err(Refusal::field(field, &unknown));
                }
                Some(_) => return Err(Refusal::field(field, "Incorrect type. Expected a username.")),
            }
        }
        let change = |sample: &mut Value| changes.into_iter().for_each(|(field, value)| sample[field] = value);
        self.world.change_sample(&uuid(id)?, self.now, change).map(ok).ok_or_else(not_found)
    }

    fn open_issue(&mut self, sample: &str) -> Outcome {
        let dataset = self.of_sample(sample)?;
        self.needs(&dataset, Role::Viewer)?;
        self.chosen("status", &["OPEN", "CLOSED"])?;
        let description = self.body.get("description").ok_or_else(|| needed("description"))?;
        let description = description.as_str().ok_or_else(|| Refusal::field("description", "Not a valid string."))?;
        if description.trim().is_empty() {
            return Err(Refusal::field("description", "This field may not be blank."));
        }
        let issue = self.world.open_issue(&uuid(sample)?, self.user, description, self.now);
        issue.map(|issue| (201, issue)).ok_or_else(not_found)
    }

    fn change_label(&mut self, sample: &str, labelset: &str) -> Outcome {
        let dataset = self.of_sample(sample)?;
        let id = uuid(sample)?;
        if !self.world.labels.contains_key(&(id.clone(), labelset.to_owned())) {
            return Err(not_found());
        }
        self.needs(&dataset, Role::Manager)?;
        let status = self.chosen("label_status", &LABEL_STATUSES)?.ok_or_else(|| needed("label_status"))?;
        let names_reviewer = self.world.rules.calls_name_reviewers;
        self.world.set_label(&id, labelset, &status, self.user, names_reviewer, self.now).ok_or_else(not_found)?;
        self.world.label_json(&id, labelset).map(ok).ok_or_else(not_found)
    }

    fn change_issue(&mut self, id: &str) -> Outcome {
        let dataset = self.of_issue(id)?;
        let everybody = self.world.rules.everybody_resolves;
        self.needs(&dataset, if everybody { Role::Viewer } else { Role::Manager })?;
        let status = self.chosen("status", &["OPEN", "CLOSED"])?;
        let change = |issue: &mut Value| {
            if let Some(status) = status {
                issue["status"] = json!(status);
            }
        };
        self.world.change_issue(&uuid(id)?, self.user, self.now, change).map(ok).ok_or_else(not_found)
    }

    /// A field that has to be one of a few words, if it is there.
    fn chosen(&self, field: &str, choices: &[&str]) -> Result<Option<String>, Refusal> {
        let Some(value) = self.body.get(field) else { return Ok(None) };
        match value.as_str().filter(|word| choices.contains(word)) {
            Some(word) => Ok(Some(word.to_owned())),
            None => Err(Refusal::field(field, &format!("{value} is not a valid choice."))),
        }
    }

    /// The dataset of a sample that the caller can see.
    fn of_sample(&self, id: &str) -> Result<String, Refusal> {
        let dataset = self.world.samples.get(&uuid(id)?).map(|sample| sample.dataset.clone()).ok_or_else(not_found)?;
        self.in_dataset(&dataset).map(|()| dataset)
    }

    /// The dataset of an issue that the caller can see.
    fn of_issue(&self, id: &str) -> Result<String, Refusal> {
        let dataset = self.world.issues.get(&uuid(id)?).map(|issue| issue.dataset.clone()).ok_or_else(not_found)?;
        self.in_dataset(&dataset).map(|()| dataset)
    }

    fn in_dataset(&self, name: &str) -> Result<(), Refusal> {
        if self.world.sees(name, self.user) { Ok(()) } else { Err(not_found()) }
    }

    fn needs(&self, dataset: &str, role: Role) -> Result<(), Refusal> {
        let may = self.world.role(dataset, self.user).is_some_and(|has| has >= role);
        if may { Ok(()) } else { Err(Refusal::detail(403, NO_PERMISSION)) }
    }
}

const LABEL_STATUSES: [&str; 9] = [
    "UNLABELED",
    "PRELABELED",
    "LABELING_IN_PROGRESS",
    "LABELED",
    "REVIEWING_IN_PROGRESS",
    "REVIEWED",
    "REJECTED",
    "SKIPPED",
    "VERIFIED",
];

fn ok(body: Value) -> (u16, Value) {
    (200, body)
}

fn needed(field: &str) -> Refusal {
    Refusal::field(field, "This field is required.")
}

/// An id as it is kept; one that is malformed leads nowhere.
fn uuid(text: &str) -> Result<String, Refusal> {
    Uuid::parse_str(text).map(|id| id.to_string()).map_err(|_| not_found())
}
