//! The forms of a card in a browser.

use crate::harness::browser::{Tab, in_a_browser};
use segments_slack::sandbox::{self, Options};
use tokio_util::sync::CancellationToken;

const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_assigns_samples_and_reports_and_answers_issues() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(Options::default(), shutdown.clone()).await.unwrap();
        tab.look(1280, 900, false).await;
        tab.open(&format!("{}/?user=U0JOHN&channel=C0ANNOTATION", sandbox.page_url)).await;
        for (typed, answered) in [
            ("/segments me john", "You are"),
            ("/segments subscribe jane/flowers sample.* issue.*", "subscribed this channel"),
        ] {
            tab.element("#text").await.send_keys(&format!("{typed}{ENTER}")).await.unwrap();
            tab.element_with("//article", answered).await;
        }
        tab.element("aside [data-send='sample.created']").await.click().await.unwrap();
        tab.element_with("//article", "created by jane").await;
        chooses(&tab, "Assign…").await;
        let person = "#modal select[id='in-person']";
        tab.element(person).await.select_by_label("john").await.unwrap();
        tab.element("#modal [value='reviewing']").await.click().await.unwrap();
        tab.picture("act-assign").await;
        tab.element("#modal [type=submit]").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']", "in the reviewing queue of").await;
        tab.picture("act-assigned").await;
        tab.element("#modal footer [data-close]").await.click().await.unwrap();
        tab.element_with("//article", "assigned to john for review by @john").await;
        chooses(&tab, "Report an issue…").await;
        tab.element("#modal textarea").await.send_keys("The leaf has no label.").await.unwrap();
        tab.picture("act-report").await;
        tab.element("#modal [type=submit]").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']", "Your issue is on").await;
        tab.picture("act-reported").await;
        tab.element("#modal footer [data-close]").await.click().await.unwrap();
        tab.element("article [data-action=reply]").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']", "Segments.ai publishes no way to reply.").await;
        tab.element("#modal textarea").await.send_keys("Both.").await.unwrap();
        tab.look(1280, 900, true).await;
        tab.picture("act-reply").await;
        tab.look(390, 844, false).await;
        tab.picture("act-reply-phone").await;
        tab.element("#modal [type=submit]").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']", "Your reply is an issue on").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

/// Chooses from the menu of the sample's card.
async fn chooses(tab: &Tab, entry: &str) {
    tab.element("article:has([data-option^='assign']) .overflow summary").await.click().await.unwrap();
    tab.element_with("//article//details[@open]//button", entry).await.click().await.unwrap();
    tab.element("#modal [data-fill]").await;
}
