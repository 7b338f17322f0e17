//! Block Kit blocks that hold Slack's limits by construction, and what a [`Message`] is sent as.
//!
//! Slack shows a message's `text` only where it has no blocks of its own; an attachment does not count. So a coloured
//! message keeps its first block (the title) outside, next to the mentions: nothing is shown twice, `text` is free to
//! be the whole news in one line for notifications, and the title stays when Slack collapses the attachment, which
//! holds the rest beside its coloured bar. Limits: <https://docs.slack.dev/reference/block-kit/blocks>.

use super::mrkdwn::{cut, units};
use super::{Color, Message};
use crate::slack::interaction::{Action, MENU};
use slack_morphism::prelude::*;
use url::Url;

/// The text of a section.
pub const SECTION: usize = 3_000;
/// The text of a field.
pub const FIELD: usize = 2_000;
/// The text of a header.
pub const HEADER: usize = 150;
/// The label of a button, of an option.
pub const LABEL: usize = 75;
/// All blocks together, as seen: Slack refuses somewhat above, undocumented.
pub const MESSAGE: usize = 13_000;
/// Blocks in a message.
pub const BLOCKS: usize = 50;
/// The `text` of a message: what people are shown of 40,000.
pub const TEXT: usize = 4_000;
const URL: usize = 3_000;
const ACTION_ID: usize = 255;
const BUTTON_VALUE: usize = 2_000;
const OPTION_VALUE: usize = 150;
const CONFIRM_TITLE: usize = 100;
const CONFIRM_TEXT: usize = 300;
const CONFIRM_BUTTON: usize = 30;
const ALT_TEXT: usize = 2_000;
const FIELDS: usize = 10;
const CONTEXT: usize = 10;
const ACTIONS: usize = 25;
const OPTIONS: usize = 5;
const LEAST_OPTIONS: usize = 2;

/// How much of a message's looks is left after Slack refused some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallbackLevel {
    /// All of it.
    Whole,
    /// Everything but images, which Slack fetches before it accepts them.
    WithoutImages,
    /// Mentions and one line.
    TextOnly,
}

impl FallbackLevel {
    /// What to try next, if anything is left to take away.
    pub const fn below(self) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::WithoutImages),
            Self::WithoutImages => Some(Self::TextOnly),
            Self::TextOnly => None,
        }
    }
}

impl Message {
    /// What Slack is sent on a level of the ladder.
    pub fn content(&self, level: FallbackLevel) -> SlackMessageContent {
        let text = cut(&self.text, TEXT);
        if level == FallbackLevel::TextOnly {
            let said = self.lead.iter().map(String::as_str).chain([text.as_str()]).collect::<Vec<_>>().join(" ");
            return SlackMessageContent::new().with_text(cut(&said, TEXT));
        }
        let mut blocks = self.blocks.clone();
        if level == FallbackLevel::WithoutImages {
            blocks = blocks.into_iter().filter_map(without_image).collect();
        }
        let colored = self.color.filter(|_| blocks.len() > 1).map(|color| (color, blocks.split_off(1)));
        blocks.splice(0..0, self.lead.as_deref().map(section));
        let content = SlackMessageContent::new().opt_blocks((!blocks.is_empty()).then_some(blocks));
        let attachment = colored.map(|(color, inside)| {
            SlackMessageAttachment::new()
                .with_color(color.hex().to_owned())
                .with_fallback(text.clone())
                .with_blocks(inside)
        });
        content.opt_attachments(attachment.map(|one| vec![one])).with_text(text)
    }
}

impl Color {
    /// The colour as Slack is told it.
    pub const fn hex(self) -> &'static str {
        match self {
            Self::Red => "#e01e5a",
            Self::Green => "#2eb67d",
            Self::Grey => "#8d8d8d",
            Self::Blue => "#1d9bd1",
        }
    }
}

/// A section of mrkdwn.
pub fn section(text: &str) -> SlackBlock {
    SlackSectionBlock::new().with_text(mrkdwn(text, SECTION).into()).into()
}

/// The same with a menu beside it.
pub fn section_beside(text: &str, menu: Option<SlackBlockOverflowElement>) -> SlackBlock {
    let section = SlackSectionBlock::new().with_text(mrkdwn(text, SECTION).into());
    section.opt_accessory(menu.map(Into::into)).into()
}

/// Short pieces of mrkdwn in two columns; at most ten.
pub fn fields<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> SlackBlock {
    fields_beside(texts, None)
}

/// The same with a thumbnail beside them.
pub fn fields_beside<S: AsRef<str>>(
    texts: impl IntoIterator<Item = S>,
    thumbnail: Option<SlackBlockImageElement>,
) -> SlackBlock {
    let texts = texts.into_iter().take(FIELDS).map(|text| mrkdwn(text.as_ref(), FIELD).into()).collect();
    SlackSectionBlock::new().with_fields(texts).opt_accessory(thumbnail.map(Into::into)).into()
}

/// Small grey mrkdwn; at most ten pieces.
pub fn context<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> SlackBlock {
    let texts = texts.into_iter().take(CONTEXT);
    SlackContextBlock::new(texts.map(|text| mrkdwn(text.as_ref(), SECTION).into()).collect()).into()
}

/// A large line of plain text.
pub fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text, HEADER)).into()
}

/// A line across.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// Buttons and menus; at most twenty-five.
pub fn actions(elements: Vec<SlackActionBlockElement>) -> SlackBlock {
    SlackActionsBlock::new(elements.into_iter().take(ACTIONS).collect()).into()
}

/// A button that means an action. A value that is too long is left out, never cut: half a command is another command.
pub fn button(action: &Action, label: &str, style: Option<SlackBlockButtonStyle>) -> SlackActionBlockElement {
    let value = action.value();
    let value = Some(value).filter(|value| (1..=BUTTON_VALUE).contains(&units(value)));
    SlackBlockButtonElement::new(plain(label, LABEL))
        .with_action_id(cut(&action.action_id(), ACTION_ID).into())
        .opt_value(value)
        .opt_style(style)
        .into()
}

/// A button that asks again before it acts.
pub fn confirmed_button(
    action: &Action,
    label: &str,
    style: Option<SlackBlockButtonStyle>,
    warning: &str,
) -> SlackActionBlockElement {
    let confirm = SlackBlockConfirmItem {
        title: plain(&format!("{label}?"), CONFIRM_TITLE),
        text: SlackBlockText::Plain(SlackBlockPlainText::new(cut(warning, CONFIRM_TEXT))),
        confirm: plain(label, CONFIRM_BUTTON),
        deny: plain("Cancel", CONFIRM_BUTTON),
        style: Some(if matches!(style, Some(SlackBlockButtonStyle::Danger)) { "danger" } else { "primary" }.to_owned()),
    };
    match button(action, label, style) {
        SlackActionBlockElement::Button(button) => button.with_confirm(confirm).into(),
        other => other,
    }
}

/// A button that opens a page. Its id must begin with `open`: Slack reports the click all the same
/// ([`Action::Open`]). None for an address that is too long for one.
pub fn link_button(action_id: &str, label: &str, url: &Url, primary: bool) -> Option<SlackActionBlockElement> {
    fits(url).then(|| {
        SlackBlockButtonElement::new(plain(label, LABEL))
            .with_action_id(cut(action_id, ACTION_ID).into())
            .with_url(url.clone())
            .opt_style(primary.then_some(SlackBlockButtonStyle::Primary))
            .into()
    })
}

/// A menu behind "…" of at most five actions, each read back with [`Action::parse`]. One whose value is too long is left
/// out, never cut; none with fewer than two, which Slack took for no menu.
pub fn overflow(entries: &[(&str, Action)]) -> Option<SlackBlockOverflowElement> {
    let entries = entries.iter().map(|(label, action)| (label, action.menu_value()));
    let entries = entries.filter(|(_, value)| units(value) <= OPTION_VALUE).take(OPTIONS);
    let options: Vec<_> = entries.map(|(label, value)| SlackBlockChoiceItem::new(plain(label, LABEL), value)).collect();
    (options.len() >= LEAST_OPTIONS).then(|| SlackBlockOverflowElement::new(options).with_action_id(MENU.into()))
}

/// An image in full width.
pub fn image(url: &Url, alt_text: &str) -> Option<SlackBlock> {
    fits(url).then(|| {
        let source = SlackImageUrlOrFile::ImageUrl { image_url: url.clone() };
        SlackImageBlock::new(source, cut(alt_text, ALT_TEXT)).into()
    })
}

/// A small image to stand beside text.
pub fn thumbnail(url: &Url, alt_text: &str) -> Option<SlackBlockImageElement> {
    fits(url).then(|| {
        let source = SlackImageUrlOrFile::ImageUrl { image_url: url.clone() };
        SlackBlockImageElement::new(source, cut(alt_text, ALT_TEXT))
    })
}

/// Whether Slack takes all blocks of a message.
pub fn is_within_budget(message: &Message) -> bool {
    let lead = message.lead.as_deref().map(section);
    let sizes: Vec<usize> = lead.iter().chain(&message.blocks).map(size).collect();
    sizes.len() <= BLOCKS && sizes.iter().sum::<usize>() <= MESSAGE
}

/// Leaves out blocks at the end until Slack takes the rest, and says so.
pub fn budget(message: &mut Message) {
    if is_within_budget(message) {
        return;
    }
    let lead = message.lead.as_deref().map(section);
    let sizes: Vec<usize> = lead.iter().chain(&message.blocks).map(size).collect();
    let notice = context(["… the rest is too long for Slack"]);
    let mut room = MESSAGE.saturating_sub(size(&notice) + lead.as_ref().map_or(0, size));
    let most = BLOCKS - 1 - usize::from(lead.is_some());
    let kept = sizes[usize::from(lead.is_some())..]
        .iter()
        .take(most)
        .take_while(|size| {
            room.checked_sub(**size).is_some_and(|left| {
                room = left;
                true
            })
        })
        .count();
    message.blocks.truncate(kept);
    message.blocks.push(notice);
}

/// The length of a block as JSON: at least what Slack counts.
fn size(block: &SlackBlock) -> usize {
    serde_json::to_string(block).map_or(MESSAGE, |json| units(&json))
}

fn without_image(block: SlackBlock) -> Option<SlackBlock> {
    match block {
        SlackBlock::Image(_) => None,
        SlackBlock::Section(mut section) => {
            section.accessory = section.accessory.filter(|one| !matches!(one, SlackSectionBlockElement::Image(_)));
            Some(section.into())
        }
        other => Some(other),
    }
}

fn fits(url: &Url) -> bool {
    url.as_str().len() <= URL
}

/// Mrkdwn that Slack must not look for names and addresses in.
fn mrkdwn(text: &str, limit: usize) -> SlackBlockMarkDownText {
    SlackBlockMarkDownText::new(never_empty(cut(text, limit))).with_verbatim(true)
}

/// Plain text, for labels.
pub(super) fn plain(text: &str, limit: usize) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(never_empty(cut(text, limit))).into()
}

/// Slack refuses a whole message for one empty text.
fn never_empty(text: String) -> String {
    if text.trim().is_empty() { "–".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(color: Option<Color>, blocks: Vec<SlackBlock>) -> Message {
        Message { text: "news".to_owned(), lead: Some("<@U1>".to_owned()), color, blocks }
    }

    #[test]
    fn coloured_messages_keep_mentions_outside_the_attachment() {
        let title = section("title");
        let content = message(Some(Color::Red), vec![title.clone(), divider()]).content(FallbackLevel::Whole);
        assert_eq!(content.blocks.unwrap(), [section("<@U1>"), title.clone()]);
        assert_eq!(content.attachments.unwrap()[0].blocks.as_deref().unwrap(), [divider()]);
        let lone = message(Some(Color::Red), vec![title]).content(FallbackLevel::Whole);
        assert_eq!(lone.attachments, None);
    }

    #[test]
    fn what_is_too_long_together_is_left_out_and_said_to_be() {
        let mut many = message(None, vec![divider(); 60]);
        budget(&mut many);
        assert_eq!(many.content(FallbackLevel::Whole).blocks.unwrap().len(), BLOCKS);
        let mut long = message(None, vec![section(&"x".repeat(2_900)); 6]);
        budget(&mut long);
        assert_eq!(long.blocks.len(), 5);
        assert!(long.blocks.iter().map(size).sum::<usize>() <= MESSAGE);
        let mut short = message(None, vec![divider(); 3]);
        budget(&mut short);
        assert_eq!(short.blocks.len(), 3);
    }

    #[test]
    fn a_command_too_long_for_a_button_is_never_run_in_part() {
        let value = |command: String| serde_json::to_value(button(&Action::Run(command), "Run this", None)).unwrap();
        assert_eq!(value("x".repeat(BUTTON_VALUE))["value"].as_str().unwrap().len(), BUTTON_VALUE);
        assert_eq!(value("x".repeat(BUTTON_VALUE + 1)).get("value"), None);
    }
}
