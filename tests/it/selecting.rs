//! From what was typed to what is delivered: exactly the events that were asked for, in exactly those channels.

use crate::harness::{Bench, channel, fixture, seconds, user, workspace};
use segments_slack::app::App;
use segments_slack::model::DeliveryResult;
use segments_slack::sandbox::slack::ChannelKind;
use segments_slack::segments::sample;

/// Open channels C10, C11, …, each with one subscription.
async fn subscribed(rules: &[&str]) -> Bench {
    let bench = Bench::start().await;
    for (place, rule) in rules.iter().enumerate() {
        let id = channel_id(place);
        bench.slack.add_channel(&workspace(), &channel(&id), &id.to_lowercase(), ChannelKind::Public, &[user("U1")]);
        bench.user("U1").types(&format!("/segments subscribe {rule}")).in_channel(&id).await;
        let shown = bench.read(&id);
        assert!(shown.text.contains("subscribed this channel"), "{rule}: {}", shown.text);
    }
    bench
}

fn channel_id(place: usize) -> String {
    format!("C{}", 10 + place)
}

/// Sends a body; gives the rules whose channels then got one message, or one that was edited. Never two of either: what an
/// issue's thread is told changes the message above it too. A card that only follows its issue is no answer to a rule.
async fn reached<'a>(bench: &Bench, rules: &[&'a str], body: &str) -> Vec<&'a str> {
    let mut before = Vec::new();
    for place in 0..rules.len() {
        before.push(followed(bench, place).await);
    }
    assert_eq!(bench.body(body).await, 204);
    bench.after(seconds(60)).await;
    let got = |place: usize| {
        let (edited, new): (Vec<_>, Vec<_>) =
            bench.read_all(&channel_id(place)).into_iter().partition(|shown| shown.edited.is_some());
        edited.len().max(new.len())
    };
    let (mut reached, mut most) = (Vec::new(), 0);
    for (place, rule) in rules.iter().enumerate() {
        let messages = got(place);
        most = most.max(messages);
        if messages > 0 && followed(bench, place).await == before[place] {
            reached.push(*rule);
        }
    }
    assert!(most <= 1, "a channel got {most} messages for one event");
    reached
}

/// How many events only brought a card of this channel up to date.
async fn followed(bench: &Bench, place: usize) -> usize {
    let channel_ref = App::channel_ref(&workspace(), &channel(&channel_id(place)));
    let history = bench.app().store.history(&channel_ref, 0).await.unwrap();
    history.ended.iter().filter(|outcome| matches!(outcome.end, DeliveryResult::Followed { .. })).count()
}

fn made_up(bench: &Bench, event: &str, dataset: &str, serial: u64) -> String {
    sample::body(event, dataset, serial, bench.clock.now()).unwrap().to_string()
}

/// A story of one sample, so that every derived event is derived from the event before it.
const STORY: [&str; 23] = [
    "dataset.created",
    "dataset.updated",
    "dataset.completed",
    "dataset.deleted",
    "sample.created",
    "sample.updated",
    "sample.assigned",
    "label.prelabeled",
    "label.started",
    "label.labeled",
    "label.rejected",
    "label.skipped",
    "label.reviewed",
    "label.verified",
    "label.deleted",
    "sample.deleted",
    "issue.created",
    "issue.replied",
    "issue.closed",
    "issue.reopened",
    "issue.edited",
    "release.created",
    "workunit.created",
];

/// Each selection with exactly the events of the story that it gets.
const SELECTIONS: [(&str, &[&str]); 14] = [
    ("sample.created", &["sample.created"]),
    ("sample.*", &["sample.created", "sample.updated", "sample.assigned", "sample.deleted"]),
    ("sample.* -sample.assigned", &["sample.created", "sample.updated", "sample.deleted"]),
    ("sample.assigned", &["sample.assigned"]),
    ("*.deleted", &["dataset.deleted", "label.deleted", "sample.deleted"]),
    ("issue.replied issue.closed", &["issue.replied", "issue.closed"]),
    ("issue -issue.edited", &["issue.created", "issue.replied", "issue.closed", "issue.reopened"]),
    ("issue.updated -issue.replied", &["issue.closed", "issue.reopened", "issue.edited"]),
    ("label.rejected", &["label.rejected"]),
    ("label.re*", &["label.rejected", "label.reviewed"]),
    ("dataset.completed release", &["dataset.completed", "release.created"]),
    ("workunit.created", &["workunit.created"]),
    ("* -*.created -*.updated", &["dataset.deleted", "label.deleted", "sample.deleted"]),
    (
        "",
        &[
            "dataset.created",
            "dataset.updated",
            "dataset.completed",
            "dataset.deleted",
            "label.rejected",
            "issue.created",
            "issue.replied",
            "issue.closed",
            "issue.reopened",
            "issue.edited",
            "release.created",
        ],
    ),
];

#[tokio::test]
async fn events_given_are_exactly_those_and_never_more() {
    let rules = SELECTIONS.map(|(selection, _)| format!("jane/flowers {selection}"));
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let bench = subscribed(&rules).await;
    for event in STORY {
        let expected: Vec<&str> =
            rules.iter().zip(SELECTIONS).filter(|(_, (_, events))| events.contains(&event)).map(|(r, _)| *r).collect();
        let body = made_up(&bench, event, "jane/flowers", 42);
        assert_eq!(reached(&bench, &rules, &body).await, expected, "{event}");
    }
}

#[tokio::test]
async fn an_issue_goes_its_way_through_its_subscribers() {
    let rules = ["jane/flowers issue.replied", "jane/flowers issue.closed", "jane/flowers issue.reopened"];
    let bench = subscribed(&rules).await;
    for (name, expected) in [
        ("issue.created.basic", vec![]),
        ("issue.updated.reply", vec![rules[0]]),
        ("issue.updated.resolved", vec![rules[1]]),
        ("issue.updated.reopened", vec![rules[2]]),
        // What was reopened since is not closed again by a webhook that comes late.
        ("issue.updated.resolved", vec![]),
        ("issue.updated.reply", vec![]),
    ] {
        assert_eq!(reached(&bench, &rules, &fixture(name)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_rejected_label_that_is_saved_again_is_not_rejected_again() {
    let rules = ["jane/flowers label.rejected", "jane/flowers label.updated"];
    let bench = subscribed(&rules).await;
    let first = made_up(&bench, "label.rejected", "jane/flowers", 1);
    assert_eq!(reached(&bench, &rules, &first).await, rules);
    let again = made_up(&bench, "label.rejected", "jane/flowers", 1);
    assert_eq!(reached(&bench, &rules, &again).await, rules[1..]);
    let labeled = made_up(&bench, "label.labeled", "jane/flowers", 1);
    assert_eq!(reached(&bench, &rules, &labeled).await, rules[1..]);
    let rejected = made_up(&bench, "label.rejected", "jane/flowers", 1);
    assert_eq!(reached(&bench, &rules, &rejected).await, rules);
}

#[tokio::test]
async fn filters_let_through_what_they_say() {
    let rules = [
        "* * by:jane",
        "* * -by:jane",
        "* * status:rejected,open",
        "* * labelset:ground-*",
        "* * sample:rose.*",
        "* * text:cars",
        "* * text:cars by:jane",
        "* * sample:tulip.*",
    ];
    let bench = subscribed(&rules).await;
    for (name, expected) in [
        ("sample.created.image", vec![0, 4]),
        ("issue.created.basic", vec![0, 2, 4, 5, 6]),
        ("label.updated.labeled-ready-for-review", vec![1, 3, 4]),
        ("issue.updated.reply", vec![1, 2, 4, 5]),
        ("label.updated.rejected", vec![0, 2, 3, 4]),
        ("release.created.basic", vec![1]),
    ] {
        let expected: Vec<&str> = expected.into_iter().map(|place| rules[place]).collect();
        assert_eq!(reached(&bench, &rules, &fixture(name)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn dataset_patterns_match_each_side_on_its_own() {
    let rules = ["jane/flowers *", "jane/* *", "*/flowers *", "*/lidar-? *", "* *", "j*/f* *"];
    let bench = subscribed(&rules).await;
    for (serial, (dataset, expected)) in [
        ("jane/flowers", vec![0, 1, 2, 4, 5]),
        ("jane/birds", vec![1, 4]),
        ("ann/flowers", vec![2, 4]),
        ("john/lidar-1", vec![3, 4]),
        ("john/lidar-10", vec![4]),
        ("Jane/Flowers", vec![4]),
    ]
    .into_iter()
    .enumerate()
    {
        let expected: Vec<&str> = expected.into_iter().map(|place| rules[place]).collect();
        let body = made_up(&bench, "sample.created", dataset, serial as u64);
        assert_eq!(reached(&bench, &rules, &body).await, expected, "{dataset}");
    }
}

#[tokio::test]
async fn the_lowest_matching_subscription_decides_on_the_one_message() {
    let bench = Bench::start().await;
    for rule in
        ["jane/flowers issue.*", "jane/* sample.* style:line", "* * style:full", "jane/flowers sample.* by:jane"]
    {
        bench.user("U1").types(&format!("/segments subscribe {rule}")).in_channel("C1").await;
        bench.read("C1");
    }
    bench.slack.set_outage(true);
    bench.webhook("sample.created.image").await;
    let channel_ref = segments_slack::app::App::channel_ref(&workspace(), &channel("C1"));
    let now = segments_slack::clock::later(bench.clock.now(), seconds(3600));
    let claim = bench.app().store.pending_work(&channel_ref, now, 10).await.unwrap();
    assert_eq!(claim.due.len(), 1);
    assert_eq!(claim.due[0].0.subscription, 2);
    assert_eq!(claim.due[0].0.options.style, Some(segments_slack::model::subscription::Style::Line));
    bench.slack.set_outage(false);
    bench.after(seconds(60)).await;
    bench.read("C1");
}
