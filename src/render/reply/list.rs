//! The subscriptions of a channel: in pages that fit whatever their number and length, troubled ones first.

use super::format::{self, count};
use super::layout::{MOST_CHARACTERS, button, buttons, say, section, summary};
use crate::model::{Subscription, SubscriptionState};
use crate::render::{Message, mrkdwn};
use crate::slack::interaction::Action;
use std::ops::Range;

/// No more subscriptions than this on a page, even if they are short.
const MOST_ON_A_PAGE: usize = 10;

/// A page (from 0; the last one if there are fewer) of the channel's subscriptions: paused, then waiting, then active.
pub fn list(subscriptions: &[Subscription], page: usize) -> Message {
    if subscriptions.is_empty() {
        return say(format!("This channel has no subscriptions yet. {SUBSCRIBE}"));
    }
    let mut ordered: Vec<&Subscription> = subscriptions.iter().collect();
    ordered.sort_by_key(|subscription| (standing(subscription), subscription.number));
    let lines: Vec<String> = ordered.iter().map(|subscription| line(subscription)).collect();
    let pages = pages(lines.iter().map(|line| (1, mrkdwn::units(line))), MOST_ON_A_PAGE, MOST_CHARACTERS);
    let page = page.min(pages.len() - 1);
    let shown = pages[page].clone();

    let mut title = format!("This channel has {}", count(subscriptions.len(), "subscription"));
    if pages.len() > 1 {
        let place = [page + 1, pages.len()].map(|number| format::grouped(number as u64));
        title = format!("{title}, page {} of {}", place[0], place[1]);
    }
    let names = ordered[shown.clone()]
        .iter()
        .map(|subscription| format!("#{} {}", subscription.number, format::dataset(&subscription.rule.dataset, 100)));
    let text = summary(&format!("{title}: {}", format::listed(names, 700)));

    let paused = paused(&ordered, "Then click *Resume*.");
    let resume = paused.is_some().then(|| button("Resume", &Action::Resume));
    let turn = |label: &str, page: usize| button(label, &Action::ListPage(page));
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < pages.len()).then(|| turn("Next page", page + 1));

    let mut blocks = vec![section(&format!("*{title}*"))];
    blocks.extend([paused, waiting(&ordered)].into_iter().flatten().map(|notice| section(&notice)));
    blocks.extend(lines[shown].iter().map(|line| section(line)));
    blocks.extend(buttons([resume, previous, next].into_iter().flatten()));
    Message { text, lead: None, color: None, blocks }
}

/// The channel's state in two lines: what it has, and what can be typed.
pub fn overview(subscriptions: &[Subscription]) -> Message {
    if subscriptions.is_empty() {
        return say(format!("This channel has no subscriptions yet.\n{SUBSCRIBE} {HELP}"));
    }
    let with = |wanted: ActivityState| subscriptions.iter().filter(|one| standing(one) == wanted).count();
    let troubles: Vec<String> =
        [(with(ActivityState::Paused), "paused"), (with(ActivityState::Waiting), "waiting for an invite")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", format::grouped(number as u64)))
            .collect();
    let troubles = if troubles.is_empty() { String::new() } else { format!(" ({})", troubles.join(", ")) };
    let has = count(subscriptions.len(), "subscription");
    say(format!(
        "This channel has {has}{troubles}. `/segments list` shows what they post.\n\
         To add one, type `/segments subscribe jane/flowers sample.*`. {HELP}"
    ))
}

const SUBSCRIBE: &str = "To get the samples of a dataset here, type `/segments subscribe jane/flowers sample.*`.";
const HELP: &str = "`/segments help` explains the rest.";

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ActivityState {
    Paused,
    Waiting,
    Active,
}

pub(super) fn standing(subscription: &Subscription) -> ActivityState {
    match subscription.state {
        SubscriptionState::Paused { .. } => ActivityState::Paused,
        SubscriptionState::Waiting => ActivityState::Waiting,
        SubscriptionState::Active => ActivityState::Active,
    }
}

pub(super) fn line(subscription: &Subscription) -> String {
    let state = match &subscription.state {
        SubscriptionState::Paused { reason, since } => {
            format!("\n⏸ paused since {}: {}", format::time(*since), format::pause(reason))
        }
        SubscriptionState::Waiting => "\n⏳ waiting for an invite".to_owned(),
        SubscriptionState::Active => String::new(),
    };
    format!("{} · by {}{state}", format::subscription(subscription), format::user(&subscription.creator))
}

/// What to do about the paused ones, and after it; their reason is that of the channel, so the newest one counts.
pub(super) fn paused(ordered: &[&Subscription], after: &str) -> Option<String> {
    let reasons = ordered.iter().filter_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, since } => Some((since, reason)),
        _ => None,
    });
    let (number, (_, reason)) = (reasons.clone().count(), reasons.max_by_key(|(since, _)| **since)?);
    let (why, next) = format::refusal(&reason.0);
    let are = if number == 1 { "is" } else { "are" };
    Some(format!(
        "{} {are} paused: {why}. What comes meanwhile is held for 7 days. {next} {after}",
        format::grouped(number as u64)
    ))
}

pub(super) fn waiting(ordered: &[&Subscription]) -> Option<String> {
    let number = ordered.iter().filter(|subscription| standing(subscription) == ActivityState::Waiting).count();
    let wait = if number == 1 { "waits" } else { "wait" };
    (number > 0).then(|| {
        let number = format::grouped(number as u64);
        format!("{number} {wait} for an invite. Type `/invite` and this app's name, and posting starts.")
    })
}

/// Cuts lines, each of so many blocks and characters, into pages of so much: in order, each with at least one line and
/// none twice.
pub(in crate::render) fn pages(
    sizes: impl Iterator<Item = (usize, usize)>,
    most_blocks: usize,
    room: usize,
) -> Vec<Range<usize>> {
    let mut pages = Vec::new();
    let (mut start, mut end, mut blocks, mut characters) = (0, 0, 0, 0);
    for (place, (more_blocks, length)) in sizes.enumerate() {
        let full = blocks + more_blocks > most_blocks || characters + length > room;
        if full && place > start {
            pages.push(start..place);
            (start, blocks, characters) = (place, 0, 0);
        }
        blocks += more_blocks;
        characters += length;
        end = place + 1;
    }
    pages.push(start..end);
    pages
}
