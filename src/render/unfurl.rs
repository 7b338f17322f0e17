//! What a pasted link shows: the dataset or the sample behind it, as it was last seen.

use super::card::{Form, dataset_subject, joined};
use super::dataset::{by_status, description};
use super::links::Links;
use super::mrkdwn::date;
use super::words::{count, person, progress, spoken};
use super::{kit, sample};
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
    let subject = dataset_subject(name, &Links::new(app_url)).told(Form::Linked);
    let samples = dataset.samples_count.map(|samples| count(samples, "sample", "samples"));
    let archived = dataset.archived.filter(|archived| *archived).map(|_| "archived".to_owned());
    let mut blocks = vec![kit::section(&joined([Some(format!("🗂️ *{subject}*")), samples, archived]))];
    blocks.extend(description(dataset.description.as_deref()));
    blocks.extend(dataset.progress().map(|(done, total)| kit::section(&progress(done, total))));
    let statuses = joined(by_status(dataset).take(MOST_STATUSES).map(Some));
    let statuses = (!statuses.is_empty()).then_some(statuses);
    blocks.push(kit::context([joined([statuses, Some(as_of(seen))])]));
    blocks
}

/// A sample: where it is, and whose turn it is.
pub fn sample(dataset: &DatasetName, seen: &SampleSeen, at: Timestamp, app_url: &str) -> Vec<SlackBlock> {
    let links = Links::new(app_url);
    let subject = sample::subject(seen.name, Some(seen.uuid), seen.labelset, Some(dataset), &links);
    let subject = subject.map_or_else(|| "a sample".to_owned(), |subject| subject.told(Form::Linked));
    let of = dataset_subject(dataset, &links).told(Form::Linked);
    let who = |role: &str, name: Option<&str>| person(name).map(|name| format!("{role} {name}"));
    let status = seen.status.map(spoken).filter(|status| !status.is_empty());
    let details = [status, who("labeler", seen.labeler), who("reviewer", seen.reviewer), Some(as_of(at))];
    vec![kit::section(&format!("🖼️ *{subject}* · {of}")), kit::context([joined(details)])]
}

fn as_of(seen: Timestamp) -> String {
    format!("as of {}", date(seen))
}
