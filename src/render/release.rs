//! News of a release.

use super::dataset::description;
use super::format::{count, known, spoken};
use super::story::{LinkedName, Sentence, Story};
use super::urls::UrlBuilder;
use crate::model::object::Release;
use crate::model::{News, Object};

/// The longest shown name of a release.
const NAME: usize = 150;

pub(super) fn story(news: &News, urls: &UrlBuilder) -> Story {
    let nothing = Release::default();
    let release = match &news.event.object {
        Object::Release(release) => release,
        _ => &nothing,
    };
    let page = news.event.dataset.as_ref().and_then(|dataset| urls.releases(dataset));
    let subject = known(release.name.as_deref(), NAME).map(|label| LinkedName { label, url: page.clone() });
    let unusual = release.status.as_deref().filter(|status| *status != "SUCCEEDED").map(spoken);
    let after = match unusual.filter(|status| !status.is_empty()) {
        Some(status) => format!("created ({status})"),
        None => "created".to_owned(),
    };
    Story {
        emoji: "📦",
        sentence: Sentence { before: "Release".to_owned(), subject, after },
        body: description(release.description.as_deref()),
        details: release.samples_count.map(|samples| count(samples, "sample", "samples")).into_iter().collect(),
        page,
        ..Story::default()
    }
}
