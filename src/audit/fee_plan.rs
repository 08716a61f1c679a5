//! What a fill costs by the venue's plan, counted again: law X6 for schedules that move with volume.
//!
//! It keeps what the venue's log says was executed, by instrument, oldest first, and adds it up with sums of its
//! own. Where there is no log of the venue, volume cannot be known, and nothing is said.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Assessed, ExecutionReport, FeePlan, FeeTable, Fill, InstrumentId, Liquidity, Rate};

const DAY_NS: i64 = 86_400_000_000_000;
const WINDOW_NS: i64 = 30 * DAY_NS;

/// Executions of one instrument that may still count.
#[derive(Clone, Debug, Default)]
struct Recent {
    executions: std::collections::VecDeque<(i64, Exact)>,
    sum: Exact,
    /// Of a plan that is looked up once a day: which day, and what had counted for it.
    day: Option<(i64, Exact)>,
}

/// What was traded, by instrument.
#[derive(Clone, Debug, Default)]
pub(super) struct Volumes(BTreeMap<InstrumentId, Recent>);

/// What an execution costs: rate on its value, and more by its quantity.
pub(super) struct Due {
    /// The rate.
    pub rate: Rate,
    /// In quote, beside the rate.
    pub beside: Exact,
}

impl Recent {
    /// What counts just now, of a plan that is looked up with every trade.
    fn by_now(&mut self, now: i64) -> Result<Exact, TooLarge> {
        let since = now.saturating_sub(WINDOW_NS);
        while let Some((_, value)) = self.executions.front().filter(|(at, _)| *at <= since) {
            self.sum = self.sum.minus(*value)?;
            self.executions.pop_front();
        }
        Ok(self.sum)
    }

    /// What had counted when the tier of a day was looked up.
    fn by_day(&mut self, until: i64) -> Result<Exact, TooLarge> {
        if let Some((_, sum)) = self.day.filter(|(day, _)| *day == until) {
            return Ok(sum);
        }
        let mut sum = Exact::ZERO;
        for (_, value) in self.executions.iter().filter(|(at, _)| (until.saturating_sub(WINDOW_NS)..until).contains(at))
        {
            sum = sum.plus(*value)?;
        }
        self.day = Some((until, sum));
        Ok(sum)
    }
}

impl Volumes {
    /// Counts an execution.
    pub(super) fn add(&mut self, card: &InstrumentCard, report: &ExecutionReport, fill: &Fill) -> Result<(), TooLarge> {
        if card.plan.is_some() {
            let value = card.notional(fill.qty, fill.price)?;
            let recent = self.0.entry(report.instrument).or_default();
            recent.sum = recent.sum.plus(value)?;
            recent.executions.push_back((report.at.0, value));
        }
        Ok(())
    }

    /// What an execution costs that is about to be counted.
    pub(super) fn due(
        &mut self,
        card: &InstrumentCard,
        plan: &FeePlan,
        report: &ExecutionReport,
        fill: &Fill,
    ) -> Result<Due, TooLarge> {
        let recent = self.0.entry(report.instrument).or_default();
        let table = plan.table(report.at);
        let (volume, brought) = match table.assessed {
            Assessed::EachTrade => {
                let now = report.at.0;
                (recent.by_now(now)?, plan.since.0 > now.saturating_sub(WINDOW_NS))
            }
            Assessed::Daily { counted, holds } => {
                let day = report.at.0.saturating_sub(holds.0).div_euclid(DAY_NS).saturating_mul(DAY_NS);
                let until = day.saturating_add(counted.0);
                (recent.by_day(until)?, plan.since.0 >= until.saturating_sub(WINDOW_NS))
            }
        };
        let price = Exact::from(table.volume_price);
        let volume = if brought { volume.plus(Exact::from(plan.brought).times(price)?)? } else { volume };
        let mut rate = of(table, 0, fill.liquidity);
        for (at, tier) in table.tiers.iter().enumerate() {
            if Exact::from(tier.volume).times(price)?.compare(volume)?.is_le() {
                rate = of(table, at, fill.liquidity);
            }
        }
        let cumulative = report.cumulative.map_or(0, |qty| qty.0);
        let after = by_quantity(card, table, cumulative)?;
        let before = by_quantity(card, table, cumulative.saturating_sub(fill.qty.0))?;
        Ok(Due { rate, beside: after.minus(before)? })
    }
}

fn of(table: &FeeTable, tier: usize, liquidity: Liquidity) -> Rate {
    match liquidity {
        Liquidity::Maker => table.tiers[tier].maker,
        Liquidity::Taker => table.tiers[tier].taker,
    }
}

/// An order's fee by quantity, up to a cumulative quantity.
fn by_quantity(card: &InstrumentCard, table: &FeeTable, cumulative: i64) -> Result<Exact, TooLarge> {
    if cumulative <= 0 {
        return Ok(Exact::ZERO);
    }
    let by = card.qty(crate::market::Qty(cumulative))?.times(table.per_unit.into())?;
    let least = Exact::from(table.least);
    let due = if by.compare(least)?.is_lt() { least } else { by };
    due.up(card.quote_scale)
}

impl Facts {
    /// What the plan of an instrument says an execution costs, which is counted with it; none without a plan.
    pub(super) fn learn_due(&mut self, report: &ExecutionReport, fill: &Fill) -> Result<(), TooLarge> {
        let Some(card) = self.header.instruments.get(usize::from(report.instrument.0)) else { return Ok(()) };
        let Some(plan) = &card.plan else { return Ok(()) };
        let due = self.volumes.due(card, plan, report, fill)?;
        self.volumes.add(card, report, fill)?;
        self.executions.entry(fill.execution).or_default().due = Some((due.rate, due.beside));
        Ok(())
    }
}
