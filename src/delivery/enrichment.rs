//! What news lack that Segments.ai may know, and putting it in: pure.

use super::plan::{Call, Planned};
use crate::model::event::KnownType;
use crate::model::object::Dataset;
use crate::model::{AccountId, BatchMessage, DatasetName, Delivery, Derived, EventType, News, Object, WorkspaceId};
use crate::segments::api::SampleId;
use crate::segments::cache::{CachedAnswers, DatasetOf, Fresh, Owner, SampleOf};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// So much is asked for one message at most.
const MAX_QUESTIONS_PER_CALL: usize = 10;

/// Something to ask Segments.ai for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// The name of a sample.
    Sample {
        /// The sample.
        of: SampleOf,
        /// Whether a webhook said that it is in that dataset: else it has to say so itself.
        vouched: bool,
    },
    /// A dataset as it is now.
    Dataset(DatasetOf),
}

impl Question {
    /// Whose key it is asked with.
    pub(super) fn owner(&self) -> &Owner {
        match self {
            Self::Sample { of, .. } => &of.owner,
            Self::Dataset(of) => &of.owner,
        }
    }

    /// Whether there is no point in asking.
    pub(super) fn is_settled(&self, known: &CachedAnswers, now: Timestamp) -> bool {
        match self {
            Self::Sample { of, .. } => known.settled_sample(of, now),
            Self::Dataset(of) => known.settled_dataset(of, now),
        }
    }
}

/// What news lack.
enum MissingField {
    /// The name of a sample.
    Name(SampleId),
    /// The progress of their dataset, or that of a later time.
    Progress,
}

impl MissingField {
    fn of(news: &News) -> Option<Self> {
        let (uuid, name) = match &news.event.object {
            Object::Label(label) => (&label.sample_uuid, &label.sample_name),
            Object::Issue(issue) => (&issue.sample_uuid, &issue.sample_name),
            Object::Sample(sample) => (&sample.uuid, &sample.name),
            Object::Dataset(_) => return shows_progress(news).then_some(Self::Progress),
            Object::Release(_) | Object::Unknown => return None,
        };
        let is_named = name.is_some() || news.sample_name.is_some();
        SampleId::parse(uuid.as_deref().filter(|_| !is_named)?).map(Self::Name)
    }
}

/// Whether a card tells how far the dataset is. One that is complete was so when it was said.
fn shows_progress(news: &News) -> bool {
    let known = [KnownType::DatasetCreated, KnownType::DatasetUpdated];
    matches!(&news.event.event_type, EventType::Known(known_type) if known.contains(known_type))
        && news.derived != Some(Derived::DatasetCompleted)
}

/// The sample that news name, and its name.
pub(super) fn named(news: &News) -> Option<(SampleId, &str)> {
    let (uuid, name) = match &news.event.object {
        Object::Label(label) => (&label.sample_uuid, &label.sample_name),
        Object::Issue(issue) => (&issue.sample_uuid, &issue.sample_name),
        Object::Sample(sample) => (&sample.uuid, &sample.name),
        Object::Dataset(_) | Object::Release(_) | Object::Unknown => return None,
    };
    let name = name.as_deref().or(news.sample_name.as_deref()).filter(|name| !name.trim().is_empty())?;
    Some((SampleId::parse(uuid.as_deref()?)?, name))
}

/// Puts into news what is known by now.
pub(super) fn enrich(news: &mut Arc<News>, delivery: &Delivery, owner: &Owner, known: &CachedAnswers, now: Timestamp) {
    let Some(dataset) = news.event.dataset.clone() else { return };
    let owner = owner.clone();
    match MissingField::of(news) {
        Some(MissingField::Name(id)) => {
            if let Some(name) = known.sample_name(&SampleOf { owner, dataset, id }, now) {
                Arc::make_mut(news).sample_name = Some(name.as_ref().to_owned());
            }
        }
        Some(MissingField::Progress) => {
            let fresh = known.dataset(&DatasetOf { owner, name: dataset }, now);
            let is_later =
                |fresh: &Fresh, told: &Dataset| fresh.at >= delivery.accepted_at || told.progress().is_none();
            if let Some(fresh) = fresh
                && let Object::Dataset(told) = &news.event.object
                && is_later(&fresh, told)
                && let Object::Dataset(told) = &mut Arc::make_mut(news).event.object
            {
                told.label_stats.clone_from(&fresh.dataset.label_stats);
                told.samples_count = fresh.dataset.samples_count.or(told.samples_count);
            }
        }
        None => {}
    }
}

/// Whether anything could be put into news.
pub(super) fn is_incomplete(news: &News) -> bool {
    MissingField::of(news).is_some()
}

/// What a call would be better for, with the accounts that the events of a digest's datasets came to.
pub(super) fn questions(
    workspace: &WorkspaceId,
    planned: &Planned<'_>,
    due: &[(Delivery, Arc<News>)],
    account_of: impl Fn(&DatasetName) -> Option<AccountId>,
) -> Vec<Question> {
    let owner = |account: &AccountId| Owner { workspace: workspace.clone(), account: account.clone() };
    match &planned.call {
        Call::Card { delivery, news, .. } => {
            let account = delivery.account.as_ref();
            account.and_then(|account| question(&owner(account), news)).into_iter().collect()
        }
        Call::OpenFold(fold) | Call::EditFold(fold) => {
            let covered = covered(planned, due).filter(|(_, news)| names(fold, news));
            let asked = covered.filter_map(|(delivery, news)| question(&owner(delivery.account.as_ref()?), news));
            asked.take(MAX_QUESTIONS_PER_CALL).collect()
        }
        Call::Digest(digest) => {
            let accounts: HashMap<&DatasetName, &AccountId> = covered(planned, due)
                .filter_map(|(delivery, news)| Some((news.event.dataset.as_ref()?, delivery.account.as_ref()?)))
                .collect();
            let shown = digest.busiest().into_iter().filter(|one| !one.deleted).filter_map(|one| one.dataset.as_ref());
            let asked = shown.take(MAX_QUESTIONS_PER_CALL).filter_map(|name| {
                let account = accounts.get(name).copied().cloned().or_else(|| account_of(name))?;
                Some(Question::Dataset(DatasetOf { owner: owner(&account), name: name.clone() }))
            });
            asked.collect()
        }
        Call::Reply { .. } | Call::EditParent(_) | Call::CloseFold(_) => Vec::new(),
    }
}

/// What can be asked about news. Nothing that is gone can.
fn question(owner: &Owner, news: &News) -> Option<Question> {
    let (owner, dataset) = (owner.clone(), news.event.dataset.clone()?);
    match MissingField::of(news)? {
        MissingField::Name(_) if news.event.event_type == EventType::Known(KnownType::SampleDeleted) => None,
        MissingField::Name(id) => Some(Question::Sample { of: SampleOf { owner, dataset, id }, vouched: true }),
        MissingField::Progress => Some(Question::Dataset(DatasetOf { owner, name: dataset })),
    }
}

fn covered<'d>(
    planned: &Planned<'_>,
    due: &'d [(Delivery, Arc<News>)],
) -> impl Iterator<Item = &'d (Delivery, Arc<News>)> {
    let covers: HashSet<u64> = planned.covers.iter().copied().collect();
    due.iter().filter(move |(delivery, _)| covers.contains(&delivery.sequence))
}

/// Whether a fold shows the object of news by its name.
fn names(fold: &BatchMessage, news: &News) -> bool {
    let object = news.event.object_key();
    object.is_some() && fold.named.iter().any(|named| named.object == object)
}
