//! What an operator may do (production-rules §4.13). Every act is recorded before it acts.

use super::core::{Core, anomaly};
use super::transitions::Input;
use crate::market::{Action, Control, ControlAct, Decision, OrderId, Purpose, Timestamp, TraderState};

impl Core {
    pub(crate) fn on_control(&mut self, now: Timestamp, control: &Control, actions: &mut Vec<Action>) {
        actions.push(Action::Record(Decision::Operator(control.clone())));
        match &control.act {
            ControlAct::Halt => {
                self.become_state(TraderState::Halted, &control.reason, actions);
                let entries = self.orders.open().filter(|order| order.purpose == Purpose::Entry);
                let entries: Vec<OrderId> = entries.map(|order| order.terms.id).collect();
                for id in entries {
                    self.apply(now, id, Input::Killed, actions);
                }
            }
            ControlAct::Rearm { .. } => {
                self.pauses.rearm();
                self.reduce_only.clear();
                self.become_state(TraderState::Reconciling, &control.reason, actions);
                self.arm(actions);
            }
            ControlAct::Cancel(id) if self.orders.get(*id).is_some() => {
                self.cancel_order(now, *id, actions);
            }
            ControlAct::Cancel(id) => {
                anomaly(Some(*id), "an operator cancels an order that is not ours".to_owned(), actions);
            }
            ControlAct::Close(_)
            | ControlAct::Flatten(_)
            | ControlAct::SetStop(..)
            | ControlAct::UnpinStop(_)
            | ControlAct::SetTarget(..)
            | ControlAct::Trailing(..)
            | ControlAct::ResetBreaker(_)
            | ControlAct::ResetThrottle(..)
            | ControlAct::SettleExternal(_)
            | ControlAct::PostCorrection { .. }
            | ControlAct::ChangeLimit { .. } => {}
        }
    }
}
