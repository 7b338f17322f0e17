//! The modal of a subscription, and one that only says something.

mod action_forms;
mod events;
mod import;
mod options;

pub(in crate::render) use action_forms::sample;
pub use action_forms::{asking, description, form as act, instead, wrong};
pub use import::import;

use super::Message;
use super::block_kit::{self, plain, section};
use super::mrkdwn::{cut, escape, unescape};
use super::reply::cause_in_words;
use crate::model::EventSelection;
use crate::slack::command::parse;
use crate::slack::form::{self, CALLBACK, Form, NOUNS, Sheet, TYPED, Why, Wrong, block};
use crate::slack::interaction::FILLED;
use slack_morphism::prelude::*;
use std::collections::BTreeMap;

/// The title of a modal.
const TITLE: usize = 24;
/// The line that says the same in words; longer ones are not shown.
const LINE: usize = 2_800;
/// The text of a menu's entry.
const ENTRY: usize = 75;
/// What stands beside an input that is wrong.
const ERROR: usize = 300;

/// An entry of the menu of datasets: what it says, and the dataset in the command language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetOption {
    /// At most 75 characters.
    pub text: String,
    /// At most 150 characters.
    pub value: String,
}

/// The modal as it is filled in.
pub fn subscription(form: &Form, sheet: &Sheet) -> SlackView {
    let (title, submit) = match &sheet.edits {
        Some(edits) => (format!("Edit #{}", edits.number), "Save"),
        None => ("Subscribe a channel".to_owned(), "Subscribe"),
    };
    let mut blocks = vec![place(form, sheet), dataset(form)];
    let default = EventSelection::DEFAULT.map(|name| format!("`{name}`")).join(" ");
    blocks.push(block_kit::context([format!("*Events* · nothing ticked and nothing typed stands for {default}")]));
    blocks.extend(NOUNS.iter().map(|noun| events::boxes(noun, form)));
    blocks.push(typed(
        block::MORE,
        "More events, or exclusions",
        &form.more,
        "-label.started *.deleted",
        "As in commands: a pattern such as *.deleted, or -label.started to leave something out.",
    ));
    blocks.push(typed(
        block::FILTERS,
        "Filters",
        &form.filters,
        "by:ann,john -status:SKIPPED",
        "key:value words that must all fit. Keys: by, status, labelset, sample, task, assignee, text.",
    ));
    blocks.extend(options::inputs(form));
    blocks.push(SlackBlock::Divider(SlackDividerBlock::new()));
    blocks.push(section(&same_as(form)));
    let modal = SlackModalView::new(plain(&title, TITLE), blocks)
        .with_submit(plain(submit, TITLE))
        .with_close(plain("Cancel", TITLE))
        .with_callback_id(CALLBACK.into())
        .with_private_metadata(sheet.metadata());
    SlackView::Modal(modal)
}

/// A modal that says something and can only be closed.
pub fn notice(title: &str, message: &Message) -> SlackView {
    let blocks = message.blocks.iter().take(block_kit::BLOCKS).cloned().collect();
    SlackView::Modal(SlackModalView::new(plain(title, TITLE), blocks).with_close(plain("Close", TITLE)))
}

/// What is wrong, by the block of the input that it stands beside; the first thing of each.
pub fn errors(wrong: &[Wrong]) -> BTreeMap<String, String> {
    wrong.iter().rev().map(|wrong| (wrong.block.clone(), cut(&why(wrong), ERROR))).collect()
}

/// What the one error beside the channel says.
pub fn channel_error(said: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(block::CHANNEL.to_owned(), cut(&unmarked(said), ERROR))])
}

/// What the one error beside the dataset says of another subscription that is the same already.
pub fn taken_error(number: u32) -> BTreeMap<String, String> {
    let said = format!("Subscription #{number} of this channel is for the same dataset and filters: edit that one.");
    BTreeMap::from([(block::DATASET.to_owned(), said)])
}

/// What the one error beside the events says where all that is selected is excluded as well.
pub fn nothing_selected_error() -> BTreeMap<String, String> {
    let said = "This leaves no event at all: everything that is selected is excluded as well. Leave an exclusion out.";
    BTreeMap::from([(block::MORE.to_owned(), said.to_owned())])
}

/// An entry for a dataset that was seen; none if its name is too long for one.
pub fn seen(dataset: &str, in_words: &str) -> Option<DatasetOption> {
    let fits = in_words.chars().count() <= form::ENTRY;
    fits.then(|| DatasetOption { text: cut(dataset, ENTRY), value: in_words.to_owned() })
}

/// An entry for what was typed, where that is a pattern.
pub fn as_typed(in_words: &str) -> Option<DatasetOption> {
    let fits = in_words.chars().count() <= form::ENTRY;
    fits.then(|| DatasetOption { text: cut(&format!("Use {in_words}"), ENTRY), value: in_words.to_owned() })
}

fn place(form: &Form, sheet: &Sheet) -> SlackBlock {
    if let (Some(_), Some(channel)) = (&sheet.edits, &form.channel) {
        return section(&format!("In <#{channel}>"));
    }
    let filter = SlackBlockConversationFilter::new()
        .with_include(vec![SlackConversationFilterInclude::Public, SlackConversationFilterInclude::Private])
        .with_exclude_bot_users(true);
    let select = SlackBlockConversationsSelectElement::new()
        .with_action_id(filled(block::CHANNEL))
        .opt_initial_conversation(form.channel.as_ref().map(|channel| channel.as_str().into()))
        .with_filter(filter);
    input(block::CHANNEL, "Channel", select.into(), false)
}

fn dataset(form: &Form) -> SlackBlock {
    let chosen = (!form.dataset.is_empty()).then(|| seen(&form.dataset, &form.dataset)).flatten();
    let select = SlackBlockExternalSelectElement::new()
        .with_action_id(filled(block::DATASET))
        .with_placeholder(plain("owner/dataset, or a pattern such as jane/*", ENTRY))
        .opt_initial_option(chosen.map(|entry| SlackBlockChoiceItem::new(plain(&entry.text, ENTRY), entry.value)))
        .with_min_query_length(0);
    // One that fits in no entry stays unless another is chosen.
    input(block::DATASET, "Dataset", select.into(), !form.dataset_fits())
}

/// A line of the command language.
fn typed(id: &str, label: &str, text: &str, example: &str, hint: &str) -> SlackBlock {
    let at = vec![SlackDispatchActionTrigger::OnEnterPressed, SlackDispatchActionTrigger::OnCharacterEntered];
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(filled(id))
        .with_placeholder(plain(example, ENTRY))
        .with_max_length(TYPED as u64)
        .with_dispatch_action_config(SlackDispatchActionConfig::new().with_trigger_actions_on(at))
        .opt_initial_value((!text.is_empty()).then(|| form::typed(text)));
    match input(id, label, element.into(), true) {
        SlackBlock::Input(block) => block.with_hint(plain(hint, 2_000)).into(),
        other => other,
    }
}

/// The `action_id` of the input in a block.
fn filled(block: &str) -> SlackActionId {
    format!("{FILLED}_{block}").into()
}

/// An input in a block of its own that tells of every change.
fn input(id: &str, label: &str, element: SlackInputBlockElement, optional: bool) -> SlackBlock {
    SlackInputBlock::new(plain(label, ENTRY), element)
        .with_block_id(id.into())
        .with_optional(optional)
        .with_dispatch_action(true)
        .into()
}

/// The command that asks for the same.
fn same_as(form: &Form) -> String {
    let asked = match form.asked() {
        Ok(asked) => asked,
        Err(wrong) if wrong.iter().any(|wrong| wrong.why == Why::Empty) => {
            return "*The same as:* choose a dataset, and the command that does this is shown here.".to_owned();
        }
        Err(wrong) => {
            let first = wrong.first().map(why).unwrap_or_default();
            return format!("*The same as:* no command yet. {}", escape(&first));
        }
    };
    let command = format!("set {asked}");
    let marked = format!("`{}`", escape(&format!("/segments {command}").replace('`', "ˋ")));
    // What cannot be typed as it is shown would be another command.
    if marked.chars().count() > LINE || parse(&command).is_err() {
        return "*The same as:* a command that is too long to show here.".to_owned();
    }
    format!("*The same as:* {marked}")
}

/// What is wrong with an input, as plain text.
fn why(wrong: &Wrong) -> String {
    match &wrong.why {
        Why::Empty => "Choose a dataset, or type a pattern such as jane/*.".to_owned(),
        Why::HalfQuiet => "Quiet hours need a beginning and another end.".to_owned(),
        Why::Elsewhere if wrong.block == block::FILTERS => {
            "Only filters belong here, such as by:ann. Events and options have inputs of their own.".to_owned()
        }
        Why::Elsewhere if wrong.block == block::MORE => {
            "Only events belong here, such as sample.created or -label.started.".to_owned()
        }
        Why::Elsewhere => "This takes one dataset, such as jane/flowers or jane/*.".to_owned(),
        Why::Language(error) => unmarked(&cause_in_words(error)),
    }
}

/// Mrkdwn as plain text: what stands beside an input is not formatted.
fn unmarked(text: &str) -> String {
    unescape(&text.replace('`', ""))
}
