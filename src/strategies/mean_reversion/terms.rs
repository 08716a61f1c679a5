//! What the reverter is told, and how it trades, in words.

use rust_decimal::Decimal;

use super::super::params::{Distance, EntryKind, EntrySize, INSTRUMENT, Reader, Sampling, Times, param};
use super::super::{Entry, Param, ParamError};
use crate::market::{Instrument, InstrumentId, Rate, Regime, Span};
use crate::trading::setting::Number;

/// The reverter in the catalogue.
pub const ENTRY: Entry = Entry { name: "mean_reversion", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str =
    "Buys below and sells above a band of deviations about a moving average, with a stop and a target";

const RULES: &[&str] = &[
    "A sample is the close of every bar, or with `period` a duration the mid at every multiple of it; a mid that \
     nothing may be decided on (production-rules CK-11) is no sample.",
    "The band is the mean of the last `window` samples, this one included, ± `width` × their standard deviation. A \
     sample below it asks for a long position, one above it for a short one; on spot, which has no short, for none. \
     Before the window is full nothing is asked for.",
    "A sample is acted on when it is taken, or never: one entry is tried, if nothing is held, open or ending, no \
     cooldown runs, the session is open, the trader is armed and its throttle lets an entry pass.",
    "With `entry` limit it is a post-only order at the own touch, `inside` nearer to the other side but at least a \
     tick short of it, and expires after `expiry`; with `entry` market it is market-like, within the collar.",
    "Each entry is a bracket: a stop max(`stop_factor` × the deviation, stop.min) from its price and within the \
     instrument's greatest stop distance, and a target at the mean. One whose target pays less than \
     stop.min_reward_risk for the risk is not tried. Both legs are the trader's own protection; this strategy moves \
     neither.",
    "A position older than `timeout` is given up: what is open is cancelled, then it is closed, tried again every \
     second while something is left.",
    "It counts its entries as the throttle does and never trips it; after a denial it waits a second, twice that \
     after the next, up to a minute.",
];

const PARAMS: [Param; 12] = [
    INSTRUMENT,
    param("period", "bar", "bar, or a duration", ("bar", "1d"), "When the market is sampled."),
    param("window", "20", "a whole number of samples", ("2", "1000"), "Length of the average and of the deviation."),
    param("width", "2", "a decimal number", ("0", "100"), "Half the band, in deviations."),
    param("entry", "limit", "limit or market", ("", ""), "How an entry is priced."),
    param(
        "inside",
        "0 ticks",
        "a distance: ticks, or a percentage of the mid",
        ("0 ticks", "5%"),
        "How far inside its own touch a limit rests.",
    ),
    param("expiry", "1min", "a duration", ("1s", "1d"), "How long a limit rests."),
    param("stop_factor", "1", "a decimal number", ("0", "100"), "Stop distance in deviations."),
    param("timeout", "1h", "a duration", ("1s", "30d"), "Age at which a position is given up."),
    super::super::params::ENTRY_SIZE,
    super::super::params::CONFIDENCE,
    super::super::params::REGIME,
];

/// What a reverter is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    pub(super) instrument: InstrumentId,
    pub(super) period: Sampling,
    pub(super) window: u32,
    pub(super) width: Times,
    pub(super) entry: EntryKind,
    pub(super) inside: Distance,
    pub(super) expiry: Span,
    pub(super) stop_factor: Decimal,
    pub(super) timeout: Span,
    pub(super) size: EntrySize,
    pub(super) confidence: Rate,
    pub(super) regime: Regime,
}

impl Terms {
    pub(super) fn read(reader: &Reader<'_>, instrument: &Instrument) -> Result<Self, ParamError> {
        Ok(Self {
            instrument: instrument.id,
            period: reader.get("period")?,
            window: reader.get("window")?,
            width: reader.get("width")?,
            entry: reader.get("entry")?,
            inside: reader.get("inside")?,
            expiry: reader.get("expiry")?,
            stop_factor: reader.get::<Number>("stop_factor")?.0,
            timeout: reader.get("timeout")?,
            size: reader.get("size")?,
            confidence: Rate::new(reader.get::<Number>("confidence")?.0),
            regime: reader.get("regime")?,
        })
    }
}
