//! What the world reaches, and what Segments.ai says.

use super::super::facts::{
    AddressScope, ConnectionFailure, Facts, Finding, ProbeResponse, PublicUrlFacts, RequestRejection,
};
use crate::app::operations::health::Sent;
use crate::cli::out::plain;
use crate::segments::api::{self as segments, SegmentsError, User};

const PUBLIC_URL_CHECK: &str = "public URL";

/// Whether the address is one that the world can reach.
pub(super) fn address(facts: &Facts) -> Option<Finding> {
    let PublicUrlFacts { url, place, .. } = facts.public.as_ref()?;
    let remedy =
        "put a reverse proxy with https in front of the server, and set SEGMENTS_SLACK_PUBLIC_URL to its address";
    match place {
        AddressScope::Loopback => {
            let found = format!("`{url}` leads to this machine only: neither Slack nor Segments.ai can reach it");
            Some(Finding::warning(PUBLIC_URL_CHECK, found, remedy))
        }
        AddressScope::Private(ip) => {
            let found = format!("`{url}` leads to {ip}, which is a private address as seen from here");
            let remedy =
                "see that it leads to a public address from the internet: Slack and Segments.ai come from there";
            Some(Finding::warning(PUBLIC_URL_CHECK, found, remedy))
        }
        AddressScope::Internet | AddressScope::Unknown => None,
    }
}

/// Whether a server with this signing secret answers there.
pub(super) fn answer(facts: &Facts) -> Finding {
    let Some(public) = &facts.public else {
        let found = "is not set: whether Slack and Segments.ai reach this server cannot be tried";
        return Finding::unchecked(
            PUBLIC_URL_CHECK,
            found,
            "set SEGMENTS_SLACK_PUBLIC_URL (--public-url) and run this again",
        );
    };
    let url = public.url.trim_end_matches('/');
    let asked = public.events.as_ref();
    let reply = match asked.unwrap_or(&public.health) {
        Ok(reply) => reply,
        Err(trouble) => return unanswered(facts, url, trouble),
    };
    if reply.is_ours && asked.is_none() {
        let found = format!("`{url}` leads to a server of this kind, for webhooks; Slack's side comes by Socket Mode");
        return Finding::ok(PUBLIC_URL_CHECK, found);
    }
    if reply.is_ours {
        let found = format!("`{url}/slack/events` answers what Slack would send, with this signing secret");
        return Finding::ok(PUBLIC_URL_CHECK, found);
    }
    let path = if asked.is_some() { "/slack/events" } else { "/healthz" };
    let ProbeResponse { status, location, refused, .. } = reply;
    if let Some(refused) = refused {
        let (why, remedy) = match refused {
            RequestRejection::Signature => (
                "has another signing secret, or the proxy changes what is sent",
                "start the server with this SLACK_SIGNING_SECRET, and let the proxy pass bodies as they are",
            ),
            RequestRejection::Time => {
                ("has a clock that is more than 5 minutes off", "let both machines keep their time by NTP")
            }
        };
        return Finding::failed(PUBLIC_URL_CHECK, format!("the server behind `{url}` {why}"), remedy);
    }
    if (300..400).contains(status) {
        let to = location.as_deref().map_or_else(String::new, |to| format!(" to `{}`", plain(to, 200)));
        let found =
            format!("`{url}{path}` is answered with a redirect{to}, which nobody who posts there follows safely");
        let remedy = "set SEGMENTS_SLACK_PUBLIC_URL, the URLs in Slack's app and in Segments.ai to the address that answers \
                      itself";
        return Finding::failed(PUBLIC_URL_CHECK, found, remedy);
    }
    let pass = format!(
        "let the proxy pass every path and method, with body and headers, to the server at `{}`",
        facts.settings.listen
    );
    if matches!(status, 502..=504) && !facts.is_running() {
        return asleep(url, &format!("answers with HTTP status {status}"));
    }
    let found = match &public.health {
        Ok(_) if asked.is_none() => {
            format!("what answers there is not this server: `{url}/healthz` gives HTTP status {status}")
        }
        Ok(ProbeResponse { is_ours: true, .. }) => {
            format!("a server is there, but a post to `{url}/slack/events` is answered with HTTP status {status}")
        }
        Ok(health) => format!(
            "what answers there is not this server: `{url}/healthz` gives HTTP status {}, `/slack/events` {status}",
            health.status
        ),
        Err(trouble) => format!("`{url}/slack/events` gives HTTP status {status}, and `/healthz` nothing: {trouble}"),
    };
    Finding::failed(PUBLIC_URL_CHECK, found, pass)
}

/// No server runs here, so none can answer.
fn asleep(url: &str, found: &str) -> Finding {
    let found = format!("`{url}` {found}, and no server uses the store");
    Finding::unchecked(PUBLIC_URL_CHECK, found, "start `segments-slack serve` and run this again")
}

fn unanswered(facts: &Facts, url: &str, trouble: &ConnectionFailure) -> Finding {
    let remedy = match trouble {
        ConnectionFailure::Name => "make the DNS entry of that name, or correct SEGMENTS_SLACK_PUBLIC_URL",
        ConnectionFailure::Tls(_) => {
            "give the proxy a certificate for that name, with its intermediate ones, that browsers trust"
        }
        ConnectionFailure::Refused if !facts.is_running() => return asleep(url, &trouble.to_string()),
        ConnectionFailure::Refused | ConnectionFailure::TimedOut | ConnectionFailure::Cut => {
            "see that the proxy runs, and that a firewall lets the internet in; some networks cannot reach themselves by \
             their public name: try from elsewhere too"
        }
    };
    Finding::failed(PUBLIC_URL_CHECK, format!("could not reach `{url}`: {trouble}"), remedy)
}

pub(super) fn webhook_secret(facts: &Facts) -> Option<Finding> {
    let shapes = &facts.settings.webhook_secrets;
    if shapes.is_empty() {
        return None;
    }
    let remedy = "copy the endpoint's signing secret `whsec_…` anew from the webhooks page of Segments.ai's settings, into \
                  SEGMENTS_WEBHOOK_SECRET";
    if shapes.contains(&false) {
        let found = "SEGMENTS_WEBHOOK_SECRET does not look like one, `whsec_` and base64 of 24 to 64 bytes";
        return Some(Finding::warning("webhook secret", found, remedy));
    }
    let rotates = if shapes.len() > 1 { "; two are believed: a rotation" } else { "" };
    Some(match facts.checkup().map(|checkup| checkup.sent) {
        Some(Sent { webhooks: 0, forged_webhooks, .. }) if forged_webhooks > 0 => {
            let found = format!("of {forged_webhooks} webhooks to the server, none had a signature by this secret");
            Finding::warning("webhook secret", found, remedy)
        }
        Some(Sent { webhooks, .. }) if webhooks > 0 => {
            Finding::ok("webhook secret", format!("is Segments.ai's: webhooks signed with it have come{rotates}"))
        }
        _ => Finding::ok(
            "webhook secret",
            format!("looks like one; whether it is right shows with the first webhook{rotates}"),
        ),
    })
}

pub(super) fn api_key(facts: &Facts) -> Finding {
    let Some(asked) = &facts.segments else {
        let found = "SEGMENTS_API_KEY is not set: messages of the environment's account have no buttons that act on Segments.ai";
        return Finding::ok("API key", found);
    };
    let again = "try again later; `SEGMENTS_API_URL` is https://api.segments.ai unless you mean another";
    match asked {
        Ok(User { username, webhooks_enabled: Some(false), .. }) => Finding::warning(
            "API key",
            format!("is accepted: it acts as `{}`, for whom webhooks are not turned on", plain(username.as_str(), 80)),
            "if that is the owner of the datasets, ask Segments.ai to turn webhooks on",
        ),
        Ok(User { username, .. }) => {
            Finding::ok("API key", format!("is accepted: it acts as `{}`", plain(username.as_str(), 80)))
        }
        Err(SegmentsError::Unauthorized | SegmentsError::Forbidden { .. }) => Finding::failed(
            "API key",
            "Segments.ai does not accept SEGMENTS_API_KEY",
            "make a new key on the page `Account` of Segments.ai (https://segments.ai/account) and set SEGMENTS_API_KEY to it",
        ),
        Err(error @ (SegmentsError::Throttled { .. } | SegmentsError::Unavailable(segments::ErrorKind::Status(_)))) => {
            Finding::unchecked("API key", error.to_string(), again)
        }
        Err(error) => Finding::failed("API key", error.to_string(), again),
    }
}
