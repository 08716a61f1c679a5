//! Whether, and what, the trader may trade: its state is the strictest of typed causes
//! (production-rules §1.3), and each instrument has causes of its own.
//!
//! An automatic cause leaves when what it names is over; a latched one waits for an operator, and
//! outlives reconciliation and restart. What was never verified counts as failed: a fresh trader
//! knows neither its clock nor what its key may do.

use std::collections::BTreeMap;

use super::core::{Core, alert};
use crate::market::{
    Account, Action, Breaker, Decision, HostEvent, InstrumentId, Link, OrderId, Severity, Span, TraderState,
};

/// Why the whole trader may only shrink risk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TraderCause {
    /// A link to the venue is down.
    Link(Link),
    /// Nothing at all is heard of the market any more.
    Feed,
    /// No instrument's session is open.
    Session,
    /// Our clock is too far from the venue's, or was never compared.
    Clock,
    /// Our key may do too little or too much, or was never verified.
    Key,
    /// An instrument's rules are missing, or are not those expected.
    Rules,
    /// The journal has room for cancels and exits only.
    JournalSpace,
    /// The journal can no longer be written.
    JournalFailed,
    /// A breaker latched it.
    Breaker(Breaker),
    /// What the venue holds was not explained in time.
    Unexplained,
    /// The venue knows orders in our numbers that our journal does not.
    Stranger,
    /// The venue forgot the account: the run is interrupted.
    AccountReset,
}

impl TraderCause {
    /// Whether only an operator takes it away.
    pub(crate) const fn is_latched(self) -> bool {
        match self {
            Self::Link(_) | Self::Feed | Self::Session | Self::Clock | Self::Key | Self::Rules | Self::JournalSpace => {
                false
            }
            Self::JournalFailed | Self::Breaker(_) | Self::Unexplained | Self::Stranger | Self::AccountReset => true,
        }
    }
}

/// Why one instrument may only shrink its position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum InstrumentCause {
    /// An order ended up where it should not: an overfill, a fill worse than its limit. Latched.
    Execution,
    /// An order whose fate the ladder could not find out (LD-5); over once it is known.
    Unresolved(OrderId),
    /// External hands changed the position; an operator settles it.
    External,
}

/// How hard the trader was killed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kill {
    /// Entries ended; protection stays.
    Halted,
    /// Every position is taken down the exit ladder as well.
    Flattening,
}

/// What decides the trader's state.
#[derive(Clone, Debug)]
pub(crate) struct Arming {
    reconciling: bool,
    killed: Option<Kill>,
    causes: BTreeMap<TraderCause, String>,
    restricted: BTreeMap<InstrumentId, BTreeMap<InstrumentCause, String>>,
}

impl Default for Arming {
    fn default() -> Self {
        let unverified = [
            (TraderCause::Clock, "the clock was never compared with the venue's"),
            (TraderCause::Key, "what the key may do was never verified"),
        ];
        Self {
            reconciling: true,
            killed: None,
            causes: unverified.map(|(cause, why)| (cause, why.to_owned())).into(),
            restricted: BTreeMap::new(),
        }
    }
}

impl Arming {
    /// The state that follows: the strictest of everything.
    fn state(&self) -> TraderState {
        if self.killed.is_some() {
            TraderState::Halted
        } else if self.reconciling {
            TraderState::Reconciling
        } else if self.causes.is_empty() {
            TraderState::Armed
        } else {
            TraderState::ReduceOnly
        }
    }
}

impl Core {
    /// Takes on a cause to trade nothing but what shrinks risk; a known one changes nothing.
    #[expect(clippy::needless_pass_by_value, reason = "callers make the text for it")]
    pub(crate) fn latch(&mut self, cause: TraderCause, why: String, actions: &mut Vec<Action>) {
        if self.arming.causes.contains_key(&cause) {
            return;
        }
        self.arming.causes.insert(cause, why.clone());
        self.settle_state(&why, actions);
    }

    /// A cause is gone.
    pub(crate) fn loosen(&mut self, cause: TraderCause, why: &str, actions: &mut Vec<Action>) {
        if self.arming.causes.remove(&cause).is_some() {
            self.settle_state(why, actions);
        }
    }

    /// Whether a cause is in force.
    pub(crate) fn is_latched(&self, cause: TraderCause) -> bool {
        self.arming.causes.contains_key(&cause)
    }

    /// How hard the trader was killed, if it was.
    pub(crate) const fn killed(&self) -> Option<Kill> {
        self.arming.killed
    }

    /// Kills, or kills harder; never softer. True if anything changed.
    pub(crate) fn kill_as(&mut self, how: Kill, why: &str, actions: &mut Vec<Action>) -> bool {
        let changed = self.arming.killed < Some(how);
        if changed {
            self.arming.killed = Some(how);
            self.settle_state(why, actions);
        }
        changed
    }

    /// An operator takes back the kill and everything latched, on instruments as well; what
    /// external hands did waits for its own act, and what is automatic for its own end.
    pub(crate) fn unlatch(&mut self, why: &str, actions: &mut Vec<Action>) {
        self.arming.killed = None;
        // An amount that nobody explained keeps entries stopped until it is posted where it belongs.
        let ledger = self.books.ledger();
        let unexplained = ledger.assets().any(|asset| !ledger.balance(Account::Unexplained, asset).is_zero());
        let stays = |cause: TraderCause| !cause.is_latched() || (cause == TraderCause::Unexplained && unexplained);
        self.arming.causes.retain(|cause, _| stays(*cause));
        let restricted: Vec<InstrumentId> = self.arming.restricted.keys().copied().collect();
        for instrument in restricted {
            self.release_from(instrument, InstrumentCause::Execution, why, actions);
        }
        self.settle_state(why, actions);
    }

    /// Reconciliation begins (`true`), or ended cleanly.
    pub(crate) fn set_reconciling(&mut self, reconciling: bool, why: &str, actions: &mut Vec<Action>) {
        self.arming.reconciling = reconciling;
        self.settle_state(why, actions);
    }

    /// Whether the trader waits for a clean pass.
    pub(crate) const fn is_reconciling(&self) -> bool {
        self.arming.reconciling
    }

    fn settle_state(&mut self, why: &str, actions: &mut Vec<Action>) {
        let to = self.arming.state();
        if self.state != to {
            // What still holds the trader back says more than what just left.
            let held = self.arming.causes.values().next().map_or(why, String::as_str);
            let why = if to == TraderState::ReduceOnly { held } else { why }.to_owned();
            actions.push(Action::Record(Decision::Became { from: self.state, to, why }));
            self.state = to;
        }
    }

    /// Rules that differ from what was expected of them keep a fresh trader from arming.
    pub(crate) fn expect_rules(&mut self) {
        if let Some(unexpected) = self.unexpected_rules().into_iter().reduce(|all, one| format!("{all}; {one}")) {
            self.arming.causes.insert(TraderCause::Rules, unexpected);
        }
    }

    /// Every arming condition that fails, in words (CK-04).
    #[must_use]
    pub fn why_not_armed(&self) -> Vec<String> {
        let mut failing = Vec::new();
        if let Some(how) = self.arming.killed {
            failing.push(format!("killed ({how:?}) until an operator re-arms"));
        }
        if !self.reconciler.has_picture() {
            failing.push("the account picture is not complete".to_owned());
        } else if self.arming.reconciling {
            failing.push("reconciliation is not clean".to_owned());
        }
        failing.extend(self.arming.causes.values().cloned());
        failing
    }

    /// Makes an instrument reduce-only until an operator re-arms.
    pub(crate) fn restrict(&mut self, instrument: InstrumentId, why: String, actions: &mut Vec<Action>) {
        self.restrict_for(instrument, InstrumentCause::Execution, why, actions);
    }

    /// Makes an instrument reduce-only for a cause; a known one changes nothing.
    pub(crate) fn restrict_for(
        &mut self,
        instrument: InstrumentId,
        cause: InstrumentCause,
        why: String,
        actions: &mut Vec<Action>,
    ) {
        let causes = self.arming.restricted.entry(instrument).or_default();
        if let std::collections::btree_map::Entry::Vacant(free) = causes.entry(cause) {
            free.insert(why.clone());
            actions.push(Action::Record(Decision::ReduceOnly { instrument, why }));
        }
    }

    /// A cause of an instrument is gone; the last one frees it.
    pub(crate) fn release_from(
        &mut self,
        instrument: InstrumentId,
        cause: InstrumentCause,
        why: &str,
        actions: &mut Vec<Action>,
    ) {
        let Some(causes) = self.arming.restricted.get_mut(&instrument) else { return };
        if causes.remove(&cause).is_none() {
            return;
        }
        if causes.is_empty() {
            self.arming.restricted.remove(&instrument);
            actions.push(Action::Record(Decision::Released { instrument, why: why.to_owned() }));
        }
    }

    /// Why an instrument may only shrink its position, if so.
    pub(crate) fn restricted(&self, instrument: InstrumentId) -> Option<&str> {
        self.arming.restricted.get(&instrument).and_then(|causes| causes.values().next()).map(String::as_str)
    }

    /// Frees instruments from orders whose fate is known by now.
    pub(crate) fn release_resolved(&mut self, actions: &mut Vec<Action>) {
        if self.arming.restricted.is_empty() {
            return;
        }
        let resolved: Vec<(InstrumentId, OrderId)> = self
            .unresolved()
            .filter(|(_, id)| !self.orders.get(*id).is_some_and(|order| order.state.is_unknown()))
            .collect();
        for (instrument, id) in resolved {
            let why = format!("the fate of order {} is known", id.0);
            self.release_from(instrument, InstrumentCause::Unresolved(id), &why, actions);
        }
    }

    /// Orders at LD-5, with their instruments.
    pub(crate) fn unresolved(&self) -> impl Iterator<Item = (InstrumentId, OrderId)> + '_ {
        self.arming.restricted.iter().flat_map(|(instrument, causes)| {
            causes.keys().filter_map(|cause| match cause {
                InstrumentCause::Unresolved(id) => Some((*instrument, *id)),
                InstrumentCause::Execution | InstrumentCause::External => None,
            })
        })
    }

    /// What the host says of clock, key and journal: arming conditions, and no more.
    pub(crate) fn on_condition(&mut self, host: HostEvent, actions: &mut Vec<Action>) {
        match host {
            HostEvent::ClockOffset(offset) => self.on_clock(offset, actions),
            HostEvent::Permission { trade, withdraw } => self.on_key(trade, withdraw, actions),
            HostEvent::JournalSpace(true) => {
                self.loosen(TraderCause::JournalSpace, "the journal has room again", actions);
            }
            HostEvent::JournalSpace(false) => {
                let why = "the journal has room for cancels and exits only";
                self.demand_attention(TraderCause::JournalSpace, why, actions);
            }
            HostEvent::JournalFailed => {
                self.demand_attention(TraderCause::JournalFailed, "the journal cannot be written", actions);
            }
            HostEvent::Restarted | HostEvent::Stopping => {}
        }
    }

    fn on_clock(&mut self, offset: Span, actions: &mut Vec<Action>) {
        let limit = self.config.clock.max_offset;
        if offset.0.unsigned_abs() <= limit.0.unsigned_abs() {
            return self.loosen(TraderCause::Clock, "the clock is within its offset", actions);
        }
        // The text names what is measured now, not what was measured first.
        self.arming.causes.remove(&TraderCause::Clock);
        let why = format!("the clock is {} ns from the venue's against {} ns", offset.0, limit.0);
        self.latch(TraderCause::Clock, why, actions);
    }

    fn on_key(&mut self, trade: bool, withdraw: bool, actions: &mut Vec<Action>) {
        if trade && !withdraw {
            return self.loosen(TraderCause::Key, "the key may trade and may not withdraw", actions);
        }
        self.arming.causes.remove(&TraderCause::Key);
        let why = if withdraw { "the key may withdraw" } else { "the key may not trade" };
        self.demand_attention(TraderCause::Key, why, actions);
    }

    fn demand_attention(&mut self, cause: TraderCause, why: &str, actions: &mut Vec<Action>) {
        if !self.is_latched(cause) {
            alert(Severity::Critical, None, None, format!("{why}; entries stop, exits and cancels go on"), actions);
        }
        self.latch(cause, why.to_owned(), actions);
    }
}
