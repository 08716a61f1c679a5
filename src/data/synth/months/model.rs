//! The parameters of a month, by name: what `seatrial data fit` writes and a scenario's `calibration` names.
//!
//! A minute's size is the regime's volatility, times the hour's and the weekday's share, times three
//! log-normal factors of mean one: a slow one, a fast one, and one of the minute alone. The last is what
//! makes a minute's return heavy-tailed, the first two are why large moves follow large ones.

use std::collections::BTreeMap;
use std::fmt;

use crate::bad_input::{BadInput, quoted};
use crate::data::fault::OPTION;

/// Regimes: quiet, normal, turbulent, crash; by their volatility.
pub const REGIMES: usize = 4;

/// How a market's months are made.
#[derive(Clone, PartialEq, Debug)]
pub struct MonthModel {
    /// Of each regime: the mean size of a minute's return, as a standard deviation and a fraction of the price.
    pub volatility: [f64; REGIMES],
    /// Of each regime: the mean return of a minute.
    pub drift: [f64; REGIMES],
    /// Of each regime: how long it lasts on average, in minutes.
    pub dwell: [f64; REGIMES],
    /// Of each regime: shares of the others that follow it; its own is nothing.
    pub next: [[f64; REGIMES]; REGIMES],
    /// Shares of time, from which the first regime is drawn.
    pub share: [f64; REGIMES],
    /// The slow factor: variance of its logarithm, and minutes until half of it is forgotten.
    pub slow: [f64; 2],
    /// The fast factor, in the same way.
    pub fast: [f64; 2],
    /// The minute's own factor: variance of its logarithm.
    pub noise: f64,
    /// Jumps a minute, what of them is beyond twelve standard deviations, in these, on average, and the share
    /// that falls.
    pub jumps: [f64; 3],
    /// Gaps a minute, and the minutes of one, on average.
    pub gaps: [f64; 2],
    /// How far beyond open and close a bar reaches: the volatility within a minute, in that of its return.
    pub wick: f64,
    /// Quote traded in a minute without a move, what the whole price as the bar's range would add, and the share of
    /// both that is chance.
    pub volume: [f64; 3],
    /// What the hours of the day, UTC, have of the mean volatility.
    pub hours: [f64; 24],
    /// What the days of the week have of it, from Monday.
    pub weekdays: [f64; 7],
}

/// A list of numbers within two bounds, both allowed.
type Bounds = (f64, f64);

/// Every name, how many numbers it has, and between what they lie.
const FIELDS: [(&str, usize, Bounds); 17] = [
    ("volatility", REGIMES, (1.0e-6, 0.02)),
    ("drift", REGIMES, (-0.01, 0.01)),
    ("dwell", REGIMES, (10.0, 1.0e6)),
    ("next_quiet", REGIMES, (0.0, 1.0)),
    ("next_normal", REGIMES, (0.0, 1.0)),
    ("next_turbulent", REGIMES, (0.0, 1.0)),
    ("next_crash", REGIMES, (0.0, 1.0)),
    ("share", REGIMES, (0.0, 1.0)),
    ("slow", 2, (0.0, 1.0e5)),
    ("fast", 2, (0.0, 1.0e5)),
    ("noise", 1, (0.0, 2.0)),
    ("jumps", 3, (0.0, 100.0)),
    ("gaps", 2, (0.0, 1_440.0)),
    ("wick", 1, (0.0, 5.0)),
    ("volume", 3, (0.0, 1.0e15)),
    ("hours", 24, (0.05, 20.0)),
    ("weekdays", 7, (0.05, 20.0)),
];

impl MonthModel {
    /// One that does nothing yet: where a fit begins.
    pub(super) const fn still() -> Self {
        Self {
            volatility: [1.0e-4; REGIMES],
            drift: [0.0; REGIMES],
            dwell: [1_440.0; REGIMES],
            next: [[0.0; REGIMES]; REGIMES],
            share: [0.25; REGIMES],
            slow: [0.0, 240.0],
            fast: [0.0, 10.0],
            noise: 0.0,
            jumps: [0.0, 1.0, 0.5],
            gaps: [0.0, 1.0],
            wick: 1.0,
            volume: [0.0; 3],
            hours: [1.0; 24],
            weekdays: [1.0; 7],
        }
    }

    /// A model of its named numbers, each as text: every name once, every number within its bounds.
    pub fn read(file: &str, written: &BTreeMap<String, Vec<String>>) -> Result<Self, BadInput> {
        if let Some(unknown) = written.keys().find(|key| !FIELDS.iter().any(|(name, ..)| name == key)) {
            let names: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
            return Err(BadInput::new(OPTION, file, "an unknown key", names.join(", ")).field(unknown.as_str()));
        }
        let mut numbers = Vec::new();
        for (name, count, bounds) in FIELDS {
            numbers.push(read_numbers(file, name, written.get(name), count, bounds)?);
        }
        let model = Self::of(&numbers);
        model.check(file)?;
        Ok(model)
    }

    /// Of the numbers of every field, in their order.
    fn of(numbers: &[Vec<f64>]) -> Self {
        fn array<const N: usize>(numbers: &[f64]) -> [f64; N] {
            numbers.try_into().expect("counted when it was read")
        }
        Self {
            volatility: array(&numbers[0]),
            drift: array(&numbers[1]),
            dwell: array(&numbers[2]),
            next: [3, 4, 5, 6].map(|at: usize| array(&numbers[at])),
            share: array(&numbers[7]),
            slow: array(&numbers[8]),
            fast: array(&numbers[9]),
            noise: numbers[10][0],
            jumps: array(&numbers[11]),
            gaps: array(&numbers[12]),
            wick: numbers[13][0],
            volume: array(&numbers[14]),
            hours: array(&numbers[15]),
            weekdays: array(&numbers[16]),
        }
    }

    /// The numbers of every field, in their order.
    fn numbers(&self) -> [&[f64]; FIELDS.len()] {
        let [quiet, normal, turbulent, crash] = &self.next;
        [
            &self.volatility,
            &self.drift,
            &self.dwell,
            quiet,
            normal,
            turbulent,
            crash,
            &self.share,
            &self.slow,
            &self.fast,
            std::slice::from_ref(&self.noise),
            &self.jumps,
            &self.gaps,
            std::slice::from_ref(&self.wick),
            &self.volume,
            &self.hours,
            &self.weekdays,
        ]
    }

    /// The same with six digits of every number.
    pub(super) fn rounded(&self) -> Self {
        let six = |number: &f64| format!("{number:.5e}").parse().expect("a number that was just written");
        Self::of(&self.numbers().map(|numbers| numbers.iter().map(six).collect::<Vec<f64>>()))
    }

    /// Holds bounds that depend on which number of a list it is.
    fn check(&self, file: &str) -> Result<(), BadInput> {
        const SHARES: &str = "shares that add up to 1";
        let [often, _, falls] = self.jumps;
        let variance = self.slow[0] + self.fast[0] + self.noise;
        let whole = |shares: &[f64]| (shares.iter().sum::<f64>() - 1.0).abs() <= 0.001;
        let sound = [
            ("next_quiet", whole(&self.next[0]), SHARES),
            ("next_normal", whole(&self.next[1]), SHARES),
            ("next_turbulent", whole(&self.next[2]), SHARES),
            ("next_crash", whole(&self.next[3]), SHARES),
            ("share", whole(&self.share), SHARES),
            ("slow", variance <= 4.0, "variances of at most 4 together with those of fast and noise"),
            ("slow", self.slow[1] > 0.0, "a half-life above 0"),
            ("fast", self.fast[1] > 0.0, "a half-life above 0"),
            ("jumps", often <= 0.1 && falls <= 1.0, "at most 0.1 a minute, of which a share falls"),
            ("gaps", self.gaps[0] <= 0.01, "at most 0.01 a minute"),
            ("volume", self.volume[2] <= 1.0, "a share of chance of at most 1"),
        ];
        match sound.iter().find(|(_, sound, _)| !sound) {
            Some((field, _, allowed)) => {
                let at = FIELDS.iter().position(|(name, ..)| name == field).expect("a field of ours");
                Err(BadInput::new(OPTION, file, format!("{:?}", self.numbers()[at]), *allowed).field(*field))
            }
            None => Ok(()),
        }
    }
}

fn read_numbers(
    file: &str,
    name: &str,
    written: Option<&Vec<String>>,
    count: usize,
    (least, most): Bounds,
) -> Result<Vec<f64>, BadInput> {
    let allowed = || match count {
        1 => format!("a number from {least} to {most}"),
        _ => format!("{count} numbers from {least} to {most}"),
    };
    let bad = |found: String| BadInput::new(OPTION, file, found, allowed()).field(name);
    let written = written.ok_or_else(|| bad("nothing".to_owned()))?;
    if written.len() != count {
        return Err(bad(format!("{} numbers", written.len())));
    }
    let one = |text: &String| {
        let number = text.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| bad(quoted(text)))
    };
    written.iter().map(one).collect()
}

/// As TOML: each number is the shortest text that reads back as it.
impl fmt::Display for MonthModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, ..), numbers) in FIELDS.iter().zip(self.numbers()) {
            let texts: Vec<String> = numbers.iter().map(|number| format!("\"{number}\"")).collect();
            writeln!(f, "{name} = [{}]", texts.join(", "))?;
        }
        Ok(())
    }
}
