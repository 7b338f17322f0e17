//! The App Home: what needs attention, what each channel gets, how it is doing, who the reader is, and help.

use super::status::{Status, status};
use super::typed::code;
use super::words;
use crate::model::{ChannelId, Mute, Subscription, SubscriptionState, Username};
use crate::render::kit::{self, context, divider, header, section};
use crate::render::mrkdwn::cut;
use crate::slack::interaction::{Action, MENU};
use slack_morphism::prelude::*;
use std::ops::Range;

/// Rows of a page; the rest of the view takes about thirty blocks, and Slack a hundred.
const ROWS: usize = 50;
/// What is shown of a subscription, in characters.
const SUBSCRIPTION: usize = 600;
/// Numbers of subscriptions that are named together.
const NAMED: usize = 10;

/// A channel as the Home shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeChannel {
    /// The channel.
    pub channel: ChannelId,
    /// What it has subscribed; at least one.
    pub subscriptions: Vec<Subscription>,
    /// What it does not want to see for a while.
    pub mutes: Vec<Mute>,
}

/// All that the Home is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    /// The channels that the reader is in and that have subscriptions, by name.
    pub places: Vec<HomeChannel>,
    /// How many subscriptions there are in channels that the reader is not in.
    pub elsewhere: usize,
    /// How the workspace is doing.
    pub status: Status,
    /// Who the reader is in Segments.ai.
    pub me: Option<Username>,
}

/// The Home at a page (from 0; the last one if there are fewer).
pub fn home(home: &Home, page: usize) -> SlackView {
    let mut blocks = vec![
        header("Segments.ai in Slack"),
        kit::actions(vec![
            kit::button(&Action::Subscribe, "Subscribe a channel", Some(SlackBlockButtonStyle::Primary)),
            kit::button(&Action::Help, "Help", None),
        ]),
    ];
    let rows = rows(&home.places);
    if rows.is_empty() {
        blocks.extend(first_steps());
    } else {
        blocks.extend(listed(home, &rows, page));
    }
    let hidden = match home.elsewhere {
        0 => None,
        1 => Some("1 subscription is in a channel that you are not in.".to_owned()),
        more => Some(format!("{} are in channels that you are not in.", words::count(more, "subscription"))),
    };
    blocks.extend(hidden.map(|hidden| context([hidden])));
    blocks.push(divider());
    blocks.push(header("How it is doing"));
    blocks.extend(status(&home.status).blocks);
    blocks.push(divider());
    blocks.push(header("You"));
    blocks.push(section(&me(home.me.as_ref())));
    blocks.push(divider());
    blocks.push(header("Three commands to begin with"));
    blocks.push(section(
        "`/segments subscribe jane/flowers issue label.rejected` — issues and rejected labels of one dataset\n\
         `/segments mute 2h` — nothing for two hours; it comes afterwards\n\
         `/segments why` — what became of the last events, and why\n\
         Type them in the channel that they are about. `/segments help` explains the rest.",
    ));
    SlackView::Home(SlackHomeView::new(blocks))
}

/// One line of the list: a channel that needs somebody, a channel, or one of its subscriptions.
enum Row<'a> {
    Trouble(&'a HomeChannel),
    Channel(&'a HomeChannel),
    Subscription(&'a HomeChannel, &'a Subscription),
}

/// What needs attention first, then everything by channel.
fn rows(places: &[HomeChannel]) -> Vec<Row<'_>> {
    let troubled = places.iter().filter(|place| place.subscriptions.iter().any(is_troubled)).map(Row::Trouble);
    let all = places.iter().flat_map(|place| {
        let subscriptions = place.subscriptions.iter().map(|subscription| Row::Subscription(place, subscription));
        std::iter::once(Row::Channel(place)).chain(subscriptions)
    });
    troubled.chain(all).collect()
}

fn is_troubled(subscription: &Subscription) -> bool {
    subscription.state != SubscriptionState::Active
}

fn listed(home: &Home, rows: &[Row<'_>], page: usize) -> Vec<SlackBlock> {
    let pages = rows.len().div_ceil(ROWS);
    let page = page.min(pages - 1);
    let shown: Range<usize> = page * ROWS..rows.len().min((page + 1) * ROWS);
    let subscriptions: usize = home.places.iter().map(|place| place.subscriptions.len()).sum();
    let what =
        format!("*{} in {}*", words::count(subscriptions, "subscription"), words::count(home.places.len(), "channel"));
    let place = if pages > 1 { format!("{what}, page {} of {pages}", page + 1) } else { what };
    let mut blocks = vec![section(&place)];
    // A page that begins within a channel says which one it is.
    if let Some(Row::Subscription(place, _)) = rows.get(shown.start) {
        blocks.push(context([format!("<#{}>, continued", place.channel)]));
    }
    blocks.extend(rows[shown].iter().map(row));
    let turn = |label: &str, page: usize| kit::button(&Action::HomePage(page), label, None);
    let previous = page.checked_sub(1).map(|page| turn("Previous page", page));
    let next = (page + 1 < pages).then(|| turn("Next page", page + 1));
    let turns: Vec<_> = previous.into_iter().chain(next).collect();
    blocks.extend((!turns.is_empty()).then(|| kit::actions(turns)));
    blocks
}

fn row(row: &Row<'_>) -> SlackBlock {
    match row {
        Row::Trouble(place) => trouble(place),
        Row::Channel(place) => channel(place),
        Row::Subscription(place, subscription) => one(place, subscription),
    }
}

/// A channel that stands still, why, and what to do.
fn trouble(place: &HomeChannel) -> SlackBlock {
    let paused = place.subscriptions.iter().filter_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, since } => Some((since, reason)),
        _ => None,
    });
    let numbers: Vec<String> = place
        .subscriptions
        .iter()
        .filter(|subscription| is_troubled(subscription))
        .map(|subscription| format!("#{}", subscription.number))
        .collect();
    let more = numbers.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = numbers.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let said = match paused.max_by_key(|(since, _)| **since) {
        Some((since, reason)) => {
            let (why, next) = words::refusal(&reason.0);
            format!("⏸ paused since {}: {why}. {next} Then click *Resume*.", words::time(*since))
        }
        None => "⏳ waiting for an invite. Type `/invite` and this app's name in the channel.".to_owned(),
    };
    beside(&format!("*<#{}>* {named}{more}\n{said}", place.channel), in_channel(place, "Resume", Action::Resume))
}

fn channel(place: &HomeChannel) -> SlackBlock {
    let end = place.mutes.iter().map(|mute| mute.until).max();
    let muted = end.map(|until| format!(" · 🔕 muted until {}", words::time(until))).unwrap_or_default();
    let entries = [
        ("Subscribe to more", Action::Subscribe),
        if place.mutes.is_empty() {
            ("Mute for an hour", Action::Run("/segments mute 1h".to_owned()))
        } else {
            ("Unmute", Action::Run("/segments unmute".to_owned()))
        },
    ];
    let count = words::count(place.subscriptions.len(), "subscription");
    beside(&format!("*<#{}>* · {count}{muted}", place.channel), menu(place, "", &entries))
}

fn one(place: &HomeChannel, subscription: &Subscription) -> SlackBlock {
    let number = subscription.number;
    let state = match subscription.state {
        SubscriptionState::Active => "",
        SubscriptionState::Paused { .. } => "⏸ ",
        SubscriptionState::Waiting => "⏳ ",
    };
    let entries =
        [("Edit", Action::Edit(number)), ("Test", Action::Test(number)), ("Unsubscribe", Action::Unsubscribe(number))];
    let said = format!("{state}{}", words::subscription(subscription));
    beside(&cut(&said, SUBSCRIPTION), menu(place, &number.to_string(), &entries))
}

fn in_channel(place: &HomeChannel, label: &str, action: Action) -> Option<SlackSectionBlockElement> {
    match kit::button(&Action::In(place.channel.clone(), Box::new(action)), label, None) {
        SlackActionBlockElement::Button(button) => Some(button.into()),
        _ => None,
    }
}

/// A menu of what can be done in a channel; each menu of a view has an id of its own.
fn menu(place: &HomeChannel, of: &str, entries: &[(&str, Action)]) -> Option<SlackSectionBlockElement> {
    let entries: Vec<(&str, Action)> = entries
        .iter()
        .map(|(label, action)| (*label, Action::In(place.channel.clone(), Box::new(action.clone()))))
        .collect();
    let menu = kit::overflow(&entries)?;
    Some(menu.with_action_id(format!("{MENU} {} {of}", place.channel).trim_end().into()).into())
}

fn beside(text: &str, element: Option<SlackSectionBlockElement>) -> SlackBlock {
    match section(text) {
        SlackBlock::Section(section) => section.opt_accessory(element).into(),
        other => other,
    }
}

fn first_steps() -> [SlackBlock; 2] {
    [
        section(
            "*None of your channels gets anything yet.* Three steps:\n\
             1. Click *Subscribe a channel*, or type `/segments subscribe jane/flowers` in one.\n\
             2. Click *Test* under the answer to see what a message looks like.\n\
             3. Tell me who you are: `/segments me` and your username in Segments.ai.",
        ),
        context(["Invite me to a private channel first, so that I can post there."]),
    ]
}

fn me(me: Option<&Username>) -> String {
    match me {
        Some(username) => format!(
            "You are {} in Segments.ai: messages mention you where you have to act. `/segments me none` ends that.",
            code(username.as_str(), 200)
        ),
        None => "I do not know who you are in Segments.ai. Type `/segments me` and your username there, and messages \
             mention you where you have to act."
            .to_owned(),
    }
}
