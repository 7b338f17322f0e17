//! The links that were unfurled in the last half hour, in memory. Showing one again after a restart does no harm.

use crate::clock::ageing::{AgeingCache, CacheLimits};
use crate::model::page::Page;
use crate::model::{ChannelId, WorkspaceId};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::time::Duration;

/// The time in which a link is not unfurled again in the same channel.
const UNFURL_INTERVAL: Duration = Duration::from_mins(30);
/// The number of links to remember.
const MAX_RECENT_UNFURLS: usize = 2_000;

type Key = (WorkspaceId, ChannelId, Page);

/// The links that were unfurled recently.
pub struct RecentUnfurls(Mutex<AgeingCache<Key, ()>>);

impl Default for RecentUnfurls {
    fn default() -> Self {
        Self(Mutex::new(AgeingCache::new(CacheLimits { entries: MAX_RECENT_UNFURLS, age: UNFURL_INTERVAL })))
    }
}

impl RecentUnfurls {
    /// Notes that a page is shown in a channel. Returns false if it was shown recently.
    pub(super) fn note(&self, workspace: &WorkspaceId, channel: &ChannelId, page: &Page, now: Timestamp) -> bool {
        let key = (workspace.clone(), channel.clone(), page.clone());
        let mut shown = self.0.lock();
        if shown.get(&key, now).is_some() {
            return false;
        }
        shown.insert(key, (), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_new_again_after_half_an_hour_and_elsewhere_at_once() {
        let (workspace, channel) = (WorkspaceId::parse("T1").unwrap(), ChannelId::parse("C1").unwrap());
        let page = |name: &str| Page { owner: "jane".to_owned(), name: name.to_owned(), sample: None };
        let at = |second| Timestamp::from_second(second).unwrap();
        let shown = RecentUnfurls::default();
        let note = |page: &Page, second| shown.note(&workspace, &channel, page, at(second));
        assert!(note(&page("a"), 0) && !note(&page("a"), 1_799) && note(&page("b"), 1_799));
        assert!(note(&page("a"), 1_800) && !note(&page("b"), 1_801));
        for number in 0..MAX_RECENT_UNFURLS {
            note(&page(&format!("{number}")), 1_802);
        }
        assert!(note(&page("a"), 1_803));
        assert!(shown.note(&workspace, &ChannelId::parse("C2").unwrap(), &page("a"), at(1_803)));
        assert!(shown.0.lock().len() <= MAX_RECENT_UNFURLS);
    }
}
