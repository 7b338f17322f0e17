//! Acting on Segments.ai from Slack: what is there is read again first, and changed only if it is what was shown.

use super::App;
use crate::clock::later;
use crate::model::event::Derived;
use crate::model::object::Issue;
use crate::model::{AccountId, DatasetName, Lane, ObjectKey, OwnChange};
use crate::segments::api::{IssueId, IssueStatus, SegmentsApi, SegmentsError};
use crate::store::StoreError;
use jiff::Timestamp;
use secrecy::SecretString;
use std::time::Duration;

/// So long a change is expected to come back as a webhook; later it is news.
const ECHO: Duration = Duration::from_mins(1);

/// By what right something is done: as the owner of the account's key.
pub struct Access<'a> {
    /// Segments.ai.
    pub api: &'a SegmentsApi,
    /// The account.
    pub account: &'a AccountId,
    /// Its key.
    pub key: &'a SecretString,
}

/// An issue as a card showed it to whoever clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The issue.
    pub id: IssueId,
    /// Where it is.
    pub dataset: DatasetName,
    /// Its status.
    pub status: Option<String>,
    /// When it was touched last.
    pub updated_at: Option<Timestamp>,
}

/// What came of a click.
#[derive(Debug, Clone, PartialEq)]
pub enum Acted {
    /// It is done; so the issue is now.
    Done(Box<Issue>),
    /// It was so already, and nothing was written.
    Already(Box<Issue>),
    /// It is not what was shown any more, and nothing was written. So it is now.
    Moved(Box<Issue>),
    /// It was not done.
    Refused(SegmentsError),
    /// It may have been done: Segments.ai did not say, and the issue does not show it.
    Unclear,
}

/// Resolves or reopens an issue for somebody in a channel.
///
/// That the change comes back is expected before it is made, since the webhook may be faster than the answer. If nothing
/// comes of it, the same change by somebody else within a minute is taken for it: their change is shown in the card and
/// not posted anew.
pub async fn set_issue_status(
    app: &App,
    access: &Access<'_>,
    lane: &Lane,
    shown: &Shown,
    wanted: IssueStatus,
) -> Result<Acted, StoreError> {
    let Access { api, account, key } = access;
    let found = match api.issue(key, shown.id, &shown.dataset).await {
        Ok(found) => Box::new(found),
        Err(error) => return Ok(Acted::Refused(error)),
    };
    match step(shown, &found, wanted) {
        Step::Write => {}
        Step::Leave => return Ok(Acted::Already(found)),
        Step::Tell => return Ok(Acted::Moved(found)),
    }
    app.store.expect_echo(&lane.workspace, echo(account, lane, &found, wanted, app.clock.now())).await?;
    Ok(match api.set_issue_status(key, shown.id, wanted).await {
        Ok(issue) if has(&issue, wanted) => Acted::Done(Box::new(issue)),
        Ok(_) | Err(SegmentsError::Unclear(_)) => match api.issue(key, shown.id, &shown.dataset).await {
            Ok(issue) if has(&issue, wanted) => Acted::Done(Box::new(issue)),
            // What is under way still does not show.
            Ok(_) | Err(_) => Acted::Unclear,
        },
        Err(error) => Acted::Refused(error),
    })
}

/// What is to be done about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Change it.
    Write,
    /// Nothing: somebody was faster.
    Leave,
    /// Nothing but to say what is different.
    Tell,
}

/// Compares what was shown with what is there. What a card did not know cannot have moved.
fn step(shown: &Shown, found: &Issue, wanted: IssueStatus) -> Step {
    let other_status = shown.status.as_ref().is_some_and(|status| found.status.as_ref() != Some(status));
    let other_time = shown.updated_at.is_some_and(|time| found.updated_at != Some(time));
    if has(found, wanted) {
        Step::Leave
    } else if other_status || other_time {
        Step::Tell
    } else {
        Step::Write
    }
}

fn has(issue: &Issue, status: IssueStatus) -> bool {
    issue.status.as_deref() == Some(status.as_str())
}

/// The webhook that closing or opening an issue causes.
fn echo(account: &AccountId, lane: &Lane, issue: &Issue, wanted: IssueStatus, now: Timestamp) -> OwnChange {
    let event = match wanted {
        IssueStatus::Closed => Derived::IssueClosed,
        IssueStatus::Open => Derived::IssueReopened,
    };
    OwnChange {
        account: account.clone(),
        object: ObjectKey::new("issue", issue.uuid.as_deref().unwrap_or_default()),
        event: event.as_str().to_owned(),
        channel: lane.channel.clone(),
        expires_at: later(now, ECHO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_it_was_shown_is_changed() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let shown = |status: Option<&str>, updated_at| Shown {
            id: IssueId::parse("5e60a1ab-0000-4000-8000-000000000001").unwrap(),
            dataset: DatasetName::parse("jane/flowers").unwrap(),
            status: status.map(str::to_owned),
            updated_at,
        };
        let found = |status: Option<&str>, updated_at| Issue {
            status: status.map(str::to_owned),
            updated_at,
            ..Issue::default()
        };
        for (was, is, expected) in [
            ((Some("OPEN"), at(1)), (Some("OPEN"), at(1)), Step::Write),
            ((Some("OPEN"), at(1)), (Some("OPEN"), at(2)), Step::Tell),
            ((Some("OPEN"), at(1)), (Some("OPEN"), None), Step::Tell),
            ((Some("OPEN"), at(1)), (Some("CLOSED"), at(2)), Step::Leave),
            ((Some("OPEN"), at(1)), (Some("PARKED"), at(1)), Step::Tell),
            ((Some("OPEN"), at(1)), (None, at(1)), Step::Tell),
            ((None, None), (Some("OPEN"), at(7)), Step::Write),
            ((None, None), (None, None), Step::Write),
        ] {
            let step = step(&shown(was.0, was.1), &found(is.0, is.1), IssueStatus::Closed);
            assert_eq!(step, expected, "{was:?} {is:?}");
        }
    }
}
