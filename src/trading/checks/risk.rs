//! CK-26 and CK-29: what moves together, and what could still be lost.

use rust_decimal::Decimal;

use super::Preflight;
use crate::market::{Breaker, Check, Denied, Qty};
use crate::trading::open_risk::entry_loss;
use crate::trading::plan::Plan;

impl Preflight<'_> {
    /// CK-26: what moves together with the instrument, and this order, stay within their share.
    pub(super) fn correlated_exposure(&mut self, notional: Decimal) -> Result<(), Denied> {
        let check = Check::Entry(26);
        let parts = self.known(check, self.core.correlated_with(self.instrument), "a mark of every instrument held")?;
        let limit = self.equity(check)? * self.core.config.risk.correlated_exposure.decimal();
        let total = notional + parts.iter().map(|(_, part)| *part).sum::<Decimal>();
        let named = parts
            .iter()
            .map(|(id, part)| format!("{} {}, ", self.core.instrument(*id).symbol, part.round_dp(8).normalize()));
        let (named, share) = (named.collect::<String>(), self.share(total));
        let words = format!("{share}: {named}this order {}", notional.normalize());
        self.at_most(check, total, limit, "account currency, equity × risk.correlated_exposure", &words)
    }

    /// CK-29: even if every stop is hit, no loss limit is reached (SAFETY-1).
    pub(super) fn projected_loss(&mut self, plan: &Plan, qty: Qty) -> Result<(), Denied> {
        let check = Check::Entry(29);
        if !self.core.config.risk.project_losses {
            return Ok(());
        }
        let losses = self.known(check, self.core.losses(), "the period's first equity")?;
        let open = self.known(check, self.core.open_risk(self.now), "a mark of every position")?;
        let own = entry_loss(self.instrument, plan.side, plan.e_worst, self.stop_used(plan), qty, self.now);
        let own = self.in_account(check, own)?;
        for (breaker, lost, limit) in losses {
            let key = match breaker {
                Breaker::DailyLoss => "breaker.daily",
                Breaker::WeeklyLoss => "breaker.weekly",
                Breaker::Drawdown => "breaker.drawdown",
                Breaker::ConsecutiveLosses | Breaker::ExecutionErrors | Breaker::StopEverything => continue,
            };
            let parts = [lost, open, own].map(|part| part.normalize());
            let words = format!("lost so far {}, open risk {}, this order {}", parts[0], parts[1], parts[2]);
            let total = lost + open + own;
            if total >= limit {
                let unit = format!("account currency, {key}");
                return Err(self.refuse(check, total.normalize(), format!("< {}", limit.normalize()), &unit, &words));
            }
            self.passed(check, total, limit);
        }
        Ok(())
    }
}
