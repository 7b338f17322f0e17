//! Too much at once, and a store that hangs: refused in time and in words, never for ever, and nothing is lost.

use crate::harness::{Bench, channel, fixture, seconds, user, workspace};
use segments_slack::clock::later;
use segments_slack::model::{AccountId, Event, EventId, EventType, MessageId, News, Object};
use segments_slack::store::{IncomingEvent, RoutingDecision};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel as line};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

const MIB: usize = 1024 * 1024;

async fn subscribed(bench: &Bench) {
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
}

impl Bench {
    /// Lets the store's writer hang until something is sent.
    async fn hang_store(&self) -> Sender<()> {
        let (go, wait) = line();
        let (hangs, hung) = tokio::sync::oneshot::channel();
        let at = self.clock.now();
        let event = Event {
            event_type: EventType::parse("sample.created"),
            created_at: at,
            dataset: None,
            object: Object::Unknown,
            text: None,
        };
        let news =
            News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None };
        let event = EventId(Uuid::nil());
        let verdict =
            RoutingDecision { state: None, news: Arc::new(news), event, deliveries: Vec::new(), is_stale: false };
        let arrival = IncomingEvent {
            account: AccountId::parse("acc").unwrap(),
            message: MessageId::parse("hangs").unwrap(),
            received_at: at,
            dataset: None,
            object: None,
            sample: None,
        };
        let store = Arc::clone(&self.app().store);
        tokio::spawn(async move {
            let decide = Box::new(move |_| {
                hangs.send(()).ok();
                wait.recv().ok();
                verdict
            });
            store.accept(&workspace(), arrival, decide).await.unwrap();
        });
        hung.await.unwrap();
        self.strikes.hold_up();
        go
    }

    fn refused(&self, word: &'static str) -> u64 {
        self.app().metrics.webhooks.get(word)
    }

    /// A sender that announces a length and sends some of it.
    async fn slow_sender(&self, announced: usize, sent: usize) -> TcpStream {
        let address = self.url("").trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head =
            format!("POST /webhooks/segments HTTP/1.1\r\nhost: {address}\r\ncontent-length: {announced}\r\n\r\n");
        // Whoever is refused may be cut off while it writes.
        let _ = stream.write_all(&[head.as_bytes(), &vec![b' '; sent]].concat()).await;
        stream
    }
}

#[tokio::test]
async fn a_webhook_waits_eight_seconds_and_its_retry_is_a_duplicate() {
    let bench = Bench::start().await;
    subscribed(&bench).await;
    let go = bench.hang_store().await;
    let body = fixture("sample.created.image");
    let sending = tokio::spawn(bench.signed("msg_slow", &body).send());
    let limit = later(bench.clock.now(), seconds(8));
    while bench.clock.next_deadline() != Some(limit) {
        tokio::task::yield_now().await;
    }
    bench.after(seconds(8)).await;
    let answer = sending.await.unwrap().unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(bench.refused("store_slow"), 1);
    go.send(()).unwrap();
    assert_eq!(bench.message("msg_slow", &body).await, 204);
    assert_eq!(bench.refused("duplicate"), 1);
    bench.after(seconds(60)).await;
    assert!(bench.read("C1").text.contains("rose.png"));
}

#[tokio::test]
async fn a_command_gets_a_reply_when_the_store_is_too_slow() {
    let bench = Bench::start().await;
    subscribed(&bench).await;
    let go = bench.hang_store().await;
    let (ann, c1, home) = (user("U1"), channel("C1"), workspace());
    let typing = bench.slack.types(&home, &ann, &c1, "/segments mute 1h");
    let waiting = async {
        let limit = later(bench.clock.now(), std::time::Duration::from_millis(2_500));
        while bench.clock.next_deadline() != Some(limit) {
            tokio::task::yield_now().await;
        }
        bench.after(seconds(3)).await;
    };
    let (answer, ()) = tokio::join!(typing, waiting);
    assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""));
    bench.after(seconds(12)).await;
    while bench.slack.calls().iter().all(|call| call.method != "response_url") {
        tokio::task::yield_now().await;
    }
    let text = bench.read("C1").text;
    assert!(text.starts_with("I could not finish that in time"), "{text}");
    go.send(()).unwrap();
    while bench.app().store.mutes(&home).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_sender_is_asked_to_retry_when_the_body_memory_is_full() {
    let bench = Bench::start_with_memory(MIB).await;
    let room = bench.app().memory.webhooks.clone();
    assert_eq!(room.free(), 4 * MIB, "the longest body fits");
    let mut senders = Vec::new();
    for number in 1..=8 {
        senders.push(bench.slow_sender(MIB, MIB / 2).await);
        while room.free() > 4 * MIB - number * MIB / 2 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(room.free(), 0);
    let body = fixture("sample.created.image");
    let answer = bench.signed("msg_small", &body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(bench.refused("no_room"), 1);
    // People are heard all the same.
    bench.user("U1").types("/segments help").in_channel("C1").await;
    bench.read("C1");
    senders.pop();
    while room.free() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.message("msg_small", &body).await, 204);
    drop(senders);
    while room.free() < 4 * MIB {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn slow_senders_of_large_bodies_do_not_block_a_small_one() {
    let bench = Bench::start_with_memory(8 * MIB).await;
    let room = bench.app().memory.webhooks.clone();
    let each = 64 * 1024;
    let mut senders = Vec::new();
    for _ in 0..200 {
        senders.push(bench.slow_sender(4 * MIB, each).await);
    }
    let taken = || 8 * MIB - room.free();
    while usize::try_from(bench.refused("no_room")).unwrap() * each + taken() != 200 * each {
        tokio::task::yield_now().await;
    }
    assert!(taken() <= 8 * MIB && bench.refused("no_room") >= 72);
    // None of them holds more than it sent, and none for longer than ten seconds.
    bench.after(seconds(10)).await;
    while taken() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    assert_eq!(bench.refused("too_slow") + bench.refused("no_room"), 200);
    let mut answer = String::new();
    senders.swap_remove(0).read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_body_gives_its_room_back_whatever_becomes_of_it() {
    let bench = Bench::start_with_memory(MIB).await;
    let room = bench.app().memory.webhooks.clone();
    subscribed(&bench).await;
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    bench.read("C1");
    assert_eq!(bench.body("no JSON").await, 400);
    assert_eq!(bench.http.post(bench.url("/webhooks/segments")).body("unsigned").send().await.unwrap().status(), 400);
    let large = vec![b' '; 5 * MIB];
    assert_eq!(bench.http.post(bench.url("/webhooks/segments")).body(large).send().await.unwrap().status(), 413);
    assert_eq!(room.free(), 4 * MIB);
}
