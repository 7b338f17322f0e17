//! Filters of a subscription: `key:value`, alternatives by comma, `-` to exclude.

use super::selector::Glob;
use super::word::Written;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKey {
    /// Who did it.
    By,
    /// A label's or an issue's status.
    Status,
    /// A label's labelset.
    Labelset,
    /// The sample's name.
    Sample,
    /// The task type.
    Task,
    /// Labeler or reviewer of a sample.
    Assignee,
    /// Words in an issue.
    Text,
}

impl FilterKey {
    /// Every key, in the order help lists them.
    pub const ALL: [Self; 7] =
        [Self::By, Self::Status, Self::Labelset, Self::Sample, Self::Task, Self::Assignee, Self::Text];

    /// The key as typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::By => "by",
            Self::Status => "status",
            Self::Labelset => "labelset",
            Self::Sample => "sample",
            Self::Task => "task",
            Self::Assignee => "assignee",
            Self::Text => "text",
        }
    }

    /// Finds a key by its exact text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == text)
    }
}

/// One filter. Filters of different keys must all hold; an event that cannot have the key does not match it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Filter {
    /// What is looked at.
    pub key: FilterKey,
    /// Any of these, sorted, compared without regard to case; never empty.
    pub values: Vec<Glob>,
    /// Whether a match keeps the event out (`-key:value`).
    #[serde(default)]
    pub exclude: bool,
}

impl Filter {
    /// The same conditions in their one order: at most one filter a key and sign, its values united and sorted.
    pub fn united(filters: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut united: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for Self { key, exclude, values } in filters {
            united.entry((key, exclude)).or_default().extend(values);
        }
        let filter =
            |((key, exclude), values): (_, BTreeSet<_>)| Self { key, values: values.into_iter().collect(), exclude };
        united.into_iter().map(filter).collect()
    }
}

/// Prints `key:value,value`, with `-` in front to exclude.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.exclude { "-" } else { "" };
        write!(f, "{sign}{}", self.key.as_str())?;
        for (place, value) in self.values.iter().enumerate() {
            let mark = if place == 0 { ':' } else { ',' };
            write!(f, "{mark}{}", Written(value.as_str()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(key: FilterKey, exclude: bool, values: &[&str]) -> Filter {
        Filter { key, values: values.iter().copied().map(Glob::new).collect(), exclude }
    }

    #[test]
    fn filters_of_one_key_and_sign_become_one() {
        let united = Filter::united([
            filter(FilterKey::Task, false, &["bitmap"]),
            filter(FilterKey::By, true, &["john"]),
            filter(FilterKey::By, false, &["john", "ann"]),
            filter(FilterKey::By, false, &["ann", "jane"]),
        ]);
        let printed: Vec<_> = united.iter().map(ToString::to_string).collect();
        assert_eq!(printed, ["by:ann,jane,john", "-by:john", "task:bitmap"]);
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        assert_eq!(filter(FilterKey::Text, false, &["wrong class", "x"]).to_string(), r#"text:"wrong class",x"#);
    }
}
