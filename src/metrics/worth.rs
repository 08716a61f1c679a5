//! What is held comes to: amounts, balances and positions in account currency.

use std::collections::BTreeMap;

use super::Metrics;
use crate::journal::{Exact, TooLarge};
use crate::market::{AssetId, DeskId, InstrumentId};

impl Metrics {
    /// Cash at its rates and open margin positions at their marks.
    pub(super) fn worth(&self) -> Result<Option<Exact>, TooLarge> {
        self.worth_without(&[])
    }

    /// The same without some of the positions.
    pub(super) fn worth_without(&self, skipped: &[(DeskId, InstrumentId)]) -> Result<Option<Exact>, TooLarge> {
        let Some(mut worth) = self.worth_of(&self.cash)? else { return Ok(None) };
        for (key, (qty, cost)) in self.positions.iter().filter(|(key, _)| !skipped.contains(key)) {
            let id = &key.1;
            let Some(card) = self.header.card(*id).filter(|card| card.contract.is_margin()) else { continue };
            let (Some(mark), Some(rate)) = (self.rates.of_instrument(*id), self.rates.of(card.settles_in().0)?) else {
                return Ok(None);
            };
            worth = worth.plus(card.worth_at(*qty, mark)?.minus(card.value(*cost)?)?.times(rate)?)?;
        }
        Ok(Some(worth))
    }

    pub(super) fn worth_of(&self, amounts: &BTreeMap<AssetId, Exact>) -> Result<Option<Exact>, TooLarge> {
        let mut worth = Exact::ZERO;
        for (asset, amount) in amounts.iter().filter(|(_, amount)| !amount.is_zero()) {
            let Some(rate) = self.rates.of(*asset)? else { return Ok(None) };
            worth = worth.plus(amount.times(rate)?)?;
        }
        Ok(Some(worth))
    }

    /// What all open positions would realise at their marks, gross.
    pub(super) fn unrealised(&mut self) -> Result<Exact, TooLarge> {
        let mut sum = Exact::ZERO;
        for ((_, id), (qty, cost)) in self.positions.clone() {
            let (Some(card), Some(mark)) = (self.header.card(id), self.rates.of_instrument(id)) else { continue };
            let (open, (settled, _)) = (card.worth_at(qty, mark)?.minus(card.value(cost)?)?, card.settles_in());
            sum = sum.plus(self.valued(settled, open)?)?;
        }
        Ok(sum)
    }

    /// An amount in account currency; nothing, and a note, where the asset has no rate.
    pub(super) fn valued(&mut self, asset: AssetId, amount: Exact) -> Result<Exact, TooLarge> {
        if amount.is_zero() {
            return Ok(amount);
        }
        let Some(rate) = self.rates.of(asset)? else {
            self.unvalued.insert(self.header.asset(asset));
            return Ok(Exact::ZERO);
        };
        amount.times(rate)
    }

    pub(super) fn positions_by_symbol(&self) -> BTreeMap<String, String> {
        let mut sums: BTreeMap<InstrumentId, i128> = BTreeMap::new();
        for ((_, id), (qty, _)) in &self.positions {
            *sums.entry(*id).or_default() += i128::from(qty.0);
        }
        let one = |(id, sum): (InstrumentId, i128)| {
            let step = self.header.card(id).map(crate::journal::InstrumentCard::qty_step);
            let qty = step.and_then(|step| Exact::whole(sum).times(step).ok()).unwrap_or(Exact::whole(sum));
            (self.header.symbol(id), qty.to_string())
        };
        sums.into_iter().map(one).collect()
    }
}

pub(super) fn add(amounts: &mut BTreeMap<AssetId, Exact>, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
    let sum = amounts.entry(asset).or_default();
    *sum = sum.plus(amount)?;
    Ok(())
}
