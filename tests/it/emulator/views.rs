//! Modals and the App Home.

use super::people::Inbox;
use super::{Slack, channel, team, user};
use segments_slack::sandbox::slack::Mistake;
use serde_json::{Value, json};

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn modal() -> Value {
    let input = json!({
        "type": "input",
        "block_id": "name",
        "label": plain("Name"),
        "element": {"type": "plain_text_input", "action_id": "typed", "placeholder": plain("jane/flowers")},
    });
    json!({"type": "modal", "title": plain("Subscribe"), "submit": plain("Go"), "blocks": [input]})
}

fn long(length: usize) -> String {
    "é".repeat(length)
}

/// A Slack in which ann just typed a command: its trigger id.
async fn with_trigger() -> (Slack, Inbox, String) {
    let slack = Slack::start().await;
    let inbox = Inbox::install(&slack).await;
    let trigger_id = trigger(&slack, &inbox).await;
    (slack, inbox, trigger_id)
}

async fn trigger(slack: &Slack, inbox: &Inbox) -> String {
    slack.emulator.types(&team(), &user("U1"), &channel("C1"), "/segments subscribe").await;
    inbox.last_form()["trigger_id"].as_str().unwrap().to_owned()
}

async fn open(slack: &Slack, trigger_id: &str, view: Value) -> Value {
    slack.post("views.open", json!({"trigger_id": trigger_id, "view": view})).await
}

#[tokio::test]
async fn a_trigger_opens_one_modal_within_three_seconds() {
    let (slack, inbox, trigger_id) = with_trigger().await;
    assert_eq!(open(&slack, &trigger_id, modal()).await["view"]["title"]["text"], "Subscribe");
    assert_eq!(slack.emulator.modal(&team(), &user("U1")).unwrap()["title"]["text"], "Subscribe");
    assert_eq!(slack.emulator.modal(&team(), &user("U2")), None);
    assert_eq!(open(&slack, &trigger_id, modal()).await["error"], "exchanged_trigger_id");
    assert_eq!(open(&slack, "1.2.3", modal()).await["error"], "invalid_trigger_id");
    let late = trigger(&slack, &inbox).await;
    slack.pass(3);
    assert_eq!(open(&slack, &late, modal()).await["error"], "expired_trigger_id");
}

#[tokio::test]
async fn a_view_has_limits() {
    let (slack, _inbox, trigger_id) = with_trigger().await;
    let divider = json!({"type": "divider"});
    for (field, value) in [
        ("title", plain(&long(25))),
        ("submit", plain(&long(25))),
        ("close", plain(&long(25))),
        ("title", json!({"type": "mrkdwn", "text": "x"})),
        ("private_metadata", json!(long(3_001))),
        ("callback_id", json!(long(256))),
        ("blocks", json!(vec![&divider; 101])),
        ("blocks", json!(null)),
        ("type", json!("home")),
        ("colour", json!("red")),
    ] {
        let mut view = modal();
        view[field] = value;
        let refused = open(&slack, &trigger_id, view).await;
        assert_eq!(refused["error"], "invalid_arguments", "{field}");
        assert!(refused["response_metadata"]["messages"][0].as_str().unwrap().contains("/view"), "{refused}");
    }
    let mut without_submit = modal();
    without_submit.as_object_mut().unwrap().remove("submit");
    assert_eq!(open(&slack, &trigger_id, without_submit).await["error"], "invalid_arguments");
    let mut large = modal();
    large["title"] = plain(&long(24));
    large["private_metadata"] = json!(long(3_000));
    large["blocks"] = json!(vec![divider; 100]);
    assert_eq!(open(&slack, &trigger_id, large).await["ok"], true);
}

#[tokio::test]
async fn a_view_is_updated_unless_it_changed_meanwhile() {
    let (slack, _inbox, trigger_id) = with_trigger().await;
    let opened = open(&slack, &trigger_id, modal()).await;
    let update = async |hash: &Value| {
        let arguments = json!({"view_id": opened["view"]["id"], "hash": hash, "view": modal()});
        slack.post("views.update", arguments).await
    };
    let old = &opened["view"]["hash"];
    assert_eq!(update(old).await["ok"], true);
    assert_eq!(update(old).await["error"], "hash_conflict");
    let unknown = slack.post("views.update", json!({"view_id": "V0", "view": modal()})).await;
    assert_eq!(unknown["error"], "not_found");
}

#[tokio::test]
async fn a_submission_is_told_with_its_values_and_closes_the_modal() {
    let (slack, inbox, trigger_id) = with_trigger().await;
    open(&slack, &trigger_id, modal()).await;
    let empty = slack.emulator.submits(&team(), &user("U1"), json!({})).await;
    assert_eq!(empty, Err(Mistake::Unfilled("name".to_owned())));
    let values = json!({"name": {"typed": {"type": "plain_text_input", "value": "jane/flowers"}}});
    slack.emulator.submits(&team(), &user("U1"), values.clone()).await.unwrap();
    let payload = inbox.last_payload();
    assert_eq!((&payload["type"], &payload["view"]["state"]["values"]), (&json!("view_submission"), &values));
    assert_eq!(slack.emulator.modal(&team(), &user("U1")), None);
    let closed = slack.emulator.submits(&team(), &user("U1"), values).await;
    assert_eq!(closed, Err(Mistake::NoModal));
}

#[tokio::test]
async fn a_submission_that_is_faulted_stays_open_with_its_errors() {
    let (slack, inbox, trigger_id) = with_trigger().await;
    open(&slack, &trigger_id, modal()).await;
    inbox.answer(r#"{"response_action":"errors","errors":{"name":"no such dataset"}}"#);
    let values = json!({"name": {"typed": {"type": "plain_text_input", "value": "?"}}});
    slack.emulator.submits(&team(), &user("U1"), values).await.unwrap();
    assert!(slack.emulator.modal(&team(), &user("U1")).is_some());
    let errors = slack.emulator.modal_errors(&team(), &user("U1")).unwrap();
    assert_eq!(errors["name"], "no such dataset");
    slack.emulator.closes(&team(), &user("U1")).await.unwrap();
    assert_eq!(slack.emulator.modal(&team(), &user("U1")), None);
}

#[tokio::test]
async fn the_home_is_published_to_one_person_and_its_buttons_work() {
    let (slack, inbox, _) = with_trigger().await;
    let button = json!({"type": "button", "text": plain("Resume"), "action_id": "resume", "value": "C1"});
    let home = json!({"type": "home", "blocks": [{"type": "actions", "elements": [button]}]});
    let published = slack.post("views.publish", json!({"user_id": "U1", "view": home})).await;
    assert_eq!(published["ok"], true, "{published}");
    let home = slack.emulator.home(&team(), &user("U1")).unwrap();
    slack.emulator.clicks_in_view(&team(), &user("U1"), &home, "resume", None).await.unwrap();
    let payload = inbox.last_payload();
    assert_eq!((&payload["container"]["type"], &payload["actions"][0]["value"]), (&json!("view"), &json!("C1")));
    let modal = slack.post("views.publish", json!({"user_id": "U1", "view": modal()})).await;
    assert_eq!(modal["error"], "invalid_arguments");
    slack.emulator.opens_home(&team(), &user("U1")).await;
    assert_eq!(inbox.last_event()["event"]["type"], "app_home_opened");
}
