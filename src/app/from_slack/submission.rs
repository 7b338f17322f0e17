//! The modal of a subscription: opening it, following what is filled in, and doing what was submitted.

use crate::app::from_slack::command::LIMIT;
use crate::app::permission::may_subscribe;
use crate::app::subscriptions::changes::NotReplaced;
use crate::app::subscriptions::subscribe::Outcome;
use crate::app::subscriptions::{import_form, subscribe};
use crate::app::{App, Asker, Reply, accounts, notify, segments_actions};
use crate::model::{ChannelId, DatasetName, DatasetPattern, Glob, Lane, Rule, TriggerId, UserId, WorkspaceId};
use crate::render::modal::{self, Entry};
use crate::render::{Message, Rung, reply};
use crate::slack::accounts::CALLBACK as ACCOUNTS;
use crate::slack::acts::CALLBACK as ACTS;
use crate::slack::command::{Asked, Command, Target, parse};
use crate::slack::error::SlackError;
use crate::slack::form::{CALLBACK, Edits, Form, IMPORT, Sheet, fingerprint};
use crate::slack::interaction::{Click, Doing, Suggestion};
use crate::slack::view::View;
use crate::store::StoreError;
use slack_morphism::prelude::SlackView;
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::{debug, warn};

/// The menu of datasets offers so many; Slack takes a hundred.
const ENTRIES: usize = 50;

/// Somebody before whom a modal can be opened.
pub(in crate::app) struct Person {
    workspace: WorkspaceId,
    user: UserId,
    /// What they did a moment ago.
    trigger: TriggerId,
    /// The channel that Slack says they are in.
    here: Option<ChannelId>,
}

impl Person {
    pub(in crate::app) fn of(click: &Click) -> Self {
        Self {
            workspace: click.workspace.clone(),
            user: click.user.clone(),
            trigger: click.trigger.clone(),
            here: None,
        }
    }
}

impl From<&Asker> for Person {
    fn from(asker: &Asker) -> Self {
        let Lane { workspace, channel } = asker.lane.clone();
        Self { workspace, user: asker.user.clone(), trigger: asker.cause.clone(), here: Some(channel) }
    }
}

/// What a submission comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// The modal closes.
    Close,
    /// It stays, with what is wrong beside each block.
    Wrong(BTreeMap<String, String>),
    /// It says something.
    Says(Box<SlackView>),
}

/// Opens the modal for a new subscription; a channel that is known is filled in.
pub(in crate::app) async fn open(app: &App, person: &Person, channel: Option<&ChannelId>) -> Reply {
    // A direct message is nothing to subscribe.
    let channel = channel.filter(|channel| !channel.as_str().starts_with('D'));
    let sheet = Sheet { channel: channel.cloned(), edits: None, seal: None };
    show(app, person, &Form::new(channel.cloned()), &sheet, reply::subscribe_by_command()).await
}

/// Opens the modal on a subscription.
pub(in crate::app) async fn edit(app: &App, asker: &Asker, number: u32) -> Result<Reply, StoreError> {
    let existing = app.store.book(&asker.lane).await?.subscriptions;
    let Some(subscription) = existing.iter().find(|subscription| subscription.number == number) else {
        let missing = reply::no_such_subscription(&Target::Number(number).to_string(), &existing);
        return Ok(Reply::asker(missing));
    };
    let channel = &asker.lane.channel;
    let edits = Edits { number, seen: fingerprint(&subscription.rule) };
    let sheet = Sheet { channel: Some(channel.clone()), edits: Some(edits), seal: None };
    let form = Form::of(&subscription.rule, channel.clone());
    Ok(show(app, &Person::from(asker), &form, &sheet, reply::edit_by_command(subscription)).await)
}

/// Somebody used the shortcut.
pub async fn shortcut(app: &App, used: Doing<String>) {
    let Doing { workspace, user, trigger: Some(trigger), what, .. } = used else { return };
    if !app.serves(&workspace) || what != "subscribe" {
        return debug!("ignored unknown shortcut `{what}`");
    }
    let person = Person { workspace, user, trigger, here: None };
    let said = open(app, &person, None).await;
    // A shortcut has no channel: what goes wrong is written to whoever used it.
    if said.answer().is_some()
        && let Err(error) = app.slack.write_to(&person.workspace, &person.user, said.message.content(Rung::Whole)).await
    {
        warn!("could not report that a modal did not open: {error}");
    }
}

/// Opens the modal; says `otherwise` where Slack does not let it be opened.
async fn show(app: &App, person: &Person, form: &Form, sheet: &Sheet, otherwise: Message) -> Reply {
    let seal = seal(app, person, sheet.channel.as_ref());
    open_view(app, person, &modal::subscription(form, &Sheet { seal, ..sheet.clone() }), otherwise).await
}

/// Opens a modal; says `otherwise` where Slack does not let it be opened.
pub(in crate::app) async fn open_view(app: &App, person: &Person, view: &SlackView, otherwise: Message) -> Reply {
    match app.slack.open_view(&person.workspace, &person.trigger, view).await {
        Ok(_) => Reply::nothing(),
        Err(error) => {
            warn!("could not open a modal: {error}");
            Reply::asker(otherwise)
        }
    }
}

/// Our seal over that somebody is in a channel, where Slack says so.
pub(in crate::app) fn seal(app: &App, person: &Person, channel: Option<&ChannelId>) -> Option<String> {
    let here = channel.filter(|channel| person.here.as_ref() == Some(*channel))?;
    Some(app.sealer.seal(&presence(&person.workspace, &person.user, here)))
}

/// What a sheet's seal is over.
fn presence(workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> String {
    format!("{workspace} {user} {channel}")
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
    let book = app.store.book(&App::lane(workspace, channel)).await?;
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

/// Does what a submitted modal says, or says what is wrong with it.
pub async fn submit(app: &Arc<App>, done: Doing<View>) -> Submitted {
    let (wish, limit, unfinished): (_, _, fn() -> Message) = match done.what.callback_id.as_str() {
        ACCOUNTS => ("change this workspace's accounts", LIMIT, reply::unfinished),
        ACTS => ("do that at Segments.ai", segments_actions::LIMIT, reply::act_unfinished),
        _ => ("change this channel's subscriptions", LIMIT, reply::unfinished),
    };
    // A task of its own: what the store takes too long over goes on without an answer.
    let work = app.tasks.spawn({
        let app = Arc::clone(app);
        async move { submitted(&app, &done).await }
    });
    match app.clock.timeout(limit, work).await {
        Some(Ok(Ok(submitted))) => submitted,
        Some(Ok(Err(error))) => {
            warn!("a modal submission failed: {error}");
            says(&reply::try_again(wish))
        }
        Some(Err(_)) | None => {
            warn!("a modal submission timed out");
            says(&unfinished())
        }
    }
}

/// What somebody is told whose submission takes longer than Slack waits; the modal says more later.
pub fn still_at_work() -> Submitted {
    says(&reply::at_work())
}

/// Says in the modal, which told that work goes on, what came of it; where that cannot be, as it was closed meanwhile, in
/// a message.
pub async fn tell_later(app: &App, workspace: &WorkspaceId, user: &UserId, view_id: &str, submitted: Submitted) {
    let view = match submitted {
        Submitted::Close => modal::notice("Segments", &reply::done()),
        Submitted::Wrong(wrong) => {
            modal::notice("Segments", &reply::modal_was_wrong(wrong.values().map(String::as_str)))
        }
        Submitted::Says(view) => *view,
    };
    if let Err(error) = notify::modal(app, workspace, view_id, &view).await {
        let was_closed = matches!(error, SlackError::Refused(_));
        if !was_closed {
            warn!("could not show the result in the modal: {error}; sending it to {user}");
        }
        notify::person(app, workspace, user, &reply::of_a_form(&view, was_closed)).await;
    }
}

/// The modal says a message.
pub(in crate::app) fn says(message: &Message) -> Submitted {
    Submitted::Says(Box::new(modal::notice("Segments", message)))
}

async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<Submitted, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    if done.is_of_stranger() {
        return Ok(says(&reply::other_workspace()));
    }
    if let Some(not_served) = app.not_served(workspace) {
        return Ok(says(&not_served.message));
    }
    match view.callback_id.as_str() {
        CALLBACK => {}
        IMPORT => return import_form::submitted(app, done).await,
        ACCOUNTS => return accounts::submitted(app, done).await,
        ACTS => return segments_actions::submitted(app, done).await,
        _ => return Ok(Submitted::Close),
    }
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
    let asker = Asker { lane: App::lane(workspace, channel), user: user.clone(), cause };
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
            match subscribe::replace(app, &asker, edits, &rule).await? {
                Ok(outcome) => outcome,
                Err(NotReplaced::Taken(number)) => return Ok(Submitted::Wrong(modal::taken_error(number))),
                Err(NotReplaced::SelectsNothing(dataset)) => return Ok(says(&reply::selects_nothing(&dataset))),
                Err(NotReplaced::Gone) => return Ok(says(&reply::edited_one_is_gone(edits.number))),
                Err(NotReplaced::ChangedSince) => return Ok(says(&reply::edited_one_changed(edits.number))),
            }
        }
    };
    Ok(match outcome {
        Outcome::Changed(message) => {
            notify::channel(app, &asker.lane, user, message);
            Submitted::Close
        }
        Outcome::Repeated(_) => Submitted::Close,
        Outcome::Refused(message) if sheet.edits.is_none() => Submitted::Wrong(modal::channel_error(&message.text)),
        Outcome::Refused(message) | Outcome::Waits(message) | Outcome::Unchanged(message) => says(&message),
    })
}

/// Whether somebody may change a channel in a modal, who is in it or opened the modal there; else what to tell them.
pub(in crate::app) async fn may_speak_for(app: &App, asker: &Asker, sheet: &Sheet) -> Result<(), Message> {
    let Asker { lane, user, .. } = asker;
    let Err(refusal) = is_in(app, &lane.workspace, user, &lane.channel).await else { return Ok(()) };
    if was_in(app, user, lane, sheet).await { Ok(()) } else { Err(refusal) }
}

/// Whether somebody opened a modal in this channel, of which Slack says nothing to a bot that is not in it.
async fn was_in(app: &App, user: &UserId, lane: &Lane, sheet: &Sheet) -> bool {
    let words = presence(&lane.workspace, user, &lane.channel);
    let sealed = sheet.seal.as_ref().is_some_and(|seal| app.sealer.holds(&words, seal));
    sealed && matches!(app.slack.channel(lane).await, Err(SlackError::Refused(code)) if code == "channel_not_found")
}

/// Whether somebody is in a channel, asked anew; else what to tell them.
async fn is_in(app: &App, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> Result<(), Message> {
    match app.slack.channels_of(workspace, user).await {
        Ok(channels) if channels.iter().any(|one| one.channel == *channel) => Ok(()),
        Ok(_) => Err(reply::not_seen_in(channel)),
        Err(error) => {
            warn!("could not list the channels of {user}: {error}");
            Err(reply::try_again("check that you are in that channel"))
        }
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
    fn a_long_dataset_menu_is_cut_with_prefix_matches_first() {
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
