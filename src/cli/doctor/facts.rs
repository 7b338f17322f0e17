//! What `doctor` finds out: values, without words and without secrets.

use crate::app::operations::health::{Checkup, Kept};
use crate::model::WorkspaceId;
use crate::segments::api::{SegmentsError, User};
use crate::slack::look::Look;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Everything that was found out, but for what is wrong with the configuration.
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) settings: SettingsFacts,
    pub(super) folder: FolderFacts,
    pub(super) store: StoreFacts,
    pub(super) slack: Result<Look, SlackProbeError>,
    /// How far this machine's clock is ahead of Slack's, at least; none if Slack did not tell its time.
    pub(super) ahead: Option<SignedDuration>,
    /// What Slack said of the app token; none without one.
    pub(super) socket: Option<Result<Look, SlackProbeError>>,
    /// None without a public address.
    pub(super) public: Option<PublicUrlFacts>,
    /// None without an API key.
    pub(super) segments: Option<Result<User, SegmentsError>>,
}

/// What the settings look like.
#[derive(Clone)]
pub(super) struct SettingsFacts {
    pub(super) listen: String,
    pub(super) slack_api_url: String,
    pub(super) has_token: bool,
    /// Whether the signing secret looks like one of Slack's; none if Slack sends everything by Socket Mode.
    pub(super) signing_secret: Option<bool>,
    /// Whether each webhook secret looks like one of Segments.ai's.
    pub(super) webhook_secrets: Vec<bool>,
    /// Where Slack sends whoever installs the app; none if nobody can.
    pub(super) redirect_url: Option<String>,
    pub(super) backup_keep: usize,
}

/// The data folder.
#[derive(Clone, Default)]
pub(super) struct FolderFacts {
    pub(super) path: PathBuf,
    pub(super) is_there: bool,
    /// Why nothing can be made in it, or in the one that it would be made in.
    pub(super) shut: Option<String>,
    /// What in it others on this machine can get at, itself included, with the mode.
    pub(super) open: Vec<(PathBuf, u32)>,
    /// Bytes that are free on its disk.
    pub(super) free: Option<u64>,
    /// When the store was made.
    pub(super) since: Option<Timestamp>,
    /// When the newest daily backup was made.
    pub(super) backed_up: Option<Timestamp>,
}

/// The store.
pub(super) enum StoreFacts {
    /// There is none yet.
    None,
    /// It belongs to another user of this machine, and was let alone.
    Alien { owner: u32, own: u32 },
    /// Nobody uses it.
    Idle(IdleStore),
    /// A server uses it, and said this, or why it did not.
    Running(Result<Box<Checkup>, String>),
    /// Something uses it that cannot be asked.
    Taken,
    /// It does not open, or was not read.
    Shut(String),
    /// It was not open in time.
    Slow,
}

/// A store that was looked through.
pub(super) struct IdleStore {
    pub(super) key: KeyFacts,
    pub(super) kept: Vec<Kept>,
    /// What Slack said of the tokens in it; of the first few, where there are many.
    pub(super) tokens: Vec<(WorkspaceId, Result<Look, SlackProbeError>)>,
}

/// The sealing key.
pub(super) enum KeyFacts {
    /// It is there, by this name.
    Found(String),
    /// There is none, and nothing that was sealed.
    None,
    /// It is missing or will not do.
    Bad(String),
}

/// What came of asking at the public address.
pub(super) struct PublicUrlFacts {
    pub(super) url: String,
    pub(super) place: AddressScope,
    /// What `/healthz` answered.
    pub(super) health: Result<ProbeResponse, ConnectionFailure>,
    /// What `/slack/events` answered to a question that was signed as Slack signs it; none without a signing secret.
    pub(super) events: Option<Result<ProbeResponse, ConnectionFailure>>,
}

/// Where an address leads, as seen from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressScope {
    Internet,
    Private(IpAddr),
    Loopback,
    /// Its name is not known here.
    Unknown,
}

/// An answer, as far as it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProbeResponse {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    /// Whether it is what was expected.
    pub(super) is_ours: bool,
    /// Why it was refused, if it was by a server of this kind.
    pub(super) refused: Option<RequestRejection>,
}

/// Why a server of this kind did not believe the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestRejection {
    Signature,
    Time,
}

/// Why Slack gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SlackProbeError {
    Connection(ConnectionFailure),
    Status(u16),
    Unreadable,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectionFailure {
    /// Nobody knows the name.
    Name,
    /// Nothing listens there.
    Refused,
    /// The other side did not show that it is who it should be.
    Tls(String),
    TimedOut,
    Cut,
}

impl fmt::Display for ConnectionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("its name is not known here (DNS)"),
            Self::Refused => f.write_str("nothing listens there"),
            Self::Tls(why) => write!(f, "https fails: {why}"),
            Self::TimedOut => f.write_str("no answer came in time"),
            Self::Cut => f.write_str("the connection was closed early"),
        }
    }
}

impl fmt::Display for SlackProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(trouble) => trouble.fmt(f),
            Self::Status(status) => write!(f, "it answered with HTTP status {status}"),
            Self::Unreadable => f.write_str("what answers there is not Slack"),
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) status: CheckStatus,
    pub(super) found: String,
    /// What to do; none where nothing is to be done.
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
    /// Whether a server uses the store.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.store, StoreFacts::Running(_) | StoreFacts::Taken)
    }

    /// What is kept, as far as it could be looked at.
    pub(super) fn kept(&self) -> Option<&[Kept]> {
        match &self.store {
            StoreFacts::Idle(idle) => Some(&idle.kept),
            StoreFacts::Running(Ok(checkup)) => Some(&checkup.workspaces),
            _ => None,
        }
    }

    /// What a running server said.
    pub(super) fn checkup(&self) -> Option<&Checkup> {
        match &self.store {
            StoreFacts::Running(Ok(checkup)) => Some(checkup),
            _ => None,
        }
    }
}
