//! Our orders where a market of agents gathers, closes, halts and refuses: sessions, auctions, bands.
//!
//! The laws of such a market among its agents are in `src/venue/background/laws.rs`. Repeat with
//! `cargo test --test venue_regimes`.
#![cfg(feature = "simulator")]

mod venue_agents;
mod venue_desk;

use seatrial::market::Contract::{self, Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Amend, Command, Liquidity, MarketEvent, NewOrder, OrderId, OrderKind, Price, Qty, SessionState, Span, TimeInForce,
    Timestamp, VenueMessage,
};
use seatrial::venue::{BandTerms, HaltTerms, RegimeTerms, SessionTerms};
use venue_agents::{IT, Market, fills, terms, told};
use venue_desk::{limit, order, stop};

/// Two days of ten minutes with calls of a minute, and a minute between them.
const DAYS: SessionTerms = SessionTerms {
    opening_call: Span::from_mins(1),
    closing_call: Span::from_mins(1),
    day: Span::from_mins(10),
    night: Span::from_mins(1),
};

fn market(seed: u64, contract: Contract, regime: RegimeTerms) -> Market {
    Market::new(seed, contract, |config| {
        let mut terms = terms();
        terms.regime = regime;
        (terms.noise.iceberg, terms.noise.peak, terms.noise.hidden) = (200, Qty(5), 100);
        terms.makers.peak = Some(Qty(20));
        config.backgrounds = vec![Some(terms)];
    })
}

fn days(seed: u64, contract: Contract) -> Market {
    market(seed, contract, RegimeTerms { sessions: Some(DAYS), ..RegimeTerms::default() })
}

fn sessions(said: &[VenueMessage]) -> Vec<SessionState> {
    let state = |message: &VenueMessage| match message {
        VenueMessage::Session { state, .. } => Some(*state),
        _ => None,
    };
    said.iter().filter_map(state).collect()
}

/// What printed from an instant on.
fn prints(market: &Market, from: Timestamp) -> Vec<(Price, i64)> {
    let print = |(at, event): &(Timestamp, MarketEvent)| match event {
        MarketEvent::Trade(trade) if *at >= from => Some((trade.price, trade.qty.0)),
        _ => None,
    };
    market.public.iter().filter_map(print).collect()
}

/// A trigger was touched by the auction: it is told of, and only once trading is open. What it finds then is little:
/// ours has swept the book.
fn told_of_after_opening(said: &[VenueMessage], id: OrderId) {
    let open = said.iter().position(|message| matches!(message, VenueMessage::Session { .. }));
    let of = |message: &VenueMessage| matches!(message, VenueMessage::Report(report) if report.order == id);
    let first = said.iter().position(of);
    assert!(first.is_some() && open < first, "{}", told(said));
}

#[test]
fn one_seed_makes_one_market_with_all_of_it() {
    let all = RegimeTerms {
        sessions: Some(DAYS),
        band: Some(BandTerms { width_ppm: 5_000, renew: Span::from_mins(1) }),
        halt: Some(HaltTerms { move_ppm: 1_000, lasts: Span::from_secs(5), call: Span::from_secs(5) }),
    };
    let played = |seed| {
        let mut market = market(seed, Spot, all);
        market.pass(Span::from_mins(30));
        (market.public, sessions(&market.said))
    };
    let first = played(1);
    assert!(first.0.len() > 1_000 && first.1.contains(&SessionState::Halted), "{:?}", first.1);
    assert_eq!(first, played(1));
    assert_ne!(first, played(2));
    for (at, event) in &first.0 {
        if let MarketEvent::Quote(quote) = event {
            assert!(quote.bid < quote.ask || quote.bid_qty.is_zero() || quote.ask_qty.is_zero(), "crossed at {at:?}");
        }
    }
}

#[test]
fn the_day_is_told_and_nobody_is_shown_the_book_of_a_call() {
    let mut market = days(2, Spot);
    let said = market.pass(Span::from_secs(59));
    assert!(said.is_empty() && market.public.is_empty(), "{}", told(&said));
    let mut greeted = Vec::new();
    market.venue.greet(market.now, &mut greeted);
    assert_eq!(sessions(&greeted), [SessionState::PostOnly]);
    assert_eq!(sessions(&market.pass(Span::from_secs(2))), [SessionState::Open]);
    assert!(!market.public.is_empty());
    assert_eq!(sessions(&market.pass(Span::from_mins(8))), [SessionState::PostOnly]);
    assert_eq!(sessions(&market.pass(Span::from_mins(1))), [SessionState::CancelOnly]);
    let closed = market.public.len();
    market.pass(Span::from_secs(50));
    assert_eq!(market.public.len(), closed, "nothing happens at night");
    assert_eq!(
        sessions(&market.pass(Span::from_mins(20))),
        [
            SessionState::PostOnly,
            SessionState::Open,
            SessionState::PostOnly,
            SessionState::CancelOnly,
            SessionState::PostOnly,
            SessionState::Open,
            SessionState::PostOnly,
            SessionState::CancelOnly
        ]
    );
}

#[test]
fn a_call_takes_what_rests_and_our_order_trades_in_the_auction() {
    let mut market = days(3, Spot);
    market.pass(Span::from_secs(30));
    let session = |text: &str| format!("{text} rejected: Session");
    assert_eq!(told(&market.send(venue_desk::market(Buy, 10)).1), session("#1"));
    let ioc = NewOrder { tif: TimeInForce::Ioc, ..limit(Buy, 10_500, 10) };
    assert_eq!(told(&market.send(ioc).1), session("#2"));
    // Far better than anybody's price, and it does not trade before everybody does.
    let (id, said) = market.send(limit(Buy, 10_500, 40));
    assert_eq!(told(&said), "#3 accepted");
    let (other, said) = market.send(NewOrder { post_only: true, ..limit(Buy, 10_400, 10) });
    assert_eq!(told(&said), "#4 accepted");
    let kind = OrderKind::Limit { limit: Price(10_600) };
    market.command(Command::Amend(Amend { id, qty: Qty(50), kind }));
    market.venue.check_matched().expect("the book has what the venue has");
    assert!(fills(&market.said).is_empty());
    let opens = Timestamp(0).after(Span::from_mins(1));
    let said = market.pass(Span::from_secs(30));
    assert_eq!(market.now, opens);
    let got = fills(&said);
    let of = |wanted| got.iter().filter(|fill| fill.0 == wanted).map(|fill| fill.2.0).sum::<i64>();
    assert_eq!((of(id), of(other)), (50, 10), "{}", told(&said));
    let printed = prints(&market, opens);
    let price = printed[0].0;
    assert!(printed.iter().all(|print| print.0 == price), "one price: {printed:?}");
    assert!(got.iter().all(|fill| fill.1 == price && fill.3 == Liquidity::Maker), "{}", told(&said));
    assert!(price < Price(10_400) && printed.iter().map(|print| print.1).sum::<i64>() >= 60);
    // It is told of the fills before it is told that trading begins.
    let first = said.iter().position(|message| matches!(message, VenueMessage::Session { .. }));
    assert_eq!(first, Some(got.len()));
}

#[test]
fn what_rests_of_ours_outlives_the_night_and_a_trigger_waits_for_the_opening() {
    let mut market = days(4, Linear);
    market.pass(Span::from_mins(2));
    market.send(venue_desk::market(Buy, 10));
    let touch = market.touch();
    let (rests, _) = market.send(limit(Buy, touch.bid.0 - 400, 10));
    let (reduces, _) = market.send(NewOrder { reduce_only: true, ..limit(Sell, touch.ask.0 + 400, 5) });
    let (waits, _) = market.send(stop(Sell, touch.bid.0 - 300, 5));
    let said = market.pass(Span::from_mins(8));
    assert_eq!(told(&said).matches("cancelled: Venue").count(), 1, "{}", told(&said));
    assert_eq!(market.venue.matched_open(reduces), None, "what depends on a position ends with trading");
    assert_eq!(market.venue.matched_open(rests), Some(Qty(10)));
    market.venue.check_matched().expect("the book has what the venue has");
    // Closed: cancels only.
    assert_eq!(told(&market.send(limit(Buy, 9_000, 5)).1), "#5 rejected: Session");
    market.pass(Span::from_secs(90));
    // In the call a reduce-only limit is refused, a stop waits.
    assert_eq!(market.now, Timestamp(0).after(Span::from_secs(690)));
    let reduce = NewOrder { reduce_only: true, ..limit(Sell, touch.ask.0 + 400, 5) };
    assert_eq!(told(&market.send(reduce).1), "#6 rejected: Session");
    assert_eq!(told(&market.command(Command::Cancel(rests))), "#2 cancelled: Requested");
    // A sale far below everything moves the auction's price through the trigger, if anything does.
    market.send(limit(Sell, touch.bid.0 - 390, 50_000));
    told_of_after_opening(&market.pass(Span::from_mins(1)), waits);
}

#[test]
fn a_limit_beyond_the_band_is_refused_and_a_market_order_stops_at_it() {
    let band = BandTerms { width_ppm: 1_000, renew: Span::ZERO };
    let mut market = market(5, Spot, RegimeTerms { band: Some(band), ..RegimeTerms::default() });
    market.pass(Span::from_secs(1));
    assert_eq!(told(&market.send(limit(Buy, 10_600, 10)).1), "#1 rejected: PriceBand");
    assert_eq!(told(&market.send(limit(Buy, 9_400, 10)).1), "#2 rejected: PriceBand");
    let (id, said) = market.send(limit(Buy, market.touch().bid.0, 10));
    assert_eq!(told(&said), "#3 accepted");
    let kind = OrderKind::Limit { limit: Price(9_400) };
    assert_eq!(
        told(&market.command(Command::Amend(Amend { id, qty: Qty(10), kind }))),
        "#3 AmendRejected(StillOpen(PriceBand))"
    );
    let outside = order(Buy, OrderKind::StopLimit { trigger: Price(10_700), limit: Price(10_800) }, 5);
    assert_eq!(told(&market.send(outside).1), "#4 rejected: PriceBand");
    let (_, said) = market.send(venue_desk::market(Buy, 50_000));
    let worst = fills(&said).iter().map(|fill| fill.1).max().expect("it took something");
    assert!(worst <= Price(10_020) && told(&said).ends_with("#5 cancelled: Remainder"), "{}", told(&said));
}

#[test]
fn a_post_only_order_that_would_meet_a_hidden_one_is_refused() {
    let mut market = market(8, Spot, RegimeTerms::default());
    let mut refused = 0;
    for _ in 0..1_500 {
        market.pass(Span::from_millis(200));
        let touch = market.touch();
        let (id, said) = market.send(NewOrder { post_only: true, ..limit(Buy, touch.ask.0 - 1, 1) });
        refused += usize::from(told(&said) == format!("#{} rejected: PostOnlyWouldCross", id.0));
        market.command(Command::Cancel(id));
    }
    assert!(refused > 0 && fills(&market.said).iter().all(|fill| fill.3 == Liquidity::Maker), "{refused} refused");
}

#[test]
fn a_fill_or_kill_of_ours_counts_reserves_and_a_limit_takes_them() {
    let mut market = market(9, Spot, RegimeTerms::default());
    market.pass(Span::from_secs(10));
    let touch = market.touch();
    let fok = |qty| NewOrder { tif: TimeInForce::Fok, ..limit(Buy, touch.ask.0, qty) };
    let (_, said) = market.send(fok(10_000));
    assert_eq!(told(&said), "#1 accepted; #1 cancelled: FillOrKill");
    let more = touch.ask_qty.0 + 15;
    let (_, said) = market.send(fok(more));
    assert_eq!(fills(&said).iter().map(|fill| fill.2.0).sum::<i64>(), more, "{touch:?}: {}", told(&said));
    assert!(fills(&said).iter().all(|fill| fill.1 <= touch.ask));
}

#[test]
fn our_own_trade_may_halt_the_market_and_our_stop_waits_until_it_opens() {
    let halt = HaltTerms { move_ppm: 400, lasts: Span::from_secs(20), call: Span::from_secs(10) };
    let mut market = market(6, Linear, RegimeTerms { halt: Some(halt), ..RegimeTerms::default() });
    market.pass(Span::from_secs(1));
    let touch = market.touch();
    let (waits, _) = market.send(stop(Buy, touch.ask.0 + 3, 5));
    let (_, said) = market.send(limit(Buy, touch.ask.0 + 30, 50_000));
    assert_eq!(sessions(&said), [SessionState::Halted], "{}", told(&said));
    assert!(
        fills(&said).iter().all(|fill| fill.0 != waits) && fills(&said).last().is_some_and(|fill| fill.1 > touch.ask)
    );
    assert_eq!(told(&market.send(limit(Buy, 9_990, 5)).1), "#3 rejected: Session");
    let halted = market.public.len();
    assert_eq!(sessions(&market.pass(Span::from_secs(19))), []);
    assert_eq!(market.public.len(), halted, "nothing is traded or shown");
    assert_eq!(sessions(&market.pass(Span::from_secs(2))), [SessionState::PostOnly]);
    let said = market.pass(Span::from_secs(10));
    assert_eq!(sessions(&said)[0], SessionState::Open);
    told_of_after_opening(&said, waits);
    market.venue.check_matched().expect("the book has what the venue has");
}

#[test]
fn a_stop_that_the_halting_trade_touched_fires_at_the_opening_though_nothing_trades_then() {
    let halt = HaltTerms { move_ppm: 300, lasts: Span::from_secs(5), call: Span::from_secs(5) };
    let mut market = Market::new(10, Linear, |config| {
        let mut terms = terms();
        terms.regime.halt = Some(halt);
        // Makers alone never cross.
        (terms.noise.market_orders, terms.noise.limit_orders) = (0, 0);
        (terms.momentum.orders, terms.value.orders) = (0, 0);
        config.backgrounds = vec![Some(terms)];
    });
    market.pass(Span::from_secs(1));
    let ask = market.touch().ask.0;
    let (waits, _) = market.send(stop(Buy, ask + 3, 5));
    let said = market.send(NewOrder { tif: TimeInForce::Ioc, ..limit(Buy, ask + 3, 200) }).1;
    assert_eq!((sessions(&said), fills(&said).len()), (vec![SessionState::Halted], 4), "{}", told(&said));
    let opens = market.now.after(Span::from_secs(10));
    let said = market.pass(Span::from_secs(11));
    let got = fills(&said);
    assert!(got.len() == 1 && got[0].0 == waits && got[0].3 == Liquidity::Taker, "{}", told(&said));
    assert_eq!(prints(&market, opens), [(got[0].1, 5)], "the auction itself traded nothing");
    told_of_after_opening(&said, waits);
}

#[test]
fn a_fault_halts_a_call_and_the_auction_waits_for_it() {
    use seatrial::venue::Act;
    let mut market = days(7, Spot);
    market.pass(Span::from_secs(50));
    market.venue.act(market.now, &Act::Session(SessionState::Halted), &mut Vec::new());
    assert_eq!(sessions(&market.pass(Span::from_secs(30))), []);
    assert!(market.public.is_empty());
    let mut said = Vec::new();
    market.venue.act(market.now, &Act::Session(SessionState::Open), &mut said);
    assert_eq!(sessions(&said), [SessionState::PostOnly], "the call goes on");
    assert_eq!(sessions(&market.pass(Span::from_secs(2))), [SessionState::Open]);
    // The data of such a market say nothing of its session.
    market.venue.on_market(market.now, &MarketEvent::Session(IT, SessionState::CancelOnly), &mut said);
    assert_eq!(sessions(&said)[1..], [SessionState::Open]);
}
