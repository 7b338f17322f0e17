//! Collects facts about this machine: the data folder, and the store, directly or through the server that has it open.

use super::facts::{FolderFacts, IdleStore, KeyFacts, SlackProbeError, StoreFacts};
use super::probe::{HttpProber, PROBE_TIMEOUT};
use super::slack_probe::slack;
use crate::app::operations::backups::BACKUP_FOLDER;
use crate::app::operations::health;
use crate::app::workspaces::keys;
use crate::cli::admin_client::AdminClient;
use crate::cli::out;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::key::AdminKey;
use crate::model::WorkspaceId;
use crate::slack::look::Look;
use crate::store::backup::automatic_backups;
use crate::store::sled::SledStore;
use crate::store::{Durability, Installations, StoreError};
use crate::vault::{Field, KEY_FILE, Row, Vault};
use futures_util::future::join_all;
use jiff::Timestamp;
use secrecy::SecretString;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Most tokens of a store that are checked with Slack.
const MAX_TOKENS_PROBED: usize = 20;

/// Inspects the data folder and the store.
pub(super) async fn inspect(
    prober: &HttpProber,
    config: &Config,
    path: &Path,
    clock: &Clock,
) -> (FolderFacts, StoreFacts) {
    let place = path.to_owned();
    let found = tokio::task::spawn_blocking(move || folder(&place));
    let Some(Ok(folder)) = clock.timeout(PROBE_TIMEOUT, found).await else {
        let shut = Some("it did not respond in time".to_owned());
        let folder = FolderFacts { path: path.to_owned(), shut, ..FolderFacts::default() };
        return (folder, StoreFacts::TimedOut);
    };
    let store = store(prober, config, path, clock).await;
    (folder, store)
}

fn folder(path: &Path) -> FolderFacts {
    let metadata = path.metadata();
    let existing = path.ancestors().find(|folder| folder.exists());
    let existing = existing.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let modes = [path.to_owned(), path.join(KEY_FILE), AdminKey::path_in(path), path.join(BACKUP_FOLDER)].map(|path| {
        let mode = path.metadata().ok()?.permissions().mode();
        (mode & 0o077 != 0).then_some((path, mode))
    });
    let made = path.join("conf").metadata().and_then(|metadata| metadata.modified());
    FolderFacts {
        path: path.to_owned(),
        is_there: metadata.is_ok(),
        // The file has no name and disappears at once.
        shut: tempfile::tempfile_in(existing).err().map(|error| error.to_string()),
        open: modes.into_iter().flatten().collect(),
        free: rustix::fs::statvfs(existing).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        since: made.ok().and_then(|time| Timestamp::try_from(time).ok()),
        backed_up: automatic_backups(&path.join(BACKUP_FOLDER)).unwrap_or_default().last().map(|backup| backup.at),
    }
}

async fn store(prober: &HttpProber, config: &Config, folder: &Path, clock: &Clock) -> StoreFacts {
    let is_there = |name: &str| folder.join(name).metadata().is_ok_and(|metadata| metadata.len() > 0);
    // A folder that cannot be read does not count as empty.
    let is_empty = folder.read_dir().is_ok() && !["db", "conf", "damaged"].into_iter().any(is_there);
    if is_empty || !folder.exists() {
        return StoreFacts::None;
    }
    let user = |path: &Path| path.metadata().ok().map(|metadata| metadata.uid());
    // Files created by another user could lock the server out.
    match user(folder).zip(user(Path::new("/proc/self"))) {
        Some((owner, own)) if owner != own => return StoreFacts::OfAnotherUser { owner, own },
        _ => {}
    }
    let place = folder.to_owned();
    let opening = tokio::task::spawn_blocking(move || SledStore::open_existing(&place, Durability::Process));
    let store = match clock.timeout(PROBE_TIMEOUT, opening).await {
        None => return StoreFacts::TimedOut,
        Some(Err(panic)) => return StoreFacts::NotOpened(panic.to_string()),
        Some(Ok(Err(StoreError::InUse(_)))) => return running(folder, clock).await,
        Some(Ok(Err(error))) => return StoreFacts::NotOpened(error.to_string()),
        Some(Ok(Ok(store))) => store,
    };
    match clock.timeout(PROBE_TIMEOUT, read_store(store, config, folder)).await {
        None => StoreFacts::TimedOut,
        Some(Err(error)) => StoreFacts::NotOpened(error.to_string()),
        Some(Ok((idle, tokens))) => {
            let asking = tokens.into_iter().map(async |(workspace, token)| {
                let (look, _): (Result<Look, SlackProbeError>, _) =
                    slack(prober, &config.slack_api_url, Some(&token)).await;
                (workspace, look)
            });
            StoreFacts::Idle(IdleStore { tokens: join_all(asking).await, ..idle })
        }
    }
}

/// Asks the server that has the store open.
async fn running(folder: &Path, clock: &Clock) -> StoreFacts {
    let Some(key) = AdminKey::found_in(folder) else { return StoreFacts::InUse };
    let asked = async { AdminClient::new(key)?.checkup().await };
    match clock.timeout(PROBE_TIMEOUT, asked).await {
        Some(Ok(checkup)) => StoreFacts::Running(Ok(checkup.into())),
        Some(Err(failure)) => StoreFacts::Running(Err(out::chain(&failure))),
        None => StoreFacts::Running(Err("timed out".to_owned())),
    }
}

/// Reads the facts and the tokens of a store, and closes it so that a server can start.
async fn read_store(
    store: SledStore,
    config: &Config,
    folder: &Path,
) -> Result<(IdleStore, Vec<(WorkspaceId, SecretString)>), StoreError> {
    let vault = keys::found(&store, config.keys.as_ref(), folder).await;
    let (vault, key) = match vault {
        Ok(Some(vault)) => {
            let name = vault.current().to_string();
            (Some(vault), KeyFacts::Found(name))
        }
        Ok(None) => (None, KeyFacts::None),
        Err(error) => (None, KeyFacts::Unusable(out::chain(&error))),
    };
    let kept = health::count_contents(&store, vault.as_ref()).await?;
    let mut tokens = Vec::new();
    if let Some(vault) = &vault {
        for kept in kept.iter().filter(|kept| kept.installed.is_some()).take(MAX_TOKENS_PROBED) {
            let token = token(&store, vault, &kept.workspace).await?;
            tokens.extend(token.map(|token| (kept.workspace.clone(), token)));
        }
    }
    // Closing waits for the writer of the store.
    let _ = tokio::task::spawn_blocking(move || drop(store)).await;
    Ok((IdleStore { key, kept, tokens: Vec::new() }, tokens))
}

/// Returns the token of a workspace that installed the app, if it can be decrypted.
async fn token(store: &SledStore, vault: &Vault, workspace: &WorkspaceId) -> Result<Option<SecretString>, StoreError> {
    let Some(record) = store.installation(workspace).await? else { return Ok(None) };
    Ok(vault.unseal(Row::of_workspace(workspace, Field::BotToken), &record.bot_token).ok())
}
