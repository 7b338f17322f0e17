//! A modal that meets trouble: what is sent again, what no input holds, and a store or a channel that does not answer.

use super::channel_ref;
use crate::harness::failing::{How, When};
use crate::harness::mortal::Mortal;
use crate::harness::{Bench, HANG_GUARD, channel, seconds, user, workspace};
use segments_slack::clock::later;
use segments_slack::sandbox::slack::Mistake;
use serde_json::{Value, json};
use std::time::Duration;

/// A payload of U1 as Slack sends it.
async fn send(bench: &Bench, mut payload: Value) -> String {
    payload["team"] = json!({"id": "T1"});
    payload["user"] = json!({"id": "U1", "team_id": "T1"});
    payload["trigger_id"] = json!("77.again");
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    let (status, body) = bench.slack_sends("interactions", form).await;
    assert_eq!(status, 200, "{body}");
    bench.settle().await;
    body
}

fn shown(bench: &Bench) -> String {
    bench.slack.modal(&workspace(), &user("U1")).unwrap_or_default().to_string()
}

#[tokio::test]
async fn the_modal_asks_for_an_invite_and_the_channel_waits_for_it() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe").in_channel("G1").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("events_sample", json!(["sample.*"])).await;
    bench.submit().await.unwrap();
    assert!(shown(&bench).contains("/invite"), "{}", shown(&bench));
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    assert!(bench.read("G1").text.contains("I can post here now"));
}

#[tokio::test]
async fn the_seal_of_one_channel_opens_no_other() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    let mut view = bench.modal();
    let metadata = view["private_metadata"].as_str().unwrap().replace("\"C1\"", "\"G1\"");
    view["private_metadata"] = json!(metadata);
    let values = &mut view["state"]["values"];
    values["channel"] = json!({"x": {"selected_conversation": "G1"}});
    values["dataset"] = json!({"x": {"selected_option": {"value": "jane/flowers"}}});
    let told = send(&bench, json!({"type": "view_submission", "view": view})).await;
    assert!(told.contains("\"errors\":{\"channel\""), "{told}");
    assert!(bench.app().store.channel_subscriptions(&channel_ref("G1")).await.unwrap().subscriptions.is_empty());
}

#[tokio::test]
async fn an_edit_sent_twice_is_announced_once_without_a_conflict() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
    bench.opens_form("/segments edit #1").await;
    bench.fill("style", json!("full")).await;
    let view = bench.modal();
    bench.submit().await.unwrap();
    bench.read("C1");
    let again = send(&bench, json!({"type": "view_submission", "view": view})).await;
    assert!(again.contains("Nothing to change"), "{again}");
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn a_change_of_a_modal_that_has_moved_on_is_not_shown() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    let old = bench.modal();
    bench.fill("dataset", json!("jane/flowers")).await;
    let line = bench.line();
    assert!(line.contains("/segments set jane/flowers"), "{line}");
    let blocks = old["blocks"].as_array().unwrap();
    let style = blocks.iter().find(|block| block["block_id"] == "style").unwrap();
    let action = json!({"action_id": style["element"]["action_id"], "block_id": "style"});
    send(&bench, json!({"type": "block_actions", "actions": [action], "view": old})).await;
    assert_eq!(bench.line(), line);
}

#[tokio::test]
async fn a_selection_of_nothing_is_said_beside_the_events() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("more", json!("-*")).await;
    bench.submit().await.unwrap();
    assert!(bench.error("more").contains("no event at all"), "{}", bench.error("more"));
}

#[tokio::test]
async fn what_no_menu_holds_stays_when_something_else_is_edited() {
    let bench = Bench::start().await;
    let (dataset, text) = (format!("jane/{}", "x".repeat(160)), "y".repeat(2_500));
    bench.user("U1").types(&format!("/segments subscribe {dataset} sample.* text:{text}")).in_channel("C1").await;
    bench.read("C1");
    bench.opens_form("/segments edit #1").await;
    bench.submit().await.unwrap();
    assert!(shown(&bench).contains("Nothing to change"), "{}", shown(&bench));
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    bench.opens_form("/segments edit #1").await;
    bench.fill("style", json!("full")).await;
    bench.submit().await.unwrap();
    bench.read("C1");
    let rule = bench.app().store.channel_subscriptions(&channel_ref("C1")).await.unwrap().subscriptions.remove(0).rule;
    assert_eq!(rule.to_string(), format!("{dataset} sample.* text:{text} style:full"));
}

#[tokio::test]
async fn a_direct_message_is_not_filled_in_as_the_channel() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe").in_channel("D1").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    assert_eq!(bench.submit().await, Err(Mistake::Unfilled("channel".to_owned())));
    bench.fill("channel", json!("C1")).await;
    bench.submit().await.unwrap();
    assert!(bench.read("C1").text.contains("subscribed this channel: #1"));
}

/// A server whose store can fail, with a modal before U1 that asks for something.
async fn asking() -> Mortal {
    let world = Mortal::start().await;
    let slack = &world.bench.slack;
    slack.types(&workspace(), &user("U1"), &channel("C1"), "/segments subscribe").await;
    slack.fills(&workspace(), &user("U1"), "dataset", json!("jane/flowers")).await.unwrap();
    world
}

#[tokio::test]
async fn a_failing_store_is_reported_in_the_modal_and_changes_nothing() {
    let mut world = asking().await;
    world.strikes.after(0, When::Before, How::Fails);
    world.bench.slack.submits(&workspace(), &user("U1"), json!({})).await.unwrap();
    assert!(shown(&world.bench).contains("Nothing was changed"), "{}", shown(&world.bench));
    world.settle().await;
    assert!(world.app().store.channel_subscriptions(&channel_ref("C1")).await.unwrap().subscriptions.is_empty());
    world.bench.assert_nothing_unread("C1");
    world.finish().await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_ends_in_words() {
    let world = asking().await;
    let (bench, start) = (&world.bench, world.bench.clock.now());
    let mut changes = bench.slack.changes();
    world.strikes.after(0, When::Before, How::Dies);
    let late = async {
        world.strikes.dies().await;
        bench.clock.set(later(start, Duration::from_millis(2_500)));
    };
    let (workspace, ann) = (workspace(), user("U1"));
    let (answer, ()) = tokio::join!(bench.slack.submits(&workspace, &ann, json!({})), late);
    assert!(!answer.unwrap().timed_out);
    assert!(shown(bench).contains("This takes longer"), "{}", shown(bench));
    bench.clock.set(later(start, seconds(15)));
    let said = async {
        while !shown(bench).contains("could not finish that in time") {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(HANG_GUARD, said).await.expect("the modal says how it ended");
    world.finish().await;
}
