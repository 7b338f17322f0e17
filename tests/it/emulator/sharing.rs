//! Channels that are shared with another workspace.

use super::{Slack, channel, team, user};
use axum::routing::post;
use segments_slack::model::WorkspaceId;
use segments_slack::sandbox::slack::Author;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// C1 is shared with T7, of which kim is in it; whatever the app is told is kept.
async fn start() -> (Slack, Arc<Mutex<Vec<Value>>>) {
    let slack = Slack::start().await;
    slack.emulator.share(&team(), &channel("C1"), &WorkspaceId::parse("T7").unwrap());
    slack.emulator.add_stranger(&team(), &channel("C1"), &user("U7"), "kim");
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    let hear = post(move |body: String| async move {
        let form = || serde_urlencoded::from_str::<Vec<(String, String)>>(&body).unwrap();
        let said = serde_json::from_str(&body).unwrap_or_else(|_| serde_json::from_str(&form()[0].1).unwrap());
        keep.lock().unwrap().push(said);
    });
    slack.install(axum::Router::new().route("/slack/{place}", hear)).await;
    (slack, told)
}

#[tokio::test]
async fn a_shared_channel_says_so_and_so_do_its_events() {
    let (slack, told) = start().await;
    let info = async |id: &str| slack.get("conversations.info", &format!("channel={id}")).await["channel"].clone();
    let shared = info("C1").await;
    assert_eq!((&shared["is_ext_shared"], &shared["is_shared"]), (&json!(true), &json!(true)));
    assert_eq!((&shared["connected_team_ids"], &shared["is_org_shared"]), (&json!(["T7"]), &json!(false)));
    assert_eq!(info("C2").await["is_ext_shared"], false);
    for id in ["C1", "C2"] {
        slack.emulator.shares(&team(), &user("U1"), &channel(id), "https://segments.ai/jane/flowers").await;
        slack.emulator.archive(&team(), &channel(id), &user("U1")).await;
    }
    let shared: Vec<Value> = told.lock().unwrap().iter().map(|told| told["is_ext_shared_channel"].clone()).collect();
    assert_eq!(shared, [true, true, false, false]);
}

#[tokio::test]
async fn a_person_of_the_other_workspace_clicks_as_one_of_there() {
    let (slack, told) = start().await;
    let button = json!({"type": "button", "action_id": "undo", "text": {"type": "plain_text", "text": "Undo"}});
    let blocks = json!([{"type": "actions", "elements": [button]}]);
    let posted = slack.post("chat.postMessage", json!({"channel": "C1", "text": "hello", "blocks": blocks})).await;
    slack.emulator.clicks(&team(), &user("U7"), &channel("C1"), &super::ts(&posted), "undo").await.unwrap();
    let clicked = told.lock().unwrap()[0].clone();
    assert_eq!((&clicked["team"]["id"], &clicked["user"]["team_id"]), (&json!("T1"), &json!("T7")));
    let known = slack.get("users.info", "user=U7").await["user"].clone();
    assert_eq!(
        (&known["team_id"], &known["profile"]["team"], &known["is_admin"]),
        (&json!("T7"), &json!("T7"), &json!(false))
    );
}

#[tokio::test]
async fn people_of_the_other_workspace_have_no_commands_or_shortcuts() {
    let (slack, told) = start().await;
    let answer = slack.emulator.types(&team(), &user("U7"), &channel("C1"), "/segments list").await;
    assert_eq!(answer.status, None);
    slack.emulator.uses_shortcut(&team(), &user("U7"), "subscribe").await;
    assert_eq!(*told.lock().unwrap(), Vec::<Value>::new());
    let seen = slack.emulator.messages(&team(), &channel("C1"), Some(&user("U7"))).pop().unwrap();
    assert_eq!((seen.author, seen.text.as_str()), (Author::Slack, "/segments list is not a valid command."));
}
