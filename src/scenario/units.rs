//! Amounts in the units of a tape: what an instrument's grids and rules are as whole numbers, and whether
//! orders as large as they allow fit the arithmetic.

use rust_decimal::Decimal;

use super::Located;
use super::assets::Assets;
use super::instrument::{FeeAssetText, InstrumentText, RulesText};
use super::section::Problems;
use crate::market::{Contract, FeeAsset, FeeSchedule, Instrument, Liquidity, Price, Qty, Rules};

/// Greatest order quantity where the venue names none, in quantity units.
const QTY_MAX: i64 = 1_000_000_000_000;
/// As many of the greatest orders an inverse position may be.
const MANY: i64 = 1_000_000;

/// The units of a tape, in which an instrument's amounts are counted.
pub(super) struct Units<'a> {
    pub(super) path: &'a str,
    pub(super) price: Decimal,
    pub(super) qty: Decimal,
}

impl Units<'_> {
    pub(super) fn rules(&self, text: &RulesText, assets: &Assets, problems: &mut Problems<'_>) -> Rules {
        let lot = self.whole(text.lot, self.qty, "lot", "quantity", problems);
        let mut qty = |amount: Option<Located<Decimal>>, key, otherwise| {
            amount.map_or(otherwise, |amount| self.whole(amount, self.qty, key, "quantity", problems))
        };
        let (min_qty, max_qty) = (qty(text.min_qty, "min_qty", lot), qty(text.max_qty, "max_qty", QTY_MAX));
        let asset = match &text.fee_asset {
            FeeAssetText::Quote => FeeAsset::Quote,
            FeeAssetText::Base => FeeAsset::Base,
            FeeAssetText::Received => FeeAsset::Received,
            FeeAssetText::Third { name, price, scale } => {
                FeeAsset::Third { asset: assets.id(&name.value), scale: *scale, price: *price }
            }
        };
        Rules {
            from: text.from,
            tick: Price(self.whole(text.tick, self.price, "tick", "price", problems)),
            lot: Qty(lot),
            min_qty: Qty(min_qty),
            max_qty: Qty(max_qty),
            min_notional: text.min_notional,
            band: text.band,
            fees: FeeSchedule { maker: text.charge.maker, taker: text.charge.taker, asset },
        }
    }

    /// An amount as a whole number of units; one that is none is a problem, and counts as one.
    pub(super) fn whole(
        &self,
        amount: Located<Decimal>,
        unit: Decimal,
        key: &str,
        kind: &str,
        problems: &mut Problems<'_>,
    ) -> i64 {
        let rest = amount.value.checked_rem(unit);
        let units = amount.value.checked_div(unit).map(|units| units.normalize());
        let whole = units.filter(|units| units.scale() == 0).and_then(|units| i64::try_from(units.mantissa()).ok());
        let sound = |whole: &i64| rest.is_some_and(|rest| rest.is_zero()) && (1..=QTY_MAX).contains(whole);
        if let Some(whole) = whole.filter(sound) {
            return whole;
        }
        let allowed = format!("a whole number of the tape's {kind} units of {}, at most {QTY_MAX}", unit.normalize());
        let field = format!("{}.{key}", self.path);
        problems.add("E-SC-011", amount.at, &field, format!("\"{}\"", amount.value), &allowed);
        1
    }

    /// Every quantity must be an amount of the base asset; of an inverse contract it is none.
    pub(super) fn fit_scales(&self, text: &InstrumentText, problems: &mut Problems<'_>) {
        let decimals = self.qty.normalize().scale();
        if text.contract != Contract::Inverse && text.base_scale.value < decimals {
            let allowed = format!("at least {decimals}, the decimals of the tape's quantity unit");
            let field = format!("{}.base_scale", self.path);
            problems.add("E-SC-011", text.base_scale.at, &field, text.base_scale.value.to_string(), &allowed);
        }
    }

    /// The greatest order at twice the highest price, and its fee, must have exact values; of an inverse contract at
    /// half the lowest, and so must many of them.
    pub(super) fn fit_arithmetic(
        &self,
        text: &InstrumentText,
        instrument: &Instrument,
        (lowest, highest): (Price, Price),
        problems: &mut Problems<'_>,
    ) {
        let decimals = match text.contract {
            Contract::Spot | Contract::Linear => self.price.normalize().scale() + self.qty.normalize().scale(),
            Contract::Inverse => text.base_scale.value,
        };
        for (rules, written) in instrument.timeline.iter().zip(&text.rules) {
            let rate = [Liquidity::Maker, Liquidity::Taker].map(|kind| rules.fees.rate(kind).decimal().normalize());
            let digits = rate.map(|rate| rate.mantissa().abs()).into_iter().max().unwrap_or_default().max(1);
            let scale = decimals + rate.map(|rate| rate.scale()).into_iter().max().unwrap_or_default();
            let most = rules.max_qty.0;
            let (value, price) = match text.contract {
                Contract::Spot | Contract::Linear => ((2 * i128::from(highest.0)).checked_mul(most.into()), highest),
                Contract::Inverse => {
                    let worth = |qty| instrument.checked_worth(Qty(qty), Price((lowest.0 / 2).max(1)));
                    (worth(most.saturating_mul(MANY)).and(worth(most)).map(|worth| worth.0.abs()), lowest)
                }
            };
            let fits = value.and_then(|value| value.checked_mul(digits)).is_some_and(|value| value < 1 << 96);
            if !fits || scale > Decimal::MAX_SCALE {
                let here = written.max_qty.filter(|_| text.changes.is_none());
                let at = here.map_or(text.symbol.at, |max| max.at);
                let found =
                    format!("orders of up to {} at up to {}", instrument.qty(rules.max_qty), instrument.price(price));
                let allowed = "values of at most 28 digits; a smaller max_qty, or data in coarser units";
                problems.add("E-SC-011", at, &format!("{}.max_qty", self.path), found, allowed);
            }
        }
    }
}
