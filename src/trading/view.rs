//! What the trader believes of the market: the last quote, trade and bar of each instrument, and
//! when the feed last spoke.
//!
//! Learning an event is a few stores. Every judgement — whether the book may be decided on, what
//! a position is worth — is made when asked, against the time of asking.

use rust_decimal::Decimal;

use super::config::Reference as Limits;
use super::volatility::Hours;
use crate::market::{
    Bug, Instrument, InstrumentId, MarketEvent, Price, Quote, SessionState, Side, Span, Timestamp, Trade, planted,
};

/// One instrument's market.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstrumentView {
    /// Last quote.
    pub quote: Option<Quote>,
    /// Last trade.
    pub trade: Option<Trade>,
    /// Exchange time of the last word of the feed.
    pub heard: Timestamp,
    /// Exchange time of the last quote: a feed that goes on printing trades does not freshen its book.
    pub quoted_at: Timestamp,
    /// Exchange time of the last trade.
    pub traded_at: Timestamp,
    /// How often the source speaks by its nature; zero for a tick feed.
    pub cadence: Span,
    /// Whether it trades.
    pub session: SessionState,
    /// Since when, if it was ever said.
    pub session_since: Option<Timestamp>,
    /// Its hours, for volatility.
    pub hours: Hours,
    /// Twice the mid of the usable quote before the last.
    before: Option<i64>,
    /// Twice the mid of the last quote, if usable.
    last: Option<i64>,
}

/// A price to decide on: twice the mid, which is whole where the mid may not be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference {
    /// Twice the mid, in price units.
    pub twice_mid: i64,
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
}

impl Reference {
    /// The mid as quote per base, exactly.
    #[must_use]
    pub fn price(&self, instrument: &Instrument) -> Decimal {
        Decimal::from(self.twice_mid) * Decimal::new(5, 1) * instrument.price_unit
    }

    /// The collar: the worst price a market-like order may trade at, rounded toward the reference
    /// (production-rules §2.1). `None` if it leaves the range of prices.
    #[must_use]
    pub fn collar(&self, instrument: &Instrument, side: Side, distance: Decimal, now: Timestamp) -> Option<Price> {
        let factor = Decimal::ONE + distance * Decimal::from(side.sign());
        let exact = self.price(instrument) * factor;
        if planted(Bug::GapPrecision) {
            let (below, above) = (instrument.price_down(exact, now)?, instrument.price_up(exact, now)?);
            let nearer = exact - instrument.price(below) < instrument.price(above) - exact;
            return Some(if nearer { below } else { above });
        }
        instrument.limit_price(side, exact, now)
    }
}

/// Why the book may not be decided on (CK-11), with what was measured and what is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unusable {
    /// The feed has not spoken lately.
    Stale {
        /// Age of its last word.
        age: Span,
        /// Greatest age.
        limit: Span,
    },
    /// A side is empty, or nothing was heard yet.
    OneSided,
    /// The bid is not below the ask.
    Crossed,
    /// The spread is too wide.
    Wide {
        /// Spread as a share of the mid.
        spread: Decimal,
    },
    /// The mid jumped against the last good one.
    Jumped {
        /// Move as a share of the last good mid.
        moved: Decimal,
    },
}

/// Whether an event says something of the book or of trades; a heartbeat by any other name does not
/// make an old price young.
const fn is_news(event: &MarketEvent) -> bool {
    match event {
        MarketEvent::Quote(_) | MarketEvent::Level(_) | MarketEvent::Trade(_) | MarketEvent::Bar(_) => true,
        MarketEvent::Path(..)
        | MarketEvent::Session(..)
        | MarketEvent::Mark(..)
        | MarketEvent::Index(..)
        | MarketEvent::Order(_) => false,
    }
}

impl InstrumentView {
    /// A market nothing is known of.
    #[must_use]
    pub fn new(cadence: Span) -> Self {
        Self {
            quote: None,
            trade: None,
            heard: Timestamp::MIN,
            quoted_at: Timestamp::MIN,
            traded_at: Timestamp::MIN,
            cadence,
            session: SessionState::Open,
            session_since: None,
            hours: Hours::default(),
            before: None,
            last: None,
        }
    }

    /// Learns what the market did at an exchange time.
    pub fn learn(&mut self, at: Timestamp, event: &MarketEvent) {
        if is_news(event) {
            self.heard = self.heard.max(at);
        }
        self.hours.learn(at, event);
        match event {
            MarketEvent::Quote(quote) => {
                self.quoted_at = self.quoted_at.max(at);
                self.learn_quote(*quote);
            }
            MarketEvent::Trade(trade) => {
                self.trade = Some(*trade);
                self.traded_at = at;
            }
            MarketEvent::Session(_, session) => {
                if self.session != *session || self.session_since.is_none() {
                    self.session_since = Some(at);
                }
                self.session = *session;
            }
            MarketEvent::Level(_)
            | MarketEvent::Bar(_)
            | MarketEvent::Path(..)
            | MarketEvent::Mark(..)
            | MarketEvent::Index(..)
            | MarketEvent::Order(_) => {}
        }
    }

    fn learn_quote(&mut self, quote: Quote) {
        self.before = self.last.or(self.before);
        self.last = quote.usable().then(|| quote.twice_mid());
        self.quote = Some(quote);
    }

    /// The price to decide on, if the book is fresh, whole, uncrossed, tight and near the last
    /// good one (CK-11). Age is measured at use; its limit is at least twice the source's cadence.
    pub fn reference(&self, now: Timestamp, limits: &Limits) -> Result<Reference, Unusable> {
        let quote = self.quote.ok_or(Unusable::OneSided)?;
        let measured = if planted(Bug::Critical3StaleReference) { self.quoted_at } else { now };
        let (age, limit) = (measured.since(self.quoted_at), limits.max_age.max(self.cadence.times(2)));
        if age > limit {
            return Err(Unusable::Stale { age, limit });
        }
        if quote.bid_qty.is_zero() || quote.ask_qty.is_zero() {
            return Err(Unusable::OneSided);
        }
        if quote.bid >= quote.ask {
            return Err(Unusable::Crossed);
        }
        let twice_mid = quote.twice_mid();
        let twice_spread = Decimal::from(2 * (quote.ask.0 - quote.bid.0));
        if twice_spread > limits.max_spread.decimal() * Decimal::from(twice_mid) {
            return Err(Unusable::Wide { spread: twice_spread / Decimal::from(twice_mid) });
        }
        if let Some(before) = self.before {
            let moved = Decimal::from((twice_mid - before).abs());
            if moved > limits.band.decimal() * Decimal::from(before) {
                return Err(Unusable::Jumped { moved: moved / Decimal::from(before) });
            }
        }
        Ok(Reference { twice_mid, bid: quote.bid, ask: quote.ask })
    }

    /// Twice the mark in price units: the mid of an uncrossed book, else the last trade
    /// (production-rules §4.8). Never an entry price or a constant.
    #[must_use]
    pub fn twice_mark(&self) -> Option<i64> {
        self.last.or_else(|| self.trade.map(|trade| 2 * trade.price.0))
    }

    /// When the mark was last confirmed by the feed; its age is measured from there.
    #[must_use]
    pub fn marked_at(&self) -> Timestamp {
        if self.last.is_some() { self.quoted_at } else { self.traded_at }
    }

    /// Twice the mark as it will be once an event is learnt.
    #[must_use]
    pub fn twice_mark_after(&self, event: &MarketEvent) -> Option<i64> {
        let printed = self.trade.map(|trade| 2 * trade.price.0);
        match event {
            MarketEvent::Quote(quote) if quote.usable() => Some(quote.twice_mid()),
            MarketEvent::Quote(_) => printed,
            MarketEvent::Trade(trade) => self.last.or(Some(2 * trade.price.0)),
            MarketEvent::Level(_)
            | MarketEvent::Bar(_)
            | MarketEvent::Path(..)
            | MarketEvent::Session(..)
            | MarketEvent::Mark(..)
            | MarketEvent::Index(..)
            | MarketEvent::Order(_) => self.twice_mark(),
        }
    }
}

/// The markets of a run, by instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    markets: Vec<InstrumentView>,
}

impl View {
    /// Markets nothing is known of, one per cadence.
    #[must_use]
    pub fn new(cadences: impl IntoIterator<Item = Span>) -> Self {
        Self { markets: cadences.into_iter().map(InstrumentView::new).collect() }
    }

    /// Learns what the market did.
    pub fn learn(&mut self, at: Timestamp, event: &MarketEvent) {
        if let Some(market) = self.markets.get_mut(usize::from(event.instrument().0)) {
            market.learn(at, event);
        }
    }

    /// The market of the instrument at a place of the table.
    pub(crate) fn at(&self, place: usize) -> &InstrumentView {
        &self.markets[place]
    }

    /// One instrument's market.
    #[must_use]
    pub fn of(&self, instrument: InstrumentId) -> &InstrumentView {
        &self.markets[usize::from(instrument.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Qty, samples};
    use crate::trading::config::Config;

    fn quote(bid: i64, ask: i64) -> MarketEvent {
        let qty = |price: i64| if price == 0 { Qty::ZERO } else { Qty(1) };
        MarketEvent::Quote(Quote {
            instrument: InstrumentId(0),
            bid: Price(bid),
            bid_qty: qty(bid),
            ask: Price(ask),
            ask_qty: qty(ask),
        })
    }

    fn view(events: &[MarketEvent]) -> InstrumentView {
        let mut view = InstrumentView::new(Span::ZERO);
        for event in events {
            view.learn(Timestamp(0), event);
        }
        view
    }

    /// V-35: equality passes, one nanosecond more does not; a slow source gets twice its cadence.
    #[test]
    fn age_is_measured_at_use() {
        let limits = Config::default().reference;
        let mut view = view(&[quote(4_499_900, 4_500_100)]);
        assert!(view.reference(Timestamp(5_000_000_000), &limits).is_ok());
        let stale = view.reference(Timestamp(5_000_000_001), &limits);
        assert!(matches!(stale, Err(Unusable::Stale { .. })), "{stale:?}");
        view.cadence = Span::from_mins(1);
        assert!(view.reference(Timestamp(120_000_000_000), &limits).is_ok());
        assert!(view.reference(Timestamp(120_000_000_001), &limits).is_err());
    }

    #[test]
    fn a_book_that_is_not_sound_is_not_decided_on() {
        let limits = Config::default().reference;
        let judged = |events: &[MarketEvent]| view(events).reference(Timestamp(0), &limits);
        assert_eq!(judged(&[]), Err(Unusable::OneSided));
        assert_eq!(judged(&[quote(0, 100)]), Err(Unusable::OneSided));
        assert_eq!(judged(&[quote(100, 100)]), Err(Unusable::Crossed));
        assert!(matches!(judged(&[quote(1_000, 1_011)]), Err(Unusable::Wide { .. })));
        assert!(judged(&[quote(1_000, 1_010)]).is_ok());
        let jump = [quote(1_000, 1_001), quote(1_101, 1_102)];
        assert!(matches!(judged(&jump), Err(Unusable::Jumped { .. })));
        assert!(judged(&[jump[0], jump[1], jump[1]]).is_ok(), "a second quote confirms it");
    }

    /// V-40, V-41, V-44: collar of 0.5 %.
    #[test]
    fn collars_round_toward_the_reference() {
        let instrument = samples::b();
        let check = |bid: i64, ask: i64, buy: i64, sell: i64| {
            let reference = Reference { twice_mid: bid + ask, bid: Price(bid), ask: Price(ask) };
            let collar = |side| reference.collar(&instrument, side, Decimal::new(5, 3), Timestamp(0));
            assert_eq!((collar(Side::Buy), collar(Side::Sell)), (Some(Price(buy)), Some(Price(sell))));
        };
        check(4_500_000, 4_500_000, 4_522_500, 4_477_500);
        check(4_512_337, 4_512_337, 4_534_898, 4_489_776);
        check(4_499_999, 4_500_002, 4_522_500, 4_477_501);
    }
}
