//! Health in words: one line that says whether all is well, then the figures, then what to do.

use super::accounts::came;
use super::format::{self, count, grouped};
use super::layout::{context, plain, say, section};
use crate::render::Message;
use jiff::{SignedDuration, Timestamp};

/// What is known of the health of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The webhook endpoints that anything came to.
    pub accounts: Vec<AccountStatus>,
    /// Events that are on their way into their channels.
    pub waiting_events: u64,
    /// When the oldest of them was accepted.
    pub oldest_waiting: Option<Timestamp>,
    /// Events that a mute, quiet hours or a digest hold for a time.
    pub held: u64,
    /// Events that were given up.
    pub dead: u64,
    /// Subscriptions of the workspace that Slack's refusal paused.
    pub paused: usize,
    /// Subscriptions of the workspace that wait for an invite.
    pub waiting: usize,
    /// Subscriptions of the workspace, with those.
    pub subscriptions: usize,
    /// What was done since the server started; none where it serves other workspaces too.
    pub since_start: Option<SinceStart>,
    /// Whether Slack accepts the workspace's token.
    pub slack_ok: bool,
    /// The time of this status.
    pub now: Timestamp,
    /// The version of the server.
    pub version: String,
}

/// What was done since the server started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinceStart {
    /// Messages posted.
    pub posted: u64,
    /// Calls that Slack refused.
    pub refused: u64,
}

/// What is known of one webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatus {
    /// What its owner calls it.
    pub name: String,
    /// When its last event came.
    pub last_event: Option<Timestamp>,
    /// When its last correctly signed message came that is no event.
    pub last_test: Option<Timestamp>,
}

/// An event that waits longer than this is late.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// No more webhook endpoints than this are shown.
const MAX_ACCOUNTS_PER_WORKSPACE: usize = 10;

/// Says how the workspace is doing.
pub fn status(status: &StatusReport) -> Message {
    let problems = problems(status);
    let mut said = say(match problems.len() {
        0 => format!("✅ All is well. {}", flow(status)),
        1 => format!("⚠️ {}", problems[0]),
        several => format!("⚠️ {several} things need attention. {}", problems[0]),
    });
    said.blocks.extend(problems.iter().skip(1).map(|problem| section(&format!("⚠️ {problem}"))));
    said.blocks.push(section(&details(status)));
    said.blocks.extend(context([
        format!("segments-slack {}", plain(&status.version, 100)),
        format!("as of {}", format::time(status.now)),
    ]));
    said
}

/// What needs attention, the worst first, each with what to do.
fn problems(status: &StatusReport) -> Vec<String> {
    let late = status.oldest_waiting.filter(|oldest| status.now.duration_since(*oldest) > LATE);
    let mut problems = Vec::new();
    if !status.slack_ok {
        problems.push(
            "Slack does not accept this app's token, so nothing can be posted; what comes is held. \
             Ask a workspace admin to install the app again."
                .to_owned(),
        );
    }
    if let Some(oldest) = late {
        problems.push(format!(
            "Posting is behind: {} waiting, the oldest since {}. \
             Nothing is lost. A paused channel does this, or Slack is slow: see <https://slack-status.com|Slack's status>.",
            wait(status.waiting_events),
            format::time(oldest)
        ));
    }
    if status.dead > 0 {
        problems.push(format!(
            "{} given up after Slack refused them. They are kept: whoever runs the server sees why with \
             `segments-slack dead-letters list`, and sends them again with `segments-slack dead-letters retry --all`.",
            if status.dead == 1 { "1 event was".to_owned() } else { format!("{} events were", grouped(status.dead)) }
        ));
    }
    if status.paused > 0 {
        let are = if status.paused == 1 { "is" } else { "are" };
        problems.push(format!(
            "{} {are} paused because Slack refuses their channel. \
             `/segments list` in that channel says why and has a *Resume* button.",
            count(status.paused, "subscription")
        ));
    }
    if status.waiting > 0 {
        let wait = if status.waiting == 1 { "waits" } else { "wait" };
        problems.push(format!(
            "{} {wait} for an invite. Type `/invite` and this app's name in the channel.",
            count(status.waiting, "subscription")
        ));
    }
    if status.accounts.iter().all(|account| account.last_event.is_none()) {
        problems.push(if status.accounts.iter().any(|account| account.last_test.is_some()) {
            "A test message came from Segments.ai, but no event yet. \
             If something happened there since, check which event types its webhook sends."
                .to_owned()
        } else {
            "No webhook has come yet. `/segments connect` shows an admin the address that Segments.ai sends to, \
             and how to send a test message."
                .to_owned()
        });
    }
    problems
}

/// What flows, in one sentence.
fn flow(status: &StatusReport) -> String {
    match status.accounts.iter().filter_map(|account| account.last_event).max() {
        Some(last) => format!("The last event came {}.", format::time(last)),
        None => String::new(),
    }
}

fn details(status: &StatusReport) -> String {
    let mut lines: Vec<String> = status.accounts.iter().take(MAX_ACCOUNTS_PER_WORKSPACE).map(account).collect();
    if let Some(left_out @ 1..) = status.accounts.len().checked_sub(MAX_ACCOUNTS_PER_WORKSPACE) {
        lines.push(format!("and {}", count(left_out, "more webhook")));
    }
    let waiting = match status.waiting_events {
        0 => "nothing waiting to be posted".to_owned(),
        waiting => format!("{} waiting to be posted", wait(waiting)),
    };
    let held = match status.held {
        0 => String::new(),
        held => format!(", {} held by mutes, quiet hours or digests", wait(held)),
    };
    lines.push(match status.subscriptions {
        0 => "No subscriptions yet: `/segments subscribe jane/flowers sample.*` makes one.".to_owned(),
        some => format!("{}, {waiting}{held}", count(some, "subscription")),
    });
    lines.extend(status.since_start.map(|SinceStart { posted, refused }| {
        format!("Since the server started: {} posted, {} refused by Slack", grouped(posted), grouped(refused))
    }));
    lines.join("\n")
}

fn wait(pending: u64) -> String {
    if pending == 1 { "1 event is".to_owned() } else { format!("{} events are", grouped(pending)) }
}

fn account(account: &AccountStatus) -> String {
    format!("Webhook {}: {}", super::typed::code(&account.name, 100), came(account))
}
