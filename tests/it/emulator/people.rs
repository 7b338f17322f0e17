//! What people do reaches the app, signed, and its answers are shown.

use super::{Slack, channel, team, ts, user};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::post;
use segments_slack::clock::Clock;
use segments_slack::sandbox::slack::{Author, Mistake};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// An app that keeps what it is sent, and answers what it was told to.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    requests: Vec<(String, HeaderMap, Bytes)>,
    status: u16,
    answer: String,
}

impl Inbox {
    pub(super) async fn install(slack: &Slack) -> Self {
        let inbox = Self(Arc::new(Mutex::new(Kept { status: 200, ..Kept::default() })));
        let keep = async |State(inbox): State<Self>, Path(place): Path<String>, headers: HeaderMap, body: Bytes| {
            let mut kept = inbox.0.lock().unwrap();
            kept.requests.push((place, headers, body));
            let kind = if kept.answer.starts_with('{') { "application/json" } else { "text/plain" };
            let status = axum::http::StatusCode::from_u16(kept.status).unwrap();
            (status, [("content-type", kind)], kept.answer.clone()).into_response()
        };
        slack.install(Router::new().route("/slack/{place}", post(keep)).with_state(inbox.clone())).await;
        inbox
    }

    pub(super) fn answer(&self, text: &str) {
        text.clone_into(&mut self.0.lock().unwrap().answer);
    }

    fn last(&self) -> (String, HeaderMap, Bytes) {
        self.0.lock().unwrap().requests.last().expect("a request").clone()
    }

    pub(super) fn last_form(&self) -> Value {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&self.last().2).unwrap();
        pairs.into_iter().map(|(name, value)| (name, json!(value))).collect::<serde_json::Map<_, _>>().into()
    }

    pub(super) fn last_payload(&self) -> Value {
        assert_eq!(self.last().0, "interactions");
        serde_json::from_str(self.last_form()["payload"].as_str().unwrap()).unwrap()
    }

    pub(super) fn last_event(&self) -> Value {
        assert_eq!(self.last().0, "events");
        serde_json::from_slice(&self.last().2).unwrap()
    }
}

/// Types a command into C1 as ann, and gives what she then sees there.
async fn types(slack: &Slack, text: &str) -> Vec<(Author, String, bool)> {
    slack.emulator.types(&team(), &user("U1"), &channel("C1"), text).await;
    let seen = slack.emulator.messages(&team(), &channel("C1"), Some(&user("U1")));
    seen.into_iter().map(|message| (message.author, message.text, message.ephemeral_to.is_some())).collect()
}

/// Posts a card with a button, an overflow menu and a button in an attachment.
async fn card(slack: &Slack) -> segments_slack::model::MessageTs {
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let confirm = json!({"title": plain("Sure?"), "text": plain("All?"), "confirm": plain("Yes"), "deny": plain("No")});
    let button =
        json!({"type": "button", "text": plain("Undo"), "action_id": "undo", "value": "7", "confirm": confirm});
    let options = json!([{"text": plain("Mute"), "value": "mute"}, {"text": plain("Why"), "value": "why"}]);
    let more = json!({"type": "overflow", "action_id": "more", "options": options});
    let open = json!({"type": "button", "text": plain("Open"), "action_id": "open", "url": "https://example.com"});
    let row = json!({"type": "actions", "block_id": "row", "elements": [button, more]});
    let attachment = json!({"blocks": [{"type": "actions", "elements": [open]}]});
    let arguments = json!({"channel": "C1", "text": "card", "blocks": [row], "attachments": [attachment]});
    ts(&slack.post("chat.postMessage", arguments).await)
}

#[tokio::test]
async fn a_command_arrives_signed_and_escaped() {
    let slack = Slack::start_at(Clock::system()).await;
    let inbox = Inbox::install(&slack).await;
    types(&slack, "/segments subscribe  @jane #general a<b>&c ").await;
    let (place, headers, body) = inbox.last();
    let form = inbox.last_form();
    assert_eq!(place, "commands");
    assert_eq!(form["command"], "/segments");
    assert_eq!(form["text"], "subscribe  <@U2|jane> <#C1|general> a&lt;b&gt;&amp;c");
    assert_eq!((&form["team_domain"], &form["channel_name"]), (&json!("flowers"), &json!("general")));
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    slack_morphism::signature_verifier::SlackEventSignatureVerifier::new(&"shh".to_owned().into())
        .verify(&header("x-slack-signature"), std::str::from_utf8(&body).unwrap(), &header("x-slack-request-timestamp"))
        .unwrap();
}

#[tokio::test]
async fn a_command_answer_is_ephemeral_unless_it_says_otherwise() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let bot = Author::Bot("segments".to_owned());
    assert_eq!(types(&slack, "/segments").await, []);
    inbox.answer("plain words");
    assert_eq!(types(&slack, "/segments").await, [(bot.clone(), "plain words".to_owned(), true)]);
    inbox.answer(" {\"text\":\"no JSON by its header\"}");
    assert!(types(&slack, "/segments").await.pop().unwrap().1.contains("{\"text\""));
    inbox.answer(r#"{"response_type":"in_channel","text":"for all"}"#);
    let seen = types(&slack, "/segments list").await;
    let typed = (Author::User(user("U1")), "/segments list".to_owned(), false);
    assert_eq!(seen[2..], [typed, (bot, "for all".to_owned(), false)]);
}

#[tokio::test]
async fn a_command_that_fails_is_told_to_its_typist() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let failed = |code: &str| (Author::Slack, format!("/segments failed with the error \"{code}\""), true);
    inbox.answer(r#"{"blocks":[{"type":"sparkles"}]}"#);
    assert_eq!(types(&slack, "/segments").await.pop().unwrap(), failed("invalid_command_response"));
    inbox.0.lock().unwrap().status = 500;
    assert_eq!(types(&slack, "/segments").await.pop().unwrap(), failed("http_status_500"));
    let nobody = segments_slack::sandbox::slack::App {
        base_url: "http://127.0.0.1:1".to_owned(),
        signing_secret: String::new().into(),
    };
    slack.emulator.set_app(nobody);
    assert_eq!(types(&slack, "/segments").await.pop().unwrap(), failed("dispatch_failed"));
}

#[tokio::test]
async fn an_app_has_three_seconds() {
    let slack = Slack::start().await;
    let (arrived, mut arrivals) = tokio::sync::watch::channel(0);
    let app = Router::new().route(
        "/slack/commands",
        post(async move || {
            arrived.send_modify(|count| *count += 1);
            std::future::pending::<()>().await;
        }),
    );
    slack.install(app).await;
    let typing = tokio::spawn({
        let emulator = slack.emulator.clone();
        async move { emulator.types(&team(), &user("U1"), &channel("C1"), "/segments").await }
    });
    arrivals.wait_for(|count| *count == 1).await.unwrap();
    slack.pass(2);
    assert!(!typing.is_finished());
    slack.pass(1);
    assert!(typing.await.unwrap().timed_out);
    let unread = slack.emulator.take_unread(&team(), &channel("C1"));
    assert_eq!(unread[0].text, "/segments failed with the error \"operation_timeout\"");
}

#[tokio::test]
async fn a_click_says_who_clicked_what_where() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let ts = card(&slack).await;
    let answer = slack.emulator.clicks(&team(), &user("U2"), &channel("C1"), &ts, "undo").await.unwrap();
    assert_eq!(answer.confirmed.unwrap()["title"]["text"], "Sure?");
    let payload = inbox.last_payload();
    assert_eq!((&payload["type"], &payload["user"]["id"]), (&json!("block_actions"), &json!("U2")));
    assert_eq!(payload["message"]["ts"], json!(ts));
    assert_eq!(payload["container"]["type"], "message");
    let action = &payload["actions"][0];
    assert_eq!(
        (&action["block_id"], &action["value"], &action["type"]),
        (&json!("row"), &json!("7"), &json!("button"))
    );
    slack.emulator.chooses(&team(), &user("U2"), &channel("C1"), &ts, "more", Some("why")).await.unwrap();
    assert_eq!(inbox.last_payload()["actions"][0]["selected_option"]["value"], "why");
    slack.emulator.clicks(&team(), &user("U2"), &channel("C1"), &ts, "open").await.unwrap();
    let container = &inbox.last_payload()["container"];
    assert_eq!((&container["type"], &container["attachment_id"]), (&json!("message_attachment"), &json!(1)));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_clicked() {
    let slack = Slack::start().await;
    let ts = card(&slack).await;
    let click = async |ts: &str, id: &str, value: Option<&str>| {
        let ts = segments_slack::model::MessageTs::parse(ts).unwrap();
        slack.emulator.chooses(&team(), &user("U2"), &channel("C1"), &ts, id, value).await.unwrap_err()
    };
    assert_eq!(click("1.000000", "undo", None).await, Mistake::NoMessage("1.000000".to_owned()));
    assert_eq!(click(ts.as_str(), "redo", None).await, Mistake::NoElement("redo".to_owned()));
    assert_eq!(click(ts.as_str(), "more", Some("sing")).await, Mistake::NoOption("sing".to_owned()));
    assert_eq!(click(ts.as_str(), "more", None).await, Mistake::NoOption(String::new()));
}

#[tokio::test]
async fn a_response_url_takes_five_answers_within_half_an_hour() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    types(&slack, "/segments").await;
    let respond = async |url: &Value, answer: Value| {
        let response = slack.client.post(url.as_str().unwrap()).json(&answer).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let url = inbox.last_form()["response_url"].clone();
    assert_eq!(respond(&url, json!({"blocks": [{"type": "sparkles"}]})).await, (400, "invalid_blocks".to_owned()));
    assert_eq!(respond(&url, json!({})).await, (400, "no_text".to_owned()));
    for _ in 0..3 {
        assert_eq!(respond(&url, json!({"text": "one", "replace_original": true})).await.0, 200);
    }
    let (status, used) = respond(&url, json!({"text": "six"})).await;
    assert!(status == 404 && used.contains("used_url"), "{used}");
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), Some(&user("U1"))).len(), 3);
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), None).len(), 0);
    types(&slack, "/segments").await;
    slack.pass(1_800);
    let (status, expired) = respond(&inbox.last_form()["response_url"], json!({"text": "late"})).await;
    assert!(status == 404 && expired.contains("expired_url"), "{expired}");
}

#[tokio::test]
async fn a_clicked_message_can_be_replaced_or_deleted_if_ephemeral() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let button = json!({"type": "button", "text": {"type": "plain_text", "text": "Undo"}, "action_id": "undo"});
    let blocks = json!([{"type": "actions", "elements": [button]}]);
    inbox.answer(&json!({"text": "done", "blocks": blocks}).to_string());
    types(&slack, "/segments").await;
    let seen = || slack.emulator.messages(&team(), &channel("C1"), Some(&user("U1")));
    let ts = seen()[0].ts.clone();
    slack.emulator.clicks(&team(), &user("U1"), &channel("C1"), &ts, "undo").await.unwrap();
    assert_eq!(inbox.last_payload().get("message"), None);
    let respond = async |answer: Value| {
        let url = inbox.last_payload()["response_url"].as_str().unwrap().to_owned();
        slack.client.post(url).json(&answer).send().await.unwrap().status().as_u16()
    };
    assert_eq!(respond(json!({"replace_original": true, "text": "undone"})).await, 200);
    assert_eq!((seen()[0].text.as_str(), &seen()[0].blocks), ("undone", &json!([])));
    assert_eq!(respond(json!({"delete_original": true})).await, 200);
    assert_eq!(seen(), []);
}

#[tokio::test]
async fn what_happens_to_a_channel_is_told_as_an_event() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let by = user("U1");
    slack.emulator.invite_bot(&team(), &channel("C2"), &by).await;
    let event = inbox.last_event();
    assert_eq!((&event["event"]["type"], &event["event"]["user"]), (&json!("member_joined_channel"), &json!("UBOTT1")));
    assert_eq!((&event["type"], &event["team_id"]), (&json!("event_callback"), &json!("T1")));
    slack.emulator.archive(&team(), &channel("C2"), &by).await;
    assert_eq!(inbox.last_event()["event"]["type"], "channel_archive");
    slack.emulator.unarchive(&team(), &channel("C2"), &by).await;
    assert_eq!(inbox.last_event()["event"]["type"], "channel_unarchive");
    slack.emulator.remove_bot(&team(), &channel("G1"), &by).await;
    assert_eq!(inbox.last_event()["event"]["type"], "group_left");
    slack.emulator.uninstall(&team()).await;
    assert_eq!(inbox.last_event()["event"]["type"], "app_uninstalled");
    assert_eq!(slack.post("auth.test", json!({})).await["error"], "token_revoked");
}

#[tokio::test]
async fn the_events_address_works_once_its_challenge_is_answered() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    assert!(!slack.emulator.verifies_url().await);
    assert_eq!(inbox.last_event()["type"], "url_verification");
    slack.install(Router::new().route("/slack/events", post(async |body: String| body))).await;
    assert!(slack.emulator.verifies_url().await);
}

#[tokio::test]
async fn a_repeated_event_keeps_its_id_and_says_that_it_is_repeated() {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let event = json!({"type": "channel_rename"});
    slack.emulator.sends_event_again(&team(), event.clone(), "Ev7", 0).await;
    assert_eq!(inbox.last().1.get("x-slack-retry-num"), None);
    slack.emulator.sends_event_again(&team(), event, "Ev7", 2).await;
    assert_eq!(
        (inbox.last().1["x-slack-retry-num"].as_bytes(), &inbox.last_event()["event_id"]),
        (&b"2"[..], &json!("Ev7"))
    );
}
