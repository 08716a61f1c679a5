//! What is still open when a run ends: it waited until then, and is judged as what was settled then would be.

use super::{BACK, D1, D4, D10, SETTLED, Watch};
use crate::market::{OrderId, Timestamp};

impl Watch {
    /// D8, D1 and D10 of what nothing has ended.
    pub(super) fn left_open(&mut self, end: Timestamp) {
        self.overdue(end);
        // With the venue away, or a link to it, nothing can be learned.
        if !self.down.is_empty() || self.barred.values().any(|(drill, _)| *drill == D4) {
            return;
        }
        let since = self.orders.iter().filter_map(|(id, order)| Some((*id, order.unsettled?)));
        let unsettled: Vec<(OrderId, Timestamp)> = since.filter(|(_, since)| end.since(*since) > SETTLED).collect();
        for (order, since) in unsettled {
            self.broke(D1, end, &format!("order {} is unsettled since {since:?}, and the run has ended", order.0));
        }
        if let Some(since) = self.restarted.filter(|since| end.since(*since) > BACK) {
            self.broke(D10, end, &format!("it came back at {since:?} and did not know where it stood at the end"));
        }
    }
}
