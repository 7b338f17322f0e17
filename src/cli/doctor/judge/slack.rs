//! What Slack says: whether it is there, its time, the token and its scopes, the workspaces that installed the app.

use super::super::facts::{ConnectionFailure, Facts, Finding, SlackProbeError, StoreFacts};
use super::{count, some};
use crate::app::operations::health::Sent;
use crate::cli::out::plain;
use crate::slack::look::{Bearer, Look};
use crate::slack::oauth::SCOPES;
use jiff::SignedDuration;

/// Slack's signatures are refused when the clocks are 5 minutes apart.
const CLOCK_SKEW_FAILS_ABOVE: SignedDuration = SignedDuration::from_mins(2);
const CLOCK_SKEW_WARNS_ABOVE: SignedDuration = SignedDuration::from_secs(30);

const SLACK_NOT_REACHED: &str = "Slack gave no answer: see above";

/// What each scope is for. The app works without those that are not needed, and does less.
const SCOPE_PURPOSES: [(&str, bool, &str); 11] = [
    ("channels:history", false, "finding a message whose answer from Slack was lost, so that none is posted twice"),
    ("channels:join", false, "joining a public channel where it must be a member"),
    ("channels:read", true, "finding out whether a channel can be posted in"),
    ("chat:write", true, "posting messages"),
    ("chat:write.public", false, "posting in a public channel without being invited"),
    ("commands", true, "the command `/segments`"),
    ("groups:history", false, "the same as `channels:history`, in private channels"),
    ("groups:read", true, "the same as `channels:read`, for private channels"),
    ("links:read", false, "hearing of pasted links to Segments.ai"),
    ("links:write", false, "showing what stands behind them"),
    ("users:read", true, "who is an admin or a guest, and time zones"),
];

pub(super) fn reach(facts: &Facts) -> Finding {
    let url = &facts.settings.slack_api_url;
    let remedy = match &facts.slack {
        Ok(_) => return Finding::ok("Slack", format!("`{url}` answers")),
        Err(SlackProbeError::Connection(ConnectionFailure::Tls(_))) => {
            "if something on the way opens https, add its certificate to this system's; look at this machine's clock too"
        }
        Err(SlackProbeError::Connection(_)) => {
            "let this machine connect to it over https (port 443); proxies of the environment are not used. \
             Slack's own state: https://slack-status.com"
        }
        Err(SlackProbeError::Status(429)) => "Slack limits how often it is asked: try again in a minute",
        Err(SlackProbeError::Status(_)) => "look at https://slack-status.com, and try again later",
        Err(SlackProbeError::Unreadable) => "set SLACK_API_URL to https://slack.com/api, or unset it",
    };
    let found = format!(
        "could not ask `{url}`: {}",
        facts.slack.as_ref().err().map(SlackProbeError::to_string).unwrap_or_default()
    );
    Finding::failed("Slack", found, remedy)
}

pub(super) fn clock(facts: &Facts) -> Finding {
    let Some(ahead) = facts.ahead else {
        let found = if facts.slack.is_err() { SLACK_NOT_REACHED } else { "Slack did not tell its time" };
        return Finding::unchecked("clock", found, "see that this machine keeps its time by NTP (`timedatectl`)");
    };
    let apart = ahead.abs();
    if apart <= CLOCK_SKEW_WARNS_ABOVE {
        return Finding::ok("clock", "agrees with Slack's to within half a minute");
    }
    let way = if ahead.is_positive() { "ahead of" } else { "behind" };
    let found = format!(
        "this machine's clock is {} s {way} Slack's; from 300 s on, whatever Slack and Segments.ai send is refused",
        apart.as_secs()
    );
    let remedy = "let this machine keep its time by NTP: `timedatectl set-ntp true`";
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
        return vec![Finding::unchecked("bot token", SLACK_NOT_REACHED, "mend that first")];
    };
    let bearer = match &look.answer {
        Ok(bearer) => bearer,
        Err(code) => {
            let found = format!("Slack refuses SLACK_BOT_TOKEN: {}", plain(code, 100));
            return vec![Finding::failed("bot token", found, cure(code))];
        }
    };
    let (team, user) = (plain(&bearer.team, 80), plain(&bearer.user, 80));
    let owner = plain(bearer.owner(), 40);
    let found =
        format!("is of workspace `{team}` ({owner}), where it acts as `{user}` ({})", plain(&bearer.user_id, 40));
    let mut findings = vec![Finding::ok("bot token", found)];
    if let Some(seconds) = bearer.expires_in {
        let found = format!(
            "it ends in {} minutes: the app rotates tokens, and one of the environment is not renewed",
            seconds / 60
        );
        let remedy = "let the app be installed by its own page instead (SLACK_CLIENT_ID, SLACK_CLIENT_SECRET), or make an app \
                      without token rotation";
        findings.push(Finding::warning("bot token", found, remedy));
    }
    findings.extend(other_home(facts, bearer));
    findings
}

/// A store that was used for the workspace of another token.
fn other_home(facts: &Facts, bearer: &Bearer) -> Option<Finding> {
    let used = facts.kept()?.iter().filter(|kept| kept.installed.is_none() && kept.subscriptions > 0);
    let others: Vec<String> = used.map(|kept| kept.workspace.to_string()).filter(|id| id != bearer.owner()).collect();
    (!others.is_empty()).then(|| {
        let found = format!("the store has subscriptions of {}, which this token is not of: they rest", some(&others));
        Finding::warning("bot token", found, "use the token of that workspace, or another folder with --store")
    })
}

/// What helps against a code of Slack's.
fn cure(code: &str) -> &'static str {
    match code {
        "token_revoked" | "account_inactive" => {
            "install the app again (https://api.slack.com/apps, the app, `Install App`) and set SLACK_BOT_TOKEN to the new token"
        }
        "token_expired" => {
            "the app rotates tokens: let it be installed by its own page (SLACK_CLIENT_ID, SLACK_CLIENT_SECRET), or make an app \
             without token rotation"
        }
        "org_login_required" | "team_access_not_granted" => {
            "ask an admin of the organisation to let the app into this workspace"
        }
        _ => {
            "copy the bot token `xoxb-…` anew from https://api.slack.com/apps, the app, `OAuth & Permissions`, into SLACK_BOT_TOKEN"
        }
    }
}

/// How a scope comes to the token.
const HOW_TO_ADD_SCOPES: &str = "add it at https://api.slack.com/apps, the app, `OAuth & Permissions`, `Bot Token Scopes` (or paste what \
                   `segments-slack manifest --url URL` prints into `App Manifest`), then press `Reinstall to Workspace`";

pub(super) fn scopes(facts: &Facts) -> Vec<Finding> {
    if !facts.settings.has_token {
        return Vec::new();
    }
    match &facts.slack {
        Ok(Look { answer: Ok(_), scopes: Some(scopes), .. }) => compared("", scopes, HOW_TO_ADD_SCOPES),
        Ok(Look { answer: Ok(_), scopes: None, .. }) => {
            vec![Finding::unchecked("scopes", "Slack did not say what the token may do", HOW_TO_ADD_SCOPES)]
        }
        Ok(_) => vec![Finding::unchecked("scopes", "the token is not accepted: see above", "mend that first")],
        Err(_) => vec![Finding::unchecked("scopes", SLACK_NOT_REACHED, "mend that first")],
    }
}

/// What a token may do beside what the app asks for.
fn compared(whose: &str, granted: &[String], remedy: &str) -> Vec<Finding> {
    let missing = SCOPE_PURPOSES.iter().filter(|(scope, ..)| !granted.iter().any(|granted| granted == scope));
    let mut findings: Vec<Finding> = missing
        .map(|(scope, is_needed, purpose)| {
            let found = format!("the token{whose} lacks `{scope}`, for {purpose}");
            let judged = if *is_needed { Finding::failed } else { Finding::warning };
            judged("scopes", found, remedy.to_owned())
        })
        .collect();
    let beyond = granted.iter().filter(|granted| !SCOPES.contains(&granted.as_str()));
    let beyond: Vec<String> = beyond.map(|scope| format!("`{}`", plain(scope, 60))).collect();
    if !beyond.is_empty() {
        let found = format!("the token{whose} may do more than the app uses: {}", some(&beyond));
        let remedy = "take them away at the same place if nothing else needs them, and install the app again";
        findings.push(Finding::warning("scopes", found, remedy));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "scopes",
            format!("the token{whose} has all {} that the app asks for, and no other", SCOPES.len()),
        ));
    }
    findings
}

pub(super) fn signing_secret(facts: &Facts) -> Option<Finding> {
    let looks_right = facts.settings.signing_secret?;
    let remedy = "copy it anew from https://api.slack.com/apps, the app, `Basic Information`, `Signing Secret`, into SLACK_SIGNING_SECRET";
    if !looks_right {
        let found = "SLACK_SIGNING_SECRET does not look like one of Slack's, which are 32 of the letters 0-9 and a-f";
        return Some(Finding::warning("signing secret", found, remedy));
    }
    Some(match facts.checkup().map(|checkup| checkup.sent) {
        Some(Sent { commands: 0, interactions: 0, events: 0, forged, .. }) if forged > 0 => {
            let found = format!("of {forged} requests to the server, none had a signature by this secret");
            Finding::warning("signing secret", found, remedy)
        }
        Some(Sent { commands, interactions, events, .. }) if commands + interactions + events > 0 => {
            Finding::ok("signing secret", "is Slack's: requests signed with it have come since the server's start")
        }
        _ => Finding::ok("signing secret", "looks like one; whether it is this app's shows with the first command"),
    })
}

/// Whether Slack opens connections of Socket Mode.
pub(super) fn socket(facts: &Facts) -> Option<Finding> {
    const APP_TOKEN_CHECK: &str = "app token";
    let look = match facts.socket.as_ref()? {
        Ok(look) => look,
        Err(_) if facts.slack.is_err() => {
            return Some(Finding::unchecked(APP_TOKEN_CHECK, SLACK_NOT_REACHED, "mend that first"));
        }
        Err(why) => {
            let found = format!("could not ask Slack whether it opens connections: {why}");
            return Some(Finding::unchecked(APP_TOKEN_CHECK, found, "run this again in a minute"));
        }
    };
    let Err(code) = &look.answer else {
        return Some(Finding::ok(APP_TOKEN_CHECK, "Slack opens connections of Socket Mode with it"));
    };
    let remedy = match code.as_str() {
        "ratelimited" => {
            let found = "Slack limits how often connections are opened: whether it opens one now was not seen";
            return Some(Finding::unchecked(APP_TOKEN_CHECK, found, "run this again in a minute"));
        }
        "missing_scope" | "no_permission" | "not_allowed_token_type" => {
            "make an app-level token with the scope `connections:write` on the app's page Basic Information, for \
             SLACK_APP_TOKEN; it begins with `xapp-`"
        }
        _ => {
            "copy the app-level token `xapp-…` anew from the app's page Basic Information into SLACK_APP_TOKEN, and see \
             that Socket Mode is turned on"
        }
    };
    Some(Finding::failed(
        APP_TOKEN_CHECK,
        format!("Slack opens no connection of Socket Mode with it: {}", plain(code, 80)),
        remedy,
    ))
}

pub(super) fn oauth(facts: &Facts) -> Option<Finding> {
    let redirect = facts.settings.redirect_url.as_ref()?;
    let found =
        format!("Slack takes client id and secret only when somebody installs the app; it must know `{redirect}`");
    let remedy = "https://api.slack.com/apps, the app: `OAuth & Permissions`, `Redirect URLs` has that address, and \
                  `Manage Distribution` is on; then open /slack/install of your address";
    Some(Finding::unchecked("OAuth client", found, remedy))
}

/// The workspaces that installed the app.
pub(super) fn workspaces(facts: &Facts) -> Vec<Finding> {
    let kept = facts.kept().unwrap_or_default();
    let installed: Vec<_> = kept.iter().filter_map(|kept| Some((kept, kept.installed.as_ref()?))).collect();
    if installed.is_empty() {
        return Vec::new();
    }
    let again = "open /slack/install of your public address and install the app there again";
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
                        Some("it is a token of another workspace".to_owned())
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
            let found = format!("Slack refuses the token of {name}: {}", plain(&code, 100));
            findings.push(Finding::failed("workspaces", found, again));
        }
        let lacking = compared(&format!(" of {name}"), &one.scopes, again);
        findings.extend(lacking.into_iter().filter(|finding| finding.remedy.as_deref() == Some(again)));
    }
    if findings.is_empty() {
        let found = format!("{} installed the app", count(installed.len(), "workspace"));
        findings.push(match unsure {
            0 => Finding::ok("workspaces", format!("{found}, and Slack takes the token of each")),
            _ => Finding::unchecked("workspaces", format!("{found}; not every token could be tried"), "run this again"),
        });
    }
    findings
}

/// What can be seen of the app's configuration at Slack.
pub(super) fn manifest(facts: &Facts) -> Finding {
    let seen = match facts.checkup().map(|checkup| checkup.sent) {
        Some(Sent { commands, interactions, events, .. }) => format!(
            "; since its start the server was sent {}, {} and {}",
            count(commands, "command"),
            count(interactions, "interaction"),
            count(events, "event")
        ),
        None => String::new(),
    };
    let found = format!(
        "only scopes show with a bot token: the command, events, request URLs and the rest are seen with an app \
         configuration token alone, which this program does not take{seen}"
    );
    let remedy = "compare https://api.slack.com/apps, the app, `App Manifest` with what `segments-slack manifest --url URL` prints";
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
