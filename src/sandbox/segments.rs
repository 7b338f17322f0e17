//! Stands in for Segments.ai: a sender that signs webhooks as Svix does.

use crate::config::is_loopback;
use http::StatusCode;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use svix::webhooks::{Webhook, WebhookError};
use thiserror::Error;
use url::Url;
use uuid::Uuid;

/// Signs webhooks with one secret and posts them to one endpoint.
pub struct Sender {
    client: reqwest::Client,
    endpoint: Url,
    signer: Webhook,
}

/// A server's answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its status.
    pub status: StatusCode,
    /// The id that the webhook carried; a server that saw it before acts no more.
    pub message_id: String,
}

/// The reason why a webhook could not be sent or got no answer.
#[derive(Debug, Error)]
pub enum SendError {
    /// The secret signs nothing.
    #[error("the webhook secret must be base64, with or without the prefix `whsec_`")]
    Secret,
    /// The machine has no usable TLS set-up.
    #[error("could not create an HTTP client")]
    Client(#[source] reqwest::Error),
    /// No answer came; the address is left out since it may name an account.
    #[error("the endpoint did not respond")]
    NoAnswer(#[source] reqwest::Error),
}

impl Sender {
    /// A sender to `endpoint` with a secret such as `whsec_…`.
    pub fn new(endpoint: Url, secret: &SecretString) -> Result<Self, SendError> {
        let signer = Webhook::new(secret.expose_secret()).map_err(|_: WebhookError| SendError::Secret)?;
        let builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none());
        // A proxy of the environment cannot reach this machine's own loopback.
        let builder = if is_loopback(&endpoint) { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build().map_err(SendError::Client)?, endpoint, signer })
    }

    /// Sends a webhook under a fresh message id.
    pub async fn send(&self, body: &Value, now: Timestamp) -> Result<Sent, SendError> {
        self.resend(&fresh_message_id(), body, now).await
    }

    /// Sends a webhook under the id of an earlier one, as Svix does when it got no 2xx.
    pub async fn resend(&self, message_id: &str, body: &Value, now: Timestamp) -> Result<Sent, SendError> {
        let body = body.to_string();
        let signature = self.sign(message_id, now, &body);
        self.post(message_id, now, signature, body).await
    }

    /// Sends a webhook whose signature belongs to another body.
    pub async fn send_with_wrong_signature(&self, body: &Value, now: Timestamp) -> Result<Sent, SendError> {
        let message_id = fresh_message_id();
        let signature = self.sign(&message_id, now, "{}");
        self.post(&message_id, now, signature, format!("{body} ")).await
    }

    fn sign(&self, message_id: &str, now: Timestamp, body: &str) -> String {
        self.signer.sign(message_id, now.as_second(), body.as_bytes()).expect("a `str` is UTF-8")
    }

    async fn post(&self, id: &str, now: Timestamp, signature: String, body: String) -> Result<Sent, SendError> {
        let answer = self
            .client
            .post(self.endpoint.clone())
            .header("content-type", "application/json")
            .header("svix-id", id)
            .header("svix-timestamp", now.as_second().to_string())
            .header("svix-signature", signature)
            .body(body)
            .send()
            .await
            .map_err(|error| SendError::NoAnswer(error.without_url()))?;
        Ok(Sent { status: answer.status(), message_id: id.to_owned() })
    }
}

pub(super) fn fresh_message_id() -> String {
    format!("msg_{}", Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T09:14:27.301944Z".parse().unwrap()
    }

    #[test]
    fn a_signed_webhook_carries_what_its_receiver_checks() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let sender = Sender::new("http://127.0.0.1:1/".parse().unwrap(), &secret).unwrap();
        let mut headers = http::HeaderMap::new();
        headers.insert("svix-id", "msg_1".parse().unwrap());
        headers.insert("svix-timestamp", now().as_second().to_string().parse().unwrap());
        headers.insert("svix-signature", sender.sign("msg_1", now(), "{\"a\":1}").parse().unwrap());
        let receiver = Webhook::new(secret.expose_secret()).unwrap();
        receiver.verify_ignoring_timestamp(b"{\"a\":1}", &headers).unwrap();
        assert!(receiver.verify_ignoring_timestamp(b"{\"a\":2}", &headers).is_err());
    }

    #[test]
    fn a_secret_that_is_not_base64_is_refused() {
        let refused = Sender::new("http://127.0.0.1:1/".parse().unwrap(), &SecretString::from("whsec_!"));
        assert!(matches!(refused, Err(SendError::Secret)));
    }
}
