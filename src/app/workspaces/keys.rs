//! Encryption keys: loading or creating them, and sealing stored secrets again after a change.

use crate::model::{AccountId, Sealed, WorkspaceId};
use crate::store::{AccountSetup, SetUpResult, Store, StoreError, TokenRenewal, WorkspaceRecord};
use crate::vault::{Field, KEY_FILE, KeyError, KeyFault, Row, UnsealError, Vault};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use tracing::info;

/// A reason why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// The key file in the data folder is invalid.
    #[error(transparent)]
    File(#[from] KeyError),
    /// The configured keys are invalid.
    #[error("`key` {0}")]
    Configured(#[from] KeyFault),
    /// The store has sealed secrets, and there is no key: a new one would not open them.
    #[error(
        "the store contains sealed secrets, but their key is missing: restore it as `{}`, or set SEGMENTS_SLACK_KEY \
         or --key-file; if it is lost, set a new key (`openssl rand -base64 32`) and reinstall the app",
        .0.display()
    )]
    Missing(PathBuf),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the configured keys, or those of the data folder, which are created if nothing was ever sealed.
pub async fn vault(store: &dyn Store, configured: Option<&SecretString>, folder: &Path) -> Result<Vault, NoKeys> {
    if let Some(vault) = found(store, configured, folder).await? {
        return Ok(vault);
    }
    let vault = Vault::make_in(folder)?;
    info!(
        "created a sealing key in `{}`; keep a copy of it, but not beside the backups",
        folder.join(KEY_FILE).display()
    );
    Ok(vault)
}

/// Returns the configured keys, or those of the data folder.
pub fn given(configured: Option<&SecretString>, folder: &Path) -> Result<Option<Vault>, NoKeys> {
    match configured {
        Some(keys) => Ok(Some(Vault::parse(keys.expose_secret())?)),
        None => Ok(Vault::find_in(folder)?),
    }
}

/// Returns the configured keys, or those of the data folder; none if nothing was ever sealed.
pub async fn found(
    store: &dyn Store,
    configured: Option<&SecretString>,
    folder: &Path,
) -> Result<Option<Vault>, NoKeys> {
    match given(configured, folder)? {
        None if has_sealed(store).await? => Err(NoKeys::Missing(folder.join(KEY_FILE))),
        vault => Ok(vault),
    }
}

async fn has_sealed(store: &dyn Store) -> Result<bool, StoreError> {
    for workspace in store.workspaces().await? {
        let accounts = store.accounts(&workspace).await?;
        if store.installation(&workspace).await?.is_some() || accounts.iter().any(|(_, one)| one.setup.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The result of sealing again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// The number of records that were sealed again with the first key.
    pub changed: usize,
    /// The number of records that already used the first key.
    pub current: usize,
}

/// A reason why sealing again stopped. Repeating it continues where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// A secret cannot be unsealed.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals every secret with the first key, one record at a time.
pub async fn reseal(store: &dyn Store, vault: &Vault) -> Result<Resealed, ResealError> {
    let mut resealed = Resealed::default();
    for workspace in store.workspaces().await? {
        while let Some(before) = store.installation(&workspace).await? {
            let after = installation(vault, &workspace, &before)?;
            if after == before {
                resealed.current += 1;
                break;
            }
            if store.replace_installation(&workspace, Some(before), after).await? {
                resealed.changed += 1;
                break;
            }
        }
        for (account, record) in store.accounts(&workspace).await? {
            let Some(before) = record.setup else { continue };
            let after = setup(vault, &workspace, &account, &before)?;
            if after == before {
                resealed.current += 1;
            } else if store.set_up_account(&workspace, &account, Some(before), after, None).await?
                == SetUpResult::Stored
            {
                resealed.changed += 1;
            }
        }
    }
    Ok(resealed)
}

fn installation(
    vault: &Vault,
    workspace: &WorkspaceId,
    before: &WorkspaceRecord,
) -> Result<WorkspaceRecord, UnsealError> {
    let row = |field| Row::of_workspace(workspace, field);
    let renewal = before.renewal.as_ref().map(|renewal| {
        let token = anew(vault, row(Field::RefreshToken), &renewal.token)?;
        Ok(TokenRenewal { token, ..renewal.clone() })
    });
    let bot_token = anew(vault, row(Field::BotToken), &before.bot_token)?;
    Ok(WorkspaceRecord { bot_token, renewal: renewal.transpose()?, ..before.clone() })
}

fn setup(
    vault: &Vault,
    workspace: &WorkspaceId,
    account: &AccountId,
    before: &AccountSetup,
) -> Result<AccountSetup, UnsealError> {
    let row = |field| Row::of_account(workspace, account, field);
    let secrets = before.signing_secrets.iter().map(|sealed| anew(vault, row(Field::SigningSecret), sealed));
    let api_key = before.api_key.as_ref().map(|sealed| anew(vault, row(Field::ApiKey), sealed)).transpose()?;
    Ok(AccountSetup { signing_secrets: secrets.collect::<Result<_, _>>()?, api_key, ..before.clone() })
}

fn anew(vault: &Vault, row: Row<'_>, sealed: &Sealed) -> Result<Sealed, UnsealError> {
    if vault.is_current(sealed) {
        return Ok(sealed.clone());
    }
    Ok(vault.seal(row, &vault.unseal(row, sealed)?))
}
