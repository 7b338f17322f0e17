//! `backup`: everything that is kept, into a file; or what is in such a file.

use super::admin_client::StoreOrServer;
use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::app::workspaces::keys::given;
use crate::config::StoreUrl;
use crate::store::backup::{Draft, Summary, check, write_keys};
use crate::vault::Vault;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// File to write; it is there when it is complete
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long, conflicts_with = "check")]
    force: bool,
    /// Put the sealing keys in front, so that the file alone restores everything: whoever has it then has every secret
    #[arg(long, conflicts_with = "check")]
    with_secrets: bool,
    /// Write nothing: read the file, and say what is in it or what is wrong with it
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, force, with_secrets, check: only_check, flags } = arguments;
    if only_check {
        let summary = check(&file).map_err(|source| Failure::NoBackup { path: file.clone(), source })?;
        return out::print(&told(&format!("`{}` is whole", file.display()), &summary));
    }
    let keys = if with_secrets { Some(keys(flags.clone())?) } else { None };
    let reached = StoreOrServer::find(flags).await?;
    let mut draft = Draft::create(&file, force)?;
    keys.map(|keys| write_keys(&keys, &mut draft)).transpose()?;
    let draft = reached.back_up(draft).await?;
    let summary = draft.finish()?;
    out::print(&told(&format!("wrote `{}`", file.display()), &summary))
}

/// The keys that the server seals with.
fn keys(flags: Flags) -> Result<Vault, Failure> {
    let (StoreUrl::Sled(folder), configured) = flags.gather().sealing()?;
    given(configured.as_ref(), &folder)?.ok_or(Failure::NoKeyToKeep)
}

/// What is in a backup, a line for each kind.
pub(super) fn told(what: &str, summary: &Summary) -> String {
    let Summary { at, program, records, unreadable, has_keys } = summary;
    let mut text = format!("{what}: {} records of {at:.0}, by segments-slack {program}", summary.total());
    for (kind, count) in records {
        let _ = write!(text, "\n  {kind}: {count}");
    }
    if *unreadable > 0 {
        let _ = write!(text, "\n  left out, since the store could not read them: {unreadable}");
    }
    if *has_keys {
        text.push_str("\n  and the keys that open its secrets: keep it as you keep a password");
    }
    text
}
