//! One order: its terms, where it stands, and what is known of it.
//!
//! An order is one attempt to execute an intent. Its state changes through the transition table
//! alone; the facts beside it say what the venue reported, what we asked and what we wait for.

use super::resolution::Ladder;
use super::transitions::Input;
use crate::market::{
    DeskId, ExecutionReport, Fee, Fill, IntentId, NewOrder, OrderId, OrderKind, OrderState, Price, ProposalId, Purpose,
    Qty, RejectReason, TimeInForce, Timestamp, VenueRef,
};

/// One attempt to execute an intent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its terms, as amended.
    pub terms: NewOrder,
    /// For which desk.
    pub desk: DeskId,
    /// The wish it serves.
    pub intent: IntentId,
    /// The proposal it came from; none where the core acts by itself.
    pub proposal: Option<ProposalId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Where the position would be given up.
    pub stop: Option<Price>,
    /// Where an entry's profit would be taken.
    pub target: Option<Price>,
    /// Whether the stop of an entry's position may trail.
    pub trailing: bool,
    /// Twice the mid it was priced from.
    pub twice_reference: i64,
    /// Where it stands.
    pub state: OrderState,
    /// Sum of its booked fills; never decreases.
    pub filled: Qty,
    /// What the venue took back of it.
    pub busted: Qty,
    /// What the venue reported of it and took back before we ever saw it.
    pub undone: Qty,
    /// The greatest cumulative quantity the venue reported; what exceeds `filled` is still due.
    pub reported: Qty,
    /// The venue's id.
    pub venue_id: Option<VenueRef>,
    /// Venue ids it had before: a report that names one of them never ends it.
    pub superseded: Vec<VenueRef>,
    /// New terms sent and not yet answered; both old and new are reserved.
    pub amending: Option<Terms>,
    /// Whether it is to be cancelled as soon as it is live.
    pub cancel_wanted: bool,
    /// Whether a fill came after its end.
    pub late_fill: bool,
    /// When the venue said, of an ended order, that it is open: reserved again until that is settled.
    pub doubted: Option<Timestamp>,
    /// Why the venue refused it.
    pub refused: Option<RejectReason>,
    /// What it met, for the timers.
    pub(crate) watch: Watch,
    /// Its booked executions.
    pub(crate) executions: Vec<Booking>,
    /// Executions the venue took back before we booked them.
    pub(crate) taken_back: Vec<VenueRef>,
}

/// The terms an amend can change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Total quantity.
    pub qty: Qty,
    /// Kind and prices.
    pub kind: OrderKind,
}

/// Times of an order, and what is due for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Watch {
    /// When it left for the venue.
    pub(crate) released: Option<Timestamp>,
    /// When its last command left.
    pub(crate) commanded: Option<Timestamp>,
    /// When its last cancel left.
    pub(crate) cancelled: Option<Timestamp>,
    /// When silence makes the outcome of the last command unknown.
    pub(crate) reply_due: Option<Timestamp>,
    /// When a refused cancel is tried again, and how often one was refused.
    pub(crate) cancel_again: Option<Timestamp>,
    pub(crate) cancels_refused: u32,
    /// When it should have ended by itself, and whether the venue was asked about it since.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) expiry_asked: bool,
    /// When we last heard or asked of it.
    pub(crate) heard: Option<Timestamp>,
    /// Venue time of the newest report applied to it.
    pub(crate) newest: Option<Timestamp>,
    /// Venue time of the newest report that shows it open, or filling: only that outdates an end.
    pub(crate) alive: Option<Timestamp>,
    /// Venue time of the newest report of its terms.
    pub(crate) terms_at: Option<Timestamp>,
    /// Answers in a row that did not find it though it is known to be open, and the venue time of the
    /// last one.
    pub(crate) absences: u32,
    pub(crate) absent_at: Option<Timestamp>,
    /// When the venue is asked again, while an answer is owed.
    pub(crate) ask_again: Option<Timestamp>,
    /// Since when reported fills are missing.
    pub(crate) due_since: Option<Timestamp>,
    /// Where it stands on the resolution ladder, while an outcome is unknown.
    pub(crate) ladder: Option<Ladder>,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
}

/// What tells one execution of an order from another where the venue gives it two names (FB-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Booking {
    pub(crate) execution: VenueRef,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    pub(crate) at: Timestamp,
    pub(crate) cumulative: Option<Qty>,
    /// The fee it was first said to cost, if the venue has revised it since.
    pub(crate) fee_before: Option<Fee>,
}

impl Booking {
    /// The booking of a reported fill.
    pub(crate) const fn of(report: &ExecutionReport, fill: &Fill) -> Self {
        let Fill { execution, price, qty, .. } = *fill;
        Self { execution, price, qty, at: report.at, cumulative: report.cumulative, fee_before: None }
    }
}

/// What an order is made of before it has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    pub(crate) desk: DeskId,
    pub(crate) intent: IntentId,
    pub(crate) proposal: Option<ProposalId>,
    pub(crate) purpose: Purpose,
    pub(crate) stop: Option<Price>,
    pub(crate) target: Option<Price>,
    pub(crate) trailing: bool,
    pub(crate) twice_reference: i64,
}

impl Order {
    /// An order in a state, of which nothing was heard yet.
    #[must_use]
    pub(crate) fn new(terms: NewOrder, origin: Origin, state: OrderState) -> Self {
        let Origin { desk, intent, proposal, purpose, stop, target, trailing, twice_reference } = origin;
        Self {
            terms,
            desk,
            intent,
            proposal,
            purpose,
            stop,
            target,
            trailing,
            twice_reference,
            state,
            filled: Qty::ZERO,
            busted: Qty::ZERO,
            undone: Qty::ZERO,
            reported: Qty::ZERO,
            venue_id: None,
            superseded: Vec::new(),
            amending: None,
            cancel_wanted: false,
            late_fill: false,
            doubted: None,
            refused: None,
            watch: Watch::default(),
            executions: Vec::new(),
            taken_back: Vec::new(),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.terms.id
    }

    /// The larger of its quantity and of the one an amend asks for.
    #[must_use]
    pub fn largest_qty(&self) -> Qty {
        self.amending.map_or(self.terms.qty, |terms| self.terms.qty.max(terms.qty))
    }

    /// The higher of its limit and of the one an amend asks for: what it may cost at worst.
    #[must_use]
    pub fn highest_limit(&self) -> Option<Price> {
        self.terms.kind.limit().max(self.amending.and_then(|terms| terms.kind.limit()))
    }

    /// The lowest.
    #[must_use]
    pub fn lowest_limit(&self) -> Option<Price> {
        self.terms.kind.limit().into_iter().chain(self.amending.and_then(|terms| terms.kind.limit())).min()
    }

    /// What could still fill by our knowledge: the quantity less what filled while it may be open,
    /// and the fills due afterwards. While an amend is out, both old and new terms are counted.
    #[must_use]
    pub fn could_fill(&self) -> Qty {
        let due = self.due();
        let ended = self.state.is_terminal() && self.doubted.is_none();
        if ended { due } else { Qty((self.largest_qty() - self.filled).0.max(due.0)) }
    }

    /// Whether only a stub was left of it, which knows its totals but not its executions.
    pub(crate) fn is_recalled(&self) -> bool {
        self.executions.is_empty() && !self.filled.is_zero()
    }

    /// What the venue reported and nobody booked.
    #[must_use]
    pub fn due(&self) -> Qty {
        Qty((self.reported - self.filled - self.undone).0.max(0))
    }

    /// Whether it never rests, but takes at once or ends.
    #[must_use]
    pub const fn is_market_like(&self) -> bool {
        matches!(self.terms.tif, TimeInForce::Ioc | TimeInForce::Fok)
    }

    /// Whether it stays among the open orders: it can still fill, or an answer about it is owed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.state.is_terminal() || self.due() > Qty::ZERO || self.doubted.is_some() || self.watch.ask_again.is_some()
    }

    /// Which case of a fill an execution of `qty` is.
    #[must_use]
    pub fn fill_case(&self, qty: Qty) -> Input {
        let cumulative = self.filled + qty;
        let ended = matches!(self.state, OrderState::Filled | OrderState::Cancelled | OrderState::Expired);
        if ended && cumulative <= self.reported.min(self.terms.qty) {
            return Input::FilledDue;
        }
        let amending = matches!(self.state, OrderState::AmendPending | OrderState::UnknownAmend);
        let smaller = self.amending.filter(|_| amending).map(|terms| self.terms.qty.min(terms.qty));
        match cumulative.cmp(&self.largest_qty()) {
            std::cmp::Ordering::Less if smaller.is_some_and(|qty| cumulative >= qty) => Input::FilledSmallerTerms,
            std::cmp::Ordering::Less => Input::FilledInPart,
            std::cmp::Ordering::Equal => Input::FilledWhole,
            std::cmp::Ordering::Greater => Input::Overfilled,
        }
    }
}
