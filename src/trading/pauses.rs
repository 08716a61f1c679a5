//! Pauses between entries: cooldowns after closes, the repeated-execution throttle, and identical
//! intents (production-rules §2.2 CK-09, CK-10 and §2.6).
//!
//! A new cooldown never ends earlier than the one running. A tripped throttle stays tripped until
//! an operator re-arms it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::config::Cooldown;
use crate::market::{
    Bug, CooldownCause, DeskId, InstrumentId, Intention, Money, Pricing, Proposal, ProposalId, Size, Span, Timestamp,
    planted,
};

/// Nanoseconds of a UTC day.
const DAY: i64 = 86_400_000_000_000;
/// Denials by size count toward the throttle for this long (production-rules §2.2).
const TRIP_WINDOW: Span = Span::from_secs(60);
/// Entries whose median a request is held against (CK-12).
const MEDIAN_ENTRIES: usize = 20;

type Key = (DeskId, InstrumentId);

/// What makes two intents identical (CK-10).
#[derive(Clone, PartialEq, Eq, Debug)]
struct Likeness(Key, Intention, Size, Pricing);

impl Likeness {
    fn of(proposal: &Proposal) -> Self {
        Self((proposal.desk, proposal.instrument), proposal.intention, proposal.size, proposal.pricing)
    }
}

/// What pauses entries, per desk and instrument.
#[derive(Clone, Debug, Default)]
pub struct Pauses {
    losses: u32,
    closes: u64,
    until: BTreeMap<InstrumentId, (Timestamp, CooldownCause)>,
    released: BTreeMap<Key, VecDeque<Timestamp>>,
    today: BTreeMap<Key, (i64, u32)>,
    tripped: BTreeSet<Key>,
    size_denials: BTreeMap<Key, VecDeque<Timestamp>>,
    recent: VecDeque<(Timestamp, ProposalId, Likeness)>,
    entry_notionals: BTreeMap<DeskId, VecDeque<Money>>,
}

impl Pauses {
    /// Losses in a row.
    #[must_use]
    pub const fn losses(&self) -> u32 {
        self.losses
    }

    /// Positions closed so far.
    #[must_use]
    pub const fn closes(&self) -> u64 {
        self.closes
    }

    /// The cooldown of an instrument that is not over at `now`; at its end it is.
    #[must_use]
    pub fn cooling(&self, instrument: InstrumentId, now: Timestamp) -> Option<(Timestamp, CooldownCause)> {
        self.until.get(&instrument).copied().filter(|(until, _)| now < *until)
    }

    /// Learns that a position was closed with this net result, and starts the cooldown it earns.
    pub fn closed(
        &mut self,
        instrument: InstrumentId,
        net: Money,
        now: Timestamp,
        config: &Cooldown,
    ) -> (Timestamp, CooldownCause) {
        self.closes += 1;
        match net.cmp(&Money::ZERO) {
            std::cmp::Ordering::Less => self.losses += 1,
            std::cmp::Ordering::Greater => self.losses = 0,
            std::cmp::Ordering::Equal => {}
        }
        let lost = net < Money::ZERO;
        let (length, cause) = match self.losses {
            5.. if lost => (config.losses5, CooldownCause::FiveLosses),
            3..=4 if lost => (config.losses3, CooldownCause::ThreeLosses),
            _ if lost => (config.loss, CooldownCause::Loss),
            _ => (config.close, CooldownCause::Close),
        };
        self.pause(instrument, length, cause, now)
    }

    /// Pauses entries for a while; a pause under way that ends later goes on.
    pub(crate) fn pause(
        &mut self,
        instrument: InstrumentId,
        length: Span,
        cause: CooldownCause,
        now: Timestamp,
    ) -> (Timestamp, CooldownCause) {
        let entry = self.until.entry(instrument).or_insert((Timestamp::MIN, cause));
        if now.after(length) > entry.0 || planted(Bug::RiskCooldown) {
            *entry = (now.after(length), cause);
        }
        *entry
    }

    /// Entries released within `window` before `now`, and on this UTC day (CK-09).
    #[must_use]
    pub fn entries(&self, proposal: &Proposal, window: Span, now: Timestamp) -> (usize, u32) {
        let key = (proposal.desk, proposal.instrument);
        let within = self
            .released
            .get(&key)
            .map_or(0, |times| times.iter().rev().take_while(|at| now.since(**at) < window).count());
        let today =
            self.today.get(&key).filter(|(day, _)| *day == now.0.div_euclid(DAY)).map_or(0, |(_, count)| *count);
        (within, today)
    }

    /// Whether the throttle of a desk and instrument is tripped.
    #[must_use]
    pub fn is_tripped(&self, proposal: &Proposal) -> bool {
        self.tripped.contains(&(proposal.desk, proposal.instrument)) && !planted(Bug::RiskThrottle)
    }

    /// Trips the throttle; true if it was not.
    pub fn trip(&mut self, proposal: &Proposal) -> bool {
        self.tripped.insert((proposal.desk, proposal.instrument))
    }

    /// Re-arms every throttle: an operator's act.
    pub fn rearm(&mut self) {
        self.tripped.clear();
        self.size_denials.clear();
    }

    /// Re-arms the throttle of one desk and instrument.
    pub(crate) fn rearm_one(&mut self, key: (DeskId, InstrumentId)) {
        self.tripped.remove(&key);
        self.size_denials.remove(&key);
    }

    /// Learns of a denial by size; true once `most` of them fell within a minute.
    pub fn size_denied(&mut self, proposal: &Proposal, now: Timestamp, most: u32) -> bool {
        let times = self.size_denials.entry((proposal.desk, proposal.instrument)).or_default();
        times.push_back(now);
        while times.front().is_some_and(|at| now.since(*at) >= TRIP_WINDOW) {
            times.pop_front();
        }
        times.len() >= most as usize
    }

    /// An earlier identical intent younger than `window` (CK-10).
    #[must_use]
    pub fn twin(&self, proposal: &Proposal, window: Span, now: Timestamp) -> Option<ProposalId> {
        let likeness = Likeness::of(proposal);
        let young = self.recent.iter().rev().take_while(|(at, ..)| now.since(*at) < window);
        young.filter(|(.., other)| *other == likeness).map(|(_, id, _)| *id).next()
    }

    /// The median of a desk's last twenty entries, from the fifth on (CK-12): the lower of the two
    /// middle ones.
    #[must_use]
    pub fn median_entry(&self, desk: DeskId) -> Option<Money> {
        let notionals = self.entry_notionals.get(&desk).filter(|entries| entries.len() >= 5)?;
        let mut sorted: Vec<Money> = notionals.iter().copied().collect();
        sorted.sort();
        Some(sorted[(sorted.len() - 1) / 2])
    }

    /// Learns of a released entry.
    pub fn released(&mut self, proposal: &Proposal, notional: Money, now: Timestamp, window: Span, twin_window: Span) {
        let key = (proposal.desk, proposal.instrument);
        let times = self.released.entry(key).or_default();
        times.push_back(now);
        while times.front().is_some_and(|at| now.since(*at) >= window) {
            times.pop_front();
        }
        let today = self.today.entry(key).or_default();
        let day = now.0.div_euclid(DAY);
        *today = if today.0 == day { (day, today.1 + 1) } else { (day, 1) };
        self.recent.push_back((now, proposal.id, Likeness::of(proposal)));
        while self.recent.front().is_some_and(|(at, ..)| now.since(*at) >= twin_window) {
            self.recent.pop_front();
        }
        let notionals = self.entry_notionals.entry(proposal.desk).or_default();
        notionals.push_back(notional);
        if notionals.len() > MEDIAN_ENTRIES {
            notionals.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::config::Config;

    const MINUTE: i64 = 60_000_000_000;

    fn closed(pauses: &mut Pauses, net: i64, minute: i64) -> i64 {
        let net = Money::new(net.into());
        pauses.closed(InstrumentId(0), net, Timestamp(minute * MINUTE), &Config::default().cooldown).0.0 / MINUTE
    }

    /// `risk-cooldown`: a new cooldown never overwrites a longer one; a win clears the count.
    #[test]
    fn a_cooldown_is_never_shortened() {
        let mut pauses = Pauses::default();
        let ends: Vec<i64> = [-1, -1, -1, -1, -1].into_iter().map(|net| closed(&mut pauses, net, 0)).collect();
        assert_eq!(ends, [10, 10, 30, 30, 60]);
        assert_eq!(closed(&mut pauses, 1, 1), 60);
        assert_eq!(pauses.losses(), 0);
        assert!(pauses.cooling(InstrumentId(0), Timestamp(60 * MINUTE - 1)).is_some());
        assert!(pauses.cooling(InstrumentId(0), Timestamp(60 * MINUTE)).is_none());
        assert_eq!(closed(&mut pauses, 0, 60), 65, "a flat close is neither, and cools for five minutes");
        for (losses, minute) in [(3, 1_000), (5, 2_000)] {
            let mut pauses = Pauses::default();
            (0..losses).for_each(|_| _ = closed(&mut pauses, -1, 0));
            assert_eq!(closed(&mut pauses, 0, minute), minute + 5, "also after {losses} losses");
        }
    }

    /// From the fifth entry on; of the two in the middle it is the lower one.
    #[test]
    fn the_median_is_one_of_the_entries() {
        let mut pauses = Pauses::default();
        for (count, notional) in (1..).zip([70, 10, 60, 20, 50, 30]) {
            pauses.entry_notionals.entry(DeskId(0)).or_default().push_back(Money::new(notional.into()));
            let expected = [(5, 50), (6, 30)].into_iter().find(|(at, _)| *at == count);
            assert_eq!(pauses.median_entry(DeskId(0)), expected.map(|(_, median)| Money::new(median.into())));
        }
    }
}
