//! Until when a delivery is held back: for a digest, by mutes, and by quiet hours in somebody's time zone.
//!
//! Quiet hours of a day last from its `from` to the next `until`: the same day's or, across midnight, the next day's. A
//! wall-clock time that a change of the clocks skips is taken as much later as they skip (02:30 is 03:30), and of one
//! that comes twice the first counts. Hours from a time until the same time are none.

use super::mute::Mute;
use super::object::DatasetName;
use super::subscription::{LocalTime, Quiet};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How a delivery is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HoldUntil {
    /// Not to be shown before this time; none if it may be shown now.
    pub until: Option<Timestamp>,
    /// The time of the digest that it is then shown in; none if it is shown by itself.
    pub digest: Option<Timestamp>,
}

/// The time before which an event is not to be shown; none if it may be shown now.
///
/// It is after `now`, not before the `digest` that the event goes into, outside the quiet hours, and no mute is in force
/// any more.
pub fn held_until(
    now: Timestamp,
    digest: Option<Timestamp>,
    dataset: Option<&DatasetName>,
    mutes: &[Mute],
    quiet: Option<(&Quiet, &TimeZone)>,
) -> Option<Timestamp> {
    let mutes = mutes.iter().filter(|mute| mute.dataset.matches(dataset)).map(|mute| mute.until);
    let unmuted = mutes.chain(digest).max().map_or(now, |until| until.max(now));
    let shown = quiet.map_or(unmuted, |(quiet, zone)| quiet_until(unmuted, quiet, zone).unwrap_or(unmuted));
    (shown > now).then_some(shown)
}

/// When the quiet hours end that a time is in; none if it is in none.
pub fn quiet_until(time: Timestamp, quiet: &Quiet, zone: &TimeZone) -> Option<Timestamp> {
    let mut end = None;
    // Where the clocks change, the hours of one day may run into those of the next.
    while let Some(later) = end_of_hours(end.unwrap_or(time), quiet, zone) {
        end = Some(later);
    }
    end
}

/// The next time that clocks in a zone show `time`, after `now`.
pub fn next_at(now: Timestamp, time: Time, zone: &TimeZone) -> Timestamp {
    let today = zone.to_datetime(now).date();
    let days = (-1..=2).filter_map(|days| today.checked_add(days.days()).ok());
    let mut times = days.filter_map(|day| instant(day, time, zone));
    times.find(|at| *at > now).unwrap_or(Timestamp::MAX)
}

/// The end of those quiet hours of one day that a time is in; it is after that time.
fn end_of_hours(time: Timestamp, quiet: &Quiet, zone: &TimeZone) -> Option<Timestamp> {
    let (from, until) = (civil(quiet.from)?, civil(quiet.until)?);
    if from == until {
        return None;
    }
    let today = zone.to_datetime(time).date();
    let days = (-1..=1).filter_map(|days| today.checked_add(days.days()).ok());
    let hours = days.filter_map(|day| {
        let last_day = if until < from { day.tomorrow().ok()? } else { day };
        Some((instant(day, from, zone)?, instant(last_day, until, zone)?))
    });
    hours.filter(|(from, until)| (*from..*until).contains(&time)).map(|(_, until)| until).max()
}

pub(super) fn civil(time: LocalTime) -> Option<Time> {
    Time::new(time.hour.try_into().ok()?, time.minute.try_into().ok()?, 0, 0).ok()
}

/// The time at which clocks in a zone show this; none at the ends of time.
pub(super) fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DatasetPattern, UserId};
    use proptest::prelude::*;

    const BRUSSELS: &str = "Europe/Brussels";
    const NEW_YORK: &str = "America/New_York";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn local(hour: u8, minute: u8) -> LocalTime {
        LocalTime { hour, minute }
    }

    fn quiet(text: &str) -> Quiet {
        let (from, until) = text.split_once('-').unwrap();
        Quiet { from: LocalTime::parse(from).unwrap(), until: LocalTime::parse(until).unwrap() }
    }

    fn mute(dataset: &str, until: &str) -> Mute {
        Mute { dataset: DatasetPattern::parse(dataset).unwrap(), until: at(until), by: UserId::parse("U1").unwrap() }
    }

    #[test]
    fn quiet_hours_end_when_a_person_expects_it() {
        for (zone, hours, time, end) in [
            // Winter: Brussels is an hour ahead.
            (BRUSSELS, "22:00-06:00", "2026-01-10T20:59:59Z", None),
            (BRUSSELS, "22:00-06:00", "2026-01-10T21:00:00Z", Some("2026-01-11T05:00:00Z")),
            (BRUSSELS, "22:00-06:00", "2026-01-11T02:00:00Z", Some("2026-01-11T05:00:00Z")),
            (BRUSSELS, "22:00-06:00", "2026-01-11T05:00:00Z", None),
            (BRUSSELS, "12:00-13:00", "2026-01-10T11:30:00Z", Some("2026-01-10T12:00:00Z")),
            (BRUSSELS, "12:00-13:00", "2026-01-10T12:00:00Z", None),
            (BRUSSELS, "00:00-06:00", "2026-01-09T23:00:00Z", Some("2026-01-10T05:00:00Z")),
            (BRUSSELS, "22:00-00:00", "2026-01-10T22:59:00Z", Some("2026-01-10T23:00:00Z")),
            // The night to 2026-03-29 is an hour shorter, the one to 2026-10-25 an hour longer.
            (BRUSSELS, "22:00-06:00", "2026-03-28T22:00:00Z", Some("2026-03-29T04:00:00Z")),
            (BRUSSELS, "22:00-06:00", "2026-10-24T21:00:00Z", Some("2026-10-25T05:00:00Z")),
            (NEW_YORK, "22:00-06:00", "2026-03-08T04:00:00Z", Some("2026-03-08T10:00:00Z")),
            (NEW_YORK, "22:00-06:00", "2026-11-01T03:00:00Z", Some("2026-11-01T11:00:00Z")),
            // 02:30 does not exist: 03:30 stands for it.
            (BRUSSELS, "22:00-02:30", "2026-03-29T00:30:00Z", Some("2026-03-29T01:30:00Z")),
            (NEW_YORK, "02:30-05:00", "2026-03-08T07:15:00Z", None),
            (NEW_YORK, "02:30-05:00", "2026-03-08T07:30:00Z", Some("2026-03-08T09:00:00Z")),
            // 02:30 comes twice: the first counts.
            (BRUSSELS, "22:00-02:30", "2026-10-25T00:29:00Z", Some("2026-10-25T00:30:00Z")),
            (BRUSSELS, "22:00-02:30", "2026-10-25T00:45:00Z", None),
            // All day but for a quarter of an hour, which the change of the clocks swallows.
            (BRUSSELS, "03:00-02:45", "2026-03-28T12:00:00Z", Some("2026-03-30T00:45:00Z")),
            ("UTC", "08:00-08:00", "2026-01-10T08:00:00Z", None),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(quiet_until(at(time), &quiet(hours), &zone), end.map(at), "{hours} at {time}");
        }
    }

    #[test]
    fn a_time_of_day_is_todays_or_tomorrows() {
        for (zone, now, time, expected) in [
            (BRUSSELS, "2026-01-10T12:59:00Z", (14, 0), "2026-01-10T13:00:00Z"),
            (BRUSSELS, "2026-01-10T13:00:00Z", (14, 0), "2026-01-11T13:00:00Z"),
            (NEW_YORK, "2026-01-10T03:00:00Z", (14, 0), "2026-01-10T19:00:00Z"),
            (BRUSSELS, "2026-03-28T22:00:00Z", (14, 0), "2026-03-29T12:00:00Z"),
            (BRUSSELS, "2026-03-29T00:30:00Z", (2, 30), "2026-03-29T01:30:00Z"),
            (BRUSSELS, "2026-10-25T00:45:00Z", (2, 30), "2026-10-26T01:30:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let time = Time::new(time.0, time.1, 0, 0).unwrap();
            assert_eq!(next_at(at(now), time, &zone), at(expected), "{time} after {now}");
        }
        assert_eq!(next_at(Timestamp::MAX, Time::midnight(), &TimeZone::UTC), Timestamp::MAX);
    }

    #[test]
    fn a_mute_holds_what_it_names_and_the_longest_counts() {
        let flowers = DatasetName::parse("jane/flowers").unwrap();
        let now = at("2026-01-10T12:00:00Z");
        let held = |mutes: &[Mute], dataset| held_until(now, None, dataset, mutes, None);
        let (past, soon, late) = ("2026-01-10T12:00:00Z", "2026-01-10T13:00:00Z", "2026-01-10T14:00:00Z");
        assert_eq!(held(&[], Some(&flowers)), None);
        assert_eq!(held(&[mute("jane/flowers", past)], Some(&flowers)), None);
        assert_eq!(held(&[mute("jane/*", late), mute("jane/flowers", soon)], Some(&flowers)), Some(at(late)));
        assert_eq!(held(&[mute("jane/trees", soon), mute("ann/*", soon)], Some(&flowers)), None);
        assert_eq!(held(&[mute("jane/*", soon)], None), None);
        assert_eq!(held(&[mute("*", soon)], None), Some(at(soon)));
        let evening = quiet("14:00-08:00");
        let both = held_until(now, None, None, &[mute("*", late)], Some((&evening, &TimeZone::UTC)));
        assert_eq!(both, Some(at("2026-01-11T08:00:00Z")));
    }

    #[test]
    fn a_digest_due_in_a_mute_or_quiet_hours_comes_at_their_end() {
        let (now, quiet) = (at("2026-01-10T12:00:00Z"), quiet("14:00-16:00"));
        let held = |digest: &str, mutes: &[Mute]| {
            held_until(now, Some(at(digest)), None, mutes, Some((&quiet, &TimeZone::UTC))).unwrap().to_string()
        };
        assert_eq!(held("2026-01-10T13:00:00Z", &[mute("*", "2026-01-10T12:30:00Z")]), "2026-01-10T13:00:00Z");
        assert_eq!(held("2026-01-10T13:00:00Z", &[mute("*", "2026-01-10T13:30:00Z")]), "2026-01-10T13:30:00Z");
        assert_eq!(held("2026-01-10T13:00:00Z", &[mute("*", "2026-01-10T15:00:00Z")]), "2026-01-10T16:00:00Z");
        assert_eq!(held("2026-01-10T14:00:00Z", &[]), "2026-01-10T16:00:00Z");
        assert_eq!(held_until(now, Some(at("2026-01-10T11:00:00Z")), None, &[], None), None);
    }

    proptest! {
        #[test]
        fn what_is_held_comes_later_and_outside_quiet_hours_and_mutes(
            second in 1_700_000_000_i64..1_900_000_000,
            mutes in prop::collection::vec(-100_000_i64..100_000, 0..4),
            digest in prop::option::of(-100_000_i64..100_000),
            (from, until) in ((0..24_u8, 0..60_u8), (0..24_u8, 0..60_u8)),
            zone in prop::sample::select(vec![BRUSSELS, NEW_YORK, "UTC", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        ) {
            let (now, zone) = (Timestamp::from_second(second).unwrap(), TimeZone::get(zone).unwrap());
            let quiet = Quiet { from: local(from.0, from.1), until: local(until.0, until.1) };
            let end = |seconds: &i64| Timestamp::from_second(second + seconds).unwrap().to_string();
            let mutes: Vec<Mute> = mutes.iter().map(|seconds| mute("*", &end(seconds))).collect();
            let digest = digest.map(|seconds| Timestamp::from_second(second + seconds).unwrap());
            let held = held_until(now, digest, None, &mutes, Some((&quiet, &zone)));
            prop_assert!(held.is_none_or(|held| held > now));
            prop_assert!(digest.is_none_or(|digest| digest <= held.unwrap_or(now)));
            let shown = held.unwrap_or(now);
            prop_assert_eq!(quiet_until(shown, &quiet, &zone), None);
            prop_assert!(mutes.iter().all(|mute| mute.until <= shown));
            // By the clock on the wall, except on the days on which clocks change.
            let wall = zone.to_datetime(shown).time();
            let (from, until) = (civil(quiet.from).unwrap(), civil(quiet.until).unwrap());
            let inside = if from < until { from <= wall && wall < until } else { from != until && (wall >= from || wall < until) };
            let changes = [-36, 36].map(|hours| zone.to_offset(shown + hours.hours()));
            prop_assert!(!inside || changes[0] != changes[1]);
        }
    }
}
