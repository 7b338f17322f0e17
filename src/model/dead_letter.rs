//! The name of a dead letter: its channel, and the place that it had in its channel.

use super::workspace::ChannelId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names one dead letter of a workspace, such as `C0123-17`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeadLetterId {
    /// The channel that it was meant for.
    pub channel: ChannelId,
    /// The sequence of its delivery.
    pub sequence: u64,
}

/// A text that names no dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid dead-letter id; expected a channel and a number, such as `C0123-17`")]
pub struct InvalidDeadLetterId;

impl FromStr for DeadLetterId {
    type Err = InvalidDeadLetterId;

    fn from_str(text: &str) -> Result<Self, InvalidDeadLetterId> {
        let (channel, sequence) = text.split_once('-').ok_or(InvalidDeadLetterId)?;
        let channel = ChannelId::parse(channel).map_err(|_| InvalidDeadLetterId)?;
        let digits = sequence.bytes().all(|byte| byte.is_ascii_digit());
        let sequence = sequence.parse().ok().filter(|_| digits).ok_or(InvalidDeadLetterId)?;
        Ok(Self { channel, sequence })
    }
}

impl TryFrom<String> for DeadLetterId {
    type Error = InvalidDeadLetterId;

    fn try_from(text: String) -> Result<Self, InvalidDeadLetterId> {
        text.parse()
    }
}

impl From<DeadLetterId> for String {
    fn from(id: DeadLetterId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.channel, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_printed_is_read_again() {
        let id: DeadLetterId = "C0123-17".parse().unwrap();
        assert_eq!((id.channel.as_str(), id.sequence), ("C0123", 17));
        assert_eq!(id.to_string(), "C0123-17");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "C1", "C1-", "-1", "C1-+1", "C1-1-2", "C1--1", "C\0-1", "C1-18446744073709551616"] {
            assert_eq!(text.parse::<DeadLetterId>(), Err(InvalidDeadLetterId), "{text:?}");
        }
    }
}
