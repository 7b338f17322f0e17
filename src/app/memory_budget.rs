//! A memory budget for request bodies: a fixed number of bytes at a time, shared by all senders.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that request bodies may occupy at a time. Clones share one budget.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Arc<Semaphore>);

/// The bytes that one body occupies. Dropping it returns them to the budget.
#[derive(Debug)]
pub struct Reservation {
    budget: MemoryBudget,
    taken: Option<OwnedSemaphorePermit>,
}

impl MemoryBudget {
    /// Creates a budget of this many bytes, all of them free.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// Returns the number of free bytes.
    pub fn free(&self) -> usize {
        self.0.available_permits()
    }

    /// Creates an empty reservation.
    pub fn reserve(&self) -> Reservation {
        Reservation { budget: self.clone(), taken: None }
    }
}

impl Reservation {
    /// Reserves more bytes. Returns false, and reserves nothing, if fewer are free.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&self.budget.0).try_acquire_many_owned(bytes) else { return false };
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_dropped_gives_back_all_it_took() {
        let budget = MemoryBudget::new(100);
        let (mut one, mut other) = (budget.reserve(), budget.reserve());
        assert!(one.grow(40) && other.grow(50) && one.grow(10));
        assert!(!other.grow(1) && other.grow(0));
        drop(one);
        assert_eq!(budget.free(), 50);
        assert!(!other.grow(51) && other.grow(50));
        drop(other);
        assert_eq!(budget.free(), 100);
    }
}
