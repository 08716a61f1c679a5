//! How long a message is under way: a constant, a draw from a table of quantiles, or a recorded [`Trace`].
//!
//! A delay is never negative, by construction. Between two quantiles it is spread evenly, computed
//! in whole nanoseconds and cut down. A constant draws nothing from the stream, so replacing one
//! constant by another moves no other draw.
//!
//! A delay may grow with the rate of messages ([`Congestion`]): a step for each that was sent within the
//! second before, beyond a number that costs nothing. It draws nothing either.
//!
//! It does not know what the message is, nor does it keep messages in order: whoever schedules
//! them does.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::rng::Stream;
use super::trace::Trace;
use crate::market::{Span, Timestamp};

/// The whole, in parts per million.
pub const WHOLE_PPM: u32 = 1_000_000;

/// Parts of a quantile's part per million that a draw tells apart.
const FINENESS: u64 = 1_000_000;

/// A model of one delay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Latency {
    shape: Shape,
    congestion: Option<Congestion>,
}

/// What a message waits longer where many were sent within a second: a queue that drains at a rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Congestion {
    /// So many messages within a second wait no longer.
    pub free: u32,
    /// Every one beyond them adds this.
    pub each: Span,
    /// And all of them no more than this.
    pub most: Span,
}

/// The messages of the last second on one way, and how many there were before.
#[derive(Clone, Debug, Default)]
pub struct Load {
    of_late: VecDeque<Timestamp>,
    before: usize,
}

impl Load {
    /// How much longer a message waits that is sent now.
    fn adds(&mut self, congestion: &Congestion, sent: Timestamp) -> Span {
        while self.of_late.front().is_some_and(|first| sent.since(*first) >= Span::from_secs(1)) {
            self.of_late.pop_front();
        }
        self.of_late.push_back(sent);
        let over = self.of_late.len().saturating_sub(congestion.free as usize);
        let over = i64::try_from(over).expect("messages of a second are few");
        Span(congestion.each.0.saturating_mul(over)).min(congestion.most)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Shape {
    Constant(Span),
    /// Share of messages in parts per million that take at most this long; from none to all.
    Quantiles(Vec<(u32, Span)>),
    Trace(Arc<Trace>),
}

/// Every delay of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Latencies {
    /// From the exchange to the trader; none is as the tape recorded it.
    pub feed: Option<Latency>,
    /// From what the trader learned to what it sends.
    pub decision: Latency,
    /// From the trader to the venue.
    pub order_entry: Latency,
    /// From the venue to the trader.
    pub report: Latency,
    /// What differs for messages of one instrument; one not reached has the common delays.
    pub own: Vec<Own>,
}

/// The delays of one instrument's messages that have a link of their own; none is the common link.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Own {
    /// From the exchange to the trader.
    pub feed: Option<Latency>,
    /// From the trader to the venue, for commands about its orders.
    pub order_entry: Option<Latency>,
    /// From the venue to the trader, for what it says of the instrument by itself.
    pub report: Option<Latency>,
}

impl Latencies {
    /// How long the market of the instrument at a place of the table takes; none is as the tape recorded it.
    #[must_use]
    pub fn feed_of(&self, place: usize) -> Option<&Latency> {
        self.own.get(place).and_then(|own| own.feed.as_ref()).or(self.feed.as_ref())
    }

    /// What differs, by instrument: none where nothing does.
    #[must_use]
    pub fn differing(&self) -> Vec<Option<&Own>> {
        self.own.iter().map(|own| Some(own).filter(|own| **own != Own::default())).collect()
    }
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [("feed", &self.feed), ("order entry", &self.order_entry), ("report", &self.report)];
        let said = ways.into_iter().filter_map(|(name, delay)| Some(format!("{name} {}", delay.as_ref()?)));
        f.write_str(&said.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feed = self.feed.as_ref().map_or_else(|| "as recorded".to_owned(), Latency::to_string);
        let Self { decision, order_entry, report, .. } = self;
        write!(f, "feed {feed}, decision {decision}, order entry {order_entry}, report {report}")
    }
}

/// Why a table of quantiles, or a trace, is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadLatency {
    /// A delay below zero.
    #[error("delays of at least 0")]
    Negative,
    /// The table does not reach from none to all.
    #[error("a table that begins at p0 and ends at p100")]
    Ends,
    /// Nothing is recorded.
    #[error("at least one recorded delay")]
    Empty,
    /// Recorded times do not rise.
    #[error("times that rise")]
    Unordered,
    /// Shares or delays do not rise.
    #[error("shares that rise and delays that do not fall from one to the next")]
    Falls,
}

impl Latency {
    /// No delay.
    pub const NONE: Self = Self::of(Shape::Constant(Span::ZERO));

    const fn of(shape: Shape) -> Self {
        Self { shape, congestion: None }
    }

    /// Always the same delay.
    pub fn constant(delay: Span) -> Result<Self, BadLatency> {
        if delay < Span::ZERO { Err(BadLatency::Negative) } else { Ok(Self::of(Shape::Constant(delay))) }
    }

    /// Delays by the share of messages, in parts per million, that take at most that long.
    pub fn quantiles(table: Vec<(u32, Span)>) -> Result<Self, BadLatency> {
        if table.first().is_none_or(|first| first.0 != 0) || table.last().is_none_or(|last| last.0 != WHOLE_PPM) {
            return Err(BadLatency::Ends);
        }
        if table.iter().any(|(_, delay)| *delay < Span::ZERO) {
            return Err(BadLatency::Negative);
        }
        if table.windows(2).any(|pair| pair[0].0 >= pair[1].0 || pair[0].1 > pair[1].1) {
            return Err(BadLatency::Falls);
        }
        Ok(Self::of(Shape::Quantiles(table)))
    }

    /// As recorded.
    #[must_use]
    pub fn trace(trace: Trace) -> Self {
        Self::of(Shape::Trace(Arc::new(trace)))
    }

    /// The same congestion, on top of another delay.
    #[must_use]
    pub fn traced(&self, trace: Trace) -> Self {
        Self { congestion: self.congestion, ..Self::trace(trace) }
    }

    /// The same, longer where many messages are sent.
    pub fn congested(self, congestion: Congestion) -> Result<Self, BadLatency> {
        if congestion.each < Span::ZERO || congestion.most < Span::ZERO {
            return Err(BadLatency::Negative);
        }
        Ok(Self { congestion: Some(congestion), ..self })
    }

    /// The delay of a message sent now, on a way with such a load.
    pub fn delay(&self, chance: &mut Stream, load: &mut Load, sent: Timestamp) -> Span {
        let delay = match &self.shape {
            Shape::Constant(delay) => *delay,
            Shape::Quantiles(table) => between(table, chance.below(u64::from(WHOLE_PPM) * FINENESS)),
            Shape::Trace(trace) => trace.delay(sent, load.before),
        };
        load.before = load.before.wrapping_add(1);
        let adds = self.congestion.as_ref().map_or(Span::ZERO, |congestion| load.adds(congestion, sent));
        Span(delay.0.saturating_add(adds.0))
    }

    /// So many more messages are sent now.
    pub fn crowd(&self, load: &mut Load, sent: Timestamp, more: usize) {
        if self.congestion.is_some() {
            load.of_late.extend(std::iter::repeat_n(sent, more));
        }
    }

    /// Always twice what 99 of 100 messages take at most, and at least `floor`; congestion as it is.
    #[must_use]
    pub fn doubled(&self, floor: Span) -> Self {
        let most = match &self.shape {
            Shape::Constant(delay) => *delay,
            Shape::Quantiles(table) => between(table, u64::from(WHOLE_PPM) / 100 * 99 * FINENESS),
            Shape::Trace(trace) => trace.quantile(990_000),
        };
        Self { shape: Shape::Constant(most.times(2).max(floor)), ..self.clone() }
    }

    /// The least delay there can be.
    #[must_use]
    pub fn least(&self) -> Span {
        match &self.shape {
            Shape::Constant(delay) => *delay,
            Shape::Quantiles(table) => table[0].1,
            Shape::Trace(trace) => trace.quantile(0),
        }
    }
}

/// The delay at `drawn` millionths of a part per million.
fn between(table: &[(u32, Span)], drawn: u64) -> Span {
    let fine = |share: u32| u64::from(share) * FINENESS;
    let above = table.partition_point(|(share, _)| fine(*share) <= drawn);
    let ((low, least), (high, most)) = (table[above - 1], table[above]);
    let (part, whole) = (i128::from(drawn - fine(low)), i128::from(fine(high) - fine(low)));
    // Whole nanoseconds, the fraction dropped.
    let gained = (i128::from(most.0) - i128::from(least.0)) * part / whole;
    Span(i64::try_from(i128::from(least.0) + gained).expect("between two delays lies a delay"))
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Constant(delay) => f.write_str(&in_words(*delay)),
            Shape::Quantiles(table) => {
                let quantile = |(share, delay): &(u32, Span)| format!("p{} {}", percent(*share), in_words(*delay));
                f.write_str(&table.iter().map(quantile).collect::<Vec<_>>().join(" "))
            }
            Shape::Trace(trace) => write!(f, "{trace}"),
        }?;
        if let Some(Congestion { free, each, most }) = self.congestion {
            let (each, most) = (in_words(each), in_words(most));
            write!(f, " (congestion v1: {each} more for each message beyond {free}/s, at most {most})")?;
        }
        Ok(())
    }
}

/// Parts per million as a percentage without the sign: 999 000 is `99.9`.
fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The span in the largest unit that divides it.
fn in_words(span: Span) -> String {
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
    let unit = units.into_iter().find(|(_, size)| span.0 != 0 && span.0 % size == 0);
    unit.map_or_else(|| format!("{}ns", span.0), |(name, size)| format!("{}{name}", span.0 / size))
}

#[cfg(test)]
mod tests {
    use super::super::rng::Component;
    use super::*;

    fn table() -> Vec<(u32, Span)> {
        vec![
            (0, Span::from_millis(1)),
            (500_000, Span::from_millis(5)),
            (990_000, Span::from_millis(40)),
            (WHOLE_PPM, Span::from_millis(200)),
        ]
    }

    #[test]
    fn quantiles_are_met_and_joined_by_straight_lines() {
        let at = |share: u64| between(&table(), share * FINENESS);
        assert_eq!(at(0), Span::from_millis(1));
        assert_eq!(at(250_000), Span::from_millis(3));
        assert_eq!(at(500_000), Span::from_millis(5));
        assert_eq!(at(990_000), Span::from_millis(40));
        assert_eq!(between(&table(), u64::from(WHOLE_PPM) * FINENESS - 1), Span(199_999_999), "the last draw");
    }

    #[test]
    fn draws_follow_the_table() {
        let latency = Latency::quantiles(table()).expect("a sound table");
        let mut chance = Stream::new(1, 0, Component::OrderEntry);
        let draws: Vec<Span> =
            (0..100_000).map(|_| latency.delay(&mut chance, &mut Load::default(), Timestamp(0))).collect();
        let share = |most| draws.iter().filter(|delay| **delay <= Span::from_millis(most)).count();
        assert!((49_200..=50_800).contains(&share(5)), "half within 5 ms: {}", share(5));
        assert!((98_840..=99_160).contains(&share(40)), "99 % within 40 ms: {}", share(40));
        assert!(draws.iter().all(|delay| (Span::from_millis(1)..=Span::from_millis(200)).contains(delay)));
    }

    #[test]
    fn a_constant_draws_nothing() {
        let latency = Latency::constant(Span::from_millis(5)).expect("not negative");
        let (mut used, mut untouched) = (Stream::new(1, 0, Component::Report), Stream::new(1, 0, Component::Report));
        assert_eq!(latency.delay(&mut used, &mut Load::default(), Timestamp(0)), Span::from_millis(5));
        assert_eq!(used.bits(), untouched.bits());
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        let ms = Span::from_millis;
        assert_eq!(Latency::constant(Span(-1)), Err(BadLatency::Negative));
        assert_eq!(Latency::quantiles(vec![]), Err(BadLatency::Ends));
        assert_eq!(Latency::quantiles(vec![(0, ms(1)), (990_000, ms(2))]), Err(BadLatency::Ends));
        assert_eq!(Latency::quantiles(vec![(0, ms(3)), (WHOLE_PPM, ms(2))]), Err(BadLatency::Falls));
        assert_eq!(Latency::quantiles(vec![(0, Span(-3)), (WHOLE_PPM, ms(2))]), Err(BadLatency::Negative));
        let twice = vec![(0, ms(1)), (500_000, ms(2)), (500_000, ms(2)), (WHOLE_PPM, ms(3))];
        assert_eq!(Latency::quantiles(twice), Err(BadLatency::Falls));
    }

    #[test]
    fn congestion_grows_with_the_message_rate() {
        let congestion = Congestion { free: 3, each: Span::from_millis(2), most: Span::from_millis(5) };
        let latency = Latency::constant(Span::from_millis(10)).and_then(|latency| latency.congested(congestion));
        let latency = latency.expect("not negative");
        let (mut chance, mut load) = (Stream::new(1, 0, Component::OrderEntry), Load::default());
        let mut at = |ms: i64| latency.delay(&mut chance, &mut load, Timestamp(ms * 1_000_000)).0 / 1_000_000;
        assert_eq!([at(0), at(100), at(200)], [10, 10, 10], "what is free");
        assert_eq!([at(300), at(400), at(500)], [12, 14, 15], "two each, five at most");
        assert_eq!(at(1_000), 15, "the first has left, six are there");
        assert_eq!(at(3_000), 10, "a quiet second later");
        latency.crowd(&mut load, Timestamp(3_100_000_000), 3);
        let more = latency.delay(&mut chance, &mut load, Timestamp(3_200_000_000));
        assert_eq!(more, Span::from_millis(14), "three copies of another came between");
        assert_eq!(latency.to_string(), "10ms (congestion v1: 2ms more for each message beyond 3/s, at most 5ms)");
        let negative = Congestion { each: Span(-1), ..congestion };
        assert_eq!(Latency::NONE.congested(negative), Err(BadLatency::Negative));
    }

    #[test]
    fn a_latency_says_what_it_is() {
        let text = Latency::quantiles(table()).expect("a sound table").to_string();
        assert_eq!(text, "p0 1ms p50 5ms p99 40ms p100 200ms");
        assert_eq!(Latency::NONE.to_string(), "0ns");
    }
}
