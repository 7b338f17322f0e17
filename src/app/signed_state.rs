//! Words of ours that travel through Slack: whoever brings them back shows by a seal that they are ours.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;

/// What seals words, and knows its seals again.
pub struct Sealer(SecretBox<[u8; 32]>);

impl Sealer {
    /// A sealer with a key of its own.
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The seal over these words.
    pub(super) fn seal(&self, words: &str) -> String {
        hex::encode(self.mac(words).finalize().into_bytes())
    }

    /// Whether a seal is that of these words.
    pub(super) fn holds(&self, words: &str, seal: &str) -> bool {
        hex::decode(seal).is_ok_and(|seal| self.mac(words).verify_slice(&seal).is_ok())
    }

    fn mac(&self, words: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes a key of any length");
        mac.chain_update(words.as_bytes())
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
