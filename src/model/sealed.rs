//! A secret as it may lie on a disk: encrypted, with the name of its key. `vault` seals and unseals.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of a nonce of XChaCha20-Poly1305.
pub const NONCE: usize = 24;
/// The first part of a sealed value as text.
const FORM: &str = "x1";
/// No secret that is kept is longer, sealed and as text.
const LONGEST: usize = 16 * 1024;

/// The name of a sealing key, made from the key; says nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    fn parse(text: &str) -> Option<Self> {
        Some(Self(hex::decode(text).ok()?.try_into().ok()?))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A sealed secret. Its text is `x1.KEY.BASE64`; its `Debug` shows the key's name only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed {
    /// Which key opens it.
    pub key: KeyId,
    /// The nonce, which no other value shares.
    pub nonce: [u8; NONCE],
    /// The secret encrypted, with the tag at its end.
    pub bytes: Vec<u8>,
}

/// A text that is no sealed value. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not have the form `x1.KEY.BASE64`")]
pub struct NotSealed;

impl TryFrom<String> for Sealed {
    type Error = NotSealed;

    fn try_from(text: String) -> Result<Self, NotSealed> {
        let mut parts = text.splitn(3, '.');
        let (Some(FORM), Some(key), Some(rest), true) =
            (parts.next(), parts.next(), parts.next(), text.len() <= LONGEST)
        else {
            return Err(NotSealed);
        };
        let rest = STANDARD_NO_PAD.decode(rest).map_err(|_| NotSealed)?;
        let (nonce, bytes) = rest.split_first_chunk().ok_or(NotSealed)?;
        Ok(Self { key: KeyId::parse(key).ok_or(NotSealed)?, nonce: *nonce, bytes: bytes.to_vec() })
    }
}

impl From<Sealed> for String {
    fn from(Sealed { key, nonce, bytes }: Sealed) -> String {
        format!("{FORM}.{key}.{}", STANDARD_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(with key {})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_survives_its_text_and_shows_none_of_it() {
        let sealed = Sealed { key: KeyId([7; 8]), nonce: [9; NONCE], bytes: vec![1, 2, 3] };
        let text = serde_json::to_string(&sealed).unwrap();
        assert_eq!(serde_json::from_str::<Sealed>(&text).unwrap(), sealed);
        assert_eq!(format!("{sealed:?}"), "Sealed(with key 0707070707070707)");
    }

    #[test]
    fn what_is_no_sealed_value_is_refused_without_being_shown() {
        let long = format!("x1.0707070707070707.{}", "A".repeat(LONGEST));
        for text in
            ["", "xoxb-in-the-clear", "x1.07.AAAA", "x1.0707070707070707.AAAA", "x2.0707070707070707.AAAA", &long]
        {
            assert_eq!(Sealed::try_from(text.to_owned()), Err(NotSealed), "{text:.40}");
        }
    }
}
