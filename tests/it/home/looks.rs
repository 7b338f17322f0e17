//! How the App Home looks, and that it fits whatever is in it.

use crate::harness::home::written;
use crate::rendered;
use jiff::Timestamp;
use proptest::prelude::*;
use segments_slack::model::{
    ChannelId, DatasetPattern, EventSelection, Glob, Mute, Options, PauseReason, Rule, Subscription, SubscriptionState,
    UserId,
};
use segments_slack::render::home::{HomeContent, home};
use segments_slack::render::reply::{AccountStatus, ChannelOverview, SinceStart, StatusReport};
use segments_slack::slack::interaction::Place;
use serde_json::Value;

fn noon() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

fn subscription(of: &str, number: u32, dataset: (&str, &str), state: SubscriptionState) -> Subscription {
    Subscription {
        channel: channel(of),
        number,
        rule: Rule {
            dataset: DatasetPattern { owner: Glob::new(dataset.0), name: Glob::new(dataset.1) },
            events: EventSelection { include: vec![Glob::new("sample.*")], exclude: Vec::new() },
            filters: Vec::new(),
            options: Options::default(),
        },
        creator: UserId::parse("UANN").unwrap(),
        created_at: noon(),
        time_zone: None,
        state,
    }
}

fn book(of: &str, subscriptions: Vec<Subscription>) -> ChannelOverview {
    ChannelOverview { channel: channel(of), subscriptions, mutes: Vec::new() }
}

fn status(subscriptions: usize, paused: usize) -> StatusReport {
    StatusReport {
        accounts: vec![AccountStatus { name: "environment".to_owned(), last_event: Some(noon()), last_test: None }],
        waiting_events: 0,
        oldest_waiting: None,
        held: 0,
        dead: 0,
        paused,
        waiting: 0,
        subscriptions,
        since_start: Some(SinceStart { posted: 12, refused: 0 }),
        slack_ok: true,
        now: noon(),
        version: "1.2.3".to_owned(),
    }
}

fn view(home_of: &HomeContent) -> Value {
    serde_json::to_value(home(home_of)).unwrap()
}

/// A Home as people read it, which is also left for the validator.
fn shown(name: &str, home_of: &HomeContent) -> String {
    let view = view(home_of);
    rendered::leave(&format!("home_{name}"), std::slice::from_ref(&view));
    written(&view)
}

fn plain<'a>(channels: &'a [ChannelOverview], status: &'a StatusReport) -> HomeContent<'a> {
    HomeContent { channels, hidden: &[], others: 0, status, username: None, notice: None, asked: None, page: 0 }
}

#[test]
fn the_first_look() {
    insta::assert_snapshot!(shown("first", &plain(&[], &status(0, 0))));
}

#[test]
fn a_few_channels() {
    let mut muted = book("C2", vec![subscription("C2", 4, ("*", "lidar-*"), SubscriptionState::Active)]);
    let until = noon();
    muted.mutes = vec![Mute { dataset: DatasetPattern::everything(), until, by: UserId::parse("UANN").unwrap() }];
    let channels = [book("C1", vec![subscription("C1", 1, ("jane", "flowers"), SubscriptionState::Active)]), muted];
    let (asked, status) = (Place { number: 1, channel: channel("C1") }, status(5, 0));
    let home = HomeContent {
        others: 3,
        username: Some("ann_*s*"),
        notice: Some("<@UANN> muted this channel until noon."),
        asked: Some(&asked),
        ..plain(&channels, &status)
    };
    insta::assert_snapshot!(shown("few", &home));
}

#[test]
fn what_is_paused_and_what_waits() {
    let paused = || SubscriptionState::Paused { reason: PauseReason("is_archived".to_owned()), since: noon() };
    let channels = [
        book("C1", vec![subscription("C1", 1, ("jane", "flowers"), SubscriptionState::Active)]),
        book(
            "C2",
            vec![
                subscription("C2", 1, ("jane", "birds"), SubscriptionState::Active),
                subscription("C2", 2, ("jane", "bees"), paused()),
            ],
        ),
    ];
    let hidden = [
        book("G1", vec![subscription("G1", 1, ("jane", "secrets"), SubscriptionState::Waiting)]),
        book("C9", vec![subscription("C9", 1, ("jane", "old"), paused())]),
    ];
    let status = status(5, 2);
    insta::assert_snapshot!(shown("paused", &HomeContent { hidden: &hidden, ..plain(&channels, &status) }));
}

#[test]
fn a_page_in_the_middle_of_many() {
    let channels: Vec<ChannelOverview> = (1..=4)
        .map(|number| {
            let of = format!("C{number}");
            book(&of, (1..=30).map(|n| subscription(&of, n, ("jane", "x"), SubscriptionState::Active)).collect())
        })
        .collect();
    let status = status(120, 0);
    let shown = written(&view(&HomeContent { page: 1, ..plain(&channels, &status) }));
    let lines: Vec<&str> = shown.lines().filter(|line| !line.contains("home_menu")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// What Slack takes of a Home. <https://docs.slack.dev/reference/views/home-tab-views>
fn fits(view: &Value) {
    assert!(view.to_string().len() < 250_000);
    let blocks = view["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 100, "{} blocks", blocks.len());
    let mut ids = Vec::new();
    for block in blocks {
        let longest = if block["type"] == "header" { 150 } else { 3_000 };
        let text = block["text"]["text"].as_str().unwrap_or("x");
        assert!((1..=longest).contains(&text.encode_utf16().count()));
        let row = block["elements"].as_array().into_iter().flatten().chain(block.get("accessory"));
        for element in row.filter(|element| element["type"] != "mrkdwn") {
            ids.push(element["action_id"].as_str().unwrap().to_owned());
            for option in element["options"].as_array().into_iter().flatten() {
                assert!(option["value"].as_str().unwrap().len() <= 150);
            }
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() == count && ids.iter().all(|id| id.len() <= 255));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_home_fits_whatever_its_names_are(
        shape in proptest::collection::vec(1..25_usize, 0..30),
        letter in prop_oneof![Just('&'), Just('x'), Just('花'), Just('🌼'), Just('\u{202e}'), Just('"')],
        length in 1..3_000_usize,
        page in 0..40_usize,
        paused in any::<bool>(),
    ) {
        let name: String = std::iter::repeat_n(letter, length).collect();
        let id = |number: usize| format!("C{number}{}", "0".repeat(55));
        let state = || if paused {
            SubscriptionState::Paused { reason: PauseReason(name.clone()), since: noon() }
        } else {
            SubscriptionState::Active
        };
        let channels: Vec<ChannelOverview> = shape.iter().enumerate().map(|(number, subscriptions)| {
            let of = id(number);
            let all = (1..=*subscriptions).map(|n| subscription(&of, u32::MAX - u32::try_from(n).unwrap(), (&name, &name), state()));
            let mute = Mute {
                dataset: DatasetPattern { owner: Glob::new(&name), name: Glob::new(&name) },
                until: noon(),
                by: UserId::parse("U1").unwrap(),
            };
            ChannelOverview { mutes: vec![mute; 3], ..book(&of, all.collect()) }
        }).collect();
        let hidden: Vec<ChannelOverview> = channels
            .iter()
            .map(|one| ChannelOverview { channel: channel(&one.channel.as_str().replace('C', "G")), ..one.clone() })
            .collect();
        let status = status(shape.len(), shape.len());
        let home = HomeContent { hidden: &hidden, others: usize::MAX, username: Some(&name), notice: Some(&name), page, ..plain(&channels, &status) };
        fits(&view(&home));
    }
}
