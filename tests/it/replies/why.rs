//! What `why` says, as people read it, and what holds whatever it is asked about.

use super::looks::gallery;
use super::promises::{assert_fits, hostile};
use super::*;
use proptest::prelude::*;
use segments_slack::model::fate::{Fate, Hold, Refusal};
use segments_slack::model::{DatasetName, End, Gist, MessageTs, Mute};
use segments_slack::render::reply::{self, Place, Told};
use segments_slack::slack::command::{Command, parse};
use url::Url;

fn gist(event: &str) -> Gist {
    Gist {
        event: event.to_owned(),
        dataset: DatasetName::parse("jane/flowers"),
        name: Some("rose.png".to_owned()),
        by: Some("jane".to_owned()),
        at: noon(),
    }
}

fn told(gist: Gist, fate: Fate<'_>) -> Told<'_> {
    Told { gist, came_at: noon(), fate, repeats: 0, more: 0 }
}

fn ts() -> MessageTs {
    MessageTs::parse("1772452800.000100").unwrap()
}

fn said(told: &[Told<'_>]) -> Message {
    let (url, channel) = (Url::parse("https://acme.slack.com/").unwrap(), ChannelId::parse("C1").unwrap());
    reply::why(told, &Place { url: Some(&url), channel: &channel }, noon(), 0)
}

#[test]
fn what_became_of_an_event() {
    let sample = || gist("sample.created");
    let (rule, mute) = (full_rule(), Mute { dataset: pattern("*", "*"), until: noon(), by: ann() });
    let of_flowers = Mute { dataset: pattern("jane", "flowers"), ..mute.clone() };
    let reason = PauseReason("not_in_channel".to_owned());
    let refused = |by| Fate::Refused { number: 3, rule: &rule, by };
    let held = |by| Fate::Held { until: noon(), by };
    let folded = |count| Fate::Ended(End::Folded { ts: ts(), count });
    let dead = |error: &str| Fate::Ended(End::Dead { error: error.to_owned() });
    let nameless = Gist { dataset: None, name: None, by: None, ..gist("workunit.created") };
    let by_nobody = Gist { by: None, ..sample() };
    let odd = Gist { dataset: DatasetName::parse("jane/my flowers*"), ..sample() };
    let spaced = Gist { dataset: DatasetName::parse("jane/my flowers"), ..sample() };
    let one = |situation: &str, gist, fate| format!("{situation}: {}", why(&said(&[told(gist, fate)])));
    let repeated = Told { repeats: 1, ..told(sample(), Fate::Ended(End::Posted { ts: ts(), thread: None })) };
    let repeated_more = Told { repeats: 4, more: 1_234, ..told(sample(), Fate::NoSubscription) };
    let channel = ChannelId::parse("C1").unwrap();
    let unlinked = reply::why(&[told(sample(), folded(214))], &Place { url: None, channel: &channel }, noon(), 0);
    let each = [
        one("posted", sample(), Fate::Ended(End::Posted { ts: ts(), thread: None })),
        one("in a thread", gist("issue.replied"), Fate::Ended(End::Posted { ts: ts(), thread: Some(ts()) })),
        one("followed", gist("issue.closed"), Fate::Ended(End::Followed { ts: ts() })),
        one("folded", sample(), folded(214)),
        one("folded, two", sample(), folded(2)),
        one("folded, the first", sample(), folded(1)),
        one("edited", gist("issue.closed"), Fate::Ended(End::Edited { ts: ts() })),
        one("given up", sample(), dead("invalid_blocks")),
        one("given up, our words", sample(), dead("its event cannot be read")),
        one("muted", sample(), held(Hold::Mute(&mute))),
        one("muted dataset", sample(), held(Hold::Mute(&of_flowers))),
        one("quiet", sample(), held(Hold::Quiet(3))),
        one("digest", sample(), held(Hold::Digest(3))),
        one("held", sample(), held(Hold::Unknown)),
        one("tried again", sample(), Fate::Retried { error: "internal_error", at: Some(noon()) }),
        one("a broken Slack", sample(), Fate::Retried { error: "http_500", at: None }),
        one("unreachable", sample(), Fate::Retried { error: "unreachable", at: None }),
        one("paused", sample(), Fate::Paused { reason: &reason, since: Some(noon()) }),
        one(
            "workspace closed",
            sample(),
            Fate::Paused { reason: &PauseReason("token_revoked".to_owned()), since: None },
        ),
        one("collected", sample(), Fate::Collected(5)),
        one("next", sample(), Fate::Next { at: None }),
        one("next, later", sample(), Fate::Next { at: Some(noon()) }),
        one("stale", gist("label.updated"), Fate::Stale),
        one("repeated", sample(), Fate::Repeated),
        one("not selected", sample(), refused(Refusal::NotSelected)),
        one("excluded", gist("issue.edited"), refused(Refusal::Excluded(&rule.events.exclude[0]))),
        one("by another", sample(), refused(Refusal::Filter(&rule.filters[0]))),
        one("by nobody", by_nobody, refused(Refusal::Filter(&rule.filters[0]))),
        one("filtered out", sample(), refused(Refusal::Filter(&rule.filters[1]))),
        one("no subscription", sample(), Fate::NoSubscription),
        one("no subscription, spaces", spaced, Fate::NoSubscription),
        one("no subscription, a name like a pattern", odd, Fate::NoSubscription),
        one("no dataset", nameless, Fate::NoSubscription),
        one("uninvited", sample(), Fate::Uninvited(3)),
        one("earlier", sample(), Fate::Earlier(3)),
    ];
    let whole = gallery([
        ("nothing", said(&[])),
        ("posted", said(&[told(sample(), Fate::Ended(End::Posted { ts: ts(), thread: None }))])),
        ("no link", unlinked),
        ("sent again", said(&[repeated])),
        ("several", said(&[repeated_more, told(gist("label.reviewed"), Fate::Next { at: None })])),
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
        let refused = |by| Fate::Refused { number, rule: &strange, by };
        let fates = [
            Fate::Ended(End::Posted { ts: ts(), thread: None }),
            Fate::Ended(End::Folded { ts: ts(), count }),
            Fate::Ended(End::Dead { error: code.clone() }),
            Fate::Held { until: noon(), by: Hold::Mute(&mute) },
            Fate::Retried { error: &code, at: Some(noon()) },
            Fate::Paused { reason: &reason, since: Some(noon()) },
            refused(Refusal::NotSelected),
            refused(Refusal::Excluded(&selector)),
            refused(Refusal::Filter(&filter)),
            Fate::NoSubscription,
            Fate::Uninvited(number),
            Fate::Stale,
        ];
        let gist = Gist {
            event: event.clone(),
            dataset: DatasetName::parse(&format!("{owner}/{dataset}")),
            name: Some(name),
            by: Some(by.clone()),
            at: noon(),
        };
        let same: Vec<_> = std::iter::repeat_n(&fates[kind], 20)
            .map(|fate| Told { repeats: u32::MAX, more: u64::MAX, ..told(gist.clone(), fate.clone()) })
            .collect();
        assert_fits(&said(&same));
        assert_fits(&said(&same[..1]));
        let each: Vec<_> = fates.iter().map(|fate| told(gist.clone(), fate.clone())).collect();
        assert_fits(&said(&each));
    }

    #[test]
    fn a_command_that_is_offered_subscribes_to_just_that_dataset(name in "[a-z \"'\\\\,:*?`<&é-]{1,12}") {
        let dataset = DatasetName::parse(&format!("jane/{name}")).unwrap();
        let gist = Gist { dataset: Some(dataset), ..gist("label.rejected") };
        if let Some(command) = offered(&said(&[told(gist, Fate::NoSubscription)])) {
            let Ok(Command::Subscribe(asked)) = parse(&command) else { panic!("{command}") };
            prop_assert_eq!(asked.datasets, [pattern("jane", &name)]);
        }
    }
}
