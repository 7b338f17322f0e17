//! What a sender can have kept without end: forgotten in time, and bounded.

use super::backup::lines;
use super::bench::{Bench, DAY, account, arrival, at, decided, state, verdict, workspace};
use super::installations::{audit_entry, setup};
use segments_slack::model::{AccountId, DatasetName, ObjectKey, ObjectState};
use segments_slack::routing::index::MAX_DATASETS_PER_WORKSPACE;
use segments_slack::store::{IncomingEvent, Record};

/// More than one step of a sweep looks at.
const MANY: usize = 300;

async fn comes(bench: &Bench, to: &AccountId, dataset: &str, object: &str, second: i64) {
    let arrival = IncomingEvent {
        account: to.clone(),
        dataset: Some(DatasetName::parse(dataset).unwrap()),
        object: Some(key(object)),
        ..arrival("m1", second)
    };
    let mut verdict = verdict(object, Vec::new());
    verdict.state = Some(state(second, "LABELED"));
    assert!(bench.store().accept(&workspace(), arrival, decided(verdict)).await.unwrap().is_some());
}

fn key(object: &str) -> ObjectKey {
    ObjectKey::new("label", object)
}

async fn last_state(bench: &Bench, object: &str) -> Option<ObjectState> {
    let mut states = bench.store().object_states(&workspace(), vec![key(object)]).await.unwrap();
    states.pop().map(|(_, state)| state)
}

/// How many records of a kind there are.
async fn count(bench: &Bench, kind: &str) -> usize {
    let beginning = format!(r#"{{"kind":"{kind}","#);
    lines(bench.store()).await.iter().filter(|line| line.starts_with(&beginning)).count()
}

pub(super) async fn a_state_that_nothing_was_heard_of_for_half_a_year_is_forgotten(bench: Bench) {
    comes(&bench, &account(), "jane/flowers", "old", 0).await;
    comes(&bench, &account(), "jane/flowers", "new", DAY).await;
    comes(&bench, &account(), "jane/flowers", "of years to come", 4_000 * DAY).await;
    assert_eq!(bench.store().sweep(&workspace(), at(180 * DAY)).await.unwrap(), 1);
    assert_eq!(last_state(&bench, "of years to come").await, None);
    assert!(last_state(&bench, "old").await.is_some());
    assert_eq!(bench.store().sweep(&workspace(), at(180 * DAY + 1)).await.unwrap(), 1);
    assert_eq!(last_state(&bench, "old").await, None);
    assert!(last_state(&bench, "new").await.is_some());
}

pub(super) async fn what_came_to_an_account_that_is_gone_is_forgotten(mut bench: Bench) {
    let gone = AccountId::parse("gone").unwrap();
    bench.store().set_up_account(&workspace(), &gone, None, setup(1), None).await.unwrap();
    comes(&bench, &account(), "jane/flowers", "kept", 0).await;
    for number in 0..MANY {
        comes(&bench, &gone, &format!("mallory/{number}"), &number.to_string(), 0).await;
    }
    comes(&bench, &gone, "jane/flowers", "of a dataset that stays", 0).await;
    assert_eq!(bench.store().sweep(&workspace(), at(1)).await.unwrap(), 0);
    bench.store().remove_account(&workspace(), &gone, audit_entry()).await.unwrap();
    let went = bench.store().sweep(&workspace(), at(1)).await.unwrap();
    assert_eq!(went, u64::try_from(2 * MANY + 1).unwrap());
    bench.restart();
    assert_eq!((count(&bench, "object").await, count(&bench, "dataset").await), (1, 1));
    assert!(last_state(&bench, "kept").await.is_some());
    assert_eq!(bench.store().sweep(&workspace(), at(1)).await.unwrap(), 0);
}

pub(super) async fn the_names_of_so_many_datasets_are_kept_and_the_events_of_others_taken(bench: Bench) {
    let store = bench.store();
    let (gone, name) = (AccountId::parse("gone").unwrap(), |name: &str| DatasetName::parse(name).unwrap());
    let records: Vec<Record> = (1..MAX_DATASETS_PER_WORKSPACE)
        .map(|number| {
            let accounts = vec![if number == 1 { gone.clone() } else { account() }];
            Record::Dataset { workspace: workspace(), name: name(&format!("mallory/{number}")), accounts }
        })
        .collect();
    for page in records.chunks(10_000) {
        store.import(page.to_vec()).await.unwrap();
    }
    let knows = async |wanted: &str| store.datasets(&workspace()).await.unwrap().contains(&name(wanted));
    for (dataset, is_kept) in [("jane/a", true), ("jane/b", false), ("mallory/7", true)] {
        comes(&bench, &account(), dataset, dataset, 0).await;
        assert_eq!(knows(dataset).await, is_kept, "{dataset}");
        assert!(last_state(&bench, dataset).await.is_some(), "{dataset}");
    }
    assert_eq!(store.datasets(&workspace()).await.unwrap().len(), MAX_DATASETS_PER_WORKSPACE);
    // Where one goes, there is room for another.
    assert_eq!(store.sweep(&workspace(), at(1)).await.unwrap(), 1);
    comes(&bench, &account(), "jane/b", "jane/b again", 0).await;
    comes(&bench, &account(), "jane/c", "jane/c", 0).await;
    assert!(knows("jane/b").await && !knows("jane/c").await);
}
