//! What the grid is told, and how it trades, in words.

use super::super::params::{CONFIDENCE, Distance, INSTRUMENT, REGIME, Reader, Share, param, tick_lots};
use super::super::{Entry, Param, ParamError};
use crate::market::{Instrument, InstrumentId, Money, Rate, Regime, TickLots};
use crate::trading::setting::Number;

/// The grid in the catalogue.
pub const ENTRY: Entry = Entry { name: "grid", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Rests a ladder of buys below a centre and of sells above it, and refills what filled";

const RULES: &[&str] = &[
    "The centre is the mid at which the ladder is set up, rounded down to the tick. Level k lies k × `spacing` from it \
     on either side, `levels` a side, rounded away from trading. Every level is of one quantity: `size` at the centre.",
    "A level's entry is a post-only limit at its price; its exit is a `Reduce` resting one level nearer to the centre, \
     at the centre itself for the first. What is held is counted as the levels nearest to the centre, the last of \
     them perhaps in part: those have exits resting, those beyond have entries, so that a level is filled again once \
     its exit has filled.",
    "While nothing is held both sides have entries, while something is held only its side has; an entry on the other \
     side is cancelled at once. On spot, which has no short, the side above has exits alone: it sells what it holds.",
    "Levels whose sum at the centre is beyond `max_inventory` have no entry, and an entry waits while orders on their \
     way out could still fill beyond it.",
    "Every entry of a side has the same stop, `stop` beyond the outermost level, but at least stop.min and at most \
     the instrument's greatest stop distance from its own price. If the mid reaches it, the orders are cancelled and \
     the position is closed: its own discipline beside whatever protection rests at the venue.",
    "If nothing is held and the mid is `recentre` spacings from the centre, or beyond a side's stop, the ladder is set \
     up anew. It never moves while something is held.",
    "An order that no level wants is cancelled, one that is too large is amended in place, and an exit that is too \
     small gets another beside it. Exits come before entries, and the nearest level before those behind it.",
    "An entry waits while the entry counts, the slots for open orders, the throttle, a cooldown, a twin of it younger \
     than risk.duplicate_window, the session or the trader's state forbid it, and while it would trade at once. After \
     a denial or a rejection it waits a second, twice that after the next, up to a minute.",
];

const PARAMS: [Param; 9] = [
    INSTRUMENT,
    param("levels", "5", "a whole number", ("1", "50"), "Levels on each side."),
    param(
        "spacing",
        "0.1%",
        "a distance: ticks, or a percentage of the mid",
        ("0 ticks", "5%"),
        "Distance from level to level, in whole ticks and at least one.",
    ),
    param("size", "250", "an amount of quote", ("0.00000001", "50000"), "Notional of a level."),
    param(
        "max_inventory",
        "1000",
        "an amount of quote",
        ("0.00000001", "50000"),
        "Notional that is never exceeded; keep it within risk.position_max and risk.position_share.",
    ),
    param(
        "recentre",
        "6",
        "a whole number of spacings",
        ("1", "100"),
        "How far the mid leaves an empty ladder behind.",
    ),
    param("stop", "1%", "a percentage of the centre", ("0.1%", "10%"), "Stop beyond the outermost level."),
    CONFIDENCE,
    REGIME,
];

/// What a grid is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    pub(super) instrument: InstrumentId,
    pub(super) levels: u32,
    pub(super) spacing: Distance,
    pub(super) size: TickLots,
    pub(super) max_inventory: TickLots,
    pub(super) recentre: u32,
    pub(super) stop: Share,
    pub(super) confidence: Rate,
    pub(super) regime: Regime,
}

impl Terms {
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        Ok(Self {
            instrument: instrument.id,
            levels: reader.get("levels")?,
            spacing: reader.get("spacing")?,
            size: tick_lots(instrument, reader.get::<Money>("size")?),
            max_inventory: tick_lots(instrument, reader.get::<Money>("max_inventory")?),
            recentre: reader.get("recentre")?,
            stop: reader.get("stop")?,
            confidence: Rate::new(reader.get::<Number>("confidence")?.0),
            regime: reader.get("regime")?,
        })
    }
}
