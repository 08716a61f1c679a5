//! A witness that keeps its own books from what was sent and said, and knows what must hold.
//!
//! It shares no arithmetic with the trader: leaves, positions, cash and reservations are summed
//! here again, in whole numbers of the smallest units.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestCaseError;
use rust_decimal::{Decimal, RoundingStrategy};
use seatrial::market::{
    Action, Amend, Command, Contract, Decision, Fill, Instrument, InstrumentId, NewOrder, OrderId, Qty, RiskPassId,
    Side, Timestamp,
};
use seatrial::trading::Config;

use crate::bench::{Bench, SECOND, USDT};

/// What the witness knows of one order.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub order: NewOrder,
    pub filled: Qty,
    /// Cumulative of the end, once an end was told.
    pub ended: Option<Qty>,
    /// New terms the trader asked for.
    pub asked: Option<Amend>,
}

impl Known {
    /// What could still fill, as far as anybody was told.
    pub fn leaves(&self) -> Qty {
        Qty((self.ended.unwrap_or(self.order.qty) - self.filled).0.max(0))
    }
}

/// Its own books.
pub struct Witness {
    pub orders: BTreeMap<OrderId, Known>,
    intended: BTreeMap<OrderId, NewOrder>,
    passes: BTreeSet<RiskPassId>,
    positions: BTreeMap<InstrumentId, i64>,
    cash: Decimal,
    entry_lane: Vec<Timestamp>,
}

fn up(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(8, RoundingStrategy::ToPositiveInfinity)
}

macro_rules! must {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            let repeat = "repeat: cargo test --no-default-features --test trading_laws";
            return Err(TestCaseError::fail(format!("{} [{repeat}]", format!($($words)*))));
        }
    };
}

impl Witness {
    pub fn new(cash: Decimal) -> Self {
        Self {
            orders: BTreeMap::new(),
            intended: BTreeMap::new(),
            passes: BTreeSet::new(),
            positions: BTreeMap::new(),
            cash,
            entry_lane: Vec::new(),
        }
    }

    /// A fill was told for the first time.
    pub fn filled(&mut self, instrument: &Instrument, id: OrderId, fill: &Fill) {
        self.orders.get_mut(&id).expect("the venue fills what was sent").filled += fill.qty;
        *self.positions.entry(instrument.id).or_default() += fill.side.signed(fill.qty).0;
        let value = instrument.value(fill.qty.at(fill.price)).decimal();
        self.cash -= up(value * Decimal::new(4, 3));
        if instrument.contract == Contract::Spot {
            let cash = value.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven);
            self.cash -= cash * Decimal::from(fill.side.sign());
        }
    }

    /// What a step did: nothing leaves without its record and its risk pass, everything on the grid.
    pub fn saw(&mut self, bench: &Bench, actions: &[Action]) -> Result<(), TestCaseError> {
        let (mut in_this_step, mut checked) = (BTreeSet::new(), BTreeSet::new());
        for action in actions {
            match action {
                Action::Record(Decision::Checked(proposal, _)) => {
                    checked.insert(*proposal);
                }
                Action::Record(Decision::Intended { order, pass, proposal, .. }) => {
                    must!(
                        proposal.is_none_or(|proposal| checked.contains(&proposal)),
                        "{proposal:?} became an order before its checks"
                    );
                    must!(self.intended.insert(order.id, *order).is_none(), "{:?} is intended twice", order.id);
                    must!(self.passes.insert(*pass) && order.risk_pass == *pass, "{pass:?} passed twice");
                    in_this_step.insert(order.id);
                }
                Action::Send(Command::New(order)) => {
                    let known =
                        self.intended.get(&order.id).map(|known| NewOrder { deadline: order.deadline, ..*known });
                    must!(known == Some(*order), "{order:?} left; recorded was {known:?}");
                    must!(order.reduce_only || in_this_step.contains(&order.id), "an entry waited: {order:?}");
                    must!(order.deadline == bench.now.after(seatrial::market::Span(5 * SECOND)), "{order:?}");
                    Self::on_grid(bench, order)?;
                    self.only_shrinks(order, Self::on_spot(bench))?;
                    let fresh = Known { order: *order, filled: Qty::ZERO, ended: None, asked: None };
                    must!(self.orders.insert(order.id, fresh).is_none(), "{:?} left twice", order.id);
                    if !order.reduce_only {
                        self.entry_lane.push(bench.now);
                    }
                }
                Action::Send(Command::Amend(amend)) => {
                    let known = self.orders.get_mut(&amend.id).expect("only what was sent is amended");
                    known.asked = Some(*amend);
                    let (known, held) =
                        (*known, self.positions.get(&known.order.instrument).copied().unwrap_or_default());
                    let fits = amend.qty > known.filled && (amend.qty - known.filled).0 <= held.abs();
                    must!(fits, "{amend:?} of {known:?} with {held} held");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Exits are on the other side of what is held and never take more; where nothing keeps them from
    /// selling twice, all that may be live take no more together.
    fn only_shrinks(&self, exit: &NewOrder, spot: bool) -> Result<(), TestCaseError> {
        let held = self.positions.get(&exit.instrument).copied().unwrap_or_default();
        let siblings = self.orders.values().map(|known| (known.order, known.leaves()));
        let exits = siblings.filter(|(order, _)| order.reduce_only && order.instrument == exit.instrument);
        let shared = if spot { exits.map(|(_, leaves)| leaves.0).sum() } else { 0 };
        let taken: i64 = shared + exit.qty.0;
        let shrinks = exit.side.sign() * held < 0 && taken <= held.abs();
        must!(!exit.reduce_only || shrinks, "exits of {taken} from {held}: {exit:?}");
        Ok(())
    }

    fn on_grid(bench: &Bench, order: &NewOrder) -> Result<(), TestCaseError> {
        let instrument = bench.instrument(order.instrument);
        let rules = instrument.rules(bench.now);
        let limit = order.kind.limit().or(order.kind.trigger()).expect("a limit, a collar or a trigger, always");
        let grid = limit.0 > 0 && limit.0 % rules.tick.0 == 0 && order.qty.0 % rules.lot.0 == 0;
        must!(grid && order.qty >= rules.min_qty && order.qty.0 > 0, "off the grid: {order:?}");
        let least = instrument.value(order.qty.at(limit)) >= rules.min_notional;
        must!(least, "below the venue's least notional: {order:?}");
        Ok(())
    }

    /// Positions, cash and the tables of orders are what the witness thinks they are.
    pub fn agrees(&self, bench: &Bench) -> Result<(), TestCaseError> {
        let core = bench.trader.core();
        for (id, qty) in &self.positions {
            must!(core.position(*id) == Qty(*qty), "{id:?}: {:?}, not {qty}", core.position(*id));
        }
        let open = self.positions.values().filter(|qty| **qty != 0).count();
        must!(core.books().positions().count() == open, "one position per instrument");
        must!(bench.cash(USDT) == self.cash || !Self::on_spot(bench), "{} is not {}", bench.cash(USDT), self.cash);
        let tables = format!("{:?}", core.orders());
        for (id, known) in &self.orders {
            let order = core.orders().get(*id).expect("history is long enough");
            must!(order.filled == known.filled, "{id:?}: {:?}, not {:?}", order.filled, known.filled);
            let copies = tables.matches(&format!("NewOrder {{ id: {id:?},")).count();
            must!(copies == 1, "{id:?} is in {copies} tables");
            let listed = core.orders().open().any(|order| order.terms.id == *id);
            let alive = !order.state.is_terminal() || order.reported > order.filled;
            must!(listed == alive, "{id:?} is {:?}, listed {listed}", order.state);
        }
        for (first, from) in self.entry_lane.iter().enumerate() {
            for (last, to) in self.entry_lane.iter().enumerate().skip(first) {
                let most = 5 + to.since(*from).0 / (2 * SECOND);
                must!(i64::try_from(last - first).expect("small") < most, "the entry lane at {to:?}");
            }
        }
        Ok(())
    }

    fn on_spot(bench: &Bench) -> bool {
        bench.instrument(InstrumentId(0)).contract == Contract::Spot
    }

    /// After an approved entry: caps hold at worst, and what is reserved is there.
    pub fn approved(&self, bench: &Bench, config: &Config, entry: &NewOrder) -> Result<(), TestCaseError> {
        let core = bench.trader.core();
        let equity = core.equity().expect("marks are known");
        let worst = self.worst_of(bench, entry.instrument);
        let share = equity * config.risk.position_share.decimal();
        must!(worst <= share, "{worst} of {:?} is more than {share}", entry.instrument);
        must!(worst <= config.risk.position_max.decimal(), "{worst} is more than risk.position_max");
        let total: Decimal = (0..2).map(|id| self.worst_of(bench, InstrumentId(id))).sum();
        let limit = equity * config.risk.total_exposure.decimal();
        must!(total <= limit, "{total} in all is more than {limit}");
        if Self::on_spot(bench) {
            let reserved: Decimal = self.orders.values().map(|known| reserved(bench, known)).sum();
            must!(reserved <= self.cash, "{reserved} is reserved of {}", self.cash);
            must!(core.reserved(USDT, bench.now) == reserved, "{} is not {reserved}", core.reserved(USDT, bench.now));
        } else {
            let free = equity - core.used_margin().expect("marks") - core.reserved(USDT, bench.now);
            must!(free >= Decimal::ZERO, "{free} is free");
        }
        Ok(())
    }

    /// The larger of long and short side, if everything that could fill does.
    fn worst_of(&self, bench: &Bench, id: InstrumentId) -> Decimal {
        let instrument = bench.instrument(id);
        let mark = bench.trader.core().mark(instrument).expect("marks are known");
        let held = self.positions.get(&id).copied().unwrap_or_default();
        let mut sides = [Decimal::ZERO; 2];
        sides[usize::from(held < 0)] += instrument.qty(Qty(held.abs())) * mark;
        for known in self.orders.values().filter(|known| known.order.instrument == id && !known.order.reduce_only) {
            let limit = instrument.price(known.order.kind.limit().expect("always one"));
            let (side, price) = match known.order.side {
                Side::Buy => (0, limit),
                Side::Sell => (1, limit.max(mark)),
            };
            sides[side] += price * instrument.qty(known.leaves());
        }
        sides[0].max(sides[1])
    }
}

fn reserved(bench: &Bench, known: &Known) -> Decimal {
    if known.order.reduce_only {
        return Decimal::ZERO;
    }
    let instrument = bench.instrument(known.order.instrument);
    let value = instrument.price(known.order.kind.limit().expect("always one")) * instrument.qty(known.leaves());
    up(value) + up(value * Decimal::new(4, 3))
}
