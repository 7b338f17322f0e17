//! What arrives: kept once, judged from the last states, forgotten in time.

use super::bench::{
    Bench, DAY, account, arrival, at, channel_ref, decided, news, state, texts, verdict, wanted, workspace,
};
use segments_slack::model::{AccountId, DatasetName, ObjectKey, WorkspaceId};
use segments_slack::store::{AccountRecord, CallResult, IncomingEvent, PreviousState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) async fn a_message_is_kept_once(mut bench: Bench) {
    assert!(bench.accept("m1", &["C1"], 0).await.is_some());
    assert!(bench.accept("m1", &["C1", "C2"], 1).await.is_none());
    bench.restart();
    assert!(bench.accept("m1", &["C1"], 2).await.is_none());
    assert_eq!(bench.due("C1", 9).await, ["m1"]);
    assert!(bench.due("C2", 9).await.is_empty());
}

pub(super) async fn a_message_that_nobody_wants_is_judged_again_when_it_is_replayed(bench: Bench) {
    assert!(bench.accept("m1", &[], 0).await.is_some());
    assert!(bench.accept("m1", &["C1"], 1).await.is_some());
    assert_eq!(bench.due("C1", 9).await, ["m1"]);
}

/// What a verdict is told about one object.
async fn known(bench: &Bench, message: &str, account: &AccountId, object: &str) -> PreviousState {
    let (tell, told) = std::sync::mpsc::channel();
    let key = ObjectKey::new("label", object);
    let arrival = IncomingEvent { account: account.clone(), object: None, sample: Some(key), ..arrival(message, 0) };
    let decide = Box::new(move |known: PreviousState| {
        tell.send(known).unwrap();
        verdict("", Vec::new())
    });
    bench.store().accept(&workspace(), arrival, decide).await.unwrap();
    told.recv().unwrap()
}

async fn keep_state(bench: &Bench, message: &str, object: &str, status: Option<&str>) {
    let mut arrival = arrival(message, 0);
    arrival.object = Some(ObjectKey::new("label", object));
    let mut verdict = verdict(message, vec![wanted("C1", 0)]);
    verdict.state = status.map(|status| state(0, status));
    bench.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap();
}

pub(super) async fn a_verdict_is_made_from_the_last_states(mut bench: Bench) {
    assert_eq!(known(&bench, "m0", &account(), "a").await.sample, None);
    keep_state(&bench, "m1", "a", Some("LABELED")).await;
    keep_state(&bench, "m2", "a", Some("REVIEWED")).await;
    bench.restart();
    assert_eq!(known(&bench, "m3", &account(), "a").await.sample, Some(state(0, "REVIEWED")));
    assert_eq!(known(&bench, "m3", &account(), "b").await.sample, None);
}

pub(super) async fn a_verdict_without_a_state_leaves_the_stored_one(bench: Bench) {
    keep_state(&bench, "m1", "a", Some("LABELED")).await;
    keep_state(&bench, "m2", "a", None).await;
    assert_eq!(known(&bench, "m3", &account(), "a").await.sample, Some(state(0, "LABELED")));
}

pub(super) async fn states_of_one_account_are_not_seen_by_another(bench: Bench) {
    keep_state(&bench, "m1", "a", Some("LABELED")).await;
    let other = AccountId::parse("acc_2").unwrap();
    assert_eq!(known(&bench, "m2", &other, "a").await.sample, None);
}

pub(super) async fn many_requests_at_once_keep_each_message_once(bench: Bench) {
    let judged = Arc::new(AtomicUsize::new(0));
    let requests = (0..1_000).map(|number| {
        let (store, judged) = (bench.shared(), Arc::clone(&judged));
        tokio::spawn(async move {
            let message = format!("m{}", number % 50);
            let answer = verdict(&message, vec![wanted("C1", 0)]);
            let decide = Box::new(move |_: PreviousState| {
                judged.fetch_add(1, Ordering::Relaxed);
                answer
            });
            store.accept(&workspace(), arrival(&message, 0), decide).await.unwrap().is_some()
        })
    });
    let mut kept = 0;
    for request in requests.collect::<Vec<_>>() {
        kept += usize::from(request.await.unwrap());
    }
    assert_eq!((kept, judged.load(Ordering::Relaxed)), (50, 50));
    let mut due = bench.due("C1", 0).await;
    due.sort();
    due.dedup();
    assert_eq!(due.len(), 50);
}

pub(super) async fn a_verdict_that_panics_leaves_nothing_behind(bench: Bench) {
    let decide = Box::new(|_: PreviousState| panic!("a fault on purpose"));
    assert!(bench.store().accept(&workspace(), arrival("m1", 0), decide).await.is_err());
    assert!(bench.store().workspaces().await.unwrap().is_empty());
    assert!(bench.accept("m1", &["C1"], 0).await.is_some());
}

pub(super) async fn endpoints_and_datasets_that_anything_named_are_remembered(mut bench: Bench) {
    bench.accept("m1", &[], 5).await;
    bench.accept("m2", &["C1"], 3).await;
    let other = AccountId::parse("acc_2").unwrap();
    bench.store().note_test(&workspace(), &other, at(7)).await.unwrap();
    bench.restart();
    let accounts = bench.store().accounts(&workspace()).await.unwrap();
    let heard = AccountRecord { last_event: Some(at(5)), ..AccountRecord::default() };
    let tested = AccountRecord { last_test: Some(at(7)), ..AccountRecord::default() };
    assert_eq!(accounts, [(account(), heard), (other, tested)]);
    let datasets = bench.store().datasets(&workspace()).await.unwrap();
    assert_eq!(datasets, [DatasetName::parse("jane/flowers").unwrap()]);
}

pub(super) async fn one_workspace_does_not_see_another(bench: Bench) {
    bench.accept("m1", &["C1"], 0).await;
    let other = WorkspaceId::parse("T10").unwrap();
    let store = bench.store();
    let answer = verdict("m1 of T10", vec![wanted("C1", 0)]);
    assert!(store.accept(&other, arrival("m1", 0), decided(answer)).await.unwrap().is_some());
    assert_eq!(store.workspaces().await.unwrap(), [workspace(), other.clone()]);
    assert_eq!(bench.due("C1", 0).await, ["m1"]);
    assert_eq!(store.channels_with_work(&other).await.unwrap().len(), 1);
    assert_eq!(store.backlog(&workspace()).await.unwrap().pending, 1);
}

pub(super) async fn a_large_event_comes_back_whole(mut bench: Bench) {
    let long: String = "🌼flower ".repeat(30_000);
    for (message, text) in [("m1", &long[..22_000]), ("m2", &long)] {
        let mut answer = verdict("", vec![wanted("C1", 0)]);
        answer.news = news(text);
        bench.store().accept(&workspace(), arrival(message, 0), decided(answer)).await.unwrap();
    }
    bench.restart();
    assert_eq!(bench.due("C1", 0).await, [&long[..22_000], &long]);
}

pub(super) async fn hostile_names_do_not_meet(bench: Bench) {
    let long = "x".repeat(50_000);
    let names = ["", "a", "a\0", "\0", "\u{1}", "a\u{1}", "\u{202e}a", "🌼", "a/b\nc", &long, &long[1..]];
    for (number, name) in names.iter().enumerate() {
        keep_state(&bench, &format!("m{number}"), name, Some(&number.to_string())).await;
    }
    for (number, name) in names.iter().enumerate() {
        let known = known(&bench, "n", &account(), name).await;
        assert_eq!(known.sample, Some(state(0, &number.to_string())), "{name:.20?}");
    }
}

pub(super) async fn what_has_outlived_its_use_is_forgotten(bench: Bench) {
    bench.accept("old", &["C1"], 0).await;
    bench.accept("new", &["C1"], DAY).await;
    let covers = vec![0, 1];
    let done = CallResult::Done {
        covers,
        ts: "1.2".to_owned().try_into().unwrap(),
        fold: None,
        anchors: vec![],
        digest: None,
    };
    bench.store().record_call_result(&channel_ref("C1"), done, at(DAY), at(DAY)).await.unwrap();
    assert_eq!(bench.store().sweep(&workspace(), at(8 * DAY)).await.unwrap(), 0);
    assert_eq!(bench.store().sweep(&workspace(), at(8 * DAY + 1)).await.unwrap(), 2);
    assert!(bench.accept("old", &["C1"], 8 * DAY + 1).await.is_some());
    assert!(bench.accept("new", &["C1"], 8 * DAY + 1).await.is_none());
}

pub(super) async fn an_event_that_is_still_needed_outlives_the_rest(bench: Bench) {
    bench.accept("waits", &["C1"], 0).await;
    bench.accept("dies", &["C2"], 0).await;
    let dead = CallResult::Dead { covers: vec![0], error: "no_text".to_owned() };
    bench.store().record_call_result(&channel_ref("C2"), dead, at(0), at(0)).await.unwrap();
    assert_eq!(bench.store().sweep(&workspace(), at(30 * DAY)).await.unwrap(), 2);
    let claim = bench.claim("C1", 30 * DAY).await;
    assert_eq!(texts(&claim), ["waits"]);
    assert_eq!(bench.store().dead_letters(&workspace(), 9).await.unwrap().len(), 1);
    assert_eq!(bench.store().sweep(&workspace(), at(31 * DAY)).await.unwrap(), 0);
}

pub(super) async fn a_probe_succeeds(bench: Bench) {
    bench.store().probe().await.unwrap();
    assert!(bench.store().workspaces().await.unwrap().is_empty());
}

pub(super) async fn the_oldest_dead_letters_go_when_there_are_too_many(bench: Bench) {
    let deliveries = (0..10_002).map(|_| wanted("C1", 0)).collect();
    bench.accept_as("m1", deliveries, 0).await;
    for (second, covers) in [(2, (1..10_002).collect()), (1, vec![0])] {
        let dead = CallResult::Dead { covers, error: "no_text".to_owned() };
        bench.store().record_call_result(&channel_ref("C1"), dead, at(second), at(second)).await.unwrap();
    }
    assert_eq!(bench.store().sweep(&workspace(), at(3)).await.unwrap(), 2);
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().dead, 10_000);
    let letters = bench.store().dead_letters(&workspace(), 1).await.unwrap();
    assert_eq!(letters[0].delivery.sequence, 2);
}
