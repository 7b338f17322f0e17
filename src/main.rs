//! Starts the program: one TLS provider for everything, then the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers are linked; whoever connects first would otherwise have to guess, and panics instead.
    // A second installation is the only thing that can fail here, and this is the first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    segments_slack::cli::start()
}
