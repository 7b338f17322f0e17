//! What holds of every plan, and some plans as examples.

mod backlog;
mod threads;

use super::backlog::without_flood;
use super::digest::with_digests;
use super::*;
use crate::model::issue_thread::CardState;
use crate::model::object::{Dataset, Issue, Label, Sample};
use crate::model::{DatasetName, DigestTimes, Event, EventId, Live, MessageTs, Object, Options};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Due = Vec<(Delivery, Arc<News>)>;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

/// One pending event: what, of which object, for which subscription, accepted when.
#[derive(Debug, Clone, Copy)]
struct Pending {
    event: &'static str,
    object: u8,
    dataset: u8,
    subscription: u32,
    batch: Option<Batch>,
    threads: bool,
    second: i64,
    /// The time of the digest that it goes into.
    digest: Option<i64>,
}

const SAMPLE: Pending = Pending {
    event: "sample.created",
    object: 0,
    dataset: 0,
    subscription: 1,
    batch: None,
    threads: true,
    second: 0,
    digest: None,
};

fn due(pending: impl IntoIterator<Item = Pending>) -> Due {
    let deliver = |(sequence, pending): (u64, Pending)| {
        let id = format!("o{}", pending.object);
        let derived = Derived::parse(pending.event);
        let event_type = EventType::parse(derived.map_or(pending.event, |derived| derived.parent().as_str()));
        let dataset = DatasetName::parse(&format!("jane/flowers{}", pending.dataset));
        let object = match event_type.noun() {
            "dataset" => Object::Dataset(Box::new(Dataset { full_name: dataset.clone(), ..Dataset::default() })),
            "label" => Object::Label(Box::new(Label { sample_uuid: Some(id), ..Label::default() })),
            "issue" => Object::Issue(Box::new(Issue {
                uuid: Some(id),
                updated_at: Some(at(pending.second)),
                comments_count: u32::try_from(sequence).unwrap(),
                ..Issue::default()
            })),
            _ => Object::Sample(Box::new(Sample { uuid: Some(id), ..Sample::default() })),
        };
        let event = Event { event_type, created_at: at(pending.second), dataset, object, text: None };
        let delivery = Delivery {
            sequence,
            event: EventId(uuid::Uuid::nil()),
            subscription: pending.subscription,
            options: Options { batch: pending.batch, threads: Some(pending.threads), ..Options::default() },
            accepted_at: at(pending.second),
            not_before: at(pending.digest.unwrap_or(pending.second)),
            digest: pending.digest.map(|second| DigestTimes { at: at(second), due: at(second) }),
            attempts: 0,
            last_error: None,
            account: None,
            reason: crate::model::DeliveryReason::Subscribed,
        };
        (
            delivery,
            Arc::new(News { event, derived, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }),
        )
    };
    (0..).zip(pending).map(deliver).collect()
}

fn many(of: Pending, count: u8) -> Due {
    due((0..count).map(|object| Pending { object, ..of }))
}

fn kinds(planned: &[Planned]) -> Vec<(&'static str, Vec<u64>)> {
    let kind = |call: &Call| match call {
        Call::Card { .. } => "card",
        Call::Reply { .. } => "reply",
        Call::EditParent(_) => "parent",
        Call::OpenFold(_) => "open",
        Call::EditFold(_) => "edit",
        Call::CloseFold(_) => "close",
        Call::Digest(_) => "digest",
    };
    planned.iter().map(|one| (kind(&one.call), one.covers.clone())).collect()
}

/// The fold that a plan opens, as it is once it stands in the channel.
fn opened(due: &Due, now: Timestamp) -> BatchMessage {
    let Call::OpenFold(fold) = plan(due, &[], &[], now).remove(0).call else { panic!("no fold is opened") };
    fold.posted_as(MessageTs::parse("1.2").unwrap())
}

#[test]
fn three_events_are_cards_and_four_are_a_fold() {
    let cards = kinds(&plan(&many(SAMPLE, 3), &[], &[], at(0)));
    assert_eq!(cards, [("card", vec![0]), ("card", vec![1]), ("card", vec![2])]);
    let four = many(SAMPLE, 4);
    assert_eq!(kinds(&plan(&four, &[], &[], at(0))), [("open", vec![0, 1, 2, 3])]);
    assert_eq!(opened(&four, at(0)).count, 4);
}

#[test]
fn twenty_precious_events_are_cards_and_twenty_one_are_a_fold() {
    for event in ["dataset.deleted", "label.rejected"] {
        for batch in [None, Some(Batch::Minutes(5))] {
            let of = Pending { event, batch, ..SAMPLE };
            assert_eq!(plan(&many(of, 20), &[], &[], at(400)).len(), 20, "{event}");
            assert_eq!(plan(&many(of, 21), &[], &[], at(400)).len(), 1, "{event}");
        }
    }
}

#[test]
fn an_open_batch_takes_one_event_after_three_quiet_seconds() {
    let fold = opened(&many(SAMPLE, 4), at(0));
    let one = many(SAMPLE, 1);
    let planned = plan(&one, std::slice::from_ref(&fold), &[], at(1));
    assert_eq!((kinds(&planned), planned[0].at), (vec![("edit", vec![0])], at(3)));
    let planned = plan(&one, std::slice::from_ref(&fold), &[], at(299));
    let Call::EditFold(grown) = &planned[0].call else { panic!("{planned:#?}") };
    assert_eq!((planned[0].at, grown.count, grown.closes_at()), (at(299), 5, at(599)));
    assert_eq!(kinds(&plan(&one, &[fold], &[], at(300))), [("close", vec![]), ("card", vec![0])]);
}

#[test]
fn a_busy_batch_still_closes_after_an_hour() {
    let mut fold = opened(&many(SAMPLE, 4), at(0));
    for second in (0..3_600).step_by(60) {
        fold = with(fold, &due([SAMPLE]).iter().collect::<Vec<_>>(), at(second));
    }
    assert_eq!(fold.closes_at(), at(3_600));
}

#[test]
fn a_card_waits_only_for_a_batch_edit_of_its_own_object() {
    let fold = opened(&many(SAMPLE, 4), at(0));
    let deleted = |object| Pending { event: "sample.deleted", object, ..SAMPLE };
    let pending = due([Pending { object: 9, ..SAMPLE }, deleted(9), deleted(8)]);
    let planned = plan(&pending, &[fold], &[], at(1));
    assert_eq!(planned.iter().map(|one| one.at).collect::<Vec<_>>(), [at(3), at(3), at(1)]);
}

#[test]
fn collected_events_are_posted_five_minutes_after_the_first() {
    let of =
        |second| Pending { batch: Some(Batch::Minutes(5)), second, object: u8::try_from(second).unwrap(), ..SAMPLE };
    let pending = due([of(0), of(100), of(200)]);
    let planned = plan(&pending, &[], &[], at(200));
    assert_eq!((kinds(&planned), planned[0].at), (vec![("open", vec![0, 1, 2])], at(300)));
    let Call::OpenFold(fold) = &planned[0].call else { panic!("{planned:#?}") };
    assert!(fold.live.closed, "it would take more");
    assert_eq!(kinds(&plan(&pending[..1], &[], &[], at(200))), [("card", vec![0])]);
}

#[test]
fn updates_of_one_object_become_one_message_with_its_last_state() {
    let of = |event, object| Pending { event, object, ..SAMPLE };
    let mut pending = due([of("sample.updated", 1), of("sample.updated", 2), of("sample.updated", 1)]);
    for (place, after) in [(0, "2"), (2, "3")] {
        let change = Change { field: "priority".to_owned(), before: "1".to_owned(), after: after.to_owned() };
        Arc::get_mut(&mut pending[place].1).unwrap().changes.push(change);
    }
    let planned = plan(&pending, &[], &[], at(0));
    assert_eq!(kinds(&planned), [("card", vec![0, 2]), ("card", vec![1])]);
    let Call::Card { news, updates, .. } = &planned[0].call else { panic!("{planned:#?}") };
    assert_eq!((*updates, news.changes[0].before.as_str(), news.changes[0].after.as_str()), (2, "1", "3"));
    let ten = due((0..10).map(|_| of("label.updated", 1)));
    assert_eq!(plan(&ten, &[], &[], at(0)).len(), 1);
    let off = due((0..10).map(|_| Pending { batch: Some(Batch::Off), ..of("label.updated", 1) }));
    assert_eq!(plan(&off, &[], &[], at(0)).len(), 10);
}

#[test]
fn updates_on_both_sides_of_another_event_stay_apart() {
    let of = |event| Pending { event, ..SAMPLE };
    let pending = due([of("label.labeled"), of("label.rejected"), of("label.labeled")]);
    assert_eq!(kinds(&plan(&pending, &[], &[], at(0))), [("card", vec![0]), ("card", vec![1]), ("card", vec![2])]);
}

fn digest_of(planned: &Planned) -> DigestMessage {
    let Call::Digest(digest) = &planned.call else { panic!("{planned:#?}") };
    DigestMessage::clone(digest)
}

#[test]
fn a_digest_is_one_message_for_each_subscription() {
    let of = |subscription, event| Pending { subscription, event, digest: Some(60), batch: Some(Batch::Off), ..SAMPLE };
    let all = due([of(3, "sample.created"), of(4, "label.labeled"), SAMPLE, of(3, "dataset.deleted")]);
    let planned = with_digests(plan(&all, &[], &[], at(60)), &all, &[], at(60));
    assert_eq!(kinds(&planned), [("digest", vec![0, 3]), ("digest", vec![1]), ("card", vec![2])]);
    assert!(planned.iter().all(|one| one.at == at(60)));
    assert_eq!((digest_of(&planned[0]).count, digest_of(&planned[0]).live.closed), (2, true));
}

#[test]
fn a_large_digest_is_edited_until_whole_and_takes_no_later_one() {
    let of = |digest| Pending { subscription: 3, digest: Some(digest), ..SAMPLE };
    let all = due(std::iter::repeat_n(of(60), CLAIM_LIMIT));
    let opened = with_digests(plan(&all, &[], &[], at(60)), &all, &[], at(60)).remove(0);
    let live = digest_of(&opened).posted_as(MessageTs::parse("1.2").unwrap());
    assert_eq!((opened.covers.len(), live.count, live.live.closed), (CLAIM_LIMIT, CLAIM_LIMIT as u64, false));
    let rest = due([of(60), of(120), of(60)]);
    let planned = with_digests(plan(&rest, &[], &[], at(120)), &rest, std::slice::from_ref(&live), at(120));
    assert_eq!(kinds(&planned), [("digest", vec![0, 2]), ("digest", vec![1])]);
    let [edited, other] = [0, 1].map(|place| digest_of(&planned[place]));
    assert_eq!((edited.count, edited.live.closed, &edited.live.ts), (CLAIM_LIMIT as u64 + 2, true, &live.live.ts));
    assert_eq!((other.count, other.live.ts), (1, None));
    // With nothing more for it, it is finished, unless something may still be behind what one look sees.
    let planned = with_digests(plan(&[], &[], &[], at(60)), &[], std::slice::from_ref(&live), at(60));
    assert_eq!((kinds(&planned), planned[0].at), (vec![("digest", vec![])], live.live.edit_at));
    let others = due(std::iter::repeat_n(SAMPLE, CLAIM_LIMIT));
    let planned = with_digests(plan(&others, &[], &[], at(60)), &others, &[live], at(60));
    assert!(planned.iter().all(|one| !matches!(one.call, Call::Digest(_))));
}

fn any_pending() -> impl Strategy<Value = Vec<Pending>> {
    let event = prop::sample::select(vec![
        "sample.created",
        "sample.updated",
        "sample.deleted",
        "label.labeled",
        "label.rejected",
        "dataset.deleted",
        "moon.risen",
        "issue.created",
        "issue.replied",
        "issue.closed",
        "issue.edited",
    ]);
    let batch = prop::sample::select(vec![None, None, Some(Batch::Off), Some(Batch::Minutes(5))]);
    let one =
        (event, 0..5_u8, 0..2_u8, 1..5_u32, 0..400_i64).prop_map(|(event, object, dataset, subscription, second)| {
            // Subscriptions 3 and 4 have digests, at different times.
            let every = [None, None, None, Some(100), Some(70)][subscription as usize];
            let digest = every.map(|every| (second / every + 1) * every);
            Pending { event, object, dataset, subscription, batch: None, threads: true, second, digest }
        });
    (prop::collection::vec(one, 0..80), batch, any::<bool>()).prop_map(|(mut all, batch, threads)| {
        all.sort_by_key(|one| one.second);
        // One subscription has an option; a channel is in the order of acceptance.
        for one in all.iter_mut().filter(|one| one.subscription == 2) {
            (one.batch, one.threads) = (batch, threads);
        }
        all
    })
}

fn covered_once(due: &Due, planned: &[Planned]) {
    let mut covered: Vec<u64> = planned.iter().flat_map(|one| one.covers.clone()).collect();
    covered.sort_unstable();
    assert_eq!(covered, due.iter().map(|(delivery, _)| delivery.sequence).collect::<Vec<_>>());
}

fn mixes_nothing(due: &Due, one: &Planned) {
    let of = |sequence: &u64| &due[usize::try_from(*sequence).unwrap()];
    let off = one.covers.iter().map(of).any(|(delivery, _)| delivery.options.batch == Some(Batch::Off));
    if matches!(&one.call, Call::Digest(digest) if digest.backlog) {
        return assert!(!off, "what is never to fold is in a backlog");
    }
    if matches!(one.call, Call::Digest(_)) {
        let of: Vec<_> =
            one.covers.iter().map(of).map(|(delivery, _)| (delivery.subscription, delivery.digest)).collect();
        let (subscription, _) = of[0];
        assert!(of.iter().all(|one| one.0 == subscription && one.1.is_some()), "{of:?} are in one digest");
        return;
    }
    let mut keys: Vec<BatchKey> =
        one.covers.iter().map(of).map(|(delivery, news)| BatchKey::of(delivery, news)).collect();
    keys.dedup();
    assert!(keys.len() <= 1, "{keys:?} are in one message");
    let posts = !matches!(one.call, Call::EditParent(_));
    assert!(!off || !posts || one.covers.len() == 1, "what is never to fold is folded");
    if let (Call::OpenFold(fold) | Call::EditFold(fold), [key]) = (&one.call, keys.as_slice()) {
        assert_eq!(&fold.key, key);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// A channel that carries out one plan after another shows every event once, and those of an object in order.
    #[test]
    fn every_event_is_shown_once_and_in_order_for_its_object(
        all in any_pending(),
        trouble in 2..9_u32,
        begins in prop::sample::select(vec![0, 900]),
    ) {
        let all = due(all);
        let (mut now, mut pending, mut folds) = (at(begins), Due::new(), BTreeMap::<BatchKey, BatchMessage>::new());
        let (mut anchors, mut calls) = (BTreeMap::<ObjectKey, IssueThread>::new(), 0_u32);
        let (mut waiting_for, digests) = (Due::new(), Vec::new());
        let (mut arriving, mut shown, mut counted) = (all.iter().cloned().peekable(), Vec::new(), 0);
        loop {
            while let Some(new) = arriving.next_if(|(delivery, _)| delivery.accepted_at <= now) {
                waiting_for.push(new);
            }
            let is_due = |(delivery, _): &mut (Delivery, _)| delivery.not_before <= now;
            pending.extend(waiting_for.extract_if(.., is_due));
            pending.sort_by_key(|(delivery, _)| delivery.sequence);
            let live: Vec<BatchMessage> = folds.values().cloned().collect();
            let anchored: Vec<IssueThread> = anchors.values().cloned().collect();
            let planned = plan(&pending, &live, &anchored, now);
            let planned = with_digests(planned, &pending, &digests, now);
            let planned = without_flood(planned, &pending, &digests, now);
            covered_once(&pending, &planned);
            let waiting = planned.iter().map(|one| one.at).filter(|at| *at > now).min();
            let Some(next) = planned.into_iter().find(|one| one.at <= now) else {
                let arrival = arriving.peek().map(|(delivery, _)| delivery.accepted_at);
                let closing = live.iter().map(BatchMessage::close_at).min();
                let held = waiting_for.iter().map(|(delivery, _)| delivery.not_before).min();
                match [waiting, arrival, closing, held].into_iter().flatten().min() {
                    Some(time) => now = time,
                    None => break,
                }
                continue;
            };
            mixes_nothing(&all, &next);
            calls += 1;
            if calls.is_multiple_of(trouble) && matches!(next.call, Call::Reply { .. } | Call::EditParent(_)) {
                // Somebody deleted the parent.
                for anchor in &next.anchors {
                    anchors.remove(&anchor.object);
                }
                continue;
            }
            for anchor in &next.anchors {
                let anchor = anchor.clone().posted_as(MessageTs::parse("1.2").unwrap());
                anchors.insert(anchor.object.clone(), anchor);
            }
            match next.call {
                Call::Reply { ref thread, .. } => {
                    prop_assert!(thread.is_some(), "a reply went before its parent");
                    counted += next.covers.len() as u64;
                }
                Call::EditParent(anchor) => {
                    prop_assert!(anchor.ts.is_some(), "an edit went before its parent");
                    counted += next.covers.len() as u64;
                }
                Call::Card { .. } => counted += next.covers.len() as u64,
                Call::Digest(digest) => {
                    prop_assert!(digest.live.closed && digest.live.ts.is_none());
                    counted += digest.count;
                }
                Call::OpenFold(fold) | Call::EditFold(fold) | Call::CloseFold(fold) => {
                    let before = folds.remove(&fold.key).map_or(0, |fold| if fold.live.closed { 0 } else { fold.count });
                    counted += fold.count - if fold.live.ts.is_some() { before } else { 0 };
                    if !fold.live.closed {
                        folds.insert(fold.key.clone(), fold.posted_as(MessageTs::parse("1.2").unwrap()));
                    }
                }
            }
            shown.extend(next.covers.iter().copied());
            pending.retain(|(delivery, _)| !next.covers.contains(&delivery.sequence));
            now = now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        }
        prop_assert_eq!(counted, all.len() as u64);
        for anchor in anchors.values() {
            let of_it = |(delivery, news): &&(Delivery, Arc<News>)| {
                let in_thread = delivery.options.threads == Some(true) && delivery.digest.is_none();
                in_thread && news.event.object_key().as_ref() == Some(&anchor.object)
            };
            let last = all.iter().rfind(of_it).map(|(delivery, _)| delivery.sequence);
            prop_assert_eq!((anchor.standing, last), (CardState::Current, Some(anchor.replies.into())));
        }
        let mut latest: HashMap<ObjectKey, u64> = HashMap::new();
        for sequence in shown {
            let (delivery, news) = &all[usize::try_from(sequence).unwrap()];
            // What is held for a digest may come after what happened later.
            let Some(object) = news.event.object_key().filter(|_| delivery.digest.is_none()) else { continue };
            let before = latest.insert(object, sequence);
            prop_assert!(before.is_none_or(|before| before < sequence), "{sequence} came after {before:?}");
        }
    }
}
