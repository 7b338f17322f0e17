//! Room for the bodies of requests: so many bytes at once, whoever sends them.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that bodies may take up at once. Clones share them.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

/// What one body takes up of it; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    room: Room,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// So many bytes, all of them free.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// How many bytes are free.
    pub fn free(&self) -> usize {
        self.0.available_permits()
    }

    /// A share that takes up nothing yet.
    pub fn share(&self) -> Share {
        Share { room: self.clone(), taken: None }
    }
}

impl Share {
    /// Takes up so many bytes more; false if there are not so many left.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&self.room.0).try_acquire_many_owned(bytes) else { return false };
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
        let room = Room::new(100);
        let (mut one, mut other) = (room.share(), room.share());
        assert!(one.grow(40) && other.grow(50) && one.grow(10));
        assert!(!other.grow(1) && other.grow(0));
        drop(one);
        assert_eq!(room.free(), 50);
        assert!(!other.grow(51) && other.grow(50));
        drop(other);
        assert_eq!(room.free(), 100);
    }
}
