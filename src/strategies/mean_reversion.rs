//! Trades back to a moving average from outside a band of deviations; the rules are said in [`ENTRY`].
//!
//! It decides at its samples, at reports and at wakes, and at nothing else of the market. What a sample
//! asks for is forgotten once it was tried: no entry is made up for later.
//!
//! It leaves stop and target to the trader and keeps no memory over a restart.

mod terms;

use rust_decimal::Decimal;

use super::ParamError;
use super::holding::closable;
use super::indicators::{Scaled, Spread};
use super::pace::{Pace, Patience};
use super::params::{EntryKind, EntrySize, Reader, Sampling};
use super::stops::stop_price;
use super::working::Working;
use crate::market::{
    Contract, Event, Instrument, Intention, MarketEvent, Pricing, Proposal, Purpose, RawPrice, SessionState, Side,
    Size, Span, TimeInForce, Timestamp, TraderState,
};
use crate::trading::view::Reference;
use crate::trading::{Desk, Strategy};
use terms::Terms;

pub use terms::ENTRY;

/// What a sample outside the band asks for, in price units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Signal {
    side: Side,
    mean: Scaled,
    deviation: Scaled,
}

/// The reverter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeanReversion {
    terms: Terms,
    spot: bool,
    /// Of twice the samples, so that a mid between two units is a whole number too.
    spread: Spread,
    /// When the next mid is sampled.
    due: Option<Timestamp>,
    pace: Pace,
    patience: Patience,
    closes: Patience,
}

impl Strategy for MeanReversion {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        let mut signal = None;
        if let Event::Market(_, event) = event {
            match event {
                MarketEvent::Bar(bar) if self.wants(event) => signal = self.learn(2 * bar.close.0),
                _ => return,
            }
        }
        if let Sampling::Every(period) = self.terms.period {
            signal = self.sample(desk, period);
        }
        self.decide(desk, signal);
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        self.terms.period == Sampling::Bars
            && matches!(event, MarketEvent::Bar(bar) if bar.instrument == self.terms.instrument)
    }
}

impl MeanReversion {
    /// A reverter as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        let terms = Terms::read(reader, instrument)?;
        let patience = Patience::new(Span::from_secs(1));
        Ok(Self {
            spot: instrument.contract == Contract::Spot,
            spread: Spread::new(terms.window),
            due: None,
            pace: Pace::default(),
            patience,
            closes: patience,
            terms,
        })
    }

    /// Takes in twice a sample; what it asks for.
    fn learn(&mut self, twice: i64) -> Option<Signal> {
        let (mean, deviation) = self.spread.push(twice)?;
        let off = Scaled::whole(twice).bits() - mean.bits();
        let band = self.terms.width.of(deviation.bits());
        let side = if off < -band {
            Side::Buy
        } else if off > band {
            Side::Sell
        } else {
            return None;
        };
        Some(Signal { side, mean: mean.half(), deviation: deviation.half() })
    }

    /// Samples the mid once its time has come, and asks to be woken at the next.
    fn sample(&mut self, desk: &mut Desk<'_>, period: Span) -> Option<Signal> {
        let now = desk.now();
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due || self.due.is_none() {
            self.due = Some(Timestamp((now.0.div_euclid(period.0) + 1).saturating_mul(period.0)));
        }
        desk.wake_at(self.due.expect("just set where it was not"));
        let reference = desk.market(self.terms.instrument).reference(now, &desk.limits().reference);
        self.learn(reference.ok().filter(|_| is_due)?.twice_mid)
    }

    fn decide(&mut self, desk: &mut Desk<'_>, signal: Option<Signal>) {
        let id = self.terms.instrument;
        let position = desk.position(id);
        let mark = desk.market(id).twice_mark().unwrap_or_default();
        if !closable(desk.instrument(id), position.qty, mark, desk.now()).is_zero() {
            let end = position.opened_at.after(self.terms.timeout);
            if desk.now() < end { desk.wake_at(end) } else { self.leave(desk) }
        } else if desk.orders().all(|order| order.terms.instrument != id)
            && !desk.is_clearing(id)
            && let Some(signal) = signal
        {
            self.enter(desk, signal);
        }
    }

    /// Gives the position up: first no entry is left, then what is held is closed.
    fn leave(&mut self, desk: &mut Desk<'_>) {
        let (id, now) = (self.terms.instrument, desk.now());
        let working: Vec<Working> =
            desk.orders().filter(|order| order.terms.instrument == id).map(Working::of).collect();
        for order in working.iter().filter(|order| order.purpose == Purpose::Entry && order.cancellable) {
            desk.cancel(order.id).expect("an open order of this desk can be cancelled");
        }
        if working.is_empty() && self.closes.until() <= now {
            match desk.submit(desk.proposal(id, Intention::Close)) {
                Ok(_) => self.closes.asked(now),
                Err(denied) => self.closes.denied(now, denied.check),
            }
        }
        // Whatever comes of it, what is left is looked at again.
        desk.wake_at(self.closes.until().max(now.after(Span::from_secs(1))));
    }

    fn enter(&mut self, desk: &mut Desk<'_>, signal: Signal) {
        let (id, now) = (self.terms.instrument, desk.now());
        let throttle = desk.limits().throttle.clone();
        let waits = desk.cooldown(id).is_some()
            || self.pace.free_at(now, &throttle) > now
            || self.patience.until() > now
            || desk.state() != TraderState::Armed
            || desk.market(id).session != SessionState::Open
            || desk.is_naked(id);
        if waits || (self.spot && signal.side == Side::Sell) {
            return;
        }
        let Some(proposal) = self.bracket(desk, signal) else { return };
        match desk.submit(proposal) {
            Ok(_) => {
                self.patience.accepted();
                self.pace.released(now, &throttle);
            }
            Err(denied) => self.patience.denied(now, denied.check),
        }
    }

    /// An entry with its stop and its target; none while there is no usable reference, or where the
    /// target would not pay for the risk.
    fn bracket(&self, desk: &Desk<'_>, signal: Signal) -> Option<Proposal> {
        let Signal { side, mean, deviation } = signal;
        let (now, limits, instrument) = (desk.now(), desk.limits(), desk.instrument(self.terms.instrument));
        let reference = desk.market(self.terms.instrument).reference(now, &limits.reference).ok()?;
        let (pricing, plan, worst) = match self.terms.entry {
            EntryKind::Limit => {
                let price = self.limit(instrument, reference, side, now)?;
                (Pricing::Limit(RawPrice::new(price)), price, price)
            }
            EntryKind::Market => {
                let collar = reference.collar(instrument, side, limits.orders.entry_collar.decimal(), now)?;
                (Pricing::Market, reference.price(instrument), instrument.price(collar))
            }
        };
        let distance = self.terms.stop_factor.checked_mul(instrument.price(deviation.ceil()))?;
        let stop = instrument.price(stop_price(instrument, limits, side, (plan, worst), distance, now)?);
        // Toward the entry: a target never overstates what it pays.
        let (target, intention) = match side {
            Side::Buy => (mean.floor(), Intention::OpenLong),
            Side::Sell => (mean.ceil(), Intention::OpenShort),
        };
        let target = instrument.price(instrument.limit_price(side, instrument.price(target), now)?);
        let sign = Decimal::from(side.sign());
        let (reward, risk) = (sign * (target - worst), sign * (worst - stop));
        if sign * (target - plan) <= Decimal::ZERO || reward < limits.stop.min_reward_risk.0 * risk {
            return None;
        }
        let mut proposal = desk.proposal(self.terms.instrument, intention);
        proposal.pricing = pricing;
        if self.terms.entry == EntryKind::Limit {
            (proposal.tif, proposal.post_only) = (Some(TimeInForce::Gtd(now.after(self.terms.expiry))), true);
        }
        proposal.size = match self.terms.size {
            EntrySize::Risk => Size::RiskBased,
            EntrySize::Notional(notional) => Size::Notional(notional),
        };
        (proposal.stop, proposal.target) = (Some(RawPrice::new(stop)), Some(RawPrice::new(target)));
        (proposal.confidence, proposal.regime) = (self.terms.confidence, self.terms.regime);
        Some(proposal)
    }

    /// Where a limit rests: so far inside its own touch, a tick short of the other one at the most.
    fn limit(&self, instrument: &Instrument, reference: Reference, side: Side, now: Timestamp) -> Option<Decimal> {
        let tick = instrument.rules(now).tick;
        let (own, other) = match side {
            Side::Buy => (reference.bid, reference.ask),
            Side::Sell => (reference.ask, reference.bid),
        };
        let inside = self.terms.inside.units(reference.twice_mid, tick);
        let nearest = (side.sign() * own.0).saturating_add(inside).min(side.sign() * other.0 - tick.0);
        let price = instrument.price(crate::market::Price(side.sign() * nearest));
        instrument.limit_price(side, price, now).filter(|price| price.0 > 0).map(|price| instrument.price(price))
    }
}
