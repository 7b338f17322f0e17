//! What people type, and what they are answered.

use crate::harness::signed::command;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::model::{Subscription, SubscriptionState};
use segments_slack::sandbox::slack::{Author, Fault, Shown};

/// Ann types into #annotation; gives what is then shown.
async fn types(bench: &Bench, text: &str) -> Shown {
    bench.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
    bench.read("C1")
}

async fn book(bench: &Bench, id: &str) -> Vec<Subscription> {
    let mut stored = bench.app().store.subscriptions(&workspace()).await.unwrap();
    stored.retain(|subscription| subscription.channel == channel(id));
    stored
}

/// The rules of a channel as `#1 jane/flowers sample.*`.
async fn rules(bench: &Bench, id: &str) -> Vec<String> {
    book(bench, id).await.iter().map(|one| format!("#{} {}", one.number, one.rule)).collect()
}

fn private(shown: &Shown) -> bool {
    shown.ephemeral_to == Some(user("U1"))
}

#[tokio::test]
async fn a_first_subscription_is_told_to_the_channel_whole() {
    let bench = Bench::start().await;
    let shown = types(&bench, "subscribe jane/flowers sample.*").await;
    assert!(!private(&shown));
    assert_eq!(
        shown.text,
        "<@U1> subscribed this channel: #1 `jane/flowers` — `sample.created`, `sample.updated`, `sample.deleted`"
    );
    let blocks = shown.blocks.to_string();
    assert!(blocks.contains(r#""action_id":"undo""#) && blocks.contains(r#""action_id":"test""#), "{blocks}");
    assert!(blocks.contains("matches nothing seen yet"), "{blocks}");
}

#[tokio::test]
async fn a_mistyped_event_is_named_and_corrected_for_the_typist_alone() {
    let bench = Bench::start().await;
    let shown = types(&bench, "subscribe jane/flowers sampel.created").await;
    assert!(private(&shown));
    assert_eq!(
        shown.text,
        "`sampel.created` is not an event. Did you mean this? `/segments subscribe jane/flowers sample.created`"
    );
    assert!(shown.blocks.to_string().contains(r#""action_id":"run""#));
    assert!(book(&bench, "C1").await.is_empty());
}

#[tokio::test]
async fn a_dataset_without_its_owner_is_explained() {
    let bench = Bench::start().await;
    let shown = types(&bench, "subscribe flowers").await;
    assert!(private(&shown));
    assert_eq!(
        shown.text,
        "`flowers` is not a dataset. Write it as `owner/name`, for example `jane/flowers`, or `*/flowers` for every owner's."
    );
}

#[tokio::test]
async fn unsubscribing_from_some_events_shows_before_and_after() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    let shown = types(&bench, "unsubscribe jane/flowers sample.deleted").await;
    assert_eq!(shown.text, "<@U1> changed #1: `jane/flowers` — `sample.created`, `sample.updated` (was: `sample.*`)");
}

#[tokio::test]
async fn subscribe_adds_and_set_replaces() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.created style:full").await;
    types(&bench, "subscribe jane/flowers label.rejected").await;
    assert_eq!(rules(&bench, "C1").await, ["#1 jane/flowers sample.created label.rejected style:full"]);
    types(&bench, "set jane/flowers issue.created").await;
    assert_eq!(rules(&bench, "C1").await, ["#1 jane/flowers issue.created"]);
}

#[tokio::test]
async fn without_events_the_default_set_applies_and_is_named() {
    let bench = Bench::start().await;
    for (text, is_default) in [
        ("subscribe jane/flowers", true),
        ("subscribe jane/birds style:line", true),
        ("subscribe jane/cars by:ann", true),
        ("subscribe jane/flowers -issue.edited", false),
        ("subscribe jane/flowers style:line", false),
    ] {
        let shown = types(&bench, text).await;
        assert_eq!(shown.blocks.to_string().contains("No event was named"), is_default, "{text}");
    }
    let defaults = "dataset.* issue.* release.* label.rejected";
    assert_eq!(
        rules(&bench, "C1").await,
        [
            format!("#1 jane/flowers {defaults} -issue.edited style:line"),
            format!("#2 jane/birds {defaults} style:line"),
            format!("#3 jane/cars {defaults} by:ann"),
        ]
    );
}

#[tokio::test]
async fn subscriptions_are_told_apart_by_dataset_and_filters() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    types(&bench, "subscribe jane/flowers sample.* by:ann").await;
    types(&bench, "subscribe jane/* sample.*").await;
    types(&bench, "subscribe jane/flowers issue.* by:ann").await;
    assert_eq!(
        rules(&bench, "C1").await,
        ["#1 jane/flowers sample.*", "#2 jane/flowers sample.* issue.* by:ann", "#3 jane/* sample.*"]
    );
    bench.user("U1").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    assert_eq!(rules(&bench, "C2").await, ["#1 jane/flowers issue.*"]);
}

#[tokio::test]
async fn a_subscription_goes_by_its_number_or_its_dataset() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers jane/birds jane/cars sample.*").await;
    assert!(!private(&types(&bench, "unsubscribe #2").await));
    types(&bench, "unsubscribe jane/flowers").await;
    assert_eq!(rules(&bench, "C1").await, ["#3 jane/cars sample.*"]);
    let shown = types(&bench, "unsubscribe #2").await;
    assert!(private(&shown));
    assert_eq!(shown.text, "This channel has no subscription `#2`. It has #3 `jane/cars`.");
    let shown = types(&bench, "unsubscribe jane/cars issue.*").await;
    assert_eq!(
        shown.text,
        "Nothing to change. This channel has #3 `jane/cars` — `sample.created`, `sample.updated`, `sample.deleted`"
    );
}

#[tokio::test]
async fn everything_goes_at_once_only_after_a_confirmation() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers jane/birds sample.*").await;
    assert!(private(&types(&bench, "unsubscribe *").await));
    assert_eq!(book(&bench, "C1").await.len(), 2);
    let answer = bench.user("U1").clicks("unsubscribe_all").in_channel("C1").await;
    assert!(answer.confirmed.is_some());
    assert!(book(&bench, "C1").await.is_empty());
    let shown = bench.read_all("C1");
    assert!(shown.iter().any(|shown| shown.deleted && private(shown)), "the question is taken away");
    assert!(shown.iter().any(|shown| !shown.deleted && !private(shown)), "the channel is told");
}

#[tokio::test]
async fn a_number_is_never_given_twice() {
    let mut bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    types(&bench, "unsubscribe #1").await;
    types(&bench, "subscribe jane/birds sample.*").await;
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.read("C1");
    bench.restart().await;
    types(&bench, "subscribe jane/cars sample.*").await;
    assert_eq!(rules(&bench, "C1").await, ["#3 jane/cars sample.*"]);
}

#[tokio::test]
async fn what_would_select_nothing_is_refused() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/birds sample.*").await;
    for text in [
        "subscribe jane/flowers sample.* -sample.*",
        "set jane/flowers issue.replied -issue.updated",
        "subscribe jane/cars -*",
        "subscribe jane/birds -sample.*",
    ] {
        let shown = types(&bench, text).await;
        assert!(private(&shown) && shown.text.contains("without any event"), "{text}: {}", shown.text);
    }
    assert_eq!(rules(&bench, "C1").await, ["#1 jane/birds sample.*"]);
}

#[tokio::test]
async fn a_channel_has_a_thousand_subscriptions_and_no_more() {
    let bench = Bench::start().await;
    for command in 0..50 {
        let datasets: Vec<String> = (0..20).map(|dataset| format!("*/lidar-{command}-{dataset}-*")).collect();
        types(&bench, &format!("subscribe {} sample.*", datasets.join(" "))).await;
    }
    let shown = types(&bench, "subscribe jane/flowers sample.*").await;
    assert!(private(&shown) && shown.text.contains("1,000 subscriptions at most"), "{}", shown.text);
    assert_eq!(book(&bench, "C1").await.len(), 1_000);
    let body = segments_slack::segments::sample::body("sample.created", "ann/lidar-49-19-x", 7, bench.clock.now());
    assert_eq!(bench.body(&body.unwrap().to_string()).await, 204);
    bench.read("C1");
    types(&bench, "subscribe */lidar-0-0-* issue.*").await;
    assert_eq!(
        types(&bench, "list").await.text.split(':').next(),
        Some("This channel has 1,000 subscriptions, page 1 of 100")
    );
}

#[tokio::test]
async fn pages_show_each_of_many_subscriptions_once() {
    let bench = Bench::start().await;
    for command in 0..15 {
        let datasets: Vec<String> = (0..20).map(|dataset| format!("jane/d{command}-{dataset}")).collect();
        types(&bench, &format!("subscribe {} * by:\"{}\"", datasets.join(" "), "é".repeat(300))).await;
    }
    let (mut shown, mut page, mut numbers) = (types(&bench, "list").await, 0, Vec::new());
    loop {
        for block in shown.blocks.as_array().unwrap() {
            let line = block["text"]["text"].as_str().unwrap_or_default();
            numbers.extend(line.strip_prefix('#').and_then(|line| line.split(' ').next()?.parse::<u32>().ok()));
        }
        page += 1;
        let next = format!("list_page_{page}");
        if !shown.blocks.to_string().contains(&next) {
            break;
        }
        bench.user("U1").clicks(&next).in_channel("C1").await;
        shown = bench.read("C1");
        assert!(private(&shown));
    }
    assert_eq!(numbers, (1..=300).collect::<Vec<u32>>());
}

#[tokio::test]
async fn any_text_gets_an_answer_that_slack_takes() {
    let bench = Bench::start().await;
    for text in [
        "x".repeat(10_000),
        format!("subscribe {}", "jane/flowers ".repeat(800)),
        format!("subscribe jane/{}", "f".repeat(2_900)),
        format!("subscribe jane/flowers text:\"{}\"", "a,".repeat(1_400)),
        "`*_~<!channel>&lt;".repeat(150),
        "\u{202e}\0\u{feff}".to_owned(),
        "subscribe jane/flowers sample.* extra/stuff mention:@nobody".to_owned(),
    ] {
        let shown = types(&bench, &text).await;
        assert!(matches!(shown.author, Author::Bot(_)), "{shown:#?}");
        assert!(!shown.text.contains("<!channel>"));
    }
}

#[tokio::test]
async fn names_of_every_script_arrive_whole() {
    let bench = Bench::start().await;
    for (dataset, number) in [("jane/פרחים", 1), ("ann/花🌷", 2), ("john/été-ø", 3)] {
        let shown = types(&bench, &format!("subscribe {dataset} sample.created")).await;
        assert!(shown.text.contains(dataset), "{}", shown.text);
        let body = segments_slack::segments::sample::body("sample.created", dataset, number, bench.clock.now());
        bench.body(&body.unwrap().to_string()).await;
        bench.after(seconds(2)).await;
        bench.read("C1");
    }
}

#[tokio::test]
async fn a_command_that_slack_repeats_acts_once() {
    let bench = Bench::start().await;
    let body = command("T1", "1.again", "subscribe jane/flowers jane/birds sample.*", "");
    for _ in 0..2 {
        assert_eq!(bench.slack_sends("commands", body.clone()).await.0, 200);
    }
    let body = command("T1", "2.again", "unsubscribe #1", "");
    for _ in 0..2 {
        assert_eq!(bench.slack_sends("commands", body.clone()).await.0, 200);
    }
    // The first one again, after what it made was removed.
    let body = command("T1", "1.again", "subscribe jane/flowers jane/birds sample.*", "");
    bench.slack_sends("commands", body).await;
    assert_eq!(rules(&bench, "C1").await, ["#2 jane/birds sample.*"]);
}

#[tokio::test]
async fn commands_of_one_channel_at_the_same_time_all_count() {
    let bench = Bench::start().await;
    let types = |name: &'static str| bench.user("U1").types(name).in_channel("C1");
    tokio::join!(
        types("/segments subscribe jane/a sample.*"),
        types("/segments subscribe jane/b sample.*"),
        types("/segments subscribe jane/c sample.*"),
        types("/segments subscribe jane/d sample.*"),
    );
    assert_eq!(bench.read_all("C1").len(), 4);
    assert_eq!(book(&bench, "C1").await.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for (number, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let dataset = format!("jane/{name}");
        let body = segments_slack::segments::sample::body("sample.created", &dataset, number as u64, bench.clock.now());
        bench.body(&body.unwrap().to_string()).await;
        bench.after(seconds(2)).await;
        bench.read("C1");
    }
}

#[tokio::test]
async fn times_are_kept_in_the_zone_of_who_typed_them() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.* digest:hourly quiet:19:00-08:00").await;
    assert_eq!(book(&bench, "C1").await[0].time_zone.as_deref(), Some("Europe/Brussels"));
}

#[tokio::test]
async fn status_tells_the_last_webhook_the_backlog_and_what_is_paused() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    let shown = types(&bench, "status").await;
    assert!(private(&shown) && shown.text.contains("No webhook has come yet"), "{}", shown.text);
    bench.webhook("sample.created.image").await;
    bench.read("C1");
    let shown = types(&bench, "status").await;
    assert!(shown.blocks.to_string().contains("last event"), "{}", shown.blocks);
    bench.slack.fail_next(Fault::Code("is_archived".to_owned()));
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.after(seconds(2)).await;
    bench.webhook("sample.deleted.basic").await;
    bench.user("U1").types("/segments status").in_channel("C2").await;
    let blocks = bench.read("C2").blocks.to_string();
    assert!(blocks.contains("1 subscription is paused") && blocks.contains("1 event is waiting"), "{blocks}");
}

#[tokio::test]
async fn a_test_posts_a_marked_sample_of_what_was_asked_for() {
    let bench = Bench::start().await;
    assert!(types(&bench, "test").await.text.contains("no subscription to test"));
    types(&bench, "subscribe jane/flowers sample.* label.rejected").await;
    bench.user("U1").types("/segments test #1 label.rejected").in_channel("C1").await;
    let [card, note] = bench.read_all("C1").try_into().unwrap();
    assert!(card.ephemeral_to.is_none() && card.text.contains("jane/flowers"), "{card:#?}");
    assert!(private(&note) && note.text.contains("marked as a test"), "{note:#?}");
    assert!(bench.slack.calls().iter().any(|call| call.method == "chat.postMessage"));
    let shown = types(&bench, "test #1 issue.created").await;
    assert!(shown.text.contains("#1 does not post `issue.created`"), "{}", shown.text);
}

#[tokio::test]
async fn another_workspaces_command_changes_nothing() {
    let bench = Bench::start().await;
    let (status, answer) = bench.slack_sends("commands", command("T2", "1.t", "subscribe * *", "")).await;
    assert_eq!(status, 200);
    assert!(answer.contains("belongs to the other workspace"), "{answer}");
    assert!(bench.app().store.subscriptions(&workspace()).await.unwrap().is_empty());
    assert_eq!(bench.app().store.workspaces().await.unwrap().iter().filter(|id| id.as_str() == "T2").count(), 0);
}

/// What a state is called here.
fn state(subscription: &Subscription) -> &'static str {
    match subscription.state {
        SubscriptionState::Active => "active",
        SubscriptionState::Paused { .. } => "paused",
        SubscriptionState::Waiting => "waiting",
    }
}

#[tokio::test]
async fn bare_words_show_the_channels_state_and_help() {
    let bench = Bench::start().await;
    assert!(types(&bench, "").await.text.contains("This channel has no subscriptions yet"));
    types(&bench, "subscribe jane/flowers sample.*").await;
    assert!(types(&bench, "").await.text.contains("This channel has 1 subscription"));
    assert_eq!(book(&bench, "C1").await.iter().map(state).collect::<Vec<_>>(), ["active"]);
}
