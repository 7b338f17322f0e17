//! What Segments.ai was asked already: names of samples, datasets as they are, and what is not there; for a while and not
//! too many. And whose events a dataset's are, which says whom to ask.

use super::api::SampleId;
use crate::model::object::Dataset;
use crate::model::{AccountId, DatasetName, WorkspaceId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

/// Names of samples hardly ever change, and a message shows the name of its time.
const SAMPLES: Limits = Limits { entries: 20_000, age: SignedDuration::from_hours(24) };
/// What was not there may be shown to a key later.
const NO_SAMPLES: Limits = Limits { entries: 20_000, age: SignedDuration::from_hours(1) };
/// Progress is old news soon.
const DATASETS: Limits = Limits { entries: 2_000, age: SignedDuration::from_mins(1) };
/// A dataset is asked of the account that its events came to last.
const ACCOUNTS: Limits = Limits { entries: 20_000, age: SignedDuration::from_hours(24 * 30) };

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
    samples: Aging<SampleOf, Arc<str>>,
    no_samples: Aging<SampleOf, ()>,
    datasets: Aging<DatasetOf, Option<Fresh>>,
    accounts: Aging<(WorkspaceId, DatasetName), AccountId>,
}

impl Default for CachedAnswers {
    fn default() -> Self {
        Self {
            samples: Aging::new(SAMPLES),
            no_samples: Aging::new(NO_SAMPLES),
            datasets: Aging::new(DATASETS),
            accounts: Aging::new(ACCOUNTS),
        }
    }
}

impl CachedAnswers {
    /// The name of a sample.
    pub fn sample_name(&self, sample: &SampleOf, now: Timestamp) -> Option<Arc<str>> {
        self.samples.at(sample, now).cloned()
    }

    /// Whether there is no point in asking for a sample: its name is known, or it is not there.
    pub fn settled_sample(&self, sample: &SampleOf, now: Timestamp) -> bool {
        self.samples.at(sample, now).is_some() || self.no_samples.at(sample, now).is_some()
    }

    /// Keeps the name of a sample, which Segments.ai or a webhook just gave.
    pub fn learn_sample_name(&mut self, sample: SampleOf, name: &str, now: Timestamp) {
        self.samples.put(sample, name.into(), now);
    }

    /// Keeps that there is no such sample, or none that may be seen.
    pub fn learn_no_sample(&mut self, sample: SampleOf, now: Timestamp) {
        self.no_samples.put(sample, (), now);
    }

    /// A dataset as it was just now.
    pub fn dataset(&self, dataset: &DatasetOf, now: Timestamp) -> Option<Fresh> {
        self.datasets.at(dataset, now).cloned().flatten()
    }

    /// Whether there is no point in asking for a dataset: that was done just now.
    pub fn settled_dataset(&self, dataset: &DatasetOf, now: Timestamp) -> bool {
        self.datasets.at(dataset, now).is_some()
    }

    /// Keeps a dataset, or that there is none that may be seen.
    pub fn learn_dataset(&mut self, name: DatasetOf, dataset: Option<Dataset>, now: Timestamp) {
        self.datasets.put(name, dataset.map(|dataset| Fresh { dataset: Arc::new(dataset), at: now }), now);
    }

    /// The account that a dataset's events came to last.
    pub fn account_of(&self, workspace: &WorkspaceId, dataset: &DatasetName, now: Timestamp) -> Option<AccountId> {
        self.accounts.at(&(workspace.clone(), dataset.clone()), now).cloned()
    }

    /// Keeps that an event of a dataset came to an account.
    pub fn learn_account(&mut self, owner: &Owner, dataset: &DatasetName, now: Timestamp) {
        let known = self.account_of(&owner.workspace, dataset, now);
        if known.as_ref() != Some(&owner.account) {
            self.accounts.put((owner.workspace.clone(), dataset.clone()), owner.account.clone(), now);
        }
    }

    /// Forgets what was got with a key that is no longer there.
    pub fn forget(&mut self, owner: &Owner) {
        self.samples.retain(|sample| sample.owner != *owner);
        self.no_samples.retain(|sample| sample.owner != *owner);
        self.datasets.retain(|dataset| dataset.owner != *owner);
    }
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    entries: usize,
    age: SignedDuration,
}

/// A map that forgets the entries that were put first, and what is too old.
#[derive(Debug)]
struct Aging<K, V> {
    limits: Limits,
    entries: HashMap<K, Entry<V>>,
    /// Every putting in its order; only the last of a key counts.
    order: VecDeque<(u64, K)>,
    puttings: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    put_at: Timestamp,
    putting: u64,
}

impl<K: Hash + Eq + Clone, V> Aging<K, V> {
    fn new(limits: Limits) -> Self {
        Self { limits, entries: HashMap::new(), order: VecDeque::new(), puttings: 0 }
    }

    fn at(&self, key: &K, now: Timestamp) -> Option<&V> {
        let entry = self.entries.get(key)?;
        (now.duration_since(entry.put_at) < self.limits.age).then_some(&entry.value)
    }

    fn put(&mut self, key: K, value: V, now: Timestamp) {
        self.puttings += 1;
        self.order.push_back((self.puttings, key.clone()));
        self.entries.insert(key, Entry { value, put_at: now, putting: self.puttings });
        while let Some((putting, key)) = self.order.front() {
            let entry = self.entries.get(key).filter(|entry| entry.putting == *putting);
            let over = self.entries.len() > self.limits.entries;
            if entry.is_some_and(|entry| !over && now.duration_since(entry.put_at) < self.limits.age) {
                break;
            }
            if entry.is_some() {
                self.entries.remove(key);
            }
            self.order.pop_front();
        }
        // An entry that is put again and again behind an old one leaves marks that lead nowhere.
        if self.order.len() > 2 * self.limits.entries {
            let entries = &self.entries;
            self.order.retain(|(putting, key)| entries.get(key).is_some_and(|entry| entry.putting == *putting));
        }
    }

    fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.entries.retain(|key, _| keep(key));
        self.order.retain(|(_, key)| keep(key));
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

    #[test]
    fn of_too_many_the_ones_put_first_go() {
        let mut aging = Aging::new(Limits { entries: 3, age: SignedDuration::from_secs(100) });
        for key in 0..3 {
            aging.put(key, key, at(0));
        }
        aging.put(0, 10, at(1));
        aging.put(3, 3, at(1));
        let left: Vec<_> = (0..4).map(|key| aging.at(&key, at(1)).copied()).collect();
        assert_eq!(left, [Some(10), None, Some(2), Some(3)]);
    }

    #[test]
    fn no_order_of_puttings_makes_it_grow() {
        let mut aging = Aging::new(Limits { entries: 3, age: SignedDuration::from_secs(100) });
        aging.put(0, 0, at(0));
        for _ in 0..100 {
            aging.put(1, 1, at(0));
        }
        assert!(aging.order.len() <= 7, "{}", aging.order.len());
        for key in 0..1000 {
            aging.put(key, key, at(key));
        }
        assert_eq!(aging.entries.len(), 3);
        aging.put(0, 0, at(100_000));
        assert_eq!((aging.entries.len(), aging.order.len()), (1, 1));
    }
}
