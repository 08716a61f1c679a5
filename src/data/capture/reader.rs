//! Reads a capture from front to back and hands every frame to its instrument.

use std::collections::BTreeMap;

use super::checksum::Checksums;
use super::instrument::Instrument;
use super::line;
use super::message::{BookText, Message, TradeText, Venue};
use crate::bad_input::{BadInput, quoted};
use crate::data::builder::{ImportOptions, RowBuilder, Units};
use crate::data::fault::{Complaints, FRAME, LOCAL_BACKWARDS, OTHER_STREAM, UNKNOWN_FORMAT};
use crate::data::format::Format;
use crate::data::recording::Recording;
use crate::data::row::Row;
use crate::data::source::{FRAME_MAX, Line, Lines};
use crate::data::tape::Provenance;
use crate::market::Timestamp;

/// The most instruments a capture may hold.
const INSTRUMENTS_MAX: usize = 10_000;

/// What a capture came to.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) recordings: Vec<Recording>,
    pub(crate) format: Format,
    pub(crate) sums: Checksums,
}

struct Capture<'a> {
    options: &'a ImportOptions,
    instruments: BTreeMap<String, Instrument>,
    /// Depths that were agreed on before a book began.
    depths: BTreeMap<String, usize>,
    venue: Option<Venue>,
    last_local: Option<Timestamp>,
    skipped: u64,
}

/// Reads a capture; every instrument in it, or the one that was chosen.
pub(crate) fn read(
    lines: &mut Lines,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: impl Fn(Format) -> Provenance,
) -> Result<Captured, BadInput> {
    lines.allow_lines(FRAME_MAX);
    let mut capture = Capture {
        options,
        instruments: BTreeMap::new(),
        depths: BTreeMap::new(),
        venue: None,
        last_local: None,
        skipped: 0,
    };
    while let Some(line) = lines.next_line()? {
        if let Err(bad) = capture.take(line, complaints) {
            complaints.take(bad)?;
        }
    }
    let format = match capture.venue {
        Some(Venue::Kraken) => Format::KrakenCapture,
        Some(Venue::Okx) => Format::OkxCapture,
        None => {
            let found = "replies and notes, and no market data";
            return Err(BadInput::new(
                UNKNOWN_FORMAT,
                lines.name(),
                found,
                "frames of Kraken's or OKX's public streams",
            ));
        }
    };
    let mut sums = Checksums::default();
    let provenance = Provenance { skipped: capture.skipped, ..provenance(format) };
    let mut recordings = Vec::new();
    for (symbol, instrument) in capture.instruments {
        sums.compared += instrument.sums.compared;
        sums.equal += instrument.sums.equal;
        if instrument.builder.len() > 0 {
            recordings.push(instrument.builder.finish(symbol, options, provenance.clone())?);
        }
    }
    Ok(Captured { recordings, format, sums })
}

impl Capture<'_> {
    fn take(&mut self, line: Line<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let (local, message, venue) = line::read(line)?;
        if let Some((last, local)) = self.last_local.zip(local).filter(|(last, local)| last > local) {
            let bad = line.complain(LOCAL_BACKWARDS, line.text, local.0.to_string(), &format!("at least {}", last.0));
            complaints.take(bad.field("local"))?;
        }
        self.last_local = local.or(self.last_local);
        let venue = match venue {
            Some(venue) if venue != *self.venue.get_or_insert(venue) => {
                let found = "frames of two venues".to_owned();
                return Err(line.complain(FRAME, line.text, found, "one venue in a capture"));
            }
            venue => venue,
        };
        match (message, venue) {
            (Message::Book(text), Some(venue)) => self.book(line, local, venue, &text, complaints),
            (Message::Trades(trades), _) => trades.iter().try_for_each(|trade| self.trade(line, local, trade)),
            (Message::Depth(symbol, depth), _) => {
                if let Some(instrument) = self.instruments.get_mut(&*symbol) {
                    instrument.keep_to(depth);
                }
                self.depths.insert(symbol.into_owned(), depth);
                self.skipped += 1;
                Ok(())
            }
            (Message::Other(stream), _) => {
                self.skipped += 1;
                let allowed = "book and trade streams; others are passed over";
                complaints.take(line.complain(OTHER_STREAM, line.text, quoted(&stream), allowed).field("channel"))
            }
            (Message::Note | Message::Book(_), _) => {
                self.skipped += 1;
                Ok(())
            }
        }
    }

    fn book(
        &mut self,
        line: Line<'_>,
        local: Option<Timestamp>,
        venue: Venue,
        text: &BookText<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let Some(instrument) = self.instrument(line, &text.symbol)? else { return Ok(()) };
        if instrument.book(line, local, venue, text, complaints)? {
            return Ok(());
        }
        self.skipped += 1;
        let allowed = "one stream for the book of an instrument; others are passed over";
        complaints.take(line.complain(OTHER_STREAM, line.text, quoted(&text.channel), allowed).field("channel"))
    }

    fn trade(&mut self, line: Line<'_>, local: Option<Timestamp>, text: &TradeText<'_>) -> Result<(), BadInput> {
        let Some(instrument) = self.instrument(line, &text.symbol)? else { return Ok(()) };
        instrument.trade(line, local, text)
    }

    /// The instrument of that symbol; none if another was chosen.
    fn instrument(&mut self, line: Line<'_>, symbol: &str) -> Result<Option<&mut Instrument>, BadInput> {
        if self.options.symbol.as_ref().is_some_and(|chosen| chosen != symbol) {
            self.skipped += 1;
            return Ok(None);
        }
        if !self.instruments.contains_key(symbol) {
            if self.instruments.len() >= INSTRUMENTS_MAX {
                let found = format!("more than {INSTRUMENTS_MAX} instruments");
                return Err(line.complain(FRAME, line.text, found, "fewer"));
            }
            let builder = RowBuilder::new(Units::new(self.options, line.file, Row::QTY_MAX)?, self.options);
            let depth = self.depths.get(symbol).copied();
            self.instruments.insert(symbol.to_owned(), Instrument::new(builder, depth));
        }
        Ok(self.instruments.get_mut(symbol))
    }
}
