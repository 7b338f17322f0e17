//! Events of a workspace, which the app gets by the Events API.

use super::Emulator;
use super::dispatch::Answer;
use super::message::{since_1970, ts};
use super::world::{APP_ID, Channel, ChannelKind};
use crate::model::{ChannelId, UserId, WorkspaceId};
use serde_json::{Value, json};

impl Emulator {
    /// Lets somebody invite the bot into a channel (`member_joined_channel`).
    pub async fn invite_bot(&self, workspace: &WorkspaceId, channel: &ChannelId, by: &UserId) -> Answer {
        let bot = self.bot_user(workspace);
        let kind = self.change(workspace, channel, |channel| {
            channel.info.members.insert(bot.clone());
        });
        let event = json!({
            "type": "member_joined_channel",
            "user": bot,
            "channel": channel,
            "channel_type": if kind == ChannelKind::Public { "C" } else { "G" },
            "team": workspace,
            "inviter": by,
        });
        self.sends_event(workspace, event).await
    }

    /// Lets somebody remove the bot from a channel (`channel_left` or `group_left`).
    pub async fn remove_bot(&self, workspace: &WorkspaceId, channel: &ChannelId, by: &UserId) -> Answer {
        let bot = self.bot_user(workspace);
        let kind = self.change(workspace, channel, |channel| {
            channel.info.members.remove(&bot);
        });
        let event = json!({"type": of_kind("left", kind), "channel": channel, "actor_id": by});
        self.sends_event(workspace, event).await
    }

    /// Lets somebody archive a channel, which removes the bot (`channel_archive` or `group_archive`).
    pub async fn archive(&self, workspace: &WorkspaceId, channel: &ChannelId, by: &UserId) -> Answer {
        let bot = self.bot_user(workspace);
        let kind = self.change(workspace, channel, |channel| {
            channel.info.archived = true;
            channel.info.members.remove(&bot);
        });
        let event = json!({"type": of_kind("archive", kind), "channel": channel, "user": by, "is_moved": 0});
        self.sends_event(workspace, event).await
    }

    /// Lets somebody unarchive a channel; the bot stays out (`channel_unarchive` or `group_unarchive`).
    pub async fn unarchive(&self, workspace: &WorkspaceId, channel: &ChannelId, by: &UserId) -> Answer {
        let kind = self.change(workspace, channel, |channel| channel.info.archived = false);
        let event = json!({"type": of_kind("unarchive", kind), "channel": channel, "user": by});
        self.sends_event(workspace, event).await
    }

    /// Lets a person open the App Home (`app_home_opened`); it shows what was published last.
    pub async fn opens_home(&self, workspace: &WorkspaceId, user: &UserId) -> Answer {
        let mut event = json!({"type": "app_home_opened", "user": user, "channel": "D0HOME", "tab": "home"});
        if let Some(view) = self.home(workspace, user) {
            event["view"] = view;
        }
        self.sends_event(workspace, event).await
    }

    /// Lets an administrator remove the app: its token is revoked, and it is told (`app_uninstalled`).
    pub async fn uninstall(&self, workspace: &WorkspaceId) -> Answer {
        self.revoke_token(workspace);
        self.sends_event(workspace, json!({"type": "app_uninstalled"})).await
    }

    /// Tells the app of any event, once.
    pub async fn sends_event(&self, workspace: &WorkspaceId, event: Value) -> Answer {
        let id = format!("Ev{:08}", self.world().next_number());
        self.sends_event_again(workspace, event, &id, 0).await
    }

    /// Tells the app of an event whose id is given, as the `retry`-th repetition (0 for the first time).
    pub async fn sends_event_again(
        &self,
        workspace: &WorkspaceId,
        mut event: Value,
        event_id: &str,
        retry: u8,
    ) -> Answer {
        let now = self.0.clock.now();
        if event.get("event_ts").is_none() {
            event["event_ts"] = json!(ts(since_1970(now)));
        }
        let is_shared = self.world().workspace(workspace).is_in_shared_channel(&event);
        let envelope = json!({
            "token": "verification-token",
            "team_id": workspace,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": now.as_second(),
            "authorizations": [{
                "enterprise_id": null,
                "team_id": workspace,
                "user_id": self.bot_user(workspace),
                "is_bot": true,
                "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": is_shared,
            "event_context": "4-event-context",
        });
        self.event(envelope, retry).await
    }

    /// Asks the app whether the place for events is its own (`url_verification`); it has to answer the challenge.
    pub async fn verifies_url(&self) -> bool {
        let challenge = format!("challenge-{}", self.world().next_number());
        let body = json!({"token": "verification-token", "challenge": challenge, "type": "url_verification"});
        let answer = self.send("events", "application/json", body.to_string(), &[]).await;
        answer.is_success() && answer.body.contains(&challenge)
    }

    fn change(&self, workspace: &WorkspaceId, channel: &ChannelId, change: impl FnOnce(&mut Channel)) -> ChannelKind {
        let mut world = self.world();
        let channel = world.workspace(workspace).channel(channel);
        change(channel);
        let kind = channel.info.kind;
        drop(world);
        self.changed();
        kind
    }
}

/// `channel_left`, or `group_left` for a private channel.
fn of_kind(what: &str, kind: ChannelKind) -> String {
    if kind == ChannelKind::Private { format!("group_{what}") } else { format!("channel_{what}") }
}
