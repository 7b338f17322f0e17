//! The clock: the only code that reads the system time, and a manual clock for tests.

pub mod ageing;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// A source of time. Cheap to clone; clones share one time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    now: watch::Sender<Timestamp>,
    /// Deadlines of all waiters, with one entry for each waiter.
    deadlines: Mutex<Vec<Timestamp>>,
    /// Calls to other services that were sent and not answered yet.
    unanswered: AtomicUsize,
}

impl Clock {
    /// Returns a clock with the system time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a clock that only [`Clock::set`] moves.
    pub fn manual(start: Timestamp) -> Self {
        let manual =
            Manual { now: watch::Sender::new(start), deadlines: Mutex::default(), unanswered: AtomicUsize::new(0) };
        Self(Source::Manual(Arc::new(manual)))
    }

    /// Returns the current time.
    #[expect(clippy::disallowed_methods, reason = "the only code that reads the system time")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(manual) => *manual.now.borrow(),
        }
    }

    /// Waits until the clock shows `deadline` or later.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        match &self.0 {
            Source::System => {
                let left = Duration::try_from(deadline.duration_since(self.now())).unwrap_or_default();
                tokio::time::sleep(left).await;
            }
            Source::Manual(manual) => {
                let _waiting = Waiting::register(manual, deadline);
                let mut now = manual.now.subscribe();
                // The sender lives in `manual`, which is borrowed here.
                now.wait_for(|now| *now >= deadline).await.expect("the clock outlives its waiters");
            }
        }
    }

    /// Waits for a duration.
    pub async fn sleep(&self, length: Duration) {
        self.sleep_until(later(self.now(), length)).await;
    }

    /// Runs a future for at most `limit`; drops it and returns `None` if it takes longer.
    pub async fn timeout<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(limit) => None,
        }
    }

    /// Runs a call to another service for at most `limit`; `None` if there was no answer by then (the call is dropped).
    /// A manual clock counts it in [`Clock::unanswered`] until then.
    pub async fn answer_within<T>(&self, limit: Duration, call: impl Future<Output = T>) -> Option<T> {
        let _unanswered = match &self.0 {
            Source::System => None,
            Source::Manual(manual) => Some(Unanswered::count(manual)),
        };
        self.timeout(limit, call).await
    }

    /// The number of calls to other services that a manual clock bounds right now; 0 for the machine's clock.
    pub fn unanswered(&self) -> usize {
        match &self.0 {
            Source::System => 0,
            Source::Manual(manual) => manual.unanswered.load(Ordering::Relaxed),
        }
    }

    /// Moves a manual clock forward; does nothing for the system clock or an earlier time.
    pub fn set(&self, now: Timestamp) {
        if let Source::Manual(manual) = &self.0 {
            manual.now.send_if_modified(|time| {
                let forward = now > *time;
                *time = now.max(*time);
                forward
            });
        }
    }

    /// Returns the earliest deadline of all waiters on a manual clock.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match &self.0 {
            Source::System => None,
            Source::Manual(manual) => manual.deadlines.lock().iter().min().copied(),
        }
    }
}

/// Adds a duration to a time, up to the largest timestamp.
pub fn later(from: Timestamp, length: Duration) -> Timestamp {
    SignedDuration::try_from(length).ok().and_then(|length| from.checked_add(length).ok()).unwrap_or(Timestamp::MAX)
}

/// Creates a UUID version 7, which sorts by time, for a given time.
pub fn id_at(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
}

/// An entry in the list of deadlines, removed on drop.
struct Waiting<'a> {
    manual: &'a Manual,
    deadline: Timestamp,
}

impl<'a> Waiting<'a> {
    fn register(manual: &'a Manual, deadline: Timestamp) -> Self {
        manual.deadlines.lock().push(deadline);
        Self { manual, deadline }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut deadlines = self.manual.deadlines.lock();
        if let Some(place) = deadlines.iter().position(|deadline| *deadline == self.deadline) {
            deadlines.swap_remove(place);
        }
    }
}

/// One call in the count of unanswered ones, until this is dropped.
struct Unanswered<'a>(&'a Manual);

impl<'a> Unanswered<'a> {
    fn count(manual: &'a Manual) -> Self {
        manual.unanswered.fetch_add(1, Ordering::Relaxed);
        Self(manual)
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_waiters_at_their_deadline() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.timeout(Duration::from_secs(10), std::future::pending::<()>()).await }
        });
        while clock.next_deadline().is_none() {
            tokio::task::yield_now().await;
        }
        clock.set(later(start, Duration::from_secs(9)));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.set(later(start, Duration::from_secs(10)));
        assert_eq!(sleeper.await.unwrap(), None);
        assert_eq!(clock.next_deadline(), None);
    }

    #[tokio::test]
    async fn a_manual_clock_counts_calls_until_they_end() {
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let call = clock.answer_within(Duration::from_secs(10), async { clock.unanswered() });
        assert_eq!((call.await, clock.unanswered()), (Some(1), 0));
        let mut hangs = Box::pin(clock.answer_within(Duration::from_secs(10), std::future::pending::<()>()));
        tokio::select! {
            biased;
            _ = &mut hangs => unreachable!("it never ends"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(clock.unanswered(), 1);
        drop(hangs);
        assert_eq!(clock.unanswered(), 0);
    }
}
