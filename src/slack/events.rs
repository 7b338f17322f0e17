//! What Slack reports of its own accord: channels that the bot comes into or gets back, and the end of an install.

use super::request::SignedRequest;
use super::slash::Malformed;
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use serde::Deserialize;
use serde_json::Value;

/// A report, or Slack's question whether this address is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Slack wants this text back.
    UrlVerification(String),
    /// Something happened in a workspace.
    Event {
        /// Where.
        workspace: WorkspaceId,
        /// What.
        event: SlackEvent,
    },
}

/// The events that matter here. Those of other types are tolerated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlackEvent {
    /// Somebody, perhaps the bot, came into a channel.
    MemberJoined {
        /// The channel.
        channel: ChannelId,
        /// Who.
        user: UserId,
    },
    /// The channel can be posted in again.
    ChannelUnarchived(ChannelId),
    /// Somebody opened the App Home.
    HomeOpened(UserId),
    /// Somebody posted links to our domains.
    LinksShared(SharedLinks),
    /// The app was removed from the workspace, or its tokens were revoked.
    Uninstalled,
    /// Anything else, by its type.
    Other(String),
}

/// Links in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLinks {
    /// Where.
    pub channel: ChannelId,
    /// The message.
    pub ts: MessageTs,
    /// Who posted it, where Slack says so.
    pub user: Option<UserId>,
    /// The addresses as Slack gave them; the first few.
    pub urls: Vec<String>,
    /// Whether people of another workspace see the channel.
    pub is_shared_outside: bool,
}

/// No more links of one message are read.
const MOST_URLS: usize = 20;

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    challenge: String,
    #[serde(default)]
    team_id: String,
    #[serde(default)]
    is_ext_shared_channel: bool,
    #[serde(default)]
    authorizations: Vec<Authorization>,
    #[serde(default)]
    event: Value,
}

/// Whose installation an event is told to.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Authorization {
    enterprise_id: Option<String>,
    team_id: Option<String>,
    is_enterprise_install: bool,
}

impl Envelope {
    /// The workspace whose installation this is about: the organisation for an organisation-wide one, and our own side of
    /// a channel that is shared with another workspace.
    fn owner(self) -> String {
        let told = self.authorizations.into_iter().next().unwrap_or_default();
        let organisation = told.enterprise_id.filter(|_| told.is_enterprise_install);
        organisation.or(told.team_id).unwrap_or(self.team_id)
    }
}

impl Report {
    /// Reads a report.
    pub fn read(request: &SignedRequest) -> Result<Self, Malformed> {
        Self::from_json(request.body())
    }

    /// Reads the payload of an envelope, which is what the body of a request is.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Malformed> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Malformed("body"))?;
        match envelope.kind.as_str() {
            "url_verification" => Ok(Self::UrlVerification(envelope.challenge)),
            _ => Ok(Self::Event {
                event: SlackEvent::read(&envelope.event, envelope.is_ext_shared_channel),
                workspace: WorkspaceId::parse(envelope.owner()).map_err(|_| Malformed("team_id"))?,
            }),
        }
    }
}

impl SlackEvent {
    fn read(event: &Value, is_shared_outside: bool) -> Self {
        let kind = event["type"].as_str().unwrap_or_default();
        let channel = || {
            let id = event["channel"].as_str().or_else(|| event["channel"]["id"].as_str());
            id.and_then(|id| ChannelId::parse(id).ok())
        };
        let read = match kind {
            "member_joined_channel" => {
                let user = event["user"].as_str().and_then(|user| UserId::parse(user).ok());
                channel().zip(user).map(|(channel, user)| Self::MemberJoined { channel, user })
            }
            "channel_unarchive" | "group_unarchive" => channel().map(Self::ChannelUnarchived),
            "app_home_opened" if event["tab"] == "home" => {
                event["user"].as_str().and_then(|user| UserId::parse(user).ok()).map(Self::HomeOpened)
            }
            // What is still being written has no message yet, and is reported again once it has.
            "link_shared" if event["source"] != "composer" => channel().and_then(|channel| {
                let links = event["links"].as_array()?.iter().take(MOST_URLS);
                Some(Self::LinksShared(SharedLinks {
                    channel,
                    ts: MessageTs::parse(event["message_ts"].as_str()?).ok()?,
                    user: event["user"].as_str().and_then(|user| UserId::parse(user).ok()),
                    urls: links.filter_map(|link| link["url"].as_str().map(str::to_owned)).collect(),
                    is_shared_outside,
                }))
            }),
            "app_uninstalled" => Some(Self::Uninstalled),
            // A person who takes their own consent back takes nothing from the bot.
            "tokens_revoked" => event["tokens"]["bot"].get(0).map(|_| Self::Uninstalled),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Other(kind.chars().take(100).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(event: &Value) -> SlackEvent {
        SlackEvent::read(event, false)
    }

    #[test]
    fn the_channel_is_found_as_an_id_and_as_an_object() {
        let channel = ChannelId::parse("C1").unwrap();
        let back = SlackEvent::ChannelUnarchived(channel.clone());
        assert_eq!(read(&json!({"type": "channel_unarchive", "channel": "C1"})), back);
        assert_eq!(read(&json!({"type": "group_unarchive", "channel": {"id": "C1"}})), back);
        assert_eq!(
            read(&json!({"type": "member_joined_channel", "channel": "C1", "user": "U1"})),
            SlackEvent::MemberJoined { channel, user: UserId::parse("U1").unwrap() }
        );
    }

    #[test]
    fn an_event_belongs_to_the_installation_that_it_is_told_to() {
        let owner = |envelope: Value| serde_json::from_value::<Envelope>(envelope).unwrap().owner();
        assert_eq!(owner(json!({"type": "event_callback", "team_id": "T1"})), "T1");
        let mut told = json!({"enterprise_id": "E1", "team_id": "T2", "is_enterprise_install": false});
        let envelope = |told: &Value| json!({"type": "event_callback", "team_id": "T1", "authorizations": [told]});
        assert_eq!(owner(envelope(&told)), "T2");
        told["is_enterprise_install"] = true.into();
        assert_eq!(owner(envelope(&told)), "E1");
    }

    #[test]
    fn only_the_bots_own_token_ends_the_installation() {
        let revoked = |tokens| read(&json!({"type": "tokens_revoked", "tokens": tokens}));
        assert_eq!(revoked(json!({"oauth": [], "bot": ["UBOT"]})), SlackEvent::Uninstalled);
        let other = SlackEvent::Other("tokens_revoked".to_owned());
        assert_eq!(revoked(json!({"oauth": ["U1"], "bot": []})), other);
        assert_eq!(revoked(json!({"oauth": ["U1"]})), other);
    }

    #[test]
    fn an_event_of_another_type_or_shape_is_tolerated() {
        for event in [
            json!(null),
            json!([]),
            json!({"type": "channel_unarchive"}),
            json!({"type": "channel_unarchive", "channel": 7}),
        ] {
            assert!(matches!(read(&event), SlackEvent::Other(_)), "{event}");
        }
    }
}
