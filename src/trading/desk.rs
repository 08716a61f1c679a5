//! What a strategy sees and may do: a desk, never a venue.
//!
//! A desk answers at once: a proposal is examined, recorded, and either becomes an order or is
//! denied with the numbers that denied it. A strategy is handed a desk for the length of one event
//! and cannot keep it.

use super::checks::{Approved, examine, examine_amend};
use super::config::Config;
use super::core::{Core, alert};
use super::orders::Order;
use super::plan::entry_side;
use super::position::Position;
use super::protection::Shield;
use super::view::InstrumentView;
use super::words::DefaultKind;
use crate::market::{
    Action, AssetId, Bug, Check, Decision, Denied, DeskId, Event, Instrument, InstrumentId, Intention, MarketEvent,
    Money, OrderId, Pricing, Proposal, ProposalId, Purpose, Qty, Rate, RawPrice, Regime, Severity, Size, Timestamp,
    TraderState, planted,
};

/// The rows of the table of an order's states that deny a desk's commands: TR-24 and TR-25.
const CANCEL: Check = Check::Row(24);
const AMEND: Check = Check::Row(25);

/// A rule for trading. It keeps whole numbers, not floats, and asks nothing but its desk.
pub trait Strategy: Send {
    /// Something happened; everything the desk shows has already learnt it.
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event);

    /// Whether a market event could make it act. What it does not want, it must not need: with and
    /// without the events it does not want, it does the same.
    fn wants(&self, event: &MarketEvent) -> bool {
        let _ = event;
        true
    }
}

/// What one strategy sees and may do.
pub struct Desk<'a> {
    core: &'a mut Core,
    now: Timestamp,
    id: DeskId,
    actions: &'a mut Vec<Action>,
}

impl<'a> Desk<'a> {
    pub(crate) const fn new(core: &'a mut Core, now: Timestamp, id: DeskId, actions: &'a mut Vec<Action>) -> Self {
        Self { core, now, id, actions }
    }

    /// The time of the event.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The trader's state.
    #[must_use]
    pub const fn state(&self) -> TraderState {
        self.core.state
    }

    /// An instrument and its rules.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> &Instrument {
        self.core.instrument(id)
    }

    /// The market as we know it.
    #[must_use]
    pub fn market(&self, id: InstrumentId) -> &InstrumentView {
        self.core.view.of(id)
    }

    /// The desk's position; flat if nothing is open.
    #[must_use]
    pub fn position(&self, id: InstrumentId) -> Position {
        self.core.books.position(self.id, id).copied().unwrap_or_default()
    }

    /// The desk's own open orders, oldest first; what protects its position is not among them.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        let desk = self.id;
        self.core
            .orders
            .open()
            .filter(move |order| order.desk == desk && order.proposal.is_some() && !order.state.is_terminal())
    }

    /// One of the desk's own orders, open or ended, while it is remembered.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.core.orders.get(id).filter(|order| order.desk == self.id)
    }

    /// Whether orders that protected or shrank the desk's position are still to end. Until they do they
    /// count in the worst case (production-rules §2.4), and leave a new entry less room.
    #[must_use]
    pub fn is_clearing(&self, id: InstrumentId) -> bool {
        let ours = |order: &Order| order.desk == self.id && order.purpose != Purpose::Entry;
        self.core.orders.open_in(id).any(|order| ours(order) && !order.state.is_terminal())
    }

    /// Equity in account currency, if every mark it needs is known.
    #[must_use]
    pub fn equity(&self) -> Option<Money> {
        self.core.equity().map(Money::new)
    }

    /// What is held of an asset.
    #[must_use]
    pub fn cash(&self, asset: AssetId) -> Money {
        self.core.books.ledger().balance(crate::market::Account::Cash, asset)
    }

    /// How many entries CK-24 still lets in beside those that are open, pending or unknown.
    #[must_use]
    pub fn entries_left(&self, id: InstrumentId) -> usize {
        let risk = &self.core.config.risk;
        let here = (risk.max_entries_per_instrument as usize).saturating_sub(self.core.entry_count(Some(id)));
        here.min((risk.max_entries as usize).saturating_sub(self.core.entry_count(None)))
    }

    /// Whether the trader itself is closing the desk's position; an exit of the desk's own would be one too many.
    #[must_use]
    pub fn is_exiting(&self, id: InstrumentId) -> bool {
        self.core.shield((self.id, id)).is_some_and(Shield::is_exiting)
    }

    /// When the cooldown of an instrument ends, if one runs.
    #[must_use]
    pub fn cooldown(&self, id: InstrumentId) -> Option<Timestamp> {
        self.core.pauses.cooling(id, self.now).map(|(until, _)| until)
    }

    /// Whether a position of an instrument is without full live cover: no entry passes until it is (CK-07).
    #[must_use]
    pub fn is_naked(&self, id: InstrumentId) -> bool {
        self.core.is_naked(id)
    }

    /// The limits its proposals are held against, so that a strategy can keep to them.
    #[must_use]
    pub const fn limits(&self) -> &Config {
        &self.core.config
    }

    /// A fresh proposal to fill in: risk-based, without stop, target or confidence. An entry is of the kind
    /// `orders.default_kind` until another is named, a limit resting at the reference; an exit is
    /// market-like.
    #[must_use]
    pub fn proposal(&self, instrument: InstrumentId, intention: Intention) -> Proposal {
        Proposal {
            id: self.next_proposal(),
            desk: self.id,
            instrument,
            intention,
            size: Size::RiskBased,
            pricing: self.usual_pricing(instrument, intention),
            tif: None,
            post_only: false,
            stop: None,
            target: None,
            trailing: false,
            leverage: 1,
            confidence: Rate::ZERO,
            regime: Regime::Unknown,
            contributing: Vec::new(),
        }
    }

    /// The kind of a proposal that names none. Without a usable reference no limit can be named; CK-11 and
    /// EC-5 deny any order then.
    fn usual_pricing(&self, id: InstrumentId, intention: Intention) -> Pricing {
        let limits = &self.core.config;
        let rests = limits.orders.default_kind == DefaultKind::Limit
            && matches!(intention, Intention::OpenLong | Intention::OpenShort);
        let found = self.core.instruments.get(usize::from(id.0)).filter(|_| rests);
        let reference = found.and_then(|found| {
            let reference = self.core.view.of(id).reference(self.now, &limits.reference).ok()?;
            Some(RawPrice::new(reference.price(found)))
        });
        reference.map_or(Pricing::Market, Pricing::Limit)
    }

    /// The id the next proposal will have.
    #[must_use]
    pub const fn next_proposal(&self) -> ProposalId {
        self.core.numbers.proposal()
    }

    /// Proposes a trade, for this desk and no other. It leaves in this step, or it is denied.
    ///
    /// # Errors
    /// The first check that failed, with its numbers. A denial changes nothing but counters.
    pub fn submit(&mut self, proposal: Proposal) -> Result<OrderId, Denied> {
        let proposal = Proposal { desk: self.id, ..proposal };
        self.actions.push(Action::Record(Decision::Proposed(proposal.clone())));
        match examine(self.core, self.now, &proposal) {
            Ok(approved) => Ok(self.approve(&proposal, approved)),
            Err(denied) => {
                self.deny(&proposal, &denied);
                Err(denied)
            }
        }
    }

    /// Cancels one of the desk's own orders.
    ///
    /// # Errors
    /// When the order is not the desk's, or has ended.
    pub fn cancel(&mut self, id: OrderId) -> Result<(), Denied> {
        match self.core.orders.get(id) {
            Some(order) if !order.filled.is_zero() && planted(Bug::OrderPartialCancel) => {
                self.deny_command(CANCEL, id, "an order without fills")
            }
            Some(order) if order.desk == self.id && !order.state.is_terminal() => {
                self.core.cancel_for_desk(self.now, id, self.actions);
                Ok(())
            }
            _ => self.deny_command(CANCEL, id, "an open order of this desk"),
        }
    }

    /// A command on an order that is not there for it: the row of the table that denies it says so.
    fn deny_command(&mut self, check: Check, id: OrderId, wanted: &str) -> Result<(), Denied> {
        let found = self.core.orders.get(id);
        // Of an order nobody remembers nothing is known: the first stands for its instrument, and no symbol is told.
        let instrument = found.map_or(InstrumentId(0), |order| order.terms.instrument);
        let state = found.map_or_else(|| "unknown".to_owned(), |order| format!("{:?}", order.state));
        let symbol = found.map_or_else(String::new, |_| format!(" {}:", self.core.instrument(instrument).symbol));
        let text = format!("{check}{symbol} order {} is {state} against {wanted}", id.0);
        let denied = Denied { proposal: None, desk: self.id, instrument, check, text };
        self.actions.push(Action::Record(Decision::Denied(denied.clone())));
        Err(denied)
    }

    /// Changes quantity and limit of one of the desk's own resting orders, in place. Until the venue
    /// answers, old and new terms are both reserved; a refused amend leaves the order as it was.
    ///
    /// # Errors
    /// The first check that failed, with its numbers; or that the order cannot be amended now.
    pub fn amend(&mut self, id: OrderId, qty: Qty, limit: RawPrice) -> Result<(), Denied> {
        let mine = |order: &&Order| order.desk == self.id && order.proposal.is_some() && !order.state.is_terminal();
        let Some(order) = self.core.orders.get(id).filter(mine) else {
            return self.deny_command(AMEND, id, "an open order of this desk");
        };
        let order = order.clone();
        match examine_amend(self.core, self.now, &order, qty, limit) {
            Ok(terms) if self.core.amend_for_desk(self.now, id, terms, self.actions) => Ok(()),
            Ok(_) => self.deny_command(AMEND, id, "a live order"),
            Err(denied) => {
                self.actions.push(Action::Record(Decision::Denied(denied.clone())));
                Err(denied)
            }
        }
    }

    /// Asks to be woken at an instant. Of several, the earliest counts; the strategy may be woken
    /// before it for other reasons.
    pub fn wake_at(&mut self, at: Timestamp) {
        let at = self.core.desk_wake.map_or(at, |due| due.min(at));
        self.core.desk_wake = Some(at);
        self.core.wake_at(at, self.actions);
    }

    fn approve(&mut self, proposal: &Proposal, approved: Approved) -> OrderId {
        let core = &mut *self.core;
        core.numbers.last_proposal = proposal.id.0;
        let notional = approved.notional;
        if entry_side(proposal.intention).is_some() {
            let (window, twins) = (core.config.throttle.window, core.config.risk.duplicate_window);
            core.pauses.released(proposal, Money::new(notional), self.now, window, twins);
        }
        core.valuation.reference_used(proposal.instrument);
        if differ(&proposal.contributing) {
            let text = format!("contributing confidences of proposal {} differ by more than 0.2", proposal.id.0);
            alert(Severity::Warning, Some(proposal.instrument), None, text, self.actions);
        }
        let intent = core.numbers.intent();
        let id = core.send_approved(self.now, proposal, approved, intent, self.actions);
        core.flush(self.now, self.actions);
        id
    }

    /// Records a denial; those by size and by repetition trip the throttle.
    fn deny(&mut self, proposal: &Proposal, denied: &Denied) {
        let core = &mut *self.core;
        core.numbers.last_proposal = core.numbers.last_proposal.max(proposal.id.0);
        if !planted(Bug::GapAuditTrail) {
            self.actions.push(Action::Record(Decision::Denied(denied.clone())));
        }
        if denied.check == Check::Exit(3) {
            core.merge_wish(self.now, proposal, self.actions);
        }
        let config = &core.config;
        let trips = match denied.check {
            Check::Entry(9) => true,
            Check::Entry(12 | 22) => core.pauses.size_denied(proposal, self.now, config.sanity.trip_after),
            _ => false,
        };
        if trips && core.pauses.trip(proposal) {
            let (desk, instrument, check) = (proposal.desk, proposal.instrument, denied.check);
            self.actions.push(Action::Record(Decision::Tripped { desk, instrument, check }));
            let text = format!("{}; the throttle is tripped until an operator re-arms it", denied.text);
            return alert(Severity::Warning, Some(instrument), None, text, self.actions);
        }
        // A reference that stays unusable is told once to whom it keeps out, and once to whom it keeps in.
        let told = match denied.check {
            Check::Entry(12 | 22) => Some(Severity::Warning),
            Check::Entry(11) => core.valuation.reference_missed(proposal.instrument).then_some(Severity::Warning),
            Check::Exit(5) => core.valuation.exit_missed(proposal.instrument).then_some(Severity::Critical),
            _ => None,
        };
        if let Some(severity) = told {
            alert(severity, Some(proposal.instrument), None, denied.text.clone(), self.actions);
        }
    }
}

/// Whether confidences differ by more than 0.2 (production-rules §2.5): worth a word, no more.
fn differ(confidences: &[Rate]) -> bool {
    let all = || confidences.iter().map(|confidence| confidence.decimal());
    all().max().zip(all().min()).is_some_and(|(most, least)| most - least > rust_decimal::Decimal::new(2, 1))
}
