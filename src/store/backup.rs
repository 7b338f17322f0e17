//! A backup: every record as a line of JSON, between a line that says what it is and one that says what was in it; in
//! front of them, only if that is asked for, the keys that open its secrets.

mod file;
mod restore;

pub use file::{AutomaticBackup, BackupDraft, automatic_backups, check};
pub use restore::{RestoreError, restore};

use super::StoreError;
use super::record::{Export, ExportStep, Record};
use crate::model::Sealed;
use crate::vault::Vault;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

/// The version of the format: raised when an older program could misread what a newer one writes.
const FORMAT_VERSION: u32 = 1;
/// No line is longer, in bytes: a value in sled has at most 65,536 pieces of 4 KiB.
const MAX_LINE_BYTES: u64 = 512 * 1024 * 1024;

/// Why a backup was not made, or is none.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be written or read.
    #[error("could not open `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was written goes nowhere.
    #[error("could not write the backup")]
    Write(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store stopped in the middle.
    #[error("the store closed before the backup was complete")]
    Unfinished,
    /// There is such a file.
    #[error("`{}` already exists; name another file, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// It was told to stop.
    #[error("the backup was cancelled before it was complete")]
    Stopped,
    /// A line is not what it should be.
    #[error("line {line} {what}")]
    Line {
        /// Which, counted from 1.
        line: u64,
        /// What is wrong, in words that follow it.
        what: String,
    },
    /// The last line is missing.
    #[error("it is truncated after line {0}: the closing line is missing")]
    CutOff(u64),
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// When it was made.
    pub at: Timestamp,
    /// The version of the program that made it.
    pub program: String,
    /// How many records of each kind are in it.
    pub records: BTreeMap<String, u64>,
    /// How many things could not be read when it was made, and are not in it.
    pub unreadable: u64,
    /// Whether the keys are in it that open its secrets.
    pub has_keys: bool,
}

impl BackupSummary {
    /// How many records there are in all.
    pub fn total(&self) -> u64 {
        self.records.values().sum()
    }
}

/// A line that is no record: the first and the last, and the keys in front of both where they are to be in it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Edge {
    Keys { keys: String },
    Backup { format: u32, program: String, at: Timestamp },
    End { records: BTreeMap<String, u64>, unreadable: u64 },
}

/// The kind of any line.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// Writes the keys that open the secrets of what is written next: whoever has it then has all of them.
pub fn write_keys(keys: &Vault, to: &mut impl Write) -> Result<(), BackupError> {
    line(to, &Edge::Keys { keys: keys.to_text().expose_secret().to_owned() }).map(drop)
}

/// Writes everything that an export gives. Blocks; looks after each record whether it is to stop.
pub fn write(
    mut export: Export,
    at: Timestamp,
    to: &mut impl Write,
    stop: impl Fn() -> bool,
) -> Result<(), BackupError> {
    let program = env!("CARGO_PKG_VERSION").to_owned();
    line(to, &Edge::Backup { format: FORMAT_VERSION, program, at })?;
    let (mut records, mut unreadable) = (BTreeMap::<String, u64>::new(), 0);
    loop {
        if stop() {
            return Err(BackupError::Stopped);
        }
        match export.blocking_recv().ok_or(BackupError::Unfinished)?? {
            ExportStep::Record(record) => {
                let text = line(to, &record)?;
                let Tag { kind } = serde_json::from_slice(&text).expect("every record has its kind in front");
                match records.get_mut(&*kind) {
                    Some(count) => *count += 1,
                    None => drop(records.insert(kind.into_owned(), 1)),
                }
            }
            ExportStep::Unreadable => unreadable += 1,
            ExportStep::End => break,
        }
    }
    line(to, &Edge::End { records, unreadable })?;
    to.flush().map_err(BackupError::Write)
}

fn line(to: &mut impl Write, value: &impl Serialize) -> Result<Vec<u8>, BackupError> {
    let mut text = serde_json::to_vec(value).map_err(|error| BackupError::Write(error.into()))?;
    text.push(b'\n');
    to.write_all(&text).map_err(BackupError::Write)?;
    text.pop();
    Ok(text)
}

/// Reads a backup record by record, and at its end whether it is whole. Ends at the first thing that is wrong.
pub struct BackupReader<R> {
    from: R,
    line: u64,
    keys: Option<Vault>,
    /// What was read so far; with the last line it is complete.
    summary: BackupSummary,
    ended: bool,
}

impl<R: BufRead> BackupReader<R> {
    /// Reads what comes before the records.
    pub fn new(from: R) -> Result<Self, BackupError> {
        let summary = BackupSummary {
            at: Timestamp::UNIX_EPOCH,
            program: String::new(),
            records: BTreeMap::new(),
            unreadable: 0,
            has_keys: false,
        };
        let mut reader = Self { from, line: 0, keys: None, summary, ended: false };
        let no_backup = |line| BackupError::Line { line, what: "is not the header of a backup".to_owned() };
        let mut first = reader.text()?.ok_or_else(|| no_backup(1))?;
        if let Ok(Edge::Keys { keys }) = serde_json::from_slice(&first) {
            let keys = Vault::parse(SecretString::from(keys).expose_secret());
            reader.keys = Some(keys.map_err(|fault| reader.wrong(fault.to_string()))?);
            reader.summary.has_keys = true;
            first = reader.text()?.ok_or_else(|| no_backup(2))?;
        }
        match serde_json::from_slice(&first) {
            Ok(Edge::Backup { format: FORMAT_VERSION, program, at }) => {
                (reader.summary.program, reader.summary.at) = (program, at);
                Ok(reader)
            }
            Ok(Edge::Backup { format, program, .. }) => Err(reader.wrong(format!("declares backup format {format}, but this program reads format {FORMAT_VERSION}; use segments-slack {program}"))),
            _ => Err(no_backup(reader.line)),
        }
    }

    /// The keys that are in it.
    pub fn keys(&self) -> Option<&Vault> {
        self.keys.as_ref()
    }

    /// What the backup says of itself; to be asked when every record was read.
    pub fn summary(self) -> BackupSummary {
        self.summary
    }

    fn read(&mut self) -> Result<Option<Record>, BackupError> {
        let text = self.text()?.ok_or(BackupError::CutOff(self.line))?;
        let Ok(Tag { kind }) = serde_json::from_slice(&text) else {
            return Err(self.wrong("is not a backup record"));
        };
        if kind == "end" {
            return self.end(&text).map(|()| None);
        }
        match serde_json::from_slice::<Record>(&text) {
            Ok(record) => {
                let opens = |sealed: &Sealed| self.keys.as_ref().is_none_or(|keys| keys.opens(sealed));
                if let Some(sealed) = record.sealed().into_iter().find(|sealed| !opens(sealed)) {
                    return Err(self.wrong(format!(
                        "contains a secret that none of the keys in the backup can decrypt; its key is {}",
                        sealed.key
                    )));
                }
                *self.summary.records.entry(kind.into_owned()).or_default() += 1;
                Ok(Some(record))
            }
            Err(error) => Err(self.wrong(format!("is not a record that this version knows: {error}"))),
        }
    }

    fn end(&mut self, text: &[u8]) -> Result<(), BackupError> {
        let Ok(Edge::End { records, unreadable }) = serde_json::from_slice(text) else {
            return Err(self.wrong("is not a valid closing line"));
        };
        if records != self.summary.records {
            let counted = &self.summary.records;
            let kind = records.keys().chain(counted.keys()).find(|kind| records.get(*kind) != counted.get(*kind));
            let kind = kind.map_or("", String::as_str);
            let count = |of: &BTreeMap<String, u64>| of.get(kind).copied().unwrap_or_default();
            let (said, found) = (count(&records), count(counted));
            return Err(self.wrong(format!("declares {said} records of kind `{kind}`, but the backup has {found}")));
        }
        self.summary.unreadable = unreadable;
        if self.text()?.is_some() {
            return Err(self.wrong("comes after the closing line"));
        }
        Ok(())
    }

    /// The next line; none at the end. A line that does not end was cut off.
    fn text(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut text = Vec::new();
        let read = self.from.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text);
        if let Err(error) = read {
            return Err(BackupError::Line { line: self.line + 1, what: format!("cannot be read: {error}") });
        }
        if text.is_empty() {
            return Ok(None);
        }
        if text.pop() != Some(b'\n') {
            return Err(BackupError::CutOff(self.line));
        }
        self.line += 1;
        Ok(Some(text))
    }

    fn wrong(&self, what: impl Into<String>) -> BackupError {
        BackupError::Line { line: self.line, what: what.into() }
    }
}

impl<R: BufRead> Iterator for BackupReader<R> {
    type Item = Result<Record, BackupError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
