//! Any history, played on the store and on a simple model of it, looks the same from outside.

use super::backup::{lines, restored};
use super::bench::{Bench, arrival, at, decided, verdict, wanted};
use super::subscriptions::{adding, subscription};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use segments_slack::model::{ChannelId, ChannelRef, DeadLetterId, Pause, PauseReason, SubscriptionState, WorkspaceId};
use segments_slack::store::{CallResult, ChannelSubscriptions, EditResult, PendingCall};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const CHANNELS: [&str; 3] = ["C1", "C10", "C2"];

#[derive(Debug, Clone)]
enum Step {
    Accept { message: u8, wants: [bool; 3], hold: i64 },
    Begin { channel: usize, covers: Vec<u64> },
    Settle { channel: usize, how: How, covers: Vec<u64> },
    Subscribe { channel: usize, stale: bool, state: SubscriptionState },
    Resume { channel: usize },
    Letters { channel: usize, again: bool },
    Reopen,
}

#[derive(Debug, Clone)]
enum How {
    Done,
    Retry { hold: i64, counted: bool },
    Dead,
    Paused,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let covers = || proptest::collection::vec(0..6_u64, 0..5);
    let how = prop_oneof![
        3 => Just(How::Done),
        2 => (0..9_i64, any::<bool>()).prop_map(|(hold, counted)| How::Retry { hold, counted }),
        1 => Just(How::Dead),
        1 => Just(How::Paused),
    ];
    let state = prop_oneof![Just(SubscriptionState::Active), Just(SubscriptionState::Waiting)];
    let step = prop_oneof![
        6 => (0..20_u8, any::<[bool; 3]>(), 0..5_i64)
            .prop_map(|(message, wants, hold)| Step::Accept { message, wants, hold }),
        2 => (0..3_usize, covers()).prop_map(|(channel, covers)| Step::Begin { channel, covers }),
        4 => (0..3_usize, how, covers()).prop_map(|(channel, how, covers)| Step::Settle { channel, how, covers }),
        2 => (0..3_usize, any::<bool>(), state)
            .prop_map(|(channel, stale, state)| Step::Subscribe { channel, stale, state }),
        1 => (0..3_usize).prop_map(|channel| Step::Resume { channel }),
        2 => (0..3_usize, any::<bool>()).prop_map(|(channel, again)| Step::Letters { channel, again }),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What the store is to look like.
#[derive(Default)]
struct Model {
    received: BTreeSet<u8>,
    channels: [Channel; 3],
    dead: Vec<(usize, u64, Waiting)>,
    sent_again: bool,
}

#[derive(Default)]
struct Channel {
    next_sequence: u64,
    waiting: BTreeMap<u64, Waiting>,
    intent: Option<Vec<u64>>,
    next_at: Option<i64>,
    pause: Option<Pause>,
    /// Whether anybody is to be told of the pause.
    untold: bool,
    book: ChannelSubscriptions,
}

#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    message: String,
    accepted: i64,
    not_before: i64,
    attempts: u32,
}

fn pause(now: i64) -> Pause {
    Pause { reason: PauseReason("is_archived".to_owned()), since: at(now) }
}

impl Model {
    fn accept(&mut self, message: u8, wants: [bool; 3], hold: i64, now: i64) -> bool {
        if self.received.contains(&message) {
            return false;
        }
        for (channel, _) in self.channels.iter_mut().zip(wants).filter(|(_, wants)| *wants) {
            let message = format!("m{message}");
            let waiting = Waiting { message, accepted: now, not_before: now + hold, attempts: 0 };
            channel.waiting.insert(channel.next_sequence, waiting);
            channel.next_sequence += 1;
        }
        if wants.contains(&true) {
            self.received.insert(message);
        }
        true
    }

    fn settle(&mut self, number: usize, how: &How, covers: &[u64], now: i64) {
        let channel = &mut self.channels[number];
        channel.intent = None;
        channel.next_at = Some(now + 1);
        if let How::Paused = how {
            let Pause { reason, since } = pause(now);
            let paused = SubscriptionState::Paused { reason, since };
            channel.untold = channel.turn(&paused, |state| *state == SubscriptionState::Active);
            channel.pause = Some(pause(now));
            return;
        }
        for sequence in covers {
            let Some(mut waiting) = channel.waiting.remove(sequence) else { continue };
            match how {
                How::Retry { hold, counted } => {
                    waiting.not_before = now + hold;
                    waiting.attempts += u32::from(*counted);
                    channel.waiting.insert(*sequence, waiting);
                }
                How::Dead => self.dead.push((number, *sequence, waiting)),
                How::Done | How::Paused => {}
            }
        }
    }
}

impl Model {
    /// Every dead letter of a channel goes, in the order of the channel.
    fn letters(&mut self, number: usize, again: bool, now: i64) -> Vec<DeadLetterId> {
        let (mut gone, left): (Vec<_>, Vec<_>) = self.dead.drain(..).partition(|(channel, ..)| *channel == number);
        self.dead = left;
        gone.sort_by_key(|(_, sequence, _)| *sequence);
        self.sent_again |= again && !gone.is_empty();
        let channel = &mut self.channels[number];
        let id = |sequence| DeadLetterId { channel: ChannelId::parse(CHANNELS[number]).unwrap(), sequence };
        let goes = |(_, sequence, waiting): (usize, u64, Waiting)| {
            if again {
                let waiting = Waiting { not_before: now, attempts: 0, ..waiting };
                channel.waiting.insert(channel.next_sequence, waiting);
                channel.next_sequence += 1;
            }
            id(sequence)
        };
        gone.into_iter().map(goes).collect()
    }
}

impl Channel {
    fn turn(&mut self, to: &SubscriptionState, from: fn(&SubscriptionState) -> bool) -> bool {
        let mut turned = false;
        for subscription in &mut self.book.subscriptions {
            if from(&subscription.state) {
                subscription.state = to.clone();
                turned = true;
            }
        }
        self.book.revision += u64::from(turned);
        turned
    }
}

fn channel_ref(workspace: &WorkspaceId, channel: usize) -> ChannelRef {
    ChannelRef { workspace: workspace.clone(), channel: ChannelId::parse(CHANNELS[channel]).unwrap() }
}

fn settlement(how: &How, covers: Vec<u64>, now: i64) -> CallResult {
    let error = "fatal_error".to_owned();
    match *how {
        How::Done => CallResult::Done {
            covers,
            ts: "1.2".to_owned().try_into().unwrap(),
            fold: None,
            anchors: vec![],
            digest: None,
        },
        How::Retry { hold, counted } => CallResult::Retry { covers, not_before: at(now + hold), counted, error },
        How::Dead => CallResult::Dead { covers, error },
        How::Paused => CallResult::Paused(pause(now)),
    }
}

async fn play(bench: &mut Bench, model: &mut Model, workspace: &WorkspaceId, step: Step, now: i64) {
    let store = bench.store();
    match step {
        Step::Accept { message, wants, hold } => {
            let name = format!("m{message}");
            let wanting = CHANNELS.iter().zip(wants).filter(|(_, wants)| *wants);
            let answer = verdict(&name, wanting.map(|(channel, _)| wanted(channel, now + hold)).collect());
            let kept = store.accept(workspace, arrival(&name, now), decided(answer)).await.unwrap().is_some();
            assert_eq!(kept, model.accept(message, wants, hold, now));
        }
        Step::Begin { channel, covers } => {
            let intent = PendingCall::new(Uuid::nil(), covers.clone(), at(now));
            store.begin_call(&channel_ref(workspace, channel), intent).await.unwrap();
            model.channels[channel].intent = Some(covers);
        }
        Step::Settle { channel, how, covers } => {
            model.settle(channel, &how, &covers, now);
            let settlement = settlement(&how, covers, now);
            store.record_call_result(&channel_ref(workspace, channel), settlement, at(now), at(now + 1)).await.unwrap();
        }
        Step::Subscribe { channel, stale, state } => {
            let book = &mut model.channels[channel].book;
            let mut added = subscription(CHANNELS[channel], book.next_number);
            added.state = state;
            let mut edit = adding(book, added.clone());
            edit.revision += u64::from(stale);
            let edited = store.edit_subscriptions(&channel_ref(workspace, channel), edit).await.unwrap();
            assert_eq!(edited, if stale { EditResult::Conflict } else { EditResult::Stored });
            if !stale {
                book.revision += 1;
                book.next_number += 1;
                book.subscriptions.push(added);
            }
        }
        Step::Resume { channel } => {
            store.resume(&channel_ref(workspace, channel)).await.unwrap();
            model.channels[channel].pause = None;
            model.channels[channel].untold = false;
            model.channels[channel].turn(&SubscriptionState::Active, |state| *state != SubscriptionState::Active);
        }
        Step::Letters { channel, again } => {
            let letters = model.letters(channel, again, now);
            let went = if again {
                store.retry_dead_letters(workspace, &letters, at(now)).await
            } else {
                store.drop_dead_letters(workspace, &letters).await
            };
            assert_eq!(went.unwrap(), letters);
        }
        Step::Reopen => bench.restart(),
    }
}

async fn compare(bench: &Bench, model: &Model, workspace: &WorkspaceId, now: i64) {
    let store = bench.store();
    for (number, channel) in model.channels.iter().enumerate() {
        let claim = store.pending_work(&channel_ref(workspace, number), at(now), 1_000).await.unwrap();
        let seen = claim.due.iter().map(|(delivery, news)| {
            let message = news.event.text.clone().unwrap();
            let accepted = delivery.accepted_at.duration_since(at(0)).as_secs();
            let not_before = delivery.not_before.duration_since(at(0)).as_secs();
            (delivery.sequence, Waiting { message, accepted, not_before, attempts: delivery.attempts })
        });
        let (due, held): (Vec<_>, Vec<_>) =
            channel.waiting.clone().into_iter().partition(|(_, waiting)| waiting.not_before <= now);
        assert_eq!(seen.collect::<Vec<_>>(), due);
        let next_due = held.iter().map(|(_, waiting)| at(waiting.not_before)).min();
        assert_eq!(claim.next_due, next_due);
        assert_eq!(claim.intent.map(|intent| intent.covers), channel.intent);
        assert_eq!(claim.pause_notices.is_empty(), !channel.untold);
        assert_eq!((claim.next_at, claim.pause), (channel.next_at.map(at), channel.pause.clone()));
        assert_eq!(store.channel_subscriptions(&channel_ref(workspace, number)).await.unwrap(), channel.book);
    }
    let waiting = || model.channels.iter().flat_map(|channel| channel.waiting.values());
    let backlog = store.backlog(workspace).await.unwrap();
    assert_eq!(backlog.pending, waiting().count() as u64);
    let oldest = waiting().map(|waiting| at(waiting.accepted)).min();
    if model.sent_again {
        // The heads of the channels are looked at, and behind them may stand a letter that is older.
        assert!(backlog.oldest.is_some() == oldest.is_some() && backlog.oldest >= oldest);
    } else {
        assert_eq!(backlog.oldest, oldest);
    }
    let letters = store.dead_letters(workspace, 1_000).await.unwrap();
    let letters = letters.iter().map(|letter| (letter.channel.to_string(), letter.delivery.sequence));
    let dead = model.dead.iter().map(|(channel, sequence, _)| (CHANNELS[*channel].to_owned(), *sequence));
    assert_eq!(letters.collect::<BTreeSet<_>>(), dead.collect());
    let lanes = store.channels_with_work(workspace).await.unwrap();
    let has_work = |channel: &Channel| !channel.waiting.is_empty() || channel.untold;
    let busy = (0..3).filter(|number| has_work(&model.channels[*number]));
    assert_eq!(lanes, busy.map(|number| channel_ref(workspace, number)).collect::<Vec<_>>());
}

pub(super) async fn any_history_looks_as_in_a_simple_model(bench: Bench) {
    let runtime = tokio::runtime::Handle::current();
    let (bench, case) = (RefCell::new(bench), Cell::new(0));
    tokio::task::block_in_place(|| {
        let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
        let played = TestRunner::new(config).run(&steps(), |steps| {
            case.set(case.get() + 1);
            let workspace = WorkspaceId::parse(format!("T{}", case.get())).unwrap();
            let (mut model, mut bench) = (Model::default(), bench.borrow_mut());
            for (now, step) in (0..).zip(steps) {
                runtime.block_on(play(&mut bench, &mut model, &workspace, step, now));
                runtime.block_on(compare(&bench, &model, &workspace, now));
            }
            let lines = runtime.block_on(lines(bench.store()));
            let restored = runtime.block_on(restored(&lines));
            runtime.block_on(compare(&restored, &model, &workspace, 100));
            assert_eq!(runtime.block_on(super::backup::lines(restored.store())), lines);
            Ok(())
        });
        if let Err(broken) = played {
            panic!("{broken}");
        }
    });
}
