//! `config`: prints the effective settings and their sources.

use super::failure::Failure;
use super::flags::{Flags, ServerFlags};
use super::out;
use crate::config::ListedSetting;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags<ServerFlags>,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let settings = arguments.flags.gather();
    for ListedSetting { key, value, origin } in settings.list() {
        let origin = origin.map(|origin| format!(" (from {origin})")).unwrap_or_default();
        out::print(&format!("{key} = {value}{origin}"))?;
    }
    settings.config()?;
    Ok(())
}
