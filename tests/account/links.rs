//! Lost links and what follows their return: a reconciliation, before anything else.

use seatrial::market::{
    Account, Contract, Event, FillPage, Link, OrderState, Qty, Query, Snapshot, Span, TraderState, VenueMessage,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X};
use crate::{all_of, balances, down, listed, missed, positions, queries, resting, state, up};

/// The flagship: `k` fills are lost while a link is down, more of them than a reconnect's snapshot
/// holds. Position, cost and cash are exact afterwards, to the unit.
fn lost_fills(contract: Contract, k: i64) -> (Qty, String, String) {
    let mut bench = match contract {
        Contract::Spot => Bench::spot(&[]),
        Contract::Linear | Contract::Inverse => Bench::margin(&[]),
    };
    let order = resting(&mut bench, B, 4_000_000);
    for link in [Link::Reports, Link::Orders] {
        down(&mut bench, link);
    }
    let mut fills = Vec::new();
    for lots in 1..=k {
        bench.after(SECOND / 10);
        fills.push(missed(&mut bench, order, Qty(lots), Qty(lots * (lots + 1) / 2)));
    }
    let filled = Qty(k * (k + 1) / 2);
    bench.after(60 * SECOND);
    for link in [Link::Reports, Link::Orders] {
        up(&mut bench, link);
    }
    assert_eq!(state(&bench), TraderState::Reconciling);
    // What the venue pushes on reconnect: the newest fifty, and no word of more.
    let newest = fills[fills.len().saturating_sub(50)..].to_vec();
    bench.account(VenueMessage::Fills(FillPage { at: bench.now, page: 0, fills: newest, more: false }));
    assert_eq!(state(&bench), TraderState::Reconciling, "a snapshot is only a hint");
    // The venue's cash knows what we do not: a twin that heard everything tells it.
    let mut twin = bench_that_heard(contract, &fills);
    assert_eq!(twin.position(B), filled);
    let open = vec![listed(&bench, order, filled)];
    let (said, held) = (balances(&twin, &[]), positions(&twin));
    twin.actions.clear();
    bench.say(open, fills, said, held);
    assert_eq!(state(&bench), TraderState::Armed, "{k} fills: {:?}", bench.actions);
    let before = all_of(&bench);
    // A second pass changes nothing.
    bench.after(30 * SECOND);
    bench.step(&Event::Wake);
    assert!(queries(&bench).contains(&Query::OpenOrders), "{:?}", bench.actions);
    let asked = all_of(&bench);
    assert_ne!(asked, before, "it is under way");
    let order_before = bench.trader.core().orders().get(order).cloned();
    bench.agree();
    let order_after = bench.trader.core().orders().get(order);
    assert_eq!(order_before.map(|order| (order.state, order.filled)), order_after.map(|o| (o.state, o.filled)));
    let cost = cost_of(&mut bench);
    (bench.position(B), cost, bench.cash(USDT).to_string() + " " + &bench.cash(BTC).to_string())
}

/// Everything of the position but when it was opened: that is the time of whichever fill came first.
fn cost_of(bench: &mut Bench) -> String {
    bench.with_desk(|desk| {
        let held = desk.position(B);
        format!("{:?} {:?} {:?} {}", held.qty, held.cost, held.entry_fees, held.entries)
    })
}

fn bench_that_heard(contract: Contract, fills: &[seatrial::market::ExecutionReport]) -> Bench {
    let mut bench = match contract {
        Contract::Spot => Bench::spot(&[]),
        Contract::Linear | Contract::Inverse => Bench::margin(&[]),
    };
    let order = resting(&mut bench, B, 4_000_000);
    for fill in fills {
        assert_eq!(fill.order, order);
        bench.tell(*fill);
    }
    bench
}

#[test]
fn any_number_of_lost_fills_is_found() {
    for contract in [Contract::Spot, Contract::Linear] {
        for k in 1..=200 {
            let (position, cost, cash) = lost_fills(contract, k);
            let mut twin = bench_that_heard_all(contract, k);
            assert_eq!(position, Qty(k * (k + 1) / 2), "{k} fills on {contract:?}");
            assert_eq!(cost, cost_of(&mut twin), "{k}");
            assert_eq!(cash, twin.cash(USDT).to_string() + " " + &twin.cash(BTC).to_string(), "{k}");
        }
    }
}

/// The same life without a disconnect.
fn bench_that_heard_all(contract: Contract, k: i64) -> Bench {
    let mut bench = match contract {
        Contract::Spot => Bench::spot(&[]),
        Contract::Linear | Contract::Inverse => Bench::margin(&[]),
    };
    let order = resting(&mut bench, B, 4_000_000);
    for lots in 1..=k {
        bench.after(SECOND / 10);
        let report = missed(&mut bench, order, Qty(lots), Qty(lots * (lots + 1) / 2));
        bench.tell(report);
    }
    bench
}

/// Every link that is down denies entries; protection and exits keep what they need.
#[test]
fn a_lost_link_stops_entries_and_nothing_more_than_it_must() {
    for (link, expected, exits) in [
        (Link::Market, TraderState::ReduceOnly, true),
        (Link::Queries, TraderState::ReduceOnly, true),
        (Link::Reports, TraderState::Reconciling, false),
        (Link::Orders, TraderState::Reconciling, false),
    ] {
        let mut bench = Bench::spot(&[]);
        let entry = resting(&mut bench, B, 1_000_000);
        bench.fill_whole(entry);
        down(&mut bench, link);
        assert_eq!(state(&bench), expected, "{link:?}");
        assert_eq!(bench.trader.core().picture_complete(), exits, "{link:?}");
        let denied = bench.submit(&Ask::long(X, "0.60", "0.588").quantity(100)).expect_err("no entry");
        assert!(denied.text.starts_with("CK-04"), "{}", denied.text);
        assert!(denied.text.contains("is down"), "{}", denied.text);
        up(&mut bench, link);
        assert_eq!(state(&bench), TraderState::Reconciling, "{link:?}");
        bench.agree();
        assert_eq!(state(&bench), TraderState::Armed, "{link:?}");
    }
}

/// TR-27: what was under way is unknown, what was never released never will be.
#[test]
fn a_lost_order_link_makes_what_is_under_way_unknown() {
    let mut bench = Bench::spot(&[]);
    let sent = bench.open(&Ask::v01().quantity(1_000_000));
    let live = resting(&mut bench, X, 100);
    down(&mut bench, Link::Orders);
    let state_of = |bench: &Bench, id| bench.trader.core().orders().get(id).expect("ours").state;
    assert_eq!(state_of(&bench, sent), OrderState::UnknownSubmit);
    assert_eq!(state_of(&bench, live), OrderState::Live);
    assert!(bench.trader.core().reserved(USDT, bench.now) > crate::bench::decimal("450"), "it stays reserved");
}

/// Without reports the account is polled, and the poll completes the picture.
#[test]
fn without_reports_the_account_is_polled() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    down(&mut bench, Link::Reports);
    let asked = queries(&bench);
    assert!(asked.contains(&Query::OpenOrders) && asked.contains(&Query::Account), "{asked:?}");
    let fill = missed(&mut bench, order, Qty(400_000), Qty(400_000));
    let said = balances(&bench_that_heard_one(&fill), &[]);
    bench.say(vec![listed(&bench, order, Qty(400_000))], vec![fill], said, Vec::new());
    assert_eq!(bench.position(B), Qty(400_000));
    assert!(bench.trader.core().picture_complete());
    assert_eq!(state(&bench), TraderState::ReduceOnly, "the link is still down");
}

fn bench_that_heard_one(fill: &seatrial::market::ExecutionReport) -> Bench {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    bench.tell(*fill);
    bench
}

/// A link that flaps makes no storm: a pass that runs goes on, questions merge, the lane bounds the rest.
#[test]
fn a_flapping_link_is_bounded() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    let mut asked = 0;
    for _ in 0..600 {
        for link in Link::ALL {
            down(&mut bench, link);
            asked += queries(&bench).len();
            up(&mut bench, link);
            asked += queries(&bench).len();
        }
        bench.after(SECOND / 10);
        bench.step(&Event::Wake);
        asked += queries(&bench).len();
    }
    // A minute: ten tokens at hand and one a second.
    assert!((10..=71).contains(&asked), "{asked} questions");
    bench.agree();
    let mut left = 0;
    while state(&bench) != TraderState::Armed && left < 100 {
        bench.after(SECOND);
        bench.step(&Event::Wake);
        bench.agree();
        left += 1;
    }
    assert_eq!(state(&bench), TraderState::Armed);
}

/// An answer that was true before the question was asked, and a page of an older history, are not
/// believed: they are asked for again.
#[test]
fn stale_answers_are_not_believed() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(10 * SECOND);
    down(&mut bench, Link::Reports);
    up(&mut bench, Link::Reports);
    let old = seatrial::market::Timestamp(bench.now.0 - 2 * SECOND);
    bench.account(VenueMessage::OpenOrders(Snapshot { at: old, items: Vec::new() }));
    bench.account(VenueMessage::ClosedOrders(Snapshot { at: old, items: Vec::new() }));
    bench.account(VenueMessage::Fills(FillPage { at: old, page: 0, fills: Vec::new(), more: false }));
    let books = balances(&bench, &[]);
    bench.account(VenueMessage::Balances(Snapshot { at: old, items: books }));
    assert_eq!(state(&bench), TraderState::Reconciling);
    assert!(!bench.trader.core().picture_complete());
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").state, OrderState::Live, "absence ends nothing");
    bench.after(5 * SECOND);
    bench.step(&Event::Wake);
    assert!(queries(&bench).contains(&Query::OpenOrders), "asked again: {:?}", bench.actions);
    bench.agree();
    assert_eq!(state(&bench), TraderState::Armed);
}

/// A gap between two pages of a history that grew, or was served older, is not jumped.
#[test]
fn a_page_of_an_older_view_leaves_no_gap() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 4_000_000);
    down(&mut bench, Link::Reports);
    let fills: Vec<_> = (1..=120)
        .map(|lots| {
            bench.after(1_000);
            missed(&mut bench, order, Qty(1), Qty(lots))
        })
        .collect();
    let page = |bench: &Bench, page, fills: &[_], early| {
        let at = seatrial::market::Timestamp(bench.now.0 - early);
        VenueMessage::Fills(FillPage { at, page, fills: fills.to_vec(), more: true })
    };
    bench.account(page(&bench, 0, &fills[70..], 0));
    // Served from a view with 100 fills: it would hide the fills 51 to 70.
    bench.account(page(&bench, 1, &fills[..50], 500_000));
    bench.account(page(&bench, 1, &fills[20..70], 0));
    bench.account(page(&bench, 2, &fills[..20], 0));
    bench.account(VenueMessage::Fills(FillPage { at: bench.now, page: 3, fills: Vec::new(), more: false }));
    let at = bench.now;
    bench.account(VenueMessage::OpenOrders(Snapshot { at, items: vec![listed(&bench, order, Qty(120))] }));
    bench.account(VenueMessage::ClosedOrders(Snapshot { at, items: Vec::new() }));
    let books = balances(&bench, &[]);
    bench.account(VenueMessage::Balances(Snapshot { at, items: books }));
    assert_eq!(bench.position(B), Qty(120));
    let ledger = bench.trader.core().books().ledger();
    assert_eq!(ledger.balance(Account::Unexplained, BTC), crate::bench::money("0"));
}

/// A flat account without orders is not looked at for ever; one with something open is.
#[test]
fn only_what_is_open_is_looked_at_again() {
    let mut bench = Bench::spot(&[]);
    for _ in 0..100 {
        bench.after(30 * SECOND);
        bench.step(&Event::Wake);
        assert_eq!(queries(&bench), [], "a flat account is left alone");
    }
    bench.quotes();
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(Span::from_secs(30).0);
    bench.step(&Event::Wake);
    assert!(queries(&bench).contains(&Query::Account));
    bench.agree();
    bench.cancelled(order);
    bench.after(30 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(queries(&bench), []);
}
