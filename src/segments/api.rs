//! The calls we make to Segments.ai: published ones only. Keys go in here and nowhere else; errors come out as what they
//! mean to the caller.

mod error;
mod ids;
mod sieve;

mod answer;

pub use error::{ErrorKind, Said, SegmentsError};
pub use ids::{IssueId, Labelset, SampleId, SegmentsUsername};

use super::lenient::{each_element, fields, flag, string};
use super::objects;
use crate::clock::Clock;
use crate::metrics::Tally;
use crate::model::DatasetName;
use crate::model::object::{Dataset, Issue, Label, Sample};
use answer::{AnswerBody, AnswerKind};
use http::{HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// For reads, which people may be waiting for.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// Giving up on a write leaves it unclear, so it gets longer.
const WRITE_LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The REST API of Segments.ai, for every account: a call brings its own key.
///
/// Nothing is tried twice here: whether that would do harm, only the caller knows.
pub struct SegmentsApi {
    http: reqwest::Client,
    base: Url,
    clock: Clock,
    calls: Tally,
}

/// A user or an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, which stands in everything that is done with the user's key.
    pub username: SegmentsUsername,
    /// Whether it is an organisation.
    pub is_organization: Option<bool>,
    /// Whether its webhooks are on.
    pub webhooks_enabled: Option<bool>,
}

/// What an issue can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueStatus {
    /// It waits for somebody.
    Open,
    /// It is resolved.
    Closed,
}

impl IssueStatus {
    /// As Segments.ai writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
        }
    }
}

/// What a label can be made by somebody who looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelStatus {
    /// It is accepted.
    Reviewed,
    /// It goes back to its labeler.
    Rejected,
}

impl LabelStatus {
    /// As Segments.ai writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reviewed => "REVIEWED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// Whose queue a sample is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// That of a labeler.
    Labeling,
    /// That of a reviewer.
    Reviewing,
}

impl SegmentsApi {
    /// A client of the API at `base`: plain http is taken too, which configuration allows on loopback only. The
    /// environment's proxies are not used, as little as for Slack. Every call is counted. Fails if the system's certificates
    /// cannot be read.
    pub fn new(base: Url, clock: Clock, calls: Tally) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("segments-slack/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, base, clock, calls })
    }

    /// Whose key it is.
    pub async fn me(&self, key: &SecretString) -> Result<User, SegmentsError> {
        user(&self.read(key, &["user"]).await?).ok_or(UNREADABLE)
    }

    /// A user or an organisation.
    pub async fn user(&self, key: &SecretString, name: &SegmentsUsername) -> Result<User, SegmentsError> {
        user(&self.read(key, &["users", name.as_str()]).await?).ok_or(UNREADABLE)
    }

    /// A dataset, with its progress.
    pub async fn dataset(&self, key: &SecretString, name: &DatasetName) -> Result<Dataset, SegmentsError> {
        let dataset = objects::dataset(&self.read(key, &["datasets", name.owner(), name.name(), ""]).await?);
        if dataset.full_name.is_some() { Ok(dataset) } else { Err(UNREADABLE) }
    }

    /// A sample.
    pub async fn sample(&self, key: &SecretString, id: SampleId) -> Result<Sample, SegmentsError> {
        self.sample_and_dataset(key, id).await.map(|(sample, _)| sample)
    }

    /// A sample, and the dataset that it is in, if it says so.
    pub async fn sample_and_dataset(
        &self,
        key: &SecretString,
        id: SampleId,
    ) -> Result<(Sample, Option<DatasetName>), SegmentsError> {
        let json = self.read(key, &["samples", &id.to_string(), ""]).await?;
        let sample = objects::sample(&json);
        if names(sample.uuid.as_deref(), &id) { Ok((sample, objects::dataset_of(&json))) } else { Err(UNREADABLE) }
    }

    /// A label, without its attributes. [`SegmentsError::NotFound`] where the sample has none in this set.
    pub async fn label(&self, key: &SecretString, id: SampleId, set: &Labelset) -> Result<Label, SegmentsError> {
        let label = objects::label(&self.read(key, &["labels", &id.to_string(), set.as_str(), ""]).await?);
        if names(label.sample_uuid.as_deref(), &id) { Ok(label) } else { Err(UNREADABLE) }
    }

    /// Changes the status of a label, and nothing else of it. Gives the label as it then is.
    pub async fn set_label_status(
        &self,
        key: &SecretString,
        id: SampleId,
        set: &Labelset,
        status: LabelStatus,
    ) -> Result<Label, SegmentsError> {
        let body = json!({"label_status": status.as_str()});
        let path = ["labels", &id.to_string(), set.as_str(), ""];
        let label = objects::label(&self.write(key, Method::PATCH, &path, &body).await?);
        if names(label.sample_uuid.as_deref(), &id) { Ok(label) } else { Err(UNCLEAR) }
    }

    /// One issue of a dataset. Reading just one is not published: where that fails, it is looked for in the dataset's list.
    pub async fn issue(&self, key: &SecretString, id: IssueId, dataset: &DatasetName) -> Result<Issue, SegmentsError> {
        let mut published = true;
        let one = async {
            let answer = self.ask(key, Method::GET, &["issues", &id.to_string(), ""], None).await?;
            published = !matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
            answer.consent(AnswerKind::Read, key)
        };
        let read = self.counted(one).await;
        if published {
            let issue = objects::issue(&read?);
            return if names(issue.uuid.as_deref(), &id) { Ok(issue) } else { Err(UNREADABLE) };
        }
        self.listed(key, dataset, ("uuid", &id)).await?.pop().ok_or(SegmentsError::NotFound)
    }

    /// The issues on a sample of a dataset.
    pub async fn issues_on(
        &self,
        key: &SecretString,
        sample: SampleId,
        dataset: &DatasetName,
    ) -> Result<Vec<Issue>, SegmentsError> {
        self.listed(key, dataset, ("sample_uuid", &sample)).await
    }

    /// The issues of a dataset that have this id in a field: there are no narrower lists.
    async fn listed(
        &self,
        key: &SecretString,
        dataset: &DatasetName,
        (name, id): (&str, &(impl ToString + Sync)),
    ) -> Result<Vec<Issue>, SegmentsError> {
        let listed = self.read(key, &["datasets", dataset.owner(), dataset.name(), "issues", ""]).await?;
        let mut found = Vec::new();
        let is_list = each_element(&listed, |one| {
            let [said] = fields(one, [name]);
            if names(said.and_then(string).as_deref(), id) {
                found.push(objects::issue(one));
            }
        });
        if is_list { Ok(found) } else { Err(UNREADABLE) }
    }

    /// Resolves or reopens an issue. Gives the issue as it then is.
    pub async fn set_issue_status(
        &self,
        key: &SecretString,
        id: IssueId,
        status: IssueStatus,
    ) -> Result<Issue, SegmentsError> {
        let body = json!({"status": status.as_str()});
        let issue = objects::issue(&self.write(key, Method::PATCH, &["issues", &id.to_string(), ""], &body).await?);
        if names(issue.uuid.as_deref(), &id) { Ok(issue) } else { Err(UNCLEAR) }
    }

    /// Opens an issue on a sample. Doing it twice makes two.
    pub async fn open_issue(
        &self,
        key: &SecretString,
        sample: SampleId,
        description: &str,
    ) -> Result<Issue, SegmentsError> {
        let body = json!({"description": description, "status": IssueStatus::Open.as_str()});
        let path = ["samples", &sample.to_string(), "issues", ""];
        let issue = objects::issue(&self.write(key, Method::POST, &path, &body).await?);
        if issue.uuid.is_some() { Ok(issue) } else { Err(UNCLEAR) }
    }

    /// Puts a sample into somebody's queue, or into nobody's.
    pub async fn assign(
        &self,
        key: &SecretString,
        id: SampleId,
        queue: Queue,
        to: Option<&SegmentsUsername>,
    ) -> Result<Sample, SegmentsError> {
        let to = to.map(SegmentsUsername::as_str);
        let body = match queue {
            Queue::Labeling => json!({"assigned_labeler": to}),
            Queue::Reviewing => json!({"assigned_reviewer": to}),
        };
        let sample = objects::sample(&self.write(key, Method::PATCH, &["samples", &id.to_string(), ""], &body).await?);
        if names(sample.uuid.as_deref(), &id) { Ok(sample) } else { Err(UNCLEAR) }
    }

    async fn read(&self, key: &SecretString, path: &[&str]) -> Result<String, SegmentsError> {
        self.counted(async { self.ask(key, Method::GET, path, None).await?.consent(AnswerKind::Read, key) }).await
    }

    async fn write(
        &self,
        key: &SecretString,
        verb: Method,
        path: &[&str],
        body: &Value,
    ) -> Result<String, SegmentsError> {
        self.counted(async { self.ask(key, verb, path, Some(body)).await?.consent(AnswerKind::Write, key) }).await
    }

    /// Counts a call by what comes of it; also one that its caller gives up.
    async fn counted(
        &self,
        call: impl Future<Output = Result<String, SegmentsError>>,
    ) -> Result<String, SegmentsError> {
        let mut count = Count { calls: &self.calls, word: "given_up" };
        let result = call.await;
        count.word = result.as_ref().map_or_else(SegmentsError::word, |_| "ok");
        result
    }

    /// Makes one call and reads its answer. A call with a body is a write.
    async fn ask(
        &self,
        key: &SecretString,
        verb: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<AnswerBody, SegmentsError> {
        let address = self.address(path).ok_or(SegmentsError::NotFound)?;
        let mut request = self.http.request(verb, address).header(header::AUTHORIZATION, authorization(key)?);
        let (kind, limit) = match body {
            None => (AnswerKind::Read, READ_LIMIT),
            Some(body) => {
                request = request.json(body);
                (AnswerKind::Write, WRITE_LIMIT)
            }
        };
        let call = async {
            let response = request.send().await.map_err(|error| {
                let unsent = error.is_connect();
                if unsent {
                    SegmentsError::Unavailable(ErrorKind::Unreachable)
                } else {
                    kind.after_sending(ErrorKind::Cut)
                }
            })?;
            // What a label consists of is for nobody here, and may be very much.
            let left_out = matches!(path, ["labels", ..]).then_some("attributes");
            // In a box, since every call holds what this needs.
            Box::pin(AnswerBody::receive(response, left_out)).await.map_err(|trouble| kind.after_sending(trouble))
        };
        self.clock.answer_within(limit, call).await.unwrap_or_else(|| Err(kind.after_sending(ErrorKind::TimedOut)))
    }

    /// The address of a path; an empty last part makes the slash at its end. `None` where a part leads elsewhere.
    fn address(&self, path: &[&str]) -> Option<Url> {
        let named = path.strip_suffix(&[""]).unwrap_or(path);
        if !named.iter().all(|part| ids::is_path_part(part)) {
            return None;
        }
        let mut address = self.base.clone();
        address.path_segments_mut().ok()?.pop_if_empty().extend(path);
        Some(address)
    }
}

/// A call that is counted when it is over, however it ends.
struct Count<'a> {
    calls: &'a Tally,
    word: &'static str,
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.calls.count(self.word);
    }
}

/// A read gave something else than what was asked for.
const UNREADABLE: SegmentsError = SegmentsError::Unavailable(ErrorKind::Unreadable);
/// A write was taken, and its answer is about something else.
const UNCLEAR: SegmentsError = SegmentsError::Unclear(ErrorKind::Unreadable);

fn authorization(key: &SecretString) -> Result<HeaderValue, SegmentsError> {
    let mut value = HeaderValue::from_str(&format!("APIKey {}", key.expose_secret()))
        // What cannot be sent was never handed out.
        .map_err(|_| SegmentsError::Unauthorized)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an object says that it is the one of this id.
fn names(said: Option<&str>, id: &impl ToString) -> bool {
    said.is_some_and(|said| said.eq_ignore_ascii_case(&id.to_string()))
}

fn user(json: &str) -> Option<User> {
    let [username, is_organization, webhooks_enabled] =
        fields(json, ["username", "is_organization", "webhooks_enabled"]);
    Some(User {
        username: SegmentsUsername::parse(&string(username?)?)?,
        is_organization: flag(is_organization),
        webhooks_enabled: flag(webhooks_enabled),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(base: &str) -> SegmentsApi {
        SegmentsApi::new(base.parse().unwrap(), Clock::system(), Tally::default()).unwrap()
    }

    #[test]
    fn every_part_of_a_path_stays_one_part() {
        let address = |base: &str, path: &[&str]| api(base).address(path).map(String::from);
        let base = "https://api.segments.ai";
        assert_eq!(address(base, &["user"]).unwrap(), "https://api.segments.ai/user");
        assert_eq!(
            address(base, &["datasets", "a b", "c?d#e%2F\\é", ""]).unwrap(),
            "https://api.segments.ai/datasets/a%20b/c%3Fd%23e%252F%5C%C3%A9/"
        );
        assert_eq!(address("http://127.0.0.1:1/below/", &["user"]).unwrap(), "http://127.0.0.1:1/below/user");
        for elsewhere in ["", ".", ".."] {
            assert_eq!(address(base, &["datasets", elsewhere, "x", ""]), None);
        }
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_unsent() {
        assert_eq!(authorization(&SecretString::from("a\nb")), Err(SegmentsError::Unauthorized));
        let value = authorization(&SecretString::from("secret-key")).unwrap();
        assert!(value.is_sensitive() && !format!("{value:?}").contains("secret"));
    }
}
