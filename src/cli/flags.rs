//! The settings as flags, built from the settings table; each command lists only the settings that it uses.

use crate::config::setting::{self, Setting};
use crate::config::{ConfigSources, UncheckedSettings};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args, Command, Error};
use std::io::IsTerminal;
use std::marker::PhantomData;

/// The settings that a command accepts as flags.
pub(super) trait FlagSet {
    /// Settings without a flag are skipped.
    const SETTINGS: &'static [&'static Setting];
}

/// The flags of commands that use the whole configuration.
#[derive(Clone)]
pub(super) struct ServerFlags;

/// The flags of commands that use the store, directly or through the server that has it open.
#[derive(Clone)]
pub(super) struct StoreFlags;

/// The flags of commands that use the store and its sealing keys.
#[derive(Clone)]
pub(super) struct StoreAndKeyFlags;

/// The flags of commands that send webhooks to the configured server.
#[derive(Clone)]
pub(super) struct WebhookTargetFlags;

impl FlagSet for ServerFlags {
    const SETTINGS: &'static [&'static Setting] = &setting::ALL;
}

impl FlagSet for StoreFlags {
    const SETTINGS: &'static [&'static Setting] = &[&setting::STORE];
}

impl FlagSet for StoreAndKeyFlags {
    const SETTINGS: &'static [&'static Setting] = &[&setting::STORE, &setting::KEY];
}

impl FlagSet for WebhookTargetFlags {
    const SETTINGS: &'static [&'static Setting] = &[&setting::LISTEN];
}

/// The settings given on the command line: those of a flag set, and `--config`.
#[derive(Clone)]
pub(super) struct Flags<S> {
    given: Vec<(&'static Setting, String)>,
    set: PhantomData<S>,
}

impl<S> Flags<S> {
    /// Merges these flags with the environment of this process, the configuration file and the defaults.
    ///
    /// The environment and the file may contain every setting, also those that the command does not use.
    pub(super) fn gather(self) -> UncheckedSettings {
        UncheckedSettings::gather(ConfigSources {
            flags: self.given,
            environment: std::env::vars_os().collect(),
            terminal: std::io::stderr().is_terminal(),
        })
    }
}

/// Returns the settings of a flag set that have a flag, each with the name of its flag.
fn settings_with_flags<S: FlagSet>() -> impl Iterator<Item = (&'static Setting, &'static str)> {
    let settings = [&setting::CONFIG].into_iter().chain(S::SETTINGS.iter().copied());
    settings.filter_map(|setting| Some((setting, setting.flag?)))
}

impl<S: FlagSet> Args for Flags<S> {
    fn augment_args(command: Command) -> Command {
        settings_with_flags::<S>().fold(command, |command, (setting, flag)| {
            let default = setting.default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
            let help = format!("{} [env: {}]{default}", capitalized(setting.help), setting.environment);
            command.arg(Arg::new(setting.key).long(flag).value_name("VALUE").help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: FlagSet> clap::FromArgMatches for Flags<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self { given: Vec::new(), set: PhantomData };
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for (setting, _) in settings_with_flags::<S>() {
            let given = matches.get_one::<String>(setting.key);
            self.given.extend(given.map(|text| (setting, text.clone())));
        }
        Ok(())
    }
}

/// Starts a help text with a capital letter, as the other help texts do.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Adds a tip to the error about an unknown flag when other commands have that flag.
pub(super) fn explain_unknown_flag(mut error: Error, program: &Command) -> Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(name) = flag.strip_prefix("--").filter(|_| error.kind() == ErrorKind::UnknownArgument) else {
        return error;
    };
    let mut commands = Vec::new();
    add_commands_with(name, program, "", &mut commands);
    if let Some((last, others)) = commands.split_last() {
        let list = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
        let tip = format!("`--{name}` is an option of {list}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Collects the subcommands, written with their parents, that have a flag.
fn add_commands_with(flag: &str, command: &Command, parent: &str, commands: &mut Vec<String>) {
    for subcommand in command.get_subcommands() {
        let name = format!("{parent}{}", subcommand.get_name());
        if subcommand.get_arguments().any(|argument| argument.get_long() == Some(flag)) {
            commands.push(format!("`{name}`"));
        }
        add_commands_with(flag, subcommand, &format!("{name} "), commands);
    }
}
