//! The list of messages in a channel: bylines, threads under their parents, and what only the viewer sees.

use super::names::Names;
use super::{blocks, mrkdwn};
use crate::model::MessageTs;
use crate::sandbox::slack::{Author, Shown};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::HashMap;

/// The most messages that are shown; a browser takes long to draw more.
const MAX_SHOWN_MESSAGES: usize = 200;

/// Messages of one author within this time share a byline, in seconds.
const BYLINE_SECONDS: i64 = 300;

/// The messages of a channel, oldest first, without the welcome above them.
pub(super) fn messages(messages: &[Shown], names: &Names) -> Markup {
    let mut threads: HashMap<&str, Vec<&Shown>> = HashMap::new();
    let mut in_channel: Vec<&Shown> = Vec::new();
    for message in messages {
        let parent = parent(message);
        if let Some(parent) = parent {
            threads.entry(parent).or_default().push(message);
        }
        if parent.is_none() || message.broadcast {
            in_channel.push(message);
        }
    }
    let left_out = in_channel.len().saturating_sub(MAX_SHOWN_MESSAGES);
    let shown = &in_channel[left_out..];
    html! {
        @if left_out > 0 {
            p.older #older { (left_out) " older messages are not shown." }
        }
        @for (place, message) in shown.iter().enumerate() {
            // What comes after a thread begins with a byline again.
            @let before = place.checked_sub(1).map(|before| shown[before]).filter(|before| !threads.contains_key(before.ts.as_str()));
            @let follows = before.is_some_and(|before| together(before, message));
            (article('m', message, threads.get(message.ts.as_str()).map(Vec::as_slice), follows, names))
        }
    }
}

/// The time stamp of the thread that a message replies in.
fn parent(message: &Shown) -> Option<&str> {
    message.thread_ts.as_ref().filter(|thread| **thread != message.ts).map(MessageTs::as_str)
}

fn together(before: &Shown, message: &Shown) -> bool {
    before.author == message.author
        && before.ephemeral_to == message.ephemeral_to
        && seconds(message).saturating_sub(seconds(before)) < BYLINE_SECONDS
}

/// One message; `place` tells its place in the channel from its place in a thread, where it stands in both.
fn article(place: char, message: &Shown, replies: Option<&[&Shown]>, follows: bool, names: &Names) -> Markup {
    let (picture, author, is_app) = portrait(message, names);
    html! {
        article.message.follow[follows].private[message.ephemeral_to.is_some()]
            #{ (place) (message.ts) } data-ts=(message.ts) tabindex="-1" aria-label={ "Message of " (author) } {
            @if message.ephemeral_to.is_some() { p.only { "👁 Only visible to you" } }
            @if place == 'm' && parent(message).is_some() { p.only { "replied to a thread" } }
            (picture)
            div.body {
                div.byline {
                    b { (author) }
                    @if is_app { span.badge { "APP" } }
                    (time(message))
                }
                (content(message, names))
            }
            @if let Some(replies) = replies { (thread(replies, names)) }
        }
    }
}

fn content(message: &Shown, names: &Names) -> Markup {
    let has_blocks = message.blocks.as_array().is_some_and(|blocks| !blocks.is_empty());
    html! {
        @if has_blocks {
            (blocks::blocks(&message.blocks, names))
        } @else if !message.text.is_empty() {
            div.text { (mrkdwn::html(&message.text, names)) }
        }
        (blocks::attachments(&message.attachments, names))
        @if message.edited.is_some() { span.edited { "(edited)" } }
    }
}

fn thread(replies: &[&Shown], names: &Names) -> Markup {
    let count = replies.len();
    html! {
        details.thread open {
            summary { (count) @if count == 1 { " reply" } @else { " replies" } }
            @for reply in replies { (article('t', reply, None, false, names)) }
        }
    }
}

/// The picture, the name and the mark of whoever wrote a message.
fn portrait<'a>(message: &'a Shown, names: &'a Names) -> (Markup, &'a str, bool) {
    match &message.author {
        Author::User(id) => {
            let name = names.user(id.as_str()).unwrap_or(id.as_str());
            (avatar(id.as_str(), name), name, false)
        }
        Author::Bot(name) => (html! { span.avatar.bot aria-hidden="true" { "◆" } }, name, true),
        Author::Slack => (html! { span.avatar.slack aria-hidden="true" { "✱" } }, "Slack", true),
    }
}

/// A person's initial on a colour of their own.
pub(super) fn avatar(id: &str, name: &str) -> Markup {
    let hue = id.bytes().fold(0_u32, |hue, byte| (hue * 7 + u32::from(byte) * 137) % 360);
    html! {
        span.avatar style={ "--hue:" (hue) } aria-hidden="true" { (name.chars().take(1).flat_map(char::to_uppercase).collect::<String>()) }
    }
}

/// The time of a message; the script puts it into the viewer's zone.
fn time(message: &Shown) -> Markup {
    let moment = Timestamp::from_second(seconds(message)).unwrap_or_default();
    html! { time datetime=(moment) data-format="{time}" { (moment.strftime("%H:%M UTC")) } }
}

/// The time at which a message was posted.
fn seconds(message: &Shown) -> i64 {
    message.ts.as_str().split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn message(ts: &str, thread: Option<&str>) -> Shown {
        Shown {
            ts: MessageTs::parse(ts).unwrap(),
            thread_ts: thread.map(|thread| MessageTs::parse(thread).unwrap()),
            broadcast: false,
            author: Author::Bot("segments".to_owned()),
            text: format!("said at {ts}"),
            blocks: Value::Null,
            attachments: Value::Null,
            metadata: None,
            edited: None,
            ephemeral_to: None,
            deleted: false,
        }
    }

    fn shown(all: &[Shown]) -> String {
        messages(all, &Names::default()).into_string()
    }

    #[test]
    fn a_broadcast_reply_shows_in_its_thread_and_in_the_channel() {
        let mut reply = message("300.0", Some("100.0"));
        let all = |reply: &Shown| [message("100.0", Some("100.0")), message("200.0", None), reply.clone()];
        let html = shown(&all(&reply));
        assert!(html.contains(r#"id="t300.0""#) && html.contains("1 reply"));
        assert!(html.find("t300.0") < html.find("m200.0"), "under its parent");
        assert!(!html.contains(r#"id="m300.0""#));
        reply.broadcast = true;
        let html = shown(&all(&reply));
        assert!(html.contains(r#"id="t300.0""#) && html.contains(r#"id="m300.0""#));
    }

    #[test]
    fn after_a_burst_only_the_last_messages_are_drawn() {
        let all: Vec<Shown> = (1..=1_000).map(|second| message(&format!("{second}.0"), None)).collect();
        let html = shown(&all);
        assert_eq!(html.matches("<article").count(), MAX_SHOWN_MESSAGES);
        assert!(html.contains("800 older messages are not shown.") && html.contains("said at 1000.0"));
    }

    #[test]
    fn what_was_written_together_stands_under_one_byline() {
        let mut whispered = message("102.0", None);
        whispered.ephemeral_to = Some(crate::model::UserId::parse("U1").unwrap());
        let html = shown(&[message("100.0", None), message("101.0", None), whispered, message("900.0", None)]);
        assert_eq!(html.matches("follow").count(), 1);
        assert_eq!(html.matches("Only visible to you").count(), 1);
    }
}
