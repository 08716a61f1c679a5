//! The performance figures of an independent bar back-tester (`backtestingpy-expected`), from its own equity and trades.
//!
//! Every case of the folder, every ratio that it publishes and we have, within 1e-9 of it. Where its convention is not ours
//! the variant of that name is used ([`Compounded`], `exposure_in_bars`, figures of trades' returns instead of their money),
//! and ours is printed beside it. Repeat with `cargo test --test statistics_backtestingpy -- --nocapture`.
#![cfg(feature = "simulator")]
#![allow(clippy::float_arithmetic, reason = "statistics are floats")]

#[allow(dead_code, reason = "each test reads its own part of the results")]
#[path = "backtestingpy/reference.rs"]
mod reference;

use jiff::civil::DateTime;
use reference::{Published, float};
use seatrial::statistics::compounded::Compounded;
use seatrial::statistics::curve::{DAY_NS, Sample, calmar, closes, curve, growth, returns, sortino};
use seatrial::statistics::drawdown::{Drawdown, average, deepest, drawdowns, longest};
use seatrial::statistics::sharpe::Sharpe;
use seatrial::statistics::trades::{Held, Trades, exposure, exposure_in_bars};

#[test]
fn every_case_has_its_published_figures() {
    let mut held = 0;
    for case in reference::cases() {
        let published = Published::read(&case).unwrap_or_else(|| panic!("{case} has statistics and nothing else"));
        let times = published.times.iter().map(|time| at_ns(time));
        let equity = published.equity.iter().map(|equity| float(*equity));
        let samples = curve(times.zip(equity)).unwrap_or_else(|| panic!("{case} has no curve"));
        let sheet = Sheet { case: &case, published: &published };
        of_the_curve(&sheet, &samples);
        of_drawdowns(&sheet, &samples);
        of_trades(&sheet, &samples);
        held += 1;
    }
    if held == 0 {
        println!("skipped: no case in ../shared/data/backtestingpy-expected");
    }
}

/// What is published of a case.
struct Sheet<'a> {
    case: &'a str,
    published: &'a Published,
}

impl Sheet<'_> {
    /// Whether a figure of ours is the published one, as far as it publishes it: what it cannot say it leaves empty.
    fn says(&self, name: &str, ours: Option<f64>) {
        let case = self.case;
        match (self.published.figure(name).map(float), ours) {
            (Some(theirs), Some(ours)) => {
                assert!(
                    (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
                    "{case}: {name} is {ours}, not {theirs}"
                );
            }
            (Some(theirs), None) => panic!("{case}: {name} is {theirs}, and we have none"),
            (None, _) => println!("{case}: no {name} is published"),
        }
    }

    /// The same of a figure in per cent.
    fn says_percent(&self, name: &str, ours: Option<f64>) {
        self.says(name, ours.map(|share| share * 100.0));
    }
}

/// Its year: 252 periods where weekends are free, 365 where they are traded (at least six in ten of an even share).
fn periods_per_year(samples: &[Sample]) -> f64 {
    // 1970-01-01 was a Thursday.
    let weekend = |sample: &&Sample| (sample.at_ns.div_euclid(DAY_NS) + 3).rem_euclid(7) >= 5;
    let weekends = samples.iter().filter(weekend).count();
    if weekends * 70 > samples.len() * 12 { 365.0 } else { 252.0 }
}

fn of_the_curve(sheet: &Sheet, samples: &[Sample]) {
    let per_year = periods_per_year(samples);
    let days = returns(&closes(samples, DAY_NS).expect("days")).expect("returns of days");
    let equity: Vec<f64> = samples.iter().map(|sample| sample.equity).collect();
    let (deepest, theirs) = (deepest(&equity).expect("capital"), Compounded::of(&days, per_year));
    sheet.says_percent("Return [%]", Some(equity[equity.len() - 1] / equity[0] - 1.0));
    sheet.says_percent("CAGR [%]", growth(samples));
    sheet.says_percent("Return (Ann.) [%]", theirs.map(|theirs| theirs.annual));
    sheet.says_percent("Volatility (Ann.) [%]", theirs.map(|theirs| theirs.volatility));
    sheet.says("Sharpe Ratio", theirs.and_then(|theirs| theirs.sharpe()));
    sheet.says("Sortino Ratio", theirs.and_then(|theirs| theirs.sortino()));
    sheet.says("Calmar Ratio", theirs.and_then(|theirs| theirs.calmar(deepest)));
    let sharpe = Sharpe::of(&days).and_then(|ratio| ratio.annualised(per_year));
    let (sortino, calmar) = (sortino(&days, 0.0, per_year), growth(samples).and_then(|growth| calmar(growth, deepest)));
    println!("{}: by our conventions Sharpe {sharpe:?}, Sortino {sortino:?}, Calmar {calmar:?}", sheet.case);
}

/// Its mean leaves out a fall in the last bar alone, and durations are rounded up to whole days or minutes.
fn of_drawdowns(sheet: &Sheet, samples: &[Sample]) {
    let all = drawdowns(samples).expect("capital");
    let counted: Vec<Drawdown> = all.into_iter().filter(|one| one.recovered || one.to > one.from + 1).collect();
    let depths = counted.iter().map(|one| one.depth).fold(0.0, f64::max);
    sheet.says_percent("Max. Drawdown [%]", Some(-depths));
    sheet.says_percent("Avg. Drawdown [%]", average(&counted).map(|depth| -depth));
    let Some(longest) = longest(&counted) else { return };
    let theirs = sheet.published.text("Max. Drawdown Duration").expect("a duration");
    let (days, clock) = theirs.split_once(" days ").expect("days and a time");
    let clock_ns = at_ns(&format!("1970-01-01 {clock}"));
    assert_eq!(longest.lasted_ns, days.parse::<i64>().expect("days") * DAY_NS + clock_ns, "{}: {theirs}", sheet.case);
}

fn of_trades(sheet: &Sheet, samples: &[Sample]) {
    let trades = &sheet.published.trades;
    let money = Trades::of(&trades.iter().map(|trade| float(trade.pnl)).collect::<Vec<f64>>());
    let parts: Vec<f64> = trades.iter().map(|trade| float(trade.return_pct)).collect();
    let parts_of = Trades::of(&parts);
    let bars: Vec<(usize, usize)> = trades.iter().map(|trade| (trade.entry_bar, trade.exit_bar)).collect();
    sheet.says("# Trades", money.and_then(|money| u32::try_from(money.count).ok()).map(f64::from).or(Some(0.0)));
    sheet.says_percent("Win Rate [%]", money.map(|money| money.hit_rate));
    sheet.says("SQN", money.and_then(|money| money.quality));
    sheet.says("Profit Factor", parts_of.and_then(|parts| parts.profit_factor()));
    sheet.says_percent("Expectancy [%]", parts_of.map(|parts| parts.expectancy));
    sheet.says_percent("Best Trade [%]", parts.iter().copied().max_by(f64::total_cmp));
    sheet.says_percent("Worst Trade [%]", parts.iter().copied().min_by(f64::total_cmp));
    sheet.says_percent("Exposure Time [%]", exposure_in_bars(&bars, samples.len()));
    let held = |(opened, closed): &(usize, usize)| Held {
        opened_ns: samples[*opened].at_ns,
        closed_ns: samples[*closed].at_ns,
    };
    let held: Vec<Held> = bars.iter().map(held).collect();
    let exposed = exposure(&held, samples[0].at_ns, samples[samples.len() - 1].at_ns);
    let factor = money.and_then(|money| money.profit_factor());
    println!("{}: by our conventions exposure {exposed:?}, profit factor {factor:?}", sheet.case);
}

/// A day, or a day and a time, in nanoseconds since the epoch.
fn at_ns(time: &str) -> i64 {
    let time: DateTime = time.parse().unwrap_or_else(|error| panic!("`{time}` is no time: {error}"));
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).expect("UTC has no gaps");
    i64::try_from(zoned.timestamp().as_nanosecond()).expect("a time of this age")
}
