//! Webhook accounts of a workspace. Each has a URL that nobody can guess.

pub mod disconnect;
pub mod form;
pub mod notifications;

use crate::app::{App, environment_account};
pub use crate::delivery::lookup::NoKey;
use crate::mac;
use crate::model::{AccountId, AuditEntry, UserId, WorkspaceId};
use crate::render::accounts::Account;
use crate::render::reply::AccountStatus;
use crate::store::{AccountRecord, AccountSetup, StoreError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// Returns the API key of an account.
pub async fn key(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<SecretString, NoKey> {
    app.segments.lookup.key(workspace, account).await
}

/// Returns the accounts of a workspace: the environment's first, then the others by name.
pub(super) async fn list(app: &App, workspace: &WorkspaceId) -> Result<Vec<Account>, StoreError> {
    let environment = environment_account();
    let is_home =
        app.environment_workspace().workspace.as_ref() == Some(workspace) && app.settings.webhook_secrets.is_some();
    let mut records = app.store.accounts(workspace).await?;
    if is_home && records.iter().all(|(id, _)| *id != environment) {
        records.push((environment.clone(), AccountRecord::default()));
    }
    let account = |(id, record): (AccountId, AccountRecord)| {
        let AccountRecord { last_event, last_test, setup, .. } = record;
        let of_environment = id == environment;
        // Any other account without a setup was disconnected while a webhook arrived.
        let name = match &setup {
            Some(setup) => setup.name.clone(),
            None if of_environment => id.to_string(),
            None => return None,
        };
        Some(Account {
            address: address(app, Some(&id).filter(|_| !of_environment)).unwrap_or_default(),
            has_key: app.segments.keyed.has(workspace, &id),
            rotating: setup.as_ref().is_some_and(|setup| setup.signing_secrets.len() > 1),
            by: setup.map(|setup| setup.created_by),
            status: AccountStatus { name, last_event, last_test },
            id: (!of_environment).then_some(id),
        })
    };
    let mut accounts: Vec<Account> = records.into_iter().filter_map(account).collect();
    accounts.sort_by_cached_key(|account| (account.id.is_some(), account.status.name.to_lowercase()));
    Ok(accounts)
}

/// Returns the webhook URL of an account, or of the environment's account. None if the public URL is not set.
fn address(app: &App, account: Option<&AccountId>) -> Option<String> {
    let base = app.settings.public_url.as_ref()?.as_str().trim_end_matches('/');
    let account = account.map(|account| format!("/{account}")).unwrap_or_default();
    Some(format!("{base}/webhooks/segments{account}"))
}

/// Derives an account id from a seed. It cannot be guessed without the key, and differs by workspace and person.
fn derive_id(app: &App, workspace: &WorkspaceId, user: &UserId, seed: &str) -> AccountId {
    let key = app.vault.derived("accounts");
    // No id contains a space, so the parts cannot run together.
    let mac = mac::sign(key.expose_secret(), &[format!("{workspace} {user} {seed}").as_bytes()]);
    // 24 bytes are 192 bits.
    AccountId::parse(URL_SAFE_NO_PAD.encode(&mac[..24])).expect("base64 is within its alphabet")
}

/// Returns the setup of an account; none if it does not belong to the workspace.
async fn setup(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<Option<AccountSetup>, StoreError> {
    let found = app.store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
    Ok(found.and_then(|(_, record)| record.setup))
}

/// Updates what is in memory about an account from the store. Two calls at once may write in another order than they
/// read, so each reads again until the store agrees with what it wrote.
async fn refresh(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<(), StoreError> {
    let sealed = async || Ok::<_, StoreError>(setup(app, workspace, account).await?.and_then(|setup| setup.api_key));
    let mut now = sealed().await?;
    loop {
        app.segments.keyed.note(workspace, account, now.is_some());
        let after = sealed().await?;
        if after == now {
            break;
        }
        now = after;
    }
    app.segments.lookup.forget(workspace, account);
    app.slack.home_cache.note_change(workspace);
    Ok(())
}

/// Returns the audit entry for a change of accounts. It belongs to the whole workspace, not to a channel.
fn audit_entry(app: &App, user: &UserId, typed: &str) -> AuditEntry {
    AuditEntry { at: app.clock.now(), by: Some(user.clone()), channel: None, typed: AuditEntry::shortened(typed) }
}
