//! What whoever changed subscriptions should know beside what was changed.

use super::channel::Readers;
use super::ledger::Draft;
use super::{App, Asker, hold};
use crate::model::object::Seen;
use crate::model::{Options, Subscription};
use crate::render::reply::Note;
use crate::slack::command::Asked;
use std::sync::PoisonError;
use tracing::warn;

/// Of a pattern, so many datasets are looked at for whether anybody may see them.
const DATASETS_LOOKED_AT: usize = 100;
/// So many patterns are held against all datasets that were seen.
const PATTERNS_LOOKED_AT: usize = 20;

/// What a person should know about what she asked for.
pub(super) fn notes(app: &App, asker: &Asker, wanted: &Asked, draft: &Draft, joined: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    if draft.default_events {
        notes.push(Note::DefaultEvents);
    }
    let index = app.index.read().unwrap_or_else(PoisonError::into_inner);
    let mut looked_at = wanted.datasets.iter().take(PATTERNS_LOOKED_AT);
    let unseen = looked_at.find(|pattern| !index.seen(&asker.lane.workspace, pattern));
    notes.extend(unseen.map(|pattern| Note::NothingSeenYet((*pattern).clone())));
    let no_zone = |change: &Subscription| change.time_zone.is_none() && has_times(&change.rule.options);
    if has_times(&wanted.options) && draft.put.iter().any(no_zone) {
        notes.push(Note::NoTimeZone);
    }
    let mutes = index.mutes(&asker.lane.workspace, &asker.lane.channel);
    let next = hold::next_digests(app.clock.now(), &draft.put, mutes);
    if !next.is_empty() {
        notes.push(Note::NextDigests(next));
    }
    if joined {
        notes.push(Note::Joined);
    }
    notes
}

/// Who reads along that whoever subscribed may not think of; `first` says whether the channel had no subscription before.
pub(super) async fn onlookers(app: &App, asker: &Asker, draft: &Draft, first: bool, readers: Readers) -> Vec<Note> {
    let mut notes = Vec::new();
    if readers == Readers::OtherWorkspaces && first {
        notes.push(Note::SharedChannel);
    }
    if readers == Readers::Members {
        return notes;
    }
    let new = draft.changes.iter().filter(|change| change.before.is_none());
    let patterns = new.filter_map(|change| Some(&change.after.as_ref()?.dataset));
    let (mut named, mut open) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.only() {
            Some(name) => named.push(name),
            None => open.push(pattern),
        }
    }
    open.truncate(PATTERNS_LOOKED_AT);
    if !open.is_empty() {
        let index = app.index.read().unwrap_or_else(PoisonError::into_inner);
        let datasets = index.datasets(&asker.lane.workspace);
        let meant = datasets.filter(|name| open.iter().any(|pattern| pattern.matches(Some(name))));
        named.extend(meant.take(DATASETS_LOOKED_AT).cloned());
    }
    named.sort_unstable();
    named.dedup();
    named.truncate(DATASETS_LOOKED_AT);
    let states = app.store.dataset_states(&asker.lane.workspace, named).await.unwrap_or_else(|error| {
        // The change is stored by now, and this is only a note beside it.
        warn!(lane = %asker.lane, "could not look whether datasets are private: {error}");
        Vec::new()
    });
    let is_private = |seen: &Seen| matches!(seen, Seen::Dataset(dataset) if dataset.public == Some(false));
    let private: Vec<_> =
        states.into_iter().filter(|(_, state)| is_private(&state.seen)).map(|(name, _)| name).collect();
    notes.extend((!private.is_empty()).then_some(Note::PrivateDatasets(private)));
    notes
}

pub(super) fn has_times(options: &Options) -> bool {
    options.quiet.is_some() || options.digest.is_some()
}
