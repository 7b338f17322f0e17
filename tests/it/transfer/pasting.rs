//! Pasted lines: in a command and in the form, right and wrong, by whom and where.

use super::{rules, sent, types};
use crate::harness::{Bench, channel, seconds, user, workspace};
use crate::{limits, rendered};
use segments_slack::app::App;
use segments_slack::config::WhoMayChange;
use serde_json::{Value, json};

impl Bench {
    fn form(&self) -> Value {
        self.slack.modal(&workspace(), &user("U1")).expect("a form is open")
    }

    async fn pastes(&self, lines: &str) {
        self.slack.fills(&workspace(), &user("U1"), "lines", json!(lines)).await.unwrap();
        self.slack.submits(&workspace(), &user("U1"), json!({})).await.unwrap();
        self.settle().await;
    }

    async fn opens_import(&self, place: &str) {
        let answer = self.user("U1").types("/segments import").in_channel(place).await;
        assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""), "the form is the answer");
    }
}

#[tokio::test]
async fn an_import_tells_new_from_changed_and_one_undo_reverts_it() {
    let bench = Bench::start().await;
    types(&bench, "C1", "subscribe jane/flowers sample.created").await;
    types(&bench, "C1", "subscribe jane/trees").await;
    let before = rules(&bench, "C1").await;
    let said = types(
        &bench,
        "C1",
        "import\n# mine\r\n\r\n/segments subscribe jane/flowers sample.deleted\r\njohn/cars issue by:“ann”\n\
         jane/trees issue.*\nsub jane/new jane/newer style:full",
    )
    .await;
    let head = "<@U1> imported 5 subscriptions: 3 new, 1 changed, 1 as before.";
    assert!(said.text.starts_with(head), "{}", said.text);
    assert!(said.blocks.to_string().contains("changed #1 `jane/flowers`"), "{}", said.blocks);
    rendered::leave("transfer_imported", &[sent(&said)]);
    let after = rules(&bench, "C1").await;
    assert_eq!(after.len(), 5);
    assert_eq!(after[0], "jane/flowers sample.created sample.deleted");
    assert_eq!(after[2], "john/cars issue.* by:ann");
    let audit_entry = bench.app().store.audit_entries(&workspace(), 1).await.unwrap().remove(0);
    assert!(audit_entry.typed.starts_with("import\njane/flowers sample.deleted\njohn/cars"), "{}", audit_entry.typed);
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.read("C1");
    assert_eq!(rules(&bench, "C1").await, before);
}

#[tokio::test]
async fn every_wrong_line_is_told_and_nothing_is_stored() {
    let bench = Bench::start().await;
    let said = types(
        &bench,
        "C1",
        "import\njane/flowers sample.*\njane/trees sampel.created\n\nmute 2h\nflowers sample.*\nsub flowers",
    )
    .await;
    assert_eq!(said.ephemeral_to, Some(user("U1")));
    let texts: Vec<_> = said.blocks.as_array().unwrap().iter().map(|block| block["text"]["text"].clone()).collect();
    insta::assert_snapshot!(texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"));
    let said = types(&bench, "C1", "import\njane/a\njane/b sample -sample").await;
    assert!(said.blocks.to_string().contains("*Line 2:* This leaves `jane/b` without any event"), "{}", said.blocks);
    assert!(types(&bench, "C1", "import\n# nothing").await.text.starts_with("There was nothing to import"));
    let much = types(&bench, "C1", &format!("import\n{}", "# x\n".repeat(30_000))).await;
    assert!(much.text.contains("100,000 characters is the most"), "{}", much.text);
    let many: String = (0..1_001).map(|number| format!("a/{number}")).collect::<Vec<_>>().join("\n");
    assert!(types(&bench, "C1", &format!("import\n{many}")).await.text.contains("1,000 subscriptions at most"));
    let wrong = types(&bench, "C1", &format!("import\n{}", "flowers <!channel>\n".repeat(2_000))).await;
    assert!(limits::broken(&sent(&wrong)).is_empty(), "{:?}", limits::broken(&sent(&wrong)));
    assert!(wrong.blocks.to_string().contains("more"), "{}", wrong.blocks);
    assert!(rules(&bench, "C1").await.is_empty());
}

#[tokio::test]
async fn the_form_keeps_the_lines_until_they_are_right() {
    let bench = Bench::start().await;
    bench.opens_import("C1").await;
    let empty = bench.form();
    bench.pastes("jane/flowers sampel.created\njane/trees\nhello").await;
    let wrong = bench.form();
    let text = wrong.to_string();
    assert!(text.contains("*Line 1:*") && text.contains("*Line 3:*") && !text.contains("*Line 2:*"), "{text}");
    let input = wrong["blocks"].as_array().unwrap().iter().find(|block| block["block_id"] == "lines").unwrap();
    assert_eq!(input["element"]["initial_value"], "jane/flowers sampel.created\njane/trees\nhello");
    rendered::leave("transfer_form", &[empty, wrong]);
    bench.assert_nothing_unread("C1");
    bench.pastes("jane/flowers sample.created\njane/trees").await;
    assert!(bench.slack.modal(&workspace(), &user("U1")).is_none());
    let told = bench.read("C1");
    assert!(told.ephemeral_to.is_none() && told.text.contains("imported 2 subscriptions: 2 new"), "{}", told.text);
    assert_eq!(rules(&bench, "C1").await.len(), 2);
    bench.opens_import("C1").await;
    bench.pastes("jane/trees").await;
    assert!(bench.form().to_string().contains("Nothing to change"));
}

#[tokio::test]
async fn an_import_form_counts_only_for_the_channel_it_was_opened_in() {
    let bench = Bench::start().await;
    bench.opens_import("G1").await;
    bench.pastes("jane/flowers").await;
    assert!(bench.form().to_string().contains("/invite"));
    assert_eq!(rules(&bench, "G1").await.len(), 1);
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    bench.slack.add_channel(
        &workspace(),
        &channel("G2"),
        "others",
        segments_slack::sandbox::slack::ChannelKind::Private,
        &[user("U2")],
    );
    bench.opens_import("C1").await;
    let mut view = bench.form();
    view["private_metadata"] = json!(view["private_metadata"].as_str().unwrap().replace("\"C1\"", "\"G2\""));
    view["state"]["values"]["lines"] = json!({"lines": {"type": "plain_text_input", "value": "jane/flowers"}});
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "7.7",
        "view": view,
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    let (status, told) = bench.slack_sends("interactions", form).await;
    assert!(status == 200 && told.contains("\"update\"") && told.contains("G2"), "{told}");
    assert!(rules(&bench, "G2").await.is_empty());
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_carried_out_once() {
    let bench = Bench::start().await;
    bench.opens_import("C1").await;
    bench.slack.fills(&workspace(), &user("U1"), "lines", json!("jane/flowers")).await.unwrap();
    let view = bench.form();
    bench.slack.submits(&workspace(), &user("U1"), json!({})).await.unwrap();
    bench.settle().await;
    bench.read("C1");
    types(&bench, "C1", "unsubscribe jane/flowers").await;
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "7.7",
        "view": view,
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    bench.slack_sends("interactions", form).await;
    bench.settle().await;
    assert!(rules(&bench, "C1").await.is_empty());
}

#[tokio::test]
async fn importing_needs_permission_and_never_works_in_a_dm() {
    let mut bench = Bench::start().await;
    bench.who_may_change = WhoMayChange::Admins;
    bench.restart().await;
    bench.user("U2").types("/segments import\njane/flowers").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("only admins of this workspace"));
    assert!(rules(&bench, "C1").await.is_empty());
    for text in ["import", "import\njane/flowers"] {
        assert!(types(&bench, "D1", text).await.text.contains("this is a direct message"));
    }
    bench.slack.fail_next_of("views.open", segments_slack::sandbox::slack::Fault::Status(503));
    assert!(types(&bench, "C1", "import").await.text.contains("Slack did not let me open the form"));
}

#[tokio::test]
async fn an_import_into_a_private_channel_waits_for_the_invite() {
    let bench = Bench::start().await;
    let said = types(&bench, "G1", "import\njane/flowers sample.*\njane/trees").await;
    assert!(said.text.contains("`/invite` <@UBOTT1>"), "{}", said.text);
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    assert!(bench.read("G1").text.starts_with("I can post here now."));
    bench.webhook("sample.created.image").await;
    bench.after(seconds(2)).await;
    assert!(bench.read("G1").text.contains("rose.png"));
}

#[tokio::test]
async fn an_import_into_an_open_channel_lists_private_datasets_once() {
    let bench = Bench::start().await;
    types(&bench, "C2", "subscribe * dataset.created").await;
    let body: Value = serde_json::from_str(&crate::harness::fixture("dataset.created.basic")).unwrap();
    bench.body(&body.to_string()).await;
    bench.read("C2");
    let dataset = body["dataset"].as_str().unwrap();
    let owner = dataset.split('/').next().unwrap();
    let said = types(&bench, "C1", &format!("import\n{dataset}\n{dataset} by:ann\n{owner}/*\n")).await;
    let private = format!("`{dataset}` is private in Segments.ai");
    assert!(!said.blocks.to_string().contains("is private"), "{}", said.blocks);
    assert_eq!(bench.read("D1").text.matches(&private).count(), 1);
}

#[tokio::test]
async fn digests_that_an_import_changes_come_when_they_are_due() {
    let bench = Bench::start().await;
    let said = types(&bench, "C1", "import\njane/flowers sample.* digest:hourly").await;
    assert!(said.blocks.to_string().contains("The next digest of #1 comes"), "{}", said.blocks);
    let channel_ref = App::channel_ref(&workspace(), &channel("C1"));
    let book = bench.app().store.channel_subscriptions(&channel_ref).await.unwrap();
    assert_eq!(book.subscriptions[0].time_zone.as_deref(), Some("Europe/Brussels"));
}
