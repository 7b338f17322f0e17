//! Startup: loads the store into memory, and connects to Slack with the bot token.

use crate::app::signed_state::StateSigner;
use crate::app::workspaces::lifecycle;
use crate::app::{App, environment_account};
use crate::clock::later;
use crate::delivery::back_off;
use crate::model::WorkspaceId;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use futures_util::stream::{FuturesUnordered, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, info, warn};

/// A connection that lasted this long is retried without a longer delay.
const STABLE_CONNECTION: Duration = Duration::from_mins(10);
/// The interval between sweeps of the store.
const BETWEEN_SWEEPS: Duration = Duration::from_hours(6);

/// Loads subscriptions, mappings, and installations into memory. A store that knows the bot token also knows its
/// workspace, even while Slack is down.
pub async fn load_from_store(app: &App) -> Result<(), StoreError> {
    let mark = app.settings.bot_token.as_ref().map(|token| mark(app, token));
    for workspace in &app.store.workspaces().await? {
        let subscriptions = app.store.subscriptions(workspace).await?;
        let mutes = app.store.mutes(workspace).await?;
        let datasets = app.store.datasets(workspace).await?;
        app.people.replace(workspace, app.store.user_mappings(workspace).await?);
        for (account, record) in app.store.accounts(workspace).await? {
            app.account_notifications.remember(workspace, &account, record.notifications);
            app.segments.keyed.note(workspace, &account, record.setup.is_some_and(|setup| setup.api_key.is_some()));
        }
        if app.store.installation(workspace).await?.is_some_and(|record| record.is_installed()) {
            app.installations.known.add(workspace);
        }
        if let (Some(known), Some(mark)) = (app.store.environment_token_mark(workspace).await?, &mark) {
            if known == *mark {
                app.environment_workspace.write().workspace = Some(workspace.clone());
                app.segments.keyed.note(workspace, &environment_account(), app.settings.api_key.is_some());
            } else {
                info!(workspace.id = %workspace, "the bot token of workspace {workspace} has changed");
            }
        }
        let mut index = app.index.write();
        info!(workspace.id = %workspace, "loaded {} subscriptions of workspace {workspace}", subscriptions.len());
        index.load(workspace, subscriptions);
        for (channel, mutes) in mutes {
            index.replace_mutes(workspace, &channel, mutes);
        }
        for dataset in &datasets {
            index.note_dataset(workspace, dataset);
        }
    }
    Ok(())
}

/// Returns a fingerprint of a token that reveals nothing without this server's key.
fn mark(app: &App, token: &SecretString) -> String {
    StateSigner::new(app.vault.derived("home")).sign(token.expose_secret())
}

/// Runs one task per workspace: the environment's, and each that installs the app, now or later. Never returns.
pub async fn connect(app: &Arc<App>) {
    let home = async {
        match &app.settings.bot_token {
            Some(token) => connect_home(app, token).await,
            None => std::future::pending().await,
        }
    };
    tokio::join!(home, connect_installed(app));
}

async fn connect_installed(app: &Arc<App>) {
    let mut arrivals = app.installations.known.arrivals();
    let (mut looked_after, mut work) = (HashSet::new(), FuturesUnordered::new());
    loop {
        for workspace in app.installations.known.list() {
            if looked_after.insert(workspace.clone()) {
                work.push(lifecycle::keep_connected(app, workspace));
            }
        }
        tokio::select! {
            Some(gone) = work.next() => { looked_after.remove(&gone); }
            arrived = arrivals.changed() => arrived.expect("the sender lives in `app`, which is borrowed here"),
        }
    }
}

/// Connects the environment's workspace, and again whenever Slack rejects the token. A rejected token may work later,
/// when the app is installed again. Never returns.
async fn connect_home(app: &App, token: &SecretString) {
    let mut tries = 0;
    loop {
        let mut wait = back_off(tries);
        tries += 1;
        match ask(app, token).await {
            Ok(workspace) => {
                let opened = app.clock.now();
                app.workers.until_workspace_rejected(&workspace).await;
                if later(opened, STABLE_CONNECTION) <= app.clock.now() {
                    (tries, wait) = (1, back_off(0));
                }
            }
            Err(least) => wait = wait.max(least),
        }
        app.clock.sleep(wait).await;
    }
}

/// Asks Slack for the token's workspace and starts deliveries, or returns the minimum delay before the next attempt.
async fn ask(app: &App, token: &SecretString) -> Result<WorkspaceId, Duration> {
    let _busy = app.workers.at_work();
    match app.slack.api.install(token).await {
        Ok(installation) => {
            let workspace = installation.workspace.clone();
            info!(workspace.id = %workspace, "connected to Slack workspace {workspace} as {}", installation.bot);
            if let Err(error) = note_home(app, &workspace, mark(app, token)).await {
                warn!(
                    "could not record that the bot token belongs to {workspace}, so the next start waits for Slack: {error}"
                );
            }
            settle_in(app, &workspace);
            if let Err(error) = app.workers.open(&workspace).await {
                warn!("could not read the pending deliveries: {error}");
                return Err(Duration::ZERO);
            }
            app.environment_workspace.write().connected = true;
            return Ok(workspace);
        }
        Err(SlackError::Refused(code)) => {
            let mut home = app.environment_workspace.write();
            if home.refused.replace(code.clone()).is_none_or(|before| before != code) {
                error!("Slack rejected the bot token ({code}); set SLACK_BOT_TOKEN to the token of an installed app");
            }
        }
        Err(SlackError::Limited(wait)) => return Err(wait),
        Err(away) => warn!("could not reach Slack: {away}; retrying"),
    }
    Err(Duration::ZERO)
}

/// Stores the token's workspace for the next start.
async fn note_home(app: &App, workspace: &WorkspaceId, mark: String) -> Result<(), StoreError> {
    if app.store.environment_token_mark(workspace).await?.as_ref() == Some(&mark) {
        return Ok(());
    }
    app.store.note_environment_token_mark(workspace, mark).await
}

fn settle_in(app: &App, workspace: &WorkspaceId) {
    let mut home = app.environment_workspace.write();
    if let Some(before) = home.workspace.replace(workspace.clone())
        && before != *workspace
    {
        warn!(
            "the bot token belongs to workspace {workspace}, but the store was last used with {before}, which will not be served"
        );
        app.segments.keyed.note(&before, &environment_account(), false);
    }
    home.refused = None;
    app.segments.keyed.note(workspace, &environment_account(), app.settings.api_key.is_some());
}

/// Removes expired records, now and every few hours.
pub async fn sweep(app: &App) {
    loop {
        let busy = app.workers.at_work();
        match swept(app).await {
            Ok(0) => {}
            Ok(records) => info!("deleted {records} expired records"),
            Err(error) => warn!("could not delete expired records: {error}"),
        }
        drop(busy);
        app.clock.sleep(BETWEEN_SWEEPS).await;
    }
}

async fn swept(app: &App) -> Result<u64, StoreError> {
    let mut records = 0;
    for workspace in app.store.workspaces().await? {
        // No channel can be resumed while Slack rejects the workspace's token.
        if app.serves(&workspace)
            && app.workers.workspace_rejection(&workspace).is_none()
            && app.refused(&workspace).is_none()
        {
            let expired = app.store.expire_held(&workspace, app.clock.now()).await?;
            app.metrics.deliveries.add("held_too_long", expired);
        }
        records += app.store.sweep(&workspace, app.clock.now()).await?;
    }
    Ok(records)
}
