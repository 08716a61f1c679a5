//! What a run's P&L is made of, execution by execution, against the tape; and what its ledger says.
//!
//! For an execution of *q* at *p* on a side *s* (1 for a buy), with the public mid *D* when the trader decided on
//! the order, *F* at the instant of the execution, the opposite touch *T* then, and the mid *E* at the market's end:
//!
//! ```text
//! s·q·(E − p) = s·q·(E − D)   decision: what it would have earned free and at once
//!             − s·q·(F − D)   latency, of a taker; queue, of a maker: what the mid did before it traded
//!             − s·q·(T − F)   spread paid by a taker; of a maker s·q·(p − F), usually earned
//!             − s·q·(p − T)   slippage of a taker: the walk through the book, and the model
//! ```
//!
//! Fees, funding and the ledger's rounding follow. Everything is in the quote asset; another asset is worth what it
//! is at the end. The mids come from a second pass over the tape past a venue that has no orders.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Body, Exact, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account as Books, AssetId, Cause, Command, Contract, Decision, DeskId, Event, Fill, InstrumentId, Liquidity,
    MarketEvent, OrderId, Price, Qty, Quote, ReportKind, TickLots, Timestamp, VenueMessage,
};
use crate::sim::Exchange;
use crate::sim::setup::Setup;
use crate::venue::Venue;

/// What a run's P&L is made of; costs are below zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// By place: see [`Parts::NAMES`].
    pub of: [Exact; 8],
}

impl Parts {
    /// What the parts are, in their order.
    pub const NAMES: [&'static str; 8] =
        ["decision", "latency", "queue", "spread", "slippage", "fees", "funding", "rounding"];

    /// All of them together.
    pub fn sum(&self) -> Result<Exact, TooLarge> {
        self.of.iter().try_fold(Exact::ZERO, |sum, part| sum.plus(*part))
    }

    /// These less others.
    pub fn minus(&self, other: &Self) -> Result<Self, TooLarge> {
        let mut left = *self;
        for (part, less) in left.of.iter_mut().zip(&other.of) {
            *part = part.minus(*less)?;
        }
        Ok(left)
    }

    fn add(&mut self, what: Part, amount: Exact) -> Result<(), TooLarge> {
        let part = &mut self.of[what as usize];
        *part = part.plus(amount)?;
        Ok(())
    }
}

/// A place in [`Parts`].
#[derive(Clone, Copy)]
enum Part {
    Decision,
    Latency,
    Queue,
    Spread,
    Slippage,
    Fees,
    Funding,
    Rounding,
}

/// A run's P&L, said twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// By the trader's ledger, in quote.
    pub ledger: Exact,
    /// By the venue's executions and the tape.
    pub parts: Parts,
}

impl Account {
    /// What the ledger says and the parts do not.
    pub fn unexplained(&self) -> Result<Exact, TooLarge> {
        self.ledger.minus(self.parts.sum()?)
    }
}

/// An execution, and when its order was decided on.
struct Executed {
    at: Timestamp,
    decided: Timestamp,
    fill: Fill,
}

/// What the records of a run say.
#[derive(Default)]
struct Said {
    decided: BTreeMap<OrderId, (Timestamp, DeskId)>,
    executed: Vec<Executed>,
    funding: BTreeMap<Timestamp, Exact>,
    /// What came in by trading, by asset.
    cash: BTreeMap<AssetId, Exact>,
    rounding: BTreeMap<AssetId, Exact>,
    positions: BTreeMap<DeskId, (Qty, TickLots)>,
}

impl Said {
    fn hear(&mut self, record: &Record) -> Result<(), TooLarge> {
        match &record.body {
            Body::Decision(Decision::Intended { desk, order, .. }) => {
                self.decided.insert(order.id, (record.now, *desk));
            }
            Body::Command(Command::Amend(amend)) => {
                if let Some(decided) = self.decided.get_mut(&amend.id) {
                    decided.0 = record.now;
                }
            }
            Body::Truth(report) => match report.kind {
                ReportKind::Filled(fill) => {
                    let decided = self.decided.get(&report.order).map_or(report.at, |known| known.0);
                    self.executed.push(Executed { at: report.at, decided, fill });
                }
                ReportKind::Busted(execution) => self.executed.retain(|done| done.fill.execution != execution),
                _ => {}
            },
            Body::Event(Event::Account(VenueMessage::Funding { at, paid, .. })) => {
                self.funding.insert(*at, (*paid).into());
            }
            Body::Decision(Decision::Booked { order, position, cost, .. }) => {
                let desk = self.decided.get(order).map_or(DeskId(u16::MAX), |known| known.1);
                self.positions.insert(desk, (*position, *cost));
            }
            Body::Decision(Decision::Adjusted { desk, position, cost, .. }) => {
                self.positions.insert(*desk, (*position, *cost));
            }
            Body::Decision(Decision::Posted(transaction)) => {
                for posting in &transaction.postings {
                    let amount = Exact::from(posting.amount);
                    let outside = posting.account == Books::External
                        && matches!(transaction.cause, Cause::Opening | Cause::Transfer);
                    if posting.account == Books::Cash || outside {
                        add(&mut self.cash, posting.asset, amount)?;
                    } else if posting.account == Books::Rounding {
                        add(&mut self.rounding, posting.asset, amount)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn add(amounts: &mut BTreeMap<AssetId, Exact>, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
    let sum = amounts.entry(asset).or_default();
    *sum = sum.plus(amount)?;
    Ok(())
}

/// A run's P&L by its ledger, and by its executions.
pub fn account(setup: &Setup, records: &[Record]) -> Result<Account, TooLarge> {
    let mut said = Said::default();
    records.iter().try_for_each(|record| said.hear(record))?;
    let instants = said.executed.iter().flat_map(|done| [done.decided, done.at]).collect();
    let (quotes, end) = quotes(setup, instants);
    let card = InstrumentCard::of(&setup.instruments[0]);
    let worth = Worth { setup, card: &card, end: card.price(Price(end))?.times(HALF)? };
    let mut parts = Parts::default();
    for done in &said.executed {
        worth.executed(done, (quotes[&done.decided], quotes[&done.at]), end, &mut parts)?;
    }
    for paid in said.funding.values() {
        parts.add(Part::Funding, paid.negated()?)?;
    }
    for (asset, amount) in &said.rounding {
        parts.add(Part::Rounding, worth.of(*asset, amount.negated()?)?)?;
    }
    let mut ledger = Exact::ZERO;
    for (asset, amount) in &said.cash {
        ledger = ledger.plus(worth.of(*asset, *amount)?)?;
    }
    if card.contract == Contract::Linear {
        for (qty, cost) in said.positions.values() {
            ledger = ledger.plus(card.qty(*qty)?.times(worth.end)?.minus(card.value(*cost)?)?)?;
        }
    }
    Ok(Account { ledger, parts })
}

const HALF: Exact = Exact::new(5, 1);

/// What things are worth at the end.
struct Worth<'a> {
    setup: &'a Setup,
    card: &'a InstrumentCard,
    end: Exact,
}

impl Worth<'_> {
    /// An amount in quote; an asset that nobody gave a rate is worth nothing, in ledger and parts alike.
    fn of(&self, asset: AssetId, amount: Exact) -> Result<Exact, TooLarge> {
        if asset == self.card.quote {
            return Ok(amount);
        }
        if asset == self.card.base {
            return amount.times(self.end);
        }
        let stated = self.setup.rates.iter().find(|(known, _)| *known == asset);
        stated.map_or(Ok(Exact::ZERO), |(_, rate)| amount.times((*rate).into()))
    }

    /// Adds what an execution brought; `end` is twice the last mid, and so is every price below.
    fn executed(
        &self,
        done: &Executed,
        (decided, at): (Option<Quote>, Option<Quote>),
        end: i64,
        parts: &mut Parts,
    ) -> Result<(), TooLarge> {
        let Fill { side, price, qty, liquidity, fee, .. } = done.fill;
        let traded = 2 * price.0;
        let then = at.map_or(traded, |quote| quote.twice_mid());
        let wanted = decided.map_or(then, |quote| quote.twice_mid());
        let touch = match (liquidity, at) {
            (Liquidity::Taker, Some(quote)) if side.sign() > 0 => 2 * quote.ask.0,
            (Liquidity::Taker, Some(quote)) => 2 * quote.bid.0,
            (Liquidity::Maker, _) | (_, None) => traded,
        };
        let signed = i128::from(side.sign()) * i128::from(qty.0);
        let mut add = |part, from: i64, to: i64| {
            let twice = self.card.value(TickLots(signed * (i128::from(from) - i128::from(to))))?;
            parts.add(part, twice.times(HALF)?)
        };
        let waited = if liquidity == Liquidity::Taker { Part::Latency } else { Part::Queue };
        add(Part::Decision, end, wanted)?;
        add(waited, wanted, then)?;
        add(Part::Spread, then, touch)?;
        add(Part::Slippage, touch, traded)?;
        if let Some(fee) = fee {
            let paid = self.of(fee.asset, Exact::from(fee.amount))?;
            parts.add(Part::Fees, paid.negated()?)?;
        }
        Ok(())
    }
}

/// A venue without orders: what it displays is the market.
struct Public {
    venue: Venue,
    out: Vec<VenueMessage>,
}

impl Exchange for Public {
    fn apply(&mut self, now: Timestamp, event: &MarketEvent) {
        self.venue.on_market(now, event, &mut self.out);
    }

    fn touch(&self, instrument: InstrumentId) -> Quote {
        self.venue.touch(instrument)
    }
}

/// The last two-sided touch at each instant, everything of that instant counted in, and twice the last mid.
fn quotes(setup: &Setup, instants: BTreeSet<Timestamp>) -> (BTreeMap<Timestamp, Option<Quote>>, i64) {
    let mut public = Public { venue: Venue::new(setup.venue_config()), out: Vec::new() };
    let mut feed = setup.feed();
    feed.warm_up(&mut public);
    let (mut found, mut last) = (BTreeMap::new(), None);
    let mut wanted = instants.into_iter().peekable();
    loop {
        let touch = public.touch(InstrumentId(0));
        last = if touch.usable() { Some(touch) } else { last };
        let next = feed.next_exchange();
        while let Some(at) = wanted.next_if(|at| next.is_none_or(|next| next > *at)) {
            found.insert(at, last);
        }
        if next.is_none() {
            return (found, last.map_or(0, |quote| quote.twice_mid()));
        }
        feed.advance(&mut public);
        while feed.deliver().is_some() {}
    }
}
