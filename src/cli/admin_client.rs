//! Gives commands access to the store: directly, or through the admin address of the server that has it open.

use super::failure::Failure;
use super::flags::Flags;
use crate::app::operations::dead_letters::{DeadLetterAction, DeadLetterList, DeadLetterSelection, act, list};
use crate::app::operations::health::HealthReport;
use crate::app::subscriptions::import_export::{ExportScope, ExportText, ImportRequest, ImportResult, export, import};
use crate::clock::Clock;
use crate::config::StoreUrl;
use crate::http::key::AdminKey;
use crate::model::DeadLetterId;
use crate::store::backup::{BackupDraft, BackupError, write};
use crate::store::sled::SledStore;
use crate::store::{Durability, Store, StoreError};
use http::Method;
use reqwest::{Client, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// The store, or the server that has it open.
pub(super) enum StoreOrServer {
    Store(Arc<SledStore>),
    Server(AdminClient),
}

/// A client for the admin address of a running server.
pub(super) struct AdminClient {
    client: Client,
    key: AdminKey,
}

impl StoreOrServer {
    /// Opens the configured store, or finds the server that has it open. Creates nothing.
    pub(super) async fn find<S>(flags: Flags<S>) -> Result<Self, Failure> {
        let StoreUrl::Sled(folder) = flags.gather().store()?;
        let place = folder.clone();
        let opening = move || SledStore::open_existing(&place, Durability::default());
        let opened = tokio::task::spawn_blocking(opening).await.map_err(|error| Failure::Runtime(error.into()))?;
        match opened {
            Ok(store) => Ok(Self::Store(Arc::new(store))),
            Err(StoreError::InUse(_)) => match AdminKey::found_in(&folder) {
                Some(key) => Ok(Self::Server(AdminClient::new(key)?)),
                None => Err(Failure::AdminAddressUnknown(folder)),
            },
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn dead_letters(&self) -> Result<Vec<DeadLetterList>, Failure> {
        match self {
            Self::Store(store) => Ok(list(&**store).await?),
            Self::Server(server) => server.request_json(Method::GET, "/dead-letters", None::<&()>).await,
        }
    }

    pub(super) async fn act(
        &self,
        what: DeadLetterAction,
        which: &DeadLetterSelection,
    ) -> Result<Vec<DeadLetterId>, Failure> {
        match self {
            Self::Store(store) => Ok(act(&**store, what, which, Clock::system().now(), |_| {}).await?),
            Self::Server(server) => {
                let path = match what {
                    DeadLetterAction::Retry => "/dead-letters/retry",
                    DeadLetterAction::Drop => "/dead-letters/drop",
                };
                server.request_json(Method::POST, path, Some(which)).await
            }
        }
    }
}

impl StoreOrServer {
    pub(super) async fn export(&self, which: &ExportScope) -> Result<ExportText, Failure> {
        match self {
            Self::Store(store) => Ok(export(&**store, which, Clock::system().now()).await?),
            Self::Server(server) => server.request_json(Method::POST, "/export", Some(which)).await,
        }
    }

    pub(super) async fn import(&self, file: ImportRequest) -> Result<ImportResult, Failure> {
        match self {
            Self::Store(store) => Ok(import(&**store, None, file, Clock::system().now()).await?),
            Self::Server(server) => server.request_json(Method::POST, "/import", Some(&file)).await,
        }
    }

    /// Writes the whole store into a draft, which the caller finishes.
    pub(super) async fn back_up(self, mut to: BackupDraft) -> Result<BackupDraft, Failure> {
        match self {
            Self::Store(store) => {
                let (export, at) = (store.export().await?, Clock::system().now());
                let writing = move || write(export, at, &mut to, || false).map(|()| to);
                Ok(tokio::task::spawn_blocking(writing).await.map_err(|error| Failure::Runtime(error.into()))??)
            }
            Self::Server(server) => {
                let mut response = server.request(Method::GET, "/backup", None::<&()>).await?;
                while let Some(piece) = response.chunk().await.map_err(|source| server.unreachable(source))? {
                    to.write_all(&piece).map_err(BackupError::Write)?;
                }
                Ok(to)
            }
        }
    }
}

impl AdminClient {
    /// Connects to the server that wrote an admin key.
    pub(super) fn new(key: AdminKey) -> Result<Self, Failure> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_mins(1))
            .redirect(reqwest::redirect::Policy::none())
            // A proxy from the environment cannot reach the loopback of this machine.
            .no_proxy()
            .build()
            .map_err(|source| Failure::ServerUnreachable { url: key.url().to_owned(), source })?;
        Ok(Self { client, key })
    }

    /// Returns what the server reports about itself and the store.
    pub(super) async fn checkup(&self) -> Result<HealthReport, Failure> {
        self.request_json(Method::GET, "/checkup", None::<&()>).await
    }

    /// Sends a request and returns a successful response.
    ///
    /// # Errors
    /// Returns an error if the server is unreachable or rejects the request.
    async fn request(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Response, Failure> {
        let mut request =
            self.client.request(method, format!("{}{path}", self.key.url())).bearer_auth(self.key.bearer());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|source| self.unreachable(source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let why = response.text().await.unwrap_or_default().trim().chars().take(300).collect();
        Err(Failure::ServerRefused { url: self.key.url().to_owned(), status, why })
    }

    async fn request_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Failure> {
        self.request(method, path, body).await?.json().await.map_err(|source| self.unreachable(source))
    }

    fn unreachable(&self, source: reqwest::Error) -> Failure {
        Failure::ServerUnreachable { url: self.key.url().to_owned(), source: source.without_url() }
    }
}
