//! What a margin position costs and when it is closed by force: funding, rollover, interest, maintenance and
//! liquidation, each against arithmetic written beside it.
//!
//! Repeat with `cargo test --test venue_margin`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::{Expect, expect};
use seatrial::market::Contract::Linear;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{InstrumentId, MarketEvent, Money, Price, Rate, Span, Timestamp};
use seatrial::venue::{Charged, CountedFrom, Every, Funding, Interest, VenueConfig};
use venue_desk::{BASE, Desk, QUOTE, config, limit, market, money, text};

const BTC: InstrumentId = InstrumentId(0);

fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

/// Bids 99 and 98, asks 101 and 102, a hundred each; the last trade at 100.
fn desk(config: VenueConfig) -> Desk {
    let mut desk = Desk::with(config);
    desk.show(&[(99, 100), (98, 100)], &[(101, 100), (102, 100)]);
    desk.print(None, 100, 1);
    desk
}

/// Time passes.
fn wait(desk: &mut Desk, until: i64) -> String {
    desk.now = Timestamp(until);
    let mut said = Vec::new();
    desk.venue.on_time(desk.now, &mut said);
    text(&said)
}

/// Cash and counterparties of each asset together: what the account holds in all, whatever became of it.
fn sums(desk: &Desk) -> [Money; 2] {
    let parts = || desk.venue.balances().into_iter().chain(desk.venue.counterparties());
    [BASE, QUOTE]
        .map(|asset| parts().filter(|part| part.asset == asset).map(|part| part.total).fold(Money::ZERO, |a, b| a + b))
}

/// Funding every 100 ns from 0: 0.1 %, from 250 on -0.25 %.
fn funded() -> VenueConfig {
    let plan = Funding {
        times: Every { span: Span(100), phase: Span::ZERO },
        since: Timestamp(0),
        rates: vec![(Timestamp::MIN, Rate::from_bps(10)), (Timestamp(250), Rate::from_bps(-25))],
    };
    VenueConfig { funding: vec![Some(plan)], ..config(Linear) }
}

#[test]
fn funding_is_posted_once_per_instrument_and_time() {
    let mut desk = desk(funded());
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(100)));
    desk.send(market(Buy, 7));
    desk.market(MarketEvent::Mark(BTC, Price(103)));
    // 7 × 103 × 0.1 % = 0.721, half-even to cents.
    says(&wait(&mut desk, 100), &expect!["Funding { instrument: InstrumentId(0), at: Timestamp(100), paid: 0.72 }"]);
    says(&wait(&mut desk, 100), &expect![""]);
    // The market moves at 305 and nobody woke the venue: what was due is paid at its own times, at the mark of then.
    // 200: 0.1 % as before. 300: 7 × 103 × −0.25 % = −1.8025.
    desk.now = Timestamp(304);
    says(
        &desk.market(MarketEvent::Mark(BTC, Price(200))),
        &expect![
            "Funding { instrument: InstrumentId(0), at: Timestamp(200), paid: 0.72 }; Funding { instrument: InstrumentId(0), at: Timestamp(300), paid: -1.8 }"
        ],
    );
    desk.send(market(Sell, 7));
    says(&wait(&mut desk, 500), &expect![""]);
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(600)), "flat, it goes on counting");
    assert_eq!(sums(&desk), [money("1000"), money("1000000")]);
}

#[test]
fn the_short_side_receives_what_the_long_side_pays() {
    let mut desk = desk(funded());
    desk.send(market(Sell, 7));
    desk.market(MarketEvent::Mark(BTC, Price(103)));
    says(&wait(&mut desk, 100), &expect!["Funding { instrument: InstrumentId(0), at: Timestamp(100), paid: -0.72 }"]);
}

#[test]
fn what_expires_at_a_funding_time_expires_before_it() {
    let mut desk = desk(funded());
    desk.send(market(Buy, 7));
    let order =
        seatrial::market::NewOrder { tif: seatrial::market::TimeInForce::Gtd(Timestamp(100)), ..limit(Buy, 90, 1) };
    desk.send(order);
    says(
        &wait(&mut desk, 150),
        &expect!["#2 expired; Funding { instrument: InstrumentId(0), at: Timestamp(100), paid: 0.7 }"],
    );
}

/// As Kraken charges margin on spot: 0.02 % of what is opened, and of what it cost for every 4 intervals of time from
/// then on; here 2 % to open and 1 % (longs), 3 % (shorts) for every 400 ns.
fn rollover(from: CountedFrom, of: Charged) -> VenueConfig {
    let terms = Interest {
        times: Every { span: Span(400), phase: Span::ZERO },
        from,
        since: Timestamp(0),
        of,
        rates: vec![
            (Timestamp::MIN, [Rate::from_bps(100), Rate::from_bps(300)]),
            (Timestamp(1_000), [Rate::from_bps(200), Rate::from_bps(300)]),
        ],
        opening: Rate::from_bps(200),
    };
    VenueConfig { interest: vec![Some(terms)], ..config(Linear) }
}

#[test]
fn opening_costs_with_the_fill_and_rollover_runs_from_it() {
    let mut desk = desk(rollover(CountedFrom::Opening, Charged::Cost));
    assert_eq!(desk.venue.next_wake(), None);
    let before = desk.cash(QUOTE);
    desk.now = Timestamp(50);
    desk.send(market(Buy, 7));
    // 7 × 101 = 707: the taker fee of 0.2 % is 1.414 → 1.42, and 2 % of what was opened 14.14.
    assert_eq!(before - desk.cash(QUOTE), money("15.56"));
    // Growing it begins nothing anew.
    desk.now = Timestamp(100);
    desk.send(market(Buy, 1));
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(450)));
    // 1 % of 808; the same again at 850; 2 % of it at 1250.
    says(
        &wait(&mut desk, 1_300),
        &expect![
            "Interest { instrument: InstrumentId(0), at: Timestamp(450), paid: 8.08 }; Interest { instrument: InstrumentId(0), at: Timestamp(850), paid: 8.08 }; Interest { instrument: InstrumentId(0), at: Timestamp(1250), paid: 16.16 }"
        ],
    );
    // Sold 10: 8 close for the taker fee alone, 2 open at 99 and pay 2 % of 198; the rollover begins anew.
    let before = desk.cash(QUOTE);
    desk.send(market(Sell, 10));
    // 990 × 0.2 % = 1.98, 3.96 to open, and 8 × (101 − 99) = 16 lost.
    assert_eq!(before - desk.cash(QUOTE), money("21.94"));
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(1_700)));
    desk.send(market(Buy, 2));
    assert_eq!((desk.venue.next_wake(), sums(&desk)), (None, [money("1000"), money("1000000")]));
}

#[test]
fn what_is_borrowed_bears_interest_by_the_clock() {
    let mut desk = desk(rollover(CountedFrom::Clock, Charged::Borrowed));
    desk.send(seatrial::market::NewOrder { leverage: 4, ..market(Buy, 8) });
    // 808 cost, 202 of it posted: 1 % of 606 is 6.06.
    says(&wait(&mut desk, 400), &expect!["Interest { instrument: InstrumentId(0), at: Timestamp(400), paid: 6.06 }"]);
    says(&wait(&mut desk, 400), &expect![""]);
    // Short 3, the coins of which are borrowed, at a mark of 103: 3 % of 309 is 9.27.
    desk.send(market(Sell, 11));
    desk.market(MarketEvent::Mark(BTC, Price(103)));
    says(&wait(&mut desk, 800), &expect!["Interest { instrument: InstrumentId(0), at: Timestamp(800), paid: 9.27 }"]);
}
