//! The assets of a scenario: each once, numbered, with its smallest unit, and each worth something.
//!
//! Numbers are given in the order of the instruments' symbols (base, quote, fee asset), then the
//! account's currency, balances and rates by name, so that the order of lines in a file changes
//! nothing.

use super::Located;
use super::account::AccountText;
use super::instrument::{FeeAssetText, InstrumentText};
use super::section::Problems;
use crate::market::{Asset, AssetId, Contract};

/// Decimals of an asset no instrument says more about.
const SCALE_DEFAULT: u32 = 8;

/// The table of assets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assets(pub Vec<Asset>);

impl Assets {
    /// The number of an asset that is in the table.
    pub fn id(&self, name: &str) -> AssetId {
        let index = self.0.iter().position(|asset| asset.name == name).expect("every asset named is in the table");
        AssetId(u16::try_from(index).expect("a scenario of 1 MiB names fewer than 65 536 assets"))
    }

    /// Whether an asset of this name and scale is in the table.
    pub fn knows(&self, name: &str, scale: u32) -> bool {
        self.0.iter().any(|asset| asset.name == name && asset.scale == scale)
    }

    /// Adds an asset, or checks that what is known of it agrees.
    fn note(&mut self, name: &str, scale: Option<Located<u32>>, field: &str, problems: &mut Problems<'_>) {
        match (self.0.iter().find(|asset| asset.name == name), scale) {
            (None, scale) => {
                let scale = scale.map_or(SCALE_DEFAULT, |scale| scale.value);
                self.0.push(Asset { name: name.to_owned(), scale });
            }
            (Some(known), Some(scale)) if known.scale != scale.value => {
                let allowed = format!("{}, as said of {name} before", known.scale);
                problems.add("E-SC-011", scale.at, field, scale.value.to_string(), &allowed);
            }
            (Some(_), _) => {}
        }
    }

    fn scale(&self, name: &str) -> u32 {
        self.0[usize::from(self.id(name).0)].scale
    }
}

/// Makes the table and checks that everything the account can hold has a value in its currency.
pub fn table(instruments: &[InstrumentText], account: &AccountText, problems: &mut Problems<'_>) -> Assets {
    let mut assets = Assets::default();
    for instrument in instruments {
        let path = format!("instrument.\"{}\"", instrument.symbol.value);
        assets.note(&instrument.base, Some(instrument.base_scale), &format!("{path}.base_scale"), problems);
        assets.note(&instrument.quote, Some(instrument.quote_scale), &format!("{path}.quote_scale"), problems);
        for (name, scale) in thirds(instrument) {
            let scale = Located { value: scale, at: name.at };
            assets.note(&name.value, Some(scale), &format!("{path}.fee_asset_scale"), problems);
        }
    }
    assets.note(&account.currency.value, None, "account.currency", problems);
    for (name, _) in account.balances.iter().chain(&account.rates) {
        assets.note(&name.value, None, "account", problems);
    }
    exact_balances(&assets, account, problems);
    everything_has_a_value(instruments, account, problems);
    assets
}

fn thirds(instrument: &InstrumentText) -> impl Iterator<Item = (&Located<String>, u32)> {
    instrument.rules.iter().filter_map(|rules| match &rules.fee_asset {
        FeeAssetText::Third { name, scale, .. } => Some((name, *scale)),
        FeeAssetText::Quote | FeeAssetText::Base | FeeAssetText::Received => None,
    })
}

fn exact_balances(assets: &Assets, account: &AccountText, problems: &mut Problems<'_>) {
    for (name, amount) in &account.balances {
        let scale = assets.scale(&name.value);
        if amount.decimal().normalize().scale() > scale {
            let field = format!("account.balances.{}", name.value);
            problems.add("E-SC-010", name.at, &field, format!("\"{amount}\""), &format!("at most {scale} decimals"));
        }
    }
}

/// An asset has a value if it is the currency, has a rate, or is the base of an instrument whose
/// quote has a value.
fn everything_has_a_value(instruments: &[InstrumentText], account: &AccountText, problems: &mut Problems<'_>) {
    let currency = &account.currency.value;
    let rated = |name: &str| name == currency || account.rates.iter().any(|(known, _)| known.value == name);
    let priced = |name: &str| rated(name) || instruments.iter().any(|i| i.base == name && rated(&i.quote));
    let mut missing = |name: &str, at: usize, why: &str| {
        let allowed = format!("{currency} per {name}: {why}");
        problems.add("E-SC-007", at, &format!("account.rates.{name}"), "nothing", &allowed);
    };
    for instrument in instruments {
        let symbol = &instrument.symbol;
        let settled = match instrument.contract {
            Contract::Spot | Contract::Linear => &instrument.quote,
            Contract::Inverse => &instrument.base,
        };
        if !priced(settled) {
            missing(settled, symbol.at, &format!("results of {} are counted in it", symbol.value));
        }
        if let Some((name, _)) = thirds(instrument).find(|(name, _)| !priced(&name.value)) {
            missing(&name.value, name.at, "fees are charged in it");
        }
    }
    for (name, _) in &account.balances {
        if !priced(&name.value) {
            missing(&name.value, name.at, "the account holds it");
        }
    }
    if let Some((name, _)) = account.rates.iter().find(|(name, _)| name.value == *currency) {
        let field = format!("account.rates.{currency}");
        problems.add("E-SC-011", name.at, &field, "a rate of the account's own currency", "rates of other assets");
    }
}
