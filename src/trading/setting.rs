//! How a configuration value is written: percents with `%`, durations with a unit, amounts as
//! decimals, words from a closed list.
//!
//! A value is read from text exactly; there is no float on the way and nothing is guessed: `5` is
//! not a duration and `0.5` is not a percent.

use std::fmt;

use rust_decimal::Decimal;

use crate::market::{Money, Rate, Span};

/// A type of configuration value.
pub trait Setting: Sized + Ord {
    /// What is allowed, for an error message.
    const FORM: &'static str;

    /// Reads a value; `None` if the text has another form.
    fn read(text: &str) -> Option<Self>;
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

/// Where the ranges of production-rules §6 bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ceilings {
    /// The ranges bind.
    Production,
    /// Any arithmetically meaningful value is allowed; results are stamped and the gate refuses them.
    Research,
}

/// How good an order is where a proposal does not say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DefaultTif {
    /// Until cancelled.
    Gtc,
    /// At once or not at all.
    Ioc,
    /// All at once or nothing.
    Fok,
}

/// How much confidence is asked for beyond the regime's minimum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strictness {
    /// 0.05 less.
    Relaxed,
    /// Nothing more.
    Normal,
    /// 0.05 more.
    Strict,
    /// 0.10 more.
    VeryStrict,
}

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
}

impl Setting for Rate {
    const FORM: &'static str = "a percentage such as \"0.5%\"";

    fn read(text: &str) -> Option<Self> {
        let number = plain(text.strip_suffix('%')?.trim_end())?;
        number.checked_mul(Decimal::new(1, 2)).map(Self::new)
    }
}

impl Setting for Money {
    const FORM: &'static str = "an amount in account currency such as \"50000\"";

    fn read(text: &str) -> Option<Self> {
        plain(text).map(Self::new)
    }
}

impl Setting for Number {
    const FORM: &'static str = "a decimal number";

    fn read(text: &str) -> Option<Self> {
        plain(text).map(Self)
    }
}

impl Setting for u32 {
    const FORM: &'static str = "a whole number";

    fn read(text: &str) -> Option<Self> {
        if text.starts_with('+') { None } else { text.parse().ok() }
    }
}

impl Setting for bool {
    const FORM: &'static str = "true or false";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
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
}

macro_rules! words {
    ($($of:ty, $form:literal: $($word:literal => $value:ident),*;)*) => {$(
        impl Setting for $of {
            const FORM: &'static str = $form;
            fn read(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$value),)* _ => None }
            }
        }
        impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$value => $word,)* })
            }
        }
    )*};
}
words! {
    Ceilings, "production or research": "production" => Production, "research" => Research;
    DefaultTif, "gtc, ioc or fok": "gtc" => Gtc, "ioc" => Ioc, "fok" => Fok;
    Strictness, "relaxed, normal, strict or very_strict":
        "relaxed" => Relaxed, "normal" => Normal, "strict" => Strict, "very_strict" => VeryStrict;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_exactly_or_not_at_all() {
        assert_eq!(Span::read("24h"), Some(Span::from_hours(24)));
        assert_eq!(Span::read("1.5s"), Some(Span::from_millis(1_500)));
        assert_eq!(Span::read("250 ms"), Some(Span::from_millis(250)));
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
