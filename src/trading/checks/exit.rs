//! Checks on exits (production-rules §2.8). Breakers, cooldowns, throttles and sizing do not
//! apply; nothing bypasses checks.

use rust_decimal::Decimal;

use super::{Approved, Preflight};
use crate::market::{Check, Denied, Intention, Price, Pricing, Qty, Side, TimeInForce, TraderState};
use crate::trading::orders::{Order, Purpose};
use crate::trading::view::Reference;

impl Preflight<'_> {
    /// EC-1 … EC-5, in their order.
    pub(super) fn exit(&mut self) -> Result<Approved, Denied> {
        self.account_known()?;
        self.order_fields()?;
        self.not_seen_before()?;
        let position = self.held()?;
        let side = if position > Qty::ZERO { Side::Sell } else { Side::Buy };
        let qty = self.exit_qty(position.abs())?;
        let reference = self.reference(Check::Exit(5))?;
        let price = self.exit_price(side, reference)?;
        self.no_self_cross(side, price)?;
        let leverage = self.core.leverage_of(self.proposal.desk, self.instrument.id);
        Ok(self.approved(side, price, qty, leverage, None, reference.twice_mid, Decimal::ZERO))
    }

    /// EC-1: the account picture is complete, and nobody halted the desk's own exits.
    fn account_known(&self) -> Result<(), Denied> {
        let complete = self.core.heard_balances && self.core.heard_orders;
        if complete && self.core.state != TraderState::Halted {
            return Ok(());
        }
        Err(self.refuse(Check::Exit(1), format!("{:?}", self.core.state), "a complete account picture", "", ""))
    }

    /// EC-2: there is something to shrink.
    fn held(&self) -> Result<Qty, Denied> {
        let position =
            self.core.books.position(self.proposal.desk, self.instrument.id).map_or(Qty::ZERO, |held| held.qty);
        if position.is_zero() {
            return Err(self.refuse(Check::Exit(2), 0, "> 0", "lots held", "an exit never opens anything"));
        }
        Ok(position)
    }

    /// EC-2 … EC-4: how much of it, given the exits in flight.
    fn exit_qty(&mut self, held: Qty) -> Result<Qty, Denied> {
        let mine = |order: &&Order| order.purpose == Purpose::Exit && order.desk == self.proposal.desk;
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
        self.exit_qty_allowed(wanted, free)
    }

    /// EC-2 on the grid and within what is free; EC-4 leaves no dust and sends none.
    fn exit_qty_allowed(&mut self, wanted: Qty, free: Qty) -> Result<Qty, Denied> {
        let least = self.rules.min_qty.max(Qty(1));
        let words = |what: &str| format!("{what}, {} free of live exits", self.instrument.qty(free).normalize());
        if wanted <= Qty::ZERO || wanted > free {
            let limit = format!("> 0 and ≤ {}", self.instrument.qty(free).normalize());
            return Err(self.refuse(
                Check::Exit(2),
                self.instrument.qty(wanted).normalize(),
                limit,
                "base",
                &words("exit"),
            ));
        }
        let lot = self.rules.lot.0;
        let whole = if free - wanted < least { free } else { wanted };
        let qty = Qty(whole.0 / lot * lot);
        if qty < least {
            let (qty, least) = (self.instrument.qty(qty).normalize(), self.instrument.qty(least).normalize());
            return Err(self.refuse(Check::Exit(4), qty, least, "base", &words("below the venue's minimum")));
        }
        self.passed(Check::Exit(2), self.instrument.qty(qty), self.instrument.qty(free));
        Ok(qty)
    }

    /// The limit asked for, or the collar (EX-1).
    fn exit_price(&self, side: Side, reference: Reference) -> Result<Price, Denied> {
        let price = match self.proposal.pricing {
            Pricing::Limit(limit) => self.instrument.limit_price(side, limit.decimal(), self.now),
            Pricing::Market => {
                let collar = self.core.config.orders.entry_collar.decimal();
                reference.collar(self.instrument, side, collar, self.now)
            }
        };
        self.known(Check::Exit(5), price, "a price of 64 bits")
    }
}
