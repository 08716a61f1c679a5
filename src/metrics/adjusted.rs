//! Positions that change without an execution: external hands are settled, the venue's word is taken,
//! a fill is undone.

use super::Metrics;
use crate::journal::TooLarge;
use crate::market::{DeskId, InstrumentId, Price, Qty, TickLots};

impl Metrics {
    /// A position changes without an execution: what leaves it is realised at the price it leaves at.
    pub(super) fn adjust(
        &mut self,
        key: (DeskId, InstrumentId),
        (by, at): (Qty, Price),
        held: (Qty, TickLots),
    ) -> Result<(), TooLarge> {
        let (_, before) = self.positions.insert(key, held).unwrap_or_default();
        let Some(card) = self.header.card(key.1) else { return Ok(()) };
        let moved = card.worth(by.0.into(), at.0.into())?;
        let (value, (settled, _)) = (card.value(TickLots(held.1.0 - before.0 - moved))?, card.settles_in());
        self.gross = self.gross.plus(self.valued(settled, value)?)?;
        Ok(())
    }
}
