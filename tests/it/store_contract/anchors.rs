//! Anchors of issues, and own changes that come back.

use super::bench::{Bench, DAY, account, arrival, at, channel_ref, decided, verdict, wanted, workspace};
use segments_slack::model::issue_thread::CardState;
use segments_slack::model::object::Issue;
use segments_slack::model::{
    AccountId, ChannelId, Delivery, DeliveryReason, Derived, Event, EventType, ExpectedChange, IssueThread, MessageTs,
    News, Object, ObjectKey, ThreadReply, UserId,
};
use segments_slack::store::{CallResult, IncomingEvent, PendingCall};
use std::sync::Arc;
use uuid::Uuid;

fn ts() -> MessageTs {
    MessageTs::parse("1.2").unwrap()
}

fn news(uuid: &str, derived: Derived) -> News {
    let issue = Issue { uuid: Some(uuid.to_owned()), description: Some("x".repeat(9_000)), ..Issue::default() };
    let event = Event {
        event_type: EventType::Known(derived.parent()),
        created_at: at(0),
        dataset: None,
        object: Object::Issue(Box::new(issue)),
        text: Some(uuid.to_owned()),
    };
    News { event, derived: Some(derived), changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }
}

/// A message about an issue for some channels, in the order of their names; gives which of them it is an echo for.
async fn accept(bench: &Bench, message: &str, uuid: &str, channels: &[&str], second: i64) -> Vec<bool> {
    accept_at(bench, message, uuid, channels, second, account()).await
}

async fn accept_at(
    bench: &Bench,
    message: &str,
    uuid: &str,
    channels: &[&str],
    second: i64,
    account: AccountId,
) -> Vec<bool> {
    let object = Some(ObjectKey::new("issue", uuid));
    let arrival = IncomingEvent { account, object, ..arrival(message, second) };
    let mut verdict = verdict(message, channels.iter().map(|channel| wanted(channel, second)).collect());
    verdict.news = Arc::new(news(uuid, Derived::IssueClosed));
    bench.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap();
    let mut echoes = Vec::new();
    for channel in channels {
        let claim = bench.claim(channel, second).await;
        echoes.push(matches!(claim.due.last().unwrap().0.reason, DeliveryReason::Own(_)));
    }
    echoes
}

async fn anchor(bench: &Bench, uuid: &str) -> IssueThread {
    accept(bench, &format!("for_{uuid}"), uuid, &["C9"], 0).await;
    let (delivery, _): (Delivery, _) = bench.claim("C9", 0).await.due.remove(0);
    IssueThread::open(&delivery, &news(uuid, Derived::IssueReplied), at(0)).unwrap().posted_as(ts())
}

async fn keep(bench: &Bench, anchors: &[IssueThread]) {
    let done = CallResult::Done { covers: vec![], ts: ts(), fold: None, digest: None, anchors: anchors.to_vec() };
    bench.store().record_call_result(&channel_ref("C1"), done, at(1), at(1)).await.unwrap();
}

pub(super) async fn an_anchor_comes_with_the_deliveries_of_its_issue(mut bench: Bench) {
    let anchor = anchor(&bench, "a").await;
    keep(&bench, std::slice::from_ref(&anchor)).await;
    bench.restart();
    let claim = bench.claim("C1", 9).await;
    assert_eq!((claim.anchors, claim.next_due), (vec![], None));
    accept(&bench, "m1", "b", &["C1"], 1).await;
    assert_eq!(bench.claim("C1", 9).await.anchors, []);
    accept(&bench, "m2", "a", &["C1", "C2"], 2).await;
    assert_eq!(bench.claim("C1", 9).await.anchors, [anchor]);
    assert_eq!(bench.claim("C2", 9).await.anchors, []);
}

pub(super) async fn an_anchor_that_is_behind_comes_unasked_and_keeps_its_lane_listed(mut bench: Bench) {
    let current = anchor(&bench, "a").await;
    let behind = current.clone().not_yet_edited(at(7), 2);
    keep(&bench, std::slice::from_ref(&behind)).await;
    bench.restart();
    let claim = bench.claim("C1", 2).await;
    assert_eq!((claim.anchors, claim.next_due), (vec![behind.clone()], Some(at(7))));
    assert!(bench.store().channels_with_work(&workspace()).await.unwrap().contains(&channel_ref("C1")));
    keep(&bench, &[behind.not_yet_edited(at(70), 3)]).await;
    assert_eq!(bench.claim("C1", 9).await.next_due, Some(at(70)));
    keep(&bench, &[current]).await;
    let claim = bench.claim("C1", 99).await;
    assert_eq!((claim.anchors, claim.next_due), (vec![], None));
    assert!(!bench.store().channels_with_work(&workspace()).await.unwrap().contains(&channel_ref("C1")));
}

pub(super) async fn the_anchors_that_wait_longest_come_first(bench: Bench) {
    let one = anchor(&bench, "a").await;
    let many: Vec<IssueThread> = (0..40)
        .map(|number| IssueThread { object: ObjectKey::new("issue", &number.to_string()), ..one.clone() })
        .zip(1..)
        .map(|(anchor, second)| anchor.not_yet_edited(at(100 - second), 0))
        .collect();
    keep(&bench, &many).await;
    let claim = bench.claim("C1", 2).await;
    assert_eq!((claim.anchors[0].edit_at, claim.next_due), (at(60), Some(at(60))));
    assert!(claim.anchors.len() < 40 && claim.anchors.is_sorted_by_key(|anchor| anchor.edit_at));
}

pub(super) async fn an_anchor_that_is_gone_is_forgotten(bench: Bench) {
    let behind = anchor(&bench, "a").await.not_yet_edited(at(7), 0);
    keep(&bench, std::slice::from_ref(&behind)).await;
    keep(&bench, &[behind.left(CardState::Gone)]).await;
    accept(&bench, "m1", "a", &["C1"], 1).await;
    let claim = bench.claim("C1", 9).await;
    assert_eq!((claim.anchors, claim.next_due), (vec![], None));
}

pub(super) async fn a_call_that_was_begun_remembers_its_thread_and_anchors(mut bench: Bench) {
    let intent = PendingCall {
        thread: Some(ThreadReply { parent: ts(), broadcast: true }),
        anchors: vec![anchor(&bench, "a").await],
        ..PendingCall::new(Uuid::from_u128(1), vec![0], at(1))
    };
    bench.store().begin_call(&channel_ref("C1"), intent.clone()).await.unwrap();
    bench.restart();
    assert_eq!(bench.claim("C1", 2).await.intent, Some(intent));
}

pub(super) async fn an_issue_that_is_not_heard_of_for_half_a_year_loses_its_anchor(bench: Bench) {
    let behind = anchor(&bench, "a").await.not_yet_edited(at(7), 0);
    keep(&bench, &[behind]).await;
    let done = CallResult::Done { covers: vec![0], ts: ts(), fold: None, digest: None, anchors: vec![] };
    bench.store().record_call_result(&channel_ref("C9"), done, at(1), at(1)).await.unwrap();
    bench.store().sweep(&workspace(), at(180 * DAY)).await.unwrap();
    assert_eq!(bench.claim("C1", 9).await.anchors.len(), 1);
    assert_eq!(bench.store().sweep(&workspace(), at(180 * DAY + 1)).await.unwrap(), 1);
    let claim = bench.claim("C1", 9).await;
    assert_eq!((claim.anchors, claim.next_due), (vec![], None));
}

async fn expect(bench: &Bench, channel: &str, expires_at: i64) {
    let change = ExpectedChange {
        account: account(),
        object: ObjectKey::new("issue", "a"),
        event: "issue.closed".to_owned(),
        assigned: None,
        channel: ChannelId::parse(channel).unwrap(),
        message: ts(),
        by: UserId::parse("U1").unwrap(),
        expires_at: at(expires_at),
    };
    bench.store().expect_webhook(&workspace(), change).await.unwrap();
}

pub(super) async fn an_own_change_is_an_echo_once_and_in_its_channel(mut bench: Bench) {
    expect(&bench, "C1", 60).await;
    expect(&bench, "C2", 60).await;
    bench.restart();
    let other = AccountId::parse("acc_2").unwrap();
    assert_eq!(accept_at(&bench, "m0", "a", &["C1"], 1, other).await, [false]);
    assert_eq!(accept(&bench, "m1", "b", &["C1"], 1).await, [false]);
    assert_eq!(accept(&bench, "m2", "a", &["C1", "C2", "C3"], 1).await, [true, false, false]);
    assert_eq!(accept(&bench, "m3", "a", &["C1", "C2", "C3"], 1).await, [false, true, false]);
    assert_eq!(accept(&bench, "m4", "a", &["C1", "C2", "C3"], 1).await, [false; 3]);
}

pub(super) async fn an_own_change_that_comes_too_late_is_news(bench: Bench) {
    expect(&bench, "C1", 60).await;
    assert_eq!(accept(&bench, "m1", "a", &["C1"], 60).await, [false]);
}

pub(super) async fn an_own_change_that_never_comes_is_forgotten(bench: Bench) {
    expect(&bench, "C1", 60).await;
    assert_eq!(bench.store().sweep(&workspace(), at(59)).await.unwrap(), 0);
    assert_eq!(bench.store().sweep(&workspace(), at(60)).await.unwrap(), 1);
}

#[test]
fn what_an_earlier_version_kept_is_read() {
    let delivery = serde_json::json!({
        "sequence": 7, "event": Uuid::nil(), "subscription": 1, "options": {}, "accepted_at": at(0),
        "not_before": at(0), "attempts": 0, "last_error": null,
    });
    let delivery = serde_json::from_value::<Delivery>(delivery).unwrap();
    assert_eq!((delivery.reason, delivery.account), (DeliveryReason::Subscribed, None));
    let intent = serde_json::json!({ "call": Uuid::nil(), "edits": null, "covers": [7], "at": at(0) });
    let intent: PendingCall = serde_json::from_value(intent).unwrap();
    assert_eq!((intent.thread, intent.anchors.len()), (None, 0));
}
