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
use seatrial::venue::{Every, Funding, VenueConfig};
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
