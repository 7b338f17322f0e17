//! Looking at a Slack without changing it: what is shown to whom, what was called, what nobody looked at yet.

use super::Emulator;
use super::message::{Message, Shown};
use super::world::{Call, ChannelInfo, UserInfo, WorkspaceInfo};
use crate::model::{ChannelId, UserId, WorkspaceId};
use serde_json::Value;
use tokio::sync::watch;

impl Emulator {
    /// The messages of a channel in order, ephemeral ones only for their viewer. Deleted ones are left out.
    pub fn messages(&self, workspace: &WorkspaceId, channel: &ChannelId, viewer: Option<&UserId>) -> Vec<Shown> {
        self.look(workspace, channel, |message| message.is_seen_by(viewer).then(|| message.shown.clone()))
    }

    /// The last so many of [`Emulator::messages`], in order.
    pub fn last_messages(
        &self,
        workspace: &WorkspaceId,
        channel: &ChannelId,
        viewer: Option<&UserId>,
        most: usize,
    ) -> Vec<Shown> {
        let mut world = self.world();
        let messages = world.workspace(workspace).channel(channel).messages.values().rev();
        let seen = messages.filter(|message| message.is_seen_by(viewer)).take(most);
        let mut last: Vec<Shown> = seen.map(|message| message.shown.clone()).collect();
        last.reverse();
        last
    }

    /// What the app wrote or changed (also by deleting) in a channel, and Slack's own notices, since they were last
    /// taken from here; ephemeral ones too. Each is then read.
    pub fn take_unread(&self, workspace: &WorkspaceId, channel: &ChannelId) -> Vec<Shown> {
        self.look(workspace, channel, |message| std::mem::take(&mut message.unread).then(|| message.shown.clone()))
    }

    /// Everything that [`Emulator::take_unread`] would still give.
    pub fn unread(&self) -> Vec<(WorkspaceId, ChannelId, Shown)> {
        let world = self.world();
        let channels = world
            .workspaces
            .iter()
            .flat_map(|(id, workspace)| workspace.channels.iter().map(move |(channel, state)| (id, channel, state)));
        channels
            .flat_map(|(workspace, channel, state)| {
                let unread = state.messages.values().filter(|message| message.unread);
                unread.map(move |message| (workspace.clone(), channel.clone(), message.shown.clone()))
            })
            .collect()
    }

    /// Every workspace.
    pub fn workspaces(&self) -> Vec<WorkspaceInfo> {
        self.world().workspaces.values().map(|workspace| workspace.info.clone()).collect()
    }

    /// The channels of a workspace.
    pub fn channels(&self, workspace: &WorkspaceId) -> Vec<ChannelInfo> {
        self.world().workspace(workspace).channels.values().map(|channel| channel.info.clone()).collect()
    }

    /// The people of a workspace, and its bot.
    pub fn users(&self, workspace: &WorkspaceId) -> Vec<UserInfo> {
        self.world().workspace(workspace).users.values().cloned().collect()
    }

    /// The App Home that was published to a person: its view.
    pub fn home(&self, workspace: &WorkspaceId, user: &UserId) -> Option<Value> {
        self.world().workspace(workspace).homes.get(user).cloned()
    }

    /// The modal that is open before a person: its view, with its `id`.
    pub fn modal(&self, workspace: &WorkspaceId, user: &UserId) -> Option<Value> {
        let mut view = self.world().workspace(workspace).modals.get(user)?.last()?.clone();
        view.as_object_mut()?.remove("errors");
        Some(view)
    }

    /// A number that grows whenever anything visible changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Returns the number of calls that a fault holds open.
    pub fn hanging(&self) -> watch::Receiver<usize> {
        self.0.hanging.subscribe()
    }

    /// The last 10,000 calls in order.
    pub fn calls(&self) -> Vec<Call> {
        self.world().calls.iter().cloned().collect()
    }

    fn look(
        &self,
        workspace: &WorkspaceId,
        channel: &ChannelId,
        keep: impl FnMut(&mut Message) -> Option<Shown>,
    ) -> Vec<Shown> {
        let mut world = self.world();
        world.workspace(workspace).channel(channel).messages.values_mut().filter_map(keep).collect()
    }
}
