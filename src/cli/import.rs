//! `import`: applies a file written by `export`, or previews the changes.

use super::admin_client::StoreOrServer;
use super::failure::Failure;
use super::flags::{Flags, StoreFlags};
use super::out;
use crate::app::subscriptions::export_file::Mistakes;
use crate::app::subscriptions::import_export::{ImportRequest, ImportResult, ImportedChanges, MAX_IMPORT_FILE_BYTES};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Longest line that is printed, in characters.
const MAX_LINE_CHARS: usize = 3_200;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// File written by `export`, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print what would change, without changing anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    flags: Flags<StoreFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, dry_run, flags } = arguments;
    let text = read(&file).map_err(|source| Failure::UnreadableFile { path: file.clone(), source })?;
    match StoreOrServer::find(flags).await?.import(ImportRequest { text, dry_run }).await? {
        ImportResult::Wrong(mistakes) => {
            out::print(&list_mistakes(&mistakes))?;
            Err(Failure::NotImported { path: file, mistakes: mistakes.first.len() + mistakes.more })
        }
        ImportResult::Done(done) => out::print(&summary(&done, dry_run)),
    }
}

fn read(file: &Path) -> io::Result<String> {
    let from: Box<dyn Read> = if file == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(file)?) };
    let mut text = String::new();
    from.take(MAX_IMPORT_FILE_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > MAX_IMPORT_FILE_BYTES {
        let limit = format!(
            "the file is larger than {MAX_IMPORT_FILE_BYTES} bytes; export fewer workspaces or channels at a time"
        );
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, limit));
    }
    Ok(text)
}

fn list_mistakes(mistakes: &Mistakes) -> String {
    let mut text = String::new();
    for mistake in &mistakes.first {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "line {}: {}", mistake.line, out::plain(&mistake.what, MAX_LINE_CHARS));
    }
    if mistakes.more > 0 {
        let _ = writeln!(text, "and {} more", mistakes.more);
    }
    text.trim_end().to_owned()
}

/// Lists the changes of each channel, and the totals on the last line.
fn summary(done: &[ImportedChanges], dry_run: bool) -> String {
    let mut text = String::new();
    let (mut all_new, mut all_changed) = (0, 0);
    for ImportedChanges { workspace, channel, changes, as_before } in done {
        let place = channel.as_ref().map_or("user mappings".to_owned(), ToString::to_string);
        let new = changes.iter().filter(|(before, _)| before.is_none()).count();
        let changed = changes.len() - new;
        (all_new, all_changed) = (all_new + new, all_changed + changed);
        let _ = writeln!(text, "{workspace} {place}: {new} new, {changed} changed, {as_before} unchanged");
        for (before, after) in changes {
            let sign = if before.is_none() { '+' } else { '~' };
            let _ = writeln!(text, "  {sign} {}", out::plain(after, MAX_LINE_CHARS));
            if let Some(before) = before {
                let _ = writeln!(text, "    was: {}", out::plain(before, MAX_LINE_CHARS));
            }
        }
    }
    let _ = if dry_run {
        write!(text, "dry run: would add {all_new} and change {all_changed}; nothing was changed")
    } else {
        write!(text, "added {all_new}, changed {all_changed}")
    };
    text
}
