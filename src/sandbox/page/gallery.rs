//! `/gallery`: every card as Slack would draw it, of every test payload and in every style, what comes of several, and
//! what the app shows elsewhere than in its own messages.

mod elsewhere;
mod payloads;

use super::layout::head;
use super::names::Names;
use super::{blocks, mrkdwn};
use crate::model::subscription::Style;
use crate::model::{
    BatchMessage, Delivery, DigestMessage, DigestTimes, EventId, IssueThread, Live, News, ObjectState, Options, People,
};
use crate::render::{AllowedActions, CardContext, FallbackLevel, Message, batch, card, digest, in_thread, parent};
use crate::routing::derive::derive;
use crate::segments::decode::{Decoded, decode};
use crate::segments::sample;
use jiff::{SignedDuration, Timestamp};
use maud::{DOCTYPE, Markup, html};
use payloads::PAYLOADS;
use serde_json::Value;
use uuid::Uuid;

const APP_URL: &str = "https://app.segments.ai";
const STYLES: [(&str, Style); 3] = [("line", Style::Line), ("card", Style::Card), ("full", Style::Full)];
/// The number of events that are shown together in one message.
const EVENTS_IN_BATCH: u64 = 214;

/// The whole page.
pub(super) fn page(now: Timestamp) -> Markup {
    let nouns = ["dataset", "sample", "label", "issue", "release", "envelope"];
    let of = |noun: &'static str| PAYLOADS.iter().filter(move |(name, _)| name.split('.').next() == Some(noun));
    let together = together(now);
    let elsewhere = elsewhere::blocks(now);
    let several = [("together", together.iter().map(|(name, _)| *name).collect::<Vec<_>>())];
    let several = several.into_iter().chain([("elsewhere", elsewhere.iter().map(|(name, _)| *name).collect())]);
    let index = nouns.into_iter().map(|noun| (noun, of(noun).map(|(name, _)| *name).collect())).chain(several);
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head("Gallery")) }
            body.gallery {
                header {
                    h1 { "Gallery" }
                    p { "Every test payload in every style, and what comes of several. " a href="/" { "Back to the workspace" } }
                    nav aria-label="Index" {
                        dl {
                            @for (kind, names) in index {
                                dt { a href={ "#" (kind) } { (kind) } }
                                dd {
                                    @for name in names {
                                        a href={ "#" (anchor(name)) } { (name.strip_prefix(kind).unwrap_or(name).trim_start_matches('.')) } " "
                                    }
                                }
                            }
                        }
                    }
                }
                main {
                    @for noun in nouns {
                        section #(noun) {
                            h2 { (noun) }
                            @for (name, body) in of(noun) { (payload(name, body)) }
                        }
                    }
                    section #together {
                        h2 { "together" }
                        @for (name, message) in &together {
                            figure #(anchor(name)) { figcaption { (name) } (drawn(message)) }
                        }
                    }
                    section #elsewhere {
                        h2 { "elsewhere" }
                        @for (name, shown) in &elsewhere {
                            figure #(anchor(name)) { figcaption { (name) } div.message { (blocks::blocks(shown, &elsewhere::names())) } }
                        }
                    }
                }
            }
        }
    }
}

/// The id of an element on the page.
fn anchor(name: &str) -> String {
    name.replace(", ", "-").replace(' ', "-")
}

/// One payload in each style; what is no event has no card.
fn payload(name: &str, body: &str) -> Markup {
    let Some(news) = news(body.as_bytes(), None) else {
        return html! { h3 #(name) { code { (name) } } p { "No event: it is answered, counted as a test message, and not shown." } };
    };
    let now = news.event.created_at;
    html! {
        h3 #(name) { code { (name) } }
        div.styles {
            @for (style_name, style) in STYLES {
                figure { figcaption { (style_name) } (drawn(&card(&news, &showing(style, now, &People::default())))) }
            }
        }
    }
}

fn news(body: &[u8], before: Option<&ObjectState>) -> Option<News> {
    match decode(body, Timestamp::UNIX_EPOCH) {
        Ok(Decoded::Event(event)) => Some(derive(*event, before, None).0),
        _ => None,
    }
}

fn showing(style: Style, now: Timestamp, people: &People) -> CardContext<'_> {
    CardContext {
        subscription: 3,
        style,
        mention: &[],
        people,
        app_url: APP_URL,
        now,
        test: false,
        updates: 1,
        acts: AllowedActions::Nothing,
    }
}

/// A made-up webhook of the sandbox's own, and the state that it leaves.
fn made_up(
    event: &str,
    number: u64,
    now: Timestamp,
    before: Option<&ObjectState>,
) -> Option<(News, Option<ObjectState>)> {
    let body = sample::body(event, "jane/flowers", number, now)?.to_string();
    match decode(body.as_bytes(), now) {
        Ok(Decoded::Event(event)) => Some(derive(*event, before, None)),
        _ => None,
    }
}

/// The cards of several events, and of one event at another time.
fn together(now: Timestamp) -> Vec<(&'static str, Message)> {
    let people = People::default();
    let mut shown = Vec::new();
    let delivery = delivery(now);
    if let Some((opened, state)) = made_up("issue.created", 1, now, None) {
        let late = now + SignedDuration::from_mins(40);
        shown.push(("late", card(&opened, &showing(Style::Card, late, &people))));
        shown.push(("test", card(&opened, &CardContext { test: true, ..showing(Style::Card, now, &people) })));
        shown.extend(
            IssueThread::open(&delivery, &opened, now)
                .map(|open| ("issue, open", parent(&open, &people, APP_URL, AllowedActions::Nothing))),
        );
        if let Some((reply, _)) = made_up("issue.replied", 1, now, state.as_ref()) {
            shown.push(("reply in a thread", in_thread(&reply, &showing(Style::Card, now, &people), false)));
        }
        if let Some((closed, _)) = made_up("issue.closed", 1, now, state.as_ref())
            && let Some(anchor) = IssueThread::open(&delivery, &closed, now)
        {
            shown.push(("issue, resolved", parent(&anchor, &people, APP_URL, AllowedActions::Nothing)));
            let line = in_thread(&closed, &showing(Style::Card, now, &people), true);
            shown.push(("resolved, in a thread and the channel", line));
        }
    }
    let samples: Vec<News> =
        (1..=EVENTS_IN_BATCH).filter_map(|number| Some(made_up("sample.created", number, now, None)?.0)).collect();
    if let [first, others @ ..] = samples.as_slice() {
        let mut many = BatchMessage::open(&delivery, first, now);
        for news in others {
            many.add(&delivery, news, now);
        }
        shown.push(("fold, growing", batch(&many, APP_URL)));
        shown.push(("fold, complete", batch(&many.closed(), APP_URL)));
        let mut day = DigestMessage::open(&delivery, first, now);
        let events = ["label.labeled", "label.reviewed", "label.rejected", "issue.created", "issue.closed"];
        let others = (1..=40).flat_map(|number| events.map(|event| made_up(event, number, now, None)));
        for (news, _) in others.flatten() {
            day.add(&delivery, &news, now);
        }
        shown.push(("digest", digest(&day.closed(), &[], APP_URL)));
    }
    shown
}

fn delivery(now: Timestamp) -> Delivery {
    Delivery {
        sequence: 0,
        event: EventId(Uuid::nil()),
        subscription: 3,
        options: Options::default(),
        accepted_at: now,
        not_before: now,
        digest: Some(DigestTimes { at: now, due: now }),
        account: None,
        reason: crate::model::DeliveryReason::Subscribed,
        attempts: 0,
        last_error: None,
    }
}

/// A message as Slack draws it, with the line that stands in notifications.
fn drawn(message: &Message) -> Markup {
    let content = serde_json::to_value(message.content(FallbackLevel::Whole)).unwrap_or(Value::Null);
    let names = Names::default();
    html! {
        div.message {
            (blocks::blocks(&content["blocks"], &names))
            (blocks::attachments(&content["attachments"], &names))
        }
        p.notification { "🔔 " (mrkdwn::html(content["text"].as_str().unwrap_or_default(), &names)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_and_everything_of_several_is_shown() {
        let html = page("2026-11-20T09:15:00Z".parse().unwrap()).into_string();
        assert_eq!(PAYLOADS.len(), 40);
        for (name, _) in PAYLOADS {
            assert!(html.contains(&format!("<h3 id=\"{name}\">")), "{name}");
        }
        assert_eq!(html.matches("does not draw").count(), 0);
        for name in
            ["late", "test", "reply in a thread", "issue, resolved", "fold, growing", "fold, complete", "digest"]
        {
            assert!(html.contains(&format!("<figcaption>{name}</figcaption>")), "{name}");
        }
        for link in html.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
