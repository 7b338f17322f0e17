//! Why a command failed, and the exit code that says so.

use crate::config::Problems;
use crate::sandbox::segments::SendError;
use http::StatusCode;
use std::net::SocketAddr;
use std::process::ExitCode;
use thiserror::Error;

#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Configuration(#[from] Problems),
    #[error("could not listen on `{address}`: choose another address with --listen")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("could not start the threads")]
    Runtime(#[source] std::io::Error),
    #[error("could not write the output")]
    Output(#[source] std::io::Error),
    #[error("could not send the webhook to `{origin}`: is a server running there? --url says where to")]
    Send { origin: String, source: SendError },
    #[error("the server answered {0}: the webhook was not accepted")]
    Refused(StatusCode),
    #[error("the server stopped")]
    Server(#[source] anyhow::Error),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
