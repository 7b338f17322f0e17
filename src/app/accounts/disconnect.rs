//! `/segments disconnect`: says what will stop, asks, and then disconnects the account for an admin.

use crate::app::App;
use crate::app::accounts::{audit_entry, list, refresh, setup};
use crate::app::answer::{Asker, Reply};
use crate::app::permission::{Allowed, may_connect};
use crate::model::{AccountId, DatasetName, Subscription, UserId, WorkspaceId};
use crate::render::Message;
use crate::render::reply::{self, Stops};
use crate::slack::command::Command;
use crate::store::StoreError;
use std::collections::BTreeSet;

/// Asks for confirmation to disconnect the account with this name, or lists the accounts to choose from.
pub(in crate::app) async fn command(app: &App, asker: &Asker, typed: &str) -> Result<Reply, StoreError> {
    let workspace = &asker.channel_ref.workspace;
    if let Err(refusal) = may_connect(app, workspace, &asker.user).await {
        return Ok(Reply::asker(refusal));
    }
    let (wanted, accounts) = (typed.to_lowercase(), list(app, workspace).await?);
    let is_wanted = |name: &str| name.to_lowercase() == wanted;
    if let Some(found) = accounts.iter().find(|account| is_wanted(&account.status.name)) {
        return Ok(Reply::asker(match &found.id {
            Some(id) => question(app, workspace, id).await?,
            None => reply::environment_stays(&found.status.name),
        }));
    }
    let named = accounts.into_iter().filter_map(|account| Some((account.id?, account.status.name)));
    let all: Vec<(AccountId, String)> = named.collect();
    let close: Vec<_> = all.iter().filter(|(_, name)| name.to_lowercase().contains(&wanted)).cloned().collect();
    Ok(Reply::asker(match (all.is_empty(), close.is_empty()) {
        (true, _) => reply::no_accounts(),
        (_, true) => reply::which_account(typed, &all),
        (_, false) => reply::which_account(typed, &close),
    }))
}

/// Returns the question before an account is disconnected, with the subscriptions that will stop.
pub(in crate::app) async fn question(
    app: &App,
    workspace: &WorkspaceId,
    account: &AccountId,
) -> Result<Message, StoreError> {
    let Some(setup) = setup(app, workspace, account).await? else { return Ok(reply::no_such_account()) };
    let subscriptions = app.store.subscriptions(workspace).await?;
    let (seen, own) = (app.store.datasets(workspace).await?, app.store.datasets_of(workspace, account).await?);
    let stops = Stops { key: setup.api_key.is_some(), ..stops(&subscriptions, &seen, &own) };
    Ok(reply::confirm_disconnect(account, &setup.name, stops))
}

/// Counts the subscriptions that match datasets of this account only.
fn stops(subscriptions: &[Subscription], seen: &[DatasetName], own: &[DatasetName]) -> Stops {
    let own: BTreeSet<&DatasetName> = own.iter().collect();
    let stopping: Vec<&Subscription> = subscriptions
        .iter()
        .filter(|subscription| {
            let mut matching = seen.iter().filter(|name| subscription.rule.dataset.matches(Some(*name))).peekable();
            matching.peek().is_some() && matching.all(|name| own.contains(name))
        })
        .collect();
    let channels: BTreeSet<_> = stopping.iter().map(|subscription| &subscription.channel).collect();
    Stops { subscriptions: stopping.len(), channels: channels.len(), key: false }
}

/// Disconnects an account. Takes proof that an admin asked for it.
pub(in crate::app) async fn now(
    app: &App,
    _: &Allowed,
    workspace: &WorkspaceId,
    user: &UserId,
    account: &AccountId,
) -> Result<Message, StoreError> {
    let Some(setup) = setup(app, workspace, account).await? else { return Ok(reply::no_such_account()) };
    let audit_entry = audit_entry(app, user, &Command::Disconnect(setup.name.clone()).to_string());
    if !app.store.remove_account(workspace, account, audit_entry).await? {
        return Ok(reply::no_such_account());
    }
    refresh(app, workspace, account).await?;
    Ok(reply::disconnected(&setup.name))
}
