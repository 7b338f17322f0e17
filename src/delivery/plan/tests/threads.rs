//! Plans of what happens to issues, as examples.

use super::*;
use crate::model::DeliveryReason;
use crate::model::subscription::Echo;

const CLOSED: Pending = Pending { event: "issue.closed", ..SAMPLE };

fn ts() -> MessageTs {
    MessageTs::parse("1.2").unwrap()
}

/// The anchors of the first so many issues, with messages that show all there is.
fn anchored(count: u8) -> Vec<IssueThread> {
    let opened = many(Pending { event: "issue.created", ..SAMPLE }, count);
    let planned =
        opened.iter().map(|(delivery, news)| IssueThread::open(delivery, news, at(0)).unwrap().posted_as(ts()));
    planned.collect()
}

fn of(event: &'static str, object: u8) -> Pending {
    Pending { event, object, ..SAMPLE }
}

#[test]
fn an_opening_is_a_card_and_what_follows_stands_below_it() {
    let all = due([of("issue.created", 1), of("issue.replied", 1), of("issue.replied", 1), of("issue.closed", 1)]);
    let planned = plan(&all, &[], &[], at(0));
    assert_eq!(kinds(&planned), [("card", vec![0]), ("reply", vec![1, 2]), ("reply", vec![3])]);
    assert_eq!(planned[0].anchors[0].ts, None);
    let anchor = planned[0].anchors[0].clone().posted_as(ts());
    let planned = plan(&all[1..], &[], &[anchor], at(0));
    assert_eq!(kinds(&planned), [("reply", vec![1, 2]), ("reply", vec![3])]);
    assert_eq!(planned[0].anchors[0].standing, CardState::Behind);
}

#[test]
fn an_edit_changes_the_parent_unless_there_is_none() {
    let edited = due([of("issue.edited", 0)]);
    assert_eq!(kinds(&plan(&edited, &[], &anchored(1), at(0))), [("parent", vec![0])]);
    assert_eq!(kinds(&plan(&edited, &[], &[], at(0))), [("card", vec![0])]);
    let frozen = anchored(1).remove(0).left(CardState::Frozen);
    assert_eq!(kinds(&plan(&edited, &[], &[frozen], at(0))), [("reply", vec![0])]);
}

#[test]
fn three_issues_reply_in_threads_and_four_become_one_batch() {
    let three = plan(&many(CLOSED, 3), &[], &anchored(3), at(0)).len();
    assert_eq!(three, 3);
    let four = many(CLOSED, 4);
    let planned = plan(&four, &[], &anchored(4), at(0));
    assert_eq!(kinds(&planned), [("open", vec![0, 1, 2, 3])]);
    let behind = planned[0].anchors.iter().map(|anchor| anchor.standing);
    assert_eq!(behind.collect::<Vec<_>>(), [CardState::Behind; 4]);
    // Many replies to one issue are no burst of issues.
    let talk = due((0..9).map(|_| of("issue.replied", 0)));
    assert_eq!(kinds(&plan(&talk, &[], &anchored(1), at(0))), [("reply", (0..9).collect())]);
}

#[test]
fn a_parent_that_is_behind_comes_last_and_at_its_time() {
    let mut anchors = anchored(1);
    let closed = many(CLOSED, 1);
    anchors[0].absorb(&closed[0].1, at(0));
    anchors[0].edit_at = at(7);
    let fresh = due([of("sample.created", 5)]);
    let planned = plan(&fresh, &[], &anchors, at(1));
    assert_eq!(kinds(&planned), [("card", vec![0]), ("parent", vec![])]);
    assert_eq!((planned[1].at, planned[1].anchors[0].edit_at), (at(7), at(4)));
}

#[test]
fn a_parent_that_is_behind_does_not_wait_for_news_that_do() {
    let mut anchors = anchored(1);
    anchors[0] = anchors[0].clone().not_yet_edited(at(1), 0);
    let minutes = |event| Pending { batch: Some(Batch::Minutes(5)), ..of(event, 0) };
    let waiting = due([minutes("issue.replied"), minutes("issue.edited")]);
    let planned = plan(&waiting, &[], &anchors, at(10));
    assert_eq!(kinds(&planned), [("reply", vec![0]), ("parent", vec![1]), ("parent", vec![])]);
    assert_eq!(planned.iter().map(|one| one.at).collect::<Vec<_>>(), [at(300), at(300), at(10)]);
}

#[test]
fn thread_replies_are_collected_without_batching() {
    let minutes = |object| Pending { batch: Some(Batch::Minutes(5)), ..of("issue.replied", object) };
    let all = due([minutes(0), minutes(1), minutes(0)]);
    let planned = plan(&all, &[], &anchored(2), at(10));
    assert_eq!(kinds(&planned), [("reply", vec![0, 2]), ("reply", vec![1])]);
    assert_eq!(planned.iter().map(|one| one.at).collect::<Vec<_>>(), [at(300), at(300)]);
}

#[test]
fn an_echo_changes_the_parent_and_joins_no_news() {
    let mut all = due([of("issue.closed", 0), of("issue.closed", 0)]);
    all[0].0.reason = DeliveryReason::Shown;
    let planned = plan(&all, &[], &anchored(1), at(0));
    assert_eq!(kinds(&planned), [("parent", vec![0]), ("reply", vec![1])]);
    assert_eq!(kinds(&plan(&all[..1], &[], &[], at(0))), [("card", vec![0])]);
}

#[test]
fn the_channel_sees_what_echo_says() {
    for (echo, expected) in [
        (None, [false; 2]),
        (Some(Echo::None), [false; 2]),
        (Some(Echo::State), [false, true]),
        (Some(Echo::All), [true; 2]),
    ] {
        let mut all = due([of("issue.replied", 0), of("issue.closed", 0)]);
        for (delivery, _) in &mut all {
            delivery.options.echo = echo;
        }
        let planned = plan(&all, &[], &anchored(1), at(0));
        let broadcast = planned.iter().filter_map(|one| match &one.call {
            Call::Reply { thread, .. } => thread.as_ref().map(|thread| thread.broadcast),
            _ => None,
        });
        assert_eq!(broadcast.collect::<Vec<_>>(), expected, "{echo:?}");
    }
}

#[test]
fn with_threads_off_anchors_change_nothing() {
    let off = |event| Pending { threads: false, ..of(event, 0) };
    let all = due([off("issue.created"), off("issue.replied"), off("issue.edited")]);
    let planned = plan(&all, &[], &anchored(1), at(0));
    assert_eq!(kinds(&planned), [("card", vec![0]), ("card", vec![1]), ("card", vec![2])]);
    assert!(planned.iter().all(|one| one.anchors.is_empty()));
}
