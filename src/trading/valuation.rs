//! What the account and its positions came to: marks and their age, snapshots, and the positions
//! that were closed (production-rules §4.8, DESIGN-4).
//!
//! A mark is never replaced by an entry price or a constant: where one is too old, nothing is
//! valued and a person is told, once. Snapshots are taken while anything is open, and at every
//! close; both memories are bounded.

use std::collections::{BTreeSet, VecDeque};

use rust_decimal::Decimal;

use super::booking::Closed;
use super::core::{Core, alert};
use super::position::Position;
use crate::market::{
    Account, Action, AssetId, Bug, Decision, DeskId, Instrument, InstrumentId, Money, Qty, Severity, Span, Timestamp,
    planted,
};

/// Decimals of a share that is shown.
const SHARE_SCALE: u32 = 6;

/// What the account came to at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// When.
    pub at: Timestamp,
    /// Equity in account currency.
    pub equity: Money,
    /// Worst-case exposure as a share of equity, for showing.
    pub exposure: Money,
    /// Open positions.
    pub positions: u32,
}

/// A position that was closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClosedPosition {
    /// Whose.
    pub desk: DeskId,
    /// In which instrument.
    pub instrument: InstrumentId,
    /// When it was opened from flat.
    pub opened_at: Timestamp,
    /// When its last lot was closed.
    pub closed_at: Timestamp,
    /// How much the last close closed.
    pub qty: Qty,
    /// Net result of its whole life, in quote.
    pub net: Money,
}

/// What is remembered of values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Valuation {
    /// When the next snapshot is due.
    due: Option<Timestamp>,
    /// How many closes were seen.
    closes: u64,
    snapshots: VecDeque<Snapshot>,
    /// Instruments whose mark is known to be too old.
    stale: BTreeSet<InstrumentId>,
    /// Assets held whose rate is known to be too old, or missing.
    undated: BTreeSet<AssetId>,
    /// Instruments whose reference could not be decided on when it was last wanted.
    blind: BTreeSet<InstrumentId>,
    /// The same, of those that a desk wanted to leave.
    shut: BTreeSet<InstrumentId>,
    closed: VecDeque<ClosedPosition>,
}

impl Valuation {
    /// When the next snapshot is due, if one is.
    pub(crate) const fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// A reference was wanted and could not be decided on; true if that is news.
    pub(crate) fn reference_missed(&mut self, instrument: InstrumentId) -> bool {
        self.blind.insert(instrument)
    }

    /// An exit was denied for want of a reference; true the first time.
    pub(crate) fn exit_missed(&mut self, instrument: InstrumentId) -> bool {
        self.shut.insert(instrument)
    }

    /// A reference was decided on.
    pub(crate) fn reference_used(&mut self, instrument: InstrumentId) {
        self.blind.remove(&instrument);
        self.shut.remove(&instrument);
    }
}

impl Core {
    /// Takes a snapshot when one is due or a position was closed. Where time may act, the next one is
    /// due while anything of ours is open.
    pub(crate) fn value_account(&mut self, now: Timestamp, timed: bool, actions: &mut Vec<Action>) {
        let open = self.books.positions().any(|(desk, ..)| desk != DeskId::EXTERNAL);
        let due = timed && self.valuation.due.is_some_and(|due| due <= now);
        let closes = self.pauses.closes();
        let closed = std::mem::replace(&mut self.valuation.closes, closes) != closes;
        if due || closed {
            self.take_snapshot(now, actions);
        }
        if timed {
            let next = now.after(self.config.positions.snapshot_every);
            let due = self.valuation.due.filter(|_| !due).unwrap_or(next);
            self.valuation.due = open.then_some(due);
        }
    }

    fn take_snapshot(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let undated = self.heed_rates(now, actions);
        let stale = undated || self.heed_stale_marks(now, actions) && !planted(Bug::Design4StaleMark);
        let (Some(equity), Some(worst)) = (self.equity(), self.total_worst_case()) else { return };
        if stale {
            return;
        }
        let share = worst.checked_div(equity).unwrap_or_default();
        let positions = u32::try_from(self.books.positions().count()).unwrap_or(u32::MAX);
        let snapshot = Snapshot {
            at: now,
            equity: Money::new(equity),
            exposure: Money::new(share).half_even(SHARE_SCALE),
            positions,
        };
        let Snapshot { equity, exposure, .. } = snapshot;
        actions.push(Action::Record(Decision::Valued { equity, exposure, positions }));
        self.valuation.snapshots.push_back(snapshot);
        while self.valuation.snapshots.len() > self.config.positions.max_snapshots as usize {
            self.valuation.snapshots.pop_front();
        }
    }

    /// Whether any mark that is needed is too old; each is told once, until it is young again.
    fn heed_stale_marks(&mut self, now: Timestamp, actions: &mut Vec<Action>) -> bool {
        let mut stale = BTreeSet::new();
        for instrument in self.instruments.iter().filter(|instrument| self.is_valued_by(instrument)) {
            let (age, limit) = self.mark_age(instrument.id, now);
            if age <= limit {
                continue;
            }
            stale.insert(instrument.id);
            if !self.valuation.stale.contains(&instrument.id) {
                let (age, limit) = (age.0 / 1_000_000, limit.0 / 1_000_000);
                let text = format!("the mark is {age} ms old against mark.max_age = {limit} ms; nothing is valued");
                alert(Severity::Warning, Some(instrument.id), None, text, actions);
            }
        }
        let any = !stale.is_empty();
        self.valuation.stale = stale;
        any
    }

    /// Whether a rate that is needed is missing, or kept coming and is too old; each is told once, until it is good
    /// again. One that was stated once, for good, does not age. What an instrument trades against account currency is
    /// valued at its mark.
    fn heed_rates(&mut self, now: Timestamp, actions: &mut Vec<Action>) -> bool {
        let mut undated = BTreeSet::new();
        for asset in self.books.ledger().assets().filter(|asset| *asset != self.currency) {
            let marked = self.instruments.iter().any(|i| i.base == asset && i.quote == self.currency);
            if marked || self.books.ledger().balance(Account::Cash, asset).is_zero() {
                continue;
            }
            let name = self.asset(asset);
            let why = match self.rates.get(&asset) {
                None => format!("{name} is held and has no rate; nothing is valued"),
                Some(rate) => {
                    let limit = self.config.mark.max_age.max(rate.every.unwrap_or(Span(i64::MAX)).times(2));
                    let (age, limit) = (now.since(rate.at).0 / 1_000_000, limit.0 / 1_000_000);
                    if age <= limit {
                        continue;
                    }
                    format!("the rate of {name} is {age} ms old against {limit} ms; nothing is valued")
                }
            };
            undated.insert(asset);
            if !self.valuation.undated.contains(&asset) {
                alert(Severity::Warning, None, None, why, actions);
            }
        }
        let any = !undated.is_empty();
        self.valuation.undated = undated;
        any
    }

    /// Age of an instrument's mark, and the greatest that is allowed: at least twice the cadence of
    /// its source.
    #[must_use]
    pub fn mark_age(&self, instrument: InstrumentId, now: Timestamp) -> (Span, Span) {
        let view = self.view.of(instrument);
        (now.since(view.marked_at()), self.config.mark.max_age.max(view.cadence.times(2)))
    }

    /// Whether a position is open in an instrument, or its mark values what is held of its base.
    fn is_valued_by(&self, instrument: &Instrument) -> bool {
        let converts = self.values_base(instrument);
        let held = self.books.ledger().balance(Account::Cash, instrument.base);
        !self.position(instrument.id).is_zero() || converts && !held.is_zero()
    }

    /// What a position has lost against its cost at the mark, in account currency; a gain is below
    /// zero.
    #[must_use]
    pub fn unrealised_loss(&self, instrument: InstrumentId, position: &Position) -> Option<Decimal> {
        let instrument = self.instrument(instrument);
        let worth = self.worth_at_mark(instrument, position.qty)?;
        self.in_account(instrument.settles_in(), instrument.value(position.cost).decimal() - worth)
    }

    /// Remembers a position whose last lot was closed.
    pub(crate) fn remember_closed(
        &mut self,
        now: Timestamp,
        (desk, instrument): (DeskId, InstrumentId),
        closed: &Closed,
        net: Money,
    ) {
        let Closed { qty, opened_at, .. } = *closed;
        self.valuation.closed.push_back(ClosedPosition { desk, instrument, opened_at, closed_at: now, qty, net });
        while self.valuation.closed.len() > self.config.positions.history_max as usize {
            self.valuation.closed.pop_front();
        }
    }

    /// Positions that were closed, oldest first.
    #[must_use]
    pub fn closed_positions(&self) -> impl DoubleEndedIterator<Item = &ClosedPosition> {
        self.valuation.closed.iter()
    }

    /// What the account came to, oldest first.
    pub fn snapshots(&self) -> impl Iterator<Item = &Snapshot> {
        self.valuation.snapshots.iter()
    }
}
