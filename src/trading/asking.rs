//! Questions to the venue and the lane they leave by (production-rules §2.7).
//!
//! A question that waits already is not asked twice; queries wait for their own lane and never take
//! a token of another.

use super::core::Core;
use crate::market::{Action, Command, Link, OrderId, Query, Timestamp};

impl Core {
    /// Asks the venue, as soon as the query lane allows.
    pub(crate) fn ask(&mut self, now: Timestamp, query: Query, actions: &mut Vec<Action>) {
        let _ = (now, &actions);
        let merged = self.questions.iter_mut().any(|waiting| merge(waiting, query));
        if !merged {
            self.questions.push_back(query);
        }
        self.stirred = true;
    }

    /// Asks for an order's status and asks again while no answer comes.
    pub(crate) fn inquire(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let again = now.after(self.config.resolve.retry_every);
        if let Some(order) = self.orders.get_mut(id) {
            (order.watch.ask_again, order.watch.heard) = (Some(again), Some(now));
            // One that has ended is kept among the open ones for as long as it is asked about.
            self.orders.refile(now, id);
        }
        self.ask(now, Query::Order(id), actions);
        self.wake_at(again, actions);
    }

    /// Sends what waits, as far as tokens go, and asks to be woken for the rest.
    pub(super) fn serve_queries(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.is_down(Link::Queries) {
            return;
        }
        while let Some(query) = self.questions.front().copied() {
            if !self.query_lane.take(now) {
                let token = self.query_lane.next_token(now);
                return self.wake_at(token, actions);
            }
            self.questions.pop_front();
            actions.push(Action::Send(Command::Query(query)));
        }
    }
}

/// Whether a question that waits answers another one too; of two instants the earlier counts.
fn merge(waiting: &mut Query, query: Query) -> bool {
    match (waiting, query) {
        (Query::ClosedOrders(since), Query::ClosedOrders(other)) => {
            *since = (*since).min(other);
            true
        }
        (Query::Fills { since, page }, Query::Fills { since: other, page: of }) if *page == of => {
            *since = (*since).min(other);
            true
        }
        (waiting, query) => *waiting == query,
    }
}
