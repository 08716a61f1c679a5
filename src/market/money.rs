//! Exact decimals: money, rates, and prices as somebody wrote them.
//!
//! [`Money`] is an exact decimal: an operation that would lose a digit stops the program instead,
//! and every rounding is a method that names its rule. There is no conversion from a binary float
//! here, and none may be added.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact amount of one asset. Which asset is said beside it.
///
/// Addition and multiplication are exact or stop the program: an amount never loses a digit
/// silently. Serialised as text for people and as (mantissa, scale) in binary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(Decimal);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An amount from a decimal that is already exact.
    #[must_use]
    pub const fn new(amount: Decimal) -> Self {
        Self(amount)
    }

    /// The amount as a decimal.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Rounded to `scale` decimals, halves to the even neighbour (cash posted for a fill,
    /// production-rules §4.3).
    #[must_use]
    pub fn half_even(self, scale: u32) -> Self {
        self.rounded(scale, RoundingStrategy::MidpointNearestEven)
    }

    /// Rounded to `scale` decimals toward +∞ (funds required; a fee away from zero, a rebate
    /// toward zero, production-rules §4.3).
    #[must_use]
    pub fn up(self, scale: u32) -> Self {
        self.rounded(scale, RoundingStrategy::ToPositiveInfinity)
    }

    /// Rounded to `scale` decimals toward zero (a released share, production-rules §4.3).
    #[must_use]
    pub fn toward_zero(self, scale: u32) -> Self {
        self.rounded(scale, RoundingStrategy::ToZero)
    }

    fn rounded(self, scale: u32, rule: RoundingStrategy) -> Self {
        Self(self.0.round_dp_with_strategy(scale, rule))
    }

    /// This amount times an exact factor.
    ///
    /// # Panics
    /// When the product does not fit 28 significant digits: an amount must never lose one.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        Self(exact_product(self.0, factor))
    }
}

/// The exact product of two decimals.
///
/// # Panics
/// When it does not fit 96 bits and 28 decimals: the core never rounds without saying so.
#[must_use]
pub fn exact_product(a: Decimal, b: Decimal) -> Decimal {
    let (a, b) = if a.scale() + b.scale() > Decimal::MAX_SCALE { (a.normalize(), b.normalize()) } else { (a, b) };
    let product = match (i64::try_from(a.mantissa()), i64::try_from(b.mantissa())) {
        // Nearly always: what fits 64 bits cannot overflow, and is multiplied in one instruction.
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.mantissa().checked_mul(b.mantissa()),
    };
    product
        .and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, a.scale() + b.scale()).ok())
        .expect("a product of money fits 28 significant digits; the instrument's units are too fine for its sizes")
}

fn exact_sum(a: Decimal, b: Decimal) -> Decimal {
    let sum = a + b;
    let kept = sum.scale() >= a.scale().max(b.scale()) || a.is_zero() || b.is_zero();
    assert!(kept, "a sum of money lost digits: {a} + {b}");
    sum
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(exact_sum(self.0, other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(exact_sum(self.0, -other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), f)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A dimensionless fraction, exact: 0.5 % is `0.005`. Compared by cross-multiplication, never by
/// division.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(Decimal);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The whole.
    pub const ONE: Self = Self(Decimal::ONE);

    /// A fraction from an exact decimal.
    #[must_use]
    pub const fn new(fraction: Decimal) -> Self {
        Self(fraction)
    }

    /// `n` hundredths of a percent.
    #[must_use]
    pub fn from_bps(n: i64) -> Self {
        Self(Decimal::new(n, 4))
    }

    /// The fraction as a decimal.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), f)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A price as somebody wrote it, quote per base, not yet on any grid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawPrice(Decimal);

impl RawPrice {
    /// A price from an exact decimal.
    #[must_use]
    pub const fn new(price: Decimal) -> Self {
        Self(price)
    }

    /// The price as a decimal.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for RawPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), f)
    }
}

impl fmt::Debug for RawPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn serialize_decimal<S: Serializer>(decimal: Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_str(&decimal.normalize())
    } else {
        let decimal = decimal.normalize();
        (decimal.mantissa(), decimal.scale()).serialize(serializer)
    }
}

fn deserialize_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    use serde::de::Error;
    if deserializer.is_human_readable() {
        let text = String::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map_err(|_| D::Error::custom(format!("`{text}` is not a decimal")))
    } else {
        let (mantissa, scale) = <(i128, u32)>::deserialize(deserializer)?;
        Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| D::Error::custom("a decimal out of range"))
    }
}

macro_rules! serde_as_decimal {
    ($($amount:ty),*) => {$(
        impl Serialize for $amount {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_decimal(self.0, serializer)
            }
        }
        impl<'de> Deserialize<'de> for $amount {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_decimal(deserializer).map(Self)
            }
        }
    )*};
}
serde_as_decimal!(Money, Rate, RawPrice);

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::new(text.parse().expect("a decimal in a test"))
    }

    #[test]
    fn rounding_is_named() {
        assert_eq!(money("100.2740552814").half_even(8), money("100.27405528"));
        assert_eq!(money("0.4010962211256").up(8), money("0.40109623"));
        assert_eq!(money("-0.4510000001").up(8), money("-0.451"), "a rebate rounds toward zero");
        assert_eq!(money("0.125").half_even(2), money("0.12"));
        assert_eq!(money("-7.29").toward_zero(1), money("-7.2"));
        assert_eq!((money("-7.29").abs(), money("7.29").abs()), (money("7.29"), money("7.29")));
    }

    #[test]
    #[should_panic(expected = "fits 28 significant digits")]
    fn a_product_never_loses_a_digit() {
        let fine: Decimal = "1.00000000000001".parse().expect("a decimal in a test");
        let _ = Money::new(fine).times(fine).times(fine);
    }

    #[test]
    #[should_panic(expected = "lost digits")]
    fn a_sum_never_loses_a_digit() {
        let _ = money("79228162514264337593543950335") + money("0.1");
    }
}
