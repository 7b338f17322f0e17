//! Loads the sealing keys from the configuration, or from a key file in the data folder, which is created if missing.

use super::{SealingKey, Vault, random};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Name of the key file in the data folder.
pub const KEY_FILE: &str = "key";
/// Most keys in a configuration; more than a rotation needs.
const MAX_KEYS: usize = 8;
/// Largest part of a key file that is read, in bytes.
const MAX_KEY_FILE_BYTES: u64 = 4 * 1024;

/// Reason why a text is not a list of keys. Never contains a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The text contains no key.
    #[error("contains no key")]
    Empty,
    /// An entry is not a key.
    #[error("is not base64 of 32 bytes, such as `openssl rand -base64 32` prints")]
    NotAKey,
    /// There are too many keys.
    #[error("contains more than 8 keys")]
    TooMany,
    /// Two keys are the same.
    #[error("contains the same key twice")]
    Twice,
}

/// Reason why the keys could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or created.
    #[error("could not read or create the key file `{}`", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// Other users can access the file.
    #[error(
        "other users of this machine can access the key file `{path}`; run `chmod 600 {path}`, and if someone may \
         have read it, create a new key and run `segments-slack rekey`", path = .0.display()
    )]
    Open(PathBuf),
    /// The file does not contain valid keys.
    #[error("the key file `{}` {fault}", path.display())]
    Fault {
        /// Path of the file.
        path: PathBuf,
        /// Problem with the contents.
        fault: KeyFault,
    },
}

impl Vault {
    /// Parses keys separated by commas or white space. The first one encrypts.
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

    /// Reads the key file of a data folder; `None` without a key file.
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

    /// Creates a key file with a random key.
    ///
    /// # Errors
    /// Returns an error if the folder has a key file.
    pub fn make_in(folder: &Path) -> Result<Self, KeyError> {
        let vault = Self { first: SealingKey::new(SecretBox::new(Box::new(random()))), older: Vec::new() };
        vault.put_in(folder)?;
        Ok(vault)
    }

    /// Writes the keys atomically to a new key file that only its owner can read.
    ///
    /// # Errors
    /// Returns an error if the folder has a key file.
    pub fn put_in(&self, folder: &Path) -> Result<(), KeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| KeyError::File { path: path.clone(), source };
        let part = folder.join(format!("{KEY_FILE}.part"));
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let text = self.to_text();
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&part)?;
            file.write_all(text.expose_secret().as_bytes())?;
            file.sync_all()?;
            // Unlike a rename, a hard link fails if another process created the key file first.
            std::fs::hard_link(&part, &path)?;
            std::fs::remove_file(&part)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(failed)
    }

    /// Formats the keys for [`Vault::parse`], one per line.
    pub fn to_text(&self) -> SecretString {
        let lines: Vec<_> = self.keys().map(|key| STANDARD.encode(key.key.expose_secret()) + "\n").collect();
        SecretString::from(lines.concat())
    }
}
