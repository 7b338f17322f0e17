//! The subscriptions of several channels: channels that need attention first, in pages that fit.

use super::format::{self, count};
use super::layout::{button, buttons, context, say, section, summary};
use super::list::{ActivityState, line, pages, paused, standing, waiting};
use super::mute;
use crate::model::{ChannelId, Mute, Subscription};
use crate::render::{Message, mrkdwn};
use crate::slack::interaction::Action;
use std::ops::Range;

/// No more blocks than this of channels and subscriptions in a message …
const MOST_BLOCKS: usize = 25;
/// … nor more characters: what is said of a channel comes on top, once for each page.
const MOST_CHARACTERS: usize = 5_000;

/// What one of several channels has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelOverview {
    /// It.
    pub channel: ChannelId,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Its mutes in force.
    pub mutes: Vec<Mute>,
}

impl ChannelOverview {
    /// Whether anything in it stands still.
    pub fn needs_attention(&self) -> bool {
        self.subscriptions.iter().any(|one| standing(one) != ActivityState::Active)
    }

    /// Whether anything in it is paused.
    pub(in crate::render) fn is_paused(&self) -> bool {
        self.subscriptions.iter().any(|one| standing(one) == ActivityState::Paused)
    }

    /// What it subscribed, in one line.
    pub(in crate::render) fn names(&self) -> String {
        let named = |one: &Subscription| format!("#{} {}", one.number, format::dataset(&one.rule.dataset, 100));
        format::listed(self.subscriptions.iter().map(named), 700)
    }

    /// Its name, how much it has, and what is to be done about it; `after` is what to do once that is mended.
    pub(in crate::render) fn heading(&self, after: &str) -> String {
        let all: Vec<&Subscription> = self.subscriptions.iter().collect();
        let muted = (!self.mutes.is_empty()).then(|| format!("🔇 Muted: {}.", mute::until(&self.mutes)));
        let name = format!("*<#{}>* · {}", self.channel, count(self.subscriptions.len(), "subscription"));
        let lines = [
            Some(name),
            paused(&all, after).map(|line| format!("⏸ {line}")),
            waiting(&all).map(|line| format!("⏳ {line}")),
            muted,
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// The subscriptions of several channels, one after the other.
pub(in crate::render) struct ChannelRows<'a> {
    rows: Vec<(&'a ChannelOverview, &'a Subscription, String)>,
    pages: Vec<Range<usize>>,
}

/// What comes next on a page.
pub(in crate::render) enum ChannelRow<'a> {
    /// A channel begins, or goes on from the page before.
    Channel(&'a ChannelOverview, bool),
    /// A subscription of it, and the line that tells of it.
    Subscription(&'a ChannelOverview, &'a Subscription, &'a str),
}

impl<'a> ChannelRows<'a> {
    /// Channels that need attention come first, else they keep their order; so do their subscriptions. A page has so
    /// many blocks, and characters beside those of a channel's heading.
    pub(in crate::render) fn new(channels: &'a [ChannelOverview], most_blocks: usize, room: usize) -> Self {
        let mut ordered: Vec<&ChannelOverview> = channels.iter().collect();
        ordered.sort_by_key(|channel| !channel.needs_attention());
        let mut rows = Vec::new();
        let mut sizes = Vec::new();
        for channel in ordered {
            let mut subscriptions: Vec<&Subscription> = channel.subscriptions.iter().collect();
            subscriptions.sort_by_key(|one| (standing(one), one.number));
            let heading = mrkdwn::units(&channel.heading(""));
            for (place, subscription) in subscriptions.into_iter().enumerate() {
                let line = line(subscription);
                let length = mrkdwn::units(&line);
                sizes.push(if place == 0 { (2, heading + length) } else { (1, length) });
                rows.push((channel, subscription, line));
            }
        }
        // The page's first channel may go on from the page before, and is named again.
        let pages = pages(sizes.into_iter(), most_blocks - 1, room);
        Self { rows, pages }
    }

    /// How many pages there are; at least one.
    pub(in crate::render) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// What stands on a page; nothing on one that there is not.
    pub(in crate::render) fn page(&self, page: usize) -> impl Iterator<Item = ChannelRow<'_>> {
        let range = self.pages.get(page).cloned().unwrap_or_default();
        let first = range.start;
        self.rows[range.clone()].iter().zip(range).flat_map(move |((channel, subscription, line), place)| {
            let before = place.checked_sub(1).map(|before| self.rows[before].0);
            let goes_on = before.is_some_and(|before| before.channel == channel.channel);
            let heading = (place == first || !goes_on).then_some(ChannelRow::Channel(channel, goes_on));
            heading.into_iter().chain([ChannelRow::Subscription(channel, subscription, line)])
        })
    }
}

/// A page (from 0; the last one if there are fewer) of the subscriptions of every channel that the asker is in.
/// `others` is how many more channels have any.
pub fn list_all(channels: &[ChannelOverview], others: usize, page: usize) -> Message {
    let more = others_said(others);
    let total: usize = channels.iter().map(|channel| channel.subscriptions.len()).sum();
    if total == 0 {
        let none = "No channel that you are in has a subscription. \
                    To get the samples of a dataset, type `/segments subscribe jane/flowers sample.*` in a channel.";
        return say(more.map_or_else(|| none.to_owned(), |more| format!("{none} {more}")));
    }
    let rows = ChannelRows::new(channels, MOST_BLOCKS, MOST_CHARACTERS);
    let page = page.min(rows.pages() - 1);
    let has = if channels.len() == 1 { "has" } else { "have" };
    let mut title =
        format!("{} that you are in {has} {}", count(channels.len(), "channel"), count(total, "subscription"));
    if rows.pages() > 1 {
        let place = [page + 1, rows.pages()].map(|number| format::grouped(number as u64));
        title = format!("{title}, page {} of {}", place[0], place[1]);
    }
    let mut blocks = vec![section(&format!("*{title}*"))];
    let mut names = Vec::new();
    for turn in rows.page(page) {
        match turn {
            ChannelRow::Channel(channel, false) => {
                names.push(format!("<#{}>", channel.channel));
                blocks.push(section(&channel.heading("Then type any `/segments` command there.")));
            }
            ChannelRow::Channel(channel, true) => {
                names.push(format!("<#{}>", channel.channel));
                blocks.push(section(&format!("*<#{}>*, continued", channel.channel)));
            }
            ChannelRow::Subscription(_, _, line) => blocks.push(section(line)),
        }
    }
    blocks.extend(context(more));
    let turn = |label: &str, page: usize| button(label, &Action::ListAllPage(page));
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < rows.pages()).then(|| turn("Next page", page + 1));
    blocks.extend(buttons(previous.into_iter().chain(next)));
    Message { text: summary(&format!("{title}: {}", format::listed(names, 700))), lead: None, color: None, blocks }
}

/// That there is more than the asker may see.
pub(in crate::render) fn others_said(others: usize) -> Option<String> {
    match others {
        0 => None,
        1 => Some("1 more channel has subscriptions; you are not in it, or I am not.".to_owned()),
        more => {
            let more = format::grouped(more as u64);
            Some(format!("{more} more channels have subscriptions; you are not in them, or I am not."))
        }
    }
}

/// What was clicked is about a channel that Slack does not say somebody is in.
pub fn membership_unknown(channel: &ChannelId) -> Message {
    say(format!(
        "Nothing was changed: Slack does not show me that you are in <#{channel}>. If you are, the channel is archived, \
         or it is private and I am not in it: mend that first."
    ))
}
