//! Bad days, and that they come when they were ordered.

use super::{Slack, TOKEN, channel, team};
use segments_slack::sandbox::slack::Fault;
use serde_json::{Value, json};

/// Posts once; the status and body, or none if there was no answer.
async fn post(slack: &Slack) -> Option<(u16, String)> {
    slack.pass(1);
    let request = slack.client.post(format!("{}/api/chat.postMessage", slack.url)).bearer_auth(TOKEN);
    let response = request.json(&json!({"channel": "C1", "text": "x"})).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.ok()?))
}

fn count(slack: &Slack) -> usize {
    slack.emulator.messages(&team(), &channel("C1"), None).len()
}

#[tokio::test]
async fn faults_strike_in_their_order_and_then_no_more() {
    let slack = Slack::start().await;
    slack.emulator.fail_next(Fault::RateLimit { retry_after: 30 });
    slack.emulator.fail_next(Fault::Status(503));
    slack.emulator.fail_next(Fault::Code("fatal_error".to_owned()));
    slack.emulator.fail_next(Fault::Rubbish);
    assert_eq!(slack.emulator.unmet_faults(), 4);
    assert_eq!(post(&slack).await.unwrap(), (429, r#"{"error":"ratelimited","ok":false}"#.to_owned()));
    assert_eq!(post(&slack).await.unwrap().0, 503);
    assert_eq!(post(&slack).await.unwrap(), (200, r#"{"error":"fatal_error","ok":false}"#.to_owned()));
    let (status, rubbish) = post(&slack).await.unwrap();
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<Value>(&rubbish).is_err());
    assert_eq!((count(&slack), slack.emulator.unmet_faults()), (0, 0));
    assert_eq!(post(&slack).await.unwrap().0, 200);
    let results: Vec<String> = slack.emulator.calls().into_iter().map(|call| call.result).collect();
    assert_eq!(results, ["ratelimited", "http_503", "fatal_error", "rubbish", "ok"]);
}

#[tokio::test]
async fn a_reset_does_nothing_and_a_lost_answer_has_done_it() {
    let slack = Slack::start().await;
    slack.emulator.fail_next(Fault::Reset);
    assert_eq!(post(&slack).await, None);
    assert_eq!(count(&slack), 0);
    slack.emulator.fail_next(Fault::LoseAnswer);
    assert_eq!(post(&slack).await, None);
    assert_eq!(count(&slack), 1);
}

#[tokio::test]
async fn a_call_that_hangs_is_counted_until_its_caller_gives_up() {
    let slack = Slack::start().await;
    let mut hanging = slack.emulator.hanging();
    for (fault, messages) in [(Fault::Hang, 0), (Fault::LoseAnswerHang, 1)] {
        slack.emulator.fail_next(fault);
        tokio::select! {
            answer = post(&slack) => panic!("{answer:?}"),
            seen = hanging.wait_for(|count| *count == 1) => drop(seen.unwrap()),
        }
        hanging.wait_for(|count| *count == 0).await.unwrap();
        assert_eq!(count(&slack), messages);
    }
}

#[tokio::test]
async fn a_fault_waits_for_the_method_that_it_was_meant_for() {
    let slack = Slack::start().await;
    slack.emulator.fail_next(Fault::Code("internal_error".to_owned()));
    slack.emulator.fail_next_of("auth.test", Fault::Code("fatal_error".to_owned()));
    assert_eq!(slack.get("conversations.info", "channel=C1").await["ok"], true);
    assert_eq!(slack.post("auth.test", json!({})).await["error"], "fatal_error");
    assert!(post(&slack).await.unwrap().1.contains("internal_error"));
}

#[tokio::test]
async fn a_share_of_calls_fails_the_same_way_for_the_same_seed() {
    let run = async || {
        let slack = Slack::start().await;
        slack.emulator.fail_share(0.3, &[Fault::Status(500), Fault::Code("fatal_error".to_owned())]);
        for _ in 0..100 {
            post(&slack).await;
        }
        slack.emulator.fail_share(0.0, &[]);
        assert_eq!(post(&slack).await.unwrap().0, 200);
        slack.emulator.calls().into_iter().map(|call| call.result).collect::<Vec<_>>()
    };
    let first = run().await;
    assert_eq!(first, run().await);
    let failed = first.iter().filter(|result| *result != "ok").count();
    assert!((15..=45).contains(&failed), "{failed} of 100");
    assert!(["http_500", "fatal_error"].iter().all(|fault| first.iter().any(|result| result == fault)));
}

#[tokio::test]
async fn an_outage_is_total_until_it_ends() {
    let slack = Slack::start().await;
    slack.emulator.set_outage(true);
    assert_eq!(post(&slack).await.unwrap().0, 503);
    assert_eq!(slack.send("auth.test", json!({})).await.status(), 503);
    slack.emulator.set_outage(false);
    assert_eq!(post(&slack).await.unwrap().0, 200);
}

#[tokio::test]
async fn whoever_watches_is_told_of_every_call() {
    let slack = Slack::start().await;
    let mut changes = slack.emulator.changes();
    changes.mark_unchanged();
    slack.says("one").await;
    assert!(changes.has_changed().unwrap());
}
