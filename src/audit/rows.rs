//! The rows of the audit's tables: an order, an execution, a booking, a holding, and the step under way.

use super::position::{Effect, Position};
use crate::journal::Exact;
use crate::market::{
    AssetId, Command, DeskId, ExecutionReport, Fee, Fill, InstrumentId, IntentId, NewOrder, OrderId, OrderKind,
    OrderState, Purpose, Qty, Rate, Severity, TraderState, Transaction, VenueMessage, VenueRef,
};

/// An order as we and the venue know it.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderRow {
    pub intended: Option<NewOrder>,
    pub intent: Option<IntentId>,
    pub desk: Option<DeskId>,
    pub sent: Option<NewOrder>,
    pub times_sent: u32,
    /// When it was released last.
    pub sent_at: i64,
    /// Least and greatest total quantity we ever asked for.
    pub asked: Option<[i128; 2]>,
    /// Venue time of what we were told of its terms last: older news is none.
    pub told_at: i64,
    /// Kind and prices that are known to hold.
    pub kind: Option<OrderKind>,
    /// The total quantity that is known to hold, and the greatest that amends under way ask for.
    pub terms: Option<[i128; 2]>,
    pub state: Option<OrderState>,
    /// State before the last move, as the order's history had it.
    pub state_before: Option<OrderState>,
    pub booked: i128,
    pub venue: VenueRow,
    pub purpose: Option<Purpose>,
    /// Twice the mid it was priced from.
    pub twice_reference: i64,
    /// When we last heard of it, asked for it or released it.
    pub news: i64,
    /// Until when no answer of the venue shows it.
    pub hidden_until: i64,
    /// Whether its cancel was ever sent.
    pub cancelled: bool,
    /// When it was last sent a cancel or an amend, and since when it is known to be open; zero is never.
    pub handled_at: i64,
    pub live_since: i64,
    /// The row of the table by which it ended.
    pub ended_by: u8,
}

impl OrderRow {
    /// What could still fill, by the larger terms that may hold.
    pub fn leaves(&self) -> i128 {
        let approved = self.intended.map_or(0, |order| order.qty.0.into());
        (self.most().unwrap_or(approved) - self.booked).max(0)
    }

    /// The greatest total quantity that may hold, amends under way included.
    pub fn most(&self) -> Option<i128> {
        self.terms.map(|[known, wished]| known.max(wished))
    }

    /// What will still fill at least, if nobody ends it: by the terms known to hold.
    pub fn known_leaves(&self) -> i128 {
        (self.terms.map_or(0, |[known, _]| known) - self.booked).max(0)
    }

    /// The venue tells what terms are in force; whether that is news. An answer to a question leaves open
    /// what an amend under way may make of them.
    pub fn learn_terms(&mut self, at: i64, qty: Qty, kind: OrderKind, asked: bool) -> bool {
        let Some([least, greatest]) = self.asked.filter(|_| at > self.told_at || (at == self.told_at && !asked)) else {
            return false;
        };
        let qty = i128::from(qty.0);
        let amending = matches!(self.state, Some(OrderState::AmendPending | OrderState::UnknownAmend));
        let wished = self.terms.filter(|_| asked && amending).map_or(0, |[_, wished]| wished);
        self.told_at = at;
        self.asked = Some([least.min(qty), greatest]);
        self.terms = Some([qty, wished]);
        self.kind = Some(kind);
        true
    }

    /// Whose position it is about.
    pub fn key(&self) -> Option<(DeskId, InstrumentId)> {
        self.desk.zip(self.intended.map(|order| order.instrument))
    }

    pub fn is_entry(&self) -> bool {
        self.purpose == Some(Purpose::Entry)
    }
}

/// An order as the venue's own log has it.
#[derive(Clone, Debug, Default)]
pub(super) struct VenueRow {
    /// Terms in force: kind and total quantity.
    pub terms: Option<(OrderKind, i128)>,
    /// When the venue first had it: what it refuses of an order it does not know is not about it.
    pub first: Option<i64>,
    pub filled: i128,
    /// The cumulative quantity the report before the last one stated.
    pub stated_before: i128,
    pub stated: i128,
    pub fills: u64,
    /// Whether it ended, and whether it had ended before the last report.
    pub ended: bool,
    pub ended_before: bool,
    /// When it ended.
    pub ended_at: i64,
    /// Reports that the trader has not received.
    pub undelivered: Vec<ExecutionReport>,
}

/// A fill as somebody reported it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reported {
    pub report: ExecutionReport,
    pub fill: Fill,
}

/// An execution: what the venue did, what we heard, what we booked.
#[derive(Clone, Debug, Default)]
pub(super) struct ExecutionRow {
    pub truth: Option<Reported>,
    pub times_true: u32,
    /// By the venue's fee plan, if there is one: the rate, and what is due in quote beside it.
    /// How much of it opened at the venue, where its log says so.
    pub opened: Option<i128>,
    pub due: Option<(Rate, Exact)>,
    pub heard: Option<Reported>,
    pub booked: Option<(DeskId, InstrumentId)>,
    pub times_booked: u32,
    /// Transactions that stand: trade, settlement, fee.
    pub standing: [u32; 3],
    /// The fee that stands, and the one its position was charged with.
    pub fee: Option<Fee>,
    pub charged: Option<Fee>,
    /// Its place in the order in which the venue netted executions; zero where it nets none.
    pub turn: u64,
    /// How it was taken out of its position again.
    pub undone: Option<Undone>,
    /// Whether the venue itself did what no venue may, so that the trader owes a critical alert.
    pub outrageous: bool,
    /// Whether the order had ended when it happened.
    pub late: bool,
    /// What it did to the venue's one position: quantity, cost, gross. In the venue's order where that
    /// is known.
    pub at_venue: Option<[i128; 3]>,
    /// Whether its undoing was heard, and counted.
    pub bust: [bool; 2],
}

/// How an execution that was taken back left its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Undone {
    /// As it was before, fee and all: nothing else had touched it.
    Restored,
    /// By an opposite trade.
    Traded,
}

/// A booking the trader claims, and what it comes to by our own count.
#[derive(Clone, Debug)]
pub(super) struct Booking {
    pub seq: u64,
    pub order: OrderId,
    pub execution: VenueRef,
    pub instrument: InstrumentId,
    pub reported: Option<Reported>,
    /// Position, cost and gross as claimed.
    pub claimed: [i128; 3],
    pub net: Exact,
    /// Position and cost by our count, and what the fill did.
    pub counted: Option<([i128; 2], Effect)>,
}

/// A posting that may correct an earlier booking.
#[derive(Clone, Copy, Debug)]
pub(super) enum Correction {
    /// Of an execution: trade, settlement or fee, as its standing counts them.
    Reversed(VenueRef, usize),
    /// The fee of an execution; the first one comes before its booking.
    Charged(VenueRef, Option<Fee>),
}

/// A position that changed without an execution: as claimed, and by our own count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adjustment {
    pub seq: u64,
    pub key: (DeskId, InstrumentId),
    pub by: i128,
    pub at: i128,
    /// Position and cost after.
    pub claimed: [i128; 2],
    pub counted: [i128; 2],
}

/// A desk's position in an instrument with the sums the equity identity needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Holding {
    pub position: Position,
    /// Position and cost as last claimed.
    pub claimed: [i128; 2],
    /// Σ gross as claimed, in price × quantity units.
    pub gross: i128,
    /// Σ net as claimed, in quote.
    pub net: Exact,
    /// Σ signed fills, in quantity units.
    pub traded: i128,
    /// Base-asset fees, in base and valued in quote at the fill.
    pub base_fees: Exact,
    pub base_fee_value: Exact,
    /// Quote fees and funding.
    pub quote_fees: Exact,
    pub funding: Exact,
    /// Whether a fee was paid in an asset whose value is not in the journal.
    pub foreign_fee: bool,
    /// Whether cost and gross are only defined again by the next claim.
    pub stale: bool,
    /// Whether a transaction of it was ever undone.
    pub reversed: bool,
    /// The execution that was the last thing to touch the position, and what that was before.
    pub last: Option<(VenueRef, Position)>,
    /// What the position is again once the journal says how the undoing of its opening changed it.
    pub before: Option<Position>,
    /// What of a short spot position the venue sold beyond the terms of our orders, or took back later.
    pub oversold: i128,
    /// When that was last found to be more.
    pub oversold_at: i64,
    /// Price of the last fill, in price units.
    pub mark: i64,
}

/// What the step under way did.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub seq: u64,
    /// Whether the trader was given anything in it: its process may be down.
    pub is_given: bool,
    pub heard: Vec<Reported>,
    /// Transfers and funding told of in an instrument that is ours.
    pub told: Vec<VenueMessage>,
    /// Whether they were heard in a page of history.
    pub paged: bool,
    pub bookings: Vec<Booking>,
    pub posted: Vec<(u64, Transaction)>,
    pub sent: Vec<(u64, OrderId, TraderState)>,
    /// Quote assets of which the identity starts anew.
    pub rebased: Vec<AssetId>,
    /// Orders that ended in it: some of their fills may be counted later in it.
    pub ended: Vec<OrderId>,
    /// Entries approved.
    pub entries: Vec<(u64, OrderId)>,
    /// Alerts told.
    pub alerts: Vec<(Severity, Option<InstrumentId>, Option<OrderId>)>,
    /// Positions whose cover may have changed.
    pub touched: Vec<(DeskId, InstrumentId)>,
    /// What the account was last said to be worth in it.
    pub valued: Option<Exact>,
    /// Where the postings reverse something, or charge a fee.
    pub corrections: Vec<(u64, Correction)>,
    /// Positions that changed without an execution.
    pub adjustments: Vec<Adjustment>,
    /// A pass that ended clean.
    pub clean: Option<u64>,
    /// Cancels of everything, at once or by the dead-man's switch.
    pub sweeps: Vec<(u64, Command)>,
}

impl Step {
    /// Whether anything of it is for a law to judge.
    pub fn is_busy(&self) -> bool {
        let booked = !(self.bookings.is_empty() && self.adjustments.is_empty() && self.posted.is_empty());
        let sent = !(self.sent.is_empty() && self.entries.is_empty() && self.sweeps.is_empty());
        let told = !(self.heard.is_empty() && self.told.is_empty()) || self.valued.is_some() || self.clean.is_some();
        booked || sent || told || !(self.rebased.is_empty() && self.touched.is_empty())
    }

    /// A new step begins; what was gathered keeps its room.
    pub fn clear(&mut self) {
        self.heard.clear();
        self.told.clear();
        self.paged = false;
        self.bookings.clear();
        self.posted.clear();
        self.sent.clear();
        self.ended.clear();
        self.rebased.clear();
        self.entries.clear();
        self.alerts.clear();
        self.touched.clear();
        self.sweeps.clear();
        self.adjustments.clear();
        self.corrections.clear();
        self.clean = None;
        self.valued = None;
    }

    /// Whether a critical alert was told of an order, or of its instrument.
    pub fn alarmed(&self, order: OrderId, instrument: InstrumentId) -> bool {
        let about = |of: &(Severity, Option<InstrumentId>, Option<OrderId>)| {
            of.0 == Severity::Critical && (of.2 == Some(order) || of.1 == Some(instrument))
        };
        self.alerts.iter().any(about)
    }
}
