//! The checks between a proposal and an order (production-rules §2.2, §2.3, §2.8), in their order.
//!
//! The first check that fails denies, with the numbers it saw. Missing knowledge denies. Nothing
//! here changes anything: checks read the [`Core`] and answer; what they passed with is handed
//! back so that it can be recorded.

mod amend;
mod exit;
mod gate;
mod price;
mod risk;
mod size;
mod sizing;

use std::fmt::Display;

use rust_decimal::Decimal;

pub(crate) use amend::examine_amend;

use super::core::Core;
use super::plan::{Plan, entry_side};
use crate::market::{
    Bug, Check, Decision, Denied, Instrument, Measure, Money, NewOrder, OrderId, OrderKind, Pricing, Proposal, Qty,
    RiskPassId, Rules, TimeInForce, Timestamp, TriggerSource, planted,
};

/// An order that passed, still without its ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Approved {
    /// The order; its id and risk pass are the desk's to fill in.
    pub(crate) order: NewOrder,
    /// Planned stop, for protection.
    pub(crate) stop: Option<crate::market::Price>,
    /// Planned target, for protection.
    pub(crate) target: Option<crate::market::Price>,
    /// Twice the mid it was priced from.
    pub(crate) twice_reference: i64,
    /// Notional the order was approved with, in account currency; zero for an exit.
    pub(crate) notional: Decimal,
    /// What was measured.
    pub(crate) measures: Vec<Measure>,
    /// What sizing took away.
    pub(crate) trims: Vec<Decision>,
}

/// A proposal under examination.
pub(crate) struct Preflight<'a> {
    core: &'a Core,
    now: Timestamp,
    proposal: &'a Proposal,
    instrument: &'a Instrument,
    rules: &'a Rules,
    /// Whether it was approved before and is tried again: CK-03 and CK-10 know it then.
    again: bool,
    measures: Vec<Measure>,
    trims: Vec<Decision>,
    /// What sizing came to before it was rounded down to the lot, in base.
    unrounded: Option<Decimal>,
}

/// Examines a proposal.
pub(crate) fn examine(core: &Core, now: Timestamp, proposal: &Proposal) -> Result<Approved, Denied> {
    examined(core, now, proposal, false)
}

/// Examines a proposal whose order was refused, before another attempt.
pub(crate) fn examine_again(core: &Core, now: Timestamp, proposal: &Proposal) -> Result<Approved, Denied> {
    examined(core, now, proposal, true)
}

fn examined(core: &Core, now: Timestamp, proposal: &Proposal, again: bool) -> Result<Approved, Denied> {
    examined_with(core, now, proposal, |preflight| {
        preflight.again = again;
        match entry_side(proposal.intention) {
            Some(_) => preflight.entry(),
            None => preflight.exit(),
        }
    })
}

fn examined_with<T>(
    core: &Core,
    now: Timestamp,
    proposal: &Proposal,
    checks: impl FnOnce(&mut Preflight<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    let Some(instrument) = core.instruments.get(usize::from(proposal.instrument.0)) else {
        return Err(unknown_instrument(proposal));
    };
    let mut preflight = Preflight {
        core,
        now,
        proposal,
        instrument,
        rules: instrument.rules(now),
        again: false,
        measures: Vec::new(),
        trims: Vec::new(),
        unrounded: None,
    };
    checks(&mut preflight)
}

fn unknown_instrument(proposal: &Proposal) -> Denied {
    Denied {
        proposal: Some(proposal.id),
        desk: proposal.desk,
        instrument: proposal.instrument,
        check: Check::Entry(1),
        text: format!("CK-01 {:?}: absent against loaded rules", proposal.instrument),
    }
}

impl Preflight<'_> {
    /// All of §2.2, in its order.
    fn entry(&mut self) -> Result<Approved, Denied> {
        let side = entry_side(self.proposal.intention).expect("the caller saw an entry");
        self.tradable()?;
        self.fields()?;
        self.not_seen_before()?;
        // A planted bug: what is urgent skips the list.
        if !(planted(Bug::Safety1Preflight) && self.proposal.pricing == Pricing::Market) {
            self.armed()?;
            self.no_breaker()?;
            self.cooled_down()?;
            self.instrument_free()?;
        }
        self.direction(side)?;
        self.throttle()?;
        self.no_twin()?;
        let reference = self.usable_reference()?;
        let collar = self.core.config.orders.entry_collar;
        let plan = Plan::of(self.proposal, side, self.instrument, reference, collar, self.now)
            .ok_or_else(|| self.refuse(Check::Entry(2), "a price", "beyond 64 bits", "quote", ""))?;
        self.requested_size(&plan)?;
        self.limit_in_band(&plan, reference)?;
        self.stop_present(&plan)?;
        self.stop_distance(&plan)?;
        self.reward_to_risk(&plan)?;
        self.confident()?;
        let (qty, leverage) = self.sized(&plan)?;
        let notional = self.size_allowed(&plan, qty, leverage)?;
        let twice_mid = reference.twice_mid;
        let approved = self.approved(side, plan.order_price, qty, leverage, plan.stop, twice_mid, notional);
        Ok(Approved { target: plan.target, ..approved })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an order, each from another check")]
    fn approved(
        &mut self,
        side: crate::market::Side,
        price: crate::market::Price,
        qty: Qty,
        leverage: u8,
        stop: Option<crate::market::Price>,
        twice_reference: i64,
        notional: Decimal,
    ) -> Approved {
        let exit = entry_side(self.proposal.intention).is_none();
        let unlimited = planted(Bug::Critical3ThinBook) && self.proposal.pricing == Pricing::Market;
        let kind = if unlimited { OrderKind::Market } else { OrderKind::Limit { limit: price } };
        let order = NewOrder {
            id: OrderId(0),
            instrument: self.instrument.id,
            side,
            kind,
            trigger_by: TriggerSource::Last,
            qty,
            tif: self.tif(),
            post_only: self.proposal.post_only,
            reduce_only: exit,
            leverage,
            deadline: self.core.deadline_of(self.proposal.instrument, self.now),
            risk_pass: RiskPassId(0),
        };
        let (measures, trims) = (std::mem::take(&mut self.measures), std::mem::take(&mut self.trims));
        Approved { order, stop, target: None, twice_reference, notional, measures, trims }
    }

    /// A market-like order is always IOC, unless FOK was asked for.
    fn tif(&self) -> TimeInForce {
        use super::words::DefaultTif;
        match (self.proposal.pricing, self.proposal.tif) {
            (_, Some(tif)) => tif,
            (Pricing::Market, None) => TimeInForce::Ioc,
            (Pricing::Limit(_), None) => match self.core.config.orders.default_tif {
                DefaultTif::Gtc => TimeInForce::Gtc,
                DefaultTif::Ioc => TimeInForce::Ioc,
                DefaultTif::Fok => TimeInForce::Fok,
            },
        }
    }

    /// Keeps what a passed check measured.
    fn passed(&mut self, check: Check, measured: Decimal, limit: Decimal) {
        self.measures.push(Measure { check, measured: Money::new(measured), limit: Money::new(limit) });
    }

    /// A denial: `{check} {instrument}: {measured} against {limit} {unit}`, and more words.
    fn refuse(&self, check: Check, measured: impl Display, limit: impl Display, unit: &str, words: &str) -> Denied {
        let symbol = &self.instrument.symbol;
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let words = if words.is_empty() { String::new() } else { format!("; {words}") };
        Denied {
            proposal: Some(self.proposal.id),
            desk: self.proposal.desk,
            instrument: self.instrument.id,
            check,
            text: format!("{check} {symbol}: {measured} against {limit}{unit}{words}"),
        }
    }

    /// An amount as a share of equity, for a denial.
    fn share(&self, amount: Decimal) -> String {
        let share = self.core.equity().and_then(|equity| amount.checked_div(equity));
        share.map_or_else(String::new, |share| format!("share {}", share.round_dp(8).normalize()))
    }

    /// Denies unless `measured ≤ limit`.
    fn at_most(
        &mut self,
        check: Check,
        measured: Decimal,
        limit: Decimal,
        unit: &str,
        words: &str,
    ) -> Result<(), Denied> {
        if measured > limit {
            return Err(self.refuse(check, measured.normalize(), limit.normalize(), unit, words));
        }
        self.passed(check, measured, limit);
        Ok(())
    }

    /// Denies unless `measured ≥ limit`.
    fn at_least(
        &mut self,
        check: Check,
        measured: Decimal,
        limit: Decimal,
        unit: &str,
        words: &str,
    ) -> Result<(), Denied> {
        if measured < limit {
            return Err(self.refuse(check, measured.normalize(), limit.normalize(), unit, words));
        }
        self.passed(check, measured, limit);
        Ok(())
    }

    /// A value that must be known; what is missing denies.
    fn known<T>(&self, check: Check, value: Option<T>, what: &str) -> Result<T, Denied> {
        value.ok_or_else(|| self.refuse(check, "absent", what, "", "missing knowledge denies"))
    }

    fn equity(&self, check: Check) -> Result<Decimal, Denied> {
        self.known(check, self.core.equity(), "equity at a known mark")
    }

    fn in_account(&self, check: Check, amount: Decimal) -> Result<Decimal, Denied> {
        self.known(check, self.core.in_account(self.instrument.settles_in(), amount), "a rate into account currency")
    }

    /// The instrument's worst case in account currency, with or without one more order.
    fn worst_case(&self, check: Check, more: Option<(crate::market::Side, Decimal)>) -> Result<Decimal, Denied> {
        let worst = self.known(check, self.core.worst_case(self.instrument), "a mark")?;
        let worst = more.map_or(worst, |(side, notional)| worst.with(side, notional));
        self.in_account(check, worst.larger())
    }
}
