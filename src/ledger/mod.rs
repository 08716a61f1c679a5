//! Double entry: balances per asset and named account, and nothing else.
//!
//! Every transaction sums to zero in each asset it touches (LG-1), and so the trial balance is
//! zero after every posting. The ledger never edits history: a correction is a new transaction.
//! It does not know what a fill is; whoever books one says what to post.

use crate::market::{Account, AssetId, Money, Posting, Transaction};

/// Balances per asset and account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Indexed by asset, then by account.
    balances: Vec<[Money; Account::ALL.len()]>,
    transactions: u64,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Posts a transaction.
    ///
    /// # Panics
    /// When it does not sum to zero in every asset, or the trial balance would not be zero: a
    /// defect of the program, never of its input.
    pub fn post(&mut self, transaction: &Transaction) {
        for posting in &transaction.postings {
            *self.slot(posting) += posting.amount;
        }
        self.transactions += 1;
        for posting in &transaction.postings {
            let sum = self.trial_balance(posting.asset);
            assert!(sum.is_zero(), "transaction {transaction:?} leaves {sum} of asset {:?} unbalanced", posting.asset);
        }
    }

    /// What an account holds of an asset.
    #[must_use]
    pub fn balance(&self, account: Account, asset: AssetId) -> Money {
        self.balances.get(usize::from(asset.0)).map_or(Money::ZERO, |accounts| accounts[account as usize])
    }

    /// The sum over all accounts of an asset: zero, always.
    #[must_use]
    pub fn trial_balance(&self, asset: AssetId) -> Money {
        Account::ALL.iter().map(|account| self.balance(*account, asset)).sum()
    }

    /// Assets that were ever posted to.
    pub fn assets(&self) -> impl Iterator<Item = AssetId> + '_ {
        (0..self.balances.len()).map(|index| AssetId(u16::try_from(index).expect("asset ids are 16 bits wide")))
    }

    /// How many transactions were posted.
    #[must_use]
    pub const fn transactions(&self) -> u64 {
        self.transactions
    }

    fn slot(&mut self, posting: &Posting) -> &mut Money {
        let asset = usize::from(posting.asset.0);
        if asset >= self.balances.len() {
            self.balances.resize(asset + 1, Default::default());
        }
        &mut self.balances[asset][posting.account as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Cause, Timestamp, TransactionId};

    fn transaction(amounts: &[(Account, u16, i64)]) -> Transaction {
        let posting = |&(account, asset, amount): &(Account, u16, i64)| Posting {
            account,
            asset: AssetId(asset),
            amount: Money::new(amount.into()),
        };
        Transaction {
            id: TransactionId(1),
            at: Timestamp(0),
            desk: None,
            cause: Cause::Opening,
            postings: amounts.iter().map(posting).collect(),
        }
    }

    #[test]
    fn balances_are_the_sum_of_postings() {
        let mut ledger = Ledger::new();
        ledger.post(&transaction(&[(Account::Cash, 1, 100), (Account::External, 1, -100)]));
        ledger.post(&transaction(&[(Account::Cash, 1, -30), (Account::Market, 1, 29), (Account::Rounding, 1, 1)]));
        assert_eq!(ledger.balance(Account::Cash, AssetId(1)), Money::new(70.into()));
        assert_eq!(ledger.balance(Account::Cash, AssetId(0)), Money::ZERO);
        assert_eq!(ledger.transactions(), 2);
    }

    #[test]
    #[should_panic(expected = "unbalanced")]
    fn a_transaction_that_does_not_sum_to_zero_is_refused() {
        Ledger::new().post(&transaction(&[(Account::Cash, 0, 1), (Account::Market, 1, -1)]));
    }
}
