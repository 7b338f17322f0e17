//! What a pasted link shows: the dataset or the sample behind it, as it was last seen.

use super::card::joined;
use super::dataset::{by_status, description};
use super::format::{count, person, progress, spoken};
use super::mrkdwn::date;
use super::story::{LinkStyle, dataset_subject};
use super::urls::UrlBuilder;
use super::{block_kit, sample};
use crate::model::DatasetName;
use crate::model::object::Dataset;
use jiff::Timestamp;
use slack_morphism::prelude::SlackBlock;

/// More kinds of labels than these are left out.
const MOST_STATUSES: usize = 6;

/// What is known of a sample.
#[derive(Debug, Clone, Copy)]
pub struct SampleSeen<'a> {
    /// Its id.
    pub uuid: &'a str,
    /// The labelset that the link shows.
    pub labelset: Option<&'a str>,
    /// Its name.
    pub name: Option<&'a str>,
    /// The status of its label in that labelset.
    pub status: Option<&'a str>,
    /// Who labels it.
    pub labeler: Option<&'a str>,
    /// Who reviews it.
    pub reviewer: Option<&'a str>,
}

/// A dataset: what it is for, and how far it is.
pub fn dataset(name: &DatasetName, dataset: &Dataset, seen: Timestamp, app_url: &str) -> Vec<SlackBlock> {
    let subject = dataset_subject(name, &UrlBuilder::new(app_url)).to_mrkdwn(LinkStyle::Linked);
    let samples = dataset.samples_count.map(|samples| count(samples, "sample", "samples"));
    let archived = dataset.archived.filter(|archived| *archived).map(|_| "archived".to_owned());
    let mut blocks = vec![block_kit::section(&joined([Some(format!("🗂️ *{subject}*")), samples, archived]))];
    blocks.extend(description(dataset.description.as_deref()));
    blocks.extend(dataset.progress().map(|(done, total)| block_kit::section(&progress(done, total))));
    let statuses = joined(by_status(dataset).take(MOST_STATUSES).map(Some));
    let statuses = (!statuses.is_empty()).then_some(statuses);
    blocks.push(block_kit::context([joined([statuses, Some(as_of(seen))])]));
    blocks
}

/// A sample: where it is, and whose turn it is.
pub fn sample(dataset: &DatasetName, seen: &SampleSeen, at: Timestamp, app_url: &str) -> Vec<SlackBlock> {
    let urls = UrlBuilder::new(app_url);
    let subject = sample::subject(seen.name, Some(seen.uuid), seen.labelset, Some(dataset), &urls);
    let subject = subject.map_or_else(|| "a sample".to_owned(), |subject| subject.to_mrkdwn(LinkStyle::Linked));
    let of = dataset_subject(dataset, &urls).to_mrkdwn(LinkStyle::Linked);
    let who = |role: &str, name: Option<&str>| person(name).map(|name| format!("{role} {name}"));
    let status = seen.status.map(spoken).filter(|status| !status.is_empty());
    let details = [status, who("labeler", seen.labeler), who("reviewer", seen.reviewer), Some(as_of(at))];
    vec![block_kit::section(&format!("🖼️ *{subject}* · {of}")), block_kit::context([joined(details)])]
}

fn as_of(seen: Timestamp) -> String {
    format!("as of {}", date(seen))
}
