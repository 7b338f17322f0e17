//! `config`: the effective configuration, each value with its origin.

use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::config::ListedSetting;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags,
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
