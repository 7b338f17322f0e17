//! A store and a backup that an earlier commit made, and what its messages held: all of it is understood today.

use crate::cli::program;
use crate::harness::installing::other;
use crate::harness::old_store::{old, slack_then, unpack};
use crate::harness::signed::click;
use crate::harness::{Bench, channel, fixture, seconds, workspace};
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
    // The order of fields in a record means nothing.
    let canonical = |line: &str| serde_json::from_str::<Value>(line).unwrap().to_string();
    text.lines().filter(|line| !is_edge(line)).map(canonical).collect()
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

#[tokio::test]
async fn an_old_store_opens_and_all_of_it_reads() {
    let bench = Bench::start_on_old_store().await;
    insta::assert_snapshot!(holds(&bench, &workspace()).await, @r#"
    C1 #1 U1 Active jane/flowers sample.*
    C1 #2 U1 Active jane/trees sample.* batch:off
    C10 #1 U1 Active jane/begun sample.*
    C2 #1 U1 Active jane/flowers dataset.*
    C3 #1 U1 Paused { reason: PauseReason("is_archived"), since: 2026-11-20T09:16:20Z } jane/paused sample.*
    C3 #2 U2 Paused { reason: PauseReason("is_archived"), since: 2026-11-20T09:16:20Z } jane/also-paused sample.*
    C4 #1 U1 Active jane/muted sample.*
    C4 #2 U1 Active jane/muted-too sample.*
    C5 #1 U1 Active jane/flowers issue.* echo:state
    C6 #1 U1 Active jane/digest sample.* digest:hourly
    C6 #2 U1 Active jane/trees sample.* digest:daily@18:00
    C7 #1 U1 Active jane/letters sample.* batch:off
    C8 #1 U1 Active jane/lost sample.*
    C9 #1 U1 Active jane/roses label.rejected mention:<@U2>
    C9 #3 U2 Active * release.* text:"not \<b\> & sharp" digest:weekly@fri-17:30
    G1 #1 U1 Waiting jane/secrets sample.*
    C4 mute {"dataset":{"owner":"*","name":"*"},"until":"2026-11-20T11:15:20Z","by":"U1"}
    C4 mute {"dataset":{"owner":"jane","name":"muted-too"},"until":"2026-11-21T09:15:20Z","by":"U2"}
    letter no_text #0
    letter no_text #1
    account account-of-T1 Some(("flowers", 1, true))
    account environment None
    U1 is ann
    U2 is john
    pending 18
    "#);
    insta::assert_snapshot!(holds(&bench, &other()).await, @r#"
    C21 #1 U21 Active jane/flowers sample.*
    account account-of-T2 Some(("flowers", 1, true))
    pending 1
    "#);
    let entries = bench.app().store.audit_entries(&workspace(), 99).await.unwrap();
    let entries: Vec<String> = entries.into_iter().map(|entry| entry.typed).collect();
    assert_eq!((entries.len(), entries[0].as_str()), (20, "unsubscribe #2"), "{entries:#?}");
    assert_eq!(entries[1], "set jane/roses label.rejected mention:<@U2>");
}

#[tokio::test]
async fn what_waited_in_an_old_store_is_posted_once() {
    let mut bench = Bench::start_on_old_store().await;
    bench.slack_sends("interactions", click("T1", "T1", "C3", "resume", "")).await;
    // Until every mute, digest and retry is over.
    bench.after(seconds(26 * HOUR)).await;
    let mut channels: Vec<(WorkspaceId, ChannelId)> =
        (1..11).map(|number| (workspace(), channel(&format!("C{number}")))).collect();
    channels.push((other(), channel("C21")));
    let mut shown = Vec::new();
    for (workspace, channel) in &channels {
        let unread = bench.slack.take_unread(workspace, channel);
        shown.extend(unread.iter().map(|message| format!("{channel} {}", message.text.split(" · ⏳").next().unwrap())));
    }
    // What C8 waits for was posted, and only the answer was lost.
    insta::assert_snapshot!(shown.join("\n"), @r"
    C1 🖼️ 10 samples created in jane/flowers
    C1 🖼️ Sample rose_13.png created by jane · jane/trees
    C3 🖼️ Sample rose_401.png created by jane · jane/paused
    C3 🖼️ Sample rose_402.png created by jane · jane/also-paused
    C4 The mute of this channel ended. 1 event was held and comes now.
    C4 🖼️ Sample rose_301.png created by jane · jane/muted
    C4 The mute of `jane/muted-too` ended. 1 event was held and comes now.
    C4 🖼️ Sample rose_302.png created by jane · jane/muted-too
    C5 🟢 rose_901.png — issue resolved by john after 2 h: The cars have no label. · jane/flowers
    C5 🔴 rose_902.png — issue opened by jane: The buses have no label. · jane/flowers
    C5 🟢 rose_901.png — issue resolved by john after 2 h: The cars have no label. · jane/flowers
    C6 🗞️ Digest of #1: 25 samples created in jane/digest
    C6 🗞️ Digest of #1: 1 sample created in jane/digest
    C6 🗞️ Digest of #2: 1 sample created in jane/trees
    C7 🖼️ Sample rose_203.png created by jane · jane/letters
    C10 🖼️ Sample rose_1001.png created by jane · jane/begun
    C21 🖼️ Sample rose_102.png created by jane · jane/flowers
    ");
    for workspace in [workspace(), other()] {
        assert_eq!(bench.app().store.backlog(&workspace).await.unwrap().pending, 0);
    }
    assert_eq!(bench.app().store.dead_letters(&workspace(), 99).await.unwrap().len(), 2);
    bench.restart().await;
    bench.after(seconds(26 * HOUR)).await;
    for (workspace, channel) in &channels {
        assert_eq!(bench.slack.take_unread(workspace, channel), []);
    }
    bench.slack.take_unread(&workspace(), &channel("D1"));
}

#[tokio::test]
async fn an_old_issue_thread_follows_and_an_expired_click_is_void() {
    let bench = Bench::start_on_old_store().await;
    // Ann clicked *Resolve* before the upgrade, and the change was expected back for a minute, which is over.
    let issue = json!({
        "uuid": "3e1b4a2e-0003-4b3e-9f43-5f0b8f0a9c11", "description": "The cars have no label.",
        "created_at": "2026-11-20T07:14:00Z", "updated_at": bench.clock.now(), "created_by": "jane", "updated_by": "rex",
        "status": "CLOSED", "comments": [], "anchor": null, "sample_name": "rose_903.png",
        "sample_uuid": "602a3eec-0903-4a77-9fcc-3037ce5e9606",
    });
    let body = json!({
        "event_type": "issue.updated", "created_at": bench.clock.now(), "dataset": "jane/flowers", "object": issue,
        "text": "",
    });
    assert_eq!(bench.body(&body.to_string()).await, 204);
    bench.after(seconds(HOUR)).await;
    let shown = bench.slack.messages(&workspace(), &channel("C5"), None);
    let told = |text: &str| shown.iter().filter(|message| message.text.contains(text)).count();
    assert_eq!(told("rose_903.png — issue resolved by rex"), 2, "the card and its thread: {shown:#?}");
    assert_eq!(told("<@U1>, as rex"), 0, "{shown:#?}");
    for number in 1..11 {
        bench.read_all(&format!("C{number}"));
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
    // A button with a link carries no value; Slack opens the link itself.
    for (id, value) in found.into_iter().filter(|(id, value)| !(id.starts_with("open") && value.is_empty())) {
        let action = Action::parse(&id, &value);
        assert!(!matches!(action, Action::Unknown(_)), "{id} {value}");
        let (read, word) = (action.action_id(), action.value());
        // An entry of a menu has all in its value.
        let is_entry = !value.is_empty() && action.menu_value().ends_with(&value)
            || !word.is_empty() && value.ends_with(&format!(" {word}"));
        assert!(is_entry || (read == id && word == value), "{id} {value}: {read} {word}");
    }
}

#[tokio::test]
async fn old_buttons_do_what_they_said() {
    let bench = Bench::start_on_old_store().await;
    bench.user("U1").clicks("undo").in_channel("C9").await;
    bench.user("U1").chooses("mute_1h jane/flowers").in_channel("C1").await;
    bench.user("U2").clicks("unmute").in_channel("C4").await;
    let now = holds(&bench, &workspace()).await;
    assert!(now.contains("C9 #2 U1 Active jane/tulips issue.* threads:off echo:all style:line batch:off"), "{now}");
    assert!(
        now.contains(r#"C1 mute {"dataset":{"owner":"jane","name":"flowers"},"until":"2026-11-20T11:00:0"#),
        "{now}"
    );
    assert!(!now.contains(r#"C4 mute {"dataset":{"owner":"jane""#), "{now}");
    for place in ["C1", "C4", "C9"] {
        bench.read_all(place);
    }
}

#[tokio::test]
async fn every_old_form_can_be_submitted() {
    let bench = Bench::start_on_old_store().await;
    let sample = fixture("sample.created.image").replace("602a3eec-a61c", "602a3eec-0001");
    bench.ai.see(&serde_json::from_str(&sample).unwrap());
    bench.ai.add_user("john", "key-of-john");
    bench.ai.add_collaborator("jane/flowers", "john", segments_slack::sandbox::segments_ai::Role::Labeler);
    let then = slack_then();
    for (name, view) in then["modals"].as_object().unwrap() {
        let answer = submits(&bench, view).await;
        assert!(!answer.contains("out of date"), "{name}: {answer}");
        // The subscription was changed after this form was opened.
        assert_eq!(answer.contains("subscription #1"), name == "edit", "{name}: {answer}");
    }
    let now = holds(&bench, &workspace()).await;
    for held in ["jane/lilies", "jane/orchids", r#"Some(("garden", 1, true))"#, r#"Some(("meadow", 1, true))"#] {
        assert!(now.contains(held), "{held} in {now}");
    }
    let sample = "602a3eec-0001-4a77-9fcc-3037ce5e9606";
    assert_eq!(bench.ai.sample(sample)["assigned_labeler"], "john");
    assert_eq!(bench.ai.touched(10)[0].issues[0]["description"], "ann, from Slack:\n\nThe leaf has no label.");
    for place in ["C1", "C9"] {
        bench.read_all(place);
    }
}
