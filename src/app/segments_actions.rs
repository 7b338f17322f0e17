//! Actions at Segments.ai from Slack: status buttons, and forms to assign, report, and reply.

mod assign;
mod context;
pub mod form;
mod report;
pub mod status_change;

use crate::app::App;
use crate::app::accounts::{NoKey, key};
use crate::app::answer::{Asker, Attempt, ClickAnswer, Reply, Stop};
use crate::app::permission::may_act;
use crate::app::segments_actions::status_change::{Access, act};
use crate::model::{MessageTs, ObjectKey, WorkspaceId};
use crate::render::reply;
use crate::slack::interaction::Act;
use crate::store::StoreError;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::time::Duration;
use tracing::{info, warn};

/// The deadline of an action: two reads, a write, and the wait that Segments.ai asks for.
pub(super) const ACTION_DEADLINE: Duration = Duration::from_mins(2);

/// The objects that people are changing at Segments.ai right now.
#[derive(Debug, Default)]
pub struct ActionsInProgress(Mutex<HashSet<(WorkspaceId, ObjectKey)>>);

/// The exclusive right to change an object. Dropping it frees the object.
struct Turn<'a> {
    acting: &'a ActionsInProgress,
    what: (WorkspaceId, ObjectKey),
}

impl ActionsInProgress {
    /// Takes the exclusive right to change an object; none if someone else has it.
    fn turn(&self, workspace: &WorkspaceId, object: ObjectKey) -> Option<Turn<'_>> {
        let what = (workspace.clone(), object);
        let is_free = self.0.lock().insert(what.clone());
        is_free.then_some(Turn { acting: self, what })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.acting.0.lock().remove(&self.what);
    }
}

/// Runs the action of a status button, if the person may and the object belongs to this workspace.
pub(super) async fn click(
    app: &App,
    asker: &Asker,
    wanted: &Act,
    message: Option<&MessageTs>,
) -> Result<ClickAnswer, StoreError> {
    let said = |message| ClickAnswer::Beside(Reply::asker(message));
    let workspace = &asker.channel_ref.workspace;
    let Some(message) = wanted.from.as_ref().or(message) else { return Ok(said(reply::unknown_action())) };
    if let Err(refusal) = may_act(app, asker).await {
        return Ok(said(refusal));
    }
    let access = match access(app, workspace, wanted.what.object()).await {
        Ok(access) => access,
        Err(Stop::Say(refusal)) => return Ok(said(refusal)),
        Err(Stop::Store(error)) => return Err(error),
    };
    let Some(_turn) = app.segments.actions_in_progress.turn(workspace, wanted.what.object()) else {
        return Ok(said(reply::action_in_progress()));
    };
    let acted = act(app, &access, asker, message, wanted).await?;
    info!(workspace.id = %workspace, user.id = %asker.user, "{} requested a status change at Segments.ai: {}", asker.user, acted.word());
    let again = Act { from: Some(message.clone()), ..wanted.clone() };
    let told = Reply::asker(reply::action_result(&acted, &again));
    // A click in an earlier answer is answered in its place.
    Ok(if wanted.from.is_some() { ClickAnswer::InPlace(told) } else { ClickAnswer::Beside(told) })
}

/// Returns the account and key for an object, if this workspace has seen it; otherwise the message for the person.
async fn access(app: &App, workspace: &WorkspaceId, object: ObjectKey) -> Attempt<Access> {
    let Some((account, _)) = app.store.find_object(workspace, object).await? else {
        return Err(reply::unknown_object().into());
    };
    match key(app, workspace, &account).await {
        Ok(key) => Ok(Access { account, key }),
        Err(NoKey::Store(error)) => Err(error.into()),
        Err(NoKey::NotGiven) => Err(reply::no_api_key().into()),
        Err(error @ NoKey::Sealed(_)) => {
            warn!(workspace.id = %workspace, "{error}");
            Err(reply::no_api_key().into())
        }
    }
}
