//! The optimism bound: what a result owes to the models it was made under.
//!
//! One scenario runs under three sets of models: **optimistic** (what a back-test that knows no better assumes),
//! **central** (what the scenario says) and **pessimistic**. Between them stands a ladder: the six [`Factor`]s are
//! switched one after another, each rung a whole run, so that a rung's difference in P&L is what that model alone
//! brought, everything before it being switched already. What two factors do together falls to the one that is
//! switched later; the order is [`Factor::ALL`], and it is printed.
//!
//! P&L is said twice. The trader's own ledger says it: the postings of its journal, and what is open at the last
//! mid of the market. And every execution in the venue's log says a part of it, against the tape: [`Parts`]. Both
//! are exact; what one says and the other does not is **unexplained**, and must be zero.
//!
//! It judges no strategy, and nothing of it is in the digest of a run.

mod ladder;
mod parts;
mod sets;

pub use ladder::{Bound, BoundError, Ran, Rung, bound};
pub use parts::{Account, Parts, account};
pub use sets::{Factor, Set, mixed, says};
