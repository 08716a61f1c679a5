//! What a venue does beyond its rules when told to: each act, what it says, and that no posting ever
//! loses its other side.
//!
//! Repeat with `cargo test --test venue_acts`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Amend, Command, Contract, Money, NewOrder, OrderId, OrderKind, Price, Qty, Query, RefusedBecause, RejectReason,
    SessionState, Timestamp, TriggerSource, VenueMessage, VenueRef,
};
use seatrial::venue::{Act, VenueConfig};
use venue_desk::{BASE, Desk, QUOTE, config, limit, market, money, text};

fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

/// Bids 99 and 98, asks 101 and 102, ten each; the last trade at 100.
fn desk(contract: Contract) -> Desk {
    let mut desk = Desk::new(contract);
    desk.show(&[(99, 10), (98, 10)], &[(101, 10), (102, 10)]);
    desk.print(None, 100, 1);
    desk
}

fn act(desk: &mut Desk, act: Act) -> String {
    let mut said = Vec::new();
    desk.venue.act(desk.now, &act, &mut said);
    text(&said)
}

fn execution(number: u64) -> VenueRef {
    VenueRef::numbered('E', number)
}

/// Cash and counterparties of each asset together.
fn sums(desk: &Desk) -> [Money; 2] {
    let parts = || desk.venue.balances().into_iter().chain(desk.venue.counterparties());
    [BASE, QUOTE]
        .map(|asset| parts().filter(|part| part.asset == asset).map(|part| part.total).fold(Money::ZERO, |a, b| a + b))
}

fn ask(desk: &Desk, query: Query) -> VenueMessage {
    let mut said = Vec::new();
    let mut venue = desk.venue.clone();
    venue.on_command(desk.now, &Command::Query(query), &mut said);
    said.swap_remove(0)
}

fn page(desk: &Desk) -> Vec<VenueRef> {
    let VenueMessage::Fills(page) = ask(desk, Query::Fills { since: Timestamp::MIN, page: 0 }) else {
        panic!("no page")
    };
    let id = |report: &seatrial::market::ExecutionReport| match report.kind {
        seatrial::market::ReportKind::Filled(fill) => fill.execution,
        _ => panic!("no fill"),
    };
    page.fills.iter().map(id).collect()
}

#[test]
fn an_order_is_cancelled_refused_late_or_changed() {
    let mut desk = desk(Spot);
    desk.limit(Buy, 98, 5);
    desk.limit(Buy, 97, 5);
    desk.limit(Buy, 96, 1);
    says(&act(&mut desk, Act::Cancel(OrderId(1))), &expect!["#1 cancelled: Venue"]);
    says(&act(&mut desk, Act::Cancel(OrderId(1))), &expect![""]);
    says(&act(&mut desk, Act::Change(OrderId(2))), &expect!["#2 amended: 4 Limit { limit: Price(97) }"]);
    says(&act(&mut desk, Act::Change(OrderId(3))), &expect![""]);
    says(&act(&mut desk, Act::RejectLate(OrderId(2))), &expect!["#2 rejected: InsufficientBalance"]);
    says(&act(&mut desk, Act::FireDeadMan), &expect!["#3 cancelled: DeadMansSwitch"]);
    assert_eq!(desk.held(QUOTE), Money::ZERO);
}

#[test]
fn an_order_is_overfilled_and_its_fee_revised() {
    let mut desk = desk(Linear);
    says(&desk.send(market(Buy, 10)), &expect!["#1 accepted; #1 bought 10 @ 101 taker"]);
    says(&act(&mut desk, Act::Overfill(OrderId(1), 250_000)), &expect!["#1 bought 2 @ 101 taker"]);
    assert_eq!(desk.venue.positions()[0].qty, Qty(12));
    let before = desk.cash(QUOTE);
    // A fee of 2.02, a tenth of it more.
    says(&act(&mut desk, Act::ReviseFee(execution(1), 100_000)), &expect!["#1 bought 10 @ 101 taker"]);
    assert_eq!(before - desk.cash(QUOTE), money("0.20"));
    assert_eq!(sums(&desk), [money("1000"), money("1000000")]);
}

#[test]
fn an_execution_is_undone_where_that_leaves_no_doubt() {
    let mut desk = desk(Linear);
    desk.send(market(Buy, 4));
    desk.show(&[], &[(101, 10), (103, 10)]);
    desk.send(market(Buy, 5));
    desk.send(market(Sell, 3));
    // Something was closed since: what it cost is no longer told apart.
    says(&act(&mut desk, Act::Bust(execution(1))), &expect![""]);
    says(&act(&mut desk, Act::Bust(execution(3))), &expect![[r"#3 Busted(E000000000003)"]]);
    assert_eq!(desk.venue.positions()[0].qty, Qty(9));
    says(&act(&mut desk, Act::Bust(execution(1))), &expect![[r"#1 Busted(E000000000001)"]]);
    says(&act(&mut desk, Act::Bust(execution(1))), &expect![""]);
    assert_eq!(desk.venue.positions()[0].qty, Qty(5));
    assert_eq!(page(&desk), [execution(2)], "what was undone is not told of");
    // All of it undone, the account is as it was.
    act(&mut desk, Act::Bust(execution(2)));
    assert_eq!((desk.venue.positions()[0].qty, desk.cash(QUOTE)), (Qty::ZERO, money("1000000")));
}

#[test]
fn a_spot_execution_is_not_undone_once_its_coins_are_gone() {
    let mut desk = desk(Spot);
    act(&mut desk, Act::Transfer(BASE, money("-1000")));
    desk.send(market(Buy, 4));
    desk.send(market(Sell, 3));
    says(&act(&mut desk, Act::Bust(execution(1))), &expect![""]);
    says(&act(&mut desk, Act::Bust(execution(2))), &expect![[r"#2 Busted(E000000000002)"]]);
    says(&act(&mut desk, Act::Bust(execution(1))), &expect![[r"#1 Busted(E000000000001)"]]);
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (Money::ZERO, money("1000000")));
}

#[test]
fn a_fill_is_worse_than_its_limit_when_told_so() {
    let mut desk = desk(Spot);
    act(&mut desk, Act::Worsen(OrderId(1), 3));
    says(&desk.limit(Buy, 101, 4), &expect!["#1 accepted; #1 bought 4 @ 104 taker"]);
    says(&desk.limit(Buy, 101, 4), &expect!["#2 accepted; #2 bought 4 @ 101 taker"]);
}

#[test]
fn a_hidden_order_is_in_no_answer_until_it_shows() {
    let mut desk = desk(Spot);
    let until = desk.now.after(seatrial::market::Span(10));
    act(&mut desk, Act::Hide(OrderId(1), until));
    desk.limit(Buy, 101, 4);
    desk.limit(Buy, 90, 1);
    act(&mut desk, Act::Hide(OrderId(2), until));
    let shown = |desk: &Desk| {
        let VenueMessage::OpenOrders(open) = ask(desk, Query::OpenOrders) else { panic!("no list") };
        let VenueMessage::ClosedOrders(closed) = ask(desk, Query::ClosedOrders(Timestamp::MIN)) else {
            panic!("no list")
        };
        (open.items.len(), closed.items.len(), page(desk).len(), text(&[ask(desk, Query::Order(OrderId(1)))]))
    };
    let hidden = "#1 Status(NotFound { complete: true })".to_owned();
    assert_eq!(shown(&desk), (0, 0, 0, hidden));
    desk.now = desk.now.after(seatrial::market::Span(10));
    assert_eq!(shown(&desk), (1, 1, 1, "#1 Status(Filled)".to_owned()));
}

#[test]
fn queries_tell_of_the_past_until_they_tell_of_the_present() {
    let mut desk = desk(Spot);
    let open = |desk: &Desk| {
        let VenueMessage::OpenOrders(open) = ask(desk, Query::OpenOrders) else { panic!("no list") };
        (open.at, open.items.len())
    };
    let first = desk.now;
    act(&mut desk, Act::Remember);
    desk.limit(Buy, 90, 1);
    desk.now = desk.now.after(seatrial::market::Span(10));
    assert_eq!(open(&desk), (first, 0));
    let second = desk.now;
    act(&mut desk, Act::Remember);
    desk.limit(Buy, 90, 1);
    desk.now = desk.now.after(seatrial::market::Span(10));
    assert_eq!(open(&desk), (first, 0), "one interval at least lies between");
    act(&mut desk, Act::Remember);
    assert_eq!(open(&desk), (second, 1));
    act(&mut desk, Act::Forget);
    assert_eq!(open(&desk), (desk.now, 2));
}

#[test]
fn other_hands_place_cancel_and_close() {
    let mut desk = desk(Linear);
    desk.limit(Buy, 98, 5);
    says(
        &act(&mut desk, Act::HandOrder { side: Buy, times: 3, rests: true }),
        &expect!["#9223372036854775808 accepted"],
    );
    says(
        &act(&mut desk, Act::HandOrder { side: Sell, times: 3, rests: false }),
        &expect!["#9223372036854775809 accepted; #9223372036854775809 sold 3 @ 99 taker"],
    );
    says(&act(&mut desk, Act::HandCancel), &expect!["#1 cancelled: Requested"]);
    says(&act(&mut desk, Act::HandCancel), &expect![""]);
    says(
        &act(&mut desk, Act::HandClose),
        &expect!["#9223372036854775810 accepted; #9223372036854775810 bought 3 @ 101 taker"],
    );
    says(&act(&mut desk, Act::HandClose), &expect![""]);
    assert_eq!(sums(&desk), [money("1000"), money("1000000")]);
}

#[test]
fn the_venue_liquidates_and_reduce_only_orders_end() {
    let mut desk = desk(Linear);
    desk.send(market(Buy, 5));
    desk.send(NewOrder { reduce_only: true, ..limit(Sell, 120, 5) });
    says(
        &act(&mut desk, Act::Liquidate),
        &expect!["#2 cancelled: Venue; #9223372036854775808 accepted; #9223372036854775808 sold 5 @ 99 taker"],
    );
    says(&act(&mut desk, Act::Liquidate), &expect![""]);
}

#[test]
fn funding_transfers_and_silent_changes_keep_both_sides() {
    let mut desk = desk(Linear);
    says(&act(&mut desk, Act::Funding(100)), &expect![""]);
    desk.send(market(Buy, 10));
    let before = desk.cash(QUOTE);
    // Ten at the last trade of 100: 1000, a hundredth of a percent of it.
    says(
        &act(&mut desk, Act::Funding(100)),
        &expect!["Funding { instrument: InstrumentId(0), at: Timestamp(2), paid: 0.1 }"],
    );
    assert_eq!(before - desk.cash(QUOTE), money("0.10"));
    says(
        &act(&mut desk, Act::Transfer(QUOTE, money("25"))),
        &expect!["Transfer(Balance { asset: AssetId(1), total: 25 })"],
    );
    says(&act(&mut desk, Act::Transfer(BASE, money("-1001"))), &expect![""]);
    says(&act(&mut desk, Act::Off(QUOTE, money("0.01"))), &expect![""]);
    assert_eq!(desk.cash(QUOTE) - before, money("24.91"));
    assert_eq!(sums(&desk), [money("1000"), money("1000000")]);
}

#[test]
fn a_reset_account_is_as_on_its_first_day() {
    let mut desk = desk(Linear);
    desk.send(market(Buy, 10));
    desk.limit(Buy, 98, 5);
    says(&act(&mut desk, Act::Reset), &expect![""]);
    assert!(!desk.venue.knows(OrderId(1)) && desk.venue.open_orders().is_empty() && page(&desk).is_empty());
    assert_eq!((desk.venue.positions()[0].qty, desk.cash(QUOTE)), (Qty::ZERO, money("1000000")));
    assert_eq!(desk.held(QUOTE), Money::ZERO);
    // What was resting is gone: a print through it fills nothing.
    says(&desk.print(Some(Sell), 97, 50), &expect![""]);
    says(&desk.limit(Buy, 101, 1), &expect!["#3 accepted; #3 bought 1 @ 101 taker"]);
    assert_eq!(page(&desk), [execution(2)], "names are never given twice");
}

#[test]
fn commands_are_refused_or_done_by_half() {
    let mut desk = desk(Spot);
    for price in [98, 97, 96, 95] {
        desk.limit(Buy, price, 1);
    }
    let mut refuse = |command: Command, because| {
        let mut said = Vec::new();
        desk.venue.refuse_command(desk.now, &command, because, &mut said);
        text(&said)
    };
    let busy = RefusedBecause::StillOpen(RejectReason::Busy);
    let amend = |id| Amend { id: OrderId(id), qty: Qty(2), kind: OrderKind::Limit { limit: Price(94) } };
    says(&refuse(Command::Cancel(OrderId(1)), busy), &expect!["#1 CancelRejected(StillOpen(Busy))"]);
    says(&refuse(Command::Cancel(OrderId(1)), RefusedBecause::NotOpen), &expect!["#1 CancelRejected(NotOpen)"]);
    says(&refuse(Command::Amend(amend(1)), busy), &expect!["#1 AmendRejected(StillOpen(Busy))"]);
    says(&refuse(Command::New(NewOrder { id: OrderId(9), ..limit(Buy, 98, 1) }), busy), &expect!["#9 rejected: Busy"]);
    let mut said = Vec::new();
    desk.venue.half_amend(desk.now, &amend(2), &mut said);
    says(&text(&said), &expect!["#2 cancelled: Requested; #2 AmendRejected(NotOpen)"]);
    said.clear();
    desk.venue.half_cancel_all(desk.now, None, &mut said);
    says(&text(&said), &expect!["#1 cancelled: Requested; #4 cancelled: Requested"]);
    assert_eq!(desk.venue.open_orders().len(), 1);
}

#[test]
fn a_client_that_connects_is_greeted() {
    let mut desk = desk(Spot);
    desk.send(market(Buy, 1));
    desk.limit(Buy, 90, 1);
    says(
        &act(&mut desk, Act::Session(SessionState::CancelOnly)),
        &expect!["Session { instrument: InstrumentId(0), state: CancelOnly }"],
    );
    let mut said = Vec::new();
    desk.venue.greet(desk.now, &mut said);
    assert!(matches!(said[0], VenueMessage::Session { state: SessionState::CancelOnly, .. }));
    assert!(matches!(&said[1], VenueMessage::OpenOrders(open) if open.items.len() == 1));
    assert!(matches!(&said[2], VenueMessage::Fills(page) if page.fills.len() == 1 && !page.more));
    assert_eq!(said.len(), 3);
}

/// One step of a random life.
#[derive(Clone, Debug)]
enum Step {
    Show(i64, i64),
    Print(i64, i64),
    Mark(i64),
    New(NewOrder),
    Cancel(u64),
    Act(Act),
}

fn any_act() -> impl Strategy<Value = Act> {
    let id = || (1..20_u64).prop_map(OrderId);
    let ppm = || -300_000..300_000_i64;
    prop_oneof![
        id().prop_map(Act::Cancel),
        id().prop_map(Act::RejectLate),
        id().prop_map(Act::Change),
        (id(), 1..500_000_i64).prop_map(|(id, ppm)| Act::Overfill(id, ppm)),
        (1..20_u64).prop_map(|number| Act::Bust(execution(number))),
        (1..20_u64, ppm()).prop_map(|(number, ppm)| Act::ReviseFee(execution(number), ppm)),
        (id(), 1..4_i64).prop_map(|(id, ticks)| Act::Worsen(id, ticks)),
        (id(), 0..40_i64).prop_map(|(id, until)| Act::Hide(id, Timestamp(until))),
        Just(Act::FireDeadMan),
        Just(Act::Reset),
        prop_oneof![Just(SessionState::Open), Just(SessionState::Halted), Just(SessionState::PostOnly)]
            .prop_map(Act::Session),
        Just(Act::Remember),
        Just(Act::Forget),
        ppm().prop_map(Act::MarkOff),
        ppm().prop_map(Act::IndexOff),
        ppm().prop_map(Act::Funding),
        (prop_oneof![Just(Buy), Just(Sell)], 1..9_i64, any::<bool>()).prop_map(|(side, times, rests)| Act::HandOrder {
            side,
            times,
            rests
        }),
        Just(Act::HandCancel),
        Just(Act::HandClose),
        Just(Act::Liquidate),
        (-50..50_i64).prop_map(|amount| Act::Transfer(QUOTE, Money::new(amount.into()))),
        (-50..50_i64).prop_map(|amount| Act::Off(BASE, Money::new(amount.into()))),
    ]
}

fn any_order() -> impl Strategy<Value = NewOrder> {
    let side = prop_oneof![Just(Buy), Just(Sell)];
    let source = prop_oneof![
        Just(TriggerSource::Last),
        Just(TriggerSource::Mark),
        Just(TriggerSource::Index),
        Just(TriggerSource::Touch)
    ];
    (side, 0..3_u8, 92..109_i64, 1..12_i64, source, any::<bool>()).prop_map(|(side, kind, price, qty, by, reduce)| {
        let order = match kind {
            0 => market(side, qty),
            1 => limit(side, price, qty),
            _ => venue_desk::stop(side, price, qty),
        };
        NewOrder { trigger_by: by, reduce_only: reduce, ..order }
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (95..105_i64, 1..20_i64).prop_map(|(bid, qty)| Step::Show(bid, qty)),
        2 => (94..108_i64, 1..20_i64).prop_map(|(price, qty)| Step::Print(price, qty)),
        1 => (94..108_i64).prop_map(Step::Mark),
        4 => any_order().prop_map(Step::New),
        1 => (1..20_u64).prop_map(Step::Cancel),
        4 => any_act().prop_map(Step::Act),
    ]
}

/// Lives one step, and says what the venue said.
fn live(desk: &mut Desk, shown: &mut i64, step: &Step) -> String {
    match step {
        Step::Show(bid, qty) => {
            let old = std::mem::replace(shown, *bid);
            let said = desk.show(&[(old, 0), (*bid, *qty)], &[(old + 2, 0), (bid + 2, *qty)]);
            if old == *bid { said } else { said + "." }
        }
        Step::Print(price, qty) => desk.print(None, *price, *qty),
        Step::Mark(price) => {
            desk.market(seatrial::market::MarketEvent::Mark(seatrial::market::InstrumentId(0), Price(*price)))
        }
        Step::New(order) => desk.send(*order),
        Step::Cancel(id) => desk.command(Command::Cancel(OrderId(*id))),
        Step::Act(todo) => act(desk, *todo),
    }
}

proptest! {
    /// Whatever the venue is told to do: what the account gains somebody loses, an ended order holds
    /// nothing, nothing that only reduces turns a position, and the short way changes nothing.
    #[test]
    fn no_act_loses_a_coin(linear in any::<bool>(), steps in prop::collection::vec(any_step(), 1..80)) {
        let contract = if linear { Linear } else { Spot };
        let with = |guards| Desk::with(VenueConfig { guards, ..config(contract) });
        let (mut desk, mut bare) = (with(true), with(false));
        let (mut shown, mut shown_bare) = (100, 100);
        for step in &steps {
            let said = live(&mut desk, &mut shown, step);
            prop_assert_eq!(&said, &live(&mut bare, &mut shown_bare, step), "guards, {:?}", step);
            prop_assert_eq!(sums(&desk), [money("1000"), money("1000000")], "{:?}", step);
            let open = desk.venue.open_orders();
            for hold in desk.venue.holds() {
                prop_assert!(hold.total >= Money::ZERO, "{:?} after {:?}", hold, step);
                prop_assert!(!open.is_empty() || hold.total.is_zero(), "{:?} after {:?}", hold, step);
            }
            let position = desk.venue.positions().first().map_or(0, |position| position.qty.0);
            for order in open.iter().filter(|order| linear && order.reduce_only) {
                prop_assert!(order.side.sign() * position < 0, "{:?} has nothing to reduce after {:?}", order, step);
            }
        }
    }
}
