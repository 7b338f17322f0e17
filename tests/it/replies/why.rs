//! What `why` says, as people read it, and what holds whatever it is asked about.

use super::looks::gallery;
use super::promises::{assert_fits, hostile};
use super::*;
use proptest::prelude::*;
use segments_slack::model::event_status::{EventStatus, HeldBy, SelectionRefusal};
use segments_slack::model::{DatasetName, DeliveryResult, EventSummary, MessageTs, Mute};
use segments_slack::render::reply::{self, ChannelLink, ExplainedEvent};
use segments_slack::slack::command::{Command, parse};
use url::Url;

fn gist(event: &str) -> EventSummary {
    EventSummary {
        event: event.to_owned(),
        dataset: DatasetName::parse("jane/flowers"),
        name: Some("rose.png".to_owned()),
        by: Some("jane".to_owned()),
        at: noon(),
    }
}

fn told(gist: EventSummary, fate: EventStatus<'_>) -> ExplainedEvent<'_> {
    ExplainedEvent { gist, came_at: noon(), fate, repeats: 0, more: 0 }
}

fn ts() -> MessageTs {
    MessageTs::parse("1772452800.000100").unwrap()
}

fn said(told: &[ExplainedEvent<'_>]) -> Message {
    let (url, channel) = (Url::parse("https://acme.slack.com/").unwrap(), ChannelId::parse("C1").unwrap());
    reply::why(told, &ChannelLink { url: Some(&url), channel: &channel }, noon(), 0)
}

#[test]
fn what_became_of_an_event() {
    let sample = || gist("sample.created");
    let (rule, mute) = (full_rule(), Mute { dataset: pattern("*", "*"), until: noon(), by: ann() });
    let of_flowers = Mute { dataset: pattern("jane", "flowers"), ..mute.clone() };
    let reason = PauseReason("not_in_channel".to_owned());
    let refused = |by| EventStatus::Refused { number: 3, rule: &rule, by };
    let held = |by| EventStatus::Held { until: noon(), by };
    let folded = |count| EventStatus::Ended(DeliveryResult::Folded { ts: ts(), count });
    let dead = |error: &str| EventStatus::Ended(DeliveryResult::Dead { error: error.to_owned() });
    let nameless = EventSummary { dataset: None, name: None, by: None, ..gist("workunit.created") };
    let by_nobody = EventSummary { by: None, ..sample() };
    let odd = EventSummary { dataset: DatasetName::parse("jane/my flowers*"), ..sample() };
    let spaced = EventSummary { dataset: DatasetName::parse("jane/my flowers"), ..sample() };
    let one = |situation: &str, gist, fate| format!("{situation}: {}", why(&said(&[told(gist, fate)])));
    let repeated = ExplainedEvent {
        repeats: 1,
        ..told(sample(), EventStatus::Ended(DeliveryResult::Posted { ts: ts(), thread: None }))
    };
    let repeated_more = ExplainedEvent { repeats: 4, more: 1_234, ..told(sample(), EventStatus::NoSubscription) };
    let channel = ChannelId::parse("C1").unwrap();
    let unlinked = reply::why(&[told(sample(), folded(214))], &ChannelLink { url: None, channel: &channel }, noon(), 0);
    let each = [
        one("posted", sample(), EventStatus::Ended(DeliveryResult::Posted { ts: ts(), thread: None })),
        one(
            "in a thread",
            gist("issue.replied"),
            EventStatus::Ended(DeliveryResult::Posted { ts: ts(), thread: Some(ts()) }),
        ),
        one("followed", gist("issue.closed"), EventStatus::Ended(DeliveryResult::Followed { ts: ts() })),
        one("folded", sample(), folded(214)),
        one("folded, two", sample(), folded(2)),
        one("folded, the first", sample(), folded(1)),
        one("edited", gist("issue.closed"), EventStatus::Ended(DeliveryResult::Edited { ts: ts() })),
        one("given up", sample(), dead("invalid_blocks")),
        one("given up, our words", sample(), dead("its event cannot be read")),
        one("muted", sample(), held(HeldBy::Mute(&mute))),
        one("muted dataset", sample(), held(HeldBy::Mute(&of_flowers))),
        one("quiet", sample(), held(HeldBy::Quiet(3))),
        one("digest", sample(), held(HeldBy::Digest(3))),
        one("held", sample(), held(HeldBy::Unknown)),
        one("tried again", sample(), EventStatus::Retried { error: "internal_error", at: Some(noon()) }),
        one("a broken Slack", sample(), EventStatus::Retried { error: "http_500", at: None }),
        one("unreachable", sample(), EventStatus::Retried { error: "unreachable", at: None }),
        one("paused", sample(), EventStatus::Paused { reason: &reason, since: Some(noon()) }),
        one(
            "workspace closed",
            sample(),
            EventStatus::Paused { reason: &PauseReason("token_revoked".to_owned()), since: None },
        ),
        one("collected", sample(), EventStatus::Collected(5)),
        one("next", sample(), EventStatus::Next { at: None }),
        one("next, later", sample(), EventStatus::Next { at: Some(noon()) }),
        one("stale", gist("label.updated"), EventStatus::Stale),
        one("repeated", sample(), EventStatus::Repeated),
        one("not selected", sample(), refused(SelectionRefusal::NotSelected)),
        one("excluded", gist("issue.edited"), refused(SelectionRefusal::Excluded(&rule.events.exclude[0]))),
        one("by another", sample(), refused(SelectionRefusal::Filter(&rule.filters[0]))),
        one("by nobody", by_nobody, refused(SelectionRefusal::Filter(&rule.filters[0]))),
        one("filtered out", sample(), refused(SelectionRefusal::Filter(&rule.filters[1]))),
        one("no subscription", sample(), EventStatus::NoSubscription),
        one("no subscription, spaces", spaced, EventStatus::NoSubscription),
        one("no subscription, a name like a pattern", odd, EventStatus::NoSubscription),
        one("no dataset", nameless, EventStatus::NoSubscription),
        one("uninvited", sample(), EventStatus::Uninvited(3)),
        one("earlier", sample(), EventStatus::Earlier(3)),
    ];
    let whole = gallery([
        ("nothing", said(&[])),
        ("posted", said(&[told(sample(), EventStatus::Ended(DeliveryResult::Posted { ts: ts(), thread: None }))])),
        ("no link", unlinked),
        ("sent again", said(&[repeated])),
        ("several", said(&[repeated_more, told(gist("label.reviewed"), EventStatus::Next { at: None })])),
    ]);
    insta::assert_snapshot!(format!("{}\n\n{whole}", each.join("\n")));
}

/// The line that says what became of an event.
fn why(message: &Message) -> String {
    let line = string(&blocks(message)[1]["text"]["text"]);
    line.split_once('\n').unwrap().1.to_owned()
}

/// The command that the answer offers, if it does.
fn offered(message: &Message) -> Option<String> {
    let line = string(&blocks(message)[1]["text"]["text"]);
    let (_, rest) = line.split_once("`/segments")?;
    let command = format!("/segments{}", rest.split_once('`')?.0);
    Some(command.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twenty_events_fit_whatever_their_names(
        (event, name, by, code) in (hostile(), hostile(), hostile(), hostile()),
        (owner, dataset) in (hostile(), hostile()),
        number in any::<u32>(),
        count in any::<u64>(),
        kind in 0..12_usize,
    ) {
        let strange = rule(&dataset, &[&event]);
        let filter = Filter { key: FilterKey::By, values: vec![Glob::new(by.clone())], exclude: false };
        let selector = Glob::new(event.clone());
        let mute = Mute { dataset: pattern(&owner, &dataset), until: noon(), by: ann() };
        let reason = PauseReason(code.clone());
        let refused = |by| EventStatus::Refused { number, rule: &strange, by };
        let fates = [
            EventStatus::Ended(DeliveryResult::Posted { ts: ts(), thread: None }),
            EventStatus::Ended(DeliveryResult::Folded { ts: ts(), count }),
            EventStatus::Ended(DeliveryResult::Dead { error: code.clone() }),
            EventStatus::Held { until: noon(), by: HeldBy::Mute(&mute) },
            EventStatus::Retried { error: &code, at: Some(noon()) },
            EventStatus::Paused { reason: &reason, since: Some(noon()) },
            refused(SelectionRefusal::NotSelected),
            refused(SelectionRefusal::Excluded(&selector)),
            refused(SelectionRefusal::Filter(&filter)),
            EventStatus::NoSubscription,
            EventStatus::Uninvited(number),
            EventStatus::Stale,
        ];
        let gist = EventSummary {
            event: event.clone(),
            dataset: DatasetName::parse(&format!("{owner}/{dataset}")),
            name: Some(name),
            by: Some(by.clone()),
            at: noon(),
        };
        let same: Vec<_> = std::iter::repeat_n(&fates[kind], 20)
            .map(|fate| ExplainedEvent { repeats: u32::MAX, more: u64::MAX, ..told(gist.clone(), fate.clone()) })
            .collect();
        assert_fits(&said(&same));
        assert_fits(&said(&same[..1]));
        let each: Vec<_> = fates.iter().map(|fate| told(gist.clone(), fate.clone())).collect();
        assert_fits(&said(&each));
    }

    #[test]
    fn a_command_that_is_offered_subscribes_to_just_that_dataset(name in "[a-z \"'\\\\,:*?`<&é-]{1,12}") {
        let dataset = DatasetName::parse(&format!("jane/{name}")).unwrap();
        let gist = EventSummary { dataset: Some(dataset), ..gist("label.rejected") };
        if let Some(command) = offered(&said(&[told(gist, EventStatus::NoSubscription)])) {
            let Ok(Command::Subscribe(asked)) = parse(&command) else { panic!("{command}") };
            prop_assert_eq!(asked.datasets, [pattern("jane", &name)]);
        }
    }
}
