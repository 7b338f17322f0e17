//! The few shapes that replies have: one sentence, a heading with lines or paragraphs, and buttons below.

use super::format;
use crate::render::{Message, block_kit, mrkdwn};
use crate::slack::interaction::Action;
use slack_morphism::prelude::{SlackActionBlockElement, SlackBlock, SlackBlockButtonStyle};

pub(super) use crate::render::block_kit::section;

/// Room for the lines of one message, in characters; Slack was seen to refuse blocks of about 13,000 in all.
pub(super) const MOST_CHARACTERS: usize = 8_000;

/// No more lines than this in one message; Slack takes 50 blocks.
const MOST_LINES: usize = 20;

/// A message of one sentence, or a few.
pub(super) fn say(sentences: impl AsRef<str>) -> Message {
    let sentences = sentences.as_ref();
    Message { text: summary(sentences), lead: None, color: None, blocks: vec![section(sentences)] }
}

/// A line right after its heading if there is just one, else under a heading of their own.
pub(super) fn one_or_more(one: &str, several: &str, lines: impl IntoIterator<Item = String>) -> Message {
    let lines: Vec<String> = lines.into_iter().collect();
    match lines.as_slice() {
        [line] => say(format!("{one} {line}")),
        _ => stack(several, lines),
    }
}

/// A heading, then one section a line, as many as fit; says how many were left out.
pub(super) fn stack(heading: &str, lines: Vec<String>) -> Message {
    let mut room = MOST_CHARACTERS;
    let fits = |line: &&String| {
        let left = room.checked_sub(mrkdwn::units(line));
        room = left.unwrap_or(0);
        left.is_some()
    };
    let shown: Vec<SlackBlock> = lines.iter().take(MOST_LINES).take_while(fits).map(|line| section(line)).collect();
    let left_out = lines.len() - shown.len();
    let mut said = say(heading);
    said.blocks.extend(shown);
    said.blocks.extend(context((left_out > 0).then(|| format!("and {} more", format::grouped(left_out as u64)))));
    said.text = summary(&format!("{heading} {}", format::listed(lines, 2_500)));
    said
}

/// A heading and paragraphs of our own words.
pub(super) fn paragraphs(heading: &str, paragraphs: impl IntoIterator<Item = String>) -> Message {
    let paragraphs: Vec<String> = paragraphs.into_iter().collect();
    let mut said = say(format!("*{heading}*"));
    said.text = summary(&format!("{heading}: {}", paragraphs.join(" ")));
    said.blocks.extend(paragraphs.iter().map(|paragraph| section(paragraph)));
    said
}

/// Safe mrkdwn as one line, for a message's `text`.
pub(super) fn summary(mrkdwn: &str) -> String {
    mrkdwn.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Foreign text within a sentence, escaped and short.
pub(super) fn plain(text: &str, room: usize) -> String {
    mrkdwn::name(text, room)
}

/// Small print; nothing without any.
pub(super) fn context(notes: impl IntoIterator<Item = String>) -> Option<SlackBlock> {
    let notes: Vec<String> = notes.into_iter().collect();
    (!notes.is_empty()).then(|| block_kit::context(notes))
}

/// A row of buttons; nothing without any.
pub(super) fn buttons(buttons: impl IntoIterator<Item = SlackActionBlockElement>) -> Option<SlackBlock> {
    let buttons: Vec<_> = buttons.into_iter().collect();
    (!buttons.is_empty()).then(|| block_kit::actions(buttons))
}

/// A button that means an action.
pub(super) fn button(label: &str, action: &Action) -> SlackActionBlockElement {
    block_kit::button(action, label, None)
}

/// A dangerous button that asks again before it acts.
pub(super) fn confirmed_button(label: &str, action: &Action, warning: &str) -> SlackActionBlockElement {
    block_kit::confirmed_button(action, label, Some(SlackBlockButtonStyle::Danger), warning)
}
