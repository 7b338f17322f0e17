//! Signed state that travels through Slack: an HMAC proves that it is ours.

use crate::mac;
use secrecy::{ExposeSecret, SecretBox};

/// Signs text and verifies signatures.
pub struct StateSigner(SecretBox<[u8; 32]>);

impl StateSigner {
    /// Creates a signer with its own key.
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Returns the signature of a text, in hex.
    pub(super) fn sign(&self, words: &str) -> String {
        hex::encode(mac::sign(self.0.expose_secret(), &[words.as_bytes()]))
    }

    /// Returns true if the signature belongs to the text. Takes constant time.
    pub(super) fn verify(&self, words: &str, seal: &str) -> bool {
        hex::decode(seal).is_ok_and(|seal| mac::verify(self.0.expose_secret(), &[words.as_bytes()], &seal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_words_and_its_key_only() {
        let signer = StateSigner::new(SecretBox::new(Box::new([1; 32])));
        let seal = signer.sign("T1 U1 C1");
        assert!(signer.verify("T1 U1 C1", &seal));
        assert!(!signer.verify("T1 U1 C2", &seal) && !signer.verify("T1 U1 C1", "") && !signer.verify("", "zz"));
        assert!(!StateSigner::new(SecretBox::new(Box::new([2; 32]))).verify("T1 U1 C1", &seal));
    }
}
