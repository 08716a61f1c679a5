//! `[[operator]]` and `[[host]]`: what a person does to the trader, and what its host tells it, at
//! offsets from the start of the run.
//!
//! ```toml
//! [[operator]]
//! at = "30s"
//! act = "set_stop"            # every act of production-rules OP-1, by name
//! price = "44500"             # what the act needs; the instrument may be left out where there is one
//! author = "ada"              # who and why: "operator" and "scenario" where nothing is said
//! reason = "news ahead"
//!
//! [[host]]
//! at = "40s"
//! says = "clock_offset"
//! offset = "1500ms"
//! ```

use super::assets::Assets;
use super::section::{Entry, Problems, Section};
use crate::market::{
    Account, Breaker, Control, ControlAct, DeskId, Event, HostEvent, InstrumentId, Money, OrderId, RawPrice, Scope,
    Span,
};
use crate::trading::setting::{Number, Setting};

/// When, after the start of the run, and what.
pub type Act = (Span, Event);

/// What acts and expectations name: the instruments by number, and the assets.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// Symbols in the order of their numbers.
    pub symbols: &'a [String],
    /// Every asset.
    pub assets: &'a Assets,
}

/// Reads every act, operators before hosts.
pub fn read(
    operators: Vec<Section<'_>>,
    hosts: Vec<Section<'_>>,
    names: Names<'_>,
    problems: &mut Problems<'_>,
) -> Vec<Act> {
    let mut acts: Vec<Act> = operators.into_iter().filter_map(|section| operator(section, names, problems)).collect();
    acts.extend(hosts.into_iter().filter_map(|section| host(section, problems)));
    acts
}

fn at(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Span> {
    const ALLOWED: &str = "an offset from the start of the run, such as \"30s\"";
    section.require("at", problems, ALLOWED)?.setting(problems)
}

/// What an operator can do, by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Halt,
    Rearm,
    Cancel,
    Close,
    Flatten,
    SetStop,
    UnpinStop,
    SetTarget,
    Trailing,
    ResetBreaker,
    ResetThrottle,
    SettleExternal,
    PostCorrection,
    ChangeLimit,
}

const DEEDS: [(&str, Deed); 14] = [
    ("halt", Deed::Halt),
    ("rearm", Deed::Rearm),
    ("cancel", Deed::Cancel),
    ("close", Deed::Close),
    ("flatten", Deed::Flatten),
    ("set_stop", Deed::SetStop),
    ("unpin_stop", Deed::UnpinStop),
    ("set_target", Deed::SetTarget),
    ("trailing", Deed::Trailing),
    ("reset_breaker", Deed::ResetBreaker),
    ("reset_throttle", Deed::ResetThrottle),
    ("settle_external", Deed::SettleExternal),
    ("post_correction", Deed::PostCorrection),
    ("change_limit", Deed::ChangeLimit),
];

fn operator(mut section: Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<Act> {
    let at = at(&mut section, problems);
    let author = text(&mut section, "author", "operator", problems);
    let reason = text(&mut section, "reason", "scenario", problems);
    let allowed = DEEDS.map(|(name, _)| name).join(", ");
    let deed = section.require("act", problems, &allowed).and_then(|entry| entry.word(problems, &DEEDS));
    let act = deed.and_then(|deed| act(deed, &mut section, names, problems));
    if deed.is_some() {
        section.finish(problems);
    }
    Some((at?, Event::Control(Control { author: author?, reason: reason?, act: act? })))
}

fn act(deed: Deed, section: &mut Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<ControlAct> {
    Some(match deed {
        Deed::Halt => ControlAct::Halt,
        Deed::Rearm => ControlAct::Rearm { confirmation: text(section, "confirmation", ControlAct::REARM, problems)? },
        Deed::Cancel => {
            let entry = section.require("order", problems, "the number of an order")?;
            ControlAct::Cancel(OrderId(entry.whole(problems, 1..=i64::MAX.unsigned_abs())?))
        }
        Deed::Close => ControlAct::Close(instrument(section, names, problems)?),
        Deed::Flatten => ControlAct::Flatten(scope(section, names, problems)?),
        Deed::SetStop => {
            let allowed = "a price such as \"44500\"";
            let price = section.require("price", problems, allowed)?.setting::<Number>(problems)?;
            ControlAct::SetStop(instrument(section, names, problems)?, RawPrice::new(price.0))
        }
        Deed::UnpinStop => ControlAct::UnpinStop(instrument(section, names, problems)?),
        Deed::SetTarget => {
            let price = match section.get("price") {
                Some(entry) => Some(RawPrice::new(entry.setting::<Number>(problems)?.0)),
                None => None,
            };
            ControlAct::SetTarget(instrument(section, names, problems)?, price)
        }
        Deed::Trailing => {
            let on = section.require("on", problems, "true, false")?.setting(problems)?;
            ControlAct::Trailing(instrument(section, names, problems)?, on)
        }
        Deed::ResetBreaker => ControlAct::ResetBreaker(breaker(section, problems)?),
        Deed::ResetThrottle => {
            let desk = section.get("desk").map_or(Some(DeskId(0)), |entry| desk(&entry, problems));
            ControlAct::ResetThrottle(desk?, instrument(section, names, problems)?)
        }
        Deed::SettleExternal => ControlAct::SettleExternal(instrument(section, names, problems)?),
        Deed::PostCorrection => correction(section, names, problems)?,
        Deed::ChangeLimit => {
            let key = section.require("key", problems, "the dotted name of a key of [trader]")?;
            let value = section.require("value", problems, "its value as [trader] writes it")?;
            let confirmed = section.get("confirmed").map_or(Some(false), |entry| entry.setting(problems));
            ControlAct::ChangeLimit {
                key: key.string(problems, "the dotted name of a key of [trader]")?.to_owned(),
                value: value.scalar(problems, "its value as [trader] writes it")?,
                confirmed: confirmed?,
            }
        }
    })
}

fn text(section: &mut Section<'_>, key: &'static str, default: &str, problems: &mut Problems<'_>) -> Option<String> {
    match section.get(key) {
        Some(entry) => entry.string(problems, "a string").map(str::to_owned),
        None => Some(default.to_owned()),
    }
}

fn instrument(section: &mut Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<InstrumentId> {
    match section.get("instrument") {
        Some(entry) => named(&entry, names, problems),
        None if names.symbols.len() == 1 => Some(InstrumentId(0)),
        None => {
            let path = super::section::child(&section.path, "instrument");
            problems.add("E-SC-007", section.at, &path, "nothing", &names.symbols.join(", "));
            None
        }
    }
}

fn named(entry: &Entry<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<InstrumentId> {
    let symbols = names.symbols.iter().zip(0..).map(|(symbol, id)| (symbol.as_str(), InstrumentId(id)));
    entry.word(problems, &symbols.collect::<Vec<_>>())
}

fn desk(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<DeskId> {
    let number = entry.whole(problems, 0..=u64::from(u16::MAX))?;
    Some(DeskId(u16::try_from(number).expect("in the range asked for")))
}

/// All, unless a desk or an instrument is named.
fn scope(section: &mut Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<Scope> {
    if let Some(entry) = section.get("desk") {
        return desk(&entry, problems).map(Scope::Desk);
    }
    match section.get("instrument") {
        Some(entry) => named(&entry, names, problems).map(Scope::Instrument),
        None => Some(Scope::All),
    }
}

fn breaker(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Breaker> {
    const BREAKERS: [(&str, Breaker); 6] = [
        ("daily_loss", Breaker::DailyLoss),
        ("weekly_loss", Breaker::WeeklyLoss),
        ("drawdown", Breaker::Drawdown),
        ("consecutive_losses", Breaker::ConsecutiveLosses),
        ("execution_errors", Breaker::ExecutionErrors),
        ("stop_everything", Breaker::StopEverything),
    ];
    let allowed = BREAKERS.map(|(name, _)| name).join(", ");
    section.require("breaker", problems, &allowed)?.word(problems, &BREAKERS)
}

fn correction(section: &mut Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Option<ControlAct> {
    const ACCOUNTS: [(&str, Account); 6] = [
        ("market", Account::Market),
        ("fees", Account::Fees),
        ("funding", Account::Funding),
        ("interest", Account::Interest),
        ("external", Account::External),
        ("rounding", Account::Rounding),
    ];
    let known: Vec<&str> = names.assets.0.iter().map(|asset| asset.name.as_str()).collect();
    let asset = section.require("asset", problems, &known.join(", "));
    let amount = section.require("amount", problems, Money::FORM);
    let to = section.require("to", problems, &ACCOUNTS.map(|(name, _)| name).join(", "));
    let words: Vec<(&str, &str)> = known.iter().map(|name| (*name, *name)).collect();
    let asset = asset.and_then(|entry| entry.word(problems, &words))?;
    let (amount, to) = (amount?.setting(problems)?, to?.word(problems, &ACCOUNTS)?);
    Some(ControlAct::PostCorrection { asset: names.assets.id(asset), amount, to })
}

/// What a host can say, by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    ClockOffset,
    JournalFailed,
    JournalFull,
    JournalRoom,
    Permission,
    Stopping,
}

const WORDS: [(&str, Word); 6] = [
    ("clock_offset", Word::ClockOffset),
    ("journal_failed", Word::JournalFailed),
    ("journal_full", Word::JournalFull),
    ("journal_room", Word::JournalRoom),
    ("permission", Word::Permission),
    ("stopping", Word::Stopping),
];

fn host(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<Act> {
    let at = at(&mut section, problems);
    let allowed = WORDS.map(|(name, _)| name).join(", ");
    let word = section.require("says", problems, &allowed).and_then(|entry| entry.word(problems, &WORDS));
    let event = word.and_then(|word| host_event(word, &mut section, problems));
    if word.is_some() {
        section.finish(problems);
    }
    Some((at?, Event::Host(event?)))
}

fn host_event(word: Word, section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<HostEvent> {
    Some(match word {
        Word::ClockOffset => {
            let entry = section.require("offset", problems, "a duration, with a minus where our clock is behind")?;
            HostEvent::ClockOffset(signed(&entry, problems)?)
        }
        Word::JournalFailed => HostEvent::JournalFailed,
        Word::JournalFull => HostEvent::JournalSpace(false),
        Word::JournalRoom => HostEvent::JournalSpace(true),
        Word::Permission => {
            let mut may = |key| section.require(key, problems, "true, false")?.setting(problems);
            HostEvent::Permission { trade: may("trade")?, withdraw: may("withdraw")? }
        }
        Word::Stopping => HostEvent::Stopping,
    })
}

/// A duration that may be negative.
fn signed(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Span> {
    let text = entry.string(problems, Span::FORM)?;
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let span = Span::read(size).map(|span| Span(sign * span.0));
    if span.is_none() {
        entry.refuse(problems, "E-SC-009", Span::FORM);
    }
    span
}
