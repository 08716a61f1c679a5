//! The laws of conservation, checked over a journal by somebody who does not trust the trader.
//!
//! [`audit`] reads a whole journal; an [`Auditor`] takes records as they are made, and keeps none. Either way every
//! law of `LAWS` is looked at wherever it applies, with sums of the audit's own: nothing here is
//! shared with `trading`, `ledger` or `metrics`, and amounts are counted in [`Exact`] decimals that
//! never round. A law that was not looked at says so with a count of zero.
//!
//! It promises to answer every journal that can be read, whatever it says, without a panic. It does
//! not repair, stop or explain anything but where a law was broken, with the records before it and
//! the line that runs it again. Of what was lost on the wire it knows and says nothing: a fill nobody
//! heard is no breach until a pass calls itself clean.
//!
//! # Which invariants of faults.md §3 are judged here, and where the others are
//!
//! | Ids | Where |
//! |---|---|
//! | L1, L2, L4, L6 to L9 | `ledger_laws`, `equity`; L4 in `pass_laws`; B14 and J02 as B14 |
//! | L3 | clippy and `tests/tidy.rs`: no binary float in the core |
//! | L5 | marks are not in a journal; `tests/trading_vectors.rs`, `tests/journal_metrics.rs` |
//! | O1 to O16 | `order_laws`, `life_laws`, `fill_laws`; O9 in `pass_laws` |
//! | P1 to P3, P7 · P4 · P5, P6 | `fill_laws` · `pass_laws` · `cover_laws` (P6 as S6: what closes never turns) |
//! | R1 (with R14), R2 to R10, R12, R13 | `risk_laws`; R2 by the numbers the checks recorded |
//! | R11 | equity at marks is not in a journal: CK-28's own numbers under R2 |
//! | S1 (with S8, S9), S2 to S6, S10 | `cover_laws` |
//! | S7 | `metrics`: naked time, p99 and greatest |
//! | X1, X6 | `fill_laws`; X1a: what no venue may make raises an alarm |
//! | X2 | follows from X1 and R8 |
//! | X3 to X5, E1, E2 | the market is not in a journal: `tests/venue_laws.rs`, `venue_depth.rs`, `venue_bars.rs` |
//! | M1, M2, M5 | CK-11's own numbers under R2, R8 for the reference; `tests/trading_boundaries.rs` for the book |
//! | M3, M4, M7 | of a feed, before any journal: `tests/data_binance.rs`, `tests/data_broken.rs` |
//! | M6, T1 | `life_laws`, `order_laws` |
//! | T2 to T4, N1 to N4, D6 | `tests/tidy.rs`, `tests/sim_laws.rs` and replay |
//! | D1 to D4, D7, D8 · D5 · D9 | `tests/journal_files.rs`, `journal_broken.rs` · K6 in `risk_laws` · O10 |
//! | C1, C4, C5, C7 | `pass_laws`, `life_laws`, `fill_laws`; C1 in parts: C1f executions, C1o orders, L4 cash |
//! | C2, C3, C6 | a second pass, synthetic ids and permutations: the tests of `trading` |
//! | V1, P4 at rest | [`Auditor::finish_at_rest`], for runs that were given the time to come to rest |
//! | V2 to V7 | O16 and R4 in part; the rest is of a host and not of a journal |
//! | E3, E4 | `fill_laws` |
//! | G, K1 to K5, K-in | the gate and the host; K-in here: amounts can be counted |

mod base_fee;
mod books;
mod corrections;
mod cover;
mod cover_laws;
mod equity;
mod facts;
mod fee_plan;
mod fill_laws;
mod law;
mod ledger_laws;
mod life_laws;
mod limits;
mod order_laws;
mod pass_laws;
mod passes;
mod position;
mod risk_laws;
mod rows;
mod standing;
mod truth;

use std::collections::BTreeMap;
use std::fmt;

use facts::Facts;
use law::{KINDS, Law, Tally, When};

use crate::journal::{Body, Exact, Header, JournalFile, Record, Renderer, TooLarge};
use crate::market::{AssetId, InstrumentId};

/// Records shown before a breach.
const SHOWN: usize = 50;

/// How often laws of the clock are looked at, in nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// The law that every amount can be counted at all.
const COUNTABLE: Law = Law { id: "K-in", name: "amounts fit 38 digits", when: When::End(|_, _| Ok(())) };

fn laws() -> impl Iterator<Item = &'static Law> {
    let of_money = [ledger_laws::LAWS, equity::LAWS];
    let of_orders = [order_laws::LAWS, life_laws::LAWS, fill_laws::LAWS];
    let of_conduct = [risk_laws::LAWS, cover_laws::LAWS, pass_laws::LAWS];
    let all = of_money.into_iter().chain(of_orders).chain(of_conduct).chain([&[COUNTABLE][..]]);
    all.flatten()
}

/// How often a law was looked at, and how often it did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LawResult {
    /// Its number in production-rules §5 or faults.md §3.
    pub id: &'static str,
    /// What it demands.
    pub name: &'static str,
    /// How often it was looked at.
    pub checked: u64,
    /// How often it was broken.
    pub breached: u64,
}

/// A law that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Which law.
    pub law: &'static str,
    /// After which record.
    pub seq: u64,
    /// What was found.
    pub text: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} broken at record {}: {}", self.law, self.seq, self.text)
    }
}

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditReport {
    /// Every law, in a fixed order.
    pub laws: Vec<LawResult>,
    /// How many records were read.
    pub records: u64,
    /// The first breaches of each law, by record.
    pub breaches: Vec<Breach>,
}

impl AuditReport {
    /// How often any law was broken, those not kept in words included.
    #[must_use]
    pub fn breached(&self) -> u64 {
        self.laws.iter().map(|law| law.breached).sum()
    }

    /// How often any law was looked at.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.laws.iter().map(|law| law.checked).sum()
    }

    /// Whether every law held.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.breached() == 0
    }

    /// A breach with the records that led to it and the line that runs it again.
    #[must_use]
    pub fn explain(breach: &Breach, header: &Header, records: &[Record]) -> String {
        let end = records.partition_point(|record| record.seq <= breach.seq);
        let mut renderer = Renderer::new(header);
        let lines: Vec<_> = records[..end].iter().map(|record| renderer.line(record)).collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN)..];
        format!("{breach}\n{}\nrun it again: {}", shown.join("\n"), header.rerun())
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (laws, checked, breached) = (self.laws.len(), self.checked(), self.breached());
        writeln!(f, "{laws} laws, {checked} checks over {} records, {breached} breaches", self.records)?;
        for law in &self.laws {
            let broken = if law.breached == 0 { String::new() } else { format!("  BROKEN {} times", law.breached) };
            writeln!(f, "{:>6} {:>9}  {}{broken}", law.id, law.checked, law.name)?;
        }
        self.breaches.iter().try_for_each(|breach| writeln!(f, "{breach}"))
    }
}

/// Audits a journal.
#[must_use]
pub fn audit(file: &JournalFile) -> AuditReport {
    audit_records(&file.header, &file.records)
}

/// Audits records that never were in a file.
#[must_use]
pub fn audit_records(header: &Header, records: &[Record]) -> AuditReport {
    let mut auditor = Auditor::new(header);
    for record in records {
        auditor.observe(record);
    }
    auditor.finish()
}

/// An audit under way.
pub struct Auditor {
    facts: Facts,
    laws: Vec<(&'static Law, Tally)>,
    /// Which laws look at each kind of record.
    by_kind: [Vec<usize>; KINDS],
    /// Which laws look at each step, each second, the end, and the end at rest.
    by_time: [Vec<usize>; 4],
    records: u64,
    closed: bool,
    next_second: i64,
}

impl Auditor {
    /// An audit of the journal with this header.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let laws: Vec<_> = laws().map(|law| (law, Tally::default())).collect();
        let (mut by_kind, mut by_time) = ([const { Vec::new() }; KINDS], [const { Vec::new() }; 4]);
        for (place, (law, _)) in laws.iter().enumerate() {
            match law.when {
                When::Record(kinds, _) => {
                    let listed = by_kind.iter_mut().enumerate().filter(|(kind, _)| kinds & (1 << kind) != 0);
                    listed.for_each(|(_, places)| places.push(place));
                }
                When::Step(_) => by_time[0].push(place),
                When::Second(_) => by_time[1].push(place),
                When::End(_) => by_time[2].push(place),
                When::Rest(_) => by_time[3].push(place),
            }
        }
        let facts = Facts::new(header);
        Self { facts, laws, by_kind, by_time, records: 0, closed: false, next_second: i64::MIN }
    }

    /// Takes the next record.
    pub fn observe(&mut self, record: &Record) {
        if Facts::begins_step(&record.body) {
            self.end_step();
        }
        self.records += 1;
        let learned = self.facts.learn(record);
        self.countable(record.seq, learned);
        for place in &self.by_kind[law::kind(&record.body)] {
            let (law, tally) = &mut self.laws[*place];
            if let When::Record(_, judge) = law.when {
                let judged = judge(&self.facts, record, tally);
                count(tally, record.seq, judged);
            }
        }
        self.closed |= matches!(record.body, Body::Close(_));
    }

    /// How often laws were broken so far.
    #[must_use]
    pub fn breached(&self) -> u64 {
        self.laws.iter().map(|(_, tally)| tally.breached).sum()
    }

    /// The venue's position in each instrument that traded, by its own log: signed quantity units.
    #[must_use]
    pub fn venue_positions(&self) -> BTreeMap<InstrumentId, i128> {
        self.facts.venue.positions.clone()
    }

    /// What the venue's own log of fills and fees moved of each asset in cash.
    #[must_use]
    pub fn venue_cash(&self) -> BTreeMap<AssetId, Exact> {
        self.facts.venue.cash.clone()
    }

    /// Ends the audit. Laws about the end are looked at only if the journal was closed.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        self.end_step();
        if self.closed {
            self.judge(2);
        }
        self.report()
    }

    /// Ends the audit of a run that healed: nothing may be left unknown, and what we hold is what the venue holds.
    #[must_use]
    pub fn finish_at_rest(mut self) -> AuditReport {
        self.end_step();
        self.judge(2);
        self.judge(3);
        self.report()
    }

    fn report(self) -> AuditReport {
        let mut report = AuditReport { laws: Vec::new(), records: self.records, breaches: Vec::new() };
        for (law, tally) in self.laws {
            let Tally { checked, breached, kept } = tally;
            report.laws.push(LawResult { id: law.id, name: law.name, checked, breached });
            report.breaches.extend(kept.into_iter().map(|(seq, text)| Breach { law: law.id, seq, text }));
        }
        report.breaches.sort_by_key(|breach| breach.seq);
        report
    }

    fn end_step(&mut self) {
        let settled = self.facts.settle();
        self.countable(self.facts.step.seq, settled);
        if self.facts.step.is_busy() {
            self.judge(0);
        }
        if self.facts.now() >= self.next_second {
            self.next_second = self.facts.now().saturating_add(SECOND);
            self.judge(1);
        }
        for asset in std::mem::take(&mut self.facts.step.rebased) {
            let gap = equity::gap(&self.facts, asset).map(|gap| {
                self.facts.offsets.insert(asset, gap);
            });
            self.countable(self.facts.step.seq, gap);
        }
    }

    /// Looks at the laws of a time.
    fn judge(&mut self, time: usize) {
        for place in &self.by_time[time] {
            let (law, tally) = &mut self.laws[*place];
            if let When::Step(judge) | When::Second(judge) | When::End(judge) | When::Rest(judge) = law.when {
                let judged = judge(&self.facts, tally);
                count(tally, self.facts.step.seq, judged);
            }
        }
    }

    fn countable(&mut self, seq: u64, learned: Result<(), TooLarge>) {
        let (_, tally) = self.laws.last_mut().expect("there are laws");
        tally.checked += 1;
        if let Err(error) = learned {
            tally.breach(seq, error.to_string());
        }
    }
}

fn count(tally: &mut Tally, seq: u64, judged: law::Judged) {
    if let Err(error) = judged {
        tally.breach(seq, error.to_string());
    }
}
