//! What is said of closed trades: hit rate, profit factor, expectancy, streaks; and how long something was held.
//!
//! A result may be net money or a net return on the trade's own value; the figures then are in that unit (ours are
//! money; backtesting.py's profit factor and expectancy are of returns, its SQN of money). A trade that came to exactly
//! nothing is neither won nor lost.

use super::moments::{deviation, mean};
use super::{finite, real};

/// When a trade was open, in nanoseconds since the epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Held {
    /// When it was opened.
    pub opened_ns: i64,
    /// When it was closed, not before.
    pub closed_ns: i64,
}

/// Figures of at least one closed trade.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trades {
    /// How many were closed.
    pub count: usize,
    /// How many won.
    pub won: usize,
    /// How many lost.
    pub lost: usize,
    /// What the winners won.
    pub gained: f64,
    /// What the losers lost, above zero.
    pub given: f64,
    /// The share that won.
    pub hit_rate: f64,
    /// What a trade comes to on average.
    pub expectancy: f64,
    /// The system quality number: √n times mean over deviation of the results (Tharp 2008). None where nothing varies.
    pub quality: Option<f64>,
    /// The most losing trades in a row.
    pub losing_streak: usize,
}

impl Trades {
    /// Of results in the order the trades were closed. None of no trade, or where a result is no number.
    #[must_use]
    pub fn of(results: &[f64]) -> Option<Self> {
        let expectancy = mean(results)?;
        let (won, lost) = (Side::of(results, 1.0), Side::of(results, -1.0));
        let spread = deviation(results).filter(|spread| *spread > 0.0);
        Some(Self {
            count: results.len(),
            won: won.count,
            lost: lost.count,
            gained: finite(won.sum)?,
            given: finite(lost.sum)?,
            hit_rate: real(won.count) / real(results.len()),
            expectancy,
            quality: spread.and_then(|spread| finite(real(results.len()).sqrt() * expectancy / spread)),
            losing_streak: lost.streak,
        })
    }

    /// What was won over what was lost; none where nothing was lost.
    #[must_use]
    pub fn profit_factor(&self) -> Option<f64> {
        finite(self.gained / Some(self.given).filter(|given| *given > 0.0)?)
    }

    /// What a winner wins on average; none without winners.
    #[must_use]
    pub fn average_win(&self) -> Option<f64> {
        finite(self.gained / real(self.won))
    }

    /// What a loser loses on average, above zero; none without losers.
    #[must_use]
    pub fn average_loss(&self) -> Option<f64> {
        finite(self.given / real(self.lost))
    }
}

/// The winners or the losers.
struct Side {
    count: usize,
    sum: f64,
    streak: usize,
}

impl Side {
    fn of(results: &[f64], sign: f64) -> Self {
        let (mut side, mut running) = (Self { count: 0, sum: 0.0, streak: 0 }, 0);
        for result in results {
            if result * sign > 0.0 {
                side.count += 1;
                side.sum += result * sign;
                running += 1;
            } else {
                running = 0;
            }
            side.streak = side.streak.max(running);
        }
        side
    }
}

/// The share of the time from `from_ns` to `to_ns` in which at least one trade was open. None where no time passed.
#[must_use]
pub fn exposure(held: &[Held], from_ns: i64, to_ns: i64) -> Option<f64> {
    let whole = i128::from(to_ns) - i128::from(from_ns);
    let mut held = held.to_vec();
    held.sort_unstable();
    let (mut covered, mut until) = (0_i128, i128::from(from_ns));
    for one in held {
        let start = until.max(i128::from(one.opened_ns));
        let end = i128::from(one.closed_ns.min(to_ns));
        covered += (end - start).max(0);
        until = until.max(end);
    }
    share(covered, whole)
}

/// The share of bars in which a trade was open at any moment, given the numbers of the bars it was opened and closed in:
/// the convention of bar back-testers, backtesting.py among them, which counts both bars whole.
#[must_use]
pub fn exposure_in_bars(held: &[(usize, usize)], bars: usize) -> Option<f64> {
    let mut touched = vec![false; bars];
    for (opened, closed) in held {
        let last = bars.min(closed.saturating_add(1));
        touched.get_mut(*opened..last.max(*opened)).unwrap_or_default().fill(true);
    }
    Some(real(touched.iter().filter(|touched| **touched).count()) / real(bars)).filter(|_| bars > 0)
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
