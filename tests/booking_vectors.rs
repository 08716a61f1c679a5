//! The golden vectors of production-rules §7.1 on fees, P&L, average price and partial closes.
//!
//! Each case of `tests/vectors/booking.toml` is booked step by step; every figure named in a step
//! must be exactly the one the books give, and the laws of the books must hold after every step.

#[path = "booking/instruments.rs"]
mod instruments;

use std::collections::BTreeMap;

use instruments::{asset, decimal, fill, instrument, money};
use rust_decimal::Decimal;
use seatrial::market::{Account, Contract, DeskId, Fee, Instrument, Liquidity, Money, Qty, RawPrice, Side, Timestamp};
use seatrial::trading::booking::{Booked, Books, Execution, Marks, Outcome};
use seatrial::trading::position::{on_margin, percent};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    instrument: String,
    #[serde(default = "spot")]
    contract: String,
    #[serde(default = "maker")]
    maker: String,
    #[serde(default = "taker")]
    taker: String,
    #[serde(default = "cash")]
    cash: BTreeMap<String, String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    r#do: String,
    mark: Option<String>,
    then: BTreeMap<String, String>,
}

fn spot() -> String {
    "spot".to_owned()
}

fn maker() -> String {
    "0.0025".to_owned()
}

fn taker() -> String {
    "0.0040".to_owned()
}

fn cash() -> BTreeMap<String, String> {
    BTreeMap::from([("USDT".to_owned(), "10000".to_owned())])
}

const DESK: DeskId = DeskId(0);

/// One case being booked, with the sums its steps came to.
struct Run {
    books: Books,
    instrument: Instrument,
    booked: Option<Booked>,
    fills: u64,
    gross: Money,
    fees: Money,
    net: Money,
}

// proves: critical-6-fees, critical-6-leverage
#[test]
fn every_vector_gives_its_exact_figures() {
    let vectors: Vectors = toml::from_str(include_str!("vectors/booking.toml")).expect("the vectors are valid");
    for case in &vectors.case {
        check(case);
    }
    assert!(vectors.case.len() >= 25, "only {} cases were read", vectors.case.len());
}

fn check(case: &Case) {
    let contract = match case.contract.as_str() {
        "spot" => Contract::Spot,
        "linear" => Contract::Linear,
        other => panic!("{}: no contract {other}", case.id),
    };
    let mut run = Run {
        books: Books::new(),
        instrument: instrument(&case.instrument, contract, &case.maker, &case.taker, 0),
        booked: None,
        fills: 0,
        gross: Money::ZERO,
        fees: Money::ZERO,
        net: Money::ZERO,
    };
    for (name, amount) in &case.cash {
        run.books.opening(Timestamp(0), &[(asset(name), money(amount))]);
    }
    for step in &case.steps {
        run.perform(&step.r#do);
        run.books
            .verify(std::slice::from_ref(&run.instrument))
            .unwrap_or_else(|breach| panic!("{}: {breach}", case.id));
        for (figure, expected) in &step.then {
            let found = run.figure(figure, step.mark.as_deref());
            assert_eq!(found, decimal(expected), "{}, after `{}`: {figure}", case.id, step.r#do);
        }
    }
}

impl Run {
    fn perform(&mut self, step: &str) {
        let words: Vec<&str> = step.split(' ').collect();
        match words[..] {
            ["adopt", qty, "at", price] => {
                let holding = (self.qty(qty), self.instrument.exact_price(decimal(price)).expect("on the grid"));
                self.books.adopt(Timestamp(1), DESK, &self.instrument, holding);
            }
            ["funding", amount] => {
                self.books.funding(Timestamp(1), &self.instrument, Timestamp(1), money(amount)).expect("a new time");
            }
            ["buy", qty, "at", price, ref rest @ ..] => self.fill(Side::Buy, qty, price, rest),
            ["sell", qty, "at", price, ref rest @ ..] => self.fill(Side::Sell, qty, price, rest),
            _ => panic!("no step `{step}`"),
        }
    }

    fn fill(&mut self, side: Side, qty: &str, price: &str, rest: &[&str]) {
        let (liquidity, fee, fee_rate) = match rest {
            [] | ["taker"] => (Liquidity::Taker, None, None),
            ["maker"] => (Liquidity::Maker, None, None),
            ["fee", amount, name] => (Liquidity::Taker, Some((amount, name)), None),
            ["fee", amount, name, "rate", rate] => (Liquidity::Taker, Some((amount, name)), Some(money(rate))),
            other => panic!("no fill with {other:?}"),
        };
        let fee = fee.map(|(amount, name)| Fee { asset: asset(name), amount: money(amount) });
        let price = self.instrument.exact_price(decimal(price)).expect("on the grid");
        self.fills += 1;
        let fill = fill(self.fills, side, price, self.qty(qty), liquidity, fee);
        let execution = Execution {
            desk: DESK,
            instrument: &self.instrument,
            at: Timestamp(1),
            fill: &fill,
            fee_rate,
            new_entry: true,
        };
        let booked = match self.books.book(Timestamp(1), &execution).expect("a sound fill") {
            Outcome::Booked(booked) => booked,
            other => panic!("a new fill gave {other:?}"),
        };
        self.gross += booked.gross;
        self.net += booked.net;
        self.fees += booked.charge.value;
        self.booked = Some(booked);
    }

    fn qty(&self, qty: &str) -> Qty {
        self.instrument.exact_qty(decimal(qty)).expect("on the grid")
    }

    fn figure(&self, name: &str, mark: Option<&str>) -> Decimal {
        let words: Vec<&str> = name.split(' ').collect();
        match words[..] {
            ["cash", of] => self.balance(Account::Cash, of),
            ["rounding", of] => self.balance(Account::Rounding, of),
            ["fees", of] => self.balance(Account::Fees, of),
            ["funding", of] => self.balance(Account::Funding, of),
            ["total", "gross"] => self.gross.decimal(),
            ["total", "fees"] => self.fees.decimal(),
            ["total", "net"] => self.net.decimal(),
            ["equity"] => self.equity(mark.expect("a mark")).decimal(),
            ["residue"] => self
                .books
                .residue(DESK, self.instrument.id)
                .map_or(Decimal::ZERO, |residue| residue.amount(&self.instrument).decimal()),
            ["position" | "cost" | "average" | "open" | "carry" | "unrealised" | "net", ..] if name != "net" => {
                self.position_figure(name, mark)
            }
            _ => self.fill_figure(&words),
        }
    }

    fn position_figure(&self, name: &str, mark: Option<&str>) -> Decimal {
        let position = self.books.position(DESK, self.instrument.id).copied().unwrap_or_default();
        let mark = mark.map(|mark| RawPrice::new(decimal(mark)));
        match name {
            "position" => self.instrument.qty(position.qty),
            "cost" => self.instrument.value(position.cost).decimal(),
            "average" => position.average_shown(&self.instrument).expect("an open position"),
            "open fees" => position.entry_fees.decimal(),
            "carry" => position.carry.decimal(),
            "unrealised" => position.unrealised(&self.instrument, mark.expect("a mark")).decimal(),
            "net unrealised" => {
                position.net_unrealised(&self.instrument, mark.expect("a mark"), Timestamp(1)).decimal()
            }
            other => panic!("no figure {other}"),
        }
    }

    fn fill_figure(&self, words: &[&str]) -> Decimal {
        let booked = self.booked.as_ref().expect("a fill before its figures");
        let closed = || booked.closed.expect("a close");
        let notional = || self.instrument.value(closed().released);
        match words {
            ["fee"] => booked.charge.value.decimal(),
            ["gross"] => booked.gross.decimal(),
            ["net"] => booked.net.decimal(),
            ["released"] => notional().decimal(),
            ["exit", "fee"] => closed().exit_fee.decimal(),
            ["entry", "fee", "share"] => closed().entry_fees.decimal(),
            ["percent"] => percent(closed().net, notional()).expect("a notional"),
            ["percent", "gross"] => percent(closed().gross, notional()).expect("a notional"),
            ["on", "margin", leverage] => {
                on_margin(closed().net, notional(), leverage.parse().expect("a leverage")).expect("a notional")
            }
            other => panic!("no figure {other:?}"),
        }
    }

    fn balance(&self, account: Account, of: &str) -> Decimal {
        self.books.ledger().balance(account, asset(of)).decimal()
    }

    fn equity(&self, mark: &str) -> Money {
        let marks = Marks {
            rates: BTreeMap::from([(asset("USDT"), money("1")), (asset("BTC"), money(mark))]),
            prices: BTreeMap::from([(self.instrument.id, RawPrice::new(decimal(mark)))]),
        };
        self.books.equity(std::slice::from_ref(&self.instrument), &marks).expect("everything is marked")
    }
}
