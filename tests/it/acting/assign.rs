//! Assigning a sample from a card.

use super::Scene;
use crate::harness::{channel, seconds, user, workspace};
use secrecy::SecretString;
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::segments_ai::{Fault, Role, Timing};
use segments_slack::sandbox::slack::Fault as SlackFault;
use segments_slack::segments::api::Queue;
use serde_json::json;

impl Scene {
    /// These events in C1, and john, who is a labeler of the dataset and has said so.
    async fn with_john(events: &str) -> Self {
        let scene = Self::of(events).await;
        scene.ai.add_user("john", "key-of-john");
        scene.ai.add_collaborator("jane/flowers", "john", Role::Labeler);
        scene.bench.user("U2").types("/segments me john").in_channel("C1").await;
        scene.page("C1");
        scene
    }

    /// Opens the form about the sample as ann, and fills it in.
    async fn opens_for(&self, who: &str, queue: &str) -> String {
        let told = self.asks(&self.of_sample("assign")).await;
        self.bench.fill("person", json!(who)).await;
        self.bench.fill("queue", json!(queue)).await;
        told
    }

    fn labeler(&self) -> serde_json::Value {
        self.ai.sample(&self.sample)["assigned_labeler"].clone()
    }
}

#[tokio::test]
async fn assigning_a_sample_tells_its_channels_once_who_asked() {
    for timing in [Timing::WhenDelivered, Timing::BeforeAnswer] {
        let scene = Scene::with_john("sample.created").await;
        scene.bench.user("U2").types("/segments subscribe jane/flowers sample.*").in_channel("C2").await;
        scene.page("C2");
        scene.ai.set_timing(timing);
        let told = scene.opens_for("U2", "labeling").await;
        assert!(
            told.contains("rose.png>* · jane/flowers\nNow to be labeled by nobody and reviewed by nobody"),
            "{told}"
        );
        let told = scene.submits().await;
        assert!(told.contains("|rose.png> is in the labeling queue of <@U2> (john) now."), "{told}");
        assert_eq!(scene.labeler(), "john");
        scene.webhooks_come().await;
        let words = "👤 Sample rose.png assigned to john for labeling by <@U1> · jane/flowers";
        let page = scene.page("C1");
        assert_eq!(page[page.len() - 1], format!("↳ {words}"), "{timing:?} {page:#?}");
        assert_eq!(page.iter().filter(|line| line.contains("assigned")).count(), 1, "{page:#?}");
        assert_eq!(scene.page("C2"), [words], "{timing:?}");
    }
}

#[tokio::test]
async fn a_labels_menu_assigns_even_a_sample_without_webhooks() {
    let scene = Scene::with_john("label.*").await;
    let old = scene.ai.uploads("rex", "rex/unseen", "old.png");
    scene.ai.add_collaborator("rex/unseen", "john", Role::Reviewer);
    let endpoint = scene.bench.url("/webhooks/segments").parse().unwrap();
    scene.bench.user("U1").types("/segments subscribe rex/unseen label.*").in_channel("C1").await;
    scene.page("C1");
    let secret = SecretString::from(crate::harness::WEBHOOK_SECRET);
    scene.ai.set_endpoint("rex", Sender::new(endpoint, &secret).unwrap());
    scene.ai.labels("rex", &old, "ground-truth", "SKIPPED");
    scene.webhooks_come().await;
    assert!(scene.page("C1").last().unwrap().contains("old.png"));
    scene.asks(&format!("assign label {old} ground-truth")).await;
    scene.bench.fill("person", json!("U2")).await;
    scene.bench.fill("queue", json!("reviewing")).await;
    assert!(scene.submits().await.contains("is in the reviewing queue of <@U2> (john) now."));
    scene.webhooks_come().await;
    let page = scene.page("C1");
    let words = "↳ 👤 Sample old.png assigned to john for review by <@U1> · rex/unseen";
    assert_eq!(page.last().unwrap(), words, "{page:#?}");
}

#[tokio::test]
async fn whoever_is_nobody_there_is_told_beside_the_field() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U1", "labeling").await;
    scene.bench.submit().await.unwrap();
    let wrong = scene.bench.error("person");
    assert!(
        wrong.starts_with("This person has not told who they are in Segments.ai: they type /segments me"),
        "{wrong}"
    );
    // Known here, and unknown there.
    scene.bench.user("U1").types("/segments me ann").in_channel("C1").await;
    scene.page("C1");
    scene.bench.submit().await.unwrap();
    let wrong = scene.bench.error("person");
    assert!(wrong.starts_with("Segments.ai does not take ann. “"), "{wrong}");
    assert!(wrong.contains("Object with username=ann does not exist."), "{wrong}");
    assert!(scene.labeler().is_null());
    // Nothing is taken for what ann asked.
    scene.ai.assigns(&scene.sample, Queue::Labeling, Some("john"));
    scene.webhooks_come().await;
    let page = scene.page("C1");
    assert_eq!(page.last().unwrap(), "👤 Sample rose.png assigned to john for labeling · jane/flowers");
}

#[tokio::test]
async fn assigning_leaves_a_changed_queue_until_someone_looked_again() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U2", "labeling").await;
    scene.ai.assigns(&scene.sample, Queue::Labeling, Some("jane"));
    let told = scene.submits().await;
    assert!(told.contains("so nothing was written: the sample is with jane now."), "{told}");
    assert!(told.contains("Now to be labeled by jane and reviewed by nobody"), "{told}");
    assert_eq!((scene.labeler(), scene.changes()), (json!("jane"), 0));
    // What was filled in is still there.
    assert!(scene.submits().await.contains("is in the labeling queue of <@U2> (john) now."));
    assert_eq!(scene.labeler(), "john");
    scene.webhooks_come().await;
    scene.page("C1");
    scene.closes().await;
    // The other queue is no business of this one.
    scene.opens_for("U2", "reviewing").await;
    scene.ai.assigns(&scene.sample, Queue::Labeling, Some("jane"));
    assert!(scene.submits().await.contains("is in the reviewing queue"));
    scene.webhooks_come().await;
    // It was asked for from the reply that told of the first, and stands beside it; what jane got is nobody's of here.
    let page = scene.page("C1");
    let told: Vec<_> = page.iter().filter(|line| line.starts_with("↳") && line.contains("by <@U1>")).collect();
    assert!(told.len() == 2 && told[0].contains("assigned to john for labeling by"), "{page:#?}");
    assert!(told[1].contains("to john for review by"), "{page:#?}");
}

#[tokio::test]
async fn whoever_has_the_sample_already_is_left_with_it() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U2", "labeling").await;
    scene.ai.assigns(&scene.sample, Queue::Labeling, Some("john"));
    let told = scene.submits().await;
    assert!(told.contains("is in the labeling queue of <@U2> (john) already. Nothing was changed."), "{told}");
    assert_eq!(scene.changes(), 0);
    scene.webhooks_come().await;
    scene.page("C1");
}

#[tokio::test]
async fn a_refusal_is_shown_in_the_form_and_expects_no_webhook() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U2", "labeling").await;
    for (call, status, words) in [
        ("GET /samples/", 401, "Segments.ai does not accept the API key of this account (any more)."),
        ("GET /samples/", 503, "Segments.ai cannot be asked right now: it answered with an error of its own (503)."),
        ("PATCH /samples/", 403, "The owner of this account's API key may not assign this sample in Segments.ai"),
        ("PATCH /samples/", 404, "Segments.ai does not find this sample, or the API key has no access to it."),
        ("PATCH /samples/", 503, "Segments.ai cannot be asked right now: it answered with an error of its own (503)."),
    ] {
        scene.ai.fail_next_of(call, Fault::Status(status));
        let told = scene.submits().await;
        assert!(told.contains(words) && told.contains("Nothing was changed."), "{call} {status}: {told}");
        assert!(scene.bench.modal()["state"].to_string().contains("\"U2\""));
    }
    assert!(scene.labeler().is_null());
    scene.ai.assigns(&scene.sample, Queue::Labeling, Some("john"));
    scene.webhooks_come().await;
    let page = scene.page("C1");
    assert_eq!(page.last().unwrap(), "👤 Sample rose.png assigned to john for labeling · jane/flowers");
}

#[tokio::test]
async fn where_the_answer_is_lost_the_sample_tells_what_came_of_it() {
    let scene = Scene::with_john("sample.*").await;
    for (fault, words) in [
        (Fault::Reset, "Segments.ai did not say whether it has assigned"),
        (Fault::LoseAnswer, "is in the labeling queue of <@U2> (john) now."),
    ] {
        scene.opens_for("U2", "labeling").await;
        scene.ai.fail_next_of("PATCH /samples/", fault);
        let told = scene.submits().await;
        assert!(told.contains(words), "{told}");
        scene.closes().await;
    }
    scene.webhooks_come().await;
    let page = scene.page("C1");
    assert_eq!(page.iter().filter(|line| line.contains("by <@U1>")).count(), 1, "{page:#?}");
}

#[tokio::test]
async fn a_form_sent_twice_assigns_once_and_slow_answers_show_later() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U2", "labeling").await;
    let view = scene.bench.modal();
    scene.ai.fail_next_of("PATCH /samples/", Fault::LoseAnswerHang);
    scene.submits_and_waits(3).await;
    assert!(scene.says().contains("This takes longer than usual."), "{}", scene.says());
    let again = scene.sends("U1", &view).await;
    assert!(again.contains("Somebody is just assigning this sample."), "{again}");
    scene.bench.after(seconds(20)).await;
    while scene.says().contains("takes longer") {
        scene.bench.settle().await;
    }
    assert!(scene.says().contains("is in the labeling queue of <@U2> (john) now."), "{}", scene.says());
    assert!(scene.sends("U1", &view).await.contains("already. Nothing was changed."));
    assert_eq!(scene.changes(), 1);
    scene.webhooks_come().await;
    let page = scene.page("C1");
    assert_eq!(page.iter().filter(|line| line.contains("by <@U1>")).count(), 1, "{page:#?}");
    assert!(scene.bench.slack.modal(&workspace(), &user("U1")).is_some());
}

#[tokio::test]
async fn closing_the_form_early_brings_the_result_in_a_message() {
    let scene = Scene::with_john("sample.*").await;
    scene.opens_for("U2", "labeling").await;
    scene.ai.fail_next_of("PATCH /samples/", Fault::LoseAnswerHang);
    scene.submits_and_waits(3).await;
    scene.closes().await;
    scene.bench.after(seconds(20)).await;
    while scene.bench.slack.messages(&workspace(), &channel("D1"), None).is_empty() {
        scene.bench.settle().await;
    }
    let told = scene.bench.read("D1");
    assert!(told.text.starts_with("About the form that you closed: "), "{}", told.text);
    let came = "is in the labeling queue of <@U2> (john) now.";
    assert!(told.text.contains(came) && told.blocks.to_string().contains(came), "{told:#?}");
    scene.webhooks_come().await;
    scene.page("C1");
}

impl Scene {
    /// Assigns in a form that is still open when Slack gives up, and whose updates strike `faults`, one after the other.
    async fn assigns_late(&self, faults: &[SlackFault]) {
        self.opens_for("U2", "labeling").await;
        self.ai.fail_next_of("PATCH /samples/", Fault::LoseAnswerHang);
        self.submits_and_waits(3).await;
        let updates = || self.bench.slack.calls().into_iter().filter(|call| call.method == "views.update").count();
        let before = updates();
        for fault in faults {
            self.bench.slack.fail_next_of("views.update", fault.clone());
        }
        self.bench.after(seconds(20)).await;
        for met in 1..=faults.len() {
            while updates() < before + met {
                self.bench.settle().await;
            }
            self.bench.after(seconds(20)).await;
        }
    }
}

#[tokio::test]
async fn what_came_of_a_form_is_shown_although_slack_has_a_bad_day() {
    let scene = Scene::with_john("sample.*").await;
    let limit = SlackFault::RateLimit { retry_after: 7 };
    scene.assigns_late(&[limit, SlackFault::Status(500), SlackFault::Reset, SlackFault::LoseAnswer]).await;
    assert!(scene.says().contains("is in the labeling queue of <@U2> (john) now."), "{}", scene.says());
    assert!(scene.bench.slack.messages(&workspace(), &channel("D1"), None).is_empty());
    scene.webhooks_come().await;
    scene.page("C1");
}

#[tokio::test]
async fn a_form_that_slack_cannot_update_is_answered_in_a_message() {
    let scene = Scene::with_john("sample.*").await;
    scene.assigns_late(&vec![SlackFault::Status(500); 5]).await;
    let told = scene.bench.read("D1").text;
    assert!(told.starts_with("About the form that you sent: "), "{told}");
    assert!(told.contains("is in the labeling queue of <@U2> (john) now."), "{told}");
    scene.webhooks_come().await;
    scene.page("C1");
}
