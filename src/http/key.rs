//! The key to the tools of a running server: left in the data folder, so that whoever may read the folder may use them.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::Permissions;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The file of the data folder that holds it.
const ADMIN_KEY_FILE: &str = "admin";

/// Where a running server can be asked, and the word that it wants to hear. The word is a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct AdminKey {
    url: String,
    word: String,
}

impl AdminKey {
    /// A new key to a server that listens at an address.
    pub fn new(listen: SocketAddr) -> Self {
        let word = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { url: format!("http://{}", reachable(listen)), word }
    }

    /// Where it is in a data folder.
    pub fn path_in(folder: &Path) -> PathBuf {
        folder.join(ADMIN_KEY_FILE)
    }

    /// Puts it into the data folder in place of an earlier one, for the folder's owner only.
    pub fn leave_in(&self, folder: &Path) -> io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(Self::path_in(folder))?;
        Ok(())
    }

    /// Takes the key of a server that is over out of the data folder.
    pub fn remove_from(folder: &Path) {
        // The next server replaces it, and until then it opens nothing.
        let _ = std::fs::remove_file(Self::path_in(folder));
    }

    /// The key to the server that uses a data folder; none if it has left none that can be read.
    pub fn found_in(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path_in(folder)).ok()?).ok()
    }

    /// Where the server can be asked.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The word, for the `Authorization` of a request.
    pub fn bearer(&self) -> &str {
        &self.word
    }

    /// Whether a request brings it.
    pub fn fits(&self, headers: &HeaderMap) -> bool {
        let brought = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        // The hashes take the same time to compare however much of the word was guessed.
        brought.is_some_and(|word| Sha256::digest(word) == Sha256::digest(&self.word))
    }
}

/// The address of a server on this machine that listens here, even if it listens everywhere.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
