//! Refusals and silences of Segments.ai, sorted by what they mean for a caller.

use std::fmt;
use std::time::Duration;

/// Why a call to Segments.ai did not do what it should. Its texts hold nothing that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentsError {
    /// Too fast, or too much; nothing was done.
    #[error("Segments.ai rate-limited this key; it accepts calls again in {} s", .retry_after.as_secs())]
    Throttled {
        /// Not before this time has passed.
        retry_after: Duration,
    },
    /// The key is none, or no longer one.
    #[error("Segments.ai rejected the API key")]
    Unauthorized,
    /// The key's owner may not do it.
    #[error("the owner of the API key is not allowed to do this")]
    Forbidden {
        /// Why, if Segments.ai said so.
        said: Said,
    },
    /// There is no such thing, or none that the key's owner may see: Segments.ai does not tell these apart.
    #[error("not found, or the API key has no access to it")]
    NotFound,
    /// What was asked makes no sense to Segments.ai; asking again does not help.
    #[error("Segments.ai rejected the request")]
    Rejected {
        /// Why, if Segments.ai said so.
        said: Said,
    },
    /// It was not done; later it may be.
    #[error("Segments.ai is unavailable: {0}")]
    Unavailable(ErrorKind),
    /// It was sent, and may have been done: only reading shows it.
    #[error("Segments.ai may or may not have done it: {0}")]
    Unclear(ErrorKind),
}

/// What went wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// Nothing was sent.
    #[error("could not connect")]
    Unreachable,
    /// No answer, or not all of it, within the time that there was.
    #[error("timed out")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection was closed early")]
    Cut,
    /// An answer that is neither consent nor a refusal.
    #[error("HTTP status {0}")]
    Status(u16),
    /// An answer that is longer than any that is meant.
    #[error("the response is too large")]
    TooLong,
    /// An answer that is not what was asked for.
    #[error("the response is malformed")]
    Unreadable,
}

/// What Segments.ai says for people to read: one line, shortened, and kept out of logs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Words that are one line already.
    pub(super) fn new(line: String) -> Self {
        Self(line)
    }

    /// The words; none if nothing was said that can be read.
    pub fn words(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|words| !words.is_empty())
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said(…)")
    }
}

impl SegmentsError {
    /// Its kind, as it is counted.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Throttled { .. } => "throttled",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound => "not_found",
            Self::Rejected { .. } => "rejected",
            Self::Unavailable(_) => "unavailable",
            Self::Unclear(_) => "unclear",
        }
    }
}
