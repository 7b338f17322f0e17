//! A webhook body whose signature was checked, and the secrets it is checked against.

use crate::model::MessageId;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use std::sync::Arc;
use svix::webhooks::{Webhook, WebhookError};

/// How far a message's timestamp may be from now, either way, in seconds
/// (<https://docs.svix.com/receiving/verifying-payloads/how-manual>).
const TIMESTAMP_TOLERANCE_SECONDS: u64 = 5 * 60;

/// The signing secrets of one endpoint: one, or two while it is being rotated. Prints without them; cheap to clone.
#[derive(Debug, Clone)]
pub struct Secrets(Arc<[Webhook]>);

impl Secrets {
    /// Reads one or two secrets, separated by a comma, each with or without `whsec_`.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let secrets = text
            .split(',')
            .map(|secret| {
                Webhook::new(secret.trim()).map_err(|error| match error {
                    WebhookError::EmptySecret => SecretError::Empty,
                    _ => SecretError::NotBase64,
                })
            })
            .take(3)
            .collect::<Result<Arc<[_]>, _>>()?;
        if secrets.len() > 2 {
            return Err(SecretError::TooMany);
        }
        Ok(Self(secrets))
    }
}

/// Why a text holds no signing secrets. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing, or nothing behind `whsec_`: it would accept what anybody signs.
    #[error("a signing secret is empty")]
    Empty,
    /// Not what Segments.ai hands out.
    #[error("a signing secret must be `whsec_` followed by base64")]
    NotBase64,
    /// More than a rotation needs.
    #[error("there are more than two signing secrets")]
    TooMany,
}

/// A message whose signature and timestamp were checked; there is no other way to make one.
#[derive(Debug, Clone)]
pub struct SignedWebhook {
    message: MessageId,
    body: Bytes,
}

impl SignedWebhook {
    /// Checks headers and body against each of the secrets.
    ///
    /// Both families of headers are taken, `svix-*` before `webhook-*`, header by header and the first of a repeated
    /// one: exactly the choice of the crate that checks the signature, so that the id given out is the id signed,
    /// whatever mixture was sent.
    pub fn verify(headers: &HeaderMap, body: Bytes, secrets: &Secrets, now: Timestamp) -> Result<Self, WebhookRefusal> {
        let message = MessageId::parse(header(headers, "id")?).map_err(|_| WebhookRefusal::BadHeader("id"))?;
        let sent_at: i64 = header(headers, "timestamp")?.parse().map_err(|_| WebhookRefusal::Timestamp)?;
        header(headers, "signature")?;
        if now.as_second().abs_diff(sent_at) > TIMESTAMP_TOLERANCE_SECONDS {
            return Err(WebhookRefusal::Timestamp);
        }
        let mut refusal = WebhookRefusal::Signature;
        for secret in &*secrets.0 {
            match secret.verify_ignoring_timestamp(&body, headers) {
                Ok(()) => return Ok(Self { message, body }),
                Err(WebhookError::InvalidPayload) => refusal = WebhookRefusal::NotText,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// The sender's id of the message: the same on every retry, and part of what was signed.
    pub fn message(&self) -> &MessageId {
        &self.message
    }

    /// The body as it was sent.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

/// Which check a request failed; never what would have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// A request that is no webhook at all.
    #[error("the `svix-{0}` header is missing")]
    MissingHeader(&'static str),
    /// A header that the sender never makes.
    #[error("the `svix-{0}` header is malformed")]
    BadHeader(&'static str),
    /// A body that is no text, which is never signed.
    #[error("the body is not UTF-8")]
    NotText,
    /// An old message, one from the future, or one without a readable time.
    #[error("the timestamp is too old or in the future")]
    Timestamp,
    /// Signed with another secret, or not this body.
    #[error("the signature does not match")]
    Signature,
}

impl WebhookRefusal {
    /// What the sender is answered.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::MissingHeader(_) | Self::BadHeader(_) | Self::NotText => StatusCode::BAD_REQUEST,
            Self::Timestamp | Self::Signature => StatusCode::UNAUTHORIZED,
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, WebhookRefusal> {
    let (svix, unbranded) = match name {
        "id" => ("svix-id", "webhook-id"),
        "timestamp" => ("svix-timestamp", "webhook-timestamp"),
        _ => ("svix-signature", "webhook-signature"),
    };
    let value = headers.get(svix).or_else(|| headers.get(unbranded)).ok_or(WebhookRefusal::MissingHeader(name))?;
    value.to_str().map_err(|_| WebhookRefusal::BadHeader(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_would_accept_anything_are_refused() {
        for (text, error) in [
            ("", SecretError::Empty),
            ("whsec_", SecretError::Empty),
            ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD,", SecretError::Empty),
            ("whsec_not base64", SecretError::NotBase64),
            ("YWE=,YmI=,Y2M=", SecretError::TooMany),
        ] {
            assert_eq!(Secrets::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn secrets_print_without_what_they_hold() {
        let secrets = Secrets::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let printed = format!("{secrets:?}");
        assert!(printed.contains("redacted") && !printed.contains("C2FV"), "{printed}");
    }
}
