//! Whole numbers: time, price, quantity, and their product.
//!
//! Price and quantity are whole numbers of an instrument's units; only an
//! [`Instrument`](super::Instrument) turns them into decimals. Their product is exact in
//! [`TickLots`]. There is no conversion from a binary float here, and none may be added.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// A point in time: nanoseconds since the Unix epoch, UTC. There is no clock in the type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest instant there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant there is; as a deadline it means "never".
    pub const MAX: Self = Self(i64::MAX);

    /// The instant `span` later, saturating at [`Timestamp::MAX`].
    #[must_use]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The time from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// The instant in UTC, to the nanosecond: `2024-02-29T12:00:00.000000001Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: i64 = 1_000_000_000;
        const DAY: i64 = 86_400;
        let (seconds, nanos) = (self.0.div_euclid(SECOND), self.0.rem_euclid(SECOND));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Days are counted from the first of March of year 0, so that a leap day is the last of its year.
        let day = days + 719_468;
        let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = (era * 400 + year + i64::from(month > 9), if month < 10 { month + 3 } else { month - 9 });
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(to, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
    }
}

/// A span of time in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A whole number of milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// A whole number of seconds.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000_000)
    }

    /// A whole number of minutes.
    #[must_use]
    pub const fn from_mins(mins: i64) -> Self {
        Self::from_secs(mins * 60)
    }

    /// A whole number of hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_mins(hours * 60)
    }

    /// This span `factor` times over, saturating.
    #[must_use]
    pub const fn times(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// A price in whole price units of its instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Price(pub i64);

/// A quantity in whole quantity units of its instrument. Orders are positive, positions signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Qty(pub i64);

/// Price × quantity, exact: cost basis and gross P&L.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct TickLots(pub i128);

impl Qty {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The quantity without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This quantity at `price`, exactly. The sign is the quantity's.
    #[must_use]
    pub const fn at(self, price: Price) -> TickLots {
        TickLots(self.0 as i128 * price.0 as i128)
    }
}

impl TickLots {
    /// Nothing.
    pub const ZERO: Self = Self(0);
}

macro_rules! whole_number_arithmetic {
    ($($unit:ty),*) => {$(
        impl Add for $unit { type Output = Self; fn add(self, other: Self) -> Self { Self(self.0 + other.0) } }
        impl Sub for $unit { type Output = Self; fn sub(self, other: Self) -> Self { Self(self.0 - other.0) } }
        impl Neg for $unit { type Output = Self; fn neg(self) -> Self { Self(-self.0) } }
        impl AddAssign for $unit { fn add_assign(&mut self, other: Self) { self.0 += other.0; } }
        impl SubAssign for $unit { fn sub_assign(&mut self, other: Self) { self.0 -= other.0; } }
        impl Sum for $unit { fn sum<I: Iterator<Item = Self>>(items: I) -> Self { Self(items.map(|item| item.0).sum()) } }
    )*};
}
whole_number_arithmetic!(Price, Qty, TickLots);

/// Buy or sell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Side {
    /// Pays the quote asset, receives the base asset.
    Buy,
    /// Pays the base asset, receives the quote asset.
    Sell,
}

impl Side {
    /// +1 for a buy, −1 for a sell: the effect on a signed position.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// `qty` with this side's sign.
    #[must_use]
    pub const fn signed(self, qty: Qty) -> Qty {
        Qty(self.sign() * qty.0)
    }

    /// Whether an order on this side limited at `limit` may trade at `price`: a buy at or below
    /// its limit, a sell at or above.
    #[must_use]
    pub const fn reaches(self, limit: Price, price: Price) -> bool {
        self.sign() * (limit.0 - price.0) >= 0
    }

    /// Whether `a` is strictly the better price to trade at for this side (a lower buy, a higher
    /// sell).
    #[must_use]
    pub const fn better(self, a: Price, b: Price) -> bool {
        self.sign() * (b.0 - a.0) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_in_utc() {
        let told = |seconds: i64| Timestamp(seconds * 1_000_000_000 + 7).to_string();
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000007Z"),
            (-1, "1969-12-31T23:59:59.000000007Z"),
            (951_782_400, "2000-02-29T00:00:00.000000007Z"),
            (951_868_800, "2000-03-01T00:00:00.000000007Z"),
            (1_704_067_199, "2023-12-31T23:59:59.000000007Z"),
            (1_709_210_096, "2024-02-29T12:34:56.000000007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000007Z"),
        ] {
            assert_eq!(told(seconds), text);
        }
    }

    #[test]
    fn sides_mirror() {
        assert!(Side::Buy.reaches(Price(10), Price(10)) && !Side::Buy.reaches(Price(10), Price(11)));
        assert!(Side::Sell.reaches(Price(10), Price(10)) && !Side::Sell.reaches(Price(10), Price(9)));
        assert!(Side::Buy.better(Price(9), Price(10)) && Side::Sell.better(Price(10), Price(9)));
        assert!(!Side::Buy.better(Price(10), Price(10)) && !Side::Sell.better(Price(10), Price(10)));
    }
}
