//! Books: positions, ledger, and what every fill does to both (production-rules §4.1–§4.3, §5).
//!
//! A fill is applied at most once per execution id, and all or nothing: everything that can be
//! refused is refused before anything is written. A known id with the same content changes
//! nothing, with other content it is reported and the first stays; a fee that was predicted is
//! corrected by a reversal and a new posting, a busted fill by reversals. History is never edited. After every event
//! [`Books::verify`] holds.
//!
//! It does not know orders: whether a fill belongs to one of ours, stands on its grid and is not
//! the same execution under another id is checked before it comes here.

mod charge;
mod correction;
mod holding;
mod identity;
mod netting;
mod outcome;
mod postings;
mod transfers;

use std::collections::{BTreeMap, BTreeSet};

pub use charge::Charge;
use holding::{Effect, Holding, Moment};
pub use identity::{Breach, Marks, Statement, Unmarked};
use netting::Netted;
pub use outcome::{BookError, Booked, Closed, Outcome};

use super::position::{Position, Split};
use super::residue::Residue;
use crate::ledger::Ledger;
use crate::market::{
    AssetId, Bug, Cause, DeskId, Fill, Instrument, InstrumentId, Money, Posting, TickLots, Timestamp, Transaction,
    TransactionId, VenueRef, planted,
};

/// A fill with everything needed to book it.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// Whose.
    pub desk: DeskId,
    /// Of what.
    pub instrument: &'a Instrument,
    /// Venue time of the fill: its rules and fees are those in force then.
    pub at: Timestamp,
    /// The fill.
    pub fill: &'a Fill,
    /// Quote per unit of the fee's asset, where that is neither quote nor base.
    pub fee_rate: Option<Money>,
    /// Whether it is the first fill of its order: a further entry if it grows a position.
    pub new_entry: bool,
}

/// What remains known of an execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Applied {
    desk: DeskId,
    instrument: InstrumentId,
    at: Timestamp,
    fill: Fill,
    split: Split,
    life: u64,
    charge: Charge,
    trade_transaction: Option<TransactionId>,
    fee_transaction: TransactionId,
    /// What it did to the cost of the venue's one position and realised there, once its turn is certain.
    at_venue: Option<(TickLots, TickLots)>,
    busted: bool,
}

/// The latest booking of a holding, and what it was before: as long as nothing else touched it,
/// it can be taken back as if it had never been.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Latest {
    execution: VenueRef,
    before: Holding,
    gross: Money,
    lots_gross: TickLots,
    net: Money,
}

/// Sums per asset that the ledger does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    /// Gross realised of instruments quoted in the asset.
    gross: Money,
    /// Net realised of the same.
    net: Money,
    /// Value of the fees of the same.
    fees: Money,
    /// Funding of the same.
    funding: Money,
    /// What base-asset fees were worth: out of the base asset's fees, into the quote asset's.
    moved_fees: Money,
    /// What adopted holdings were worth: out of the base asset, into the quote asset.
    moved_holdings: Money,
}

/// All positions of an account, and its ledger.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Books {
    positions: BTreeMap<(DeskId, InstrumentId), Position>,
    residues: BTreeMap<(DeskId, InstrumentId), Residue>,
    ledger: Ledger,
    applied: BTreeMap<VenueRef, Applied>,
    latest: BTreeMap<(DeskId, InstrumentId), Latest>,
    funded: BTreeSet<(InstrumentId, Timestamp)>,
    /// The same of interest.
    accrued: BTreeSet<(InstrumentId, Timestamp)>,
    tallies: BTreeMap<AssetId, Tally>,
    /// The venue's one position of each margin instrument.
    netted: BTreeMap<InstrumentId, (AssetId, Netted)>,
    lives: u64,
    transactions: u64,
    changes: u64,
}

impl Books {
    /// Empty books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Books a fill, once.
    ///
    /// # Errors
    /// When the fill is malformed or its fee cannot be valued; nothing has changed then.
    pub fn book(&mut self, now: Timestamp, execution: &Execution<'_>) -> Result<Outcome, BookError> {
        let fill = execution.fill;
        if let Some(known) = self.applied.get(&fill.execution).copied() {
            return self.book_again(now, execution, &known);
        }
        if fill.price.0 < i64::from(!planted(Bug::Critical9Validation)) || fill.qty.0 <= 0 {
            return Err(BookError::Malformed { price: fill.price, qty: fill.qty });
        }
        let charge = Charge::of(execution)?;
        let before = self.holding(execution.desk, execution.instrument.id);
        let after = before.position.qty.0.checked_add(fill.side.signed(fill.qty).0);
        if after.is_none_or(|qty| qty == i64::MIN) {
            return Err(BookError::TooLarge { price: fill.price, qty: fill.qty });
        }
        let mut holding = before;
        let moment = Moment { at: execution.at, life: self.lives + 1, new_entry: execution.new_entry };
        let effect = holding.apply(execution, &charge, moment)?;
        let mut booked = self.commit(now, execution, charge, &holding, &effect);
        if let Some(closed) = &mut booked.closed {
            closed.opened_at = before.position.opened_at;
        }
        let Effect { gross, lots_gross, net, .. } = effect;
        let latest = Latest { execution: fill.execution, before, gross, lots_gross, net };
        self.latest.insert((execution.desk, execution.instrument.id), latest);
        Ok(Outcome::Booked(booked))
    }

    /// The position of a desk in an instrument, if one is open.
    #[must_use]
    pub fn position(&self, desk: DeskId, instrument: InstrumentId) -> Option<&Position> {
        self.positions.get(&(desk, instrument))
    }

    /// All open positions, by desk and instrument.
    pub fn positions(&self) -> impl Iterator<Item = (DeskId, InstrumentId, &Position)> + '_ {
        self.positions.iter().map(|((desk, instrument), position)| (*desk, *instrument, position))
    }

    /// What base-asset fees left below a lot, if anything.
    #[must_use]
    pub fn residue(&self, desk: DeskId, instrument: InstrumentId) -> Option<&Residue> {
        self.residues.get(&(desk, instrument))
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How often positions or balances have changed: while this stands still, so do they.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// The fill booked under an execution id.
    #[must_use]
    pub fn applied(&self, execution: &VenueRef) -> Option<&Fill> {
        self.applied.get(execution).map(|applied| &applied.fill)
    }

    /// Forgets executions from before an instant; a fill that old is not booked by itself any more
    /// (FB-3), so none can be booked twice.
    pub fn forget_before(&mut self, instant: Timestamp) {
        self.applied.retain(|_, applied| applied.at >= instant);
    }

    fn book_again(&mut self, now: Timestamp, again: &Execution<'_>, known: &Applied) -> Result<Outcome, BookError> {
        let same_but_fee = Fill { fee: known.fill.fee, ..*again.fill } == known.fill
            && (again.desk, again.instrument.id) == (known.desk, known.instrument);
        match again.fill.fee {
            _ if !same_but_fee => Ok(Outcome::Conflict(known.fill)),
            Some(fee) if known.charge.provisional && !known.busted => {
                self.correct_fee(now, again, fee).map(Outcome::FeeCorrected)
            }
            Some(_) if again.fill.fee != known.fill.fee => Ok(Outcome::Conflict(known.fill)),
            Some(_) | None => Ok(Outcome::Duplicate),
        }
    }

    fn commit(
        &mut self,
        now: Timestamp,
        execution: &Execution<'_>,
        charge: Charge,
        holding: &Holding,
        effect: &Effect,
    ) -> Booked {
        let Execution { desk, instrument, at, fill, .. } = *execution;
        let split = effect.split;
        let mut transactions = Vec::with_capacity(2);
        if postings::settles_at_once(instrument.contract) {
            let trade = postings::spot_trade(instrument, fill.side, fill.price, fill.qty);
            transactions.push(self.post(now, Some(desk), Cause::Fill(fill.execution), trade));
        } else if !split.closed.is_zero() {
            let settlement = postings::settlement(instrument, split.gross);
            transactions.push(self.post(now, Some(desk), Cause::Settlement(fill.execution), settlement));
        }
        let fee = self.post(now, Some(desk), Cause::Fee(fill.execution), postings::fee(&charge));
        let applied = Applied {
            desk,
            instrument: instrument.id,
            at,
            fill: *fill,
            split,
            life: holding.position.life,
            charge,
            trade_transaction: transactions.first().map(|trade| trade.id),
            fee_transaction: fee.id,
            at_venue: None,
            busted: false,
        };
        transactions.push(fee);
        self.net(instrument, (at, fill), split.gross);
        self.applied.insert(fill.execution, applied);
        self.settle(execution, &charge, holding, effect);
        Booked {
            position: holding.position,
            split,
            charge,
            gross: effect.gross,
            lots_gross: effect.lots_gross,
            net: effect.net,
            closed: closed(instrument, effect, holding),
            transactions,
        }
    }

    /// Writes a changed holding and what it realised.
    fn settle(&mut self, execution: &Execution<'_>, charge: &Charge, holding: &Holding, effect: &Effect) {
        self.move_fee(execution, charge);
        let tally = self.tallies.entry(execution.instrument.settles_in()).or_default();
        tally.gross += effect.gross;
        tally.net += effect.net;
        tally.fees += charge.value;
        self.keep((execution.desk, execution.instrument.id), holding);
    }

    fn keep(&mut self, key: (DeskId, InstrumentId), holding: &Holding) {
        self.changes += 1;
        self.latest.remove(&key);
        if holding.position.is_flat() {
            self.positions.remove(&key);
        } else {
            self.lives = self.lives.max(holding.position.life);
            self.positions.insert(key, holding.position);
        }
        if holding.residue.is_empty() {
            self.residues.remove(&key);
        } else {
            self.residues.insert(key, holding.residue);
        }
    }

    fn holding(&self, desk: DeskId, instrument: InstrumentId) -> Holding {
        let key = (desk, instrument);
        Holding {
            position: self.positions.get(&key).copied().unwrap_or_default(),
            residue: self.residues.get(&key).copied().unwrap_or_default(),
        }
    }

    fn post(&mut self, at: Timestamp, desk: Option<DeskId>, cause: Cause, postings: Vec<Posting>) -> Transaction {
        self.changes += 1;
        self.transactions += 1;
        let transaction = Transaction { id: TransactionId(self.transactions), at, desk, cause, postings };
        self.ledger.post(&transaction);
        transaction
    }

    fn move_fee(&mut self, execution: &Execution<'_>, charge: &Charge) {
        if charge::is_disposal(execution.instrument, charge.asset) {
            self.tallies.entry(charge.asset).or_default().moved_fees += charge.amount;
            self.tallies.entry(execution.instrument.settles_in()).or_default().moved_fees -= charge.value;
        }
    }
}

fn closed(instrument: &Instrument, effect: &Effect, holding: &Holding) -> Option<Closed> {
    let split = effect.split;
    (!split.closed.is_zero()).then(|| Closed {
        qty: split.closed,
        opened_at: Timestamp::MIN,
        released: split.released,
        gross: instrument.value(split.gross),
        entry_fees: split.entry_fees,
        exit_fee: effect.exit_fee,
        carry: split.carry,
        net: effect.closed_net,
        flat: split.fresh || holding.position.is_flat(),
    })
}
