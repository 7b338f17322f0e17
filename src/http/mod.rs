//! The router on one page, and its doors: read, check, hand over, answer.

pub mod admin;
mod body;
mod install;
pub mod key;
pub mod serve;

use crate::app::accounts::note_misfit;
use crate::app::checkup::{self, Readiness};
use crate::app::intake::{Accepted, NoEndpoint, Rejected, accept};
use crate::app::modal::{self, Submitted};
use crate::app::{App, Asker, command, events, interaction};
use crate::render::modal::Entry;
use crate::segments::webhook::{Refusal, SignedWebhook};
use crate::slack::events::Report;
use crate::slack::interaction::{Doing, Interaction};
use crate::slack::request::SignedRequest;
use crate::slack::respond::Answer;
use crate::slack::slash::{Malformed, SlashCommand};
use crate::slack::view::View;
use crate::store::StoreError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot::{self, error::RecvError};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{info, warn};

/// Slack gives up after 3 s; what takes longer than this is answered later.
const PROMPT: Duration = Duration::from_millis(2500);
/// A webhook waits no longer for the store: its sender gives up after 15 s.
const STORE_PATIENCE: Duration = Duration::from_secs(8);
/// No request of Slack's is larger, in bytes.
const SLACK_LIMIT: usize = 1024 * 1024;
/// A sender that is sent away comes again after so many seconds.
const COME_AGAIN: &str = "5";

type Shared = State<Arc<App>>;

/// Every address of the server.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/webhooks/segments", post(|state: Shared, request: Request<Body>| webhook(state, None, request)))
        .route(
            "/webhooks/segments/{account}",
            post(|state: Shared, Path(account): Path<String>, request: Request<Body>| {
                webhook(state, Some(account), request)
            }),
        )
        .route("/slack/commands", post(slash))
        .route("/slack/interactions", post(interactions))
        .route("/slack/events", post(reports))
        .route("/slack/install", get(install::start))
        .route("/slack/oauth", get(install::finish))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

/// Says no, once in the log and once to the sender.
fn refuse(status: StatusCode, what: &str, why: &dyn std::fmt::Display) -> Response {
    warn!(http.status = status.as_u16(), "refused {what}: {why}");
    let answer = (status, format!("could not accept {what}: {why}\n"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return ([(RETRY_AFTER, COME_AGAIN)], answer).into_response();
    }
    answer.into_response()
}

async fn webhook(State(app): Shared, account: Option<String>, request: Request<Body>) -> Response {
    let refused = |word: &'static str, status, why: &dyn std::fmt::Display| {
        app.metrics.webhooks.count(word);
        refuse(status, "the webhook", why)
    };
    let (headers, bytes) = match body::read(request, app.settings.webhook_limit, &app.webhook_room, &app.clock).await {
        Ok(read) => read,
        Err(unread) => return refused(unread.word(), unread.status(), &unread),
    };
    let endpoint = match app.endpoint(account.as_deref()).await {
        Ok(endpoint) => endpoint,
        Err(why @ NoEndpoint::Unknown) => return refused("unknown_account", StatusCode::NOT_FOUND, &why),
        Err(why) => return refused("not_ready", StatusCode::SERVICE_UNAVAILABLE, &why),
    };
    let signed = match SignedWebhook::verify(&headers, bytes, &endpoint.secrets, app.clock.now()) {
        Ok(signed) => signed,
        Err(refusal) => {
            if refusal == Refusal::Signature
                && let Err(error) = note_misfit(&app, &endpoint).await
            {
                warn!("could not note that a signing secret does not fit: {error}");
            }
            return refused("bad_signature", refusal.status(), &refusal);
        }
    };
    // A task of its own: a sender that hangs up must not stop what is being kept.
    let work = app.tasks.spawn({
        let app = Arc::clone(&app);
        async move { accept(&app, &endpoint, signed).await }
    });
    let Some(done) = app.clock.timeout(STORE_PATIENCE, work).await else {
        let why = "the store takes too long over it";
        return refused("store_slow", StatusCode::SERVICE_UNAVAILABLE, &why);
    };
    match done {
        Ok(Ok(accepted)) => {
            app.metrics.webhooks.count(match accepted {
                Accepted::Wanted(_) => "accepted",
                Accepted::Unwanted => "unwanted",
                Accepted::Duplicate => "duplicate",
                Accepted::Test => "test",
            });
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(Err(Rejected::Undecodable(error))) => refused("undecodable", StatusCode::BAD_REQUEST, &error),
        Ok(Err(Rejected::Store(full @ StoreError::Overloaded))) => {
            refused("store_full", StatusCode::SERVICE_UNAVAILABLE, &full)
        }
        Ok(Err(Rejected::Store(error))) => refused("not_kept", StatusCode::SERVICE_UNAVAILABLE, &error),
        Err(_) => refused("failed", StatusCode::INTERNAL_SERVER_ERROR, &"an error of the server's own"),
    }
}

/// Reads a request from Slack and believes it if it is signed.
async fn signed(app: &App, request: Request<Body>) -> Result<SignedRequest, Response> {
    let refused = |word: &'static str, status, why: &dyn std::fmt::Display| {
        app.metrics.slack_requests.count(word);
        refuse(status, "the request", why)
    };
    let read = body::read(request, SLACK_LIMIT, &app.slack_room, &app.clock).await;
    let (headers, bytes) = read.map_err(|unread| refused(unread.word(), unread.status(), &unread))?;
    let verified = SignedRequest::verify(&headers, bytes, &app.settings.signing_secret, app.clock.now());
    verified.map_err(|refusal| refused("refused", refusal.status(), &refusal))
}

fn malformed(app: &App, why: Malformed) -> Response {
    app.metrics.slack_requests.count("malformed");
    refuse(StatusCode::BAD_REQUEST, "the request", &why)
}

/// What work comes to, if it does so before Slack gives up; else it goes on, and `late` does something with it. An error
/// is one of the server's own.
async fn promptly<T: Send + 'static, Late: Future<Output = ()> + Send>(
    app: &App,
    work: impl Future<Output = T> + Send + 'static,
    late: impl FnOnce(T) -> Late + Send + 'static,
) -> Option<Result<T, RecvError>> {
    let (answered, mut answer) = oneshot::channel();
    app.tasks.spawn(async move {
        if let Err(result) = answered.send(work.await) {
            late(result).await;
        }
    });
    let prompt = app.clock.timeout(PROMPT, &mut answer).await;
    // From here on a late answer knows that it is late; one that came at the last moment is still taken.
    answer.close();
    prompt.or_else(|| answer.try_recv().ok().map(Ok))
}

async fn slash(State(app): Shared, request: Request<Body>) -> Response {
    let slash = match signed(&app, request).await {
        Ok(request) => match SlashCommand::read(&request) {
            Ok(slash) => slash,
            Err(why) => return malformed(&app, why),
        },
        Err(refusal) => return refusal,
    };
    app.metrics.slack_requests.count("command");
    let asker = Asker { lane: App::lane(&slash.workspace, &slash.channel), user: slash.user, cause: slash.trigger };
    let work = {
        let app = Arc::clone(&app);
        async move { command::run_in_time(&app, &asker, &slash.text).await.answer() }
    };
    let late = {
        let app = Arc::clone(&app);
        |late: Option<Answer>| async move {
            // Nobody waits any more: Slack takes the answer at the response url.
            if let Some(late) = late
                && let Err(error) = app.responder.respond(&slash.response_url, &late).await
            {
                warn!("could not answer a command late: {error}");
            }
        }
    };
    match promptly(&app, work, late).await {
        Some(Ok(Some(answer))) => Json(answer).into_response(),
        Some(Ok(None)) => StatusCode::OK.into_response(),
        Some(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        None => {
            info!("a command takes longer than Slack waits and is answered later");
            StatusCode::OK.into_response()
        }
    }
}

async fn interactions(State(app): Shared, request: Request<Body>) -> Response {
    let request = match signed(&app, request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let Some(interaction) = Interaction::read(request.body()) else { return malformed(&app, Malformed("payload")) };
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
                let app = Arc::clone(&app);
                async move { interaction::click(&app, click).await }
            });
            app.clock.timeout(PROMPT, work).await;
            StatusCode::OK.into_response()
        }
        Interaction::Suggestion(asked) => Json(options(modal::suggest(&app, &asked))).into_response(),
        Interaction::Submission(done) => submission(&app, done).await,
        Interaction::Shortcut(used) => {
            let work = app.tasks.spawn({
                let app = Arc::clone(&app);
                async move { modal::shortcut(&app, used).await }
            });
            app.clock.timeout(PROMPT, work).await;
            StatusCode::OK.into_response()
        }
        Interaction::Other(kind) => {
            info!("an interaction of type `{kind}` calls for nothing");
            StatusCode::OK.into_response()
        }
    }
}

/// The entries of a menu as Slack takes them.
fn options(entries: Vec<Entry>) -> Value {
    let options = entries.into_iter();
    let options =
        options.map(|Entry { text, value }| json!({"text": {"type": "plain_text", "text": text}, "value": value}));
    json!({"options": options.collect::<Vec<_>>()})
}

/// Carries out a modal. What takes longer than Slack waits is said in the modal afterwards.
async fn submission(app: &Arc<App>, done: Doing<View>) -> Response {
    let (workspace, view_id) = (done.workspace.clone(), done.what.id.clone());
    let work = {
        let app = Arc::clone(app);
        async move { modal::submit(&app, done).await }
    };
    let late = {
        let app = Arc::clone(app);
        |late| async move { modal::tell_later(&app, &workspace, &view_id, late).await }
    };
    match promptly(app, work, late).await.unwrap_or_else(|| Ok(modal::still_at_work())) {
        Ok(Submitted::Close) => StatusCode::OK.into_response(),
        Ok(Submitted::Wrong(errors)) => Json(json!({"response_action": "errors", "errors": errors})).into_response(),
        Ok(Submitted::Says(view)) => Json(json!({"response_action": "update", "view": view})).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn reports(State(app): Shared, request: Request<Body>) -> Response {
    let report = match signed(&app, request).await {
        Ok(request) => match Report::read(&request) {
            Ok(report) => report,
            Err(why) => return malformed(&app, why),
        },
        Err(refusal) => return refusal,
    };
    match report {
        Report::UrlVerification(challenge) => challenge.into_response(),
        Report::Event { workspace, event } => {
            app.metrics.slack_requests.count("event");
            let work = app.tasks.spawn({
                let app = Arc::clone(&app);
                async move { events::note(&app, &workspace, event).await }
            });
            match app.clock.timeout(PROMPT, work).await {
                Some(Ok(Err(error))) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the event", &error),
                _ => StatusCode::OK.into_response(),
            }
        }
    }
}

async fn ready(State(app): Shared) -> Response {
    let Readiness { slack, store } = checkup::readiness(&app).await;
    let (connected, installed) = app.installed.count();
    let status = if slack == "ok" && store == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let others =
        if app.oauth.is_some() { format!("installed: {connected} of {installed} connected\n") } else { String::new() };
    (status, format!("slack: {slack}\nstore: {store}\n{others}")).into_response()
}
