//! What an asset is worth in account currency, from marks and stated rates.
//!
//! A rate is stated, or read off an instrument that trades the asset against the account currency,
//! or against one whose rate is known. An asset without any has no rate: it is never assumed to be
//! worth one, or nothing.

use std::collections::BTreeMap;

use crate::journal::{Exact, Header, TooLarge};
use crate::market::{AssetId, InstrumentId, Price};

/// Decimals of a rate that had to be divided; toward zero.
const INVERSE_DECIMALS: u32 = 12;

/// Marks by instrument and rates by asset.
#[derive(Clone, Debug)]
pub(crate) struct Rates {
    account: AssetId,
    /// Base, quote and mark of each instrument.
    pairs: Vec<(AssetId, AssetId, Option<Exact>)>,
    stated: BTreeMap<AssetId, Exact>,
}

impl Rates {
    pub(crate) fn new(header: &Header) -> Self {
        let pairs = header.instruments.iter().map(|card| (card.base, card.quote, None)).collect();
        Self { account: header.account, pairs, stated: BTreeMap::new() }
    }

    /// The mark of an instrument is half of this price now.
    pub(crate) fn mark(&mut self, header: &Header, id: InstrumentId, twice: i64) -> Result<(), TooLarge> {
        if let (Some(pair), Some(card)) = (self.pairs.get_mut(usize::from(id.0)), header.card(id)) {
            pair.2 = Some(card.price(Price(twice))?.times(Exact::new(5, 1))?);
        }
        Ok(())
    }

    /// The mark of an instrument, in its quote asset.
    pub(crate) fn of_instrument(&self, id: InstrumentId) -> Option<Exact> {
        self.pairs.get(usize::from(id.0)).and_then(|pair| pair.2)
    }

    /// A rate is known from elsewhere.
    pub(crate) fn state(&mut self, asset: AssetId, rate: Exact) {
        self.stated.insert(asset, rate);
    }

    /// Account currency per unit of an asset.
    pub(crate) fn of(&self, asset: AssetId) -> Result<Option<Exact>, TooLarge> {
        if let Some(rate) = self.direct(asset)? {
            return Ok(Some(rate));
        }
        for (base, quote, mark) in &self.pairs {
            if let (true, Some(mark)) = (*base == asset, mark)
                && let Some(rate) = self.direct(*quote)?
            {
                return mark.times(rate).map(Some);
            }
        }
        Ok(None)
    }

    fn direct(&self, asset: AssetId) -> Result<Option<Exact>, TooLarge> {
        if asset == self.account {
            return Ok(Some(Exact::whole(1)));
        }
        if let Some(rate) = self.stated.get(&asset) {
            return Ok(Some(*rate));
        }
        for (base, quote, mark) in &self.pairs {
            let Some(mark) = mark else { continue };
            if *base == asset && *quote == self.account {
                return Ok(Some(*mark));
            }
            if *quote == asset && *base == self.account && !mark.is_zero() {
                return Exact::whole(1).divided(*mark, INVERSE_DECIMALS).map(Some);
            }
        }
        Ok(None)
    }
}
