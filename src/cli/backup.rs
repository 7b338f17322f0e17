//! `backup`: everything that is kept, into a file; or what is in such a file.

use super::failure::Failure;
use super::flags::Flags;
use super::out;
use super::reach::Reached;
use crate::store::backup::{Draft, Summary, check};
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
    /// Write nothing: read the file, and say what is in it or what is wrong with it
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, force, check: only_check, flags } = arguments;
    if only_check {
        let summary = check(&file).map_err(|source| Failure::NoBackup { path: file.clone(), source })?;
        return out::print(&told(&format!("`{}` is whole", file.display()), &summary));
    }
    let reached = Reached::find(flags).await?;
    let draft = reached.back_up(Draft::create(&file, force)?).await?;
    let summary = draft.finish()?;
    out::print(&told(&format!("wrote `{}`", file.display()), &summary))
}

/// What is in a backup, a line for each kind.
pub(super) fn told(what: &str, summary: &Summary) -> String {
    let Summary { at, program, records, unreadable } = summary;
    let mut text = format!("{what}: {} records of {at:.0}, by segments-slack {program}", summary.total());
    for (kind, count) in records {
        let _ = write!(text, "\n  {kind}: {count}");
    }
    if *unreadable > 0 {
        let _ = write!(text, "\n  left out, since the store could not read them: {unreadable}");
    }
    text
}
