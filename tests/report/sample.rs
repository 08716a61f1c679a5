//! Verdicts to draw: one as a night of runs would bring it, one of nothing, and one full of hostile texts.
#![allow(clippy::float_arithmetic, reason = "pictures are of floats")]

use seatrial::gate::verdict::{
    Benchmark, Bin, Bound, Class, Decision, Demotion, DrillCount, Figure, Group, Line, Matrix, MatrixRow, Outcome,
    Part, RampStep, Results, SCHEMA, Spread, Verdict, Worst,
};

const GROUPS: [(&str, &str); 7] = [
    ("A", "Edge plausibility"),
    ("B", "Execution fidelity"),
    ("C", "Accounting"),
    ("D", "Safety drills"),
    ("E", "Operations"),
    ("F", "Governance and ramp"),
    ("P", "30-day profile"),
];

/// Id, what is measured, threshold, value, bound; a value of nothing is a line that simulation says nothing of.
const LINES: [(&str, &str, &str, &str, &str); 21] = [
    ("A1", "Deflated Sharpe probability, trials from the registry", ">= 0.95", "0.981", "0.962 to 0.991"),
    ("A2", "Probability of backtest overfitting, 16 blocks", "<= 0.20 warns, <= 0.50 fails", "0.07", "<= 0.13"),
    (
        "A4",
        "Net result at the pessimistic end of the fill, latency and fee band",
        "> 0",
        "+312.44 USDT",
        ">= +88.02 USDT",
    ),
    ("A6", "Deepest fall: 95th percentile of the block bootstrap", "<= 12 %", "8.41 %", "<= 9.07 %"),
    ("A7", "best day's share of profit, of the median month", "<= 40 %", "11.2 %", ""),
    ("A7t", "best trade's share of profit, of the median month", "<= 20 %", "3.4 %", ""),
    (
        "B1",
        "Decision parity: commands replayed from the journal are identical",
        "100 %, bit-exact",
        "100 %",
        "3,600 of 3,600",
    ),
    ("B2", "Fill ratio error, paper less simulated, by order class", "equivalence within +/-5 points", "", ""),
    ("B7", "Latency p50, p95 and p99 against the model", "p99 within 25 %", "", ""),
    ("B10", "Minimum sample", ">= 30 calendar days and >= 2 regimes of volatility", "", ""),
    ("C1", "Trial balance of each asset after each event", "exactly 0", "0", "over 41,882,113 events"),
    (
        "C3",
        "P&L against the venue's statement, fees and funding lines included",
        "equal to the smallest unit",
        "equal",
        "",
    ),
    ("C6", "Duplicate or orphan executions booked", "0", "0", ""),
    (
        "D1",
        "Acknowledgement lost, late, duplicated, reordered",
        "safe always; converged <= 30 s",
        "0 of 3,214",
        "<= 0.0932 %",
    ),
    (
        "D8",
        "Kill switch: any order, one strategy, everything",
        "all cancels sent <= 1 s; no entry afterwards",
        "0 of 3,001",
        "<= 0.0998 %",
    ),
    ("D10", "Crash at every event index, restart", "same final state; <= 60 s in paper", "0 of 3,600", "<= 0.0832 %"),
    ("E1", "Uptime of the trading loop", ">= 99.5 %", "", ""),
    ("E3", "Alerts delivered and acknowledged in every drill", "<= 5 s and <= 5 min", "", ""),
    ("F1", "Hashes of code, configuration, models, data and rules frozen", "all", "7 of 7", ""),
    ("F2", "Two named sign-offs: developer and risk", "2", "", ""),
    ("P1", "Positive net result after 30 days", "lower bound > 0.5", "0.641", ">= 0.618"),
];

const DRILLS: [(&str, &str, &[&str]); 12] = [
    ("D1", "Acknowledgement lost, late, duplicated, reordered", &["lost", "late", "duplicated", "reordered"]),
    (
        "D2",
        "Fill lost in disconnect; after cancel; after “not found”",
        &["in disconnect", "after cancel", "after not found"],
    ),
    ("D3", "Partial fill, bracket and cancel race", &["partial", "bracket", "race"]),
    ("D4", "Venue outage, maintenance, halted instrument", &["outage", "maintenance", "halt"]),
    ("D5", "Feed gap, stale, crossed, clock jump", &["gap", "stale", "crossed", "clock"]),
    ("D6", "Rate-limit storm, twice the peak load", &["storm", "load"]),
    ("D7", "Rejections: notional, tick, band, margin, post-only", &["notional", "tick", "band", "margin", "post-only"]),
    ("D8", "Kill switch", &["order", "strategy", "everything"]),
    ("D9", "Limits trip at the limit", &["loss", "drawdown", "exposure", "order size", "repeated execution"]),
    ("D10", "Crash at every event index, restart", &["crash", "restart"]),
    ("D11", "Disk full, journal write failure", &["disk full", "write failure"]),
    ("D12", "Credential or permission lost", &["credential", "permission"]),
];

const FAULTS: [&str; 9] = [
    "ack lost",
    "ack late",
    "fill duplicated",
    "disconnect",
    "feed gap",
    "clock jump",
    "venue outage",
    "crash",
    "disk full",
];

const LAWS: [&str; 10] = [
    "books balance",
    "orders conserved",
    "fills booked once",
    "fees by plan",
    "position is the sum of fills",
    "limits held",
    "protection covers",
    "passes recorded",
    "risk within caps",
    "equity agrees",
];

fn line(found: &(&str, &str, &str, &str, &str), outcome: Outcome) -> Line {
    let (id, name, threshold, value, bound) = *found;
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let failed = matches!((outcome, id), (Outcome::Fail, "D8" | "C6"));
    let short = matches!((outcome, id), (Outcome::Insufficient, "D10"));
    let simulated = (!value.is_empty()).then(|| Part {
        outcome: if failed {
            Outcome::Fail
        } else if short {
            Outcome::Insufficient
        } else {
            Outcome::Pass
        },
        value: text(if failed { "2 of 3,001" } else { value }),
        bound: text(bound),
        evidence: format!(
            "3,600 runs of 30 days over 214 data days{}",
            if short { "; 2,995 independent runs are asked, 214 are there" } else { "" }
        ),
    });
    let paper = Part {
        outcome: Outcome::Insufficient,
        value: None,
        bound: None,
        evidence: "no paper journal was given: 30 calendar days with an outside reference are asked".to_owned(),
    };
    let decides = simulated.is_some();
    Line {
        id: id.to_owned(),
        group: id[..1].to_owned(),
        name: name.to_owned(),
        threshold: threshold.to_owned(),
        source: "gate.md §5.4, criteria.toml line 41".to_owned(),
        decides,
        simulated,
        paper,
    }
}

fn spread(middle: f64, half: f64) -> Spread {
    Spread {
        p05: middle - 2.1 * half,
        p25: middle - 0.9 * half,
        p50: middle,
        p75: middle + half,
        p95: middle + 2.4 * half,
    }
}

fn results() -> Results {
    let days = || (1..=30_u32).map(f64::from);
    let wave = |day: f64| (day * 0.7).sin() * 0.0016;
    let fan = days().map(|day| spread(1.0 + 0.0008 * day + wave(day), 0.0046 * day.sqrt())).collect();
    let fall = |day: f64| Spread {
        p05: 0.001 * day.sqrt(),
        p25: 0.003 * day.sqrt(),
        p50: 0.0058 * day.sqrt(),
        p75: 0.0095 * day.sqrt(),
        p95: 0.0163 * day.sqrt(),
    };
    let bin = |number: i32| {
        let from = f64::from(number) * 0.005;
        let count = 460.0 * (-(from - 0.022).powi(2) / 0.0014).exp();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Bin { from, to: from + 0.005, count: count as u64 }
    };
    let attribution = [
        ("Spread earned", 412.55),
        ("Direction", 96.13),
        ("Funding", -38.2),
        ("Maker fees", -71.04),
        ("Taker fees", -103.9),
        ("Slippage", -55.31),
        ("Unexplained", 0.0),
        ("Net result", 240.23),
    ];
    let figure = |name: &str, unit: &str, middle: f64, half: f64| Figure {
        name: name.to_owned(),
        unit: unit.to_owned(),
        runs: 3600,
        spread: spread(middle, half),
    };
    Results {
        currency: "USDT".to_owned(),
        fan,
        drawdown: days().map(fall).collect(),
        pnl: (-12..=24).map(bin).collect(),
        attribution: attribution.map(|(name, amount)| (name.to_owned(), amount)).to_vec(),
        figures: vec![
            figure("Sharpe ratio", "per year", 1.84, 0.61),
            figure("Sortino ratio", "per year", 2.61, 0.93),
            figure("Turnover", "times equity", 14.2, 3.3),
            figure("Fees", "USDT", 174.94, 22.1),
            figure("Orders", "per run", 18_412.0, 2_201.0),
            figure("Fill ratio", "share", 0.311, 0.022),
            figure("Time in market", "share", 0.62, 0.041),
        ],
    }
}

fn drill(number: usize, outcome: Outcome) -> DrillCount {
    let (id, name, parts) = DRILLS[number];
    let short = outcome == Outcome::Insufficient && id == "D10";
    let effective = if short { 214 } else { 3_100 + 17 * u64::try_from(number).expect("small") };
    #[allow(clippy::cast_precision_loss)]
    DrillCount {
        id: id.to_owned(),
        name: name.to_owned(),
        runs: effective + 400,
        effective,
        failures: if outcome == Outcome::Fail && id == "D8" { 2 } else { 0 },
        bound: Some(3.0 / effective as f64),
        parts: parts.iter().map(|part| ((*part).to_owned(), effective + 412)).collect(),
        slowest_ns: (number % 3 != 1).then_some(412_000_000 * (i64::try_from(number).expect("small") + 1)),
    }
}

fn worst(outcome: Outcome) -> Vec<Worst> {
    let of = |number: u64| Worst {
        run: 3_141 - number * 97,
        net_pnl: format!("-{}.{:02}", 912 - number * 31, (number * 37) % 100),
        max_drawdown: format!("{}.{} %", 13 - number / 2, number),
        findings: if outcome == Outcome::Fail && number < 2 {
            vec!["an entry was sent 1.204 s after the kill switch".to_owned(), "cancels took 1.61 s".to_owned()]
        } else {
            Vec::new()
        },
        again: format!(
            "seatrial run scenarios/months/quoter.toml --run {} --journal worst-{number}.journal",
            3_141 - number * 97
        ),
    };
    (0..10).map(of).collect()
}

fn decisions(outcome: Outcome) -> Vec<Decision> {
    let of = |question: &str, answer: &str, why: &str| Decision {
        question: question.to_owned(),
        answer: answer.to_owned(),
        why: why.to_owned(),
    };
    match outcome {
        Outcome::Pass => vec![
            of("Paper trading now?", "Yes", "every line that simulation can judge passes"),
            of("Live trading now?", "No", "evidence is self-consistent; 9 lines need paper or live evidence"),
            of(
                "When, at the earliest?",
                "After 30 calendar days of paper",
                "B10 asks for 30 days and two regimes of volatility",
            ),
        ],
        Outcome::Insufficient => vec![
            of("Paper trading now?", "Not before D10 has its runs", "214 independent runs are there, 2,995 are asked"),
            of("Live trading now?", "No", "the simulated part is not complete"),
        ],
        Outcome::Fail => vec![
            of("Paper trading now?", "No", "D8 failed in 2 of 3,001 runs: an entry was sent after the kill switch"),
            of("Live trading now?", "No", "a safety drill failed"),
        ],
    }
}

fn matrix(outcome: Outcome) -> Matrix {
    let row = |(number, fault): (usize, &&str)| MatrixRow {
        fault: (*fault).to_owned(),
        hits: if number == 8 { 0 } else { 1_204 * (u64::try_from(number).expect("small") + 3) },
        runs: if number == 8 { 0 } else { 3_214 },
        broken: (0..LAWS.len()).map(|law| u64::from(outcome == Outcome::Fail && number == 2 && law == 2) * 2).collect(),
    };
    Matrix { laws: LAWS.map(str::to_owned).to_vec(), rows: FAULTS.iter().enumerate().map(row).collect() }
}

fn benchmarks() -> Vec<Benchmark> {
    let benchmark = |name: &str, middle: f64, half: f64, beaten: f64| Benchmark {
        name: name.to_owned(),
        runs: 3_600,
        net: Some(spread(middle, half)),
        sharpe: Some(spread(middle * 40.0, 0.7)),
        drawdown: Some(spread(0.06, 0.02)),
        beaten: Some(beaten),
        by_chance: Some((1.0 - beaten) / 4.0),
    };
    vec![
        benchmark("Buy and hold", 0.011, 0.052, 0.583),
        benchmark("Hold cash", 0.0, 0.0, 0.741),
        benchmark("Random entries, same turnover", -0.031, 0.018, 0.964),
    ]
}

fn assumptions() -> Vec<(String, String)> {
    [
        ("fill model", "queue position, pro rata from depth, no fill at touch"),
        ("latency", "order entry 3.1 ms median, 41 ms p99; reports 2.8 ms median"),
        ("fees", "maker 2 bps, taker 5 bps, no tier earned in the run"),
        ("impact", "square root, coefficient 0.9, decays over 60 s"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn untested() -> Vec<String> {
    [
        "Behaviour of the venue's real matching engine: it is modelled.",
        "Markets faster than any of the 214 data days.",
        "Two venues at once.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A verdict as a night of runs would bring it.
pub fn sample(outcome: Outcome) -> Verdict {
    let lines: Vec<Line> = LINES.iter().map(|found| line(found, outcome)).collect();
    let group = |(id, name): (&str, &str)| {
        let parts = || lines.iter().filter(|line| line.group == id);
        let simulated = || parts().filter_map(|line| line.simulated.as_ref()).map(|part| part.outcome);
        Group {
            id: id.to_owned(),
            name: name.to_owned(),
            simulated: simulated().max(),
            paper: Outcome::Insufficient,
            judged: simulated().count() as u64,
            lines: parts().count() as u64,
        }
    };
    let why = match outcome {
        Outcome::Pass => {
            "All 13 lines that simulation can judge pass; 12 drills held in every one of at least 3,100 independent runs."
        }
        Outcome::Insufficient => {
            "D10 stands on 214 independent runs of the 2,995 that its bound asks for. No line failed."
        }
        Outcome::Fail => {
            "D8 did not hold in 2 of 3,001 runs (an entry after the kill switch); C6 found 2 executions booked twice."
        }
    };
    let hash = |seed: u8| {
        (0..32_u8).map(|byte| format!("{:02x}", byte.wrapping_mul(37).wrapping_add(seed))).collect::<Vec<_>>().concat()
    };
    Verdict {
        schema: SCHEMA.to_owned(),
        outcome,
        class: Class::SelfConsistent,
        headline: format!("{} (self-consistent)", outcome.word()),
        why: why.to_owned(),
        scenarios: ["quoter-btc-calm", "quoter-btc-storm", "quoter-eth-calm", "quoter-eth-crash"]
            .map(str::to_owned)
            .to_vec(),
        runs: 3_600,
        effective: 3_126,
        days: 30,
        confidence: 0.95,
        valid_days: 30,
        groups: GROUPS.map(group).to_vec(),
        drills: (0..DRILLS.len()).map(|number| drill(number, outcome)).collect(),
        matrix: matrix(outcome),
        results: results(),
        benchmarks: benchmarks(),
        worst: worst(outcome),
        assumptions: assumptions(),
        untested: untested(),
        decisions: decisions(outcome),
        ramp: [("1 %", 7, 200), ("5 %", 14, 500), ("25 %", 30, 1_500), ("100 %", 30, 3_000)]
            .map(|(share, days, trades)| RampStep { share: share.to_owned(), days, trades })
            .to_vec(),
        demotions: [
            ("any accounting line is broken", "halt, and back to paper"),
            ("the fall is beyond the bootstrap's", "one step down"),
        ]
        .map(|(when, then)| Demotion { when: when.to_owned(), then: then.to_owned() })
        .to_vec(),
        bound: Bound {
            build: hash(1),
            scenarios: hash(2),
            data: hash(3),
            criteria: hash(4),
            configuration: hash(5),
            account: hash(6),
            results: hash(7),
        },
        lines,
    }
}

/// A verdict of nothing.
pub fn empty() -> Verdict {
    Verdict {
        schema: SCHEMA.to_owned(),
        outcome: Outcome::Insufficient,
        class: Class::SelfConsistent,
        headline: "INSUFFICIENT EVIDENCE (self-consistent)".to_owned(),
        why: "No run was judged.".to_owned(),
        scenarios: Vec::new(),
        runs: 0,
        effective: 0,
        days: 0,
        confidence: 0.0,
        valid_days: 0,
        groups: Vec::new(),
        lines: Vec::new(),
        drills: Vec::new(),
        matrix: Matrix::default(),
        results: Results::default(),
        benchmarks: Vec::new(),
        worst: Vec::new(),
        assumptions: Vec::new(),
        untested: Vec::new(),
        decisions: Vec::new(),
        ramp: Vec::new(),
        demotions: Vec::new(),
        bound: Bound::default(),
    }
}
