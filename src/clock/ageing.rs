//! A bounded cache whose entries expire: the oldest entries are dropped first. Time is passed in.

use super::later;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// The limits of a cache.
#[derive(Debug, Clone, Copy)]
pub struct CacheLimits {
    /// The maximum number of entries.
    pub entries: usize,
    /// The time after which an entry expires.
    pub age: Duration,
}

/// A map that drops expired entries, and beyond its maximum the entries that were inserted first. Inserting takes constant
/// time on average.
#[derive(Debug)]
pub struct AgeingCache<K, V> {
    limits: CacheLimits,
    entries: HashMap<K, CacheEntry<V>>,
    /// Every insertion in order. Only the last one of a key counts.
    order: VecDeque<(u64, K)>,
    insertions: u64,
}

#[derive(Debug)]
struct CacheEntry<V> {
    value: V,
    inserted_at: Timestamp,
    insertion: u64,
}

impl<K: Hash + Eq + Clone, V> AgeingCache<K, V> {
    /// Creates an empty cache.
    pub fn new(limits: CacheLimits) -> Self {
        Self { limits, entries: HashMap::new(), order: VecDeque::new(), insertions: 0 }
    }

    /// Returns the value of a key, unless it has expired.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<&V> {
        let entry = self.entries.get(key)?;
        (!self.has_expired(entry, now)).then_some(&entry.value)
    }

    /// Inserts or replaces a value, and drops what has expired or exceeds the maximum.
    pub fn insert(&mut self, key: K, value: V, now: Timestamp) {
        self.insertions += 1;
        self.order.push_back((self.insertions, key.clone()));
        self.entries.insert(key, CacheEntry { value, inserted_at: now, insertion: self.insertions });
        self.expire(now);
        // A key that is inserted repeatedly behind an old one leaves outdated insertions.
        if self.order.len() > 2 * self.limits.entries {
            let entries = &self.entries;
            self.order.retain(|(insertion, key)| entries.get(key).is_some_and(|entry| entry.insertion == *insertion));
        }
    }

    /// Drops what has expired or exceeds the maximum.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some((insertion, key)) = self.order.front() {
            let entry = self.entries.get(key).filter(|entry| entry.insertion == *insertion);
            let too_many = self.entries.len() > self.limits.entries;
            if entry.is_some_and(|entry| !too_many && !self.has_expired(entry, now)) {
                break;
            }
            if entry.is_some() {
                self.entries.remove(key);
            }
            self.order.pop_front();
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    /// Keeps only the keys for which `keep` returns true. Takes time in proportion to the number of entries.
    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.entries.retain(|key, _| keep(key));
        self.order.retain(|(_, key)| keep(key));
    }

    /// Returns the keys in no order. Expired ones are among them until the next insertion or [`expire`](Self::expire).
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    /// Returns the number of entries, as in [`keys`](Self::keys).
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns true if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn has_expired(&self, entry: &CacheEntry<V>, now: Timestamp) -> bool {
        later(entry.inserted_at, self.limits.age) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn cache() -> AgeingCache<i64, i64> {
        AgeingCache::new(CacheLimits { entries: 3, age: Duration::from_secs(100) })
    }

    #[test]
    fn beyond_the_maximum_the_oldest_entries_are_dropped() {
        let mut cache = cache();
        for key in 0..3 {
            cache.insert(key, key, at(0));
        }
        cache.insert(0, 10, at(1));
        cache.insert(3, 3, at(1));
        let left: Vec<_> = (0..4).map(|key| cache.get(&key, at(1)).copied()).collect();
        assert_eq!(left, [Some(10), None, Some(2), Some(3)]);
    }

    #[test]
    fn an_entry_expires_and_a_removed_one_can_come_back() {
        let mut cache = cache();
        cache.insert(1, 1, at(0));
        assert_eq!((cache.get(&1, at(99)), cache.get(&1, at(100))), (Some(&1), None));
        cache.remove(&1);
        assert!(cache.is_empty() && cache.get(&1, at(1)).is_none());
        cache.insert(1, 2, at(50));
        cache.expire(at(100));
        assert_eq!((cache.get(&1, at(149)), cache.len()), (Some(&2), 1));
        cache.expire(at(150));
        assert!(cache.is_empty());
    }

    #[test]
    fn no_order_of_insertions_makes_it_grow() {
        let mut cache = cache();
        cache.insert(0, 0, at(0));
        for _ in 0..100 {
            cache.insert(1, 1, at(0));
        }
        assert!(cache.order.len() <= 7, "{}", cache.order.len());
        for key in 0..1000 {
            cache.insert(key, key, at(key));
        }
        assert_eq!(cache.entries.len(), 3);
        cache.insert(0, 0, at(100_000));
        assert_eq!((cache.entries.len(), cache.order.len()), (1, 1));
    }
}
