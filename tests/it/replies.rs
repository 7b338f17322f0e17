//! What people read: every reply as it looks, and the limits that hold whatever is in it.

pub(crate) mod looks;
mod promises;
mod why;

use jiff::Timestamp;
use segments_slack::model::subscription::{Batch, Digest, LocalTime, Style};
use segments_slack::model::{
    ChannelId, DatasetPattern, EventSelection, Filter, FilterKey, Glob, Options, PauseReason, Rule, Subscription,
    SubscriptionState, UserId,
};
use segments_slack::render::Message;
use serde_json::Value;

/// A message in the form of a snapshot: its `text` where the first block says something else, then each block.
fn shown(message: &Message) -> String {
    let blocks = blocks(message);
    let first = string(&blocks[0]["text"]["text"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = Vec::new();
    if message.text != first {
        lines.push(format!("text: {}", message.text));
    }
    for block in blocks {
        lines.push(match block["type"].as_str().unwrap() {
            "section" => string(&block["text"]["text"]),
            "context" => {
                let elements = block["elements"].as_array().unwrap().iter();
                format!("~ {}", elements.map(|element| string(&element["text"])).collect::<Vec<_>>().join(" | "))
            }
            "actions" => block["elements"].as_array().unwrap().iter().map(shown_button).collect::<Vec<_>>().join(" "),
            other => panic!("a reply has no {other}"),
        });
    }
    lines.join("\n")
}

fn shown_button(button: &Value) -> String {
    let style = button["style"].as_str().map(|style| format!(" {style}")).unwrap_or_default();
    let confirm = &button["confirm"];
    let confirm = if confirm.is_null() {
        String::new()
    } else {
        let text = |part: &str| string(&confirm[part]["text"]);
        format!(" asks: {} {} ({} / {})", text("title"), text("text"), text("confirm"), text("deny"))
    };
    let value = button["value"].as_str().unwrap_or_default();
    format!("[{}]({} {value}{style}{confirm})", string(&button["text"]["text"]), string(&button["action_id"]))
}

fn blocks(message: &Message) -> Vec<Value> {
    message.blocks.iter().map(|block| serde_json::to_value(block).unwrap()).collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn ann() -> UserId {
    UserId::parse("UANN").unwrap()
}

fn bot() -> UserId {
    UserId::parse("UBOT").unwrap()
}

fn noon() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

fn pattern(owner: &str, name: &str) -> DatasetPattern {
    DatasetPattern { owner: Glob::new(owner), name: Glob::new(name) }
}

/// A rule over `jane/…` without filters or options.
fn rule(name: &str, events: &[&str]) -> Rule {
    Rule {
        dataset: pattern("jane", name),
        events: EventSelection { include: events.iter().map(|event| Glob::new(*event)).collect(), exclude: Vec::new() },
        filters: Vec::new(),
        options: Options::default(),
    }
}

/// A rule that uses everything.
fn full_rule() -> Rule {
    let filter = |key, value: &str, exclude| Filter { key, values: vec![Glob::new(value)], exclude };
    let mut by = filter(FilterKey::By, "ann", false);
    by.values.push(Glob::new("john"));
    Rule {
        dataset: pattern("*", "lidar-*"),
        events: EventSelection {
            include: vec![Glob::new("issue.*"), Glob::new("label.rejected")],
            exclude: vec![Glob::new("issue.edited")],
        },
        filters: vec![by, filter(FilterKey::Status, "SKIPPED", true)],
        options: Options {
            style: Some(Style::Full),
            batch: Some(Batch::Minutes(5)),
            digest: Some(Digest::Daily(LocalTime { hour: 9, minute: 0 })),
            mention: vec!["UANN".to_owned(), "STEAM".to_owned()],
            ..Options::default()
        },
    }
}

fn subscription(number: u32, rule: Rule) -> Subscription {
    Subscription {
        channel: ChannelId::parse("C1").unwrap(),
        number,
        rule,
        creator: ann(),
        created_at: noon(),
        time_zone: None,
        state: SubscriptionState::Active,
    }
}

fn paused(number: u32, rule: Rule, code: &str) -> Subscription {
    let state = SubscriptionState::Paused { reason: PauseReason(code.to_owned()), since: noon() };
    Subscription { state, ..subscription(number, rule) }
}

fn waiting(number: u32, rule: Rule) -> Subscription {
    Subscription { state: SubscriptionState::Waiting, ..subscription(number, rule) }
}
