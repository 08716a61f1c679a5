//! A real account against its exchange's own figures (`bitmex-account`): what a fill is worth, what the
//! wallet holds, and what every contract realised.
//!
//! A quanto contract is a linear one whose quote asset is the settlement asset, counted in satoshi, and
//! whose quantity unit is its multiplier: price × multiplier × quantity is then exact in our own units.
//! Fills go through the books, the wallet through the ledger. Repeat with `cargo test --test bitmex_account`.
#![cfg(feature = "simulator")]

#[path = "bitmex_account/files.rs"]
mod files;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use seatrial::ledger::Ledger;
use seatrial::market::{
    Account, AssetId, Cause, Contract, DeskId, Fee, FeeAsset, FeeSchedule, Fill, Instrument, InstrumentId, Liquidity,
    Money, Posting, Price, Qty, Rate, Rules, Side, Timestamp, Transaction, TransactionId, VenueRef,
};
use seatrial::trading::booking::{Books, Execution, Outcome};

use files::{FillRow, Totals, WalletRow};

const XBT: AssetId = AssetId(0);
const DESK: DeskId = DeskId(0);

#[test]
fn fills_are_worth_what_the_exchange_says() {
    let Some(contracts) = contracts() else { return };
    let (mut all, mut recovered) = (0, 0);
    for (symbol, rows) in &contracts {
        let instrument = quanto(symbol, rows);
        for row in rows {
            let value = |price: Decimal| {
                let price = instrument.exact_price(price).expect("the price unit is the finest of the data");
                instrument.value(Qty(row.qty).at(price))
            };
            assert_eq!(row.qty.signum(), if row.side == "Buy" { 1 } else { -1 }, "{symbol} {}", row.id);
            all += 1;
            if value(row.last()) != Money::new(row.cost.into()) {
                recovered += 1;
                assert_eq!(value(row.price()), Money::new(row.cost.into()), "{symbol} {}", row.id);
                let tick = Decimal::new(1, row.last().scale());
                assert!(
                    (row.last() - row.price()).abs() <= tick,
                    "{symbol} {}: {} was no rounding",
                    row.id,
                    row.last()
                );
            }
        }
    }
    println!("{all} fills of {} contracts, {recovered} by the recovered price", contracts.len());
}

/// Every row is one transaction of the ledger, which refuses any that does not sum to zero (LG-1).
#[test]
fn the_wallet_runs_to_the_balance_of_every_timestamp() {
    let Some(rows) = files::wallet() else {
        println!("skipped: ../shared/data/bitmex-account is not there");
        return;
    };
    let mut assets: BTreeMap<&str, (AssetId, bool)> = BTreeMap::new();
    let (mut ledger, mut checked) = (Ledger::new(), 0);
    for instant in rows.chunk_by(|a, b| a.timestamp == b.timestamp) {
        let mut balances: BTreeMap<&str, i64> = BTreeMap::new();
        for row in instant {
            let next = AssetId(u16::try_from(assets.len()).expect("few assets"));
            let (asset, opened) = assets.entry(&row.currency).or_insert((next, false));
            if !*opened {
                // A part of a ledger begins with what was there before it.
                let of = instant.iter().filter(|other| other.currency == row.currency);
                let last = of.clone().next_back().expect("this row is one of them");
                let before = last.balance - of.map(WalletRow::moved).sum::<i64>();
                post(&mut ledger, Cause::Opening, *asset, [(Account::External, -before), (Account::Fees, 0)]);
                *opened = true;
            }
            let (cause, to) = row.booked();
            let fee = row.fee_moved();
            post(&mut ledger, cause, *asset, [(to, -row.moved() - fee), (Account::Fees, fee)]);
            if row.kind != "UnrealisedPNL" {
                balances.insert(&row.currency, row.balance);
            }
        }
        for (currency, balance) in balances {
            let ours = ledger.balance(Account::Cash, assets[currency].0);
            assert_eq!(ours, Money::new(balance.into()), "{currency} after {}", instant[0].timestamp);
            checked += 1;
        }
    }
    for asset in ledger.assets() {
        assert!(ledger.trial_balance(asset).is_zero());
    }
    println!("{} rows, {checked} balances of {} currencies", rows.len(), assets.len());
}

/// Gross = −(sum of fill values + settlement) = wallet + funding + fees, and our cash is the wallet's.
#[test]
fn every_contract_realises_what_the_wallet_was_credited() {
    let (Some(contracts), Some(totals)) = (contracts(), files::totals()) else { return };
    let wallet = files::wallet().unwrap_or_default();
    let mut covered = 0;
    for (symbol, total) in &totals {
        let rows = contracts.get(symbol).unwrap_or_else(|| panic!("{symbol} has totals and no fills"));
        let account = Tracked::through(symbol, rows, total);
        assert_eq!(account.gross, Money::new(total.gross.into()), "{symbol}: gross");
        let remainder = total.gross - total.wallet - total.funding;
        assert_eq!(remainder, total.fees, "{symbol}: fees are what is left");
        // Ten-thousandths of the traded value, times ten: a maker's rebate of 2.5 to a taker's fee of 7.5.
        let bounds = -25 * total.traded..=75 * total.traded;
        assert!(bounds.contains(&(remainder * 100_000)), "{symbol}: fees of {remainder} on {}", total.traded);
        let ledger = account.books.ledger();
        let cash = ledger.balance(Account::Cash, XBT) + ledger.balance(Account::Rounding, XBT);
        assert_eq!(cash, Money::new(total.wallet.into()), "{symbol}: cash, but for rounding, is the wallet's");
        if files::covers(&wallet, rows) {
            let credited = wallet.iter().filter(|row| row.kind == "RealisedPNL" && row.contract == *symbol);
            assert_eq!(credited.map(WalletRow::moved).sum::<i64>(), total.wallet, "{symbol}: the wallet's rows");
            covered += 1;
        }
        println!("{symbol}: {} fills, gross {}, fees {remainder}", rows.len(), account.gross);
    }
    println!("{} contracts, of {covered} the wallet's own rows", totals.len());
}

/// Fills by contract, in order of time; what is inverse is named and left out.
fn contracts() -> Option<BTreeMap<String, Vec<FillRow>>> {
    let Some((rows, inverse)) = files::fills().zip(files::inverse()) else {
        println!("skipped: ../shared/data/bitmex-account is not there");
        return None;
    };
    let mut contracts: BTreeMap<String, Vec<FillRow>> = BTreeMap::new();
    for row in rows {
        contracts.entry(row.symbol.clone()).or_default().push(row);
    }
    contracts.retain(|symbol, rows| {
        rows.sort_by(|a, b| a.time.cmp(&b.time));
        if inverse.contains(symbol) {
            println!("left out: {symbol} is inverse");
        }
        !inverse.contains(symbol)
    });
    Some(contracts)
}

/// A contract's fills in the books: average cost, gross settled in satoshi.
struct Tracked {
    books: Books,
    gross: Money,
}

impl Tracked {
    fn through(symbol: &str, rows: &[FillRow], total: &Totals) -> Self {
        let instrument = quanto(symbol, rows);
        let mut tracked = Self { books: Books::new(), gross: Money::ZERO };
        let settled = Timestamp(i64::MAX);
        let last = rows.len() - 1;
        let fee = |now: bool| Money::new(if now { total.fees } else { 0 }.into());
        for (number, row) in rows.iter().enumerate() {
            let price = instrument.exact_price(row.price()).expect("on the price unit");
            let whole = number == last && total.settlement == 0;
            tracked.book(&instrument, number, Qty(row.qty), price, fee(whole));
        }
        let held = tracked.held(&instrument);
        assert_eq!((rows.len(), held.0), (total.fills, total.held), "{symbol}: fills, and what they leave");
        let [mut cost, mut traded] = [0, 0];
        for row in rows {
            (cost, traded) = (cost + row.cost, traded + row.cost.abs());
        }
        assert_eq!((cost, traded), (total.cost, total.traded), "{symbol}: value bought less sold, and traded");
        if !held.is_zero() {
            let multiplier = Decimal::from(rows[0].multiplier) * Decimal::from(-held.0);
            let price = instrument.exact_price(Decimal::from(total.settlement) / multiplier);
            tracked.book(&instrument, rows.len(), -held, price.expect("settled at a price"), fee(true));
        }
        assert_eq!(tracked.held(&instrument).0, total.held_at_end, "{symbol}: after settlement");
        let paid = Money::new(total.funding.into());
        tracked.books.funding(settled, &instrument, settled, paid).expect("funding is told once");
        tracked.books.verify(std::slice::from_ref(&instrument)).unwrap_or_else(|breach| panic!("{symbol}: {breach}"));
        tracked
    }

    fn book(&mut self, instrument: &Instrument, number: usize, qty: Qty, price: Price, fee: Money) {
        let fill = Fill {
            execution: VenueRef::numbered('E', number as u64),
            side: if qty.0 > 0 { Side::Buy } else { Side::Sell },
            price,
            qty: qty.abs(),
            liquidity: Liquidity::Maker,
            fee: Some(Fee { asset: XBT, amount: fee }),
        };
        let at = Timestamp(0);
        let execution = Execution { desk: DESK, instrument, at, fill: &fill, fee_rate: None, new_entry: true };
        match self.books.book(at, &execution) {
            Ok(Outcome::Booked(booked)) => self.gross += booked.gross,
            other => panic!("{}: {fill:?} gave {other:?}", instrument.symbol),
        }
    }

    fn held(&self, instrument: &Instrument) -> Qty {
        self.books.position(DESK, instrument.id).map_or(Qty::ZERO, |position| position.qty)
    }
}

/// One unit of quantity is one contract, and "base" of it is its multiplier: satoshi per unit of price.
fn quanto(symbol: &str, rows: &[FillRow]) -> Instrument {
    let multiplier = rows[0].multiplier;
    assert!(rows.iter().all(|row| row.multiplier == multiplier), "{symbol} has one multiplier");
    let finest = rows.iter().map(|row| row.price().scale().max(row.last().scale())).max().unwrap_or(0);
    Instrument {
        id: InstrumentId(0),
        symbol: symbol.to_owned(),
        base: AssetId(1),
        quote: XBT,
        base_scale: 0,
        quote_scale: 0,
        contract: Contract::Linear,
        price_unit: Decimal::new(1, finest),
        qty_unit: Decimal::from(multiplier),
        timeline: vec![Rules::unbounded(FeeSchedule { maker: Rate::ZERO, taker: Rate::ZERO, asset: FeeAsset::Quote })],
    }
}

/// Cash against the two accounts it came from.
fn post(ledger: &mut Ledger, cause: Cause, asset: AssetId, legs: [(Account, i64); 2]) {
    let entry = |(account, amount): (Account, i64)| Posting { account, asset, amount: Money::new(amount.into()) };
    let cash = -legs.iter().map(|(_, amount)| amount).sum::<i64>();
    let postings = legs.into_iter().chain([(Account::Cash, cash)]).map(entry).collect();
    let id = TransactionId(ledger.transactions());
    ledger.post(&Transaction { id, at: Timestamp(0), desk: None, cause, postings });
}
