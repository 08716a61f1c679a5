//! Every reason for which the venue refuses by itself (faults.md §2.D): how it is provoked, and what it says.
//!
//! Repeat with `cargo test --test venue_rejections`.
#![cfg(feature = "simulator")]

mod venue_desk;

use seatrial::market::Contract::{self, Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Command, InstrumentId, MarketEvent, NewOrder, OrderId, OrderKind, Price, Qty, Rate, RejectReason, SessionState,
    Span, TimeInForce, Timestamp,
};
use seatrial::venue::{Backing, Basis, Bracket, ForcedPrice, MarginRules, RateLimit, VenueConfig};
use venue_desk::{Desk, config, limit, market, money, order, stop};

const AT: InstrumentId = InstrumentId(0);

/// A market at 99 and 101 that last printed 100, under terms of the case.
fn desk(contract: Contract, change: impl FnOnce(&mut VenueConfig)) -> Desk {
    let mut terms = config(contract);
    let rules = &mut terms.instruments[0].timeline[0];
    (rules.tick, rules.lot) = (Price(1), Qty(1));
    change(&mut terms);
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 1_000)], &[(101, 1_000)]);
    desk.print(None, 100, 1);
    desk
}

fn rules(terms: &mut VenueConfig) -> &mut seatrial::market::Rules {
    &mut terms.instruments[0].timeline[0]
}

fn same(_: &mut VenueConfig) {}

/// The last of some orders is refused, for this reason alone; all before it are not.
fn refused(reason: RejectReason, mut desk: Desk, orders: &[NewOrder]) {
    for (place, order) in orders.iter().enumerate() {
        let said = desk.send(*order);
        let last = place + 1 == orders.len();
        let id = if order.id == OrderId(0) { format!("#{}", place + 1) } else { format!("#{}", order.id.0) };
        let wanted = if last { format!("{id} rejected: {reason:?}") } else { format!("{id} accepted") };
        assert!(said.starts_with(&wanted), "{reason:?}: order {place} of {orders:?}: {said}");
    }
}

#[test]
fn what_an_order_says_is_held_to_the_rules() {
    use RejectReason as Is;
    let unknown = NewOrder { instrument: InstrumentId(7), ..limit(Buy, 98, 1) };
    refused(Is::UnknownInstrument, desk(Spot, same), &[unknown]);
    let coarse = || {
        desk(Spot, |terms| {
            (rules(terms).tick, rules(terms).lot) = (Price(2), Qty(5));
        })
    };
    refused(Is::Tick, coarse(), &[limit(Buy, 98, 5), limit(Buy, 97, 5)]);
    refused(Is::Tick, coarse(), &[stop(Sell, 95, 5)]);
    refused(Is::Tick, desk(Spot, same), &[limit(Buy, 0, 5)]);
    refused(Is::Lot, coarse(), &[limit(Buy, 98, 6)]);
    refused(Is::Lot, desk(Spot, same), &[limit(Buy, 98, 0)]);
    refused(Is::MinQty, desk(Spot, |t| rules(t).min_qty = Qty(3)), &[limit(Buy, 98, 3), limit(Buy, 98, 2)]);
    refused(Is::MaxQty, desk(Spot, |t| rules(t).max_qty = Qty(3)), &[limit(Buy, 98, 3), limit(Buy, 98, 4)]);
    let worth = || desk(Spot, |t| rules(t).min_notional = money("196"));
    refused(Is::MinNotional, worth(), &[limit(Buy, 98, 2), limit(Buy, 97, 2)]);
    // A market order counts at the worst price it would reach.
    refused(Is::MinNotional, worth(), &[market(Buy, 2), market(Sell, 1)]);
    // Five percent of the mid of 100, both ways.
    let band = || desk(Spot, |t| rules(t).band = Some(Rate::from_bps(500)));
    refused(Is::PriceBand, band(), &[limit(Buy, 95, 1), limit(Buy, 94, 1)]);
    refused(Is::PriceBand, band(), &[limit(Sell, 105, 1), limit(Sell, 106, 1)]);
    let agree = |trigger, limit| order(Sell, OrderKind::StopLimit { trigger: Price(trigger), limit: Price(limit) }, 1);
    refused(Is::PriceBand, desk(Spot, |t| t.strict_triggers = true), &[agree(95, 95), agree(95, 96)]);
}

#[test]
fn what_an_account_has_and_holds_is_counted() {
    use RejectReason as Is;
    // 1000000 pay for 10000 at 98 and their fee of 20 basis points, not for 10190.
    refused(Is::InsufficientBalance, desk(Spot, same), &[limit(Buy, 98, 10_190)]);
    refused(Is::InsufficientBalance, desk(Spot, same), &[limit(Sell, 105, 600), limit(Sell, 105, 401)]);
    let tiers = |terms: &mut VenueConfig| {
        let bracket = |up_to: Option<&str>, leverage| Bracket {
            up_to: up_to.map(money),
            maintenance: Rate::from_bps(100),
            leverage,
        };
        terms.margin = vec![Some(MarginRules {
            brackets: vec![bracket(Some("1000"), 10), bracket(None, 2)],
            backing: Backing::Cross,
            basis: Basis::Mark,
            price: ForcedPrice::Book,
            fee: Rate::ZERO,
        })];
    };
    let levered = |qty| NewOrder { leverage: 5, ..limit(Buy, 98, qty) };
    refused(Is::InsufficientBalance, desk(Linear, tiers), &[levered(10), levered(11)]);
    refused(Is::Unsupported, desk(Spot, same), &[levered(1)]);
    let reduce = |side| NewOrder { reduce_only: true, ..limit(side, 100, 1) };
    refused(Is::ReduceOnly, desk(Linear, same), &[reduce(Sell)]);
    refused(Is::ReduceOnly, desk(Linear, same), &[market(Buy, 1), reduce(Sell), reduce(Buy)]);
    let twice = NewOrder { id: OrderId(9), ..limit(Buy, 98, 1) };
    refused(Is::DuplicateId, desk(Spot, same), &[twice, twice]);
}

#[test]
fn what_the_market_and_the_clock_say_is_counted() {
    use RejectReason as Is;
    let post = |price| NewOrder { post_only: true, ..limit(Buy, price, 1) };
    refused(Is::PostOnlyWouldCross, desk(Spot, same), &[post(100), post(101)]);
    refused(Is::WouldTriggerAtOnce, desk(Spot, same), &[stop(Sell, 99, 1), stop(Sell, 100, 1)]);
    refused(Is::WouldTriggerAtOnce, desk(Spot, same), &[stop(Buy, 101, 1), stop(Buy, 100, 1)]);
    refused(Is::NoMarket, Desk::new(Spot), &[market(Buy, 1)]);
    let until = |end| NewOrder { tif: TimeInForce::Gtd(Timestamp(end)), ..limit(Buy, 98, 1) };
    let by = |deadline| NewOrder { deadline: Timestamp(deadline), ..limit(Buy, 98, 1) };
    let now = desk(Spot, same).now.0;
    refused(Is::DeadlineElapsed, desk(Spot, same), &[until(now + 1), until(now)]);
    refused(Is::DeadlineElapsed, desk(Spot, same), &[by(now), by(now - 1)]);
    let now_or_never = NewOrder { post_only: true, tif: TimeInForce::Ioc, ..limit(Buy, 98, 1) };
    refused(Is::Unsupported, desk(Spot, same), &[now_or_never]);
    refused(Is::Unsupported, desk(Spot, same), &[NewOrder { tif: TimeInForce::Fok, ..stop(Sell, 95, 1) }]);
    let rate = |terms: &mut VenueConfig| terms.rate_limit = Some(RateLimit { most: 2, decay: Span::from_secs(1) });
    refused(Is::RateLimited, desk(Spot, rate), &[limit(Buy, 98, 1), limit(Buy, 98, 1), limit(Buy, 98, 1)]);
    for state in [SessionState::CancelOnly, SessionState::Maintenance, SessionState::Halted] {
        let mut closed = desk(Spot, same);
        closed.market(MarketEvent::Session(AT, state));
        refused(Is::Session, closed, &[limit(Buy, 98, 1)]);
    }
    let mut post_only = desk(Spot, same);
    post_only.market(MarketEvent::Session(AT, SessionState::PostOnly));
    refused(Is::Session, post_only, &[limit(Buy, 98, 1), limit(Buy, 101, 1)]);
}

/// Of the account, of the instrument, of those that wait for a trigger; one that ends makes room for one.
#[test]
fn an_account_may_have_so_many_orders_open() {
    let full = |change: fn(&mut VenueConfig)| desk(Spot, change);
    let rests = limit(Buy, 98, 1);
    refused(RejectReason::TooManyOrders, full(|terms| terms.max_open_orders = 2), &[rests, stop(Sell, 95, 1), rests]);
    let here = |terms: &mut VenueConfig| terms.max_open_per_instrument = 2;
    refused(RejectReason::TooManyOrders, full(here), &[rests, stop(Sell, 95, 1), rests]);
    let waiting = |terms: &mut VenueConfig| terms.max_triggers_per_instrument = 1;
    refused(RejectReason::TooManyOrders, full(waiting), &[rests, stop(Sell, 95, 1), rests, stop(Sell, 94, 1)]);
    let mut desk = full(waiting);
    desk.send(stop(Sell, 95, 1));
    assert_eq!(desk.send(stop(Sell, 94, 1)), "#2 rejected: TooManyOrders");
    desk.command(Command::Cancel(OrderId(1)));
    assert_eq!(desk.send(stop(Sell, 94, 1)), "#3 accepted");
}

/// The scenario's words for them.
#[test]
fn a_scenario_sets_its_venues_limits() {
    use seatrial::scenario::{Scenario, Source};
    let text = include_str!("scenario_written/still.toml");
    let limits = "[venue]\nmax_open_orders = 60\nmax_open_per_instrument = 40\nmax_triggers_per_instrument = 5\n";
    let source = Source { file: "s.toml".into(), text: text.replacen("[venue]\n", limits, 1) };
    let scenario = Scenario::parse(source, "s").unwrap_or_else(|all| panic!("{}", all[0]));
    let nowhere = std::path::Path::new("");
    let terms = scenario.setup(nowhere, nowhere, None, 0).unwrap_or_else(|all| panic!("{}", all[0])).venue;
    assert_eq!((terms.max_open_orders, terms.max_open_per_instrument, terms.max_triggers_per_instrument), (60, 40, 5));
}
