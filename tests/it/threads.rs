//! An issue is one message in the channel, which shows how it stands; what is said about it stands in its thread.

mod own;
mod trouble;

use crate::harness::{Bench, channel, seconds, workspace};
use segments_slack::sandbox::slack::Shown;
use serde_json::{Value, json};

async fn subscribed(options: &str) -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types(&format!("/segments subscribe jane/flowers issue.* {options}")).in_channel("C1").await;
    bench.read("C1");
    bench
}

/// An issue with this number, as Segments.ai describes it.
fn issue(bench: &Bench, number: u32, by: &str, status: &str, comments: &[&str]) -> Value {
    let (now, opened) = (bench.clock.now(), "2026-11-20T07:14:00Z");
    let comments = comments.iter().map(|text| json!({"created_at": now, "created_by": "john", "text": text}));
    json!({
        "uuid": format!("issue-{number}"), "description": "The cars have no label.", "created_at": opened,
        "updated_at": now, "created_by": "jane", "updated_by": by, "status": status,
        "comments": comments.collect::<Vec<_>>(), "anchor": null,
        "sample_uuid": "602a3eec-a61c-4a77-9fcc-3037ce5e9606", "sample_name": format!("rose_{number}.png"),
    })
}

impl Bench {
    async fn tells_of(&self, event_type: &str, object: Value) {
        let body = json!({
            "event_type": event_type, "created_at": self.clock.now(), "dataset": "jane/flowers", "object": object,
            "text": "",
        });
        assert_eq!(self.body(&body.to_string()).await, 204);
    }

    async fn opens(&self, number: u32) {
        self.tells_of("issue.created", issue(self, number, "jane", "OPEN", &[])).await;
    }

    async fn replies(&self, number: u32, comments: &[&str]) {
        self.tells_of("issue.updated", issue(self, number, "john", "OPEN", comments)).await;
    }

    async fn closes(&self, number: u32, comments: &[&str]) {
        self.tells_of("issue.updated", issue(self, number, "john", "CLOSED", comments)).await;
    }

    async fn edits(&self, number: u32, comments: &[&str], description: &str) {
        let mut issue = issue(self, number, "jane", "OPEN", comments);
        issue["description"] = description.into();
        self.tells_of("issue.updated", issue).await;
    }

    /// What a channel shows of issues, a line a message, replies below their parents.
    fn page(&self, name: &str) -> Vec<String> {
        self.slack.take_unread(&workspace(), &channel(name));
        let all = self.slack.messages(&workspace(), &channel(name), None);
        let title = |shown: &Shown| {
            let text = shown.blocks[0]["text"]["text"].as_str().unwrap_or(&shown.text);
            let text = text.replace("*<https://app.segments.ai/jane/flowers/samples/602a3eec-a61c-4a77-9fcc-3037ce5e9606/ground-truth?readOnly=true|", "");
            text.replace(">* —", ":")
        };
        let mut page = Vec::new();
        for shown in all.iter().filter(|shown| shown.thread_ts.is_none()) {
            page.push(title(shown));
            let below = all.iter().filter(|reply| reply.thread_ts.as_ref() == Some(&shown.ts));
            page.extend(below.map(|reply| format!("{} {}", if reply.broadcast { "↳+" } else { "↳" }, title(reply))));
        }
        page.retain(|line| !line.contains("subscribe") && !line.contains("#1"));
        page
    }

    /// The parent of an issue, all of it.
    fn whole(&self, name: &str, sample: &str) -> String {
        let all = self.slack.messages(&workspace(), &channel(name), None);
        let parent = all.iter().find(|shown| shown.thread_ts.is_none() && shown.text.contains(sample)).unwrap();
        format!("{}\n{}", parent.blocks, parent.attachments)
    }

    fn calls_of(&self, method: &str) -> usize {
        self.slack.calls().iter().filter(|call| call.method == method).count()
    }
}

#[tokio::test]
async fn an_issue_is_one_message_and_its_story_stands_in_the_thread() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.replies(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    assert!(bench.whole("C1", "rose_1").contains("1 reply, last by john"));
    bench.closes(1, &["Which cars?", "Done."]).await;
    bench.after(seconds(60)).await;
    assert_eq!(
        bench.page("C1"),
        [
            "🟢 rose_1.png: issue resolved by john after 2 h",
            "↳ 💬 Issue reply by john",
            "↳ 🟢 Issue resolved by john after 2 h"
        ]
    );
    let parent = bench.whole("C1", "rose_1");
    assert!(parent.contains("#2eb67d") && parent.contains("2 replies, last by john"), "{parent}");
    assert!(parent.contains("The cars have no label."), "{parent}");
    let all = bench.slack.messages(&workspace(), &channel("C1"), None);
    assert_eq!(all.last().unwrap().blocks[1]["text"]["text"], "> Done.");
    bench.replies(1, &["Which cars?", "Done."]).await;
    bench.after(seconds(60)).await;
    let all = bench.slack.messages(&workspace(), &channel("C1"), None);
    assert_eq!(all.last().unwrap().blocks.as_array().unwrap().len(), 1, "it repeats what was said before");
    let page = bench.page("C1");
    assert_eq!(page[0], "🔴 rose_1.png: issue reopened by john");
    assert_eq!(page[3], "↳ 🔴 Issue reopened by john");
    assert_eq!(bench.calls_of("chat.postMessage"), 4);
}

#[tokio::test]
async fn a_thread_message_is_followed_by_its_parent_within_seconds() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    assert_eq!(bench.page("C1")[0], "🔴 rose_1.png: issue opened by jane");
    bench.after(seconds(1)).await;
    assert_eq!(bench.page("C1")[0], "🟢 rose_1.png: issue resolved by john after 2 h");
}

#[tokio::test]
async fn an_edit_changes_the_parent_and_posts_nothing() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    bench.edits(1, &[], "The buses have no label.").await;
    bench.after(seconds(5)).await;
    assert_eq!(bench.page("C1"), ["🔴 rose_1.png: issue opened by jane"]);
    assert!(bench.whole("C1", "rose_1").contains("The buses have no label."));
    assert_eq!(bench.app().store.backlog(&workspace()).await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_parent_is_edited_no_more_often_than_every_three_seconds() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.after(seconds(60)).await;
    for second in 0..12 {
        bench.edits(1, &[], &format!("The cars of second {second}.")).await;
        bench.after(seconds(1)).await;
    }
    bench.after(seconds(3)).await;
    assert!(bench.whole("C1", "rose_1").contains("The cars of second 11."));
    assert!(bench.calls_of("chat.update") <= 5, "{} edits", bench.calls_of("chat.update"));
    bench.page("C1");
}

#[tokio::test]
async fn replies_that_come_together_are_one_message() {
    let bench = subscribed("").await;
    bench.opens(1).await;
    bench.replies(1, &["One."]).await;
    bench.replies(1, &["One.", "Two."]).await;
    bench.replies(1, &["One.", "Two.", "Three."]).await;
    bench.after(seconds(5)).await;
    assert_eq!(bench.page("C1"), ["🔴 rose_1.png: issue opened by jane", "↳ 💬 3 issue replies, last by john"]);
    assert!(bench.whole("C1", "rose_1").contains("3 replies, last by john"));
}

#[tokio::test]
async fn an_issue_never_shown_gets_a_card_and_then_a_thread() {
    let bench = subscribed("").await;
    bench.replies(1, &["Which cars?"]).await;
    assert_eq!(bench.page("C1"), ["💬 rose_1.png: issue reply by john"]);
    bench.after(seconds(60)).await;
    bench.closes(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    assert_eq!(
        bench.page("C1"),
        ["🟢 rose_1.png: issue resolved by john after 2 h", "↳ 🟢 Issue resolved by john after 2 h"]
    );
}

#[tokio::test]
async fn an_opening_that_comes_late_makes_no_second_message() {
    let bench = subscribed("").await;
    let opened = issue(&bench, 1, "jane", "OPEN", &[]);
    bench.after(seconds(60)).await;
    bench.closes(1, &[]).await;
    bench.after(seconds(60)).await;
    bench.tells_of("issue.created", opened).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.page("C1"), ["🟢 rose_1.png: issue resolved by john after 2 h"]);
}

#[tokio::test]
async fn echo_state_repeats_closing_and_reopening_and_echo_all_all() {
    for (echo, marks) in [("none", ["↳ ", "↳ "]), ("state", ["↳ ", "↳+"]), ("all", ["↳+", "↳+"])] {
        let bench = subscribed(&format!("echo:{echo}")).await;
        bench.opens(1).await;
        bench.after(seconds(60)).await;
        bench.replies(1, &["Which cars?"]).await;
        bench.after(seconds(60)).await;
        bench.closes(1, &["Which cars?"]).await;
        bench.after(seconds(60)).await;
        let page = bench.page("C1");
        for (line, mark) in page[1..].iter().zip(marks) {
            assert!(line.starts_with(mark), "echo:{echo}: {page:#?}");
        }
        assert_eq!(page[2].contains("rose_1.png"), echo != "none", "{page:#?}");
    }
}

#[tokio::test]
async fn threads_off_is_a_card_for_each_event() {
    let bench = subscribed("threads:off").await;
    bench.opens(1).await;
    bench.replies(1, &["Which cars?"]).await;
    bench.closes(1, &["Which cars?"]).await;
    bench.after(seconds(60)).await;
    assert_eq!(
        bench.page("C1"),
        [
            "🔴 rose_1.png: issue opened by jane",
            "💬 rose_1.png: issue reply by john",
            "🟢 rose_1.png: issue resolved by john after 2 h"
        ]
    );
    assert_eq!(bench.calls_of("chat.update"), 0);
}

#[tokio::test]
async fn closing_many_issues_is_one_message_and_updates_every_card() {
    let mut bench = subscribed("").await;
    for number in 1..=6 {
        bench.opens(number).await;
        bench.after(seconds(10)).await;
    }
    bench.slack.set_outage(true);
    for number in 1..=6 {
        bench.closes(number, &[]).await;
    }
    bench.after(seconds(60)).await;
    bench.slack.set_outage(false);
    bench.after(seconds(15)).await;
    bench.restart().await;
    bench.after(seconds(600)).await;
    let page = bench.page("C1");
    for number in 1..=6 {
        let parent = format!("🟢 rose_{number}.png: issue resolved by john after 2 h");
        assert_eq!(page[number - 1], parent);
    }
    assert_eq!(page.len(), 7, "{page:#?}");
    assert!(page[6].contains("6 issues resolved"), "{page:#?}");
}

#[tokio::test]
async fn changes_while_a_card_waited_show_once_it_is_posted() {
    for (events, then) in [("issue.created", "resolved after 2 h"), ("issue.*", "resolved by john after 2 h")] {
        let bench = Bench::start().await;
        bench.user("U1").types(&format!("/segments subscribe jane/flowers {events}")).in_channel("C1").await;
        bench.read("C1");
        bench.slack.set_outage(true);
        bench.opens(1).await;
        bench.opens(2).await;
        bench.after(seconds(60)).await;
        bench.closes(1, &["Done."]).await;
        bench.after(seconds(60)).await;
        bench.slack.set_outage(false);
        bench.after(seconds(600)).await;
        let page = bench.page("C1");
        assert_eq!(page[0], format!("🟢 rose_1.png: issue {then}"), "{events} {page:#?}");
        assert!(page.contains(&"🔴 rose_2.png: issue opened by jane".to_owned()), "{events} {page:#?}");
        let parent = bench.whole("C1", "rose_1");
        assert!(parent.contains("#2eb67d") && parent.contains("1 reply"), "{parent}");
        assert!(bench.calls_of("chat.update") <= 2, "{events}");
    }
}
