//! What Slack sends for `/segments …`.

use super::request::SignedRequest;
use crate::model::{ChannelId, TriggerId, UserId, WorkspaceId};
use serde::Deserialize;
use serde_json::Value;

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
#[error("the field `{0}` of the request is missing or invalid")]
pub struct Malformed(pub &'static str);

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Form {
    team_id: String,
    enterprise_id: Option<String>,
    /// `true` or `false`, as a text in a form.
    is_enterprise_install: Value,
    channel_id: String,
    user_id: String,
    text: String,
    trigger_id: String,
    response_url: String,
}

impl SlashCommand {
    /// Reads the form.
    pub fn read(request: &SignedRequest) -> Result<Self, Malformed> {
        Self::of(serde_urlencoded::from_bytes(request.body()).map_err(|_| Malformed("body"))?)
    }

    /// Reads the payload of an envelope: the same fields as JSON.
    pub(super) fn from_json(payload: &str) -> Result<Self, Malformed> {
        Self::of(serde_json::from_str(payload).map_err(|_| Malformed("payload"))?)
    }

    fn of(form: Form) -> Result<Self, Malformed> {
        let is_organisation = form.is_enterprise_install == "true" || form.is_enterprise_install == true;
        let workspace = if is_organisation { form.enterprise_id.unwrap_or_default() } else { form.team_id };
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
