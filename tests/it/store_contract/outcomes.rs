//! Outcomes: how the last deliveries of a channel ended, and what still waits.

use super::bench::{Bench, at, channel_ref, wanted, workspace};
use segments_slack::model::{BatchMessage, DeliveryRecord, DeliveryResult, MessageTs, Pause, PauseReason, WorkspaceId};
use segments_slack::store::{CallResult, History, PendingCall};
use uuid::Uuid;

fn ts(text: &str) -> MessageTs {
    MessageTs::parse(text).unwrap()
}

fn done(covers: &[u64], fold: Option<BatchMessage>) -> CallResult {
    CallResult::Done {
        covers: covers.to_vec(),
        ts: ts("1.2"),
        fold: fold.map(Box::new),
        digest: None,
        anchors: Vec::new(),
    }
}

async fn settle(bench: &Bench, settlement: CallResult, second: i64) {
    bench.store().record_call_result(&channel_ref("C1"), settlement, at(second), at(second)).await.unwrap();
}

async fn history(bench: &Bench, channel: &str) -> History {
    bench.store().history(&channel_ref(channel), 3).await.unwrap()
}

fn ends(history: &History) -> Vec<DeliveryResult> {
    history.ended.iter().map(|outcome| outcome.end.clone()).collect()
}

/// The summaries of what waits, which tell the messages that they came with.
fn waiting(history: &History) -> Vec<&str> {
    history.waiting.iter().map(|(_, news)| news.event.text.as_deref().unwrap()).collect()
}

/// So many messages, one a second, for one channel.
async fn messages(bench: &Bench, number: usize) {
    for (second, message) in (0..).zip((0..number).map(|number| format!("m{number}"))) {
        bench.accept(&message, &["C1"], second).await;
    }
}

pub(super) async fn each_end_is_told_the_last_one_first(mut bench: Bench) {
    messages(&bench, 4).await;
    let due = bench.claim("C1", 9).await.due;
    settle(&bench, done(&[0], None), 10).await;
    settle(&bench, done(&[1], Some(BatchMessage::open(&due[1].0, &due[1].1, at(11)))), 11).await;
    let intent = PendingCall { edits: Some(ts("1.2")), ..PendingCall::new(Uuid::nil(), vec![2], at(12)) };
    bench.store().begin_call(&channel_ref("C1"), intent).await.unwrap();
    settle(&bench, done(&[2], None), 12).await;
    settle(&bench, CallResult::Dead { covers: vec![3], error: "no_text".to_owned() }, 13).await;
    bench.restart();
    let history = history(&bench, "C1").await;
    let expected = [
        DeliveryResult::Dead { error: "no_text".to_owned() },
        DeliveryResult::Edited { ts: ts("1.2") },
        DeliveryResult::Folded { ts: ts("1.2"), count: 1 },
        DeliveryResult::Posted { ts: ts("1.2"), thread: None },
    ];
    assert_eq!(ends(&history), expected);
    assert!(history.waiting.is_empty());
    let DeliveryRecord { event, gist, subscription, accepted_at, at: ended_at, .. } = &history.ended[0];
    assert_eq!((*event, *subscription, *accepted_at, *ended_at), (due[3].0.event, 1, at(3), at(13)));
    assert_eq!((gist.event.as_str(), gist.at), ("sample.created", at(0)));
    assert_eq!(gist.dataset, due[3].1.event.dataset);
}

pub(super) async fn what_waits_is_told_the_newest_first(mut bench: Bench) {
    messages(&bench, 3).await;
    bench.accept_as("held", vec![wanted("C1", 100)], 3).await;
    bench.accept("m4", &["C1"], 4).await;
    let pause = Pause { reason: PauseReason("is_archived".to_owned()), since: at(5) };
    settle(&bench, CallResult::Paused(pause.clone()), 5).await;
    bench.restart();
    let history = history(&bench, "C1").await;
    assert_eq!((waiting(&history), &history.pause), (vec!["m4", "held", "m2"], &Some(pause)));
    assert!(history.ended.is_empty());
    assert!(bench.store().history(&channel_ref("C1"), 0).await.unwrap().waiting.is_empty());
}

pub(super) async fn the_last_200_ends_are_kept(mut bench: Bench) {
    messages(&bench, 250).await;
    for sequence in 0..250 {
        settle(&bench, done(&[sequence], None), 300 + i64::try_from(sequence).unwrap()).await;
        if sequence == 220 {
            bench.restart();
        }
    }
    let history = history(&bench, "C1").await;
    let accepted: Vec<_> = history.ended.iter().map(|outcome| outcome.accepted_at).collect();
    assert_eq!(accepted, (50..250).rev().map(at).collect::<Vec<_>>());
}

pub(super) async fn a_burst_larger_than_what_is_kept_leaves_its_last(bench: Bench) {
    messages(&bench, 310).await;
    settle(&bench, done(&[0], None), 400).await;
    settle(&bench, done(&(1..310).collect::<Vec<_>>(), None), 401).await;
    let accepted: Vec<_> = history(&bench, "C1").await.ended.iter().map(|outcome| outcome.accepted_at).collect();
    assert_eq!(accepted, (110..310).rev().map(at).collect::<Vec<_>>());
}

pub(super) async fn what_ended_is_told_of_its_own_channel_only(bench: Bench) {
    bench.accept("m0", &["C1", "C10"], 0).await;
    settle(&bench, done(&[0], None), 1).await;
    assert_eq!(history(&bench, "C1").await.ended.len(), 1);
    let other = history(&bench, "C10").await;
    assert_eq!((waiting(&other), other.ended.len()), (vec!["m0"], 0));
    assert_eq!(history(&bench, "C2").await, History::default());
    let mut elsewhere = channel_ref("C1");
    elsewhere.workspace = WorkspaceId::parse("T10").unwrap();
    assert_eq!(bench.store().history(&elsewhere, 9).await.unwrap(), History::default());
    assert_eq!(bench.store().workspaces().await.unwrap(), [workspace()]);
}

pub(super) async fn what_is_tried_again_has_not_ended(bench: Bench) {
    messages(&bench, 1).await;
    let error = "fatal_error".to_owned();
    settle(&bench, CallResult::Retry { covers: vec![0], not_before: at(60), counted: true, error }, 5).await;
    let history = history(&bench, "C1").await;
    assert!(history.ended.is_empty());
    let (delivery, _) = &history.waiting[0];
    assert_eq!((delivery.not_before, delivery.last_error.as_deref()), (at(60), Some("fatal_error")));
}

pub(super) async fn settling_twice_tells_one_end(bench: Bench) {
    messages(&bench, 1).await;
    for second in [1, 2] {
        settle(&bench, done(&[0], None), second).await;
    }
    assert_eq!(history(&bench, "C1").await.ended.len(), 1);
}
