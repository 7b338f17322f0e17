//! Approving and rejecting a label from its card.

use super::Scene;
use segments_slack::sandbox::segments_ai::Fault;

#[tokio::test]
async fn a_label_is_approved_or_rejected_after_a_question_and_told_below_its_message() {
    for (button, status, words) in [
        ("approve", "REVIEWED", "↳ ✅ rose.png reviewed by <@U2>, as rex"),
        ("reject", "REJECTED", "↳ ❌ rose.png rejected by <@U2>, as rex"),
    ] {
        let scene = Scene::of("label.labeled").await;
        let bench = &scene.bench;
        bench.user("U1").types("/segments subscribe jane/flowers label.reviewed label.rejected").in_channel("C2").await;
        bench.read("C2");
        scene.ai.labels("jane", &scene.sample, "ground-truth", "LABELED");
        scene.webhooks_come().await;
        let answer = bench.user("U2").clicks(button).in_channel("C1").await;
        let confirmed = answer.confirmed.expect("it asks first").to_string();
        assert!(
            confirmed.contains(if button == "approve" { "reviewed" } else { "goes back to its labeler" }),
            "{confirmed}"
        );
        assert_eq!(scene.ai.label(&scene.sample, "ground-truth")["label_status"], status);
        scene.webhooks_come().await;
        let page = scene.page("C1");
        assert!(page.len() == 2 && page[1].starts_with(words), "{page:#?}");
        let elsewhere = scene.page("C2");
        assert!(elsewhere.len() == 1 && elsewhere[0].contains("by <@U2>, as rex"), "{elsewhere:#?}");
    }
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
