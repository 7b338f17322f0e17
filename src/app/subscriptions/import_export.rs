//! Subscriptions and people of all workspaces, into a file and out of one: for a server, and for whoever opens the store
//! while none runs.

use crate::app::subscriptions::apply::{Change, NotApplied};
use crate::app::subscriptions::changes::import;
use crate::app::subscriptions::changes::import::{Line, NotImported};
use crate::app::subscriptions::changes::{Draft, MOST_SUBSCRIPTIONS};
use crate::app::subscriptions::export_file;
use crate::app::subscriptions::export_file::{Channel, Mistakes, Part, Person, Writer};
use crate::app::{App, me};
use crate::model::{ChannelId, ChannelRef, Deed, Link, Mute, SubscriptionState, UserId, Username, WorkspaceId};
use crate::render::reply::RuleChange;
use crate::slack::command::Command;
use crate::store::{Book, Linked, MOST_LINKS, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use tracing::info;

/// A longer file is not imported, in bytes: this is some 200,000 subscriptions.
pub const LONGEST_FILE: usize = 16 * 1024 * 1024;

/// What is exported; everything, if nothing is named.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Which {
    /// Only these workspaces.
    pub workspaces: Vec<WorkspaceId>,
    /// Only these channels, and no people.
    pub channels: Vec<ChannelId>,
}

/// An export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exported {
    /// The file.
    pub text: String,
    /// So many subscriptions fit no line and are named in comments only.
    pub left_out: usize,
}

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// Nothing is kept of a workspace that was named.
    #[error("the store has nothing about workspace `{0}`")]
    NoWorkspace(WorkspaceId),
    /// A channel that was named has no subscription.
    #[error("channel `{0}` has no subscriptions")]
    NoChannel(ChannelId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file to be imported.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    /// The file.
    pub text: String,
    /// Whether it is only said what would be changed.
    pub dry_run: bool,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// Something is wrong with the file: nothing was changed.
    Wrong(Mistakes),
    /// This was changed, or would be.
    Done(Vec<Done>),
}

/// What was changed in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// In which channel; none for who is who.
    pub channel: Option<ChannelId>,
    /// What was not so before: what stood there, if anything did, and what stands there now.
    pub changes: Vec<(Option<String>, String)>,
    /// How much was as the file says.
    pub as_before: usize,
}

/// Why an import did not end. What was done stays done.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Others changed a channel again and again, or so that the file no longer fits.
    #[error("someone else is changing channel `{0}` at the same time")]
    Moved(ChannelId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the file: workspaces, their people and channels in the order of their ids, subscriptions by number.
pub async fn export(store: &dyn Store, which: &Which, now: Timestamp) -> Result<Exported, NotExported> {
    let mut workspaces = store.workspaces().await?;
    if let Some(missing) = which.workspaces.iter().find(|named| !workspaces.contains(named)) {
        return Err(NotExported::NoWorkspace(missing.clone()));
    }
    workspaces.retain(|workspace| which.workspaces.is_empty() || which.workspaces.contains(workspace));
    workspaces.sort_unstable();
    let mut missing: HashSet<&ChannelId> = which.channels.iter().collect();
    let mut file = Writer::new();
    for workspace in &workspaces {
        let mut subscriptions = store.subscriptions(workspace).await?;
        subscriptions.retain(|one| which.channels.is_empty() || which.channels.contains(&one.channel));
        let links = if which.channels.is_empty() { store.links(workspace).await? } else { Vec::new() };
        if subscriptions.is_empty() && links.is_empty() {
            continue;
        }
        let mutes: HashMap<ChannelId, Vec<Mute>> = store.mutes(workspace).await?.into_iter().collect();
        file.workspace(workspace);
        file.people(links);
        subscriptions.sort_by(|a, b| (&a.channel, a.number).cmp(&(&b.channel, b.number)));
        for of_channel in subscriptions.chunk_by(|a, b| a.channel == b.channel) {
            let channel = &of_channel[0].channel;
            missing.remove(channel);
            let mutes = mutes.get(channel).cloned().unwrap_or_default();
            file.channel(channel, of_channel, &Mute::in_force(mutes, now));
        }
    }
    match missing.into_iter().min() {
        Some(channel) => Err(NotExported::NoChannel(channel.clone())),
        None => Ok(Exported { left_out: file.left_out, text: file.finish() }),
    }
}

/// Reads a file and does what it says: nothing if anything is wrong with it, else each channel all or none, so that the
/// same again goes on where it was stopped. A `live` server follows at once.
pub async fn import(
    store: &dyn Store,
    live: Option<&App>,
    import: Import,
    now: Timestamp,
) -> Result<Imported, Stopped> {
    let Import { text, dry_run } = import;
    let reading = tokio::task::spawn_blocking(move || export_file::read(&text));
    let parts = match reading.await.expect("reading never panics, and nobody ends it") {
        Ok(parts) => parts,
        Err(mistakes) => return Ok(Imported::Wrong(mistakes)),
    };
    let kept = store.workspaces().await?;
    let (mut done, mut mistakes) = (Vec::new(), Mistakes::default());
    for part in &parts {
        let workspace = &part.workspace;
        if !kept.contains(workspace) && !live.is_some_and(|app| app.serves(workspace)) {
            let unknown = format_args!("nothing is kept of workspace `{workspace}`; start the server for it first");
            mistakes.add(part.line, unknown);
            continue;
        }
        done.extend(people(workspace, &part.people, &store.links(workspace).await?, &mut mistakes));
        for channel in &part.channels {
            let book = store.book(&App::channel_ref(workspace, &channel.id)).await?;
            match drafted(&book, channel, now) {
                Ok(draft) => done.push(told(workspace, &channel.id, &draft)),
                Err(why) => why.add_to(&mut mistakes, channel.line),
            }
        }
    }
    if !mistakes.first.is_empty() {
        return Ok(Imported::Wrong(mistakes));
    }
    if dry_run {
        return Ok(Imported::Done(done));
    }
    done.clear();
    for Part { workspace, people, channels, .. } in &parts {
        done.extend(carry_out_people(store, live, workspace, people, now).await?);
        for channel in channels {
            let draft = carry_out(store, live, &App::channel_ref(workspace, &channel.id), channel, now).await?;
            done.push(told(workspace, &channel.id, &draft));
        }
    }
    Ok(Imported::Done(done))
}

fn drafted(book: &Book, channel: &Channel, at: Timestamp) -> Result<Draft, NotImported> {
    let lines = channel.entries.iter().map(|entry| Line {
        number: entry.line,
        asked: &entry.asked,
        creator: &entry.creator,
        time_zone: entry.time_zone.as_deref(),
    });
    let lines: Vec<Line<'_>> = lines.collect();
    // What holds one subscription of a channel up holds up all.
    let inactive = book.subscriptions.iter().map(|one| &one.state).find(|state| **state != SubscriptionState::Active);
    import::import(book, &channel.id, &lines, inactive.unwrap_or(&SubscriptionState::Active), at)
}

impl NotImported {
    fn add_to(self, mistakes: &mut Mistakes, line: usize) {
        match self {
            Self::TooMany => {
                let what = format_args!("the channel would have more than {MOST_SUBSCRIPTIONS} subscriptions");
                mistakes.add(line, what);
            }
            Self::SelectNothing(lines) => lines.iter().for_each(|(line, dataset)| {
                let what = format_args!("this leaves `{dataset}` without any event: all that it selects is excluded");
                mistakes.add(*line, what);
            }),
        }
    }
}

fn told(workspace: &WorkspaceId, channel: &ChannelId, draft: &Draft) -> Done {
    let change = |RuleChange { before, after, .. }: &RuleChange| {
        Some((before.as_ref().map(ToString::to_string), after.as_ref()?.to_string()))
    };
    Done {
        workspace: workspace.clone(),
        channel: Some(channel.clone()),
        changes: draft.changes.iter().filter_map(change).collect(),
        as_before: draft.untouched.len(),
    }
}

/// Writes a channel's lines into its book, reading it again while others change it.
async fn carry_out(
    store: &dyn Store,
    live: Option<&App>,
    channel_ref: &ChannelRef,
    channel: &Channel,
    at: Timestamp,
) -> Result<Draft, Stopped> {
    let lines: Vec<_> = channel.entries.iter().map(|entry| entry.asked.to_string()).collect();
    let typed = Command::Import(lines.join("\n")).to_string();
    let change = Change::by_operator(store, live, channel_ref, &typed, at);
    let applied = change.apply(|book| drafted(book, channel, at)).await.map_err(|error| match error {
        NotApplied::Store(error) => Stopped::Store(error),
        NotApplied::Rejected(_) | NotApplied::Repeated(_) | NotApplied::Conflict => {
            Stopped::Moved(channel_ref.channel.clone())
        }
    })?;
    if !applied.draft.is_empty() {
        info!(channel = %channel_ref, "imported {} subscriptions into {channel_ref}", applied.draft.put.len());
    }
    Ok(applied.draft)
}

/// What a file changes in who is who; what does not fit what is kept is a mistake.
fn people(workspace: &WorkspaceId, people: &[Person], kept: &[Link], mistakes: &mut Mistakes) -> Option<Done> {
    let by_name: HashMap<String, &UserId> = kept.iter().map(|link| (link.username.key(), &link.user)).collect();
    let by_user: HashMap<&UserId, &Username> = kept.iter().map(|link| (&link.user, &link.username)).collect();
    let (mut users, mut names) = (HashSet::new(), HashSet::new());
    let (mut changes, mut as_before) = (Vec::new(), 0);
    for Person { line, user, username } in people {
        if !users.insert(user) {
            mistakes.add(*line, format_args!("`{user}` is somebody already"));
        } else if !names.insert(username.key()) {
            mistakes.add(*line, format_args!("`{username}` is somebody already"));
        } else if let Some(holder) = by_name.get(&username.key()).filter(|holder| **holder != user) {
            let what = format_args!("`{username}` is `{holder}` here, who can give it up with `/segments me none`");
            mistakes.add(*line, what);
        } else if by_user.get(user) == Some(&username) {
            as_before += 1;
        } else {
            changes.push(renamed(user, by_user.get(user).copied(), username));
        }
    }
    if kept.len() + changes.iter().filter(|(before, _)| before.is_none()).count() > MOST_LINKS {
        mistakes.add(people[0].line, format_args!("more than {MOST_LINKS} people would be known"));
    }
    let done = Done { workspace: workspace.clone(), channel: None, changes, as_before };
    (!people.is_empty()).then_some(done)
}

fn renamed(user: &UserId, before: Option<&Username>, after: &Username) -> (Option<String>, String) {
    let line = |username: &Username| format!("person {user} is {username}");
    (before.map(line), line(after))
}

async fn carry_out_people(
    store: &dyn Store,
    live: Option<&App>,
    workspace: &WorkspaceId,
    people: &[Person],
    at: Timestamp,
) -> Result<Option<Done>, StoreError> {
    let (mut changes, mut as_before) = (Vec::new(), 0);
    let kept: HashMap<UserId, Username> =
        store.links(workspace).await?.into_iter().map(|link| (link.user, link.username)).collect();
    for Person { user, username, .. } in people {
        if kept.get(user) == Some(username) {
            as_before += 1;
            continue;
        }
        let link = Link { username: username.clone(), user: user.clone(), at };
        // What somebody has claimed since it was looked at is theirs.
        if let Linked::Stored { before, .. } = store.link(workspace, link, None).await? {
            changes.push(renamed(user, before.as_ref(), username));
        }
    }
    if !changes.is_empty() {
        let lines: Vec<&str> = changes.iter().map(|(_, after)| after.as_str()).collect();
        let typed = Deed::shortened(&Command::Import(lines.join("\n")).to_string());
        store.note_deed(workspace, Deed { at, by: None, channel: None, typed }).await?;
        if let Some(app) = live {
            me::recall(app, workspace).await?;
        }
    }
    let done = Done { workspace: workspace.clone(), channel: None, changes, as_before };
    Ok((!people.is_empty()).then_some(done))
}
