//! A pass has heard everything: its answers are worked through in the order of production-rules
//! §4.10. (1) is the asking; (2) missing fills are booked; (3) unknown orders are adopted, and the
//! account picture is complete; (4) protection looks at every position; (5) what is unknown is
//! asked for, order by order; (6) amounts are compared; (7) what is unwanted is cancelled.

use super::pass::Heard;
use crate::market::{Action, Balance, Decision, ExecutionReport, OrderId, Severity, Snapshot, Timestamp};
use crate::trading::arming::TraderCause;
use crate::trading::core::{Core, alert};
use crate::trading::resolution::{Part, as_status};

impl Core {
    pub(super) fn finish_pass(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let Some(pass) = self.reconciler.pass.take() else { return };
        let seen = pass.account_at();
        let heard = pass.clone().heard(self.oldest(&pass));
        if self.is_reset(&heard) {
            return self.interrupt(actions);
        }
        self.open_books(now, &heard.balances, actions);
        self.book_history(now, &heard, actions);
        self.hear_open_orders(now, &heard.open, actions);
        self.take_open_orders(now, &heard, actions);
        self.reconciler.picture = true;
        self.look_at_every_position();
        self.cancel_unwanted(now, actions);
        if seen.is_some_and(|seen| seen < self.reconciler.newest) {
            // The account was seen before the newest booking: there is nothing to compare it with.
            let mut pass = pass;
            pass.forget_account();
            self.reconciler.pass = Some(pass);
            return self.look_again(now, actions);
        }
        self.compare(now, &heard, actions);
        self.conclude(now, &heard, actions);
    }

    /// The first balances open the books: what was there before us is no profit.
    fn open_books(&mut self, now: Timestamp, balances: &Snapshot<Balance>, actions: &mut Vec<Action>) {
        if self.reconciler.opened {
            return;
        }
        let opening: Vec<_> = balances.items.iter().map(|balance| (balance.asset, balance.total)).collect();
        let posted = self.books.opening(now, &opening);
        actions.extend(posted.into_iter().map(|transaction| Action::Record(Decision::Posted(transaction))));
        self.reconciler.opened = true;
        self.reconciler.opened_at = Some(balances.at);
        self.reconciler.opening = opening.into_iter().collect();
        // What executed up to that instant is in the balances already.
        self.reconciler.settled = Timestamp(balances.at.0.saturating_add(1));
    }

    /// (2) Every execution of the history goes the way of a report that came in time: booked once.
    /// Then the ends of orders, which may have announced them.
    fn book_history(&mut self, now: Timestamp, heard: &Heard, actions: &mut Vec<Action>) {
        for report in &heard.fills {
            self.on_report(now, report, actions);
        }
        if let Some(closed) = &heard.closed {
            self.hear_closed_orders(now, closed, actions);
        }
        if let Some(at) = heard.fills_at {
            self.missed(now, at, Part::Fills, actions);
        }
    }

    /// (3) Open orders: ours confirm what they say, others are adopted. An order of ours that is in
    /// neither list is asked for by its id; absence ends nothing.
    fn take_open_orders(&mut self, now: Timestamp, heard: &Heard, actions: &mut Vec<Action>) {
        let open = &heard.open;
        for listed in &open.items {
            match self.orders.recall(listed.order).then(|| self.orders.get(listed.order)).flatten() {
                None => self.adopt_order(now, listed, actions),
                Some(ours) => {
                    let same =
                        (ours.terms.qty, ours.terms.kind, ours.filled) == (listed.qty, listed.kind, listed.filled);
                    if !same || ours.state != crate::market::OrderState::Live {
                        self.on_report(now, &as_status(open.at, listed), actions);
                    }
                }
            }
        }
        let listed = |id: OrderId| {
            let ended = |closed: &Snapshot<ExecutionReport>| closed.items.iter().any(|report| report.order == id);
            open.items.iter().any(|order| order.order == id) || heard.closed.as_ref().is_some_and(ended)
        };
        let absent: Vec<OrderId> = self
            .orders
            .open()
            .filter(|order| !order.state.is_terminal() && order.watch.newest.is_some_and(|newest| newest <= open.at))
            .map(|order| order.terms.id)
            .filter(|id| !listed(*id))
            .collect();
        for id in absent {
            self.inquire(now, id, actions);
        }
    }

    /// (4) Protection looks at every position in this very step.
    fn look_at_every_position(&mut self) {
        let held: Vec<_> = self.books.positions().map(|(desk, instrument, _)| (desk, instrument)).collect();
        for key in held {
            self.touch(key);
        }
    }

    /// (7) Entries a kill wants gone and that lived on: the venue never heard of it. Those that are
    /// only expired have their own timers.
    fn cancel_unwanted(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.killed().is_none() {
            return;
        }
        self.end_entries(now, |_| true, actions);
    }

    /// What the pass came to. It is clean if nothing differs and nothing is unknown but what the
    /// ladder gave up on.
    fn conclude(&mut self, now: Timestamp, heard: &Heard, actions: &mut Vec<Action>) {
        let unknown = self.resolving();
        let clean = unknown.is_none() && self.reconciler.differences.is_empty();
        let text = match unknown {
            Some(id) => format!("the fate of order {} is open", id.0),
            None if clean => format!("{} open orders, {} executions", heard.open.items.len(), heard.fills.len()),
            None => self.differing(),
        };
        actions.push(Action::Record(Decision::Reconciled { clean, text }));
        self.reconciler.due = None;
        if clean {
            if let Some(at) = heard.fills_at {
                self.write_off_unseen(now, (self.reconciler.settled, at), actions);
            }
            // Everything that executed is booked; the next pass reads on from the last of it.
            self.reconciler.settled = self.reconciler.settled.max(self.reconciler.newest);
            self.reconciler.looked = heard.looked;
            if heard.balances.at > self.reconciler.opened_at.unwrap_or(Timestamp::MAX) {
                // The venue agrees without them: they were in the opening.
                self.reconciler.early.clear();
            }
            self.books.fold_netted(&self.instruments, self.reconciler.settled);
            (self.reconciler.awaiting, self.reconciler.looking_since) = (false, None);
            self.set_reconciling(false, "the venue and we agree", actions);
        } else {
            self.reconciler.awaiting = self.reconciler.differences.is_empty();
            self.look_again(now, actions);
        }
    }

    /// A pass found nothing but unknown orders, and the last of them is known now.
    pub(crate) fn conclude_late(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.release_resolved(actions);
        if self.reconciler.awaiting && self.reconciler.pass.is_none() && self.resolving().is_none() {
            self.reconciler.awaiting = false;
            self.begin_pass(now, actions);
        }
    }

    /// Whether the venue forgot the account: it knows none of what it must know, and its balances
    /// are what they were on the first day.
    fn is_reset(&self, heard: &Heard) -> bool {
        let traded = self.reconciler.newest > Timestamp::MIN;
        let ended = heard.closed.iter().flat_map(|closed| closed.items.iter().map(|report| report.order));
        let knows_an_order = heard.open.items.iter().map(|order| order.order).chain(ended);
        let knows_none = !knows_an_order.into_iter().any(|id| self.orders.get(id).is_some()) && !heard.traded;
        let as_at_first = heard
            .balances
            .items
            .iter()
            .all(|balance| self.reconciler.opening.get(&balance.asset).is_none_or(|first| *first == balance.total));
        let differs =
            heard.balances.items.iter().any(|balance| {
                self.books.ledger().balance(crate::market::Account::Cash, balance.asset) != balance.total
            });
        traded && knows_none && as_at_first && differs
    }

    fn interrupt(&mut self, actions: &mut Vec<Action>) {
        let why = "the venue reset the account: it knows none of our orders and executions, and holds the first \
                   day's balances; nothing is booked and the run is interrupted";
        actions.push(Action::Record(Decision::Reconciled { clean: false, text: why.to_owned() }));
        alert(Severity::Critical, None, None, why.to_owned(), actions);
        self.reconciler.interrupted = true;
        self.reconciler.due = None;
        self.latch(TraderCause::AccountReset, why.to_owned(), actions);
    }
}
