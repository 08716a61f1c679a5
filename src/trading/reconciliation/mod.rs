//! Reconciliation: what the venue says of the account as a whole, held against what we know
//! (production-rules §4.10).
//!
//! A pass asks for open orders, closed orders, fills and the account, waits until it has heard all
//! of it, and only then acts: in `pass` the answers are kept, in `finish` they are worked through
//! in the order of the rules, in `differences` amounts are compared. Nothing is ever concluded from
//! a part of an answer, from one that is older than the question, or from absence alone.
//!
//! Passes run at start, after every link loss, every `reconcile.every` while anything is open, and
//! on demand. A pass that is not clean is run again after `reconcile.recheck`.

mod differences;
mod finish;
mod pass;

pub(crate) use differences::Differences;
use pass::Next;
pub(crate) use pass::Pass;

use std::collections::BTreeMap;

use super::core::{Core, anomaly};
use super::resolution::Part;
use crate::market::{
    Action, AssetId, Bug, Decision, Link, MarketEvent, Money, OrderId, Timestamp, VenueMessage, planted,
};

/// What is known of the account as a whole.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Reconciler {
    /// The pass under way.
    pass: Option<Pass>,
    /// When the first of the passes was begun that have not come out clean since.
    looking_since: Option<Timestamp>,
    /// When the next look is due: at what a pass still lacks, or for a new pass.
    due: Option<Timestamp>,
    /// Whether open orders and balances were heard since the account was last out of sight.
    picture: bool,
    /// Whether the books hold the opening balances, and when those were true.
    opened: bool,
    opened_at: Option<Timestamp>,
    /// Executions up to here are in the books: the last clean pass proved it.
    settled: Timestamp,
    /// When the last clean pass was asked for: what had ended by then is known.
    looked: Timestamp,
    /// Venue time of the newest execution or transfer booked.
    newest: Timestamp,
    differences: Differences,
    /// What the account held on its first day.
    opening: BTreeMap<AssetId, Money>,
    /// Transfers told of before the books were opened: most likely the opening holds them.
    early: Vec<(AssetId, Money)>,
    /// The last pass lacked nothing but the fate of unknown orders.
    awaiting: bool,
    /// The account was reset: nothing is concluded from it any more.
    interrupted: bool,
}

impl Default for Reconciler {
    fn default() -> Self {
        Self {
            pass: None,
            looking_since: None,
            due: None,
            picture: false,
            opened: false,
            opened_at: None,
            settled: Timestamp::MIN,
            looked: Timestamp::MIN,
            newest: Timestamp::MIN,
            differences: Differences::default(),
            opening: BTreeMap::new(),
            early: Vec::new(),
            awaiting: false,
            interrupted: false,
        }
    }
}

impl Reconciler {
    /// Whether what is open and held is known well enough for exits and protection (EC-1).
    pub(crate) const fn has_picture(&self) -> bool {
        self.picture
    }

    /// Whether the opening balances hold what executed at an instant.
    pub(crate) fn was_opened_with(&self, at: Timestamp) -> bool {
        self.opened_at.is_none_or(|opened| at <= opened)
    }
}

impl Core {
    /// Whether exits and protection may act: what is open and held is known, and the way to the
    /// venue is open (EC-1).
    #[must_use]
    pub fn picture_complete(&self) -> bool {
        self.reconciler.picture && !self.is_down(Link::Orders)
    }

    /// A life begins: everything is asked for.
    pub(crate) fn begin_life(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if !self.reconciler.opened && self.reconciler.pass.is_none() {
            self.begin_pass(now, actions);
        }
    }

    /// The account was out of sight: nothing is done before a pass is clean.
    pub(crate) fn lose_sight(&mut self, why: &str, actions: &mut Vec<Action>) {
        self.reconciler.picture = false;
        self.reconciler.pass = None;
        self.set_reconciling(true, why, actions);
    }

    /// Runs a pass as soon as the queries can get through; one that runs already goes on.
    pub(crate) fn reconcile_soon(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.reconciler.pass.is_none() {
            self.begin_pass(now, actions);
        }
    }

    fn begin_pass(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.is_down(Link::Queries) {
            // The link's return begins it.
            return;
        }
        // A fresh account has no history to ask for.
        let history = self.reconciler.opened;
        let positions = self.instruments.iter().any(|i| i.contract.is_margin());
        let pass = Pass::new(now, history, positions);
        for query in pass.missing(self.reconciler.settled, self.reconciler.looked) {
            self.ask(now, query, actions);
        }
        self.reconciler.pass = Some(pass);
        self.reconciler.looking_since = self.reconciler.looking_since.or(Some(now));
        self.look_again(now, actions);
    }

    /// Comes back after `reconcile.recheck`.
    fn look_again(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let due = now.after(self.config.reconcile.recheck);
        self.reconciler.due = Some(due);
        self.wake_at(due, actions);
    }

    /// What is due by now: answers that never came are asked for again, or a new pass begins.
    pub(crate) fn reconcile_timers(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let Some(due) = self.reconciler.due else { return };
        if due > now {
            return self.wake_at(due, actions);
        }
        self.reconciler.due = None;
        if let Some(pass) = &self.reconciler.pass {
            if !self.is_down(Link::Queries) {
                for query in pass.missing(self.reconciler.settled, self.reconciler.looked) {
                    self.ask(now, query, actions);
                }
            }
            self.look_again(now, actions);
        } else if self.has_reason_to_look() {
            self.begin_pass(now, actions);
        }
    }

    /// Whether a pass could find anything: a flat account without orders is left alone.
    fn has_reason_to_look(&self) -> bool {
        let open = self.orders.open_count() > 0 || self.books.positions().next().is_some();
        (open || self.is_reconciling() || !self.reconciler.differences.is_empty()) && !self.reconciler.interrupted
    }

    /// The last thing of a step, after the strategy: what is open has its next look and its heartbeat.
    pub(crate) fn rest(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.schedule_pass(now, actions);
        self.keep_alive(now, actions);
    }

    /// As long as anything is open, the next pass has its time.
    fn schedule_pass(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.reconciler.due.is_none() && self.reconciler.opened && self.has_reason_to_look() {
            let wait = if self.is_reconciling() { self.config.reconcile.recheck } else { self.config.reconcile.every };
            let due = now.after(wait);
            self.reconciler.due = Some(due);
            self.wake_at(due, actions);
        }
    }

    pub(crate) fn on_account(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        match message {
            VenueMessage::Report(report) => self.on_report(now, report, actions),
            VenueMessage::Transfer(balance) if !self.reconciler.opened => {
                self.reconciler.early.push((balance.asset, balance.total));
            }
            VenueMessage::Transfer(balance) => {
                let transaction = if planted(Bug::ReconcileExternal3) {
                    self.books.difference(now, balance.asset, balance.total)
                } else {
                    self.books.transfer(now, balance.asset, balance.total)
                };
                actions.push(Action::Record(Decision::Posted(transaction)));
                self.fence(actions);
            }
            VenueMessage::Funding { instrument, at, paid } => {
                let Some(found) = self.instruments.get(usize::from(instrument.0)) else {
                    return anomaly(
                        None,
                        format!("funding of {paid} on {}, which is not ours", self.symbol(*instrument)),
                        actions,
                    );
                };
                if self.reconciler.was_opened_with(*at) {
                    return;
                }
                let posted = self.books.funding(now, found, *at, *paid);
                actions.extend(posted.map(|transaction| Action::Record(Decision::Posted(transaction))));
            }
            VenueMessage::Interest { instrument, at, paid } => {
                let Some(found) = self.instruments.get(usize::from(instrument.0)) else {
                    let text = format!("interest of {paid} on {}, which is not ours", self.symbol(*instrument));
                    return anomaly(None, text, actions);
                };
                if !self.reconciler.was_opened_with(*at) {
                    let posted = self.books.interest(now, found, *at, *paid);
                    actions.extend(posted.map(|transaction| Action::Record(Decision::Posted(transaction))));
                }
            }
            VenueMessage::Session { instrument, state } => {
                self.view.learn(now, &MarketEvent::Session(*instrument, *state));
                self.heed_sessions(actions);
                self.look_at_positions_in(*instrument);
            }
            VenueMessage::OpenOrders(_)
            | VenueMessage::ClosedOrders(_)
            | VenueMessage::Fills(_)
            | VenueMessage::Balances(_)
            | VenueMessage::Positions(_) => self.on_answer(now, message, actions),
        }
    }

    /// An answer. The pass under way keeps it, and while it waits for others the ladder looks for its orders
    /// in it already; what no pass asked for is a hint: its reports are taken, and nothing is concluded from
    /// what it does not hold.
    fn on_answer(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        let since = self.reconciler.settled;
        let oldest = self.reconciler.pass.as_ref().map_or(Timestamp::MAX, |pass| self.oldest(pass));
        let Some(pass) = &mut self.reconciler.pass else { return self.on_hint(now, message, actions) };
        let books = &self.books;
        let next = pass.take(message, (oldest, since), |execution| books.applied(execution).is_some());
        for report in pass.ripe() {
            self.on_report(now, &report, actions);
        }
        match next {
            Next::Refused => self.on_hint(now, message, actions),
            Next::Wait => self.hear_early(now, message, actions),
            Next::Ask(query) => self.ask(now, query, actions),
            Next::Done => self.finish_pass(now, actions),
        }
    }

    /// What was true before a pass was asked for is not believed; the venue's clock may be behind ours
    /// by as much as we tolerate.
    fn oldest(&self, pass: &Pass) -> Timestamp {
        Timestamp(pass.asked().0.saturating_sub(self.config.clock.max_offset.0))
    }

    /// A kept answer, while others are waited for: the fate of an unknown order does not wait for them, and
    /// neither does what protects a position. The end of the pass hears it again, which changes nothing: no
    /// snapshot counts twice for absence.
    fn hear_early(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        match message {
            VenueMessage::OpenOrders(open) => {
                self.hear_terms(now, open, actions);
                self.hear_open_orders(now, open, actions);
            }
            VenueMessage::ClosedOrders(closed) => self.hear_fates(now, closed, actions),
            VenueMessage::Fills(_) => {
                let seen = self.reconciler.pass.as_ref().and_then(Pass::history_at);
                if let Some(at) = seen {
                    self.missed(now, at, Part::Fills, actions);
                }
            }
            _ => {}
        }
    }

    fn on_hint(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        match message {
            VenueMessage::ClosedOrders(closed) => self.hear_closed_orders(now, closed, actions),
            VenueMessage::Fills(page) => self.hear_fills(now, page, actions),
            VenueMessage::OpenOrders(open) => {
                self.hear_terms(now, open, actions);
                self.hear_open_orders(now, open, actions);
                let strange = open.items.iter().any(|order| self.orders.get(order.order).is_none());
                if strange && self.reconciler.opened {
                    self.reconcile_soon(now, actions);
                }
            }
            VenueMessage::Balances(_) | VenueMessage::Positions(_) => {}
            VenueMessage::Report(_)
            | VenueMessage::Transfer(_)
            | VenueMessage::Funding { .. }
            | VenueMessage::Interest { .. }
            | VenueMessage::Session { .. } => unreachable!("not an answer"),
        }
    }

    /// Since when passes have been begun and none has come out clean.
    #[must_use]
    pub const fn looking_since(&self) -> Option<Timestamp> {
        self.reconciler.looking_since
    }

    /// What the process asked for and had not heard died with it.
    pub(crate) fn forget_questions(&mut self) {
        self.reconciler.pass = None;
        self.reconciler.due = None;
    }

    /// An execution was booked, by whatever way it came.
    pub(crate) fn note_execution(&mut self, now: Timestamp, at: Timestamp) {
        // A time that cannot be is not taken for the newest there is.
        let at = at.min(now.after(self.config.clock.max_offset));
        self.reconciler.newest = self.reconciler.newest.max(at);
    }

    /// Whether an order's fate is open without the ladder having given up on it.
    fn resolving(&self) -> Option<OrderId> {
        let mut unknown = self.orders.open().filter(|order| order.state.is_unknown()).map(|order| order.terms.id);
        unknown.find(|id| !self.unresolved().any(|(_, given_up)| given_up == *id))
    }
}
