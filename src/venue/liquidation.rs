//! Liquidation: what a venue does with a position that has no more than it must keep.
//!
//! It looks at the mark (else the last trade, else a best price) with every event. When what backs a position and what
//! it gained are no more than its maintenance, then, at that instant: every open order of what shares the backing is
//! cancelled; the position is cut to the size at which the next lower bracket ends; and so on, looking again each time,
//! until it stands, or the lowest bracket is reached: then all of it is closed. What does not find a price waits for
//! the next event. What is lost beyond the backing, the venue's insurance fund pays in: an entry against the fund, and a
//! transfer the client is told of, so that no coin is made or lost.

use rust_decimal::Decimal;

use super::Venue;
use super::account::Settlement;
use super::margin::{Backed, Backing, ForcedPrice, MarginRules, bankruptcy_price};
use super::resting::{Life, Number, place};
use crate::market::{
    AssetId, Balance, CancelledBecause, Instrument, InstrumentId, Liquidity, Money, NewOrder, OrderKind, Price, Qty,
    ReportKind, Side, Timestamp, VenueMessage,
};

impl Venue {
    /// What a position that changed, or is worth something else, brings about.
    pub(super) fn settle_positions(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        if !self.config.margin.is_empty() {
            self.watch_margin(now, out);
        }
        if self.turned {
            self.end_reduce_only(now, out);
        }
    }

    pub(super) fn margin_rules(&self, instrument: InstrumentId) -> Option<&MarginRules> {
        self.config.margin.get(place(instrument)).and_then(Option::as_ref)
    }

    /// Looks at every position, and closes what must be closed.
    fn watch_margin(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        for index in 0..self.config.margin.len() {
            let id = self.config.instruments[index].id;
            if self.must_close(id) {
                self.liquidate_down(now, id, out);
            }
        }
    }

    /// What backs a position beside its own gain, and the position; none where nothing is held or valued.
    #[must_use]
    pub fn backed(&self, instrument: InstrumentId) -> Option<Backed> {
        let rules = self.margin_rules(instrument)?;
        let (qty, cost, posted) = self.account.held(instrument);
        let settles = self.config.instruments[place(instrument)].settles_in();
        let with = match rules.backing {
            Backing::Isolated => posted,
            Backing::Cross => self.account.cash(settles) + self.gained_by_others(instrument, settles)?,
        };
        (!qty.is_zero()).then_some(Backed { qty, cost, with })
    }

    /// What other positions that settle in an asset gained, less what they must keep or what is theirs alone.
    fn gained_by_others(&self, but: InstrumentId, settles: AssetId) -> Option<Money> {
        let mut sum = Money::ZERO;
        for of in self.config.instruments.iter().filter(|of| of.id != but && of.settles_in() == settles) {
            let (qty, cost, posted) = self.account.held(of.id);
            if qty.is_zero() {
                continue;
            }
            match self.margin_rules(of.id) {
                Some(MarginRules { backing: Backing::Isolated, .. }) => sum -= posted,
                rules => {
                    let price = self.valued_at(of.id)?;
                    sum += of.value(of.worth(qty, price) - cost);
                    sum -=
                        rules.map_or(Money::ZERO, |rules| rules.kept(of, &Backed { qty, cost, with: posted }, price));
                }
            }
        }
        Some(sum)
    }

    fn must_close(&self, instrument: InstrumentId) -> bool {
        let of = &self.config.instruments[place(instrument)];
        let Some(rules) = self.margin_rules(instrument) else { return false };
        let held = self.backed(instrument).zip(self.valued_at(instrument));
        held.is_some_and(|(held, price)| rules.left(of, &held, price) <= Money::ZERO)
    }

    /// The price at which a position will be liquidated, on the tick: the first that is reached.
    #[must_use]
    pub fn liquidation_price(&self, now: Timestamp, instrument: InstrumentId) -> Option<Price> {
        let of = &self.config.instruments[place(instrument)];
        let held = self.backed(instrument)?;
        let price = self.margin_rules(instrument)?.liquidation_price(of, &held)?;
        if held.qty.0 > 0 { of.price_down(price, now) } else { of.price_up(price, now) }
    }

    /// One bracket after the other, until the position stands or nothing of it is left.
    fn liquidate_down(&mut self, now: Timestamp, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let asset = self.config.instruments[place(instrument)].settles_in();
        let (cash, posted) = (self.account.cash(asset), self.account.held(instrument).2);
        self.cancel_backed_with(now, instrument, out);
        while self.must_close(instrument) {
            let before = self.account.position(instrument);
            let Some(qty) = self.qty_to_close(now, instrument) else { break };
            let (cash, own) = (self.account.cash(asset), self.account.held(instrument).2);
            self.close_by_force(now, instrument, qty, out);
            if self.is_isolated(instrument) {
                // What a part lost and cost comes out of the position's own margin, not out of what is free.
                let left = own + self.account.cash(asset) - cash;
                self.account.leave_margin(&self.config.instruments[place(instrument)], left);
            }
            if self.account.position(instrument) == before {
                break;
            }
        }
        self.insure(instrument, posted - cash, out);
    }

    fn is_isolated(&self, instrument: InstrumentId) -> bool {
        self.margin_rules(instrument).is_some_and(|rules| rules.backing == Backing::Isolated)
    }

    /// Cancels the open orders of every instrument that shares the backing.
    fn cancel_backed_with(&mut self, now: Timestamp, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let settles = self.config.instruments[place(instrument)].settles_in();
        let isolated = self.is_isolated(instrument);
        let shares = |number: &Number| {
            let id = self.orders.get(*number).terms.instrument;
            id == instrument || (!isolated && self.config.instruments[place(id)].settles_in() == settles)
        };
        let numbers: Vec<Number> = self.orders.open.iter().copied().filter(shares).collect();
        for number in numbers {
            self.cancel_remainder(now, number, CancelledBecause::Liquidation, out);
        }
    }

    /// How much to close at once: down to where the next lower bracket ends at the mark, or all of it.
    fn qty_to_close(&self, now: Timestamp, instrument: InstrumentId) -> Option<Qty> {
        let of = &self.config.instruments[place(instrument)];
        let (rules, price) = (self.margin_rules(instrument)?, self.valued_at(instrument)?);
        let held = self.account.position(instrument).abs();
        let below = rules.bracket(of.size(held, price)).checked_sub(1).and_then(|below| rules.brackets[below].up_to);
        let Some(most) = below else { return Some(held) };
        let unit = of.size(held, price).decimal();
        let share = most.decimal().checked_mul(Decimal::from(held.0)).and_then(|whole| whole.checked_div(unit))?;
        let lot = of.rules(now).lot.0;
        let kept = i64::try_from(share.trunc().mantissa()).ok()? / lot * lot;
        Some(Qty(held.0 - kept.min(held.0 - 1).max(0)))
    }

    /// An order of the venue's closes so much of a position.
    fn close_by_force(&mut self, now: Timestamp, instrument: InstrumentId, qty: Qty, out: &mut Vec<VenueMessage>) {
        let side = if self.account.position(instrument).0 > 0 { Side::Sell } else { Side::Buy };
        let market = &self.markets[place(instrument)];
        let trades = market.session.matches() && !market.gathers() && market.best_available(side.opposite()).is_some();
        let at = match self.margin_rules(instrument).map(|rules| rules.price) {
            Some(ForcedPrice::Bankruptcy) => self.taken_over_at(now, instrument),
            Some(ForcedPrice::Book) | None => None,
        };
        if at.is_none() && !trades {
            return;
        }
        let order = NewOrder { reduce_only: true, ..self.of_others(instrument, side, OrderKind::Market, qty) };
        let number = self.orders.add(now, order, None);
        self.whims.by_others += 1;
        self.orders.get_mut(number).forced = true;
        out.push(self.report(now, number, ReportKind::Accepted));
        match at {
            None => self.take_or_end(now, number, out),
            Some(price) => {
                // At this price nothing is left to pay a fee with: the venue's part is what lay between.
                let fee = (self.config.instruments[place(instrument)].settles_in(), Money::ZERO);
                self.book(now, number, Liquidity::Taker, &Settlement { side, price, qty, fee, leverage: 1 }, out);
                self.end(now, number, Life::Filled);
            }
        }
    }

    /// The bankruptcy price on the tick, on the side on which nothing is owed; the mark where there is none.
    fn taken_over_at(&self, now: Timestamp, instrument: InstrumentId) -> Option<Price> {
        let of = &self.config.instruments[place(instrument)];
        let held = self.backed(instrument)?;
        let Some(price) = bankruptcy_price(of, &held) else { return self.valued_at(instrument) };
        let price = if held.qty.0 > 0 { of.price_up(price, now) } else { of.price_down(price, now) };
        price.filter(|price| price.0 > 0)
    }

    /// What may still be spent or held of an asset: on margin by rules, with what cross positions gained or lost.
    pub(super) fn free(&self, asset: AssetId) -> Money {
        let gained = |of: &Instrument| {
            let (qty, cost, _) = self.account.held(of.id);
            let shared = self.margin_rules(of.id).is_some_and(|rules| rules.backing == Backing::Cross);
            let price = self.valued_at(of.id).filter(|_| shared && !qty.is_zero())?;
            Some(of.value(of.worth(qty, price) - cost))
        };
        let instruments = if self.config.margin.is_empty() { &[][..] } else { &self.config.instruments[..] };
        let gained = instruments.iter().filter(|of| of.settles_in() == asset).filter_map(gained);
        self.account.free(asset) + gained.sum()
    }

    /// Whether a position as large as an order would make it may have the order's leverage.
    pub(super) fn leverage_fits(&self, order: &NewOrder, price: Price) -> bool {
        let Some(rules) = self.margin_rules(order.instrument) else { return true };
        let held = self.account.position(order.instrument) + order.side.signed(order.qty);
        let grows = held.0.signum() == order.side.sign();
        let size = self.config.instruments[place(order.instrument)].size(held, price);
        !grows || order.leverage <= rules.brackets[rules.bracket(size)].leverage
    }

    /// What a forced execution costs: a share of its value, away from zero to the unit.
    pub(super) fn forced_fee(&self, instrument: InstrumentId, price: Price, qty: Qty) -> (AssetId, Money) {
        let of = &self.config.instruments[place(instrument)];
        let rate = self.margin_rules(instrument).map_or(Decimal::ZERO, |rules| rules.fee.decimal());
        (of.settles_in(), of.size(qty, price).times(rate).up(of.settle_scale()))
    }

    /// The insurance fund pays what is owed once nothing is held that could still pay it: in cross what cash is below
    /// zero, in isolated what was lost beyond the margin posted. `but_own` is that margin less the cash of before.
    fn insure(&mut self, instrument: InstrumentId, but_own: Money, out: &mut Vec<VenueMessage>) {
        let asset = self.config.instruments[place(instrument)].settles_in();
        let cash = self.account.cash(asset);
        let isolated = self.is_isolated(instrument);
        let flat = |of: &Instrument| of.settles_in() != asset || self.account.position(of.id).is_zero();
        let (owed, over) = if isolated {
            (-(cash + but_own), self.account.position(instrument).is_zero())
        } else {
            (-cash, self.config.instruments.iter().all(flat))
        };
        if over && owed > Money::ZERO {
            self.account.insure(asset, owed);
            out.push(VenueMessage::Transfer(Balance { asset, total: owed }));
        }
    }
}

/// How many instruments there are up to the last that has margin rules: none is watched in vain.
pub(super) fn last_watched(rules: &[Option<MarginRules>]) -> usize {
    rules.iter().rposition(Option::is_some).map_or(0, |last| last + 1)
}
