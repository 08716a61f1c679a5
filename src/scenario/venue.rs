//! `[venue]`: how the simulated exchange fills, and what it holds its client to.
//!
//! ```toml
//! [venue]
//! profile = "conservative"           # or parity_full
//! queue = "conservative"             # or "log", "fifo", or { model = "power", exponent = "2" }
//! slippage = "book_walk"             # or a named model, such as { model = "fixed_bps", bps = "5" }
//! partial = "displayed"              # or { model = "participation", share = "10%" }
//! impact = "none"                    # or { model = "square_root", temporary = "1", permanent = "0.1", decay = "10s", volatility = "3%" }
//! consumption = "refresh"            # or persistent: what we took of a level stays missing until it is gone
//! rate_limit = "1/s 60"              # a message costs one or more; so much fits, and decays at this rate
//! reserves_exits = true              # whether a resting trigger holds what it would cost
//! validate_trigger_prices = false    # whether a limit must lie beyond its own trigger
//! self_trade = "cancel_newest"       # or cancel_oldest, cancel_both, decrement, allow: in a market of agents
//! max_open_orders = 1000
//! max_open_per_instrument = 200      # no such limit where it is not written
//! max_triggers_per_instrument = 5    # of those, how many may wait for a trigger; no limit where it is not written
//!
//! [venue."BTC-b/USDT-b"]             # of this instrument alone: any of profile to rate_limit
//! queue = "log"
//! ```

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Located;
use super::model::{self, ModelsText};
use super::section::{Problems, Section};
use crate::bad_input::quoted;
use crate::market::Span;
use crate::trading::Config;
use crate::trading::setting::{Flow, Number, Setting};
use crate::venue::matching::SelfTrade;
use crate::venue::{Models, RateLimit, VenueConfig};

/// Most orders a venue may be told to hold open.
const OPEN_ORDERS_MAX: u64 = 1_000_000;

/// What happens where our orders would trade with each other, in a market of agents.
const SELF_TRADE: [(&str, SelfTrade); 5] = [
    ("cancel_newest", SelfTrade::CancelNewest),
    ("cancel_oldest", SelfTrade::CancelOldest),
    ("cancel_both", SelfTrade::CancelBoth),
    ("decrement", SelfTrade::Decrement),
    ("allow", SelfTrade::Allow),
];

/// A rate limit as it was written: the name of its key and its text, and where it stands.
type RateText = (RateLimit, Located<[String; 2]>);

/// A venue as it was written.
#[derive(Clone, Debug)]
pub struct VenueText {
    common: ModelsText,
    /// By instrument; one not reached has the common models.
    own: Vec<Option<ModelsText>>,
    rate_limit: Option<RateText>,
    /// By instrument; one not reached is counted with the others.
    own_rate_limits: Vec<Option<RateText>>,
    reserves_exits: bool,
    validate_trigger_prices: bool,
    self_trade: Option<(SelfTrade, usize)>,
    max_open_orders: Option<usize>,
    max_per_instrument: [Option<usize>; 2],
}

impl VenueText {
    /// §6: the trader's budget must fit what the venue lets through.
    pub fn hold(&self, trader: &Config, problems: &mut Problems<'_>) {
        let own = self.own_rate_limits.iter().flatten();
        for (RateLimit { most: capacity, decay: interval }, at) in self.rate_limit.iter().chain(own) {
            let venue = Flow { interval: *interval, capacity: *capacity };
            if trader.overdraws(venue) {
                let text = |key: &str| trader.text(key).unwrap_or_default();
                let (entry, safety) = (text("budget.entry"), text("budget.safety"));
                let allowed = format!("at least budget.entry = {entry} and budget.safety = {safety} together");
                let [key, text] = &at.value;
                problems.add("E-SC-010", at.at, key, quoted(text), &allowed);
            }
        }
    }

    fn models_text(&self, place: usize) -> &ModelsText {
        self.own.get(place).and_then(Option::as_ref).unwrap_or(&self.common)
    }

    /// How orders of the instrument at a place fill.
    pub fn models(&self, place: usize) -> &Models {
        &self.models_text(place).models
    }

    /// Where it is said what happens when our orders meet each other, if it is.
    pub fn self_trade_at(&self) -> Option<usize> {
        self.self_trade.map(|(_, at)| at)
    }

    /// Refuses the market of the instrument at a place, whose orders are not recorded, where the venue wants them.
    pub fn want_orders(&self, place: usize, found: &str, problems: &mut Problems<'_>) {
        let Located { value: field, at } = &self.models_text(place).queue;
        problems.add("E-SC-011", *at, field, found, "\"fifo\" for a recording of every order alone");
    }

    /// Terms with what was written.
    pub fn applied(&self, standard: VenueConfig) -> VenueConfig {
        VenueConfig {
            own: self.own.iter().map(|own| own.as_ref().map(|text| text.models.clone())).collect(),
            rate_limit: self.rate_limit.as_ref().map(|(limit, _)| *limit),
            own_rate_limits: self.own_rate_limits.iter().map(|own| own.as_ref().map(|(limit, _)| *limit)).collect(),
            triggers_hold: self.reserves_exits,
            strict_triggers: self.validate_trigger_prices,
            self_trade: self.self_trade.map_or(standard.self_trade, |(mode, _)| mode),
            max_open_orders: self.max_open_orders.unwrap_or(standard.max_open_orders),
            max_open_per_instrument: self.max_per_instrument[0].unwrap_or(standard.max_open_per_instrument),
            max_triggers_per_instrument: self.max_per_instrument[1].unwrap_or(standard.max_triggers_per_instrument),
            ..standard.filling(self.common.models.clone())
        }
    }
}

/// Reads the venue; `symbols` are the instruments there are.
pub fn read(top: &mut Section<'_>, symbols: &[String], problems: &mut Problems<'_>) -> Option<VenueText> {
    let mut section = top.require_section("venue", problems)?;
    let common = model::models(&mut section, None, problems);
    let rate_limit = rate_limit(&mut section, problems);
    let (own, own_rate_limits) = own(&mut section, common.as_ref(), symbols, problems);
    let mut switch = |key, usual| section.get(key).map_or(Some(usual), |entry| entry.setting::<bool>(problems));
    let (reserves_exits, validate) = (switch("reserves_exits", true), switch("validate_trigger_prices", false));
    let self_trade =
        section.get("self_trade").and_then(|entry| entry.word(problems, &SELF_TRADE).map(|mode| (mode, entry.at)));
    let mut most = |key| {
        let most = section.get(key).and_then(|entry| entry.whole(problems, 1..=OPEN_ORDERS_MAX));
        most.map(|most| usize::try_from(most).expect("at most a million"))
    };
    let max_open_orders = most("max_open_orders");
    let max_per_instrument = ["max_open_per_instrument", "max_triggers_per_instrument"].map(most);
    section.finish(problems);
    Some(VenueText {
        common: common?,
        own,
        rate_limit,
        own_rate_limits,
        reserves_exits: reserves_exits?,
        validate_trigger_prices: validate?,
        self_trade,
        max_open_orders,
        max_per_instrument,
    })
}

/// How often the account may write, where that is said.
fn rate_limit(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<RateText> {
    let entry = section.get("rate_limit")?;
    let text = entry.scalar(problems, Flow::FORM)?;
    let flow = flow(&text);
    if flow.is_none() {
        entry.refuse(problems, "E-SC-009", Flow::FORM);
    }
    let Flow { interval, capacity } = flow?;
    Some((RateLimit { most: capacity, decay: interval }, Located { value: [entry.path, text], at: entry.at }))
}

/// A rate and a capacity. Venues publish rates whose tokens are no whole nanoseconds apart, as in `2.34/s 125`: they
/// take up to a nanosecond longer.
fn flow(text: &str) -> Option<Flow> {
    let read = || {
        let (rate, capacity) = text.split_once(' ')?;
        let (count, unit) = rate.split_once('/')?;
        let one = Flow::read(&format!("1/{unit} {capacity}"))?;
        let count = Number::read(count)?.0;
        let interval = Decimal::from(one.interval.0).checked_div(count)?.ceil().to_i64()?;
        (count > Decimal::ZERO && interval > 0).then_some(Flow { interval: Span(interval), ..one })
    };
    Flow::read(text).or_else(read)
}

/// Reads the models, and the rate limit, of each instrument that has some of its own.
fn own(
    section: &mut Section<'_>,
    common: Option<&ModelsText>,
    symbols: &[String],
    problems: &mut Problems<'_>,
) -> (Vec<Option<ModelsText>>, Vec<Option<RateText>>) {
    // Where the common models are wrong, that is a problem noted, and what is returned no longer matters.
    let usual = common.map(|text| text.models.clone()).unwrap_or_default();
    let (mut own, mut rate_limits) = (vec![None; symbols.len()], vec![None; symbols.len()]);
    for (place, mut section) in section.of_symbols(symbols, problems) {
        own[place] = model::models(&mut section, Some(&usual), problems);
        rate_limits[place] = rate_limit(&mut section, problems);
        section.finish(problems);
    }
    (own, rate_limits)
}
