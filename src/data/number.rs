//! Exact numbers as market data writes them: digits with at most one point.
//!
//! A [`Number`] keeps what was written without its trailing zeros, so equal values are equal and
//! the finest unit a file uses can be seen. A [`Scale`] is the unit a whole file is kept in: it
//! starts at whole ones, grows finer as finer values come, and says when values no longer fit.
//!
//! There are no signs, exponents, separators or floats here.

/// The most decimals a number may be written with.
pub(crate) const DECIMALS_MAX: usize = 18;

/// A number from a text: `mantissa` × 10^-`decimals`, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Number {
    pub(crate) mantissa: i64,
    pub(crate) decimals: u32,
}

/// Why a text is no number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotANumber {
    /// It is not digits with at most one point between them.
    Shape,
    /// It has a minus sign before a number.
    Negative,
    /// It has more digits than 64 bits hold.
    TooLarge,
    /// It is written with more than [`DECIMALS_MAX`] decimals.
    TooFine,
}

impl Number {
    /// Reads digits with at most one point, which must have digits on both sides.
    pub(crate) fn parse(text: &str) -> Result<Self, NotANumber> {
        if let Some(rest) = text.strip_prefix('-') {
            return Err(Self::parse(rest).map_or_else(|why| why, |_| NotANumber::Negative));
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(NotANumber::Shape);
        }
        if fraction.len() > DECIMALS_MAX {
            return Err(NotANumber::TooFine);
        }
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa: i64 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(i64::from(byte - b'0')))
                .ok_or(NotANumber::TooLarge)?;
        }
        let decimals = u32::try_from(fraction.len()).expect("at most eighteen decimals");
        Ok(Self { mantissa, decimals })
    }

    /// A whole number of units of 10^-`decimals`.
    pub(crate) const fn of_units(mut mantissa: i64, mut decimals: u32) -> Self {
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        Self { mantissa, decimals }
    }

    /// The number in units of 10^-`decimals`; none if it is finer or does not fit.
    pub(crate) fn at(self, decimals: u32) -> Option<i64> {
        let factor = 10_i64.checked_pow(decimals.checked_sub(self.decimals)?)?;
        self.mantissa.checked_mul(factor)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", rust_decimal::Decimal::new(self.mantissa, self.decimals))
    }
}

impl Number {
    /// What is left when another is taken away; none if that is less than nothing, or does not fit.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        let decimals = self.decimals.max(other.decimals);
        let left = self.at(decimals)?.checked_sub(other.at(decimals)?).filter(|left| *left >= 0)?;
        Some(Self::of_units(left, decimals))
    }

    /// The number in units of 10^-`decimals`, cut toward zero, and whether nothing was lost; none
    /// if it does not fit.
    pub(crate) fn cut(self, decimals: u32) -> Option<(i64, bool)> {
        let Some(finer) = self.decimals.checked_sub(decimals) else { return Some((self.at(decimals)?, true)) };
        let divisor = 10_i64.checked_pow(finer)?;
        Some((self.mantissa / divisor, self.mantissa % divisor == 0))
    }
}

/// The unit a file's prices, or its quantities, are kept in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    decimals: u32,
    step: Option<i64>,
    greatest: i64,
    limit: i64,
}

/// What admitting a number did to a scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admitted {
    /// Nothing.
    AsItWas,
    /// It grew finer: what is already kept must be multiplied by this.
    Finer(i64),
}

/// Why a number cannot be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misfit {
    /// It is no multiple of the step that was asked for.
    OffStep,
    /// It, or what came before, does not fit at the finest decimals so far.
    TooLarge,
}

impl Scale {
    /// A scale that follows its numbers, keeping values up to `limit` units.
    pub(crate) const fn following(limit: i64) -> Self {
        Self { decimals: 0, step: None, greatest: 0, limit }
    }

    /// A scale for multiples of `step` only.
    pub(crate) const fn of_step(step: Number, limit: i64) -> Self {
        Self { decimals: step.decimals, step: Some(step.mantissa), greatest: 0, limit }
    }

    /// Decimals of the unit.
    pub(crate) const fn decimals(&self) -> u32 {
        self.decimals
    }

    /// Makes room for a number.
    pub(crate) fn admit(&mut self, number: Number) -> Result<Admitted, Misfit> {
        if number.decimals <= self.decimals {
            let units = number.at(self.decimals).filter(|units| *units <= self.limit).ok_or(Misfit::TooLarge)?;
            if self.step.is_some_and(|step| units % step != 0) {
                return Err(Misfit::OffStep);
            }
            self.greatest = self.greatest.max(units);
            return Ok(Admitted::AsItWas);
        }
        if self.step.is_some() {
            return Err(Misfit::OffStep);
        }
        let factor = 10_i64.checked_pow(number.decimals - self.decimals).ok_or(Misfit::TooLarge)?;
        let grown = self.greatest.checked_mul(factor).ok_or(Misfit::TooLarge)?.max(number.mantissa);
        if grown > self.limit {
            return Err(Misfit::TooLarge);
        }
        self.greatest = grown;
        self.decimals = number.decimals;
        Ok(Admitted::Finer(factor))
    }

    /// An admitted number in units.
    pub(crate) fn units(&self, number: Number) -> i64 {
        number.at(self.decimals).expect("the number was admitted before")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_with_one_point() {
        let n = |mantissa, decimals| Ok(Number { mantissa, decimals });
        let cases = [
            ("61837.63000000", n(6_183_763, 2)),
            ("0", n(0, 0)),
            ("0.0", n(0, 0)),
            ("007", n(7, 0)),
            ("9223372036854775807", n(i64::MAX, 0)),
            ("9223372036854775808", Err(NotANumber::TooLarge)),
            ("0.000000000000000001", n(1, 18)),
            ("0.0000000000000000010", Err(NotANumber::TooFine)),
            ("-1", Err(NotANumber::Negative)),
            ("-0", Err(NotANumber::Negative)),
            ("--1", Err(NotANumber::Negative)),
        ];
        for (text, expected) in cases {
            assert_eq!(Number::parse(text), expected, "{text}");
        }
        for text in
            ["", "+1", ".5", "5.", "1e3", "NaN", "inf", "0x1", "1_000", "1,000", "1.2.3", " 1", "1 ", "−1", "１", "-"]
        {
            assert_eq!(Number::parse(text), Err(NotANumber::Shape), "{text:?}");
        }
    }

    #[test]
    fn a_scale_follows_its_numbers() {
        let number = |text| Number::parse(text).expect("a number in a test");
        let mut scale = Scale::following(1_000_000);
        assert_eq!(scale.admit(number("5")), Ok(Admitted::AsItWas));
        assert_eq!(scale.admit(number("5.25")), Ok(Admitted::Finer(100)));
        assert_eq!(scale.admit(number("7.5")), Ok(Admitted::AsItWas));
        assert_eq!((scale.units(number("7.5")), scale.decimals()), (750, 2));
        assert_eq!(scale.admit(number("10001")), Err(Misfit::TooLarge));
        assert_eq!(scale.admit(number("0.0000001")), Err(Misfit::TooLarge), "what came before no longer fits");
        let mut half = Scale::of_step(number("0.5"), 1_000);
        assert_eq!(half.admit(number("1.5")), Ok(Admitted::AsItWas));
        assert_eq!(half.admit(number("1.4")), Err(Misfit::OffStep));
        assert_eq!(half.admit(number("1.25")), Err(Misfit::OffStep));
    }
}
