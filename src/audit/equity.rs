//! The equity identity of production-rules §4.3, exactly, per asset, after every booking.
//!
//! For each asset, with positions valued at the price of their last fill (of inverse contracts Q × mark is what they
//! are worth there in base):
//!
//! ```text
//! cash + Σ spot base held × mark + Σ margin (Q × mark − C)
//!   = transfers + base traded + Σ gross realised + Σ (Q × mark − C)
//!     − fees − funding − interest + rounding + unexplained
//! ```
//!
//! The left side comes from postings and fills, gross, Q and C are what the trader claims, and the
//! accounts on the right enter with minus their balance. Base held is what fills brought less base
//! fees; what it is more than Q (the residue of base fees) stands on both sides, at cost on the
//! right with what fees taken of it realised, and base fees count at the price of their fill. Nothing is converted between assets, so
//! nothing is rounded and the two sides are equal to the last digit or a law is broken. Since every
//! balance began at zero, holding after every booking is holding for every change.

use super::facts::Facts;
use super::law::{Judged, Law, Tally, When};
use super::rows::Holding;
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Account, AssetId, Contract, Price, TickLots};

pub(super) const LAWS: &[Law] =
    &[Law { id: "L6", name: "equity changes by realised, unrealised and costs, exactly", when: When::Step(identity) }];

fn identity(facts: &Facts, tally: &mut Tally) -> Judged {
    let mut assets: Vec<AssetId> = Vec::new();
    for booking in &facts.step.bookings {
        if let Some(card) = facts.card(booking.instrument) {
            assets.extend([card.quote, card.base]);
        }
    }
    assets.sort_unstable();
    assets.dedup();
    for asset in assets {
        let uncertain = facts.holdings.iter().any(|((_, id), holding)| {
            holding.stale && facts.card(*id).is_some_and(|card| card.quote == asset || card.base == asset)
        });
        if uncertain || facts.step.rebased.contains(&asset) {
            continue;
        }
        let (held, explained) = sides(facts, asset)?;
        let offset = facts.offsets.get(&asset).copied().unwrap_or_default();
        let gap = held.minus(explained)?.minus(offset)?;
        let why = || {
            let name = facts.header.asset(asset);
            format!("equity in {name} is {held}, explained are {explained}: {gap} too much")
        };
        tally.holds(facts.step.seq, gap.is_zero(), why);
    }
    Ok(())
}

/// How far the two sides of an asset's identity are apart.
pub(super) fn gap(facts: &Facts, asset: AssetId) -> Result<Exact, TooLarge> {
    let (held, explained) = sides(facts, asset)?;
    held.minus(explained)
}

fn sides(facts: &Facts, asset: AssetId) -> Result<(Exact, Exact), TooLarge> {
    let mut held = facts.balance(asset, Account::Cash);
    let mut explained = Exact::ZERO;
    for account in Account::ALL {
        if !matches!(account, Account::Cash | Account::Market) {
            explained = explained.minus(facts.balance(asset, account))?;
        }
    }
    for ((_, id), holding) in &facts.holdings {
        let Some(card) = facts.card(*id) else { continue };
        if card.settles_in().0 == asset {
            let (left, right) = settled(card, holding)?;
            held = held.plus(left)?;
            explained = explained.plus(right)?;
        }
        if card.base == asset && card.contract == Contract::Spot {
            explained = explained.plus(Exact::whole(holding.traded).times(card.qty_step())?)?;
        }
    }
    Ok((held, explained))
}

/// What a holding adds to the two sides of the identity of the asset it settles in.
fn settled(card: &InstrumentCard, holding: &Holding) -> Result<(Exact, Exact), TooLarge> {
    let mark = card.price(Price(holding.mark))?;
    let [qty, cost] = holding.claimed;
    let claimed = Exact::whole(qty).times(card.qty_step())?;
    let gross = card.value(TickLots(holding.gross))?;
    if card.contract.is_margin() {
        let worth = TickLots(card.worth(qty, holding.mark.into())?.checked_sub(cost).ok_or(TooLarge)?);
        let unrealised = card.value(worth)?;
        return Ok((unrealised, gross.plus(unrealised)?));
    }
    let unrealised = claimed.times(mark)?.minus(card.value(TickLots(cost))?)?;
    let base = Exact::whole(holding.traded).times(card.qty_step())?.minus(holding.base_fees)?;
    let residue = base.minus(claimed)?.times(mark)?.minus(holding.position.residue_cost)?;
    let realised = gross.plus(holding.position.residue_gross)?;
    let explained = realised.plus(unrealised)?.plus(residue)?.minus(holding.base_fee_value)?;
    Ok((base.times(mark)?, explained))
}
