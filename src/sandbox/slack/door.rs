//! The wire: how a call comes in, what strikes it, and how it is answered.

use super::args::Args;
use super::faults::Fault;
use super::methods::{METHODS, Method};
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::world::{Call, World};
use super::{Emulator, consent, oauth, socket};
use crate::model::{ChannelId, WorkspaceId};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{any, get, post};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use tokio::sync::watch;

/// The most that may be sent.
const LARGEST_BODY: usize = 2 << 20;

impl Emulator {
    /// The Web API (`/api/{method}`), the response URLs (`/response/{id}`), the page that asks for consent and the
    /// connections of Socket Mode (`/link/`).
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/{method}", any(call))
            .route("/response/{id}", post(respond))
            .route("/oauth/v2/authorize", get(consent::ask))
            .route("/oauth/v2/agree", get(consent::agree))
            .route("/link/", get(socket::link))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(self.clone())
    }
}

async fn call(
    State(emulator): State<Emulator>,
    Path(method): Path<String>,
    verb: Verb,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = METHODS.iter().find(|known| known.name == method);
    let read = read_args(&verb, &uri, &headers, &body, known.is_none_or(|method| method.takes_json));
    let token = bearer(&headers).or_else(|| read.as_ref().ok()?.word("token"));
    let channel = read.as_ref().ok().and_then(|args| ChannelId::parse(args.word("channel")?).ok());
    let workspace = token.as_deref().and_then(|token| emulator.world().owner_of(token));
    let call = Incoming { method: method.chars().take(100).collect(), workspace: workspace.clone(), channel };
    let mut response = emulator
        .answer(call, |world, now| {
            let outcome = read.map_err(Refusal::from).and_then(|args| {
                if method == "oauth.v2.access" {
                    return world.exchange(&oauth::with_basic(args, &headers), now);
                }
                if method == "api.test" {
                    return Ok(json!({"ok": true}));
                }
                if method == "apps.connections.open" {
                    return world.open_connection(bearer(&headers).as_deref());
                }
                let method = known.ok_or("unknown_method")?;
                run(method, world, token.as_deref(), workspace.as_ref(), &args, now)
            });
            outcome.map_or_else(Reply::refused, |body| Reply::json(&body))
        })
        .await;
    if let Some(workspace) = workspace {
        let scopes = emulator.world().workspace(&workspace).scopes();
        response.headers_mut().extend(scopes.parse().map(|scopes| (HeaderName::from_static("x-oauth-scopes"), scopes)));
    }
    response
}

fn run(
    method: &Method,
    world: &mut World,
    token: Option<&str>,
    workspace: Option<&WorkspaceId>,
    args: &Args,
    now: Timestamp,
) -> Outcome {
    let token = token.ok_or("not_authed")?;
    let workspace = workspace.ok_or("invalid_auth")?;
    if world.workspace(workspace).revoked_tokens.contains(token) {
        return Err("token_revoked".into());
    }
    let rotation = world.workspace(workspace).rotation.as_ref();
    if rotation.and_then(|rotation| rotation.ends.get(token)).is_some_and(|end| *end <= now) {
        return Err("token_expired".into());
    }
    method.call(&mut Request { world, workspace, args, now })
}

async fn respond(State(emulator): State<Emulator>, Path(id): Path<String>, body: Bytes) -> Response {
    let (workspace, channel) = emulator.world().place_of_response(&id).unzip();
    let call = Incoming { method: "response_url".to_owned(), workspace, channel };
    emulator
        .answer(call, |world, now| match world.respond(&id, &body, now) {
            Ok(()) => Reply::json(&json!({"ok": true})),
            Err(refusal) => Reply::of_response_url(refusal),
        })
        .await
}

/// Arguments of the query, and of the body as its type says; no JSON for a method that does not take it.
fn read_args(verb: &Verb, uri: &Uri, headers: &HeaderMap, body: &[u8], takes_json: bool) -> Result<Args, &'static str> {
    let query = Args::form(uri.query().unwrap_or_default().as_bytes());
    if *verb != Verb::POST || body.is_empty() {
        return Ok(query);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Ok(Args::form(body).or(query)),
        "application/json" if takes_json => Ok(Args::json(body)?.or(query)),
        "application/json" => Ok(query),
        _ => Err("invalid_post_type"),
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|token| token.trim().to_owned())
}

struct Incoming {
    method: String,
    workspace: Option<WorkspaceId>,
    channel: Option<ChannelId>,
}

/// An answer, with its name in the list of calls.
struct Reply {
    status: u16,
    kind: &'static str,
    body: String,
    retry_after: Option<u64>,
    result: String,
}

impl Reply {
    fn json(body: &Value) -> Self {
        let kind = "application/json; charset=utf-8";
        Self { status: 200, kind, body: body.to_string(), retry_after: None, result: "ok".to_owned() }
    }

    fn refused(refusal: Refusal) -> Self {
        let (code, retry_after) = (refusal.code.clone(), refusal.retry_after);
        let status = if retry_after.is_some() { 429 } else { 200 };
        Self { status, retry_after, result: code, ..Self::json(&refusal.into_body()) }
    }

    /// A response URL that is used up or unknown answers 404 and JSON; content that will not do, 400 and the bare code.
    fn of_response_url(refusal: Refusal) -> Self {
        let gone = matches!(refusal.code.as_str(), "used_url" | "expired_url" | "message_not_found");
        if gone {
            return Self { status: 404, ..Self::refused(refusal) };
        }
        Self { status: 400, kind: "text/html", body: refusal.code.clone(), ..Self::refused(refusal) }
    }

    fn cut_off() -> Self {
        let body = "{\"ok\":true,\"channel\":\"C0".to_owned();
        Self { body, result: "rubbish".to_owned(), ..Self::json(&Value::Null) }
    }

    fn page(status: u16) -> Self {
        let body = "<!DOCTYPE html><title>Slack</title><p>This is a bad day.</p>".to_owned();
        Self { status, kind: "text/html", body, retry_after: None, result: format!("http_{status}") }
    }

    fn into_response(self) -> Response {
        written(self.status, self.kind, self.body, self.retry_after)
    }
}

/// An answer; the seconds go into its `Retry-After`.
pub(in crate::sandbox) fn written(status: u16, kind: &'static str, body: String, retry_after: Option<u64>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A reply as its caller sees it.
enum Fate {
    Sent(Reply),
    Closed,
    Held,
}

impl Emulator {
    async fn answer(&self, call: Incoming, work: impl FnOnce(&mut World, Timestamp) -> Reply) -> Response {
        match self.decide(call, work) {
            Fate::Sent(reply) => {
                let mut response = reply.into_response();
                response.headers_mut().extend(self.date().parse().map(|date| (header::DATE, date)));
                response
            }
            Fate::Closed => closed(),
            Fate::Held => {
                let _held = Held::new(self.0.hanging.clone());
                std::future::pending().await
            }
        }
    }

    /// The time of Slack's own clock, as it stands in the header of an answer.
    fn date(&self) -> String {
        let now = self.0.clock.now().saturating_add(self.world().skew).unwrap_or(Timestamp::MAX);
        DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default()
    }

    /// Lets a fault strike, or does what was asked, or both; remembers the call.
    fn decide(&self, call: Incoming, work: impl FnOnce(&mut World, Timestamp) -> Reply) -> Fate {
        let fault = self.faults().strike(&call.method);
        let now = self.0.clock.now();
        let mut world = self.world();
        let (fate, result) = match fault {
            None => sent(work(&mut world, now)),
            Some(Fault::RateLimit { retry_after }) => sent(Reply::refused(Refusal::limited(retry_after))),
            Some(Fault::Status(status)) => sent(Reply::page(status)),
            Some(Fault::Code(code)) => sent(Reply::refused(Refusal::from(code.as_str()))),
            Some(Fault::Rubbish) => sent(Reply::cut_off()),
            Some(Fault::Hang) => (Fate::Held, "hang".to_owned()),
            Some(Fault::Reset) => (Fate::Closed, "reset".to_owned()),
            Some(Fault::LoseAnswer) => {
                work(&mut world, now);
                (Fate::Closed, "lost_answer".to_owned())
            }
            Some(Fault::LoseAnswerStatus(status)) => {
                work(&mut world, now);
                (Fate::Sent(Reply::page(status)), "lost_answer".to_owned())
            }
            Some(Fault::LoseAnswerHang) => {
                work(&mut world, now);
                (Fate::Held, "lost_answer".to_owned())
            }
        };
        let Incoming { method, workspace, channel } = call;
        world.record(Call { method, workspace, channel, at: now, result });
        drop(world);
        self.changed();
        fate
    }
}

fn sent(reply: Reply) -> (Fate, String) {
    let result = reply.result.clone();
    (Fate::Sent(reply), result)
}

/// A body that fails at once: the server gives the connection up before the first byte is on it.
pub(in crate::sandbox) fn closed() -> Response {
    let failure = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("closed on purpose")) });
    Response::new(Body::from_stream(failure))
}

/// A call that is held open; counted until the caller gives up.
pub(in crate::sandbox) struct Held(watch::Sender<usize>);

impl Held {
    pub(in crate::sandbox) fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
