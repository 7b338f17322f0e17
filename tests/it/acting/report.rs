//! Reporting an issue from a card, and replying to one by another.

use super::{Scene, endpoint};
use crate::harness::{channel, seconds, workspace};
use segments_slack::config::Replies;
use segments_slack::sandbox::segments_ai::Fault;
use serde_json::json;

const WORDS: &str = "The leaf has\nno label.";

impl Scene {
    /// Opens the form about the sample as ann, and writes into it.
    async fn writes_of_it(&self, text: &str) {
        self.asks(&self.of_sample("report")).await;
        self.bench.fill("text", json!(text)).await;
    }

    /// The descriptions of all issues at Segments.ai but the first.
    fn opened(&self) -> Vec<String> {
        let calls = self.ai.calls();
        assert!(calls.iter().all(|call| call.verb != "PATCH"), "{calls:#?}");
        let issues = self.ai.touched(10).into_iter().flat_map(|touched| touched.issues);
        let words = issues.map(|issue| issue["description"].as_str().unwrap().to_owned());
        words.filter(|words| words != "The leaf has no label.").collect()
    }
}

#[tokio::test]
async fn a_reported_issue_is_the_key_owners_and_names_its_author() {
    let unseen = "<#C1> is not subscribed to `issue.created` there, so no card follows: open the sample to see it.";
    for (other, follows) in [
        ("issue.created text:leaf", "Its card follows in <#C1>."),
        ("issue.created text:tulip", unseen),
        ("label.*", unseen),
    ] {
        let scene = Scene::of("sample.created").await;
        scene.bench.user("U1").types(&format!("/segments subscribe jane/flowers {other}")).in_channel("C1").await;
        scene.page("C1");
        scene.writes_of_it(WORDS).await;
        let told = scene.submits().await;
        assert!(told.contains("🔴 Your issue is on <https://app.segments.ai/jane/flowers/samples/"), "{told}");
        assert!(told.contains("|rose.png> in Segments.ai, as rex.") && told.contains(follows), "{told}");
        assert_eq!(scene.opened(), ["ann, from Slack:\n\nThe leaf has\nno label."]);
        scene.webhooks_come().await;
        let page = scene.page("C1");
        let cards =
            page.iter().filter(|line| line.contains("issue opened by rex: ann, from Slack: The leaf has no label."));
        assert_eq!(cards.count(), usize::from(follows.starts_with("Its card")), "{page:#?}");
    }
}

#[tokio::test]
async fn the_card_of_a_long_issue_says_who_wrote_it() {
    let scene = Scene::of("sample.created").await;
    scene.bench.user("U1").types("/segments subscribe jane/flowers issue.created").in_channel("C1").await;
    scene.page("C1");
    scene.writes_of_it(&"no label ".repeat(200)).await;
    scene.submits().await;
    scene.webhooks_come().await;
    scene.page("C1");
    let shown = scene.bench.slack.messages(&workspace(), &channel("C1"), None);
    let card = shown.last().unwrap().attachments.to_string();
    assert!(card.contains("ann, from Slack:") && card.contains("no label no label"), "{card}");
}

#[tokio::test]
async fn a_form_that_says_nothing_or_too_much_stays() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(" \n ").await;
    scene.bench.submit().await.unwrap();
    assert_eq!(scene.bench.error("text"), "Say in a few words what is wrong.");
    scene.bench.fill("text", json!("x".repeat(2_001))).await;
    scene.bench.submit().await.unwrap();
    assert_eq!(scene.bench.error("text"), "This is too long: at most 2,000 characters fit.");
    assert!(scene.opened().is_empty());
    scene.bench.fill("text", json!("x".repeat(2_000))).await;
    scene.bench.submit().await.unwrap();
    assert_eq!(scene.opened().len(), 1);
}

#[tokio::test]
async fn a_form_sent_twice_opens_one_issue_even_across_servers() {
    let mut scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    let view = scene.bench.modal();
    scene.submits().await;
    assert!(scene.sends("U1", &view).await.contains("Your issue is on"));
    scene.bench.restart().await;
    assert!(scene.sends("U1", &view).await.contains("Your issue is on"));
    assert_eq!(scene.opened().len(), 1);
    scene.page("C1");
}

#[tokio::test]
async fn a_form_sent_again_while_in_progress_does_nothing() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    let view = scene.bench.modal();
    scene.ai.fail_next_of("POST /samples/", Fault::LoseAnswerHang);
    scene.submits_and_waits(3).await;
    assert!(scene.says().contains("This takes longer than usual."), "{}", scene.says());
    assert!(scene.sends("U1", &view).await.contains("This form was sent a moment ago"));
    scene.bench.after(seconds(20)).await;
    while scene.says().contains("takes longer") {
        scene.bench.settle().await;
    }
    assert!(scene.says().contains("Your issue is on"), "{}", scene.says());
    assert_eq!(scene.opened().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_list_of_issues() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    for fault in [Fault::Reset, Fault::Rubbish] {
        scene.ai.fail_next_of("POST /samples/", fault);
        let told = scene.submits().await;
        assert!(told.contains("Segments.ai did not say whether it has taken this, and does not list it."), "{told}");
        assert!(scene.bench.modal()["state"].to_string().contains("no label."), "what was written is still there");
    }
    // Nobody knows, and nobody can look: nothing is sent.
    scene.ai.fail_next_of("GET /datasets/", Fault::Status(503));
    let told = scene.submits().await;
    assert!(told.contains("This may have been taken before, so I look first."), "{told}");
    assert!(told.contains("an error of its own (503). Nothing was sent this time."), "{told}");
    assert_eq!((scene.opened().len(), scene.changes()), (0, 2));
    scene.ai.fail_next_of("POST /samples/", Fault::LoseAnswer);
    assert!(scene.submits().await.contains("Your issue is on"), "{}", scene.says());
    assert_eq!((scene.opened().len(), scene.changes()), (1, 3));
}

#[tokio::test]
async fn a_refusal_keeps_what_was_written() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    for (status, words) in [
        (401, "Segments.ai does not accept the API key of this account (any more)."),
        (403, "The owner of this account's API key may not report issues on this sample in Segments.ai"),
        (404, "Segments.ai does not find this sample, or the API key has no access to it."),
        (400, "Segments.ai does not take this"),
    ] {
        scene.ai.fail_next_of("POST /samples/", Fault::Status(status));
        let told = scene.submits().await;
        assert!(told.contains(words) && told.contains("Nothing was changed."), "{status}: {told}");
        assert!(scene.bench.modal()["state"].to_string().contains("no label."));
    }
    scene.ai.fail_next_of("POST /samples/", Fault::Throttle { retry_after: Some(300), told: None });
    assert!(
        scene.submits().await.contains("takes no more calls for 300 seconds. Nothing was changed. Try again then.")
    );
    assert!(scene.opened().is_empty());
    assert!(scene.submits().await.contains("Your issue is on"));
    assert_eq!(scene.opened().len(), 1);
}

#[tokio::test]
async fn after_a_refusal_there_is_nothing_to_look_for() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    for fault in [Fault::Throttle { retry_after: Some(300), told: None }, Fault::Status(403), Fault::Status(503)] {
        scene.ai.fail_next_of("POST /samples/", fault);
        assert!(scene.submits().await.contains("Nothing was changed."), "{}", scene.says());
    }
    assert!(scene.submits().await.contains("Your issue is on"), "{}", scene.says());
    let lists = scene.ai.calls().into_iter().filter(|call| call.path.ends_with("/issues/") && call.verb == "GET");
    assert_eq!((scene.opened().len(), lists.count()), (1, 0));
}

#[tokio::test]
async fn an_issue_of_an_earlier_attempt_is_found_after_rewording() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    // It is taken, and the list does not show it yet.
    scene.ai.fail_next_of("POST /samples/", Fault::LoseAnswer);
    scene.ai.fail_next_of("GET /datasets/", Fault::Answer(200, "[]".to_owned()));
    assert!(scene.submits().await.contains("does not list it"), "{}", scene.says());
    // The list lags, and the next try is refused.
    scene.bench.fill("text", json!("The leaf has no label at all.")).await;
    scene.ai.fail_next_of("GET /datasets/", Fault::Answer(200, "[]".to_owned()));
    scene.ai.fail_next_of("POST /samples/", Fault::Status(403));
    assert!(scene.submits().await.contains("may not report issues"), "{}", scene.says());
    scene.bench.fill("text", json!("No leaf has any label.")).await;
    let told = scene.submits().await;
    assert!(told.contains("as rex. It was taken when you sent it before, so it has the words of then."), "{told}");
    assert_eq!((scene.opened().len(), scene.changes()), (1, 2));
}

#[tokio::test]
async fn a_short_pause_is_waited_for_before_the_list_is_read_again() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.writes_of_it(WORDS).await;
    scene.ai.fail_next_of("POST /samples/", Fault::Reset);
    assert!(scene.submits().await.contains("does not list it"), "{}", scene.says());
    let lists = |scene: &Scene| scene.ai.calls().iter().filter(|call| call.path.ends_with("flowers/issues/")).count();
    assert_eq!(lists(&scene), 1);
    scene.ai.fail_next_of("GET /datasets/", Fault::Throttle { retry_after: Some(2), told: None });
    let waiting = async {
        while lists(&scene) == 1 {
            tokio::task::yield_now().await;
        }
        scene.bench.after(seconds(2)).await;
    };
    tokio::join!(async { scene.bench.submit().await.unwrap() }, waiting);
    assert!(scene.says().contains("Your issue is on"), "{}", scene.says());
    assert_eq!((scene.opened().len(), lists(&scene)), (1, 3));
}

/// A sample that no webhook told of, with a labeled label that one did, in a dataset of rex's.
async fn with_a_label_only() -> (Scene, String) {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    let car = scene.ai.uploads("rex", "rex/cars", "car.png");
    scene.ai.set_endpoint("rex", endpoint(&scene.bench));
    scene.bench.user("U1").types("/segments subscribe rex/cars label.labeled").in_channel("C1").await;
    scene.bench.read("C1");
    scene.ai.labels("rex", &car, "ground-truth", "LABELED");
    scene.webhooks_come().await;
    scene.page("C1");
    // Its answer does not say where it is.
    scene.ai.fail_next_of("GET /samples/", Fault::Answer(200, json!({"uuid": car, "name": "car.png"}).to_string()));
    (scene, car)
}

#[tokio::test]
async fn where_a_sample_is_can_be_known_from_its_label_alone() {
    let (scene, car) = with_a_label_only().await;
    scene.asks(&format!("report label {car} ground-truth")).await;
    scene.bench.fill("text", json!(WORDS)).await;
    scene.ai.fail_next_of("POST /samples/", Fault::LoseAnswer);
    let told = scene.submits().await;
    assert!(told.contains("Your issue is on <https://app.segments.ai/rex/cars/samples/"), "{told}");
}

#[tokio::test]
async fn without_an_issue_list_reports_work_and_repeats_need_a_look() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    let car = scene.ai.uploads("rex", "rex/cars", "car.png");
    let label = json!({"sample_uuid": car, "labelset": "ground-truth", "label_status": "LABELED"});
    let told = json!({
        "event_type": "label.updated", "created_at": scene.bench.clock.now().to_string(), "api_version": "2021-08-01",
        "dataset": null, "object": label, "text": "",
    });
    assert_eq!(scene.bench.body(&told.to_string()).await, 204);
    let entry = format!("report label {car} ground-truth");
    scene.posts_menu(std::slice::from_ref(&entry)).await;
    for (fault, words) in [
        (Some(Fault::Status(403)), "may not report issues"),
        (None, "🔴 Your issue is on car.png in Segments.ai"),
        (Some(Fault::LoseAnswer), "nor which dataset it is in, so I cannot look. Look at car.png yourself."),
    ] {
        if !scene.bench.has_modal() {
            scene
                .ai
                .fail_next_of("GET /samples/", Fault::Answer(200, json!({"uuid": car, "name": "car.png"}).to_string()));
            scene.asks(&entry).await;
            scene.bench.fill("text", json!(WORDS)).await;
        }
        if let Some(fault) = fault {
            scene.ai.fail_next_of("POST /samples/", fault);
        }
        assert!(scene.submits().await.contains(words), "{}", scene.says());
        if words.starts_with("🔴") {
            scene.closes().await;
        }
    }
    assert!(scene.submits().await.contains("so I cannot look"), "{}", scene.says());
    assert_eq!((scene.opened().len(), scene.changes()), (2, 3));
    scene.page("C1");
}

#[tokio::test]
async fn the_same_words_in_another_form_are_another_issue() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    for _ in 0..2 {
        scene.writes_of_it(WORDS).await;
        scene.submits().await;
        scene.closes().await;
    }
    assert_eq!(scene.opened().len(), 2);
}

#[tokio::test]
async fn replying_is_opt_in_and_opens_an_issue_that_quotes_the_first() {
    let mut scene = Scene::seen().await;
    let has_reply = |scene: &Scene| {
        let shown = scene.bench.slack.messages(&workspace(), &channel("C1"), None);
        shown.iter().any(|shown| shown.attachments.to_string().contains("\"reply\""))
    };
    assert!(!has_reply(&scene));
    scene.turns_replies(Replies::NewIssue).await;
    scene.ai.replies("jane", &scene.issue, "Only the left one.");
    scene.webhooks_come().await;
    scene.page("C1");
    assert!(has_reply(&scene));
    scene.bench.user("U1").clicks("reply").in_channel("C1").await;
    let told = scene.says();
    assert!(told.starts_with("Reply\n") && told.contains("Segments.ai publishes no way to reply."), "{told}");
    assert!(told.contains("quotes the first: “The leaf has no label.”"), "{told}");
    scene.bench.fill("text", json!("Both.")).await;
    let view = scene.bench.modal();
    let told = scene.submits().await;
    assert!(told.contains("🔴 Your reply is an issue on <https://app.segments.ai/jane/flowers/samples/"), "{told}");
    assert_eq!(scene.opened(), ["ann, from Slack:\n\nRe: “The leaf has no label.”\n\nBoth."]);
    scene.webhooks_come().await;
    assert!(
        scene
            .page("C1")
            .last()
            .unwrap()
            .contains("issue opened by rex: ann, from Slack: Re: “The leaf has no label.” Both.")
    );

    // A button and a form that are left do nothing any more.
    scene.turns_replies(Replies::Off).await;
    assert!(scene.sends("U1", &view).await.contains("Replying is turned off here"));
    scene.closes().await;
    scene.bench.user("U1").clicks("reply").in_channel("C1").await;
    assert!(scene.says().contains("Replying is turned off here"), "{}", scene.says());
    assert_eq!(scene.opened().len(), 1);
    scene.page("C1");
}

impl Scene {
    async fn turns_replies(&mut self, replies: Replies) {
        self.bench.replies = replies;
        self.restarts().await;
    }
}
