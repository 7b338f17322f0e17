//! Reading: what is asked, and what is made of it.

use super::{Segments, flowers, ground_truth, key, username};
use segments_slack::model::DatasetName;
use segments_slack::sandbox::segments_ai::Rules;
use segments_slack::segments::api::{IssueId, Labelset, SampleId, SegmentsError};

const NOBODYS: &str = "5e60a1ab-0000-4000-8000-000000000099";

#[tokio::test]
async fn a_key_tells_whose_it_is() {
    let segments = Segments::start().await;
    let me = segments.api.me(&key("jane")).await.unwrap();
    assert_eq!((me.username.as_str(), me.is_organization, me.webhooks_enabled), ("jane", Some(false), Some(false)));
    segments.ai.revoke_key("jane");
    assert_eq!(segments.api.me(&key("jane")).await, Err(SegmentsError::Unauthorized));
    assert_eq!(segments.calls(), ["GET /user by jane: 200", "GET /user by : 401"]);
}

#[tokio::test]
async fn a_user_and_an_organisation_are_found_by_name() {
    let segments = Segments::start().await;
    assert_eq!(segments.api.user(&key("otto"), &username("max")).await.unwrap().username.as_str(), "max");
    // Nothing of a name is taken for a part of the address.
    segments.ai.add_organization("50% #1?é");
    let found = segments.api.user(&key("otto"), &username("50% #1?é")).await.unwrap();
    assert_eq!((found.username.as_str(), found.is_organization), ("50% #1?é", Some(true)));
    assert_eq!(segments.api.user(&key("otto"), &username("nobody")).await, Err(SegmentsError::NotFound));
}

#[tokio::test]
async fn a_dataset_tells_its_progress() {
    let segments = Segments::start().await;
    for name in ["a.png", "b.png"] {
        segments.ai.uploads("jane", "jane/flowers", name);
    }
    let dataset = segments.api.dataset(&key("vic"), &flowers()).await.unwrap();
    assert_eq!(dataset.full_name, Some(flowers()));
    assert_eq!(dataset.progress(), Some((1, 3)));
    assert_eq!(segments.calls(), ["GET /datasets/jane/flowers/ by vic: 200"]);
}

#[tokio::test]
async fn what_a_key_cannot_see_is_not_found() {
    let segments = Segments::start().await;
    let otto = key("otto");
    assert_eq!(segments.api.dataset(&otto, &flowers()).await, Err(SegmentsError::NotFound));
    assert_eq!(segments.api.sample(&otto, segments.sample()).await, Err(SegmentsError::NotFound));
    let label = segments.api.label(&otto, segments.sample(), &ground_truth()).await;
    assert_eq!(label, Err(SegmentsError::NotFound));
    assert_eq!(segments.api.issue(&otto, segments.issue(), &flowers()).await, Err(SegmentsError::NotFound));
    segments.ai.publish("jane/flowers");
    assert!(segments.api.dataset(&otto, &flowers()).await.is_ok());
}

#[tokio::test]
async fn a_dataset_name_that_changes_the_path_is_never_requested() {
    let segments = Segments::start().await;
    for name in ["../user", "jane/..", "./flowers"] {
        let name = DatasetName::parse(name).unwrap();
        assert_eq!(segments.api.dataset(&key("jane"), &name).await, Err(SegmentsError::NotFound));
    }
    assert!(segments.calls().is_empty());
}

#[tokio::test]
async fn a_sample_and_its_label_are_read() {
    let segments = Segments::start().await;
    let sample = segments.api.sample(&key("rex"), segments.sample()).await.unwrap();
    assert_eq!(sample.name.as_deref(), Some("rose.png"));
    let label = segments.api.label(&key("rex"), segments.sample(), &ground_truth()).await.unwrap();
    assert_eq!((label.status.as_deref(), label.updated_by.as_deref()), (Some("LABELED"), Some("rex")));
    let other = Labelset::parse("model 1").unwrap();
    let unlabeled = segments.api.label(&key("rex"), segments.sample(), &other).await;
    assert_eq!(unlabeled, Err(SegmentsError::NotFound));
    let nobodys = segments.api.sample(&key("rex"), SampleId::parse(NOBODYS).unwrap()).await;
    assert_eq!(nobodys, Err(SegmentsError::NotFound));
    let calls = segments.calls();
    assert_eq!(calls[1], "GET /labels/{sample}/ground-truth/ by rex: 200");
    assert_eq!(calls[2], "GET /labels/{sample}/model%201/ by rex: 404");
}

#[tokio::test]
async fn an_issue_is_read_by_itself_where_that_is_possible() {
    let segments = Segments::start().await;
    let issue = segments.api.issue(&key("vic"), segments.issue(), &flowers()).await.unwrap();
    assert_eq!(issue.description.as_deref(), Some("The leaf has no label."));
    assert_eq!((issue.status.as_deref(), issue.updated_at), (Some("OPEN"), Some(segments.clock.now())));
    assert_eq!(segments.calls(), ["GET /issues/{issue}/ by vic: 200"]);
}

#[tokio::test]
async fn an_issue_is_else_found_in_the_list_of_its_dataset() {
    let segments = Segments::start().await;
    segments.ai.set_rules(Rules { one_issue_can_be_read: false, ..Rules::default() });
    for number in 0..20 {
        segments.ai.opens_issue("rex", &segments.sample, &format!("Number {number}."));
    }
    let issue = segments.api.issue(&key("vic"), segments.issue(), &flowers()).await.unwrap();
    assert_eq!(issue.description.as_deref(), Some("The leaf has no label."));
    let nobodys = segments.api.issue(&key("vic"), IssueId::parse(NOBODYS).unwrap(), &flowers()).await;
    assert_eq!(nobodys, Err(SegmentsError::NotFound));
    assert_eq!(
        segments.calls()[..2],
        ["GET /issues/{issue}/ by vic: 405", "GET /datasets/jane/flowers/issues/ by vic: 200"]
    );
}

#[tokio::test]
async fn a_path_without_slash_redirects_and_only_apikey_is_accepted() {
    let segments = Segments::start().await;
    let address = format!("{}/issues/{}", segments.url, segments.issue);
    let redirected = segments.http.patch(&address).send().await.unwrap();
    assert_eq!(redirected.status(), 301);
    assert_eq!(redirected.headers()["location"], format!("/issues/{}/", segments.issue));
    assert_eq!(segments.http.get(format!("{}/user/", segments.url)).send().await.unwrap().status(), 404);
    for scheme in ["Bearer", "Token", "apikey"] {
        let request = segments.http.get(format!("{}/user", segments.url));
        let answer = request.header("authorization", format!("{scheme} key-of-jane")).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{scheme}");
    }
}
