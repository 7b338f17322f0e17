//! Subscriptions as commands to copy, and what became of commands that were pasted.

use super::change::{RuleChange, line_with_verb, notes_block};
use super::error::in_a_line;
use super::format::{self, count, grouped};
use super::layout::{button, buttons, context, one_or_more, say, section, stack, summary};
use super::list::pages;
use super::{Note, list};
use crate::model::{DatasetPattern, Subscription, UserId};
use crate::render::Message;
use crate::render::mrkdwn::{escape, units};
use crate::slack::command::{self, NotRead};
use crate::slack::interaction::Action;
use uuid::Uuid;

/// Room for the lines of one block: with its marks it fits a section, and its lines fit the form of `import`.
const BLOCK: usize = 2_900;
/// So many blocks of lines fit one message.
const BLOCKS: usize = 3;
/// Room for the numbers of what is left out.
const NUMBERS: usize = 400;

/// A page (from 0; the last one if there are fewer) of a channel's subscriptions as commands that can be copied.
pub fn exported(subscriptions: &[Subscription], page: usize) -> Message {
    if subscriptions.is_empty() {
        return list(subscriptions, 0);
    }
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    for Subscription { number, rule, .. } in subscriptions {
        match command::line(rule).map(|line| escape(&format!("/segments {line}"))).filter(|line| size(line) <= BLOCK) {
            Some(line) => lines.push(line),
            None => left_out.push(format!("#{number}")),
        }
    }
    let blocks = pages(lines.iter().map(|line| (1, size(line))), usize::MAX, BLOCK);
    let pages: Vec<_> = blocks.chunks(BLOCKS).collect();
    let page = page.min(pages.len() - 1);
    let mut title = format!("This channel's {} as commands", count(subscriptions.len(), "subscription"));
    if pages.len() > 1 {
        title = format!("{title}, page {} of {}", grouped(page as u64 + 1), grouped(pages.len() as u64));
    }
    let mut said = say(format!(
        "*{title}*\nCopy a block, type `/segments import` in the channel that is to get them, and paste it there. \
         Times of day are read in the time zone of whoever imports."
    ));
    said.text = summary(&title);
    let shown = pages[page].iter().map(|block| &lines[block.clone()]).filter(|lines| !lines.is_empty());
    said.blocks.extend(shown.map(|lines| section(&format!("```\n{}\n```", lines.join("\n")))));
    let more = (pages.len() > 1)
        .then(|| "Whoever runs this app gets all of them at once with `segments-slack export`.".to_owned());
    let too_long = (!left_out.is_empty())
        .then(|| format!("Too long for a line here, and left out: {}.", format::listed(left_out, NUMBERS)));
    said.blocks.extend(context(more.into_iter().chain(too_long)));
    let turn = |label: &str, page: usize| button(label, &Action::ExportPage(page));
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < pages.len()).then(|| turn("Next page", page + 1));
    said.blocks.extend(buttons(previous.into_iter().chain(next)));
    said
}

/// What a line takes, with its end, as JSON: at least what Slack counts.
fn size(line: &str) -> usize {
    let marks = line.chars().filter(|c| matches!(c, '"' | '\\')).count();
    units(line) + marks + 2
}

/// Says in the channel what was imported, with *Undo*; so many subscriptions were as before.
pub fn imported(by: &UserId, changes: &[RuleChange], as_before: usize, notes: &[Note], undo: Option<Uuid>) -> Message {
    let new = changes.iter().filter(|change| change.before.is_none()).count();
    let parts = [(new, "new"), (changes.len() - new, "changed"), (as_before, "as before")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, what)| format!("{} {what}", grouped(number as u64))).collect();
    let imported = count(changes.len() + as_before, "subscription");
    let head = format!("{} imported {imported}: {}.", format::user(by), parts.join(", "));
    let lines = changes.iter().map(|change| line_with_verb(change, "added"));
    let mut said = one_or_more(&format!("{head}\n"), &head, lines);
    said.blocks.extend(notes_block(notes));
    said.blocks.extend(buttons(undo.map(|id| button("Undo", &Action::Undo(id)))));
    said
}

/// Says what is wrong with pasted lines; nothing was stored.
pub fn not_imported(why: &NotRead) -> Message {
    match why {
        NotRead::TooLong(limit) => say(format!(
            "That is too much at once: {} characters is the most. Nothing was imported. Paste it in several parts.",
            grouped(*limit as u64)
        )),
        NotRead::Wrong(wrong) => told(wrong.iter().map(|(number, error)| (*number, in_a_line(error)))),
    }
}

/// Says which pasted lines would leave a subscription without any event; nothing was stored.
pub fn imported_lines_select_nothing(lines: &[(usize, DatasetPattern)]) -> Message {
    told(lines.iter().map(|(number, dataset)| {
        let dataset = format::dataset(dataset, 300);
        (*number, format!("This leaves {dataset} without any event: everything that it selects is excluded as well."))
    }))
}

/// No line asked for anything.
pub fn nothing_to_import() -> Message {
    say("There was nothing to import: no line names a dataset. \
         A line is written as `subscribe jane/flowers sample.*`; `/segments export` writes those of a channel.")
}

fn told(wrong: impl Iterator<Item = (usize, String)>) -> Message {
    let lines: Vec<_> = wrong.map(|(number, why)| format!("*Line {}:* {why}", grouped(number as u64))).collect();
    let (is, it) = if lines.len() == 1 { ("One line is", "it") } else { ("Some lines are", "them") };
    let head = format!("{is} wrong, so nothing was imported. Correct {it} and import all of it again.");
    stack(&head, lines)
}
