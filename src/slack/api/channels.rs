//! Calls about a channel: what the bot sees of it, and joining it.

use super::{Nothing, READ_LIMIT, SlackApi};
use crate::model::ChannelRef;
use crate::slack::error::SlackError;
use serde::{Deserialize, Serialize};

/// A channel as the bot sees it.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Slack's own flags, read as they come")]
pub struct ChannelInfo {
    /// Archived channels take no messages.
    #[serde(default)]
    pub is_archived: bool,
    /// Whether the bot is in it.
    #[serde(default)]
    pub is_member: bool,
    /// Whether joining needs an invitation.
    #[serde(default)]
    pub is_private: bool,
    /// A conversation of two.
    #[serde(default)]
    pub is_im: bool,
    /// A conversation of a few.
    #[serde(default)]
    pub is_mpim: bool,
    /// Whether people of a workspace outside the organisation are in it.
    #[serde(default)]
    pub is_ext_shared: bool,
}

#[derive(Deserialize)]
struct Channel {
    channel: ChannelInfo,
}

#[derive(Serialize)]
struct Join<'a> {
    channel: &'a str,
}

impl SlackApi {
    /// A channel as the bot sees it.
    pub async fn channel(&self, channel_ref: &ChannelRef) -> Result<ChannelInfo, SlackError> {
        let query = [("channel", channel_ref.channel.as_str())];
        let known: Channel = self.read(&channel_ref.workspace, "conversations.info", &query).await?;
        Ok(known.channel)
    }

    /// Brings the bot into a public channel.
    pub async fn join(&self, channel_ref: &ChannelRef) -> Result<(), SlackError> {
        let request = Join { channel: channel_ref.channel.as_str() };
        let Nothing {} = self.write(&channel_ref.workspace, "conversations.join", &request, READ_LIMIT).await?;
        Ok(())
    }
}

impl ChannelInfo {
    /// Whether the bot can bring itself in.
    pub fn is_open(&self) -> bool {
        !self.is_private && !self.is_im && !self.is_mpim
    }
}
