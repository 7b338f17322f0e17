//! `restore`: a new store from a backup.

use super::backup::told;
use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::config::StoreUrl;
use crate::store::backup::restore;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Backup to read; --store names the folder to make, which is not there yet or empty
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let StoreUrl::Sled(folder) = arguments.flags.gather().store()?;
    let summary = restore(&arguments.file, &folder).await?;
    out::print(&told(&format!("restored `{}` into `{}`", arguments.file.display(), folder.display()), &summary))
}
