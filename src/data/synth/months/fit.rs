//! A model of recorded months: each of its numbers from the moment it answers for, one after another.
//!
//! Hours and weekdays come first and are divided out. What is left, four hours at a time, is sorted into four
//! regimes by its mean size; how long they last, what follows what and where the price goes in them is
//! counted. Within regimes the product of sizes some minutes apart gives the variance and the memory of the
//! log-normal factors: of such a factor it is the exponential of their covariance. The rest is counted. At the
//! end months are made of it, and what decides their memory and range is moved until these are the recorded
//! ones: a regime of four hours and four sizes keeps less of the past than a market does.

use super::super::chance::{Chance, real};
use super::compare::Band;
use super::model::{MonthModel, REGIMES};
use super::moments::{Moments, mean, minutes_between, range, returns};
use super::{MINUTE, MINUTES_A_DAY, MonthOptions, Months, STREAM, month, number};
use crate::data::tape::Tape;
use crate::market::Bar;

/// The mean size of a bell: 7/15 of its uniforms' root of twelve quarters.
const BELL_SIZE: f64 = 0.808_290_376_865_476;
/// Minutes of a block that has one regime.
const BLOCK: i64 = 240;
/// A size beyond so many of its regime's standard deviations is a jump.
pub(super) const JUMP_FROM: f64 = 12.0;
/// A jump counts as no more than this where the factors are measured.
const CAP: f64 = 20.0;
/// How many days of a weekday weigh as much as the belief that all weekdays are alike.
const ALIKE: f64 = 4.0;
/// The mean distance of an exponential of mean one from it.
const WAIT_AWAY: f64 = 0.735_758_882_342_885;
/// Seed of what is made to agree.
const SEED: u64 = 1;
/// Months of a round in which it is.
const MONTHS: u64 = 10;
const ROUNDS: usize = 8;
/// How much variance a round adds where tails are too light.
const TAILS_STEP: f64 = 0.03;

/// A recorded minute.
#[derive(Clone, Copy)]
struct Minute {
    /// Since the epoch.
    at: i64,
    /// Its return.
    moved: f64,
    regime: usize,
}

impl Minute {
    fn hour(&self) -> usize {
        usize::try_from(self.at.div_euclid(60).rem_euclid(24)).expect("below 24")
    }

    const fn day(&self) -> i64 {
        self.at.div_euclid(MINUTES_A_DAY)
    }

    /// From Monday; 1970-01-01 was a Thursday.
    fn weekday(&self) -> usize {
        usize::try_from((self.day() + 3).rem_euclid(7)).expect("below 7")
    }
}

/// A model of these recordings of one-minute bars, all together; none where they are too short or do not move.
#[must_use]
pub fn fit(tapes: &[&Tape]) -> Option<MonthModel> {
    let mut recorded: Vec<Vec<Minute>> = tapes.iter().map(|tape| minutes(tape.bars())).collect();
    let model = seasons(&recorded)?;
    let model = regimes(&mut recorded, &model)?;
    let model = factors(&recorded, &model)?;
    let model = jumps(&recorded, &gaps(tapes, &model));
    Some(agreed(tapes, volume(tapes, &model)?)?.rounded())
}

fn minutes(bars: &[Bar]) -> Vec<Minute> {
    let first = bars.first().map_or(0, |bar| bar.opened.0.div_euclid(MINUTE.0));
    let known = (first + 1..).zip(returns(bars)).filter(|(_, moved)| moved.is_finite());
    known.map(|(at, moved)| Minute { at, moved, regime: 0 }).collect()
}

/// Hours as shares of their own day, every day alike; weekdays as shares of their own recording.
fn seasons(recorded: &[Vec<Minute>]) -> Option<MonthModel> {
    let (mut hours, mut weekdays) = ([const { Vec::new() }; 24], [const { Vec::new() }; 7]);
    for minutes in recorded {
        let mut days = Vec::new();
        for day in minutes.chunk_by(|a, b| a.day() == b.day()) {
            let size = mean(day.iter().map(|minute| minute.moved.abs())).filter(|size| *size > 0.0)?;
            for hour in day.chunk_by(|a, b| a.hour() == b.hour()) {
                hours[hour[0].hour()].push(mean(hour.iter().map(|minute| minute.moved.abs()))? / size);
            }
            days.push((day[0].weekday(), libm::log(size)));
        }
        let middle = mean(days.iter().map(|(_, size)| *size))?;
        for (weekday, size) in days {
            weekdays[weekday].push(size - middle);
        }
    }
    let hours = hours.map(|shares| mean(shares.into_iter()).unwrap_or(1.0).clamp(0.1, 10.0));
    let weekdays = weekdays.map(|logs: Vec<f64>| {
        let sum: f64 = logs.iter().sum();
        libm::exp(sum / (real(count(logs.len())) + ALIKE))
    });
    Some(MonthModel { hours: normal(hours), weekdays: normal(weekdays), ..MonthModel::still() })
}

/// The same in shares of their mean.
fn normal<const N: usize>(shares: [f64; N]) -> [f64; N] {
    let middle = mean(shares.into_iter()).unwrap_or(1.0);
    shares.map(|share| share / middle)
}

fn count(many: usize) -> i64 {
    i64::try_from(many).expect("a count fits 64 bits")
}

/// Four regimes by the mean size of four hours.
fn regimes(recorded: &mut [Vec<Minute>], model: &MonthModel) -> Option<MonthModel> {
    let season = |minute: &Minute| model.hours[minute.hour()] * model.weekdays[minute.weekday()];
    let block = |minute: &Minute| minute.at.div_euclid(BLOCK);
    let size = |block: &[Minute]| mean(block.iter().map(|minute| minute.moved.abs() / season(minute)));
    let log = |block: &[Minute]| libm::log(size(block).unwrap_or_default().max(1.0e-7));
    let blocks = || recorded.iter().flat_map(|minutes| minutes.chunk_by(|a, b| block(a) == block(b)));
    let centres = centres(blocks().map(log).collect())?;
    for minutes in &mut *recorded {
        for block in minutes.chunk_by_mut(|a, b| block(a) == block(b)) {
            let regime = nearest(&centres, log(block));
            for minute in block {
                minute.regime = regime;
            }
        }
    }
    let of = |regime: usize| recorded.iter().flatten().filter(move |minute| minute.regime == regime);
    let all: i64 = recorded.iter().map(|minutes| count(minutes.len())).sum();
    let from = |regime: usize| {
        let size = mean(of(regime).map(|minute| minute.moved.abs() / season(minute)));
        size.unwrap_or_else(|| libm::exp(centres[regime])) / BELL_SIZE
    };
    // A price moves by simple returns, recorded ones are logarithms.
    let drift = |regime: usize| mean(of(regime).map(|minute| minute.moved + minute.moved * minute.moved / 2.0));
    let places = [0, 1, 2, 3];
    let (dwell, next) = changes(recorded);
    Some(MonthModel {
        volatility: places.map(|regime| from(regime).clamp(1.0e-6, 0.02)),
        drift: places.map(|regime| drift(regime).unwrap_or_default().clamp(-0.01, 0.01)),
        share: places.map(|regime| real(count(of(regime).count())) / real(all)),
        dwell,
        next,
        ..model.clone()
    })
}

/// Four centres of numbers, each number belonging to the nearest: moved until they stay.
fn centres(mut numbers: Vec<f64>) -> Option<[f64; REGIMES]> {
    numbers.sort_by(f64::total_cmp);
    let mut centres = [1, 3, 5, 7].map(|eighth| numbers.get(numbers.len() * eighth / 8).copied());
    for _ in 0..100 {
        let before = centres.map(Option::unwrap_or_default);
        centres = [0, 1, 2, 3].map(|regime| {
            let own = numbers.iter().copied().filter(|number| nearest(&before, *number) == regime);
            mean(own).or(centres[regime])
        });
    }
    let [Some(a), Some(b), Some(c), Some(d)] = centres else { return None };
    Some([a, b, c, d])
}

fn nearest(centres: &[f64; REGIMES], number: f64) -> usize {
    let away = |place: &usize| (centres[*place] - number).abs();
    (0..REGIMES).min_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or(0)
}

/// How long regimes last and what follows them, counted by blocks.
fn changes(recorded: &[Vec<Minute>]) -> ([f64; REGIMES], [[f64; REGIMES]; REGIMES]) {
    let mut counts = [[0.0; REGIMES]; REGIMES];
    for minutes in recorded {
        let blocks: Vec<usize> = minutes
            .chunk_by(|a, b| a.at.div_euclid(BLOCK) == b.at.div_euclid(BLOCK))
            .map(|block| block[0].regime)
            .collect();
        blocks.windows(2).for_each(|pair| counts[pair[0]][pair[1]] += 1.0);
    }
    let mut dwell = [0.0; REGIMES];
    for (regime, next) in counts.iter_mut().enumerate() {
        let stays = std::mem::take(&mut next[regime]);
        let leaves: f64 = next.iter().sum();
        // One that was never left is left some day.
        dwell[regime] = real(BLOCK) * (stays + leaves + 1.0) / (leaves + 0.5);
        if leaves > 0.0 {
            *next = next.map(|to| to / leaves);
        } else {
            next[if regime == 0 { 1 } else { regime - 1 }] = 1.0;
        }
    }
    (dwell, counts)
}

/// Sizes as shares of what the regime, the hour and the day make of them, minute by minute; not a number
/// where there is none.
fn shares(recorded: &[Vec<Minute>], model: &MonthModel) -> Vec<Vec<f64>> {
    let share = |minute: &Minute| {
        let season = model.hours[minute.hour()] * model.weekdays[minute.weekday()];
        minute.moved.abs() / (model.volatility[minute.regime] * season)
    };
    let of = |minutes: &Vec<Minute>| {
        let (first, last) = (minutes.first().map_or(0, |m| m.at), minutes.last().map_or(-1, |m| m.at));
        let mut shares = vec![f64::NAN; usize::try_from(last - first + 1).expect("later is later")];
        for minute in minutes {
            shares[usize::try_from(minute.at - first).expect("later is later")] = share(minute);
        }
        shares
    };
    recorded.iter().map(of).collect()
}

/// The slow, the fast and the minute's own factor, from products of sizes 0, 1, 10, 60 and 240 minutes apart.
fn factors(recorded: &[Vec<Minute>], model: &MonthModel) -> Option<MonthModel> {
    let shares = shares(recorded, model);
    let capped = || shares.iter().flatten().filter(|share| share.is_finite()).map(|share| share.min(CAP));
    let middle = mean(capped())?;
    let covariance = |lag: usize| {
        let pairs = shares.iter().flat_map(|all| all.iter().zip(all.iter().skip(lag)));
        let known = pairs.filter(|(a, b)| (*a + *b).is_finite());
        let products = known.map(|(a, b)| a.min(CAP) * b.min(CAP));
        mean(products).map(|product| libm::log(product / (middle * middle)).max(1.0e-4))
    };
    let (one, ten, hour, four) = (covariance(1)?, covariance(10)?, covariance(60)?, covariance(240)?);
    let half_life = |ratio: f64, minutes: f64, least: f64, most: f64| {
        if ratio >= 1.0 { most } else { (-minutes / libm::log2(ratio)).clamp(least, most) }
    };
    let slow_life = half_life(four / hour, 180.0, 60.0, 1_440.0);
    let slow_kept = libm::exp2(-1.0 / slow_life);
    let slow = (hour / libm::pow(slow_kept, 60.0)).min(one);
    let rest = |covariance: f64, lag: f64| (covariance - slow * libm::pow(slow_kept, lag)).max(1.0e-4);
    let fast_life = half_life(rest(ten, 10.0) / rest(one, 1.0), 9.0, 2.0, 60.0);
    let fast = rest(one, 1.0) * libm::exp2(1.0 / fast_life);
    let square = mean(capped().map(|share| share * share))?;
    let all = libm::log(square / (middle * middle) * BELL_SIZE * BELL_SIZE);
    let noise = (all - slow - fast).clamp(0.0, 2.0);
    Some(MonthModel { slow: [slow.min(1.0), slow_life], fast: [fast.min(1.0), fast_life], noise, ..model.clone() })
}

fn gaps(tapes: &[&Tape], model: &MonthModel) -> MonthModel {
    let pairs = tapes.iter().flat_map(|tape| tape.bars().windows(2));
    let missing: Vec<i64> =
        pairs.map(|pair| minutes_between(&pair[0], &pair[1]) - 1).filter(|many| *many > 0).collect();
    let bars: i64 = tapes.iter().map(|tape| count(tape.bars().len())).sum();
    let often = real(count(missing.len())) / real(bars);
    let long = mean(missing.iter().map(|many| real(*many))).unwrap_or(1.0);
    MonthModel { gaps: [often.min(0.01), long.min(1_440.0)], ..model.clone() }
}

/// Jumps: how often sizes are beyond what is called one, but for what the factors do by themselves.
fn jumps(recorded: &[Vec<Minute>], model: &MonthModel) -> MonthModel {
    let all = shares(recorded, model);
    let known: Vec<f64> = all.into_iter().flatten().filter(|share| share.is_finite()).collect();
    let [often, beyond] = far(known.into_iter());
    let mut chance = Chance::new(SEED, STREAM);
    let spread = [model.slow[0], model.fast[0], model.noise].map(libm::sqrt);
    let half = (model.slow[0] + model.fast[0] + model.noise) / 2.0;
    let drawn = (0..400_000).map(|_| {
        let log = spread[0] * chance.bell() + spread[1] * chance.bell() + spread[2] * chance.bell();
        libm::exp(log - half) * chance.bell().abs()
    });
    let [natural, natural_beyond] = far(drawn);
    let rate = (often - natural).max(0.0);
    let excess = if rate > 0.0 { ((beyond - natural_beyond) / rate).clamp(0.5, 20.0) } else { 1.0 };
    let fell = recorded.iter().flatten().filter(|minute| {
        let season = model.hours[minute.hour()] * model.weekdays[minute.weekday()];
        minute.moved.abs() > JUMP_FROM * model.volatility[minute.regime] * season
    });
    let falls = mean(fell.map(|minute| if minute.moved < 0.0 { 1.0 } else { 0.0 })).unwrap_or(0.5);
    MonthModel { jumps: [rate.min(0.1), excess, falls], ..model.clone() }
}

/// The share of sizes that is called a jump, and what they have beyond that, spread over all.
fn far(sizes: impl Iterator<Item = f64>) -> [f64; 2] {
    let (mut all, mut far, mut beyond) = (0_i64, 0_i64, 0.0);
    for size in sizes {
        all += 1;
        if size > JUMP_FROM {
            far += 1;
            beyond += size - JUMP_FROM;
        }
    }
    [real(far) / real(all.max(1)), beyond / real(all.max(1))]
}

/// Volume: a part that is always there and one that goes with the range, from all bars and the widest tenth.
fn volume(tapes: &[&Tape], model: &MonthModel) -> Option<MonthModel> {
    let quote = |tape: &Tape| number(tape.price_unit) * number(tape.qty_unit);
    let bars = tapes.iter().flat_map(|tape| {
        let unit = quote(tape);
        tape.bars().iter().map(move |bar| (range(bar), real(bar.volume.0) * real(bar.close.0) * unit))
    });
    let mut bars: Vec<(f64, f64)> = bars.collect();
    bars.sort_by(|a, b| b.0.total_cmp(&a.0));
    let tenth = &bars[..bars.len() / 10];
    let all = (mean(bars.iter().map(|bar| bar.0))?, mean(bars.iter().map(|bar| bar.1))?);
    let wide = (mean(tenth.iter().map(|bar| bar.0))?, mean(tenth.iter().map(|bar| bar.1))?);
    let moving = ((wide.1 - all.1) / (wide.0 - all.0)).clamp(0.0, all.1 / all.0);
    let still = all.1 - moving * all.0;
    let away = mean(bars.iter().map(|bar| (bar.1 / (still + moving * bar.0).max(1.0e-9) - 1.0).abs()))?;
    Some(MonthModel { volume: [still, moving, (away / WAIT_AWAY).min(1.0)], ..model.clone() })
}

/// What is made to agree: generated months have the memory and the range of recorded ones. More of the slow
/// factor makes sizes an hour apart more alike, more of the fast one those a minute apart, at the expense of the
/// minute's own; longer regimes those a day apart; and more of the minute's own makes
/// heavier tails.
fn agreed(tapes: &[&Tape], mut model: MonthModel) -> Option<MonthModel> {
    let wanted = Memory::of(&tapes.iter().map(|tape| Moments::of(tape.bars())).collect::<Option<Vec<_>>>()?)?;
    let mut all = model.slow[0] + model.fast[0] + model.noise;
    for _ in 0..ROUNDS {
        let months: Option<Vec<Moments>> = (0..MONTHS).map(|run| Moments::of(made(&model, run)?.bars())).collect();
        let months = months?;
        let made = Memory::of(&months)?;
        let tails = Band::of(months.iter().map(|of| of.kurtosis_1m).collect(), 0.2)?;
        let longer = libm::exp((2.0 * (wanted.day - made.day)).clamp(-0.3, 0.3));
        model.dwell = model.dwell.map(|dwell| (dwell * longer).clamp(60.0, 20_160.0));
        model.slow[0] = (model.slow[0] + wanted.hour - made.hour).clamp(0.0, 1.0);
        let nearer = wanted.minute - made.minute - (wanted.hour - made.hour);
        model.fast[0] = (model.fast[0] + nearer).clamp(0.0, 1.0);
        // A month's tails are made by its worst hours: only what would be unusual is moved.
        if wanted.tails > tails.high {
            all = (all + TAILS_STEP).min(2.0);
        } else if wanted.tails < tails.low {
            all = (all - TAILS_STEP).max(0.0);
        }
        model.noise = (all - model.slow[0] - model.fast[0]).clamp(0.0, 2.0);
        model.wick = (model.wick * libm::sqrt((wanted.reach - 1.0).max(0.01) / (made.reach - 1.0).max(0.01))).min(5.0);
    }
    Some(model)
}

/// A month of a model on its way.
fn made(model: &MonthModel, run: u64) -> Option<Tape> {
    month(&MonthOptions::usual(Months::Own(Box::new(model.clone())), SEED, run)).ok()
}

/// Means over months: autocorrelations a minute, an hour and a day apart, excess kurtosis, and the range of bars.
struct Memory {
    minute: f64,
    hour: f64,
    day: f64,
    tails: f64,
    reach: f64,
}

impl Memory {
    fn of(months: &[Moments]) -> Option<Self> {
        let middle = |of: fn(&Moments) -> f64| mean(months.iter().map(of));
        Some(Self {
            minute: middle(|of| of.acf_1)?,
            hour: middle(|of| of.acf_60)?,
            day: middle(|of| of.acf_1440)?,
            tails: middle(|of| of.kurtosis_1m)?,
            reach: middle(|of| of.range_to_move)?,
        })
    }
}
