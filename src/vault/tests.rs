//! Sealing and unsealing, and where keys come from.

use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;

const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn workspace(id: &str) -> WorkspaceId {
    WorkspaceId::parse(id).unwrap()
}

#[test]
fn the_cipher_gives_the_known_answer() {
    // Appendix A.3.1 of draft-irtf-cfrg-xchacha-03.
    let key: [u8; 32] = std::array::from_fn(|place| 0x80 + u8::try_from(place).unwrap());
    let nonce: [u8; NONCE] = std::array::from_fn(|place| 0x40 + u8::try_from(place).unwrap());
    let row = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
    let secret = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let sealed = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
        731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
        2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
        21f9664c97637da9768812f615c68b13b52e\
        c0875924c1c7987947deafd8780acf49";
    assert_eq!(hex::encode(encrypt(&key, &nonce, &row, secret)), sealed);
    let opened = decrypt(&key, &nonce, &row, &hex::decode(sealed).unwrap());
    assert_eq!(opened.as_deref(), Some(&secret[..]));
}

#[test]
fn older_keys_still_open_values_and_new_values_use_the_first() {
    let (team, old) = (workspace("T1"), Vault::parse(OLD).unwrap());
    let row = Row::of_workspace(&team, Field::BotToken);
    let sealed = old.seal(row, &"xoxb-1".into());
    let both = Vault::parse(&format!("{NEW},{OLD}\n")).unwrap();
    assert_eq!(both.unseal(row, &sealed).unwrap().expose_secret(), "xoxb-1");
    assert!(!both.is_current(&sealed) && both.is_current(&both.seal(row, &"xoxb-2".into())));
    let error = Vault::parse(NEW).unwrap().unseal(row, &sealed).unwrap_err().to_string();
    assert!(error.contains("the bot token of workspace `T1`") && error.contains(&old.current().to_string()), "{error}");
    assert!(!error.contains("xoxb"), "{error}");
}

#[test]
fn keys_and_sealed_values_are_not_shown() {
    let vault = Vault::parse(OLD).unwrap();
    assert_eq!(format!("{vault:?}"), format!("[{}]", vault.current()));
    assert_ne!(vault.derived("a").expose_secret(), vault.derived("b").expose_secret());
}

#[test]
fn what_is_no_key_is_refused() {
    for (text, fault) in [
        ("", KeyFault::Empty),
        (" ,\n", KeyFault::Empty),
        ("secret", KeyFault::NotAKey),
        ("AAAA", KeyFault::NotAKey),
        (&format!("{OLD} {OLD}"), KeyFault::Twice),
    ] {
        assert_eq!(Vault::parse(text).unwrap_err(), fault, "{text}");
    }
    let many: Vec<_> = (0..9_u8)
        .map(|number| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [number; 32]))
        .collect();
    assert_eq!(Vault::parse(&many.join(",")).unwrap_err(), KeyFault::TooMany);
}

#[test]
fn a_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Vault::find_in(folder.path()).unwrap().is_none());
    std::fs::write(folder.path().join("key.part"), "left by a crash").unwrap();
    let made = Vault::make_in(folder.path()).unwrap();
    assert_eq!(Vault::find_in(folder.path()).unwrap().unwrap().current(), made.current());
    let path = folder.path().join(KEY_FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Vault::make_in(folder.path()).is_err(), "a key is never written over");
    assert_eq!(Vault::find_in(folder.path()).unwrap().unwrap().current(), made.current());
    for mode in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = Vault::find_in(folder.path()).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}

proptest! {
    #[test]
    fn a_sealed_value_opens_in_its_own_row_only(
        secret in ".{0,200}",
        team in "[A-Z0-9]{1,12}",
        account in proptest::option::of("[a-z0-9_-]{1,12}"),
        other_team in "[A-Z0-9]{1,12}",
        other_account in proptest::option::of("[a-z0-9_-]{1,12}"),
        (field, other_field) in (0..4_usize, 0..4_usize),
    ) {
        let vault = Vault::parse(OLD).unwrap();
        let fields = [Field::BotToken, Field::RefreshToken, Field::SigningSecret, Field::ApiKey];
        let (team, other_team) = (workspace(&team), workspace(&other_team));
        let account = account.map(|id| AccountId::parse(id).unwrap());
        let other_account = other_account.map(|id| AccountId::parse(id).unwrap());
        let row = Row { workspace: &team, account: account.as_ref(), field: fields[field] };
        let other = Row { workspace: &other_team, account: other_account.as_ref(), field: fields[other_field] };
        let sealed = vault.seal(row, &secret.clone().into());
        let unsealed = vault.unseal(row, &sealed).unwrap();
        prop_assert_eq!(unsealed.expose_secret(), &secret);
        if row != other {
            prop_assert_eq!(vault.unseal(other, &sealed).unwrap_err(), UnsealError::Altered(other.to_string()));
        }
    }

    #[test]
    fn a_sealed_value_that_was_changed_anywhere_does_not_open(place in 0..60_usize, bit in 0..8_u8) {
        let (vault, team) = (Vault::parse(OLD).unwrap(), workspace("T1"));
        let row = Row::of_workspace(&team, Field::BotToken);
        let mut sealed = vault.seal(row, &"xoxb-12345678901234567890".into());
        let both = NONCE + sealed.bytes.len();
        match place % both {
            place if place < NONCE => sealed.nonce[place] ^= 1 << bit,
            place => sealed.bytes[place - NONCE] ^= 1 << bit,
        }
        prop_assert!(vault.unseal(row, &sealed).is_err());
    }
}
