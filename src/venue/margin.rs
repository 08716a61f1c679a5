//! Margin rules as data, and the prices at which a position is liquidated or bankrupt, as closed formulas.
//!
//! With *W* what backs a position, *Q* its signed quantity, *C* its cost (what it was worth at its entry), and a tier's
//! maintenance rate *r* and amount *d*, a position stands while
//!
//! ```text
//! W + worth(Q, P) − C  >  r · |worth(Q, P)| − d
//! ```
//!
//! and is liquidated at the first tick where that fails. For a linear contract of unit *u* that is
//! P = (C − W − d) / (u · (Q − r·|Q|)); for an inverse one, whose worth is −Q·size / P, it is
//! P = size · (Q + r·|Q|) / (W − C + d). With r = d = 0 the same formulas give the bankruptcy price, where nothing of
//! *W* is left. Where maintenance is counted on the entry value, it is an amount like *W*, and r = 0.
//!
//! Cross margin: *W* is all cash of the asset it settles in, and what other positions gained, less what they must
//! keep. Isolated: the margin its orders posted. Quotients are cut to 28 digits; callers round to the tick.

use std::fmt;

use rust_decimal::Decimal;

use crate::market::{Contract, Instrument, Money, Price, Qty, Rate, TickLots};

/// What a position of a size must keep, and how far it may be levered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bracket {
    /// The greatest size it holds for, in the asset it settles in; none is no limit.
    pub up_to: Option<Money>,
    /// Greatest leverage of an order that leads into it.
    pub leverage: u8,
    /// Share of its size that must be kept.
    pub maintenance: Rate,
}

/// What backs a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// Everything in the asset it settles in.
    Cross,
    /// The margin of its own orders alone.
    Isolated,
}

/// What maintenance is a share of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// The size at the mark.
    Mark,
    /// The size at the entry.
    Entry,
}

/// At which price a position is closed by force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForcedPrice {
    /// As the displayed book has it: an order of the venue's walks it. What is not displayed waits.
    Book,
    /// The venue takes it over at its bankruptcy price, whole, whatever the book displays.
    Bankruptcy,
}

/// How an instrument's positions must be backed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarginRules {
    /// By ascending size, the last without limit; never empty. The rates do not fall.
    pub brackets: Vec<Bracket>,
    /// What backs it.
    pub backing: Backing,
    /// What maintenance is a share of.
    pub basis: Basis,
    /// Where it is closed by force.
    pub price: ForcedPrice,
    /// What that costs, as a share of the value that trades; instead of the taker fee.
    pub fee: Rate,
}

/// A position as these formulas see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backed {
    /// Signed quantity.
    pub qty: Qty,
    /// What it was worth at its entry.
    pub cost: TickLots,
    /// What backs it beside its own gain.
    pub with: Money,
}

impl MarginRules {
    /// The bracket of a size: the first that reaches it.
    #[must_use]
    pub fn bracket(&self, size: Money) -> usize {
        let reaches = |bracket: &Bracket| bracket.up_to.is_none_or(|up_to| size <= up_to);
        self.brackets.iter().position(reaches).unwrap_or(self.brackets.len() - 1)
    }

    /// The maintenance amount of a bracket: what keeps maintenance from jumping where one bracket meets the next,
    /// Σ floor × (rate − rate of the bracket before).
    #[must_use]
    pub fn amount(&self, bracket: usize) -> Money {
        let steps = self.brackets[..=bracket].windows(2);
        let step = |pair: &[Bracket]| {
            let floor = pair[0].up_to.unwrap_or_default();
            floor.times(pair[1].maintenance.decimal() - pair[0].maintenance.decimal())
        };
        steps.map(step).sum()
    }

    /// What a position of a size must keep, exactly.
    #[must_use]
    pub fn maintenance(&self, size: Money) -> Money {
        let at = self.bracket(size);
        size.times(self.brackets[at].maintenance.decimal()) - self.amount(at)
    }

    /// What a position must keep at a price, rounded up to the unit it settles in.
    #[must_use]
    pub fn kept(&self, of: &Instrument, held: &Backed, price: Price) -> Money {
        let size = match self.basis {
            Basis::Mark => of.size(held.qty, price),
            Basis::Entry => of.value(held.cost).abs(),
        };
        self.maintenance(size).up(of.settle_scale())
    }

    /// What a position has beyond what it must keep at a price: nothing or less is liquidated.
    #[must_use]
    pub fn left(&self, of: &Instrument, held: &Backed, price: Price) -> Money {
        held.with + of.value(of.worth(held.qty, price) - held.cost) - self.kept(of, held, price)
    }

    /// The price at which a position has no more than it must keep; none where no price above zero brings that about.
    #[must_use]
    pub fn liquidation_price(&self, of: &Instrument, held: &Backed) -> Option<Decimal> {
        if self.basis == Basis::Entry {
            let kept = self.maintenance(of.value(held.cost).abs());
            return price_of(of, &Backed { with: held.with - kept, ..*held }, Rate::ZERO, Money::ZERO);
        }
        (0..self.brackets.len()).find_map(|at| {
            let price = price_of(of, held, self.brackets[at].maintenance, self.amount(at))?;
            let size = Money::new(of.worth_at(held.qty, price)).abs();
            let floor = at.checked_sub(1).and_then(|below| self.brackets[below].up_to);
            let within =
                floor.is_none_or(|floor| size >= floor) && self.brackets[at].up_to.is_none_or(|top| size <= top);
            within.then_some(price)
        })
    }
}

/// The price at which nothing of what backs a position is left; none where no price above zero brings that about.
#[must_use]
pub fn bankruptcy_price(of: &Instrument, held: &Backed) -> Option<Decimal> {
    price_of(of, held, Rate::ZERO, Money::ZERO)
}

/// Solves `with + worth − cost = rate · |worth| − amount` for the price.
fn price_of(of: &Instrument, held: &Backed, rate: Rate, amount: Money) -> Option<Decimal> {
    let qty = of.qty(held.qty);
    let (share, cost) = (qty.abs().checked_mul(rate.decimal())?, of.value(held.cost).decimal());
    let (with, amount) = (held.with.decimal(), amount.decimal());
    let price = match of.contract {
        Contract::Spot | Contract::Linear => (cost - with - amount).checked_div(qty - share)?,
        Contract::Inverse => (qty + share).checked_div(with - cost + amount)?,
    };
    (price > Decimal::ZERO).then_some(price.round_dp(12))
}

impl fmt::Display for MarginRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backing = match self.backing {
            Backing::Cross => "cross",
            Backing::Isolated => "isolated",
        };
        let basis = match self.basis {
            Basis::Mark => "the mark",
            Basis::Entry => "the entry",
        };
        let price = match self.price {
            ForcedPrice::Book => "by the book",
            ForcedPrice::Bankruptcy => "at the bankruptcy price",
        };
        let (brackets, fee) = (self.brackets.len(), self.fee.decimal() * Decimal::ONE_HUNDRED);
        write!(f, "{backing}, {brackets} bracket(s) at {basis}, liquidated {price} for {}%", fee.normalize())
    }
}
