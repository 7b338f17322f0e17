//! Links that people paste, and what is shown of them below their message.

use super::{Slack, channel, team, user};
use axum::routing::post;
use segments_slack::model::MessageTs;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const LINK: &str = "https://app.segments.ai/jane/flowers";

/// An app that keeps the last thing that it was told of events.
async fn install(slack: &Slack) -> Arc<Mutex<Value>> {
    let told = Arc::new(Mutex::new(Value::Null));
    let keep = Arc::clone(&told);
    let events = post(move |body: String| async move {
        *keep.lock().unwrap() = serde_json::from_str(&body).unwrap();
    });
    slack.install(axum::Router::new().route("/slack/events", events)).await;
    told
}

async fn shares(slack: &Slack, text: &str) -> MessageTs {
    slack.emulator.shares(&team(), &user("U2"), &channel("C1"), text).await.0
}

fn blocks() -> Value {
    json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*Flowers*"}}])
}

/// What Slack says to an unfurl of one address in a channel.
async fn unfurl(slack: &Slack, place: &str, ts: &MessageTs, url: &str, content: Value) -> Value {
    slack.post("chat.unfurl", json!({"channel": place, "ts": ts, "unfurls": {url: content}})).await
}

#[tokio::test]
async fn the_app_is_told_of_links_of_its_own_domains() {
    let slack = Slack::start().await;
    let told = install(&slack).await;
    let text =
        format!("<{LINK}|flowers>, https://example.com/a, http://segments.ai/b, {LINK}! https://notsegments.ai/");
    let ts = shares(&slack, &text).await;
    let told = told.lock().unwrap().clone();
    let event = &told["event"];
    assert_eq!(
        (&event["type"], &event["channel"], &event["user"]),
        (&json!("link_shared"), &json!("C1"), &json!("U2"))
    );
    assert_eq!((&event["message_ts"], &event["source"]), (&json!(ts), &json!("conversations_history")));
    assert_eq!((&event["is_bot_user_member"], &told["is_ext_shared_channel"]), (&json!(true), &json!(false)));
    let links =
        json!([{"url": LINK, "domain": "app.segments.ai"}, {"url": "http://segments.ai/b", "domain": "segments.ai"}]);
    assert_eq!(event["links"], links);
    let kept = slack.emulator.messages(&team(), &channel("C1"), None).pop().unwrap().text;
    assert!(kept.ends_with(&format!("<http://segments.ai/b>, <{LINK}>! <https://notsegments.ai/>")), "{kept}");
}

#[tokio::test]
async fn the_app_is_not_told_of_other_links_nor_without_its_scope() {
    let slack = Slack::start().await;
    let shares = async |text: &str| slack.emulator.shares(&team(), &user("U2"), &channel("C1"), text).await.1;
    assert_eq!(shares("https://example.com/jane").await, None);
    slack.emulator.withhold_scope(&team(), "links:read");
    assert_eq!(shares(LINK).await, None);
}

#[tokio::test]
async fn what_the_app_shows_of_a_link_stands_below_the_message() {
    let slack = Slack::start().await;
    let told = install(&slack).await;
    let ts = shares(&slack, &format!("see {LINK}")).await;
    assert_eq!(unfurl(&slack, "C1", &ts, LINK, json!({"blocks": blocks()})).await, json!({"ok": true}));
    let shown = || slack.emulator.messages(&team(), &channel("C1"), None).pop().unwrap();
    assert_eq!((&shown().attachments[0]["from_url"], &shown().edited), (&json!(LINK), &None));
    // Once more, by the id that came with the link, as an old attachment: it takes the place of the first.
    let id = told.lock().unwrap()["event"]["unfurl_id"].clone();
    let unfurls = json!({LINK: {"text": "Flowers"}});
    let by_id = json!({"unfurl_id": id, "source": "conversations_history", "unfurls": unfurls});
    assert_eq!(slack.post("chat.unfurl", by_id).await, json!({"ok": true}));
    assert_eq!(shown().attachments.as_array().map(Vec::len), Some(1));
    assert_eq!(shown().attachments[0]["text"], "Flowers");
}

#[tokio::test]
async fn an_unfurl_that_fits_no_message_is_refused() {
    let slack = Slack::start().await;
    install(&slack).await;
    let ts = shares(&slack, &format!("see {LINK} and https://example.com")).await;
    let unheard = slack.emulator.says(&team(), &user("U2"), &channel("C1"), LINK);
    let own: MessageTs = super::ts(&slack.says(LINK).await);
    for (place, ts, url, code) in [
        ("C404", &ts, LINK, "cannot_find_channel"),
        ("C2", &ts, LINK, "cannot_find_message"),
        ("C1", &ts, "https://app.segments.ai/jane/birds", "cannot_unfurl_message"),
        ("C1", &ts, "https://example.com", "cannot_unfurl_url"),
        ("C1", &unheard, LINK, "cannot_unfurl_url"),
        ("C1", &own, LINK, "cannot_unfurl_url"),
    ] {
        let answer = unfurl(&slack, place, ts, url, json!({"blocks": blocks()})).await;
        assert_eq!(answer["error"], code, "{place} {url}");
    }
    slack.emulator.withhold_scope(&team(), "links:write");
    let answer = unfurl(&slack, "C1", &ts, LINK, json!({"blocks": blocks()})).await;
    assert_eq!((&answer["error"], &answer["needed"]), (&json!("missing_scope"), &json!("links:write")));
}

#[tokio::test]
async fn an_unfurl_of_what_cannot_be_shown_is_refused() {
    let slack = Slack::start().await;
    install(&slack).await;
    let ts = shares(&slack, LINK).await;
    for (content, code) in [
        (json!({"blocks": [{"type": "section"}]}), "invalid_blocks"),
        (json!({"blocks": vec![json!({"type": "divider"}); 51]}), "invalid_blocks"),
        (json!({"blocks": blocks(), "actions": []}), "invalid_blocks"),
        (json!({"colour": "red"}), "cannot_parse_attachment"),
        (json!("Flowers"), "invalid_unfurls_format"),
    ] {
        assert_eq!(unfurl(&slack, "C1", &ts, LINK, content.clone()).await["error"], code, "{content}");
    }
}

#[tokio::test]
async fn an_unfurl_names_its_message_in_one_of_two_ways() {
    let slack = Slack::start().await;
    let unfurls = json!({LINK: {"blocks": blocks()}});
    for (arguments, code) in [
        (json!({"unfurls": unfurls}), "missing_channel"),
        (json!({"channel": "C1", "unfurls": unfurls}), "missing_ts"),
        (json!({"channel": "C1", "ts": "1.0"}), "missing_unfurls"),
        (json!({"channel": "C1", "ts": "1.0", "unfurls": {}}), "invalid_unfurls_format"),
        (json!({"unfurl_id": "C1.1.0", "unfurls": unfurls}), "missing_source"),
        (json!({"unfurl_id": "C1.1.0", "source": "history", "unfurls": unfurls}), "invalid_source"),
        (json!({"unfurl_id": "C1", "source": "composer", "unfurls": unfurls}), "invalid_unfurl_id"),
    ] {
        assert_eq!(slack.post("chat.unfurl", arguments.clone()).await["error"], code, "{arguments}");
    }
}

#[tokio::test]
async fn a_click_below_a_link_says_which_link_it_was() {
    let slack = Slack::start().await;
    let clicked = Arc::new(Mutex::new(Value::Null));
    let keep = Arc::clone(&clicked);
    let interactions = post(move |body: String| async move {
        let form: Vec<(String, String)> = serde_urlencoded::from_str(&body).unwrap();
        *keep.lock().unwrap() = serde_json::from_str(&form[0].1).unwrap();
    });
    let app = axum::Router::new().route("/slack/events", post(async || {})).route("/slack/interactions", interactions);
    slack.install(app).await;
    let ts = shares(&slack, LINK).await;
    let button = json!({"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"}});
    let content = json!({"blocks": [{"type": "actions", "elements": [button]}]});
    assert_eq!(unfurl(&slack, "C1", &ts, LINK, content).await["ok"], true);
    slack.emulator.clicks(&team(), &user("U1"), &channel("C1"), &ts, "open").await.unwrap();
    let clicked = clicked.lock().unwrap().clone();
    let container = &clicked["container"];
    assert_eq!((&container["is_app_unfurl"], &container["app_unfurl_url"]), (&json!(true), &json!(LINK)));
    assert_eq!((&clicked["app_unfurl"]["from_url"], clicked.get("message")), (&json!(LINK), None));
}
