//! Keeping to the limits: how often a strategy asks, and how long it waits after a denial.
//!
//! The repeated-execution throttle trips for good when it is run into (production-rules §2.2
//! CK-09), and three denials by size trip it too; a strategy that counts along never does either.
//! Nothing here asks anything: it only answers with the instant from which asking makes sense.

use std::collections::VecDeque;

use crate::market::{Check, Span, Timestamp};
use crate::trading::config::Throttle;

/// Nanoseconds of a UTC day.
const DAY: i64 = 86_400_000_000_000;
/// The longest wait after a denial; two denials by size a minute do not trip the throttle.
const LONGEST: Span = Span::from_secs(60);

/// The entries a strategy released, counted as the throttle counts them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Pace {
    released: VecDeque<Timestamp>,
    day: i64,
    today: u32,
}

impl Pace {
    /// Learns of a released entry.
    pub(super) fn released(&mut self, now: Timestamp, throttle: &Throttle) {
        let day = now.0.div_euclid(DAY);
        self.today = if day == self.day { self.today + 1 } else { 1 };
        self.day = day;
        self.released.push_back(now);
        while self.released.len() > throttle.max_entries as usize {
            self.released.pop_front();
        }
    }

    /// The first instant from `now` on at which the throttle lets an entry pass.
    pub(super) fn free_at(&self, now: Timestamp, throttle: &Throttle) -> Timestamp {
        let full = self.released.len() >= throttle.max_entries as usize;
        let window = self.released.front().filter(|_| full).map_or(now, |oldest| oldest.after(throttle.window));
        let spent = self.day == now.0.div_euclid(DAY) && self.today >= throttle.max_per_day;
        let tomorrow = if spent { Timestamp(self.day.saturating_add(1).saturating_mul(DAY)) } else { now };
        now.max(window).max(tomorrow)
    }
}

/// When to ask again: not before a least span, and after denials and rejections in a row ever
/// later, up to a minute. A denial by throttle or size waits the longest at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Patience {
    least: Span,
    refusals: u32,
    until: Timestamp,
}

impl Patience {
    /// Nothing was asked yet.
    pub(super) const fn new(least: Span) -> Self {
        Self { least, refusals: 0, until: Timestamp::MIN }
    }

    /// From when on it may ask.
    pub(super) const fn until(self) -> Timestamp {
        self.until
    }

    /// Something was asked, and left.
    pub(super) fn asked(&mut self, now: Timestamp) {
        self.until = now.after(self.least);
    }

    /// The venue took what was asked.
    pub(super) const fn accepted(&mut self) {
        self.refusals = 0;
    }

    /// What was asked was denied by a check of ours.
    pub(super) fn denied(&mut self, now: Timestamp, check: Check) {
        self.refused(now);
        if matches!(check, Check::Entry(9 | 12 | 22)) {
            self.until = self.until.max(now.after(LONGEST));
        }
    }

    /// What was asked was refused.
    pub(super) fn refused(&mut self, now: Timestamp) {
        let doubled = self.least.times(1_i64 << self.refusals.min(16)).min(LONGEST);
        (self.refusals, self.until) = (self.refusals.saturating_add(1), now.after(doubled.max(self.least)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::Config;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_window_frees_with_its_oldest_entry() {
        let throttle = Config::default().throttle;
        let mut pace = Pace::default();
        let free = |pace: &Pace, at: i64| pace.free_at(Timestamp(at * SECOND), &throttle).0 / SECOND;
        for at in 0..5 {
            assert_eq!(free(&pace, at), at);
            pace.released(Timestamp(at * SECOND), &throttle);
        }
        assert_eq!(free(&pace, 5), 60);
        assert_eq!(free(&pace, 60), 60);
        pace.released(Timestamp(60 * SECOND), &throttle);
        assert_eq!(free(&pace, 60), 61);
    }

    #[test]
    fn a_spent_day_frees_at_midnight() {
        let throttle = Config::default().throttle;
        let mut pace = Pace::default();
        let hour = 3_600 * SECOND;
        for at in 0..50 {
            pace.released(Timestamp(DAY + at * hour / 10), &throttle);
        }
        assert_eq!(pace.free_at(Timestamp(DAY + 6 * hour), &throttle), Timestamp(2 * DAY));
        assert_eq!(pace.free_at(Timestamp(2 * DAY), &throttle), Timestamp(2 * DAY));
    }

    #[test]
    fn denials_in_a_row_are_waited_out_ever_longer() {
        let mut patience = Patience::new(Span::from_secs(1));
        let mut wait = |check: Check| {
            patience.denied(Timestamp(0), check);
            patience.until().0 / SECOND
        };
        let waits: Vec<i64> = (0..8).map(|_| wait(Check::Entry(32))).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        patience.accepted();
        patience.asked(Timestamp(0));
        assert_eq!(patience.until(), Timestamp(SECOND));
        patience.denied(Timestamp(0), Check::Entry(22));
        assert_eq!(patience.until(), Timestamp(60 * SECOND));
    }
}
