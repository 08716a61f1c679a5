//! The agents, one kind each: what one sees when it wakes, what it sends, and when it wakes next.
//!
//! Every agent throws dice of its own, so that what one draws moves nothing of another. None knows who
//! else trades, and none knows which orders are ours.

use super::dice::{Dice, real, seconds, whole};
use super::floor::Floor;
use super::hawkes::Hawkes;
use super::terms::{MakerTerms, MomentumTerms, NoiseTerms, ValueTerms};
use crate::market::{OrderId, Price, Qty, Side, Span, Timestamp};
use crate::venue::matching::Display;

/// Thousandths.
const MILLI: f64 = 1_000.0;

/// A kind of agent.
#[derive(Clone, Debug)]
pub(super) enum Agent {
    Taker(Taker),
    Giver(Giver),
    Maker(Maker),
    Follower(Follower),
    Knower(Knower),
}

impl Agent {
    /// What it does now; answers when it wakes next.
    pub(super) fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        match self {
            Self::Taker(taker) => taker.act(floor),
            Self::Giver(giver) => giver.act(floor),
            Self::Maker(maker) => maker.act(floor),
            Self::Follower(follower) => follower.act(floor),
            Self::Knower(knower) => knower.act(floor),
        }
    }

    /// Whether it looks at what it is worth.
    pub(super) const fn looks(&self) -> bool {
        matches!(self, Self::Maker(_) | Self::Knower(_))
    }

    /// It is kept from acting: when it tries again.
    pub(super) fn pass(&mut self, now: Timestamp) -> Timestamp {
        match self {
            Self::Taker(taker) => taker.arrivals.next(&mut taker.dice).max(now.after(Span(1))),
            Self::Giver(giver) => giver.arrivals.next(&mut giver.dice).max(now.after(Span(1))),
            Self::Maker(maker) => now.after(maker.terms.refresh),
            Self::Follower(follower) => now.after(follower.dice.wait(follower.rate)),
            Self::Knower(knower) => now.after(knower.dice.wait(knower.rate)),
        }
    }
}

/// Zero intelligence: market orders of one side.
#[derive(Clone, Debug)]
pub(super) struct Taker {
    side: Side,
    size: Qty,
    arrivals: Hawkes,
    dice: Dice,
}

impl Taker {
    pub(super) fn new(terms: &NoiseTerms, side: Side, start: Timestamp, dice: Dice) -> Self {
        let mean = f64::from(terms.market_orders) / MILLI / 2.0;
        let arrivals = Hawkes::new(mean, f64::from(terms.excitation) / MILLI, terms.memory, start);
        Self { side, size: terms.market_size, arrivals, dice }
    }

    fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        let qty = self.dice.size(self.size, floor.lot, floor.least);
        floor.take(self.side, qty);
        self.arrivals.next(&mut self.dice)
    }
}

/// Zero intelligence: limit orders of either side, each with a life of its own.
#[derive(Clone, Debug)]
pub(super) struct Giver {
    terms: NoiseTerms,
    arrivals: Hawkes,
    dice: Dice,
}

impl Giver {
    pub(super) fn new(terms: &NoiseTerms, start: Timestamp, dice: Dice) -> Self {
        let mean = f64::from(terms.limit_orders) / MILLI;
        let arrivals = Hawkes::new(mean, f64::from(terms.excitation) / MILLI, terms.memory, start);
        Self { terms: *terms, arrivals, dice }
    }

    fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        let side = if self.dice.happens(0.5) { Side::Buy } else { Side::Sell };
        let qty = self.dice.size(self.terms.limit_size, floor.lot, floor.least);
        let away = 1 + whole(libm::floor(self.dice.exponential(f64::from(self.terms.distance))));
        let life = seconds(self.dice.exponential(real(self.terms.life.0) / 1e9));
        let from = floor.best(side.opposite()).unwrap_or_else(|| floor.last());
        // In a call nobody is there to be met, and a limit lies about the last trade, on either side of it.
        let away = if floor.gathers() { away - i64::from(self.terms.distance) } else { away };
        let price = Price(from.0.saturating_sub(side.sign() * away.saturating_mul(floor.tick.0)));
        let display = self.display(floor, qty);
        floor.rest(side, price, (qty, display), Some(life));
        self.arrivals.next(&mut self.dice)
    }

    /// What others see of a limit order: drawn only where it is not always all of it.
    fn display(&mut self, floor: &Floor<'_>, qty: Qty) -> Display {
        let NoiseTerms { iceberg, peak, hidden, .. } = self.terms;
        if iceberg + hidden == 0 {
            return Display::Full;
        }
        let drawn = self.dice.unit() * MILLI;
        if drawn < f64::from(iceberg) {
            floor.iceberg(peak, qty)
        } else if drawn < f64::from(iceberg + hidden) {
            Display::Hidden
        } else {
            Display::Full
        }
    }
}

/// The market makers.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    terms: MakerTerms,
    quotes: Vec<OrderId>,
    fair: f64,
    dice: Dice,
}

impl Maker {
    pub(super) fn new(terms: &MakerTerms, price: Price, dice: Dice) -> Self {
        Self { terms: *terms, quotes: Vec::new(), fair: real(price.0), dice }
    }

    fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        if let Some(mid) = floor.mid() {
            self.fair = mid;
        }
        if let Some(value) = floor.value {
            self.fair += (value - self.fair) * f64::from(self.terms.anchor) / MILLI;
        }
        for quote in self.quotes.drain(..) {
            floor.cancel(quote);
        }
        let tick = real(floor.tick.0);
        let half = f64::from(self.terms.spread) * tick / 2.0;
        // A full inventory, all its levels on one side, moves its prices by half its spread.
        let full = real(self.terms.size.0) * f64::from(self.terms.levels);
        let held = real(floor.position().0) / full;
        let middle = self.fair - held.clamp(-4.0, 4.0) * half;
        for level in 0..i64::from(self.terms.levels) {
            let away = half + real(level) * tick;
            let bid = Price(whole(libm::floor((middle - away) / tick)).saturating_mul(floor.tick.0));
            let ask = Price(whole(libm::ceil((middle + away) / tick)).saturating_mul(floor.tick.0));
            for (side, price) in [(Side::Buy, bid), (Side::Sell, ask)] {
                if level == 0 {
                    // Whoever stands where it would quote is late: their price has gone.
                    floor.pick(side, price, Qty(self.terms.size.0.saturating_mul(self.terms.levels.into())));
                }
                let size = self.terms.size;
                let display = self.terms.peak.map_or(Display::Full, |peak| floor.iceberg(peak, size));
                self.quotes.extend(floor.quote(side, price, (size, display)));
            }
        }
        let refresh = real(self.terms.refresh.0) / 1e9;
        floor.now.after(seconds(refresh * (0.5 + self.dice.unit())))
    }
}

/// Momentum: market orders the way the price has gone.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    terms: MomentumTerms,
    rate: f64,
    mean: f64,
    seen: Timestamp,
    dice: Dice,
}

impl Follower {
    pub(super) fn new(terms: &MomentumTerms, price: Price, start: Timestamp, dice: Dice) -> Self {
        let rate = f64::from(terms.orders) / MILLI;
        Self { terms: *terms, rate, mean: real(price.0), seen: start, dice }
    }

    fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        let qty = self.dice.size(self.terms.size, floor.lot, floor.least);
        if let Some(mid) = floor.mid() {
            let weight = libm::exp(-real(floor.now.since(self.seen).0) / real(self.terms.memory.0));
            let gone = mid - self.mean;
            self.mean = mid + (self.mean - mid) * weight;
            self.seen = floor.now;
            if gone.abs() >= real(floor.tick.0) {
                floor.take(if gone > 0.0 { Side::Buy } else { Side::Sell }, qty);
            }
        }
        floor.now.after(self.dice.wait(self.rate))
    }
}

/// Who knows what it is worth, and trades while it is not.
#[derive(Clone, Debug)]
pub(super) struct Knower {
    size: Qty,
    rate: f64,
    dice: Dice,
}

impl Knower {
    pub(super) fn new(terms: &ValueTerms, dice: Dice) -> Self {
        Self { size: terms.size, rate: f64::from(terms.orders) / MILLI, dice }
    }

    fn act(&mut self, floor: &mut Floor<'_>) -> Timestamp {
        let qty = self.dice.size(self.size, floor.lot, floor.least);
        if let Some(value) = floor.value {
            let dear = floor.best(Side::Buy).is_some_and(|bid| real(bid.0) > value);
            let cheap = floor.best(Side::Sell).is_some_and(|ask| real(ask.0) < value);
            if cheap != dear {
                floor.take(if cheap { Side::Buy } else { Side::Sell }, qty);
            }
        }
        floor.now.after(self.dice.wait(self.rate))
    }
}
