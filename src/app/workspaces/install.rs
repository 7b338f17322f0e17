//! Installing the app in a workspace: sends the person to Slack with a signed state, and stores the token when they
//! return.

use crate::app::App;
use crate::clock::ageing::{AgeingCache, CacheLimits};
use crate::mac;
use crate::model::WorkspaceId;
use crate::slack::oauth::{Grant, OauthError};
use crate::store::{InstallationState, StoreError, TokenRenewal, WorkspaceKind, WorkspaceRecord};
use crate::vault::{Field, Row, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretBox};
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// The lifetime of a state.
pub const STATE_LIFETIME: Duration = Duration::from_mins(10);
/// The number of used states to remember. Beyond it the oldest is forgotten; Slack accepts its code only once anyway.
const MAX_USED_STATES: usize = 10_000;
/// The length limit of Slack's code, in bytes.
const MAX_CODE_BYTES: usize = 1_000;

/// The OAuth states. They are signed, so only used ones have to be remembered.
pub struct OauthStates {
    key: SecretBox<[u8; 32]>,
    used: Mutex<AgeingCache<String, ()>>,
}

/// A new state: one half travels through Slack, the other stays in the browser.
pub struct Ticket {
    /// The half that returns in the URL.
    pub state: String,
    /// The half that returns as a cookie.
    pub cookie: String,
}

/// A reason why a state is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadState {
    /// A half is missing, or the halves do not match: another browser, or another attempt.
    Foreign,
    /// It expired.
    Expired,
    /// It was used before.
    Reused,
}

/// The query parameters of the return from Slack.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct OauthReturn {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// The result of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallResult {
    /// The app is installed in this workspace.
    Installed {
        /// The workspace's name.
        name: String,
        /// True if it was installed before.
        again: bool,
    },
    /// The state is not accepted.
    BadState(BadState),
    /// The person cancelled.
    Cancelled,
    /// Slack returned an error, or no code.
    NoCode(String),
    /// Slack rejected the code.
    Refused(String),
    /// Slack did not answer, or its answer was not usable.
    Away,
    /// The store could not save the token.
    NotKept,
}

impl OauthStates {
    /// Creates states that are signed with this key.
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        // A state that is older has expired, used or not.
        let limits = CacheLimits { entries: MAX_USED_STATES, age: STATE_LIFETIME };
        Self { key, used: Mutex::new(AgeingCache::new(limits)) }
    }

    /// Issues a new state.
    pub fn issue(&self, now: Timestamp) -> Ticket {
        let state = URL_SAFE_NO_PAD.encode(random::<32>());
        let expires = crate::clock::later(now, STATE_LIFETIME).as_second().to_string();
        let signature = URL_SAFE_NO_PAD.encode(mac::sign(self.key.expose_secret(), &signed_parts(&state, &expires)));
        Ticket { cookie: format!("{state}.{expires}.{signature}"), state }
    }

    /// Redeems a state with its cookie, once.
    pub fn redeem(&self, state: &str, cookie: &str, now: Timestamp) -> Result<(), BadState> {
        let mut parts = cookie.split('.');
        let (Some(own), Some(expires), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadState::Foreign);
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadState::Foreign)?;
        if !mac::verify(self.key.expose_secret(), &signed_parts(own, expires), &signature) {
            return Err(BadState::Foreign);
        }
        // The cookie is ours, and its owner knows the state already, so the time of this comparison reveals nothing.
        if state != own {
            return Err(BadState::Foreign);
        }
        if expires.parse().is_ok_and(|expires: i64| expires <= now.as_second()) {
            return Err(BadState::Expired);
        }
        let mut used = self.used.lock();
        if used.get(&state.to_owned(), now).is_some() {
            return Err(BadState::Reused);
        }
        used.insert(state.to_owned(), (), now);
        Ok(())
    }
}

/// Returns what the cookie signs: the state and its expiry time.
fn signed_parts<'a>(state: &'a str, expires: &'a str) -> [&'a [u8]; 3] {
    [state.as_bytes(), b".", expires.as_bytes()]
}

/// Completes an installation after the return from Slack, with the cookie of the browser.
pub async fn finish_install(app: &Arc<App>, back: OauthReturn, cookie: &str) -> InstallResult {
    let state = back.state.unwrap_or_default();
    if let Err(bad) = app.installations.oauth_states.redeem(&state, cookie, app.clock.now()) {
        return InstallResult::BadState(bad);
    }
    let code = match (back.error, back.code) {
        (Some(error), _) if error == "access_denied" => return InstallResult::Cancelled,
        (Some(error), _) => return InstallResult::NoCode(error),
        (None, None) => return InstallResult::NoCode("no code".to_owned()),
        (None, Some(code)) if code.len() > MAX_CODE_BYTES => {
            return InstallResult::NoCode("a code that is too long".to_owned());
        }
        (None, Some(code)) => code,
    };
    // Detached: a browser that goes away must not lose the token between Slack and the store.
    app.detached_to_end(|app| async move { exchange_code(&app, &code).await }).await.unwrap_or(InstallResult::NotKept)
}

async fn exchange_code(app: &App, code: &str) -> InstallResult {
    let _busy = app.workers.at_work();
    let Some(oauth) = &app.installations.oauth else { return InstallResult::NoCode("no code".to_owned()) };
    let grant = match oauth.exchange(code).await {
        Ok(grant) => grant,
        Err(OauthError::Refused(code)) => {
            warn!("Slack rejected the authorization code of an installation: {code}");
            return InstallResult::Refused(code);
        }
        Err(error) => {
            warn!("an installation failed: {error}");
            return InstallResult::Away;
        }
    };
    let workspace = grant.workspace.clone();
    match store_installation(app, &workspace, &grant).await {
        Ok(again) => {
            info!(workspace.id = %workspace, "the app was installed in {workspace}");
            app.installations.known.add(&workspace);
            InstallResult::Installed { name: grant.name, again }
        }
        Err(error) => {
            warn!(workspace.id = %workspace, "could not save the installation in {workspace}: {error}");
            InstallResult::NotKept
        }
    }
}

/// Stores an installation. Returns true if the workspace was known before.
async fn store_installation(app: &App, workspace: &WorkspaceId, grant: &Grant) -> Result<bool, StoreError> {
    let record = WorkspaceRecord {
        name: grant.name.clone(),
        kind: if grant.is_organisation {
            WorkspaceKind::Organisation
        } else {
            WorkspaceKind::Team { enterprise: grant.enterprise.clone() }
        },
        bot_token: app.vault.seal(Row::of_workspace(workspace, Field::BotToken), &grant.token),
        renewal: grant.renewal.as_ref().map(|(token, expires_at)| TokenRenewal {
            token: app.vault.seal(Row::of_workspace(workspace, Field::RefreshToken), token),
            expires_at: *expires_at,
        }),
        bot: grant.bot.clone(),
        scopes: grant.scopes.clone(),
        installed_by: grant.installed_by.clone(),
        installed_at: app.clock.now(),
        state: InstallationState::Installed,
    };
    loop {
        let before = app.store.installation(workspace).await?;
        let known = before.is_some();
        if app.store.replace_installation(workspace, before, record.clone()).await? {
            return Ok(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> OauthStates {
        OauthStates::new(SecretBox::new(Box::new([7; 32])))
    }

    #[test]
    fn a_state_is_taken_once_in_its_time_with_its_own_cookie() {
        let (states, now) = (states(), Timestamp::UNIX_EPOCH);
        let (ticket, other) = (states.issue(now), states.issue(now));
        assert_eq!(states.redeem("", &ticket.cookie, now), Err(BadState::Foreign));
        assert_eq!(states.redeem(&ticket.state, "", now), Err(BadState::Foreign));
        assert_eq!(states.redeem(&ticket.state, &other.cookie, now), Err(BadState::Foreign));
        let longer = ticket.cookie.replacen(".600.", ".999.", 1);
        assert_eq!(states.redeem(&ticket.state, &longer, now), Err(BadState::Foreign));
        let end = crate::clock::later(now, STATE_LIFETIME);
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, end), Err(BadState::Expired));
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, now), Ok(()));
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, now), Err(BadState::Reused));
        let foreign = OauthStates::new(SecretBox::new(Box::new([8; 32]))).issue(now);
        assert_eq!(states.redeem(&foreign.state, &foreign.cookie, now), Err(BadState::Foreign));
    }

    #[test]
    fn used_states_take_up_bounded_memory() {
        let (states, now) = (states(), Timestamp::UNIX_EPOCH);
        for _ in 0..MAX_USED_STATES + 10 {
            let ticket = states.issue(now);
            states.redeem(&ticket.state, &ticket.cookie, now).unwrap();
        }
        let used = states.used.lock();
        assert_eq!(used.len(), MAX_USED_STATES);
    }
}
