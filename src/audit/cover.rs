//! What covers each position: the stop that is wanted, and since when too little of it lives.
//!
//! An order covers while it is known to be open; one on its way, or of which we do not know whether
//! it lives, covers nothing yet.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::journal::{Exact, InstrumentCard};
use crate::market::{
    Account, Alert, Author, Decision, DeskId, FeeAsset, InstrumentId, OrderState, Price, Purpose, Qty, Severity, Side,
    Timestamp,
};

/// A stop as it was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    pub stop: Option<Price>,
    pub pinned: bool,
    pub author: Author,
}

/// What covers one position.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CoverRow {
    pub plan: Option<Plan>,
    /// The plan before the last one.
    pub plan_before: Option<Plan>,
    /// Since when too little covers it.
    pub naked_since: Option<i64>,
    /// Since when it is flat.
    pub flat_since: Option<i64>,
    /// When an exit was last demanded, or somebody was last alarmed.
    excused_at: Option<i64>,
    /// Since when the trader itself says so: one stretch, whatever covered it in passing.
    said_since: Option<i64>,
}

impl CoverRow {
    /// Whether something was done about its being naked, as late as it is allowed to be.
    pub fn is_excused(&self, since: i64) -> bool {
        self.excused_at.is_some_and(|at| at >= self.said_since.map_or(since, |said| said.min(since)))
    }
}

/// What covers every position.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    pub rows: BTreeMap<(DeskId, InstrumentId), CoverRow>,
}

impl Cover {
    pub fn row(&self, key: (DeskId, InstrumentId)) -> CoverRow {
        self.rows.get(&key).copied().unwrap_or_default()
    }

    /// A stop is wanted.
    pub fn plan(&mut self, decision: &Decision) {
        let Decision::Protected { desk, instrument, stop, pinned, author, .. } = decision else { return };
        let row = self.rows.entry((*desk, *instrument)).or_default();
        row.plan_before = row.plan;
        row.plan = Some(Plan { stop: *stop, pinned: *pinned, author: *author });
    }

    /// A position is flat: what was planned for it is over.
    pub fn forget_plan(&mut self, key: (DeskId, InstrumentId)) {
        if let Some(row) = self.rows.get_mut(&key) {
            (row.plan, row.plan_before) = (None, None);
        }
    }

    /// The trader says that a position is naked since then, or covered again.
    pub fn says(&mut self, key: (DeskId, InstrumentId), since: Option<Timestamp>) {
        self.rows.entry(key).or_default().said_since = since.map(|since| since.0);
    }

    /// Somebody was told: of this instrument, for what is said of the whole account says of no position that
    /// it is naked.
    pub fn alarm(&mut self, now: i64, alert: &Alert) {
        if alert.severity != Severity::Critical {
            return;
        }
        for ((_, instrument), row) in &mut self.rows {
            if alert.instrument == Some(*instrument) {
                row.excused_at = Some(now);
            }
        }
    }

    /// An exit of a position was demanded.
    pub fn excuse(&mut self, key: (DeskId, InstrumentId), now: i64) {
        self.rows.entry(key).or_default().excused_at = Some(now);
    }
}

impl Facts {
    /// Looks at what covers the positions a step touched, once it is over.
    pub(super) fn look_at_cover(&mut self) {
        let mut touched = std::mem::take(&mut self.step.touched);
        touched.sort_unstable();
        touched.dedup();
        let now = self.now();
        for key in &touched {
            let position = self.position(*key);
            let naked = self.is_naked(*key, position);
            let row = self.cover.rows.entry(*key).or_default();
            if position == 0 {
                row.flat_since.get_or_insert(now);
                (row.plan, row.plan_before, row.naked_since) = (None, None, None);
            } else {
                row.flat_since = None;
                if naked {
                    row.naked_since.get_or_insert(now);
                } else {
                    row.naked_since = None;
                }
            }
        }
        self.step.touched = touched;
    }

    /// Whether less than a position's whole quantity is covered, and it is not dust. One that nobody
    /// planned is as naked as one whose stop is missing; one planned without a stop is not.
    fn is_naked(&self, key: (DeskId, InstrumentId), position: i128) -> bool {
        let plan = self.cover.row(key).plan;
        let stop = plan.and_then(|plan| plan.stop);
        let unstopped = plan.is_some() && stop.is_none();
        if position == 0 || key.0 == DeskId::EXTERNAL || unstopped {
            return false;
        }
        let there = self.there(key);
        !self.is_dust(key, there, stop) && self.covered(key) < self.to_cover(key, there)
    }

    /// What of a position is there to be closed. On spot no more than the account holds of its asset, which
    /// other hands may have taken from (faults.md J06), and what their orders leave free; on margin less what other hands hold against it.
    fn there(&self, key: (DeskId, InstrumentId)) -> i128 {
        let position = self.position(key);
        let Some(card) = self.card(key.1) else { return position };
        if card.contract.is_margin() {
            let others = self.position((DeskId::EXTERNAL, key.1));
            let against = if others.signum() * position.signum() < 0 { others.abs().min(position.abs()) } else { 0 };
            return position - against * position.signum();
        }
        let owed = self.balance(card.base, Account::Cash).negated();
        let short = owed.and_then(|owed| owed.units_up(card.qty_step()));
        short.map_or(position, |short| position.min(-short - self.tied_by_others(key.1)).max(0))
    }

    /// What orders can cover of a position: whole lots, and where the fee is taken in what is sold, what is
    /// left of it.
    fn to_cover(&self, key: (DeskId, InstrumentId), position: i128) -> i128 {
        let Some(card) = self.card(key.1) else { return position.abs() };
        let rules = card.believed_rules(Timestamp(self.now()));
        let taker = rules.fees.taker.decimal();
        let one = 10_i128.pow(taker.scale());
        let paid = if rules.fees.asset.on(Side::Sell) == FeeAsset::Base { taker.mantissa().max(0) } else { 0 };
        let lot = i128::from(rules.lot.0.max(1));
        position.abs() * one / (one + paid) / lot * lot
    }

    /// What lives to close a position: stops and exits that are open.
    pub(super) fn covered(&self, key: (DeskId, InstrumentId)) -> i128 {
        let lives = |state| {
            use OrderState::{AmendPending, CancelPending, Live, UnknownAmend};
            matches!(state, Live | AmendPending | UnknownAmend | CancelPending)
        };
        self.open_orders()
            .filter(|(_, row)| row.key() == Some(key) && row.state.is_some_and(lives))
            .filter(|(_, row)| matches!(row.purpose, Some(Purpose::Stop | Purpose::Exit)))
            .map(|(_, row)| row.known_leaves())
            .sum()
    }

    /// The price at which the notional of a stop counts: where stops have limits, that of a long position's is
    /// lower than its trigger, and on the grid.
    fn counted(&self, card: &InstrumentCard, position: i128, trigger: i64) -> i64 {
        let Some(offset) = self.limits.stop_limit.filter(|_| position > 0) else { return trigger };
        let tick = i128::from(card.believed_rules(Timestamp(self.now())).tick.0.max(1));
        let limit = Exact::whole(1).minus(offset).and_then(|factor| factor.times(Exact::whole(trigger.into())));
        let ticks =
            limit.and_then(|limit| limit.divided(Exact::whole(tick), 0)).and_then(|n| n.units_up(Exact::whole(1)));
        ticks.ok().and_then(|ticks| i64::try_from(ticks * tick).ok()).unwrap_or(trigger)
    }

    /// Whether a position is too small for any order, at its stop or at its last fill; a fee in base
    /// may take some of what could be sold.
    pub(super) fn is_dust(&self, key: (DeskId, InstrumentId), position: i128, stop: Option<Price>) -> bool {
        let Some(card) = self.card(key.1) else { return true };
        let rules = card.believed_rules(Timestamp(self.now()));
        // Of a fee in base it is known that it takes a lot at least.
        let least = if rules.fees.asset.on(Side::Sell) == FeeAsset::Base { i128::from(rules.lot.0) } else { 0 };
        let sellable = position.abs() - (position.abs() / 100).max(least);
        let mark = self.holdings.get(&key).map_or(0, |holding| holding.mark);
        let price = stop.map_or(mark, |stop| self.counted(card, position, stop.0).min(mark));
        let Ok(qty) = i64::try_from(sellable) else { return false };
        let value = card.notional(Qty(qty), Price(price));
        let small = value.and_then(|value| value.compare(Exact::from(rules.min_notional)));
        sellable < i128::from(rules.min_qty.0.max(rules.lot.0)) || small.is_ok_and(std::cmp::Ordering::is_lt)
    }
}
