//! Writing, changing, taking back and reading again.

use super::{Slack, TOKEN, channel, team, ts, user};
use segments_slack::model::MessageTs;
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_is_given_a_ts_of_its_own_and_shown() {
    let slack = Slack::start().await;
    let first = slack.post("chat.postMessage", json!({"channel": "C1", "text": "one"})).await;
    let second = slack.post("chat.postMessage", json!({"channel": "C1", "text": "two"})).await;
    assert_eq!(first["ts"], "1767268800.000000");
    assert_eq!(second["ts"], "1767268800.000001");
    assert_eq!(first["channel"], "C1");
    assert_eq!(first["message"]["text"], "one");
    assert_eq!(first["message"]["user"], "UBOTT1");
    let shown = slack.emulator.messages(&team(), &channel("C1"), None);
    assert_eq!(shown.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
}

#[tokio::test]
async fn an_unseen_message_is_unread_once_and_again_after_an_edit() {
    let slack = Slack::start().await;
    let posted = slack.says("one").await;
    assert_eq!(slack.emulator.unread().len(), 1);
    assert_eq!(slack.emulator.take_unread(&team(), &channel("C1")).len(), 1);
    assert_eq!(slack.emulator.take_unread(&team(), &channel("C1")).len(), 0);
    slack.post("chat.update", json!({"channel": "C1", "ts": posted["ts"], "text": "two"})).await;
    let unread = slack.emulator.take_unread(&team(), &channel("C1"));
    assert_eq!(unread[0].text, "two");
    assert!(unread[0].edited.is_some());
}

#[tokio::test]
async fn a_token_says_which_workspace_is_meant() {
    let slack = Slack::start().await;
    let with = async |token: Option<&str>| -> Value {
        let mut request = slack.client.post(format!("{}/api/auth.test", slack.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(with(Some(TOKEN)).await["team_id"], "T1");
    assert_eq!(with(Some("xoxb-two")).await["team"], "Weeds");
    assert_eq!(with(Some("xoxb-none")).await["error"], "invalid_auth");
    assert_eq!(with(None).await["error"], "not_authed");
    slack.emulator.revoke_token(&team());
    assert_eq!(with(Some(TOKEN)).await["error"], "token_revoked");
    assert_eq!(slack.post("chat.shout", json!({})).await["error"], "unknown_method");
}

#[tokio::test]
async fn arguments_are_refused_where_slack_would_not_read_them() {
    let slack = Slack::start().await;
    let send = async |kind: &'static str, body: &'static str, method: &str| -> Value {
        let request = slack.client.post(format!("{}/api/{method}", slack.url)).bearer_auth(TOKEN);
        request.header("content-type", kind).body(body).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(send("application/json", "{", "chat.postMessage").await["error"], "invalid_json");
    assert_eq!(send("application/json", "[]", "chat.postMessage").await["error"], "json_not_object");
    assert_eq!(send("text/plain", "hello", "chat.postMessage").await["error"], "invalid_post_type");
    assert_eq!(send("application/json", "{}", "chat.postMessage").await["error"], "invalid_arguments");
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(form, "channel=C1&text=hello", "chat.postMessage").await["ok"], true);
    // Reading methods take no JSON.
    assert_eq!(
        send("application/json", r#"{"channel":"C1"}"#, "conversations.info").await["error"],
        "invalid_arguments"
    );
    assert_eq!(send(form, "channel=C1", "conversations.info").await["ok"], true);
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_mention() {
    let slack = Slack::start().await;
    let block = json!({"type": "divider", "block_id": "b"});
    let metadata = json!({"event_type": "call", "event_payload": {"id": "7"}});
    let arguments = json!({"channel": "C1", "text": "one", "blocks": [block], "metadata": metadata});
    let posted = slack.post("chat.postMessage", arguments).await;
    let updated = slack.post("chat.update", json!({"channel": "C1", "ts": posted["ts"], "text": "two"})).await;
    assert_eq!(updated["ok"], true);
    let shown = &slack.emulator.messages(&team(), &channel("C1"), None)[0];
    assert_eq!(
        (shown.text.as_str(), &shown.blocks, shown.metadata.as_ref()),
        ("two", &json!([block]), Some(&metadata))
    );
    slack.post("chat.update", json!({"channel": "C1", "ts": posted["ts"], "text": "three", "blocks": []})).await;
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), None)[0].blocks, json!([]));
}

#[tokio::test]
async fn only_ones_own_messages_can_be_changed_or_deleted() {
    let slack = Slack::start().await;
    let theirs = slack.emulator.says(&team(), &user("U1"), &channel("C1"), "mine");
    let arguments = json!({"channel": "C1", "ts": theirs, "text": "yours"});
    assert_eq!(slack.post("chat.update", arguments.clone()).await["error"], "cant_update_message");
    assert_eq!(slack.post("chat.delete", arguments).await["error"], "cant_delete_message");
    let nowhere = json!({"channel": "C1", "ts": "1.000000", "text": "?"});
    assert_eq!(slack.post("chat.update", nowhere.clone()).await["error"], "message_not_found");
    assert_eq!(slack.post("chat.delete", nowhere).await["error"], "message_not_found");
}

#[tokio::test]
async fn a_deleted_message_is_gone() {
    let slack = Slack::start().await;
    let posted = slack.says("one").await;
    let named = json!({"channel": "C1", "ts": posted["ts"]});
    assert_eq!(slack.post("chat.delete", named.clone()).await["ok"], true);
    assert_eq!(slack.post("chat.delete", named).await["error"], "message_not_found");
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), None), []);
    assert_eq!(slack.get("conversations.history", "channel=C1").await["messages"], json!([]));
    assert!(slack.emulator.take_unread(&team(), &channel("C1"))[0].deleted);
}

#[tokio::test]
async fn an_ephemeral_message_is_for_one_person_and_not_retrievable() {
    let slack = Slack::start().await;
    let arguments = json!({"channel": "C1", "user": "U1", "text": "psst"});
    let posted = slack.post("chat.postEphemeral", arguments).await;
    let ts = posted["message_ts"].as_str().unwrap();
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), Some(&user("U1"))).len(), 1);
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), Some(&user("U2"))).len(), 0);
    assert_eq!(slack.emulator.messages(&team(), &channel("C1"), None).len(), 0);
    let update = slack.post("chat.update", json!({"channel": "C1", "ts": ts, "text": "loud"})).await;
    assert_eq!(update["error"], "message_not_found");
    assert_eq!(slack.get("conversations.history", "channel=C1").await["messages"], json!([]));
    let stranger = slack.post("chat.postEphemeral", json!({"channel": "C1", "user": "U9", "text": "psst"})).await;
    assert_eq!(stranger["error"], "user_not_in_channel");
    let outside = slack.post("chat.postEphemeral", json!({"channel": "C2", "user": "U1", "text": "psst"})).await;
    assert_eq!(outside["error"], "not_in_channel");
}

#[tokio::test]
async fn replies_stand_in_their_thread() {
    let slack = Slack::start().await;
    let parent = slack.says("parent").await;
    let reply = |text: &str, broadcast: bool| json!({"channel": "C1", "text": text, "thread_ts": parent["ts"], "reply_broadcast": broadcast});
    let quiet = slack.post("chat.postMessage", reply("quiet", false)).await;
    slack.post("chat.postMessage", reply("loud", true)).await;
    let texts = |answer: &Value| -> Vec<String> {
        answer["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let history = slack.get("conversations.history", "channel=C1").await;
    assert_eq!(texts(&history), ["loud", "parent"]);
    assert_eq!(history["messages"][1]["reply_count"], 2);
    let thread = slack.get("conversations.replies", &format!("channel=C1&ts={}", ts(&parent))).await;
    assert_eq!(texts(&thread), ["parent", "quiet", "loud"]);
    slack.pass(3);
    for (thread_ts, code) in
        [(json!("yesterday"), "invalid_thread_ts"), (quiet["ts"].clone(), "cannot_reply_to_message")]
    {
        slack.pass(1);
        let refused =
            slack.post("chat.postMessage", json!({"channel": "C1", "text": "?", "thread_ts": thread_ts})).await;
        assert_eq!(refused["error"], code);
    }
}

#[tokio::test]
async fn a_reply_to_nothing_stands_in_the_channel_and_says_so() {
    let slack = Slack::start().await;
    let parent = slack.says("parent").await;
    slack.emulator.deletes(&team(), &channel("C1"), &MessageTs::parse(ts(&parent)).unwrap());
    let metadata = json!({"event_type": "call", "event_payload": {"id": "7"}});
    for thread_ts in [parent["ts"].clone(), json!("1.000000")] {
        slack.pass(3);
        let reply = json!({"channel": "C1", "text": "reply", "thread_ts": thread_ts, "metadata": metadata});
        let posted = slack.post("chat.postMessage", reply).await;
        assert_eq!((&posted["ok"], posted["message"].get("thread_ts")), (&json!(true), None));
        let history = slack.get("conversations.history", "channel=C1&include_all_metadata=true").await;
        assert_eq!(history["messages"][0]["metadata"], metadata);
    }
    let thread = slack.get("conversations.replies", &format!("channel=C1&ts={}", ts(&parent))).await;
    assert_eq!(thread["error"], "thread_not_found");
}

#[tokio::test]
async fn a_parent_deleted_above_its_thread_leaves_a_stone() {
    let slack = Slack::start().await;
    let parent = slack.says("parent").await;
    let metadata = json!({"event_type": "call", "event_payload": {"id": "7"}});
    let reply = json!({"channel": "C1", "text": "reply", "thread_ts": parent["ts"], "metadata": metadata});
    let posted = slack.post("chat.postMessage", reply.clone()).await;
    assert_eq!(posted["message"]["thread_ts"], parent["ts"]);
    assert_eq!(slack.post("chat.delete", json!({"channel": "C1", "ts": parent["ts"]})).await["ok"], true);
    let posted = slack.post("chat.postMessage", reply).await;
    assert_eq!(posted["message"]["thread_ts"], parent["ts"]);
    let query = format!("channel=C1&ts={}&include_all_metadata=true", ts(&parent));
    let thread = slack.get("conversations.replies", &query).await;
    assert_eq!(thread["messages"][0]["text"], "This message was deleted.");
    assert_eq!(thread["messages"][2]["metadata"], metadata);
    let update = slack.post("chat.update", json!({"channel": "C1", "ts": parent["ts"], "text": "again"})).await;
    assert_eq!(update["error"], "cant_update_message");
}

#[tokio::test]
async fn history_is_read_newest_first_page_by_page_and_between_times() {
    let slack = Slack::start().await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(slack.says(&number.to_string()).await);
    }
    let texts = async |query: &str| -> (String, Value) {
        let answer = slack.get("conversations.history", &format!("channel=C1&{query}")).await;
        let texts = answer["messages"].as_array().map(|messages| {
            messages.iter().map(|message| message["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
        });
        (texts.unwrap_or_default(), answer)
    };
    let (first, page) = texts("limit=2").await;
    assert_eq!((first.as_str(), &page["has_more"]), ("4 3", &json!(true)));
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    assert_eq!(texts(&format!("limit=2&cursor={cursor}")).await.0, "2 1");
    let (one, three) = (ts(&all[1]), ts(&all[3]));
    assert_eq!(texts(&format!("oldest={one}&latest={three}")).await.0, "2");
    assert_eq!(texts(&format!("oldest={one}&latest={three}&inclusive=true")).await.0, "3 2 1");
    assert_eq!(texts(&format!("oldest={three}&latest={one}")).await.0, "");
    assert_eq!(texts("oldest=yesterday").await.1["error"], "invalid_ts_oldest");
    assert_eq!(texts("cursor=stale").await.1["error"], "invalid_cursor");
    assert_eq!(texts(&format!("cursor=from:{}", u64::MAX)).await.0, "4 3 2 1 0");
    assert_eq!(texts("limit=1000").await.1["error"], "invalid_limit");
}

#[tokio::test]
async fn metadata_is_given_back_only_if_asked_for() {
    let slack = Slack::start().await;
    let metadata = json!({"event_type": "call", "event_payload": {"id": "7"}});
    slack.post("chat.postMessage", json!({"channel": "C1", "text": "one", "metadata": metadata})).await;
    let plain = slack.get("conversations.history", "channel=C1").await;
    assert_eq!(plain["messages"][0].get("metadata"), None);
    let whole = slack.get("conversations.history", "channel=C1&include_all_metadata=true").await;
    assert_eq!(whole["messages"][0]["metadata"], metadata);
}

#[tokio::test]
async fn a_permalink_leads_to_a_message_that_is_there() {
    let slack = Slack::start().await;
    let posted = slack.says("one").await;
    let link = slack.get("chat.getPermalink", &format!("channel=C1&message_ts={}", ts(&posted))).await;
    assert_eq!(link["permalink"], "https://flowers.slack.com/archives/C1/p1767268801000000");
    let nothing = slack.get("chat.getPermalink", "channel=C1&message_ts=1.000000").await;
    assert_eq!(nothing["error"], "message_not_found");
}
