//! What became of the last events of a channel: a line each that says what it was, and one that says why.

use super::format;
use super::layout::{context, plain, say, stack};
use super::typed::code;
use crate::model::event_status::{EventStatus, HeldBy, SelectionRefusal};
use crate::model::selection::known_names;
use crate::model::{
    ChannelId, DatasetName, DatasetPattern, DeliveryResult, EventSelection, EventSummary, Filter, FilterKey, Glob,
    MessageTs, Options, Rule,
};
use crate::render::{Message, block_kit, mrkdwn};
use jiff::Timestamp;
use url::Url;

/// An event, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedEvent<'a> {
    /// The event.
    pub gist: EventSummary,
    /// When it came.
    pub came_at: Timestamp,
    /// What became of it.
    pub fate: EventStatus<'a>,
    /// How often the sender sent it again.
    pub repeats: u32,
    /// How many older ones were not wanted for the same reason, and are not shown.
    pub more: u64,
}

/// The channel that is explained.
#[derive(Debug, Clone, Copy)]
pub struct ChannelLink<'a> {
    /// Where people open its workspace; without it there are no links.
    pub url: Option<&'a Url>,
    /// The channel.
    pub channel: &'a ChannelId,
}

/// Room for the name of an event, in characters.
const EVENT: usize = 60;
/// Room for a name, and for who did it.
const NAME: usize = 80;
/// Room for the name of a dataset.
const DATASET: usize = 120;
/// Room for the part of a subscription that is named.
pub(super) const PART: usize = 150;

/// Says what became of the last events, newest first; events that were not wanted are remembered `since`, and some of
/// them may be withheld from whoever asks.
pub fn why(told: &[ExplainedEvent<'_>], place: &ChannelLink<'_>, since: Timestamp, withheld: usize) -> Message {
    let withheld = (withheld > 0).then(|| {
        let events = format::count(withheld, "event");
        format!(" {events} of datasets without a subscription here: who may subscribe this channel sees which.")
    });
    let withheld = withheld.unwrap_or_default();
    let since = format!("Events that were not wanted here are remembered since {}.{withheld}", format::time(since));
    if told.is_empty() {
        return say(format!(
            "No event has come that this channel could have had. {since} \
             `/segments status` says whether anything comes from Segments.ai."
        ));
    }
    let heading = match told.len() {
        1 => "The last event that this channel could have had:".to_owned(),
        several => format!("The last {several} events that this channel could have had, newest first:"),
    };
    let lines = told.iter().map(|told| format!("{}\n{}", what(&told.gist), became(told, place)));
    let mut said = stack(&heading, lines.collect());
    said.blocks.extend(context([since]));
    block_kit::budget(&mut said);
    said
}

/// `sample.created` rose.png in `jane/flowers` by jane · today at 9:14
pub(super) fn what(gist: &EventSummary) -> String {
    let mut what = code(&gist.event, EVENT);
    let mut add = |before: &str, text: String| {
        if !text.is_empty() {
            what.push_str(before);
            what.push_str(&text);
        }
    };
    add(" ", gist.name.as_deref().map(|name| plain(name, NAME)).unwrap_or_default());
    add(" in ", gist.dataset.as_ref().map(|dataset| code(dataset.as_str(), DATASET)).unwrap_or_default());
    add(" by ", person(gist));
    add(" · ", format::time(gist.at));
    what
}

fn person(gist: &EventSummary) -> String {
    gist.by.as_deref().map(|by| plain(by, NAME)).unwrap_or_default()
}

/// What became of it, and what of those like it.
fn became(told: &ExplainedEvent<'_>, place: &ChannelLink<'_>) -> String {
    let like = if told.fate == EventStatus::NoSubscription { "of this dataset" } else { "like it" };
    let parts = [
        Some(fate(&told.fate, &told.gist, place)),
        sent_again(told.repeats),
        (told.more > 0).then(|| format!("And {} more {like}.", format::grouped(told.more))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn sent_again(repeats: u32) -> Option<String> {
    match repeats {
        0 => None,
        1 => Some("Segments.ai sent it twice; that changed nothing.".to_owned()),
        again => {
            let times = format::grouped(u64::from(again) + 1);
            Some(format!("Segments.ai sent it {times} times; that changed nothing."))
        }
    }
}

fn fate(fate: &EventStatus<'_>, gist: &EventSummary, place: &ChannelLink<'_>) -> String {
    match fate {
        EventStatus::Ended(end) => ended(end, place),
        EventStatus::Held { until, by } => {
            let until = format::time(*until);
            match by {
                HeldBy::Mute(mute) if mute.dataset == DatasetPattern::everything() => {
                    format!("🔇 Held until {until}: {} muted this channel.", format::user(&mute.by))
                }
                HeldBy::Mute(mute) => {
                    let dataset = format::dataset(&mute.dataset, DATASET);
                    format!("🔇 Held until {until}: {} muted {dataset}.", format::user(&mute.by))
                }
                HeldBy::Quiet(number) => format!("🌙 Held until {until}: quiet hours of #{number}."),
                HeldBy::Digest(number) => format!("⏳ Held until {until} for the digest of #{number}."),
                HeldBy::Unknown => format!("⏳ Held until {until}."),
            }
        }
        EventStatus::Retried { error, at } => {
            let at = at.map_or_else(|| "in a moment".to_owned(), format::time);
            format!("⏳ Waits: {}. It is tried again {at}.", answer(error))
        }
        EventStatus::Paused { reason, since } => {
            let (why, next) = format::refusal(&reason.0);
            let since = since.map(|since| format!("nothing is posted here since {}: ", format::time(since)));
            format!("⏸ Waits: {}{why}. {next}", since.unwrap_or_default())
        }
        EventStatus::Collected(minutes) => {
            format!("⏳ Waits for others to come with it: {}.", code(&format!("batch:{minutes}m"), 20))
        }
        EventStatus::Next { at: None } => "⏳ Waits for its turn, and comes in a moment.".to_owned(),
        EventStatus::Next { at: Some(at) } => format!("⏳ Waits for its turn: posting goes on {}.", format::time(*at)),
        EventStatus::Stale => "🚫 Not news: a later state of the same object had come before.".to_owned(),
        EventStatus::Repeated => {
            "🚫 Sent again by Segments.ai: it was taken in before, and nothing is posted twice.".to_owned()
        }
        EventStatus::Refused { number, rule, by } => format!("🚫 {}", refused(*number, rule, *by, gist)),
        EventStatus::NoSubscription => format!("🚫 No subscription here {}", no_subscription(gist)),
        EventStatus::Uninvited(number) => {
            format!("🚫 #{number} waits for an invite. Type `/invite` and this app's name, and posting starts.")
        }
        EventStatus::Earlier(number) => {
            format!("🚫 It came before #{number} was made, changed or active. Now it would be posted.")
        }
    }
}

fn ended(end: &DeliveryResult, place: &ChannelLink<'_>) -> String {
    let thread = match end {
        DeliveryResult::Posted { thread, .. } => thread.as_ref(),
        _ => None,
    };
    let see = |ts: &MessageTs| permalink(place, ts, thread).map(|url| format!(" {}", mrkdwn::link(&url, "See it")));
    let see = end.message().and_then(see).unwrap_or_default();
    match end {
        DeliveryResult::Posted { thread: None, .. } => format!("✅ Posted.{see}"),
        DeliveryResult::Posted { thread: Some(_), .. } => format!("✅ Posted in the thread of its issue.{see}"),
        DeliveryResult::Folded { count, .. } => match count.saturating_sub(1) {
            0 => format!("✅ Posted in one message with those that follow.{see}"),
            1 => format!("✅ Posted in one message with another.{see}"),
            others => format!("✅ Posted in one message with {} others.{see}", format::grouped(others)),
        },
        DeliveryResult::Edited { .. } => format!("✅ Shown in a message that was there already.{see}"),
        DeliveryResult::Followed { .. } => {
            format!("✅ Not subscribed here; the card that shows its issue was brought up to date.{see}")
        }
        DeliveryResult::Dead { error } => {
            format!("❌ Given up: {}. It is kept; ask whoever runs this app.", answer(error))
        }
    }
}

/// What Slack said, or that it said nothing.
fn answer(error: &str) -> String {
    match error {
        "unreachable" => "Slack could not be reached".to_owned(),
        "no_answer" => "Slack did not answer".to_owned(),
        error if error.contains(' ') => plain(error, NAME),
        status if status.strip_prefix("http_").is_some_and(|status| status.parse::<u16>().is_ok()) => {
            format!("Slack failed with the HTTP status {}", &status["http_".len()..])
        }
        code => format!("Slack answered {}", self::code(code, NAME)),
    }
}

fn refused(number: u32, rule: &Rule, by: SelectionRefusal<'_>, gist: &EventSummary) -> String {
    match by {
        SelectionRefusal::Dataset => no_subscription(gist),
        SelectionRefusal::NotSelected => {
            let selected = EventSelection { exclude: Vec::new(), ..rule.events.clone() };
            format!("#{number} selects only {}.", format::typed_events(&selected, PART))
        }
        SelectionRefusal::Excluded(selector) => format!("#{number} leaves out {}.", code(selector.as_str(), PART)),
        SelectionRefusal::Filter(filter) => {
            let written = code(&Filter { exclude: false, ..filter.clone() }.to_string(), PART);
            match (filter.exclude, filter.key, person(gist)) {
                (true, ..) => format!("#{number} leaves out {written}."),
                (false, FilterKey::By, by) if by.is_empty() => {
                    format!("#{number} wants only {written}, and this does not say who did it.")
                }
                (false, FilterKey::By, by) => format!("#{number} wants only {written}, and this was by {by}."),
                (false, ..) => format!("#{number} wants only {written}."),
            }
        }
    }
}

/// That there is no subscription, and the command that would make one where such an event can be asked for.
fn no_subscription(gist: &EventSummary) -> String {
    let Some(dataset) = &gist.dataset else {
        return "gets events without a dataset: only one to `*` does.".to_owned();
    };
    let missing = format!("for {}.", code(dataset.as_str(), DATASET));
    match command(dataset, &gist.event) {
        Some(command) => format!("{missing} {command} makes one."),
        None => missing,
    }
}

/// In code marks; none where it would not stand there just as it is to be typed, or the dataset's name is a pattern.
fn command(dataset: &DatasetName, event: &str) -> Option<String> {
    let dataset = DatasetPattern::parse(dataset.as_str())?;
    let event = if known_names().any(|name| name == event) { event } else { "*" };
    let events = EventSelection { include: vec![Glob::new(event)], exclude: Vec::new() };
    let is_one = dataset.owner.is_literal() && dataset.name.is_literal();
    let rule = Rule { dataset, events, filters: Vec::new(), options: Options::default() };
    let command = format!("/segments subscribe {rule}");
    let shown = code(&command, 2 * DATASET);
    (is_one && shown == format!("`{}`", mrkdwn::escape(&command))).then_some(shown)
}

/// Where a message is opened, without asking Slack: <https://docs.slack.dev/reference/methods/chat.getPermalink> gives
/// the same. That of a reply names the message above its thread.
fn permalink(place: &ChannelLink<'_>, ts: &MessageTs, thread: Option<&MessageTs>) -> Option<String> {
    let mut url = place.url?.clone();
    let digits = format!("p{}", ts.as_str().replace('.', ""));
    url.path_segments_mut().ok()?.pop_if_empty().extend(["archives", place.channel.as_str(), &digits]);
    if let Some(parent) = thread {
        url.query_pairs_mut().append_pair("thread_ts", parent.as_str()).append_pair("cid", place.channel.as_str());
    }
    Some(url.into())
}
