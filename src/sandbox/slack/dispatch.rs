//! Sends payloads to the app: by requests, signed as Slack signs them, or by Socket Mode.

use super::{App, Emulator};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write;
use std::time::Duration;

/// The time for which Slack waits for an answer. <https://docs.slack.dev/interactivity/handling-user-interaction>
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The app's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The HTTP status; `None` if there was no answer within 3 seconds, or no connection.
    pub status: Option<u16>,
    /// The body.
    pub body: String,
    /// True if the content type is JSON: Slack accepts nothing else as a message.
    pub is_json: bool,
    /// The `confirm` dialog that the person said yes to on the way, where there was one.
    pub confirmed: Option<Value>,
    /// True if 3 seconds passed without an answer.
    pub timed_out: bool,
}

/// An action that a person cannot do in Slack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The message is not there, or not for that person.
    #[error("message `{0}` is not there")]
    NoMessage(String),
    /// Nothing there can be clicked by this name.
    #[error("there is nothing to click by the name of `{0}`")]
    NoElement(String),
    /// The menu does not offer this.
    #[error("there is no option `{0}`")]
    NoOption(String),
    /// No modal is open.
    #[error("no modal is open")]
    NoModal,
    /// The app answered a menu's question with something that Slack does not show.
    #[error("these are no entries for a menu: {0}")]
    NoSuggestions(String),
    /// The app answered a submission with something that Slack cannot show.
    #[error("We had some trouble connecting. Try again? ({0})")]
    Trouble(String),
    /// An input that is not optional was left empty.
    #[error("input `{0}` is empty")]
    Unfilled(String),
}

impl Answer {
    /// Returns true if the app answered with a 2xx.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl Emulator {
    /// Tells the app of a command.
    pub(super) async fn command(&self, fields: &[(&str, String)]) -> Answer {
        if self.uses_sockets() {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
            return self.send_envelope("slash_commands", Value::Object(fields.collect()), 0).await;
        }
        self.send_form("commands", fields).await
    }

    /// Tells the app of an event, as the `retry`-th repetition.
    pub(super) async fn event(&self, body: Value, retry: u8) -> Answer {
        if self.uses_sockets() {
            return self.send_envelope("events_api", body, retry).await;
        }
        let headers = match retry {
            0 => Vec::new(),
            _ => vec![("x-slack-retry-num", retry.to_string()), ("x-slack-retry-reason", "http_timeout".to_owned())],
        };
        self.send("events", "application/json", body.to_string(), &headers).await
    }

    /// Tells the app of what somebody did with what it showed.
    pub(super) async fn interact(&self, payload: &Value) -> Answer {
        if self.uses_sockets() {
            return self.send_envelope("interactive", payload.clone(), 0).await;
        }
        self.send_form("interactions", &[("payload", payload.to_string())]).await
    }

    /// Sends a form to a place of the app's, such as `commands`.
    async fn send_form(&self, place: &str, fields: &[(&str, String)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("pairs of texts can be written as a form");
        self.send(place, "application/x-www-form-urlencoded", body, &[]).await
    }

    /// Sends a signed request and waits as long as Slack does.
    pub(super) async fn send(
        &self,
        place: &str,
        kind: &str,
        body: String,
        headers: &[(&'static str, String)],
    ) -> Answer {
        let Some(app) = self.world().app.clone() else { return Answer::default() };
        let timestamp = self.0.clock.now().as_second().to_string();
        let mut request = self
            .0
            .client
            .post(format!("{}/slack/{place}", app.base_url))
            .header("content-type", kind)
            .header("accept", "application/json,*/*")
            .header("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("x-slack-request-timestamp", &timestamp)
            .header("x-slack-signature", sign(&app, &timestamp, &body));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let exchange = async {
            let response = request.body(body).send().await?;
            let status = response.status().as_u16();
            let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
            let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
            Ok::<_, reqwest::Error>(Answer {
                status: Some(status),
                is_json,
                body: response.text().await?,
                ..Answer::default()
            })
        };
        match self.0.clock.timeout(ANSWER_TIMEOUT, exchange).await {
            Some(answer) => answer.unwrap_or_default(),
            None => Answer { timed_out: true, ..Answer::default() },
        }
    }
}

/// The v0 signature. <https://docs.slack.dev/authentication/verifying-requests-from-slack>
fn sign(app: &App, timestamp: &str, body: &str) -> String {
    let key = app.signing_secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold("v0=".to_owned(), |mut signature, byte| {
        // Writing to a text cannot fail.
        let _ = write!(signature, "{byte:02x}");
        signature
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_slacks_documentation() {
        let app = App { base_url: String::new(), signing_secret: "8f742231b10e8888abcd99yyyzzz85a5".to_owned().into() };
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
            channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
            response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
            trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert_eq!(sign(&app, "1531420618", body), expected);
    }
}
