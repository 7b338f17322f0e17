//! Answers that no honest server gives: they are refused whole, within limits, and cost nothing.

use super::{Segments, flowers, ground_truth, key, said};
use segments_slack::sandbox::segments_ai::Fault;
use segments_slack::segments::api::{ErrorKind, IssueStatus, SegmentsError};
use serde_json::json;

const UNREADABLE: SegmentsError = SegmentsError::Unavailable(ErrorKind::Unreadable);

fn answer(body: impl Into<String>) -> Fault {
    Fault::Answer(200, body.into())
}

#[tokio::test]
async fn the_attributes_of_a_label_may_be_megabytes_and_nothing_else() {
    let segments = Segments::start().await;
    let label = |of: &str| {
        let points = "7,".repeat(9 << 19);
        let sample = &segments.sample;
        format!(r#"{{"{of}":{{"point_annotations":[{points}7]}},"sample_uuid":"{sample}","label_status":"LABELED"}}"#)
    };
    segments.ai.fail_next(answer(label("attributes")));
    let read = segments.api.label(&key("rex"), segments.sample(), &ground_truth()).await.unwrap();
    assert_eq!(read.status.as_deref(), Some("LABELED"));
    segments.ai.fail_next(answer(label("links")));
    let refused = segments.api.label(&key("rex"), segments.sample(), &ground_truth()).await;
    assert_eq!(refused, Err(SegmentsError::Unavailable(ErrorKind::TooLong)));
}

#[tokio::test]
async fn what_is_no_object_of_the_kind_is_unreadable() {
    let segments = Segments::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let another = r#"{"uuid":"5e60a1ab-0000-4000-8000-000000000099","sample_uuid":"x","username":7,"full_name":[]}"#;
    for body in
        ["", "<!DOCTYPE html><p>Please log in", "null", "7", "\"text\"", "[]", "{}", "{\"uuid\":", &deep, another]
    {
        segments.ai.fail_next_of("GET /user", answer(body));
        assert_eq!(segments.api.me(&key("jane")).await, Err(UNREADABLE), "{body:.40}");
        segments.ai.fail_next_of("GET /datasets/", answer(body));
        assert_eq!(segments.api.dataset(&key("jane"), &flowers()).await, Err(UNREADABLE), "{body:.40}");
        segments.ai.fail_next_of("GET /samples/", answer(body));
        assert_eq!(segments.api.sample(&key("jane"), segments.sample()).await, Err(UNREADABLE), "{body:.40}");
        segments.ai.fail_next_of("GET /labels/", answer(body));
        let label = segments.api.label(&key("jane"), segments.sample(), &ground_truth()).await;
        assert_eq!(label, Err(UNREADABLE), "{body:.40}");
        segments.ai.fail_next_of("GET /issues/", answer(body));
        let issue = segments.api.issue(&key("jane"), segments.issue(), &flowers()).await;
        assert_eq!(issue, Err(UNREADABLE), "{body:.40}");
        segments.ai.fail_next_of("PATCH /issues/", answer(body));
        let written = segments.api.set_issue_status(&key("jane"), segments.issue(), IssueStatus::Closed).await;
        assert_eq!(written, Err(SegmentsError::Unclear(ErrorKind::Unreadable)), "{body:.40}");
    }
}

#[tokio::test]
async fn fields_of_wrong_types_are_absent() {
    let segments = Segments::start().await;
    let body = json!({
        "uuid": segments.issue.to_uppercase(), "status": 7, "description": ["x"], "created_at": "yesterday",
        "updated_at": null, "comments": "none", "anchor": [], "tags": {}, "sample_name": {"a": 1},
    });
    segments.ai.fail_next(answer(body.to_string()));
    let issue = segments.api.issue(&key("jane"), segments.issue(), &flowers()).await.unwrap();
    assert_eq!((issue.status, issue.description, issue.updated_at, issue.comments_count), (None, None, None, 0));
}

#[tokio::test]
async fn a_bad_issue_list_is_unreadable_and_a_long_one_is_searched() {
    let segments = Segments::start().await;
    let find = async |list: String| {
        segments.ai.fail_next_of("GET /issues/", Fault::Status(405));
        segments.ai.fail_next_of("GET /datasets/", answer(list));
        segments.api.issue(&key("jane"), segments.issue(), &flowers()).await
    };
    assert_eq!(find(r#"{"results":[]}"#.to_owned()).await, Err(UNREADABLE));
    assert_eq!(find("[]".to_owned()).await, Err(SegmentsError::NotFound));
    let wanted = json!({"uuid": segments.issue, "status": "OPEN"});
    let long = format!("[{}7,null,{wanted}]", "{},[],".repeat(1_000_000));
    assert_eq!(find(long).await.unwrap().status.as_deref(), Some("OPEN"));
}

#[tokio::test]
async fn a_refusal_counts_by_its_status_however_long_its_body_is() {
    let segments = Segments::start().await;
    segments.ai.fail_next(Fault::Answer(404, "x".repeat(9 << 20)));
    assert_eq!(segments.api.me(&key("jane")).await, Err(SegmentsError::NotFound));
    let long = json!({"detail": format!("\u{202e}No\n\n{}", "é ".repeat(10_000))});
    segments.ai.fail_next(Fault::Answer(403, long.to_string()));
    let refused = segments.api.me(&key("jane")).await.unwrap_err();
    let line = said(&refused).unwrap();
    assert!(line.starts_with("No é") && line.chars().count() <= 300 && !line.contains('\n'), "{line}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let segments = Segments::start().await;
    segments.ai.fail_next(Fault::Answer(302, String::new()));
    assert_eq!(segments.api.me(&key("jane")).await, Err(SegmentsError::Unavailable(ErrorKind::Status(302))));
    assert_eq!(segments.ai.calls().len(), 1);
}
