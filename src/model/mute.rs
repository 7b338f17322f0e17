//! A mute: a channel that is to be left alone for a while, about everything or about some datasets.

use super::selector::DatasetPattern;
use super::workspace::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A channel has at most so many mutes at a time.
pub const MOST_MUTES: usize = 50;

/// What a channel does not want to see for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Which datasets; [`DatasetPattern::everything`] for the whole channel.
    pub dataset: DatasetPattern,
    /// No longer from this time on.
    pub until: Timestamp,
    /// Who muted it.
    pub by: UserId,
}

impl Mute {
    /// Those of some mutes that are not over at a time.
    pub fn in_force(mut mutes: Vec<Self>, now: Timestamp) -> Vec<Self> {
        mutes.retain(|mute| mute.until > now);
        mutes
    }
}

/// Mutes whose time is over, and that nobody was told about yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedMutes {
    /// They; at least one.
    pub mutes: Vec<Mute>,
    /// How many deliveries waited for just their end.
    pub held: u64,
}
