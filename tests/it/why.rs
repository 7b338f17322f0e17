//! `/segments why`: the last events that a channel could have had, and what became of each.

use crate::harness::{Bench, channel, fixture, seconds, user, workspace};
use segments_slack::sandbox::slack::{Fault, Shown};

const HOUR: u64 = 60 * 60;

/// #annotation with these subscriptions.
async fn subscribed(rules: &[&str]) -> Bench {
    let bench = Bench::start().await;
    for rule in rules {
        bench.user("U1").types(&format!("/segments subscribe {rule}")).in_channel("C1").await;
        bench.read("C1");
    }
    bench
}

/// An event of a sample of jane's.
fn sample(number: u32, dataset: &str) -> String {
    let body = fixture("sample.created.image").replace("602a3eec-a61c", &format!("602a3eec-{number:04}"));
    body.replace("rose.png", &format!("rose_{number}.png")).replace("jane/flowers", dataset)
}

/// Ann asks in a channel where nothing else is new; gives the whole answer, which only she sees.
async fn answer(bench: &Bench, text: &str, channel: &str) -> Shown {
    bench.user("U1").types(&format!("/segments {text}")).in_channel(channel).await;
    let shown = bench.read(channel);
    assert_eq!(shown.ephemeral_to, Some(user("U1")));
    shown
}

/// The answer, an event at a time: `sample.created rose_1.png: ✅ Posted.`
async fn told_in(bench: &Bench, text: &str, channel: &str) -> Vec<String> {
    let shown = answer(bench, text, channel).await;
    let blocks = shown.blocks.as_array().unwrap().clone();
    let texts = blocks.iter().skip(1).filter_map(|block| block["text"]["text"].as_str());
    let told = texts.map(|text| {
        let (what, became) = text.split_once('\n').unwrap();
        format!("{}: {became}", what.replace('`', "").split(" in ").next().unwrap())
    });
    told.collect()
}

async fn told(bench: &Bench) -> Vec<String> {
    told_in(bench, "why", "C1").await
}

/// A link to a message in #annotation.
fn link(shown: &Shown) -> String {
    format!("<https://bench.slack.com/archives/C1/p{}|See it>", shown.ts.as_str().replace('.', ""))
}

#[tokio::test]
async fn what_was_posted_has_a_link_to_its_message() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    let card = bench.read("C1");
    assert_eq!(told(&bench).await, [format!("sample.created rose_1.png: ✅ Posted. {}", link(&card))]);
}

#[tokio::test]
async fn what_was_folded_has_a_link_to_the_message_that_counts_it() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    for number in 1..=6 {
        bench.body(&sample(number, "jane/flowers")).await;
    }
    bench.after(seconds(10)).await;
    bench.body(&sample(7, "jane/flowers")).await;
    bench.after(seconds(10)).await;
    let shown = bench.read_all("C1");
    let told = told_in(&bench, "why 7", "C1").await;
    let (first, folded) = told.split_last().unwrap();
    assert_eq!(*first, format!("sample.created rose_1.png: ✅ Posted. {}", link(&shown[0])));
    for (line, number) in folded.iter().zip([7, 6, 5, 4, 3, 2]) {
        let expected = format!("✅ Posted in one message with 5 others. {}", link(&shown[1]));
        assert_eq!(*line, format!("sample.created rose_{number}.png: {expected}"));
    }
    bench.after(seconds(HOUR)).await;
    bench.read_all("C1");
}

#[tokio::test]
async fn what_is_held_says_by_whom_or_what_and_until_when() {
    let bench = subscribed(&["jane/flowers sample.*", "jane/trees sample.* quiet:09:00-12:00"]).await;
    bench.user("U2").types("/segments mute jane/flowers 2h").in_channel("C1").await;
    bench.read("C1");
    bench.body(&sample(1, "jane/flowers")).await;
    bench.body(&sample(2, "jane/trees")).await;
    let told = told(&bench).await;
    let quiet = "sample.created rose_2.png: 🌙 Held until <!date^1795172400^";
    let muted = "sample.created rose_1.png: 🔇 Held until <!date^1795173300^";
    assert!(told[0].starts_with(quiet) && told[0].ends_with(": quiet hours of #2."), "{told:#?}");
    assert!(told[1].starts_with(muted) && told[1].ends_with(": <@U2> muted `jane/flowers`."), "{told:#?}");
    bench.after(seconds(3 * HOUR)).await;
    bench.read_all("C1");
    let told = self::told(&bench).await;
    assert!(told.iter().all(|line| line.contains("✅ Posted.")), "{told:#?}");
}

#[tokio::test]
async fn what_is_collected_says_so() {
    let bench = subscribed(&["jane/flowers sample.* batch:5m"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    let expected = "sample.created rose_1.png: ⏳ Waits for others to come with it: `batch:5m`.";
    assert_eq!(told(&bench).await, [expected]);
    bench.after(seconds(HOUR)).await;
    bench.read("C1");
}

#[tokio::test]
async fn what_slack_did_not_take_says_its_answer_and_the_next_time() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 30 });
    bench.body(&sample(1, "jane/flowers")).await;
    bench.body(&sample(2, "jane/flowers")).await;
    let told = told(&bench).await;
    let next = "sample.created rose_2.png: ⏳ Waits for its turn: posting goes on <!date^1795166130^";
    let first =
        "sample.created rose_1.png: ⏳ Waits: Slack answered `ratelimited`. It is tried again <!date^1795166130^";
    assert!(told[0].starts_with(next) && told[1].starts_with(first), "{told:#?}");
    bench.after(seconds(35)).await;
    bench.read_all("C1");
    assert!(self::told(&bench).await[0].contains("✅ Posted."));
}

#[tokio::test]
async fn a_channel_that_slack_refuses_says_what_to_do() {
    let bench = Bench::start().await;
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.read("G1");
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("G1").await;
    bench.read("G1");
    bench.slack.remove_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.body(&sample(1, "jane/flowers")).await;
    let told = told_in(&bench, "why", "G1").await;
    assert!(told[0].contains("⏸ Waits: nothing is posted here since <!date^1795166100^"), "{told:#?}");
    assert!(told[0].ends_with("If it still exists, invite me with `/invite`."), "{told:#?}");
}

#[tokio::test]
async fn what_was_given_up_says_slacks_code() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    for _ in 0..5 {
        bench.slack.fail_next(Fault::Code("a_new_code".to_owned()));
    }
    bench.body(&sample(1, "jane/flowers")).await;
    bench.after(seconds(HOUR)).await;
    bench.forgive_errors();
    let told = told(&bench).await;
    assert!(told[0].starts_with("sample.created rose_1.png: ❌ Given up: Slack answered `a_new_code`."), "{told:#?}");
}

#[tokio::test]
async fn why_names_the_option_that_excluded_an_event() {
    for (rule, event, expected) in [
        ("jane/flowers label.*", "sample.created.image", "🚫 #1 selects only `label.*`."),
        ("jane/flowers * -label.reviewed", "label.updated.reviewed-with-rating", "🚫 #1 leaves out `label.reviewed`."),
        ("jane/flowers * by:ann", "sample.created.image", "🚫 #1 wants only `by:ann`, and this was by jane."),
        ("jane/flowers * -by:jane", "sample.created.image", "🚫 #1 leaves out `by:jane`."),
        ("jane/* sample.* assignee:ann", "sample.created.image", "🚫 #1 wants only `assignee:ann`."),
    ] {
        let bench = subscribed(&[rule]).await;
        bench.webhook(event).await;
        let told = told(&bench).await;
        assert!(told[0].ends_with(&format!(": {expected}")), "{rule}: {told:#?}");
    }
}

#[tokio::test]
async fn the_subscription_that_came_closest_answers() {
    let bench =
        subscribed(&["jane/trees *", "jane/flowers issue.*", "jane/flowers sample.* by:ann", "jane/f* label.*"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    assert!(told(&bench).await[0].contains("#3 wants only `by:ann`"));
}

#[tokio::test]
async fn without_a_subscription_the_command_for_one_is_offered() {
    let bench = Bench::start().await;
    assert!(answer(&bench, "why", "C1").await.text.starts_with("No event has come that this channel could have had."));
    bench.body(&sample(1, "jane/flowers")).await;
    let offer =
        "🚫 No subscription here for `jane/flowers`. `/segments subscribe jane/flowers sample.created` makes one.";
    assert_eq!(told(&bench).await, [format!("sample.created rose_1.png: {offer}")]);
    bench.user("U1").types("/segments subscribe jane/flowers sample.created").in_channel("C1").await;
    bench.read("C1");
    let earlier = "🚫 It came before #1 was made, changed or active. Now it would be posted.";
    assert_eq!(told(&bench).await, [format!("sample.created rose_1.png: {earlier}")]);
}

#[tokio::test]
async fn what_other_channels_got_is_not_told_as_posted() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    bench.read("C1");
    let told = told_in(&bench, "why", "G1").await;
    assert!(told[0].contains("🚫 No subscription here for `jane/flowers`."), "{told:#?}");
    assert!(!told[0].contains("archives"), "{told:#?}");
}

#[tokio::test]
async fn a_channel_that_waits_for_an_invite_says_so() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("G1").await;
    bench.read("G1");
    bench.body(&sample(1, "jane/flowers")).await;
    assert!(told_in(&bench, "why", "G1").await[0].contains("🚫 #1 waits for an invite."));
}

#[tokio::test]
async fn an_older_state_is_not_news() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    let now = fixture("sample.updated.assigned-reviewer");
    bench.body(&now).await;
    bench.read("C1");
    bench.body(&now.replace("2026-11-20T09:14:27", "2026-11-20T09:14:26")).await;
    let told = told(&bench).await;
    assert!(told[0].ends_with(": 🚫 Not news: a later state of the same object had come before."), "{told:#?}");
    assert!(told[1].contains("✅ Posted."), "{told:#?}");
}

#[tokio::test]
async fn why_links_a_repeat_to_its_original_while_remembered() {
    let mut bench = subscribed(&["jane/flowers sample.*"]).await;
    for _ in 0..3 {
        assert_eq!(bench.message("msg_again", &sample(1, "jane/flowers")).await, 204);
    }
    bench.read("C1");
    let lines = told(&bench).await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("|See it> Segments.ai sent it 3 times; that changed nothing."), "{lines:#?}");
    bench.restart().await;
    bench.after(seconds(60)).await;
    for _ in 0..2 {
        bench.message("msg_again", &sample(1, "jane/flowers")).await;
    }
    let lines = told(&bench).await;
    let repeated = "🚫 Sent again by Segments.ai: it was taken in before, and nothing is posted twice.";
    let twice = "Segments.ai sent it twice; that changed nothing.";
    assert_eq!(lines[0], format!("sample.created rose_1.png: {repeated} {twice}"));
    assert!(lines[1].contains("✅ Posted.") && lines.len() == 2, "{lines:#?}");
}

#[tokio::test]
async fn after_a_restart_why_knows_deliveries_but_no_unmatched_events() {
    let mut bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    bench.read("C1");
    bench.after(seconds(60)).await;
    bench.body(&sample(2, "jane/trees")).await;
    bench.user("U1").types("/segments mute 1d").in_channel("C1").await;
    bench.read("C1");
    bench.body(&sample(3, "jane/flowers")).await;
    assert_eq!(told(&bench).await.len(), 3);
    bench.restart().await;
    let told = told(&bench).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("rose_3.png: 🔇 Held") && told[1].contains("rose_1.png: ✅ Posted."), "{told:#?}");
    let since = "Events that were not wanted here are remembered since <!date^1795166160^";
    assert!(answer(&bench, "why", "C1").await.blocks.to_string().contains(since));
}

#[tokio::test]
async fn many_that_were_not_wanted_for_one_reason_are_one_line() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.body(&sample(1, "jane/flowers")).await;
    bench.read("C1");
    for number in 2..=30 {
        bench.body(&sample(number, "jane/trees")).await;
    }
    for _ in 0..3 {
        bench.webhook("issue.created.basic").await;
    }
    let told = told(&bench).await;
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].ends_with("#1 selects only `sample.*`. And 2 more like it."), "{told:#?}");
    assert!(told[1].starts_with("sample.created rose_30.png: ") && told[1].ends_with("And 28 more of this dataset."));
    assert!(told[2].contains("rose_1.png: ✅ Posted."), "{told:#?}");
}

#[tokio::test]
async fn five_are_told_or_as_many_as_asked_for_up_to_twenty() {
    let bench = subscribed(&["* *"]).await;
    for number in 1..=21 {
        bench.body(&sample(number, &format!("jane/set{number}"))).await;
        bench.after(seconds(2)).await;
    }
    bench.read_all("C1");
    let newest_first = |count: u32| (1..=21).rev().take(count as usize).map(|number| format!("rose_{number}.png"));
    for (text, count) in [("why", 5), ("why 1", 1), ("why 20", 20)] {
        let told = told_in(&bench, text, "C1").await;
        assert_eq!(told.len(), count as usize, "{text}");
        assert!(told.iter().zip(newest_first(count)).all(|(line, name)| line.contains(&name)), "{told:#?}");
    }
    for (text, correction) in [("why 21", "`/segments why 20`"), ("why 0", ""), ("why -3", ""), ("why rose", "")] {
        let shown = answer(&bench, text, "C1").await;
        assert!(
            shown.text.contains("is not a number from 1 to 20.") && shown.text.contains(correction),
            "{text}: {}",
            shown.text
        );
    }
}

#[tokio::test]
async fn a_workspace_that_does_not_let_the_app_in_says_so() {
    let bench = subscribed(&["jane/flowers sample.*"]).await;
    bench.slack.revoke_token(&workspace());
    bench.body(&sample(1, "jane/flowers")).await;
    let told = told(&bench).await;
    assert!(told[0].contains("⏸ Waits: this app is no longer installed in the workspace."), "{told:#?}");
}
