//! `serve`: runs the server until a signal stops it.

use super::failure::Failure;
use super::flags::{Flags, ServerFlags};
use crate::app::workspaces::keys::NoKeys;
use crate::config::LogFormat;
use crate::store::StoreError;
use std::io::IsTerminal;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags<ServerFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = arguments.flags.gather().config()?;
    log(config.log_format, &config.log_filter);
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| Failure::Listen { address, source })?;
    let shutdown = stopped_by_signals().map_err(Failure::Runtime)?;
    crate::run(config, listener, shutdown).await.map_err(|error| match error.downcast::<StoreError>() {
        Ok(error) => Failure::Store(error),
        Err(error) => error.downcast::<NoKeys>().map_or_else(Failure::Server, Failure::Keys),
    })
}

/// Limits the logs of two libraries, whatever the filter says.
///
/// - The WebSocket library logs secrets and messages at `trace`.
/// - sled logs below `info` while a thread that used it ends.
///   By then the buffer that a log line needs is gone, and the process aborts.
const LIMITED_LOG_TARGETS: [&str; 2] = ["tungstenite=off", "sled=info"];

/// Starts logging to standard error.
///
/// The filter must be valid: it was checked with the rest of the configuration.
pub(super) fn log(format: LogFormat, filter: &str) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(limited(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Pretty => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}

/// Returns the filter with [`LIMITED_LOG_TARGETS`] added.
fn limited(filter: &str) -> EnvFilter {
    let limits = LIMITED_LOG_TARGETS.iter().map(|directive| directive.parse().expect("a constant directive"));
    limits.fold(EnvFilter::new(filter), EnvFilter::add_directive)
}

/// Returns a token that the first SIGINT or SIGTERM cancels; the second signal exits the process with code 1.
pub(super) fn stopped_by_signals() -> std::io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = CancellationToken::new();
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            info!("received a stop signal; finishing the work in progress");
            shutdown.cancel();
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            warn!("received a second signal; exiting immediately");
            std::process::exit(1);
        }
    });
    Ok(shutdown)
}

#[cfg(test)]
mod tests {
    use super::limited;

    #[test]
    fn a_filter_cannot_lift_the_limits_of_libraries() {
        for filter in ["trace", "sled=trace", "trace,tungstenite=debug,sled=debug"] {
            let filter = limited(filter).to_string();
            let mut directives: Vec<&str> = filter.split(',').filter(|part| !matches!(*part, "trace")).collect();
            directives.sort_unstable();
            assert_eq!(directives, ["sled=info", "tungstenite=off"]);
        }
    }
}
