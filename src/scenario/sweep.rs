//! `[sweep]`: over which keys a batch of runs goes, and through which of their values.
//!
//! Every axis has a number of values and gives the value at a place, whether it was listed or is a range; what a method
//! chooses is places. A grid takes all of them, the last axis moving fastest; a random sample and a latin hypercube
//! draw from a stream of chance of the sweep's own seed, point by point, so that a point is the same whichever part of
//! the sweep is run.

mod read;

use rust_decimal::Decimal;

pub(super) use read::read;

use super::Over;
use crate::sim::rng::{Component, Stream};

/// The most values of an axis that are looked at before anything runs.
const PROBES: u64 = 1_000;

/// What a sweep goes over.
#[derive(Clone, Debug)]
pub struct Sweep {
    axes: Vec<Axis>,
    method: Method,
    points: u64,
    /// Of a latin hypercube: by axis, which stratum each point draws from.
    strata: Vec<Vec<u32>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Method {
    Grid,
    Cases,
    Random { seed: u64 },
    LatinHypercube { seed: u64 },
}

/// A key and its values.
#[derive(Clone, Debug)]
struct Axis {
    name: String,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// As TOML.
    Listed(Vec<String>),
    /// From a first value on, in steps of 10^-decimals, so many of them.
    Even { first: i64, step: i64, count: u64, decimals: u32, form: Form },
    /// Each the value before times a factor.
    Growing { values: Vec<Decimal>, form: Form },
}

/// How a number is written.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Form {
    quoted: bool,
    unit: String,
}

/// What kind of values an axis has: the type of its column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Whole numbers.
    Whole,
    /// Decimals, written in quotes.
    Decimal,
    /// True and false.
    Truth,
    /// Anything else.
    Text,
}

impl Sweep {
    /// A sweep of one point, which changes nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { axes: Vec::new(), method: Method::Grid, points: 1, strata: Vec::new() }
    }

    /// The same with its strata drawn, which a run that is one of its points can do without.
    pub(super) fn drawn(mut self) -> Self {
        if let Method::LatinHypercube { seed } = self.method {
            self.strata = strata(seed, self.points, self.axes.len());
        }
        self
    }

    /// How many points it has.
    #[must_use]
    pub const fn points(&self) -> u64 {
        self.points
    }

    /// The keys it goes over, with the kind of their values.
    pub fn axes(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.axes.iter().map(|axis| (axis.name.as_str(), axis.values.kind()))
    }

    /// The value of each key at a point, as TOML.
    ///
    /// # Panics
    /// Beyond the last point.
    #[must_use]
    pub fn at(&self, point: u64) -> Vec<String> {
        assert!(point < self.points, "a point of the sweep");
        let mut rest = point;
        let mut places = vec![0; self.axes.len()];
        for (number, axis) in self.axes.iter().enumerate().rev() {
            let count = axis.values.count();
            places[number] = match self.method {
                Method::Grid => {
                    let place = rest % count;
                    rest /= count;
                    place
                }
                Method::Cases => point,
                Method::Random { seed } => stream(seed, point, number).below(count),
                Method::LatinHypercube { seed } => {
                    // Where in its stratum, in parts of 2³².
                    let within = stream(seed, point, number).bits() >> 32;
                    let stratum = self.strata[number][usize::try_from(point).expect("a place in a list")];
                    let all = (u128::from(stratum) << 32 | u128::from(within)) * u128::from(count);
                    u64::try_from(all / (u128::from(self.points) << 32)).expect("below the count")
                }
            };
        }
        self.axes.iter().zip(places).map(|(axis, place)| axis.values.at(place)).collect()
    }

    /// The values of a point over what the file says.
    ///
    /// # Panics
    /// Beyond the last point.
    #[must_use]
    pub fn over(&self, point: u64) -> Over {
        let mut over = Over::default();
        for ((name, _), value) in self.axes().zip(self.at(point)) {
            over.set(name, &value).expect("a name that was read");
        }
        over
    }

    /// Every value that an axis takes where that is a list or few, to be looked at before anything runs; of many the
    /// first and the last.
    pub fn probes(&self) -> impl Iterator<Item = (&str, String)> {
        self.axes.iter().flat_map(|axis| {
            let count = axis.values.count();
            let all = if count <= PROBES { (0..count).collect() } else { vec![0, count - 1] };
            all.into_iter().map(|place| (axis.name.as_str(), axis.values.at(place)))
        })
    }

    /// In words: how many of what.
    #[must_use]
    pub fn describe(&self) -> String {
        let counts: Vec<String> =
            self.axes.iter().map(|axis| format!("{} {}", axis.values.count(), axis.name)).collect();
        match self.method {
            _ if self.axes.is_empty() => "one point".to_owned(),
            Method::Grid => format!("a grid of {}", counts.join(" x ")),
            Method::Cases => format!("{} listed cases", self.points),
            Method::Random { seed } => format!("{} random points, seed {seed}, of {}", self.points, counts.join(" x ")),
            Method::LatinHypercube { seed } => {
                format!("{} points of a latin hypercube, seed {seed}, of {}", self.points, counts.join(" x "))
            }
        }
    }
}

fn stream(seed: u64, point: u64, axis: usize) -> Stream {
    Stream::part(seed, point, Component::SweepPoint, u32::try_from(axis).expect("fewer axes than bytes of a file"))
}

/// For each axis an order of the strata.
fn strata(seed: u64, points: u64, axes: usize) -> Vec<Vec<u32>> {
    let one = |axis: usize| {
        let part = u32::try_from(axis).expect("fewer axes than bytes of a file");
        let mut chance = Stream::part(seed, 0, Component::SweepStrata, part);
        let mut order: Vec<u32> = (0..u32::try_from(points).expect("at most a million")).collect();
        for last in (1..order.len()).rev() {
            let other = chance.below(last as u64 + 1);
            order.swap(last, usize::try_from(other).expect("a place in a list"));
        }
        order
    };
    (0..axes).map(one).collect()
}

impl Values {
    const fn count(&self) -> u64 {
        match self {
            Self::Listed(values) => values.len() as u64,
            Self::Even { count, .. } => *count,
            Self::Growing { values, .. } => values.len() as u64,
        }
    }

    fn at(&self, place: u64) -> String {
        let listed = || usize::try_from(place).expect("a place in a list");
        match self {
            Self::Listed(values) => values[listed()].clone(),
            Self::Even { first, step, decimals, form, .. } => {
                let at = i128::from(*first) + i128::from(*step) * i128::from(place);
                form.written(Decimal::from_i128_with_scale(at, *decimals))
            }
            Self::Growing { values, form } => form.written(values[listed()]),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Listed(values) => {
                let all = |is: fn(&str) -> bool| values.iter().all(|value| is(value));
                let number = |value: &str| {
                    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                    inner.is_some_and(|inner| Decimal::from_str_exact(inner).is_ok())
                };
                match () {
                    () if all(|value| value.parse::<i64>().is_ok()) => Kind::Whole,
                    () if all(number) => Kind::Decimal,
                    () if all(|value| value == "true" || value == "false") => Kind::Truth,
                    () => Kind::Text,
                }
            }
            Self::Even { form, .. } | Self::Growing { form, .. } => match (form.quoted, form.unit.is_empty()) {
                (false, _) => Kind::Whole,
                (true, true) => Kind::Decimal,
                (true, false) => Kind::Text,
            },
        }
    }
}

impl Form {
    fn written(&self, number: Decimal) -> String {
        let unit = &self.unit;
        if self.quoted { format!("\"{number}{unit}\"") } else { format!("{number}{unit}") }
    }
}
