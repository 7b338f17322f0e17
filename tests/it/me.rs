//! `/segments me`: who somebody is in Segments.ai, and that a name is not taken by stealth.

use crate::harness::signed::click;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::model::WorkspaceId;
use segments_slack::sandbox::slack::{ChannelKind, Fault, Role, Shown};

async fn types(bench: &Bench, who: &str, text: &str) -> Shown {
    bench.user(who).types(&format!("/segments {text}")).in_channel("C1").await;
    let shown = bench.read("C1");
    assert_eq!(shown.ephemeral_to, Some(user(who)), "only they see it");
    shown
}

/// Who is kept and who is remembered for a name.
async fn claims(bench: &Bench, name: &str) -> [Option<String>; 2] {
    let kept = bench.app().store.user_mappings(&workspace()).await.unwrap();
    let kept = kept.iter().find(|link| link.username.key() == name).map(|link| link.user.to_string());
    [kept, bench.app().people.of(&workspace()).find(name).map(ToString::to_string)]
}

fn both(user: &str) -> [Option<String>; 2] {
    [Some(user.to_owned()), Some(user.to_owned())]
}

#[tokio::test]
async fn a_name_is_told_shown_changed_and_forgotten() {
    let mut bench = Bench::start().await;
    assert!(types(&bench, "U1", "me").await.text.contains("I do not know who you are"));
    assert!(types(&bench, "U1", "me Jane").await.text.starts_with("You are `Jane` in Segments.ai. "));
    assert_eq!(claims(&bench, "jane").await, both("U1"));
    bench.restart().await;
    assert_eq!(claims(&bench, "jane").await, both("U1"));
    assert!(types(&bench, "U1", "me").await.text.starts_with("You are `Jane` in Segments.ai. "));
    assert!(types(&bench, "U1", "me ann").await.text.contains("and no longer `Jane`"));
    assert_eq!(claims(&bench, "jane").await, [None, None]);
    assert!(types(&bench, "U1", "me none").await.text.contains("no longer mention you where `ann` stands"));
    assert_eq!(claims(&bench, "ann").await, [None, None]);
    assert!(types(&bench, "U1", "me none").await.text.contains("nothing to forget"));
}

#[tokio::test]
async fn taking_over_a_name_needs_a_click_and_tells_its_owner() {
    let bench = Bench::start().await;
    types(&bench, "U1", "me jane").await;
    let asked = types(&bench, "U2", "me JANE").await;
    assert!(asked.text.starts_with("<@U1> has said to be `JANE` in Segments.ai"), "{}", asked.text);
    assert_eq!(claims(&bench, "jane").await, both("U1"));
    bench.assert_nothing_unread("D1");
    bench.user("U2").clicks("take_name").in_channel("C1").await;
    let answer = bench.read("C1");
    assert!(answer.ts == asked.ts && answer.text.contains("I have told <@U1>"), "{}", answer.text);
    let told = bench.read("D1");
    assert!(told.text.starts_with("<@U2> has taken over the Segments.ai username `JANE` from you"), "{}", told.text);
    assert_eq!(claims(&bench, "jane").await, both("U2"));
    assert!(types(&bench, "U1", "me").await.text.contains("I do not know who you are"));
}

#[tokio::test]
async fn a_click_takes_a_name_only_from_the_named_owner_once() {
    let bench = Bench::start().await;
    types(&bench, "U2", "me jane").await;
    for (workspace, home, value) in
        [("T1", "T1", "U9 jane"), ("T1", "T2", "U2 jane"), ("T2", "T2", "U2 jane"), ("T1", "T1", "jane")]
    {
        let (status, _) = bench.slack_sends("interactions", click(workspace, home, "C1", "take_name", value)).await;
        assert_eq!(status, 200);
        assert_eq!(claims(&bench, "jane").await, both("U2"));
    }
    types(&bench, "U1", "me jane").await;
    bench.user("U1").clicks("take_name").in_channel("C1").await;
    bench.read("C1");
    types(&bench, "U2", "me jane").await;
    bench.user("U2").clicks("take_name").in_channel("C1").await;
    bench.read("C1");
    assert_eq!(bench.read_all("D1").len(), 1);
    assert_eq!(claims(&bench, "jane").await, both("U2"));
}

#[tokio::test]
async fn an_admin_links_a_member_who_is_told_once_and_can_undo_it() {
    let bench = Bench::start().await;
    bench.slack.add_channel(&workspace(), &channel("D2"), "john", ChannelKind::Direct, &[user("U2")]);
    let said = types(&bench, "U1", "me @john as Jane").await;
    assert_eq!(said.text, "<@U2> is `Jane` in Segments.ai. I have told them.");
    assert_eq!(claims(&bench, "jane").await, both("U2"));
    let told = bench.read("D2").text;
    assert!(told.starts_with("<@U1> has told me that you are `Jane` in Segments.ai."), "{told}");
    types(&bench, "U1", "me @john Jane").await;
    bench.assert_nothing_unread("D2");
    let entries = bench.app().store.audit_entries(&workspace(), 9).await.unwrap();
    let entries: Vec<_> =
        entries.iter().map(|audit_entry| (audit_entry.typed.as_str(), audit_entry.by.clone().unwrap())).collect();
    assert_eq!(entries, [("me <@U2> as Jane", user("U1"))]);
    assert!(types(&bench, "U2", "me none").await.text.starts_with("Forgotten"));
    types(&bench, "U1", "me @john as ann").await;
    bench.read("D2");
    let said = types(&bench, "U1", "me @john as none").await;
    assert_eq!(said.text, "Forgotten: I no longer mention <@U2> where `ann` stands. I have told them.");
    assert!(bench.read("D2").text.contains("`/segments me ann` to take it back"));
    assert_eq!(claims(&bench, "ann").await, [None, None]);
    assert!(types(&bench, "U1", "me @john as none").await.text.contains("nothing to forget"));
}

#[tokio::test]
async fn only_admins_link_others_and_only_members_can_be_linked() {
    let bench = Bench::start().await;
    let home = workspace();
    let refused = |said: &Shown, why: &str| assert!(said.text.contains(why), "{}", said.text);
    refused(&types(&bench, "U2", "me @ann as jane").await, "Only admins of this workspace");
    refused(&types(&bench, "U2", "me @ann as none").await, "Only admins of this workspace");
    // Oneself is nobody else.
    refused(&types(&bench, "U2", "me @john as john").await, "You are `john`");
    refused(&types(&bench, "U1", "me @ann as john").await, "<@U2> has said to be `john`");
    for (id, name) in [("U3", "zoe"), ("U4", "gus"), ("U5", "max"), ("U8", "ivo")] {
        bench.slack.add_user(&home, &user(id), name, Role::Member, "Europe/Brussels");
    }
    bench.slack.make_guest(&home, &user("U3"));
    bench.slack.set_deactivated(&home, &user("U4"), true);
    bench.slack.share(&home, &channel("C1"), &WorkspaceId::parse("T7").unwrap());
    bench.slack.add_stranger(&home, &channel("C1"), &user("U6"), "kim");
    for (person, why) in [
        ("@zoe", "is a guest"),
        ("@gus", "is deactivated"),
        ("<@U6>", "belongs to another workspace"),
        ("<@U9>", "is nobody that I can see"),
        ("<@UBOTT1>", "is a bot"),
        ("@max as john", "<@U2> has said to be `john`"),
    ] {
        refused(&types(&bench, "U1", &format!("me {person} jane").replace("john jane", "john")).await, why);
    }
    assert_eq!(claims(&bench, "jane").await, [None, None]);
    assert_eq!(claims(&bench, "john").await, both("U2"));
    bench.slack.fail_next_of("users.info", Fault::Status(503));
    refused(&types(&bench, "U1", "me @ivo as ivo").await, "I could not ask Slack who that is");
}

#[tokio::test]
async fn whoever_said_who_they_are_is_mentioned_from_then_on() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers issue.*").in_channel("C1").await;
    bench.read("C1");
    types(&bench, "U2", "me jane").await;
    bench.webhook("issue.created.basic").await;
    let opened = bench.read("C1");
    assert!(opened.blocks.to_string().contains("issue opened by <@U2>"), "{}", opened.blocks);
    assert!(opened.text.contains("issue opened by jane"), "{}", opened.text);
    bench.after(seconds(5)).await;
    bench.webhook("issue.updated.reply").await;
    bench.after(seconds(5)).await;
    let reply = bench.read_all("C1").into_iter().find(|shown| shown.thread_ts.as_ref() == Some(&opened.ts)).unwrap();
    assert_eq!(reply.blocks[0]["text"]["text"], "<@U2>");
    assert!(reply.blocks[1]["text"]["text"].as_str().unwrap().ends_with("by john"), "{}", reply.blocks);
    let parent =
        bench.slack.messages(&workspace(), &channel("C1"), None).into_iter().find(|shown| shown.ts == opened.ts);
    let parent = parent.unwrap();
    assert!(
        parent.edited.is_some() && !parent.blocks[0]["text"]["text"].as_str().unwrap().starts_with("<@"),
        "{parent:#?}"
    );
}
