//! Links that people paste: the app is told of those of its domains (`link_shared`), and may show what stands behind them
//! (`chat.unfurl`).

use super::Emulator;
use super::blocks::fill_in_ids;
use super::check::Check;
use super::content::check_attachment;
use super::dispatch::Answer;
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

/// A text as Slack keeps it, with the addresses in it marked as links.
fn marked(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        if !word.starts_with("https://") && !word.starts_with("http://") {
            return word.to_owned();
        }
        let url = word.trim_end().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
        format!("<{url}>{}", &word[url.len()..])
    });
    words.collect()
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
        let text = marked(text);
        let ts = self.says(workspace, user, channel, &text);
        let links = links(&text);
        let is_member = {
            let mut world = self.world();
            let state = world.workspace(workspace);
            if links.is_empty() || state.withheld_scopes.contains("links:read") {
                return (ts, None);
            }
            let bot = state.info.bot_user.clone();
            let channel = state.channel(channel);
            if let Some(message) = channel.message(ts.as_str()) {
                message.links_told = true;
            }
            channel.has(&bot)
        };
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
    let (channel, ts) = place(request)?;
    let mut attachments = shown(request)?;
    let channel = ChannelId::parse(channel).map_err(|_| "cannot_find_channel")?;
    let workspace = request.world.workspace(request.workspace);
    let known = workspace.channels.get_mut(&channel).ok_or("cannot_find_channel")?;
    let message = known.message(&ts).ok_or("cannot_find_message")?;
    let text = &message.shown.text;
    let of = |attachment: &Value| attachment["from_url"].as_str().unwrap_or_default().to_owned();
    if !attachments.iter().all(|attachment| text.contains(&of(attachment))) {
        return Err("cannot_unfurl_message".into());
    }
    // Slack takes an answer for what it asked only.
    let asked = if message.links_told { links(text) } else { Vec::new() };
    if !attachments.iter().all(|attachment| asked.iter().any(|(url, _)| *url == of(attachment))) {
        return Err("cannot_unfurl_url".into());
    }
    for (number, attachment) in (1..).zip(&mut attachments) {
        attachment["id"] = json!(number);
    }
    message.shown.attachments = Value::Array(attachments);
    Ok(json!({"ok": true}))
}

/// The channel and the name of the message, given as such or as the id that came with the links.
fn place(request: &Request<'_>) -> Result<(String, String), Refusal> {
    let args = &request.args;
    let Some(id) = args.word("unfurl_id") else {
        let channel = args.word("channel").ok_or("missing_channel")?;
        return Ok((channel, args.word("ts").ok_or("missing_ts")?));
    };
    match args.word("source").ok_or("missing_source")?.as_str() {
        "composer" | "conversations_history" => {}
        _ => return Err("invalid_source".into()),
    }
    let (channel, ts) = id.split_once('.').ok_or("invalid_unfurl_id")?;
    Ok((channel.to_owned(), ts.to_owned()))
}

/// Reads the unfurls: an attachment for each address.
fn shown(request: &mut Request<'_>) -> Result<Vec<Value>, Refusal> {
    let unfurls = request.args.structure("unfurls").ok_or("missing_unfurls")?;
    let Value::Object(unfurls) = unfurls else { return Err("invalid_unfurls_format".into()) };
    let mut attachments = Vec::new();
    for (url, mut content) in unfurls {
        if !content.is_object() {
            return Err("invalid_unfurls_format".into());
        }
        let mut check = Check::default();
        check_attachment(&mut check, &content, &format!("/unfurls/{url}"));
        if !check.problems.is_empty() {
            let code = if content.get("blocks").is_some() { "invalid_blocks" } else { "cannot_parse_attachment" };
            return Err(Refusal::because(code, &check.problems));
        }
        if let Some(blocks) = content.get_mut("blocks") {
            fill_in_ids(blocks, &mut || request.world.next_id());
        }
        content["from_url"] = json!(url);
        content["is_app_unfurl"] = json!(true);
        attachments.push(content);
    }
    if attachments.is_empty() { Err("invalid_unfurls_format".into()) } else { Ok(attachments) }
}
