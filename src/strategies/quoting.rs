//! What a strategy that lives on quotes has to be woken for.

use crate::market::{InstrumentId, MarketEvent, Quote};

/// Whether an event could make it act: a quote of its instrument that matters, or its session.
pub(super) fn wakes(event: &MarketEvent, instrument: InstrumentId, matters: impl FnOnce(&Quote) -> bool) -> bool {
    match event {
        MarketEvent::Quote(quote) => quote.instrument == instrument && matters(quote),
        MarketEvent::Session(of, _) => *of == instrument,
        MarketEvent::Level(_)
        | MarketEvent::Trade(_)
        | MarketEvent::Bar(_)
        | MarketEvent::Path(..)
        | MarketEvent::Mark(..)
        | MarketEvent::Index(..)
        | MarketEvent::Order(_) => false,
    }
}
