//! What Slack asks for, carried out and answered before Slack gives up: the same for an HTTP request and for an envelope
//! of Socket Mode.

use super::modal::{self, Submitted};
use super::{App, Asker, command, events, interaction};
use crate::model::WorkspaceId;
use crate::render::modal::Entry;
use crate::slack::events::SlackEvent;
use crate::slack::interaction::{Doing, Interaction};
use crate::slack::respond::Answer;
use crate::slack::slash::SlashCommand;
use crate::slack::view::View;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot::{self, error::RecvError};
use tracing::{info, warn};

/// Slack gives up after 3 s; what takes longer than this is answered later.
const PROMPT: Duration = Duration::from_millis(2500);

/// What goes back to Slack.
#[derive(Debug)]
pub enum Answered {
    /// It was taken, and there is nothing to say.
    Taken,
    /// It was taken, and this is the answer.
    Says(Value),
    /// It could not be kept, for this reason: Slack is to send it again.
    NotKept(String),
    /// It met an error of the server's own.
    Failed,
}

/// Whether Slack takes an answer together with the word that something was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It does.
    TwoWay,
    /// It does not: whoever asked is answered where late answers go.
    OneWay,
}

/// Carries out `/segments …`.
pub async fn command(app: &Arc<App>, slash: SlashCommand, way: Way) -> Answered {
    app.metrics.slack_requests.count("command");
    let asker = Asker { lane: App::lane(&slash.workspace, &slash.channel), user: slash.user, cause: slash.trigger };
    let work = {
        let app = Arc::clone(app);
        async move { command::run_in_time(&app, &asker, &slash.text).await.answer() }
    };
    let late = {
        let app = Arc::clone(app);
        |late: Option<Answer>| async move {
            // Nobody waits any more: Slack takes the answer at the response url.
            if let Some(late) = late
                && let Err(error) = app.responder.respond(&slash.response_url, &late).await
            {
                warn!("could not answer a command late: {error}");
            }
        }
    };
    match promptly(app, way, work, late).await {
        Some(Ok(Some(answer))) => serde_json::to_value(answer).map_or(Answered::Failed, Answered::Says),
        Some(Ok(None)) => Answered::Taken,
        Some(Err(_)) => Answered::Failed,
        None => {
            info!("a command is answered at its response url, not at once");
            Answered::Taken
        }
    }
}

/// Does what somebody did with what they are shown.
pub async fn interaction(app: &Arc<App>, interaction: Interaction, way: Way) -> Answered {
    app.metrics.slack_requests.count(match interaction {
        Interaction::Click(_) => "click",
        Interaction::Suggestion(_) => "suggestion",
        Interaction::Submission(_) => "submission",
        Interaction::Shortcut(_) => "shortcut",
        Interaction::Other(_) => "unknown_interaction",
    });
    match interaction {
        Interaction::Click(click) => {
            let work = app.tasks.spawn({
                let app = Arc::clone(app);
                async move { interaction::click(&app, click).await }
            });
            app.clock.timeout(PROMPT, work).await;
            Answered::Taken
        }
        Interaction::Suggestion(asked) => Answered::Says(options(modal::suggest(app, &asked))),
        Interaction::Submission(done) => submission(app, done, way).await,
        Interaction::Shortcut(used) => {
            let work = app.tasks.spawn({
                let app = Arc::clone(app);
                async move { modal::shortcut(&app, used).await }
            });
            app.clock.timeout(PROMPT, work).await;
            Answered::Taken
        }
        Interaction::Other(kind) => {
            info!("an interaction of type `{kind}` calls for nothing");
            Answered::Taken
        }
    }
}

/// Does what an event calls for.
pub async fn event(app: &Arc<App>, workspace: WorkspaceId, event: SlackEvent) -> Answered {
    let not_kept = |why: String| {
        app.metrics.slack_requests.count("not_kept");
        Answered::NotKept(why)
    };
    if app.is_yet_to_ask(&workspace) {
        return not_kept(format!("Slack has not said yet who the bot is in {workspace}"));
    }
    let work = app.tasks.spawn({
        let app = Arc::clone(app);
        async move { events::note(&app, &workspace, event).await }
    });
    if let Some(Ok(Err(error))) = app.clock.timeout(PROMPT, work).await {
        return not_kept(error.to_string());
    }
    app.metrics.slack_requests.count("event");
    Answered::Taken
}

/// The entries of a menu as Slack takes them.
fn options(entries: Vec<Entry>) -> Value {
    let options = entries.into_iter();
    let options =
        options.map(|Entry { text, value }| json!({"text": {"type": "plain_text", "text": text}, "value": value}));
    json!({"options": options.collect::<Vec<_>>()})
}

/// Carries out a modal. What takes longer than Slack waits is said in the modal afterwards.
async fn submission(app: &Arc<App>, done: Doing<View>, way: Way) -> Answered {
    let (workspace, view_id) = (done.workspace.clone(), done.what.id.clone());
    let work = {
        let app = Arc::clone(app);
        async move { modal::submit(&app, done).await }
    };
    let late = {
        let app = Arc::clone(app);
        |late| async move { modal::tell_later(&app, &workspace, &view_id, late).await }
    };
    match promptly(app, way, work, late).await.unwrap_or_else(|| Ok(modal::still_at_work())) {
        Ok(Submitted::Close) => Answered::Taken,
        Ok(Submitted::Wrong(errors)) => Answered::Says(json!({"response_action": "errors", "errors": errors})),
        Ok(Submitted::Says(view)) => Answered::Says(json!({"response_action": "update", "view": view})),
        Err(_) => Answered::Failed,
    }
}

/// What work comes to, if it does so before Slack gives up and Slack takes it; else `late` does something with it. An
/// error is one of the server's own.
async fn promptly<T: Send + 'static, Late: Future<Output = ()> + Send>(
    app: &App,
    way: Way,
    work: impl Future<Output = T> + Send + 'static,
    late: impl FnOnce(T) -> Late + Send + 'static,
) -> Option<Result<T, RecvError>> {
    let (answered, mut answer) = oneshot::channel();
    let task = app.tasks.spawn(async move {
        if let Err(result) = answered.send(work.await) {
            late(result).await;
        }
    });
    if way == Way::OneWay {
        answer.close();
        app.clock.timeout(PROMPT, task).await;
        return None;
    }
    let prompt = app.clock.timeout(PROMPT, &mut answer).await;
    // From here on a late answer knows that it is late; one that came at the last moment is still taken.
    answer.close();
    prompt.or_else(|| answer.try_recv().ok().map(Ok))
}
