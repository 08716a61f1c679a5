//! What the venue charges: the schedule in force, by the tier that the account's own volume has reached.
//!
//! The venue counts what it executed, in quote, over a rolling 30 days, and looks a tier up with every
//! execution or once a day, as its plan says. An execution is charged by what was traded before it. Nothing that was
//! traded is ever charged anew when the tier moves, and what is busted later stays in the volume.

use super::Venue;
use super::resting::{Number, place};
use crate::market::{
    Assessed, AssetId, FeeAsset, FeePlan, FeeSchedule, FeeTable, FeeTier, InstrumentId, Liquidity, Money, Price, Qty,
    Span, Timestamp, VOLUME_WINDOW,
};

const DAY: i64 = Span::from_hours(24).0;

/// What an account traded in one instrument, in quote: the running total after each execution.
#[derive(Clone, Default)]
pub(super) struct Traded(Vec<(Timestamp, Money)>);

impl Traded {
    pub(super) fn add(&mut self, now: Timestamp, value: Money) {
        let total = self.0.last().map_or(Money::ZERO, |last| last.1) + value;
        self.0.push((now, total));
    }

    /// Everything before an instant; `with` those at it.
    fn total(&self, until: Timestamp, with: bool) -> Money {
        let after = self.0.partition_point(|(at, _)| *at < until || (with && *at == until));
        after.checked_sub(1).map_or(Money::ZERO, |last| self.0[last].1)
    }

    /// What counts for a tier now, in quote: of the 30 days before the tier is looked up.
    fn counts(&self, plan: &FeePlan, table: &FeeTable, now: Timestamp) -> Money {
        let (until, with) = match table.assessed {
            Assessed::EachTrade => (now, true),
            Assessed::Daily { counted, holds } => {
                let day = (now.0 - holds.0).div_euclid(DAY) * DAY;
                (Timestamp(day + counted.0), false)
            }
        };
        let since = Timestamp(until.0.saturating_sub(VOLUME_WINDOW.0));
        let brought = if plan.since > since || (plan.since == since && !with) { plan.brought } else { Money::ZERO };
        brought.times(table.volume_price.decimal()) + self.total(until, with) - self.total(since, with)
    }
}

/// The tier of a volume in quote: the highest that it reaches.
fn tier(table: &FeeTable, volume: Money) -> FeeTier {
    let reached = |tier: &&FeeTier| tier.volume.times(table.volume_price.decimal()) <= volume;
    *table.tiers.iter().rev().find(reached).unwrap_or(&table.tiers[0])
}

/// The part of an order's fee that goes by quantity, up to a cumulative quantity of base.
fn by_quantity(table: &FeeTable, base: Money, scale: u32) -> Money {
    if base.is_zero() { Money::ZERO } else { base.times(table.per_unit.decimal()).max(table.least).up(scale) }
}

impl Venue {
    fn plan_of(&self, instrument: InstrumentId) -> Option<&FeePlan> {
        self.config.fee_plans.get(place(instrument)).and_then(Option::as_ref)
    }

    /// The rates in force for the account.
    pub(super) fn schedule(&self, now: Timestamp, instrument: InstrumentId) -> FeeSchedule {
        let fees = self.config.instruments[place(instrument)].rules(now).fees;
        let Some(plan) = self.plan_of(instrument) else { return fees };
        let table = plan.table(now);
        let tier = tier(table, self.markets[place(instrument)].traded.counts(plan, table, now));
        FeeSchedule { maker: tier.maker, taker: tier.taker, ..fees }
    }

    /// What an order of this instrument may cost by its quantity alone, whole.
    pub(super) fn most_by_quantity(&self, now: Timestamp, instrument: InstrumentId, qty: Qty) -> Money {
        let of = &self.config.instruments[place(instrument)];
        let by = |plan: &FeePlan| by_quantity(plan.table(now), Money::new(of.qty(qty)), of.quote_scale);
        self.plan_of(instrument).map_or(Money::ZERO, by)
    }

    /// The fee of an execution about to happen.
    pub(super) fn fee(
        &self,
        now: Timestamp,
        number: Number,
        liquidity: Liquidity,
        price: Price,
        qty: Qty,
    ) -> (AssetId, Money) {
        let order = self.orders.get(number);
        let instrument = &self.config.instruments[place(order.terms.instrument)];
        let fees = self.schedule(now, instrument.id);
        let (asset, by_value) = instrument.fee(&fees, order.terms.side, liquidity, price, qty);
        let Some(plan) = self.plan_of(instrument.id).filter(|_| fees.asset == FeeAsset::Quote) else {
            return (asset, by_value);
        };
        let up_to = |qty| by_quantity(plan.table(now), Money::new(instrument.qty(qty)), instrument.quote_scale);
        (asset, by_value + up_to(order.filled + qty) - up_to(order.filled))
    }

    /// Counts an execution, which may move the tier of the next.
    pub(super) fn count_traded(&mut self, now: Timestamp, instrument: InstrumentId, price: Price, qty: Qty) {
        if self.plan_of(instrument).is_some() {
            let value = self.config.instruments[place(instrument)].notional(qty, price);
            self.markets[place(instrument)].traded.add(now, value);
        }
    }

    /// What the account traded of late as it counts for its tier, in quote, and the rates in force.
    #[must_use]
    pub fn fees_in_force(&self, now: Timestamp, instrument: InstrumentId) -> (Money, FeeSchedule) {
        let volume = self
            .plan_of(instrument)
            .map_or(Money::ZERO, |plan| self.markets[place(instrument)].traded.counts(plan, plan.table(now), now));
        (volume, self.schedule(now, instrument))
    }
}
