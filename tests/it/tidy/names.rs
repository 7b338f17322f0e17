//! Finds names that say too little: one type name for two types, constants without a subject, and long test names.

use super::read::{Item, Source, item, top_level_items};
use std::collections::BTreeMap;

/// The most characters in the name of a test.
const MAX_TEST_NAME_LENGTH: usize = 60;

/// The types of constants that bound something.
const BOUND_TYPES: [&str; 10] = ["u8", "u16", "u32", "u64", "usize", "i32", "i64", "f64", "Duration", "SignedDuration"];

/// Single words that say nothing about their subject.
const VAGUE_WORDS: [&str; 9] = ["NAME", "FORM", "TITLE", "LINE", "KIND", "NOTICE", "TEXT", "MORE", "GONE"];

/// Names of visible types that more than one file defines, outside the sandbox. Each CLI command has its `Arguments`.
pub(super) fn types_defined_twice(sources: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("sandbox/")) {
        let types = top_level_items(&source.code).into_iter().filter(|item| {
            let is_arguments = item.name == "Arguments" && source.path.starts_with("cli/");
            item.is_public && !is_arguments && ["struct", "enum", "trait", "type"].contains(&item.kind.as_str())
        });
        types.for_each(|item| *places.entry(item.name).or_default() += 1);
    }
    places.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

/// Constants whose name does not say what they bound or name: `path: NAME NAME` for each file that has some.
///
/// A number or a length of time needs at least two words. Other constants may be single words, but not vague ones.
pub(super) fn unqualified_constants(sources: &[Source]) -> Vec<String> {
    let in_file = |source: &Source| {
        let is_unqualified = |line: &&str| item(line).is_some_and(|item| is_unqualified(&item, line));
        let found = source.code.lines().filter(is_unqualified).filter_map(item).map(|item| item.name);
        let found: Vec<String> = found.collect();
        (!found.is_empty()).then(|| format!("{}: {}", source.path, found.join(" ")))
    };
    sources.iter().filter_map(in_file).collect()
}

fn is_unqualified(item: &Item, line: &str) -> bool {
    let is_constant = ["const", "static"].contains(&item.kind.as_str());
    let is_single_word = item.name != "_" && !item.name.contains('_');
    let type_name = line.split_once(&format!("{}: ", item.name)).map_or("", |(_, after)| after);
    let type_name = type_name.split([' ', ';']).next().unwrap_or_default();
    is_constant && is_single_word && (BOUND_TYPES.contains(&type_name) || VAGUE_WORDS.contains(&item.name.as_str()))
}

/// Names of tests that are too long to be read in a list.
pub(super) fn long_test_names(text: &str) -> Vec<String> {
    let (mut found, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(item) = item(line).filter(|item| item.kind == "fn")
            && std::mem::take(&mut is_test)
            && item.name.len() > MAX_TEST_NAME_LENGTH
        {
            found.push(item.name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Vec<Source> {
        files.iter().map(|(path, text)| Source::new(path, text)).collect()
    }

    #[test]
    fn a_type_name_in_two_files_is_found() {
        let found = sources(&[
            ("app/a.rs", "pub struct Reach(u8);\npub(super) enum Only {}\nstruct Hidden;"),
            ("cli/b.rs", "pub(crate) type Reach = u8;\npub struct Arguments;\nstruct Hidden;"),
            ("cli/c.rs", "pub struct Arguments;\npub fn only() {}\nimpl A {\n    pub type Only = u8;\n}"),
            ("sandbox/d.rs", "pub struct Only;"),
        ]);
        assert_eq!(types_defined_twice(&found), ["Reach"]);
    }

    #[test]
    fn a_bound_or_vague_constant_of_one_word_is_found() {
        let found = sources(&[
            (
                "app/a.rs",
                "const LIMIT: Duration = Duration::ZERO;\npub(super) static NAME: &str = \"\";\nconst _: u8 = 1;",
            ),
            ("app/b.rs", "pub const MAX_TRIES: u8 = 1;\nconst fn f() {}\nimpl A {\n    pub const MOST: u8 = 1;\n}"),
            ("app/c.rs", "const SCOPES: [&str; 1] = [\"\"];\npub const CALLBACK: &str = \"\";"),
        ]);
        assert_eq!(unqualified_constants(&found), ["app/a.rs: LIMIT NAME", "app/b.rs: MOST"]);
    }

    #[test]
    fn a_test_name_of_more_than_60_characters_is_found() {
        let name = |length| "x".repeat(length);
        let of = |attribute, length| format!("{attribute}\nasync fn {}() {{\n", name(length));
        assert_eq!(long_test_names(&of("#[test]", 60)), [""; 0]);
        assert_eq!(long_test_names(&of("#[test]", 61)), [name(61)]);
        assert_eq!(long_test_names(&of("    #[tokio::test(start_paused = true)]", 61)), [name(61)]);
        assert_eq!(long_test_names(&of("#[must_use]", 61)), [""; 0]);
        assert_eq!(long_test_names(&format!("{}{}", of("#[test]", 9), of("", 61))), [""; 0]);
    }
}
