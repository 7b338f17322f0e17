//! Checks the content of a message.

use super::args::Args;
use super::blocks::{Surface, fill_in_ids};
use super::check::Check;
use super::message::Shown;
use super::refusal::Refusal;
use serde_json::{Value, json};

/// The longest text, in characters. <https://docs.slack.dev/reference/methods/chat.postMessage>
const LONGEST_TEXT: usize = 40_000;
/// Characters of all blocks together; undocumented, seen near this.
const LONGEST_BLOCKS: usize = 13_200;
/// Attachments of one message.
const MOST_ATTACHMENTS: usize = 100;
/// Bytes of the metadata's JSON; Slack's own limit is nowhere said.
const LONGEST_METADATA: usize = 8_000;

/// The content of a message as it was sent; `None` for parts that were left out.
pub(super) struct Content {
    pub(super) text: Option<String>,
    pub(super) blocks: Option<Value>,
    pub(super) attachments: Option<Value>,
    pub(super) metadata: Option<Value>,
}

impl Content {
    /// Reads and checks content, and fills in the ids that were left out.
    pub(super) fn read(args: &Args, mut next_id: impl FnMut() -> String) -> Result<Self, Refusal> {
        let text = args.word("text");
        if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
            return Err("msg_too_long".into());
        }
        let mut blocks = list(args, "blocks", "invalid_blocks_format")?;
        let mut attachments = list(args, "attachments", "invalid_attachments")?;
        let mut check = Check::default();
        check.blocks(items(blocks.as_ref()), "/blocks", Surface::Message);
        if !check.problems.is_empty() {
            return Err(Refusal::because("invalid_blocks", &check.problems));
        }
        if items(attachments.as_ref()).len() > MOST_ATTACHMENTS {
            return Err("too_many_attachments".into());
        }
        for (place, attachment) in items(attachments.as_ref()).iter().enumerate() {
            check_attachment(&mut check, attachment, &format!("/attachments/{place}"));
        }
        if !check.problems.is_empty() {
            return Err(Refusal::because("invalid_attachments", &check.problems));
        }
        if check.characters > LONGEST_BLOCKS {
            return Err("msg_blocks_too_long".into());
        }
        let metadata = metadata(args)?;
        if let Some(blocks) = &mut blocks {
            fill_in_ids(blocks, &mut next_id);
        }
        let each = attachments.iter_mut().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut);
        for (attachment, number) in each.zip(1..) {
            attachment.insert("id".to_owned(), json!(number));
            attachment.entry("fallback").or_insert_with(|| "[no preview available]".into());
            if let Some(blocks) = attachment.get_mut("blocks") {
                fill_in_ids(blocks, &mut next_id);
            }
        }
        Ok(Self { text, blocks, attachments, metadata })
    }

    /// Puts what was mentioned in the place of what was there; the text always.
    pub(super) fn put_into(self, shown: &mut Shown) {
        shown.text = self.text.unwrap_or_default();
        if let Some(blocks) = self.blocks {
            shown.blocks = blocks;
        }
        if let Some(attachments) = self.attachments {
            shown.attachments = attachments;
        }
        if let Some(metadata) = self.metadata {
            shown.metadata = metadata.as_object().is_some_and(|map| !map.is_empty()).then_some(metadata);
        }
    }
}

impl Shown {
    /// Returns true if there is anything to see.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && items(Some(&self.blocks)).is_empty() && items(Some(&self.attachments)).is_empty()
    }
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn list(args: &Args, name: &str, refusal: &'static str) -> Result<Option<Value>, Refusal> {
    match args.structure(name) {
        None => Ok(None),
        Some(list @ Value::Array(_)) => Ok(Some(list)),
        Some(_) => Err(refusal.into()),
    }
}

fn metadata(args: &Args) -> Result<Option<Value>, Refusal> {
    let Some(metadata) = args.structure("metadata") else { return Ok(None) };
    let Some(map) = metadata.as_object() else { return Err("invalid_metadata_format".into()) };
    let known = map.keys().all(|name| matches!(name.as_str(), "event_type" | "event_payload" | "entities"));
    let named = map.get("event_type").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    let loaded = map.get("event_payload").is_some_and(Value::is_object);
    if !(map.is_empty() || known && named && loaded) {
        return Err("invalid_metadata_format".into());
    }
    if metadata.to_string().len() > LONGEST_METADATA {
        return Err("metadata_too_large".into());
    }
    Ok(Some(metadata))
}

/// An attachment has blocks, with a colour and a fall-back at most, or the old fields.
pub(super) fn check_attachment(check: &mut Check, attachment: &Value, at: &str) {
    const BESIDE_BLOCKS: &[&str] = &["color", "fallback", "id"];
    let old = [
        BESIDE_BLOCKS,
        &["title", "title_link", "text", "pretext", "fields", "mrkdwn_in", "footer", "footer_icon", "ts"],
        &["author_name", "author_link", "author_icon", "image_url", "thumb_url"],
    ]
    .concat();
    if attachment.get("blocks").is_none() {
        let Some(map) = check.object(attachment, at, &[], &old) else { return };
        if !["text", "title", "pretext", "fields", "image_url", "fallback"].iter().any(|name| map.contains_key(*name)) {
            check.problem("an attachment needs something to show", at);
        }
        check.string(map, "color", at, 20);
        return;
    }
    let Some(map) = check.object(attachment, at, &["blocks"], BESIDE_BLOCKS) else { return };
    check.string(map, "color", at, 20);
    match map.get("blocks") {
        Some(Value::Array(blocks)) => check.blocks(blocks, &format!("{at}/blocks"), Surface::Message),
        _ => check.problem("must provide an array", &format!("{at}/blocks")),
    }
}
