//! Paused channels: for how long they hold, and who is told.

use super::bench::{Bench, DAY, at, channel_ref, texts, wanted, workspace};
use super::subscriptions::{adding, subscription};
use segments_slack::model::{Pause, PauseReason, Subscription, UserId};
use segments_slack::store::{CallResult, PauseNotice};

const WEEK: i64 = 7 * DAY;

fn pause(second: i64) -> Pause {
    Pause { reason: PauseReason("is_archived".to_owned()), since: at(second) }
}

async fn paused(bench: &Bench, second: i64) {
    bench
        .store()
        .record_call_result(&channel_ref("C1"), CallResult::Paused(pause(second)), at(second), at(second))
        .await
        .unwrap();
}

async fn expired(bench: &Bench, second: i64) -> u64 {
    bench.store().expire_held(&workspace(), at(second)).await.unwrap()
}

pub(super) async fn a_week_counts_from_acceptance_from_the_pause_and_from_the_end_of_a_mute(mut bench: Bench) {
    bench.accept("before", &["C1"], 0).await;
    paused(&bench, 100).await;
    bench.accept("after", &["C1"], 200).await;
    bench.accept_as("muted", vec![wanted("C1", 300)], 0).await;
    bench.accept_as("still_muted", vec![wanted("C1", 2 * WEEK)], 0).await;
    bench.restart();
    assert_eq!(expired(&bench, WEEK + 99).await, 0);
    assert_eq!(expired(&bench, WEEK + 100).await, 1);
    assert_eq!(expired(&bench, WEEK + 200).await, 1);
    assert_eq!(expired(&bench, WEEK + 299).await, 0);
    assert_eq!(expired(&bench, WEEK + 300).await, 1);
    assert_eq!(expired(&bench, 2 * WEEK).await, 0);
    bench.restart();
    assert_eq!(bench.due("C1", 2 * WEEK).await, ["still_muted"]);
    let letters = bench.store().dead_letters(&workspace(), 9).await.unwrap();
    let told = letters.iter().map(|letter| (letter.at, letter.delivery.sequence, letter.error.as_str()));
    let error = "held_too_long";
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(at(WEEK + 100), 0, error), (at(WEEK + 200), 1, error), (at(WEEK + 300), 2, error)]
    );
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().pending, 1);
}

pub(super) async fn a_lane_that_is_not_paused_gives_nothing_up(bench: Bench) {
    bench.accept("m1", &["C1", "C2"], 0).await;
    paused(&bench, 0).await;
    bench.store().resume(&channel_ref("C1")).await.unwrap();
    assert_eq!(expired(&bench, 9 * WEEK).await, 0);
    assert_eq!(texts(&bench.claim("C1", 9 * WEEK).await), ["m1"]);
}

pub(super) async fn a_long_lane_is_given_up_whole(bench: Bench) {
    bench.accept_as("many", (0..600).map(|_| wanted("C1", 0)).collect(), 0).await;
    bench.accept_as("more", (0..600).map(|_| wanted("C1", 9)).collect(), 0).await;
    paused(&bench, 0).await;
    assert_eq!(expired(&bench, WEEK).await, 600);
    assert_eq!(expired(&bench, WEEK + 9).await, 600);
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().dead, 1_200);
}

/// A channel with subscriptions of these people.
async fn subscribed(bench: &Bench, creators: &[&str]) {
    for (number, creator) in (1..).zip(creators) {
        let book = bench.store().channel_subscriptions(&channel_ref("C1")).await.unwrap();
        let creator = UserId::parse(*creator).unwrap();
        let made = Subscription { creator, ..subscription("C1", number) };
        bench.store().edit_subscriptions(&channel_ref("C1"), adding(&book, made)).await.unwrap();
    }
}

/// Who is still to be told.
async fn untold(bench: &Bench) -> Vec<String> {
    bench.claim("C1", 9).await.pause_notices.iter().map(|untold| untold.user.to_string()).collect()
}

pub(super) async fn five_creators_of_paused_subscriptions_are_told_once(mut bench: Bench) {
    subscribed(&bench, &["U1", "U2", "U1", "U3", "U4", "U5", "U6"]).await;
    paused(&bench, 5).await;
    bench.restart();
    assert_eq!(bench.store().channels_with_work(&workspace()).await.unwrap(), [channel_ref("C1")]);
    assert_eq!(untold(&bench).await, ["U1", "U2", "U3", "U4", "U5"]);
    let users = ["U1", "U2", "U3", "U4", "U5"].map(|user| UserId::parse(user).unwrap());
    for user in &users {
        assert!(bench.store().take_pause_notice(&channel_ref("C1"), user).await.unwrap());
        assert!(!bench.store().take_pause_notice(&channel_ref("C1"), user).await.unwrap());
    }
    let again = PauseNotice { user: users[1].clone(), not_before: at(60), tries: 1 };
    bench.store().return_pause_notice(&channel_ref("C1"), &pause(5), again.clone()).await.unwrap();
    bench.restart();
    assert_eq!(bench.claim("C1", 9).await.pause_notices, [again]);
    bench.store().take_pause_notice(&channel_ref("C1"), &users[1]).await.unwrap();
    assert!(bench.store().channels_with_work(&workspace()).await.unwrap().is_empty());
}

pub(super) async fn nobody_is_told_of_a_pause_that_is_over(bench: Bench) {
    subscribed(&bench, &["U1", "U2"]).await;
    paused(&bench, 5).await;
    let user = UserId::parse("U1").unwrap();
    bench.store().take_pause_notice(&channel_ref("C1"), &user).await.unwrap();
    bench.store().resume(&channel_ref("C1")).await.unwrap();
    let again = PauseNotice { user, not_before: at(60), tries: 1 };
    bench.store().return_pause_notice(&channel_ref("C1"), &pause(5), again.clone()).await.unwrap();
    assert!(untold(&bench).await.is_empty());
    paused(&bench, 70).await;
    bench.store().return_pause_notice(&channel_ref("C1"), &pause(5), again).await.unwrap();
    assert_eq!(untold(&bench).await, ["U1", "U2"]);
}
