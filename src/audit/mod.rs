//! The laws of conservation, checked over a journal by somebody who does not trust the trader.
//!
//! [`audit`] reads a whole journal; an [`Auditor`] takes records as they are made, and keeps none. Either way every
//! law of `LAWS` is looked at wherever it applies, with sums of the audit's own: nothing here is
//! shared with `trading`, `ledger` or `metrics`, and amounts are counted in [`Exact`](crate::journal::Exact) decimals that
//! never round. A law that was not looked at says so with a count of zero.
//!
//! It promises to answer every journal that can be read, whatever it says, without a panic. It does
//! not repair, stop or explain anything but where a law was broken, with the records before it and
//! the line that runs it again.

mod base_fee;
mod books;
mod equity;
mod facts;
mod fill_laws;
mod law;
mod ledger_laws;
mod order_laws;
mod position;

use std::fmt;

use facts::Facts;
use law::{Law, Tally, When};

use crate::journal::{Body, Header, JournalFile, Record, Renderer, TooLarge};

/// Records shown before a breach.
const SHOWN: usize = 50;

/// The law that every amount can be counted at all.
const COUNTABLE: Law = Law { id: "K-in", name: "amounts fit 38 digits", when: When::End(|_, _| Ok(())) };

fn laws() -> impl Iterator<Item = &'static Law> {
    let all = [ledger_laws::LAWS, equity::LAWS, order_laws::LAWS, fill_laws::LAWS, &[COUNTABLE]];
    all.into_iter().flatten()
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
    records: u64,
    closed: bool,
}

impl Auditor {
    /// An audit of the journal with this header.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let laws = laws().map(|law| (law, Tally::default())).collect();
        Self { facts: Facts::new(header), laws, records: 0, closed: false }
    }

    /// Takes the next record.
    pub fn observe(&mut self, record: &Record) {
        if Facts::begins_step(&record.body) {
            self.end_step();
        }
        self.records += 1;
        let learned = self.facts.learn(record);
        self.countable(record.seq, learned);
        let facts = &self.facts;
        for (law, tally) in &mut self.laws {
            if let When::Record(judge) = law.when {
                let judged = judge(facts, record, tally);
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

    /// Ends the audit. Laws about the end are looked at only if the journal was closed.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        self.end_step();
        let facts = &self.facts;
        for (law, tally) in &mut self.laws {
            if let (true, When::End(judge)) = (self.closed, law.when) {
                let judged = judge(facts, tally);
                count(tally, facts.step.seq, judged);
            }
        }
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
        let facts = &self.facts;
        for (law, tally) in &mut self.laws {
            if let When::Step(judge) = law.when {
                let judged = judge(facts, tally);
                count(tally, facts.step.seq, judged);
            }
        }
        for asset in std::mem::take(&mut self.facts.step.rebased) {
            let gap = equity::gap(&self.facts, asset).map(|gap| {
                self.facts.offsets.insert(asset, gap);
            });
            self.countable(self.facts.step.seq, gap);
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
