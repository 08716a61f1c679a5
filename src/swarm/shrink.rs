//! Shrinking: from a case that found something to a smaller one that finds the same.
//!
//! First what the faults did by chance is written out as a script of single faults, so that the
//! case keeps its meaning when the code and its draws change. Then whatever can go goes: time after
//! the finding, faults one by one and by halves, acts of the operator, keys of the trader, and terms
//! that are simpler otherwise. A step is kept only if the same law is found broken.

use super::case::{Case, HEAL_MINUTES};
use super::trial::{Came, try_case};
use crate::market::{Contract, Span};

/// A case made smaller, and what came of it.
pub struct Shrunk {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub came: Came,
    /// Cases tried on the way.
    pub tried: u32,
}

struct Search<'a> {
    law: &'static str,
    best: Case,
    came: Came,
    tried: u32,
    go_on: &'a dyn Fn() -> bool,
}

/// Makes a case smaller for as long as `go_on` says.
#[must_use]
pub fn shrink(case: Case, came: Came, go_on: &dyn Fn() -> bool) -> Shrunk {
    let Some(law) = came.findings.first().map(|finding| finding.law) else { return Shrunk { case, came, tried: 0 } };
    let mut search = Search { law, best: case, came, tried: 0, go_on };
    search.script();
    search.shorten();
    loop {
        let before = search.best.clone();
        search.past();
        search.fewer(|case| &mut case.acts);
        search.fewer(|case| &mut case.faults);
        search.fewer(|case| &mut case.keys);
        search.simpler();
        search.shorten();
        if search.best == before || !(search.go_on)() {
            break;
        }
    }
    Shrunk { case: search.best, came: search.came, tried: search.tried }
}

impl Search<'_> {
    /// Takes a case if it finds the same law broken; says whether it does.
    fn takes(&mut self, case: Case) -> bool {
        if case == self.best || !(self.go_on)() {
            return false;
        }
        self.tried += 1;
        let mut came = try_case(&case);
        let Some(same) = came.findings.iter().position(|finding| finding.law == self.law) else { return false };
        came.findings.swap(0, same);
        (self.best, self.came) = (case, came);
        true
    }

    /// Writes what the faults did out, one by one.
    fn script(&mut self) {
        let faults = self.came.injected.clone();
        if !faults.is_empty() {
            self.takes(Case { faults, ..self.best.clone() });
        }
    }

    /// Leaves out what would happen only after the market has ended.
    fn past(&mut self) {
        let mut case = self.best.clone();
        let end = Case::START.after(Span::from_mins((case.minutes + HEAL_MINUTES).into()));
        case.faults.retain(|fault| fault.from < end);
        case.acts.retain(|act| Case::START.after(act.0) < end);
        self.takes(case);
    }

    /// Trades for a shorter time, by bisection.
    fn shorten(&mut self) {
        let (mut too_short, mut enough) = (0, self.best.minutes);
        while enough - too_short > 1 && (self.go_on)() {
            let half = too_short + (enough - too_short) / 2;
            if self.takes(self.best.lasting(half)) { enough = half } else { too_short = half }
        }
    }

    /// Leaves out parts of a list: halves, then quarters, down to single entries.
    fn fewer<T: Clone + PartialEq>(&mut self, list: impl Fn(&mut Case) -> &mut Vec<T>) {
        let mut none = self.best.clone();
        list(&mut none).clear();
        if self.takes(none) {
            return;
        }
        let mut part = list(&mut self.best).len().div_ceil(2);
        while part > 0 && (self.go_on)() {
            let mut from = 0;
            while from < list(&mut self.best).len() {
                let mut case = self.best.clone();
                let entries = list(&mut case);
                entries.drain(from..(from + part).min(entries.len()));
                if !self.takes(case) {
                    from += part;
                }
            }
            part = if part == 1 { 0 } else { part.div_ceil(2) };
        }
    }

    /// Terms that say less.
    fn simpler(&mut self) {
        let mut plain = self.best.clone();
        plain.fees = (2, 5, "quote");
        self.takes(plain);
        let foreign = Case { funds: (self.best.funds.0, 0), ..self.best.clone() };
        self.takes(foreign);
        let mut even = self.best.clone();
        even.delays = [[5, 5, 5]; 2];
        self.takes(even);
        let spot = Case { contract: Contract::Spot, ..self.best.clone() };
        self.takes(spot);
        for (key, value) in [("wrong", "0"), ("trailing", "false")] {
            let mut case = self.best.clone();
            case.workload.iter_mut().filter(|param| param.0 == key).for_each(|param| value.clone_into(&mut param.1));
            self.takes(case);
        }
    }
}
