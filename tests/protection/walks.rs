//! Laws over random walks: entries, prints, fills in parts, refusals, lost stops, operators and silence,
//! against a venue that fires what a print touches.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use seatrial::market::*;

use crate::bench::*;
use crate::floor::{Floor, Takers};

/// Something that happens.
#[derive(Clone, Debug)]
enum Act {
    /// An entry of a hundredth of a coin or so, its stop this many hundredths of a percent away.
    Enter {
        lots: i64,
        stop: i64,
        target: Option<i64>,
        trailing: bool,
    },
    /// Thousandths of a resting entry fill.
    Fill(i64),
    /// A print this many hundredths of a percent from the last.
    Print(i64),
    /// A desk's reduction by thousandths, resting this far above, or at market.
    Reduce(i64, Option<i64>),
    Close,
    Pin(i64),
    Unpin,
    /// The venue ends a leg by itself.
    Lose,
    Refuse(bool),
    AmendsRefused(bool),
    Takers(bool),
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let target = prop::option::of(200_i64..600);
    let enter = (50_000_i64..600_000, 60_i64..250, target, any::<bool>());
    let act = prop_oneof![
        4 => enter.prop_map(|(lots, stop, target, trailing)| Act::Enter { lots, stop, target, trailing }),
        6 => (1_i64..1_200).prop_map(Act::Fill),
        8 => (-60_i64..70).prop_map(Act::Print),
        2 => (1_i64..1_000, prop::option::of(20_i64..200)).prop_map(|(part, above)| Act::Reduce(part, above)),
        1 => Just(Act::Close),
        1 => (-150_i64..20).prop_map(Act::Pin),
        1 => Just(Act::Unpin),
        1 => Just(Act::Lose),
        1 => any::<bool>().prop_map(Act::Refuse),
        1 => any::<bool>().prop_map(Act::AmendsRefused),
        1 => any::<bool>().prop_map(Act::Takers),
        4 => (1_i64..3_000).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..80)
}

const KEYS: &[(&str, &str)] = &[
    ("trailing.enabled", "true"),
    ("trailing.activation", "0.3%"),
    ("trailing.distance", "0.4%"),
    ("break_even.enabled", "true"),
    ("break_even.activation", "0.2%"),
    ("cooldown.close", "0"),
    ("cooldown.loss", "0"),
    ("cooldown.losses3", "0"),
    ("cooldown.losses5", "0"),
    ("risk.duplicate_window", "1s"),
    ("risk.max_entries_per_instrument", "5"),
    ("risk.max_entries", "20"),
    ("throttle.max_entries", "50"),
    ("throttle.max_per_day", "50000"),
    ("budget.entry", "100/s 1000"),
    ("budget.safety", "100/s 1000"),
    ("budget.query", "100/s 1000"),
    ("breaker.errors", "10"),
];

struct Walk {
    floor: Floor,
    spot: bool,
    price: i64,
    seen: usize,
    /// The plan as it was last recorded, and the sign of the position it was for.
    plan: Option<(i64, bool)>,
}

macro_rules! must {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            let repeat = "repeat: cargo test --no-default-features --test protection walks";
            return Err(TestCaseError::fail(format!("{} [{repeat}]", format!($($words)*))));
        }
    };
}

fn walked(spot: bool, acts: &[Act]) -> Result<(), TestCaseError> {
    let floor = if spot { Floor::spot(KEYS) } else { Floor::margin(KEYS) };
    let mut walk = Walk { floor, spot, price: 4_500_000, seen: 0, plan: None };
    for act in acts {
        walk.act(act);
        walk.floor.settle();
        walk.after_every_act()?;
    }
    // Everything is answered and every pause is over: what is held is covered.
    walk.floor.refuses_amends = false;
    walk.floor.refusals.clear();
    for _ in 0..40 {
        walk.price_stands();
        walk.floor.bench.after(500_000_000);
        walk.floor.bench.step(&Event::Wake);
        walk.floor.settle();
        walk.after_every_act()?;
    }
    walk.at_rest()
}

impl Walk {
    fn away(&self, hundredths: i64) -> Price {
        Price(self.price + self.price * hundredths / 10_000)
    }

    fn raw(&self, hundredths: i64) -> RawPrice {
        RawPrice::new(self.floor.bench.instrument(B).price(self.away(hundredths)))
    }

    /// A quote around the last price, not stepped: the reference stays fresh.
    fn price_stands(&mut self) {
        let (bid, ask) = (Price(self.price - 1), Price(self.price + 1));
        let quote = Quote { instrument: B, bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) };
        self.floor.bench.trader.observe(self.floor.bench.now, &MarketEvent::Quote(quote));
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Enter { lots, stop, target, trailing } => self.enter(*lots, *stop, *target, *trailing),
            Act::Fill(part) => {
                let entry = self.floor.resting.values().find(|order| !order.reduce_only).copied();
                if let Some(order) = entry {
                    let left = order.qty - self.floor.filled_of(order.id);
                    let qty = Qty((left.0 * part.min(&1_000) / 1_000).max(1));
                    self.floor.fill(order.id, qty, order.kind.limit().expect("an entry's limit"));
                }
            }
            Act::Print(hundredths) => {
                self.price = self.away(*hundredths).0;
                let text = self.floor.bench.instrument(B).price(Price(self.price)).to_string();
                self.floor.print(B, &text);
                self.floor.fire(B, Price(self.price));
            }
            Act::Reduce(part, above) => {
                let qty = Qty(self.floor.held(B).abs() * part / 1_000);
                let sign = self.floor.held(B).signum();
                let price = above.map(|above| self.raw(sign * above));
                self.exit(Intention::Reduce(qty), price);
            }
            Act::Close => self.exit(Intention::Close, None),
            Act::Pin(hundredths) => {
                let sign = self.floor.held(B).signum();
                let stop = self.raw(sign * hundredths);
                self.floor.control(ControlAct::SetStop(B, stop));
            }
            Act::Unpin => self.floor.control(ControlAct::UnpinStop(B)),
            Act::Lose => {
                let leg = self.floor.resting.values().find(|order| order.reduce_only).map(|order| order.id);
                if let Some(id) = leg {
                    self.floor.end(id, CancelledBecause::Venue);
                }
            }
            Act::Refuse(busy) => {
                let reason = if *busy { RejectReason::Busy } else { RejectReason::Unsupported };
                self.floor.refusals.push_back(reason);
            }
            Act::AmendsRefused(refused) => self.floor.refuses_amends = *refused,
            Act::Takers(fill) => self.floor.takers = if *fill { Takers::Fill } else { Takers::Miss },
            Act::Wait(milliseconds) => {
                self.floor.bench.after(milliseconds * 1_000_000);
                self.price_stands();
                self.floor.bench.step(&Event::Wake);
            }
        }
    }

    fn enter(&mut self, lots: i64, stop: i64, target: Option<i64>, trailing: bool) {
        let short = !self.spot && (self.floor.held(B) < 0 || lots % 2 == 0 && self.floor.held(B) == 0);
        let sign = if short { -1 } else { 1 };
        let (limit, stop) = (self.raw(0), self.raw(-sign * stop));
        let target = target.map(|target| self.raw(sign * target));
        let _: Result<_, _> = self.floor.bench.with_desk(move |desk| {
            let intention = if short { Intention::OpenShort } else { Intention::OpenLong };
            let mut proposal = desk.proposal(B, intention);
            (proposal.size, proposal.pricing) = (Size::Quantity(Qty(lots)), Pricing::Limit(limit));
            (proposal.stop, proposal.target, proposal.trailing) = (Some(stop), target, trailing);
            (proposal.confidence, proposal.regime) = (rate("0.90"), Regime::TrendingBull);
            desk.submit(proposal)
        });
    }

    fn exit(&mut self, intention: Intention, price: Option<RawPrice>) {
        let _: Result<_, _> = self.floor.bench.with_desk(move |desk| {
            let mut proposal = desk.proposal(B, intention);
            proposal.pricing = price.map_or(Pricing::Market, Pricing::Limit);
            desk.submit(proposal)
        });
    }

    fn after_every_act(&mut self) -> Result<(), TestCaseError> {
        let held = self.floor.held(B);
        self.moves_only_tighten(held)?;
        let closing: BTreeMap<OrderId, Qty> = self.floor.closing();
        let sum: i64 = closing.values().map(|qty| qty.0).sum();
        must!(!self.spot || sum <= held.abs(), "{closing:?} could sell more than the {held} held");
        let flat = held == 0 && !closing.is_empty();
        must!(!flat, "flat, and {closing:?} is left");
        let missed = self.floor.unanswered.len();
        must!(missed == 0, "{missed} commands are left");
        Ok(())
    }

    /// Automatic moves only tighten; a pinned stop is moved by an operator alone.
    fn moves_only_tighten(&mut self, held: i64) -> Result<(), TestCaseError> {
        let new: Vec<Decision> = self.floor.decisions[self.seen..].to_vec();
        self.seen = self.floor.decisions.len();
        for decision in new {
            match decision {
                Decision::Booked { position, .. } if position.is_zero() => self.plan = None,
                Decision::Protected { stop: Some(stop), pinned, author, .. } => {
                    let automatic = matches!(author, Author::Trailing | Author::BreakEven | Author::AddedEntry);
                    if let (Some((before, was_pinned)), true) = (self.plan, automatic) {
                        let tighter = held.signum() * (stop.0 - before) >= 0 || held == 0;
                        must!(tighter, "{author:?} loosens {before} to {stop:?} with {held} held");
                        must!(!was_pinned || before == stop.0, "{author:?} moves the pinned {before} to {stop:?}");
                    }
                    self.plan = Some((stop.0, pinned));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Above dust, live cover is no less than what is held, unless it is being exited.
    fn at_rest(&self) -> Result<(), TestCaseError> {
        let held = self.floor.held(B).abs();
        let cover: i64 = self.floor.closing().values().map(|qty| qty.0).sum();
        let targets: i64 = self.floor.targets_of_core().iter().map(|qty| qty.0).sum();
        let exiting = self.floor.is_exiting(B);
        let dust = held < 10_000 || held * self.price < 500_000_000_000;
        must!(
            dust || exiting || cover - targets >= held,
            "{held} held, covered by {cover} of which {targets} are targets; {:?}",
            self.floor.ladder()
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn on_margin(acts in acts()) {
        walked(false, &acts)?;
    }

    #[test]
    fn on_spot(acts in acts()) {
        walked(true, &acts)?;
    }
}
