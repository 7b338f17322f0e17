//! News of a label: one line, except a rejection, which its labeler has to act on.

use super::format::{decimal, known, person, spoken};
use super::names::NameStyle;
use super::story::{Sentence, Story};
use super::urls::{GROUND_TRUTH, UrlBuilder};
use super::{Color, block_kit, sample};
use crate::model::event::KnownType;
use crate::model::object::Label;
use crate::model::{Derived, News, Object};

/// The longest shown name of a labelset.
const LABELSET: usize = 80;

pub(super) fn story(event_type: KnownType, news: &News, urls: &UrlBuilder) -> Story {
    let nothing = Label::default();
    let label = match &news.event.object {
        Object::Label(label) => label,
        _ => &nothing,
    };
    let name = label.sample_name.as_deref().or(news.sample_name.as_deref());
    let (uuid, labelset) = (label.sample_uuid.as_deref(), label.labelset.as_deref());
    let subject = sample::subject(name, uuid, labelset, news.event.dataset.as_ref(), urls);
    let derived = news.derived.filter(|_| event_type == KnownType::LabelUpdated);
    let (emoji, verb, color) = match derived {
        Some(Derived::LabelLabeled) => ("🏷️", "labeled", None),
        Some(Derived::LabelReviewed) => ("✅", "reviewed", Some(Color::Green)),
        Some(Derived::LabelRejected) => ("❌", "rejected", Some(Color::Red)),
        Some(Derived::LabelSkipped) => ("⏭️", "skipped", None),
        Some(Derived::LabelVerified) => ("☑️", "verified", Some(Color::Green)),
        Some(Derived::LabelPrelabeled) => ("🤖", "prelabeled", None),
        Some(Derived::LabelStarted) => ("✍️", "started", None),
        _ if event_type == KnownType::LabelDeleted => ("🗑️", "deleted", Some(Color::Grey)),
        _ => ("✏️", "updated", None),
    };
    // A verdict is on the sample; "started", "deleted" and "updated" are said of the work.
    let before = match (verb, &subject) {
        ("started", Some(_)) => "Labeling of",
        ("started", None) => "Labeling",
        ("deleted" | "updated", Some(_)) => "Label of",
        ("deleted" | "updated", None) => "Label",
        (_, Some(_)) => "",
        (_, None) => "Sample",
    };
    let rejected = verb == "rejected";
    let actor = news.event.actor().filter(|_| verb != "deleted");
    let other = |name: &Option<String>| person(name.as_deref().filter(|name| Some(*name) != actor));
    let labeler = other(&label.created_by);
    let mut remarks = remarks(verb, label);
    remarks.extend(labeler.as_ref().filter(|_| rejected).map(|labeler| format!("labeled by {labeler}")));
    let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
    let after = format!("{verb}{}{remarks}", NameStyle::Plain.asked(news.asked_by.as_ref(), actor));
    Story {
        emoji,
        color,
        brief: !rejected,
        body: rejected.then(|| block_kit::section(&consequence(label))).into_iter().collect(),
        fields: vec![
            ("Labeled by", labeler.filter(|_| !rejected)),
            ("Reviewed by", other(&label.reviewed_by)),
            ("Type", label.label_type.as_deref().map(spoken)),
        ],
        page: subject.as_ref().and_then(|subject| subject.url.clone()),
        sentence: Sentence { before: before.to_owned(), subject, after },
        ..Story::default()
    }
}

/// What matters about some labels: "rating 4", "labelset model-v14".
fn remarks(verb: &str, label: &Label) -> Vec<String> {
    let status = label.status.as_deref().filter(|_| verb == "updated").map(spoken);
    let rating = label.rating.filter(|_| matches!(verb, "reviewed" | "rejected" | "verified"));
    let score = label.score.filter(|_| verb == "prelabeled");
    let labelset = label.labelset.as_deref().filter(|labelset| *labelset != GROUND_TRUTH);
    let remarks = [
        status.filter(|status| !status.is_empty()),
        rating.map(|rating| format!("rating {}", decimal(rating))),
        score.map(|score| format!("score {}", decimal(score))),
        known(labelset, LABELSET).map(|labelset| format!("labelset {labelset}")),
    ];
    remarks.into_iter().flatten().collect()
}

/// What a rejection means: <https://docs.segments.ai/guides/manage-qa-processes>.
fn consequence(label: &Label) -> String {
    match person(label.created_by.as_deref()) {
        Some(labeler) => format!("It comes first in {labeler}'s labeling queue now, until it is corrected."),
        None => "It comes first in its labeler's queue now, until it is corrected.".to_owned(),
    }
}
