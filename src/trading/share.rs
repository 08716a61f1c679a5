//! Shares of whole amounts: `part` of `whole` of something, exactly or truncated toward zero.
//!
//! Nothing here overflows where the result fits, because the amount is divided before it is
//! multiplied and the remainder is carried along. What a truncation leaves stays with whoever
//! holds the amount.

use rust_decimal::Decimal;

use crate::market::Money;

/// `amount × part / whole`, truncated toward zero, for `0 ≤ part ≤ whole` and `whole > 0`.
pub(super) fn whole_share(amount: i128, part: i128, whole: i128) -> i128 {
    debug_assert!((0..=whole).contains(&part) && whole > 0, "{part} is no part of {whole}");
    (amount / whole) * part + (amount % whole) * part / whole
}

/// `amount × part / whole`, truncated toward zero to `scale` decimals; the whole of it when
/// `part` is `whole`, even where it has more decimals.
pub(super) fn money_share(amount: Money, part: i64, whole: i64, scale: u32) -> Money {
    if part == whole {
        return amount;
    }
    let amount = finer(amount.decimal(), scale);
    let share = whole_share(amount.mantissa(), part.into(), whole.into());
    Money::new(Decimal::from_i128_with_scale(share, amount.scale())).toward_zero(scale)
}

/// `numerator / denominator` rounded half-even to `decimals`, exactly; for showing a fraction.
pub(super) fn half_even(numerator: i128, denominator: i128, decimals: u32) -> Option<Decimal> {
    let (sign, n, d) =
        (numerator.signum() * denominator.signum(), numerator.checked_abs()?, denominator.checked_abs()?);
    let unit = 10_i128.checked_pow(decimals)?;
    let rest = n.checked_rem(d)?.checked_mul(unit)?;
    let (whole, left) = ((n / d).checked_mul(unit)?.checked_add(rest / d)?, rest % d);
    let up = match left.cmp(&(d - left)) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole % 2,
        std::cmp::Ordering::Greater => 1,
    };
    Decimal::try_from_i128_with_scale(sign * (whole + up), decimals).ok()
}

/// The same number written with at least `scale` decimals.
fn finer(amount: Decimal, scale: u32) -> Decimal {
    if amount.scale() >= scale {
        return amount;
    }
    let factor = 10_i128.pow(scale - amount.scale());
    let mantissa = amount.mantissa().checked_mul(factor).expect("an amount fits its asset's unit");
    Decimal::try_from_i128_with_scale(mantissa, scale).expect("an amount fits its asset's unit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal in a test")
    }

    #[test]
    fn shares_truncate_toward_zero() {
        assert_eq!(whole_share(302, 1, 3), 100);
        assert_eq!(whole_share(-302, 1, 3), -100);
        assert_eq!(whole_share(i128::MAX, 2, 2), i128::MAX);
        assert_eq!(whole_share(i128::MAX - 1, i64::MAX.into(), i64::MAX.into()), i128::MAX - 1);
        let fee = Money::new(decimal("18"));
        assert_eq!(money_share(fee, 4, 10, 8), Money::new(decimal("7.2")));
        assert_eq!(money_share(fee, 1, 7, 2), Money::new(decimal("2.57")));
        assert_eq!(money_share(-fee, 1, 7, 2), Money::new(decimal("-2.57")), "a rebate too");
        assert_eq!(money_share(Money::new(decimal("1.0001")), 7, 7, 2), Money::new(decimal("1.0001")));
    }

    #[test]
    fn fractions_are_shown_half_even() {
        assert_eq!(half_even(315_030_000, 7, 4), Some(decimal("45004285.7143")));
        assert_eq!(half_even(1, 8, 2), Some(decimal("0.12")));
        assert_eq!(half_even(3, 8, 2), Some(decimal("0.38")));
        assert_eq!(half_even(-3, 8, 2), Some(decimal("-0.38")));
        assert_eq!(half_even(1, 0, 2), None);
    }
}
