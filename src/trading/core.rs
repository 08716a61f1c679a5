//! Everything a trader knows: the market view, orders, positions and ledger, pauses, budget and
//! limits. The desk, the checks and the event handlers all work on this one value.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::arming::Arming;
use super::believed::{believed, unexpected};
use super::booking::Books;
use super::breakers::Guards;
use super::budget::Lane;
use super::config::Config;
use super::history::Reading;
use super::order::Booking;
use super::orders::Orders;
use super::pauses::Pauses;
use super::protection::Protection;
use super::reconciliation::Reconciler;
use super::retries::Wishes;
use super::sending::Waiting;
use super::valuation::Valuation;
use super::view::View;
use crate::market::{
    Action, Alert, AssetId, Decision, DeskId, Instrument, InstrumentId, IntentId, Money, OrderId, ProposalId, Query,
    Rate, ReferenceEvent, RiskPassId, Severity, Span, Timestamp, TraderState,
};

/// What a trader is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its configuration.
    pub config: Config,
    /// The instruments of the run, by id.
    pub instruments: Vec<Instrument>,
    /// How often each instrument's source speaks by its nature; zero for a tick feed.
    pub cadences: Vec<Span>,
    /// The asset limits are written in.
    pub currency: AssetId,
    /// First order id; ids never repeat over the life of an account.
    pub first_id: u64,
}

/// Numbers given out so far; none is ever given twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Numbers {
    next_order: u64,
    next_intent: u64,
    next_pass: u64,
    pub(crate) last_proposal: u64,
}

impl Numbers {
    const fn starting_at(first: u64) -> Self {
        Self { next_order: first, next_intent: first, next_pass: first, last_proposal: first.saturating_sub(1) }
    }

    /// The next order id.
    pub(crate) const fn order(&mut self) -> OrderId {
        self.next_order += 1;
        OrderId(self.next_order - 1)
    }

    /// Never gives out a number somebody used: true if it was still to come.
    pub(crate) const fn skip_order(&mut self, used: OrderId) -> bool {
        let ahead = used.0 >= self.next_order;
        if ahead {
            self.next_order = used.0.saturating_add(1);
        }
        ahead
    }

    /// The next intent id.
    pub(crate) const fn intent(&mut self) -> IntentId {
        self.next_intent += 1;
        IntentId(self.next_intent - 1)
    }

    /// The next risk pass.
    pub(crate) const fn pass(&mut self) -> RiskPassId {
        self.next_pass += 1;
        RiskPassId(self.next_pass - 1)
    }

    /// The next proposal id; it counts as used once submitted. After the last number there is none:
    /// every further proposal is denied as seen before.
    pub(crate) const fn proposal(self) -> ProposalId {
        ProposalId(self.last_proposal.saturating_add(1))
    }
}

/// An asset's value in account currency, and how it keeps coming.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AssetRate {
    /// Account currency per unit.
    pub(crate) price: Money,
    /// When it came.
    pub(crate) at: Timestamp,
    /// How long after the one before; none for the first, which may be the only one for good.
    pub(crate) every: Option<Span>,
}

/// Everything a trader knows.
#[derive(Clone, Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) currency: AssetId,
    pub(crate) state: TraderState,
    pub(crate) view: View,
    pub(crate) orders: Orders,
    pub(crate) books: Books,
    pub(crate) pauses: Pauses,
    pub(crate) guards: Guards,
    pub(crate) valuation: Valuation,
    pub(crate) entry_lane: Lane,
    pub(crate) safety_lane: Lane,
    pub(crate) query_lane: Lane,
    /// What waits for the safety lane, and for the query lane.
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) questions: VecDeque<Query>,
    /// Whether something new came to wait, or a wake came, since the lanes were last served.
    pub(crate) stirred: bool,
    /// Executions of orders that are not ours, as far as one of them can come again under another name.
    pub(crate) outside: BTreeMap<OrderId, Vec<Booking>>,
    /// When executions older than their window were last forgotten.
    pub(crate) forgot: Timestamp,
    /// The reading of the fill history under way.
    pub(crate) reading: Option<Reading>,
    /// Desks' wishes that could be tried again.
    pub(crate) wishes: Wishes,
    pub(crate) rates: BTreeMap<AssetId, AssetRate>,
    /// How full the venue's own penalty counter is, as a share of its threshold.
    pub(crate) venue_counter: Rate,
    pub(crate) leverages: BTreeMap<(DeskId, InstrumentId), u8>,
    /// Entry orders that filled since their position was last flat.
    pub(crate) entries: BTreeMap<(DeskId, InstrumentId), BTreeSet<OrderId>>,
    /// Net result of the open life of each position, its partial closes so far.
    pub(crate) life_net: BTreeMap<(DeskId, InstrumentId), Money>,
    /// Positions that protection must look at before the step ends.
    pub(crate) dirty: BTreeSet<(DeskId, InstrumentId)>,
    /// What protects every position.
    pub(crate) protection: Protection,
    pub(crate) numbers: Numbers,
    /// The earliest wake asked for and not yet come.
    pub(crate) wake: Option<Timestamp>,
    /// The earliest wake the desk asked for and not yet come.
    pub(crate) desk_wake: Option<Timestamp>,
    /// What decides the trader's state.
    pub(crate) arming: Arming,
    /// What is known of the account as a whole.
    pub(crate) reconciler: Reconciler,
    /// Since when the order session is the one there is: what left before cannot arrive any more.
    pub(crate) session_since: Timestamp,
    /// When the venue's dead-man timer next hears from us, while it is armed.
    pub(crate) heartbeat: Option<Timestamp>,
}

impl Core {
    /// A trader that knows nothing yet: `Reconciling`, with empty books and full lanes.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let beliefs = &setup.config.beliefs;
        let instruments = setup.instruments.into_iter().map(|venues| believed(venues, beliefs)).collect();
        let mut core = Self {
            view: View::new(setup.cadences),
            orders: Orders::new(setup.config.orders.history_max as usize, setup.config.orders.late_fill_window),
            books: Books::new(),
            pauses: Pauses::default(),
            guards: Guards::default(),
            valuation: Valuation::default(),
            entry_lane: Lane::full(setup.config.budget.entry),
            safety_lane: Lane::full(setup.config.budget.safety),
            query_lane: Lane::full(setup.config.budget.query),
            waiting: Vec::new(),
            questions: VecDeque::new(),
            stirred: false,
            outside: BTreeMap::new(),
            forgot: Timestamp::MIN,
            reading: None,
            wishes: Wishes::new(),
            rates: BTreeMap::new(),
            venue_counter: Rate::ZERO,
            leverages: BTreeMap::new(),
            entries: BTreeMap::new(),
            life_net: BTreeMap::new(),
            dirty: BTreeSet::new(),
            protection: Protection::default(),
            numbers: Numbers::starting_at(setup.first_id),
            wake: None,
            desk_wake: None,
            arming: Arming::default(),
            reconciler: Reconciler::default(),
            session_since: Timestamp::MIN,
            heartbeat: None,
            state: TraderState::Reconciling,
            config: setup.config,
            instruments,
            currency: setup.currency,
        };
        core.expect_rules();
        core
    }

    /// An instrument of the run.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> &Instrument {
        &self.instruments[usize::from(id.0)]
    }

    /// Every instrument, by id, with the rules it is traded by.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The configuration in force.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Why the trader must not arm by what it was told to expect of its instruments.
    #[must_use]
    pub fn unexpected_rules(&self) -> Vec<String> {
        unexpected(&self.instruments, &self.config)
    }

    /// The books.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// The orders.
    #[must_use]
    pub const fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The trader's state.
    #[must_use]
    pub const fn state(&self) -> TraderState {
        self.state
    }

    /// Marks a position for the protection phase of this step.
    pub(crate) fn touch(&mut self, key: (DeskId, InstrumentId)) {
        self.dirty.insert(key);
    }

    /// Learns what is held to be true of the outside world.
    pub(crate) fn on_reference(&mut self, now: Timestamp, reference: ReferenceEvent) {
        match reference {
            ReferenceEvent::Rate { asset, price } => {
                let every = self.rates.get(&asset).map(|before| now.since(before.at));
                self.rates.insert(asset, AssetRate { price, at: now, every });
            }
            ReferenceEvent::PenaltyCounter { share } => self.venue_counter = share,
        }
    }

    /// Asks to be woken at `at`, unless an earlier wake is already due.
    pub(crate) fn wake_at(&mut self, at: Timestamp, actions: &mut Vec<Action>) {
        if self.wake.is_none_or(|due| at < due) {
            self.wake = Some(at);
            actions.push(Action::Wake(at));
        }
    }
}

/// Tells a person.
pub(crate) fn alert(
    severity: Severity,
    instrument: Option<InstrumentId>,
    order: Option<OrderId>,
    text: String,
    actions: &mut Vec<Action>,
) {
    actions.push(Action::Alert(Alert { severity, instrument, order, text }));
}

/// Records what fits no state.
pub(crate) fn anomaly(order: Option<OrderId>, text: String, actions: &mut Vec<Action>) {
    actions.push(Action::Record(Decision::Anomaly { order, text }));
}
