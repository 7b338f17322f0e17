//! What was probably meant: the words valid at a place that are nearest to the one that is not.

use super::words::Word;
use super::{CommandError, Problem};

/// A normalised command and its words, for pointing at mistakes.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) words: &'a [Word],
}

impl Line<'_> {
    /// A mistake in a word, and what might stand in its place.
    pub(super) fn mistake(&self, word: &Word, problem: Problem, instead: &[String]) -> CommandError {
        CommandError {
            token: self.source(word).chars().take(100).collect(),
            problem,
            corrections: instead.iter().map(|instead| self.with(word.range.clone(), instead)).collect(),
        }
    }

    /// Something that is missing, and what might stand at the place of the second word.
    pub(super) fn missing(&self, problem: Problem, inserted: &[&str]) -> CommandError {
        let at = self.words.first().map_or(0, |verb| verb.range.end);
        let corrections = inserted.iter().map(|inserted| self.with(at..at, &format!(" {inserted}"))).collect();
        CommandError { token: String::new(), problem, corrections }
    }

    /// A word that has no place: without it the command is right.
    pub(super) fn unexpected(&self, word: &Word) -> CommandError {
        self.mistake(word, Problem::Unexpected, &[String::new()])
    }

    /// Finds the first word past `allowed` ones.
    pub(super) fn ends_after(&self, allowed: usize) -> Result<(), CommandError> {
        self.words.get(allowed).map_or(Ok(()), |word| Err(self.unexpected(word)))
    }

    /// A word as it was typed.
    pub(super) fn source(&self, word: &Word) -> &str {
        &self.text[word.range.clone()]
    }

    /// The whole command with something else in one place.
    pub(super) fn with(&self, range: std::ops::Range<usize>, instead: &str) -> String {
        let (before, after) = (&self.text[..range.start], &self.text[range.end..]);
        let before = if instead.is_empty() { before.trim_end() } else { before };
        format!("/segments {before}{instead}{after}").trim_end().to_owned()
    }
}

/// The candidates that are nearest to a mistyped word, near enough to be meant; at most three, usually one or none.
pub(super) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let length = typed.chars().count();
    if length > 60 {
        return Vec::new();
    }
    let typed = typed.to_ascii_lowercase();
    let allowed = length.div_ceil(4).min(3);
    let mut found: Vec<&str> = Vec::new();
    let mut least = allowed;
    for candidate in candidates {
        let begun = length >= 3 && candidate.starts_with(&typed);
        let distance = if begun { 1 } else { strsim::damerau_levenshtein(&typed, candidate) };
        if distance < least {
            found.clear();
            least = distance;
        }
        if distance == least && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found.into_iter().take(3).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_only_if_it_is_near() {
        let verbs = ["subscribe", "unsubscribe", "list", "status", "set"];
        for (typed, meant) in [
            ("subscirbe", &["subscribe"][..]),
            ("stat", &["status"]),
            ("lits", &["list"]),
            ("nsubscribe", &["unsubscribe", "subscribe"]),
            ("flowers", &[]),
            ("", &[]),
        ] {
            let mut found = nearest(typed, verbs);
            found.sort_by_key(|word| std::cmp::Reverse(word.len()));
            assert_eq!(found, meant, "{typed}");
        }
        assert!(nearest(&"x".repeat(10_000), verbs).is_empty());
    }
}
