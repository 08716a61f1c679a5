//! The whole document: every section in turn, and what they say of one another.

use toml::de::DeTable;

use super::account::{self, AccountText};
use super::acts::{self, Act, Names};
use super::assets::{self, Assets};
use super::drills;
use super::expect::{self, Expectation};
use super::fault::{self, FaultText};
use super::instrument::{self, InstrumentText};
use super::market::{self, MarketText, Origin};
use super::section::{self, Problems, Section};
use super::sweep::{self, Sweep};
use super::trader::{self, StrategyText};
use super::venue::VenueText;
use super::wire::WireText;

use super::{Located, venue, wire};
use crate::bad_input::quoted;
use crate::sim::latency::Latencies;
use crate::trading::config::Config;

/// The version of the scenario format this program reads.
pub const SCHEMA: u64 = 1;
/// The most runs of one scenario.
const RUNS_MAX: u64 = 1_000_000;

/// Everything a document says.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its name.
    pub name: String,
    /// The seed it asks for.
    pub seed: u64,
    /// How many runs it asks for.
    pub runs: u64,
    /// Recorded markets, one per instrument, each with its symbol.
    pub markets: Vec<MarketText>,
    /// What is traded, by symbol.
    pub instruments: Vec<InstrumentText>,
    /// Every asset named.
    pub assets: Assets,
    /// The account.
    pub account: AccountText,
    /// The venue's terms.
    pub venue: VenueText,
    /// Every delay.
    pub wire: WireText,
    /// What the trader is told.
    pub trader: Config,
    /// What it runs.
    pub strategy: StrategyText,
    /// What goes wrong.
    pub faults: Vec<FaultText>,
    /// What operators do and the host says, and when.
    pub acts: Vec<Act>,
    /// Drills that each run rehearses, by their place.
    pub drills: Vec<usize>,
    /// What a run must come to.
    pub expect: Vec<Expectation>,
    /// What a batch of runs goes over, if it says so.
    pub sweep: Option<Sweep>,
}

/// Reads every section; `None` only where a problem was noted.
pub fn read(table: &DeTable<'_>, stem: &str, problems: &mut Problems<'_>) -> Option<Body> {
    if let Some(at) = section::too_deep(table) {
        problems.add("E-SC-005", at, "", "nesting too deep", section::DEPTH_ALLOWED);
        return None;
    }
    let mut top = Section::top(table);
    if !schema(&mut top, problems) {
        return None;
    }
    let name = name(&mut top, stem, problems);
    let seed = top.get("seed").map_or(Some(1), |entry| entry.whole(problems, 0..=i64::MAX.unsigned_abs()));
    let runs = top.get("runs").map_or(Some(1), |entry| entry.whole(problems, 1..=RUNS_MAX));
    let mut markets = market::read(&mut top, problems);
    let instruments = instrument::read(&mut top, problems);
    pair(&mut markets, &instruments, problems);
    one_display(&markets, problems);
    let symbols: Vec<String> = instruments.iter().map(|instrument| instrument.symbol.value.clone()).collect();
    let venue = venue::read(&mut top, &symbols, problems);
    let account = account::read(&mut top, problems);
    let wire = wire::read(&mut top, &symbols, problems);
    let strategy = trader::strategy(&mut top, problems);
    let trader = trader::config(&mut top, &symbols, problems);
    if let Some(venue) = &venue {
        venue.hold(&trader, problems);
    }
    if let (Some(venue), Some(wire)) = (&venue, &wire) {
        agents_agree(&markets, &symbols, venue, &wire.latencies, problems);
    }
    let faults = fault::read(&mut top, &symbols, problems);
    let drills = drills::read(&mut top, problems);
    let expected = top.section("expect", problems);
    let sweep = sweep::read(&mut top, problems);
    if let Some(at) = top.later("include") {
        problems.add("E-SC-014", at, "include", "includes, not yet supported", "a scenario without them");
    }
    // Read before the account decides whether there is anything to say of assets, so that the keys
    // are known in any case.
    let (operators, hosts) = (top.sections("operator", problems), top.sections("host", problems));
    top.finish(problems);
    let account = account?;
    let assets = assets::table(&instruments, &account, problems);
    let names = Names { symbols: &symbols, assets: &assets };
    let acts = acts::read(operators, hosts, names, problems);
    let expect = expected.map(|section| expect::read(&section, names, problems)).unwrap_or_default();
    Some(Body {
        name: name?,
        seed: seed?,
        runs: runs?,
        markets,
        instruments,
        assets,
        account,
        venue: venue?,
        wire: wire?,
        trader,
        strategy: strategy?,
        faults,
        acts,
        drills: drills?,
        expect,
        sweep,
    })
}

/// Whether the document is of the version we read; of another one nothing else can be said.
fn schema(top: &mut Section<'_>, problems: &mut Problems<'_>) -> bool {
    let allowed = format!("schema = {SCHEMA}");
    let Some(entry) = top.require("schema", problems, &allowed) else { return false };
    let version = entry.value.as_integer().and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
    if version == Some(SCHEMA) {
        return true;
    }
    entry.refuse(problems, "E-SC-013", &SCHEMA.to_string());
    false
}

fn name(top: &mut Section<'_>, stem: &str, problems: &mut Problems<'_>) -> Option<String> {
    const ALLOWED: &str = "a name of 1 to 80 letters, digits, spaces, dots, _ and -";
    let sound = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || " ._-".contains(c);
        (1..=80).contains(&name.len()) && name.chars().all(plain)
    };
    let Some(entry) = top.get("name") else {
        if sound(stem) {
            return Some(stem.to_owned());
        }
        problems.add("E-SC-009", 0, "name", format!("nothing, and the file's own name {}", quoted(stem)), ALLOWED);
        return None;
    };
    let name = entry.string(problems, ALLOWED)?;
    if !sound(name) {
        entry.refuse(problems, "E-SC-009", ALLOWED);
        return None;
    }
    Some(name.to_owned())
}

/// What goes with a market of agents, and what with it alone.
fn agents_agree(
    markets: &[MarketText],
    symbols: &[String],
    venue: &VenueText,
    latencies: &Latencies,
    problems: &mut Problems<'_>,
) {
    let mut agents = markets.iter().filter(|market| matches!(market.origin, Origin::Agents(_))).peekable();
    // Of a market that could not be read nobody knows.
    let at = venue.self_trade_at().filter(|_| !markets.is_empty());
    if let (None, Some(at)) = (agents.peek(), at) {
        let found = "a rule for our orders among themselves, where none of them meet";
        problems.add("E-SC-011", at, "venue.self_trade", found, "nothing, without a market of agents");
    }
    let place = |market: &MarketText| {
        symbols.iter().position(|known| market.symbol.as_ref().is_some_and(|symbol| symbol.value == *known))
    };
    for (market, place) in agents.filter_map(|market| Some((market, place(market)?))) {
        if !venue.models(place).are_none() {
            let found = "agents beside a model of fills";
            let allowed = "profile = \"conservative\" and no such model";
            problems.add("E-SC-011", market.at, "market.source", found, allowed);
        }
        if latencies.feed_of(place).is_none() {
            let found = "nothing, and no recording says it";
            problems.add("E-SC-007", market.at, "wire.feed", found, "how long the market takes to the trader");
        }
    }
}

/// A venue displays the same share of every bar.
fn one_display(markets: &[MarketText], problems: &mut Problems<'_>) {
    let Some(first) = markets.first() else { return };
    if let Some(other) = markets.iter().find(|market| market.displayed_ppm != first.displayed_ppm) {
        let found = "another share than the first market's, not yet supported";
        problems.add("E-SC-014", other.at, "market.displayed", found, "the same share in every market");
    }
}

/// Gives every market its instrument, and every instrument its one market.
fn pair(markets: &mut [MarketText], instruments: &[InstrumentText], problems: &mut Problems<'_>) {
    let symbols: Vec<&str> = instruments.iter().map(|instrument| instrument.symbol.value.as_str()).collect();
    let all = symbols.join(", ");
    for market in &mut *markets {
        match &market.symbol {
            None => match instruments {
                [only] => market.symbol = Some(Located { value: only.symbol.value.clone(), at: market.at }),
                [] => {}
                _ => problems.add("E-SC-007", market.at, "market.symbol", "nothing", &all),
            },
            Some(symbol) if !symbols.contains(&symbol.value.as_str()) && !symbols.is_empty() => {
                let (at, found) = (symbol.at, quoted(&symbol.value));
                match section::nearest(&symbol.value, symbols.iter().copied()) {
                    Some(near) => {
                        problems.add_hint("E-SC-009", at, "market.symbol", found, &all, &section::meant(near));
                    }
                    None => problems.add("E-SC-009", at, "market.symbol", found, &all),
                }
            }
            Some(_) => {}
        }
    }
    if markets.iter().any(|market| market.symbol.as_ref().is_none_or(|known| !symbols.contains(&known.value.as_str())))
    {
        return;
    }
    for instrument in instruments {
        let symbol = &instrument.symbol;
        let of_it = |market: &&MarketText| market.symbol.as_ref().is_some_and(|known| known.value == symbol.value);
        let mut own = markets.iter().filter(of_it);
        let field = format!("instrument.\"{}\"", symbol.value);
        if own.next().is_none() && !markets.is_empty() {
            problems.add("E-SC-011", symbol.at, &field, "an instrument without a market", "a [market] of this symbol");
        }
        if let Some(second) = own.next() {
            problems.add(
                "E-SC-011",
                second.at,
                "market.symbol",
                "a second market of one instrument",
                "one market each",
            );
        }
    }
}
