//! What must hold after every event: the equity identity of production-rules §4.3, and LG-8.
//!
//! Two sides that share no step are compared: cash in the ledger less what positions explain of
//! it, and realised profit less fees, funding, rounding and the unexplained plus transfers. They
//! are compared asset by asset, exactly, so the identity holds in account currency at any marks.
//! [`Statement`] says the same in account currency, for reports and for a check over time.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{Books, Tally};
use crate::market::{Account, AssetId, Contract, Instrument, InstrumentId, Money, RawPrice};

/// Values in account currency: of assets and, in their quote asset, of instruments. The account
/// currency itself is there with the value 1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// Account currency per unit of an asset.
    pub rates: BTreeMap<AssetId, Money>,
    /// Quote per base of an instrument.
    pub prices: BTreeMap<InstrumentId, RawPrice>,
}

/// Something held has no mark; a value is never assumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unmarked {
    /// An asset with a balance.
    #[error("{0:?} is held and has no rate")]
    Asset(AssetId),
    /// An instrument with a margin position.
    #[error("{0:?} is held and has no mark")]
    Instrument(InstrumentId),
}

/// A broken law, with both sides of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Breach {
    /// LG-1: the accounts of an asset do not sum to zero.
    #[error("LG-1: the accounts of {asset:?} sum to {sum}, not to zero")]
    TrialBalance {
        /// Which asset.
        asset: AssetId,
        /// Their sum.
        sum: Money,
    },
    /// LG-7: the equity identity.
    #[error("LG-7: in {asset:?}, cash less positions is {held}, but what was earned and transferred is {earned}")]
    Equity {
        /// Which asset.
        asset: AssetId,
        /// Cash less what positions explain.
        held: Money,
        /// Realised less fees, funding, interest, rounding, unexplained, plus transfers.
        earned: Money,
    },
    /// LG-8: net results against gross results and fees.
    #[error("LG-8: in {asset:?}, net realised less what is attached is {net}, gross less fees and funding is {gross}")]
    Net {
        /// Which asset.
        asset: AssetId,
        /// Net realised less fees and funding attached to open positions.
        net: Money,
        /// Gross realised less fees and funding.
        gross: Money,
    },
    /// §4.4: a position without quantity, or whose cost has another sign.
    #[error("a position in {instrument:?} has a quantity and a cost that do not belong together")]
    Position {
        /// Which instrument.
        instrument: InstrumentId,
    },
}

/// The figures of the identity in account currency; sums since the books were opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Σ cash at its mark + unrealised of margin positions.
    pub equity: Money,
    /// Gross unrealised of all positions, residues included.
    pub gross_unrealised: Money,
    rates: BTreeMap<AssetId, Money>,
    held: BTreeMap<AssetId, Money>,
    earned: BTreeMap<AssetId, Earned>,
}

/// Terms of one asset's identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Earned {
    gross: Money,
    fees: Money,
    funding: Money,
    interest: Money,
    rounding: Money,
    unexplained: Money,
    transfers: Money,
}

impl Earned {
    fn sum(&self) -> Money {
        self.gross - self.fees - self.funding - self.interest - self.rounding - self.unexplained + self.transfers
    }
}

impl Books {
    /// Checks every law of this module over the whole books.
    ///
    /// # Errors
    /// With the first law broken.
    ///
    /// # Panics
    /// When an instrument that is held is not in its place in `instruments`.
    pub fn verify(&self, instruments: &[Instrument]) -> Result<(), Breach> {
        self.check_positions(instruments)?;
        let (explained, attached) = (self.explained(instruments), self.attached(instruments));
        for asset in self.known_assets() {
            let sum = self.ledger.trial_balance(asset);
            if !sum.is_zero() {
                return Err(Breach::TrialBalance { asset, sum });
            }
            let held = self.ledger.balance(Account::Cash, asset) - of(&explained, asset);
            let earned = self.earned(asset).sum();
            if held != earned {
                return Err(Breach::Equity { asset, held, earned });
            }
            let Tally { gross, net, fees, funding, .. } = self.tally(asset);
            let (net, gross) = (net - of(&attached, asset), gross - fees - funding);
            if net != gross {
                return Err(Breach::Net { asset, net, gross });
            }
        }
        Ok(())
    }

    /// Equity in account currency: Σ cash of every asset at its mark + unrealised profit of margin
    /// positions. Estimates of future fees are not deducted.
    ///
    /// # Errors
    /// When something held has no mark.
    ///
    /// # Panics
    /// When an instrument that is held is not in its place in `instruments`.
    pub fn equity(&self, instruments: &[Instrument], marks: &Marks) -> Result<Money, Unmarked> {
        let mut equity = Money::ZERO;
        for asset in self.ledger.assets() {
            let cash = self.ledger.balance(Account::Cash, asset);
            if !cash.is_zero() {
                equity += cash.times(marks.rate(asset)?);
            }
        }
        for (_, id, position) in self.positions() {
            let instrument = placed(instruments, id);
            match instrument.contract {
                Contract::Spot => {}
                Contract::Linear | Contract::Inverse => {
                    let mark = *marks.prices.get(&id).ok_or(Unmarked::Instrument(id))?;
                    equity += position.unrealised(instrument, mark).times(marks.rate(instrument.settles_in())?);
                }
            }
        }
        Ok(equity)
    }

    /// The figures of the identity at these marks.
    ///
    /// # Errors
    /// When something held has no mark.
    ///
    /// # Panics
    /// When an instrument that is held is not in its place in `instruments`.
    pub fn statement(&self, instruments: &[Instrument], marks: &Marks) -> Result<Statement, Unmarked> {
        let explained = self.explained(instruments);
        let held = |asset| (asset, self.ledger.balance(Account::Cash, asset) - of(&explained, asset));
        Ok(Statement {
            equity: self.equity(instruments, marks)?,
            gross_unrealised: self.gross_unrealised(instruments, marks)?,
            rates: marks.rates.clone(),
            held: self.known_assets().into_iter().map(held).collect(),
            earned: self.known_assets().into_iter().map(|asset| (asset, self.earned(asset))).collect(),
        })
    }

    /// Gross unrealised of all positions and residues in account currency. Spot holdings are
    /// valued as cash is, at their asset's rate.
    fn gross_unrealised(&self, instruments: &[Instrument], marks: &Marks) -> Result<Money, Unmarked> {
        let mut sum = Money::ZERO;
        for (_, id, position) in self.positions() {
            let instrument = placed(instruments, id);
            let quote = marks.rate(instrument.settles_in())?;
            match instrument.contract {
                Contract::Spot => {
                    sum += Money::new(instrument.qty(position.qty)).times(marks.rate(instrument.base)?);
                    sum -= instrument.value(position.cost).times(quote);
                }
                Contract::Linear | Contract::Inverse => {
                    let mark = *marks.prices.get(&id).ok_or(Unmarked::Instrument(id))?;
                    sum += position.unrealised(instrument, mark).times(quote);
                }
            }
        }
        for ((_, id), residue) in &self.residues {
            let instrument = placed(instruments, *id);
            sum += residue.amount(instrument).times(marks.rate(instrument.base)?);
            sum -= residue.cost(instrument).times(marks.rate(instrument.settles_in())?);
        }
        Ok(sum)
    }

    /// The part of each asset's cash that spot positions explain: what they hold of it, less what
    /// was paid of it for them.
    fn explained(&self, instruments: &[Instrument]) -> BTreeMap<AssetId, Money> {
        let mut explained = BTreeMap::new();
        let mut add = |asset: AssetId, amount: Money| *explained.entry(asset).or_default() += amount;
        for (_, id, position) in self.positions() {
            let instrument = placed(instruments, id);
            match instrument.contract {
                Contract::Spot => {
                    add(instrument.base, Money::new(instrument.qty(position.qty)));
                    add(instrument.settles_in(), -instrument.value(position.cost));
                }
                Contract::Linear | Contract::Inverse => {}
            }
        }
        for ((_, id), residue) in &self.residues {
            let instrument = placed(instruments, *id);
            add(instrument.base, residue.amount(instrument));
            add(instrument.settles_in(), -residue.cost(instrument));
        }
        explained
    }

    fn attached(&self, instruments: &[Instrument]) -> BTreeMap<AssetId, Money> {
        let mut attached = BTreeMap::new();
        for (_, id, position) in self.positions() {
            let quote = placed(instruments, id).settles_in();
            *attached.entry(quote).or_default() += position.entry_fees + position.carry;
        }
        attached
    }

    fn earned(&self, asset: AssetId) -> Earned {
        let Tally { gross, moved_fees, moved_holdings, .. } = self.tally(asset);
        let balance = |account| self.ledger.balance(account, asset);
        Earned {
            gross,
            fees: balance(Account::Fees) - moved_fees,
            funding: balance(Account::Funding),
            interest: balance(Account::Interest),
            rounding: balance(Account::Rounding),
            unexplained: balance(Account::Unexplained),
            transfers: moved_holdings - balance(Account::External),
        }
    }

    fn check_positions(&self, instruments: &[Instrument]) -> Result<(), Breach> {
        let sound = |(_, id, position): &(_, InstrumentId, &super::Position)| {
            let (cost, qty) = (position.cost.0.signum(), i128::from(position.qty.0.signum()));
            let belongs = match placed(instruments, *id).contract {
                Contract::Spot | Contract::Linear => cost == qty,
                // Worth minus its value; a trifle may be worth nothing.
                Contract::Inverse => cost * qty <= 0,
            };
            !position.is_flat() && belongs
        };
        match self.positions().find(|held| !sound(held)) {
            Some((_, instrument, _)) => Err(Breach::Position { instrument }),
            None => Ok(()),
        }
    }

    fn known_assets(&self) -> BTreeSet<AssetId> {
        self.ledger.assets().chain(self.tallies.keys().copied()).collect()
    }

    fn tally(&self, asset: AssetId) -> Tally {
        self.tallies.get(&asset).copied().unwrap_or_default()
    }
}

impl Statement {
    /// Gross realised in account currency at these marks.
    #[must_use]
    pub fn gross_realised(&self) -> Money {
        self.sum(|earned| earned.gross)
    }

    /// Fees, likewise, in whatever asset they were paid.
    #[must_use]
    pub fn fees(&self) -> Money {
        self.sum(|earned| earned.fees)
    }

    /// Funding, likewise.
    #[must_use]
    pub fn funding(&self) -> Money {
        self.sum(|earned| earned.funding)
    }

    /// Deposits less withdrawals, likewise.
    #[must_use]
    pub fn transfers(&self) -> Money {
        self.sum(|earned| earned.transfers)
    }

    /// By how much the identity of production-rules §4.3 fails between an earlier statement and
    /// this one: Δequity − (gross realised + Δ gross unrealised − fees − funding − interest −
    /// rounding − unexplained + transfers + revaluation of other assets). Zero, always. What
    /// happened in between is valued at the later marks; every other asset is revalued as it
    /// stood before.
    #[must_use]
    pub fn failure_since(&self, before: &Self) -> Money {
        let rate =
            |rates: &BTreeMap<AssetId, Money>, asset| rates.get(&asset).map_or(Decimal::ZERO, |r: &Money| r.decimal());
        let mut explained = self.gross_unrealised - before.gross_unrealised;
        for (asset, earned) in &self.earned {
            let earlier = before.earned.get(asset).copied().unwrap_or_default();
            let (now, then) = (rate(&self.rates, *asset), rate(&before.rates, *asset));
            explained += (earned.sum() - earlier.sum()).times(now);
            explained += of(&before.held, *asset).times(now - then);
        }
        self.equity - before.equity - explained
    }

    fn sum(&self, term: impl Fn(&Earned) -> Money) -> Money {
        let value = |(asset, earned): (&AssetId, &Earned)| {
            self.rates.get(asset).map_or(Money::ZERO, |rate| term(earned).times(rate.decimal()))
        };
        self.earned.iter().map(value).sum()
    }
}

impl Marks {
    fn rate(&self, asset: AssetId) -> Result<Decimal, Unmarked> {
        self.rates.get(&asset).map(|rate| rate.decimal()).ok_or(Unmarked::Asset(asset))
    }
}

fn of(amounts: &BTreeMap<AssetId, Money>, asset: AssetId) -> Money {
    amounts.get(&asset).copied().unwrap_or_default()
}

fn placed(instruments: &[Instrument], id: InstrumentId) -> &Instrument {
    let instrument = &instruments[usize::from(id.0)];
    assert!(instrument.id == id, "{} stands at {id:?} of the instrument table, not in its place", instrument.symbol);
    instrument
}
