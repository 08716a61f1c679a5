//! Checks on new terms of a desk's own order (production-rules §3.5).
//!
//! An entry's new terms pass what an entry passes, but for what was decided when it was proposed
//! (CK-01 … CK-03, CK-08 … CK-10, CK-12, CK-17, sizing). The order itself is set aside meanwhile, so
//! that it is not counted beside its own new terms. Terms that only shrink risk pass §2.8.

use super::{Preflight, examined_with};
use crate::market::{
    Check, Denied, Intention, OrderId, OrderKind, Pricing, Proposal, ProposalId, Purpose, Qty, Rate, RawPrice, Regime,
    Side, Size, Timestamp,
};
use crate::trading::core::Core;
use crate::trading::order::Terms;
use crate::trading::orders::Order;
use crate::trading::plan::Plan;

/// New terms that passed, on the grid.
pub(crate) fn examine_amend(
    core: &mut Core,
    now: Timestamp,
    order: &Order,
    qty: Qty,
    limit: RawPrice,
) -> Result<Terms, Denied> {
    let (id, key) = (order.terms.id, (order.desk, order.terms.instrument));
    // The order and its place among the open entries are set aside, and put back whatever comes out.
    let aside = core.orders.set_aside(id);
    let counted = core.entries.get_mut(&key).is_some_and(|entries| entries.remove(&id));
    let wish = wish(order, qty, limit);
    let result = examined_with(core, now, &wish, |preflight| preflight.new_terms(order, qty));
    if counted {
        core.entries.entry(key).or_default().insert(id);
    }
    core.orders.put_back(aside);
    result
}

/// New terms in the words of a proposal.
fn wish(order: &Order, qty: Qty, limit: RawPrice) -> Proposal {
    let leaves = qty - order.filled;
    let intention = match (order.purpose, order.terms.side) {
        (Purpose::Entry, Side::Buy) => Intention::OpenLong,
        (Purpose::Entry, Side::Sell) => Intention::OpenShort,
        (Purpose::Exit | Purpose::Stop | Purpose::Target, _) => Intention::Reduce(leaves),
    };
    Proposal {
        id: order.proposal.unwrap_or(ProposalId(0)),
        desk: order.desk,
        instrument: order.terms.instrument,
        intention,
        size: Size::Quantity(leaves),
        pricing: Pricing::Limit(limit),
        tif: Some(order.terms.tif),
        post_only: order.terms.post_only,
        stop: None,
        target: None,
        trailing: false,
        leverage: order.terms.leverage,
        confidence: Rate::ZERO,
        regime: Regime::Unknown,
        contributing: Vec::new(),
    }
}

impl Preflight<'_> {
    fn new_terms(&mut self, order: &Order, qty: Qty) -> Result<Terms, Denied> {
        self.amendable(order, qty)?;
        self.order_fields()?;
        let Pricing::Limit(asked) = self.proposal.pricing else { unreachable!("a wish for new terms names a limit") };
        let limit = self.instrument.limit_price(order.terms.side, asked.decimal(), self.now);
        let limit = self.known(Check::Entry(2), limit, "a price of 64 bits")?;
        let terms = Terms { qty, kind: OrderKind::Limit { limit } };
        let shrinks = terms.kind == order.terms.kind && qty < order.terms.qty;
        match order.purpose {
            Purpose::Entry if shrinks => self.account_known()?,
            Purpose::Entry => self.new_entry_terms(order)?,
            Purpose::Exit | Purpose::Stop | Purpose::Target => self.new_exit_terms()?,
        }
        if order.purpose == Purpose::Entry {
            self.entry_budget()?;
        }
        Ok(terms)
    }

    /// A resting limit of the desk, to be left with something to fill, on the lot grid.
    fn amendable(&self, order: &Order, qty: Qty) -> Result<(), Denied> {
        let id: OrderId = order.terms.id;
        if order.is_market_like() || !matches!(order.terms.kind, OrderKind::Limit { .. }) {
            let kind = format!("{:?}", order.terms.kind);
            return Err(self.refuse(Check::Exit(2), kind, "a resting limit", "", &format!("order {}", id.0)));
        }
        if qty <= order.filled || !self.instrument.on_lot(qty, self.now) {
            let filled = self.instrument.qty(order.filled).normalize();
            let words = format!("order {} on the lot grid", id.0);
            let measured = self.instrument.qty(qty).normalize();
            return Err(self.refuse(Check::Exit(2), measured, format!("> {filled} filled"), "base", &words));
        }
        Ok(())
    }

    fn new_entry_terms(&mut self, order: &Order) -> Result<(), Denied> {
        self.armed()?;
        self.no_breaker()?;
        self.cooled_down()?;
        self.instrument_free()?;
        let reference = self.usable_reference()?;
        let collar = self.core.config.orders.entry_collar;
        let plan = Plan::of(self.proposal, order.terms.side, self.instrument, reference, collar, self.now);
        let plan = self.known(Check::Entry(2), plan, "prices of 64 bits")?;
        let plan = Plan { stop: order.stop, target: order.target, ..plan };
        self.limit_in_band(&plan, reference)?;
        self.stop_present(&plan)?;
        self.stop_distance(&plan)?;
        self.reward_to_risk(&plan)?;
        let Size::Quantity(leaves) = self.proposal.size else { unreachable!("a wish for new terms names its leaves") };
        self.size_allowed(&plan, leaves, order.terms.leverage)?;
        Ok(())
    }

    fn new_exit_terms(&mut self) -> Result<(), Denied> {
        self.account_known()?;
        let position = self.held()?;
        self.exit_qty(position.abs())?;
        self.reference(Check::Exit(5))?;
        Ok(())
    }
}
