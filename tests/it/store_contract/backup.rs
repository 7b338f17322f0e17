//! Backups: everything of one moment, and all of it again in another store.

use super::audit::audit_entry;
use super::bench::{Bench, account, arrival, at, channel_ref, decided, state, texts, verdict, wanted, workspace};
use super::installations::{installation, setup};
use super::subscriptions::{adding, subscription};
use super::user_mappings::claim;
use segments_slack::model::object::Issue;
use segments_slack::model::{
    AccountId, BatchMessage, DatasetPattern, Delivery, Derived, DigestMessage, Event, IssueThread, Live, MessageTs,
    Mute, News, Object, ObjectKey, TriggerId, UserId,
};
use segments_slack::store::backup::{BackupReader, write};
use segments_slack::store::{
    CallResult, ChannelSubscriptions, EditResult, IncomingEvent, PendingCall, Record, Store, SubscriptionEdit, Undo,
};
use std::sync::mpsc;
use uuid::Uuid;

/// A backup of a store, as text.
async fn text(store: &dyn Store) -> String {
    let export = store.export().await.unwrap();
    let written = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        write(export, at(0), &mut bytes, || false).map(|()| bytes)
    });
    String::from_utf8(written.await.unwrap().unwrap()).unwrap()
}

/// Its lines, in any order.
pub(super) async fn lines(store: &dyn Store) -> Vec<String> {
    let mut lines: Vec<_> = text(store).await.lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with(r#"{"kind":"backup","format":1,"#), "{}", lines[0]);
    // The first and the last line stay where they are.
    let last = lines.len() - 1;
    lines[1..last].sort_unstable();
    lines
}

/// A store made from such lines.
pub(super) async fn restored(lines: &[String]) -> Bench {
    let mut bench = Bench::sled();
    let text = lines.join("\n") + "\n";
    let records = BackupReader::new(text.as_bytes()).unwrap().collect::<Result<Vec<Record>, _>>().unwrap();
    for page in records.chunks(7) {
        bench.store().import(page.to_vec()).await.unwrap();
    }
    bench.restart();
    bench
}

fn undo() -> Undo {
    let (before, after) = (vec![(1, None)], vec![(1, Some(subscription("C1", 1)))]);
    Undo { id: Uuid::from_u128(7), channel: channel_ref("C1").channel, before, after, expires_at: at(900) }
}

fn edit() -> SubscriptionEdit {
    let mute =
        Mute { dataset: DatasetPattern::parse("jane/*").unwrap(), until: at(50), by: UserId::parse("U1").unwrap() };
    let cause = Some(TriggerId::parse("trigger.1").unwrap());
    let audit_entry = Some(audit_entry("subscribe", 1));
    SubscriptionEdit {
        audit_entry,
        mutes: Some(vec![mute]),
        cause,
        undo: Some(undo()),
        ..adding(&ChannelSubscriptions::default(), subscription("C1", 1))
    }
}

const HOSTILE: [&str; 5] = [
    "a",
    "a\0b",
    "\u{1}",
    "🌼",
    "far too long to stand in a key as it is: 0123456789 0123456789 0123456789 0123456789 0123456789",
];

/// An issue whose message in the channel is behind.
fn behind(delivery: &Delivery, news: &News) -> IssueThread {
    let issue = Issue { uuid: Some("an issue".to_owned()), ..Issue::default() };
    let event = Event { object: Object::Issue(Box::new(issue)), ..news.event.clone() };
    let news = News { event, derived: Some(Derived::IssueReplied), ..news.clone() };
    let mut anchor = IssueThread::open(delivery, &news, at(6)).unwrap().posted_as(MessageTs::parse("1.3").unwrap());
    anchor.absorb(&news, at(6));
    anchor
}

/// Something of everything that is kept.
async fn fill(bench: &Bench) {
    let store = bench.store();
    assert_eq!(store.edit_subscriptions(&channel_ref("C1"), edit()).await.unwrap(), EditResult::Stored);
    store.map_user(&workspace(), claim("Jane", "U1"), None).await.unwrap();
    store.note_test(&workspace(), &AccountId::parse("acc_2").unwrap(), at(3)).await.unwrap();
    for (number, name) in (0..).zip(HOSTILE) {
        let object = Some(ObjectKey::new("label", name));
        let mut verdict = verdict(&format!("m{number}"), vec![wanted("C1", 0), wanted("C2", 50)]);
        verdict.state = Some(state(number, name));
        let arrival = IncomingEvent { object, ..arrival(&format!("m{number}"), number) };
        store.accept(&workspace(), arrival, decided(verdict)).await.unwrap();
    }
    store.replace_installation(&workspace(), None, installation(1)).await.unwrap();
    store.note_environment_token_mark(&workspace(), "a mark".to_owned()).await.unwrap();
    store.set_up_account(&workspace(), &AccountId::parse("acc_3").unwrap(), None, setup(2), None).await.unwrap();
    bench.accept_as(&"x".repeat(200), vec![wanted("C1", 50)], 6).await;
    let (delivery, news) = bench.claim("C1", 6).await.due.remove(0);
    let fold = BatchMessage::open(&delivery, &news, at(6)).posted_as(MessageTs::parse("1.2").unwrap());
    let (ts, fold) = (MessageTs::parse("1.2").unwrap(), Some(Box::new(fold)));
    let digest = Some(Box::new(DigestMessage::open(&delivery, &news, at(6)).posted_as(ts.clone())));
    let anchors = vec![behind(&delivery, &news)];
    let done = CallResult::Done { covers: vec![0], ts, fold, digest, anchors };
    store.record_call_result(&channel_ref("C1"), done, at(6), at(7)).await.unwrap();
    let dead = CallResult::Dead { covers: vec![1], error: "no_text".to_owned() };
    store.record_call_result(&channel_ref("C1"), dead, at(7), at(8)).await.unwrap();
    let retry = CallResult::Retry { covers: vec![2], not_before: at(60), counted: true, error: "oh".to_owned() };
    store.record_call_result(&channel_ref("C1"), retry, at(8), at(9)).await.unwrap();
    assert!(store.mark_welcomed(&channel_ref("C1"), at(9)).await.unwrap());
    let call = Uuid::from_u128(1);
    let intent = PendingCall::new(call, vec![3], at(9));
    store.begin_call(&channel_ref("C1"), intent).await.unwrap();
}

/// What a store says when it is asked everything.
async fn told(bench: &Bench) -> Vec<String> {
    let store = bench.store();
    let mut told = vec![
        format!("{:?}", store.workspaces().await.unwrap()),
        format!("{:?}", store.accounts(&workspace()).await.unwrap()),
        format!("{:?}", store.installation(&workspace()).await.unwrap()),
        format!("{:?}", store.environment_token_mark(&workspace()).await.unwrap()),
        format!("{:?}", store.find_account(&AccountId::parse("acc_3").unwrap()).await.unwrap()),
        format!("{:?}", store.datasets(&workspace()).await.unwrap()),
        format!("{:?}", store.subscriptions(&workspace()).await.unwrap()),
        format!("{:?}", store.mutes(&workspace()).await.unwrap()),
        format!("{:?}", store.user_mappings(&workspace()).await.unwrap()),
        format!("{:?}", store.audit_entries(&workspace(), 9).await.unwrap()),
        format!("{:?}", store.map_user(&workspace(), claim("jane", "U2"), None).await.unwrap()),
        format!("{:?}", store.unmap_user(&workspace(), &claim("Jane", "U1").user).await.unwrap()),
        format!("{:?}", store.undo(&workspace(), undo().id).await.unwrap()),
        format!("{:?}", store.channels_with_work(&workspace()).await.unwrap()),
        format!("{:?}", store.backlog(&workspace()).await.unwrap()),
        format!("{:?}", store.dead_letters(&workspace(), 99).await.unwrap()),
    ];
    for channel in ["C1", "C2"] {
        told.push(format!("{:?}", store.channel_subscriptions(&channel_ref(channel)).await.unwrap()));
        told.push(format!("{:?}", store.history(&channel_ref(channel), 9).await.unwrap()));
        for second in [9, 50, 60] {
            told.push(format!("{:?}", bench.claim(channel, second).await));
        }
    }
    let again = SubscriptionEdit { revision: 1, ..edit() };
    told.push(format!("{:?}", store.edit_subscriptions(&channel_ref("C1"), again).await.unwrap()));
    for message in ["m0".to_owned(), "m4".to_owned(), "x".repeat(200)] {
        told.push(format!("{}", bench.accept(&message, &["C1"], 100).await.is_some()));
    }
    for name in HOSTILE {
        let (tell, heard) = mpsc::channel();
        let object = Some(ObjectKey::new("label", name));
        let decide = Box::new(move |known: segments_slack::store::PreviousState| {
            tell.send(known.object).unwrap();
            verdict("", Vec::new())
        });
        store
            .accept(&workspace(), IncomingEvent { account: account(), object, ..arrival("ask", 100) }, decide)
            .await
            .unwrap();
        told.push(format!("{:?}", heard.recv().unwrap()));
    }
    for channel in ["C1", "C2"] {
        told.push(format!("{}", store.mark_welcomed(&channel_ref(channel), at(100)).await.unwrap()));
    }
    bench.accept("next", &["C1"], 101).await;
    told.push(format!("{:?}", bench.claim("C1", 101).await.due.last().map(|(delivery, _)| delivery.sequence)));
    told.push(format!("{}", store.sweep(&workspace(), at(30 * super::bench::DAY)).await.unwrap()));
    told
}

pub(super) async fn a_restored_store_is_as_the_one_that_was_backed_up(bench: Bench) {
    fill(&bench).await;
    let backup = lines(bench.store()).await;
    for kind in [
        "account",
        "book",
        "cause",
        "dataset",
        "dead_letter",
        "deed",
        "delivery",
        "event",
        "fold",
        "intent",
        "lane",
        "link",
        "mutes",
        "object",
        "received",
        "subscription",
        "undo",
        "welcomed",
        "workspace",
    ] {
        assert!(backup.iter().any(|line| line.starts_with(&format!(r#"{{"kind":"{kind}","#))), "{kind}: {backup:#?}");
    }
    let restored = restored(&backup).await;
    assert_eq!(lines(restored.store()).await, backup);
    for (before, after) in told(&bench).await.into_iter().zip(told(&restored).await) {
        assert_eq!(before, after);
    }
}

pub(super) async fn a_backup_shows_one_moment_while_writes_go_on(bench: Bench) {
    let writing = bench.shared();
    let writer = tokio::spawn(async move {
        for number in 0..300 {
            let message = format!("m{number}");
            let answer = verdict(&message, vec![wanted("C1", 0), wanted("C2", 0)]);
            writing.accept(&workspace(), arrival(&message, 0), decided(answer)).await.unwrap();
        }
    });
    let mut rounds = 0;
    while !writer.is_finished() || rounds == 0 {
        let restored = restored(&lines(bench.store()).await).await;
        let mut lanes = Vec::new();
        for channel in ["C1", "C2"] {
            lanes.push(texts(&restored.claim(channel, 0).await));
        }
        assert_eq!(lanes[0], lanes[1]);
        assert_eq!(restored.store().backlog(&workspace()).await.unwrap().pending, 2 * lanes[0].len() as u64);
        rounds += 1;
    }
    writer.await.unwrap();
}
