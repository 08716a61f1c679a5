//! Many cases on all hands: each case is tried by itself, so how many hands there are changes
//! nothing of what is found, only how soon.
//!
//! The one file of the house with threads in it. What stops them is asked of the caller.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::case::Case;
use super::hours::Hours;
use super::probes::{PROBED, Reached};
use super::trial::{Came, try_case};

/// Seeds kept of each law.
const SEEDS_MAX: usize = 5;

/// What was tried so far.
#[derive(Clone, Default, Debug)]
pub struct Total {
    /// Cases.
    pub cases: u64,
    /// Their hours and events.
    pub hours: Hours,
    /// Faults that were injected.
    pub faults: u64,
    /// Rare states that were reached.
    pub reached: Reached,
    /// Laws found broken first of their case: in how many cases, and the seeds of the first few.
    pub broken: BTreeMap<&'static str, (u64, Vec<u64>)>,
}

impl Total {
    /// Probes that so many hours must reach and did not; none are asked of few hours.
    #[must_use]
    pub fn missed(&self) -> Vec<&'static str> {
        if self.hours.counted < PROBED { Vec::new() } else { self.reached.missed() }
    }
}

/// A case with findings.
pub struct Breach {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub came: Came,
}

struct Shared {
    next: u64,
    total: Total,
    breach: Option<(u64, Breach)>,
}

/// The seed of the case of a number under a base: `SplitMix64`, so that neighbours share nothing.
#[must_use]
pub fn seed_of(base: u64, number: u64) -> u64 {
    let sum = base.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The scenario format has seeds below 2⁶³.
    (mixed ^ (mixed >> 31)) >> 1
}

/// Tries the cases of a base in order on so many hands, until `go_on` says no. The finding told is the
/// first in the order of the cases tried; whether to go on after one, `go_on` sees from the total.
pub fn swarm(base: u64, hands: usize, go_on: &(dyn Fn(&Total) -> bool + Sync)) -> (Total, Option<Breach>) {
    let shared = Mutex::new(Shared { next: 0, total: Total::default(), breach: None });
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..hands.max(1) {
            scope.spawn(|| work(base, &shared, &stop, go_on));
        }
    });
    let shared = shared.into_inner().expect("a hand that panics is caught in its case");
    (shared.total, shared.breach.map(|(_, breach)| breach))
}

fn work(base: u64, shared: &Mutex<Shared>, stop: &AtomicBool, go_on: &(dyn Fn(&Total) -> bool + Sync)) {
    while !stop.load(Ordering::Relaxed) {
        let number = {
            let mut shared = shared.lock().expect("a hand that panics is caught in its case");
            shared.next += 1;
            shared.next - 1
        };
        let case = Case::draw(seed_of(base, number));
        let came = try_case(&case);
        let mut shared = shared.lock().expect("a hand that panics is caught in its case");
        shared.total.add(&case, &came);
        let first = shared.breach.as_ref().is_none_or(|(other, _)| number < *other);
        if !came.findings.is_empty() && first {
            shared.breach = Some((number, Breach { case, came }));
        }
        if !go_on(&shared.total) {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Total {
    fn add(&mut self, case: &Case, came: &Came) {
        // What comes after the first finding may only follow from it.
        if let Some(first) = came.findings.first() {
            let (cases, seeds) = self.broken.entry(first.law).or_default();
            *cases += 1;
            if seeds.len() < SEEDS_MAX {
                seeds.push(case.seed);
            }
        }
        self.cases += 1;
        self.hours.counted += came.hours.counted;
        self.hours.all += came.hours.all;
        self.hours.events += came.hours.events;
        self.faults += came.faults;
        self.reached.merge(&came.reached);
    }
}
