//! Laws of the books over random histories.
//!
//! The seed is fixed, so `cargo test --test booking_laws` repeats a failure exactly; proptest
//! prints the shortest history it found.

#[path = "booking/instruments.rs"]
mod instruments;
#[path = "booking/world.rs"]
mod world;

use instruments::{asset, fill, instrument, money};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use seatrial::market::{
    Account, Cause, Contract, DeskId, Fee, Fill, Instrument, Liquidity, Money, Price, Qty, Side, Timestamp,
};
use seatrial::trading::booking::{Booked, Books, Execution, Marks, Outcome};
use seatrial::trading::position::Position;
use world::{Act, Came, FeeKind, Values, World, acts};

fn config() -> Config {
    Config { cases: 192, rng_seed: RngSeed::Fixed(20), failure_persistence: None, ..Config::default() }
}

const DESK: DeskId = DeskId(0);

fn book(books: &mut Books, instrument: &Instrument, fill: &Fill) -> Booked {
    let execution = Execution { desk: DESK, instrument, at: Timestamp(0), fill, fee_rate: None, new_entry: true };
    match books.book(Timestamp(0), &execution).expect("a sound fill") {
        Outcome::Booked(booked) => booked,
        other => panic!("a new fill gave {other:?}"),
    }
}

/// Gross unrealised by its definition, from what anyone can see of the books.
fn unrealised(world: &World, marks: &Marks) -> Money {
    let mut sum = Money::ZERO;
    for (_, id, position) in world.books.positions() {
        let instrument = &world.instruments[usize::from(id.0)];
        sum += position.unrealised(instrument, marks.prices[&id]);
    }
    for desk in [DeskId(0), DeskId(1)] {
        let instrument = &world.instruments[0];
        if let Some(residue) = world.books.residue(desk, instrument.id) {
            sum += residue.unrealised(instrument, marks.prices[&instrument.id].decimal());
        }
    }
    sum
}

/// What the postings of a booking moved to `rounding`, in quote; less than a unit each, at most
/// half of one under half-even (LG-4).
fn rounding(booked: &Booked, instrument: &Instrument) -> Money {
    let mut sum = Money::ZERO;
    for transaction in &booked.transactions {
        let moved: Money = transaction
            .postings
            .iter()
            .filter(|posting| posting.account == Account::Rounding)
            .map(|posting| posting.amount)
            .sum();
        assert!(moved.abs() <= money("0.000000005"), "{moved} of {} went to rounding", instrument.symbol);
        sum += moved;
    }
    sum
}

proptest! {
    #![proptest_config(config())]

    /// LG-1, LG-7, LG-8 after every event, and the equity identity in account currency between any
    /// two of them, at any marks, in any mixture of assets.
    #[test]
    fn every_law_holds_after_every_event(history in acts()) {
        let mut world = World::new();
        let mut before = world.books.statement(&world.instruments, &history[0].1.marks()).expect("all is marked");
        for (act, values) in history {
            world.perform(act, values);
            world.verify();
            let open = |place: usize| -> Qty {
                world.books.positions().filter(|(_, id, _)| usize::from(id.0) == place).map(|(.., p)| p.qty).sum()
            };
            for place in [1, 3] {
                prop_assert_eq!(open(place), world.traded(place), "P1: a position is the sum of its signed fills");
            }
            let after = world.books.statement(&world.instruments, &values.marks()).expect("all is marked");
            prop_assert_eq!(after.failure_since(&before), Money::ZERO);
            before = after;
        }
    }

    /// The identity of §4.3 by its words, from the outcomes of the bookings alone: Δequity = gross
    /// realised + Δ gross unrealised − fees − funding − rounding − unexplained + transfers, and
    /// between events the revaluation of other assets.
    #[test]
    fn equity_changes_by_what_the_bookings_say(history in acts()) {
        let mut world = World::new();
        for (act, values) in history {
            if matches!(act, Act::Correct { .. }) || matches!(act, Act::Fill(draw) if draw.place == 2) {
                continue;
            }
            // Nor may a bust name a fill whose fee in a third asset was worth something else then.
            if matches!(act, Act::Funding { place: 2, .. } | Act::Bust(_)) {
                continue;
            }
            let marks = values.marks();
            let equity = |world: &World| world.books.equity(&world.instruments, &marks).expect("all is marked");
            let (equity_before, open_before) = (equity(&world), unrealised(&world, &marks));
            let came = world.perform(act, values);
            let explained = match came {
                Came::Booked(ref booked) => {
                    let (booked, instrument, _) = booked.as_ref();
                    booked.gross - booked.charge.value - rounding(booked, instrument)
                }
                Came::Moved { transfer, funding, unexplained, .. } => transfer - funding - unexplained,
                Came::Corrected(_) | Came::Nothing => Money::ZERO,
            };
            let open = unrealised(&world, &marks) - open_before;
            prop_assert_eq!(equity(&world) - equity_before, explained + open);
        }
    }

    /// LG-3: each fill has exactly one fee posting, of what the charge says.
    #[test]
    fn every_fill_has_one_fee_posting(history in acts()) {
        let mut world = World::new();
        for (act, values) in history {
            if matches!(act, Act::Bust(_)) {
                continue;
            }
            if let Came::Booked(booked) = world.perform(act, values) {
                let (booked, _, fill) = *booked;
                let fees: Vec<_> =
                    booked.transactions.iter().filter(|posted| posted.cause == Cause::Fee(fill.execution)).collect();
                prop_assert_eq!(fees.len(), 1);
                let paid = fees[0].postings.iter().find(|posting| posting.account == Account::Fees).expect("a fee");
                prop_assert_eq!((paid.asset, paid.amount), (booked.charge.asset, booked.charge.amount));
                let ids: Vec<u64> = booked.transactions.iter().map(|posted| posted.id.0).collect();
                prop_assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?} do not follow each other");
            }
        }
    }

    /// FB-1, C6: a fill that comes again, at once or at the end, changes nothing; with other content
    /// it changes nothing and is reported.
    #[test]
    fn a_known_execution_changes_nothing(history in acts()) {
        let mut world = World::new();
        for (act, values) in history {
            if matches!(act, Act::Correct { .. } | Act::Bust(_)) {
                continue;
            }
            world.perform(act, values);
            let Some((desk, place, fill)) = world.fills.last().copied() else { continue };
            let before = world.books.clone();
            prop_assert_eq!(world.book(desk, place, &fill, values), Outcome::Duplicate);
            let (_, _, first) = world.fills[0];
            let other = Fill { qty: first.qty + Qty(1), ..first };
            let (desk, place, _) = world.fills[0];
            prop_assert_eq!(world.book(desk, place, &other, values), Outcome::Conflict(first));
            prop_assert_eq!(&world.books, &before);
        }
    }

    /// An order split into fills at one price grows exactly the position one fill would, and closes
    /// it exactly; a partial close differs by at most one tick-lot of cost per fill, which moves
    /// between realised and open and is never lost. Cash differs by at most one rounding unit per
    /// fill, fees by at most one.
    #[test]
    fn a_split_order_is_the_same_order(
        held in -5_000..5_000_i64,
        parts in proptest::collection::vec(1..2_000_i64, 1..12),
        buy in any::<bool>(),
        price in 4_000_000..5_000_000_i64,
        spot in any::<bool>(),
    ) {
        let whole: i64 = parts.iter().sum();
        let buy = if spot { true } else { buy };
        let held = if spot { held.abs() } else { held };
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let instrument = instrument("B", contract, "0.0025", "0.0040", 0);
        let side = if buy { Side::Buy } else { Side::Sell };
        let run = |parts: &[i64]| {
            let mut books = Books::new();
            if held != 0 {
                let first = if held > 0 { Side::Buy } else { Side::Sell };
                book(&mut books, &instrument, &fill(0, first, Price(4_512_337), Qty(held.abs()), Liquidity::Taker, None));
            }
            let mut gross = Money::ZERO;
            for (number, part) in (1..).zip(parts) {
                let fill = fill(number, side, Price(price), Qty(*part), Liquidity::Taker, None);
                gross += book(&mut books, &instrument, &fill).gross;
            }
            books.verify(std::slice::from_ref(&instrument)).expect("every law holds");
            let position = books.position(DESK, instrument.id).copied().unwrap_or_default();
            (books, position, gross)
        };
        let ((one, at_once, gross_once), (many, in_parts, gross_parts)) = (run(&[whole]), run(&parts));
        let fills = i64::try_from(parts.len()).expect("few fills");
        prop_assert_eq!(at_once.qty, in_parts.qty);
        let partial_close = at_once.qty.0 * held > 0 && at_once.qty.0.abs() < held.abs();
        let apart = in_parts.cost - at_once.cost;
        prop_assert!(apart.0.abs() <= if partial_close { fills.into() } else { 0 }, "the cost is {apart:?} apart");
        prop_assert_eq!(gross_parts - gross_once, instrument.value(apart));
        let (unit, usdt) = (Money::new(rust_decimal::Decimal::new(fills, 8)), asset("USDT"));
        let fees = many.ledger().balance(Account::Fees, usdt) - one.ledger().balance(Account::Fees, usdt);
        prop_assert!(fees >= Money::ZERO && fees <= unit, "fees are {fees} apart");
        let cash = many.ledger().balance(Account::Cash, usdt) - one.ledger().balance(Account::Cash, usdt) + fees;
        let settled = if spot { Money::ZERO } else { instrument.value(apart) };
        prop_assert!((cash - settled).abs() <= unit, "cash is {cash} apart");
        if !spot {
            prop_assert_eq!(one.ledger().balance(Account::Cash, asset("BTC")), Money::ZERO);
        }
    }

    /// P2: quantity, cost and gross profit agree with a recomputation from all fills that keeps no
    /// running cost: what was bought and sold at the fill prices is what is open plus what was made.
    #[test]
    fn fills_add_up_to_cost_and_profit(fills in proptest::collection::vec((-50..50_i64, 90..110_i64), 1..40)) {
        let mut position = Position::default();
        let (mut quantity, mut paid, mut gross) = (0_i128, 0_i128, 0_i128);
        for (qty, price) in fills.into_iter().filter(|(qty, _)| *qty != 0) {
            let side = if qty > 0 { Side::Buy } else { Side::Sell };
            let before = position;
            let split = position.apply(side, Price(price), Qty(qty.abs()), &instrument("B", Contract::Linear, "0", "0", 0));
            quantity += i128::from(qty);
            paid += i128::from(qty) * i128::from(price);
            gross += split.gross.0;
            prop_assert_eq!(i128::from(position.qty.0), quantity);
            prop_assert_eq!(position.cost.0, paid + gross);
            prop_assert_eq!(split.closed + split.opened, Qty(qty.abs()));
            // A close never moves the average price by a tick-lot or more, and never touches the sign.
            prop_assert!(position.cost.0.signum() == i128::from(position.qty.0.signum()));
            if split.opened.is_zero() && !position.is_flat() {
                let drift = position.cost.0 * i128::from(before.qty.0) - before.cost.0 * i128::from(position.qty.0);
                prop_assert!(drift.abs() < i128::from(before.qty.0.abs()), "the average price moved by {drift}");
            }
        }
    }

    /// FB-4: a fee reported later leaves the same books as one reported at once, and the ledger
    /// keeps both postings and the reversal.
    #[test]
    fn a_late_fee_ends_where_a_prompt_one_does(
        qty in 1..100_000_i64,
        price in 4_000_000..5_000_000_i64,
        held in 0..100_000_i64,
        buy in any::<bool>(),
        amount in -9_000..9_000_i64,
        in_base in any::<bool>(),
    ) {
        let contract = if in_base { Contract::Spot } else { Contract::Linear };
        let instrument = instrument("B", contract, "0.0025", "0.0040", 0);
        let fee = if in_base {
            Fee { asset: asset("BTC"), amount: Money::new(rust_decimal::Decimal::new(amount, 9)) }
        } else {
            Fee { asset: asset("USDT"), amount: Money::new(rust_decimal::Decimal::new(amount, 8)) }
        };
        let side = if buy || in_base { Side::Buy } else { Side::Sell };
        let run = |fees: &[Option<Fee>]| {
            let mut books = Books::new();
            if held > 0 {
                let first = fill(0, Side::Buy, Price(4_400_000), Qty(held + 1_000), Liquidity::Taker, None);
                book(&mut books, &instrument, &first);
            }
            for fee in fees {
                let fill = fill(1, side, Price(price), Qty(qty + 1_000), Liquidity::Taker, *fee);
                let execution = Execution {
                    desk: DESK, instrument: &instrument, at: Timestamp(0), fill: &fill, fee_rate: None, new_entry: true,
                };
                books.book(Timestamp(0), &execution).expect("a sound fill");
            }
            books.verify(std::slice::from_ref(&instrument)).expect("every law holds");
            books
        };
        let (prompt, late) = (run(&[Some(fee)]), run(&[None, Some(fee), Some(fee), None]));
        prop_assert_eq!(prompt.position(DESK, instrument.id), late.position(DESK, instrument.id));
        prop_assert_eq!(prompt.residue(DESK, instrument.id), late.residue(DESK, instrument.id));
        for account in Account::ALL {
            for asset in [asset("BTC"), asset("USDT")] {
                prop_assert_eq!(prompt.ledger().balance(account, asset), late.ledger().balance(account, asset));
            }
        }
        prop_assert_eq!(prompt.ledger().transactions() + 2, late.ledger().transactions());
    }

    /// V-61 as a law: position × lot + residue is our base cash, always.
    #[test]
    fn base_fees_leave_position_and_residue_equal_to_cash(
        trades in proptest::collection::vec((any::<bool>(), 1_000..90_000_i64, 4_000_000..5_000_000_i64, -99..999_i64), 1..40),
    ) {
        let mut world = World::new();
        let values = Values(4_500_000, 60_000, 60_000);
        let opening = world.books.ledger().balance(Account::Cash, asset("BTC"));
        for (buy, qty, price, amount) in trades {
            let draw = world::Draw {
                place: 0, desk: 0, buy, price: (price - 4_000_000) / 1_000, qty: qty / 50, maker: true,
                fee: FeeKind::Base, amount: amount.abs() + 1,
            };
            world.perform(Act::Fill(draw), values);
            let instrument = &world.instruments[0];
            let lots = world.books.position(DESK, instrument.id).map_or(Qty::ZERO, |position| position.qty);
            let residue = world.books.residue(DESK, instrument.id).map_or(Money::ZERO, |r| r.amount(instrument));
            prop_assert!(lots >= Qty::ZERO && residue >= Money::ZERO);
            prop_assert!(residue.decimal() < instrument.qty_unit, "{residue} is a whole lot");
            let held = Money::new(instrument.qty(lots)) + residue;
            prop_assert_eq!(held, world.books.ledger().balance(Account::Cash, asset("BTC")) - opening);
        }
    }

    /// A bust leaves quantity and equity at any mark (and what rounding moved) as they are in a
    /// history without the fill; of the last fill it leaves everything so.
    // proves: ledger-bust
    #[test]
    fn a_bust_ends_where_a_history_without_the_fill_does(
        history in proptest::collection::vec(
            (any::<bool>(), 1..9_000_i64, 4_000_000..5_000_000_i64, -500..9_000_i64), 1..12),
        which in any::<usize>(),
        spot in any::<bool>(),
    ) {
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let instrument = instrument("B", contract, "0.0025", "0.0040", 0);
        let which = which % history.len();
        let run = |skip: Option<usize>| {
            let mut books = Books::new();
            for (number, (buy, qty, price, amount)) in history.iter().enumerate().filter(|(n, _)| Some(*n) != skip) {
                let side = if *buy || spot { Side::Buy } else { Side::Sell };
                let asset = asset(if spot { "BTC" } else { "USDT" });
                let fee = Some(Fee { asset, amount: Money::new(rust_decimal::Decimal::new(*amount, 9 - u32::from(!spot))) });
                let number = u64::try_from(number).expect("few fills");
                book(&mut books, &instrument, &fill(number, side, Price(*price), Qty(*qty + 1_000), Liquidity::Taker, fee));
            }
            books
        };
        let (mut busted, without) = (run(None), run(Some(which)));
        let execution = seatrial::market::VenueRef::numbered('E', u64::try_from(which).expect("few fills"));
        let booked = busted.bust((Timestamp(3), Timestamp(3)), &instrument, execution).expect("a known execution").expect("not busted yet");
        prop_assert!(booked.transactions.iter().any(|posted| matches!(posted.cause, Cause::Reversal(_))));
        busted.verify(std::slice::from_ref(&instrument)).expect("every law holds");
        let held = |books: &Books| books.position(DESK, instrument.id).map_or(Qty::ZERO, |position| position.qty);
        prop_assert_eq!(held(&busted), held(&without));
        let marks = Values(4_444_444, 60_000, 60_000).marks();
        let worth = |books: &Books| {
            let equity = books.equity(std::slice::from_ref(&instrument), &marks).expect("all is marked");
            equity + books.ledger().balance(Account::Rounding, asset("USDT"))
        };
        prop_assert_eq!(worth(&busted), worth(&without));
        if which + 1 == history.len() {
            let terms = |books: &Books| {
                books.position(DESK, instrument.id).map(|position| (position.qty, position.cost, position.entry_fees))
            };
            prop_assert_eq!(terms(&busted), terms(&without));
            prop_assert_eq!(busted.residue(DESK, instrument.id), without.residue(DESK, instrument.id));
        }
        let again = busted.clone();
        prop_assert_eq!(busted.bust((Timestamp(3), Timestamp(3)), &instrument, execution), Ok(None));
        prop_assert_eq!(&busted, &again);
    }
}
