//! The public HTTP router and its handlers: read, verify, dispatch, respond.

pub mod admin;
mod body;
mod install;
pub mod key;
pub mod serve;

use crate::app::App;
use crate::app::accounts::notifications::note_signature_mismatch;
use crate::app::detached::Unfinished;
use crate::app::from_slack::dispatch;
use crate::app::from_slack::dispatch::SlackResponse;
use crate::app::from_slack::socket_mode::SocketState;
use crate::app::intake::{Accepted, NoEndpoint, Rejected, accept};
use crate::app::operations::health;
use crate::app::operations::health::Readiness;
use crate::segments::webhook::{SignedWebhook, WebhookRefusal};
use crate::slack::events::Report;
use crate::slack::interaction::Interaction;
use crate::slack::request::{LARGEST, SignedRequest};
use crate::slack::slash::{Malformed, SlashCommand};
use crate::store::StoreError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::warn;

/// Longest wait for the store per webhook; Segments.ai gives up after 15 s.
const STORE_COMMIT_TIMEOUT: Duration = Duration::from_secs(8);
/// Value of `Retry-After` for a request that the server cannot accept right now, in seconds.
const RETRY_AFTER_SECONDS: &str = "5";

type Shared = State<Arc<App>>;

/// Returns the public routes of the server.
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

/// Rejects a request, with the reason in the log and in the response.
fn refuse(status: StatusCode, what: &str, why: &dyn std::fmt::Display) -> Response {
    warn!(http.status = status.as_u16(), "rejected {what}: {why}");
    let answer = (status, format!("could not accept {what}: {why}\n"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return ([(RETRY_AFTER, RETRY_AFTER_SECONDS)], answer).into_response();
    }
    answer.into_response()
}

async fn webhook(State(app): Shared, account: Option<String>, request: Request<Body>) -> Response {
    let refused = |word: &'static str, status, why: &dyn std::fmt::Display| {
        app.metrics.webhooks.count(word);
        refuse(status, "the webhook", why)
    };
    let (headers, bytes) = match body::read(request, app.settings.webhook_limit, &app.memory.webhooks, &app.clock).await
    {
        Ok(read) => read,
        Err(unread) => return refused(unread.metric_label(), unread.status(), &unread),
    };
    let endpoint = match app.endpoint(account.as_deref()).await {
        Ok(endpoint) => endpoint,
        Err(why @ NoEndpoint::Unknown) => return refused("unknown_account", StatusCode::NOT_FOUND, &why),
        Err(why) => return refused("not_ready", StatusCode::SERVICE_UNAVAILABLE, &why),
    };
    let signed = match SignedWebhook::verify(&headers, bytes, &endpoint.secrets, app.clock.now()) {
        Ok(signed) => signed,
        Err(refusal) => {
            if refusal == WebhookRefusal::Signature
                && let Err(error) = note_signature_mismatch(&app, &endpoint).await
            {
                warn!("could not record a signature mismatch: {error}");
            }
            return refused("bad_signature", refusal.status(), &refusal);
        }
    };
    // A detached task: if the sender disconnects, the webhook must still be stored.
    let done = app.detached(STORE_COMMIT_TIMEOUT, |app| async move { accept(&app, &endpoint, signed).await }).await;
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
        Err(Unfinished::TimedOut) => {
            refused("store_slow", StatusCode::SERVICE_UNAVAILABLE, &"timed out waiting for the store")
        }
        Err(Unfinished::Panicked) => refused("failed", StatusCode::INTERNAL_SERVER_ERROR, &"internal server error"),
    }
}

/// Reads a request from Slack and verifies its signature.
async fn read_signed(app: &App, request: Request<Body>) -> Result<SignedRequest, Response> {
    let refused = |word: &'static str, status, why: &dyn std::fmt::Display| {
        app.metrics.slack_requests.count(word);
        refuse(status, "the request", why)
    };
    let Some(secret) = &app.settings.signing_secret else {
        let why = "this server uses Socket Mode; set SLACK_SIGNING_SECRET to accept HTTP requests too";
        return Err(refused("refused", StatusCode::NOT_FOUND, &why));
    };
    let read = body::read(request, LARGEST, &app.memory.slack_requests, &app.clock).await;
    let (headers, bytes) = read.map_err(|unread| refused(unread.metric_label(), unread.status(), &unread))?;
    let verified = SignedRequest::verify(&headers, bytes, secret, app.clock.now());
    verified.map_err(|refusal| refused("refused", refusal.status(), &refusal))
}

fn malformed(app: &App, why: Malformed) -> Response {
    app.metrics.slack_requests.count("malformed");
    refuse(StatusCode::BAD_REQUEST, "the request", &why)
}

/// Converts the result of a dispatch into the response to Slack.
fn answer(answered: SlackResponse) -> Response {
    match answered {
        SlackResponse::Acknowledged => StatusCode::OK.into_response(),
        SlackResponse::Content(said) => Json(said).into_response(),
        SlackResponse::NotStored(why) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the event", &why),
        SlackResponse::Failed => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn slash(State(app): Shared, request: Request<Body>) -> Response {
    match read_signed(&app, request).await.map(|request| SlashCommand::read(&request)) {
        Ok(Ok(slash)) => answer(dispatch::command(&app, slash, usize::MAX).await),
        Ok(Err(why)) => malformed(&app, why),
        Err(refusal) => refusal,
    }
}

async fn interactions(State(app): Shared, request: Request<Body>) -> Response {
    match read_signed(&app, request).await.map(|request| Interaction::read(request.body())) {
        Ok(Some(interaction)) => answer(dispatch::interaction(&app, interaction, usize::MAX).await),
        Ok(None) => malformed(&app, Malformed("payload")),
        Err(refusal) => refusal,
    }
}

async fn reports(State(app): Shared, request: Request<Body>) -> Response {
    match read_signed(&app, request).await.map(|request| Report::read(&request)) {
        Ok(Ok(Report::UrlVerification(challenge))) => challenge.into_response(),
        Ok(Ok(Report::Event { workspace, event })) => answer(dispatch::event(&app, workspace, event).await),
        Ok(Err(why)) => malformed(&app, why),
        Err(refusal) => refusal,
    }
}

async fn ready(State(app): Shared) -> Response {
    let Readiness { slack, store } = health::readiness(&app).await;
    let (connected, installed) = app.installations.known.count();
    let socket = app.settings.app_token.as_ref().map(|_| app.slack.connection.state());
    let is_ready = slack == "ok" && store == "ok" && socket.as_ref().is_none_or(SocketState::is_fine);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let socket = socket.map_or_else(String::new, |state| format!("socket: {state}\n"));
    let others = if app.installations.oauth.is_some() {
        format!("installed: {connected} of {installed} connected\n")
    } else {
        String::new()
    };
    (status, format!("slack: {slack}\n{socket}store: {store}\n{others}")).into_response()
}
