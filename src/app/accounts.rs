//! Accounts: the endpoints that a workspace's webhooks come to, each with an address that nobody can guess.

pub mod disconnect;
pub mod form;
pub mod notifications;

use crate::app::{App, environment_account};
pub use crate::delivery::lookup::NoKey;
use crate::mac;
use crate::model::{AccountId, Deed, UserId, WorkspaceId};
use crate::render::accounts::Account;
use crate::render::reply::AccountStatus;
use crate::store::{AccountRecord, AccountSetup, StoreError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// What acts on Segments.ai for an account of a workspace.
pub async fn key(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<SecretString, NoKey> {
    app.lookup.key(workspace, account).await
}

/// The accounts of a workspace as people know them: the environment's first, then those that were set up, by name.
pub(super) async fn listed(app: &App, workspace: &WorkspaceId) -> Result<Vec<Account>, StoreError> {
    let environment = environment_account();
    let is_home = app.home().workspace.as_ref() == Some(workspace) && app.settings.webhook_secrets.is_some();
    let mut records = app.store.accounts(workspace).await?;
    if is_home && records.iter().all(|(id, _)| *id != environment) {
        records.push((environment.clone(), AccountRecord::default()));
    }
    let account = |(id, record): (AccountId, AccountRecord)| {
        let AccountRecord { last_event, last_test, setup, .. } = record;
        let of_environment = id == environment;
        // Another without a setup was disconnected while something came to it.
        let name = match &setup {
            Some(setup) => setup.name.clone(),
            None if of_environment => id.to_string(),
            None => return None,
        };
        Some(Account {
            address: address(app, Some(&id).filter(|_| !of_environment)).unwrap_or_default(),
            has_key: app.keyed.has(workspace, &id),
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

/// Where Segments.ai sends the webhooks of an account, or those of the environment's; none if nobody said where this server
/// is reached.
fn address(app: &App, account: Option<&AccountId>) -> Option<String> {
    let base = app.settings.public_url.as_ref()?.as_str().trim_end_matches('/');
    let account = account.map(|account| format!("/{account}")).unwrap_or_default();
    Some(format!("{base}/webhooks/segments{account}"))
}

/// The account of a seed: nobody who lacks the key can guess it, and another workspace or person gets another one.
fn derived(app: &App, workspace: &WorkspaceId, user: &UserId, seed: &str) -> AccountId {
    let key = app.vault.derived("accounts");
    // No id has a space.
    let mac = mac::sign(key.expose_secret(), &[format!("{workspace} {user} {seed}").as_bytes()]);
    // 192 bits.
    AccountId::parse(URL_SAFE_NO_PAD.encode(&mac[..24])).expect("base64 is within its alphabet")
}

/// How an account of a workspace is set up; none if it is not one of it.
async fn setup(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<Option<AccountSetup>, StoreError> {
    let found = app.store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
    Ok(found.and_then(|(_, record)| record.setup))
}

/// Brings what is in memory of an account up to what the store says. Two who do so at once may write in another order than
/// they read, so each looks again whether what it wrote still holds.
async fn refresh(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<(), StoreError> {
    let sealed = async || Ok::<_, StoreError>(setup(app, workspace, account).await?.and_then(|setup| setup.api_key));
    let mut now = sealed().await?;
    loop {
        app.keyed.note(workspace, account, now.is_some());
        let after = sealed().await?;
        if after == now {
            break;
        }
        now = after;
    }
    app.lookup.forget(workspace, account);
    app.homes.note_change(workspace);
    Ok(())
}

/// What is kept of a change of accounts. It is about the whole workspace, wherever it was made.
fn deed(app: &App, user: &UserId, typed: &str) -> Deed {
    Deed { at: app.clock.now(), by: Some(user.clone()), channel: None, typed: Deed::shortened(typed) }
}
