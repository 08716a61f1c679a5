//! The steps of a script as text: one a line, `#` begins a comment.

use rust_decimal::Decimal;

use crate::market::{
    Instrument, InstrumentId, Intention, Money, Rate, RawPrice, Regime, Size, Span, TimeInForce, Timestamp,
};
use crate::strategies::ParamError;
use crate::trading::setting::{Number, Setting};

/// Most steps of a script, repetitions counted.
const STEPS_MAX: usize = 100_000;
/// How a step begins.
const WHEN: &str = "a time such as 10s, a repetition such as 10s..60s every 5s, or armed, live, filled, ended or \
                    flat, each with a delay such as filled+1s";
/// What a step does.
const ACTS: &str = "open_long, open_short, reduce, close, amend or cancel";
/// What an entry may say.
const TERMS: &str = "instrument, limit, stop, target, tif, post_only, trailing, leverage, confidence, regime, \
                     contributing, id or retry";

/// What a step waits for, besides the steps above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    /// Nothing: it is done at its time from the start, whatever became of the steps above.
    Start,
    /// The trader is armed.
    Armed,
    /// The last order is live.
    Live,
    /// It is filled whole.
    Filled,
    /// It has ended.
    Ended,
    /// It has ended and nothing is held.
    Flat,
}

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) condition: Condition,
    /// After the start, or after the condition is met.
    pub(super) delay: Span,
    pub(super) act: Act,
    /// How often to try again what was denied.
    pub(super) retry: Option<Span>,
}

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// Propose a trade.
    Propose(Order),
    /// Cancel orders.
    Cancel(Which),
    /// Give orders another quantity, another limit, or both.
    Amend(Which, Option<Decimal>, Option<RawPrice>),
}

/// Which of the script's orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// The newest.
    Last,
    /// Every one.
    All,
    /// By number, from 1.
    Nth(usize),
}

/// How long an order works, before its clock has started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tif {
    Gtc,
    Ioc,
    Fok,
    Gtd(Span),
}

impl Tif {
    /// As a proposal made now says it.
    pub(super) const fn at(self, now: Timestamp) -> TimeInForce {
        match self {
            Self::Gtc => TimeInForce::Gtc,
            Self::Ioc => TimeInForce::Ioc,
            Self::Fok => TimeInForce::Fok,
            Self::Gtd(span) => TimeInForce::Gtd(now.after(span)),
        }
    }
}

/// A proposal as a script writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Order {
    pub(super) instrument: InstrumentId,
    pub(super) intention: Intention,
    pub(super) size: Size,
    pub(super) limit: Option<RawPrice>,
    pub(super) tif: Option<Tif>,
    pub(super) post_only: bool,
    pub(super) stop: Option<RawPrice>,
    pub(super) target: Option<RawPrice>,
    pub(super) trailing: bool,
    pub(super) leverage: u8,
    pub(super) confidence: Rate,
    pub(super) regime: Regime,
    pub(super) contributing: Vec<Rate>,
    /// Its number, where it is not the next.
    pub(super) id: Option<u64>,
}

/// The words of a line that are left.
type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// Reads every step; an error holds the line it is of.
pub(super) fn read(text: &str, instruments: &[Instrument]) -> Result<Vec<Step>, ParamError> {
    let mut steps = Vec::new();
    for line in text.lines() {
        let told = line.split('#').next().unwrap_or_default();
        let mut words = told.split_whitespace().peekable();
        if words.peek().is_none() {
            continue;
        }
        let read = one(&mut words, instruments, &mut steps);
        read.map_err(|allowed| ParamError { key: "steps".to_owned(), found: line.trim().to_owned(), allowed })?;
    }
    Ok(steps)
}

fn one(words: &mut Words<'_>, instruments: &[Instrument], steps: &mut Vec<Step>) -> Result<(), String> {
    let when = when(words)?;
    let (act, retry) = act(words, instruments)?;
    if words.next().is_some() {
        return Err("the end of the line after the step's terms".to_owned());
    }
    if steps.len() + when.len() > STEPS_MAX {
        return Err(format!("at most {STEPS_MAX} steps"));
    }
    steps.extend(when.into_iter().map(|(condition, delay)| Step { condition, delay, act: act.clone(), retry }));
    Ok(())
}

/// When a line's step is done; a repetition is several steps.
fn when(words: &mut Words<'_>) -> Result<Vec<(Condition, Span)>, String> {
    let first = words.next().unwrap_or_default();
    let wrong = || WHEN.to_owned();
    if let Some((from, to)) = first.split_once("..") {
        let every = (words.next() == Some("every")).then(|| words.next().and_then(Span::read)).flatten();
        let (Some(from), Some(to), Some(every)) = (Span::read(from), Span::read(to), every) else {
            return Err(wrong());
        };
        if every == Span::ZERO
            || to < from
            || usize::try_from((to.0 - from.0) / every.0).is_ok_and(|steps| steps > STEPS_MAX)
        {
            return Err(wrong());
        }
        let times = (0..=(to.0 - from.0) / every.0).map(|step| Span(from.0 + step * every.0));
        return Ok(times.map(|time| (Condition::Start, time)).collect());
    }
    if let Some(time) = Span::read(first) {
        return Ok(vec![(Condition::Start, time)]);
    }
    let (word, delay) = first.split_once('+').unwrap_or((first, "0"));
    let condition = match word {
        "armed" => Condition::Armed,
        "live" => Condition::Live,
        "filled" => Condition::Filled,
        "ended" => Condition::Ended,
        "flat" => Condition::Flat,
        _ => return Err(wrong()),
    };
    Ok(vec![(condition, Span::read(delay).ok_or_else(wrong)?)])
}

fn act(words: &mut Words<'_>, instruments: &[Instrument]) -> Result<(Act, Option<Span>), String> {
    let word = words.next().unwrap_or_default();
    let intention = match word {
        "open_long" => Intention::OpenLong,
        "open_short" => Intention::OpenShort,
        "close" | "reduce" => Intention::Close,
        "cancel" => return Ok((Act::Cancel(which(words)?), None)),
        "amend" => return amend(words),
        _ => return Err(ACTS.to_owned()),
    };
    let size = match word {
        "open_long" | "open_short" => Some(size(words)?),
        "reduce" => Some(Amount::Base(number(words)?)),
        _ => None,
    };
    let mut order = Order::new(intention);
    let mut retry = None;
    while words.peek().is_some() {
        term(words, instruments, &mut order, &mut retry)?;
    }
    let instrument = instruments.get(usize::from(order.instrument.0)).ok_or("a run with an instrument")?;
    let base = |amount: Decimal| {
        let allowed = || format!("a whole number of quantity units of {}", instrument.qty_unit);
        instrument.exact_qty(amount).ok_or_else(allowed)
    };
    match size {
        Some(Amount::Base(qty)) if word == "reduce" => order.intention = Intention::Reduce(base(qty)?),
        Some(Amount::Base(qty)) => order.size = Size::Quantity(base(qty)?),
        Some(Amount::Quote(notional)) => order.size = Size::Notional(Money::new(notional)),
        Some(Amount::Risk) | None => {}
    }
    Ok((Act::Propose(order), retry))
}

impl Order {
    fn new(intention: Intention) -> Self {
        Self {
            instrument: InstrumentId(0),
            intention,
            size: Size::RiskBased,
            limit: None,
            tif: None,
            post_only: false,
            stop: None,
            target: None,
            trailing: false,
            leverage: 1,
            confidence: Rate::new(Decimal::new(9, 1)),
            regime: Regime::TrendingBull,
            contributing: Vec::new(),
            id: None,
        }
    }
}

/// How much, before it is known of which instrument.
enum Amount {
    Risk,
    Quote(Decimal),
    Base(Decimal),
}

fn size(words: &mut Words<'_>) -> Result<Amount, String> {
    match words.next() {
        Some("risk") => Ok(Amount::Risk),
        Some("notional") => number(words).map(Amount::Quote),
        Some("qty") => number(words).map(Amount::Base),
        _ => Err("a size: risk, notional and an amount of quote, or qty and an amount of base".to_owned()),
    }
}

/// `amend 1 qty 0.02 limit 45000`: what is not said stays.
fn amend(words: &mut Words<'_>) -> Result<(Act, Option<Span>), String> {
    let which = match words.peek() {
        Some(&("qty" | "limit" | "retry")) => Which::Last,
        _ => which(words)?,
    };
    let (mut qty, mut limit, mut retry) = (None, None, None);
    while let Some(name) = words.next() {
        match name {
            "qty" => qty = Some(number(words)?),
            "limit" => limit = Some(RawPrice::new(number(words)?)),
            "retry" => retry = Some(setting(words)?),
            _ => return Err("qty, limit or retry".to_owned()),
        }
    }
    Ok((Act::Amend(which, qty, limit), retry))
}

fn which(words: &mut Words<'_>) -> Result<Which, String> {
    match words.next() {
        None | Some("last") => Some(Which::Last),
        Some("all") => Some(Which::All),
        Some(number) => number.parse().ok().filter(|number| *number > 0).map(Which::Nth),
    }
    .ok_or_else(|| "last, all, or the number of an order of the script, from 1".to_owned())
}

fn term(
    words: &mut Words<'_>,
    instruments: &[Instrument],
    order: &mut Order,
    retry: &mut Option<Span>,
) -> Result<(), String> {
    let name = words.next().unwrap_or_default();
    match name {
        "instrument" => {
            let symbol = words.next();
            let found = instruments.iter().find(|instrument| Some(instrument.symbol.as_str()) == symbol);
            order.instrument = found.ok_or("the symbol of an instrument of the run")?.id;
        }
        "limit" => order.limit = Some(RawPrice::new(number(words)?)),
        "stop" => order.stop = Some(RawPrice::new(number(words)?)),
        "target" => order.target = Some(RawPrice::new(number(words)?)),
        "tif" => order.tif = Some(tif(words)?),
        "post_only" => order.post_only = true,
        "trailing" => order.trailing = true,
        "leverage" => order.leverage = setting::<u32>(words)?.try_into().map_err(|_| "a leverage up to 255")?,
        "confidence" => order.confidence = Rate::new(number(words)?),
        "regime" => order.regime = setting(words)?,
        "contributing" => {
            let all = words.next().unwrap_or_default().split(',').map(Number::read).collect::<Option<Vec<Number>>>();
            let all = all.ok_or("confidences with commas between them, such as 0.9,0.7")?;
            order.contributing = all.into_iter().map(|number| Rate::new(number.0)).collect();
        }
        "id" => order.id = Some(u64::from(setting::<u32>(words)?)),
        "retry" => *retry = Some(setting(words)?),
        _ => return Err(TERMS.to_owned()),
    }
    Ok(())
}

fn tif(words: &mut Words<'_>) -> Result<Tif, String> {
    match words.next() {
        Some("gtc") => Ok(Tif::Gtc),
        Some("ioc") => Ok(Tif::Ioc),
        Some("fok") => Ok(Tif::Fok),
        Some("gtd") => setting(words).map(Tif::Gtd),
        _ => Err("gtc, ioc, fok, or gtd and a duration".to_owned()),
    }
}

fn number(words: &mut Words<'_>) -> Result<Decimal, String> {
    setting::<Number>(words).map(|number| number.0)
}

fn setting<S: Setting>(words: &mut Words<'_>) -> Result<S, String> {
    words.next().and_then(S::read).ok_or_else(|| S::FORM.to_owned())
}
