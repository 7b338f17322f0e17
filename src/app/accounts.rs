//! Accounts: the endpoints that a workspace's webhooks come to, each with an address that nobody can guess.

use super::{App, environment_account};
use crate::model::{AccountId, UserId, WorkspaceId};
use crate::segments::webhook::{SecretError, Secrets};
use crate::store::{AccountSetup, SetUp, StoreError};
use crate::vault::{Field, Row, UnsealError, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// A name is at most so many characters long.
const LONGEST_NAME: usize = 80;

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// A signing secret is none.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The workspace has as many as it may have.
    #[error("the workspace has 50 accounts already")]
    TooMany,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no key to act with.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The account has none, or is none of the workspace's.
    #[error("the account has no API key")]
    NotGiven,
    /// It does not open.
    #[error("the account's API key cannot be read here: {0}")]
    Sealed(#[from] UnsealError),
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What acts on Segments.ai for an account of a workspace.
pub async fn key(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<SecretString, NoKey> {
    if *account == environment_account() {
        let is_home = app.home().workspace.as_ref() == Some(workspace);
        return app.settings.api_key.clone().filter(|_| is_home).ok_or(NoKey::NotGiven);
    }
    let found = app.store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
    let sealed = found.and_then(|(_, setup)| setup.api_key).ok_or(NoKey::NotGiven)?;
    Ok(app.vault.unseal(Row::of_account(workspace, account, Field::ApiKey), &sealed)?)
}

/// Sets an account up for webhooks that are signed with one or two secrets, with a comma between.
pub async fn open(
    app: &App,
    workspace: &WorkspaceId,
    name: &str,
    secrets: &SecretString,
    by: &UserId,
) -> Result<AccountId, NoAccount> {
    Secrets::parse(secrets.expose_secret())?;
    // 192 bits.
    let account = AccountId::parse(URL_SAFE_NO_PAD.encode(random::<24>())).expect("base64 is within its alphabet");
    let row = Row::of_account(workspace, &account, Field::SigningSecret);
    let secrets = secrets.expose_secret().split(',');
    let setup = AccountSetup {
        name: name.trim().chars().take(LONGEST_NAME).collect(),
        signing_secrets: secrets.map(|secret| app.vault.seal(row, &secret.trim().into())).collect(),
        api_key: None,
        created_by: by.clone(),
        created_at: app.clock.now(),
    };
    match app.store.set_up_account(workspace, &account, None, setup).await? {
        SetUp::Stored => Ok(account),
        SetUp::TooMany => Err(NoAccount::TooMany),
        SetUp::Changed => Err(StoreError::Unavailable("two accounts got the same id".to_owned()).into()),
    }
}
