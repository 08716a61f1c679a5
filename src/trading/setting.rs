//! How a configuration value is written: percents with `%`, durations with a unit, amounts as
//! decimals, words from a closed list.
//!
//! A value is read from text exactly; there is no float on the way and nothing is guessed: `5` is
//! not a duration and `0.5` is not a percent.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::market::{Money, Rate, Span};

/// A type of configuration value.
pub trait Setting: Sized + Ord {
    /// What is allowed, for an error message.
    const FORM: &'static str;

    /// Reads a value; `None` if the text has another form.
    fn read(text: &str) -> Option<Self>;

    /// Whether it lies between two others, both included.
    fn within(&self, low: &Self, high: &Self) -> bool {
        low <= self && self <= high
    }

    /// Whether research may hold it outside its range: a time of nothing would repeat without end.
    fn may_be_lifted(&self) -> bool {
        true
    }

    /// Which of two values is the smaller; none where one is smaller here and larger there.
    fn measure(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A setting that can be shown as it is written.
pub trait Written: Setting {
    /// The value as text; reading that gives the same value.
    fn write(&self) -> String;
}

/// A plain decimal number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Number(pub Decimal);

/// A rate of tokens and how many may be saved up, written `30/min 5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Flow {
    /// Time in which one token grows.
    pub interval: Span,
    /// Most tokens that are kept.
    pub capacity: u32,
}

/// Collars of the exit ladder, step by step, written `0.5%, 1%, 2%, 5%`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Collars(pub Vec<Rate>);

/// A least printed quantity in base; none is the instrument's least order quantity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LeastPrint(pub Option<Decimal>);

fn plain(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    shaped.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// Splits `1.5h` into its number and its unit.
fn with_unit(text: &str) -> Option<(Decimal, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')?;
    Some((plain(&text[..end])?, text[end..].trim_start()))
}

fn span_of(number: Decimal, unit_ns: i64) -> Option<Span> {
    let nanos = number.checked_mul(Decimal::from(unit_ns))?;
    nanos
        .fract()
        .is_zero()
        .then(|| i64::try_from(nanos.trunc().mantissa() / 10_i128.pow(nanos.trunc().scale())).ok().map(Span))?
}

impl Setting for Span {
    const FORM: &'static str = "a duration with a unit: ns, us, ms, s, min, h or d";

    fn read(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self::ZERO);
        }
        let (number, unit) = with_unit(text)?;
        let unit_ns = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return None,
        };
        if number.is_sign_negative() { None } else { span_of(number, unit_ns) }
    }

    fn may_be_lifted(&self) -> bool {
        *self > Self::ZERO
    }
}

impl Written for Span {
    fn write(&self) -> String {
        let units = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "min"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
        ];
        let (unit_ns, unit) = units.into_iter().find(|(unit_ns, _)| self.0 % unit_ns == 0).unwrap_or((1, "ns"));
        format!("{}{unit}", self.0 / unit_ns)
    }
}

impl Setting for Rate {
    const FORM: &'static str = "a percentage such as \"0.5%\"";

    fn read(text: &str) -> Option<Self> {
        let number = plain(text.strip_suffix('%')?.trim_end())?;
        number.checked_mul(Decimal::new(1, 2)).map(Self::new)
    }
}

impl Written for Rate {
    fn write(&self) -> String {
        format!("{}%", (self.decimal() * Decimal::ONE_HUNDRED).normalize())
    }
}

impl Setting for Money {
    const FORM: &'static str = "an amount in account currency such as \"50000\"";

    fn read(text: &str) -> Option<Self> {
        plain(text).map(Self::new)
    }
}

impl Written for Money {
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for Number {
    const FORM: &'static str = "a decimal number";

    fn read(text: &str) -> Option<Self> {
        plain(text).map(Self)
    }
}

impl Written for Number {
    fn write(&self) -> String {
        self.0.normalize().to_string()
    }
}

impl Setting for u32 {
    const FORM: &'static str = "a whole number";

    fn read(text: &str) -> Option<Self> {
        if text.starts_with('+') { None } else { text.parse().ok() }
    }
}

impl Written for u32 {
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    const FORM: &'static str = "true or false";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Written for bool {
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for Flow {
    const FORM: &'static str = "a rate and a capacity such as \"30/min 5\"";

    fn read(text: &str) -> Option<Self> {
        let (rate, capacity) = text.split_once(' ')?;
        let (count, per) = rate.split_once('/')?;
        let per = match per {
            "s" => Span::from_secs(1),
            "min" => Span::from_mins(1),
            "h" => Span::from_hours(1),
            _ => return None,
        };
        let count = u32::read(count).filter(|count| *count > 0 && per.0 % i64::from(*count) == 0)?;
        let capacity = u32::read(capacity.trim()).filter(|capacity| *capacity > 0)?;
        Some(Self { interval: Span(per.0 / i64::from(count)), capacity })
    }

    /// Rate and capacity each, not one before the other.
    fn within(&self, low: &Self, high: &Self) -> bool {
        (low.interval..=high.interval).contains(&self.interval)
            && (low.capacity..=high.capacity).contains(&self.capacity)
    }
}

impl Written for Flow {
    fn write(&self) -> String {
        let pers = [(Span::from_secs(1), "s"), (Span::from_mins(1), "min"), (Span::from_hours(1), "h")];
        let whole = |(per, _): &(Span, &str)| per.0 >= self.interval.0 && per.0 % self.interval.0 == 0;
        let (per, unit) = pers.into_iter().find(whole).expect("a rate is read as a count per s, min or h");
        format!("{}/{unit} {}", per.0 / self.interval.0, self.capacity)
    }
}

impl Setting for Collars {
    const FORM: &'static str = "percentages that do not fall such as \"0.5%, 1%, 2%, 5%\"";

    fn read(text: &str) -> Option<Self> {
        let collars: Vec<Rate> = text.split(',').map(|part| Rate::read(part.trim())).collect::<Option<_>>()?;
        (collars.is_sorted() && collars[0] > Rate::ZERO).then_some(Self(collars))
    }

    /// Every step by itself.
    fn within(&self, low: &Self, high: &Self) -> bool {
        self.0.iter().all(|collar| (low.0[0]..=high.0[0]).contains(collar))
    }

    /// Step by step; the last one is repeated.
    fn measure(&self, other: &Self) -> Option<Ordering> {
        let steps = self.0.len().max(other.0.len());
        let step = |collars: &Self, step: usize| collars.0[step.min(collars.0.len() - 1)];
        let mut orders: Vec<Ordering> = (0..steps).map(|n| step(self, n).cmp(&step(other, n))).collect();
        orders.retain(|order| order.is_ne());
        let first = orders.first().copied().unwrap_or(Ordering::Equal);
        orders.iter().all(|order| *order == first).then_some(first)
    }
}

impl Written for Collars {
    fn write(&self) -> String {
        self.0.iter().map(Written::write).collect::<Vec<_>>().join(", ")
    }
}

impl Setting for LeastPrint {
    const FORM: &'static str = "min_qty, or a quantity of base from 0";

    fn read(text: &str) -> Option<Self> {
        if text == "min_qty" {
            return Some(Self(None));
        }
        plain(text).filter(|qty| !qty.is_sign_negative()).map(|qty| Self(Some(qty)))
    }
}

impl Written for LeastPrint {
    fn write(&self) -> String {
        self.0.map_or_else(|| "min_qty".to_owned(), |qty| qty.normalize().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_exactly_or_not_at_all() {
        assert_eq!(Span::read("24h"), Some(Span::from_hours(24)));
        assert_eq!(Span::read("1.5s"), Some(Span::from_millis(1_500)));
        assert_eq!(Span::read("250 ms"), Some(Span::from_millis(250)));
        assert_eq!((Span::read("7us"), Span::read("7ns")), (Some(Span(7_000)), Some(Span(7))));
        assert_eq!((Span::read("2min"), Span::read("2d")), (Some(Span::from_mins(2)), Some(Span::from_hours(48))));
        assert_eq!(Rate::read("0.5%"), Some(Rate::from_bps(50)));
        assert_eq!(Money::read("50000"), Some(Money::new(50_000.into())));
        assert_eq!(Flow::read("30/min 5"), Some(Flow { interval: Span::from_secs(2), capacity: 5 }));
        for wrong in ["5", "5 parsecs", "-1s", "1e3s", ".5s", "5.s", "", "s", "0.1ns"] {
            assert_eq!(Span::read(wrong), None, "{wrong}");
        }
        for wrong in ["0.5", "0,5%", "+1%", "NaN%", "%", "1_000%"] {
            assert_eq!(Rate::read(wrong), None, "{wrong}");
        }
        for wrong in ["30", "30/min", "0/min 5", "30/min 0", "7/s 1 1"] {
            assert_eq!(Flow::read(wrong), None, "{wrong}");
        }
    }
}
