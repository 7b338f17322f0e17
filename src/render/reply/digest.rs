//! When digests come, in the words of a reply.

use super::format;
use super::layout::{section, summary};
use crate::render::Message;
use jiff::Timestamp;

/// Room for the times of digests, in characters.
const TIMES: usize = 1_500;

/// A reply about the channel, and when the next digests of its subscriptions come, by their numbers.
#[must_use]
pub fn with_next_digests(mut said: Message, digests: &[(u32, Timestamp)]) -> Message {
    if !digests.is_empty() {
        let line = format!("🗞️ {}", next(digests));
        said.text = summary(&format!("{} {line}", said.text));
        said.blocks.insert(said.blocks.len().min(1), section(&line));
    }
    said
}

/// "The next digest of #3 comes today 9:00.", or of several when each.
pub(super) fn next(digests: &[(u32, Timestamp)]) -> String {
    if let [(number, at)] = digests {
        return format!("The next digest of #{number} comes {}.", format::time(*at));
    }
    let times = digests.iter().map(|(number, at)| format!("#{number} {}", format::time(*at)));
    format!("The next digests come: {}.", format::listed(times, TIMES))
}
