//! What people click: whoever clicks is checked afresh, and a button does once what it says.

use crate::harness::signed::click;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::sandbox::slack::{Fault, Shown};

async fn types(bench: &Bench, text: &str) -> Shown {
    bench.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
    bench.read("C1")
}

async fn clicks(bench: &Bench, action_id: &str) -> Shown {
    bench.user("U1").clicks(action_id).in_channel("C1").await;
    bench.read("C1")
}

async fn rules(bench: &Bench) -> Vec<String> {
    let stored = bench.app().store.subscriptions(&workspace()).await.unwrap();
    stored.iter().map(|one| format!("{} #{} {}", one.channel, one.number, one.rule)).collect()
}

/// The value of a button that is to be seen.
fn value(shown: &Shown, action_id: &str) -> String {
    let rows = shown.blocks.as_array().unwrap().iter().filter_map(|block| block["elements"].as_array());
    let button = rows.flatten().find(|element| element["action_id"] == action_id);
    button.expect("the button is there")["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn undo_restores_a_changed_subscription_exactly() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.* -sample.deleted by:ann style:full").await;
    let before = bench.app().store.subscriptions(&workspace()).await.unwrap();
    types(&bench, "set jane/flowers issue.* mention:<@U2|john>").await;
    bench.after(seconds(599)).await;
    let shown = clicks(&bench, "undo").await;
    assert!(shown.text.starts_with("<@U1> took a change back:"), "{}", shown.text);
    assert!(shown.edited.is_some() && !shown.blocks.to_string().contains("undo"), "it takes the place of the change");
    assert_eq!(bench.app().store.subscriptions(&workspace()).await.unwrap(), before);
}

#[tokio::test]
async fn undo_brings_a_removed_subscription_back_under_its_number() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers jane/birds sample.*").await;
    let before = bench.app().store.subscriptions(&workspace()).await.unwrap();
    types(&bench, "unsubscribe #1").await;
    assert_eq!(rules(&bench).await, ["C1 #2 jane/birds sample.*"]);
    bench.webhook("sample.created.image").await;
    bench.assert_nothing_unread("C1");
    clicks(&bench, "undo").await;
    assert_eq!(bench.app().store.subscriptions(&workspace()).await.unwrap(), before);
    bench.webhook("sample.created.image").await;
    bench.after(seconds(2)).await;
    assert!(bench.read("C1").text.contains("rose.png"));
}

#[tokio::test]
async fn undo_takes_everything_of_one_command_back() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    types(&bench, "subscribe jane/flowers jane/birds issue.*").await;
    clicks(&bench, "undo").await;
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.*"]);
    types(&bench, "unsubscribe *").await;
    bench.user("U1").clicks("unsubscribe_all").in_channel("C1").await;
    bench.read_all("C1");
    clicks(&bench, "undo").await;
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.*"]);
}

#[tokio::test]
async fn another_member_may_undo() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.user("U2").clicks("undo").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("<@U2> took a change back"));
    assert!(rules(&bench).await.is_empty());
}

#[tokio::test]
async fn undo_is_too_late_after_ten_minutes_and_says_so_for_ever() {
    let mut bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.after(seconds(600)).await;
    assert!(clicks(&bench, "undo").await.text.contains("too late"));
    // Once it is swept away, too.
    bench.after(seconds(24 * 3600)).await;
    bench.restart().await;
    assert!(clicks(&bench, "undo").await.text.contains("too late"));
    assert_eq!(rules(&bench).await.len(), 1);
}

#[tokio::test]
async fn two_who_undo_at_once_undo_once() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.created").await;
    types(&bench, "subscribe jane/flowers sample.deleted").await;
    tokio::join!(bench.user("U1").clicks("undo").in_channel("C1"), bench.user("U2").clicks("undo").in_channel("C1"),);
    let shown = bench.read_all("C1");
    let refused: Vec<&Shown> = shown.iter().filter(|shown| shown.ephemeral_to.is_some()).collect();
    assert_eq!((shown.len(), refused.len()), (2, 1), "{shown:#?}");
    assert!(refused[0].text.contains("undone already"), "{}", refused[0].text);
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.created"]);
}

#[tokio::test]
async fn an_undo_that_is_used_up_does_nothing() {
    let bench = Bench::start().await;
    let undo = value(&types(&bench, "subscribe jane/flowers sample.*").await, "undo");
    clicks(&bench, "undo").await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.slack_sends("interactions", click("T1", "T1", "C1", "undo", &undo)).await;
    assert_eq!(rules(&bench).await, ["C1 #2 jane/flowers sample.*"]);
}

#[tokio::test]
async fn undo_does_not_lose_a_change_that_came_since() {
    let bench = Bench::start().await;
    let first = types(&bench, "subscribe jane/flowers sample.created").await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    bench.slack.clicks(&workspace(), &user("U2"), &channel("C1"), &first.ts, "undo").await.unwrap();
    bench.settle().await;
    assert!(bench.read("C1").text.contains("changed this subscription since"));
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.created issue.*"]);
}

#[tokio::test]
async fn undo_does_not_make_a_second_subscription_of_the_same_kind() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    let removal = types(&bench, "unsubscribe #1").await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    bench.slack.clicks(&workspace(), &user("U1"), &channel("C1"), &removal.ts, "undo").await.unwrap();
    bench.settle().await;
    assert!(bench.read("C1").text.contains("since"));
    assert_eq!(rules(&bench).await, ["C1 #2 jane/flowers issue.*"]);
}

#[tokio::test]
async fn a_removed_waiting_subscription_returns_active_once_invited() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("G1").await;
    bench.user("U1").types("/segments unsubscribe #1").in_channel("G1").await;
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.user("U1").clicks("undo").in_channel("G1").await;
    bench.read_all("G1");
    bench.webhook("sample.created.image").await;
    assert!(bench.read("G1").text.contains("rose.png"));
}

#[tokio::test]
async fn buttons_carry_ids_and_no_rights() {
    let bench = Bench::start().await;
    let undo = value(&types(&bench, "subscribe jane/flowers sample.*").await, "undo");
    for (workspace, home, channel) in [("T1", "T1", "C2"), ("T2", "T2", "C1"), ("T1", "T2", "C1"), ("T1", "T1", "G1")] {
        for (action, value) in
            [("undo", undo.as_str()), ("run", "/segments unsubscribe #1"), ("unsubscribe_all", ""), ("test", "1")]
        {
            let (status, _) = bench.slack_sends("interactions", click(workspace, home, channel, action, value)).await;
            assert_eq!(status, 200);
        }
    }
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.*"]);
    for id in ["C1", "C2", "G1"] {
        bench.assert_nothing_unread(id);
    }
}

#[tokio::test]
async fn a_corrected_command_runs_as_its_clicker_and_hides_the_error() {
    let bench = Bench::start().await;
    let mistake = types(&bench, "subscribe jane/flowers sampel.created").await;
    bench.user("U1").clicks("run").in_channel("C1").await;
    let shown = bench.read_all("C1");
    assert!(shown.iter().any(|shown| shown.ts == mistake.ts && shown.deleted));
    let told: Vec<&Shown> = shown.iter().filter(|shown| !shown.deleted).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].ephemeral_to.is_none() && told[0].text.starts_with("<@U1> subscribed this channel: #1"));
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.created"]);
}

#[tokio::test]
async fn an_ephemeral_correction_replaces_the_error() {
    let bench = Bench::start().await;
    let mistake = types(&bench, "lits").await;
    let shown = clicks(&bench, "run").await;
    assert_eq!(shown.ts, mistake.ts);
    assert!(shown.text.contains("no subscriptions yet"), "{}", shown.text);
}

#[tokio::test]
async fn the_test_button_posts_a_sample() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.user("U2").clicks("test").in_channel("C1").await;
    let [card, note] = bench.read_all("C1").try_into().unwrap();
    assert!(card.ephemeral_to.is_none() && card.text.contains("jane/flowers"), "{card:#?}");
    assert_eq!(note.ephemeral_to, Some(user("U2")));
}

#[tokio::test]
async fn a_paused_channel_goes_on_by_the_button_once_it_is_mended() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.slack.archive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.webhook("sample.created.image").await;
    assert!(types(&bench, "list").await.blocks.to_string().contains("the channel is archived"));
    assert!(clicks(&bench, "resume").await.text.contains("still takes no messages"));
    bench.slack.set_outage(true);
    bench.slack.unarchive(&workspace(), &channel("C1"), &user("U1")).await;
    bench.slack.set_outage(false);
    bench.user("U1").clicks("resume").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let shown = bench.read_all("C1");
    assert!(shown.iter().any(|shown| shown.text.contains("let posting go on")), "{shown:#?}");
    assert!(shown.iter().any(|shown| shown.text.contains("rose.png")), "{shown:#?}");
}

#[tokio::test]
async fn a_click_acts_although_its_answer_is_lost() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.slack.fail_next_of("response_url", Fault::Status(500));
    let answer = bench.user("U1").clicks("undo").in_channel("C1").await;
    assert!(answer.is_success());
    assert!(rules(&bench).await.is_empty());
}
