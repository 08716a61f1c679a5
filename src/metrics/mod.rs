//! What a run came to: counts, profit and loss, equity and its deepest fall.
//!
//! [`Metrics`] takes the records of a run as they are made, keeps sums and no records, and ends in a
//! [`Summary`]. Equity is sampled after every step that booked something and whenever the loop
//! passes a mark in; it is cash of every asset at its mark, and what open margin positions would
//! realise, in account currency. Amounts are exact; only a rate read off a pair the wrong way round
//! and the drawdown's fraction are divided, and cut where they say.
//!
//! It believes the trader's bookings. Whether they are right is for `audit` to say.

mod adjusted;
pub mod lots;
mod orders;
pub mod performance;
mod rates;
mod summary;
mod worth;

use std::collections::{BTreeMap, BTreeSet};

use orders::OrderBook;
pub use orders::{OrderStatistics, Spread};
pub use performance::{Attribution, Figures, YEAR_DAYS};
use performance::{Known, Performance, Seen};
pub(crate) use rates::Rates;
pub use summary::{Outcome, Summary};
use worth::add;

use crate::journal::{Body, Exact, Header, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Command, Decision, DeskId, Event, ExecutionReport, InstrumentId, OrderId, OrderState, Qty,
    ReferenceEvent, ReportKind, TickLots, Timestamp, Transaction, VenueMessage, VenueRef,
};

/// Decimals of a drawdown.
const DRAWDOWN_DECIMALS: u32 = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    orders: u64,
    fills: u64,
    partial_fills: u64,
    rejections: u64,
    denials: u64,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    desk: DeskId,
    instrument: InstrumentId,
    qty: i64,
    left: i64,
}

/// The sums of a run under way.
#[derive(Clone, Debug)]
pub struct Metrics {
    header: Header,
    rates: Rates,
    counts: Counts,
    orders: BTreeMap<OrderId, Order>,
    /// Fills of the event at hand, which its bookings refer to.
    heard: Vec<(VenueRef, InstrumentId, i64)>,
    cash: BTreeMap<AssetId, Exact>,
    opening: BTreeMap<AssetId, Exact>,
    positions: BTreeMap<(DeskId, InstrumentId), (Qty, TickLots)>,
    gross: Exact,
    fees: Exact,
    funding: Exact,
    start: Option<Exact>,
    peak: Option<Exact>,
    drawdown: Exact,
    /// Whether something was booked since equity was sampled last.
    booked: bool,
    unvalued: BTreeSet<String>,
    ways: OrderBook,
    performance: Performance,
    /// When the last record was made, or the last mark passed in.
    now: Timestamp,
}

impl Metrics {
    /// The metrics of the run with this header.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        Self {
            header: header.clone(),
            rates: Rates::new(header),
            counts: Counts::default(),
            orders: BTreeMap::new(),
            heard: Vec::new(),
            cash: BTreeMap::new(),
            opening: BTreeMap::new(),
            positions: BTreeMap::new(),
            gross: Exact::ZERO,
            fees: Exact::ZERO,
            funding: Exact::ZERO,
            start: None,
            peak: None,
            drawdown: Exact::ZERO,
            booked: false,
            unvalued: BTreeSet::new(),
            ways: OrderBook::default(),
            performance: Performance::default(),
            now: Timestamp::MIN,
        }
    }

    /// Takes the next record's body. Every record belongs here; most only pass.
    pub fn observe(&mut self, now: Timestamp, body: &Body) {
        self.ways.observe(now, body);
        let taken = match body {
            Body::Header(_)
            | Body::Market
            | Body::Truth(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => self.sample_if_booked(),
            Body::Event(event) => self.event(event),
            Body::Decision(decision) => self.decision(decision),
            Body::Command(command) => {
                self.command(command);
                Ok(())
            }
            Body::Wake(_) | Body::Alert(_) => Ok(()),
        };
        self.too_large(taken);
        self.now = now;
        let seen = Seen { header: &self.header, rates: &self.rates };
        let taken = self.performance.observe(now, body, seen);
        self.too_large(taken);
    }

    /// The mark of an instrument, as twice its mid (or twice its last trade), in price units, and a
    /// sample of equity at it.
    pub fn mark(&mut self, now: Timestamp, instrument: InstrumentId, twice: i64) {
        self.now = now;
        let marked = self.rates.mark(&self.header, instrument, twice).and_then(|()| self.sample());
        self.too_large(marked);
    }

    /// What the account is worth now, in account currency; none if something it holds has no rate.
    #[must_use]
    pub fn equity(&self) -> Option<Exact> {
        self.worth().ok().flatten()
    }

    /// The largest fall from a peak so far, as a fraction of that peak.
    #[must_use]
    pub const fn max_drawdown(&self) -> Exact {
        self.drawdown
    }

    /// How the strategy did over this period, which is the run's: to be asked before the run is ended.
    #[must_use]
    pub fn figures(&mut self, period: (Timestamp, Timestamp)) -> Figures {
        let sampled = self.sample();
        self.too_large(sampled);
        let closed = self.performance.close_days();
        self.too_large(closed);
        let recalled = self.performance.recalled();
        let known = Known {
            ways: &self.ways,
            drawdown: self.drawdown,
            orders: self.counts.orders,
            fills: self.counts.fills,
            partial_fills: self.counts.partial_fills,
            equity: self.equity(),
            equity_claimed: self.worth_without(&recalled).ok().flatten(),
        };
        let seen = Seen { header: &self.header, rates: &self.rates };
        self.performance.finish(period, &known, seen).unwrap_or_default()
    }

    /// Ends the run.
    #[must_use]
    pub fn finish(mut self, outcome: Outcome) -> Summary {
        let sampled = self.sample();
        self.too_large(sampled);
        let gross = self.unrealised().and_then(|open| self.gross.plus(open)).unwrap_or(self.gross);
        let net = gross.minus(self.fees).and_then(|left| left.minus(self.funding)).unwrap_or(gross);
        let text = |amount: Exact| amount.to_string();
        Summary {
            scenario: self.header.scenario.name.clone(),
            seed: self.header.seed,
            run: self.header.run,
            digest: format!("{:016x}", outcome.digest),
            events: outcome.events,
            orders: self.counts.orders,
            fills: self.counts.fills,
            partial_fills: self.counts.partial_fills,
            rejections: self.counts.rejections,
            denials: self.counts.denials,
            gross_pnl: gross.to_string(),
            fees: self.fees.to_string(),
            funding: self.funding.to_string(),
            net_pnl: net.to_string(),
            equity_start: self.start.map(text),
            equity_end: self.equity().map(text),
            max_drawdown: self.drawdown.to_string(),
            position_end: self.positions_by_symbol(),
            audit_breaches: outcome.audit_breaches,
            unvalued: self.unvalued.into_iter().collect(),
            order_statistics: self.ways.finish(),
        }
    }

    fn event(&mut self, event: &Event) -> Result<(), TooLarge> {
        let sampled = self.sample_if_booked();
        self.heard.clear();
        match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => self.hear(report),
            Event::Account(VenueMessage::Fills(page)) => page.fills.iter().for_each(|report| self.hear(report)),
            Event::Reference(ReferenceEvent::Rate { asset, price }) => self.rates.state(*asset, (*price).into()),
            Event::Account(_)
            | Event::Reference(ReferenceEvent::PenaltyCounter { .. })
            | Event::Market(..)
            | Event::Link(_)
            | Event::Host(_)
            | Event::Wake
            | Event::Control(_) => {}
        }
        sampled
    }

    fn hear(&mut self, report: &ExecutionReport) {
        if let (ReportKind::Amended { qty, .. }, Some(row)) = (report.kind, self.orders.get_mut(&report.order)) {
            row.left = row.left.saturating_add(qty.0.saturating_sub(row.qty));
            row.qty = qty.0;
        }
        if let ReportKind::Filled(fill) = report.kind {
            self.heard.push((fill.execution, report.instrument, fill.qty.0));
            if self.rates.of_instrument(report.instrument).is_none() {
                let twice = fill.price.0.saturating_mul(2);
                let marked = self.rates.mark(&self.header, report.instrument, twice);
                self.too_large(marked);
            }
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::New(_) => self.counts.orders += 1,
            Command::Amend(_)
            | Command::Cancel(_)
            | Command::CancelAll(_)
            | Command::CancelAllAfter(_)
            | Command::Reconnect
            | Command::Query(_) => {}
        }
    }

    fn decision(&mut self, decision: &Decision) -> Result<(), TooLarge> {
        match decision {
            Decision::Intended { desk, order, .. } => {
                let qty = order.qty.0;
                let row = Order { desk: *desk, instrument: order.instrument, qty, left: qty };
                self.orders.insert(order.id, row);
            }
            Decision::Moved { from, to, .. } => {
                self.counts.rejections += u64::from(*to == OrderState::Rejected && *from != OrderState::Rejected);
            }
            Decision::Denied(_) => self.counts.denials += 1,
            Decision::Booked { order, execution, position, cost, gross, .. } => {
                self.book(*order, *execution, (*position, *cost), *gross)?;
            }
            Decision::Posted(transaction) => self.post(transaction)?,
            Decision::Adjusted { desk, instrument, by, at, position, cost } => {
                self.adjust((*desk, *instrument), (*by, *at), (*position, *cost))?;
            }
            Decision::Proposed(_)
            | Decision::Checked(..)
            | Decision::Trimmed { .. }
            | Decision::Anomaly { .. }
            | Decision::Became { .. }
            | Decision::CoolingDown { .. }
            | Decision::Tripped { .. }
            | Decision::ReduceOnly { .. }
            | Decision::Operator(_)
            | Decision::Resolving { .. }
            | Decision::Retrying { .. }
            | Decision::Protected { .. }
            | Decision::Naked { .. }
            | Decision::Covered { .. }
            | Decision::Exiting { .. }
            | Decision::Breaker { .. }
            | Decision::PeriodBegan { .. }
            | Decision::PeakRestarted { .. }
            | Decision::Volatility { .. }
            | Decision::Valued { .. }
            | Decision::Reconciled { .. }
            | Decision::Adopted { .. }
            | Decision::Released { .. }
            | Decision::LimitChanged { .. } => {}
        }
        Ok(())
    }

    fn book(
        &mut self,
        order: OrderId,
        execution: VenueRef,
        held: (Qty, TickLots),
        gross: TickLots,
    ) -> Result<(), TooLarge> {
        self.counts.fills += 1;
        self.booked = true;
        let heard = self.heard.iter().find(|heard| heard.0 == execution).copied();
        let row = self.orders.get_mut(&order);
        let mut key = heard.map(|(_, instrument, _)| (DeskId(u16::MAX), instrument));
        if let Some(row) = row {
            row.left = row.left.saturating_sub(heard.map_or(0, |(_, _, qty)| qty));
            self.counts.partial_fills += u64::from(row.left > 0);
            key = Some((row.desk, row.instrument));
        }
        let Some(key) = key else { return Ok(()) };
        self.positions.insert(key, held);
        let Some(card) = self.header.card(key.1) else { return Ok(()) };
        let (value, (settled, _)) = (card.value(gross)?, card.settles_in());
        self.gross = self.gross.plus(self.valued(settled, value)?)?;
        Ok(())
    }

    fn post(&mut self, transaction: &Transaction) -> Result<(), TooLarge> {
        for posting in &transaction.postings {
            let (asset, amount) = (posting.asset, Exact::from(posting.amount));
            match posting.account {
                Account::Cash => add(&mut self.cash, asset, amount)?,
                Account::Fees => self.fees = self.fees.plus(self.valued(asset, amount)?)?,
                Account::Funding | Account::Interest => {
                    self.funding = self.funding.plus(self.valued(asset, amount)?)?;
                }
                Account::External if self.start.is_none() => add(&mut self.opening, asset, amount.negated()?)?,
                Account::External => {
                    let moved = self.valued(asset, amount.negated()?)?;
                    self.peak = self.peak.map(|peak| peak.plus(moved)).transpose()?;
                }
                Account::Market | Account::Rounding | Account::Unexplained => {}
            }
        }
        self.booked |= !matches!(transaction.cause, Cause::Opening);
        Ok(())
    }

    fn sample_if_booked(&mut self) -> Result<(), TooLarge> {
        if self.booked { self.sample() } else { Ok(()) }
    }

    fn sample(&mut self) -> Result<(), TooLarge> {
        self.booked = false;
        if self.start.is_none() {
            self.start = self.worth_of(&self.opening)?.filter(|_| !self.opening.is_empty());
            self.peak = self.start;
            if let Some(start) = self.start {
                self.performance.begin(self.now, start);
            }
        }
        let (Some(equity), Some(peak)) = (self.worth()?, self.peak) else { return Ok(()) };
        let at_peak = equity.compare(peak)?.is_ge();
        self.performance.sample(self.now, equity, at_peak)?;
        if at_peak {
            self.peak = Some(equity);
        } else if !peak.is_zero() && !peak.is_negative() {
            let fall = peak.minus(equity)?.divided(peak, DRAWDOWN_DECIMALS)?;
            if fall.compare(self.drawdown)?.is_gt() {
                self.drawdown = fall;
            }
        }
        Ok(())
    }

    fn too_large(&mut self, taken: Result<(), TooLarge>) {
        self.unvalued.extend(taken.err().map(|error| error.to_string()));
    }
}
