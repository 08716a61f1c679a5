//! CK-13 … CK-17: where an entry would trade, where it would be given up, and whether the desk is
//! sure enough. Percentages compare exactly, by cross-multiplication.

use rust_decimal::Decimal;

use super::Preflight;
use crate::market::{Check, Denied, Pricing, Side};
use crate::trading::plan::Plan;
use crate::trading::view::Reference;

/// Confidence asked for in addition when the day's loss is near its limit.
const NEAR_LIMIT: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

impl Preflight<'_> {
    /// CK-13: a limit is inside the collar and not too far behind; post-only would not cross.
    pub(super) fn limit_in_band(&mut self, plan: &Plan, reference: Reference) -> Result<(), Denied> {
        let check = Check::Entry(13);
        let Pricing::Limit(_) = self.proposal.pricing else { return Ok(()) };
        let config = &self.core.config.orders;
        let collar = reference.collar(self.instrument, plan.side, config.entry_collar.decimal(), self.now);
        let collar = self.known(check, collar, "a collar")?;
        let mid = plan.reference;
        let far = mid * (Decimal::ONE - config.limit_max_distance.decimal() * Decimal::from(plan.side.sign()));
        let (low, high) = match plan.side {
            Side::Buy => (far, self.instrument.price(collar)),
            Side::Sell => (self.instrument.price(collar), far),
        };
        let words = format!("reference {}, band {} to {}", mid.normalize(), low.normalize(), high.normalize());
        self.at_least(check, plan.e_worst, low, "quote", &words)?;
        self.at_most(check, plan.e_worst, high, "quote", &words)?;
        let opposite = match plan.side {
            Side::Buy => reference.ask,
            Side::Sell => reference.bid,
        };
        if self.proposal.post_only && plan.side.reaches(plan.order_price, opposite) {
            let opposite = self.instrument.price(opposite).normalize();
            return Err(self.refuse(check, plan.e_worst.normalize(), opposite, "quote", "post-only would cross"));
        }
        Ok(())
    }

    /// CK-14: there is a stop, and stop and target stand on their sides (CRITICAL-9).
    pub(super) fn stop_present(&self, plan: &Plan) -> Result<(), Denied> {
        let check = Check::Entry(14);
        let sign = Decimal::from(plan.side.sign());
        let price = |price| self.instrument.price(price);
        match plan.stop {
            None if self.core.config.stop.required => {
                return Err(self.refuse(check, "no stop", "stop.required = true", "", ""));
            }
            Some(stop) if sign * (plan.e_plan - price(stop)) <= Decimal::ZERO => {
                let words = "the stop is on the wrong side of the entry";
                return Err(self.refuse(check, price(stop).normalize(), plan.e_plan.normalize(), "quote", words));
            }
            _ => {}
        }
        match plan.target {
            Some(target) if sign * (price(target) - plan.e_plan) <= Decimal::ZERO => {
                let words = "the target is on the wrong side of the entry";
                Err(self.refuse(check, price(target).normalize(), plan.e_plan.normalize(), "quote", words))
            }
            _ => Ok(()),
        }
    }

    /// CK-15: the stop is neither too near by the plan nor too far at worst.
    pub(super) fn stop_distance(&mut self, plan: &Plan) -> Result<(), Denied> {
        let check = Check::Entry(15);
        let Some(stop) = plan.stop.map(|stop| self.instrument.price(stop)) else { return Ok(()) };
        let config = &self.core.config;
        let (near, far) = ((plan.e_plan - stop).abs(), (plan.e_worst - stop).abs());
        let share = |distance: Decimal, entry: Decimal| (distance / entry).round_dp(6).normalize();
        let words = format!("{} from the plan, {} at worst", share(near, plan.e_plan), share(far, plan.e_worst));
        self.at_least(check, near, config.stop.min.decimal() * plan.e_plan, "quote, stop.min", &words)?;
        let most = config.stop_max(&self.instrument.symbol);
        self.at_most(check, far, most.decimal() * plan.e_worst, "quote, stop.max", &words)
    }

    /// CK-16: a target pays for the risk, before fees.
    pub(super) fn reward_to_risk(&mut self, plan: &Plan) -> Result<(), Denied> {
        let (Some(stop), Some(target)) = (plan.stop, plan.target) else { return Ok(()) };
        let risk = (plan.e_worst - self.instrument.price(stop)).abs();
        let reward = (self.instrument.price(target) - plan.e_worst).abs();
        let least = self.core.config.stop.min_reward_risk.0;
        let words = format!("ratio {}", reward.checked_div(risk).unwrap_or_default().round_dp(6));
        self.at_least(Check::Entry(16), reward, least * risk, "quote", &words)
    }

    /// CK-17: the desk is sure enough for the regime, the run of losses, the strictness and the day.
    pub(super) fn confident(&mut self) -> Result<(), Denied> {
        let config = &self.core.config.confidence;
        let regime = self.core.config.regime.rule(self.proposal.regime).confidence;
        let (losses, strictness) = (config.after_losses(self.core.pauses.losses()), config.by_strictness());
        let near = if self.core.near_daily_limit() { NEAR_LIMIT } else { Decimal::ZERO };
        let required = (regime + losses + strictness + near).max(config.floor.0).min(Decimal::ONE);
        let words = format!(
            "regime {regime}, losses {losses}, strictness {strictness}, near the daily limit {near}, floor {}",
            config.floor.0
        );
        self.at_least(Check::Entry(17), self.proposal.confidence.decimal(), required, "confidence", &words)
    }
}
