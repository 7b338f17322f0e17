//! Reads what `subscribe` and `set` ask for: datasets, events, filters and options in any order.

use super::correct::{Line, nearest};
use super::dataset::{looks_like_dataset, read_dataset};
use super::event::read_event;
use super::words::Word;
use super::{Asked, CommandError, Problem};
use crate::model::{DatasetPattern, EventSelection, EventSelector, Filter, FilterKey, Glob, Options, Rule};

/// At most so many datasets in one command.
const MAX_DATASETS: usize = 20;
/// At most so many events in one command.
const MAX_EVENTS: usize = 50;
/// At most so many values of filters, and so many mentions, in one command.
const MAX_VALUES: usize = 50;

impl Asked {
    /// The subscriptions asked for, as they are where the channel has none yet: the default events if none were named.
    pub fn rules(&self) -> Vec<Rule> {
        let mut events = EventSelection::default_set();
        if !self.include.is_empty() {
            events.include.clone_from(&self.include);
        }
        events.exclude.clone_from(&self.exclude);
        let rule = |dataset: &DatasetPattern| Rule {
            dataset: dataset.clone(),
            events: events.clone(),
            filters: self.filters.clone(),
            options: self.options.clone(),
        };
        self.datasets.iter().map(rule).collect()
    }
}

/// Reads the words after the verb.
pub(super) fn read_asked(line: &Line<'_>) -> Result<Asked, CommandError> {
    let words = &line.words[1..];
    let names_dataset = words.iter().any(|word| is_dataset(word) || word.text == "*");
    let mut asked = Asked::default();
    for (before, word) in line.words.iter().zip(words) {
        if is_dataset(word) || word.text == "*" && !word.exclude && asked.datasets.is_empty() {
            add_dataset(line, word, &mut asked)?;
        } else if let Some(key) = &word.key {
            add_keyed(line, word, key, &mut asked)?;
        } else {
            let event = read_event_word(line, word).map_err(|mistake| {
                if !mistake.corrections.is_empty() {
                    mistake
                } else if !names_dataset {
                    CommandError { problem: Problem::NotADataset, ..mistake }
                } else {
                    CommandError { corrections: as_value(line, before, word), ..mistake }
                }
            })?;
            let Asked { include, exclude, .. } = &mut asked;
            let (events, others) = if word.exclude { (exclude, include) } else { (include, exclude) };
            push_event(line, word, event, events, others.len())?;
        }
    }
    if asked.datasets.is_empty() {
        return Err(line.missing(Problem::MissingDataset, &["*"]));
    }
    asked.filters = Filter::united(asked.filters);
    Ok(asked)
}

/// Whether a word stands in the place of a dataset. A key before the slash makes it a filter: `sample:images/*`.
pub(super) fn is_dataset(word: &Word) -> bool {
    looks_like_dataset(&word.text) && word.key.as_deref().is_none_or(|key| matches!(key, "https" | "http"))
}

/// Reads a word in the place of a dataset.
pub(super) fn read_dataset_word(line: &Line<'_>, word: &Word) -> Result<DatasetPattern, CommandError> {
    let read = if word.exclude { Err(Vec::new()) } else { read_dataset(&word.text) };
    read.map_err(|meant| line.mistake(word, Problem::NotADataset, &meant))
}

/// Reads a word in the place of an event, with or without `-`.
pub(super) fn read_event_word(line: &Line<'_>, word: &Word) -> Result<EventSelector, CommandError> {
    read_event(&word.text).map_err(|meant| {
        let sign = if word.exclude { "-" } else { "" };
        let meant: Vec<_> = meant.iter().map(|event| format!("{sign}{event}")).collect();
        line.mistake(word, Problem::NotAnEvent, &meant)
    })
}

/// Adds an event to a list unless it is there; `others` more were named elsewhere in the command.
pub(super) fn push_event(
    line: &Line<'_>,
    word: &Word,
    event: EventSelector,
    events: &mut Vec<EventSelector>,
    others: usize,
) -> Result<(), CommandError> {
    if !events.contains(&event) {
        if events.len() + others == MAX_EVENTS {
            return Err(line.mistake(word, Problem::TooMany(MAX_EVENTS), &[]));
        }
        events.push(event);
    }
    Ok(())
}

/// A word after a comma after a filter may be one more of its values: `by:ann, john`.
fn as_value(line: &Line<'_>, before: &Word, word: &Word) -> Vec<String> {
    let filter = before.key.as_deref().and_then(FilterKey::parse);
    let after_comma = line.text[before.range.end..].starts_with(',');
    let joined = before.range.end..word.range.end;
    let value = format!(",{}", line.source(word));
    (filter.is_some() && after_comma && !word.exclude).then(|| line.with(joined, &value)).into_iter().collect()
}

fn add_dataset(line: &Line<'_>, word: &Word, asked: &mut Asked) -> Result<(), CommandError> {
    let dataset = read_dataset_word(line, word)?;
    if !asked.datasets.contains(&dataset) {
        if asked.datasets.len() == MAX_DATASETS {
            return Err(line.mistake(word, Problem::TooMany(MAX_DATASETS), &[]));
        }
        asked.datasets.push(dataset);
    }
    Ok(())
}

fn add_keyed(line: &Line<'_>, word: &Word, key: &str, asked: &mut Asked) -> Result<(), CommandError> {
    if let Some(key) = FilterKey::parse(key) {
        if word.values.is_empty() {
            return Err(line.mistake(word, Problem::EmptyFilter, &[]));
        }
        let values: Vec<_> = word.values.iter().map(Glob::new).collect();
        if asked.filters.iter().map(|filter| filter.values.len()).sum::<usize>() + values.len() > MAX_VALUES {
            return Err(line.mistake(word, Problem::TooMany(MAX_VALUES), &[]));
        }
        asked.filters.push(Filter { key, values, exclude: word.exclude });
        return Ok(());
    }
    if let Some((name, forms)) = Options::ALL.into_iter().find(|(name, _)| *name == key) {
        return add_option(line, word, name, forms, &mut asked.options);
    }
    let keys = FilterKey::ALL.map(FilterKey::as_str).into_iter().chain(Options::ALL.map(|(name, _)| name));
    let sign = if word.exclude { "-" } else { "" };
    let source = line.source(word);
    let value = source.split_once(':').map_or("", |(_, value)| value);
    let meant: Vec<_> = nearest(key, keys).iter().map(|key| format!("{sign}{key}:{value}")).collect();
    Err(line.mistake(word, Problem::UnknownKey, &meant))
}

fn add_option(
    line: &Line<'_>,
    word: &Word,
    name: &'static str,
    forms: &[&str],
    options: &mut Options,
) -> Result<(), CommandError> {
    let bad = |meant: &[String]| line.mistake(word, Problem::BadOption(name), meant);
    if word.exclude {
        return Err(bad(&[]));
    }
    match &word.values[..] {
        values if name == "mention" && !values.is_empty() => {
            values.iter().try_for_each(|value| options.set(name, value)).ok_or_else(|| bad(&[]))?;
            if options.mention.len() > MAX_VALUES {
                return Err(line.mistake(word, Problem::TooMany(MAX_VALUES), &[]));
            }
            Ok(())
        }
        [value] => options.set(name, value).ok_or_else(|| {
            let forms = forms.iter().copied();
            bad(&nearest(value, forms).iter().map(|value| format!("{name}:{value}")).collect::<Vec<_>>())
        }),
        _ => Err(bad(&[])),
    }
}
