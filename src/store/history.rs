//! What a channel is told about its last events: those that came to an end, and those that still wait.

use crate::model::{Delivery, DeliveryRecord, News, Pause};
use jiff::Timestamp;
use std::sync::Arc;

/// What became of a channel's last deliveries, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The last 200 that ended, the last one first.
    pub ended: Vec<DeliveryRecord>,
    /// The newest that are pending, the newest first, each with its event.
    pub waiting: Vec<(Delivery, Arc<News>)>,
    /// The channel was told to wait.
    pub pause: Option<Pause>,
    /// No call before this time.
    pub next_at: Option<Timestamp>,
}
