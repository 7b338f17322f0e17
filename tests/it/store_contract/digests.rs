//! Digests: what goes into one, and those that lack something, kept with what they cover.

use super::bench::{Bench, arrival, at, channel_ref, decided, state, verdict, wanted, workspace};
use segments_slack::model::{
    AccountId, DatasetName, Delivery, DigestMessage, DigestTimes, HoldUntil, Live, LiveMessage, MessageTs, News,
    ObjectKey,
};
use segments_slack::store::{CallResult, IncomingEvent, NewDelivery, PendingCall, RoutingDecision};
use uuid::Uuid;

fn into_digest(digest: i64, not_before: i64) -> NewDelivery {
    NewDelivery { digest: Some(at(digest)), ..wanted("C1", not_before) }
}

fn times(of: i64, due: i64) -> DigestTimes {
    DigestTimes { at: at(of), due: at(due) }
}

/// Two messages that are due in a digest, which shows the first of them.
async fn begun(bench: &Bench) -> DigestMessage {
    for message in ["m0", "m1"] {
        bench.accept_as(message, vec![into_digest(50, 50)], 0).await;
    }
    let due = bench.claim("C1", 50).await.due;
    DigestMessage::open(&due[0].0, &due[0].1, at(50)).posted_as(MessageTs::parse("1.2").unwrap())
}

async fn settle(bench: &Bench, covers: &[u64], digest: &DigestMessage) {
    let (ts, digest) = (MessageTs::parse("1.2").unwrap(), Some(Box::new(digest.clone())));
    let done = CallResult::Done { covers: covers.to_vec(), ts, fold: None, digest, anchors: Vec::new() };
    bench.store().record_call_result(&channel_ref("C1"), done, at(50), at(50)).await.unwrap();
}

pub(super) async fn a_delivery_remembers_its_digest_also_when_it_is_tried_again(mut bench: Bench) {
    bench.accept_as("m0", vec![into_digest(50, 70)], 0).await;
    bench.accept("m1", &["C1"], 0).await;
    let error = "fatal_error".to_owned();
    let retry = CallResult::Retry { covers: vec![0], not_before: at(99), counted: true, error };
    bench.store().record_call_result(&channel_ref("C1"), retry, at(70), at(71)).await.unwrap();
    bench.restart();
    let due = bench.claim("C1", 99).await.due;
    assert_eq!(due.iter().map(|(delivery, _)| delivery.digest).collect::<Vec<_>>(), [Some(times(50, 70)), None]);
}

pub(super) async fn what_is_held_can_be_moved_into_a_digest_and_out_of_it(mut bench: Bench) {
    let held = [into_digest(50, 50), wanted("C1", 60), into_digest(50, 50), into_digest(50, 50)];
    for (message, new) in ["m0", "m1", "m2", "m3"].into_iter().zip(held) {
        bench.accept_as(message, vec![new], 0).await;
    }
    let holds = |delivery: &Delivery, _: &News| match delivery.sequence {
        0 => HoldUntil::default(),
        1 => HoldUntil { until: Some(at(80)), digest: Some(at(70)) },
        2 => HoldUntil { until: None, digest: Some(at(5)) },
        _ => HoldUntil {
            until: delivery.digest.map(|digest| digest.due),
            digest: delivery.digest.map(|digest| digest.at),
        },
    };
    assert_eq!(bench.store().reschedule_held(&channel_ref("C1"), at(10), Box::new(holds)).await.unwrap(), 2);
    bench.restart();
    let due = |due: Vec<(Delivery, _)>| -> Vec<_> {
        due.into_iter().map(|(delivery, _)| (delivery.sequence, delivery.digest)).collect()
    };
    assert_eq!(due(bench.claim("C1", 10).await.due), [(0, None), (2, Some(times(5, 10)))]);
    let all = [(0, None), (1, Some(times(70, 80))), (2, Some(times(5, 10))), (3, Some(times(50, 50)))];
    assert_eq!(due(bench.claim("C1", 80).await.due), all);
}

pub(super) async fn a_digest_that_lacks_something_is_kept_with_what_it_covers(mut bench: Bench) {
    let mut digest = begun(&bench).await;
    let intent =
        PendingCall { digest: Some(Box::new(digest.clone())), ..PendingCall::new(Uuid::from_u128(1), vec![0], at(50)) };
    bench.store().begin_call(&channel_ref("C1"), intent.clone()).await.unwrap();
    bench.restart();
    assert_eq!(bench.claim("C1", 51).await.intent, Some(intent));
    settle(&bench, &[0], &digest).await;
    bench.restart();
    let claim = bench.claim("C1", 51).await;
    assert_eq!((claim.due.len(), &claim.digests), (1, &vec![digest.clone()]));
    assert!(bench.claim("C2", 51).await.digests.is_empty());
    // It grows in its place; one of another time or subscription has another.
    digest.add(&claim.due[0].0, &claim.due[0].1, at(51));
    settle(&bench, &[1], &digest).await;
    let others = [
        DigestMessage { live: LiveMessage { opened_at: at(99), ..digest.live.clone() }, ..digest.clone() },
        DigestMessage { subscription: 7, ..digest.clone() },
    ];
    for other in &others {
        settle(&bench, &[], other).await;
    }
    assert_eq!(bench.claim("C1", 99).await.digests, [digest, others[0].clone(), others[1].clone()]);
}

pub(super) async fn a_lane_is_listed_until_its_last_digest_is_closed(mut bench: Bench) {
    let digest = begun(&bench).await;
    settle(&bench, &[0, 1], &digest).await;
    bench.restart();
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C1")]);
    settle(&bench, &[], &digest.closed()).await;
    bench.restart();
    assert!(bench.store().channels_with_work(&workspace()).await.unwrap().is_empty());
    assert!(bench.claim("C1", 99).await.digests.is_empty());
}

pub(super) async fn the_last_state_of_a_dataset_is_found_whichever_endpoint_left_it(mut bench: Bench) {
    let name = |text: &str| DatasetName::parse(text).unwrap();
    let (older, newer) = (state(1, "LABELED"), state(2, "REVIEWED"));
    for (account, dataset, left) in
        [("acc_1", "jane/flowers", &newer), ("acc_2", "jane/flowers", &older), ("acc_2", "jane/trees", &older)]
    {
        let arrival = IncomingEvent {
            account: AccountId::parse(account).unwrap(),
            object: Some(ObjectKey::new("dataset", dataset)),
            ..arrival(&format!("{account}-{dataset}").replace('/', "-"), 3)
        };
        let verdict = RoutingDecision { state: Some(left.clone()), ..verdict("m", vec![wanted("C1", 0)]) };
        bench.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap();
    }
    bench.restart();
    let asked = ["jane/trees", "jane/mosses", "jane/flowers"].map(name).to_vec();
    let found = bench.store().dataset_states(&workspace(), asked).await.unwrap();
    assert_eq!(found, [(name("jane/trees"), older), (name("jane/flowers"), newer)]);
}
