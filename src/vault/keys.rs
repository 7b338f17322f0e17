//! Where the sealing keys come from: the configuration, or a file in the data folder that is made where it is absent.

use super::{SealingKey, Vault, random};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The name of the key file in the data folder.
pub const KEY_FILE: &str = "key";
/// More keys than a rotation needs would be a mistake.
const MAX_KEYS: usize = 8;
/// No key file is longer, in bytes.
const MAX_KEY_FILE_BYTES: u64 = 4 * 1024;

/// What is wrong with a text of keys. Says nothing of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// There is none.
    #[error("contains no key")]
    Empty,
    /// One is not what a key looks like.
    #[error("is not base64 of 32 bytes, such as `openssl rand -base64 32` prints")]
    NotAKey,
    /// There are more than ever needed.
    #[error("contains more than 8 keys")]
    TooMany,
    /// Two are the same.
    #[error("contains the same key twice")]
    Twice,
}

/// Why there is no vault.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("could not read or create the key file `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error(
        "others on this machine can read or change the key file `{path}`: run `chmod 600 {path}`, and if somebody may \
         have read it, make a new key and run `segments-slack rekey`", path = .0.display()
    )]
    Open(PathBuf),
    /// What is in it is no key.
    #[error("the key file `{}` {fault}", path.display())]
    Fault {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        fault: KeyFault,
    },
}

impl Vault {
    /// Reads keys, the one that seals first, with commas or white space between.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let mut keys: Vec<SealingKey> = Vec::new();
        for word in text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty()) {
            let bytes = SecretBox::new(Box::new(STANDARD.decode(word).map_err(|_| KeyFault::NotAKey)?));
            let bytes: [u8; 32] = bytes.expose_secret().as_slice().try_into().map_err(|_| KeyFault::NotAKey)?;
            let key = SealingKey::new(SecretBox::new(Box::new(bytes)));
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeyFault::Twice);
            }
            if keys.len() == MAX_KEYS {
                return Err(KeyFault::TooMany);
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        Ok(Self { first: keys.next().ok_or(KeyFault::Empty)?, older: keys.collect() })
    }

    /// The keys of a data folder; none if there is no key file.
    pub fn find_in(folder: &Path) -> Result<Option<Self>, KeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| KeyError::File { path: path.clone(), source };
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(KeyError::Open(path));
        }
        let mut text = String::new();
        file.take(MAX_KEY_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
        let text = SecretString::from(text);
        let vault = Self::parse(text.expose_secret());
        vault.map(Some).map_err(|fault| KeyError::Fault { path, fault })
    }

    /// Makes a key in a data folder that has none.
    pub fn make_in(folder: &Path) -> Result<Self, KeyError> {
        let vault = Self { first: SealingKey::new(SecretBox::new(Box::new(random()))), older: Vec::new() };
        vault.put_in(folder)?;
        Ok(vault)
    }

    /// Writes the keys into a data folder that has none: complete or not at all, and only their owner can read them.
    pub fn put_in(&self, folder: &Path) -> Result<(), KeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| KeyError::File { path: path.clone(), source };
        let part = folder.join(format!("{KEY_FILE}.part"));
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let text = self.written();
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&part)?;
            file.write_all(text.expose_secret().as_bytes())?;
            file.sync_all()?;
            // Unlike a renaming, this takes no place that another key has taken meanwhile.
            std::fs::hard_link(&part, &path)?;
            std::fs::remove_file(&part)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(failed)
    }

    /// The keys as [`Vault::parse`] reads them, a line each.
    pub fn written(&self) -> SecretString {
        let lines: Vec<_> = self.keys().map(|key| STANDARD.encode(key.key.expose_secret()) + "\n").collect();
        SecretString::from(lines.concat())
    }
}
