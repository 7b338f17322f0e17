//! The life of an installation: its token renewed, taken away, given again; each workspace for itself.

use crate::harness::failing::{How, When};
use crate::harness::installing::{OTHER_SECRET, other};
use crate::harness::{Bench, Serves, channel, fixture, seconds, user, workspace};
use segments_slack::model::AccountId;
use segments_slack::sandbox::slack::{ChannelKind, Fault, Role};
use segments_slack::store::{InstallationState, WorkspaceKind};
use serde_json::json;

const HOUR: u64 = 60 * 60;

/// A bench whose second workspace installed the app and subscribed to everything in C21.
async fn installed(serves: Serves) -> (Bench, AccountId) {
    subscribed(Bench::start_serving(serves).await).await
}

/// The same, where tokens end after 12 hours.
async fn installed_for_a_while() -> (Bench, AccountId) {
    let bench = Bench::start_serving(Serves::Many).await;
    bench.slack.rotate_tokens(&other());
    subscribed(bench).await
}

async fn subscribed(bench: Bench) -> (Bench, AccountId) {
    assert_eq!(bench.installs(&other(), "U21").await.status, 200);
    bench.types_in(&other(), "U21", "C21", "/segments subscribe * sample.*").await;
    bench.read_in(&other(), "C21");
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    (bench, account)
}

async fn sends(bench: &Bench, account: &AccountId, id: &str) -> u16 {
    bench.webhook_to(account, OTHER_SECRET, id, &fixture("sample.created.image")).await
}

/// How often tokens were exchanged.
fn exchanges(bench: &Bench) -> usize {
    bench.slack.calls().iter().filter(|call| call.method == "oauth.v2.access").count()
}

#[tokio::test]
async fn an_uninstalled_workspace_stops_and_resumes_when_reinstalled() {
    let (bench, account) = installed(Serves::Many).await;
    bench.slack.fail_next(Fault::Status(503));
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert!(bench.slack.uninstall(&other()).await.is_success());
    bench.settle().await;
    let record = bench.app().store.installation(&other()).await.unwrap().unwrap();
    assert!(matches!(record.state, InstallationState::Uninstalled { .. }));
    assert!(!bench.app().serves(&other()));
    assert_eq!(sends(&bench, &account, "msg_2").await, 404);
    bench.after(seconds(HOUR)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 0);
    let page = bench.installs(&other(), "U21").await;
    assert!(page.text.contains("has a new token"), "{}", page.text);
    bench.after(seconds(60)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
    assert_eq!(sends(&bench, &account, "msg_2").await, 204);
    bench.after(seconds(2)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn an_uninstalled_workspace_stays_so_after_a_restart() {
    let (mut bench, account) = installed(Serves::Many).await;
    bench.slack.uninstall(&other()).await;
    bench.restart().await;
    assert!(!bench.app().serves(&other()));
    assert_eq!(sends(&bench, &account, "msg_1").await, 404);
}

#[tokio::test]
async fn a_late_uninstall_report_does_not_end_a_new_installation() {
    let (bench, account) = installed(Serves::Many).await;
    assert!(bench.slack.sends_event(&other(), json!({"type": "app_uninstalled"})).await.is_success());
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn an_unconfirmed_uninstall_report_ends_nothing() {
    let (bench, account) = installed(Serves::Many).await;
    let faults = [
        Fault::Status(503),
        Fault::RateLimit { retry_after: 30 },
        Fault::Reset,
        Fault::Code("internal_error".to_owned()),
        Fault::Code("a_code_of_next_year".to_owned()),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        bench.slack.fail_next_of("auth.test", fault.clone());
        assert!(bench.slack.sends_event(&other(), json!({"type": "app_uninstalled"})).await.is_success());
        assert_eq!(sends(&bench, &account, &format!("msg_{number}")).await, 204, "{fault:?}");
        // The pauses become longer.
        bench.after(seconds(60)).await;
        assert!(bench.app().installations.known.is_connected(&other()), "{fault:?}");
        assert_eq!(bench.read_in(&other(), "C21").len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_uninstall_is_noticed_once_slack_confirms_it() {
    let (bench, account) = installed(Serves::Many).await;
    bench.slack.fail_next_of("auth.test", Fault::Status(503));
    assert!(bench.slack.uninstall(&other()).await.is_success());
    assert!(bench.app().serves(&other()));
    bench.after(seconds(5)).await;
    let record = bench.app().store.installation(&other()).await.unwrap().unwrap();
    assert!(matches!(record.state, InstallationState::Uninstalled { .. }));
    assert_eq!(sends(&bench, &account, "msg_1").await, 404);
}

/// Lets the app be removed from a workspace and, while the store is at the write that says so, be installed again.
async fn comes_back_while_the_end_is_written(bench: &Bench, when: When) {
    // The first call of the store reads the record, and the next one replaces it.
    bench.strikes.after(1, when, How::Waits);
    let slack = bench.slack.clone();
    let leaving = tokio::spawn(async move { slack.uninstall(&other()).await });
    while bench.strikes.struck() == 0 {
        tokio::task::yield_now().await;
    }
    // Writes are done in turn: once this one is, so is the one before it.
    bench.app().store.probe().await.unwrap();
    assert_eq!(bench.installs(&other(), "U21").await.status, 200);
    bench.strikes.go_on();
    assert!(leaving.await.unwrap().is_success());
    bench.after(seconds(5)).await;
}

#[tokio::test]
async fn a_reinstallation_survives_the_end_of_the_one_before() {
    for when in [When::Before, When::After] {
        let (mut bench, account) = installed(Serves::Many).await;
        comes_back_while_the_end_is_written(&bench, when).await;
        assert!(bench.app().installations.known.is_connected(&other()), "{when:?}");
        assert_eq!(sends(&bench, &account, "msg_1").await, 204, "{when:?}");
        bench.after(seconds(5)).await;
        assert_eq!(bench.read_in(&other(), "C21").len(), 1, "{when:?}");
        bench.restart().await;
        assert!(bench.app().serves(&other()), "{when:?}");
    }
}

#[tokio::test]
async fn a_revoked_token_holds_up_its_own_workspace_only() {
    let (bench, account) = installed(Serves::OneAndMany).await;
    bench.user("U1").types("/segments subscribe * sample.*").in_channel("C1").await;
    bench.read("C1");
    bench.slack.revoke_token(&other());
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert_eq!(bench.webhook("sample.created.image").await, 204);
    bench.after(seconds(HOUR)).await;
    bench.read("C1");
    assert_eq!(bench.read_in(&other(), "C21").len(), 0);
    assert!(bench.app().refused(&workspace()).is_none());
    let ready = bench.http.get(bench.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
    bench.installs(&other(), "U21").await;
    bench.after(seconds(2)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_before_and_again() {
    let (bench, account) = installed_for_a_while().await;
    bench.after(seconds(10 * HOUR - 60)).await;
    assert_eq!(exchanges(&bench), 1);
    bench.after(seconds(60)).await;
    assert_eq!(exchanges(&bench), 2);
    bench.after(seconds(20 * HOUR)).await;
    assert_eq!(exchanges(&bench), 4);
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn a_renewed_token_is_there_after_a_restart() {
    let (mut bench, _) = installed_for_a_while().await;
    bench.after(seconds(10 * HOUR)).await;
    bench.restart().await;
    assert_eq!(exchanges(&bench), 2);
    bench.after(seconds(10 * HOUR)).await;
    assert_eq!(exchanges(&bench), 3);
    assert!(bench.app().installations.known.is_connected(&other()));
}

#[tokio::test]
async fn a_renewed_token_is_stored_later_if_the_store_fails() {
    let (mut bench, _) = installed_for_a_while().await;
    bench.after(seconds(10 * HOUR - 1)).await;
    // The next call of the store reads the record, and the one after it writes the new token.
    bench.strikes.after(1, When::Before, How::Fails);
    bench.after(seconds(1)).await;
    assert_eq!((exchanges(&bench), bench.strikes.struck()), (2, 1));
    bench.after(seconds(5)).await;
    bench.restart().await;
    bench.after(seconds(10 * HOUR)).await;
    assert_eq!(exchanges(&bench), 3);
    assert!(bench.app().installations.known.is_connected(&other()));
}

#[tokio::test]
async fn an_unanswered_renewal_is_retried_while_the_token_is_valid() {
    let (bench, _) = installed_for_a_while().await;
    bench.slack.fail_next_of("oauth.v2.access", Fault::Status(500));
    bench.after(seconds(10 * HOUR)).await;
    assert!(bench.app().installations.known.is_connected(&other()));
    bench.after(seconds(10 * 60)).await;
    bench.after(seconds(9 * HOUR)).await;
    assert!(bench.app().installations.known.is_connected(&other()));
}

#[tokio::test]
async fn a_lost_renewal_asks_for_reinstallation_at_token_expiry() {
    let (bench, account) = installed_for_a_while().await;
    bench.slack.fail_next_of("oauth.v2.access", Fault::LoseAnswer);
    bench.after(seconds(12 * HOUR - 60)).await;
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
    bench.after(seconds(HOUR)).await;
    assert_eq!(bench.app().refused(&other()).as_deref(), Some("token_expired"));
    assert_eq!(sends(&bench, &account, "msg_2").await, 204);
    bench.installs(&other(), "U21").await;
    bench.after(seconds(2)).await;
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn an_organisation_wide_install_is_one_workspace() {
    let bench = Bench::start_serving(Serves::Many).await;
    bench.slack.make_organisation(&other());
    assert_eq!(bench.installs(&other(), "U21").await.status, 200);
    let record = bench.app().store.installation(&other()).await.unwrap().unwrap();
    assert_eq!(record.kind, WorkspaceKind::Organisation);
    assert!(bench.app().installations.known.is_connected(&other()));
    // A command and an event name a team of it, and the organisation.
    let command = [
        ("team_id", "T9"),
        ("enterprise_id", "T2"),
        ("is_enterprise_install", "true"),
        ("channel_id", "C21"),
        ("user_id", "U21"),
        ("command", "/segments"),
        ("text", "subscribe * sample.*"),
        ("trigger_id", "1.2"),
        ("response_url", ""),
    ];
    let (status, text) = bench.slack_sends("commands", serde_urlencoded::to_string(command).unwrap()).await;
    assert!(status == 200 && text.contains("subscribed"), "{text}");
    let event = json!({
        "type": "event_callback", "team_id": "T9", "event": {"type": "channel_unarchive", "channel": "C21"},
        "authorizations": [{"enterprise_id": "T2", "team_id": "T9", "is_enterprise_install": true}],
    });
    assert_eq!(bench.slack_sends("events", event.to_string()).await.0, 200);
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    assert_eq!(sends(&bench, &account, "msg_1").await, 204);
    assert_eq!(bench.read_in(&other(), "C21").len(), 1);
}

#[tokio::test]
async fn people_of_an_organisation_see_the_channels_of_their_teams() {
    let bench = Bench::start_serving(Serves::Many).await;
    let (home, eve) = (segments_slack::model::WorkspaceId::parse("E2").unwrap(), user("U31"));
    bench.slack.add_workspace(&home, "Flower Group", "xoxb-token-of-an-organisation");
    bench.slack.make_organisation(&home);
    bench.slack.add_user(&home, &eve, "eve", Role::Admin, "Europe/Brussels");
    bench.slack.add_channel(&home, &channel("C31"), "flowers", ChannelKind::Public, std::slice::from_ref(&eve));
    bench.slack.invite_bot(&home, &channel("C31"), &eve).await;
    assert_eq!(bench.installs(&home, "U31").await.status, 200);
    bench.slack.types(&home, &eve, &channel("C31"), "/segments subscribe jane/flowers").await;
    assert!(bench.slack.opens_home(&home, &eve).await.is_success());
    bench.settle().await;
    let shown = bench.slack.home(&home, &eve).expect("a Home is shown").to_string();
    assert!(shown.contains("<#C31>") && shown.contains("jane/flowers"), "{shown}");
}

#[tokio::test]
async fn a_token_of_another_workspace_is_not_used() {
    let (mut bench, _) = installed(Serves::OneAndMany).await;
    // As after a mistake by hand in a backup: the record of T3 holds a token of T2, sealed for T3.
    let third = segments_slack::model::WorkspaceId::parse("T3").unwrap();
    let app = bench.app();
    let mut record = app.store.installation(&other()).await.unwrap().unwrap();
    let row = |id| segments_slack::vault::Row::of_workspace(id, segments_slack::vault::Field::BotToken);
    let two = other();
    let token = app.vault.unseal(row(&two), &record.bot_token).unwrap();
    record.bot_token = app.vault.seal(row(&third), &token);
    app.store.replace_installation(&third, None, record.clone()).await.unwrap();
    bench.restart().await;
    assert_eq!(bench.app().refused(&third).as_deref(), Some("token_of_another_workspace"));
    assert!(bench.app().installations.known.is_connected(&other()));
}
