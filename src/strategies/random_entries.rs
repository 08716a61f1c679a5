//! Enters at random: what a strategy's exits and sizes earn without its signal; the rules are said in [`ENTRY`].
//!
//! It draws no chance: what it does follows from a fixed sequence of numbers, its parameter `seed`, two of them a bar
//! whatever comes of it, so that one bar's outcome moves nothing that another draws. It decides at bars, at reports and
//! at wakes, and at nothing else of the market.
//!
//! Stop and target are the trader's to watch. It keeps no memory over a restart.

use rust_decimal::Decimal;

use super::deck::Deck;
use super::holding::closable;
use super::indicators::Atr;
use super::pace::{Pace, Patience};
use super::params::{CONFIDENCE, ENTRY_SIZE, EntrySize, INSTRUMENT, Reader, param};
use super::stops::stop_price;
use super::{Entry, Param, ParamError};
use crate::market::{
    Contract, Event, Instrument, InstrumentId, Intention, MarketEvent, Pricing, Proposal, Rate, RawPrice, Regime, Side,
    Size, Span, TraderState,
};
use crate::trading::setting::Number;
use crate::trading::{Desk, Strategy};

/// The random entries in the catalogue.
pub const ENTRY: Entry = Entry { name: "random_entries", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Enters at random bars on random sides: a benchmark for what a signal adds to its exits";

const RULES: &[&str] = &[
    "At every closed bar two numbers are drawn from the sequence of `seed` and the instrument. While flat, it enters on \
     `chance` of a thousand bars, long or short as the second number is even or odd; on spot, which has no short, always \
     long. It enters with that bar or not at all.",
    "Entries are market-like, with confidence `confidence`, regime trending_bull (long) or trending_bear (short), and \
     a stop max(`atr_factor` × ATR(`atr`), stop.min) from the mid, no farther from the collar than the instrument's \
     greatest stop distance: the size and the stop of ema_flip.",
    "Profit is taken at `target` times the distance from the worst entry price to the stop, at least \
     stop.min_reward_risk times; with 0 never. Both legs are the trader's.",
    "While something is held, it is closed on `leave` of a thousand bars, as a signal that turns would; with 0 never.",
    "Nothing is done in the first `warmup` bars or before the range has a value. One entry and one close are tried per \
     bar. It counts its entries as the throttle does and never trips it.",
];

const fn bars(key: &'static str, default: &'static str, low: &'static str, meaning: &'static str) -> Param {
    param(key, default, "a whole number of bars", (low, "1000"), meaning)
}

const PARAMS: [Param; 10] = [
    INSTRUMENT,
    param("seed", "1", "a whole number", ("0", "4294967295"), "Every entry follows from it and from the bars."),
    param("chance", "50", "a whole number", ("0", "1000"), "Bars of a thousand at which it enters while flat."),
    param("leave", "0", "a whole number", ("0", "1000"), "Bars of a thousand at which it closes what it holds."),
    bars("atr", "14", "2", "Period of Wilder's average true range."),
    bars("warmup", "30", "0", "Bars before the first entry."),
    param("atr_factor", "2", "a decimal number", ("0", "100"), "Stop distance in average true ranges."),
    param("target", "2", "a decimal number", ("0", "100"), "Distance of the target in stop distances; 0 is none."),
    ENTRY_SIZE,
    CONFIDENCE,
];

/// Numbers are drawn below this.
const OF: u32 = 1_000;

/// The random entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RandomEntries {
    instrument: InstrumentId,
    spot: bool,
    deck: Deck,
    chance: u32,
    leave: u32,
    atr: Atr,
    /// Bars still to pass before the first entry.
    warmup: u32,
    atr_factor: Decimal,
    target: Decimal,
    size: EntrySize,
    confidence: Rate,
    /// What the last bar asks for, until it was tried.
    enters: Option<Side>,
    leaves: bool,
    pace: Pace,
    /// Waits out denials by throttle and size, which count toward a trip.
    patience: Patience,
}

impl Strategy for RandomEntries {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if let Event::Market(_, event) = event {
            match event {
                MarketEvent::Bar(bar) if self.wants(event) => {
                    let range = self.atr.push(bar);
                    self.draw(range.is_some());
                }
                _ => return,
            }
        }
        self.decide(desk);
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        matches!(event, MarketEvent::Bar(bar) if bar.instrument == self.instrument)
    }
}

impl RandomEntries {
    /// Random entries as their parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        Ok(Self {
            instrument: instrument.id,
            spot: instrument.contract == Contract::Spot,
            deck: Deck::of(reader.get("seed")?, instrument.id),
            chance: reader.get("chance")?,
            leave: reader.get("leave")?,
            atr: Atr::new(reader.get("atr")?),
            warmup: reader.get("warmup")?,
            atr_factor: reader.get::<Number>("atr_factor")?.0,
            target: reader.get::<Number>("target")?.0,
            size: reader.get("size")?,
            confidence: Rate::new(reader.get::<Number>("confidence")?.0),
            enters: None,
            leaves: false,
            pace: Pace::default(),
            patience: Patience::new(Span::ZERO),
        })
    }

    /// A bar's two numbers: whether, and on which side. They are drawn in the first bars as well.
    fn draw(&mut self, has_range: bool) {
        let (whether, side) = (self.deck.below(OF), self.deck.below(2));
        let is_warm = self.warmup == 0;
        self.warmup = self.warmup.saturating_sub(1);
        let side = if self.spot || side == 0 { Side::Buy } else { Side::Sell };
        self.enters = (is_warm && has_range && whether < self.chance).then_some(side);
        // The same number serves both, since only one of them is ever asked.
        self.leaves = whether < self.leave;
    }

    fn decide(&mut self, desk: &mut Desk<'_>) {
        let id = self.instrument;
        if desk.orders().any(|order| order.terms.instrument == id) {
            return;
        }
        let mark = desk.market(id).twice_mark().unwrap_or_default();
        let held = closable(desk.instrument(id), desk.position(id).qty, mark, desk.now());
        let (enters, leaves) = (self.enters.take(), std::mem::take(&mut self.leaves));
        if !held.is_zero() {
            if leaves && !desk.is_exiting(id) {
                // A denial is recorded by the desk, and another bar asks again.
                drop(desk.submit(desk.proposal(id, Intention::Close)));
            }
        } else if let Some(side) = enters
            && !desk.is_clearing(id)
        {
            self.enter(desk, side);
        }
    }

    fn enter(&mut self, desk: &mut Desk<'_>, side: Side) {
        let now = desk.now();
        let throttle = desk.limits().throttle.clone();
        let waits = desk.cooldown(self.instrument).is_some()
            || self.pace.free_at(now, &throttle) > now
            || self.patience.until() > now
            || desk.state() != TraderState::Armed
            || desk.is_naked(self.instrument);
        let Some(proposal) = (!waits).then(|| self.bracket(desk, side)).flatten() else { return };
        match desk.submit(proposal) {
            Ok(_) => {
                self.patience.asked(now);
                self.pace.released(now, &throttle);
            }
            Err(denied) => self.patience.denied(now, denied.check),
        }
    }

    /// An entry with its stop and its target at the present market; none while there is no usable reference.
    fn bracket(&self, desk: &Desk<'_>, side: Side) -> Option<Proposal> {
        let (now, limits, instrument) = (desk.now(), desk.limits(), desk.instrument(self.instrument));
        let reference = desk.market(self.instrument).reference(now, &limits.reference).ok()?;
        let collar = reference.collar(instrument, side, limits.orders.entry_collar.decimal(), now)?;
        let (plan, worst) = (reference.price(instrument), instrument.price(collar));
        let distance = self.atr_factor.checked_mul(instrument.price(self.atr.value()?.ceil()))?;
        let stop = instrument.price(stop_price(instrument, limits, side, (plan, worst), distance, now)?);
        let (intention, regime) = match side {
            Side::Buy => (Intention::OpenLong, Regime::TrendingBull),
            Side::Sell => (Intention::OpenShort, Regime::TrendingBear),
        };
        let mut proposal = desk.proposal(self.instrument, intention);
        if self.target > Decimal::ZERO {
            let times = self.target.max(limits.stop.min_reward_risk.0);
            let target = times.checked_mul(worst - stop)?.checked_add(worst)?;
            // Away from the entry, so that the ratio holds on the grid too.
            let target = instrument.limit_price(side.opposite(), target, now).filter(|price| price.0 > 0)?;
            proposal.target = Some(RawPrice::new(instrument.price(target)));
        }
        proposal.pricing = Pricing::Market;
        proposal.size = match self.size {
            EntrySize::Risk => Size::RiskBased,
            EntrySize::Notional(notional) => Size::Notional(notional),
        };
        proposal.stop = Some(RawPrice::new(stop));
        (proposal.confidence, proposal.regime) = (self.confidence, regime);
        Some(proposal)
    }
}
