//! Hints for the person who changed subscriptions.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::channel_access::Readers;
use crate::app::subscriptions::changes::PlannedChange;
use crate::app::subscriptions::hold;
use crate::model::object::LastSeen;
use crate::model::{ChannelRef, DatasetName, DatasetPattern, Options, Subscription, UserId};
use crate::render::FallbackLevel;
use crate::render::reply::{self, Note};
use crate::slack::command::Asked;
use std::sync::Arc;
use tracing::warn;

/// The number of datasets of a pattern that are checked for being private.
const DATASETS_LOOKED_AT: usize = 100;
/// The number of patterns that are compared with all known datasets.
const PATTERNS_LOOKED_AT: usize = 20;

/// Returns the hints about a change.
pub(in crate::app) fn hints(
    app: &App,
    asker: &Asker,
    wanted: &Asked,
    draft: &PlannedChange,
    joined: bool,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if draft.default_events {
        notes.push(Note::DefaultEvents);
    }
    let index = app.index.read();
    let mut looked_at = wanted.datasets.iter().take(PATTERNS_LOOKED_AT);
    let unseen = looked_at.find(|pattern| !index.seen(&asker.channel_ref.workspace, pattern));
    notes.extend(unseen.map(|pattern| Note::NothingSeenYet((*pattern).clone())));
    let no_zone = |change: &Subscription| change.time_zone.is_none() && has_times(&change.rule.options);
    if has_times(&wanted.options) && draft.put.iter().any(no_zone) {
        notes.push(Note::NoTimeZone);
    }
    let mutes = index.mutes(&asker.channel_ref.workspace, &asker.channel_ref.channel);
    let next = hold::next_digests(app.clock.now(), &draft.put, mutes);
    if !next.is_empty() {
        notes.push(Note::NextDigests(next));
    }
    if joined {
        notes.push(Note::Joined);
    }
    notes
}

/// Returns the dataset patterns that the channel did not have before.
pub(in crate::app) fn new_patterns(draft: &PlannedChange) -> Vec<DatasetPattern> {
    let new = draft.changes.iter().filter_map(|change| {
        let after = &change.after.as_ref()?.dataset;
        change.before.as_ref().is_none_or(|before| before.dataset != *after).then(|| after.clone())
    });
    new.collect()
}

/// Warns the person who subscribed a channel about readers they may not expect. `first` is true if the channel had no
/// subscription before.
pub(in crate::app) async fn warn_about_audience(
    app: &App,
    channel_ref: &ChannelRef,
    user: &UserId,
    patterns: &[DatasetPattern],
    first: bool,
    readers: Readers,
) {
    if readers == Readers::Members {
        return;
    }
    let is_shared = readers == Readers::OtherWorkspaces && first;
    let private = private(app, channel_ref, patterns).await;
    let Some(message) = reply::audience_warning(&channel_ref.channel, is_shared, &private) else { return };
    let (slack, busy) = (Arc::clone(&app.slack.api), app.workers.at_work());
    let (channel_ref, user) = (channel_ref.clone(), user.clone());
    app.tasks.spawn(async move {
        if let Err(error) = slack.write_to(&channel_ref.workspace, &user, message.content(FallbackLevel::Whole)).await {
            warn!(channel = %channel_ref, "could not warn {user} about the audience of {channel_ref}: {error}");
        }
        drop(busy);
    });
}

/// Returns the datasets that are private at Segments.ai.
async fn private(app: &App, channel_ref: &ChannelRef, patterns: &[DatasetPattern]) -> Vec<DatasetName> {
    let (mut named, mut open) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.only() {
            Some(name) => named.push(name),
            None => open.push(pattern),
        }
    }
    open.truncate(PATTERNS_LOOKED_AT);
    if !open.is_empty() {
        let index = app.index.read();
        let datasets = index.datasets(&channel_ref.workspace);
        let meant = datasets.filter(|name| open.iter().any(|pattern| pattern.matches(Some(name))));
        named.extend(meant.take(DATASETS_LOOKED_AT).cloned());
    }
    named.sort_unstable();
    named.dedup();
    named.truncate(DATASETS_LOOKED_AT);
    let states = app.store.dataset_states(&channel_ref.workspace, named).await.unwrap_or_else(|error| {
        // The change is stored already; this is only a hint.
        warn!(channel = %channel_ref, "could not check whether datasets are private: {error}");
        Vec::new()
    });
    let is_private = |seen: &LastSeen| matches!(seen, LastSeen::Dataset(dataset) if dataset.public == Some(false));
    states.into_iter().filter(|(_, state)| is_private(&state.seen)).map(|(name, _)| name).collect()
}

pub(in crate::app) fn has_times(options: &Options) -> bool {
    options.quiet.is_some() || options.digest.is_some()
}
