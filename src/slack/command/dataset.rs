//! Reads one dataset: a pattern, or the address of a page of the web app.

use crate::model::{DatasetPattern, Glob};

/// Whether a word stands for a dataset: it has a slash, or is an address.
pub(super) fn looks_like_dataset(text: &str) -> bool {
    text.contains('/')
}

/// Reads `owner/name`, `*`, or the address of a dataset or of anything in it; else gives what may have been meant.
pub(super) fn read_dataset(text: &str) -> Result<DatasetPattern, Vec<String>> {
    if let Some(path) = path_of_page(text) {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut parts = path.split('/').filter(|part| !part.is_empty()).map(percent_decoded);
        let side = |part: Option<String>| {
            let part = part?;
            (!part.contains('/') && !part.contains(char::is_control)).then(|| Glob::new(part))
        };
        let (owner, name) = (side(parts.next()), side(parts.next()));
        return owner.zip(name).map(|(owner, name)| DatasetPattern { owner, name }).ok_or_else(Vec::new);
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

/// What stands after the host in an address of the web app, old or new.
fn path_of_page(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| starts_with_any_case(text, scheme));
    let rest = &text[scheme.map_or(0, str::len)..];
    let host = ["app.segments.ai/", "www.segments.ai/", "segments.ai/"]
        .into_iter()
        .find(|host| starts_with_any_case(rest, host))?;
    let path = &rest[host.len()..];
    // Without a scheme and with one slash, it is an owner of that name.
    (scheme.is_some() || path.contains('/')).then_some(path)
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
