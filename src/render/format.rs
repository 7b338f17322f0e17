//! Small words that many messages share: names, numbers, plurals, lengths of time.

use super::mrkdwn::name;
use jiff::{SignedDuration, Timestamp};

/// The longest shown name of a person.
const PERSON: usize = 80;
/// Cells of a progress bar.
const CELLS: u64 = 10;

/// A name from outside, made safe; none if it is missing or nothing visible is in it.
pub fn known(text: Option<&str>, limit: usize) -> Option<String> {
    text.map(|text| name(text, limit)).filter(|name| !name.is_empty())
}

/// A person's name, made safe.
pub fn person(name: Option<&str>) -> Option<String> {
    known(name, PERSON)
}

/// " by jane", or nothing.
pub fn by(name: Option<&str>) -> String {
    person(name).map(|name| format!(" by {name}")).unwrap_or_default()
}

/// A number with thousands separators: `2,500`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things: `1 sample`, `2,500 samples`.
pub fn count(of: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(of), if of == 1 { one } else { many })
}

/// A fraction or a measure, with at most three decimals.
pub fn decimal(value: f64) -> String {
    if value.abs() >= 1e9 {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A word that Segments.ai writes for programs, such as `REVIEWING_IN_PROGRESS` or `samples_count`, for people.
pub fn spoken(text: &str) -> String {
    let words: String = text.chars().take(60).map(|c| if c == '_' { ' ' } else { c }).collect();
    name(&words.to_lowercase(), 60)
}

/// How long something took: `3 min`, `2 h`, `5 days`. None for less than nothing.
pub fn span(from: Timestamp, until: Timestamp) -> Option<String> {
    let length = until.duration_since(from);
    if length < SignedDuration::ZERO {
        return None;
    }
    let minutes = length.as_mins().unsigned_abs();
    Some(match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} days", number(minutes / 1_440)),
    })
}

/// How far something is: `▰▰▰▱▱▱▱▱▱▱ 812 of 2,500 (32 %)`. Full only when it is done.
pub fn progress(done: u64, total: u64) -> String {
    let done = done.min(total);
    let share = |of: u64| {
        let part = u128::from(done) * u128::from(of) / u128::from(total.max(1));
        u64::try_from(part).expect("`done` is at most `total`")
    };
    let cells = |mark: &str, count: u64| mark.repeat(usize::try_from(count).expect("at most ten cells"));
    let bar = cells("▰", share(CELLS)) + &cells("▱", CELLS - share(CELLS));
    format!("{bar} {} of {} ({} %)", number(done), number(total), share(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let shown: Vec<_> = [0, 999, 1_000, 2_500_000, u64::MAX].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "999", "1,000", "2,500,000", "18,446,744,073,709,551,615"]);
        assert_eq!(count(1, "reply", "replies"), "1 reply");
        assert_eq!(count(0, "reply", "replies"), "0 replies");
    }

    #[test]
    fn decimals_stay_short() {
        let shown: Vec<_> = [0.87, 4.0, -0.000_01, 12.345_678, 1e300].into_iter().map(decimal).collect();
        assert_eq!(shown, ["0.87", "4", "-0", "12.346", "1.00e300"]);
    }

    #[test]
    fn a_bar_is_full_only_at_the_end() {
        assert_eq!(progress(2_499, 2_500), "▰▰▰▰▰▰▰▰▰▱ 2,499 of 2,500 (99 %)");
        assert_eq!(progress(u64::MAX, 3), "▰▰▰▰▰▰▰▰▰▰ 3 of 3 (100 %)");
        assert_eq!(progress(0, 0), "▱▱▱▱▱▱▱▱▱▱ 0 of 0 (0 %)");
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let start = at("2026-11-20T09:00:00Z");
        assert_eq!(span(start, at("2026-11-20T09:00:59Z")).unwrap(), "less than a minute");
        assert_eq!(span(start, at("2026-11-20T09:59:00Z")).unwrap(), "59 min");
        assert_eq!(span(start, at("2026-11-21T11:00:00Z")).unwrap(), "26 h");
        assert_eq!(span(start, at("2026-11-30T11:00:00Z")).unwrap(), "10 days");
        assert_eq!(span(at("2026-11-21T11:00:00Z"), start), None);
    }
}
