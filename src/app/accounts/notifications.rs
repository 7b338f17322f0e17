//! Notifications to the person who connected an account: the first webhook arrived, or its signature does not match.
//!
//! A pending notification is stored with its account. It is marked as sent before Slack is called, so a crash or a lost
//! answer may lose it, and it is never sent twice. A call that Slack certainly did not execute is retried for a while.

use crate::app::App;
use crate::app::intake::Endpoint;
use crate::clock::later;
use crate::model::{AccountId, UserId, WorkspaceId};
use crate::render::{FallbackLevel, Message, reply};
use crate::slack::error::SlackError;
use crate::store::{AccountRecord, NotificationState, NotificationStates, StoreError};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{info, warn};

/// The time after connecting an account in which a signature mismatch is probably the admin's mistake.
const MISMATCH_NOTICE_PERIOD: Duration = Duration::from_hours(1);
/// The delay before a notification is retried.
const NOTIFICATION_RETRY_DELAY: Duration = Duration::from_mins(5);
/// The number of attempts to send a notification.
const NOTIFICATION_ATTEMPTS: u32 = 12;

type Place = (WorkspaceId, AccountId);

/// The accounts with a pending notification, each with the time to look at it. The store holds the truth.
#[derive(Debug, Default)]
pub struct AccountNotifications {
    due: Mutex<BTreeMap<Place, Timestamp>>,
    changed: Notify,
}

impl AccountNotifications {
    /// Schedules a look at an account, no earlier than this time.
    pub fn look_at(&self, workspace: &WorkspaceId, account: &AccountId, at: Timestamp) {
        let place = (workspace.clone(), account.clone());
        self.due.lock().insert(place, at);
        self.changed.notify_one();
    }

    /// Schedules the pending notifications of an account, if there are any.
    pub fn remember(&self, workspace: &WorkspaceId, account: &AccountId, notifications: NotificationStates) {
        if let Some((_, _, not_before)) = next(notifications) {
            self.look_at(workspace, account, not_before);
        }
    }

    /// Returns the account to look at next, with its time.
    fn next(&self) -> Option<(Place, Timestamp)> {
        let due = self.due.lock();
        due.iter().min_by_key(|(_, at)| **at).map(|(place, at)| (place.clone(), *at))
    }

    fn take(&self, place: &Place) {
        self.due.lock().remove(place);
    }
}

/// A kind of notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    First,
    Misfit,
}

impl What {
    /// Returns the state of this notification.
    fn of(self, notifications: &mut NotificationStates) -> &mut NotificationState {
        match self {
            Self::First => &mut notifications.first_message,
            Self::Misfit => &mut notifications.signature_mismatch,
        }
    }
}

/// Returns the next notification, the time of its event, and the earliest time to send it.
fn next(mut notifications: NotificationStates) -> Option<(What, Timestamp, Timestamp)> {
    [What::First, What::Misfit].into_iter().find_map(|what| match *what.of(&mut notifications) {
        NotificationState::Due { at, not_before, .. } => Some((what, at, not_before)),
        NotificationState::Done | NotificationState::Waiting => None,
    })
}

/// Notes a webhook whose signature does not match, and schedules a notification if it is worth one.
pub async fn note_signature_mismatch(app: &App, endpoint: &Endpoint) -> Result<(), StoreError> {
    let (before, now) = (endpoint.notifications, app.clock.now());
    let after = before.after_signature_mismatch(now);
    let is_young = endpoint.connected_at.is_some_and(|connected| now < later(connected, MISMATCH_NOTICE_PERIOD));
    if after == before || !is_young {
        return Ok(());
    }
    // At most one such write can happen per account.
    if app.store.replace_notifications(&endpoint.workspace, &endpoint.account, before, after).await? {
        app.account_notifications.look_at(&endpoint.workspace, &endpoint.account, now);
    }
    Ok(())
}

/// Sends pending notifications one after the other. Never returns.
pub async fn send_notifications(app: &Arc<App>) {
    loop {
        let changed = app.account_notifications.changed.notified();
        let Some((place, at)) = app.account_notifications.next() else {
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
        app.account_notifications.take(&place);
        // A detached task, so that a notification that is marked as sent is sent even at shutdown.
        let busy = app.workers.at_work();
        let work = |app: Arc<App>| async move {
            let (workspace, account) = &place;
            if let Err(error) = tell(&app, workspace, account).await {
                warn!(workspace.id = %workspace, "could not read the pending account notifications: {error}");
                app.account_notifications.look_at(workspace, account, later(app.clock.now(), NOTIFICATION_RETRY_DELAY));
            }
            drop(busy);
        };
        // A panic is logged where it happens; the next account is looked at all the same.
        let _ = app.detached_to_end(work).await;
    }
}

/// Sends the next notification of an account, if there is one.
async fn tell(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let Some(AccountRecord { notifications: before, setup: Some(setup), .. }) = record(app, workspace, account).await?
    else {
        return Ok(());
    };
    let Some((what, at, not_before)) = next(before) else { return Ok(()) };
    if not_before > now || !app.serves(workspace) {
        app.account_notifications.look_at(workspace, account, not_before.max(later(now, NOTIFICATION_RETRY_DELAY)));
        return Ok(());
    }
    let mut after = before;
    let NotificationState::Due { tries, .. } = std::mem::take(what.of(&mut after)) else { return Ok(()) };
    let message = match what {
        What::First => {
            let datasets = app.store.datasets_of(workspace, account).await?;
            reply::first_message(&setup.name, setup.created_at, at, datasets.first())
        }
        What::Misfit => reply::signature_mismatch(&setup.name, at),
    };
    if app.store.replace_notifications(workspace, account, before, after).await?
        && let Err(wait) = write(app, workspace, &setup.created_by, &message).await
        && tries + 1 < NOTIFICATION_ATTEMPTS
    {
        let again = NotificationState::Due { at, not_before: later(now, wait), tries: tries + 1 };
        put_off(app, workspace, account, what, again).await?;
    }
    if let Some(left) = record(app, workspace, account).await? {
        app.account_notifications.remember(workspace, account, left.notifications);
    }
    Ok(())
}

async fn record(app: &App, workspace: &WorkspaceId, account: &AccountId) -> Result<Option<AccountRecord>, StoreError> {
    let found = app.store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
    Ok(found.map(|(_, record)| record))
}

/// Sends a direct message. On an error that may be retried, returns the delay.
async fn write(app: &App, workspace: &WorkspaceId, user: &UserId, message: &Message) -> Result<(), Duration> {
    let Err(error) = app.slack.api.write_to(workspace, user, message.content(FallbackLevel::Whole)).await else {
        info!(workspace.id = %workspace, user.id = %user, "notified {user} about their account");
        app.metrics.notices.count("told");
        return Ok(());
    };
    warn!(workspace.id = %workspace, user.id = %user, "could not notify {user} about their account: {error}");
    match error {
        SlackError::Limited(wait) => Err(wait),
        SlackError::Unreachable | SlackError::NotInstalled | SlackError::Broken(503) => Err(NOTIFICATION_RETRY_DELAY),
        SlackError::Lost | SlackError::Broken(_) | SlackError::Refused(_) => Ok(()),
    }
}

/// Schedules another attempt, unless the notification is out of date.
async fn put_off(
    app: &App,
    workspace: &WorkspaceId,
    account: &AccountId,
    what: What,
    again: NotificationState,
) -> Result<(), StoreError> {
    while let Some(AccountRecord { notifications: before, .. }) = record(app, workspace, account).await? {
        if what == What::Misfit && before.first_message != NotificationState::Waiting {
            break;
        }
        let mut after = before;
        *what.of(&mut after) = again;
        if app.store.replace_notifications(workspace, account, before, after).await? {
            break;
        }
    }
    Ok(())
}
