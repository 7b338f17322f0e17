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
    let place = sheet.channel.as_ref().map(|channel| format!(" into <#{channel}>")).unwrap_or_default();
    let mut blocks = vec![section(&format!(
        "Paste what `/segments export` wrote, to bring it{place}. It adds to what is there, and removes nothing."
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
    let hint = "One subscription a line; # begins a comment. Slack takes 3,000 characters here: paste more in several \
                parts, or right after /segments import.";
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
