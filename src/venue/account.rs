//! The account as the venue keeps it: cash, holds, margin positions, and both sides of every
//! posting.
//!
//! Whatever cash gains, the market account or the fee account loses, in every asset, always (E1).
//! It checks nothing against rules and knows no order; admission asks it what is free.

use super::truth::Execution;
use crate::market::{
    AssetId, Balance, Contract, Instrument, InstrumentId, Money, Price, Qty, Side, TickLots, VenuePosition,
};

/// An amount of an asset that an order keeps from being spent: its main part and its fee.
pub(super) type Hold = [(AssetId, Money); 2];

/// No hold at all.
pub(super) const NO_HOLD: Hold = [(AssetId(0), Money::ZERO); 2];

/// One execution's effect on an account.
#[derive(Clone, Copy)]
pub(super) struct Settlement {
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) fee: (AssetId, Money),
    pub(super) leverage: u8,
}

/// What an execution did to a margin position.
#[derive(Clone, Copy, Default)]
pub(super) struct Effect {
    /// How its cost changed.
    pub(super) cost: TickLots,
    /// What it realised.
    pub(super) gross: TickLots,
    /// Whether it closed anything.
    pub(super) closed: bool,
}

/// A margin position: signed quantity and cost, production-rules §4.2.
#[derive(Clone, Copy, Default)]
struct Position {
    qty: Qty,
    cost: TickLots,
    /// Of the order that last grew it.
    leverage: u8,
    margin: Money,
    /// What forced closes of a part of it took of its own margin.
    eaten: Money,
}

/// One asset's accounts.
#[derive(Clone, Copy, Default)]
struct Purse {
    cash: Money,
    held: Money,
    margin: Money,
    market: Money,
    fees: Money,
    /// What the insurance fund gained; what it paid in is below zero.
    insurance: Money,
}

/// Every asset and margin position of the account.
#[derive(Clone)]
pub(super) struct Account {
    purses: Vec<Purse>,
    positions: Vec<Position>,
}

impl Account {
    pub(super) fn new(instruments: &[Instrument], opening: &[Balance]) -> Self {
        let positions = vec![Position::default(); instruments.len()];
        let mut account = Self { purses: Vec::new(), positions };
        for instrument in instruments {
            account.purse(instrument.base);
            account.purse(instrument.quote);
        }
        for balance in opening {
            account.purse(balance.asset).cash += balance.total;
        }
        account
    }

    /// What may still be spent or held.
    pub(super) fn free(&self, asset: AssetId) -> Money {
        self.look(asset).map_or(Money::ZERO, |purse| purse.cash - purse.held - purse.margin)
    }

    pub(super) fn hold(&mut self, hold: &Hold) {
        for (asset, amount) in hold {
            self.purse(*asset).held += *amount;
        }
    }

    pub(super) fn release(&mut self, hold: &Hold) {
        for (asset, amount) in hold {
            self.purse(*asset).held -= *amount;
        }
    }

    /// Books an execution: the trade, then its fee.
    pub(super) fn settle(&mut self, instrument: &Instrument, done: &Settlement) -> Effect {
        let mut effect = Effect::default();
        let signed = done.side.signed(done.qty);
        match instrument.contract {
            Contract::Spot => {
                self.trade(instrument.base, Money::new(instrument.qty(signed)));
                self.trade(instrument.quote, -instrument.cash(signed.at(done.price)));
            }
            Contract::Linear | Contract::Inverse => {
                let position = &mut self.positions[usize::from(instrument.id.0)];
                let before = position.cost;
                let closed = position.qty.0.signum() * signed.0.signum() < 0;
                let gross = position.apply(instrument, signed, done.price);
                effect = Effect { cost: TickLots(position.cost.0 - before.0), gross, closed };
                if position.qty.0.signum() == signed.0.signum() {
                    position.leverage = done.leverage;
                }
                self.post_margin(instrument);
                self.trade(instrument.settles_in(), instrument.cash(gross));
            }
        }
        let (asset, fee) = done.fee;
        self.recharge(asset, fee);
        effect
    }

    /// Keeps what a position must post: the initial margin of what it cost, less what forced closes took of it.
    fn post_margin(&mut self, instrument: &Instrument) {
        let position = &mut self.positions[usize::from(instrument.id.0)];
        if position.qty.is_zero() {
            position.eaten = Money::ZERO;
        }
        let whole = margin(instrument, position.cost, position.leverage);
        let margin = (whole - position.eaten).max(Money::ZERO);
        let before = std::mem::replace(&mut position.margin, margin);
        self.purse(instrument.settles_in()).margin += margin - before;
    }

    /// A forced close of a part left a position so much of the margin that is its own.
    pub(super) fn leave_margin(&mut self, instrument: &Instrument, left: Money) {
        let position = &mut self.positions[usize::from(instrument.id.0)];
        let whole = margin(instrument, position.cost, position.leverage);
        position.eaten = (whole - left).max(Money::ZERO);
        self.post_margin(instrument);
    }

    /// Charges a fee, or more of one.
    pub(super) fn recharge(&mut self, asset: AssetId, fee: Money) {
        let purse = self.purse(asset);
        purse.cash -= fee;
        purse.fees += fee;
    }

    /// Coins come from outside, or go there; who holds them then is the market's account.
    pub(super) fn shift(&mut self, asset: AssetId, amount: Money) {
        self.trade(asset, amount);
    }

    /// The insurance fund pays what the account owes.
    pub(super) fn insure(&mut self, asset: AssetId, amount: Money) {
        let purse = self.purse(asset);
        purse.cash += amount;
        purse.insurance -= amount;
    }

    /// Cash, held or not.
    pub(super) fn cash(&self, asset: AssetId) -> Money {
        self.look(asset).map_or(Money::ZERO, |purse| purse.cash)
    }

    /// A margin position: quantity, cost, and the margin its orders posted.
    pub(super) fn held(&self, instrument: InstrumentId) -> (Qty, TickLots, Money) {
        let Position { qty, cost, margin, .. } = self.positions[usize::from(instrument.0)];
        (qty, cost, margin)
    }

    /// Whether an execution can be undone without a coin that is no longer there.
    pub(super) fn can_undo(&self, instrument: &Instrument, side: Side, done: &Execution) -> bool {
        let needed = match (instrument.contract, side) {
            (Contract::Linear | Contract::Inverse, _) => return true,
            (Contract::Spot, Side::Buy) => (instrument.base, Money::new(instrument.qty(done.qty))),
            (Contract::Spot, Side::Sell) => (instrument.quote, instrument.cash(done.qty.at(done.price))),
        };
        let (fee_asset, fee) = done.fee;
        let back = if fee_asset == needed.0 { fee } else { Money::ZERO };
        self.free(needed.0) + back >= needed.1 && (fee_asset == needed.0 || self.free(fee_asset) + fee >= Money::ZERO)
    }

    /// Undoes an execution: the trade's own effects, and its fee.
    pub(super) fn undo(&mut self, instrument: &Instrument, side: Side, done: &Execution) {
        let signed = side.signed(done.qty);
        match instrument.contract {
            Contract::Spot => {
                self.trade(instrument.base, -Money::new(instrument.qty(signed)));
                self.trade(instrument.quote, instrument.cash(signed.at(done.price)));
            }
            Contract::Linear | Contract::Inverse => {
                let position = &mut self.positions[usize::from(instrument.id.0)];
                position.qty -= signed;
                position.cost -= done.effect.cost;
                self.post_margin(instrument);
                self.trade(instrument.settles_in(), -instrument.cash(done.effect.gross));
            }
        }
        let (asset, fee) = done.fee;
        self.recharge(asset, -fee);
    }

    /// The signed position of a margin instrument.
    pub(super) fn position(&self, instrument: InstrumentId) -> Qty {
        self.positions[usize::from(instrument.0)].qty
    }

    pub(super) fn balances(&self) -> Vec<Balance> {
        self.with_ids().map(|(asset, purse)| Balance { asset, total: purse.cash }).collect()
    }

    /// What is held by open orders, by asset.
    pub(super) fn holds(&self) -> Vec<Balance> {
        self.with_ids().map(|(asset, purse)| Balance { asset, total: purse.held }).collect()
    }

    /// What the market account, the fee account and the insurance fund gained together, by asset.
    pub(super) fn counterparties(&self) -> Vec<Balance> {
        self.with_ids()
            .map(|(asset, purse)| Balance { asset, total: purse.market + purse.fees + purse.insurance })
            .collect()
    }

    pub(super) fn positions(&self, instruments: &[Instrument]) -> Vec<VenuePosition> {
        let margined = instruments.iter().filter(|instrument| instrument.contract.is_margin());
        margined
            .map(|instrument| VenuePosition { instrument: instrument.id, qty: self.position(instrument.id) })
            .collect()
    }

    fn trade(&mut self, asset: AssetId, amount: Money) {
        let purse = self.purse(asset);
        purse.cash += amount;
        purse.market -= amount;
    }

    fn look(&self, asset: AssetId) -> Option<&Purse> {
        self.purses.get(usize::from(asset.0))
    }

    fn purse(&mut self, asset: AssetId) -> &mut Purse {
        let place = usize::from(asset.0);
        if place >= self.purses.len() {
            self.purses.resize(place + 1, Purse::default());
        }
        &mut self.purses[place]
    }

    fn with_ids(&self) -> impl Iterator<Item = (AssetId, &Purse)> {
        (0..).map(AssetId).zip(&self.purses)
    }
}

impl Position {
    /// Books a signed fill and returns the gross realised by what it closed: the closing part
    /// first, the rest opens at the fill price.
    fn apply(&mut self, instrument: &Instrument, signed: Qty, price: Price) -> TickLots {
        let opposite = self.qty.0.signum() * signed.0.signum() < 0;
        let closing = if opposite { Qty(signed.0.signum() * signed.0.abs().min(self.qty.0.abs())) } else { Qty::ZERO };
        let mut gross = TickLots::ZERO;
        if !closing.is_zero() {
            // The last lot releases all of the cost; before that the share is cut toward zero.
            let released = TickLots(self.cost.0 * i128::from(closing.0.abs()) / i128::from(self.qty.0.abs()));
            gross = -instrument.worth(closing, price) - released;
            self.qty += closing;
            self.cost -= released;
        }
        let opening = signed - closing;
        self.qty += opening;
        // A fill is rounded whole, where it is: its parts together are worth what it is.
        self.cost += instrument.worth(signed, price) - instrument.worth(closing, price);
        gross
    }
}

/// The initial margin of a position or order of this worth, rounded up to the unit it settles in.
pub(super) fn margin(instrument: &Instrument, value: TickLots, leverage: u8) -> Money {
    let scale = instrument.settle_scale();
    let mut value = instrument.value(value).abs().up(scale).decimal();
    value.rescale(scale);
    let leverage = i128::from(leverage.max(1));
    let units = (value.mantissa() + leverage - 1) / leverage;
    Money::new(rust_decimal::Decimal::from_i128_with_scale(units, scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples::z;

    #[test]
    fn a_position_realises_by_average_cost_and_splits_at_zero() {
        let (z, mut position) = (z(), Position::default());
        assert_eq!(position.apply(&z, Qty(3), Price(100)), TickLots(0));
        assert_eq!(position.apply(&z, Qty(4), Price(107)), TickLots(0));
        // Cost 728 of 7 lots; two lots release 208 exactly.
        assert_eq!(position.apply(&z, Qty(-2), Price(110)), TickLots(220 - 208));
        // Five close at 520 and two open short at 90.
        assert_eq!(position.apply(&z, Qty(-7), Price(90)), TickLots(450 - 520));
        assert_eq!((position.qty, position.cost), (Qty(-2), TickLots(-180)));
        assert_eq!(position.apply(&z, Qty(2), Price(80)), TickLots(20));
        assert_eq!((position.qty, position.cost), (Qty(0), TickLots(0)));
    }

    #[test]
    fn margin_rounds_up() {
        let mut instrument = z();
        instrument.quote_scale = 2;
        assert_eq!(margin(&instrument, TickLots(100), 3), Money::new("33.34".parse().expect("a decimal")));
        assert_eq!(margin(&instrument, TickLots(100), 1), Money::new(100.into()));
    }
}
