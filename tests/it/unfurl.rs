//! Pasted links: shown where the channel gets the dataset anyhow, once in a while, and nowhere else.

use crate::harness::{Bench, channel, seconds, user, workspace};
use jiff::Timestamp;
use segments_slack::model::object::Dataset;
use segments_slack::model::{DatasetName, WorkspaceId};
use segments_slack::render::unfurl::{self, SampleSeen};
use segments_slack::sandbox::slack::Fault;
use serde_json::{Value, json};

const DATASET: &str = "https://app.segments.ai/jane/flowers";
const SAMPLE: &str = "https://segments.ai/jane/flowers/samples/602a3eec-a61c-4a77-9fcc-3037ce5e9606/ground-truth";

/// A bench that has seen the dataset `jane/flowers`, which nobody but its own may see, and a sample of it.
async fn start() -> Bench {
    let bench = Bench::start().await;
    sees(&bench, "dataset.created", json!({"name": "flowers", "public": false, "samples_count": 3})).await;
    let sample = json!({"uuid": "602a3eec-a61c-4a77-9fcc-3037ce5e9606", "name": "rose.png"});
    sees(&bench, "sample.created", sample).await;
    bench
}

async fn sees(bench: &Bench, event: &str, object: Value) {
    let body = json!({
        "event_type": event, "created_at": "2026-11-20T09:00:00Z", "api_version": "2021-08-01",
        "dataset": "jane/flowers", "object": object, "text": "x",
    });
    assert_eq!(bench.body(&body.to_string()).await, 204);
}

async fn types(bench: &Bench, text: &str) {
    bench.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
    bench.read_all("C1");
}

/// A report of links that John posted.
fn report(channel_id: &str, urls: &[&str]) -> Value {
    let links: Vec<Value> = urls.iter().map(|url| json!({"url": url, "domain": "segments.ai"})).collect();
    json!({
        "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "is_ext_shared_channel": false,
        "event": {
            "type": "link_shared", "channel": channel_id, "user": "U2", "message_ts": "1795166100.000100",
            "links": links, "source": "conversations_history", "unfurl_id": "C1.1.x",
        },
    })
}

/// How often Slack was asked to show links after this report.
async fn asked(bench: &Bench, report: &Value) -> usize {
    let calls = || bench.slack.calls().iter().filter(|call| call.method == "chat.unfurl").count();
    let before = calls();
    assert_eq!(bench.slack_sends("events", report.to_string()).await.0, 200);
    calls() - before
}

#[tokio::test]
async fn a_link_is_shown_in_a_channel_that_gets_the_dataset() {
    let bench = start().await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET, SAMPLE])).await, 0, "the channel does not get it");
    types(&bench, "subscribe jane/* issue.*").await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET, SAMPLE])).await, 1);
    assert_eq!(asked(&bench, &report("C2", &[DATASET, SAMPLE])).await, 0, "another channel does not get it");
}

#[tokio::test]
async fn a_pasted_link_unfurls_unless_outsiders_would_see_it() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    let pasted = async |url: &str| {
        bench.slack.shares(&workspace(), &user("U2"), &channel("C1"), &format!("see {url}")).await;
        bench.slack.messages(&workspace(), &channel("C1"), None).pop().unwrap().attachments
    };
    assert_eq!(pasted(DATASET).await[0]["from_url"], DATASET);
    bench.slack.share(&workspace(), &channel("C1"), &WorkspaceId::parse("T7").unwrap());
    assert_eq!(pasted(SAMPLE).await, json!([]));
}

#[tokio::test]
async fn a_dataset_that_anybody_may_see_is_shown_anywhere() {
    let bench = start().await;
    sees(&bench, "dataset.updated", json!({"name": "flowers", "public": true})).await;
    assert_eq!(asked(&bench, &report("C2", &[DATASET])).await, 1);
    sees(&bench, "dataset.deleted", json!({"name": "flowers"})).await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 0);
}

#[tokio::test]
async fn the_same_link_is_not_shown_twice_within_half_an_hour() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 1);
    // Slack repeats the event; John pastes it again, another way.
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 0);
    assert_eq!(asked(&bench, &report("C1", &["https://segments.ai/jane/flowers/?q=1"])).await, 0);
    bench.after(seconds(30 * 60)).await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 1);
}

#[tokio::test]
async fn a_list_of_links_and_the_bots_own_are_left_alone() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET, SAMPLE, "https://segments.ai/account"])).await, 0);
    let mut own = report("C1", &[DATASET]);
    own["event"]["user"] = json!(bench.slack.bot_user(&workspace()));
    assert_eq!(asked(&bench, &own).await, 0);
}

#[tokio::test]
async fn nothing_leaks_to_another_workspace() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    let mut shared = report("C1", &[DATASET]);
    shared["is_ext_shared_channel"] = json!(true);
    assert_eq!(asked(&bench, &shared).await, 0);
    let mut other = report("C1", &[DATASET]);
    other["team_id"] = json!("T2");
    assert_eq!(asked(&bench, &other).await, 0);
}

#[tokio::test]
async fn what_is_unknown_or_elsewhere_is_left_alone() {
    let bench = start().await;
    types(&bench, "subscribe * *").await;
    for url in [
        "https://app.segments.ai/jane/unknown",
        "https://app.segments.ai/jane/flowers/samples/no-such-sample/ground-truth",
        "https://app.segments.ai/jane/trees/samples/602a3eec-a61c-4a77-9fcc-3037ce5e9606/ground-truth",
        "https://example.com/jane/flowers",
        "https://segments.ai/account",
        "javascript:alert(1)",
        "",
    ] {
        assert_eq!(asked(&bench, &report("C1", &[url])).await, 0, "{url}");
    }
}

#[tokio::test]
async fn muted_channels_and_message_drafts_unfurl_nothing() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    let mut written = report("C1", &[DATASET]);
    written["event"]["source"] = json!("composer");
    assert_eq!(asked(&bench, &written).await, 0);
    types(&bench, "mute 1h").await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 0);
    types(&bench, "unmute").await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 1);
}

#[tokio::test]
async fn what_slack_does_not_show_is_not_tried_again() {
    let bench = start().await;
    types(&bench, "subscribe jane/flowers issue.*").await;
    bench.slack.fail_next_of("chat.unfurl", Fault::Code("cannot_unfurl_url".to_owned()));
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 1);
    bench.after(seconds(120)).await;
    assert_eq!(asked(&bench, &report("C1", &[DATASET])).await, 0);
    assert_eq!(bench.app().metrics.unfurls.get("refused"), 1);
}

#[test]
fn cards_of_links() {
    let at: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
    let name = DatasetName::parse("jane/flowers").unwrap();
    let dataset = Dataset {
        description: Some("Roses & <tulips>, *two* gardens".to_owned()),
        samples_count: Some(2_500),
        label_stats: [("LABELED".to_owned(), 700), ("REVIEWED".to_owned(), 112), ("UNLABELED".to_owned(), 1_688)]
            .into(),
        archived: Some(true),
        ..Dataset::default()
    };
    let sample = SampleSeen {
        uuid: "602a3eec-a61c-4a77-9fcc-3037ce5e9606",
        labelset: Some("ground-truth"),
        name: Some("rose_1.png"),
        status: Some("REVIEWING_IN_PROGRESS"),
        labeler: Some("john"),
        reviewer: Some("<!here>"),
    };
    let bare = SampleSeen { labelset: None, name: None, status: None, labeler: None, reviewer: None, ..sample };
    let app_url = "https://app.segments.ai";
    let cards = [
        unfurl::dataset(&name, &dataset, at, app_url),
        unfurl::dataset(&name, &Dataset::default(), at, "not an address"),
        unfurl::sample(&name, &sample, at, app_url),
        unfurl::sample(&name, &bare, at, app_url),
    ];
    let shown = cards.map(|blocks| crate::harness::home::written(&json!({ "blocks": blocks })));
    insta::assert_snapshot!(shown.join("\n\n"));
}
