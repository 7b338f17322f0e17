//! The buttons of a message that change what it is about at Segments.ai.

use super::kit;
use super::links::GROUND_TRUTH;
use crate::model::object::{Issue, Label};
use crate::model::{DatasetName, Derived, News, Object};
use crate::segments::api::{IssueId, IssueStatus, LabelStatus, Labelset, SampleId};
use crate::slack::interaction::{Act, Action, What};
use slack_morphism::prelude::{SlackActionBlockElement, SlackBlockButtonStyle};

/// The buttons for what a message is about; none where its object cannot be named in a call, or calls for nothing.
pub(super) fn buttons(news: &News) -> Vec<SlackActionBlockElement> {
    match &news.event.object {
        Object::Issue(issue) => {
            news.event.dataset.as_ref().and_then(|dataset| of_issue(issue, dataset)).into_iter().collect()
        }
        Object::Label(label) => of_label(label).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether somebody is to decide about what one line tells, so that the line has buttons.
pub(super) fn call_for_decision(news: &News) -> bool {
    news.derived == Some(Derived::LabelLabeled)
}

fn of_issue(issue: &Issue, dataset: &DatasetName) -> Option<SlackActionBlockElement> {
    let (label, status) = match issue.status.as_deref() {
        Some("OPEN") | None => ("Resolve", IssueStatus::Closed),
        Some("CLOSED") => ("Reopen", IssueStatus::Open),
        Some(_) => return None,
    };
    let what = What::Issue { id: IssueId::parse(issue.uuid.as_deref()?)?, dataset: dataset.clone(), status };
    Some(kit::button(&Action::Act(Act { what, shown: issue.updated_at, from: None }), label, None))
}

fn of_label(label: &Label) -> Option<Vec<SlackActionBlockElement>> {
    let sample = SampleId::parse(label.sample_uuid.as_deref()?)?;
    let set = Labelset::parse(label.labelset.as_deref().unwrap_or(GROUND_TRUTH))?;
    let shown = label.updated_at;
    let button = |label: &str, status, style, warning: &str| {
        let what = What::Label { sample, set: set.clone(), status };
        kit::confirmed_button(&Action::Act(Act { what, shown, from: None }), label, style, warning)
    };
    let approve = || {
        let warning = "The label counts as reviewed, in the name of the owner of the API key.";
        button("Approve", LabelStatus::Reviewed, None, warning)
    };
    let reject = || {
        let warning = "The sample goes back to its labeler and comes first in their queue, until it is corrected.";
        button("Reject", LabelStatus::Rejected, Some(SlackBlockButtonStyle::Danger), warning)
    };
    Some(match label.status.as_deref() {
        Some("LABELED") => vec![approve(), reject()],
        Some("REVIEWED" | "VERIFIED") => vec![reject()],
        Some("REJECTED") => vec![approve()],
        _ => Vec::new(),
    })
}
