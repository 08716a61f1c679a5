//! The account's rate limit: a counter that each message fills and time empties, as Kraken keeps one.
//!
//! A new order costs one. An amend costs one and more the younger its order is, and so does a cancel;
//! only what would place or change an order is refused.

use super::RateLimit;
use crate::market::{Span, Timestamp};

/// What a cancel costs by the greatest age of its order; an older one costs nothing.
const CANCEL: [(Span, i64); 6] = [
    (Span::from_secs(5), 8),
    (Span::from_secs(10), 6),
    (Span::from_secs(15), 5),
    (Span::from_secs(45), 4),
    (Span::from_secs(90), 2),
    (Span::from_secs(300), 1),
];
/// What an amend costs beside its one.
const AMEND: [(Span, i64); 3] = [(Span::from_secs(5), 3), (Span::from_secs(10), 2), (Span::from_secs(15), 1)];

/// How much of the limit is used. The counter is kept as the time it takes to empty, so that nothing
/// is rounded.
#[derive(Clone, Copy, Default)]
pub(super) struct Meter {
    used: Span,
    at: Timestamp,
}

/// A message that counts, and the age of the order it is about.
#[derive(Clone, Copy)]
pub(super) enum Charge {
    New,
    Amend(Span),
    Cancel(Span),
}

impl Meter {
    /// How many units are used, a part of one counted whole, and when the next of them is gone.
    pub(super) fn used(&self, limit: &RateLimit, now: Timestamp) -> (i64, Option<Timestamp>) {
        let left = (self.used.0 - now.since(self.at).0).max(0);
        let units = (left + limit.decay.0 - 1) / limit.decay.0;
        (units, (units > 0).then(|| now.after(Span(left - (units - 1) * limit.decay.0))))
    }

    /// Counts a message; false if it does not fit, and then it is not counted.
    pub(super) fn charge(&mut self, limit: &RateLimit, now: Timestamp, charge: Charge) -> bool {
        let units = match charge {
            Charge::New => 1,
            Charge::Amend(age) => 1 + by_age(&AMEND, age),
            Charge::Cancel(age) => by_age(&CANCEL, age),
        };
        let used = Span((self.used.0 - now.since(self.at).0).max(0));
        let after = Span(used.0.saturating_add(limit.decay.times(units).0));
        let must_fit = !matches!(charge, Charge::Cancel(_));
        if must_fit && after > limit.decay.times(i64::from(limit.most)) {
            return false;
        }
        *self = Self { used: after, at: now };
        true
    }
}

fn by_age(table: &[(Span, i64)], age: Span) -> i64 {
    table.iter().find(|(limit, _)| age < *limit).map_or(0, |(_, units)| *units)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// faults.md C13: seven young cancels already cost 56 of 60.
    #[test]
    fn young_cancels_fill_the_counter_and_time_empties_it() {
        let limit = RateLimit { most: 60, decay: Span::from_secs(1) };
        let mut meter = Meter::default();
        let at = |secs| Timestamp(Span::from_secs(secs).0);
        for _ in 0..7 {
            assert!(meter.charge(&limit, at(100), Charge::Cancel(Span::from_secs(4))));
        }
        for _ in 0..4 {
            assert!(meter.charge(&limit, at(100), Charge::New));
        }
        assert!(!meter.charge(&limit, at(100), Charge::New), "60 of 60 are used");
        assert!(meter.charge(&limit, at(100), Charge::Cancel(Span::from_secs(5))), "a cancel always passes");
        assert!(!meter.charge(&limit, at(106), Charge::New), "66 less 6 are used");
        assert!(meter.charge(&limit, at(107), Charge::New));
        assert!(!meter.charge(&limit, at(110), Charge::Amend(Span::from_secs(4))), "57 and 4");
        assert!(meter.charge(&limit, at(111), Charge::Amend(Span::from_secs(4))), "56 and 4");
        assert!(meter.charge(&limit, at(171), Charge::Cancel(Span::from_secs(300))), "an old cancel is free");
    }
}
