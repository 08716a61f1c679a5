//! Open risk: what would still be lost if every stop were hit, fees included (production-rules
//! §2.4, CK-29). Amounts are in account currency; a `None` means that a price or rate is missing.
//!
//! Without a stop nothing can be projected: such a position or order counts with its fees alone.
//! Where production ceilings bind, only what is not ours has none.

use rust_decimal::Decimal;

use super::core::Core;
use crate::market::{DeskId, Instrument, InstrumentId, Price, Purpose, Qty, Side, Timestamp};

impl Core {
    /// Loss from the mark to the stop of every position, and at the stop of every pending entry.
    #[must_use]
    pub fn open_risk(&self, now: Timestamp) -> Option<Decimal> {
        let mut risk = Decimal::ZERO;
        for (desk, id, held) in self.books.positions().filter(|(desk, ..)| *desk != DeskId::EXTERNAL) {
            let instrument = self.instrument(id);
            let stop = self.stop_of((desk, id));
            let side = if held.qty > Qty::ZERO { Side::Buy } else { Side::Sell };
            let mark = self.mark(instrument)?;
            let loss = loss_at_stop(instrument, side, mark, stop, held.qty.abs());
            let exit = stop.map_or(mark, |stop| instrument.price(stop));
            risk +=
                self.in_account(instrument.settles_in(), loss + taker_fee(instrument, exit, held.qty.abs(), now))?;
        }
        for order in self.orders.open().filter(|order| order.purpose == Purpose::Entry) {
            let instrument = self.instrument(order.terms.instrument);
            let price =
                order.terms.kind.limit().map_or_else(|| self.mark(instrument), |at| Some(instrument.price(at)))?;
            let loss = entry_loss(instrument, order.terms.side, price, order.stop, order.could_fill(), now);
            risk += self.in_account(instrument.settles_in(), loss)?;
        }
        Some(risk)
    }

    /// The stop a position would be given up at.
    pub(crate) fn stop_of(&self, key: (DeskId, InstrumentId)) -> Option<Price> {
        self.shield(key)?.cover()?.stop
    }
}

/// What an entry loses at its stop, with the fees of both ways; in the asset it settles in.
pub(crate) fn entry_loss(
    instrument: &Instrument,
    side: Side,
    price: Decimal,
    stop: Option<Price>,
    qty: Qty,
    now: Timestamp,
) -> Decimal {
    let exit = stop.map_or(price, |stop| instrument.price(stop));
    let fees = taker_fee(instrument, price, qty, now) + taker_fee(instrument, exit, qty, now);
    loss_at_stop(instrument, side, price, stop, qty) + fees
}

/// What is lost from a price to a stop, never less than nothing.
fn loss_at_stop(instrument: &Instrument, side: Side, from: Decimal, stop: Option<Price>, qty: Qty) -> Decimal {
    let Some(stop) = stop else { return Decimal::ZERO };
    (-instrument.gain(side.signed(qty), from, instrument.price(stop))).max(Decimal::ZERO)
}

/// The taker fee on what a quantity comes to, rounded up to the unit it settles in; a rebate counts as nothing.
fn taker_fee(instrument: &Instrument, price: Decimal, qty: Qty, now: Timestamp) -> Decimal {
    Core::opening_cost(instrument, price, qty, now).1
}
