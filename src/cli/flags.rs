//! The settings as flags, made from the same table as everything else about them.

use crate::config::setting::{self, Setting};
use crate::config::{ConfigSources, UncheckedSettings};
use clap::{Arg, ArgMatches, Args, Command, Error};
use std::io::IsTerminal;

/// Settings that stood on the command line.
#[derive(Clone, Default)]
pub(super) struct Flags(Vec<(&'static Setting, String)>);

impl Flags {
    /// These flags over the environment of this process, a file and the defaults.
    pub(super) fn gather(self) -> UncheckedSettings {
        UncheckedSettings::gather(ConfigSources {
            flags: self.0,
            environment: std::env::vars_os().collect(),
            terminal: std::io::stderr().is_terminal(),
        })
    }
}

fn flagged() -> impl Iterator<Item = (&'static Setting, &'static str)> {
    let settings = [&setting::CONFIG].into_iter().chain(setting::ALL);
    settings.filter_map(|setting| Some((setting, setting.flag?)))
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        flagged().fold(command, |command, (setting, flag)| {
            let default = setting.default.map(|default| format!(", default: {default}")).unwrap_or_default();
            let help = format!("{} [environment: {}{default}]", setting.help, setting.environment);
            command.arg(Arg::new(setting.key).long(flag).value_name("VALUE").help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for (setting, _) in flagged() {
            let given = matches.get_one::<String>(setting.key);
            self.0.extend(given.map(|text| (setting, text.clone())));
        }
        Ok(())
    }
}
