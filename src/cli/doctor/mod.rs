//! `doctor`: checks an installation from outside and suggests fixes.
//!
//! `gather` collects facts, and `judge` turns them into findings. Nothing is created or changed, and no secret is printed.

mod facts;
mod gather;
mod judge;
mod local;
mod probe;
mod slack_probe;

use super::failure::Failure;
use super::flags::{Flags, ServerFlags};
use super::out;
use crate::clock::Clock;
use facts::{CheckStatus, Finding};
use gather::gather;
use std::fmt::Write;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print the findings as a JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags<ServerFlags>,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    let done = runtime.block_on(examine(arguments));
    // A disk or a DNS server that does not respond must not delay the exit.
    runtime.shutdown_background();
    done
}

async fn examine(Arguments { json, flags }: Arguments) -> Result<(), Failure> {
    let (findings, is_configured) = match flags.gather().config() {
        Err(problems) => (judge::misconfigured(&problems), false),
        Ok(config) => (judge::judge(&gather(&config, &Clock::system()).await), true),
    };
    let report = if json {
        serde_json::to_string_pretty(&findings).expect("a list of texts is JSON")
    } else {
        report(&findings)
    };
    out::print(&report)?;
    match findings.iter().any(|finding| finding.status == CheckStatus::Failed) {
        _ if !is_configured => Err(Failure::InvalidConfiguration),
        true => Err(Failure::ChecksFailed),
        false => Ok(()),
    }
}

/// Formats the findings: a line for each, its remedy on the next line, and the totals at the end.
fn report(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, status, found, remedy } in findings {
        let _ = writeln!(text, "{:11}  {check:14}  {}", status.label(), out::plain(found, 1000));
        if let Some(remedy) = remedy {
            let _ = writeln!(text, "{:29}-> {}", "", out::plain(remedy, 1000));
        }
    }
    let of = |status| findings.iter().filter(|finding| finding.status == status).count();
    let (warnings, failed) = (of(CheckStatus::Warning), of(CheckStatus::Failed));
    let s = if warnings == 1 { "" } else { "s" };
    let _ = write!(
        text,
        "{} ok, {warnings} warning{s}, {failed} failed, {} not checked",
        of(CheckStatus::Ok),
        of(CheckStatus::NotChecked)
    );
    text
}
