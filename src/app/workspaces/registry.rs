//! The workspaces that installed the app themselves, and how each stands with Slack.

use crate::app::App;
use crate::model::WorkspaceId;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore, watch};

/// So many workspaces are asked for at a time when a server starts.
const AT_A_TIME: usize = 16;

/// The workspaces that the app is installed in, in memory; the store's records are the truth.
pub struct Installed {
    known: RwLock<HashMap<WorkspaceId, Tenant>>,
    /// Told of every workspace that comes.
    arrivals: watch::Sender<()>,
    pub(in crate::app) turns: Semaphore,
}

/// How a workspace stands with Slack.
#[derive(Default)]
struct Tenant {
    /// Slack's code, if it refuses the token.
    refused: Option<String>,
    /// Whether Slack has accepted the token since the start.
    connected: bool,
    /// Whether Slack reported that the app left, and has not accepted the token since.
    said_to_be_gone: bool,
    /// Wakes whoever looks after it: its token is another now, or it is gone.
    changed: Arc<Notify>,
}

impl Default for Installed {
    fn default() -> Self {
        Self { known: RwLock::default(), arrivals: watch::Sender::new(()), turns: Semaphore::new(AT_A_TIME) }
    }
}

impl Installed {
    /// Whether the app is installed there.
    pub fn contains(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.contains_key(workspace))
    }

    /// Every workspace that the app is installed in.
    pub fn list(&self) -> Vec<WorkspaceId> {
        self.read(|known| known.keys().cloned().collect())
    }

    /// How many Slack lets us into, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        self.read(|known| (known.values().filter(|tenant| tenant.connected).count(), known.len()))
    }

    /// Whether Slack has accepted the token since the start, and accepts it still.
    pub fn is_connected(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.get(workspace).is_some_and(|tenant| tenant.connected))
    }

    /// Slack's code, if it refuses the workspace's token.
    pub fn refused(&self, workspace: &WorkspaceId) -> Option<String> {
        self.read(|known| known.get(workspace).and_then(|tenant| tenant.refused.clone()))
    }

    /// Takes a workspace in, or tells whoever looks after it that its token is another now.
    pub(in crate::app) fn add(&self, workspace: &WorkspaceId) {
        self.write(|known| known.entry(workspace.clone()).or_default().changed.notify_one());
        self.arrivals.send_replace(());
    }

    /// Lets a workspace go.
    pub(in crate::app) fn remove(&self, workspace: &WorkspaceId) {
        if let Some(tenant) = self.write(|known| known.remove(workspace)) {
            tenant.changed.notify_one();
        }
    }

    /// Notes what Slack said of a workspace's token; whether that is new.
    pub(in crate::app) fn note(&self, workspace: &WorkspaceId, refused: Option<&str>) -> bool {
        self.write(|known| {
            let Some(tenant) = known.get_mut(workspace) else { return false };
            tenant.connected = refused.is_none();
            tenant.said_to_be_gone &= refused.is_some();
            let before = std::mem::replace(&mut tenant.refused, refused.map(str::to_owned));
            before != tenant.refused
        })
    }

    /// Notes that Slack reported that the app left a workspace, where it does not say yet whether its token holds.
    pub(in crate::app) fn note_said_to_be_gone(&self, workspace: &WorkspaceId) {
        self.write(|known| {
            if let Some(tenant) = known.get_mut(workspace) {
                tenant.said_to_be_gone = true;
            }
        });
    }

    /// Whether Slack reported that the app left a workspace, and has not accepted its token since.
    pub(in crate::app) fn is_said_to_be_gone(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.get(workspace).is_some_and(|tenant| tenant.said_to_be_gone))
    }

    /// What wakes when a workspace's token is another, or the workspace is gone; none if it is gone.
    pub(in crate::app) fn changes(&self, workspace: &WorkspaceId) -> Option<Arc<Notify>> {
        self.read(|known| known.get(workspace).map(|tenant| Arc::clone(&tenant.changed)))
    }

    /// Tells of every workspace that comes from now on.
    pub(in crate::app) fn arrivals(&self) -> watch::Receiver<()> {
        self.arrivals.subscribe()
    }

    fn read<T>(&self, look: impl FnOnce(&HashMap<WorkspaceId, Tenant>) -> T) -> T {
        look(&self.known.read())
    }

    fn write<T>(&self, change: impl FnOnce(&mut HashMap<WorkspaceId, Tenant>) -> T) -> T {
        change(&mut self.known.write())
    }
}

impl App {
    /// Slack's code, if it refuses the token that this server has for a workspace.
    pub fn refused(&self, workspace: &WorkspaceId) -> Option<String> {
        if self.installed.is_connected(workspace) {
            return None;
        }
        let home = self.home();
        let at_home = home.refused.filter(|_| home.workspace.as_ref() == Some(workspace));
        at_home.or_else(|| self.installed.refused(workspace))
    }
}
