//! The day of a file whose rows say only the time of day, and the zone that time is told in.
//!
//! The day is given, or stands in the file's name as `2012-06-21` or `20120621`. New York's clock
//! follows the rules of the United States since 1987; Shanghai's is eight hours ahead of UTC.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::builder::ImportOptions;
use super::fault::{DAY, TIME, TIME_RANGE};
use super::number::Number;
use super::source::Line;
use super::time::in_range;
use crate::bad_input::{BadInput, quoted};
use crate::market::Timestamp;

/// Since 2007, and from 1987 to 2006.
const NEW_YORK: [&str; 2] = ["EST5EDT,M3.2.0,M11.1.0", "EST5EDT,M4.1.0,M10.5.0"];
const NANOS_A_DAY: i64 = 86_400_000_000_000;

/// Whose clock a file tells the time by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Zone {
    NewYork,
    Shanghai,
}

/// A day in a zone.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    date: Date,
    zone: TimeZone,
}

impl Day {
    /// The day that was given, or that stands in the file's name.
    pub(crate) fn of(file: &str, options: &ImportOptions, zone: Zone) -> Result<Self, BadInput> {
        let refuse = |found: String| {
            let bad = BadInput::new(DAY, file, found, "a day such as 2012-06-21").field("date");
            bad.hint("give it with --date YYYY-MM-DD")
        };
        let date = match &options.date {
            Some(text) => text.parse::<Date>().map_err(|_| refuse(quoted(text)))?,
            None => named(file).ok_or_else(|| refuse("a name without a day".to_owned()))?,
        };
        let zone = match zone {
            Zone::NewYork => TimeZone::posix(NEW_YORK[usize::from(date.year() < 2007)]).expect("a rule of the format"),
            Zone::Shanghai => TimeZone::fixed(Offset::constant(8)),
        };
        Ok(Self { date, zone })
    }

    /// The instant so many nanoseconds after midnight on the wall.
    pub(crate) fn at(&self, nanos: i64) -> Option<Timestamp> {
        let clock = jiff::civil::Time::midnight();
        let time = clock.checked_add(jiff::SignedDuration::from_nanos(nanos)).ok()?;
        let zoned = self.date.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        in_range(i64::try_from(zoned.timestamp().as_nanosecond()).ok()?)
    }

    /// Reads a count after midnight in a unit of 10^-`decimals` seconds.
    pub(crate) fn read(&self, line: Line<'_>, text: &str, field: &str, decimals: u32) -> Result<Timestamp, BadInput> {
        let complain = |code, allowed: &str| line.complain(code, text, quoted(text), allowed).field(field);
        let count = Number::parse(text).map_err(|_| complain(TIME, "a count since midnight"))?;
        let nanos = count.at(9 - decimals).filter(|nanos| *nanos < NANOS_A_DAY);
        let time = nanos.and_then(|nanos| self.at(nanos));
        time.ok_or_else(|| complain(TIME_RANGE, "a time of one day from 2000 to 2099"))
    }
}

/// The day that a file's name holds between other signs.
fn named(file: &str) -> Option<Date> {
    let name = file.rsplit(['/', '\\']).next()?;
    name.split(|sign: char| !sign.is_ascii_digit() && sign != '-').find_map(|part| {
        let plain = part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit());
        let dashed = part.len() == 10 && part.bytes().filter(|byte| *byte == b'-').count() == 2;
        if plain || dashed { part.parse::<Date>().ok() } else { None }
    })
}
