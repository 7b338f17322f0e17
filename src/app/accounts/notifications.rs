//! Telling whoever connected an account what comes to it: its first message, or that its signing secret does not fit.
//!
//! What is to be told is on disk with what it is about. It is noted as told before Slack is asked; so a crash, or an answer
//! that never came, may leave it untold at that moment, and tells it never twice. What Slack certainly did not do is tried
//! again for a while.

use crate::app::App;
use crate::app::intake::Endpoint;
use crate::clock::later;
use crate::model::{AccountId, UserId, WorkspaceId};
use crate::render::{Message, Rung, reply};
use crate::slack::error::SlackError;
use crate::store::{AccountRecord, StoreError, Tiding, Watch};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{info, warn};

/// So long after an account was connected, a message that its secret does not fit is most likely a mistake of its admin.
const FIRST_HOUR: Duration = Duration::from_hours(1);
/// While Slack cannot be reached it is asked again after this …
const ASK_AGAIN: Duration = Duration::from_mins(5);
/// … and somebody is given up after so many tries.
const TRIES: u32 = 12;

type Place = (WorkspaceId, AccountId);

/// The accounts of which something is to be told, each with the time to look at it; the store's records are the truth.
#[derive(Debug, Default)]
pub struct Tidings {
    due: Mutex<BTreeMap<Place, Timestamp>>,
    changed: Notify,
}

impl Tidings {
    /// Has an account looked at, not before this time.
    pub fn look_at(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) {
        let place = (workspace.clone(), account.clone());
        self.due.lock().insert(place, at);
        self.changed.notify_one();
    }

    /// Remembers what is still to be told of an account.
    pub fn remember(&self, workspace: &WorkspaceId, account: &AccountId, watch: Watch) {
        if let Some((_, _, not_before)) = next(watch) {
            self.look_at(workspace, account, not_before);
        }
    }

    /// The next account, where there is any.
    fn next(&self) -> Option<(Place, Timestamp)> {
        let due = self.due.lock();
        due.iter().min_by_key(|(_, at)| **at).map(|(place, at)| (place.clone(), *at))
    }

    fn take(&self, place: &Place) {
        self.due.lock().remove(place);
    }
}

/// One thing that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    First,
    Misfit,
}

impl What {
    /// How far the telling of it is.
    fn of(self, watch: &mut Watch) -> &mut Tiding {
        match self {
            Self::First => &mut watch.first,
            Self::Misfit => &mut watch.misfit,
        }
    }
}

/// What is to be told next, when it happened, and when that may be told.
fn next(mut watch: Watch) -> Option<(What, Timestamp, Timestamp)> {
    [What::First, What::Misfit].into_iter().find_map(|what| match *what.of(&mut watch) {
        Tiding::Due { at, not_before, .. } => Some((what, at, not_before)),
        Tiding::Over | Tiding::Awaited => None,
    })
}

/// Notes that a message came which the signing secret of an account does not fit, if that is to be told.
pub async fn note_misfit(app: &App, endpoint: &Endpoint) -> Result<(), StoreError> {
    let (before, now) = (endpoint.watch, app.clock.now());
    let after = before.misheard(now);
    let is_young = endpoint.connected_at.is_some_and(|connected| now < later(connected, FIRST_HOUR));
    if after == before || !is_young {
        return Ok(());
    }
    // Nobody can make more than one such write for an account.
    if app.store.replace_watch(&endpoint.workspace, &endpoint.account, before, after).await? {
        app.tidings.look_at(&endpoint.workspace, &endpoint.account, now);
    }
    Ok(())
}

/// Tells what is to be told, one thing after the other. Never ends.
pub async fn keep_telling(app: &Arc<App>) {
    loop {
        let changed = app.tidings.changed.notified();
        let Some((place, at)) = app.tidings.next() else {
            changed.await;
            continue;
        };
        let now = app.clock.now();
        if at > now {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            tokio::select! {
                () = app.clock.sleep(wait) => {}
                () = changed => {}
            }
            continue;
        }
        app.tidings.take(&place);
        // A task of its own, which is waited for when everything ends: what is noted as told is told.
        let busy = app.workers.at_work();
        let work = |app: Arc<App>| async move {
            let (workspace, account) = &place;
            if let Err(error) = tell(&app, workspace, account).await {
                warn!(workspace.id = %workspace, "could not read the pending account notifications: {error}");
                app.tidings.look_at(workspace, account, later(app.clock.now(), ASK_AGAIN));
            }
            drop(busy);
        };
        // A panic is logged where it happens; the next account is looked at all the same.
        let _ = app.detached_to_end(work).await;
    }
}

/// Tells the next thing of an account, if there is any.
async fn tell(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let Some(AccountRecord { watch: before, setup: Some(setup), .. }) = record(app, workspace, account).await? else {
        return Ok(());
    };
    let Some((what, at, not_before)) = next(before) else { return Ok(()) };
    if not_before > now || !app.serves(workspace) {
        app.tidings.look_at(workspace, account, not_before.max(later(now, ASK_AGAIN)));
        return Ok(());
    }
    let mut after = before;
    let Tiding::Due { tries, .. } = std::mem::take(what.of(&mut after)) else { return Ok(()) };
    let message = match what {
        What::First => {
            let datasets = app.store.datasets_of(workspace, account).await?;
            reply::first_message(&setup.name, setup.created_at, at, datasets.first())
        }
        What::Misfit => reply::misfit(&setup.name, at),
    };
    if app.store.replace_watch(workspace, account, before, after).await?
        && let Err(wait) = write(app, workspace, &setup.created_by, &message).await
        && tries + 1 < TRIES
    {
        let again = Tiding::Due { at, not_before: later(now, wait), tries: tries + 1 };
        put_off(app, workspace, account, what, again).await?;
    }
    if let Some(left) = record(app, workspace, account).await? {
        app.tidings.remember(workspace, account, left.watch);
    }
    Ok(())
}

async fn record(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<Option<AccountRecord>, StoreError> {
    let found = app.store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
    Ok(found.map(|(_, record)| record))
}

/// Writes to somebody; how long to wait if that certainly did not happen and may happen later.
async fn write(app: &App, workspace: &WorkspaceId, user: &UserId, message: &Message) -> Result<(), Duration> {
    let Err(error) = app.slack.write_to(workspace, user, message.content(Rung::Whole)).await else {
        info!(workspace.id = %workspace, user.id = %user, "notified {user} about their account");
        app.metrics.notices.count("told");
        return Ok(());
    };
    warn!(workspace.id = %workspace, user.id = %user, "could not notify {user} about their account: {error}");
    match error {
        SlackError::Limited(wait) => Err(wait),
        SlackError::Unreachable | SlackError::NotInstalled | SlackError::Broken(503) => Err(ASK_AGAIN),
        SlackError::Lost | SlackError::Broken(_) | SlackError::Refused(_) => Ok(()),
    }
}

/// Notes that something is still to be told, unless it is out of date meanwhile.
async fn put_off(
    app: &App,
    workspace: &WorkspaceId,
    account: &AccountId,
    what: What,
    again: Tiding,
) -> Result<(), StoreError> {
    while let Some(AccountRecord { watch: before, .. }) = record(app, workspace, account).await? {
        if what == What::Misfit && before.first != Tiding::Awaited {
            break;
        }
        let mut after = before;
        *what.of(&mut after) = again;
        if app.store.replace_watch(workspace, account, before, after).await? {
            break;
        }
    }
    Ok(())
}
