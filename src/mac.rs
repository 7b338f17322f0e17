//! HMAC-SHA256: signs data with a secret key and verifies signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Computes the HMAC-SHA256 of the concatenated parts. The key may have any length.
pub fn sign(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    started(key, parts).finalize().into_bytes().into()
}

/// Reports in constant time whether `signature` is the whole HMAC-SHA256 of the concatenated parts.
pub fn verify(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
    started(key, parts).verify_slice(signature).is_ok()
}

fn started(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().fold(mac, hmac::Mac::chain_update)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_gives_the_known_answer() {
        // Test case 2 of RFC 4231.
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        let signature = sign(b"Jefe", &parts);
        assert_eq!(hex::encode(signature), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(verify(b"Jefe", &parts, &signature) && verify(b"Jefe", &[&parts.concat()], &signature));
        assert!(!verify(b"jefe", &parts, &signature) && !verify(b"Jefe", &parts[..1], &signature));
        assert!(!verify(b"Jefe", &parts, &signature[..31]) && !verify(b"Jefe", &parts, &[]));
    }
}
