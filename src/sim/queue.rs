//! The event queue: everything under way, in one total order (architecture §4).
//!
//! Ties are law: at one instant commands reach the venue before anything is delivered to the
//! trader, and deliveries come before wakes; within a lane, first scheduled first. What goes wrong at
//! an instant is in force for all of these. (The market and the venue's own timers come before; the
//! loop sees to that.)

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::moment::Moment;
use crate::market::{Command, Event, Link, RefusedBecause, Timestamp};

/// Where an item goes. The order of the variants is the order of service at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// Something goes wrong, or right again.
    Moment(Moment),
    /// A command reaches the venue.
    Arrive(Arrival),
    /// An event reaches the trader.
    Deliver(Event, Way),
    /// The venue's penalty counter has run down by one.
    Recount,
    /// A time the trader asked for.
    Wake,
}

/// A command on its way to the venue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The command.
    pub command: Command,
    /// When it was sent.
    pub sent: Timestamp,
    /// What a fault makes the venue answer, instead of what it would.
    pub verdict: Option<Verdict>,
}

/// An answer of the venue that does not follow from its rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Refused.
    Refused(RefusedBecause),
    /// Carried out by half.
    Half,
}

/// How an event comes to the trader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Over a link, sent at an instant: lost where the link was down in between.
    Link(Link, Timestamp),
    /// From the host it runs on.
    Host,
}

/// A lane of the total order; its number is its rank at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// The market moves the venue.
    Market,
    /// The venue's own timers.
    Timers,
    /// Faults.
    Faults,
    /// Commands arrive.
    Commands,
    /// Deliveries to the trader.
    Deliveries,
    /// Wakes.
    Wakes,
}

/// Above so many bits of a rank stands the lane; no run schedules 2^56 items.
const LANE_SHIFT: u32 = 56;

impl Lane {
    const ALL: [Self; 6] = [Self::Market, Self::Timers, Self::Faults, Self::Commands, Self::Deliveries, Self::Wakes];

    /// The lane of a rank.
    fn ranked(rank: u64) -> Self {
        let [_, _, _, _, _, _, _, rank] = rank.to_be_bytes();
        Self::ALL[usize::from(rank)]
    }
}

impl Item {
    /// Whether a run waits for it.
    const fn is_awaited(&self) -> bool {
        match self {
            Self::Moment(moment) => moment.mends(),
            Self::Arrive(_) | Self::Deliver(..) => true,
            Self::Recount | Self::Wake => false,
        }
    }

    const fn lane(&self) -> Lane {
        match self {
            Self::Moment(_) => Lane::Faults,
            Self::Arrive(_) => Lane::Commands,
            Self::Deliver(..) | Self::Recount => Lane::Deliveries,
            Self::Wake => Lane::Wakes,
        }
    }
}

/// Items under way, by (time, lane, sequence).
#[derive(Debug, Default)]
pub struct Queue {
    /// When, the lane's rank above the sequence in one number, and the slot.
    order: BinaryHeap<Reverse<(Timestamp, u64, usize)>>,
    slots: Vec<Option<Item>>,
    free: Vec<usize>,
    sequence: u64,
    messages: usize,
}

impl Queue {
    /// Schedules an item.
    #[inline]
    pub fn push(&mut self, at: Timestamp, item: Item) {
        let lane = item.lane();
        self.messages += usize::from(item.is_awaited());
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(item);
        self.order.push(Reverse((at, ((lane as u64) << LANE_SHIFT) | self.sequence, slot)));
        self.sequence += 1;
    }

    /// When and in which lane the next item is due.
    #[must_use]
    pub fn next(&self) -> Option<(Timestamp, Lane)> {
        self.order.peek().map(|Reverse((at, rank, _))| (*at, Lane::ranked(*rank >> LANE_SHIFT)))
    }

    /// Takes the next item.
    pub fn pop(&mut self) -> Option<(Timestamp, Item)> {
        let Reverse((at, _, slot)) = self.order.pop()?;
        self.free.push(slot);
        let item = self.slots[slot].take().expect("a scheduled slot is filled");
        self.messages -= usize::from(item.is_awaited());
        Some((at, item))
    }

    /// Whether anything is under way that a run waits for: anything but wakes and faults to come.
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
        let arrive = |command| Item::Arrive(Arrival { command, sent: Timestamp(0), verdict: None });
        let command = |id| arrive(Command::Cancel(OrderId(id)));
        queue.push(Timestamp(2), Item::Wake);
        queue.push(Timestamp(2), Item::Moment(Moment::Restart));
        queue.push(Timestamp(2), Item::Deliver(Event::Wake, Way::Host));
        queue.push(Timestamp(2), command(1));
        queue.push(Timestamp(2), command(2));
        queue.push(Timestamp(1), Item::Wake);
        queue.push(Timestamp(3), arrive(Command::Query(Query::Account)));
        let served: Vec<(i64, Item)> = std::iter::from_fn(|| queue.pop()).map(|(at, item)| (at.0, item)).collect();
        let expected = [
            (1, Item::Wake),
            (2, Item::Moment(Moment::Restart)),
            (2, command(1)),
            (2, command(2)),
            (2, Item::Deliver(Event::Wake, Way::Host)),
            (2, Item::Wake),
            (3, arrive(Command::Query(Query::Account))),
        ];
        assert_eq!(served, expected);
    }
}
