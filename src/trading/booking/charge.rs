//! What a fill cost: the fee as reported or as the schedule predicts, and its value in quote.
//!
//! A reported fee always wins. One in another asset is valued at the rate given with the fill,
//! or else at the venue's own conversion price; without either it cannot be valued and the
//! booking is refused whole. An amount that would lose a digit is refused, never rounded.

use rust_decimal::Decimal;

use super::{BookError, Execution};
use crate::market::{AssetId, Contract, FeeAsset, Instrument, Money, Price, Qty, TickLots};
use crate::trading::residue::Grain;

/// A fee ready to be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// In which asset.
    pub asset: AssetId,
    /// How much of it; negative is a rebate.
    pub amount: Money,
    /// Its value in the asset the instrument settles in.
    pub value: Money,
    /// Whether it is the schedule's prediction, to be corrected by the venue's report.
    pub provisional: bool,
}

impl Charge {
    /// The fee of an execution.
    pub(super) fn of(execution: &Execution<'_>) -> Result<Self, BookError> {
        let Execution { instrument, fill, .. } = execution;
        fits(instrument, fill.price, fill.qty)?;
        let schedule = instrument.rules(execution.at).fees;
        let (asset, amount) = match fill.fee {
            Some(fee) => (fee.asset, fee.amount),
            None => instrument.fee(&schedule, fill.side, fill.liquidity, fill.price, fill.qty),
        };
        let value = if asset == instrument.settles_in() {
            Some(amount)
        } else if is_disposal(instrument, asset) {
            let grain = Grain::of(instrument);
            let amount =
                grain.amount(amount).ok_or(BookError::FeeScale { asset, amount, scale: instrument.base_scale })?;
            amount.checked_mul(fill.price.0.into()).and_then(|product| grain.value(product))
        } else {
            let rate = match (execution.fee_rate, schedule.asset) {
                (Some(rate), _) => rate,
                (None, FeeAsset::Third { asset: third, price, .. })
                    if third == asset && instrument.settles_in() == instrument.quote =>
                {
                    price
                }
                (None, _) if asset == instrument.base => Money::new(instrument.price(fill.price)),
                (None, _) => return Err(BookError::NoRate { asset, amount }),
            };
            checked_product(amount.decimal(), rate.decimal()).map(Money::new)
        };
        let value = value.ok_or(BookError::TooLarge { price: fill.price, qty: fill.qty })?;
        Ok(Self { asset, amount, value, provisional: fill.fee.is_none() })
    }
}

/// Whether a fee in `asset` leaves from the position itself: the base asset of a spot instrument.
pub(super) fn is_disposal(instrument: &Instrument, asset: AssetId) -> bool {
    instrument.contract == Contract::Spot && asset == instrument.base && asset != instrument.quote
}

/// Refuses what would not fit exact money, with six digits to spare for rates and sums.
fn fits(instrument: &Instrument, price: Price, qty: Qty) -> Result<(), BookError> {
    const SPARE: i128 = 1_000_000;
    const LIMIT: i128 = (1 << 96) - 1;
    let (product, units) = match instrument.contract {
        Contract::Spot | Contract::Linear => {
            (Some(qty.at(price)), [instrument.price_unit.mantissa(), instrument.qty_unit.mantissa(), SPARE])
        }
        Contract::Inverse => (instrument.checked_worth(qty, price), [1, 1, SPARE]),
    };
    let Some(TickLots(product)) = product else { return Err(BookError::TooLarge { price, qty }) };
    let exact = units
        .iter()
        .try_fold(product, |product, factor| product.checked_mul(*factor))
        .is_some_and(|product| product.abs() <= LIMIT);
    if exact { Ok(()) } else { Err(BookError::TooLarge { price, qty }) }
}

fn checked_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    Decimal::try_from_i128_with_scale(a.mantissa().checked_mul(b.mantissa())?, a.scale() + b.scale()).ok()
}
