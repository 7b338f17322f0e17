//! Installing: where Slack asks a person, what their consent buys, and how a token is renewed.

use crate::clock::{Clock, later};
use crate::model::{UserId, WorkspaceId};
use http::{StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// What the app asks a workspace for; `docs/install.md` explains each.
pub const SCOPES: [&str; 11] = [
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "groups:read",
    "links:read",
    "links:write",
    "users:read",
];

/// A person waits for the exchange.
const LIMIT: Duration = Duration::from_secs(10);
/// No answer of `oauth.v2.access` is longer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The app as Slack knows it when it is installed.
pub struct Oauth {
    http: reqwest::Client,
    clock: Clock,
    api_url: Url,
    client_id: String,
    client_secret: SecretString,
    redirect_url: String,
}

/// What a consent, or a renewal, gives.
pub struct Grant {
    /// Whose it is: a team, or an organisation if it is for all of its teams.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Whether it is for all teams of an organisation.
    pub is_organisation: bool,
    /// The organisation, if there is one.
    pub enterprise: Option<String>,
    /// What calls are made with.
    pub token: SecretString,
    /// What buys the next token, and when this one ends; none for a token that lasts.
    pub renewal: Option<(SecretString, Timestamp)>,
    /// The bot's user.
    pub bot: UserId,
    /// What the token may do.
    pub scopes: Vec<String>,
    /// Who agreed; none for a renewal.
    pub installed_by: Option<UserId>,
}

/// Why there is no grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// Slack said no, with its code.
    #[error("Slack rejected the request: {0}")]
    Refused(String),
    /// No answer, or a broken one: whether Slack gave anything is not known.
    #[error("Slack did not answer")]
    Away,
    /// An answer without what the app needs.
    #[error("Slack's response has no valid `{0}`")]
    Odd(&'static str),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Access {
    ok: bool,
    error: String,
    #[serde(rename = "access_token")]
    token: String,
    token_type: String,
    scope: String,
    bot_user_id: String,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
    team: Option<Named>,
    enterprise: Option<Named>,
    is_enterprise_install: bool,
    authed_user: Option<Named>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    id: String,
    name: Option<String>,
}

impl Oauth {
    /// The app with this client id, whose people come back to `redirect_url`.
    pub fn new(
        api_url: Url,
        client_id: String,
        client_secret: SecretString,
        redirect_url: String,
        clock: Clock,
    ) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, clock, api_url, client_id, client_secret, redirect_url })
    }

    /// Where Slack asks a person; they come back with `state`.
    pub fn consent_url(&self, state: &str) -> Url {
        let mut url = self.api_url.clone();
        url.set_path("/oauth/v2/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &SCOPES.join(","))
            .append_pair("redirect_uri", &self.redirect_url)
            .append_pair("state", state);
        url
    }

    /// Exchanges what a person came back with. Slack takes a code once, within ten minutes.
    pub async fn exchange(&self, code: &str) -> Result<Grant, OauthError> {
        self.access(&[("code", code), ("redirect_uri", &self.redirect_url)]).await
    }

    /// Exchanges a refresh token, which is then worth nothing, for a new pair
    /// (<https://docs.slack.dev/authentication/using-token-rotation>).
    pub async fn renew(&self, token: &SecretString) -> Result<Grant, OauthError> {
        self.access(&[("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())]).await
    }

    async fn access(&self, fields: &[(&str, &str)]) -> Result<Grant, OauthError> {
        let url = format!("{}/oauth.v2.access", self.api_url.as_str().trim_end_matches('/'));
        let body = serde_urlencoded::to_string(fields).map_err(|_| OauthError::Odd("code"))?;
        let request = self
            .http
            .post(url)
            .basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let asked_at = self.clock.now();
        let exchange = async {
            let mut response = request.send().await.map_err(|_| OauthError::Away)?;
            if response.status() != StatusCode::OK {
                return Err(OauthError::Away);
            }
            let mut text = Vec::new();
            while let Some(part) = response.chunk().await.map_err(|_| OauthError::Away)? {
                text.extend_from_slice(&part);
                if text.len() > LONGEST_ANSWER {
                    return Err(OauthError::Away);
                }
            }
            serde_json::from_slice::<Access>(&text).map_err(|_| OauthError::Away)
        };
        self.clock.answer_within(LIMIT, exchange).await.unwrap_or(Err(OauthError::Away))?.grant(asked_at)
    }
}

impl Access {
    fn grant(self, asked_at: Timestamp) -> Result<Grant, OauthError> {
        if !self.ok {
            let plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
            return Err(OauthError::Refused(self.error.chars().filter(plain).take(100).collect()));
        }
        if self.token_type != "bot" || self.token.is_empty() {
            return Err(OauthError::Odd("access_token"));
        }
        let owner = if self.is_enterprise_install { self.enterprise.as_ref() } else { self.team.as_ref() };
        let owner = owner.ok_or(OauthError::Odd("team"))?;
        let renewal = match (self.refresh_token, self.expires_in) {
            (Some(token), Some(seconds)) => {
                Some((token.into(), later(asked_at, Duration::from_secs(seconds.min(60 * 60 * 24 * 366)))))
            }
            _ => None,
        };
        Ok(Grant {
            workspace: WorkspaceId::parse(owner.id.as_str()).map_err(|_| OauthError::Odd("team.id"))?,
            name: owner.name.as_deref().unwrap_or(&owner.id).chars().take(200).collect(),
            is_organisation: self.is_enterprise_install,
            enterprise: self.enterprise.map(|enterprise| enterprise.id.chars().take(64).collect()),
            token: self.token.into(),
            renewal,
            bot: UserId::parse(self.bot_user_id).map_err(|_| OauthError::Odd("bot_user_id"))?,
            scopes: self.scope.split(',').filter(|scope| !scope.is_empty()).take(100).map(str::to_owned).collect(),
            installed_by: self.authed_user.and_then(|user| UserId::parse(user.id).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grant(answer: serde_json::Value) -> Result<Grant, OauthError> {
        serde_json::from_value::<Access>(answer).unwrap().grant(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_organisation_wide_install_belongs_to_the_organisation() {
        let mut answer = json!({
            "ok": true, "access_token": "xoxb-1", "token_type": "bot", "scope": "commands,chat:write",
            "bot_user_id": "UBOT", "team": {"id": "T1", "name": "Lab"}, "enterprise": {"id": "E1", "name": "Org"},
            "is_enterprise_install": false, "authed_user": {"id": "U1"},
        });
        let team = grant(answer.clone()).unwrap();
        assert_eq!((team.workspace.as_str(), team.enterprise.as_deref()), ("T1", Some("E1")));
        answer["is_enterprise_install"] = true.into();
        answer["team"] = json!(null);
        let organisation = grant(answer).unwrap();
        assert_eq!((organisation.workspace.as_str(), organisation.name.as_str()), ("E1", "Org"));
        assert!(organisation.is_organisation);
    }

    #[test]
    fn an_answer_without_a_bot_token_or_a_workspace_is_no_grant() {
        let refused = grant(json!({"ok": false, "error": "invalid_code<script>"})).err();
        assert_eq!(refused, Some(OauthError::Refused("invalid_codescript".to_owned())));
        for odd in [
            json!({"ok": true}),
            json!({"ok": true, "access_token": "xoxp-1", "token_type": "user", "team": {"id": "T1"}}),
            json!({"ok": true, "access_token": "xoxb-1", "token_type": "bot", "bot_user_id": "U1"}),
            json!({"ok": true, "access_token": "xoxb-1", "token_type": "bot", "team": {"id": "T1"}}),
            json!({"ok": true, "access_token": "x", "token_type": "bot", "bot_user_id": "U1", "team": {"id": "T/1"}}),
        ] {
            assert!(matches!(grant(odd.clone()), Err(OauthError::Odd(_))), "{odd}");
        }
    }
}
