//! Breakers: rules that stop trading when an account has lost enough (production-rules §2.6), and
//! what they are measured with: periods, peak equity, volatility, and thresholds that a person is
//! told of.
//!
//! Equity is judged after every event that could move it across anything. For market events that
//! is known beforehand: after each judgement every instrument gets a band of marks within which
//! nothing can happen, and an event that stays inside is worth a comparison. Whether such an event
//! is experienced or only observed makes no difference. For other events it is known from what a
//! judgement is made of, the [`Basis`].
//!
//! Nothing here resets by itself but what the table says; nothing is forgotten by a restart, because
//! a journal replayed comes here again. It opens no position and sends no order of its own: exits
//! are demanded of protection.

mod account;
mod bands;
mod basis;
mod spikes;
mod thresholds;
mod trips;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::core::Core;
use super::view::View;
use crate::market::{Action, Breaker, Bug, DeskId, Event, HostEvent, InstrumentId, MarketEvent, Timestamp, planted};
use account::Account;
use bands::Band;
use basis::Basis;
use thresholds::Threshold;

/// An active breaker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trip {
    /// Since when.
    pub since: Timestamp,
    /// What was measured.
    pub measured: Decimal,
    /// Against which limit.
    pub limit: Decimal,
    /// When it ends by time, if it does.
    pub until: Option<Timestamp>,
    /// Whether the boundary it waits for has passed.
    boundary_passed: bool,
}

/// What breakers know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guards {
    /// Periods and peak, from the first equity on.
    account: Option<Account>,
    active: BTreeMap<Breaker, Trip>,
    /// Intents in a row that ended in an error.
    errors: u32,
    /// Thresholds that were crossed and told.
    told: BTreeSet<Threshold>,
    /// Per instrument, the marks within which nothing can happen; none where its mark is nothing to us.
    bands: Vec<Option<Band>>,
    /// What the last judgement was made of.
    basis: Basis,
    /// Per instrument, how many of its bars were looked at.
    bars: Vec<u64>,
    /// Instruments in a volatility spike.
    spikes: BTreeSet<InstrumentId>,
    /// Positions, by their life, that BK-3 demanded an exit of.
    flattened: BTreeMap<(DeskId, InstrumentId), u64>,
}

impl Guards {
    /// Whether a mark of every instrument lies within its band.
    fn undisturbed(&self, view: &View) -> bool {
        let inside = |(id, band): (usize, &Option<Band>)| {
            band.is_none_or(|band| view.at(id).twice_mark().is_some_and(|mark| band.holds(mark)))
        };
        self.bands.iter().enumerate().all(inside)
    }
}

impl Core {
    /// Updates periods, peaks and breakers from what the step has learnt: its fourth phase.
    pub(crate) fn guard(&mut self, now: Timestamp, event: &Event, actions: &mut Vec<Action>) {
        if planted(Bug::Design5RiskExits) && matches!(event, Event::Host(HostEvent::Restarted)) {
            self.guards = Guards::default();
            self.unlatch("breakers are not restored", actions);
        }
        self.heed_volatility(now, actions);
        let market = matches!(event, Event::Market(..));
        if market && self.guards.undisturbed(&self.view) {
            return;
        }
        self.end_pauses(now, actions);
        // Before anything was posted there is no account to guard.
        if self.books.ledger().transactions() > 0 {
            if self.is_to_judge(now, event) {
                self.judge_account(now, !market, actions);
            }
            self.value_account(now, !market, actions);
        }
        if !market {
            self.guard_wakes(now, actions);
        }
    }

    /// Whether a judgement could say anything new: something of what it is made of has changed, or a
    /// period is over.
    fn is_to_judge(&mut self, now: Timestamp, event: &Event) -> bool {
        let told = matches!(event, Event::Reference(_) | Event::Host(_) | Event::Control(_));
        let over = self.guards.account.as_ref().is_some_and(|account| now >= account.next_boundary());
        let judges = self.has_moved() || told || over;
        debug_assert!(judges || self.is_as_judged(), "equity moved without anything it is made of");
        judges
    }

    fn judge_account(&mut self, now: Timestamp, timed: bool, actions: &mut Vec<Action>) {
        match self.equity() {
            Some(equity) => {
                self.keep_account(now, equity, timed, actions);
                let losses = self.losses();
                self.judge(now, losses, actions);
                let measures = self.measures();
                self.tell_thresholds(&measures, actions);
                self.draw_bands(&measures, losses);
            }
            // Breakers keep what they knew last; the missing mark is waited for.
            None => self.await_marks(),
        }
    }

    /// Whether a market event could trip or reset a breaker, cross a threshold, or change what is
    /// remembered of equity or volatility.
    pub(crate) fn breakers_heed(&self, at: Timestamp, event: &MarketEvent) -> bool {
        let id = usize::from(event.instrument().0);
        if id >= self.instruments.len() {
            return false;
        }
        let view = self.view.at(id);
        let leaves = |band: Band| view.twice_mark_after(event).is_none_or(|mark| !band.holds(mark));
        self.guards.bands.get(id).copied().flatten().is_some_and(leaves) || view.hours.closes(at, event)
    }

    /// The breakers that are active, and since when.
    pub fn breakers(&self) -> impl Iterator<Item = (Breaker, &Trip)> {
        self.guards.active.iter().map(|(breaker, trip)| (*breaker, trip))
    }

    /// Asks to be woken when the next period begins, a pause ends, or a snapshot is due.
    fn guard_wakes(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let boundary = self.guards.account.as_ref().map(Account::next_boundary);
        let pauses = self.guards.active.values().filter_map(|trip| trip.until).min();
        let next = [boundary, pauses, self.valuation.due()].into_iter().flatten().filter(|due| *due > now).min();
        if let Some(next) = next {
            self.wake_at(next, actions);
        }
    }
}
