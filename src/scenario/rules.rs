//! `rules = "rules/btcusdt.toml"`: how an instrument's rules change, in a file of its own below the data root.
//!
//! ```toml
//! [[change]]
//! at = "2024-01-01T00:00:30Z"    # holds from this instant on
//! tick = "0.05"                  # the keys of an instrument; what is not named stays as it was
//! min_qty = "0.001"
//! ```
//!
//! What is wrong with it is told with the file's own name and line.

use std::path::Path;

use toml::de::DeTable;

use super::assets::Assets;
use super::instrument::{self, FeeAssetText, InstrumentText};
use super::section::{Problems, Section};
use super::source::Source;
use super::tapes::lost_file;
use super::{Scenario, no_toml, root};
use crate::bad_input::BadInput;
use crate::market::Contract;

impl Scenario {
    /// The same scenario with what its rule files say.
    pub(super) fn with_rules(&self, data_root: &Path) -> Result<Self, Vec<BadInput>> {
        let mut whole = self.clone();
        let mut all = Vec::new();
        for text in &mut whole.body.instruments {
            if let Err(bad) = self.read_rules(text, &self.body.assets, data_root) {
                all.extend(bad);
            }
        }
        if all.is_empty() { Ok(whole) } else { Err(all) }
    }

    fn read_rules(&self, text: &mut InstrumentText, assets: &Assets, data_root: &Path) -> Result<(), Vec<BadInput>> {
        let Some(file) = text.rules_file.take() else { return Ok(()) };
        if let Err(lost) = root::find(data_root, &file.value) {
            let mut problems = Problems::new(&self.source);
            let field = format!("instrument.\"{}\".rules", text.symbol.value);
            lost_file(lost, &file, &field, data_root, &mut problems);
            return problems.into_result();
        }
        let source = Source::read(&data_root.join(&file.value)).map_err(|bad| vec![bad])?;
        let mut problems = Problems::new(&source);
        match DeTable::parse(&source.text) {
            Ok(table) => {
                let mut top = Section::top(table.get_ref());
                if top.get("change").is_none() {
                    problems.add("E-SC-007", 0, "change", "nothing", "[[change]] with at, and what changes then");
                }
                instrument::changes(&mut top, Some(&text.quote), &mut text.rules, &mut problems);
                top.finish(&mut problems);
                check(text, assets, &mut problems);
            }
            Err(error) => no_toml(&error, &mut problems),
        }
        problems.into_result()?;
        text.changes = Some(source);
        Ok(())
    }
}

/// What only the scenario can contradict.
fn check(text: &InstrumentText, assets: &Assets, problems: &mut Problems<'_>) {
    let spot = text.contract == Contract::Spot;
    for rules in &text.rules[1..] {
        let (at, found, allowed) = match &rules.fee_asset {
            FeeAssetText::Base | FeeAssetText::Received if !spot => {
                (0, "a fee in coins of a margin contract".to_owned(), "quote or a third asset")
            }
            FeeAssetText::Third { name, scale, .. } if !assets.knows(&name.value, *scale) => {
                let found = format!("{} of {scale} decimals", crate::bad_input::quoted(&name.value));
                (name.at, found, "an asset that the scenario names, with the decimals that it has there")
            }
            _ => continue,
        };
        problems.add("E-SC-011", at, "change.fee_asset", found, allowed);
    }
}
