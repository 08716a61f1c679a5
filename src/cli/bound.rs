//! `seatrial run --bound`: one scenario under three sets of models, and where the difference comes from.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::args::{Run, over};
use super::check::open;
use super::engine::{self, Failure};
use super::exit::Exit;
use super::output::{Output, complain};
use super::places::Places;
use super::run::each;
use super::text;
use seatrial::bound::{Bound, Factor, Parts, Ran, Set};
use seatrial::journal::{Exact, TooLarge};
use seatrial::sim::setup::Setup;

const SETS: [Set; 3] = [Set::Optimistic, Set::Central, Set::Pessimistic];

/// Bounds every scenario named.
pub fn run(args: &Run, places: &Places, output: &mut Output) -> Exit {
    each(args, output, |path, output| one(path, args, places, output))
}

fn one(path: &Path, args: &Run, places: &Places, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let (_, setup) = open(path, places, &over(&args.set), (args.seed, args.number)).map_err(Failure::BadInput)?;
    let bound = engine::bound(&setup)?;
    let figures = Figures::of(&bound).map_err(|error| Failure::Internal(error.to_string()))?;
    for line in lines(&setup, &bound, &figures) {
        output.line(&line);
    }
    for (what, amount) in figures.unexplained() {
        complain(&format!("{}: unexplained, {what}: {amount}", text::shown(&text::lossy(path))));
    }
    let audited: u64 = SETS.map(|set| bound.under(set).summary.audit_breaches).iter().sum();
    if audited > 0 {
        complain(&format!("{}: {audited} breaches of a law in the three runs", text::shown(&text::lossy(path))));
    }
    let sound = audited == 0 && figures.unexplained().is_empty();
    Ok((document(path, &setup, &bound, &figures), if sound { Exit::Fine } else { Exit::Breach }))
}

/// Everything that is printed, counted once.
struct Figures {
    /// What each rung brought, part by part, and together.
    rungs: Vec<(Parts, Exact)>,
    /// What the ledgers of two neighbouring sets differ by, and what of it no rung explains.
    steps: [(Exact, Exact); 2],
    /// What of each set's ledger its executions do not explain.
    within: [Exact; 3],
}

impl Figures {
    fn of(bound: &Bound) -> Result<Self, TooLarge> {
        let rungs = bound.parts()?.into_iter().map(|parts| Ok((parts, parts.sum()?)));
        let step = |from, to| {
            let (before, after) = (bound.under(from).account.ledger, bound.under(to).account.ledger);
            Ok((after.minus(before)?, bound.unexplained(from, to)?))
        };
        let within = |set| bound.under(set).account.unexplained();
        Ok(Self {
            rungs: rungs.collect::<Result<_, TooLarge>>()?,
            steps: [step(SETS[0], SETS[1])?, step(SETS[1], SETS[2])?],
            within: [within(SETS[0])?, within(SETS[1])?, within(SETS[2])?],
        })
    }

    /// What is not explained, and where; nothing where all is well.
    fn unexplained(&self) -> Vec<(String, Exact)> {
        let within = SETS.iter().zip(self.within).map(|(set, amount)| (format!("within {}", set.name()), amount));
        let step = |(at, step): (usize, &(Exact, Exact))| {
            (format!("from {} to {}", SETS[at].name(), SETS[at + 1].name()), step.1)
        };
        let all = within.chain(self.steps.iter().enumerate().map(step));
        all.filter(|(_, amount)| !amount.is_zero()).collect()
    }
}

/// The result for people.
fn lines(setup: &Setup, bound: &Bound, figures: &Figures) -> Vec<String> {
    let currency = &setup.assets[usize::from(setup.account_currency.0)].name;
    let mut lines =
        vec![format!("{}, seed {}, run {}: the optimism bound, in {currency}", setup.name, setup.seed, setup.run)];
    let said = |set: Set, at: usize| match set {
        Set::Optimistic => bound.says[at].clone(),
        Set::Central => bound.rungs[at].says.clone(),
        Set::Pessimistic => bound.rungs[6 + at].says.clone(),
    };
    for set in SETS {
        let stamp = if set == Set::Optimistic { " (proves nothing)" } else { "" };
        lines.push(format!("  {}{stamp}", set.name()));
        lines.extend(
            Factor::ALL.iter().enumerate().map(|(at, factor)| format!("    {:<12}{}", factor.name(), said(set, at))),
        );
    }
    let names = SETS.map(|set| set.name().to_owned());
    let by_set = |of: &dyn Fn(&Ran) -> String| SETS.map(|set| of(bound.under(set)));
    let mut table = vec![(String::new(), names)];
    table.push(("fills".to_owned(), by_set(&|ran| ran.summary.fills.to_string())));
    table.push(("net P&L".to_owned(), by_set(&|ran| ran.account.ledger.to_string())));
    for (at, name) in Parts::NAMES.iter().enumerate() {
        table.push((format!("  {name}"), by_set(&|ran| ran.account.parts.of[at].to_string())));
    }
    table.push(("unexplained".to_owned(), figures.within.map(|amount| amount.to_string())));
    lines.push("  what each run came to, and its executions against the mid".to_owned());
    lines.extend(laid_out(&table));
    let steps = |of: fn(&(Exact, Exact)) -> Exact| figures.steps.each_ref().map(|step| of(step).to_string());
    let mut table = vec![(String::new(), ["to central".to_owned(), "to pessimistic".to_owned()])];
    for (at, factor) in Factor::ALL.iter().enumerate() {
        let brought = [&figures.rungs[at], &figures.rungs[6 + at]].map(|(_, sum)| sum.to_string());
        table.push((format!("  {}", factor.name()), brought));
    }
    table.push(("together".to_owned(), steps(|step| step.0)));
    table.push(("unexplained".to_owned(), steps(|step| step.1)));
    lines.push("  what each model brought, switched one after another".to_owned());
    lines.extend(laid_out(&table));
    lines
}

/// Rows under one another, amounts to the right.
fn laid_out<const N: usize>(table: &[(String, [String; N])]) -> Vec<String> {
    let width = table.iter().flat_map(|(_, cells)| cells).map(String::len).max().unwrap_or_default() + 2;
    let row = |(name, cells): &(String, [String; N])| {
        let cells: String = cells.iter().map(|cell| " ".repeat(width - cell.len()) + cell).collect();
        format!("    {name:<13}{cells}")
    };
    table.iter().map(row).collect()
}

/// The result for programs.
fn document(path: &Path, setup: &Setup, bound: &Bound, figures: &Figures) -> Value {
    let set = |(at, set): (usize, Set)| {
        let says = |factor: usize| match set {
            Set::Optimistic => &bound.says[factor],
            Set::Central => &bound.rungs[factor].says,
            Set::Pessimistic => &bound.rungs[6 + factor].says,
        };
        let assumes: Map<String, Value> =
            Factor::ALL.iter().enumerate().map(|(at, factor)| (factor.name().to_owned(), json!(says(at)))).collect();
        let Ran { account, summary } = bound.under(set);
        let figures = json!({
            "optimistic": set == Set::Optimistic,
            "assumes": assumes,
            "net_pnl": account.ledger.to_string(),
            "parts": parts(&account.parts),
            "unexplained": figures.within[at].to_string(),
            "summary": summary,
        });
        (set.name().to_owned(), figures)
    };
    let rung = |(rung, (brought, sum)): (&seatrial::bound::Rung, &(Parts, Exact))| {
        json!({
            "factor": rung.factor.name(),
            "to": rung.to.name(),
            "says": rung.says,
            "net_pnl": rung.ran.account.ledger.to_string(),
            "brought": sum.to_string(),
            "parts": parts(brought),
        })
    };
    let step = |at: usize| {
        let (total, unexplained) = figures.steps[at];
        json!({ "to": SETS[at + 1].name(), "difference": total.to_string(), "unexplained": unexplained.to_string() })
    };
    json!({
        "file": text::lossy(path),
        "scenario": setup.name,
        "seed": setup.seed,
        "run": setup.run,
        "asset": setup.assets[usize::from(setup.account_currency.0)].name,
        "sets": SETS.into_iter().enumerate().map(set).collect::<Map<String, Value>>(),
        "order": Factor::ALL.map(Factor::name),
        "ladder": bound.rungs.iter().zip(&figures.rungs).map(rung).collect::<Vec<_>>(),
        "steps": [step(0), step(1)],
    })
}

fn parts(parts: &Parts) -> Value {
    let one = |(name, amount): (&&str, &Exact)| ((*name).to_owned(), json!(amount.to_string()));
    Value::Object(Parts::NAMES.iter().zip(&parts.of).map(one).collect())
}
