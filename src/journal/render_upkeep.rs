//! The lines of what a trader does by itself: resolving, protecting, guarding its limits and
//! comparing itself with the venue.

use super::render::{Renderer, time};
use super::words::{self, plain, words};
use crate::market::{Decision, InstrumentId, Price};

impl Renderer<'_> {
    pub(super) fn upkeep(&self, decision: &Decision) -> (&'static str, String) {
        match decision {
            Decision::Resolving { order, step, text } => {
                ("resolves", format!("order {} by LD-{step}: {}", order.0, plain(text)))
            }
            Decision::Retrying { intent, attempt, at } => {
                ("retries", format!("intent {} for the {attempt}. time at {}", intent.0, time(*at)))
            }
            Decision::Protected { desk, instrument, stop, target, pinned, author, why } => {
                let (stop, target) = (self.named(*instrument, *stop), self.named(*instrument, *target));
                let pinned = if *pinned { ", pinned" } else { "" };
                let symbol = self.symbol(*instrument);
                let text = format!("{symbol} of {}: stop {stop}{pinned}, target {target}", words::desk(*desk));
                ("protects", format!("{text} by {}: {}", words(author), plain(why)))
            }
            Decision::Naked { desk, instrument, since } => {
                ("naked", format!("{} of {} since {}", self.symbol(*instrument), words::desk(*desk), time(*since)))
            }
            Decision::Covered { desk, instrument, after } => {
                ("covered", format!("{} of {} after {} ns", self.symbol(*instrument), words::desk(*desk), after.0))
            }
            Decision::Exiting { desk, instrument, remaining, cause, step } => {
                let (symbol, left) = (self.symbol(*instrument), self.qty(*instrument, *remaining));
                (
                    "exits",
                    format!("{symbol} of {} to {left}, step {step}, because {}", words::desk(*desk), words(cause)),
                )
            }
            Decision::Breaker { breaker, active, measured, limit, why } => {
                let what = if *active { "trips" } else { "resets" };
                (what, format!("{}: {measured} against {limit}; {}", words(breaker), plain(why)))
            }
            Decision::PeriodBegan { period, at, equity } => {
                ("period", format!("{} from {} with equity {equity}", words(period), time(*at)))
            }
            Decision::PeakRestarted { equity } => ("peak", format!("starts again at {equity}")),
            Decision::Volatility { instrument, spike } => {
                let what = if *spike { "a spike begins" } else { "the spike is over" };
                ("volatile", format!("{}: {what}", self.symbol(*instrument)))
            }
            Decision::Valued { equity, exposure, positions } => {
                ("valued", format!("equity {equity}, exposure {exposure} of it in {positions} positions"))
            }
            Decision::Reconciled { clean, text } => {
                ("compares", format!("{}: {}", if *clean { "clean" } else { "not clean" }, plain(text)))
            }
            Decision::Adopted { instrument, order, text } => {
                let order = order.map_or_else(String::new, |id| format!(" order {}", id.0));
                ("adopts", format!("{}{order}: {}", self.symbol(*instrument), plain(text)))
            }
            Decision::Released { instrument, why } => {
                ("released", format!("{}: {}", self.symbol(*instrument), plain(why)))
            }
            Decision::LimitChanged { key, from, to } => {
                ("limit", format!("{} from {} to {}", plain(key), plain(from), plain(to)))
            }
            Decision::Adjusted { desk, instrument, by, at, position, .. } => {
                let of = format!("{} of {}", self.symbol(*instrument), words::desk(*desk));
                let (by, position) = (self.qty(*instrument, *by), self.qty(*instrument, *position));
                let price = self.price(*instrument, *at);
                ("adjusts", format!("{of} by {by} to {position} at {price}, without an execution"))
            }
            other => ("decides", words(other)),
        }
    }

    fn named(&self, instrument: InstrumentId, price: Option<Price>) -> String {
        price.map_or_else(|| "none".to_owned(), |price| self.price(instrument, price))
    }
}
