//! Playing a history on the program and on the model.

use super::model::{Model, Sent};
use super::record::Record;
use super::steps::{CHANNELS, DATASETS, Happening, History, Step};
use crate::harness::mortal::Mortal;
use crate::harness::{channel, fixture, seconds, user, workspace};
use proptest::test_runner::TestCaseError;
use segments_slack::sandbox::slack::Fault;
use segments_slack::store::Backlog;
use serde_json::{Value, json};

/// Everything that was held, put off or muted has come by then.
const LONG: u64 = 2 * 24 * 60 * 60;

struct Play<'a> {
    history: &'a History,
    world: Mortal,
    model: Model,
    record: Record,
}

/// Plays a history to its end, mends everything, and compares.
pub(super) async fn play(history: &History) -> Result<(), TestCaseError> {
    let world = Mortal::start().await;
    let mut play = Play { history, world, model: Model::default(), record: Record::default() };
    play.subscribe().await;
    for step in &history.steps {
        play.step(step).await;
        play.record.look(&play.world.bench);
    }
    play.mend().await;
    let Play { world, model, record, .. } = play;
    let may_double = world.possible_duplicates();
    let archives = history.steps.iter().any(|step| matches!(step, Step::Archive { .. }));
    let mut wrong = record.compare(&world.bench, &model.wanted, if archives { may_double } else { 0 });
    let backlog = world.app().store.backlog(&workspace()).await.unwrap();
    if backlog != Backlog::default() {
        wrong.push(format!("something is left: {backlog:?}"));
    }
    world.finish().await;
    if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(wrong.join("; "))) }
}

impl Play<'_> {
    async fn subscribe(&mut self) {
        self.world.bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
        for (place, wishes) in self.history.wishes.iter().enumerate() {
            for wish in wishes {
                let dataset = wish.dataset.map_or("*", |dataset| DATASETS[dataset]);
                let noun = if wish.noun.is_empty() { "*".to_owned() } else { format!("{}.*", wish.noun) };
                self.types(place, &format!("subscribe {dataset} {noun} threads:off {}", wish.options)).await;
            }
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Webhooks(happenings) => {
                for happening in happenings {
                    let sent = self.model.happens(happening.clone(), Some(happening.object));
                    self.send(vec![sent], None).await;
                }
            }
            Step::Burst { event, dataset, count, dies_after } => {
                let happening = Happening { event, status: "REJECTED", dataset: *dataset, object: 0, late: false };
                let sent = (0..*count).map(|_| self.model.happens(happening.clone(), None)).collect();
                self.send(sent, *dies_after).await;
            }
            Step::Again(index) => {
                if !self.model.sent.is_empty() {
                    let sent = index.get(&self.model.sent);
                    let message = (sent.message(), body(sent));
                    self.world.sends(&[message], None).await;
                }
            }
            Step::Seconds(length) => self.passes(u64::from(*length)).await,
            Step::Slack { method, faults } => {
                for fault in faults {
                    self.world.bench.slack.fail_next_of(method, fault.clone());
                }
            }
            Step::Outage(on) => self.world.bench.slack.set_outage(*on),
            Step::Store { calls, when, how } => self.world.strikes.after(*calls, *when, *how),
            Step::Dies => {
                self.world.die().await;
                self.world.settle().await;
            }
            Step::DiesInPost { taken } => {
                let fault = if *taken { Fault::LoseAnswerHang } else { Fault::Hang };
                self.world.bench.slack.fail_next_of("chat.postMessage", fault);
                self.world.dies_in_next_hanging_call();
            }
            Step::Restarts => {
                self.world.restart().await;
                self.world.settle().await;
            }
            Step::Types { channel, text } => self.types(*channel, text).await,
            Step::Archive { channel: place } => {
                let archive = async |bench: &crate::harness::Bench, _| {
                    bench.slack.archive(&workspace(), &channel(CHANNELS[*place]), &user("U1")).await;
                };
                self.world.during(archive).await;
            }
            Step::Unarchive { channel } => self.unarchive(*channel).await,
        }
    }

    async fn passes(&mut self, length: u64) {
        let record = &mut self.record;
        self.world.after(seconds(length), |bench| record.look(bench)).await;
    }

    async fn types(&mut self, place: usize, text: &str) {
        let text = format!("/segments {text}");
        let typing = async |bench: &crate::harness::Bench, _| {
            bench.slack.types(&workspace(), &user("U1"), &channel(CHANNELS[place]), &text).await;
        };
        self.world.during(typing).await;
    }

    async fn unarchive(&mut self, place: usize) {
        let unarchive = async |bench: &crate::harness::Bench, _| {
            let (workspace, channel, ann) = (workspace(), channel(CHANNELS[place]), user("U1"));
            if bench.slack.channels(&workspace).iter().any(|info| info.id == channel && info.archived) {
                bench.slack.unarchive(&workspace, &channel, &ann).await;
                bench.slack.invite_bot(&workspace, &channel, &ann).await;
            }
        };
        self.world.during(unarchive).await;
    }

    /// Sends events at once; what is accepted is what the model accepts.
    async fn send(&mut self, sent: Vec<Sent>, dies_after: Option<usize>) {
        let messages: Vec<(String, String)> = sent.iter().map(|sent| (sent.message(), body(sent))).collect();
        self.world.sends(&messages, dies_after).await;
        for sent in &sent {
            self.model.accepts(sent, &self.history.wishes);
        }
    }

    /// Everything gets well, and time passes until everything has come.
    async fn mend(&mut self) {
        self.world.mend().await;
        for place in 0..CHANNELS.len() {
            self.unarchive(place).await;
            self.types(place, "status").await;
        }
        self.passes(LONG).await;
    }
}

/// An event as Segments.ai sends it.
fn body(sent: &Sent) -> String {
    let Happening { event, status, dataset, .. } = &sent.happening;
    let (name, dataset) = (sent.name(), DATASETS[*dataset]);
    let fixtures = [
        ("sample.", "sample.created.image"),
        ("label.", "label.updated.rejected"),
        ("issue.created", "issue.created.basic"),
        ("issue.", "issue.updated.reply"),
        ("release.", "release.created.basic"),
    ];
    let (_, file) = fixtures.iter().find(|(start, _)| event.starts_with(start)).unwrap();
    let mut body: Value = serde_json::from_str(&fixture(file)).unwrap();
    let happened = jiff::Timestamp::from_second(1_780_000_000 + sent.happened).unwrap().to_string();
    body["event_type"] = json!(event);
    body["created_at"] = json!(happened);
    body["dataset"] = json!(dataset);
    body["text"] = json!(format!("Label of sample {name} updated in dataset {dataset}."));
    let object = &mut body["object"];
    match event.split_once('.').unwrap().0 {
        "label" => {
            object["sample_uuid"] = json!(sent.object);
            object["label_status"] = json!(status);
            object["updated_at"] = json!(happened);
        }
        "issue" => {
            object["uuid"] = json!(sent.object);
            object["sample_uuid"] = json!(format!("7{}", &sent.object[1..]));
            object["sample_name"] = json!(name);
            object["updated_at"] = json!(happened);
        }
        _ => {
            object["uuid"] = json!(sent.object);
            object["name"] = json!(name);
            object["dataset_full_name"] = json!(dataset);
        }
    }
    body.to_string()
}
