//! What Segments.ai was asked already: names of samples and progress of datasets, for a while and not too many.

use super::api::SampleId;
use crate::model::{AccountId, DatasetName, WorkspaceId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

/// Names of samples hardly ever change, and a message shows the name of its time.
const SAMPLES: Limits = Limits { entries: 20_000, age: SignedDuration::from_hours(24) };
/// Progress is old news soon.
const DATASETS: Limits = Limits { entries: 2_000, age: SignedDuration::from_mins(1) };

/// Whose key an answer was got with: only there may it be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The account in it.
    pub account: AccountId,
}

/// How far a dataset is: samples done, and all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Labelled or further.
    pub done: u64,
    /// All.
    pub total: u64,
}

/// What was asked already.
#[derive(Debug)]
pub struct Known {
    samples: Aging<(Owner, SampleId), Arc<str>>,
    datasets: Aging<(Owner, DatasetName), Progress>,
}

impl Default for Known {
    fn default() -> Self {
        Self { samples: Aging::new(SAMPLES), datasets: Aging::new(DATASETS) }
    }
}

impl Known {
    /// The name of a sample.
    pub fn sample_name(&self, owner: &Owner, id: SampleId, now: Timestamp) -> Option<Arc<str>> {
        self.samples.at(&(owner.clone(), id), now).cloned()
    }

    /// Keeps the name of a sample, which Segments.ai or a webhook just gave.
    pub fn learn_sample_name(&mut self, owner: &Owner, id: SampleId, name: &str, now: Timestamp) {
        self.samples.put((owner.clone(), id), name.into(), now);
    }

    /// The progress of a dataset.
    pub fn progress(&self, owner: &Owner, dataset: &DatasetName, now: Timestamp) -> Option<Progress> {
        self.datasets.at(&(owner.clone(), dataset.clone()), now).copied()
    }

    /// Keeps the progress of a dataset.
    pub fn learn_progress(&mut self, owner: &Owner, dataset: &DatasetName, progress: Progress, now: Timestamp) {
        self.datasets.put((owner.clone(), dataset.clone()), progress, now);
    }

    /// Forgets what was got with a key that is no longer there.
    pub fn forget(&mut self, owner: &Owner) {
        self.samples.retain(|(of, _)| of != owner);
        self.datasets.retain(|(of, _)| of != owner);
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

    fn id(number: u32) -> SampleId {
        SampleId::parse(&format!("5e60a1ab-0000-4000-8000-{number:012}")).unwrap()
    }

    #[test]
    fn what_one_account_was_told_no_other_is_shown() {
        let mut known = Known::default();
        known.learn_sample_name(&owner("T1"), id(1), "rose.png", at(0));
        assert_eq!(known.sample_name(&owner("T1"), id(1), at(1)).as_deref(), Some("rose.png"));
        assert_eq!(known.sample_name(&owner("T2"), id(1), at(1)), None);
        known.forget(&owner("T1"));
        assert_eq!(known.sample_name(&owner("T1"), id(1), at(1)), None);
    }

    #[test]
    fn what_is_too_old_is_not_known_any_more() {
        let (mut known, flowers) = (Known::default(), DatasetName::parse("jane/flowers").unwrap());
        let progress = Progress { done: 3, total: 94 };
        known.learn_progress(&owner("T1"), &flowers, progress, at(0));
        assert_eq!(known.progress(&owner("T1"), &flowers, at(59)), Some(progress));
        assert_eq!(known.progress(&owner("T1"), &flowers, at(60)), None);
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
