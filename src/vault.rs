//! Secrets at rest: each sealed with XChaCha20-Poly1305 for the one row and field that it belongs to.
//!
//! Moved to another row, a sealed value does not open. Nonces are random: with 24 bytes of them no count is kept, and
//! none can meet another before the end of the world.

mod keys;

pub use keys::{KEY_FILE, KeyError, KeyFault};

use crate::model::sealed::NONCE;
use crate::model::{AccountId, KeyId, Sealed, WorkspaceId};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use std::fmt;

/// What the key's name is made from, so that the name and what the key seals have nothing to do with each other.
const KEY_ID_LABEL: &[u8] = b"segments-slack sealing key";
/// What derived keys are made from, with their purpose behind it.
const DERIVED_KEY_LABEL: &[u8] = b"segments-slack derived key ";

/// The sealing keys: the first seals, all of them open. Its `Debug` shows their names only.
pub struct Vault {
    first: SealingKey,
    /// Keys from before, for what they sealed.
    older: Vec<SealingKey>,
}

struct SealingKey {
    id: KeyId,
    key: SecretBox<[u8; 32]>,
}

/// Where a secret stands: no two secrets share a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    workspace: &'a WorkspaceId,
    /// The account, of a secret that belongs to one.
    account: Option<&'a AccountId>,
    field: Field,
}

/// Which secret of its row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// What calls to Slack are made with.
    BotToken,
    /// What new bot tokens are bought with.
    RefreshToken,
    /// What Segments.ai signs webhooks with.
    SigningSecret,
    /// What calls to Segments.ai are made with.
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
    /// A secret of a workspace.
    pub fn of_workspace(workspace: &'a WorkspaceId, field: Field) -> Self {
        Self { workspace, account: None, field }
    }

    /// A secret of one of its accounts.
    pub fn of_account(workspace: &'a WorkspaceId, account: &'a AccountId, field: Field) -> Self {
        Self { workspace, account: Some(account), field }
    }

    /// The row as bytes that are authenticated with the secret; each part after its length, so that none runs into the
    /// next.
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
            // Its id opens its endpoint: the beginning tells which it is.
            Some(account) => {
                let beginning: String = account.as_str().chars().take(6).collect();
                write!(f, "the {} of account `{beginning}…` of workspace `{workspace}`", field.name())
            }
            None => write!(f, "the {} of workspace `{workspace}`", field.name()),
        }
    }
}

/// Why a sealed value does not open. Names its row, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// None of the keys is the one that sealed it.
    #[error("{row} was sealed with key {key}, which this server does not have; add it to SEGMENTS_SLACK_KEY")]
    UnknownKey {
        /// What does not open.
        row: String,
        /// Whose key is missing.
        key: KeyId,
    },
    /// Sealed for another row, or changed since.
    #[error("could not decrypt {0}: it was changed or moved")]
    Altered(String),
}

impl Vault {
    /// Seals a secret with the first key, for one row.
    pub fn seal(&self, row: Row<'_>, secret: &SecretString) -> Sealed {
        let key = self.first.id;
        let nonce = random::<NONCE>();
        let bytes = encrypt(self.first.key.expose_secret(), &nonce, &row.bytes(key), secret.expose_secret().as_bytes());
        Sealed { key, nonce, bytes }
    }

    /// Opens a sealed value, if it was sealed for this row.
    pub fn unseal(&self, row: Row<'_>, sealed: &Sealed) -> Result<SecretString, UnsealError> {
        let unknown = || UnsealError::UnknownKey { row: row.to_string(), key: sealed.key };
        let key = self.keys().find(|key| key.id == sealed.key).ok_or_else(unknown)?;
        decrypt(key.key.expose_secret(), &sealed.nonce, &row.bytes(sealed.key), &sealed.bytes)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(SecretString::from)
            .ok_or_else(|| UnsealError::Altered(row.to_string()))
    }

    /// Whether a value was sealed with the first key.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.key == self.first.id
    }

    /// Whether the key of a value is among these.
    pub fn opens(&self, sealed: &Sealed) -> bool {
        self.keys().any(|key| key.id == sealed.key)
    }

    /// The name of the key that seals.
    pub fn current(&self) -> KeyId {
        self.first.id
    }

    /// A key for another purpose, which the first key does not follow from.
    pub fn derived(&self, purpose: &str) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new(mac(self.first.key.expose_secret(), &[DERIVED_KEY_LABEL, purpose.as_bytes()])))
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
        let name = mac(key.expose_secret(), &[KEY_ID_LABEL]);
        let id = KeyId(*name.first_chunk().expect("a MAC has 32 bytes"));
        Self { id, key }
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], row: &[u8], secret: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: secret, aad: row };
    XChaCha20Poly1305::new(key.into()).encrypt(nonce.into(), payload).expect("a secret is shorter than 256 GiB")
}

fn decrypt(key: &[u8; 32], nonce: &[u8; NONCE], row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), Payload { msg: sealed, aad: row }).ok()
}

/// Bytes that nobody can guess.
pub fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("a system without random numbers has no TLS either");
    bytes
}

#[cfg(test)]
mod tests;
