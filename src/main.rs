//! Installs the TLS provider and starts the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers are linked, so rustls panics at the first connection unless one is chosen.
    // This fails only if a provider is installed already, and this is the first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    segments_slack::cli::start()
}
