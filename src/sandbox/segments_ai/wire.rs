//! The wire: paths with their slashes, keys, what strikes a call, and how it is answered.

use super::SegmentsAi;
use super::faults::Fault;
use super::requests::{NO_PERMISSION, NOT_FOUND, Refusal, Request, Resource};
use super::settings::Timing;
use super::world::{Call, World};
use crate::sandbox::slack::{Held, closed, written};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, OriginalUri, Path, Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The most that may be sent.
const LARGEST_BODY: usize = 2 << 20;

impl SegmentsAi {
    /// The REST API, with the slashes that Segments.ai wants: a path that lacks its own is redirected, as Django does.
    pub fn router(&self) -> Router {
        let full = |(owner, name): (String, String)| format!("{owner}/{name}");
        Router::new()
            .route("/user", any(|at: At, call: Incoming| at.0.answer(call, Resource::Me)))
            .route(
                "/users/{name}",
                any(|at: At, Path(name): Path<String>, call: Incoming| at.0.answer(call, Resource::User(name))),
            )
            .route(
                "/datasets/{owner}/{name}/",
                any(move |at: At, Path(name), call: Incoming| at.0.answer(call, Resource::Dataset(full(name)))),
            )
            .route(
                "/datasets/{owner}/{name}/issues/",
                any(move |at: At, Path(name), call: Incoming| at.0.answer(call, Resource::DatasetIssues(full(name)))),
            )
            .route(
                "/samples/{id}/",
                any(|at: At, Path(id): Path<String>, call: Incoming| at.0.answer(call, Resource::Sample(id))),
            )
            .route(
                "/samples/{id}/issues/",
                any(|at: At, Path(id): Path<String>, call: Incoming| at.0.answer(call, Resource::SampleIssues(id))),
            )
            .route(
                "/labels/{id}/{labelset}/",
                any(|at: At, Path((id, labelset)), call: Incoming| at.0.answer(call, Resource::Label(id, labelset))),
            )
            .route(
                "/issues/{id}/",
                any(|at: At, Path(id): Path<String>, call: Incoming| at.0.answer(call, Resource::Issue(id))),
            )
            .route("/datasets/{owner}/{name}", any(slash))
            .route("/datasets/{owner}/{name}/issues", any(slash))
            .route("/samples/{id}", any(slash))
            .route("/samples/{id}/issues", any(slash))
            .route("/labels/{id}/{labelset}", any(slash))
            .route("/issues/{id}", any(slash))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(self.clone())
    }

    async fn answer(self, call: Incoming, resource: Resource) -> Response {
        let fate = self.decide(&call, &resource);
        if self.world().timing == Timing::BeforeAnswer {
            self.deliver().await;
        }
        match fate {
            Fate::Sent(reply) => written(reply.status, reply.kind, reply.body, reply.retry_after),
            Fate::Closed => closed(),
            Fate::Stalled => {
                let held = Held::new(self.0.hanging.clone());
                let start = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{\"uuid\":")) });
                Response::new(Body::from_stream(start.chain(stream::once(async move {
                    let _held = held;
                    std::future::pending().await
                }))))
            }
            Fate::Held => {
                let _held = Held::new(self.0.hanging.clone());
                std::future::pending().await
            }
        }
    }

    /// Lets a fault strike, or does what was asked, or both; remembers the call.
    fn decide(&self, call: &Incoming, resource: &Resource) -> Fate {
        let fault = self.faults().strike(&format!("{} {}", call.verb, call.path));
        let work = |world: &mut World, now| run(world, call, resource, now).unwrap_or_else(Reply::refused);
        self.work(|world, now| {
            let sent = |reply: Reply| (reply.status.to_string(), Fate::Sent(reply));
            let named = |name: &str, fate| (name.to_owned(), fate);
            let (result, fate) = match fault {
                None => sent(work(world, now)),
                Some(Fault::Throttle { retry_after, told }) => sent(Reply::throttled(retry_after, told)),
                Some(Fault::Status(status)) => sent(Reply::of(status)),
                Some(Fault::Answer(status, body)) => sent(Reply { status, body, ..Reply::json(status, &Value::Null) }),
                Some(Fault::Rubbish) => {
                    named("rubbish", Fate::Sent(Reply { body: "{\"uuid\":\"5e".to_owned(), ..Reply::of(200) }))
                }
                Some(Fault::Hang) => named("hang", Fate::Held),
                Some(Fault::Stall) => named("stall", Fate::Stalled),
                Some(Fault::Reset) => named("reset", Fate::Closed),
                Some(Fault::LoseAnswer) => {
                    work(world, now);
                    named("lost_answer", Fate::Closed)
                }
                Some(Fault::LoseAnswerHang) => {
                    work(world, now);
                    named("lost_answer", Fate::Held)
                }
                Some(Fault::LoseAnswerStatus(status)) => {
                    work(world, now);
                    named("lost_answer", Fate::Sent(Reply::of(status)))
                }
            };
            let user = call.key().and_then(|key| world.owner_of(key));
            let (verb, path) = (call.verb.to_string(), call.path.clone());
            if world.calls.is_empty() {
                self.note_change();
            }
            world.calls.push(Call { verb, path, user, body: call.json(), at: now, result });
            fate
        })
    }
}

type At = State<SegmentsAi>;

/// A path without the slash at its end.
async fn slash(OriginalUri(uri): OriginalUri) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}/{query}", uri.path());
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response()
}

/// A call before its key is looked at.
struct Incoming {
    verb: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Response;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, Response> {
        let (verb, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
        Ok(Self { verb, path, query, headers, body })
    }
}

impl Incoming {
    /// The key, behind the one scheme word that Segments.ai knows.
    fn key(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("APIKey ")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The fields that were sent; none with a call that brings none.
    fn fields(&self) -> Result<Map<String, Value>, Refusal> {
        if self.verb == Method::GET {
            return Ok(Map::new());
        }
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
            return Err(Refusal::detail(415, &format!("Unsupported media type \"{kind}\" in request.")));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(Refusal(400, json!({"non_field_errors": ["Invalid data. Expected a dictionary."]}))),
            Err(_) => Err(Refusal::detail(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)")),
        }
    }
}

fn run(world: &mut World, call: &Incoming, resource: &Resource, now: Timestamp) -> Result<Reply, Refusal> {
    let key = call.key().ok_or_else(|| Refusal::detail(401, NO_KEY))?;
    let user = world.owner_of(key).ok_or_else(|| Refusal::detail(401, "Invalid API key."))?;
    let query: Vec<(String, String)> = serde_urlencoded::from_str(&call.query).unwrap_or_default();
    let labelset = query.into_iter().find(|(name, _)| name == "labelset").map(|(_, value)| value);
    let body = call.fields()?;
    let request = Request { world, user: &user, verb: &call.verb, labelset, body: &body, now };
    request.answer(resource).map(|(status, body)| Reply::json(status, &body))
}

const NO_KEY: &str = "Authentication credentials were not provided.";

/// The answer to a call.
struct Reply {
    status: u16,
    kind: &'static str,
    body: String,
    retry_after: Option<u64>,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self { status, kind: "application/json", body: body.to_string(), retry_after: None }
    }

    fn refused(Refusal(status, body): Refusal) -> Self {
        Self::json(status, &body)
    }

    fn throttled(retry_after: Option<u64>, told: Option<u64>) -> Self {
        let told = told.map(|seconds| format!(" Expected available in {seconds} seconds.")).unwrap_or_default();
        let refusal = Refusal::detail(429, &format!("Request was throttled.{told}"));
        Self { retry_after, ..Self::refused(refusal) }
    }

    /// Returns the usual body of a status.
    fn of(status: u16) -> Self {
        match status {
            401 => Self::refused(Refusal::detail(401, NO_KEY)),
            403 => Self::refused(Refusal::detail(403, NO_PERMISSION)),
            404 => Self::refused(Refusal::detail(404, NOT_FOUND)),
            ..500 => Self::refused(Refusal::detail(status, "Malformed request.")),
            _ => {
                let body = "<!DOCTYPE html><title>Server error</title><p>This is a bad day.</p>".to_owned();
                Self { status, kind: "text/html", body, retry_after: None }
            }
        }
    }
}

/// A reply as its caller sees it.
enum Fate {
    Sent(Reply),
    Closed,
    Held,
    Stalled,
}
