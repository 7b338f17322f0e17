//! The form that Slack sends for `/segments …`.

use super::request::SignedRequest;
use crate::model::{ChannelId, TriggerId, UserId, WorkspaceId};
use serde::Deserialize;

/// A typed command with its circumstances.
#[derive(Debug, Clone)]
pub struct SlashCommand {
    /// Whose command; the enterprise for an organisation-wide install.
    pub workspace: WorkspaceId,
    /// Where it was typed.
    pub channel: ChannelId,
    /// Who typed it.
    pub user: UserId,
    /// What stands after `/segments`.
    pub text: String,
    /// Slack's id of this use.
    pub trigger: TriggerId,
    /// Where later answers go; to be checked before use.
    pub response_url: String,
}

/// A signed request that is not what its address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request's field `{0}` is missing or not what Slack sends")]
pub struct Malformed(pub &'static str);

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Form {
    team_id: String,
    enterprise_id: String,
    is_enterprise_install: String,
    channel_id: String,
    user_id: String,
    text: String,
    trigger_id: String,
    response_url: String,
}

impl SlashCommand {
    /// Reads the form.
    pub fn read(request: &SignedRequest) -> Result<Self, Malformed> {
        let form: Form = serde_urlencoded::from_bytes(request.body()).map_err(|_| Malformed("body"))?;
        let workspace = if form.is_enterprise_install == "true" { form.enterprise_id } else { form.team_id };
        Ok(Self {
            workspace: WorkspaceId::parse(workspace).map_err(|_| Malformed("team_id"))?,
            channel: ChannelId::parse(form.channel_id).map_err(|_| Malformed("channel_id"))?,
            user: UserId::parse(form.user_id).map_err(|_| Malformed("user_id"))?,
            text: form.text,
            trigger: TriggerId::parse(form.trigger_id).map_err(|_| Malformed("trigger_id"))?,
            response_url: form.response_url,
        })
    }
}
