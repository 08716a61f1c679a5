//! What a margin position costs while it is held, and when it is opened: rollover, interest on what is borrowed, and
//! the opening fee.
//!
//! Interest is a share, by side, of what the position cost at its entry (rollover, as Kraken charges), or of what it
//! borrows (a long the quote that its margin does not pay, a short the whole quantity, valued at the mark). It is due
//! every so long, by the clock or from when the position was opened, rounded up to the unit, once per instrument and
//! time. The opening fee is a share of the value that an execution opens, part of its fee.

use std::fmt;

use rust_decimal::Decimal;

use super::Venue;
use super::funding::Every;
use super::resting::place;
use crate::market::{AssetId, InstrumentId, Money, Price, Qty, Rate, Side, Timestamp, VenueMessage};

/// What interest is a share of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charged {
    /// What the position cost at its entry.
    Cost,
    /// What it borrows.
    Borrowed,
}

/// From when interest is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CountedFrom {
    /// The clock, as `phase` says.
    Clock,
    /// The instant at which the position was opened, or turned.
    Opening,
}

/// What holding a position costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interest {
    /// How often.
    pub times: Every,
    /// From when that is counted.
    pub from: CountedFrom,
    /// No time at or before this instant counts: the venue opens then.
    pub since: Timestamp,
    /// Of what.
    pub of: Charged,
    /// Rates of long and short by the instant from which they hold, ascending; never empty.
    pub rates: Vec<(Timestamp, [Rate; 2])>,
    /// Share of the value that is opened, charged with its fill.
    pub opening: Rate,
}

impl Interest {
    fn rate(&self, now: Timestamp, side: Side) -> Rate {
        let next = self.rates.partition_point(|(from, _)| *from <= now);
        self.rates[next.saturating_sub(1)].1[side as usize]
    }

    /// The first time that is due without a position.
    pub(super) fn first(&self) -> Option<Timestamp> {
        match self.from {
            CountedFrom::Clock => Some(self.times.after(self.since)),
            CountedFrom::Opening => None,
        }
    }
}

impl fmt::Display for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.of {
            Charged::Cost => "cost",
            Charged::Borrowed => "what is borrowed",
        };
        let from = match self.from {
            CountedFrom::Clock => "by the clock",
            CountedFrom::Opening => "from the opening",
        };
        let opening = (self.opening.decimal() * Decimal::ONE_HUNDRED).normalize();
        let minutes = self.times.span.0 / 60_000_000_000;
        write!(f, "on {of} every {minutes} min {from}, {} rate(s); {opening}% to open", self.rates.len())
    }
}

impl Venue {
    /// When interest is due next, if any instrument has it.
    pub(super) fn next_interest(&self) -> Option<Timestamp> {
        self.interests.iter().flatten().min().copied()
    }

    /// Charges what is due at an instant, by instrument.
    pub(super) fn charge_interest_due(&mut self, at: Timestamp, out: &mut Vec<VenueMessage>) {
        for index in 0..self.interests.len() {
            if self.interests[index] != Some(at) {
                continue;
            }
            let Some(terms) = &self.config.interest[index] else { continue };
            self.interests[index] = Some(at.after(terms.times.span));
            self.charge_interest(at, index, out);
        }
    }

    fn charge_interest(&mut self, at: Timestamp, index: usize, out: &mut Vec<VenueMessage>) {
        let of = &self.config.instruments[index];
        let Some(terms) = &self.config.interest[index] else { return };
        let (qty, cost, posted) = self.account.held(of.id);
        let side = if qty.0 > 0 { Side::Buy } else { Side::Sell };
        let Some(price) = self.valued_at(of.id).filter(|_| !qty.is_zero()) else { return };
        let base = match (terms.of, side) {
            (Charged::Cost, _) => of.value(cost).abs(),
            (Charged::Borrowed, Side::Buy) => of.value(cost).abs() - posted,
            (Charged::Borrowed, Side::Sell) => of.size(qty, price),
        };
        let paid = base.times(terms.rate(at, side).decimal()).up(of.settle_scale());
        let (instrument, asset) = (of.id, of.settles_in());
        self.account.shift(asset, -paid);
        out.push(VenueMessage::Interest { instrument, at, paid });
    }

    /// A position changed: interest that is counted from its opening begins anew, or ends.
    pub(super) fn note_opening(&mut self, now: Timestamp, instrument: InstrumentId, before: Qty) {
        let Some(Some(terms)) = self.config.interest.get(place(instrument)) else { return };
        let held = self.account.position(instrument);
        if terms.from == CountedFrom::Opening && held.0.signum() != before.0.signum() {
            self.interests[place(instrument)] = (!held.is_zero()).then(|| now.after(terms.times.span));
        }
    }

    /// What an execution pays for the part of it that opens; added to a fee in the asset it settles in.
    pub(super) fn opening_fee(
        &self,
        instrument: InstrumentId,
        side: Side,
        (price, qty): (Price, Qty),
        fee: (AssetId, Money),
    ) -> (AssetId, Money) {
        let Some(Some(terms)) = self.config.interest.get(place(instrument)) else { return fee };
        let of = &self.config.instruments[place(instrument)];
        let closing = (-side.sign() * self.account.position(instrument).0).max(0);
        let opened = Qty((qty.0 - closing).max(0));
        (fee.0, fee.1 + of.size(opened, price).times(terms.opening.decimal()).up(of.settle_scale()))
    }
}
