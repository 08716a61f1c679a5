//! Where a change of equity came from: parts that are counted apart and must sum to it, to the last digit.
//!
//! Positions are counted here once more, at average cost, from fills as they were heard and with fees in base as sales
//! at the price of their fill; costs are what the ledger posted. Each part is valued when it arises. What assets are
//! worth by the end is asked once, of all of them alike, and what that changes is [`Attribution::revaluation`]. The
//! change itself is cash and open margin as the trader claims them. So the two sides share no step, and what is left
//! between them is a booking that does not follow from what was heard.
//!
//! Released cost is cut at 12 decimals, and what is cut stays in the cost of what is open: nothing is lost by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::rates::Rates;
use super::average_cost::{Holding, grain};
use super::{Key, Seen};
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Account, AssetId, Contract, InstrumentId, Liquidity, Price, Qty, TickLots};

/// A change of equity by its causes, in account currency as exact decimal text. Every part is what it did to equity:
/// what was paid is below zero.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attribution {
    /// Equity at the end less equity at the start.
    pub change: String,
    /// What trading would have realised, gross, had every fill come at its arrival price.
    pub edge: String,
    /// What fills were worse (below zero) or better than the mid their orders were priced from, those of open
    /// positions included. What waits for a trigger has no arrival price: it trades where the market goes; nor has a target, whose
    /// gain was meant.
    pub slippage: String,
    /// Fees of resting fills.
    pub fees_maker: String,
    /// Fees of taking fills, and those of no known fill.
    pub fees_taker: String,
    /// Funding.
    pub funding: String,
    /// Interest and rollover.
    pub interest: String,
    /// What open positions would realise at the last marks, gross.
    pub unrealised: String,
    /// Deposits and withdrawals.
    pub transfers: String,
    /// What rounding to an asset's unit moved.
    pub rounding: String,
    /// Differences to the venue that were taken over without an explanation.
    pub corrections: String,
    /// What balances, and results in other assets, came to be worth more by the end than when they arose.
    pub revaluation: String,
    /// The change less all of these: nothing, or the books do not follow from what was heard.
    pub unexplained: String,
}

impl Attribution {
    /// The parts by name: all but the change and what is unexplained.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &str); 11] {
        [
            ("edge", &self.edge),
            ("slippage", &self.slippage),
            ("fees_maker", &self.fees_maker),
            ("fees_taker", &self.fees_taker),
            ("funding", &self.funding),
            ("interest", &self.interest),
            ("unrealised", &self.unrealised),
            ("transfers", &self.transfers),
            ("rounding", &self.rounding),
            ("corrections", &self.corrections),
            ("revaluation", &self.revaluation),
        ]
    }

    /// Whether nothing is left unexplained.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unexplained == "0"
    }
}

/// Amounts of one cause, by asset, and what they were worth when they arose.
#[derive(Clone, Debug, Default)]
struct Part {
    amounts: BTreeMap<AssetId, Exact>,
    valued: Exact,
    /// Of assets that had no rate then: they are worth what they are worth at the end.
    late: BTreeMap<AssetId, Exact>,
}

impl Part {
    fn add(&mut self, rates: &Rates, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
        if amount.is_zero() {
            return Ok(());
        }
        add(&mut self.amounts, asset, amount)?;
        match rates.of(asset)? {
            Some(rate) => self.valued = self.valued.plus(amount.times(rate)?)?,
            None => add(&mut self.late, asset, amount)?,
        }
        Ok(())
    }

    /// What it was worth when it arose; none while something of it has no rate.
    fn then(&self, rates: &Rates) -> Result<Option<Exact>, TooLarge> {
        Ok(match worth(rates, &self.late)? {
            Some(late) => Some(self.valued.plus(late)?),
            None => None,
        })
    }
}

/// A fill in the words of the attribution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Traded {
    pub key: Key,
    pub signed: i64,
    pub price: Price,
    pub liquidity: Liquidity,
    /// Twice the mid its order was priced from; not above zero where there is none.
    pub twice_reference: i64,
}

/// The parts of a run under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    holdings: BTreeMap<Key, Holding>,
    /// What fills realised, at the prices they came at.
    realised: Part,
    slippage: Part,
    fees_maker: Part,
    fees_taker: Part,
    funding: Part,
    interest: Part,
    transfers: Part,
    rounding: Part,
    corrections: Part,
    opening: BTreeMap<AssetId, Exact>,
    /// What the opening balances were worth when all of them had a rate.
    start: Option<Exact>,
}

impl Parts {
    /// Everything has a rate now: the run starts from here.
    pub fn begin(&mut self, start: Exact) {
        self.start.get_or_insert(start);
    }

    /// A fill is booked.
    pub fn trade(&mut self, seen: Seen<'_>, traded: &Traded) -> Result<(), TooLarge> {
        let Some(card) = seen.header.card(traded.key.1) else { return Ok(()) };
        let Holding { qty, cost, .. } = self.holdings.get(&traded.key).copied().unwrap_or_default();
        let realised = self.move_by(seen, card, traded, traded.signed)?;
        self.holdings.entry(traded.key).or_default().latest = Some((*traded, qty, cost, realised));
        self.slip(seen, card, traded, traded.signed)
    }

    /// A booked fill is taken back; what that realises, in what it settles in. On margin the last one leaves its
    /// position as it was before, any other leaves as an opposite trade at its price (production-rules §5.2). On spot
    /// both come to the same equity, and the second leaves fees in base to their own reversals.
    pub fn undo(&mut self, seen: Seen<'_>, traded: &Traded) -> Result<Exact, TooLarge> {
        let Some(card) = seen.header.card(traded.key.1) else { return Ok(Exact::ZERO) };
        self.slip(seen, card, traded, traded.signed.saturating_neg())?;
        let holding = self.holdings.entry(traded.key).or_default();
        holding.recalled = true;
        let latest = holding.latest.take().filter(|(last, ..)| last == traded && card.contract.is_margin());
        let Some((_, qty, cost, realised)) = latest else {
            return self.move_by(seen, card, traded, traded.signed.saturating_neg());
        };
        (holding.qty, holding.cost) = (qty, cost);
        self.realise(seen, card, realised.negated()?)
    }

    /// Something else touched the positions of an instrument.
    pub fn touch(&mut self, instrument: InstrumentId) {
        for (_, holding) in self.holdings.iter_mut().filter(|(key, _)| key.1 == instrument) {
            holding.latest = None;
        }
    }

    /// A position changes without an execution; what that realises, in what it settles in.
    pub fn adjust(&mut self, seen: Seen<'_>, key: Key, by: Qty, at: Price) -> Result<Exact, TooLarge> {
        let Some(card) = seen.header.card(key.1) else { return Ok(Exact::ZERO) };
        let (liquidity, twice_reference) = (Liquidity::Taker, 0);
        let traded = Traded { key, signed: by.0, price: at, liquidity, twice_reference };
        self.move_by(seen, card, &traded, by.0)
    }

    /// The trader says anew what it holds.
    pub fn claim(&mut self, key: Key) {
        self.holdings.entry(key).or_default().recalled = false;
    }

    fn move_by(
        &mut self,
        seen: Seen<'_>,
        card: &InstrumentCard,
        traded: &Traded,
        signed: i64,
    ) -> Result<Exact, TooLarge> {
        let value = card.value(TickLots(card.worth(signed.into(), traded.price.0.into())?))?;
        let qty = card.qty(Qty(signed))?;
        let holding = self.holdings.entry(traded.key).or_default();
        holding.latest = None;
        let realised = holding.trade(grain(card), qty, value)?;
        self.realise(seen, card, realised)?;
        Ok(realised)
    }

    fn realise(&mut self, seen: Seen<'_>, card: &InstrumentCard, realised: Exact) -> Result<Exact, TooLarge> {
        self.realised.add(seen.rates, card.settles_in().0, realised)?;
        Ok(realised)
    }

    fn slip(&mut self, seen: Seen<'_>, card: &InstrumentCard, traded: &Traded, signed: i64) -> Result<(), TooLarge> {
        if traded.twice_reference <= 0 {
            return Ok(());
        }
        let arrival = card.price(Price(traded.twice_reference))?.times(Exact::new(5, 1))?;
        let paid = card.value(TickLots(card.worth(signed.into(), traded.price.0.into())?))?;
        let slipped = card.worth_at(Qty(signed), arrival)?.minus(paid)?;
        self.slippage.add(seen.rates, card.settles_in().0, slipped)
    }

    /// A fee was posted; one in the base of a spot instrument leaves the position, at the price of its fill. What it is
    /// worth, in account currency.
    pub fn fee(
        &mut self,
        seen: Seen<'_>,
        of: Option<&Traded>,
        asset: AssetId,
        amount: Exact,
    ) -> Result<Exact, TooLarge> {
        let card = of.and_then(|traded| seen.header.card(traded.key.1).map(|card| (traded, card)));
        let (asset, amount) = match card {
            Some((traded, card)) if leaves_position(card, asset) => {
                let value = amount.times(card.price(traded.price)?)?;
                let holding = self.holdings.entry(traded.key).or_default();
                let realised = holding.trade(grain(card), amount.negated()?, value.negated()?)?;
                self.realised.add(seen.rates, card.quote, realised)?;
                (card.quote, value)
            }
            Some(_) | None => (asset, amount),
        };
        let rests = of.is_some_and(|traded| traded.liquidity == Liquidity::Maker);
        let part = if rests { &mut self.fees_maker } else { &mut self.fees_taker };
        part.add(seen.rates, asset, amount.negated()?)?;
        seen.valued(asset, amount)
    }

    /// Anything else that was posted; what is not cash did to equity the opposite of what it received.
    pub fn post(&mut self, seen: Seen<'_>, account: Account, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
        let effect = amount.negated()?;
        let part = match account {
            Account::Cash | Account::Market | Account::Fees => return Ok(()),
            Account::Funding => &mut self.funding,
            Account::Interest => &mut self.interest,
            Account::External if self.start.is_none() => return add(&mut self.opening, asset, effect),
            Account::External => &mut self.transfers,
            Account::Rounding => &mut self.rounding,
            Account::Unexplained => &mut self.corrections,
        };
        part.add(seen.rates, asset, effect)
    }

    /// The attribution of a run that ends with this equity, positions [`Self::recalled`] not counted in; none where
    /// something has no rate.
    pub fn finish(&self, seen: Seen<'_>, equity: Exact) -> Result<Option<Attribution>, TooLarge> {
        let Some((unrealised, unclaimed)) = self.unrealised(seen)? else { return Ok(None) };
        let parts = [
            &self.realised,
            &self.slippage,
            &self.fees_maker,
            &self.fees_taker,
            &self.funding,
            &self.interest,
            &self.transfers,
            &self.rounding,
            &self.corrections,
        ];
        let (Some(start), Some(opening)) = (self.start, worth(seen.rates, &self.opening)?) else { return Ok(None) };
        let mut revaluation = opening.minus(start)?;
        let mut told = Vec::with_capacity(parts.len());
        for (place, part) in parts.into_iter().enumerate() {
            let (Some(then), Some(now)) = (part.then(seen.rates)?, worth(seen.rates, &part.amounts)?) else {
                return Ok(None);
            };
            told.push(then);
            // Slippage is taken out of what was realised and put beside it: it moves nothing itself.
            if place != SLIPPAGE {
                revaluation = revaluation.plus(now.minus(then)?)?;
            }
        }
        let edge = told[0].minus(told[SLIPPAGE])?;
        told[0] = edge;
        let change = equity.plus(unclaimed)?.minus(start)?;
        let sum = told.iter().chain([&unrealised, &revaluation]).try_fold(Exact::ZERO, |sum, part| sum.plus(*part))?;
        let text = |place: usize| told[place].to_string();
        Ok(Some(Attribution {
            change: change.to_string(),
            edge: text(0),
            slippage: text(SLIPPAGE),
            fees_maker: text(2),
            fees_taker: text(3),
            funding: text(4),
            interest: text(5),
            unrealised: unrealised.to_string(),
            transfers: text(6),
            rounding: text(7),
            corrections: text(8),
            revaluation: revaluation.to_string(),
            unexplained: change.minus(sum)?.to_string(),
        }))
    }

    /// What open positions would realise at the marks, and how much of that the trader does not claim because a fill
    /// of a margin position was taken back, which the journal tells by its postings alone.
    fn unrealised(&self, seen: Seen<'_>) -> Result<Option<(Exact, Exact)>, TooLarge> {
        let (mut sum, mut unclaimed) = (Exact::ZERO, Exact::ZERO);
        for ((_, id), holding) in &self.holdings {
            let Some(card) = seen.header.card(*id) else { continue };
            if holding.qty.is_zero() && holding.cost.is_zero() {
                continue;
            }
            let Some(rate) = seen.rates.of(card.settles_in().0)? else { return Ok(None) };
            let worth = if card.contract.is_margin() {
                let Some(mark) = seen.rates.of_instrument(*id) else { return Ok(None) };
                card.worth_at(Qty(units(holding.qty, card.qty_step())?), mark)?.times(rate)?
            } else {
                let Some(base) = seen.rates.of(card.base)? else { return Ok(None) };
                holding.qty.times(base)?
            };
            let open = worth.minus(holding.cost.times(rate)?)?;
            sum = sum.plus(open)?;
            if card.contract.is_margin() && holding.recalled {
                unclaimed = unclaimed.plus(open)?;
            }
        }
        Ok(Some((sum, unclaimed)))
    }

    /// Margin positions of which the trader's last claim no longer holds.
    pub fn recalled(&self) -> impl Iterator<Item = Key> + '_ {
        self.holdings.iter().filter(|(_, holding)| holding.recalled).map(|(key, _)| *key)
    }
}

/// The place of slippage among the parts.
const SLIPPAGE: usize = 1;

fn units(qty: Exact, step: Exact) -> Result<i64, TooLarge> {
    i64::try_from(qty.units_up(step)?).map_err(|_| TooLarge)
}

/// Whether a fee in this asset is paid out of the position itself.
fn leaves_position(card: &InstrumentCard, asset: AssetId) -> bool {
    card.contract == Contract::Spot && asset == card.base && asset != card.quote
}

fn add(amounts: &mut BTreeMap<AssetId, Exact>, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
    let sum = amounts.entry(asset).or_default();
    *sum = sum.plus(amount)?;
    Ok(())
}

fn worth(rates: &Rates, amounts: &BTreeMap<AssetId, Exact>) -> Result<Option<Exact>, TooLarge> {
    let mut sum = Exact::ZERO;
    for (asset, amount) in amounts.iter().filter(|(_, amount)| !amount.is_zero()) {
        let Some(rate) = rates.of(*asset)? else { return Ok(None) };
        sum = sum.plus(amount.times(rate)?)?;
    }
    Ok(Some(sum))
}
