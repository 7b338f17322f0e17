//! Channels that are shared with another workspace, in which the app is not installed, and its people in them.
//! <https://docs.slack.dev/apis/slack-connect>

use super::Emulator;
use super::world::{Role, UserInfo, Workspace};
use crate::model::{ChannelId, UserId, WorkspaceId};
use serde_json::Value;

impl Emulator {
    /// Shares a channel with another workspace.
    pub fn share(&self, workspace: &WorkspaceId, channel: &ChannelId, with: &WorkspaceId) {
        self.world().workspace(workspace).channel(channel).info.shared_with = Some(with.clone());
        self.changed();
    }

    /// Lets a person of the workspace that a channel is shared with into that channel. They see and click what is there;
    /// commands and shortcuts are for those who have the app.
    ///
    /// # Panics
    /// If the channel is not shared.
    pub fn add_stranger(&self, workspace: &WorkspaceId, channel: &ChannelId, user: &UserId, name: &str) {
        let mut world = self.world();
        let workspace = world.workspace(workspace);
        let channel = &mut workspace.channel(channel).info;
        let home = channel.shared_with.clone().unwrap_or_else(|| panic!("channel `{}` is not shared", channel.id));
        channel.members.insert(user.clone());
        let info = UserInfo {
            id: user.clone(),
            name: name.to_owned(),
            role: Role::Member,
            time_zone: "Etc/UTC".to_owned(),
            is_bot: false,
            deleted: false,
            home: Some(home),
        };
        workspace.users.insert(user.clone(), info);
        drop(world);
        self.changed();
    }
}

impl Workspace {
    /// The workspace that a person belongs to.
    pub(super) fn home_of(&self, user: &UserId) -> WorkspaceId {
        let home = self.users.get(user).and_then(|user| user.home.clone());
        home.unwrap_or_else(|| self.info.id.clone())
    }

    /// Returns true if a person belongs to another workspace.
    pub(super) fn is_stranger(&self, user: &UserId) -> bool {
        self.home_of(user) != self.info.id
    }

    /// Returns true if an event is about a shared channel.
    pub(super) fn is_in_shared_channel(&self, event: &Value) -> bool {
        let id = event["channel"].as_str().or(event["channel"]["id"].as_str());
        let channel = id.and_then(|id| ChannelId::parse(id).ok()).and_then(|id| self.channels.get(&id));
        channel.is_some_and(|channel| channel.info.shared_with.is_some())
    }
}
