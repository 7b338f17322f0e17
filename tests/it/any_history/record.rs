//! What Slack shows, as anybody would read it there.

use super::model::Wanted;
use super::steps::{CHANNELS, DATASETS};
use crate::harness::{Bench, channel, workspace};
use segments_slack::sandbox::slack::Shown;
use std::collections::{BTreeMap, HashMap};

/// The order in which events came into each channel, as far as they were named there.
#[derive(Default)]
pub(super) struct Record {
    appeared: [HashMap<usize, usize>; 3],
    looks: usize,
}

impl Record {
    /// Looks at everything that is new; at most one message of a channel is, between two looks.
    pub(super) fn look(&mut self, bench: &Bench) {
        self.looks += 1;
        for (place, name) in CHANNELS.iter().enumerate() {
            for shown in bench.slack.take_unread(&workspace(), &channel(name)) {
                for number in names(&shown) {
                    self.appeared[place].entry(number).or_insert(self.looks);
                }
            }
        }
    }

    /// Compares what is in the channels with what must be; gives what is wrong.
    pub(super) fn compare(&self, bench: &Bench, wanted: &[Vec<Wanted>; 3], may_double: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut doubled = 0;
        for (place, name) in CHANNELS.iter().enumerate() {
            let told: Vec<Told> =
                bench.slack.messages(&workspace(), &channel(name), None).iter().flat_map(Told::of).collect();
            let wanted = &wanted[place];
            for dataset in DATASETS {
                let expected = wanted.iter().filter(|wanted| wanted.dataset == dataset).count();
                let counted: usize = told.iter().filter(|told| told.dataset == dataset).map(|told| told.count).sum();
                doubled += counted.saturating_sub(expected);
                if counted < expected {
                    wrong.push(format!("{name} lost {} events of {dataset}", expected - counted));
                }
            }
            let mut named: BTreeMap<usize, usize> = BTreeMap::new();
            told.iter().flat_map(|told| &told.names).for_each(|number| *named.entry(*number).or_default() += 1);
            for (number, times) in named {
                if !wanted.iter().any(|wanted| wanted.number == number) {
                    wrong.push(format!("{name} shows event {number}, which it must not"));
                }
                if times > 1 && may_double == 0 {
                    wrong.push(format!("{name} shows event {number} {times} times"));
                }
            }
            wrong.extend(unclosed(&told).map(|why| format!("{name}: {why}")));
            wrong.extend(self.out_of_order(place, wanted).map(|why| format!("{name}: {why}")));
        }
        if doubled as u64 > may_double {
            wrong.push(format!("{doubled} events are doubled, and {may_double} may be"));
        }
        wrong
    }

    fn out_of_order(&self, place: usize, wanted: &[Wanted]) -> impl Iterator<Item = String> {
        let mut latest: HashMap<&str, (usize, usize)> = HashMap::new();
        wanted.iter().filter_map(move |wanted| {
            let look = *self.appeared[place].get(&wanted.number)?;
            let (before, number) = latest.insert(&wanted.object, (look, wanted.number))?;
            (before > look).then(|| format!("event {} came before event {number} of its object", wanted.number))
        })
    }
}

/// Folds that do not end with what they hold.
fn unclosed(told: &[Told]) -> impl Iterator<Item = String> {
    told.iter().filter_map(|fold| {
        let closed = fold.closed;
        (fold.is_fold && closed != Some(fold.count)).then(|| format!("a fold of {} ends with {closed:?}", fold.count))
    })
}

/// What one message tells.
struct Told {
    dataset: &'static str,
    count: usize,
    /// The events that it names.
    names: Vec<usize>,
    is_fold: bool,
    /// Of a fold, the number at its end.
    closed: Option<usize>,
}

impl Told {
    /// None for what is no news: an answer to somebody, a word about a mute, a welcome. What came meanwhile is told by dataset.
    fn of(shown: &Shown) -> Vec<Self> {
        if shown.text.contains("What came meanwhile") {
            return Self::meanwhile(shown);
        }
        Self::of_one(shown).into_iter().collect()
    }

    fn meanwhile(shown: &Shown) -> Vec<Self> {
        assert!(!shown.blocks.to_string().contains("⏳"), "it lacks something: {shown:#?}");
        let texts = shown.blocks.as_array().unwrap().iter().filter_map(|block| block["text"]["text"].as_str());
        let told = texts.filter_map(|text| {
            let (title, counts) = text.split_once('\n')?;
            let dataset = DATASETS.into_iter().find(|dataset| title.starts_with('*') && title.contains(dataset))?;
            let number = |count: &str| count.split(' ').next().unwrap().replace(',', "").parse::<usize>().unwrap();
            let count = counts.split(", ").map(number).sum();
            Some(Self { dataset, count, names: Vec::new(), is_fold: false, closed: None })
        });
        told.collect()
    }

    fn of_one(shown: &Shown) -> Option<Self> {
        shown.metadata.as_ref()?;
        let dataset = DATASETS.into_iter().find(|dataset| shown.text.contains(dataset))?;
        if shown.text.starts_with("The mute") || shown.text.starts_with('👋') {
            return None;
        }
        let (names, blocks) = (names(shown), whole(shown));
        let number = |text: Option<&str>| text.and_then(|text| text.replace(',', "").parse::<usize>().ok());
        let complete = blocks.split_once("✔️ Complete: ");
        if complete.is_none() && !blocks.contains("⏳ More are added here") {
            // A card, perhaps the last of several updates.
            let updates =
                blocks.split_once(" changes").and_then(|(before, _)| number(before.rsplit([' ', '"']).next()));
            return Some(Self { dataset, count: updates.unwrap_or(1), names, is_fold: false, closed: None });
        }
        let count = number(shown.text.split(' ').nth(1)).unwrap_or_else(|| panic!("how many? {shown:#?}"));
        let closed = number(complete.and_then(|(_, rest)| rest.split([' ', '"']).next()));
        Some(Self { dataset, count, names, is_fold: true, closed })
    }
}

fn whole(shown: &Shown) -> String {
    format!("{} {}", shown.blocks, shown.attachments)
}

/// The events that a message names, each once.
fn names(shown: &Shown) -> Vec<usize> {
    let whole = whole(shown);
    let mut names: Vec<usize> = whole
        .match_indices(".png")
        .filter_map(|(end, _)| whole.get(end.checked_sub(7)?..end)?.strip_prefix("ev")?.parse().ok())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
