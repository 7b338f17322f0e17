//! Messages and channels as the API writes them.

use super::message::{Author, since_1970, ts};
use super::world::{APP_ID, ChannelInfo, ChannelKind, Workspace};
use crate::model::{ChannelId, UserId};
use serde_json::{Value, json};

impl Workspace {
    /// A message as the API gives it; null if it is not there.
    pub(super) fn message_json(&mut self, channel: &ChannelId, name: &str, with_metadata: bool) -> Value {
        let (team, bot, bot_id) = (self.info.id.clone(), self.info.bot_user.clone(), self.bot_id());
        let channel = self.channel(channel);
        let Some(message) = channel.message(name) else { return Value::Null };
        let shown = message.shown.clone();
        let mut json = json!({"type": "message", "ts": shown.ts, "text": shown.text, "team": team});
        match &shown.author {
            Author::User(user) => json["user"] = json!(user),
            Author::Slack => json["user"] = json!("USLACKBOT"),
            Author::Bot(_) => {
                json["user"] = json!(bot);
                json["bot_id"] = json!(bot_id);
                json["app_id"] = json!(APP_ID);
            }
        }
        for (name, list) in [("blocks", &shown.blocks), ("attachments", &shown.attachments)] {
            if list.as_array().is_some_and(|items| !items.is_empty()) {
                json[name] = list.clone();
            }
        }
        if let Some(edited) = shown.edited {
            json["edited"] = json!({"user": json["user"], "ts": ts(since_1970(edited))});
        }
        if let (Author::Bot(_), true, Some(metadata)) = (&shown.author, with_metadata, &shown.metadata) {
            json["metadata"] = metadata.clone();
        }
        if let Some(thread) = &shown.thread_ts {
            json["thread_ts"] = json!(thread);
            if shown.broadcast {
                json["subtype"] = json!("thread_broadcast");
            }
        } else if let Some(latest) = message.latest_reply.clone() {
            json["thread_ts"] = json!(shown.ts);
            json["reply_count"] = json!(message.replies);
            json["latest_reply"] = json!(latest);
        }
        json
    }
}

/// A channel as the bot sees it.
pub(super) fn describe(info: &ChannelInfo, bot: &UserId) -> Value {
    let direct = info.kind == ChannelKind::Direct;
    let mut described = json!({
        "id": info.id,
        "created": 1_700_000_000,
        "is_channel": info.kind == ChannelKind::Public,
        "is_group": info.kind == ChannelKind::Private,
        "is_im": direct,
        "is_mpim": false,
        "is_private": info.kind != ChannelKind::Public,
        "is_archived": info.archived,
        "is_general": false,
        "is_shared": info.shared_with.is_some(),
        "is_ext_shared": info.shared_with.is_some(),
        "connected_team_ids": Vec::from_iter(&info.shared_with),
        "is_org_shared": false,
        "is_member": info.members.contains(bot),
    });
    if direct {
        described["user"] = json!(info.members.iter().find(|member| *member != bot));
    } else {
        described["name"] = json!(info.name);
        described["name_normalized"] = json!(info.name);
        described["topic"] = json!({"value": "", "creator": "", "last_set": 0});
        described["purpose"] = json!({"value": "", "creator": "", "last_set": 0});
    }
    described
}
