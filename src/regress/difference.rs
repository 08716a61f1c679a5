//! What of a run is not as it was.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::kept::{Kept, KeptFill};
use super::trail::Place;

/// A value that changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// In the baseline.
    pub was: String,
    /// Now.
    pub is: String,
    /// How much it grew, exactly; none where either is no number.
    pub by: Option<Decimal>,
}

/// The first fill that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FillChange {
    /// Other terms.
    Changed(KeptFill, Vec<Changed>),
    /// Fills beyond those of the baseline, this the first.
    Added(KeptFill),
    /// The baseline has more, this the first.
    Gone(KeptFill),
}

/// Everything of a run that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Figures that changed, by name.
    pub figures: Vec<Changed>,
    /// The first fill that differs, with its number from 1.
    pub fill: Option<(u64, FillChange)>,
    /// How many fills differ, those that are too many or too few counted in.
    pub fills: u64,
    /// Where the records part.
    pub place: Option<Place>,
}

impl Difference {
    /// What differs between a run and its baseline; none if nothing does.
    #[must_use]
    pub fn between(was: &Kept, is: &Kept) -> Option<Self> {
        let names: BTreeSet<&String> = was.figures.keys().chain(is.figures.keys()).collect();
        let figure = |kept: &Kept, name: &str| kept.figures.get(name).cloned().unwrap_or_else(|| "none".to_owned());
        let figures = names.into_iter().filter_map(|name| changed(name, figure(was, name), figure(is, name)));
        let figures: Vec<_> = figures.collect();
        let pairs = || was.fills.iter().zip(&is.fills);
        let common = was.fills.len().min(is.fills.len());
        let others = pairs().filter(|(was, is)| was != is).count() as u64;
        let fills = others + was.fills.len().abs_diff(is.fills.len()) as u64;
        let at = pairs().position(|(was, is)| was != is).unwrap_or(common);
        let fill = match (was.fills.get(at), is.fills.get(at)) {
            (Some(was), Some(is)) => Some(FillChange::Changed(is.clone(), changes(was, is))),
            (Some(was), None) => Some(FillChange::Gone(was.clone())),
            (None, Some(is)) => Some(FillChange::Added(is.clone())),
            (None, None) => None,
        };
        let parted = was.trail != is.trail || figures.iter().any(|figure| figure.name == "digest");
        let place = if parted { is.trail.parts_from(&was.trail) } else { None };
        let differs = !figures.is_empty() || fill.is_some() || was.trail != is.trail;
        differs.then(|| Self { figures, fill: fill.map(|fill| (at as u64 + 1, fill)), fills, place })
    }

    /// For people, the least first: figures, the first fill, how many more.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.figures.iter().map(|figure| format!("{figure}")).collect();
        if let Some((number, fill)) = &self.fill {
            lines.extend(fill.lines(*number));
        }
        if let Some(more @ 1..) = self.fills.checked_sub(1) {
            lines.push(format!("and {more} more fills differ"));
        }
        lines
    }
}

impl FillChange {
    fn lines(&self, number: u64) -> Vec<String> {
        let named = |fill: &KeptFill| {
            let KeptFill { order, execution, side, qty, symbol, price, .. } = fill;
            format!("fill {number}, order {order}, execution {execution}: {side} {qty} {symbol} at {price}")
        };
        match self {
            Self::Changed(fill, changes) => {
                let mut lines = vec![named(fill)];
                lines.extend(changes.iter().map(|change| format!("  {change}")));
                lines
            }
            Self::Added(fill) => vec![format!("{} is not in the baseline", named(fill))],
            Self::Gone(fill) => vec![format!("{} is in the baseline alone", named(fill))],
        }
    }
}

impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} was {} is {}", self.name, self.was, self.is)?;
        match self.by {
            Some(by) if by.is_sign_positive() => write!(f, " (+{by})"),
            Some(by) => write!(f, " ({by})"),
            None => Ok(()),
        }
    }
}

fn changes(was: &KeptFill, is: &KeptFill) -> Vec<Changed> {
    let both = was.values().into_iter().zip(is.values());
    both.filter_map(|((name, was), (_, is))| changed(name, was, is)).collect()
}

fn changed(name: &str, was: String, is: String) -> Option<Changed> {
    let number = |text: &str| text.parse::<Decimal>().ok();
    // A digest of digits alone is no number.
    let by = number(&was).zip(number(&is)).filter(|_| name != "digest");
    let by = by.and_then(|(was, is)| is.checked_sub(was));
    (was != is).then(|| Changed { name: name.to_owned(), was, is, by })
}
