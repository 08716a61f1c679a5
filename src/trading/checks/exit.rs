//! Checks on exits (production-rules §2.8). Breakers, cooldowns, throttles and sizing do not
//! apply; nothing bypasses checks.

use rust_decimal::Decimal;

use super::{Approved, Preflight};
use crate::market::Purpose;
use crate::market::{Bug, Check, Denied, Intention, Price, Pricing, Qty, Side, TimeInForce, TraderState, planted};
use crate::trading::orders::Order;
use crate::trading::protection::payable;
use crate::trading::view::Reference;

impl Preflight<'_> {
    /// EC-1 … EC-5, in their order, but that EC-4 comes last: what is too small depends on the price. A
    /// price that our own entry would meet is no reason to stay in (CK-31 is of §2.2, not of §2.8).
    pub(super) fn exit(&mut self) -> Result<Approved, Denied> {
        self.account_known()?;
        self.order_fields()?;
        self.not_seen_before()?;
        let position = self.held()?;
        let side = if position > Qty::ZERO { Side::Sell } else { Side::Buy };
        let (wanted, free) = self.exit_qty(position.abs())?;
        let reference = self.reference(Check::Exit(5))?;
        let price = self.exit_price(side, reference)?;
        let qty = self.without_dust(wanted, free, price, reference)?;
        let leverage = self.core.leverage_of(self.proposal.desk, self.instrument.id);
        Ok(self.approved(side, price, qty, leverage, None, reference.twice_mid, Decimal::ZERO))
    }

    /// EC-1: the account picture is complete, and nobody halted the desk's own exits.
    pub(super) fn account_known(&self) -> Result<(), Denied> {
        if self.core.picture_complete() && self.core.state != TraderState::Halted {
            return Ok(());
        }
        Err(self.refuse(Check::Exit(1), format!("{:?}", self.core.state), "a complete account picture", "", ""))
    }

    /// EC-2: there is something to shrink.
    pub(super) fn held(&self) -> Result<Qty, Denied> {
        let position = self.core.backed(self.proposal.desk, self.instrument.id);
        if position.is_zero() {
            return Err(self.refuse(Check::Exit(2), 0, "> 0", "lots held", "an exit never opens anything"));
        }
        Ok(position)
    }

    /// EC-2, EC-3: how much of it is wanted and how much is free, given the exits in flight.
    pub(super) fn exit_qty(&mut self, held: Qty) -> Result<(Qty, Qty), Denied> {
        let forgotten = |order: &Order| planted(Bug::ExitDeadButton) && order.state.is_unknown();
        let mine =
            |order: &&Order| order.purpose == Purpose::Exit && order.desk == self.proposal.desk && !forgotten(order);
        let exits: Vec<&Order> = self.core.orders.open_in(self.instrument.id).filter(mine).collect();
        if let Some(unknown) = exits.iter().find(|order| order.state.is_unknown()) {
            let words = format!("order {} is {:?}", unknown.terms.id.0, unknown.state);
            return Err(self.refuse(Check::Exit(3), "unknown", "known", "exit", &words));
        }
        let takes =
            self.proposal.pricing == Pricing::Market || matches!(self.tif(), TimeInForce::Ioc | TimeInForce::Fok);
        if let Some(flying) = exits.iter().find(|order| takes && order.is_market_like()) {
            let words = format!("order {} is in flight", flying.terms.id.0);
            return Err(self.refuse(Check::Exit(3), 2, 1, "market-like exit", &words));
        }
        let leaves: Qty = exits.iter().map(|order| order.could_fill()).sum();
        let free = Qty((held - leaves).0.max(0));
        let wanted = match self.proposal.intention {
            Intention::Reduce(qty) => qty,
            _ => free,
        };
        if wanted <= Qty::ZERO || wanted > free {
            let limit = format!("> 0 and ≤ {}", self.instrument.qty(free).normalize());
            let words = "what live exits leave free";
            return Err(self.refuse(Check::Exit(2), self.instrument.qty(wanted).normalize(), limit, "base", words));
        }
        self.passed(Check::Exit(2), self.instrument.qty(wanted), self.instrument.qty(free));
        // The fees of live exits are paid from what is held as well.
        Ok((wanted, Qty((payable(self.instrument, held, self.now) - leaves).0.max(0))))
    }

    /// EC-4: leaves no dust and sends none. Dust is less than the venue takes, by quantity or by
    /// notional at the smaller of order price and reference.
    fn without_dust(&mut self, wanted: Qty, free: Qty, price: Price, reference: Reference) -> Result<Qty, Denied> {
        let check = Check::Exit(4);
        let wanted = wanted.min(free);
        let (least, lot) = (self.rules.min_qty.max(Qty(1)), self.rules.lot.0);
        let (least_value, counted) =
            (self.rules.min_notional.decimal(), self.instrument.price(price).min(reference.price(self.instrument)));
        let value = |qty: Qty| self.instrument.notional_of(self.instrument.qty(qty), counted).unwrap_or(Decimal::MAX);
        let on_lot = |qty: Qty| Qty(qty.0 / lot * lot);
        let (measured, limit) = (self.instrument.qty(on_lot(wanted)), self.instrument.qty(least));
        self.at_least(check, measured, limit, "base", "the venue's least quantity")?;
        self.at_least(check, value(on_lot(wanted)), least_value, "quote", "the venue's least notional")?;
        let left = free - on_lot(wanted);
        let dust = left < least || value(left) < least_value;
        Ok(on_lot(if dust { free } else { wanted }))
    }

    /// The limit asked for, or the collar (EX-1); on the grid it is still a price.
    fn exit_price(&self, side: Side, reference: Reference) -> Result<Price, Denied> {
        let price = match self.proposal.pricing {
            Pricing::Limit(limit) => self.instrument.limit_price(side, limit.decimal(), self.now),
            Pricing::Market => {
                let collar = self.core.config.orders.entry_collar.decimal();
                reference.collar(self.instrument, side, collar, self.now)
            }
        };
        let price = self.known(Check::Exit(5), price, "a price of 64 bits")?;
        if price.0 > 0 {
            return Ok(price);
        }
        Err(self.refuse(
            Check::Entry(2),
            self.instrument.price(price).normalize(),
            "> 0",
            "quote",
            "the limit, on the grid",
        ))
    }
}
