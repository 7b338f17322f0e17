//! Live folds: kept with what they cover, found again, forgotten when they are closed.

use super::bench::{Bench, at, channel_ref, workspace};
use segments_slack::model::{BatchMessage, Live, LiveMessage, MessageTs};
use segments_slack::store::{CallResult, PendingCall};
use uuid::Uuid;

fn ts() -> MessageTs {
    MessageTs::parse("1.2").unwrap()
}

/// Two messages for one channel, and a fold of them.
async fn two(bench: &Bench) -> BatchMessage {
    bench.accept("m0", &["C1"], 0).await;
    bench.accept("m1", &["C1"], 1).await;
    let due = bench.claim("C1", 1).await.due;
    let mut fold = BatchMessage::open(&due[0].0, &due[0].1, at(1));
    fold.add(&due[1].0, &due[1].1, at(1));
    fold.posted_as(ts())
}

async fn settle(bench: &Bench, covers: &[u64], fold: &BatchMessage, second: i64) {
    let fold = Some(Box::new(fold.clone()));
    let done = CallResult::Done { covers: covers.to_vec(), ts: ts(), fold, anchors: vec![], digest: None };
    bench.store().record_call_result(&channel_ref("C1"), done, at(second), at(second)).await.unwrap();
}

pub(super) async fn a_fold_is_kept_with_what_it_covers(mut bench: Bench) {
    let fold = two(&bench).await;
    settle(&bench, &[0, 1], &fold, 1).await;
    bench.restart();
    let claim = bench.claim("C1", 2).await;
    assert_eq!((claim.due.len(), claim.folds), (0, vec![fold.clone()]));
    assert_eq!(claim.next_due, Some(fold.close_at()));
    assert!(bench.claim("C2", 2).await.folds.is_empty());
}

pub(super) async fn a_fold_that_grew_stands_in_the_place_of_what_it_was(bench: Bench) {
    let mut fold = two(&bench).await;
    settle(&bench, &[0], &fold, 1).await;
    let (delivery, news) = bench.claim("C1", 2).await.due.remove(0);
    fold.add(&delivery, &news, at(2));
    settle(&bench, &[1], &fold, 2).await;
    assert_eq!(bench.claim("C1", 2).await.folds, [fold]);
}

pub(super) async fn a_fold_that_waits_to_be_closed_stands_beside_a_newer_one(bench: Bench) {
    let old = two(&bench).await;
    let newer = BatchMessage { live: LiveMessage { opened_at: at(400), ..old.live.clone() }, ..old.clone() };
    settle(&bench, &[0], &old.clone().retry_close(at(350)), 350).await;
    settle(&bench, &[1], &newer, 400).await;
    assert_eq!(bench.claim("C1", 400).await.folds.len(), 2);
    settle(&bench, &[], &old.closed(), 700).await;
    assert_eq!(bench.claim("C1", 700).await.folds, [newer]);
}

pub(super) async fn folds_of_different_keys_do_not_meet(bench: Bench) {
    let fold = two(&bench).await;
    let mut others = vec![fold.clone(); 4];
    others[0].key.subscription = 2;
    others[1].key.dataset = None;
    others[2].key.event = "\n\0hostile".repeat(100);
    others[3].key.event = "\n\0hostile".repeat(101);
    for other in &others {
        settle(&bench, &[], other, 1).await;
    }
    settle(&bench, &[], &fold.closed(), 1).await;
    assert_eq!(bench.claim("C1", 2).await.folds.len(), others.len());
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C1")]);
}

pub(super) async fn a_lane_is_listed_until_its_last_fold_is_closed(mut bench: Bench) {
    let fold = two(&bench).await;
    settle(&bench, &[0, 1], &fold, 1).await;
    bench.restart();
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C1")]);
    settle(&bench, &[], &fold.closed(), 400).await;
    bench.restart();
    assert!(bench.store().channels_with_work(&workspace()).await.unwrap().is_empty());
    assert!(bench.claim("C1", 401).await.folds.is_empty());
}

pub(super) async fn a_call_that_was_begun_remembers_the_fold_it_shows(mut bench: Bench) {
    let fold = Some(Box::new(two(&bench).await));
    let intent = PendingCall { fold, ..PendingCall::new(Uuid::from_u128(1), vec![0, 1], at(1)) };
    bench.store().begin_call(&channel_ref("C1"), intent.clone()).await.unwrap();
    bench.restart();
    assert_eq!(bench.claim("C1", 2).await.intent, Some(intent));
}
