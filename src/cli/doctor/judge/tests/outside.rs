//! Findings on Slack, the public address and Segments.ai.

use super::*;

#[test]
fn an_unreachable_slack_is_reported() {
    let mut cases = Cases::default();
    let away = |why: SlackProbeError| move |facts: &mut Facts| (facts.slack, facts.ahead) = (Err(why), None);
    for why in [
        SlackProbeError::Connection(ConnectionFailure::Name),
        SlackProbeError::Connection(ConnectionFailure::Refused),
        SlackProbeError::Connection(ConnectionFailure::TimedOut),
        SlackProbeError::Connection(ConnectionFailure::Cut),
        SlackProbeError::Connection(ConnectionFailure::Tls("its certificate has expired".to_owned())),
        SlackProbeError::Status(429),
        SlackProbeError::Status(503),
        SlackProbeError::Unreadable,
    ] {
        cases.add(away(why), "Slack");
    }
    for check in ["clock", "bot token", "scopes"] {
        cases.add(away(SlackProbeError::Status(503)), check);
    }
    insta::assert_snapshot!(cases.0);
}

#[test]
fn clock_skew_is_reported_before_signatures_fail() {
    let mut cases = Cases::default();
    let ahead = |seconds| move |facts: &mut Facts| facts.ahead = Some(SignedDuration::from_secs(seconds));
    cases.add(ahead(30), "clock");
    cases.add(ahead(-31), "clock");
    cases.add(ahead(120), "clock");
    cases.add(ahead(121), "clock");
    cases.add(|facts| facts.ahead = None, "clock");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn bot_tokens() {
    let mut cases = Cases::default();
    for code in ["invalid_auth", "token_revoked", "token_expired", "team_access_not_granted"] {
        cases.add(|facts| facts.slack = Ok(refused(code)), "bot token");
    }
    cases.add(|facts| facts.slack = Ok(refused("invalid_auth")), "scopes");
    let ends = |facts: &mut Facts| {
        let bearer = Bearer { expires_in: Some(3600), ..look().answer.unwrap() };
        facts.slack = Ok(Look { answer: Ok(bearer), ..look() });
    };
    cases.add(ends, "bot token");
    let other = |facts: &mut Facts| facts.store = idle(KeyFacts::None, vec![kept("T9")]);
    cases.add(other, "bot token");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn missing_and_extra_scopes_are_named() {
    let mut cases = Cases::default();
    let with = |change: fn(&mut Vec<String>)| {
        move |facts: &mut Facts| {
            let mut scopes = look().scopes.unwrap();
            change(&mut scopes);
            facts.slack = Ok(Look { scopes: Some(scopes), ..look() });
        }
    };
    let without_commands = with(|scopes| scopes.retain(|scope| scope != "commands"));
    cases.add(without_commands, "scopes");
    let without_links = with(|scopes| scopes.retain(|scope| scope != "links:read"));
    cases.add(without_links, "scopes");
    let with_more = with(|scopes| scopes.push("files:read".to_owned()));
    cases.add(with_more, "scopes");
    let silent = |facts: &mut Facts| facts.slack = Ok(Look { scopes: None, ..look() });
    cases.add(silent, "scopes");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn secrets_are_judged_by_format_and_traffic() {
    let mut cases = Cases::default();
    cases.add(|facts| facts.settings.signing_secret = Some(false), "signing secret");
    cases.add(|facts| facts.settings.webhook_secrets = vec![true, false], "webhook secret");
    cases.add(|facts| facts.settings.webhook_secrets = vec![true, true], "webhook secret");
    let sent = |sent: ServerCounts| {
        let checkup = HealthReport { sent, ..running(vec![kept("T1")]) };
        move |facts: &mut Facts| facts.store = StoreFacts::Running(Ok(checkup.into()))
    };
    let forged = ServerCounts { forged: 7, forged_webhooks: 8, ..ServerCounts::default() };
    cases.add(sent(forged), "signing secret");
    cases.add(sent(forged), "webhook secret");
    cases.add(sent(ServerCounts::default()), "signing secret");
    cases.add(sent(ServerCounts::default()), "webhook secret");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn installed_workspaces_are_judged_one_by_one() {
    let mut cases = Cases::default();
    let many = |kept: Vec<StoredCounts>, tokens: Vec<(&'static str, Result<Look, SlackProbeError>)>| {
        move |facts: &mut Facts| {
            facts.settings.has_token = false;
            facts.settings.redirect_url = Some("https://slack.example.com/slack/oauth".to_owned());
            let tokens = tokens.into_iter().map(|(id, look)| (WorkspaceId::parse(id).unwrap(), look)).collect();
            facts.store = StoreFacts::Idle(IdleStore { key: found("ab"), kept, tokens });
        }
    };
    let one = || vec![installed("T1")];
    cases.add(many(one(), vec![("T1", Ok(look()))]), "workspaces");
    cases.add(many(one(), vec![]), "OAuth client");
    cases.add(many(one(), vec![]), "workspaces");
    let gone = vec![("T1", Ok(refused("token_revoked")))];
    cases.add(many(one(), gone), "workspaces");
    let swapped = vec![("T2", Ok(look()))];
    cases.add(many(vec![installed("T2")], swapped), "workspaces");
    let ended = |code: &str| {
        let mut kept = installed("T1");
        kept.installed.as_mut().unwrap().ends = Some(hours_ago(1));
        many(vec![kept], vec![("T1", Ok(refused(code)))])
    };
    // The server renews it when it starts.
    cases.add(ended("token_expired"), "workspaces");
    let mut lacking = installed("T1");
    lacking.installed.as_mut().unwrap().scopes.retain(|scope| scope != "chat:write");
    cases.add(many(vec![lacking], vec![("T1", Ok(look()))]), "scopes");
    let refused = StoredCounts { refused: Some("account_inactive".to_owned()), ..installed("T1") };
    let live = StoreFacts::Running(Ok(running(vec![refused]).into()));
    cases.add(|facts| facts.store = live, "workspaces");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn a_failing_public_address_is_explained() {
    let mut cases = Cases::default();
    let events = |events: Result<ProbeResponse, ConnectionFailure>| {
        move |facts: &mut Facts| facts.public.as_mut().unwrap().events = Some(events)
    };
    let redirect = ProbeResponse { location: Some("https://www.example.com/".to_owned()), ..replied(301) };
    let signature = ProbeResponse { refused: Some(RequestRejection::Signature), ..replied(401) };
    let time = ProbeResponse { refused: Some(RequestRejection::Time), ..replied(401) };
    for answer in [
        Ok(redirect),
        Ok(signature),
        Ok(time),
        Ok(replied(404)),
        Ok(replied(502)),
        Err(ConnectionFailure::Name),
        Err(ConnectionFailure::Tls("its certificate is for another host name".to_owned())),
        Err(ConnectionFailure::Refused),
        Err(ConnectionFailure::TimedOut),
    ] {
        cases.add(events(answer), "public URL");
    }
    let stranger = |facts: &mut Facts| {
        let public = facts.public.as_mut().unwrap();
        (public.health, public.events) = (Ok(replied(200)), Some(Ok(replied(200))));
    };
    cases.add(stranger, "public URL");
    cases.add(|facts| facts.public = None, "public URL");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn a_public_address_without_a_running_server() {
    let mut cases = Cases::default();
    for events in [Ok(replied(502)), Err(ConnectionFailure::Refused)] {
        let asleep = |facts: &mut Facts| {
            facts.store = idle(KeyFacts::None, vec![kept("T1")]);
            facts.public.as_mut().unwrap().events = Some(events);
        };
        cases.add(asleep, "public URL");
    }
    insta::assert_snapshot!(cases.0);
}

#[test]
fn an_address_that_is_not_public_is_reported() {
    let mut cases = Cases::default();
    let scope = |scope: AddressScope| move |facts: &mut Facts| facts.public.as_mut().unwrap().scope = scope;
    cases.add(scope(AddressScope::Loopback), "public URL");
    cases.add(scope(AddressScope::Private([10, 1, 2, 3].into())), "public URL");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn api_keys() {
    let mut cases = Cases::default();
    let asked = |asked| move |facts: &mut Facts| facts.segments = asked;
    cases.add(asked(Some(Ok(user(None)))), "API key");
    cases.add(asked(Some(Ok(user(Some(false))))), "API key");
    cases.add(asked(None), "API key");
    let refused = Some(Err(SegmentsError::Unauthorized));
    cases.add(asked(refused), "API key");
    let away = |trouble| Some(Err(SegmentsError::Unavailable(trouble)));
    cases.add(asked(away(segments::ErrorKind::Unreachable)), "API key");
    cases.add(asked(away(segments::ErrorKind::Status(503))), "API key");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn socket_mode_checks_the_app_token() {
    let mut cases = Cases::default();
    let said = |answer: Result<Look, SlackProbeError>| move |facts: &mut Facts| facts.socket = Some(answer);
    cases.add(said(Ok(look())), "app token");
    cases.add(said(Ok(refused("missing_scope"))), "app token");
    cases.add(said(Ok(refused("invalid_auth"))), "app token");
    cases.add(said(Ok(refused("ratelimited"))), "app token");
    cases.add(said(Err(SlackProbeError::Status(503))), "app token");
    let alone = |health: Result<ProbeResponse, ConnectionFailure>| {
        move |facts: &mut Facts| {
            facts.settings.signing_secret = None;
            let public = facts.public.as_mut().unwrap();
            (public.health, public.events) = (health, None);
        }
    };
    cases.add(alone(Ok(ours())), "public URL");
    cases.add(alone(Ok(replied(404))), "public URL");
    let mut facts = well();
    alone(Ok(ours()))(&mut facts);
    assert!(judge(&facts).iter().all(|finding| finding.check != "signing secret" && finding.check != "app token"));
    insta::assert_snapshot!(cases.0);
}
