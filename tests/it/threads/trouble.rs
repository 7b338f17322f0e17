//! Threads on bad days: nothing is lost or doubled, and parents come up to date in the end.

use super::subscribed;
use crate::harness::{Bench, channel, seconds, workspace};
use segments_slack::sandbox::slack::Fault;

#[tokio::test]
async fn a_restart_between_a_reply_and_its_parent_loses_neither() {
    let mut bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    bench.stop().await;
    bench.after(seconds(600)).await;
    bench.boot_again().await;
    assert_eq!(
        bench.page("C1"),
        ["🟢 rose_1.png: issue resolved by john after 2 h", "↳ 🟢 Issue resolved by john after 2 h"]
    );
    bench.restart().await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.calls_of("chat.update"), 1);
}

#[tokio::test]
async fn a_reply_whose_answer_was_lost_is_found_in_its_thread() {
    for fault in [Fault::LoseAnswer, Fault::LoseAnswerHang, Fault::LoseAnswerStatus(502)] {
        let bench = subscribed("").await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.slack.fail_next_of("chat.postMessage", fault);
        bench.closes(1, &[]).await;
        bench.after(seconds(120)).await;
        assert_eq!(
            bench.page("C1"),
            ["🟢 rose_1.png: issue resolved by john after 2 h", "↳ 🟢 Issue resolved by john after 2 h"]
        );
        assert_eq!((bench.calls_of("chat.postMessage"), bench.calls_of("conversations.history")), (2, 0));
    }
}

#[tokio::test]
async fn a_reply_that_never_came_through_is_posted_again() {
    for fault in [Fault::Hang, Fault::Reset, Fault::Rubbish] {
        let bench = subscribed("").await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.slack.fail_next_of("chat.postMessage", fault);
        bench.closes(1, &[]).await;
        bench.after(seconds(120)).await;
        assert_eq!(bench.page("C1").len(), 2);
    }
}

#[tokio::test]
async fn a_failed_card_edit_is_retried_and_blocks_nothing() {
    for fault in [Fault::LoseAnswer, Fault::Hang, Fault::Status(503), Fault::RateLimit { retry_after: 30 }] {
        let bench = subscribed("").await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.slack.fail_next_of("chat.update", fault);
        bench.closes(1, &[]).await;
        bench.after(seconds(60)).await;
        assert_eq!(bench.page("C1")[0], "🟢 rose_1.png: issue resolved by john after 2 h");
        bench.opens(2).await;
        assert_eq!(bench.page("C1").len(), 3);
    }
}

/// The name of the first issue's message.
fn first(bench: &Bench) -> segments_slack::model::MessageTs {
    let all = bench.slack.messages(&workspace(), &channel("C1"), None);
    all.iter().find(|shown| shown.text.contains("rose_1")).unwrap().ts.clone()
}

#[tokio::test]
async fn a_reply_to_a_deleted_parent_takes_its_place() {
    for fault in [None, Some(Fault::LoseAnswer)] {
        let bench = subscribed("").await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.slack.deletes(&workspace(), &channel("C1"), &first(&bench));
        let posts = bench.calls_of("chat.postMessage");
        if let Some(fault) = fault {
            bench.slack.fail_next_of("chat.postMessage", fault);
        }
        bench.replies(1, &["Which cars?"]).await;
        bench.after(seconds(60)).await;
        assert_eq!(bench.page("C1"), ["🔴 rose_1.png: issue opened by jane"]);
        assert_eq!(bench.calls_of("chat.postMessage"), posts + 1);
        bench.closes(1, &["Which cars?"]).await;
        bench.after(seconds(60)).await;
        assert_eq!(
            bench.page("C1"),
            ["🟢 rose_1.png: issue resolved by john after 2 h", "↳ 🟢 Issue resolved by john after 2 h"]
        );
    }
}

#[tokio::test]
async fn an_edit_of_a_deleted_parent_is_a_card_that_says_so() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.slack.deletes(&workspace(), &channel("C1"), &first(&bench));
    bench.edits(1, &[], "The buses have no label.").await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C1"), ["✏️ rose_1.png: issue edited by jane"]);
}

#[tokio::test]
async fn a_parent_deleted_above_its_thread_gives_way_to_a_new_one() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.replies(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    bench.slack.deletes(&workspace(), &channel("C1"), &first(&bench));
    bench.replies(1, &["Which cars?", "Those?"]).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &["Which cars?", "Those?"]).await;
    bench.after(seconds(60)).await;
    let reply = "↳ 💬 Issue reply by john";
    let closed = "🟢 rose_1.png: issue resolved by john after 2 h";
    assert_eq!(bench.page("C1"), ["This message was deleted.", reply, reply, closed]);
}

#[tokio::test]
async fn a_thread_that_takes_no_reply_gives_way_to_a_card() {
    for code in ["thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"] {
        let bench = subscribed("").await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.slack.fail_next_of("chat.postMessage", Fault::Code(code.to_owned()));
        bench.replies(1, &["Which cars?"]).await;
        bench.after(seconds(60)).await;
        assert_eq!(bench.page("C1"), ["🔴 rose_1.png: issue opened by jane", "💬 rose_1.png: issue reply by john"]);
    }
}

#[tokio::test]
async fn where_messages_cannot_be_edited_the_thread_has_edits_too() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.slack.fail_next_of("chat.update", Fault::Code("edit_window_closed".to_owned()));
    bench.replies(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    bench.edits(1, &["Which cars?"], "The buses have no label.").await;
    bench.after(seconds(60)).await;
    let page = bench.page("C1");
    assert_eq!(page[1..], ["↳ 💬 Issue reply by john", "↳ ✏️ Issue edited by jane"]);
    assert_eq!(bench.calls_of("chat.update"), 1);
}

#[tokio::test]
async fn a_card_with_a_refused_layout_becomes_plain_text_only() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    for code in ["invalid_blocks", "invalid_attachments"] {
        bench.slack.fail_next_of("chat.update", Fault::Code(code.to_owned()));
    }
    bench.edits(1, &[], "The buses have no label.").await;
    bench.after(seconds(5)).await;
    let shown = bench.slack.messages(&workspace(), &channel("C1"), None).pop().unwrap();
    assert_eq!((shown.blocks, shown.attachments), (serde_json::json!([]), serde_json::json!([])));
    assert!(shown.text.contains("The buses have no label."));
    bench.page("C1");
}

#[tokio::test]
async fn with_a_third_of_all_calls_failing_nothing_is_lost_or_doubled() {
    let faults = [Fault::Status(503), Fault::RateLimit { retry_after: 2 }, Fault::Reset, Fault::LoseAnswer];
    let mut bench = subscribed("").await;
    bench.slack.fail_share(0.33, &faults);
    for round in 1..=4 {
        bench.opens(round).await;
        bench.after(seconds(40)).await;
        bench.replies(round, &["One."]).await;
        bench.after(seconds(40)).await;
        if round % 2 == 0 {
            bench.slack.fail_share(0.0, &[]);
            bench.restart().await;
            bench.slack.fail_share(0.33, &faults);
        }
        bench.closes(round, &["One."]).await;
        bench.after(seconds(40)).await;
    }
    bench.after(seconds(3_600)).await;
    bench.slack.fail_share(0.0, &[]);
    let page = bench.page("C1");
    for (number, story) in (1..).zip(page.chunks(3)) {
        let parent = format!("🟢 rose_{number}.png: issue resolved by john after");
        assert!(story[0].starts_with(&parent), "{page:#?}");
        assert_eq!(story[1], "↳ 💬 Issue reply by john", "{page:#?}");
        assert!(story[2].starts_with("↳ 🟢 Issue resolved by john after"), "{page:#?}");
    }
    assert_eq!(page.len(), 12, "{page:#?}");
}
