//! Patterns over names: globs, and the datasets that a subscription selects.

use super::object::DatasetName;
use super::word::Written;
use serde::{Deserialize, Serialize};

/// A pattern of literal characters, `*` (any run) and `?` (any one character).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Glob(String);

impl Glob {
    /// Every text is a glob.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern is a plain text that only matches itself.
    pub fn is_literal(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether every text that `other` matches is matched too, as far as that is easily seen: never true by mistake.
    pub fn covers(&self, other: &Self) -> bool {
        self == other || (other.is_literal() || !self.0.contains('?')) && self.matches(&other.0)
    }

    /// Whether the whole text matches. Time is at most pattern × text; no recursion, no allocation.
    pub fn matches(&self, text: &str) -> bool {
        matches(&self.0, text, |expected, found| expected == found)
    }

    /// The same, without regard to case.
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        matches(&self.0, text, same_ignoring_case)
    }
}

/// Whether two characters differ at most in case.
pub fn same_ignoring_case(a: char, b: char) -> bool {
    a == b || a.eq_ignore_ascii_case(&b) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase().eq(b.to_lowercase()))
}

fn matches(pattern: &str, text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Behind the last `*`, and the text that it has not swallowed yet.
    let mut star = None;
    loop {
        let (mut pattern_after, mut text_after) = (pattern.clone(), text.clone());
        match (pattern_after.next(), text_after.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((pattern_after.clone(), text.clone()));
                pattern = pattern_after;
            }
            (Some(_), None) => return false,
            (Some(expected), Some(found)) if expected == '?' || same(expected, found) => {
                (pattern, text) = (pattern_after, text_after);
            }
            (_, Some(_)) => {
                let Some((after_star, unswallowed)) = &mut star else { return false };
                unswallowed.next();
                (pattern, text) = (after_star.clone(), unswallowed.clone());
            }
        }
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A glob over event names: `sample.*`, `*.deleted`, `*`, `label.rejected`.
pub type EventSelector = Glob;

/// The datasets of a subscription: `owner/name` with a glob on each side. Everything is written `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DatasetPattern {
    /// The side before the slash.
    pub owner: Glob,
    /// The side after the slash.
    pub name: Glob,
}

impl DatasetPattern {
    /// The pattern that every dataset matches, and every event that names none.
    pub fn everything() -> Self {
        Self { owner: Glob::new("*"), name: Glob::new("*") }
    }

    /// Reads `owner/name` or `*`; none if a side is empty or there is more than one slash.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::everything());
        }
        let (owner, name) = text.split_once('/')?;
        let fits = !owner.is_empty() && !name.is_empty() && !name.contains('/');
        fits.then(|| Self { owner: Glob::new(owner), name: Glob::new(name) })
    }

    /// The one dataset that is meant, if it is a name.
    pub fn only(&self) -> Option<DatasetName> {
        let one = self.owner.is_literal() && self.name.is_literal();
        one.then(|| DatasetName::parse(&format!("{}/{}", self.owner, self.name))).flatten()
    }

    /// Whether a dataset is meant. An event without a dataset is only meant by [`DatasetPattern::everything`].
    pub fn matches(&self, dataset: Option<&DatasetName>) -> bool {
        match dataset {
            Some(dataset) => self.owner.matches(dataset.owner()) && self.name.matches(dataset.name()),
            None => *self == Self::everything(),
        }
    }
}

impl std::fmt::Display for DatasetPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.owner.as_str(), self.name.as_str()) {
            ("*", "*") => f.write_str("*"),
            (owner, name) => Written(&format!("{owner}/{name}")).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_any_one_character() {
        for (glob, text, expected) in [
            ("sample.*", "sample.created", true),
            ("*.deleted", "sample.deleted", true),
            ("*", "", true),
            ("?", "", false),
            ("?", "🌷", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
        ] {
            assert_eq!(Glob::new(glob).matches(text), expected, "{glob} {text}");
        }
    }

    #[test]
    fn a_glob_covers_what_it_surely_matches_all_of() {
        for (wide, narrow, expected) in [
            ("*", "sample.*", true),
            ("sample.*", "sample.created", true),
            ("sample.*", "sample.c*", true),
            ("sample.?", "sample.*", false),
            ("sample.created", "sample.*", false),
        ] {
            assert_eq!(Glob::new(wide).covers(&Glob::new(narrow)), expected, "{wide} {narrow}");
        }
    }

    #[test]
    fn a_dataset_pattern_prints_as_it_is_read() {
        for text in ["jane/flowers", "jane/*", "*/lidar-*", "*"] {
            assert_eq!(DatasetPattern::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(DatasetPattern::parse("*/*"), Some(DatasetPattern::everything()));
        for text in ["flowers", "/flowers", "jane/", "a/b/c", ""] {
            assert_eq!(DatasetPattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_event_without_a_dataset_is_only_meant_by_everything() {
        assert!(DatasetPattern::everything().matches(None));
        assert!(!DatasetPattern::parse("*/flowers").unwrap().matches(None));
    }

    /// The definition, without regard to cost.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|swallowed| reference(rest, &text[swallowed..])),
            (['?', rest @ ..], [_, text @ ..]) => reference(rest, text),
            ([expected, rest @ ..], [found, text @ ..]) => expected == found && reference(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_glob_matches_what_its_definition_says(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = reference(&chars(&pattern), &chars(&text));
            let glob = Glob::new(pattern);
            prop_assert_eq!(glob.matches(&text), expected);
            prop_assert_eq!(glob.matches_ignoring_case(&text.to_uppercase()), expected);
        }
    }

    #[test]
    fn case_counts_only_where_it_should() {
        assert!(!Glob::new("Jane*").matches("jane1"));
        assert!(Glob::new("SØREN").matches_ignoring_case("søren"));
        assert!(!Glob::new("SØREN").matches_ignoring_case("soren"));
    }
}
