//! How a workspace is doing, gathered for `/segments status`.

use crate::app::answer::Asker;
use crate::app::permission::is_admin;
use crate::app::{App, accounts};
use crate::model::{SubscriptionState, WorkspaceId};
use crate::render::Message;
use crate::render::reply::{self, SinceStart, Status};
use crate::store::StoreError;

/// Admins are shown so many of the last changes.
const DEEDS: usize = 10;

/// Says how the workspace is doing; to its admins also who changed what of late.
pub(in crate::app) async fn told(app: &App, asker: &Asker) -> Result<Message, StoreError> {
    let workspace = &asker.channel_ref.workspace;
    let said = reply::status(&gather(app, workspace).await?);
    if !is_admin(app, asker).await {
        return Ok(said);
    }
    Ok(reply::with_deeds(said, &app.store.deeds(workspace, DEEDS).await?))
}

/// Gathers the facts.
pub(in crate::app) async fn gather(app: &App, workspace: &WorkspaceId) -> Result<Status, StoreError> {
    let accounts = accounts::listed(app, workspace).await?;
    let subscriptions = app.store.subscriptions(workspace).await?;
    let backlog = app.store.backlog(workspace).await?;
    let count = |wanted: fn(&SubscriptionState) -> bool| subscriptions.iter().filter(|s| wanted(&s.state)).count();
    let calls = &app.metrics.slack_calls;
    Ok(Status {
        accounts: accounts.into_iter().map(|account| account.status).collect(),
        waiting_events: backlog.pending.saturating_sub(backlog.held),
        oldest_waiting: backlog.oldest_waiting,
        held: backlog.held,
        dead: backlog.dead,
        paused: count(|state| matches!(state, SubscriptionState::Paused { .. })),
        waiting: count(|state| matches!(state, SubscriptionState::Waiting)),
        subscriptions: subscriptions.len(),
        // Counted over all workspaces, they say nothing of one of many.
        since_start: app.oauth.is_none().then(|| SinceStart {
            posted: app.metrics.deliveries.get("posted"),
            refused: ["refused", "broken", "unreachable", "lost"].into_iter().map(|word| calls.get(word)).sum(),
        }),
        slack_ok: app.workers.workspace_rejection(workspace).is_none() && app.refused(workspace).is_none(),
        now: app.clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
