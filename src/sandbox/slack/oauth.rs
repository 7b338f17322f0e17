//! `oauth.v2.access`: the exchange of a person's consent for a token.

use super::Emulator;
use super::args::Args;
use super::refusal::Refusal;
use super::request::Outcome;
use super::world::{APP_ID, Code, Rotation, World};
use crate::clock::later;
use crate::model::{UserId, WorkspaceId};
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// The lifetime of a code. <https://docs.slack.dev/authentication/installing-with-oauth>
const CODE_LIFE: Duration = Duration::from_mins(10);
/// The lifetime of a rotated token, in seconds. <https://docs.slack.dev/authentication/using-token-rotation>
const TOKEN_LIFE: u64 = 12 * 60 * 60;

/// The arguments, with the client as `Authorization: Basic` names it.
pub(super) fn with_basic(args: Args, headers: &HeaderMap) -> Args {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = value.and_then(|value| value.strip_prefix("Basic ")).and_then(decode_base64);
    match decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => args.with("client_id", id).with("client_secret", secret),
        None => args,
    }
}

fn decode_base64(text: &str) -> Option<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for symbol in text.trim_end_matches('=').bytes() {
        let six = ALPHABET.iter().position(|known| *known == symbol)?;
        bits = (bits << 6 | u32::try_from(six).ok()?) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

impl World {
    /// Exchanges a code, for a client that says who it is by `Authorization: Basic` or by arguments.
    pub(super) fn exchange(&mut self, args: &Args, now: Timestamp) -> Outcome {
        let needed = |name: &str| args.word(name).ok_or_else(|| Refusal::missing(name));
        let (id, secret) = self.oauth_client.as_ref().ok_or("invalid_client_id")?;
        if needed("client_id")? != *id {
            return Err("invalid_client_id".into());
        }
        if needed("client_secret")? != secret.expose_secret() {
            return Err("bad_client_secret".into());
        }
        if let Some(kind) = args.word("grant_type").filter(|kind| kind != "authorization_code") {
            return if kind == "refresh_token" { self.refresh(args, now) } else { Err("invalid_grant_type".into()) };
        }
        let code = self.codes.get_mut(&needed("code")?).ok_or("invalid_code")?;
        if code.used {
            return Err("code_already_used".into());
        }
        if later(code.made_at, CODE_LIFE) <= now {
            return Err("invalid_code".into());
        }
        if args.word("redirect_uri") != code.redirect {
            return Err("bad_redirect_uri".into());
        }
        code.used = true;
        let (id, user) = (code.workspace.clone(), code.user.clone());
        let number = self.next_number();
        let workspace = self.workspace(&id);
        // Installing again gives the same token, unless that was revoked.
        if workspace.revoked_tokens.contains(&workspace.token) || workspace.rotation.is_some() {
            workspace.token = format!("xoxb-{id}-{number}");
        }
        let mut granted = self.granted(&id, number, now);
        granted["authed_user"] = json!({"id": user});
        Ok(granted)
    }

    /// Exchanges what buys the next token; it is then worth nothing, and the token before lives to its end.
    fn refresh(&mut self, args: &Args, now: Timestamp) -> Outcome {
        let token = args.word("refresh_token").ok_or_else(|| Refusal::missing("refresh_token"))?;
        let holds = |rotation: &Rotation| rotation.refresh_token.as_ref() == Some(&token);
        let mut workspaces = self.workspaces.values();
        let owner = workspaces.find(|workspace| workspace.rotation.as_ref().is_some_and(holds));
        let owner = owner.ok_or("invalid_refresh_token")?;
        if owner.revoked_tokens.contains(&owner.token) {
            return Err("token_revoked".into());
        }
        let id = owner.info.id.clone();
        let number = self.next_number();
        self.workspace(&id).token = format!("xoxe.xoxb-{id}-{number}");
        Ok(self.granted(&id, number, now))
    }

    /// Returns the answer that hands out a workspace's token.
    fn granted(&mut self, id: &WorkspaceId, number: u64, now: Timestamp) -> Value {
        let workspace = self.workspace(id);
        let named = json!({"id": id, "name": workspace.info.name});
        let (team, enterprise) = if workspace.organisation { (Value::Null, named) } else { (named, Value::Null) };
        let mut granted = json!({
            "ok": true,
            "access_token": workspace.token,
            "token_type": "bot",
            "scope": workspace.scopes(),
            "bot_user_id": workspace.info.bot_user,
            "app_id": APP_ID,
            "team": team,
            "enterprise": enterprise,
            "is_enterprise_install": workspace.organisation,
        });
        if let Some(rotation) = &mut workspace.rotation {
            let refresh_token = format!("xoxe-{id}-{number}");
            rotation.ends.insert(workspace.token.clone(), later(now, Duration::from_secs(TOKEN_LIFE)));
            granted["refresh_token"] = json!(refresh_token);
            granted["expires_in"] = json!(TOKEN_LIFE);
            rotation.refresh_token = Some(refresh_token);
        }
        granted
    }
}

impl Emulator {
    /// Says which client may exchange codes at `oauth.v2.access`.
    pub fn set_oauth_client(&self, client_id: &str, client_secret: SecretString) {
        self.world().oauth_client = Some((client_id.to_owned(), client_secret));
    }

    /// Lets the app's tokens in a workspace end after 12 hours, from the next one on.
    pub fn rotate_tokens(&self, workspace: &WorkspaceId) {
        self.world().workspace(workspace).rotation.get_or_insert_default();
    }

    /// Makes a workspace an organisation, whose teams the app is installed in all at once.
    pub fn make_organisation(&self, workspace: &WorkspaceId) {
        self.world().workspace(workspace).organisation = true;
    }

    /// Lets a person agree to the installation into a workspace; the code buys a token within 10 minutes, once.
    pub fn authorizes(&self, workspace: &WorkspaceId, user: &UserId) -> String {
        self.consent(workspace, user, None)
    }

    pub(super) fn consent(&self, workspace: &WorkspaceId, user: &UserId, redirect: Option<String>) -> String {
        let now = self.0.clock.now();
        let mut world = self.world();
        let code = format!("code-{}", world.next_number());
        let consent = Code { workspace: workspace.clone(), user: user.clone(), made_at: now, used: false, redirect };
        world.codes.insert(code.clone(), consent);
        code
    }
}
