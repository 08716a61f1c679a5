//! What the venue charges by the clock: funding, to whoever holds a position at its time.
//!
//! A position pays value × rate at each funding time: longs pay where the rate is above zero, shorts
//! receive. The value is the position's at the mark of that instant, the amount is rounded half-even to
//! the unit it settles in, and there is one message per instrument and time.

use std::fmt;

use super::Venue;
use super::resting::place;
use crate::market::{InstrumentId, Price, Rate, Side, Span, Timestamp, TriggerSource, VenueMessage};

/// Times that repeat: every so long, counted from the epoch and moved by a phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Every {
    /// How long from one to the next; above zero.
    pub span: Span,
    /// How far after a whole number of spans since the epoch.
    pub phase: Span,
}

impl Every {
    /// The first of the times after an instant.
    #[must_use]
    pub const fn after(self, at: Timestamp) -> Timestamp {
        let since = at.0.saturating_sub(self.phase.0).rem_euclid(self.span.0);
        Timestamp(at.0.saturating_add(self.span.0 - since))
    }
}

/// When an instrument's positions pay funding, and how much of their value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Funding {
    /// When.
    pub times: Every,
    /// No funding time at or before this instant counts: the venue opens then.
    pub since: Timestamp,
    /// Rates by the instant from which they hold, ascending; never empty. Before the first, the first.
    pub rates: Vec<(Timestamp, Rate)>,
}

impl Funding {
    /// The rate in force.
    #[must_use]
    pub fn rate(&self, now: Timestamp) -> Rate {
        let next = self.rates.partition_point(|(from, _)| *from <= now);
        self.rates[next.saturating_sub(1)].1
    }
}

impl fmt::Display for Funding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.times.span.0 / 3_600_000_000_000, self.times.span.0 / 60_000_000_000 % 60);
        write!(f, "every {hours}h{minutes:02}min on the value at mark, half-even; {} rate(s)", self.rates.len())
    }
}

impl Venue {
    /// When funding is due next, if any instrument has it.
    pub(super) fn next_funding(&self) -> Option<Timestamp> {
        self.fundings.iter().flatten().min().copied()
    }

    /// Charges what is due at an instant, by instrument.
    pub(super) fn charge_funding_due(&mut self, at: Timestamp, out: &mut Vec<VenueMessage>) {
        for index in 0..self.fundings.len() {
            if self.fundings[index] != Some(at) {
                continue;
            }
            let plan = self.config.funding[index].as_ref().expect("only an instrument with a plan has a time");
            let (rate, next) = (plan.rate(at), plan.times.after(at));
            self.fundings[index] = Some(next);
            let instrument = self.config.instruments[index].id;
            if let Some(price) = self.valued_at(instrument) {
                self.charge_funding(at, instrument, (rate, price), out);
            }
        }
    }

    /// A position pays a share of its size at a price: a long pays a rate above zero, whatever it settles in.
    pub(super) fn charge_funding(
        &mut self,
        at: Timestamp,
        instrument: InstrumentId,
        (rate, price): (Rate, Price),
        out: &mut Vec<VenueMessage>,
    ) {
        let position = self.account.position(instrument);
        if position.is_zero() {
            return;
        }
        let of = &self.config.instruments[place(instrument)];
        let signed = of.size(position, price).times(position.0.signum().into());
        let paid = signed.times(rate.decimal()).half_even(of.settle_scale());
        self.account.shift(of.settles_in(), -paid);
        out.push(VenueMessage::Funding { instrument, at, paid });
    }

    /// What positions are valued at: the mark, else the last trade, else a best price, bids first.
    pub(super) fn valued_at(&self, instrument: InstrumentId) -> Option<Price> {
        self.reference(instrument, TriggerSource::Mark).or_else(|| self.some_touch(instrument))
    }

    /// A best price of either side.
    pub(super) fn some_touch(&self, instrument: InstrumentId) -> Option<Price> {
        let market = &self.markets[place(instrument)];
        [Side::Buy, Side::Sell].into_iter().find_map(|side| market.best(side)).map(|(price, _)| price)
    }
}

/// The first times of each plan.
pub(super) fn first_times(plans: &[Option<Funding>]) -> Vec<Option<Timestamp>> {
    plans.iter().map(|plan| plan.as_ref().map(|plan| plan.times.after(plan.since))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_repeat_from_the_epoch_and_a_phase() {
        let eight = Every { span: Span::from_hours(8), phase: Span::ZERO };
        let hour = |hours: i64| Timestamp(Span::from_hours(hours).0);
        assert_eq!(eight.after(hour(0)), hour(8), "never at the instant itself");
        assert_eq!(eight.after(Timestamp(hour(8).0 - 1)), hour(8));
        assert_eq!(eight.after(hour(-3)), hour(0), "before the epoch, too");
        let late = Every { phase: Span::from_hours(4), ..eight };
        assert_eq!((late.after(hour(0)), late.after(hour(4))), (hour(4), hour(12)));
    }
}
