//! The market's own clock: when orders gather, when they trade, when the market is closed; how far a price may
//! go, and when it went too far.
//!
//! It decides by its terms and the trades alone; what a phase and a band mean is the book's.

use super::terms::{RegimeTerms, SessionTerms};
use crate::market::{Price, Span, Timestamp};
use crate::venue::matching::{Band, Engine, Input, Output, Phase};

/// Millionths of the whole.
const PPM: i128 = 1_000_000;

/// When the market changes its phase or its band next, and why.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    terms: RegimeTerms,
    opens: Timestamp,
    ends: Timestamp,
    /// When it wants [`Clock::tick`]; at the end of time where it wants nothing.
    pub(super) next: Timestamp,
    /// What bands and halts are measured from.
    reference: Price,
    /// Since when it is.
    renewed: Timestamp,
    /// When the latest halt began.
    halted: Option<Timestamp>,
}

impl Clock {
    /// The market opens: what rested the evening before is gone where it opens with a call.
    pub(super) fn open(terms: RegimeTerms, period: (Timestamp, Timestamp), price: Price, engine: &mut Engine) -> Self {
        let (opens, ends) = period;
        let reference = engine.last().unwrap_or(price);
        let mut clock = Self { terms, opens, ends, next: Timestamp::MAX, reference, renewed: opens, halted: None };
        if terms == RegimeTerms::default() {
            return clock;
        }
        let mut said = Vec::new();
        clock.renew(opens, engine, &mut said);
        if terms.sessions.is_some_and(|days| days.opening_call > Span::ZERO) {
            engine.step(opens, &Input::Phase(Phase::Closed), &mut said);
        }
        clock.tick(opens, engine, &mut said);
        clock
    }

    /// Whether the market has days, at whose ends its orders end.
    pub(super) const fn keeps_days(&self) -> bool {
        self.terms.sessions.is_some()
    }

    /// Changes the phase and the band as it is time for.
    pub(super) fn tick(&mut self, now: Timestamp, engine: &mut Engine, out: &mut Vec<Output>) {
        let (phase, until) = self.phase(now);
        let before = engine.phase();
        if before == Phase::Call && phase == Phase::Closed {
            engine.step(now, &Input::Uncross(None), out);
        }
        if phase == Phase::Call && before != phase {
            // About the last trade, so that an auction may go on from where the market was stopped.
            self.renew(now, engine, out);
        }
        engine.step(now, &Input::Phase(phase), out);
        let due = self.renewal().is_some_and(|due| due <= now);
        if phase == Phase::Continuous && (before != phase || due) {
            self.renew(now, engine, out);
        }
        let renewal = self.renewal().filter(|_| phase == Phase::Continuous);
        let next = renewal.map_or(until, |due| due.min(until));
        let wanted = next < self.ends || (next == self.ends && self.keeps_days());
        self.next = if wanted { next } else { Timestamp::MAX };
    }

    /// Halts the market if one of these went too far.
    pub(super) fn watch(&mut self, now: Timestamp, engine: &mut Engine, from: usize, out: &mut Vec<Output>) {
        let Some(halt) = self.terms.halt.filter(|_| engine.phase() == Phase::Continuous) else { return };
        let far = part(self.reference, halt.move_ppm);
        let too_far =
            |said: &Output| matches!(said, Output::Traded(traded) if (traded.price - self.reference).0.abs() >= far);
        if out[from..].iter().any(too_far) {
            self.halted = Some(now);
            self.tick(now, engine, out);
        }
    }

    /// The phase at an instant, and until when it lasts if nothing happens.
    fn phase(&self, now: Timestamp) -> (Phase, Timestamp) {
        let (phase, until) =
            self.terms.sessions.map_or((Phase::Continuous, Timestamp::MAX), |days| self.of_day(days, now));
        let Some((halt, since)) = self.terms.halt.zip(self.halted).filter(|_| phase == Phase::Continuous) else {
            return (phase, until);
        };
        let calls = since.after(halt.lasts);
        let trades = calls.after(halt.call);
        if now < calls {
            (Phase::Halted, until.min(calls))
        } else if now < trades {
            (Phase::Call, until.min(trades))
        } else {
            (phase, until)
        }
    }

    fn of_day(&self, days: SessionTerms, now: Timestamp) -> (Phase, Timestamp) {
        let cycle = days.day.0.saturating_add(days.night.0);
        let opens = self.opens.after(Span(now.since(self.opens).0.max(0) / cycle * cycle));
        let closes = opens.after(days.day).min(self.ends);
        let trades = opens.after(days.opening_call).min(closes);
        let calls = Timestamp(closes.0 - days.closing_call.0);
        if now >= closes {
            (Phase::Closed, opens.after(Span(cycle)))
        } else if now < trades {
            (Phase::Call, trades)
        } else if now < calls {
            (Phase::Continuous, calls)
        } else {
            (Phase::Call, closes)
        }
    }

    /// When the band is renewed next, if it ever is.
    fn renewal(&self) -> Option<Timestamp> {
        self.terms.band.filter(|band| band.renew > Span::ZERO).map(|band| self.renewed.after(band.renew))
    }

    /// The last trade is the reference from now on, and the band lies about it.
    fn renew(&mut self, now: Timestamp, engine: &mut Engine, out: &mut Vec<Output>) {
        self.reference = engine.last().unwrap_or(self.reference);
        self.renewed = now;
        if let Some(band) = self.terms.band {
            let far = Price(part(self.reference, band.width_ppm));
            let band = Band { low: (self.reference - far).max(Price(1)), high: self.reference + far };
            engine.step(now, &Input::Band(Some(band)), out);
        }
    }
}

/// So many millionths of a price, down to the unit, of which it is at least one.
fn part(price: Price, ppm: u32) -> i64 {
    i64::try_from(i128::from(price.0) * i128::from(ppm) / PPM).unwrap_or(i64::MAX).max(1)
}
