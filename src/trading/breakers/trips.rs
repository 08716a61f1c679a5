//! What trips a breaker, what that does, and how it resets: the table of production-rules §2.6.

use rust_decimal::Decimal;

use super::account::Loss;
use super::{Guards, Trip};
use crate::market::{
    Action, Breaker, Decision, DeskId, ExitCause, InstrumentId, Money, Period, Qty, Severity, Timestamp,
};
use crate::trading::arming::{Kill, TraderCause};
use crate::trading::core::{Core, alert, anomaly};

/// The name of a breaker in texts.
const fn name(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::DailyLoss => "BK-1 daily loss",
        Breaker::WeeklyLoss => "BK-2 weekly loss",
        Breaker::Drawdown => "BK-3 drawdown",
        Breaker::ConsecutiveLosses => "BK-4 consecutive losses",
        Breaker::ExecutionErrors => "BK-5 execution errors",
        Breaker::StopEverything => "BK-6 stop everything",
    }
}

/// How a breaker resets, in words.
const fn resets(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::DailyLoss => "it resets at the next daily boundary",
        Breaker::WeeklyLoss => "it resets by an operator after the next Monday boundary",
        Breaker::Drawdown => "it resets by an operator; the peak then restarts at current equity",
        Breaker::ConsecutiveLosses => "it resets by a win",
        Breaker::ExecutionErrors => "it resets by time",
        Breaker::StopEverything => "it resets by an operator",
    }
}

/// What a tripped breaker does, in words.
const fn does(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::DailyLoss | Breaker::ExecutionErrors => "entries are denied",
        Breaker::WeeklyLoss => "entries are denied and each position is reduced once",
        Breaker::Drawdown => "everything is flattened and the trader halts",
        Breaker::ConsecutiveLosses => "more confidence and less leverage are asked for",
        Breaker::StopEverything => "entries stop and protection stays",
    }
}

impl Guards {
    /// A boundary has passed: what waited for it resets, or waits for an operator alone.
    pub(super) fn boundary_passed(&mut self, period: Period, actions: &mut Vec<Action>) {
        match period {
            Period::Day => self.reset(Breaker::DailyLoss, "a day began", actions),
            Period::Week => {
                if let Some(trip) = self.active.get_mut(&Breaker::WeeklyLoss) {
                    trip.boundary_passed = true;
                }
            }
        }
    }

    fn reset(&mut self, breaker: Breaker, why: &str, actions: &mut Vec<Action>) {
        if let Some(Trip { measured, limit, .. }) = self.active.remove(&breaker) {
            let (measured, limit) = (Money::new(measured), Money::new(limit));
            let why = why.to_owned();
            actions.push(Action::Record(Decision::Breaker { breaker, active: false, measured, limit, why }));
        }
    }
}

impl Core {
    /// Holds equity against the loss limits, and the run of losses against its steps. An account
    /// worth nothing, or that began a period with nothing, trips them all.
    pub(super) fn judge(&mut self, now: Timestamp, losses: Option<[Loss; 3]>, actions: &mut Vec<Action>) {
        self.count_losses(now, actions);
        let (Some(losses), Some(account)) = (losses, &self.guards.account) else { return };
        let starts = [Period::Day, Period::Week].map(|period| account.start(period).equity);
        let ruined = account.equity <= Decimal::ZERO || starts.iter().any(|start| *start <= Decimal::ZERO);
        for (breaker, lost, limit) in losses {
            if (lost >= limit || ruined) && !self.guards.active.contains_key(&breaker) {
                self.trip(now, breaker, (lost, limit), None, actions);
            }
        }
        if self.guards.active.contains_key(&Breaker::Drawdown) {
            self.flatten_rest(now, actions);
        }
    }

    /// BK-4: its effects follow from the count; the record says when they begin and end.
    fn count_losses(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let losses = self.pauses.losses();
        let step = match losses {
            0..=2 => 0,
            3..=4 => 3,
            _ => 5_u32,
        };
        let active = self.guards.active.get(&Breaker::ConsecutiveLosses).map(|trip| trip.limit);
        if step == 0 {
            self.guards.reset(Breaker::ConsecutiveLosses, "a win", actions);
        } else if active != Some(Decimal::from(step)) {
            let counts = (Decimal::from(losses), Decimal::from(step));
            self.trip(now, Breaker::ConsecutiveLosses, counts, None, actions);
        }
    }

    fn trip(
        &mut self,
        now: Timestamp,
        breaker: Breaker,
        (measured, limit): (Decimal, Decimal),
        until: Option<Timestamp>,
        actions: &mut Vec<Action>,
    ) {
        let why = resets(breaker).to_owned();
        let (of, against) = (Money::new(measured), Money::new(limit));
        actions.push(Action::Record(Decision::Breaker { breaker, active: true, measured: of, limit: against, why }));
        let trip = Trip { since: now, measured, limit, until, boundary_passed: false };
        self.guards.active.insert(breaker, trip);
        let severity = match breaker {
            Breaker::DailyLoss | Breaker::WeeklyLoss | Breaker::Drawdown | Breaker::StopEverything => {
                Severity::Critical
            }
            Breaker::ConsecutiveLosses | Breaker::ExecutionErrors => Severity::Warning,
        };
        let text = format!("{}: {of} against {against}; {}; {}", name(breaker), does(breaker), resets(breaker));
        alert(severity, None, None, text.clone(), actions);
        match breaker {
            Breaker::WeeklyLoss => self.shed(now, actions),
            Breaker::Drawdown => {
                self.flatten_rest(now, actions);
                self.kill(now, Kill::Flattening, &text, actions);
            }
            Breaker::StopEverything => self.latch(TraderCause::Breaker(breaker), text, actions),
            Breaker::DailyLoss | Breaker::ConsecutiveLosses | Breaker::ExecutionErrors => {}
        }
    }

    /// BK-2: each position of ours sheds a part of itself, rounded down to the lot, once.
    fn shed(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let part = self.config.breaker.weekly_reduce.decimal();
        for (key, held) in self.own_positions() {
            let instrument = self.instrument(key.1);
            let leaving = instrument.qty_down(instrument.qty(held.abs()) * part, now).unwrap_or(held.abs());
            let remaining = Qty(held.0.signum() * (held.abs() - leaving).0);
            if !leaving.is_zero() {
                self.demand_exit(now, key, remaining, ExitCause::WeeklyLoss, actions);
            }
        }
    }

    /// Every position of ours not yet on its way out, one opened by a late fill included.
    fn flatten_rest(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        for (key, _) in self.own_positions() {
            let life = self.books.position(key.0, key.1).map_or(0, |held| held.life);
            if self.guards.flattened.insert(key, life) != Some(life) {
                self.demand_exit(now, key, Qty::ZERO, ExitCause::Drawdown, actions);
            }
        }
    }

    fn own_positions(&self) -> Vec<((DeskId, InstrumentId), Qty)> {
        let ours = self.books.positions().filter(|(desk, ..)| *desk != DeskId::EXTERNAL);
        ours.map(|(desk, instrument, held)| ((desk, instrument), held.qty)).collect()
    }

    /// Resets what ends by time.
    pub(super) fn end_pauses(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.guards.active.is_empty() {
            return;
        }
        let over = |trip: &Trip| trip.until.is_some_and(|until| until <= now);
        let ended: Vec<Breaker> =
            self.guards.active.iter().filter(|(_, trip)| over(trip)).map(|(breaker, _)| *breaker).collect();
        for breaker in ended {
            self.guards.reset(breaker, "its time is over", actions);
        }
    }

    /// An intent ended rejected, void or without an answer: the third in a row trips BK-5.
    pub(crate) fn execution_error(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        what: &str,
        actions: &mut Vec<Action>,
    ) {
        self.guards.errors += 1;
        let (errors, most) = (self.guards.errors, self.config.breaker.errors);
        let text = format!("{what}; {errors} in a row against breaker.errors = {most}");
        alert(Severity::Warning, Some(instrument), None, text, actions);
        if errors >= most {
            self.guards.errors = 0;
            let until = now.after(self.config.breaker.errors_pause);
            self.trip(now, Breaker::ExecutionErrors, (errors.into(), most.into()), Some(until), actions);
            self.wake_at(until, actions);
        }
    }

    /// An intent was taken: the run of errors is over.
    pub(crate) fn execution_fine(&mut self, _instrument: InstrumentId) {
        self.guards.errors = 0;
    }

    /// The venue said to stop everything: a key, a permission, a lockout (BK-6).
    pub(crate) fn stop_everything(&mut self, now: Timestamp, reason: &str, actions: &mut Vec<Action>) {
        if !self.guards.active.contains_key(&Breaker::StopEverything) {
            let text = format!("the venue says to stop: {reason}");
            anomaly(None, text, actions);
            self.trip(now, Breaker::StopEverything, (Decimal::ONE, Decimal::ONE), None, actions);
        }
    }

    /// An operator resets a breaker; one that time, a boundary or a win resets is not reset by hand.
    pub(crate) fn reset_breaker(&mut self, breaker: Breaker, why: &str, actions: &mut Vec<Action>) {
        let Some(trip) = self.guards.active.get(&breaker) else {
            return self.refuse_act(format!("{} is not active", name(breaker)), actions);
        };
        match breaker {
            Breaker::WeeklyLoss if !trip.boundary_passed => return self.refuse_act(waits(breaker), actions),
            Breaker::DailyLoss | Breaker::ConsecutiveLosses | Breaker::ExecutionErrors => {
                return self.refuse_act(waits(breaker), actions);
            }
            Breaker::Drawdown => {
                self.restart_peak(actions);
                self.guards.flattened.clear();
            }
            Breaker::StopEverything => self.loosen(TraderCause::Breaker(breaker), why, actions),
            Breaker::WeeklyLoss => {}
        }
        self.guards.reset(breaker, why, actions);
    }

    /// CK-05: the first breaker that denies entries, with everything there is to say of it.
    pub(crate) fn breaker_in_force(&self, now: Timestamp) -> Option<(&Trip, String)> {
        let denies = |(breaker, trip): &(&Breaker, &Trip)| {
            **breaker != Breaker::ConsecutiveLosses && trip.until.is_none_or(|until| now < until)
        };
        let (breaker, trip) = self.guards.active.iter().find(denies)?;
        let end = trip.until.map_or_else(String::new, |until| format!(" at {until}"));
        Some((trip, format!("{} since {}; {}{end}", name(*breaker), trip.since, resets(*breaker))))
    }
}

fn waits(breaker: Breaker) -> String {
    format!("{} is not reset by hand: {}", name(breaker), resets(breaker))
}
