//! The law of guards: a market event nobody wants changes nothing, whether it is experienced or only
//! observed (production-rules §1.2); nothing that matters is missed; and what is wanted is no more than
//! it must be.

use proptest::prelude::*;
use seatrial::market::{
    Action, Contract, Decision, Event, HostEvent, InstrumentId, MarketEvent, Price, Qty, Quote, Span, Trade,
    VenueMessage,
};

use crate::bench::{Ask, B, Bench, OTHER, SECOND, USDT, X, Y, config, instruments, money};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Act {
    /// Instrument, steps of its price, spread.
    Quote(u16, i64, i64),
    Trade(u16, i64),
    /// A side falls away, or the book crosses.
    Broken(u16, bool),
    Enter(usize),
    Fund(i64),
    Transfer(i64),
    /// Seconds until the next wake.
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        60 => (0_u16..3, prop_oneof![8 => -6_i64..7, 1 => -40_i64..41], 1_i64..5).prop_map(|(id, step, spread)| Act::Quote(id, step, spread)),
        8 => (0_u16..3, -40_i64..41).prop_map(|(id, step)| Act::Trade(id, step)),
        2 => (0_u16..3, any::<bool>()).prop_map(|(id, crossed)| Act::Broken(id, crossed)),
        4 => (0_usize..4).prop_map(Act::Enter),
        2 => (-300_i64..301).prop_map(Act::Fund),
        1 => (-300_i64..301).prop_map(Act::Transfer),
        3 => (1_i64..2_000).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..120)
}

/// Thresholds close together, so that many are crossed.
const KEYS: [(&str, &str); 12] = [
    ("ceilings", "research"),
    ("breaker.daily", "2%"),
    ("breaker.daily_warn", "0.5%"),
    ("alerts.daily_profit", "0.3%"),
    ("alerts.exposure", "21%"),
    ("alerts.margin", "19.5%"),
    ("alerts.correlated", "45%"),
    ("alerts.position_loss", "0.1%"),
    ("cooldown.close", "0"),
    ("throttle.max_entries", "50"),
    ("risk.duplicate_window", "1ns"),
    ("risk.max_entries", "20"),
];

/// Three traders that live the same day: one with every event, one with those it wants, and one that
/// after every event is made to look at everything.
struct Trio {
    all: Bench,
    wanted: Bench,
    looking: Bench,
    prices: [i64; 3],
    spared: usize,
}

impl Trio {
    fn new(contract: Contract) -> Self {
        let make = || {
            let balances = [(USDT, "10000"), (OTHER, "5")];
            let mut bench = Bench::holding(instruments(contract), config(&KEYS), &balances);
            bench.rate(OTHER, "20");
            bench
        };
        Self { all: make(), wanted: make(), looking: make(), prices: [4_500_000, 60_000, 1_334], spared: 0 }
    }

    fn market(&mut self, event: MarketEvent) -> Result<(), TestCaseError> {
        self.all.step(&Event::Market(self.all.now, event));
        self.wanted.actions.clear();
        let now = self.wanted.now;
        if self.wanted.trader.wants(now, &event) {
            self.wanted.step(&Event::Market(now, event));
        } else {
            self.spared += 1;
            self.wanted.trader.observe(now, &event);
        }
        self.looking.step(&Event::Market(now, event));
        let seen = self.looking.actions.clone();
        self.looking.step(&Event::Host(HostEvent::ClockOffset(Span::ZERO)));
        self.looking.actions.splice(0..0, seen);
        self.same()
    }

    fn both(&mut self, act: impl Fn(&mut Bench)) -> Result<(), TestCaseError> {
        act(&mut self.all);
        act(&mut self.wanted);
        act(&mut self.looking);
        self.same()
    }

    fn same(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(&self.all.actions, &self.wanted.actions, "what nobody wants changes nothing");
        prop_assert_eq!(told(&self.all), told(&self.looking), "nothing that matters is missed");
        let known = |bench: &Bench| bench.trader.core().drawdown().map(|(_, peak)| peak);
        prop_assert_eq!(known(&self.all), known(&self.looking));
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match *act {
            Act::Quote(id, step, spread) => {
                let unit = [300, 4, 1][usize::from(id)];
                let price = &mut self.prices[usize::from(id)];
                *price = (*price + step * unit).max(100);
                let (bid, ask) = (Price(*price), Price(*price + spread));
                let quote = Quote { instrument: InstrumentId(id), bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) };
                self.market(MarketEvent::Quote(quote))
            }
            Act::Trade(id, step) => {
                let price = Price((self.prices[usize::from(id)] + step).max(1));
                self.market(MarketEvent::Trade(Trade { instrument: InstrumentId(id), price, qty: Qty(1), taker: None }))
            }
            Act::Broken(id, crossed) => {
                let price = Price(self.prices[usize::from(id)]);
                let ask_qty = if crossed { Qty(1) } else { Qty::ZERO };
                let quote = Quote { instrument: InstrumentId(id), bid: price, bid_qty: Qty(1), ask: price, ask_qty };
                self.market(MarketEvent::Quote(quote))
            }
            Act::Enter(which) => self.enter(which),
            Act::Fund(paid) => self.both(|bench| {
                bench.after(1);
                let at = bench.now;
                bench.account(VenueMessage::Funding { instrument: B, at, paid: money(&paid.to_string()) });
            }),
            Act::Transfer(amount) => self.both(|bench| {
                let transfer = seatrial::market::Balance { asset: USDT, total: money(&amount.to_string()) };
                bench.account(VenueMessage::Transfer(transfer));
            }),
            Act::Wait(seconds) => self.both(|bench| {
                bench.after(seconds * SECOND);
                bench.step(&Event::Wake);
            }),
        }
    }

    /// Fresh quotes and an entry at market; what leaves is filled at its limit.
    fn enter(&mut self, which: usize) -> Result<(), TestCaseError> {
        let id = [B, X, Y, B][which];
        let (place, short) = (usize::from(id.0), which == 3);
        let price = self.prices[place];
        self.act(&Act::Quote(id.0, 0, 1))?;
        self.both(|bench| {
            let reference = bench.instrument(id).price(Price(price));
            let stop = reference * crate::decimal(if short { "1.02" } else { "0.98" });
            let order = bench.with_desk(move |desk| {
                let ask = if short { Ask::short(id, "1", "1") } else { Ask::long(id, "1", "1") };
                let mut proposal = ask.at_market().proposal(desk);
                proposal.stop = Some(seatrial::market::RawPrice::new(stop));
                desk.submit(proposal).ok()
            });
            if let Some(order) = order {
                let entered = bench.actions.clone();
                bench.fill_whole(order);
                bench.actions.extend(entered);
            }
        })
    }
}

/// What breakers and thresholds said in the last step.
fn told(bench: &Bench) -> Vec<&Action> {
    let said = |action: &&Action| {
        matches!(action, Action::Alert(_) | Action::Record(Decision::Breaker { .. } | Decision::PeriodBegan { .. }))
    };
    bench.actions.iter().filter(said).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_nobody_wants_changes_nothing(margin in any::<bool>(), acts in acts()) {
        let mut trio = Trio::new(if margin { Contract::Linear } else { Contract::Spot });
        for act in &acts {
            trio.act(act)?;
        }
        let marked = |bench: &Bench| (bench.trader.core().equity(), bench.trader.core().drawdown());
        prop_assert_eq!(marked(&trio.all), marked(&trio.wanted));
    }
}

/// With a position open and nothing near a boundary, quotes that hardly move are not wanted.
#[test]
fn idle_quotes_are_spared_while_a_position_is_open() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01());
    bench.fill_whole(order);
    bench.after(SECOND);
    bench.reference(B, "44990");
    let mut spared = 0;
    for step in 0..100 {
        let mid = 4_499_000 + (step % 7) * 100;
        let quote = Quote { instrument: B, bid: Price(mid - 1), bid_qty: Qty(1), ask: Price(mid + 1), ask_qty: Qty(1) };
        let event = MarketEvent::Quote(quote);
        if bench.trader.wants(bench.now, &event) {
            bench.step(&Event::Market(bench.now, event));
            let said = bench.actions.iter().any(|action| !matches!(action, Action::Wake(_)));
            assert!(!said, "{:?}", bench.actions);
        } else {
            spared += 1;
            bench.trader.observe(bench.now, &event);
        }
    }
    assert!(spared >= 95, "{spared} of 100");
}
