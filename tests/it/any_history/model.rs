//! What each channel must hold, by the plainest reading of the promises.

use super::steps::{CHANNELS, DATASETS, Happening, MatchReason};
use std::collections::HashMap;

/// An event on its way: each has a number, and a name that no other event has.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) number: usize,
    pub(super) happening: Happening,
    /// The object, which several events may be about.
    pub(super) object: String,
    /// Seconds after some day.
    pub(super) happened: i64,
}

impl Sent {
    pub(super) fn message(&self) -> String {
        format!("msg_history_{}", self.number)
    }

    pub(super) fn name(&self) -> String {
        name_of(self.number)
    }

    fn noun(&self) -> &str {
        self.happening.event.split_once('.').map_or("", |(noun, _)| noun)
    }
}

/// The name under which an event is recognised in Slack.
pub(super) fn name_of(number: usize) -> String {
    format!("ev{number:05}.png")
}

/// What must be in a channel of one event.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) number: usize,
    pub(super) object: String,
    pub(super) dataset: &'static str,
}

#[derive(Default)]
pub(super) struct Model {
    /// Every event, by number.
    pub(super) sent: Vec<Sent>,
    /// What each channel must hold, in the order of acceptance.
    pub(super) wanted: [Vec<Wanted>; 3],
    /// When the last known state of each object came to be.
    known: HashMap<String, i64>,
}

impl Model {
    /// Makes an event out of what happened to an object; a fresh one if `object` is none.
    pub(super) fn happens(&mut self, happening: Happening, object: Option<u8>) -> Sent {
        let number = self.sent.len();
        let seconds = i64::try_from(number).unwrap();
        let happened = if happening.late { seconds - 1_000_000 } else { seconds };
        let object = object.map_or_else(|| format!("1{number:05}"), |object| format!("0{object:05}"));
        let mut sent = Sent { number, happening, object, happened };
        let noun = ["sample", "label", "issue", "release"].iter().position(|noun| *noun == sent.noun()).unwrap();
        sent.object = format!("602a3eec-a61c-4a77-9f{noun}{}-{:0>12}", sent.happening.dataset, sent.object);
        self.sent.push(sent.clone());
        sent
    }

    /// An event was accepted for the first time.
    pub(super) fn accepts(&mut self, sent: &Sent, wishes: &[Vec<MatchReason>; 3]) {
        let older = self.known.get(&sent.object).is_some_and(|known| sent.happened < *known);
        if !older && sent.noun() != "release" {
            self.known.insert(sent.object.clone(), sent.happened);
        }
        if older && sent.happening.event.ends_with(".updated") {
            return;
        }
        let dataset = sent.happening.dataset;
        for (channel, wishes) in wishes.iter().enumerate().take(CHANNELS.len()) {
            let wants = |wish: &MatchReason| {
                wish.dataset.is_none_or(|wanted| wanted == dataset) && sent.happening.event.starts_with(wish.noun)
            };
            if wishes.iter().any(wants) {
                let (number, object) = (sent.number, sent.object.clone());
                self.wanted[channel].push(Wanted { number, object, dataset: DATASETS[dataset] });
            }
        }
    }
}
