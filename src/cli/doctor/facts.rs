//! The facts that `doctor` collects: plain values, without texts and secrets.

use crate::app::operations::health::{HealthReport, StoredCounts};
use crate::model::WorkspaceId;
use crate::segments::api::{SegmentsError, User};
use crate::slack::look::Look;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// All facts about an installation whose configuration is valid.
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) settings: SettingsFacts,
    pub(super) folder: FolderFacts,
    pub(super) store: StoreFacts,
    pub(super) slack: Result<Look, SlackProbeError>,
    /// Smallest lead of this machine's clock over Slack's; `None` if Slack sent no time.
    pub(super) ahead: Option<SignedDuration>,
    /// Response of Slack about the app token; `None` without one.
    pub(super) socket: Option<Result<Look, SlackProbeError>>,
    /// `None` without a public address.
    pub(super) public: Option<PublicUrlFacts>,
    /// `None` without an API key.
    pub(super) segments: Option<Result<User, SegmentsError>>,
}

/// The settings that the checks need, without secrets.
#[derive(Clone)]
pub(super) struct SettingsFacts {
    pub(super) listen: String,
    pub(super) slack_api_url: String,
    pub(super) has_token: bool,
    /// Set if the signing secret has Slack's format; `None` if Slack sends everything over Socket Mode.
    pub(super) signing_secret: Option<bool>,
    /// Set for each webhook secret that has the format of Segments.ai's.
    pub(super) webhook_secrets: Vec<bool>,
    /// Redirect URL for installing the app; `None` if installing is turned off.
    pub(super) redirect_url: Option<String>,
    pub(super) backup_keep: usize,
}

/// Facts about the data folder.
#[derive(Clone, Default)]
pub(super) struct FolderFacts {
    pub(super) path: PathBuf,
    pub(super) is_there: bool,
    /// Reason why no file can be created in the folder, or in its closest existing parent.
    pub(super) shut: Option<String>,
    /// Files and folders that other users of this machine can access, with their modes.
    pub(super) open: Vec<(PathBuf, u32)>,
    /// Free space on its disk, in bytes.
    pub(super) free: Option<u64>,
    /// Creation time of the store.
    pub(super) since: Option<Timestamp>,
    /// Time of the newest daily backup.
    pub(super) backed_up: Option<Timestamp>,
}

/// Facts about the store.
pub(super) enum StoreFacts {
    /// The store does not exist yet.
    None,
    /// The store belongs to another user of this machine and was not opened.
    OfAnotherUser { owner: u32, own: u32 },
    /// No process uses the store.
    Idle(IdleStore),
    /// A server uses the store; its report, or why there is none.
    Running(Result<Box<HealthReport>, String>),
    /// Another process uses the store, and its admin address is unknown.
    InUse,
    /// The store could not be opened or read.
    NotOpened(String),
    /// Opening the store took too long.
    TimedOut,
}

/// The contents of a store that no process uses.
pub(super) struct IdleStore {
    pub(super) key: KeyFacts,
    pub(super) kept: Vec<StoredCounts>,
    /// Responses of Slack about the first tokens in the store.
    pub(super) tokens: Vec<(WorkspaceId, Result<Look, SlackProbeError>)>,
}

/// Facts about the sealing key.
pub(super) enum KeyFacts {
    /// The key exists; its ID.
    Found(String),
    /// No key exists, and no secret was sealed.
    None,
    /// The key is missing or unusable; the reason.
    Unusable(String),
}

/// Responses from the public address.
pub(super) struct PublicUrlFacts {
    pub(super) url: String,
    pub(super) scope: AddressScope,
    /// Response of `/healthz`.
    pub(super) health: Result<ProbeResponse, ConnectionFailure>,
    /// Response of `/slack/events` to a request signed as Slack signs it; `None` without a signing secret.
    pub(super) events: Option<Result<ProbeResponse, ConnectionFailure>>,
}

/// The scope of an address, as seen from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressScope {
    Internet,
    Private(IpAddr),
    Loopback,
    /// The host name could not be resolved.
    Unknown,
}

/// The parts of an HTTP response that the checks need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProbeResponse {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    /// Set if the status and the body are what this server sends.
    pub(super) is_ours: bool,
    /// Reason for the rejection, if a segments-slack server rejected the request.
    pub(super) refused: Option<RequestRejection>,
}

/// Reason why a segments-slack server rejected a signed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestRejection {
    Signature,
    Time,
}

/// Reason why Slack could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SlackProbeError {
    Connection(ConnectionFailure),
    Status(u16),
    Unreadable,
}

/// Reason why no HTTP response arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectionFailure {
    /// The host name could not be resolved.
    Name,
    /// Nothing listens at the address.
    Refused,
    /// The TLS handshake failed; the reason.
    Tls(String),
    TimedOut,
    Cut,
}

impl fmt::Display for ConnectionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("its host name could not be resolved (DNS)"),
            Self::Refused => f.write_str("nothing listens there"),
            Self::Tls(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::TimedOut => f.write_str("it did not respond in time"),
            Self::Cut => f.write_str("the connection was closed early"),
        }
    }
}

impl fmt::Display for SlackProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(trouble) => trouble.fmt(f),
            Self::Status(status) => write!(f, "it responded with HTTP status {status}"),
            Self::Unreadable => f.write_str("the server there is not Slack"),
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) status: CheckStatus,
    pub(super) found: String,
    /// Remedy; `None` if nothing is to be done.
    pub(super) remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum CheckStatus {
    #[serde(rename = "ok")]
    Ok,
    #[serde(rename = "warning")]
    Warning,
    #[serde(rename = "failed")]
    Failed,
    #[serde(rename = "not checked")]
    NotChecked,
}

impl CheckStatus {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, status: CheckStatus::Ok, found: found.into(), remedy: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: CheckStatus::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn failed(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: CheckStatus::Failed, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn unchecked(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: CheckStatus::NotChecked, found: found.into(), remedy: Some(remedy.into()) }
    }
}

impl Facts {
    /// Reports whether a process uses the store.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.store, StoreFacts::Running(_) | StoreFacts::InUse)
    }

    /// Returns the stored workspaces, or `None` if the store could not be inspected.
    pub(super) fn workspaces(&self) -> Option<&[StoredCounts]> {
        match &self.store {
            StoreFacts::Idle(idle) => Some(&idle.kept),
            StoreFacts::Running(Ok(checkup)) => Some(&checkup.workspaces),
            _ => None,
        }
    }

    /// Returns the report of the running server, if it gave one.
    pub(super) fn checkup(&self) -> Option<&HealthReport> {
        match &self.store {
            StoreFacts::Running(Ok(checkup)) => Some(checkup),
            _ => None,
        }
    }
}
