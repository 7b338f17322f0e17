//! What whoever connected an account is told of what comes to it: each thing once, whatever happens meanwhile.

use super::account_of;
use crate::harness::failing::{How, When};
use crate::harness::installing::OTHER_SECRET;
use crate::harness::mortal::Mortal;
use crate::harness::{Bench, WEBHOOK_SECRET, channel, fixture, seconds, user, workspace};
use segments_slack::model::AccountId;
use segments_slack::sandbox::slack::Fault;
use serde_json::json;

#[tokio::test]
async fn an_admin_is_told_once_that_the_first_message_came() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    bench.after(seconds(12)).await;
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    let said = bench.read("D1").text;
    assert!(said.contains("arrived 12 s after you connected `jane`"), "{said}");
    assert!(said.contains("`/segments subscribe jane/flowers`"), "{said}");
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_2").await, 204);
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_3", &fixture("sample.created.image")).await, 204);
    // A secret that does not fit is no mistake of the admin's any more.
    assert_eq!(bench.portal_test(&account, WEBHOOK_SECRET, "msg_4").await, 401);
    bench.after(seconds(3_600)).await;
    bench.assert_nothing_unread("D1");
}

#[tokio::test]
async fn the_first_event_names_its_dataset() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    bench.after(seconds(600)).await;
    let event = fixture("sample.created.image").replace("jane/flowers", "jane/trees");
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &event).await, 204);
    let said = bench.read("D1").text;
    assert!(said.contains("arrived 10 min after") && said.contains("`/segments subscribe jane/trees`"), "{said}");
}

#[tokio::test]
async fn a_secret_that_does_not_fit_is_said_once_in_the_first_hour() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    for number in 0..5 {
        assert_eq!(bench.portal_test(&account, WEBHOOK_SECRET, &format!("msg_{number}")).await, 401);
    }
    let said = bench.read("D1").text;
    assert!(said.contains("the address of `jane`") && said.contains("its signing secret does not fit"), "{said}");
    // What is no signature at all is a stranger's.
    let url = bench.url(&format!("/webhooks/segments/{account}"));
    assert_eq!(bench.http.post(url).body("{}").send().await.unwrap().status().as_u16(), 400);
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_9").await, 204);
    assert!(bench.read("D1").text.contains("The first message"));
    // An hour after another was connected, nobody is told of that one.
    let late = bench.connects("john", OTHER_SECRET, None).await;
    bench.after(seconds(3_600)).await;
    assert_eq!(bench.portal_test(&late, WEBHOOK_SECRET, "msg_10").await, 401);
    bench.after(seconds(3_600)).await;
    bench.assert_nothing_unread("D1");
}

#[tokio::test]
async fn a_refused_notification_is_retried_unless_the_account_is_gone() {
    let mut bench = Bench::start().await;
    let first = bench.connects("jane", OTHER_SECRET, None).await;
    let second = bench.connects("john", OTHER_SECRET, None).await;
    for account in [&first, &second] {
        bench.slack.fail_next_of("chat.postMessage", Fault::RateLimit { retry_after: 30 });
        assert_eq!(bench.portal_test(account, OTHER_SECRET, "msg_1").await, 204);
    }
    bench.restart().await;
    bench.assert_nothing_unread("D1");
    bench.opens_accounts().await;
    bench.clicks_in_modal(&format!("account_menu_{second}"), Some(&format!("ask {second}"))).await;
    bench.clicks_in_modal("account_disconnect", None).await;
    bench.after(seconds(60)).await;
    let said = bench.read("D1").text;
    assert!(said.contains("after you connected `jane`"), "{said}");
}

#[tokio::test]
async fn an_answer_that_is_lost_tells_nobody_twice() {
    let bench = Bench::start().await;
    let account = bench.connects("jane", OTHER_SECRET, None).await;
    bench.slack.fail_next_of("chat.postMessage", Fault::LoseAnswer);
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    bench.after(seconds(7_200)).await;
    assert!(bench.read("D1").text.contains("The first message"));
}

/// Connects an account on a server that can die; gives it.
async fn connected(mortal: &mut Mortal) -> AccountId {
    mortal
        .during(async |bench: &Bench, _| {
            let (ann, place) = (user("U1"), channel("C1"));
            bench.slack.types(&workspace(), &ann, &place, "/segments connect").await;
            let view = bench.slack.modal(&workspace(), &ann).unwrap();
            bench.slack.clicks_in_view(&workspace(), &ann, &view, "account_new", None).await.unwrap();
            let account = account_of(&bench.slack.modal(&workspace(), &ann).unwrap());
            for (block, held) in [("account_name", "jane"), ("signing_secret", OTHER_SECRET)] {
                bench.slack.fills(&workspace(), &ann, block, json!(held)).await.unwrap();
            }
            let submitted = bench.slack.submits(&workspace(), &ann, json!({})).await.unwrap();
            assert!(submitted.body.contains("is connected"), "{}", submitted.body);
            account
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_moment_neither_loses_nor_doubles_what_is_told() {
    let mut untold = 0;
    for when in [When::Before, When::After] {
        for calls in 0..9 {
            let mut mortal = Mortal::start().await;
            let account = connected(&mut mortal).await;
            mortal.strikes.after(calls, when, How::Dies);
            let body = fixture("envelope.portal-test-message");
            let mut status = 0;
            while status != 204 {
                status = mortal
                    .during(async |bench: &Bench, url| {
                        let url = format!("{url}/webhooks/segments/{account}");
                        let sent = bench.signed_with(OTHER_SECRET, url, "msg_1", &body).send().await;
                        sent.map_or(0, |answer| answer.status().as_u16())
                    })
                    .await;
            }
            mortal.mend().await;
            mortal.after(seconds(3_600), |_| ()).await;
            let told = mortal.bench.read_all("D1");
            assert!(told.len() <= 1, "{calls} {when:?}: {told:#?}");
            untold += 1 - told.len();
            mortal.finish().await;
        }
    }
    // The one that was noted as told, and died right before it asked Slack.
    assert!(untold <= 1, "{untold}");
}
