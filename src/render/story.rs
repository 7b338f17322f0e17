//! The parts of a message about one event: a sentence, a body, and details. Each kind of object builds its own.

use super::Color;
use super::mrkdwn::{self, name};
use super::urls::UrlBuilder;
use crate::model::DatasetName;
use slack_morphism::prelude::SlackBlock;
use url::Url;

/// The longest shown name of a dataset.
const MAX_DATASET_CHARACTERS: usize = 150;

/// The content of an event's message, before its style decides how much of it is shown. All texts are safe mrkdwn.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) emoji: &'static str,
    pub(super) sentence: Sentence,
    /// The quoted text of a person, on one line.
    pub(super) gist: Option<String>,
    pub(super) color: Option<Color>,
    /// True if one line is enough, unless the subscription asks for full cards.
    pub(super) brief: bool,
    pub(super) body: Vec<SlackBlock>,
    /// For full cards, most wanted first; two are shown.
    pub(super) fields: Vec<(&'static str, Option<String>)>,
    /// For full cards: a public image, and its alternative text.
    pub(super) image: Option<(Url, String)>,
    /// Small print below the body.
    pub(super) details: Vec<String>,
    /// The page of the object itself.
    pub(super) page: Option<Url>,
    /// True if the subject is the dataset, so that the footer does not repeat it.
    pub(super) about_dataset: bool,
}

/// `before *subject* after`.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    pub(super) before: String,
    pub(super) subject: Option<LinkedName>,
    pub(super) after: String,
}

/// A name, and the page that it links to.
#[derive(Debug)]
pub(super) struct LinkedName {
    pub(super) label: String,
    pub(super) url: Option<Url>,
}

/// A choice of names with or without their links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkStyle {
    Plain,
    Linked,
}

impl LinkedName {
    pub(super) fn to_mrkdwn(&self, style: LinkStyle) -> String {
        match &self.url {
            Some(url) if style == LinkStyle::Linked => mrkdwn::link(url.as_str(), &self.label),
            _ => self.label.clone(),
        }
    }
}

impl Sentence {
    pub(super) fn to_mrkdwn(&self, style: LinkStyle) -> String {
        let subject = self.subject.as_ref().map(|subject| match style {
            LinkStyle::Plain => subject.to_mrkdwn(style),
            LinkStyle::Linked => format!("*{}*", subject.to_mrkdwn(style)),
        });
        let words = [self.before.as_str(), subject.as_deref().unwrap_or_default(), self.after.as_str()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Returns a dataset by name, linked to its overview.
pub(super) fn dataset_subject(dataset: &DatasetName, urls: &UrlBuilder) -> LinkedName {
    LinkedName { label: name(dataset.as_str(), MAX_DATASET_CHARACTERS), url: urls.dataset(dataset) }
}
