//! Findings about the public address and Segments.ai.

use super::super::facts::{
    AddressScope, ConnectionFailure, Facts, Finding, ProbeResponse, PublicUrlFacts, RequestRejection,
};
use crate::app::operations::health::ServerCounts;
use crate::cli::out::plain;
use crate::segments::api::{self as segments, SegmentsError, User};

const PUBLIC_URL_CHECK: &str = "public URL";

/// Warns when the internet cannot reach the address.
pub(super) fn address(facts: &Facts) -> Option<Finding> {
    let PublicUrlFacts { url, scope, .. } = facts.public.as_ref()?;
    let remedy =
        "put a reverse proxy with https in front of the server and set SEGMENTS_SLACK_PUBLIC_URL to its address";
    match scope {
        AddressScope::Loopback => {
            let found = format!("`{url}` leads to this machine only; Slack and Segments.ai cannot reach it");
            Some(Finding::warning(PUBLIC_URL_CHECK, found, remedy))
        }
        AddressScope::Private(ip) => {
            let found = format!("`{url}` leads to {ip} from here, which is a private address");
            let remedy = "make sure that it leads to a public address from the internet, where Slack and Segments.ai connect from";
            Some(Finding::warning(PUBLIC_URL_CHECK, found, remedy))
        }
        AddressScope::Internet | AddressScope::Unknown => None,
    }
}

/// Checks that a server with this signing secret responds at the address.
pub(super) fn answer(facts: &Facts) -> Finding {
    let Some(public) = &facts.public else {
        let found = "not set, so this cannot check whether Slack and Segments.ai reach the server";
        return Finding::unchecked(
            PUBLIC_URL_CHECK,
            found,
            "set SEGMENTS_SLACK_PUBLIC_URL (--public-url) and run `segments-slack doctor` again",
        );
    };
    let url = public.url.trim_end_matches('/');
    let asked = public.events.as_ref();
    let reply = match asked.unwrap_or(&public.health) {
        Ok(reply) => reply,
        Err(trouble) => return unanswered(facts, url, trouble),
    };
    if reply.is_ours && asked.is_none() {
        let found = format!("`{url}` leads to a segments-slack server, for webhooks; Slack uses Socket Mode");
        return Finding::ok(PUBLIC_URL_CHECK, found);
    }
    if reply.is_ours {
        let found = format!("`{url}/slack/events` accepts requests signed with this signing secret");
        return Finding::ok(PUBLIC_URL_CHECK, found);
    }
    let path = if asked.is_some() { "/slack/events" } else { "/healthz" };
    let ProbeResponse { status, location, refused, .. } = reply;
    if let Some(refused) = refused {
        let (why, remedy) = match refused {
            RequestRejection::Signature => (
                "has another signing secret, or the proxy changes requests",
                "start the server with this SLACK_SIGNING_SECRET, and configure the proxy to forward bodies unchanged",
            ),
            RequestRejection::Time => {
                ("has a clock that is more than 5 minutes off", "synchronize the clocks of both machines with NTP")
            }
        };
        return Finding::failed(PUBLIC_URL_CHECK, format!("the server behind `{url}` {why}"), remedy);
    }
    if (300..400).contains(status) {
        let to = location.as_deref().map_or_else(String::new, |to| format!(" to `{}`", plain(to, 200)));
        let found = format!("`{url}{path}` redirects{to}, but Slack and Segments.ai do not follow redirects");
        let remedy = "set SEGMENTS_SLACK_PUBLIC_URL and the URLs in the Slack app and in Segments.ai to the final \
                      address";
        return Finding::failed(PUBLIC_URL_CHECK, found, remedy);
    }
    let pass = format!(
        "configure the proxy to forward every path and method, with body and headers, to the server at `{}`",
        facts.settings.listen
    );
    if matches!(status, 502..=504) && !facts.is_running() {
        return server_not_running(url, &format!("responds with HTTP status {status}"));
    }
    let found = match &public.health {
        Ok(_) if asked.is_none() => {
            format!("the server there is not segments-slack: `{url}/healthz` responds with HTTP status {status}")
        }
        Ok(ProbeResponse { is_ours: true, .. }) => {
            format!("the server responds, but `{url}/slack/events` returns HTTP status {status}")
        }
        Ok(health) => format!(
            "the server there is not segments-slack: `{url}/healthz` responds with HTTP status {}, `/slack/events` with {status}",
            health.status
        ),
        Err(trouble) => format!(
            "`{url}/slack/events` responds with HTTP status {status}, and `/healthz` does not respond: {trouble}"
        ),
    };
    Finding::failed(PUBLIC_URL_CHECK, found, pass)
}

/// Reports that no server is running, so none can respond.
fn server_not_running(url: &str, found: &str) -> Finding {
    let found = format!("`{url}` {found}, and no server is running");
    Finding::unchecked(PUBLIC_URL_CHECK, found, "start `segments-slack serve` and run `segments-slack doctor` again")
}

fn unanswered(facts: &Facts, url: &str, trouble: &ConnectionFailure) -> Finding {
    let remedy = match trouble {
        ConnectionFailure::Name => "create a DNS entry for the host name, or correct SEGMENTS_SLACK_PUBLIC_URL",
        ConnectionFailure::Tls(_) => {
            "give the proxy a trusted certificate for the host name, including the intermediate certificates"
        }
        ConnectionFailure::Refused if !facts.is_running() => return server_not_running(url, &trouble.to_string()),
        ConnectionFailure::Refused | ConnectionFailure::TimedOut | ConnectionFailure::Cut => {
            "check that the proxy is running and that the firewall allows connections from the internet; some networks cannot \
             reach their own public address, so try from elsewhere too"
        }
    };
    Finding::failed(PUBLIC_URL_CHECK, format!("could not reach `{url}`: {trouble}"), remedy)
}

pub(super) fn webhook_secret(facts: &Facts) -> Option<Finding> {
    let shapes = &facts.settings.webhook_secrets;
    if shapes.is_empty() {
        return None;
    }
    let remedy = "copy the signing secret `whsec_…` of the endpoint from the webhooks page of the Segments.ai settings into \
                  SEGMENTS_WEBHOOK_SECRET";
    if shapes.contains(&false) {
        let found = "SEGMENTS_WEBHOOK_SECRET does not look like a signing secret, which is `whsec_` and base64 of 24 to 64 bytes";
        return Some(Finding::warning("webhook secret", found, remedy));
    }
    let rotates = if shapes.len() > 1 { "; two secrets are accepted during a rotation" } else { "" };
    Some(match facts.checkup().map(|checkup| checkup.sent) {
        Some(ServerCounts { webhooks: 0, forged_webhooks, .. }) if forged_webhooks > 0 => {
            let found = format!("the server received {forged_webhooks} webhooks, and none was signed with this secret");
            Finding::warning("webhook secret", found, remedy)
        }
        Some(ServerCounts { webhooks, .. }) if webhooks > 0 => {
            Finding::ok("webhook secret", format!("the server has received webhooks signed with it{rotates}"))
        }
        _ => Finding::ok(
            "webhook secret",
            format!("has the right format; the first webhook will show whether it is correct{rotates}"),
        ),
    })
}

pub(super) fn api_key(facts: &Facts) -> Finding {
    let Some(asked) = &facts.segments else {
        let found =
            "SEGMENTS_API_KEY is not set, so messages of the environment's account have no buttons for Segments.ai";
        return Finding::ok("API key", found);
    };
    let again = "try again later; check SEGMENTS_API_URL if you changed it from https://api.segments.ai";
    match asked {
        Ok(User { username, webhooks_enabled: Some(false), .. }) => Finding::warning(
            "API key",
            format!("accepted; it belongs to `{}`, whose webhooks are turned off", plain(username.as_str(), 80)),
            "if this user owns the datasets, ask Segments.ai to turn on webhooks",
        ),
        Ok(User { username, .. }) => {
            Finding::ok("API key", format!("accepted; it belongs to `{}`", plain(username.as_str(), 80)))
        }
        Err(SegmentsError::Unauthorized | SegmentsError::Forbidden { .. }) => Finding::failed(
            "API key",
            "Segments.ai rejected SEGMENTS_API_KEY",
            "create a key on the page `Account` of Segments.ai (https://segments.ai/account) and set SEGMENTS_API_KEY to it",
        ),
        Err(error @ (SegmentsError::Throttled { .. } | SegmentsError::Unavailable(segments::ErrorKind::Status(_)))) => {
            Finding::unchecked("API key", error.to_string(), again)
        }
        Err(error) => Finding::failed("API key", error.to_string(), again),
    }
}
