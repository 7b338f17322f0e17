//! Welcomes: once a channel, for ever; and the last states of any objects, which unfurled links are made of.

use super::bench::{Bench, arrival, at, channel_ref, decided, state, verdict, workspace};
use segments_slack::model::{AccountId, ObjectKey, WorkspaceId};
use segments_slack::store::{IncomingEvent, RoutingDecision};

pub(super) async fn a_channel_is_to_be_welcomed_once_for_ever(mut bench: Bench) {
    assert!(bench.store().mark_welcomed(&channel_ref("C1"), at(1)).await.unwrap());
    assert!(!bench.store().mark_welcomed(&channel_ref("C1"), at(2)).await.unwrap());
    bench.restart();
    bench.store().sweep(&workspace(), at(400 * super::bench::DAY)).await.unwrap();
    assert!(!bench.store().mark_welcomed(&channel_ref("C1"), at(3)).await.unwrap());
    assert!(bench.store().mark_welcomed(&channel_ref("C10"), at(3)).await.unwrap());
    let other = segments_slack::model::ChannelRef { workspace: WorkspaceId::parse("T2").unwrap(), ..channel_ref("C1") };
    assert!(bench.store().mark_welcomed(&other, at(3)).await.unwrap());
}

pub(super) async fn of_many_at_once_one_welcomes_a_channel(bench: Bench) {
    let channel_ref = channel_ref("C1");
    let store = bench.store();
    let (one, two, three) = tokio::join!(
        store.mark_welcomed(&channel_ref, at(1)),
        store.mark_welcomed(&channel_ref, at(1)),
        store.mark_welcomed(&channel_ref, at(1))
    );
    assert_eq!([one, two, three].into_iter().filter(|first| *first.as_ref().unwrap()).count(), 1);
}

pub(super) async fn the_last_states_of_objects_are_found_whichever_endpoint_left_them(mut bench: Bench) {
    let key = |id: &str| ObjectKey::new("sample", id);
    let (older, newer) = (state(1, "LABELED"), state(2, "REVIEWED"));
    for (account, id, left) in [("acc_1", "a", &newer), ("acc_2", "a", &older), ("acc_2", "b", &older)] {
        let account = AccountId::parse(account).unwrap();
        let arrival = IncomingEvent { account, object: Some(key(id)), ..arrival(&format!("{id}-{}", left.at), 3) };
        let verdict =
            RoutingDecision { state: Some(left.clone()), ..verdict("m", vec![super::bench::wanted("C1", 0)]) };
        bench.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap();
    }
    bench.restart();
    let asked = ["b", "c", "a"].map(key).to_vec();
    let found = bench.store().object_states(&workspace(), asked.clone()).await.unwrap();
    assert_eq!(found, [(key("b"), older), (key("a"), newer)]);
    let other = WorkspaceId::parse("T2").unwrap();
    assert!(bench.store().object_states(&other, asked).await.unwrap().is_empty());
}
