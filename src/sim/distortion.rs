//! What faults make of the market on its way to the trader. The venue sees it as it was.
//!
//! It depends on the tape and the faults alone, so that a replay sees what the run saw.

use super::fault::{FaultKind, FeedFault};
use super::moment::instants;
use super::setup::Setup;
use crate::market::{InstrumentId, MarketEvent, Price, Quote, Side, Span, Timestamp, Trade};

/// The whole, in millionths.
const WHOLE_PPM: i128 = 1_000_000;
/// A message comes at most so many times.
const MOST_TIMES: i64 = 100;

/// A fault of the feed, from one instant to another.
#[derive(Clone, Copy, Debug)]
struct Window {
    from: Timestamp,
    until: Timestamp,
    fault: FeedFault,
}

/// Every distortion of one instrument's feed.
#[derive(Debug)]
pub struct Distortion {
    /// Those to come, the next one last.
    to_come: Vec<Window>,
    in_force: Vec<Window>,
    last_quote: Option<Quote>,
}

impl Distortion {
    /// The distortions of an instrument's feed in a run from `start` to `end`; none if there are none.
    pub fn new(setup: &Setup, of: InstrumentId, start: Timestamp, end: Timestamp) -> Option<Box<Self>> {
        let mut to_come = Vec::new();
        for fault in setup.faults.iter().filter(|fault| fault.instrument.is_none_or(|named| named == of)) {
            let FaultKind::Feed(kind) = fault.kind else { continue };
            let lasts = lasts(kind);
            let window = |from: Timestamp| Window { from, until: from.after(lasts), fault: kind };
            to_come.extend(instants(fault, setup, start, end).into_iter().map(window));
        }
        to_come.sort_by_key(|window| std::cmp::Reverse(window.from));
        (!to_come.is_empty()).then(|| Box::new(Self { to_come, in_force: Vec::new(), last_quote: None }))
    }

    /// What the trader is shown of an event; none if it is shown nothing.
    pub fn shown(&mut self, at: Timestamp, event: MarketEvent) -> Option<MarketEvent> {
        self.reach(at);
        let frozen = self.in_force.iter().any(|window| matches!(window.fault, FeedFault::Frozen { .. }));
        let last = self.last_quote;
        if let MarketEvent::Quote(quote) = event
            && !frozen
        {
            self.last_quote = Some(quote);
        }
        self.in_force.iter().try_fold(event, |event, window| distorted(event, window.fault, last))
    }

    /// How many times a message of an instant comes.
    pub fn times(&mut self, at: Timestamp) -> usize {
        self.reach(at);
        let times =
            |window: &Window| if let FeedFault::Flood { times, .. } = window.fault { Some(times) } else { None };
        let most = self.in_force.iter().filter_map(times).max().unwrap_or(1);
        usize::try_from(most.clamp(1, MOST_TIMES)).expect("at most a hundred")
    }

    fn reach(&mut self, at: Timestamp) {
        while let Some(window) = self.to_come.pop_if(|window| window.from <= at) {
            self.in_force.push(window);
        }
        self.in_force.retain(|window| at < window.until);
    }
}

const fn lasts(fault: FeedFault) -> Span {
    match fault {
        FeedFault::Gap { lasts }
        | FeedFault::Frozen { lasts }
        | FeedFault::Crossed { lasts }
        | FeedFault::OneSided { lasts, .. }
        | FeedFault::Spike { lasts, .. }
        | FeedFault::Flood { lasts, .. } => lasts,
    }
}

fn distorted(event: MarketEvent, fault: FeedFault, last: Option<Quote>) -> Option<MarketEvent> {
    match (fault, event) {
        (FeedFault::Gap { .. }, _) | (FeedFault::Frozen { .. }, MarketEvent::Trade(_) | MarketEvent::Bar(_)) => None,
        (FeedFault::Frozen { .. }, MarketEvent::Quote(_)) => last.map(MarketEvent::Quote),
        (FeedFault::Crossed { .. }, MarketEvent::Quote(quote)) => {
            Some(MarketEvent::Quote(Quote { bid: quote.ask, ask: quote.bid, ..quote }))
        }
        (FeedFault::OneSided { side, .. }, MarketEvent::Quote(quote)) => {
            let none = crate::market::Qty::ZERO;
            Some(MarketEvent::Quote(match side {
                Side::Buy => Quote { bid_qty: none, ..quote },
                Side::Sell => Quote { ask_qty: none, ..quote },
            }))
        }
        (FeedFault::Spike { by_ppm, .. }, MarketEvent::Quote(quote)) => {
            Some(MarketEvent::Quote(Quote { bid: off(quote.bid, by_ppm), ask: off(quote.ask, by_ppm), ..quote }))
        }
        (FeedFault::Spike { by_ppm, .. }, MarketEvent::Trade(trade)) => {
            Some(MarketEvent::Trade(Trade { price: off(trade.price, by_ppm), ..trade }))
        }
        _ => Some(event),
    }
}

/// A price off by millionths, rounded down, and at least one unit.
fn off(price: Price, by_ppm: i64) -> Price {
    let off = i128::from(price.0) * (WHOLE_PPM + i128::from(by_ppm)) / WHOLE_PPM;
    Price(i64::try_from(off).unwrap_or(i64::MAX).max(1))
}
