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
//!
//! [instrument."BTC/USDT".margin]
//! backing = "cross"                  # or isolated
//! maintenance_of = "mark"            # or entry
//! liquidated = "book"                # or bankruptcy
//! liquidation_fee = "1.25%"
//! bracket = [                        # sizes in what the instrument settles in; the last has no end
//!     { up_to = "50000", leverage = 125, maintenance = "0.4%" },
//!     { leverage = 100, maintenance = "0.5%" },
//! ]
//!
//! [instrument."BTC/USDT".interest]
//! interval = "4h"
//! from = "opening"                   # or clock, with a phase
//! of = "cost"                        # what it cost at its entry, or borrowed
//! long = "0.02%"                     # for each interval; there may be changes as of funding
//! short = "0.02%"
//! opening = "0.02%"                  # of what an execution opens, with its fee
//! ```

use super::market::instant;
use super::section::{Entry, Problems, Section};
use rust_decimal::Decimal;

use crate::market::{Contract, Money, Rate, Span, Timestamp};
use crate::venue::{Backing, Basis, Bracket, Charged, CountedFrom, Every, ForcedPrice, Funding, Interest, MarginRules};

/// What an interval may be.
const INTERVAL: &str = "a span from 1min to 7days";
/// What a share may be.
const SHARE: &str = "0% to 100%, with at most 6 decimals";
/// What a rate may be.
const RATE: &str = "-10% to 10%, with at most 6 decimals";

/// What holding a margin position costs, as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarginText {
    funding: Option<Funding>,
    interest: Option<Interest>,
    /// How it must be backed.
    pub rules: Option<MarginRules>,
}

impl MarginText {
    /// Funding of a run that begins at an instant.
    pub fn funding(&self, since: Timestamp) -> Option<Funding> {
        self.funding.clone().map(|funding| Funding { since, ..funding })
    }

    /// Interest of a run that begins at an instant.
    pub fn interest(&self, since: Timestamp) -> Option<Interest> {
        self.interest.clone().map(|interest| Interest { since, ..interest })
    }
}

/// Reads what is written of an instrument; `third` is whether its fees are charged in a third asset.
pub fn read(
    section: &mut Section<'_>,
    contract: Option<Contract>,
    third: bool,
    problems: &mut Problems<'_>,
) -> Option<MarginText> {
    let written = [section.get("funding"), section.get("margin"), section.get("interest")];
    if contract == Some(Contract::Spot) {
        for entry in written.iter().flatten() {
            entry.refuse(problems, "E-SC-011", "nothing of a spot instrument, which has no margin positions");
        }
        return Some(MarginText::default());
    }
    let [funding, rules, interest] = written;
    // Both are read before either is missed, so that what is wrong is told at once.
    let funding = funding.map(|_| section.section("funding", problems).and_then(|of| read_funding(of, problems)));
    let rules = rules.map(|_| section.section("margin", problems).and_then(|of| read_rules(of, problems)));
    let interest =
        interest.map(|_| section.section("interest", problems).and_then(|of| read_interest(of, third, problems)));
    let interest = interest.map(|read| read.ok_or(())).transpose().ok()?;
    let funding = funding.map(|read| read.ok_or(())).transpose().ok()?;
    let rules = rules.map(|read| read.ok_or(())).transpose().ok()?;
    Some(MarginText { funding, interest, rules })
}

fn read_funding(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<Funding> {
    let times = every(&mut section, problems);
    let first = section.require("rate", problems, RATE).and_then(|entry| rate(&entry, problems));
    let mut rates = vec![(Timestamp::MIN, first)];
    for mut change in section.sections("change", problems) {
        let from = later(&mut change, rates.last().map(|(before, _)| *before), problems);
        let next = change.require("rate", problems, RATE).and_then(|entry| rate(&entry, problems));
        change.finish(problems);
        rates.extend(from.map(|from| (from, next)));
    }
    section.finish(problems);
    let rates: Option<Vec<_>> = rates.into_iter().map(|(from, rate)| Some((from, rate?))).collect();
    Some(Funding { times: times?, since: Timestamp::MIN, rates: rates? })
}

/// What holding and opening a position costs.
fn read_interest(mut section: Section<'_>, third: bool, problems: &mut Problems<'_>) -> Option<Interest> {
    let times = every(&mut section, problems);
    let from = [("clock", CountedFrom::Clock), ("opening", CountedFrom::Opening)];
    let from = section.get("from").map_or(Some(CountedFrom::Clock), |entry| entry.word(problems, &from));
    let of = [("cost", Charged::Cost), ("borrowed", Charged::Borrowed)];
    let of = section.get("of").map_or(Some(Charged::Cost), |entry| entry.word(problems, &of));
    let opening = section.get("opening");
    if let Some(entry) = opening.as_ref().filter(|_| third) {
        entry.refuse(problems, "E-SC-011", "nothing, where fees are charged in a third asset");
    }
    let opening = opening.map_or(Some(Rate::ZERO), |entry| share(&entry, problems));
    let mut rates = vec![(Timestamp::MIN, sides(&mut section, problems))];
    for mut change in section.sections("change", problems) {
        let from = later(&mut change, rates.last().map(|(before, _)| *before), problems);
        let next = sides(&mut change, problems);
        change.finish(problems);
        rates.extend(from.map(|from| (from, next)));
    }
    section.finish(problems);
    let rates: Option<Vec<_>> = rates.into_iter().map(|(from, rate)| Some((from, rate?))).collect();
    let (times, from, of, opening) = (times?, from?, of?, opening?);
    Some(Interest { times, from, since: Timestamp::MIN, of, rates: rates?, opening })
}

/// `long` and `short`.
fn sides(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<[Rate; 2]> {
    let mut side = |key| section.require(key, problems, SHARE).and_then(|entry| share(&entry, problems));
    let (long, short) = (side("long"), side("short"));
    Some([long?, short?])
}

/// The instant of a change, which must be later than that of the one before.
fn later(change: &mut Section<'_>, before: Option<Timestamp>, problems: &mut Problems<'_>) -> Option<Timestamp> {
    let at = change.require("at", problems, super::market::INSTANT)?;
    let from = instant(&at, problems)?;
    if before.is_some_and(|before| from <= before) {
        at.refuse(problems, "E-SC-011", "a time later than that of the change before");
    }
    Some(from)
}

/// How positions must be backed.
fn read_rules(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<MarginRules> {
    let backing = [("cross", Backing::Cross), ("isolated", Backing::Isolated)];
    let backing = section.get("backing").map_or(Some(Backing::Cross), |entry| entry.word(problems, &backing));
    let basis = [("mark", Basis::Mark), ("entry", Basis::Entry)];
    let basis = section.get("maintenance_of").map_or(Some(Basis::Mark), |entry| entry.word(problems, &basis));
    let price = [("book", ForcedPrice::Book), ("bankruptcy", ForcedPrice::Bankruptcy)];
    let price = section.get("liquidated").map_or(Some(ForcedPrice::Book), |entry| entry.word(problems, &price));
    let fee = section.get("liquidation_fee").map_or(Some(Rate::ZERO), |entry| share(&entry, problems));
    let mut brackets: Vec<Bracket> = Vec::new();
    let all = section.sections("bracket", problems);
    if all.is_empty() {
        problems.add("E-SC-007", section.at, &format!("{}.bracket", section.path), "nothing", "at least one bracket");
    }
    let (last, mut sound) = (all.len().saturating_sub(1), !all.is_empty());
    for (at, bracket) in all.into_iter().enumerate() {
        match read_bracket(bracket, brackets.last(), at == last, problems) {
            Some(bracket) => brackets.push(bracket),
            None => sound = false,
        }
    }
    section.finish(problems);
    let (backing, basis, price, fee) = (backing?, basis?, price?, fee?);
    sound.then_some(MarginRules { brackets, backing, basis, price, fee })
}

/// One bracket; sizes and maintenance rise, and only the last has no end.
fn read_bracket(
    mut section: Section<'_>,
    before: Option<&Bracket>,
    last: bool,
    problems: &mut Problems<'_>,
) -> Option<Bracket> {
    let levered = section.require("leverage", problems, "a whole number from 1 to 255")?;
    let leverage = levered.whole(problems, 1..=255);
    if let (Some(leverage), Some(before)) = (leverage, before)
        && leverage > before.leverage.into()
    {
        levered.refuse(problems, "E-SC-011", "at most the leverage of the bracket before");
        return None;
    }
    let maintenance = section.require("maintenance", problems, SHARE)?;
    let rate = share(&maintenance, problems);
    if let (Some(rate), Some(before)) = (rate, before)
        && rate < before.maintenance
    {
        maintenance.refuse(problems, "E-SC-011", "at least the maintenance of the bracket before");
        return None;
    }
    if let (Some(rate), Some(leverage)) = (rate, leverage)
        && Money::new(rate.decimal()).times(leverage.into()) >= Money::new(Decimal::ONE)
    {
        maintenance.refuse(problems, "E-SC-011", "less than what an order of this leverage posts");
        return None;
    }
    let up_to = match section.get("up_to") {
        Some(entry) if last => {
            entry.refuse(problems, "E-SC-011", "nothing: the last bracket has no end");
            None
        }
        Some(entry) => {
            let size = super::fees::amount(&entry, problems)?;
            if size <= before.and_then(|before| before.up_to).unwrap_or_default() {
                entry.refuse(problems, "E-SC-011", "more than the bracket before");
                return None;
            }
            Some(size)
        }
        None if last => None,
        None => {
            problems.add(
                "E-SC-007",
                section.at,
                &format!("{}.up_to", section.path),
                "nothing",
                "an amount: only the last bracket has no end",
            );
            return None;
        }
    };
    section.finish(problems);
    let leverage = u8::try_from(leverage?).expect("at most 255");
    Some(Bracket { up_to, leverage, maintenance: rate? })
}

/// A share from none to the whole, with at most 6 decimals of a percentage.
fn share(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Rate> {
    let share = entry.within(problems, Rate::ZERO..=Rate::ONE, SHARE)?;
    if share.decimal().normalize().scale() > 8 {
        entry.refuse(problems, "E-SC-010", SHARE);
        return None;
    }
    Some(share)
}

/// `interval` and `phase`.
fn every(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Every> {
    let range = Span::from_mins(1)..=Span::from_hours(7 * 24);
    let span = section.require("interval", problems, INTERVAL)?.within(problems, range, INTERVAL);
    let phase = section.get("phase").map_or(Some(Span::ZERO), |entry| {
        let phase = entry.setting::<Span>(problems)?;
        if span.is_some_and(|span| phase >= span) {
            entry.refuse(problems, "E-SC-011", "less than the interval");
            return None;
        }
        Some(phase)
    });
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
