//! What went to the venue and what came of it: how much of the entries filled, how much of it resting, what was refused.
//!
//! Quantities of different instruments do not add up; they are weighed by the price their order was decided on, so that
//! the ratio of one instrument is that of its quantities.

use std::collections::BTreeMap;

use super::Seen;
use crate::journal::{Exact, TooLarge, in_words};
use crate::market::{Command, Event, InstrumentId, LinkEvent, Liquidity, NewOrder, OrderId, Price, Qty, RejectReason};

/// An entry under way.
#[derive(Clone, Copy, Debug)]
struct Entry {
    instrument: InstrumentId,
    /// Where its quantity is weighed.
    price: Price,
    qty: Qty,
}

/// The counts of a run under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    entries: BTreeMap<OrderId, Entry>,
    ordered: Exact,
    filled: Exact,
    /// Value traded by us, and the part of it that rested.
    traded: Exact,
    rested: Exact,
    /// Commands that place, change or end orders.
    commands: u64,
    /// Replies of which nobody knows what they mean.
    ambiguous: u64,
    rejected: BTreeMap<RejectReason, u64>,
}

impl Traffic {
    /// An entry is approved.
    pub fn intend(&mut self, order: &NewOrder, twice_reference: i64) {
        let limit = order.kind.limit().map(|price| price.0);
        let price = Price(if twice_reference > 0 { twice_reference / 2 } else { limit.unwrap_or_default() });
        self.entries.insert(order.id, Entry { instrument: order.instrument, price, qty: Qty::ZERO });
    }

    /// A command leaves.
    pub fn send(&mut self, seen: Seen<'_>, command: &Command) -> Result<(), TooLarge> {
        match command {
            Command::New(order) => {
                self.commands += 1;
                self.order(seen, order.id, order.qty)?;
            }
            Command::Amend(_) | Command::Cancel(_) | Command::CancelAll(_) => self.commands += 1,
            Command::CancelAllAfter(_) | Command::Reconnect | Command::Query(_) => {}
        }
        Ok(())
    }

    /// An order asks for this much now.
    pub fn order(&mut self, seen: Seen<'_>, id: OrderId, qty: Qty) -> Result<(), TooLarge> {
        let Some(entry) = self.entries.get_mut(&id) else { return Ok(()) };
        let more = Qty(qty.0.saturating_sub(entry.qty.0));
        entry.qty = qty;
        let worth = seen.size(entry.instrument, more, entry.price)?;
        self.ordered = if more.0 < 0 { self.ordered.minus(worth)? } else { self.ordered.plus(worth)? };
        Ok(())
    }

    /// A fill of an order of ours is booked; what it was worth, in account currency.
    pub fn fill(
        &mut self,
        seen: Seen<'_>,
        id: OrderId,
        (instrument, qty, price): (InstrumentId, Qty, Price),
        liquidity: Liquidity,
    ) -> Result<(), TooLarge> {
        let worth = seen.size(instrument, qty, price)?;
        self.traded = self.traded.plus(worth)?;
        if liquidity == Liquidity::Maker {
            self.rested = self.rested.plus(worth)?;
        }
        if let Some(entry) = self.entries.get(&id) {
            self.filled = self.filled.plus(seen.size(entry.instrument, qty, entry.price)?)?;
        }
        Ok(())
    }

    /// An event arrived.
    pub fn hear(&mut self, event: &Event) {
        let unclear = matches!(event, Event::Link(LinkEvent::Ambiguous(_) | LinkEvent::Unmapped(_)));
        self.ambiguous += u64::from(unclear);
    }

    /// The venue refused an order.
    pub fn reject(&mut self, reason: RejectReason) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    pub const fn traded(&self) -> Exact {
        self.traded
    }

    pub const fn commands(&self) -> u64 {
        self.commands
    }

    pub const fn ambiguous(&self) -> u64 {
        self.ambiguous
    }

    /// The share of what entries asked for that filled, by value.
    pub fn fill_ratio(&self) -> Option<f64> {
        super::ratio(self.filled, self.ordered)
    }

    /// The share of what traded that had rested, by value.
    pub fn maker_share(&self) -> Option<f64> {
        super::ratio(self.rested, self.traded)
    }

    /// Orders the venue refused, by its reason.
    pub fn rejected(&self) -> BTreeMap<String, u64> {
        self.rejected.iter().map(|(reason, count)| (in_words(reason), *count)).collect()
    }
}
