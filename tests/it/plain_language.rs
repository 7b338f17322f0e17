//! The language of the messages that people read: every reply has a snapshot, and snapshots hold short, plain sentences.

use std::fs;
use std::path::{Path, PathBuf};

/// The most words of a sentence.
const MAX_WORDS: usize = 30;

/// Phrases that the style guide rules out, in lower case.
const BANNED: [&str; 31] = [
    "whoever",
    "whatever",
    "so many",
    "so long",
    "of late",
    "anew",
    "for ever",
    "meanwhile",
    "that holds",
    "what comes of it",
    "what became of",
    "is told",
    "are told",
    "goes on",
    "comes to rest",
    "no more of that",
    "seen closely",
    "any more",
    "all the same",
    "somebody",
    "is to go",
    "stands for",
    "where it stands",
    "where you have to act",
    "does not take",
    "takes no",
    "takes nothing",
    "if it stays so",
    " mend ",
    "given up",
    "cannot be asked",
];

/// Folders with snapshots of what people read in Slack; the others hold what a machine reads.
const SNAPSHOTS: [&str; 5] =
    ["replies/snapshots", "acting/snapshots", "connect/snapshots", "home/snapshots", "snapshots"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

/// The text of a line without code, links and dates, each of which counts as one word.
fn readable(line: &str) -> String {
    let outside_code = line.split('`').enumerate().map(|(place, part)| if place % 2 == 0 { part } else { "code" });
    let mut text = String::new();
    for (place, part) in outside_code.collect::<String>().split('<').enumerate() {
        match part.split_once('>') {
            Some((link, rest)) if place > 0 => {
                text.push_str(link.split_once('|').map_or("link", |(_, label)| label));
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// The sentences of a line: parts of a list are sentences of their own.
fn sentences(line: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let text = readable(line);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends = matches!(letter, '.' | '!' | '?' | ':') && letters.peek().is_none_or(|next| next.is_whitespace());
        if ends || matches!(letter, '·' | '|' | '—' | '[' | ']' | ';') {
            sentences.push(String::new());
        } else if let Some(last) = sentences.last_mut() {
            last.push(letter);
        }
    }
    sentences
}

fn words(sentence: &str) -> usize {
    sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// Complaints about one line of a snapshot.
fn complaints(line: &str) -> Vec<String> {
    // A message's `text` runs its blocks together, and is checked as those.
    let is_summary = ["text:", "text  "].iter().any(|start| line.starts_with(start));
    let long = sentences(line).into_iter().filter(|sentence| !is_summary && words(sentence) > MAX_WORDS);
    let lower = line.to_lowercase();
    let banned = BANNED.iter().filter(|phrase| lower.contains(*phrase)).map(|phrase| format!("`{phrase}`: {line}"));
    long.map(|sentence| format!("{} words: {sentence}", words(&sentence))).chain(banned).collect()
}

/// The text of a snapshot below its header.
fn body(snapshot: &str) -> &str {
    snapshot.splitn(3, "---\n").nth(2).unwrap_or_default()
}

/// The inline snapshots of a test file.
fn inline(source: &str) -> Vec<&str> {
    source.split("assert_snapshot!(").skip(1).filter_map(|part| part.split("\"#").next()).collect()
}

#[test]
fn what_people_read_in_slack_is_plain() {
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for folder in SNAPSHOTS {
        texts.extend(files(&tests().join(folder), "snap").into_iter().map(|path| {
            let text = body(&fs::read_to_string(&path).unwrap()).to_owned();
            (path, text)
        }));
    }
    assert!(texts.len() > 50, "the snapshots were not found");
    let source = tests().join("replies/texts.rs");
    let inline = inline(&fs::read_to_string(&source).unwrap()).join("\n");
    assert!(inline.contains("Nothing was changed"), "the inline snapshots were not found");
    texts.push((source, inline));
    let mut wrong = Vec::new();
    for (path, text) in &texts {
        let name = path.file_name().unwrap().to_string_lossy();
        let lines = text.lines().filter(|line| !line.starts_with("##"));
        wrong.extend(lines.flat_map(complaints).map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_reply_is_in_a_snapshot() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render/reply");
    let mut names = Vec::new();
    for path in files(&source, "rs") {
        let text = fs::read_to_string(path).unwrap();
        let functions = text.lines().filter_map(|line| line.strip_prefix("pub fn "));
        names.extend(functions.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
    }
    assert!(names.len() > 90, "the replies were not found");
    let tests = files(&tests(), "rs").into_iter().map(|path| fs::read_to_string(path).unwrap());
    let snapshots: String = tests.filter(|text| text.contains("assert_snapshot!")).collect();
    names.retain(|name| !snapshots.contains(&format!("reply::{name}(")));
    assert!(names.is_empty(), "these replies are in no snapshot: {names:?}");
}

#[test]
fn long_sentences_and_banned_phrases_are_found() {
    assert_eq!(complaints("A plain sentence. And another: one more."), Vec::<String>::new());
    assert_eq!(complaints(&"word ".repeat(MAX_WORDS + 1)).len(), 1);
    assert_eq!(complaints(&format!("{}. {}.", "a ".repeat(20), "b ".repeat(20))), Vec::<String>::new());
    assert_eq!(complaints("Tell whoever runs this app.").len(), 1);
    assert_eq!(words(&readable("Type `/segments list all` in <#C1|here> now")), 5);
}
