//! Keys whose last component may stand as a hash: taken apart for a backup, and made again from it.

use super::{Key, Kind, micros};
use crate::model::{AccountId, ChannelRef, EventId, WorkspaceId};
use crate::store::record::Short;
use jiff::Timestamp;
use uuid::Uuid;

impl Key {
    /// The account and the text behind it, of a state or a message.
    pub(in super::super) fn account_and_text(&self) -> Option<(AccountId, Short)> {
        let (account, text) = self.rest().split_at_checked(self.rest().iter().position(|&byte| byte == 0)?)?;
        Some((AccountId::parse(std::str::from_utf8(account).ok()?).ok()?, short(text.get(1..)?)?))
    }

    /// The text behind the channel, of a cause.
    pub(in super::super) fn text(&self) -> Option<Short> {
        short(self.rest().splitn(2, |&byte| byte == 0).nth(1)?)
    }

    /// When an event was accepted, and which it is.
    pub(in super::super) fn event_id(&self) -> Option<(Timestamp, EventId)> {
        let (time, id) = self.rest().split_first_chunk::<8>()?;
        Some((micros(*time)?, EventId(Uuid::from_slice(id).ok()?)))
    }

    /// The place of a cause whose text may be lost.
    pub(in super::super) fn short_cause(channel_ref: &ChannelRef, cause: &Short) -> Option<Self> {
        Self::within(channel_ref, Kind::Cause).short(cause)
    }

    /// The place of a state or a message whose text may be lost.
    pub(in super::super) fn short_of(
        workspace: &WorkspaceId,
        kind: Kind,
        account: &AccountId,
        text: &Short,
    ) -> Option<Self> {
        Self::all(workspace, kind).closed(account.as_str()).short(text)
    }

    /// As [`Key::bounded`] left it; none if the hash is none.
    fn short(self, text: &Short) -> Option<Self> {
        Some(match text {
            Short::Text(text) => self.bounded(text),
            Short::Sha256(digits) => {
                let hash: [u8; 32] = hex::decode(digits).ok()?.try_into().ok()?;
                self.plus(&[1]).plus(&hash)
            }
        })
    }
}

/// A last component as it stands in a key.
fn short(bytes: &[u8]) -> Option<Short> {
    match bytes.split_first() {
        Some((1, hash)) => Some(Short::Sha256(hex::encode(hash))),
        _ => Some(Short::Text(std::str::from_utf8(bytes).ok()?.to_owned())),
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
            let key = Key::all(&workspace, Kind::Object).closed("acc").bounded(text);
            let (found, short) = key.account_and_text().unwrap();
            assert_eq!(found, account);
            assert_eq!(Key::short_of(&workspace, Kind::Object, &found, &short), Some(key), "{text:?}");
        }
        for hash in ["", "zz", "00"] {
            assert_eq!(Key::short_of(&workspace, Kind::Object, &account, &Short::Sha256(hash.to_owned())), None);
        }
    }
}
