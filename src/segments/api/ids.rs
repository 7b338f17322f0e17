//! Names of things at Segments.ai, as far as they may stand in the path of a call.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A sample's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampleId(Uuid);

impl SampleId {
    /// Parses an id as Segments.ai writes it, with hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        hyphenated(text).map(Self)
    }
}

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An issue's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssueId(Uuid);

impl IssueId {
    /// Parses an id as Segments.ai writes it, with hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        hyphenated(text).map(Self)
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a user or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentsUsername(String);

impl SegmentsUsername {
    /// Parses a name of at most 150 characters.
    pub fn parse(text: &str) -> Option<Self> {
        names_a_part(text, 150).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a set of labels within a dataset, such as `ground-truth`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labelset(String);

impl Labelset {
    /// Parses a name of at most 255 characters.
    pub fn parse(text: &str) -> Option<Self> {
        names_a_part(text, 255).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hyphenated(text: &str) -> Option<Uuid> {
    // The other forms that the parser takes are of other lengths.
    Uuid::parse_str(text).ok().filter(|_| text.len() == 36)
}

fn names_a_part(text: &str, longest: usize) -> bool {
    is_path_part(text) && text.chars().count() <= longest && !text.contains(|c: char| c == '/' || c.is_control())
}

/// Whether a text can be one part of a path: no address leads to these others.
pub(super) fn is_path_part(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_in_the_one_form_that_segments_ai_writes() {
        let text = "5e60a1ab-0000-4000-8000-00000000002a";
        assert_eq!(IssueId::parse(text).unwrap().to_string(), text);
        for hostile in ["", "issue-1", "../user", &text.replace('-', ""), &format!("{{{text}}}"), &format!("{text}/")] {
            assert!(IssueId::parse(hostile).is_none() && SampleId::parse(hostile).is_none(), "{hostile}");
        }
    }

    #[test]
    fn a_name_that_would_lead_elsewhere_is_refused() {
        for hostile in ["", ".", "..", "a/b", "a\nb", &"a".repeat(300)] {
            assert!(SegmentsUsername::parse(hostile).is_none() && Labelset::parse(hostile).is_none(), "{hostile}");
        }
        assert_eq!(SegmentsUsername::parse("jürgen %2F?").unwrap().as_str(), "jürgen %2F?");
    }
}
