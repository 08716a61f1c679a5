//! Volatility: bars of one hour, and whether the market moves far more than it used to
//! (production-rules §2.6).
//!
//! A bar is made of what was traded: prints, or bars of the source. A market of which nobody ever
//! said what was traded is measured by its mid instead. Prices are counted twice, so that a mid is
//! whole. An hour in which nothing was heard has no bar.
//!
//! The average true range is the plain mean of 14 bars; a spike is when it is above a multiple of
//! its own mean over 20 bars, the newest included. Sums are compared, so nothing is rounded.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::market::{MarketEvent, Timestamp};

/// Nanoseconds of an hour.
const HOUR: i64 = 3_600_000_000_000;
/// Bars whose ranges make one average.
const RANGES: usize = 14;
/// Averages that make the mean.
const AVERAGES: usize = 20;

/// The bar under way, in twice price units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bar {
    high: i64,
    low: i64,
    close: i64,
}

/// The hours of one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hours {
    /// End of the hour under way, not part of it.
    end: i64,
    bar: Option<Bar>,
    last_close: Option<i64>,
    ranges: VecDeque<i64>,
    /// Sums of the ranges, after each bar that had enough before it.
    sums: VecDeque<i128>,
    closed: u64,
    printed: bool,
}

impl Hours {
    /// What an event says of the price: its hour is that of `at`, or of the opening of a bar.
    fn heard(&self, at: Timestamp, event: &MarketEvent) -> Option<(i64, Bar)> {
        match event {
            MarketEvent::Trade(trade) => {
                let price = 2 * trade.price.0;
                Some((at.0, Bar { high: price, low: price, close: price }))
            }
            MarketEvent::Bar(bar) => {
                let whole = Bar { high: 2 * bar.high.0, low: 2 * bar.low.0, close: 2 * bar.close.0 };
                Some((bar.opened.0, whole))
            }
            MarketEvent::Quote(quote) if !self.printed && quote.usable() => {
                let mid = quote.twice_mid();
                Some((at.0, Bar { high: mid, low: mid, close: mid }))
            }
            MarketEvent::Quote(_)
            | MarketEvent::Level(_)
            | MarketEvent::Path(..)
            | MarketEvent::Session(..)
            | MarketEvent::Mark(..)
            | MarketEvent::Index(..)
            | MarketEvent::Order(_) => None,
        }
    }

    /// Whether an event closes a bar: the one under way, or the one it completes.
    #[must_use]
    pub fn closes(&self, at: Timestamp, event: &MarketEvent) -> bool {
        let begins_anew = || self.heard(at, event).is_some_and(|(at, _)| at >= self.end) && self.bar.is_some();
        match event {
            // Looked at first, because it is by far the most frequent.
            MarketEvent::Quote(_) if self.printed || at.0 < self.end => false,
            MarketEvent::Bar(bar) => {
                bar.opened.after(bar.length).0 >= end_of(bar.opened.0).max(self.end) || begins_anew()
            }
            _ => begins_anew(),
        }
    }

    /// Learns what the market did.
    pub fn learn(&mut self, at: Timestamp, event: &MarketEvent) {
        let Some((at, heard)) = self.heard(at, event) else { return };
        self.printed |= !matches!(event, MarketEvent::Quote(_));
        if at >= self.end {
            self.close();
            self.end = end_of(at);
        }
        self.bar = Some(self.bar.map_or(heard, |bar| Bar {
            high: bar.high.max(heard.high),
            low: bar.low.min(heard.low),
            close: heard.close,
        }));
        if let MarketEvent::Bar(bar) = event
            && bar.opened.after(bar.length).0 >= self.end
        {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        let before = self.last_close.replace(bar.close).unwrap_or(bar.close);
        let range = (bar.high - bar.low).max((bar.high - before).abs()).max((bar.low - before).abs());
        push(&mut self.ranges, range, RANGES);
        if self.ranges.len() == RANGES {
            push(&mut self.sums, self.ranges.iter().map(|range| i128::from(*range)).sum(), AVERAGES);
        }
        self.closed += 1;
    }

    /// How many bars closed.
    #[must_use]
    pub const fn closed(&self) -> u64 {
        self.closed
    }

    /// Whether the newest average range is above `multiple` times its mean. With too few bars nobody
    /// knows, and it is not.
    #[must_use]
    pub fn is_spike(&self, multiple: Decimal) -> bool {
        let Some(newest) = self.sums.back().filter(|_| self.sums.len() == AVERAGES) else { return false };
        let (count, total) = (Decimal::from(AVERAGES as u64), self.sums.iter().sum::<i128>());
        let exact = |sum| Decimal::try_from_i128_with_scale(sum, 0).ok();
        match (exact(*newest), exact(total)) {
            (Some(newest), Some(total)) => newest * count > total * multiple,
            _ => false,
        }
    }
}

/// The end of the hour an instant lies in.
const fn end_of(at: i64) -> i64 {
    (at.div_euclid(HOUR) + 1).saturating_mul(HOUR)
}

fn push<T>(queue: &mut VecDeque<T>, value: T, most: usize) {
    queue.push_back(value);
    if queue.len() > most {
        queue.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::market::{Bar as SourceBar, InstrumentId, Price, Qty, Quote, Span, Trade};

    fn trade(price: i64) -> MarketEvent {
        MarketEvent::Trade(Trade { instrument: InstrumentId(0), price: Price(price), qty: Qty(1), taker: None })
    }

    /// Hours whose bars have these ranges, at a steady middle of 1 000.
    fn hours(ranges: &[i64]) -> Hours {
        let mut hours = Hours::default();
        for (hour, range) in (0_i64..).zip(ranges) {
            for price in [1_000 + range, 1_000 - range, 1_000] {
                hours.learn(Timestamp(hour * HOUR + 7), &trade(price));
            }
        }
        let hours_seen = i64::try_from(ranges.len()).expect("few hours");
        hours.learn(Timestamp(hours_seen * HOUR), &trade(1_000));
        hours
    }

    /// Bars with a range of 10, then one of 2r: the newest sum is 130 + 2r, the twenty together are
    /// 2 790 + 2r, and 20 × (130 + 2r) > 3 × (2 790 + 2r) from r = 170 on.
    #[test]
    fn a_spike_is_above_three_times_the_mean() {
        let after = |last: i64| {
            let mut ranges = vec![5; 32];
            ranges.push(last);
            hours(&ranges)
        };
        let three = Decimal::from(3);
        assert!(!after(169).is_spike(three));
        assert!(after(170).is_spike(three));
        assert_eq!(after(170).closed(), 33);
    }

    #[test]
    fn too_few_bars_are_no_spike() {
        let mut ranges = vec![5; 31];
        ranges.push(100_000);
        assert!(!hours(&ranges).is_spike(Decimal::from(3)), "19 averages are no mean of 20");
    }

    #[test]
    fn the_gap_to_the_close_before_counts() {
        let mut bars = Hours::default();
        bars.learn(Timestamp(0), &trade(1_000));
        bars.learn(Timestamp(HOUR), &trade(1_100));
        bars.learn(Timestamp(2 * HOUR), &trade(1_100));
        assert_eq!(bars.ranges, [0, 200]);
    }

    #[test]
    fn mids_count_until_something_is_printed() {
        let quote = |bid: i64| {
            let (bid, ask) = (Price(bid), Price(bid + 2));
            MarketEvent::Quote(Quote { instrument: InstrumentId(0), bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) })
        };
        let mut bars = Hours::default();
        bars.learn(Timestamp(0), &quote(1_000));
        assert_eq!(bars.bar.map(|bar| bar.close), Some(2_002));
        bars.learn(Timestamp(1), &trade(1_000));
        bars.learn(Timestamp(2), &quote(5_000));
        assert_eq!(bars.bar.map(|bar| bar.high), Some(2_002));
    }

    /// A source's bar that ends with the hour closes it at once.
    #[test]
    fn a_sources_bars_close_the_hour_they_end() {
        let mut bars = Hours::default();
        for minute in 0..60 {
            let opened = Timestamp(minute * 60_000_000_000);
            let bar = SourceBar {
                instrument: InstrumentId(0),
                opened,
                length: Span::from_mins(1),
                open: Price(10),
                high: Price(12),
                low: Price(9),
                close: Price(11),
                volume: Qty(1),
            };
            let event = MarketEvent::Bar(bar);
            assert_eq!(bars.closes(opened.after(bar.length), &event), minute == 59);
            bars.learn(opened.after(bar.length), &event);
        }
        assert_eq!((bars.closed, bars.ranges.back()), (1, Some(&6)));
    }

    proptest! {
        /// `closes` says before what `learn` does.
        #[test]
        fn what_closes_is_foretold(events in prop::collection::vec((0_i64..5_400_000_000_000, 0_u8..3, 1_i64..100), 1..80)) {
            let (mut bars, mut at) = (Hours::default(), 0);
            for (step, kind, price) in events {
                at += step;
                let (bid, ask) = (Price(price), Price(price + 1));
                let quote = Quote { instrument: InstrumentId(0), bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) };
                let (length, instrument) = (Span(step / 2), InstrumentId(0));
                let opened = Timestamp(at - length.0);
                let bar = SourceBar { instrument, opened, length, open: bid, high: ask, low: bid, close: ask, volume: Qty(1) };
                let event = match kind {
                    0 => trade(price),
                    1 => MarketEvent::Quote(quote),
                    _ => MarketEvent::Bar(bar),
                };
                let (foretold, before) = (bars.closes(Timestamp(at), &event), bars.closed());
                bars.learn(Timestamp(at), &event);
                prop_assert_eq!(foretold, bars.closed() > before);
            }
        }
    }
}
