//! A fake of slack.com on the wire: it keeps state, tells the app what people do, and refuses what Slack refuses.
//!
//! Whoever sets a world up with ids that do not fit together (a user of an unknown workspace) has made a mistake of
//! their own, and the emulator panics; what comes in over HTTP never makes it panic.

mod connections;
mod limits;
mod message;
mod world;

mod args;
mod refusal;
mod request;
mod wire;

mod blocks;
mod check;
mod content;
mod elements;

mod chat;
mod conversations;
mod people;
mod views;

mod door;
mod faults;
mod methods;
mod oauth;
mod response_url;

mod clicks;
mod consent;
mod dispatch;
mod events;
mod modals;
mod sharing;
mod socket;
mod state;
mod typing;
mod unfurl;

mod look;
mod setup;

pub use dispatch::{Answer, Mistake};
pub(in crate::sandbox) use door::{Held, closed, written};
pub use faults::Fault;
pub use message::{Author, Shown};
pub use world::{Call, ChannelInfo, ChannelKind, Role, UserInfo, WorkspaceInfo};

use crate::clock::Clock;
use faults::Faults;
use parking_lot::{Mutex, MutexGuard};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::watch;
use world::World;

/// A Slack of one's own. Cheap to clone; clones share one world.
#[derive(Clone)]
pub struct Emulator(Arc<Shared>);

struct Shared {
    clock: Clock,
    client: reqwest::Client,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    changes: watch::Sender<u64>,
    hanging: watch::Sender<usize>,
}

/// The app's address for commands, interactions and events, and the secret that signs them.
#[derive(Clone, Debug)]
pub struct App {
    /// Without a slash at its end; requests go to `/slack/commands`, `/slack/interactions` and `/slack/events` below it.
    pub base_url: String,
    /// The key of the v0 signature.
    pub signing_secret: SecretString,
}

impl Emulator {
    /// An empty Slack that runs on this clock; `seed` decides what [`Emulator::fail_share`] strikes.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without special settings can always be built");
        Self(Arc::new(Shared {
            clock,
            client,
            world: Mutex::default(),
            faults: Mutex::new(Faults::new(seed)),
            changes: watch::Sender::new(0),
            hanging: watch::Sender::new(0),
        }))
    }

    /// Says where [`Emulator::router`] can be reached, without a slash at the end: response URLs start with it.
    pub fn set_base_url(&self, url: &str) {
        url.clone_into(&mut self.world().base_url);
    }

    /// Says where the app is; until then, what people do goes nowhere.
    pub fn set_app(&self, app: App) {
        self.world().app = Some(app);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock()
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock()
    }

    /// Tells everybody who watches that something visible is different.
    fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}
