//! Times as market data writes them: whole or decimal counts since 1970, or ISO 8601.
//!
//! The unit of a count is told from its size: within the years 2000 to 2100, seconds,
//! milliseconds, microseconds and nanoseconds cannot be mistaken for one another. One column has
//! one unit. A written time without a zone is UTC, a day without a time its midnight.

use super::fault::{TIME, TIME_RANGE, TIME_UNIT};
use super::number::Number;
use super::source::Line;
use crate::bad_input::{BadInput, quoted};
use crate::market::Timestamp;

const FIRST: i64 = 946_684_800_000_000_000;
const LAST: i64 = 4_102_444_800_000_000_000;
const RANGE: &str = "a time from 2000-01-01 to 2100-01-01 UTC";

/// How a column counts time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
    Written,
}

impl TimeUnit {
    const COUNTS: [Self; 4] = [Self::Seconds, Self::Millis, Self::Micros, Self::Nanos];

    const fn decimals(self) -> u32 {
        match self {
            Self::Seconds => 9,
            Self::Millis => 6,
            Self::Micros => 3,
            Self::Nanos | Self::Written => 0,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
            Self::Micros => "microseconds",
            Self::Nanos => "nanoseconds",
            Self::Written => "written date and time",
        }
    }

    /// The unit a column's name promises, e.g. `time_s` or `open_time_ms`.
    pub(crate) fn promised_by(column: &str) -> Option<Self> {
        match column.rsplit_once('_')?.1 {
            "s" => Some(Self::Seconds),
            "ms" => Some(Self::Millis),
            "us" => Some(Self::Micros),
            "ns" => Some(Self::Nanos),
            _ => None,
        }
    }
}

/// A column of times: its unit, once known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    unit: Option<TimeUnit>,
}

impl Clock {
    /// A column whose unit is told by its first time, or by its name.
    pub(crate) const fn new(unit: Option<TimeUnit>) -> Self {
        Self { unit }
    }

    /// Reads a time of this column.
    pub(crate) fn read(&mut self, line: Line<'_>, text: &str, field: &str) -> Result<Timestamp, BadInput> {
        let (time, unit) = parse(line, text).map_err(|bad| bad.field(field))?;
        let expected = *self.unit.get_or_insert(unit);
        if expected == unit {
            return Ok(time);
        }
        let found = format!("{} in {}", quoted(text), unit.name());
        Err(line.complain(TIME_UNIT, text, found, expected.name()).field(field))
    }
}

fn parse(line: Line<'_>, text: &str) -> Result<(Timestamp, TimeUnit), BadInput> {
    if let Ok(count) = Number::parse(text) {
        return from_count(count).ok_or_else(|| line.complain(TIME_RANGE, text, quoted(text), RANGE));
    }
    let shape = || {
        let allowed = "a count since 1970 or YYYY-MM-DD HH:MM:SS, with or without Z";
        line.complain(TIME, text, quoted(text), allowed)
    };
    let nanos = written(text).ok_or_else(shape)?;
    let time = i64::try_from(nanos).ok().and_then(in_range);
    time.map(|time| (time, TimeUnit::Written)).ok_or_else(|| line.complain(TIME_RANGE, text, quoted(text), RANGE))
}

fn from_count(count: Number) -> Option<(Timestamp, TimeUnit)> {
    TimeUnit::COUNTS.into_iter().find_map(|unit| Some((in_range(count.at(unit.decimals())?)?, unit)))
}

/// A count of milliseconds.
pub(crate) fn from_millis(millis: i64) -> Option<Timestamp> {
    in_range(millis.checked_mul(1_000_000)?)
}

/// A count of nanoseconds.
pub(crate) fn in_range(nanos: i64) -> Option<Timestamp> {
    (FIRST..LAST).contains(&nanos).then_some(Timestamp(nanos))
}

/// A written time.
pub(crate) fn from_written(text: &str) -> Option<Timestamp> {
    in_range(i64::try_from(written(text)?).ok()?)
}

/// A written time in nanoseconds; a leap second is refused.
fn written(text: &str) -> Option<i128> {
    let Some((_, time_of_day)) = text.split_once(['T', ' ']) else {
        let day = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10)?;
        return Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_nanosecond());
    };
    if time_of_day.len() == 5 {
        // LEAN leaves the seconds out.
        return written(&format!("{text}:00"));
    }
    if time_of_day.split(':').nth(2)?.starts_with("60") {
        return None;
    }
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
    };
    Some(at.as_nanosecond())
}

/// A time for people.
pub(crate) fn shown(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.0)).map_or_else(|_| time.0.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(clock: &mut Clock, text: &str) -> Result<i64, String> {
        let line = Line { file: "bars.csv", number: 3, text };
        clock.read(line, text, "time").map(|time| time.0).map_err(|bad| bad.to_string())
    }

    #[test]
    fn the_unit_is_told_from_the_size() {
        for text in ["1583020800", "1583020800000", "1583020800000000", "1583020800000000000", "2020-03-01 00:00:00"] {
            assert_eq!(read(&mut Clock::default(), text), Ok(1_583_020_800_000_000_000), "{text}");
        }
        assert_eq!(read(&mut Clock::default(), "1616662920.1234"), Ok(1_616_662_920_123_400_000));
        assert_eq!(read(&mut Clock::default(), "2021-12-31T23:01:00.5Z"), Ok(1_640_991_660_500_000_000));
        assert_eq!(read(&mut Clock::default(), "2021-12-31T23:01:00+01:00"), Ok(1_640_988_060_000_000_000));
    }

    #[test]
    fn one_column_has_one_unit() {
        let mut clock = Clock::default();
        assert!(read(&mut clock, "1583020800000").is_ok());
        expect_test::expect![[
            r#"Err("E-MD-023 bars.csv:3:1 time: found \"1583020860\" in seconds allowed milliseconds")"#
        ]]
        .assert_eq(&format!("{:?}", read(&mut clock, "1583020860")));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-1583020800",
            "1e9",
            "0",
            "99999999999",
            "2016-12-31T23:59:60Z",
            "2021-02-30 00:00:00",
            "yesterday",
            "9999-01-01 00:00:00",
        ] {
            assert!(read(&mut Clock::default(), text).is_err(), "{text}");
        }
    }
}
