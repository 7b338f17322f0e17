//! The corpus of the fuzz targets, played through what they try.

#[expect(unreachable_pub, reason = "it is a crate of its own, too")]
#[path = "../fuzz/src/lib.rs"]
mod tried;

use std::fs;
use std::path::{Path, PathBuf};

fn plays(folder: &str, through: fn(&[u8])) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: Vec<PathBuf> = fs::read_dir(top.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{folder} has {} files", files.len());
    for file in files {
        through(&fs::read(&file).unwrap());
    }
}

#[test]
fn commands_that_were_thought_of_are_read_or_refused() {
    plays("fuzz/corpus/command", tried::command);
}

#[test]
fn webhooks_that_were_thought_of_are_read_or_refused() {
    plays("fuzz/corpus/webhook", tried::webhook);
    plays("fixtures/payloads", tried::webhook);
}

#[test]
fn configurations_that_were_thought_of_are_read_or_refused() {
    plays("fuzz/corpus/config", tried::config);
}

#[test]
fn files_to_import_that_were_thought_of_are_read_or_refused() {
    plays("fuzz/corpus/import", tried::import);
}
