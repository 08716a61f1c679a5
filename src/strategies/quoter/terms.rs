//! What the quoter is told, and how it trades, in words.

use super::super::params::{CONFIDENCE, Distance, INSTRUMENT, REGIME, Reader, Share, param, tick_lots};
use super::super::{Entry, Param, ParamError};
use crate::market::{Instrument, InstrumentId, Money, Rate, Regime, Span, TickLots};

/// The quoter in the catalogue.
pub const ENTRY: Entry = Entry { name: "quoter", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Makes a two-sided market, with inventory skew";

const RULES: &[&str] = &[
    "Post-only limit orders, at most one a side. Bid and ask stand `half_spread` from the mid, both moved down by \
     `skew` × (inventory / `max_inventory`), rounded away from trading and never onto the touch they would take.",
    "The side that grows the inventory is an entry of `size` with a stop `stop` from its price; the side that reduces \
     it is a `Reduce` of all that is held. On spot the ask only ever reduces.",
    "An order follows its wanted price once that is `requote` away and the side's last act is `refresh` old; an order \
     on the wrong footing (an entry where the inventory now asks for a reduction) is cancelled at once.",
    "From `reduce_only_at` of `max_inventory` on, and when the entry counts, the throttle, a cooldown or the trader's \
     state forbid entries, it only reduces.",
    "If the mid is `stop` beyond the position's average price, it cancels its orders and closes the position: its own \
     discipline beside whatever protection rests at the venue.",
    "After a denial it waits `refresh`, twice that after the next, up to a minute. It counts its entries as the \
     throttle does and never trips it.",
];

const PARAMS: [Param; 11] = [
    INSTRUMENT,
    param(
        "half_spread",
        "0.01%",
        "a distance: ticks, or a percentage of the mid",
        ("0 ticks", "5%"),
        "Distance of each price from the mid, before skew.",
    ),
    param(
        "requote",
        "0.005%",
        "a distance: ticks, or a percentage of the mid",
        ("0 ticks", "5%"),
        "How far a wanted price moves before its order is replaced; at least one tick.",
    ),
    param("size", "250", "an amount of quote", ("0.00000001", "50000"), "Notional of an entry."),
    param(
        "max_inventory",
        "1000",
        "an amount of quote",
        ("0.00000001", "50000"),
        "Notional the inventory is not grown beyond; keep it within risk.position_max and risk.position_share.",
    ),
    param(
        "reduce_only_at",
        "100%",
        "a percentage of max_inventory",
        ("1%", "100%"),
        "Inventory from which it only reduces.",
    ),
    param(
        "skew",
        "0.01%",
        "a distance: ticks, or a percentage of the mid",
        ("0 ticks", "5%"),
        "How far a full inventory moves both prices against itself.",
    ),
    param("refresh", "1s", "a duration", ("0.1s", "10min"), "Least time between two placements of one side."),
    param(
        "stop",
        "1%",
        "a percentage",
        ("0.1%", "10%"),
        "Stop of an entry from its price, and of the position from its average; within stop.min and stop.max.",
    ),
    CONFIDENCE,
    REGIME,
];

/// What a quoter is told, in whole numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    pub(super) instrument: InstrumentId,
    pub(super) half_spread: Distance,
    pub(super) requote: Distance,
    pub(super) size: TickLots,
    pub(super) max_inventory: TickLots,
    pub(super) reduce_only_at: TickLots,
    pub(super) skew: Distance,
    pub(super) refresh: Span,
    pub(super) stop: Share,
    pub(super) confidence: Rate,
    pub(super) regime: Regime,
}

impl Terms {
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        let max_inventory = tick_lots(instrument, reader.get::<Money>("max_inventory")?);
        Ok(Self {
            instrument: instrument.id,
            half_spread: reader.get("half_spread")?,
            requote: reader.get("requote")?,
            size: tick_lots(instrument, reader.get("size")?),
            max_inventory,
            reduce_only_at: TickLots(reader.get::<Share>("reduce_only_at")?.of(max_inventory.0)),
            skew: reader.get("skew")?,
            refresh: reader.get("refresh")?,
            stop: reader.get("stop")?,
            confidence: Rate::new(reader.get::<crate::trading::setting::Number>("confidence")?.0),
            regime: reader.get("regime")?,
        })
    }
}
