//! The menu of a message: muting, asking why, editing and leaving, from the card that is too much.

use crate::harness::signed::click;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::sandbox::slack::Shown;

async fn types(bench: &Bench, text: &str) -> Shown {
    bench.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
    bench.read("C1")
}

async fn chooses(bench: &Bench, who: &str, value: &str) -> Shown {
    bench.user(who).chooses(value).in_channel("C1").await;
    bench.read("C1")
}

/// #annotation has got a card of `jane/flowers`.
async fn with_card(rule: &str) -> Bench {
    let bench = Bench::start().await;
    types(&bench, &format!("subscribe {rule}")).await;
    bench.webhook("sample.created.image").await;
    assert!(bench.read("C1").text.contains("rose.png"));
    bench
}

async fn numbers(bench: &Bench) -> Vec<u32> {
    bench.app().store.subscriptions(&workspace()).await.unwrap().iter().map(|one| one.number).collect()
}

#[tokio::test]
async fn a_dataset_is_muted_for_an_hour_and_everybody_sees_it() {
    let bench = with_card("jane/* sample.*").await;
    let said = chooses(&bench, "U2", "mute_1h jane/flowers").await;
    assert!(said.ephemeral_to.is_none(), "{said:#?}");
    let until = "<!date^1795169700^{date_short_pretty} {time}|2026-11-20 10:15 UTC>";
    assert!(said.text.starts_with(&format!("<@U2> muted `jane/flowers` until {until}")), "{}", said.text);
    bench.webhook("sample.deleted.basic").await;
    bench.assert_nothing_unread("C1");
    bench.user("U1").clicks("unmute").in_channel("C1").await;
    bench.after(seconds(2)).await;
    assert_eq!(bench.read_all("C1").len(), 2);
}

#[tokio::test]
async fn today_ends_at_midnight_where_the_clicker_is() {
    let bench = with_card("jane/* sample.*").await;
    // 09:15 in UTC: the next midnight of Brussels is at 23:00, that of New York at 05:00.
    assert!(chooses(&bench, "U1", "mute_today jane/flowers").await.text.contains("2026-11-20 23:00 UTC"));
    assert!(chooses(&bench, "U2", "mute_today jane/flowers").await.text.contains("2026-11-21 05:00 UTC"));
}

#[tokio::test]
async fn why_names_the_event_and_the_words_that_asked_for_it() {
    let bench = with_card("jane/* sample.* sample:*rose*").await;
    let said = chooses(&bench, "U2", "why").await;
    assert_eq!(said.ephemeral_to, Some(user("U2")));
    assert!(said.text.starts_with("This message tells of one event: `sample.created` "), "{}", said.text);
    let because = "✅ #1 asks for it: dataset `jane/*`, event `sample.*`, only `sample:*rose*`.";
    assert!(said.text.contains(because), "{}", said.text);
    types(&bench, "set jane/* issue.*").await;
    types(&bench, "unsubscribe #1").await;
    bench.user("U1").chooses("why").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("#1 asked for it then, and was removed since."));
}

#[tokio::test]
async fn why_covers_every_event_of_a_batch_and_remembered_ones() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.* batch:5m").await;
    bench.created(250).await;
    bench.after(seconds(600)).await;
    bench.read_all("C1");
    let said = chooses(&bench, "U1", "why").await;
    assert!(said.text.starts_with("This message tells of 250 events. The last of them:"), "{}", said.text);
    assert_eq!(said.text.matches("✅ #1 asks for it").count(), 5);
}

#[tokio::test]
async fn why_says_when_it_is_not_known_any_more() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*").await;
    bench.webhook("sample.created.image").await;
    let first = bench.read("C1");
    bench.created(250).await;
    bench.after(seconds(600)).await;
    bench.read_all("C1");
    bench.slack.chooses(&workspace(), &user("U1"), &channel("C1"), &first.ts, "more", Some("why")).await.unwrap();
    bench.settle().await;
    assert!(bench.read("C1").text.starts_with("I do not remember any more"));
}

#[tokio::test]
async fn a_test_has_a_menu_without_a_why() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.created").await;
    bench.user("U1").types("/segments test #1").in_channel("C1").await;
    let card = bench.read_all("C1").remove(0);
    let menu = card.blocks.to_string();
    assert!(menu.contains("\"edit 1\"") && !menu.contains("\"why\""), "{menu}");
}

#[tokio::test]
async fn edit_opens_the_form_of_the_subscription() {
    let bench = with_card("jane/* sample.* sample:*rose*").await;
    bench.user("U2").chooses("edit 1").in_channel("C1").await;
    let modal = bench.slack.modal(&workspace(), &user("U2")).unwrap().to_string();
    assert!(modal.contains("`/segments set jane/* sample.* sample:*rose*`"), "{modal}");
}

#[tokio::test]
async fn unsubscribing_asks_and_can_be_undone() {
    let bench = with_card("jane/* sample.*").await;
    let asked = chooses(&bench, "U2", "unsubscribe 1").await;
    assert_eq!(asked.ephemeral_to, Some(user("U2")));
    assert!(asked.text.starts_with("Remove #1 `jane/*`"), "{}", asked.text);
    bench.user("U2").clicks("dismiss").in_channel("C1").await;
    assert!(bench.read("C1").deleted);
    assert_eq!(numbers(&bench).await, [1]);
    chooses(&bench, "U2", "unsubscribe 1").await;
    let confirmed = bench.user("U2").clicks("unsubscribe_now").in_channel("C1").await.confirmed;
    assert!(confirmed.is_some_and(|confirm| confirm["style"] == "danger"));
    let said = bench.read_all("C1").into_iter().find(|shown| !shown.deleted).unwrap();
    assert!(said.ephemeral_to.is_none() && said.text.starts_with("<@U2> unsubscribed this channel from"), "{said:#?}");
    assert!(numbers(&bench).await.is_empty());
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.read("C1");
    assert_eq!(numbers(&bench).await, [1]);
}

#[tokio::test]
async fn a_menu_of_a_subscription_that_is_gone_says_so() {
    let bench = with_card("jane/* sample.*").await;
    types(&bench, "unsubscribe #1").await;
    for value in ["edit 1", "unsubscribe 1"] {
        let said = chooses(&bench, "U2", value).await;
        assert!(said.text.starts_with("This channel has no subscription `#1`."), "{value}: {}", said.text);
    }
}

#[tokio::test]
async fn a_menu_carries_names_and_no_rights() {
    let bench = with_card("jane/* sample.*").await;
    for (workspace, home, channel) in [("T1", "T1", "C2"), ("T2", "T2", "C1"), ("T1", "T2", "C1"), ("T1", "T1", "G1")] {
        for value in
            ["mute_1h jane/flowers", "edit 1", "unsubscribe 1", "unsubscribe_now 1", "mute_1h ", "edit", "", "more why"]
        {
            let (status, _) = bench.slack_sends("interactions", click(workspace, home, channel, "more", value)).await;
            assert_eq!(status, 200);
        }
    }
    assert_eq!(numbers(&bench).await, [1]);
    bench.webhook("sample.deleted.basic").await;
    bench.after(seconds(2)).await;
    assert_eq!(bench.read_all("C1").len(), 1, "nothing is muted");
}
