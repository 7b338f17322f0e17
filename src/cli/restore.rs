//! `restore`: creates a new store from a backup.

use super::backup::describe;
use super::failure::Failure;
use super::flags::{Flags, StoreFlags};
use super::out;
use crate::config::StoreUrl;
use crate::store::backup::restore;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Backup file to read; --store names the new folder, which must be missing or empty
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    flags: Flags<StoreFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let StoreUrl::Sled(folder) = arguments.flags.gather().store()?;
    let summary = restore(&arguments.file, &folder).await?;
    out::print(&describe(&format!("restored `{}` into `{}`", arguments.file.display(), folder.display()), &summary))
}
