//! Opening a folder: made if it is not there, refused if it is another's, newer or damaged; never overwritten.

use super::keys::Key;
use crate::store::StoreError;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// The version of the layout that this program writes and reads.
const SCHEMA: u32 = 1;
/// Memory for pages that were read, in bytes.
const CACHE: u64 = 64 * 1024 * 1024;
/// What to do with a damaged folder.
const KEEP_IT: &str = "keep the folder and restore a backup into a new one";
/// A file that says how a folder was found damaged: sled changes what it cannot read, and may open the rest next time.
const DAMAGED: &str = "damaged";
/// A file that is there until a new store is complete.
const UNFINISHED: &str = "unfinished";
/// How often the lock is tried, and how long apart: a program that has just ended may still be letting go.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Opens the store in a folder, or makes it.
pub(super) fn open(folder: &Path) -> Result<sled::Db, StoreError> {
    let refuse = |why: String| StoreError::DoesNotOpen(format!("the store in `{}` {why}", folder.display()));
    let failed = |error: &dyn std::error::Error| refuse(format!("does not open: {error}"));

    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failed(&error))?;
    if let Ok(found) = std::fs::read_to_string(folder.join(DAMAGED)) {
        return Err(damaged(folder, &found));
    }
    let unfinished = folder.join(UNFINISHED);
    let is_new = unfinished.exists() || length(&folder.join("db")) == 0 && length(&folder.join("conf")) == 0;
    if is_new {
        File::create(&unfinished).and_then(|file| file.sync_all()).map_err(|error| failed(&error))?;
    } else if let Some(damage) = damage(folder) {
        return Err(refuse(format!("is damaged: {damage}; {KEEP_IT}")));
    }

    let db = locked(folder)?;
    match schema(&db).map_err(|error| failed(&error))? {
        Some(SCHEMA) => {}
        Some(version) => {
            return Err(refuse(format!(
                "has version {version}, and this program reads {SCHEMA}; use the program that wrote it"
            )));
        }
        None if is_new => finish(&db, folder, &unfinished).map_err(|error| failed(&error))?,
        None => return Err(damaged(folder, "what says its version is lost")),
    }
    Ok(db)
}

/// Refuses a damaged folder, now and whenever it is tried again.
pub(super) fn damaged(folder: &Path, how: &str) -> StoreError {
    // A folder that this cannot be written to is not opened next time either.
    let _ = std::fs::write(folder.join(DAMAGED), how);
    StoreError::DoesNotOpen(format!("the store in `{}` is damaged: {how}; {KEEP_IT}", folder.display()))
}

/// Opens it in sled, which locks it.
fn locked(folder: &Path) -> Result<sled::Db, StoreError> {
    let refuse = |why: &str| StoreError::DoesNotOpen(format!("the store in `{}` {why}", folder.display()));
    let mut tries = 1;
    loop {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE).flush_every_ms(None);
        // Where sled meets what it does not expect it may panic.
        let opened =
            catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| damaged(folder, "its log cannot be read"))?;
        match opened {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if tries == LOCK_TRIES {
                    return Err(refuse(
                        "is in use by another process; stop that one, or give this one a folder of its own",
                    ));
                }
                tries += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(error @ (sled::Error::Corruption { .. } | sled::Error::ReportableBug(_))) => {
                return Err(damaged(folder, &error.to_string()));
            }
            Err(error) => return Err(refuse(&format!("does not open: {error}"))),
        }
    }
}

/// What is wrong with a folder that sled would take for a new one.
fn damage(folder: &Path) -> Option<String> {
    // sled writes a `conf` of at least these bytes, and a new one where it finds none.
    let missing = |name: &str, least: u64| length(&folder.join(name)) < least;
    ["db", "conf"].into_iter().find(|name| missing(name, 9)).map(|name| format!("its file `{name}` is missing or cut"))
}

fn length(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// The version that is stored; `u32::MAX` for one that cannot be read.
fn schema(db: &sled::Db) -> Result<Option<u32>, sled::Error> {
    let stored = db.get(Key::schema().bytes())?;
    Ok(stored.map(|version| version[..].try_into().map_or(u32::MAX, u32::from_be_bytes)))
}

/// Completes a new store, down to the names of its files.
fn finish(db: &sled::Db, folder: &Path, unfinished: &Path) -> io::Result<()> {
    db.insert(Key::schema().bytes(), &SCHEMA.to_be_bytes())?;
    db.flush()?;
    for name in ["db", "conf", "."] {
        File::open(folder.join(name))?.sync_all()?;
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    std::fs::remove_file(unfinished)?;
    File::open(folder)?.sync_all()
}
