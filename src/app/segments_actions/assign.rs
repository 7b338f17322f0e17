//! Assigns a sample to a person, if its queue still is as the form showed it.

use crate::app::forms::{FormResult, show_message};
use crate::app::segments_actions::context::ActionContext;
use crate::app::segments_actions::status_change::{EXPECTED_WEBHOOK_PERIOD, with_one_wait};
use crate::clock::later;
use crate::model::{Assignment, Derived, ExpectedChange, ObjectKey};
use crate::render::{modal, reply};
use crate::segments::api::{self, Queue, SegmentsError};
use crate::slack::acts::block;
use crate::store::StoreError;
use tracing::info;

/// Applies a submitted form, or returns what is wrong with it.
pub(super) async fn assign(by: &ActionContext<'_>) -> Result<FormResult, StoreError> {
    let wrong = |said: &str| Ok(FormResult::Errors(modal::wrong(block::PERSON, said)));
    let ActionContext { app, asker, access, sheet, filled } = by;
    let workspace = &asker.channel_ref.workspace;
    let (Some(person), Some(queue)) = (&filled.person, filled.queue) else { return wrong("Choose somebody.") };
    let links = app.store.user_mappings(workspace).await?;
    let Some(link) = links.into_iter().find(|link| link.user == *person) else {
        return wrong(reply::person_not_linked());
    };
    let Some(to) = api::SegmentsUsername::parse(link.username.as_str()) else {
        return wrong(&reply::assignee_rejected(&link.username, None));
    };
    let object = ObjectKey::new("sample", &sheet.sample.to_string());
    let Some(_turn) = app.segments.actions_in_progress.turn(workspace, object.clone()) else {
        return wrong(reply::assignment_in_progress());
    };
    let found = match with_one_wait(app, || app.segments.api.sample(&access.key, sheet.sample)).await {
        Ok(found) => found,
        Err(error) => return Ok(by.again(sheet, &reply::action_form_rejected(&error, sheet.ask.task))),
    };
    let app_url = &app.settings.app_url;
    let wanted = Assignment { for_review: queue == Queue::Reviewing, to: link.username.clone() };
    let assigned = |before| show_message(&reply::assigned(sheet, app_url, queue, (person, &link.username), before));
    if wanted.holds_of(&found) {
        return Ok(assigned(true));
    }
    let now = sheet.at(&found);
    if now.holder(queue) != sheet.holder(queue) {
        return Ok(by.again(&now, &reply::assignment_changed(queue, now.holder(queue))));
    }
    let change = ExpectedChange {
        account: access.account.clone(),
        event: Derived::SampleAssigned.as_str().to_owned(),
        assigned: Some(wanted.clone()),
        object,
        channel: sheet.channel.clone(),
        message: sheet.message.clone(),
        by: asker.user.clone(),
        expires_at: later(app.clock.now(), EXPECTED_WEBHOOK_PERIOD),
    };
    app.store.expect_webhook(workspace, change.clone()).await?;
    let written = with_one_wait(app, || app.segments.api.assign(&access.key, sheet.sample, queue, Some(&to))).await;
    let word = written.as_ref().map_or_else(SegmentsError::word, |_| "done");
    info!(workspace.id = %workspace, user.id = %asker.user, "{} requested the assignment of a sample: {word}", asker.user);
    Ok(match written {
        Ok(sample) if wanted.holds_of(&sample) => assigned(false),
        Ok(_) | Err(SegmentsError::Unclear(_)) => match app.segments.api.sample(&access.key, sheet.sample).await {
            Ok(sample) if wanted.holds_of(&sample) => assigned(false),
            // The change may not be visible yet.
            Ok(_) | Err(_) => show_message(&reply::assignment_unknown(sheet, app_url)),
        },
        Err(error) => {
            app.store.forget_expected_webhook(workspace, change).await?;
            match error {
                SegmentsError::Rejected { said } => {
                    return wrong(&reply::assignee_rejected(&link.username, said.words()));
                }
                error => by.again(sheet, &reply::action_form_rejected(&error, sheet.ask.task)),
            }
        }
    })
}
