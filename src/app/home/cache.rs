//! The App Homes that are kept up to date, in memory: after a restart a Home is shown again when it is opened.

use crate::clock::ageing::{AgeingCache, CacheLimits};
use crate::model::{UserId, WorkspaceId};
use crate::render::Message;
use crate::slack::interaction::Place;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::Notify;

/// The time for which a Home is kept up to date after it was opened or clicked in.
const HOME_CACHE_TTL: Duration = Duration::from_hours(1);
/// The number of Homes to keep; beyond it, the one that was viewed the longest ago is dropped.
const MAX_CACHED_HOMES: usize = 200;

/// The state of a Home that is not stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::app) struct Screen {
    /// The page, from 0.
    pub(super) page: usize,
    /// The result of the last click.
    pub(super) notice: Option<String>,
    /// The subscription whose removal needs confirmation.
    pub(super) asked: Option<Place>,
}

/// The Homes that someone viewed in the last hour.
#[derive(Default)]
pub struct HomeCache {
    seen: Mutex<Seen>,
    change: Notify,
}

struct Seen {
    homes: AgeingCache<(WorkspaceId, UserId), Screen>,
    changed: HashSet<WorkspaceId>,
}

impl Default for Seen {
    fn default() -> Self {
        let limits = CacheLimits { entries: MAX_CACHED_HOMES, age: HOME_CACHE_TTL };
        Self { homes: AgeingCache::new(limits), changed: HashSet::new() }
    }
}

impl Screen {
    /// Returns the screen with the result of a click.
    pub(super) fn with(self, notice: Message) -> Self {
        Self { notice: Some(notice.text), ..self }
    }
}

impl HomeCache {
    /// Notes a change in a workspace that its Homes show.
    pub fn note_change(&self, workspace: &WorkspaceId) {
        let mut seen = self.seen();
        if seen.homes.keys().any(|(of, _)| of == workspace) {
            seen.changed.insert(workspace.clone());
            self.change.notify_one();
        }
    }

    /// Waits for the next change.
    pub(super) async fn changed(&self) {
        self.change.notified().await;
    }

    /// Notes a change in every workspace.
    pub(super) fn all_changed(&self) {
        let mut seen = self.seen();
        seen.changed = seen.homes.keys().map(|(workspace, _)| workspace.clone()).collect();
    }

    /// Notes that a person views their Home.
    pub(super) fn looked(&self, workspace: &WorkspaceId, user: &UserId, screen: Screen, at: Timestamp) {
        self.seen().homes.insert((workspace.clone(), user.clone()), screen, at);
    }

    /// Returns the Homes to update for the changes since the last call.
    pub(super) fn stale(&self, now: Timestamp) -> Vec<(WorkspaceId, UserId)> {
        let mut seen = self.seen();
        seen.homes.expire(now);
        let changed = std::mem::take(&mut seen.changed);
        let mut stale: Vec<_> =
            seen.homes.keys().filter(|(workspace, _)| changed.contains(workspace)).cloned().collect();
        stale.sort_unstable();
        stale
    }

    /// Returns the screen of a person's Home, if it is kept up to date.
    pub(super) fn screen(&self, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> Option<Screen> {
        self.seen().homes.get(&(workspace.clone(), user.clone()), now).cloned()
    }

    /// Stops updating a Home until it is opened again.
    pub(super) fn forget(&self, workspace: &WorkspaceId, user: &UserId) {
        self.seen().homes.remove(&(workspace.clone(), user.clone()));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn homes_go_stale_once_per_change_and_for_an_hour_at_most() {
        let (one, other) = (WorkspaceId::parse("T1").unwrap(), WorkspaceId::parse("T2").unwrap());
        let user = |name: &str| UserId::parse(name).unwrap();
        let homes = HomeCache::default();
        homes.note_change(&one);
        homes.looked(&one, &user("U1"), Screen::default(), at(0));
        homes.looked(&one, &user("U2"), Screen::default(), at(10));
        homes.looked(&other, &user("U3"), Screen::default(), at(10));
        assert!(homes.stale(at(20)).is_empty());
        homes.note_change(&one);
        assert_eq!(homes.stale(at(20)), [(one.clone(), user("U1")), (one.clone(), user("U2"))]);
        assert!(homes.stale(at(20)).is_empty());
        homes.note_change(&one);
        assert_eq!(homes.stale(at(3_600)), [(one.clone(), user("U2"))]);
        assert_eq!(homes.screen(&one, &user("U1"), at(3_600)), None);
    }

    #[test]
    fn no_more_than_200_are_remembered() {
        let workspace = WorkspaceId::parse("T1").unwrap();
        let homes = HomeCache::default();
        for number in 0..250 {
            homes.looked(&workspace, &UserId::parse(format!("U{number}")).unwrap(), Screen::default(), at(number));
        }
        homes.note_change(&workspace);
        let stale = homes.stale(at(250));
        assert_eq!(stale.len(), MAX_CACHED_HOMES);
        assert!(!stale.contains(&(workspace, UserId::parse("U49").unwrap())));
    }
}
