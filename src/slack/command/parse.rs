//! Reads a whole command: the verb, and what each verb takes.

use super::asked::{is_dataset, push_event, read_asked, read_dataset_word, read_event_word};
use super::correct::{Line, nearest};
use super::mute::read_mute;
use super::normalise::normalise;
use super::words::{Word, words};
use super::{Command, CommandError, Me, Problem, Target, Topic};
use crate::model::selection::known_names;
use crate::model::{UserId, Username};

/// Longer commands, in characters, are not read.
pub const LONGEST: usize = 3_000;

/// Every verb, and what else it answers to.
pub const VERBS: [(&str, &[&str]); 16] = [
    ("subscribe", &["sub", "add"]),
    ("set", &[]),
    ("unsubscribe", &["unsub", "remove"]),
    ("list", &["ls"]),
    ("edit", &[]),
    ("mute", &[]),
    ("unmute", &[]),
    ("test", &[]),
    ("why", &[]),
    ("status", &[]),
    ("connect", &[]),
    ("disconnect", &[]),
    ("me", &[]),
    ("export", &[]),
    ("import", &[]),
    ("help", &["?"]),
];

const TOPICS: [(&str, Topic); 4] = [
    ("events", Topic::Events),
    ("filters", Topic::Filters),
    ("options", Topic::Options),
    ("datasets", Topic::Datasets),
];

/// `why` without a number shows so many events.
const DEFAULT_WHY_COUNT: u8 = 5;
/// `why` shows at most so many.
const WHY_MOST: u8 = 20;

/// Reads what was typed after `/segments` (or with it, as corrections and exports have it). Every text has an answer.
pub fn parse(text: &str) -> Result<Command, CommandError> {
    // What is pasted has lines, which mean something only there.
    if let Some(lines) = after_import(text) {
        return Ok(Command::Import(lines.to_owned()));
    }
    if text.chars().nth(LONGEST).is_some() {
        let problem = Problem::TooLong(LONGEST);
        return Err(CommandError { token: String::new(), problem, corrections: Vec::new() });
    }
    let text = normalise(text);
    let command = text.strip_prefix("/segments").filter(|rest| rest.is_empty() || rest.starts_with(' '));
    let text = command.unwrap_or(&text).trim_start();
    let words = words(text);
    read_command(&Line { text, words: &words })
}

/// Returns the text after `import` exactly as it was pasted; none if this is another command.
fn after_import(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let text = text.strip_prefix("/segments").filter(|rest| rest.starts_with(char::is_whitespace)).unwrap_or(text);
    let text = text.trim_start();
    let (verb, lines) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    verb.eq_ignore_ascii_case("import").then(|| if lines.trim().is_empty() { "" } else { lines })
}

fn read_command(line: &Line<'_>) -> Result<Command, CommandError> {
    let Some((first, rest)) = line.words.split_first() else { return Ok(Command::Overview) };
    let Some(verb) = verb(&first.text) else { return Err(unknown_verb(line, first)) };
    let alone = |command| line.ends_after(1).map(|()| command);
    match verb {
        "subscribe" if rest.is_empty() => Ok(Command::SubscribeModal),
        "subscribe" => read_asked(line).map(Command::Subscribe),
        "set" => read_set(line),
        "unsubscribe" => read_unsubscribe(line, rest),
        "list" => read_list(line, rest),
        "edit" => read_edit(line, rest),
        "mute" => read_mute(line, rest),
        "unmute" => {
            line.ends_after(2)?;
            Ok(Command::Unmute { dataset: rest.first().map(|word| read_dataset_word(line, word)).transpose()? })
        }
        "test" => read_test(line, rest),
        "why" => read_why(line, rest),
        "status" => alone(Command::Status),
        "connect" => alone(Command::Connect),
        "disconnect" => read_name(line, rest).map(Command::Disconnect),
        "me" => read_me(line, rest).map(Command::Me),
        "export" => alone(Command::Export),
        "import" => alone(Command::Import(String::new())),
        _ => read_help(line, rest),
    }
}

/// The full name of a verb or of one of its aliases, in any case. A question mark may follow: `help?`.
fn verb(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let typed = if typed == "?" { &typed } else { typed.trim_end_matches('?') };
    let found = VERBS.into_iter().find(|(verb, aliases)| *verb == typed || aliases.contains(&typed));
    found.map(|(verb, _)| verb)
}

fn unknown_verb(line: &Line<'_>, first: &Word) -> CommandError {
    let meant = if is_dataset(first) {
        vec![format!("subscribe {}", line.source(first))]
    } else {
        nearest(&first.text, VERBS.map(|(verb, _)| verb))
    };
    line.mistake(first, Problem::UnknownVerb, &meant)
}

fn read_set(line: &Line<'_>) -> Result<Command, CommandError> {
    let asked =
        if line.words.len() > 1 { read_asked(line)? } else { return Err(line.missing(Problem::MissingDataset, &[])) };
    if asked.datasets.len() > 1 {
        let second = line.words[1..].iter().filter(|word| is_dataset(word) || word.text == "*").nth(1);
        return Err(second.map_or_else(
            || line.missing(Problem::OneDatasetOnly, &[]),
            |word| line.mistake(word, Problem::OneDatasetOnly, &[]),
        ));
    }
    Ok(Command::Set(asked))
}

fn read_unsubscribe(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    let Some((first, rest)) = rest.split_first() else { return Err(line.missing(Problem::MissingTarget, &[])) };
    let target = read_target(line, first)?;
    let mut events = Vec::new();
    for word in rest {
        if word.exclude || word.key.is_some() || is_dataset(word) {
            return Err(line.unexpected(word));
        }
        push_event(line, word, read_event_word(line, word)?, &mut events, 0)?;
    }
    Ok(Command::Unsubscribe { target, events })
}

fn read_list(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    line.ends_after(2)?;
    match rest.first() {
        Some(word) if !word.text.eq_ignore_ascii_case("all") => Err(line.unexpected(word)),
        word => Ok(Command::List { all: word.is_some() }),
    }
}

fn read_edit(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    line.ends_after(2)?;
    let word = rest.first().ok_or_else(|| line.missing(Problem::MissingTarget, &[]))?;
    read_number(line, word).map(Command::Edit)
}

fn read_test(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    line.ends_after(3)?;
    let targeted = |word: &&Word| is_dataset(word) || word.text == "*" || is_numeric(word);
    let target = rest.first().filter(targeted);
    let named = rest.get(usize::from(target.is_some()));
    if let Some(extra) = rest.get(usize::from(target.is_some()) + 1) {
        return Err(line.unexpected(extra));
    }
    let event = named.map(|word| {
        let event = read_event_word(line, word)?;
        let known = known_names().find(|name| *name == event.as_str() && !word.exclude);
        known.map(str::to_owned).ok_or_else(|| {
            let mut matching = known_names().filter(|name| event.matches(name)).map(str::to_owned);
            line.mistake(word, Problem::NotAnEvent, matching.next().as_slice())
        })
    });
    Ok(Command::Test { target: target.map(|word| read_target(line, word)).transpose()?, event: event.transpose()? })
}

fn read_why(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    line.ends_after(2)?;
    let Some(word) = rest.first() else { return Ok(Command::Why { count: DEFAULT_WHY_COUNT }) };
    let count = word.text.parse().ok().filter(|count| (1..=WHY_MOST).contains(count) && !word.exclude);
    count.map(|count| Command::Why { count }).ok_or_else(|| {
        let too_large = word.text.bytes().all(|b| b.is_ascii_digit()) && !word.text.starts_with('0');
        let meant = too_large.then(|| WHY_MOST.to_string());
        line.mistake(word, Problem::BadCount(WHY_MOST), meant.as_slice())
    })
}

fn read_name(line: &Line<'_>, rest: &[Word]) -> Result<String, CommandError> {
    line.ends_after(2)?;
    let word = rest.first().ok_or_else(|| line.missing(Problem::MissingName, &[]))?;
    if word.exclude { Err(line.mistake(word, Problem::Unexpected, &[])) } else { Ok(word.text.clone()) }
}

/// Reads who somebody is: oneself, or another who is mentioned first.
fn read_me(line: &Line<'_>, rest: &[Word]) -> Result<Me, CommandError> {
    let Some((first, others)) = rest.split_first() else { return Ok(Me::Show) };
    if let Some(user) = mentioned(first) {
        let is_as = |word: &&Word| word.is_bare() && word.text.eq_ignore_ascii_case("as");
        let others = &others[usize::from(others.first().is_some_and(|word| is_as(&word)))..];
        let (name, extra) = others.split_first().ok_or_else(|| line.missing(Problem::MissingName, &[]))?;
        let username = read_username(line, name)?;
        return extra.first().map_or(Ok(Me::Other(user, username)), |word| Err(line.unexpected(word)));
    }
    line.ends_after(2)?;
    Ok(read_username(line, first)?.map_or(Me::Forget, Me::Claim))
}

/// Reads a username, or `none`; in quotes that is one too.
fn read_username(line: &Line<'_>, word: &Word) -> Result<Option<Username>, CommandError> {
    if !word.exclude && word.is_bare() && word.text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let username = Username::parse(&word.text).filter(|_| !word.exclude);
    username.map(Some).ok_or_else(|| {
        let meant = word.text.strip_prefix('@').filter(|name| Username::parse(name).is_some());
        line.mistake(word, Problem::NotAUsername, meant.map(str::to_owned).as_slice())
    })
}

/// Whom a word mentions, as Slack writes it.
fn mentioned(word: &Word) -> Option<UserId> {
    let id = word.text.strip_prefix("<@")?.strip_suffix('>')?;
    UserId::parse(id).ok().filter(|id| !word.exclude && id.as_str().starts_with(['U', 'W']))
}

fn read_help(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    line.ends_after(2)?;
    let Some(word) = rest.first() else { return Ok(Command::Help(None)) };
    let topic = TOPICS.into_iter().find(|(name, _)| word.text.eq_ignore_ascii_case(name)).map(|(_, topic)| topic);
    topic.or_else(|| verb(&word.text).map(Topic::Verb)).map(|topic| Command::Help(Some(topic))).ok_or_else(|| {
        let names = TOPICS.map(|(name, _)| name).into_iter().chain(VERBS.map(|(verb, _)| verb));
        line.mistake(word, Problem::UnknownTopic, &nearest(&word.text, names))
    })
}

/// Reads `#3`, `*` or a dataset. `*/*` is the subscription to every dataset, `*` every subscription.
fn read_target(line: &Line<'_>, word: &Word) -> Result<Target, CommandError> {
    match &word.text[..] {
        "*" if !word.exclude => Ok(Target::All),
        _ if is_numeric(word) => read_number(line, word).map(Target::Number),
        _ => read_dataset_word(line, word).map(Target::Dataset),
    }
}

fn is_numeric(word: &Word) -> bool {
    !is_dataset(word) && (word.text.starts_with('#') || word.text.bytes().all(|b| b.is_ascii_digit()))
}

fn read_number(line: &Line<'_>, word: &Word) -> Result<u32, CommandError> {
    let number = |digits: &str| {
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !word.exclude;
        digits.parse::<u32>().ok().filter(|number| plain && *number > 0)
    };
    word.text.strip_prefix('#').and_then(number).ok_or_else(|| {
        let meant = number(&word.text).map(|number| format!("#{number}"));
        line.mistake(word, Problem::BadNumber, meant.as_slice())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_after_the_verb_is_kept_as_it_is() {
        for (typed, kept) in [
            ("import", Some("")),
            ("IMPORT \n ", Some("")),
            ("/segments import\na/b\n“c”", Some("a/b\n“c”")),
            ("import a/b", Some("a/b")),
            ("/segmentsimport a/b", None),
            ("important a/b", None),
            ("", None),
        ] {
            assert_eq!(after_import(typed), kept, "{typed:?}");
        }
    }
}
