//! Answers to commands and clicks: as the body of our HTTP answer, or later through Slack's `response_url`.

use crate::clock::Clock;
use serde::Serialize;
use slack_morphism::prelude::SlackMessageContent;
use std::time::Duration;
use url::Url;

/// How long a later answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// An answer as Slack takes it, in an HTTP answer and at a `response_url` alike.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    response_type: &'static str,
    replace_original: bool,
    delete_original: bool,
    #[serde(flatten)]
    content: SlackMessageContent,
}

impl Answer {
    /// Seen by the one who asked.
    pub fn ephemeral(content: SlackMessageContent) -> Self {
        Self { response_type: "ephemeral", replace_original: false, delete_original: false, content }
    }

    /// Seen by everybody in the channel.
    pub fn in_channel(content: SlackMessageContent) -> Self {
        Self { response_type: "in_channel", replace_original: false, delete_original: false, content }
    }

    /// Takes the message that was clicked away.
    pub fn delete() -> Self {
        Self { delete_original: true, ..Self::ephemeral(SlackMessageContent::new()) }
    }

    /// In place of the message that was clicked.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replace_original = true;
        self
    }
}

/// Why a later answer did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum RespondError {
    /// The address is not one of Slack's: nothing was sent.
    #[error("the response URL does not belong to Slack")]
    NotSlacks,
    /// Slack refused it, with its HTTP status.
    #[error("the response URL returned HTTP status {0}")]
    Refused(u16),
    /// No answer.
    #[error("the response URL did not respond")]
    Unreachable,
}

/// Posts to response urls, and to nothing else.
pub struct Responder {
    http: reqwest::Client,
    clock: Clock,
    /// The API's own address, whose host is Slack's or, in tests and the sandbox, an emulator's.
    api_url: Url,
}

impl Responder {
    /// A responder that believes the API's host besides Slack's own.
    pub fn new(api_url: Url, clock: Clock) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, clock, api_url })
    }

    /// Sends an answer. Slack takes five for each url, within 30 minutes.
    pub async fn respond(&self, response_url: &str, answer: &Answer) -> Result<(), RespondError> {
        let url = Url::parse(response_url).ok().filter(|url| self.is_slacks(url)).ok_or(RespondError::NotSlacks)?;
        let sent = self.clock.answer_within(LIMIT, self.http.post(url).json(answer).send()).await;
        match sent {
            Some(Ok(response)) if response.status().is_success() => Ok(()),
            Some(Ok(response)) => Err(RespondError::Refused(response.status().as_u16())),
            Some(Err(_)) | None => Err(RespondError::Unreachable),
        }
    }

    fn is_slacks(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let slacks = ["slack.com", "slack-gov.com"]
            .iter()
            .any(|home| host.strip_suffix(home).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        let bare = url.username().is_empty() && url.password().is_none();
        bare && ((slacks && url.scheme() == "https" && url.port().is_none()) || url.origin() == self.api_url.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slacks_own_hosts_and_the_configured_one_are_answered() {
        let responder = |api: &str| Responder::new(Url::parse(api).unwrap(), Clock::system()).unwrap();
        let live = responder("https://slack.com/api");
        let sandbox = responder("http://127.0.0.1:4000/api");
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(live.is_slacks(&url("https://hooks.slack.com/commands/T1/2/3")));
        for foreign in [
            "http://hooks.slack.com/commands/T1",
            "https://hooks.slack.com.evil.example/",
            "https://evilslack.com/",
            "https://hooks.slack.com:8443/",
            "https://user@hooks.slack.com/",
            "http://127.0.0.1:4000/response/1",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(!live.is_slacks(&url(foreign)), "{foreign}");
        }
        assert!(sandbox.is_slacks(&url("http://127.0.0.1:4000/response/1")));
        assert!(!sandbox.is_slacks(&url("http://127.0.0.1:4001/response/1")));
    }
}
