//! A workspace installs the app: sent to Slack with a state that only this browser has, and taken in when it comes back.

use crate::app::App;
use crate::mac;
use crate::model::WorkspaceId;
use crate::slack::oauth::{Grant, OauthError};
use crate::store::{Renewal, Standing, StoreError, WorkspaceKind, WorkspaceRecord};
use crate::vault::{Field, Row, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretBox};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// A state is good for so long.
pub const STATE_LIFE: Duration = Duration::from_mins(10);
/// States that are remembered as used. Beyond it the oldest is forgotten, whose code Slack takes no second time.
const USED_KEPT: usize = 10_000;
/// No code of Slack's is longer, in bytes.
const LONGEST_CODE: usize = 1_000;

/// The states of installations under way: signed, so that none has to be remembered before it is used.
pub struct States {
    key: SecretBox<[u8; 32]>,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    states: HashSet<String>,
    order: VecDeque<String>,
}

/// A state on its way: one half travels through Slack, the other stays in the browser.
pub struct Ticket {
    /// What comes back in the address.
    pub state: String,
    /// What comes back as a cookie.
    pub cookie: String,
}

/// What is wrong with a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadState {
    /// The address or the cookie lacks its half, or they do not belong together: another browser, or another start.
    Foreign,
    /// It came after its time.
    Expired,
    /// It came before.
    Reused,
}

/// What somebody who comes back from Slack brings along.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Return {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// How an installation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landed {
    /// The app is in this workspace now.
    Installed {
        /// The workspace's name.
        name: String,
        /// Whether it was in it before.
        again: bool,
    },
    /// The state will not do.
    BadState(BadState),
    /// The person said no.
    Cancelled,
    /// Slack sent them back with an error of its own, or without a code.
    NoCode(String),
    /// Slack does not take the code.
    Refused(String),
    /// Slack did not answer, or not in a way that can be used.
    Away,
    /// Slack gave a token, and the store could not keep it.
    NotKept,
}

impl States {
    /// States that are signed with this key.
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        Self { key, used: Mutex::default() }
    }

    /// A new state.
    pub fn issue(&self, now: Timestamp) -> Ticket {
        let state = URL_SAFE_NO_PAD.encode(random::<32>());
        let expires = crate::clock::later(now, STATE_LIFE).as_second().to_string();
        let signature = URL_SAFE_NO_PAD.encode(mac::sign(self.key.expose_secret(), &signed_parts(&state, &expires)));
        Ticket { cookie: format!("{state}.{expires}.{signature}"), state }
    }

    /// Takes a state that came back with its cookie, once.
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
        // The cookie is ours. What its owner learns from the time of a comparison is a state that they have.
        if state != own {
            return Err(BadState::Foreign);
        }
        if expires.parse().is_ok_and(|expires: i64| expires <= now.as_second()) {
            return Err(BadState::Expired);
        }
        let mut used = self.used.lock();
        if !used.states.insert(state.to_owned()) {
            return Err(BadState::Reused);
        }
        used.order.push_back(state.to_owned());
        if used.order.len() > USED_KEPT
            && let Some(oldest) = used.order.pop_front()
        {
            used.states.remove(&oldest);
        }
        Ok(())
    }
}

/// Returns what the cookie signs: the state and its expiry time.
fn signed_parts<'a>(state: &'a str, expires: &'a str) -> [&'a [u8]; 3] {
    [state.as_bytes(), b".", expires.as_bytes()]
}

/// Takes in whoever comes back from Slack, with the cookie that they were sent off with.
pub async fn land(app: &Arc<App>, back: Return, cookie: &str) -> Landed {
    let state = back.state.unwrap_or_default();
    if let Err(bad) = app.states.redeem(&state, cookie, app.clock.now()) {
        return Landed::BadState(bad);
    }
    let code = match (back.error, back.code) {
        (Some(error), _) if error == "access_denied" => return Landed::Cancelled,
        (Some(error), _) => return Landed::NoCode(error),
        (None, None) => return Landed::NoCode("no code".to_owned()),
        (None, Some(code)) if code.len() > LONGEST_CODE => return Landed::NoCode("a code that is too long".to_owned()),
        (None, Some(code)) => code,
    };
    // A task of its own: a browser that goes away must not lose the token between Slack and the store.
    app.detached_to_end(|app| async move { take_in(&app, &code).await }).await.unwrap_or(Landed::NotKept)
}

async fn take_in(app: &App, code: &str) -> Landed {
    let _busy = app.workers.at_work();
    let Some(oauth) = &app.oauth else { return Landed::NoCode("no code".to_owned()) };
    let grant = match oauth.exchange(code).await {
        Ok(grant) => grant,
        Err(OauthError::Refused(code)) => {
            warn!("Slack rejected the authorization code of an installation: {code}");
            return Landed::Refused(code);
        }
        Err(error) => {
            warn!("an installation failed: {error}");
            return Landed::Away;
        }
    };
    let workspace = grant.workspace.clone();
    match keep(app, &workspace, &grant).await {
        Ok(again) => {
            info!(workspace.id = %workspace, "the app was installed in {workspace}");
            app.installed.add(&workspace);
            Landed::Installed { name: grant.name, again }
        }
        Err(error) => {
            warn!(workspace.id = %workspace, "could not save the installation in {workspace}: {error}");
            Landed::NotKept
        }
    }
}

/// Keeps an installation over whatever was known before; whether the workspace was known.
async fn keep(app: &App, workspace: &WorkspaceId, grant: &Grant) -> Result<bool, StoreError> {
    let record = WorkspaceRecord {
        name: grant.name.clone(),
        kind: if grant.is_organisation {
            WorkspaceKind::Organisation
        } else {
            WorkspaceKind::Team { enterprise: grant.enterprise.clone() }
        },
        bot_token: app.vault.seal(Row::of_workspace(workspace, Field::BotToken), &grant.token),
        renewal: grant.renewal.as_ref().map(|(token, expires_at)| Renewal {
            token: app.vault.seal(Row::of_workspace(workspace, Field::RefreshToken), token),
            expires_at: *expires_at,
        }),
        bot: grant.bot.clone(),
        scopes: grant.scopes.clone(),
        installed_by: grant.installed_by.clone(),
        installed_at: app.clock.now(),
        standing: Standing::Installed,
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

    fn states() -> States {
        States::new(SecretBox::new(Box::new([7; 32])))
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
        let end = crate::clock::later(now, STATE_LIFE);
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, end), Err(BadState::Expired));
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, now), Ok(()));
        assert_eq!(states.redeem(&ticket.state, &ticket.cookie, now), Err(BadState::Reused));
        let foreign = States::new(SecretBox::new(Box::new([8; 32]))).issue(now);
        assert_eq!(states.redeem(&foreign.state, &foreign.cookie, now), Err(BadState::Foreign));
    }

    #[test]
    fn used_states_take_up_bounded_memory() {
        let (states, now) = (states(), Timestamp::UNIX_EPOCH);
        for _ in 0..USED_KEPT + 10 {
            let ticket = states.issue(now);
            states.redeem(&ticket.state, &ticket.cookie, now).unwrap();
        }
        let used = states.used.lock();
        assert_eq!((used.states.len(), used.order.len()), (USED_KEPT, USED_KEPT));
    }
}
