//! The shape of the source: one-way arrows, no circles, short files, a core without I/O or time, and plain names and words.

mod allowed;
mod circles;
mod comments;
mod names;
mod phrases;
mod read;

use read::{Source, branches, code};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module uses only what stands before it.
const ORDER: [&str; 16] = [
    "model", "clock", "config", "mac", "metrics", "segments", "slack", "render", "routing", "vault", "store",
    "delivery", "app", "http", "sandbox", "cli",
];

/// Modules that neither do I/O nor ask for the time.
const PURE: [&str; 15] = [
    "model",
    "render",
    "routing",
    "slack/accounts",
    "slack/acts",
    "slack/command",
    "slack/interaction",
    "slack/form",
    "slack/socket_mode",
    "delivery/plan",
    "delivery/pace",
    "delivery/enrichment",
    "delivery/retry",
    "app/subscriptions/export_file",
    "cli/doctor/judge",
];

const MAX_FILE_LINES: usize = 400;

/// Complaints about one file; its path is relative to the top level.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if text.lines().count() > MAX_FILE_LINES {
        complaints.push(format!("{path} has more than {MAX_FILE_LINES} lines"));
    }
    if !text.starts_with("//! ") {
        complaints.push(format!("{path} does not say in its first line what it is"));
    }
    if let Some(inside) = path.strip_prefix("src/") {
        let code = code(text);
        complaints
            .extend(backward(inside, &code).into_iter().map(|to| format!("{path} uses `{to}`, which is below it")));
        complaints.extend(impure(inside, &code).into_iter().map(|word| format!("{path} is pure but says `{word}`")));
    }
    complaints
}

/// Modules that a file uses although they stand below its own.
fn backward<'a>(path: &str, code: &'a str) -> Vec<&'a str> {
    let own = path.split(['/', '.']).next().unwrap_or_default();
    let Some(place) = ORDER.iter().position(|module| *module == own) else { return Vec::new() };
    uses(code).into_iter().filter(|used| ORDER[place + 1..].contains(used)).collect()
}

/// The top-level modules behind every `crate::`, also in braces.
fn uses(code: &str) -> Vec<&str> {
    let paths = code.split("crate::").skip(1);
    let branches = paths.flat_map(|path| path.strip_prefix('{').map_or_else(|| vec![path], branches));
    branches.map(first_word).collect()
}

fn first_word(text: &str) -> &str {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next().unwrap_or_default()
}

/// Words that have no place in a pure module.
fn impure(path: &str, code: &str) -> Vec<&'static str> {
    let pure =
        PURE.iter().any(|module| path.strip_prefix(module).is_some_and(|rest| rest.starts_with('/') || rest == ".rs"));
    let words = ["tokio::", "std::fs", "std::net", "Clock", ".now()"];
    words.into_iter().filter(|word| pure && code.contains(word)).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All Rust files below a folder of the project, in order; their paths are relative to that folder.
fn read_sources(folder: &str) -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    sources(&folder, &mut files);
    files.sort();
    assert!(files.len() > 20, "the source was not found");
    let read = |path: &PathBuf| {
        Source::new(path.strip_prefix(&folder).unwrap().to_str().unwrap(), &fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}

#[test]
fn every_source_file_is_tidy() {
    let in_folder = |folder: &str| -> Vec<String> {
        let sources = read_sources(folder).into_iter();
        sources.flat_map(|Source { path, text, .. }| complaints(&format!("{folder}/{path}"), &text)).collect()
    };
    let complaints = [in_folder("src"), in_folder("tests")].concat();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_eq!(circles::circles(&read_sources("src")), allowed::CIRCLES);
}

#[test]
fn no_two_types_have_one_name() {
    assert_eq!(names::types_defined_twice(&read_sources("src")), allowed::TYPES);
}

#[test]
fn constants_say_what_they_bound() {
    assert_eq!(names::unqualified_constants(&read_sources("src")), allowed::CONSTANTS);
}

#[test]
fn test_names_are_short() {
    let sources = [read_sources("src"), read_sources("tests")].concat();
    let long: Vec<String> = sources.iter().flat_map(|source| names::long_test_names(&source.text)).collect();
    assert_eq!(long, [""; 0]);
}

/// Where a number got lower, lower it in `allowed` too.
#[test]
fn doc_comments_are_sentences_that_begin_with_their_subject() {
    let sources = read_sources("src");
    assert_eq!(comments::single_words(&sources), BTreeMap::from(allowed::SINGLE_WORDS), "single words");
    assert_eq!(comments::clauses(&sources), BTreeMap::from(allowed::CLAUSES), "clauses");
}

#[test]
fn texts_have_no_banned_phrases() {
    let sources = read_sources("src");
    let found = sources.iter().filter(|source| !phrases::banned_in_literals(&source.code).is_empty());
    let found: Vec<&str> = found.map(|source| source.path.as_str()).collect();
    assert_eq!(found, allowed::TEXTS);
}

#[test]
fn documents_have_no_banned_phrases_and_no_long_sentences() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(top.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    // The style guide quotes what it bans.
    let docs = docs.filter(|path| !path.ends_with("style.md"));
    let at_the_top = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"].map(|name| top.join(name));
    let complaints = docs.chain(at_the_top).flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(top).unwrap().display().to_string();
        let banned = phrases::banned(&text).into_iter().map(|phrase| format!("{name}: {phrase}")).collect::<Vec<_>>();
        let long = phrases::long_sentences(&text).into_iter().map(|sentence| format!("{name}: {sentence}"));
        banned.into_iter().chain(long).collect::<Vec<_>>()
    });
    let mut complaints: Vec<String> = complaints.collect();
    complaints.sort();
    assert_eq!(complaints, allowed::DOCUMENTS);
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(top).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        assert!(ORDER.contains(&module) || ["lib", "main"].contains(&module), "`{module}` has no place");
    }
}

#[test]
fn an_arrow_that_points_back_is_found_however_it_is_written() {
    for line in [
        "use crate::app::App;",
        "use crate::{clock::Clock, app::App};",
        "use crate::{\n    clock::{Clock, later},\n    app,\n};",
        "fn open() -> crate::app::App {",
    ] {
        assert_eq!(backward("store/sled/mod.rs", &code(line)), ["app"], "{line}");
    }
}

#[test]
fn forward_arrows_comments_and_tests_are_fine() {
    for text in [
        "use crate::model::Lane;",
        "use crate::{model::{app, Lane}};\nfn f(a: u8, app: u8) {}",
        "// crate::app does that",
        "struct A;\n#[cfg(test)]\nmod tests {\n    use crate::app::App;\n}",
    ] {
        assert_eq!(backward("store/mod.rs", &code(text)), [""; 0], "{text}");
    }
}

#[test]
fn a_long_file_and_a_file_without_a_line_on_top_are_found() {
    assert_eq!(complaints("tests/it/x.rs", &"//! A line.\n".repeat(MAX_FILE_LINES)), [""; 0]);
    assert_eq!(complaints("tests/it/x.rs", &"//! A line.\n".repeat(MAX_FILE_LINES + 1)).len(), 1);
    assert_eq!(complaints("src/app/x.rs", "use std::fmt;").len(), 1);
}

#[test]
fn a_pure_module_that_does_io_or_asks_for_the_time_is_found() {
    assert_eq!(impure("render/kit.rs", "let now = clock.now();"), [".now()"]);
    assert_eq!(impure("delivery/plan.rs", "use tokio::time::sleep;"), ["tokio::"]);
    assert_eq!(impure("delivery/mod.rs", "use tokio::time::sleep;"), [""; 0]);
    assert_eq!(impure("delivery/planner.rs", "use tokio::time::sleep;"), [""; 0]);
}
