//! Changing an account: names, signing secrets that are rotated, API keys, and two admins at once.

use super::written;
use crate::harness::failing::{How, When};
use crate::harness::installing::OTHER_SECRET;
use crate::harness::{API_KEY, Bench, WEBHOOK_SECRET, user, workspace};
use serde_json::json;

#[tokio::test]
async fn both_signing_secrets_are_valid_until_the_old_one_is_dropped() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    let form = written(&bench.opens_change(&account).await);
    assert!(form.contains(account.as_str()) && form.contains("[account_name] Name: jane"), "{form}");
    assert!(!form.contains(OTHER_SECRET) && !form.contains("Delete the API key"), "{form}");
    bench.fill("signing_secret", json!(WEBHOOK_SECRET)).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("it has a new signing secret, and the one before stays valid"), "{}", bench.shows());
    assert!(bench.shows().contains("an older signing secret is still valid"), "{}", bench.shows());
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    assert_eq!(bench.portal_test(&account, WEBHOOK_SECRET, "msg_2").await, 204);
    bench.clicks_in_modal(&format!("account_menu_{account}"), Some(&format!("change {account}"))).await;
    bench.fill("drop", json!(["old_secret"])).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("only its newest signing secret is valid now"), "{}", bench.shows());
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_3").await, 401);
    assert_eq!(bench.portal_test(&account, WEBHOOK_SECRET, "msg_4").await, 204);
    bench.read_all("D1");
}

#[tokio::test]
async fn a_name_and_an_api_key_are_changed_and_the_key_goes_again() {
    let bench = Bench::start().await;
    bench.ai.add_user("jane", API_KEY);
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    bench.opens_change(&account).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("Nothing to change"), "{}", bench.shows());
    let change = async || {
        bench.clicks_in_modal(&format!("account_menu_{account}"), Some(&format!("change {account}"))).await;
    };
    change().await;
    bench.fill("account_name", json!("Flower Lab")).await;
    bench.fill("api_key", json!(API_KEY)).await;
    bench.submit().await.unwrap();
    let said = bench.shows();
    assert!(
        said.contains("`Flower Lab`: it has a new name, it has an API key") && said.contains("API key: yes"),
        "{said}"
    );
    assert!(bench.app().segments.keyed.has(&workspace(), &account));
    change().await;
    assert!(!bench.shows().contains(API_KEY));
    bench.fill("api_key", json!(API_KEY)).await;
    bench.fill("drop", json!(["api_key"])).await;
    bench.submit().await.unwrap();
    assert!(bench.error("api_key").contains("Do one of the two"), "{}", bench.error("api_key"));
    bench.fill("api_key", json!(null)).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("its API key is deleted"), "{}", bench.shows());
    assert!(!bench.app().segments.keyed.has(&workspace(), &account));
    assert_eq!(bench.record(&account).await.unwrap().setup.unwrap().api_key, None);
    // What it is signed with was left alone.
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    bench.read_all("D1");
    let entries = bench.app().store.audit_entries(&workspace(), 9).await.unwrap();
    let typed: Vec<&str> = entries.iter().map(|audit_entry| audit_entry.typed.as_str()).collect();
    assert_eq!(
        typed,
        [
            "connect Flower Lab: its API key is deleted",
            "connect jane: it has a new name, it has an API key",
            "connect jane"
        ]
    );
}

#[tokio::test]
async fn of_two_who_change_an_account_at_once_the_second_is_told() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    bench.connects("john", OTHER_SECRET, None).await;
    bench.opens_change(&account).await;
    bench.fill("account_name", json!("John")).await;
    bench.submit().await.unwrap();
    assert!(bench.error("account_name").contains("has this name"), "{}", bench.error("account_name"));
    let before = bench.record(&account).await.unwrap().setup.unwrap();
    let after = segments_slack::store::AccountSetup { name: "eve".to_owned(), ..before.clone() };
    bench.app().store.set_up_account(&workspace(), &account, Some(before), after, None).await.unwrap();
    bench.fill("account_name", json!("rex")).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("Somebody changed `eve` while this form was open"), "{}", bench.shows());
    assert_eq!(bench.record(&account).await.unwrap().setup.unwrap().name, "eve");
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    // One that is gone meanwhile is not made again.
    bench.opens_change(&account).await;
    bench.fill("account_name", json!("rex")).await;
    let audit_entry =
        segments_slack::model::AuditEntry { at: bench.clock.now(), by: None, channel: None, typed: String::new() };
    assert!(bench.app().store.remove_account(&workspace(), &account, audit_entry).await.unwrap());
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("not connected any more"), "{}", bench.shows());
    assert_eq!(bench.record(&account).await, None);
}

#[tokio::test]
async fn a_former_admin_changes_nothing_with_an_open_form() {
    let bench = Bench::start().await;
    bench.opens_new().await;
    bench.fills_in("jane", OTHER_SECRET, None).await;
    bench.slack.add_user(
        &workspace(),
        &user("U1"),
        "ann",
        segments_slack::sandbox::slack::Role::Member,
        "Europe/Brussels",
    );
    bench.after(crate::harness::seconds(120)).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("Only admins and owners"), "{}", bench.shows());
    assert_eq!(bench.accounts().await, [""; 0]);
    let shown = bench.clicks_in_made_up("account_new", "").await;
    assert!(shown.contains("Only admins and owners"), "{shown}");
}

#[tokio::test]
async fn a_failing_store_makes_no_account_and_the_form_can_be_resent() {
    let bench = Bench::start().await;
    let account = bench.opens_new().await;
    bench.fills_in("jane", OTHER_SECRET, None).await;
    bench.strikes.after(0, When::Before, How::Fails);
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("could not change this workspace's accounts"), "{}", bench.shows());
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    assert_eq!(bench.opens_new().await, account);
    bench.fills_in("jane", OTHER_SECRET, None).await;
    let view = bench.modal();
    // It is kept, and the answer is lost.
    bench.strikes.after(0, When::After, How::Fails);
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("could not change"), "{}", bench.shows());
    assert_eq!(bench.accounts().await, ["jane"]);
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "trigger_id": "77.again", "view": view,
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    assert!(bench.slack_sends("interactions", form).await.1.contains("`jane` is connected"));
    assert_eq!(bench.accounts().await, ["jane"]);
}

impl Bench {
    /// Lets ann click something in her modal that may not be there; gives what it says then.
    pub(super) async fn clicks_in_made_up(&self, action_id: &str, value: &str) -> String {
        let payload = json!({
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "9.made.up",
            "view": self.modal(), "actions": [{"action_id": action_id, "value": value}],
        });
        let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        assert_eq!(self.slack_sends("interactions", form).await.0, 200);
        self.settle().await;
        self.shows()
    }
}
