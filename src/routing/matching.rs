//! Whether one subscription wants one event, and what of it does not.

use crate::model::selector::{Glob, same_ignoring_case};
use crate::model::{Filter, FilterKey, News, Object, Rule, SelectionRefusal};
use unicode_segmentation::UnicodeSegmentation;

/// Whether an event is wanted: its dataset is meant, its name is selected and every filter lets it through.
pub fn wants(rule: &Rule, news: &News) -> bool {
    refusal(rule, news).is_none()
}

/// The first part of a rule that keeps an event out; none if it is wanted.
pub fn refusal<'a>(rule: &'a Rule, news: &News) -> Option<SelectionRefusal<'a>> {
    if !rule.dataset.matches(news.event.dataset.as_ref()) {
        return Some(SelectionRefusal::Dataset);
    }
    if !rule.events.includes(news) {
        return Some(SelectionRefusal::NotSelected);
    }
    let excluded = rule.events.exclusion(news).map(SelectionRefusal::Excluded);
    excluded.or_else(|| rule.filters.iter().find(|filter| !admits(filter, news)).map(SelectionRefusal::Filter))
}

/// Whether a filter lets an event through. An event that cannot have the key, or does not say, matches no value: an
/// including filter keeps it out, an excluding one lets it through.
pub fn admits(filter: &Filter, news: &News) -> bool {
    let is =
        |value: Option<&str>| value.is_some_and(|value| filter.values.iter().any(|g| g.matches_ignoring_case(value)));
    let object = &news.event.object;
    let hit = match (filter.key, object) {
        (FilterKey::By, _) => is(news.event.actor()),
        (FilterKey::Status, Object::Label(label)) => is(label.status.as_deref()),
        (FilterKey::Status, Object::Issue(issue)) => is(issue.status.as_deref()),
        (FilterKey::Labelset, Object::Label(label)) => is(label.labelset.as_deref()),
        (FilterKey::Sample, Object::Sample(sample)) => is(sample.name.as_deref()),
        (FilterKey::Sample, _) => is(news.sample_name.as_deref()),
        (FilterKey::Task, Object::Dataset(dataset)) => is(dataset.task_type.as_deref()),
        (FilterKey::Task, Object::Label(label)) => is(label.label_type.as_deref()),
        (FilterKey::Assignee, Object::Sample(sample)) => {
            is(sample.assigned_labeler.as_deref()) || is(sample.assigned_reviewer.as_deref())
        }
        (FilterKey::Text, Object::Issue(issue)) => {
            let comments = issue.recent_comments.iter().map(|comment| &comment.text);
            let mut texts = issue.description.iter().chain(comments).chain(&issue.tags);
            texts.any(|text| filter.values.iter().any(|value| says(text, value)))
        }
        _ => false,
    };
    hit != filter.exclude
}

/// Whether a text is what a glob says, or has its words in it where the glob has no `*`.
fn says(text: &str, value: &Glob) -> bool {
    value.matches_ignoring_case(text) || (!value.as_str().contains('*') && contains_words(text, value.as_str()))
}

/// Whether whole words of a text are these, `?` being any one character. What a word is, Unicode says, so that scripts
/// without spaces have words too.
fn contains_words(text: &str, words: &str) -> bool {
    let mut boundaries = None;
    for (start, _) in text.char_indices() {
        let Some(end) = end_of(&text[start..], words).map(|length| start + length) else { continue };
        // Cut into words only once something looks like a match.
        let boundaries = boundaries.get_or_insert_with(|| {
            text.split_word_bound_indices().map(|(at, _)| at).chain([text.len()]).collect::<Vec<_>>()
        });
        if [start, end].iter().all(|at| boundaries.binary_search(at).is_ok()) {
            return true;
        }
    }
    false
}

/// How long a start of the text is that is these words; none without any.
fn end_of(text: &str, words: &str) -> Option<usize> {
    let mut found = text.char_indices();
    for expected in words.chars() {
        let (_, found) = found.next()?;
        if expected != '?' && !same_ignoring_case(expected, found) {
            return None;
        }
    }
    Some(text.len() - found.as_str().len()).filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::{Comment, Issue, Label, Sample};
    use crate::model::{DatasetName, DatasetPattern, Event, EventSelection, EventType, Options};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn news(object: Object) -> News {
        let event = Event {
            event_type: EventType::parse("a.b"),
            created_at: Timestamp::UNIX_EPOCH,
            dataset: None,
            object,
            text: None,
        };
        News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }
    }

    fn issue() -> News {
        news(Object::Issue(Box::new(Issue {
            description: Some("You forgot the Cars, 境界が不明確です".to_owned()),
            recent_comments: vec![Comment { text: "Which ones?".to_owned(), ..Comment::default() }],
            tags: vec!["wrong category".to_owned()],
            updated_by: Some("Søren".to_owned()),
            status: Some("OPEN".to_owned()),
            sample_name: Some("rose.png".to_owned()),
            ..Issue::default()
        })))
    }

    fn filter(key: FilterKey, values: &[&str]) -> Filter {
        Filter { key, values: values.iter().copied().map(Glob::new).collect(), exclude: false }
    }

    #[test]
    fn text_finds_whole_words_anywhere_in_an_issue() {
        for words in ["cars", "forgot the", "c?rs", "which ones?", "WRONG", "境界", "*forgot*", "you*"] {
            assert!(admits(&filter(FilterKey::Text, &[words]), &issue()), "{words}");
        }
        for words in ["car", "forgo", "ars", "forgot cars", "", "forgot*", "rose.png"] {
            assert!(!admits(&filter(FilterKey::Text, &[words]), &issue()), "{words}");
        }
    }

    #[test]
    fn any_value_of_a_filter_will_do_in_any_case() {
        assert!(admits(&filter(FilterKey::By, &["jane", "SØ*"]), &issue()));
        assert!(!admits(&filter(FilterKey::By, &["jane", "ann"]), &issue()));
        assert!(admits(&filter(FilterKey::Status, &["open"]), &issue()));
    }

    #[test]
    fn a_missing_field_fails_a_filter_and_passes_its_opposite() {
        for (key, news) in [
            (FilterKey::Labelset, issue()),
            (FilterKey::Assignee, issue()),
            (FilterKey::Task, issue()),
            (FilterKey::Text, news(Object::Label(Box::default()))),
            (FilterKey::Status, news(Object::Label(Box::default()))),
            (FilterKey::By, news(Object::Unknown)),
            (FilterKey::Sample, news(Object::Unknown)),
        ] {
            let including = filter(key, &["*"]);
            assert!(!admits(&including, &news), "{key:?}");
            assert!(admits(&Filter { exclude: true, ..including }, &news), "{key:?}");
        }
    }

    #[test]
    fn either_assignee_and_either_name_of_a_sample_is_looked_at() {
        let sample = Sample { assigned_reviewer: Some("ann".to_owned()), ..Sample::default() };
        assert!(admits(&filter(FilterKey::Assignee, &["ann"]), &news(Object::Sample(Box::new(sample)))));
        let label = News { sample_name: Some("a.png".to_owned()), ..news(Object::Label(Box::<Label>::default())) };
        assert!(admits(&filter(FilterKey::Sample, &["*.png"]), &label));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_refused_is_refused_by_the_part_that_is_named(
            dataset in "[a*]/[ab*]",
            include in prop::collection::vec("(a\\.\\*|\\*|a\\.b|b\\.b)", 1..3),
            exclude in prop::collection::vec("(a\\.c|a\\.b)", 0..2),
            filters in prop::collection::vec((any::<bool>(), "(Søren|ann)"), 0..3),
            of in prop::option::of("a/[ab]"),
        ) {
            let globs = |texts: Vec<String>| texts.into_iter().map(Glob::new).collect();
            let by = |(exclude, name): (bool, String)| Filter { exclude, ..filter(FilterKey::By, &[&name]) };
            let rule = Rule {
                dataset: DatasetPattern::parse(&dataset).unwrap(),
                events: EventSelection { include: globs(include), exclude: globs(exclude) },
                filters: filters.into_iter().map(by).collect(),
                options: Options::default(),
            };
            let mut news = issue();
            news.event.dataset = of.as_deref().and_then(DatasetName::parse);
            let of_dataset = rule.dataset.matches(news.event.dataset.as_ref());
            let is_selected = rule.events.matches(&news);
            let expected = of_dataset && is_selected && rule.filters.iter().all(|filter| admits(filter, &news));
            prop_assert_eq!(wants(&rule, &news), expected);
            match refusal(&rule, &news) {
                None => prop_assert!(expected),
                Some(SelectionRefusal::Dataset) => prop_assert!(!of_dataset),
                Some(SelectionRefusal::NotSelected) => prop_assert!(!rule.events.include.iter().any(|glob| glob.matches("a.b"))),
                Some(SelectionRefusal::Excluded(glob)) => {
                    prop_assert!(rule.events.exclude.contains(glob) && glob.matches("a.b"));
                }
                Some(SelectionRefusal::Filter(filter)) => {
                    prop_assert!(is_selected && rule.filters.contains(filter) && !admits(filter, &news));
                }
            }
        }
    }
}
