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
//! Each is the value that the instrument's contract gives a quantity at a price (of an inverse one, coins). Fees,
//! funding with interest, and rounding follow. Everything is in account currency at the rates of the end, at which
//! what is open counts too. The mids come from a second pass over the tapes past a venue that has no orders.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Body, Exact, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account as Books, AssetId, Cause, Command, Contract, Decision, DeskId, Event, Fill, InstrumentId, Liquidity,
    MarketEvent, OrderId, Price, Qty, Quote, ReferenceEvent, ReportKind, TickLots, Timestamp, VenueMessage, VenueRef,
};
use crate::metrics::Rates;
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
    /// By the trader's ledger, in account currency.
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
    instrument: InstrumentId,
    fill: Fill,
    /// Taken back: as if it had never been.
    busted: bool,
}

impl Executed {
    fn signed(&self) -> Qty {
        Qty(self.fill.side.sign() * self.fill.qty.0)
    }
}

/// What the records of a run say.
#[derive(Default)]
struct Said {
    decided: BTreeMap<OrderId, (Timestamp, DeskId)>,
    executed: BTreeMap<VenueRef, Executed>,
    /// Funding and interest paid, once by instrument and time.
    funding: BTreeMap<(InstrumentId, Timestamp), Exact>,
    interest: BTreeMap<(InstrumentId, Timestamp), Exact>,
    /// What came in by trading, by asset.
    cash: BTreeMap<AssetId, Exact>,
    rounding: BTreeMap<AssetId, Exact>,
    positions: BTreeMap<(InstrumentId, DeskId), (Qty, TickLots)>,
    rates: Vec<(AssetId, Exact)>,
}

impl Said {
    /// What was executed and stands.
    fn stands(&self) -> impl Iterator<Item = &Executed> {
        self.executed.values().filter(|done| !done.busted)
    }

    fn hear(&mut self, record: &Record) -> Result<(), TooLarge> {
        match &record.body {
            Body::Decision(decision) => self.decision(record.now, decision)?,
            Body::Command(Command::Amend(amend)) => {
                if let Some(decided) = self.decided.get_mut(&amend.id) {
                    decided.0 = record.now;
                }
            }
            Body::Truth(report) => match report.kind {
                ReportKind::Filled(fill) => {
                    let decided = self.decided.get(&report.order).map_or(report.at, |known| known.0);
                    let (at, instrument) = (report.at, report.instrument);
                    self.executed.insert(fill.execution, Executed { at, decided, instrument, fill, busted: false });
                }
                ReportKind::Busted(execution) => {
                    self.executed.entry(execution).and_modify(|done| done.busted = true);
                }
                _ => {}
            },
            // A fee that was revised is what the venue said of it last.
            Body::Event(Event::Account(VenueMessage::Fills(page))) => {
                for report in &page.fills {
                    if let ReportKind::Filled(Fill { execution, fee: Some(fee), .. }) = report.kind {
                        self.executed.entry(execution).and_modify(|done| done.fill.fee = Some(fee));
                    }
                }
            }
            Body::Event(Event::Account(VenueMessage::Funding { instrument, at, paid })) => {
                self.funding.insert((*instrument, *at), (*paid).into());
            }
            Body::Event(Event::Account(VenueMessage::Interest { instrument, at, paid })) => {
                self.interest.insert((*instrument, *at), (*paid).into());
            }
            Body::Event(Event::Reference(ReferenceEvent::Rate { asset, price })) => {
                self.rates.push((*asset, (*price).into()));
            }
            _ => {}
        }
        Ok(())
    }

    fn decision(&mut self, now: Timestamp, decision: &Decision) -> Result<(), TooLarge> {
        match decision {
            Decision::Intended { desk, order, .. } => {
                self.decided.insert(order.id, (now, *desk));
            }
            Decision::Booked { order, execution, position, cost, .. } => {
                let desk = self.decided.get(order).map_or(DeskId::EXTERNAL, |known| known.1);
                if let Some(done) = self.executed.get(execution) {
                    self.positions.insert((done.instrument, desk), (*position, *cost));
                }
            }
            Decision::Adjusted { desk, instrument, position, cost, .. } => {
                self.positions.insert((*instrument, *desk), (*position, *cost));
            }
            Decision::Posted(transaction) => {
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
    let instants = said.stands().flat_map(|done| [done.decided, done.at]).collect();
    let mids = Mids::of(setup, instants);
    let worth = Worth::of(setup, &said.rates, &mids)?;
    Ok(Account { ledger: worth.ledger(&said)?, parts: worth.parts(&said, &mids)? })
}

const HALF: Exact = Exact::new(5, 1);

/// What things are worth at the end.
struct Worth {
    cards: Vec<InstrumentCard>,
    /// Twice the last mid of each instrument.
    ends: Vec<i64>,
    rates: Rates,
}

impl Worth {
    fn of(setup: &Setup, stated: &[(AssetId, Exact)], mids: &Mids) -> Result<Self, TooLarge> {
        let header = setup.header();
        let mut rates = Rates::new(&header);
        for (asset, rate) in stated {
            rates.state(*asset, *rate);
        }
        let mut ends = Vec::with_capacity(mids.last.len());
        for (instrument, quote) in setup.instruments.iter().zip(&mids.last) {
            if let Some(quote) = quote {
                rates.mark(&header, instrument.id, quote.twice_mid())?;
            }
            ends.push(quote.map_or(0, |quote| quote.twice_mid()));
        }
        Ok(Self { cards: header.instruments, ends, rates })
    }

    fn card(&self, instrument: InstrumentId) -> &InstrumentCard {
        &self.cards[usize::from(instrument.0)]
    }

    /// An amount in account currency; an asset that nobody gave a rate is worth nothing, in ledger and parts alike.
    fn amount(&self, asset: AssetId, amount: Exact) -> Result<Exact, TooLarge> {
        self.rates.of(asset)?.map_or(Ok(Exact::ZERO), |rate| amount.times(rate))
    }

    /// An amount of what an instrument settles in, in account currency.
    fn settled(&self, instrument: InstrumentId, amount: Exact) -> Result<Exact, TooLarge> {
        self.amount(self.card(instrument).settles_in().0, amount)
    }

    /// A signed quantity at half of a price, in account currency.
    fn at(&self, instrument: InstrumentId, qty: Qty, twice: i64) -> Result<Exact, TooLarge> {
        let card = self.card(instrument);
        let price = card.price(Price(twice))?.times(HALF)?;
        if price.is_zero() { Ok(Exact::ZERO) } else { self.settled(instrument, card.worth_at(qty, price)?) }
    }

    /// A signed quantity at the end: of spot what its asset is worth, whatever market traded it.
    fn at_the_end(&self, instrument: InstrumentId, qty: Qty) -> Result<Exact, TooLarge> {
        let card = self.card(instrument);
        match card.contract {
            Contract::Spot => self.amount(card.base, card.qty(qty)?),
            Contract::Linear | Contract::Inverse => self.at(instrument, qty, self.ends[usize::from(instrument.0)]),
        }
    }

    /// By the trader's books: what came in, and what is open.
    fn ledger(&self, said: &Said) -> Result<Exact, TooLarge> {
        let mut ledger = Exact::ZERO;
        for (asset, amount) in &said.cash {
            ledger = ledger.plus(self.amount(*asset, *amount)?)?;
        }
        // What is open is one position, whoever holds it: an inverse contract's value is rounded, once.
        let mut open = BTreeMap::<InstrumentId, Qty>::new();
        for ((instrument, _), (qty, cost)) in &said.positions {
            if self.card(*instrument).contract != Contract::Spot {
                *open.entry(*instrument).or_default() += *qty;
                let cost = self.card(*instrument).value(*cost)?;
                ledger = ledger.minus(self.settled(*instrument, cost)?)?;
            }
        }
        for (instrument, qty) in open {
            ledger = ledger.plus(self.at_the_end(instrument, qty)?)?;
        }
        Ok(ledger)
    }

    /// By the executions, and what was charged.
    fn parts(&self, said: &Said, mids: &Mids) -> Result<Parts, TooLarge> {
        let mut parts = Parts::default();
        let mut open = BTreeMap::<InstrumentId, Qty>::new();
        for done in said.stands() {
            self.executed(done, mids, &mut parts)?;
            *open.entry(done.instrument).or_default() += done.signed();
            let apart = self.at_the_end(done.instrument, done.signed())?;
            parts.add(Part::Rounding, apart.negated()?)?;
        }
        // What is left is worth what it is as a whole: an inverse contract's executions are rounded one by one.
        for (instrument, qty) in open {
            parts.add(Part::Rounding, self.at_the_end(instrument, qty)?)?;
        }
        for ((instrument, _), paid) in said.funding.iter().chain(&said.interest) {
            parts.add(Part::Funding, self.settled(*instrument, paid.negated()?)?)?;
        }
        for (asset, amount) in &said.rounding {
            parts.add(Part::Rounding, self.amount(*asset, amount.negated()?)?)?;
        }
        Ok(parts)
    }

    /// Adds what an execution brought.
    fn executed(&self, done: &Executed, mids: &Mids, parts: &mut Parts) -> Result<(), TooLarge> {
        let Fill { side, price, liquidity, fee, .. } = done.fill;
        let (decided, at) = (mids.at(done.decided, done.instrument), mids.at(done.at, done.instrument));
        let traded = 2 * price.0;
        let then = at.map_or(traded, |quote| quote.twice_mid());
        let wanted = decided.map_or(then, |quote| quote.twice_mid());
        let touch = match (liquidity, at) {
            (Liquidity::Taker, Some(quote)) if side.sign() > 0 => 2 * quote.ask.0,
            (Liquidity::Taker, Some(quote)) => 2 * quote.bid.0,
            (Liquidity::Maker, _) | (_, None) => traded,
        };
        let waited = if liquidity == Liquidity::Taker { Part::Latency } else { Part::Queue };
        let mut worth = self.at_the_end(done.instrument, done.signed())?;
        for (part, twice) in [(Part::Decision, wanted), (waited, then), (Part::Spread, touch), (Part::Slippage, traded)]
        {
            let next = self.at(done.instrument, done.signed(), twice)?;
            parts.add(part, worth.minus(next)?)?;
            worth = next;
        }
        if let Some(fee) = fee {
            let paid = self.amount(fee.asset, Exact::from(fee.amount))?;
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

/// The public market: its last two-sided touches, by instrument.
struct Mids {
    /// At each instant that was asked for, everything of that instant counted in.
    then: BTreeMap<Timestamp, Vec<Option<Quote>>>,
    /// At the end.
    last: Vec<Option<Quote>>,
}

impl Mids {
    fn of(setup: &Setup, instants: BTreeSet<Timestamp>) -> Self {
        let mut public = Public { venue: Venue::new(setup.venue_config()), out: Vec::new() };
        let mut feed = setup.feed();
        feed.warm_up(&mut public);
        let mut mids = Self { then: BTreeMap::new(), last: vec![None; setup.instruments.len()] };
        let mut wanted = instants.into_iter().peekable();
        loop {
            for (instrument, last) in setup.instruments.iter().zip(&mut mids.last) {
                let touch = public.touch(instrument.id);
                *last = if touch.usable() { Some(touch) } else { *last };
            }
            let next = feed.next_exchange();
            while let Some(at) = wanted.next_if(|at| next.is_none_or(|next| next > *at)) {
                mids.then.insert(at, mids.last.clone());
            }
            if next.is_none() {
                return mids;
            }
            feed.advance(&mut public);
            while feed.deliver().is_some() {}
        }
    }

    fn at(&self, at: Timestamp, instrument: InstrumentId) -> Option<Quote> {
        self.then.get(&at)?[usize::from(instrument.0)]
    }
}
