//! What printed of late, and what of it was ours: what models measure an order against.
//!
//! Of prints it is the last minute, by whole seconds; of bars it is the bar under way, which the path's
//! display assumes, too. Early in a run there is less to count than a minute holds: an order looks larger
//! then than it is.

use std::collections::VecDeque;

use super::impact::Pushed;
use crate::market::{Qty, Span, Timestamp};

/// How long a print counts, in seconds.
const SECONDS: i64 = 60;
const NANOS: i64 = 1_000_000_000;

/// Quantities by the second, over the last minute.
#[derive(Clone, Default)]
struct Recent {
    by_second: VecDeque<(i64, i64)>,
    sum: i64,
}

impl Recent {
    fn add(&mut self, now: Timestamp, qty: Qty) {
        self.forget_before(now);
        let second = now.0.div_euclid(NANOS);
        // A sum too large to count is a market no order of ours is large in.
        let qty = qty.0.min(i64::MAX - self.sum);
        self.sum += qty;
        match self.by_second.back_mut().filter(|last| last.0 == second) {
            Some(last) => last.1 += qty,
            None => self.by_second.push_back((second, qty)),
        }
    }

    fn forget_before(&mut self, now: Timestamp) {
        let first = now.0.div_euclid(NANOS) - SECONDS;
        while let Some((_, qty)) = self.by_second.front().filter(|(second, _)| *second <= first) {
            self.sum -= qty;
            self.by_second.pop_front();
        }
    }

    fn clear(&mut self) {
        self.by_second.clear();
        self.sum = 0;
    }
}

/// One market's volume of late.
#[derive(Clone, Default)]
pub(super) struct Volume {
    printed: Recent,
    ours: Recent,
    bar: Option<(Qty, Span)>,
    /// What our takers took, by their side; nothing where no impact model asks for it.
    pub(super) pushed: [Pushed; 2],
}

impl Volume {
    pub(super) fn print(&mut self, now: Timestamp, qty: Qty) {
        self.printed.add(now, qty);
    }

    pub(super) fn trade(&mut self, now: Timestamp, qty: Qty) {
        self.ours.add(now, qty);
    }

    /// A bar begins.
    pub(super) fn bar(&mut self, volume: Qty, length: Span) {
        self.bar = Some((volume, length));
        self.ours.clear();
    }

    /// What printed, what of it was ours, and in how long.
    pub(super) fn of_late(&mut self, now: Timestamp) -> (Qty, Qty, Span) {
        if let Some((volume, length)) = self.bar {
            return (volume, Qty(self.ours.sum), length);
        }
        self.printed.forget_before(now);
        self.ours.forget_before(now);
        (Qty(self.printed.sum), Qty(self.ours.sum), Span::from_secs(SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_remembered_by_the_second() {
        let mut volume = Volume::default();
        let second = |at: i64| Timestamp(at * NANOS);
        volume.print(second(1), Qty(5));
        volume.print(Timestamp(second(2).0 - 1), Qty(2));
        volume.print(second(30), Qty(4));
        volume.trade(second(30), Qty(1));
        assert_eq!(volume.of_late(second(60)), (Qty(11), Qty(1), Span::from_secs(60)));
        assert_eq!(volume.of_late(second(61)), (Qty(4), Qty(1), Span::from_secs(60)));
        assert_eq!(volume.of_late(second(90)), (Qty(0), Qty(0), Span::from_secs(60)));
        volume.print(second(91), Qty(i64::MAX));
        volume.print(second(91), Qty(7));
        assert_eq!(volume.of_late(second(91)).0, Qty(i64::MAX));
        volume.bar(Qty(100), Span::from_mins(5));
        assert_eq!(volume.of_late(second(92)), (Qty(100), Qty(0), Span::from_mins(5)));
    }
}
