//! What a message may contain: each limit at its edge, and one beyond.

use super::{Slack, channel, team};
use serde_json::{Value, json};

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn button(extra: &Value) -> Value {
    merge(json!({"type": "button", "text": plain("Open"), "action_id": "a"}), extra)
}

fn merge(mut base: Value, extra: &Value) -> Value {
    for (name, value) in extra.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

fn long(length: usize) -> String {
    "é".repeat(length)
}

/// Posts blocks, after a pause that no limit can object to.
async fn post(slack: &Slack, blocks: Value) -> Value {
    slack.pass(1);
    slack.post("chat.postMessage", json!({"channel": "C1", "text": "x", "blocks": blocks})).await
}

async fn accepts(slack: &Slack, block: Value) {
    let answer = post(slack, json!([block])).await;
    assert_eq!(answer["ok"], true, "{answer}");
}

async fn refuses(slack: &Slack, block: Value, place: &str) {
    let answer = post(slack, json!([block])).await;
    assert_eq!(answer["error"], "invalid_blocks", "{block}");
    let problems = answer["response_metadata"]["messages"].to_string();
    assert!(problems.contains(&format!("[json-pointer:/blocks/0{place}]")), "{problems}");
}

#[tokio::test]
async fn a_message_needs_something_to_show_and_not_too_much_of_it() {
    let slack = Slack::start().await;
    let section = |length: usize| json!({"type": "section", "text": {"type": "mrkdwn", "text": long(length)}});
    let divider = json!({"type": "divider"});
    let metadata = |payload: Value| json!({"event_type": "call", "event_payload": payload});
    let attachment = json!({"color": "#ff0000", "blocks": [divider]});
    for (content, code) in [
        (json!({}), "no_text"),
        (json!({"text": "", "blocks": [], "attachments": []}), "no_text"),
        (json!({"text": long(40_001)}), "msg_too_long"),
        (json!({"text": "x", "blocks": "{"}), "invalid_blocks_format"),
        (json!({"text": "x", "blocks": {"type": "divider"}}), "invalid_blocks_format"),
        (json!({"text": "x", "blocks": vec![&divider; 51]}), "invalid_blocks"),
        (json!({"blocks": vec![section(2_641); 5]}), "msg_blocks_too_long"),
        (json!({"attachments": vec![&attachment; 101]}), "too_many_attachments"),
        (json!({"attachments": {"blocks": []}}), "invalid_attachments"),
        (json!({"attachments": [{"color": "#ff0000"}]}), "invalid_attachments"),
        (json!({"attachments": [{"blocks": [divider], "footer": "no"}]}), "invalid_attachments"),
        (json!({"attachments": [{"blocks": [section(3_001)]}]}), "invalid_attachments"),
        (json!({"text": "x", "metadata": {}}), "invalid_metadata_format"),
        (json!({"text": "x", "metadata": "call"}), "invalid_metadata_format"),
        (json!({"text": "x", "metadata": {"event_type": "call"}}), "invalid_metadata_format"),
        (json!({"text": "x", "metadata": metadata(json!("seven"))}), "invalid_metadata_format"),
        (json!({"text": "x", "metadata": metadata(json!({"id": long(8_000)}))}), "metadata_too_large"),
    ] {
        slack.pass(1);
        let answer = slack.post("chat.postMessage", merge(json!({"channel": "C1"}), &content)).await;
        assert_eq!(answer["error"], code, "{:.200}", content.to_string());
    }
    for content in [
        json!({"text": long(40_000)}),
        json!({"text": "x", "blocks": vec![&divider; 50]}),
        json!({"blocks": vec![section(2_640); 5]}),
        json!({"attachments": vec![&attachment; 100]}),
        json!({"text": "x", "blocks": json!([divider]).to_string()}),
        json!({"attachments": [{"text": "old", "footer": "yes"}]}),
    ] {
        slack.pass(1);
        let answer = slack.post("chat.postMessage", merge(json!({"channel": "C1"}), &content)).await;
        assert_eq!(answer["ok"], true, "{answer}");
    }
}

#[tokio::test]
async fn the_ids_that_were_left_out_are_filled_in() {
    let slack = Slack::start().await;
    let row = json!({"type": "actions", "elements": [{"type": "button", "text": plain("Open")}]});
    let content = json!({"channel": "C1", "blocks": [row], "attachments": [{"blocks": [row]}]});
    slack.post("chat.postMessage", content).await;
    let shown = &slack.emulator.messages(&team(), &channel("C1"), None)[0];
    assert_eq!(shown.attachments[0]["id"], 1);
    for block in [&shown.blocks[0], &shown.attachments[0]["blocks"][0]] {
        assert!(block["block_id"].is_string() && block["elements"][0]["action_id"].is_string(), "{block}");
    }
}

#[tokio::test]
async fn blocks_are_of_known_types_with_known_fields() {
    let slack = Slack::start().await;
    refuses(&slack, json!({"type": "sparkles"}), "/type").await;
    refuses(&slack, json!("divider"), "/type").await;
    refuses(&slack, json!({"type": "divider", "text": "no"}), "").await;
    refuses(&slack, json!({"type": "section"}), "").await;
    refuses(&slack, json!({"type": "header"}), "").await;
    refuses(&slack, json!({"type": "divider", "block_id": long(256)}), "/block_id").await;
    accepts(&slack, json!({"type": "divider", "block_id": long(255)})).await;
    let twice = post(&slack, json!([{"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}])).await;
    assert_eq!(twice["error"], "invalid_blocks");
    accepts(&slack, json!({"type": "markdown", "text": "# hello"})).await;
    accepts(&slack, json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]})).await;
}

#[tokio::test]
async fn texts_have_a_kind_and_a_length() {
    let slack = Slack::start().await;
    let section = |text: Value| json!({"type": "section", "text": text});
    let mrkdwn = |length: usize| json!({"type": "mrkdwn", "text": long(length)});
    accepts(&slack, section(mrkdwn(3_000))).await;
    refuses(&slack, section(mrkdwn(3_001)), "/text/text").await;
    refuses(&slack, section(mrkdwn(0)), "/text/text").await;
    refuses(&slack, section(json!("hello")), "/text").await;
    refuses(&slack, section(json!({"type": "mrkdwn", "text": "x", "emoji": true})), "/text").await;
    refuses(&slack, section(json!({"type": "mrkdwn", "text": 7})), "/text/text").await;
    let fields = |count: usize, length: usize| json!({"type": "section", "fields": vec![mrkdwn(length); count]});
    accepts(&slack, fields(10, 1_000)).await;
    accepts(&slack, fields(1, 2_000)).await;
    refuses(&slack, fields(11, 1), "/fields").await;
    refuses(&slack, fields(0, 1), "/fields").await;
    refuses(&slack, fields(1, 2_001), "/fields/0/text").await;
    let header = |text: Value| json!({"type": "header", "text": text});
    accepts(&slack, header(plain(&long(150)))).await;
    refuses(&slack, header(plain(&long(151))), "/text/text").await;
    refuses(&slack, header(mrkdwn(1)), "/text/type").await;
    let context = |count: usize| json!({"type": "context", "elements": vec![mrkdwn(1); count]});
    accepts(&slack, context(10)).await;
    refuses(&slack, context(11), "/elements").await;
    refuses(&slack, context(0), "/elements").await;
    refuses(&slack, json!({"type": "context", "elements": [button(&json!({}))]}), "/elements/0").await;
}

#[tokio::test]
async fn buttons_are_short_and_their_ids_unique() {
    let slack = Slack::start().await;
    let row = |elements: &[Value]| json!({"type": "actions", "elements": elements});
    let one = |extra: Value| row(&[button(&extra)]);
    let https = |length: usize| format!("https://example.com/{}", "a".repeat(length - 20));
    let confirm = |extra: Value| {
        let base =
            json!({"title": plain("Sure?"), "text": plain("All?"), "confirm": plain("Yes"), "deny": plain("No")});
        one(json!({"confirm": merge(base, &extra)}))
    };
    for good in [
        one(json!({"text": plain(&long(75)), "style": "danger"})),
        one(json!({"value": long(2_000)})),
        one(json!({"url": https(3_000)})),
        one(json!({"action_id": long(255)})),
        confirm(json!({"title": plain(&long(100)), "text": plain(&long(300)), "deny": plain(&long(30))})),
        row(&(0..25).map(|number| button(&json!({"action_id": number.to_string()}))).collect::<Vec<_>>()),
    ] {
        accepts(&slack, good).await;
    }
    for (bad, place) in [
        (one(json!({"text": plain(&long(76))})), "/elements/0/text/text"),
        (one(json!({"text": {"type": "mrkdwn", "text": "x"}})), "/elements/0/text/type"),
        (one(json!({"style": "loud"})), "/elements/0/style"),
        (one(json!({"value": long(2_001)})), "/elements/0/value"),
        (one(json!({"value": ""})), "/elements/0/value"),
        (one(json!({"url": https(3_001)})), "/elements/0/url"),
        (one(json!({"url": "javascript:alert(1)"})), "/elements/0/url"),
        (one(json!({"action_id": long(256)})), "/elements/0/action_id"),
        (one(json!({"colour": "red"})), "/elements/0"),
        (confirm(json!({"title": plain(&long(101))})), "/elements/0/confirm/title/text"),
        (confirm(json!({"text": plain(&long(301))})), "/elements/0/confirm/text/text"),
        (confirm(json!({"confirm": plain(&long(31))})), "/elements/0/confirm/confirm/text"),
        (row(&[button(&json!({})), button(&json!({}))]), "/elements/1/action_id"),
        (row(&vec![button(&json!({})); 26]), "/elements"),
        (row(&[]), "/elements"),
        (
            row(&[json!({"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"})]),
            "/elements/0/type",
        ),
    ] {
        refuses(&slack, bad, place).await;
    }
}

#[tokio::test]
async fn menus_have_a_few_short_options() {
    let slack = Slack::start().await;
    let option = |extra: Value| merge(json!({"text": plain("Mute"), "value": "mute"}), &extra);
    let menu = |options: Vec<Value>| {
        let overflow = json!({"type": "overflow", "action_id": "more", "options": options});
        json!({"type": "section", "text": plain("x"), "accessory": overflow})
    };
    accepts(&slack, menu(vec![option(json!({"text": plain(&long(75)), "value": long(150)})); 5])).await;
    accepts(&slack, menu(vec![option(json!({"url": "https://example.com"}))])).await;
    for (options, place) in [
        (vec![option(json!({})); 6], "/accessory/options"),
        (vec![], "/accessory/options"),
        (vec![option(json!({"text": plain(&long(76))}))], "/accessory/options/0/text/text"),
        (vec![option(json!({"text": {"type": "mrkdwn", "text": "x"}}))], "/accessory/options/0/text/type"),
        (vec![option(json!({"value": long(151)}))], "/accessory/options/0/value"),
    ] {
        refuses(&slack, menu(options), place).await;
    }
    let select = |extra: Value| {
        let base = json!({"type": "static_select", "action_id": "s", "options": [option(json!({}))]});
        json!({"type": "actions", "elements": [merge(base, &extra)]})
    };
    accepts(&slack, select(json!({"initial_option": option(json!({}))}))).await;
    refuses(&slack, select(json!({"initial_option": option(json!({"value": "other"}))})), "/elements/0").await;
    refuses(&slack, select(json!({"placeholder": plain(&long(151))})), "/elements/0/placeholder/text").await;
}

#[tokio::test]
async fn images_need_words_and_an_address_that_can_be_loaded() {
    let slack = Slack::start().await;
    let image = |extra: Value| {
        merge(json!({"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a flower"}), &extra)
    };
    accepts(&slack, image(json!({"alt_text": long(2_000)}))).await;
    refuses(&slack, image(json!({"alt_text": long(2_001)})), "/alt_text").await;
    refuses(&slack, image(json!({"alt_text": ""})), "/alt_text").await;
    refuses(&slack, json!({"type": "image", "image_url": "https://example.com/a.png"}), "").await;
    refuses(&slack, image(json!({"image_url": "s3://bucket/a.png"})), "/image_url").await;
    refuses(&slack, image(json!({"image_url": "https://images.invalid/a.png"})), "/image_url").await;
    let small = json!({"type": "context", "elements": [image(json!({"image_url": "https://a.invalid/"}))]});
    refuses(&slack, small, "/elements/0/image_url").await;
}

#[tokio::test]
async fn whatever_is_sent_as_blocks_is_answered() {
    let slack = Slack::start().await;
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    for hostile in [
        json!([null, 7, [], {}, "x", {"type": 7}, {"type": null}]),
        json!([{"type": "section", "text": null, "fields": 7, "accessory": []}]),
        json!([{"type": "actions", "elements": [null, {"type": "overflow", "options": [null]}]}]),
        json!([{"type": "input", "label": null, "element": {"type": "plain_text_input", "max_length": -1}}]),
        json!(deep),
    ] {
        let answer = post(&slack, hostile).await;
        assert!(answer["error"].as_str().unwrap().starts_with("invalid_blocks"), "{answer}");
    }
}
