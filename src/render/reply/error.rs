//! What is wrong with a command: the word, what was expected, and the corrected command.

use super::format::{grouped, listed, names};
use super::layout::{button, buttons, say, section, summary};
use super::typed::code;
use crate::model::{FilterKey, Options};
use crate::render::Message;
use crate::render::mrkdwn::unescape;
use crate::slack::command::{CommandError, Problem, VERBS};
use crate::slack::interaction::Action;

/// The longest command that a button carries (<https://docs.slack.dev/reference/block-kit/block-elements/button-element>).
const LONGEST_BUTTON_VALUE: usize = 2_000;

/// No more corrections than this are shown.
const MOST_CORRECTIONS: usize = 3;

/// Says what is wrong with a command and how it is right, with *Run this* where there is exactly one way.
pub fn mistake(error: &CommandError) -> Message {
    let cause = cause(error);
    let corrections = &error.corrections[..error.corrections.len().min(MOST_CORRECTIONS)];
    let Some(first) = corrections.first() else {
        return say(format!("{cause} {}", expected(error)));
    };
    let question = if corrections.len() == 1 { "Did you mean this?" } else { "Did you mean one of these?" };
    let mut said = say(format!("{cause} {question}"));
    said.text = summary(&format!("{cause} {question} {}", code(first, 1_000)));
    said.blocks.extend(corrections.iter().map(|command| section(&code(command, 2_500))));
    let runs = error.corrections.len() == 1 && first.chars().count() <= LONGEST_BUTTON_VALUE;
    said.blocks.extend(buttons(runs.then(|| button("Run this", &Action::Run(first.clone())))));
    said
}

/// What is wrong with a word, and what may be meant, in a sentence or two.
pub fn cause_in_words(error: &CommandError) -> String {
    format!("{} {}", cause(error), expected(error))
}

/// What is wrong with a pasted line, and how it is right.
pub(super) fn in_a_line(error: &CommandError) -> String {
    match error.corrections.as_slice() {
        [only] => format!("{} Did you mean {}?", cause(error), code(only, 500)),
        _ => cause_in_words(error),
    }
}

/// The same for a terminal: nothing in it is markup.
pub fn in_plain_words(error: &CommandError) -> String {
    unescape(&in_a_line(error))
}

/// The word as typed, in code marks.
fn token(error: &CommandError) -> String {
    if error.token.trim().is_empty() { "That".to_owned() } else { code(&error.token, 500) }
}

/// What is wrong, in one sentence that names the word.
fn cause(error: &CommandError) -> String {
    let token = token(error);
    match error.problem {
        Problem::UnknownVerb => format!("{token} is not a command."),
        Problem::NotAnEvent => format!("{token} is not an event."),
        Problem::NotADataset => format!("{token} is not a dataset."),
        Problem::UnknownKey => format!("{token} is neither a filter nor an option."),
        Problem::EmptyFilter => format!("{token} is a filter without a value."),
        Problem::BadOption(option) => format!("{token} is not a value that `{option}` takes."),
        Problem::BadNumber => format!("{token} is not the number of a subscription."),
        Problem::BadCount(most) => format!("{token} is not a number from 1 to {most}."),
        Problem::BadLength => format!("{token} is not a length of time."),
        Problem::UnknownTopic => format!("{token} is not a topic of the help."),
        Problem::MissingDataset => "This command needs a dataset.".to_owned(),
        Problem::MissingTarget => "This command needs a subscription.".to_owned(),
        Problem::MissingLength => "This command needs a length of time.".to_owned(),
        Problem::NotAUsername => format!("{token} is not a username of Segments.ai."),
        Problem::MissingName => "This command needs a name.".to_owned(),
        Problem::OneDatasetOnly => format!("{token} is one dataset too many: this command takes exactly one."),
        Problem::Unexpected => format!("{token} has no place in this command."),
        Problem::NotALine => format!("{token} subscribes to nothing."),
        Problem::TooLong(limit) => {
            format!("This command is too long: it has more than {} characters.", grouped(limit as u64))
        }
        Problem::TooMany(limit) => {
            format!("This command names too much: {} datasets or events is the most.", grouped(limit as u64))
        }
    }
}

/// What belongs there, for a mistake without an obvious correction.
fn expected(error: &CommandError) -> String {
    match error.problem {
        Problem::UnknownVerb => {
            let verbs = listed(VERBS.map(|(verb, _)| format!("`{verb}`")), 500);
            format!("There are {verbs}. `/segments help` explains each.")
        }
        Problem::NotAnEvent => "Write an event as `sample.created`, a pattern as `sample.*`, or a noun as `sample`. \
             `/segments help events` lists them all."
            .to_owned(),
        Problem::NotADataset => {
            let anywhere = if error.token.is_empty() || error.token.contains(['/', '*', '?', ' ']) {
                "*/flowers".to_owned()
            } else {
                format!("*/{}", error.token)
            };
            let anywhere = code(&anywhere, 500);
            format!("Write it as `owner/name`, for example `jane/flowers`, or {anywhere} for every owner's.")
        }
        Problem::UnknownKey => {
            let filters = names(FilterKey::ALL.map(|key| key.as_str().to_owned()), 300);
            let options = names(Options::ALL.map(|(option, _)| option.to_owned()), 300);
            format!(
                "Filters are {filters}; options are {options}. \
                 `/segments help filters` and `/segments help options` explain them."
            )
        }
        Problem::EmptyFilter => {
            let key = error.token.trim_start_matches('-').split(':').next().unwrap_or_default();
            let key = FilterKey::parse(key).unwrap_or(FilterKey::By);
            let example = super::help::filter_example(key);
            format!("Write the value right after the colon, for example `{example}`.")
        }
        Problem::BadOption(option) => {
            let known = Options::ALL.into_iter().find(|(name, _)| *name == option);
            let values = known.map(|(_, values)| listed(values.iter().map(|value| format!("`{option}:{value}`")), 400));
            let values = values.map(|values| format!("Write {values}. ")).unwrap_or_default();
            format!("{values}`/segments help options` explains it.")
        }
        Problem::BadNumber => "Write it as `#3`. `/segments list` shows the numbers.".to_owned(),
        Problem::BadCount(_) => "Without a number you get the last few events: `/segments why`.".to_owned(),
        Problem::BadLength => "Write `30m`, `2h`, `1d` or `until 14:00`, at most 30 days.".to_owned(),
        Problem::UnknownTopic => {
            "Topics are `events`, `filters`, `options`, `datasets`, and each command, as in `/segments help subscribe`."
                .to_owned()
        }
        Problem::MissingDataset => {
            "Write it as `owner/name`, for example `/segments subscribe jane/flowers`, or `*` for every dataset."
                .to_owned()
        }
        Problem::MissingTarget => "Name its number or its dataset, for example `/segments unsubscribe #3` or \
             `/segments unsubscribe jane/flowers`. `/segments list` shows what this channel has."
            .to_owned(),
        Problem::MissingLength => "Add `30m`, `2h`, `1d` or `until 14:00`.".to_owned(),
        Problem::NotAUsername => "Type it as Segments.ai shows it, without spaces: `/segments me jane`.".to_owned(),
        Problem::MissingName => "Add it at the end of the command.".to_owned(),
        Problem::OneDatasetOnly => "Type the command once for each dataset.".to_owned(),
        Problem::Unexpected => "Leave it out, or see `/segments help` for how each command is written.".to_owned(),
        Problem::NotALine => {
            "Write `subscribe` and a dataset, for example `subscribe jane/flowers sample.*`, or `#` for a comment."
                .to_owned()
        }
        Problem::TooLong(_) => {
            "Nothing was changed. Split it into several commands, or use a pattern such as `jane/*`.".to_owned()
        }
        Problem::TooMany(_) => {
            "Nothing was changed. Split it into several commands, or use patterns such as `jane/*` and `sample.*`."
                .to_owned()
        }
    }
}
