//! Books: changed from a known revision, once a cause, and taken back once.

use super::bench::{Bench, DAY, at, channel_ref, workspace};
use segments_slack::model::{
    DatasetPattern, EventSelection, Glob, Options, Pause, PauseReason, Rule, Subscription, SubscriptionState,
    TriggerId, UserId,
};
use segments_slack::store::{CallResult, ChannelSubscriptions, EditResult, SubscriptionEdit, Undo};
use uuid::Uuid;

pub(super) fn subscription(channel: &str, number: u32) -> Subscription {
    let events = EventSelection { include: vec![Glob::new("sample.*")], exclude: Vec::new() };
    let dataset = DatasetPattern { owner: Glob::new("jane"), name: Glob::new("flowers") };
    Subscription {
        channel: channel_ref(channel).channel,
        number,
        rule: Rule { dataset, events, filters: Vec::new(), options: Options::default() },
        creator: UserId::parse("U1").unwrap(),
        created_at: at(0),
        time_zone: None,
        state: SubscriptionState::Active,
    }
}

pub(super) fn adding(book: &ChannelSubscriptions, subscription: Subscription) -> SubscriptionEdit {
    SubscriptionEdit {
        revision: book.revision,
        next_number: subscription.number + 1,
        put: vec![subscription],
        remove: Vec::new(),
        mutes: None,
        cause: None,
        undo: None,
        undoes: None,
        audit_entry: None,
        at: at(0),
    }
}

async fn add(bench: &Bench, channel: &str) -> Subscription {
    let book = bench.store().channel_subscriptions(&channel_ref(channel)).await.unwrap();
    let added = subscription(channel, book.next_number);
    let edited = bench.store().edit_subscriptions(&channel_ref(channel), adding(&book, added.clone())).await.unwrap();
    assert_eq!(edited, EditResult::Stored);
    added
}

async fn book(bench: &Bench) -> ChannelSubscriptions {
    bench.store().channel_subscriptions(&channel_ref("C1")).await.unwrap()
}

async fn edit(bench: &Bench, edit: SubscriptionEdit) -> EditResult {
    bench.store().edit_subscriptions(&channel_ref("C1"), edit).await.unwrap()
}

pub(super) async fn a_channel_without_a_book_has_an_empty_one(bench: Bench) {
    assert_eq!(
        book(&bench).await,
        ChannelSubscriptions { revision: 0, next_number: 1, ..ChannelSubscriptions::default() }
    );
}

pub(super) async fn an_edit_is_stored_and_raises_the_revision(mut bench: Bench) {
    let first = add(&bench, "C1").await;
    let second = add(&bench, "C1").await;
    let elsewhere = add(&bench, "C10").await;
    bench.restart();
    let stored = book(&bench).await;
    assert_eq!(
        stored,
        ChannelSubscriptions {
            revision: 2,
            next_number: 3,
            subscriptions: vec![first.clone(), second.clone()],
            ..ChannelSubscriptions::default()
        }
    );
    assert_eq!(bench.store().subscriptions(&workspace()).await.unwrap(), [first, second, elsewhere]);
}

pub(super) async fn an_edit_from_an_old_revision_moves_nothing(bench: Bench) {
    let old = book(&bench).await;
    add(&bench, "C1").await;
    let before = book(&bench).await;
    assert_eq!(edit(&bench, adding(&old, subscription("C1", 1))).await, EditResult::Conflict);
    assert_eq!(book(&bench).await, before);
}

pub(super) async fn a_cause_is_carried_out_once_a_channel(mut bench: Bench) {
    let cause = Some(TriggerId::parse("trigger.1").unwrap());
    let first =
        SubscriptionEdit { cause: cause.clone(), ..adding(&ChannelSubscriptions::default(), subscription("C1", 1)) };
    assert_eq!(edit(&bench, first.clone()).await, EditResult::Stored);
    bench.restart();
    assert_eq!(edit(&bench, first).await, EditResult::Repeated);
    let again = SubscriptionEdit { cause: cause.clone(), ..adding(&book(&bench).await, subscription("C1", 2)) };
    assert_eq!(edit(&bench, again).await, EditResult::Repeated);
    assert_eq!(book(&bench).await.revision, 1);
    let elsewhere = SubscriptionEdit { cause, ..adding(&ChannelSubscriptions::default(), subscription("C2", 1)) };
    assert_eq!(bench.store().edit_subscriptions(&channel_ref("C2"), elsewhere).await.unwrap(), EditResult::Stored);
}

pub(super) async fn a_cause_that_is_noted_is_new_once_a_channel_until_it_is_forgotten(mut bench: Bench) {
    let cause = TriggerId::parse("view.1").unwrap();
    let note =
        async |bench: &Bench, channel| bench.store().note_trigger(&channel_ref(channel), &cause, at(0)).await.unwrap();
    let has = async |bench: &Bench, channel| bench.store().has_trigger(&channel_ref(channel), &cause).await.unwrap();
    assert!(!has(&bench, "C1").await);
    assert!(note(&bench, "C1").await);
    bench.restart();
    assert!(has(&bench, "C1").await && !has(&bench, "C2").await);
    assert!(!note(&bench, "C1").await);
    assert!(note(&bench, "C2").await);
    bench.store().sweep(&workspace(), at(2 * DAY)).await.unwrap();
    assert!(!has(&bench, "C1").await);
    assert!(note(&bench, "C1").await && note(&bench, "C2").await);
    bench.store().forget_trigger(&channel_ref("C1"), &cause).await.unwrap();
    bench.restart();
    assert!(!has(&bench, "C1").await && has(&bench, "C2").await);
    assert!(note(&bench, "C1").await);
}

pub(super) async fn a_number_is_never_given_again(bench: Bench) {
    add(&bench, "C1").await;
    let removal = SubscriptionEdit {
        put: Vec::new(),
        remove: vec![1],
        next_number: 1,
        ..adding(&book(&bench).await, subscription("C1", 1))
    };
    assert_eq!(edit(&bench, removal).await, EditResult::Stored);
    assert_eq!(
        book(&bench).await,
        ChannelSubscriptions { revision: 2, next_number: 2, ..ChannelSubscriptions::default() }
    );
}

fn undo(id: u128, expires: i64) -> Undo {
    let after = vec![(1, Some(subscription("C1", 1)))];
    Undo {
        id: Uuid::from_u128(id),
        channel: channel_ref("C1").channel,
        before: vec![(1, None)],
        after,
        expires_at: at(expires),
    }
}

/// The edit that takes the first one back.
async fn taking_back(bench: &Bench, id: u128, second: i64) -> SubscriptionEdit {
    let edit = adding(&book(bench).await, subscription("C1", 1));
    SubscriptionEdit { put: Vec::new(), remove: vec![1], undoes: Some(Uuid::from_u128(id)), at: at(second), ..edit }
}

pub(super) async fn an_undo_is_used_once(bench: Bench) {
    let first =
        SubscriptionEdit { undo: Some(undo(7, 60)), ..adding(&ChannelSubscriptions::default(), subscription("C1", 1)) };
    assert_eq!(edit(&bench, first).await, EditResult::Stored);
    assert_eq!(bench.store().undo(&workspace(), Uuid::from_u128(7)).await.unwrap(), Some(undo(7, 60)));
    assert_eq!(edit(&bench, taking_back(&bench, 7, 59).await).await, EditResult::Stored);
    assert_eq!(bench.store().undo(&workspace(), Uuid::from_u128(7)).await.unwrap(), None);
    assert_eq!(edit(&bench, taking_back(&bench, 7, 59).await).await, EditResult::Conflict);
}

pub(super) async fn an_undo_that_has_expired_is_not_carried_out(bench: Bench) {
    let first =
        SubscriptionEdit { undo: Some(undo(7, 60)), ..adding(&ChannelSubscriptions::default(), subscription("C1", 1)) };
    assert_eq!(edit(&bench, first).await, EditResult::Stored);
    assert_eq!(edit(&bench, taking_back(&bench, 7, 60).await).await, EditResult::Conflict);
    assert_eq!(book(&bench).await.subscriptions.len(), 1);
}

fn pause() -> Pause {
    Pause { reason: PauseReason("is_archived".to_owned()), since: at(3) }
}

pub(super) async fn a_pause_takes_active_subscriptions_along(bench: Bench) {
    add(&bench, "C1").await;
    add(&bench, "C2").await;
    let waiting = Subscription { state: SubscriptionState::Waiting, ..subscription("C1", 2) };
    edit(&bench, adding(&book(&bench).await, waiting)).await;
    bench.store().record_call_result(&channel_ref("C1"), CallResult::Paused(pause()), at(3), at(4)).await.unwrap();
    let states = book(&bench).await.subscriptions.into_iter().map(|subscription| subscription.state);
    let Pause { reason, since } = pause();
    assert_eq!(states.collect::<Vec<_>>(), [SubscriptionState::Paused { reason, since }, SubscriptionState::Waiting]);
    assert_eq!(book(&bench).await.revision, 3);
    let elsewhere = bench.store().channel_subscriptions(&channel_ref("C2")).await.unwrap();
    assert_eq!(elsewhere.subscriptions, [subscription("C2", 1)]);
}

pub(super) async fn resuming_makes_paused_and_waiting_subscriptions_active(bench: Bench) {
    add(&bench, "C1").await;
    bench.store().record_call_result(&channel_ref("C1"), CallResult::Paused(pause()), at(3), at(4)).await.unwrap();
    let waiting = Subscription { state: SubscriptionState::Waiting, ..subscription("C1", 2) };
    edit(&bench, adding(&book(&bench).await, waiting)).await;
    add(&bench, "C1").await;
    assert_eq!(bench.claim("C1", 9).await.pause, Some(pause()));
    let changed = bench.store().resume(&channel_ref("C1")).await.unwrap();
    assert_eq!(changed, [subscription("C1", 1), subscription("C1", 2)]);
    assert_eq!(bench.claim("C1", 9).await.pause, None);
    assert_eq!(book(&bench).await.revision, 5);
    assert!(bench.store().resume(&channel_ref("C1")).await.unwrap().is_empty());
    assert_eq!(book(&bench).await.revision, 5);
}

pub(super) async fn undos_and_causes_are_forgotten_when_they_expire(bench: Bench) {
    let cause = Some(TriggerId::parse("trigger.1").unwrap());
    let first = SubscriptionEdit {
        cause: cause.clone(),
        undo: Some(undo(7, 60)),
        ..adding(&ChannelSubscriptions::default(), subscription("C1", 1))
    };
    assert_eq!(edit(&bench, first).await, EditResult::Stored);
    assert_eq!(bench.store().sweep(&workspace(), at(59)).await.unwrap(), 0);
    assert_eq!(bench.store().sweep(&workspace(), at(60)).await.unwrap(), 1);
    assert_eq!(bench.store().undo(&workspace(), Uuid::from_u128(7)).await.unwrap(), None);
    assert_eq!(bench.store().sweep(&workspace(), at(DAY + 1)).await.unwrap(), 1);
    let again = SubscriptionEdit { cause, ..adding(&book(&bench).await, subscription("C1", 2)) };
    assert_eq!(edit(&bench, again).await, EditResult::Stored);
}
