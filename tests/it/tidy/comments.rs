//! Finds doc comments that say too little or begin like a question.

use super::read::Source;
use std::collections::BTreeMap;

/// The first words of clauses that need a main clause to say anything.
const CLAUSE_OPENERS: [&str; 8] = ["What", "Whether", "Who", "How", "When", "So", "Where", "Why"];

/// Doc comments of a single word, counted for each top-level module.
pub(super) fn single_words(sources: &[Source]) -> BTreeMap<&str, usize> {
    count(sources, |comment| comment.split_whitespace().count() == 1)
}

/// Doc comments that begin with a clause opener, counted for each top-level module.
pub(super) fn clauses(sources: &[Source]) -> BTreeMap<&str, usize> {
    count(sources, |comment| {
        let first = comment.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        CLAUSE_OPENERS.contains(&first)
    })
}

fn count(sources: &[Source], is_counted: impl Fn(&str) -> bool) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for source in sources {
        let count = doc_comments(&source.text).iter().filter(|comment| is_counted(comment)).count();
        if count > 0 {
            let module = source.path.split(['/', '.']).next().unwrap_or_default();
            *counts.entry(module).or_default() += count;
        }
    }
    counts
}

/// The text of each doc comment, its lines joined.
fn doc_comments(text: &str) -> Vec<String> {
    let (mut comments, mut is_open) = (Vec::<String>::new(), false);
    for line in text.lines().map(str::trim_start) {
        match line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) {
            Some(words) if is_open => {
                let comment = comments.last_mut().expect("an open comment");
                comment.push(' ');
                comment.push_str(words.trim());
            }
            Some(words) => comments.push(words.trim().to_owned()),
            None => {}
        }
        is_open = line.starts_with("///") || line.starts_with("//!");
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_words_and_clauses_are_counted_for_each_module() {
        let text = "//! Reads.\n\n/// Which.\nstruct A;\n/// Reads\n/// all.\nfn f() {}\n\
                    /// Whether it is.\n    /// What it is.\n/// Whole.\n// So.\n";
        let sources = [Source::new("app/a.rs", text), Source::new("app.rs", "/// So: yes.\n"), Source::new("b.rs", "")];
        assert_eq!(single_words(&sources), BTreeMap::from([("app", 2)]));
        assert_eq!(clauses(&sources), BTreeMap::from([("app", 2)]));
    }
}
