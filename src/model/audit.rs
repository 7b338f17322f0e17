//! Who changed what, when and where: what is kept of a change after it was made.

use super::workspace::{ChannelId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who; none for whoever runs the server.
    pub by: Option<UserId>,
    /// In which channel; none for what is about the whole workspace.
    pub channel: Option<ChannelId>,
    /// What, as one would type it after `/segments`.
    pub typed: String,
}

impl AuditEntry {
    /// More of a command, in bytes, is not kept.
    pub const MAX_COMMAND_BYTES: usize = 1_000;

    /// Something that a person did in a channel.
    pub fn new(at: Timestamp, by: UserId, channel: ChannelId, typed: &str) -> Self {
        Self { at, by: Some(by), channel: Some(channel), typed: Self::shortened(typed) }
    }

    /// As much of a command as is kept.
    pub fn shortened(typed: &str) -> String {
        let kept = &typed[..typed.floor_char_boundary(Self::MAX_COMMAND_BYTES)];
        if kept.len() < typed.len() { format!("{kept}…") } else { kept.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_kept_in_part_and_says_so() {
        assert_eq!(AuditEntry::shortened("list"), "list");
        let kept = AuditEntry::shortened(&"é".repeat(AuditEntry::MAX_COMMAND_BYTES));
        assert_eq!((kept.chars().count(), kept.ends_with("é…")), (AuditEntry::MAX_COMMAND_BYTES / 2 + 1, true));
    }
}
