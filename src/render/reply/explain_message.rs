//! Why somebody sees a message: which events it tells of, and which words of which subscription asked for them.

use super::format::{self, grouped};
use super::layout::{button, buttons, context, say, stack};
use super::why::{PART, what};
use crate::model::{EventSelector, EventSummary, Rule};
use crate::render::{Message, block_kit};
use crate::slack::interaction::Action;

/// No more events than this are told of one by one.
const MOST: usize = 5;

/// An event that a message tells of, and why it was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedEvent<'a> {
    /// The event.
    pub gist: EventSummary,
    /// The number of the subscription that asked for it.
    pub number: u32,
    /// What of the subscription asks for it.
    pub wish: MatchReason<'a>,
}

/// How a subscription stands to an event that was posted for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchReason<'a> {
    /// It asks for it, by this word among its events.
    Selects(&'a Rule, &'a EventSelector),
    /// As it is now, it does not ask for it.
    Changed,
    /// It was removed.
    Removed,
}

/// Says which events a message tells of, newest first, `count` in all as far as is known, and why.
pub fn explain_message(events: &[MatchedEvent<'_>], count: u64) -> Message {
    let heading = match count {
        0 | 1 => "This message tells of one event:".to_owned(),
        several if events.len() <= MOST && events.len() as u64 == several => {
            format!("This message tells of {several} events, newest first:")
        }
        several => format!("This message tells of {} events. The last of them:", grouped(several)),
    };
    let shown = events.iter().take(MOST);
    let mut said = stack(&heading, shown.map(|one| format!("{}\n{}", what(&one.gist), wish(one))).collect());
    said.blocks.extend(only(events).and_then(|number| {
        let entries = [("Edit subscription", Action::Edit(number)), ("Unsubscribe", Action::Unsubscribe(number))];
        buttons(entries.map(|(label, action)| button(label, &action)))
    }));
    said.blocks.extend(context(["`/segments list` shows what this channel gets.".to_owned()]));
    block_kit::budget(&mut said);
    said
}

/// Says that what a message told of is not remembered.
pub fn message_forgotten() -> Message {
    say(
        "I do not remember any more which events this message tells of: I keep what became of the last 200 of a channel. \
         `/segments list` shows what this channel gets, and `/segments why` what became of its last events.",
    )
}

/// The one subscription, which is still there, that asked for everything.
fn only(events: &[MatchedEvent<'_>]) -> Option<u32> {
    let first = events.first()?;
    let same = events.iter().all(|one| one.number == first.number && one.wish != MatchReason::Removed);
    same.then_some(first.number)
}

fn wish(one: &MatchedEvent<'_>) -> String {
    let number = one.number;
    match one.wish {
        MatchReason::Selects(rule, selector) => {
            let parts = [
                Some(format!("dataset {}", format::dataset(&rule.dataset, PART))),
                Some(format!("event {}", super::typed::code(selector.as_str(), PART))),
                format::filters(&rule.filters, PART),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("✅ #{number} asks for it: {}.", parts.join(", "))
        }
        MatchReason::Changed => {
            format!("#{number} asked for it then, and was changed since: as it is now, it would not be posted.")
        }
        MatchReason::Removed => format!("#{number} asked for it then, and was removed since."),
    }
}
