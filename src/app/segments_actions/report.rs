//! Opening an issue on a sample. Doing it twice would make two, so whatever is unclear is looked up first.

use crate::app::forms::{Submitted, says};
use crate::app::segments_actions::context::By;
use crate::app::segments_actions::status_change::patiently;
use crate::model::event::{EventType, KnownType};
use crate::model::object::Issue;
use crate::model::{Event, News, Object, ObjectKey, TriggerId};
use crate::render::{modal, reply};
use crate::segments::api::SegmentsError;
use crate::slack::acts::{LONGEST_TEXT, block};
use crate::store::StoreError;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tracing::{info, warn};

/// Slack may take so long to say what somebody is called.
const PATIENCE: Duration = Duration::from_secs(2);
/// The clock of Segments.ai may be so far behind ours.
const SKEW: Duration = Duration::from_mins(5);

/// Does what a submitted form says, or says what is wrong with it.
pub(super) async fn report(by: &By<'_>) -> Result<Submitted, StoreError> {
    let By { app, asker, access, sheet, filled } = by;
    let workspace = &asker.channel_ref.workspace;
    let wrong = |said: &str| Ok(Submitted::Wrong(modal::wrong(block::TEXT, said)));
    match filled.text.chars().count() {
        0 => return wrong("Say in a few words what is wrong."),
        length if length > LONGEST_TEXT => return wrong("This is too long: at most 2,000 characters fit."),
        _ => {}
    }
    let writer = match app.clock.timeout(PATIENCE, app.slack.user(workspace, &asker.user)).await {
        Some(Ok(info)) => info,
        failed => {
            warn!("could not look up the name of {}: {:?}", asker.user, failed.map(Result::err));
            return Ok(by.again(sheet, &reply::try_again("ask Slack what you are called")));
        }
    };
    let description = modal::description(sheet, &filled.text, writer.shown_name());
    // The same submission sent twice has the same cause.
    let form = ObjectKey::new("form", asker.cause.as_str());
    let Some(_turn) = app.acting.turn(workspace, form) else { return Ok(says(&reply::being_sent())) };
    let app_url = &app.settings.app_url;
    let unseen = || by.again(sheet, &reply::reporting_unseen(sheet, app_url));
    let words = by.cause_of(&description);
    let again = app.store.has_cause(&asker.channel_ref, &asker.cause).await?;
    if again {
        let Some(dataset) = &sheet.dataset else { return Ok(unseen()) };
        match patiently(app, || app.segments.issues_on(&access.key, sheet.sample, dataset)).await {
            Ok(issues) => {
                if let Some((issue, found)) = by.opened(issues).await? {
                    return Ok(by.reported(issue, found == words));
                }
            }
            Err(error) => return Ok(by.again(sheet, &reply::reporting_waits(&error, sheet.ask.task))),
        }
    }
    app.store.note_cause(&asker.channel_ref, &asker.cause, app.clock.now()).await?;
    let are_new = app.store.note_cause(&asker.channel_ref, &words, app.clock.now()).await?;
    let opened = match patiently(app, || app.segments.open_issue(&access.key, sheet.sample, &description)).await {
        Ok(issue) => Some((issue, words.clone())),
        Err(SegmentsError::Unclear(_)) => {
            let Some(dataset) = &sheet.dataset else { return Ok(unseen()) };
            let issues = app.segments.issues_on(&access.key, sheet.sample, dataset).await;
            by.opened(issues.unwrap_or_default()).await?
        }
        Err(error) => {
            // Nothing was done, so that there is nothing to look for; an earlier try may have been taken all the same.
            for cause in [Some(&words).filter(|_| are_new), Some(&asker.cause).filter(|_| !again)].into_iter().flatten()
            {
                app.store.forget_cause(&asker.channel_ref, cause).await?;
            }
            return Ok(by.again(sheet, &reply::act_form_refused(&error, sheet.ask.task)));
        }
    };
    let word = if opened.is_some() { "done" } else { "unclear" };
    info!(workspace.id = %workspace, user.id = %asker.user, "{} requested a new issue: {word}", asker.user);
    Ok(match opened {
        Some((issue, found)) => by.reported(issue, found == words),
        None => by.again(sheet, &reply::reporting_unclear(sheet, app_url)),
    })
}

impl By<'_> {
    /// The issue, of these, that this form has opened, if there is one, and under what its words are noted.
    async fn opened(&self, issues: Vec<Issue>) -> Result<Option<(Issue, TriggerId)>, StoreError> {
        let Self { app, asker, sheet, .. } = self;
        let since = sheet.opened_at.saturating_sub(SKEW).unwrap_or(sheet.opened_at);
        for issue in issues.into_iter().filter(|issue| issue.created_at.is_none_or(|at| at >= since)) {
            let words = self.cause_of(issue.description.as_deref().unwrap_or_default());
            if app.store.has_cause(&asker.channel_ref, &words).await? {
                return Ok(Some((issue, words)));
            }
        }
        Ok(None)
    }

    /// Under what it is noted that this form has sent a description, however it is spaced.
    fn cause_of(&self, description: &str) -> TriggerId {
        let words = description.split_whitespace();
        let words: Vec<&str> = std::iter::once(self.asker.cause.as_str()).chain(words).collect();
        let print = hex::encode(&Sha256::digest(words.join(" "))[..16]);
        TriggerId::parse(format!("form.{print}")).expect("it is short and has no spaces")
    }

    fn reported(&self, issue: Issue, as_written: bool) -> Submitted {
        let owner = issue.created_by.clone();
        let is_shown = self.is_shown(issue);
        let app_url = &self.app.settings.app_url;
        says(&reply::reported(self.sheet, app_url, owner.as_deref(), as_written, is_shown))
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
        let index = self.app.index.read();
        let matches = index.matches(&self.asker.channel_ref.workspace, &news);
        matches.iter().any(|found| found.channel == self.sheet.channel)
    }
}
