//! The forms of a card as people use them, and as nobody should.

use super::Scene;
use crate::harness::{BOT_TOKEN, channel, seconds, user, workspace};
use segments_slack::sandbox::segments_ai::Fault as AiFault;
use segments_slack::sandbox::slack::{Fault, Shown};
use serde_json::{Value, json};

impl Scene {
    /// Chooses an entry of the newest menu in C1 that has it, as ann; gives what the modal says then.
    pub(super) async fn asks(&self, entry: &str) -> String {
        let (slack, ann, c1) = (&self.bench.slack, user("U1"), channel("C1"));
        let shown = slack.messages(&workspace(), &c1, Some(&ann));
        let has_it = |shown: &&Shown| shown.blocks.to_string().contains(&json!(entry).to_string());
        let message = shown.iter().rev().find(has_it).unwrap_or_else(|| panic!("no menu has `{entry}`: {shown:#?}"));
        slack.chooses(&workspace(), &ann, &c1, &message.ts, "more", Some(entry)).await.unwrap();
        self.bench.settle().await;
        self.says()
    }

    /// What the modal before ann says, but for its inputs.
    pub(super) fn says(&self) -> String {
        written(&self.bench.modal())
    }

    /// Closes the modal before ann.
    pub(super) async fn closes(&self) {
        self.bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    }

    /// Submits the modal before ann; gives what it says then.
    pub(super) async fn submits(&self) -> String {
        self.bench.submit().await.unwrap();
        self.says()
    }

    /// Submits a view by hand as somebody of T1; gives the answer.
    pub(super) async fn sends(&self, who: &str, view: &Value) -> String {
        let payload = json!({
            "type": "view_submission", "team": {"id": "T1"}, "user": {"id": who, "team_id": "T1"}, "trigger_id": "1.2",
            "view": view,
        });
        let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        let (status, answer) = self.bench.slack_sends("interactions", body).await;
        assert_eq!(status, 200);
        answer
    }

    /// The entry of a menu about the sample.
    pub(super) fn of_sample(&self, entry: &str) -> String {
        format!("{entry} sample {}", self.sample)
    }

    /// Submits the modal before ann, and Segments.ai takes its time: longer than Slack waits for an answer.
    pub(super) async fn submits_and_waits(&self, seconds_after: u64) {
        let changes = self.changes();
        let waiting = async {
            while self.changes() == changes {
                tokio::task::yield_now().await;
            }
            self.bench.after(seconds(seconds_after)).await;
        };
        tokio::join!(async { self.bench.submit().await.unwrap() }, waiting);
    }

    /// Posts a message with these entries in its menu: as if somebody had written one into a message of the app's.
    pub(super) async fn posts_menu(&self, entries: &[String]) {
        let option = |entry| json!({"text": {"type": "plain_text", "text": "Do it"}, "value": entry});
        let options: Vec<Value> = entries.iter().map(option).collect();
        let menu = json!({"type": "overflow", "action_id": "more", "options": options});
        let message = json!({"channel": "C1", "text": "forged", "blocks": [{"type": "actions", "elements": [menu]}]});
        let url = format!("{}/api/chat.postMessage", self.bench.slack_url);
        self.bench.http.post(url).bearer_auth(BOT_TOKEN).json(&message).send().await.unwrap();
    }

    /// How often Segments.ai was asked to change something.
    pub(super) fn changes(&self) -> usize {
        self.ai.calls().iter().filter(|call| call.verb != "GET").count()
    }
}

/// A modal's title and texts, one a line.
fn written(view: &Value) -> String {
    let blocks = view["blocks"].as_array().unwrap().iter();
    let texts = blocks.flat_map(|block| {
        let elements = block["elements"].as_array().cloned().unwrap_or_default();
        [&block["text"]].into_iter().cloned().chain(elements).filter_map(|text| Some(text["text"].as_str()?.to_owned()))
    });
    let title = view["title"]["text"].as_str().unwrap().to_owned();
    std::iter::once(title).chain(texts.collect::<Vec<_>>()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_form_about_what_this_workspace_never_saw_is_not_opened() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    let other = scene.ai.uploads("rex", "rex/cars", "car.png");
    let calls = scene.ai.calls().len();
    let forged = [format!("assign sample {other}"), format!("report label {other} ground-truth")];
    scene.posts_menu(&forged).await;
    for entry in forged {
        let told = scene.asks(&entry).await;
        assert!(told.contains("I know nothing of this any more"), "{told}");
        scene.closes().await;
    }
    scene.page("C1");
    assert_eq!(scene.ai.calls().len(), calls);
}

#[tokio::test]
async fn a_forged_form_or_another_persons_form_does_nothing() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.bench.after(seconds(2)).await;
    let other = scene.ai.uploads("rex", "rex/cars", "car.png");
    scene.asks(&scene.of_sample("report")).await;
    scene.bench.fill("text", json!("The leaf has no label.")).await;
    let view = scene.bench.modal();
    let outdated = "This form is out of date, so nothing was changed.";
    let mut forged = view.clone();
    let metadata = view["private_metadata"].as_str().unwrap();
    for wrong in [
        metadata.replace(&scene.sample, &other),
        metadata.replace("\"C1\"", "\"C2\""),
        metadata.split_once(' ').unwrap().1.to_owned(),
        String::new(),
    ] {
        forged["private_metadata"] = json!(wrong);
        assert!(scene.sends("U1", &forged).await.contains(outdated), "{wrong}");
    }
    assert!(scene.sends("U2", &view).await.contains(outdated), "ann's form is of no use to john");
    assert_eq!(scene.changes(), 0);
    scene.page("C1");
}

#[tokio::test]
async fn missing_permission_is_shown_in_the_form_and_on_submit() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.asks(&scene.of_sample("report")).await;
    scene.bench.fill("text", json!("The leaf has no label.")).await;
    scene.bench.slack.make_guest(&workspace(), &user("U1"));
    scene.bench.after(seconds(61)).await;
    assert!(scene.submits().await.contains("Guests see what happens at Segments.ai"), "{}", scene.says());
    scene.closes().await;
    assert!(scene.asks(&scene.of_sample("assign")).await.contains("Guests see what happens at Segments.ai"));
    assert_eq!(scene.changes(), 0);
}

#[tokio::test]
async fn without_a_key_the_menu_has_no_forms_and_old_ones_explain() {
    let mut scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.bench.api_key = None;
    scene.bench.restart().await;
    let told = scene.asks(&scene.of_sample("assign")).await;
    assert!(told.contains("There is no API key (any more) to do this with."), "{told}");
    scene.bench.webhook("sample.created.image").await;
    let menu = scene.bench.read("C1").blocks.to_string();
    assert!(menu.contains("\"unsubscribe 1\"") && !menu.contains("assign"), "{menu}");
}

#[tokio::test]
async fn a_deleted_sample_has_no_forms_and_why_takes_their_place() {
    let scene = Scene::of("sample.*").await;
    let card = scene.bench.read_all("C1").pop().unwrap().blocks.to_string();
    let entries =
        ["Assign…", "Report an issue…", "Mute this dataset 1 h", "Mute this dataset today", "Why am I seeing this"];
    assert!(entries.iter().all(|entry| card.contains(entry)) && !card.contains("unsubscribe"), "{card}");
    scene.bench.user("U1").chooses("why").in_channel("C1").await;
    let why = scene.bench.read("C1").blocks.to_string();
    assert!(why.contains("\"edit\"") && why.contains("\"unsubscribe\""), "{why}");
    scene.bench.webhook("sample.deleted.basic").await;
    scene.bench.after(seconds(2)).await;
    let card = scene.bench.read("C1").blocks.to_string();
    assert!(card.contains("\"unsubscribe 1\"") && !card.contains("assign"), "{card}");
}

#[tokio::test]
async fn a_refusal_of_segments_ai_is_shown_before_the_form_is_filled() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    for (status, words) in [
        (401, "Segments.ai does not accept the API key of this account (any more)."),
        (404, "Segments.ai does not find this sample, or the API key has no access to it."),
        (503, "Segments.ai cannot be asked right now: it answered with an error of its own (503)."),
    ] {
        scene.ai.fail_next_of("GET /samples/", AiFault::Status(status));
        let told = scene.asks(&scene.of_sample("report")).await;
        assert!(told.contains(words) && told.contains("Nothing was changed."), "{told}");
        scene.closes().await;
    }
    scene.page("C1");
}

#[tokio::test]
async fn a_form_that_slack_does_not_open_is_said_beside_the_message() {
    let scene = Scene::of("sample.*").await;
    scene.page("C1");
    scene.bench.slack.fail_next_of("views.open", Fault::Code("expired_trigger_id".to_owned()));
    scene.bench.user("U1").chooses(&scene.of_sample("assign")).in_channel("C1").await;
    assert!(scene.told("U1").starts_with("Slack did not let me open the form."), "{}", scene.told("U1"));
    assert!(!scene.bench.has_modal());
    scene.page("C1");
}
