//! A day of random wishes and random, but possible, answers of a venue.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rust_decimal::Decimal;
use seatrial::market::{
    Amend, CancelledBecause, Check, Contract, Event, ExecutionReport, InstrumentId, Intention, LinkEvent, Money,
    OrderId, Price, Pricing, Proposal, Qty, Rate, RawPrice, Regime, RejectReason, ReportKind, Size,
};
use seatrial::trading::Config;

use crate::bench::{Bench, OTHER, USDT, config, instruments};
use crate::witness::Witness;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Act {
    Enter(Wish),
    /// Instrument, thousandths of the position (1 000 closes), at a limit.
    Exit(u16, i64, bool),
    CancelOf(prop::sample::Index),
    Answer(prop::sample::Index, Say),
    /// The last report again.
    Again,
    Wait(i64),
}

/// A wish to enter.
#[derive(Clone, Debug)]
pub struct Wish {
    instrument: u16,
    short: bool,
    /// Limit in hundredths of a percent from the reference; none is market.
    offset: Option<i64>,
    stop: i64,
    size: (u8, i64),
    leverage: u8,
    confidence: i64,
    regime: usize,
}

/// What the venue says of an order.
#[derive(Clone, Copy, Debug)]
pub enum Say {
    Accept,
    /// Thousandths of what is left, ticks better.
    Fill(i64, i64),
    Cancel,
    /// Cancelled, with a part still to be told.
    CancelThenFill(i64),
    Reject,
    Lose,
}

fn wish() -> impl Strategy<Value = Wish> {
    let offset = prop::option::weighted(0.7, -60_i64..60);
    let size = (0_u8..8, 1_i64..1_900);
    (0_u16..2, any::<bool>(), offset, 48_i64..310, size, 1_u8..6, 59_i64..101, 0_usize..8).prop_map(
        |(instrument, short, offset, stop, size, leverage, confidence, regime)| Wish {
            instrument,
            short,
            offset,
            stop,
            size,
            leverage,
            confidence,
            regime,
        },
    )
}

pub fn acts() -> impl Strategy<Value = Vec<Act>> {
    let index = any::<prop::sample::Index>;
    let say = prop_oneof![
        8 => Just(Say::Accept),
        20 => (1_i64..1_501, 0_i64..30).prop_map(|(part, better)| Say::Fill(part, better)),
        5 => Just(Say::Cancel),
        3 => (1_i64..1_000).prop_map(Say::CancelThenFill),
        2 => Just(Say::Reject),
        1 => Just(Say::Lose),
    ];
    let act = prop_oneof![
        6 => wish().prop_map(Act::Enter),
        4 => (0_u16..2, 1_i64..1_200, any::<bool>()).prop_map(|(id, part, limit)| Act::Exit(id, part, limit)),
        1 => index().prop_map(Act::CancelOf),
        8 => (index(), say).prop_map(|(order, say)| Act::Answer(order, say)),
        1 => Just(Act::Again),
        4 => (1_i64..4_000).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..90)
}

/// Pauses are short and caps are tight, so that a day meets them.
const KEYS: [(&str, &str); 12] = [
    ("sanity.trip_after", "10"),
    ("risk.position_max", "1500"),
    ("risk.total_exposure", "30%"),
    ("risk.margin_utilisation", "20%"),
    ("throttle.max_entries", "50"),
    ("throttle.max_per_day", "50000"),
    ("risk.duplicate_window", "1s"),
    ("risk.max_entries_per_instrument", "5"),
    ("risk.max_entries", "20"),
    ("cooldown.close", "0"),
    ("cooldown.loss", "1s"),
    ("cooldown.losses3", "1s"),
];

struct Day {
    bench: Bench,
    witness: Witness,
    config: Config,
    /// The last report told, and the fills still to be told of ended orders.
    last: Option<ExecutionReport>,
    owed: Vec<ExecutionReport>,
}

/// Lives a day and asks the witness after every act.
pub fn lived(contract: Contract, acts: &[Act]) -> Result<(), TestCaseError> {
    let mut all = instruments(contract);
    all.truncate(2);
    // Coarser than the units, so that a missing rounding shows.
    (all[0].timeline[0].tick, all[0].timeline[0].lot) = (Price(50), Qty(1_000));
    (all[1].timeline[0].tick, all[1].timeline[0].lot) = (Price(3), Qty(7));
    let config = config(&KEYS);
    let mut bench = Bench::holding(all, config.clone(), &[(USDT, "3000"), (OTHER, "7000")]);
    bench.rate(OTHER, "1");
    bench.quotes();
    let witness = Witness::new(Decimal::from(3_000));
    let mut day = Day { bench, witness, config, last: None, owed: Vec::new() };
    for act in acts {
        day.act(act)?;
        day.witness.saw(&day.bench, &day.bench.actions)?;
        day.bench.actions.clear();
        day.witness.agrees(&day.bench)?;
    }
    Ok(())
}

impl Day {
    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match act {
            Act::Enter(wish) => self.enter(wish)?,
            Act::Exit(id, part, limit) => self.exit(*id, *part, *limit)?,
            Act::CancelOf(index) => {
                if let Some(id) = self.pick(*index) {
                    let _: Result<(), _> = self.bench.with_desk(move |desk| desk.cancel(id));
                }
            }
            Act::Answer(index, say) => self.answer(*index, *say),
            Act::Again => {
                if let Some(report) = self.last {
                    self.bench.tell(report);
                }
            }
            Act::Wait(milliseconds) => {
                self.bench.after(milliseconds * 1_000_000);
                self.bench.quotes_quietly();
                self.bench.step(&Event::Wake);
            }
        }
        Ok(())
    }

    fn pick(&self, index: prop::sample::Index) -> Option<OrderId> {
        let ids: Vec<OrderId> = self.witness.orders.keys().copied().collect();
        (!ids.is_empty()).then(|| ids[index.index(ids.len())])
    }

    fn enter(&mut self, wish: &Wish) -> Result<(), TestCaseError> {
        // A short on spot is denied; a few of them are enough.
        let margin = self.bench.instrument(InstrumentId(0)).contract == Contract::Linear;
        let wish = &Wish { short: wish.short && (margin || wish.leverage == 1), ..wish.clone() };
        let proposal = wish.proposal(if wish.instrument == 0 { "45000" } else { "0.60" });
        if let Some(id) = self.submit(proposal)? {
            self.witness.saw(&self.bench, &self.bench.actions)?;
            self.bench.actions.clear();
            let order = self.witness.orders[&id].order;
            self.witness.approved(&self.bench, &self.config, &order)?;
        }
        Ok(())
    }

    fn exit(&mut self, id: u16, part: i64, limit: bool) -> Result<(), TestCaseError> {
        // Mostly where there is something to exit from.
        let elsewhere = self.bench.position(InstrumentId(id)).is_zero() && part % 8 != 0;
        let id = if elsewhere { 1 - id } else { id };
        let held = self.bench.position(InstrumentId(id));
        let intention = match part {
            1_000.. => Intention::Close,
            part => Intention::Reduce(Qty(held.0.abs() * part / 1_000)),
        };
        let long = held.0 > 0;
        self.submit(move |proposal: &mut Proposal| {
            proposal.instrument = InstrumentId(id);
            proposal.intention = intention;
            if limit {
                let price = if id == 0 { "45000" } else { "0.60" }.parse::<Decimal>().expect("a price");
                let away = Decimal::new(if long { 10_100 } else { 9_900 }, 4);
                proposal.pricing = Pricing::Limit(RawPrice::new(price * away));
            }
        })?;
        Ok(())
    }

    /// Submits; a denial leaves everything as it was but the counters.
    fn submit(
        &mut self,
        change: impl FnOnce(&mut Proposal) + Send + 'static,
    ) -> Result<Option<OrderId>, TestCaseError> {
        // Whatever waits goes out first, so that only the proposal is left to change anything.
        self.bench.with_desk(|_| ());
        self.witness.saw(&self.bench, &self.bench.actions)?;
        let before = format!("{:?}", self.bench.trader.core());
        let answer = self.bench.with_desk(|desk| {
            let mut proposal = desk.proposal(InstrumentId(0), Intention::OpenLong);
            change(&mut proposal);
            desk.submit(proposal)
        });
        match answer {
            Ok(id) => Ok(Some(id)),
            Err(denied) => {
                let after = format!("{:?}", self.bench.trader.core());
                let trips = matches!(denied.check, Check::Entry(9 | 12 | 22));
                // A wish that comes while an exit is in flight is kept, not lost (EC-3).
                let (before, after) = match denied.check {
                    Check::Exit(3) => (String::new(), String::new()),
                    _ => (masked(&before, trips), masked(&after, trips)),
                };
                prop_assert_eq!(before, after, "{} changed something", denied);
                prop_assert!(self.bench.sent().is_empty());
                Ok(None)
            }
        }
    }

    fn answer(&mut self, index: prop::sample::Index, say: Say) {
        if let Some(report) = self.owed.pop() {
            return self.tell(report);
        }
        let Some(id) = self.pick(index) else { return };
        let known = self.witness.orders[&id];
        let left = known.leaves();
        let part = |thousandths: i64| {
            let lot = self.bench.instrument(known.order.instrument).rules(self.bench.now).lot.0;
            Qty((left.0 * thousandths.min(1_000) / 1_000 / lot * lot).max(lot.min(left.0)))
        };
        let over = left.is_zero() || known.ended.is_some();
        let kind = match say {
            Say::Lose if !over => return self.bench.step(&Event::Link(LinkEvent::Ambiguous(id))),
            Say::Accept if known.asked.is_some() && !over => {
                let asked = self.witness.orders.get_mut(&id).expect("just found").asked.take();
                let Amend { qty, kind, .. } = asked.expect("just seen");
                let order = &mut self.witness.orders.get_mut(&id).expect("just found").order;
                (order.qty, order.kind) = (qty, kind);
                ReportKind::Amended { qty, kind }
            }
            Say::Accept => ReportKind::Accepted,
            Say::Cancel if !over => ReportKind::Cancelled(CancelledBecause::Requested),
            Say::Reject if !over && known.filled.is_zero() => ReportKind::Rejected(RejectReason::Busy),
            Say::Fill(thousandths, better) if !over => {
                let report = self.filled(id, part(thousandths), better);
                return self.tell(report);
            }
            Say::CancelThenFill(thousandths) if !over => {
                let owed = self.filled(id, part(thousandths), 0);
                self.owed.push(owed);
                let end = ReportKind::Cancelled(CancelledBecause::Venue);
                let report = self.bench.report(id, owed.cumulative, end);
                return self.tell(report);
            }
            _ => return,
        };
        let report = self.bench.report(id, Some(known.filled), kind);
        self.tell(report);
    }

    fn filled(&mut self, id: OrderId, qty: Qty, better: i64) -> ExecutionReport {
        let known = self.witness.orders[&id];
        let limit = known.order.kind.limit().or(known.order.kind.trigger()).expect("always one");
        let tick = self.bench.instrument(known.order.instrument).rules(self.bench.now).tick.0;
        let price = Price(limit.0 - known.order.side.sign() * better * tick);
        let fill = self.bench.fill_of(id, qty, price);
        self.bench.report(id, Some(known.filled + qty), ReportKind::Filled(fill))
    }

    /// Tells the trader and the witness the same.
    fn tell(&mut self, report: ExecutionReport) {
        let instrument = self.bench.instrument(report.instrument).clone();
        match report.kind {
            ReportKind::Filled(fill) => self.witness.filled(&instrument, report.order, &fill),
            ReportKind::Cancelled(_) => self.end(report.order, report.cumulative),
            ReportKind::Rejected(_) => self.end(report.order, Some(Qty::ZERO)),
            _ => {}
        }
        self.last = Some(report);
        self.bench.tell(report);
    }

    fn end(&mut self, id: OrderId, cumulative: Option<Qty>) {
        self.witness.orders.get_mut(&id).expect("the venue ends what was sent").ended = cumulative;
    }
}

/// The state without its counters: the last proposal, and what trips the throttle.
fn masked(state: &str, trips: bool) -> String {
    let cut = |text: &str, from: &str, to: &str| {
        let start = text.find(from).expect("a field of the core");
        let end = start + text[start..].find(to).expect("what follows it");
        format!("{}{}", &text[..start], &text[end..])
    };
    let text = cut(state, "last_proposal:", "}");
    if trips { cut(&text, "tripped:", "recent:") } else { text }
}

impl Wish {
    fn proposal(&self, reference: &str) -> impl FnOnce(&mut Proposal) + Send + 'static {
        let (wish, reference) = (self.clone(), reference.parse::<Decimal>().expect("a price"));
        let sign = if self.short { -1 } else { 1 };
        move |proposal| {
            let bps = |n: i64| reference * Decimal::new(10_000 + n, 4);
            proposal.instrument = InstrumentId(wish.instrument);
            proposal.intention = if wish.short { Intention::OpenShort } else { Intention::OpenLong };
            proposal.pricing = wish.offset.map_or(Pricing::Market, |offset| Pricing::Limit(RawPrice::new(bps(offset))));
            proposal.stop = Some(RawPrice::new(bps(wish.offset.unwrap_or(0) - sign * wish.stop)));
            proposal.size = match wish.size {
                (0, _) => Size::RiskBased,
                (1..=3, amount) => Size::Notional(Money::new(amount.into())),
                (_, amount) => Size::Quantity(Qty(amount * if wish.instrument == 0 { 2_000 } else { 1 })),
            };
            proposal.leverage = wish.leverage;
            proposal.confidence = Rate::new(Decimal::new(wish.confidence, 2));
            proposal.regime = [
                Regime::TrendingBull,
                Regime::TrendingBear,
                Regime::Ranging,
                Regime::BreakoutPotential,
                Regime::VolatileBull,
                Regime::VolatileBear,
                Regime::Choppy,
                Regime::Unknown,
            ][wish.regime];
        }
    }
}
