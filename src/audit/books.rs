//! How postings and bookings enter the audit's tables.

use super::facts::Facts;
use super::rows::{Adjustment, Booking, Correction};
use crate::journal::{Exact, TooLarge};
use crate::market::{Account, Cause, DeskId, Fee, Fill, InstrumentId, Side, TickLots, Transaction, VenueRef};

/// What changes positions in a step.
enum Turn<'a> {
    Booked(&'a mut Booking),
    Adjusted(&'a mut Adjustment),
    Corrected(Correction),
}

impl Facts {
    pub(super) fn post(&mut self, seq: u64, transaction: &Transaction) -> Result<(), TooLarge> {
        for posting in &transaction.postings {
            let balance = self.balances.entry((posting.asset, posting.account)).or_default();
            *balance = balance.plus(posting.amount.into())?;
        }
        self.note_overdraft(transaction);
        self.note_movement(transaction);
        self.settled_here(transaction)?;
        self.step.posted.push((seq, transaction.clone()));
        self.transactions.insert(transaction.id, transaction.cause);
        self.posted += 1;
        match transaction.cause {
            Cause::Fill(execution) => self.executions.entry(execution).or_default().standing[0] += 1,
            Cause::Settlement(execution) => self.executions.entry(execution).or_default().standing[1] += 1,
            Cause::Fee(execution) => {
                let row = self.executions.entry(execution).or_default();
                row.standing[2] += 1;
                let paid = transaction.postings.iter().find(|posting| posting.account == Account::Fees);
                row.fee = paid.map(|posting| Fee { asset: posting.asset, amount: posting.amount });
                let charged = Correction::Charged(execution, row.fee);
                self.step.corrections.push((seq, charged));
            }
            Cause::Funding(instrument, at) | Cause::Interest(instrument, at) => {
                let (interest, account) = match transaction.cause {
                    Cause::Interest(..) => (true, Account::Interest),
                    _ => (false, Account::Funding),
                };
                *self.funded.entry((interest, instrument, at.0)).or_default() += 1;
                let paid = transaction.postings.iter().filter(|posting| posting.account == account);
                let paid = paid.map(|posting| Exact::from(posting.amount)).next().unwrap_or_default();
                self.carry(instrument, paid)?;
            }
            Cause::Reversal(of) => self.reverse(seq, of),
            Cause::Opening | Cause::Transfer | Cause::Difference => {}
        }
        Ok(())
    }

    /// Other hands cannot spend what is not there: where they seem to, we have not heard of something yet.
    fn note_overdraft(&mut self, transaction: &Transaction) {
        let others = transaction.desk == Some(DeskId::EXTERNAL);
        for posting in transaction.postings.iter().filter(|posting| posting.account == Account::Cash) {
            let cash = self.balance(posting.asset, Account::Cash);
            if !cash.is_negative() {
                self.overdrawn.remove(&posting.asset);
            } else if others && Exact::from(posting.amount).is_negative() {
                self.overdrawn.insert(posting.asset, cash);
            }
        }
    }

    fn reverse(&mut self, seq: u64, of: crate::market::TransactionId) {
        let Some(cause) = self.transactions.get(&of) else { return };
        let (execution, slot) = match *cause {
            Cause::Fill(execution) => (execution, 0),
            Cause::Settlement(execution) => (execution, 1),
            Cause::Fee(execution) => (execution, 2),
            Cause::Funding(instrument, at) | Cause::Interest(instrument, at) => {
                let key = (matches!(cause, Cause::Interest(..)), instrument, at.0);
                self.funded.entry(key).and_modify(|times| *times = times.saturating_sub(1));
                return;
            }
            Cause::Opening | Cause::Transfer | Cause::Reversal(_) | Cause::Difference => return,
        };
        let row = self.executions.entry(execution).or_default();
        row.standing[slot] = row.standing[slot].saturating_sub(1);
        self.step.corrections.push((seq, Correction::Reversed(execution, slot)));
    }

    /// How often funding or interest of one time is posted; of another cause none.
    pub(super) fn times_posted(&self, cause: &Cause) -> u32 {
        let key = match *cause {
            Cause::Funding(instrument, at) => (false, instrument, at.0),
            Cause::Interest(instrument, at) => (true, instrument, at.0),
            _ => return 0,
        };
        self.funded.get(&key).copied().unwrap_or_default()
    }

    /// Attaches funding to the positions that paid it: those on the side of the net quantity, by their
    /// shares of it, the remainder to the last (production-rules §4.3). Without a net quantity it is nobody's.
    fn carry(&mut self, instrument: InstrumentId, paid: Exact) -> Result<(), TooLarge> {
        let Some(scale) = self.header.card(instrument).map(|card| card.settles_in().1) else { return Ok(()) };
        let of_it = |key: &(DeskId, InstrumentId)| key.1 == instrument;
        let net: i128 = self.holdings.iter().filter(|(key, _)| of_it(key)).map(|(_, held)| held.position.qty).sum();
        let payers: Vec<(DeskId, i128)> = self
            .holdings
            .iter()
            .filter(|(key, held)| of_it(key) && held.position.qty.signum() * net.signum() > 0)
            .map(|(key, held)| (key.0, held.position.qty.abs()))
            .collect();
        let whole: i128 = payers.iter().map(|(_, qty)| qty).sum();
        let mut left = paid;
        for (place, (desk, qty)) in payers.iter().enumerate() {
            let last = place + 1 == payers.len();
            let share = if last { left } else { paid.share(*qty, whole, scale)? };
            left = left.minus(share)?;
            let holding = self.holdings.entry((*desk, instrument)).or_default();
            holding.last = None;
            holding.funding = holding.funding.plus(share)?;
            holding.position.carry = holding.position.carry.plus(share)?;
        }
        Ok(())
    }

    /// Applies the bookings of the step that is over to the audit's own positions.
    pub(super) fn settle(&mut self) -> Result<(), TooLarge> {
        let mut bookings = std::mem::take(&mut self.step.bookings);
        let mut adjustments = std::mem::take(&mut self.step.adjustments);
        let settled = self.settle_in_turn(&mut bookings, &mut adjustments);
        (self.step.bookings, self.step.adjustments) = (bookings, adjustments);
        self.look_at_cover();
        settled
    }

    /// What changed positions, one after the other as it was written down.
    fn settle_in_turn(&mut self, bookings: &mut [Booking], adjustments: &mut [Adjustment]) -> Result<(), TooLarge> {
        let mut internal = adjustments.iter().map(|adjustment| adjustment.by).sum::<i128>() == 0;
        let corrections = std::mem::take(&mut self.step.corrections);
        let mut turns: Vec<(u64, Turn)> = Vec::with_capacity(bookings.len() + adjustments.len() + corrections.len());
        turns.extend(corrections.iter().map(|(seq, correction)| (*seq, Turn::Corrected(*correction))));
        turns.extend(bookings.iter_mut().map(|booking| (booking.seq, Turn::Booked(booking))));
        turns.extend(adjustments.iter_mut().map(|adjustment| (adjustment.seq, Turn::Adjusted(adjustment))));
        turns.sort_by_key(|(seq, _)| *seq);
        for (seq, turn) in turns {
            match turn {
                Turn::Booked(booking) => self.settle_one(booking)?,
                Turn::Adjusted(adjustment) => self.settle_adjustment(adjustment, internal)?,
                Turn::Corrected(correction) => {
                    // The venue's own log undid what it undid.
                    internal |= matches!(correction, Correction::Reversed(..));
                    self.correct(seq, correction)?;
                }
            }
        }
        Ok(())
    }

    fn settle_one(&mut self, booking: &mut Booking) -> Result<(), TooLarge> {
        let Some(reported) = booking.reported else { return Ok(()) };
        let (fill, at) = (reported.fill, reported.report.at);
        let desk = self.desk_of(booking.order, self.posted_desk(booking.execution));
        let key: (DeskId, InstrumentId) = (desk, booking.instrument);
        let row = self.executions.entry(booking.execution).or_default();
        row.booked = Some(key);
        if row.truth.is_some_and(|made| made.fill.side != fill.side) {
            self.reconciling.unpriced.insert(booking.instrument);
        }
        self.step.touched.push(key);
        let fee = row.charged.or(fill.fee);
        self.orders.entry(booking.order).or_default().booked += i128::from(fill.qty.0);
        let Some(card) = self.header.card(booking.instrument) else { return Ok(()) };
        let holding = self.holdings.entry(key).or_default();
        holding.last = Some((booking.execution, holding.position));
        let effect = holding.position.book(card, &fill, fee, at)?;
        let [position, cost, gross] = booking.claimed;
        booking.counted = Some(([holding.position.qty, holding.position.cost], effect));
        holding.claimed = [position, cost];
        holding.gross = holding.gross.checked_add(gross).ok_or(TooLarge)?;
        holding.net = holding.net.plus(booking.net)?;
        holding.traded += i128::from(fill.side.sign()) * i128::from(fill.qty.0);
        holding.mark = fill.price.0;
        if let Some(fee) = fee {
            holding.pay(fee, card, fill.price)?;
        }
        if std::mem::take(&mut holding.stale) {
            self.step.rebased.push(card.settles_in().0);
        }
        self.count_overfill(booking, &fill, key);
        self.net(booking.instrument, &fill)?;
        self.take_turn(booking);
        self.settled_there(booking.instrument, booking.execution, false)
    }

    /// A position that changed without an execution: between desks, or because the venue said so.
    fn settle_adjustment(&mut self, adjustment: &mut Adjustment, internal: bool) -> Result<(), TooLarge> {
        self.step.touched.push(adjustment.key);
        let Some(card) = self.header.card(adjustment.key.1) else { return Ok(()) };
        let holding = self.holdings.entry(adjustment.key).or_default();
        // By the costs the trader claims: after a bust they may be others than counted here.
        let paid = card.worth(adjustment.by, adjustment.at)?;
        let gross = adjustment.claimed[1] - holding.claimed[1] - paid;
        holding.last = None;
        let mut net = Exact::ZERO;
        if let Some(before) = holding.before.take() {
            holding.position = before;
        } else {
            let held = holding.position.qty;
            let (_, closed) = holding.position.trade(card, adjustment.by, adjustment.at)?;
            let split = [held, closed, adjustment.by.abs()];
            net = holding.position.net(card.value(TickLots(gross))?, Exact::ZERO, split, card.settles_in().1)?;
        }
        adjustment.counted = [holding.position.qty, holding.position.cost];
        holding.claimed = adjustment.claimed;
        holding.gross = holding.gross.checked_add(gross).ok_or(TooLarge)?;
        holding.net = holding.net.plus(net)?;
        holding.traded += adjustment.by;
        if holding.mark == 0 {
            holding.mark = i64::try_from(adjustment.at).map_err(|_| TooLarge)?;
        }
        if card.contract.is_margin() && !internal {
            // Where it follows from what the venue undid and never said, its price is not the venue's.
            let untold = |name: &VenueRef| self.executions.get(name).is_some_and(|row| !row.bust[0]);
            if self.reconciling.undone.iter().any(untold) {
                self.reconciling.unpriced.insert(adjustment.key.1);
            }
            let netted = self.reconciling.netted.entry(adjustment.key.1).or_default();
            netted.trade(card, adjustment.by, adjustment.at)?;
        }
        Ok(())
    }

    /// An execution reaches the venue's one position, where we have one per desk: what it did there.
    pub(super) fn net(&mut self, id: InstrumentId, fill: &Fill) -> Result<(), TooLarge> {
        let Some(card) = self.header.card(id).filter(|card| card.contract.is_margin()) else { return Ok(()) };
        let row = self.executions.entry(fill.execution).or_default();
        if row.at_venue.is_none() {
            let netted = self.reconciling.netted.entry(id).or_default();
            let (cost, signed) = (netted.cost, i128::from(fill.side.sign()) * i128::from(fill.qty.0));
            let (gross, _) = netted.trade(card, signed, fill.price.0.into())?;
            row.at_venue = Some([signed, netted.cost - cost, gross]);
            self.reconciling.turns += 1;
            row.turn = self.reconciling.turns;
        }
        Ok(())
    }

    /// Whether the venue nets executions in the order in which they are booked here.
    fn take_turn(&mut self, booking: &Booking) {
        let turn = self.executions.get(&booking.execution).map_or(0, |row| row.turn);
        let last = self.reconciling.last_turn.entry(booking.instrument).or_default();
        if turn < *last {
            self.reconciling.disordered.insert(booking.instrument);
        }
        *last = turn.max(*last);
    }

    /// What the venue's own log has sold beyond an order's terms, nobody here sold; nor what had left to sell the
    /// same before that was heard, or before an order that was hidden came to light; nor what a revised fee took.
    fn count_overfill(&mut self, booking: &Booking, fill: &Fill, key: (DeskId, InstrumentId)) {
        let made = self.executions.get(&booking.execution).and_then(|row| row.truth);
        let sold = made.is_some_and(|made| made.fill.qty == fill.qty && made.fill.side == Side::Sell);
        let Some(row) = self.orders.get(&booking.order) else { return };
        let beyond = row.venue.terms.is_some_and(|(_, qty)| row.booked > qty) || self.struck("hidden", booking.order);
        let Some(holding) = self.holdings.get(&key) else { return };
        let (oversold, qty) = (holding.oversold, holding.position.qty);
        if sold && beyond {
            self.count_under_way(key, booking.seq);
        } else if oversold > 0 && qty >= 0 {
            let short = holding.short_by(self.closing(key, booking.seq));
            self.holdings.entry(key).or_default().oversold = oversold.min(short);
        } else if sold && (oversold > 0 || (qty < 0 && self.struck("fee_revised", booking.order))) {
            // The lots that its fee took went the same way; of a fee that the venue made larger before the sale was heard
            // nobody here could leave room for.
            let before = holding.last.map_or(0, |(_, before)| before.qty);
            let more = (before - qty - i128::from(fill.qty.0)).max(0);
            self.holdings.entry(key).or_default().oversold += more;
        }
    }

    /// What the venue settled for an execution that is booked, or undone.
    pub(super) fn settled_there(
        &mut self,
        id: InstrumentId,
        execution: VenueRef,
        undone: bool,
    ) -> Result<(), TooLarge> {
        let Some(card) = self.header.card(id).filter(|card| card.contract.is_margin()) else { return Ok(()) };
        let Some([_, _, gross]) = self.executions.get(&execution).and_then(|row| row.at_venue) else { return Ok(()) };
        let (asset, scale) = card.settles_in();
        let cash = card.value(TickLots(gross))?.half_even(scale)?;
        let owed = self.reconciling.owed.entry(asset).or_default();
        *owed = if undone { owed.minus(cash)? } else { owed.plus(cash)? };
        Ok(())
    }

    /// What we settled of a margin position, and what of that was reversed. Where the venue's word was taken for
    /// an asset, what it settled more than we is whatever is left between that word and our cash.
    fn settled_here(&mut self, transaction: &Transaction) -> Result<(), TooLarge> {
        let taken = transaction.postings.iter().find(|posting| posting.account == Account::Unexplained);
        if let Some(asset) = taken.map(|posting| posting.asset) {
            let stated = self.reconciling.balances.as_ref().and_then(|all| all.items.iter().find(|b| b.asset == asset));
            if let Some(total) = stated.map(|stated| Exact::from(stated.total)) {
                let left = total.minus(self.balance(asset, Account::Cash))?;
                self.reconciling.owed.insert(asset, left);
            }
            return Ok(());
        }
        let settles = match transaction.cause {
            Cause::Settlement(_) => true,
            Cause::Reversal(of) => matches!(self.transactions.get(&of), Some(Cause::Settlement(_))),
            Cause::Difference => transaction.postings.iter().any(|posting| posting.account == Account::Market),
            Cause::Opening
            | Cause::Transfer
            | Cause::Fill(_)
            | Cause::Fee(_)
            | Cause::Funding(..)
            | Cause::Interest(..) => false,
        };
        for posting in transaction.postings.iter().filter(|posting| settles && posting.account == Account::Cash) {
            let owed = self.reconciling.owed.entry(posting.asset).or_default();
            *owed = owed.minus(posting.amount.into())?;
        }
        Ok(())
    }

    fn posted_desk(&self, execution: VenueRef) -> Option<DeskId> {
        self.step.posted.iter().find_map(|(_, transaction)| match transaction.cause {
            Cause::Fill(of) | Cause::Fee(of) | Cause::Settlement(of) if of == execution => transaction.desk,
            _ => None,
        })
    }
}
