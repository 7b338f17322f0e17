//! The program as a process: killed at any moment, stopped in order, and spoken to by strangers.

use crate::harness::process::{Outside, Running, now, sample_created};
use crate::harness::{BOT_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET, fixture, seconds};
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::slack::{Fault, Shown};
use segments_slack::store::Backlog;
use std::sync::Arc;
use svix::webhooks::Webhook;
use tokio::sync::watch;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_card_survives_kill_9_between_the_answer_and_the_post() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    outside.slack.fail_next(Fault::RateLimit { retry_after: 2 });
    server.sample_created("jane/flowers", "survivor.png").await;
    server.kill();
    assert_eq!(outside.saying("C1", "survivor.png").len(), 0);
    let server = outside.boot_ready().await;
    outside.until("the card", seconds(30), || outside.saying("C1", "survivor.png").len() == 1).await;
    assert_eq!(server.stop().await.0.code(), Some(0));
    assert_eq!(outside.saying("C1", "survivor.png").len(), 1);
    assert_eq!(outside.backlog().await, Backlog::default());
}

/// Random numbers that a seed decides (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Each dataset, and the channels that subscribe to it.
const DATASETS: [(&str, [&str; 2]); 3] =
    [("jane/flowers", ["C1", "C2"]), ("jane/trees", ["C2", "C3"]), ("jane/mosses", ["C1", "C3"])];
const EVENTS_PER_ROUND: usize = 2;

/// Sends an event until it is accepted, as Segments.ai does, and some again although they were.
async fn deliver(mut server: watch::Receiver<Arc<Sender>>, dataset: &str, name: String, mut random: Random) {
    let (id, body) = (format!("msg_{name}"), sample_created(dataset, &name));
    let mut more = random.below(3);
    loop {
        let sender = Arc::clone(&server.borrow_and_update());
        let accepted = sender.resend(&id, &body, now()).await.is_ok_and(|sent| sent.status.is_success());
        if accepted && more == 0 {
            return;
        }
        more -= u64::from(accepted);
        // As long as a sender may please, so that later events overtake; a new server is tried at once.
        let pause = std::time::Duration::from_millis(random.below(400));
        let _ = tokio::time::timeout(pause, server.changed()).await;
    }
}

/// Kills a server at some moment: just when Slack has heard from it for the nth time, or after some time.
async fn kill(outside: &Outside, server: Running, random: &mut Random) {
    let (calls, time) = (random.below(5), std::time::Duration::from_millis(random.below(1_500)));
    let mut changes = outside.slack.changes();
    let heard = async {
        for _ in 0..calls {
            changes.changed().await.unwrap();
        }
    };
    let _ = tokio::time::timeout(time, heard).await;
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_over_crashes() {
    crashes("batch:off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folds_count_exactly_over_crashes() {
    crashes("batch:auto").await;
}

/// How many events a message shows.
fn told(shown: &Shown) -> usize {
    let words = shown.text.trim_start_matches("🖼️ ");
    words.split_once(" samples created").map_or(1, |(number, _)| number.replace(',', "").parse().unwrap())
}

/// Kills a server over and over while events come in, and counts what Slack has in the end.
#[expect(clippy::print_stderr, reason = "a long run is worth its figures")]
async fn crashes(batch: &str) {
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let rounds = number("SEGMENTS_SLACK_CRASH_ROUNDS", 20);
    let seed = number("SEGMENTS_SLACK_CRASH_SEED", 1);
    let mut random = Random(seed);
    let outside = Outside::start(seed).await;
    let mut server = outside.boot_ready().await;
    for (dataset, channels) in DATASETS {
        for channel in channels {
            outside.types(&format!("/segments subscribe {dataset} sample.created {batch}"), channel).await;
        }
    }
    let (reached, here) = watch::channel(Arc::new(server.sender()));
    outside.slack.fail_share(
        0.15,
        &[
            Fault::Status(500),
            Fault::Reset,
            Fault::LoseAnswer,
            Fault::LoseAnswerStatus(502),
            Fault::RateLimit { retry_after: 1 },
            Fault::Rubbish,
        ],
    );
    let mut events = Vec::new();
    let mut senders = JoinSet::new();
    for round in 0..rounds {
        for place in 0..EVENTS_PER_ROUND {
            let (dataset, channels) = DATASETS[usize::try_from(random.below(3)).unwrap()];
            let name = format!("round-{round:04}-{place}.png");
            events.push((name.clone(), channels));
            senders.spawn(deliver(here.clone(), dataset, name, Random(random.below(u64::MAX))));
        }
        kill(&outside, server, &mut random).await;
        server = outside.boot();
        reached.send_replace(Arc::new(server.sender()));
    }
    let all_sent = async { while senders.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(seconds(60), all_sent).await.expect("every event is accepted in the end");
    outside.slack.fail_share(0.0, &[]);

    let names = |channel: &str| {
        let here = |(_, channels): &&(String, [&str; 2])| channels.contains(&channel);
        events.iter().filter(here).map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let expected = ["C1", "C2", "C3"].map(|channel| names(channel).len());
    // One by one, or as many as a fold says.
    let shown = || ["C1", "C2", "C3"].map(|channel| outside.saying(channel, "🖼️").iter().map(told).sum::<usize>());
    let mut changes = outside.slack.changes();
    // Whatever is missing when Slack has not heard from the server for so long is lost.
    while shown() != expected && tokio::time::timeout(seconds(40), changes.changed()).await.is_ok() {}
    server.stop().await;
    eprintln!(
        "crashes {rounds}, {batch}: accepted {} events, expected {expected:?}, shown {:?}",
        events.len(),
        shown()
    );
    assert_eq!(shown(), expected);
    if batch == "batch:off" {
        for channel in ["C1", "C2", "C3"] {
            let told: Vec<_> =
                names(channel).into_iter().map(|name| (outside.saying(channel, &name).len(), name)).collect();
            assert!(told.iter().all(|(times, _)| *times == 1), "{channel}: {told:?}");
        }
    }
    assert_eq!(outside.backlog().await, Backlog::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_answers_as_promised_from_outside() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe * *", "C1").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sample = fixture("sample.created.image");
    let sign = |time: i64, body: &str| Webhook::new(WEBHOOK_SECRET).unwrap().sign("msg_1", time, body.as_bytes());
    let time = now().as_second();
    let good = sign(time, &sample).unwrap();
    let old = sign(time - 600, &sample).unwrap();
    let no_json = sign(time, "{").unwrap();
    let large = " ".repeat(5 * 1024 * 1024);
    let cases = [
        ("", time, Some("v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU="), &sample[..], 401),
        ("", time - 600, Some(&old), &sample, 401),
        ("", time, None, &sample, 400),
        ("", time, Some(&good), &large, 413),
        ("", time, Some(&no_json), "{", 400),
        ("/nobody", time, Some(&good), &sample, 404),
        ("", time, Some(&good), &sample, 204),
    ];
    for (account, time, signature, body, expected) in cases {
        let mut request = client.post(format!("{}/webhooks/segments{account}", server.url)).body(body.to_owned());
        request = request.header("svix-id", "msg_1").header("svix-timestamp", time.to_string());
        if let Some(signature) = signature {
            request = request.header("svix-signature", signature);
        }
        assert_eq!(request.send().await.unwrap().status().as_u16(), expected);
    }
    outside.until("the one card", seconds(30), || !outside.saying("C1", "rose.png").is_empty()).await;
    let (_, mut log) = server.stop().await;
    let refused = log.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let refused = refused.filter(|line| line["level"] == "WARN").map(|line| line["fields"]["http.status"].clone());
    assert_eq!(refused.collect::<Vec<_>>(), [401, 401, 400, 413, 400, 404], "{log:#?}");

    // What was refused was not kept: nothing of it comes up with the next server.
    log.extend(outside.boot_ready().await.stop().await.1);
    assert_eq!(outside.saying("C1", "rose.png").len(), 1);
    let posted = outside.slack.calls().into_iter().filter(|call| call.method == "chat.postMessage");
    assert_eq!(posted.count(), 1);
    assert_eq!(outside.backlog().await, Backlog::default());
    let secrets = [WEBHOOK_SECRET.trim_start_matches("whsec_"), SIGNING_SECRET, BOT_TOKEN, &good, &old, &no_json];
    for line in log {
        assert!(!secrets.iter().any(|secret| line.contains(secret)), "a secret is in the log: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_slack_hangs_is_in_order_and_the_next_start_looks_after_the_calls() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    for channel in ["C1", "C2"] {
        outside.types("/segments subscribe jane/flowers sample.*", channel).await;
    }
    // One of the two calls is done, the other is not.
    outside.slack.fail_next(Fault::Hang);
    outside.slack.fail_next(Fault::LoseAnswerHang);
    server.sample_created("jane/flowers", "hanging.png").await;
    let mut hanging = outside.slack.hanging();
    tokio::time::timeout(seconds(30), hanging.wait_for(|calls| *calls == 2)).await.unwrap().unwrap();
    let (ended, log) = tokio::time::timeout(seconds(10), server.stop()).await.expect("it ends within 10 seconds");
    assert_eq!(ended.code(), Some(0), "{log:#?}");

    let server = outside.boot_ready().await;
    let count = || ["C1", "C2"].map(|channel| outside.saying(channel, "hanging.png").len());
    outside.until("both cards", seconds(60), || count() == [1, 1]).await;
    server.stop().await;
    assert_eq!(count(), [1, 1]);
    assert_eq!(outside.backlog().await, Backlog::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_says_so_and_leaves_the_first_alone() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    let mut second = outside.serve();
    let second = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    assert_eq!(second.status.code(), Some(1));
    let errors = String::from_utf8(second.stderr).unwrap();
    assert!(errors.contains("is in use by another process"), "{errors}");
    server.sample_created("jane/flowers", "first.png").await;
    outside.until("the card", seconds(30), || outside.saying("C1", "first.png").len() == 1).await;
}
