//! The calls we make to Slack. Tokens go in here and nowhere else; errors come out as what they mean to the caller.

mod channels;
mod people;
mod socket;
mod surfaces;

pub use channels::ChannelInfo;
pub use people::{EnterpriseUser, Profile, UserInfo};
pub use socket::{Broken, Heard, Socket};
pub use surfaces::Membership;

use super::error::SlackError;
use crate::clock::Clock;
use crate::model::{ChannelRef, MessageTs, ThreadReply, UserId, WorkspaceId};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use parking_lot::RwLock;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use slack_morphism::prelude::{
    SlackApiChatPostMessageRequest, SlackApiChatUpdateRequest, SlackApiToken, SlackApiTokenValue, SlackClient,
    SlackClientHyperConnector, SlackMessageContent, SlackMessageMetadata,
};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Slack may fetch an image for 12 s before it takes a message; a client that gives up earlier makes copies.
const POST_LIMIT: Duration = Duration::from_secs(20);
/// For reads, which people may be waiting for.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// `event_type` of the metadata that carries a call's id.
const CALL_METADATA: &str = "segments_slack_call";
/// Messages on a page of a channel's history, as many as Slack recommends, …
const PAGE: &str = "200";
/// … and pages that are read at most: in the minutes of one call nobody writes more.
const PAGES: usize = 15;

type Https = HttpsConnector<HttpConnector>;

/// Slack's Web API for every workspace that the app is installed in.
pub struct SlackApi {
    client: SlackClient<SlackClientHyperConnector<Https>>,
    /// Opens what the client opens, for sockets.
    connector: Https,
    /// Whether the API is on this machine, and sockets without TLS are too.
    is_plain: bool,
    clock: Clock,
    installations: RwLock<HashMap<WorkspaceId, Arc<Installation>>>,
}

/// What an installation in a workspace is known by.
pub struct Installation {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The bot's user there.
    pub bot: UserId,
    /// Where people open the workspace, such as `https://acme.slack.com/`; none if Slack did not say.
    pub url: Option<Url>,
    token: SlackApiToken,
}

#[derive(Deserialize)]
struct AuthTest {
    team_id: String,
    user_id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    is_enterprise_install: bool,
}

/// A message of ours as Slack took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its name.
    pub ts: MessageTs,
    /// The parent of the thread that it stands in.
    pub thread: Option<MessageTs>,
}

#[derive(Deserialize)]
struct Sent {
    ts: String,
    message: Option<InThread>,
}

#[derive(Deserialize)]
struct InThread {
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
struct History {
    messages: Vec<HistoryMessage>,
    response_metadata: Option<More>,
}

#[derive(Deserialize)]
struct More {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct HistoryMessage {
    ts: String,
    thread_ts: Option<String>,
    metadata: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Nothing {}

impl SlackApi {
    /// A client of the API at `api_url` (with its `/api`): plain http is taken too, which configuration allows on
    /// loopback only. Fails if the system's certificates cannot be read.
    pub fn new(api_url: &str, clock: Clock) -> std::io::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // An acknowledgement does not wait for one of the one before.
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = SlackClientHyperConnector::with_connector(connector.clone());
        let client = SlackClient::new(client.with_slack_api_url(api_url.trim_end_matches('/')));
        let is_plain = api_url.starts_with("http:");
        Ok(Self { client, connector, is_plain, clock, installations: RwLock::default() })
    }

    /// Learns from Slack which workspace and bot a token belongs to, and keeps it for calls there.
    pub async fn install(&self, token: &SecretString) -> Result<Arc<Installation>, SlackError> {
        let installation = Arc::new(self.identify(token).await?);
        self.keep(Arc::clone(&installation));
        Ok(installation)
    }

    /// Learns from Slack which workspace and bot a token belongs to: for an organisation's, which organisation.
    pub async fn identify(&self, token: &SecretString) -> Result<Installation, SlackError> {
        let token = SlackApiToken::new(SlackApiTokenValue(token.expose_secret().to_owned()));
        let session = self.client.open_session(&token);
        let request = serde_json::json!({});
        let call = session.http_session_api.http_post("auth.test", &request, None);
        let known: AuthTest = self.within(READ_LIMIT, call).await?;
        let owner = known.enterprise_id.filter(|_| known.is_enterprise_install).unwrap_or(known.team_id);
        Ok(Installation {
            workspace: WorkspaceId::parse(owner).map_err(|_| SlackError::Lost)?,
            bot: UserId::parse(known.user_id).map_err(|_| SlackError::Lost)?,
            url: known.url.and_then(|url| Url::parse(&url).ok()).filter(|url| url.scheme() == "https"),
            token,
        })
    }

    /// Keeps an installation for calls in its workspace, in place of the one before.
    pub fn keep(&self, installation: Arc<Installation>) {
        let mut installations = self.installations.write();
        installations.insert(installation.workspace.clone(), installation);
    }

    /// Makes no call in a workspace any more.
    pub fn forget(&self, workspace: &WorkspaceId) {
        self.installations.write().remove(workspace);
    }

    /// The installation in a workspace.
    pub fn installation(&self, workspace: &WorkspaceId) -> Option<Arc<Installation>> {
        self.installations.read().get(workspace).cloned()
    }

    /// Posts a message that carries the call's id in its metadata.
    pub async fn post(
        &self,
        channel_ref: &ChannelRef,
        content: SlackMessageContent,
        call: Uuid,
    ) -> Result<MessageTs, SlackError> {
        Ok(self.send(channel_ref, content, call, None).await?.ts)
    }

    /// Posts a message into a thread. Where its parent was deleted, Slack puts it into the channel and says so by naming
    /// no thread (seen, undocumented).
    pub async fn reply(
        &self,
        channel_ref: &ChannelRef,
        thread: &ThreadReply,
        content: SlackMessageContent,
        call: Uuid,
    ) -> Result<Posted, SlackError> {
        self.send(channel_ref, content, call, Some(thread)).await
    }

    async fn send(
        &self,
        channel_ref: &ChannelRef,
        content: SlackMessageContent,
        call: Uuid,
        thread: Option<&ThreadReply>,
    ) -> Result<Posted, SlackError> {
        let payload = HashMap::from([("call".to_owned(), call.to_string())]);
        let metadata = SlackMessageMetadata { event_type: CALL_METADATA.to_owned(), event_payload: Some(payload) };
        let request =
            SlackApiChatPostMessageRequest::new(channel_ref.channel.as_str().into(), content.with_metadata(metadata))
                .opt_thread_ts(thread.map(|thread| thread.parent.as_str().into()))
                .opt_reply_broadcast(thread.filter(|thread| thread.broadcast).map(|_| true))
                .with_unfurl_links(false)
                .with_unfurl_media(false);
        let sent: Sent = self.write(&channel_ref.workspace, "chat.postMessage", &request, POST_LIMIT).await?;
        let asked = || thread.map(|thread| thread.parent.to_string());
        posted(sent.ts, sent.message.map_or_else(asked, |message| message.thread_ts))
    }

    /// Writes to one person, in the direct conversation with them, which Slack opens where there is none.
    pub async fn write_to(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        content: SlackMessageContent,
    ) -> Result<(), SlackError> {
        let request = SlackApiChatPostMessageRequest::new(user.as_str().into(), content)
            .with_unfurl_links(false)
            .with_unfurl_media(false);
        let Nothing {} = self.write(workspace, "chat.postMessage", &request, POST_LIMIT).await?;
        Ok(())
    }

    /// Shows something else in a message of ours. Doing it twice changes nothing more. The message keeps the id of the
    /// call that posted it: Slack leaves metadata alone that is not mentioned.
    pub async fn update(
        &self,
        channel_ref: &ChannelRef,
        ts: &MessageTs,
        content: SlackMessageContent,
    ) -> Result<(), SlackError> {
        // Blocks and attachments that are not mentioned would stay too.
        let (blocks, attachments) = (content.blocks.clone(), content.attachments.clone());
        let content = content.with_blocks(blocks.unwrap_or_default());
        let content = content.with_attachments(attachments.unwrap_or_default());
        let request = SlackApiChatUpdateRequest::new(channel_ref.channel.as_str().into(), content, ts.as_str().into());
        let Nothing {} = self.write(&channel_ref.workspace, "chat.update", &request, POST_LIMIT).await?;
        Ok(())
    }

    /// Looks for the message of a call in what was said in its channel between these times (in seconds); for a reply, in its
    /// thread first.
    pub async fn find_call(
        &self,
        channel_ref: &ChannelRef,
        thread: Option<&ThreadReply>,
        call: Uuid,
        times: Range<i64>,
    ) -> Result<Option<Posted>, SlackError> {
        if let Some(thread) = thread {
            match self.find(channel_ref, Some(&thread.parent), call, times.clone()).await {
                Ok(None) => {}
                Err(SlackError::Refused(code)) if code == "thread_not_found" => {}
                found => return found,
            }
        }
        self.find(channel_ref, None, call, times).await
    }

    async fn find(
        &self,
        channel_ref: &ChannelRef,
        thread: Option<&MessageTs>,
        call: Uuid,
        times: Range<i64>,
    ) -> Result<Option<Posted>, SlackError> {
        let (oldest, latest, call) = (times.start.to_string(), times.end.to_string(), call.to_string());
        let is_it = |metadata: &serde_json::Value| {
            metadata["event_type"] == CALL_METADATA && metadata["event_payload"]["call"] == call.as_str()
        };
        let method = if thread.is_some() { "conversations.replies" } else { "conversations.history" };
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut query = vec![
                ("channel", channel_ref.channel.as_str()),
                ("oldest", &oldest),
                ("latest", &latest),
                ("limit", PAGE),
                ("include_all_metadata", "true"),
            ];
            query.extend(thread.map(|thread| ("ts", thread.as_str())));
            query.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
            let page: History = self.read(&channel_ref.workspace, method, &query).await?;
            let found = page.messages.into_iter().find(|message| message.metadata.as_ref().is_some_and(is_it));
            if let Some(message) = found {
                return posted(message.ts, message.thread_ts).map(Some);
            }
            cursor = page.response_metadata.map(|more| more.next_cursor).unwrap_or_default();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    async fn write<Q: Serialize + Send + Sync, A: DeserializeOwned + Send>(
        &self,
        workspace: &WorkspaceId,
        method: &str,
        request: &Q,
        limit: Duration,
    ) -> Result<A, SlackError> {
        let installation = self.installation(workspace).ok_or(SlackError::NotInstalled)?;
        let session = self.client.open_session(&installation.token);
        self.within(limit, session.http_session_api.http_post(method, request, None)).await
    }

    async fn read<A: DeserializeOwned + Send>(
        &self,
        workspace: &WorkspaceId,
        method: &str,
        query: &[(&str, &str)],
    ) -> Result<A, SlackError> {
        let installation = self.installation(workspace).ok_or(SlackError::NotInstalled)?;
        let session = self.client.open_session(&installation.token);
        let query: Vec<(&str, Option<&str>)> = query.iter().map(|(name, value)| (*name, Some(*value))).collect();
        self.within(READ_LIMIT, session.http_session_api.http_get(method, &query, None)).await
    }

    async fn within<A>(
        &self,
        limit: Duration,
        call: impl Future<Output = slack_morphism::ClientResult<A>>,
    ) -> Result<A, SlackError> {
        match self.clock.answer_within(limit, call).await {
            Some(answer) => answer.map_err(SlackError::from),
            None => Err(SlackError::Lost),
        }
    }
}

/// A message by its names as Slack writes them.
fn posted(ts: String, thread: Option<String>) -> Result<Posted, SlackError> {
    let thread = thread.map(MessageTs::parse).transpose();
    let (ts, thread) = MessageTs::parse(ts).ok().zip(thread.ok()).ok_or(SlackError::Lost)?;
    Ok(Posted { ts, thread })
}
