//! Why a command failed, and the exit code that says so.

use crate::app::subscriptions::import_export::{NotExported, Stopped};
use crate::app::workspaces::keys::{NoKeys, ResealError};
use crate::config::ConfigProblems;
use crate::sandbox::segments::SendError;
use crate::store::StoreError;
use crate::store::backup::{BackupError, RestoreError};
use http::StatusCode;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;

#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Configuration(#[from] ConfigProblems),
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
    #[error("could not use the store")]
    Store(#[from] StoreError),
    #[error(
        "the store in `{}` is in use, and no server has left word how to ask it; stop what uses it, \
         or run the server with --admin-listen", .0.display()
    )]
    NobodyToAsk(PathBuf),
    #[error("could not ask the server at `{url}`, which uses the store: is it still there?")]
    Unanswered { url: String, source: reqwest::Error },
    #[error("the server at `{url}` refused ({status}): {why}")]
    ServerRefused { url: String, status: StatusCode, why: String },
    #[error("could not make the backup")]
    Backup(#[from] BackupError),
    #[error(
        "there is no key to put into the backup: give the server's with SEGMENTS_SLACK_KEY or --key-file, \
         or leave --with-secrets out"
    )]
    NoKeyToKeep,
    #[error("`{}` is no whole backup", path.display())]
    NoBackup { path: PathBuf, source: BackupError },
    #[error("could not restore")]
    Restore(#[from] RestoreError),
    #[error("could not use the sealing keys")]
    Keys(#[from] NoKeys),
    #[error("could not seal everything anew; what was done stays done, and the next try goes on")]
    Reseal(#[from] ResealError),
    #[error("not every dead letter was there, or still had its event: see above")]
    NotAll,
    #[error(transparent)]
    NotExported(#[from] NotExported),
    #[error("{0} subscriptions fit no line of the file: comments in it say which; `backup` keeps them too")]
    LeftOut(usize),
    #[error("could not read `{}`", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("nothing was imported from `{}`; mistakes, as told above: {mistakes}", path.display())]
    NotImported { path: PathBuf, mistakes: usize },
    #[error("could not import everything; what was done stays done, and the next try goes on")]
    Stopped(#[from] Stopped),
    #[error("something has to be mended: see what `failed` above")]
    Unwell,
    #[error("the configuration cannot be used: see above")]
    Unconfigured,
    #[error("the server stopped")]
    Server(#[source] anyhow::Error),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Unconfigured => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
