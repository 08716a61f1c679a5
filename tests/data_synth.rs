//! Generated markets: sound, tradable, and the same for ever. The samples under `data/` are what
//! the generator gives today; a change that moves them must say so and write them again.
#![cfg(feature = "simulator")]

use std::collections::BTreeMap;

use seatrial::data::synth::{BarOptions, BriskOptions, DEFAULT_START, L2Options, Mood, bars, brisk, l2};
use seatrial::data::{Row, RowKind, Tape};
use seatrial::market::{Book, InstrumentId, MarketEvent, Side, Timestamp};

fn generated(minutes: u32, seed: u64) -> Tape {
    l2(&L2Options { seed, minutes, ..L2Options::default() }).expect("sound options")
}

/// Law: after every whole message the book is neither crossed nor empty on a side; a trade prints
/// at the best level of the side it takes from, for no more than is displayed there, and the
/// level changes of the same exchange time take away exactly what traded.
#[test]
fn trades_take_what_is_displayed_and_the_book_never_crosses() {
    for seed in [1, 2, 3] {
        let tape = generated(1, seed);
        let mut book = Book::new();
        let mut sold: BTreeMap<i64, i64> = BTreeMap::new();
        let (mut trades, mut both) = (0, [0, 0]);
        for row in tape.rows() {
            assert!((1..=25).contains(&(row.latency().0 / 1_000_000)), "seed {seed}: {row:?}");
            match row.event(InstrumentId(0)) {
                MarketEvent::Trade(trade) => {
                    let taker = trade.taker.expect("a generated trade says who took");
                    let side = taker.opposite();
                    both[usize::from(side == Side::Buy)] += 1;
                    let shown = book.at(side, trade.price);
                    assert!(trade.qty.0 > 0 && trade.qty <= shown, "seed {seed}: {trade:?} of {shown:?}");
                    let mut best = book.best(side).expect("both sides are there").0;
                    while sold.contains_key(&best.0) {
                        best = book.behind(side, best).expect("a sweep leaves levels").0;
                    }
                    assert_eq!(trade.price, best, "seed {seed}: a trade prints at the best level left");
                    sold.insert(trade.price.0, shown.0 - trade.qty.0);
                    trades += 1;
                }
                MarketEvent::Level(level) => {
                    if let Some(left) = sold.remove(&level.price.0) {
                        assert_eq!(level.qty.0, left, "seed {seed}: what traded is gone");
                    } else {
                        assert!(sold.is_empty(), "seed {seed}: a trade's level changes first");
                    }
                    book.set(level.side, level.price, level.qty);
                    let usable = book.touch(InstrumentId(0)).usable();
                    assert!(!level.last || usable, "seed {seed}: {:?}", book.touch(InstrumentId(0)));
                }
                other => panic!("an L2 tape holds levels and trades, not {other:?}"),
            }
        }
        assert!(trades > 100 && both.iter().all(|side| *side > 30), "seed {seed}: {trades} trades, {both:?}");
    }
}

/// Rows stand in exchange order, arrive in order, and messages are whole.
#[test]
fn messages_are_whole_and_in_order() {
    let tape = generated(1, 5);
    for pair in tape.rows().windows(2) {
        assert!(pair[0].exchange <= pair[1].exchange && pair[0].local <= pair[1].local);
        assert!(pair[0].last() || (pair[0].exchange, pair[0].local) == (pair[1].exchange, pair[1].local));
    }
    assert!(tape.rows().last().is_some_and(Row::last));
    let levels = tape.rows().iter().filter(|row| matches!(row.kind(), RowKind::Bid | RowKind::Ask)).count();
    assert!(levels > 5_000, "{levels}");
}

#[test]
fn a_seed_is_a_market_and_another_seed_another() {
    assert_eq!(generated(1, 9).hash, generated(1, 9).hash);
    assert_ne!(generated(1, 9).hash, generated(1, 10).hash);
    let options = BarOptions { days: 1, ..BarOptions::default() };
    assert_eq!(bars(&options).expect("sound options").hash, bars(&options).expect("sound options").hash);
}

#[test]
fn bars_are_sound_and_move() {
    let tape = bars(&BarOptions { days: 6, seed: 4, ..BarOptions::default() }).expect("sound options");
    let bars = tape.bars();
    assert_eq!(bars.len(), 6 * 24 * 60);
    for pair in bars.windows(2) {
        assert_eq!(pair[1].opened.since(pair[0].opened), tape.cadence);
        assert_eq!(pair[1].open, pair[0].close);
    }
    assert!(
        bars.iter()
            .all(|bar| bar.low.0 > 0 && bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close))
    );
    let highest = bars.iter().map(|bar| bar.high.0).max().expect("there are bars");
    let lowest = bars.iter().map(|bar| bar.low.0).min().expect("there are bars");
    assert!(
        highest > lowest * 102 / 100 && highest < lowest * 4,
        "{lowest} to {highest}: a market, neither dead nor mad"
    );
}

#[test]
fn options_out_of_range_are_refused() {
    let text = |bad: Result<Tape, seatrial::bad_input::BadInput>| bad.expect_err("out of range").to_string();
    let decimal = |text: &str| text.parse().expect("a decimal in a test");
    let expected = "E-MD-090 synth minutes: found \"0\" allowed 1 to 10080";
    assert_eq!(text(l2(&L2Options { minutes: 0, ..L2Options::default() })), expected);
    let expected = "E-MD-090 synth tick: found \"0\" allowed a decimal above zero";
    assert_eq!(text(l2(&L2Options { tick: decimal("0"), ..L2Options::default() })), expected);
    let off = L2Options { price: decimal("60000.05"), ..L2Options::default() };
    assert!(text(l2(&off)).starts_with("E-MD-090 synth price: found \"60000.05\""));
    assert!(text(bars(&BarOptions { days: 0, ..BarOptions::default() })).starts_with("E-MD-090 synth days"));
}

/// What the reader of tapes refuses is not generated: it takes 2000 to 2100, the end exclusive.
#[test]
fn a_market_outside_the_time_of_tapes_is_refused() {
    const FIRST: i64 = 946_684_800_000_000_000;
    const LAST: i64 = 4_102_444_800_000_000_000;
    const DAY: i64 = 86_400_000_000_000;
    let days = |start, days| bars(&BarOptions { days, start: Timestamp(start), ..BarOptions::default() });
    let minute = |start| l2(&L2Options { minutes: 1, start: Timestamp(start), ..L2Options::default() });
    for start in [i64::MIN, i64::MIN + DAY, FIRST - 1, LAST - DAY / 2, LAST, i64::MAX - DAY, i64::MAX] {
        let bad = days(start, 1).expect_err("bars out of range").to_string();
        assert!(bad.starts_with("E-MD-090 synth start: found "), "{bad}");
    }
    for start in [i64::MIN, FIRST - 1, LAST - 60_000_000_000, LAST, i64::MAX] {
        let bad = minute(start).expect_err("a book out of range").to_string();
        assert!(bad.starts_with("E-MD-090 synth start: found "), "{bad}");
    }
    assert!(days(LAST - 3 * DAY, 4).is_err());
    for tape in [days(FIRST, 1), days(LAST - 3 * DAY, 3), minute(FIRST), minute(LAST - 61_000_000_000)] {
        assert!(!tape.expect("in range").records.is_empty());
    }
}

#[cfg(feature = "batch")]
fn sample(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn samples() -> [(&'static str, Tape); 2] {
    let first_trial = l2(&L2Options::default()).expect("sound options");
    [("first-trial.parquet", first_trial), ("bars-30d.parquet", bars(&BarOptions::default()).expect("sound options"))]
}

const FIRST_TRIAL: &str = "df66c951f356a72091abc4cc68f7701cacd85f71b45b5cd1d72a25ac4c0b8dbf";
const BARS: &str = "ae1c337836727dbf8611eaee9a005bd3ddab5eb71ce5cc5c9b70c0b176482976";

/// The hashes hold with and without Parquet, in debug and release.
#[test]
fn the_samples_are_what_the_generator_gives() {
    for ((name, tape), hash) in samples().into_iter().zip([FIRST_TRIAL, BARS]) {
        assert_eq!(tape.hash.to_string(), hash, "{name} moved: raise SYNTH_VERSION and write the samples again");
        #[cfg(feature = "batch")]
        {
            let read = seatrial::data::import(&sample(name), &seatrial::data::ImportOptions::default());
            let read = read.expect("a committed sample is sound");
            assert!(read == tape, "cargo test --test data_synth -- --ignored writes {name} again");
        }
    }
}

#[cfg(feature = "batch")]
#[test]
#[ignore = "writes the samples under data/"]
fn write_the_samples() {
    for (name, tape) in samples() {
        seatrial::data::write(&tape, &sample(name)).expect("data/ takes a file");
        println!("seatrial data {} --out data/{name}", tape.provenance.source);
    }
}

/// Law: whatever its mood, a brisk market is never crossed or empty after a whole message, its
/// messages are whole and in order, and its seed is all there is to it.
#[test]
fn a_brisk_market_is_sound_in_every_mood() {
    for mood in Mood::ALL {
        let options = BriskOptions {
            seed: 11,
            minutes: 60,
            symbol: "BTC/USDT".to_owned(),
            start: DEFAULT_START,
            price: "45000".parse().expect("a decimal"),
            tick: "0.01".parse().expect("a decimal"),
            lot: "0.00001".parse().expect("a decimal"),
            depth: 1_000,
            mood,
        };
        let tape = brisk(&options).expect("sound options");
        assert_eq!(tape.hash, brisk(&options).expect("sound options").hash);
        let mut book = Book::new();
        let mut trades = 0;
        for pair in tape.rows().windows(2) {
            assert!(pair[0].exchange <= pair[1].exchange && pair[0].local <= pair[1].local, "{mood:?}");
            assert!(pair[0].last() || (pair[0].exchange, pair[0].local) == (pair[1].exchange, pair[1].local));
        }
        for row in tape.rows() {
            match row.event(InstrumentId(0)) {
                MarketEvent::Trade(_) => trades += 1,
                MarketEvent::Level(level) => {
                    book.set(level.side, level.price, level.qty);
                    assert!(!level.last || book.touch(InstrumentId(0)).usable(), "{mood:?}: {row:?}");
                }
                other => panic!("not in a brisk market: {other:?}"),
            }
        }
        assert!((500..1_500).contains(&trades), "{mood:?}: {trades} trades in an hour");
    }
}
