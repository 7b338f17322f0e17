//! The connection of Socket Mode: opened by a call, then text frames to and fro.

use super::{READ_LIMIT, SlackApi};
use crate::clock::Clock;
use crate::slack::error::SlackError;
use crate::slack::request::LARGEST;
use futures_util::{SinkExt, StreamExt};
use hyper::service::Service;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use slack_morphism::prelude::{SlackApiToken, SlackApiTokenValue};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

/// A frame that cannot be written in this time is not taken any more.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

type Stream = TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>;

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<Stream>,
    clock: Clock,
}

/// What came over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A text frame.
    Text(Utf8Bytes),
    /// A sign of life, which is answered by itself where it asks for that.
    Sign,
    /// A binary frame, which Slack never sends.
    Binary,
    /// A frame that is larger than anything of Slack's. It was not read, and nothing more can be.
    TooLarge,
    /// The end.
    End,
}

/// A connection over which nothing can be written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was closed")]
pub struct Broken;

#[derive(Deserialize)]
struct Opened {
    url: String,
}

impl SlackApi {
    /// Opens a connection for an app-level token. Its address is good for one use, and for whoever has it.
    pub async fn open_socket(&self, token: &SecretString) -> Result<Socket, SlackError> {
        let token = SlackApiToken::new(SlackApiTokenValue(token.expose_secret().to_owned()));
        let session = self.client.open_session(&token);
        let request = serde_json::json!({});
        let call = session.http_session_api.http_post("apps.connections.open", &request, None);
        let opened: Opened = self.within(READ_LIMIT, call).await?;
        match self.clock.timeout(READ_LIMIT, Box::pin(self.connect(&opened.url))).await {
            Some(Some(stream)) => Ok(Socket { stream, clock: self.clock.clone() }),
            // Nothing that counts was sent.
            Some(None) | None => Err(SlackError::Unreachable),
        }
    }

    async fn connect(&self, address: &str) -> Option<WebSocketStream<Stream>> {
        let mut url = Url::parse(address).ok()?;
        let scheme = match url.scheme() {
            "wss" => "https",
            "ws" if self.is_plain => "http",
            _ => return None,
        };
        // The connector knows these names, and both begin alike.
        let request = url.as_str().to_owned();
        url.set_scheme(scheme).ok()?;
        let connector = TowerToHyperService::new(self.connector.clone());
        let stream = connector.call(url.as_str().parse().ok()?).await.ok()?;
        let limits = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let (stream, _) = client_async_with_config(request, TokioIo::new(stream), Some(limits)).await.ok()?;
        Some(stream)
    }
}

impl Socket {
    /// Waits for the next frame; nothing is lost if that is given up.
    pub async fn heard(&mut self) -> Heard {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Heard::Text(text),
            Some(Ok(Message::Binary(_))) => Heard::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Sign,
            Some(Err(Error::Capacity(_))) => Heard::TooLarge,
            Some(Ok(Message::Close(_)) | Err(_)) | None => Heard::End,
        }
    }

    /// Sends a text frame.
    pub async fn say(&mut self, text: String) -> Result<(), Broken> {
        self.send(Message::text(text)).await
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self) -> Result<(), Broken> {
        self.send(Message::Ping(bytes::Bytes::new())).await
    }

    /// Says that this is the end.
    pub async fn close(mut self) {
        // Whoever does not take it sees the end of the connection.
        let _ = self.send(Message::Close(None)).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Broken> {
        let sent = self.clock.timeout(WRITE_LIMIT, self.stream.send(message)).await;
        sent.and_then(Result::ok).ok_or(Broken)
    }
}
