//! Findings about Slack: the connection, the clock, the token, its scopes, and the workspaces that installed the app.

use super::super::facts::{ConnectionFailure, Facts, Finding, SlackProbeError, StoreFacts};
use super::{count, some};
use crate::app::operations::health::ServerCounts;
use crate::cli::out::plain;
use crate::slack::look::{Bearer, Look};
use crate::slack::oauth::SCOPES;
use jiff::SignedDuration;

/// Clock difference that is reported as a failure; signatures are rejected from 5 minutes on.
const CLOCK_SKEW_FAILS_ABOVE: SignedDuration = SignedDuration::from_mins(2);
/// Clock difference that is reported as a warning.
const CLOCK_SKEW_WARNS_ABOVE: SignedDuration = SignedDuration::from_secs(30);

const SLACK_NOT_REACHED: &str = "Slack could not be reached (see above)";

/// Each scope, whether the app needs it, and its purpose. Without an optional scope a feature is missing.
const SCOPE_PURPOSES: [(&str, bool, &str); 11] = [
    ("channels:history", false, "checking whether an unconfirmed message was posted, to avoid duplicates"),
    ("channels:join", false, "joining public channels that only members can post in"),
    ("channels:read", true, "checking whether it can post in a channel"),
    ("chat:write", true, "posting messages"),
    ("chat:write.public", false, "posting in public channels without an invitation"),
    ("commands", true, "the command `/segments`"),
    ("groups:history", false, "the same as `channels:history`, in private channels"),
    ("groups:read", true, "the same as `channels:read`, for private channels"),
    ("links:read", false, "noticing pasted Segments.ai links"),
    ("links:write", false, "showing previews of pasted links"),
    ("users:read", true, "recognizing admins and guests, and time zones"),
];

pub(super) fn reach(facts: &Facts) -> Finding {
    let url = &facts.settings.slack_api_url;
    let remedy = match &facts.slack {
        Ok(_) => return Finding::ok("Slack", format!("`{url}` responds")),
        Err(SlackProbeError::Connection(ConnectionFailure::Tls(_))) => {
            "if a proxy decrypts https, add its root certificate to this system; also check this machine's clock"
        }
        Err(SlackProbeError::Connection(_)) => {
            "allow https connections (port 443) from this machine to it; proxies from the environment are not used. \
             Check https://slack-status.com too"
        }
        Err(SlackProbeError::Status(429)) => "Slack rate-limits requests; try again in a minute",
        Err(SlackProbeError::Status(_)) => "check https://slack-status.com and try again later",
        Err(SlackProbeError::Unreadable) => "unset SLACK_API_URL, or set it to https://slack.com/api",
    };
    let found = format!(
        "could not use `{url}`: {}",
        facts.slack.as_ref().err().map(SlackProbeError::to_string).unwrap_or_default()
    );
    Finding::failed("Slack", found, remedy)
}

pub(super) fn clock(facts: &Facts) -> Finding {
    let Some(ahead) = facts.ahead else {
        let found = if facts.slack.is_err() { SLACK_NOT_REACHED } else { "Slack sent no time" };
        return Finding::unchecked(
            "clock",
            found,
            "check that this machine synchronizes its clock with NTP (`timedatectl`)",
        );
    };
    let apart = ahead.abs();
    if apart <= CLOCK_SKEW_WARNS_ABOVE {
        return Finding::ok("clock", "within 30 s of Slack's clock");
    }
    let way = if ahead.is_positive() { "ahead of" } else { "behind" };
    let found = format!(
        "this machine's clock is {} s {way} Slack's; at 300 s, all requests from Slack and Segments.ai are rejected",
        apart.as_secs()
    );
    let remedy = "synchronize the clock with NTP: `timedatectl set-ntp true`";
    if apart > CLOCK_SKEW_FAILS_ABOVE {
        Finding::failed("clock", found, remedy)
    } else {
        Finding::warning("clock", found, remedy)
    }
}

pub(super) fn token(facts: &Facts) -> Vec<Finding> {
    if !facts.settings.has_token {
        return Vec::new();
    }
    let Ok(look) = &facts.slack else {
        return vec![Finding::unchecked("bot token", SLACK_NOT_REACHED, "fix that first")];
    };
    let bearer = match &look.answer {
        Ok(bearer) => bearer,
        Err(code) => {
            let found = format!("Slack rejected SLACK_BOT_TOKEN: {}", plain(code, 100));
            return vec![Finding::failed("bot token", found, token_remedy(code))];
        }
    };
    let (team, user) = (plain(&bearer.team, 80), plain(&bearer.user, 80));
    let owner = plain(bearer.owner(), 40);
    let found = format!("belongs to the bot `{user}` ({}) in workspace `{team}` ({owner})", plain(&bearer.user_id, 40));
    let mut findings = vec![Finding::ok("bot token", found)];
    if let Some(seconds) = bearer.expires_in {
        let found = format!(
            "it expires in {} minutes: the app rotates tokens, and a token from the environment is not refreshed",
            seconds / 60
        );
        let remedy = "install the app through the server instead (SLACK_CLIENT_ID, SLACK_CLIENT_SECRET), or create an app \
                      without token rotation";
        findings.push(Finding::warning("bot token", found, remedy));
    }
    findings.extend(other_workspaces(facts, bearer));
    findings
}

/// Warns when the store has subscriptions of a workspace that the token does not belong to.
fn other_workspaces(facts: &Facts, bearer: &Bearer) -> Option<Finding> {
    let used = facts.workspaces()?.iter().filter(|kept| kept.installed.is_none() && kept.subscriptions > 0);
    let others: Vec<String> = used.map(|kept| kept.workspace.to_string()).filter(|id| id != bearer.owner()).collect();
    (!others.is_empty()).then(|| {
        let found = format!(
            "the store has subscriptions of {}, which this token does not belong to, so they are not served",
            some(&others)
        );
        Finding::warning("bot token", found, "use the token of that workspace, or choose another folder with --store")
    })
}

/// Returns the remedy for an error code of Slack about a token.
fn token_remedy(code: &str) -> &'static str {
    match code {
        "token_revoked" | "account_inactive" => {
            "reinstall the app (https://api.slack.com/apps, your app, `Install App`) and set SLACK_BOT_TOKEN to the new token"
        }
        "token_expired" => {
            "the app rotates tokens: install it through the server (SLACK_CLIENT_ID, SLACK_CLIENT_SECRET), or create an app \
             without token rotation"
        }
        "org_login_required" | "team_access_not_granted" => {
            "ask an admin of the organization to approve the app for this workspace"
        }
        _ => {
            "copy the bot token `xoxb-…` from https://api.slack.com/apps, your app, `OAuth & Permissions`, into SLACK_BOT_TOKEN"
        }
    }
}

/// Remedy for a missing scope.
const HOW_TO_ADD_SCOPES: &str = "add it at https://api.slack.com/apps, your app, `OAuth & Permissions`, `Bot Token Scopes` (or paste the output of \
                   `segments-slack manifest --url URL` into `App Manifest`), then click `Reinstall to Workspace`";

pub(super) fn scopes(facts: &Facts) -> Vec<Finding> {
    if !facts.settings.has_token {
        return Vec::new();
    }
    match &facts.slack {
        Ok(Look { answer: Ok(_), scopes: Some(scopes), .. }) => compared("", scopes, HOW_TO_ADD_SCOPES),
        Ok(Look { answer: Ok(_), scopes: None, .. }) => {
            vec![Finding::unchecked("scopes", "Slack did not list the scopes of the token", HOW_TO_ADD_SCOPES)]
        }
        Ok(_) => vec![Finding::unchecked("scopes", "the token was rejected (see above)", "fix that first")],
        Err(_) => vec![Finding::unchecked("scopes", SLACK_NOT_REACHED, "fix that first")],
    }
}

/// Compares the scopes of a token with those that the app requests.
fn compared(whose: &str, granted: &[String], remedy: &str) -> Vec<Finding> {
    let missing = SCOPE_PURPOSES.iter().filter(|(scope, ..)| !granted.iter().any(|granted| granted == scope));
    let mut findings: Vec<Finding> = missing
        .map(|(scope, is_needed, purpose)| {
            let found = format!("the token{whose} lacks the scope `{scope}`, which is for {purpose}");
            let judged = if *is_needed { Finding::failed } else { Finding::warning };
            judged("scopes", found, remedy.to_owned())
        })
        .collect();
    let beyond = granted.iter().filter(|granted| !SCOPES.contains(&granted.as_str()));
    let beyond: Vec<String> = beyond.map(|scope| format!("`{}`", plain(scope, 60))).collect();
    if !beyond.is_empty() {
        let found = format!("the token{whose} has scopes that the app does not use: {}", some(&beyond));
        let remedy = "remove them in `OAuth & Permissions` if nothing else needs them, and reinstall the app";
        findings.push(Finding::warning("scopes", found, remedy));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "scopes",
            format!("the token{whose} has exactly the {} scopes that the app requests", SCOPES.len()),
        ));
    }
    findings
}

pub(super) fn signing_secret(facts: &Facts) -> Option<Finding> {
    let looks_right = facts.settings.signing_secret?;
    let remedy = "copy it from https://api.slack.com/apps, your app, `Basic Information`, `Signing Secret`, into SLACK_SIGNING_SECRET";
    if !looks_right {
        let found =
            "SLACK_SIGNING_SECRET does not look like a Slack signing secret, which has 32 characters from 0-9 and a-f";
        return Some(Finding::warning("signing secret", found, remedy));
    }
    Some(match facts.checkup().map(|checkup| checkup.sent) {
        Some(ServerCounts { commands: 0, interactions: 0, events: 0, forged, .. }) if forged > 0 => {
            let found = format!("the server received {forged} requests, and none was signed with this secret");
            Finding::warning("signing secret", found, remedy)
        }
        Some(ServerCounts { commands, interactions, events, .. }) if commands + interactions + events > 0 => {
            Finding::ok("signing secret", "the server has received requests signed with it")
        }
        _ => Finding::ok("signing secret", "has the right format; the first command will show whether it is correct"),
    })
}

/// Checks that the app token can open Socket Mode connections.
pub(super) fn socket(facts: &Facts) -> Option<Finding> {
    const APP_TOKEN_CHECK: &str = "app token";
    let look = match facts.socket.as_ref()? {
        Ok(look) => look,
        Err(_) if facts.slack.is_err() => {
            return Some(Finding::unchecked(APP_TOKEN_CHECK, SLACK_NOT_REACHED, "fix that first"));
        }
        Err(why) => {
            let found = format!("could not ask Slack about the app token: {why}");
            return Some(Finding::unchecked(APP_TOKEN_CHECK, found, "run `segments-slack doctor` again in a minute"));
        }
    };
    let Err(code) = &look.answer else {
        return Some(Finding::ok(APP_TOKEN_CHECK, "it can open Socket Mode connections"));
    };
    let remedy = match code.as_str() {
        "ratelimited" => {
            let found = "Slack rate-limits new connections, so this could not be checked";
            return Some(Finding::unchecked(APP_TOKEN_CHECK, found, "run `segments-slack doctor` again in a minute"));
        }
        "missing_scope" | "no_permission" | "not_allowed_token_type" => {
            "create an app-level token with the scope `connections:write` at https://api.slack.com/apps, your app, \
             `Basic Information`, and set SLACK_APP_TOKEN to it; it begins with `xapp-`"
        }
        _ => {
            "copy the app-level token `xapp-…` from https://api.slack.com/apps, your app, `Basic Information`, into \
             SLACK_APP_TOKEN, and check that Socket Mode is turned on"
        }
    };
    Some(Finding::failed(
        APP_TOKEN_CHECK,
        format!("Slack did not open a Socket Mode connection with it: {}", plain(code, 80)),
        remedy,
    ))
}

pub(super) fn oauth(facts: &Facts) -> Option<Finding> {
    let redirect = facts.settings.redirect_url.as_ref()?;
    let found =
        format!("client ID and secret can only be checked by installing the app; its redirect URL is `{redirect}`");
    let remedy = "at https://api.slack.com/apps, your app, add it to `Redirect URLs` in `OAuth & Permissions` and turn on \
                  `Manage Distribution`; then open /slack/install at your public address";
    Some(Finding::unchecked("OAuth client", found, remedy))
}

/// Checks the token and the scopes of each workspace that installed the app.
pub(super) fn workspaces(facts: &Facts) -> Vec<Finding> {
    let kept = facts.workspaces().unwrap_or_default();
    let installed: Vec<_> = kept.iter().filter_map(|kept| Some((kept, kept.installed.as_ref()?))).collect();
    if installed.is_empty() {
        return Vec::new();
    }
    let again = "reinstall the app in that workspace: open /slack/install at your public address";
    let named = |id: &str, name: &str| format!("`{}` ({id})", plain(name, 80));
    let mut findings = Vec::new();
    let mut unsure = 0;
    for (kept, one) in &installed {
        let name = named(kept.workspace.as_str(), &one.name);
        let refused = match &facts.store {
            StoreFacts::Idle(idle) => {
                let look = idle.tokens.iter().find(|(workspace, _)| *workspace == kept.workspace).map(|(_, look)| look);
                match look {
                    Some(Ok(Look { answer: Err(code), .. })) => Some(code.clone()),
                    Some(Ok(Look { answer: Ok(bearer), .. })) if bearer.owner() != kept.workspace.as_str() => {
                        Some("it belongs to another workspace".to_owned())
                    }
                    Some(Ok(_)) => None,
                    _ => {
                        unsure += 1;
                        None
                    }
                }
            }
            _ => kept.refused.clone(),
        };
        let has_ended = one.ends.is_some_and(|end| end <= facts.now);
        if let Some(code) = refused.filter(|code| code != "token_expired" || !has_ended) {
            let found = format!("Slack rejected the token of {name}: {}", plain(&code, 100));
            findings.push(Finding::failed("workspaces", found, again));
        }
        let lacking = compared(&format!(" of {name}"), &one.scopes, again);
        findings.extend(lacking.into_iter().filter(|finding| finding.remedy.as_deref() == Some(again)));
    }
    if findings.is_empty() {
        let found = format!("{} installed the app", count(installed.len(), "workspace"));
        findings.push(match unsure {
            0 => Finding::ok("workspaces", format!("{found}, and Slack accepts all their tokens")),
            _ => Finding::unchecked(
                "workspaces",
                format!("{found}; some tokens could not be checked"),
                "run `segments-slack doctor` again",
            ),
        });
    }
    findings
}

/// Explains which parts of the app manifest can be checked.
pub(super) fn manifest(facts: &Facts) -> Finding {
    let seen = match facts.checkup().map(|checkup| checkup.sent) {
        Some(ServerCounts { commands, interactions, events, .. }) => format!(
            "; since it started, the server has received {}, {} and {}",
            count(commands, "command"),
            count(interactions, "interaction"),
            count(events, "event")
        ),
        None => String::new(),
    };
    let found = format!(
        "a bot token shows only the scopes, so the command, the events and the request URLs of the app \
         cannot be checked{seen}"
    );
    let remedy = "compare `App Manifest` at https://api.slack.com/apps, your app, with the output of `segments-slack manifest --url URL`";
    Finding::unchecked("manifest", found, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_that_the_app_asks_for_has_its_purpose() {
        assert_eq!(SCOPE_PURPOSES.map(|(scope, ..)| scope), SCOPES);
    }
}
