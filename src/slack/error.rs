//! Slack's refusals and silences, sorted by what they mean for a caller.

use slack_morphism::errors::SlackClientError;
use std::time::Duration;

/// Why a call to Slack did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackError {
    /// Slack understood and said no, with its code.
    #[error("{0}")]
    Refused(String),
    /// Too fast; not before this time has passed.
    #[error("ratelimited")]
    Limited(Duration),
    /// Slack's side is broken.
    #[error("http_{0}")]
    Broken(u16),
    /// Nothing was sent: could not connect.
    #[error("unreachable")]
    Unreachable,
    /// It was sent, and no answer that can be read came back: it may have been done.
    #[error("no_answer")]
    Lost,
    /// We have no token for this workspace (any more).
    #[error("not_installed")]
    NotInstalled,
}

impl SlackError {
    /// Its kind, as it is counted.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Limited(_) => "limited",
            Self::Broken(_) => "broken",
            Self::Unreachable => "unreachable",
            Self::Lost => "lost",
            Self::NotInstalled => "not_installed",
        }
    }

    /// Whether Slack said that the token is good for nothing any more; not so when it did not say, or is busy.
    pub fn is_end_of_token(&self) -> bool {
        let Self::Refused(code) = self else { return false };
        matches!(
            code.as_str(),
            "token_revoked" | "account_inactive" | "invalid_auth" | "app_uninstalled" | "not_authed" | "token_expired"
        )
    }
}

impl From<SlackClientError> for SlackError {
    /// Maps at once: the original's text holds whole responses.
    fn from(error: SlackClientError) -> Self {
        match error {
            SlackClientError::ApiError(error) if error.code == "ratelimited" => Self::Limited(DEFAULT_WAIT),
            SlackClientError::ApiError(error) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
                Self::Refused(error.code.chars().filter(|c| plain(*c)).take(100).collect())
            }
            SlackClientError::RateLimitError(error) => {
                Self::Limited(error.retry_after.unwrap_or(DEFAULT_WAIT).clamp(Duration::from_secs(1), LONGEST_WAIT))
            }
            SlackClientError::HttpError(error) => Self::Broken(error.status_code.as_u16()),
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.and_then(|cause| cause.downcast::<hyper_util::client::legacy::Error>().ok());
                if cause.is_some_and(|cause| cause.is_connect()) { Self::Unreachable } else { Self::Lost }
            }
            SlackClientError::ProtocolError(_)
            | SlackClientError::SystemError(_)
            | SlackClientError::EndOfStream(_)
            | SlackClientError::SocketModeProtocolError(_) => Self::Lost,
        }
    }
}

/// When Slack limits without saying for how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// No honest limit lasts longer.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
