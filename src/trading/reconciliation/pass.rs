//! A pass under way: which answers it has, and what it still needs.
//!
//! Answers older than the question are not believed (a snapshot may be served stale), and a page of
//! fills is one page: the history is read until it overlaps with an execution that the last clean
//! pass accounted for, or until a page is empty. A snapshot that a venue pushes on reconnect holds
//! fifty fills at most, whatever it says of more.

use crate::market::{
    Balance, Bug, ExecutionReport, FillPage, OpenOrder, Query, ReportKind, Snapshot, Timestamp, VenueMessage,
    VenuePosition, VenueRef, planted,
};

/// Most pages of fills a pass reads.
const PAGES_MAX: u32 = 1_000;

/// What a pass does next.
pub(super) enum Next {
    /// It asked for no such thing, or does not believe it.
    Refused,
    /// Wait for the other answers.
    Wait,
    /// Ask this as well.
    Ask(Query),
    /// Everything is heard.
    Done,
}

/// The executions of the history, as far as they were read.
#[derive(Clone, Debug, Default)]
struct History {
    /// Pages read, newest first, as far as they were not booked yet.
    pages: Vec<Vec<ExecutionReport>>,
    /// How many were read.
    read: u32,
    /// Venue time of the first page, and of the last.
    first: Option<Timestamp>,
    at: Option<Timestamp>,
    whole: bool,
    /// Whether it holds anything, booked by now or not.
    traded: bool,
    /// Whether what was read may be booked: nothing older is known to be missing.
    ripe: bool,
}

/// A pass under way.
#[expect(clippy::option_option, reason = "not heard yet, and heard that there is none")]
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    asked: Timestamp,
    open: Option<Snapshot<OpenOrder>>,
    /// None where there is no history to ask for.
    closed: Option<Option<Snapshot<ExecutionReport>>>,
    fills: Option<History>,
    balances: Option<Snapshot<Balance>>,
    positions: Option<Option<Snapshot<VenuePosition>>>,
}

/// Everything a pass heard.
pub(super) struct Heard {
    pub(super) open: Snapshot<OpenOrder>,
    pub(super) closed: Option<Snapshot<ExecutionReport>>,
    /// What was not booked as it was read, oldest first.
    pub(super) fills: Vec<ExecutionReport>,
    /// Whether the history holds any execution.
    pub(super) traded: bool,
    /// When the history was seen whole, if it was read.
    pub(super) fills_at: Option<Timestamp>,
    /// What had ended before is known.
    pub(super) looked: Timestamp,
    pub(super) balances: Snapshot<Balance>,
    pub(super) positions: Option<Snapshot<VenuePosition>>,
}

impl History {
    fn next_page(&self) -> u32 {
        self.read
    }

    /// Takes in the next page. It is the last one if it is empty, or reaches back to an execution
    /// that was accounted for.
    fn take(&mut self, page: &FillPage, since: Timestamp, known: impl Fn(&VenueRef) -> bool) -> bool {
        // A page of an older view of the history would leave a gap behind the pages already read.
        if page.page != self.next_page() || self.at.is_some_and(|at| page.at < at) {
            return false;
        }
        let accounted = |report: &ExecutionReport| match report.kind {
            ReportKind::Filled(fill) => report.at <= since && known(&fill.execution),
            _ => false,
        };
        // The bug: fifty fills are taken for all there are.
        let trusted = planted(Bug::RecoverRestart2);
        self.whole = page.fills.is_empty() || page.fills.iter().any(accounted) || trusted;
        self.first = self.first.or(Some(page.at));
        self.at = Some(page.at);
        self.read += 1;
        self.traded |= !page.fills.is_empty();
        self.pages.push(page.fills.clone());
        self.ripe = self.whole || !page.more;
        self.whole |= self.next_page() >= PAGES_MAX;
        true
    }
}

impl Pass {
    /// A pass begun at `asked`, with or without the account's history, and with or without margin
    /// positions to compare.
    pub(super) fn new(asked: Timestamp, history: bool, positions: bool) -> Self {
        Self {
            asked,
            open: None,
            closed: history.then_some(None),
            fills: history.then(History::default),
            balances: None,
            positions: positions.then_some(None),
        }
    }

    /// When it was begun.
    pub(super) const fn asked(&self) -> Timestamp {
        self.asked
    }

    /// What it still needs: executions from `since` on, orders that ended from `looked` on.
    pub(super) fn missing(&self, since: Timestamp, looked: Timestamp) -> Vec<Query> {
        let mut queries = Vec::new();
        if self.open.is_none() {
            queries.push(Query::OpenOrders);
        }
        if self.closed.as_ref().is_some_and(Option::is_none) {
            queries.push(Query::ClosedOrders(looked));
        }
        if let Some(history) = self.fills.as_ref().filter(|history| !history.whole) {
            queries.push(Query::Fills { since, page: history.next_page() });
        }
        if self.balances.is_none() || self.positions.as_ref().is_some_and(Option::is_none) {
            queries.push(Query::Account);
        }
        queries
    }

    /// Takes an answer in, unless it was true before `oldest` only. The history is read back to an
    /// execution at or before `since` that is `known`.
    pub(super) fn take(
        &mut self,
        message: &VenueMessage,
        (oldest, since): (Timestamp, Timestamp),
        known: impl Fn(&VenueRef) -> bool,
    ) -> Next {
        match message {
            VenueMessage::OpenOrders(open) if open.at >= oldest => self.open = Some(open.clone()),
            VenueMessage::ClosedOrders(closed) if closed.at >= oldest && self.closed.is_some() => {
                self.closed = self.closed.take().map(|_| Some(closed.clone()));
            }
            VenueMessage::Fills(page) if page.at >= oldest => {
                let Some(history) = self.fills.as_mut().filter(|history| !history.whole) else { return Next::Refused };
                if !history.take(page, since, known) {
                    return Next::Wait;
                }
                if !history.whole {
                    return Next::Ask(Query::Fills { since, page: history.next_page() });
                }
            }
            VenueMessage::Balances(balances) if balances.at >= oldest => self.balances = Some(balances.clone()),
            VenueMessage::Positions(positions) if positions.at >= oldest && self.positions.is_some() => {
                self.positions = self.positions.take().map(|_| Some(positions.clone()));
            }
            _ => return Next::Refused,
        }
        if self.missing(since, since).is_empty() { Next::Done } else { Next::Wait }
    }

    /// When the history was seen, once it was read whole.
    pub(super) fn history_at(&self) -> Option<Timestamp> {
        self.fills.as_ref().filter(|history| history.whole).and_then(|history| history.first)
    }

    /// Executions that were read and may be booked, oldest first, once each.
    pub(super) fn ripe(&mut self) -> Vec<ExecutionReport> {
        match &mut self.fills {
            Some(history) if history.ripe => std::mem::take(&mut history.pages).into_iter().rev().flatten().collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// The account was seen before something that is booked by now: it is asked for again.
    pub(super) fn forget_account(&mut self) {
        self.balances = None;
        self.positions = self.positions.take().map(|_| None);
    }

    /// When the account was seen.
    pub(super) fn account_at(&self) -> Option<Timestamp> {
        let positions = self.positions.as_ref().map(|positions| positions.as_ref().map(|positions| positions.at));
        let balances = self.balances.as_ref().map(|balances| balances.at)?;
        positions.map_or(Some(balances), |positions| positions.map(|at| at.min(balances)))
    }

    /// Everything it heard; the caller saw that nothing is missing. What had ended at `looked` need
    /// not be listed again.
    pub(super) fn heard(self, looked: Timestamp) -> Heard {
        let fills_at = self.fills.as_ref().and_then(|history| history.first);
        let traded = self.fills.as_ref().is_some_and(|history| history.traded);
        let pages = self.fills.map_or_else(Vec::new, |history| history.pages);
        Heard {
            open: self.open.expect("nothing is missing"),
            closed: self.closed.flatten(),
            fills_at,
            traded,
            looked,
            fills: pages.into_iter().rev().flatten().collect(),
            balances: self.balances.expect("nothing is missing"),
            positions: self.positions.flatten(),
        }
    }
}
