//! The main job from end to end, as a newcomer meets it: the sandbox's page in a browser, the real server behind it.

use crate::harness::browser::{Tab, in_a_browser};
use segments_slack::model::{ChannelId, UserId};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_subscribed_and_looked_after_with_the_mouse() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        tab.look(1280, 900, false).await;
        tab.element("[data-shortcut]").await.click().await.unwrap();
        tab.element("#modal[open] form").await;
        tab.element("[data-block=channel] option[value=C0ANNOTATION]").await.click().await.unwrap();
        tab.element("[data-block=dataset] input").await.click().await.unwrap();
        tab.element("#in-dataset").await.send_keys("jane/flowers").await.unwrap();
        tab.element_with("//li[@role='option']", "Use jane/flowers").await.click().await.unwrap();
        tab.element("[id='in-events_sample-sample.*']").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']//code", "/segments set jane/flowers dataset.*").await;
        tab.picture("modal").await;
        tab.element("[data-block=digest] option[value=weekly]").await.click().await.unwrap();
        tab.element("[data-block=digest_time]").await;
        tab.element("[data-block=digest] option[value=usual]").await.click().await.unwrap();
        tab.element("#modal form:not(:has([data-block=digest_time])) [type=submit]").await.click().await.unwrap();
        tab.element_with("//article", "subscribed this channel: #1").await;
        tab.element("#modal:not([open])").await;
        for event in ["sample.created", "issue.created"] {
            tab.element(&format!("aside [data-send='{event}']")).await.click().await.unwrap();
        }
        tab.element_with("//article", "issue opened by").await;
        tab.picture("cards").await;
        tab.element("article:last-child .overflow summary").await.click().await.unwrap();
        tab.element_with("//article//details[@open]//button", "Edit subscription").await;
        tab.picture("menu").await;
        tab.element_with("//article//details[@open]//button", "Edit subscription").await.click().await.unwrap();
        tab.element_with("//*[@id='modal-title']", "Edit #1").await;
        tab.element("#in-filters").await.send_keys("by:jane").await.unwrap();
        tab.element_with("//*[@id='modal']//code", "by:jane").await;
        tab.element("#modal [type=submit]").await.click().await.unwrap();
        tab.element_with("//article", "changed #1").await;
        tab.element("article:last-child [data-action=undo]").await.click().await.unwrap();
        tab.element_with("//article", "took a change back").await;
        tab.element("aside [data-send='issue.created']").await.click().await.unwrap();
        tab.element_with("//article[last()]", "issue opened by").await;
        tab.element("article:last-child .overflow summary").await.click().await.unwrap();
        tab.element_with("//article[last()]//button", "dataset 1 h").await.click().await.unwrap();
        tab.element_with("//article", "muted").await;
        tab.element("aside [data-send='dataset.updated']").await.click().await.unwrap();
        tab.element_with("//*[@id='outcomes']/li[@class='good']", "dataset.updated").await;
        tab.element("#text").await.send_keys("/segments unmute\u{e007}").await.unwrap();
        tab.element_with("//article", "unmuted").await;
        tab.element("#text").await.send_keys("see https://app.segments.ai/jane/flowers\u{e007}").await.unwrap();
        tab.element_with("//article[contains(., 'see https')]//*[@class='attachment']", "samples").await;
        tab.picture("link").await;
        tab.element("#go-home").await.click().await.unwrap();
        tab.element_with("//*[@id='home']//h3", "Segments.ai").await;
        tab.element_with("//*[@id='home']//*", "#annotation").await;
        tab.picture("home").await;
        tab.look(1280, 900, true).await;
        tab.picture("home-dark").await;
        // A channel that is paused stands first, and goes on with a click when Slack lets the bot in again.
        let (workspace, quality) = (sandbox.emulator.workspaces().remove(0).id, ChannelId::parse("C0QUALITY").unwrap());
        let ann = UserId::parse("U0ANN").unwrap();
        sandbox.emulator.types(&workspace, &ann, &quality, "/segments subscribe jane/flowers sample.*").await;
        sandbox.emulator.withhold_scope(&workspace, "chat:write.public");
        sandbox.emulator.remove_bot(&workspace, &quality, &ann).await;
        tab.element("aside [data-send='sample.created']").await.click().await.unwrap();
        tab.element_with("//*[@id='home']//*", "paused").await;
        tab.picture("home-paused").await;
        tab.element("#home [data-action^=home_resume]").await.click().await.unwrap();
        tab.element_with("//*[@id='home']//*", "let posting go on").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_subscribed_and_looked_after_with_the_keyboard() {
    const ENTER: &str = "\u{e007}";
    const DOWN: &str = "\u{e015}";
    const ESCAPE: &str = "\u{e00c}";
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        tab.look(390, 844, true).await;
        let press = |keys: &'static str| {
            let tab = tab.clone();
            async move { tab.press(keys).await }
        };
        tab.element("#text:focus").await;
        press("/segments subscribe").await;
        press(ENTER).await;
        tab.element("#modal[open] [data-fill]:focus").await;
        press(ESCAPE).await;
        tab.element("#modal:not([open])").await;
        tab.element("#text:focus").await;
        press("/segments subscribe").await;
        press(ENTER).await;
        tab.element("#modal[open] #in-channel:focus").await;
        press("\u{e004}").await;
        tab.element("#in-dataset:focus").await;
        press("jane/fl*").await;
        tab.element_with("//li[@role='option'][@aria-selected='true']", "Use jane/fl*").await;
        tab.picture("modal-phone").await;
        press(DOWN).await;
        press(ENTER).await;
        tab.element_with("//*[@id='modal']//code", "/segments set jane/fl*").await;
        tab.element("#in-filters").await.send_keys("colour:red").await.unwrap();
        press(ENTER).await;
        tab.element_with("//*[@id='error-filters']", "neither a filter nor an option").await;
        tab.picture("modal-error").await;
        tab.run("document.querySelector('#in-filters').select()").await;
        press("-by:john").await;
        press(ENTER).await;
        tab.element("#modal:not([open])").await;
        tab.element_with("//article", "subscribed this channel: #1").await;
        // Edit, undo, mute and remove, all from the keyboard.
        let focus = |css: &'static str| {
            let tab = tab.clone();
            async move {
                tab.element(css).await;
                tab.run(&format!("[...document.querySelectorAll(`{css}`)].at(-1).focus()")).await;
            }
        };
        tab.element("#text:focus").await;
        press("/segments edit #1").await;
        press(ENTER).await;
        tab.element_with("//*[@id='modal-title']", "Edit #1").await;
        focus("#in-filters").await;
        tab.run("document.querySelector('#in-filters').select()").await;
        press("by:jane").await;
        tab.element_with("//*[@id='modal']//code", "by:jane").await;
        press(ENTER).await;
        tab.element_with("//article", "changed #1").await;
        focus("article [data-action=undo]").await;
        press(ENTER).await;
        tab.element_with("//article", "took a change back").await;
        tab.run("document.querySelector(`aside [data-send='issue.created']`).click()").await;
        focus("article .overflow summary").await;
        press(ENTER).await;
        focus("details[open] [data-option^=mute_1h]").await;
        press(ENTER).await;
        tab.element_with("//article", "muted").await;
        focus("#text").await;
        press("/segments unsubscribe *").await;
        press(ENTER).await;
        focus("[data-action=unsubscribe_all]").await;
        press(ENTER).await;
        tab.element("#question[open]").await;
        tab.picture("question").await;
        focus("#question button[value=yes]").await;
        press(ENTER).await;
        tab.element_with("//article", "unsubscribed this channel from").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_connected_changed_and_disconnected_on_the_page() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&sandbox.page_url).await;
        tab.look(1280, 900, false).await;
        tab.element("#text").await.send_keys("/segments connect\u{e007}").await.unwrap();
        tab.element_with("//*[@id='modal']//code", "environment").await;
        tab.element("#modal [data-action=account_new]").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']//pre", &format!("{}/webhooks/segments/", sandbox.server)).await;
        tab.picture("connect").await;
        tab.look(390, 844, true).await;
        tab.picture("connect-phone").await;
        tab.look(1280, 900, false).await;
        tab.element("#in-account_name").await.send_keys("jane").await.unwrap();
        tab.element("#in-signing_secret").await.send_keys("no secret\u{e007}").await.unwrap();
        tab.element_with("//*[@id='error-signing_secret']", "This is no signing secret").await;
        tab.run("document.querySelector('#in-signing_secret').select()").await;
        tab.element("#in-signing_secret")
            .await
            .send_keys("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\u{e007}")
            .await
            .unwrap();
        tab.element_with("//*[@id='modal']//*", "waits for its first message").await;
        tab.picture("connected").await;
        tab.element("#modal footer [data-close]").await.click().await.unwrap();
        tab.element("#modal:not([open])").await;
        tab.element("#text").await.send_keys("/segments connect\u{e007}").await.unwrap();
        tab.element_with("//*[@id='modal']//code", "jane").await;
        tab.picture("accounts").await;
        tab.element("#modal .overflow summary").await.click().await.unwrap();
        tab.element_with("//*[@id='modal']//details[@open]//button", "Change…").await.click().await.unwrap();
        tab.element("#modal [data-block=drop]").await;
        tab.picture("account").await;
        tab.element("#modal footer [data-close]").await.click().await.unwrap();
        tab.element("#modal:not([open])").await;
        tab.element("#text").await.send_keys("/segments disconnect jane\u{e007}").await.unwrap();
        tab.element("article [data-action=account_disconnect]").await.click().await.unwrap();
        tab.element("#question[open]").await;
        tab.picture("disconnect").await;
        tab.element("#question button[value=yes]").await.click().await.unwrap();
        tab.element_with("//article", "is disconnected").await;
        shutdown.cancel();
        sandbox.ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gallery_shows_every_card_and_keeps_pictures_of_them() {
    in_a_browser(|tab| async move {
        let shutdown = CancellationToken::new();
        let sandbox = sandbox::start(sandbox::Options::default(), shutdown.clone()).await.unwrap();
        tab.open(&format!("{}/gallery", sandbox.page_url)).await;
        assert!(tab.count("figure").await > 100);
        assert_eq!(tab.count(".unknown").await, 0, "everything is drawn");
        tab.look(1280, 900, false).await;
        tab.picture("gallery").await;
        for (kind, dark) in [
            ("dataset", false),
            ("sample", false),
            ("label", false),
            ("issue", true),
            ("together", false),
            ("elsewhere", true),
        ] {
            let height =
                tab.run(&format!("return document.getElementById('{kind}').scrollHeight")).await.as_u64().unwrap();
            tab.look(1280, u32::try_from(height).unwrap().min(6_000) + 40, dark).await;
            tab.run(&format!("document.getElementById('{kind}').scrollIntoView()")).await;
            tab.picture(&format!("gallery-{kind}")).await;
        }
        tab.look(390, 844, false).await;
        tab.picture("gallery-phone").await;
        let overflow = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(tab.run(overflow).await, true, "nothing is wider than a phone");
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
