//! Stops and targets: they wait for a last trade at their trigger and then go to the market.

use crate::market::{OrderKind, Price, Side};

use super::queue::Shelf;
use super::{Ended, Engine, Output, STILL, Taker};

impl Engine {
    /// On which shelf an order waits for its trigger.
    pub(super) fn waits_on(side: Side, kind: OrderKind) -> Shelf {
        let stop = match kind {
            OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } => true,
            OrderKind::TargetMarket { .. } | OrderKind::TargetLimit { .. } => false,
            OrderKind::Market | OrderKind::Limit { .. } => unreachable!("an order without a trigger waits for nothing"),
        };
        if stop == (side == Side::Buy) { Shelf::Rising } else { Shelf::Falling }
    }

    /// Whether the last trade has touched a trigger already.
    #[inline]
    pub(super) fn is_touched(&self, side: Side, kind: OrderKind) -> bool {
        kind.trigger().is_some_and(|trigger| self.has_touched(side, kind, trigger))
    }

    #[cold]
    fn has_touched(&self, side: Side, kind: OrderKind, trigger: Price) -> bool {
        self.last.is_some_and(|last| match Self::waits_on(side, kind) {
            Shelf::Rising => last >= trigger,
            Shelf::Falling => last <= trigger,
            Shelf::Bids | Shelf::Asks => unreachable!("nothing waits in the book"),
        })
    }

    /// Whatever the latest trades touched goes to the market, one by one; what those trades touch follows.
    #[cold]
    pub(super) fn release_touched(&mut self, out: &mut Vec<Output>) {
        loop {
            self.gather_touched();
            let Some(mut terms) = self.touched.pop_front() else { return };
            out.push(Output::Triggered(terms.id));
            terms.kind = terms.kind.limit().map_or(OrderKind::Market, |limit| OrderKind::Limit { limit });
            let outside = |limit| self.band.is_some_and(|band| !band.holds(limit));
            if terms.kind.limit().is_some_and(outside) {
                out.push(Output::Cancelled(terms.id, terms.qty, Ended::Band));
            } else {
                self.enter(Taker::new(&terms, terms.qty), out);
            }
        }
    }

    /// Takes from their shelves what the trades since the last look touched, in the order it came.
    fn gather_touched(&mut self) {
        let (low, high) = std::mem::replace(&mut self.swing, STILL);
        if low > high {
            return;
        }
        self.gather(Shelf::Rising, |trigger| high >= trigger);
        self.gather(Shelf::Falling, |trigger| low <= trigger);
        let mut gathered = std::mem::take(&mut self.scratch);
        gathered.sort_unstable();
        for (_, place) in gathered.drain(..) {
            self.touched.push_back(self.asked[place as usize]);
            self.book.remove(place);
        }
        self.scratch = gathered;
    }

    fn gather(&mut self, shelf: Shelf, touched: impl Fn(Price) -> bool) {
        for (_, level) in self.book.prices(shelf).take_while(|(trigger, _)| touched(*trigger)) {
            for order in self.book.lane(level, 1) {
                let place = self.book.find(order.id).expect("an order on a shelf is in the directory");
                self.scratch.push((order.arrived, place));
            }
        }
    }
}
