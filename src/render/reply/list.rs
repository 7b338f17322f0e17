//! The subscriptions of a channel: in pages that fit whatever their number and length, troubled ones first.

use super::home::HomeChannel;
use super::layout::{MOST_CHARACTERS, button, buttons, say, section, summary};
use super::words::{self, count};
use crate::model::{ChannelId, Subscription, SubscriptionState};
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
    let pages = pages(&lines);
    let page = page.min(pages.len() - 1);
    let shown = pages[page].clone();

    let mut title = format!("This channel has {}", count(subscriptions.len(), "subscription"));
    if pages.len() > 1 {
        let place = [page + 1, pages.len()].map(|number| words::grouped(number as u64));
        title = format!("{title}, page {} of {}", place[0], place[1]);
    }
    let names = ordered[shown.clone()]
        .iter()
        .map(|subscription| format!("#{} {}", subscription.number, words::dataset(&subscription.rule.dataset, 100)));
    let text = summary(&format!("{title}: {}", words::listed(names, 700)));

    let paused = paused(&ordered);
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

/// A page (from 0) of the subscriptions of several channels, each named once a page; `elsewhere` are in channels that the
/// reader is not in.
pub fn list_all(channels: &[HomeChannel], elsewhere: usize, page: usize) -> Message {
    let hidden = match elsewhere {
        0 => String::new(),
        more => format!(" {} more, in channels that you are not in.", words::grouped(more as u64)),
    };
    let all: Vec<(&ChannelId, String)> = channels
        .iter()
        .flat_map(|one| one.subscriptions.iter().map(|subscription| (&one.channel, line(subscription))))
        .collect();
    if all.is_empty() {
        return say(format!("None of the channels that you are in has a subscription yet.{hidden} {SUBSCRIBE}"));
    }
    let lines: Vec<String> = all.iter().map(|(channel, line)| format!("*<#{channel}>*\n{line}")).collect();
    let pages = pages(&lines);
    let page = page.min(pages.len() - 1);
    let has = format!("{} in {}", count(all.len(), "subscription"), count(channels.len(), "channel"));
    let place = if pages.len() > 1 { format!(", page {} of {}", page + 1, pages.len()) } else { String::new() };
    let names = channels.iter().map(|one| format!("<#{}>", one.channel));
    let text = summary(&format!("{has}{place}: {}", words::listed(names, 700)));
    let mut blocks = vec![section(&format!("*{has}*{place}.{hidden}"))];
    let mut last = None;
    for (channel, line) in &all[pages[page].clone()] {
        let head = if last == Some(*channel) { String::new() } else { format!("*<#{channel}>*\n") };
        last = Some(*channel);
        blocks.push(section(&format!("{head}{line}")));
    }
    let turn = |label: &str, page: usize| button(label, &Action::ListAllPage(page));
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < pages.len()).then(|| turn("Next page", page + 1));
    blocks.extend(buttons(previous.into_iter().chain(next)));
    Message { text, lead: None, color: None, blocks }
}

/// The channel's state in two lines: what it has, and what can be typed.
pub fn overview(subscriptions: &[Subscription]) -> Message {
    if subscriptions.is_empty() {
        return say(format!("This channel has no subscriptions yet.\n{SUBSCRIBE} {HELP}"));
    }
    let with = |wanted: Standing| subscriptions.iter().filter(|one| standing(one) == wanted).count();
    let troubles: Vec<String> =
        [(with(Standing::Paused), "paused"), (with(Standing::Waiting), "waiting for an invite")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", words::grouped(number as u64)))
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
enum Standing {
    Paused,
    Waiting,
    Active,
}

fn standing(subscription: &Subscription) -> Standing {
    match subscription.state {
        SubscriptionState::Paused { .. } => Standing::Paused,
        SubscriptionState::Waiting => Standing::Waiting,
        SubscriptionState::Active => Standing::Active,
    }
}

fn line(subscription: &Subscription) -> String {
    let state = match &subscription.state {
        SubscriptionState::Paused { reason, since } => {
            format!("\n⏸ paused since {}: {}", words::time(*since), words::pause(reason))
        }
        SubscriptionState::Waiting => "\n⏳ waiting for an invite".to_owned(),
        SubscriptionState::Active => String::new(),
    };
    format!("{} · by {}{state}", words::subscription(subscription), words::user(&subscription.creator))
}

/// What to do about the paused ones; their reason is that of the channel, so the newest one counts.
fn paused(ordered: &[&Subscription]) -> Option<String> {
    let reasons = ordered.iter().filter_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, since } => Some((since, reason)),
        _ => None,
    });
    let (number, (_, reason)) = (reasons.clone().count(), reasons.max_by_key(|(since, _)| **since)?);
    let (why, next) = words::refusal(&reason.0);
    let are = if number == 1 { "is" } else { "are" };
    Some(format!(
        "{} {are} paused: {why}. What comes meanwhile is held for 7 days. {next} Then click *Resume*.",
        words::grouped(number as u64)
    ))
}

fn waiting(ordered: &[&Subscription]) -> Option<String> {
    let number = ordered.iter().filter(|subscription| standing(subscription) == Standing::Waiting).count();
    let wait = if number == 1 { "waits" } else { "wait" };
    (number > 0).then(|| {
        let number = words::grouped(number as u64);
        format!("{number} {wait} for an invite. Type `/invite` and this app's name, and posting starts.")
    })
}

/// Cuts the lines into pages, in order, each with at least one line and none twice.
fn pages(lines: &[String]) -> Vec<Range<usize>> {
    let mut pages = Vec::new();
    let (mut start, mut characters) = (0, 0);
    for (place, line) in lines.iter().enumerate() {
        let length = mrkdwn::units(line);
        let full = place - start == MOST_ON_A_PAGE || characters + length > MOST_CHARACTERS;
        if full && place > start {
            pages.push(start..place);
            (start, characters) = (place, 0);
        }
        characters += length;
    }
    pages.push(start..lines.len());
    pages
}
