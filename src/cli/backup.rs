//! `backup`: writes the whole store to a file, or checks such a file.

use super::admin_client::StoreOrServer;
use super::failure::Failure;
use super::flags::{Flags, StoreAndKeyFlags};
use super::out;
use crate::app::workspaces::keys::given;
use crate::config::StoreUrl;
use crate::store::backup::{BackupDraft, BackupSummary, check, write_keys};
use crate::vault::Vault;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// File to write; it appears once the backup is complete
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Overwrite the file if it exists
    #[arg(long, conflicts_with = "check")]
    force: bool,
    /// Include the sealing keys, so that the file alone restores everything; keep it as safe as a password
    #[arg(long, conflicts_with = "check")]
    with_secrets: bool,
    /// Check an existing backup file and list its contents; writes nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    flags: Flags<StoreAndKeyFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, force, with_secrets, check: only_check, flags } = arguments;
    if only_check {
        let summary = check(&file).map_err(|source| Failure::IncompleteBackup { path: file.clone(), source })?;
        return out::print(&describe(&format!("`{}` is complete", file.display()), &summary));
    }
    let keys = if with_secrets { Some(keys(flags.clone())?) } else { None };
    let reached = StoreOrServer::find(flags).await?;
    let mut draft = BackupDraft::create(&file, force)?;
    keys.map(|keys| write_keys(&keys, &mut draft)).transpose()?;
    let draft = reached.back_up(draft).await?;
    let summary = draft.finish()?;
    out::print(&describe(&format!("wrote `{}`", file.display()), &summary))
}

/// Returns the keys that the server seals secrets with.
fn keys(flags: Flags<StoreAndKeyFlags>) -> Result<Vault, Failure> {
    let (StoreUrl::Sled(folder), configured) = flags.gather().sealing()?;
    given(configured.as_ref(), &folder)?.ok_or(Failure::NoKeyForBackup)
}

/// Lists what a backup contains, one line for each kind of record.
pub(super) fn describe(what: &str, summary: &BackupSummary) -> String {
    let BackupSummary { at, program, records, unreadable, has_keys } = summary;
    let mut text = format!("{what}: {} records from {at:.0}, written by segments-slack {program}", summary.total());
    for (kind, count) in records {
        let _ = write!(text, "\n  {kind}: {count}");
    }
    if *unreadable > 0 {
        let _ = write!(text, "\n  skipped because the store could not read them: {unreadable}");
    }
    if *has_keys {
        text.push_str("\n  includes the sealing keys; keep the file as safe as a password");
    }
    text
}
