//! A workspace that installed the app: let in, its token renewed in time, and left when it is uninstalled.

use crate::app::App;
use crate::clock::later;
use crate::delivery::{BusyGuard, back_off};
use crate::model::{PauseReason, WorkspaceId};
use crate::slack::error::SlackError;
use crate::slack::oauth::Grant;
use crate::store::{Renewal, Standing, StoreError, WorkspaceRecord};
use crate::vault::{Field, Row};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// A token is renewed so long before it ends: it lives for twelve hours.
const RENEWED_BEFORE: Duration = Duration::from_hours(2);
/// A renewal that Slack refused is tried again after so long, while the token still holds.
const RENEWAL_PAUSE: Duration = Duration::from_mins(10);
/// A workspace that stayed open for so long is asked for anew without a longer pause.
const STEADY: Duration = Duration::from_mins(10);

/// How a token stands.
struct Token {
    /// The record that it stands in.
    record: WorkspaceRecord,
    /// When it is to be looked after; none for one that lasts.
    look_again: Option<Timestamp>,
    /// It is being looked after right now.
    busy: BusyGuard,
}

/// Looks after a workspace's installation until it is gone: asks Slack whether it takes the token, lets the channels go, and
/// asks again whenever Slack lets us in no longer, the token is to be renewed, or it is another.
pub(in crate::app) async fn look_after(app: &Arc<App>, workspace: WorkspaceId) -> WorkspaceId {
    let mut tries = 0;
    while let Some(changes) = app.installed.changes(&workspace) {
        let mut wait = back_off(tries);
        tries += 1;
        match let_in(app, &workspace).await {
            Ok(look_again) => {
                let opened = app.clock.now();
                let renewal = async {
                    match look_again {
                        Some(at) => app.clock.sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = app.workers.until_workspace_rejected(&workspace) => {}
                    () = renewal => { tries = 0; continue }
                    () = changes.notified() => { tries = 0; continue }
                }
                if later(opened, STEADY) <= app.clock.now() {
                    (tries, wait) = (1, back_off(0));
                }
            }
            Err(least) => wait = wait.max(least),
        }
        tokio::select! {
            () = app.clock.sleep(wait) => {}
            () = changes.notified() => tries = 0,
        }
    }
    workspace
}

/// Asks Slack whether it takes the token, and lets the channels go. Gives when the token is to be looked after, or how long
/// to wait at least.
async fn let_in(app: &Arc<App>, workspace: &WorkspaceId) -> Result<Option<Timestamp>, Duration> {
    let busy = app.workers.at_work();
    let away = |error: StoreError| {
        warn!(workspace.id = %workspace, "could not check the installation in {workspace}: {error}");
        Duration::ZERO
    };
    let record = app.store.installation(workspace).await.map_err(away)?;
    let Some(record) = record.filter(WorkspaceRecord::is_installed) else {
        let_go(app, workspace).await;
        return Err(Duration::ZERO);
    };
    let Token { record, look_again, busy: _busy } = renewed(app, workspace, record, busy).await.map_err(away)?;
    let _turn = app.installed.turns.acquire().await;
    let row = Row::of_workspace(workspace, Field::BotToken);
    let refused = |code: &str| {
        if app.installed.note(workspace, Some(code)) {
            warn!(workspace.id = %workspace, "Slack rejected the token of {workspace} ({code}); reinstall the app there");
        }
        app.workers.reject_workspace(workspace, PauseReason(code.to_owned()));
        Duration::ZERO
    };
    let token = app.vault.unseal(row, &record.bot_token).map_err(|error| {
        warn!(workspace.id = %workspace, "{error}");
        refused("sealed_with_another_key")
    })?;
    match app.slack.identify(&token).await {
        Ok(installation) if installation.workspace == *workspace => app.slack.keep(installation.into()),
        Ok(_) => return Err(refused("token_of_another_workspace")),
        Err(error) if error.is_end_of_token() && app.installed.is_said_to_be_gone(workspace) => {
            end(app, workspace, record).await.map_err(away)?;
            return Err(Duration::ZERO);
        }
        Err(SlackError::Refused(code)) => return Err(refused(&code)),
        Err(SlackError::Limited(wait)) => return Err(wait),
        Err(error) => {
            warn!(workspace.id = %workspace, "could not reach Slack for {workspace}: {error}; retrying");
            return Err(Duration::ZERO);
        }
    }
    app.workers.open(workspace).await.map_err(away)?;
    // It may have been uninstalled while Slack was asked.
    if !app.installed.contains(workspace) {
        app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
        return Err(Duration::ZERO);
    }
    app.installed.note(workspace, None);
    info!(workspace.id = %workspace, "connected to Slack workspace {workspace}");
    Ok(look_again)
}

/// The token, renewed if it ends soon.
async fn renewed(
    app: &Arc<App>,
    workspace: &WorkspaceId,
    record: WorkspaceRecord,
    busy: BusyGuard,
) -> Result<Token, StoreError> {
    let Some(renewal) = &record.renewal else { return Ok(Token { record, look_again: None, busy }) };
    let due = renewal.expires_at.checked_sub(RENEWED_BEFORE).unwrap_or(renewal.expires_at);
    if app.clock.now() < due {
        return Ok(Token { look_again: Some(due), record, busy });
    }
    // A task of its own, which is waited for when everything ends: what Slack gives once is not lost on the way.
    let workspace = workspace.clone();
    let renewed = app.detached_to_end(|app| async move { renew(&app, &workspace, record, busy).await }).await;
    renewed.map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// Buys a new token. What buys it can be used once: until the new pair is on disk, the old one is what is kept, and where
/// Slack's answer was lost the token in hand is used to its end.
async fn renew(app: &App, workspace: &WorkspaceId, record: WorkspaceRecord, mut busy: BusyGuard) -> Token {
    let now = app.clock.now();
    let grant = match bought(app, workspace, &record).await {
        Ok(grant) => grant,
        Err(why) => {
            warn!(workspace.id = %workspace, "could not refresh the token of {workspace}: {why}; using it until it expires");
            return Token { look_again: Some(later(now, RENEWAL_PAUSE)), record, busy };
        }
    };
    let after = with_grant(app, workspace, &record, &grant);
    loop {
        match app.store.replace_installation(workspace, Some(record.clone()), after.clone()).await {
            Ok(true) => break,
            // Installed or uninstalled meanwhile: what stands there now is newer than this.
            Ok(false) => return Token { record: after, look_again: Some(now), busy },
            Err(error) => {
                // Nobody else has the new pair: it is lost if this gives up.
                warn!(workspace.id = %workspace, "could not save the new token of {workspace}: {error}; retrying");
                drop(busy);
                app.clock.sleep(back_off(0)).await;
                busy = app.workers.at_work();
            }
        }
    }
    info!(workspace.id = %workspace, "refreshed the token of {workspace}");
    let look_again = after.renewal.as_ref().map(|renewal| later(now, until_due(renewal.expires_at, now)));
    Token { record: after, look_again, busy }
}

async fn bought(app: &App, workspace: &WorkspaceId, record: &WorkspaceRecord) -> Result<Grant, String> {
    let oauth = app.oauth.as_ref().ok_or("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are not set")?;
    let renewal = record.renewal.as_ref().ok_or("nothing was given to renew it with")?;
    let row = Row::of_workspace(workspace, Field::RefreshToken);
    let token = app.vault.unseal(row, &renewal.token).map_err(|error| error.to_string())?;
    let grant = oauth.renew(&token).await.map_err(|error| error.to_string())?;
    if grant.workspace == *workspace { Ok(grant) } else { Err("Slack gave a token of another workspace".to_owned()) }
}

/// How long from now a token is due, however short its life.
fn until_due(end: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    left.checked_sub(RENEWED_BEFORE).unwrap_or(left / 2).max(Duration::from_secs(1))
}

/// A record with another token.
fn with_grant(app: &App, workspace: &WorkspaceId, before: &WorkspaceRecord, grant: &Grant) -> WorkspaceRecord {
    let renewal = grant.renewal.as_ref().map(|(token, expires_at)| Renewal {
        token: app.vault.seal(Row::of_workspace(workspace, Field::RefreshToken), token),
        expires_at: *expires_at,
    });
    WorkspaceRecord {
        bot_token: app.vault.seal(Row::of_workspace(workspace, Field::BotToken), &grant.token),
        renewal,
        scopes: grant.scopes.clone(),
        ..before.clone()
    }
}

/// Slack says that the app was removed, or its token revoked. What is kept of the workspace stays. Such a report may come
/// late, after the app was installed again: it ends only what has a token that Slack says is good for nothing. Where Slack
/// does not say, the workspace is asked for again.
pub(in crate::app) async fn uninstalled(app: &App, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let record = app.store.installation(workspace).await?;
    let Some(record) = record.filter(WorkspaceRecord::is_installed) else {
        let_go(app, workspace).await;
        return Ok(());
    };
    let (is_gone, why) = match app.vault.unseal(Row::of_workspace(workspace, Field::BotToken), &record.bot_token) {
        Ok(token) => match app.slack.identify(&token).await {
            Ok(_) => {
                info!(workspace.id = %workspace, "Slack reported that the app was removed from {workspace}, but still accepts its token; keeping it");
                return Ok(());
            }
            Err(error) => (error.is_end_of_token(), error.to_string()),
        },
        Err(error) => (false, error.to_string()),
    };
    if is_gone {
        return end(app, workspace, record).await;
    }
    warn!(workspace.id = %workspace, "Slack reported that the app was removed from {workspace}, but its token could not be checked: {why}; retrying");
    ask_again(app, workspace);
    Ok(())
}

/// Notes the end of the installation whose token Slack refused. If another stands there by now, that one is asked for.
async fn end(app: &App, workspace: &WorkspaceId, refused: WorkspaceRecord) -> Result<(), StoreError> {
    let standing = Standing::Uninstalled { at: app.clock.now() };
    let after = WorkspaceRecord { standing, ..refused.clone() };
    if app.store.replace_installation(workspace, Some(refused), after).await? {
        let_go(app, workspace).await;
    } else {
        ask_again(app, workspace);
    }
    Ok(())
}

/// Has whoever looks after a workspace ask Slack for it again.
fn ask_again(app: &App, workspace: &WorkspaceId) {
    app.installed.note_said_to_be_gone(workspace);
    app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
}

/// Lets a workspace go that the app is not installed in any more.
async fn let_go(app: &App, workspace: &WorkspaceId) {
    let was_in = app.installed.contains(workspace);
    if was_in {
        app.installed.remove(workspace);
        app.slack.forget(workspace);
        info!(workspace.id = %workspace, "the app was removed from {workspace}");
    }
    app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
    // It may have been installed again since its record was read; if that is not known, whoever looks after it finds out.
    if was_in && app.store.installation(workspace).await.map_or(true, |now| now.is_some_and(|now| now.is_installed())) {
        app.installed.add(workspace);
    }
}
