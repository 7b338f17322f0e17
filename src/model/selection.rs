//! Which events a subscription selects, and how asking for more or fewer changes that.

use super::event::{Derived, KnownType, News};
use super::selector::{EventSelector, Glob};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The events of a subscription: what is included less what is excluded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventSelection {
    /// Names that are wanted, in the order typed, no repeats.
    pub include: Vec<EventSelector>,
    /// Names that are not, whatever `include` says.
    pub exclude: Vec<EventSelector>,
}

/// One line of what a selection amounts to, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// An event, or `*` for every event, also of types that this version does not know.
    pub name: String,
    /// What is left out of it: derived events of a type, anything of `*`.
    pub except: Vec<String>,
}

/// A way in which an event can come: its type, and what it is seen closely.
type Kind<'a> = (&'a str, Option<&'a str>);

/// Stands for every type that this version does not know and no selector spells out: only wildcards match it.
const UNHEARD_OF: &str = "\u{1}.\u{1}";

impl EventSelection {
    /// What a subscription selects when no event was named.
    pub const DEFAULT: [&'static str; 4] = ["dataset.*", "issue.*", "release.*", "label.rejected"];

    /// The selection of a subscription for which no event was named.
    pub fn default_set() -> Self {
        Self { include: Self::DEFAULT.map(Glob::new).into(), exclude: Vec::new() }
    }

    /// Whether the type or the derived name of an event is wanted and neither is excluded.
    pub fn matches(&self, news: &News) -> bool {
        self.includes(news) && self.exclusion(news).is_none()
    }

    /// Whether the type or the derived name of an event is among what is included, excluded or not.
    pub fn includes(&self, news: &News) -> bool {
        hits(&self.include, kind(news))
    }

    /// What excludes an event, included or not.
    pub fn exclusion(&self, news: &News) -> Option<&EventSelector> {
        self.exclude.iter().find(|excluded| hits(std::slice::from_ref(*excluded), kind(news)))
    }

    /// Whether a type, seen as this, is wanted.
    pub fn admits(&self, event_type: &str, derived: Option<&str>) -> bool {
        hits(&self.include, (event_type, derived)) && !hits(&self.exclude, (event_type, derived))
    }

    /// Whether no event that anyone knows of is admitted, nor unknown ones at large.
    pub fn is_empty(&self) -> bool {
        !kinds(&self.include).any(|(event_type, derived)| self.admits(event_type, derived))
    }

    /// Adds `include`, then takes `exclude` away. What is included again is no longer excluded: an exclusion that is
    /// wider than that shrinks to the known names that stay out.
    #[must_use]
    pub fn merged_with(&self, include: &[EventSelector], exclude: &[EventSelector]) -> Self {
        let rejects_wanted = |selector: &EventSelector| overlap(include, std::slice::from_ref(selector));
        let mut merged = Self { include: self.include.clone(), exclude: Vec::new() };
        for excluded in &self.exclude {
            if !rejects_wanted(excluded) {
                merged.exclude.push(excluded.clone());
                continue;
            }
            let names = known_names().filter(|name| excluded.matches(name)).map(Glob::new);
            for name in names.filter(|name| !rejects_wanted(name)) {
                push_once(&mut merged.exclude, &name);
            }
        }
        for wanted in include {
            if !merged.include.iter().any(|present| present.covers(wanted)) {
                merged.include.retain(|present| !wanted.covers(present));
                merged.include.push(wanted.clone());
            }
        }
        merged.without(exclude)
    }

    /// Takes away what `selectors` match. Includes of which nothing known is left go, and so do exclusions that no longer
    /// exclude anything; nothing may be left at all, see [`EventSelection::is_empty`].
    #[must_use]
    pub fn without(&self, selectors: &[EventSelector]) -> Self {
        let mut left = self.clone();
        left.include.retain(|included| {
            let included = std::slice::from_ref(included);
            kinds(included).any(|kind| hits(included, kind) && !hits(selectors, kind))
        });
        for selector in selectors {
            push_once(&mut left.exclude, selector);
        }
        let Self { include, exclude } = &mut left;
        exclude.retain(|excluded| overlap(include, std::slice::from_ref(excluded)));
        left
    }

    /// What the selection amounts to: `*`, or the types and derived events one by one, in the order people read them.
    pub fn expanded(&self) -> Vec<Expanded> {
        let line = |name: &str| Expanded { name: name.to_owned(), except: Vec::new() };
        if self.admits(UNHEARD_OF, None) {
            let except = self.exclude.iter().map(ToString::to_string).collect();
            return vec![Expanded { name: "*".to_owned(), except }];
        }
        let mut lines = Vec::new();
        for known in KnownType::ALL.iter().map(|known| known.as_str()) {
            let derived = Derived::ALL.iter().filter(|derived| derived.parent().as_str() == known);
            let (in_part, left_out): (Vec<_>, Vec<_>) =
                derived.map(|derived| derived.as_str()).partition(|derived| self.admits(known, Some(derived)));
            if self.admits(known, None) {
                let except = left_out.into_iter().map(str::to_owned).collect();
                lines.push(Expanded { except, ..line(known) });
            } else {
                lines.extend(in_part.into_iter().map(line));
            }
        }
        let unknown = self.include.iter().map(Glob::as_str).filter(|name| is_unknown_type(name));
        lines.extend(unknown.filter(|name| self.admits(name, None)).map(line));
        lines
    }
}

/// Prints what is included, then what is not: `sample.* -sample.deleted`.
impl fmt::Display for EventSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (sign, selectors) in [("", &self.include), ("-", &self.exclude)] {
            for selector in selectors {
                write!(f, "{gap}{sign}{selector}")?;
                gap = " ";
            }
        }
        Ok(())
    }
}

/// The documented types and the derived events, by name.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    let types = KnownType::ALL.iter().map(|known| known.as_str());
    types.chain(Derived::ALL.iter().map(|derived| derived.as_str()))
}

fn kind(news: &News) -> Kind<'_> {
    (news.event.event_type.as_str(), news.derived.map(Derived::as_str))
}

fn hits(selectors: &[EventSelector], (event_type, derived): Kind<'_>) -> bool {
    selectors.iter().any(|s| s.matches(event_type) || derived.is_some_and(|derived| s.matches(derived)))
}

/// Whether an event of some kind is matched by one of each.
fn overlap(some: &[EventSelector], others: &[EventSelector]) -> bool {
    kinds(some).chain(kinds(others)).any(|kind| hits(some, kind) && hits(others, kind))
}

/// Every kind of event that is known, that a selector spells out, and one for the rest.
fn kinds(selectors: &[EventSelector]) -> impl Iterator<Item = Kind<'_>> {
    let types = KnownType::ALL.iter().map(|known| (known.as_str(), None));
    let derived = Derived::ALL.iter().map(|derived| (derived.parent().as_str(), Some(derived.as_str())));
    let spelled_out = selectors.iter().map(Glob::as_str).filter(|name| is_unknown_type(name));
    types.chain(derived).chain(spelled_out.map(|name| (name, None))).chain([(UNHEARD_OF, None)])
}

fn is_unknown_type(selector: &str) -> bool {
    !selector.contains(['*', '?']) && !known_names().any(|name| name == selector)
}

fn push_once(selectors: &mut Vec<EventSelector>, selector: &EventSelector) {
    if !selectors.iter().any(|present| present.covers(selector)) {
        selectors.retain(|present| !selector.covers(present));
        selectors.push(selector.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    fn globs(text: &str) -> Vec<Glob> {
        text.split_whitespace().map(Glob::new).collect()
    }

    /// Reads `include -exclude`.
    fn selection(text: &str) -> EventSelection {
        let (exclude, include): (Vec<_>, Vec<_>) = text.split_whitespace().partition(|word| word.starts_with('-'));
        let exclude = exclude.iter().map(|word| Glob::new(&word[1..])).collect();
        EventSelection { include: globs(&include.join(" ")), exclude }
    }

    #[test]
    fn asking_for_more_adds_and_lifts_exclusions() {
        for (before, more, after) in [
            ("sample.*", "label.rejected", "sample.* label.rejected"),
            ("sample.*", "sample.* sample.created", "sample.*"),
            ("sample.created", "sample.*", "sample.*"),
            ("sample.* -sample.deleted", "sample.deleted", "sample.*"),
            ("issue.* -issue.edited", "issue", "issue.* issue -issue.edited"),
            ("issue.* -issue.edited", "issue.updated", "issue.*"),
            ("issue.* -issue.edited", "issue.closed", "issue.* -issue.edited"),
            ("* -sample.*", "sample.created", "* -sample.updated -sample.deleted -sample.assigned"),
            ("* -workunit.created", "*", "*"),
        ] {
            assert_eq!(selection(before).merged_with(&globs(more), &[]).to_string(), after, "{before} + {more}");
        }
    }

    #[test]
    fn asking_for_less_takes_away_and_tidies_up() {
        for (before, less, after) in [
            ("sample.*", "sample.deleted", "sample.* -sample.deleted"),
            ("sample.created sample.deleted", "sample.deleted", "sample.created"),
            ("sample.* issue.* -sample.deleted", "sample.*", "issue.*"),
            ("issue.created issue.closed", "issue.updated", "issue.created"),
            ("issue.*", "label.*", "issue.*"),
            ("* -sample.deleted", "sample.*", "* -sample.*"),
            (
                "sample.* -sample.deleted",
                "sample.created sample.updated",
                "sample.* -sample.deleted -sample.created -sample.updated",
            ),
            ("*", "workunit.created", "* -workunit.created"),
        ] {
            assert_eq!(selection(before).without(&globs(less)).to_string(), after, "{before} - {less}");
        }
    }

    #[test]
    fn a_selection_without_known_or_unknown_events_is_empty() {
        for (text, empty) in [
            ("sample.*", false),
            ("sample.* -sample.created -sample.updated -sample.deleted", true),
            ("issue.closed -issue.updated", true),
            ("* -dataset.* -sample.* -label.* -issue.* -release.*", false),
            ("* -*", true),
            ("workunit.created", false),
            ("workunit.created -workunit.*", true),
            ("", true),
        ] {
            assert_eq!(selection(text).is_empty(), empty, "{text}");
        }
    }

    #[test]
    fn people_read_types_and_what_is_left_out_of_them() {
        let read = |text: &str| {
            let line = |line: Expanded| match &line.except[..] {
                [] => line.name,
                except => format!("{} (not {})", line.name, except.join(", ")),
            };
            selection(text).expanded().into_iter().map(line).collect::<Vec<_>>().join(", ")
        };
        for (text, expected) in [
            ("sample.*", "sample.created, sample.updated, sample.deleted"),
            ("sample.* -sample.deleted", "sample.created, sample.updated"),
            ("issue.closed issue.created", "issue.created, issue.closed"),
            ("issue.* -issue.edited", "issue.created, issue.updated (not issue.edited)"),
            ("*", "*"),
            ("* -issue.edited", "* (not issue.edited)"),
            ("workunit.created release", "workunit.created, release"),
            ("*.deleted", "dataset.deleted, sample.deleted, label.deleted"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        let default = "dataset.created, dataset.updated, dataset.deleted, label.rejected, issue.created, issue.updated, \
            release.created";
        assert_eq!(read(&EventSelection::DEFAULT.join(" ")), default);
    }

    fn selectors() -> impl Strategy<Value = Vec<Glob>> {
        let mut all: Vec<_> = known_names().collect();
        all.extend(["*", "sample.*", "*.deleted", "issue.*", "label.*", "l*", "workunit.created", "issue.?????d"]);
        subsequence(all, 0..6).prop_map(|names| names.into_iter().map(Glob::new).collect())
    }

    fn selections() -> impl Strategy<Value = EventSelection> {
        (selectors(), selectors()).prop_map(|(include, exclude)| EventSelection { include, exclude })
    }

    fn every_kind() -> Vec<(&'static str, Option<&'static str>)> {
        kinds(&[]).chain([("workunit.created", None), ("sample.archived", None)]).collect()
    }

    proptest! {
        #[test]
        fn what_is_taken_away_is_gone_and_the_rest_stays(before in selections(), less in selectors()) {
            let after = before.without(&less);
            for kind in every_kind().into_iter().filter(|kind| kind.0 != "sample.archived") {
                let expected = hits(&before.include, kind) && !hits(&before.exclude, kind) && !hits(&less, kind);
                prop_assert_eq!(after.admits(kind.0, kind.1), expected, "{:?} in {}", kind, after);
            }
        }

        #[test]
        fn what_is_added_is_there_and_nothing_is_lost(before in selections(), more in selectors()) {
            let after = before.merged_with(&more, &[]);
            for kind in every_kind() {
                let expected = before.admits(kind.0, kind.1) || hits(&more, kind);
                prop_assert!(!expected || after.admits(kind.0, kind.1), "{kind:?} in {after}");
            }
        }

        #[test]
        fn adding_or_taking_the_same_twice_changes_nothing_more(before in selections(), some in selectors()) {
            let more = before.merged_with(&some, &[]);
            prop_assert_eq!(more.merged_with(&some, &[]), more);
            let less = before.without(&some);
            prop_assert_eq!(less.without(&some), less);
        }
    }
}
