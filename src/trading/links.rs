//! What the links to the venue say of themselves: lost, restored, an ambiguous reply, proof that
//! nothing was sent (production-rules §1.3, TR-18 to TR-20, TR-27).
//!
//! Every lost link stops entries. Without market data stops stay where they are; without reports
//! the account is polled; without order entry nothing is sent, and what was under way is unknown;
//! without queries nothing unknown can be resolved. What follows a restored link is a
//! reconciliation, before anything else.

use super::arming::TraderCause;
use super::core::{Core, alert, anomaly};
use super::transitions::Input;
use crate::market::{Action, Bug, Link, LinkEvent, MarketEvent, OrderId, SessionState, Severity, Timestamp, planted};

impl Core {
    pub(crate) fn on_link(&mut self, now: Timestamp, link: LinkEvent, actions: &mut Vec<Action>) {
        let (id, input) = match link {
            // The bug: a reply that speaks of an error is taken for a no.
            LinkEvent::Unmapped(id) if planted(Bug::OrderCodes) => (id, Input::NotSent),
            LinkEvent::Ambiguous(id) | LinkEvent::Unmapped(id) => (id, Input::ReplyAmbiguous),
            LinkEvent::DuplicateId(id) => (id, Input::DuplicateId),
            LinkEvent::NotSent(id) => (id, Input::NotSent),
            LinkEvent::Down(link) => return self.on_link_down(now, link, actions),
            LinkEvent::Up(link) => return self.on_link_up(now, link, actions),
        };
        if let LinkEvent::Unmapped(_) = link {
            let instrument = self.orders.get(id).map(|order| order.terms.instrument);
            let text = format!("a reply to order {} has a code on no table; it counts as ambiguous", id.0);
            alert(Severity::Warning, instrument, Some(id), text, actions);
        }
        if self.orders.get(id).is_some() {
            self.apply(now, id, input, actions);
        } else {
            anomaly(Some(id), format!("a reply names order {}, which is not ours", id.0), actions);
        }
    }

    /// Whether a link is known to be down.
    pub(crate) fn is_down(&self, link: Link) -> bool {
        self.is_latched(TraderCause::Link(link))
    }

    fn on_link_down(&mut self, now: Timestamp, link: Link, actions: &mut Vec<Action>) {
        if self.is_down(link) {
            return;
        }
        self.latch(TraderCause::Link(link), format!("the {} is down", name(link)), actions);
        match link {
            Link::Orders => {
                self.lose_orders(now, actions);
                self.lose_sight("the link for orders is down", actions);
            }
            Link::Reports => {
                self.lose_sight("the link for reports is down", actions);
                self.reconcile_soon(now, actions);
            }
            Link::Market | Link::Queries => {}
        }
    }

    /// TR-27: what was not released never will be, and what is under way is unknown.
    pub(crate) fn lose_orders(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.session_since = now;
        let open: Vec<OrderId> = self.orders.open().map(|order| order.terms.id).collect();
        for id in open {
            self.apply(now, id, Input::LinkLost, actions);
        }
    }

    fn on_link_up(&mut self, now: Timestamp, link: Link, actions: &mut Vec<Action>) {
        if !self.is_down(link) {
            return;
        }
        let why = format!("the {} is up again", name(link));
        self.lose_sight(&why, actions);
        self.loosen(TraderCause::Link(link), &why, actions);
        self.reconcile_soon(now, actions);
        self.stirred = true;
    }

    /// Whether a market event could end, or begin, a cause of the whole trader: the feed speaks
    /// again, a session changes.
    pub(crate) fn arming_heeds(&self, event: &MarketEvent) -> bool {
        matches!(event, MarketEvent::Session(..)) || self.is_latched(TraderCause::Feed)
    }

    /// What a market event means for the trader's state.
    pub(crate) fn on_market(&mut self, event: &MarketEvent, actions: &mut Vec<Action>) {
        if self.is_latched(TraderCause::Feed) {
            self.loosen(TraderCause::Feed, "the market is heard again", actions);
        }
        if matches!(event, MarketEvent::Session(..)) {
            self.heed_sessions(actions);
        }
    }

    /// While no instrument's session is open, nothing new is begun anywhere.
    pub(crate) fn heed_sessions(&mut self, actions: &mut Vec<Action>) {
        let open = self.instruments.iter().any(|i| self.view.of(i.id).session == SessionState::Open);
        if open {
            self.loosen(TraderCause::Session, "a session is open", actions);
        } else {
            self.latch(TraderCause::Session, "no session is open".to_owned(), actions);
        }
    }

    /// Looked at whenever time is, while anything is held: whether anything at all is heard of any
    /// market. CK-11 denies by the age of one reference; the trader as a whole is held back once not
    /// even a mark is fresh.
    pub(crate) fn heed_silence(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.books.positions().next().is_none() {
            return self.loosen(TraderCause::Feed, "nothing is held that silence could hurt", actions);
        }
        let most = self.config.reference.max_age.max(self.config.mark.max_age);
        let fresh = |view: &super::view::InstrumentView| now.since(view.heard) <= most.max(view.cadence.times(2));
        if !self.instruments.iter().any(|instrument| fresh(self.view.of(instrument.id))) {
            let why = "nothing is heard of any market; stops stay where they are".to_owned();
            self.latch(TraderCause::Feed, why, actions);
        }
    }
}

const fn name(link: Link) -> &'static str {
    match link {
        Link::Market => "link for market data",
        Link::Reports => "link for reports",
        Link::Orders => "link for orders",
        Link::Queries => "link for queries",
    }
}
