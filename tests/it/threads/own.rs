//! What was done from a channel comes back as a webhook, and tells nobody there what they know.

use super::subscribed;
use crate::harness::{Bench, channel, seconds, workspace};
use segments_slack::app::environment_account;
use segments_slack::model::{ObjectKey, OwnChange};

async fn expect_closing(bench: &Bench) {
    let change = OwnChange {
        account: environment_account(),
        object: ObjectKey::new("issue", "issue-1"),
        event: "issue.closed".to_owned(),
        channel: channel("C1"),
        expires_at: bench.clock.now() + seconds(600),
    };
    bench.app().store.expect_echo(&workspace(), change).await.unwrap();
}

#[tokio::test]
async fn an_own_change_edits_the_card_acted_on_and_is_news_elsewhere() {
    let mut bench = subscribed("").await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    expect_closing(&bench).await;
    bench.restart().await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    let closed = "🟢 rose_1.png: issue resolved by john after 2 h";
    assert_eq!(bench.page("C1"), [closed]);
    assert_eq!(bench.page("C2"), [closed, "↳ 🟢 Issue resolved by john after 2 h"]);
    // It is expected once.
    bench.replies(1, &[]).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C1").len(), 3);
    bench.page("C2");
}

#[tokio::test]
async fn an_own_change_is_shown_where_there_is_no_card_to_change_and_when_it_comes_too_late() {
    let bench = subscribed("").await;
    expect_closing(&bench).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(5)).await;
    let closed = "🟢 rose_1.png: issue resolved by john after 2 h";
    assert_eq!(bench.page("C1"), [closed]);
    bench.replies(1, &[]).await;
    bench.after(seconds(60)).await;
    expect_closing(&bench).await;
    bench.after(seconds(600)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C1").len(), 3);
}

#[tokio::test]
async fn why_tells_a_reply_from_a_card_and_an_own_change_from_both() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.replies(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    bench.edits(1, &["Which cars?"], "All cars.").await;
    bench.after(seconds(60)).await;
    expect_closing(&bench).await;
    bench.closes(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    bench.page("C1");
    bench.user("U1").types("/segments why").in_channel("C1").await;
    let told = bench.read("C1").blocks.to_string();
    let fates = [
        "Done from Slack, so its message was changed and nothing posted.",
        "Shown in a message that was there already.",
        "Posted in the thread of its issue.",
        "Posted. ",
    ];
    let places = fates.map(|fate| told.find(fate).unwrap_or_else(|| panic!("no `{fate}` in {told}")));
    assert!(places.is_sorted(), "{told}");
    assert!(told.contains("?thread_ts="), "{told}");
}
