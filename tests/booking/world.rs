//! A small world for laws: four instruments, two desks, and acts drawn at random.
//!
//! Spot is long only: a sell never asks for more than is held after its base fee. Everything
//! else is free: shorts and crossings on margin, fees and rebates in quote, base or a third asset,
//! reported at once or later, transfers, funding and differences in between.

#![allow(dead_code, reason = "each test crate uses its own part")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use seatrial::market::{
    AssetId, Contract, DeskId, Fee, Fill, Instrument, Liquidity, Money, Price, Qty, RawPrice, Side, Timestamp, VenueRef,
};
use seatrial::trading::booking::{Booked, Books, Execution, Marks, Outcome};

use crate::instruments::{asset, decimal, fill, instrument};

/// What happens.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// A fill.
    Fill(Draw),
    /// The fee of an earlier fill is corrected.
    Correct { which: usize, fee: FeeKind, amount: i64 },
    /// The venue takes an earlier fill back.
    Bust(usize),
    /// Money comes or goes.
    Transfer(i64),
    /// Funding is paid on an instrument.
    Funding { place: usize, amount: i64 },
    /// Reconciliation finds a difference.
    Difference(i64),
}

/// A fill as drawn, before it is fitted to what is held.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub place: usize,
    pub desk: u16,
    pub buy: bool,
    /// Place in the instrument's price range, in thousandths.
    pub price: i64,
    pub qty: i64,
    pub maker: bool,
    pub fee: FeeKind,
    pub amount: i64,
}

/// What the fee is in.
#[derive(Clone, Copy, Debug)]
pub enum FeeKind {
    Absent,
    Quote,
    Rebate,
    Base,
    Third,
}

/// Values at one instant: of BTC, XRP and BNB in USDT.
#[derive(Clone, Copy, Debug)]
pub struct Values(pub i64, pub i64, pub i64);

pub fn acts() -> impl Strategy<Value = Vec<(Act, Values)>> {
    proptest::collection::vec((act(), values()), 1..24)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => draw().prop_map(Act::Fill),
        2 => (any::<usize>(), fee_kind(), 1..3_000_i64)
            .prop_map(|(which, fee, amount)| Act::Correct { which, fee, amount }),
        1 => any::<usize>().prop_map(Act::Bust),
        1 => (-10_000..10_000_i64).prop_map(Act::Transfer),
        1 => (0..4_usize, -10_000..10_000_i64).prop_map(|(place, amount)| Act::Funding { place, amount }),
        1 => (-100..100_i64).prop_map(Act::Difference),
    ]
}

pub fn draw() -> impl Strategy<Value = Draw> {
    (0..4_usize, 0..2_u16, any::<bool>(), 0..1_000_i64, 1..2_000_i64, any::<bool>(), fee_kind(), 1..3_000_i64).prop_map(
        |(place, desk, buy, price, qty, maker, fee, amount)| Draw { place, desk, buy, price, qty, maker, fee, amount },
    )
}

fn fee_kind() -> impl Strategy<Value = FeeKind> {
    use FeeKind::{Absent, Base, Quote, Rebate, Third};
    prop_oneof![3 => Just(Absent), 2 => Just(Quote), 1 => Just(Rebate), 3 => Just(Base), 2 => Just(Third)]
}

fn values() -> impl Strategy<Value = Values> {
    (4_000_000..5_000_000_i64, 40_000..80_000_i64, 50_000..70_000_i64).prop_map(|(btc, xrp, bnb)| Values(btc, xrp, bnb))
}

impl Values {
    pub fn marks(&self) -> Marks {
        let value = |amount: i64, scale| Money::new(rust_decimal::Decimal::new(amount, scale));
        let btc = value(self.0, 2);
        let price = |place| (seatrial::market::InstrumentId(place), RawPrice::new(btc.decimal()));
        Marks {
            rates: BTreeMap::from([
                (asset("USDT"), value(1, 0)),
                (asset("BTC"), btc),
                (asset("XRP"), value(self.1, 5)),
                (asset("BNB"), value(self.2, 2)),
            ]),
            prices: BTreeMap::from([price(0), price(1), price(3)]),
        }
    }
}

/// What an act came to.
#[derive(Clone, Debug)]
pub enum Came {
    Booked(Box<(Booked, Instrument, Fill)>),
    Corrected(Box<Booked>),
    Moved { asset: AssetId, transfer: Money, funding: Money, unexplained: Money },
    Nothing,
}

pub struct World {
    pub books: Books,
    pub instruments: Vec<Instrument>,
    pub fills: Vec<(DeskId, usize, Fill)>,
    busted: Vec<VenueRef>,
    time: i64,
}

impl World {
    pub fn new() -> Self {
        let instruments = vec![
            instrument("B", Contract::Spot, "0.0025", "0.0040", 0),
            instrument("B", Contract::Linear, "-0.0001", "0.0026", 1),
            instrument("Y", Contract::Spot, "0.0025", "0.0040", 2),
            instrument("Z", Contract::Linear, "0.0025", "0.0040", 3),
        ];
        let mut books = Books::new();
        for (name, amount) in [("USDT", 10_000_000), ("BTC", 1_000), ("BNB", 1_000)] {
            books.opening(Timestamp(0), &[(asset(name), Money::new(amount.into()))]);
        }
        Self { books, instruments, fills: Vec::new(), busted: Vec::new(), time: 0 }
    }

    /// Signed sum of all fills of an instrument that were not busted.
    pub fn traded(&self, place: usize) -> Qty {
        let fills = self.fills.iter().filter(|(_, of, fill)| *of == place && !self.busted.contains(&fill.execution));
        fills.map(|(.., fill)| fill.side.signed(fill.qty)).sum()
    }

    pub fn verify(&self) {
        self.books.verify(&self.instruments).unwrap_or_else(|breach| panic!("{breach}"));
    }

    pub fn perform(&mut self, act: Act, values: Values) -> Came {
        self.time += 1;
        let (now, usdt) = (Timestamp(self.time), asset("USDT"));
        let cents = |amount: i64| Money::new(rust_decimal::Decimal::new(amount, 2));
        let moved = Came::Moved { asset: usdt, transfer: Money::ZERO, funding: Money::ZERO, unexplained: Money::ZERO };
        match act {
            Act::Fill(draw) => self.fill(draw, values),
            Act::Correct { which, fee, amount } => self.correct(which, fee, amount, values),
            Act::Bust(which) => self.bust(which),
            Act::Transfer(amount) => {
                self.books.transfer(now, usdt, cents(amount));
                let Came::Moved { funding, unexplained, .. } = moved else { unreachable!("built above") };
                Came::Moved { asset: usdt, transfer: cents(amount), funding, unexplained }
            }
            Act::Funding { place, amount } => {
                let instrument = &self.instruments[place];
                self.books.funding(now, instrument, now, cents(amount)).expect("a new funding time");
                let (transfer, unexplained) = (Money::ZERO, Money::ZERO);
                Came::Moved { asset: instrument.quote, transfer, funding: cents(amount), unexplained }
            }
            Act::Difference(amount) => {
                self.books.difference(now, usdt, cents(amount));
                let (transfer, funding) = (Money::ZERO, Money::ZERO);
                Came::Moved { asset: usdt, transfer, funding, unexplained: -cents(amount) }
            }
        }
    }

    fn fill(&mut self, draw: Draw, values: Values) -> Came {
        let instrument = self.instruments[draw.place].clone();
        let (low, step, lots) = match draw.place {
            0 | 1 => (4_000_000, 1_000, 12_345),
            2 => (1_000, 1, 10),
            _ => (90, 1, 1),
        };
        let price = Price(low + draw.price * step / if draw.place == 3 { 40 } else { 1 });
        let side = if draw.buy { Side::Buy } else { Side::Sell };
        let fee = fee(&instrument, draw.fee, draw.amount);
        let desk = DeskId(draw.desk);
        let qty = match instrument.contract {
            Contract::Linear | Contract::Inverse => Qty(draw.qty * lots),
            Contract::Spot => match self.affordable(desk, draw.place, side, Qty(draw.qty * lots), fee) {
                Some(qty) => qty,
                None => return Came::Nothing,
            },
        };
        let liquidity = if draw.maker { Liquidity::Maker } else { Liquidity::Taker };
        let number = u64::try_from(self.fills.len()).expect("few fills");
        let fill = fill(number, side, price, qty, liquidity, fee);
        let outcome = self.book(desk, draw.place, &fill, values);
        let Outcome::Booked(booked) = outcome else { panic!("a new fill gave {outcome:?}") };
        self.fills.push((desk, draw.place, fill));
        Came::Booked(Box::new((booked, instrument, fill)))
    }

    pub fn book(&mut self, desk: DeskId, place: usize, fill: &Fill, values: Values) -> Outcome {
        let instrument = self.instruments[place].clone();
        let fee_rate = fill.fee.map(|fee| in_quote(&instrument, fee.asset, values));
        let at = Timestamp(self.time);
        let execution = Execution { desk, instrument: &instrument, at, fill, fee_rate, new_entry: true };
        self.books.book(at, &execution).expect("a sound fill")
    }

    fn correct(&mut self, which: usize, kind: FeeKind, amount: i64, values: Values) -> Came {
        if self.fills.is_empty() {
            return Came::Nothing;
        }
        let (desk, place, fill) = self.fills[which % self.fills.len()];
        let instrument = self.instruments[place].clone();
        let wanted = fee(&instrument, kind, amount);
        // A base fee only where the desk can still pay it.
        let Some(wanted) = wanted.filter(|fee| {
            fee.asset != instrument.base || self.affordable(desk, place, Side::Sell, Qty(1), Some(*fee)).is_some()
        }) else {
            return Came::Nothing;
        };
        let now = Timestamp(self.time);
        let fee_rate = Some(in_quote(&instrument, wanted.asset, values));
        let execution = Execution { desk, instrument: &instrument, at: now, fill: &fill, fee_rate, new_entry: false };
        let before = self.books.clone();
        let Ok(booked) = self.books.correct_fee(now, &execution, wanted) else {
            return Came::Nothing; // busted since
        };
        // Taking a base rebate back may ask for more than the desk still holds; then nothing happened.
        if instrument.contract == Contract::Spot && booked.position.qty.0 < 0 {
            self.books = before;
            return Came::Nothing;
        }
        Came::Corrected(Box::new(booked))
    }

    /// Not what a spot desk no longer holds: the venue would take it back elsewhere.
    fn bust(&mut self, which: usize) -> Came {
        if self.fills.is_empty() {
            return Came::Nothing;
        }
        let (_, place, fill) = self.fills[which % self.fills.len()];
        let instrument = self.instruments[place].clone();
        let before = self.books.clone();
        let booked = self
            .books
            .bust((Timestamp(self.time), Timestamp(self.time)), &instrument, fill.execution)
            .expect("a known execution");
        match booked {
            Some(booked) if instrument.contract == Contract::Spot && booked.position.qty.0 < 0 => {
                self.books = before;
                Came::Nothing
            }
            Some(booked) => {
                self.busted.push(fill.execution);
                Came::Booked(Box::new((booked, instrument, fill)))
            }
            None => Came::Nothing,
        }
    }

    /// What a spot desk can trade of `qty`: a buy all of it, a sell what is left after a base fee.
    fn affordable(&self, desk: DeskId, place: usize, side: Side, qty: Qty, fee: Option<Fee>) -> Option<Qty> {
        let instrument = &self.instruments[place];
        let held = self.books.position(desk, instrument.id).map_or(Qty::ZERO, |position| position.qty);
        let taken = fee.filter(|fee| fee.asset == instrument.base).map_or(Money::ZERO, |fee| fee.amount);
        let lots = (taken.decimal() / instrument.qty_unit).ceil().normalize().mantissa().max(0);
        let lots = i64::try_from(lots).expect("a small fee");
        match side {
            Side::Buy => (qty.0 > lots).then_some(qty),
            Side::Sell => (held.0 - lots > 0).then(|| Qty(qty.0.min(held.0 - lots))),
        }
    }
}

fn in_quote(instrument: &Instrument, of: AssetId, values: Values) -> Money {
    // Third-asset fees are charged on instruments quoted in USDT at BNB's value, elsewhere at 1:
    // any rate will do for the identity of the quote asset.
    if instrument.quote == asset("USDT") { values.marks().rates[&of] } else { Money::new(decimal("0.0125")) }
}

fn fee(instrument: &Instrument, kind: FeeKind, amount: i64) -> Option<Fee> {
    let in_asset = |asset: AssetId, amount: i64, scale: u32| {
        Some(Fee { asset, amount: Money::new(rust_decimal::Decimal::new(amount, scale)) })
    };
    match kind {
        FeeKind::Absent => None,
        FeeKind::Quote => in_asset(instrument.quote, amount * 997, 8),
        FeeKind::Rebate => in_asset(instrument.quote, -amount * 31, 8),
        FeeKind::Base if instrument.contract == Contract::Linear => in_asset(instrument.quote, amount * 7, 8),
        // Some of them below a lot, some rebates.
        FeeKind::Base => {
            let sign = if amount % 7 == 0 { -1 } else { 1 };
            in_asset(instrument.base, sign * amount, instrument.base_scale)
        }
        FeeKind::Third => in_asset(asset("BNB"), amount, 8),
    }
}
