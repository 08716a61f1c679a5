//! The verdict: what was judged, by which evidence, and everything a reader needs to check it.
//!
//! It is plain data. `verdict.json` is this type and no more, and the report is drawn from it alone, so that the page
//! cannot say what the file does not. `docs/verdict.schema.json` is its shape.

use serde::{Deserialize, Serialize};

/// The version of the shape of `verdict.json`.
pub const SCHEMA: &str = "seatrial.verdict/1";

/// What is said of a line, a group, or the whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// The evidence shows that it holds.
    #[serde(rename = "PASS")]
    Pass,
    /// The evidence does not reach to say: never a pass.
    #[serde(rename = "INSUFFICIENT EVIDENCE")]
    Insufficient,
    /// The evidence shows that it does not hold.
    #[serde(rename = "FAIL")]
    Fail,
}

impl Outcome {
    /// As it is printed everywhere.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Insufficient => "INSUFFICIENT EVIDENCE",
            Self::Fail => "FAIL",
        }
    }
}

/// Where evidence comes from, from weakest to strongest (gate.md §5.5). A verdict is capped by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Our own simulator: what trades and what judges it share their models.
    SelfConsistent,
    /// The venue's test network.
    Testnet,
    /// The real market, with orders of the least size beside it.
    ShadowLive,
    /// Real money.
    Live,
}

impl Class {
    /// Every class, weakest first.
    pub const ALL: [Self; 4] = [Self::SelfConsistent, Self::Testnet, Self::ShadowLive, Self::Live];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfConsistent => "self-consistent",
            Self::Testnet => "testnet",
            Self::ShadowLive => "shadow-live",
            Self::Live => "live",
        }
    }
}

/// What one kind of evidence says of a line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What it says.
    pub outcome: Outcome,
    /// What was measured.
    pub value: Option<String>,
    /// How far from that the truth may lie, with the confidence of the criteria.
    pub bound: Option<String>,
    /// What was looked at, and how much of it; or what is missing.
    pub evidence: String,
}

/// A line of the criteria, judged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its id: `A1`, `D7`, `P3`.
    pub id: String,
    /// Its group: `A` to `F`, `P` of the 30-day profile.
    pub group: String,
    /// What is measured.
    pub name: String,
    /// What is asked of it.
    pub threshold: String,
    /// Where that is asked.
    pub source: String,
    /// Whether it decides the verdict of the class that was judged.
    pub decides: bool,
    /// By simulated evidence; none where simulation can say nothing of it.
    pub simulated: Option<Part>,
    /// By paper evidence.
    pub paper: Part,
}

/// A group of lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its letter.
    pub id: String,
    /// What it is about.
    pub name: String,
    /// The worst of its simulated parts; none where it has none.
    pub simulated: Option<Outcome>,
    /// The worst of its paper parts.
    pub paper: Outcome,
    /// How many of its lines simulated evidence judges.
    pub judged: u64,
    /// How many lines it has.
    pub lines: u64,
}

/// A drill of group D, over all runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DrillCount {
    /// Its id: `D1` to `D12`.
    pub id: String,
    /// What is drilled.
    pub name: String,
    /// Runs in which every part of it occurred.
    pub runs: u64,
    /// How many independent runs these are worth, clustered by data day: what the bound uses.
    pub effective: u64,
    /// Runs in which it did not hold.
    pub failures: u64,
    /// How often it may fail at most, with the confidence of the criteria; none without a run.
    pub bound: Option<f64>,
    /// Its parts, and in how many runs each occurred.
    pub parts: Vec<(String, u64)>,
    /// The longest it took to be safe again, in nanoseconds, where that is asked.
    pub slowest_ns: Option<i64>,
}

/// Faults against invariants: how often a fault occurred in runs, and how many of those broke a law.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Matrix {
    /// Invariants that columns stand for: families of laws.
    pub laws: Vec<String>,
    /// A row for each fault.
    pub rows: Vec<MatrixRow>,
}

/// What became of a fault.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MatrixRow {
    /// The fault.
    pub fault: String,
    /// How often it hit, over all runs.
    pub hits: u64,
    /// Runs in which it hit.
    pub runs: u64,
    /// For each column, runs with this fault in which a law of it was broken.
    pub broken: Vec<u64>,
}

/// How a figure is spread over runs.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    /// One in twenty is at most this.
    pub p05: f64,
    /// A quarter is at most this.
    pub p25: f64,
    /// Half are at most this.
    pub p50: f64,
    /// Three quarters are at most this.
    pub p75: f64,
    /// Nineteen in twenty are at most this.
    pub p95: f64,
}

/// A bar of a histogram.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bin {
    /// From here.
    pub from: f64,
    /// To here.
    pub to: f64,
    /// So many.
    pub count: u64,
}

/// The name of the figure that is a month's Sharpe ratio per year.
pub const SHARPE: &str = "Sharpe ratio";
/// The name of the figure that is a month's deepest fall from a peak.
pub const DRAWDOWN: &str = "deepest drawdown";

/// A figure of runs: what it is, its unit, and how it is spread.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// What it is counted in.
    pub unit: String,
    /// How many runs have it.
    pub runs: u64,
    /// How it is spread over them.
    pub spread: Spread,
}

/// What all runs came to, for pictures.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// Account currency.
    pub currency: String,
    /// Equity at the end of each day over equity at the start, day by day.
    pub fan: Vec<Spread>,
    /// Fall from the peak by the end of each day, as a share, day by day.
    pub drawdown: Vec<Spread>,
    /// Net results of runs, as shares of equity at the start.
    pub pnl: Vec<Bin>,
    /// Where the mean result of a run comes from: parts in order, which sum to the last, in account currency.
    pub attribution: Vec<(String, f64)>,
    /// What else is said of runs.
    pub figures: Vec<Figure>,
}

/// A strategy run beside the one that is judged, on the same markets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Benchmark {
    /// What it does.
    pub name: String,
    /// Runs.
    pub runs: u64,
    /// Net results as shares of equity at the start; none where no run has one, as below.
    pub net: Option<Spread>,
    /// Sharpe ratios per year.
    pub sharpe: Option<Spread>,
    /// Deepest falls as shares of the peak.
    pub drawdown: Option<Spread>,
    /// In which share of the runs of both the judged strategy came out ahead.
    pub beaten: Option<f64>,
    /// The chance of being ahead so often, or more, where neither is better: corrected for all that stand beside it (Holm).
    pub by_chance: Option<f64>,
}

/// One of the runs that came out worst.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Worst {
    /// Its number.
    pub run: u64,
    /// Net result in account currency.
    pub net_pnl: String,
    /// Deepest fall, as a share of the peak.
    pub max_drawdown: String,
    /// What was found broken; empty is as it should be.
    pub findings: Vec<String>,
    /// The line that runs it again.
    pub again: String,
}

/// A question of the review, and what this verdict answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// What is asked: paper now? live now? when?
    pub question: String,
    /// Yes, no, not before.
    pub answer: String,
    /// Why.
    pub why: String,
}

/// What a verdict is bound to: SHA-256, hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Bound {
    /// The program as it ran: its executable.
    pub build: String,
    /// The texts of all scenarios.
    pub scenarios: String,
    /// The data of all runs.
    pub data: String,
    /// The criteria, hashed before the first run.
    pub criteria: String,
    /// What the trader and the strategy were told.
    pub configuration: String,
    /// The account: currency, balances and rates.
    pub account: String,
    /// The stored results of every run.
    pub results: String,
}

/// The whole verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// [`SCHEMA`].
    pub schema: String,
    /// The verdict.
    pub outcome: Outcome,
    /// What kind of evidence was judged, and so what the verdict is worth.
    pub class: Class,
    /// Both in a phrase: `PASS (self-consistent)`.
    pub headline: String,
    /// Why, in one or two sentences, naming the lines that decided.
    pub why: String,
    /// The names of the scenarios judged.
    pub scenarios: Vec<String>,
    /// How many runs were judged.
    pub runs: u64,
    /// How many independent runs they are worth, clustered by data day.
    pub effective: u64,
    /// Days of a run.
    pub days: u64,
    /// Confidence of every bound.
    pub confidence: f64,
    /// When the verdict stops to be one, counted from when it was made, in days.
    pub valid_days: u64,
    /// Groups, in order.
    pub groups: Vec<Group>,
    /// Every line, in order.
    pub lines: Vec<Line>,
    /// Every drill.
    pub drills: Vec<DrillCount>,
    /// Faults against invariants.
    pub matrix: Matrix,
    /// What the runs came to.
    pub results: Results,
    /// Beside the strategy.
    pub benchmarks: Vec<Benchmark>,
    /// The ten worst runs.
    pub worst: Vec<Worst>,
    /// What was assumed: models and their parameters, by name.
    pub assumptions: Vec<(String, String)>,
    /// What was not tested.
    pub untested: Vec<String>,
    /// The decision matrix of the review.
    pub decisions: Vec<Decision>,
    /// The size steps after a pass.
    pub ramp: Vec<RampStep>,
    /// When a size step is taken back.
    pub demotions: Vec<Demotion>,
    /// What it is bound to.
    pub bound: Bound,
}

/// A step of the ramp after a pass (gate.md F3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RampStep {
    /// The share of capital at risk.
    pub share: String,
    /// Days it lasts at least.
    pub days: u64,
    /// Trades it takes at least.
    pub trades: u64,
}

/// A rule by which a size step is taken back, at once and without a meeting (gate.md F4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Demotion {
    /// What happened.
    pub when: String,
    /// What is done then.
    pub then: String,
}
