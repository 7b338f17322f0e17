//! What sled leaves to us of keeping its promise: emptying the disk's cache, and noticing a log that was cut short.
//!
//! sled takes a damaged page in its log for the end of it, and opens with what came before. So the number of batches
//! that are on disk is also kept beside the log: a log that knows of fewer has lost some.

use super::keys::RecordKey;
use super::open::damaged;
use super::open_errors::{refused, unopened};
use crate::store::{Durability, StoreError};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The files of an open store that are written and synced past sled.
pub(super) struct Disk {
    written: u64,
    files: Option<Files>,
}

struct Files {
    log: File,
    witness: File,
}

impl Disk {
    /// Opens the files beside an opened log, and compares them.
    pub(super) fn open(folder: &Path, db: &sled::Db, durability: Durability) -> Result<Self, StoreError> {
        let written = db.get(RecordKey::written().bytes());
        let written = written.map_err(|error| refused(folder, format!("cannot be opened: {error}")))?;
        let written = written.as_deref().map_or(0, number);
        let witness = folder.join("witness");
        let witnessed = std::fs::read(&witness).map_or(0, |bytes| number(&bytes));
        if written < witnessed {
            return Err(damaged(folder, &format!("of {witnessed} writes it has only {written}")));
        }
        let open = || {
            let witness = OpenOptions::new().write(true).create(true).truncate(false).open(witness)?;
            Ok::<_, io::Error>(Files { log: File::open(folder.join("db"))?, witness })
        };
        // Without a sync before it, the witness could reach the disk before the log does.
        let files = (durability == Durability::PowerLoss).then(open).transpose();
        let files = files.map_err(|error| unopened(folder, &error))?;
        Ok(Self { written, files })
    }

    /// How many batches the log holds.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Has the disk keep what sled flushed: its own flush does not empty the disk's cache.
    pub(super) fn sync(&self, written: u64) -> io::Result<()> {
        let Some(Files { log, witness }) = &self.files else { return Ok(()) };
        log.sync_data()?;
        witness.write_all_at(&written.to_be_bytes(), 0)
    }
}

/// A number as it is stored; anything else counts as none.
fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}
