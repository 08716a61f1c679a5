//! What an operator may do (production-rules §4.13, OP-1). Every act is recorded, with its author and
//! reason, before it acts; one that breaks a rule is refused whole.

use super::core::{Core, alert, anomaly};
use crate::market::{
    Account, Action, AssetId, Control, ControlAct, Decision, InstrumentId, Money, Severity, Timestamp,
};

impl Core {
    pub(crate) fn on_control(&mut self, now: Timestamp, control: &Control, actions: &mut Vec<Action>) {
        actions.push(Action::Record(Decision::Operator(control.clone())));
        let Control { author, reason, act } = control;
        let why = format!("{author}: {reason}");
        if let Some(instrument) = instrument_of(act).filter(|id| usize::from(id.0) >= self.instruments.len()) {
            return self.refuse_act(format!("{} is not one of ours", self.symbol(instrument)), actions);
        }
        match act {
            ControlAct::Halt => self.kill_by_mode(now, &why, actions),
            ControlAct::Flatten(scope) => self.flatten(now, *scope, &why, actions),
            ControlAct::Close(instrument) => self.close_all(now, *instrument, actions),
            ControlAct::Rearm { confirmation } => self.rearm(now, confirmation, &why, actions),
            ControlAct::Cancel(id) if self.orders.get(*id).is_some() => {
                self.cancel_order(now, *id, actions);
            }
            ControlAct::Cancel(id) => {
                anomaly(Some(*id), "an operator cancels an order that is not ours".to_owned(), actions);
            }
            ControlAct::ResetBreaker(breaker) => self.reset_breaker(*breaker, &why, actions),
            ControlAct::ResetThrottle(desk, instrument) => self.pauses.rearm_one((*desk, *instrument)),
            ControlAct::SettleExternal(instrument) => self.settle_external(*instrument, &why, actions),
            ControlAct::PostCorrection { asset, amount, to } => {
                self.correct(now, (*asset, *amount, *to), actions);
            }
            ControlAct::ChangeLimit { key, value, confirmed } => {
                self.change_limit(key, value, *confirmed, actions);
            }
            ControlAct::SetStop(..)
            | ControlAct::UnpinStop(_)
            | ControlAct::SetTarget(..)
            | ControlAct::Trailing(..) => self.on_protection_act(now, act, &why, actions),
        }
    }

    /// OP-4: trading begins again by a word typed for it, and by way of `Reconciling`.
    fn rearm(&mut self, now: Timestamp, confirmation: &str, why: &str, actions: &mut Vec<Action>) {
        if confirmation != ControlAct::REARM {
            return self.refuse_act(format!("`{confirmation}` does not confirm a re-arm"), actions);
        }
        self.pauses.rearm();
        // What is held is known; whether all of it is agreed on is looked at again.
        self.set_reconciling(true, why, actions);
        self.unlatch(why, actions);
        self.reconcile_soon(now, actions);
    }

    /// Moves an unexplained amount to its true account, no more of it than there is.
    fn correct(&mut self, now: Timestamp, what: (AssetId, Money, Account), actions: &mut Vec<Action>) {
        let (asset, amount, to) = what;
        let there = self.books.ledger().balance(Account::Unexplained, asset);
        let within = amount.decimal().abs() <= there.decimal().abs()
            && amount.decimal().is_sign_negative() == there.decimal().is_sign_negative();
        let true_account = match to {
            Account::Fees | Account::Funding | Account::Interest | Account::External | Account::Rounding => true,
            // What was traded is booked by fills, and cash is what the venue holds.
            Account::Cash | Account::Market | Account::Unexplained => false,
        };
        if amount.is_zero() || !within || !true_account {
            let name = self.asset(asset);
            let text = format!("{amount} {name} cannot go to {to:?}: {there} {name} is unexplained");
            return self.refuse_act(text, actions);
        }
        let transaction = self.books.explain(now, asset, amount, to);
        actions.push(Action::Record(Decision::Posted(transaction)));
    }

    /// An act that breaks a rule changes nothing, and its author is told.
    #[expect(clippy::needless_pass_by_value, clippy::unused_self, reason = "an act of the core, in a text made for it")]
    pub(crate) fn refuse_act(&mut self, why: String, actions: &mut Vec<Action>) {
        let text = format!("refused: {why}");
        anomaly(None, text.clone(), actions);
        alert(Severity::Warning, None, None, text, actions);
    }
}

/// The instrument an act names.
const fn instrument_of(act: &ControlAct) -> Option<InstrumentId> {
    match act {
        ControlAct::Close(id)
        | ControlAct::SetStop(id, _)
        | ControlAct::UnpinStop(id)
        | ControlAct::SetTarget(id, _)
        | ControlAct::Trailing(id, _)
        | ControlAct::ResetThrottle(_, id)
        | ControlAct::SettleExternal(id)
        | ControlAct::Flatten(crate::market::Scope::Instrument(id)) => Some(*id),
        ControlAct::Flatten(_)
        | ControlAct::Halt
        | ControlAct::Rearm { .. }
        | ControlAct::Cancel(_)
        | ControlAct::ResetBreaker(_)
        | ControlAct::PostCorrection { .. }
        | ControlAct::ChangeLimit { .. } => None,
    }
}
