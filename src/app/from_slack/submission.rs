//! Submitted modals and shortcuts: each goes to the code of its form, in time.

use crate::app::detached::Unfinished;
use crate::app::forms::{FormResult, ModalUser, show_message};
use crate::app::from_slack::command::COMMAND_DEADLINE;
use crate::app::subscriptions::{form, import_form};
use crate::app::{App, accounts, notify, segments_actions};
use crate::model::{UserId, WorkspaceId};
use crate::render::{FallbackLevel, Message, modal, reply};
use crate::slack::accounts::CALLBACK as ACCOUNTS;
use crate::slack::acts::CALLBACK as ACTS;
use crate::slack::error::SlackError;
use crate::slack::form::{CALLBACK, IMPORT};
use crate::slack::interaction::Doing;
use crate::slack::view::View;
use crate::store::StoreError;
use std::sync::Arc;
use tracing::{debug, warn};

/// Handles a global shortcut: opens the subscription modal.
pub async fn shortcut(app: &App, used: Doing<String>) {
    let Doing { workspace, user, trigger: Some(trigger), what, .. } = used else { return };
    if !app.serves(&workspace) || what != "subscribe" {
        return debug!("ignored unknown shortcut `{what}`");
    }
    let person = ModalUser { workspace, user, trigger, here: None };
    // A shortcut has no channel, so errors go to the person as a direct message.
    if let Some(said) = form::open(app, &person, None).await
        && let Err(error) =
            app.slack.api.write_to(&person.workspace, &person.user, said.message.content(FallbackLevel::Whole)).await
    {
        warn!("could not report that a modal did not open: {error}");
    }
}

/// Applies a submitted modal within the deadline of its form.
pub async fn submit(app: &Arc<App>, done: Doing<View>) -> FormResult {
    let (wish, limit, unfinished): (_, _, fn() -> Message) = match done.what.callback_id.as_str() {
        ACCOUNTS => ("change this workspace's accounts", COMMAND_DEADLINE, reply::timed_out),
        ACTS => ("do that at Segments.ai", segments_actions::ACTION_DEADLINE, reply::action_timed_out),
        _ => ("change this channel's subscriptions", COMMAND_DEADLINE, reply::timed_out),
    };
    match app.detached(limit, |app| async move { submitted(&app, &done).await }).await {
        Ok(Ok(submitted)) => submitted,
        Ok(Err(error)) => {
            warn!("a modal submission failed: {error}");
            show_message(&reply::unavailable(wish))
        }
        Err(Unfinished::TimedOut | Unfinished::Panicked) => {
            warn!("a modal submission timed out");
            show_message(&unfinished())
        }
    }
}

/// Returns the response while a submission takes longer than Slack waits. The modal is updated later.
pub fn in_progress() -> FormResult {
    show_message(&reply::still_working())
}

/// Shows the late result of a submission in its modal, or as a direct message if the modal was closed.
pub async fn show_late_result(app: &App, workspace: &WorkspaceId, user: &UserId, view_id: &str, submitted: FormResult) {
    let view = match submitted {
        FormResult::Close => modal::notice("Segments", &reply::form_finished()),
        FormResult::Errors(wrong) => {
            modal::notice("Segments", &reply::form_had_errors(wrong.values().map(String::as_str)))
        }
        FormResult::Show(view) => *view,
    };
    if let Err(error) = notify::modal(app, workspace, view_id, &view).await {
        let was_closed = matches!(error, SlackError::Refused(_));
        if !was_closed {
            warn!("could not show the result in the modal: {error}; sending it to {user}");
        }
        notify::person(app, workspace, user, &reply::about_form(&view, was_closed)).await;
    }
}

async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<FormResult, StoreError> {
    let Doing { workspace, what: view, .. } = done;
    if done.is_of_stranger() {
        return Ok(show_message(&reply::other_workspace()));
    }
    if let Some(not_served) = app.not_served(workspace) {
        return Ok(show_message(&not_served.message));
    }
    match view.callback_id.as_str() {
        CALLBACK => form::submitted(app, done).await,
        IMPORT => import_form::submitted(app, done).await,
        ACCOUNTS => accounts::form::submitted(app, done).await,
        ACTS => segments_actions::form::submitted(app, done).await,
        _ => Ok(FormResult::Close),
    }
}
