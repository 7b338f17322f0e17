//! `/segments disconnect`: what stops is said first, and only a workspace's own accounts go.

use crate::harness::installing::OTHER_SECRET;
use crate::harness::{API_KEY, Bench, fixture, user, workspace};
use segments_slack::model::{AccountId, WorkspaceId};
use serde_json::json;

async fn types(bench: &Bench, text: &str) -> String {
    bench.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
    let said = bench.read("C1");
    format!("{}\n{}", said.text, said.blocks)
}

#[tokio::test]
async fn disconnecting_lists_the_losses_and_closes_the_address() {
    let bench = Bench::start().await;
    bench.ai.add_user("jane", API_KEY);
    let account = bench.connects("Flower Lab", OTHER_SECRET, Some(API_KEY)).await;
    for text in ["subscribe jane/flowers sample.*", "subscribe john/cars sample.*", "subscribe * issue"] {
        types(&bench, text).await;
    }
    let flowers = fixture("sample.created.image");
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &flowers).await, 204);
    bench.body(&flowers.replace("jane/flowers", "john/cars")).await;
    bench.read_all("C1");
    bench.read_all("D1");
    let said = types(&bench, "disconnect \"flower lab\"").await;
    // jane/flowers only: john/cars came through the environment's account, and `*` gets that, too.
    assert!(said.contains("1 subscription in 1 channel get") && said.contains("(404)"), "{said}");
    assert!(said.contains("API key is deleted") && said.contains("\"style\":\"danger\""), "{said}");
    let answer = bench.user("U1").clicks("account_disconnect").in_channel("C1").await;
    assert!(answer.confirmed.is_some(), "it asks once more");
    assert!(bench.read("C1").text.contains("is disconnected"));
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_2", &flowers).await, 404);
    assert!(!bench.app().segments.keyed.has(&workspace(), &account));
    assert_eq!(bench.app().store.subscriptions(&workspace()).await.unwrap().len(), 3, "subscriptions stay");
    let entries = bench.app().store.audit_entries(&workspace(), 1).await.unwrap();
    assert_eq!((entries[0].typed.as_str(), &entries[0].by), ("disconnect \"Flower Lab\"", &Some(user("U1"))));
    let status = types(&bench, "status").await;
    assert!(!status.contains("Webhook `Flower Lab`") && !status.contains(account.as_str()), "{status}");
}

#[tokio::test]
async fn a_name_that_is_none_offers_those_that_may_be_meant() {
    let bench = Bench::start().await;
    assert!(types(&bench, "disconnect jane").await.contains("`/segments connect` connects one"));
    let jane = bench.connects("jane", OTHER_SECRET, None).await;
    bench.connects("janet", OTHER_SECRET, None).await;
    bench.connects("john", OTHER_SECRET, None).await;
    let said = types(&bench, "disconnect jan").await;
    assert!(
        said.contains("Disconnect jane…") && said.contains("Disconnect janet…") && !said.contains("john"),
        "{said}"
    );
    let said = types(&bench, "disconnect rex").await;
    assert!(said.contains("Disconnect john…"), "{said}");
    bench.user("U1").clicks(&format!("account_ask_{jane}")).in_channel("C1").await;
    assert!(bench.read("C1").text.contains("Disconnect `jane` from this workspace?"));
    bench.user("U1").clicks("dismiss").in_channel("C1").await;
    bench.read_all("C1");
    assert_eq!(bench.accounts().await.len(), 3);
    assert!(types(&bench, "disconnect ENVIRONMENT").await.contains("`SEGMENTS_WEBHOOK_SECRET`"));
}

#[tokio::test]
async fn an_account_is_disconnected_from_the_modal_too() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    let menu = format!("account_menu_{account}");
    bench.opens_accounts().await;
    bench.clicks_in_modal(&menu, Some(&format!("ask {account}"))).await;
    assert!(bench.shows().contains("Disconnect `jane` from this workspace?"), "{}", bench.shows());
    bench.clicks_in_modal("dismiss", None).await;
    assert!(bench.shows().contains(&menu), "{}", bench.shows());
    bench.clicks_in_modal(&menu, Some(&format!("ask {account}"))).await;
    bench.clicks_in_modal("account_disconnect", None).await;
    assert!(bench.shows().contains("`jane` is disconnected") && !bench.shows().contains(&menu), "{}", bench.shows());
    assert_eq!(bench.accounts().await, [""; 0]);
    // The same once more, from a view that shows an older state.
    let said = bench.clicks_in_made_up("account_disconnect", account.as_str()).await;
    assert!(said.contains("not connected any more"), "{said}");
}

#[tokio::test]
async fn another_workspaces_account_id_does_and_reveals_nothing() {
    let bench = Bench::start().await;
    let elsewhere = WorkspaceId::parse("T2").unwrap();
    let foreign = bench.account(&elsewhere, OTHER_SECRET, "U21").await;
    let never = AccountId::parse("never-was").unwrap();
    bench.opens_accounts().await;
    for action in ["account_change", "account_ask_x", "account_disconnect"] {
        let said = bench.clicks_in_made_up(action, foreign.as_str()).await;
        assert!(said.contains("not connected any more") && !said.contains("`flowers`"), "{said}");
        assert_eq!(said, bench.clicks_in_made_up(action, never.as_str()).await, "{action}");
    }
    let click = crate::harness::signed::click("T1", "T1", "C1", "account_disconnect", foreign.as_str());
    assert_eq!(bench.slack_sends("interactions", click).await.0, 200);
    // A form that is made to be about it.
    let mut view = bench.modal();
    for (sheet, name) in [
        (json!({"change": {"account": foreign, "seen": ""}}), "stolen"),
        (json!({"new": {"account": foreign, "seed": "1"}}), "new"),
    ] {
        view["private_metadata"] = json!(sheet.to_string());
        view["state"]["values"] = json!({
            "account_name": {"a": {"value": name}}, "signing_secret": {"a": {"value": OTHER_SECRET}},
        });
        let payload = json!({
            "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
            "trigger_id": format!("77.{name}"), "view": view,
        });
        let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        let (status, body) = bench.slack_sends("interactions", form).await;
        assert_eq!(status, 200);
        assert!(!body.contains("`flowers`"), "{body}");
    }
    assert_eq!(bench.accounts().await, [""; 0]);
    let record = bench.record(&foreign).await.unwrap();
    assert_eq!(record.setup.unwrap().name, "flowers");
    // Whoever is of another workspace is not let in at all.
    let click = crate::harness::signed::click("T1", "T2", "C1", "account_disconnect", "x");
    assert_eq!(bench.slack_sends("interactions", click).await.0, 200);
}
