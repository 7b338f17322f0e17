//! Encryption of stored secrets with XChaCha20-Poly1305, bound to the row and field of each secret.
//!
//! A sealed value cannot be decrypted in another row. Nonces are random: with 24 bytes, a collision is practically
//! impossible, so no counter is needed.

mod keys;

pub use keys::{KEY_FILE, KeyError, KeyFault};

use crate::mac;
use crate::model::sealed::NONCE;
use crate::model::{AccountId, KeyId, Sealed, WorkspaceId};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::fmt;

/// Label for computing the ID of a key, so that the ID reveals nothing about the key.
const KEY_ID_LABEL: &[u8] = b"segments-slack sealing key";
/// Label for derived keys, followed by their purpose.
const DERIVED_KEY_LABEL: &[u8] = b"segments-slack derived key ";

/// The sealing keys: the first one encrypts, and all of them decrypt. `Debug` prints only their IDs.
pub struct Vault {
    first: SealingKey,
    /// Earlier keys, for the secrets that they encrypted.
    older: Vec<SealingKey>,
}

struct SealingKey {
    id: KeyId,
    key: SecretBox<[u8; 32]>,
}

/// The place of a secret in the store; each secret has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    workspace: &'a WorkspaceId,
    /// Account, if the secret belongs to one.
    account: Option<&'a AccountId>,
    field: Field,
}

/// The kind of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Bot token for calls to Slack.
    BotToken,
    /// Refresh token for new bot tokens.
    RefreshToken,
    /// Signing secret of webhooks from Segments.ai.
    SigningSecret,
    /// API key for calls to Segments.ai.
    ApiKey,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::BotToken => "bot token",
            Self::RefreshToken => "refresh token",
            Self::SigningSecret => "signing secret",
            Self::ApiKey => "API key",
        }
    }
}

impl<'a> Row<'a> {
    /// Returns the row of a secret of a workspace.
    pub fn of_workspace(workspace: &'a WorkspaceId, field: Field) -> Self {
        Self { workspace, account: None, field }
    }

    /// Returns the row of a secret of an account.
    pub fn of_account(workspace: &'a WorkspaceId, account: &'a AccountId, field: Field) -> Self {
        Self { workspace, account: Some(account), field }
    }

    /// Encodes the row as associated data; each part follows its length, so that no two rows have the same encoding.
    fn bytes(&self, key: KeyId) -> Vec<u8> {
        let account = self.account.map_or("", AccountId::as_str);
        let kind: &[u8] = if self.account.is_some() { b"account" } else { b"workspace" };
        let parts: [&[u8]; 6] = [
            b"segments-slack 1",
            &key.0,
            self.workspace.as_str().as_bytes(),
            kind,
            account.as_bytes(),
            self.field.name().as_bytes(),
        ];
        let length = |part: &[u8]| u32::try_from(part.len()).expect("ids are short").to_be_bytes();
        parts.iter().flat_map(|part| [&length(part)[..], part].concat()).collect()
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, account, field } = self;
        match account {
            // The ID grants access to the endpoint, so only its beginning is shown.
            Some(account) => {
                let beginning: String = account.as_str().chars().take(6).collect();
                write!(f, "the {} of account `{beginning}…` of workspace `{workspace}`", field.name())
            }
            None => write!(f, "the {} of workspace `{workspace}`", field.name()),
        }
    }
}

/// Reason why a sealed value cannot be decrypted. Names its row, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// The vault does not have the key that encrypted it.
    #[error("{row} was sealed with key {key}, which this server does not have; add it to SEGMENTS_SLACK_KEY")]
    UnknownKey {
        /// Row of the secret.
        row: String,
        /// ID of the missing key.
        key: KeyId,
    },
    /// The value was encrypted for another row, or was changed.
    #[error("could not decrypt {0}: it was changed or moved")]
    Altered(String),
}

impl Vault {
    /// Encrypts a secret for one row with the first key.
    pub fn seal(&self, row: Row<'_>, secret: &SecretString) -> Sealed {
        let key = self.first.id;
        let nonce = random::<NONCE>();
        let bytes = encrypt(self.first.key.expose_secret(), &nonce, &row.bytes(key), secret.expose_secret().as_bytes());
        Sealed { key, nonce, bytes }
    }

    /// Decrypts a value that was sealed for this row.
    pub fn unseal(&self, row: Row<'_>, sealed: &Sealed) -> Result<SecretString, UnsealError> {
        let unknown = || UnsealError::UnknownKey { row: row.to_string(), key: sealed.key };
        let key = self.keys().find(|key| key.id == sealed.key).ok_or_else(unknown)?;
        decrypt(key.key.expose_secret(), &sealed.nonce, &row.bytes(sealed.key), &sealed.bytes)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(SecretString::from)
            .ok_or_else(|| UnsealError::Altered(row.to_string()))
    }

    /// Reports whether a value was sealed with the first key.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.key == self.first.id
    }

    /// Reports whether the vault has the key of a value.
    pub fn opens(&self, sealed: &Sealed) -> bool {
        self.keys().any(|key| key.id == sealed.key)
    }

    /// Returns the ID of the first key.
    pub fn current(&self) -> KeyId {
        self.first.id
    }

    /// Derives a key for another purpose from the first key. The first key cannot be computed from it.
    pub fn derived(&self, purpose: &str) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new(mac::sign(self.first.key.expose_secret(), &[DERIVED_KEY_LABEL, purpose.as_bytes()])))
    }

    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys().map(|key| key.id)).finish()
    }
}

impl SealingKey {
    fn new(key: SecretBox<[u8; 32]>) -> Self {
        let name = mac::sign(key.expose_secret(), &[KEY_ID_LABEL]);
        let id = KeyId(*name.first_chunk().expect("a MAC has 32 bytes"));
        Self { id, key }
    }
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], row: &[u8], secret: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: secret, aad: row };
    XChaCha20Poly1305::new(key.into()).encrypt(nonce.into(), payload).expect("a secret is shorter than 256 GiB")
}

fn decrypt(key: &[u8; 32], nonce: &[u8; NONCE], row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), Payload { msg: sealed, aad: row }).ok()
}

/// Returns cryptographically secure random bytes.
pub fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the system has a random number generator");
    bytes
}

#[cfg(test)]
mod tests;
