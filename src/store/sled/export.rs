//! Everything as records, and records put back as they were: what backups read and restoring writes.

use super::datasets::Seen;
use super::keys::{Key, Kind};
use super::view::{View, parse};
use super::{anchors, datasets, deeds, letters, links, outcomes, tenants};
use crate::model::ChannelRef;
use crate::store::StoreError;
use crate::store::record::{Exported, Record};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// So many steps are read before anyone asks for them.
pub(super) const AHEAD: usize = 64;

/// The tree at one moment, in a file that has no name: each key and value after its length.
pub(super) struct Copy {
    file: File,
    records: u64,
}

/// Copies everything that is stored. Nothing is written meanwhile, so this only copies: what it says is read later.
pub(super) fn copy(view: &View, folder: &Path) -> Result<Copy, StoreError> {
    let failed = |error: io::Error| StoreError::Unavailable(format!("the store could not be copied: {error}"));
    let mut file = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(folder).map_err(failed)?);
    let mut records = 0;
    for entry in view.everything() {
        let (key, value) = entry?;
        for part in [key.bytes(), &value] {
            let length = u32::try_from(part.len()).expect("a value has at most 65,536 pieces of 4 KiB");
            file.write_all(&length.to_be_bytes()).and_then(|()| file.write_all(part)).map_err(failed)?;
        }
        records += 1;
    }
    let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.rewind().map_err(failed)?;
    Ok(Copy { file, records })
}

/// Sends everything in a copy, as long as anyone listens.
pub(super) fn send(copy: Copy, to: &Sender<Result<Exported, StoreError>>) {
    let mut file = BufReader::with_capacity(1 << 20, copy.file);
    for _ in 0..copy.records {
        let step = match part(&mut file).and_then(|key| Ok((Key::stored(&key), part(&mut file)?))) {
            Ok((key, value)) => exported(&key, &value).transpose(),
            Err(error) => Some(Err(StoreError::Unavailable(format!("its copy could not be read: {error}")))),
        };
        if let Some(step) = step
            && to.blocking_send(step).is_err()
        {
            return;
        }
    }
    // Whoever listened may just have left.
    let _ = to.blocking_send(Ok(Exported::End));
}

fn part(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let mut part = vec![0; u32::from_be_bytes(length) as usize];
    file.read_exact(&mut part)?;
    Ok(part)
}

/// A step of an export; none for what is made again from other records.
fn exported(key: &Key, value: &[u8]) -> Result<Option<Exported>, StoreError> {
    match key.kind() {
        // What is made again from other records; and own changes, which come back within minutes or never.
        Some(
            Kind::Wake
            | Kind::DeadByAge
            | Kind::Behind
            | Kind::Shown
            | Kind::Claimant
            | Kind::Datasets
            | Kind::Piece
            | Kind::Echo,
        ) => Ok(None),
        Some(Kind::SetAside) => Ok(Some(Exported::Unreadable)),
        Some(kind) => {
            let record = record(kind, key, value);
            if record.is_none() {
                tracing::warn!(record.key = %key, "record `{key}` cannot be read, so the backup does not contain it");
            }
            Ok(Some(record.map_or(Exported::Unreadable, |record| Exported::Record(Box::new(record)))))
        }
        // What is left out silently would be lost silently.
        None => Err(StoreError::Unavailable(format!("record {key:?} is of a kind that this version does not know"))),
    }
}

/// A record as every backend knows it; none if it cannot be read.
fn record(kind: Kind, key: &Key, value: &[u8]) -> Option<Record> {
    let workspace = key.workspace()?;
    Some(match kind {
        Kind::Account => Record::Account { workspace, account: key.account_id()?, state: parse(value)? },
        Kind::Anchor => Record::Anchor { channel_ref: key.channel_ref()?, anchor: parse(value)? },
        Kind::Book => Record::Book { channel_ref: key.channel_ref()?, head: parse(value)? },
        Kind::Cause => Record::Cause { channel_ref: key.channel_ref()?, cause: key.text()?, at: parse(value)? },
        Kind::Deed => Record::Deed { workspace, number: key.sequence()?, deed: parse(value)? },
        Kind::Ready => Record::Delivery { channel_ref: key.channel_ref()?, held: false, delivery: parse(value)? },
        Kind::Digest => Record::Digest { channel_ref: key.channel_ref()?, digest: parse(value)? },
        Kind::Event => {
            let (at, id) = key.event_id()?;
            Record::Event { workspace, id, at, event: parse(value)? }
        }
        Kind::Fold => Record::Fold { channel_ref: key.channel_ref()?, fold: parse(value)? },
        Kind::Held => Record::Delivery { channel_ref: key.channel_ref()?, held: true, delivery: parse(value)? },
        Kind::Home => Record::Home { workspace, mark: parse(value)? },
        Kind::Intent => Record::Intent { channel_ref: key.channel_ref()?, intent: parse(value)? },
        Kind::Queue => Record::ChannelRef { channel_ref: key.channel_ref()?, state: parse(value)? },
        Kind::Link => Record::Link { workspace, link: parse(value)? },
        Kind::Received => {
            let (account, message) = key.account_and_text()?;
            Record::Received { workspace, account, message, at: parse(value)? }
        }
        Kind::Dataset => {
            let Seen { name, accounts } = parse(value)?;
            Record::Dataset { workspace, name, accounts }
        }
        Kind::Object => {
            let (account, object) = key.account_and_text()?;
            Record::Object { workspace, account, object, state: parse(value)? }
        }
        Kind::Mutes => Record::Mutes { channel_ref: key.channel_ref()?, mutes: parse(value)? },
        Kind::Outcome => {
            let outcomes::Numbered { number, outcome } = parse(value)?;
            Record::Outcome { channel_ref: key.channel_ref()?, number, outcome: Box::new(outcome) }
        }
        Kind::Subscription => Record::Subscription { workspace, subscription: parse(value)? },
        Kind::Undo => Record::Undo { workspace, undo: parse(value)? },
        Kind::Welcomed => Record::Welcomed { channel_ref: key.channel_ref()?, at: parse(value)? },
        Kind::Dead => Record::DeadLetter { workspace, letter: parse(value)? },
        Kind::Workspace => Record::Workspace { workspace, installation: parse(value)? },
        Kind::Wake
        | Kind::DeadByAge
        | Kind::Behind
        | Kind::Shown
        | Kind::Claimant
        | Kind::Datasets
        | Kind::Piece
        | Kind::Echo
        | Kind::SetAside => {
            return None;
        }
    })
}

/// Puts a record back to where it was.
pub(super) fn put(view: &mut View, record: Record) -> Result<(), StoreError> {
    let malformed = || StoreError::Unavailable("a hash in a record is none".to_owned());
    match record {
        Record::Account { workspace, account, state } => tenants::put(view, &workspace, &account, &state),
        Record::Anchor { channel_ref, anchor } => anchors::put(view, &channel_ref, &anchor),
        Record::Book { channel_ref, head } => view.write(&Key::of(&channel_ref, Kind::Book), &head),
        Record::Cause { channel_ref, cause, at } => {
            view.write(&Key::short_cause(&channel_ref, &cause).ok_or_else(malformed)?, &at)
        }
        Record::Dataset { workspace, name, accounts } => datasets::put(view, &workspace, &Seen { name, accounts }),
        Record::DeadLetter { workspace, letter } => {
            letters::put(view, &ChannelRef { workspace, channel: letter.channel.clone() }, &letter)
        }
        Record::Deed { workspace, number, deed } => deeds::put(view, &workspace, number, &deed),
        Record::Delivery { channel_ref, held: false, delivery } => {
            view.write(&Key::numbered(&channel_ref, Kind::Ready, delivery.sequence), &delivery)
        }
        Record::Delivery { channel_ref, held: true, delivery } => {
            view.write(&Key::wake(&channel_ref, delivery.not_before, delivery.sequence), &())?;
            view.write(&Key::numbered(&channel_ref, Kind::Held, delivery.sequence), &delivery)
        }
        Record::Digest { channel_ref, digest } => view.write(&Key::digest(&channel_ref, &digest), &digest),
        Record::Event { workspace, id, at, event } => view.write(&Key::event(&workspace, at, id), &event),
        Record::Fold { channel_ref, fold } => view.write(&Key::fold(&channel_ref, &fold), &fold),
        Record::Home { workspace, mark } => view.write(&Key::all(&workspace, Kind::Home), &mark),
        Record::Intent { channel_ref, intent } => view.write(&Key::of(&channel_ref, Kind::Intent), &intent),
        Record::ChannelRef { channel_ref, state } => view.write(&Key::of(&channel_ref, Kind::Queue), &state),
        Record::Link { workspace, link } => links::put(view, &workspace, &link),
        Record::Mutes { channel_ref, mutes } => view.write(&Key::of(&channel_ref, Kind::Mutes), &mutes),
        Record::Object { workspace, account, object, state } => {
            let key = Key::short_of(&workspace, Kind::Object, &account, &object).ok_or_else(malformed)?;
            view.write(&key, &state)
        }
        Record::Outcome { channel_ref, number, outcome } => outcomes::put(view, &channel_ref, number, *outcome),
        Record::Received { workspace, account, message, at } => {
            let key = Key::short_of(&workspace, Kind::Received, &account, &message).ok_or_else(malformed)?;
            view.write(&key, &at)
        }
        Record::Subscription { workspace, subscription } => {
            let channel_ref = ChannelRef { workspace, channel: subscription.channel.clone() };
            view.write(&Key::subscription(&channel_ref, subscription.number), &subscription)
        }
        Record::Undo { workspace, undo } => view.write(&Key::undo(&workspace, undo.id), &undo),
        Record::Welcomed { channel_ref, at } => view.write(&Key::of(&channel_ref, Kind::Welcomed), &at),
        Record::Workspace { workspace, installation } => view.write(&Key::installation(&workspace), &installation),
    }
}
