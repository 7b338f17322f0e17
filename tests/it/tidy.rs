//! The shape of the source: one-way arrows, short files, a line on top of each, and a core without I/O or time.

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

const LONGEST_FILE: usize = 400;

/// Complaints about one file; its path is relative to the top level.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if text.lines().count() > LONGEST_FILE {
        complaints.push(format!("{path} has more than {LONGEST_FILE} lines"));
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

/// The text without comments and without the tests at its end.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
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

/// The parts of a list in braces whose opening brace was read already.
fn branches(list: &str) -> Vec<&str> {
    let (mut branches, mut start, mut depth) = (Vec::new(), 0, 0);
    for (place, letter) in list.char_indices() {
        if depth == 0 && matches!(letter, ',' | '}') {
            branches.push(list[start..place].trim());
            start = place + 1;
        }
        match letter {
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '{' => depth += 1,
            _ => {}
        }
    }
    branches
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

#[test]
fn every_source_file_is_tidy() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&top.join("src"), &mut files);
    sources(&top.join("tests"), &mut files);
    assert!(files.len() > 20, "the source was not found");
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|path| {
            complaints(path.strip_prefix(top).unwrap().to_str().unwrap(), &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
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
    assert_eq!(complaints("tests/it/x.rs", &"//! A line.\n".repeat(400)), [""; 0]);
    assert_eq!(complaints("tests/it/x.rs", &"//! A line.\n".repeat(401)).len(), 1);
    assert_eq!(complaints("src/app/x.rs", "use std::fmt;").len(), 1);
}

#[test]
fn a_pure_module_that_does_io_or_asks_for_the_time_is_found() {
    assert_eq!(impure("render/kit.rs", "let now = clock.now();"), [".now()"]);
    assert_eq!(impure("delivery/plan.rs", "use tokio::time::sleep;"), ["tokio::"]);
    assert_eq!(impure("delivery/mod.rs", "use tokio::time::sleep;"), [""; 0]);
    assert_eq!(impure("delivery/planner.rs", "use tokio::time::sleep;"), [""; 0]);
}
