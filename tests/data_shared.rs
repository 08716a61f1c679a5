//! Every folder of `../shared/data` that holds market data: each file is checked, looked at and
//! imported, and a table says what was found. Rows and ranges are the files' own.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};

use seatrial::data::{CheckReport, ImportOptions, check, info};

/// A check says all that looking says: larger files are not read once more for it.
const LOOKED_AT_MAX: u64 = 1 << 19;
/// Folders, and what the names of their market data hold.
const FOLDERS: [(&str, &[&str]); 14] = [
    ("backtestingpy-expected", &["GOOG_daily"]),
    ("binance-klines-1m", &["_1m_"]),
    ("binance-l2", &["2024"]),
    ("bitstamp-l3", &["orders_"]),
    ("btc-perp-1m", &["1m"]),
    ("btc-ticks", &["trades"]),
    ("cme-mbo", &["mbo"]),
    ("kraken-ws", &["_ws_"]),
    ("lean-expected", &["hour"]),
    ("lobster", &["_message_"]),
    ("okx-ws", &["books"]),
    ("sse-l2", &["log"]),
    ("trades-to-bars", &["trades", "expected"]),
    ("us-equity-ticks", &["ibm"]),
];

fn files(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        !name.contains("README") && names.iter().any(|part| name.contains(part))
    });
    files.sort();
    files
}

fn told(path: &Path, report: &CheckReport) {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    for info in report.info.iter().chain(&report.others) {
        let kind = if info.bar_seconds > 0 { format!("bars of {} s", info.bar_seconds) } else { "rows".to_owned() };
        println!(
            "{name:<52} {:<16} {:<16} {:>7} {kind}, {} trades, {} to {}",
            info.format.name(),
            info.symbol,
            info.records,
            info.trades,
            info.first,
            info.last
        );
    }
    let counts: Vec<String> = report.counts.iter().map(|(code, count)| format!("{code} {count}")).collect();
    let found = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    println!("{:<52} {found}", "");
}

#[cfg(feature = "batch")]
fn imports(path: &Path, symbol: Option<String>) {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared.parquet");
    let options = ImportOptions { symbol, ..ImportOptions::default() };
    let imported = seatrial::data::import_into(path, &options, &out).unwrap_or_else(|bad| panic!("{bad}"));
    let again = info(&out, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(again[0].hash, imported.hash);
}

#[cfg(not(feature = "batch"))]
fn imports(path: &Path, symbol: Option<String>) {
    let options = ImportOptions { symbol, ..ImportOptions::default() };
    seatrial::data::import(path, &options).unwrap_or_else(|bad| panic!("{bad}"));
}

#[test]
fn every_folder_is_imported_looked_at_and_checked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    for (folder, names) in FOLDERS {
        let folder = root.join(folder);
        if !folder.is_dir() {
            println!("skipped: {} is not here", folder.display());
            continue;
        }
        let files = files(&folder, names);
        assert!(!files.is_empty(), "{}", folder.display());
        for path in files {
            let report = check(&path, &ImportOptions::default());
            told(&path, &report);
            assert!(report.usable, "{report}");
            let first = report.info.as_ref().expect("a usable file holds something");
            if path.metadata().is_ok_and(|metadata| metadata.len() <= LOOKED_AT_MAX) {
                let infos = info(&path, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}"));
                assert_eq!((infos.len(), &infos[0]), (report.others.len() + 1, first));
            }
            imports(&path, (!report.others.is_empty()).then(|| first.symbol.clone()));
        }
    }
}
