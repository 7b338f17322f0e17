//! What each sample payload looks like when it comes first, as a person would read it.

use crate::cards::{nobody, seen};
use crate::harness::fixture;
use crate::{limits, rendered};
use jiff::Timestamp;
use segments_slack::model::subscription::Style;
use segments_slack::render::{AllowedActions, CardContext, FallbackLevel, card};
use segments_slack::routing::derive;
use segments_slack::segments::{Decoded, decode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const UNDERSTOOD: &str = include_str!("../fixtures/understood.txt");
const STYLES: [(&str, Style); 3] = [("card", Style::Card), ("line", Style::Line), ("full", Style::Full)];

/// The message of a payload, a minute after it happened.
fn message(name: &str, style: Style) -> Value {
    let Ok(Decoded::Event(event)) = decode(fixture(name).as_bytes(), Timestamp::UNIX_EPOCH) else { panic!("{name}") };
    let now = event.created_at + jiff::SignedDuration::from_mins(1);
    let (news, _) = derive(*event, None, None);
    let app_url = "https://app.segments.ai";
    let showing = CardContext {
        subscription: 3,
        style,
        mention: &[],
        people: nobody(),
        app_url,
        now,
        test: false,
        updates: 1,
        acts: AllowedActions::Nothing,
    };
    let content = serde_json::to_value(card(&news, &showing).content(FallbackLevel::Whole)).unwrap();
    assert_eq!(limits::broken(&content), Vec::<String>::new(), "{name}");
    content
}

#[test]
fn every_payload_makes_a_message_to_read() {
    let mut pages: BTreeMap<&str, String> = BTreeMap::new();
    let mut all = Vec::new();
    for name in UNDERSTOOD.lines().filter_map(|line| line.split(" | ").next()) {
        let page = pages.entry(name.split('.').next().unwrap_or_default()).or_default();
        for (title, style) in STYLES {
            let content = message(name, style);
            if style != Style::Full {
                writeln!(page, "== {name}, {title}\n{}", seen(&content)).unwrap();
            }
            all.push(content);
        }
    }
    rendered::leave("payloads", &all);
    for (group, page) in pages {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("payloads.{group}"), page);
        });
    }
}
