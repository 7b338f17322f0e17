//! What Segments.ai was asked already: names of samples, datasets as they are, and what is not there; for a while and not
//! too many. And whose events a dataset's are, which says whom to ask.

use super::api::SampleId;
use crate::clock::ageing::{AgeingCache, CacheLimits};
use crate::model::object::Dataset;
use crate::model::{AccountId, DatasetName, WorkspaceId};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Names of samples hardly ever change, and a message shows the name of its time.
const SAMPLES: CacheLimits = CacheLimits { entries: 20_000, age: Duration::from_hours(24) };
/// What was not there may be shown to a key later.
const NO_SAMPLES: CacheLimits = CacheLimits { entries: 20_000, age: Duration::from_hours(1) };
/// Progress is old news soon.
const DATASETS: CacheLimits = CacheLimits { entries: 2_000, age: Duration::from_mins(1) };
/// A dataset is asked of the account that its events came to last.
const ACCOUNTS: CacheLimits = CacheLimits { entries: 20_000, age: Duration::from_hours(24 * 30) };

/// Whose key an answer was got with: only there may it be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The account in it.
    pub account: AccountId,
}

/// A sample in a dataset, as one account may see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SampleOf {
    /// Whose key it is asked with.
    pub owner: Owner,
    /// The dataset: what is asked of a sample holds in its own dataset only.
    pub dataset: DatasetName,
    /// The sample.
    pub id: SampleId,
}

/// A dataset, as one account may see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatasetOf {
    /// Whose key it is asked with.
    pub owner: Owner,
    /// The dataset.
    pub name: DatasetName,
}

/// A dataset as Segments.ai gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// It.
    pub dataset: Arc<Dataset>,
    /// When.
    pub at: Timestamp,
}

/// What was asked already.
#[derive(Debug)]
pub struct CachedAnswers {
    samples: AgeingCache<SampleOf, Arc<str>>,
    no_samples: AgeingCache<SampleOf, ()>,
    datasets: AgeingCache<DatasetOf, Option<Fresh>>,
    accounts: AgeingCache<(WorkspaceId, DatasetName), AccountId>,
}

impl Default for CachedAnswers {
    fn default() -> Self {
        Self {
            samples: AgeingCache::new(SAMPLES),
            no_samples: AgeingCache::new(NO_SAMPLES),
            datasets: AgeingCache::new(DATASETS),
            accounts: AgeingCache::new(ACCOUNTS),
        }
    }
}

impl CachedAnswers {
    /// The name of a sample.
    pub fn sample_name(&self, sample: &SampleOf, now: Timestamp) -> Option<Arc<str>> {
        self.samples.get(sample, now).cloned()
    }

    /// Whether there is no point in asking for a sample: its name is known, or it is not there.
    pub fn settled_sample(&self, sample: &SampleOf, now: Timestamp) -> bool {
        self.samples.get(sample, now).is_some() || self.no_samples.get(sample, now).is_some()
    }

    /// Keeps the name of a sample, which Segments.ai or a webhook just gave.
    pub fn learn_sample_name(&mut self, sample: SampleOf, name: &str, now: Timestamp) {
        self.samples.insert(sample, name.into(), now);
    }

    /// Keeps that there is no such sample, or none that may be seen.
    pub fn learn_no_sample(&mut self, sample: SampleOf, now: Timestamp) {
        self.no_samples.insert(sample, (), now);
    }

    /// A dataset as it was just now.
    pub fn dataset(&self, dataset: &DatasetOf, now: Timestamp) -> Option<Fresh> {
        self.datasets.get(dataset, now).cloned().flatten()
    }

    /// Whether there is no point in asking for a dataset: that was done just now.
    pub fn settled_dataset(&self, dataset: &DatasetOf, now: Timestamp) -> bool {
        self.datasets.get(dataset, now).is_some()
    }

    /// Keeps a dataset, or that there is none that may be seen.
    pub fn learn_dataset(&mut self, name: DatasetOf, dataset: Option<Dataset>, now: Timestamp) {
        self.datasets.insert(name, dataset.map(|dataset| Fresh { dataset: Arc::new(dataset), at: now }), now);
    }

    /// The account that a dataset's events came to last.
    pub fn account_of(&self, workspace: &WorkspaceId, dataset: &DatasetName, now: Timestamp) -> Option<AccountId> {
        self.accounts.get(&(workspace.clone(), dataset.clone()), now).cloned()
    }

    /// Keeps that an event of a dataset came to an account.
    pub fn learn_account(&mut self, owner: &Owner, dataset: &DatasetName, now: Timestamp) {
        let known = self.account_of(&owner.workspace, dataset, now);
        if known.as_ref() != Some(&owner.account) {
            self.accounts.insert((owner.workspace.clone(), dataset.clone()), owner.account.clone(), now);
        }
    }

    /// Forgets what was got with a key that is no longer there.
    pub fn forget(&mut self, owner: &Owner) {
        self.samples.retain(|sample| sample.owner != *owner);
        self.no_samples.retain(|sample| sample.owner != *owner);
        self.datasets.retain(|dataset| dataset.owner != *owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(workspace: &str) -> Owner {
        let account = AccountId::parse("environment").unwrap();
        Owner { workspace: WorkspaceId::parse(workspace).unwrap(), account }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn named(name: &str) -> DatasetName {
        DatasetName::parse(name).unwrap()
    }

    fn sample(workspace: &str, dataset: &str) -> SampleOf {
        let id = SampleId::parse("5e60a1ab-0000-4000-8000-000000000001").unwrap();
        SampleOf { owner: owner(workspace), dataset: named(dataset), id }
    }

    #[test]
    fn cached_answers_stay_with_their_account_and_dataset() {
        let (mut known, rose) = (CachedAnswers::default(), sample("T1", "jane/flowers"));
        known.learn_sample_name(rose.clone(), "rose.png", at(0));
        assert_eq!(known.sample_name(&rose, at(1)).as_deref(), Some("rose.png"));
        for other in [sample("T2", "jane/flowers"), sample("T1", "jane/cars")] {
            assert!(known.sample_name(&other, at(1)).is_none() && !known.settled_sample(&other, at(1)));
        }
        known.forget(&owner("T1"));
        assert_eq!(known.sample_name(&rose, at(1)), None);
    }

    #[test]
    fn what_is_too_old_is_not_known_any_more() {
        let mut known = CachedAnswers::default();
        let flowers = DatasetOf { owner: owner("T1"), name: named("jane/flowers") };
        known.learn_dataset(flowers.clone(), Some(Dataset::default()), at(0));
        assert_eq!(known.dataset(&flowers, at(59)).map(|fresh| fresh.at), Some(at(0)));
        assert!(known.dataset(&flowers, at(60)).is_none() && !known.settled_dataset(&flowers, at(60)));
    }

    #[test]
    fn what_is_not_there_is_asked_for_again_only_later() {
        let (mut known, rose) = (CachedAnswers::default(), sample("T1", "jane/flowers"));
        let flowers = DatasetOf { owner: owner("T1"), name: named("jane/flowers") };
        known.learn_no_sample(rose.clone(), at(0));
        known.learn_dataset(flowers.clone(), None, at(0));
        assert!(known.settled_sample(&rose, at(3599)) && !known.settled_sample(&rose, at(3600)));
        assert!(known.settled_dataset(&flowers, at(59)) && known.dataset(&flowers, at(59)).is_none());
        // A webhook may name it meanwhile.
        known.learn_sample_name(rose.clone(), "rose.png", at(1));
        assert_eq!(known.sample_name(&rose, at(2)).as_deref(), Some("rose.png"));
    }

    #[test]
    fn a_dataset_is_of_the_account_that_its_events_came_to_last() {
        let (mut known, flowers, one) = (CachedAnswers::default(), named("jane/flowers"), owner("T1"));
        let other = Owner { account: AccountId::parse("second").unwrap(), ..one.clone() };
        for owner in [&one, &other, &other] {
            known.learn_account(owner, &flowers, at(0));
        }
        assert_eq!(known.account_of(&one.workspace, &flowers, at(1)), Some(other.account));
        assert_eq!(known.account_of(&WorkspaceId::parse("T2").unwrap(), &flowers, at(1)), None);
    }
}
