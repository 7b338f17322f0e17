//! Acting on Segments.ai from a card: what comes of it, what it says, and how it comes back to the channels.

mod assign;
mod forms;
mod label;
mod looks;
mod page;
mod report;

use crate::harness::signed::click;
use crate::harness::{API_KEY, Bench, WEBHOOK_SECRET, channel, seconds, user, workspace};
use jiff::Timestamp;
use secrecy::SecretString;
use segments_slack::clock::later;
use segments_slack::config::WhoMayChange;
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::segments_ai::{Fault, Role, SegmentsAi, Timing};
use segments_slack::sandbox::slack::{Fault as SlackFault, Shown};
use segments_slack::segments::api::IssueStatus;

/// A bench with jane's issue in C1, and a Segments.ai behind it where the server's key is rex's.
struct Scene {
    bench: Bench,
    ai: SegmentsAi,
    sample: String,
    issue: String,
}

/// Where webhooks go.
fn endpoint(bench: &Bench) -> Sender {
    Sender::new(bench.url("/webhooks/segments").parse().unwrap(), &SecretString::from(WEBHOOK_SECRET)).unwrap()
}

impl Scene {
    async fn start() -> Self {
        Self::of("issue.*").await
    }

    /// With these events in C1.
    async fn of(events: &str) -> Self {
        let bench = Bench::start_acting(API_KEY).await;
        let ai = bench.ai.clone();
        ai.add_user("rex", API_KEY);
        ai.add_user("jane", "key-of-jane");
        ai.add_dataset("jane/flowers");
        ai.add_collaborator("jane/flowers", "rex", Role::Manager);
        ai.set_endpoint("jane", endpoint(&bench));
        bench.user("U1").types(&format!("/segments subscribe jane/flowers {events}")).in_channel("C1").await;
        bench.read("C1");
        let sample = ai.uploads("jane", "jane/flowers", "rose.png");
        let issue = ai.opens_issue("jane", &sample, "The leaf has no label.");
        let scene = Self { bench, ai, sample, issue };
        scene.webhooks_come().await;
        scene
    }

    /// The same where the issue was seen.
    async fn seen() -> Self {
        let scene = Self::start().await;
        assert!(scene.bench.read("C1").text.contains("rose.png"));
        scene
    }

    /// Another server takes over.
    async fn restarts(&mut self) {
        self.bench.restart().await;
        self.ai.set_endpoint("jane", endpoint(&self.bench));
    }

    /// Somebody clicks a button in C1; gives what they alone are told.
    async fn clicks(&self, who: &str, button: &str) -> String {
        let answer = self.bench.user(who).clicks(button).in_channel("C1").await;
        assert_eq!(answer.status, Some(200));
        self.told(who)
    }

    fn told(&self, who: &str) -> String {
        let told = self.bench.slack.messages(&workspace(), &channel("C1"), Some(&user(who)));
        let mut told: Vec<&Shown> = told.iter().filter(|shown| shown.ephemeral_to.is_some()).collect();
        told.pop().unwrap_or_else(|| panic!("{who} was told nothing")).text.clone()
    }

    /// Somebody clicks on *Resolve*, and Segments.ai takes its time: longer than Slack waits for an answer.
    async fn clicks_and_waits(&self, who: &str) {
        let writes = self.writes();
        let waiting = async {
            while self.writes() == writes {
                tokio::task::yield_now().await;
            }
            self.bench.after(seconds(3)).await;
        };
        tokio::join!(self.bench.user(who).clicks("resolve").in_channel("C1"), waiting);
    }

    /// Lets so many seconds pass since the click that waits, and gives what it comes to.
    async fn later_told(&self, clicked: Timestamp, length: u64, who: &str) -> String {
        let deadline = later(clicked, seconds(length));
        while self.bench.clock.next_deadline() != Some(deadline) {
            // Before that, somebody else may wait for something: a connection for a sign of life.
            match self.bench.clock.next_deadline().filter(|next| *next < deadline) {
                Some(next) => self.bench.clock.set(next),
                None => tokio::task::yield_now().await,
            }
            self.bench.settle().await;
        }
        let before = self.answers();
        self.bench.clock.set(deadline);
        while self.answers() == before {
            tokio::task::yield_now().await;
        }
        self.bench.settle().await;
        self.told(who)
    }

    fn answers(&self) -> usize {
        self.bench.slack.calls().iter().filter(|call| call.method == "response_url").count()
    }

    /// Delivers what waits, and lets the channel's edits and messages go.
    async fn webhooks_come(&self) {
        self.ai.deliver().await;
        self.bench.after(seconds(10)).await;
    }

    /// The messages of a channel as they are now, without commands and their answers; those of a thread after an arrow.
    fn page(&self, name: &str) -> Vec<String> {
        self.bench.slack.take_unread(&workspace(), &channel(name));
        let shown = self.bench.slack.messages(&workspace(), &channel(name), None);
        let line = |shown: Shown| if shown.thread_ts.is_some() { format!("↳ {}", shown.text) } else { shown.text };
        let is_news = |shown: &Shown| !shown.text.starts_with('/') && !shown.text.contains(" subscribed this channel");
        shown.into_iter().filter(|shown| shown.ephemeral_to.is_none() && is_news(shown)).map(line).collect()
    }

    fn status(&self) -> String {
        self.ai.issue(&self.issue)["status"].as_str().unwrap().to_owned()
    }

    fn writes(&self) -> usize {
        self.ai.calls().iter().filter(|call| call.verb == "PATCH").count()
    }
}

#[tokio::test]
async fn resolving_turns_every_card_green_and_its_thread_says_who() {
    for timing in [Timing::WhenDelivered, Timing::BeforeAnswer] {
        let scene = Scene::seen().await;
        let bench = &scene.bench;
        bench.user("U2").types("/segments subscribe jane/flowers issue.created").in_channel("C2").await;
        bench.read("C2");
        let second = scene.ai.opens_issue("jane", &scene.sample, "The stem is cut.");
        scene.webhooks_come().await;
        scene.ai.set_timing(timing);
        let told = scene.clicks("U1", "resolve").await;
        assert_eq!(told, "🟢 The issue is resolved in Segments.ai, as rex. Its card changes, and its thread says so.");
        scene.webhooks_come().await;
        assert_eq!(scene.ai.issue(&second)["status"], "CLOSED");
        let closed =
            "🟢 rose.png — issue resolved by <@U1>, as rex after less than a minute: The stem is cut. · jane/flowers";
        assert_eq!(scene.page("C2"), [closed], "{timing:?}");
        assert_eq!(scene.page("C1")[1..], [closed.to_owned(), format!("↳ {closed}")], "{timing:?}");
        let shown = bench.slack.messages(&workspace(), &channel("C1"), None);
        let shown = shown.iter().find(|shown| shown.text == closed).unwrap();
        assert!(shown.attachments.to_string().contains("\"reopen\""), "{}", shown.attachments);

        // And back.
        scene.clicks("U2", "reopen").await;
        scene.webhooks_come().await;
        assert_eq!(scene.ai.issue(&second)["status"], "OPEN");
        let page = scene.page("C1");
        let open = "🔴 rose.png — issue reopened by <@U2>, as rex: The stem is cut. · jane/flowers";
        assert_eq!(page[1..], [open.to_owned(), format!("↳ {closed}"), format!("↳ {open}")], "{timing:?}");
        assert_eq!(scene.page("C2"), [open], "{timing:?}");
    }
}

#[tokio::test]
async fn a_change_survives_the_end_of_the_server_on_its_way_back() {
    let mut scene = Scene::seen().await;
    scene.clicks("U1", "resolve").await;
    scene.restarts().await;
    scene.webhooks_come().await;
    let page = scene.page("C1");
    assert!(page[1].contains("resolved by <@U1>, as rex") && page.len() == 2, "{page:#?}");
}

#[tokio::test]
async fn a_changed_issue_is_left_alone_until_someone_looked_again() {
    let scene = Scene::seen().await;
    scene.bench.after(seconds(60)).await;
    scene.ai.replies("jane", &scene.issue, "Only the left one.");
    let told = scene.clicks("U1", "resolve").await;
    let moved = "The issue changed since this message showed it, so nothing was written. It is open now with 1 reply, \
         last changed by jane";
    assert!(told.starts_with(moved), "{told}");
    assert_eq!((scene.status().as_str(), scene.writes()), ("OPEN", 0));
    // The answer has a button for the issue as it is now; its words take the answer's place.
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("🟢 The issue is resolved"), "{told}");
    assert_eq!((scene.status().as_str(), scene.writes()), ("CLOSED", 1));
    scene.webhooks_come().await;
    let page = scene.page("C1");
    let told = page.iter().filter(|line| line.starts_with("↳") && line.contains("resolved by <@U1>, as rex"));
    assert_eq!(told.count(), 1, "{page:#?}");
}

#[tokio::test]
async fn an_already_resolved_issue_is_left_alone_and_announced() {
    let scene = Scene::seen().await;
    scene.ai.resolves("jane", &scene.issue, IssueStatus::Closed);
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("The issue is resolved already, last changed by jane"), "{told}");
    assert_eq!(scene.writes(), 0);
    scene.webhooks_come().await;
    assert!(scene.page("C1")[1].contains("resolved by jane"));
}

#[tokio::test]
async fn a_refusal_says_why_changes_nothing_and_expects_nothing() {
    let scene = Scene::seen().await;
    for (call, status, words) in [
        (
            "GET /issues/",
            401,
            "Segments.ai does not accept the API key of this account (any more). Nothing was changed.",
        ),
        ("GET /issues/", 503, "Segments.ai cannot be asked right now: it answered with an error of its own (503)."),
        ("PATCH /issues/", 403, "The owner of this account's API key may not resolve this issue in Segments.ai"),
        ("PATCH /issues/", 404, "Segments.ai does not find this issue, or the API key has no access to it."),
        ("PATCH /issues/", 400, "Segments.ai does not take this"),
        ("PATCH /issues/", 503, "Segments.ai cannot be asked right now: it answered with an error of its own (503)."),
    ] {
        scene.ai.fail_next_of(call, Fault::Status(status));
        let told = scene.clicks("U1", "resolve").await;
        assert!(told.starts_with(words) && told.contains("Nothing was changed."), "{call} {status}: {told}");
    }
    assert_eq!((scene.status().as_str(), scene.ai.unmet_faults()), ("OPEN", 0));
    // None of those clicks takes what jane does for its own.
    scene.ai.resolves("jane", &scene.issue, IssueStatus::Closed);
    scene.webhooks_come().await;
    assert!(scene.page("C1")[1].contains("resolved by jane"));
}

#[tokio::test]
async fn a_short_rate_limit_is_waited_out_and_a_long_one_reported() {
    let scene = Scene::seen().await;
    let throttle = |seconds| Fault::Throttle { retry_after: Some(seconds), told: None };
    scene.ai.fail_next_of("PATCH /issues/", throttle(300));
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("Segments.ai takes no more calls for 300 seconds. Nothing was changed."), "{told}");
    scene.ai.fail_next_of("PATCH /issues/", throttle(15));
    let clicked = scene.bench.clock.now();
    scene.clicks_and_waits("U1").await;
    assert_eq!(
        scene.later_told(clicked, 15, "U1").await,
        "🟢 The issue is resolved in Segments.ai, as rex. Its card changes, and its thread says so."
    );
    assert_eq!((scene.status().as_str(), scene.writes()), ("CLOSED", 3));
    scene.webhooks_come().await;
    scene.page("C1");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_the_issue() {
    let scene = Scene::seen().await;
    let unclear = "Segments.ai did not say whether it has resolved the issue, and does not show it.";
    for fault in [Fault::Reset, Fault::Rubbish] {
        scene.ai.fail_next_of("PATCH /issues/", fault);
        let told = scene.clicks("U1", "resolve").await;
        assert!(told.starts_with(unclear), "{told}");
    }
    assert_eq!((scene.status().as_str(), scene.writes()), ("OPEN", 2));
    scene.ai.fail_next_of("PATCH /issues/", Fault::LoseAnswer);
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("🟢 The issue is resolved"), "{told}");
    assert_eq!((scene.status().as_str(), scene.writes()), ("CLOSED", 3));
    scene.webhooks_come().await;
    assert!(scene.page("C1")[1].contains("resolved by <@U1>, as rex"));
}

#[tokio::test]
async fn a_hanging_segments_ai_is_given_up_and_a_second_click_ignored() {
    let scene = Scene::seen().await;
    scene.ai.fail_next_of("PATCH /issues/", Fault::LoseAnswerHang);
    let clicked = scene.bench.clock.now();
    scene.clicks_and_waits("U1").await;
    let told = scene.clicks("U2", "resolve").await;
    assert!(told.starts_with("Somebody clicked on this a moment ago"), "{told}");
    let told = scene.later_told(clicked, 20, "U1").await;
    assert!(told.starts_with("🟢 The issue is resolved"), "{told}");
    assert_eq!((scene.status().as_str(), scene.writes()), ("CLOSED", 1));
    scene.webhooks_come().await;
    assert!(scene.page("C1")[1].contains("resolved by <@U1>, as rex"));
}

#[tokio::test]
async fn a_click_answer_that_slack_refuses_becomes_a_message() {
    let scene = Scene::seen().await;
    for (button, fault) in [
        ("resolve", SlackFault::RateLimit { retry_after: 7 }),
        ("reopen", SlackFault::Status(500)),
        ("resolve", SlackFault::Reset),
    ] {
        scene.bench.slack.fail_next_of("response_url", fault);
        scene.bench.user("U1").clicks(button).in_channel("C1").await;
        let told = loop {
            match scene.bench.read_all("D1").pop() {
                Some(told) => break told.text,
                None => scene.bench.settle().await,
            }
        };
        let words = if button == "reopen" { "🔴 The issue is open again" } else { "🟢 The issue is resolved" };
        assert!(told.starts_with(&format!("About the button that you clicked in <#C1>: {words}")), "{told}");
        scene.webhooks_come().await;
        scene.page("C1");
    }
}

#[tokio::test]
async fn who_may_not_act_is_told_who_may() {
    let mut scene = Scene::seen().await;
    scene.bench.slack.make_guest(&workspace(), &user("U2"));
    let told = scene.clicks("U2", "resolve").await;
    assert!(told.starts_with("Guests see what happens at Segments.ai"), "{told}");
    scene.bench.who_may_act = WhoMayChange::These(vec![user("U2")]);
    scene.bench.restart().await;
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("Here only <@U2> may change things at Segments.ai from here."), "{told}");
    assert_eq!(scene.writes(), 0);
    scene.page("C1");
}

#[tokio::test]
async fn nobody_acts_while_slack_does_not_say_who_they_are() {
    let scene = Scene::seen().await;
    scene.bench.after(seconds(61)).await;
    for _ in 0..2 {
        scene.bench.slack.fail_next_of("users.info", SlackFault::Status(503));
        let told = scene.clicks("U2", "resolve").await;
        assert!(told.starts_with("Slack does not say right now who you are"), "{told}");
    }
    assert_eq!((scene.status().as_str(), scene.writes()), ("OPEN", 0));
    assert!(scene.clicks("U2", "resolve").await.starts_with("🟢 The issue is resolved"));
    scene.webhooks_come().await;
    scene.page("C1");
}

#[tokio::test]
async fn without_a_key_there_are_no_buttons_and_old_ones_explain() {
    let mut scene = Scene::seen().await;
    scene.bench.api_key = None;
    scene.restarts().await;
    let told = scene.clicks("U1", "resolve").await;
    assert!(told.starts_with("There is no API key (any more) to do this with. Nothing was changed."), "{told}");
    scene.ai.replies("jane", &scene.issue, "Only the left one.");
    scene.webhooks_come().await;
    scene.page("C1");
    let shown = scene.bench.slack.messages(&workspace(), &channel("C1"), None);
    assert!(shown.iter().all(|shown| !shown.attachments.to_string().contains("\"resolve\"")), "{shown:#?}");
}

#[tokio::test]
async fn a_button_for_what_this_workspace_never_saw_does_nothing() {
    let scene = Scene::seen().await;
    let other = scene.ai.opens_issue("rex", &scene.sample, "Not told to anybody here.");
    let value = format!("{other} - 1732093200.000100 jane/flowers");
    let calls = scene.ai.calls().len();
    let (status, _) = scene.bench.slack_sends("interactions", click("T1", "T1", "C1", "resolve", &value)).await;
    assert_eq!((status, scene.ai.calls().len()), (200, calls));
    assert_eq!(scene.ai.issue(&other)["status"], "OPEN");
}
