//! The App Home: what somebody sees there, what a click in it does, and that it stays true.

mod looks;

use crate::harness::home::written;
use crate::harness::{Bench, channel, seconds, user, workspace};
use segments_slack::sandbox::slack::{ChannelKind, Fault, Role};
use serde_json::{Value, json};

async fn types(bench: &Bench, text: &str, channel_id: &str) {
    bench.user("U1").types(&format!("/segments {text}")).in_channel(channel_id).await;
    bench.read_all(channel_id);
}

fn calls(bench: &Bench, method: &str) -> usize {
    bench.slack.calls().iter().filter(|call| call.method == method).count()
}

async fn rules(bench: &Bench) -> Vec<String> {
    let stored = bench.app().store.subscriptions(&workspace()).await.unwrap();
    stored.iter().map(|one| format!("{} #{} {}", one.channel, one.number, one.rule)).collect()
}

/// A click in the Home that somebody made up.
async fn forges(bench: &Bench, home: &str, id: &str, action_id: &str, value: &str) -> u16 {
    let payload = json!({
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": id, "team_id": home}, "trigger_id": "1.by.hand",
        "view": {"id": "V1", "type": "home", "private_metadata": "99999999999999999999"},
        "actions": [{"action_id": action_id, "value": value}],
    });
    let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    bench.slack_sends("interactions", body).await.0
}

#[tokio::test]
async fn a_workspace_without_subscriptions_is_shown_how_to_begin() {
    let bench = Bench::start().await;
    let home = written(&bench.opens_home("U2").await);
    assert!(home.contains("Three steps") && home.contains("[Subscribe a channel](subscribe)"), "{home}");
    let home = written(&bench.clicks_in_home("U2", "subscribe", None).await);
    assert!(home.contains("/segments subscribe jane/flowers"), "{home}");
}

#[tokio::test]
async fn a_home_shows_its_viewers_channels_and_counts_the_others() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.slack.add_user(&workspace(), &user("U3"), "eve", Role::Owner, "Europe/Paris");
    bench.slack.add_channel(&workspace(), &channel("C3"), "eves", ChannelKind::Public, &[user("U3")]);
    bench.slack.add_channel(&workspace(), &channel("G2"), "eves-own", ChannelKind::Private, &[user("U3")]);
    bench.has_subscriptions("C3", "U3", &["eve/birds".to_owned()]).await;
    bench.has_subscriptions("G2", "U3", &["eve/secrets".to_owned()]).await;
    let ann = written(&bench.opens_home("U1").await);
    assert!(ann.contains("<#C1>") && ann.contains("2 more channels have subscriptions"), "{ann}");
    assert!(!ann.contains("C3") && !ann.contains("eve/"), "{ann}");
    let eve = written(&bench.opens_home("U3").await);
    assert!(eve.contains("eve/birds") && !eve.contains("menu_C1") && !eve.contains("secrets"), "{eve}");
}

#[tokio::test]
async fn paused_channels_come_first_and_resume_with_a_click() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    types(&bench, "subscribe jane/birds sample.*", "C2").await;
    bench.slack.fail_next_of("chat.postMessage", Fault::Code("restricted_action".to_owned()));
    bench.opens_home("U1").await;
    bench.webhook("sample.created.image").await;
    bench.after(seconds(5)).await;
    let home = written(&bench.home("U1"));
    let paused = home.find("⏸ 1 is paused: only some people may post in the channel").expect("it says why");
    assert!(paused < home.find("<#C2>").unwrap(), "{home}");
    let home = written(&bench.clicks_in_home("U1", "home_resume_C1", None).await);
    assert!(!home.contains('⏸') && home.contains("💬 <@U1> let posting go on"), "{home}");
    bench.after(seconds(5)).await;
    let told = bench.read_all("C1");
    assert!(told.iter().any(|shown| shown.text.contains("let posting go on")), "{told:#?}");
    assert!(told.iter().any(|shown| shown.text.contains("rose.png")), "{told:#?}");
}

#[tokio::test]
async fn what_waits_for_an_invite_is_shown_to_whoever_made_it() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "G1").await;
    let ann = written(&bench.opens_home("U1").await);
    assert!(ann.contains("<#G1>") && ann.contains("⏳ 1 waits for an invite"), "{ann}");
    let john = written(&bench.opens_home("U2").await);
    assert!(!john.contains("G1") && john.contains("1 more channel has subscriptions"), "{john}");
    bench.slack.invite_bot(&workspace(), &channel("G1"), &user("U1")).await;
    bench.settle().await;
    bench.read_all("G1");
    bench.after(seconds(6)).await;
    for id in ["U1", "U2"] {
        let home = written(&bench.home(id));
        assert!(home.contains("test 1 G1") && !home.contains('⏳'), "{home}");
    }
}

#[tokio::test]
async fn a_channel_is_muted_and_unmuted_from_a_menu_and_told() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.opens_home("U2").await;
    let home = written(&bench.clicks_in_home("U2", "home_menu_C1_1", Some("mute C1")).await);
    assert!(home.contains("🔇 Muted: this channel until") && home.contains("💬 <@U2> muted this channel"), "{home}");
    assert!(bench.read("C1").text.contains("<@U2> muted this channel"));
    bench.webhook("sample.created.image").await;
    bench.assert_nothing_unread("C1");
    let home = written(&bench.clicks_in_home("U2", "home_menu_C1_1", Some("unmute C1")).await);
    assert!(!home.contains('🔇'), "{home}");
    bench.after(seconds(5)).await;
    let told = bench.read_all("C1");
    assert!(told.iter().any(|shown| shown.text.contains("<@U2> unmuted")), "{told:#?}");
    assert!(told.iter().any(|shown| shown.text.contains("rose.png")), "{told:#?}");
}

#[tokio::test]
async fn removing_a_subscription_asks_first_and_can_be_undone() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.opens_home("U2").await;
    let choose = Some("unsubscribe 1 C1");
    assert!(written(&bench.clicks_in_home("U2", "home_menu_C1_1", choose).await).contains("Remove #1 from <#C1>?"));
    assert!(!written(&bench.clicks_in_home("U2", "home_keep", None).await).contains("Remove #1"));
    bench.clicks_in_home("U2", "home_menu_C1_1", choose).await;
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.*"]);
    let home = written(&bench.clicks_in_home("U2", "home_unsubscribe_now", None).await);
    assert!(home.contains("<@U2> unsubscribed this channel from #1"), "{home}");
    assert!(rules(&bench).await.is_empty());
    assert!(bench.read("C1").text.contains("<@U2> unsubscribed this channel from #1"));
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.read("C1");
    assert_eq!(rules(&bench).await, ["C1 #1 jane/flowers sample.*"]);
}

#[tokio::test]
async fn a_menu_posts_a_sample_and_opens_the_form_of_a_subscription() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.opens_home("U2").await;
    bench.clicks_in_home("U2", "home_menu_C1_1", Some("test 1 C1")).await;
    assert!(bench.read("C1").text.contains("Test"));
    bench.clicks_in_home("U2", "home_menu_C1_1", Some("edit 1 C1")).await;
    let modal = bench.slack.modal(&workspace(), &user("U2")).unwrap().to_string();
    assert!(modal.contains("`/segments set jane/flowers sample.*`"), "{modal}");
    bench.slack.closes(&workspace(), &user("U2")).await.unwrap();
    bench.clicks_in_home("U2", "subscribe", None).await;
    let modal = bench.slack.modal(&workspace(), &user("U2")).unwrap().to_string();
    assert!(modal.contains("Subscribe a channel"), "{modal}");
}

#[tokio::test]
async fn what_is_gone_by_the_time_of_the_click_is_said_to_be() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    types(&bench, "subscribe jane/birds sample.*", "C1").await;
    bench.opens_home("U2").await;
    types(&bench, "unsubscribe #1", "C1").await;
    for chosen in ["test 1 C1", "edit 1 C1"] {
        bench.slack.opens_home(&workspace(), &user("U1")).await;
        assert_eq!(forges(&bench, "T1", "U2", "home_menu_C1_1", chosen).await, 200);
        let home = written(&bench.home("U2"));
        assert!(home.contains("This channel has no subscription `#1`"), "{home}");
    }
    forges(&bench, "T1", "U2", "home_unsubscribe_now", "1 C1").await;
    assert_eq!(rules(&bench).await, ["C1 #2 jane/birds sample.*"]);
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn buttons_carry_ids_and_no_rights() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    types(&bench, "subscribe jane/birds sample.*", "G1").await;
    bench.slack.add_user(&workspace(), &user("U3"), "eve", Role::Owner, "Europe/Paris");
    bench.opens_home("U3").await;
    for (home, id, place) in [("T1", "U3", "C1"), ("T2", "U1", "C1"), ("T1", "U1", "G1"), ("T1", "U1", "C9")] {
        for word in ["unsubscribe_now", "resume_x", "mute", "unmute", "test", "edit"] {
            let value =
                if matches!(word, "resume_x" | "mute" | "unmute") { place.to_owned() } else { format!("1 {place}") };
            assert_eq!(forges(&bench, home, id, &format!("home_{word}"), &value).await, 200);
        }
    }
    assert_eq!(rules(&bench).await.len(), 2);
    for id in ["C1", "C2", "G1"] {
        bench.assert_nothing_unread(id);
    }
    let eve = written(&bench.home("U3"));
    assert!(eve.contains("Nothing was changed") && !eve.contains("#1"), "{eve}");
}

#[tokio::test]
async fn home_refreshes_are_combined_and_stop_after_an_hour() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.opens_home("U1").await;
    bench.opens_home("U2").await;
    let before = calls(&bench, "views.publish");
    for dataset in ["jane/a", "jane/b", "jane/c"] {
        types(&bench, &format!("subscribe {dataset}"), "C1").await;
    }
    bench.after(seconds(10)).await;
    assert_eq!(calls(&bench, "views.publish"), before + 2);
    assert!(written(&bench.home("U2")).contains("`jane/c`"));
    bench.after(seconds(3_600)).await;
    types(&bench, "subscribe jane/d", "C1").await;
    bench.after(seconds(10)).await;
    assert_eq!(calls(&bench, "views.publish"), before + 2);
}

#[tokio::test]
async fn a_home_that_cannot_be_shown_is_shown_when_it_is_opened_again() {
    let mut bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    for (method, fault) in [
        ("views.publish", Fault::Status(500)),
        ("views.publish", Fault::Code("internal_error".to_owned())),
        ("users.conversations", Fault::RateLimit { retry_after: 30 }),
    ] {
        bench.slack.fail_next_of(method, fault);
        assert!(bench.slack.opens_home(&workspace(), &user("U1")).await.is_success());
        bench.settle().await;
        assert_eq!(bench.slack.home(&workspace(), &user("U1")), None);
    }
    bench.opens_home("U1").await;
    bench.slack.fail_next_of("views.publish", Fault::RateLimit { retry_after: 30 });
    types(&bench, "subscribe jane/birds", "C1").await;
    bench.after(seconds(40)).await;
    assert!(written(&bench.home("U1")).contains("jane/birds"), "a limit is waited for");
    bench.slack.fail_next_of("views.publish", Fault::Status(503));
    types(&bench, "subscribe jane/bees", "C1").await;
    bench.after(seconds(600)).await;
    assert!(!written(&bench.home("U1")).contains("jane/bees"));
    bench.restart().await;
    assert!(written(&bench.opens_home("U1").await).contains("jane/bees"));
}

#[tokio::test]
async fn a_question_outlives_a_change_that_comes_meanwhile() {
    let bench = Bench::start().await;
    types(&bench, "subscribe jane/flowers sample.*", "C1").await;
    bench.opens_home("U2").await;
    bench.clicks_in_home("U2", "home_menu_C1_1", Some("unsubscribe 1 C1")).await;
    types(&bench, "subscribe jane/birds", "C1").await;
    bench.after(seconds(10)).await;
    let home = written(&bench.home("U2"));
    assert!(home.contains("Remove #1") && home.contains("jane/birds"), "{home}");
}

#[tokio::test]
async fn six_hundred_subscriptions_fit_the_paged_home() {
    let bench = Bench::start().await;
    let datasets: Vec<String> = (0..20).map(|number| format!("jane/flowers-{number:02}")).collect();
    for number in 100..130 {
        let id = format!("C{number}");
        bench.slack.add_channel(&workspace(), &channel(&id), &id.to_lowercase(), ChannelKind::Public, &[user("U1")]);
        bench.has_subscriptions(&id, "U1", &datasets).await;
    }
    let (asked, shown) = (calls(&bench, "users.conversations"), calls(&bench, "views.publish"));
    let mut home = bench.opens_home("U1").await;
    assert_eq!((calls(&bench, "users.conversations"), calls(&bench, "views.publish")), (asked + 1, shown + 1));
    let mut rows = Vec::new();
    for page in 0.. {
        rows.extend(menus(&home));
        let next = format!("home_page_{}", page + 1);
        if !written(&home).contains(&format!("({next} ")) {
            break;
        }
        home = bench.clicks_in_home("U1", &next, None).await;
    }
    let mut once = rows.clone();
    once.dedup();
    assert_eq!((rows.len(), once.len()), (600, 600));
    // A click leaves the page as it is.
    let before = menus(&home);
    let menu = before.last().unwrap().clone();
    let asked =
        format!("unsubscribe {}", menu.replace("home_menu_", "").split('_').rev().collect::<Vec<_>>().join(" "));
    bench.clicks_in_home("U1", &menu, Some(&asked)).await;
    assert_eq!(menus(&bench.clicks_in_home("U1", "home_keep", None).await), before);
}

fn menus(view: &Value) -> Vec<String> {
    let blocks = view["blocks"].as_array().unwrap().iter();
    let menus = blocks.filter(|block| block["accessory"]["type"] == "overflow");
    menus.map(|block| block["accessory"]["action_id"].as_str().unwrap().to_owned()).collect()
}
