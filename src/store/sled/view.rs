//! The tree as an operation sees it: what is stored, with the changes of its group on top.
//!
//! A record is a version byte and JSON. A value above 4 KiB is cut into pieces under keys of their own: a leaf of sled
//! holds at most 17 items, and one that grows past 128 KiB would go to a file that no flush reaches.

use super::keys::{RecordKey, RecordKind};
use crate::model::WorkspaceId;
use crate::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The version of a record, in front of its JSON.
const RECORD_VERSION: u8 = b'1';
/// In front of the number of pieces (two bytes, big-endian) into which a value was cut.
const CUT: u8 = b'c';
/// The longest value that is not cut, and the longest piece.
const MAX_VALUE_BYTES: usize = 4 * 1024;

/// A tree with changes on top that are not in it yet.
pub(super) struct StoreView<'a> {
    tree: &'a sled::Tree,
    changes: BTreeMap<RecordKey, Change>,
    /// What stood in `changes` before each change since the last [`StoreView::keep`].
    journal: Vec<(RecordKey, Option<Change>)>,
    bytes: usize,
    unreadable: RefCell<Vec<RecordKey>>,
}

enum Change {
    Put(Vec<u8>),
    Remove,
}

impl<'a> StoreView<'a> {
    pub(super) fn over(tree: &'a sled::Tree) -> Self {
        Self { tree, changes: BTreeMap::new(), journal: Vec::new(), bytes: 0, unreadable: RefCell::default() }
    }

    /// Reads a record. One that cannot be read is noted and counts as absent.
    pub(super) fn read<T: DeserializeOwned>(&self, key: &RecordKey) -> Result<Option<T>, StoreError> {
        match self.raw(key)? {
            Some(raw) => self.decode(key, raw),
            None => Ok(None),
        }
    }

    /// Whether anything stands there, readable or not.
    pub(super) fn holds(&self, key: &RecordKey) -> Result<bool, StoreError> {
        Ok(match self.changes.get(key) {
            Some(change) => matches!(change, Change::Put(_)),
            None => self.tree.contains_key(key.bytes())?,
        })
    }

    /// Writes a record over whatever stands there.
    pub(super) fn write<T: Serialize>(&mut self, key: &RecordKey, record: &T) -> Result<(), StoreError> {
        let mut value = vec![RECORD_VERSION];
        serde_json::to_writer(&mut value, record).map_err(|error| unavailable(key, &error))?;
        self.remove_pieces(key)?;
        if value.len() <= MAX_VALUE_BYTES {
            self.change(key.clone(), Change::Put(value));
            return Ok(());
        }
        let pieces = value.chunks(MAX_VALUE_BYTES);
        let count = u16::try_from(pieces.len()).map_err(|error| unavailable(key, &error))?;
        for (number, piece) in (0..count).zip(pieces) {
            self.change(key.piece(number), Change::Put(piece.to_vec()));
        }
        let [high, low] = count.to_be_bytes();
        self.change(key.clone(), Change::Put(vec![CUT, high, low]));
        Ok(())
    }

    /// Removes a record, if it is there.
    pub(super) fn remove(&mut self, key: &RecordKey) -> Result<(), StoreError> {
        self.remove_pieces(key)?;
        self.change(key.clone(), Change::Remove);
        Ok(())
    }

    /// The records whose keys begin so, in order; those that cannot be read are noted and left out.
    pub(super) fn scan<'v, T: DeserializeOwned + 'v>(
        &'v self,
        beginning: &RecordKey,
    ) -> impl Iterator<Item = Result<(RecordKey, T), StoreError>> + 'v {
        self.entries(beginning, beginning).filter_map(|entry| match entry {
            Ok((key, raw)) => match self.decode(&key, raw) {
                Ok(record) => record.map(|record| Ok((key, record))),
                Err(error) => Some(Err(error)),
            },
            Err(error) => Some(Err(error)),
        })
    }

    /// The keys that begin so, from one on, in order.
    pub(super) fn keys<'v>(
        &'v self,
        beginning: &RecordKey,
        from: &RecordKey,
    ) -> impl Iterator<Item = Result<RecordKey, StoreError>> + 'v {
        self.entries(beginning, from).map(|entry| entry.map(|(key, _)| key))
    }

    /// Notes that a record cannot be used.
    pub(super) fn note_unreadable(&self, key: RecordKey) {
        self.unreadable.borrow_mut().push(key);
    }

    /// The records noted since the last time.
    pub(super) fn take_unreadable(&self) -> Vec<RecordKey> {
        self.unreadable.take()
    }

    /// Moves what the tree has under a key out of the way, without looking at it. Whether there was anything to move.
    pub(super) fn move_aside(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let aside = key.set_aside();
        let Some(raw) = self.tree.get(key.bytes())? else { return Ok(false) };
        if self.changes.contains_key(&aside) {
            return Ok(false);
        }
        for number in 0..pieces(&raw) {
            if let Some(piece) = self.tree.get(key.piece(number).bytes())? {
                self.change(aside.piece(number), Change::Put(piece.to_vec()));
            }
        }
        self.change(aside, Change::Put(raw.to_vec()));
        if !self.changes.contains_key(key) {
            self.remove(key)?;
        }
        Ok(true)
    }

    /// Keeps the changes made so far.
    pub(super) fn keep(&mut self) {
        self.journal.clear();
    }

    /// Takes back the changes since the last [`StoreView::keep`].
    pub(super) fn take_back(&mut self) {
        while let Some((key, before)) = self.journal.pop() {
            match before {
                Some(change) => self.changes.insert(key, change),
                None => self.changes.remove(&key),
            };
        }
    }

    /// How much there is to write, in bytes, about.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }

    /// All changes, to be applied as one.
    pub(super) fn into_batch(self) -> Option<sled::Batch> {
        let mut batch = sled::Batch::default();
        for (key, change) in &self.changes {
            match change {
                Change::Put(value) => batch.insert(key.bytes(), value.as_slice()),
                Change::Remove => batch.remove(key.bytes()),
            }
        }
        (!self.changes.is_empty()).then_some(batch)
    }

    fn change(&mut self, key: RecordKey, change: Change) {
        self.bytes += key.bytes().len() + if let Change::Put(value) = &change { value.len() } else { 0 };
        let before = self.changes.insert(key.clone(), change);
        self.journal.push((key, before));
    }

    fn remove_pieces(&mut self, key: &RecordKey) -> Result<(), StoreError> {
        let count = self.raw(key)?.map_or(0, |raw| pieces(&raw));
        for number in 0..count {
            self.change(key.piece(number), Change::Remove);
        }
        Ok(())
    }

    fn raw(&self, key: &RecordKey) -> Result<Option<sled::IVec>, StoreError> {
        Ok(match self.changes.get(key) {
            Some(Change::Put(value)) => Some(value.as_slice().into()),
            Some(Change::Remove) => None,
            None => self.tree.get(key.bytes())?,
        })
    }

    fn decode<T: DeserializeOwned>(&self, key: &RecordKey, raw: sled::IVec) -> Result<Option<T>, StoreError> {
        let record = parse(&self.whole(key, raw)?);
        if record.is_none() {
            self.note_unreadable(key.clone());
        }
        Ok(record)
    }

    /// A value with its pieces put together.
    fn whole(&self, key: &RecordKey, raw: sled::IVec) -> Result<sled::IVec, StoreError> {
        if raw.first() != Some(&CUT) {
            return Ok(raw);
        }
        let mut joined = Vec::new();
        for number in 0..pieces(&raw) {
            joined.extend_from_slice(&self.raw(&key.piece(number))?.unwrap_or_default());
        }
        Ok(joined.into())
    }

    /// Every record of every workspace as [`parse`] takes it, in order.
    pub(super) fn everything(&self) -> impl Iterator<Item = Result<(RecordKey, sled::IVec), StoreError>> {
        let entries = self.entries(&RecordKey::anything(), &RecordKey::first_workspace());
        entries.filter(|entry| !entry.as_ref().is_ok_and(|(key, _)| key.is(RecordKind::Piece))).map(|entry| {
            let (key, raw) = entry?;
            let whole = self.whole(&key, raw)?;
            Ok((key, whole))
        })
    }

    /// Tree and changes merged, in order.
    fn entries<'v>(
        &'v self,
        beginning: &RecordKey,
        from: &RecordKey,
    ) -> impl Iterator<Item = Result<(RecordKey, sled::IVec), StoreError>> + use<'v, 'a> {
        let mut stored = self.tree.range(from.bytes()..).peekable();
        let changes = self.changes.range((Bound::Included(from.clone()), Bound::Unbounded));
        let mut changes = changes.peekable();
        let beginning = beginning.clone();
        std::iter::from_fn(move || {
            loop {
                let change = changes.next_if(|(changed, _)| match stored.peek() {
                    Some(Ok((key, _))) => changed.bytes() <= &key[..],
                    _ => true,
                });
                let Some((key, change)) = change else {
                    return match stored.next()? {
                        Ok((key, value)) => Some(Ok((RecordKey::stored(&key), value))),
                        Err(error) => Some(Err(error.into())),
                    };
                };
                stored.next_if(|entry| entry.as_ref().is_ok_and(|(stored, _)| &stored[..] == key.bytes()));
                if let Change::Put(value) = change {
                    return Some(Ok((key.clone(), value.as_slice().into())));
                }
            }
        })
        .take_while(move |entry| entry.as_ref().map_or(true, |(key, _)| key.starts_with(&beginning)))
    }
}

/// Workspaces that anything is stored for, found by seeking from one to the next.
pub(super) fn workspaces(view: &StoreView) -> Result<Vec<WorkspaceId>, StoreError> {
    let mut found = Vec::new();
    let mut from = RecordKey::first_workspace();
    while let Some(key) = view.keys(&RecordKey::anything(), &from).next().transpose()? {
        found.extend(key.workspace());
        from = key.after_workspace();
    }
    Ok(found)
}

/// A record from its whole value; none if it cannot be read.
pub(super) fn parse<T: DeserializeOwned>(whole: &[u8]) -> Option<T> {
    match whole.split_first() {
        Some((&RECORD_VERSION, json)) => serde_json::from_slice(json).ok(),
        _ => None,
    }
}

/// How many pieces belong to a value.
fn pieces(raw: &[u8]) -> u16 {
    match raw {
        [CUT, high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}

fn unavailable(key: &RecordKey, error: &dyn std::error::Error) -> StoreError {
    StoreError::Unavailable(format!("record {key:?} cannot be written: {error}"))
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}
