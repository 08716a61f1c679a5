//! The local watch: touches of stops and targets, age, and which events of the market matter
//! (production-rules §4.6, §4.7).
//!
//! The stop is tested first and wins whenever one event touches both. A touched stop rests at the
//! venue and is its to fill; if it stays silent it is asked after, and if it is not there the position
//! is exited. A watched target is exited by us. What no shield heeds changes nothing.

use rust_decimal::Decimal;

use super::amounts::closable;
use super::plan::{beyond_stop, beyond_target, side_of};
use super::trail::gained_at;
use super::{Key, Shield};
use crate::market::{
    Action, Bar, Bug, ExitCause, InstrumentId, MarketEvent, Price, Purpose, Qty, Query, Severity, Side, Timestamp,
    Trade, TriggerSource, planted,
};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;

/// What the market did, as far as a shield heeds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct News {
    /// The lowest and highest price of the trigger's source.
    range: Option<(Price, Price)>,
    /// The trade, if it was one.
    trade: Option<(Timestamp, Trade)>,
}

/// Which events of an instrument's market matter: prices at or beyond two bounds, or all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Heed {
    low: Price,
    high: Price,
    all: bool,
    sessions: bool,
}

impl Heed {
    /// Nothing matters.
    pub(super) const NOTHING: Self = Self { low: Price(i64::MIN), high: Price(i64::MAX), all: false, sessions: false };

    const fn reached(&self, low: Price, high: Price) -> bool {
        self.all || low.0 <= self.low.0 || high.0 >= self.high.0
    }

    fn below(&mut self, price: Price) {
        self.low = self.low.max(price);
    }

    fn above(&mut self, price: Price) {
        self.high = self.high.min(price);
    }

    /// A price at `bound` or beyond it against (or in favour of) a position matters.
    fn against(&mut self, side: Side, bound: Price) {
        match side {
            Side::Buy => self.below(bound),
            Side::Sell => self.above(bound),
        }
    }
}

impl Core {
    /// Whether a market event could make protection act.
    pub(crate) fn protection_heeds(&self, event: &MarketEvent) -> bool {
        let heed = |id: InstrumentId| self.protection.heeds.get(usize::from(id.0)).copied().unwrap_or(Heed::NOTHING);
        let source = self.config.protection.trigger_source;
        match event {
            MarketEvent::Trade(trade) => heed(trade.instrument).reached(trade.price, trade.price),
            MarketEvent::Bar(bar) => heed(bar.instrument).reached(bar.low, bar.high),
            MarketEvent::Quote(quote) => {
                let heed = heed(quote.instrument);
                heed.all || (source == TriggerSource::Touch && heed.reached(quote.bid, quote.ask))
            }
            MarketEvent::Mark(id, price) => source == TriggerSource::Mark && heed(*id).reached(*price, *price),
            MarketEvent::Index(id, price) => source == TriggerSource::Index && heed(*id).reached(*price, *price),
            MarketEvent::Session(id, _) => heed(*id).sessions,
            MarketEvent::Level(level) => heed(level.instrument).all,
            MarketEvent::Path(..) | MarketEvent::Order(_) => false,
        }
    }

    /// Keeps what the market did for the shields of its instrument, and marks them.
    pub(super) fn take_news(&mut self, at: Timestamp, event: &MarketEvent) {
        let source = self.config.protection.trigger_source;
        let by = |wanted: TriggerSource, price: Price| (source == wanted).then_some((price, price));
        let (instrument, range) = match event {
            MarketEvent::Trade(trade) => (trade.instrument, by(TriggerSource::Last, trade.price)),
            MarketEvent::Bar(bar) => (bar.instrument, None),
            MarketEvent::Quote(quote) => {
                let touches = source == TriggerSource::Touch && quote.usable();
                (quote.instrument, touches.then_some((quote.bid, quote.ask)))
            }
            MarketEvent::Mark(id, price) => (*id, by(TriggerSource::Mark, *price)),
            MarketEvent::Index(id, price) => (*id, by(TriggerSource::Index, *price)),
            MarketEvent::Session(id, _) => (*id, None),
            MarketEvent::Level(level) => (level.instrument, None),
            MarketEvent::Path(..) | MarketEvent::Order(_) => return,
        };
        let keys: Vec<Key> = self.protection.shields.keys().filter(|key| key.1 == instrument).copied().collect();
        for key in keys {
            let opened = self.books.position(key.0, key.1).map(|held| held.opened_at);
            let range = match event {
                MarketEvent::Bar(bar) if source == TriggerSource::Last => opened.map(|opened| lived(bar, opened)),
                _ => range,
            };
            let trade = match event {
                MarketEvent::Trade(trade) => Some((at, *trade)),
                _ => None,
            };
            if let Some(shield) = self.protection.shields.get_mut(&key) {
                shield.news = Some(News { range, trade });
            }
            self.touch(key);
        }
    }

    /// What the market and time mean for a position.
    pub(super) fn watch_market(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        self.check_age(now, key, held, shield, actions);
        if let Some(news) = shield.news {
            self.test_touches(now, key, held, news, shield, actions);
            if let Some(trade) = news.trade {
                self.follow(now, key, held, trade, shield, actions);
            }
        }
        self.ask_after_silent_stop(now, key, held, shield, actions);
    }

    /// §4.6: the stop first; it wins.
    fn test_touches(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        news: News,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let (Some((low, high)), Some(cover)) = (news.range, shield.cover.clone()) else { return };
        let side = side_of(held.qty);
        let (worst, best) = match side {
            Side::Buy => (low, high),
            Side::Sell => (high, low),
        };
        let stop_touched = cover.stop.is_some_and(|stop| beyond_stop(side, stop, worst));
        let watched = self.ties_lots(key.1);
        // Of dust nothing can leave.
        let leaves = || !closable(self.instrument(key.1), held.qty.abs(), best, now).is_zero();
        let target_touched =
            watched && cover.target.is_some_and(|target| beyond_target(side, target, best)) && leaves();
        let wins = !stop_touched || planted(Bug::Critical7Precedence) || planted(Bug::Critical7Precedence2);
        if target_touched && wins {
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Target), actions);
        }
        if stop_touched && !(target_touched && planted(Bug::Critical7Precedence)) {
            shield.touched = shield.touched.or(Some(now));
        } else if let Some(stop) = cover.stop.filter(|_| !shield.near_told)
            && self.nearness(side, stop).is_some_and(|near| beyond_stop(side, near, worst))
        {
            shield.near_told = true;
            let text =
                format!("the market at {} is within {} of stop {}", worst.0, self.config.alerts.stop_near, stop.0);
            alert(Severity::Warning, Some(key.1), None, text, actions);
        }
    }

    /// The price at which the market is within `alerts.stop_near` of a stop, as a share of the stop.
    fn nearness(&self, side: Side, stop: Price) -> Option<Price> {
        let factor = Decimal::ONE + self.config.alerts.stop_near.decimal() * Decimal::from(side.sign());
        let near = Decimal::from(stop.0).checked_mul(factor)?;
        let near = if side == Side::Buy { near.floor() } else { near.ceil() };
        i64::try_from(near).ok().map(Price)
    }

    /// A stop that was touched and says nothing is asked after; one that is not known to be live is
    /// not waited for (§4.6).
    fn ask_after_silent_stop(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let Some(touched) = shield.touched else { return };
        let due = touched.after(self.config.protection.stop_grace);
        if now < due {
            return shield.look_at(due);
        }
        let stop = shield.cover.as_ref().and_then(|cover| cover.stop);
        let stops = self.legs(key, Purpose::Stop, shield);
        shield.touched = None;
        if stops.iter().any(super::legs::Leg::is_confirmed) {
            for leg in &stops {
                self.ask(now, Query::Order(leg.id), actions);
            }
            let still = stop.is_some_and(|stop| self.market_beyond(now, key, side_of(held.qty), stop));
            shield.touched = still.then_some(now);
            if still {
                shield.look_at(now.after(self.config.protection.stop_grace));
            }
        } else if shield.dust != Some(held.qty) {
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::SilentStop), actions);
        }
    }

    /// Works out which events of an instrument matter from here on.
    pub(super) fn refresh_heed(&mut self, instrument: InstrumentId) {
        let mut heed = Heed::NOTHING;
        for (key, shield) in self.protection.shields.iter().filter(|(key, _)| key.1 == instrument) {
            if let Some(held) = self.books.position(key.0, key.1).filter(|held| !held.is_flat()) {
                self.heed_for(*key, held, shield, &mut heed);
            }
            heed.sessions = true;
        }
        let place = usize::from(instrument.0);
        if place >= self.protection.heeds.len() {
            self.protection.heeds.resize(place + 1, Heed::NOTHING);
        }
        self.protection.heeds[place] = heed;
    }

    fn heed_for(&self, key: Key, held: &Position, shield: &Shield, heed: &mut Heed) {
        let side = side_of(held.qty);
        heed.all |= shield.ladder.as_ref().is_some_and(super::ladder::Ladder::waits_for_reference);
        let Some(cover) = &shield.cover else { return };
        if let Some(stop) = cover.stop.filter(|_| shield.touched.is_none()) {
            let near = self.nearness(side, stop).filter(|_| !shield.near_told);
            heed.against(side, near.unwrap_or(stop));
        }
        let mut in_favour = |price: Price| heed.against(side.opposite(), price);
        if let Some(target) = cover.target.filter(|_| self.ties_lots(key.1) && shield.ladder.is_none()) {
            in_favour(target);
        }
        if self.trails(shield) {
            let next = cover.extreme.map(|extreme| Price(extreme.0 + side.sign()));
            let next = next.or_else(|| gained_at(held, self.instrument(key.1), self.config.trailing.activation));
            next.into_iter().for_each(&mut in_favour);
        }
        if self.config.break_even.enabled
            && cover.author != crate::market::Author::BreakEven
            && self.may_tighten(shield)
        {
            gained_at(held, self.instrument(key.1), self.config.break_even.activation)
                .into_iter()
                .for_each(&mut in_favour);
        }
    }
}

/// The part of a bar's range a position has lived through: all of it, or its close where the bar
/// began before the position did.
fn lived(bar: &Bar, opened: Timestamp) -> (Price, Price) {
    if bar.opened >= opened { (bar.low, bar.high) } else { (bar.close, bar.close) }
}
