//! Trades into bars. The oracle is another engine: every bar it built from real trades.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};

use seatrial::data::{ImportOptions, Tape, bars_of, import};
use seatrial::market::Span;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

fn tape(path: &Path, bars: Option<Span>) -> Tape {
    import(path, &ImportOptions { bars, ..ImportOptions::default() }).unwrap_or_else(|bad| panic!("{bad}"))
}

#[test]
fn every_bar_of_another_engine_follows_from_the_trades() {
    let Some(trades) = shared("trades-to-bars/XRPETH_trades_2019-10-11_13.csv.gz") else { return };
    for (name, length, count) in [("1m", Span::from_mins(1), 2_469), ("5m", Span::from_mins(5), 706)] {
        let Some(expected) = shared(&format!("trades-to-bars/XRPETH_{name}_expected.csv.gz")) else { return };
        let (expected, made) = (tape(&expected, None), tape(&trades, Some(length)));
        let equal = expected.bars().iter().zip(made.bars()).filter(|(one, other)| one == other).count();
        println!("trades-to-bars {name}: {equal} of {} bars equal, {} made", expected.bars().len(), made.bars().len());
        assert_eq!((expected.bars().len(), made.bars().len(), equal), (count, count, count));
        assert_eq!(made.hash, expected.hash, "units and cadence, too");
        assert_eq!(bars_of(&tape(&trades, None), length).expect("trades make bars").hash, expected.hash);
    }
}

#[test]
fn a_length_that_bars_do_not_have_is_refused_and_so_is_a_file_without_trades() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let trades = folder.join("aggregate-trades.csv");
    std::fs::write(&trades, "time,price,volume\n1583020800,1,2\n1583020861,3,4\n").expect("a file can be written");
    let code = |length| {
        import(&trades, &ImportOptions { bars: Some(length), ..ImportOptions::default() }).map_err(|bad| bad.code)
    };
    assert_eq!(code(Span::from_secs(7)).err(), Some("E-MD-090"));
    assert_eq!(code(Span::from_mins(1)).map(|tape| tape.bars().len()), Ok(2));
    let bars = tape(&trades, Some(Span::from_mins(1)));
    assert_eq!(bars_of(&bars, Span::from_mins(5)).map_err(|bad| bad.code).err(), Some("E-MD-003"));
}
