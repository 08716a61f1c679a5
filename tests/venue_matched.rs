//! Our orders in a market made by agents: what the book says, the venue books, and the agents feel it.
//!
//! Repeat with `cargo test --test venue_matched`; a failed law prints its seed.
#![cfg(feature = "simulator")]

mod venue_agents;
mod venue_desk;

use std::collections::BTreeMap;

use proptest::prelude::*;
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Amend, Command, Liquidity, MarketEvent, NewOrder, OrderId, OrderKind, Price, Qty, Quote, ReportKind, Side, Span,
    TimeInForce, VenueMessage,
};
use seatrial::venue::matching::SelfTrade;
use seatrial::venue::{BackgroundTerms, BandTerms, HaltTerms, RegimeTerms, SessionTerms};
use venue_agents::{IT, Market, fills, told};
use venue_desk::{limit, market, order, stop};

#[test]
fn one_seed_makes_one_market_and_another_another() {
    let public = |seed| {
        let mut market = Market::new(seed, Spot, |_| {});
        market.pass(Span::from_mins(5));
        market.public
    };
    let first = public(1);
    assert!(first.len() > 300, "{} messages", first.len());
    assert_eq!(first, public(1));
    assert_ne!(first, public(2));
    for (at, event) in &first {
        if let MarketEvent::Quote(quote) = event {
            assert!(quote.bid < quote.ask || quote.bid_qty.is_zero() || quote.ask_qty.is_zero(), "crossed at {at:?}");
        }
    }
}

#[test]
fn a_taker_of_ours_moves_the_price_and_the_public_sees_it_trade() {
    let (mut moved, mut still) = (Market::new(3, Spot, |_| {}), Market::new(3, Spot, |_| {}));
    for market in [&mut moved, &mut still] {
        market.pass(Span::from_mins(1));
    }
    let before = moved.touch();
    let depth_at_touch = before.ask_qty;
    let (_, said) = moved.send(market(Buy, depth_at_touch.0 + 50));
    let taken: i64 = fills(&said).iter().map(|fill| fill.2.0).sum();
    assert_eq!(taken, depth_at_touch.0 + 50, "{}", told(&said));
    assert!(fills(&said).iter().all(|fill| fill.3 == Liquidity::Taker));
    assert!(moved.touch().ask > before.ask, "the price went up");
    let printed: i64 = moved
        .public
        .iter()
        .filter_map(|(at, event)| match event {
            MarketEvent::Trade(trade) if *at == moved.now => Some(trade.qty.0),
            _ => None,
        })
        .sum();
    assert_eq!(printed, taken, "what we took printed");
    // And it is another market from there on.
    moved.pass(Span::from_mins(1));
    still.pass(Span::from_mins(1));
    assert_ne!(moved.public.last(), still.public.last());
}

#[test]
fn a_limit_of_ours_is_hit_as_a_maker_once_those_before_it_are_gone() {
    let mut market = Market::new(5, Spot, |_| {});
    market.pass(Span::from_mins(1));
    let Quote { bid, bid_qty, .. } = market.touch();
    let (id, said) = market.send(limit(Buy, bid.0, 30));
    assert_eq!(told(&said), "#1 accepted");
    assert_eq!(market.touch().bid_qty, bid_qty + Qty(30), "ours is part of the book");
    let said = market.pass(Span::from_mins(5));
    let got = fills(&said);
    assert!(!got.is_empty() && got.iter().all(|fill| *fill == (id, bid, fill.2, Liquidity::Maker)), "{}", told(&said));
}

#[test]
fn an_order_inside_the_spread_is_the_touch() {
    let mut market = Market::new(6, Spot, |_| {});
    market.pass(Span::from_mins(1));
    while market.touch().ask.0 - market.touch().bid.0 < 2 {
        market.pass(Span::from_millis(200));
    }
    let inside = market.touch().bid.0 + 1;
    let (id, _) = market.send(limit(Buy, inside, 7));
    assert_eq!((market.touch().bid, market.touch().bid_qty), (Price(inside), Qty(7)));
    let published = market.public.last().map(|(_, event)| *event);
    assert_eq!(published, Some(MarketEvent::Quote(market.touch())), "the public is told");
    market.command(Command::Cancel(id));
    assert!(market.touch().bid.0 < inside);
}

#[test]
fn what_does_not_fill_at_once_ends_by_its_terms() {
    let mut market = Market::new(7, Spot, |_| {});
    market.pass(Span::from_mins(1));
    let touch = market.touch();
    let ioc = NewOrder { tif: TimeInForce::Ioc, ..limit(Buy, touch.ask.0, touch.ask_qty.0 + 5) };
    let (_, said) = market.send(ioc);
    assert_eq!(told(&said), format!("#1 accepted; {}#1 cancelled: Remainder", bought(&said)));
    let touch = market.touch();
    let fok = NewOrder { tif: TimeInForce::Fok, ..limit(Buy, touch.ask.0, touch.ask_qty.0 + 1) };
    assert_eq!(told(&market.send(fok).1), "#2 accepted; #2 cancelled: FillOrKill");
    let whole = NewOrder { tif: TimeInForce::Fok, ..limit(Buy, touch.ask.0, touch.ask_qty.0) };
    let got: i64 = fills(&market.send(whole).1).iter().map(|fill| fill.2.0).sum();
    assert_eq!(got, touch.ask_qty.0);
    let touch = market.touch();
    let post = NewOrder { post_only: true, ..limit(Buy, touch.ask.0, 5) };
    assert_eq!(told(&market.send(post).1), "#4 rejected: PostOnlyWouldCross");
}

fn bought(said: &[VenueMessage]) -> String {
    let line = |(id, price, qty, _): (OrderId, Price, Qty, Liquidity)| {
        format!("#{} bought {} @ {} taker; ", id.0, qty.0, price.0)
    };
    fills(said).into_iter().map(line).collect::<Vec<_>>().concat()
}

#[test]
fn an_amend_down_keeps_its_place_and_up_goes_to_the_back() {
    let mut market = Market::new(8, Spot, |_| {});
    market.pass(Span::from_mins(1));
    let price = market.touch().bid.0 - 30;
    let (id, _) = market.send(limit(Buy, price, 30));
    let kind = OrderKind::Limit { limit: Price(price) };
    market.command(Command::Amend(Amend { id, qty: Qty(20), kind }));
    assert_eq!(market.venue.matched_open(id), Some(Qty(20)));
    market.command(Command::Amend(Amend { id, qty: Qty(50), kind: OrderKind::Limit { limit: Price(price - 1) } }));
    assert_eq!(market.venue.matched_open(id), Some(Qty(50)));
    market.command(Command::Cancel(id));
    assert_eq!(market.venue.matched_open(id), None);
}

#[test]
fn our_orders_do_not_trade_with_each_other_unless_told_so() {
    let modes = [
        (SelfTrade::CancelNewest, "#2 accepted; #2 cancelled: Venue"),
        (SelfTrade::CancelOldest, "#2 accepted; #1 cancelled: Venue"),
        (SelfTrade::CancelBoth, "#2 accepted; #1 cancelled: Venue; #2 cancelled: Venue"),
    ];
    for (mode, expected) in modes {
        let mut market = Market::new(9, Spot, |config| config.self_trade = mode);
        market.pass(Span::from_mins(1));
        while market.touch().ask.0 - market.touch().bid.0 < 2 {
            market.pass(Span::from_millis(200));
        }
        let inside = market.touch().bid.0 + 1;
        market.send(limit(Buy, inside, 7));
        let said = told(&market.send(limit(Sell, inside, 7)).1);
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split("; ").map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(sorted(&said), sorted(expected), "{mode:?}");
    }
}

#[test]
fn a_stop_of_ours_fires_on_their_trades() {
    let mut market = Market::new(10, Linear, |_| {});
    market.pass(Span::from_mins(1));
    market.send(venue_desk::market(Buy, 10));
    let trigger = market.touch().bid.0 - 3;
    let (id, _) = market.send(NewOrder { reduce_only: true, ..stop(Sell, trigger, 10) });
    let mut said = Vec::new();
    for _ in 0..25 {
        said.extend(market.pass(Span::from_mins(1)));
        if !fills(&said).is_empty() {
            break;
        }
    }
    let got = fills(&said);
    assert!(
        got.iter().all(|fill| fill.0 == id) && got.iter().map(|fill| fill.2.0).sum::<i64>() == 10,
        "{}",
        told(&said)
    );
    let low = market.public.iter().filter_map(|(_, event)| match event {
        MarketEvent::Trade(trade) => Some(trade.price.0),
        _ => None,
    });
    assert!(low.min().is_some_and(|low| low <= trigger));
}

#[test]
fn a_halted_market_stands_still() {
    let mut market = Market::new(11, Spot, |_| {});
    market.pass(Span::from_mins(1));
    let state = seatrial::market::SessionState::Halted;
    market.venue.on_market(market.now, &MarketEvent::Session(IT, state), &mut Vec::new());
    let before = market.public.len();
    market.pass(Span::from_mins(2));
    assert_eq!(market.public.len(), before);
    let state = seatrial::market::SessionState::Open;
    market.venue.on_market(market.now, &MarketEvent::Session(IT, state), &mut Vec::new());
    market.pass(Span::from_mins(2));
    assert!(market.public.len() > before + 50, "it goes on");
}

/// What we may do, with sizes and prices relative to the touch.
#[derive(Clone, Debug)]
enum Step {
    Limit(Side, i64, i64, TimeInForce, bool),
    Market(Side, i64),
    Stop(Side, i64, i64),
    Cancel(usize),
    Amend(usize, i64, i64),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![Just(Buy), Just(Sell)];
    let tif = prop_oneof![4 => Just(TimeInForce::Gtc), 1 => Just(TimeInForce::Ioc), 1 => Just(TimeInForce::Fok)];
    prop_oneof![
        4 => (side(), -6..6_i64, 1..200_i64, tif, prop::bool::weighted(0.3))
            .prop_map(|(side, away, qty, tif, reduce)| Step::Limit(side, away, qty, tif, reduce)),
        1 => (side(), 1..400_i64).prop_map(|(side, qty)| Step::Market(side, qty)),
        1 => (side(), 1..8_i64, 1..100_i64).prop_map(|(side, away, qty)| Step::Stop(side, away, qty)),
        1 => (0..20_usize).prop_map(Step::Cancel),
        2 => (0..20_usize, -3..3_i64, 1..200_i64).prop_map(|(at, away, qty)| Step::Amend(at, away, qty)),
        4 => (1..4_000_i64).prop_map(Step::Pass),
    ]
}

/// Short days with calls, a narrow band, halts, icebergs and hidden orders.
fn all_of_it() -> BackgroundTerms {
    let mut terms = venue_agents::terms();
    (terms.noise.iceberg, terms.noise.peak, terms.noise.hidden) = (300, Qty(5), 200);
    terms.makers.peak = Some(Qty(20));
    let secs = Span::from_secs;
    terms.regime = RegimeTerms {
        sessions: Some(SessionTerms { opening_call: secs(4), closing_call: secs(3), day: secs(20), night: secs(3) }),
        band: Some(BandTerms { width_ppm: 1_000, renew: secs(5) }),
        halt: Some(HaltTerms { move_ppm: 600, lasts: secs(2), call: secs(2) }),
    };
    terms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever we do: what the venue says is open is what the book holds of ours, nobody trades beyond a limit,
    /// what we gain others lose, no cash is below zero on spot, and what is held is held by what is open.
    #[test]
    fn venue_and_book_agree(seed in 0..1_000_u64, [spot, days] in any::<[bool; 2]>(), steps in prop::collection::vec(step(), 1..40)) {
        let mut market = Market::new(seed, if spot { Spot } else { Linear }, |config| {
            // Poor enough to run out.
            config.balances[0].total = venue_desk::money("300");
            config.balances[1].total = venue_desk::money("3000000");
            if days {
                config.backgrounds = vec![Some(all_of_it())];
            }
        });
        market.pass(Span::from_secs(5));
        let mut limits: BTreeMap<OrderId, (Side, i64)> = BTreeMap::new();
        for step in steps {
            let touch = market.touch();
            let near = |side: Side, away: i64| (if side == Buy { touch.ask.0 } else { touch.bid.0 }) - side.sign() * away;
            match step {
                Step::Limit(side, away, qty, tif, reduce_only) => {
                    let price = near(side, away);
                    limits.insert(OrderId(market.ids + 1), (side, price));
                    market.send(NewOrder { tif, reduce_only, ..limit(side, price, qty) });
                }
                Step::Market(side, qty) => { market.send(venue_desk::market(side, qty)); }
                Step::Stop(side, away, qty) => {
                    let trigger = Price(near(side.opposite(), away));
                    market.send(order(side, OrderKind::StopMarket { trigger }, qty));
                }
                Step::Cancel(at) => if market.ids > 0 {
                    market.command(Command::Cancel(OrderId(1 + at as u64 % market.ids)));
                },
                Step::Amend(at, away, qty) => if market.ids > 0 {
                    let id = OrderId(1 + at as u64 % market.ids);
                    if let Some((side, _)) = limits.get(&id).copied() {
                        let limit = near(side, away);
                        let kind = OrderKind::Limit { limit: Price(limit) };
                        market.command(Command::Amend(Amend { id, qty: Qty(qty), kind }));
                    }
                },
                Step::Pass(millis) => { market.pass(Span::from_millis(millis)); }
            }
            market.venue.check_matched().map_err(TestCaseError::fail)?;
            for (asset, total) in market.venue.balances().iter().map(|balance| (balance.asset, balance.total)) {
                if spot {
                    prop_assert!(total >= seatrial::market::Money::ZERO, "{asset:?} is {total:?}");
                }
            }
        }
        // An amend moves a limit: only orders never amended are certain.
        let amended = |message: &VenueMessage| match message {
            VenueMessage::Report(report) => matches!(report.kind, ReportKind::Amended { .. }).then_some(report.order),
            _ => None,
        };
        for id in market.said.iter().filter_map(amended) {
            limits.remove(&id);
        }
        for (id, price, _, _) in fills(&market.said) {
            let within = limits.get(&id).is_none_or(|(side, limit)| side.reaches(Price(*limit), price));
            prop_assert!(within, "{id:?} traded at {price:?}, beyond {:?}", limits.get(&id));
        }
    }
}
