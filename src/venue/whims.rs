//! What a venue may be told to keep up for a while: orders it hides from queries, fills it makes
//! worse, and a past it answers queries from.

use std::collections::BTreeMap;

use super::Venue;
use super::resting::Number;
use crate::market::{OrderId, Price, Query, Timestamp, VenueMessage};

/// A venue as it stood.
type Past = (Timestamp, Box<Venue>);

/// Everything of the kind. Empty unless told so.
#[derive(Clone, Default)]
pub(super) struct Whims {
    /// Orders no query shows, and until when.
    hidden: Vec<(OrderId, Timestamp)>,
    /// How many ticks worse an order's fills are.
    worse: BTreeMap<OrderId, i64>,
    /// The past that queries tell of.
    told: Option<Past>,
    /// The past they will tell of next.
    next: Option<Past>,
    /// Orders other hands placed so far.
    pub(super) by_others: u64,
}

impl Whims {
    pub(super) fn hide(&mut self, order: OrderId, until: Timestamp) {
        self.hidden.push((order, until));
    }

    /// Whether queries show an order.
    pub(super) fn shows(&self, order: OrderId, now: Timestamp) -> bool {
        !self.hidden.iter().any(|(id, until)| *id == order && now < *until)
    }

    /// Whether any order may be hidden.
    pub(super) const fn hides(&self) -> bool {
        !self.hidden.is_empty()
    }

    pub(super) fn worsen(&mut self, order: OrderId, ticks: i64) {
        self.worse.insert(order, ticks);
    }

    pub(super) fn forget_past(&mut self) {
        (self.told, self.next) = (None, None);
    }
}

impl Venue {
    /// Queries tell of the past: at first of this instant, then of the one before the last.
    pub(super) fn remember(&mut self, now: Timestamp) {
        let next = self.whims.next.take();
        self.whims.told = None;
        let present = Box::new(self.clone());
        self.whims.told = Some(next.unwrap_or_else(|| (now, present.clone())));
        self.whims.next = Some((now, present));
    }

    /// Answers from the past, if that is what is told.
    pub(super) fn answer_of_the_past(&self, query: Query, out: &mut Vec<VenueMessage>) -> bool {
        let Some((at, past)) = &self.whims.told else { return false };
        past.answer(*at, query, out);
        true
    }

    /// The price an execution of an order happens at.
    pub(super) fn worsened(&self, now: Timestamp, number: Number, price: Price) -> Price {
        if self.whims.worse.is_empty() {
            return price;
        }
        let terms = &self.orders.get(number).terms;
        let ticks = self.whims.worse.get(&terms.id).copied().unwrap_or_default();
        let tick = self.config.instruments[super::place(terms.instrument)].rules(now).tick.0;
        Price((price.0 + terms.side.sign() * ticks * tick).max(tick))
    }
}
