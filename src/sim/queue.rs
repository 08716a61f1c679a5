//! The event queue: everything under way, in one total order (architecture §4).
//!
//! Ties are law: at one instant commands reach the venue before anything is delivered to the
//! trader, and deliveries come before wakes; within a lane, first scheduled first. (The market and
//! the venue's own timers come before all of these; the loop sees to that.)

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::market::{Command, Event, Timestamp};

/// Where an item goes. The order of the variants is the order of service at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A command reaches the venue.
    Arrive(Command),
    /// An event reaches the trader.
    Deliver(Event),
    /// A time the trader asked for.
    Wake,
}

/// A lane of the total order; its number is its rank at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// The market moves the venue.
    Market,
    /// The venue's own timers.
    Timers,
    /// Commands arrive.
    Commands,
    /// Deliveries to the trader.
    Deliveries,
    /// Wakes.
    Wakes,
}

impl Item {
    const fn lane(&self) -> Lane {
        match self {
            Self::Arrive(_) => Lane::Commands,
            Self::Deliver(_) => Lane::Deliveries,
            Self::Wake => Lane::Wakes,
        }
    }
}

/// Items under way, by (time, lane, sequence).
#[derive(Debug, Default)]
pub struct Queue {
    order: BinaryHeap<Reverse<(Timestamp, Lane, u64, usize)>>,
    slots: Vec<Option<Item>>,
    free: Vec<usize>,
    sequence: u64,
    messages: usize,
}

impl Queue {
    /// Schedules an item.
    pub fn push(&mut self, at: Timestamp, item: Item) {
        let lane = item.lane();
        self.messages += usize::from(lane != Lane::Wakes);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(item);
        self.order.push(Reverse((at, lane, self.sequence, slot)));
        self.sequence += 1;
    }

    /// When and in which lane the next item is due.
    #[must_use]
    pub fn next(&self) -> Option<(Timestamp, Lane)> {
        self.order.peek().map(|Reverse((at, lane, ..))| (*at, *lane))
    }

    /// Takes the next item.
    pub fn pop(&mut self) -> Option<(Timestamp, Item)> {
        let Reverse((at, lane, _, slot)) = self.order.pop()?;
        self.messages -= usize::from(lane != Lane::Wakes);
        self.free.push(slot);
        let item = self.slots[slot].take().expect("a scheduled slot is filled");
        Some((at, item))
    }

    /// Whether anything but wakes is under way.
    #[must_use]
    pub const fn has_messages(&self) -> bool {
        self.messages > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{OrderId, Query};

    #[test]
    fn ties_are_law() {
        let mut queue = Queue::default();
        let command = |id| Item::Arrive(Command::Cancel(OrderId(id)));
        queue.push(Timestamp(2), Item::Wake);
        queue.push(Timestamp(2), Item::Deliver(Event::Wake));
        queue.push(Timestamp(2), command(1));
        queue.push(Timestamp(2), command(2));
        queue.push(Timestamp(1), Item::Wake);
        queue.push(Timestamp(3), Item::Arrive(Command::Query(Query::Account)));
        let served: Vec<(i64, Item)> = std::iter::from_fn(|| queue.pop()).map(|(at, item)| (at.0, item)).collect();
        let expected = [
            (1, Item::Wake),
            (2, command(1)),
            (2, command(2)),
            (2, Item::Deliver(Event::Wake)),
            (2, Item::Wake),
            (3, Item::Arrive(Command::Query(Query::Account))),
        ];
        assert_eq!(served, expected);
    }
}
