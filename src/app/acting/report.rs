//! Opening an issue on a sample. Doing it twice would make two, so whatever is unclear is looked up first.

use super::form::By;
use crate::app::act::patiently;
use crate::app::modal::{Submitted, says};
use crate::model::event::{EventType, KnownType};
use crate::model::object::Issue;
use crate::model::{Event, News, Object, ObjectKey};
use crate::render::{modal, reply};
use crate::segments::api::{SegmentsError, Trouble};
use crate::slack::acts::{LONGEST_TEXT, block};
use crate::store::StoreError;
use std::sync::PoisonError;
use std::time::Duration;
use tracing::{info, warn};

/// Slack may take so long to say what somebody is called.
const PATIENCE: Duration = Duration::from_secs(2);
/// The clock of Segments.ai may be so far behind ours.
const SKEW: Duration = Duration::from_mins(5);

/// Does what a submitted form says, or says what is wrong with it.
pub(super) async fn report(by: &By<'_>) -> Result<Submitted, StoreError> {
    let By { app, asker, access, sheet, filled } = by;
    let workspace = &asker.lane.workspace;
    let wrong = |said: &str| Ok(Submitted::Wrong(modal::wrong(block::TEXT, said)));
    match filled.text.chars().count() {
        0 => return wrong("Say in a few words what is wrong."),
        length if length > LONGEST_TEXT => return wrong("This is too long: at most 2,000 characters fit."),
        _ => {}
    }
    let writer = match app.clock.timeout(PATIENCE, app.slack.user(workspace, &asker.user)).await {
        Some(Ok(info)) => info,
        failed => {
            warn!("could not ask Slack what {} is called: {:?}", asker.user, failed.map(Result::err));
            return Ok(by.again(sheet, &reply::try_again("ask Slack what you are called")));
        }
    };
    let description = modal::description(sheet, &filled.text, writer.shown_name());
    // The same submission sent twice has the same cause.
    let form = ObjectKey::new("form", asker.cause.as_str());
    let Some(_turn) = app.acting.turn(workspace, form) else { return Ok(says(&reply::being_sent())) };
    let is_first = app.store.note_cause(&asker.lane, &asker.cause, app.clock.now()).await?;
    let before = if is_first { Ok(None) } else { by.opened(&description).await };
    let opened = match before {
        Ok(None) => match patiently(app, || app.segments.open_issue(&access.key, sheet.sample, &description)).await {
            Err(SegmentsError::Unclear(_)) => by.opened(&description).await.unwrap_or_default(),
            Ok(issue) => Some(issue),
            Err(error) => return Ok(by.again(sheet, &reply::act_form_refused(&error, sheet.ask.task))),
        },
        Ok(found) => found,
        Err(_) => None,
    };
    let word = if opened.is_some() { "done" } else { "unclear" };
    info!(workspace.id = %workspace, user.id = %asker.user, "{} asked to open an issue: {word}", asker.user);
    let app_url = &app.settings.app_url;
    Ok(match opened {
        Some(issue) => {
            let owner = issue.created_by.clone();
            says(&reply::reported(sheet, app_url, owner.as_deref(), by.is_shown(issue)))
        }
        None => by.again(sheet, &reply::reporting_unclear(sheet, app_url)),
    })
}

impl By<'_> {
    /// The issue of these words that was opened on the sample since the form was, if there is one.
    async fn opened(&self, description: &str) -> Result<Option<Issue>, SegmentsError> {
        let Self { app, access, sheet, .. } = self;
        let dataset = sheet.dataset.as_ref().ok_or(SegmentsError::Unavailable(Trouble::Unreadable))?;
        let issues = app.segments.issues_on(&access.key, sheet.sample, dataset).await?;
        let since = sheet.opened_at.saturating_sub(SKEW).unwrap_or(sheet.opened_at);
        Ok(issues.into_iter().find(|issue| {
            let words = issue.description.as_deref().unwrap_or_default().split_whitespace();
            issue.created_at.is_none_or(|at| at >= since) && words.eq(description.split_whitespace())
        }))
    }

    /// Whether the card of an issue comes to the channel that it was opened from.
    fn is_shown(&self, issue: Issue) -> bool {
        let event = Event {
            event_type: EventType::Known(KnownType::IssueCreated),
            created_at: issue.created_at.unwrap_or(self.sheet.opened_at),
            dataset: self.sheet.dataset.clone(),
            object: Object::Issue(Box::new(issue)),
            text: None,
        };
        let sample_name = self.sheet.name.clone();
        let news = News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name, asked_by: None };
        let index = self.app.index.read().unwrap_or_else(PoisonError::into_inner);
        let matches = index.matches(&self.asker.lane.workspace, &news);
        matches.iter().any(|found| found.channel == self.sheet.channel)
    }
}
