//! One look at Slack from outside the server: whose a token is, what it may do, and what time it is there.

use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

/// What Slack said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Whose the token is, as far as Slack said; else Slack's code.
    pub answer: Result<Bearer, String>,
    /// What the token may do, where Slack said so.
    pub scopes: Option<Vec<String>>,
    /// Slack's time, in whole seconds.
    pub date: Option<Timestamp>,
}

/// Whose a token is; empty for what Slack did not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Bearer {
    /// The workspace.
    pub team_id: String,
    /// Its name.
    pub team: String,
    /// The organisation, for a token that is good for all its workspaces.
    pub enterprise_id: Option<String>,
    /// Whether it is such a token.
    pub is_enterprise_install: bool,
    /// The user that the token acts as.
    pub user_id: String,
    /// Its name.
    pub user: String,
    /// The bot, if it is one.
    pub bot_id: Option<String>,
    /// In how many seconds the token ends; none for one that lasts.
    pub expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Verdict {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(flatten)]
    bearer: Bearer,
}

impl Bearer {
    /// Whose the token is, as this server names workspaces: the organisation where it is for all of it.
    pub fn owner(&self) -> &str {
        self.enterprise_id.as_deref().filter(|_| self.is_enterprise_install).unwrap_or(&self.team_id)
    }
}

/// Asks whose a token is, or only whether Slack is there.
pub fn request(client: &Client, api_url: &Url, token: Option<&SecretString>) -> RequestBuilder {
    let base = api_url.as_str().trim_end_matches('/');
    match token {
        Some(token) => client.post(format!("{base}/auth.test")).bearer_auth(token.expose_secret()),
        None => client.post(format!("{base}/api.test")),
    }
}

/// Asks whether Slack would open a connection of Socket Mode for an app-level token. None is opened.
pub fn socket_request(client: &Client, api_url: &Url, token: &SecretString) -> RequestBuilder {
    let base = api_url.as_str().trim_end_matches('/');
    client.post(format!("{base}/apps.connections.open")).bearer_auth(token.expose_secret())
}

/// Reads the answer; none if it is not one of Slack's.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Option<Look> {
    let verdict: Verdict = serde_json::from_slice(body).ok()?;
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let scopes = text("x-oauth-scopes").map(|list| {
        let scopes = list.split(',').map(str::trim).filter(|scope| !scope.is_empty());
        scopes.take(200).map(str::to_owned).collect()
    });
    Some(Look {
        answer: if verdict.ok { Ok(verdict.bearer) } else { Err(verdict.error) },
        scopes,
        date: text(DATE.as_str()).and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_probe_reads_owner_scopes_and_time() {
        let mut headers = HeaderMap::new();
        headers.insert("x-oauth-scopes", "chat:write, commands,".parse().unwrap());
        headers.insert("date", "Thu, 26 Nov 2026 09:00:01 GMT".parse().unwrap());
        let body = json!({"ok": true, "team_id": "T1", "team": "Lab", "user_id": "U1", "user": "segments", "new": [1]});
        let look = read(&headers, body.to_string().as_bytes()).unwrap();
        assert_eq!(look.answer.unwrap().owner(), "T1");
        assert_eq!(look.scopes.unwrap(), ["chat:write", "commands"]);
        assert_eq!(look.date, Some("2026-11-26T09:00:01Z".parse().unwrap()));
    }

    #[test]
    fn a_refusal_is_a_code_and_anything_else_is_no_answer() {
        let refused = read(&HeaderMap::new(), br#"{"ok":false,"error":"invalid_auth"}"#).unwrap();
        assert_eq!(refused, Look { answer: Err("invalid_auth".to_owned()), scopes: None, date: None });
        for other in ["", "<html>", "{}", "[]", r#"{"ok":1}"#] {
            assert_eq!(read(&HeaderMap::new(), other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_token_of_an_organisation_belongs_to_the_organisation() {
        let bearer = Bearer { team_id: "T1".to_owned(), enterprise_id: Some("E1".to_owned()), ..Bearer::default() };
        assert_eq!(bearer.owner(), "T1");
        assert_eq!(Bearer { is_enterprise_install: true, ..bearer }.owner(), "E1");
    }
}
