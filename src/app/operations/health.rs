//! The health of the server and its store, for `doctor`, `/readyz` and the admin page.

use crate::app::App;
use crate::model::{SubscriptionState, WorkspaceId};
use crate::store::{Store, StoreError, WorkspaceRecord};
use crate::vault::{Field, Row, UnsealError, Vault};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A health report of a running server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthReport {
    /// The version of the program.
    pub version: String,
    /// Its readiness.
    pub readiness: Readiness,
    /// The requests since its start.
    pub sent: ServerCounts,
    /// The contents of its store, by workspace.
    pub workspaces: Vec<StoredCounts>,
}

/// The readiness of a server: `ok`, or a reason, for each part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Readiness {
    /// The state of the environment's token.
    pub slack: String,
    /// The state of the store.
    pub store: String,
}

/// Requests since the start: those that were verified, and those with an invalid signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerCounts {
    /// Commands from Slack.
    pub commands: u64,
    /// Clicks, forms and other interactions.
    pub interactions: u64,
    /// Events from Slack.
    pub events: u64,
    /// Requests with an invalid Slack signature.
    pub forged: u64,
    /// Verified webhooks.
    pub webhooks: u64,
    /// Webhooks with an invalid signature.
    pub forged_webhooks: u64,
}

/// Counts of a workspace's stored records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCounts {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its installation; none for the environment's workspace and where the app was removed.
    pub installed: Option<InstallationCounts>,
    /// Slack's code, if it rejects the running server's token.
    pub refused: Option<String>,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Subscriptions that are paused after a rejection by Slack.
    pub paused: usize,
    /// Deliveries that are due.
    pub waiting: u64,
    /// The time at which the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// Dead letters.
    pub dead: u64,
    /// Sealed secrets.
    pub sealed: usize,
    /// Secrets that are sealed with an older key.
    pub older: usize,
    /// Reasons why secrets cannot be unsealed, each with a name and without the value.
    pub shut: Vec<String>,
}

/// An installation in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationCounts {
    /// The workspace's name.
    pub name: String,
    /// The scopes of the token.
    pub scopes: Vec<String>,
    /// The time at which the token expires; none if it does not.
    pub ends: Option<Timestamp>,
}

/// Counts the contents of a store. Without keys, sealed secrets are not tried.
pub async fn count_contents(store: &dyn Store, vault: Option<&Vault>) -> Result<Vec<StoredCounts>, StoreError> {
    let mut found = Vec::new();
    for workspace in store.workspaces().await? {
        let subscriptions = store.subscriptions(&workspace).await?;
        let backlog = store.backlog(&workspace).await?;
        let record = store.installation(&workspace).await?;
        let mut kept = StoredCounts {
            installed: record.as_ref().filter(|record| record.is_installed()).map(InstallationCounts::of),
            refused: None,
            paused: subscriptions.iter().filter(|one| matches!(one.state, SubscriptionState::Paused { .. })).count(),
            subscriptions: subscriptions.len(),
            waiting: backlog.pending.saturating_sub(backlog.held),
            oldest: backlog.oldest_waiting,
            dead: backlog.dead,
            sealed: 0,
            older: 0,
            shut: Vec::new(),
            workspace,
        };
        if let Some(vault) = vault {
            kept.try_seals(store, vault, record.as_ref()).await?;
        }
        found.push(kept);
    }
    Ok(found)
}

impl InstallationCounts {
    fn of(record: &WorkspaceRecord) -> Self {
        let ends = record.renewal.as_ref().map(|renewal| renewal.expires_at);
        Self { name: record.name.clone(), scopes: record.scopes.clone(), ends }
    }
}

impl StoredCounts {
    /// Unseals every secret of the workspace and counts them.
    async fn try_seals(
        &mut self,
        store: &dyn Store,
        vault: &Vault,
        record: Option<&WorkspaceRecord>,
    ) -> Result<(), StoreError> {
        let workspace = self.workspace.clone();
        let of_workspace = |field| Row::of_workspace(&workspace, field);
        let mut tried = Vec::new();
        if let Some(record) = record {
            tried.push((of_workspace(Field::BotToken), record.bot_token.clone()));
            let renewal = record.renewal.as_ref();
            tried.extend(renewal.map(|renewal| (of_workspace(Field::RefreshToken), renewal.token.clone())));
        }
        let accounts = store.accounts(&workspace).await?;
        for (account, record) in &accounts {
            let Some(setup) = &record.setup else { continue };
            let row = |field| Row::of_account(&workspace, account, field);
            tried.extend(setup.signing_secrets.iter().map(|sealed| (row(Field::SigningSecret), sealed.clone())));
            tried.extend(setup.api_key.iter().map(|sealed| (row(Field::ApiKey), sealed.clone())));
        }
        for (row, sealed) in tried {
            self.sealed += 1;
            self.older += usize::from(!vault.is_current(&sealed));
            self.shut.extend(vault.unseal(row, &sealed).err().map(|error: UnsealError| error.to_string()));
        }
        Ok(())
    }
}

/// Returns the readiness of a running server.
pub async fn readiness(app: &App) -> Readiness {
    let home = app.environment_workspace();
    let slack = match (&home.refused, &home.workspace) {
        // A workspace that removed the app does not affect the others.
        _ if app.settings.bot_token.is_none() => "ok".to_owned(),
        (Some(code), _) => format!("not accepted: {code}"),
        (None, Some(workspace)) => match app.workers.workspace_rejection(workspace) {
            Some(reason) => format!("not accepted: {reason}"),
            None if home.connected => "ok".to_owned(),
            None => "not asked yet".to_owned(),
        },
        (None, None) => "not asked yet".to_owned(),
    };
    let store = app.store.probe().await.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
    Readiness { slack, store }
}

/// Returns the health report of a running server.
pub async fn of(app: &App) -> Result<HealthReport, StoreError> {
    let mut workspaces = count_contents(&*app.store, Some(&app.vault)).await?;
    for kept in &mut workspaces {
        kept.refused = app.refused(&kept.workspace);
    }
    let slack = |words: &[&'static str]| words.iter().map(|word| app.metrics.slack_requests.get(word)).sum();
    let webhooks = |words: &[&'static str]| words.iter().map(|word| app.metrics.webhooks.get(word)).sum();
    Ok(HealthReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        readiness: readiness(app).await,
        sent: ServerCounts {
            commands: slack(&["command"]),
            interactions: slack(&["click", "suggestion", "submission", "shortcut", "unknown_interaction"]),
            events: slack(&["event"]),
            forged: slack(&["refused"]),
            webhooks: webhooks(&["accepted", "unwanted", "duplicate", "test"]),
            forged_webhooks: webhooks(&["bad_signature"]),
        },
        workspaces,
    })
}
