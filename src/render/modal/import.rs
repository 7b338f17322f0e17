//! The modal that takes pasted lines.

use super::{ENTRY, TITLE};
use crate::render::Message;
use crate::render::block_kit::{self, plain, section};
use crate::slack::form::{IMPORT, LINES, Sheet, TYPED, typed};
use slack_morphism::prelude::*;

/// No more blocks than this of what is wrong stand above the lines.
const WRONG: usize = 25;

/// The modal with the lines that were pasted, and what is wrong with them.
pub fn import(sheet: &Sheet, lines: &str, wrong: Option<&Message>) -> SlackView {
    let place = sheet.channel.as_ref().map(|channel| format!(" to <#{channel}>")).unwrap_or_default();
    let mut blocks = vec![section(&format!(
        "Paste lines from `/segments export` to add these subscriptions{place}. Nothing is removed."
    ))];
    if let Some(wrong) = wrong {
        blocks.push(block_kit::divider());
        blocks.extend(wrong.blocks.iter().take(WRONG).cloned());
    }
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(LINES.into())
        .with_multiline(true)
        .with_max_length(TYPED as u64)
        .with_placeholder(plain("subscribe jane/flowers sample.*", ENTRY))
        .opt_initial_value((!lines.is_empty()).then(|| typed(lines)));
    let hint = "Write one subscription per line; # starts a comment. The limit here is 3,000 characters. For more, import several \
                times, or paste the lines right after /segments import.";
    let input = SlackInputBlock::new(plain("Lines", ENTRY), element.into())
        .with_block_id(LINES.into())
        .with_optional(false)
        .with_hint(plain(hint, 2_000));
    blocks.push(input.into());
    let modal = SlackModalView::new(plain("Import subscriptions", TITLE), blocks)
        .with_submit(plain("Import", TITLE))
        .with_close(plain("Cancel", TITLE))
        .with_callback_id(IMPORT.into())
        .with_private_metadata(sheet.metadata());
    SlackView::Modal(modal)
}
