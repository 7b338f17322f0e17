//! What the facts mean, in words, in the order in which a person would mend things. Pure.

mod local;
mod public;
mod slack;

use super::facts::{Facts, Finding};
use crate::config::ConfigProblems;

/// What is said where a running server would have to be asked, and cannot be.
const STORE_NOT_INSPECTED: &str = "the store could not be looked into: see above";

/// Findings on a configuration that cannot be used.
pub(super) fn misconfigured(problems: &ConfigProblems) -> Vec<Finding> {
    let remedy = "mend it where it stands; `segments-slack config` lists what holds and where each value comes from";
    let findings = problems.0.iter().map(|problem| Finding::failed("configuration", problem.to_string(), remedy));
    let rest = "everything else: it needs a configuration that can be used";
    let rest = Finding::unchecked("the rest", rest, "mend the above and run `segments-slack doctor` again");
    findings.chain([rest]).collect()
}

/// Findings on everything.
pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "every setting can be used")];
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

/// A number of things.
fn count(number: impl TryInto<u64>, one: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number == 1 { format!("{number} {one}") } else { format!("{number} {one}s") }
}

/// The first few, and how many there are besides.
fn some(all: &[String]) -> String {
    const MAX_LISTED_ITEMS: usize = 5;
    let shown = all.iter().take(MAX_LISTED_ITEMS).map(String::as_str).collect::<Vec<_>>().join("; ");
    if all.len() > MAX_LISTED_ITEMS { format!("{shown}; and {} more", all.len() - MAX_LISTED_ITEMS) } else { shown }
}

#[cfg(test)]
mod tests;
