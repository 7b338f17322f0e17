//! What is said of a folder that does not open: which one, why, and what to do next.

use crate::store::StoreError;
use crate::store::backup::automatic_backups;
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where a server keeps the backups that it makes by itself.
const BACKUP_FOLDER: &str = "backups";

/// A folder that does not open, for a reason that says what to do.
pub(super) fn refused(folder: &Path, why: impl fmt::Display) -> StoreError {
    StoreError::DoesNotOpen(format!("the store in `{}` {why}", folder.display()))
}

/// Another process has it open.
pub(super) fn in_use(folder: &Path) -> StoreError {
    StoreError::InUse(format!(
        "the store in `{}` is in use by another process, such as a running server or another command; stop that process, or choose another folder with --store",
        folder.display()
    ))
}

/// A newer program wrote it.
pub(super) fn newer(folder: &Path, version: u32, ours: u32) -> StoreError {
    let why = format!("has version {version}, but this program reads version {ours}");
    refused(folder, format!("{why}; run the version of segments-slack that wrote it, or {}", restore_hint(folder)))
}

/// Something in it is missing or cannot be read.
pub(super) fn damaged(folder: &Path, how: &str) -> StoreError {
    refused(folder, format!("is damaged: {how}; leave the folder as it is, and {}", restore_hint(folder)))
}

/// The system does not let us.
pub(super) fn unopened(folder: &Path, error: &io::Error) -> StoreError {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return refused(folder, format!("cannot be opened: {error}; check the folder given with --store"));
    }
    let owner = |path: &Path| path.metadata().map(|metadata| metadata.uid()).ok();
    let whose = match (owner(folder), owner(Path::new("/proc/self"))) {
        (Some(owner), Some(own)) => format!(": it belongs to user ID {owner}, but the program runs as user ID {own}"),
        _ => String::new(),
    };
    let place = Quoted(folder);
    refused(
        folder,
        format!(
            "cannot be read or written{whose}; run the program as the owner, or change the owner with `chown -R USER {place}`"
        ),
    )
}

/// How to go on with a backup, the newest by name where there is one.
fn restore_hint(folder: &Path) -> String {
    let backups = folder.join(BACKUP_FOLDER);
    let new = free_name(folder);
    let new = Quoted(&new);
    match automatic_backups(&backups).unwrap_or_default().pop() {
        Some(newest) => format!(
            "restore the newest backup into a new folder: `segments-slack restore {} --store sled:{new}`, \
             then use that folder",
            Quoted(&newest.path)
        ),
        None => format!(
            "restore a backup into a new folder: `segments-slack restore FILE --store sled:{new}` \
             (there is none in `{}`), then use that folder",
            backups.display()
        ),
    }
}

/// A folder beside another that is not there yet.
fn free_name(folder: &Path) -> PathBuf {
    let plain: PathBuf = folder.components().collect();
    let name = |number: u32| {
        let mut name = plain.clone().into_os_string();
        name.push("-restored");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    };
    (1..100).map(name).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| name(100))
}

/// A path as a shell takes it.
struct Quoted<'a>(&'a Path);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.display().to_string();
        if text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter)) && !text.is_empty() {
            return f.write_str(&text);
        }
        write!(f, "'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backup::AutomaticBackup;
    use std::fs;

    #[test]
    fn a_damaged_folder_error_names_the_restore_command() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("da ta");
        let backups = folder.join(BACKUP_FOLDER);
        fs::create_dir_all(&backups).unwrap();
        assert!(damaged(&folder, "cut").to_string().contains("(there is none in `"));
        for day in ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"] {
            fs::write(AutomaticBackup::new(&backups, day.parse().unwrap()).path, "").unwrap();
        }
        fs::create_dir(top.path().join("da ta-restored")).unwrap();
        let top = top.path().display();
        let expected = format!(
            "the store in `{top}/da ta` is damaged: cut; leave the folder as it is, and restore the newest backup into a new folder: `segments-slack restore '{top}/da ta/backups/segments-slack-2026-03-02T00-00-00Z.jsonl' \
             --store sled:'{top}/da ta-restored-2'`, then use that folder"
        );
        assert_eq!(damaged(&folder, "cut").to_string(), expected);
    }

    #[test]
    fn a_folder_of_somebody_else_is_told_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let told = unopened(folder.path(), &io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(told.contains("cannot be read or written: it belongs to user ID "), "{told}");
        assert!(told.contains("`chown -R USER /"), "{told}");
    }

    #[test]
    fn a_quote_in_a_path_does_not_end_the_command() {
        assert_eq!(Quoted(Path::new("/a/it's")).to_string(), r"'/a/it'\''s'");
        assert_eq!(Quoted(Path::new("./data")).to_string(), "./data");
    }
}
