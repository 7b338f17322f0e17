//! What happens to a flood after a long silence.

use super::*;

/// One event of each of these names, each of an object of its own, accepted at the beginning.
fn mixed(events: &[&'static str]) -> Due {
    due((0..).zip(events).map(|(object, event)| Pending { event, object, ..SAMPLE }))
}

fn planned<'a>(due: &'a Due, live: &[DigestMessage], second: i64) -> Vec<Planned<'a>> {
    without_flood(plan(due, &[], &[], at(second)), due, live, at(second))
}

const SIX: [&str; 6] =
    ["sample.created", "label.labeled", "issue.created", "sample.deleted", "label.rejected", "moon.risen"];

#[test]
fn six_calls_that_waited_are_one_and_what_is_precious() {
    let all = mixed(&SIX);
    assert_eq!(planned(&all, &[], 599).len(), 6);
    assert_eq!(planned(&mixed(&SIX[..5]), &[], 600).len(), 5);
    let calls = planned(&all, &[], 600);
    assert_eq!(kinds(&calls), [("digest", vec![0, 1, 3, 5]), ("card", vec![2]), ("card", vec![4])]);
    let digest = digest_of(&calls[0]);
    assert!(digest.backlog && digest.live.closed && digest.count == 4);
}

#[test]
fn much_that_is_precious_is_counted_too() {
    let all =
        mixed(&["issue.created", "label.rejected", "issue.created", "label.rejected", "issue.created", "moon.risen"]);
    assert_eq!(kinds(&planned(&all, &[], 600)), [("digest", (0..6).collect::<Vec<_>>())]);
}

#[test]
fn what_is_never_to_fold_stays_with_all_that_shares_its_object() {
    let mut all = mixed(&SIX);
    for (delivery, _) in &mut all[..1] {
        delivery.options.batch = Some(Batch::Off);
    }
    assert_eq!(planned(&all, &[], 600).len(), 6);
    let more = mixed(&[SIX.as_slice(), &["release.created"]].concat());
    let mut more: Due = more.into_iter().collect();
    more[0].0.options.batch = Some(Batch::Off);
    let calls = kinds(&planned(&more, &[], 600));
    assert_eq!(calls[0], ("digest", vec![1, 3, 5, 6]));
    assert_eq!(calls[1], ("card", vec![0]));
}

#[test]
fn a_large_backlog_is_edited_until_complete() {
    let many = |number| mixed(&SIX.iter().copied().cycle().take(number).collect::<Vec<_>>());
    let all = due((0..CLAIM_LIMIT).map(|number| Pending {
        event: ["sample.created", "sample.deleted", "label.labeled", "label.reviewed", "moon.risen", "sample.updated"]
            [number % 6],
        dataset: u8::try_from(number % 2).unwrap(),
        ..SAMPLE
    }));
    let calls = planned(&all, &[], 600);
    let live = digest_of(&calls[0]).posted_as(MessageTs::parse("1.2").unwrap());
    assert!(calls[0].covers.len() == CLAIM_LIMIT && !live.live.closed, "{:?}", kinds(&calls));
    let rest = many(2);
    let calls = planned(&rest, std::slice::from_ref(&live), 601);
    let edited = digest_of(&calls[0]);
    assert_eq!((edited.count, edited.live.closed, &edited.live.ts), (CLAIM_LIMIT as u64 + 2, true, &live.live.ts));
    // What comes later is none of it.
    let later = due([Pending { second: 700, ..SAMPLE }]);
    let calls = planned(&later, &[live], 700);
    assert_eq!(kinds(&calls), [("digest", vec![]), ("card", vec![0])]);
}
