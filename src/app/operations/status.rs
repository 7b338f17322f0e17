//! `/segments status`: the status of a workspace.

use crate::app::answer::Asker;
use crate::app::permission::is_admin;
use crate::app::{App, accounts};
use crate::model::{SubscriptionState, WorkspaceId};
use crate::render::Message;
use crate::render::reply::{self, SinceStart, StatusReport};
use crate::store::StoreError;

/// The number of audit entries that admins see.
const MAX_AUDIT_ENTRIES_SHOWN: usize = 10;

/// Returns the status message; for admins with the latest changes.
pub(in crate::app) async fn status_message(app: &App, asker: &Asker) -> Result<Message, StoreError> {
    let workspace = &asker.channel_ref.workspace;
    let said = reply::status(&gather(app, workspace).await?);
    if !is_admin(app, asker).await {
        return Ok(said);
    }
    Ok(reply::with_audit_entries(said, &app.store.audit_entries(workspace, MAX_AUDIT_ENTRIES_SHOWN).await?))
}

/// Gathers the status of a workspace.
pub(in crate::app) async fn gather(app: &App, workspace: &WorkspaceId) -> Result<StatusReport, StoreError> {
    let accounts = accounts::list(app, workspace).await?;
    let subscriptions = app.store.subscriptions(workspace).await?;
    let backlog = app.store.backlog(workspace).await?;
    let count = |wanted: fn(&SubscriptionState) -> bool| subscriptions.iter().filter(|s| wanted(&s.state)).count();
    let calls = &app.metrics.slack_calls;
    Ok(StatusReport {
        accounts: accounts.into_iter().map(|account| account.status).collect(),
        waiting_events: backlog.pending.saturating_sub(backlog.held),
        oldest_waiting: backlog.oldest_waiting,
        held: backlog.held,
        dead: backlog.dead,
        paused: count(|state| matches!(state, SubscriptionState::Paused { .. })),
        waiting: count(|state| matches!(state, SubscriptionState::Waiting)),
        subscriptions: subscriptions.len(),
        // Counters cover all workspaces, so they are hidden where there are several.
        since_start: app.installations.oauth.is_none().then(|| SinceStart {
            posted: app.metrics.deliveries.get("posted"),
            refused: ["refused", "broken", "unreachable", "lost"].into_iter().map(|word| calls.get(word)).sum(),
        }),
        slack_ok: app.workers.workspace_rejection(workspace).is_none() && app.refused(workspace).is_none(),
        now: app.clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
