//! Periods and peak: what equity is held against (production-rules §2.6).
//!
//! The first known equity begins the day, the week and the peak. From then on a day begins at
//! 00:00 UTC and a week on Monday, at a wake asked for; the peak only rises. Deposits and
//! withdrawals are no profit and no loss: they are read off the ledger's external account and move
//! the peak and the sums of both periods.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Guards;
use crate::market::{Account as Ledger, Action, AssetId, Breaker, Decision, Money, Period, Timestamp};
use crate::trading::core::Core;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;
/// Days from Thursday, 1 January 1970, back to its Monday.
const MONDAY_OFFSET: i64 = 3;

/// The last boundary of a period at or before an instant.
pub(super) const fn boundary(period: Period, at: Timestamp) -> Timestamp {
    let day = at.0.div_euclid(DAY);
    match period {
        Period::Day => Timestamp(day * DAY),
        Period::Week => Timestamp((day - (day + MONDAY_OFFSET).rem_euclid(7)) * DAY),
    }
}

/// A loss limit's breaker, what it counts so far, and where it is reached, in account currency.
pub(crate) type Loss = (Breaker, Decimal, Decimal);

/// Where a period began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Start {
    at: Timestamp,
    /// Equity then.
    pub(super) equity: Decimal,
    /// Sum of all transfers until then.
    flows: Decimal,
}

/// What equity is held against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Account {
    pub(super) day: Start,
    week: Start,
    pub(super) peak: Decimal,
    /// Equity when it was last known.
    pub(super) equity: Decimal,
    /// Transfers in less transfers out since the account began.
    flows: Decimal,
    /// The same per asset, as far as it is counted.
    counted: BTreeMap<AssetId, Decimal>,
}

impl Account {
    /// What a period has lost so far; a profit is below zero.
    pub(super) fn lost(&self, period: Period) -> Decimal {
        let start = self.start(period);
        start.equity - self.equity + (self.flows - start.flows)
    }

    /// Equity at the start of a period.
    pub(super) const fn start(&self, period: Period) -> &Start {
        match period {
            Period::Day => &self.day,
            Period::Week => &self.week,
        }
    }

    /// What is missing to the peak.
    pub(super) fn drawdown(&self) -> Decimal {
        self.peak - self.equity
    }

    /// When the next day begins; a week begins with a day.
    pub(super) const fn next_boundary(&self) -> Timestamp {
        Timestamp(self.day.at.0.saturating_add(DAY))
    }
}

impl Core {
    /// Takes in equity as it is now: transfers, peak, and, where time may act, new periods.
    pub(super) fn keep_account(&mut self, now: Timestamp, equity: Decimal, timed: bool, actions: &mut Vec<Action>) {
        let Some(mut account) = self.guards.account.take() else {
            self.begin_account(now, equity, actions);
            return;
        };
        let moved = self.transfers(&mut account);
        account.flows += moved;
        account.peak += moved;
        account.equity = equity;
        if timed && now >= account.next_boundary() {
            self.begin_periods(now, &mut account, actions);
        }
        account.peak = account.peak.max(equity);
        self.guards.account = Some(account);
    }

    fn begin_account(&mut self, now: Timestamp, equity: Decimal, actions: &mut Vec<Action>) {
        let start = |period| Start { at: boundary(period, now), equity, flows: Decimal::ZERO };
        let (day, week) = (start(Period::Day), start(Period::Week));
        let mut account = Account { day, week, peak: equity, equity, flows: Decimal::ZERO, counted: BTreeMap::new() };
        self.transfers(&mut account);
        for (period, start) in [(Period::Day, day), (Period::Week, week)] {
            actions.push(Action::Record(Decision::PeriodBegan { period, at: start.at, equity: Money::new(equity) }));
        }
        self.guards.account = Some(account);
    }

    /// What was transferred since it was last counted, in account currency; an asset without a rate
    /// is counted once there is one.
    fn transfers(&self, account: &mut Account) -> Decimal {
        let mut moved = Decimal::ZERO;
        let ledger = self.books.ledger();
        for asset in ledger.assets() {
            let total = -ledger.balance(Ledger::External, asset).decimal();
            let counted = account.counted.entry(asset).or_default();
            if let Some(value) = self.in_account(asset, total - *counted) {
                (moved, *counted) = (moved + value, total);
            }
        }
        moved
    }

    /// A day begins, and on Mondays a week; what waited for the boundary is told.
    fn begin_periods(&mut self, now: Timestamp, account: &mut Account, actions: &mut Vec<Action>) {
        let (equity, flows) = (account.equity, account.flows);
        let mut begin = |period, start: &mut Start, guards: &mut Guards| {
            let at = boundary(period, now);
            if at > start.at {
                *start = Start { at, equity, flows };
                actions.push(Action::Record(Decision::PeriodBegan { period, at, equity: Money::new(equity) }));
                guards.boundary_passed(period, actions);
            }
        };
        begin(Period::Day, &mut account.day, &mut self.guards);
        begin(Period::Week, &mut account.week, &mut self.guards);
    }

    /// The peak begins again at what the account is worth now: an operator's act (BK-3).
    pub(super) fn restart_peak(&mut self, actions: &mut Vec<Action>) {
        if let Some(account) = &mut self.guards.account {
            account.peak = account.equity;
            actions.push(Action::Record(Decision::PeakRestarted { equity: Money::new(account.equity) }));
        }
    }

    /// What is missing to peak equity, and the peak; none before the first equity is known.
    #[must_use]
    pub fn drawdown(&self) -> Option<(Decimal, Decimal)> {
        self.guards.account.as_ref().map(|account| (account.drawdown(), account.peak))
    }

    /// What each loss limit counts so far and where it is reached: the breaker, the loss, the limit,
    /// both in account currency.
    #[must_use]
    pub fn losses(&self) -> Option<[Loss; 3]> {
        let (account, limits) = (self.guards.account.as_ref()?, &self.config.breaker);
        let of = |breaker, period, limit: crate::market::Rate| {
            (breaker, account.lost(period), account.start(period).equity * limit.decimal())
        };
        Some([
            of(Breaker::DailyLoss, Period::Day, limits.daily),
            of(Breaker::WeeklyLoss, Period::Week, limits.weekly),
            (Breaker::Drawdown, account.drawdown(), account.peak * limits.drawdown.decimal()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_and_weeks_on_monday() {
        // 2026-11-25 is a Wednesday, its Monday the 23rd.
        let at = |days: i64, nanos: i64| Timestamp(days * DAY + nanos);
        let wednesday = 20_782;
        assert_eq!(boundary(Period::Day, at(wednesday, 5)), at(wednesday, 0));
        assert_eq!(boundary(Period::Week, at(wednesday, 5)), at(wednesday - 2, 0));
        assert_eq!(boundary(Period::Week, at(wednesday - 2, 0)), at(wednesday - 2, 0));
        assert_eq!(boundary(Period::Week, at(wednesday - 3, DAY - 1)), at(wednesday - 9, 0));
        assert_eq!(boundary(Period::Week, Timestamp(0)), at(-3, 0), "1970 began on a Thursday");
    }
}
