//! Acting on Segments.ai: what comes of it, and how it comes back to the channel.

use crate::harness::{API_KEY, Bench, WEBHOOK_SECRET, channel, seconds, workspace};
use secrecy::SecretString;
use segments_slack::app::act::{Access, Acted, Shown, set_issue_status};
use segments_slack::app::{App, environment_account};
use segments_slack::model::DatasetName;
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::segments_ai::{Fault, Role, SegmentsAi, Timing};
use segments_slack::segments::api::{IssueId, IssueStatus};

/// A bench with jane's issue in C1, and a Segments.ai behind it where the account's key is rex's.
struct Scene {
    bench: Bench,
    ai: SegmentsAi,
    shown: Shown,
}

impl Scene {
    async fn start() -> Self {
        let bench = Bench::start_acting(API_KEY).await;
        let ai = bench.ai.clone();
        ai.add_user("rex", API_KEY);
        ai.add_dataset("jane/flowers");
        ai.add_collaborator("jane/flowers", "rex", Role::Reviewer);
        let endpoint = bench.url("/webhooks/segments").parse().unwrap();
        ai.set_endpoint("jane", Sender::new(endpoint, &SecretString::from(WEBHOOK_SECRET)).unwrap());
        bench.user("U1").types("/segments subscribe jane/flowers issue.*").in_channel("C1").await;
        bench.read("C1");
        let sample = ai.uploads("jane", "jane/flowers", "rose.png");
        let issue = ai.opens_issue("jane", &sample, "The leaf has no label.");
        let shown = Shown {
            id: IssueId::parse(&issue).unwrap(),
            dataset: DatasetName::parse("jane/flowers").unwrap(),
            status: Some("OPEN".to_owned()),
            updated_at: Some(bench.clock.now()),
        };
        let scene = Self { bench, ai, shown };
        scene.webhooks_come().await;
        assert!(scene.unread()[0].contains("rose.png"));
        scene
    }

    /// Somebody in C1 resolves the issue.
    async fn resolve(&self) -> Acted {
        let (account, key) = (environment_account(), SecretString::from(API_KEY));
        let access = Access { api: &self.bench.app().segments, account: &account, key: &key };
        let lane = App::lane(&workspace(), &channel("C1"));
        set_issue_status(self.bench.app(), &access, &lane, &self.shown, IssueStatus::Closed).await.unwrap()
    }

    /// Delivers what waits, and lets the channel's edits and messages go.
    async fn webhooks_come(&self) {
        self.ai.deliver().await;
        self.bench.after(seconds(10)).await;
    }

    /// What is new in C1: the words of a message that was posted or edited.
    fn unread(&self) -> Vec<String> {
        let new = self.bench.slack.take_unread(&workspace(), &channel("C1"));
        new.into_iter().map(|shown| if shown.edited.is_some() { "edited".to_owned() } else { shown.text }).collect()
    }

    fn status(&self) -> String {
        self.ai.issue(&self.shown.id.to_string())["status"].as_str().unwrap().to_owned()
    }

    fn writes(&self) -> usize {
        self.ai.calls().iter().filter(|call| call.verb == "PATCH").count()
    }
}

#[tokio::test]
async fn resolving_changes_the_card_and_posts_nothing_whichever_of_answer_and_webhook_is_first() {
    for timing in [Timing::WhenDelivered, Timing::BeforeAnswer] {
        let scene = Scene::start().await;
        scene.ai.set_timing(timing);
        let acted = scene.resolve().await;
        assert!(matches!(acted, Acted::Done(issue) if issue.updated_by.as_deref() == Some("rex")));
        scene.webhooks_come().await;
        assert_eq!((scene.status().as_str(), scene.unread()), ("CLOSED", vec!["edited".to_owned()]), "{timing:?}");
    }
}

#[tokio::test]
async fn an_issue_that_moved_since_it_was_shown_is_left_alone() {
    let scene = Scene::start().await;
    scene.ai.replies("jane", &scene.shown.id.to_string(), "Only the left one.");
    let acted = scene.resolve().await;
    assert!(matches!(acted, Acted::Moved(issue) if issue.comments_count == 1));
    assert_eq!((scene.status().as_str(), scene.writes()), ("OPEN", 0));
}

#[tokio::test]
async fn an_issue_that_somebody_resolved_already_is_left_alone_and_their_change_is_news() {
    let scene = Scene::start().await;
    scene.ai.resolves("jane", &scene.shown.id.to_string(), IssueStatus::Closed);
    assert!(matches!(scene.resolve().await, Acted::Already(_)));
    assert_eq!(scene.writes(), 0);
    scene.webhooks_come().await;
    assert_eq!(scene.unread().len(), 2);
}

#[tokio::test]
async fn a_refusal_says_why_and_leaves_the_issue_as_it_is() {
    let scene = Scene::start().await;
    for (call, status, kind) in [
        ("GET /issues/", 401, "unauthorized"),
        ("GET /issues/", 503, "unavailable"),
        ("PATCH /issues/", 403, "forbidden"),
        ("PATCH /issues/", 404, "not_found"),
        ("PATCH /issues/", 429, "throttled"),
        ("PATCH /issues/", 503, "unavailable"),
    ] {
        scene.ai.fail_next_of(call, Fault::Status(status));
        let acted = scene.resolve().await;
        assert!(matches!(&acted, Acted::Refused(error) if error.word() == kind), "{call} {status}: {acted:?}");
    }
    assert_eq!((scene.status().as_str(), scene.ai.unmet_faults()), ("OPEN", 0));
}

#[tokio::test]
async fn where_the_answer_is_lost_the_issue_itself_tells_what_came_of_it() {
    let scene = Scene::start().await;
    scene.ai.fail_next_of("PATCH /issues/", Fault::Reset);
    assert_eq!(scene.resolve().await, Acted::Unclear);
    scene.ai.fail_next_of("PATCH /issues/", Fault::Rubbish);
    assert_eq!(scene.resolve().await, Acted::Unclear);
    assert_eq!((scene.status().as_str(), scene.writes()), ("OPEN", 2));
    scene.ai.fail_next_of("PATCH /issues/", Fault::LoseAnswer);
    assert!(matches!(scene.resolve().await, Acted::Done(_)));
    assert_eq!((scene.status().as_str(), scene.writes()), ("CLOSED", 3));
    scene.webhooks_come().await;
    assert_eq!(scene.unread(), ["edited"]);
}

#[tokio::test]
async fn a_change_that_nobody_made_from_slack_is_posted_after_one_that_failed_is_a_minute_old() {
    let scene = Scene::start().await;
    scene.ai.fail_next_of("PATCH /issues/", Fault::Status(403));
    scene.resolve().await;
    scene.bench.after(seconds(60)).await;
    scene.ai.resolves("jane", &scene.shown.id.to_string(), IssueStatus::Closed);
    scene.webhooks_come().await;
    assert_eq!(scene.unread().len(), 2);
}
