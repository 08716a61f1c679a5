//! Out to hftbacktest: the array of events, read back by a little reader of its own, and by numpy where it is.
//!
//! Repeat with `cargo test --test data_npz`.
#![cfg(feature = "simulator")]

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;

use rust_decimal::Decimal;
use seatrial::data::{Provenance, Records, Row, RowKind, Tape, write_npz};
use seatrial::market::{Price, Qty, Span, Timestamp};

/// An event: flags, both times, price, quantity, and three fields that are zero.
type Event = (u64, i64, i64, f64, f64);

const BOTH: u64 = 3 << 30;

fn out(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("seatrial-{name}-{}.npz", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

/// The first is overtaken by the second on its way; a session has no place in the array.
fn tape() -> Tape {
    let row =
        |at, local, price, qty, kind| Row::new(Timestamp(at), Timestamp(local), Price(price), Qty(qty), kind, true);
    let session = RowKind::Session(seatrial::market::SessionState::Halted);
    let rows = vec![
        row(10, 50, 10_001, 3, RowKind::Bid),
        row(20, 40, 10_003, 0, RowKind::Ask),
        row(30, 60, 10_002, 12_345, RowKind::TradeSell),
        row(30, 60, 1, 1, session),
        row(70, 80, 10_004, 7, RowKind::TradeUnknown),
    ];
    Tape::new("X/Y".to_owned(), (2, 3), Span::ZERO, Records::Rows(rows), Provenance::default())
}

#[test]
fn an_independent_reader_finds_every_event_in_both_orders() {
    let path = out("reader");
    let expected: [Event; 6] = [
        (1 << 31 | 1 << 29 | 1, 10, 50, 100.01, 0.003),
        (BOTH | 1 << 28 | 1, 20, 40, 100.03, 0.0),
        (1 << 30 | 1 << 29 | 1, 10, 50, 100.01, 0.003),
        (BOTH | 1 << 28 | 2, 30, 60, 100.02, 12.345),
        (BOTH | 2, 70, 80, 100.04, 0.007),
        (0, 0, 0, 0.0, 0.0),
    ];
    assert_eq!(write_npz(tape(), &path).unwrap_or_else(|bad| panic!("{bad}")), 5);
    assert_eq!(read(&path), expected[..5]);
    let again = write_npz(tape(), &path).expect_err("a file that is there is not written over");
    assert_eq!(again.code, "E-MD-079");
    numpy(&path, 5);
    std::fs::remove_file(path).expect("the test's own file");
}

#[test]
fn a_tape_of_bars_has_no_events() {
    let path = out("bars");
    let bars = Tape::new("X".to_owned(), (2, 3), Span::from_mins(1), Records::Bars(Vec::new()), Provenance::default());
    assert!(write_npz(bars, &path).is_err() && !path.exists());
}

/// A real recording: every row that has a word is processed once at the exchange and once at the recorder, both ascending.
#[test]
fn a_recording_keeps_both_orders() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/binance-l2/usdm_btcusdt_20240808.gz");
    if !source.exists() {
        println!("skipped: {} is not there", source.display());
        return;
    }
    let tape = seatrial::data::import(&source, &seatrial::data::ImportOptions::default());
    let tape = tape.unwrap_or_else(|bad| panic!("{bad}"));
    let spoken = |row: &&Row| !matches!(row.kind(), RowKind::Session(_) | RowKind::Mark | RowKind::Index);
    let rows: Vec<Row> = tape.rows().iter().filter(spoken).copied().collect();
    let path = out("recording");
    let told = write_npz(tape.clone(), &path).unwrap_or_else(|bad| panic!("{bad}"));
    let events = read(&path);
    let there: Vec<_> = events.iter().filter(|event| event.0 & 1 << 31 != 0).collect();
    let here: Vec<_> = events.iter().filter(|event| event.0 & 1 << 30 != 0).collect();
    println!("{} rows, {told} events", rows.len());
    assert_eq!((events.len() as u64, there.len(), here.len()), (told, rows.len(), rows.len()));
    assert!(here.windows(2).all(|pair| pair[0].2 <= pair[1].2), "local times ascend");
    for (event, row) in there.iter().zip(&rows) {
        let decimal = |units: i64, unit: Decimal| (Decimal::from(units) * unit).to_string().parse().expect("a float");
        let expected = (row.exchange.0, row.local.0, decimal(row.price.0, tape.price_unit));
        assert_eq!((event.1, event.2, event.3), expected);
        assert_eq!(event.4.to_bits(), f64::to_bits(decimal(row.qty().0, tape.qty_unit)));
    }
    numpy(&path, told);
    std::fs::remove_file(path).expect("the test's own file");
}

fn read(path: &PathBuf) -> Vec<Event> {
    let mut archive = zip::ZipArchive::new(File::open(path).expect("it was written")).expect("a zip");
    let mut bytes = Vec::new();
    archive.by_name("data.npy").expect("the array hftbacktest asks for").read_to_end(&mut bytes).expect("whole");
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let header = std::str::from_utf8(&bytes[10..10 + length]).expect("text");
    assert!(header.starts_with("{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ") && header.ends_with('\n'), "{header}");
    let body = &bytes[10 + length..];
    assert!(header.contains(&format!("'shape': ({},)", body.len() / 64)) && body.len() % 64 == 0, "{header}");
    let eight = |event: &[u8], at: usize| <[u8; 8]>::try_from(&event[at * 8..at * 8 + 8]).expect("eight bytes");
    let event = |event: &[u8]| {
        assert_eq!(&event[40..], [0; 24]);
        let time = |at| i64::from_le_bytes(eight(event, at));
        let float = |at| f64::from_le_bytes(eight(event, at));
        (u64::from_le_bytes(eight(event, 0)), time(1), time(2), float(3), float(4))
    };
    body.chunks_exact(64).map(event).collect()
}

/// What numpy makes of it, where it is installed.
fn numpy(path: &PathBuf, events: u64) {
    let script =
        "import sys, numpy; a = numpy.load(sys.argv[1])['data']; print(len(a), a.dtype.itemsize, a['px'].dtype)";
    let told = Command::new("python3").args(["-c", script]).arg(path).output();
    match told {
        Ok(told) if told.status.success() => {
            assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), format!("{events} 64 float64"));
        }
        _ => println!("skipped: no python3 with numpy here"),
    }
}
