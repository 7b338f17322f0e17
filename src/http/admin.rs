//! The admin address: counts for whoever asks, and tools for whoever brings the key out of the data folder.

use super::key::AdminKey;
use super::{Shared, body};
use crate::app::App;
use crate::app::memory_budget::Room;
use crate::app::operations::dead_letters::{Act, Which, act_live, list};
use crate::app::operations::health;
use crate::app::subscriptions::import_export;
use crate::app::subscriptions::import_export::{Import, LONGEST_FILE, NotExported};
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

/// No request is larger, in bytes: it names some 30,000 dead letters.
const MAX_ADMIN_REQUEST_BYTES: usize = 1024 * 1024;

/// A backup is sent in pieces of so many bytes …
const BACKUP_CHUNK_BYTES: usize = 64 * 1024;
/// … of which so many wait for the reader.
const BACKUP_CHUNKS_IN_FLIGHT: usize = 8;

/// What the tools are opened with, and the address that they answer at.
#[derive(Clone)]
pub struct Guard {
    /// The key.
    pub key: AdminKey,
    /// Where the listener is.
    pub listen: SocketAddr,
}

/// Every address of the admin listener.
pub fn router(app: Arc<App>, guard: Guard) -> Router {
    let tools = Router::new()
        .route("/dead-letters", get(letters))
        .route("/dead-letters/retry", post(|state: Shared, request: Request<Body>| act(state, Act::Retry, request)))
        .route("/dead-letters/drop", post(|state: Shared, request: Request<Body>| act(state, Act::Drop, request)))
        .route("/export", post(export))
        .route("/import", post(import))
        .route("/backup", get(backup))
        .route("/checkup", get(|State(app): Shared| async move { answered(health::of(&app).await) }))
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
            warn!(http.status = status.as_u16(), "refused a request at the admin address: {why}");
            (status, format!("{why}\n")).into_response()
        }
    }
}

impl Guard {
    /// Lets in whoever brings the key, means this address by name, and is no web page.
    fn admits(&self, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        if headers.contains_key(ORIGIN) {
            return Err((StatusCode::FORBIDDEN, "this is not for web pages"));
        }
        if !headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| self.is_called(host)) {
            return Err((StatusCode::FORBIDDEN, "this answers only to its own address and to loopback"));
        }
        if !self.key.fits(headers) {
            return Err((StatusCode::UNAUTHORIZED, "the key is wrong: it is in the file `admin` of the data folder"));
        }
        Ok(())
    }

    /// Whether a `Host` means this listener; a name that someone's DNS points here does not.
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
    answered(list(&*app.store).await)
}

async fn act(State(app): Shared, what: Act, request: Request<Body>) -> Response {
    let which: Which = match asked(&app, request, MAX_ADMIN_REQUEST_BYTES, &app.slack_room).await {
        Ok(which) => which,
        Err(refusal) => return refusal,
    };
    // A task of its own: a caller that hangs up must not leave channels asleep that have something to do.
    match app.detached_to_end(|app| async move { act_live(&app, what, &which).await }).await {
        Ok(went) => answered(went),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn export(State(app): Shared, request: Request<Body>) -> Response {
    let which: import_export::Which = match asked(&app, request, MAX_ADMIN_REQUEST_BYTES, &app.slack_room).await {
        Ok(which) => which,
        Err(refusal) => return refusal,
    };
    match import_export::export(&*app.store, &which, app.clock.now()).await {
        Ok(exported) => Json(exported).into_response(),
        Err(NotExported::Store(error)) => answered(Err::<(), _>(error)),
        Err(missing) => (StatusCode::NOT_FOUND, format!("{missing}\n")).into_response(),
    }
}

async fn import(State(app): Shared, request: Request<Body>) -> Response {
    // As JSON a file may be twice as long.
    let file: Import = match asked(&app, request, 2 * LONGEST_FILE + MAX_ADMIN_REQUEST_BYTES, &app.webhook_room).await {
        Ok(file) => file,
        Err(refusal) => return refusal,
    };
    // A task of its own: a caller that hangs up must not leave a channel that the index does not know as it is.
    let import =
        |app: Arc<App>| async move { import_export::import(&*app.store, Some(&app), file, app.clock.now()).await };
    match app.detached_to_end(import).await {
        Ok(Ok(imported)) => Json(imported).into_response(),
        Ok(Err(stopped)) => {
            let why = "what was done stays done, and the next try goes on";
            (StatusCode::SERVICE_UNAVAILABLE, format!("could not import everything: {stopped}; {why}\n"))
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What a request asks for, as JSON.
async fn asked<T: DeserializeOwned>(
    app: &App,
    request: Request<Body>,
    limit: usize,
    room: &Room,
) -> Result<T, Response> {
    let read = body::read(request, limit, room, &app.clock).await;
    let (_, bytes) = read.map_err(|unread| (unread.status(), format!("{unread}\n")).into_response())?;
    serde_json::from_slice(&bytes)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("not what is asked for here: {error}\n")).into_response())
}

/// Sends everything that is kept; whether it came whole, its last line says.
async fn backup(State(app): Shared) -> Response {
    let export = match app.store.export().await {
        Ok(export) => export,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let (pieces, mut sent) = mpsc::channel(BACKUP_CHUNKS_IN_FLIGHT);
    let at = app.clock.now();
    app.tasks.spawn_blocking(move || {
        let mut body = BufWriter::with_capacity(BACKUP_CHUNK_BYTES, Pieces(pieces));
        if let Err(error) = write(export, at, &mut body, || false) {
            warn!("could not send a backup: {error}");
        }
    });
    info!("sends a backup");
    Body::from_stream(poll_fn(move |context| sent.poll_recv(context).map(|piece| piece.map(Ok::<_, Infallible>))))
        .into_response()
}

/// A body that is being written, a piece at a time, as long as somebody reads it.
struct Pieces(mpsc::Sender<Bytes>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answered<T: Serialize>(result: Result<T, StoreError>) -> Response {
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
    fn whoever_brings_the_key_to_this_address_is_let_in() {
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
    fn a_foreign_name_that_leads_here_is_refused() {
        for host in ["evil.test:9090", "127.0.0.1.evil.test:9090", "127.0.0.1:9091", "10.9.9.9:9090", "127.0.0.1", "x"]
        {
            assert_eq!(asked("127.0.0.1:9090", host, &[]), 403, "{host}");
        }
    }

    #[test]
    fn a_web_page_is_refused_even_with_the_key() {
        for origin in ["null", "http://127.0.0.1:9090", "https://evil.test"] {
            assert_eq!(asked("127.0.0.1:9090", "127.0.0.1:9090", &[("origin", origin)]), 403, "{origin}");
        }
    }

    #[test]
    fn a_wrong_word_is_refused() {
        for word in ["", "Bearer", "Bearer ", "Bearer x", "Basic x"] {
            assert_eq!(asked("127.0.0.1:9090", "127.0.0.1:9090", &[("authorization", word)]), 401, "{word}");
        }
    }
}
