//! Does what it is told, when it is told: a strategy for tests and for the scenarios of the review.
//!
//! Its one parameter is its steps, one a line:
//!
//! ```text
//! 10s      open_long notional 2000 limit 45000 stop 44100   # at an offset from the start
//! 10s..60s every 5s  open_long qty 0.1 stop 44100           # again and again
//! armed    open_short risk stop 45900 tif gtd 30s post_only # as soon as every step above is done,
//! filled+1s  reduce 0.05                                    # and the trader is armed, the last
//! live     amend limit 44990                                # order is filled, live, ended, or
//! flat     open_long risk stop 44100 retry 1s               # ended with nothing held
//! ```
//!
//! With several instruments, an order says which it is of, as `instrument ETH/USDT`; the first by symbol is meant
//! where it does not. What is denied is not tried again, unless `retry` says how often. It decides nothing by the
//! market: it wants no market event.

mod steps;

use crate::market::{
    Event, Instrument, InstrumentId, MarketEvent, OrderId, OrderState, Pricing, Proposal, ProposalId, RawPrice,
    Timestamp,
};
use crate::trading::{Desk, Strategy};
use rust_decimal::Decimal;

use super::params::{Reader, param};
use super::{Entry, ParamError};
use steps::{Act, Condition, Order, Step, Which};

/// What it is and what it takes.
pub(super) const ENTRY: Entry = Entry {
    name: "script",
    summary: "Does what its steps say, when they say it: for tests and for the scenarios of the review",
    rules: &[
        "A step is due at a time, again and again, or once something has happened; it carries one order, amendment or \
         cancel. How steps are written is in the documentation of `strategies::script`.",
        "What is denied is not tried again, unless its step says how often. It decides nothing by the market.",
    ],
    params: &[param(
        "steps",
        "",
        "steps, one a line",
        ("", ""),
        "What it does: a time or condition, an action, its terms.",
    )],
};

/// A strategy that follows its steps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    steps: Vec<Step>,
    /// When each step is due; none while its condition is not met.
    due: Vec<Option<Timestamp>>,
    done: Vec<bool>,
    start: Option<Timestamp>,
    /// Its orders, oldest first, and what each trades.
    orders: Vec<(OrderId, InstrumentId)>,
}

impl Strategy for Script {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if matches!(event, Event::Market(..)) {
            return;
        }
        let start = *self.start.get_or_insert(desk.now());
        for index in 0..self.steps.len() {
            if !self.done[index] && self.is_due(index, start, desk) {
                let step = self.steps[index].clone();
                let taken = self.carry_out(desk, &step.act);
                match step.retry.filter(|_| !taken) {
                    Some(every) => self.due[index] = Some(desk.now().after(every)),
                    None => self.done[index] = true,
                }
            }
        }
        let pending = self.due.iter().zip(&self.done).filter(|(_, done)| !**done);
        if let Some(next) = pending.filter_map(|(due, _)| *due).filter(|due| *due > desk.now()).min() {
            desk.wake_at(next);
        }
    }

    fn wants(&self, _: &MarketEvent) -> bool {
        false
    }
}

impl Script {
    /// A script as its parameter says.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let text = reader.text("steps");
        let steps = steps::read(text, instruments)?;
        let count = steps.len();
        Ok(Self { steps, due: vec![None; count], done: vec![false; count], start: None, orders: Vec::new() })
    }

    /// Whether a step's time has come. A condition, once met, is not asked again.
    fn is_due(&mut self, index: usize, start: Timestamp, desk: &Desk<'_>) -> bool {
        if self.due[index].is_none() {
            self.due[index] = match self.steps[index].condition {
                Condition::Start => Some(start.after(self.steps[index].delay)),
                condition => {
                    let met = self.done[..index].iter().all(|done| *done) && self.met(condition, desk);
                    met.then(|| desk.now().after(self.steps[index].delay))
                }
            };
        }
        self.due[index].is_some_and(|due| due <= desk.now())
    }

    fn met(&self, condition: Condition, desk: &Desk<'_>) -> bool {
        let last = self.orders.last();
        let state = last.and_then(|(id, _)| desk.order(*id)).map(|order| order.state);
        let ended = state.is_some_and(OrderState::is_terminal);
        match condition {
            Condition::Start => true,
            Condition::Armed => desk.state() == crate::market::TraderState::Armed,
            Condition::Live => state == Some(OrderState::Live),
            Condition::Filled => state == Some(OrderState::Filled),
            Condition::Ended => ended,
            Condition::Flat => ended && last.is_some_and(|(_, id)| desk.position(*id).qty.is_zero()),
        }
    }

    /// Whether the step was taken, rather than denied.
    fn carry_out(&mut self, desk: &mut Desk<'_>, act: &Act) -> bool {
        match act {
            Act::Propose(order) => {
                let proposal = proposal(desk, order);
                let instrument = proposal.instrument;
                let sent = desk.submit(proposal);
                self.orders.extend(sent.iter().map(|id| (*id, instrument)));
                sent.is_ok()
            }
            Act::Amend(which, qty, limit) => {
                let ids = self.named(*which).into_iter();
                ids.map(|id| amended(desk, id, *qty, *limit)).filter(|done| !done).count() == 0
            }
            Act::Cancel(which) => {
                // Each is tried, whatever became of those before it.
                self.named(*which).into_iter().map(|id| desk.cancel(id)).filter(Result::is_err).count() == 0
            }
        }
    }

    fn named(&self, which: Which) -> Vec<OrderId> {
        let mut ids = self.orders.iter().map(|(id, _)| *id);
        match which {
            Which::All => ids.collect(),
            Which::Last => ids.next_back().into_iter().collect(),
            Which::Nth(number) => ids.skip(number - 1).take(1).collect(),
        }
    }
}

/// Amends an order, whose terms stay where nothing is said of them; false if it is denied.
fn amended(desk: &mut Desk<'_>, id: OrderId, qty: Option<Decimal>, limit: Option<RawPrice>) -> bool {
    let Some(order) = desk.order(id) else { return false };
    let instrument = desk.instrument(order.terms.instrument);
    // A quantity between two units is cut: it is the venue's grid that decides, not the script's.
    let qty = match qty {
        Some(qty) => instrument.qty_down(qty, desk.now()).unwrap_or_default(),
        None => order.terms.qty,
    };
    let limit = limit.or_else(|| order.terms.kind.limit().map(|limit| RawPrice::new(instrument.price(limit))));
    limit.is_some_and(|limit| desk.amend(id, qty, limit).is_ok())
}

fn proposal(desk: &Desk<'_>, order: &Order) -> Proposal {
    let blank = desk.proposal(order.instrument, order.intention);
    let tif = order.tif.map(|tif| tif.at(desk.now()));
    Proposal {
        id: order.id.map_or(blank.id, ProposalId),
        size: order.size,
        pricing: order.limit.map_or(Pricing::Market, Pricing::Limit),
        tif,
        post_only: order.post_only,
        stop: order.stop,
        target: order.target,
        trailing: order.trailing,
        leverage: order.leverage,
        confidence: order.confidence,
        regime: order.regime,
        contributing: order.contributing.clone(),
        ..blank
    }
}
