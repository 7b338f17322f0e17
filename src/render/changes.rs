//! What changed, in words.

use super::block_kit;
use super::format::{number, spoken};
use super::mrkdwn::name;
use crate::model::event::Change;
use slack_morphism::prelude::SlackBlock;

/// What is shown of a value.
const VALUE: usize = 150;
/// Values up to this many bytes fit into a title.
const SHORT: usize = 30;
/// More changes than this are counted.
const LISTED: usize = 8;

/// What changed, for a title: "— priority 0 → 10", "— description and category changed", "— 5 fields changed".
/// Just "updated" when nothing is known to have changed.
pub(super) fn summary(changes: &[Change]) -> String {
    match changes {
        [] => "updated".to_owned(),
        [change] => state(change).map_or_else(|| format!("— {}", one(change)), str::to_owned),
        [one, other] => format!("— {} and {} changed", spoken(&one.field), spoken(&other.field)),
        more => format!("— {} fields changed", more.len()),
    }
}

/// Each change with its value before and now; nothing if the title says it all.
pub(super) fn list(changes: &[Change]) -> Option<SlackBlock> {
    if changes.is_empty() || matches!(changes, [change] if state(change).is_some() || is_short(change)) {
        return None;
    }
    let mut lines: Vec<String> = changes.iter().take(LISTED).map(line).collect();
    if changes.len() > LISTED {
        lines.push(format!("and {} more", changes.len() - LISTED));
    }
    Some(block_kit::section(&lines.join("\n")))
}

/// The changes that have a word of their own.
fn state(change: &Change) -> Option<&'static str> {
    Some(match (change.field.as_str(), change.after.as_str()) {
        ("archived", "true") => "archived",
        ("archived", _) => "taken out of the archive",
        ("public", "true") => "made public",
        ("public", _) => "made private",
        _ => return None,
    })
}

fn one(change: &Change) -> String {
    if is_short(change) {
        format!("{} {} → {}", spoken(&change.field), value(&change.before), value(&change.after))
    } else {
        format!("{} changed", spoken(&change.field))
    }
}

fn is_short(change: &Change) -> bool {
    [&change.before, &change.after].iter().all(|value| (1..=SHORT).contains(&value.len()))
}

fn line(change: &Change) -> String {
    format!("• {}: {} → {}", spoken(&change.field), value(&change.before), value(&change.after))
}

fn value(text: &str) -> String {
    let shown = text.parse().map_or_else(|_| name(text, VALUE), number);
    if shown.is_empty() { "_empty_".to_owned() } else { shown }
}
