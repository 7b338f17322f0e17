//! Who may change what a channel is subscribed to, and who is told of readers that she may not think of.

use crate::harness::signed::command;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::config::WhoMayChange;
use segments_slack::model::WorkspaceId;
use segments_slack::sandbox::slack::{Fault, Role, Shown};

async fn types(bench: &Bench, person: &str, text: &str) -> Shown {
    bench.user(person).types(&format!("/segments {text}")).in_channel("C1").await;
    bench.read("C1")
}

/// What #annotation gets, and how many mutes it has.
async fn stored(bench: &Bench) -> (Vec<String>, usize) {
    let channel_ref = segments_slack::app::App::channel_ref(&workspace(), &channel("C1"));
    let book = bench.app().store.channel_subscriptions(&channel_ref).await.unwrap();
    (book.subscriptions.iter().map(|one| one.rule.to_string()).collect(), book.mutes.len())
}

async fn restarted(who: WhoMayChange) -> Bench {
    let mut bench = Bench::start().await;
    bench.slack.add_user(&workspace(), &user("U3"), "zoe", Role::Member, "Europe/Brussels");
    types(&bench, "U1", "subscribe jane/flowers sample.*").await;
    bench.who_may_change = who;
    bench.restart().await;
    bench
}

/// Commands, clicks and an undo that change something.
async fn everything_is_refused(bench: &Bench, person: &str, because: &str) {
    let before = stored(bench).await;
    for text in
        ["subscribe jane/birds", "set jane/flowers issue.*", "unsubscribe #1", "unsubscribe *", "mute 2h", "unmute"]
    {
        let shown = types(bench, person, text).await;
        assert_eq!(shown.ephemeral_to, Some(user(person)), "{text}");
        assert!(shown.text.contains(because), "{text}: {}", shown.text);
    }
    bench.user(person).clicks("undo").in_channel("C1").await;
    assert!(bench.read("C1").text.contains(because));
    assert_eq!(stored(bench).await, before);
    assert!(types(bench, person, "list").await.text.contains("jane/flowers"), "whoever may not change may look");
}

#[tokio::test]
async fn where_admins_change_subscriptions_nobody_else_does() {
    let bench = restarted(WhoMayChange::Admins).await;
    everything_is_refused(&bench, "U2", "only admins of this workspace").await;
    types(&bench, "U1", "unsubscribe #1").await;
    assert_eq!(stored(&bench).await, (Vec::new(), 0));
}

#[tokio::test]
async fn where_people_are_named_they_alone_change_subscriptions() {
    let bench = restarted(WhoMayChange::These(vec![user("U2")])).await;
    everything_is_refused(&bench, "U1", "only <@U2> may change").await;
    types(&bench, "U2", "unsubscribe #1").await;
    assert_eq!(stored(&bench).await, (Vec::new(), 0));
}

#[tokio::test]
async fn guests_and_those_who_left_look_and_change_nothing() {
    for (is_guest, because) in [(true, "Guests see what a channel gets"), (false, "your account is deactivated")] {
        let bench = restarted(WhoMayChange::Members).await;
        let (home, zoe) = (workspace(), user("U3"));
        if is_guest {
            bench.slack.make_guest(&home, &zoe);
        } else {
            bench.slack.set_deactivated(&home, &zoe, true);
        }
        everything_is_refused(&bench, "U3", because).await;
        types(&bench, "U2", "subscribe jane/birds").await;
    }
}

#[tokio::test]
async fn a_command_of_somebody_from_another_workspace_changes_nothing() {
    let bench = Bench::start().await;
    bench.slack.share(&workspace(), &channel("C1"), &WorkspaceId::parse("T7").unwrap());
    bench.slack.add_stranger(&workspace(), &channel("C1"), &user("U4"), "max");
    let body = command("T1", "1.max", "subscribe jane/flowers", "").replace("user_id=U1", "user_id=U4");
    let (status, answer) = bench.slack_sends("commands", body).await;
    assert!(status == 200 && answer.contains("other workspace of this shared channel"), "{answer}");
    assert!(stored(&bench).await.0.is_empty());
}

#[tokio::test]
async fn nobody_is_taken_for_an_admin_while_slack_does_not_say_so() {
    let bench = restarted(WhoMayChange::Admins).await;
    for fault in [Fault::Status(503), Fault::RateLimit { retry_after: 30 }, Fault::Code("missing_scope".to_owned())] {
        bench.slack.fail_next_of("users.info", fault);
        let shown = types(&bench, "U1", "unsubscribe #1").await;
        assert!(shown.text.starts_with("Slack does not say right now who you are"), "{}", shown.text);
    }
    assert_eq!(stored(&bench).await.0.len(), 1);
    types(&bench, "U1", "unsubscribe #1").await;
    // Who was an admin a minute ago is asked for again.
    bench.slack.add_user(&workspace(), &user("U1"), "ann", Role::Member, "Europe/Brussels");
    bench.after(seconds(61)).await;
    bench.user("U1").clicks("undo").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("only admins"));
    assert!(stored(&bench).await.0.is_empty());
}

#[tokio::test]
async fn members_go_on_while_slack_does_not_say_who_they_are() {
    let bench = Bench::start().await;
    bench.slack.fail_next_of("users.info", Fault::Status(503));
    types(&bench, "U2", "subscribe jane/flowers sample.*").await;
    assert_eq!(stored(&bench).await.0.len(), 1);
}

#[tokio::test]
async fn nobody_refused_brings_the_bot_into_a_channel() {
    let bench = restarted(WhoMayChange::Admins).await;
    bench.user("U2").types("/segments subscribe jane/flowers").in_channel("C2").await;
    assert!(bench.read("C2").text.contains("only admins"));
    let channels = bench.slack.channels(&workspace());
    let qa = channels.iter().find(|info| info.id == channel("C2")).unwrap();
    assert!(!qa.members.contains(&bench.slack.bot_user(&workspace())));
}

#[tokio::test]
async fn subscribing_a_shared_channel_warns_about_its_readers_once() {
    let bench = Bench::start().await;
    bench.slack.share(&workspace(), &channel("C1"), &WorkspaceId::parse("T7").unwrap());
    assert!(!types(&bench, "U1", "subscribe jane/flowers").await.blocks.to_string().contains("is shared"));
    let told = bench.read("D1");
    assert!(told.text.starts_with("<#C1> is shared with another workspace"), "{}", told.text);
    types(&bench, "U1", "subscribe jane/birds").await;
    bench.user("U1").types("/segments subscribe jane/flowers").in_channel("C2").await;
    bench.read("C2");
    bench.assert_nothing_unread("D1");
}

#[tokio::test]
async fn a_private_dataset_in_an_open_channel_brings_a_warning() {
    let bench = Bench::start().await;
    let body: serde_json::Value = serde_json::from_str(&crate::harness::fixture("dataset.created.basic")).unwrap();
    assert_eq!(body["object"]["public"], false);
    types(&bench, "U1", "subscribe ann/nothing").await;
    bench.body(&body.to_string()).await;
    let private = body["dataset"].as_str().unwrap().to_owned();
    let owner = private.split('/').next().unwrap();
    for pattern in [private.as_str(), &format!("{owner}/*")] {
        let shown = types(&bench, "U1", &format!("subscribe {pattern} sample.*")).await;
        assert!(!shown.blocks.to_string().contains("is private"), "those who read along are not told which");
        let told = bench.read("D1").text;
        let expected = format!("`{private}` is private in Segments.ai, and everybody who can read <#C1> sees");
        assert!(told.starts_with(&expected), "{told}");
    }
    types(&bench, "U1", "subscribe ann/other").await;
    bench.assert_nothing_unread("D1");
    // A form that puts it in the place of another says so too.
    types(&bench, "U1", &format!("unsubscribe {private}")).await;
    bench.user("U1").types("/segments edit #1").in_channel("C1").await;
    bench.fill("dataset", serde_json::json!(private)).await;
    bench.submit().await.unwrap();
    bench.read("C1");
    assert!(bench.read("D1").text.contains("is private in Segments.ai"));
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    bench.read_all("G1");
    bench.user("U1").types(&format!("/segments subscribe {private}")).in_channel("G1").await;
    bench.read("G1");
    // Those in a private channel are its own.
    bench.assert_nothing_unread("D1");
}

#[tokio::test]
async fn admins_see_in_the_status_who_changed_what() {
    let bench = Bench::start().await;
    types(&bench, "U2", "sub jane/flowers, sample").await;
    types(&bench, "U1", "mute jane/* 90m").await;
    types(&bench, "U1", "unmute jane/*").await;
    types(&bench, "U2", "unsubscribe jane/flowers").await;
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.read("C1");
    types(&bench, "U1", "subscribe jane/flowers").await;
    let told = types(&bench, "U1", "status").await.blocks.to_string();
    let lines: Vec<&str> = told.split("\\n").filter(|line| line.contains("<#C1>: ")).collect();
    let done: Vec<&str> =
        lines.iter().map(|line| line.split_once("> <@").unwrap().1.split('"').next().unwrap()).collect();
    assert_eq!(
        done,
        [
            "U1> in <#C1>: `subscribe jane/flowers`",
            "U1> in <#C1>: `undo`",
            "U2> in <#C1>: `unsubscribe jane/flowers`",
            "U1> in <#C1>: `unmute jane/*`",
            "U1> in <#C1>: `mute jane/* 90m`",
            "U2> in <#C1>: `subscribe jane/flowers sample.*`",
        ],
        "{told}"
    );
    assert!(!types(&bench, "U2", "status").await.blocks.to_string().contains("Last changes"));
}

#[tokio::test]
async fn letting_a_channel_go_on_is_kept_too() {
    let bench = Bench::start().await;
    types(&bench, "U1", "subscribe jane/flowers sample.*").await;
    bench.slack.fail_next_of("chat.postMessage", Fault::Code("restricted_action".to_owned()));
    bench.webhook("sample.created.image").await;
    bench.slack.set_outage(true);
    types(&bench, "U1", "list").await;
    bench.slack.set_outage(false);
    bench.user("U1").clicks("resume").in_channel("C1").await;
    bench.after(seconds(5)).await;
    bench.read_all("C1");
    let entries = bench.app().store.audit_entries(&workspace(), 1).await.unwrap();
    assert_eq!((entries[0].typed.as_str(), &entries[0].by), ("resume", &Some(user("U1"))));
}

#[tokio::test]
async fn guests_see_only_datasets_that_their_channel_receives() {
    let bench = Bench::start().await;
    types(&bench, "U1", "subscribe ann/other").await;
    bench.webhook("sample.created.image").await;
    let why = types(&bench, "U2", "why").await.blocks.to_string();
    assert!(why.contains("rose.png") && why.contains("jane/flowers"), "{why}");
    bench.user("U2").types("/segments subscribe").in_channel("C1").await;
    let (home, john) = (workspace(), user("U2"));
    let suggest = || bench.slack.suggests(&home, &john, "dataset", "jane/");
    assert_eq!(suggest().await.unwrap().len(), 1);
    bench.slack.make_guest(&workspace(), &user("U2"));
    bench.after(seconds(61)).await;
    let why = types(&bench, "U2", "why").await.blocks.to_string();
    assert!(!why.contains("rose.png") && !why.contains("jane/flowers"), "{why}");
    assert!(why.contains("1 event of datasets without a subscription here"), "{why}");
    assert_eq!(suggest().await.unwrap(), []);
}
