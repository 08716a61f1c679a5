//! CK-01 … CK-04, CK-07, CK-08, CK-11: may anything be traded here and now.

use expect_test::expect;
use rust_decimal::Decimal;
use seatrial::market::{
    Balance, Contract, ControlAct, Event, HostEvent, InstrumentId, MarketEvent, Money, Price, ProposalId, Qty,
    RawPrice, SessionState, Size, Snapshot, TimeInForce, Timestamp, VenueMessage,
};

use crate::bench::{Ask, B, Bench, NOON, SECOND, USDT, X, Y, config, instruments, money, rate};
use crate::{denied, passes};

// proves: venue-sessions
#[test]
fn ck_01_session_and_instrument() {
    let mut bench = Bench::spot(&[]);
    let nowhere = Ask::v01().but(|proposal| proposal.instrument = InstrumentId(9));
    denied(&mut bench, &nowhere, &expect!["CK-01 InstrumentId(9): absent against loaded rules"]);
    for (state, words) in [
        (
            SessionState::PostOnly,
            expect!["CK-01 BTC/USDT: PostOnly against Open session; since 2023-11-15T12:00:00.000000000Z"],
        ),
        (
            SessionState::Maintenance,
            expect!["CK-01 BTC/USDT: Maintenance against Open session; since 2023-11-15T12:00:00.000000000Z"],
        ),
    ] {
        bench.step(&Event::Market(bench.now, MarketEvent::Session(B, state)));
        denied(&mut bench, &Ask::v01(), &words);
    }
    bench.account(VenueMessage::Session { instrument: B, state: SessionState::Open });
    passes(&mut bench, &Ask::v01());
}

// proves: critical-9-validation
#[test]
fn ck_02_sizes_and_prices_are_above_zero() {
    let mut bench = Bench::spot(&[]);
    let bench = &mut bench;
    denied(bench, &Ask::v01().notional("0"), &expect!["CK-02 BTC/USDT: 0 against > 0; size"]);
    denied(bench, &Ask::v01().notional("-0.00000001"), &expect!["CK-02 BTC/USDT: -0.00000001 against > 0; size"]);
    denied(bench, &Ask::v01().quantity(0), &expect!["CK-02 BTC/USDT: 0 against > 0; size"]);
    denied(bench, &Ask::v01().at("0"), &expect!["CK-02 BTC/USDT: 0 against > 0; limit"]);
    denied(bench, &Ask::v01().stop("0"), &expect!["CK-02 BTC/USDT: 0 against > 0; stop"]);
    denied(bench, &Ask::v01().target("-1"), &expect!["CK-02 BTC/USDT: -1 against > 0; target"]);
    denied(bench, &Ask::v01().but(|p| p.leverage = 0), &expect!["CK-02 BTC/USDT: 0 against 1 to 5; leverage"]);
    // The other side of each is denied by a later check, or passes.
    denied(
        bench,
        &Ask::v01().quantity(1),
        &expect!["CK-18 BTC/USDT: 0.00000001 against 0.0001 base; 0.00000001 before rounding down to the lot"],
    );
    passes(bench, &Ask::v01().but(|p| p.leverage = 1));
}

// proves: critical-9-validation
#[test]
fn ck_02_confidence_is_a_share() {
    let mut bench = Bench::spot(&[]);
    denied(
        &mut bench,
        &Ask::v01().but(|p| p.confidence = rate("-0.01")),
        &expect!["CK-02 BTC/USDT: -0.01 against 0 to 1; confidence"],
    );
    denied(
        &mut bench,
        &Ask::v01().but(|p| p.confidence = rate("1.01")),
        &expect!["CK-02 BTC/USDT: 1.01 against 0 to 1; confidence"],
    );
    passes(&mut bench, &Ask::v01().but(|p| p.confidence = rate("1")));
}

#[test]
fn ck_02_price_time_in_force_and_post_only_fit() {
    let mut bench = Bench::spot(&[("risk.max_entries_per_instrument", "5"), ("risk.position_share", "25%")]);
    let bench = &mut bench;
    let rests = Ask::v01().at("44999").quantity(100_000);
    denied(
        bench,
        &Ask::v01().at_market().but(|p| p.tif = Some(TimeInForce::Gtc)),
        &expect!["CK-02 BTC/USDT: Gtc against Ioc or Fok; a market-like order never rests"],
    );
    denied(
        bench,
        &rests.clone().but(|p| (p.post_only, p.tif) = (true, Some(TimeInForce::Ioc))),
        &expect!["CK-02 BTC/USDT: Ioc against Gtc or Gtd; a post-only order rests"],
    );
    denied(
        bench,
        &rests.clone().but(|p| p.tif = Some(TimeInForce::Gtd(NOON))),
        &expect!["CK-02 BTC/USDT: 1700049600000000000 against > 1700049600000000000 ns; expiry"],
    );
    passes(bench, &rests.clone().but(|p| p.tif = Some(TimeInForce::Gtd(Timestamp(NOON.0 + 1)))));
    passes(bench, &rests.clone().at("44998").but(|p| p.post_only = true));
    passes(bench, &rests.at_market().but(|p| p.tif = Some(TimeInForce::Fok)));
}

/// Numbers at the edge of what can be written are answered, not crashed on.
#[test]
fn ck_02_numbers_nobody_can_trade() {
    let mut bench = Bench::spot(&[]);
    let bench = &mut bench;
    denied(
        bench,
        &Ask::v01().but(|p| p.stop = Some(RawPrice::new(Decimal::MAX))),
        &expect!["CK-02 BTC/USDT: a price against beyond 64 bits quote"],
    );
    denied(
        bench,
        &Ask::v01().but(|p| p.size = Size::Notional(Money::new(Decimal::MAX))),
        &expect![
            "CK-12 BTC/USDT: 79228162514264337593543950335 against 50000 risk.trade_max; of risk.trade_max 50000, equity × sanity.equity_multiple 10000; nothing was trimmed"
        ],
    );
    denied(
        bench,
        &Ask::v01().quantity(i64::MAX),
        &expect![
            "CK-12 BTC/USDT: 4150517416584649.11315 against 50000 risk.trade_max; of risk.trade_max 50000, equity × sanity.equity_multiple 10000; nothing was trimmed"
        ],
    );
}

#[test]
fn ck_03_a_proposal_is_made_once() {
    let mut bench = Bench::spot(&[]);
    passes(&mut bench, &Ask::v01().quantity(1_000_000).but(|p| p.id = ProposalId(7)));
    denied(
        &mut bench,
        &Ask::v01().but(|p| p.id = ProposalId(7)),
        &expect!["CK-03 BTC/USDT: 7 against > 7 proposal id; used before"],
    );
    passes(&mut bench, &Ask::v01().at("44999").quantity(100_000).but(|p| p.id = ProposalId(8)));
}

// proves: safety-1-preflight
#[test]
fn ck_04_the_trader_is_armed() {
    let mut bench = Bench::silent(instruments(Contract::Spot), config(&[]));
    bench.quotes();
    denied(
        &mut bench,
        &Ask::v01(),
        &expect!["CK-04 BTC/USDT: Reconciling against Armed; the account picture is not complete"],
    );
    bench.account(VenueMessage::OpenOrders(Snapshot { at: bench.now, items: Vec::new() }));
    denied(
        &mut bench,
        &Ask::v01(),
        &expect!["CK-04 BTC/USDT: Reconciling against Armed; the account picture is not complete"],
    );
    let balance = Balance { asset: USDT, total: money("10000") };
    bench.account(VenueMessage::Balances(Snapshot { at: bench.now, items: vec![balance] }));
    passes(&mut bench, &Ask::v01());
    bench.step(&Event::Host(HostEvent::JournalFailed));
    denied(
        &mut bench,
        &Ask::v01(),
        &expect!["CK-04 BTC/USDT: ReduceOnly against Armed; the journal cannot be written"],
    );
    bench.control(ControlAct::Halt);
    denied(
        &mut bench,
        &Ask::v01(),
        &expect![
            "CK-04 BTC/USDT: Halted against Armed; killed (Halted) until an operator re-arms, the journal cannot be written"
        ],
    );
    bench.rearm();
    passes(&mut bench, &Ask::long(X, "0.60", "0.588").quantity(100));
}

#[test]
fn ck_07_an_unknown_order_stops_its_instrument_alone() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.lose(order);
    denied(
        &mut bench,
        &Ask::v01().at("44999").quantity(100_000),
        &expect!["CK-07 BTC/USDT: unknown against free; order 1 is UnknownSubmit"],
    );
    passes(&mut bench, &Ask::long(X, "0.60", "0.588").quantity(100));
    bench.accept(order);
    passes(&mut bench, &Ask::v01().at("44999").quantity(100_000));
}

#[test]
fn ck_07_a_reduce_only_instrument_waits_for_an_operator() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill(order, Qty(1_000_001), Price(4_500_000));
    denied(
        &mut bench,
        &Ask::v01().at("44999").quantity(100_000),
        &expect!["CK-07 BTC/USDT: reduce-only against free; order 1 met Overfilled (TR-05) in Sent"],
    );
    bench.rearm();
    passes(&mut bench, &Ask::v01().at("44999").quantity(100_000));
}

// proves: risk-close-is-close
#[test]
fn ck_08_direction() {
    denied(
        &mut Bench::spot(&[]),
        &Ask::short(B, "45000", "45900"),
        &expect!["CK-08 BTC/USDT: OpenShort against OpenLong; there is no short position on spot"],
    );
    passes(&mut Bench::margin(&[]), &Ask::short(B, "45000", "45900"));
    let with_long = |keys: &[(&str, &str)]| {
        let mut bench = Bench::margin(keys);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        bench.fill_whole(order);
        bench
    };
    denied(
        &mut with_long(&[]),
        &Ask::short(B, "45000", "45900"),
        &expect!["CK-08 BTC/USDT: OpenShort against the same direction; position 0.01"],
    );
    passes(&mut with_long(&[]), &Ask::v01().at("44999").quantity(100_000));
    passes(&mut with_long(&[("risk.allow_flip", "true")]), &Ask::short(B, "45000", "45900"));
}

// proves: critical-3-stale-reference
#[test]
fn ck_11_age() {
    let mut bench = Bench::spot(&[]);
    bench.after(5 * SECOND + 1);
    denied(
        &mut bench,
        &Ask::v01(),
        &expect!["CK-11 BTC/USDT: 5000000001 against 5000000000 ns of age; bid 44999.99, ask 45000.01"],
    );
    bench.now = Timestamp(bench.now.0 - 1);
    passes(&mut bench, &Ask::v01());
}

// proves: critical-3-stale-reference
#[test]
fn ck_11_a_sound_book() {
    let mut bench = Bench::spot(&[]);
    let bench = &mut bench;
    let empty = Bench::holding(instruments(Contract::Spot), config(&[]), &[(USDT, "10000")]);
    denied(&mut { empty }, &Ask::v01(), &expect!["CK-11 BTC/USDT: one side against both sides of the book"]);
    for (bid, ask, words) in [
        ("44999.99", "", expect!["CK-11 BTC/USDT: one side against both sides of the book; bid 44999.99, ask none"]),
        ("", "45000.01", expect!["CK-11 BTC/USDT: one side against both sides of the book; bid none, ask 45000.01"]),
        ("45000", "45000", expect!["CK-11 BTC/USDT: crossed against bid < ask; bid 45000, ask 45000"]),
        ("45000.01", "45000", expect!["CK-11 BTC/USDT: crossed against bid < ask; bid 45000.01, ask 45000"]),
        (
            "44775",
            "45225.01",
            expect!["CK-11 BTC/USDT: 0.010000221111 against 0.01 of spread; bid 44775, ask 45225.01"],
        ),
    ] {
        bench.quote(B, bid, ask);
        denied(bench, &Ask::v01(), &words);
    }
    bench.quote(B, "44775", "45225");
    passes(bench, &Ask::v01());
}

/// 10 % from the last good mid passes, a cent more does not.
// proves: critical-3-stale-reference
#[test]
fn ck_11_jumps() {
    let jump = |to: &str| {
        let mut bench = Bench::spot(&[]);
        bench.reference(B, to);
        bench
    };
    let ask = Ask::long(B, "49500", "49005");
    passes(&mut jump("49500"), &ask);
    denied(
        &mut jump("49500.01"),
        &ask,
        &expect!["CK-11 BTC/USDT: 0.100000222222 against 0.1 from the last good mid; bid 49500, ask 49500.02"],
    );
}

/// A pair in another currency needs a rate, and a fresh one.
#[test]
fn ck_11_and_ck_12_rates() {
    let ask = Ask::long(Y, "0.00001334", "0.00001314").quantity(1_000);
    let make = || {
        let mut bench = Bench::holding(instruments(Contract::Linear), config(&[]), &[(USDT, "10000")]);
        bench.reference(Y, "0.00001334");
        bench
    };
    denied(
        &mut make(),
        &ask,
        &expect!["CK-12 XRP/BTC: absent against a rate into account currency; missing knowledge denies"],
    );
    let mut bench = make();
    bench.reference(B, "45000");
    passes(&mut bench, &ask);
    let mut bench = make();
    bench.reference(B, "45000");
    bench.after(5 * SECOND + 1);
    bench.reference(Y, "0.00001334");
    denied(
        &mut bench,
        &ask,
        &expect!["CK-11 XRP/BTC: 5000000001 against 5000000000 ns of age; conversion at BTC/USDT"],
    );
    bench.reference(B, "45000");
    passes(&mut bench, &ask);
}
