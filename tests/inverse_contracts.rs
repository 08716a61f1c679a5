//! Inverse contracts in the venue's account and in our books: the same fills, the same coins, to the last unit.
//!
//! Repeat with `cargo test --test inverse_contracts`.
#![cfg(feature = "simulator")]

mod venue_desk;

use proptest::prelude::*;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Account, Contract, DeskId, Instrument, MarketEvent, Money, Price, Qty, Rate, ReportKind, Side, Timestamp, Trade,
    VenueMessage,
};
use seatrial::trading::booking::{Books, Execution, Marks, Outcome};
use seatrial::venue::{Venue, VenueConfig};
use venue_desk::{BASE, Desk, QUOTE, config, market, money};

const DESK: DeskId = DeskId(0);

/// Contracts of 100 QUOTE, ticks of 1, coins of eight decimals.
fn inverse() -> Instrument {
    Instrument { base_scale: 8, qty_unit: 100.into(), ..venue_desk::instrument(Contract::Inverse) }
}

fn free_of_charge() -> VenueConfig {
    let mut of = inverse();
    (of.timeline[0].fees.maker, of.timeline[0].fees.taker) = (Rate::ZERO, Rate::ZERO);
    VenueConfig { instruments: vec![of], ..config(Contract::Inverse) }
}

/// Shows one price of both sides, at which everything trades.
fn at(desk: &mut Desk, price: i64) {
    desk.quote((price - 1, 1_000_000), (price, 1_000_000));
}

/// A long of 10 contracts of 100 from 50 000, half of it closed at 62 500, the rest at 40 000.
///
/// Entry worth: 1000 / 50 000 = 0.02. Half of it, 0.01, against 500 / 62 499 (the bid) = 0.008 000 128 → 0.00800013:
/// gains 0.00199987. The rest, 0.01, against 500 / 40 000 = 0.0125: loses 0.0025. Together −0.00050013.
#[test]
fn an_inverse_position_settles_in_coins() {
    let mut desk = Desk::with(free_of_charge());
    at(&mut desk, 50_000);
    desk.send(market(Buy, 10));
    at(&mut desk, 62_500);
    desk.send(market(Sell, 5));
    assert_eq!(desk.cash(BASE), money("1000.00199987"));
    at(&mut desk, 40_001);
    desk.send(market(Sell, 5));
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (money("999.99949987"), money("1000000")));
    assert_eq!(desk.venue.positions()[0].qty, Qty::ZERO);
}

/// Margin of 10 contracts at 50 000 with leverage 3: 0.02 / 3 = 0.006 666 67 coins, away from zero; more than is there
/// is refused.
#[test]
fn initial_margin_is_coins() {
    let mut terms = free_of_charge();
    terms.balances[0].total = money("0.00666667");
    let order = seatrial::market::NewOrder { leverage: 3, ..market(Buy, 10) };
    let mut desk = Desk::with(terms.clone());
    at(&mut desk, 50_000);
    assert_eq!(desk.send(order), "#1 accepted; #1 bought 10 @ 50000 taker");
    terms.balances[0].total = money("0.00666666");
    let mut desk = Desk::with(terms);
    at(&mut desk, 50_000);
    assert_eq!(desk.send(order), "#1 rejected: InsufficientBalance");
}

/// Everything the venue said about fills, booked by us.
fn booked(books: &mut Books, of: &Instrument, said: &[VenueMessage]) {
    for message in said {
        let VenueMessage::Report(report) = message else { continue };
        let ReportKind::Filled(fill) = report.kind else { continue };
        let execution =
            Execution { desk: DESK, instrument: of, at: report.at, fill: &fill, fee_rate: None, new_entry: true };
        let outcome = books.book(report.at, &execution).expect("a sound fill");
        assert!(matches!(outcome, Outcome::Booked(_)), "{outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// After every fill: the laws of the books hold, our coins are the venue's, and once flat what was earned is the
    /// sum of what was bought and sold at the fill prices, each rounded once.
    #[test]
    fn our_books_and_the_venue_hold_the_same_coins(
        trades in proptest::collection::vec((1..400_i64, 20_000..90_000_i64, any::<bool>()), 1..30),
    ) {
        let of = inverse();
        let terms = VenueConfig { instruments: vec![of.clone()], ..config(Contract::Inverse) };
        let (mut venue, mut books) = (Venue::new(terms), Books::new());
        books.opening(Timestamp(0), &[(BASE, money("1000"))]);
        let (mut held, mut id, mut worths) = (0, 0, Money::ZERO);
        let mut trade = |venue: &mut Venue, books: &mut Books, qty: i64, price: i64, side: Side| {
            let now = Timestamp(id + 1);
            id += 1;
            let quote = seatrial::market::Quote { instrument: of.id, bid: Price(price), bid_qty: Qty(9_999), ask: Price(price + 1), ask_qty: Qty(9_999) };
            let mut said = Vec::new();
            venue.on_market(now, &MarketEvent::Quote(quote), &mut said);
            venue.on_market(now, &MarketEvent::Trade(Trade { instrument: of.id, price: Price(price), qty: Qty(1), taker: None }), &mut said);
            let order = seatrial::market::NewOrder { id: seatrial::market::OrderId(id.unsigned_abs()), leverage: 5, ..market(side, qty) };
            venue.on_command(now, &seatrial::market::Command::New(order), &mut said);
            booked(books, &of, &said);
            let paid = if side == Buy { price + 1 } else { price };
            held += side.sign() * qty;
            worths += of.value(of.worth(side.signed(Qty(qty)), Price(paid)));
        };
        for (qty, price, buy) in trades {
            trade(&mut venue, &mut books, qty, price, if buy { Buy } else { Sell });
            prop_assert_eq!(books.verify(std::slice::from_ref(&of)), Ok(()));
            prop_assert_eq!(books.ledger().balance(Account::Cash, BASE), venue.balances()[0].total);
        }
        let side = if venue.positions()[0].qty.0 > 0 { Sell } else { Buy };
        let left = venue.positions()[0].qty.abs();
        if !left.is_zero() {
            trade(&mut venue, &mut books, left.0, 55_555, side);
        }
        prop_assert_eq!(held, 0);
        let fees = books.ledger().balance(Account::Fees, BASE);
        prop_assert_eq!(books.ledger().balance(Account::Cash, BASE) + fees - money("1000"), -worths);
        let marks = Marks { rates: [(BASE, money("50000"))].into(), ..Marks::default() };
        let equity = books.equity(std::slice::from_ref(&of), &marks).expect("only coins are left");
        prop_assert_eq!(equity, books.ledger().balance(Account::Cash, BASE).times(50_000.into()));
    }

    /// The average that is shown is the harmonic one: within a satoshi's worth of quantity / Σ (quantity / price).
    #[test]
    fn unrealised_at_the_average_is_nothing(qty in 1..10_000_i64, first in 10_000..90_000_i64, second in 10_000..90_000_i64) {
        let of = inverse();
        let mut position = seatrial::trading::position::Position::default();
        position.apply(Buy, Price(first), Qty(qty), &of);
        position.apply(Buy, Price(second), Qty(qty), &of);
        let average = position.average_shown(&of).expect("something is held");
        let (low, high) = (first.min(second), first.max(second));
        prop_assert!(average >= (low - 1).into() && average <= (high + 1).into(), "{average} is not between {low} and {high}");
        let open = position.unrealised(&of, seatrial::market::RawPrice::new(average));
        prop_assert!(open.abs() <= money("0.00000002"), "{open} at the average");
    }
}
