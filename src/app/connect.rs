//! Coming up: what the store remembers, and which workspace the bot token belongs to.

use super::App;
use crate::clock::later;
use crate::model::WorkspaceId;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use std::sync::PoisonError;
use std::time::Duration;
use tracing::{error, info, warn};

/// Slack is asked again after this while it does not answer or refuses the token.
const ASK_AGAIN: Duration = Duration::from_secs(15);
/// The store is swept so often.
const BETWEEN_SWEEPS: Duration = Duration::from_hours(6);

/// Loads what the store remembers into the index. A store that knows one workspace says whose the webhooks are even
/// while Slack is away.
pub async fn remember(app: &App) -> Result<(), StoreError> {
    let workspaces = app.store.workspaces().await?;
    for workspace in &workspaces {
        let subscriptions = app.store.subscriptions(workspace).await?;
        let mutes = app.store.mutes(workspace).await?;
        let datasets = app.store.datasets(workspace).await?;
        let mut index = app.index.write().unwrap_or_else(PoisonError::into_inner);
        info!(workspace.id = %workspace, "loaded {} subscriptions of workspace {workspace}", subscriptions.len());
        index.load(workspace, subscriptions);
        for (channel, mutes) in mutes {
            index.replace_mutes(workspace, &channel, mutes);
        }
        for dataset in &datasets {
            index.note_dataset(workspace, dataset);
        }
    }
    if let [only] = workspaces.as_slice() {
        app.home.write().unwrap_or_else(PoisonError::into_inner).workspace = Some(only.clone());
    }
    Ok(())
}

/// Asks Slack whose the token is until it says, then lets the lanes begin.
pub async fn connect(app: &App) {
    loop {
        match app.slack.install(&app.settings.bot_token).await {
            Ok(installation) => {
                let workspace = installation.workspace.clone();
                info!(workspace.id = %workspace, "connected to Slack workspace {workspace} as {}", installation.bot);
                settle_in(app, &workspace);
                match app.lanes.open(&workspace).await {
                    Ok(()) => {
                        app.home.write().unwrap_or_else(PoisonError::into_inner).connected = true;
                        return;
                    }
                    Err(error) => warn!("could not look for pending deliveries: {error}"),
                }
            }
            Err(SlackError::Refused(code)) => {
                error!("Slack refuses the bot token: {code}; set SLACK_BOT_TOKEN to the token of an installed app");
                app.home.write().unwrap_or_else(PoisonError::into_inner).refused = Some(code);
            }
            Err(away) => warn!("could not reach Slack: {away}; asking again in {ASK_AGAIN:?}"),
        }
        app.clock.sleep_until(later(app.clock.now(), ASK_AGAIN)).await;
    }
}

fn settle_in(app: &App, workspace: &WorkspaceId) {
    let mut home = app.home.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = home.workspace.replace(workspace.clone())
        && before != *workspace
    {
        warn!("the bot token belongs to workspace {workspace}, and the store was used for {before}: that one rests");
    }
    home.refused = None;
}

/// Forgets what has outlived its use, now and every few hours.
pub async fn sweep(app: &App) {
    loop {
        match swept(app).await {
            Ok(0) => {}
            Ok(records) => info!("swept {records} records that have outlived their use"),
            Err(error) => warn!("could not sweep the store: {error}"),
        }
        app.clock.sleep(BETWEEN_SWEEPS).await;
    }
}

async fn swept(app: &App) -> Result<u64, StoreError> {
    let mut records = 0;
    for workspace in app.store.workspaces().await? {
        records += app.store.sweep(&workspace, app.clock.now()).await?;
    }
    Ok(records)
}
