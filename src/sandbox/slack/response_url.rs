//! Response URLs: five answers within half an hour to a command or a click.

use super::args::Args;
use super::chat::thread;
use super::content::Content;
use super::message::{Author, Shown};
use super::refusal::Refusal;
use super::world::World;
use crate::clock::later;
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use jiff::Timestamp;
use std::time::Duration;

/// The most uses and the lifetime of one. <https://docs.slack.dev/interactivity/handling-user-interaction>
const MAX_RESPONSE_USES: u8 = 5;
const RESPONSE_URL_LIFETIME: Duration = Duration::from_mins(30);
impl World {
    /// The workspace and channel that a response URL belongs to.
    pub(super) fn place_of_response(&self, id: &str) -> Option<(WorkspaceId, ChannelId)> {
        let response = self.responses.get(&id.parse().ok()?)?;
        Some((response.workspace.clone(), response.channel.clone()))
    }

    /// Takes an answer at a response URL.
    pub(super) fn respond(&mut self, id: &str, body: &[u8], now: Timestamp) -> Result<(), Refusal> {
        let number: u64 = id.parse().map_err(|_| "expired_url")?;
        let response = self.responses.get_mut(&number).ok_or("expired_url")?;
        if later(response.made_at, RESPONSE_URL_LIFETIME) <= now {
            return Err("expired_url".into());
        }
        if response.uses >= MAX_RESPONSE_USES {
            return Err("used_url".into());
        }
        response.uses += 1;
        let (id, channel) = (response.workspace.clone(), response.channel.clone());
        let (user, original) = (response.user.clone(), response.original.clone());
        let args = Args::json(body).map_err(|_| "invalid_payload")?;
        if args.flag("delete_original") == Some(true) {
            let channel = self.workspace(&id).channel(&channel);
            let message = original.and_then(|ts| channel.message(ts.as_str())).ok_or("message_not_found")?;
            message.shown.deleted = true;
            message.unread = true;
            return Ok(());
        }
        // A command has no original: its answers are always new.
        match original.filter(|_| args.flag("replace_original") == Some(true)) {
            Some(original) => self.replace(&id, &channel, &original, &args, now),
            None => self.speak(&id, &channel, &user, &args, now),
        }
    }

    fn replace(
        &mut self,
        id: &WorkspaceId,
        channel: &ChannelId,
        original: &MessageTs,
        args: &Args,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let content = Content::read(args, || self.next_id())?;
        let message = self.workspace(id).channel(channel).message(original.as_str()).ok_or("message_not_found")?;
        let mut shown = message.shown.clone();
        // Unlike with `chat.update`, nothing of the old message stays.
        shown.blocks = serde_json::json!([]);
        shown.attachments = serde_json::json!([]);
        content.put_into(&mut shown);
        if shown.is_empty() {
            return Err("no_text".into());
        }
        shown.edited = Some(now);
        message.shown = shown;
        message.unread = true;
        Ok(())
    }

    /// Writes an answer as a new message: for the one who asked, or for all with `response_type: in_channel`.
    pub(super) fn speak(
        &mut self,
        id: &WorkspaceId,
        channel: &ChannelId,
        user: &UserId,
        args: &Args,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let content = Content::read(args, || self.next_id())?;
        let workspace = self.workspace(id);
        let mut shown = Shown::plain(Author::Bot(workspace.bot_name()), "");
        content.put_into(&mut shown);
        if shown.is_empty() {
            return Err("no_text".into());
        }
        shown.thread_ts = thread(args.word("thread_ts"), workspace.channel(channel))?;
        let public = args.word("response_type").as_deref() == Some("in_channel");
        shown.ephemeral_to = (!public).then(|| user.clone());
        workspace.write(channel, now, true, shown);
        Ok(())
    }
}
