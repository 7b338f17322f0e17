//! Setting a world up, and changing it behind the app's back.

use super::Emulator;
use super::message::{Author, Shown};
use super::world::{Channel, ChannelInfo, ChannelKind, Role, UserInfo, Workspace};
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

impl Emulator {
    /// Adds a workspace in which the app is installed, with its bot.
    pub fn add_workspace(&self, workspace: &WorkspaceId, name: &str, bot_token: &str) {
        let new = Workspace::new(workspace, name, bot_token);
        let before = self.world().workspaces.insert(workspace.clone(), new);
        assert!(before.is_none(), "workspace `{workspace}` was added already");
        self.changed();
    }

    /// Adds a person to a workspace.
    pub fn add_user(&self, workspace: &WorkspaceId, user: &UserId, name: &str, role: Role, time_zone: &str) {
        let info = UserInfo {
            id: user.clone(),
            name: name.to_owned(),
            role,
            time_zone: time_zone.to_owned(),
            is_bot: false,
            deleted: false,
            home: None,
        };
        self.world().workspace(workspace).users.insert(user.clone(), info);
        self.changed();
    }

    /// Deactivates somebody's account, or lets them in again.
    pub fn set_deactivated(&self, workspace: &WorkspaceId, user: &UserId, deactivated: bool) {
        if let Some(info) = self.world().workspace(workspace).users.get_mut(user) {
            info.deleted = deactivated;
        }
        self.changed();
    }

    /// Makes somebody a guest.
    pub fn make_guest(&self, workspace: &WorkspaceId, user: &UserId) {
        self.world().workspace(workspace).guests.insert(user.clone());
        self.changed();
    }

    /// Adds a channel. The bot is in a direct one, and in another if [`Emulator::bot_user`] is among the members.
    pub fn add_channel(
        &self,
        workspace: &WorkspaceId,
        channel: &ChannelId,
        name: &str,
        kind: ChannelKind,
        members: &[UserId],
    ) {
        let mut world = self.world();
        let workspace = world.workspace(workspace);
        let mut members: BTreeSet<UserId> = members.iter().cloned().collect();
        if kind == ChannelKind::Direct {
            members.insert(workspace.info.bot_user.clone());
        }
        let (id, name) = (channel.clone(), name.to_owned());
        let info = ChannelInfo { id, name, kind, archived: false, members, shared_with: None };
        workspace.channels.insert(channel.clone(), Channel { info, messages: BTreeMap::new() });
        drop(world);
        self.changed();
    }

    /// The app's bot in a workspace.
    pub fn bot_user(&self, workspace: &WorkspaceId) -> UserId {
        self.world().workspace(workspace).info.bot_user.clone()
    }

    /// Makes a workspace's token worthless: calls with it are refused with `token_revoked`.
    pub fn revoke_token(&self, workspace: &WorkspaceId) {
        let mut world = self.world();
        let workspace = world.workspace(workspace);
        workspace.revoked_tokens.insert(workspace.token.clone());
    }

    /// Makes a workspace's token good again, as an administrator does who lets the app in again.
    pub fn restore_token(&self, workspace: &WorkspaceId) {
        let mut world = self.world();
        let workspace = world.workspace(workspace);
        workspace.revoked_tokens.remove(&workspace.token);
    }

    /// Takes a scope from the app in a workspace: methods that need it are refused with `missing_scope`.
    pub fn withhold_scope(&self, workspace: &WorkspaceId, scope: &str) {
        self.world().workspace(workspace).withheld_scopes.insert(scope.to_owned());
    }

    /// Gives the app a scope in a workspace that its manifest does not ask for.
    pub fn grant_scope(&self, workspace: &WorkspaceId, scope: &str) {
        self.world().workspace(workspace).extra_scopes.insert(scope.to_owned());
    }

    /// Sets Slack's clock, which its answers tell, so far ahead of this one.
    pub fn set_clock_ahead(&self, ahead: SignedDuration) {
        self.world().skew = ahead;
    }

    /// Deletes a message, as an admin can, without telling the app; one that is not there stays so.
    pub fn deletes(&self, workspace: &WorkspaceId, channel: &ChannelId, ts: &MessageTs) {
        if let Some(message) = self.world().workspace(workspace).channel(channel).message(ts.as_str()) {
            message.delete();
        }
        self.changed();
    }

    /// Lets a person say something in a channel, without telling the app.
    pub fn says(&self, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId, text: &str) -> MessageTs {
        let now = self.0.clock.now();
        let mut world = self.world();
        let ts = world.workspace(workspace).write(channel, now, false, Shown::plain(Author::User(user.clone()), text));
        drop(world);
        self.changed();
        ts
    }
}
