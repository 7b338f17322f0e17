//! Workspaces that install the app: taken in, sent back with a page that says what to do, renewed, left.

mod keys;
mod life;

use crate::harness::installing::{Browser, OTHER_SECRET, OTHER_TOKEN, Page, other};
use crate::harness::{Bench, Serves, fixture, seconds, user, workspace};
use segments_slack::sandbox::slack::Fault;
use url::Url;

/// A browser at the end of the way to Slack and back, up to the address that it would open now.
async fn on_its_way_back(bench: &Bench) -> (Browser, Url) {
    let mut browser = Browser::default();
    let slack = browser.starts(bench).await;
    let back = bench.slack.agrees(&slack, &other(), &user("U21")).unwrap();
    (browser, back)
}

/// Nothing is kept of the other workspace, and nothing is served.
async fn assert_nothing_installed(bench: &Bench) {
    assert!(!bench.app().serves(&other()));
    assert_eq!(bench.app().store.installation(&other()).await.unwrap(), None);
    assert!(!bench.app().store.workspaces().await.unwrap().contains(&other()));
}

fn assert_says(page: &Page, status: u16, words: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(words), "{words} is not in {}", page.text);
    assert!(page.text.len() < 2_000 && !page.text.contains("<script"), "{}", page.text);
}

#[tokio::test]
async fn a_workspace_that_installs_the_app_is_served_at_once() {
    let bench = Bench::start_serving(Serves::Many).await;
    let page = bench.installs(&other(), "U21").await;
    assert_says(&page, 200, "<strong>Flower Lab</strong>");
    assert_says(&page, 200, "/segments help");
    bench.types_in(&other(), "U21", "C21", "/segments subscribe * sample.*").await;
    assert!(bench.read_in(&other(), "C21")[0].text.contains("subscribed"));
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    let body = fixture("sample.created.image");
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &body).await, 204);
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
    let ready = bench.http.get(bench.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
    assert!(ready.text().await.unwrap().ends_with("installed: 1 of 1 connected\n"));
}

#[tokio::test]
async fn a_workspace_that_installed_the_app_is_served_after_a_restart() {
    let mut bench = Bench::start_serving(Serves::OneAndMany).await;
    bench.installs(&other(), "U21").await;
    bench.types_in(&other(), "U21", "C21", "/segments subscribe * sample.*").await;
    bench.read_in(&other(), "C21");
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    bench.restart().await;
    let body = fixture("sample.created.image");
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &body).await, 204);
    bench.after(seconds(1)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
    // And so is the one of the bot token.
    bench.user("U1").types("/segments list").in_channel("C1").await;
    bench.read("C1");
}

#[tokio::test]
async fn slack_is_asked_for_the_scopes_of_the_manifest() {
    let bench = Bench::start_serving(Serves::Many).await;
    let slack = Browser::default().starts(&bench).await;
    let asked = slack.query_pairs().find(|(name, _)| name == "scope").unwrap().1;
    let manifest = include_str!("../../manifest.yml");
    let (_, rest) = manifest.split_once("    bot:\n").unwrap();
    let listed = rest.lines().map_while(|line| line.strip_prefix("      - "));
    let listed: Vec<_> = listed.map(|scope| scope.trim_matches('"')).collect();
    assert_eq!(asked, listed.join(","));
}

#[tokio::test]
async fn the_state_cookie_is_for_this_server_and_hidden_from_scripts() {
    let bench = Bench::start_serving(Serves::Many).await;
    let mut browser = Browser::default();
    let page = browser.opens(&bench, &bench.url("/slack/install")).await;
    let cookie = page.set_cookie;
    assert!(cookie.ends_with("; Path=/slack/oauth; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    let slack = page.location.unwrap();
    let back = bench.slack.agrees(&slack, &other(), &user("U21")).unwrap();
    let page = browser.opens(&bench, back.as_str()).await;
    assert!(page.set_cookie.contains("=; ") && page.set_cookie.contains("Max-Age=0"), "{}", page.set_cookie);
}

#[tokio::test]
async fn whoever_cancels_at_slack_is_told_that_nothing_has_changed() {
    let bench = Bench::start_serving(Serves::Many).await;
    let mut browser = Browser::default();
    let slack = browser.starts(&bench).await;
    let back = bench.slack.cancels(&slack).unwrap();
    assert_says(&browser.opens(&bench, back.as_str()).await, 200, "You cancelled the installation in Slack");
    assert_nothing_installed(&bench).await;
}

#[tokio::test]
async fn a_state_of_another_browser_is_refused() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (mut browser, back) = on_its_way_back(&bench).await;
    let (mut victim, _) = on_its_way_back(&bench).await;
    assert_says(&Browser::default().opens(&bench, back.as_str()).await, 400, "started somewhere else");
    assert_says(&victim.opens(&bench, back.as_str()).await, 400, "started somewhere else");
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let bare = bench.url(&format!("/slack/oauth?code={code}"));
    assert_says(&browser.opens(&bench, &bare).await, 400, "started somewhere else");
    let twice = bench.url("/slack/oauth?code=1&code=2&state=3");
    assert_says(&browser.opens(&bench, &twice).await, 400, "started somewhere else");
    assert_nothing_installed(&bench).await;
}

#[tokio::test]
async fn a_state_is_good_for_ten_minutes() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (mut browser, back) = on_its_way_back(&bench).await;
    bench.after(seconds(600)).await;
    assert_says(&browser.opens(&bench, back.as_str()).await, 400, "timed out");
    assert_nothing_installed(&bench).await;
}

#[tokio::test]
async fn a_state_is_used_once() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (mut browser, back) = on_its_way_back(&bench).await;
    let mut again = Browser { cookie: browser.cookie.clone() };
    bench.slack.fail_next_of("oauth.v2.access", Fault::Status(503));
    assert_says(&browser.opens(&bench, back.as_str()).await, 502, "Slack is not responding");
    assert_says(&again.opens(&bench, back.as_str()).await, 400, "already used");
    assert_nothing_installed(&bench).await;
}

#[tokio::test]
async fn a_code_that_was_used_buys_nothing() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (mut browser, back) = on_its_way_back(&bench).await;
    let (mut other_browser, other_back) = on_its_way_back(&bench).await;
    assert_eq!(browser.opens(&bench, back.as_str()).await.status, 200);
    let stolen = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut replay = other_back.clone();
    let pairs: Vec<_> = other_back.query_pairs().filter(|(name, _)| name != "code").collect();
    replay.query_pairs_mut().clear().extend_pairs(pairs).append_pair("code", &stolen);
    let before = bench.app().store.installation(&other()).await.unwrap();
    assert_says(&other_browser.opens(&bench, replay.as_str()).await, 400, "code_already_used");
    assert_eq!(bench.app().store.installation(&other()).await.unwrap(), before);
}

#[tokio::test]
async fn a_refused_installation_shows_slacks_code_and_stores_nothing() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (mut browser, back) = on_its_way_back(&bench).await;
    bench.slack.fail_next_of("oauth.v2.access", Fault::Code("invalid_team_for_non_distributed_app".to_owned()));
    let page = browser.opens(&bench, back.as_str()).await;
    assert_says(&page, 400, "invalid_team_for_non_distributed_app");
    let mut browser = Browser::default();
    let slack = browser.starts(&bench).await;
    let state = slack.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let odd = bench.url(&format!("/slack/oauth?error=%3Cscript%3E&state={state}"));
    assert_says(&browser.opens(&bench, &odd).await, 400, "&lt;script&gt;");
    assert_nothing_installed(&bench).await;
}

#[tokio::test]
async fn an_answer_of_slacks_that_is_lost_or_broken_stores_nothing() {
    let bench = Bench::start_serving(Serves::Many).await;
    for fault in [Fault::Status(500), Fault::Rubbish, Fault::Reset, Fault::LoseAnswer] {
        let (mut browser, back) = on_its_way_back(&bench).await;
        bench.slack.fail_next_of("oauth.v2.access", fault);
        assert_says(&browser.opens(&bench, back.as_str()).await, 502, "Try again in a minute");
    }
    assert_nothing_installed(&bench).await;
    assert_eq!(bench.installs(&other(), "U21").await.status, 200);
}

#[tokio::test]
async fn the_emulators_install_page_asks_and_refuses_like_slack() {
    let bench = Bench::start_serving(Serves::Many).await;
    let mut browser = Browser::default();
    let slack = browser.starts(&bench).await;
    let page = Browser::default().opens(&bench, slack.as_str()).await;
    assert!(page.text.contains("Allow in Flower Lab, as eve") && page.text.contains("error=access_denied"));
    let (_, rest) = page.text.split_once("agree?workspace=T2").unwrap();
    let rest = rest.split('"').next().unwrap().replace("&amp;", "&");
    let agree = slack.join(&format!("agree?workspace=T2{rest}")).unwrap();
    let back = Browser::default().opens(&bench, agree.as_str()).await.location.unwrap();
    assert_eq!(browser.opens(&bench, back.as_str()).await.status, 200);
    for (name, wrong) in [("client_id", "1.2"), ("redirect_uri", "https://evil.example/"), ("scope", "")] {
        let pairs: Vec<(String, String)> = slack.query_pairs().into_owned().collect();
        let mut other_page = slack.clone();
        let changed = pairs.iter().map(|(key, value)| (key, if key == name { wrong } else { value }));
        other_page.query_pairs_mut().clear().extend_pairs(changed);
        assert!(bench.slack.agrees(&other_page, &other(), &user("U21")).is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_serves_one_workspace_lets_nobody_install() {
    let bench = Bench::start().await;
    for place in ["/slack/install", "/slack/oauth?code=1&state=2"] {
        let page = Browser::default().opens(&bench, &bench.url(place)).await;
        assert_says(&page, 404, "SLACK_CLIENT_ID");
        assert_eq!(page.set_cookie, "");
    }
}

#[tokio::test]
async fn no_secret_is_on_the_disk_or_in_a_backup_in_clear() {
    let mut bench = Bench::start_serving(Serves::OneAndMany).await;
    bench.slack.rotate_tokens(&other());
    bench.installs(&other(), "U21").await;
    bench.account(&other(), OTHER_SECRET, "U21").await;
    bench.backup_keep = 1;
    bench.restart().await;
    bench.after(seconds(24 * 60 * 60)).await;
    while bench.app().metrics.backups.get("made") < 1 {
        tokio::task::yield_now().await;
    }
    bench.stop().await;
    let bare = |secret: &str| secret.trim_start_matches("whsec_").to_owned();
    let mut secrets: Vec<String> = [
        crate::harness::BOT_TOKEN,
        crate::harness::SIGNING_SECRET,
        crate::harness::WEBHOOK_SECRET,
        crate::harness::installing::CLIENT_SECRET,
        OTHER_TOKEN,
        OTHER_SECRET,
    ]
    .map(bare)
    .to_vec();
    // Whatever token there ever was: all begin so.
    secrets.extend(["xoxb-T2", "xoxe.xoxb", "xoxe-T2"].map(str::to_owned));
    let files = bench.assert_not_on_disk(&secrets);
    assert!(files >= 4, "{files}");
    assert_eq!(bench.read_in(&workspace(), "C1").len(), 0);
}
