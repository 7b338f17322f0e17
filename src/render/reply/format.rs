//! How rules, reasons and amounts are said: safe mrkdwn, each of bounded length whatever went in.

use super::typed::code;
use crate::model::options::mention_token;
use crate::model::{
    DatasetPattern, EventSelection, Expanded, Filter, Options, PauseReason, Rule, Subscription, UserId,
};
use crate::render::mrkdwn;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Limits of each part of a rule, in characters as sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleLimits {
    dataset: usize,
    events: usize,
    filters: usize,
    options: usize,
}

/// For a rule that is the subject of its section: with an actor and a [`ASIDE`] it still fits one (3,000 characters).
pub(super) const WHOLE: RuleLimits = RuleLimits { dataset: 300, events: 700, filters: 600, options: 300 };

/// For what a rule was before.
const ASIDE: RuleLimits = RuleLimits { dataset: 150, events: 250, filters: 200, options: 150 };

/// A Slack user, as a mention.
pub(super) fn user(id: &UserId) -> String {
    format!("<@{id}>")
}

/// A time, shown in the viewer's zone.
pub(super) fn time(at: Timestamp) -> String {
    mrkdwn::date(at)
}

/// `1 subscription`, `2 subscriptions`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number as u64))
}

/// A number as people read it: `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Items joined by commas until the room is used up, then how many more there are.
pub(super) fn listed(items: impl IntoIterator<Item = String>, room: usize) -> String {
    let mut items = items.into_iter();
    let mut text = items.next().unwrap_or_default();
    let mut length = mrkdwn::units(&text);
    let mut left_out = 0;
    for item in items {
        length += 2 + mrkdwn::units(&item);
        if length > room {
            left_out += 1;
        } else {
            text.push_str(", ");
            text.push_str(&item);
        }
    }
    if left_out > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, " and {} more", grouped(left_out));
    }
    text
}

/// `jane/flowers`, `*` for every dataset.
pub(super) fn dataset(pattern: &DatasetPattern, room: usize) -> String {
    code(&pattern.to_string(), room)
}

/// The events that a selection comes to, every one by its name.
pub(super) fn events(selection: &EventSelection) -> String {
    let room = WHOLE.events;
    let lines = selection.expanded().into_iter().map(|Expanded { name, except }| {
        let name = if name == "*" { "every event".to_owned() } else { code(&name, room / 2) };
        if except.is_empty() { name } else { format!("{name} except {}", names(except, room / 3)) }
    });
    listed(lines, room)
}

/// The selection as it was typed.
pub(super) fn typed_events(selection: &EventSelection, room: usize) -> String {
    let include = names(selection.include.iter().map(|selector| selector.as_str().to_owned()), room);
    if selection.exclude.is_empty() {
        return include;
    }
    let exclude = names(selection.exclude.iter().map(|selector| selector.as_str().to_owned()), room / 2);
    format!("{include} except {exclude}")
}

/// Names in code marks, joined.
pub(super) fn names(names: impl IntoIterator<Item = String>, room: usize) -> String {
    listed(names.into_iter().map(|name| code(&name, room / 2)), room)
}

/// `only by:ann, not status:skipped`; nothing without filters.
pub(super) fn filters(filters: &[Filter], room: usize) -> Option<String> {
    let of = |exclude: bool| -> Vec<String> {
        let chosen = filters.iter().filter(|filter| filter.exclude == exclude);
        chosen.map(|filter| Filter { exclude: false, ..filter.clone() }.to_string()).collect()
    };
    let parts = [("only", of(false)), ("not", of(true))];
    let said = parts.into_iter().filter(|(_, filters)| !filters.is_empty());
    let said: Vec<String> = said.map(|(word, filters)| format!("{word} {}", names(filters, room / 2))).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// `with style:full, mentions @ann`; nothing where every option has its default.
pub(super) fn options(options: &Options, room: usize) -> Option<String> {
    let others = Options { mention: Vec::new(), ..options.clone() }.to_string();
    let others: Vec<String> = others.split_whitespace().map(str::to_owned).collect();
    let mut said = Vec::new();
    if !others.is_empty() {
        said.push(format!("with {}", names(others, room)));
    }
    if !options.mention.is_empty() {
        said.push(format!("mentions {}", listed(options.mention.iter().map(|id| mention(id)), room)));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

fn mention(id: &str) -> String {
    mention_token(id).unwrap_or_else(|| code(id, 20))
}

/// A rule: `jane/flowers — sample.created — only by:ann — with style:full`.
pub(super) fn rule(rule: &Rule) -> String {
    let parts = [
        Some(dataset(&rule.dataset, WHOLE.dataset)),
        Some(events(&rule.events)),
        filters(&rule.filters, WHOLE.filters),
        options(&rule.options, WHOLE.options),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" — ")
}

/// `#3 jane/flowers — …`
pub(super) fn numbered(number: u32, rule: &Rule) -> String {
    format!("#{number} {}", self::rule(rule))
}

/// `#3 jane/flowers (was: sample.*)`, of a subscription that is gone.
pub(super) fn removed(number: u32, rule: &Rule) -> String {
    let was = [
        Some(typed_events(&rule.events, WHOLE.events)),
        filters(&rule.filters, WHOLE.filters),
        options(&rule.options, WHOLE.options),
    ];
    let was = was.into_iter().flatten().collect::<Vec<_>>().join(" — ");
    format!("#{number} {} (was: {was})", dataset(&rule.dataset, WHOLE.dataset))
}

/// `#3 jane/flowers — …`, of a subscription.
pub(super) fn subscription(subscription: &Subscription) -> String {
    numbered(subscription.number, &subscription.rule)
}

/// What differed in the rule that `after` replaced; nothing if nothing did.
pub(super) fn was(before: &Rule, after: &Rule) -> Option<String> {
    let no = |what: &str| format!("no {what}");
    let parts = [
        (before.dataset != after.dataset).then(|| dataset(&before.dataset, ASIDE.dataset)),
        (before.events != after.events).then(|| typed_events(&before.events, ASIDE.events)),
        (before.filters != after.filters)
            .then(|| filters(&before.filters, ASIDE.filters).unwrap_or_else(|| no("filters"))),
        (before.options != after.options)
            .then(|| options(&before.options, ASIDE.options).unwrap_or_else(|| no("options"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" — "))
}

/// Why Slack takes nothing for a channel, from its code: a clause, and what to do about it.
pub(super) fn refusal(slack_code: &str) -> (String, &'static str) {
    let (why, next) = match slack_code {
        "is_archived" => ("the channel is archived", "Unarchive it, then invite me again with `/invite`."),
        "not_in_channel" => ("I am not in the channel", "Invite me with `/invite`."),
        "channel_not_found" => (
            "the channel is gone, or it is private and I am not in it",
            "If it still exists, invite me with `/invite`.",
        ),
        "no_permission" | "user_is_restricted" => {
            ("I may not post in the channel", "Ask a workspace admin to let this app post there.")
        }
        restricted if restricted.starts_with("restricted_action") => {
            ("only some people may post in the channel", "Ask a workspace admin to let this app post there.")
        }
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" | "app_uninstalled" => {
            ("this app is no longer installed in the workspace", "Ask a workspace admin to install it again.")
        }
        "missing_scope" => {
            ("this app was installed without the right to post", "Ask a workspace admin to install it again.")
        }
        "org_login_required" | "team_access_not_granted" => {
            ("the organisation has not let this app into the workspace", "Ask an organisation admin to let it in.")
        }
        other => {
            let why = format!("Slack answers {}", code(other, 60));
            return (why, "Ask whoever runs this app to look up that code.");
        }
    };
    (why.to_owned(), next)
}

/// The clause alone.
pub(super) fn pause(reason: &PauseReason) -> String {
    refusal(&reason.0).0
}
