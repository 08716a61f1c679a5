//! The ladder: from the optimistic set to the central one and on to the pessimistic, one factor at a time.

use super::parts::{Account, Parts, account};
use super::sets::{Factor, Set, mixed, says};
use crate::audit::audit_records;
use crate::journal::{Body, Exact, Journal, TooLarge};
use crate::metrics;
use crate::sim::setup::Setup;
use crate::sim::{self, SimError};

/// Why there is no bound.
#[derive(Debug, thiserror::Error)]
pub enum BoundError {
    /// A run could not go on.
    #[error(transparent)]
    Run(#[from] SimError),
    /// A market of agents answers our orders: it is another market with every model.
    #[error("a market of agents, which is another market in every run")]
    Agents,
    /// An amount beyond what is exact.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// What a run of the ladder came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its P&L, in account currency.
    pub account: Account,
    /// Its figures.
    pub summary: metrics::Summary,
}

/// A factor switched.
#[derive(Clone, Debug)]
pub struct Rung {
    /// Which.
    pub factor: Factor,
    /// To which set.
    pub to: Set,
    /// What is assumed of it from here on.
    pub says: String,
    /// What came of it; of a factor that says the same in both sets, what came before.
    pub ran: Ran,
}

/// The whole ladder.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What the optimistic set says, by factor.
    pub says: Vec<String>,
    /// The run under it.
    pub first: Ran,
    /// Six rungs to the central set, then six to the pessimistic one.
    pub rungs: Vec<Rung>,
}

impl Bound {
    /// The run under one of the sets.
    #[must_use]
    pub fn under(&self, set: Set) -> &Ran {
        let last = self.rungs.iter().rfind(|rung| rung.to <= set);
        last.map_or(&self.first, |rung| &rung.ran)
    }

    /// What each rung brought, part by part.
    pub fn parts(&self) -> Result<Vec<Parts>, TooLarge> {
        let before = std::iter::once(&self.first).chain(self.rungs.iter().map(|rung| &rung.ran));
        let step = |(before, rung): (&Ran, &Rung)| rung.ran.account.parts.minus(&before.account.parts);
        before.zip(&self.rungs).map(step).collect()
    }

    /// From one set to a later one: the difference by the ledgers of the two runs, less every part of every rung
    /// between them.
    pub fn unexplained(&self, from: Set, to: Set) -> Result<Exact, TooLarge> {
        let total = self.under(to).account.ledger.minus(self.under(from).account.ledger)?;
        let between = self.rungs.iter().zip(self.parts()?).filter(|(rung, _)| rung.to > from && rung.to <= to);
        between.map(|(_, parts)| parts).try_fold(total, |left, parts| left.minus(parts.sum()?))
    }
}

/// Runs a setup up the whole ladder. Factors that say the same in two sets cost no run.
pub fn bound(setup: &Setup) -> Result<Bound, BoundError> {
    if setup.venue.backgrounds.iter().any(Option::is_some) {
        return Err(BoundError::Agents);
    }
    let mut sets = [Set::Optimistic; 6];
    let mut standing = mixed(setup, sets);
    let first = run(&standing)?;
    let said = Factor::ALL.map(|factor| says(&standing, factor)).to_vec();
    let (mut rungs, mut ran) = (Vec::new(), first.clone());
    for to in [Set::Central, Set::Pessimistic] {
        for (at, factor) in Factor::ALL.into_iter().enumerate() {
            sets[at] = to;
            let next = mixed(setup, sets);
            let now = says(&next, factor);
            if now != says(&standing, factor) {
                ran = run(&next)?;
            }
            standing = next;
            rungs.push(Rung { factor, to, says: now, ran: ran.clone() });
        }
    }
    Ok(Bound { says: said, first, rungs })
}

fn run(setup: &Setup) -> Result<Ran, BoundError> {
    let outcome = sim::run(setup, Journal::recording())?;
    let records = outcome.journal.into_records();
    let breached = match records.first().map(|record| &record.body) {
        Some(Body::Header(header)) => audit_records(header, &records).breached(),
        _ => 0,
    };
    let figures = metrics::Outcome { events: outcome.events, digest: outcome.digest, audit_breaches: breached };
    Ok(Ran { account: account(setup, &records)?, summary: outcome.metrics.finish(figures) })
}
