//! Which Homes were looked at of late, and what they showed; in memory, since after a restart they are shown when opened.

use crate::clock::later;
use crate::model::{UserId, WorkspaceId};
use crate::render::Message;
use crate::slack::interaction::Place;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::Notify;

/// A Home is kept up to date for so long after somebody opened it or clicked in it.
const KEPT_FRESH: Duration = Duration::from_hours(1);
/// No more Homes than these are; the one that was looked at longest ago goes.
const MOST: usize = 200;

/// What a Home shows besides what is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::app) struct Screen {
    /// The page, from 0.
    pub(super) page: usize,
    /// What became of the last click.
    pub(super) notice: Option<String>,
    /// The subscription that is asked about.
    pub(super) asked: Option<Place>,
}

/// The Homes that were looked at of late.
#[derive(Default)]
pub struct Homes {
    seen: Mutex<Seen>,
    change: Notify,
}

#[derive(Default)]
struct Seen {
    homes: HashMap<(WorkspaceId, UserId), Looked>,
    changed: HashSet<WorkspaceId>,
}

struct Looked {
    at: Timestamp,
    screen: Screen,
}

impl Screen {
    /// The same with what became of a click.
    pub(super) fn with(self, notice: Message) -> Self {
        Self { notice: Some(notice.text), ..self }
    }
}

impl Homes {
    /// Notes that something changed in a workspace that its Homes show.
    pub fn note_change(&self, workspace: &WorkspaceId) {
        let mut seen = self.seen();
        if seen.homes.keys().any(|(of, _)| of == workspace) {
            seen.changed.insert(workspace.clone());
            self.change.notify_one();
        }
    }

    /// Waits for a change since the last one that was waited for.
    pub(super) async fn changed(&self) {
        self.change.notified().await;
    }

    /// Notes that something changed, wherever.
    pub(super) fn all_changed(&self) {
        let mut seen = self.seen();
        seen.changed = seen.homes.keys().map(|(workspace, _)| workspace.clone()).collect();
    }

    /// Notes that somebody looks at a Home.
    pub(super) fn looked(&self, workspace: &WorkspaceId, user: &UserId, screen: Screen, at: Timestamp) {
        let homes = &mut self.seen().homes;
        homes.insert((workspace.clone(), user.clone()), Looked { at, screen });
        if homes.len() > MOST
            && let Some(oldest) = homes.iter().min_by_key(|(_, looked)| looked.at).map(|(key, _)| key.clone())
        {
            homes.remove(&oldest);
        }
    }

    /// Those that are to be shown again, for the changes since the last time.
    pub(super) fn stale(&self, now: Timestamp) -> Vec<(WorkspaceId, UserId)> {
        let mut seen = self.seen();
        seen.homes.retain(|_, looked| later(looked.at, KEPT_FRESH) > now);
        let changed = std::mem::take(&mut seen.changed);
        let mut stale: Vec<_> =
            seen.homes.keys().filter(|(workspace, _)| changed.contains(workspace)).cloned().collect();
        stale.sort_unstable();
        stale
    }

    /// What somebody's Home shows, if it is kept up to date.
    pub(super) fn screen(&self, workspace: &WorkspaceId, user: &UserId) -> Option<Screen> {
        Some(self.seen().homes.get(&(workspace.clone(), user.clone()))?.screen.clone())
    }

    /// Leaves a Home alone until it is opened again.
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
        let homes = Homes::default();
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
        assert_eq!(homes.screen(&one, &user("U1")), None);
    }

    #[test]
    fn no_more_than_200_are_remembered() {
        let workspace = WorkspaceId::parse("T1").unwrap();
        let homes = Homes::default();
        for number in 0..250 {
            homes.looked(&workspace, &UserId::parse(format!("U{number}")).unwrap(), Screen::default(), at(number));
        }
        homes.note_change(&workspace);
        let stale = homes.stale(at(250));
        assert_eq!(stale.len(), MOST);
        assert!(!stale.contains(&(workspace, UserId::parse("U49").unwrap())));
    }
}
