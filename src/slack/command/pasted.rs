//! Lines that are pasted: a `subscribe` each, with comments and empty lines between, as `export` writes them.

use super::{Asked, Command, CommandError, Problem, normalise, parse};
use crate::model::Rule;

/// More than so many characters are not read at once from Slack.
pub const MOST_PASTED: usize = 100_000;

/// A line that asks for subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// Which line, from 1.
    pub number: usize,
    /// What it asks for.
    pub asked: Asked,
}

/// Why pasted lines are not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead {
    /// It is too much at once; the limit in characters.
    TooLong(usize),
    /// These lines, by number, are wrong; at least one.
    Wrong(Vec<(usize, CommandError)>),
}

/// Reads pasted lines, or gives what is wrong with each that is.
pub fn read_lines(text: &str) -> Result<Vec<Pasted>, NotRead> {
    if text.chars().nth(MOST_PASTED).is_some() {
        return Err(NotRead::TooLong(MOST_PASTED));
    }
    let (mut pasted, mut wrong) = (Vec::new(), Vec::new());
    for (number, line) in lines(text) {
        match read_line(line) {
            Ok(asked) => pasted.extend(asked.map(|asked| Pasted { number, asked })),
            Err(error) => wrong.push((number, error)),
        }
    }
    if wrong.is_empty() { Ok(pasted) } else { Err(NotRead::Wrong(wrong)) }
}

/// The lines of a text with their numbers, however they end.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = |text: &str| text.find(['\n', '\r']);
    let mut rest = Some(text);
    let cut = std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = ends(text) else { return rest.take() };
        let after = &text[end..];
        rest = Some(after.strip_prefix("\r\n").unwrap_or(&after[1..]));
        Some(&text[..end])
    });
    (1..).zip(cut)
}

/// Reads one line: what it asks for, or nothing if it is empty or a comment. `subscribe` may be left out.
pub fn read_line(line: &str) -> Result<Option<Asked>, CommandError> {
    let is_short = line.chars().nth(super::LONGEST).is_none();
    if is_short && matches!(normalise(line).chars().next(), None | Some('#')) {
        return Ok(None);
    }
    match parse(line) {
        Ok(Command::Subscribe(asked)) => Ok(Some(asked)),
        Err(mistake) if mistake.problem != Problem::UnknownVerb => Err(mistake),
        Ok(Command::SubscribeModal) => {
            Err(CommandError { token: String::new(), problem: Problem::MissingDataset, corrections: Vec::new() })
        }
        Ok(_) => Err(not_a_line(normalise(line).chars().take(100).collect(), Vec::new())),
        Err(CommandError { token, corrections, .. }) => {
            let is_dataset = token.contains('/') || token == "*";
            if is_dataset && let Command::Subscribe(asked) = parse(&format!("subscribe {line}"))? {
                return Ok(Some(asked));
            }
            let ours = |command: &String| matches!(parse(command), Ok(Command::Subscribe(_)));
            Err(not_a_line(token, corrections.into_iter().filter(ours).collect()))
        }
    }
}

fn not_a_line(token: String, corrections: Vec<String>) -> CommandError {
    CommandError { token, problem: Problem::NotALine, corrections }
}

/// The line that asks for a subscription to be as it is; none if no one line does.
pub fn line(rule: &Rule) -> Option<String> {
    let line = format!("subscribe {rule}");
    let asked = read_line(&line).ok().flatten()?;
    (asked.rules().as_slice() == std::slice::from_ref(rule)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let pasted = read_lines(text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        pasted.into_iter().map(|Pasted { number, asked }| format!("{number} {asked}")).collect()
    }

    #[test]
    fn lines_are_read_with_any_line_end_and_optional_command() {
        let text = "```\r\n/segments subscribe jane/flowers sample.*\r\n\r\n# said ann\r\njane/trees by:“ann”\n\
                    SUB * *\r* label.rejected\n  <#C1|annotation> was here\n```";
        assert_eq!(read(text), ["2 jane/flowers sample.*", "5 jane/trees by:ann", "6 * *", "7 * label.rejected"]);
        assert_eq!(read(" \n#\n"), [""; 0]);
    }

    #[test]
    fn every_wrong_line_is_told_by_its_number() {
        let text = "a/b sampel.created\nmute 2h\nsubscribe\nsubscirbe a/b\nhello\na/b\nsubscribe flowers";
        let Err(NotRead::Wrong(wrong)) = read_lines(text) else { panic!("it was read") };
        let told: Vec<_> = wrong.iter().map(|(line, error)| (*line, &*error.token, &error.problem)).collect();
        assert_eq!(
            told,
            [
                (1, "sampel.created", &Problem::NotAnEvent),
                (2, "mute 2h", &Problem::NotALine),
                (3, "", &Problem::MissingDataset),
                (4, "subscirbe", &Problem::NotALine),
                (5, "hello", &Problem::NotALine),
                (7, "flowers", &Problem::NotADataset),
            ]
        );
        assert_eq!(wrong[3].1.corrections, ["/segments subscribe a/b"]);
    }

    #[test]
    fn too_much_and_a_line_that_is_too_long_are_not_read() {
        assert_eq!(read_lines(&"\n".repeat(MOST_PASTED + 1)), Err(NotRead::TooLong(MOST_PASTED)));
        let Err(NotRead::Wrong(wrong)) = read_lines(&format!("#{}", "x".repeat(5_000))) else { panic!() };
        assert_eq!(wrong[0].1.problem, Problem::TooLong(3_000));
    }
}
