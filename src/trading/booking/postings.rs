//! The entries of each event in the ledger, as production-rules §5.2 lists them.
//!
//! Every list sums to zero in each asset: what a rounding moves goes to `rounding`. Nothing here
//! decides what to post or when.

use crate::market::{Account, AssetId, Contract, Instrument, Money, Posting, Price, Qty, Side, TickLots};

use super::charge::Charge;

/// Cash leaves for (or, negative, comes from) `account`.
pub(super) fn paid(account: Account, asset: AssetId, amount: Money) -> Vec<Posting> {
    vec![entry(Account::Cash, asset, -amount), entry(account, asset, amount)]
}

/// The trade of a spot fill: base against quote, cash rounded half-even to the quote unit.
pub(super) fn spot_trade(instrument: &Instrument, side: Side, price: Price, qty: Qty) -> Vec<Posting> {
    let signed = side.signed(qty);
    let base = Money::new(instrument.qty(signed));
    let mut postings =
        vec![entry(Account::Cash, instrument.base, base), entry(Account::Market, instrument.base, -base)];
    postings.extend(received(instrument, -signed.at(price)));
    postings
}

/// The settled profit of a margin close.
pub(super) fn settlement(instrument: &Instrument, gross: TickLots) -> Vec<Posting> {
    received(instrument, gross)
}

/// The fee of a fill.
pub(super) fn fee(charge: &Charge) -> Vec<Posting> {
    paid(Account::Fees, charge.asset, charge.amount)
}

/// The same entries the other way round.
pub(super) fn reversed(postings: &[Posting]) -> Vec<Posting> {
    postings.iter().map(|posting| Posting { amount: -posting.amount, ..*posting }).collect()
}

/// Whether a trade is posted when it happens, or only its profit when it closes.
pub(super) const fn settles_at_once(contract: Contract) -> bool {
    match contract {
        Contract::Spot => true,
        Contract::Linear | Contract::Inverse => false,
    }
}

/// Cash received for a product, in what it settles in, half-even to the unit; the exact value comes from `market`
/// and the difference goes to `rounding`.
fn received(instrument: &Instrument, product: TickLots) -> Vec<Posting> {
    let (exact, cash) = (instrument.value(product), instrument.cash(product));
    let mut postings = vec![
        entry(Account::Cash, instrument.settles_in(), cash),
        entry(Account::Market, instrument.settles_in(), -exact),
    ];
    if exact != cash {
        postings.push(entry(Account::Rounding, instrument.settles_in(), exact - cash));
    }
    postings
}

const fn entry(account: Account, asset: AssetId, amount: Money) -> Posting {
    Posting { account, asset, amount }
}
