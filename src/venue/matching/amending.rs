//! Amends: new terms for a live order, with its place or without.

use crate::market::{OrderId, OrderKind, Qty};

use super::queue::Place;
use super::{Arrival, Ended, Engine, Output, Phase, Refusal, Taker};

impl Engine {
    pub(super) fn on_amend(&mut self, id: OrderId, qty: Qty, kind: OrderKind, out: &mut Vec<Output>) {
        let place = match self.admit_amend(id, qty, kind) {
            Ok(place) => place,
            Err(refusal) => {
                out.push(Output::AmendRejected(id, refusal));
                return;
            }
        };
        let asked = &mut self.asked[place as usize];
        let before = self.book.order(place).open;
        let open = before + qty - asked.qty;
        if open.0 <= 0 {
            self.end(place, Ended::Amended, out);
            return;
        }
        let kept = kind == asked.kind && open <= before;
        asked.kind = kind;
        asked.qty = qty;
        out.push(Output::Amended { id, open, kept });
        if kept {
            self.book.shrink(place, before - open);
            return;
        }
        let terms = *asked;
        self.book.remove(place);
        match kind.trigger() {
            Some(trigger) => self.wait(&terms, open, trigger),
            None => self.enter(Taker::new(&terms, open), out),
        }
    }

    fn admit_amend(&self, id: OrderId, qty: Qty, kind: OrderKind) -> Result<Place, Refusal> {
        if matches!(self.phase, Phase::Halted | Phase::Closed) {
            return Err(Refusal::Phase);
        }
        let place = self.book.find(id).ok_or(Refusal::UnknownId)?;
        let asked = self.asked[place as usize];
        if std::mem::discriminant(&kind) != std::mem::discriminant(&asked.kind) {
            return Err(Refusal::Contradiction);
        }
        self.check_size(qty)?;
        self.check_prices(&kind)?;
        if self.is_touched(asked.side, kind) {
            return Err(Refusal::Touched);
        }
        let anew = Arrival { kind, ..asked };
        let waits = kind.trigger().is_some();
        if asked.post_only && !waits && self.would_take(&anew) {
            return Err(Refusal::WouldTake);
        }
        Ok(place)
    }
}
