//! The errors of commands and their exit codes.

use crate::app::subscriptions::import_export::{ImportStopped, NotExported};
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
    #[error("could not listen on `{address}`; choose another address with --listen")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("could not start the async runtime")]
    Runtime(#[source] std::io::Error),
    #[error("could not write the output")]
    Output(#[source] std::io::Error),
    #[error("could not send the webhook to `{origin}`; is a server running there? Choose another address with --url")]
    Send { origin: String, source: SendError },
    #[error("the server rejected the webhook with status {0}")]
    WebhookRejected(StatusCode),
    #[error("could not use the store")]
    Store(#[from] StoreError),
    #[error(
        "the store in `{}` is in use by a process, and its admin address is unknown; stop the process that uses it, \
         or run the server with --admin-listen", .0.display()
    )]
    AdminAddressUnknown(PathBuf),
    #[error("could not reach the server at `{url}`, which has the store open; is it still running?")]
    ServerUnreachable { url: String, source: reqwest::Error },
    #[error("the server at `{url}` rejected the request ({status}): {why}")]
    ServerRefused { url: String, status: StatusCode, why: String },
    #[error("could not make the backup")]
    Backup(#[from] BackupError),
    #[error(
        "found no sealing key to put into the backup; set SEGMENTS_SLACK_KEY or --key-file to the key of the server, \
         or omit --with-secrets"
    )]
    NoKeyForBackup,
    #[error("`{}` is not a complete backup", path.display())]
    IncompleteBackup { path: PathBuf, source: BackupError },
    #[error("could not restore the backup")]
    Restore(#[from] RestoreError),
    #[error("could not load the sealing keys")]
    Keys(#[from] NoKeys),
    #[error("could not re-encrypt all secrets; run the command again to continue where it stopped")]
    Reseal(#[from] ResealError),
    #[error("some dead letters don't exist or have lost their event (see above)")]
    SomeDeadLettersMissing,
    #[error(transparent)]
    NotExported(#[from] NotExported),
    #[error("{0} subscriptions can't be written as text; see the comments in the file. `backup` includes them")]
    NotExpressible(usize),
    #[error("could not read `{}`", path.display())]
    UnreadableFile { path: PathBuf, source: std::io::Error },
    #[error("nothing was imported from `{}`; errors in the file (see above): {mistakes}", path.display())]
    NotImported { path: PathBuf, mistakes: usize },
    #[error("could not import everything; run the command again to continue where it stopped")]
    ImportStopped(#[from] ImportStopped),
    #[error("some checks failed (see above)")]
    ChecksFailed,
    #[error("the configuration is invalid (see above)")]
    InvalidConfiguration,
    #[error("the server stopped")]
    Server(#[source] anyhow::Error),
}

impl Failure {
    /// Returns 2 for an invalid configuration and 1 for every other error.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::InvalidConfiguration => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::out::chain;
    use crate::config::{Config, ConfigSources};
    use crate::model::ChannelId;
    use std::io::{Error, ErrorKind};

    /// Returns the name of a variant, so that a new one does not compile until it is added to the test.
    fn name(failure: &Failure) -> &'static str {
        match failure {
            Failure::Configuration(_) => "Configuration",
            Failure::Listen { .. } => "Listen",
            Failure::Runtime(_) => "Runtime",
            Failure::Output(_) => "Output",
            Failure::Send { .. } => "Send",
            Failure::WebhookRejected(_) => "WebhookRejected",
            Failure::Store(_) => "Store",
            Failure::AdminAddressUnknown(_) => "AdminAddressUnknown",
            Failure::ServerUnreachable { .. } => "ServerUnreachable",
            Failure::ServerRefused { .. } => "ServerRefused",
            Failure::Backup(_) => "Backup",
            Failure::NoKeyForBackup => "NoKeyForBackup",
            Failure::IncompleteBackup { .. } => "IncompleteBackup",
            Failure::Restore(_) => "Restore",
            Failure::Keys(_) => "Keys",
            Failure::Reseal(_) => "Reseal",
            Failure::SomeDeadLettersMissing => "SomeDeadLettersMissing",
            Failure::NotExported(_) => "NotExported",
            Failure::NotExpressible(_) => "NotExpressible",
            Failure::UnreadableFile { .. } => "UnreadableFile",
            Failure::NotImported { .. } => "NotImported",
            Failure::ImportStopped(_) => "ImportStopped",
            Failure::ChecksFailed => "ChecksFailed",
            Failure::InvalidConfiguration => "InvalidConfiguration",
            Failure::Server(_) => "Server",
        }
    }

    #[test]
    fn every_error_reads_like_this() {
        let denied = || Error::from(ErrorKind::PermissionDenied);
        let data = || PathBuf::from("/data");
        let url = || "http://127.0.0.1:9090".to_owned();
        let channel = || ChannelId::parse("C0123").unwrap();
        let failures = [
            Config::load(ConfigSources::default()).map(drop).unwrap_err().into(),
            Failure::Listen { address: "127.0.0.1:80".parse().unwrap(), source: denied() },
            Failure::Runtime(denied()),
            Failure::Output(denied()),
            Failure::Send { origin: "http://127.0.0.1:3000".to_owned(), source: SendError::Secret },
            Failure::WebhookRejected(StatusCode::UNAUTHORIZED),
            StoreError::Overloaded.into(),
            Failure::AdminAddressUnknown(data()),
            Failure::ServerUnreachable {
                url: url(),
                source: reqwest::Client::builder().build().unwrap().get("no URL").build().unwrap_err(),
            },
            Failure::ServerRefused { url: url(), status: StatusCode::NOT_FOUND, why: "not here".to_owned() },
            BackupError::Exists(PathBuf::from("monday.jsonl")).into(),
            Failure::NoKeyForBackup,
            Failure::IncompleteBackup { path: PathBuf::from("monday.jsonl"), source: BackupError::CutOff(7) },
            RestoreError::NotEmpty(data()).into(),
            NoKeys::Missing(PathBuf::from("/data/key")).into(),
            Failure::Reseal(StoreError::Overloaded.into()),
            Failure::SomeDeadLettersMissing,
            NotExported::NoChannel(channel()).into(),
            Failure::NotExpressible(3),
            Failure::UnreadableFile { path: PathBuf::from("channels.txt"), source: denied() },
            Failure::NotImported { path: PathBuf::from("channels.txt"), mistakes: 2 },
            ImportStopped::Moved(channel()).into(),
            Failure::ChecksFailed,
            Failure::InvalidConfiguration,
            Failure::Server(anyhow::anyhow!("the reason")),
        ];
        let lines: Vec<_> =
            failures.iter().map(|failure| format!("{}:\nerror: {}\n", name(failure), chain(failure))).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
