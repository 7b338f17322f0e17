//! When digests come: at the full hours, or at a wall-clock time in the time zone of whoever asked for them.
//!
//! A wall-clock time that a change of the clocks skips is taken as much later as they skip (02:30 is 03:30), and of one
//! that comes twice the first counts. A full hour is whenever clocks show one: after a change by half an hour the next
//! may be less or more than an hour away.

use super::hold::{civil, instant, next_at};
use super::subscription::{Digest, LocalTime};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Clocks everywhere differ by whole quarters of an hour, so a full hour somewhere is a quarter in UTC.
const QUARTER_SECONDS: i64 = 15 * 60;
/// A full hour is never further away, whatever clocks do.
const MOST_QUARTERS: i64 = 12;

/// The first time after `now` at which a digest comes.
pub fn next_digest(now: Timestamp, digest: &Digest, zone: &TimeZone) -> Timestamp {
    match digest {
        Digest::Hourly => next_full_hour(now, zone),
        Digest::Daily(time) => civil(*time).map_or(Timestamp::MAX, |time| next_at(now, time, zone)),
        Digest::Weekly(day, time) => next_on(now, *day, *time, zone).unwrap_or(Timestamp::MAX),
    }
}

fn next_full_hour(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let first = now.as_second().div_euclid(QUARTER_SECONDS) + 1;
    let quarters = (first..first + MOST_QUARTERS).map(|quarter| Timestamp::from_second(quarter * QUARTER_SECONDS));
    let mut quarters = quarters.map_while(Result::ok);
    let full = |at: &Timestamp| zone.to_datetime(*at).time().minute() == 0;
    quarters.find(full).unwrap_or(Timestamp::MAX)
}

/// The next time on a day of the week (0 is Monday).
fn next_on(now: Timestamp, day: u8, time: LocalTime, zone: &TimeZone) -> Option<Timestamp> {
    let (time, day) = (civil(time)?, Weekday::from_monday_zero_offset(day.try_into().ok()?).ok()?);
    let today = zone.to_datetime(now).date();
    let days = (-1..=8).filter_map(|days| today.checked_add(days.days()).ok());
    let mut times = days.filter(|date| date.weekday() == day).filter_map(|date| instant(date, time, zone));
    times.find(|at| *at > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZONES: [&str; 6] =
        ["Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/St_Johns"];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn digest(text: &str) -> Digest {
        let mut options = crate::model::Options::default();
        options.set("digest", text).unwrap();
        options.digest.unwrap()
    }

    #[test]
    fn digests_come_when_a_person_expects_them() {
        let [brussels, new_york, lord_howe, kathmandu, ..] = ZONES;
        for (zone, text, now, expected) in [
            (brussels, "daily@09:00", "2026-01-10T07:59:59Z", "2026-01-10T08:00:00Z"),
            (brussels, "daily@09:00", "2026-01-10T08:00:00Z", "2026-01-11T08:00:00Z"),
            (brussels, "daily@00:00", "2026-01-10T22:59:59Z", "2026-01-10T23:00:00Z"),
            (new_york, "daily@23:30", "2026-01-11T04:29:59Z", "2026-01-11T04:30:00Z"),
            // The day of the change is an hour shorter, or longer.
            (brussels, "daily@09:00", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"),
            (brussels, "daily@09:00", "2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"),
            (new_york, "daily@09:00", "2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z"),
            // 02:30 is skipped: 03:30 stands for it. The day after, it is there again.
            (brussels, "daily@02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
            (brussels, "daily@02:30", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"),
            (new_york, "daily@02:30", "2026-03-08T05:00:00Z", "2026-03-08T07:30:00Z"),
            // 02:15 is skipped by half an hour: 02:45 stands for it.
            (lord_howe, "daily@02:15", "2026-10-03T12:00:00Z", "2026-10-03T15:45:00Z"),
            // 02:30 comes twice, as does 01:45 on Lord Howe: the first counts.
            (brussels, "daily@02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            (brussels, "daily@02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            (new_york, "daily@01:30", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"),
            (lord_howe, "daily@01:45", "2026-04-04T12:00:00Z", "2026-04-04T14:45:00Z"),
            (lord_howe, "daily@01:45", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"),
            // 2026-11-20 is a Friday.
            (brussels, "weekly@fri-10:00", "2026-11-20T08:59:59Z", "2026-11-20T09:00:00Z"),
            (brussels, "weekly@fri-10:00", "2026-11-20T09:00:00Z", "2026-11-27T09:00:00Z"),
            (brussels, "weekly@mon-09:00", "2026-11-20T09:00:00Z", "2026-11-23T08:00:00Z"),
            (brussels, "weekly@sun-02:30", "2026-03-23T12:00:00Z", "2026-03-29T01:30:00Z"),
            // Monday morning on Lord Howe is still Sunday in UTC.
            (lord_howe, "weekly@mon-09:00", "2026-11-20T09:00:00Z", "2026-11-22T22:00:00Z"),
            (brussels, "hourly", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"),
            (brussels, "hourly", "2026-11-20T09:59:59.9Z", "2026-11-20T10:00:00Z"),
            (kathmandu, "hourly", "2026-11-20T09:15:00Z", "2026-11-20T10:15:00Z"),
            // Brussels shows 02:00 twice, and Lord Howe no 02:00 when it skips from there to 02:30.
            (brussels, "hourly", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
            (lord_howe, "hourly", "2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"),
            (lord_howe, "hourly", "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(next_digest(at(now), &digest(text), &zone), at(expected), "{text} after {now}");
        }
    }

    #[test]
    fn at_the_end_of_time_no_digest_comes() {
        for text in ["hourly", "daily@09:00", "weekly@mon-09:00"] {
            assert_eq!(next_digest(Timestamp::MAX, &digest(text), &TimeZone::UTC), Timestamp::MAX);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A digest comes after now, none is left out between, and clocks show its time unless they skipped it.
        #[test]
        fn the_next_digest_is_the_first_one_after_now(
            second in 1_700_000_000_i64..1_900_000_000,
            (kind, day, hour, minute) in (0..3_u8, 0..7_u8, 0..24_u8, 0..60_u8),
            zone in prop::sample::select(ZONES.to_vec()),
        ) {
            let (now, zone) = (Timestamp::from_second(second).unwrap(), TimeZone::get(zone).unwrap());
            let time = LocalTime { hour, minute };
            let (digest, longest) = match kind {
                0 => (Digest::Hourly, 2),
                1 => (Digest::Daily(time), 25),
                _ => (Digest::Weekly(day, time), 7 * 24 + 1),
            };
            let next = next_digest(now, &digest, &zone);
            prop_assert!(now < next && next <= now + longest.hours(), "{digest} after {now} is {next}");
            // Seen from any time in between it is the same one.
            let between = Timestamp::from_second(i64::midpoint(second, next.as_second())).unwrap();
            prop_assert_eq!(next_digest(between, &digest, &zone), next);
            let wall = zone.to_datetime(next);
            let shown = match digest {
                Digest::Hourly => wall.time().minute() == 0,
                Digest::Daily(_) => Some(wall.time()) == civil(time),
                Digest::Weekly(..) => {
                    Some(wall.time()) == civil(time) && wall.weekday().to_monday_zero_offset() == day.cast_signed()
                }
            };
            let changes = [-2, 2].map(|hours| zone.to_offset(next + hours.hours()));
            prop_assert!(shown || changes[0] != changes[1], "{digest} comes at {wall}");
        }
    }
}
