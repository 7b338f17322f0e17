//! `rekey`: re-encrypts every secret in the store with the first sealing key.

use super::failure::Failure;
use super::flags::{Flags, StoreAndKeyFlags};
use super::out;
use crate::app::workspaces::keys::{Resealed, reseal, vault};
use crate::config::StoreUrl;
use crate::store::Durability;
use crate::store::sled::SledStore;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags<StoreAndKeyFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (StoreUrl::Sled(folder), keys) = arguments.flags.gather().sealing()?;
    let opened = folder.clone();
    let store = tokio::task::spawn_blocking(move || SledStore::open_existing(&opened, Durability::PowerLoss));
    let store = store.await.map_err(|error| Failure::Runtime(error.into()))??;
    let vault = vault(&store, keys.as_ref(), &folder).await?;
    let Resealed { changed, current } = reseal(&store, &vault).await?;
    let key = vault.current();
    out::print(&format!(
        "re-encrypted {changed} records with key {key}; {current} already used it; \
         the store in `{}` no longer needs any other key",
        folder.display()
    ))
}
