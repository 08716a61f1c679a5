//! Realised gains by lot: against which purchase a sale is counted, as a choice of whoever reports.
//!
//! Every trade that opens is a lot of its own; a trade that closes takes lots in the order of a
//! [`Method`] until it is used up, and what it is too much opens a lot the other way. A short lot is
//! disposed of before it is acquired and follows the same order. Values and fees of both legs are
//! shared by quantity, cut toward zero at [`SHARE_DECIMALS`]; the last part of a lot takes all that is
//! left, so that nothing is lost: what is realised and what is open always add up to what was traded,
//! whatever the method. Which part of it counts as realised is all that a method decides.
//!
//! The books of the trader go by average cost (production-rules §4.2) and nothing here changes them.

mod journal;

use std::collections::BTreeMap;
use std::fmt;

pub use journal::{InstrumentLots, LotReport};

use crate::journal::{Exact, TooLarge};
use crate::market::{Price, Timestamp};

/// Decimals of a shared value or fee, at least: finer than any asset's unit.
pub const SHARE_DECIMALS: u32 = 18;

/// Which lot is taken first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// The oldest: first in, first out.
    Fifo,
    /// The newest: last in, first out.
    Lifo,
    /// The one opened at the highest price, the oldest of equals: highest in, first out.
    Hifo,
    /// The one opened at the lowest price, the oldest of equals: lowest in, first out.
    Lofo,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Fifo, Self::Lifo, Self::Hifo, Self::Lofo];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::Hifo => "hifo",
            Self::Lofo => "lofo",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Lots are taken by ascending rank.
    fn rank(self, price: Price, trade: usize) -> (i128, i128) {
        let (price, age) = (i128::from(price.0), i128::try_from(trade).expect("a list is shorter than that"));
        match self {
            Self::Fifo => (0, age),
            Self::Lifo => (0, -age),
            Self::Hifo => (-price, age),
            Self::Lofo => (price, age),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something acquired or disposed of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trade {
    /// When.
    pub at: Timestamp,
    /// How much, in whole units of one step for all trades of a list: above zero acquired, below disposed.
    pub qty: i128,
    /// At which price; it only decides which lot is the highest.
    pub price: Price,
    /// What was paid or received for all of it, without the fee; never below zero, but for an inverse contract, which
    /// costs the less of what it settles in the dearer it is: what it is worth of that with a minus.
    pub value: Exact,
    /// What it cost besides; below zero is a rebate.
    pub fee: Exact,
}

/// A trade or the rest of one, not matched yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lot {
    /// Its place in the list of trades.
    pub trade: usize,
    /// What is left, signed like the trade.
    pub qty: i128,
    /// What was paid or received for that.
    pub value: Exact,
    /// Its part of the fee.
    pub fee: Exact,
}

/// A part of one trade matched with as much of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fraction {
    /// Place of the trade that acquired it.
    pub acquired: usize,
    /// Place of the trade that disposed of it.
    pub disposed: usize,
    /// How much.
    pub qty: i128,
    /// What was paid for it.
    pub cost: Exact,
    /// What was received for it.
    pub proceeds: Exact,
    /// Its part of the acquiring trade's fee.
    pub fee_in: Exact,
    /// Its part of the disposing trade's fee.
    pub fee_out: Exact,
}

impl Fraction {
    /// Fees of both legs.
    pub fn fees(&self) -> Result<Exact, TooLarge> {
        self.fee_in.plus(self.fee_out)
    }

    /// Proceeds less cost and the fees of both legs.
    pub fn gain(&self) -> Result<Exact, TooLarge> {
        self.proceeds.minus(self.cost)?.minus(self.fees()?)
    }

    fn of(one: Lot, other: Lot) -> Self {
        let (bought, sold) = if one.qty > 0 { (one, other) } else { (other, one) };
        Self {
            acquired: bought.trade,
            disposed: sold.trade,
            qty: bought.qty.abs(),
            cost: bought.value,
            proceeds: sold.value,
            fee_in: bought.fee,
            fee_out: sold.fee,
        }
    }
}

/// What matching a list of trades came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matched {
    /// In the order in which they were realised.
    pub fractions: Vec<Fraction>,
    /// What is still open, by trade.
    pub open: Vec<Lot>,
}

impl Matched {
    /// The sum of all gains.
    pub fn gains(&self) -> Result<Exact, TooLarge> {
        self.fractions.iter().try_fold(Exact::ZERO, |sum, fraction| sum.plus(fraction.gain()?))
    }

    /// What the open lots would gain at `mark` for one unit of quantity, less the fees they were opened with.
    pub fn unrealised(&self, mark: Exact) -> Result<Exact, TooLarge> {
        self.open.iter().try_fold(Exact::ZERO, |sum, lot| {
            let gross = Exact::whole(lot.qty).times(mark)?.minus(lot.value.times(Exact::whole(lot.qty.signum()))?)?;
            sum.plus(gross)?.minus(lot.fee)
        })
    }
}

impl Lot {
    /// Splits `qty` (above zero, at most all of it) off.
    fn split(&mut self, qty: i128) -> Result<Self, TooLarge> {
        let whole = self.qty.abs();
        let share = |amount: Exact| {
            if qty == whole { Ok(amount) } else { amount.share(qty, whole, amount.scale().max(SHARE_DECIMALS)) }
        };
        let part =
            Self { trade: self.trade, qty: qty * self.qty.signum(), value: share(self.value)?, fee: share(self.fee)? };
        self.qty -= part.qty;
        self.value = self.value.minus(part.value)?;
        self.fee = self.fee.minus(part.fee)?;
        Ok(part)
    }
}

/// Matches trades, given in the order in which they happened.
///
/// # Errors
/// When an amount needs more than 38 digits.
pub fn matched(trades: &[Trade], method: Method) -> Result<Matched, TooLarge> {
    let mut open: BTreeMap<(i128, i128), Lot> = BTreeMap::new();
    let mut fractions = Vec::new();
    for (trade, Trade { qty, price, value, fee, .. }) in trades.iter().enumerate() {
        let mut rest = Lot { trade, qty: *qty, value: *value, fee: *fee };
        while let Some(mut first) = open.first_entry()
            && first.get().qty.signum() * rest.qty.signum() < 0
        {
            let lot = first.get_mut();
            let closing = lot.qty.abs().min(rest.qty.abs());
            fractions.push(Fraction::of(lot.split(closing)?, rest.split(closing)?));
            if lot.qty == 0 {
                first.remove();
            }
        }
        if rest.qty != 0 {
            open.insert(method.rank(*price, trade), rest);
        } else if *qty == 0 && !fee.is_zero() {
            // Nothing changed hands but the fee.
            fractions.push(Fraction::of(Lot { fee: Exact::ZERO, ..rest }, rest));
        }
    }
    let mut open: Vec<Lot> = open.into_values().collect();
    open.sort_unstable_by_key(|lot| lot.trade);
    Ok(Matched { fractions, open })
}
