//! One strategy on every instrument of a run: a copy each, on the same desk.

use crate::market::{Event, MarketEvent};
use crate::trading::{Desk, Strategy};

/// The parameter that says which instrument a strategy trades, and the value that means all of them.
pub(super) const KEY: &str = "instrument";
pub(super) const EACH: &str = "each";

/// Copies of a strategy, in the order of their instruments. Each is told everything; what one does the
/// next one sees. A wake that one asked for comes to all of them, and each asks again for its own.
pub(super) struct Each(pub(super) Vec<Box<dyn Strategy>>);

impl Strategy for Each {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        for copy in &mut self.0 {
            copy.on_event(desk, event);
        }
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        self.0.iter().any(|copy| copy.wants(event))
    }
}
