//! What Slack refuses, looked for in a message as it is sent: independent of the code that should hold it.

use serde_json::Value;
use std::collections::BTreeSet;

/// Every limit that a message breaks.
pub(crate) fn broken(content: &Value) -> Vec<String> {
    let mut check = Check::default();
    check.text("text", content["text"].as_str().unwrap_or_default(), 4_000);
    check.mrkdwn("text", content["text"].as_str().unwrap_or_default());
    let inside = content["attachments"].as_array().into_iter().flatten().collect::<Vec<_>>();
    check.most("attachments", inside.len(), 1);
    for attachment in &inside {
        check.text("fallback", attachment["fallback"].as_str().unwrap_or_default(), 4_000);
        let color = attachment["color"].as_str().unwrap_or_default();
        check.hold(color.len() == 7 && color.starts_with('#'), || format!("color {color}"));
    }
    let blocks: Vec<&Value> =
        std::iter::once(content).chain(inside).filter_map(|holder| holder["blocks"].as_array()).flatten().collect();
    check.most("blocks", blocks.len(), 50);
    check.most("all blocks", blocks.iter().map(|block| length(&block.to_string())).sum(), 13_200);
    for block in blocks {
        check.block(block);
    }
    check.broken
}

#[derive(Default)]
struct Check {
    broken: Vec<String>,
    ids: BTreeSet<String>,
}

impl Check {
    fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }

    fn most(&mut self, what: &str, is: usize, limit: usize) {
        self.hold(is <= limit, || format!("{what}: {is} of at most {limit}"));
    }

    fn text(&mut self, what: &str, text: &str, limit: usize) {
        self.most(what, length(text), limit);
        self.hold(!text.trim().is_empty(), || format!("{what}: empty"));
        let invisible = |c: char| matches!(c, '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        self.hold(!text.contains(invisible), || format!("{what}: a direction or nothing in {text:?}"));
    }

    /// Whether everything between our own tokens is escaped.
    fn mrkdwn(&mut self, what: &str, text: &str) {
        let mut rest = text;
        let quoted_lines = rest.replace("\n> ", "\n");
        rest = quoted_lines.strip_prefix("> ").unwrap_or(&quoted_lines);
        while let Some(at) = rest.find(['<', '>', '&']) {
            let from = &rest[at..];
            let escape = ["&amp;", "&lt;", "&gt;"].into_iter().find(|escape| from.starts_with(escape));
            let length = match (escape, from.find('>')) {
                (Some(escape), _) => escape.len(),
                (None, Some(end)) if is_ours(&from[..=end]) => end + 1,
                _ => return self.hold(false, || format!("{what}: unescaped {from:?}")),
            };
            rest = &from[length..];
        }
    }

    fn object(&mut self, what: &str, text: &Value, limit: usize) {
        let said = text["text"].as_str().unwrap_or_default();
        self.text(what, said, limit);
        if text["type"] == "mrkdwn" {
            self.mrkdwn(what, said);
            self.hold(text["verbatim"] == true, || format!("{what}: Slack would look for names in it"));
        }
    }

    fn block(&mut self, block: &Value) {
        let list = |key: &str| block[key].as_array().cloned().unwrap_or_default();
        match block["type"].as_str().unwrap_or_default() {
            "section" => {
                self.hold(block["text"].is_object() || block["fields"].is_array(), || "section: empty".to_owned());
                if block["text"].is_object() {
                    self.object("section", &block["text"], 3_000);
                }
                self.most("fields", list("fields").len(), 10);
                for field in list("fields") {
                    self.object("field", &field, 2_000);
                }
                if block["accessory"].is_object() {
                    self.element(&block["accessory"]);
                }
            }
            "header" => self.object("header", &block["text"], 150),
            "context" => {
                self.hold((1..=10).contains(&list("elements").len()), || "context: elements".to_owned());
                for element in list("elements") {
                    self.element(&element);
                }
            }
            "actions" => {
                self.hold((1..=25).contains(&list("elements").len()), || "actions: elements".to_owned());
                for element in list("elements") {
                    self.element(&element);
                }
            }
            "image" => self.element(block),
            "divider" => {}
            other => self.hold(false, || format!("block of unknown type {other}")),
        }
    }

    fn element(&mut self, element: &Value) {
        if let Some(id) = element["action_id"].as_str() {
            self.text("action_id", id, 255);
            let fresh = self.ids.insert(id.to_owned());
            self.hold(fresh, || format!("action_id {id} stands there twice"));
        }
        if let Some(url) = element["url"].as_str().or(element["image_url"].as_str()) {
            self.text("url", url, 3_000);
            self.hold(url.starts_with("https://"), || format!("url {url}"));
        }
        match element["type"].as_str().unwrap_or_default() {
            "button" => {
                self.object("button", &element["text"], 75);
                if let Some(value) = element["value"].as_str() {
                    self.text("value", value, 2_000);
                }
            }
            "overflow" => {
                let options = element["options"].as_array().cloned().unwrap_or_default();
                self.hold((2..=5).contains(&options.len()), || format!("options: {}", options.len()));
                for option in options {
                    self.object("option", &option["text"], 75);
                    let value = option["value"].as_str().unwrap_or_default();
                    self.most("option", length(value), 150);
                    self.hold(!value.is_empty(), || "option: empty".to_owned());
                }
            }
            "image" => {
                let alt_text = element["alt_text"].as_str().unwrap_or_default();
                self.text("alt_text", alt_text, 2_000);
                self.mrkdwn("alt_text", alt_text);
            }
            _ => self.object("context", element, 3_000),
        }
    }
}

/// A link into the web app of the tests, a date, or a mention that was asked for.
fn is_ours(token: &str) -> bool {
    let known =
        ["<https://app.segments.ai", "<!date^", "<@UASKED>", "<@UMAPPED>", "<!subteam^SASKED>", "<@UJ", "<@UANN>"];
    known.iter().any(|start| token.starts_with(start)) && !token[1..].contains('<') && !token.contains('\n')
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
