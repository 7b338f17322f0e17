//! The rate limits of methods.

use crate::clock::later;
use crate::model::ChannelId;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The most calls within a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    calls: usize,
    seconds: u64,
}

/// 50 a minute. <https://docs.slack.dev/apis/web-api/rate-limits>
pub(super) const TIER_3: Limit = Limit { calls: 50, seconds: 60 };
/// 100 a minute.
pub(super) const TIER_4: Limit = Limit { calls: 100, seconds: 60 };
/// "Several hundred a minute" for a workspace, in the careful reading.
pub(super) const HUNDREDS: Limit = Limit { calls: 300, seconds: 60 };
/// One message a second a channel; bursts are tolerated, of a length that is nowhere said: three here.
pub(super) const POSTS_TO_A_CHANNEL: Limit = Limit { calls: 3, seconds: 3 };

/// The times of recent calls of each method, in one workspace.
#[derive(Debug, Default)]
pub(super) struct Limits(BTreeMap<(&'static str, Option<ChannelId>), VecDeque<Timestamp>>);

impl Limits {
    /// Counts a call, or says how many seconds are to pass before the next one.
    pub(super) fn admit(
        &mut self,
        method: &'static str,
        channel: Option<&ChannelId>,
        limit: Limit,
        now: Timestamp,
    ) -> Result<(), u64> {
        let recent = self.0.entry((method, channel.cloned())).or_default();
        let length = Duration::from_secs(limit.seconds);
        while recent.front().is_some_and(|call| later(*call, length) <= now) {
            recent.pop_front();
        }
        if recent.len() < limit.calls {
            recent.push_back(now);
            return Ok(());
        }
        let free = recent.front().map_or(now, |call| later(*call, length));
        let left = Duration::try_from(free.duration_since(now)).unwrap_or_default();
        Err(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}
