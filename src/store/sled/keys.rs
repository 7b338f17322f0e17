//! Where every record stands: the one page about the layout.
//!
//! A key is the workspace, `0x00`, a kind, and the rest. What is followed by something is closed with `0x00` (which no
//! identifier contains) or has a fixed width; numbers and times are big-endian, so that they sort. What comes last and
//! is long stands as its SHA-256. So no key can be mistaken for another, and none is longer than about 300 bytes: an
//! index page of sled holds up to 256 of them, and must stay below 128 KiB to stay in the log file.
//! What belongs to no workspace begins with `0x00`, which sorts before every workspace.

mod short;

use crate::model::{
    AccountId, BatchKey, BatchMessage, ChannelId, ChannelRef, DatasetName, DigestMessage, EventId, MessageId,
    ObjectKey, TriggerId, UserId, Username, WorkspaceId,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// What a record is, and a list of all that there are.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $letter:literal,)*) => {
        /// What a record is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum RecordKind {
            $($(#[$doc])* $name = $letter,)*
        }

        impl RecordKind {
            /// Every kind.
            const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

kinds! {
    /// account → what is known of the endpoint.
    Account = b'a',
    /// channel, object → the anchor of an issue.
    Anchor = b'A',
    /// channel, time, object → the object: the anchors that are behind, by the time of their next edit.
    Behind = b'B',
    /// channel → revision and next number of its book.
    SubscriptionsHead = b'b',
    /// channel, cause → when an edit with that cause was stored.
    Cause = b'c',
    /// number → something that somebody changed.
    AuditEntry = b'D',
    /// channel, sequence → a delivery that may go as soon as its channel may.
    Ready = b'd',
    /// account, object and event → the channels that an own change was made from.
    ExpectedChange = b'E',
    /// time, event → the event and where it went.
    Event = b'e',
    /// channel, fold key → a live fold.
    Fold = b'f',
    /// time, channel, sequence → nothing: the dead letters by age.
    DeadByAge = b'g',
    /// → the mark of the environment's token.
    EnvironmentTokenMark = b'H',
    /// channel, sequence → a delivery that waits for its `not_before`.
    Held = b'h',
    /// channel → the call in flight.
    PendingCall = b'i',
    /// channel, subscription, time → a digest that lacks something.
    Digest = b'j',
    /// channel → the channel's counters, pace and pause.
    Queue = b'l',
    /// username in lower case → who claims it.
    UserMapping = b'k',
    /// user → the username that they claim.
    UsernameByUser = b'K',
    /// account, message → when it was kept.
    Received = b'm',
    /// dataset → its name.
    Dataset = b'n',
    /// → how many datasets there are.
    Datasets = b'N',
    /// account, object → its last state.
    Object = b'o',
    /// channel → its mutes.
    Mutes = b't',
    /// kind and rest of a key, number → a piece of its value.
    Piece = b'p',
    /// kind and rest of a key → what stood there and could not be read.
    Quarantined = b'q',
    /// → the installation.
    Installation = b'W',
    /// object → the channels that have an anchor of it.
    Shown = b'S',
    /// channel, number → a subscription.
    Subscription = b's',
    /// undo → how to take a change back.
    Undo = b'u',
    /// channel → when it was welcomed, or the bot came in at somebody's wish.
    Welcomed = b'v',
    /// channel, time, sequence → nothing: the held deliveries by the time they wait for.
    Wake = b'w',
    /// channel, sequence → a dead letter.
    Dead = b'x',
    /// channel, slot → how a delivery ended.
    Outcome = b'y',
}

/// The place of one record, or (unfinished) the beginning that a range of them shares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordKey(Vec<u8>);

/// A last component up to this long stands as it is.
const MAX_PLAIN_BYTES: usize = 96;

impl RecordKey {
    /// The version of the layout.
    pub(super) fn schema() -> Self {
        Self(b"\0schema".to_vec())
    }

    /// Whose an account is, which is in its own workspace's records too.
    pub(super) fn owner(account: &AccountId) -> Self {
        Self(b"\0owner\0".to_vec()).plus(account.as_str().as_bytes())
    }

    /// What the probe writes.
    pub(super) fn probe() -> Self {
        Self(b"\0probe".to_vec())
    }

    /// How many batches were written.
    pub(super) fn written() -> Self {
        Self(b"\0written".to_vec())
    }

    /// The beginning of every key.
    pub(super) fn anything() -> Self {
        Self(Vec::new())
    }

    /// All records of one kind.
    pub(super) fn all(workspace: &WorkspaceId, kind: RecordKind) -> Self {
        Self([workspace.as_str().as_bytes(), &[0, kind as u8]].concat())
    }

    /// All records of one kind and channel, for the kinds where something follows the channel.
    pub(super) fn within(channel_ref: &ChannelRef, kind: RecordKind) -> Self {
        Self::all(&channel_ref.workspace, kind).closed(channel_ref.channel.as_str())
    }

    /// The one record of a kind that a channel has.
    pub(super) fn of(channel_ref: &ChannelRef, kind: RecordKind) -> Self {
        Self::all(&channel_ref.workspace, kind).bounded(channel_ref.channel.as_str())
    }

    pub(super) fn link(workspace: &WorkspaceId, username: &Username) -> Self {
        Self::all(workspace, RecordKind::UserMapping).bounded(&username.key())
    }

    pub(super) fn claimant(workspace: &WorkspaceId, user: &UserId) -> Self {
        Self::all(workspace, RecordKind::UsernameByUser).bounded(user.as_str())
    }

    pub(super) fn installation(workspace: &WorkspaceId) -> Self {
        Self::all(workspace, RecordKind::Installation)
    }

    pub(super) fn account(workspace: &WorkspaceId, account: &AccountId) -> Self {
        Self::all(workspace, RecordKind::Account).plus(account.as_str().as_bytes())
    }

    pub(super) fn subscription(channel_ref: &ChannelRef, number: u32) -> Self {
        Self::within(channel_ref, RecordKind::Subscription).plus(&number.to_be_bytes())
    }

    pub(super) fn cause(channel_ref: &ChannelRef, cause: &TriggerId) -> Self {
        Self::within(channel_ref, RecordKind::Cause).bounded(cause.as_str())
    }

    pub(super) fn undo(workspace: &WorkspaceId, id: Uuid) -> Self {
        Self::all(workspace, RecordKind::Undo).plus(id.as_bytes())
    }

    pub(super) fn audit_entry(workspace: &WorkspaceId, number: u64) -> Self {
        Self::all(workspace, RecordKind::AuditEntry).plus(&number.to_be_bytes())
    }

    pub(super) fn dataset(workspace: &WorkspaceId, name: &DatasetName) -> Self {
        Self::all(workspace, RecordKind::Dataset).bounded(name.as_str())
    }

    pub(super) fn object(workspace: &WorkspaceId, account: &AccountId, object: &ObjectKey) -> Self {
        Self::all(workspace, RecordKind::Object).closed(account.as_str()).bounded(object.as_str())
    }

    pub(super) fn received(workspace: &WorkspaceId, account: &AccountId, message: &MessageId) -> Self {
        Self::all(workspace, RecordKind::Received).closed(account.as_str()).bounded(message.as_str())
    }

    pub(super) fn event(workspace: &WorkspaceId, accepted_at: Timestamp, event: EventId) -> Self {
        Self::all(workspace, RecordKind::Event).time(accepted_at).plus(event.0.as_bytes())
    }

    /// Where the events accepted from a time on begin.
    pub(super) fn events_from(workspace: &WorkspaceId, time: Timestamp) -> Self {
        Self::all(workspace, RecordKind::Event).time(time)
    }

    /// A delivery that is ready or held, a dead letter, or an outcome's slot.
    pub(super) fn numbered(channel_ref: &ChannelRef, kind: RecordKind, sequence: u64) -> Self {
        Self::within(channel_ref, kind).plus(&sequence.to_be_bytes())
    }

    /// A fold that is not closed; one that waits to be closed may stand beside a newer one of its key. A dataset's name
    /// contains no line break, and the event's comes last: the three do not blur.
    pub(super) fn fold(channel_ref: &ChannelRef, fold: &BatchMessage) -> Self {
        let BatchKey { subscription, event, dataset } = &fold.key;
        let dataset = dataset.as_ref().map_or("", |dataset| dataset.as_str());
        let text = format!("{subscription}\n{dataset}\n{event}");
        Self::within(channel_ref, RecordKind::Fold).time(fold.live.opened_at).bounded(&text)
    }

    pub(super) fn anchor(channel_ref: &ChannelRef, object: &ObjectKey) -> Self {
        Self::within(channel_ref, RecordKind::Anchor).bounded(object.as_str())
    }

    pub(super) fn shown(workspace: &WorkspaceId, object: &ObjectKey) -> Self {
        Self::all(workspace, RecordKind::Shown).bounded(object.as_str())
    }

    pub(super) fn behind(channel_ref: &ChannelRef, edit_at: Timestamp, object: &ObjectKey) -> Self {
        Self::within(channel_ref, RecordKind::Behind).time(edit_at).bounded(object.as_str())
    }

    /// An object's key and the name of an event: the name comes last and contains no line break.
    pub(super) fn echo(workspace: &WorkspaceId, account: &AccountId, object: &ObjectKey, event: &str) -> Self {
        let text = format!("{}\n{event}", object.as_str());
        Self::all(workspace, RecordKind::ExpectedChange).closed(account.as_str()).bounded(&text)
    }

    /// A digest that lacks something, by when it was planned.
    pub(super) fn digest(channel_ref: &ChannelRef, digest: &DigestMessage) -> Self {
        Self::within(channel_ref, RecordKind::Digest)
            .plus(&digest.subscription.to_be_bytes())
            .time(digest.live.opened_at)
    }

    pub(super) fn wake(channel_ref: &ChannelRef, not_before: Timestamp, sequence: u64) -> Self {
        Self::within(channel_ref, RecordKind::Wake).time(not_before).plus(&sequence.to_be_bytes())
    }

    /// The beginning that the wake records of one time share.
    pub(super) fn wakes_at(channel_ref: &ChannelRef, time: Timestamp) -> Self {
        Self::within(channel_ref, RecordKind::Wake).time(time)
    }

    pub(super) fn dead_by_age(channel_ref: &ChannelRef, at: Timestamp, sequence: u64) -> Self {
        let channel = channel_ref.channel.as_str();
        Self::all(&channel_ref.workspace, RecordKind::DeadByAge).time(at).closed(channel).plus(&sequence.to_be_bytes())
    }

    /// Where a piece of this record's value stands.
    pub(super) fn piece(&self, number: u16) -> Self {
        self.elsewhere(RecordKind::Piece).plus(&number.to_be_bytes())
    }

    /// Where this record is kept when it cannot be read.
    pub(super) fn set_aside(&self) -> Self {
        self.elsewhere(RecordKind::Quarantined)
    }

    /// The place from which to look for the next workspace after this key's.
    pub(super) fn after_workspace(&self) -> Self {
        Self([self.workspace_bytes(), &[1]].concat())
    }

    /// Where the first workspace may stand.
    pub(super) fn first_workspace() -> Self {
        Self(vec![1])
    }

    /// A key as the tree has it.
    pub(super) fn stored(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn starts_with(&self, beginning: &Self) -> bool {
        self.0.starts_with(&beginning.0)
    }

    /// The next key that there can be.
    pub(super) fn successor(&self) -> Self {
        self.clone().plus(&[0])
    }

    pub(super) fn workspace(&self) -> Option<WorkspaceId> {
        WorkspaceId::parse(std::str::from_utf8(self.workspace_bytes()).ok()?).ok()
    }

    /// Whether it is of a kind.
    pub(super) fn is(&self, kind: RecordKind) -> bool {
        self.kind() == Some(kind)
    }

    /// What its record is; none for a kind that a later version knows.
    pub(super) fn kind(&self) -> Option<RecordKind> {
        let letter = self.0.get(self.workspace_bytes().len() + 1)?;
        RecordKind::ALL.iter().copied().find(|kind| *kind as u8 == *letter)
    }

    /// The account, of an account's record.
    pub(super) fn account_id(&self) -> Option<AccountId> {
        AccountId::parse(std::str::from_utf8(self.rest()).ok()?).ok()
    }

    /// The channel, of a record whose rest begins with the channel.
    pub(super) fn channel_ref(&self) -> Option<ChannelRef> {
        let channel = self.rest().split(|&byte| byte == 0).next()?;
        let channel = ChannelId::parse(std::str::from_utf8(channel).ok()?).ok()?;
        Some(ChannelRef { workspace: self.workspace()?, channel })
    }

    /// The channel of a dead letter in the order of age.
    pub(super) fn channel_by_age(&self) -> Option<ChannelRef> {
        let channel = self.rest().get(8..)?.split(|&byte| byte == 0).next()?;
        let channel = ChannelId::parse(std::str::from_utf8(channel).ok()?).ok()?;
        Some(ChannelRef { workspace: self.workspace()?, channel })
    }

    /// The sequence that it ends with.
    pub(super) fn sequence(&self) -> Option<u64> {
        self.0.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// The time before the sequence, of a wake record.
    pub(super) fn wake_time(&self) -> Option<Timestamp> {
        let (before, _) = self.0.split_last_chunk::<8>()?;
        short::micros(*before.last_chunk()?)
    }

    fn workspace_bytes(&self) -> &[u8] {
        self.0.split(|&byte| byte == 0).next().unwrap_or_default()
    }

    fn rest(&self) -> &[u8] {
        self.0.get(self.workspace_bytes().len() + 2..).unwrap_or_default()
    }

    fn plus(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn closed(self, text: &str) -> Self {
        self.plus(text.as_bytes()).plus(&[0])
    }

    /// In microseconds, with the sign turned so that times before 1970 sort first.
    fn time(self, time: Timestamp) -> Self {
        self.plus(&(time.as_microsecond() ^ i64::MIN).to_be_bytes())
    }

    /// The text, or `0x01` and its hash; a text that begins like a hash is hashed too.
    fn bounded(self, text: &str) -> Self {
        if text.len() <= MAX_PLAIN_BYTES && !text.starts_with('\u{1}') {
            return self.plus(text.as_bytes());
        }
        self.plus(&[1]).plus(&Sha256::digest(text))
    }

    /// The same key under another kind.
    fn elsewhere(&self, kind: RecordKind) -> Self {
        let (workspace, rest) = self.0.split_at(self.workspace_bytes().len());
        Self([workspace, &[0, kind as u8], rest.get(1..).unwrap_or_default()].concat())
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An account's id opens its endpoint: of what may be one, the beginning tells which.
        let text = self.0.escape_ascii().to_string();
        text.split_inclusive(|sign: char| !sign.is_ascii_hexdigit())
            .try_for_each(|part| if part.len() < 32 { f.write_str(part) } else { write!(f, "{}…", &part[..6]) })
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

#[cfg(test)]
mod tests;
