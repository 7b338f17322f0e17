//! The subscription modal: opening it, updating it while it is filled in, and applying a submission.

use crate::app::answer::{Asker, Reply};
use crate::app::forms::{FormResult, ModalUser, check_presence, open_view, show_message, sign_presence};
use crate::app::permission::may_subscribe;
use crate::app::subscriptions::changes::NotReplaced;
use crate::app::subscriptions::subscribe;
use crate::app::subscriptions::subscribe::{ReplaceError, SubscribeResult};
use crate::app::{App, notify};
use crate::model::{ChannelId, DatasetName, DatasetPattern, Glob, Rule, TriggerId, WorkspaceId};
use crate::render::modal::{self, DatasetOption};
use crate::render::{Message, reply};
use crate::slack::command::{Asked, Command, Target, parse};
use crate::slack::form::{CALLBACK, Edits, Form, Sheet, fingerprint};
use crate::slack::interaction::{Click, Doing, Suggestion};
use crate::slack::view::View;
use crate::store::StoreError;
use std::sync::Arc;
use tracing::debug;

/// The number of datasets in the menu; Slack allows a hundred.
const MAX_DATASET_SUGGESTIONS: usize = 50;

/// Opens the modal for a new subscription, with the channel filled in if it is known.
pub(in crate::app) async fn open(app: &App, person: &ModalUser, channel: Option<&ChannelId>) -> Option<Reply> {
    // Direct messages cannot be subscribed.
    let channel = channel.filter(|channel| !channel.as_str().starts_with('D'));
    let sheet = Sheet { channel: channel.cloned(), edits: None, seal: None };
    show(app, person, &Form::new(channel.cloned()), &sheet, reply::subscribe_by_command()).await
}

/// Opens the modal to edit a subscription.
pub(in crate::app) async fn edit(app: &App, asker: &Asker, number: u32) -> Result<Option<Reply>, StoreError> {
    let existing = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
    let Some(subscription) = existing.iter().find(|subscription| subscription.number == number) else {
        let missing = reply::no_such_subscription(&Target::Number(number).to_string(), &existing);
        return Ok(Some(Reply::asker(missing)));
    };
    let channel = &asker.channel_ref.channel;
    let edits = Edits { number, seen: fingerprint(&subscription.rule) };
    let sheet = Sheet { channel: Some(channel.clone()), edits: Some(edits), seal: None };
    let form = Form::of(&subscription.rule, channel.clone());
    Ok(show(app, &ModalUser::from(asker), &form, &sheet, reply::edit_by_command(subscription)).await)
}

/// Opens the modal. Returns a reply with `otherwise` if Slack does not open it.
async fn show(app: &App, person: &ModalUser, form: &Form, sheet: &Sheet, otherwise: Message) -> Option<Reply> {
    let seal = sign_presence(app, person, sheet.channel.as_ref());
    open_view(app, person, &modal::subscription(form, &Sheet { seal, ..sheet.clone() }), otherwise).await
}

/// Updates the modal to its current values.
pub(in crate::app) async fn follow(app: &App, click: &Click) -> Result<(), StoreError> {
    let Some(view) = click.view.as_ref().filter(|view| view.callback_id == CALLBACK) else { return Ok(()) };
    let sheet = Sheet::read(&view.private_metadata);
    let current = current(app, &click.workspace, &sheet).await?;
    let shown = modal::subscription(&filled(view, &sheet, current.as_ref()), &sheet);
    if let Err(error) = app.slack.api.update_view(&click.workspace, &view.id, Some(&view.hash), &shown).await {
        // The person was faster; the next change updates everything.
        debug!("could not update a modal: {error}");
    }
    Ok(())
}

/// Returns the current rule of the subscription that is edited.
async fn current(app: &App, workspace: &WorkspaceId, sheet: &Sheet) -> Result<Option<Rule>, StoreError> {
    let (Some(edits), Some(channel)) = (&sheet.edits, &sheet.channel) else { return Ok(None) };
    let book = app.store.channel_subscriptions(&App::channel_ref(workspace, channel)).await?;
    let found = book.subscriptions.into_iter().find(|subscription| subscription.number == edits.number);
    Ok(found.map(|subscription| subscription.rule))
}

fn filled(view: &View, sheet: &Sheet, current: Option<&Rule>) -> Form {
    let fixed = sheet.channel.clone().filter(|_| sheet.edits.is_some());
    let groups = current.map(|rule| rule.options.mention.iter().filter(|id| id.starts_with('S')).cloned().collect());
    let form = Form::read(view, fixed, groups.unwrap_or_default());
    match (&sheet.edits, &sheet.channel, current) {
        // The form shows what the person has seen.
        (Some(edits), Some(channel), Some(rule)) if fingerprint(rule) == edits.seen => {
            form.with_what_did_not_fit(&Form::of(rule, channel.clone()))
        }
        _ => form,
    }
}

/// Suggests datasets while a person types: known ones, and the typed text if it is a pattern.
pub async fn suggest(app: &App, asked: &Doing<Suggestion>) -> Vec<DatasetOption> {
    let is_served = !asked.is_of_stranger() && app.serves(&asked.workspace);
    if !is_served || !may_subscribe(app, &asked.workspace, &asked.user).await {
        return Vec::new();
    }
    let typed = asked.what.typed.trim();
    let as_typed = match parse(&format!("subscribe {typed}")) {
        Ok(Command::Subscribe(wanted)) => match wanted.datasets.as_slice() {
            [dataset] if wanted.include.is_empty() && wanted.filters.is_empty() => Some(dataset.clone()),
            _ => None,
        },
        _ => None,
    };
    let index = app.index.read();
    // A pasted URL is searched by the dataset in it.
    let wanted =
        as_typed.as_ref().map_or_else(|| typed.to_owned(), |dataset| format!("{}/{}", dataset.owner, dataset.name));
    let found = found(index.datasets(&asked.workspace), wanted.trim_matches('"'));
    let known = |dataset: &&DatasetName| {
        let pattern = DatasetPattern { owner: Glob::new(dataset.owner()), name: Glob::new(dataset.name()) };
        Some((modal::seen(dataset.as_str(), &pattern.to_string())?, pattern))
    };
    let seen: Vec<(DatasetOption, DatasetPattern)> = found.iter().filter_map(known).collect();
    let own = as_typed.filter(|typed| seen.iter().all(|(_, pattern)| pattern != typed));
    let own = own.and_then(|pattern| modal::as_typed(&pattern.to_string()));
    let any = typed.is_empty().then(|| modal::as_typed("*")).flatten();
    own.into_iter().chain(seen.into_iter().map(|(entry, _)| entry)).chain(any).collect()
}

/// Returns the datasets that start with a text, then those that contain it, ignoring case.
fn found<'a>(datasets: impl Iterator<Item = &'a DatasetName>, typed: &str) -> Vec<&'a DatasetName> {
    let typed = typed.to_lowercase();
    let (mut beginning, mut containing) = (Vec::new(), Vec::new());
    for dataset in datasets {
        let name = dataset.as_str().to_lowercase();
        if name.starts_with(&typed) {
            beginning.push(dataset);
            if beginning.len() == MAX_DATASET_SUGGESTIONS {
                break;
            }
        } else if containing.len() < MAX_DATASET_SUGGESTIONS && name.contains(&typed) {
            containing.push(dataset);
        }
    }
    beginning.extend(containing);
    beginning.truncate(MAX_DATASET_SUGGESTIONS);
    beginning
}

/// Applies the submitted subscription modal, or returns what is wrong with it.
pub(in crate::app) async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<FormResult, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let sheet = Sheet::read(&view.private_metadata);
    let current = current(app, workspace, &sheet).await?;
    let form = filled(view, &sheet, current.as_ref());
    let Some(channel) = &form.channel else {
        return Ok(FormResult::Errors(modal::channel_error("Choose the channel that is to get the messages.")));
    };
    let before = current.as_ref().map(|rule| (rule, Form::of(rule, channel.clone())));
    let same = before.as_ref().filter(|(_, opened)| *opened == form).map(|(rule, _)| *rule);
    let wanted = match form.asked() {
        Ok(wanted) => wanted,
        // The original may be longer than what can be typed.
        Err(_) if same.is_some() => Asked::default(),
        Err(wrong) => return Ok(FormResult::Errors(modal::errors(&wrong))),
    };
    if same.is_none() && wanted.rules().iter().any(|rule| rule.events.is_empty()) {
        return Ok(FormResult::Errors(modal::nothing_selected_error()));
    }
    // A repeated submission has the same cause and is applied once.
    let Ok(cause) = TriggerId::parse(format!("view.{}", view.id)) else { return Ok(FormResult::Close) };
    let asker = Asker { channel_ref: App::channel_ref(workspace, channel), user: user.clone(), cause };
    if let Err(refusal) = check_presence(app, &asker, &sheet).await {
        return Ok(match sheet.edits {
            None => FormResult::Errors(modal::channel_error(&refusal.text)),
            Some(_) => show_message(&refusal),
        });
    }
    let outcome = match &sheet.edits {
        None => subscribe::subscribe(app, &asker, &wanted, true).await?,
        Some(edits) => {
            let asked_for = || wanted.rules().pop().expect("a form asks for exactly one dataset");
            let rule = match (same, &before) {
                (Some(same), _) => same.clone(),
                (None, Some((rule, opened))) => as_before(rule, opened, &form, asked_for()),
                (None, None) => asked_for(),
            };
            match subscribe::replace(app, &asker, edits, &rule).await {
                Ok(outcome) => outcome,
                Err(ReplaceError::Store(error)) => return Err(error),
                Err(ReplaceError::NotReplaced(why)) => return Ok(not_replaced(why, edits.number)),
            }
        }
    };
    Ok(match outcome {
        SubscribeResult::Changed(message) => {
            notify::channel(app, &asker.channel_ref, user, message);
            FormResult::Close
        }
        SubscribeResult::Repeated(_) => FormResult::Close,
        SubscribeResult::Refused(message) if sheet.edits.is_none() => {
            FormResult::Errors(modal::channel_error(&message.text))
        }
        SubscribeResult::Refused(message) | SubscribeResult::Waits(message) | SubscribeResult::Unchanged(message) => {
            show_message(&message)
        }
    })
}

/// Says in the modal why the subscription with this number was not replaced.
fn not_replaced(why: NotReplaced, number: u32) -> FormResult {
    match why {
        NotReplaced::Taken(taken_by) => FormResult::Errors(modal::taken_error(taken_by)),
        NotReplaced::SelectsNothing(dataset) => show_message(&reply::selects_nothing(&dataset)),
        NotReplaced::Gone => show_message(&reply::edited_subscription_removed(number)),
        NotReplaced::ChangedSince => show_message(&reply::edited_subscription_changed(number)),
    }
}

/// Keeps the events as they were written if the form selects the same ones.
fn as_before(current: &Rule, opened: &Form, form: &Form, mut rule: Rule) -> Rule {
    // Checkboxes have no order.
    if (&opened.ticked, &opened.more) == (&form.ticked, &form.more) {
        rule.events = current.events.clone();
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_offers_few_datasets_and_first_those_that_match() {
        let dataset = |name: String| DatasetName::parse(&name).unwrap();
        let mut many: Vec<_> = (0..100_000).map(|n| dataset(format!("ann/of-jane-{n}"))).collect();
        many.extend((0..3).map(|n| dataset(format!("Jane/flowers-{n}"))));
        let entries = |typed| found(many.iter(), typed).into_iter().map(DatasetName::as_str).collect::<Vec<_>>();
        let offered = entries("jane");
        assert_eq!(
            (offered.len(), &offered[..2]),
            (MAX_DATASET_SUGGESTIONS, &["Jane/flowers-0", "Jane/flowers-1"][..])
        );
        assert_eq!(entries("").len(), MAX_DATASET_SUGGESTIONS);
        assert!(entries("nobody").is_empty());
    }
}
