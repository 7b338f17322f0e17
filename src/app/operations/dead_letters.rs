//! Dead letters: listed, sent again, dropped; for a server, and for whoever opens the store while none runs.

use crate::app::App;
use crate::model::{ChannelId, ChannelRef, DatasetName, LetterId, WorkspaceId};
use crate::store::{DeadLetter, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::info;

/// So many are sent again or dropped in one write.
const PAGE: usize = 64;

/// A dead letter as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub id: LetterId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The channel it was meant for.
    pub channel: ChannelId,
    /// When its event was accepted.
    pub accepted_at: Timestamp,
    /// When it was given up.
    pub at: Timestamp,
    /// What happened, where that is known.
    pub event: Option<String>,
    /// Where it happened.
    pub dataset: Option<DatasetName>,
    /// Why it was given up: Slack's code, or what went wrong.
    pub error: String,
    /// Calls that were refused.
    pub attempts: u32,
}

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Every one.
    All,
    /// Those for a channel.
    Channel(ChannelId),
    /// These.
    These(Vec<LetterId>),
}

/// What is done with dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// They are sent again, as if they were never tried.
    Retry,
    /// They are forgotten.
    Drop,
}

/// Every dead letter, oldest first within each workspace.
pub async fn list(store: &dyn Store) -> Result<Vec<Listed>, StoreError> {
    let mut listed = Vec::new();
    for workspace in store.workspaces().await? {
        let letters = store.dead_letters(&workspace, usize::MAX).await?;
        listed.extend(letters.into_iter().map(|letter| Listed {
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

/// Does something with dead letters, each channel's in their order. Calls `done` for each that went, after the write that
/// took it, and gives them all.
pub async fn act(
    store: &dyn Store,
    act: Act,
    which: &Which,
    now: Timestamp,
    mut done: impl FnMut(&ChannelRef),
) -> Result<Vec<LetterId>, StoreError> {
    let mut went = Vec::new();
    for workspace in store.workspaces().await? {
        for page in meant(store, &workspace, which).await?.chunks(PAGE) {
            let page = match act {
                Act::Retry => store.retry_dead(&workspace, page, now).await?,
                Act::Drop => store.drop_dead(&workspace, page).await?,
            };
            for id in page {
                let channel_ref = App::channel_ref(&workspace, &id.channel);
                match act {
                    Act::Retry => info!(channel = %channel_ref, "put dead letter {id} back into its queue"),
                    Act::Drop => info!(channel = %channel_ref, "dropped dead letter {id}"),
                }
                done(&channel_ref);
                went.push(id);
            }
        }
    }
    Ok(went)
}

/// Does something with dead letters while the server runs: wakes the channels that thereby have something to do.
pub async fn act_live(app: &App, what: Act, which: &Which) -> Result<Vec<LetterId>, StoreError> {
    let done = |channel_ref: &ChannelRef| match what {
        Act::Retry => {
            app.metrics.deliveries.count("revived");
            app.workers.wake(channel_ref);
        }
        Act::Drop => app.metrics.deliveries.count("dropped"),
    };
    act(&*app.store, what, which, app.clock.now(), done).await
}

async fn meant(store: &dyn Store, workspace: &WorkspaceId, which: &Which) -> Result<Vec<LetterId>, StoreError> {
    let mut ids = match which {
        Which::These(ids) => ids.clone(),
        Which::All | Which::Channel(_) => {
            let letters = store.dead_letters(workspace, usize::MAX).await?;
            let mut ids: Vec<_> = letters.iter().map(DeadLetter::id).collect();
            ids.retain(|id| !matches!(which, Which::Channel(channel) if id.channel != *channel));
            ids
        }
    };
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
