//! News of a sample.

use super::format::{by, count, decimal, known, person};
use super::names::NameStyle;
use super::story::{LinkedName, Sentence, Story};
use super::urls::{UrlBuilder, public_image};
use super::{Color, changes};
use crate::model::event::KnownType;
use crate::model::object::Sample;
use crate::model::{DatasetName, News, Object};

/// The longest shown name of a sample.
const NAME: usize = 150;

pub(super) fn story(event_type: KnownType, news: &News, urls: &UrlBuilder) -> Story {
    let nothing = Sample::default();
    let sample = match &news.event.object {
        Object::Sample(sample) => sample,
        _ => &nothing,
    };
    let deleted = event_type == KnownType::SampleDeleted;
    let name = sample.name.as_deref().or(news.sample_name.as_deref());
    let subject = subject(name, sample.uuid.as_deref(), None, news.event.dataset.as_ref(), urls);
    let subject = subject.map(|subject| if deleted { LinkedName { url: None, ..subject } } else { subject });
    let assigned = news.assigns();
    let (emoji, after) = match event_type {
        KnownType::SampleCreated => ("🖼️", format!("created{}", by(sample.created_by.as_deref()))),
        KnownType::SampleDeleted => ("🗑️", "deleted".to_owned()),
        _ if assigned => {
            let asked = NameStyle::Plain.asked(news.asked_by.as_ref(), None);
            ("👤", format!("{}{asked}", assignment(news, sample)))
        }
        _ => ("✏️", changes::summary(&news.changes)),
    };
    Story {
        emoji,
        color: deleted.then_some(Color::Grey),
        brief: true,
        body: changes::list(&news.changes).filter(|_| !assigned).into_iter().collect(),
        fields: vec![
            ("Labeler", person(sample.assigned_labeler.as_deref())),
            ("Reviewer", person(sample.assigned_reviewer.as_deref())),
            ("Frames", sample.frames.map(|frames| count(frames.into(), "frame", "frames"))),
            ("Priority", sample.priority.filter(|priority| *priority != 0.0).map(decimal)),
        ],
        image: sample.image_url.as_deref().filter(|_| !deleted).and_then(public_image).map(|url| {
            let name = subject.as_ref().map_or("this sample", |subject| &subject.label);
            (url, format!("First image of {name}"))
        }),
        page: subject.as_ref().and_then(|subject| subject.url.clone()),
        sentence: Sentence { before: "Sample".to_owned(), subject, after },
        ..Story::default()
    }
}

/// A sample by its name, or by the beginning of its id; none if neither is known.
pub(super) fn subject(
    name: Option<&str>,
    uuid: Option<&str>,
    labelset: Option<&str>,
    dataset: Option<&DatasetName>,
    urls: &UrlBuilder,
) -> Option<LinkedName> {
    let short = || known(Some(&uuid?.chars().take(8).collect::<String>()), NAME);
    let url = dataset.zip(uuid).and_then(|(dataset, uuid)| urls.sample(dataset, uuid, labelset));
    known(name, NAME).or_else(short).map(|label| LinkedName { label, url })
}

/// "assigned to john for labeling and to ann for review": what changed, or everything when that is not known.
fn assignment(news: &News, sample: &Sample) -> String {
    let changed = |field: &str| news.changes.iter().any(|change| change.field == field);
    let all = !changed("assigned_labeler") && !changed("assigned_reviewer");
    let assigned = |field: &str, name: Option<&str>, purpose: &str| {
        let name = person(name).filter(|_| all || changed(field))?;
        Some(format!("to {name} {purpose}"))
    };
    let parts = [
        assigned("assigned_labeler", sample.assigned_labeler.as_deref(), "for labeling"),
        assigned("assigned_reviewer", sample.assigned_reviewer.as_deref(), "for review"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match (parts.is_empty(), all) {
        (false, _) => format!("assigned {}", parts.join(" and ")),
        (true, false) => "no longer assigned".to_owned(),
        (true, true) => "assigned anew".to_owned(),
    }
}
