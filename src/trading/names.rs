//! Names and amounts as a person reads them (production-rules §4.14).

use super::booking::BookError;
use super::core::Core;
use crate::market::{
    AssetId, CancelledBecause, ExecutionReport, Fill, Instrument, InstrumentId, Price, Qty, RejectReason, ReportKind,
    Side,
};

impl Core {
    /// An instrument's symbol, or that there is none.
    pub(crate) fn symbol(&self, id: InstrumentId) -> String {
        let found = self.instruments.get(usize::from(id.0));
        found.map_or_else(|| format!("instrument {}", id.0), |instrument| instrument.symbol.clone())
    }

    /// An asset's name: its part of the symbol of an instrument it is base or quote of.
    pub(crate) fn asset(&self, id: AssetId) -> String {
        let named = |instrument: &Instrument| {
            let place = [instrument.base, instrument.quote].iter().position(|asset| *asset == id)?;
            let parts: Vec<&str> = instrument.symbol.split('/').collect();
            let side = if place == 0 { "base" } else { "quote" };
            let whole = || format!("the {side} of {}", instrument.symbol);
            Some(if parts.len() == 2 { parts[place].to_owned() } else { whole() })
        };
        self.instruments.iter().find_map(named).unwrap_or_else(|| format!("asset {}", id.0))
    }

    /// A price of an instrument, as it is quoted.
    pub(crate) fn price_text(&self, id: InstrumentId, price: Price) -> String {
        let found = self.instruments.get(usize::from(id.0));
        found.map_or_else(
            || format!("{} price units", price.0),
            |instrument| instrument.price(price).normalize().to_string(),
        )
    }

    /// A quantity of an instrument, with its name.
    pub(crate) fn qty_text(&self, id: InstrumentId, qty: Qty) -> String {
        format!("{} of {}", self.bare_qty(id, qty), self.symbol(id))
    }

    fn bare_qty(&self, id: InstrumentId, qty: Qty) -> String {
        let found = self.instruments.get(usize::from(id.0));
        found.map_or_else(
            || format!("{} quantity units", qty.0),
            |instrument| instrument.qty(qty).normalize().to_string(),
        )
    }

    /// Why an execution of an instrument of ours cannot be booked.
    pub(crate) fn unbookable(&self, id: InstrumentId, error: &BookError) -> String {
        match error {
            BookError::Malformed { price, qty } => {
                let qty = self.qty_text(id, *qty);
                format!(
                    "a fill needs a price and a quantity above zero, found {qty} at {}",
                    self.price_text(id, *price)
                )
            }
            BookError::TooLarge { price, qty } => {
                let qty = self.qty_text(id, *qty);
                format!("{qty} at {} come to more than exact money holds (28 digits)", self.price_text(id, *price))
            }
            BookError::FeeScale { asset, amount, scale } => {
                format!("a fee of {amount} {} is finer than {scale} decimals", self.asset(*asset))
            }
            BookError::NoRate { asset, amount } => {
                let asset = self.asset(*asset);
                format!("a fee of {amount} {asset} cannot be valued: no rate was given and the schedule names none")
            }
            BookError::Unknown { .. } => error.to_string(),
        }
    }

    /// What was traded of an instrument.
    pub(crate) fn fill_text(&self, id: InstrumentId, fill: &Fill) -> String {
        let side = if fill.side == Side::Buy { "bought" } else { "sold" };
        let qty = self.bare_qty(id, fill.qty);
        let fee = |fee: crate::market::Fee| format!(", fee {} {}", fee.amount, self.asset(fee.asset));
        let fee = fill.fee.map_or_else(String::new, fee);
        format!("{side} {qty} at {}{fee}", self.price_text(id, fill.price))
    }
}

/// Why a venue refused an order.
pub(crate) const fn refusal(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::UnknownInstrument => "no such instrument",
        RejectReason::Tick => "its price is off the tick grid",
        RejectReason::Lot => "its quantity is off the lot grid",
        RejectReason::MinQty => "below the least quantity",
        RejectReason::MaxQty => "above the greatest quantity",
        RejectReason::MinNotional => "below the least notional",
        RejectReason::PriceBand => "its price is outside the band",
        RejectReason::InsufficientBalance => "not enough free balance or margin",
        RejectReason::PostOnlyWouldCross => "post-only, and it would trade on arrival",
        RejectReason::ReduceOnly => "reduce-only, and there is nothing to reduce",
        RejectReason::DuplicateId => "its client id was used before",
        RejectReason::DeadlineElapsed => "it arrived after its deadline",
        RejectReason::Unsupported => "a kind or time in force the venue does not offer",
        RejectReason::WouldTriggerAtOnce => "its trigger is already touched",
        RejectReason::NoMarket => "there is no market to trade against",
        RejectReason::TooManyOrders => "too many open orders",
        RejectReason::Session => "the session takes no orders",
        RejectReason::RateLimited => "too many messages",
        RejectReason::Busy => "the engine is busy",
        RejectReason::Nonce => "the nonce of the request was refused",
        RejectReason::Permission => "the key may not do this",
        RejectReason::Lockout => "the account or key is locked out",
    }
}

/// Why the venue ended what was left of an order.
pub(crate) const fn ending(because: CancelledBecause) -> &'static str {
    match because {
        CancelledBecause::Requested => "the venue says we asked",
        CancelledBecause::Remainder => "it found nothing more to trade with",
        CancelledBecause::FillOrKill => "it could not fill whole",
        CancelledBecause::ReduceOnly => "it had nothing left to reduce",
        CancelledBecause::DeadMansSwitch => "the dead-man's switch fired",
        CancelledBecause::Venue => "the venue's own decision",
        CancelledBecause::Liquidation => "the venue liquidates what is held",
    }
}

/// What a report says happened to an order.
pub(crate) const fn happening(report: &ExecutionReport) -> &'static str {
    match report.kind {
        ReportKind::Accepted => "accepted",
        ReportKind::Rejected(reason) => refusal(reason),
        ReportKind::Amended { .. } => "amended",
        ReportKind::AmendRejected(_) => "an amend refused",
        ReportKind::Filled(_) => "filled",
        ReportKind::Busted(_) => "a fill busted",
        ReportKind::Cancelled(because) => ending(because),
        ReportKind::Expired => "expired",
        ReportKind::CancelRejected(_) => "a cancel refused",
        ReportKind::Status(_) => "its status",
    }
}
