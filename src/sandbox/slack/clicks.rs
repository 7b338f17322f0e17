//! Clicks on buttons and menus of messages, modals and the App Home.

use super::Emulator;
use super::dispatch::{Answer, Mistake};
use super::message::{Shown, since_1970, ts};
use super::world::{APP_ID, ResponseUrl, World};
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Something that can be clicked.
struct Found {
    block_id: Value,
    element: Value,
    /// The attachment that it stands in.
    attachment: Option<Value>,
}

impl Emulator {
    /// Lets a person click a button of a message. Slack tells the app of a button that opens a link, too.
    pub async fn clicks(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        channel: &ChannelId,
        ts: &MessageTs,
        action_id: &str,
    ) -> Result<Answer, Mistake> {
        self.chooses(workspace, user, channel, ts, action_id, None).await
    }

    /// Lets a person choose an option, by its `value`, of an overflow or select menu of a message.
    pub async fn chooses(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        channel: &ChannelId,
        ts: &MessageTs,
        action_id: &str,
        value: Option<&str>,
    ) -> Result<Answer, Mistake> {
        let missing = || Mistake::NoMessage(ts.to_string());
        let seen = self.messages(workspace, channel, Some(user));
        let shown = seen.into_iter().find(|message| message.ts == *ts).ok_or_else(missing)?;
        let found = find(&shown, action_id).ok_or_else(|| Mistake::NoElement(action_id.to_owned()))?;
        let (payload, confirmed) = {
            let now = self.0.clock.now();
            let mut world = self.world();
            let action = action(&found, value, now)?;
            let mut payload = world.interaction("block_actions", workspace, user, now);
            payload["actions"] = json!([action]);
            payload["container"] = container(&shown, channel, found.attachment.as_ref());
            payload["channel"] =
                json!({"id": channel, "name": world.workspace(workspace).channel(channel).name_for_apps()});
            if let Some(unfurl) = found.attachment.as_ref().filter(|attachment| is_unfurl(attachment)) {
                payload["app_unfurl"] = unfurl.clone();
            } else if shown.ephemeral_to.is_none() {
                payload["message"] = world.workspace(workspace).message_json(channel, ts.as_str(), false);
            }
            payload["state"] = json!({"values": {}});
            payload["response_url"] = json!(world.response_url(ResponseUrl {
                workspace: workspace.clone(),
                channel: channel.clone(),
                user: user.clone(),
                original: Some(ts.clone()),
                made_at: now,
                uses: 0,
            }));
            (payload, found.element.get("confirm").cloned())
        };
        Ok(Answer { confirmed, ..self.interact(&payload).await })
    }

    /// Lets a person click a button, or choose an option by its `value`, of a view: of the modal before them or of the
    /// App Home, as [`Emulator::modal`] or [`Emulator::home`] gave it.
    pub async fn clicks_in_view(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        view: &Value,
        action_id: &str,
        value: Option<&str>,
    ) -> Result<Answer, Mistake> {
        let found = search(&view["blocks"], action_id).ok_or_else(|| Mistake::NoElement(action_id.to_owned()))?;
        let now = self.0.clock.now();
        let action = action(&found, value, now)?;
        let mut payload = self.world().interaction("block_actions", workspace, user, now);
        payload["actions"] = json!([action]);
        payload["container"] = json!({"type": "view", "view_id": view["id"]});
        payload["view"] = view.clone();
        let answer = self.interact(&payload).await;
        Ok(Answer { confirmed: found.element.get("confirm").cloned(), ..answer })
    }
}

impl World {
    /// Returns the fields that every interaction has.
    pub(super) fn interaction(&mut self, kind: &str, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> Value {
        let trigger_id = self.trigger(workspace, user, now);
        let state = self.workspace(workspace);
        let home = state.home_of(user);
        let name = state.users.get(user).map(|user| user.name.clone()).unwrap_or_default();
        json!({
            "type": kind,
            "user": {"id": user, "username": name, "name": name, "team_id": home},
            "api_app_id": APP_ID,
            "token": "verification-token",
            "trigger_id": trigger_id,
            "team": {"id": workspace, "domain": state.domain()},
            "enterprise": null,
            "is_enterprise_install": false,
        })
    }
}

fn container(shown: &Shown, channel: &ChannelId, attachment: Option<&Value>) -> Value {
    let mut container = json!({
        "type": if attachment.is_some() { "message_attachment" } else { "message" },
        "message_ts": shown.ts,
        "channel_id": channel,
        "is_ephemeral": shown.ephemeral_to.is_some(),
    });
    if let Some(attachment) = attachment {
        container["attachment_id"] = attachment["id"].clone();
        container["is_app_unfurl"] = json!(is_unfurl(attachment));
        if is_unfurl(attachment) {
            container["app_unfurl_url"] = attachment["from_url"].clone();
        }
    }
    if let Some(thread) = &shown.thread_ts {
        container["thread_ts"] = json!(thread);
    }
    container
}

/// Returns true if an attachment is the app's card of a link in a person's message.
fn is_unfurl(attachment: &Value) -> bool {
    attachment["is_app_unfurl"] == true
}

fn find(shown: &Shown, action_id: &str) -> Option<Found> {
    let mut attachments = shown.attachments.as_array().into_iter().flatten();
    search(&shown.blocks, action_id).or_else(|| {
        attachments.find_map(|attachment| {
            let found = search(attachment.get("blocks")?, action_id)?;
            Some(Found { attachment: Some(attachment.clone()), ..found })
        })
    })
}

fn search(blocks: &Value, action_id: &str) -> Option<Found> {
    blocks.as_array()?.iter().find_map(|block| {
        let row = block.get("elements").and_then(Value::as_array).into_iter().flatten();
        let single = block.get("accessory").into_iter().chain(block.get("element"));
        let element = row.chain(single).find(|element| element.get("action_id").is_some_and(|id| id == action_id))?;
        Some(Found { block_id: block["block_id"].clone(), element: element.clone(), attachment: None })
    })
}

/// Returns the payload of a click.
fn action(found: &Found, value: Option<&str>, now: Timestamp) -> Result<Value, Mistake> {
    let element = &found.element;
    let mut action = json!({
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": found.block_id,
        "action_ts": ts(since_1970(now)),
    });
    let Some(value) = value else {
        if element["type"] != "button" {
            return Err(Mistake::NoOption(String::new()));
        }
        for name in ["text", "value", "style", "url"].iter().filter(|name| element.get(**name).is_some()) {
            action[*name] = element[*name].clone();
        }
        return Ok(action);
    };
    let kind = element["type"].as_str().unwrap_or_default();
    let unknown = || Mistake::NoOption(value.to_owned());
    let options = element.get("options").and_then(Value::as_array).into_iter().flatten();
    let groups = element.get("option_groups").and_then(Value::as_array).into_iter().flatten();
    let grouped = groups.filter_map(|group| group.get("options")?.as_array()).flatten();
    let option = options.chain(grouped).find(|option| option["value"] == value);
    match kind {
        "overflow" | "static_select" | "radio_buttons" => {
            action["selected_option"] = option.ok_or_else(unknown)?.clone();
        }
        "checkboxes" | "multi_static_select" => action["selected_options"] = json!([option.ok_or_else(unknown)?]),
        "users_select" => action["selected_user"] = json!(value),
        "channels_select" => action["selected_channel"] = json!(value),
        "conversations_select" => action["selected_conversation"] = json!(value),
        "datepicker" => action["selected_date"] = json!(value),
        "timepicker" => action["selected_time"] = json!(value),
        _ => return Err(unknown()),
    }
    Ok(action)
}
