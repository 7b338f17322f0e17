//! A store and a backup that an earlier commit made, and what its messages held: all of it is understood today.

use crate::cli::program;
use crate::harness::installing::other;
use crate::harness::old_store::{old, slack_then, unpack};
use crate::harness::signed::click;
use crate::harness::{Bench, channel, seconds, workspace};
use segments_slack::model::{ChannelId, WorkspaceId};
use segments_slack::slack::interaction::Action;
use segments_slack::store::backup::restore;
use serde_json::{Value, json};
use std::path::Path;

const HOUR: u64 = 60 * 60;

/// What the store holds, a line for each thing.
async fn holds(bench: &Bench, workspace: &WorkspaceId) -> String {
    let store = &bench.app().store;
    let mut lines = Vec::new();
    for one in store.subscriptions(workspace).await.unwrap() {
        lines.push(format!("{} #{} {} {:?} {}", one.channel, one.number, one.creator, one.state, one.rule));
    }
    for (channel, mutes) in store.mutes(workspace).await.unwrap() {
        lines.extend(mutes.iter().map(|mute| format!("{channel} mute {}", serde_json::to_string(mute).unwrap())));
    }
    for letter in store.dead_letters(workspace, 99).await.unwrap() {
        lines.push(format!("letter {} #{}", letter.error, letter.delivery.sequence));
    }
    for (account, record) in store.accounts(workspace).await.unwrap() {
        let setup = record.setup.map(|setup| (setup.name, setup.signing_secrets.len(), setup.api_key.is_some()));
        lines.push(format!("account {account} {setup:?}"));
    }
    for one in store.user_mappings(workspace).await.unwrap() {
        lines.push(format!("{} is {}", one.user, one.username));
    }
    lines.push(format!("pending {}", store.backlog(workspace).await.unwrap().pending));
    lines.join("\n")
}

/// Every button and every entry of a menu, by its action id and value.
fn clickables(value: &Value, found: &mut Vec<(String, String)>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (value["type"].as_str(), value["action_id"].as_str()) {
        (Some("button"), Some(id)) => found.push((id.to_owned(), text(&value["value"]))),
        (Some("overflow"), Some(id)) => {
            let options = value["options"].as_array().unwrap().iter();
            found.extend(options.map(|option| (id.to_owned(), text(&option["value"]))));
        }
        _ => match value {
            Value::Array(parts) => parts.iter().for_each(|part| clickables(part, found)),
            Value::Object(parts) => parts.values().for_each(|part| clickables(part, found)),
            _ => {}
        },
    }
}

/// The keys and records of a backup: its lines without those that say when it was made and what was unreadable.
fn records(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let is_edge = |line: &&str| line.starts_with(r#"{"kind":"backup""#) || line.starts_with(r#"{"kind":"end""#);
    text.lines().filter(|line| !is_edge(line)).map(str::to_owned).collect()
}

/// Backs the store in a folder up with its keys, as people do.
fn backed_up(folder: &Path, to: &Path) -> Vec<String> {
    let (store, to_text) = (format!("sled:{}", folder.display()), to.to_str().unwrap());
    let output = program(&["backup", to_text, "--with-secrets", "--store", &store]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    records(to)
}

/// Submits a form by hand as ann; gives the answer.
async fn submits(bench: &Bench, view: &Value) -> String {
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "1.2",
        "view": view,
    });
    let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    let (status, answer) = bench.slack_sends("interactions", body).await;
    assert_eq!(status, 200);
    answer
}

/// The value of the newest button with this id in a channel.
fn value_of(then: &Value, place: &str, action_id: &str) -> String {
    let messages = then["messages"].as_array().unwrap().iter().rev();
    let values = messages.filter(|message| message["channel"] == place).flat_map(|message| {
        let mut found = Vec::new();
        clickables(message, &mut found);
        found
    });
    values.into_iter().find(|(id, _)| id == action_id).expect("it was shown").1
}

#[tokio::test]
async fn an_old_store_opens_and_all_of_it_reads() {
    let bench = Bench::start_on_old_store().await;
    insta::assert_snapshot!(holds(&bench, &workspace()).await, @"");
    insta::assert_snapshot!(holds(&bench, &other()).await, @"");
    let entries = bench.app().store.audit_entries(&workspace(), 99).await.unwrap();
    let entries: Vec<String> = entries.into_iter().map(|entry| entry.typed).collect();
    insta::assert_snapshot!(entries.join("\n"), @"");
}

#[tokio::test]
async fn what_waited_in_an_old_store_is_posted_once() {
    let mut bench = Bench::start_on_old_store().await;
    bench.slack_sends("interactions", click("T1", "T1", "C3", "resume", "")).await;
    // Until every mute, digest and retry is over.
    bench.after(seconds(26 * HOUR)).await;
    let channels: Vec<(WorkspaceId, ChannelId)> = (1..11)
        .map(|number| (workspace(), channel(&format!("C{number}"))))
        .chain([(other(), channel("C21"))])
        .collect();
    let mut shown = Vec::new();
    for (workspace, channel) in &channels {
        let unread = bench.slack.take_unread(workspace, channel);
        shown.extend(unread.iter().map(|message| format!("{channel} {}", message.text)));
    }
    insta::assert_snapshot!(shown.join("\n"), @"");
    for workspace in [workspace(), other()] {
        assert_eq!(bench.app().store.backlog(&workspace).await.unwrap().pending, 0);
    }
    assert_eq!(bench.app().store.dead_letters(&workspace(), 99).await.unwrap().len(), 2);
    bench.restart().await;
    bench.after(seconds(26 * HOUR)).await;
    for (workspace, channel) in &channels {
        assert_eq!(bench.slack.take_unread(workspace, channel), []);
    }
}

#[tokio::test]
async fn an_old_backup_restores_to_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let restored = folder.path().join("restored");
    restore(&old("before-renames.jsonl"), &restored).await.unwrap();
    let before = records(&old("before-renames.jsonl"));
    assert_eq!(backed_up(&restored, &folder.path().join("again.jsonl")), before);
    unpack(&folder.path().join("store"));
    assert_eq!(backed_up(&folder.path().join("store"), &folder.path().join("of-it.jsonl")), before);
}

#[test]
fn every_old_button_means_what_it_meant() {
    let mut found = Vec::new();
    clickables(&slack_then(), &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for (id, value) in found {
        let action = Action::parse(&id, &value);
        assert!(!matches!(action, Action::Unknown(_)), "{id} {value}");
        let (read, word) = (action.action_id(), action.value());
        let is_menu = !value.is_empty() && action.menu_value() == value;
        assert!(is_menu || (read == id && word == value), "{id} {value}: {read} {word}");
    }
}

#[tokio::test]
async fn old_buttons_do_what_they_said() {
    let bench = Bench::start_on_old_store().await;
    let then = slack_then();
    let undo = value_of(&then, "C9", "undo");
    bench.slack_sends("interactions", click("T1", "T1", "C9", "undo", &undo)).await;
    for (place, id, value) in [("C1", "mute_1h", "jane/flowers"), ("C4", "unmute", ""), ("C1", "test", "1")] {
        bench.slack_sends("interactions", click("T1", "T1", place, id, value)).await;
    }
    let mut shown = Vec::new();
    for place in ["C1", "C4", "C9"] {
        let unread = bench.read_all(place);
        shown.extend(unread.iter().map(|message| format!("{place} {}", message.text)));
    }
    insta::assert_snapshot!(shown.join("\n"), @"");
}

#[tokio::test]
async fn every_old_form_can_be_submitted() {
    let bench = Bench::start_on_old_store().await;
    let then = slack_then();
    let mut answers = Vec::new();
    for (name, view) in then["modals"].as_object().unwrap() {
        answers.push(format!("{name}: {}", submits(&bench, view).await));
    }
    for place in ["C1", "C9"] {
        let unread = bench.read_all(place);
        answers.extend(unread.iter().map(|message| format!("{place} {}", message.text)));
    }
    insta::assert_snapshot!(answers.join("\n"), @"");
}
