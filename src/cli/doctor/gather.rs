//! Collects the facts concurrently: from this machine, Slack, Segments.ai and the public address.

use super::facts::{Facts, ProbeResponse, PublicUrlFacts, RequestRejection, SettingsFacts};
use super::probe::{HttpProber, PROBE_TIMEOUT, RawResponse};
use super::{local, slack_probe};
use crate::clock::Clock;
use crate::config::{Config, StoreUrl};
use crate::metrics::Tally;
use crate::segments::api::{ErrorKind, SegmentsApi, SegmentsError, User};
use crate::slack::request::{self, SigningSecret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;
use uuid::Uuid;

/// Collects all facts about an installation with a valid configuration.
pub(super) async fn gather(config: &Config, clock: &Clock) -> Facts {
    let prober = HttpProber::new(clock.clone());
    let StoreUrl::Sled(folder) = &config.store;
    let public = async {
        match &config.public_url {
            Some(url) => Some(public(&prober, url, config.signing_secret.as_ref(), clock).await),
            None => None,
        }
    };
    let socket = async {
        match &config.app_token {
            Some(token) => Some(slack_probe::socket(&prober, &config.slack_api_url, token).await),
            None => None,
        }
    };
    let ((folder, store), (slack, ahead), socket, public, segments) = tokio::join!(
        local::inspect(&prober, config, folder, clock),
        slack_probe::slack(&prober, &config.slack_api_url, config.bot_token.as_ref()),
        socket,
        public,
        segments(config, clock),
    );
    Facts { now: clock.now(), settings: settings(config), folder, store, slack, ahead, socket, public, segments }
}

fn settings(config: &Config) -> SettingsFacts {
    let base = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    let redirect = config.oauth.as_ref().zip(config.public_url.as_ref());
    SettingsFacts {
        listen: config.listen.to_string(),
        slack_api_url: base(&config.slack_api_url),
        has_token: config.bot_token.is_some(),
        signing_secret: config.signing_secret.as_ref().map(|secret| is_slacks(secret.expose_secret())),
        webhook_secrets: config.webhook_secrets.iter().map(|secret| is_svixs(secret.expose_secret())).collect(),
        redirect_url: redirect.map(|(_, url)| format!("{}/slack/oauth", base(url))),
        backup_keep: config.backup_keep,
    }
}

/// Reports whether a text has the format of a Slack signing secret.
fn is_slacks(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reports whether a text has the format of a Svix signing secret, which Segments.ai uses.
fn is_svixs(text: &str) -> bool {
    let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
}

/// Probes the public address: checks `/healthz`, and sends `/slack/events` a request signed as Slack signs it.
async fn public(prober: &HttpProber, url: &Url, secret: Option<&SecretString>, clock: &Clock) -> PublicUrlFacts {
    let base = url.as_str().trim_end_matches('/').to_owned();
    let challenge = Uuid::new_v4().to_string();
    let question = json!({"type": "url_verification", "challenge": challenge}).to_string();
    let timestamp = clock.now().as_second().to_string();
    let secret = secret.and_then(|secret| SigningSecret::new(secret.clone()));
    let signature = secret.map(|secret| secret.sign(&timestamp, question.as_bytes()));
    let health = prober.send(url, |client| client.get(format!("{base}/healthz")));
    let events = async {
        let signature = signature?;
        let answer = prober.send(url, |client| {
            client
                .post(format!("{base}/slack/events"))
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-slack-request-timestamp", timestamp)
                .header("x-slack-signature", signature)
                .body(question)
        });
        Some(answer.await)
    };
    let (scope, health, events) = tokio::join!(prober.scope(url), health, events);
    PublicUrlFacts {
        url: base,
        scope,
        health: health.map(|answer| reply(&answer, "ok")),
        events: events.map(|events| events.map(|answer| reply(&answer, &challenge))),
    }
}

fn reply(answer: &RawResponse, expected: &str) -> ProbeResponse {
    let body = String::from_utf8_lossy(&answer.body);
    let says = |refusal: request::Refusal| {
        answer.status == StatusCode::UNAUTHORIZED && body.contains(refusal.to_string().as_str())
    };
    let signature = says(request::Refusal::WrongSignature).then_some(RequestRejection::Signature);
    ProbeResponse {
        status: answer.status.as_u16(),
        location: answer.headers.get(header::LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned()),
        is_ours: answer.status == StatusCode::OK && body.trim() == expected,
        refused: signature.or(says(request::Refusal::Stale).then_some(RequestRejection::Time)),
    }
}

/// Asks Segments.ai who the API key belongs to.
async fn segments(config: &Config, clock: &Clock) -> Option<Result<User, SegmentsError>> {
    let key = config.segments_api_key.as_ref()?;
    let lost = |trouble| Err(SegmentsError::Unavailable(trouble));
    let Ok(api) = SegmentsApi::new(config.segments_api_url.clone(), clock.clone(), Tally::default()) else {
        return Some(lost(ErrorKind::Unreachable));
    };
    Some(clock.timeout(PROBE_TIMEOUT, api.me(key)).await.unwrap_or_else(|| lost(ErrorKind::TimedOut)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_shape() {
        assert!(is_slacks("8f742231b10e8888abcd99eeeccc85a5"));
        for other in [
            "",
            "8f742231b10e8888abcd99yyyzzz85a5",
            "8f742231b10e8888abcd99eeeccc85a",
            "8F742231B10E8888ABCD99EEECCC85A5",
        ] {
            assert!(!is_slacks(other), "{other}");
        }
        assert!(is_svixs("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        for other in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjU", "whsec_", "whsec_?"] {
            assert!(!is_svixs(other), "{other}");
        }
    }
}
