//! CK-18 … CK-32: whether the sized order may leave. They see only the trimmed plan.

use rust_decimal::Decimal;

use super::Preflight;
use crate::market::Purpose;
use crate::market::{Bug, Check, Contract, Denied, FeeAsset, Price, Qty, Rate, Side, planted};
use crate::trading::core::Core;
use crate::trading::plan::Plan;
use crate::trading::words::{Ability, StopKind};

impl Preflight<'_> {
    /// CK-18 … CK-32; the notional in account currency, at the price size is counted at.
    pub(super) fn size_allowed(&mut self, plan: &Plan, qty: Qty, leverage: u8) -> Result<Decimal, Denied> {
        let untrimmed = self.requested(plan)?.filter(|_| planted(Bug::RiskTrimOrder));
        let size = untrimmed.unwrap_or_else(|| self.instrument.size_at(qty, plan.p_size));
        let notional = self.in_account(Check::Entry(22), size)?;
        self.minimum_qty(qty)?;
        self.minimum_notional(plan, qty)?;
        self.venue_maximum(plan, qty)?;
        self.stop_leg(plan, qty)?;
        self.size_caps(plan.side, size, notional)?;
        self.position_share(plan.side, size)?;
        self.entry_counts()?;
        self.total_exposure(plan.side, size)?;
        self.correlated_exposure(notional)?;
        self.funds(plan, qty, leverage, notional)?;
        self.projected_loss(plan, qty)?;
        self.order_slots()?;
        self.no_self_cross(plan.side, plan.order_price)?;
        self.entry_budget()?;
        Ok(notional)
    }

    /// CK-18: the venue's least quantity, after rounding (CRITICAL-1).
    fn minimum_qty(&mut self, qty: Qty) -> Result<(), Denied> {
        let (measured, least) = (self.instrument.qty(qty), self.instrument.qty(self.rules.min_qty.max(Qty(1))));
        if planted(Bug::Critical1Minimum) {
            return Ok(());
        }
        let unrounded = self.unrounded.unwrap_or(measured).round_dp(12).normalize();
        self.at_least(
            Check::Entry(18),
            measured,
            least,
            "base",
            &format!("{unrounded} before rounding down to the lot"),
        )
    }

    /// CK-19: the venue's least notional, at the smaller of order price and reference (CRITICAL-1).
    fn minimum_notional(&mut self, plan: &Plan, qty: Qty) -> Result<(), Denied> {
        let unrounded = self.unrounded.filter(|_| planted(Bug::Critical1Minimum2));
        let counted = unrounded.unwrap_or_else(|| self.instrument.qty(qty));
        let notional = self.instrument.notional_of(counted, plan.e_worst.min(plan.reference));
        let notional = self.known(Check::Entry(19), notional, "a notional of 96 bits")?;
        if planted(Bug::Critical1Minimum) {
            return Ok(());
        }
        self.at_least(Check::Entry(19), notional, self.rules.min_notional.decimal(), "quote", "")
    }

    /// CK-20: the venue's greatest quantity and its price band.
    fn venue_maximum(&mut self, plan: &Plan, qty: Qty) -> Result<(), Denied> {
        let check = Check::Entry(20);
        self.at_most(check, self.instrument.qty(qty), self.instrument.qty(self.rules.max_qty), "base", "")?;
        let Some(band) = self.rules.band else { return Ok(()) };
        let distance = (plan.e_worst - plan.reference).abs();
        self.at_most(
            check,
            distance,
            band.decimal() * plan.reference,
            "quote from the reference",
            "the venue's price band",
        )
    }

    /// CK-21: the stop that protects the fill could be placed. What is left after a fee in the base
    /// asset is what it protects.
    fn stop_leg(&mut self, plan: &Plan, qty: Qty) -> Result<(), Denied> {
        let check = Check::Entry(21);
        let Some(stop) = plan.stop else { return Ok(()) };
        let (kind, beliefs) = (self.core.config.protection.stop_kind, &self.core.config.beliefs);
        let (ability, other) = match kind {
            StopKind::StopMarket => (Ability::StopMarket, Ability::StopLimit),
            StopKind::StopLimit => (Ability::StopLimit, Ability::StopMarket),
        };
        if [ability, other].iter().all(|ability| beliefs.lacks(&self.instrument.symbol, *ability)) {
            return Err(self.refuse(check, format!("{kind:?}"), "a stop the venue has", "", "the stop leg"));
        }
        let held = self.filled_of(qty);
        let (measured, least) = (self.instrument.qty(held), self.instrument.qty(self.rules.min_qty));
        self.at_least(check, measured, least, "base", "the stop leg")?;
        let leg = self.instrument.notional_of(self.instrument.qty(held), self.instrument.price(stop));
        let leg = self.known(check, leg, "a notional of 96 bits")?;
        self.at_least(check, leg, self.rules.min_notional.decimal(), "quote", "the stop leg")
    }

    /// What a buy of `qty` leaves in the position: less a fee that is taken in the base asset.
    fn filled_of(&self, qty: Qty) -> Qty {
        let fees = &self.rules.fees;
        if fees.asset.on(Side::Buy) != FeeAsset::Base || fees.taker <= Rate::ZERO {
            return qty;
        }
        let base = self.instrument.qty(qty) * (Decimal::ONE - fees.taker.decimal());
        self.instrument.qty_down(base, self.now).unwrap_or_default()
    }

    /// CK-22: size caps, recomputed from quantity × price (SAFETY-2).
    fn size_caps(&mut self, side: Side, size: Decimal, notional: Decimal) -> Result<(), Denied> {
        let check = Check::Entry(22);
        let risk = &self.core.config.risk;
        self.at_most(check, notional, risk.trade_max.decimal(), "account currency, risk.trade_max", "")?;
        let equity = self.equity(check)?;
        self.at_most(check, notional, equity, "account currency, equity", "")?;
        let worst = self.worst_case(check, Some((side, size)))?;
        self.at_most(check, worst, risk.position_max.decimal(), "account currency, risk.position_max", "worst case")
    }

    /// CK-23: the instrument's share of equity.
    fn position_share(&mut self, side: Side, size: Decimal) -> Result<(), Denied> {
        let check = Check::Entry(23);
        let limit = self.equity(check)? * self.core.config.risk.position_share.decimal();
        let worst = self.worst_case(check, Some((side, size)))?;
        let words = format!("worst case, {}", self.share(worst));
        self.at_most(check, worst, limit, "account currency, equity × risk.position_share", &words)
    }

    /// CK-24: entries open, pending and unknown; the total first, then the instrument's.
    fn entry_counts(&mut self) -> Result<(), Denied> {
        let check = Check::Entry(24);
        let risk = &self.core.config.risk;
        let (total, here) = (self.core.entry_count(None), self.core.entry_count(Some(self.instrument.id)));
        if total >= risk.max_entries as usize {
            return Err(self.refuse(check, total, format!("< {}", risk.max_entries), "entries, risk.max_entries", ""));
        }
        if here >= risk.max_entries_per_instrument as usize {
            let limit = format!("< {}", risk.max_entries_per_instrument);
            return Err(self.refuse(check, here, limit, "entries, risk.max_entries_per_instrument", ""));
        }
        self.passed(check, Decimal::from(total as u64), Decimal::from(risk.max_entries));
        Ok(())
    }

    /// CK-25: the worst case of every instrument together.
    fn total_exposure(&mut self, side: Side, size: Decimal) -> Result<(), Denied> {
        let check = Check::Entry(25);
        let mut total = self.worst_case(check, Some((side, size)))?;
        for other in self.core.instruments.iter().filter(|other| other.id != self.instrument.id) {
            let worst = self.core.worst_in_account(other);
            total += self.known(check, worst, "a mark of every instrument held, and a rate into account currency")?;
        }
        let limit = self.equity(check)? * self.core.config.risk.total_exposure.decimal();
        let words = format!("worst case, {}", self.share(total));
        self.at_most(check, total, limit, "account currency, equity × risk.total_exposure", &words)
    }

    /// CK-27 and CK-28: what it ties up is free (SAFETY-1).
    fn funds(&mut self, plan: &Plan, qty: Qty, leverage: u8, notional: Decimal) -> Result<(), Denied> {
        let check = Check::Entry(27);
        let (value, fee) = Core::opening_cost(self.instrument, plan.p_size, qty, self.now);
        let reserved = self.core.reserved(self.instrument.settles_in(), self.now);
        if self.instrument.contract == Contract::Spot {
            let cash = self.core.books.ledger().balance(crate::market::Account::Cash, self.instrument.quote).decimal();
            let words = format!("notional {value}, fee {fee}, reserved {reserved}");
            return self.at_most(check, value + fee, cash - reserved, "quote free", &words);
        }
        let (margin, used) = (value / Decimal::from(leverage.max(1)), self.core.used_margin());
        let used = self.known(check, used, "a mark of every position")?;
        let required = self.in_account(check, margin + fee)?;
        let equity = self.equity(check)?;
        let free = equity - used - self.in_account(check, reserved)?;
        let words = format!("margin {margin}, fee {fee}, used {used}, reserved {reserved}");
        self.at_most(check, required, free, "account currency free", &words)?;
        let margin = notional / Decimal::from(leverage.max(1));
        let limit = equity * self.core.config.risk.margin_utilisation.decimal();
        let words = self.share(used + margin);
        let unit = "account currency, equity × risk.margin_utilisation";
        self.at_most(Check::Entry(28), used + margin, limit, unit, &words)
    }

    /// CK-30: slots for the stops of every position stay free.
    fn order_slots(&mut self) -> Result<(), Denied> {
        let config = &self.core.config.orders;
        let open = self.core.orders.open_in(self.instrument.id).count();
        let positions = self.core.books.positions().filter(|(_, id, _)| *id == self.instrument.id).count();
        let slots = config.stop_slots as usize * (positions + 1);
        let total = Decimal::from((open + 1 + slots) as u64);
        let words = format!("{open} open, {slots} kept for stops");
        self.at_most(Check::Entry(30), total, Decimal::from(config.max_open), "orders, orders.max_open", &words)
    }

    /// CK-31: it would not meet our own order.
    pub(super) fn no_self_cross(&self, side: Side, worst: Price) -> Result<(), Denied> {
        match self.core.orders.would_cross(self.instrument.id, side, worst) {
            Some(order) => {
                let price = self.instrument.price(worst).normalize();
                Err(self.refuse(
                    Check::Entry(31),
                    price,
                    "no own order there",
                    "quote",
                    &format!("meets order {}", order.0),
                ))
            }
            None => Ok(()),
        }
    }

    /// CK-32: the entry lane has a token, and the venue's own penalty counter is low enough.
    pub(super) fn entry_budget(&mut self) -> Result<(), Denied> {
        let check = Check::Entry(32);
        let (share, limit) = (self.core.venue_counter.decimal(), self.core.config.budget.venue_counter_share.decimal());
        self.at_most(check, share, limit, "of the venue's penalty threshold, budget.venue_counter_share", "")?;
        if self.core.entry_lane.has_token(self.now) {
            return Ok(());
        }
        let next = self.core.entry_lane.next_token(self.now);
        Err(self.refuse(check, 0, 1, "entry token", &format!("next token at {next}")))
    }
}

impl Core {
    /// Entries of open positions, and entry orders that could still fill, in one instrument or all. Those that dust is
    /// left of are over: it waits for the next one (§4.12).
    pub(crate) fn entry_count(&self, instrument: Option<crate::market::InstrumentId>) -> usize {
        let counts = |id| instrument.is_none_or(|wanted| wanted == id);
        let is_dust = |key| self.shield(key).is_some_and(crate::trading::protection::Shield::is_dust);
        let open = self.entries.iter().filter(|(key, _)| counts(key.1) && !is_dust(**key));
        let booked: usize = open.map(|(_, orders)| orders.len()).sum();
        let pending =
            self.orders.open().filter(|order| order.purpose == Purpose::Entry && counts(order.terms.instrument));
        let pending = pending.filter(|_| !planted(Bug::RiskPendingCounts));
        let is_booked = |order: &crate::trading::orders::Order| {
            let key = (order.desk, order.terms.instrument);
            !is_dust(key) && self.entries.get(&key).is_some_and(|orders| orders.contains(&order.terms.id))
        };
        booked + pending.filter(|order| !is_booked(order)).count()
    }
}
