//! Opening a folder: made if it is not there, refused if it is another's, newer or damaged; never overwritten.

use super::keys::RecordKey;
use super::open_errors::{self, refused, unopened};
use crate::store::StoreError;
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;
use tracing::warn;

/// The version of the layout that this program writes and reads.
const SCHEMA_VERSION: u32 = 1;
/// Memory for pages that were read, in bytes.
const PAGE_CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// A file that says how a folder was found damaged: sled changes what it cannot read, and may open the rest next time.
const DAMAGED_FILE: &str = "damaged";
/// A file that is there until a new store is complete.
const UNFINISHED_FILE: &str = "unfinished";
/// How often the lock is tried, and how long apart: a program that has just ended may still be letting go.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Opens the store in a folder, or makes it.
pub(super) fn open(folder: &Path) -> Result<sled::Db, StoreError> {
    let db = open_patiently(folder, LOCK_TRIES)?;
    close_to_others(folder);
    Ok(db)
}

/// Opens the store in a folder at once, if there is one.
pub(super) fn open_existing(folder: &Path) -> Result<sled::Db, StoreError> {
    if ["db", "conf", DAMAGED_FILE].into_iter().all(|name| length(&folder.join(name)) == 0) {
        // A folder that we may not look into is not an empty one.
        if let Err(error) = std::fs::read_dir(folder)
            && error.kind() == io::ErrorKind::PermissionDenied
        {
            return Err(unopened(folder, &error));
        }
        let folder = folder.display();
        return Err(StoreError::DoesNotOpen(format!(
            "there is no store in `{folder}`; choose the folder with --store"
        )));
    }
    open_patiently(folder, 1)
}

fn open_patiently(folder: &Path, lock_tries: u32) -> Result<sled::Db, StoreError> {
    let failed = |error: io::Error| unopened(folder, &error);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    if let Ok(found) = std::fs::read_to_string(folder.join(DAMAGED_FILE)) {
        return Err(damaged(folder, &found));
    }
    let unfinished = folder.join(UNFINISHED_FILE);
    let is_new = unfinished.exists() || length(&folder.join("db")) == 0 && length(&folder.join("conf")) == 0;
    if is_new {
        File::create(&unfinished).and_then(|file| file.sync_all()).map_err(failed)?;
    } else if let Some(damage) = damage(folder) {
        return Err(open_errors::damaged(folder, &damage));
    }

    let db = locked(folder, lock_tries)?;
    match schema(&db).map_err(|error| refused(folder, format!("cannot be opened: {error}")))? {
        Some(SCHEMA_VERSION) => {}
        Some(version) => return Err(open_errors::newer(folder, version, SCHEMA_VERSION)),
        None if is_new => finish(&db, folder, &unfinished).map_err(failed)?,
        None => return Err(damaged(folder, "its version record is missing")),
    }
    Ok(db)
}

/// Lets nobody else look into a folder that was there already.
fn close_to_others(folder: &Path) {
    let mode = folder.metadata().map_or(0, |found| found.permissions().mode());
    if mode & 0o077 != 0
        && let Err(error) = std::fs::set_permissions(folder, Permissions::from_mode(0o700))
    {
        let folder = folder.display();
        warn!(
            "other users of this machine can read `{folder}`, and its mode could not be changed ({error}); run `chmod 700 {folder}`"
        );
    }
}

/// Refuses a damaged folder, now and whenever it is tried again.
pub(super) fn damaged(folder: &Path, how: &str) -> StoreError {
    // A folder that this cannot be written to is not opened next time either.
    let _ = std::fs::write(folder.join(DAMAGED_FILE), how);
    open_errors::damaged(folder, how)
}

/// Opens it in sled, which locks it.
fn locked(folder: &Path, most_tries: u32) -> Result<sled::Db, StoreError> {
    let mut tries = 1;
    loop {
        let config = sled::Config::new().path(folder).cache_capacity(PAGE_CACHE_BYTES).flush_every_ms(None);
        // Where sled meets what it does not expect it may panic.
        let opened =
            catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| damaged(folder, "its log cannot be read"))?;
        match opened {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if tries >= most_tries {
                    return Err(open_errors::in_use(folder));
                }
                tries += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(error @ (sled::Error::Corruption { .. } | sled::Error::ReportableBug(_))) => {
                return Err(damaged(folder, &error.to_string()));
            }
            Err(sled::Error::Io(error)) => return Err(unopened(folder, &error)),
            Err(error) => return Err(refused(folder, format!("cannot be opened: {error}"))),
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
    let stored = db.get(RecordKey::schema().bytes())?;
    Ok(stored.map(|version| version[..].try_into().map_or(u32::MAX, u32::from_be_bytes)))
}

/// Completes a new store, down to the names of its files.
fn finish(db: &sled::Db, folder: &Path, unfinished: &Path) -> io::Result<()> {
    db.insert(RecordKey::schema().bytes(), &SCHEMA_VERSION.to_be_bytes())?;
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
