//! Status changes at Segments.ai from Slack. The current state is read first, and changed only if it is the one shown.

use crate::app::App;
use crate::app::answer::Asker;
use crate::clock::later;
use crate::model::event::Derived;
use crate::model::{AccountId, ExpectedChange, MessageTs};
use crate::segments::acted::{Acted, Found};
use crate::segments::api::{IssueStatus, LabelStatus, SegmentsError};
use crate::slack::interaction::{Act, What};
use crate::store::StoreError;
use secrecy::SecretString;
use std::time::Duration;

/// The time in which the webhook of our own change is expected. A later one counts as new.
pub(in crate::app) const EXPECTED_WEBHOOK_PERIOD: Duration = Duration::from_mins(1);
/// The longest rate limit that is waited for, once.
const MAX_RATE_LIMIT_WAIT: Duration = Duration::from_secs(20);

/// The right to act: as the owner of the account's API key.
pub struct Access {
    /// The account.
    pub account: AccountId,
    /// The API key.
    pub key: SecretString,
}

/// Runs the status change of a button.
///
/// The webhook is expected before the change is made, because it may arrive before the answer. If the result is
/// unclear, the same change by another person within a minute is attributed to this one.
pub async fn act(
    app: &App,
    access: &Access,
    asker: &Asker,
    message: &MessageTs,
    act: &Act,
) -> Result<Acted, StoreError> {
    let found = match with_one_wait(app, || find(app, access, &act.what)).await {
        Ok(found) => found,
        Err(error) => return Ok(Acted::Refused(error)),
    };
    match step(act, &found) {
        Step::Write => {}
        Step::Leave => return Ok(Acted::Already(found)),
        Step::Tell => return Ok(Acted::Moved(found)),
    }
    let change = ExpectedChange {
        account: access.account.clone(),
        object: act.what.object(),
        event: event(&act.what).as_str().to_owned(),
        assigned: None,
        channel: asker.channel_ref.channel.clone(),
        message: message.clone(),
        by: asker.user.clone(),
        expires_at: later(app.clock.now(), EXPECTED_WEBHOOK_PERIOD),
    };
    let workspace = &asker.channel_ref.workspace;
    app.store.expect_webhook(workspace, change.clone()).await?;
    Ok(match with_one_wait(app, || write(app, access, &act.what)).await {
        Ok(found) if is_done(&act.what, &found) => Acted::Done(found),
        Ok(_) | Err(SegmentsError::Unclear(_)) => match find(app, access, &act.what).await {
            Ok(found) if is_done(&act.what, &found) => Acted::Done(found),
            // The change may not be visible yet.
            Ok(_) | Err(_) => Acted::Unclear,
        },
        Err(error) => {
            app.store.forget_expected_webhook(workspace, change).await?;
            Acted::Refused(error)
        }
    })
}

/// Calls again once after a short rate limit, in which case nothing was done.
pub(in crate::app) async fn with_one_wait<T, Called: Future<Output = Result<T, SegmentsError>>>(
    app: &App,
    call: impl Fn() -> Called,
) -> Result<T, SegmentsError> {
    match call().await {
        Err(SegmentsError::Throttled { retry_after }) if retry_after <= MAX_RATE_LIMIT_WAIT => {
            app.clock.sleep(retry_after).await;
            call().await
        }
        answer => answer,
    }
}

async fn find(app: &App, access: &Access, what: &What) -> Result<Found, SegmentsError> {
    match what {
        What::Issue { id, dataset, .. } => app.segments.api.issue(&access.key, *id, dataset).await.map(Found::from),
        What::Label { sample, set, .. } => app.segments.api.label(&access.key, *sample, set).await.map(Found::from),
    }
}

async fn write(app: &App, access: &Access, what: &What) -> Result<Found, SegmentsError> {
    let (api, key) = (&app.segments.api, &access.key);
    match what {
        What::Issue { id, status, .. } => api.set_issue_status(key, *id, *status).await.map(Found::from),
        What::Label { sample, set, status } => api.set_label_status(key, *sample, set, *status).await.map(Found::from),
    }
}

/// The next step for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Change the object.
    Write,
    /// Nothing, because someone else was faster.
    Leave,
    /// Nothing, and tell the person what is different.
    Tell,
}

/// Compares the shown state with the current one. A part that the message did not know cannot differ.
fn step(act: &Act, found: &Found) -> Step {
    let other_status = match act.what {
        What::Issue { status: IssueStatus::Closed, .. } => !found.is(IssueStatus::Open.as_str()),
        What::Issue { status: IssueStatus::Open, .. } => !found.is(IssueStatus::Closed.as_str()),
        What::Label { .. } => false,
    };
    let other_time = act.shown.is_some_and(|time| found.updated_at != Some(time));
    match () {
        () if is_done(&act.what, found) => Step::Leave,
        () if other_status || other_time => Step::Tell,
        () => Step::Write,
    }
}

fn is_done(what: &What, found: &Found) -> bool {
    found.is(match what {
        What::Issue { status, .. } => status.as_str(),
        What::Label { status, .. } => status.as_str(),
    })
}

/// Returns the event that the change causes.
fn event(what: &What) -> Derived {
    match what {
        What::Issue { status: IssueStatus::Closed, .. } => Derived::IssueClosed,
        What::Issue { status: IssueStatus::Open, .. } => Derived::IssueReopened,
        What::Label { status: LabelStatus::Reviewed, .. } => Derived::LabelReviewed,
        What::Label { status: LabelStatus::Rejected, .. } => Derived::LabelRejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DatasetName;
    use crate::segments::api::{IssueId, Labelset, SampleId};
    use jiff::Timestamp;

    const ID: &str = "5e60a1ab-0000-4000-8000-000000000001";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn found(status: Option<&str>, updated_at: Option<Timestamp>) -> Found {
        Found { status: status.map(str::to_owned), updated_at, ..Found::default() }
    }

    #[test]
    fn only_an_issue_that_is_as_it_was_shown_is_changed() {
        let act = |status, shown| {
            let dataset = DatasetName::parse("jane/flowers").unwrap();
            Act { what: What::Issue { id: IssueId::parse(ID).unwrap(), dataset, status }, shown, from: None }
        };
        for (shown, is, expected) in [
            (Some(at(1)), (Some("OPEN"), Some(at(1))), Step::Write),
            (Some(at(1)), (Some("OPEN"), Some(at(2))), Step::Tell),
            (Some(at(1)), (Some("OPEN"), None), Step::Tell),
            (Some(at(1)), (Some("CLOSED"), Some(at(2))), Step::Leave),
            (Some(at(1)), (Some("PARKED"), Some(at(1))), Step::Tell),
            (Some(at(1)), (None, Some(at(1))), Step::Tell),
            (None, (Some("OPEN"), Some(at(7))), Step::Write),
            (None, (None, None), Step::Tell),
        ] {
            assert_eq!(step(&act(IssueStatus::Closed, shown), &found(is.0, is.1)), expected, "{shown:?} {is:?}");
        }
        assert_eq!(step(&act(IssueStatus::Open, Some(at(1))), &found(Some("CLOSED"), Some(at(1)))), Step::Write);
        assert_eq!(step(&act(IssueStatus::Open, Some(at(1))), &found(Some("OPEN"), Some(at(1)))), Step::Leave);
    }

    #[test]
    fn a_label_of_any_status_is_changed_unless_it_was_touched() {
        let (sample, set) = (SampleId::parse(ID).unwrap(), Labelset::parse("ground-truth").unwrap());
        let act =
            Act { what: What::Label { sample, set, status: LabelStatus::Rejected }, shown: Some(at(1)), from: None };
        for (is, expected) in [
            ((Some("LABELED"), Some(at(1))), Step::Write),
            ((Some("VERIFIED"), Some(at(1))), Step::Write),
            ((Some("LABELED"), Some(at(2))), Step::Tell),
            ((Some("REJECTED"), Some(at(2))), Step::Leave),
        ] {
            assert_eq!(step(&act, &found(is.0, is.1)), expected, "{is:?}");
        }
    }
}
