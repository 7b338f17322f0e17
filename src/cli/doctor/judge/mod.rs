//! Turns facts into findings, in the order in which a person would fix things. Pure.

mod local;
mod public;
mod slack;

use super::facts::{Facts, Finding};
use crate::config::ConfigProblems;

/// Result of checks that need the store when it could not be inspected.
const STORE_NOT_INSPECTED: &str = "the store could not be inspected (see above)";

/// Returns the findings about an invalid configuration.
pub(super) fn misconfigured(problems: &ConfigProblems) -> Vec<Finding> {
    let remedy = "fix the setting where it is defined; `segments-slack config` lists all settings and their sources";
    let findings = problems.0.iter().map(|problem| Finding::failed("configuration", problem.to_string(), remedy));
    let rest = "all other checks need a valid configuration";
    let rest = Finding::unchecked("the rest", rest, "fix the problems above and run `segments-slack doctor` again");
    findings.chain([rest]).collect()
}

/// Returns the findings of all checks.
pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "all settings are valid")];
    findings.extend(local::folder(&facts.folder));
    findings.extend(local::disk(&facts.folder));
    findings.extend(local::store(facts));
    findings.push(local::key(facts));
    findings.push(local::backups(facts));
    findings.push(slack::reach(facts));
    findings.push(slack::clock(facts));
    findings.extend(slack::token(facts));
    findings.extend(slack::scopes(facts));
    findings.extend(slack::signing_secret(facts));
    findings.extend(slack::socket(facts));
    findings.extend(slack::oauth(facts));
    findings.extend(slack::workspaces(facts));
    findings.extend(public::address(facts));
    findings.push(public::answer(facts));
    findings.extend(public::webhook_secret(facts));
    findings.push(public::api_key(facts));
    findings.extend(local::deliveries(facts));
    findings.push(slack::manifest(facts));
    findings
}

/// Formats a number with its noun in the singular or plural.
fn count(number: impl TryInto<u64>, one: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number == 1 { format!("{number} {one}") } else { format!("{number} {one}s") }
}

/// Lists the first five items and the number of the others.
fn some(all: &[String]) -> String {
    const MAX_LISTED_ITEMS: usize = 5;
    let shown = all.iter().take(MAX_LISTED_ITEMS).map(String::as_str).collect::<Vec<_>>().join("; ");
    if all.len() > MAX_LISTED_ITEMS { format!("{shown}; and {} more", all.len() - MAX_LISTED_ITEMS) } else { shown }
}

#[cfg(test)]
mod tests;
