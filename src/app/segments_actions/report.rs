//! Opens an issue on a sample. A repeated call would open two, so an unclear result is looked up first.

use crate::app::forms::{FormResult, show_message};
use crate::app::segments_actions::context::ActionContext;
use crate::app::segments_actions::status_change::with_one_wait;
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

/// The time that Slack has to tell the person's name.
const SLACK_LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// The tolerated difference between the clock of Segments.ai and ours.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Applies a submitted form, or returns what is wrong with it.
pub(super) async fn report(by: &ActionContext<'_>) -> Result<FormResult, StoreError> {
    let ActionContext { app, asker, access, sheet, filled } = by;
    let workspace = &asker.channel_ref.workspace;
    let wrong = |said: &str| Ok(FormResult::Errors(modal::wrong(block::TEXT, said)));
    match filled.text.chars().count() {
        0 => return wrong("Say in a few words what is wrong."),
        length if length > LONGEST_TEXT => return wrong("This is too long: at most 2,000 characters fit."),
        _ => {}
    }
    let writer = match app.clock.timeout(SLACK_LOOKUP_TIMEOUT, app.slack.api.user(workspace, &asker.user)).await {
        Some(Ok(info)) => info,
        failed => {
            warn!("could not look up the name of {}: {:?}", asker.user, failed.map(Result::err));
            return Ok(by.again(sheet, &reply::unavailable("ask Slack what you are called")));
        }
    };
    let description = modal::description(sheet, &filled.text, writer.shown_name());
    // A repeated submission has the same cause.
    let form = ObjectKey::new("form", asker.cause.as_str());
    let Some(_turn) = app.segments.actions_in_progress.turn(workspace, form) else {
        return Ok(show_message(&reply::form_in_progress()));
    };
    let app_url = &app.settings.app_url;
    let unseen = || by.again(sheet, &reply::report_unknown_without_dataset(sheet, app_url));
    let words = by.cause_of(&description);
    let again = app.store.has_trigger(&asker.channel_ref, &asker.cause).await?;
    if again {
        let Some(dataset) = &sheet.dataset else { return Ok(unseen()) };
        match with_one_wait(app, || app.segments.api.issues_on(&access.key, sheet.sample, dataset)).await {
            Ok(issues) => {
                if let Some((issue, found)) = by.opened(issues).await? {
                    return Ok(by.reported(issue, found == words));
                }
            }
            Err(error) => return Ok(by.again(sheet, &reply::earlier_report_unknown(&error, sheet.ask.task))),
        }
    }
    app.store.note_trigger(&asker.channel_ref, &asker.cause, app.clock.now()).await?;
    let are_new = app.store.note_trigger(&asker.channel_ref, &words, app.clock.now()).await?;
    let opened = match with_one_wait(app, || app.segments.api.open_issue(&access.key, sheet.sample, &description)).await
    {
        Ok(issue) => Some((issue, words.clone())),
        Err(SegmentsError::Unclear(_)) => {
            let Some(dataset) = &sheet.dataset else { return Ok(unseen()) };
            let issues = app.segments.api.issues_on(&access.key, sheet.sample, dataset).await;
            by.opened(issues.unwrap_or_default()).await?
        }
        Err(error) => {
            // Nothing was created by this attempt; an earlier one may have succeeded.
            for cause in [Some(&words).filter(|_| are_new), Some(&asker.cause).filter(|_| !again)].into_iter().flatten()
            {
                app.store.forget_trigger(&asker.channel_ref, cause).await?;
            }
            return Ok(by.again(sheet, &reply::action_form_rejected(&error, sheet.ask.task)));
        }
    };
    let word = if opened.is_some() { "done" } else { "unclear" };
    info!(workspace.id = %workspace, user.id = %asker.user, "{} requested a new issue: {word}", asker.user);
    Ok(match opened {
        Some((issue, found)) => by.reported(issue, found == words),
        None => by.again(sheet, &reply::report_unknown(sheet, app_url)),
    })
}

impl ActionContext<'_> {
    /// Returns the issue that this form opened, if there is one, with the cause under which its text is noted.
    async fn opened(&self, issues: Vec<Issue>) -> Result<Option<(Issue, TriggerId)>, StoreError> {
        let Self { app, asker, sheet, .. } = self;
        let since = sheet.opened_at.saturating_sub(MAX_CLOCK_SKEW).unwrap_or(sheet.opened_at);
        for issue in issues.into_iter().filter(|issue| issue.created_at.is_none_or(|at| at >= since)) {
            let words = self.cause_of(issue.description.as_deref().unwrap_or_default());
            if app.store.has_trigger(&asker.channel_ref, &words).await? {
                return Ok(Some((issue, words)));
            }
        }
        Ok(None)
    }

    /// Returns the cause that notes a description sent by this form, regardless of its spacing.
    fn cause_of(&self, description: &str) -> TriggerId {
        let words = description.split_whitespace();
        let words: Vec<&str> = std::iter::once(self.asker.cause.as_str()).chain(words).collect();
        let print = hex::encode(&Sha256::digest(words.join(" "))[..16]);
        TriggerId::parse(format!("form.{print}")).expect("it is short and has no spaces")
    }

    fn reported(&self, issue: Issue, as_written: bool) -> FormResult {
        let owner = issue.created_by.clone();
        let is_shown = self.is_shown(issue);
        let app_url = &self.app.settings.app_url;
        show_message(&reply::reported(self.sheet, app_url, owner.as_deref(), as_written, is_shown))
    }

    /// Returns true if the card of an issue will appear in the channel where the form was opened.
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
