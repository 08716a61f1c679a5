//! What time does: the first wake of a life, replies that are overdue, orders that are silent or past
//! their expiry, refused cancels, and the earliest wake of all.
//!
//! An order is watched until it is terminal, however long it rests (DESIGN-2). Its expiry is asked
//! about, never assumed: the venue decides (production-rules §3.4).

use super::config::Config;
use super::core::Core;
use super::order::Order;
use super::transitions::{Input, Next, transition};
use crate::market::{Action, Bug, OrderId, OrderState, SessionState, Span, Timestamp, planted};

/// What can be due for an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    Reply,
    Step,
    Cancel,
    Expiry,
    Silence,
    Answer,
}

impl Due {
    const ALL: [Self; 6] = [Self::Reply, Self::Step, Self::Cancel, Self::Expiry, Self::Silence, Self::Answer];

    /// When it is due for an order, if it is.
    fn at(self, order: &Order, config: &Config) -> Option<Timestamp> {
        let watch = &order.watch;
        match self {
            Self::Reply => watch.reply_due,
            Self::Step => watch.ladder.as_ref().map(|ladder| ladder.due(config.resolve.give_up)),
            Self::Cancel => watch.cancel_again,
            Self::Expiry if watch.expiry_asked || order.state.is_terminal() => None,
            Self::Expiry => watch.expires.map(|expires| expires.after(config.orders.expiry_grace)),
            Self::Silence if watch.ask_again.is_some() || !can_be_silent(order.state) => None,
            Self::Silence => watch.heard.map(|heard| heard.after(config.orders.silence)),
            Self::Answer => watch.ask_again,
        }
    }
}

/// Whether silence says anything of a state: the order is known to be open.
fn can_be_silent(state: OrderState) -> bool {
    transition(state, Input::SilenceTimer).next != Next::Impossible
}

impl Core {
    pub(crate) fn on_wake(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.wake.is_some_and(|due| due <= now) {
            self.wake = None;
        }
        self.stirred = true;
        self.begin_life(now, actions);
        self.heed_silence(now, actions);
        self.reconcile_timers(now, actions);
        self.heartbeat_timer(now, actions);
        self.order_timers(now, actions);
        self.history_timers(now, actions);
        self.protection_timers(now, actions);
        match self.desk_wake {
            Some(due) if due <= now => self.desk_wake = None,
            Some(due) => self.wake_at(due, actions),
            None => {}
        }
    }

    /// Serves what is due for any order, and asks to be woken for the next.
    fn order_timers(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let times =
            |order: &Order, config: &Config| Due::ALL.into_iter().filter_map(|kind| kind.at(order, config)).min();
        let next = self.orders.open().filter_map(|order| times(order, &self.config)).min();
        let Some(next) = next else { return };
        if next > now {
            return self.wake_at(next, actions);
        }
        let mut due: Vec<(OrderId, Due)> = Vec::new();
        for order in self.orders.open() {
            let ripe = |kind: &Due| kind.at(order, &self.config).is_some_and(|at| at <= now);
            due.extend(Due::ALL.into_iter().filter(ripe).map(|kind| (order.id(), kind)));
        }
        for (id, kind) in due {
            // What came before may have ended it or answered it.
            let still = |order: &Order| kind.at(order, &self.config).is_some_and(|at| at <= now);
            if self.orders.get(id).is_some_and(still) {
                self.serve(now, id, kind, actions);
            }
        }
        if let Some(next) = self.orders.open().filter_map(|order| times(order, &self.config)).min() {
            self.wake_at(next.max(now), actions);
        }
    }

    fn serve(&mut self, now: Timestamp, id: OrderId, due: Due, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(id).expect("the caller found the order");
        match due {
            Due::Reply => {
                order.watch.reply_due = None;
                self.apply(now, id, Input::ReplyTimer, actions);
            }
            Due::Step => {
                self.apply(now, id, Input::ReplyTimer, actions);
            }
            Due::Cancel => self.cancel_again(now, id, actions),
            Due::Expiry => self.expire(now, id, actions),
            Due::Silence => {
                order.watch.heard = Some(now);
                let hour = order.watch.released.is_some_and(|at| now.since(at) > Span::from_hours(1));
                if hour && planted(Bug::Design2LongRest) {
                    self.apply(now, id, Input::Expired, actions);
                    return;
                }
                self.apply(now, id, Input::SilenceTimer, actions);
            }
            Due::Answer => self.inquire(now, id, actions),
        }
    }

    /// A refused cancel is sent again, unless the session hears none.
    fn cancel_again(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the caller found the order");
        let session = self.view.of(order.terms.instrument).session;
        let deaf = matches!(session, SessionState::Maintenance);
        let later = now.after(self.config.resolve.gap);
        let order = self.orders.get_mut(id).expect("the caller found the order");
        order.watch.cancel_again = deaf.then_some(later);
        if !deaf {
            self.apply(now, id, Input::CancelWanted, actions);
        }
    }

    /// An order past its expiry and its grace: what never left is void, what may be open is asked
    /// about, and cancelled if it is.
    fn expire(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let complete = self.picture_complete();
        let order = self.orders.get_mut(id).expect("the caller found the order");
        if !complete {
            // Reconciliation comes first.
            order.watch.expires = Some(now);
            return;
        }
        order.watch.expiry_asked = true;
        if order.state == OrderState::Live && planted(Bug::GapExpiry) {
            self.apply(now, id, Input::Expired, actions);
        } else if order.state == OrderState::Live {
            self.inquire(now, id, actions);
        } else {
            self.apply(now, id, Input::ExpiryTimer, actions);
        }
    }
}
