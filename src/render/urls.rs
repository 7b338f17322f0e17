//! Addresses in the Segments.ai web app, and which image addresses Slack can fetch.

use crate::model::DatasetName;
use url::{Host, Url};

/// The labelset that people work in unless a label says another.
pub const GROUND_TRUTH: &str = "ground-truth";
/// Longer ids than this are none.
const LONGEST_ID: usize = 100;
/// The longest address that Slack takes.
const LONGEST_URL: usize = 3_000;

/// The web app, as a place to link into. Without a usable address there are no links, and names stand as text.
#[derive(Debug, Clone)]
pub struct UrlBuilder {
    base: Option<Url>,
}

impl UrlBuilder {
    /// Returns links below the web app's address.
    pub fn new(app_url: &str) -> Self {
        let base = Url::parse(app_url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        Self { base }
    }

    /// A dataset's overview, which everybody in it can open.
    pub fn dataset(&self, dataset: &DatasetName) -> Option<Url> {
        self.page(dataset, &[])
    }

    /// A dataset's releases.
    pub fn releases(&self, dataset: &DatasetName) -> Option<Url> {
        self.page(dataset, &["releases"])
    }

    /// A sample in the editor, read-only so that nobody edits by accident. Labelers and reviewers cannot open it.
    pub fn sample(&self, dataset: &DatasetName, uuid: &str, labelset: Option<&str>) -> Option<Url> {
        let labelset = labelset.filter(|name| !name.is_empty()).unwrap_or(GROUND_TRUTH);
        if uuid.is_empty() || uuid.len() > LONGEST_ID || labelset.len() > LONGEST_ID {
            return None;
        }
        let mut url = self.page(dataset, &["samples", uuid, labelset])?;
        url.set_query(Some("readOnly=true"));
        Some(url)
    }

    fn page(&self, dataset: &DatasetName, below: &[&str]) -> Option<Url> {
        let mut url = self.base.clone()?;
        let parts = [dataset.owner(), dataset.name()];
        url.path_segments_mut().ok()?.pop_if_empty().extend(parts).extend(below);
        (url.as_str().len() <= LONGEST_URL).then_some(url)
    }
}

/// An image that anybody can fetch: https, a host name, no query (signatures stand there), no credentials.
pub fn public_image(address: &str) -> Option<Url> {
    if address.len() > LONGEST_URL {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let named = matches!(url.host(), Some(Host::Domain(host)) if host.contains('.'));
    let open = url.query().is_none() && url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && named && open && url.as_str().len() <= LONGEST_URL).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(name: &str) -> DatasetName {
        DatasetName::parse(name).unwrap()
    }

    #[test]
    fn every_part_of_a_path_is_encoded() {
        let urls = UrlBuilder::new("https://app.segments.ai/");
        let url = urls.sample(&dataset("jane/über flowers?#"), "602a/3eec", Some("model v1")).unwrap();
        assert_eq!(
            url.as_str(),
            "https://app.segments.ai/jane/%C3%BCber%20flowers%3F%23/samples/602a%2F3eec/model%20v1?readOnly=true"
        );
        assert_eq!(urls.releases(&dataset("jane/flowers")).unwrap().path(), "/jane/flowers/releases");
    }

    #[test]
    fn there_is_no_link_without_an_address_to_link_to() {
        assert_eq!(UrlBuilder::new("").dataset(&dataset("jane/flowers")), None);
        assert_eq!(UrlBuilder::new("javascript:alert(1)").dataset(&dataset("jane/flowers")), None);
        assert_eq!(UrlBuilder::new("https://a.b").sample(&dataset("jane/flowers"), &"x".repeat(50_000), None), None);
    }

    #[test]
    fn only_images_that_anybody_can_fetch_are_shown() {
        assert!(public_image("https://images.example.com/rose.png").is_some());
        for private in [
            "s3://bucket/rose.png",
            "http://images.example.com/rose.png",
            "https://images.example.com/rose.png?X-Amz-Signature=1",
            "https://user:secret@images.example.com/rose.png",
            "https://localhost/rose.png",
            "https://10.0.0.1/rose.png",
            "rose.png",
        ] {
            assert_eq!(public_image(private), None, "{private}");
        }
    }
}
