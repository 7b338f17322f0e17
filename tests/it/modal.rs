//! The modal of a subscription, from each way into it to what the channel is told.

mod trouble;

use crate::harness::{Bench, channel, seconds, user, workspace};
use crate::rendered;
use segments_slack::render::modal::subscription;
use segments_slack::sandbox::slack::{ChannelKind, Fault, Mistake};
use segments_slack::slack::command::{Command, parse};
use segments_slack::slack::form::{Edits, Form, Sheet};
use serde_json::{Value, json};

impl Bench {
    pub(crate) fn modal(&self) -> Value {
        self.slack.modal(&workspace(), &user("U1")).expect("a modal is open")
    }

    pub(crate) fn has_modal(&self) -> bool {
        self.slack.modal(&workspace(), &user("U1")).is_some()
    }

    pub(crate) async fn fill(&self, block: &str, held: Value) {
        let told = self.slack.fills(&workspace(), &user("U1"), block, held).await.unwrap();
        assert!(told.status.is_none_or(|status| status == 200), "{told:?}");
        self.settle().await;
    }

    pub(crate) async fn submit(&self) -> Result<(), Mistake> {
        self.slack.submits(&workspace(), &user("U1"), json!({})).await?;
        self.settle().await;
        Ok(())
    }

    /// The line that says the same in words.
    fn line(&self) -> String {
        let modal = self.modal();
        let last = modal["blocks"].as_array().unwrap().last().unwrap().clone();
        last["text"]["text"].as_str().unwrap().to_owned()
    }

    /// What stands beside an input.
    pub(crate) fn error(&self, block: &str) -> String {
        let errors = self.slack.modal_errors(&workspace(), &user("U1")).expect("something is wrong");
        errors[block].as_str().unwrap_or_else(|| panic!("nothing is wrong with `{block}`: {errors}")).to_owned()
    }

    async fn opens_form(&self, text: &str) {
        let answer = self.user("U1").types(text).in_channel("C1").await;
        assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""), "the modal is the answer");
        self.assert_nothing_unread("C1");
    }
}

#[tokio::test]
async fn the_modal_subscribes_like_the_command_that_it_shows() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    insta::assert_snapshot!(outline(&bench.modal()));
    assert!(bench.line().contains("choose a dataset"), "{}", bench.line());
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("events_sample", json!(["sample.*"])).await;
    bench.fill("filters", json!("by:ann")).await;
    bench.fill("style", json!("full")).await;
    let line = bench.line();
    let command = line.split('`').nth(1).unwrap().to_owned();
    assert_eq!(
        command,
        "/segments set jane/flowers dataset.* issue.* label.rejected release.* sample.* by:ann style:full"
    );
    bench.submit().await.unwrap();
    assert!(!bench.has_modal());
    let told = bench.read("C1");
    assert!(told.ephemeral_to.is_none() && told.text.contains("subscribed this channel: #1"), "{}", told.text);
    // The command changes nothing any more.
    bench.user("U1").types(&command).in_channel("C1").await;
    assert!(bench.read("C1").text.contains("Nothing to change"));
}

#[tokio::test]
async fn each_mistake_stands_beside_its_input_and_nothing_is_stored() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    assert_eq!(bench.submit().await, Err(Mistake::Unfilled("dataset".to_owned())));
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("more", json!("sampel.created")).await;
    bench.fill("filters", json!("colour:red")).await;
    bench.fill("quiet_from", json!("19:00")).await;
    assert!(bench.line().contains("not an event"), "{}", bench.line());
    bench.submit().await.unwrap();
    assert!(bench.error("more").contains("sampel.created is not an event"), "{}", bench.error("more"));
    assert!(bench.error("filters").contains("neither a filter nor an option"));
    assert!(bench.error("quiet_until").contains("Quiet hours need"));
    bench.fill("more", json!("sample.created")).await;
    bench.fill("filters", Value::Null).await;
    bench.fill("quiet_from", Value::Null).await;
    bench.submit().await.unwrap();
    assert!(bench.read("C1").text.contains("#1"));
}

#[tokio::test]
async fn the_dataset_menu_has_seen_ones_and_takes_patterns_and_links() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe * sample.*").in_channel("C1").await;
    bench.read("C1");
    bench.webhook("sample.created.image").await;
    bench.read("C1");
    bench.opens_form("/segments subscribe").await;
    let suggest = async |typed: &str| {
        let entries = bench.slack.suggests(&workspace(), &user("U1"), "dataset", typed).await.unwrap();
        entries.into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    assert_eq!(suggest("").await, ["jane/flowers", "Use *"]);
    assert_eq!(suggest("FLOW").await, ["jane/flowers"]);
    assert_eq!(suggest("jane/*").await, ["Use jane/*"]);
    assert_eq!(suggest("jane/flowers").await, ["jane/flowers"]);
    assert_eq!(suggest("https://app.segments.ai/jane/flowers/samples/1/ground-truth").await, ["jane/flowers"]);
    assert_eq!(suggest(&format!("jane/{}", "x".repeat(200))).await, [""; 0]);
}

#[tokio::test]
async fn digest_inputs_appear_when_needed_and_keep_their_values() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    assert!(!bench.modal().to_string().contains("digest_time"));
    bench.fill("digest", json!("weekly")).await;
    bench.fill("digest_day", json!("fri")).await;
    bench.fill("digest_time", json!("17:30")).await;
    assert!(bench.line().contains("digest:weekly@fri-17:30"), "{}", bench.line());
    bench.fill("digest", json!("daily")).await;
    assert!(bench.line().contains("digest:daily@17:30"), "{}", bench.line());
    assert!(!bench.modal().to_string().contains("digest_day"));
}

#[tokio::test]
async fn an_edited_subscription_keeps_its_number_on_a_new_dataset() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.* style:line").in_channel("C1").await;
    bench.read("C1");
    bench.opens_form("/segments edit #1").await;
    bench.submit().await.unwrap();
    assert!(bench.modal().to_string().contains("Nothing to change"));
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    bench.opens_form("/segments edit #1").await;
    bench.fill("dataset", json!("john/cars")).await;
    bench.submit().await.unwrap();
    let told = bench.read("C1").text;
    assert!(told.contains("changed #1") && told.contains("john/cars") && told.contains("was: "), "{told}");
    bench.user("U1").clicks("undo").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("jane/flowers"));
}

#[tokio::test]
async fn an_edit_into_a_twin_or_over_a_change_does_nothing() {
    let bench = Bench::start().await;
    for dataset in ["jane/flowers", "john/cars"] {
        bench.user("U1").types(&format!("/segments subscribe {dataset} sample.*")).in_channel("C1").await;
        bench.read("C1");
    }
    bench.opens_form("/segments edit #1").await;
    bench.fill("dataset", json!("john/cars")).await;
    bench.submit().await.unwrap();
    assert!(bench.error("dataset").contains("#2"), "{}", bench.error("dataset"));
    bench.fill("dataset", json!("jane/*")).await;
    bench.user("U2").types("/segments subscribe jane/flowers issue").in_channel("C1").await;
    bench.read("C1");
    bench.submit().await.unwrap();
    assert!(bench.modal().to_string().contains("Somebody changed subscription #1"));
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    bench.opens_form("/segments edit #1").await;
    bench.user("U2").types("/segments unsubscribe #1").in_channel("C1").await;
    bench.read("C1");
    bench.submit().await.unwrap();
    assert!(bench.modal().to_string().contains("was removed while this form was open"));
}

#[tokio::test]
async fn another_channel_is_subscribed_only_by_its_members() {
    let bench = Bench::start().await;
    bench.slack.add_channel(&workspace(), &channel("C9"), "others", ChannelKind::Public, &[user("U2")]);
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("channel", json!("C9")).await;
    bench.submit().await.unwrap();
    assert!(bench.error("channel").contains("does not show me that you are in"), "{}", bench.error("channel"));
    bench.fill("channel", json!("C2")).await;
    bench.submit().await.unwrap();
    assert!(bench.read("C2").text.contains("subscribed this channel: #1"));
    assert!(bench.app().store.channel_subscriptions(&channel_ref("C9")).await.unwrap().subscriptions.is_empty());
}

#[tokio::test]
async fn a_submission_that_comes_twice_is_carried_out_and_told_once() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    let view = bench.modal();
    bench.submit().await.unwrap();
    bench.read("C1");
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "trigger_id": "77.again", "view": view,
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    assert_eq!(bench.slack_sends("interactions", form).await.0, 200);
    bench.settle().await;
    bench.assert_nothing_unread("C1");
    assert_eq!(bench.app().store.channel_subscriptions(&channel_ref("C1")).await.unwrap().subscriptions.len(), 1);
}

#[tokio::test]
async fn the_channel_is_told_although_slack_is_too_busy_at_first() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.slack.fail_next(Fault::RateLimit { retry_after: 5 });
    bench.slack.fail_next(Fault::Status(503));
    bench.submit().await.unwrap();
    assert!(!bench.has_modal());
    bench.assert_nothing_unread("C1");
    bench.after(seconds(30)).await;
    assert!(bench.read("C1").text.contains("subscribed this channel: #1"));
}

#[tokio::test]
async fn somebody_of_another_workspace_changes_nothing_from_a_modal() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    let payload = json!({
        "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U7", "team_id": "T2"},
        "trigger_id": "77.strange", "view": bench.modal(),
    });
    let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    let (status, body) = bench.slack_sends("interactions", form).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"update\"") && body.contains("the other workspace"), "{body}");
    assert!(bench.app().store.channel_subscriptions(&channel_ref("C1")).await.unwrap().subscriptions.is_empty());
}

#[tokio::test]
async fn a_modal_that_does_not_open_is_replaced_by_the_command() {
    let bench = Bench::start().await;
    for fault in [Fault::Status(503), Fault::Code("expired_trigger_id".to_owned())] {
        bench.slack.fail_next_of("views.open", fault);
        bench.user("U1").types("/segments subscribe").in_channel("C1").await;
        assert!(bench.read("C1").text.contains("`/segments subscribe jane/flowers sample.*`"));
    }
    bench.user("U1").types("/segments edit #1").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("no subscription"));
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C1").await;
    bench.read("C1");
    bench.slack.fail_next_of("views.open", Fault::Status(503));
    bench.user("U1").types("/segments edit #1").in_channel("C1").await;
    let told = bench.read("C1").blocks.to_string();
    assert!(told.contains("/segments set jane/flowers sample.*"), "{told}");
    bench.slack.fail_next_of("views.open", Fault::Status(503));
    bench.slack.uses_shortcut(&workspace(), &user("U1"), "subscribe").await;
    bench.settle().await;
    assert!(!bench.has_modal());
}

#[tokio::test]
async fn the_shortcut_opens_it_with_no_channel_chosen() {
    let bench = Bench::start().await;
    assert_eq!(bench.slack.uses_shortcut(&workspace(), &user("U1"), "subscribe").await.status, Some(200));
    bench.fill("dataset", json!("jane/flowers")).await;
    assert_eq!(bench.submit().await, Err(Mistake::Unfilled("channel".to_owned())));
    bench.fill("channel", json!("C1")).await;
    bench.submit().await.unwrap();
    bench.read("C1");
}

#[tokio::test]
async fn a_private_channel_without_the_bot_cannot_be_chosen_elsewhere() {
    let bench = Bench::start().await;
    bench.opens_form("/segments subscribe").await;
    bench.fill("dataset", json!("jane/flowers")).await;
    bench.fill("channel", json!("G1")).await;
    bench.submit().await.unwrap();
    // Slack tells the bot nothing of a private channel that it is not in.
    assert!(bench.error("channel").contains("it is private and I am not in it"), "{}", bench.error("channel"));
}

fn channel_ref(id: &str) -> segments_slack::model::ChannelRef {
    segments_slack::model::ChannelRef { workspace: workspace(), channel: channel(id) }
}

#[test]
fn every_form_of_the_modal_is_left_for_the_validator() {
    let full = "jane/flowers sample.* -sample.deleted by:ann style:full batch:7m digest:weekly@fri-17:30 quiet:19:00-08:00 \
                mention:<@U1>,<!subteam^S1>";
    let Ok(Command::Set(asked)) = parse(&format!("set {full}")) else { panic!("`{full}` is a rule") };
    let edits = Some(Edits { number: 3, seen: String::new() });
    let forms = [
        (Form::new(None), Sheet::default()),
        (Form::new(Some(channel("C1"))), Sheet { channel: Some(channel("C1")), ..Sheet::default() }),
        (Form::of(&asked.rules()[0], channel("C1")), Sheet { channel: Some(channel("C1")), edits, ..Sheet::default() }),
    ];
    let views = forms.map(|(form, sheet)| serde_json::to_value(subscription(&form, &sheet)).unwrap());
    rendered::leave("modal", &views);
}

/// A modal as people read it: a line for each block.
fn outline(view: &Value) -> String {
    let line = |block: &Value| {
        let element = &block["element"];
        let holds =
            |name: &str| element[name].as_array().into_iter().flatten().map(|one| one["value"].clone()).collect();
        let options: Vec<Value> = holds("options");
        let ticked: Vec<Value> = holds("initial_options");
        let list = |values: &[Value]| values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        match block["type"].as_str().unwrap_or_default() {
            "input" => format!(
                "[{}] {} ({}) {}{}",
                block["block_id"].as_str().unwrap_or_default(),
                block["label"]["text"].as_str().unwrap_or_default(),
                element["type"].as_str().unwrap_or_default(),
                list(&options),
                if ticked.is_empty() { String::new() } else { format!(" · ticked: {}", list(&ticked)) },
            ),
            "context" => block["elements"][0]["text"].as_str().unwrap_or_default().to_owned(),
            "section" => block["text"]["text"].as_str().unwrap_or_default().to_owned(),
            other => format!("--- {other}"),
        }
    };
    let blocks: Vec<String> = view["blocks"].as_array().unwrap().iter().map(line).collect();
    format!("{}\n{}", view["title"]["text"].as_str().unwrap_or_default(), blocks.join("\n"))
}

#[tokio::test]
async fn a_pattern_with_a_filter_is_edited_too() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/fl* issue.* by:ann").in_channel("C1").await;
    bench.read("C1");
    bench.opens_form("/segments edit #1").await;
    assert!(bench.line().contains("/segments set jane/fl* issue.* by:ann"), "{}", bench.line());
}
