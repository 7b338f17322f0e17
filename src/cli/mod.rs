//! The command line: commands, help texts and exit codes.

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

use clap::{CommandFactory, Parser, Subcommand};
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
  segments-slack sandbox                                      try it out, no configuration needed
  segments-slack manifest --url https://slack.example.com     create the Slack app
  segments-slack doctor                                       check the setup and suggest fixes
  segments-slack serve --listen 0.0.0.0:3000                  run the server
  segments-slack send issue.created --dataset jane/flowers    send a test webhook
  segments-slack dead-letters list                            list failed deliveries
  segments-slack export > channels.txt                        export all subscriptions as text
  segments-slack backup monday.jsonl                          back up the whole store

Exit codes:
  0  success
  1  the command failed; the error says what happened and why
  2  the command line or the configuration is invalid; nothing was started";

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Run everything on this machine with a simulated Slack
    Sandbox(sandbox::Arguments),
    /// Send a signed test webhook to a running server
    Send(send::Arguments),
    /// Print the Slack app manifest and a link that creates the app
    Manifest(manifest::Arguments),
    /// Check this installation and suggest fixes; safe to run while the server is up
    Doctor(doctor::Arguments),
    /// List, retry or drop deliveries that failed permanently
    DeadLetters(dead_letters::Arguments),
    /// Print all subscriptions and user mappings as text that `import` can read
    Export(export::Arguments),
    /// Import subscriptions from a file written by `export` (preview with --dry-run)
    Import(import::Arguments),
    /// Back up the whole store to a file; safe to run while the server is up
    Backup(backup::Arguments),
    /// Create a new store from a backup
    Restore(restore::Arguments),
    /// Re-encrypt all stored secrets with the first sealing key; stop the server first
    Rekey(rekey::Arguments),
    /// Print the effective settings and their sources, without secrets
    Config(config::Arguments),
}

/// Runs the command given on the command line and returns the exit code.
pub fn start() -> ExitCode {
    // Files are readable by their owner only: sled creates its files with this mask.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => flags::explain_unknown_flag(error, &Arguments::command()).exit(),
    };
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
            out::print_error(&failure);
            failure.exit_code()
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Runtime::new().map_err(Failure::Runtime)?.block_on(work)
}
