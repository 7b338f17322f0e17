//! Reads one dataset: a pattern, or the address of a page of the web app.

use crate::model::page::Address;
use crate::model::{DatasetPattern, Glob};

/// Whether a word stands for a dataset: it has a slash, or is an address.
pub(super) fn looks_like_dataset(text: &str) -> bool {
    text.contains('/')
}

/// Reads `owner/name`, `*`, or the address of a dataset or of anything in it; else gives what may have been meant.
pub(super) fn read_dataset(text: &str) -> Result<DatasetPattern, Vec<String>> {
    match Address::read(text, None) {
        Address::Page(page) => {
            return Ok(DatasetPattern { owner: Glob::new(page.owner), name: Glob::new(page.name) });
        }
        Address::Other => return Err(Vec::new()),
        Address::Elsewhere => {}
    }
    let trimmed = if text.matches('/').count() > 1 { text.trim_end_matches('/') } else { text };
    DatasetPattern::parse(trimmed).ok_or_else(|| {
        let sides: Vec<_> = trimmed.split('/').collect();
        let meant = match sides[..] {
            ["", name] if !name.is_empty() => DatasetPattern::parse(&format!("*/{name}")),
            [owner, ""] if !owner.is_empty() => DatasetPattern::parse(&format!("{owner}/*")),
            [owner, name, ..] if !text.contains("//") => DatasetPattern::parse(&format!("{owner}/{name}")),
            _ => None,
        };
        meant.iter().map(ToString::to_string).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_addresses_are_datasets() {
        for (typed, dataset) in [
            ("jane/flowers", "jane/flowers"),
            ("*/lidar-*", "*/lidar-*"),
            ("*/*", "*"),
            ("jane/花", "jane/花"),
            ("https://app.segments.ai/jane/flowers", "jane/flowers"),
            ("https://segments.ai/jane/flowers/", "jane/flowers"),
            ("HTTPS://App.Segments.ai/jane/flowers/samples/209b/ground-truth?readOnly=true#x", "jane/flowers"),
            ("app.segments.ai/jane/flowers", "jane/flowers"),
            ("https://app.segments.ai/jane/my%20flowers%E8%8A%B1", "\"jane/my flowers花\""),
            ("segments.ai/flowers", "segments.ai/flowers"),
        ] {
            assert_eq!(read_dataset(typed).unwrap().to_string(), dataset, "{typed}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for (typed, meant) in [
            ("flowers", &[][..]),
            ("/flowers", &["*/flowers"]),
            ("jane/", &["jane/*"]),
            ("jane/flowers/samples", &["jane/flowers"]),
            ("https://segments.ai/account", &[]),
            ("https://example.com/jane/flowers", &[]),
            ("https://app.segments.ai/jane/a%2Fb", &[]),
            ("/", &[]),
        ] {
            assert_eq!(read_dataset(typed).unwrap_err(), meant, "{typed}");
        }
    }
}
