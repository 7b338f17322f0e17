//! The admin key, which a running server writes into its data folder for the admin commands.

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

/// Name of the key file in the data folder.
const ADMIN_KEY_FILE: &str = "admin";

/// The admin URL of a running server and the token for it. The token is a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct AdminKey {
    url: String,
    #[serde(rename = "word")]
    token: String,
}

impl AdminKey {
    /// Creates a random key for a server that listens at an address.
    pub fn new(listen: SocketAddr) -> Self {
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { url: format!("http://{}", reachable(listen)), token }
    }

    /// Returns the path of the key file in a data folder.
    pub fn path_in(folder: &Path) -> PathBuf {
        folder.join(ADMIN_KEY_FILE)
    }

    /// Writes the key file, readable only by its owner, and replaces an earlier one.
    pub fn leave_in(&self, folder: &Path) -> io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(Self::path_in(folder))?;
        Ok(())
    }

    /// Removes the key file of a server that has stopped.
    pub fn remove_from(folder: &Path) {
        // The next server replaces the file, and until then the key is useless.
        let _ = std::fs::remove_file(Self::path_in(folder));
    }

    /// Reads the key of the server that uses a data folder; `None` without a readable key file.
    pub fn found_in(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path_in(folder)).ok()?).ok()
    }

    /// Returns the admin URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the token for the `Authorization` header.
    pub fn bearer(&self) -> &str {
        &self.token
    }

    /// Reports whether the `Authorization` header contains the token.
    pub fn fits(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        // Comparing hashes takes the same time for every wrong token.
        sent.is_some_and(|token| Sha256::digest(token) == Sha256::digest(&self.token))
    }
}

/// Returns the loopback address for a server that listens on all interfaces, else the address itself.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
