//! Every change is told by the webhook that Segments.ai would send.

use super::{Segments, ground_truth, key, username};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use secrecy::SecretString;
use segments_slack::clock::Clock;
use segments_slack::model::{DatasetName, Object};
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::segments_ai::{Fault, Role, Timing};
use segments_slack::segments::api::{IssueId, IssueStatus, LabelStatus, Queue, SampleId};
use segments_slack::segments::webhook::{Secrets, SignedWebhook};
use segments_slack::segments::{Decoded, decode, sample};
use std::sync::{Arc, Mutex};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An endpoint that believes what is signed; it answers 500 as often as it is told to.
#[derive(Clone)]
struct Endpoint {
    clock: Clock,
    received: Arc<Mutex<Vec<SignedWebhook>>>,
    refuse: Arc<Mutex<usize>>,
}

impl Endpoint {
    async fn of(segments: &Segments) -> Self {
        let endpoint = Self { clock: segments.clock.clone(), received: Arc::default(), refuse: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receive = |endpoint: State<Self>, headers: HeaderMap, body| async move { endpoint.receive(&headers, body) };
        let router = axum::Router::new().route("/hook", post(receive)).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        segments.ai.set_endpoint("jane", Sender::new(url.parse().unwrap(), &SecretString::from(SECRET)).unwrap());
        endpoint
    }

    fn receive(&self, headers: &HeaderMap, body: Bytes) -> StatusCode {
        let secrets = Secrets::parse(SECRET).unwrap();
        let webhook = SignedWebhook::verify(headers, body, &secrets, self.clock.now()).unwrap();
        self.received.lock().unwrap().push(webhook);
        let mut refuse = self.refuse.lock().unwrap();
        let refused = *refuse > 0;
        *refuse = refuse.saturating_sub(1);
        if refused { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }

    /// What came, as `issue.updated CLOSED by rex`, and forgets it.
    fn events(&self) -> Vec<String> {
        self.received.lock().unwrap().drain(..).map(|webhook| line(&webhook, self.clock.now())).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|webhook| webhook.message().to_string()).collect()
    }
}

fn line(webhook: &SignedWebhook, now: jiff::Timestamp) -> String {
    let Decoded::Event(event) = decode(webhook.body(), now).unwrap() else { panic!("no event") };
    assert_eq!(event.dataset.unwrap().as_str(), "jane/flowers");
    assert!(event.text.unwrap().ends_with(" in dataset jane/flowers."));
    let detail = match event.object {
        Object::Issue(issue) => format!("{} by {}", issue.status.unwrap(), issue.updated_by.unwrap()),
        Object::Label(label) => {
            assert_eq!(label.sample_name.as_deref(), Some("rose.png"));
            format!("{} by {}", label.status.unwrap(), label.updated_by.unwrap())
        }
        Object::Sample(sample) => sample.assigned_labeler.unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    format!("{} {detail}", event.event_type.as_str())
}

#[tokio::test]
async fn every_api_change_sends_a_webhook_with_the_keys_owner() {
    let segments = Segments::start().await;
    let endpoint = Endpoint::of(&segments).await;
    let (api, sample) = (&segments.api, segments.sample());
    api.set_issue_status(&key("rex"), segments.issue(), IssueStatus::Closed).await.unwrap();
    api.set_label_status(&key("max"), sample, &ground_truth(), LabelStatus::Rejected).await.unwrap();
    api.open_issue(&key("vic"), sample, "Another.").await.unwrap();
    api.assign(&key("max"), sample, Queue::Labeling, Some(&username("rex"))).await.unwrap();
    // They wait until they are sent, in their order.
    assert_eq!((segments.ai.waiting(), endpoint.events().len()), (4, 0));
    assert_eq!(segments.ai.deliver().await.len(), 4);
    assert_eq!(
        endpoint.events(),
        [
            "issue.updated CLOSED by rex",
            "label.updated REJECTED by max",
            "issue.created OPEN by vic",
            "sample.updated rex"
        ]
    );
    assert_eq!((segments.ai.waiting(), segments.ai.deliver().await.len()), (0, 0));
}

#[tokio::test]
async fn a_webhook_can_overtake_the_answer_of_its_call() {
    let segments = Segments::start().await;
    let endpoint = Endpoint::of(&segments).await;
    segments.ai.set_timing(Timing::BeforeAnswer);
    segments.api.set_issue_status(&key("rex"), segments.issue(), IssueStatus::Closed).await.unwrap();
    assert_eq!(endpoint.events(), ["issue.updated CLOSED by rex"]);
    // Also where there is no answer at all.
    segments.ai.fail_next(Fault::LoseAnswer);
    segments.api.set_issue_status(&key("rex"), segments.issue(), IssueStatus::Open).await.unwrap_err();
    assert_eq!(endpoint.events(), ["issue.updated OPEN by rex"]);
}

#[tokio::test]
async fn what_people_do_in_the_web_app_is_told_too() {
    let segments = Segments::start().await;
    let endpoint = Endpoint::of(&segments).await;
    segments.ai.labels("rex", &segments.sample, "ground-truth", "REVIEWED");
    segments.ai.replies("vic", &segments.issue, "Which leaf?");
    segments.ai.resolves("max", &segments.issue, IssueStatus::Closed);
    segments.ai.assigns(&segments.sample, Queue::Labeling, Some("rex"));
    segments.ai.uploads("jane", "jane/flowers", "tulip.png");
    segments.ai.deliver().await;
    let told = [
        "label.updated REVIEWED by rex",
        "issue.updated OPEN by vic",
        "issue.updated CLOSED by max",
        "sample.updated rex",
        "sample.created ",
    ];
    assert_eq!(endpoint.events(), told);
    assert_eq!(segments.ai.issue(&segments.issue)["comments"][0]["text"], "Which leaf?");
    assert_eq!(segments.ai.sample(&segments.sample)["assigned_labeler"], "rex");
}

#[tokio::test]
async fn a_webhook_that_is_not_accepted_goes_again_under_its_id() {
    let segments = Segments::start().await;
    let endpoint = Endpoint::of(&segments).await;
    segments.ai.resolves("max", &segments.issue, IssueStatus::Closed);
    *endpoint.refuse.lock().unwrap() = 1;
    segments.ai.deliver().await;
    assert_eq!(segments.ai.waiting(), 1);
    segments.ai.deliver().await;
    let ids = endpoint.ids();
    assert_eq!((ids.len(), segments.ai.waiting()), (2, 0));
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn without_an_endpoint_of_the_owner_nothing_waits() {
    let segments = Segments::start().await;
    segments.ai.resolves("max", &segments.issue, IssueStatus::Closed);
    assert_eq!(segments.ai.waiting(), 0);
    assert_eq!(segments.ai.webhooks().last().unwrap()["object"]["status"], "CLOSED");
    let refused = segments.api.set_issue_status(&key("otto"), segments.issue(), IssueStatus::Open).await;
    assert_eq!((refused.unwrap_err().word(), segments.ai.webhooks().len()), ("not_found", 4));
}

#[tokio::test]
async fn webhooks_go_by_themselves_while_somebody_looks_after_them() {
    let segments = Segments::start().await;
    let endpoint = Endpoint::of(&segments).await;
    segments.ai.resolves("max", &segments.issue, IssueStatus::Closed);
    let ai = segments.ai.clone();
    let going = tokio::spawn(async move { ai.keep_delivering().await });
    while segments.ai.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    segments.ai.resolves("max", &segments.issue, IssueStatus::Open);
    while segments.ai.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(endpoint.events(), ["issue.updated CLOSED by max", "issue.updated OPEN by max"]);
    going.abort();
}

#[tokio::test]
async fn what_a_made_up_webhook_speaks_of_can_be_acted_on() {
    let segments = Segments::start().await;
    segments.ai.add_to_crew("max", Role::Manager);
    let see = |event: &str, serial| {
        let body = sample::body(event, "acme/cars", serial, segments.clock.now()).unwrap();
        segments.ai.see(&body);
        body
    };
    let issue = see("issue.created", 7)["object"]["uuid"].as_str().unwrap().to_owned();
    let id = IssueId::parse(&issue).unwrap();
    let closed = segments.api.set_issue_status(&key("max"), id, IssueStatus::Closed).await.unwrap();
    assert_eq!((closed.status.as_deref(), closed.sample_name.as_deref()), (Some("CLOSED"), Some("sample_0007.png")));
    let label = see("label.labeled", 8);
    let sample = SampleId::parse(label["object"]["sample_uuid"].as_str().unwrap()).unwrap();
    segments.api.set_label_status(&key("max"), sample, &ground_truth(), LabelStatus::Reviewed).await.unwrap();
    let name = segments.api.sample(&key("max"), sample).await.unwrap().name;
    assert_eq!(name.as_deref(), Some("sample_0008.png"));
    // It counts them: the sample of the issue, and that of the label, which is reviewed.
    let progress = async || segments.api.dataset(&key("max"), &DatasetName::parse("acme/cars").unwrap()).await;
    assert_eq!(progress().await.unwrap().progress(), Some((1, 2)));
    see("label.rejected", 8);
    assert_eq!(progress().await.unwrap().progress(), Some((0, 2)));
    for event in sample::event_names() {
        see(event, 9);
    }
    segments.ai.see(&serde_json::json!(["no", "webhook"]));
    see("sample.deleted", 8);
    assert_eq!(segments.api.sample(&key("max"), sample).await.unwrap_err().word(), "not_found");
    see("dataset.deleted", 1);
    assert!(segments.ai.issue(&issue).is_null() && segments.ai.dataset("acme/cars").is_null());
}
