//! The life of an installation: connecting, renewing its token in time, and ending it.

use crate::app::App;
use crate::clock::later;
use crate::delivery::{BusyGuard, back_off};
use crate::model::{PauseReason, WorkspaceId};
use crate::slack::error::SlackError;
use crate::slack::oauth::Grant;
use crate::store::{InstallationState, StoreError, TokenRenewal, WorkspaceRecord};
use crate::vault::{Field, Row};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// The time before expiry at which a token is renewed. It lives for twelve hours.
const RENEWED_BEFORE: Duration = Duration::from_hours(2);
/// The delay after a failed renewal, while the token is still valid.
const RENEWAL_PAUSE: Duration = Duration::from_mins(10);
/// A connection that lasted this long is retried without a longer delay.
const STABLE_CONNECTION: Duration = Duration::from_mins(10);

/// The state of a token.
struct Token {
    /// The record that contains it.
    record: WorkspaceRecord,
    /// The time to renew it; none if it does not expire.
    look_again: Option<Timestamp>,
    /// Marks work in progress.
    busy: BusyGuard,
}

/// Keeps an installation connected until it ends: checks the token with Slack, starts deliveries, and repeats this
/// after a rejection, before expiry, and when the token is replaced.
pub(in crate::app) async fn keep_connected(app: &Arc<App>, workspace: WorkspaceId) -> WorkspaceId {
    let mut tries = 0;
    while let Some(changes) = app.installations.known.changes(&workspace) {
        let mut wait = back_off(tries);
        tries += 1;
        match connect(app, &workspace).await {
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
                if later(opened, STABLE_CONNECTION) <= app.clock.now() {
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

/// Checks the token with Slack and starts deliveries. Returns the time to renew it, or the minimum delay before the
/// next attempt.
async fn connect(app: &Arc<App>, workspace: &WorkspaceId) -> Result<Option<Timestamp>, Duration> {
    let busy = app.workers.at_work();
    let away = |error: StoreError| {
        warn!(workspace.id = %workspace, "could not check the installation in {workspace}: {error}");
        Duration::ZERO
    };
    let record = app.store.installation(workspace).await.map_err(away)?;
    let Some(record) = record.filter(WorkspaceRecord::is_installed) else {
        disconnect(app, workspace).await;
        return Err(Duration::ZERO);
    };
    let Token { record, look_again, busy: _busy } = renewed(app, workspace, record, busy).await.map_err(away)?;
    let _turn = app.installations.known.turns.acquire().await;
    let row = Row::of_workspace(workspace, Field::BotToken);
    let refused = |code: &str| {
        if app.installations.known.note(workspace, Some(code)) {
            warn!(workspace.id = %workspace, "Slack rejected the token of {workspace} ({code}); reinstall the app there");
        }
        app.workers.reject_workspace(workspace, PauseReason(code.to_owned()));
        Duration::ZERO
    };
    let token = app.vault.unseal(row, &record.bot_token).map_err(|error| {
        warn!(workspace.id = %workspace, "{error}");
        refused("sealed_with_another_key")
    })?;
    match app.slack.api.identify(&token).await {
        Ok(installation) if installation.workspace == *workspace => app.slack.api.keep(installation.into()),
        Ok(_) => return Err(refused("token_of_another_workspace")),
        Err(error) if error.is_end_of_token() && app.installations.known.is_said_to_be_gone(workspace) => {
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
    // The app may have been uninstalled during the check.
    if !app.installations.known.contains(workspace) {
        app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
        return Err(Duration::ZERO);
    }
    app.installations.known.note(workspace, None);
    info!(workspace.id = %workspace, "connected to Slack workspace {workspace}");
    Ok(look_again)
}

/// Returns the token, renewed if it expires soon.
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
    // Detached: Slack gives the new token only once, so it must not be lost on the way.
    let workspace = workspace.clone();
    let renewed = app.detached_to_end(|app| async move { renew(&app, &workspace, record, busy).await }).await;
    renewed.map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// Renews a token. A refresh token can be used once: the old pair stays in the store until the new one is on disk. If
/// Slack's answer is lost, the current token is used until it expires.
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
            // Installed or uninstalled in between: the stored record is newer.
            Ok(false) => return Token { record: after, look_again: Some(now), busy },
            Err(error) => {
                // Only this task has the new pair, so it must not give up.
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
    let oauth = app.installations.oauth.as_ref().ok_or("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are not set")?;
    let renewal = record.renewal.as_ref().ok_or("nothing was given to renew it with")?;
    let row = Row::of_workspace(workspace, Field::RefreshToken);
    let token = app.vault.unseal(row, &renewal.token).map_err(|error| error.to_string())?;
    let grant = oauth.renew(&token).await.map_err(|error| error.to_string())?;
    if grant.workspace == *workspace { Ok(grant) } else { Err("Slack gave a token of another workspace".to_owned()) }
}

/// Returns the time until a token is due for renewal, at least a second.
fn until_due(end: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    left.checked_sub(RENEWED_BEFORE).unwrap_or(left / 2).max(Duration::from_secs(1))
}

/// Returns a record with another token.
fn with_grant(app: &App, workspace: &WorkspaceId, before: &WorkspaceRecord, grant: &Grant) -> WorkspaceRecord {
    let renewal = grant.renewal.as_ref().map(|(token, expires_at)| TokenRenewal {
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

/// Handles Slack's report that the app was uninstalled or its token revoked. The report may be late, so the
/// installation ends only if Slack rejects its token now. The workspace's data stays.
pub(in crate::app) async fn handle_uninstalled(app: &App, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let record = app.store.installation(workspace).await?;
    let Some(record) = record.filter(WorkspaceRecord::is_installed) else {
        disconnect(app, workspace).await;
        return Ok(());
    };
    let (is_gone, why) = match app.vault.unseal(Row::of_workspace(workspace, Field::BotToken), &record.bot_token) {
        Ok(token) => match app.slack.api.identify(&token).await {
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

/// Ends the installation whose token Slack rejected, unless it was replaced by now.
async fn end(app: &App, workspace: &WorkspaceId, refused: WorkspaceRecord) -> Result<(), StoreError> {
    let state = InstallationState::Uninstalled { at: app.clock.now() };
    let after = WorkspaceRecord { state, ..refused.clone() };
    if app.store.replace_installation(workspace, Some(refused), after).await? {
        disconnect(app, workspace).await;
    } else {
        ask_again(app, workspace);
    }
    Ok(())
}

/// Makes the task of a workspace check its token again.
fn ask_again(app: &App, workspace: &WorkspaceId) {
    app.installations.known.note_said_to_be_gone(workspace);
    app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
}

/// Disconnects a workspace where the app is no longer installed.
async fn disconnect(app: &App, workspace: &WorkspaceId) {
    let was_in = app.installations.known.contains(workspace);
    if was_in {
        app.installations.known.remove(workspace);
        app.slack.api.forget(workspace);
        info!(workspace.id = %workspace, "the app was removed from {workspace}");
    }
    app.workers.reject_workspace(workspace, PauseReason("app_uninstalled".to_owned()));
    // It may have been installed again since its record was read; otherwise its task finds out.
    if was_in && app.store.installation(workspace).await.map_or(true, |now| now.is_some_and(|now| now.is_installed())) {
        app.installations.known.add(workspace);
    }
}
