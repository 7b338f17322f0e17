//! The forms that change something at Segments.ai: assigning a sample, and an issue on it.

use super::{ENTRY, ERROR, TITLE, notice, unmarked};
use crate::render::Message;
use crate::render::block_kit::{self, plain, section};
use crate::render::format::{known, person};
use crate::render::mrkdwn::{self, cut};
use crate::render::urls::UrlBuilder;
use crate::segments::api::Queue;
use crate::slack::acts::{CALLBACK, Filled, LONGEST_TEXT, Sheet, block, queue};
use crate::slack::interaction::{Subject, Task};
use slack_morphism::prelude::*;
use std::collections::BTreeMap;

/// The longest shown name of a sample, of a dataset.
const NAME: usize = 150;
/// No more blocks than this of what came of the last try.
const NOTICE: usize = 5;
/// What is shown of an issue that is replied to.
const QUOTE: usize = 300;

/// What somebody sees while Segments.ai is asked what a form needs.
pub fn asking(task: Task) -> SlackView {
    let said =
        Message { text: String::new(), lead: None, color: None, blocks: vec![section("⏳ Asking Segments.ai…")] };
    notice(title(task), &said)
}

/// A message in the place of a form.
pub fn instead(task: Task, message: &Message) -> SlackView {
    notice(title(task), message)
}

/// A form as it is filled in, with what came of the last try.
pub fn form(sheet: &Sheet, filled: &Filled, app_url: &str, last: Option<&Message>, metadata: String) -> SlackView {
    let mut blocks: Vec<SlackBlock> =
        last.into_iter().flat_map(|last| last.blocks.iter().take(NOTICE).cloned()).collect();
    let place = sheet
        .dataset
        .as_ref()
        .map(|dataset| format!(" · {}", mrkdwn::name(dataset.as_str(), NAME)))
        .unwrap_or_default();
    blocks.push(section(&format!("*{}*{place}", sample(sheet, app_url))));
    match sheet.ask.task {
        Task::Assign => blocks.extend(assign(sheet, filled)),
        Task::Report => blocks.push(written(filled, "What is wrong?", "The leaf on the left has no label.")),
        Task::Reply => {
            let quote = quoted(sheet).map(|words| format!(", which quotes the first: “{words}”")).unwrap_or_default();
            blocks.push(block_kit::context([format!(
                "Segments.ai publishes no way to reply. So this opens a new issue on the same sample{quote}."
            )]));
            blocks.push(written(filled, "Your reply", "The three behind the hedge, top left."));
        }
    }
    if sheet.ask.task != Task::Assign {
        blocks.push(block_kit::context([
            "Segments.ai shows it in the name of the API key's owner; yours is written above it.",
        ]));
    }
    let modal = SlackModalView::new(plain(title(sheet.ask.task), TITLE), blocks)
        .with_submit(plain(submit(sheet.ask.task), TITLE))
        .with_close(plain("Cancel", TITLE))
        .with_callback_id(CALLBACK.into())
        .with_private_metadata(metadata);
    SlackView::Modal(modal)
}

/// What stands beside an input that is wrong; none of it is formatted.
pub fn wrong(block: &str, said: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(block.to_owned(), cut(&unmarked(said), ERROR))])
}

/// The words of an issue at Segments.ai, where nobody knows Slack's marks: by whom it is, which a message that quotes the
/// beginning shows too, and what was written.
pub fn description(sheet: &Sheet, text: &str, writer: &str) -> String {
    let first = match (sheet.ask.task, quoted(sheet)) {
        (Task::Reply, Some(words)) => format!("Re: “{}”\n\n", mrkdwn::unescape(&words)),
        (Task::Reply, None) => "Re: another issue on this sample\n\n".to_owned(),
        (Task::Assign | Task::Report, _) => String::new(),
    };
    let writer = person(Some(writer)).map_or_else(|| "somebody".to_owned(), |name| mrkdwn::unescape(&name));
    format!("{writer}, from Slack:\n\n{first}{text}")
}

/// A sample by its name, as a link where that is known.
pub(in crate::render) fn sample(sheet: &Sheet, app_url: &str) -> String {
    let id = sheet.sample.to_string();
    let label = known(sheet.name.as_deref(), NAME).unwrap_or_else(|| id.chars().take(8).collect());
    let set = match &sheet.ask.about {
        Subject::Label(_, set) => Some(set.as_str()),
        Subject::Sample(_) | Subject::Issue(..) => None,
    };
    let page = sheet.dataset.as_ref().and_then(|dataset| UrlBuilder::new(app_url).sample(dataset, &id, set));
    page.map_or_else(|| label.clone(), |page| mrkdwn::link(page.as_str(), &label))
}

fn title(task: Task) -> &'static str {
    match task {
        Task::Assign => "Assign a sample",
        Task::Report => "Report an issue",
        Task::Reply => "Reply",
    }
}

fn submit(task: Task) -> &'static str {
    match task {
        Task::Assign => "Assign",
        Task::Report => "Report",
        Task::Reply => "Open an issue",
    }
}

fn quoted(sheet: &Sheet) -> Option<String> {
    known(sheet.quoted.as_deref(), QUOTE)
}

fn assign(sheet: &Sheet, filled: &Filled) -> [SlackBlock; 3] {
    let holder = |queue| person(sheet.holder(queue)).unwrap_or_else(|| "nobody".to_owned());
    let (labeler, reviewer) = (holder(Queue::Labeling), holder(Queue::Reviewing));
    let now = block_kit::context([format!("Now to be labeled by {labeler} and reviewed by {reviewer}")]);
    let people = SlackBlockUsersSelectElement::new()
        .with_action_id(block::PERSON.into())
        .with_placeholder(plain("Choose somebody", ENTRY))
        .opt_initial_user(filled.person.as_ref().map(ToString::to_string));
    let hint = "Somebody who has told me who they are in Segments.ai, with /segments me.";
    let people = input(block::PERSON, "Who", people.into()).with_hint(plain(hint, ERROR));
    let option = |value: &str, label: &str| {
        SlackBlockChoiceItem::new(SlackBlockPlainText::new(label.to_owned()).into(), value.to_owned())
    };
    let options: Vec<SlackBlockChoiceItem<SlackBlockText>> =
        vec![option(queue::LABELING, "Labeling"), option(queue::REVIEWING, "Reviewing")];
    let chosen = options[usize::from(filled.queue == Some(Queue::Reviewing))].clone();
    let queues =
        SlackBlockRadioButtonsElement::new(options).with_action_id(block::QUEUE.into()).with_initial_option(chosen);
    [now, people.into(), input(block::QUEUE, "In which queue", queues.into()).into()]
}

fn written(filled: &Filled, label: &str, example: &str) -> SlackBlock {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(block::TEXT.into())
        .with_multiline(true)
        .with_max_length(LONGEST_TEXT as u64)
        .with_placeholder(plain(example, ENTRY))
        .opt_initial_value((!filled.text.is_empty()).then(|| filled.text.chars().take(LONGEST_TEXT).collect()));
    input(block::TEXT, label, element.into()).into()
}

fn input(id: &str, label: &str, element: SlackInputBlockElement) -> SlackInputBlock {
    SlackInputBlock::new(plain(label, ENTRY), element).with_block_id(id.into()).with_optional(false)
}
