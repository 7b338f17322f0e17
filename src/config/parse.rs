//! Parses the values of settings; errors describe the value without showing it.

use super::{LogFormat, Replies, StoreUrl, WhoMayChange};
use crate::model::UserId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use svix::webhooks::Webhook;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

type Parsed<T> = Result<T, &'static str>;

pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| "is not an address with a port")
}

pub(super) fn admin_listen(text: &str) -> Parsed<Option<SocketAddr>> {
    if text == "off" { Ok(None) } else { listen(text).map(Some) }
}

pub(super) fn store(text: &str) -> Parsed<StoreUrl> {
    match text.split_once(':') {
        Some(("sled", folder)) if !folder.is_empty() => Ok(StoreUrl::Sled(PathBuf::from(folder))),
        Some(("postgres" | "postgresql", _)) => Err("names PostgreSQL, which this version does not support"),
        _ => Err("is not a store URL"),
    }
}

/// Parses the public URL of the server: https, or http on loopback, without query, fragment or credentials.
pub fn public_url(text: &str) -> Result<Url, &'static str> {
    service_url(text)
}

pub(super) fn service_url(text: &str) -> Parsed<Url> {
    let url: Url = text.parse().map_err(|_| "is not a URL")?;
    let plain_on_loopback = url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !plain_on_loopback {
        return Err("is neither an https URL nor an http URL on loopback");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("contains a query or fragment");
    }
    Ok(url)
}

/// Reports whether the host of a URL is `localhost` or a loopback address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(super) fn signing_secret(text: &str) -> Parsed<SecretString> {
    if is_one_word(text) {
        Ok(text.into())
    } else {
        Err("is not a signing secret: it contains spaces or special characters")
    }
}

pub(super) fn app_token(text: &str) -> Parsed<SecretString> {
    if text.starts_with("xapp-") && is_one_word(text) { Ok(text.into()) } else { Err("is not an app-level token") }
}

pub(super) fn bot_token(text: &str) -> Parsed<SecretString> {
    let is_bot = text.starts_with("xoxb-") || text.starts_with("xoxe.xoxb-");
    if is_bot && is_one_word(text) { Ok(text.into()) } else { Err("is not a bot token") }
}

pub(super) fn api_key(text: &str) -> Parsed<SecretString> {
    if is_one_word(text) { Ok(text.into()) } else { Err("is not an API key: it contains spaces or special characters") }
}

pub(super) fn client_id(text: &str) -> Parsed<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    if !text.is_empty() && text.bytes().all(allowed) { Ok(text.to_owned()) } else { Err("is not a client ID") }
}

pub(super) fn keys(text: &str) -> Parsed<SecretString> {
    let mut keys = text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|key| !key.is_empty());
    let is_key = |key: &str| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 32);
    if keys.clone().count() > 0 && keys.all(is_key) { Ok(text.into()) } else { Err("is not base64 of 32 bytes") }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) fn webhook_secrets(text: &str) -> Parsed<Vec<SecretString>> {
    let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
    if secrets.len() > 2 {
        return Err("contains more than two secrets");
    }
    if secrets.iter().any(|secret| Webhook::new(secret).is_err()) {
        return Err("is not base64, with or without the prefix `whsec_`");
    }
    Ok(secrets.into_iter().map(SecretString::from).collect())
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("is not a log format"),
    }
}

pub(super) fn log_filter(text: &str) -> Parsed<String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| "is not a log filter")
}

pub(super) fn body_limit(text: &str) -> Parsed<usize> {
    bytes(text, 1 << 10..=64 << 20)
}

pub(super) fn memory(text: &str) -> Parsed<usize> {
    bytes(text, 1 << 20..=64 << 30)
}

fn bytes(text: &str, allowed: RangeInclusive<usize>) -> Parsed<usize> {
    let bytes = text.parse().map_err(|_| "is not a whole number")?;
    if allowed.contains(&bytes) { Ok(bytes) } else { Err("is out of range") }
}

/// Most users that a setting can name.
const MAX_NAMED_USERS: usize = 100;

pub(super) fn who_may_change(text: &str) -> Parsed<WhoMayChange> {
    match text {
        "members" => return Ok(WhoMayChange::Members),
        "admins" => return Ok(WhoMayChange::Admins),
        _ => {}
    }
    let is_person = |id: &UserId| id.as_str().starts_with(['U', 'W']) && id.as_str().len() > 1;
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty());
    let people = words.map(|word| UserId::parse(word).ok().filter(is_person)).collect::<Option<Vec<_>>>();
    match people.ok_or("is neither `members`, `admins` nor a list of user IDs")? {
        people if (1..=MAX_NAMED_USERS).contains(&people.len()) => Ok(WhoMayChange::These(people)),
        _ => Err("contains no user ID, or more than 100"),
    }
}

pub(super) fn replies(text: &str) -> Parsed<Replies> {
    match text {
        "off" => Ok(Replies::Off),
        "new-issue" => Ok(Replies::NewIssue),
        _ => Err("is not `off` or `new-issue`"),
    }
}

pub(super) fn backup_keep(text: &str) -> Parsed<usize> {
    let keep = text.parse().map_err(|_| "is not a whole number")?;
    if keep <= 1000 { Ok(keep) } else { Err("is out of range") }
}
