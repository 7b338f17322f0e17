//! Backups as files: complete under their name or not there at all, and those that are made by themselves.

use super::{BackupError, BackupReader, BackupSummary};
use jiff::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The beginning of the name of a backup that was made by itself.
const FILE_NAME_START: &str = "segments-slack-";
/// The end of it.
const FILE_NAME_END: &str = ".jsonl";
/// The time in it.
const FILE_NAME_TIME: &str = "%Y-%m-%dT%H-%M-%SZ";

/// A backup that is being written beside its place, under its name with `.part` behind it; dropped, it is gone.
pub struct BackupDraft {
    path: PathBuf,
    part: PathBuf,
    force: bool,
    file: Option<BufWriter<File>>,
}

impl BackupDraft {
    /// Begins a backup that only its owner may read. A file that is there is refused, or replaced in the end.
    pub fn create(path: &Path, force: bool) -> Result<Self, BackupError> {
        if !force && path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = |source| BackupError::File { path: part.clone(), source };
        // What is left of an earlier try may be readable to others.
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
        Ok(Self { path: path.to_owned(), part, force, file: Some(BufWriter::with_capacity(1 << 20, file)) })
    }

    /// Reads it back, and gives it its name when it is whole and on disk.
    pub fn finish(mut self) -> Result<BackupSummary, BackupError> {
        let failed = |path: &Path, source| BackupError::File { path: path.to_owned(), source };
        let file = self.file.take().expect("a draft is finished once");
        let file = file.into_inner().map_err(|error| failed(&self.part, error.into_error()))?;
        file.sync_all().map_err(|error| failed(&self.part, error))?;
        let summary = check(&self.part)?;
        if !self.force && self.path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(self.path.clone()));
        }
        std::fs::rename(&self.part, &self.path).map_err(|error| failed(&self.path, error))?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, error))?;
        Ok(summary)
    }
}

impl Write for BackupDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for BackupDraft {
    fn drop(&mut self) {
        // After the end it has another name, and there is nothing to remove.
        let _ = std::fs::remove_file(&self.part);
    }
}

/// Reads a backup from front to end.
pub fn check(path: &Path) -> Result<BackupSummary, BackupError> {
    let mut reader = open(path)?;
    reader.by_ref().try_for_each(|record| record.map(drop))?;
    Ok(reader.summary())
}

/// Opens a backup.
pub(super) fn open(path: &Path) -> Result<BackupReader<BufReader<File>>, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::File { path: path.to_owned(), source })?;
    BackupReader::new(BufReader::with_capacity(1 << 20, file))
}

/// A backup that was made by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AutomaticBackup {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub path: PathBuf,
}

impl AutomaticBackup {
    /// The place of one that is made at a time.
    pub fn new(folder: &Path, at: Timestamp) -> Self {
        Self { at, path: folder.join(format!("{FILE_NAME_START}{}{FILE_NAME_END}", at.strftime(FILE_NAME_TIME))) }
    }

    fn found(path: PathBuf) -> Option<Self> {
        let time = path.file_name()?.to_str()?.strip_prefix(FILE_NAME_START)?.strip_suffix(FILE_NAME_END)?;
        let at = jiff::civil::DateTime::strptime(FILE_NAME_TIME, time).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self { at: at.timestamp(), path })
    }
}

/// The backups in a folder that were made by themselves, oldest first; none if there is no such folder.
pub fn automatic_backups(folder: &Path) -> io::Result<Vec<AutomaticBackup>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(AutomaticBackup::found(entry?.path()));
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_are_found_by_their_names_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(automatic_backups(&folder.path().join("missing")).unwrap(), []);
        let times: [Timestamp; 2] = ["2026-03-02T00:00:00Z".parse().unwrap(), "2026-03-01T23:59:59Z".parse().unwrap()];
        let [newer, older] = times.map(|at| AutomaticBackup::new(folder.path(), at));
        assert!(older.path.ends_with("segments-slack-2026-03-01T23-59-59Z.jsonl"), "{older:?}");
        let other = folder.path().join("segments-slack-2026-03-03T00-00-00Z.jsonl.part");
        for path in [&newer.path, &older.path, &other, &folder.path().join("notes.jsonl")] {
            File::create(path).unwrap();
        }
        assert_eq!(automatic_backups(folder.path()).unwrap(), [older, newer]);
    }
}
