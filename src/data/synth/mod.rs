//! Seeded markets, good enough to trade: an L2 book with trades, one-minute bars, and whole months of them.
//!
//! The same options give the same tape, integer for integer, on every machine, debug and release.
//! A generated market is for trying systems out and for tests that must not depend on anybody's
//! data; but for [`months`], nothing is calibrated to a venue, and a profit made here means nothing.

#![expect(
    clippy::float_arithmetic,
    reason = "architecture §5 allows floats here; what leaves the module is an integer"
)]

mod bars;
mod brisk;
mod chance;
mod l2;
mod maker;
pub mod months;
mod resample;

use rust_decimal::Decimal;

pub use bars::{BarOptions, bars};
pub use brisk::{BriskOptions, Mood, brisk};
pub use l2::{L2Options, l2};
pub use resample::{ResampleOptions, resample};

use super::fault::OPTION;
use super::number::Number;
use super::tape::Provenance;
use super::time::{in_range, shown};
use crate::bad_input::{BadInput, quoted};
use crate::market::Timestamp;

/// Written into every generated tape; raised with any change that makes one differ.
pub const SYNTH_VERSION: u32 = 1;

/// 2024-01-01T00:00:00Z, where generated markets start unless told otherwise.
pub const DEFAULT_START: Timestamp = Timestamp(1_704_067_200_000_000_000);

/// The smallest start price in ticks: below it a tick is too large a share of the price.
const TICKS_MIN: i64 = 1_000;
const TICKS_MAX: i64 = 1_000_000_000_000;

/// A price, its tick and a lot as whole numbers.
#[derive(Clone, Copy, Debug)]
struct Grid {
    /// Start price in ticks.
    start_ticks: i64,
    /// Price units in a tick.
    tick: i64,
    /// Quantity units in a lot.
    lot: i64,
    /// Decimals of the price and of the quantity unit.
    decimals: (u32, u32),
}

impl Grid {
    fn new(price: Decimal, tick: Decimal, lot: Decimal) -> Result<Self, BadInput> {
        let step = |value: Decimal, field: &str| {
            let number = Number::parse(&value.normalize().to_string()).ok().filter(|number| number.mantissa > 0);
            number.ok_or_else(|| bad_option(field, &value.to_string(), "a decimal above zero"))
        };
        let (tick_step, lot_step) = (step(tick, "tick")?, step(lot, "lot")?);
        let whole = price.checked_rem(tick).is_some_and(|rest| rest.is_zero());
        let ticks = price.checked_div(tick).and_then(|ticks| i64::try_from(ticks.trunc().mantissa()).ok());
        let start_ticks = ticks.filter(|ticks| whole && (TICKS_MIN..=TICKS_MAX).contains(ticks)).ok_or_else(|| {
            bad_option("price", &price.to_string(), "a whole number of ticks, from a thousand to 10^12 of them")
        })?;
        let decimals = (tick_step.decimals, lot_step.decimals);
        Ok(Self { start_ticks, tick: tick_step.mantissa, lot: lot_step.mantissa, decimals })
    }
}

fn bad_option(field: &str, found: &str, allowed: &str) -> BadInput {
    BadInput::new(OPTION, "synth", quoted(found), allowed).field(field)
}

/// A whole number within limits, or a complaint of the option.
fn within(field: &str, value: u32, last: u32) -> Result<u32, BadInput> {
    if (1..=last).contains(&value) {
        return Ok(value);
    }
    Err(bad_option(field, &value.to_string(), &format!("1 to {last}")))
}

/// A market whose first and last times a reader of tapes takes, or a complaint of its start.
fn in_reach(start: Timestamp, last: Timestamp) -> Result<(), BadInput> {
    if in_range(start.0).is_some() && in_range(last.0).is_some() {
        return Ok(());
    }
    let allowed = "a market that lies from 2000-01-01 to 2100-01-01 UTC, its end included";
    Err(bad_option("start", &shown(start), allowed))
}

fn provenance(importer: &str, source: String) -> Provenance {
    Provenance {
        source,
        source_sha256: String::new(),
        importer: importer.to_owned(),
        importer_version: SYNTH_VERSION,
        shift_ns: 0,
        rows: 0,
        skipped: 0,
    }
}
