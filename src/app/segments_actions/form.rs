//! The forms of a card: opening one with the current state at Segments.ai, and applying a submission.

use crate::app::App;
use crate::app::answer::{Asker, Attempt, ClickAnswer, Reply, Stop};
use crate::app::forms::{FormResult, show_message};
use crate::app::permission::may_act;
use crate::app::segments_actions::context::{ActionContext, bound, shown};
use crate::app::segments_actions::status_change::{Access, with_one_wait};
use crate::app::segments_actions::{access, assign, report};
use crate::config::Replies;
use crate::model::object::LastSeen;
use crate::model::{DatasetName, MessageTs, ObjectKey, TriggerId, WorkspaceId};
use crate::render::{modal, reply};
use crate::segments::api::{ErrorKind, SampleId, SegmentsError};
use crate::slack::acts::{Filled, Sheet};
use crate::slack::interaction::{Ask, Doing, Subject, Task};
use crate::slack::view::View;
use crate::store::StoreError;
use tracing::{debug, warn};

/// Opens a form. Slack allows three seconds, so the form opens empty and is filled in afterwards.
pub(in crate::app) async fn open(app: &App, asker: &Asker, ask: &Ask, message: Option<&MessageTs>) -> ClickAnswer {
    let said = |message| ClickAnswer::Beside(Reply::asker(message));
    let Some(message) = message else { return said(reply::unknown_action()) };
    let workspace = &asker.channel_ref.workspace;
    let view_id = match app.slack.api.open_view(workspace, &asker.cause, &modal::asking(ask.task)).await {
        Ok(id) => id,
        Err(error) => {
            warn!("could not open a form: {error}");
            return said(reply::action_form_not_opened());
        }
    };
    let shown = match sheet(app, asker, ask, message).await {
        Ok(sheet) => shown(app, asker, &sheet, &Filled::default(), None),
        Err(Stop::Say(refusal)) => modal::instead(ask.task, &refusal),
        Err(Stop::Store(error)) => {
            warn!("could not open a form: {error}");
            modal::instead(ask.task, &reply::unavailable("open this form"))
        }
    };
    if let Err(error) = app.slack.api.update_view(workspace, &view_id, None, &shown).await {
        debug!("could not fill in a form: {error}");
    }
    ClickAnswer::Nothing
}

/// Reads what a form is about from Segments.ai; otherwise returns the message for the person.
async fn sheet(app: &App, asker: &Asker, ask: &Ask, message: &MessageTs) -> Attempt<Sheet> {
    let workspace = &asker.channel_ref.workspace;
    let access = may(app, asker, ask).await?;
    let empty = |sample| Sheet {
        ask: ask.clone(),
        sample,
        name: None,
        dataset: None,
        labeler: None,
        reviewer: None,
        quoted: None,
        channel: asker.channel_ref.channel.clone(),
        message: message.clone(),
        opened_at: app.clock.now(),
    };
    let read = match &ask.about {
        Subject::Sample(id) | Subject::Label(id, _) => {
            let read = with_one_wait(app, || app.segments.api.sample_and_dataset(&access.key, *id)).await;
            read.map(|(sample, dataset)| Sheet { dataset, ..empty(*id).at(&sample) })
        }
        Subject::Issue(id, dataset) => {
            let read = with_one_wait(app, || app.segments.api.issue(&access.key, *id, dataset)).await;
            read.and_then(|issue| {
                let sample = issue.sample_uuid.as_deref().and_then(SampleId::parse);
                let sample = sample.ok_or(SegmentsError::Unavailable(ErrorKind::Unreadable))?;
                Ok(Sheet { dataset: Some(dataset.clone()), ..empty(sample).about(&issue) })
            })
        }
    };
    let mut sheet = read.map_err(|error| reply::action_form_rejected(&error, ask.task))?;
    if sheet.dataset.is_none() {
        sheet.dataset = dataset_of(app, workspace, &sheet).await?;
    }
    Ok(sheet)
}

/// Returns the dataset of a sample, as far as webhooks told it.
async fn dataset_of(app: &App, workspace: &WorkspaceId, sheet: &Sheet) -> Result<Option<DatasetName>, StoreError> {
    let objects = vec![ObjectKey::new("sample", &sheet.sample.to_string()), sheet.ask.about.object()];
    let known = app.store.object_states(workspace, objects).await?;
    Ok(known.into_iter().find_map(|(_, state)| match state.seen {
        LastSeen::Sample { dataset, .. } | LastSeen::Label { dataset, .. } => dataset,
        _ => None,
    }))
}

/// Checks that a person may use the form; otherwise returns the message for them.
async fn may(app: &App, asker: &Asker, ask: &Ask) -> Attempt<Access> {
    if ask.task == Task::Reply && app.settings.replies == Replies::Off {
        return Err(reply::replies_are_off().into());
    }
    may_act(app, asker).await?;
    access(app, &asker.channel_ref.workspace, ask.about.object()).await
}

/// Applies a submitted form, or returns what is wrong with it.
pub(in crate::app) async fn submitted(app: &App, done: &Doing<View>) -> Result<FormResult, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let sealed = |words: &str, seal: &str| app.slack.state_signer.verify(&bound(workspace, user, words), seal);
    let (Some(sheet), Ok(cause)) =
        (Sheet::read(&view.private_metadata, sealed), TriggerId::parse(format!("view.{}", view.id)))
    else {
        return Ok(show_message(&reply::action_form_outdated()));
    };
    let asker = Asker { channel_ref: App::channel_ref(workspace, &sheet.channel), user: user.clone(), cause };
    let access = match may(app, &asker, &sheet.ask).await {
        Ok(access) => access,
        Err(Stop::Say(refusal)) => return Ok(show_message(&refusal)),
        Err(Stop::Store(error)) => return Err(error),
    };
    let by = ActionContext { app, asker: &asker, access: &access, sheet: &sheet, filled: &Filled::read(view) };
    match sheet.ask.task {
        Task::Assign => assign::assign(&by).await,
        Task::Report | Task::Reply => report::report(&by).await,
    }
}
