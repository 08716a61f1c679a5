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
//! ```

use super::model;
use super::section::{Problems, Section};
use crate::trading::Config;
use crate::trading::setting::{Flow, Setting, Written};
use crate::venue::matching::SelfTrade;
use crate::venue::{
    Consumption, FillProfile, ImpactModel, PartialModel, QueueModel, RateLimit, SlippageModel, VenueConfig,
};

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

/// A venue as it was written.
#[derive(Clone, Debug)]
pub struct VenueText {
    profile: FillProfile,
    queue: QueueModel,
    /// Where the queue model stands, for an error.
    queue_at: usize,
    slippage: SlippageModel,
    partial: PartialModel,
    impact: ImpactModel,
    consumption: Consumption,
    rate_limit: Option<(RateLimit, usize)>,
    reserves_exits: bool,
    validate_trigger_prices: bool,
    self_trade: Option<(SelfTrade, usize)>,
    max_open_orders: Option<usize>,
    max_per_instrument: [Option<usize>; 2],
}

impl VenueText {
    /// §6: the trader's budget must fit what the venue lets through.
    pub fn hold(&self, trader: &Config, problems: &mut Problems<'_>) {
        let Some((RateLimit { most: capacity, decay: interval }, at)) = self.rate_limit else { return };
        let venue = Flow { interval, capacity };
        if trader.overdraws(venue) {
            let text = |key: &str| trader.text(key).unwrap_or_default();
            let (entry, safety) = (text("budget.entry"), text("budget.safety"));
            let allowed = format!("at least budget.entry = {entry} and budget.safety = {safety} together");
            problems.add("E-SC-010", at, "venue.rate_limit", format!("\"{}\"", venue.write()), &allowed);
        }
    }

    /// Whether the venue wants every order of a market, and not its levels.
    pub const fn reads_orders(&self) -> bool {
        self.queue.reads_orders()
    }

    /// Where it is said what happens when our orders meet each other, if it is.
    pub fn self_trade_at(&self) -> Option<usize> {
        self.self_trade.map(|(_, at)| at)
    }

    /// Whether nothing is assumed of how orders fill: a market of agents fills them itself.
    pub const fn only_matches(&self) -> bool {
        matches!(
            (self.profile, &self.queue, &self.slippage, &self.partial),
            (FillProfile::Conservative, QueueModel::Conservative, SlippageModel::BookWalk, PartialModel::Displayed)
        ) && matches!((&self.impact, self.consumption), (ImpactModel::None, Consumption::Refresh))
    }

    /// Refuses a market whose orders are not recorded, where the venue wants them.
    pub fn want_orders(&self, found: &str, problems: &mut Problems<'_>) {
        problems.add("E-SC-011", self.queue_at, "venue.queue", found, "\"fifo\" for a recording of every order alone");
    }

    /// Terms with what was written.
    pub fn applied(&self, standard: VenueConfig) -> VenueConfig {
        VenueConfig {
            profile: self.profile,
            queue: self.queue.clone(),
            slippage: self.slippage.clone(),
            partial: self.partial.clone(),
            impact: self.impact.clone(),
            consumption: self.consumption,
            rate_limit: self.rate_limit.map(|(limit, _)| limit),
            triggers_hold: self.reserves_exits,
            strict_triggers: self.validate_trigger_prices,
            self_trade: self.self_trade.map_or(standard.self_trade, |(mode, _)| mode),
            max_open_orders: self.max_open_orders.unwrap_or(standard.max_open_orders),
            max_open_per_instrument: self.max_per_instrument[0].unwrap_or(standard.max_open_per_instrument),
            max_triggers_per_instrument: self.max_per_instrument[1].unwrap_or(standard.max_triggers_per_instrument),
            ..standard
        }
    }
}

/// Reads the venue.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<VenueText> {
    let mut section = top.require_section("venue", problems)?;
    let profiles = [FillProfile::Conservative, FillProfile::ParityFull].map(|profile| (profile.name(), profile));
    let profile = section
        .require("profile", problems, "conservative, parity_full")
        .and_then(|entry| entry.word(problems, &profiles));
    let queue = model::queue(&mut section, problems);
    let (slippage, partial) = (model::slippage(&mut section, problems), model::partial(&mut section, problems));
    let impact = model::impact(&mut section, problems);
    let words = [Consumption::Refresh, Consumption::Persistent].map(|word| (word.name(), word));
    let consumption =
        section.get("consumption").map_or(Some(Consumption::Refresh), |entry| entry.word(problems, &words));
    let rate_limit = section.get("rate_limit").and_then(|entry| {
        let flow = Flow::read(&entry.scalar(problems, Flow::FORM)?);
        if flow.is_none() {
            entry.refuse(problems, "E-SC-009", Flow::FORM);
        }
        flow.map(|Flow { interval, capacity }| (RateLimit { most: capacity, decay: interval }, entry.at))
    });
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
    let (queue, queue_at) = queue?;
    Some(VenueText {
        profile: profile?,
        queue,
        queue_at,
        slippage: slippage?,
        partial: partial?,
        impact: impact?,
        consumption: consumption?,
        rate_limit,
        reserves_exits: reserves_exits?,
        validate_trigger_prices: validate?,
        self_trade,
        max_open_orders,
        max_per_instrument,
    })
}
