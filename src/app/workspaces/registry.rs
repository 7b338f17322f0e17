//! The installations in memory, and the state of each with Slack.

use crate::app::App;
use crate::model::WorkspaceId;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore, watch};

/// The number of workspaces that are connected at a time when the server starts.
const AT_A_TIME: usize = 16;

/// The workspaces where the app is installed, in memory. The store holds the truth.
pub struct Installations {
    known: RwLock<HashMap<WorkspaceId, InstallationState>>,
    /// Signals each new workspace.
    arrivals: watch::Sender<()>,
    pub(in crate::app) turns: Semaphore,
}

/// The state of a workspace with Slack.
#[derive(Default)]
struct InstallationState {
    /// Slack's code, if it rejects the token.
    refused: Option<String>,
    /// True once Slack has accepted the token since the start.
    connected: bool,
    /// True if Slack reported an uninstall and has not accepted the token since.
    said_to_be_gone: bool,
    /// Wakes the task of the workspace after the token is replaced or the app removed.
    changed: Arc<Notify>,
}

impl Default for Installations {
    fn default() -> Self {
        Self { known: RwLock::default(), arrivals: watch::Sender::new(()), turns: Semaphore::new(AT_A_TIME) }
    }
}

impl Installations {
    /// Returns true if the app is installed there.
    pub fn contains(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.contains_key(workspace))
    }

    /// Returns every workspace where the app is installed.
    pub fn list(&self) -> Vec<WorkspaceId> {
        self.read(|known| known.keys().cloned().collect())
    }

    /// Returns the number of connected workspaces, and of all.
    pub fn count(&self) -> (usize, usize) {
        self.read(|known| (known.values().filter(|tenant| tenant.connected).count(), known.len()))
    }

    /// Returns true while Slack accepts the token.
    pub fn is_connected(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.get(workspace).is_some_and(|tenant| tenant.connected))
    }

    /// Returns Slack's code, if it rejects the workspace's token.
    pub fn refused(&self, workspace: &WorkspaceId) -> Option<String> {
        self.read(|known| known.get(workspace).and_then(|tenant| tenant.refused.clone()))
    }

    /// Adds a workspace, or tells its task that the token was replaced.
    pub(in crate::app) fn add(&self, workspace: &WorkspaceId) {
        self.write(|known| known.entry(workspace.clone()).or_default().changed.notify_one());
        self.arrivals.send_replace(());
    }

    /// Removes a workspace.
    pub(in crate::app) fn remove(&self, workspace: &WorkspaceId) {
        if let Some(tenant) = self.write(|known| known.remove(workspace)) {
            tenant.changed.notify_one();
        }
    }

    /// Notes Slack's answer about a token. Returns true if it is new.
    pub(in crate::app) fn note(&self, workspace: &WorkspaceId, refused: Option<&str>) -> bool {
        self.write(|known| {
            let Some(tenant) = known.get_mut(workspace) else { return false };
            tenant.connected = refused.is_none();
            tenant.said_to_be_gone &= refused.is_some();
            let before = std::mem::replace(&mut tenant.refused, refused.map(str::to_owned));
            before != tenant.refused
        })
    }

    /// Notes a reported uninstall that Slack has not confirmed yet.
    pub(in crate::app) fn note_said_to_be_gone(&self, workspace: &WorkspaceId) {
        self.write(|known| {
            if let Some(tenant) = known.get_mut(workspace) {
                tenant.said_to_be_gone = true;
            }
        });
    }

    /// Returns true after a reported uninstall, until Slack accepts the token again.
    pub(in crate::app) fn is_said_to_be_gone(&self, workspace: &WorkspaceId) -> bool {
        self.read(|known| known.get(workspace).is_some_and(|tenant| tenant.said_to_be_gone))
    }

    /// Returns the signal for a replaced token or a removed workspace; none if it is removed.
    pub(in crate::app) fn changes(&self, workspace: &WorkspaceId) -> Option<Arc<Notify>> {
        self.read(|known| known.get(workspace).map(|tenant| Arc::clone(&tenant.changed)))
    }

    /// Returns a receiver for workspaces that are added from now on.
    pub(in crate::app) fn arrivals(&self) -> watch::Receiver<()> {
        self.arrivals.subscribe()
    }

    fn read<T>(&self, look: impl FnOnce(&HashMap<WorkspaceId, InstallationState>) -> T) -> T {
        look(&self.known.read())
    }

    fn write<T>(&self, change: impl FnOnce(&mut HashMap<WorkspaceId, InstallationState>) -> T) -> T {
        change(&mut self.known.write())
    }
}

impl App {
    /// Returns Slack's code, if it rejects the token of a workspace.
    pub fn refused(&self, workspace: &WorkspaceId) -> Option<String> {
        if self.installations.known.is_connected(workspace) {
            return None;
        }
        let home = self.environment_workspace();
        let at_home = home.refused.filter(|_| home.workspace.as_ref() == Some(workspace));
        at_home.or_else(|| self.installations.known.refused(workspace))
    }
}
