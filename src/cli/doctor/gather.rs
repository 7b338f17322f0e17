//! Finds the facts out: what is on this machine, and what Slack, Segments.ai and the public address answer, all at once.

use super::facts::{
    ConnectionFailure, Facts, ProbeResponse, PublicUrlFacts, RequestRejection, SettingsFacts, SlackProbeError,
};
use super::local;
use super::probe::{HttpProber, PROBE_TIMEOUT, RawResponse};
use crate::clock::Clock;
use crate::config::{Config, StoreUrl};
use crate::metrics::Tally;
use crate::segments::api::{ErrorKind, SegmentsApi, SegmentsError, User};
use crate::slack::look::{self, Look};
use crate::slack::request::{self, SigningSecret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;
use uuid::Uuid;

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
            Some(token) => Some(socket(&prober, &config.slack_api_url, token).await),
            None => None,
        }
    };
    let ((folder, store), (slack, ahead), socket, public, segments) = tokio::join!(
        local::look(&prober, config, folder, clock),
        slack(&prober, &config.slack_api_url, config.bot_token.as_ref()),
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

/// Whether a text looks like a signing secret of Slack's.
fn is_slacks(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a text looks like a signing secret of Svix's, by which Segments.ai sends its webhooks.
fn is_svixs(text: &str) -> bool {
    let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
}

/// Asks Slack whose a token is, or only whether it is there; and how far this machine's clock is ahead.
pub(super) async fn slack(
    prober: &HttpProber,
    api_url: &Url,
    token: Option<&SecretString>,
) -> (Result<Look, SlackProbeError>, Option<SignedDuration>) {
    match looked(prober.ask(api_url, |client| look::request(client, api_url, token)).await) {
        Ok((look, times)) => {
            let ahead = look.date.map(|date| ahead(times, date));
            (Ok(look), ahead)
        }
        Err(why) => (Err(why), None),
    }
}

/// Asks Slack whether an app token opens connections.
async fn socket(prober: &HttpProber, api_url: &Url, token: &SecretString) -> Result<Look, SlackProbeError> {
    let answer = prober.ask(api_url, |client| look::socket_request(client, api_url, token)).await;
    looked(answer).map(|(look, _)| look)
}

/// What Slack said, and when it was asked and answered.
fn looked(answer: Result<RawResponse, ConnectionFailure>) -> Result<(Look, (Timestamp, Timestamp)), SlackProbeError> {
    let answer = answer.map_err(SlackProbeError::Connection)?;
    if answer.status != StatusCode::OK {
        return Err(SlackProbeError::Status(answer.status.as_u16()));
    }
    let look = look::read(&answer.headers, &answer.body).ok_or(SlackProbeError::Unreadable)?;
    Ok((look, answer.times))
}

/// How far a clock is ahead of another at least, which showed this time, in whole seconds, between two times.
fn ahead((asked, answered): (Timestamp, Timestamp), date: Timestamp) -> SignedDuration {
    let least = asked.duration_since(date) - SignedDuration::from_secs(1);
    let most = answered.duration_since(date);
    if least.is_positive() {
        least
    } else if most.is_negative() {
        most
    } else {
        SignedDuration::ZERO
    }
}

/// Asks at the public address: whether anything of ours is there, and whether it believes what Slack would sign.
async fn public(prober: &HttpProber, url: &Url, secret: Option<&SecretString>, clock: &Clock) -> PublicUrlFacts {
    let base = url.as_str().trim_end_matches('/').to_owned();
    let challenge = Uuid::new_v4().to_string();
    let question = json!({"type": "url_verification", "challenge": challenge}).to_string();
    let timestamp = clock.now().as_second().to_string();
    let secret = secret.and_then(|secret| SigningSecret::new(secret.clone()));
    let signature = secret.map(|secret| secret.sign(&timestamp, question.as_bytes()));
    let health = prober.ask(url, |client| client.get(format!("{base}/healthz")));
    let events = async {
        let signature = signature?;
        let answer = prober.ask(url, |client| {
            client
                .post(format!("{base}/slack/events"))
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-slack-request-timestamp", timestamp)
                .header("x-slack-signature", signature)
                .body(question)
        });
        Some(answer.await)
    };
    let (place, health, events) = tokio::join!(prober.place(url), health, events);
    PublicUrlFacts {
        url: base,
        place,
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

/// Asks Segments.ai whose the API key is.
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

    #[test]
    fn a_clock_is_only_as_far_off_as_is_certain() {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        let far = |asked, answered, date| ahead((at(asked), at(answered)), at(date)).as_millis();
        assert_eq!(far(10_000, 10_900, 10_000), 0, "in time");
        assert_eq!(far(10_999, 11_100, 10_000), 0, "a header has whole seconds");
        assert_eq!(far(9_000, 16_000, 15_000), 0, "the answer took its time");
        assert_eq!(far(50_000, 50_100, 10_000), 39_000);
        assert_eq!(far(10_000, 10_100, 50_000), -39_900);
    }
}
