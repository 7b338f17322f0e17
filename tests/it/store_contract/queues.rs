//! The queue of a channel: deliveries in order, held, claimed and recorded; pauses, pending calls and dead letters.

use super::bench::{Bench, at, channel_ref, texts, wanted, workspace};
use segments_slack::model::{DatasetPattern, Delivery, EndedMutes, HoldUntil, Mute, News, Pause, PauseReason, UserId};
use segments_slack::store::{Backlog, CallResult, ChannelSubscriptions, EditResult, PendingCall, SubscriptionEdit};
use uuid::Uuid;

fn intent(covers: &[u64]) -> PendingCall {
    PendingCall::new(Uuid::from_u128(1), covers.to_vec(), at(1))
}

fn done(covers: &[u64]) -> CallResult {
    CallResult::Done {
        covers: covers.to_vec(),
        ts: "1.2".to_owned().try_into().unwrap(),
        fold: None,
        anchors: vec![],
        digest: None,
    }
}

fn retry(covers: &[u64], not_before: i64, counted: bool) -> CallResult {
    CallResult::Retry { covers: covers.to_vec(), not_before: at(not_before), counted, error: "fatal_error".to_owned() }
}

async fn settle(bench: &Bench, settlement: CallResult, second: i64) {
    bench.store().record_call_result(&channel_ref("C1"), settlement, at(second), at(second + 1)).await.unwrap();
}

async fn sequences(bench: &Bench, second: i64) -> Vec<u64> {
    bench.claim("C1", second).await.due.iter().map(|(delivery, _)| delivery.sequence).collect()
}

/// Three messages, one a second, for one channel.
async fn three(bench: &Bench) {
    for (second, message) in (0..).zip(["m0", "m1", "m2"]) {
        bench.accept(message, &["C1"], second).await;
    }
}

pub(super) async fn deliveries_come_in_the_order_of_acceptance(mut bench: Bench) {
    bench.accept("m1", &["C2", "C1"], 0).await;
    bench.accept("m2", &["C1"], 1).await;
    bench.restart();
    bench.accept("m3", &["C1"], 2).await;
    let claim = bench.claim("C1", 2).await;
    assert_eq!(texts(&claim), ["m1", "m2", "m3"]);
    assert!(claim.due.is_sorted_by(|(one, _), (next, _)| one.sequence < next.sequence));
    assert_eq!(claim.due[1].0.accepted_at, at(1));
    assert_eq!(bench.due("C2", 2).await, ["m1"]);
}

pub(super) async fn a_claim_gives_no_more_than_asked(bench: Bench) {
    three(&bench).await;
    let claim = bench.store().pending_work(&channel_ref("C1"), at(9), 2).await.unwrap();
    assert_eq!(texts(&claim), ["m0", "m1"]);
}

pub(super) async fn a_claim_changes_nothing(bench: Bench) {
    three(&bench).await;
    assert_eq!(bench.due("C1", 9).await, bench.due("C1", 9).await);
}

pub(super) async fn a_delivery_is_held_until_its_time(mut bench: Bench) {
    bench.accept_as("m1", vec![wanted("C1", 100)], 0).await;
    bench.accept_as("m2", vec![wanted("C1", 50)], 1).await;
    bench.restart();
    let claim = bench.claim("C1", 49).await;
    assert!(claim.due.is_empty());
    assert_eq!(claim.next_due, Some(at(50)));
    assert_eq!(bench.due("C1", 50).await, ["m2"]);
    let claim = bench.claim("C1", 100).await;
    assert_eq!((texts(&claim), claim.next_due), (vec!["m1".to_owned(), "m2".to_owned()], None));
}

pub(super) async fn what_is_held_does_not_hold_up_what_is_due(bench: Bench) {
    for number in 0..300 {
        bench.accept_as(&format!("held{number}"), vec![wanted("C1", 1_000)], 0).await;
    }
    bench.accept("m1", &["C1"], 1).await;
    let claim = bench.store().pending_work(&channel_ref("C1"), at(1), 2).await.unwrap();
    assert_eq!(texts(&claim), ["m1"]);
}

pub(super) async fn an_intent_lasts_until_it_is_settled(mut bench: Bench) {
    three(&bench).await;
    bench.store().begin_call(&channel_ref("C1"), intent(&[0, 1])).await.unwrap();
    bench.restart();
    let claim = bench.claim("C1", 9).await;
    assert_eq!(claim.intent, Some(intent(&[0, 1])));
    assert_eq!(claim.due.len(), 3);
    let pause = Pause { reason: PauseReason("is_archived".to_owned()), since: at(9) };
    let dead = CallResult::Dead { covers: vec![2], error: "no_text".to_owned() };
    for settlement in [done(&[0]), retry(&[1], 10, true), dead, CallResult::Paused(pause)] {
        bench.store().begin_call(&channel_ref("C1"), intent(&[0])).await.unwrap();
        settle(&bench, settlement, 9).await;
        assert_eq!(bench.claim("C1", 9).await.intent, None);
    }
}

pub(super) async fn what_is_done_does_not_come_back(mut bench: Bench) {
    three(&bench).await;
    settle(&bench, done(&[0, 2]), 5).await;
    bench.restart();
    let claim = bench.claim("C1", 9).await;
    assert_eq!((texts(&claim), claim.next_at), (vec!["m1".to_owned()], Some(at(6))));
    bench.accept("m3", &["C1"], 9).await;
    assert_eq!(sequences(&bench, 9).await, [1, 3]);
}

pub(super) async fn what_is_tried_again_waits_and_remembers_why(mut bench: Bench) {
    three(&bench).await;
    settle(&bench, retry(&[0, 1], 60, true), 5).await;
    settle(&bench, retry(&[0], 70, true), 6).await;
    bench.restart();
    assert_eq!(bench.due("C1", 59).await, ["m2"]);
    assert_eq!(bench.due("C1", 69).await, ["m1", "m2"]);
    let claim = bench.claim("C1", 70).await;
    assert_eq!(texts(&claim), ["m0", "m1", "m2"]);
    let told = claim.due.iter().map(|(delivery, _)| (delivery.attempts, delivery.last_error.as_deref()));
    assert_eq!(told.collect::<Vec<_>>(), [(2, Some("fatal_error")), (1, Some("fatal_error")), (0, None)]);
    settle(&bench, done(&[0, 1, 2]), 71).await;
    assert!(bench.due("C1", 99).await.is_empty());
}

pub(super) async fn a_try_that_does_not_count_is_not_counted(bench: Bench) {
    three(&bench).await;
    settle(&bench, retry(&[0], 5, false), 5).await;
    let (delivery, _) = &bench.claim("C1", 5).await.due[0];
    assert_eq!((delivery.attempts, delivery.last_error.as_deref()), (0, Some("fatal_error")));
}

pub(super) async fn what_is_given_up_is_a_dead_letter(mut bench: Bench) {
    three(&bench).await;
    for (second, sequence) in [(5, 2), (6, 0)] {
        let error = "no_text".to_owned();
        settle(&bench, CallResult::Dead { covers: vec![sequence], error }, second).await;
    }
    bench.restart();
    assert_eq!(bench.due("C1", 9).await, ["m1"]);
    let letters = bench.store().dead_letters(&workspace(), 9).await.unwrap();
    let told = letters.iter().map(|letter| (letter.at, letter.delivery.sequence, letter.error.as_str()));
    assert_eq!(told.collect::<Vec<_>>(), [(at(5), 2, "no_text"), (at(6), 0, "no_text")]);
    assert_eq!(letters[0].channel, channel_ref("C1").channel);
    assert_eq!(bench.store().dead_letters(&workspace(), 1).await.unwrap(), letters[..1]);
}

pub(super) async fn a_paused_lane_keeps_its_deliveries(mut bench: Bench) {
    three(&bench).await;
    let pause = Pause { reason: PauseReason("is_archived".to_owned()), since: at(5) };
    settle(&bench, CallResult::Paused(pause.clone()), 5).await;
    bench.restart();
    let claim = bench.claim("C1", 9).await;
    assert_eq!((claim.pause, claim.due.len(), claim.next_at), (Some(pause), 3, Some(at(6))));
    bench.store().resume(&channel_ref("C1")).await.unwrap();
    let claim = bench.claim("C1", 9).await;
    assert_eq!((claim.pause, claim.due.len()), (None, 3));
}

pub(super) async fn settling_twice_changes_nothing_more(bench: Bench) {
    three(&bench).await;
    settle(&bench, done(&[0, 0, 99]), 5).await;
    settle(&bench, done(&[0]), 5).await;
    settle(&bench, retry(&[0], 9, true), 5).await;
    assert_eq!(bench.due("C1", 9).await, ["m1", "m2"]);
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().pending, 2);
}

pub(super) async fn the_backlog_counts_what_waits(mut bench: Bench) {
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap(), Backlog::default());
    three(&bench).await;
    bench.accept("m3", &["C1", "C2"], 3).await;
    settle(&bench, done(&[0]), 5).await;
    settle(&bench, retry(&[1], 100, true), 5).await;
    settle(&bench, CallResult::Dead { covers: vec![2], error: "no_text".to_owned() }, 5).await;
    bench.restart();
    let backlog = bench.store().backlog(&workspace()).await.unwrap();
    assert_eq!(backlog, Backlog { pending: 3, held: 0, oldest_waiting: Some(at(1)), oldest: Some(at(1)), dead: 1 });
    bench.accept_as("m4", vec![wanted("C3", 60)], 4).await;
    let backlog = bench.store().backlog(&workspace()).await.unwrap();
    assert_eq!((backlog.pending, backlog.held, backlog.oldest_waiting), (4, 1, Some(at(1))));
}

pub(super) async fn lanes_with_nothing_pending_are_not_listed(bench: Bench) {
    three(&bench).await;
    bench.accept("m3", &["C2"], 3).await;
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C1"), channel_ref("C2")]);
    settle(&bench, done(&[0, 1, 2]), 5).await;
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C2")]);
}

pub(super) async fn what_is_held_can_be_let_go_or_held_for_another_time(mut bench: Bench) {
    for (message, hold) in [("m0", 100), ("m1", 50), ("m2", 70)] {
        bench.accept_as(message, vec![wanted("C1", hold)], 0).await;
    }
    bench.accept("m3", &["C1"], 0).await;
    bench.accept_as("m0'", vec![wanted("C2", 100)], 0).await;
    let times = |delivery: &Delivery, _: &News| {
        let until = [None, Some(at(90)), Some(at(70))][usize::try_from(delivery.sequence).unwrap()];
        HoldUntil { until, digest: None }
    };
    assert_eq!(bench.store().reschedule_held(&channel_ref("C1"), at(10), Box::new(times)).await.unwrap(), 1);
    bench.restart();
    assert_eq!(bench.due("C1", 10).await, ["m0", "m3"]);
    assert_eq!(bench.claim("C1", 10).await.next_due, Some(at(70)));
    assert_eq!(bench.due("C1", 70).await, ["m0", "m2", "m3"]);
    assert_eq!(bench.due("C1", 90).await, ["m0", "m1", "m2", "m3"]);
    assert!(bench.due("C2", 99).await.is_empty());
}

pub(super) async fn what_waits_to_be_tried_again_is_not_let_go(bench: Bench) {
    three(&bench).await;
    settle(&bench, retry(&[0], 100, true), 3).await;
    settle(&bench, retry(&[1], 100, false), 4).await;
    assert_eq!(
        bench.store().reschedule_held(&channel_ref("C1"), at(10), Box::new(|_, _| HoldUntil::default())).await.unwrap(),
        0
    );
    assert_eq!(sequences(&bench, 10).await, [2]);
}

fn mute(dataset: &str, until: i64) -> Mute {
    Mute { dataset: DatasetPattern::parse(dataset).unwrap(), until: at(until), by: UserId::parse("U1").unwrap() }
}

async fn muted(bench: &Bench, mutes: &[Mute]) {
    let ChannelSubscriptions { revision, next_number, .. } =
        bench.store().channel_subscriptions(&channel_ref("C1")).await.unwrap();
    let (put, remove, mutes) = (Vec::new(), Vec::new(), Some(mutes.to_vec()));
    let edit = SubscriptionEdit {
        revision,
        put,
        remove,
        mutes,
        next_number,
        cause: None,
        undo: None,
        undoes: None,
        audit_entry: None,
        at: at(0),
    };
    assert_eq!(bench.store().edit_subscriptions(&channel_ref("C1"), edit).await.unwrap(), EditResult::Stored);
}

pub(super) async fn mutes_are_kept_in_the_book(mut bench: Bench) {
    let mutes = [mute("*", 50), mute("jane/*", 70)];
    muted(&bench, &mutes).await;
    bench.restart();
    assert_eq!(bench.store().channel_subscriptions(&channel_ref("C1")).await.unwrap().mutes, mutes);
    assert_eq!(bench.store().mutes(&workspace()).await.unwrap(), [(channel_ref("C1").channel, mutes.to_vec())]);
    muted(&bench, &[]).await;
    assert!(bench.store().mutes(&workspace()).await.unwrap().is_empty());
}

pub(super) async fn a_claim_tells_of_ended_mutes_that_held_something_until_a_call_did(mut bench: Bench) {
    muted(&bench, &[mute("*", 50), mute("jane/*", 70)]).await;
    bench.accept_as("m0", vec![wanted("C1", 70)], 0).await;
    bench.accept_as("m1", vec![wanted("C1", 70)], 1).await;
    assert_eq!(bench.claim("C1", 69).await.ended, None);
    let ended = EndedMutes { mutes: vec![mute("jane/*", 70)], held: 2 };
    assert_eq!(bench.claim("C1", 70).await.ended, Some(ended.clone()));
    bench
        .store()
        .begin_call(&channel_ref("C1"), PendingCall { mutes_ended: Some(at(70)), ..intent(&[]) })
        .await
        .unwrap();
    bench.restart();
    settle(&bench, retry(&[], 71, true), 71).await;
    assert_eq!(bench.claim("C1", 72).await.ended, Some(ended));
    bench
        .store()
        .begin_call(&channel_ref("C1"), PendingCall { mutes_ended: Some(at(72)), ..intent(&[]) })
        .await
        .unwrap();
    settle(&bench, done(&[]), 73).await;
    assert_eq!(bench.claim("C1", 74).await.ended, None);
    assert_eq!(sequences(&bench, 74).await, [0, 1]);
}
