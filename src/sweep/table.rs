//! Statistics over a sweep's runs, group by group: polars reads, groups and takes quantiles.

use std::collections::BTreeSet;
use std::path::Path;

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, QuantileMethod, Series,
};

use super::plan::Plan;
use super::{frame, pieces};
use crate::bad_input::{BadInput, quoted};

/// What is asked of a column.
#[derive(Clone, PartialEq, Debug)]
pub struct Stat {
    field: String,
    of: Vec<(String, Of)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Of {
    Count,
    Mean,
    Std,
    Sum,
    Min,
    Max,
    Quantile(f64),
}

impl Stat {
    /// Reads `net_pnl:mean,p05`.
    pub fn read(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "a column, and after : count, mean, std, sum, min, max, median or p00 to p100";
        let wrong = || format!("found {}, allowed {ALLOWED}", quoted(text));
        let (field, names) = text.split_once(':').ok_or_else(wrong)?;
        let one = |name: &str| {
            let of = match name {
                "count" => Of::Count,
                "mean" => Of::Mean,
                "std" => Of::Std,
                "sum" => Of::Sum,
                "min" => Of::Min,
                "max" => Of::Max,
                "median" => Of::Quantile(0.5),
                _ => {
                    let digits =
                        name.strip_prefix('p').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
                    let share = match digits {
                        Some("100") => Some("1".to_owned()),
                        Some(two) if two.len() == 2 => Some(format!("0.{two}")),
                        _ => None,
                    };
                    Of::Quantile(share.and_then(|share| share.parse().ok()).ok_or_else(wrong)?)
                }
            };
            Ok((name.to_owned(), of))
        };
        let of = names.split(',').map(str::trim).map(one).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { field: field.trim().to_owned(), of })
    }
}

/// A table of statistics: names of its columns, and its rows as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Names.
    pub names: Vec<String>,
    /// Rows, in the order in which their groups come first.
    pub rows: Vec<Vec<String>>,
}

/// Groups a sweep's runs by columns, and says what is asked of each group. Money is cast to floats.
pub fn table(runs: &Path, by: &[String], stats: &[Stat]) -> Result<Table, BadInput> {
    all_known(&pieces::columns(runs)?, &runs.display().to_string(), by, stats)?;
    let mut wanted: Vec<&str> = by.iter().chain(stats.iter().map(|stat| &stat.field)).map(String::as_str).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let frame = pieces::read(runs, Some(&wanted))?;
    let made = grouped(frame, by, stats).map_err(|error| {
        let allowed = "columns of numbers, and others to group by";
        BadInput::new("E-SW-006", &runs.display().to_string(), error.to_string(), allowed)
    })?;
    let names = made.get_column_names().iter().map(ToString::to_string).collect();
    let rows = (0..made.height()).map(|at| made.columns().iter().map(|column| cell(column, at)).collect()).collect();
    Ok(Table { names, rows })
}

/// Whether the runs of a plan will have every column that is asked for.
pub fn known(plan: &Plan, by: &[String], stats: &[Stat]) -> Result<(), BadInput> {
    let frame = frame::of_runs(plan, &[]).map_err(|error| {
        BadInput::new("E-SW-006", plan.file(), error.to_string(), "keys that can be columns of one table")
    })?;
    let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    all_known(&names, plan.file(), by, stats)
}

fn all_known(known: &[String], file: &str, by: &[String], stats: &[Stat]) -> Result<(), BadInput> {
    let asked = by.iter().chain(stats.iter().map(|stat| &stat.field));
    match asked.into_iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(BadInput::new("E-SW-006", file, format!("no column {}", quoted(name)), known.join(", "))),
    }
}

fn grouped(mut frame: DataFrame, by: &[String], stats: &[Stat]) -> PolarsResult<DataFrame> {
    const ALL: &str = "all runs";
    let mut keys: Vec<String> = by.to_vec();
    if by.is_empty() {
        frame.with_column(Series::new(ALL.into(), vec![""; frame.height()]).into_column())?;
        keys.push(ALL.to_owned());
    }
    for stat in stats {
        let numbers = frame.column(&stat.field)?.cast(&DataType::Float64)?;
        let name = format!("{} as a number", stat.field);
        frame.with_column(numbers.with_name(name.as_str().into()))?;
    }
    let mut columns: Vec<Column> = Vec::new();
    for stat in stats {
        let number = format!("{} as a number", stat.field);
        for (name, of) in &stat.of {
            let groups = frame.group_by_stable(keys.iter().map(String::as_str))?.select([number.as_str()]);
            #[allow(deprecated, reason = "the eager groups of polars; the lazy ones are another 100 crates")]
            let made = match of {
                Of::Count => groups.count(),
                Of::Mean => groups.mean(),
                Of::Std => groups.std(1),
                Of::Sum => groups.sum(),
                Of::Min => groups.min(),
                Of::Max => groups.max(),
                Of::Quantile(share) => groups.quantile(*share, QuantileMethod::Linear),
            }?;
            if columns.is_empty() {
                columns.extend(by.iter().filter_map(|key| made.column(key).ok().cloned()));
            }
            let last = made.columns().last().cloned().unwrap_or_default();
            columns.push(last.with_name(format!("{} {name}", stat.field).as_str().into()));
        }
    }
    let height = columns.first().map_or(0, Column::len);
    DataFrame::new(height, columns)
}

fn cell(column: &Column, at: usize) -> String {
    match column.get(at) {
        Ok(AnyValue::Float64(number)) => format!("{number:.6}"),
        Ok(AnyValue::String(text)) => text.to_owned(),
        // A group that is alone.
        Ok(AnyValue::StringOwned(text)) => text.to_string(),
        Ok(AnyValue::Null) | Err(_) => "-".to_owned(),
        Ok(other) => other.to_string(),
    }
}

/// How a sweep's runs ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ends {
    /// Runs that ended in an error, a panic too.
    pub failed: u64,
    /// Runs that ended in a panic.
    pub panicked: u64,
    /// Runs in which a law was broken.
    pub breached: u64,
    /// The first of them all, with the line that runs it again.
    pub first: String,
    /// Every tape that was read.
    pub data: Vec<String>,
}

/// How a sweep's runs ended.
pub fn ends(runs: &Path) -> Result<Ends, BadInput> {
    let frame = pieces::read(runs, Some(&["error", "audit_breaches", "data", "again"]))?;
    let damaged = |_| pieces::damaged(runs);
    let text = |name: &str| frame.column(name).and_then(|column| column.str().cloned()).map_err(damaged);
    let (errors, again, data) = (text("error")?, text("again")?, text("data")?);
    let breaches = frame.column("audit_breaches").and_then(|column| column.u64().cloned()).map_err(damaged)?;
    let (mut ends, mut tapes) = (Ends::default(), BTreeSet::new());
    for at in 0..frame.height() {
        let breached = breaches.get(at).is_some_and(|breaches| breaches > 0);
        let told = errors.get(at).or(breached.then_some("a law was broken"));
        if let Some(told) = told.filter(|_| ends.first.is_empty()) {
            ends.first = format!("{told}\n  {}", again.get(at).unwrap_or_default());
        }
        ends.failed += u64::from(errors.get(at).is_some());
        ends.panicked += u64::from(errors.get(at).is_some_and(|error| error.starts_with("panic: ")));
        ends.breached += u64::from(breached);
        tapes.extend(data.get(at).into_iter().flat_map(str::split_whitespace).map(str::to_owned));
    }
    ends.data = tapes.into_iter().collect();
    Ok(ends)
}
