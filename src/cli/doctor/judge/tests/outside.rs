//! Findings on Slack, the public address and Segments.ai.

use super::*;

#[test]
fn a_slack_that_is_not_reached_is_told_with_what_hangs_on_it() {
    let away = |why: SlackProbeError| move |facts: &mut Facts| (facts.slack, facts.ahead) = (Err(why), None);
    for (why, words, remedy) in [
        (SlackProbeError::Connection(ConnectionFailure::Name), "DNS", "port 443"),
        (SlackProbeError::Connection(ConnectionFailure::Refused), "nothing listens", "port 443"),
        (SlackProbeError::Connection(ConnectionFailure::TimedOut), "in time", "slack-status.com"),
        (SlackProbeError::Connection(ConnectionFailure::Cut), "broke", "port 443"),
        (
            SlackProbeError::Connection(ConnectionFailure::Tls("its certificate has run out".to_owned())),
            "run out",
            "clock",
        ),
        (SlackProbeError::Status(429), "429", "in a minute"),
        (SlackProbeError::Status(503), "503", "slack-status.com"),
        (SlackProbeError::Unreadable, "not Slack", "SLACK_API_URL"),
    ] {
        expect(away(why.clone()), Failed, "Slack", words, remedy);
        for check in ["clock", "bot token", "scopes"] {
            expect(away(why.clone()), NotChecked, check, "gave no answer", "");
        }
    }
}

#[test]
fn a_clock_is_warned_of_before_signatures_are_refused() {
    let ahead = |seconds| move |facts: &mut Facts| facts.ahead = Some(SignedDuration::from_secs(seconds));
    expect(ahead(30), Fine, "clock", "agrees", "");
    expect(ahead(-31), Warning, "clock", "31 s behind", "NTP");
    expect(ahead(120), Warning, "clock", "120 s ahead of", "NTP");
    expect(ahead(121), Failed, "clock", "121 s ahead of", "NTP");
    expect(|facts| facts.ahead = None, NotChecked, "clock", "did not tell its time", "NTP");
}

#[test]
fn a_token_is_told_by_whose_it_is_or_by_what_helps() {
    for (code, remedy) in [
        ("invalid_auth", "OAuth & Permissions"),
        ("token_revoked", "install the app again"),
        ("token_expired", "token rotation"),
        ("team_access_not_granted", "admin of the organisation"),
    ] {
        expect(|facts| facts.slack = Ok(refused(code)), Failed, "bot token", code, remedy);
        expect(|facts| facts.slack = Ok(refused(code)), NotChecked, "scopes", "not accepted", "");
    }
    let ends = |facts: &mut Facts| {
        let bearer = Bearer { expires_in: Some(3600), ..look().answer.unwrap() };
        facts.slack = Ok(Look { answer: Ok(bearer), ..look() });
    };
    expect(ends, Warning, "bot token", "ends in 60 minutes", "SLACK_CLIENT_ID");
    let other = |facts: &mut Facts| facts.store = idle(KeyFacts::None, vec![kept("T9")]);
    expect(other, Warning, "bot token", "subscriptions of T9", "--store");
}

#[test]
fn scopes_that_are_missing_or_too_many_are_named() {
    let with = |change: fn(&mut Vec<String>)| {
        move |facts: &mut Facts| {
            let mut scopes = look().scopes.unwrap();
            change(&mut scopes);
            facts.slack = Ok(Look { scopes: Some(scopes), ..look() });
        }
    };
    let without_commands = with(|scopes| scopes.retain(|scope| scope != "commands"));
    expect(without_commands, Failed, "scopes", "lacks `commands`, for the command", "Reinstall to Workspace");
    let without_links = with(|scopes| scopes.retain(|scope| scope != "links:read"));
    expect(without_links, Warning, "scopes", "lacks `links:read`, for hearing", "Reinstall to Workspace");
    let with_more = with(|scopes| scopes.push("files:read".to_owned()));
    expect(with_more, Warning, "scopes", "more than the app uses: `files:read`", "take them away");
    let silent = |facts: &mut Facts| facts.slack = Ok(Look { scopes: None, ..look() });
    expect(silent, NotChecked, "scopes", "did not say", "");
}

#[test]
fn secrets_are_doubted_by_their_shape_and_by_what_came() {
    expect(|facts| facts.settings.signing_secret = Some(false), Warning, "signing secret", "32", "Basic Information");
    expect(|facts| facts.settings.webhook_secrets = vec![true, false], Warning, "webhook secret", "24 to 64", "whsec_");
    expect(|facts| facts.settings.webhook_secrets = vec![true, true], Fine, "webhook secret", "a rotation", "");
    let sent = |sent: Sent| {
        let checkup = Checkup { sent, ..running(vec![kept("T1")]) };
        move |facts: &mut Facts| facts.store = StoreFacts::Running(Ok(checkup.into()))
    };
    let forged = Sent { forged: 7, forged_webhooks: 8, ..Sent::default() };
    expect(sent(forged), Warning, "signing secret", "of 7 requests", "SLACK_SIGNING_SECRET");
    expect(sent(forged), Warning, "webhook secret", "of 8 webhooks", "SEGMENTS_WEBHOOK_SECRET");
    expect(sent(Sent::default()), Fine, "signing secret", "shows with the first command", "");
    expect(sent(Sent::default()), Fine, "webhook secret", "shows with the first webhook", "");
}

#[test]
fn workspaces_that_installed_the_app_are_judged_one_by_one() {
    let many = |kept: Vec<Kept>, tokens: Vec<(&'static str, Result<Look, SlackProbeError>)>| {
        move |facts: &mut Facts| {
            facts.settings.has_token = false;
            facts.settings.redirect_url = Some("https://slack.example.com/slack/oauth".to_owned());
            let tokens = tokens.into_iter().map(|(id, look)| (WorkspaceId::parse(id).unwrap(), look)).collect();
            facts.store = StoreFacts::Idle(IdleStore { key: found("ab"), kept, tokens });
        }
    };
    let one = || vec![installed("T1")];
    expect(many(one(), vec![("T1", Ok(look()))]), Fine, "workspaces", "1 workspace installed the app", "");
    expect(many(one(), vec![]), NotChecked, "OAuth client", "https://slack.example.com/slack/oauth", "Redirect URLs");
    expect(many(one(), vec![]), NotChecked, "workspaces", "not every token", "");
    let gone = vec![("T1", Ok(refused("token_revoked")))];
    expect(many(one(), gone), Failed, "workspaces", "`Lab` (T1): token_revoked", "/slack/install");
    let swapped = vec![("T2", Ok(look()))];
    expect(many(vec![installed("T2")], swapped), Failed, "workspaces", "another workspace", "/slack/install");
    let ended = |code: &str| {
        let mut kept = installed("T1");
        kept.installed.as_mut().unwrap().ends = Some(hours_ago(1));
        many(vec![kept], vec![("T1", Ok(refused(code)))])
    };
    // The server renews it when it starts.
    expect(ended("token_expired"), Fine, "workspaces", "", "");
    let mut lacking = installed("T1");
    lacking.installed.as_mut().unwrap().scopes.retain(|scope| scope != "chat:write");
    let mended = "install the app there again";
    expect(many(vec![lacking], vec![("T1", Ok(look()))]), Failed, "scopes", "of `Lab` (T1) lacks `chat:write`", mended);
    let refused = Kept { refused: Some("account_inactive".to_owned()), ..installed("T1") };
    let live = StoreFacts::Running(Ok(running(vec![refused]).into()));
    expect(|facts| facts.store = live, Failed, "workspaces", "account_inactive", "/slack/install");
}

#[test]
fn an_unreachable_public_address_is_reported_with_its_reason() {
    let events = |events: Result<ProbeResponse, ConnectionFailure>| {
        move |facts: &mut Facts| facts.public.as_mut().unwrap().events = Some(events)
    };
    let redirect = ProbeResponse { location: Some("https://www.example.com/".to_owned()), ..replied(301) };
    let signature = ProbeResponse { refused: Some(RequestRejection::Signature), ..replied(401) };
    let time = ProbeResponse { refused: Some(RequestRejection::Time), ..replied(401) };
    for (answer, words, remedy) in [
        (Ok(redirect), "redirect to `https://www.example.com/`", "that answers itself"),
        (Ok(signature), "another signing secret", "SLACK_SIGNING_SECRET"),
        (Ok(time), "5 minutes off", "NTP"),
        (Ok(replied(404)), "HTTP status 404", "127.0.0.1:3000"),
        (Ok(replied(502)), "HTTP status 502", "127.0.0.1:3000"),
        (Err(ConnectionFailure::Name), "DNS", "DNS entry"),
        (Err(ConnectionFailure::Tls("its certificate is for another name".to_owned())), "another name", "certificate"),
        (Err(ConnectionFailure::Refused), "nothing listens", "proxy runs"),
        (Err(ConnectionFailure::TimedOut), "in time", "firewall"),
    ] {
        expect(events(answer), Failed, "public URL", words, remedy);
    }
    let stranger = |facts: &mut Facts| {
        let public = facts.public.as_mut().unwrap();
        (public.health, public.events) = (Ok(replied(200)), Some(Ok(replied(200))));
    };
    expect(stranger, Failed, "public URL", "is not this server", "pass every path");
    expect(|facts| facts.public = None, NotChecked, "public URL", "not set", "--public-url");
}

#[test]
fn nobody_answers_at_an_address_while_no_server_runs() {
    for events in [Ok(replied(502)), Err(ConnectionFailure::Refused)] {
        let asleep = |facts: &mut Facts| {
            facts.store = idle(KeyFacts::None, vec![kept("T1")]);
            facts.public.as_mut().unwrap().events = Some(events);
        };
        expect(asleep, NotChecked, "public URL", "no server uses the store", "segments-slack serve");
    }
}

#[test]
fn an_address_that_the_world_cannot_reach_is_warned_of() {
    let place = |place: AddressScope| move |facts: &mut Facts| facts.public.as_mut().unwrap().place = place;
    expect(place(AddressScope::Loopback), Warning, "public URL", "this machine only", "reverse proxy");
    expect(place(AddressScope::Private([10, 1, 2, 3].into())), Warning, "public URL", "10.1.2.3", "from the internet");
}

#[test]
fn an_api_key_is_told_by_whose_it_is_or_by_what_helps() {
    let asked = |asked| move |facts: &mut Facts| facts.segments = asked;
    expect(asked(Some(Ok(user(None)))), Fine, "API key", "acts as `jane`", "");
    expect(asked(Some(Ok(user(Some(false))))), Warning, "API key", "not turned on", "turn webhooks on");
    expect(asked(None), Fine, "API key", "not set", "");
    let refused = Some(Err(SegmentsError::Unauthorized));
    expect(asked(refused), Failed, "API key", "does not accept", "segments.ai/account");
    let away = |trouble| Some(Err(SegmentsError::Unavailable(trouble)));
    expect(asked(away(segments::ErrorKind::Unreachable)), Failed, "API key", "no connection", "SEGMENTS_API_URL");
    expect(asked(away(segments::ErrorKind::Status(503))), NotChecked, "API key", "503", "later");
}

#[test]
fn socket_mode_checks_the_app_token_and_expects_no_requests() {
    let said = |answer: Result<Look, SlackProbeError>| move |facts: &mut Facts| facts.socket = Some(answer);
    expect(said(Ok(look())), Fine, "app token", "opens connections", "");
    expect(said(Ok(refused("missing_scope"))), Failed, "app token", "missing_scope", "connections:write");
    expect(said(Ok(refused("invalid_auth"))), Failed, "app token", "invalid_auth", "Basic Information");
    expect(said(Ok(refused("ratelimited"))), NotChecked, "app token", "limits how often", "in a minute");
    expect(said(Err(SlackProbeError::Status(503))), NotChecked, "app token", "503", "in a minute");
    let alone = |health: Result<ProbeResponse, ConnectionFailure>| {
        move |facts: &mut Facts| {
            facts.settings.signing_secret = None;
            let public = facts.public.as_mut().unwrap();
            (public.health, public.events) = (health, None);
        }
    };
    expect(alone(Ok(ours())), Fine, "public URL", "Slack's side comes by Socket Mode", "");
    expect(alone(Ok(replied(404))), Failed, "public URL", "is not this server: ", "let the proxy pass");
    let mut facts = well();
    alone(Ok(ours()))(&mut facts);
    assert!(judge(&facts).iter().all(|finding| finding.check != "signing secret" && finding.check != "app token"));
}
