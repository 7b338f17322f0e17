//! Subscriptions as commands: exported, pasted elsewhere, and taken back.

mod any_book;
mod outside;
mod pasting;

use crate::harness::{Bench, channel, user, workspace};
use crate::{limits, rendered};
use segments_slack::app::App;
use segments_slack::sandbox::slack::Shown;
use serde_json::{Value, json};

/// What ann sees after typing something in a channel.
async fn types(bench: &Bench, place: &str, text: &str) -> Shown {
    bench.user("U1").types(&format!("/segments {text}")).in_channel(place).await;
    bench.read(place)
}

/// What a channel gets, by number.
async fn rules(bench: &Bench, place: &str) -> Vec<String> {
    let book = bench.app().store.channel_subscriptions(&App::channel_ref(&workspace(), &channel(place))).await.unwrap();
    book.subscriptions.iter().map(|one| one.rule.to_string()).collect()
}

/// The lines of an export, as a person copies them.
fn copied(shown: &Shown) -> Vec<String> {
    let blocks = shown.blocks.as_array().unwrap().iter();
    let texts = blocks.filter_map(|block| block["text"]["text"].as_str()).filter(|text| text.starts_with("```"));
    texts.map(|text| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).collect()
}

/// A message as Slack was sent it.
fn sent(shown: &Shown) -> Value {
    json!({"text": shown.text, "blocks": shown.blocks})
}

/// #annotation gets four things, two of which are odd.
async fn subscribed() -> Bench {
    let bench = Bench::start().await;
    for rule in [
        "jane/flowers sample.* -sample.deleted by:ann,john style:line",
        r#"jane/flowers text:"not <b> & `sharp`" mention:<@U2> quiet:19:00-08:00"#,
        "* * digest:weekly@fri-17:30",
        r#""jane/my trees" label.rejected -label.* issue.closed"#,
    ] {
        types(&bench, "C1", &format!("subscribe {rule}")).await;
    }
    bench
}

#[tokio::test]
async fn an_export_changes_nothing_here_and_is_recreated_elsewhere() {
    let bench = subscribed().await;
    let exported = types(&bench, "C1", "export").await;
    assert_eq!(exported.ephemeral_to, Some(user("U1")));
    let lines = copied(&exported).concat();
    let said = types(&bench, "C1", &format!("import\n{lines}")).await;
    assert!(said.text.contains("Nothing to change in these 4 subscriptions"), "{}", said.text);
    assert_eq!(said.ephemeral_to, Some(user("U1")));
    let said = types(&bench, "C2", &format!("import\n{lines}")).await;
    assert!(said.text.starts_with("<@U1> imported 4 subscriptions: 4 new."), "{}", said.text);
    assert_eq!(said.ephemeral_to, None);
    assert!(!said.blocks.to_string().contains("I do not know your time zone"), "{}", said.blocks);
    assert_eq!(rules(&bench, "C2").await, rules(&bench, "C1").await);
    assert_eq!(copied(&types(&bench, "C2", "export").await).concat(), lines);
    rendered::leave("transfer", &[sent(&exported), sent(&said)]);
}

#[tokio::test]
async fn an_export_looks_like_this() {
    let bench = subscribed().await;
    types(&bench, "C1", "mute jane/flowers 2h").await;
    let exported = types(&bench, "C1", "export").await;
    let texts: Vec<_> = exported.blocks.as_array().unwrap().iter().map(|block| block["text"]["text"].clone()).collect();
    let texts: Vec<_> = texts.iter().filter_map(Value::as_str).collect();
    insta::assert_snapshot!(texts.join("\n---\n"));
    assert!(limits::broken(&sent(&exported)).is_empty(), "{:?}", limits::broken(&sent(&exported)));
    let empty = types(&bench, "C2", "export").await;
    assert!(empty.text.starts_with("This channel has no subscriptions yet."), "{}", empty.text);
}

#[tokio::test]
async fn large_exports_are_split_into_pages_that_fit_and_lose_none() {
    let bench = Bench::start().await;
    let dataset = |number: usize| format!("jane/{number}-{}", "\"x ".repeat(100));
    let lines: Vec<_> = (0..100).map(|number| format!("{:?} sample.*", dataset(number))).collect();
    for lines in lines.chunks(50) {
        types(&bench, "C1", &format!("import\n{}", lines.join("\n"))).await;
    }
    // One that was typed with a short verb is too long with the long one.
    types(&bench, "C1", &format!("sub jane/x by:{}", "y".repeat(2_960))).await;
    let mut page = types(&bench, "C1", "export").await;
    let (mut blocks, mut pages) = (Vec::new(), 1);
    loop {
        assert!(limits::broken(&sent(&page)).is_empty(), "{:?}", limits::broken(&sent(&page)));
        assert!(page.blocks.to_string().contains("left out: #101"), "{}", page.blocks);
        assert!(page.blocks.to_string().contains("`segments-slack export`"));
        blocks.extend(copied(&page));
        let next = format!("export_page_{pages}");
        if !page.blocks.to_string().contains(&format!("\"{next}\"")) {
            break;
        }
        bench.user("U1").clicks(&next).in_channel("C1").await;
        (page, pages) = (bench.read("C1"), pages + 1);
    }
    assert!(pages > 2 && page.text.ends_with(&format!("page {pages} of {pages}")), "{}", page.text);
    for block in &blocks {
        assert!(block.chars().count() <= 3_000, "a block fits the form");
        types(&bench, "C2", &format!("import\n{block}")).await;
    }
    let (before, after) = (rules(&bench, "C1").await, rules(&bench, "C2").await);
    assert_eq!(before[..100], after[..]);
}

#[tokio::test]
async fn help_and_the_list_of_commands_know_both() {
    let bench = Bench::start().await;
    for verb in ["export", "import"] {
        let told = types(&bench, "C1", &format!("help {verb}")).await;
        assert!(told.blocks.to_string().contains(&format!("`/segments {verb}`")), "{}", told.blocks);
        assert!(!told.text.contains("later version"));
        assert!(limits::broken(&sent(&told)).is_empty());
    }
    assert!(types(&bench, "C1", "help").await.blocks.to_string().contains("/segments export"));
    let told = types(&bench, "C1", "help me").await;
    assert!(told.blocks.to_string().contains("/segments me @ann as jane"));
}
