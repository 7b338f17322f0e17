//! News of a dataset.

use super::format::{count, number, progress, spoken};
use super::mrkdwn::{name, quote};
use super::story::{Sentence, Story, dataset_subject};
use super::urls::UrlBuilder;
use super::{Color, block_kit, changes};
use crate::model::event::KnownType;
use crate::model::object::Dataset;
use crate::model::{Derived, News, Object};

/// What is quoted of a description.
const DESCRIPTION: usize = 300;

pub(super) fn story(event_type: KnownType, news: &News, urls: &UrlBuilder) -> Story {
    let nothing = Dataset::default();
    let dataset = match &news.event.object {
        Object::Dataset(dataset) => dataset,
        _ => &nothing,
    };
    let named = news.event.dataset.as_ref().or(dataset.full_name.as_ref());
    let mut subject = named.map(|dataset| dataset_subject(dataset, urls));
    let story = match event_type {
        KnownType::DatasetCreated => created(dataset),
        KnownType::DatasetDeleted => {
            // Its page is gone with it.
            subject = subject.map(|subject| super::story::LinkedName { url: None, ..subject });
            deleted(dataset)
        }
        _ if news.derived == Some(Derived::DatasetCompleted) => completed(dataset),
        _ => updated(news),
    };
    let sentence = Sentence { before: "Dataset".to_owned(), subject, ..story.sentence };
    // What is complete or gone has its numbers in the body.
    let fields = if story.color.is_some() { Vec::new() } else { numbers(dataset) };
    Story { sentence, fields, about_dataset: true, ..story }
}

fn numbers(dataset: &Dataset) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("Samples", dataset.samples_count.map(number)),
        ("Labeled", dataset.progress().map(|(done, total)| progress(done, total))),
    ]
}

fn created(dataset: &Dataset) -> Story {
    let origin = dataset.cloned_from.as_deref().map(|origin| name(origin, 150)).filter(|origin| !origin.is_empty());
    let after = origin.map_or_else(|| "created".to_owned(), |origin| format!("created as a clone of {origin}"));
    let body = description(dataset.description.as_deref());
    let traits = [
        dataset.task_type.as_deref().map(spoken),
        dataset.category.as_deref().map(spoken),
        dataset.public.map(|public| if public { "public" } else { "private" }.to_owned()),
    ];
    let details = traits.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Story { emoji: "🆕", sentence: said(after), body, details, ..Story::default() }
}

fn updated(news: &News) -> Story {
    let body = changes::list(&news.changes).into_iter().collect();
    Story { emoji: "✏️", sentence: said(changes::summary(&news.changes)), body, ..Story::default() }
}

fn completed(dataset: &Dataset) -> Story {
    let after = match dataset.progress() {
        Some((done, total)) if done == total => format!("complete: {} labeled", count(total, "sample", "samples")),
        _ => "complete".to_owned(),
    };
    let bar = dataset.progress().map(|(done, total)| block_kit::section(&progress(done, total)));
    Story {
        emoji: "🎉",
        sentence: said(after),
        color: Some(Color::Green),
        body: bar.into_iter().collect(),
        details: by_status(dataset).take(9).collect(),
        ..Story::default()
    }
}

/// "1,688 unlabeled", "700 labeled", …: samples by the status of their labels, most first.
pub(super) fn by_status(dataset: &Dataset) -> impl Iterator<Item = String> {
    let mut stats: Vec<_> = dataset.label_stats.iter().filter(|(_, count)| **count > 0).collect();
    stats.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
    stats.into_iter().map(|(status, count)| format!("{} {}", number(*count), spoken(status)))
}

fn deleted(dataset: &Dataset) -> Story {
    let held = dataset.samples_count.filter(|samples| *samples > 0);
    let body = held.map(|samples| block_kit::section(&format!("It held {}.", count(samples, "sample", "samples"))));
    Story {
        emoji: "⚠️",
        sentence: said("deleted".to_owned()),
        color: Some(Color::Grey),
        body: body.into_iter().collect(),
        ..Story::default()
    }
}

/// A description as a quote, if it says anything.
pub(super) fn description(text: Option<&str>) -> Vec<slack_morphism::prelude::SlackBlock> {
    let quoted = text.map(|text| quote(text, DESCRIPTION)).filter(|quoted| !quoted.is_empty());
    quoted.map(|quoted| block_kit::section(&quoted)).into_iter().collect()
}

fn said(after: String) -> Sentence {
    Sentence { after, ..Sentence::default() }
}
