//! `/segments list all`: every channel that the asker is in, and nothing of the others.

use crate::harness::signed::click;
use crate::harness::{Bench, channel, user, workspace};
use segments_slack::sandbox::slack::{ChannelKind, Fault, Role, Shown};

async fn lists(bench: &Bench, id: &str) -> Shown {
    bench.user(id).types("/segments list all").in_channel("C1").await;
    bench.read("C1")
}

/// A channel that these people are in, with subscriptions of somebody's.
async fn has(bench: &Bench, id: &str, kind: ChannelKind, members: &[&str], datasets: &[String]) {
    let members: Vec<_> = members.iter().map(|id| user(id)).collect();
    bench.slack.add_channel(&workspace(), &channel(id), &id.to_lowercase(), kind, &members);
    bench.has_subscriptions(id, "U9", datasets).await;
}

#[tokio::test]
async fn list_all_shows_the_askers_channels_and_counts_the_others() {
    let bench = Bench::start().await;
    let one = |name: &str| vec![format!("jane/{name}")];
    has(&bench, "C10", ChannelKind::Public, &["U1", "U2"], &one("both")).await;
    has(&bench, "C11", ChannelKind::Public, &["U1"], &one("anns")).await;
    has(&bench, "G10", ChannelKind::Private, &["U1", "U2"], &one("hidden")).await;
    let ann = lists(&bench, "U1").await;
    assert_eq!(ann.ephemeral_to, Some(user("U1")));
    assert_eq!(ann.text, "2 channels that you are in have 2 subscriptions: <#C10>, <#C11>");
    let john = lists(&bench, "U2").await.blocks.to_string();
    assert!(john.contains("jane/both") && john.contains("2 more channels have subscriptions"), "{john}");
    assert!(!john.contains("anns") && !john.contains("hidden"), "{john}");
}

#[tokio::test]
async fn an_admin_sees_no_more_than_others() {
    let bench = Bench::start().await;
    bench.slack.add_user(&workspace(), &user("U3"), "eve", Role::Owner, "Europe/Paris");
    bench.user("U1").types("/segments subscribe jane/flowers").in_channel("C1").await;
    bench.read("C1");
    let eve = lists(&bench, "U3").await;
    assert!(eve.text.contains("No channel that you are in") && eve.text.contains("1 more channel"), "{}", eve.text);
    assert!(!eve.blocks.to_string().contains("C1"));
}

#[tokio::test]
async fn paused_channels_come_first_with_what_to_do() {
    let bench = Bench::start().await;
    has(&bench, "C0", ChannelKind::Public, &["U1"], &["jane/birds".to_owned()]).await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.*").in_channel("C2").await;
    bench.read("C2");
    bench.slack.fail_next_of("chat.postMessage", Fault::Code("restricted_action".to_owned()));
    bench.webhook("sample.created.image").await;
    let shown = lists(&bench, "U1").await;
    assert!(shown.text.ends_with(": <#C2>, <#C0>"), "{}", shown.text);
    let blocks = shown.blocks.to_string();
    assert!(
        blocks.contains("only some people may post") && blocks.contains("any `/segments` command there"),
        "{blocks}"
    );
}

#[tokio::test]
async fn list_all_pages_six_hundred_with_one_slack_call_a_page() {
    let bench = Bench::start().await;
    let datasets: Vec<String> = (0..20).map(|number| format!("jane/{}-{number:02}", "flowers".repeat(9))).collect();
    for number in 100..130 {
        has(&bench, &format!("C{number}"), ChannelKind::Public, &["U1"], &datasets).await;
    }
    let asked = || bench.slack.calls().iter().filter(|call| call.method == "users.conversations").count();
    let before = asked();
    let mut shown = lists(&bench, "U1").await;
    assert_eq!(asked(), before + 1);
    assert!(shown.text.contains("30 channels that you are in have 600 subscriptions, page 1 of"), "{}", shown.text);
    let mut seen = 0;
    for page in 1.. {
        let blocks = shown.blocks.to_string();
        seen += blocks.matches('#').count() - blocks.matches("<#").count();
        let next = format!("list_all_page_{page}");
        if !blocks.contains(&format!("\"{next}\"")) {
            break;
        }
        bench.user("U1").clicks(&next).in_channel("C1").await;
        shown = bench.read("C1");
    }
    assert_eq!(seen, 600);
}

#[tokio::test]
async fn whoever_asks_for_a_page_is_looked_at_afresh() {
    let bench = Bench::start().await;
    has(&bench, "C10", ChannelKind::Public, &["U2"], &["jane/johns".to_owned()]).await;
    for (home, page) in [("T1", "0"), ("T1", "99999"), ("T1", "x"), ("T2", "0")] {
        let (status, _) = bench.slack_sends("interactions", click("T1", home, "C1", "list_all_page_0", page)).await;
        assert_eq!(status, 200);
    }
    bench.assert_nothing_unread("C1");
}

#[tokio::test]
async fn a_list_says_when_slack_does_not() {
    let bench = Bench::start().await;
    bench.slack.fail_next_of("users.conversations", Fault::Status(500));
    assert!(lists(&bench, "U1").await.text.contains("could not ask Slack which channels you are in"));
}
