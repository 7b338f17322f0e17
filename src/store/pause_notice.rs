//! Somebody who is still to be told that a channel was paused.

use crate::model::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A creator of a paused subscription whom nobody has told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseNotice {
    /// Who.
    pub user: UserId,
    /// Not before this time.
    pub not_before: Timestamp,
    /// How often Slack did not take it.
    pub tries: u32,
}
