//! How much is waiting, for whoever asks how a workspace is doing.

use jiff::Timestamp;

/// How much of a workspace is waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries not yet shown.
    pub pending: u64,
    /// Those of them that a mute, quiet hours or a digest hold for a time.
    pub held: u64,
    /// When the oldest of the others was accepted.
    pub oldest_waiting: Option<Timestamp>,
    /// When the oldest of them was accepted; a dead letter that is sent again counts once it is at the head of its channel.
    pub oldest: Option<Timestamp>,
    /// Deliveries given up.
    pub dead: u64,
}
