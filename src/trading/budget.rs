//! The order budget: token lanes with exact credit (production-rules §2.7, DESIGN-1).
//!
//! A lane's credit is a span of time. A grant needs one interval of credit and takes it; nothing
//! else lowers credit and no wait is credited twice. In any window of length *w* a lane grants at
//! most capacity + *w* / interval.

use super::setting::Flow;
use crate::market::{Bug, Span, Timestamp, planted};

/// One token lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    flow: Flow,
    credit: Span,
    as_of: Timestamp,
}

impl Lane {
    /// A full lane.
    #[must_use]
    pub const fn full(flow: Flow) -> Self {
        Self { flow, credit: flow.interval.times(flow.capacity as i64), as_of: Timestamp::MIN }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.accrue(now);
        let granted = self.credit >= self.flow.interval;
        if granted {
            self.credit.0 -= self.flow.interval.0;
        } else if planted(Bug::Design1Budget) {
            // The wait empties the credit and is credited once more.
            self.credit = Span(self.flow.interval.0 - 1);
        }
        granted
    }

    /// Takes a token whether there is one or not: what is missing is owed, and grows first.
    pub fn overdraw(&mut self, now: Timestamp) {
        self.accrue(now);
        self.credit.0 -= self.flow.interval.0;
    }

    /// Whether a token could be taken now.
    #[must_use]
    pub fn has_token(&self, now: Timestamp) -> bool {
        self.credit_at(now) >= self.flow.interval
    }

    /// When the next token can be taken.
    #[must_use]
    pub fn next_token(&self, now: Timestamp) -> Timestamp {
        now.after(Span((self.flow.interval.0 - self.credit_at(now).0).max(0)))
    }

    fn credit_at(&self, now: Timestamp) -> Span {
        let elapsed = now.since(self.as_of).0.max(0);
        let most = self.flow.interval.times(i64::from(self.flow.capacity));
        Span(self.credit.0.saturating_add(elapsed)).min(most)
    }

    fn accrue(&mut self, now: Timestamp) {
        self.credit = self.credit_at(now);
        self.as_of = self.as_of.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::setting::Setting;

    fn lane(flow: &str) -> Lane {
        Lane::full(Flow::read(flow).expect("a flow in a test"))
    }

    fn grants(lane: &mut Lane, at_ns: i64, requests: usize) -> usize {
        (0..requests).filter(|_| lane.take(Timestamp(at_ns))).count()
    }

    const SECOND: i64 = 1_000_000_000;

    /// V-90.
    #[test]
    fn five_then_one_every_two_seconds() {
        let mut lane = lane("30/min 5");
        assert_eq!(grants(&mut lane, 0, 6), 5);
        assert_eq!(lane.next_token(Timestamp(0)), Timestamp(2 * SECOND));
        assert_eq!(grants(&mut lane, 2 * SECOND - 1, 1), 0);
        assert_eq!(grants(&mut lane, 2 * SECOND, 2), 1);
        assert_eq!(lane.next_token(Timestamp(2 * SECOND)), Timestamp(4 * SECOND));
    }

    /// V-92.
    #[test]
    fn credit_is_kept_and_capped() {
        let mut first = lane("30/min 5");
        assert_eq!(grants(&mut first, 0, 5), 5);
        assert_eq!(grants(&mut first, 7 * SECOND, 5), 3);
        assert_eq!(first.next_token(Timestamp(7 * SECOND)), Timestamp(8 * SECOND));
        let mut second = lane("30/min 5");
        assert_eq!(grants(&mut second, 0, 5), 5);
        assert_eq!(grants(&mut second, 3_600 * SECOND, 6), 5);
    }

    /// V-94: greedy requests every millisecond.
    // proves: design-1-budget
    #[test]
    fn the_window_law() {
        let greedy = |flow: &str, seconds: i64| {
            let mut lane = lane(flow);
            (0..=seconds * 1_000)
                .map(|ms| (0..1_000).take_while(|_| lane.take(Timestamp(ms * 1_000_000))).count())
                .sum::<usize>()
        };
        assert_eq!(greedy("30/min 5", 60), 35);
        assert_eq!(greedy("10/s 2", 2), 22);
    }
}
