//! Sizing, SZ-1 … SZ-7 (production-rules §2.3): it only ever shrinks, and each trim is recorded.
//!
//! Amounts are account currency until SZ-6 turns them into lots. Size is notional; leverage
//! divides margin and multiplies nothing.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Preflight;
use crate::market::{Check, Contract, Decision, Denied, Money, Price, Qty, Trim};
use crate::trading::plan::Plan;
use crate::trading::protection::Shield;

/// Digits kept of a quotient before it is cut toward zero; far below any lot.
const QUOTIENT_SCALE: u32 = 16;

fn quotient_down(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_div(b).map(|quotient| quotient.round_dp_with_strategy(QUOTIENT_SCALE, RoundingStrategy::ToZero))
}

impl Preflight<'_> {
    /// The quantity and leverage an entry may have.
    pub(super) fn sized(&mut self, plan: &Plan) -> Result<(Qty, u8), Denied> {
        let share = Check::Entry(23);
        let equity = self.equity(share)?;
        let tier = self.core.config.tier.rule(self.proposal.confidence.decimal());
        let regime = self.core.config.regime.rule(self.proposal.regime);
        let requested = self.requested(plan)?;
        let room = equity * self.core.config.risk.position_share.decimal() - self.worst_case(share, None)?;
        if room <= Decimal::ZERO {
            let words = "nothing is left of the instrument's share of equity";
            return Err(self.refuse(share, room.normalize(), "> 0", "account currency", words));
        }
        let mut notional = match self.risk_notional(plan, equity) {
            Some(at_risk) => self.trimmed(at_risk, at_risk * tier.0 * regime.size, Trim::TierAndRegime),
            None => requested.unwrap_or(room),
        };
        if let Some(requested) = requested {
            notional = self.trimmed(notional, requested, Trim::Requested);
        }
        notional = self.trimmed(notional, room, Trim::PositionShare);
        if self.core.pauses.losses() >= 5 {
            notional = self.trimmed(notional, notional * Decimal::new(5, 1), Trim::Losses);
        }
        if self.core.in_spike(self.instrument.id) {
            let factor = self.core.config.volatility.size_factor.0;
            notional = self.trimmed(notional, notional * factor, Trim::Volatility);
        }
        let qty = self.lots(plan, notional)?;
        Ok((qty, self.leverage(tier.1, regime.leverage)))
    }

    /// SZ-1: the notional that loses `risk.risk_per_trade` of equity at the stop. Without a stop
    /// there is none. What an inverse contract is worth at the entry stands to what it loses as the
    /// stop stands to its distance.
    fn risk_notional(&self, plan: &Plan, equity: Decimal) -> Option<Decimal> {
        let stop = self.instrument.price(self.stop_used(plan)?);
        let against = match self.instrument.contract {
            Contract::Spot | Contract::Linear => plan.e_worst,
            Contract::Inverse => stop,
        };
        let distance = (plan.e_worst - stop).abs();
        quotient_down(equity * self.core.config.risk.risk_per_trade.decimal() * against, distance)
    }

    /// The proposal's stop, or the position's where that one is pinned, so that it will hold, and is
    /// looser (§2.1).
    pub(super) fn stop_used(&self, plan: &Plan) -> Option<Price> {
        let cover = self.core.shield((self.proposal.desk, self.instrument.id)).and_then(Shield::cover);
        let pinned = cover.filter(|cover| cover.pinned).and_then(|cover| cover.stop);
        match (plan.stop, pinned) {
            (Some(stop), Some(pinned)) if plan.side.better(pinned, stop) => Some(pinned),
            (stop, _) => stop,
        }
    }

    /// The smaller of the two; a step that shrinks is recorded.
    fn trimmed(&mut self, from: Decimal, to: Decimal, by: Trim) -> Decimal {
        if to < from {
            let (from, to) = (Money::new(from), Money::new(to));
            self.trims.push(Decision::Trimmed { proposal: self.proposal.id, by, from, to });
        }
        from.min(to)
    }

    /// SZ-6: down to the lot, at the price size is counted at.
    fn lots(&mut self, plan: &Plan, notional: Decimal) -> Result<Qty, Denied> {
        let check = Check::Entry(18);
        let rate = self.in_account(check, Decimal::ONE)?;
        self.unrounded = self.instrument.amount_for(notional, plan.p_size, rate);
        let qty = self.instrument.qty_for(notional, plan.p_size, rate, self.now);
        let qty = self.known(check, qty, "a quantity of 64 bits")?;
        let value = self.instrument.size_at(qty, plan.p_size) * rate;
        self.trimmed(notional, value, Trim::Lot);
        Ok(qty)
    }

    /// SZ-5: the smallest leverage anyone allows; spot has none.
    fn leverage(&self, tier: u32, regime: u32) -> u8 {
        if self.instrument.contract == Contract::Spot {
            return 1;
        }
        let losses = self.core.config.loss_leverage.after(self.core.pauses.losses());
        let drawdown = self.core.drawdown().map_or(1, |(lost, peak)| self.core.config.drawdown_leverage.at(lost, peak));
        let most = tier.min(regime).min(losses).min(drawdown).min(self.core.config.risk.max_leverage).max(1);
        self.proposal.leverage.min(u8::try_from(most).unwrap_or(u8::MAX))
    }
}
