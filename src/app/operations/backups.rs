//! Daily backups, made while the server runs. The oldest are removed.

use crate::app::App;
use crate::clock::later;
use crate::store::backup::{AutomaticBackup, BackupDraft, BackupError, BackupSummary, automatic_backups, write};
use jiff::Timestamp;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The name of the backup folder in the data folder.
pub const BACKUP_FOLDER: &str = "backups";
/// The time from one backup to the next.
const BACKUP_INTERVAL: Duration = Duration::from_hours(24);
/// The delay after a failed backup.
const TRY_AGAIN: Duration = Duration::from_hours(1);

/// Makes a backup when the newest is a day old, or a day after the start if there is none. A failure is logged and
/// counted.
pub async fn daily(app: &App) {
    if app.settings.backup_keep == 0 {
        return;
    }
    let mut next = due(&app.settings.backups, app.clock.now());
    loop {
        app.clock.sleep_until(next).await;
        let now = app.clock.now();
        next = match make(app, now).await {
            Ok((path, summary)) => {
                app.metrics.backups.count("made");
                info!("made a backup of {} records: `{}`", summary.total(), path.display());
                later(now, BACKUP_INTERVAL)
            }
            Err(error) => {
                app.metrics.backups.count("failed");
                let error = anyhow::Error::new(error);
                warn!("could not make the daily backup: {error:#}; retrying in an hour");
                later(now, TRY_AGAIN)
            }
        };
    }
}

/// Returns the time of the next backup. A backup dated in the future does not count.
fn due(folder: &Path, now: Timestamp) -> Timestamp {
    let made = automatic_backups(folder).unwrap_or_default();
    let newest = made.iter().map(|backup| backup.at).rfind(|at| *at <= now);
    later(newest.unwrap_or(now), BACKUP_INTERVAL)
}

async fn make(app: &App, at: Timestamp) -> Result<(PathBuf, BackupSummary), BackupError> {
    let export = app.store.export().await?;
    let (folder, keep) = (app.settings.backups.clone(), app.settings.backup_keep);
    // Shutdown cancels it.
    let stop = CancellationToken::new();
    let _stopped_if_dropped = stop.clone().drop_guard();
    let writing = move || {
        let path = AutomaticBackup::new(&folder, at).path;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|source| BackupError::File { path: folder.clone(), source })?;
        let mut draft = BackupDraft::create(&path, true)?;
        write(export, at, &mut draft, || stop.is_cancelled())?;
        let summary = draft.finish()?;
        if let Err(error) = trim(&folder, keep) {
            warn!("could not remove old backups from `{}`: {error}", folder.display());
        }
        Ok((path, summary))
    };
    match app.tasks.spawn_blocking(writing).await {
        Ok(made) => made,
        Err(panic) => Err(BackupError::Write(panic.into())),
    }
}

/// Removes all but the newest backups.
fn trim(folder: &Path, keep: usize) -> std::io::Result<()> {
    let made = automatic_backups(folder)?;
    made.iter().rev().skip(keep).try_for_each(|backup| std::fs::remove_file(&backup.path))
}
