//! Each account is asked with its own key, and what it says is shown to nobody else.

use super::{DATASET, body, label};
use crate::harness::installing::{OTHER_SECRET, other};
use crate::harness::{API_KEY, Bench, Serves, channel, seconds, workspace};
use segments_slack::app::accounts;
use segments_slack::app::accounts::NoKey;
use segments_slack::model::{AccountId, DatasetName};
use segments_slack::sandbox::segments_ai::Role;
use segments_slack::segments::api::SampleId;
use serde_json::json;

const OTHER_KEY: &str = "key-of-otto";

#[tokio::test]
async fn what_one_workspace_may_know_the_other_is_not_told() {
    let mut bench = Bench::start_serving(Serves::OneAndMany).await;
    bench.api_key = Some(API_KEY.to_owned());
    bench.restart().await;
    bench.ai.add_user("rex", API_KEY);
    bench.ai.add_user("otto", OTHER_KEY);
    bench.ai.add_dataset(DATASET);
    bench.ai.add_collaborator(DATASET, "rex", Role::Manager);
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    bench.says(&format!("subscribe {DATASET} label.*")).await;
    bench.body(&label(&sample)).await;
    assert_eq!(bench.lines(), [super::NAMED]);

    // The other workspace has an account with a key that may not see it, and one without.
    bench.installs(&other(), "U21").await;
    bench.types_in(&other(), "U21", "C21", &format!("/segments subscribe {DATASET} label.*")).await;
    bench.slack.take_unread(&other(), &channel("C21"));
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    let texts = || bench.read_in(&other(), "C21").into_iter().map(|shown| shown.text).collect::<Vec<_>>();
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &label(&sample)).await, 204);
    assert_eq!(texts(), [super::short(&sample)]);
    bench.give_key(&other(), &account, OTHER_KEY).await;
    bench.after(seconds(60)).await;
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_2", &label(&sample)).await, 204);
    assert_eq!(texts(), [super::short(&sample)]);
    assert_eq!(bench.questions(0), ["GET samples by rex: 200", "GET samples by otto: 404"]);

    // Nor does it get at the key, or at what was learnt with it.
    let (app, name) = (bench.app(), DatasetName::parse(DATASET).unwrap());
    for (workspace, account) in [(other(), AccountId::environment()), (workspace(), account.clone())] {
        assert!(matches!(accounts::key(app, &workspace, &account).await, Err(NoKey::NotGiven)));
    }
    let id = SampleId::parse(&sample).unwrap();
    assert_eq!(app.segments.lookup.sample_name(&other(), &name, id).await, None);
    assert_eq!(app.segments.lookup.sample_name(&workspace(), &name, id).await.as_deref(), Some("rose.png"));
    assert_eq!(app.segments.lookup.dataset(&other(), &name).await, None);
}

#[tokio::test]
async fn a_key_that_is_taken_away_leaves_nothing_behind() {
    let bench = super::start().await;
    let sample = bench.ai.uploads("jane", DATASET, "rose.png");
    bench.body(&label(&sample)).await;
    assert_eq!(bench.lines(), [super::NAMED]);
    bench.app().segments.keyed.note(&workspace(), &AccountId::environment(), false);
    bench.after(seconds(1)).await;
    bench.body(&label(&sample)).await;
    assert_eq!(bench.lines(), [super::short(&sample)]);
    // One of somebody else has to ask anew.
    bench.app().segments.lookup.forget(&workspace(), &AccountId::environment());
    bench.app().segments.keyed.note(&workspace(), &AccountId::environment(), true);
    bench.after(seconds(1)).await;
    bench.body(&label(&sample)).await;
    assert_eq!((bench.lines(), bench.questions(0).len()), (vec![super::NAMED.to_owned()], 2));
}

#[tokio::test]
async fn a_sample_that_says_it_is_in_another_dataset_is_not_named() {
    let bench = super::start().await;
    bench.ai.add_dataset("jane/secrets");
    bench.ai.add_collaborator("jane/secrets", "rex", Role::Manager);
    let secret = bench.ai.uploads("jane", "jane/secrets", "secret.png");
    bench.body(&label(&secret)).await;
    assert_eq!(bench.lines(), [super::short(&secret)]);
    // Names of other objects are no business of these.
    bench.body(&body("workunit.created", &json!({"uuid": secret, "sample_uuid": secret}))).await;
    assert_eq!(bench.questions(0).len(), 1);
}
