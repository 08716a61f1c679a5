//! Thresholds a person is told of, once per crossing (production-rules §4.14), and everything that
//! is watched for crossing anything.
//!
//! A threshold that was told is told again only after its measure fell below nine tenths of it.

use rust_decimal::Decimal;

use super::account::Loss;
use crate::market::{Action, Breaker, DeskId, InstrumentId, Period, Severity};
use crate::trading::core::{Core, alert};

/// Share of a threshold below which it is told anew.
const REARM: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// A threshold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Threshold {
    /// The day has lost `breaker.daily_warn`.
    DailyWarn,
    /// The day has lost `breaker.near` of its limit.
    DailyNear,
    /// The day has gained `alerts.daily_profit`.
    DailyProfit,
    /// Worst-case exposure is `alerts.exposure` of equity.
    Exposure,
    /// Correlated exposure is `alerts.correlated` of its limit.
    Correlated,
    /// Used margin is `alerts.margin` of equity.
    Margin,
    /// A position has lost `alerts.position_loss` of equity.
    PositionLoss(DeskId, InstrumentId),
}

impl Threshold {
    const fn words(self) -> (&'static str, Severity) {
        match self {
            Self::DailyWarn => ("loss of the day, breaker.daily_warn", Severity::Warning),
            Self::DailyNear => ("loss of the day, breaker.near of breaker.daily", Severity::Warning),
            Self::DailyProfit => ("profit of the day, alerts.daily_profit", Severity::Info),
            Self::Exposure => ("worst-case exposure, alerts.exposure", Severity::Warning),
            Self::Correlated => ("correlated exposure, alerts.correlated of its limit", Severity::Warning),
            Self::Margin => ("used margin, alerts.margin", Severity::Warning),
            Self::PositionLoss(..) => ("loss of a position, alerts.position_loss", Severity::Warning),
        }
    }

    const fn instrument(self) -> Option<InstrumentId> {
        match self {
            Self::PositionLoss(_, instrument) => Some(instrument),
            Self::DailyWarn
            | Self::DailyNear
            | Self::DailyProfit
            | Self::Exposure
            | Self::Correlated
            | Self::Margin => None,
        }
    }
}

/// A measure, the limit it is held against, and how fast their difference moves with equity and with
/// exposure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    threshold: Threshold,
    value: Decimal,
    limit: Decimal,
    /// The share of equity that is its limit, while it moves with exposure; none of what moves with equity alone.
    share: Option<Decimal>,
}

/// A difference that must not change its sign unseen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// The difference.
    pub(super) gap: Decimal,
    /// How much of a move of equity reaches it.
    pub(super) equity: Decimal,
    /// How much of a move of exposure reaches it.
    pub(super) exposure: Decimal,
}

impl Core {
    /// Whether the day's loss is near its limit: more confidence is asked for then (CK-17).
    #[must_use]
    pub fn near_daily_limit(&self) -> bool {
        let near = self.config.breaker.near.decimal();
        self.losses().is_some_and(|[(_, lost, limit), ..]| lost > Decimal::ZERO && lost >= limit * near)
    }

    /// Tells what was crossed.
    pub(super) fn tell_thresholds(&mut self, all: &[Measured], actions: &mut Vec<Action>) {
        for Measured { threshold, value, limit, .. } in all {
            let above_zero = value.is_sign_positive() && !value.is_zero();
            if above_zero && value >= limit {
                if self.guards.told.insert(*threshold) {
                    let (words, severity) = threshold.words();
                    let (value, limit) = (value.round_dp(8).normalize(), limit.round_dp(8).normalize());
                    let text = format!("{words}: {value} against {limit} in account currency; nothing was done");
                    alert(severity, threshold.instrument(), None, text, actions);
                }
            } else if self.guards.told.contains(threshold) && *value < *limit * REARM {
                self.guards.told.remove(threshold);
            }
        }
        self.guards.told.retain(|told| all.iter().any(|measured| measured.threshold == *told));
    }

    /// Everything that is watched. Of what moves with equity alone, the nearest stands for all.
    pub(super) fn watches(&self, measures: &[Measured], losses: Option<[Loss; 3]>) -> Vec<Watch> {
        let mut nearest = Decimal::MAX;
        let mut of_equity = |gap: Decimal| nearest = nearest.min(gap.abs());
        if let Some(account) = &self.guards.account {
            of_equity(account.equity);
            of_equity(account.drawdown());
        }
        for (breaker, lost, limit) in losses.into_iter().flatten() {
            if !self.guards.active.contains_key(&breaker) {
                of_equity(limit - lost);
            }
        }
        let mut watches = Vec::with_capacity(measures.len() + 1);
        for measured in measures {
            let told = self.guards.told.contains(&measured.threshold);
            let gap = measured.value - if told { measured.limit * REARM } else { measured.limit };
            match measured.share {
                None => of_equity(gap),
                Some(equity) => watches.push(Watch { gap, equity, exposure: Decimal::ONE }),
            }
        }
        watches.push(Watch { gap: nearest, equity: Decimal::ONE, exposure: Decimal::ZERO });
        watches
    }

    /// What thresholds are held against, as it is now.
    pub(super) fn measures(&self) -> Vec<Measured> {
        let Some(account) = &self.guards.account else { return Vec::new() };
        let (equity, alerts, breaker) = (account.equity, &self.config.alerts, &self.config.breaker);
        let (start, lost) = (account.day.equity, account.lost(Period::Day));
        let day = |threshold, value, limit| Measured { threshold, value, limit, share: None };
        let mut all = Vec::with_capacity(8);
        all.extend([
            day(Threshold::DailyWarn, lost, start * breaker.daily_warn.decimal()),
            day(Threshold::DailyNear, lost, start * breaker.daily.decimal() * breaker.near.decimal()),
            day(Threshold::DailyProfit, -lost, start * alerts.daily_profit.decimal()),
        ]);
        let mut held = |threshold, value: Option<Decimal>, share: Decimal| {
            if let Some(value) = value {
                all.push(Measured { threshold, value, limit: equity * share, share: Some(share) });
            }
        };
        let worst = self.worst_cases();
        held(Threshold::Exposure, worst.as_ref().map(|worst| worst.iter().sum()), alerts.exposure.decimal());
        held(Threshold::Margin, self.used_margin(), alerts.margin.decimal());
        let correlated = alerts.correlated.decimal() * self.config.risk.correlated_exposure.decimal();
        held(Threshold::Correlated, worst.map(|worst| self.most_correlated(&worst)), correlated);
        for (desk, id, position) in self.books.positions() {
            let loss = self.unrealised_loss(id, position);
            held(Threshold::PositionLoss(desk, id), loss, alerts.position_loss.decimal());
        }
        all
    }

    /// Whether a breaker is active.
    #[must_use]
    pub fn is_tripped(&self, breaker: Breaker) -> bool {
        self.guards.active.contains_key(&breaker)
    }
}
