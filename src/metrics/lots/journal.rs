//! The trades of a journal, instrument by instrument, and their lots.
//!
//! A trade is an execution the trader booked, or a position that changed without one; its fee is the
//! one that stands at the end. An execution the venue took back is no trade. A fee in the base asset
//! of a spot instrument leaves what was bought, or is sold along, at the price of the fill; one in any
//! other asset is valued at the rates known when it was posted, and named where there are none.
//! Funding is in no lot: it is told beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Matched, Method, Trade, matched};
use crate::journal::{Body, Exact, Header, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Contract, Decision, DeskId, Event, ExecutionReport, Fill, InstrumentId, OrderId, Price,
    ReferenceEvent, ReportKind, Timestamp, Transaction, TransactionId, VenueMessage, VenueRef,
};
use crate::metrics::rates::Rates;

/// Decimals of a unit's worth where that is a quotient: many units of it stay exact to the asset's unit.
const QUOTIENT_DECIMALS: u32 = 26;

/// The lots of one desk in one instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstrumentLots {
    /// Whose.
    pub desk: DeskId,
    /// Of what.
    pub instrument: InstrumentId,
    /// Base of one unit of quantity.
    pub unit: Exact,
    /// What was acquired and disposed of, in order; values and fees in the quote asset.
    pub trades: Vec<Trade>,
    /// Its lots.
    pub matched: Matched,
}

impl InstrumentLots {
    /// A quantity in base.
    pub fn base(&self, qty: i128) -> Result<Exact, TooLarge> {
        Exact::whole(qty).times(self.unit)
    }

    /// What the open lots would gain at a price in quote per base; of an inverse contract each unit's worth there is
    /// rounded to `QUOTIENT_DECIMALS`.
    pub fn unrealised(&self, card: &InstrumentCard, price: Exact) -> Result<Exact, TooLarge> {
        self.matched.unrealised(match card.contract {
            Contract::Spot | Contract::Linear => price.times(self.unit)?,
            Contract::Inverse => self.unit.quotient(price, QUOTIENT_DECIMALS)?.negated()?,
        })
    }
}

/// The lots of a journal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LotReport {
    /// By instrument and desk; only where something was traded.
    pub lots: Vec<InstrumentLots>,
    /// Funding paid by instrument, in its quote asset: in no lot.
    pub funding: BTreeMap<InstrumentId, Exact>,
    /// What could not be counted in: assets without a rate.
    pub unvalued: BTreeSet<String>,
}

impl LotReport {
    /// The lots of a journal's records by a method.
    ///
    /// # Errors
    /// When an amount needs more than 38 digits.
    pub fn of(header: &Header, records: &[Record], method: Method) -> Result<Self, TooLarge> {
        let mut gathered = Gathered {
            header,
            rates: Rates::new(header),
            desks: BTreeMap::new(),
            heard: BTreeMap::new(),
            executions: BTreeMap::new(),
            posted: BTreeMap::new(),
            trades: Vec::new(),
            report: Self::default(),
        };
        for record in records {
            gathered.observe(record)?;
        }
        gathered.report(method)
    }
}

/// The fee of an execution as it stands: what left the position, and what it was worth besides.
#[derive(Clone, Copy, Debug, Default)]
struct Charged {
    base: Exact,
    quote: Exact,
    /// Whether the venue took the execution back.
    busted: bool,
}

/// A trade by an execution, or without one.
struct Made {
    key: (InstrumentId, DeskId),
    at: Timestamp,
    qty: i128,
    price: Price,
    execution: Option<VenueRef>,
}

struct Gathered<'a> {
    header: &'a Header,
    rates: Rates,
    desks: BTreeMap<OrderId, DeskId>,
    heard: BTreeMap<VenueRef, (InstrumentId, Timestamp, Fill)>,
    executions: BTreeMap<VenueRef, Charged>,
    posted: BTreeMap<TransactionId, Cause>,
    trades: Vec<Made>,
    report: LotReport,
}

impl Gathered<'_> {
    fn observe(&mut self, record: &Record) -> Result<(), TooLarge> {
        match &record.body {
            Body::Event(Event::Report(report) | Event::Account(VenueMessage::Report(report))) => self.hear(report),
            Body::Event(Event::Account(VenueMessage::Fills(page))) => {
                page.fills.iter().try_for_each(|report| self.hear(report))
            }
            Body::Event(Event::Reference(ReferenceEvent::Rate { asset, price })) => {
                self.rates.state(*asset, (*price).into());
                Ok(())
            }
            Body::Decision(decision) => self.decision(record.now, decision),
            _ => Ok(()),
        }
    }

    fn hear(&mut self, report: &ExecutionReport) -> Result<(), TooLarge> {
        if let ReportKind::Filled(fill) = report.kind {
            self.heard.insert(fill.execution, (report.instrument, report.at, fill));
            self.rates.mark(self.header, report.instrument, fill.price.0.saturating_mul(2))?;
        }
        Ok(())
    }

    fn decision(&mut self, now: Timestamp, decision: &Decision) -> Result<(), TooLarge> {
        match decision {
            Decision::Intended { desk, order, .. } => {
                self.desks.insert(order.id, *desk);
            }
            Decision::Booked { order, execution, .. } => {
                let Some((instrument, at, fill)) = self.heard.get(execution).copied() else { return Ok(()) };
                let key = (instrument, self.desks.get(order).copied().unwrap_or(DeskId::EXTERNAL));
                let (qty, price) = (i128::from(fill.side.sign()) * i128::from(fill.qty.0), fill.price);
                self.trades.push(Made { key, at, qty, price, execution: Some(*execution) });
            }
            Decision::Adjusted { desk, instrument, by, at, .. } => {
                let key = (*instrument, *desk);
                self.trades.push(Made { key, at: now, qty: by.0.into(), price: *at, execution: None });
            }
            Decision::Posted(transaction) => return self.post(transaction),
            _ => {}
        }
        Ok(())
    }

    fn post(&mut self, transaction: &Transaction) -> Result<(), TooLarge> {
        self.posted.insert(transaction.id, transaction.cause);
        match transaction.cause {
            Cause::Fee(execution) => self.charge(execution, transaction)?,
            Cause::Reversal(of) => match self.posted.get(&of) {
                Some(Cause::Fee(execution)) => {
                    let row = self.executions.entry(*execution).or_default();
                    *row = Charged { busted: row.busted, ..Charged::default() };
                }
                Some(Cause::Fill(execution) | Cause::Settlement(execution)) => {
                    self.executions.entry(*execution).or_default().busted = true;
                }
                _ => {}
            },
            Cause::Funding(instrument, _) => {
                let paid = transaction.postings.iter().filter(|posting| posting.account == Account::Funding);
                let sum = self.report.funding.entry(instrument).or_default();
                *sum = paid.map(|posting| posting.amount).try_fold(*sum, |sum, amount| sum.plus(amount.into()))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn charge(&mut self, execution: VenueRef, transaction: &Transaction) -> Result<(), TooLarge> {
        let Some((instrument, ..)) = self.heard.get(&execution) else { return Ok(()) };
        let Some(card) = self.header.card(*instrument) else { return Ok(()) };
        for posting in transaction.postings.iter().filter(|posting| posting.account == Account::Fees) {
            let amount = Exact::from(posting.amount);
            if posting.asset == card.base && card.contract == Contract::Spot && card.base != card.quote {
                let row = self.executions.entry(execution).or_default();
                row.base = row.base.plus(amount)?;
            } else {
                let worth = self.in_settled(posting.asset, amount, card)?;
                let row = self.executions.entry(execution).or_default();
                row.quote = row.quote.plus(worth)?;
            }
        }
        Ok(())
    }

    /// An amount in what an instrument settles in; nothing, and a note, where no rate is known.
    fn in_settled(&mut self, asset: AssetId, amount: Exact, card: &InstrumentCard) -> Result<Exact, TooLarge> {
        let (settled, _) = card.settles_in();
        if asset == settled {
            return Ok(amount);
        }
        match (self.rates.of(asset)?, self.rates.of(settled)?) {
            (Some(rate), Some(quote)) if quote == Exact::whole(1) => amount.times(rate),
            (Some(rate), Some(quote)) => amount.times(rate)?.divided(quote, super::SHARE_DECIMALS),
            _ => {
                self.report.unvalued.insert(self.header.asset(asset));
                Ok(Exact::ZERO)
            }
        }
    }

    fn report(mut self, method: Method) -> Result<LotReport, TooLarge> {
        let mut by_key: BTreeMap<(InstrumentId, DeskId), (Exact, Vec<Trade>)> = BTreeMap::new();
        for made in &self.trades {
            let charged = made.execution.and_then(|id| self.executions.get(&id)).copied().unwrap_or_default();
            let Some(card) = self.header.card(made.key.0).filter(|_| !charged.busted) else { continue };
            let unit = Exact::unit(card.base_scale.max(card.qty_step().scale()));
            let trades = &mut by_key.entry(made.key).or_insert((unit, Vec::new())).1;
            trades.push(trade(made, charged, card, unit)?);
        }
        for ((instrument, desk), (unit, trades)) in by_key {
            let matched = matched(&trades, method)?;
            self.report.lots.push(InstrumentLots { desk, instrument, unit, trades, matched });
        }
        Ok(self.report)
    }
}

/// What a trade did to the position and to the quote asset.
fn trade(made: &Made, charged: Charged, card: &InstrumentCard, unit: Exact) -> Result<Trade, TooLarge> {
    let price = card.price(made.price)?;
    let traded = Exact::whole(made.qty).times(card.qty_step())?;
    let qty = traded.minus(charged.base)?.units_up(unit)?;
    let amount = Exact::whole(qty).times(unit)?.abs()?;
    let value = match card.contract {
        Contract::Spot | Contract::Linear => amount.times(price)?,
        Contract::Inverse => amount.quotient(price, card.base_scale)?.negated()?,
    };
    let fee = charged.quote.plus(charged.base.times(price)?)?;
    Ok(Trade { at: made.at, qty, price: made.price, value, fee })
}
