//! Dead letters: sent again at the end of their channel, or dropped.

use super::bench::{Bench, DAY, at, channel_ref, texts, workspace};
use segments_slack::model::DeadLetterId;
use segments_slack::store::CallResult;

/// Three messages, one a second, of which some are given up at second 5.
async fn given_up(bench: &Bench, covers: &[u64]) {
    for (second, message) in (0..).zip(["m0", "m1", "m2"]) {
        bench.accept(message, &["C1"], second).await;
    }
    let dead = CallResult::Dead { covers: covers.to_vec(), error: "no_text".to_owned() };
    bench.store().record_call_result(&channel_ref("C1"), dead, at(5), at(5)).await.unwrap();
}

fn ids(texts: &[&str]) -> Vec<DeadLetterId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

async fn retry(bench: &Bench, letters: &[&str], second: i64) -> Vec<DeadLetterId> {
    bench.store().retry_dead_letters(&workspace(), &ids(letters), at(second)).await.unwrap()
}

async fn letters(bench: &Bench) -> Vec<DeadLetterId> {
    let letters = bench.store().dead_letters(&workspace(), 99).await.unwrap();
    letters.iter().map(segments_slack::store::DeadLetter::id).collect()
}

pub(super) async fn a_letter_tells_what_it_was_about(bench: Bench) {
    given_up(&bench, &[1]).await;
    let letter = bench.store().dead_letters(&workspace(), 9).await.unwrap().remove(0);
    assert_eq!(letter.id().to_string(), "C1-1");
    assert_eq!(letter.event.as_deref(), Some("sample.created"));
    assert_eq!(letter.dataset.unwrap().as_str(), "jane/flowers");
}

pub(super) async fn a_letter_that_is_sent_again_stands_at_the_end_as_if_it_was_never_tried(mut bench: Bench) {
    given_up(&bench, &[0, 1]).await;
    assert_eq!(retry(&bench, &["C1-0", "C1-1"], 7).await, ids(&["C1-0", "C1-1"]));
    bench.restart();
    assert!(letters(&bench).await.is_empty());
    let claim = bench.claim("C1", 7).await;
    assert_eq!(texts(&claim), ["m2", "m0", "m1"]);
    let told = claim.due.iter().map(|(delivery, _)| {
        (delivery.sequence, delivery.attempts, delivery.last_error.clone(), delivery.accepted_at, delivery.not_before)
    });
    let expected = [(2, 0, None, at(2), at(2)), (3, 0, None, at(0), at(7)), (4, 0, None, at(1), at(7))];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let backlog = bench.store().backlog(&workspace()).await.unwrap();
    assert_eq!((backlog.pending, backlog.dead), (3, 0));
}

pub(super) async fn an_event_outlives_its_letter_that_is_sent_again(bench: Bench) {
    given_up(&bench, &[0]).await;
    retry(&bench, &["C1-0"], 7).await;
    bench.store().sweep(&workspace(), at(30 * DAY)).await.unwrap();
    assert_eq!(bench.due("C1", 30 * DAY).await, ["m1", "m2", "m0"]);
}

pub(super) async fn a_letter_that_dies_again_has_another_name(bench: Bench) {
    given_up(&bench, &[0]).await;
    retry(&bench, &["C1-0"], 7).await;
    let dead = CallResult::Dead { covers: vec![3], error: "no_text".to_owned() };
    bench.store().record_call_result(&channel_ref("C1"), dead, at(8), at(8)).await.unwrap();
    assert_eq!(letters(&bench).await, ids(&["C1-3"]));
}

pub(super) async fn a_letter_that_is_dropped_is_gone_and_so_is_its_event(mut bench: Bench) {
    given_up(&bench, &[0, 1, 2]).await;
    assert_eq!(
        bench.store().drop_dead_letters(&workspace(), &ids(&["C1-2", "C1-0"])).await.unwrap(),
        ids(&["C1-2", "C1-0"])
    );
    bench.restart();
    assert_eq!(letters(&bench).await, ids(&["C1-1"]));
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().dead, 1);
    // The three ids that were received, and the two events that nothing needs.
    assert_eq!(bench.store().sweep(&workspace(), at(30 * DAY)).await.unwrap(), 5);
}

pub(super) async fn letters_that_are_not_there_change_nothing(bench: Bench) {
    given_up(&bench, &[0]).await;
    assert!(retry(&bench, &["C1-1", "C2-0", "C10-0", "C1-99"], 7).await.is_empty());
    assert!(bench.store().drop_dead_letters(&workspace(), &ids(&["C1-1", "C2-0"])).await.unwrap().is_empty());
    assert_eq!(retry(&bench, &["C1-0", "C1-0"], 7).await, ids(&["C1-0"]));
    assert_eq!(bench.due("C1", 7).await, ["m1", "m2", "m0"]);
}
