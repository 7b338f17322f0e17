//! Keys whose last component may stand as a hash: taken apart for a backup, and made again from it.

use super::{RecordKey, RecordKind};
use crate::model::{AccountId, ChannelRef, EventId, WorkspaceId};
use crate::store::record::ShortText;
use jiff::Timestamp;
use uuid::Uuid;

/// Reads a time from its eight bytes in a key.
pub(super) fn micros(bytes: [u8; 8]) -> Option<Timestamp> {
    Timestamp::from_microsecond(i64::from_be_bytes(bytes) ^ i64::MIN).ok()
}

impl RecordKey {
    /// The account and the text behind it, of a state or a message.
    pub(in super::super) fn account_and_text(&self) -> Option<(AccountId, ShortText)> {
        let (account, text) = self.rest().split_at_checked(self.rest().iter().position(|&byte| byte == 0)?)?;
        Some((AccountId::parse(std::str::from_utf8(account).ok()?).ok()?, short(text.get(1..)?)?))
    }

    /// The text behind the channel, of a cause.
    pub(in super::super) fn text(&self) -> Option<ShortText> {
        short(self.rest().splitn(2, |&byte| byte == 0).nth(1)?)
    }

    /// When an event was accepted, and which it is.
    pub(in super::super) fn event_id(&self) -> Option<(Timestamp, EventId)> {
        let (time, id) = self.rest().split_first_chunk::<8>()?;
        Some((micros(*time)?, EventId(Uuid::from_slice(id).ok()?)))
    }

    /// The place of a cause whose text may be lost.
    pub(in super::super) fn short_cause(channel_ref: &ChannelRef, cause: &ShortText) -> Option<Self> {
        Self::within(channel_ref, RecordKind::Cause).short(cause)
    }

    /// The place of a state or a message whose text may be lost.
    pub(in super::super) fn short_of(
        workspace: &WorkspaceId,
        kind: RecordKind,
        account: &AccountId,
        text: &ShortText,
    ) -> Option<Self> {
        Self::all(workspace, kind).closed(account.as_str()).short(text)
    }

    /// As [`RecordKey::bounded`] left it; none if the hash is none.
    fn short(self, text: &ShortText) -> Option<Self> {
        Some(match text {
            ShortText::Text(text) => self.bounded(text),
            ShortText::Sha256(digits) => {
                let hash: [u8; 32] = hex::decode(digits).ok()?.try_into().ok()?;
                self.plus(&[1]).plus(&hash)
            }
        })
    }
}

/// A last component as it stands in a key.
fn short(bytes: &[u8]) -> Option<ShortText> {
    match bytes.split_first() {
        Some((1, hash)) => Some(ShortText::Sha256(hex::encode(hash))),
        _ => Some(ShortText::Text(std::str::from_utf8(bytes).ok()?.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_any_text_is_made_again_from_its_parts() {
        let workspace = WorkspaceId::parse("T1").unwrap();
        let account = AccountId::parse("acc").unwrap();
        let long = "x".repeat(97);
        for text in ["", "a", "\0", "a\0b", "\u{1}", "\u{1}a", "🌼", &long] {
            let key = RecordKey::all(&workspace, RecordKind::Object).closed("acc").bounded(text);
            let (found, short) = key.account_and_text().unwrap();
            assert_eq!(found, account);
            assert_eq!(RecordKey::short_of(&workspace, RecordKind::Object, &found, &short), Some(key), "{text:?}");
        }
        for hash in ["", "zz", "00"] {
            assert_eq!(
                RecordKey::short_of(&workspace, RecordKind::Object, &account, &ShortText::Sha256(hash.to_owned())),
                None
            );
        }
    }
}
