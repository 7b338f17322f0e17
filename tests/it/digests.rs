//! Digests collect what a subscription selects, and show all of it in one message at its time.

use crate::harness::{Bench, channel, seconds, workspace};
use segments_slack::sandbox::slack::{Fault, Shown};

const HOUR: u64 = 60 * 60;

/// #annotation gets the samples of a dataset in digests; ann, who asks for them, is in Brussels.
async fn subscribed(options: &str) -> Bench {
    let bench = Bench::start().await;
    bench.says(&format!("subscribe jane/flowers sample.* {options}")).await;
    bench
}

impl Bench {
    /// The messages that came, each by its line.
    fn texts(&self) -> Vec<String> {
        self.read_all("C1").into_iter().map(|shown| shown.text).collect()
    }

    /// Every digest in the channel as it is now.
    fn digests(&self) -> Vec<Shown> {
        self.read_all("C1");
        let all = self.slack.messages(&workspace(), &channel("C1"), None);
        all.into_iter().filter(|shown| shown.text.starts_with("🗞️")).collect()
    }
}

/// The line of a digest of samples.
fn created(subscription: u32, samples: &str) -> String {
    format!("🗞️ Digest of #{subscription}: {samples} created in jane/flowers")
}

#[tokio::test]
async fn a_daily_digest_comes_on_time_when_the_clocks_change() {
    let mut bench = Bench::start().await;
    bench.until("2027-03-26T12:00:00Z").await;
    bench.says("subscribe jane/flowers sample.* digest:daily@09:00").await;
    for (day, last_second, time) in
        [(26, "2027-03-27T07:59:59Z", "2027-03-27T08:00:00Z"), (27, "2027-03-28T06:59:59Z", "2027-03-28T07:00:00Z")]
    {
        bench.sample(day, "jane/flowers").await;
        bench.after(seconds(HOUR)).await;
        bench.sample(100 + day, "jane/flowers").await;
        bench.restart().await;
        bench.until(last_second).await;
        assert_eq!(bench.texts(), [""; 0]);
        bench.until(time).await;
        assert_eq!(bench.texts(), [created(1, "2 samples")]);
    }
    // Nothing happens, and nothing is said.
    bench.until("2027-04-02T12:00:00Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    assert_eq!(bench.pending().await, 0);
}

#[tokio::test]
async fn a_weekly_digest_has_what_a_week_brought() {
    let bench = subscribed("digest:weekly@mon-09:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.until("2026-11-23T07:59:59Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.until("2026-11-23T08:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
    for number in 2..=4 {
        bench.sample(number, "jane/flowers").await;
        bench.after(seconds(24 * HOUR)).await;
    }
    bench.until("2026-11-30T07:59:59Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.until("2026-11-30T08:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "3 samples")]);
}

#[tokio::test]
async fn an_hourly_digest_comes_on_the_full_hour() {
    let bench = subscribed("digest:hourly").await;
    bench.sample(1, "jane/flowers").await;
    bench.until("2026-11-20T09:59:59Z").await;
    bench.sample(2, "jane/flowers").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.until("2026-11-20T10:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "2 samples")]);
    bench.sample(3, "jane/flowers").await;
    bench.until("2026-11-20T11:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
}

#[tokio::test]
async fn a_digest_that_falls_into_a_mute_comes_when_that_ends() {
    let bench = subscribed("digest:hourly").await;
    bench.sample(1, "jane/flowers").await;
    bench.until("2026-11-20T09:30:00Z").await;
    bench.says("mute 2h").await;
    for number in 2..=5 {
        bench.sample(number, "jane/flowers").await;
        bench.after(seconds(HOUR / 2)).await;
    }
    // 11:30: the digests of 10:00 and 11:00 come as one, what came since 11:00 in its own time.
    let over = "The mute of this channel ended. 4 events were held and come now.".to_owned();
    bench.after(seconds(5)).await;
    assert_eq!(bench.texts(), [over, created(1, "4 samples")]);
    bench.until("2026-11-20T12:00:05Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
}

#[tokio::test]
async fn unmuting_releases_only_overdue_digests() {
    let bench = subscribed("digest:daily@11:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.says("mute 1d").await;
    bench.sample(2, "jane/flowers").await;
    bench.after(seconds(600)).await;
    let unmuted = |held: &str| format!("<@U1> unmuted this channel. {held}");
    assert_eq!(bench.says("unmute").await, unmuted("Nothing was held."));
    assert_eq!(bench.texts(), [""; 0]);
    bench.says("mute 1d").await;
    bench.until("2026-11-20T10:00:00Z").await;
    bench.after(seconds(600)).await;
    bench.sample(3, "jane/flowers").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.user("U1").types("/segments unmute").in_channel("C1").await;
    bench.after(seconds(5)).await;
    // The digest and the answer take different ways into the channel.
    let (answers, shown): (Vec<_>, Vec<_>) = bench.texts().into_iter().partition(|text| text.starts_with("<@U1>"));
    assert_eq!((answers, shown), (vec![unmuted("2 events were held and come now.")], vec![created(1, "2 samples")]));
    bench.until("2026-11-21T10:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
}

#[tokio::test]
async fn digests_due_in_quiet_hours_come_as_one_in_the_morning() {
    let mut bench = subscribed("digest:hourly quiet:22:00-06:00").await;
    bench.until("2026-11-20T20:30:00Z").await;
    for number in 1..=16 {
        bench.sample(number, "jane/flowers").await;
        bench.after(seconds(HOUR / 2)).await;
    }
    bench.restart().await;
    // Of 21:30 in Brussels, its digest would come at 22:00.
    bench.until("2026-11-21T04:59:59Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.until("2026-11-21T05:00:00Z").await;
    let shown = bench.digests();
    assert_eq!((shown.len(), shown[0].text.as_str()), (1, created(1, "16 samples").as_str()));
    assert!(!shown[0].blocks.to_string().contains("late"), "{shown:#?}");
}

#[tokio::test]
async fn five_thousand_events_make_one_exact_digest_in_five_calls() {
    let bench = subscribed("digest:daily@11:00 batch:off").await;
    for _ in 0..5 {
        bench.created(1_000).await;
    }
    let before = bench.writes();
    bench.until("2026-11-20T10:00:10Z").await;
    let shown = bench.digests();
    assert_eq!(shown.iter().map(|shown| shown.text.clone()).collect::<Vec<_>>(), [created(1, "5,000 samples")]);
    assert!(!shown[0].blocks.to_string().contains("More is added"), "{shown:#?}");
    assert!(bench.writes() - before <= 5, "{} calls", bench.writes() - before);
    assert_eq!(bench.pending().await, 0);
}

#[tokio::test]
async fn a_digest_that_fills_every_look_is_said_to_be_complete() {
    let mut bench = subscribed("digest:daily@11:00").await;
    bench.created(2_000).await;
    bench.until("2026-11-20T10:00:00Z").await;
    let shown = bench.digests();
    assert!(shown[0].blocks.to_string().contains("More is added here in a moment"), "{shown:#?}");
    // Slack does not take the edit, and the server is started again meanwhile.
    bench.slack.fail_next_of("chat.update", Fault::Code("fatal_error".to_owned()));
    bench.after(seconds(30)).await;
    bench.restart().await;
    bench.after(seconds(300)).await;
    let shown = bench.digests();
    assert_eq!((shown.len(), shown[0].text.as_str()), (1, created(1, "2,000 samples").as_str()));
    assert!(!shown[0].blocks.to_string().contains("More is added"), "{shown:#?}");
}

#[tokio::test]
async fn a_restart_between_post_and_edit_loses_and_doubles_nothing() {
    let mut bench = subscribed("digest:daily@11:00").await;
    for _ in 0..3 {
        bench.created(1_500).await;
    }
    bench.until("2026-11-20T10:00:00Z").await;
    assert_eq!(bench.digests()[0].text, created(1, "2,000 samples"));
    bench.restart().await;
    bench.created(7).await;
    bench.after(seconds(10)).await;
    let shown: Vec<_> = bench.digests().into_iter().map(|shown| shown.text).collect();
    assert_eq!(shown, [created(1, "4,500 samples")]);
    bench.until("2026-11-21T10:00:05Z").await;
    assert_eq!(bench.digests()[1].text, created(1, "7 samples"));
}

#[tokio::test]
async fn a_lost_digest_is_found_and_an_uneditable_one_is_followed_up() {
    let mut bench = subscribed("digest:daily@11:00").await;
    bench.created(2_500).await;
    bench.slack.fail_next_of("chat.postMessage", Fault::LoseAnswer);
    bench.slack.fail_next_of("chat.update", Fault::LoseAnswer);
    bench.until("2026-11-20T10:00:00Z").await;
    bench.restart().await;
    bench.after(seconds(120)).await;
    let texts = |bench: &Bench| bench.digests().into_iter().map(|shown| shown.text).collect::<Vec<_>>();
    assert_eq!(texts(&bench), [created(1, "2,500 samples")]);
    bench.created(2_500).await;
    bench.slack.fail_next_of("chat.update", Fault::Code("message_not_found".to_owned()));
    bench.until("2026-11-21T10:02:00Z").await;
    let expected = [created(1, "2,500 samples"), created(1, "2,000 samples"), created(1, "500 samples")];
    assert_eq!(texts(&bench), expected);
    assert_eq!(bench.pending().await, 0);
}

#[tokio::test]
async fn a_digest_that_an_outage_delays_says_when_it_was_due() {
    let bench = subscribed("digest:hourly").await;
    bench.sample(1, "jane/flowers").await;
    bench.slack.set_outage(true);
    bench.until("2026-11-20T10:30:00Z").await;
    bench.sample(2, "jane/flowers").await;
    bench.until("2026-11-20T11:20:00Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.slack.set_outage(false);
    bench.until("2026-11-20T11:30:00Z").await;
    let shown = bench.digests();
    assert_eq!((shown.len(), shown[0].text.as_str()), (1, created(1, "2 samples").as_str()));
    let blocks = shown[0].blocks.to_string();
    assert!(blocks.contains("late: was due <!date^1795168800^"), "{blocks}");
}

#[tokio::test]
async fn a_digest_missed_while_down_is_posted_later() {
    let mut bench = subscribed("digest:daily@11:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.stop().await;
    bench.after(seconds(3 * HOUR)).await;
    bench.boot_again().await;
    let shown = bench.digests();
    assert_eq!((shown.len(), shown[0].text.as_str()), (1, created(1, "1 sample").as_str()));
    assert!(shown[0].blocks.to_string().contains("late: was due <!date^1795168800^"), "{shown:#?}");
}

#[tokio::test]
async fn switching_a_digest_off_shows_what_it_held_at_once_and_folded() {
    let bench = subscribed("digest:daily@11:00").await;
    for number in 1..=5 {
        bench.sample(number, "jane/flowers").await;
    }
    bench.user("U1").types("/segments set jane/flowers sample.*").in_channel("C1").await;
    bench.after(seconds(5)).await;
    // What it held may be in the channel before the answer to the command, which takes another way.
    let (answers, shown): (Vec<_>, Vec<_>) =
        bench.texts().into_iter().partition(|text| text.starts_with("<@U1> changed #1"));
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(shown, ["🖼️ 5 samples created in jane/flowers"]);
    // Taking that back brings the digest back, for what comes from then on.
    bench.user("U1").clicks("undo").in_channel("C1").await;
    bench.sample(6, "jane/flowers").await;
    bench.until("2026-11-20T10:00:05Z").await;
    assert_eq!(bench.texts().last().unwrap(), &created(1, "1 sample"));
}

#[tokio::test]
async fn another_time_of_a_digest_holds_for_what_is_held_already() {
    let bench = subscribed("digest:daily@11:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.says("subscribe jane/flowers digest:daily@13:00").await;
    bench.sample(2, "jane/flowers").await;
    bench.until("2026-11-20T11:59:59Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.says("subscribe jane/flowers digest:hourly").await;
    bench.until("2026-11-20T12:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "2 samples")]);
}

#[tokio::test]
async fn new_quiet_hours_or_a_digest_apply_to_held_events_too() {
    let bench = subscribed("quiet:09:00-18:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.says("subscribe jane/flowers quiet:09:00-12:00").await;
    bench.until("2026-11-20T10:59:59Z").await;
    assert_eq!(bench.texts(), [""; 0]);
    bench.until("2026-11-20T11:00:05Z").await;
    assert_eq!(bench.came(), (vec![1], Vec::new()));
    bench.says("subscribe jane/flowers quiet:09:00-18:00").await;
    bench.sample(2, "jane/flowers").await;
    bench.says("set jane/flowers sample.* digest:daily@14:00").await;
    bench.until("2026-11-20T13:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
}

#[tokio::test]
async fn two_digests_stay_apart_and_delay_no_other_subscription() {
    let bench = subscribed("digest:hourly").await;
    bench.says("subscribe jane/trees sample.* digest:daily@12:00 mention:<@U2>").await;
    bench.says("subscribe jane/mosses sample.*").await;
    for (number, dataset) in (0..).zip(["jane/flowers", "jane/trees", "jane/mosses", "jane/trees"]) {
        bench.sample(number, dataset).await;
    }
    bench.after(seconds(1)).await;
    assert_eq!(bench.came(), (vec![2], Vec::new()));
    bench.until("2026-11-20T10:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
    bench.sample(4, "jane/flowers").await;
    bench.until("2026-11-20T11:00:05Z").await;
    let shown = bench.read_all("C1");
    let texts: Vec<_> = shown.iter().map(|shown| shown.text.as_str()).collect();
    assert_eq!(texts, [created(2, "2 samples").replace("flowers", "trees"), created(1, "1 sample")]);
    assert!(shown[0].blocks.to_string().contains("<@U2>"), "{shown:#?}");
}

#[tokio::test]
async fn what_a_removed_subscription_held_still_comes_in_its_digest() {
    let bench = subscribed("digest:daily@11:00").await;
    bench.sample(1, "jane/flowers").await;
    bench.says("unsubscribe #1").await;
    bench.says("mute jane/trees 10m").await;
    bench.sample(2, "jane/flowers").await;
    bench.until("2026-11-20T10:00:00Z").await;
    assert_eq!(bench.texts(), [created(1, "1 sample")]);
}

#[tokio::test]
async fn a_digest_shows_the_last_known_progress_of_a_dataset() {
    let bench = Bench::start().await;
    bench.says("subscribe jane/flowers sample.*,label.* digest:daily@11:00").await;
    assert_eq!(bench.webhook("dataset.updated.archived").await, 204);
    bench.sample(1, "jane/flowers").await;
    bench.until("2026-11-20T10:00:00Z").await;
    let shown = bench.digests();
    assert!(shown[0].blocks.to_string().contains("▰▰▰▰▰▰▰▰▰▰ 94 of 94 (100 %)"), "{shown:#?}");
}

#[tokio::test]
async fn the_reply_and_the_list_say_when_the_next_digest_comes() {
    let bench = Bench::start().await;
    bench.user("U1").types("/segments subscribe jane/flowers digest:daily@11:00").in_channel("C1").await;
    let said = bench.read("C1").blocks.to_string();
    assert!(said.contains("The next digest of #1 comes <!date^1795168800^"), "{said}");
    assert!(!said.contains("later version"), "{said}");
    let listed = bench.says("list").await;
    assert!(listed.contains("🗞️ The next digest of #1 comes <!date^1795168800^"), "{listed}");
    bench.says("mute 2h").await;
    bench.says("subscribe jane/trees digest:hourly quiet:08:00-20:00").await;
    let listed = bench.says("list").await;
    assert!(listed.contains("The next digests come: #1 <!date^1795173300^"), "{listed}");
    assert!(listed.contains("#2 <!date^1795201200^"), "{listed}");
}

#[tokio::test]
async fn with_a_fifth_of_all_calls_failing_the_counts_are_still_exact() {
    let bench = subscribed("digest:hourly").await;
    bench.slack.fail_share(
        0.2,
        &[
            Fault::Status(503),
            Fault::RateLimit { retry_after: 2 },
            Fault::Reset,
            Fault::Rubbish,
            Fault::LoseAnswer,
            Fault::LoseAnswerHang,
        ],
    );
    for samples in [3_000, 100, 1, 0, 2_000, 50, 50] {
        bench.created(samples).await;
        bench.after(seconds(HOUR)).await;
    }
    bench.after(seconds(2 * HOUR)).await;
    let digests = bench.digests();
    let number = |shown: &Shown| -> u64 {
        let number = shown.text.split_once(": ").unwrap().1.split_once(" sample").unwrap().0;
        number.replace(',', "").parse().unwrap()
    };
    assert_eq!(digests.iter().map(number).sum::<u64>(), 5_201);
    assert_eq!((digests.len(), bench.pending().await), (6, 0));
}

#[tokio::test]
async fn an_interrupted_digest_is_completed_apart_from_the_next() {
    let bench = subscribed("digest:hourly").await;
    bench.created(2_500).await;
    bench.until("2026-11-20T10:00:00Z").await;
    assert_eq!(bench.digests()[0].text, created(1, "2,000 samples"));
    bench.slack.set_outage(true);
    bench.until("2026-11-20T10:30:00Z").await;
    bench.created(3).await;
    bench.until("2026-11-20T11:30:00Z").await;
    bench.slack.set_outage(false);
    bench.until("2026-11-20T11:40:00Z").await;
    let shown = bench.digests();
    let texts: Vec<_> = shown.iter().map(|shown| shown.text.as_str()).collect();
    assert_eq!(texts, [created(1, "2,500 samples"), created(1, "3 samples")]);
    let late = shown.iter().map(|shown| shown.blocks.to_string().contains("late: was due"));
    assert_eq!(late.collect::<Vec<_>>(), [false, true]);
}
