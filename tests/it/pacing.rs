//! Slack's limits on a whole workspace: its channels wait, others do not, and no post waits for an edit.

use crate::harness::{BOT_TOKEN, Bench, channel, fixture, seconds, user, workspace};
use segments_slack::clock::later;
use segments_slack::delivery::DeliveryWorkers;
use segments_slack::model::{
    AccountId, ChannelId, ChannelRef, Event, EventId, EventType, MessageId, News, Object, Options, WorkspaceId,
};
use segments_slack::sandbox::slack::{ChannelKind, Fault};
use segments_slack::slack::api::SlackApi;
use segments_slack::store::{Durability, IncomingEvent, NewDelivery, RoutingDecision, Store, sled::SledStore};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const LIMIT: Fault = Fault::RateLimit { retry_after: 60 };

/// #annotation gets samples, #qa issues.
async fn subscribed() -> Bench {
    let bench = Bench::start().await;
    for (who, name, events) in [("U1", "C1", "sample.*"), ("U2", "C2", "issue.*")] {
        bench.user(who).types(&format!("/segments subscribe jane/flowers {events}")).in_channel(name).await;
        bench.read(name);
    }
    bench
}

impl Bench {
    /// So many samples are created in a dataset, each with a name that was not there before.
    async fn create(&self, dataset: &str, first: u32, count: u32) {
        for number in first..first + count {
            let body = fixture("sample.created.image").replace("602a3eec-a61c", &format!("602a3eec-{number:04}"));
            let body = body.replace("rose.png", &format!("rose_{number}.png")).replace("jane/flowers", dataset);
            assert_eq!(self.body(&body).await, 204);
        }
    }

    /// When a method was called, in seconds since a time.
    fn times_of(&self, method: &str, since: jiff::Timestamp) -> Vec<i64> {
        let calls = self.slack.calls().into_iter().filter(|call| call.method == method && call.at >= since);
        calls.map(|call| call.at.duration_since(since).as_secs()).collect()
    }
}

#[tokio::test]
async fn two_rate_limited_channels_make_the_workspace_wait() {
    let bench = subscribed().await;
    bench.user("U1").types("/segments subscribe jane/flowers release.*").in_channel("G1").await;
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    bench.read_all("G1");
    bench.slack.fail_next(LIMIT);
    bench.webhook("sample.created.image").await;
    bench.after(seconds(20)).await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 30 });
    bench.webhook("issue.created.basic").await;
    let limited = bench.clock.now();
    bench.webhook("release.created.basic").await;
    bench.after(seconds(29)).await;
    assert!(bench.times_of("chat.postMessage", limited).len() == 1, "the one that was limited");
    bench.after(seconds(1)).await;
    bench.read("C2");
    bench.read("G1");
    bench.assert_nothing_unread("C1");
    bench.after(seconds(10)).await;
    bench.read("C1");
}

#[tokio::test]
async fn a_limit_on_edits_makes_the_workspace_wait_and_is_no_attempt() {
    let bench = subscribed().await;
    bench.create("jane/flowers", 0, 10).await;
    bench.after(seconds(1)).await;
    bench.slack.fail_next_of("chat.update", LIMIT);
    bench.create("jane/flowers", 10, 5).await;
    bench.after(seconds(3)).await;
    let limited = bench.clock.now();
    bench.read_all("C1");
    bench.webhook("issue.created.basic").await;
    bench.after(seconds(50)).await;
    assert!(bench.times_of("chat.postMessage", limited).is_empty());
    bench.after(seconds(10)).await;
    bench.read("C2");
    assert!(bench.read("C1").text.contains("14 samples created"));
    assert_eq!(bench.app().metrics.slack_calls.get("workspace_limited"), 1);
}

#[tokio::test]
async fn a_limit_on_looking_makes_the_workspace_wait() {
    let bench = subscribed().await;
    bench.slack.fail_next(Fault::LoseAnswer);
    bench.slack.fail_next_of("conversations.history", LIMIT);
    bench.webhook("sample.created.image").await;
    let limited = bench.clock.now();
    bench.webhook("issue.created.basic").await;
    bench.after(seconds(59)).await;
    assert_eq!(bench.times_of("chat.postMessage", limited), [0]);
    bench.after(seconds(1)).await;
    bench.read("C1");
    bench.read("C2");
}

/// A message for a channel, kept past the server.
async fn keep(store: &SledStore, of: &WorkspaceId, name: &str, at: jiff::Timestamp) {
    let arrival = IncomingEvent {
        account: AccountId::parse("acc").unwrap(),
        message: MessageId::parse(Uuid::new_v4().to_string()).unwrap(),
        received_at: at,
        dataset: None,
        object: None,
        sample: None,
    };
    let event = Event {
        event_type: EventType::parse("sample.created"),
        created_at: at,
        dataset: None,
        object: Object::Unknown,
        text: None,
    };
    let news = News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None };
    let channel = ChannelId::parse(name).unwrap();
    let wanted = NewDelivery {
        channel,
        subscription: 1,
        options: Options::default(),
        not_before: at,
        digest: None,
        reason: segments_slack::model::DeliveryReason::Subscribed,
    };
    let verdict = RoutingDecision {
        state: None,
        news: Arc::new(news),
        event: EventId(Uuid::new_v4()),
        deliveries: vec![wanted],
        is_stale: false,
    };
    store.accept(of, arrival, Box::new(|_| verdict)).await.unwrap();
}

#[tokio::test]
async fn a_workspace_that_is_limited_delays_no_other() {
    let mut bench = Bench::start().await;
    bench.stop().await;
    let other = WorkspaceId::parse("T2").unwrap();
    bench.slack.add_workspace(&other, "Other", "xoxb-other");
    bench.slack.add_channel(&other, &channel("C9"), "general", ChannelKind::Public, &[]);
    let slack = Arc::new(SlackApi::new(&format!("{}/api", bench.slack_url), bench.clock.clone()).unwrap());
    let store = Arc::new(SledStore::open(&bench.data(), Durability::Process).unwrap());
    let parts = bench.parts(store.clone(), Arc::clone(&slack));
    let workers = DeliveryWorkers::new(parts, CancellationToken::new());
    let rest = || async { workers.busy().wait_for(|busy| *busy == 0).await.map(drop).unwrap() };
    for token in [BOT_TOKEN, "xoxb-other"] {
        let installed = slack.install(&token.into()).await.unwrap();
        workers.open(&installed.workspace).await.unwrap();
    }
    for name in ["C1", "C2"] {
        bench.slack.fail_next(LIMIT);
        keep(&store, &workspace(), name, bench.clock.now()).await;
        workers.wake(&ChannelRef { workspace: workspace(), channel: channel(name) });
        rest().await;
    }
    keep(&store, &workspace(), "D1", bench.clock.now()).await;
    workers.wake(&ChannelRef { workspace: workspace(), channel: channel("D1") });
    keep(&store, &other, "C9", bench.clock.now()).await;
    workers.wake(&ChannelRef { workspace: other.clone(), channel: channel("C9") });
    rest().await;
    assert_eq!(bench.slack.take_unread(&other, &channel("C9")).len(), 1);
    bench.assert_nothing_unread("D1");
    bench.clock.set(later(bench.clock.now(), seconds(60)));
    for name in ["C1", "C2", "D1"] {
        while bench.slack.messages(&workspace(), &channel(name), None).is_empty() {
            tokio::task::yield_now().await;
        }
        bench.read(name);
    }
    rest().await;
}

/// A bench with this many more open channels, each of which gets the samples of a dataset of its own.
async fn with_channels(count: u32) -> Bench {
    let bench = Bench::start().await;
    for number in 0..count {
        let id = format!("CX{number}");
        bench.slack.add_channel(&workspace(), &channel(&id), &id.to_lowercase(), ChannelKind::Public, &[user("U1")]);
        bench.user("U1").types(&format!("/segments subscribe jane/d{number} sample.*")).in_channel(&id).await;
        bench.read_all(&id);
        bench.after(seconds(2)).await;
    }
    bench
}

/// How many samples a channel has been told of.
fn counted(bench: &Bench, id: &str) -> u64 {
    let shown = bench.slack.messages(&workspace(), &channel(id), None);
    let numbers = shown.iter().filter(|shown| shown.text.starts_with("🖼️")).map(|shown| {
        let words: Vec<&str> = shown.text.split(' ').collect();
        let place = words.iter().position(|word| *word == "samples");
        place.and_then(|place| words[place - 1].replace(',', "").parse().ok()).unwrap_or(1)
    });
    numbers.sum()
}

#[tokio::test]
async fn bursts_in_many_channels_take_turns_and_delay_no_post() {
    let bench = with_channels(12).await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    let begun = bench.clock.now();
    for second in 0..25 {
        for number in 0..12 {
            bench.create(&format!("jane/d{number}"), second * 10, 4).await;
        }
        if let Some(fixture) = [(9, "issue.created.basic"), (19, "issue.updated.resolved")]
            .into_iter()
            .find_map(|(at, fixture)| (at == second).then_some(fixture))
        {
            let before = bench.times_of("chat.postMessage", begun).len();
            bench.webhook(fixture).await;
            assert!(bench.times_of("chat.postMessage", begun).len() > before, "a post waits for nothing");
        }
        bench.after(seconds(1)).await;
    }
    bench.after(seconds(90)).await;
    let edits = bench.times_of("chat.update", begun);
    for from in &edits {
        assert!(edits.iter().filter(|at| (*from..*from + 60).contains(at)).count() <= 50, "{edits:?}");
    }
    let limited = bench.slack.calls().into_iter().filter(|call| call.result == "ratelimited").count();
    assert_eq!(limited, 0);
    for number in 0..12 {
        assert_eq!(counted(&bench, &format!("CX{number}")), 100, "CX{number}");
        bench.read_all(&format!("CX{number}"));
    }
    bench.read_all("C2");
}

#[tokio::test]
async fn a_bursts_last_count_shows_in_five_seconds_among_others() {
    let bench = with_channels(12).await;
    for second in 0..20 {
        for number in 0..12 {
            bench.create(&format!("jane/d{number}"), second * 10, 4).await;
        }
        bench.after(seconds(1)).await;
    }
    // The burst of CX0 ends, those of the others go on.
    bench.create("jane/d0", 900, 4).await;
    for second in 20..25 {
        for number in 1..12 {
            bench.create(&format!("jane/d{number}"), second * 10, 4).await;
        }
        bench.after(seconds(1)).await;
    }
    assert_eq!(counted(&bench, "CX0"), 84);
    bench.after(seconds(120)).await;
}
