//! What is planned for a position: its stop and target, who set them, and how they may move
//! (production-rules §4.4, PR-9, PR-10).

use super::{Key, Shield};
use crate::market::{
    Action, Author, Decision, DeskId, ExitCause, Instrument, OrderId, Price, Qty, Severity, Side, Timestamp,
};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;

/// What is planned for a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cover {
    /// Where it is given up.
    pub stop: Option<Price>,
    /// Where profit is taken.
    pub target: Option<Price>,
    /// Whether an operator set the stop, so that automation does not move it.
    pub pinned: bool,
    /// Whether its stop may trail.
    pub trailing: bool,
    /// The best price since the trailing stop became active; none before.
    pub extreme: Option<Price>,
    /// Who set the stop.
    pub author: Author,
}

/// The side a position was opened on.
pub(super) const fn side_of(held: Qty) -> Side {
    if held.0 > 0 { Side::Buy } else { Side::Sell }
}

/// Whether a stop is strictly tighter than another for a position opened on `side`.
pub(super) const fn tighter(side: Side, stop: Price, than: Price) -> bool {
    side.sign() * (stop.0 - than.0) > 0
}

/// Whether a price is at or beyond a stop: long at or below it, short at or above.
pub(super) const fn beyond_stop(side: Side, stop: Price, price: Price) -> bool {
    side.sign() * (price.0 - stop.0) <= 0
}

/// Whether a price is at or beyond a target.
pub(super) const fn beyond_target(side: Side, target: Price, price: Price) -> bool {
    side.sign() * (price.0 - target.0) >= 0
}

/// On which side of the average price a price stands, exactly: above zero the winning one. None where there is no
/// average.
pub(super) fn against_average(side: Side, held: &Position, instrument: &Instrument, price: Price) -> Option<i128> {
    let (above, below) = held.average(instrument)?;
    Some(i128::from(side.sign()) * (i128::from(price.0).checked_mul(below)? - above).signum())
}

impl Core {
    /// A new life of the position starts from nothing; then the plans of its entries are taken in.
    pub(super) fn begin_shield(&mut self, key: Key, held: &Position, shield: &mut Shield, actions: &mut Vec<Action>) {
        if self.goes_on(key, shield) {
            shield.life = held.life;
        }
        if shield.life != held.life {
            let (legs, parting, naked) =
                (std::mem::take(&mut shield.legs), std::mem::take(&mut shield.parting), shield.naked.take());
            *shield = Shield { life: held.life, legs, parting, naked, ..Shield::default() };
        }
        let new = |id: &OrderId| !shield.adopted.contains(id);
        let entries: Vec<OrderId> = self.entries.get(&key).into_iter().flatten().copied().filter(new).collect();
        if !entries.is_empty() && shield.is_dust {
            self.join(key, &entries, shield);
        }
        for id in entries {
            if shield.adopted.insert(id) {
                self.take_plan(key, id, held, shield, actions);
            }
        }
        // What was found to be dust is told once.
        let is_dust = shield.dust == Some(held.qty);
        if shield.cover.is_none() && shield.ladder.is_none() && key.0 != DeskId::EXTERNAL && !is_dust {
            // Nobody wished for it: both legs filled, or an exit went beyond zero.
            let (desk, instrument) = key;
            let text = format!("desk {} holds {} of it that no entry opened; it is exited", desk.0, held.qty.0);
            alert(Severity::Critical, Some(instrument), None, text, actions);
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Excess), actions);
        }
    }

    /// Dust has no stop, and joins the next entry (§4.12): what was planned for it, and the entries it is left of, are over.
    /// A pinned stop stays (PR-10), and so does an exit that is demanded.
    fn join(&mut self, key: Key, entries: &[OrderId], shield: &mut Shield) {
        if shield.ladder.is_some() || shield.cover.as_ref().is_none_or(|cover| cover.pinned) {
            return;
        }
        (shield.cover, shield.touched, shield.near_told) = (None, None, false);
        shield.adopted.clear();
        if let Some(all) = self.entries.get_mut(&key) {
            all.retain(|id| entries.contains(id));
        }
    }

    /// Whether a position is what a plan was made for under another life: a residue that has become a whole lot
    /// begins one of its own, and what covers it goes on.
    pub(super) fn goes_on(&self, key: Key, shield: &Shield) -> bool {
        let entries = self.entries.get(&key);
        let known = |id: &OrderId| entries.is_some_and(|entries| entries.contains(id));
        !shield.adopted.is_empty() && shield.adopted.iter().all(known)
    }

    /// Takes in the plan of an entry that filled: the tighter stop, the newer target (PR-10).
    fn take_plan(&mut self, key: Key, id: OrderId, held: &Position, shield: &mut Shield, actions: &mut Vec<Action>) {
        let Some(order) = self.orders.get(id) else { return };
        let (side, trailing, stop) = (side_of(held.qty), order.trailing, order.stop);
        let mut target = order.target;
        let stands = |price| against_average(side, held, self.instrument(key.1), price);
        if let Some(wrong) = target.filter(|target| stands(*target).is_some_and(|at| at <= 0)) {
            let text = format!("target {} is on the wrong side of the average price; it is dropped", wrong.0);
            alert(Severity::Warning, Some(key.1), Some(id), text, actions);
            target = None;
        }
        let (cover, author) = match shield.cover.take() {
            None => {
                let cover = Cover { stop, target, pinned: false, trailing, extreme: None, author: Author::Entry };
                (cover, Author::Entry)
            }
            Some(mut cover) => {
                let tightens = stop.is_some_and(|new| cover.stop.is_none_or(|old| tighter(side, new, old)));
                if tightens && !cover.pinned {
                    (cover.stop, cover.author, shield.near_told) = (stop, Author::AddedEntry, false);
                }
                cover.target = target.or(cover.target);
                cover.trailing |= trailing;
                (cover, Author::AddedEntry)
            }
        };
        record(key, &cover, author, format!("order {} filled", id.0), actions);
        shield.cover = Some(cover);
        let beyond = stop.and_then(|stop| against_average(side, held, self.instrument(key.1), stop));
        if author == Author::Entry && beyond.is_some_and(|at| at >= 0) {
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::BeyondStop), actions);
        }
    }

    /// Whether the market stands at or beyond a stop.
    pub(super) fn market_beyond(&self, now: Timestamp, key: Key, side: Side, stop: Price) -> bool {
        let market = self.view.of(key.1);
        let traded = market.trade.is_some_and(|trade| beyond_stop(side, stop, trade.price));
        let mid = market.reference(now, &self.config.reference).ok();
        traded || mid.is_some_and(|mid| side.sign() * (mid.twice_mid - 2 * stop.0) <= 0)
    }
}

/// Writes a plan down.
pub(super) fn record(key: Key, cover: &Cover, author: Author, why: String, actions: &mut Vec<Action>) {
    let (desk, instrument) = key;
    let Cover { stop, target, pinned, .. } = *cover;
    actions.push(Action::Record(Decision::Protected { desk, instrument, stop, target, pinned, author, why }));
}
