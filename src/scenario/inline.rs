//! `[market] source = "inline"`: a market written in the scenario itself, one event a line.
//!
//! ```text
//! 0s..60s every 1s  quote 44999.99x1 45000.01x1     # both sides of the book, and nothing else in it
//! 10s               quote - 45000.01x1              # no bids
//! 12s               level bid 44990 2               # one more level; quantity 0 takes it away
//! 15s               trade 45000 0.5 buy             # a print; the taker's side may be left out
//! 20s..30s every 1s ramp 45000 to 44000 spread 0.02 size 1 print 0.1
//! 40s               session cancel_only
//! 41s               mark 45100
//! 42s               index 45090
//! 0min              bar 45000 45100 44900 45050 10  # open high low close volume; with `bar = "1min"`
//! ```
//!
//! Times are offsets from the market's start, which is its first event. A repetition `A..B every S`
//! happens at A, A+S and so on, B included if it is met; of events at one instant the earlier line
//! comes first. A ramp moves the mid in equal steps, rounded half-even to the decimals written. A
//! quote shows one level a side and takes all others away; levels add to it.
//!
//! What is written here is a tape like any other: in units of its own finest decimals, hashed,
//! delivered with the delays of `[wire]`.

mod build;
mod words;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::data::Tape;
use crate::market::{SessionState, Side, Span, Timestamp};
use crate::trading::setting::{Number, Setting};
use words::Words;
pub use words::Wrong;

/// Most events of one market.
const EVENTS_MAX: usize = 2_000_000;
/// How a line begins.
const TIME: &str = "an offset such as 10s, or a repetition such as 0s..60s every 1s";
/// What an event may be.
const KINDS: [&str; 8] = ["quote", "level", "trade", "ramp", "session", "mark", "index", "bar"];

/// A market as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlineText {
    /// When it begins.
    pub start: Timestamp,
    /// Its events by time.
    pub events: Vec<Told>,
    /// The length of its bars; none where it has none.
    pub bar: Option<Span>,
    /// The text, for its fingerprint.
    pub text: String,
}

/// One event and when it happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// After the start.
    pub at: Span,
    /// What.
    pub what: What,
}

/// One side of a quote: price and quantity.
pub type Touch = Option<(Decimal, Decimal)>;

/// What an event says, in quote and base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The whole book: one level a side.
    Quote(Touch, Touch),
    /// One level.
    Level(Side, Decimal, Decimal),
    /// A print.
    Trade(Decimal, Decimal, Option<Side>),
    /// A session.
    Session(SessionState),
    /// The mark price.
    Mark(Decimal),
    /// The index price.
    Index(Decimal),
    /// A bar: open, high, low, close, volume.
    Bar([Decimal; 5]),
}

/// When a line happens.
#[derive(Clone, Copy, Debug)]
struct When {
    from: Span,
    to: Span,
    every: Span,
}

impl When {
    /// How often it repeats.
    fn steps(self) -> i64 {
        if self.every.0 == 0 { 0 } else { (self.to.0 - self.from.0) / self.every.0 }
    }

    fn at(self, step: i64) -> Span {
        Span(self.from.0 + step * self.every.0)
    }
}

/// Reads the lines of a market; what is wrong is told by line.
pub fn read(start: Timestamp, bar: Option<Span>, text: &str) -> Result<InlineText, Vec<(usize, Wrong)>> {
    let mut events = Vec::new();
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = Words::new(line);
        if words.is_empty() {
            continue;
        }
        if let Err(bad) = one(&mut words, bar, &mut events) {
            wrong.push((number, bad));
        }
    }
    events.sort_by_key(|told: &Told| told.at);
    if wrong.is_empty() && events.first().is_none_or(|first| first.at != Span::ZERO) {
        let allowed = "a first event at 0s: offsets count from the first event";
        wrong.push((0, Wrong { column: 0, found: "no event at 0s".to_owned(), allowed: allowed.to_owned() }));
    }
    if wrong.is_empty() { Ok(InlineText { start, events, bar, text: text.to_owned() }) } else { Err(wrong) }
}

fn one(words: &mut Words<'_>, bar: Option<Span>, events: &mut Vec<Told>) -> Result<(), Wrong> {
    let when = when(words)?;
    if events.len() + usize::try_from(when.steps()).unwrap_or(usize::MAX) > EVENTS_MAX {
        return Err(words.refuse(&format!("at most {EVENTS_MAX} events")));
    }
    let kind = words.word(&KINDS)?;
    if (kind == "bar") != bar.is_some() {
        let allowed = "bars, and nothing else, where [market] names the length of a `bar`";
        return Err(words.refuse(allowed));
    }
    if kind == "ramp" {
        ramp(words, when, events)?;
    } else {
        let what = what(kind, words)?;
        events.extend((0..=when.steps()).map(|step| Told { at: when.at(step), what }));
    }
    words.end()
}

fn when(words: &mut Words<'_>) -> Result<When, Wrong> {
    let first = words.next(TIME)?;
    let span = |text: &str| Span::read(text).filter(|span| *span <= Span::from_hours(24 * 365));
    let Some((from, to)) = first.split_once("..") else {
        let at = span(first).ok_or_else(|| words.refuse(TIME))?;
        return Ok(When { from: at, to: at, every: Span::ZERO });
    };
    let (Some(from), Some(to)) = (span(from), span(to)) else { return Err(words.refuse(TIME)) };
    if to <= from {
        return Err(words.refuse("a second offset after the first"));
    }
    words.word(&["every"])?;
    let every = words.next(Span::FORM)?;
    let every = span(every).filter(|every| *every > Span::ZERO);
    Ok(When { from, to, every: every.ok_or_else(|| words.refuse(Span::FORM))? })
}

fn what(kind: &str, words: &mut Words<'_>) -> Result<What, Wrong> {
    Ok(match kind {
        "quote" => What::Quote(touch(words)?, touch(words)?),
        "level" => {
            let side = match words.word(&["bid", "ask"])? {
                "bid" => Side::Buy,
                _ => Side::Sell,
            };
            What::Level(side, positive(words)?, amount(words, false)?)
        }
        "trade" => {
            let (price, qty) = (positive(words)?, positive(words)?);
            What::Trade(price, qty, taker(words)?)
        }
        "session" => What::Session(session(words)?),
        "mark" => What::Mark(positive(words)?),
        "index" => What::Index(positive(words)?),
        _ => {
            let [open, high, low, close] = [positive(words)?, positive(words)?, positive(words)?, positive(words)?];
            if high < open.max(close) || low > open.min(close) {
                return Err(words.refuse("open, high, low and close with every price between low and high"));
            }
            What::Bar([open, high, low, close, amount(words, false)?])
        }
    })
}

fn taker(words: &mut Words<'_>) -> Result<Option<Side>, Wrong> {
    if !words.more() {
        return Ok(None);
    }
    Ok(Some(if words.word(&["buy", "sell"])? == "buy" { Side::Buy } else { Side::Sell }))
}

fn session(words: &mut Words<'_>) -> Result<SessionState, Wrong> {
    Ok(match words.word(&["open", "post_only", "cancel_only", "maintenance", "halted"])? {
        "open" => SessionState::Open,
        "post_only" => SessionState::PostOnly,
        "cancel_only" => SessionState::CancelOnly,
        "maintenance" => SessionState::Maintenance,
        _ => SessionState::Halted,
    })
}

/// `45000.01x1`, or `-` for an empty side.
fn touch(words: &mut Words<'_>) -> Result<Touch, Wrong> {
    const ALLOWED: &str = "a price and a quantity such as 45000.01x1, or - for an empty side";
    let text = words.next(ALLOWED)?;
    if text == "-" {
        return Ok(None);
    }
    let read = |text: &str| Number::read(text).map(|number| number.0).filter(|number| *number > Decimal::ZERO);
    let pair = text.split_once('x').and_then(|(price, qty)| Some((read(price)?, read(qty)?)));
    pair.map(Some).ok_or_else(|| words.refuse(ALLOWED))
}

fn positive(words: &mut Words<'_>) -> Result<Decimal, Wrong> {
    amount(words, true)
}

fn amount(words: &mut Words<'_>, above_zero: bool) -> Result<Decimal, Wrong> {
    let allowed = if above_zero { "a decimal above 0" } else { "a decimal of at least 0" };
    let text = words.next(allowed)?;
    let number = Number::read(text).map(|number| number.0);
    let sound = |number: &Decimal| *number > Decimal::ZERO || (!above_zero && number.is_zero());
    number.filter(sound).ok_or_else(|| words.refuse(allowed))
}

/// Quotes, and prints if asked for, on a straight line.
fn ramp(words: &mut Words<'_>, when: When, events: &mut Vec<Told>) -> Result<(), Wrong> {
    let from = positive(words)?;
    words.word(&["to"])?;
    let to = positive(words)?;
    words.word(&["spread"])?;
    let half = positive(words)? / Decimal::TWO;
    words.word(&["size"])?;
    let size = positive(words)?;
    let mut print = None;
    if words.more() {
        words.word(&["print"])?;
        print = Some(positive(words)?);
    }
    let steps = when.steps();
    if steps == 0 {
        return Err(words.refuse("a ramp over a repetition such as 10s..60s every 1s"));
    }
    let decimals = from.scale().max(to.scale()).max(half.normalize().scale());
    for step in 0..=steps {
        let exact = from + (to - from) * Decimal::from(step) / Decimal::from(steps);
        let mid = exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
        if mid <= half {
            return Err(words.refuse("prices above half the spread"));
        }
        let at = when.at(step);
        events.push(Told { at, what: What::Quote(Some((mid - half, size)), Some((mid + half, size))) });
        events.extend(print.map(|qty| Told { at, what: What::Trade(mid, qty, None) }));
    }
    Ok(())
}

/// The tape of a market, named for the file that holds it.
pub fn tape(market: &InlineText, file: &str, symbol: &str) -> Result<Tape, String> {
    build::tape(market, file, symbol)
}
