//! The address of a page in the Segments.ai web app, read back to what it shows.

use super::object::DatasetName;

/// The hosts of the web app, now and before, that every address is compared with.
const HOSTS: [&str; 3] = ["app.segments.ai", "www.segments.ai", "segments.ai"];
/// A longer address is none that the web app gives.
const LONGEST: usize = 3_000;

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Somewhere else, or it is no address.
    Elsewhere,
    /// A page of the web app that belongs to no dataset.
    Other,
    /// A dataset, or a page in it.
    Page(Page),
}

/// A dataset's page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// The dataset's owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The sample that the page shows.
    pub sample: Option<SamplePage>,
}

/// A sample in the editor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SamplePage {
    /// The sample's id.
    pub uuid: String,
    /// The labelset that it is shown with.
    pub labelset: Option<String>,
}

impl Address {
    /// Reads an address, with or without its scheme; `own_host` is where the web app lives besides its usual hosts.
    pub fn read(text: &str, own_host: Option<&str>) -> Self {
        let Some(path) = path(text, own_host) else { return Self::Elsewhere };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let parts = path.split('/').filter(|part| !part.is_empty()).map(percent_decoded);
        let mut parts = parts.map(|part| (!part.contains('/') && !part.contains(char::is_control)).then_some(part));
        let (Some(Some(owner)), Some(Some(name))) = (parts.next(), parts.next()) else { return Self::Other };
        let sample = match (parts.next().flatten().as_deref(), parts.next().flatten()) {
            (Some("samples"), Some(uuid)) => Some(SamplePage { uuid, labelset: parts.next().flatten() }),
            _ => None,
        };
        Self::Page(Page { owner, name, sample })
    }
}

impl Page {
    /// The dataset's full name, if it can be one.
    pub fn dataset(&self) -> Option<DatasetName> {
        DatasetName::parse(&format!("{}/{}", self.owner, self.name))
    }
}

/// What stands after the host in an address of the web app.
fn path<'a>(text: &'a str, own_host: Option<&str>) -> Option<&'a str> {
    if text.len() > LONGEST {
        return None;
    }
    let scheme = ["https://", "http://"].into_iter().find(|scheme| starts_with_any_case(text, scheme));
    let rest = &text[scheme.map_or(0, str::len)..];
    let (host, path) = rest.split_once('/')?;
    let known = HOSTS.into_iter().chain(own_host).any(|known| host.eq_ignore_ascii_case(known));
    // Without a scheme and with one slash, it is an owner of that name.
    (known && (scheme.is_some() || path.contains('/'))).then_some(path)
}

fn starts_with_any_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

fn percent_decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).filter(|_| first == b'%');
        let byte = hex.filter(|hex| !hex.starts_with('+')).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an address leads to, its parts side by side.
    fn read(text: &str) -> Option<String> {
        let Address::Page(page) = Address::read(text, Some("segments.example.com:8443")) else { return None };
        let sample = page.sample.iter().flat_map(|sample| [Some(sample.uuid.clone()), sample.labelset.clone()]);
        let parts = [Some(page.dataset()?.to_string())].into_iter().chain(sample).flatten();
        Some(parts.collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn dataset_and_sample_links_are_read_from_old_new_and_own_hosts() {
        for (address, leads_to) in [
            ("https://app.segments.ai/jane/flowers", "jane/flowers"),
            ("http://segments.ai/jane/flowers/", "jane/flowers"),
            ("https://app.segments.ai/jane/flowers/samples?q=rose", "jane/flowers"),
            ("https://app.segments.ai/jane/flowers/settings/labeling", "jane/flowers"),
            ("https://segments.example.com:8443/jane/flowers#top", "jane/flowers"),
            (
                "https://APP.segments.ai/jane/my%20flowers/samples/209b-1/ground-truth?readOnly=true&track=1",
                "jane/my flowers | 209b-1 | ground-truth",
            ),
            ("https://segments.ai/jane/my%20flowers/samples/209b-1", "jane/my flowers | 209b-1"),
        ] {
            assert_eq!(read(address).as_deref(), Some(leads_to), "{address}");
        }
    }

    #[test]
    fn what_is_elsewhere_or_of_no_dataset_is_told_apart() {
        for elsewhere in [
            "https://example.com/jane/flowers",
            "https://app.segments.ai.example.com/jane/flowers",
            "https://user@app.segments.ai/jane/flowers",
            "https://segments.example.com/jane/flowers",
            "jane/flowers",
            "ftp://segments.ai/jane/flowers",
            "",
        ] {
            assert_eq!(Address::read(elsewhere, Some("segments.example.com:8443")), Address::Elsewhere, "{elsewhere}");
        }
        for other in ["https://segments.ai/account", "https://segments.ai/", "https://app.segments.ai/jane/a%2Fb"] {
            assert_eq!(Address::read(other, None), Address::Other, "{other}");
        }
    }
}
