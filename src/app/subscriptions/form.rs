//! The modal of a subscription: opening it, following what is filled in, and doing what was submitted.

use crate::app::answer::{Asker, Reply};
use crate::app::forms::{Person, Submitted, may_speak_for, open_view, says, seal};
use crate::app::permission::may_subscribe;
use crate::app::subscriptions::changes::NotReplaced;
use crate::app::subscriptions::subscribe;
use crate::app::subscriptions::subscribe::{Outcome, ReplaceError};
use crate::app::{App, notify};
use crate::model::{ChannelId, DatasetName, DatasetPattern, Glob, Rule, TriggerId, WorkspaceId};
use crate::render::modal::{self, Entry};
use crate::render::{Message, reply};
use crate::slack::command::{Asked, Command, Target, parse};
use crate::slack::form::{CALLBACK, Edits, Form, Sheet, fingerprint};
use crate::slack::interaction::{Click, Doing, Suggestion};
use crate::slack::view::View;
use crate::store::StoreError;
use std::sync::Arc;
use tracing::debug;

/// The menu of datasets offers so many; Slack takes a hundred.
const ENTRIES: usize = 50;

/// Opens the modal for a new subscription; a channel that is known is filled in.
pub(in crate::app) async fn open(app: &App, person: &Person, channel: Option<&ChannelId>) -> Option<Reply> {
    // A direct message is nothing to subscribe.
    let channel = channel.filter(|channel| !channel.as_str().starts_with('D'));
    let sheet = Sheet { channel: channel.cloned(), edits: None, seal: None };
    show(app, person, &Form::new(channel.cloned()), &sheet, reply::subscribe_by_command()).await
}

/// Opens the modal on a subscription.
pub(in crate::app) async fn edit(app: &App, asker: &Asker, number: u32) -> Result<Option<Reply>, StoreError> {
    let existing = app.store.book(&asker.channel_ref).await?.subscriptions;
    let Some(subscription) = existing.iter().find(|subscription| subscription.number == number) else {
        let missing = reply::no_such_subscription(&Target::Number(number).to_string(), &existing);
        return Ok(Some(Reply::asker(missing)));
    };
    let channel = &asker.channel_ref.channel;
    let edits = Edits { number, seen: fingerprint(&subscription.rule) };
    let sheet = Sheet { channel: Some(channel.clone()), edits: Some(edits), seal: None };
    let form = Form::of(&subscription.rule, channel.clone());
    Ok(show(app, &Person::from(asker), &form, &sheet, reply::edit_by_command(subscription)).await)
}

/// Opens the modal; says `otherwise` where Slack does not let it be opened.
async fn show(app: &App, person: &Person, form: &Form, sheet: &Sheet, otherwise: Message) -> Option<Reply> {
    let seal = seal(app, person, sheet.channel.as_ref());
    open_view(app, person, &modal::subscription(form, &Sheet { seal, ..sheet.clone() }), otherwise).await
}

/// Shows the modal as it is filled in now.
pub(in crate::app) async fn follow(app: &App, click: &Click) -> Result<(), StoreError> {
    let Some(view) = click.view.as_ref().filter(|view| view.callback_id == CALLBACK) else { return Ok(()) };
    let sheet = Sheet::read(&view.private_metadata);
    let current = current(app, &click.workspace, &sheet).await?;
    let shown = modal::subscription(&filled(view, &sheet, current.as_ref()), &sheet);
    if let Err(error) = app.slack.update_view(&click.workspace, &view.id, Some(&view.hash), &shown).await {
        // Whoever fills in fast is ahead of us; the next change shows everything.
        debug!("could not update a modal: {error}");
    }
    Ok(())
}

/// The subscription that a sheet is about, as it is now.
async fn current(app: &App, workspace: &WorkspaceId, sheet: &Sheet) -> Result<Option<Rule>, StoreError> {
    let (Some(edits), Some(channel)) = (&sheet.edits, &sheet.channel) else { return Ok(None) };
    let book = app.store.book(&App::channel_ref(workspace, channel)).await?;
    let found = book.subscriptions.into_iter().find(|subscription| subscription.number == edits.number);
    Ok(found.map(|subscription| subscription.rule))
}

fn filled(view: &View, sheet: &Sheet, current: Option<&Rule>) -> Form {
    let fixed = sheet.channel.clone().filter(|_| sheet.edits.is_some());
    let groups = current.map(|rule| rule.options.mention.iter().filter(|id| id.starts_with('S')).cloned().collect());
    let form = Form::read(view, fixed, groups.unwrap_or_default());
    match (&sheet.edits, &sheet.channel, current) {
        // Whoever knows what it looked like has seen it.
        (Some(edits), Some(channel), Some(rule)) if fingerprint(rule) == edits.seen => {
            form.with_what_did_not_fit(&Form::of(rule, channel.clone()))
        }
        _ => form,
    }
}

/// The datasets that may be meant, while somebody types: those that were seen, and what was typed if it is a pattern.
pub async fn suggest(app: &App, asked: &Doing<Suggestion>) -> Vec<Entry> {
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
    // A pasted address is looked for by the dataset that it names.
    let wanted =
        as_typed.as_ref().map_or_else(|| typed.to_owned(), |dataset| format!("{}/{}", dataset.owner, dataset.name));
    let found = found(index.datasets(&asked.workspace), wanted.trim_matches('"'));
    let known = |dataset: &&DatasetName| {
        let pattern = DatasetPattern { owner: Glob::new(dataset.owner()), name: Glob::new(dataset.name()) };
        Some((modal::seen(dataset.as_str(), &pattern.to_string())?, pattern))
    };
    let seen: Vec<(Entry, DatasetPattern)> = found.iter().filter_map(known).collect();
    let own = as_typed.filter(|typed| seen.iter().all(|(_, pattern)| pattern != typed));
    let own = own.and_then(|pattern| modal::as_typed(&pattern.to_string()));
    let any = typed.is_empty().then(|| modal::as_typed("*")).flatten();
    own.into_iter().chain(seen.into_iter().map(|(entry, _)| entry)).chain(any).collect()
}

/// The datasets that begin with a text, then those that contain it, whatever the case.
fn found<'a>(datasets: impl Iterator<Item = &'a DatasetName>, typed: &str) -> Vec<&'a DatasetName> {
    let typed = typed.to_lowercase();
    let (mut beginning, mut containing) = (Vec::new(), Vec::new());
    for dataset in datasets {
        let name = dataset.as_str().to_lowercase();
        if name.starts_with(&typed) {
            beginning.push(dataset);
            if beginning.len() == ENTRIES {
                break;
            }
        } else if containing.len() < ENTRIES && name.contains(&typed) {
            containing.push(dataset);
        }
    }
    beginning.extend(containing);
    beginning.truncate(ENTRIES);
    beginning
}

/// Does what the submitted modal of a subscription says, or says what is wrong with it.
pub(in crate::app) async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<Submitted, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let sheet = Sheet::read(&view.private_metadata);
    let current = current(app, workspace, &sheet).await?;
    let form = filled(view, &sheet, current.as_ref());
    let Some(channel) = &form.channel else {
        return Ok(Submitted::Wrong(modal::channel_error("Choose the channel that is to get the messages.")));
    };
    let before = current.as_ref().map(|rule| (rule, Form::of(rule, channel.clone())));
    let same = before.as_ref().filter(|(_, opened)| *opened == form).map(|(rule, _)| *rule);
    let wanted = match form.asked() {
        Ok(wanted) => wanted,
        // What it was opened on may be longer than what can be typed.
        Err(_) if same.is_some() => Asked::default(),
        Err(wrong) => return Ok(Submitted::Wrong(modal::errors(&wrong))),
    };
    if same.is_none() && wanted.rules().iter().any(|rule| rule.events.is_empty()) {
        return Ok(Submitted::Wrong(modal::nothing_selected_error()));
    }
    // The same submission sent twice has the same cause, and is carried out once.
    let Ok(cause) = TriggerId::parse(format!("view.{}", view.id)) else { return Ok(Submitted::Close) };
    let asker = Asker { channel_ref: App::channel_ref(workspace, channel), user: user.clone(), cause };
    if let Err(refusal) = may_speak_for(app, &asker, &sheet).await {
        return Ok(match sheet.edits {
            None => Submitted::Wrong(modal::channel_error(&refusal.text)),
            Some(_) => says(&refusal),
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
        Outcome::Changed(message) => {
            notify::channel(app, &asker.channel_ref, user, message);
            Submitted::Close
        }
        Outcome::Repeated(_) => Submitted::Close,
        Outcome::Refused(message) if sheet.edits.is_none() => Submitted::Wrong(modal::channel_error(&message.text)),
        Outcome::Refused(message) | Outcome::Waits(message) | Outcome::Unchanged(message) => says(&message),
    })
}

/// Says in the modal why the subscription with this number was not replaced.
fn not_replaced(why: NotReplaced, number: u32) -> Submitted {
    match why {
        NotReplaced::Taken(taken_by) => Submitted::Wrong(modal::taken_error(taken_by)),
        NotReplaced::SelectsNothing(dataset) => says(&reply::selects_nothing(&dataset)),
        NotReplaced::Gone => says(&reply::edited_one_is_gone(number)),
        NotReplaced::ChangedSince => says(&reply::edited_one_changed(number)),
    }
}

/// What a form says of a subscription, whose events stay exactly as they were where the form says the same.
fn as_before(current: &Rule, opened: &Form, form: &Form, mut rule: Rule) -> Rule {
    // The boxes know no order.
    if (&opened.ticked, &opened.more) == (&form.ticked, &form.more) {
        rule.events = current.events.clone();
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_datasets_a_menu_offers_few_and_first_those_that_begin_as_typed() {
        let dataset = |name: String| DatasetName::parse(&name).unwrap();
        let mut many: Vec<_> = (0..100_000).map(|n| dataset(format!("ann/of-jane-{n}"))).collect();
        many.extend((0..3).map(|n| dataset(format!("Jane/flowers-{n}"))));
        let entries = |typed| found(many.iter(), typed).into_iter().map(DatasetName::as_str).collect::<Vec<_>>();
        let offered = entries("jane");
        assert_eq!((offered.len(), &offered[..2]), (ENTRIES, &["Jane/flowers-0", "Jane/flowers-1"][..]));
        assert_eq!(entries("").len(), ENTRIES);
        assert!(entries("nobody").is_empty());
    }
}
