//! Fills that are refused, come twice, or come from a venue that is wrong: nothing is half-written
//! and nothing panics.

#[path = "booking/instruments.rs"]
mod instruments;

use instruments::{asset, fill, instrument, money};
use seatrial::market::{
    Account, Contract, DeskId, Fee, FeeAsset, Fill, Instrument, Liquidity, Money, Price, Qty, RawPrice, Side, Timestamp,
};
use seatrial::trading::booking::{BookError, Booked, Books, Breach, Execution, Marks, Outcome};

const DESK: DeskId = DeskId(0);

fn spot() -> Instrument {
    instrument("B", Contract::Spot, "0.0025", "0.0040", 0)
}

fn execution<'a>(instrument: &'a Instrument, fill: &'a Fill) -> Execution<'a> {
    Execution { desk: DESK, instrument, at: Timestamp(7), fill, fee_rate: None, new_entry: true }
}

fn book(books: &mut Books, instrument: &Instrument, fill: &Fill) -> Booked {
    match books.book(Timestamp(8), &execution(instrument, fill)).expect("a sound fill") {
        Outcome::Booked(booked) | Outcome::FeeCorrected(booked) => booked,
        other => panic!("a fill gave {other:?}"),
    }
}

#[test]
fn a_malformed_fill_changes_nothing() {
    let instrument = spot();
    let mut books = Books::new();
    book(&mut books, &instrument, &fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, None));
    let before = books.clone();
    let mut check = |price, qty, fee, expected: &str| {
        let fill = fill(2, Side::Buy, Price(price), Qty(qty), Liquidity::Taker, fee);
        let error = books.book(Timestamp(8), &execution(&instrument, &fill)).expect_err("a refusal");
        assert!(error.to_string().contains(expected), "`{error}` does not say `{expected}`");
        assert_eq!(books, before);
    };
    check(0, 1_000, None, "above zero");
    check(-4_500_000, 1_000, None, "above zero");
    check(4_500_000, 0, None, "above zero");
    check(4_500_000, -1, None, "above zero");
    check(i64::MAX, i64::MAX, None, "more than exact money holds");
    check(i64::MIN, i64::MIN, None, "above zero");
    let third = Some(Fee { asset: asset("BNB"), amount: money("0.03") });
    check(4_500_000, 1_000, third, "cannot be valued");
    let fine = Some(Fee { asset: asset("BTC"), amount: money("0.0000000001") });
    check(4_500_000, 1_000, fine, "finer than the asset's 9 decimals");
}

#[test]
fn a_position_never_outgrows_its_numbers() {
    let instrument = instrument("Z", Contract::Linear, "0", "0", 0);
    let mut books = Books::new();
    book(&mut books, &instrument, &fill(1, Side::Buy, Price(1), Qty(i64::MAX), Liquidity::Taker, None));
    let before = books.clone();
    let more = fill(2, Side::Buy, Price(1), Qty(1), Liquidity::Taker, None);
    let refused = books.book(Timestamp(8), &execution(&instrument, &more));
    assert_eq!(refused, Err(BookError::TooLarge { price: Price(1), qty: Qty(1) }));
    assert_eq!(books, before);
    book(&mut books, &instrument, &fill(3, Side::Sell, Price(2), Qty(i64::MAX), Liquidity::Taker, None));
    books.verify(&[instrument]).expect("every law holds");
}

#[test]
fn a_third_fee_asset_falls_back_to_the_venues_own_conversion() {
    let mut instrument = spot();
    let third = FeeAsset::Third { asset: asset("BNB"), scale: 8, price: money("600") };
    instrument.timeline[0].fees.asset = third;
    let mut books = Books::new();
    let absent = fill(1, Side::Buy, Price(4_500_000), Qty(10_000_000), Liquidity::Taker, None);
    let booked = book(&mut books, &instrument, &absent);
    assert_eq!((booked.charge.amount, booked.charge.value), (money("0.03"), money("18")));
    let reported = Fill { fee: Some(Fee { asset: asset("BNB"), amount: money("0.02") }), ..absent };
    assert_eq!(book(&mut books, &instrument, &reported).charge.value, money("12"));
    assert_eq!(books.ledger().balance(Account::Fees, asset("BNB")), money("0.02"));
    assert_eq!(books.position(DESK, instrument.id).expect("open").entry_fees, money("12"));
    books.verify(&[instrument]).expect("every law holds");
}

#[test]
fn only_a_predicted_fee_is_replaced_by_a_report() {
    let instrument = spot();
    let mut books = Books::new();
    let fee = |amount| Some(Fee { asset: asset("USDT"), amount: money(amount) });
    let first = fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, fee("1"));
    book(&mut books, &instrument, &first);
    let other = Fill { fee: fee("2"), ..first };
    let again = books.book(Timestamp(9), &execution(&instrument, &other));
    assert_eq!(again, Ok(Outcome::Conflict(first)));
    let corrected = books.correct_fee(Timestamp(9), &execution(&instrument, &first), other.fee.expect("a fee"));
    assert_eq!(corrected.expect("a known execution").charge.value, money("2"));
    assert_eq!(books.ledger().balance(Account::Fees, asset("USDT")), money("2"));
    assert_eq!(books.ledger().transactions(), 4, "trade, fee, reversal, fee");
    let stranger = fill(9, Side::Buy, Price(1), Qty(1), Liquidity::Taker, None);
    let unknown = books.correct_fee(Timestamp(9), &execution(&instrument, &stranger), other.fee.expect("a fee"));
    assert_eq!(unknown, Err(BookError::Unknown { execution: stranger.execution }));
    books.verify(&[instrument]).expect("every law holds");
}

#[test]
fn a_fee_corrected_after_the_close_counts_at_once() {
    let instrument = spot();
    let mut books = Books::new();
    let entry = fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, None);
    book(&mut books, &instrument, &entry);
    book(&mut books, &instrument, &fill(2, Side::Sell, Price(4_500_000), Qty(1_000), Liquidity::Taker, None));
    book(&mut books, &instrument, &fill(3, Side::Buy, Price(4_500_000), Qty(500), Liquidity::Taker, None));
    let open = *books.position(DESK, instrument.id).expect("open");
    let reported = Fill { fee: Some(Fee { asset: asset("USDT"), amount: money("0.01") }), ..entry };
    let booked = book(&mut books, &instrument, &reported);
    assert_eq!(booked.net, money("0.0018") - money("0.01"));
    assert_eq!(books.position(DESK, instrument.id), Some(&open), "a later life bears nothing of it");
    books.verify(&[instrument]).expect("every law holds");
}

// proves: ledger-bust
#[test]
fn funding_counts_once_per_funding_time_and_is_shared_by_the_desks_that_pay() {
    let instrument = instrument("Z", Contract::Linear, "0", "0", 0);
    let mut books = Books::new();
    for (desk, side, qty) in [(0, Side::Buy, 3), (1, Side::Buy, 4), (2, Side::Sell, 2)] {
        let fill = fill(desk, side, Price(100), Qty(qty), Liquidity::Taker, None);
        let desk = DeskId(u16::try_from(desk).expect("three desks"));
        books.book(Timestamp(1), &Execution { desk, ..execution(&instrument, &fill) }).expect("a sound fill");
    }
    let pay = |books: &mut Books| books.funding(Timestamp(2), &instrument, Timestamp(1), money("0.00000010"));
    assert!(pay(&mut books).is_some());
    let once = books.clone();
    assert!(pay(&mut books).is_none());
    assert_eq!(books, once);
    let carry = |desk| books.position(DeskId(desk), instrument.id).expect("open").carry;
    assert_eq!([carry(0), carry(1), carry(2)], [money("0.00000004"), money("0.00000006"), Money::ZERO]);
    assert_eq!(books.ledger().balance(Account::Funding, asset("USDT")), money("0.0000001"));
    books.verify(&[instrument]).expect("every law holds");
}

#[test]
fn entries_are_counted_until_flat() {
    let instrument = instrument("Z", Contract::Linear, "0", "0", 0);
    let mut books = Books::new();
    let mut trade = |number, side, qty, new_entry| {
        let fill = fill(number, side, Price(100), Qty(qty), Liquidity::Taker, None);
        let at = Timestamp(i64::try_from(number).expect("small"));
        let execution = Execution { at, new_entry, ..execution(&instrument, &fill) };
        books.book(at, &execution).expect("a sound fill");
        books.position(DESK, instrument.id).map(|position| (position.entries, position.opened_at.0))
    };
    assert_eq!(trade(1, Side::Buy, 1, true), Some((1, 1)));
    assert_eq!(trade(2, Side::Buy, 1, false), Some((1, 1)), "a further fill of the same order");
    assert_eq!(trade(3, Side::Buy, 1, true), Some((2, 1)), "a further entry");
    assert_eq!(trade(4, Side::Sell, 2, true), Some((2, 1)), "a partial close frees none");
    assert_eq!(trade(5, Side::Sell, 2, true), Some((1, 5)), "across zero a new life begins");
    assert_eq!(trade(6, Side::Buy, 1, true), None);
}

/// A venue that takes more base than we hold is wrong, but its word is booked: the books stay
/// balanced and show the short.
#[test]
fn a_base_fee_that_is_not_covered_is_booked_as_it_is() {
    let instrument = spot();
    let mut books = Books::new();
    book(&mut books, &instrument, &fill(1, Side::Buy, Price(4_500_000), Qty(100), Liquidity::Taker, None));
    let fee = Some(Fee { asset: asset("BTC"), amount: money("0.000000055") });
    let booked = book(&mut books, &instrument, &fill(2, Side::Sell, Price(4_600_000), Qty(98), Liquidity::Taker, fee));
    assert_eq!(booked.position.qty, Qty(-4));
    assert_eq!(books.ledger().balance(Account::Cash, asset("BTC")), money("-0.000000035"));
    assert_eq!(books.residue(DESK, instrument.id).expect("half a lot").amount(&instrument), money("0.000000005"));
    books.verify(&[instrument]).expect("every law holds");
}

/// A residue pays a base fee where the lots run out, at its own cost.
#[test]
fn a_residue_pays_when_no_lots_are_left() {
    let instrument = spot();
    let mut books = Books::new();
    let fee = |amount| Some(Fee { asset: asset("BTC"), amount: money(amount) });
    book(
        &mut books,
        &instrument,
        &fill(1, Side::Buy, Price(4_500_000), Qty(100), Liquidity::Taker, fee("0.000000004")),
    );
    let sold = fill(2, Side::Sell, Price(4_700_000), Qty(99), Liquidity::Taker, fee("0.000000005"));
    let booked = book(&mut books, &instrument, &sold);
    assert!(booked.position.is_flat() && booked.closed.expect("a close").flat);
    assert_eq!(books.residue(DESK, instrument.id).expect("a rest").amount(&instrument), money("0.000000001"));
    assert_eq!(books.residue(DESK, instrument.id).expect("a rest").cost(&instrument), money("0.000045"));
    // 99 lots made 2 000 each in USDT per BTC, and so did the 5 finest units that paid the fee.
    assert_eq!(booked.gross, money("0.00198") + money("0.00001"));
    books.verify(&[instrument]).expect("every law holds");
}

/// A fee in an asset that nothing values is refused, whatever third asset the schedule knows; one in the base
/// of a margin instrument is worth what the fill itself says.
#[test]
fn a_fee_is_valued_by_its_own_asset() {
    let mut instrument = instrument("B", Contract::Linear, "0.0025", "0.0040", 0);
    instrument.timeline[0].fees.asset = FeeAsset::Third { asset: asset("BNB"), scale: 8, price: money("600") };
    let mut books = Books::new();
    let fee = |name: &str, amount| Some(Fee { asset: asset(name), amount: money(amount) });
    let strange = fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, fee("XRP", "1"));
    let refused = books.book(Timestamp(8), &execution(&instrument, &strange)).expect_err("nothing values it");
    assert!(refused.to_string().contains("cannot be valued"), "{refused}");
    assert_eq!(books, Books::new());
    let base = fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, fee("BTC", "0.0004"));
    assert_eq!(book(&mut books, &instrument, &base).charge.value, money("18"));
}

/// FB-4, §5.2: a fee is corrected where its execution was booked: for its desk, in its instrument, and not
/// once the execution is undone.
#[test]
fn a_fee_is_corrected_where_it_was_booked() {
    let here = instrument("B", Contract::Linear, "0.0025", "0.0040", 0);
    let there = instrument("B", Contract::Linear, "0.0025", "0.0040", 1);
    let mut books = Books::new();
    let first = fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, None);
    book(&mut books, &here, &first);
    let fee = Fee { asset: asset("USDT"), amount: money("0.5") };
    let before = books.clone();
    let elsewhere = books.correct_fee(Timestamp(9), &execution(&there, &first), fee);
    assert_eq!((elsewhere, &books), (Err(BookError::Unknown { execution: first.execution }), &before));
    let by_another = Execution { desk: DeskId(1), ..execution(&here, &first) };
    books.correct_fee(Timestamp(9), &by_another, fee).expect("a known execution");
    assert_eq!(books.position(DESK, here.id).expect("open").entry_fees, money("0.5"));
    assert_eq!(books.position(DeskId(1), here.id), None);
    books.bust((Timestamp(10), Timestamp(10)), &here, first.execution).expect("known").expect("it stood");
    let before = books.clone();
    let undone = books.correct_fee(Timestamp(11), &execution(&here, &first), fee);
    assert_eq!((undone, &books), (Err(BookError::Unknown { execution: first.execution }), &before));
    books.verify(&[here, there]).expect("every law holds");
}

/// The last fill is taken back with all it came to: gross, net, and what is open again.
#[test]
fn the_last_fill_is_taken_back_with_what_it_earned() {
    let instrument = instrument("B", Contract::Linear, "0.0025", "0.0040", 0);
    let mut books = Books::new();
    book(&mut books, &instrument, &fill(1, Side::Buy, Price(4_500_000), Qty(1_000), Liquidity::Taker, None));
    let open = *books.position(DESK, instrument.id).expect("open");
    let close = fill(2, Side::Sell, Price(4_600_000), Qty(400), Liquidity::Taker, None);
    let closed = book(&mut books, &instrument, &close);
    assert_eq!(closed.gross, money("0.004"));
    let undone = books.bust((Timestamp(9), Timestamp(9)), &instrument, close.execution).expect("known").expect("stood");
    assert_eq!((undone.gross, undone.net), (-closed.gross, -closed.net));
    assert_eq!(undone.lots_gross.0, -closed.lots_gross.0);
    assert_eq!(books.position(DESK, instrument.id), Some(&open));
    books.verify(&[instrument]).expect("every law holds");
}

/// A life is never begun twice under one number, whatever begins it: a bust that takes a position through
/// zero, or a residue that has become a whole lot.
#[test]
fn every_life_has_a_number_of_its_own() {
    let linear = instrument("Z", Contract::Linear, "0", "0", 0);
    let mut books = Books::new();
    let mut lives = Vec::new();
    for (number, side, qty) in [(1, Side::Buy, 2), (2, Side::Sell, 3), (3, Side::Buy, 2)] {
        book(&mut books, &linear, &fill(number, side, Price(100), Qty(qty), Liquidity::Taker, None));
        lives.push(books.position(DESK, linear.id).expect("open").life);
    }
    let first = seatrial::market::VenueRef::numbered('E', 1);
    books.bust((Timestamp(9), Timestamp(9)), &linear, first).expect("known").expect("it stood");
    let after = *books.position(DESK, linear.id).expect("open");
    assert_eq!((after.qty, after.opened_at, after.entries), (Qty(-1), Timestamp(9), 1));
    lives.push(after.life);
    assert!(lives.windows(2).all(|pair| pair[0] < pair[1]), "{lives:?}");

    let spot = spot();
    let mut books = Books::new();
    let fee = |amount| Some(Fee { asset: asset("BTC"), amount: money(amount) });
    book(&mut books, &spot, &fill(1, Side::Buy, Price(4_500_000), Qty(100), Liquidity::Taker, fee("0.000000004")));
    let life = books.position(DESK, spot.id).expect("open").life;
    let sold = fill(2, Side::Sell, Price(4_500_000), Qty(99), Liquidity::Taker, fee("-0.000000005"));
    let booked = book(&mut books, &spot, &sold);
    assert_eq!((booked.position.qty, booked.position.opened_at), (Qty(1), Timestamp(7)), "a whole lot came together");
    assert!(booked.position.life > life && booked.position.entries == 1);
    books.verify(&[spot]).expect("every law holds");
}

/// Funding is shared by the desks on the side that pays, shorts as well as longs, the remainder to the last.
#[test]
fn funding_is_shared_by_the_net_side_whichever_it_is() {
    for (side, other) in [(Side::Sell, Side::Buy), (Side::Buy, Side::Sell)] {
        let instrument = instrument("Z", Contract::Linear, "0", "0", 0);
        let mut books = Books::new();
        for (desk, side, qty) in [(0, side, 1), (1, side, 1), (2, other, 1), (3, side, 1)] {
            let fill = fill(desk, side, Price(100), Qty(qty), Liquidity::Taker, None);
            let desk = DeskId(u16::try_from(desk).expect("four desks"));
            books.book(Timestamp(1), &Execution { desk, ..execution(&instrument, &fill) }).expect("a sound fill");
        }
        books.funding(Timestamp(2), &instrument, Timestamp(1), money("0.0000001")).expect("a new time");
        let carry = [0, 1, 2, 3].map(|desk| books.position(DeskId(desk), instrument.id).expect("open").carry);
        let share = money("0.00000003");
        assert_eq!(carry, [share, share, Money::ZERO, money("0.00000004")], "{side:?}");
        books.verify(&[instrument]).expect("every law holds");
    }
}

fn marks(instrument: &Instrument, price: &str) -> Marks {
    let price = RawPrice::new(instruments::decimal(price));
    Marks {
        rates: [(asset("USDT"), money("1")), (asset("BTC"), Money::new(price.decimal()))].into(),
        prices: [(instrument.id, price)].into(),
    }
}

/// §4.3: the statement's terms are what happened, in account currency, and explain the change of equity.
#[test]
fn a_statement_names_every_term() {
    let instrument = instrument("B", Contract::Linear, "0.0025", "0.0040", 0);
    let table = std::slice::from_ref(&instrument);
    let mut books = Books::new();
    books.opening(Timestamp(0), &[(asset("USDT"), money("10000"))]);
    let before = books.statement(table, &marks(&instrument, "45000")).expect("all is marked");
    book(&mut books, &instrument, &fill(1, Side::Buy, Price(4_500_000), Qty(10_000_000), Liquidity::Taker, None));
    book(&mut books, &instrument, &fill(2, Side::Sell, Price(4_600_000), Qty(5_000_000), Liquidity::Taker, None));
    books.funding(Timestamp(2), &instrument, Timestamp(1), money("0.45")).expect("a new time");
    books.transfer(Timestamp(3), asset("USDT"), money("250"));
    let after = books.statement(table, &marks(&instrument, "45500")).expect("all is marked");
    let terms = [after.gross_realised(), after.gross_unrealised, after.fees(), after.funding(), after.transfers()];
    assert_eq!(terms, ["50", "25", "27.2", "0.45", "10250"].map(money));
    assert_eq!(after.equity - before.equity, money("50") + money("25") - money("27.65") + money("250"));
    assert_eq!(after.failure_since(&before), Money::ZERO);
}

/// The check of the laws can fail: books read with another instrument's units, or with a statement of another
/// account's, do not come out.
#[test]
fn the_check_of_the_laws_can_fail() {
    let spot = spot();
    let mut books = Books::new();
    books.opening(Timestamp(0), &[(asset("USDT"), money("10000"))]);
    book(&mut books, &spot, &fill(1, Side::Buy, Price(4_500_000), Qty(1_000_000), Liquidity::Taker, None));
    let table = std::slice::from_ref(&spot);
    books.verify(table).expect("every law holds");
    let coarse = Instrument { qty_unit: instruments::decimal("0.0000001"), ..spot.clone() };
    assert!(matches!(books.verify(&[coarse]), Err(Breach::Equity { .. })));
    let after = books.statement(table, &marks(&spot, "45000")).expect("all is marked");
    let mut other = after.clone();
    other.equity += money("0.00000001");
    assert_eq!(after.failure_since(&other), money("-0.00000001"));
}

/// LG-9 under netting: a venue keeps one position where we keep two desks apart. What it holds in cash is what
/// its own order of things settled, fees included, also after it took one of them back; and when all is closed
/// it is what we hold.
#[test]
fn a_bust_under_netting_leaves_the_venues_cash() {
    let buy = |number, desk, qty, price| (number, desk, Side::Buy, qty, price);
    let sell = |number, desk, qty, price| (number, desk, Side::Sell, qty, price);
    // Fills, which of them is undone, the venue's cash before and after that, what closes all, and the cash then.
    let stories = [
        // Its opening is undone: the venue is short what the other desk sold.
        (vec![buy(1, 0, 10, 100), sell(2, 1, 4, 110)], 1, "38", "39", vec![buy(9, 1, 4, 105)], "18"),
        // The close by the other desk is undone, and with it what it settled at the venue.
        (vec![buy(1, 0, 10, 100), sell(2, 1, 4, 110)], 2, "38", "-1", vec![sell(9, 0, 10, 110)], "98"),
        // Our own close is undone, the last that happened.
        (vec![buy(1, 0, 10, 100), sell(2, 0, 4, 110)], 2, "38", "-1", vec![sell(9, 0, 10, 110)], "98"),
        // The same with another fill since: its profit is settled anew with us, and not at the venue.
        (
            vec![buy(1, 0, 10, 100), sell(2, 0, 4, 110), buy(3, 0, 1, 120)],
            2,
            "37",
            "-2",
            vec![sell(9, 0, 11, 120)],
            "197",
        ),
    ];
    for (fills, undone, before, after, closing, closed) in stories {
        let instrument = instrument("Z", Contract::Linear, "0", "0", 0);
        let mut books = Books::new();
        let book = |books: &mut Books, fills: &[(u64, u16, Side, i64, i64)]| {
            for (number, desk, side, qty, price) in fills {
                let at = Timestamp(i64::try_from(*number).expect("small"));
                let fee = Some(Fee { asset: asset("USDT"), amount: money("1") });
                let fill = fill(*number, *side, Price(*price), Qty(*qty), Liquidity::Taker, fee);
                let execution = Execution { desk: DeskId(*desk), at, ..execution(&instrument, &fill) };
                books.book(at, &execution).expect("a sound fill");
            }
        };
        let usdt = asset("USDT");
        book(&mut books, &fills);
        assert_eq!(books.venue_cash(usdt), money(before), "{fills:?}");
        let execution = seatrial::market::VenueRef::numbered('E', undone);
        books.bust((Timestamp(8), Timestamp(8)), &instrument, execution).expect("known").expect("it stood");
        assert_eq!(books.venue_cash(usdt), money(after), "{fills:?} without {undone}");
        book(&mut books, &closing);
        assert_eq!(books.venue_cash(usdt), money(closed), "{fills:?} without {undone}, and closed");
        assert_eq!(books.positions().count(), 0, "{fills:?}: all is closed");
        assert_eq!(books.ledger().balance(Account::Cash, usdt), money(closed), "and so is ours");
        books.verify(std::slice::from_ref(&instrument)).expect("every law holds");
    }
}
