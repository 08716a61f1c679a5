//! The criteria of the go-live gate: `gate.toml`, whose defaults are in the binary, and what a file of one's own puts
//! over them.
//!
//! A file names only what differs: thresholds of lines, the confidence, the ramp. No line can be taken away, and none
//! renamed; a threshold can be given only where the default has one of its kind.

use std::path::Path;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::section::{Entry, Problems, Section};
use super::{Source, no_toml};
use crate::bad_input::BadInput;
use crate::journal::hex;
use crate::market::Rate;
use crate::trading::setting::{Number, Setting};

/// The defaults.
pub const DEFAULT: &str = include_str!("gate.toml");

/// What a line asks of its figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Threshold {
    /// At least, or else at most.
    pub at_least: bool,
    /// The figure, as it was written.
    pub text: String,
    /// The figure.
    pub value: Decimal,
    /// What the default is, where this is not it.
    pub instead_of: Option<String>,
}

/// A line of the criteria.
#[derive(Clone, PartialEq, Debug)]
pub struct Criterion {
    /// Its id, whose first letter is its group.
    pub id: String,
    /// What is measured.
    pub name: String,
    /// What is asked; none where it is a fact that is asked for.
    pub threshold: Option<Threshold>,
    /// Where that is asked.
    pub source: String,
}

/// A step of the ramp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Share of capital.
    pub share: String,
    /// Days at least.
    pub days: u64,
    /// Trades at least.
    pub trades: u64,
}

impl Step {
    /// The share as a number; what cannot be read is the whole.
    fn size(&self) -> Rate {
        Rate::read(&self.share).unwrap_or(Rate::ONE)
    }

    /// Whether it risks no more than another, for as long and as many trades.
    fn stands_for(&self, other: &Self) -> bool {
        self.size() <= other.size() && self.days >= other.days && self.trades >= other.trades
    }
}

/// The criteria in force.
#[derive(Clone, PartialEq, Debug)]
pub struct Criteria {
    /// Of every bound, between 0 and 1.
    pub confidence: Decimal,
    /// How often a drill may fail at most.
    pub failure_share: Decimal,
    /// Days a verdict is valid.
    pub valid_days: u64,
    /// Every so many runs one is replayed.
    pub replay_every: u64,
    /// The lines, in order.
    pub lines: Vec<Criterion>,
    /// The size steps after a pass.
    pub ramp: Vec<Step>,
    /// When a size step is taken back, and what is done then.
    pub demotions: Vec<(String, String)>,
    /// The file of one's own: its text, empty where there is none.
    pub own: String,
}

impl Criteria {
    /// The defaults.
    #[must_use]
    pub fn standard() -> Self {
        let source = Source { file: "gate.toml".to_owned(), text: DEFAULT.to_owned() };
        let empty = Self {
            confidence: Decimal::new(95, 2),
            failure_share: Decimal::new(1, 3),
            valid_days: 30,
            replay_every: 1,
            lines: Vec::new(),
            ramp: Vec::new(),
            demotions: Vec::new(),
            own: String::new(),
        };
        let mut criteria = empty.over(&source, true).expect("the defaults are sound");
        // A table has no order of its own: the profile first, then groups by letter and lines by number.
        criteria.lines.sort_by_key(|line| {
            let (group, number) = line.id.split_at(1);
            let number = number.trim_end_matches(|sign: char| sign.is_ascii_lowercase());
            (group != "P", group.to_owned(), number.len(), line.id.clone())
        });
        criteria
    }

    /// The defaults with a file of one's own over them.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, Vec<BadInput>> {
        Self::parse(&Source::read(path).map_err(|bad| vec![bad])?)
    }

    /// The same of a text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(source: &Source) -> Result<Self, Vec<BadInput>> {
        let criteria = Self::standard().over(source, false)?;
        Ok(Self { own: source.text.clone(), ..criteria })
    }

    /// SHA-256 of all that is in force, hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(format!("{DEFAULT}\n{}", self.own).as_bytes()))
    }

    /// What is looser than the defaults, in words; empty where nothing is.
    #[must_use]
    pub fn loosened(&self) -> Vec<String> {
        let standard = Self::standard();
        let mut all = Vec::new();
        let mut told = |looser: bool, what: String| all.extend(looser.then_some(what));
        told(
            self.confidence < standard.confidence,
            format!("confidence {} for {}", self.confidence, standard.confidence),
        );
        let share = format!("failure share {} for {}", self.failure_share, standard.failure_share);
        told(self.failure_share > standard.failure_share, share);
        let every = format!("every {} runs replayed for every {}", self.replay_every, standard.replay_every);
        told(self.replay_every > standard.replay_every, every);
        told(
            self.valid_days > standard.valid_days,
            format!("valid {} days for {}", self.valid_days, standard.valid_days),
        );
        for (own, default) in self.lines.iter().zip(&standard.lines) {
            let (Some(asked), Some(usual)) = (&own.threshold, &default.threshold) else { continue };
            let looser = if asked.at_least { asked.value < usual.value } else { asked.value > usual.value };
            told(looser, format!("{} {} for {}", own.id, asked.text, usual.text));
        }
        all.extend(self.steeper_than(&standard.ramp));
        let left_out = standard.demotions.iter().filter(|rule| !self.demotions.contains(rule)).count();
        all.extend((left_out > 0).then(|| format!("demotion rules left out: {left_out}")));
        all
    }

    /// How the ramp is looser than the default one, in words: a step of that is stood for by none, or it begins larger.
    fn steeper_than(&self, usual: &[Step]) -> Option<String> {
        let told = format!("ramp of {} steps for {}", self.ramp.len(), usual.len());
        if let Some(step) = usual.iter().find(|step| !self.ramp.iter().any(|own| own.stands_for(step))) {
            let Step { share, days, trades } = step;
            return Some(format!("{told} (none for {share} over {days} days and {trades} trades)"));
        }
        let (own, first) = (self.ramp.first()?, usual.first()?);
        (own.size() > first.size()).then(|| format!("{told} (begins at {} for {})", own.share, first.share))
    }

    /// A line.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Criterion> {
        self.lines.iter().find(|line| line.id == id)
    }

    fn over(mut self, source: &Source, whole: bool) -> Result<Self, Vec<BadInput>> {
        let mut problems = Problems::new(source);
        match DeTable::parse(&source.text) {
            Ok(table) => {
                let table = table.into_inner();
                self.take(Section::top(&table), whole, &mut problems);
            }
            Err(error) => no_toml(&error, &mut problems),
        }
        problems.into_result().map(|()| self)
    }

    fn take(&mut self, mut top: Section<'_>, whole: bool, problems: &mut Problems<'_>) {
        if let Some(entry) = top.require("schema", problems, "schema = 1") {
            entry.whole(problems, 1..=1);
        }
        if let Some(entry) = top.get("profile") {
            entry.word(problems, &[("thirty-days", ())]);
        }
        let share = |entry: Entry<'_>, most: Rate, allowed: &str, problems: &mut Problems<'_>| {
            entry.within(problems, Rate::from_bps(1)..=most, allowed).map(|rate| rate.decimal().normalize())
        };
        if let Some(entry) = top.get("confidence") {
            self.confidence =
                share(entry, Rate::from_bps(9_999), "0.01% to 99.99%", problems).unwrap_or(self.confidence);
        }
        if let Some(entry) = top.get("failure_share") {
            self.failure_share = share(entry, Rate::ONE, "0.01% to 100%", problems).unwrap_or(self.failure_share);
        }
        if let Some(entry) = top.get("valid_days") {
            self.valid_days = entry.whole(problems, 1..=365).unwrap_or(self.valid_days);
        }
        if let Some(entry) = top.get("replay_every") {
            self.replay_every = entry.whole(problems, 1..=1_000_000).unwrap_or(self.replay_every);
        }
        if let Some(lines) = top.section("line", problems) {
            for (id, at, entry) in lines.open() {
                if let Some(section) = entry.as_section(at, problems) {
                    self.line_of(id, section, whole, problems);
                }
            }
        }
        self.after(&mut top, problems);
        top.finish(problems);
    }

    /// The ramp and what takes it back; a file that names steps names all of them.
    fn after(&mut self, top: &mut Section<'_>, problems: &mut Problems<'_>) {
        let steps: Vec<Step> = top.sections("ramp", problems).into_iter().filter_map(|s| step(s, problems)).collect();
        let down: Vec<(String, String)> =
            top.sections("demotion", problems).into_iter().filter_map(|s| demotion(s, problems)).collect();
        if !steps.is_empty() {
            self.ramp = steps;
        }
        if !down.is_empty() {
            self.demotions = down;
        }
    }

    fn line_of(&mut self, id: &str, mut section: Section<'_>, whole: bool, problems: &mut Problems<'_>) {
        let (at_least, at_most) = (section.get("at_least"), section.get("at_most"));
        if whole {
            let mut text =
                |key| section.require(key, problems, "a text").and_then(|entry| entry.string(problems, "a text"));
            let (name, source) =
                (text("name").unwrap_or_default().to_owned(), text("source").unwrap_or_default().to_owned());
            let threshold = match (at_least, at_most) {
                (Some(entry), _) => threshold(&entry, true, problems),
                (None, Some(entry)) => threshold(&entry, false, problems),
                (None, None) => None,
            };
            self.lines.push(Criterion { id: id.to_owned(), name, threshold, source });
            return section.finish(problems);
        }
        let Some(line) = self.lines.iter_mut().find(|line| line.id == id) else {
            let known: Vec<&str> = self.lines.iter().map(|line| line.id.as_str()).collect();
            return problems.add("E-SC-006", section.at, &section.path, "a line that is none", &known.join(", "));
        };
        for (entry, at_least) in [(at_least, true), (at_most, false)] {
            let Some(entry) = entry else { continue };
            match &line.threshold {
                Some(Threshold { at_least: false, text, .. }) if text == "0" => {
                    entry.refuse(problems, "E-SC-011", "nothing: the line allows none");
                }
                Some(default) if default.at_least == at_least => {
                    let instead_of = Some(default.text.clone());
                    if let Some(own) = threshold(&entry, at_least, problems) {
                        line.threshold =
                            Some(Threshold { instead_of: instead_of.filter(|text| *text != own.text), ..own });
                    }
                }
                Some(Threshold { at_least: true, .. }) => {
                    entry.refuse(problems, "E-SC-011", "at_least, as the default has it");
                }
                Some(Threshold { at_least: false, .. }) => {
                    entry.refuse(problems, "E-SC-011", "at_most, as the default has it");
                }
                None => entry.refuse(problems, "E-SC-011", "nothing: the line asks for a fact"),
            }
        }
        section.finish(problems);
    }
}

fn threshold(entry: &Entry<'_>, at_least: bool, problems: &mut Problems<'_>) -> Option<Threshold> {
    let value = entry.setting::<Number>(problems)?.0;
    let text = value.normalize().to_string();
    Some(Threshold { at_least, text, value, instead_of: None })
}

fn step(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<Step> {
    let share = section.require("share", problems, "a share such as \"5%\"")?;
    share.within(problems, Rate::from_bps(1)..=Rate::ONE, "0.01% to 100%")?;
    let share = share.string(problems, "a share")?.to_owned();
    let days = section.require("days", problems, "days")?.whole(problems, 0..=3_650)?;
    let trades = section.require("trades", problems, "trades")?.whole(problems, 0..=1_000_000_000)?;
    section.finish(problems);
    Some(Step { share, days, trades })
}

fn demotion(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<(String, String)> {
    let mut text = |key| Some(section.require(key, problems, "a text")?.string(problems, "a text")?.to_owned());
    let (when, then) = (text("when"), text("then"));
    section.finish(problems);
    Some((when?, then?))
}
