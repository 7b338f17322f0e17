//! What a modal is about, as it travels in its `private_metadata`. It may have been made up: nothing of it gives a right.

use crate::model::{ChannelId, Rule};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The `callback_id` of the modal.
pub const CALLBACK: &str = "subscription";
/// The `callback_id` of the modal that takes pasted lines.
pub const IMPORT: &str = "import";
/// The input in it.
pub const LINES: &str = "lines";

/// What a modal of a subscription is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    /// The channel it was opened in; of the subscription that it changes.
    pub channel: Option<ChannelId>,
    /// The subscription that it changes; none for a new one.
    pub edits: Option<Edits>,
    /// Our seal over who was in that channel when it was opened; none where nobody is known to have been.
    pub seal: Option<String>,
}

/// A subscription as a modal was opened on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edits {
    /// Its number.
    pub number: u32,
    /// What it looked like, as [`fingerprint`].
    pub seen: String,
}

impl Sheet {
    /// As it travels; short.
    pub fn metadata(&self) -> String {
        serde_json::to_string(self).expect("ids and numbers can be written")
    }

    /// Read back; anything else is a sheet about nothing.
    pub fn read(metadata: &str) -> Self {
        serde_json::from_str(metadata).unwrap_or_default()
    }
}

/// Tells a rule from another one: half of the SHA-256 of its text.
pub fn fingerprint(rule: &Rule) -> String {
    hex::encode(&Sha256::digest(rule.to_string())[..16])
}
