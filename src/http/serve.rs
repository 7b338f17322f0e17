//! The listener's loop: bounded connections and headers, and an orderly end.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Connections at once; more wait in the listener's queue. Hundreds from the sender are normal.
const MAX_CONNECTIONS: usize = 2048;
/// A sender must have sent its headers by then.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that could not be accepted is tried again after this.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Headers of one request.
const MAX_HEADERS: usize = 64;
/// Bytes of one request's headers.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// At the end, requests in flight get so long.
const CONNECTION_DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// Serves a router until `shutdown`, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!("could not accept a connection: {error}");
                // Out of file handles, say: some are given back meanwhile.
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!("a connection ended early: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(CONNECTION_DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        warn!("requests were still in flight after {CONNECTION_DRAIN_TIMEOUT:?} and are cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, _) = listener.accept().await?;
    // It only makes answers quicker; it fails for a connection that is over already.
    stream.set_nodelay(true).ok();
    Ok((stream, place))
}
