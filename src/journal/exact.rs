//! Exact decimals for whoever reads a journal.
//!
//! A journal may say anything, so reading one never stops the program: an amount too large for
//! 38 digits is an answer, [`TooLarge`], not a panic. Nothing here is shared with the money of the
//! core; `audit` checks the core's sums with these.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;

use crate::market::Money;

/// A sum or product that needs more than 38 digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an amount of more than 38 digits")]
pub struct TooLarge;

/// An exact decimal: `mantissa × 10^-scale`, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exact {
    mantissa: i128,
    scale: u32,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa × 10^-scale`.
    #[must_use]
    pub const fn new(mut mantissa: i128, mut scale: u32) -> Self {
        if mantissa == 0 {
            scale = 0;
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(number: i128) -> Self {
        Self { mantissa: number, scale: 0 }
    }

    /// The smallest unit of an asset with `scale` decimals.
    #[must_use]
    pub const fn unit(scale: u32) -> Self {
        Self { mantissa: 1, scale }
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, TooLarge> {
        let scale = self.scale.max(other.scale);
        let sum = self.at_scale(scale)?.checked_add(other.at_scale(scale)?).ok_or(TooLarge)?;
        Ok(Self::new(sum, scale))
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, TooLarge> {
        self.plus(other.negated()?)
    }

    /// The product.
    pub fn times(self, other: Self) -> Result<Self, TooLarge> {
        let product = self.mantissa.checked_mul(other.mantissa).ok_or(TooLarge)?;
        Ok(Self::new(product, self.scale + other.scale))
    }

    /// The same with the other sign.
    pub fn negated(self) -> Result<Self, TooLarge> {
        self.mantissa.checked_neg().map(|mantissa| Self { mantissa, ..self }).ok_or(TooLarge)
    }

    /// Its decimals.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// Without its sign.
    pub fn abs(self) -> Result<Self, TooLarge> {
        if self.is_negative() { self.negated() } else { Ok(self) }
    }

    /// Which of two is larger.
    pub fn compare(self, other: Self) -> Result<Ordering, TooLarge> {
        Ok(self.minus(other)?.mantissa.cmp(&0))
    }

    /// How many whole `unit`s it is, rounded toward +∞.
    pub fn units_up(self, unit: Self) -> Result<i128, TooLarge> {
        let scale = self.scale.max(unit.scale);
        let (amount, unit) = (self.at_scale(scale)?, unit.at_scale(scale)?);
        let whole = amount.checked_div_euclid(unit).ok_or(TooLarge)?;
        Ok(if amount.rem_euclid(unit) == 0 { whole } else { whole + 1 })
    }

    /// Rounded to `scale` decimals toward +∞.
    pub fn up(self, scale: u32) -> Result<Self, TooLarge> {
        Ok(Self::new(self.units_up(Self::unit(scale))?, scale))
    }

    /// The part `k / of` of it, rounded to `scale` decimals toward zero; `of` is not zero.
    pub fn share(self, k: i128, of: i128, scale: u32) -> Result<Self, TooLarge> {
        let power = |exponent: u32| 10_i128.checked_pow(exponent).ok_or(TooLarge);
        let times = |a: i128, b: i128| a.checked_mul(b).ok_or(TooLarge);
        let numerator = times(self.mantissa, power(scale.saturating_sub(self.scale))?)?;
        let denominator = times(of, power(self.scale.saturating_sub(scale))?)?;
        // Divided before it is multiplied: a small part of much fits wherever the much does.
        let whole = numerator.checked_div(denominator).ok_or(TooLarge)?;
        let rest = times(numerator % denominator, k)? / denominator;
        Ok(Self::new(times(whole, k)?.checked_add(rest).ok_or(TooLarge)?, scale))
    }

    /// Divided, rounded to `scale` decimals toward zero; too large when the divisor is zero.
    pub fn divided(self, by: Self, scale: u32) -> Result<Self, TooLarge> {
        let shift = 10_i128.checked_pow(by.scale).ok_or(TooLarge)?;
        self.share(shift, by.mantissa, scale)
    }

    /// Divided by what is above zero, rounded to `scale` decimals, halves to the even neighbour: the quotient toward
    /// zero, and one unit more where what it leaves is more than half of one.
    pub fn quotient(self, by: Self, scale: u32) -> Result<Self, TooLarge> {
        let (down, unit) = (self.abs()?.divided(by, scale)?, Self::unit(scale));
        let left = self.abs()?.minus(down.times(by)?)?.times(Self::whole(2))?;
        let odd = || Ok(down.units_up(unit)? % 2 != 0);
        let up = match left.compare(by.times(unit)?)? {
            Ordering::Less => false,
            Ordering::Equal => odd()?,
            Ordering::Greater => true,
        };
        let near = if up { down.plus(unit)? } else { down };
        if self.is_negative() { near.negated() } else { Ok(near) }
    }

    /// Rounded to `scale` decimals, halves to the even neighbour.
    pub fn half_even(self, scale: u32) -> Result<Self, TooLarge> {
        if self.scale <= scale {
            return Ok(self);
        }
        let unit = 10_i128.checked_pow(self.scale - scale).ok_or(TooLarge)?;
        let (floor, rest) = (self.mantissa.div_euclid(unit), self.mantissa.rem_euclid(unit));
        let up = match (rest * 2).cmp(&unit) {
            Ordering::Less => 0,
            Ordering::Equal => floor.rem_euclid(2),
            Ordering::Greater => 1,
        };
        Ok(Self::new(floor + up, scale))
    }

    fn at_scale(self, scale: u32) -> Result<i128, TooLarge> {
        let factor = 10_i128.checked_pow(scale - self.scale).ok_or(TooLarge)?;
        self.mantissa.checked_mul(factor).ok_or(TooLarge)
    }
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        Self::new(decimal.mantissa(), decimal.scale())
    }
}

impl From<Money> for Exact {
    fn from(money: Money) -> Self {
        money.decimal().into()
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let scale = usize::try_from(self.scale).expect("a scale is small");
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        text.parse::<Decimal>().expect("a decimal in a test").into()
    }

    #[test]
    fn sums_products_and_text_are_exact() {
        assert_eq!(exact("0.1").plus(exact("0.2")), Ok(exact("0.3")));
        assert_eq!(exact("-1.50").times(exact("0.04")), Ok(exact("-0.06")));
        assert_eq!(exact("100").minus(exact("100.000000001")).map(|e| e.to_string()).as_deref(), Ok("-0.000000001"));
        assert_eq!(exact("1200").to_string(), "1200");
        assert_eq!(Exact::whole(i128::MAX).plus(Exact::unit(1)), Err(TooLarge));
        assert_eq!(Exact::whole(i128::MIN).negated(), Err(TooLarge));
    }

    #[test]
    fn rounding_goes_to_the_even_neighbour_and_units_up() {
        assert_eq!(exact("0.125").half_even(2), Ok(exact("0.12")));
        assert_eq!(exact("0.135").half_even(2), Ok(exact("0.14")));
        assert_eq!(exact("-0.125").half_even(2), Ok(exact("-0.12")));
        assert_eq!(exact("0.126").half_even(2), Ok(exact("0.13")));
        assert_eq!(exact("0.000400005").units_up(exact("0.00000001")), Ok(40_001));
        assert_eq!(exact("-0.5").units_up(exact("1")), Ok(0));
        assert_eq!(exact("0.4010962211256").up(8), Ok(exact("0.40109623")));
        assert_eq!(exact("-0.4510000001").up(8), Ok(exact("-0.451")));
    }

    #[test]
    fn quotients_go_to_the_nearest_and_halves_to_the_even() {
        for (amount, by, expected) in [
            ("1000", "60000", "0.01666667"),
            ("-1000", "60000", "-0.01666667"),
            ("0.00000005", "2", "0.00000002"),
            ("0.00000007", "2", "0.00000004"),
            ("-0.00000007", "2", "-0.00000004"),
            ("0.00000001", "3", "0"),
            ("300", "40000", "0.0075"),
        ] {
            assert_eq!(exact(amount).quotient(exact(by), 8), Ok(exact(expected)), "{amount} by {by}");
        }
        assert_eq!(exact("1").quotient(Exact::ZERO, 8), Err(TooLarge));
    }

    #[test]
    fn shares_and_quotients_go_toward_zero() {
        assert_eq!(exact("18").share(4, 10, 8), Ok(exact("7.2")));
        assert_eq!(exact("1").share(2, 3, 2), Ok(exact("0.66")));
        assert_eq!(exact("-0.019").share(1, 1, 2), Ok(exact("-0.01")));
        assert_eq!(
            exact("75500").share(1_000_000_000_007, 3_000_000_000_021, 18),
            Ok(exact("25166.666666666666666666"))
        );
        assert_eq!(exact("18").divided(exact("600"), 20), Ok(exact("0.03")));
        assert_eq!(exact("1").divided(exact("0.3"), 4), Ok(exact("3.3333")));
        assert_eq!(exact("1").divided(Exact::ZERO, 4), Err(TooLarge));
    }
}
