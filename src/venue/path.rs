//! Bars become quotes and a price path, so that there is one way to fill.
//!
//! A bar is four points: open, one extreme, the other, close. The jump from one bar's close to the
//! next one's open touches nothing in between; from point to point the price moves continuously,
//! and our orders between two points are served in the order the price reaches them. At each
//! point the quote is the price ± half the spread, with a share of the bar's volume displayed on
//! each side; the leg that leads to a point fills us from what that point displays, once.

use super::Venue;
use super::listing::{Market, Shows};
use super::resting::{Life, Number, Orders, place};
use super::triggers::{TRIGGER_ORDER, touches};
use crate::market::{
    Bar, Instrument, InstrumentId, PathPoint, Price, Qty, Side, Timestamp, TriggerSource, VenueMessage,
};

/// What one point of the path displays.
#[derive(Clone, Copy)]
struct Display {
    instrument: InstrumentId,
    half_spread: i64,
    qty: Qty,
}

/// Whose turn it is where the price reaches several orders at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Stop,
    Target,
    Limit,
}

impl Venue {
    /// The path reaches a point of a bar.
    pub(super) fn on_path(&mut self, now: Timestamp, point: PathPoint, bar: &Bar, out: &mut Vec<VenueMessage>) {
        let Some(instrument) = self.config.instruments.get(place(bar.instrument)) else { return };
        let display = self.display(now, instrument, bar);
        let market = &mut self.markets[place(bar.instrument)];
        if market.shows != Shows::Touch {
            market.begin_to_show(Shows::Touch);
        }
        if point == PathPoint::Open {
            market.volume.bar(bar.volume, bar.length);
        }
        if point == PathPoint::FirstExtreme {
            market.high_first = high_first(market, &self.orders, bar);
        }
        let target = match (point, market.high_first) {
            (PathPoint::Open, _) => bar.open,
            (PathPoint::FirstExtreme, true) | (PathPoint::SecondExtreme, false) => bar.high,
            (PathPoint::FirstExtreme, false) | (PathPoint::SecondExtreme, true) => bar.low,
            (PathPoint::Close, _) => bar.close,
        };
        let from = market.last_trade.filter(|_| point != PathPoint::Open).unwrap_or(target);
        let mut consumed = [Qty::ZERO; 2];
        if market.session.matches() && (market.has_orders() || !self.config.guards) {
            consumed = self.serve_leg(now, display, from, target, out);
        }
        let market = &mut self.markets[place(bar.instrument)];
        display.show(market, target, consumed);
        market.last_trade = Some(target);
        if market.has_orders() || market.guards.watch {
            market.refresh_guards(&self.orders);
        }
    }

    /// Serves our orders between two prices, in the order the price reaches them; where it reaches
    /// several at once a stop comes before a target and a target before a limit. A trigger that
    /// leaves a limit order is served again where the price reaches the limit. Returns what they
    /// took from the point's display.
    fn serve_leg(
        &mut self,
        now: Timestamp,
        display: Display,
        from: Price,
        to: Price,
        out: &mut Vec<VenueMessage>,
    ) -> [Qty; 2] {
        let mut due = self.due(display, from, to);
        let direction = (to.0 - from.0).signum();
        let mut consumed = [Qty::ZERO; 2];
        let mut fired = Vec::new();
        let mut next = 0;
        while let Some(&(distance, turn, number)) = due.get(next) {
            next += 1;
            let at = Price(from.0 + direction * distance);
            display.show(&mut self.markets[place(display.instrument)], at, consumed);
            debug_assert_eq!(self.orders.get(number).life, Life::Open, "serving an order ends no other");
            if turn == Turn::Limit {
                self.reach(now, number, out);
            } else if self.fire(now, number, out) {
                fired.push(number);
                let reached = display.distance(&self.orders, number, from, to);
                if let Some(later) = reached.filter(|later| *later > distance) {
                    let place = due.partition_point(|other| (other.0, other.1) <= (later, Turn::Limit));
                    due.insert(place, (later, Turn::Limit, number));
                }
            }
            let market = &self.markets[place(display.instrument)];
            consumed = [Side::Buy, Side::Sell].map(|side| market.taken(side, display.quote(side, at)));
        }
        self.rest_fired(&fired);
        consumed
    }

    /// Which of our orders the price reaches between two prices, and how far along: the first first.
    fn due(&self, display: Display, from: Price, to: Price) -> Vec<(i64, Turn, Number)> {
        let market = &self.markets[place(display.instrument)];
        let mut due = Vec::new();
        let mut reached = |turn: Turn, waiting: &[Number]| {
            for number in waiting {
                if let Some(distance) = display.distance(&self.orders, *number, from, to) {
                    due.push((distance, turn, *number));
                }
            }
        };
        if market.session.fires() {
            for (list, turn) in [Turn::Stop, Turn::Stop, Turn::Target, Turn::Target].into_iter().enumerate() {
                by_path(market).for_each(|source| reached(turn, &market.triggers(source)[list]));
            }
        }
        for side in [Side::Buy, Side::Sell] {
            reached(Turn::Limit, market.limits(side));
        }
        // Stable: orders of one kind and distance keep their price-time priority.
        due.sort_by_key(|(distance, turn, _)| (*distance, *turn));
        due
    }

    /// What a bar's points display under this venue's terms.
    fn display(&self, now: Timestamp, instrument: &Instrument, bar: &Bar) -> Display {
        let rules = instrument.rules(now);
        let ticks = self.config.half_spread_ticks.get(place(instrument.id)).copied().unwrap_or(0);
        let qty = if self.fills_whole(instrument.id) {
            Qty(i64::MAX)
        } else {
            let share = share(bar.volume, self.config.bar_display_ppm);
            Qty((share / rules.lot.0).max(1) * rules.lot.0)
        };
        Display { instrument: instrument.id, half_spread: ticks * rules.tick.0, qty }
    }
}

impl Display {
    /// The quote of a side when the path stands at a price.
    const fn quote(self, side: Side, at: Price) -> Price {
        Price(at.0 - side.sign() * self.half_spread)
    }

    /// Displays the quote around a price, less what we took from it already.
    fn show(self, market: &mut Market, at: Price, consumed: [Qty; 2]) {
        for side in [Side::Buy, Side::Sell] {
            let price = self.quote(side, at);
            let qty = if price.0 > 0 { self.qty } else { Qty::ZERO };
            market.show(side, price, qty);
            market.refresh_side(side, price, Qty::ZERO);
            market.consume(side, price, consumed[side as usize]);
        }
    }

    /// How far the path from one price to another goes until it reaches an order; none if it does
    /// not get there.
    fn distance(self, orders: &Orders, number: Number, from: Price, to: Price) -> Option<i64> {
        let order = orders.get(number);
        // Going towards this sign reaches the order once the path is at its mark or beyond.
        let (sign, mark) = if let Some(trigger) = order.trigger() {
            // By the touch it looks at the side it would trade with, half a spread from the path.
            let by_touch = order.terms.trigger_by == TriggerSource::Touch;
            let aside = if by_touch { order.terms.side.sign() * self.half_spread } else { 0 };
            (order.towards().sign(), trigger.0 - aside)
        } else {
            let sign = order.terms.side.sign();
            (-sign, order.terms.kind.limit()?.0 - sign * self.half_spread)
        };
        if sign * (from.0 - mark) >= 0 {
            Some(0)
        } else if sign * (to.0 - mark) >= 0 {
            Some((mark - from.0).abs())
        } else {
            None
        }
    }
}

/// The sources of triggers that a path moves.
fn by_path(market: &Market) -> impl Iterator<Item = TriggerSource> {
    let moved = |source: &TriggerSource| match market.effective(*source) {
        TriggerSource::Last | TriggerSource::Touch => true,
        TriggerSource::Mark | TriggerSource::Index => false,
    };
    TRIGGER_ORDER.into_iter().filter(moved)
}

/// So many millionths of a volume, rounded down.
fn share(volume: Qty, ppm: i64) -> i64 {
    match volume.0.checked_mul(ppm) {
        Some(product) => product / 1_000_000,
        None => i64::try_from(i128::from(volume.0) * i128::from(ppm) / 1_000_000).unwrap_or(i64::MAX),
    }
}

/// Whether a bar goes to its high first: to the extreme on the way to which it touches a stop of
/// ours soonest; where it touches none, to the extreme nearer its open, the low on a tie.
fn high_first(market: &Market, orders: &Orders, bar: &Bar) -> bool {
    let soonest = |side: Side, extreme: Price| {
        let nearest = by_path(market).filter_map(|source| market.triggers(source)[side as usize].first());
        let triggers = nearest.map(|number| orders.get(*number).price());
        triggers.filter(|trigger| touches(side, *trigger, extreme)).map(|trigger| (trigger.0 - bar.open.0).abs()).min()
    };
    match (soonest(Side::Buy, bar.high), soonest(Side::Sell, bar.low)) {
        (Some(up), Some(down)) if up != down => up < down,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (Some(_), Some(_)) | (None, None) => bar.high.0 - bar.open.0 < bar.open.0 - bar.low.0,
    }
}
