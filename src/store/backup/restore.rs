//! Restoring: a new store with everything that a backup holds, or none.

use super::{BackupError, BackupSummary, file};
use crate::store::sled::SledStore;
use crate::store::{Durability, Record, Store, StoreError};
use crate::vault::KeyError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// So many records are written at once.
const RECORDS_PER_WRITE: usize = 256;

/// Why a backup was not restored; nothing of it is then left.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup is none, or not whole.
    #[error("could not read the backup `{}`", path.display())]
    Backup {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: BackupError,
    },
    /// Something is there already.
    #[error(
        "`{}` is not empty, and restoring makes a new store and overwrites nothing; \
         name a new folder, such as --store sled:{}-restored", .0.display(), .0.display()
    )]
    NotEmpty(PathBuf),
    /// The folder cannot be made.
    #[error("could not create the folder `{}`", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The keys of the backup cannot be put beside the new store.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The new store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a store of a backup in a folder that is not there or empty. The folder gets everything at once, in the end.
pub async fn restore(backup: &Path, folder: &Path) -> Result<BackupSummary, RestoreError> {
    let unread = |source| RestoreError::Backup { path: backup.to_owned(), source };
    let unmade = |source| RestoreError::Folder { path: folder.to_owned(), source };
    match std::fs::read_dir(folder).map(Iterator::count) {
        Ok(0) => {}
        Ok(_) => return Err(RestoreError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unmade(error)),
    }
    let mut reader = file::open(backup).map_err(unread)?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(unmade)?;
    // On the same disk as the folder, so that one can become the other.
    let beside = tempfile::Builder::new().prefix(".restoring-").tempdir_in(parent).map_err(unmade)?;
    let made = beside.path().join("store");
    let store = SledStore::open(&made, Durability::PowerLoss)?;
    loop {
        let page = reader.by_ref().take(RECORDS_PER_WRITE).collect::<Result<Vec<Record>, _>>().map_err(unread)?;
        if page.is_empty() {
            break;
        }
        store.import(page).await?;
    }
    drop(store);
    reader.keys().map(|keys| keys.put_in(&made)).transpose()?;
    // A folder takes the place of an empty one only.
    std::fs::rename(&made, folder).map_err(unmade)?;
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(unmade)?;
    Ok(reader.summary())
}
