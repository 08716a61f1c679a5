//! Buys and holds: the benchmark that asks no question; the rules are said in [`ENTRY`].
//!
//! On `each` instrument with one notional as its size it is the portfolio of equal weights. It decides at reports and at
//! its own wakes, and at nothing of the market, so a market event more or less changes nothing.
//!
//! It has no opinion on when to leave: what ends its position is the trader's rules, and those are part of the
//! comparison. It keeps no memory over a restart.

use super::holding::closable;
use super::pace::{Pace, Patience};
use super::params::{CONFIDENCE, ENTRY_SIZE, EntrySize, INSTRUMENT, Reader, param};
use super::stops::stop_price;
use super::{Entry, Param, ParamError};
use crate::market::{
    Event, Instrument, InstrumentId, Intention, MarketEvent, Price, Pricing, Rate, RawPrice, Regime, SessionState,
    Side, Size, Span, Timestamp, TraderState,
};
use crate::trading::setting::Number;
use crate::trading::{Desk, Strategy};

/// The holder in the catalogue.
pub const ENTRY: Entry = Entry { name: "hold", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Buys once and holds: a benchmark, and on each instrument with one size that of equal weights";

const RULES: &[&str] = &[
    "Long as soon as the trader is armed and there is a usable reference: one market-like entry of `size`, with \
     confidence `confidence`, regime trending_bull, and the farthest stop the instrument allows, since no entry passes \
     without one. What does not fill of it is not bought later.",
    "It never closes. A position that the trader ends (its stop, `holding.max`, a breaker, an operator) is bought again \
     once it may be, unless `again` is false.",
    "An entry that came to nothing is tried again after a second, and after more of them ever later, up to a minute. It \
     counts its entries as the throttle does and never trips it.",
];

const PARAMS: [Param; 4] = [
    INSTRUMENT,
    ENTRY_SIZE,
    param("again", "true", "true or false", ("", ""), "Whether what the trader ended is bought again."),
    CONFIDENCE,
];

/// How long it waits at least after an entry that came to nothing.
const RETRY: Span = Span::from_secs(1);

/// The holder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    instrument: InstrumentId,
    size: EntrySize,
    again: bool,
    confidence: Rate,
    /// Whether an entry is asked for, of which nothing is known yet.
    asked: bool,
    /// Whether something was held already.
    has_held: bool,
    pace: Pace,
    patience: Patience,
}

impl Strategy for Hold {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if !matches!(event, Event::Market(..)) {
            self.decide(desk);
        }
    }

    fn wants(&self, _: &MarketEvent) -> bool {
        false
    }
}

impl Hold {
    /// A holder as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        Ok(Self {
            instrument: reader.instrument(instruments)?.id,
            size: reader.get("size")?,
            again: reader.get("again")?,
            confidence: Rate::new(reader.get::<Number>("confidence")?.0),
            asked: false,
            has_held: false,
            pace: Pace::default(),
            patience: Patience::new(RETRY),
        })
    }

    fn decide(&mut self, desk: &mut Desk<'_>) {
        let (id, now) = (self.instrument, desk.now());
        if desk.orders().any(|order| order.terms.instrument == id) {
            return;
        }
        let mark = desk.market(id).twice_mark().unwrap_or_default();
        if !closable(desk.instrument(id), desk.position(id).qty, mark, now).is_zero() {
            (self.has_held, self.asked) = (true, false);
            self.patience.accepted();
            // Nobody says when it ends but reports, and an end may need some time to clear.
            return desk.wake_at(now.after(Span::from_mins(1)));
        }
        if std::mem::take(&mut self.asked) {
            self.patience.refused(now);
        }
        if self.has_held && !self.again {
            return;
        }
        let free = self.pace.free_at(now, &desk.limits().throttle).max(self.patience.until());
        let from = desk.cooldown(id).unwrap_or(now).max(free);
        if from > now {
            return desk.wake_at(from);
        }
        let may = desk.state() == TraderState::Armed
            && desk.market(id).session == SessionState::Open
            && !desk.is_clearing(id)
            && !desk.is_naked(id);
        if let Some(stop) = may.then(|| self.stop(desk, now)).flatten() {
            self.enter(desk, stop);
        }
        desk.wake_at(self.patience.until().max(now.after(RETRY)));
    }

    fn enter(&mut self, desk: &mut Desk<'_>, stop: Price) {
        let now = desk.now();
        let mut proposal = desk.proposal(self.instrument, Intention::OpenLong);
        proposal.pricing = Pricing::Market;
        proposal.size = match self.size {
            EntrySize::Risk => Size::RiskBased,
            EntrySize::Notional(notional) => Size::Notional(notional),
        };
        proposal.stop = Some(RawPrice::new(desk.instrument(self.instrument).price(stop)));
        (proposal.confidence, proposal.regime) = (self.confidence, Regime::TrendingBull);
        match desk.submit(proposal) {
            Ok(_) => {
                self.asked = true;
                self.pace.released(now, &desk.limits().throttle);
            }
            Err(denied) => self.patience.denied(now, denied.check),
        }
    }

    /// The farthest stop there may be at the present market; none while there is no usable reference.
    fn stop(&self, desk: &Desk<'_>, now: Timestamp) -> Option<Price> {
        let (limits, instrument) = (desk.limits(), desk.instrument(self.instrument));
        let reference = desk.market(self.instrument).reference(now, &limits.reference).ok()?;
        let collar = reference.collar(instrument, Side::Buy, limits.orders.entry_collar.decimal(), now)?;
        let (plan, worst) = (reference.price(instrument), instrument.price(collar));
        let farthest = limits.stop_max(&instrument.symbol).decimal() * worst;
        stop_price(instrument, limits, Side::Buy, (plan, worst), farthest, now)
    }
}
