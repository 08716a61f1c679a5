//! What a judgement of the account is made of. While none of it has changed, another judgement would
//! say and do the same, so it is left out.
//!
//! Most events are a wake with nothing due, an answer that confirms what is known, a report without a
//! fill: they move no equity and no exposure.

use crate::market::{OrderId, Price, Qty};
use crate::trading::core::Core;

/// What equity, exposure and the run of losses followed from when they were last judged. Rates, limits
/// and the breakers an operator resets are not among it: whatever changes those is judged always.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Basis {
    /// Changes of the books.
    books: u64,
    /// Closes, each of which may lengthen or end a run of losses.
    closes: u64,
    /// Twice the mark of every instrument.
    marks: Vec<Option<i64>>,
    /// What could still fill of every open order, and the highest it could fill at.
    pending: Vec<(OrderId, Qty, Option<Price>)>,
}

impl Core {
    /// Whether anything has changed since the last judgement; from now on it has not.
    pub(super) fn has_moved(&mut self) -> bool {
        let marks = self.instruments.iter().map(|instrument| self.view.of(instrument.id).twice_mark());
        let pending = self.orders.open().map(|order| (order.id(), order.could_fill(), order.highest_limit()));
        let (books, closes) = (self.books.changes(), self.pauses.closes());
        let basis = &mut self.guards.basis;
        let same = (books, closes) == (basis.books, basis.closes)
            && marks.clone().eq(basis.marks.iter().copied())
            && pending.clone().eq(basis.pending.iter().copied());
        if !same {
            (basis.books, basis.closes) = (books, closes);
            basis.marks.clear();
            basis.marks.extend(marks);
            basis.pending.clear();
            basis.pending.extend(pending);
        }
        !same
    }

    /// Whether equity is what it was judged to be.
    pub(super) fn is_as_judged(&self) -> bool {
        let judged = self.guards.account.as_ref().map(|account| account.equity);
        judged.zip(self.equity()).is_none_or(|(judged, equity)| judged == equity)
    }
}

#[cfg(test)]
mod tests {
    use crate::market::{
        AssetId, Contract, Instrument, InstrumentId, MarketEvent, Money, OrderId, OrderState, Price, Qty, Side, Span,
        Timestamp, Trade, samples,
    };
    use crate::trading::config::Config;
    use crate::trading::core::{Core, Setup};
    use crate::trading::orders::samples::order;

    type Change = fn(&mut Core);

    const NOW: Timestamp = Timestamp(0);

    fn traded(core: &mut Core, price: i64) {
        let trade = Trade { instrument: InstrumentId(0), price: Price(price), qty: Qty(1), taker: Some(Side::Buy) };
        core.view.learn(NOW, &MarketEvent::Trade(trade));
    }

    /// Each part of what a judgement is made of calls for one more judgement, once.
    #[test]
    fn whatever_moves_the_account_is_judged_once() {
        let mut core = Core::new(Setup {
            config: Config::default(),
            instruments: vec![Instrument { contract: Contract::Linear, ..samples::b() }],
            cadences: vec![Span::ZERO],
            currency: AssetId(1),
            first_id: 1,
        });
        let changes: [(&str, Change); 7] = [
            ("cash", |core| drop(core.books.opening(NOW, &[(AssetId(1), Money::new(10_000.into()))]))),
            ("a mark", |core| traded(core, 4_500_000)),
            ("another mark", |core| traded(core, 4_500_001)),
            ("an order", |core| core.orders.insert(order(1, OrderState::Live))),
            ("its fill", |core| core.orders.get_mut(OrderId(1)).expect("inserted").filled = Qty(4)),
            ("its new terms", |core| {
                core.orders.get_mut(OrderId(1)).expect("inserted").terms.kind =
                    crate::market::OrderKind::Limit { limit: Price(101) };
            }),
            ("a close", |core| {
                core.pauses.closed(InstrumentId(0), Money::new((-1).into()), NOW, &Config::default().cooldown);
            }),
        ];
        core.has_moved();
        for (what, change) in changes {
            change(&mut core);
            assert!(core.has_moved(), "{what} moves the account");
            assert!(!core.has_moved(), "{what} was judged");
        }
    }
}
