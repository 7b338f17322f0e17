//! The App Home: what needs attention, each channel's subscriptions, how the workspace is doing, and how to begin.

mod rows;
mod start;

use super::block_kit;
use super::mrkdwn::name;
use super::reply::{ChannelOverview, ChannelRow, ChannelRows, StatusReport, others_said, status};
use crate::slack::interaction::{Action, HomeAction, Place};
use slack_morphism::prelude::{SlackBlock, SlackBlockButtonStyle, SlackHomeView, SlackView};

/// Blocks of channels and subscriptions on a page; Slack takes 100 in all …
const MOST_BLOCKS: usize = 50;
/// … and characters of them, beside one heading; Slack takes 250,000 bytes of JSON in all.
const MOST_CHARACTERS: usize = 30_000;
/// Channels that Slack does not show and that are listed by name; the rest are counted.
const MOST_HIDDEN: usize = 5;
/// The longest shown name in Segments.ai.
const USERNAME: usize = 80;

/// What the Home of one person shows.
#[derive(Debug, Clone)]
pub struct HomeContent<'a> {
    /// The channels with subscriptions that they are in, in the order of their names.
    pub channels: &'a [ChannelOverview],
    /// Channels that Slack does not show, with what they subscribed there themselves and what stands still.
    pub hidden: &'a [ChannelOverview],
    /// How many more channels have subscriptions.
    pub others: usize,
    /// How the workspace is doing.
    pub status: &'a StatusReport,
    /// Who they are in Segments.ai, if they said so.
    pub username: Option<&'a str>,
    /// What became of their last click, as safe mrkdwn.
    pub notice: Option<&'a str>,
    /// The subscription that they are asked about before it is removed.
    pub asked: Option<&'a Place>,
    /// Which page, from 0; the last one if there are fewer.
    pub page: usize,
}

/// Draws a Home. The page that it shows travels in its private metadata.
pub fn home(home: &HomeContent) -> SlackView {
    let rows = ChannelRows::new(home.channels, MOST_BLOCKS, MOST_CHARACTERS);
    let page = home.page.min(rows.pages() - 1);
    let mut blocks = vec![block_kit::header("Segments.ai in this workspace"), block_kit::actions(vec![subscribe()])];
    blocks.extend(home.notice.map(|notice| block_kit::section(&format!("💬 {notice}"))));
    if home.status.subscriptions == 0 {
        blocks.extend(start::steps());
    } else {
        if page == 0 {
            blocks.extend(hidden(home.hidden));
        }
        blocks.extend(channels(home, &rows, page));
    }
    if page == 0 {
        blocks.push(block_kit::divider());
        blocks.push(block_kit::section("*How it is doing*"));
        blocks.extend(status(home.status).blocks);
        blocks.push(block_kit::divider());
        blocks.push(block_kit::section(&who(home.username)));
        blocks.extend(start::help());
    }
    SlackView::Home(SlackHomeView::new(blocks).with_private_metadata(page.to_string()))
}

fn subscribe() -> slack_morphism::prelude::SlackActionBlockElement {
    block_kit::button(&Action::Subscribe(None), "Subscribe a channel", Some(SlackBlockButtonStyle::Primary))
}

/// What one subscribed and cannot be looked after here before the channel is mended.
fn hidden(channels: &[ChannelOverview]) -> Vec<SlackBlock> {
    let shown = channels.iter().take(MOST_HIDDEN);
    let mut blocks: Vec<SlackBlock> =
        shown.flat_map(|channel| [rows::heading(channel), block_kit::context([channel.names()])]).collect();
    if let Some(more @ 1..) = channels.len().checked_sub(MOST_HIDDEN) {
        blocks.push(block_kit::context([format!("and {more} more channels of yours that need attention")]));
    }
    blocks
}

fn channels(home: &HomeContent, rows: &ChannelRows, page: usize) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    if rows.pages() > 1 {
        blocks.push(block_kit::context([format!("Page {} of {}", page + 1, rows.pages())]));
    }
    for turn in rows.page(page) {
        match turn {
            ChannelRow::Channel(channel, false) => blocks.push(rows::heading(channel)),
            ChannelRow::Channel(channel, true) => {
                blocks.push(block_kit::section(&format!("*<#{}>*, continued", channel.channel)));
            }
            ChannelRow::Subscription(channel, subscription, line) => {
                let place = Place { number: subscription.number, channel: channel.channel.clone() };
                if home.asked == Some(&place) {
                    blocks.extend(rows::question(&place, line));
                } else {
                    blocks.push(rows::subscription(&place, line, !channel.mutes.is_empty()));
                }
            }
        }
    }
    if home.channels.is_empty() {
        blocks.push(block_kit::section("No channel that you are in has a subscription yet."));
    }
    blocks.extend(others_said(home.others).map(|others| block_kit::context([others])));
    let turn = |label: &str, page: usize| block_kit::button(&Action::Home(HomeAction::Page(page)), label, None);
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < rows.pages()).then(|| turn("Next page", page + 1));
    let turns: Vec<_> = previous.into_iter().chain(next).collect();
    blocks.extend((!turns.is_empty()).then(|| block_kit::actions(turns)));
    blocks
}

fn who(username: Option<&str>) -> String {
    match username.map(|username| name(username, USERNAME)).filter(|username| !username.is_empty()) {
        Some(username) => format!("*You* are {username} in Segments.ai, so messages about your work can mention you."),
        None => "*You*: type `/segments me` and your name in Segments.ai in a channel, \
                 and messages about your work can mention you."
            .to_owned(),
    }
}
