//! Links that people paste: the app is told of those of its domains (`link_shared`), and may show what stands behind them
//! (`chat.unfurl`).

use super::Emulator;
use super::blocks::{Surface, fill_in_ids};
use super::check::Check;
use super::dispatch::Answer;
use super::message::Author;
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use serde_json::{Value, json};

/// The domains that the app's manifest names; what is below them counts too.
const DOMAINS: [&str; 1] = ["segments.ai"];

/// The addresses of the app's domains in a text, each once.
fn links(text: &str) -> Vec<(String, String)> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '|'));
    let mut links: Vec<(String, String)> = Vec::new();
    for word in words.filter(|word| word.starts_with("https://") || word.starts_with("http://")) {
        let host = url::Url::parse(word).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let ours = DOMAINS.iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
        if ours && links.iter().all(|(url, _)| url != word) {
            links.push((word.to_owned(), host));
        }
    }
    links
}

impl Emulator {
    /// Lets a person say something, and tells the app of links of its domains that stand in it. Gives the message, and the
    /// app's answer if it was told.
    pub async fn shares(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        channel: &ChannelId,
        text: &str,
    ) -> (MessageTs, Option<Answer>) {
        let ts = self.says(workspace, user, channel, text);
        let links = links(text);
        if links.is_empty() {
            return (ts, None);
        }
        let bot = self.bot_user(workspace);
        let is_member = self.channels(workspace).iter().any(|one| one.id == *channel && one.members.contains(&bot));
        let links: Vec<Value> = links.iter().map(|(url, domain)| json!({"url": url, "domain": domain})).collect();
        let event = json!({
            "type": "link_shared",
            "channel": channel,
            "is_bot_user_member": is_member,
            "user": user,
            "message_ts": ts,
            "unfurl_id": format!("{channel}.{ts}"),
            "source": "conversations_history",
            "links": links,
        });
        (ts, Some(self.sends_event(workspace, event).await))
    }
}

/// `chat.unfurl`. <https://docs.slack.dev/reference/methods/chat.unfurl>
pub(super) fn unfurl(request: &mut Request<'_>) -> Outcome {
    let named = request.args.word("channel").zip(request.args.word("ts"));
    let by_id = request.args.word("unfurl_id").filter(|_| request.args.word("source").is_some());
    let by_id = by_id.and_then(|id| id.split_once('.').map(|(channel, ts)| (channel.to_owned(), ts.to_owned())));
    let (channel, ts) = named.or(by_id).ok_or_else(|| Refusal::missing("channel"))?;
    let mut unfurls = request.args.structure("unfurls").ok_or("missing_unfurls")?;
    let shown: Vec<(String, Value)> = match unfurls.as_object_mut() {
        Some(map) if !map.is_empty() => std::mem::take(map).into_iter().collect(),
        _ => return Err("invalid_unfurls_format".into()),
    };
    let mut attachments = Vec::new();
    for (url, mut content) in shown {
        let mut check = Check::default();
        let blocks = content["blocks"].as_array().cloned().ok_or("invalid_unfurls_format")?;
        check.blocks(&blocks, &format!("/unfurls/{url}/blocks"), Surface::Message);
        if !check.problems.is_empty() {
            return Err(Refusal::because("invalid_blocks", &check.problems));
        }
        fill_in_ids(&mut content["blocks"], &mut || request.world.next_id());
        content["from_url"] = json!(url);
        content["is_app_unfurl"] = json!(true);
        attachments.push(content);
    }
    let channel = ChannelId::parse(channel).map_err(|_| "cannot_find_channel")?;
    let workspace = request.world.workspace(request.workspace);
    let known = workspace.channels.get_mut(&channel).ok_or("cannot_find_channel")?;
    let message = known.message(&ts).ok_or("cannot_find_message")?;
    if !matches!(message.shown.author, Author::User(_)) {
        return Err("cannot_unfurl_message".into());
    }
    let in_message = links(&message.shown.text);
    let said = |content: &Value| in_message.iter().any(|(url, _)| content["from_url"] == url.as_str());
    if !attachments.iter().all(said) {
        return Err("cannot_unfurl_url".into());
    }
    for (number, attachment) in (1..).zip(&mut attachments) {
        attachment["id"] = json!(number);
    }
    message.shown.attachments = Value::Array(attachments);
    Ok(json!({"ok": true}))
}
