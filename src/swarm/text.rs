//! A case as a scenario's text, and as a setup read from it.

use std::path::Path;

use rust_decimal::Decimal;

use super::case::{Case, HEAL_MINUTES};
use crate::bad_input::BadInput;
use crate::data::synth::DEFAULT_START;
use crate::market::{Contract, Span, Timestamp};
use crate::scenario::{Scenario, Source, fault};
use crate::sim::Setup;

impl Case {
    /// When the market begins.
    pub const START: Timestamp = DEFAULT_START;

    /// When the workload stops; the faults have stopped before.
    #[must_use]
    pub const fn healed(&self) -> Timestamp {
        Self::end_of(self.minutes)
    }

    pub(super) const fn end_of(minutes: u32) -> Timestamp {
        Self::START.after(Span::from_mins(minutes as i64))
    }

    /// The scenario.
    #[must_use]
    pub fn text(&self) -> String {
        let [symbol, price, tick, lot, min_qty, min_notional] = self.pair.grid();
        let contract = if self.contract == Contract::Spot { "spot" } else { "linear" };
        let (maker, taker, fee) = self.fees;
        let third = if fee == "BNB" { "fee_asset_price = \"600\"\n" } else { "" };
        let (base, quote) = symbol.split_once('/').expect("BASE/QUOTE");
        let mut text = format!(
            "# A case of the swarm: seatrial run --swarm --seed {seed}\nschema = 1\nname = \"swarm-{seed:016x}\"\nseed = {own}\n\n\
             [market]\nsource = \"brisk\"\nseed = {market}\nminutes = {minutes}\nprice = \"{price}\"\ndepth = {depth}\nmood = \"{mood}\"\n\n\
             [instrument.\"{symbol}\"]\ncontract = \"{contract}\"\ntick = \"{tick}\"\nlot = \"{lot}\"\n\
             min_qty = \"{min_qty}\"\nmin_notional = \"{min_notional}\"\nmaker = \"{maker}%\"\ntaker = \"{taker}%\"\n\
             fee_asset = \"{fee}\"\n{third}\n[venue]\nprofile = \"conservative\"\n\n",
            seed = self.seed,
            own = self.seed >> 1,
            market = self.market.1,
            mood = self.market.0.name(),
            minutes = self.minutes + HEAL_MINUTES,
            depth = self.depth,
            maker = Decimal::new(maker.into(), 2),
            taker = Decimal::new(taker.into(), 2),
        );
        let (funds, foreign) = self.funds;
        let bnb = if fee == "BNB" { ", BNB = \"100\"" } else { "" };
        let held = if foreign > 0 && self.contract == Contract::Spot {
            format!(", {base} = \"{foreign}\"")
        } else {
            String::new()
        };
        let rates = if fee == "BNB" { "rates = { BNB = \"600\" }\n" } else { "" };
        let mut add = |part: String| text.push_str(&part);
        add(format!("[account]\ncurrency = \"{quote}\"\nbalances = {{ {quote} = \"{funds}\"{bnb}{held} }}\n{rates}\n"));
        add("[wire]\nfeed = \"recorded\"\ndecision = \"1ms\"\n".to_owned());
        for (name, [median, most, greatest]) in ["order_entry", "report"].into_iter().zip(self.delays) {
            add(format!(
                "{name} = {{ p0 = \"1ms\", p50 = \"{median}ms\", p99 = \"{most}ms\", p100 = \"{greatest}ms\" }}\n"
            ));
        }
        add("\n[strategy]\nname = \"workload\"\n".to_owned());
        for (key, value) in &self.workload {
            add(format!("{key} = \"{value}\"\n"));
        }
        add("\n[trader]\n".to_owned());
        for (key, value) in &self.keys {
            add(format!("{key} = \"{value}\"\n"));
        }
        for (at, act, more) in &self.acts {
            add(format!("\n[[operator]]\nat = \"{}s\"\nact = \"{act}\"\n", at.0 / 1_000_000_000));
            for (key, value) in more {
                add(format!("{key} = {value}\n"));
            }
        }
        for fault in &self.faults {
            add(format!("\n{}", fault::written(fault, &[])));
        }
        add("\n[expect]\naudit_breaches = 0\nunrest = 0\n".to_owned());
        text
    }

    /// Everything a run of it needs.
    ///
    /// # Errors
    /// When the text is no sound scenario: a defect of the swarm.
    pub fn setup(&self) -> Result<Setup, Vec<BadInput>> {
        let source = Source { file: format!("swarm-{:016x}.toml", self.seed), text: self.text() };
        let scenario = Scenario::parse(source, "swarm")?;
        // A market that is made up needs no folder of data.
        scenario.setup(Path::new(""), Path::new(""), None, 0)
    }
}
