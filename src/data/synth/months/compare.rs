//! Recorded months beside generated ones, moment by moment.

use std::fmt;

use serde::Serialize;

use super::super::chance::{floor, real};
use super::moments::{MOMENTS, Moments};

/// What a moment comes to over many months: low, middle and high, linear between neighbours.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Band {
    /// The lower share of months is below it.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper share of months is above it.
    pub high: f64,
}

impl Band {
    /// The band that leaves out a share of months on either side; none of no months.
    #[must_use]
    pub fn of(mut values: Vec<f64>, outside: f64) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let last = real(i64::try_from(values.len()).ok()? - 1);
        let at = |share: f64| {
            let place = share * last;
            let below = usize::try_from(floor(place)).ok()?;
            let (low, high) = (values.get(below)?, values.get(below + 1).or(values.get(below))?);
            Some(low + (high - low) * (place - real(floor(place))))
        };
        Some(Self { low: at(outside)?, median: at(0.5)?, high: at(1.0 - outside)? })
    }

    /// Whether a value lies in it, its ends included.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// One moment of every recorded month, and of the generated ones.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    /// Its name.
    pub moment: &'static str,
    /// Of each recorded month, and whether it lies in the band.
    pub recorded: Vec<(f64, Option<bool>)>,
    /// Of the generated months, if there are any: 5 %, median, 95 %.
    pub band: Option<Band>,
    #[serde(skip)]
    decimals: usize,
}

/// Recorded months, and a band of generated ones beside them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    /// The recorded months' names.
    pub files: Vec<String>,
    /// The model of the generated months, and how many there are.
    pub model: Option<(String, u64)>,
    /// Moment by moment.
    pub lines: Vec<Line>,
}

/// Recorded months, and the generated months of a model.
#[must_use]
pub fn compare(recorded: &[(String, Moments)], model: Option<&str>, months: &[Moments]) -> Comparison {
    let line = |(moment, of, decimals): (&'static str, fn(&Moments) -> f64, usize)| {
        let band = Band::of(months.iter().map(of).collect(), 0.05);
        let inside = |value| band.map(|band| band.holds(value));
        let recorded = recorded.iter().map(|(_, moments)| (of(moments), inside(of(moments)))).collect();
        Line { moment, recorded, band, decimals }
    };
    Comparison {
        files: recorded.iter().map(|(name, _)| name.clone()).collect(),
        model: model.map(|model| (model.to_owned(), months.len() as u64)),
        lines: MOMENTS.into_iter().map(line).collect(),
    }
}

/// A table: a star stands at a recorded value that lies in the band.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, file) in (1..).zip(&self.files) {
            writeln!(f, "[{number}] {file}")?;
        }
        write!(f, "{:16}", "moment")?;
        for (number, _) in (1..).zip(&self.files) {
            write!(f, " {:>12}", format!("[{number}] "))?;
        }
        if let Some((model, months)) = &self.model {
            write!(f, "   {model}, {months} months: 5 % .. median .. 95 %")?;
        }
        for Line { moment, recorded, band, decimals } in &self.lines {
            write!(f, "\n{moment:16}")?;
            for (value, inside) in recorded {
                write!(f, " {value:11.decimals$}{}", if *inside == Some(true) { '*' } else { ' ' })?;
            }
            if let Some(Band { low, median, high }) = band {
                write!(f, "   {low:10.decimals$} .. {median:10.decimals$} .. {high:10.decimals$}")?;
            }
        }
        if self.model.is_some() && !self.files.is_empty() {
            write!(f, "\n* within the band")?;
        }
        Ok(())
    }
}
