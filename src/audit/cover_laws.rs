//! Laws of protection: faults.md §3, S1 to S10, P5, P6 and the moves of a stop.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use std::collections::BTreeMap;

use super::cover::CoverRow;
use super::facts::Facts;
use super::law::{Judged, Law, PROTECTED, Tally, When};
use super::rows::OrderRow;
use crate::journal::{Body, Record};
use crate::market::{
    Author, Command, Contract, Decision, DeskId, InstrumentId, Link, OrderId, OrderKind, OrderState, Purpose, Side,
    TraderState,
};

/// How late a timer, a token or a message may make what is due, in nanoseconds.
pub(super) const GRACE: i64 = 1_000_000_000;

/// How long a flat position's orders may live without a cancel, in nanoseconds.
const FLAT_MAX: i64 = 30_000_000_000;

pub(super) const LAWS: &[Law] = &[
    Law {
        id: "S1",
        name: "a position is covered in time, or exited, or somebody is told",
        when: When::Second(covered),
    },
    Law { id: "S2", name: "exits never exceed what is held on spot", when: When::Step(not_beyond) },
    Law {
        id: "S3",
        name: "a stop is sent where it is wanted, and triggers before its limit",
        when: When::Step(as_wanted),
    },
    Law { id: "S4", name: "automatic moves only tighten", when: When::Record(PROTECTED, tightens) },
    Law { id: "S5", name: "automation leaves a pinned stop alone", when: When::Record(PROTECTED, stays_pinned) },
    Law {
        id: "S6",
        name: "what closes a position never turns it, unless somebody is told",
        when: When::Step(never_turns),
    },
    Law { id: "S10", name: "the dead-man's switch is armed by its policy", when: When::Step(dead_man) },
    Law { id: "OP-2", name: "no cancel of everything reaches a stop that must stay", when: When::Step(sweeping) },
    Law { id: "P5", name: "a flat position keeps no order of its own", when: When::Second(flat) },
];

fn covered(facts: &Facts, tally: &mut Tally) -> Judged {
    let (standing, limits) = (&facts.standing, &facts.limits);
    let Some(mut most) = limits.naked_max else { return Ok(()) };
    if standing.crashed || standing.trader == TraderState::Reconciling || standing.down.contains(&Link::Orders) {
        return Ok(());
    }
    if let (Some(_), Some(longer)) = (standing.restarted_at, limits.restart_max) {
        most = most.max(longer);
    }
    for (key, row) in &facts.cover.rows {
        let Some(began) = row.naked_since else { continue };
        if standing.closed.contains(&key.1) {
            continue;
        }
        let opened = standing.opened_at.get(&key.1).copied().unwrap_or(i64::MIN);
        let since = began.max(standing.able_since).max(opened);
        let naked = facts.now().saturating_sub(since);
        let why = || format!("{} is naked for {naked} ns, and nothing is done", name(facts, *key));
        tally.holds(facts.step.seq, naked <= most.saturating_add(GRACE) || row.is_excused(began), why);
    }
    Ok(())
}

fn name(facts: &Facts, (desk, instrument): (DeskId, InstrumentId)) -> String {
    format!("desk {}'s position in {}", desk.0, facts.header.symbol(instrument))
}

fn not_beyond(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, id, _) in &facts.step.sent {
        let sells = |row: &&OrderRow| {
            let closes = matches!(row.purpose, Some(Purpose::Stop | Purpose::Exit));
            closes && row.sent.is_some_and(|order| order.side == Side::Sell)
        };
        let Some(row) = facts.order(*id).filter(sells) else { continue };
        let Some(key) = row.key() else { continue };
        if facts.card(key.1).is_none_or(|card| card.contract != Contract::Spot) {
            continue;
        }
        let closing: i128 = facts
            .open_orders()
            .filter(|(_, other)| other.key() == Some(key) && sells(other))
            .map(|(_, other)| other.leaves())
            .sum();
        let held = facts.position(key);
        let why = || format!("with order {} exits may sell {closing} of the {held} held", id.0);
        tally.holds(*seq, closing <= held.abs(), why);
    }
    Ok(())
}

fn as_wanted(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, id, _) in &facts.step.sent {
        let Some((row, order)) = facts.order(*id).and_then(|row| Some((row, row.sent?))) else { continue };
        if row.purpose != Some(Purpose::Stop) {
            continue;
        }
        let Some(plan) = row.key().and_then(|key| facts.cover.row(key).plan) else { continue };
        let (wanted, trigger) = (plan.stop, order.kind.trigger());
        let why = || format!("stop {} triggers at {trigger:?}, wanted is {wanted:?}", id.0);
        tally.holds(*seq, trigger == wanted, why);
        if let OrderKind::StopLimit { trigger, limit } = order.kind {
            let beyond = i128::from(order.side.sign()) * (i128::from(limit.0) - i128::from(trigger.0)) >= 0;
            tally.holds(*seq, beyond, || format!("stop {} is limited at {limit:?}, before {trigger:?}", id.0));
        }
    }
    Ok(())
}

/// The side on which a position stands before and after the records so far of its step; none where
/// it is flat or turned.
fn side(facts: &Facts, key: (DeskId, InstrumentId)) -> Option<Side> {
    let (before, now) = (facts.position(key), held_by_now(facts, key));
    match (before.signum(), now.signum()) {
        (1, 1) => Some(Side::Buy),
        (-1, -1) => Some(Side::Sell),
        _ => None,
    }
}

/// A position after the records so far of its step.
fn held_by_now(facts: &Facts, key: (DeskId, InstrumentId)) -> i128 {
    let of_key = |order: OrderId| facts.order(order).and_then(super::rows::OrderRow::key) == Some(key);
    let last = facts.step.bookings.iter().rev().find(|booking| of_key(booking.order));
    last.map_or_else(|| facts.position(key), |booking| booking.claimed[0])
}

/// A stop that was moved: whose, from what, to what. What joins dust brings a plan of its own (4.12), unless the stop is
/// pinned.
fn moved(facts: &Facts, record: &Record) -> Option<((DeskId, InstrumentId), Side, CoverRow)> {
    let Body::Decision(Decision::Protected { desk, instrument, author, .. }) = &record.body else { return None };
    let key = (*desk, *instrument);
    let row = facts.cover.row(key);
    let by_itself = *author != Author::Operator && row.plan_before.is_some();
    let joins = *author == Author::Entry
        && row.plan_before.is_some_and(|plan| !plan.pinned && facts.is_dust(key, facts.position(key), plan.stop));
    Some((key, side(facts, key)?, row)).filter(|_| by_itself && !joins)
}

fn tightens(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((key, side, row)) = moved(facts, record) else { return Ok(()) };
    let (before, after) = (row.plan_before.and_then(|plan| plan.stop), row.plan.and_then(|plan| plan.stop));
    let held = match (before, after) {
        (Some(before), Some(after)) => !side.better(after, before),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let why = || format!("the stop of {} is loosened from {before:?} to {after:?}", name(facts, key));
    tally.holds(record.seq, held, why);
    Ok(())
}

fn stays_pinned(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((key, _, row)) = moved(facts, record) else { return Ok(()) };
    let (Some(before), Some(after)) = (row.plan_before, row.plan) else { return Ok(()) };
    if before.pinned {
        let stays = after.pinned && (after.stop == before.stop || facts.limits.may_tighten_pinned);
        let why = || format!("{:?} moves the pinned stop of {}", after.author, name(facts, key));
        tally.holds(record.seq, stays, why);
    }
    Ok(())
}

fn never_turns(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let Some(row) = facts.order(booking.order).filter(|row| row.purpose.is_some() && !row.is_entry()) else {
            continue;
        };
        let (Some((_, effect)), Some(fill)) = (booking.counted, booking.reported.map(|reported| reported.fill)) else {
            continue;
        };
        let Some((_, instrument)) = row.key() else { continue };
        let only_closes = effect.closed >= i128::from(fill.qty.0);
        let told = facts.step.alarmed(booking.order, instrument);
        let why = || format!("order {} closes {} of {} filled", booking.order.0, effect.closed, fill.qty.0);
        tally.holds(booking.seq, only_closes || told, why);
    }
    Ok(())
}

fn dead_man(facts: &Facts, tally: &mut Tally) -> Judged {
    let Some(policy) = facts.limits.value("dms.policy") else { return Ok(()) };
    for (seq, command) in &facts.step.sweeps {
        let Command::CancelAllAfter(span) = command else { continue };
        // Desks may hold against each other what the venue does not hold at all.
        let mut held: BTreeMap<InstrumentId, i128> = BTreeMap::new();
        facts.holdings.keys().for_each(|key| *held.entry(key.1).or_default() += facts.position(*key));
        let holds = held.values().any(|held| *held != 0);
        let allowed = span.0 == 0 || policy == "flatten" || (policy == "flat_only" && !holds);
        tally.holds(*seq, allowed, || format!("the switch is armed under `{policy}`, positions held: {holds}"));
    }
    Ok(())
}

fn sweeping(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, command) in &facts.step.sweeps {
        let Command::CancelAll(scope) = command else { continue };
        let within = |id: InstrumentId| scope.is_none_or(|scope| scope == id);
        let stop = facts.open_orders().find(|(_, row)| {
            let key = row.key().filter(|(_, id)| within(*id));
            row.purpose == Some(Purpose::Stop) && row.sent.is_some() && key.is_some_and(|key| facts.position(key) != 0)
        });
        let number = stop.map_or(0, |(id, _)| id.0);
        tally.holds(*seq, stop.is_none(), || format!("everything is cancelled, stop {number} of a position too"));
    }
    Ok(())
}

fn flat(facts: &Facts, tally: &mut Tally) -> Judged {
    let standing = &facts.standing;
    if standing.crashed || standing.trader == TraderState::Reconciling || standing.down.contains(&Link::Orders) {
        return Ok(());
    }
    for (id, row) in facts.open_orders().filter(|(_, row)| row.purpose.is_some() && !row.is_entry()) {
        let Some(since) = row.key().and_then(|key| facts.cover.row(key).flat_since) else { continue };
        let lives = matches!(row.state, Some(OrderState::Live | OrderState::AmendPending));
        let for_long = facts.now().saturating_sub(since.max(standing.able_since)) > FLAT_MAX;
        let why = || format!("order {} lives on after its position is flat, and no cancel was sent", id.0);
        tally.holds(facts.step.seq, !(lives && for_long) || row.cancelled, why);
    }
    Ok(())
}
