//! Reads one event selector.

use super::correct::nearest;
use crate::model::selection::known_names;
use crate::model::{EventSelector, Glob};
use std::collections::BTreeSet;

/// Reads an event name, a glob over names or a bare noun, in any case; else gives what may have been meant.
///
/// A glob must match an event that is known. A name that is not known is still taken if it may be a type that
/// Segments.ai sends one day: `noun.verb`, with a noun that is not (nearly) one of ours, and a verb that is exactly one
/// of ours or nothing like one. `workunit.created` is taken; `sampel.created`, `issue.deleted` and `workunit.craeted`
/// are mistakes.
pub(super) fn read_event(typed: &str) -> Result<EventSelector, Vec<String>> {
    let typed = typed.to_ascii_lowercase();
    if nouns().contains(&*typed) {
        return Ok(Glob::new(format!("{typed}.*")));
    }
    let selector = Glob::new(&*typed);
    if known_names().any(|name| selector.matches(name)) || may_be_sent_one_day(&typed) {
        return Ok(selector);
    }
    Err(probably_meant(&typed))
}

fn may_be_sent_one_day(typed: &str) -> bool {
    let name = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let Some((noun, verb)) = typed.split_once('.') else { return false };
    let strange_noun = nearest(noun, nouns()).is_empty() && !verbs().contains(noun);
    let fair_verb = verbs().contains(verb) || nearest(verb, verbs().union(&nouns()).copied()).is_empty();
    typed.len() <= 60 && name(noun) && name(verb) && strange_noun && fair_verb
}

fn probably_meant(typed: &str) -> Vec<String> {
    let (noun, verb) = typed.split_once('.').unwrap_or(("", typed));
    if verbs().contains(verb) && (noun.is_empty() || nouns().contains(noun)) {
        // No slip of the finger: the verb belongs to other nouns, or to any.
        let full: Vec<_> = known_names().filter(|name| name.split_once('.').is_some_and(|(_, v)| v == verb)).collect();
        return match full[..] {
            [only] => vec![only.to_owned()],
            _ if noun.is_empty() => vec![format!("*.{verb}")],
            _ => Vec::new(),
        };
    }
    let globs: Vec<_> = nouns().iter().map(|noun| format!("{noun}.*")).collect();
    let mut candidates: Vec<&str> = known_names().chain(nouns()).collect();
    candidates.extend(globs.iter().map(String::as_str));
    let found = nearest(typed, candidates);
    if !found.is_empty() {
        return found;
    }
    let verbs = nearest(verb, verbs());
    verbs.iter().map(|verb| format!("{noun}.{verb}")).filter(|name| may_be_sent_one_day(name)).collect()
}

fn nouns() -> BTreeSet<&'static str> {
    known_names().filter_map(|name| name.split_once('.')).map(|(noun, _)| noun).collect()
}

fn verbs() -> BTreeSet<&'static str> {
    known_names().filter_map(|name| name.split_once('.')).map(|(_, verb)| verb).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_globs_and_nouns_are_events() {
        for (typed, event) in [
            ("sample.created", "sample.created"),
            ("Sample.Created", "sample.created"),
            ("label.rejected", "label.rejected"),
            ("issue", "issue.*"),
            ("*.deleted", "*.deleted"),
            ("*", "*"),
            ("iss*", "iss*"),
            ("workunit.created", "workunit.created"),
            ("user.logged-in", "user.logged-in"),
        ] {
            assert_eq!(read_event(typed), Ok(Glob::new(event)), "{typed}");
        }
    }

    #[test]
    fn a_mistake_is_told_from_a_type_to_come() {
        for (typed, meant) in [
            ("sampel.created", &["sample.created"][..]),
            ("samples", &["sample"]),
            ("sampel.*", &["sample.*"]),
            ("sample.create", &["sample.created"]),
            ("rejected", &["label.rejected"]),
            ("created", &["*.created"]),
            ("workunit.craeted", &["workunit.created"]),
            ("issue.deleted", &[]),
            ("sample.rejected", &["label.rejected"]),
            ("created.sample", &[]),
            ("flowers.*", &[]),
            ("flowers", &[]),
            ("🌷.created", &[]),
        ] {
            assert_eq!(read_event(typed).unwrap_err(), meant, "{typed}");
        }
    }
}
