//! The admin address: metrics for everyone, and admin commands for clients with the key from the data folder.

use super::key::AdminKey;
use super::{Shared, body};
use crate::app::App;
use crate::app::memory_budget::MemoryBudget;
use crate::app::operations::dead_letters::{DeadLetterAction, DeadLetterSelection, act_live, list};
use crate::app::operations::health;
use crate::app::subscriptions::import_export;
use crate::app::subscriptions::import_export::{ImportRequest, MAX_IMPORT_FILE_BYTES, NotExported};
use crate::store::StoreError;
use crate::store::backup::write;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream::poll_fn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{info, warn};

/// Largest request body, in bytes; enough for about 30,000 dead-letter IDs.
const MAX_ADMIN_REQUEST_BYTES: usize = 1024 * 1024;

/// Size of the chunks in which a backup is sent, in bytes.
const BACKUP_CHUNK_BYTES: usize = 64 * 1024;
/// Most chunks of a backup that wait for the client.
const BACKUP_CHUNKS_IN_FLIGHT: usize = 8;

/// The access check of the admin commands.
#[derive(Clone)]
pub struct Guard {
    /// Key that clients must send.
    pub key: AdminKey,
    /// Address of the admin listener.
    pub listen: SocketAddr,
}

/// Returns the routes of the admin listener.
pub fn router(app: Arc<App>, guard: Guard) -> Router {
    let tools = Router::new()
        .route("/dead-letters", get(letters))
        .route(
            "/dead-letters/retry",
            post(|state: Shared, request: Request<Body>| act(state, DeadLetterAction::Retry, request)),
        )
        .route(
            "/dead-letters/drop",
            post(|state: Shared, request: Request<Body>| act(state, DeadLetterAction::Drop, request)),
        )
        .route("/export", post(export))
        .route("/import", post(import))
        .route("/backup", get(backup))
        .route("/checkup", get(|State(app): Shared| async move { json_response(health::of(&app).await) }))
        .layer(from_fn(move |request: Request, next: Next| guarded(guard.clone(), request, next)));
    Router::new()
        .route("/metrics", get(|State(app): Shared| async move { app.metrics.text() }))
        .merge(tools)
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

async fn guarded(guard: Guard, request: Request, next: Next) -> Response {
    match guard.admits(request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, why)) => {
            warn!(http.status = status.as_u16(), "rejected a request at the admin address: {why}");
            (status, format!("{why}\n")).into_response()
        }
    }
}

impl Guard {
    /// Accepts requests that have the key, name this address in `Host`, and do not come from a web page.
    fn admits(&self, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        if headers.contains_key(ORIGIN) {
            return Err((StatusCode::FORBIDDEN, "requests from web pages are not allowed"));
        }
        if !headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| self.is_called(host)) {
            return Err((StatusCode::FORBIDDEN, "the `Host` header must be the admin address or loopback"));
        }
        if !self.key.fits(headers) {
            return Err((
                StatusCode::UNAUTHORIZED,
                "the key is missing or wrong; it is in the file `admin` in the data folder",
            ));
        }
        Ok(())
    }

    /// Reports whether a `Host` header names this listener; other host names that resolve to it do not count.
    fn is_called(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let ours = ip.map_or(name == "localhost", |ip| ip.is_loopback() || ip == self.listen.ip());
        ours && port == Some(self.listen.port())
    }
}

async fn letters(State(app): Shared) -> Response {
    json_response(list(&*app.store).await)
}

async fn act(State(app): Shared, what: DeadLetterAction, request: Request<Body>) -> Response {
    let which: DeadLetterSelection =
        match read_json(&app, request, MAX_ADMIN_REQUEST_BYTES, &app.memory.slack_requests).await {
            Ok(which) => which,
            Err(refusal) => return refusal,
        };
    // A detached task: if the client disconnects, the delivery workers must still be woken.
    match app.detached_to_end(|app| async move { act_live(&app, what, &which).await }).await {
        Ok(went) => json_response(went),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn export(State(app): Shared, request: Request<Body>) -> Response {
    let which: import_export::ExportScope =
        match read_json(&app, request, MAX_ADMIN_REQUEST_BYTES, &app.memory.slack_requests).await {
            Ok(which) => which,
            Err(refusal) => return refusal,
        };
    match import_export::export(&*app.store, &which, app.clock.now()).await {
        Ok(exported) => Json(exported).into_response(),
        Err(NotExported::Store(error)) => json_response(Err::<(), _>(error)),
        Err(missing) => (StatusCode::NOT_FOUND, format!("{missing}\n")).into_response(),
    }
}

async fn import(State(app): Shared, request: Request<Body>) -> Response {
    // The file can be twice as long when written as JSON.
    let file: ImportRequest =
        match read_json(&app, request, 2 * MAX_IMPORT_FILE_BYTES + MAX_ADMIN_REQUEST_BYTES, &app.memory.webhooks).await
        {
            Ok(file) => file,
            Err(refusal) => return refusal,
        };
    // A detached task: if the client disconnects, the index must still be updated.
    let import =
        |app: Arc<App>| async move { import_export::import(&*app.store, Some(&app), file, app.clock.now()).await };
    match app.detached_to_end(import).await {
        Ok(Ok(imported)) => Json(imported).into_response(),
        Ok(Err(stopped)) => {
            let why = "run the import again to continue where it stopped";
            (StatusCode::SERVICE_UNAVAILABLE, format!("could not import everything: {stopped}; {why}\n"))
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Reads the JSON body of a request.
async fn read_json<T: DeserializeOwned>(
    app: &App,
    request: Request<Body>,
    limit: usize,
    room: &MemoryBudget,
) -> Result<T, Response> {
    let read = body::read(request, limit, room, &app.clock).await;
    let (_, bytes) = read.map_err(|unread| (unread.status(), format!("{unread}\n")).into_response())?;
    serde_json::from_slice(&bytes).map_err(|error| {
        (StatusCode::BAD_REQUEST, format!("the body is not valid for this request: {error}\n")).into_response()
    })
}

/// Streams a backup; its last line marks a complete backup.
async fn backup(State(app): Shared) -> Response {
    let export = match app.store.export().await {
        Ok(export) => export,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let (pieces, mut sent) = mpsc::channel(BACKUP_CHUNKS_IN_FLIGHT);
    let at = app.clock.now();
    app.tasks.spawn_blocking(move || {
        let mut body = BufWriter::with_capacity(BACKUP_CHUNK_BYTES, ChunkWriter(pieces));
        if let Err(error) = write(export, at, &mut body, || false) {
            warn!("could not send a backup: {error}");
        }
    });
    info!("sending a backup");
    Body::from_stream(poll_fn(move |context| sent.poll_recv(context).map(|piece| piece.map(Ok::<_, Infallible>))))
        .into_response()
}

/// A response body written in chunks; writing fails once the client disconnects.
struct ChunkWriter(mpsc::Sender<Bytes>);

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json_response<T: Serialize>(result: Result<T, StoreError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(listen: &str, host: &str, with: &[(&'static str, &str)]) -> u16 {
        let listen = listen.parse().unwrap();
        let guard = Guard { key: AdminKey::new(listen), listen };
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        headers.insert("authorization", format!("Bearer {}", guard.key.bearer()).parse().unwrap());
        for (name, value) in with {
            headers.insert(*name, value.parse().unwrap());
        }
        guard.admits(&headers).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn requests_with_the_key_are_accepted() {
        for (listen, host) in [
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            ("127.0.0.1:9090", "localhost:9090"),
            ("0.0.0.0:9090", "127.0.0.1:9090"),
            ("[::]:9090", "[::1]:9090"),
            ("10.1.2.3:9090", "10.1.2.3:9090"),
            ("127.0.0.1:80", "127.0.0.1"),
        ] {
            assert_eq!(asked(listen, host, &[]), 200, "{listen} {host}");
        }
    }

    #[test]
    fn requests_for_another_host_are_rejected() {
        for host in ["evil.test:9090", "127.0.0.1.evil.test:9090", "127.0.0.1:9091", "10.9.9.9:9090", "127.0.0.1", "x"]
        {
            assert_eq!(asked("127.0.0.1:9090", host, &[]), 403, "{host}");
        }
    }

    #[test]
    fn requests_from_web_pages_are_rejected_even_with_the_key() {
        for origin in ["null", "http://127.0.0.1:9090", "https://evil.test"] {
            assert_eq!(asked("127.0.0.1:9090", "127.0.0.1:9090", &[("origin", origin)]), 403, "{origin}");
        }
    }

    #[test]
    fn requests_with_a_wrong_key_are_rejected() {
        for word in ["", "Bearer", "Bearer ", "Bearer x", "Basic x"] {
            assert_eq!(asked("127.0.0.1:9090", "127.0.0.1:9090", &[("authorization", word)]), 401, "{word}");
        }
    }
}
