//! `[account]`: what is counted in, what is held at the start, and what other assets are worth.

use rust_decimal::Decimal;

use super::Located;
use super::instrument::is_asset;
use super::section::{Entry, Problems, Section};
use crate::market::Money;
use crate::trading::setting::Setting;

/// The most of anything an account may begin with.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// An account as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountText {
    /// What results are counted in.
    pub currency: Located<String>,
    /// Held at the start, by asset.
    pub balances: Vec<(Located<String>, Money)>,
    /// Account currency per unit of an asset.
    pub rates: Vec<(Located<String>, Money)>,
}

/// Reads the account.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<AccountText> {
    let mut section = top.require_section("account", problems)?;
    let currency = section.require("currency", problems, "the name of an asset").and_then(|entry| {
        let text = entry.string(problems, "the name of an asset")?;
        if !is_asset(text) {
            entry.refuse(problems, "E-SC-009", "the name of an asset");
            return None;
        }
        Some(Located { value: text.to_owned(), at: entry.at })
    });
    let balances = section.require_section("balances", problems);
    let balances = balances
        .map_or_else(Vec::new, |held| amounts(&held, "an amount of at least 0, such as \"10000\"", false, problems));
    let rates = section.section("rates", problems);
    let rates = rates.map_or_else(Vec::new, |rates| {
        amounts(&rates, "account currency per unit, above 0, such as \"600\"", true, problems)
    });
    section.finish(problems);
    Some(AccountText { currency: currency?, balances, rates })
}

fn amounts(
    section: &Section<'_>,
    allowed: &str,
    above_zero: bool,
    problems: &mut Problems<'_>,
) -> Vec<(Located<String>, Money)> {
    let mut amounts = Vec::new();
    for (name, at, entry) in section.open() {
        if !is_asset(name) {
            problems.add("E-SC-009", at, &entry.path, crate::bad_input::quoted(name), "the name of an asset");
            continue;
        }
        let Some(amount) = amount(&entry, allowed, problems) else { continue };
        if above_zero && amount.is_zero() {
            entry.refuse(problems, "E-SC-010", allowed);
            continue;
        }
        amounts.push((Located { value: name.to_owned(), at }, amount));
    }
    amounts
}

fn amount(entry: &Entry<'_>, allowed: &str, problems: &mut Problems<'_>) -> Option<Money> {
    let Some(amount) = Money::read(&entry.scalar(problems, allowed)?) else {
        entry.refuse(problems, "E-SC-009", allowed);
        return None;
    };
    let most = Money::new(Decimal::from(AMOUNT_MAX));
    if !(Money::ZERO..=most).contains(&amount) || amount.decimal().normalize().scale() > 18 {
        entry.refuse(problems, "E-SC-010", &format!("{allowed}, at most {AMOUNT_MAX} with 18 decimals"));
        return None;
    }
    Some(amount)
}
