//! Which links were shown where of late; in memory, since showing one again after a restart does no harm.

use crate::clock::later;
use crate::model::page::Page;
use crate::model::{ChannelId, WorkspaceId};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// A link that was shown in a channel is not shown there again for so long.
const AGAIN: Duration = Duration::from_mins(30);
/// No more links than these are remembered.
const MOST: usize = 2_000;

type Key = (WorkspaceId, ChannelId, Page);

/// The links that were shown of late.
#[derive(Default)]
pub struct Unfurled(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    at: HashMap<Key, Timestamp>,
    order: VecDeque<(Timestamp, Key)>,
}

impl Unfurled {
    /// Notes that a page is shown in a channel; whether it was not lately.
    pub(super) fn note(&self, workspace: &WorkspaceId, channel: &ChannelId, page: &Page, now: Timestamp) -> bool {
        let mut shown = self.0.lock();
        let Shown { at, order } = &mut *shown;
        while order.front().is_some_and(|(shown, _)| order.len() >= MOST || later(*shown, AGAIN) <= now) {
            if let Some((_, key)) = order.pop_front() {
                at.remove(&key);
            }
        }
        let key = (workspace.clone(), channel.clone(), page.clone());
        if at.contains_key(&key) {
            return false;
        }
        at.insert(key.clone(), now);
        order.push_back((now, key));
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
        let shown = Unfurled::default();
        let note = |page: &Page, second| shown.note(&workspace, &channel, page, at(second));
        assert!(note(&page("a"), 0) && !note(&page("a"), 1_799) && note(&page("b"), 1_799));
        assert!(note(&page("a"), 1_800) && !note(&page("b"), 1_801));
        for number in 0..MOST {
            note(&page(&format!("{number}")), 1_802);
        }
        assert!(note(&page("a"), 1_803));
        assert!(shown.note(&workspace, &ChannelId::parse("C2").unwrap(), &page("a"), at(1_803)));
        assert!(shown.0.lock().at.len() <= MOST);
    }
}
