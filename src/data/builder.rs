//! Collects records in the order of their source and turns them into a recording.
//!
//! It keeps everything in the finest units seen so far, multiplying what it holds when a finer
//! value comes, and knows the smallest constant by which local times must be shifted so that no
//! feed latency is negative.

use std::path::PathBuf;

use rust_decimal::Decimal;

use super::aggregate::trades_to_bars;
use super::fault::{NOT_POSITIVE, NUMBER, OFF_STEP, OPTION, TOO_LARGE};
use super::levels::Levels;
use super::mapping::Mapping;
use super::number::{Admitted, Misfit, NotANumber, Number, Scale};
use super::order_row::{OrderRow, OrderRowKind, Placed};
use super::recording::{Keeping, Recording};
use super::row::{Row, RowKind};
use super::source::Line;
use super::spool::{Kept, Spool};
use super::tape::Provenance;
use crate::bad_input::{BadInput, quoted};
use crate::market::{Price, PublicOrderId, Qty, Span, Timestamp};

/// What the caller knows of a file that the file may not say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportOptions {
    /// The symbol, where the file does not say it.
    pub symbol: Option<String>,
    /// The price grid: anything off it is refused. None: the finest decimals seen are the unit.
    pub tick: Option<Decimal>,
    /// The quantity grid: anything off it is refused. None: the finest decimals seen are the unit.
    pub lot: Option<Decimal>,
    /// The member of an archive that holds several files.
    pub member: Option<String>,
    /// How a table calls its columns, where it is somebody's own.
    pub mapping: Option<Mapping>,
    /// The day of a file that says only the time of day, as `2012-06-21`.
    pub date: Option<String>,
    /// Orders become the levels that follow from them.
    pub levels: bool,
    /// Trades become bars of this length.
    pub bars: Option<Span>,
    /// A folder for what does not fit memory while a file is read. None: all of it is kept in memory.
    pub spill: Option<PathBuf>,
}

impl ImportOptions {
    /// The name of the first option that is given.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let Self { symbol, tick, lot, member, mapping, date, levels, bars, spill: _ } = self;
        let given = [
            ("symbol", symbol.is_some()),
            ("tick", tick.is_some()),
            ("lot", lot.is_some()),
            ("member", member.is_some()),
            ("mapping", mapping.is_some()),
            ("date", date.is_some()),
            ("levels", *levels),
            ("bars", bars.is_some()),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }
}

/// The most units a price or a bar's volume may be: sums of a few still fit.
pub(crate) const UNITS_MAX: i64 = i64::MAX / 4;

/// The units of a file: one scale for prices, one for quantities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    pub(crate) price: Scale,
    pub(crate) qty: Scale,
}

impl Units {
    /// The units the options ask for. Bars take more quantity than rows, which pack theirs.
    pub(crate) fn new(options: &ImportOptions, file: &str, qty_max: i64) -> Result<Self, BadInput> {
        let scale = |step: Option<Decimal>, field: &str, limit: i64| match step {
            None => Ok(Scale::following(limit)),
            Some(step) => Number::parse(&step.to_string())
                .ok()
                .filter(|number| number.mantissa > 0)
                .map(|number| Scale::of_step(number, limit))
                .ok_or_else(|| {
                    BadInput::new(OPTION, file, quoted(&step.to_string()), "a step above zero").field(field)
                }),
        };
        Ok(Self { price: scale(options.tick, "tick", UNITS_MAX)?, qty: scale(options.lot, "lot", qty_max)? })
    }

    /// Decimals of the price and of the quantity unit.
    pub(crate) const fn decimals(&self) -> (u32, u32) {
        (self.price.decimals(), self.qty.decimals())
    }
}

/// Reads a number that a cell of a line holds; `zero` says whether zero may stand there.
pub(crate) fn read_number(line: Line<'_>, text: &str, field: &str, zero: bool) -> Result<Number, BadInput> {
    let complain = |code, allowed: &str| line.complain(code, text, quoted(text), allowed).field(field);
    match Number::parse(text) {
        Ok(number) if number.mantissa == 0 && !zero => Err(complain(NOT_POSITIVE, "a number above zero")),
        Ok(number) => Ok(number),
        Err(NotANumber::Negative) => {
            Err(complain(NOT_POSITIVE, if zero { "a number not below zero" } else { "a number above zero" }))
        }
        Err(NotANumber::TooLarge) => Err(complain(TOO_LARGE, "a number that fits 64 bits")),
        Err(NotANumber::TooFine) => Err(complain(OFF_STEP, "a number of at most 18 decimals")),
        Err(NotANumber::Shape) => Err(complain(NUMBER, "digits with at most one '.' between them")),
    }
}

/// Makes room for a number in a scale, complaining of its cell.
pub(crate) fn admit(
    scale: &mut Scale,
    number: Number,
    line: Line<'_>,
    text: &str,
    field: &str,
) -> Result<Admitted, BadInput> {
    scale.admit(number).map_err(|misfit| {
        let (code, allowed) = match misfit {
            Misfit::OffStep => (OFF_STEP, "a multiple of the step that was asked for"),
            Misfit::TooLarge => (TOO_LARGE, "values that fit 64 bits at the file's finest decimals"),
        };
        line.complain(code, text, quoted(text), allowed).field(field)
    })
}

/// Records on their way to a tape: level changes and trades, or orders.
#[derive(Debug)]
pub(crate) struct Builder<R> {
    units: Units,
    records: Spool<R>,
    /// The least feed latency so far.
    least_ns: i64,
}

/// Level changes and trades on their way to a tape.
pub(crate) type RowBuilder = Builder<Row>;
/// Orders on their way to a tape.
pub(crate) type OrderBuilder = Builder<OrderRow>;

impl<R: Kept> Builder<R> {
    /// An empty one.
    pub(crate) fn new(units: Units, options: &ImportOptions) -> Self {
        Self { units, records: Spool::new(options.spill.clone()), least_ns: 0 }
    }

    /// The units as they are now.
    pub(crate) const fn units(&self) -> &Units {
        &self.units
    }

    /// How many records there are.
    pub(crate) const fn len(&self) -> u64 {
        self.records.len()
    }

    /// Makes room for a price and a quantity; what is held grows finer if it must.
    pub(crate) fn admit(&mut self, line: Line<'_>, price: Cell<'_>, qty: Cell<'_>) -> Result<(), BadInput> {
        if let Admitted::Finer(factor) = admit(&mut self.units.price, price.number, line, price.text, price.field)? {
            self.records.rescale(factor, 1);
        }
        if let Admitted::Finer(factor) = admit(&mut self.units.qty, qty.number, line, qty.text, qty.field)? {
            self.records.rescale(1, factor);
        }
        Ok(())
    }

    /// An admitted price in units.
    pub(crate) fn price(&self, number: Number) -> Price {
        Price(self.units.price.units(number))
    }

    /// An admitted quantity in units.
    pub(crate) fn qty(&self, number: Number) -> Qty {
        Qty(self.units.qty.units(number))
    }

    /// What must be added to local times so that nothing arrives before it happened.
    const fn shift(&self) -> Span {
        Span(-self.least_ns)
    }
}

impl RowBuilder {
    /// Adds a row.
    pub(crate) fn push(&mut self, times: Times, price: Price, qty: Qty, kind: RowKind, last: bool) {
        self.least_ns = self.least_ns.min(times.local.since(times.exchange).0);
        self.records.push(Row::new(times.exchange, times.local, price, qty, kind, last));
    }

    /// The recording: rows, or the bars that their trades make.
    pub(crate) fn finish(
        self,
        symbol: String,
        options: &ImportOptions,
        provenance: Provenance,
    ) -> Result<Recording, BadInput> {
        let (shift, decimals) = (self.shift(), self.units.decimals());
        if let Some(length) = options.bars {
            return trades_to_bars(self.records, length, symbol, decimals, options, provenance);
        }
        Ok(Recording::new(symbol, decimals, Span::ZERO, Keeping::Rows(self.records), provenance).shifted(shift))
    }
}

impl OrderBuilder {
    /// Adds an order row.
    pub(crate) fn push(&mut self, times: Times, order: PublicOrderId, placed: Placed, kind: OrderRowKind, last: bool) {
        self.least_ns = self.least_ns.min(times.local.since(times.exchange).0);
        self.records.push(OrderRow::new((times.exchange, times.local), order, placed, kind, last));
    }

    /// The recording: orders, or the levels or bars that follow from them.
    pub(crate) fn finish(
        mut self,
        symbol: String,
        options: &ImportOptions,
        provenance: Provenance,
    ) -> Result<Recording, BadInput> {
        let (shift, decimals) = (self.shift(), self.units.decimals());
        if !options.levels && options.bars.is_none() {
            let orders = Keeping::Orders(self.records);
            return Ok(Recording::new(symbol, decimals, Span::ZERO, orders, provenance).shifted(shift));
        }
        let (mut levels, mut rows, mut message) = (Levels::default(), Spool::new(options.spill.clone()), Vec::new());
        self.records.each(|row| {
            levels.take(&row, &mut message);
            message.drain(..).for_each(|row| rows.push(row));
            Ok(())
        })?;
        Builder { units: self.units, records: rows, least_ns: self.least_ns }.finish(symbol, options, provenance)
    }
}

/// A number with the text and the field it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) number: Number,
    pub(crate) text: &'a str,
    pub(crate) field: &'a str,
}

/// When a message happened and when the recorder had it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) exchange: Timestamp,
    pub(crate) local: Timestamp,
}
