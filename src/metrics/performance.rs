//! How a strategy did: what the go-live gate asks of a run, counted while it runs.
//!
//! `Performance` sees every record after [`Metrics`](super::Metrics) has, which lends it its rates and tells it of
//! every sample of equity. It keeps sums, one row a day and one a closed trade, and does nothing at a record that moves
//! none of them. What it says is [`Figures`]: money is exact, ratios come from [`crate::statistics`].
//!
//! It believes the trader's bookings, but for [`Attribution`], which counts fills once more. It judges nothing.

mod attribution;
mod average_cost;
mod cover;
mod figures;
mod told;
mod traffic;
mod trips;
mod uptime;

use std::collections::BTreeMap;

use attribution::{Parts, Traded};
use cover::Cover;
use traffic::Traffic;
use trips::{Change, Trips};
use uptime::Stretches;

pub use attribution::Attribution;
pub use figures::{ClosedTrade, DayClose, Execution, Figures, Percentiles, Returns, TradeFigures, YEAR_DAYS};
pub use uptime::{Downtime, Uptime};

use super::rates::Rates;
use crate::journal::{Body, Exact, Header, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Decision, DeskId, Event, ExecutionReport, Fill, InstrumentId, OrderId, Posting, Price,
    Purpose, Qty, ReportKind, Span, TickLots, Timestamp, Transaction, TransactionId, VenueMessage, VenueRef,
};
use crate::statistics::curve::DAY_NS;
pub(super) use told::Known;
use told::{ratio, share};

/// Whose position in what.
type Key = (DeskId, InstrumentId);

/// What everything is counted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub header: &'a Header,
    pub rates: &'a Rates,
}

impl Seen<'_> {
    /// An amount in account currency; nothing where the asset has no rate, which `Metrics` notes.
    fn valued(self, asset: AssetId, amount: Exact) -> Result<Exact, TooLarge> {
        if amount.is_zero() {
            return Ok(amount);
        }
        self.rates.of(asset)?.map_or(Ok(Exact::ZERO), |rate| amount.times(rate))
    }

    /// An amount of what an instrument settles in, likewise.
    fn settled(self, instrument: InstrumentId, amount: Exact) -> Result<Exact, TooLarge> {
        self.header.card(instrument).map_or(Ok(Exact::ZERO), |card| self.valued(card.settles_in().0, amount))
    }

    /// What a quantity comes to at a price, in account currency and without sign.
    fn size(self, instrument: InstrumentId, qty: Qty, price: Price) -> Result<Exact, TooLarge> {
        let Some(card) = self.header.card(instrument) else { return Ok(Exact::ZERO) };
        self.valued(card.settles_in().0, card.size(qty, price)?)
    }
}

/// An order of ours.
#[derive(Clone, Copy, Debug)]
struct Row {
    desk: DeskId,
    /// Twice the mid it was priced from; zero where it waits for a trigger.
    twice_reference: i64,
    refused: bool,
}

/// A fill as it was heard in the step at hand.
#[derive(Clone, Copy, Debug)]
struct Heard {
    order: OrderId,
    instrument: InstrumentId,
    fill: Fill,
    booked: bool,
}

/// What a transaction was posted for, should it be reversed.
#[derive(Clone, Copy, Debug)]
struct Made {
    traded: Traded,
    is_fee: bool,
}

/// The last sample of a day.
#[derive(Clone, Copy, Debug)]
struct Day {
    number: i64,
    at: Timestamp,
    equity: Exact,
    transferred: Exact,
}

/// The performance of a run under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Performance {
    orders: BTreeMap<OrderId, Row>,
    heard: Vec<Heard>,
    /// Fills heard before the step at hand and not booked then: a page waits for the ones after it.
    waiting: BTreeMap<VenueRef, Heard>,
    /// Fees posted in the step at hand whose fill is not booked yet.
    fees: Vec<(VenueRef, AssetId, Exact)>,
    made: BTreeMap<TransactionId, Made>,
    /// The fill whose fee was reversed last: the next fee posted for it is a correction.
    correcting: Option<Traded>,
    parts: Parts,
    trips: Trips,
    traffic: Traffic,
    cover: Cover,
    uptime: Stretches,
    start: Option<(Timestamp, Exact)>,
    days: Vec<Day>,
    /// Transfers since the last sample.
    transferred: Exact,
    peak_at: Timestamp,
    has_fallen: bool,
    drawdown_longest_ns: i64,
}

impl Performance {
    /// Takes the next record's body.
    pub fn observe(&mut self, now: Timestamp, body: &Body, seen: Seen<'_>) -> Result<(), TooLarge> {
        self.uptime.observe(now, body);
        match body {
            Body::Event(event) => self.event(event, seen),
            Body::Market => {
                self.begin_step();
                Ok(())
            }
            Body::Decision(decision) => self.decision(now, decision, seen),
            Body::Command(command) => self.traffic.send(seen, command),
            Body::Header(_)
            | Body::Truth(_)
            | Body::Wake(_)
            | Body::Alert(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => Ok(()),
        }
    }

    /// Everything held has a rate for the first time, and the opening balances are worth this.
    pub fn begin(&mut self, now: Timestamp, start: Exact) {
        if self.start.is_none() {
            (self.start, self.peak_at) = (Some((now, start)), now);
            self.parts.begin(start);
        }
    }

    /// Equity was sampled; whether it is at its peak, transfers apart.
    pub fn sample(&mut self, now: Timestamp, equity: Exact, at_peak: bool) -> Result<(), TooLarge> {
        if self.has_fallen || !at_peak {
            self.drawdown_longest_ns = self.drawdown_longest_ns.max(now.since(self.peak_at).0);
        }
        self.has_fallen = !at_peak;
        if at_peak {
            self.peak_at = now;
        }
        let (number, moved) = (now.0.div_euclid(DAY_NS), std::mem::take(&mut self.transferred));
        match self.days.last_mut().filter(|day| day.number == number) {
            Some(day) => {
                let transferred = day.transferred.plus(moved)?;
                *day = Day { at: now, equity, transferred, ..*day };
            }
            None => self.days.push(Day { number, at: now, equity, transferred: moved }),
        }
        Ok(())
    }

    /// Closes the last day. What was sampled within a minute of its midnight is of the day before: the last message of
    /// that day took so long, and no day of its own began.
    pub fn close_days(&mut self) -> Result<(), TooLarge> {
        let [.., before, last] = self.days.as_mut_slice() else { return Ok(()) };
        if before.number + 1 == last.number && last.at.0.rem_euclid(DAY_NS) < Span::from_mins(1).0 {
            let transferred = before.transferred.plus(last.transferred)?;
            let at = Timestamp(last.number * DAY_NS - 1);
            *before = Day { at, equity: last.equity, transferred, ..*before };
            self.days.pop();
        }
        Ok(())
    }

    fn begin_step(&mut self) {
        let late = self.heard.drain(..).filter(|heard| !heard.booked);
        self.waiting.extend(late.map(|heard| (heard.fill.execution, heard)));
        self.fees.clear();
        self.correcting = None;
    }

    fn event(&mut self, event: &Event, seen: Seen<'_>) -> Result<(), TooLarge> {
        self.begin_step();
        self.traffic.hear(event);
        match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => self.hear(report, seen),
            Event::Account(VenueMessage::Fills(page)) => {
                page.fills.iter().try_for_each(|report| self.hear(report, seen))
            }
            Event::Account(_)
            | Event::Market(..)
            | Event::Link(_)
            | Event::Reference(_)
            | Event::Host(_)
            | Event::Wake
            | Event::Control(_) => Ok(()),
        }
    }

    fn hear(&mut self, report: &ExecutionReport, seen: Seen<'_>) -> Result<(), TooLarge> {
        match report.kind {
            // What is malformed is not booked, and a sum of it might not be one.
            ReportKind::Filled(fill) if fill.qty.0 > 0 => {
                let heard = Heard { order: report.order, instrument: report.instrument, fill, booked: false };
                self.heard.push(heard);
            }
            ReportKind::Rejected(reason) => {
                let row = self.orders.get_mut(&report.order).filter(|row| !row.refused);
                if let Some(row) = row {
                    row.refused = true;
                    self.traffic.reject(reason);
                }
            }
            ReportKind::Amended { qty, .. } => return self.traffic.order(seen, report.order, qty),
            _ => {}
        }
        Ok(())
    }

    fn decision(&mut self, now: Timestamp, decision: &Decision, seen: Seen<'_>) -> Result<(), TooLarge> {
        match decision {
            Decision::Intended { purpose, desk, order, twice_reference, .. } => {
                // A target waits for its price like what waits for a trigger: what it gains was meant to be gained.
                let waits = order.kind.trigger().is_some() || *purpose == Purpose::Target;
                let twice_reference = if waits { 0 } else { *twice_reference };
                self.orders.insert(order.id, Row { desk: *desk, twice_reference, refused: false });
                match purpose {
                    Purpose::Entry => self.traffic.intend(order, twice_reference),
                    Purpose::Stop => self.cover.intend(order.id, (*desk, order.instrument)),
                    Purpose::Exit | Purpose::Target => {}
                }
            }
            Decision::Moved { order, to, .. } => self.cover.moved(now, *order, *to),
            Decision::Booked { execution, position, gross, .. } => {
                self.book(now, *execution, (*position, *gross), seen)?;
            }
            Decision::Posted(transaction) => self.post(transaction, seen)?,
            Decision::Adjusted { desk, instrument, by, at, position, .. } => {
                let key = (*desk, *instrument);
                let realised = seen.settled(*instrument, self.parts.adjust(seen, key, *by, *at)?)?;
                self.hold(now, key, Change { after: *position, qty: by.0, gross: realised, fee: Exact::ZERO })?;
            }
            // Whatever was told before the pass ended is booked by now, or was known.
            Decision::Reconciled { .. } => self.waiting.clear(),
            Decision::Naked { desk, instrument, .. } => self.cover.naked(now, (*desk, *instrument), true),
            Decision::Covered { desk, instrument, .. } => self.cover.naked(now, (*desk, *instrument), false),
            _ => {}
        }
        Ok(())
    }

    /// The fill of an execution, as it was heard.
    fn traded(&self, execution: VenueRef) -> Option<(OrderId, Traded)> {
        let heard = self.heard.iter().find(|heard| heard.fill.execution == execution);
        let heard = heard.or_else(|| self.waiting.get(&execution))?;
        let row = self.orders.get(&heard.order);
        let (fill, desk) = (&heard.fill, row.map_or(DeskId::EXTERNAL, |row| row.desk));
        let traded = Traded {
            key: (desk, heard.instrument),
            signed: fill.side.signed(fill.qty).0,
            price: fill.price,
            liquidity: fill.liquidity,
            twice_reference: row.map_or(0, |row| row.twice_reference),
        };
        Some((heard.order, traded))
    }

    fn book(
        &mut self,
        now: Timestamp,
        execution: VenueRef,
        (after, gross): (Qty, TickLots),
        seen: Seen<'_>,
    ) -> Result<(), TooLarge> {
        let Some((order, traded)) = self.traded(execution) else { return Ok(()) };
        let Some(card) = seen.header.card(traded.key.1) else { return Ok(()) };
        self.waiting.remove(&execution);
        for heard in self.heard.iter_mut().filter(|heard| heard.fill.execution == execution) {
            heard.booked = true;
        }
        self.parts.trade(seen, &traded)?;
        let mut fee = Exact::ZERO;
        for (_, asset, amount) in self.fees.extract_if(.., |(of, ..)| *of == execution) {
            fee = fee.plus(self.parts.fee(seen, Some(&traded), asset, amount)?)?;
        }
        let gross = seen.settled(traded.key.1, card.value(gross)?)?;
        let qty = Qty(traded.signed.saturating_abs());
        if traded.key.0 != DeskId::EXTERNAL {
            self.traffic.fill(seen, order, (traded.key.1, qty, traded.price), traded.liquidity)?;
        }
        self.hold(now, traded.key, Change { after, qty: qty.0, gross, fee })
    }

    /// The trader says what it holds.
    fn hold(&mut self, now: Timestamp, key: Key, change: Change) -> Result<(), TooLarge> {
        self.parts.claim(key);
        self.cover.hold(now, key, !change.after.is_zero());
        self.trips.change(now, key, change)
    }

    fn post(&mut self, transaction: &Transaction, seen: Seen<'_>) -> Result<(), TooLarge> {
        let mut of = None;
        match transaction.cause {
            Cause::Fill(execution) | Cause::Settlement(execution) | Cause::Fee(execution) => {
                of = self.traded(execution).map(|(_, traded)| traded);
                let is_fee = matches!(transaction.cause, Cause::Fee(_));
                self.made.extend(of.map(|traded| (transaction.id, Made { traded, is_fee })));
            }
            Cause::Reversal(id) => {
                let made = self.made.remove(&id);
                of = made.map(|made| made.traded);
                match made {
                    Some(Made { traded, is_fee: true }) => self.correcting = Some(traded),
                    Some(Made { traded, is_fee: false }) => {
                        let realised = self.parts.undo(seen, &traded)?;
                        self.trips.correct(traded.key, seen.settled(traded.key.1, realised)?)?;
                    }
                    None => {}
                }
            }
            Cause::Funding(instrument, _) | Cause::Interest(instrument, _) => {
                self.parts.touch(instrument);
                let carried = |posting: &&Posting| matches!(posting.account, Account::Funding | Account::Interest);
                for paid in transaction.postings.iter().filter(carried) {
                    self.trips.carry(instrument, seen.valued(paid.asset, paid.amount.into())?)?;
                }
            }
            Cause::Opening | Cause::Transfer | Cause::Difference => {}
        }
        for posting in &transaction.postings {
            let amount = Exact::from(posting.amount);
            match posting.account {
                Account::Fees => self.charge(transaction.cause, of.as_ref(), (posting.asset, amount), seen)?,
                account => self.parts.post(seen, account, posting.asset, amount)?,
            }
            if posting.account == Account::External && self.start.is_some() {
                self.transferred = self.transferred.minus(seen.valued(posting.asset, amount)?)?;
            }
        }
        Ok(())
    }

    /// A fee was posted: that of a fill waits for its booking, a correction counts at once.
    fn charge(
        &mut self,
        cause: Cause,
        of: Option<&Traded>,
        (asset, amount): (AssetId, Exact),
        seen: Seen<'_>,
    ) -> Result<(), TooLarge> {
        if let (Cause::Fee(execution), Some(traded)) = (cause, of)
            && self.correcting.as_ref() != Some(traded)
        {
            self.fees.push((execution, asset, amount));
            return Ok(());
        }
        let value = self.parts.fee(seen, of, asset, amount)?;
        match of {
            Some(traded) => self.trips.correct(traded.key, value.negated()?),
            None => Ok(()),
        }
    }
}
