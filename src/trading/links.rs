//! What the links to the venue say of themselves: lost, restored, an ambiguous reply, proof that
//! nothing was sent (production-rules §1.3, TR-18 to TR-20, TR-27).

use super::core::{Core, anomaly};
use super::transitions::Input;
use crate::market::{Action, LinkEvent, OrderId, Timestamp, TraderState};

impl Core {
    pub(crate) fn on_link(&mut self, now: Timestamp, link: LinkEvent, actions: &mut Vec<Action>) {
        let (id, input) = match link {
            LinkEvent::Ambiguous(id) | LinkEvent::Unmapped(id) => (id, Input::ReplyAmbiguous),
            LinkEvent::DuplicateId(id) => (id, Input::DuplicateId),
            LinkEvent::NotSent(id) => (id, Input::NotSent),
            LinkEvent::Down(_) => return self.on_link_down(now, actions),
            // What follows a restored link is a reconciliation: the issue "Production rules".
            LinkEvent::Up(_) => return,
        };
        if self.orders.get(id).is_some() {
            self.apply(now, id, input, actions);
        } else {
            anomaly(Some(id), format!("{link:?} names an order that is not ours"), actions);
        }
    }

    fn on_link_down(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.tighten("the link to the venue is down", actions);
        let open: Vec<OrderId> = self.orders.open().map(|order| order.terms.id).collect();
        for id in open {
            self.apply(now, id, Input::LinkLost, actions);
        }
    }

    /// Entries stop; a halted trader stays halted, which is stricter.
    pub(crate) fn tighten(&mut self, why: &str, actions: &mut Vec<Action>) {
        if self.state != TraderState::Halted {
            self.become_state(TraderState::ReduceOnly, why, actions);
        }
    }
}
