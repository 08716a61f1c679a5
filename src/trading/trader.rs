//! The trader: one function from time and one event to actions.
//!
//! Inside a step the order is fixed (production-rules §1.2): the view, orders, positions and ledger
//! learn the event; protection is brought in line; breakers look; what waits is sent as the budget
//! allows; then the strategy is asked. One event is applied completely before the next. There is no
//! clock, no chance, no file and no thread in here.

use super::core::{Core, Setup};
use super::desk::{Desk, Strategy};
use crate::market::{Action, Bug, DeskId, Event, MarketEvent, Timestamp, planted};

/// The desk of the one strategy a trader runs so far.
const DESK: DeskId = DeskId(0);

/// A production trader: order manager, positions, risk and a strategy.
pub struct Trader {
    core: Core,
    strategy: Box<dyn Strategy>,
}

impl Trader {
    /// A trader at the beginning of its life: it first asks the venue for orders and balances.
    #[must_use]
    pub fn new(setup: Setup, strategy: Box<dyn Strategy>) -> Self {
        Self { core: Core::new(setup), strategy }
    }

    /// What it knows.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.core
    }

    /// Whether a market event of an exchange time could make it act; if not, [`Trader::observe`] is the whole step.
    #[must_use]
    pub fn wants(&self, at: Timestamp, event: &MarketEvent) -> bool {
        self.strategy.wants(event)
            || self.core.protection_heeds(event)
            || self.core.breakers_heed(at, event)
            || self.core.arming_heeds(event)
    }

    /// Learns a market event nobody acts on.
    pub fn observe(&mut self, at: Timestamp, event: &MarketEvent) {
        self.core.view.learn(at, event);
    }

    /// Experiences one event.
    pub fn step(&mut self, now: Timestamp, event: &Event, actions: &mut Vec<Action>) {
        self.core.protection_hears(now, event);
        match event {
            Event::Market(at, market) => {
                self.core.view.learn(*at, market);
                self.core.on_market(market, actions);
            }
            Event::Report(report) => self.core.on_report(now, report, actions),
            Event::Link(link) => self.core.on_link(now, *link, actions),
            Event::Account(message) => self.core.on_account(now, message, actions),
            Event::Reference(reference) => self.core.on_reference(now, *reference),
            Event::Host(host) => self.core.on_host(now, *host, actions),
            Event::Wake => self.core.on_wake(now, actions),
            Event::Control(control) => self.core.on_control(now, control, actions),
        }
        self.core.conclude_late(now, actions);
        self.core.keep_flattening(now, actions);
        self.core.protect(now, actions);
        if planted(Bug::RiskBreakerRace) {
            self.strategy.on_event(&mut Desk::new(&mut self.core, now, DESK, actions), event);
            return self.core.guard(now, event, actions);
        }
        self.core.guard(now, event, actions);
        // Breakers may demand exits, and an order of the desk may need lots that a stop holds.
        self.core.protect(now, actions);
        self.core.flush(now, actions);
        self.strategy.on_event(&mut Desk::new(&mut self.core, now, DESK, actions), event);
        self.core.protect(now, actions);
        self.core.flush(now, actions);
        self.core.rest(now, actions);
    }
}
