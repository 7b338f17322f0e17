//! `rekey`: every secret in the store sealed anew with the first key.

use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::app::workspaces::keys::{Resealed, reseal, vault};
use crate::config::StoreUrl;
use crate::store::Durability;
use crate::store::sled::SledStore;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags,
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
        "sealed {changed} records anew with key {key}; {current} were sealed with it already; \
         the store in `{}` needs no other key now",
        folder.display()
    ))
}
