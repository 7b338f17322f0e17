//! Requests from Slack, handled and answered within Slack's deadline, for HTTP and Socket Mode alike.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::forms::FormResult;
use crate::app::from_slack::{command, events, interaction, submission};
use crate::app::subscriptions::form;
use crate::clock::later;
use crate::model::WorkspaceId;
use crate::render::modal::DatasetOption;
use crate::slack::events::SlackEvent;
use crate::slack::interaction::{Doing, Interaction};
use crate::slack::respond::Answer;
use crate::slack::slash::SlashCommand;
use crate::slack::view::View;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tracing::{info, warn};

/// The deadline for an immediate answer. Slack gives up after 3 s; a later answer is sent separately.
const ACK_DEADLINE: Duration = Duration::from_millis(2500);
/// The time for which Slack shows the answer to a submission. An update of the modal after that stays.
const MODAL_SETTLE_DELAY: Duration = Duration::from_secs(5);

/// The response to Slack.
#[derive(Debug)]
pub enum SlackResponse {
    /// Acknowledged without content.
    Acknowledged,
    /// Acknowledged with this content.
    Content(Value),
    /// Not stored, for this reason. Slack will retry.
    NotStored(String),
    /// Failed with an internal error.
    Failed,
}

impl SlackResponse {
    /// Returns true if its JSON is at most this many bytes long.
    fn is_within(&self, longest: usize) -> bool {
        match self {
            Self::Content(said) => longest == usize::MAX || said.to_string().len() <= longest,
            Self::Acknowledged | Self::NotStored(_) | Self::Failed => true,
        }
    }
}

/// Runs a command. An answer of more than `longest` bytes goes to the response URL.
pub async fn command(app: &Arc<App>, slash: SlashCommand, longest: usize) -> SlackResponse {
    app.metrics.slack_requests.count("command");
    let asker = Asker {
        channel_ref: App::channel_ref(&slash.workspace, &slash.channel),
        user: slash.user,
        cause: slash.trigger,
    };
    let work = {
        let app = Arc::clone(app);
        async move { command::run_in_time(&app, &asker, &slash.text).await.map(|reply| reply.answer()) }
    };
    let answer = |done: &Option<Answer>| match done {
        Some(answer) => serde_json::to_value(answer).map_or(SlackResponse::Failed, SlackResponse::Content),
        None => SlackResponse::Acknowledged,
    };
    let late = {
        let app = Arc::clone(app);
        |late: Option<Answer>| async move {
            let Some(late) = late else { return };
            info!("answering a command late, at its response URL");
            if let Err(error) = app.slack.responder.respond(&slash.response_url, &late).await {
                warn!("could not answer a command late: {error}");
            }
        }
    };
    within_ack_deadline(app, longest, work, answer, late).await.unwrap_or(SlackResponse::Acknowledged)
}

/// Handles an interaction. A menu is cut to `longest` bytes; a modal that is larger is updated afterwards.
pub async fn interaction(app: &Arc<App>, interaction: Interaction, longest: usize) -> SlackResponse {
    app.metrics.slack_requests.count(match interaction {
        Interaction::Click(_) => "click",
        Interaction::Suggestion(_) => "suggestion",
        Interaction::Submission(_) => "submission",
        Interaction::Shortcut(_) => "shortcut",
        Interaction::Other(_) => "unknown_interaction",
    });
    match interaction {
        Interaction::Click(click) => {
            // A click is always acknowledged in time. Its answer goes to its response URL.
            let _ = app.detached(ACK_DEADLINE, |app| async move { interaction::click(&app, click).await }).await;
            SlackResponse::Acknowledged
        }
        Interaction::Suggestion(asked) => SlackResponse::Content(options(form::suggest(app, &asked).await, longest)),
        Interaction::Submission(done) => submission(app, done, longest).await,
        Interaction::Shortcut(used) => {
            let _ = app.detached(ACK_DEADLINE, |app| async move { submission::shortcut(&app, used).await }).await;
            SlackResponse::Acknowledged
        }
        Interaction::Other(kind) => {
            info!("ignored unknown interaction `{kind}`");
            SlackResponse::Acknowledged
        }
    }
}

/// Handles an event.
pub async fn event(app: &Arc<App>, workspace: WorkspaceId, event: SlackEvent) -> SlackResponse {
    let not_kept = |why: String| {
        app.metrics.slack_requests.count("not_kept");
        SlackResponse::NotStored(why)
    };
    if app.is_still_connecting(&workspace) {
        return not_kept(format!("Slack has not said yet who the bot is in {workspace}"));
    }
    let noted = app.detached(ACK_DEADLINE, |app| async move { events::handle(&app, &workspace, event).await }).await;
    if let Ok(Err(error)) = noted {
        return not_kept(error.to_string());
    }
    app.metrics.slack_requests.count("event");
    SlackResponse::Acknowledged
}

/// Returns the entries of a menu in Slack's format, as many as fit in `longest` bytes.
fn options(entries: Vec<DatasetOption>, longest: usize) -> Value {
    let mut room = longest.saturating_sub(r#"{"options":[]}"#.len());
    let options = entries.into_iter();
    let options = options
        .map(|DatasetOption { text, value }| json!({"text": {"type": "plain_text", "text": text}, "value": value}));
    let options = options.take_while(|option| {
        let left = room.checked_sub(option.to_string().len() + 1);
        room = left.unwrap_or_default();
        left.is_some()
    });
    json!({"options": options.collect::<Vec<_>>()})
}

/// Handles a submitted modal. A response that is late or too large is shown in the modal afterwards.
async fn submission(app: &Arc<App>, done: Doing<View>, longest: usize) -> SlackResponse {
    let Doing { workspace, user, what: View { id: view_id, .. }, .. } = &done;
    let (workspace, user, view_id) = (workspace.clone(), user.clone(), view_id.clone());
    let shown = later(app.clock.now(), MODAL_SETTLE_DELAY);
    let work = {
        let app = Arc::clone(app);
        async move { submission::submit(&app, done).await }
    };
    let late = {
        let app = Arc::clone(app);
        move |late| async move {
            app.clock.sleep_until(shown).await;
            submission::show_late_result(&app, &workspace, &user, &view_id, late).await;
        }
    };
    match within_ack_deadline(app, longest, work, to_response, late).await {
        Some(answered) => answered,
        None => Some(to_response(&submission::in_progress()))
            .filter(|said| said.is_within(longest))
            .unwrap_or(SlackResponse::Acknowledged),
    }
}

/// Converts the response to a submission to Slack's format.
fn to_response(submitted: &FormResult) -> SlackResponse {
    match submitted {
        FormResult::Close => SlackResponse::Acknowledged,
        FormResult::Errors(errors) => SlackResponse::Content(json!({"response_action": "errors", "errors": errors})),
        FormResult::Show(view) => SlackResponse::Content(json!({"response_action": "update", "view": view})),
    }
}

/// Returns the answer if the work ends before the deadline and the answer has at most `longest` bytes. Otherwise `late`
/// receives the result of the work.
async fn within_ack_deadline<T: Send + 'static, Late: Future<Output = ()> + Send>(
    app: &App,
    longest: usize,
    work: impl Future<Output = T> + Send + 'static,
    answer: fn(&T) -> SlackResponse,
    late: impl FnOnce(T) -> Late + Send + 'static,
) -> Option<SlackResponse> {
    let (give, mut given) = oneshot::channel();
    app.tasks.spawn(async move {
        let result = work.await;
        let at_once = Some(answer(&result)).filter(|answer| answer.is_within(longest));
        let fits = at_once.is_some();
        // Once nobody waits, sending fails.
        if give.send(at_once).is_err() || !fits {
            late(result).await;
        }
    });
    let prompt = app.clock.timeout(ACK_DEADLINE, &mut given).await;
    given.close();
    // An answer that came at the last moment still counts. Work that panicked gives none.
    prompt.or_else(|| given.try_recv().ok().map(Ok)).and_then(|given| given.unwrap_or(Some(SlackResponse::Failed)))
}
