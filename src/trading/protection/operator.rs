//! What an operator does to stops and targets (production-rules PR-9, EC-7, OP-1). An act means the
//! position of every desk in the instrument; one that breaks a rule is refused whole.

use rust_decimal::Decimal;

use super::plan::{Cover, against_average, beyond_stop, record, side_of};
use super::{Key, Shield};
use crate::market::{
    Action, Author, Check, ControlAct, Decision, Denied, DeskId, Instrument, InstrumentId, Price, RawPrice, Severity,
    Side, Timestamp,
};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;

impl Core {
    /// What an operator does to a position's stop, target or trailing.
    pub(crate) fn on_protection_act(&mut self, now: Timestamp, act: &ControlAct, why: &str, actions: &mut Vec<Action>) {
        match act {
            ControlAct::SetStop(instrument, stop) => self.operator_stop(now, *instrument, *stop, why, actions),
            ControlAct::UnpinStop(instrument) => self.operator_unpin(*instrument, why, actions),
            ControlAct::SetTarget(instrument, target) => self.operator_target(now, *instrument, *target, why, actions),
            ControlAct::Trailing(instrument, on) => self.operator_trailing(*instrument, *on, why, actions),
            ControlAct::Halt
            | ControlAct::Rearm { .. }
            | ControlAct::Cancel(_)
            | ControlAct::Close(_)
            | ControlAct::Flatten(_)
            | ControlAct::ResetBreaker(_)
            | ControlAct::ResetThrottle(..)
            | ControlAct::SettleExternal(_)
            | ControlAct::PostCorrection { .. }
            | ControlAct::ChangeLimit { .. } => {}
        }
    }

    /// Sets the stop and pins it: automation neither moves nor removes it.
    fn operator_stop(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        stop: RawPrice,
        why: &str,
        actions: &mut Vec<Action>,
    ) {
        self.operate(instrument, why, actions, |core, key, held, cover| {
            let side = side_of(held.qty);
            let stop = core.operator_price(key, side.opposite(), stop, now)?;
            if core.market_beyond(now, key, side, stop) {
                return Err(format!("{} against the losing side of the market", core.shown(key, stop)));
            }
            let (lost, most) = (lost_at(held, core.instrument(key.1), stop), core.config.stop.max);
            if lost.is_none_or(|(loss, average)| loss > average * most.decimal()) {
                return Err(format!("{} against stop.max {most} from the average price", core.shown(key, stop)));
            }
            (cover.stop, cover.pinned, cover.author) = (Some(stop), true, Author::Operator);
            Ok(())
        });
    }

    /// Lets automation move the stop again.
    fn operator_unpin(&mut self, instrument: InstrumentId, why: &str, actions: &mut Vec<Action>) {
        self.operate(instrument, why, actions, |_, _, _, cover| {
            cover.pinned = false;
            Ok(())
        });
    }

    /// Sets the target, or removes it.
    fn operator_target(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        target: Option<RawPrice>,
        why: &str,
        actions: &mut Vec<Action>,
    ) {
        self.operate(instrument, why, actions, |core, key, held, cover| {
            let side = side_of(held.qty);
            let target = target.map(|target| core.operator_price(key, side, target, now)).transpose()?;
            let stands = |price| against_average(side, held, core.instrument(key.1), price);
            if let Some(wrong) = target.filter(|target| stands(*target).is_some_and(|at| at <= 0)) {
                return Err(format!("{} against the winning side of the average price", core.shown(key, wrong)));
            }
            if let Some(wrong) = target.filter(|target| core.is_reached(key, side, *target)) {
                return Err(format!("{} against a price the market has not reached", core.shown(key, wrong)));
            }
            cover.target = target;
            Ok(())
        });
    }

    /// Switches the trailing stop of a position.
    fn operator_trailing(&mut self, instrument: InstrumentId, on: bool, why: &str, actions: &mut Vec<Action>) {
        self.operate(instrument, why, actions, |_, _, _, cover| {
            cover.trailing = on;
            // Switched on again it starts from the market as it is then.
            cover.extreme = cover.extreme.filter(|_| on);
            Ok(())
        });
    }

    /// Changes the plan of every position in an instrument, and says what was refused.
    fn operate(
        &mut self,
        instrument: InstrumentId,
        why: &str,
        actions: &mut Vec<Action>,
        change: impl Fn(&Self, Key, &Position, &mut Cover) -> Result<(), String>,
    ) {
        let open = |(desk, id, held): (DeskId, InstrumentId, &Position)| {
            (id == instrument && desk != DeskId::EXTERNAL && !held.is_flat()).then_some(((desk, id), *held))
        };
        let positions: Vec<(Key, Position)> = self.books.positions().filter_map(open).collect();
        if positions.is_empty() {
            self.refuse_cover((DeskId(0), instrument), "no position against an open one", actions);
        }
        for (key, held) in positions {
            let shield = self.shield(key);
            let Some(mut cover) = shield.and_then(Shield::cover).cloned() else {
                self.refuse_cover(key, "no plan against a planned position", actions);
                continue;
            };
            match change(self, key, &held, &mut cover) {
                Ok(()) => {
                    record(key, &cover, Author::Operator, why.to_owned(), actions);
                    if let Some(shield) = self.protection.shields.get_mut(&key) {
                        shield.near_told &= shield.cover.as_ref().is_some_and(|old| old.stop == cover.stop);
                        shield.cover = Some(cover);
                    }
                    self.touch(key);
                }
                Err(text) => self.refuse_cover(key, &text, actions),
            }
        }
    }

    fn refuse_cover(&self, (desk, instrument): Key, text: &str, actions: &mut Vec<Action>) {
        let check = Check::Exit(7);
        let symbol = self.instruments.get(usize::from(instrument.0)).map_or("?", |found| found.symbol.as_str());
        let text = format!("{check} {symbol}: {text}; nothing was changed");
        let denied = Denied { proposal: None, desk, instrument, check, text: text.clone() };
        actions.push(Action::Record(Decision::Denied(denied)));
        alert(Severity::Warning, Some(instrument), None, text, actions);
    }

    /// A price as an operator writes it, on the grid: a stop rounds toward the market, a target
    /// toward the entry.
    fn operator_price(&self, key: Key, side: Side, price: RawPrice, now: Timestamp) -> Result<Price, String> {
        let rounded = self.instrument(key.1).limit_price(side, price.decimal(), now);
        rounded.filter(|price| price.0 > 0).ok_or_else(|| format!("{price} against a price above zero"))
    }

    /// Whether the last trade has reached a target.
    fn is_reached(&self, key: Key, side: Side, target: Price) -> bool {
        self.view.of(key.1).trade.is_some_and(|trade| beyond_stop(side.opposite(), target, trade.price))
    }

    fn shown(&self, key: Key, price: Price) -> Decimal {
        self.instrument(key.1).price(price).normalize()
    }
}

/// What a position loses at a stop, and its average price, in one unit of their own.
fn lost_at(held: &Position, instrument: &Instrument, stop: Price) -> Option<(Decimal, Decimal)> {
    let (above, below) = held.average(instrument)?;
    let loss = i128::from(side_of(held.qty).sign()) * (above - i128::from(stop.0).checked_mul(below)?);
    let whole = |number| Decimal::try_from_i128_with_scale(number, 0).ok();
    whole(loss).zip(whole(above))
}
