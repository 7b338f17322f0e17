//! The Segments.ai of the sandbox: somebody works in it on the page, and the cards follow.

use crate::harness::browser::{Tab, in_a_browser};
use segments_slack::sandbox::{self, Options, SEGMENTS_API, SEGMENTS_API_KEY, Sandbox};
use segments_slack::segments::api::IssueStatus;
use tokio_util::sync::CancellationToken;

const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn cards_follow_what_somebody_does_in_segments_ai() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&format!("{}/?user=U0JOHN&channel=C0ANNOTATION", sandbox.page_url)).await;
        tab.look(1280, 900, false).await;
        tab.element("#nothing-to-do").await;
        subscribe(&tab, "issue.* label.*").await;
        send(&tab, "issue.created").await;
        tab.element_with("//article", "issue opened by").await;
        tab.element_with("//*[@class='work']", "0 replies").await;
        let cards = tab.count("article").await;
        click(&tab, "[data-deed=reply]").await;
        tab.element_with("//*[@class='work']", "1 reply").await;
        tab.element_with("//article", "Done, please look again.").await;
        click(&tab, "[data-deed=resolve]").await;
        tab.element("[data-deed=reopen]").await;
        tab.element_with("//article", "resolved by john").await;
        tab.picture("segments-resolved").await;
        // It is the one card still, and replies in its thread.
        assert_eq!(tab.count("#log > article").await, cards);
        // Whoever else works there is seen too.
        let issue = tab.run("return document.querySelector('[data-deed=reopen]').dataset.id").await;
        sandbox.segments.resolves("jane", issue.as_str().unwrap(), IssueStatus::Open);
        tab.element("[data-deed=resolve]").await;
        tab.element_with("//article", "reopened by jane").await;
        send(&tab, "label.labeled").await;
        tab.element("[data-text=LABELED][aria-pressed=true]").await;
        click(&tab, "[data-text=REJECTED]").await;
        tab.element("[data-text=REJECTED][aria-pressed=true]").await;
        tab.element_with("//article", "rejected by john").await;
        send(&tab, "sample.assigned").await;
        tab.element_with("//*[@class='work']", "john labels it").await;
        tab.element("aside").await;
        tab.run("document.querySelector('#world').scrollIntoView()").await;
        tab.picture("segments-work").await;
        tab.look(1280, 900, true).await;
        tab.picture("segments-work-dark").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_resolves_its_issue_and_every_card_turns_green() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(Options::default(), shutdown.clone()).await.unwrap();
        let page = |channel: &str| format!("{}/?user=U0JOHN&channel={channel}", sandbox.page_url);
        tab.look(1280, 900, false).await;
        for channel in ["C0QUALITY", "C0ANNOTATION"] {
            tab.open(&page(channel)).await;
            subscribe(&tab, "issue.created label.labeled").await;
        }
        send(&tab, "issue.created").await;
        click(&tab, "#fault-forbidden").await;
        tab.element("#fault-forbidden[aria-pressed=true]").await;
        click(&tab, "article [data-action=resolve]").await;
        tab.element_with("//article", "may not").await;
        tab.picture("act-refused").await;
        click(&tab, "#fault-forbidden").await;
        tab.element("#fault-forbidden[aria-pressed=false]").await;
        let messages = tab.count("#log > article").await;
        click(&tab, "article [data-action=resolve]").await;
        tab.element("article [data-action=reopen]").await;
        tab.element_with("//article", "as rex").await;
        tab.element("[data-deed=reopen]").await;
        // Besides what john alone is told.
        tab.element_with("//article", "The issue is resolved in Segments.ai, as rex.").await;
        assert_eq!(tab.count("#log > article").await, messages + 1);
        tab.picture("act-resolved").await;
        send(&tab, "label.labeled").await;
        click(&tab, "article [data-action=reject]").await;
        tab.element("#question[open]").await;
        tab.picture("act-confirm").await;
        click(&tab, "#question [value=yes]").await;
        tab.element("[data-text=REJECTED][aria-pressed=true]").await;
        tab.open(&page("C0QUALITY")).await;
        tab.element("article [data-action=reopen]").await;
        tab.element_with("//article", "as rex").await;
        tab.picture("act-elsewhere").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_segments_page_works_with_the_keyboard_on_a_phone() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        tab.look(390, 844, false).await;
        subscribe(&tab, "issue.*").await;
        tab.run("document.querySelector('#tools').focus()").await;
        tab.press(ENTER).await;
        tab.run("document.querySelector(`aside [data-send='issue.created']`).focus()").await;
        tab.press(ENTER).await;
        tab.element("[data-deed=resolve]").await;
        tab.run("document.querySelector('[data-deed=resolve]').focus()").await;
        tab.press(ENTER).await;
        // The button that takes its place has the focus.
        tab.element("[data-deed=reopen]:focus").await;
        tab.press(ENTER).await;
        tab.element("[data-deed=resolve]:focus").await;
        for (fault, status) in [("forbidden", 403), ("not_found", 404), ("throttled", 429)] {
            tab.run(&format!("document.querySelector('#fault-{fault}').focus()")).await;
            tab.press(ENTER).await;
            tab.element(&format!("#fault-{fault}[aria-pressed=true]:focus")).await;
            assert_eq!(tab.count("[aria-pressed=true][data-deed=fail]").await, 1);
            assert_eq!(asked(&sandbox).await, status);
        }
        tab.picture("segments-faults-phone").await;
        assert_eq!(tab.run("return document.documentElement.scrollWidth - innerWidth").await, 0);
        tab.press(ENTER).await;
        tab.element("#fault-throttled[aria-pressed=false]").await;
        assert_eq!(asked(&sandbox).await, 200);
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ones_own_is_told_what_it_needs_until_it_asks() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        // A whole sandbox serves for the server alone.
        let server = sandbox::start(Options::default(), shutdown.clone()).await.unwrap();
        let options = Options { app: Some(server.server.parse().unwrap()), ..Options::default() };
        let sandbox = sandbox::start(options, shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        let needed = format!("SEGMENTS_API_URL={}{SEGMENTS_API}", sandbox.page_url);
        tab.element_with("//*[@id='asks-for']", &needed).await;
        // Its webhooks come there all the same.
        send(&tab, "issue.created").await;
        click(&tab, "[data-deed=resolve]").await;
        tab.element("[data-deed=reopen]").await;
        assert_eq!(asked(&sandbox).await, 200);
        tab.element("#world:not(:has(#asks-for))").await;
        shutdown.cancel();
        sandbox.ended().await;
        server.ended().await;
    })
    .await;
}

async fn subscribe(tab: &Tab, events: &str) {
    tab.element("#text").await.send_keys(&format!("/segments subscribe jane/flowers {events}{ENTER}")).await.unwrap();
    tab.element("article [data-action='undo']").await;
}

/// Sends an event by the panel.
async fn send(tab: &Tab, event: &str) {
    tab.element(&format!("aside [data-send='{event}']")).await.click().await.unwrap();
    tab.element_with("//*[@id='outcomes']/li[@class='good']", event).await;
}

async fn click(tab: &Tab, css: &str) {
    tab.element(css).await.click().await.unwrap();
}

/// The status of what Segments.ai answers to the server's key.
async fn asked(sandbox: &Sandbox) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = http.get(format!("{}{SEGMENTS_API}/user", sandbox.page_url));
    asked.header("authorization", format!("APIKey {SEGMENTS_API_KEY}")).send().await.unwrap().status().as_u16()
}
