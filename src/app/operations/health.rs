//! How an installation stands, for whoever looks after it: what waits, what was given up, whether sealed secrets open.

use crate::app::App;
use crate::model::{SubscriptionState, WorkspaceId};
use crate::store::{Store, StoreError, WorkspaceRecord};
use crate::vault::{Field, Row, UnsealError, Vault};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a running server stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkup {
    /// The version of the program.
    pub version: String,
    /// Whether it is ready.
    pub readiness: Readiness,
    /// What it was sent since its start.
    pub sent: Sent,
    /// What it keeps.
    pub workspaces: Vec<Kept>,
}

/// Whether a server can do its work: `ok`, or why not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Readiness {
    /// Whether Slack takes the token of the environment.
    pub slack: String,
    /// Whether the store can be written.
    pub store: String,
}

/// Requests to a server since its start: those with a good signature, and those that were refused for theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// Commands from Slack.
    pub commands: u64,
    /// Clicks, forms and other interactions.
    pub interactions: u64,
    /// Events from Slack.
    pub events: u64,
    /// Requests that were not believed to be Slack's.
    pub forged: u64,
    /// Webhooks that were taken.
    pub webhooks: u64,
    /// Webhooks that were not believed to be Segments.ai's.
    pub forged_webhooks: u64,
}

/// What is kept of a workspace, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Which.
    pub workspace: WorkspaceId,
    /// Its installation; none for the workspace of the environment's token, and for one that removed the app.
    pub installed: Option<Installed>,
    /// Slack's code, if it refuses the token that a running server has.
    pub refused: Option<String>,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Those of them that Slack's refusal paused.
    pub paused: usize,
    /// Deliveries that wait for nothing but their turn.
    pub waiting: u64,
    /// When the oldest of those was accepted.
    pub oldest: Option<Timestamp>,
    /// Deliveries that were given up.
    pub dead: u64,
    /// Sealed secrets.
    pub sealed: usize,
    /// Those of them that were sealed with an older key.
    pub older: usize,
    /// Why some do not open, each with its name and without its value.
    pub shut: Vec<String>,
}

/// An installation in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// The workspace's name.
    pub name: String,
    /// What the token may do.
    pub scopes: Vec<String>,
    /// When the token ends; none for one that lasts.
    pub ends: Option<Timestamp>,
}

/// Looks through a store; without keys nothing that is sealed is tried.
pub async fn look(store: &dyn Store, vault: Option<&Vault>) -> Result<Vec<Kept>, StoreError> {
    let mut found = Vec::new();
    for workspace in store.workspaces().await? {
        let subscriptions = store.subscriptions(&workspace).await?;
        let backlog = store.backlog(&workspace).await?;
        let record = store.installation(&workspace).await?;
        let mut kept = Kept {
            installed: record.as_ref().filter(|record| record.is_installed()).map(Installed::of),
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

impl Installed {
    fn of(record: &WorkspaceRecord) -> Self {
        let ends = record.renewal.as_ref().map(|renewal| renewal.expires_at);
        Self { name: record.name.clone(), scopes: record.scopes.clone(), ends }
    }
}

impl Kept {
    /// Opens every sealed secret of the workspace, and counts.
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

/// Whether a running server is ready.
pub async fn readiness(app: &App) -> Readiness {
    let home = app.home();
    let slack = match (&home.refused, &home.workspace) {
        // One workspace that removed the app makes nothing of the others unready.
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

/// How a running server stands.
pub async fn of(app: &App) -> Result<Checkup, StoreError> {
    let mut workspaces = look(&*app.store, Some(&app.vault)).await?;
    for kept in &mut workspaces {
        kept.refused = app.refused(&kept.workspace);
    }
    let slack = |words: &[&'static str]| words.iter().map(|word| app.metrics.slack_requests.get(word)).sum();
    let webhooks = |words: &[&'static str]| words.iter().map(|word| app.metrics.webhooks.get(word)).sum();
    Ok(Checkup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        readiness: readiness(app).await,
        sent: Sent {
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
