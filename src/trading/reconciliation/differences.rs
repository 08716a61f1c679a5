//! What differs between the venue's account and ours, exactly and since when.
//!
//! A difference may be lag: a fill on its way. It is read again until it is gone, or until
//! `reconcile.explain_within` has passed; then it is posted to `unexplained`, entries stop until an
//! operator acts, and somebody is told.

use std::collections::BTreeMap;

use super::pass::Heard;
use crate::market::{Action, AssetId, Bug, Decision, DeskId, InstrumentId, Money, Qty, Severity, Timestamp, planted};
use crate::trading::arming::{InstrumentCause, TraderCause};
use crate::trading::core::{Core, alert, anomaly};

/// What can differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Subject {
    Cash(AssetId),
    Position(InstrumentId),
}

/// By how much the venue holds more than we.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Amount {
    Cash(Money),
    Position(Qty),
}

/// The differences of the last comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Differences(BTreeMap<Subject, (Amount, Timestamp)>);

impl Differences {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Core {
    /// (6) Compares to the smallest unit, and settles what stayed unexplained for too long.
    pub(super) fn compare(&mut self, now: Timestamp, heard: &Heard, actions: &mut Vec<Action>) {
        let found = self.found(heard);
        let before = std::mem::take(&mut self.reconciler.differences.0);
        let limit = self.config.reconcile.explain_within;
        for (subject, amount) in found {
            if self.transferred_early(now, subject, amount, actions) {
                continue;
            }
            let since = before.get(&subject).map_or(now, |(_, since)| *since);
            if now.since(since) >= limit {
                self.post_unexplained(now, subject, amount, actions);
                continue;
            }
            self.reconciler.differences.0.insert(subject, (amount, since));
        }
        if !self.reconciler.differences.is_empty() && before != self.reconciler.differences.0 {
            anomaly(None, format!("the venue holds {}", self.differing()), actions);
        }
    }

    /// What differs, in words.
    pub(super) fn differing(&self) -> String {
        let words: Vec<String> =
            self.reconciler.differences.0.iter().map(|(what, (by, _))| self.excess(*what, *by)).collect();
        words.join(", ")
    }

    /// By how much the venue holds more of something.
    fn excess(&self, subject: Subject, amount: Amount) -> String {
        match (subject, amount) {
            (Subject::Cash(asset), Amount::Cash(more)) => format!("{more} {} more than ours", self.asset(asset)),
            (Subject::Position(id), Amount::Position(more)) => format!("{} more than ours", self.qty_text(id, more)),
            (Subject::Cash(_) | Subject::Position(_), Amount::Cash(_) | Amount::Position(_)) => String::new(),
        }
    }

    /// A transfer that was told of before the books were opened, and that the opening balances did not hold yet.
    fn transferred_early(
        &mut self,
        now: Timestamp,
        subject: Subject,
        amount: Amount,
        actions: &mut Vec<Action>,
    ) -> bool {
        let (Subject::Cash(asset), Amount::Cash(more)) = (subject, amount) else { return false };
        let early = self.reconciler.early.iter().position(|told| *told == (asset, more));
        if let Some(place) = early {
            self.reconciler.early.remove(place);
            let transaction = self.books.transfer(now, asset, more);
            actions.push(Action::Record(Decision::Posted(transaction)));
        }
        early.is_some()
    }

    fn found(&self, heard: &Heard) -> Vec<(Subject, Amount)> {
        let mut found = Vec::new();
        let said = &heard.balances.items;
        let mut assets: Vec<AssetId> = said.iter().map(|b| b.asset).chain(self.books.ledger().assets()).collect();
        assets.sort_unstable();
        assets.dedup();
        for asset in assets {
            // Of one that is said twice, the last word counts.
            let theirs = said.iter().rev().find(|b| b.asset == asset).map_or(Money::ZERO, |b| b.total);
            let more = theirs - self.books.venue_cash(asset);
            let tolerated = planted(Bug::ReconcileMismatch) && more.decimal().abs() <= rust_decimal::Decimal::new(1, 4);
            if !more.is_zero() && !tolerated {
                found.push((Subject::Cash(asset), Amount::Cash(more)));
            }
        }
        for instrument in self.instruments.iter().filter(|i| i.contract.is_margin()) {
            let Some(positions) = &heard.positions else { continue };
            let said = positions.items.iter().find(|held| held.instrument == instrument.id);
            let more = said.map_or(Qty::ZERO, |held| held.qty) - self.position(instrument.id);
            if !more.is_zero() {
                found.push((Subject::Position(instrument.id), Amount::Position(more)));
            }
        }
        found
    }

    /// The venue's word is taken, its reason is not known: money goes to `unexplained`, a position
    /// to the desk of external hands, never into anybody's result.
    fn post_unexplained(&mut self, now: Timestamp, subject: Subject, amount: Amount, actions: &mut Vec<Action>) {
        let words = self.excess(subject, amount);
        let text = match (subject, amount) {
            (Subject::Cash(asset), Amount::Cash(more)) => {
                let transaction = self.books.difference(now, asset, more);
                actions.push(Action::Record(Decision::Posted(transaction)));
                format!("the venue holds {words}; posted as unexplained")
            }
            (Subject::Position(id), Amount::Position(more)) => {
                let text = format!("the venue holds {words}; taken as external");
                self.restrict_for(id, InstrumentCause::External, text.clone(), actions);
                if !self.adjust(now, (DeskId::EXTERNAL, id), more, actions) {
                    // Without a price there is nothing to take it at yet; the next pass tries again.
                    self.reconciler.differences.0.insert(subject, (amount, now));
                }
                text
            }
            (Subject::Cash(_) | Subject::Position(_), Amount::Cash(_) | Amount::Position(_)) => return,
        };
        anomaly(None, text.clone(), actions);
        alert(Severity::Critical, None, None, format!("{text}; entries stop until an operator acts"), actions);
        self.latch(TraderCause::Unexplained, text, actions);
    }
}
