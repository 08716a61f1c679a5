//! A price's path through a month, minute by minute.

use super::super::Grid;
use super::super::chance::{Chance, floor, real};
use super::fit::JUMP_FROM;
use super::model::{MonthModel, REGIMES};
use super::{MINUTE, MINUTES_A_DAY, Reversal};
use crate::market::{Bar, InstrumentId, Price, Qty, Timestamp};

/// No minute moves the price further than this.
const MOVE_MAX: f64 = 0.5;
/// The price stays within these shares of where it began.
const BOUNDS: (f64, f64) = (0.01, 100.0);
/// A gap moves the price no further than so many minutes do.
const GAP_MOVES: f64 = 120.0;
/// Lots of a minute, at most.
const VOLUME_MAX: f64 = 1.0e12;
/// Events are drawn in 2^38ths.
const EVENT_BITS: u32 = 38;

/// What happens between two bars.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    Change,
    Jump,
    Gap,
}

/// Up to which draw of 2^38 each event of a regime happens.
#[derive(Clone, Copy)]
struct Occasions {
    change: u64,
    jump: u64,
    gap: u64,
}

pub(super) struct Path<'m> {
    model: &'m MonthModel,
    chance: Chance,
    grid: Grid,
    /// Quote in a lot at one tick.
    notional: f64,
    /// Exponential waiting times of mean one, at the middle of 256 equal shares.
    waits: [f64; 256],
    occasions: [Occasions; REGIMES],
    /// What of the slow and the fast logarithm is kept in a minute, and what is new.
    kept: [f64; 2],
    new: [f64; 2],
    /// What a minute's own logarithm is times a bell.
    own: f64,
    /// Half of the variance of all logarithms: with it their factor has mean one.
    half_variance: f64,
    /// What of a minute's chance is pressure, and how much of all pressure goes in a minute.
    pressed: f64,
    eased: f64,
    regime: usize,
    logs: [f64; 2],
    /// What of the price is pressure, as a fraction.
    pressure: f64,
    price: f64,
    closed: i64,
}

impl<'m> Path<'m> {
    pub fn new(
        (model, reversal): (&'m MonthModel, Option<Reversal>),
        mut chance: Chance,
        grid: Grid,
        notional: f64,
    ) -> Self {
        let (pressed, eased) = reversal.map_or((0.0, 0.0), |reversal| {
            let minutes = real(reversal.half_life.0) / real(MINUTE.0);
            (f64::from(reversal.share_ppm) / 1.0e6, 1.0 - libm::exp2(-1.0 / minutes))
        });
        let waits = std::array::from_fn(|at| {
            let at = i64::try_from(at).expect("below 256");
            -libm::log((real(at) + 0.5) / 256.0)
        });
        let occasions = std::array::from_fn(|regime| occasions(model, regime));
        let kept = [model.slow, model.fast].map(|[_, half_life]| libm::exp2(-1.0 / half_life));
        let new = [0, 1].map(|at| {
            let [variance, _] = [model.slow, model.fast][at];
            libm::sqrt(variance * (1.0 - kept[at] * kept[at]))
        });
        let regime = picked(&model.share, chance.unit());
        let [slow, fast] = chance.bells();
        let logs = [slow * libm::sqrt(model.slow[0]), fast * libm::sqrt(model.fast[0])];
        let half_variance = (model.slow[0] + model.fast[0] + model.noise) / 2.0;
        let (price, closed) = (real(grid.start_ticks), grid.start_ticks);
        let own = libm::sqrt(model.noise);
        Self {
            model,
            chance,
            grid,
            notional,
            waits,
            occasions,
            kept,
            new,
            own,
            half_variance,
            pressed,
            eased,
            regime,
            logs,
            pressure: 0.0,
            price,
            closed,
        }
    }

    /// The bars of so many minutes, gaps left out.
    pub fn bars(mut self, first: Timestamp, minutes: i64) -> Vec<Bar> {
        let mut bars = Vec::with_capacity(usize::try_from(minutes).expect("a year of minutes"));
        let mut minute = 0;
        while minute < minutes {
            let at = first.after(MINUTE.times(minute));
            let level = self.level(at);
            let event = self.event();
            if event == Event::Gap {
                // A market that opens begins with a bar.
                if minute > 0 {
                    minute += self.gap(level);
                    continue;
                }
            } else if event == Event::Change {
                self.regime = picked(&self.model.next[self.regime], self.chance.unit());
            }
            let jump = if event == Event::Jump { self.jump(level) } else { 0.0 };
            bars.push(self.bar(at, level, jump));
            minute += 1;
        }
        bars
    }

    /// A minute's volatility but for what clusters.
    fn level(&self, at: Timestamp) -> f64 {
        let minute = at.0.div_euclid(MINUTE.0);
        let place = |whole: i64, of: i64| usize::try_from(whole.rem_euclid(of)).expect("a rest is small");
        // 1970-01-01 was a Thursday.
        let (hour, weekday) = (place(minute / 60, 24), place(minute / MINUTES_A_DAY + 3, 7));
        self.model.volatility[self.regime] * self.model.hours[hour] * self.model.weekdays[weekday]
    }

    fn event(&mut self) -> Event {
        let drawn = self.chance.bits() >> (64 - EVENT_BITS);
        let Occasions { change, jump, gap } = self.occasions[self.regime];
        if drawn >= gap {
            Event::Nothing
        } else if drawn < change {
            Event::Change
        } else if drawn < jump {
            Event::Jump
        } else {
            Event::Gap
        }
    }

    fn bar(&mut self, opened: Timestamp, level: f64, jump: f64) -> Bar {
        let [slow, fast] = self.chance.bells();
        self.logs[0] = self.kept[0] * self.logs[0] + self.new[0] * slow;
        self.logs[1] = self.kept[1] * self.logs[1] + self.new[1] * fast;
        let bits = self.chance.bits();
        let own = self.own * Chance::bell_of_bytes(bits);
        let size = level * libm::exp(self.logs[0] + self.logs[1] + own - self.half_variance);
        let met = size * self.chance.bell_of_bits();
        let eased = self.eased * self.pressure;
        self.pressure += self.pressed * met - eased;
        let moved = (self.model.drift[self.regime] + met + jump - eased).clamp(-MOVE_MAX, MOVE_MAX);
        let byte = |at: u32| usize::try_from(bits >> at & 0xff).expect("a byte");
        // Half of all bars open a tick beside the close before, on either side.
        let open = (self.closed + [0, 0, 1, -1][byte(32) & 3]).max(1);
        let start = self.price;
        self.move_by(moved);
        let close = floor(self.price + 0.5).max(1);
        // The extremes of a random walk between two points, each as if the other were not.
        let reach = size * self.model.wick;
        let beyond = |wait: f64| libm::sqrt(moved * moved + 2.0 * reach * reach * wait);
        let up = 0.5 * (moved + beyond(self.waits[byte(40)]));
        let down = 0.5 * (moved - beyond(self.waits[byte(48)]));
        let high = floor(start * (1.0 + up) + 0.5).max(open).max(close);
        let low = floor(start * (1.0 + down) + 0.5).min(open).min(close).max(1);
        let volume = self.volume(start, up - down, self.waits[byte(56)]);
        self.closed = close;
        let price = |ticks: i64| Price(ticks * self.grid.tick);
        Bar {
            instrument: InstrumentId(0),
            opened,
            length: MINUTE,
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: Qty(volume * self.grid.lot),
        }
    }

    /// Lots that change hands in a minute of this range.
    fn volume(&self, price: f64, range: f64, wait: f64) -> i64 {
        let [still, moving, chance] = self.model.volume;
        let quote = (still + moving * range) * (1.0 - chance + chance * wait);
        floor((quote / (price * self.notional)).min(VOLUME_MAX))
    }

    fn move_by(&mut self, moved: f64) {
        let start = real(self.grid.start_ticks);
        self.price = (self.price * (1.0 + moved)).clamp(start * BOUNDS.0, start * BOUNDS.1);
    }

    fn jump(&mut self, level: f64) -> f64 {
        let [_, beyond, falls] = self.model.jumps;
        let size = level * (JUMP_FROM + self.chance.exponential(beyond));
        if self.chance.happens(falls) { -size } else { size }
    }

    /// Minutes without bars, in which the price moves unseen.
    fn gap(&mut self, level: f64) -> i64 {
        let minutes = 1.0 + self.chance.exponential((self.model.gaps[1] - 1.0).max(0.0));
        let moved = level * self.chance.bell() * libm::sqrt(minutes.min(GAP_MOVES));
        self.move_by(moved.clamp(-MOVE_MAX, MOVE_MAX));
        self.closed = floor(self.price + 0.5).max(1);
        floor(minutes)
    }
}

fn occasions(model: &MonthModel, regime: usize) -> Occasions {
    let share = |probability: f64| {
        let parts = floor(probability * real(1 << EVENT_BITS));
        u64::try_from(parts).unwrap_or(0)
    };
    let change = share(1.0 / model.dwell[regime]);
    let jump = change + share(model.jumps[0]);
    Occasions { change, jump, gap: jump + share(model.gaps[0]) }
}

/// The place of a draw from 0 to 1 among shares; the last that has any where they do not come to one.
fn picked(shares: &[f64; REGIMES], drawn: f64) -> usize {
    let all: f64 = shares.iter().sum();
    let mut before = 0.0;
    for (place, share) in shares.iter().enumerate() {
        before += share / all;
        if drawn < before {
            return place;
        }
    }
    shares.iter().rposition(|share| *share > 0.0).unwrap_or(0)
}
