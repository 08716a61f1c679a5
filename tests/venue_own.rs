//! A venue whose instruments fill by models of their own, and are counted apart.
//!
//! Two instruments live through the same market and the same commands, so that what differs between them is what
//! was said of one alone. To repeat: `cargo test --test venue_own`.
#![cfg(feature = "simulator")]

mod venue_desk;

use seatrial::market::{
    AssetId, Balance, Command, Contract, ExecutionReport, Fee, Fill, Instrument, InstrumentId, LevelChange,
    MarketEvent, NewOrder, OrderId, Price, Qty, RejectReason, ReportKind, Side, Span, Timestamp, Trade, VenueMessage,
    VenueRef,
};
use seatrial::venue::{
    Consumption, FillProfile, ImpactModel, Models, PartialModel, QueueModel, RateLimit, SlippageModel, Venue,
    VenueConfig,
};
use venue_desk::{instrument, limit, market, money};

const BOTH: [InstrumentId; 2] = [InstrumentId(0), InstrumentId(1)];

/// Two instruments with assets of their own, and plenty of each.
fn config() -> VenueConfig {
    let one = |id: InstrumentId| {
        let (base, quote) = (AssetId(2 * id.0), AssetId(2 * id.0 + 1));
        Instrument { id, base, quote, ..instrument(Contract::Spot) }
    };
    let opening = (0..4).map(|asset| Balance { asset: AssetId(asset), total: money("100000000") });
    VenueConfig::new(BOTH.map(one).to_vec(), opening.collect())
}

/// What happens to both instruments, one after the other at each instant.
enum Step {
    Level(Side, i64, i64),
    Print(Side, i64, i64),
    Order(NewOrder),
    Cancel(u64),
    Wait(i64),
}

/// What the venue said of each instrument.
fn said(config: VenueConfig, steps: &[Step]) -> [Vec<ExecutionReport>; 2] {
    let mut venue = Venue::new(config);
    let (mut now, mut ids) = (Timestamp(1), 0);
    let mut said = [Vec::new(), Vec::new()];
    for step in steps {
        ids += u64::from(matches!(step, Step::Order(_)));
        for of in BOTH {
            // Orders of one instrument are odd, of the other even.
            let id = |number: u64| OrderId(2 * number + u64::from(of.0));
            let mut out = Vec::new();
            match *step {
                Step::Level(side, price, qty) => {
                    let change = LevelChange { instrument: of, side, price: Price(price), qty: Qty(qty), last: true };
                    venue.on_market(now, &MarketEvent::Level(change), &mut out);
                }
                Step::Print(taker, price, qty) => {
                    let trade = Trade { instrument: of, price: Price(price), qty: Qty(qty), taker: Some(taker) };
                    venue.on_market(now, &MarketEvent::Trade(trade), &mut out);
                }
                Step::Order(order) => {
                    let order = NewOrder { id: id(ids), instrument: of, ..order };
                    venue.on_command(now, &Command::New(order), &mut out);
                }
                Step::Cancel(number) => venue.on_command(now, &Command::Cancel(id(number)), &mut out),
                Step::Wait(_) => {}
            }
            for message in out {
                let VenueMessage::Report(report) = message else { continue };
                // Names are given in the order of events, which is of both; assets stand in pairs.
                let kind = match report.kind {
                    ReportKind::Filled(fill) => {
                        let fee = fill.fee.map(|fee| Fee { asset: AssetId(fee.asset.0 % 2), ..fee });
                        ReportKind::Filled(Fill { execution: VenueRef::numbered('E', 0), fee, ..fill })
                    }
                    kind => kind,
                };
                let order = OrderId(report.order.0 / 2);
                said[usize::from(of.0)].push(ExecutionReport {
                    order,
                    kind,
                    venue_id: None,
                    instrument: InstrumentId(0),
                    ..report
                });
            }
        }
        now = now.after(Span(1));
        if let Step::Wait(seconds) = step {
            now = now.after(Span::from_secs(*seconds));
        }
    }
    said
}

/// Takers that walk, take again what was shown anew, and a maker in a queue that shrinks and is printed through.
fn steps() -> Vec<Step> {
    use Side::{Buy, Sell};
    use Step::{Level, Order, Print, Wait};
    vec![
        Level(Buy, 9_990, 100),
        Level(Sell, 10_010, 50),
        Level(Sell, 10_020, 400),
        Print(Buy, 10_010, 80),
        Wait(1),
        Order(market(Buy, 60)),
        Level(Sell, 10_010, 45),
        Wait(1),
        Order(market(Buy, 60)),
        Order(limit(Buy, 9_990, 40)),
        Level(Buy, 9_990, 200),
        Level(Buy, 9_990, 120),
        Print(Sell, 9_990, 110),
        Wait(1),
        Print(Sell, 9_980, 30),
    ]
}

/// A name, and models that differ from the usual ones by one.
fn models() -> Vec<(&'static str, Models)> {
    let impact = ImpactModel::SquareRoot {
        temporary_milli: 1_000,
        permanent_milli: 100,
        volatility_ppm: 30_000,
        decay: Span::from_secs(10),
    };
    vec![
        ("profile", Models { profile: FillProfile::ParityFull, ..Models::default() }),
        ("queue", Models { queue: QueueModel::Log, ..Models::default() }),
        ("slippage", Models { slippage: SlippageModel::FixedTicks { ticks: 3 }, ..Models::default() }),
        ("mid", Models { slippage: SlippageModel::Mid, ..Models::default() }),
        ("partial", Models { partial: PartialModel::Participation { share_ppm: 100_000 }, ..Models::default() }),
        ("impact", Models { impact, ..Models::default() }),
        ("consumption", Models { consumption: Consumption::Persistent, ..Models::default() }),
    ]
}

/// What is said of one instrument changes its fills as it would if it were said of all, and no other's.
#[test]
fn models_of_its_own_are_of_one_instrument_alone() {
    let [usual, also] = said(config(), &steps());
    assert_eq!(usual, also, "the two live through the same");
    for (name, models) in models() {
        let [_, expected] = said(config().filling(models.clone()), &steps());
        assert_ne!(expected, usual, "{name} matters here");
        let second = VenueConfig { own: vec![None, Some(models.clone())], ..config() };
        assert_eq!(said(second, &steps()), [usual.clone(), expected.clone()], "{name}");
        let first = VenueConfig { own: vec![Some(models.clone())], ..config() };
        assert_eq!(said(first, &steps()), [expected, usual.clone()], "{name}");
        // And the common models are of those that have none of their own.
        let back = VenueConfig { own: vec![Some(Models::default())], ..config().filling(models) };
        let [first, _] = said(back, &steps());
        assert_eq!(first, usual, "{name}");
    }
}

/// One optimistic instrument makes the venue optimistic; models that nobody has make nothing.
#[test]
fn one_optimistic_instrument_is_enough() {
    let kind = Models { profile: FillProfile::ParityFull, ..Models::default() };
    assert!(!config().is_optimistic());
    assert!(VenueConfig { own: vec![None, Some(kind.clone())], ..config() }.is_optimistic());
    let nobodys = VenueConfig { own: vec![Some(Models::default()); 2], ..config() };
    assert!(!nobodys.filling(kind).is_optimistic());
}

/// **The account's message rate is limited**, where the terms say so of one instrument alone: what is sent of
/// another does not count there, and the counter that is told is the fullest.
#[test]
fn messages_are_counted_apart() {
    let limit_of = |most| Some(RateLimit { most, decay: Span::from_secs(1) });
    let terms = VenueConfig { rate_limit: limit_of(20), own_rate_limits: vec![None, limit_of(2)], ..config() };
    let steps: Vec<Step> = (0..4).map(|_| Step::Order(limit(Side::Buy, 90, 1))).collect();
    let refused = |said: &[ExecutionReport]| {
        said.iter().filter(|report| report.kind == ReportKind::Rejected(RejectReason::RateLimited)).count()
    };
    let [first, second] = said(terms.clone(), &steps);
    assert_eq!([refused(&first), refused(&second)], [0, 2]);
    let [first, second] =
        said(VenueConfig { own_rate_limits: Vec::new(), rate_limit: limit_of(2), ..config() }, &steps);
    assert_eq!([refused(&first), refused(&second)], [3, 3], "one counter of both");

    let mut venue = Venue::new(terms);
    let new = |venue: &mut Venue, id, of| {
        let order = NewOrder { id: OrderId(id), instrument: of, ..limit(Side::Buy, 90, 1) };
        venue.on_command(Timestamp(0), &Command::New(order), &mut Vec::new());
    };
    let second = Timestamp(Span::from_secs(1).0);
    new(&mut venue, 1, BOTH[0]);
    assert_eq!(venue.penalty(Timestamp(0)), Some((1, 20, Some(second))));
    new(&mut venue, 2, BOTH[1]);
    assert_eq!(venue.penalty(Timestamp(0)), Some((1, 2, Some(second))));
    assert_eq!(venue.penalty(second).map(|(units, _, next)| (units, next)), Some((0, None)));
}

/// A cancel is counted where its order is.
#[test]
fn a_cancel_is_counted_with_its_order() {
    let own_rate_limits = vec![None, Some(RateLimit { most: 9, decay: Span::from_secs(1) })];
    let terms = VenueConfig { own_rate_limits, ..config() };
    let order = || Step::Order(limit(Side::Buy, 90, 1));
    let [first, second] = said(terms, &[order(), Step::Cancel(1), order()]);
    let last = |said: &[ExecutionReport]| said.last().map(|report| report.kind);
    assert_eq!(last(&first), Some(ReportKind::Accepted));
    assert_eq!(last(&second), Some(ReportKind::Rejected(RejectReason::RateLimited)), "one and eight");
}
