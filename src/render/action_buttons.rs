//! The buttons of a message that change what it is about at Segments.ai.

use super::block_kit;
use super::urls::GROUND_TRUTH;
use crate::model::object::{Issue, Label};
use crate::model::{DatasetName, Derived, News, Object};
use crate::segments::api::{IssueId, IssueStatus, LabelStatus, Labelset, SampleId};
use crate::slack::interaction::{Act, Action, Ask, Subject, Task, What};
use slack_morphism::prelude::{SlackActionBlockElement, SlackBlockButtonStyle};

/// What can be changed at Segments.ai from a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AllowedActions {
    /// Nothing: there is no API key.
    #[default]
    Nothing,
    /// Whatever Segments.ai publishes a way for.
    Changes,
    /// That, and issues can be replied to by new ones.
    WithReplies,
}

/// The buttons for what a message is about; none where its object cannot be named in a call, or calls for nothing.
pub(super) fn buttons(news: &News, acts: AllowedActions) -> Vec<SlackActionBlockElement> {
    if acts == AllowedActions::Nothing {
        return Vec::new();
    }
    match &news.event.object {
        Object::Issue(issue) => {
            let Some(dataset) = &news.event.dataset else { return Vec::new() };
            let reply = || reply_to(issue, dataset).filter(|_| acts == AllowedActions::WithReplies);
            of_issue(issue, dataset).into_iter().chain(reply()).collect()
        }
        Object::Label(label) => of_label(label).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What forms can be asked for about: the sample of a message, or that of its label, unless it is gone.
pub(super) fn subject(news: &News) -> Option<Subject> {
    let is_gone = news.event.event_type.verb() == "deleted";
    match &news.event.object {
        _ if is_gone => None,
        Object::Sample(sample) => SampleId::parse(sample.uuid.as_deref()?).map(Subject::Sample),
        Object::Label(label) => {
            let (sample, set) = labeled(label)?;
            Some(Subject::Label(sample, set))
        }
        _ => None,
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
    Some(block_kit::button(&Action::Act(Act { what, shown: issue.updated_at, from: None }), label, None))
}

fn reply_to(issue: &Issue, dataset: &DatasetName) -> Option<SlackActionBlockElement> {
    let about = Subject::Issue(IssueId::parse(issue.uuid.as_deref()?)?, dataset.clone());
    Some(block_kit::button(&Action::Ask(Ask { task: Task::Reply, about }), "Reply…", None))
}

/// The sample and the set of a label.
fn labeled(label: &Label) -> Option<(SampleId, Labelset)> {
    let set = label.labelset.as_deref().unwrap_or(GROUND_TRUTH);
    SampleId::parse(label.sample_uuid.as_deref()?).zip(Labelset::parse(set))
}

/// A button that judges a label, and asks before it does.
pub(super) fn label_button(act: Act, label: &str, status: LabelStatus) -> SlackActionBlockElement {
    let (style, warning) = match status {
        LabelStatus::Reviewed => (None, "The label counts as reviewed, in the name of the owner of the API key."),
        LabelStatus::Rejected => (
            Some(SlackBlockButtonStyle::Danger),
            "The sample goes back to its labeler and comes first in their queue, until it is corrected.",
        ),
    };
    block_kit::confirmed_button(&Action::Act(act), label, style, warning)
}

fn of_label(label: &Label) -> Option<Vec<SlackActionBlockElement>> {
    let (sample, set) = labeled(label)?;
    let shown = label.updated_at;
    let button = |label: &str, status| {
        let what = What::Label { sample, set: set.clone(), status };
        label_button(Act { what, shown, from: None }, label, status)
    };
    let approve = || button("Approve", LabelStatus::Reviewed);
    let reject = || button("Reject", LabelStatus::Rejected);
    Some(match label.status.as_deref() {
        Some("LABELED") => vec![approve(), reject()],
        Some("REVIEWED" | "VERIFIED") => vec![reject()],
        Some("REJECTED") => vec![approve()],
        _ => Vec::new(),
    })
}
