//! What was done from a channel comes back as a webhook, and tells nobody there what they know.

use super::subscribed;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::app::environment_account;
use segments_slack::model::{ExpectedChange, MessageTs, ObjectKey};
use segments_slack::sandbox::slack::Fault;

/// Somebody closes the issue from the first message of C1.
async fn expect_closing(bench: &Bench) {
    let change = ExpectedChange {
        account: environment_account(),
        object: ObjectKey::new("issue", "issue-1"),
        event: "issue.closed".to_owned(),
        assigned: None,
        channel: channel("C1"),
        message: first_message(bench),
        by: user("U1"),
        expires_at: bench.clock.now() + seconds(600),
    };
    bench.app().store.expect_webhook(&workspace(), change).await.unwrap();
}

fn first_message(bench: &Bench) -> MessageTs {
    bench.slack.messages(&workspace(), &channel("C1"), None)[0].ts.clone()
}

#[tokio::test]
async fn an_own_change_is_in_the_thread_here_and_an_event_elsewhere() {
    let mut bench = subscribed("echo:all").await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.*").in_channel("C2").await;
    bench.read("C2");
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    expect_closing(&bench).await;
    bench.restart().await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    let closed = "🟢 rose_1.png: issue resolved by <@U1>, as john after 2 h";
    let below = "↳ 🟢 Issue resolved by <@U1>, as john after 2 h";
    assert_eq!(bench.page("C1"), [closed, below]);
    assert_eq!(bench.page("C2"), [closed, below]);
    // It is expected once.
    bench.replies(1, &[]).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C1").last().unwrap(), "↳+ 🟢 rose_1.png: issue resolved by john after 2 h");
    bench.page("C2");
}

#[tokio::test]
async fn an_own_change_without_a_card_replies_below_unless_late() {
    let bench = subscribed("threads:off").await;
    expect_closing(&bench).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(5)).await;
    let reply = bench.read("C1");
    assert_eq!(reply.thread_ts, Some(first_message(&bench)));
    assert!(reply.text.contains("resolved by <@U1>, as john"), "{}", reply.text);
    bench.replies(1, &[]).await;
    bench.after(seconds(60)).await;
    bench.read("C1");
    expect_closing(&bench).await;
    bench.after(seconds(600)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    let card = bench.read("C1");
    assert!(card.thread_ts.is_none() && card.text.contains("resolved by john"), "{}", card.text);
}

#[tokio::test]
async fn a_card_follows_unsubscribed_events_while_subscribed() {
    let bench = subscribed("").await;
    bench.user("U2").types("/segments subscribe jane/flowers issue.created").in_channel("C2").await;
    bench.read("C2");
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C2"), ["🟢 rose_1.png: issue resolved by john after 2 h"]);
    bench.user("U1").types("/segments why").in_channel("C2").await;
    assert!(bench.read("C2").blocks.to_string().contains("Not subscribed here; the card that shows its issue"));
    bench.user("U2").types("/segments unsubscribe #1").in_channel("C2").await;
    bench.read_all("C2");
    bench.replies(1, &["Not yet."]).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C2"), ["🟢 rose_1.png: issue resolved by john after 2 h"]);
    bench.page("C1");
}

#[tokio::test]
async fn an_own_change_is_posted_at_once_and_never_batched() {
    for options in ["batch:60m", "batch:auto"] {
        let bench = subscribed(options).await;
        for number in 1..=8 {
            bench.opens(number).await;
            bench.after(seconds(if options == "batch:60m" { 3600 } else { 30 })).await;
        }
        let first = bench.page("C1")[0].clone();
        assert!(first.contains("rose_1"), "{options} {first}");
        expect_closing(&bench).await;
        for number in 2..=8 {
            bench.closes(number, &[]).await;
        }
        bench.closes(1, &[]).await;
        bench.after(seconds(20)).await;
        let page = bench.page("C1");
        assert!(page[0].starts_with("🟢 rose_1.png: issue resolved by <@U1>, as john"), "{options} {page:#?}");
        assert!(page[1].starts_with("↳ 🟢 Issue resolved by <@U1>, as john"), "{options} {page:#?}");
        bench.after(seconds(3600)).await;
        let page = bench.page("C1");
        let fold = page.iter().find(|line| line.contains("issues resolved")).expect("the others are folded");
        let by_themselves = page.iter().filter(|line| line.starts_with("↳") && line.contains("resolved")).count() - 1;
        let folded = if by_themselves == 0 { "7 issues" } else { "6 issues" };
        assert!(fold.contains(folded) && by_themselves <= 1, "{options} {page:#?}");
    }
}

#[tokio::test]
async fn an_own_change_below_a_message_without_replies_is_posted() {
    let bench = subscribed("threads:off").await;
    expect_closing(&bench).await;
    bench.slack.fail_next_of("chat.postMessage", Fault::Code("restricted_action_thread_locked".to_owned()));
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    let told = bench.read("C1");
    assert!(told.thread_ts.is_none(), "{told:#?}");
    let title = told.blocks[0]["text"]["text"].as_str().unwrap();
    assert!(title.contains("rose_1.png") && title.contains("resolved by <@U1>, as john"), "{title}");
    assert_eq!(bench.app().store.backlog(&workspace()).await.unwrap().dead, 0);
}
