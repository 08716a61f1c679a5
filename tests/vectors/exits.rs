//! EC-1 … EC-5: what an exit may do. Pauses, throttles and sizing do not apply to it.

use expect_test::expect;
use seatrial::market::{
    Action, Contract, ControlAct, Event, HostEvent, Intention, Link, LinkEvent, OrderKind, Price, ProposalId, Qty,
    SessionState, Severity, Side, TimeInForce, VenueMessage,
};

use crate::bench::{Ask, B, Bench, SECOND, X, config, instruments};
use crate::{denied, passes};

const CLOSE: Intention = Intention::Close;

fn close() -> Ask {
    Ask::exit(B, CLOSE)
}

fn reduce(lots: i64) -> Ask {
    Ask::exit(B, Intention::Reduce(Qty(lots)))
}

/// Holds 0.01 of B, bought at 45 000, where a resting stop ties up no lots.
fn holding(keys: &[(&str, &str)]) -> Bench {
    let mut bench = Bench::margin(keys);
    let entry = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(entry);
    bench
}

#[test]
fn ec_1_the_account_picture_is_complete() {
    let mut bench = Bench::silent(instruments(Contract::Spot), config(&[]));
    denied(&mut bench, &close(), &expect!["EC-1 BTC/USDT: Reconciling against a complete account picture"]);
    let mut bench = holding(&[]);
    bench.control(ControlAct::Halt);
    denied(&mut bench, &close(), &expect!["EC-1 BTC/USDT: Halted against a complete account picture"]);
    // A lost link never makes a halted trader freer.
    bench.step(&Event::Link(LinkEvent::Down(Link::Orders)));
    denied(&mut bench, &close(), &expect!["EC-1 BTC/USDT: Halted against a complete account picture"]);
    bench.step(&Event::Host(HostEvent::JournalFailed));
    denied(&mut bench, &close(), &expect!["EC-1 BTC/USDT: Halted against a complete account picture"]);
    // Reduce-only is what exits are for.
    let mut bench = holding(&[]);
    bench.step(&Event::Link(LinkEvent::Down(Link::Market)));
    passes(&mut bench, &close());
    // Without a way to the venue nothing can be exited, and what was seen of the account gets old.
    let mut bench = holding(&[]);
    bench.step(&Event::Link(LinkEvent::Down(Link::Orders)));
    denied(&mut bench, &close(), &expect!["EC-1 BTC/USDT: Reconciling against a complete account picture"]);
}

/// EC-2: an exit never opens anything, and takes no more than is held and free.
// proves: risk-close-is-close
#[test]
fn ec_2_quantity() {
    denied(
        &mut Bench::spot(&[]),
        &close(),
        &expect!["EC-2 BTC/USDT: 0 against > 0 lots held; an exit never opens anything"],
    );
    denied(
        &mut Bench::spot(&[]),
        &reduce(1),
        &expect!["EC-2 BTC/USDT: 0 against > 0 lots held; an exit never opens anything"],
    );
    denied(
        &mut holding(&[]),
        &Ask::exit(X, CLOSE),
        &expect!["EC-2 XRP/USDT: 0 against > 0 lots held; an exit never opens anything"],
    );
    denied(
        &mut holding(&[]),
        &reduce(0),
        &expect!["EC-2 BTC/USDT: 0 against > 0 and ≤ 0.01 base; what live exits leave free"],
    );
    denied(
        &mut holding(&[]),
        &reduce(-1),
        &expect!["EC-2 BTC/USDT: -0.00000001 against > 0 and ≤ 0.01 base; what live exits leave free"],
    );
    denied(
        &mut holding(&[]),
        &reduce(1_000_001),
        &expect!["EC-2 BTC/USDT: 0.01000001 against > 0 and ≤ 0.01 base; what live exits leave free"],
    );
    let mut bench = holding(&[]);
    passes(&mut bench, &reduce(1_000_000));
    let order = bench.sent()[0];
    assert_eq!((order.side, order.qty, order.reduce_only), (Side::Sell, Qty(1_000_000), true));
    assert_eq!((order.kind, order.tif), (OrderKind::Limit { limit: Price(4_477_500) }, TimeInForce::Ioc));
}

/// EC-2: lots held by a resting exit are not sold twice.
#[test]
fn ec_2_live_exits_hold_their_lots() {
    let mut bench = holding(&[]);
    passes(&mut bench, &reduce(600_000).at("45100"));
    denied(
        &mut bench,
        &reduce(400_001),
        &expect!["EC-2 BTC/USDT: 0.00400001 against > 0 and ≤ 0.004 base; what live exits leave free"],
    );
    passes(&mut bench, &reduce(400_000));
    denied(
        &mut bench,
        &close().at("45200"),
        &expect!["EC-2 BTC/USDT: 0 against > 0 and ≤ 0 base; what live exits leave free"],
    );
}

#[test]
fn ec_3_one_market_like_exit_in_flight() {
    let mut bench = holding(&[]);
    passes(&mut bench, &reduce(300_000));
    let flying = bench.sent()[0].id;
    denied(&mut bench, &reduce(300_000), &expect!["EC-3 BTC/USDT: 2 against 1 market-like exit; order 3 is in flight"]);
    passes(&mut bench, &reduce(300_000).at("45100"));
    // Both wishes are one target quantity: it is tried when the first has ended.
    bench.cancelled(flying);
    assert_eq!(bench.sent().iter().map(|order| order.qty).collect::<Vec<_>>(), [Qty(600_000)]);
}

#[test]
fn ec_3_none_while_one_is_unknown() {
    let mut bench = holding(&[]);
    passes(&mut bench, &reduce(300_000).at("45100"));
    let exit = bench.sent()[0].id;
    bench.lose(exit);
    denied(
        &mut bench,
        &reduce(300_000),
        &expect!["EC-3 BTC/USDT: unknown against known exit; order 3 is UnknownSubmit"],
    );
    bench.accept(exit);
    assert_eq!(bench.sent().iter().map(|order| order.qty).collect::<Vec<_>>(), [Qty(300_000)]);
}

/// EC-4: the least quantity is 10 000 lots; what would leave less takes all.
// proves: protect-dust
#[test]
fn ec_4_dust() {
    denied(
        &mut holding(&[]),
        &reduce(9_999),
        &expect!["EC-4 BTC/USDT: 0.00009999 against 0.0001 base; the venue's least quantity"],
    );
    let qty = |ask: Ask| {
        let mut bench = holding(&[]);
        passes(&mut bench, &ask);
        bench.sent()[0].qty
    };
    // 5 USDT at 45 000 are 11 112 lots: a remainder of less could not be sold either.
    assert_eq!(qty(reduce(11_200)), Qty(11_200));
    assert_eq!(qty(reduce(988_800)), Qty(988_800));
    assert_eq!(qty(reduce(988_900)), Qty(1_000_000), "11 100 lots are worth less than 5");
    assert_eq!(qty(reduce(990_001)), Qty(1_000_000));
    denied(
        &mut holding(&[]),
        &reduce(11_000),
        &expect!["EC-4 BTC/USDT: 4.92525 against 5 quote; the venue's least notional"],
    );
}

/// EC-5: no exit without a usable reference, and none at a price of nothing.
#[test]
fn ec_5_reference() {
    let mut bench = holding(&[]);
    bench.after(5 * SECOND);
    passes(&mut bench, &reduce(300_000));
    let mut bench = holding(&[]);
    bench.after(5 * SECOND + 1);
    denied(
        &mut bench,
        &close(),
        &expect!["EC-5 BTC/USDT: 5000000001 against 5000000000 ns of age; bid 44999.99, ask 45000.01"],
    );
    let mut bench = holding(&[]);
    bench.quote(B, "44999.99", "");
    denied(
        &mut bench,
        &close(),
        &expect!["EC-5 BTC/USDT: one side against both sides of the book; bid 44999.99, ask none"],
    );
    let mut short = Bench::margin(&[]);
    let entry = short.open(&Ask::short(B, "45000", "45900").quantity(1_000_000));
    short.fill_whole(entry);
    denied(&mut short, &close().at("0.001"), &expect!["CK-02 BTC/USDT: 0 against > 0 quote; the limit, on the grid"]);
}

/// EC-5: who cannot leave for want of a reference is told so as a critical alert, a desk like an operator, and
/// once; that an entry was kept out before does not silence it.
#[test]
fn ec_5_is_critical() {
    let mut bench = holding(&[]);
    bench.quote(B, "44999.99", "");
    let told = |bench: &Bench| {
        let severity = |action: &Action| match action {
            Action::Alert(alert) => Some(alert.severity),
            _ => None,
        };
        bench.actions.iter().filter_map(severity).collect::<Vec<_>>()
    };
    for (ask, words, alerts) in [
        (Ask::v01(), "CK-11", vec![Severity::Warning]),
        (close(), "EC-5", vec![Severity::Critical]),
        (close(), "EC-5", vec![]),
        (Ask::v01(), "CK-11", vec![]),
    ] {
        let answer = bench.answer(&ask);
        assert!(answer.starts_with(words), "{answer}");
        assert_eq!(told(&bench), alerts, "{answer}");
    }
    bench.quotes();
    let exit = bench.open(&reduce(300_000));
    bench.fill_whole(exit);
    bench.quote(B, "44999.99", "");
    let answer = bench.answer(&close());
    assert_eq!(told(&bench), [Severity::Critical], "it begins again: {answer}");
}

/// An exit shares CK-02 and CK-03 with entries, and not CK-31: §2.8 is its whole list and has no such
/// check, so an own entry that rests where the exit trades does not keep a desk in. (This test once
/// asserted a denial by CK-31, which is a check of §2.2, on entries; §2.8 won.)
#[test]
fn exits_are_checked_like_any_order() {
    let mut bench = holding(&[]);
    denied(&mut bench, &close().at("-1"), &expect!["CK-02 BTC/USDT: -1 against > 0; limit"]);
    denied(
        &mut bench,
        &close().but(|p| p.tif = Some(TimeInForce::Gtc)),
        &expect!["CK-02 BTC/USDT: Gtc against Ioc or Fok; a market-like order never rests"],
    );
    denied(
        &mut bench,
        &close().but(|p| p.id = ProposalId(1)),
        &expect!["CK-03 BTC/USDT: 1 against > 3 proposal id; used before"],
    );
    bench.open(&Ask::v01().at("44900").quantity(100_000));
    passes(&mut bench, &close().at("44900"));
}

/// Nothing that pauses entries stops an exit.
#[test]
fn exits_pass_where_entries_pause() {
    let mut bench = holding(&[("throttle.max_entries", "1")]);
    assert!(bench.answer(&Ask::v01().at("44999").quantity(100_000)).starts_with("CK-09 "));
    bench.account(VenueMessage::Session { instrument: B, state: SessionState::PostOnly });
    passes(&mut bench, &close());
}

/// CK-31 stays a check of entries, whatever rests there.
#[test]
fn an_entry_does_not_meet_our_own_exit() {
    let mut bench = holding(&[]);
    passes(&mut bench, &reduce(300_000).at("45000.50"));
    let entry = Ask::v01().at("45000.50").quantity(100_000);
    denied(&mut bench, &entry, &expect!["CK-31 BTC/USDT: 45000.5 against no own order there quote; meets order 3"]);
}
