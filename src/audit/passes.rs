//! Reconciliation as the journal shows it: what was asked, what was answered, and what moved since.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::facts::Facts;
use super::position::Position;
use crate::journal::{Exact, TooLarge};
use crate::market::{
    Account, AssetId, Balance, Cause, ExecutionReport, InstrumentId, OpenOrder, OrderId, Query, ReportKind, Side,
    Snapshot, Timestamp, TraderState, Transaction, VenueRef,
};

/// Movements remembered at most; the oldest are before any balance a venue still states.
const REMEMBERED: usize = 65_536;

/// How long a message about the account may have been under way, in nanoseconds.
const VAGUE: i64 = 120_000_000_000;

/// Cash that moved, and when it did at the venue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movement {
    pub at: i64,
    pub asset: AssetId,
    pub amount: Exact,
    /// Whether the venue's instant is not known.
    pub vague: bool,
}

/// What passes asked and heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Passes {
    /// When the pass under way asked for executions, balances and open orders.
    pub asked_fills: Option<i64>,
    pub asked_account: Option<i64>,
    pub asked_orders: Option<i64>,
    /// When the newest page of executions, and the last lists of open and of ended orders heard were true.
    pub fills_at: Option<i64>,
    pub orders_at: Option<i64>,
    pub closed_at: Option<i64>,
    /// When all open orders were last asked for.
    pub looked_at: i64,
    /// The last balances the venue stated.
    pub balances: Option<Snapshot<Balance>>,
    /// When the books were opened, in venue time.
    pub opened: Option<i64>,
    pub moved: VecDeque<Movement>,
    /// Open orders that are not ours and not yet taken in.
    pub strangers: BTreeSet<OrderId>,
    /// Orders that are not ours and were taken in, whatever a stale list says of them later.
    pub adopted: BTreeSet<OrderId>,
    /// Orders that are not ours, as far as they were heard to be open.
    pub foreign: BTreeMap<OrderId, Foreign>,
    /// Positions as the venue nets them, over all desks, and what it settled more in each asset.
    pub netted: BTreeMap<InstrumentId, Position>,
    pub owed: BTreeMap<AssetId, Exact>,
    /// Executions the venue netted so far, the latest of each instrument that is booked, and instruments
    /// of which they were booked in another order.
    pub turns: u64,
    pub last_turn: BTreeMap<InstrumentId, u64>,
    pub disordered: BTreeSet<InstrumentId>,
    /// Executions the venue undid, by its own log.
    pub undone: BTreeSet<VenueRef>,
    /// Instruments whose position we changed at a price that is not the venue's.
    pub unpriced: BTreeSet<InstrumentId>,
    ended: bool,
}

/// An open order of other hands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Foreign {
    instrument: InstrumentId,
    side: Side,
    qty: i64,
    filled: i64,
}

impl Passes {
    pub fn begin_step(&mut self) {
        if std::mem::take(&mut self.ended) {
            (self.asked_fills, self.asked_account, self.asked_orders) = (None, None, None);
        }
    }

    /// A pass is over.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// An order of others was taken in.
    pub fn adopt(&mut self, order: Option<OrderId>) {
        if let Some(order) = order {
            self.strangers.remove(&order);
            self.adopted.insert(order);
        }
    }

    /// The venue stated its balances; one older than the last is not news.
    pub fn hear_balances(&mut self, snapshot: &Snapshot<Balance>) {
        if self.balances.as_ref().is_none_or(|last| last.at <= snapshot.at) {
            let since = snapshot.at.0;
            let before = |movement: &Movement| if movement.vague { since.saturating_sub(VAGUE) } else { since };
            self.moved.retain(|movement| movement.at >= before(movement));
            self.balances = Some(snapshot.clone());
        }
    }
}

impl Facts {
    pub(super) fn ask(&mut self, now: i64, query: Query) {
        match query {
            Query::Order(id) => {
                if let Some(row) = self.orders.get_mut(&id) {
                    row.news = now;
                }
            }
            Query::OpenOrders => {
                self.reconciling.asked_orders.get_or_insert(now);
                self.reconciling.looked_at = now;
            }
            Query::Fills { .. } => {
                self.reconciling.asked_fills.get_or_insert(now);
            }
            Query::Account => {
                self.reconciling.asked_account.get_or_insert(now);
            }
            Query::ClosedOrders(_) => {}
        }
    }

    /// What cash of an asset was when the venue last stated it: with what moved at an uncertain instant or at
    /// that one counted before it, and counted after it, and how many of those there are.
    pub(super) fn cash_when_stated(&self, asset: AssetId, now: Exact) -> Result<(Exact, Exact, u32), TooLarge> {
        let at = self.reconciling.balances.as_ref().map_or(i64::MIN, |balances| balances.at.0);
        let (mut then, mut vaguely, mut vague) = (now, now, 0);
        for movement in self.reconciling.moved.iter().filter(|movement| movement.asset == asset) {
            if movement.vague || movement.at == at {
                vague += 1;
                vaguely = vaguely.minus(movement.amount)?;
            } else if movement.at > at {
                (then, vaguely) = (then.minus(movement.amount)?, vaguely.minus(movement.amount)?);
            }
        }
        Ok((then, vaguely, vague))
    }

    /// Whether the balances the books are opened with hold what happened then: it is never booked, and before
    /// they are opened it is not known yet. C1f holds what came after them to be booked.
    pub(super) fn in_the_opening(&self, at: Option<Timestamp>) -> bool {
        let unopened = self.posted == 0 && self.standing.trader == TraderState::Reconciling;
        self.reconciling.opened.map_or(unopened, |opened| at.is_some_and(|at| at.0 <= opened))
    }

    /// A report of an order that is not ours: it fills, or is open no more.
    pub(super) fn hear_foreign(&mut self, report: &ExecutionReport) {
        let Some(foreign) = self.reconciling.foreign.get_mut(&report.order) else { return };
        match report.kind {
            // A page of history tells of the same fills again.
            ReportKind::Filled(_) => {
                foreign.filled = report.cumulative.map_or(foreign.filled, |all| foreign.filled.max(all.0));
            }
            ReportKind::Cancelled(_) | ReportKind::Expired => foreign.qty = 0,
            ReportKind::Accepted
            | ReportKind::Rejected(_)
            | ReportKind::Amended { .. }
            | ReportKind::AmendRejected(_)
            | ReportKind::CancelRejected(_)
            | ReportKind::Busted(_)
            | ReportKind::Status(_) => {}
        }
        self.touch_all();
    }

    /// What orders of other hands tie up changed: the cover of every position is looked at.
    fn touch_all(&mut self) {
        self.step.touched.extend(self.holdings.keys());
    }

    /// What orders that are not ours are to sell of an instrument.
    pub(super) fn tied_by_others(&self, id: InstrumentId) -> i128 {
        let sells = |foreign: &&Foreign| foreign.instrument == id && foreign.side == Side::Sell;
        let leaves = |foreign: &Foreign| i128::from((foreign.qty - foreign.filled).max(0));
        self.reconciling.foreign.values().filter(sells).map(leaves).sum()
    }

    pub(super) fn hear_open(&mut self, snapshot: &Snapshot<OpenOrder>) {
        let now = self.now();
        let mut foreign = BTreeMap::new();
        for open in &snapshot.items {
            if let Some(row) = self.orders.get_mut(&open.order).filter(|row| row.intended.is_some()) {
                row.news = now;
                if row.learn_terms(snapshot.at.0, open.qty, open.kind, true) {
                    self.step.touched.extend(row.key());
                }
                continue;
            }
            let (qty, filled) = (open.qty.0, open.filled.0);
            foreign.insert(open.order, Foreign { instrument: open.instrument, side: open.side, qty, filled });
        }
        let passes = &mut self.reconciling;
        passes.orders_at = Some(snapshot.at.0);
        let is_new = |id: &&OrderId| !passes.foreign.contains_key(*id) && !passes.adopted.contains(*id);
        passes.strangers.extend(foreign.keys().filter(is_new));
        passes.strangers.retain(|id| foreign.contains_key(id));
        if std::mem::replace(&mut passes.foreign, foreign) != self.reconciling.foreign {
            self.touch_all();
        }
    }

    /// Remembers what a transaction moved in cash, and when it moved at the venue.
    pub(super) fn note_movement(&mut self, transaction: &Transaction) {
        let of_fill = |execution: VenueRef| {
            let at = self.executions.get(&execution).and_then(|row| row.heard).map(|heard| heard.report.at.0);
            (at.unwrap_or(self.now()), at.is_none())
        };
        let (at, vague) = match transaction.cause {
            Cause::Fill(execution) | Cause::Settlement(execution) => of_fill(execution),
            Cause::Fee(execution) => {
                let corrected = self.executions.get(&execution).is_some_and(|row| row.fee.is_some());
                let (at, unknown) = of_fill(execution);
                (at, unknown || corrected)
            }
            Cause::Funding(_, at) | Cause::Interest(_, at) => (at.0, false),
            Cause::Transfer | Cause::Reversal(_) => (self.now(), true),
            Cause::Opening => {
                self.reconciling.opened = self.reconciling.balances.as_ref().map(|balances| balances.at.0);
                return;
            }
            Cause::Difference => return,
        };
        for posting in transaction.postings.iter().filter(|posting| posting.account == Account::Cash) {
            let (asset, amount) = (posting.asset, Exact::from(posting.amount));
            self.reconciling.moved.push_back(Movement { at, asset, amount, vague });
        }
        if self.reconciling.moved.len() > REMEMBERED {
            self.reconciling.moved.pop_front();
        }
    }
}
