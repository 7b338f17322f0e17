//! Import and export of subscriptions and people of all workspaces, on a running server or an idle store.

use crate::app::subscriptions::apply::{ChannelEdit, NotApplied};
use crate::app::subscriptions::changes::import;
use crate::app::subscriptions::changes::import::{ImportLine, NotImported};
use crate::app::subscriptions::changes::{MAX_SUBSCRIPTIONS_PER_CHANNEL, PlannedChange};
use crate::app::subscriptions::export_file;
use crate::app::subscriptions::export_file::{ChannelPart, ExportWriter, Mistakes, PersonLine, WorkspacePart};
use crate::app::{App, me};
use crate::model::{
    AuditEntry, ChannelId, ChannelRef, Mute, SubscriptionState, UserId, UserMapping, Username, WorkspaceId,
};
use crate::render::reply::RuleChange;
use crate::slack::command::Command;
use crate::store::{ChannelSubscriptions, MAX_USER_MAPPINGS_PER_WORKSPACE, MappingResult, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use tracing::info;

/// The size limit of an imported file, in bytes: about 200,000 subscriptions.
pub const MAX_IMPORT_FILE_BYTES: usize = 16 * 1024 * 1024;

/// A selection of what to export; empty selects everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ExportScope {
    /// Only these workspaces.
    pub workspaces: Vec<WorkspaceId>,
    /// Only these channels, and no people.
    pub channels: Vec<ChannelId>,
}

/// An export as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportText {
    /// The text of the file.
    pub text: String,
    /// The number of subscriptions that fit no line; comments name them.
    pub left_out: usize,
}

/// A reason why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// A named workspace is unknown.
    #[error("the store has nothing about workspace `{0}`")]
    NoWorkspace(WorkspaceId),
    /// A named channel has no subscription.
    #[error("channel `{0}` has no subscriptions")]
    NoChannel(ChannelId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file to import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportRequest {
    /// The file.
    pub text: String,
    /// True to preview the changes without making them.
    pub dry_run: bool,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportResult {
    /// The file has mistakes; nothing was changed.
    Wrong(Mistakes),
    /// The changes that were made, or would be made.
    Done(Vec<ImportedChanges>),
}

/// The changes in one channel, or in a workspace's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedChanges {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The channel; none for user mappings.
    pub channel: Option<ChannelId>,
    /// The changes: the old text, if there was one, and the new one.
    pub changes: Vec<(Option<String>, String)>,
    /// The number of entries that needed no change.
    pub as_before: usize,
}

/// A reason why an import stopped. Changes made before it are kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportStopped {
    /// Others kept changing a channel, or changed it so that the file no longer fits.
    #[error("someone else is changing channel `{0}` at the same time")]
    Moved(ChannelId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the export file: workspaces, people, and channels sorted by id, and subscriptions by number.
pub async fn export(store: &dyn Store, which: &ExportScope, now: Timestamp) -> Result<ExportText, NotExported> {
    let mut workspaces = store.workspaces().await?;
    if let Some(missing) = which.workspaces.iter().find(|named| !workspaces.contains(named)) {
        return Err(NotExported::NoWorkspace(missing.clone()));
    }
    workspaces.retain(|workspace| which.workspaces.is_empty() || which.workspaces.contains(workspace));
    workspaces.sort_unstable();
    let mut missing: HashSet<&ChannelId> = which.channels.iter().collect();
    let mut file = ExportWriter::new();
    for workspace in &workspaces {
        let mut subscriptions = store.subscriptions(workspace).await?;
        subscriptions.retain(|one| which.channels.is_empty() || which.channels.contains(&one.channel));
        let links = if which.channels.is_empty() { store.user_mappings(workspace).await? } else { Vec::new() };
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
        None => Ok(ExportText { left_out: file.left_out, text: file.finish() }),
    }
}

/// Imports a file. With any mistake, nothing changes. Otherwise each channel changes completely or not at all, so that
/// a repeated import continues where it stopped. A `live` server follows at once.
pub async fn import(
    store: &dyn Store,
    live: Option<&App>,
    import: ImportRequest,
    now: Timestamp,
) -> Result<ImportResult, ImportStopped> {
    let ImportRequest { text, dry_run } = import;
    let reading = tokio::task::spawn_blocking(move || export_file::read(&text));
    let parts = match reading.await.expect("reading never panics, and nobody ends it") {
        Ok(parts) => parts,
        Err(mistakes) => return Ok(ImportResult::Wrong(mistakes)),
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
        done.extend(people(workspace, &part.people, &store.user_mappings(workspace).await?, &mut mistakes));
        for channel in &part.channels {
            let book = store.channel_subscriptions(&App::channel_ref(workspace, &channel.id)).await?;
            match drafted(&book, channel, now) {
                Ok(draft) => done.push(told(workspace, &channel.id, &draft)),
                Err(why) => why.add_to(&mut mistakes, channel.line),
            }
        }
    }
    if !mistakes.first.is_empty() {
        return Ok(ImportResult::Wrong(mistakes));
    }
    if dry_run {
        return Ok(ImportResult::Done(done));
    }
    done.clear();
    for WorkspacePart { workspace, people, channels, .. } in &parts {
        done.extend(carry_out_people(store, live, workspace, people, now).await?);
        for channel in channels {
            let draft = carry_out(store, live, &App::channel_ref(workspace, &channel.id), channel, now).await?;
            done.push(told(workspace, &channel.id, &draft));
        }
    }
    Ok(ImportResult::Done(done))
}

fn drafted(book: &ChannelSubscriptions, channel: &ChannelPart, at: Timestamp) -> Result<PlannedChange, NotImported> {
    let lines = channel.entries.iter().map(|entry| ImportLine {
        number: entry.line,
        asked: &entry.asked,
        creator: &entry.creator,
        time_zone: entry.time_zone.as_deref(),
    });
    let lines: Vec<ImportLine<'_>> = lines.collect();
    // All subscriptions of a channel share the same obstacle.
    let inactive = book.subscriptions.iter().map(|one| &one.state).find(|state| **state != SubscriptionState::Active);
    import::import(book, &channel.id, &lines, inactive.unwrap_or(&SubscriptionState::Active), at)
}

impl NotImported {
    fn add_to(self, mistakes: &mut Mistakes, line: usize) {
        match self {
            Self::TooMany => {
                let what =
                    format_args!("the channel would have more than {MAX_SUBSCRIPTIONS_PER_CHANNEL} subscriptions");
                mistakes.add(line, what);
            }
            Self::SelectNothing(lines) => lines.iter().for_each(|(line, dataset)| {
                let what = format_args!("this leaves `{dataset}` without any event: all that it selects is excluded");
                mistakes.add(*line, what);
            }),
        }
    }
}

fn told(workspace: &WorkspaceId, channel: &ChannelId, draft: &PlannedChange) -> ImportedChanges {
    let change = |RuleChange { before, after, .. }: &RuleChange| {
        Some((before.as_ref().map(ToString::to_string), after.as_ref()?.to_string()))
    };
    ImportedChanges {
        workspace: workspace.clone(),
        channel: Some(channel.clone()),
        changes: draft.changes.iter().filter_map(change).collect(),
        as_before: draft.untouched.len(),
    }
}

/// Writes the lines of a channel, planning again if someone else changes it.
async fn carry_out(
    store: &dyn Store,
    live: Option<&App>,
    channel_ref: &ChannelRef,
    channel: &ChannelPart,
    at: Timestamp,
) -> Result<PlannedChange, ImportStopped> {
    let lines: Vec<_> = channel.entries.iter().map(|entry| entry.asked.to_string()).collect();
    let typed = Command::Import(lines.join("\n")).to_string();
    let change = ChannelEdit::by_operator(store, live, channel_ref, &typed, at);
    let applied = change.apply(|book| drafted(book, channel, at)).await.map_err(|error| match error {
        NotApplied::Store(error) => ImportStopped::Store(error),
        NotApplied::Rejected(_) | NotApplied::Repeated(_) | NotApplied::Conflict => {
            ImportStopped::Moved(channel_ref.channel.clone())
        }
    })?;
    if !applied.draft.is_empty() {
        info!(channel = %channel_ref, "imported {} subscriptions into {channel_ref}", applied.draft.put.len());
    }
    Ok(applied.draft)
}

/// Returns the changes of user mappings in a file. A conflict with the store is a mistake.
fn people(
    workspace: &WorkspaceId,
    people: &[PersonLine],
    kept: &[UserMapping],
    mistakes: &mut Mistakes,
) -> Option<ImportedChanges> {
    let by_name: HashMap<String, &UserId> = kept.iter().map(|link| (link.username.key(), &link.user)).collect();
    let by_user: HashMap<&UserId, &Username> = kept.iter().map(|link| (&link.user, &link.username)).collect();
    let (mut users, mut names) = (HashSet::new(), HashSet::new());
    let (mut changes, mut as_before) = (Vec::new(), 0);
    for PersonLine { line, user, username } in people {
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
    if kept.len() + changes.iter().filter(|(before, _)| before.is_none()).count() > MAX_USER_MAPPINGS_PER_WORKSPACE {
        mistakes.add(people[0].line, format_args!("more than {MAX_USER_MAPPINGS_PER_WORKSPACE} people would be known"));
    }
    let done = ImportedChanges { workspace: workspace.clone(), channel: None, changes, as_before };
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
    people: &[PersonLine],
    at: Timestamp,
) -> Result<Option<ImportedChanges>, StoreError> {
    let (mut changes, mut as_before) = (Vec::new(), 0);
    let kept: HashMap<UserId, Username> =
        store.user_mappings(workspace).await?.into_iter().map(|link| (link.user, link.username)).collect();
    for PersonLine { user, username, .. } in people {
        if kept.get(user) == Some(username) {
            as_before += 1;
            continue;
        }
        let link = UserMapping { username: username.clone(), user: user.clone(), at };
        // A username that was claimed in between stays with its owner.
        if let MappingResult::Stored { before, .. } = store.map_user(workspace, link, None).await? {
            changes.push(renamed(user, before.as_ref(), username));
        }
    }
    if !changes.is_empty() {
        let lines: Vec<&str> = changes.iter().map(|(_, after)| after.as_str()).collect();
        let typed = AuditEntry::shortened(&Command::Import(lines.join("\n")).to_string());
        store.append_audit_entry(workspace, AuditEntry { at, by: None, channel: None, typed }).await?;
        if let Some(app) = live {
            me::reload_mappings(app, workspace).await?;
        }
    }
    let done = ImportedChanges { workspace: workspace.clone(), channel: None, changes, as_before };
    Ok((!people.is_empty()).then_some(done))
}
