//! Reads what `mute` takes: a dataset or none, and how long.

use super::asked::{is_dataset, read_dataset_word};
use super::correct::Line;
use super::words::Word;
use super::{Command, CommandError, MuteLength, Problem};
use crate::model::subscription::LocalTime;
use jiff::civil::Time;

/// A mute is at most 30 days long.
const MAX_MUTE_MINUTES: u32 = 30 * 24 * 60;

/// Reads `[dataset] <length>`, in either order.
pub(super) fn read_mute(line: &Line<'_>, rest: &[Word]) -> Result<Command, CommandError> {
    let said = rest.iter().filter(|word| !word.text.eq_ignore_ascii_case("for"));
    let (datasets, lengths): (Vec<_>, Vec<_>) = said.partition(|word| is_dataset(word) || word.text == "*");
    if let Some(second) = datasets.get(1) {
        return Err(line.mistake(second, Problem::OneDatasetOnly, &[]));
    }
    let dataset = datasets.first().map(|word| read_dataset_word(line, word)).transpose()?;
    let (length, left) = match lengths[..] {
        [] => return Err(line.missing(Problem::MissingLength, &[])),
        [until] if is_until(until) => return Err(line.missing(Problem::MissingLength, &[])),
        [until, time, ..] if is_until(until) => {
            let read = read_time(time).ok_or_else(|| line.mistake(time, Problem::BadLength, &[]))?;
            (MuteLength::Until(read), &lengths[2..])
        }
        [word, ..] if read_minutes(&word.text).is_some() => (read_length(line, word, &word.text)?, &lengths[1..]),
        // `2 hours` and `2h` are the same.
        [count, unit, ..] if read_minutes(&format!("{}{}", count.text, unit.text)).is_some() => {
            (read_length(line, count, &format!("{}{}", count.text, unit.text))?, &lengths[2..])
        }
        // With a length after it, it was meant as a dataset.
        [word, next, ..] if is_until(next) || read_minutes(&next.text).is_some() => {
            return Err(line.mistake(word, Problem::NotADataset, &[]));
        }
        [word, ..] => (read_length(line, word, &word.text)?, &lengths[1..]),
    };
    left.first().map_or(Ok(Command::Mute { dataset, length }), |word| Err(line.unexpected(word)))
}

fn is_until(word: &Word) -> bool {
    word.text.eq_ignore_ascii_case("until")
}

fn read_time(word: &Word) -> Option<Time> {
    let LocalTime { hour, minute } = LocalTime::parse(&word.text).filter(|_| !word.exclude)?;
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, 0, 0).ok()
}

fn read_length(line: &Line<'_>, word: &Word, text: &str) -> Result<MuteLength, CommandError> {
    read_minutes(text).filter(|_| !word.exclude).map(MuteLength::Minutes).ok_or_else(|| {
        let with_unit = ["m", "h", "d"].map(|unit| format!("{text}{unit}")).into_iter();
        let meant: Vec<_> = with_unit.filter(|length| read_minutes(length).is_some()).collect();
        line.mistake(word, Problem::BadLength, &meant)
    })
}

fn read_minutes(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let minutes = match unit {
        "m" | "min" | "mins" | "minute" | "minutes" => 1,
        "h" | "hour" | "hours" => 60,
        "d" | "day" | "days" => 24 * 60,
        _ => return None,
    };
    count.parse::<u32>().ok()?.checked_mul(minutes).filter(|minutes| (1..=MAX_MUTE_MINUTES).contains(minutes))
}
