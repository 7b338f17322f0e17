//! The main job from end to end, as a newcomer meets it: the sandbox's page in a browser, the real server behind it.

use crate::harness::browser::{Tab, in_a_browser};
use segments_slack::sandbox;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_subscribes_sees_a_card_and_takes_it_back() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        tab.look(1280, 800, false).await;
        subscribe(&tab).await;
        tab.element_with("//button", "Send sample.created").await.click().await.unwrap();
        tab.element_with("//*[@id='outcomes']/li[@class='good']", "sample.created").await;
        tab.element_with("//article[contains(., 'APP')]//div[@class='body']", "jane/flowers").await;
        tab.picture("subscribed").await;
        tab.element_with("//article//button", "Undo").await.click().await.unwrap();
        tab.element("article:not(:has([data-action='undo'])) .edited").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_webhook_is_refused_and_a_replay_posts_nothing_new() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        subscribe(&tab).await;
        tab.element_with("//button", "Send sample.created").await.click().await.unwrap();
        tab.element_with("//article//div", "sample_").await;
        let posted = tab.count("article").await;
        tab.element_with("//aside//button", "same again").await.click().await.unwrap();
        tab.element_with("//*[@id='outcomes']/li[@class='good']", "again").await;
        tab.element_with("//aside//button", "forged").await.click().await.unwrap();
        tab.element_with("//*[@id='outcomes']/li[@class='bad']", "401").await;
        assert_eq!(tab.count("article").await, posted);
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

async fn subscribe(tab: &Tab) {
    tab.element_with("//button", "Fill in the command").await.click().await.unwrap();
    tab.element("#text").await.send_keys("\u{e007}").await.unwrap();
    tab.element("article [data-action='undo']").await;
}
