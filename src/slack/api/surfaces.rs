//! Calls about what is shown beside messages: modals, App Homes and unfurled links; and about who is where.

use super::{Nothing, READ_LIMIT, SlackApi};
use crate::model::{ChannelId, ChannelRef, MessageTs, TriggerId, UserId, WorkspaceId};
use crate::slack::error::SlackError;
use serde::{Deserialize, Serialize};
use slack_morphism::prelude::{SlackBlock, SlackView};
use std::collections::{HashMap, HashSet};

/// Channels on a page, as many as Slack recommends, …
const PAGE: &str = "200";
/// … and pages that are read at most.
const PAGES: usize = 10;
/// Teams of somebody's organisation that are looked at.
const TEAMS: usize = 10;

/// A channel that somebody is in, and that the bot knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// It.
    pub channel: ChannelId,
    /// Its name without `#`.
    pub name: String,
    /// Whether joining needs an invitation.
    pub is_private: bool,
}

#[derive(Serialize)]
struct Open<'a> {
    trigger_id: &'a str,
    view: &'a SlackView,
}

#[derive(Deserialize)]
struct Opened {
    view: Ident,
}

#[derive(Deserialize)]
struct Ident {
    id: String,
}

#[derive(Serialize)]
struct Update<'a> {
    view_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a str>,
    view: &'a SlackView,
}

#[derive(Serialize)]
struct Publish<'a> {
    user_id: &'a str,
    view: &'a SlackView,
}

#[derive(Serialize)]
struct Unfurl<'a> {
    channel: &'a str,
    ts: &'a str,
    unfurls: HashMap<&'a str, Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    blocks: &'a [SlackBlock],
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<Channel>,
    response_metadata: Option<super::More>,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    is_private: bool,
}

impl SlackApi {
    /// Opens a modal before whoever did what the trigger is of, at most 3 s ago. Gives Slack's id of it.
    pub async fn open_view(
        &self,
        workspace: &WorkspaceId,
        trigger: &TriggerId,
        view: &SlackView,
    ) -> Result<String, SlackError> {
        let request = Open { trigger_id: trigger.as_str(), view };
        let opened: Opened = self.write(workspace, "views.open", &request, READ_LIMIT).await?;
        Ok(opened.view.id)
    }

    /// Shows something else in an open modal; with a hash, only if nobody did so since.
    pub async fn update_view(
        &self,
        workspace: &WorkspaceId,
        view_id: &str,
        hash: Option<&str>,
        view: &SlackView,
    ) -> Result<(), SlackError> {
        let request = Update { view_id, hash, view };
        let Nothing {} = self.write(workspace, "views.update", &request, READ_LIMIT).await?;
        Ok(())
    }

    /// Shows somebody an App Home.
    pub async fn publish_view(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        view: &SlackView,
    ) -> Result<(), SlackError> {
        let request = Publish { user_id: user.as_str(), view };
        let Nothing {} = self.write(workspace, "views.publish", &request, READ_LIMIT).await?;
        Ok(())
    }

    /// Shows what stands behind links in a message, by their addresses as Slack gave them.
    pub async fn unfurl(
        &self,
        channel_ref: &ChannelRef,
        ts: &MessageTs,
        shown: &[(String, Vec<SlackBlock>)],
    ) -> Result<(), SlackError> {
        let unfurls = shown.iter().map(|(url, blocks)| (url.as_str(), Shown { blocks })).collect();
        let request = Unfurl { channel: channel_ref.channel.as_str(), ts: ts.as_str(), unfurls };
        let Nothing {} = self.write(&channel_ref.workspace, "chat.unfurl", &request, READ_LIMIT).await?;
        Ok(())
    }

    /// The channels, archived ones left out, that somebody is in: the open ones, and of the others those that the bot
    /// is in too. Of more than 2,000 only the first. Of an organisation, a team of theirs at a time.
    pub async fn channels_of(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Vec<Membership>, SlackError> {
        if !workspace.is_organisation() {
            return self.channels_in(workspace, None, user).await;
        }
        let teams = self.user(workspace, user).await?.enterprise_user.map(|one| one.teams).unwrap_or_default();
        let mut memberships: Vec<Membership> = Vec::new();
        for team in teams.iter().take(TEAMS) {
            memberships.extend(self.channels_in(workspace, Some(team), user).await?);
        }
        // A channel may be in several teams.
        let mut known = HashSet::new();
        memberships.retain(|one| known.insert(one.channel.clone()));
        Ok(memberships)
    }

    async fn channels_in(
        &self,
        workspace: &WorkspaceId,
        team: Option<&str>,
        user: &UserId,
    ) -> Result<Vec<Membership>, SlackError> {
        let (mut memberships, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let mut query = vec![
                ("user", user.as_str()),
                ("types", "public_channel,private_channel"),
                ("exclude_archived", "true"),
                ("limit", PAGE),
            ];
            query.extend(team.map(|team| ("team_id", team)));
            query.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
            let page: Channels = self.read(workspace, "users.conversations", &query).await?;
            memberships.extend(page.channels.into_iter().filter_map(|channel| {
                let Channel { id, name, is_private } = channel;
                Some(Membership { channel: ChannelId::parse(id).ok()?, name, is_private })
            }));
            cursor = page.response_metadata.map(|more| more.next_cursor).unwrap_or_default();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(memberships)
    }
}
