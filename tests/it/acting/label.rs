//! Approving and rejecting a label from its card.

use super::Scene;
use crate::harness::seconds;
use segments_slack::sandbox::segments_ai::{Fault, Rules};

#[tokio::test]
async fn reviewing_a_label_asks_first_and_replies_below_its_message() {
    for (button, status, words) in [
        ("approve", "REVIEWED", "↳ ✅ rose.png reviewed by <@U2>, as rex"),
        ("reject", "REJECTED", "↳ ❌ rose.png rejected by <@U2>, as rex"),
    ] {
        let scene = Scene::of("label.labeled").await;
        scene.ai.set_rules(Rules { calls_name_reviewers: button == "reject", ..Rules::default() });
        let bench = &scene.bench;
        bench.user("U1").types("/segments subscribe jane/flowers label.reviewed label.rejected").in_channel("C2").await;
        bench.read("C2");
        for (who, status) in [("jane", "LABELED"), ("ann", "REJECTED"), ("jane", "LABELED")] {
            scene.ai.labels(who, &scene.sample, "ground-truth", status);
            scene.webhooks_come().await;
            scene.bench.after(seconds(60)).await;
        }
        let before = (scene.page("C1").len(), scene.page("C2").len());
        let answer = bench.user("U2").clicks(button).in_channel("C1").await;
        let confirmed = answer.confirmed.expect("it asks first").to_string();
        assert!(
            confirmed.contains(if button == "approve" { "reviewed" } else { "goes back to its labeler" }),
            "{confirmed}"
        );
        assert_eq!(scene.ai.label(&scene.sample, "ground-truth")["label_status"], status);
        scene.webhooks_come().await;
        let page = scene.page("C1");
        assert!(page.len() == before.0 + 1 && page[before.0].starts_with(words), "{page:#?}");
        let elsewhere = scene.page("C2");
        assert!(elsewhere.len() == before.1 + 1, "{elsewhere:#?}");
        assert!(elsewhere[before.1].contains("by <@U2>, as rex"), "{elsewhere:#?}");
    }
}

#[tokio::test]
async fn reviewing_a_changed_label_asks_again() {
    let scene = Scene::of("label.labeled").await;
    scene.ai.labels("jane", &scene.sample, "ground-truth", "LABELED");
    scene.webhooks_come().await;
    scene.ai.labels("jane", &scene.sample, "ground-truth", "LABELING_IN_PROGRESS");
    let told = scene.clicks("U2", "reject").await;
    assert!(told.contains("nothing was written. It is labeling in progress now"), "{told}");
    let answer = scene.bench.user("U2").clicks("reject").in_channel("C1").await;
    let confirmed = answer.confirmed.expect("it asks again").to_string();
    assert!(
        confirmed.contains("Reject it as it is now?") && confirmed.contains("goes back to its labeler"),
        "{confirmed}"
    );
    assert_eq!(scene.ai.label(&scene.sample, "ground-truth")["label_status"], "REJECTED");
    scene.webhooks_come().await;
    scene.page("C1");
}

#[tokio::test]
async fn a_label_of_many_megabytes_is_approved_as_any() {
    for fault in [None, Some(Fault::LoseAnswer)] {
        let scene = Scene::of("label.labeled").await;
        scene.ai.labels("jane", &scene.sample, "ground-truth", "LABELED");
        scene.ai.draws_much(&scene.sample, "ground-truth", 9 << 20);
        scene.webhooks_come().await;
        if let Some(fault) = fault {
            scene.ai.fail_next_of("PATCH /labels/", fault);
        }
        let clicked = scene.bench.user("U2").clicks("approve").in_channel("C1");
        let answered = async {
            while scene.answers() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(clicked, answered);
        let told = scene.told("U2");
        assert!(told.starts_with("✅ The label is approved in Segments.ai, as rex."), "{told}");
        assert_eq!(scene.ai.label(&scene.sample, "ground-truth")["label_status"], "REVIEWED");
        scene.webhooks_come().await;
        assert!(scene.page("C1")[1].contains("reviewed by <@U2>, as rex"));
    }
}
