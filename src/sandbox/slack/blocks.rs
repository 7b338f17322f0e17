//! Which blocks Slack takes. <https://docs.slack.dev/reference/block-kit/blocks>

use super::check::{Check, Kind};
use super::elements::{OF_ACTIONS, OF_INPUT, OF_SECTION};
use serde_json::Value;

/// The surface on which blocks are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    Message,
    Modal,
    Home,
}

impl Surface {
    fn most_blocks(self) -> usize {
        if self == Self::Message { 50 } else { 100 }
    }
}

impl Check {
    /// A list of blocks; an empty one is fine.
    pub(super) fn blocks(&mut self, blocks: &[Value], at: &str, surface: Surface) {
        let most = surface.most_blocks();
        if blocks.len() > most {
            self.problem(format!("no more than {most} items allowed"), at);
        }
        for (place, block) in blocks.iter().take(most).enumerate() {
            self.block(block, &format!("{at}/{place}"), surface);
        }
    }

    fn block(&mut self, block: &Value, at: &str, surface: Surface) {
        match block.get("type").and_then(Value::as_str).unwrap_or_default() {
            "section" => self.section(block, at),
            "header" => {
                let Some(map) = self.object(block, at, &["text"], &["block_id", "level"]) else { return };
                self.text(map, "text", at, Kind::Plain, 150);
            }
            "divider" => drop(self.object(block, at, &[], &["block_id"])),
            "image" => {
                self.image(block, at, &["block_id", "title"]);
                let Some(map) = block.as_object() else { return };
                self.text(map, "title", at, Kind::Plain, 2_000);
            }
            "actions" => {
                let Some(map) = self.object(block, at, &["elements"], &["block_id"]) else { return };
                for (at, element) in self.list(map, "elements", at, 25) {
                    self.element(element, &at, OF_ACTIONS);
                }
            }
            "context" => {
                let Some(map) = self.object(block, at, &["elements"], &["block_id"]) else { return };
                for (at, element) in self.list(map, "elements", at, 10) {
                    match element.get("type").and_then(Value::as_str) {
                        Some("image") => self.image(element, &at, &[]),
                        _ => self.text_object(element, &at, Kind::Any, 3_000),
                    }
                }
            }
            "input" => {
                let optional = ["block_id", "hint", "optional", "dispatch_action"];
                let Some(map) = self.object(block, at, &["label", "element"], &optional) else { return };
                self.text(map, "label", at, Kind::Plain, 2_000);
                self.text(map, "hint", at, Kind::Plain, 2_000);
                self.boolean(map, &["optional", "dispatch_action"], at);
                if let Some(element) = map.get("element") {
                    self.element(element, &format!("{at}/element"), OF_INPUT);
                }
            }
            "rich_text" => {
                let Some(map) = self.object(block, at, &["elements"], &["block_id"]) else { return };
                self.list(map, "elements", at, 1_000).for_each(drop);
            }
            "markdown" if surface == Surface::Message => {
                let Some(map) = self.object(block, at, &["text"], &["block_id"]) else { return };
                self.string(map, "text", at, 12_000);
                self.characters += map.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
            }
            other => {
                let other: String = other.chars().take(50).collect();
                return self.problem(format!("unsupported type: {other}"), &format!("{at}/type"));
            }
        }
        if let Some(map) = block.as_object() {
            self.unique(map, "block_id", at);
        }
    }

    fn section(&mut self, block: &Value, at: &str) {
        let optional = ["block_id", "text", "fields", "accessory", "expand"];
        let Some(map) = self.object(block, at, &[], &optional) else { return };
        if !map.contains_key("text") && !map.contains_key("fields") {
            self.problem("must define either `text` or `fields`", at);
        }
        self.text(map, "text", at, Kind::Any, 3_000);
        self.boolean(map, &["expand"], at);
        for (at, field) in self.list(map, "fields", at, 10) {
            self.text_object(field, &at, Kind::Any, 2_000);
        }
        if let Some(accessory) = map.get("accessory") {
            self.element(accessory, &format!("{at}/accessory"), OF_SECTION);
        }
    }
}

/// Gives every block, and everything that can be clicked, the id that its author left out.
pub(super) fn fill_in_ids(blocks: &mut Value, next: &mut impl FnMut() -> String) {
    for block in blocks.as_array_mut().into_iter().flatten() {
        let Some(map) = block.as_object_mut() else { continue };
        if !map.contains_key("block_id") {
            map.insert("block_id".to_owned(), next().into());
        }
        // The elements of a context and of rich text cannot be clicked.
        let clickable = matches!(map.get("type").and_then(Value::as_str), Some("section" | "actions" | "input"));
        if !clickable {
            continue;
        }
        let parts = map.iter_mut().filter(|(name, _)| matches!(name.as_str(), "elements" | "accessory" | "element"));
        for (_, part) in parts {
            let elements = match part {
                Value::Array(elements) => elements.as_mut_slice(),
                one => std::slice::from_mut(one),
            };
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                if element.get("type").is_some_and(|kind| kind != "image") && !element.contains_key("action_id") {
                    element.insert("action_id".to_owned(), next().into());
                }
            }
        }
    }
}
