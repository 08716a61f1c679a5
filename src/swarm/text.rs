//! A case as a scenario's text, and as a setup read from it.

use std::path::Path;

use rust_decimal::Decimal;

use super::case::{Case, HEAL_MINUTES};
use super::terms::Pair;
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
        let (_, _, fee) = self.fees;
        let (base, quote) = self.pair.grid()[0].split_once('/').expect("BASE/QUOTE");
        let mut text = format!(
            "# A case of the swarm: seatrial run --swarm --seed {seed}\nschema = 1\nname = \"swarm-{seed:016x}\"\nseed = {own}\n\n",
            seed = self.seed,
            own = self.seed >> 1,
        );
        text.push_str(&self.traded());
        text.push_str("[venue]\nprofile = \"conservative\"\n\n");
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
        if self.second.is_some() {
            add("instrument = \"each\"\n".to_owned());
        }
        for (key, value) in &self.workload {
            add(format!("{key} = \"{value}\"\n"));
        }
        add("\n[trader]\n".to_owned());
        for (key, value) in &self.keys {
            add(format!("{key} = \"{value}\"\n"));
        }
        for (at, act, more) in &self.acts {
            for of in self.meant_by(act) {
                add(format!("\n[[operator]]\nat = \"{}s\"\nact = \"{act}\"\n{of}", at.0 / 1_000_000_000));
                for (key, value) in more {
                    add(format!("{key} = {value}\n"));
                }
            }
        }
        for fault in &self.faults {
            add(format!("\n{}", fault::written(fault, &self.symbols())));
        }
        add("\n[expect]\naudit_breaches = 0\nunrest = 0\n".to_owned());
        text
    }

    /// The pairs traded, with the seeds of their markets.
    fn pairs(&self) -> impl Iterator<Item = (Pair, u64)> {
        [(self.pair, self.market.1)].into_iter().chain(self.second)
    }

    fn symbols(&self) -> Vec<String> {
        self.pairs().map(|(pair, _)| pair.grid()[0].to_owned()).collect()
    }

    /// Every market and its instrument.
    fn traded(&self) -> String {
        let (maker, taker, fee) = self.fees;
        let contract = if self.contract == Contract::Spot { "spot" } else { "linear" };
        let third = if fee == "BNB" { "fee_asset_price = \"600\"\n" } else { "" };
        let one = |(pair, market): (Pair, u64)| {
            let [symbol, price, tick, lot, min_qty, min_notional] = pair.grid();
            let table = match self.second {
                None => "[market]\n".to_owned(),
                Some(_) => format!("[[market]]\nsymbol = \"{symbol}\"\n"),
            };
            format!(
                "{table}source = \"brisk\"\nseed = {market}\nminutes = {minutes}\nprice = \"{price}\"\ndepth = {depth}\nmood = \"{mood}\"\n\n\
                 [instrument.\"{symbol}\"]\ncontract = \"{contract}\"\ntick = \"{tick}\"\nlot = \"{lot}\"\n\
                 min_qty = \"{min_qty}\"\nmin_notional = \"{min_notional}\"\nmaker = \"{maker}%\"\ntaker = \"{taker}%\"\n\
                 fee_asset = \"{fee}\"\n{third}\n",
                mood = self.market.0.name(),
                minutes = self.minutes + HEAL_MINUTES,
                depth = if pair == self.pair { self.depth } else { pair.depth() },
                maker = Decimal::new(maker.into(), 2),
                taker = Decimal::new(taker.into(), 2),
            )
        };
        self.pairs().map(one).collect()
    }

    /// The lines that say which instrument an act is about: of two, an act that needs one is done in the first,
    /// and what lets trading go on is done in both.
    fn meant_by(&self, act: &str) -> Vec<String> {
        let named = |symbol: String| format!("instrument = \"{symbol}\"\n");
        let symbols = self.symbols().into_iter().map(named);
        match act {
            _ if self.second.is_none() => vec![String::new()],
            "reset_throttle" | "settle_external" => symbols.collect(),
            "close" | "set_stop" | "unpin_stop" | "set_target" | "trailing" => symbols.take(1).collect(),
            _ => vec![String::new()],
        }
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
