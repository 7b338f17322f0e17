//! The command line: its words, its help, its exit codes.

mod admin_client;
mod backup;
mod config;
mod dead_letters;
mod doctor;
mod export;
mod failure;
mod flags;
mod import;
mod manifest;
mod out;
mod rekey;
mod restore;
mod sandbox;
mod send;
mod serve;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "segments-slack", version, about, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  segments-slack sandbox                                      look around, with nothing to configure
  segments-slack manifest --url https://slack.example.com     make the Slack app
  segments-slack doctor                                       see what is wrong, and how to mend it
  segments-slack serve --listen 0.0.0.0:3000                  run for real
  segments-slack send issue.created --dataset jane/flowers    try a running server
  segments-slack dead-letters list                            see what could not be delivered
  segments-slack export > channels.txt                        every subscription as a line that people read
  segments-slack backup monday.jsonl                          keep a copy of everything

Exit codes:
  0  it worked
  1  it failed: the message says what and why
  2  the command line or the configuration is wrong: nothing was started";

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Run everything on this machine, with a stand-in for Slack
    Sandbox(sandbox::Arguments),
    /// Send one signed test webhook to a running server
    Send(send::Arguments),
    /// Print the Slack app manifest, and a link that makes the app from it
    Manifest(manifest::Arguments),
    /// Check this installation: each finding with its remedy, fit to be run beside a server
    Doctor(doctor::Arguments),
    /// Look after deliveries that were given up: list, retry, drop
    DeadLetters(dead_letters::Arguments),
    /// Print every subscription as a command, and who is who, for people and for `import`
    Export(export::Arguments),
    /// Do what a file says that `export` printed; with --dry-run, tell what that would be
    Import(import::Arguments),
    /// Write everything that is kept into a file, also while the server runs
    Backup(backup::Arguments),
    /// Make a new store from a backup
    Restore(restore::Arguments),
    /// Seal every secret in the store anew with the first key, while no server runs
    Rekey(rekey::Arguments),
    /// Print the effective configuration, without secrets, each value with its origin
    Config(config::Arguments),
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn start() -> ExitCode {
    // What is written is for its owner: sled's files are made with whatever is left here.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let command = Arguments::parse().command;
    let done = match command {
        Command::Serve(arguments) => block_on(serve::run(arguments)),
        Command::Sandbox(arguments) => block_on(sandbox::run(arguments)),
        Command::Send(arguments) => block_on(send::run(arguments)),
        Command::Manifest(arguments) => manifest::run(&arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::DeadLetters(arguments) => block_on(dead_letters::run(arguments)),
        Command::Export(arguments) => block_on(export::run(arguments)),
        Command::Import(arguments) => block_on(import::run(arguments)),
        Command::Backup(arguments) => block_on(backup::run(arguments)),
        Command::Restore(arguments) => block_on(restore::run(arguments)),
        Command::Rekey(arguments) => block_on(rekey::run(arguments)),
        Command::Config(arguments) => config::run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::complain(&failure);
            failure.exit_code()
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Runtime::new().map_err(Failure::Runtime)?.block_on(work)
}
