//! Laws of a market of agents, recounted naively from the orders in its book.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Background, BackgroundTerms, BandTerms, HaltTerms, MakerTerms, MomentumTerms, NoiseTerms, OURS, RegimeTerms,
    SessionTerms, ValueTerms, owner,
};
use crate::market::{FeeAsset, FeeSchedule, Money, OrderId, OrderKind, Price, Qty, Rate, Rules, Side, Span, Timestamp};
use crate::venue::chance::{Chance, Draw};
use crate::venue::matching::{Arrival, Band, Display, Ended, Input, Output, Phase, Refusal, Standing};

/// `SplitMix64` by part and number.
#[derive(Debug)]
struct Seeded(u64);

impl Chance for Seeded {
    fn draw(&self, _: Draw, _: u32, _: u64) -> u64 {
        unreachable!("agents draw blocks")
    }

    fn block(&self, _: Draw, part: u32, number: u64) -> [u64; 8] {
        let mut state = self.0 ^ u64::from(part) << 40 ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        })
    }
}

fn minutes(count: i64) -> Timestamp {
    Timestamp(0).after(Span::from_mins(count))
}

fn terms(regime: RegimeTerms) -> BackgroundTerms {
    BackgroundTerms {
        opens: minutes(0),
        ends: minutes(11),
        price: Price(10_000),
        noise: NoiseTerms {
            market_orders: 1_000,
            market_size: Qty(20),
            limit_orders: 3_000,
            limit_size: Qty(30),
            distance: 8,
            life: Span::from_secs(10),
            excitation: 500,
            memory: Span::from_secs(2),
            iceberg: 300,
            peak: Qty(5),
            hidden: 200,
        },
        makers: MakerTerms {
            spread: 4,
            levels: 4,
            size: Qty(60),
            refresh: Span::from_secs(1),
            anchor: 500,
            peak: Some(Qty(20)),
        },
        momentum: MomentumTerms { orders: 100, size: Qty(20), memory: Span::from_secs(60) },
        value: ValueTerms { orders: 300, size: Qty(20), volatility_ppm: 30_000, half_life: Span::from_hours(6) },
        regime,
    }
}

/// Days of five minutes with calls, and a minute between them.
const DAYS: SessionTerms = SessionTerms {
    opening_call: Span::from_secs(40),
    closing_call: Span::from_secs(30),
    day: Span::from_mins(5),
    night: Span::from_mins(1),
};
const BAND: BandTerms = BandTerms { width_ppm: 4_000, renew: Span::from_mins(1) };
const HALT: HaltTerms = HaltTerms { move_ppm: 1_000, lasts: Span::from_secs(5), call: Span::from_secs(5) };
const ALL: RegimeTerms = RegimeTerms { sessions: Some(DAYS), band: Some(BAND), halt: Some(HALT) };

fn market(seed: u64, terms: &BackgroundTerms) -> Background {
    let rules = Rules {
        from: Timestamp::MIN,
        tick: Price(1),
        lot: Qty(1),
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Money::ZERO,
        band: None,
        fees: FeeSchedule { maker: Rate::from_bps(0), taker: Rate::from_bps(0), asset: FeeAsset::Quote },
    };
    let chance: Arc<dyn Chance> = Arc::new(Seeded(seed));
    Background::new(terms, &rules, 0, &chance)
}

/// What one of those who act did, and how the book stood before.
struct Act {
    before: (Phase, Vec<(Side, Arrival, Standing)>, Option<Band>),
    said: Vec<Output>,
}

/// Lets everyone act until the end, and looks at each act.
fn play(market: &mut Background, mut look: impl FnMut(&Background, &Act)) {
    while market.next() < Timestamp::MAX {
        let (engine, clock) = (&market.engine, market.clock.next);
        // The book is copied where an auction may follow.
        let orders = if clock == market.next() { orders(market) } else { Vec::new() };
        let before = (engine.phase(), orders, engine.band());
        let mut said = Vec::new();
        market.act(true, &mut said);
        look(market, &Act { before, said });
    }
}

fn orders(market: &Background) -> Vec<(Side, Arrival, Standing)> {
    let of = |side| market.engine.book().queue(side).map(move |order| (side, order));
    let asked = |(side, order): (Side, Standing)| {
        (side, *market.engine.asked(order.id).expect("a live order asks for something"), order)
    };
    of(Side::Buy).chain(of(Side::Sell)).map(asked).collect()
}

#[test]
fn what_is_bought_is_sold_and_hidden_orders_show_nothing() {
    let mut market = market(1, &terms(ALL));
    let (mut traded, mut seen) = (BTreeMap::<OrderId, i64>::new(), [0; 3]);
    let mut acts = 0;
    for order in orders(&market) {
        traded.insert(order.2.id, order.1.qty.0 - order.2.open.0);
    }
    play(&mut market, |market, act| {
        for said in &act.said {
            if let Output::Traded(trade) = said {
                *traded.entry(trade.buyer).or_default() += trade.qty.0;
                *traded.entry(trade.seller).or_default() += trade.qty.0;
            }
        }
        acts += 1;
        if acts % 20 != 0 {
            return;
        }
        let mut shown = BTreeMap::<(Side, Price), i64>::new();
        for (side, asked, order) in orders(market) {
            let gone = traded.get(&order.id).copied().unwrap_or_default();
            assert_eq!(order.open.0, asked.qty.0 - gone, "what is left of {order:?}");
            let (kind, most) = match asked.display {
                Display::Hidden => (0, 0),
                Display::Peak(peak) => (1, peak.0.min(order.open.0)),
                Display::Full if asked.kind == OrderKind::Market => (2, 0),
                Display::Full => (2, order.open.0),
            };
            assert!(order.shown.0 <= most, "{order:?} of {asked:?}");
            seen[kind] += 1;
            *shown.entry((side, order.price)).or_default() += order.shown.0;
        }
        shown.retain(|_, qty| *qty > 0);
        let displayed = |side| market.engine.book().levels(side).map(move |(price, qty)| ((side, price), qty.0));
        let displayed: BTreeMap<_, _> = displayed(Side::Buy).chain(displayed(Side::Sell)).collect();
        assert_eq!(shown, displayed);
        let held = |at: usize| market.engine.position(owner(at)).unwrap_or_default().0;
        let sum: i64 = (0..market.agents.len()).map(held).sum();
        assert_eq!(sum + market.engine.position(OURS).unwrap_or_default().0, 0, "what agents hold of each other");
    });
    assert!(seen.iter().all(|count| *count > 100) && traded.len() > 500, "{seen:?}, {} traded", traded.len());
}

/// The greatest volume at one price: tried at every limit there is.
fn most(orders: &[(Side, Arrival, Standing)], band: Option<Band>) -> (i64, impl Fn(Price) -> i64) {
    let limits: Vec<(Side, Option<Price>, i64)> =
        orders.iter().map(|(side, asked, order)| (*side, asked.kind.limit(), order.open.0)).collect();
    let prices: Vec<Price> = limits.iter().filter_map(|(_, limit, _)| *limit).collect();
    let volume = move |price: Price| {
        let ready = |of: Side| {
            let meets = |(side, limit, _): &&(Side, Option<Price>, i64)| {
                *side == of && limit.is_none_or(|limit| of.reaches(limit, price))
            };
            limits.iter().filter(meets).map(|(_, _, qty)| *qty).sum::<i64>()
        };
        ready(Side::Buy).min(ready(Side::Sell))
    };
    let allowed = prices.iter().filter(|price| band.is_none_or(|band| band.holds(**price)));
    (allowed.map(|price| volume(*price)).max().unwrap_or_default(), volume)
}

#[test]
fn an_auction_trades_the_most_that_any_price_would() {
    let (mut auctions, mut opened) = (0, 0);
    for seed in 1..=6 {
        let mut market = market(seed, &terms(ALL));
        assert_eq!(market.engine.phase(), Phase::Call, "the day begins with a call");
        assert!(market.engine.book().is_empty(), "and the evening before is gone");
        play(&mut market, |market, act| {
            let (phase, orders, band) = &act.before;
            let trades = act.said.iter().filter_map(|said| match said {
                Output::Traded(trade) => Some((trade.price, trade.qty.0)),
                _ => None,
            });
            if *phase != Phase::Call || market.engine.phase() == Phase::Call {
                assert!(*phase == Phase::Continuous || trades.count() == 0, "nothing trades in {phase:?}");
                return;
            }
            opened += 1;
            let (most, volume) = most(orders, *band);
            let (mut sum, mut at) = (0, None);
            for (price, qty) in trades {
                assert!(at.is_none_or(|at| at == price), "one price");
                (sum, at) = (sum + qty, Some(price));
            }
            assert_eq!(sum, most, "seed {seed} at {:?}", market.now);
            if let Some(at) = at {
                auctions += 1;
                assert_eq!(volume(at), most);
            }
        });
    }
    assert!(auctions >= 18 && opened > 24, "{auctions} auctions in {opened} calls");
}

#[test]
fn nobody_trades_outside_the_band_and_a_limit_beyond_it_is_refused() {
    let narrow = BandTerms { width_ppm: 500, renew: Span::from_secs(20) };
    let regime = RegimeTerms { band: Some(narrow), ..RegimeTerms::default() };
    let mut market = market(3, &terms(regime));
    let (mut refused, mut stopped) = (0, 0);
    play(&mut market, |_, act| {
        let band = act.before.2.expect("there is always a band");
        for said in &act.said {
            match said {
                Output::Traded(trade) => assert!(band.holds(trade.price), "{trade:?} outside {band:?}"),
                Output::Rejected(_, Refusal::Band) => refused += 1,
                // A market order that came to it, or a limit that it left outside.
                Output::Cancelled(_, _, Ended::Band) => stopped += 1,
                _ => {}
            }
        }
    });
    assert!(refused > 10 && stopped > 0, "{refused} refused, {stopped} stopped");
    let mut said = Vec::new();
    let Band { low, high } = market.engine.band().expect("there is always a band");
    let at = market.now;
    for (number, limit) in [(1, high + Price(1)), (2, low - Price(1)), (3, high), (4, low)] {
        let order = Arrival::limit(OrderId(number), Side::Buy, limit, Qty(1));
        market.step(at, &Input::New(order), &mut said);
    }
    let answers: Vec<&Output> =
        said.iter().filter(|said| matches!(said, Output::Rejected(..) | Output::Accepted(_))).collect();
    let band = |id| Output::Rejected(OrderId(id), Refusal::Band);
    let fine = |id| Output::Accepted(OrderId(id));
    assert_eq!(answers, [&band(1), &band(2), &fine(3), &fine(4)]);
}

#[test]
fn a_trade_too_far_away_halts_the_market_and_a_call_reopens_it() {
    let mut market = market(5, &terms(RegimeTerms { halt: Some(HALT), ..RegimeTerms::default() }));
    let mut phases = vec![(Timestamp(0), Phase::Continuous)];
    let mut causes = 0;
    play(&mut market, |market, act| {
        let phase = market.engine.phase();
        if phase != act.before.0 {
            phases.push((market.now, phase));
            causes +=
                usize::from(act.said.iter().any(|said| matches!(said, Output::Traded(_))) && phase == Phase::Halted);
        }
    });
    let halts = phases.iter().filter(|(_, phase)| *phase == Phase::Halted).count();
    assert!(halts >= 3 && causes == halts, "{halts} halts, {causes} by a trade");
    for pair in phases[1..].windows(2) {
        let lasted = pair[1].0.since(pair[0].0);
        let (expected, next) = match pair[0].1 {
            Phase::Halted => (Some(HALT.lasts), Phase::Call),
            Phase::Call => (Some(HALT.call), Phase::Continuous),
            _ => (None, Phase::Halted),
        };
        assert!(expected.is_none_or(|expected| expected == lasted) && pair[1].1 == next, "{pair:?}");
    }
}

#[test]
fn the_close_ends_every_order_of_the_day() {
    let mut market = market(7, &terms(RegimeTerms { sessions: Some(DAYS), ..RegimeTerms::default() }));
    let mut phases = vec![(0, Phase::Call)];
    let mut expired = 0;
    play(&mut market, |market, act| {
        let phase = market.engine.phase();
        if phase != act.before.0 {
            phases.push((market.now.0 / 1_000_000_000, phase));
        }
        if phase == Phase::Closed {
            assert!(market.engine.book().is_empty(), "at {:?}", market.now);
        }
        expired += act.said.iter().filter(|said| matches!(said, Output::Cancelled(_, _, Ended::Expired))).count();
    });
    let day = |from: i64| [(from + 40, Phase::Continuous), (from + 270, Phase::Call), (from + 300, Phase::Closed)];
    let expected: Vec<(i64, Phase)> =
        [(0, Phase::Call)].into_iter().chain(day(0)).chain([(360, Phase::Call)]).chain(day(360)).collect();
    assert_eq!(phases, expected);
    assert!(expired > 10, "{expired} orders ended with their day");
}

/// A band that nobody comes to and a halt that nothing sets off move nothing. (That a share of zero draws nothing is
/// what the digest in `scenarios/agents.toml` holds.)
#[test]
fn bounds_that_nobody_comes_to_change_nothing() {
    let said = |regime| {
        let mut all = Vec::new();
        play(&mut market(9, &terms(regime)), |_, act| all.extend(act.said.clone()));
        all
    };
    let wide = BandTerms { width_ppm: 500_000, renew: Span::ZERO };
    let far = HaltTerms { move_ppm: 500_000, ..HALT };
    let plain = said(RegimeTerms::default());
    assert_eq!(plain, said(RegimeTerms { band: Some(wide), halt: Some(far), sessions: None }));
    assert_ne!(plain, said(RegimeTerms { band: Some(wide), halt: Some(HALT), sessions: None }));
}
