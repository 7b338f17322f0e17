//! The account form: opening it, handling clicks, and applying submissions.

use crate::app::accounts::{address, audit_entry, derive_id, disconnect, list, refresh, setup};
use crate::app::answer::{Asker, Reply};
use crate::app::forms::{FormResult, show_message};
use crate::app::permission::{Allowed, may_connect};
use crate::app::{App, environment_account};
use crate::model::{AccountId, Sealed, UserId, WorkspaceId};
use crate::render::accounts::{self as view, Account};
use crate::render::reply::{self, AccountChange, KeyCheck};
use crate::segments::api::SegmentsError;
use crate::slack::accounts::{Filled, Sheet, Wrong};
use crate::slack::interaction::{AccountAction, Action, Click, Doing};
use crate::slack::view::View;
use crate::store::{AccountSetup, MAX_ACCOUNTS_PER_WORKSPACE, SetUpResult, StoreError};
use crate::vault::{Field, Row, UnsealError};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use slack_morphism::prelude::SlackView;
use std::time::Duration;
use tracing::{debug, warn};

/// The time that Segments.ai has to check an API key, because Slack waits for the answer to a form.
const KEY_CHECK_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Opens the account list for an admin, or the form of a new account if there are none.
pub(in crate::app) async fn open(app: &App, asker: &Asker) -> Result<Option<Reply>, StoreError> {
    let (workspace, user) = (&asker.channel_ref.workspace, &asker.user);
    if let Err(refusal) = may_connect(app, workspace, user).await {
        return Ok(Some(Reply::asker(refusal)));
    }
    if app.settings.public_url.is_none() {
        return Ok(Some(Reply::asker(reply::no_public_url())));
    }
    let accounts = list(app, workspace).await?;
    let shown = if accounts.is_empty() { new(app, workspace, user).await? } else { view::accounts(&accounts, None) };
    Ok(match app.slack.api.open_view(workspace, &asker.cause, &shown).await {
        Ok(_) => None,
        Err(error) => {
            warn!("could not open the account form: {error}");
            Some(Reply::asker(reply::connect_again()))
        }
    })
}

/// Handles a click in the account views and shows the result there.
pub(in crate::app) async fn click(app: &App, click: &Click) -> Result<(), StoreError> {
    let Some(open) = &click.view else { return Ok(()) };
    let (workspace, user) = (&click.workspace, &click.user);
    let shown = match (&click.action, may_connect(app, workspace, user).await) {
        (_, Err(refusal)) => view::said(&refusal),
        (Action::Open, _) => return Ok(()),
        (Action::Account(AccountAction::New), _) => new(app, workspace, user).await?,
        (Action::Account(AccountAction::Change(account)), _) => change(app, workspace, account).await?,
        (Action::Account(AccountAction::Disconnect(account)), _) => {
            view::said(&disconnect::question(app, workspace, account).await?)
        }
        (Action::Account(AccountAction::DisconnectNow(account)), Ok(allowed)) => {
            let said = disconnect::now(app, &allowed, workspace, user, account).await?;
            view::accounts(&list(app, workspace).await?, Some(&said.text))
        }
        (Action::Account(AccountAction::List) | Action::Dismiss, _) => {
            view::accounts(&list(app, workspace).await?, None)
        }
        _ => view::said(&reply::unknown_action()),
    };
    if let Err(error) = app.slack.api.update_view(workspace, &open.id, Some(&open.hash), &shown).await {
        debug!("could not show the result of an account action: {error}");
    }
    Ok(())
}

/// Renders the form of a new account. A person who opens it again on the same day gets the same URL.
async fn new(app: &App, workspace: &WorkspaceId, user: &UserId) -> Result<SlackView, StoreError> {
    let day = app.clock.now().strftime("%F").to_string();
    for turn in 0..=MAX_ACCOUNTS_PER_WORKSPACE {
        let seed = format!("{day} {turn}");
        let account = derive_id(app, workspace, user, &seed);
        if app.store.find_account(&account).await?.is_none() {
            let address = address(app, Some(&account)).unwrap_or_default();
            return Ok(view::new(&address, &Sheet::New { account, seed }));
        }
    }
    Ok(view::said(&reply::too_many_accounts(MAX_ACCOUNTS_PER_WORKSPACE)))
}

async fn change(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<SlackView, StoreError> {
    let accounts = list(app, workspace).await?;
    let shown = accounts.iter().find(|one| one.id.as_ref() == Some(account));
    let (Some(shown), Some(setup)) = (shown, setup(app, workspace, account).await?) else {
        return Ok(view::accounts(&accounts, Some(&reply::no_such_account().text)));
    };
    let shown =
        Account { has_key: setup.api_key.is_some(), rotating: setup.signing_secrets.len() > 1, ..shown.clone() };
    Ok(view::change(&shown, &Sheet::Change { account: account.clone(), seen: fingerprint(&setup) }))
}

/// Returns a fingerprint of a setup, which reveals nothing of its secrets.
fn fingerprint(setup: &AccountSetup) -> String {
    let text = serde_json::to_string(setup).expect("a setup can be written");
    hex::encode(&Sha256::digest(text)[..16])
}

/// Applies a submitted form, or returns what is wrong with it.
pub(in crate::app) async fn submitted(app: &App, done: &Doing<View>) -> Result<FormResult, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let allowed = match may_connect(app, workspace, user).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Ok(show_message(&refusal)),
    };
    let (sheet, filled) = (Sheet::read(&view.private_metadata), Filled::read(view));
    let is_new = matches!(sheet, Sheet::New { .. });
    if sheet == Sheet::Accounts {
        return Ok(FormResult::Close);
    }
    let mut wrong = filled.wrong(is_new);
    if filled.name.to_lowercase() == environment_account().as_str() {
        wrong.push(Wrong::NameReserved);
    }
    let mut check = KeyCheck::NotGiven;
    if let Some(key) = filled.key.as_ref().filter(|_| wrong.is_empty()) {
        match checked(app, key).await {
            Some(said) => check = said,
            None => wrong.push(Wrong::Key),
        }
    }
    if !wrong.is_empty() {
        return Ok(FormResult::Errors(view::errors(&wrong)));
    }
    let by = By { app, workspace, user, _allowed: allowed };
    match sheet {
        Sheet::New { account, seed } if account != derive_id(app, workspace, user, &seed) => {
            Ok(show_message(&reply::form_is_outdated()))
        }
        Sheet::New { account, .. } => by.connect(&account, &filled, &check).await,
        Sheet::Change { account, seen } => by.change(&account, &seen, &filled, &check).await,
        Sheet::Accounts => Ok(FormResult::Close),
    }
}

/// Checks an API key and returns its owner; none if it is invalid. A check that times out does not count against the
/// key.
async fn checked(app: &App, key: &SecretString) -> Option<KeyCheck> {
    match app.clock.timeout(KEY_CHECK_TIMEOUT, app.segments.api.me(key)).await {
        Some(Ok(owner)) => {
            Some(KeyCheck::Owner { name: owner.username.as_str().to_owned(), webhooks: owner.webhooks_enabled })
        }
        Some(Err(
            SegmentsError::Unauthorized
            | SegmentsError::Forbidden { .. }
            | SegmentsError::NotFound
            | SegmentsError::Rejected { .. },
        )) => None,
        Some(Err(error)) => {
            warn!("could not check an API key: {error}");
            Some(KeyCheck::Unchecked)
        }
        None => Some(KeyCheck::Unchecked),
    }
}

/// An admin who submitted a form.
struct By<'a> {
    app: &'a App,
    workspace: &'a WorkspaceId,
    user: &'a UserId,
    _allowed: Allowed,
}

impl By<'_> {
    /// Sets up an account. The same form sent twice creates one account.
    async fn connect(&self, account: &AccountId, filled: &Filled, check: &KeyCheck) -> Result<FormResult, StoreError> {
        let Self { app, workspace, user, .. } = self;
        let after = AccountSetup {
            name: filled.name.clone(),
            signing_secrets: self.sealed(account, &filled.secrets()),
            api_key: self.sealed_key(account, filled),
            created_by: (*user).clone(),
            created_at: app.clock.now(),
        };
        let with_key = if filled.key.is_some() { " with an API key" } else { "" };
        let audit_entry = audit_entry(app, user, &format!("connect {}{with_key}", filled.name));
        match app.store.set_up_account(workspace, account, None, after, Some(audit_entry)).await? {
            SetUpResult::Stored => {}
            SetUpResult::NameTaken => return Ok(FormResult::Errors(view::errors(&[Wrong::NameTaken]))),
            SetUpResult::TooMany => return Ok(show_message(&reply::too_many_accounts(MAX_ACCOUNTS_PER_WORKSPACE))),
            SetUpResult::Changed => return self.repeated(account, filled, check).await,
        }
        refresh(app, workspace, account).await?;
        Ok(show_message(&reply::connected(&filled.name, check)))
    }

    /// Returns the answer for an account that exists already, perhaps from the same form.
    async fn repeated(&self, account: &AccountId, filled: &Filled, check: &KeyCheck) -> Result<FormResult, StoreError> {
        let Some(setup) = setup(self.app, self.workspace, account).await? else {
            return Ok(show_message(&reply::no_such_account()));
        };
        let kept = self.opened(account, &setup).unwrap_or_default();
        let same = |one: &SecretString, other: &SecretString| one.expose_secret() == other.expose_secret();
        let given = filled.secrets();
        let key = filled.key.as_ref().map(SecretString::expose_secret);
        let has_key = |kept: Option<SecretString>| kept.as_ref().map(SecretString::expose_secret) == key;
        let is_same = setup.name == filled.name
            && self.opened_key(account, &setup).is_ok_and(has_key)
            && kept.len() == given.len()
            && kept.iter().zip(&given).all(|(kept, given)| same(kept, given));
        if !is_same {
            return Ok(show_message(&reply::address_taken(&setup.name)));
        }
        refresh(self.app, self.workspace, account).await?;
        Ok(show_message(&reply::connected(&setup.name, check)))
    }

    /// Changes an account if nobody changed it since the form was opened.
    async fn change(
        &self,
        account: &AccountId,
        seen: &str,
        filled: &Filled,
        check: &KeyCheck,
    ) -> Result<FormResult, StoreError> {
        let Self { app, workspace, user, .. } = self;
        let Some(before) = setup(app, workspace, account).await? else {
            return Ok(show_message(&reply::no_such_account()));
        };
        if fingerprint(&before) != seen {
            return Ok(show_message(&reply::account_changed_since(&before.name)));
        }
        let mut changes = Vec::new();
        let mut after = AccountSetup { name: filled.name.clone(), ..before.clone() };
        if after.name != before.name {
            changes.push(AccountChange::Name);
        }
        if filled.secrets.is_some() || filled.drops_old && before.signing_secrets.len() > 1 {
            // A secret that cannot be unsealed is useless, so it is dropped.
            let opened = self.opened(account, &before).unwrap_or_default();
            after.signing_secrets = self.sealed(account, &filled.rotated(&opened));
            changes.push(match (filled.secrets.is_some(), after.signing_secrets.len()) {
                (_, 0) => return Ok(FormResult::Errors(view::errors(&[Wrong::NoSecret]))),
                (true, 2..) => AccountChange::SecretBesideOld,
                (true, _) => AccountChange::Secret,
                (false, _) => AccountChange::OldSecretDropped,
            });
        }
        if let Some(key) = self.sealed_key(account, filled) {
            let had = before.api_key.is_some();
            changes.push(if had { AccountChange::OtherKey } else { AccountChange::Key });
            after.api_key = Some(key);
        } else if filled.drops_key && before.api_key.is_some() {
            changes.push(AccountChange::KeyDeleted);
            after.api_key = None;
        }
        let name = after.name.clone();
        let said = reply::account_changed(&name, &changes, check);
        if changes.is_empty() {
            return self.accounts(&said).await;
        }
        let audit_entry =
            audit_entry(app, user, &format!("connect {}: {}", before.name, reply::account_changes(&changes)));
        match app.store.set_up_account(workspace, account, Some(before), after, Some(audit_entry)).await? {
            SetUpResult::Stored => {}
            SetUpResult::NameTaken => return Ok(FormResult::Errors(view::errors(&[Wrong::NameTaken]))),
            SetUpResult::Changed | SetUpResult::TooMany => {
                return Ok(show_message(&reply::account_changed_since(&name)));
            }
        }
        refresh(app, workspace, account).await?;
        self.accounts(&said).await
    }

    /// Shows the account list with the result of the form.
    async fn accounts(&self, said: &str) -> Result<FormResult, StoreError> {
        let accounts = list(self.app, self.workspace).await?;
        Ok(FormResult::Show(Box::new(view::accounts(&accounts, Some(said)))))
    }

    fn opened(&self, account: &AccountId, setup: &AccountSetup) -> Result<Vec<SecretString>, UnsealError> {
        let row = Row::of_account(self.workspace, account, Field::SigningSecret);
        let opened = setup.signing_secrets.iter().map(|sealed| self.app.vault.unseal(row, sealed)).collect();
        self.warned(opened)
    }

    fn opened_key(&self, account: &AccountId, setup: &AccountSetup) -> Result<Option<SecretString>, UnsealError> {
        let row = Row::of_account(self.workspace, account, Field::ApiKey);
        self.warned(setup.api_key.as_ref().map(|sealed| self.app.vault.unseal(row, sealed)).transpose())
    }

    /// Returns the secrets that could be unsealed; the others are logged.
    fn warned<T>(&self, opened: Result<T, UnsealError>) -> Result<T, UnsealError> {
        opened.inspect_err(|error| warn!(workspace.id = %self.workspace, "{error}"))
    }

    fn sealed(&self, account: &AccountId, secrets: &[SecretString]) -> Vec<Sealed> {
        let row = Row::of_account(self.workspace, account, Field::SigningSecret);
        secrets.iter().map(|secret| self.app.vault.seal(row, secret)).collect()
    }

    fn sealed_key(&self, account: &AccountId, filled: &Filled) -> Option<Sealed> {
        let row = Row::of_account(self.workspace, account, Field::ApiKey);
        filled.key.as_ref().map(|key| self.app.vault.seal(row, key))
    }
}
