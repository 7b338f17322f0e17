//! Mutes and quiet hours hold messages back; afterwards everything comes, in order, and the channel is told.

use crate::harness::{Bench, fixture, seconds, workspace};
use segments_slack::sandbox::slack::Fault;

const HOUR: u64 = 60 * 60;

/// #annotation gets the samples of two datasets, each by a subscription of its own.
async fn subscribed(options: &str) -> Bench {
    let bench = Bench::start().await;
    bench.user("U1").types(&format!("/segments subscribe jane/flowers sample.* {options}")).in_channel("C1").await;
    bench.user("U1").types(&format!("/segments subscribe jane/trees sample.* {options}")).in_channel("C1").await;
    bench.read_all("C1");
    bench
}

impl Bench {
    pub(crate) async fn says(&self, text: &str) -> String {
        self.user("U1").types(&format!("/segments {text}")).in_channel("C1").await;
        self.read("C1").text
    }

    /// A sample with a number as its name is created in a dataset of jane's.
    pub(crate) async fn sample(&self, number: u32, dataset: &str) {
        let body = fixture("sample.created.image").replace("602a3eec-a61c", &format!("602a3eec-{number:04}"));
        let body = body.replace("rose.png", &format!("rose_{number}.png")).replace("jane/flowers", dataset);
        assert_eq!(self.body(&body).await, 204);
    }

    /// The numbers of the samples that came since it was last looked, and what else came.
    pub(crate) fn came(&self) -> (Vec<u32>, Vec<String>) {
        let (mut numbers, mut others) = (Vec::new(), Vec::new());
        for shown in self.read_all("C1") {
            let number = shown.text.split("rose_").nth(1).and_then(|rest| rest.split(".png").next()?.parse().ok());
            match number {
                Some(number) => numbers.push(number),
                None => others.push(shown.text),
            }
        }
        (numbers, others)
    }

    pub(crate) async fn pending(&self) -> u64 {
        self.app().store.backlog(&workspace()).await.unwrap().pending
    }

    /// Lets time pass until a moment.
    pub(crate) async fn until(&self, time: &str) {
        let time: jiff::Timestamp = time.parse().unwrap();
        self.after(time.duration_since(self.clock.now()).try_into().unwrap()).await;
    }
}

fn nothing() -> (Vec<u32>, Vec<String>) {
    (Vec::new(), Vec::new())
}

#[tokio::test]
async fn a_mute_holds_events_and_ends_with_a_notice_and_all_in_order() {
    let mut bench = subscribed("").await;
    let said = bench.says("mute 2h").await;
    assert!(said.starts_with("<@U1> muted this channel until <!date^1795173300^"), "{said}");
    for number in 1..=3 {
        bench.sample(number, "jane/flowers").await;
        bench.after(seconds(600)).await;
        bench.restart().await;
    }
    bench.until("2026-11-20T11:14:59Z").await;
    assert_eq!(bench.came(), nothing());
    assert_eq!(bench.pending().await, 3);
    bench.after(seconds(60)).await;
    let over = "The mute of this channel ended. 3 events were held and come now.".to_owned();
    assert_eq!(bench.came(), (vec![1, 2, 3], vec![over]));
    bench.sample(4, "jane/flowers").await;
    bench.after(seconds(5)).await;
    assert_eq!(bench.came(), (vec![4], Vec::new()));
}

#[tokio::test]
async fn the_word_comes_before_what_was_held() {
    let bench = subscribed("").await;
    bench.says("mute 30m").await;
    for number in 1..=5 {
        bench.sample(number, "jane/flowers").await;
    }
    bench.after(seconds(HOUR)).await;
    let texts: Vec<_> = bench.read_all("C1").into_iter().map(|shown| shown.text).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("5 events were held") && texts[1].contains("5 samples created"), "{texts:?}");
}

#[tokio::test]
async fn a_mute_that_held_nothing_ends_without_a_word() {
    let bench = subscribed("").await;
    bench.says("mute 30m").await;
    bench.after(seconds(HOUR)).await;
    bench.sample(1, "jane/flowers").await;
    assert_eq!(bench.came(), (vec![1], Vec::new()));
}

#[tokio::test]
async fn unmuting_releases_everything_at_once_with_a_count() {
    let bench = subscribed("").await;
    bench.says("mute 1d").await;
    bench.sample(1, "jane/flowers").await;
    bench.sample(2, "jane/trees").await;
    bench.after(seconds(HOUR)).await;
    assert_eq!(bench.came(), nothing());
    bench.user("U2").types("/segments unmute").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let said = "<@U2> unmuted this channel. 2 events were held and come now.".to_owned();
    assert_eq!(bench.came(), (vec![1, 2], vec![said]));
    bench.after(seconds(48 * HOUR)).await;
    assert_eq!(bench.came(), nothing());
    assert!(bench.says("unmute").await.starts_with("Nothing is muted in this channel."));
}

#[tokio::test]
async fn the_button_of_a_mute_ends_it() {
    let bench = subscribed("").await;
    bench.user("U1").types("/segments mute jane/flowers 1d").in_channel("C1").await;
    bench.sample(1, "jane/flowers").await;
    bench.user("U2").clicks("unmute").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let (numbers, said) = bench.came();
    assert_eq!(numbers, [1]);
    assert_eq!(said.last().unwrap(), "<@U2> unmuted `jane/flowers`. 1 event was held and comes now.");
}

#[tokio::test]
async fn muting_one_dataset_leaves_the_other_alone() {
    let bench = subscribed("").await;
    bench.says("mute jane/flowers 2h").await;
    bench.sample(1, "jane/flowers").await;
    bench.sample(2, "jane/trees").await;
    bench.after(seconds(5)).await;
    assert_eq!(bench.came(), (vec![2], Vec::new()));
    assert!(bench.says("unmute jane/trees").await.starts_with("There is no mute of `jane/trees` here."));
    bench.after(seconds(3 * HOUR)).await;
    let over = "The mute of `jane/flowers` ended. 1 event was held and comes now.".to_owned();
    assert_eq!(bench.came(), (vec![1], vec![over]));
}

#[tokio::test]
async fn muting_again_sets_another_end_for_what_is_held_already() {
    let bench = subscribed("").await;
    bench.says("mute 1h").await;
    bench.sample(1, "jane/flowers").await;
    bench.says("mute 3h").await;
    bench.after(seconds(2 * HOUR)).await;
    assert_eq!(bench.came(), nothing());
    bench.says("mute 30m").await;
    bench.after(seconds(HOUR / 2 + 5)).await;
    assert_eq!(bench.came().0, [1]);
}

#[tokio::test]
async fn unmuting_the_channel_keeps_a_separately_muted_dataset_muted() {
    let bench = subscribed("").await;
    bench.says("mute jane/flowers 3h").await;
    bench.user("U1").types("/segments mute 2h").in_channel("C1").await;
    bench.sample(1, "jane/flowers").await;
    bench.sample(2, "jane/trees").await;
    bench.user("U1").clicks("unmute").in_channel("C1").await;
    bench.after(seconds(5)).await;
    let (numbers, said) = bench.came();
    assert_eq!(numbers, [2]);
    assert!(
        said.last().unwrap().contains("1 event was held and comes now. Still muted: `jane/flowers` until"),
        "{said:?}"
    );
    bench.user("U1").types("/segments unmute").in_channel("C1").await;
    bench.after(seconds(5)).await;
    assert_eq!(bench.came().0, [1]);
}

#[tokio::test]
async fn what_is_muted_stands_in_the_list_and_the_overview() {
    let bench = subscribed("").await;
    bench.says("mute jane/flowers 2h").await;
    for text in ["list", ""] {
        let said = bench.says(text).await;
        assert!(said.contains("🔇 Muted: `jane/flowers` until <!date^1795173300^"), "{said}");
    }
    bench.after(seconds(2 * HOUR)).await;
    assert!(!bench.says("list").await.contains("Muted"));
}

#[tokio::test]
async fn a_time_of_day_is_that_of_the_typist() {
    let bench = subscribed("").await;
    // 10:15 in Brussels, 04:15 in New York.
    assert!(bench.says("mute until 14:00").await.contains("^1795179600^"));
    bench.user("U2").types("/segments mute until 4:00").in_channel("C1").await;
    let said = bench.read("C1").text;
    assert!(said.contains("^1795251600^"), "{said}");
}

#[tokio::test]
async fn a_channel_has_at_most_fifty_mutes() {
    let bench = subscribed("").await;
    for number in 0..50 {
        bench.says(&format!("mute jane/{number} 2h")).await;
    }
    assert!(bench.says("mute jane/more 2h").await.contains("at most"));
    assert!(bench.says("mute jane/7 3h").await.starts_with("<@U1> muted `jane/7`"));
}

#[tokio::test]
async fn a_mute_that_ends_while_slack_is_away_loses_nothing() {
    let bench = subscribed("").await;
    bench.says("mute 1h").await;
    for number in 1..=3 {
        bench.sample(number, "jane/flowers").await;
    }
    bench.slack.set_outage(true);
    bench.after(seconds(2 * HOUR)).await;
    assert_eq!(bench.came(), nothing());
    bench.slack.set_outage(false);
    bench.after(seconds(HOUR)).await;
    let over = "The mute of this channel ended. 3 events were held and come now.".to_owned();
    assert_eq!(bench.came(), (vec![1, 2, 3], vec![over]));
}

#[tokio::test]
async fn a_mutes_end_notice_is_posted_once_despite_a_lost_answer() {
    let mut bench = subscribed("").await;
    bench.says("mute 1h").await;
    bench.sample(1, "jane/flowers").await;
    bench.slack.fail_next_of("chat.postMessage", Fault::LoseAnswer);
    bench.after(seconds(HOUR + 60)).await;
    bench.restart().await;
    bench.after(seconds(600)).await;
    let (numbers, said) = bench.came();
    assert_eq!((numbers, said.len()), (vec![1], 1));
}

#[tokio::test]
async fn quiet_hours_over_midnight_end_in_the_morning_of_the_typist() {
    let mut bench = subscribed("quiet:22:00-06:00").await;
    bench.until("2026-11-20T20:59:50Z").await;
    bench.sample(1, "jane/flowers").await;
    assert_eq!(bench.came().0, [1]);
    bench.until("2026-11-20T21:00:00Z").await;
    bench.sample(2, "jane/flowers").await;
    bench.until("2026-11-20T23:30:00Z").await;
    bench.restart().await;
    bench.sample(3, "jane/flowers").await;
    bench.until("2026-11-21T04:59:59Z").await;
    assert_eq!(bench.came(), nothing());
    bench.until("2026-11-21T05:00:10Z").await;
    assert_eq!(bench.came(), (vec![2, 3], Vec::new()));
}

#[tokio::test]
async fn a_night_on_which_clocks_change_ends_by_the_clock_on_the_wall() {
    let bench = Bench::start().await;
    bench.until("2027-03-27T12:00:00Z").await;
    bench.user("U1").types("/segments subscribe jane/flowers sample.* quiet:22:00-06:00").in_channel("C1").await;
    bench.read("C1");
    bench.until("2027-03-27T22:00:00Z").await;
    bench.sample(1, "jane/flowers").await;
    bench.until("2027-03-28T03:59:59Z").await;
    assert_eq!(bench.came(), nothing());
    bench.until("2027-03-28T04:00:01Z").await;
    assert_eq!(bench.came().0, [1]);
}

#[tokio::test]
async fn unmuting_in_quiet_hours_waits_for_their_end() {
    let bench = subscribed("quiet:09:00-12:00").await;
    bench.says("mute 6h").await;
    bench.sample(1, "jane/flowers").await;
    assert_eq!(bench.says("unmute").await, "<@U1> unmuted this channel. Nothing was held.");
    bench.until("2026-11-20T11:00:05Z").await;
    assert_eq!(bench.came(), (vec![1], Vec::new()));
}
