//! Accepts connections, with limits on connections and headers, and shuts down gracefully.

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

/// Most open connections; more wait in the queue of the listener. Segments.ai may open hundreds.
const MAX_CONNECTIONS: usize = 2048;
/// Longest time to receive the headers of a request.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Delay after a connection could not be accepted.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Most headers of one request.
const MAX_HEADERS: usize = 64;
/// Largest header section of one request, in bytes.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Longest time for requests in progress to finish at shutdown.
const CONNECTION_DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// Serves a router until `shutdown`, then lets requests in progress finish.
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
                // For example, no file handle is free; some may be free after the delay.
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
                debug!("a connection was closed early: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(CONNECTION_DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        warn!("closing connections whose requests did not finish within {CONNECTION_DRAIN_TIMEOUT:?}");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, _) = listener.accept().await?;
    // Only reduces latency; it fails if the connection is closed already.
    stream.set_nodelay(true).ok();
    Ok((stream, place))
}
