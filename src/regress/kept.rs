//! What a baseline keeps of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trail::{Place, Trail, Walker};
use crate::audit::Auditor;
use crate::journal::{Body, Header, Journal, Record, Renderer, in_words};
use crate::market::{ExecutionReport, Fill, ReportKind};
use crate::metrics::Outcome;
use crate::sim::{self, Setup, SimError};

/// Most records that are told of a place where runs part.
const TOLD_MAX: u64 = 8;

/// A run, as a baseline keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed.
    pub seed: u64,
    /// Its number under that seed.
    pub run: u64,
    /// Its figures by name, as text: those of `run --json` that are the run's own.
    pub figures: BTreeMap<String, String>,
    /// Where its records led.
    pub trail: Trail,
    /// What traded, in the venue's order.
    pub fills: Vec<KeptFill>,
}

/// A fill in the venue's log. Prices, quantities and fees are exact decimal text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptFill {
    /// Nanoseconds since 1970, at the venue.
    pub at_ns: i64,
    /// Our number of the order.
    pub order: u64,
    /// The venue's number of the execution.
    pub execution: String,
    /// What traded.
    pub symbol: String,
    /// Of our order.
    pub side: String,
    /// In quote.
    pub price: String,
    /// In base, or contracts.
    pub qty: String,
    /// Maker or taker.
    pub liquidity: String,
    /// Paid; below zero a rebate. None where the venue told none with the fill.
    pub fee: Option<String>,
    /// Of what the fee is.
    pub fee_asset: Option<String>,
}

impl KeptFill {
    /// Names and values, in the order they are told.
    pub(super) fn values(&self) -> [(&'static str, String); 10] {
        let none = || "none".to_owned();
        [
            ("at_ns", self.at_ns.to_string()),
            ("order", self.order.to_string()),
            ("execution", self.execution.clone()),
            ("symbol", self.symbol.clone()),
            ("side", self.side.clone()),
            ("price", self.price.clone()),
            ("qty", self.qty.clone()),
            ("liquidity", self.liquidity.clone()),
            ("fee", self.fee.clone().unwrap_or_else(none)),
            ("fee_asset", self.fee_asset.clone().unwrap_or_else(none)),
        ]
    }
}

/// Who hears the records of a run.
struct Listener {
    header: Header,
    auditor: Auditor,
    walker: Walker,
    fills: Vec<KeptFill>,
}

impl Listener {
    fn new(header: &Header) -> Self {
        Self { header: header.clone(), auditor: Auditor::new(header), walker: Walker::new(), fills: Vec::new() }
    }

    fn hear(&mut self, record: &Record) {
        self.auditor.observe(record);
        if !record.body.is_of_the_run() {
            return;
        }
        self.walker.step(&postcard::to_allocvec(record).expect("a record can be written down"));
        if let Body::Truth(report) = &record.body
            && let ReportKind::Filled(fill) = &report.kind
        {
            self.fills.push(kept_fill(&self.header, report, fill));
        }
    }
}

fn kept_fill(header: &Header, report: &ExecutionReport, fill: &Fill) -> KeptFill {
    let card = header.card(report.instrument);
    let price = card.and_then(|card| card.price(fill.price).ok()).map(|price| price.to_string());
    let qty = card.and_then(|card| card.qty(fill.qty).ok()).map(|qty| qty.to_string());
    KeptFill {
        at_ns: report.at.0,
        order: report.order.0,
        execution: fill.execution.to_string(),
        symbol: header.symbol(report.instrument),
        side: in_words(&fill.side),
        price: price.unwrap_or_else(|| format!("{} ticks", fill.price.0)),
        qty: qty.unwrap_or_else(|| format!("{} lots", fill.qty.0)),
        liquidity: in_words(&fill.liquidity),
        fee: fill.fee.map(|fee| fee.amount.to_string()),
        fee_asset: fill.fee.map(|fee| header.asset(fee.asset)),
    }
}

impl Kept {
    /// Runs a setup and keeps what a baseline keeps.
    pub fn of(setup: &Setup) -> Result<Self, SimError> {
        let hears: Rc<RefCell<Option<Listener>>> = Rc::default();
        let told = Rc::clone(&hears);
        let journal = Journal::told(Box::new(move |record| {
            let mut told = told.borrow_mut();
            if let Body::Header(header) = &record.body {
                *told = Some(Listener::new(header));
            }
            if let Some(listener) = told.as_mut() {
                listener.hear(record);
            }
        }));
        let sim::Outcome { metrics, events, digest, .. } = sim::run(setup, journal)?;
        let Listener { auditor, walker, fills, .. } = hears.borrow_mut().take().expect("a journal has a header");
        let audit_breaches = auditor.finish().breached();
        let summary = metrics.finish(Outcome { events, digest, audit_breaches });
        let (scenario, seed, run) = (summary.scenario.clone(), summary.seed, summary.run);
        let Ok(Value::Object(all)) = serde_json::to_value(summary) else { unreachable!("a summary is a table") };
        let own = |name: &str| !matches!(name, "scenario" | "seed" | "run" | "order_statistics");
        let figures = all.into_iter().filter(|(name, _)| own(name)).map(|(name, value)| (name, plain(value))).collect();
        Ok(Self { scenario, seed, run, figures, trail: walker.finish(), fills })
    }

    /// What it is found by in a baseline.
    #[must_use]
    pub fn key(&self) -> (&str, u64, u64) {
        (&self.scenario, self.seed, self.run)
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Runs a setup again for the lines of its records at a place, the first eight of them; none where it ended before.
pub fn retold(setup: &Setup, place: Place) -> Result<Vec<String>, SimError> {
    let upto = place.upto.min(place.after + TOLD_MAX);
    let hears: Rc<RefCell<(Option<Header>, Vec<Record>)>> = Rc::default();
    let told = Rc::clone(&hears);
    let journal = Journal::told(Box::new(move |record| {
        let (header, records) = &mut *told.borrow_mut();
        match &record.body {
            Body::Header(ours) => *header = Some((**ours).clone()),
            body if body.is_of_the_run() && (records.len() as u64) < upto => records.push(record.clone()),
            _ => {}
        }
    }));
    sim::run(setup, journal)?;
    let (header, records) = hears.take();
    let header = header.expect("a journal has a header");
    // A line may need what earlier records told of its order.
    let mut renderer = Renderer::new(&header);
    let lines: Vec<String> = records.iter().map(|record| renderer.line(record)).collect();
    Ok(lines.into_iter().skip(usize::try_from(place.after).unwrap_or(usize::MAX)).collect())
}
