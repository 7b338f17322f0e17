//! Who may write and read where, and how often.

use super::{Slack, channel, team, user};
use segments_slack::model::WorkspaceId;
use serde_json::{Value, json};

async fn post_to(slack: &Slack, channel: &str) -> Value {
    slack.pass(1);
    slack.post("chat.postMessage", json!({"channel": channel, "text": "hello"})).await
}

#[tokio::test]
async fn a_bot_writes_to_public_channels_and_its_private_ones() {
    let slack = Slack::start().await;
    for (name, result) in [
        ("C1", json!(null)),
        ("C2", json!(null)),
        ("G1", json!(null)),
        ("G2", json!("channel_not_found")),
        ("C9", json!("channel_not_found")),
        ("C404", json!("channel_not_found")),
        ("#general", json!("channel_not_found")),
    ] {
        assert_eq!(post_to(&slack, name).await["error"], result, "{name}");
    }
    slack.emulator.withhold_scope(&team(), "chat:write.public");
    assert_eq!(post_to(&slack, "C2").await["error"], "not_in_channel");
}

#[tokio::test]
async fn an_archived_channel_takes_no_messages_and_loses_the_bot() {
    let slack = Slack::start().await;
    let posted = slack.says("before").await;
    slack.emulator.archive(&team(), &channel("C1"), &user("U1")).await;
    assert_eq!(post_to(&slack, "C1").await["error"], "is_archived");
    let update = json!({"channel": "C1", "ts": posted["ts"], "text": "after"});
    assert_eq!(slack.post("chat.update", update).await["error"], "is_archived");
    slack.emulator.unarchive(&team(), &channel("C1"), &user("U1")).await;
    assert_eq!(slack.get("conversations.info", "channel=C1").await["channel"]["is_member"], false);
    slack.emulator.invite_bot(&team(), &channel("C1"), &user("U1")).await;
    assert_eq!(slack.get("conversations.info", "channel=C1").await["channel"]["is_member"], true);
    assert_eq!(post_to(&slack, "C1").await["ok"], true);
}

#[tokio::test]
async fn a_private_channel_vanishes_when_the_bot_is_removed() {
    let slack = Slack::start().await;
    slack.emulator.remove_bot(&team(), &channel("G1"), &user("U1")).await;
    assert_eq!(post_to(&slack, "G1").await["error"], "channel_not_found");
    assert_eq!(slack.get("conversations.info", "channel=G1").await["error"], "channel_not_found");
    assert_eq!(slack.get("conversations.members", "channel=G1").await["error"], "channel_not_found");
    assert_eq!(slack.get("conversations.history", "channel=G1").await["error"], "channel_not_found");
}

#[tokio::test]
async fn history_needs_membership_and_its_scope() {
    let slack = Slack::start().await;
    assert_eq!(slack.get("conversations.history", "channel=C2").await["error"], "not_in_channel");
    slack.emulator.withhold_scope(&team(), "groups:history");
    let refused = slack.get("conversations.history", "channel=G1").await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("groups:history")));
    assert_eq!(slack.get("conversations.history", "channel=C1").await["ok"], true);
}

#[tokio::test]
async fn a_bot_joins_public_channels_only() {
    let slack = Slack::start().await;
    assert_eq!(slack.post("conversations.join", json!({"channel": "C2"})).await["channel"]["is_member"], true);
    let again = slack.post("conversations.join", json!({"channel": "C2"})).await;
    assert_eq!(again["response_metadata"]["warnings"], json!(["already_in_channel"]));
    let private = slack.post("conversations.join", json!({"channel": "G1"})).await;
    assert_eq!(private["error"], "method_not_supported_for_channel_type");
    slack.emulator.archive(&team(), &channel("C2"), &user("U1")).await;
    assert_eq!(slack.post("conversations.join", json!({"channel": "C2"})).await["error"], "is_archived");
}

#[tokio::test]
async fn a_direct_conversation_is_opened_once() {
    let slack = Slack::start().await;
    let first = slack.post("conversations.open", json!({"users": "U1"})).await;
    let second = slack.post("conversations.open", json!({"users": ["U1"], "return_im": true})).await;
    assert_eq!(first["channel"]["id"], second["channel"]["id"]);
    assert_eq!((&first["already_open"], &second["already_open"]), (&json!(false), &json!(true)));
    assert_eq!(second["channel"]["is_im"], true);
    assert_eq!(post_to(&slack, "U1").await["channel"], first["channel"]["id"]);
    assert_eq!(slack.post("conversations.open", json!({"users": "U9"})).await["error"], "user_not_found");
    assert_eq!(slack.post("conversations.open", json!({"users": "UBOTT1"})).await["error"], "cannot_dm_bot");
    assert_eq!(slack.post("conversations.open", json!({})).await["error"], "users_list_not_supplied");
}

#[tokio::test]
async fn members_come_in_pages() {
    let slack = Slack::start().await;
    let first = slack.get("conversations.members", "channel=C1&limit=2").await;
    assert_eq!(first["members"], json!(["U1", "U2"]));
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let second = slack.get("conversations.members", &format!("channel=C1&limit=2&cursor={cursor}")).await;
    assert_eq!((&second["members"], &second["response_metadata"]["next_cursor"]), (&json!(["UBOTT1"]), &json!("")));
}

#[tokio::test]
async fn people_have_roles_and_time_zones() {
    let slack = Slack::start().await;
    let ann = &slack.get("users.info", "user=U1").await["user"];
    assert_eq!((&ann["name"], &ann["is_admin"], &ann["is_owner"]), (&json!("ann"), &json!(true), &json!(false)));
    assert_eq!((&ann["tz"], &ann["tz_offset"]), (&json!("Europe/Brussels"), &json!(3600)));
    assert_eq!(slack.get("users.info", "user=UBOTT1").await["user"]["is_bot"], true);
    assert_eq!(slack.get("users.info", "user=U9").await["error"], "user_not_found");
    let of_bot = slack.get("users.conversations", "types=public_channel,private_channel").await;
    let ids: Vec<&Value> = of_bot["channels"].as_array().unwrap().iter().map(|channel| &channel["id"]).collect();
    assert_eq!(ids, ["C1", "G1"]);
}

#[tokio::test]
async fn a_channel_takes_a_short_burst_and_then_a_message_a_second() {
    let slack = Slack::start().await;
    let post = async |channel: &str| slack.send("chat.postMessage", json!({"channel": channel, "text": "x"})).await;
    for _ in 0..3 {
        assert_eq!(post("C1").await.status(), 200);
    }
    let refused = post("C1").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "3");
    assert_eq!(refused.json::<Value>().await.unwrap(), json!({"ok": false, "error": "ratelimited"}));
    assert_eq!(post("C2").await.status(), 200);
    slack.pass(3);
    assert_eq!(post("C1").await.status(), 200);
    for _ in 0..100 {
        slack.pass(1);
        assert_eq!(post("C1").await.status(), 200);
    }
}

#[tokio::test]
async fn fifty_updates_a_minute_are_enough_for_a_workspace() {
    let slack = Slack::start().await;
    let posted = slack.says("0").await;
    let update = async |text: usize| {
        let arguments = json!({"channel": "C1", "ts": posted["ts"], "text": text.to_string()});
        slack.send("chat.update", arguments).await.status().as_u16()
    };
    for text in 0..50 {
        assert_eq!(update(text).await, 200);
    }
    assert_eq!(update(50).await, 429);
    slack.pass(59);
    assert_eq!(update(50).await, 429);
    slack.pass(1);
    assert_eq!(update(50).await, 200);
}

#[tokio::test]
async fn an_oauth_code_works_once_within_ten_minutes_for_its_client() {
    let slack = Slack::start().await;
    slack.emulator.set_oauth_client("id", "secret".to_owned().into());
    let exchange = async |code: &str, secret: &str| -> Value {
        let request = slack.client.get(format!("{}/api/oauth.v2.access?code={code}", slack.url));
        request.basic_auth("id", Some(secret)).send().await.unwrap().json().await.unwrap()
    };
    let code = slack.emulator.authorizes(&team(), &user("U1"));
    assert_eq!(exchange(&code, "guess").await["error"], "bad_client_secret");
    let bought = exchange(&code, "secret").await;
    assert_eq!((&bought["access_token"], &bought["team"]["id"]), (&json!("xoxb-one"), &json!("T1")));
    assert_eq!(exchange(&code, "secret").await["error"], "code_already_used");
    assert_eq!(exchange("made-up", "secret").await["error"], "invalid_code");
    let late = slack.emulator.authorizes(&team(), &user("U1"));
    slack.pass(600);
    assert_eq!(exchange(&late, "secret").await["error"], "invalid_code");
    slack.emulator.revoke_token(&team());
    let again = slack.emulator.authorizes(&team(), &user("U1"));
    assert_ne!(exchange(&again, "secret").await["access_token"], "xoxb-one");
}

#[tokio::test]
async fn a_workspace_sees_nothing_of_another() {
    let slack = Slack::start().await;
    let other = WorkspaceId::parse("T2").unwrap();
    slack.says("ours").await;
    assert_eq!(slack.emulator.messages(&other, &channel("C9"), None), []);
    assert_eq!(slack.get("conversations.info", "channel=C9").await["error"], "channel_not_found");
    let calls = slack.emulator.calls();
    assert!(calls.iter().all(|call| call.workspace.as_ref() == Some(&team())));
    assert_eq!((calls[0].method.as_str(), calls[0].result.as_str()), ("chat.postMessage", "ok"));
    assert_eq!(calls[1].result, "channel_not_found");
}
