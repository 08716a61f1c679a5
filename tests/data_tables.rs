//! Tables of other makers: Tardis, Binance's monthly files, and somebody's own by a mapping file.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};

use seatrial::data::{ImportOptions, Row, RowKind, Tape, import};
use seatrial::scenario::mapping;

fn written(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_tables");
    std::fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the target directory takes a file");
    path
}

fn tape(name: &str, text: &str) -> Tape {
    import(&written(name, text), &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}"))
}

fn shown(tape: &Tape) -> Vec<(RowKind, i64, i64, bool)> {
    let told = |row: &Row| (row.kind(), row.price.0, row.qty().0, row.last());
    tape.rows().iter().map(told).collect()
}

#[test]
fn a_tardis_book_starts_again_with_every_snapshot() {
    let text = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n\
        binance,BTCUSDT,1585699200000000,1585699200100000,true,bid,10.0,1\n\
        binance,BTCUSDT,1585699200000000,1585699200100000,true,ask,10.5,2\n\
        binance,BTCUSDT,1585699201000000,1585699201100000,false,bid,10.1,3\n\
        binance,BTCUSDT,1585699202000000,1585699202100000,true,bid,10.1,4\n";
    let tape = tape("tardis-book.csv", text);
    assert_eq!(tape.symbol, "BTCUSDT");
    assert_eq!(
        shown(&tape),
        [
            (RowKind::Bid, 100, 1, false),
            (RowKind::Ask, 105, 2, true),
            (RowKind::Bid, 101, 3, true),
            (RowKind::Bid, 100, 0, false),
            (RowKind::Ask, 105, 0, false),
            (RowKind::Bid, 101, 4, true),
        ]
    );
}

#[test]
fn tardis_quotes_are_the_two_levels_at_the_touch() {
    let text = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n\
        x,A,1585699200000000,1585699200100000,2,10.5,10.0,1\n\
        x,A,1585699201000000,1585699201100000,2,10.5,10.1,1\n";
    let rows = shown(&tape("tardis-quotes.csv", text));
    assert_eq!(rows[2..], [(RowKind::Bid, 100, 0, false), (RowKind::Bid, 101, 1, true)]);
}

#[test]
fn a_table_of_several_symbols_wants_a_choice() {
    let text = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n\
        x,A,1585699200000000,1585699200100000,1,buy,10,1\nx,B,1585699200000000,1585699200100000,2,unknown,11,2\n";
    let path = written("tardis-trades.csv", text);
    let bad = import(&path, &ImportOptions::default()).expect_err("two symbols");
    assert_eq!((bad.code, &*bad.allowed), ("E-MD-046", "\"A\", \"B\""));
    let chosen = ImportOptions { symbol: Some("B".to_owned()), ..ImportOptions::default() };
    let tape = import(&path, &chosen).expect("one symbol");
    assert_eq!(shown(&tape), [(RowKind::TradeUnknown, 11, 2, true)]);
    assert_eq!(tape.rows()[0].latency().0, 100_000_000);
}

#[test]
fn binances_trades_are_told_by_their_columns() {
    let aggregated = tape("agg.csv", "7,10.5,2,1,3,1585699200000,true,true\n8,10.6,1,4,4,1585699200001,false,true\n");
    let plain = tape("plain.csv", "7,10.5,2,21,1585699200000,true,true\n8,10.6,1,10.6,1585699200001,false,true\n");
    let headed = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n\
        7,10.5,2,1,3,1585699200000,true\n8,10.6,1,4,4,1585699200001,false\n";
    assert_eq!(shown(&aggregated), [(RowKind::TradeSell, 105, 2, true), (RowKind::TradeBuy, 106, 1, true)]);
    assert_eq!(plain.hash, aggregated.hash);
    assert_eq!(tape("headed.csv", headed).hash, aggregated.hash);
}

#[test]
fn a_mapping_says_how_columns_are_called() {
    let map = |name: &str, text: &str| mapping(&written(name, text));
    let named =
        map("named.toml", "kind = \"trades\"\n[columns]\ntime = \"Zeit\"\nprice = \"Kurs\"\nquantity = \"Menge\"\n");
    let numbered = map("numbered.toml", "kind = \"trades\"\n[columns]\ntime = 2\nprice = 3\nquantity = 1\n");
    let read = |name: &str, text: &str, mapping| {
        let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
        import(&written(name, text), &options)
    };
    let named = named.expect("a sound mapping");
    let one = read("named.csv", "Ort,Zeit,Kurs,Menge\nX,1585699200,10.5,2\n", named.clone()).expect("a sound table");
    let other = read("numbered.csv", "2,1585699200,10.5\n", numbered.expect("a sound mapping")).expect("a sound table");
    assert_eq!(one.hash, other.hash);
    assert_eq!(read("lacks.csv", "Zeit,Kurs\n1,2\n", named).map_err(|bad| bad.code).err(), Some("E-MD-066"));
    for broken in ["kind = \"quotes\"\n[columns]\n", "kind = \"bars\"\ncolumn = 1\n", "kind", ""] {
        assert_eq!(map("broken.toml", broken).map_err(|bad| bad.code).err(), Some("E-MD-066"), "{broken}");
    }
}
