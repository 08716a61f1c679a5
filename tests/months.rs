//! Months of one-minute bars, generated and resampled: sound, each run's own, and the same for ever.
//!
//! What they are fitted to is held to the recorded months by `tests/months_recorded.rs`. To repeat:
//! `cargo test --test months`.
#![cfg(feature = "simulator")]
#![allow(clippy::float_arithmetic, reason = "moments are floats, and so is what a pencil says of them")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use expect_test::expect;
use proptest::prelude::*;
use rust_decimal::Decimal;
use seatrial::data::synth::months::{Band, Moments, MonthOptions, Months, Preset, month};
use seatrial::data::synth::{DEFAULT_START, ResampleOptions, resample};
use seatrial::data::{Provenance, Records, Tape, longer_bars};
use seatrial::journal::Journal;
use seatrial::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};
use seatrial::scenario::{Scenario, Source};
use seatrial::{replay, sim};

const MINUTE: i64 = 60_000_000_000;
const DAY: i64 = 1_440 * MINUTE;

fn options(months: Months, run: u64) -> MonthOptions {
    let (symbol, tick) = ("BTC/USDT".to_owned(), Decimal::new(1, 1));
    MonthOptions { symbol, tick, ..MonthOptions::usual(months, 1, run) }
}

fn hash(options: &MonthOptions) -> String {
    month(options).expect("sound options").hash.to_string()
}

/// Golden: the same on every machine, debug and release. A change of it changes every published result.
#[test]
fn a_month_is_the_same_for_ever() {
    let hashes = Preset::ALL.map(|preset| hash(&options(Months::Preset(preset), 0))[..16].to_owned());
    expect!["2e3fafd636b93bb8 c791297baf3e3f98 a548efef275dc35f 27e6480216278de0"].assert_eq(&hashes.join(" "));
}

/// What a bar must be, whatever the model, the grid and the length.
fn sound(bars: &[Bar], tick: i64, lot: i64) -> Result<(), TestCaseError> {
    for bar in bars {
        let (low, high) = (bar.low.0, bar.high.0);
        prop_assert!(low > 0 && (low..=high).contains(&bar.open.0) && (low..=high).contains(&bar.close.0), "{bar:?}");
        let grid = [bar.open, bar.high, bar.low, bar.close].iter().all(|price| price.0 % tick == 0);
        prop_assert!(grid && bar.volume.0 >= 0 && bar.volume.0 % lot == 0, "{bar:?}");
        prop_assert!(bar.opened.0 % MINUTE == 0 && bar.length == Span::from_mins(1), "{bar:?}");
    }
    for pair in bars.windows(2) {
        prop_assert!(pair[0].opened < pair[1].opened, "{pair:?}");
        // A minute goes on where the one before ended, to the tick.
        let next = pair[1].opened.since(pair[0].opened).0 == MINUTE;
        prop_assert!(!next || (pair[1].open.0 - pair[0].close.0).abs() <= tick, "{pair:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bars_are_sound(
        preset in prop::sample::select(Preset::ALL.to_vec()),
        seed in 0..u64::MAX, run in any::<u64>(), days in 1..6_u32,
        (tick, ticks) in (1..60_i64, 1_000..2_000_000_i64), lot in 1..1_000_i64,
        start in 0..2_000_000_000_000_000_i64,
    ) {
        let (step, lot_size) = (Decimal::new(tick, 2), Decimal::new(lot, 4));
        let options = MonthOptions {
            seed, days,
            start: Timestamp(DEFAULT_START.0 + start),
            price: step * Decimal::from(ticks), tick: step, lot: lot_size,
            ..options(Months::Preset(preset), run)
        };
        let tape = month(&options).expect("sound options");
        let scale = |decimal: Decimal, unit: Decimal| i64::try_from((decimal / unit).trunc()).expect("small");
        sound(tape.bars(), scale(step, tape.price_unit), scale(lot_size, tape.qty_unit))?;
        let last = tape.bars().last().expect("a month has bars").opened;
        prop_assert!(last.0 < options.start.0 + i64::from(days) * DAY);
        prop_assert_eq!(tape.hash, month(&options).expect("sound options").hash);
    }
}

/// Seed, run and part each make another month; a preset's is the same whether it was named or drawn.
#[test]
fn a_run_draws_its_own_month() {
    let short = |run| MonthOptions { days: 1, ..options(Months::Mixed([1; 4]), run) };
    let one = short(3);
    let others = [short(4), MonthOptions { seed: 2, ..short(3) }, MonthOptions { part: 1, ..short(3) }];
    assert!(others.iter().all(|other| hash(other) != hash(&one)));
    let mut met = BTreeSet::new();
    for run in 0..40 {
        let drawn = hash(&short(run));
        let named = Preset::ALL
            .into_iter()
            .find(|preset| hash(&MonthOptions { months: Months::Preset(*preset), ..short(run) }) == drawn);
        met.insert(named.expect("a month of one of the four"));
    }
    assert_eq!(met.len(), 4, "forty runs meet all four");
    let alone = MonthOptions { months: Months::Mixed([0, 0, 5, 0]), ..short(3) };
    assert_eq!(hash(&alone), hash(&MonthOptions { months: Months::Preset(Preset::Quiet), ..short(3) }));
}

/// A model without gaps has none; one with gaps has about as many as it says.
#[test]
fn gaps_are_as_the_model_says() {
    let bars = |preset| -> usize {
        (0..20).map(|run| month(&options(Months::Preset(preset), run)).expect("sound").bars().len()).sum()
    };
    let all = 20 * 43_200;
    assert_eq!(bars(Preset::Quiet), all);
    // 128 minutes of 44,640 in two gaps: in twenty months forty gaps, give or take four times their root.
    let missing = all - bars(Preset::Crash);
    assert!((700..5_000).contains(&missing), "{missing} minutes");
}

fn bar(minute: i64, prices: [i64; 4], volume: i64) -> Bar {
    let [open, high, low, close] = prices.map(Price);
    let opened = Timestamp(DEFAULT_START.0 + minute * MINUTE);
    Bar { instrument: InstrumentId(0), opened, length: Span::from_mins(1), open, high, low, close, volume: Qty(volume) }
}

fn tape(bars: Vec<Bar>) -> Tape {
    let provenance = Provenance { source: "test".to_owned(), ..Provenance::default() };
    Tape::new("X".to_owned(), (2, 3), Span::from_mins(1), Records::Bars(bars), provenance)
}

/// Two days whose returns are x, −x, 0, 0 over and over, with three minutes missing: by hand.
#[test]
fn moments_are_what_a_pencil_says() {
    let close = |minute: i64| if minute % 4 == 1 { 110 } else { 100 };
    let of = |minute: i64| bar(minute, [100, 120, 100, close(minute)], if minute % 10 == 0 { 40 } else { 10 });
    let minutes = || (0..=2 * 1_440).filter(|minute| !(1_000..1_003).contains(minute));
    let moments = Moments::of(&minutes().map(of).collect::<Vec<_>>()).expect("two days");
    let near = |value: f64, expected: f64| {
        assert!(Band { low: expected - 0.004, median: expected, high: expected + 0.004 }.holds(value), "{moments:?}");
    };
    // The logarithm of 1.1 is 0.0953102; half of all returns are of that size.
    near(moments.minutes, 2_878.0);
    near(moments.gap_share * 1_000.0, 3_000.0 / 2_881.0);
    near(moments.longest_gap, 3.0);
    near(moments.drift, 0.0);
    near(moments.volatility / 525_600.0_f64.sqrt(), 0.095_310_2 / 2.0_f64.sqrt());
    near(moments.skew, 0.0);
    near(moments.kurtosis_1m, 2.0 - 3.0);
    near(moments.acf_1, 0.0);
    near(moments.acf_10, -1.0);
    near(moments.acf_60, 1.0);
    near(moments.acf_1440, 1.0);
    near(moments.beyond_5, 0.0);
    near(moments.range_to_move, 0.2 / (0.095_310_2 / 2.0));
    assert!(moments.kurtosis_1h.is_nan(), "no hour moves");
    let wide = |minute: i64| {
        bar(
            minute,
            [100, if minute % 10 == 0 { 130 } else { 120 }, 100, close(minute)],
            if minute % 10 == 0 { 40 } else { 10 },
        )
    };
    let moments = Moments::of(&(0..2_000).map(wide).collect::<Vec<_>>()).expect("more than a day");
    near(moments.volume_when_wide, 40.0 / 13.0);
    assert!(Moments::of(&(0..1_439).map(of).collect::<Vec<_>>()).is_none(), "less than a day");
}

/// Three whole days, a part of one before and after, and a halt in the second.
fn recorded(seed: u64) -> Arc<Tape> {
    let start = Timestamp(DEFAULT_START.0 - DAY / 2);
    let made = month(&MonthOptions { days: 4, seed, start, ..options(Months::Preset(Preset::Bull), 0) });
    let Records::Bars(bars) = made.expect("sound options").records else { panic!("a month is of bars") };
    let halt = |bar: &Bar| (DAY + 300 * MINUTE..DAY + 360 * MINUTE).contains(&(bar.opened.0 - DEFAULT_START.0));
    Arc::new(tape(bars.into_iter().filter(|bar| !halt(bar)).collect()))
}

fn resampled(tapes: &[Arc<Tape>], days: u32, block: u32, run: u64) -> Tape {
    let options = ResampleOptions {
        seed: 1,
        run,
        part: 0,
        days,
        block,
        symbol: "X".to_owned(),
        start: DEFAULT_START,
        price: None,
        tick: Decimal::new(5, 2),
    };
    resample(tapes, &options).expect("three whole days")
}

/// Law: a block is its days times a number, to the tick; it begins at the last close, in its own minutes.
#[test]
fn a_resampled_month_is_made_of_recorded_days() {
    const TICK: i64 = 5;
    let source = recorded(1);
    let bars_of = |tape: &Tape, day: i64| -> Vec<Bar> {
        let of = |bar: &&Bar| (bar.opened.0 - DEFAULT_START.0).div_euclid(DAY) == day;
        tape.bars().iter().filter(of).copied().collect()
    };
    for (block, run) in [(1, 0), (1, 1), (2, 0), (3, 5)] {
        let made = resampled(&[Arc::clone(&source)], 20, block, run);
        let drawn = made.drawn.clone().expect("it was drawn");
        assert_eq!((drawn.from, drawn.days.len()), (vec![source.hash.to_string()], 20));
        sound(made.bars(), TICK, 1).expect("bars");
        let mut scale = (0, 0);
        let mut last: Option<i64> = None;
        for (at, name) in (0..20_u32).zip(&drawn.days) {
            let number: i64 = name.rsplit('-').next().and_then(|day| day.parse().ok()).expect("a day of January");
            let (day, from) = (bars_of(&made, i64::from(at)), bars_of(&source, number - 1));
            assert_eq!(day.len(), from.len(), "{name}: gaps are kept");
            if at % block == 0 {
                let opens = from[0].open.0;
                scale = (last.unwrap_or(opens), opens);
            }
            for (bar, from) in day.iter().zip(&from) {
                assert_eq!((bar.opened.0 - DEFAULT_START.0) % DAY, (from.opened.0 - DEFAULT_START.0) % DAY);
                for (price, from) in
                    [(bar.open, from.open), (bar.high, from.high), (bar.low, from.low), (bar.close, from.close)]
                {
                    let (exact, made) =
                        (i128::from(from.0) * i128::from(scale.0), i128::from(price.0) * i128::from(scale.1));
                    assert!((2 * (exact - made)).abs() <= i128::from(TICK * scale.1), "{name}: {price:?} of {from:?}");
                }
            }
            last = day.last().map(|bar| bar.close.0);
        }
    }
    let other = resampled(&[Arc::clone(&source)], 20, 1, 2);
    assert_ne!(other.hash, resampled(&[source], 20, 1, 3).hash);
}

/// Bars of `minutes` from bars of one, the long way round.
fn gathered(bars: &[Bar], minutes: i64) -> Vec<Bar> {
    let number = |bar: &Bar| bar.opened.0.div_euclid(minutes * MINUTE);
    let of = |part: &[Bar]| Bar {
        opened: Timestamp(number(&part[0]) * minutes * MINUTE),
        length: Span::from_mins(minutes),
        open: part[0].open,
        high: part.iter().map(|bar| bar.high).max().expect("a bar"),
        low: part.iter().map(|bar| bar.low).min().expect("a bar"),
        close: part[part.len() - 1].close,
        volume: Qty(part.iter().map(|bar| bar.volume.0).sum()),
        ..part[0]
    };
    bars.chunk_by(|one, next| number(one) == number(next)).map(of).collect()
}

/// One seed and run are one path at every length, also where a month begins within a bar and has gaps.
#[test]
fn longer_bars_are_those_of_a_minute_gathered() {
    let made = |market: &str, run| {
        let setup = scenario(market).setup(Path::new("."), Path::new("."), Some(7), run).expect("a setup");
        setup.tapes[0].tape.clone()
    };
    for (start, run) in [("2023-01-01T00:00:00Z", 3), ("2023-01-01T00:58:00Z", 4)] {
        let market =
            format!("source = \"synthetic\"\nmodel = \"crash\"\ndays = 20\nprice = \"30000\"\nstart = \"{start}\"\n");
        let minutes = made(&format!("{market}length = \"1m\""), run);
        assert_eq!(minutes.hash, made(&market, run).hash, "a minute is the usual length");
        for (length, count) in [("5m", 5), ("15m", 15), ("1h", 60)] {
            let longer = made(&format!("{market}length = \"{length}\""), run);
            assert!(longer.bars().len() > 20 * 1_440 / usize::try_from(count).expect("positive") * 9 / 10);
            assert_eq!(longer.bars(), gathered(minutes.bars(), count), "{length}");
            assert_eq!(longer.cadence, Span::from_mins(count));
            assert_eq!(longer.drawn, minutes.drawn, "the same data, whatever the length");
        }
    }
}

/// The bars of a tape are gathered into longer ones, or left as they are, or the length is refused.
#[test]
fn bars_grow_by_whole_numbers_only() {
    let month = resampled(&[recorded(1)], 3, 1, 0);
    assert_eq!(longer_bars(month.clone(), Span::from_mins(1)).expect("as they are"), month);
    let hours = longer_bars(month.clone(), Span::from_hours(1)).expect("sixty minutes");
    assert_eq!(hours.bars(), gathered(month.bars(), 60));
    let refused = |tape: &Tape, length| longer_bars(tape.clone(), length).expect_err("refused").code;
    let lengths = [(&month, Span::from_secs(30)), (&month, Span::from_mins(7)), (&hours, Span::from_mins(5))];
    assert!(lengths.iter().all(|(tape, length)| refused(tape, *length) == "E-MD-090"));
    let full = tape((0..2).map(|minute| bar(minute, [100; 4], i64::MAX / 2)).collect());
    assert_eq!(refused(&full, Span::from_mins(5)), "E-MD-018");
}

/// Blocks do not cross from one recording to another, and every day of both is met.
#[test]
fn days_of_several_recordings_keep_apart() {
    let made = resampled(&[recorded(1), recorded(2)], 200, 2, 0);
    let days = made.drawn.expect("it was drawn").days;
    let met: BTreeSet<&str> = days.iter().map(String::as_str).collect();
    assert_eq!(met.len(), 6, "{met:?}");
    assert!(days.chunks(2).all(|pair| pair[0][..2] == pair[1][..2] && pair[0] < pair[1]), "{days:?}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let of =
        |options: ResampleOptions, tapes: &[Arc<Tape>]| resample(tapes, &options).expect_err("refused").to_string();
    let sound = ResampleOptions {
        seed: 1,
        run: 0,
        part: 0,
        days: 5,
        block: 1,
        symbol: String::new(),
        start: DEFAULT_START,
        price: None,
        tick: Decimal::new(1, 2),
    };
    let told = [
        of(ResampleOptions { block: 4, ..sound.clone() }, &[recorded(1)]),
        of(ResampleOptions { block: 6, ..sound.clone() }, &[recorded(1)]),
        of(ResampleOptions { days: 0, ..sound.clone() }, &[recorded(1)]),
        of(ResampleOptions { tick: Decimal::new(1, 3), ..sound.clone() }, &[recorded(1)]),
        of(sound, &[]),
    ];
    expect![[r#"
        E-MD-090 synth block: found "4" allowed recordings with 4 whole UTC days in a row
        E-MD-090 synth block: found "6" allowed 1 to 5
        E-MD-090 synth days: found "0" allowed 1 to 367
        E-MD-090 synth tick: found "0.001" allowed a whole number of the tape's price units above 0
        E-MD-090 synth files: found "nothing" allowed recorded bars"#]]
    .assert_eq(&told.join("\n"));
}

fn scenario(market: &str) -> Scenario {
    let text = include_str!("../scenarios/months.toml");
    let (before, rest) = text.split_once("[market]").expect("a market");
    let (_, after) = rest.split_once("[instrument").expect("an instrument");
    let text = format!("{before}[market]\n{market}\n[instrument{after}").replace("min_fills = 20\n", "");
    Scenario::parse(Source { file: "s.toml".into(), text }, "s").unwrap_or_else(|all| panic!("{all:?}"))
}

/// Points of a sweep with one run number meet one month; a journal's trader does the same again on it.
#[test]
fn a_run_can_be_repeated_from_its_journal() {
    let market = "source = \"synthetic\"\nmodel = \"crash\"\ndays = 2\nprice = \"30000\"";
    let (data, cache) = (Path::new("."), Path::new("."));
    let setup = |run| scenario(market).setup(data, cache, Some(7), run).expect("a setup");
    let [one, same, other] = [setup(3), setup(3), setup(4)];
    let tape = |setup: &sim::Setup| setup.tapes[0].tape.hash;
    assert_eq!(tape(&one), tape(&same));
    assert_ne!(tape(&one), tape(&other));
    let ran = sim::run(&one, Journal::recording()).expect("it runs");
    let records = ran.journal.into_records();
    assert!(records.len() > 100, "there was something to do");
    let parity = replay::replay(&same, &records).expect("a strategy that was built before");
    assert_eq!(parity.difference, None);
    let parity = replay::replay(&other, &records).expect("a strategy that was built before");
    assert!(parity.difference.is_some(), "another month is another story");
}
