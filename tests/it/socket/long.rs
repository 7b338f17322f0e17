//! Answers that no frame of Socket Mode holds: they come another way, or are cut, and the connection stays.

use crate::harness::{Bench, fixture, seconds, user, workspace};
use serde_json::json;

/// A sign that takes three bytes, and one of Slack's characters.
const WIDE: &str = "漢";

impl Bench {
    /// Nothing that was said was too long for Slack.
    fn connection_held(&self) {
        assert_eq!((self.openings(), self.slack.connections()), (1, 1));
    }
}

#[tokio::test]
async fn a_long_answer_to_a_command_comes_to_the_response_url() {
    let bench = Bench::start_by_socket().await;
    for n in 0..12 {
        bench
            .user("U1")
            .types(&format!("/segments subscribe jane/{n} text:{}", WIDE.repeat(700)))
            .in_channel("C1")
            .await;
        bench.read("C1");
    }
    let answer = bench.user("U1").types("/segments export").in_channel("C1").await;
    assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""));
    while bench.slack.calls().iter().all(|call| call.method != "response_url") {
        tokio::task::yield_now().await;
    }
    let shown = bench.read("C1");
    assert_eq!(shown.ephemeral_to, Some(user("U1")));
    assert!(shown.blocks.to_string().len() > 20_480, "{}", shown.blocks);
    bench.connection_held();
}

#[tokio::test]
async fn a_modal_that_is_too_long_for_an_answer_is_shown_afterwards() {
    let bench = Bench::start_by_socket().await;
    let lines = |count: usize, each: usize| vec![format!("j/t {}:x", WIDE.repeat(each)); count].join("\n");
    for (count, each, is_long) in [(1, 1, false), (20, 140, true)] {
        bench.user("U1").types("/segments import").in_channel("C1").await;
        bench.slack.fills(&workspace(), &user("U1"), "lines", json!(lines(count, each))).await.unwrap();
        let answer = bench.slack.submits(&workspace(), &user("U1"), json!({})).await.unwrap();
        assert_eq!(answer.body.contains("This takes longer than usual"), is_long, "{}", answer.body);
        if is_long {
            bench.after(seconds(4)).await;
            assert!(
                bench.modal()["blocks"].to_string().contains("takes longer"),
                "what it was answered is shown first"
            );
        }
        bench.after(seconds(1)).await;
        let update = || bench.slack.calls().iter().any(|call| call.method == "views.update");
        while is_long && !update() {
            tokio::task::yield_now().await;
        }
        bench.settle().await;
        let modal = bench.modal();
        assert!(modal["blocks"].to_string().contains("so nothing was imported"), "{modal}");
        assert_eq!(modal["state"]["values"]["lines"]["lines"]["value"], lines(count, each));
    }
    bench.connection_held();
}

#[tokio::test]
async fn a_menu_that_is_too_long_offers_fewer() {
    let bench = Bench::start_by_socket().await;
    bench.user("U1").types("/segments subscribe * sample.created").in_channel("C1").await;
    bench.read("C1");
    let name = |n: usize| format!("{}{n}", WIDE.repeat(100));
    for n in 10..50 {
        assert_eq!(bench.body(&fixture("sample.created.image").replace("flowers", &name(n))).await, 204);
    }
    bench.after(seconds(600)).await;
    bench.read_all("C1");
    bench.user("U1").types("/segments subscribe").in_channel("C1").await;
    let offered = bench.slack.suggests(&workspace(), &user("U1"), "dataset", "jane/").await.unwrap();
    assert!((20..40).contains(&offered.len()), "{}", offered.len());
    assert!(offered.iter().any(|(text, _)| text.contains(WIDE)), "{offered:?}");
    bench.connection_held();
}
