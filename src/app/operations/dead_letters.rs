//! Dead letters: listed, retried, and dropped, by a running server or on an idle store.

use crate::app::App;
use crate::model::{ChannelId, ChannelRef, DatasetName, DeadLetterId, WorkspaceId};
use crate::store::{DeadLetter, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::info;

/// The number of dead letters to change in one write.
const DEAD_LETTER_PAGE: usize = 64;

/// A dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterList {
    /// The id that names it.
    pub id: DeadLetterId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The channel it was meant for.
    pub channel: ChannelId,
    /// The time at which its event was accepted.
    pub accepted_at: Timestamp,
    /// The time at which it became a dead letter.
    pub at: Timestamp,
    /// The event type, if it is known.
    pub event: Option<String>,
    /// The dataset, if it is known.
    pub dataset: Option<DatasetName>,
    /// The reason: Slack's code, or a description.
    pub error: String,
    /// The number of rejected calls.
    pub attempts: u32,
}

/// A selection of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterSelection {
    /// All dead letters.
    All,
    /// The dead letters of one channel.
    Channel(ChannelId),
    /// The dead letters with these ids.
    These(Vec<DeadLetterId>),
}

/// An action on dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterAction {
    /// Delivers them again, as if they were never tried.
    Retry,
    /// Deletes them.
    Drop,
}

/// Returns all dead letters, oldest first within each workspace.
pub async fn list(store: &dyn Store) -> Result<Vec<DeadLetterList>, StoreError> {
    let mut listed = Vec::new();
    for workspace in store.workspaces().await? {
        let letters = store.dead_letters(&workspace, usize::MAX).await?;
        listed.extend(letters.into_iter().map(|letter| DeadLetterList {
            id: letter.id(),
            workspace: workspace.clone(),
            channel: letter.channel,
            accepted_at: letter.delivery.accepted_at,
            at: letter.at,
            event: letter.event,
            dataset: letter.dataset,
            error: letter.error,
            attempts: letter.delivery.attempts,
        }));
    }
    Ok(listed)
}

/// Runs an action on dead letters, each channel's in order. Calls `done` for each after its write, and returns their
/// ids.
pub async fn act(
    store: &dyn Store,
    act: DeadLetterAction,
    which: &DeadLetterSelection,
    now: Timestamp,
    mut done: impl FnMut(&ChannelRef),
) -> Result<Vec<DeadLetterId>, StoreError> {
    let mut went = Vec::new();
    for workspace in store.workspaces().await? {
        for page in meant(store, &workspace, which).await?.chunks(DEAD_LETTER_PAGE) {
            let page = match act {
                DeadLetterAction::Retry => store.retry_dead_letters(&workspace, page, now).await?,
                DeadLetterAction::Drop => store.drop_dead_letters(&workspace, page).await?,
            };
            for id in page {
                let channel_ref = App::channel_ref(&workspace, &id.channel);
                match act {
                    DeadLetterAction::Retry => {
                        info!(channel = %channel_ref, "put dead letter {id} back into its queue");
                    }
                    DeadLetterAction::Drop => info!(channel = %channel_ref, "dropped dead letter {id}"),
                }
                done(&channel_ref);
                went.push(id);
            }
        }
    }
    Ok(went)
}

/// Runs an action on dead letters of a running server, and wakes the channels that have work because of it.
pub async fn act_live(
    app: &App,
    what: DeadLetterAction,
    which: &DeadLetterSelection,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let done = |channel_ref: &ChannelRef| match what {
        DeadLetterAction::Retry => {
            app.metrics.deliveries.count("revived");
            app.workers.wake(channel_ref);
        }
        DeadLetterAction::Drop => app.metrics.deliveries.count("dropped"),
    };
    act(&*app.store, what, which, app.clock.now(), done).await
}

async fn meant(
    store: &dyn Store,
    workspace: &WorkspaceId,
    which: &DeadLetterSelection,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let mut ids = match which {
        DeadLetterSelection::These(ids) => ids.clone(),
        DeadLetterSelection::All | DeadLetterSelection::Channel(_) => {
            let letters = store.dead_letters(workspace, usize::MAX).await?;
            let mut ids: Vec<_> = letters.iter().map(DeadLetter::id).collect();
            ids.retain(|id| !matches!(which, DeadLetterSelection::Channel(channel) if id.channel != *channel));
            ids
        }
    };
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
