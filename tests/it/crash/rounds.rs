//! Kills a server over and over while events come in and Slack has a bad day, and counts what Slack has in the end.

use crate::harness::process::{Outside, Running, now, sample_created};
use crate::harness::{HANG_GUARD, channel, workspace};
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::slack::{Fault, Shown};
use segments_slack::store::Backlog;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

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

const CHANNELS: [&str; 3] = ["C1", "C2", "C3"];
/// Each dataset, and the channels that subscribe to it, with their options. The last one's samples come in bursts.
const DATASETS: [(&str, &[(&str, &str)]); 3] = [
    ("jane/flowers", &[("C1", "batch:off"), ("C2", "batch:auto")]),
    ("jane/trees", &[("C2", "batch:off"), ("C3", "batch:auto")]),
    ("jane/mosses", &[("C2", "batch:auto"), ("C3", "batch:auto")]),
];
/// So many samples are a burst.
const BURST: usize = 5;
/// What happens to a sample that does not come in a burst, and how each is shown; perhaps not all of it.
const LIFE: [(&str, &str); 3] = [("sample.created", "🖼️"), ("sample.updated", "✏️"), ("sample.deleted", "🗑️")];

/// What is said of one dataset with one emoji, in one channel.
type Key = (&'static str, &'static str, &'static str);

/// An event that Segments.ai was told is accepted.
struct Event {
    dataset: usize,
    object: String,
    /// Its place in the life of its object, which is also the order in which it was accepted.
    place: usize,
    name: String,
}

/// Sends a sample's events one after another, each until it is accepted, as Segments.ai does; some again although they
/// were, and perhaps when later ones have overtaken them.
async fn deliver(
    mut server: watch::Receiver<Arc<Sender>>,
    events: Vec<(String, serde_json::Value)>,
    mut random: Random,
) {
    let again = random.below(2 * events.len() as u64);
    let repeated = events.get(usize::try_from(again).unwrap()).cloned();
    for (id, body) in events.into_iter().chain(repeated) {
        let mut more = random.below(3);
        loop {
            let sender = Arc::clone(&server.borrow_and_update());
            let accepted = sender.resend(&id, &body, now()).await.is_ok_and(|sent| sent.status.is_success());
            if accepted && more == 0 {
                break;
            }
            more -= u64::from(accepted);
            // As long as a sender may please, so that other events overtake; a new server is tried at once.
            let _ = tokio::time::timeout(Duration::from_millis(random.below(400)), server.changed()).await;
        }
    }
}

/// Kills a server at some moment: just when Slack has heard from it for the nth time, or after some time.
async fn kill(outside: &Outside, server: Running, random: &mut Random) {
    let (calls, time) = (random.below(5), Duration::from_millis(random.below(1_500)));
    let mut changes = outside.slack.changes();
    let heard = async {
        for _ in 0..calls {
            changes.changed().await.unwrap();
        }
    };
    let _ = tokio::time::timeout(time, heard).await;
    server.kill();
}

/// How many events a message shows; more than one is a fold.
fn told(shown: &Shown) -> usize {
    let number = shown.text.split(' ').nth(1).map(|word| word.replace(',', ""));
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// What the emulator holds, in figures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    accepted: usize,
    posted: usize,
    folded: usize,
    folds: usize,
    doubled: usize,
    lost: usize,
    disordered: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, posted, folded, folds, doubled, lost, disordered } = self;
        write!(f, "accepted {accepted}, posted {posted}, folded {folded} (into {folds}), ")?;
        write!(f, "doubled {doubled}, lost {lost}, out of order {disordered}")
    }
}

fn wanted_in<'a>(channel: &str, events: &'a [Event]) -> Vec<&'a Event> {
    let here = |event: &&Event| DATASETS[event.dataset].1.iter().any(|(name, _)| *name == channel);
    events.iter().filter(here).collect()
}

/// Cards and folds; answers to commands carry no metadata.
fn news_in(outside: &Outside, channel_id: &str) -> Vec<Shown> {
    let mut news = outside.slack.messages(&workspace(), &channel(channel_id), None);
    news.retain(|shown| shown.metadata.is_some());
    news
}

/// Compares one channel with what was accepted for it.
fn figures(outside: &Outside, channel: &'static str, events: &[Event]) -> Figures {
    let events = wanted_in(channel, events);
    let mut figures = Figures { accepted: events.len(), ..Figures::default() };
    let mut counts: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
    for event in &events {
        counts.entry((channel, DATASETS[event.dataset].0, LIFE[event.place].1)).or_default().0 += 1;
    }
    let mut cards: HashMap<&str, usize> = HashMap::new();
    let (mut shown_at, mut in_fold) = (HashMap::new(), HashMap::new());
    for shown in &news_in(outside, channel) {
        let dataset = DATASETS.iter().find(|(dataset, _)| shown.text.contains(dataset)).unwrap().0;
        let emoji = LIFE.iter().find(|(_, emoji)| shown.text.starts_with(emoji)).unwrap().1;
        let count = told(shown);
        counts.entry((channel, dataset, emoji)).or_default().1 += count;
        if count > 1 {
            figures.folds += 1;
            figures.folded += count;
        } else {
            figures.posted += 1;
        }
        let whole = format!("{} {}", shown.blocks, shown.attachments);
        for event in events.iter().filter(|event| LIFE[event.place].1 == emoji && whole.contains(&event.name)) {
            *cards.entry(&event.name).or_default() += 1;
            shown_at.insert((&event.object, event.place), shown.ts.as_str().to_owned());
            in_fold.insert((&event.object, event.place), count > 1);
        }
    }
    // A pair of one lost and one doubled shows in the names, as far as folds name events; else in the counts.
    let named_twice: usize = cards.values().map(|times| times - 1).sum();
    figures.doubled = counts.values().map(|(wanted, shown)| shown.saturating_sub(*wanted)).sum::<usize>();
    figures.doubled = figures.doubled.max(named_twice);
    figures.lost = counts.values().map(|(wanted, shown)| wanted.saturating_sub(*shown)).sum();
    // A fold stands where it was opened, although it may have taken an event later; a card stands where it belongs.
    for event in events.iter().filter(|event| event.place > 0) {
        let (before, this) = ((&event.object, event.place - 1), (&event.object, event.place));
        let (Some(before), Some(this)) = (shown_at.get(&before), shown_at.get(&this).filter(|_| !in_fold[&this]))
        else {
            continue;
        };
        figures.disordered += usize::from(this < before);
    }
    figures
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a long run is worth its figures")]
async fn nothing_is_lost_or_doubled_or_out_of_order_over_crashes() {
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let rounds = number("SEGMENTS_SLACK_CRASH_ROUNDS", 20);
    let seed = number("SEGMENTS_SLACK_CRASH_SEED", 1);
    let mut random = Random(seed);
    let outside = Outside::start(seed).await;
    let mut server = outside.boot_ready().await;
    for (dataset, channels) in DATASETS {
        for (channel, options) in channels {
            outside.types(&format!("/segments subscribe {dataset} sample.* {options}"), channel).await;
        }
    }
    let (reached, here) = watch::channel(Arc::new(server.sender()));
    outside.slack.fail_share(
        0.18,
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
        // One sample with some of its life, and a burst of new ones.
        let dataset = usize::try_from(random.below(2)).unwrap();
        let steps = usize::try_from(1 + random.below(3)).unwrap();
        let burst = (0..BURST).map(|place| (2, 1, format!("moss-{round:04}-{place}")));
        for (dataset, steps, object) in std::iter::once((dataset, steps, format!("leaf-{round:04}"))).chain(burst) {
            let mut body = sample_created(DATASETS[dataset].0, "");
            let mut messages = Vec::new();
            for (place, (event, _)) in LIFE.iter().enumerate().take(steps) {
                let name = format!("{object}-v{place}.png");
                body["event_type"] = json!(event);
                body["created_at"] = json!(now().to_string());
                body["object"]["name"] = json!(name);
                messages.push((format!("msg_{name}"), body.clone()));
                events.push(Event { dataset, object: object.clone(), place, name });
            }
            senders.spawn(deliver(here.clone(), messages, Random(random.below(u64::MAX))));
        }
        kill(&outside, server, &mut random).await;
        server = outside.boot();
        reached.send_replace(Arc::new(server.sender()));
    }
    let all_sent = async { while senders.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(HANG_GUARD, all_sent).await.expect("every event is accepted in the end");
    outside.slack.fail_share(0.0, &[]);

    let expected = CHANNELS.map(|channel| wanted_in(channel, &events).len());
    let shown = || CHANNELS.map(|channel| news_in(&outside, channel).iter().map(told).sum::<usize>());
    let mut changes = outside.slack.changes();
    // Whatever is missing when Slack has not heard from the server for so long is lost.
    while shown() != expected && tokio::time::timeout(HANG_GUARD, changes.changed()).await.is_ok() {}
    server.stop().await;
    let all = CHANNELS.map(|channel| figures(&outside, channel, &events));
    for (channel, figures) in CHANNELS.iter().zip(&all) {
        eprintln!("{rounds} crashes, seed {seed}, {channel}: {figures}");
    }
    for Figures { accepted, posted, folded, doubled, lost, disordered, .. } in all {
        assert_eq!((posted + folded, doubled, lost, disordered), (accepted, 0, 0, 0));
    }
    assert_eq!(outside.backlog().await, Backlog::default());
}
