//! Calls about who people are.

use super::SlackApi;
use crate::model::{UserId, WorkspaceId};
use crate::slack::error::SlackError;
use serde::Deserialize;

/// A person as Slack knows them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "Slack's own flags, read as they come")]
pub struct UserInfo {
    /// What they are called where they chose no other name.
    pub name: String,
    /// What else they are called.
    pub profile: Profile,
    /// IANA time zone.
    pub tz: Option<String>,
    /// The workspace that they belong to.
    pub team_id: Option<String>,
    /// Their account was deactivated.
    pub deleted: bool,
    /// An admin of the workspace; owners are admins too.
    pub is_admin: bool,
    /// An owner of the workspace.
    pub is_owner: bool,
    /// A guest, of several channels or of one.
    pub is_restricted: bool,
    /// Not a person.
    pub is_bot: bool,
    /// Who they are in an organisation.
    pub enterprise_user: Option<EnterpriseUser>,
}

/// What a person is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// What they chose to be shown as; empty if nothing.
    pub display_name: String,
    /// Their full name.
    pub real_name: String,
}

impl UserInfo {
    /// What Slack shows them as.
    pub fn shown_name(&self) -> &str {
        let names = [&self.profile.display_name, &self.profile.real_name, &self.name];
        names.into_iter().map(|name| name.trim()).find(|name| !name.is_empty()).unwrap_or_default()
    }
}

/// A person as their organisation knows them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EnterpriseUser {
    /// The organisation.
    pub enterprise_id: String,
    /// An admin of the organisation.
    pub is_admin: bool,
    /// An owner of the organisation.
    pub is_owner: bool,
    /// The organisation's workspaces that they are in.
    pub teams: Vec<String>,
}

#[derive(Deserialize)]
struct User {
    user: UserInfo,
}

impl SlackApi {
    /// A person of the workspace.
    pub async fn user(&self, workspace: &WorkspaceId, user: &UserId) -> Result<UserInfo, SlackError> {
        let known: User = self.read(workspace, "users.info", &[("user", user.as_str())]).await?;
        Ok(known.user)
    }
}
