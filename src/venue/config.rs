//! What a venue is told before it opens: instruments, opening balances, and how it fills.

use std::fmt;
use std::sync::Arc;

use super::background::BackgroundTerms;
use super::chance::Chance;
use super::funding::Funding;
use super::impact::ImpactModel;
use super::interest::Interest;
use super::margin::MarginRules;
use super::matching::SelfTrade;
use super::partial::PartialModel;
use super::queue::QueueModel;
use super::slippage::SlippageModel;
use crate::market::{Balance, FeePlan, Instrument, Qty, Span};

/// Which fill assumptions hold. Every result names its profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum FillProfile {
    /// The honest default: queue position, prints and displayed depth bound every fill.
    #[default]
    Conservative,
    /// A touched order fills whole, as some back-testers assume. Optimistic: for comparison with
    /// them, never for a verdict.
    ParityFull,
}

impl FillProfile {
    /// The profile's name in scenarios and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conservative => "conservative",
            Self::ParityFull => "parity_full",
        }
    }

    /// Whether it fills more than a real market would: such a result cannot pass the gate.
    #[must_use]
    pub const fn is_optimistic(self) -> bool {
        match self {
            Self::Conservative => false,
            Self::ParityFull => true,
        }
    }
}

/// How long what we took of a level stays taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Consumption {
    /// Until the market sets the level anew.
    #[default]
    Refresh,
    /// It is missing from every later quantity of the level, until the level is gone; of a level that shrinks, no
    /// more than it displays.
    Persistent,
}

impl Consumption {
    /// Its name in scenarios and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Persistent => "persistent",
        }
    }

    /// What may stay taken of a level that displays so much now.
    pub(super) const fn keeps(self, displayed: Qty) -> Qty {
        match self {
            Self::Refresh => Qty::ZERO,
            Self::Persistent => displayed,
        }
    }
}

/// A counter of messages that fills with each and empties with time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// How much fits.
    pub most: u32,
    /// How long one of it takes to decay.
    pub decay: Span,
}

/// How orders fill: every model of it that can be chosen.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// Which fill assumptions hold.
    pub profile: FillProfile,
    /// Who cancels in a queue before an order of ours, where nobody says.
    pub queue: QueueModel,
    /// How much worse than displayed a taker trades.
    pub slippage: SlippageModel,
    /// How much of what could trade does.
    pub partial: PartialModel,
    /// How our takers move the price of later ones.
    pub impact: ImpactModel,
    /// How long what we took of a level stays taken.
    pub consumption: Consumption,
}

impl Models {
    /// Whether anything chosen fills more, or better, than a real market would.
    #[must_use]
    pub const fn is_optimistic(&self) -> bool {
        self.profile.is_optimistic() || self.slippage.is_optimistic()
    }

    /// Whether nothing is assumed: what an instrument whose orders meet others' must have.
    #[must_use]
    pub const fn are_none(&self) -> bool {
        matches!(
            (self.profile, &self.queue, &self.slippage, &self.partial),
            (FillProfile::Conservative, QueueModel::Conservative, SlippageModel::BookWalk, PartialModel::Displayed)
        ) && matches!((&self.impact, self.consumption), (ImpactModel::None, Consumption::Refresh))
    }

    /// Whether a model asks what printed of late.
    pub(super) const fn measures(&self) -> bool {
        self.slippage.measures() || self.partial.measures() || self.impact.measures()
    }

    /// Whether a model draws.
    pub(super) const fn are_seeded(&self) -> bool {
        self.slippage.is_seeded() || self.partial.is_seeded()
    }
}

impl fmt::Display for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, queue, slippage, partial, impact, consumption } = self;
        write!(f, "fills {}, queue {queue}, slippage {slippage}, partials {partial}, ", profile.name())?;
        write!(f, "impact {impact}, consumption {}", consumption.name())
    }
}

/// A venue's terms. Start from [`VenueConfig::new`] and change what differs.
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// What is traded, each at the place its id says.
    pub instruments: Vec<Instrument>,
    /// What the account begins with; an asset not named begins at nothing.
    pub balances: Vec<Balance>,
    /// How orders fill.
    pub profile: FillProfile,
    /// Who cancels in a queue before an order of ours, where nobody says.
    pub queue: QueueModel,
    /// How much worse than displayed a taker trades.
    pub slippage: SlippageModel,
    /// How much of what could trade does.
    pub partial: PartialModel,
    /// How our takers move the price of later ones.
    pub impact: ImpactModel,
    /// How long what we took of a level stays taken.
    pub consumption: Consumption,
    /// How orders of each instrument fill, where that is not as the six above say; one not reached has those.
    pub own: Vec<Option<Models>>,
    /// What each instrument costs, where that is more than its rules say; an instrument not reached has no plan.
    pub fee_plans: Vec<Option<FeePlan>>,
    /// What each instrument's positions pay by the clock; an instrument not reached pays none.
    pub funding: Vec<Option<Funding>>,
    /// What holding each instrument's positions costs; one not reached costs nothing.
    pub interest: Vec<Option<Interest>>,
    /// How each instrument's positions must be backed; one not reached is never liquidated.
    pub margin: Vec<Option<MarginRules>>,
    /// Where seeded models get their draws; they need it.
    pub chance: Option<Arc<dyn Chance>>,
    /// For bars: half the spread in ticks, by instrument; an instrument not reached has none.
    pub half_spread_ticks: Vec<i64>,
    /// For bars: millionths of the bar's volume displayed on each side at each point of its path.
    pub bar_display_ppm: i64,
    /// Most orders open at once.
    pub max_open_orders: usize,
    /// Most orders open at once in one instrument.
    pub max_open_per_instrument: usize,
    /// Most orders waiting for a trigger at once in one instrument.
    pub max_triggers_per_instrument: usize,
    /// How often the account may write; none is as often as it likes.
    pub rate_limit: Option<RateLimit>,
    /// How often it may write of each instrument that is counted apart from the others; one not reached is not.
    pub own_rate_limits: Vec<Option<RateLimit>>,
    /// Whether a resting trigger holds what it would cost.
    pub triggers_hold: bool,
    /// Whether an order's limit must lie beyond its own trigger.
    pub strict_triggers: bool,
    /// The agents each instrument's market is made of, where it is; an instrument not reached is recorded.
    pub backgrounds: Vec<Option<BackgroundTerms>>,
    /// What happens where an order of ours would trade with another, in a market made of agents.
    pub self_trade: SelfTrade,
    /// Whether market events that concern no order of ours take the short way. The outcome is the
    /// same either way.
    pub guards: bool,
}

impl VenueConfig {
    /// The honest defaults: conservative fills, no spread, a quarter of a bar's volume at each point.
    #[must_use]
    pub const fn new(instruments: Vec<Instrument>, balances: Vec<Balance>) -> Self {
        Self {
            instruments,
            balances,
            profile: FillProfile::Conservative,
            queue: QueueModel::Conservative,
            slippage: SlippageModel::BookWalk,
            partial: PartialModel::Displayed,
            impact: ImpactModel::None,
            consumption: Consumption::Refresh,
            own: Vec::new(),
            fee_plans: Vec::new(),
            funding: Vec::new(),
            margin: Vec::new(),
            interest: Vec::new(),
            chance: None,
            half_spread_ticks: Vec::new(),
            bar_display_ppm: 250_000,
            max_open_orders: 1_000,
            max_open_per_instrument: usize::MAX,
            max_triggers_per_instrument: usize::MAX,
            rate_limit: None,
            own_rate_limits: Vec::new(),
            triggers_hold: true,
            strict_triggers: false,
            backgrounds: Vec::new(),
            self_trade: SelfTrade::CancelNewest,
            guards: true,
        }
    }

    /// How orders fill in an instrument that has no models of its own.
    #[must_use]
    pub fn common(&self) -> Models {
        Models {
            profile: self.profile,
            queue: self.queue.clone(),
            slippage: self.slippage.clone(),
            partial: self.partial.clone(),
            impact: self.impact.clone(),
            consumption: self.consumption,
        }
    }

    /// The same terms with other models where an instrument has none of its own.
    #[must_use]
    pub fn filling(self, common: Models) -> Self {
        let Models { profile, queue, slippage, partial, impact, consumption } = common;
        Self { profile, queue, slippage, partial, impact, consumption, ..self }
    }

    /// How orders of the instrument at a place of the table fill.
    #[must_use]
    pub fn models(&self, place: usize) -> Models {
        self.own.get(place).cloned().flatten().unwrap_or_else(|| self.common())
    }

    /// Whether anything chosen fills more, or better, than a real market would: such a result cannot pass
    /// the gate.
    #[must_use]
    pub fn is_optimistic(&self) -> bool {
        (0..self.instruments.len()).any(|place| self.models(place).is_optimistic())
    }
}
