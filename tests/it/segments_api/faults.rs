//! Bad days: what each means to the caller, and that nothing is sent twice.

use super::{Segments, flowers, key, said};
use crate::harness::closed::Closed;
use segments_slack::clock::Clock;
use segments_slack::metrics::Tally;
use segments_slack::sandbox::segments_ai::Fault;
use segments_slack::segments::api::{ErrorKind, IssueStatus, SegmentsApi, SegmentsError};
use std::time::Duration;

async fn read(segments: &Segments) -> SegmentsError {
    segments.api.dataset(&key("jane"), &flowers()).await.unwrap_err()
}

async fn write(segments: &Segments) -> SegmentsError {
    segments.api.set_issue_status(&key("jane"), segments.issue(), IssueStatus::Closed).await.unwrap_err()
}

fn throttled(seconds: u64) -> SegmentsError {
    SegmentsError::Throttled { retry_after: Duration::from_secs(seconds) }
}

/// Runs a call whose answer does not come, and lets the time pass that it waits for one.
async fn giving_up(segments: &Segments, call: impl Future<Output = SegmentsError>) -> (SegmentsError, Duration) {
    let (started, mut hanging) = (segments.clock.now(), segments.ai.hanging());
    let time = async {
        hanging.wait_for(|count| *count == 1).await.unwrap();
        segments.clock.set(segments.clock.next_deadline().unwrap());
        std::future::pending::<()>().await;
    };
    tokio::select! {
        error = call => {
            hanging.wait_for(|count| *count == 0).await.unwrap();
            (error, segments.clock.now().duration_since(started).try_into().unwrap())
        }
        () = time => unreachable!(),
    }
}

#[tokio::test]
async fn a_throttled_call_says_how_long_to_wait() {
    let segments = Segments::start().await;
    for (retry_after, told, seconds) in
        [(Some(7), Some(40), 7), (None, Some(40), 40), (None, None, 30), (Some(1_000_000), None, 3600)]
    {
        segments.ai.fail_next(Fault::Throttle { retry_after, told });
        assert_eq!(write(&segments).await, throttled(seconds));
    }
    let disguised = r#"{"detail":"Request was throttled. Expected available in 9 seconds."}"#;
    segments.ai.fail_next(Fault::Answer(200, disguised.to_owned()));
    assert_eq!(write(&segments).await, throttled(9));
    assert_eq!((segments.ai.calls().len(), segments.ai.issue(&segments.issue)["status"].as_str()), (5, Some("OPEN")));
    assert_eq!(segments.counted.get("throttled"), 5);
}

#[tokio::test]
async fn a_refusal_is_told_from_a_breakdown() {
    let segments = Segments::start().await;
    for (fault, read_kind, write_kind) in [
        (Fault::Status(401), "unauthorized", "unauthorized"),
        (Fault::Status(403), "forbidden", "forbidden"),
        (Fault::Status(404), "not_found", "not_found"),
        (Fault::Status(400), "rejected", "rejected"),
        (Fault::Status(500), "unavailable", "unclear"),
        (Fault::Status(502), "unavailable", "unclear"),
        (Fault::Status(503), "unavailable", "unavailable"),
        (Fault::Rubbish, "unavailable", "unclear"),
        (Fault::Reset, "unavailable", "unclear"),
    ] {
        segments.ai.fail_next(fault.clone());
        assert_eq!(read(&segments).await.word(), read_kind, "{fault:?}");
        segments.ai.fail_next(fault.clone());
        assert_eq!(write(&segments).await.word(), write_kind, "{fault:?}");
    }
    assert_eq!(segments.ai.unmet_faults(), 0);
    // Each was sent once, and none was done.
    assert_eq!((segments.ai.calls().len(), segments.ai.issue(&segments.issue)["status"].as_str()), (18, Some("OPEN")));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_unclear_and_not_repeated() {
    let segments = Segments::start().await;
    for fault in [Fault::LoseAnswer, Fault::LoseAnswerStatus(504)] {
        segments.ai.fail_next_of("PATCH /issues/", fault);
        assert_eq!(write(&segments).await.word(), "unclear");
    }
    assert_eq!(segments.ai.issue(&segments.issue)["status"], "CLOSED");
    assert_eq!(segments.calls(), ["PATCH /issues/{issue}/ by jane: lost_answer"; 2]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_awaited_for_ever() {
    let segments = Segments::start().await;
    for fault in [Fault::Hang, Fault::Stall] {
        segments.ai.fail_next(fault.clone());
        let (error, waited) = giving_up(&segments, read(&segments)).await;
        assert_eq!(error, SegmentsError::Unavailable(ErrorKind::TimedOut), "{fault:?}");
        assert_eq!(waited, Duration::from_secs(10), "{fault:?}");
    }
    for (fault, status) in [(Fault::Hang, "OPEN"), (Fault::LoseAnswerHang, "CLOSED")] {
        segments.ai.fail_next(fault.clone());
        let (error, waited) = giving_up(&segments, write(&segments)).await;
        assert_eq!(error, SegmentsError::Unclear(ErrorKind::TimedOut), "{fault:?}");
        assert_eq!(waited, Duration::from_secs(20), "{fault:?}");
        assert_eq!(segments.ai.issue(&segments.issue)["status"], status, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_for_a_write_too() {
    let nobody = Closed::new();
    let mut segments = Segments::start().await;
    segments.api = SegmentsApi::new(nobody.url().parse().unwrap(), Clock::system(), Tally::default()).unwrap();
    let unreachable = SegmentsError::Unavailable(ErrorKind::Unreachable);
    assert_eq!((read(&segments).await, write(&segments).await), (unreachable.clone(), unreachable));
}

#[tokio::test]
async fn an_outage_is_total_until_it_ends() {
    let segments = Segments::start().await;
    segments.ai.set_outage(true);
    assert_eq!(read(&segments).await, SegmentsError::Unavailable(ErrorKind::Status(503)));
    segments.ai.set_outage(false);
    assert!(segments.api.dataset(&key("jane"), &flowers()).await.is_ok());
}

#[tokio::test]
async fn no_error_says_the_key_the_address_or_what_was_answered() {
    let segments = Segments::start().await;
    let echo = |status| {
        let body = r#"{"detail":"Bad key key-of-jane from a very private place, see http://127.0.0.1/?key-of-jane"}"#;
        Fault::Answer(status, body.to_owned())
    };
    let pages = [200, 400, 401, 403, 404, 429, 500, 502].map(echo);
    for fault in pages.into_iter().chain([Fault::Rubbish, Fault::Reset, Fault::LoseAnswer]) {
        for error in [
            {
                segments.ai.fail_next(fault.clone());
                read(&segments).await
            },
            {
                segments.ai.fail_next(fault.clone());
                write(&segments).await
            },
        ] {
            let texts = format!("{error} {error:?} {error:#?} {}", error.word());
            for secret in ["key-of-jane", "private", "127.0.0.1", "flowers"] {
                assert!(!texts.contains(secret), "{texts}");
            }
            assert!(!said(&error).unwrap_or_default().contains("key-of-jane"), "{error:?}");
        }
    }
}
