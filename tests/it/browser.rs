//! The sandbox page in a real browser.

use crate::harness::browser::in_a_browser;
use crate::harness::page::{Workspace, card};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_posted_to_slack_appears_in_the_open_page() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        tab.open(&workspace.page).await;
        tab.element("#welcome").await;
        workspace.post(json!({ "text": "*done*", "attachments": [card()] })).await;
        tab.element_with("//article//div", "issue opened by @jane").await;
        tab.element(".attachment .button.primary[href='https://app.segments.ai/jane/flowers']").await;
        assert_eq!(tab.count("article .badge").await, 1, "the bot is marked as an app");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_in_the_box_is_posted_by_the_one_who_acts() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        tab.open(&workspace.page).await;
        tab.element_with("//nav//a", "john").await.click().await.unwrap();
        tab.element_with("//nav//a[@aria-current='true']", "john").await;
        tab.element("#text").await.send_keys("good morning\u{e007}").await.unwrap();
        tab.element_with("//article[contains(., 'john')]//div", "good morning").await;
        tab.element("#text").await.send_keys("\u{e013}").await.unwrap();
        assert_eq!(tab.run("return document.querySelector('#text').value").await, "good morning");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_and_does_nothing() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        let hostile = "<img src=x onerror=document.body.remove()><script>document.body.remove()</script> \u{202e}end";
        let blocks = json!([{ "type": "section", "text": { "type": "mrkdwn", "text": hostile } }]);
        tab.open(&workspace.page).await;
        workspace.post(json!({ "text": hostile })).await;
        workspace.post(json!({ "text": "", "blocks": blocks })).await;
        tab.element_with("//article[2]//div", "onerror=").await;
        assert_eq!(tab.count("article img, article script").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_with_a_question_asks_it_before_it_acts() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        workspace.post(json!({ "text": "an issue", "attachments": [card()] })).await;
        tab.open(&workspace.page).await;
        tab.element_with("//button", "Resolve").await.click().await.unwrap();
        tab.element_with("//dialog[@open]", "Resolve this issue?").await;
        tab.element_with("//dialog//button", "Cancel").await.click().await.unwrap();
        tab.element("dialog:not([open])").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_by_keyboard_keeps_the_place_when_messages_arrive() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        workspace.post(json!({ "text": "an issue", "attachments": [card()] })).await;
        tab.open(&workspace.page).await;
        tab.element("article .overflow summary").await;
        tab.run("document.querySelector('.overflow summary').focus()").await;
        workspace.post(json!({ "text": "another" })).await;
        tab.element_with("//article", "another").await;
        assert_eq!(tab.run("return document.activeElement.textContent").await, "•••");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_shown_in_the_zone_of_the_viewer() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        workspace.post(json!({ "text": "<!date^1732406400^at {time}|then>" })).await;
        tab.live_in("Asia/Tokyo").await;
        tab.open(&workspace.page).await;
        tab.element_with("//article//div//time", "at 09:00").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_finds_no_server_says_so() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        tab.open(&workspace.page).await;
        tab.element_with("//button", "Send sample.created").await.click().await.unwrap();
        tab.element_with("//*[@id='outcomes']/li", "the endpoint did not respond").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_fits_a_phone_and_a_desk() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        workspace.post(json!({ "text": "an issue", "attachments": [card()] })).await;
        tab.open(&workspace.page).await;
        for (name, width, height, dark) in
            [("desk", 1280, 800, false), ("desk-dark", 1280, 800, true), ("phone", 390, 844, false)]
        {
            tab.look(width, height, dark).await;
            tab.element("article .button").await;
            assert_eq!(tab.run("return document.documentElement.scrollWidth - innerWidth").await, 0, "{name}");
            tab.picture(name).await;
        }
        tab.element("#tools").await.click().await.unwrap();
        tab.element_with("//aside//button", "forged").await.click().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_web_page_cannot_drive_the_sandbox() {
    let workspace = Workspace::open().await;
    for origin in [None, Some("https://evil.test")] {
        assert_eq!(workspace.switches("outage", origin).await, 403, "{origin:?}");
    }
    assert_eq!(workspace.switches("outage", Some(&workspace.page)).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_shows_in_every_open_page() {
    in_a_browser(|tab| async move {
        let workspace = Workspace::open().await;
        tab.open(&workspace.page).await;
        tab.element("#outage[aria-pressed=false]").await;
        assert_eq!(workspace.switches("outage", Some(&workspace.page)).await, 200);
        tab.element("#outage[aria-pressed=true]").await;
    })
    .await;
}
