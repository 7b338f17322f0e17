//! Writing: what is sent, who may, and what stays as it was.

use super::{Segments, flowers, ground_truth, key, said, username};
use segments_slack::sandbox::segments_ai::Rules;
use segments_slack::segments::api::{IssueStatus, LabelStatus, Labelset, Queue, SegmentsError};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn an_issue_is_resolved_and_reopened_as_the_owner_of_the_key() {
    let segments = Segments::start().await;
    let opened = segments.clock.now();
    segments.clock.set(opened + Duration::from_mins(1));
    let closed = segments.api.set_issue_status(&key("rex"), segments.issue(), IssueStatus::Closed).await.unwrap();
    assert_eq!((closed.status.as_deref(), closed.updated_by.as_deref()), (Some("CLOSED"), Some("rex")));
    assert_eq!((closed.created_at, closed.updated_at), (Some(opened), Some(segments.clock.now())));
    let open = segments.api.set_issue_status(&key("max"), segments.issue(), IssueStatus::Open).await.unwrap();
    assert_eq!(open.status.as_deref(), Some("OPEN"));
    let sent: Vec<Value> = segments.ai.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(sent, [json!({"status": "CLOSED"}), json!({"status": "OPEN"})]);
}

#[tokio::test]
async fn only_managers_resolve_issues_where_segments_ai_keeps_it_so() {
    let segments = Segments::start().await;
    segments.ai.set_rules(Rules { everybody_resolves: false, ..Rules::default() });
    let refused = segments.api.set_issue_status(&key("rex"), segments.issue(), IssueStatus::Closed).await.unwrap_err();
    assert_eq!(refused.word(), "forbidden");
    assert_eq!(said(&refused), Some("You do not have permission to perform this action."));
    assert_eq!(segments.ai.issue(&segments.issue)["status"], "OPEN");
    assert!(segments.api.set_issue_status(&key("max"), segments.issue(), IssueStatus::Closed).await.is_ok());
}

#[tokio::test]
async fn an_issue_that_is_gone_is_not_found() {
    let segments = Segments::start().await;
    segments.ai.deletes_issue(&segments.issue);
    let gone = segments.api.set_issue_status(&key("max"), segments.issue(), IssueStatus::Closed).await;
    assert_eq!(gone, Err(SegmentsError::NotFound));
    assert_eq!(segments.api.issue(&key("max"), segments.issue(), &flowers()).await, Err(SegmentsError::NotFound));
}

#[tokio::test]
async fn a_label_gets_a_status_and_keeps_everything_else() {
    let segments = Segments::start().await;
    let before = segments.ai.label(&segments.sample, "ground-truth");
    for (status, word) in [(LabelStatus::Rejected, "REJECTED"), (LabelStatus::Reviewed, "REVIEWED")] {
        let (max, set) = (key("max"), ground_truth());
        let label = segments.api.set_label_status(&max, segments.sample(), &set, status).await.unwrap();
        assert_eq!((label.status.as_deref(), label.updated_by.as_deref()), (Some(word), Some("max")));
    }
    assert_eq!(segments.ai.label(&segments.sample, "ground-truth")["attributes"], before["attributes"]);
    assert_eq!(segments.ai.dataset("jane/flowers")["label_stats"]["REVIEWED"], 1);
    assert_eq!(segments.ai.calls()[0].body, json!({"label_status": "REJECTED"}));
}

#[tokio::test]
async fn reviewers_cannot_change_labels_and_none_can_missing_ones() {
    let segments = Segments::start().await;
    let (sample, set) = (segments.sample(), ground_truth());
    let refused = segments.api.set_label_status(&key("rex"), sample, &set, LabelStatus::Reviewed).await;
    assert_eq!(refused.unwrap_err().word(), "forbidden");
    assert_eq!(segments.ai.label(&segments.sample, "ground-truth")["label_status"], "LABELED");
    let other = Labelset::parse("other").unwrap();
    let missing = segments.api.set_label_status(&key("max"), sample, &other, LabelStatus::Reviewed).await;
    assert_eq!(missing, Err(SegmentsError::NotFound));
}

#[tokio::test]
async fn an_issue_is_opened_on_a_sample_and_an_empty_one_rejected() {
    let segments = Segments::start().await;
    let issue = segments.api.open_issue(&key("vic"), segments.sample(), "Re: \"The leaf\"\nDone 🌿").await.unwrap();
    assert_eq!(issue.description.as_deref(), Some("Re: \"The leaf\"\nDone 🌿"));
    assert_eq!((issue.created_by.as_deref(), issue.sample_name.as_deref()), (Some("vic"), Some("rose.png")));
    let rejected = segments.api.open_issue(&key("vic"), segments.sample(), " ").await.unwrap_err();
    assert_eq!(rejected.word(), "rejected");
    assert_eq!(said(&rejected), Some("description: This field may not be blank."));
}

#[tokio::test]
async fn a_sample_is_put_into_a_queue_and_taken_out() {
    let segments = Segments::start().await;
    let (max, sample, rex) = (key("max"), segments.sample(), username("rex"));
    let assigned = segments.api.assign(&max, sample, Queue::Labeling, Some(&rex)).await.unwrap();
    assert_eq!((assigned.assigned_labeler.as_deref(), assigned.assigned_reviewer), (Some("rex"), None));
    let assigned = segments.api.assign(&max, sample, Queue::Reviewing, Some(&rex)).await.unwrap();
    assert_eq!(assigned.assigned_reviewer.as_deref(), Some("rex"));
    let assigned = segments.api.assign(&max, sample, Queue::Labeling, None).await.unwrap();
    assert_eq!((assigned.assigned_labeler, assigned.assigned_reviewer.as_deref()), (None, Some("rex")));
    assert_eq!(segments.ai.calls()[2].body, json!({"assigned_labeler": null}));
    let stranger = segments.api.assign(&max, sample, Queue::Labeling, Some(&username("otto"))).await.unwrap_err();
    assert_eq!(said(&stranger), Some("assigned_labeler: Object with username=otto does not exist."));
    let refused = segments.api.assign(&key("rex"), sample, Queue::Labeling, Some(&rex)).await.unwrap_err();
    assert_eq!(refused.word(), "forbidden");
}

#[tokio::test]
async fn what_the_client_never_sends_is_refused_as_it_would_be() {
    let segments = Segments::start().await;
    let issue = format!("{}/issues/{}/", segments.url, segments.issue);
    let label = format!("{}/labels/{}/ground-truth/", segments.url, segments.sample);
    let patch = |address: &str| segments.http.patch(address).header("authorization", "APIKey key-of-max");
    for (request, status) in [
        (patch(&issue).json(&json!({"status": "DONE"})), 400),
        (patch(&label).json(&json!({"label_status": "FINE"})), 400),
        (patch(&label).json(&json!({})), 400),
        (patch(&issue).json(&json!(["CLOSED"])), 400),
        (patch(&issue).header("content-type", "application/json").body("{"), 400),
        (patch(&issue).body("status=CLOSED"), 415),
        (segments.http.put(&label).header("authorization", "APIKey key-of-max").json(&json!({})), 405),
        (segments.http.delete(&label).json(&json!({})), 401),
    ] {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    assert_eq!(segments.ai.issue(&segments.issue)["status"], "OPEN");
}
