//! The latest events of each workspace, matched or not, in memory, for `/segments why`.

use crate::model::{AccountId, ChannelId, EventId, MessageId, News, WorkspaceId};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The number of events to remember per workspace.
const MAX_RECENT_EVENTS: usize = 500;
/// The number of bytes to remember per workspace, counted as JSON.
const MAX_RECENT_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// The latest events of every workspace since the start.
pub struct RecentEvents {
    start: Timestamp,
    rings: Mutex<HashMap<WorkspaceId, Ring>>,
}

/// An event that arrived.
#[derive(Debug, Clone)]
pub struct RecentEvent {
    /// The account that received it.
    pub account: AccountId,
    /// The sender's message id.
    pub message: MessageId,
    /// The event.
    pub news: Arc<News>,
    /// The time of arrival.
    pub at: Timestamp,
    /// The result of routing it.
    pub mark: RecentOutcome,
    /// The number of repeated deliveries by the sender that were noticed.
    pub repeats: u32,
}

/// The result of routing an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecentOutcome {
    /// It was new, and went to these channels.
    News {
        /// The event's id.
        event: EventId,
        /// The channels that matched it.
        channels: Vec<ChannelId>,
    },
    /// A newer state of its object had already arrived.
    Stale,
    /// It was accepted before, at a time that is no longer remembered.
    Repeated,
}

#[derive(Default)]
struct Ring {
    /// The events, oldest first, each with its size in bytes.
    seen: VecDeque<(RecentEvent, usize)>,
    bytes: usize,
    /// The time up to which events were dropped.
    forgotten: Option<Timestamp>,
}

impl RecentEvents {
    /// Creates an empty memory that starts now.
    pub fn new(now: Timestamp) -> Self {
        Self { start: now, rings: Mutex::default() }
    }

    /// Remembers an event. An unmatched event that is repeated replaces its earlier entry.
    pub fn note(&self, workspace: &WorkspaceId, seen: RecentEvent) {
        let size = size(&seen.news);
        let mut rings = self.rings();
        let ring = rings.entry(workspace.clone()).or_default();
        if let Some(place) = ring.place(&seen.account, &seen.message) {
            ring.bytes -= ring.seen.remove(place).map_or(0, |(_, size)| size);
        }
        ring.bytes += size;
        ring.seen.push_back((seen, size));
        while ring.seen.len() > MAX_RECENT_EVENTS || ring.bytes > MAX_RECENT_EVENT_BYTES {
            let Some((oldest, size)) = ring.seen.pop_front() else { break };
            ring.bytes -= size;
            ring.forgotten = Some(oldest.at);
        }
    }

    /// Counts a repeated message. Returns false if its first delivery is not remembered.
    pub fn note_repeat(&self, workspace: &WorkspaceId, account: &AccountId, message: &MessageId) -> bool {
        let mut rings = self.rings();
        let Some(ring) = rings.get_mut(workspace) else { return false };
        let Some(place) = ring.place(account, message) else { return false };
        ring.seen[place].0.repeats += 1;
        true
    }

    /// Returns the remembered events of a workspace, newest first, and the time since when they are complete.
    pub fn of(&self, workspace: &WorkspaceId) -> (Vec<RecentEvent>, Timestamp) {
        let rings = self.rings();
        let Some(ring) = rings.get(workspace) else { return (Vec::new(), self.start) };
        let seen = ring.seen.iter().rev().map(|(seen, _)| seen.clone()).collect();
        (seen, ring.forgotten.unwrap_or(self.start))
    }

    fn rings(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Ring>> {
        self.rings.lock()
    }
}

impl Ring {
    fn place(&self, account: &AccountId, message: &MessageId) -> Option<usize> {
        self.seen.iter().rposition(|(seen, _)| seen.message == *message && seen.account == *account)
    }
}

/// Returns the length of an event's JSON in bytes.
fn size(news: &News) -> usize {
    struct Count(usize);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // An event that cannot be serialized counts as the whole limit.
    serde_json::to_writer(&mut count, news).map_or(MAX_RECENT_EVENT_BYTES, |()| count.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, EventType, Object};

    fn workspace() -> WorkspaceId {
        WorkspaceId::parse("T1").unwrap()
    }

    fn account() -> AccountId {
        AccountId::parse("a").unwrap()
    }

    fn message(number: usize) -> MessageId {
        MessageId::parse(format!("m{number}")).unwrap()
    }

    fn at(number: usize) -> Timestamp {
        Timestamp::from_second(i64::try_from(number).unwrap()).unwrap()
    }

    fn seen(number: usize, text: &str) -> RecentEvent {
        let event = Event {
            event_type: EventType::parse("a.b"),
            created_at: at(number),
            dataset: None,
            object: Object::Unknown,
            text: Some(text.to_owned()),
        };
        let news =
            News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None };
        let (account, message) = (account(), message(number));
        RecentEvent { account, message, news: Arc::new(news), at: at(number), mark: RecentOutcome::Stale, repeats: 0 }
    }

    #[test]
    fn the_last_500_are_remembered_and_since_when_they_are_all() {
        let recent = RecentEvents::new(at(0));
        assert_eq!(recent.of(&workspace()).1, at(0));
        for number in 1..=600 {
            recent.note(&workspace(), seen(number, "x"));
        }
        let (all, since) = recent.of(&workspace());
        assert_eq!((all.len(), all[0].at, all[499].at, since), (500, at(600), at(101), at(100)));
        let other = WorkspaceId::parse("T2").unwrap();
        assert!(recent.of(&other).0.is_empty());
    }

    #[test]
    fn long_events_leave_room_for_fewer() {
        let recent = RecentEvents::new(at(0));
        for number in 1..=20 {
            recent.note(&workspace(), seen(number, &"x".repeat(MAX_RECENT_EVENT_BYTES / 10)));
        }
        assert_eq!(recent.of(&workspace()).0.len(), 9);
        recent.note(&workspace(), seen(21, &"x".repeat(MAX_RECENT_EVENT_BYTES)));
        assert!(recent.of(&workspace()).0.is_empty());
        recent.note(&workspace(), seen(22, "x"));
        let rings = recent.rings();
        let ring = &rings[&workspace()];
        assert_eq!(ring.bytes, ring.seen.iter().map(|(_, size)| size).sum::<usize>());
    }

    #[test]
    fn a_repeat_is_counted_where_its_first_coming_is_remembered() {
        let recent = RecentEvents::new(at(0));
        assert!(!recent.note_repeat(&workspace(), &account(), &message(1)));
        recent.note(&workspace(), seen(1, "x"));
        assert!(recent.note_repeat(&workspace(), &account(), &message(1)));
        assert!(!recent.note_repeat(&workspace(), &AccountId::parse("b").unwrap(), &message(1)));
        assert_eq!(recent.of(&workspace()).0[0].repeats, 1);
        recent.note(&workspace(), seen(1, "x"));
        assert_eq!(recent.of(&workspace()).0.len(), 1);
    }
}
