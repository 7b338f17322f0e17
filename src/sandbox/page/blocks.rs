//! Block Kit as HTML: the blocks and elements that messages are made of. What it does not know it names.

use super::mrkdwn;
use super::names::Names;
use maud::{Markup, html};
use serde_json::Value;

/// A list of blocks, as `chat.postMessage` takes them.
pub(super) fn blocks(blocks: &Value, names: &Names) -> Markup {
    html! { @for item in items(blocks) { (block(item, names)) } }
}

/// A list of attachments: blocks behind a bar of colour, or the older text alone.
pub(super) fn attachments(attachments: &Value, names: &Names) -> Markup {
    html! {
        @for attachment in items(attachments) {
            div.attachment style={ "--bar:" (color(string(attachment, "color"))) } {
                @if items(&attachment["blocks"]).is_empty() {
                    @let shown = ["text", "fallback"].map(|key| string(attachment, key));
                    div.text { (mrkdwn::html(shown.into_iter().find(|text| !text.is_empty()).unwrap_or_default(), names)) }
                } @else {
                    (blocks(&attachment["blocks"], names))
                }
            }
        }
    }
}

pub(super) fn block(block: &Value, names: &Names) -> Markup {
    match string(block, "type") {
        "section" => html! {
            div.section {
                div {
                    @if !block["text"].is_null() { div.text { (text(&block["text"], names)) } }
                    @if !items(&block["fields"]).is_empty() {
                        div.fields { @for field in items(&block["fields"]) { div.text { (text(field, names)) } } }
                    }
                }
                @if !block["accessory"].is_null() { div.accessory { (element(&block["accessory"], names)) } }
            }
        },
        "header" => html! { h3 { (text(&block["text"], names)) } },
        "divider" => html! { hr; },
        "context" => html! {
            div.context { @for item in items(&block["elements"]) { span { (element(item, names)) } } }
        },
        "actions" => html! {
            div.actions { @for item in items(&block["elements"]) { (element(item, names)) } }
        },
        "image" => html! {
            figure {
                @if !block["title"].is_null() { figcaption { (text(&block["title"], names)) } }
                (picture(block, "picture large"))
            }
        },
        other => unknown("block", other),
    }
}

fn element(element: &Value, names: &Names) -> Markup {
    match string(element, "type") {
        "mrkdwn" | "plain_text" => text(element, names),
        "image" => picture(element, "picture"),
        "button" => button(element, names),
        "overflow" => html! {
            details.overflow {
                summary aria-label="More actions" title="More actions" { "•••" }
                div.menu {
                    @for option in items(&element["options"]) {
                        button type="button" data-action=(string(element, "action_id")) data-option=(string(option, "value")) {
                            (text(&option["text"], names))
                        }
                    }
                }
            }
        },
        "static_select" => html! {
            select data-action=(string(element, "action_id")) aria-label=(text(&element["placeholder"], names)) {
                option value="" { (text(&element["placeholder"], names)) }
                @for option in items(&element["options"]) {
                    option value=(string(option, "value")) { (text(&option["text"], names)) }
                }
            }
        },
        other => unknown("element", other),
    }
}

/// A button; one with an address opens it, and is reported as a click all the same, as in Slack.
fn button(button: &Value, names: &Names) -> Markup {
    let class = format!("button {}", string(button, "style"));
    let action = string(button, "action_id");
    let label = text(&button["text"], names);
    let described = button["accessibility_label"].as_str();
    if let Some(address) = mrkdwn::web_address(string(button, "url")) {
        return html! {
            a class=(class) href=(address) target="_blank" rel="noopener noreferrer" data-action=(action) aria-label=[described] {
                (label)
            }
        };
    }
    html! {
        button type="button" class=(class) data-action=(action) aria-label=[described] {
            (label)
            @if !button["confirm"].is_null() { (confirmation(&button["confirm"], names)) }
        }
    }
}

/// The question that a click asks first; the script shows it as a dialog.
fn confirmation(confirm: &Value, names: &Names) -> Markup {
    let label = |key: &str, otherwise: &'static str| match &confirm[key] {
        Value::Null => html! { (otherwise) },
        said => text(said, names),
    };
    html! {
        template {
            h2 { (label("title", "Are you sure?")) }
            p { (label("text", "")) }
            div.actions {
                button.button value="" { (label("deny", "Cancel")) }
                button.button.primary.danger[string(confirm, "style") == "danger"] value="yes" { (label("confirm", "Yes")) }
            }
        }
    }
}

/// A frame in place of an image: the page loads nothing from elsewhere.
fn picture(image: &Value, class: &str) -> Markup {
    let alt = string(image, "alt_text");
    html! { span class=(class) role="img" aria-label=(alt) title=(string(image, "image_url")) { "🖼 " (alt) } }
}

pub(super) fn unknown(kind: &str, name: &str) -> Markup {
    html! { p.unknown { "This page does not draw the " (kind) " " code { (name) } "." } }
}

/// A text object, by its kind.
pub(super) fn text(object: &Value, names: &Names) -> Markup {
    let text = string(object, "text");
    if string(object, "type") == "mrkdwn" { mrkdwn::html(text, names) } else { mrkdwn::plain(text) }
}

/// The colour of an attachment's bar: Slack's three words or six hexadecimal digits.
fn color(color: &str) -> String {
    let digits = color.strip_prefix('#').unwrap_or(color);
    match color {
        "good" => "#2eb67d".to_owned(),
        "warning" => "#ecb22e".to_owned(),
        "danger" => "#e01e5a".to_owned(),
        _ if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => format!("#{digits}"),
        _ => "#bbbbbb".to_owned(),
    }
}

pub(super) fn string<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default()
}

pub(super) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(value: &Value) -> String {
        blocks(value, &Names::default()).into_string()
    }

    #[test]
    fn every_block_of_a_card_is_drawn() {
        let html = shown(&json!([
            { "type": "header", "text": { "type": "plain_text", "text": ":tada: Done" } },
            { "type": "section", "text": { "type": "mrkdwn", "text": "*bold*" }, "fields": [{ "type": "mrkdwn", "text": "_f_" }],
              "accessory": { "type": "image", "image_url": "https://x.test/i.png", "alt_text": "a cat" } },
            { "type": "divider" },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "`#1`" }] },
            { "type": "image", "image_url": "https://x.test/i.png", "alt_text": "a dog" },
        ]));
        for part in
            ["<h3>🎉 Done</h3>", "<strong>bold</strong>", "<em>f</em>", "a cat", "<hr>", "<code>#1</code>", "a dog"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<img"), "nothing is loaded from elsewhere");
    }

    #[test]
    fn buttons_carry_their_action_and_their_question() {
        let html = shown(&json!([{ "type": "actions", "elements": [
            { "type": "button", "text": { "type": "plain_text", "text": "Go" }, "action_id": "go", "style": "danger",
              "confirm": { "title": { "type": "plain_text", "text": "Really?" } } },
            { "type": "button", "text": { "type": "plain_text", "text": "Open" }, "action_id": "open", "url": "https://x.test/" },
            { "type": "button", "text": { "type": "plain_text", "text": "Bad" }, "action_id": "bad", "url": "javascript:alert(1)" },
            { "type": "overflow", "action_id": "more", "options": [{ "text": { "type": "plain_text", "text": "Mute" }, "value": "mute" }] },
        ] }]));
        for part in [
            r#"class="button danger" data-action="go""#,
            "<h2>Really?</h2>",
            r#"href="https://x.test/""#,
            r#"data-action="more" data-option="mute""#,
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("javascript:"));
    }

    #[test]
    fn an_attachment_has_a_colour_that_is_one() {
        let bar =
            |color: &str| attachments(&json!([{ "color": color, "fallback": "<b>" }]), &Names::default()).into_string();
        assert!(bar("#E01E5A").contains("--bar:#E01E5A"));
        assert!(bar("red;background:url(//x)").contains("--bar:#bbbbbb"));
        assert!(bar("good").contains("&lt;b&gt;"));
    }

    #[test]
    fn a_shape_that_is_no_block_is_named_and_harmless() {
        for value in [json!(null), json!(7), json!([]), json!({ "type": "section" })] {
            assert_eq!(shown(&value), "");
        }
        assert!(shown(&json!([{ "type": "<video>" }, 3, null, {}])).contains("<code>&lt;video&gt;</code>"));
    }
}
