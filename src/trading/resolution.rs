//! The resolution ladder: how an unknown outcome becomes a known one (production-rules §1.6).
//!
//! Positive evidence of any kind ends it, for the order is then known. Absence counts only when it
//! is complete, from snapshots younger than the last instant at which the venue could still have
//! taken the order, and found twice. Until proof the reservation stays, nothing is sent again, and
//! nobody is told that the venue refused anything.

use super::arming::InstrumentCause;
use super::core::{Core, alert};
use super::order::Order;
use super::transitions::Input;
use crate::market::{
    Action, Bug, Command, Decision, ExecutionReport, Link, OpenOrder, OrderId, OrderState, OrderStatus, Query,
    ReportKind, Severity, Snapshot, Span, Timestamp, planted,
};

/// LD-2: when the order itself is asked about, counted from the moment its outcome became unknown.
const QUERIES: [Span; 3] = [Span::ZERO, Span::from_secs(1), Span::from_secs(3)];

/// Where an order stands on the ladder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ladder {
    /// Since when the outcome is unknown.
    since: Timestamp,
    /// Queries of LD-2 made.
    queries: usize,
    /// When the next full query is due.
    full: Timestamp,
    /// Only snapshots taken later than this are evidence.
    bar: Timestamp,
    /// The full query under way.
    round: Option<Round>,
    /// Complete full queries that did not find it.
    negatives: u32,
    /// Whether LD-5 was reached.
    given_up: bool,
}

/// A full query and which parts of it were answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Round {
    asked: Timestamp,
    newest: Timestamp,
    open: bool,
    closed: bool,
    fills: bool,
}

impl Ladder {
    /// When its next step is due.
    pub(super) fn due(&self, give_up: Span) -> Timestamp {
        let query = QUERIES.get(self.queries).map_or(Timestamp::MAX, |offset| self.since.after(*offset));
        let end = if self.given_up { Timestamp::MAX } else { self.since.after(give_up) };
        query.min(self.full).min(end)
    }
}

/// A part of a full query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Open,
    Closed,
    Fills,
}

impl Core {
    /// LD-1: the outcome of an order's last command is unknown from here.
    pub(super) fn start_ladder(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the order just moved");
        if order.watch.ladder.is_some() {
            return;
        }
        let config = &self.config.orders;
        let (wait, deadline) = if self.keeps_deadlines(order.terms.instrument) {
            (Span(config.deadline.0 + config.skew_margin.0), config.deadline)
        } else {
            (self.config.resolve.no_deadline_wait, self.config.resolve.no_deadline_wait)
        };
        let order = self.orders.get_mut(id).expect("it was just read");
        let commanded = order.watch.commanded.unwrap_or(now);
        let full = commanded.after(wait).max(now);
        let bar = commanded.after(deadline);
        order.watch.ladder =
            Some(Ladder { since: now, queries: 0, full, bar, round: None, negatives: 0, given_up: false });
        let state = order.state;
        note(id, 1, format!("the outcome is unknown ({state:?}); it stays reserved and is not sent again"), actions);
        if state == OrderState::UnknownSubmit {
            self.end_session(now, id, commanded, actions);
        }
        self.climb(now, id, actions);
    }

    /// LD-6: a venue that keeps no deadlines could take the order at any time while its bytes are under way:
    /// the session they left on is torn down, once for all that left on it.
    fn end_session(&mut self, now: Timestamp, id: OrderId, commanded: Timestamp, actions: &mut Vec<Action>) {
        let instrument = self.orders.get(id).expect("the order just moved").terms.instrument;
        if self.keeps_deadlines(instrument) || commanded < self.session_since || self.is_down(Link::Orders) {
            return;
        }
        // Whatever leaves in this step leaves on the next session.
        self.session_since = now;
        let wait = self.config.resolve.no_deadline_wait.0 / 1_000_000_000;
        note(
            id,
            6,
            format!("the venue keeps no deadlines: its session is torn down, asked again {wait} s after"),
            actions,
        );
        actions.push(Action::Send(Command::Reconnect));
    }

    /// Does what is due on an order's ladder, and asks to be woken for the next step.
    pub(super) fn climb(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let (gap, again, give_up) =
            (self.config.resolve.gap, self.config.resolve.retry_every, self.config.resolve.give_up);
        let Some(ladder) = self.orders.get_mut(id).and_then(|order| order.watch.ladder.as_mut()) else { return };
        let query = QUERIES.get(ladder.queries).is_some_and(|offset| ladder.since.after(*offset) <= now);
        ladder.queries += usize::from(query);
        let full = ladder.full <= now;
        if full {
            ladder.full = now.after(if ladder.given_up { again } else { gap });
            ladder.round = Some(Round { asked: now, newest: ladder.bar, open: false, closed: false, fills: false });
        }
        let ends = !ladder.given_up && ladder.since.after(give_up) <= now;
        let (step, number) = (if ladder.negatives == 0 { 3 } else { 4 }, ladder.negatives + 1);
        if query {
            note(id, 2, "asked for the order by its client id".to_owned(), actions);
            self.ask(now, Query::Order(id), actions);
        }
        if full {
            note(id, step, format!("full query {number}: open orders, closed orders, fill history"), actions);
            self.ask_everything(now, id, actions);
        }
        if ends {
            let text = format!("the outcome is unknown for {} s", give_up.0 / 1_000_000_000);
            self.give_up(now, id, &text, actions);
        }
        let order = self.orders.get(id).expect("it was just read");
        if let Some(ladder) = &order.watch.ladder {
            let due = ladder.due(give_up).max(now);
            self.wake_at(due, actions);
        }
    }

    /// LD-3: a full query.
    fn ask_everything(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let since = self.history_since(id, now);
        self.ask(now, Query::OpenOrders, actions);
        self.ask(now, Query::ClosedOrders(since), actions);
        self.read_history(now, since, actions);
    }

    /// LD-5: the instrument may only shrink, a person is told, and the question is asked for ever.
    fn give_up(&mut self, now: Timestamp, id: OrderId, why: &str, actions: &mut Vec<Action>) {
        let again = now.after(self.config.resolve.retry_every);
        let order = self.orders.get_mut(id).expect("the caller found the order");
        let (instrument, state) = (order.terms.instrument, order.state);
        if let Some(ladder) = &mut order.watch.ladder {
            ladder.given_up = true;
            // A second full query that is due already (LD-4) is not put off.
            if ladder.negatives != 1 {
                ladder.full = ladder.full.max(again);
            }
        }
        if state == OrderState::UnknownSubmit && planted(Bug::Safety3WatchFailure) {
            self.apply(now, id, Input::NotSent, actions);
            return;
        }
        let text = format!("order {} is {state:?}: {why}; its reservation stays", id.0);
        note(id, 5, text.clone(), actions);
        alert(Severity::Critical, Some(instrument), Some(id), text.clone(), actions);
        self.restrict_for(instrument, InstrumentCause::Unresolved(id), text.clone(), actions);
        self.execution_error(now, instrument, &text, actions);
    }

    /// Open orders as the venue lists them: those of ours that are unknown are found or missed.
    pub(crate) fn hear_open_orders(&mut self, now: Timestamp, said: &Snapshot<OpenOrder>, actions: &mut Vec<Action>) {
        for listed in &said.items {
            let unsure = |order: &Order| order.state.is_unknown() || order.state == OrderState::Void;
            if self.orders.recall(listed.order) && self.orders.get(listed.order).is_some_and(unsure) {
                self.on_report(now, &as_status(said.at, listed), actions);
            }
        }
        self.missed(now, said.at, Part::Open, actions);
    }

    /// The terms of our open orders as the venue lists them, as soon as they are listed: what protects a
    /// position may be other than it was believed to be.
    pub(super) fn hear_terms(&mut self, now: Timestamp, said: &Snapshot<OpenOrder>, actions: &mut Vec<Action>) {
        for listed in &said.items {
            let differs = |order: &Order| {
                let rests = matches!(order.state, OrderState::Live | OrderState::AmendPending);
                let same = (order.terms.qty, order.terms.kind) == (listed.qty, listed.kind);
                rests && !same && order.filled == listed.filled
            };
            if self.orders.get(listed.order).is_some_and(differs) {
                self.on_report(now, &as_status(said.at, listed), actions);
            }
        }
    }

    /// The fates of orders of ours that are unknown, among ended orders as the venue lists them.
    pub(super) fn hear_fates(&mut self, now: Timestamp, said: &Snapshot<ExecutionReport>, actions: &mut Vec<Action>) {
        for report in &said.items {
            if self.orders.get(report.order).is_some_and(|order| order.state.is_unknown()) {
                self.on_report(now, report, actions);
            }
        }
        self.missed(now, said.at, Part::Closed, actions);
    }

    /// Ended orders as the venue lists them.
    pub(crate) fn hear_closed_orders(
        &mut self,
        now: Timestamp,
        said: &Snapshot<ExecutionReport>,
        actions: &mut Vec<Action>,
    ) {
        for report in &said.items {
            let news = |order: &Order| {
                let more = report.cumulative.is_none_or(|cumulative| cumulative > order.filled);
                !order.state.is_terminal() || order.state == OrderState::Void || more
            };
            if self.orders.recall(report.order) && self.orders.get(report.order).is_some_and(news) {
                self.on_report(now, report, actions);
            }
        }
        self.missed(now, said.at, Part::Closed, actions);
    }

    /// A part of the account was listed as of `at`: whoever is still unknown was not in it.
    pub(super) fn missed(&mut self, now: Timestamp, at: Timestamp, part: Part, actions: &mut Vec<Action>) {
        let mut complete = Vec::new();
        for order in self.orders.open_mut() {
            let id = order.terms.id;
            let Some(ladder) = &mut order.watch.ladder else { continue };
            let Some(round) = ladder.round.as_mut().filter(|_| at > ladder.bar) else { continue };
            match part {
                Part::Open => round.open = true,
                Part::Closed => round.closed = true,
                Part::Fills => round.fills = true,
            }
            round.newest = round.newest.max(at);
            if round.open && round.closed && round.fills {
                complete.push(id);
            }
        }
        for id in complete {
            self.found_absent(now, id, actions);
        }
    }

    /// A full query is complete and did not find an order: twice, and that is proof.
    fn found_absent(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(id).expect("the caller found the order");
        let (submit, bar) = (order.state == OrderState::UnknownSubmit, order.terms.deadline);
        let Some(ladder) = &mut order.watch.ladder else { return };
        let Some(round) = ladder.round.take() else { return };
        ladder.negatives += 1;
        (ladder.bar, ladder.full) = (round.newest, ladder.full.max(round.asked.after(self.config.resolve.gap)));
        let (negatives, given_up) = (ladder.negatives, ladder.given_up);
        let step = if negatives < 2 { 3 } else { 4 };
        let since = match bar {
            Timestamp::MAX => "its session ended".to_owned(),
            deadline => format!("its deadline {}", deadline.0),
        };
        let text = format!(
            "not among open orders, closed orders and fills as of {}, after {since}: negative {negatives}",
            round.newest.0
        );
        note(id, step, text, actions);
        if negatives < 2 || (given_up && !submit) {
            return;
        }
        self.apply(now, id, Input::AbsenceProven, actions);
        if !submit {
            self.give_up(now, id, "two complete queries do not find it", actions);
        }
    }
}

/// A step of the ladder, on record.
pub(super) fn note(order: OrderId, step: u8, text: String, actions: &mut Vec<Action>) {
    actions.push(Action::Record(Decision::Resolving { order, step, text }));
}

/// What a line of the list of open orders says, as the answer to a question about that order.
pub(super) fn as_status(at: Timestamp, listed: &OpenOrder) -> ExecutionReport {
    ExecutionReport {
        order: listed.order,
        venue_id: Some(listed.venue_id),
        instrument: listed.instrument,
        at,
        cumulative: Some(listed.filled),
        kind: ReportKind::Status(OrderStatus::Open { qty: listed.qty, kind: listed.kind }),
    }
}
