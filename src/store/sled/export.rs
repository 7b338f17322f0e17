//! Everything as records, and records put back as they were: what backups read and restoring writes.

use super::datasets::SeenDataset;
use super::keys::{RecordKey, RecordKind};
use super::view::{StoreView, parse};
use super::{anchors, audit, datasets, dead_letters, installations, outcomes, user_mappings};
use crate::model::ChannelRef;
use crate::store::StoreError;
use crate::store::record::{ExportStep, Record};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// So many steps are read before anyone asks for them.
pub(super) const STEPS_READ_AHEAD: usize = 64;

/// The tree at one moment, in a file that has no name: each key and value after its length.
pub(super) struct TreeCopy {
    file: File,
    records: u64,
}

/// Copies everything that is stored. Nothing is written meanwhile, so this only copies: what it says is read later.
pub(super) fn copy(view: &StoreView, folder: &Path) -> Result<TreeCopy, StoreError> {
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
    Ok(TreeCopy { file, records })
}

/// Sends everything in a copy, as long as anyone listens.
pub(super) fn send(copy: TreeCopy, to: &Sender<Result<ExportStep, StoreError>>) {
    let mut file = BufReader::with_capacity(1 << 20, copy.file);
    for _ in 0..copy.records {
        let step = match part(&mut file).and_then(|key| Ok((RecordKey::stored(&key), part(&mut file)?))) {
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
    let _ = to.blocking_send(Ok(ExportStep::End));
}

fn part(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let mut part = vec![0; u32::from_be_bytes(length) as usize];
    file.read_exact(&mut part)?;
    Ok(part)
}

/// A step of an export; none for what is made again from other records.
fn exported(key: &RecordKey, value: &[u8]) -> Result<Option<ExportStep>, StoreError> {
    match key.kind() {
        // What is made again from other records; and own changes, which come back within minutes or never.
        Some(
            RecordKind::Wake
            | RecordKind::DeadByAge
            | RecordKind::Behind
            | RecordKind::Shown
            | RecordKind::UsernameByUser
            | RecordKind::Datasets
            | RecordKind::Piece
            | RecordKind::ExpectedChange,
        ) => Ok(None),
        Some(RecordKind::Quarantined) => Ok(Some(ExportStep::Unreadable)),
        Some(kind) => {
            let record = record(kind, key, value);
            if record.is_none() {
                tracing::warn!(record.key = %key, "record `{key}` cannot be read, so the backup does not contain it");
            }
            Ok(Some(record.map_or(ExportStep::Unreadable, |record| ExportStep::Record(Box::new(record)))))
        }
        // What is left out silently would be lost silently.
        None => Err(StoreError::Unavailable(format!("record {key:?} is of a kind that this version does not know"))),
    }
}

/// A record as every backend knows it; none if it cannot be read.
fn record(kind: RecordKind, key: &RecordKey, value: &[u8]) -> Option<Record> {
    let workspace = key.workspace()?;
    Some(match kind {
        RecordKind::Account => Record::Account { workspace, account: key.account_id()?, state: parse(value)? },
        RecordKind::Anchor => Record::Anchor { channel_ref: key.channel_ref()?, anchor: parse(value)? },
        RecordKind::SubscriptionsHead => {
            Record::SubscriptionsHead { channel_ref: key.channel_ref()?, head: parse(value)? }
        }
        RecordKind::Cause => Record::Cause { channel_ref: key.channel_ref()?, cause: key.text()?, at: parse(value)? },
        RecordKind::AuditEntry => Record::AuditEntry { workspace, number: key.sequence()?, entry: parse(value)? },
        RecordKind::Ready => Record::Delivery { channel_ref: key.channel_ref()?, held: false, delivery: parse(value)? },
        RecordKind::Digest => Record::Digest { channel_ref: key.channel_ref()?, digest: parse(value)? },
        RecordKind::Event => {
            let (at, id) = key.event_id()?;
            Record::Event { workspace, id, at, event: parse(value)? }
        }
        RecordKind::Fold => Record::Fold { channel_ref: key.channel_ref()?, fold: parse(value)? },
        RecordKind::Held => Record::Delivery { channel_ref: key.channel_ref()?, held: true, delivery: parse(value)? },
        RecordKind::EnvironmentTokenMark => Record::EnvironmentTokenMark { workspace, mark: parse(value)? },
        RecordKind::PendingCall => Record::PendingCall { channel_ref: key.channel_ref()?, call: parse(value)? },
        RecordKind::Queue => Record::Queue { channel_ref: key.channel_ref()?, state: parse(value)? },
        RecordKind::UserMapping => Record::UserMapping { workspace, mapping: parse(value)? },
        RecordKind::Received => {
            let (account, message) = key.account_and_text()?;
            Record::Received { workspace, account, message, at: parse(value)? }
        }
        RecordKind::Dataset => {
            let SeenDataset { name, accounts } = parse(value)?;
            Record::Dataset { workspace, name, accounts }
        }
        RecordKind::Object => {
            let (account, object) = key.account_and_text()?;
            Record::Object { workspace, account, object, state: parse(value)? }
        }
        RecordKind::Mutes => Record::Mutes { channel_ref: key.channel_ref()?, mutes: parse(value)? },
        RecordKind::Outcome => {
            let outcomes::NumberedOutcome { number, outcome } = parse(value)?;
            Record::Outcome { channel_ref: key.channel_ref()?, number, outcome: Box::new(outcome) }
        }
        RecordKind::Subscription => Record::Subscription { workspace, subscription: parse(value)? },
        RecordKind::Undo => Record::Undo { workspace, undo: parse(value)? },
        RecordKind::Welcomed => Record::Welcomed { channel_ref: key.channel_ref()?, at: parse(value)? },
        RecordKind::Dead => Record::DeadLetter { workspace, letter: parse(value)? },
        RecordKind::Installation => Record::Workspace { workspace, installation: parse(value)? },
        RecordKind::Wake
        | RecordKind::DeadByAge
        | RecordKind::Behind
        | RecordKind::Shown
        | RecordKind::UsernameByUser
        | RecordKind::Datasets
        | RecordKind::Piece
        | RecordKind::ExpectedChange
        | RecordKind::Quarantined => {
            return None;
        }
    })
}

/// Puts a record back to where it was.
pub(super) fn put(view: &mut StoreView, record: Record) -> Result<(), StoreError> {
    let malformed = || StoreError::Unavailable("a hash in a record is none".to_owned());
    match record {
        Record::Account { workspace, account, state } => installations::put(view, &workspace, &account, &state),
        Record::Anchor { channel_ref, anchor } => anchors::put(view, &channel_ref, &anchor),
        Record::SubscriptionsHead { channel_ref, head } => {
            view.write(&RecordKey::of(&channel_ref, RecordKind::SubscriptionsHead), &head)
        }
        Record::Cause { channel_ref, cause, at } => {
            view.write(&RecordKey::short_cause(&channel_ref, &cause).ok_or_else(malformed)?, &at)
        }
        Record::Dataset { workspace, name, accounts } => {
            datasets::put(view, &workspace, &SeenDataset { name, accounts })
        }
        Record::DeadLetter { workspace, letter } => {
            dead_letters::put(view, &ChannelRef { workspace, channel: letter.channel.clone() }, &letter)
        }
        Record::AuditEntry { workspace, number, entry } => audit::put(view, &workspace, number, &entry),
        Record::Delivery { channel_ref, held: false, delivery } => {
            view.write(&RecordKey::numbered(&channel_ref, RecordKind::Ready, delivery.sequence), &delivery)
        }
        Record::Delivery { channel_ref, held: true, delivery } => {
            view.write(&RecordKey::wake(&channel_ref, delivery.not_before, delivery.sequence), &())?;
            view.write(&RecordKey::numbered(&channel_ref, RecordKind::Held, delivery.sequence), &delivery)
        }
        Record::Digest { channel_ref, digest } => view.write(&RecordKey::digest(&channel_ref, &digest), &digest),
        Record::Event { workspace, id, at, event } => view.write(&RecordKey::event(&workspace, at, id), &event),
        Record::Fold { channel_ref, fold } => view.write(&RecordKey::fold(&channel_ref, &fold), &fold),
        Record::EnvironmentTokenMark { workspace, mark } => {
            view.write(&RecordKey::all(&workspace, RecordKind::EnvironmentTokenMark), &mark)
        }
        Record::PendingCall { channel_ref, call } => {
            view.write(&RecordKey::of(&channel_ref, RecordKind::PendingCall), &call)
        }
        Record::Queue { channel_ref, state } => view.write(&RecordKey::of(&channel_ref, RecordKind::Queue), &state),
        Record::UserMapping { workspace, mapping } => user_mappings::put(view, &workspace, &mapping),
        Record::Mutes { channel_ref, mutes } => view.write(&RecordKey::of(&channel_ref, RecordKind::Mutes), &mutes),
        Record::Object { workspace, account, object, state } => {
            let key = RecordKey::short_of(&workspace, RecordKind::Object, &account, &object).ok_or_else(malformed)?;
            view.write(&key, &state)
        }
        Record::Outcome { channel_ref, number, outcome } => outcomes::put(view, &channel_ref, number, *outcome),
        Record::Received { workspace, account, message, at } => {
            let key =
                RecordKey::short_of(&workspace, RecordKind::Received, &account, &message).ok_or_else(malformed)?;
            view.write(&key, &at)
        }
        Record::Subscription { workspace, subscription } => {
            let channel_ref = ChannelRef { workspace, channel: subscription.channel.clone() };
            view.write(&RecordKey::subscription(&channel_ref, subscription.number), &subscription)
        }
        Record::Undo { workspace, undo } => view.write(&RecordKey::undo(&workspace, undo.id), &undo),
        Record::Welcomed { channel_ref, at } => view.write(&RecordKey::of(&channel_ref, RecordKind::Welcomed), &at),
        Record::Workspace { workspace, installation } => {
            view.write(&RecordKey::installation(&workspace), &installation)
        }
    }
}
