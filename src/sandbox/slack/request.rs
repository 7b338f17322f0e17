//! A call that was let in, and what it may see.

use super::args::Args;
use super::refusal::Refusal;
use super::world::{Channel, ChannelKind, World};
use crate::model::{ChannelId, WorkspaceId};
use jiff::Timestamp;
use serde_json::Value;

/// A call that was let in.
pub(super) struct Request<'a> {
    pub(super) world: &'a mut World,
    pub(super) workspace: &'a WorkspaceId,
    pub(super) args: &'a Args,
    pub(super) now: Timestamp,
}

pub(super) type Outcome = Result<Value, Refusal>;

impl Request<'_> {
    /// An argument that has to be there.
    pub(super) fn needed(&self, name: &str) -> Result<String, Refusal> {
        self.args.word(name).filter(|word| !word.is_empty()).ok_or_else(|| Refusal::missing(name))
    }

    /// The channel that was named, if the bot can see it: any public one, and those that it is in.
    pub(super) fn channel(&mut self) -> Result<&mut Channel, Refusal> {
        let name = self.needed("channel")?;
        let workspace = self.world.workspace(self.workspace);
        let bot = workspace.info.bot_user.clone();
        let id = ChannelId::parse(name).map_err(|_| "channel_not_found")?;
        let channel = workspace.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.info.kind == ChannelKind::Public || channel.has(&bot) {
            Ok(channel)
        } else {
            Err("channel_not_found".into())
        }
    }

    /// The channel that was named, if the bot is in it.
    pub(super) fn channel_of_mine(&mut self) -> Result<&mut Channel, Refusal> {
        let bot = self.world.workspace(self.workspace).info.bot_user.clone();
        let channel = self.channel()?;
        if channel.has(&bot) { Ok(channel) } else { Err("not_in_channel".into()) }
    }
}
