//! How postings and bookings enter the audit's tables.

use super::facts::Facts;
use super::rows::{Booking, Holding};
use crate::journal::{Exact, TooLarge};
use crate::market::{Account, Cause, Contract, DeskId, Fee, Fill, InstrumentId, TickLots, Transaction, VenueRef};

impl Facts {
    pub(super) fn post(&mut self, seq: u64, transaction: &Transaction) -> Result<(), TooLarge> {
        for posting in &transaction.postings {
            let balance = self.balances.entry((posting.asset, posting.account)).or_default();
            *balance = balance.plus(posting.amount.into())?;
        }
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
            }
            Cause::Funding(instrument, at) => {
                *self.funded.entry((instrument, at.0)).or_default() += 1;
                let paid = transaction.postings.iter().filter(|posting| posting.account == Account::Funding);
                let paid = paid.map(|posting| Exact::from(posting.amount)).next().unwrap_or_default();
                if let Some(desk) = transaction.desk {
                    let holding = self.holdings.entry((desk, instrument)).or_default();
                    holding.funding = holding.funding.plus(paid)?;
                }
            }
            Cause::Reversal(of) => self.reverse(of)?,
            Cause::Opening | Cause::Transfer | Cause::Difference => {}
        }
        Ok(())
    }

    fn reverse(&mut self, of: crate::market::TransactionId) -> Result<(), TooLarge> {
        let Some(cause) = self.transactions.get(&of) else { return Ok(()) };
        let (execution, slot) = match *cause {
            Cause::Fill(execution) => (execution, 0),
            Cause::Settlement(execution) => (execution, 1),
            Cause::Fee(execution) => (execution, 2),
            Cause::Funding(instrument, at) => {
                self.funded.entry((instrument, at.0)).and_modify(|times| *times = times.saturating_sub(1));
                return Ok(());
            }
            Cause::Opening | Cause::Transfer | Cause::Reversal(_) | Cause::Difference => return Ok(()),
        };
        let row = self.executions.entry(execution).or_default();
        row.standing[slot] = row.standing[slot].saturating_sub(1);
        let booked = row.booked;
        if row.bust == [true, false] {
            row.bust[1] = true;
            if let Some((_, instrument)) = booked {
                self.settled_there(instrument, execution, true)?;
            }
        }
        self.step.reversed.push((execution, slot));
        Ok(())
    }

    /// Takes out of the positions what was undone: a trade or a settlement that was reversed.
    fn undo(&mut self) -> Result<(), TooLarge> {
        for (execution, slot) in std::mem::take(&mut self.step.reversed) {
            let row = self.executions.entry(execution).or_default();
            let (Some(key), Some(heard)) = (row.booked, row.heard) else { continue };
            let holding = self.holdings.entry(key).or_default();
            (holding.stale, holding.reversed, holding.cost_unknown) = (true, true, true);
            // A fee alone moves no position: where a fill of margin that only opened is taken back, the
            // journal says how the position changed.
            if slot == 2 || std::mem::replace(&mut row.undone, true) {
                continue;
            }
            let (price, qty) = (heard.fill.price.0.into(), heard.fill.qty.0.into());
            holding.position.unbook(heard.fill.side, price, qty)?;
            holding.traded -= i128::from(heard.fill.side.sign()) * qty;
            holding.claimed = [holding.position.qty, holding.position.cost];
            self.step.touched.push(key);
        }
        Ok(())
    }

    /// Applies the bookings of the step that is over to the audit's own positions.
    pub(super) fn settle(&mut self) -> Result<(), TooLarge> {
        let mut bookings = std::mem::take(&mut self.step.bookings);
        let outcome = bookings.iter_mut().try_for_each(|booking| self.settle_one(booking));
        self.step.bookings = bookings;
        let adjusted = outcome.and_then(|()| self.undo()).and_then(|()| self.settle_adjustments());
        self.look_at_cover();
        adjusted
    }

    fn settle_one(&mut self, booking: &mut Booking) -> Result<(), TooLarge> {
        let Some(reported) = booking.reported else { return Ok(()) };
        let (fill, at) = (reported.fill, reported.report.at);
        let desk = self.desk_of(booking.order, self.posted_desk(booking.execution));
        let key: (DeskId, InstrumentId) = (desk, booking.instrument);
        let row = self.executions.entry(booking.execution).or_default();
        row.booked = Some(key);
        self.step.touched.push(key);
        let fee = row.fee.or(fill.fee);
        self.orders.entry(booking.order).or_default().booked += i128::from(fill.qty.0);
        let Some(card) = self.header.card(booking.instrument) else { return Ok(()) };
        let holding = self.holdings.entry(key).or_default();
        let effect = holding.position.book(card, &fill, fee, at)?;
        let [position, cost, gross] = booking.claimed;
        // What a fee in base took of a position that was undone later is not in the journal.
        if holding.reversed && !holding.base_fees.is_zero() {
            holding.is_lost = true;
        }
        if holding.is_lost {
            (holding.position.qty, holding.position.cost) = (position, cost);
            self.step.rebased.push(card.quote);
        }
        // After a reversal the residue is no longer known, nor the moment at which it returns.
        let unsure = holding.is_lost || (holding.reversed && effect.residue_returned);
        booking.cost_known = !holding.cost_unknown && !unsure;
        booking.counted = Some(([holding.position.qty, holding.position.cost], effect));
        holding.claimed = [position, cost];
        holding.gross = holding.gross.checked_add(gross).ok_or(TooLarge)?;
        holding.net = holding.net.plus(booking.net)?;
        holding.traded += i128::from(fill.side.sign()) * i128::from(fill.qty.0);
        holding.mark = fill.price.0;
        if let Some(fee) = fee {
            holding.pay(fee, card.base, card.quote, card.price(fill.price)?)?;
        }
        if holding.stale || unsure {
            self.step.rebased.push(card.quote);
        }
        holding.stale = false;
        holding.cost_unknown |= unsure;
        if holding.position.qty == 0 {
            holding.cost_unknown = false;
            holding.position.cost = 0;
        }
        self.net(booking.instrument, &fill)?;
        self.settled_there(booking.instrument, booking.execution, false)
    }

    /// Positions that changed without an execution: between desks, or because the venue said so.
    fn settle_adjustments(&mut self) -> Result<(), TooLarge> {
        let mut adjustments = std::mem::take(&mut self.step.adjustments);
        let internal = adjustments.iter().map(|adjustment| adjustment.by).sum::<i128>() == 0;
        for adjustment in &mut adjustments {
            self.step.touched.push(adjustment.key);
            let holding = self.holdings.entry(adjustment.key).or_default();
            let (gross, _) = holding.position.trade(adjustment.by, adjustment.at)?;
            adjustment.counted = [holding.position.qty, holding.position.cost];
            holding.claimed = adjustment.claimed;
            holding.gross = holding.gross.checked_add(gross).ok_or(TooLarge)?;
            holding.traded += adjustment.by;
            holding.adjusted = true;
            if holding.mark == 0 {
                holding.mark = i64::try_from(adjustment.at).map_err(|_| TooLarge)?;
            }
            let linear = self.header.card(adjustment.key.1).is_some_and(|card| card.contract == Contract::Linear);
            if linear && !internal {
                self.reconciling.netted.entry(adjustment.key.1).or_default().trade(adjustment.by, adjustment.at)?;
            }
        }
        self.step.adjustments = adjustments;
        Ok(())
    }

    /// An execution reaches the venue's one position, where we have one per desk: what it did there.
    pub(super) fn net(&mut self, id: InstrumentId, fill: &Fill) -> Result<(), TooLarge> {
        if self.header.card(id).is_none_or(|card| card.contract != Contract::Linear) {
            return Ok(());
        }
        let row = self.executions.entry(fill.execution).or_default();
        if row.at_venue.is_none() {
            let netted = self.reconciling.netted.entry(id).or_default();
            let (cost, signed) = (netted.cost, i128::from(fill.side.sign()) * i128::from(fill.qty.0));
            let (gross, _) = netted.trade(signed, fill.price.0.into())?;
            row.at_venue = Some([signed, netted.cost - cost, gross]);
        }
        Ok(())
    }

    /// What the venue settled for an execution that is booked, or undone.
    fn settled_there(&mut self, id: InstrumentId, execution: VenueRef, undone: bool) -> Result<(), TooLarge> {
        let Some(card) = self.header.card(id).filter(|card| card.contract == Contract::Linear) else { return Ok(()) };
        let Some([_, _, gross]) = self.executions.get(&execution).and_then(|row| row.at_venue) else { return Ok(()) };
        let cash = card.value(TickLots(gross))?.half_even(card.quote_scale)?;
        let owed = self.reconciling.owed.entry(card.quote).or_default();
        *owed = if undone { owed.minus(cash)? } else { owed.plus(cash)? };
        Ok(())
    }

    /// What we settled of a margin position, and what of that was reversed.
    fn settled_here(&mut self, transaction: &Transaction) -> Result<(), TooLarge> {
        let settles = match transaction.cause {
            Cause::Settlement(_) => true,
            Cause::Reversal(of) => matches!(self.transactions.get(&of), Some(Cause::Settlement(_))),
            Cause::Difference => transaction.postings.iter().any(|posting| posting.account == Account::Market),
            Cause::Opening | Cause::Transfer | Cause::Fill(_) | Cause::Fee(_) | Cause::Funding(..) => false,
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

impl Holding {
    fn pay(
        &mut self,
        fee: Fee,
        base: crate::market::AssetId,
        quote: crate::market::AssetId,
        price: Exact,
    ) -> Result<(), TooLarge> {
        let amount = Exact::from(fee.amount);
        if fee.asset == quote {
            self.quote_fees = self.quote_fees.plus(amount)?;
        } else if fee.asset == base {
            self.base_fees = self.base_fees.plus(amount)?;
            self.base_fee_value = self.base_fee_value.plus(amount.times(price)?)?;
        } else {
            self.foreign_fee = true;
        }
        Ok(())
    }
}
