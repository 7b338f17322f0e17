//! What an issue's parent and the messages in its thread look like, as a person would read them.

use crate::cards::{nobody, seen};
use crate::{limits, rendered};
use jiff::Timestamp;
use segments_slack::model::object::{Comment, Issue};
use segments_slack::model::subscription::Style;
use segments_slack::model::{
    DatasetName, Delivery, Derived, Event, EventId, EventType, IssueThread, News, Object, Options,
};
use segments_slack::render::{AllowedActions, CardContext, FallbackLevel, Message, in_thread, parent};
use std::fmt::Write;

const APP_URL: &str = "https://app.segments.ai";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "every field is optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn event(event: &str, status: &str, comments: &[(&str, &str)]) -> News {
    let said = |(by, said): &(&str, &str)| Comment { created_by: text(by), created_at: None, text: (*said).to_owned() };
    let derived = Derived::parse(event);
    let issue = Issue {
        uuid: text("3e1b4a2e-7a52-4b3e-9f43-5f0b8f0a9c11"),
        description: text("You forgot to label the cars in this image."),
        status: text(status),
        created_by: text("jane"),
        created_at: Some(at("2026-11-20T07:02:00Z")),
        updated_by: text("john"),
        comments_count: comments.len().try_into().unwrap(),
        recent_comments: comments.iter().map(said).collect(),
        sample_uuid: text("602a3eec-a61c-4a77-9fcc-3037ce5e9606"),
        sample_name: text("rose_0042.png"),
        tags: vec!["occlusion".to_owned(), "3d".to_owned()],
        ..Issue::default()
    };
    let event = Event {
        event_type: EventType::parse(derived.map_or(event, |derived| derived.parent().as_str())),
        created_at: at("2026-11-20T09:14:27Z"),
        dataset: DatasetName::parse("jane/flowers"),
        object: Object::Issue(Box::new(issue)),
        text: None,
    };
    let new_comments = comments.len().try_into().unwrap();
    News { event, derived, changes: Vec::new(), new_comments, sample_name: None, asked_by: None }
}

fn anchor(style: Style) -> IssueThread {
    let now = at("2026-11-20T07:02:01Z");
    let delivery = Delivery {
        sequence: 1,
        event: EventId(uuid::Uuid::nil()),
        subscription: 3,
        options: Options { style: Some(style), mention: vec!["UASKED".to_owned()], ..Options::default() },
        accepted_at: now,
        not_before: now,
        digest: None,
        attempts: 0,
        last_error: None,
        account: None,
        reason: segments_slack::model::DeliveryReason::Subscribed,
    };
    IssueThread::open(&delivery, &event("issue.created", "OPEN", &[]), now).unwrap()
}

fn looks(name: &str, messages: impl IntoIterator<Item = (String, Message)>) {
    let mut page = String::new();
    let mut all = Vec::new();
    for (title, message) in messages {
        let content = serde_json::to_value(message.content(FallbackLevel::Whole)).unwrap();
        assert_eq!(limits::broken(&content), Vec::<String>::new());
        writeln!(page, "== {title}\n{}", seen(&content)).unwrap();
        all.push(content);
    }
    rendered::leave(name, &all);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, page);
    });
}

#[test]
fn the_parent_shows_how_the_issue_stands() {
    let said = [("john", "Which cars?"), ("jane", "The red ones."), ("ann", "Found them.")];
    let turns = [
        ("issue.created", "OPEN", 0),
        ("issue.replied", "OPEN", 3),
        ("issue.closed", "CLOSED", 3),
        ("issue.replied", "CLOSED", 3),
        ("issue.reopened", "OPEN", 3),
    ];
    let mut anchor = anchor(Style::Card);
    let story = turns.map(|(name, status, comments)| {
        anchor.absorb(&event(name, status, &said[..comments]), at("2026-11-20T09:15:00Z"));
        (name.to_owned(), parent(&anchor, nobody(), APP_URL, AllowedActions::Nothing))
    });
    looks("thread.parent", story);
}

#[test]
fn the_parent_keeps_the_style_of_its_subscription() {
    let closed = event("issue.closed", "CLOSED", &[("john", "Done.")]);
    let styles = [("line", Style::Line), ("full", Style::Full)].map(|(name, style)| {
        let mut anchor = anchor(style);
        anchor.absorb(&closed, at("2026-11-20T09:15:00Z"));
        (name.to_owned(), parent(&anchor, nobody(), APP_URL, AllowedActions::Nothing))
    });
    looks("thread.parent.styles", styles);
}

#[test]
fn a_thread_message_is_one_line_and_the_words_that_belong_to_it() {
    let which = ("john", "Which cars?\nI only see two and both are labeled.");
    let talk = [which, ("jane", "The red ones."), ("john", "Found them."), ("ann", "Thanks!")];
    let told = [
        event("issue.replied", "OPEN", &talk[..1]),
        event("issue.replied", "OPEN", &talk),
        event("issue.closed", "CLOSED", &[("john", "Fixed.")]),
        event("issue.closed", "CLOSED", &[]),
        event("issue.reopened", "OPEN", &[]),
        event("issue.edited", "OPEN", &[]),
    ];
    let showing = |now| CardContext {
        subscription: 3,
        style: Style::Card,
        mention: &[],
        people: nobody(),
        app_url: APP_URL,
        now: at(now),
        test: false,
        updates: 1,
        acts: AllowedActions::Nothing,
    };
    let shown =
        told.iter().map(|news| (news.name().to_owned(), in_thread(news, &showing("2026-11-20T09:15:00Z"), false)));
    let late = in_thread(&told[2], &showing("2026-11-20T11:15:00Z"), true);
    looks("thread.messages", shown.chain([("issue.closed, late, in the channel too".to_owned(), late)]));
}
