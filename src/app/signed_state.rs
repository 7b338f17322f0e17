//! Words of ours that travel through Slack: whoever brings them back shows by a seal that they are ours.

use crate::mac;
use secrecy::{ExposeSecret, SecretBox};

/// What seals words, and knows its seals again.
pub struct Sealer(SecretBox<[u8; 32]>);

impl Sealer {
    /// A sealer with a key of its own.
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The seal over these words.
    pub(super) fn seal(&self, words: &str) -> String {
        hex::encode(mac::sign(self.0.expose_secret(), &[words.as_bytes()]))
    }

    /// Whether a seal is that of these words.
    pub(super) fn holds(&self, words: &str, seal: &str) -> bool {
        hex::decode(seal).is_ok_and(|seal| mac::verify(self.0.expose_secret(), &[words.as_bytes()], &seal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_words_and_its_key_only() {
        let sealer = Sealer::new(SecretBox::new(Box::new([1; 32])));
        let seal = sealer.seal("T1 U1 C1");
        assert!(sealer.holds("T1 U1 C1", &seal));
        assert!(!sealer.holds("T1 U1 C2", &seal) && !sealer.holds("T1 U1 C1", "") && !sealer.holds("", "zz"));
        assert!(!Sealer::new(SecretBox::new(Box::new([2; 32]))).holds("T1 U1 C1", &seal));
    }
}
