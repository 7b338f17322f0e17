//! What Slack asks for, carried out and answered before Slack gives up: the same for an HTTP request and for an envelope
//! of Socket Mode.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::forms::Submitted;
use crate::app::from_slack::{command, events, interaction, submission};
use crate::app::subscriptions::form;
use crate::clock::later;
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
use tokio::sync::oneshot;
use tracing::{info, warn};

/// Slack gives up after 3 s; what takes longer than this is answered later.
const PROMPT: Duration = Duration::from_millis(2500);
/// So long after a submission Slack shows what it was answered, and what is said in the modal next stays.
const SHOWN: Duration = Duration::from_secs(5);

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

impl Answered {
    /// Whether what it says is no longer than this, in bytes of JSON.
    fn is_within(&self, longest: usize) -> bool {
        match self {
            Self::Says(said) => longest == usize::MAX || said.to_string().len() <= longest,
            Self::Taken | Self::NotKept(_) | Self::Failed => true,
        }
    }
}

/// Carries out `/segments …`. An answer of more than `longest` bytes goes to the response url.
pub async fn command(app: &Arc<App>, slash: SlashCommand, longest: usize) -> Answered {
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
        Some(answer) => serde_json::to_value(answer).map_or(Answered::Failed, Answered::Says),
        None => Answered::Taken,
    };
    let late = {
        let app = Arc::clone(app);
        |late: Option<Answer>| async move {
            let Some(late) = late else { return };
            info!("answering a command late, at its response URL");
            if let Err(error) = app.responder.respond(&slash.response_url, &late).await {
                warn!("could not answer a command late: {error}");
            }
        }
    };
    promptly(app, longest, work, answer, late).await.unwrap_or(Answered::Taken)
}

/// Does what somebody did with what they are shown. What does not fit an answer of `longest` bytes is left out of a menu,
/// and a modal says it afterwards.
pub async fn interaction(app: &Arc<App>, interaction: Interaction, longest: usize) -> Answered {
    app.metrics.slack_requests.count(match interaction {
        Interaction::Click(_) => "click",
        Interaction::Suggestion(_) => "suggestion",
        Interaction::Submission(_) => "submission",
        Interaction::Shortcut(_) => "shortcut",
        Interaction::Other(_) => "unknown_interaction",
    });
    match interaction {
        Interaction::Click(click) => {
            // A click is acknowledged in time, whatever it leads to: its answer goes to its response URL.
            let _ = app.detached(PROMPT, |app| async move { interaction::click(&app, click).await }).await;
            Answered::Taken
        }
        Interaction::Suggestion(asked) => Answered::Says(options(form::suggest(app, &asked).await, longest)),
        Interaction::Submission(done) => submission(app, done, longest).await,
        Interaction::Shortcut(used) => {
            let _ = app.detached(PROMPT, |app| async move { submission::shortcut(&app, used).await }).await;
            Answered::Taken
        }
        Interaction::Other(kind) => {
            info!("ignored unknown interaction `{kind}`");
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
    let noted = app.detached(PROMPT, |app| async move { events::note(&app, &workspace, event).await }).await;
    if let Ok(Err(error)) = noted {
        return not_kept(error.to_string());
    }
    app.metrics.slack_requests.count("event");
    Answered::Taken
}

/// The entries of a menu as Slack takes them, the first ones in so many bytes.
fn options(entries: Vec<Entry>, longest: usize) -> Value {
    let mut room = longest.saturating_sub(r#"{"options":[]}"#.len());
    let options = entries.into_iter();
    let options =
        options.map(|Entry { text, value }| json!({"text": {"type": "plain_text", "text": text}, "value": value}));
    let options = options.take_while(|option| {
        let left = room.checked_sub(option.to_string().len() + 1);
        room = left.unwrap_or_default();
        left.is_some()
    });
    json!({"options": options.collect::<Vec<_>>()})
}

/// Carries out a modal. What takes longer than Slack waits, or more than an answer holds, is said in the modal afterwards.
async fn submission(app: &Arc<App>, done: Doing<View>, longest: usize) -> Answered {
    let Doing { workspace, user, what: View { id: view_id, .. }, .. } = &done;
    let (workspace, user, view_id) = (workspace.clone(), user.clone(), view_id.clone());
    let shown = later(app.clock.now(), SHOWN);
    let work = {
        let app = Arc::clone(app);
        async move { submission::submit(&app, done).await }
    };
    let late = {
        let app = Arc::clone(app);
        move |late| async move {
            app.clock.sleep_until(shown).await;
            submission::tell_later(&app, &workspace, &user, &view_id, late).await;
        }
    };
    match promptly(app, longest, work, say, late).await {
        Some(answered) => answered,
        None => {
            Some(say(&submission::still_at_work())).filter(|said| said.is_within(longest)).unwrap_or(Answered::Taken)
        }
    }
}

/// What Slack is told of a submission.
fn say(submitted: &Submitted) -> Answered {
    match submitted {
        Submitted::Close => Answered::Taken,
        Submitted::Wrong(errors) => Answered::Says(json!({"response_action": "errors", "errors": errors})),
        Submitted::Says(view) => Answered::Says(json!({"response_action": "update", "view": view})),
    }
}

/// The answer to what work comes to, if it is there before Slack gives up and no longer than `longest`; else `late` does
/// something with what the work comes to.
async fn promptly<T: Send + 'static, Late: Future<Output = ()> + Send>(
    app: &App,
    longest: usize,
    work: impl Future<Output = T> + Send + 'static,
    answer: fn(&T) -> Answered,
    late: impl FnOnce(T) -> Late + Send + 'static,
) -> Option<Answered> {
    let (give, mut given) = oneshot::channel();
    app.tasks.spawn(async move {
        let result = work.await;
        let at_once = Some(answer(&result)).filter(|answer| answer.is_within(longest));
        let fits = at_once.is_some();
        // From the moment on that nobody waits, nothing can be given.
        if give.send(at_once).is_err() || !fits {
            late(result).await;
        }
    });
    let prompt = app.clock.timeout(PROMPT, &mut given).await;
    given.close();
    // One that came at the last moment is still taken; none comes of work that met an error of the server's own.
    prompt.or_else(|| given.try_recv().ok().map(Ok)).and_then(|given| given.unwrap_or(Some(Answered::Failed)))
}
