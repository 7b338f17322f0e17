//! `chat.*`: writing, changing and taking back.

use super::content::Content;
use super::conversations::direct;
use super::message::{Author, Shown, micros, ts};
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::world::{Channel, ChannelKind};
use crate::model::{ChannelId, MessageTs, UserId};
use serde_json::json;

pub(super) fn post(request: &mut Request<'_>) -> Outcome {
    let channel = post_target(request)?;
    let mut shown = new(request)?;
    let broadcast = request.args.flag("reply_broadcast").unwrap_or_default();
    let workspace = request.world.workspace(request.workspace);
    shown.thread_ts = thread(request.args.word("thread_ts"), workspace.channel(&channel))?;
    shown.broadcast = broadcast && shown.thread_ts.is_some();
    let ts = workspace.write(&channel, request.now, true, shown);
    let message = workspace.message_json(&channel, ts.as_str(), false);
    Ok(json!({"ok": true, "channel": channel, "ts": ts, "message": message}))
}

/// The channel to post to; a person's id means the direct conversation with them.
fn post_target(request: &mut Request<'_>) -> Result<ChannelId, Refusal> {
    let name = request.needed("channel")?;
    let workspace = request.world.workspace(request.workspace);
    if let Some(user) = UserId::parse(name).ok().filter(|user| workspace.users.contains_key(user)) {
        return direct(workspace, &user).map(|(id, _)| id);
    }
    let bot = workspace.info.bot_user.clone();
    let write_anywhere = !workspace.withheld_scopes.contains("chat:write.public");
    let channel = request.channel()?;
    if channel.info.archived {
        return Err("is_archived".into());
    }
    if !(channel.has(&bot) || channel.info.kind == ChannelKind::Public && write_anywhere) {
        return Err("not_in_channel".into());
    }
    Ok(channel.info.id.clone())
}

/// A message of the bot's with the content that was sent.
fn new(request: &mut Request<'_>) -> Result<Shown, Refusal> {
    let author = Author::Bot(request.world.workspace(request.workspace).bot_name());
    let content = Content::read(request.args, || request.world.next_id())?;
    if content.metadata.as_ref().is_some_and(|metadata| metadata == &json!({})) {
        return Err("invalid_metadata_format".into());
    }
    let mut shown = Shown::plain(author, "");
    content.put_into(&mut shown);
    if shown.is_empty() { Err("no_text".into()) } else { Ok(shown) }
}

/// The thread that was named, if it can be answered. Slack does not refuse a reply to a message that was deleted (or never
/// was): it puts it into the channel, and names no thread in its answer. Seen, undocumented:
/// <https://github.com/slack-go/slack/issues/1571>
pub(super) fn thread(name: Option<String>, channel: &mut Channel) -> Result<Option<MessageTs>, Refusal> {
    let Some(name) = name else { return Ok(None) };
    let at = micros(&name).ok_or("invalid_thread_ts")?;
    let Some(parent) = channel.message(&name) else { return Ok(None) };
    if parent.shown.ephemeral_to.is_some() || parent.shown.thread_ts.as_ref().is_some_and(|thread| *thread != ts(at)) {
        return Err("cannot_reply_to_message".into());
    }
    Ok(Some(ts(at)))
}

pub(super) fn update(request: &mut Request<'_>) -> Outcome {
    let name = request.needed("ts")?;
    let channel = request.channel()?;
    let archived = channel.info.archived;
    let id = channel.info.id.clone();
    let message = channel.message(&name).filter(|message| message.shown.ephemeral_to.is_none());
    let message = message.ok_or("message_not_found")?;
    if !matches!(message.shown.author, Author::Bot(_)) {
        return Err("cant_update_message".into());
    }
    if archived {
        return Err("is_archived".into());
    }
    let content = Content::read(request.args, || request.world.next_id())?;
    let workspace = request.world.workspace(request.workspace);
    let message = workspace.channel(&id).message(&name).expect("it was found above, under the same lock");
    let mut shown = message.shown.clone();
    content.put_into(&mut shown);
    if shown.is_empty() {
        return Err("no_text".into());
    }
    shown.edited = Some(request.now);
    message.shown = shown;
    message.unread = true;
    let (ts, text) = (message.shown.ts.clone(), message.shown.text.clone());
    let message = workspace.message_json(&id, ts.as_str(), false);
    Ok(json!({"ok": true, "channel": id, "ts": ts, "text": text, "message": message}))
}

pub(super) fn delete(request: &mut Request<'_>) -> Outcome {
    let name = request.needed("ts")?;
    let channel = request.channel()?;
    let id = channel.info.id.clone();
    let message = channel.message(&name).filter(|message| message.shown.ephemeral_to.is_none());
    let message = message.ok_or("message_not_found")?;
    if !matches!(message.shown.author, Author::Bot(_)) {
        return Err("cant_delete_message".into());
    }
    message.delete();
    Ok(json!({"ok": true, "channel": id, "ts": message.shown.ts}))
}

pub(super) fn post_ephemeral(request: &mut Request<'_>) -> Outcome {
    let user = UserId::parse(request.needed("user")?).map_err(|_| "user_not_in_channel")?;
    let channel = request.channel_of_mine()?;
    if channel.info.archived {
        return Err("is_archived".into());
    }
    if !channel.has(&user) {
        return Err("user_not_in_channel".into());
    }
    let id = channel.info.id.clone();
    let mut shown = new(request)?;
    let workspace = request.world.workspace(request.workspace);
    shown.thread_ts = thread(request.args.word("thread_ts"), workspace.channel(&id))?;
    shown.ephemeral_to = Some(user);
    // What one person sees for a while keeps no metadata.
    shown.metadata = None;
    let ts = workspace.write(&id, request.now, true, shown);
    Ok(json!({"ok": true, "message_ts": ts}))
}

pub(super) fn permalink(request: &mut Request<'_>) -> Outcome {
    let name = request.needed("message_ts")?;
    let domain = request.world.workspace(request.workspace).domain();
    let channel = request.channel()?;
    let id = channel.info.id.clone();
    let message = channel.message(&name).filter(|message| message.shown.ephemeral_to.is_none());
    let shown = &message.ok_or("message_not_found")?.shown;
    let thread = shown.thread_ts.as_ref().filter(|thread| **thread != shown.ts);
    let thread = thread.map_or_else(String::new, |thread| format!("?thread_ts={thread}&cid={id}"));
    let permalink = format!("https://{domain}.slack.com/archives/{id}/p{}{thread}", shown.ts.as_str().replace('.', ""));
    Ok(json!({"ok": true, "channel": id, "permalink": permalink}))
}
