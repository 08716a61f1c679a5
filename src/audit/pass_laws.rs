//! Laws of reconciliation and of what is not ours: faults.md §3, C1, C4, L4, O9, V1, P4.
//!
//! A pass that calls itself clean is held to it: every execution that happened before it asked is
//! booked, every order that ended before it asked has ended with us, nothing is unknown but in an
//! instrument that only reduces, and cash is what the venue stated, less what moved since.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use super::facts::Facts;
use super::law::{ASKED, Judged, Law, RECONCILED, SENT, Tally, When};
use crate::journal::{Body, Exact, Record};
use crate::market::{Account, AssetId, Command, Decision, DeskId, InstrumentId, OrderId, OrderState, VenueRef};

pub(super) const LAWS: &[Law] = &[
    Law { id: "C1f", name: "after a clean pass every execution is booked", when: When::Record(RECONCILED, executions) },
    Law { id: "C1o", name: "after a clean pass orders are the venue's", when: When::Record(RECONCILED, orders) },
    Law { id: "L4", name: "after a clean pass cash is the venue's", when: When::Step(cash) },
    Law {
        id: "O9",
        name: "after a clean pass every order is ours or taken in",
        when: When::Record(RECONCILED, strangers),
    },
    Law { id: "C4", name: "orders of others are left alone", when: When::Record(SENT | ASKED, untouched) },
    Law {
        id: "V1",
        name: "at rest nothing is unknown and every order has ended or lives at the venue",
        when: When::Rest(known),
    },
    Law { id: "P4", name: "at rest positions are the venue's", when: When::Rest(positions) },
];

fn is_clean(record: &Record) -> bool {
    matches!(record.body, Body::Decision(Decision::Reconciled { clean: true, .. }))
}

fn executions(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(asked) = facts.reconciling.asked_fills.filter(|_| is_clean(record) && facts.has_truth) else {
        return Ok(());
    };
    // What happened before the books were opened is in the balances they were opened with.
    let opened = facts.reconciling.opened.unwrap_or(i64::MIN);
    let shown = |execution: &VenueRef| {
        let order = facts.executions.get(execution).and_then(|row| row.truth).map(|truth| truth.report.order);
        // One that was hidden when it would have been read may be behind what is read now.
        order.is_none_or(|order| !facts.struck("hidden", order))
    };
    // A history served stale is whole only up to the instant at which it was true.
    let seen = facts.reconciling.fills_at.map_or(asked, |at| at.min(asked));
    let late = |at: &i64| (opened.saturating_add(1)..seen).contains(at);
    let missed = facts.venue.unbooked.iter().find(|(execution, at)| late(at) && shown(execution));
    let why = || format!("execution {} is not booked, and the pass is clean", missed.expect("found").0);
    tally.holds(record.seq, missed.is_none(), why);
    Ok(())
}

fn orders(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(asked) = facts.reconciling.asked_orders.filter(|_| is_clean(record)) else { return Ok(()) };
    // A list served stale says nothing of what came after it.
    let lists = [facts.reconciling.orders_at, facts.reconciling.closed_at];
    let asked = lists.into_iter().flatten().fold(asked, i64::min);
    for (id, row) in facts.open_orders() {
        let (Some(state), Some((_, instrument))) = (row.state, row.key()) else { continue };
        if state.is_unknown() {
            let flagged = facts.standing.reduce_only.contains(&instrument);
            let why = || format!("order {} is {state:?} after a clean pass, and its instrument is free", id.0);
            tally.holds(record.seq, flagged, why);
        } else if facts.has_truth && state != OrderState::Intent && row.venue.ended {
            // One that was hidden when lists of ended orders were read is asked about by itself.
            let lately = row.venue.ended_at >= asked || facts.struck("hidden", id);
            tally.holds(record.seq, lately, || format!("order {} is {state:?} with us and ended at the venue", id.0));
        }
    }
    for id in &facts.venue.open {
        let Some(row) = facts.order(*id).filter(|row| row.sent.is_some()) else { continue };
        let shown = row.hidden_until < asked;
        let ended = row.state.is_some_and(OrderState::is_terminal) && row.news < asked && shown;
        tally.holds(record.seq, !ended, || format!("order {} is {:?} with us and open at the venue", id.0, row.state));
    }
    tally.checked += 1;
    Ok(())
}

fn cash(facts: &Facts, tally: &mut Tally) -> Judged {
    let passes = &facts.reconciling;
    let (Some(seq), Some(balances), Some(asked)) = (facts.step.clean, passes.balances.as_ref(), passes.asked_account)
    else {
        return Ok(());
    };
    if balances.at.0 < asked {
        return Ok(());
    }
    let is_priced = |asset: AssetId| {
        let unpriced = &facts.reconciling.unpriced;
        !unpriced.iter().any(|id| facts.card(*id).is_some_and(|card| card.settles_in().0 == asset))
    };
    for stated in balances.items.iter().filter(|stated| is_priced(stated.asset)) {
        let ours = facts.balance(stated.asset, Account::Cash).plus(owed(facts, stated.asset))?;
        let (then, vaguely, vague) = facts.cash_when_stated(stated.asset, ours)?;
        // Of several movements at an uncertain instant it is not known which are in the balance.
        if vague > 1 {
            continue;
        }
        let total = Exact::from(stated.total);
        let (name, held) = (facts.header.asset(stated.asset), then == total || vaguely == total);
        tally.holds(seq, held, || format!("cash was {then} {name} with us and {total} at the venue"));
    }
    Ok(())
}

/// What the venue settled more of an asset than we, because it nets the positions of several desks, or what
/// we heard of in another order than it happened in, or because it took something back.
fn owed(facts: &Facts, asset: AssetId) -> Exact {
    let settled = |id: InstrumentId| facts.card(id).is_some_and(|card| card.settles_in().0 == asset);
    let shared = facts.holdings.keys().any(|(desk, id)| *desk == DeskId::EXTERNAL && settled(*id));
    let disordered = facts.reconciling.disordered.iter().any(|id| settled(*id));
    let reversed = facts.holdings.iter().any(|((_, id), holding)| settled(*id) && holding.reversed);
    if !shared && !disordered && !reversed {
        return Exact::ZERO;
    }
    facts.reconciling.owed.get(&asset).copied().unwrap_or_default()
}

fn strangers(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    if !is_clean(record) {
        return Ok(());
    }
    let stranger = facts.reconciling.strangers.first().map_or(0, |id| id.0);
    let why = || format!("order {stranger} is open at the venue and neither ours nor taken in");
    tally.holds(record.seq, facts.reconciling.strangers.is_empty(), why);
    let unsent = facts
        .venue
        .open
        .iter()
        .find(|id| **id < OrderId::FIRST_EXTERNAL && facts.order(**id).is_some_and(|row| row.sent.is_none()));
    let number = unsent.map_or(0, |id| id.0);
    tally.holds(record.seq, unsent.is_none(), || format!("order {number} lives at the venue and was never sent"));
    Ok(())
}

fn untouched(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    if facts.limits.value("external.policy") == Some("adopt_and_exit") {
        return Ok(());
    }
    match &record.body {
        Body::Command(Command::Cancel(id)) => {
            let ours = facts.order(*id).is_some_and(|row| row.sent.is_some());
            tally.holds(record.seq, ours, || format!("order {} is cancelled and not ours", id.0));
        }
        Body::Command(Command::Amend(amend)) => {
            let ours = facts.order(amend.id).is_some_and(|row| row.sent.is_some());
            tally.holds(record.seq, ours, || format!("order {} is amended and not ours", amend.id.0));
        }
        Body::Command(Command::CancelAll(_)) => {
            let other = facts.reconciling.foreign.keys().next().map_or(0, |id| id.0);
            let why = || format!("everything is cancelled, order {other} of others too");
            tally.holds(record.seq, facts.reconciling.foreign.is_empty(), why);
        }
        _ => {}
    }
    Ok(())
}

fn known(facts: &Facts, tally: &mut Tally) -> Judged {
    for (id, row) in facts.open_orders() {
        let state = row.state.unwrap_or(OrderState::Intent);
        let lives = facts.venue.open.contains(&id) && !state.is_unknown();
        let why = || format!("at the end order {} is {state:?}, at the venue it is not open", id.0);
        tally.holds(facts.step.seq, lives, why);
    }
    for id in &facts.venue.open {
        let Some(row) = facts.order(*id).filter(|row| row.sent.is_some()) else { continue };
        let ended = row.state.is_some_and(OrderState::is_terminal);
        tally.holds(facts.step.seq, !ended, || format!("at the end order {} lives at the venue and is over", id.0));
    }
    let unbooked = facts.venue.unbooked.first_key_value().map(|(name, _)| *name);
    let why = || format!("execution {} was never booked", unbooked.expect("there is one"));
    tally.holds(facts.step.seq, unbooked.is_none(), why);
    Ok(())
}

fn positions(facts: &Facts, tally: &mut Tally) -> Judged {
    let all: std::collections::BTreeSet<InstrumentId> =
        facts.holdings.keys().map(|(_, id)| *id).chain(facts.venue.positions.keys().copied()).collect();
    for id in all {
        let traded = |key: &(DeskId, InstrumentId)| key.1 == id;
        let ours: i128 = facts.holdings.iter().filter(|(key, _)| traded(key)).map(|(_, held)| held.traded).sum();
        let theirs = facts.venue.positions.get(&id).copied().unwrap_or_default();
        let why = || format!("{}: fills booked add up to {ours}, made to {theirs}", facts.header.symbol(id));
        tally.holds(facts.step.seq, ours == theirs, why);
    }
    tally.checked += 1;
    Ok(())
}
