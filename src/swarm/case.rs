//! A case: everything that is drawn from one seed, as data.

use super::mix::{self, Act};
use super::terms::{self, Pair};
use crate::data::synth::Mood;
use crate::market::{Contract, InstrumentId};
use crate::sim::fault::{Fault, Reach};
use crate::sim::rng::{Component, Stream};

/// Minutes after the faults have stopped in which everything must come to rest.
pub const HEAL_MINUTES: u32 = 15;
/// Minutes of them after which the workload leaves its positions.
pub const LEAVE_AFTER_MINUTES: u32 = 5;

/// One case of the swarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Everything below follows from it.
    pub seed: u64,
    /// What is traded.
    pub pair: Pair,
    /// What is traded beside it on the same account, and the seed of its market; none in most cases.
    pub second: Option<(Pair, u64)>,
    /// How it settles.
    pub contract: Contract,
    /// How the market behaves, and the seed of it.
    pub market: (Mood, u64),
    /// Lots displayed at a level.
    pub depth: i64,
    /// Minutes of trading.
    pub minutes: u32,
    /// Held at the start, in quote, and in base that is not ours to sell.
    pub funds: (u32, u32),
    /// Fee rates of maker and taker in hundredths of a percent, and what a fee is charged in.
    pub fees: (i32, i32, &'static str),
    /// Delays of order entry and of reports: median, 99 % and greatest, in milliseconds.
    pub delays: [[u32; 3]; 2],
    /// Keys of the trader that differ from their defaults.
    pub keys: Vec<(String, String)>,
    /// Parameters of the workload.
    pub workload: Vec<(&'static str, String)>,
    /// What the operator does.
    pub acts: Vec<Act>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl Case {
    /// The case of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut chance = Stream::new(seed, 0, Component::SwarmTerms);
        let pair = Pair::ALL[pick(&mut chance, Pair::ALL.len())];
        let contract = if chance.ppm(600_000) { Contract::Spot } else { Contract::Linear };
        let mood = Mood::ALL[pick(&mut chance, Mood::ALL.len())];
        let market = (mood, chance.below(1 << 32));
        let depth = pair.depth() * (1 + small(&mut chance, 8)) / 4;
        let hours = 2 + draw(&mut chance, 5);
        let funds =
            (10_000 * (1 + draw(&mut chance, 12)), if chance.ppm(250_000) { 1 + draw(&mut chance, 20) } else { 0 });
        let fees = terms::fees(contract, &mut chance);
        let delays = [terms::delays(&mut chance), terms::delays(&mut chance)];
        let keys = terms::keys(&mut chance);
        let mut wishes = Stream::new(seed, 0, Component::SwarmWorkload);
        let workload = terms::workload(hours * 60, &mut wishes);
        let acts = mix::acts(hours, pair.grid()[1], &mut wishes);
        let faults = mix::faults(Self::START, Self::end_of(hours * 60), &mut Stream::new(seed, 0, Component::FaultMix));
        Self {
            seed,
            pair,
            second: None,
            contract,
            market,
            depth,
            minutes: hours * 60,
            funds,
            fees,
            delays,
            keys,
            workload,
            acts,
            faults,
        }
    }

    /// The case with a second pair traded beside the first, in which half of its faults are then at home where
    /// they can be.
    #[must_use]
    pub fn beside_another(&self) -> Self {
        // A part of its own: a case of one pair draws what it always drew.
        let mut chance = Stream::part(self.seed, 0, Component::SwarmTerms, 1);
        let others: Vec<Pair> = Pair::ALL.into_iter().filter(|pair| *pair != self.pair).collect();
        let second = (others[pick(&mut chance, others.len())], chance.below(1 << 32));
        let mut case = Self { second: Some(second), ..self.clone() };
        for fault in &mut case.faults {
            if chance.below(2) == 0 && fault.kind.reach() != Reach::Whole {
                fault.instrument = Some(InstrumentId(1));
            }
        }
        case
    }

    /// The case with less time to trade in: the market is the same until then.
    #[must_use]
    pub fn lasting(&self, minutes: u32) -> Self {
        let mut case = Self { minutes, ..self.clone() };
        case.workload.iter_mut().filter(|param| param.0 == "until").for_each(|param| param.1 = format!("{minutes}min"));
        case
    }
}

/// A place in a list.
pub(super) fn pick(chance: &mut Stream, len: usize) -> usize {
    usize::try_from(chance.below(len as u64)).expect("a place in a short list")
}

/// A small whole number below `bound`.
pub(super) fn draw(chance: &mut Stream, bound: u32) -> u32 {
    u32::try_from(chance.below(bound.into())).expect("below 32 bits")
}

fn small(chance: &mut Stream, bound: u32) -> i64 {
    draw(chance, bound).into()
}
