//! Submitted modals and shortcuts: each goes to the code of its form, in time.

use crate::app::detached::Unfinished;
use crate::app::forms::{Person, Submitted, says};
use crate::app::from_slack::command::LIMIT;
use crate::app::subscriptions::{form, import_form};
use crate::app::{App, accounts, notify, segments_actions};
use crate::model::{UserId, WorkspaceId};
use crate::render::{Message, Rung, modal, reply};
use crate::slack::accounts::CALLBACK as ACCOUNTS;
use crate::slack::acts::CALLBACK as ACTS;
use crate::slack::error::SlackError;
use crate::slack::form::{CALLBACK, IMPORT};
use crate::slack::interaction::Doing;
use crate::slack::view::View;
use crate::store::StoreError;
use std::sync::Arc;
use tracing::{debug, warn};

/// Somebody used the shortcut.
pub async fn shortcut(app: &App, used: Doing<String>) {
    let Doing { workspace, user, trigger: Some(trigger), what, .. } = used else { return };
    if !app.serves(&workspace) || what != "subscribe" {
        return debug!("ignored unknown shortcut `{what}`");
    }
    let person = Person { workspace, user, trigger, here: None };
    // A shortcut has no channel: what goes wrong is written to whoever used it.
    if let Some(said) = form::open(app, &person, None).await
        && let Err(error) = app.slack.write_to(&person.workspace, &person.user, said.message.content(Rung::Whole)).await
    {
        warn!("could not report that a modal did not open: {error}");
    }
}

/// Does what a submitted modal says, or says what is wrong with it.
pub async fn submit(app: &Arc<App>, done: Doing<View>) -> Submitted {
    let (wish, limit, unfinished): (_, _, fn() -> Message) = match done.what.callback_id.as_str() {
        ACCOUNTS => ("change this workspace's accounts", LIMIT, reply::unfinished),
        ACTS => ("do that at Segments.ai", segments_actions::LIMIT, reply::act_unfinished),
        _ => ("change this channel's subscriptions", LIMIT, reply::unfinished),
    };
    match app.detached(limit, |app| async move { submitted(&app, &done).await }).await {
        Ok(Ok(submitted)) => submitted,
        Ok(Err(error)) => {
            warn!("a modal submission failed: {error}");
            says(&reply::try_again(wish))
        }
        Err(Unfinished::TimedOut | Unfinished::Panicked) => {
            warn!("a modal submission timed out");
            says(&unfinished())
        }
    }
}

/// What somebody is told whose submission takes longer than Slack waits; the modal says more later.
pub fn still_at_work() -> Submitted {
    says(&reply::at_work())
}

/// Says in the modal, which told that work goes on, what came of it; where that cannot be, as it was closed meanwhile, in
/// a message.
pub async fn tell_later(app: &App, workspace: &WorkspaceId, user: &UserId, view_id: &str, submitted: Submitted) {
    let view = match submitted {
        Submitted::Close => modal::notice("Segments", &reply::done()),
        Submitted::Wrong(wrong) => {
            modal::notice("Segments", &reply::modal_was_wrong(wrong.values().map(String::as_str)))
        }
        Submitted::Says(view) => *view,
    };
    if let Err(error) = notify::modal(app, workspace, view_id, &view).await {
        let was_closed = matches!(error, SlackError::Refused(_));
        if !was_closed {
            warn!("could not show the result in the modal: {error}; sending it to {user}");
        }
        notify::person(app, workspace, user, &reply::of_a_form(&view, was_closed)).await;
    }
}

async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<Submitted, StoreError> {
    let Doing { workspace, what: view, .. } = done;
    if done.is_of_stranger() {
        return Ok(says(&reply::other_workspace()));
    }
    if let Some(not_served) = app.not_served(workspace) {
        return Ok(says(&not_served.message));
    }
    match view.callback_id.as_str() {
        CALLBACK => form::submitted(app, done).await,
        IMPORT => import_form::submitted(app, done).await,
        ACCOUNTS => accounts::form::submitted(app, done).await,
        ACTS => segments_actions::form::submitted(app, done).await,
        _ => Ok(Submitted::Close),
    }
}
