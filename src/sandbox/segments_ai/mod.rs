//! A fake of Segments.ai on the wire: it keeps state, refuses what Segments.ai refuses, and tells of every change by the
//! webhook that Segments.ai would send.
//!
//! What is not known of the real one (which statuses a reviewer may set, whether one issue can be read) is decided by
//! the stricter reading, or can be chosen with [`Rules`]. Whoever sets a world up with names that do not fit together has
//! made a mistake of their own, and the emulator panics; what comes in over HTTP never makes it panic.

mod world;

mod changes;
mod faults;
mod look;
mod requests;
mod wire;

mod people;
mod seen;
mod settings;
mod setup;
mod webhooks;

pub use faults::Fault;
pub use look::Touched;
pub use settings::{Rules, Timing};
pub use world::{Call, Role};

use crate::clock::Clock;
use faults::Faults;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use tokio::sync::watch;
use world::World;

/// A Segments.ai of one's own. Cheap to clone; clones share one world.
#[derive(Clone)]
pub struct SegmentsAi(Arc<Shared>);

struct Shared {
    clock: Clock,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    hanging: watch::Sender<usize>,
    /// Grows whenever anything in it changes.
    changes: watch::Sender<u64>,
}

impl SegmentsAi {
    /// An empty Segments.ai that runs on this clock.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared {
            clock,
            world: Mutex::default(),
            faults: Mutex::default(),
            hanging: watch::Sender::new(0),
            changes: watch::Sender::new(0),
        }))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock()
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock()
    }
}
