//! Follows an exponential average of closed bars; the rules are said in [`ENTRY`].
//!
//! It decides at bars, at reports and at wakes, and at nothing else of the market. One entry and
//! one close are tried per bar; what was denied is tried again with the next.
//!
//! It leaves protection to the trader and keeps no memory over a restart.

use rust_decimal::Decimal;

use super::holding::{closable, side_of};
use super::indicators::{Atr, Ema, Scaled};
use super::pace::{Pace, Patience};
use super::params::{CONFIDENCE, ENTRY_SIZE, EntrySize, INSTRUMENT, Reader, param};
use super::stops::stop_price;
use super::{Entry, Param, ParamError};
use crate::market::{
    Bar, Contract, Event, Instrument, InstrumentId, Intention, MarketEvent, Price, Pricing, Qty, Rate, RawPrice,
    Regime, Side, Size, Span,
};
use crate::trading::setting::Number;
use crate::trading::{Desk, Strategy};

/// The flip in the catalogue.
pub const ENTRY: Entry = Entry { name: "ema_flip", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Follows an exponential average of closed bars, long above it and short below";

const RULES: &[&str] = &[
    "Long when a whole bar lies above the exponential average of closes (its low above EMA(`ema`), this bar's close \
     included), short when a whole bar lies below; on spot, which has no short, below means flat. A bar across the \
     average changes nothing.",
    "A flip is a `Close`, then an entry once flat and out of cooldown.",
    "Entries are market-like, with confidence `confidence`, regime trending_bull (long) or trending_bear (short), and \
     a stop max(`atr_factor` × ATR(`atr`), stop.min) from the mid, no farther from the collar than the instrument's \
     greatest stop distance.",
    "When a bar closes at or beyond the stop the position is closed: its own discipline beside the protection that \
     rests at the venue. However a position ended, the next whole bar decides anew.",
    "Nothing is done in the first `warmup` bars or before both indicators have a value.",
    "One entry and one close are tried per bar. It counts its entries as the throttle does and never trips it.",
];

const fn whole(key: &'static str, default: &'static str, low: &'static str, meaning: &'static str) -> Param {
    Param { key, default, form: "a whole number of bars", low, high: "1000", meaning }
}

const PARAMS: [Param; 7] = [
    INSTRUMENT,
    whole("ema", "9", "2", "Period of the average of closes."),
    whole("atr", "14", "2", "Period of Wilder's average true range."),
    whole("warmup", "30", "0", "Bars before the first signal."),
    param("atr_factor", "2", "a decimal number", ("0", "100"), "Stop distance in average true ranges."),
    ENTRY_SIZE,
    CONFIDENCE,
];

/// The average follower.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmaFlip {
    instrument: InstrumentId,
    spot: bool,
    ema: Ema,
    atr: Atr,
    /// Bars still to pass before the first signal.
    warmup: u32,
    atr_factor: Decimal,
    size: EntrySize,
    confidence: Rate,
    /// The side of the last whole bar, unless a stop has ended it.
    wanted: Option<Side>,
    /// Where the position is given up.
    stop: Option<Price>,
    /// The side of the position, as it was last seen.
    held: Option<Side>,
    /// The position is being given up.
    leaving: bool,
    /// Whether an entry and a close were tried since the last bar.
    tried: Tried,
    pace: Pace,
    /// Waits out denials by throttle and size, which count toward a trip.
    patience: Patience,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Tried {
    entry: bool,
    close: bool,
}

impl Strategy for EmaFlip {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if let Event::Market(_, event) = event {
            match event {
                MarketEvent::Bar(bar) if self.wants(event) => self.learn(bar, desk.position(self.instrument).qty),
                _ => return,
            }
        }
        self.decide(desk);
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        matches!(event, MarketEvent::Bar(bar) if bar.instrument == self.instrument)
    }
}

impl EmaFlip {
    /// A follower as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        Ok(Self {
            instrument: instrument.id,
            spot: instrument.contract == Contract::Spot,
            ema: Ema::new(reader.get("ema")?),
            atr: Atr::new(reader.get("atr")?),
            warmup: reader.get("warmup")?,
            atr_factor: reader.get::<Number>("atr_factor")?.0,
            size: reader.get("size")?,
            confidence: Rate::new(reader.get::<Number>("confidence")?.0),
            wanted: None,
            stop: None,
            held: None,
            leaving: false,
            tried: Tried::default(),
            pace: Pace::default(),
            patience: Patience::new(Span::ZERO),
        })
    }

    /// Takes in a closed bar.
    fn learn(&mut self, bar: &Bar, held: Qty) {
        self.tried = Tried::default();
        let (ema, atr) = (self.ema.push(bar.close.0), self.atr.push(bar));
        if self.warmup > 0 {
            self.warmup -= 1;
            return;
        }
        if let (Some(ema), Some(_)) = (ema, atr) {
            self.wanted = signal(bar, ema).or(self.wanted);
        }
        let Some((stop, side)) = self.stop.zip(side_of(held)) else { return };
        if side.sign() * (bar.close.0 - stop.0) <= 0 {
            (self.leaving, self.wanted) = (true, self.wanted.filter(|wanted| *wanted != side));
        }
    }

    fn decide(&mut self, desk: &mut Desk<'_>) {
        if desk.orders().any(|order| order.terms.instrument == self.instrument) {
            return;
        }
        match self.held_side(desk) {
            None => {
                // Whoever ended the position, its signal is spent.
                let ended = self.held.take();
                self.wanted = self.wanted.filter(|wanted| Some(*wanted) != ended);
                (self.leaving, self.stop) = (false, None);
                if !desk.is_clearing(self.instrument) {
                    self.enter(desk);
                }
            }
            Some(side) if self.leaving || self.wanted.is_some_and(|wanted| wanted != side) => self.close(desk),
            Some(side) => self.held = Some(side),
        }
    }

    /// The side held. Dust can neither be closed nor does it stand for a side.
    fn held_side(&self, desk: &Desk<'_>) -> Option<Side> {
        let held = desk.position(self.instrument).qty;
        let mark = desk.market(self.instrument).twice_mark()?;
        let closable = closable(desk.instrument(self.instrument), held, mark, desk.now());
        side_of(held).filter(|_| !closable.is_zero())
    }

    fn close(&mut self, desk: &mut Desk<'_>) {
        if !self.tried.close {
            self.tried.close = true;
            // A denial is recorded by the desk and tried again with the next bar.
            drop(desk.submit(desk.proposal(self.instrument, Intention::Close)));
        }
    }

    fn enter(&mut self, desk: &mut Desk<'_>) {
        let Some(side) = self.wanted.filter(|side| !(self.spot && *side == Side::Sell)) else { return };
        let now = desk.now();
        let free = self.pace.free_at(now, &desk.limits().throttle);
        let from = desk.cooldown(self.instrument).unwrap_or(now).max(free);
        if from > now {
            return desk.wake_at(from);
        }
        if self.tried.entry || now < self.patience.until() || desk.state() != crate::market::TraderState::Armed {
            return;
        }
        let Some(stop) = self.stop_for(desk, side) else { return };
        self.tried.entry = true;
        let (intention, regime) = match side {
            Side::Buy => (Intention::OpenLong, Regime::TrendingBull),
            Side::Sell => (Intention::OpenShort, Regime::TrendingBear),
        };
        let mut proposal = desk.proposal(self.instrument, intention);
        proposal.pricing = Pricing::Market;
        proposal.size = match self.size {
            EntrySize::Risk => Size::RiskBased,
            EntrySize::Notional(notional) => Size::Notional(notional),
        };
        proposal.stop = Some(RawPrice::new(desk.instrument(self.instrument).price(stop)));
        (proposal.confidence, proposal.regime) = (self.confidence, regime);
        match desk.submit(proposal) {
            Ok(_) => {
                self.stop = Some(stop);
                self.patience.asked(now);
                self.pace.released(now, &desk.limits().throttle);
            }
            Err(denied) => self.patience.denied(now, denied.check),
        }
    }

    /// The stop of an entry at the present market; none while there is no usable reference.
    fn stop_for(&self, desk: &Desk<'_>, side: Side) -> Option<Price> {
        let (now, limits, instrument) = (desk.now(), desk.limits(), desk.instrument(self.instrument));
        let reference = desk.market(self.instrument).reference(now, &limits.reference).ok()?;
        let collar = reference.collar(instrument, side, limits.orders.entry_collar.decimal(), now)?;
        let range = self.atr.value()?.ceil();
        let distance = self.atr_factor.checked_mul(instrument.price(range))?;
        let prices = (reference.price(instrument), instrument.price(collar));
        stop_price(instrument, limits, side, prices, distance, now)
    }
}

/// The side on which a whole bar lies of the average.
fn signal(bar: &Bar, ema: Scaled) -> Option<Side> {
    if Scaled::whole(bar.low.0) > ema {
        Some(Side::Buy)
    } else if Scaled::whole(bar.high.0) < ema {
        Some(Side::Sell)
    } else {
        None
    }
}
