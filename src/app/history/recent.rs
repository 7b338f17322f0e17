//! The last events that came in, wanted or not, in memory: what `why` knows beyond the deliveries that are kept.

use crate::model::{AccountId, ChannelId, EventId, MessageId, News, WorkspaceId};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// So many events of a workspace are remembered …
const MOST: usize = 500;
/// … that take so much room together, in bytes as they would be written.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The last events of every workspace since the start.
pub struct Recent {
    start: Timestamp,
    rings: Mutex<HashMap<WorkspaceId, Ring>>,
}

/// An event that came in.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The endpoint it came to.
    pub account: AccountId,
    /// The sender's id of it.
    pub message: MessageId,
    /// The event.
    pub news: Arc<News>,
    /// When it came.
    pub at: Timestamp,
    /// What was made of it.
    pub mark: Mark,
    /// How often the sender sent it again, that was noticed.
    pub repeats: u32,
}

/// What was made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// It was news, for these channels.
    News {
        /// Its id.
        event: EventId,
        /// Who wanted it.
        channels: Vec<ChannelId>,
    },
    /// A later state of its object had come before.
    Stale,
    /// It was accepted before; when, is not remembered.
    Repeated,
}

#[derive(Default)]
struct Ring {
    /// Oldest first, each with its size.
    seen: VecDeque<(Seen, usize)>,
    bytes: usize,
    /// Up to here all is forgotten.
    forgotten: Option<Timestamp>,
}

impl Recent {
    /// A memory that begins now.
    pub fn new(now: Timestamp) -> Self {
        Self { start: now, rings: Mutex::default() }
    }

    /// Remembers an event. One that nobody wanted and that the sender sends again is remembered as it came last.
    pub fn note(&self, workspace: &WorkspaceId, seen: Seen) {
        let size = size(&seen.news);
        let mut rings = self.rings();
        let ring = rings.entry(workspace.clone()).or_default();
        if let Some(place) = ring.place(&seen.account, &seen.message) {
            ring.bytes -= ring.seen.remove(place).map_or(0, |(_, size)| size);
        }
        ring.bytes += size;
        ring.seen.push_back((seen, size));
        while ring.seen.len() > MOST || ring.bytes > MOST_BYTES {
            let Some((oldest, size)) = ring.seen.pop_front() else { break };
            ring.bytes -= size;
            ring.forgotten = Some(oldest.at);
        }
    }

    /// Notes that a message was repeated, and says whether its first coming is remembered.
    pub fn note_repeat(&self, workspace: &WorkspaceId, account: &AccountId, message: &MessageId) -> bool {
        let mut rings = self.rings();
        let Some(ring) = rings.get_mut(workspace) else { return false };
        let Some(place) = ring.place(account, message) else { return false };
        ring.seen[place].0.repeats += 1;
        true
    }

    /// What is remembered of a workspace, the last first, and since when that is all that came.
    pub fn of(&self, workspace: &WorkspaceId) -> (Vec<Seen>, Timestamp) {
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

/// How much room an event takes: the length of its JSON.
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
    // What cannot be written takes no more room than the whole.
    serde_json::to_writer(&mut count, news).map_or(MOST_BYTES, |()| count.0)
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

    fn seen(number: usize, text: &str) -> Seen {
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
        Seen { account, message, news: Arc::new(news), at: at(number), mark: Mark::Stale, repeats: 0 }
    }

    #[test]
    fn the_last_500_are_remembered_and_since_when_they_are_all() {
        let recent = Recent::new(at(0));
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
        let recent = Recent::new(at(0));
        for number in 1..=20 {
            recent.note(&workspace(), seen(number, &"x".repeat(MOST_BYTES / 10)));
        }
        assert_eq!(recent.of(&workspace()).0.len(), 9);
        recent.note(&workspace(), seen(21, &"x".repeat(MOST_BYTES)));
        assert!(recent.of(&workspace()).0.is_empty());
        recent.note(&workspace(), seen(22, "x"));
        let rings = recent.rings();
        let ring = &rings[&workspace()];
        assert_eq!(ring.bytes, ring.seen.iter().map(|(_, size)| size).sum::<usize>());
    }

    #[test]
    fn a_repeat_is_counted_where_its_first_coming_is_remembered() {
        let recent = Recent::new(at(0));
        assert!(!recent.note_repeat(&workspace(), &account(), &message(1)));
        recent.note(&workspace(), seen(1, "x"));
        assert!(recent.note_repeat(&workspace(), &account(), &message(1)));
        assert!(!recent.note_repeat(&workspace(), &AccountId::parse("b").unwrap(), &message(1)));
        assert_eq!(recent.of(&workspace()).0[0].repeats, 1);
        recent.note(&workspace(), seen(1, "x"));
        assert_eq!(recent.of(&workspace()).0.len(), 1);
    }
}
