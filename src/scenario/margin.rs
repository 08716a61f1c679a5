//! What holding a margin position costs, and how it must be backed.
//!
//! ```toml
//! [instrument."BTC/USDT".funding]
//! interval = "8h"                    # from midnight UTC, moved by a phase
//! phase = "0"
//! rate = "0.01%"                     # longs pay, where it is above zero
//! [[instrument."BTC/USDT".funding.change]]
//! at = "2024-08-09T08:00:00Z"        # the rate from this instant on
//! rate = "-0.005%"
//! ```

use super::market::instant;
use super::section::{Entry, Problems, Section};
use crate::market::{Contract, Rate, Span, Timestamp};
use crate::venue::{Every, Funding};

/// What an interval may be.
const INTERVAL: &str = "a span from 1min to 7days";
/// What a rate may be.
const RATE: &str = "-10% to 10%, with at most 6 decimals";

/// What holding a margin position costs, as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarginText {
    funding: Option<Funding>,
}

impl MarginText {
    /// Funding of a run that begins at an instant.
    pub fn funding(&self, since: Timestamp) -> Option<Funding> {
        self.funding.clone().map(|funding| Funding { since, ..funding })
    }
}

/// Reads what is written of an instrument.
pub fn read(section: &mut Section<'_>, contract: Option<Contract>, problems: &mut Problems<'_>) -> Option<MarginText> {
    let funding = section.get("funding");
    if let (Some(entry), Some(Contract::Spot)) = (&funding, contract) {
        entry.refuse(problems, "E-SC-011", "nothing of a spot instrument, which has no margin positions");
        return None;
    }
    let funding = match section.section("funding", problems) {
        Some(section) => Some(read_funding(section, problems)?),
        None if funding.is_some() => return None,
        None => None,
    };
    Some(MarginText { funding })
}

fn read_funding(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<Funding> {
    let times = every(&mut section, problems);
    let first = section.require("rate", problems, RATE).and_then(|entry| rate(&entry, problems));
    let mut rates = vec![(Timestamp::MIN, first)];
    for mut change in section.sections("change", problems) {
        let at = change.require("at", problems, super::market::INSTANT);
        let from = at.as_ref().and_then(|entry| instant(entry, problems));
        if let (Some(from), Some(at)) = (from, &at)
            && rates.last().is_some_and(|(before, _)| from <= *before)
        {
            at.refuse(problems, "E-SC-011", "a time later than that of the change before");
        }
        let next = change.require("rate", problems, RATE).and_then(|entry| rate(&entry, problems));
        change.finish(problems);
        rates.extend(from.map(|from| (from, next)));
    }
    section.finish(problems);
    let rates: Option<Vec<_>> = rates.into_iter().map(|(from, rate)| Some((from, rate?))).collect();
    Some(Funding { times: times?, since: Timestamp::MIN, rates: rates? })
}

/// `interval` and `phase`.
fn every(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Every> {
    let range = Span::from_mins(1)..=Span::from_hours(7 * 24);
    let span = section.require("interval", problems, INTERVAL)?.within(problems, range, INTERVAL);
    let phase = section.get("phase").map_or(Some(Span::ZERO), |entry| entry.setting::<Span>(problems));
    Some(Every { span: span?, phase: phase? })
}

fn rate(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Rate> {
    let rate = entry.within(problems, Rate::from_bps(-1_000)..=Rate::from_bps(1_000), RATE)?;
    if rate.decimal().normalize().scale() > 8 {
        entry.refuse(problems, "E-SC-010", RATE);
        return None;
    }
    Some(rate)
}
