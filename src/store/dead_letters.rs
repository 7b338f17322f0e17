//! Dead letters: deliveries that were given up, kept until somebody sends them again or drops them.

use crate::model::{ChannelId, DatasetName, DeadLetterId, Delivery};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The channel it was meant for.
    pub channel: ChannelId,
    /// The delivery.
    pub delivery: Delivery,
    /// When it was given up.
    pub at: Timestamp,
    /// Why.
    pub error: String,
    /// The closest name of its event, where that could be read.
    #[serde(default)]
    pub event: Option<String>,
    /// The dataset that its event names.
    #[serde(default)]
    pub dataset: Option<DatasetName>,
}

impl DeadLetter {
    /// Its name.
    pub fn id(&self) -> DeadLetterId {
        DeadLetterId { channel: self.channel.clone(), sequence: self.delivery.sequence }
    }
}
