//! The three sets of models, factor by factor: what each of them says in a given scenario.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::journal::Profile;
use crate::market::{FeePlan, FeeSchedule, FeeTier, Money, Rate, Span, Timestamp};
use crate::sim::latency::{Latencies, Latency, Own};
use crate::sim::setup::{MarketTape, Setup};
use crate::venue::{
    Consumption, FillProfile, ImpactModel, Models, PartialModel, QueueModel, SlippageModel, SlippageRule, Take,
};

/// How much more than its own model a taker pays at worst, in millionths: 5 bps.
const WORSE_PPM: i64 = 500;
/// The least delay at worst.
const SLOW: Span = Span::from_millis(10);
/// What is held pays at worst, three times a day, in millionths: 3 bps.
const FUNDING_PPM: i64 = 300;
/// The most of what printed that is ours at worst, in millionths.
const SHARE_PPM: u32 = 100_000;

/// A set of models.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Set {
    /// The kindest that is in use.
    Optimistic,
    /// What the scenario says.
    Central,
    /// Harsher than what is expected.
    Pessimistic,
}

impl Set {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Optimistic => "optimistic",
            Self::Central => "central",
            Self::Pessimistic => "pessimistic",
        }
    }
}

/// What is assumed of one thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Factor {
    /// Whether a taker pays the spread, and how wide it is around a bar.
    Spread,
    /// How much worse than displayed a taker trades.
    Slippage,
    /// What an execution costs.
    Fees,
    /// Every delay.
    Latency,
    /// What trades at all: the queue, what is displayed, and how much of it is ours.
    Queue,
    /// What is paid for holding a margin contract, interest too.
    Funding,
}

impl Factor {
    /// All of them, in the order in which they are switched.
    pub const ALL: [Self; 6] = [Self::Spread, Self::Slippage, Self::Fees, Self::Latency, Self::Queue, Self::Funding];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::Slippage => "slippage",
            Self::Fees => "fees",
            Self::Latency => "latency",
            Self::Queue => "queue",
            Self::Funding => "funding",
        }
    }
}

/// A setup with each factor, in the order of [`Factor::ALL`], as one of the sets has it.
#[must_use]
pub fn mixed(central: &Setup, sets: [Set; 6]) -> Setup {
    let mut setup = central.clone();
    for (factor, set) in Factor::ALL.into_iter().zip(sets) {
        let harsh = match set {
            Set::Central => continue,
            Set::Optimistic => false,
            Set::Pessimistic => true,
        };
        match factor {
            Factor::Spread if harsh => spread(&mut setup),
            Factor::Spread => {}
            Factor::Slippage => slippage(&mut setup, harsh, sets[0]),
            Factor::Fees => fees(&mut setup, harsh),
            Factor::Latency => latency(&mut setup.latency, harsh),
            Factor::Queue => queue(&mut setup, harsh),
            Factor::Funding if harsh => setup.funding_against_ppm = FUNDING_PPM,
            Factor::Funding => holding_costs_nothing(&mut setup),
        }
    }
    setup
}

/// The fault by which a scenario charges funding.
const FUNDING: &str = "funding";

fn holding_costs_nothing(setup: &mut Setup) {
    setup.faults.retain(|fault| fault.kind.name() != FUNDING);
    setup.venue.funding.fill(None);
    for terms in setup.venue.interest.iter_mut().flatten() {
        terms.rates = vec![(Timestamp::MIN, [Rate::ZERO; 2])];
    }
}

/// Twice as wide around bars and lone trades, one tick on each side at least; a recorded spread is a fact. The kind
/// set leaves it as it is displayed, and [`slippage`] lets takers trade at the mid of it.
fn spread(setup: &mut Setup) {
    for (half, _) in
        setup.venue.half_spread_ticks.iter_mut().zip(&setup.tapes).filter(|(_, market)| market.tape.assumes().is_some())
    {
        *half = half.saturating_mul(2).max(1);
    }
}

/// All at the best price, or where no spread is paid either at the mid; the worst that the scenario's model can
/// answer and 5 bps more.
fn slippage(setup: &mut Setup, harsh: bool, spread: Set) {
    each_models(setup, |models| {
        let than = models.slippage.clone();
        if !harsh {
            models.impact = ImpactModel::None;
        }
        models.slippage = match (harsh, spread) {
            (true, _) => SlippageModel::Own(Arc::new(Worse { than })),
            (false, Set::Optimistic) => SlippageModel::Mid,
            (false, Set::Central | Set::Pessimistic) => SlippageModel::None,
        };
    });
}

/// Changes the common models, and those of every instrument that has its own.
fn each_models(setup: &mut Setup, change: impl Fn(&mut Models)) {
    let mut common = setup.venue.common();
    change(&mut common);
    setup.venue = setup.venue.clone().filling(common);
    setup.venue.own.iter_mut().flatten().for_each(change);
}

#[derive(Debug)]
struct Worse {
    than: SlippageModel,
}

impl SlippageRule for Worse {
    fn describe(&self) -> String {
        format!("{} at its most, and {} bps more", self.than, Decimal::new(WORSE_PPM, 2).normalize())
    }

    fn worse_by(&self, take: &Take) -> i64 {
        let more = i128::from(take.best.0.max(0)) * i128::from(WORSE_PPM) / 1_000_000 + 1;
        self.than.most(take).saturating_add(i64::try_from(more).unwrap_or(i64::MAX))
    }
}

/// Rebates alone, or the dearest tier's dearer rate for makers and takers alike.
fn fees(setup: &mut Setup, harsh: bool) {
    for (at, instrument) in setup.instruments.iter_mut().enumerate() {
        let plan = setup.venue.fee_plans.get_mut(at);
        let tiers = plan.as_ref().and_then(|plan| plan.as_ref()).map(tiers).unwrap_or_default();
        for rules in &mut instrument.timeline {
            rules.fees = switched(&rules.fees, &tiers, harsh);
        }
        if let Some(plan) = plan {
            *plan = plan.take().filter(|_| harsh).map(dearest);
        }
    }
    setup.venue.instruments.clone_from(&setup.instruments);
    if !harsh {
        setup.venue.interest.iter_mut().flatten().for_each(|terms| terms.opening = Rate::ZERO);
    }
}

fn tiers(plan: &FeePlan) -> Vec<FeeTier> {
    plan.tables.iter().flat_map(|table| table.tiers.iter().copied()).collect()
}

fn switched(fees: &FeeSchedule, tiers: &[FeeTier], harsh: bool) -> FeeSchedule {
    let all = |of: fn(&FeeTier) -> Rate, own: Rate| tiers.iter().map(of).chain([own]).collect::<Vec<_>>();
    let (makers, takers) = (all(|tier| tier.maker, fees.maker), all(|tier| tier.taker, fees.taker));
    let zero = [Rate::ZERO];
    if harsh {
        let most = makers.iter().chain(&takers).copied().max().unwrap_or_default();
        FeeSchedule { maker: most, taker: most, ..*fees }
    } else {
        let least = |rates: &[Rate]| rates.iter().chain(&zero).copied().min().unwrap_or_default();
        FeeSchedule { maker: least(&makers), taker: least(&takers), ..*fees }
    }
}

/// A plan of one tier: its dearest rate, whatever was traded.
fn dearest(mut plan: FeePlan) -> FeePlan {
    for table in &mut plan.tables {
        let rates = table.tiers.iter().flat_map(|tier| [tier.maker, tier.taker]);
        let most = rates.max().unwrap_or_default();
        table.tiers = vec![FeeTier { volume: Money::ZERO, maker: most, taker: most }];
    }
    plan
}

/// None at all, or twice the 99th percentile always. A recorded feed is a fact, and only made faster.
fn latency(latencies: &mut Latencies, harsh: bool) {
    let one = |latency: &Latency| if harsh { latency.doubled(SLOW) } else { Latency::NONE };
    let own = |own: &Own| Own {
        feed: own.feed.as_ref().map(one),
        order_entry: own.order_entry.as_ref().map(one),
        report: own.report.as_ref().map(one),
    };
    *latencies = Latencies {
        feed: if harsh { latencies.feed.as_ref().map(one) } else { Some(Latency::NONE) },
        decision: one(&latencies.decision),
        order_entry: one(&latencies.order_entry),
        report: one(&latencies.report),
        own: latencies.own.iter().map(own).collect(),
    };
}

/// Whatever is touched fills whole, or the conservative queue (the recorded one where every order is), and a tenth
/// of what printed.
fn queue(setup: &mut Setup, harsh: bool) {
    each_models(setup, |models| {
        if !harsh {
            (models.profile, models.partial) = (FillProfile::ParityFull, PartialModel::Displayed);
            return;
        }
        (models.profile, models.consumption) = (FillProfile::Conservative, Consumption::Persistent);
        if !matches!(models.queue, QueueModel::Fifo) {
            models.queue = QueueModel::Conservative;
        }
        if matches!(models.partial, PartialModel::Displayed) {
            models.partial = PartialModel::Participation { share_ppm: SHARE_PPM };
        }
    });
}

/// What a setup assumes of a factor, in words. Equal words are equal assumptions.
#[must_use]
pub fn says(setup: &Setup, factor: Factor) -> String {
    let venue = &setup.venue;
    match factor {
        Factor::Spread => {
            let free = |place| matches!(venue.models(place).slippage, SlippageModel::Mid);
            if (0..setup.tapes.len()).all(free) {
                return "none is paid".to_owned();
            }
            let one = |(place, (market, half)): (usize, (&MarketTape, &i64))| match market.tape.assumes() {
                _ if free(place) => "none is paid".to_owned(),
                Some(_) => format!("{} ticks, assumed", 2 * half),
                None => "as recorded".to_owned(),
            };
            let halves = venue.half_spread_ticks.iter().chain(std::iter::repeat(&0));
            setup.tapes.iter().zip(halves).enumerate().map(one).collect::<Vec<_>>().join(", ")
        }
        Factor::Slippage => of_models(setup, |models| match (&models.slippage, &models.impact) {
            (SlippageModel::Mid, _) => SlippageModel::None.to_string(),
            (slippage, ImpactModel::None) => slippage.to_string(),
            (slippage, impact) => format!("{slippage}, impact {impact}"),
        }),
        Factor::Fees => Fees(setup).to_string(),
        Factor::Latency => told_apart(setup, &setup.latency, &setup.latency.differing()),
        Factor::Queue => of_models(setup, |models| {
            let Models { profile, queue, partial, consumption, .. } = models;
            let (profile, consumption) = (profile.name(), consumption.name());
            format!("fills {profile}, queue {queue}, partials {partial}, consumption {consumption}")
        }),
        Factor::Funding => holding(setup),
    }
}

/// What holding a position costs, in words.
fn holding(setup: &Setup) -> String {
    let faults = setup.faults.iter().filter(|fault| fault.kind.name() == FUNDING).count();
    let faults = (faults > 0).then(|| format!("{faults} as the scenario says"));
    // What is charged to open is a fee.
    let idle =
        setup.venue.interest.iter().flatten().all(|terms| terms.rates.iter().all(|rate| rate.1 == [Rate::ZERO; 2]));
    let profiles = setup.profiles().into_iter();
    let of_venue = profiles.filter(|profile| profile.name == "funding" || profile.name == "interest" && !idle);
    let said: Vec<String> =
        faults.into_iter().chain(of_venue.map(|Profile { name, stamp }| format!("{name} {stamp}"))).collect();
    if said.is_empty() { "none".to_owned() } else { said.join("; ") }
}

/// What is said of the common models, and of those of instruments that have their own.
fn of_models(setup: &Setup, says: impl Fn(&Models) -> String) -> String {
    let own: Vec<Option<String>> = setup.venue.own.iter().map(|own| own.as_ref().map(&says)).collect();
    told_apart(setup, &says(&setup.venue.common()), &own)
}

/// What is common, then what instruments have of their own, each with its symbol.
fn told_apart<T: fmt::Display>(setup: &Setup, common: &dyn fmt::Display, own: &[Option<T>]) -> String {
    let own = setup.instruments.iter().zip(own);
    let own = own.filter_map(|(of, own)| Some(format!("; {}: {}", of.symbol, own.as_ref()?)));
    common.to_string() + &own.collect::<String>()
}

/// The fees of a setup.
struct Fees<'a>(&'a Setup);

impl fmt::Display for Fees<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |rate: Rate| (rate.decimal() * Decimal::ONE_HUNDRED).normalize();
        let plans = self.0.venue.fee_plans.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        for (at, (instrument, plan)) in self.0.instruments.iter().zip(plans).enumerate() {
            let mut rates: Vec<String> = match plan {
                None => instrument.timeline.iter().map(|rules| (rules.fees.maker, rules.fees.taker)).collect(),
                Some(plan) => tiers(plan).iter().map(|tier| (tier.maker, tier.taker)).collect::<Vec<_>>(),
            }
            .into_iter()
            .map(|(maker, taker)| format!("{}%/{}%", percent(maker), percent(taker)))
            .collect();
            rates.dedup();
            let several = rates.len() > 1;
            let opening = self.0.venue.interest.get(at).and_then(Option::as_ref).map(|terms| terms.opening);
            let opening = opening.filter(|rate| *rate != Rate::ZERO);
            let shown = if several { format!("{} to {}", rates[0], rates[rates.len() - 1]) } else { rates.concat() };
            write!(f, "{}{shown}", if at > 0 { ", " } else { "" })?;
            if let Some(rate) = opening {
                write!(f, " and {}% to open", percent(rate))?;
            }
        }
        Ok(())
    }
}
