//! `oauth.v2.access`: the exchange of a person's consent for a token.

use super::Emulator;
use super::args::Args;
use super::refusal::Refusal;
use super::request::Outcome;
use super::world::{APP_ID, Code, World};
use crate::clock::later;
use crate::model::{UserId, WorkspaceId};
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// How long a code lives. <https://docs.slack.dev/authentication/installing-with-oauth>
const CODE_LIFE: Duration = Duration::from_mins(10);

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
        let code = self.codes.get_mut(&needed("code")?).ok_or("invalid_code")?;
        if code.used {
            return Err("code_already_used".into());
        }
        if later(code.made_at, CODE_LIFE) <= now {
            return Err("invalid_code".into());
        }
        code.used = true;
        let (id, user) = (code.workspace.clone(), code.user.clone());
        let number = self.next_number();
        let workspace = self.workspace(&id);
        // Installing again gives the same token, unless that was revoked.
        if workspace.revoked_tokens.contains(&workspace.token) {
            workspace.token = format!("xoxb-{id}-{number}");
        }
        Ok(json!({
            "ok": true,
            "access_token": workspace.token,
            "token_type": "bot",
            "scope": "commands,chat:write,chat:write.public,channels:read,channels:history,users:read,im:write",
            "bot_user_id": workspace.info.bot_user,
            "app_id": APP_ID,
            "team": {"id": id, "name": workspace.info.name},
            "enterprise": null,
            "is_enterprise_install": false,
            "authed_user": {"id": user},
        }))
    }
}

impl Emulator {
    /// Says which client may exchange codes at `oauth.v2.access`.
    pub fn set_oauth_client(&self, client_id: &str, client_secret: SecretString) {
        self.world().oauth_client = Some((client_id.to_owned(), client_secret));
    }

    /// Lets a person agree to the installation into a workspace; the code buys a token within 10 minutes, once.
    pub fn authorizes(&self, workspace: &WorkspaceId, user: &UserId) -> String {
        let now = self.0.clock.now();
        let mut world = self.world();
        let code = format!("code-{}", world.next_number());
        let consent = Code { workspace: workspace.clone(), user: user.clone(), made_at: now, used: false };
        world.codes.insert(code.clone(), consent);
        code
    }
}
