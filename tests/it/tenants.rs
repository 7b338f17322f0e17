//! Two workspaces on one server: whatever one does, with ids of the other too, the other is as it was.
//!
//! Each step of a history is done by one of them; the other's records, its messages and the calls with its token are
//! the same before and after. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more histories and for others.

use crate::harness::histories;
use crate::harness::installing::{OTHER_SECRET, other};
use crate::harness::signed::click_of;
use crate::harness::{Bench, Serves, WEBHOOK_SECRET, channel, fixture, seconds, user, workspace};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;
use segments_slack::model::{AccountId, WorkspaceId};
use segments_slack::sandbox::slack::{ChannelKind, Shown};
use segments_slack::store::record::ExportStep;
use serde_json::json;

/// So many histories are played unless `PROPTEST_CASES` says otherwise.
const HISTORIES: u32 = 8;
/// A history that crosses over is made shorter in at most so many trials.
const SHRINKS: u32 = 200;
/// The issue of the fixtures; each of the two has one of its own in its place.
const ISSUE: &str = "3e1b4a2e-7a52-4b3e-9f43-5f0b8f0a9c11";

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    One,
    Two,
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody types in a channel of their own …
    Types(Side, &'static str),
    /// … or names a channel and a person of the other.
    TypesElsewhere(Side, &'static str),
    /// Somebody clicks with whatever the other's records say, in the other's channel or their own.
    Clicks(Side, &'static str, bool),
    Webhook(Side, &'static str),
    /// Somebody resolves their own issue, or opens it again.
    AllowedActions(Side, &'static str),
    /// A webhook to the other's account, signed with the own secret.
    ForeignWebhook(Side),
    /// Slack reports something of the other's channel in the own workspace.
    Event(Side, &'static str),
    Uninstalls(Side),
    Installs(Side),
    Seconds(u64),
    Restart,
}

impl Side {
    fn id(self) -> WorkspaceId {
        if self == Self::One { workspace() } else { other() }
    }

    fn opposite(self) -> Self {
        if self == Self::One { Self::Two } else { Self::One }
    }

    fn person(self) -> &'static str {
        if self == Self::One { "U1" } else { "U21" }
    }

    /// Its own channel, and one whose id both have.
    fn channels(self) -> [&'static str; 2] {
        if self == Self::One { ["C2", "C1"] } else { ["C21", "C1"] }
    }

    fn secret(self) -> &'static str {
        if self == Self::One { WEBHOOK_SECRET } else { OTHER_SECRET }
    }

    /// What stands in all that it says, and in nothing that the other does: its user at Segments.ai.
    fn mark(self) -> &'static str {
        if self == Self::One { "one-lab" } else { "two-lab" }
    }
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let side = || select(vec![Side::One, Side::Two]);
    let text = || {
        select(vec![
            "subscribe * *",
            "subscribe MARK/flowers sample.* issue.*",
            "subscribe MARK/flowers issue.* digest:daily",
            "unsubscribe #1",
            "unsubscribe all",
            "list",
            "mute MARK/flowers 1h",
            "unmute MARK/flowers",
            "status",
            "why",
            "test #1",
            "connect",
            "disconnect flowers",
        ])
    };
    let action = select(vec![
        "undo",
        "run",
        "test",
        "list_page_0",
        "unsubscribe_all",
        "resume",
        "unmute",
        "account_ask_it",
        "account_disconnect",
        "resolve",
        "reopen",
    ]);
    let event = select(vec!["sample.created.image", "issue.created.basic", "issue.updated.reply"]);
    let report = select(vec!["member_joined_channel", "channel_unarchive", "app_home_opened"]);
    let step = prop_oneof![
        4 => (side(), text()).prop_map(|(side, text)| Step::Types(side, text)),
        2 => (side(), text()).prop_map(|(side, text)| Step::TypesElsewhere(side, text)),
        3 => (side(), action, any::<bool>()).prop_map(|(side, action, own)| Step::Clicks(side, action, own)),
        4 => (side(), event).prop_map(|(side, event)| Step::Webhook(side, event)),
        3 => (side(), select(vec!["resolve", "reopen"])).prop_map(|(side, action)| Step::AllowedActions(side, action)),
        2 => side().prop_map(Step::ForeignWebhook),
        1 => (side(), report).prop_map(|(side, report)| Step::Event(side, report)),
        1 => side().prop_map(Step::Uninstalls),
        2 => side().prop_map(Step::Installs),
        3 => select(vec![1, 10, 600, 90_000]).prop_map(Step::Seconds),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..25)
}

/// All that there is of a workspace, here and in Slack.
#[derive(Debug, PartialEq)]
struct Seen {
    records: Vec<String>,
    messages: Vec<Shown>,
    calls: usize,
    calls_to_segments: usize,
}

struct Play {
    bench: Bench,
    accounts: [AccountId; 2],
    issues: [String; 2],
}

impl Play {
    async fn start() -> Self {
        let bench = Bench::start_serving(Serves::Many).await;
        bench.slack.add_channel(&other(), &channel("C1"), "annotation", ChannelKind::Public, &[user("U21")]);
        for side in [Side::One, Side::Two] {
            assert_eq!(bench.installs(&side.id(), side.person()).await.status, 200);
        }
        let account = async |side: Side| bench.account(&side.id(), side.secret(), side.person()).await;
        let accounts = [account(Side::One).await, account(Side::Two).await];
        let issue = async |side: Side| {
            let (ai, name) = (&bench.ai, side.mark());
            let dataset = format!("{name}/flowers");
            ai.add_user(name, name);
            ai.add_dataset(&dataset);
            bench.give_key(&side.id(), &accounts[usize::from(side == Side::Two)], name).await;
            ai.opens_issue(name, &ai.uploads(name, &dataset, "rose.png"), "The leaf has no label.")
        };
        let issues = [issue(Side::One).await, issue(Side::Two).await];
        Self { bench, accounts, issues }
    }

    fn account(&self, side: Side) -> &AccountId {
        &self.accounts[usize::from(side == Side::Two)]
    }

    fn issue(&self, side: Side) -> &str {
        &self.issues[usize::from(side == Side::Two)]
    }

    /// The value of a button that changes the issue of a side.
    fn act(&self, side: Side) -> String {
        format!("{} - 1732093200.000100 {}/flowers", self.issue(side), side.mark())
    }

    async fn records(&self, side: Side) -> Vec<String> {
        let mut export = self.bench.app().store.export().await.unwrap();
        let (mut records, own) = (Vec::new(), format!("\"workspace\":\"{}\"", side.id()));
        while let Some(step) = export.recv().await {
            if let ExportStep::Record(record) = step.unwrap() {
                let line = serde_json::to_string(&record).unwrap();
                records.extend(line.contains(&own).then_some(line));
            }
        }
        records
    }

    fn messages(&self, side: Side) -> Vec<Shown> {
        let id = side.id();
        let of = |name: &&str| self.bench.slack.messages(&id, &channel(name), Some(&user(side.person())));
        side.channels().iter().flat_map(of).collect()
    }

    async fn seen(&self, side: Side) -> Seen {
        let calls = self.bench.slack.calls();
        let calls = calls.iter().filter(|call| call.workspace == Some(side.id())).count();
        let calls_to_segments = self.bench.ai.calls();
        let calls_to_segments =
            calls_to_segments.iter().filter(|call| call.user.as_deref() == Some(side.mark())).count();
        Seen { records: self.records(side).await, messages: self.messages(side), calls, calls_to_segments }
    }

    /// The value of a button that the other's records would give: the undo of its last change, or a command.
    async fn stolen(&self, side: Side, action: &str) -> String {
        match action {
            "run" => format!("/segments subscribe {}/flowers *", side.mark()),
            "unmute" => format!("{}/flowers", side.opposite().mark()),
            "test" => "1".to_owned(),
            "resolve" | "reopen" => self.act(side.opposite()),
            "account_ask_it" | "account_disconnect" => self.account(side.opposite()).to_string(),
            _ => {
                let records = self.records(side.opposite()).await;
                let undo = records.iter().rev().find_map(|line| line.split_once("\"undo\":{\"id\":\""));
                undo.map(|(_, rest)| rest[..36].to_owned()).unwrap_or_default()
            }
        }
    }

    async fn step(&mut self, step: &Step) {
        let bench = &self.bench;
        match *step {
            Step::Types(side, text) => {
                let text = format!("/segments {}", text.replace("MARK", side.mark()));
                for name in side.channels() {
                    bench.slack.types(&side.id(), &user(side.person()), &channel(name), &text).await;
                }
            }
            Step::TypesElsewhere(side, text) => {
                let (there, id) = (side.opposite(), side.id());
                let text = text.replace("MARK", side.mark());
                let trigger = format!("{}.elsewhere", bench.slack.calls().len());
                let fields = [
                    ("team_id", id.as_str()),
                    ("channel_id", there.channels()[0]),
                    ("user_id", there.person()),
                    ("command", "/segments"),
                    ("text", &text),
                    ("trigger_id", &trigger),
                    ("response_url", ""),
                ];
                bench.slack_sends("commands", serde_urlencoded::to_string(fields).unwrap()).await;
            }
            Step::Clicks(side, action, own) => {
                let (id, value) = (side.id(), self.stolen(side, action).await);
                let place = if own { side } else { side.opposite() }.channels()[0];
                let body = |home: &str| click_of(side.person(), [id.as_str(), home, place], action, &value);
                bench.slack_sends("interactions", body(id.as_str())).await;
                // The same, of somebody whom Slack knows to be from the other workspace.
                bench.slack_sends("interactions", body(side.opposite().id().as_str())).await;
            }
            Step::AllowedActions(side, action) => {
                let (id, value) = (side.id(), self.act(side));
                let place = [id.as_str(), id.as_str(), side.channels()[0]];
                bench.slack_sends("interactions", click_of(side.person(), place, action, &value)).await;
            }
            Step::Webhook(side, event) => {
                let body = fixture(event).replace("jane/flowers", &format!("{}/flowers", side.mark()));
                let body = body.replace(ISSUE, self.issue(side));
                let id = format!("msg_{}", unused(bench));
                let status = bench.webhook_to(self.account(side), side.secret(), &id, &body).await;
                assert_eq!(status, if bench.app().serves(&side.id()) { 204 } else { 404 });
            }
            Step::ForeignWebhook(side) => {
                let body = fixture("sample.created.image").replace("jane/flowers", side.mark());
                let there = side.opposite();
                let status = bench.webhook_to(self.account(there), side.secret(), "msg_foreign", &body).await;
                assert_eq!(status, if bench.app().serves(&there.id()) { 401 } else { 404 });
            }
            Step::Event(side, kind) => {
                let there = side.opposite();
                let bot = bench.slack.bot_user(&there.id());
                let event = json!({"type": kind, "channel": there.channels()[0], "user": bot, "tab": "home"});
                bench.slack.sends_event(&side.id(), event).await;
            }
            Step::Uninstalls(side) => {
                bench.slack.uninstall(&side.id()).await;
                bench.settle().await;
                assert!(!bench.app().serves(&side.id()));
            }
            Step::Installs(side) => {
                assert_eq!(bench.installs(&side.id(), side.person()).await.status, 200);
                assert!(bench.app().serves(&side.id()));
            }
            Step::Seconds(length) => bench.after(seconds(length)).await,
            Step::Restart => self.bench.restart().await,
        }
        self.bench.settle().await;
    }

    /// Nothing of the other is in what a workspace sees, keeps, or can call.
    async fn assert_apart(&self) {
        for side in [Side::One, Side::Two] {
            let mark = side.opposite().mark();
            let messages = format!("{:?}", self.messages(side));
            assert!(!messages.contains(mark), "{mark} is in the channels of {side:?}: {messages}");
            for line in self.records(side).await {
                assert!(!line.contains(mark), "{mark} is in a record of {side:?}: {line}");
            }
            let calls = self.bench.ai.calls().into_iter().filter(|call| call.path.contains(self.issue(side)));
            assert!(calls.into_iter().all(|call| call.user.as_deref() == Some(side.mark())), "{side:?}");
            let (workspace, _) = self.bench.app().store.find_account(self.account(side)).await.unwrap().unwrap();
            assert_eq!(workspace, side.id());
        }
    }

    /// Looks away from what was read, as the bench wants it.
    fn read_all(&self) {
        for name in ["C1", "C2", "G1"] {
            self.bench.read_all(name);
        }
    }
}

/// A name that no message had before.
fn unused(bench: &Bench) -> String {
    format!("{}_{}", bench.clock.now().as_microsecond(), bench.app().metrics.webhooks.get("accepted"))
        + &format!("_{}", bench.app().metrics.webhooks.get("unwanted"))
}

/// Who does a step; nobody in particular for what happens to both.
fn actor(step: &Step) -> Option<Side> {
    match step {
        Step::Types(side, _)
        | Step::TypesElsewhere(side, _)
        | Step::Clicks(side, ..)
        | Step::AllowedActions(side, _)
        | Step::Webhook(side, _)
        | Step::ForeignWebhook(side)
        | Step::Event(side, _)
        | Step::Uninstalls(side)
        | Step::Installs(side) => Some(*side),
        Step::Seconds(_) | Step::Restart => None,
    }
}

async fn play(steps: Vec<Step>) -> TestCaseResult {
    let mut play = Play::start().await;
    for step in &steps {
        play.bench.settle().await;
        match actor(step).map(Side::opposite) {
            Some(bystander) => {
                let before = play.seen(bystander).await;
                play.step(step).await;
                assert_eq!(play.seen(bystander).await, before, "{step:?} reached {bystander:?}");
            }
            None => play.step(step).await,
        }
        play.assert_apart().await;
    }
    play.read_all();
    Ok(())
}

#[test]
fn whatever_one_workspace_does_the_other_is_as_it_was() {
    histories::play(&history(), HISTORIES, SHRINKS, play);
}
