//! The client of Segments.ai against a Segments.ai on loopback: every call, every refusal, every bad day.

mod faults;
mod hostile;
mod reads;
mod webhooks;
mod writes;

use reqwest::Client;
use secrecy::SecretString;
use segments_slack::clock::Clock;
use segments_slack::metrics::Tally;
use segments_slack::model::DatasetName;
use segments_slack::sandbox::segments_ai::{Call, Role, SegmentsAi};
use segments_slack::segments::api::{IssueId, Labelset, SampleId, SegmentsApi, SegmentsError, SegmentsUsername};

/// Segments.ai with jane, who owns jane/flowers; max (a manager of it), rex (a reviewer), vic (a viewer) and otto, who
/// has nothing to do with it. A person's key is `key-of-` and the name. In the dataset is rose.png (`sample`) with a
/// label that waits for review and an open issue of jane's (`issue`).
struct Segments {
    ai: SegmentsAi,
    api: SegmentsApi,
    clock: Clock,
    counted: Tally,
    url: String,
    http: Client,
    sample: String,
    issue: String,
}

impl Segments {
    async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let clock = Clock::manual("2026-11-20T09:15:00Z".parse().unwrap());
        let ai = SegmentsAi::new(clock.clone());
        for name in ["jane", "max", "rex", "vic", "otto"] {
            ai.add_user(name, &format!("key-of-{name}"));
        }
        ai.add_dataset("jane/flowers");
        for (name, role) in [("max", Role::Manager), ("rex", Role::Reviewer), ("vic", Role::Viewer)] {
            ai.add_collaborator("jane/flowers", name, role);
        }
        let sample = ai.uploads("jane", "jane/flowers", "rose.png");
        ai.labels("rex", &sample, "ground-truth", "LABELED");
        let issue = ai.opens_issue("jane", &sample, "The leaf has no label.");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = ai.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let counted = Tally::default();
        let api = SegmentsApi::new(url.parse().unwrap(), clock.clone(), counted.clone()).unwrap();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { ai, api, clock, counted, url, http, sample, issue }
    }

    fn sample(&self) -> SampleId {
        SampleId::parse(&self.sample).unwrap()
    }

    fn issue(&self) -> IssueId {
        IssueId::parse(&self.issue).unwrap()
    }

    /// The calls so far, as `PATCH /issues/…/ by jane: 200`.
    fn calls(&self) -> Vec<String> {
        let short = |path: &str| path.replace(&self.sample, "{sample}").replace(&self.issue, "{issue}");
        let line = |call: Call| {
            format!("{} {} by {}: {}", call.verb, short(&call.path), call.user.unwrap_or_default(), call.result)
        };
        self.ai.calls().into_iter().map(line).collect()
    }
}

fn key(name: &str) -> SecretString {
    SecretString::from(format!("key-of-{name}"))
}

fn flowers() -> DatasetName {
    DatasetName::parse("jane/flowers").unwrap()
}

fn ground_truth() -> Labelset {
    Labelset::parse("ground-truth").unwrap()
}

fn username(name: &str) -> SegmentsUsername {
    SegmentsUsername::parse(name).unwrap()
}

/// What was said with a refusal.
fn said(error: &SegmentsError) -> Option<&str> {
    match error {
        SegmentsError::Forbidden { said } | SegmentsError::Rejected { said } => said.words(),
        _ => None,
    }
}
