//! A recorded trace of delays: what messages really took, by the time they were sent or one after another.
//!
//! By time, a message takes what lies on the straight line between the two recorded ones around the instant at which
//! it is sent, in whole nanoseconds, cut down; before the first it takes what the first took, after the last what the
//! last took. In order, each message of a way takes the next recorded delay, and after the last the first again.
//! Nothing is drawn.

use std::fmt;

use super::latency::BadLatency;
use crate::market::{Span, Timestamp};

/// Version of the arithmetic; raised with any change that moves a delay.
const VERSION: u32 = 1;

/// Delays as they were recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    name: String,
    delays: Vec<Span>,
    /// When each was sent; empty where nobody says.
    sent: Vec<Timestamp>,
}

impl Trace {
    /// Delays to be met one after another.
    pub fn in_order(name: &str, delays: Vec<Span>) -> Result<Self, BadLatency> {
        if delays.is_empty() {
            return Err(BadLatency::Empty);
        }
        if delays.iter().any(|delay| *delay < Span::ZERO) {
            return Err(BadLatency::Negative);
        }
        Ok(Self { name: name.to_owned(), delays, sent: Vec::new() })
    }

    /// Delays by when their messages were sent; the times must rise.
    pub fn by_time(name: &str, rows: &[(Timestamp, Span)]) -> Result<Self, BadLatency> {
        if rows.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(BadLatency::Unordered);
        }
        let trace = Self::in_order(name, rows.iter().map(|row| row.1).collect())?;
        Ok(Self { sent: rows.iter().map(|row| row.0).collect(), ..trace })
    }

    /// From the first to the last, where times are recorded.
    #[must_use]
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        self.sent.first().copied().zip(self.sent.last().copied())
    }

    /// The delay of a message sent now, the so-many-th of its way from 0.
    pub(super) fn delay(&self, sent: Timestamp, number: usize) -> Span {
        if self.sent.is_empty() {
            return self.delays[number % self.delays.len()];
        }
        let after = self.sent.partition_point(|at| *at <= sent);
        let (Some(before), Some(next)) = (after.checked_sub(1), self.sent.get(after)) else {
            return self.delays[after.min(self.delays.len() - 1)];
        };
        let (least, most) = (i128::from(self.delays[before].0), i128::from(self.delays[after].0));
        let (part, whole) = (sent.since(self.sent[before]).0, next.since(self.sent[before]).0);
        let between = least + ((most - least) * i128::from(part)).div_euclid(i128::from(whole));
        Span(i64::try_from(between).expect("between two delays lies a delay"))
    }

    /// The delay that so many parts of a million take at most.
    pub(super) fn quantile(&self, ppm: usize) -> Span {
        let mut sorted = self.delays.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * ppm).div_ceil(1_000_000).max(1);
        sorted[rank - 1]
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.sent.is_empty() { "one after another" } else { "by time" };
        write!(f, "trace v{VERSION} {}, {} delays {how}", self.name, self.delays.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_time_a_delay_lies_between_its_neighbours() {
        let rows = [(100, 10), (200, 30), (300, 5)].map(|(at, delay)| (Timestamp(at), Span(delay)));
        let trace = Trace::by_time("t.csv", &rows).expect("sound");
        let at = |at| trace.delay(Timestamp(at), 7).0;
        assert_eq!([at(0), at(100), at(150), at(200), at(210), at(300), at(900)], [10, 10, 20, 30, 27, 5, 5]);
        assert_eq!(trace.range(), Some((Timestamp(100), Timestamp(300))));
        assert_eq!(trace.to_string(), "trace v1 t.csv, 3 delays by time");
        assert_eq!(
            (trace.quantile(0), trace.quantile(500_000), trace.quantile(990_000)),
            (Span(5), Span(10), Span(30))
        );
    }

    #[test]
    fn in_order_each_is_met_once_and_then_again() {
        let trace = Trace::in_order("t.csv", vec![Span(3), Span(1), Span(2)]).expect("sound");
        let met: Vec<i64> = (0..5).map(|number| trace.delay(Timestamp(0), number).0).collect();
        assert_eq!(met, [3, 1, 2, 3, 1]);
        assert_eq!(trace.to_string(), "trace v1 t.csv, 3 delays one after another");
    }

    #[test]
    fn a_trace_that_is_none_is_refused() {
        assert_eq!(Trace::in_order("t", vec![]), Err(BadLatency::Empty));
        assert_eq!(Trace::in_order("t", vec![Span(-1)]), Err(BadLatency::Negative));
        let twice = [(Timestamp(1), Span(1)), (Timestamp(1), Span(1))];
        assert_eq!(Trace::by_time("t", &twice), Err(BadLatency::Unordered));
    }
}
