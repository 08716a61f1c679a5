//! Closed trades: what a desk's position in an instrument came to from nothing to nothing.
//!
//! A trade begins with the fill that opens a position and ends with the one after which nothing is held; a fill beyond
//! nothing ends one and begins the next, and its fee is shared by quantity, what a cut leaves to the closing part
//! (production-rules §4.2). Its result is net of every fee booked while it was open, and of funding and interest of its
//! instrument, all valued when they were booked. Where several desks hold an instrument, the first of them bears its
//! funding. Other hands trade for themselves: theirs are no trades of ours.

use std::collections::BTreeMap;

use super::Key;
use crate::journal::{Exact, TooLarge};
use crate::market::{DeskId, InstrumentId, Qty, Timestamp};

/// Decimals of a shared fee, at least; toward zero.
const SHARE_DECIMALS: u32 = 18;

/// A closed trade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trip {
    pub key: Key,
    pub opened: Timestamp,
    pub closed: Timestamp,
    pub net: Exact,
}

/// A trade under way.
#[derive(Clone, Copy, Debug)]
struct Open {
    opened: Timestamp,
    net: Exact,
}

/// How a position changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// What is held after it, signed.
    pub after: Qty,
    /// How much changed hands.
    pub qty: i64,
    /// What it realised, in account currency.
    pub gross: Exact,
    /// What it cost, likewise.
    pub fee: Exact,
}

/// The trades of a run under way, and for how long anything was held.
#[derive(Clone, Debug, Default)]
pub(super) struct Trips {
    held: BTreeMap<Key, Qty>,
    open: BTreeMap<Key, Open>,
    pub closed: Vec<Trip>,
    /// Since when anything is held, and how long anything was before that.
    since: Option<Timestamp>,
    exposed_ns: i64,
}

impl Trips {
    /// A position changed.
    pub fn change(&mut self, now: Timestamp, key: Key, change: Change) -> Result<(), TooLarge> {
        if key.0 == DeskId::EXTERNAL {
            return Ok(());
        }
        let Change { after, qty, gross, fee } = change;
        let before = if after.is_zero() { self.held.remove(&key) } else { self.held.insert(key, after) };
        let before = before.unwrap_or_default();
        let crosses = before.0.signum() * after.0.signum() < 0;
        let opening = if crosses {
            let (opened, whole) = (i128::from(after.0).abs(), i128::from(qty).abs().max(1));
            fee.share(opened, whole, fee.scale().max(SHARE_DECIMALS))?
        } else {
            Exact::ZERO
        };
        let fresh = Open { opened: now, net: Exact::ZERO };
        let open = self.open.entry(key).or_insert(fresh);
        open.net = open.net.plus(gross)?.minus(fee.minus(opening)?)?;
        if crosses || after.is_zero() {
            let Open { opened, net } = *open;
            self.closed.push(Trip { key, opened, closed: now, net });
            self.open.remove(&key);
        }
        if crosses {
            self.open.insert(key, Open { net: opening.negated()?, ..fresh });
        }
        self.expose(now);
        Ok(())
    }

    /// A fee was corrected, or a fill taken back: it counts to the trade under way, or to the last one.
    pub fn correct(&mut self, key: Key, by: Exact) -> Result<(), TooLarge> {
        let last = self.closed.iter_mut().rev().find(|trip| trip.key == key).map(|trip| &mut trip.net);
        if let Some(net) = self.open.get_mut(&key).map(|open| &mut open.net).or(last) {
            *net = net.plus(by)?;
        }
        Ok(())
    }

    /// Funding or interest of an instrument was paid.
    pub fn carry(&mut self, instrument: InstrumentId, paid: Exact) -> Result<(), TooLarge> {
        if let Some((_, open)) = self.open.iter_mut().find(|(key, _)| key.1 == instrument) {
            open.net = open.net.minus(paid)?;
        }
        Ok(())
    }

    /// For how long anything was held until then.
    pub fn exposed_ns(&self, until: Timestamp) -> i64 {
        self.exposed_ns.saturating_add(self.since.map_or(0, |since| until.since(since).0))
    }

    fn expose(&mut self, now: Timestamp) {
        if self.held.is_empty() {
            self.exposed_ns = self.exposed_ns(now);
            self.since = None;
        } else {
            self.since.get_or_insert(now);
        }
    }
}
