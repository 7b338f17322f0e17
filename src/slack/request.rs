//! Requests from Slack: nothing is read from one before its signature holds.

use crate::mac;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// How far a request's time stamp may be from ours, in seconds
/// (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).
const TOLERANCE_SECONDS: i64 = 5 * 60;

/// Nothing that comes from Slack is larger, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// The secret that Slack signs with; never empty, never shown.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// Takes a secret; an empty one would let everybody in and is refused.
    pub fn new(secret: SecretString) -> Option<Self> {
        (!secret.expose_secret().trim().is_empty()).then_some(Self(secret))
    }

    /// What Slack would sign a body with at this time, to try whether a server takes it.
    pub fn sign(&self, timestamp: &str, body: &[u8]) -> String {
        format!("v0={}", hex::encode(mac::sign(self.key(), &signed_parts(timestamp, body))))
    }

    fn key(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// Returns what Slack signs: version, timestamp and body.
fn signed_parts<'a>(timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 4] {
    [b"v0:", timestamp.as_bytes(), b":", body]
}

/// Why a request is not believed to be Slack's. Says which check failed, never what would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is not there, or is no text.
    #[error("header `{0}` is missing")]
    MissingHeader(&'static str),
    /// The time stamp is no whole number of seconds.
    #[error("header `x-slack-request-timestamp` is not a number of seconds")]
    BadTimestamp,
    /// The time stamp is over five minutes from ours: a replay, or a clock that is off.
    #[error("the request's timestamp is more than 5 minutes off")]
    Stale,
    /// The signature is not that of these bytes.
    #[error("the signature does not match the body")]
    WrongSignature,
}

impl Refusal {
    /// What to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::MissingHeader(_) => StatusCode::BAD_REQUEST,
            Self::BadTimestamp | Self::Stale | Self::WrongSignature => StatusCode::UNAUTHORIZED,
        }
    }
}

/// The body of a request that Slack signed.
#[derive(Debug)]
pub struct SignedRequest {
    body: Bytes,
}

impl SignedRequest {
    /// Checks Slack's `v0` signature over the raw bytes, in constant time.
    pub fn verify(headers: &HeaderMap, body: Bytes, secret: &SigningSecret, now: Timestamp) -> Result<Self, Refusal> {
        let timestamp = header(headers, "x-slack-request-timestamp")?;
        let signature = header(headers, "x-slack-signature")?;
        let seconds: i64 = timestamp.parse().map_err(|_| Refusal::BadTimestamp)?;
        if now.as_second().saturating_sub(seconds).saturating_abs() > TOLERANCE_SECONDS {
            return Err(Refusal::Stale);
        }
        let digest = signature.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok());
        let digest = digest.ok_or(Refusal::WrongSignature)?;
        if !mac::verify(secret.key(), &signed_parts(timestamp, &body), &digest) {
            return Err(Refusal::WrongSignature);
        }
        Ok(Self { body })
    }

    /// The bytes that were signed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::MissingHeader(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (HeaderMap, Bytes, SigningSecret, Timestamp) {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/fixtures/known-answers.json")).unwrap();
        let vector = &vectors["slack_request_signing"][0];
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-request-timestamp", text("timestamp").parse().unwrap());
        headers.insert("x-slack-signature", text("signature").parse().unwrap());
        let secret = SigningSecret::new(SecretString::from(text("signing_secret"))).unwrap();
        let now = Timestamp::from_second(text("timestamp").parse().unwrap()).unwrap();
        (headers, Bytes::from(text("body")), secret, now)
    }

    #[test]
    fn the_example_of_slacks_documentation_is_accepted() {
        let (headers, body, secret, now) = fixture();
        assert_eq!(SignedRequest::verify(&headers, body.clone(), &secret, now).unwrap().body(), &body);
    }

    #[test]
    fn a_request_five_minutes_off_is_accepted_and_no_later() {
        let (headers, body, secret, now) = fixture();
        for (offset, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let then = Timestamp::from_second(now.as_second() + offset).unwrap();
            let answer = SignedRequest::verify(&headers, body.clone(), &secret, then);
            assert_eq!(answer.is_ok(), accepted, "{offset}");
        }
    }

    #[test]
    fn whatever_differs_from_what_was_signed_is_refused() {
        let (headers, body, secret, now) = fixture();
        let refusal = |headers: &HeaderMap, body: &Bytes| {
            SignedRequest::verify(headers, body.clone(), &secret, now).expect_err("it must not pass")
        };
        assert_eq!(refusal(&headers, &Bytes::from([&body[..], b"------"].concat())), Refusal::WrongSignature);
        let signature = headers["x-slack-signature"].to_str().unwrap().to_owned();
        for wrong in [
            signature.replace("v0=", "v1="),
            signature.replace('=', ""),
            "v0=".to_owned(),
            signature[..40].to_owned(),
            format!("{signature}00"),
        ] {
            let mut headers = headers.clone();
            headers.insert("x-slack-signature", wrong.parse().unwrap());
            assert_eq!(refusal(&headers, &body), Refusal::WrongSignature, "{wrong}");
        }
        for (timestamp, expected) in [
            ("hello", Refusal::BadTimestamp),
            ("-9223372036854775808", Refusal::Stale),
            ("1531420619", Refusal::WrongSignature),
        ] {
            let mut headers = headers.clone();
            headers.insert("x-slack-request-timestamp", timestamp.parse().unwrap());
            assert_eq!(refusal(&headers, &body), expected);
        }
        for name in ["x-slack-signature", "x-slack-request-timestamp"] {
            let mut headers = headers.clone();
            headers.remove(name);
            assert_eq!(refusal(&headers, &body), Refusal::MissingHeader(name));
            assert_eq!(refusal(&headers, &body).status(), StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert!(SigningSecret::new(SecretString::from(" ")).is_none());
    }
}
