//! Laws of orders: faults.md §3, O1 to O14 and C1.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use super::facts::Facts;
use super::law::{ALL, BOOKED, INTENDED, Judged, Law, MOVED, SENT, Tally, When};
use super::rows::OrderRow;
use crate::journal::{Body, Exact, InstrumentCard, Record};
use crate::market::{
    Command, Decision, NewOrder, OrderKind, OrderState, Price, Qty, ReportKind, Timestamp, TraderState,
};

pub(super) const LAWS: &[Law] = &[
    Law { id: "T1", name: "time and market deliveries never go back", when: When::Record(ALL, clock) },
    Law { id: "O1", name: "order states follow one another, ends are final", when: When::Record(MOVED, moves) },
    Law {
        id: "O2",
        name: "an order ends filled when its quantity is booked, and only then",
        when: When::Step(quantity),
    },
    Law { id: "O5", name: "an execution is booked once", when: When::Record(BOOKED, booked_once) },
    Law { id: "O6", name: "an order id is never used again", when: When::Record(SENT, sent_once) },
    Law { id: "O7", name: "an intent has one order that may live", when: When::Record(INTENDED, one_per_intent) },
    Law { id: "O8", name: "what is sent is on the grid and above the minima", when: When::Record(SENT, on_grid) },
    Law {
        id: "O10",
        name: "nothing leaves without its intent and risk pass",
        when: When::Record(SENT, intended_first),
    },
    Law { id: "O11", name: "nothing that opens leaves unless armed", when: When::Step(armed) },
    Law { id: "C1", name: "at the end our orders are the venue's", when: When::End(same_at_end) },
];

fn clock(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let [before, after] = facts.clock;
    let forward = before.0 <= after.0 && before.1 <= after.1;
    let why = || format!("from {} ns and delivery {} to {} ns and delivery {}", before.0, before.1, after.0, after.1);
    tally.holds(record.seq, forward, why);
    Ok(())
}

fn moves(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Moved { order, row, from, to }) = &record.body else { return Ok(()) };
    let Some(before) = facts.order(*order).and_then(|known| known.state_before) else { return Ok(()) };
    let released = before == OrderState::Sent && *from == OrderState::Intent;
    let continuous = *from == before || released;
    let why = || format!("order {} moves from {from:?}, but it was {before:?}", order.0);
    tally.holds(record.seq, continuous, why);
    // Only evidence of the venue brings an order back, and of what it was not: void, or open after all.
    let reopened = from.is_terminal() && to != from;
    let evidence = (*from == OrderState::Void && matches!(row, 1 | 3 | 4 | 5 | 9 | 15 | 16)) || *row == 15;
    let why = || format!("order {} leaves its end {from:?} for {to:?} by TR-{row:02}", order.0);
    tally.holds(record.seq, !reopened || evidence, why);
    Ok(())
}

fn quantity(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let Some(row) = facts.order(booking.order) else { continue };
        let (Some([least, greatest]), Some(state)) = (row.asked, row.state) else { continue };
        let (booked, number) = (row.booked, booking.order.0);
        // An amend that waits to be sent may ask for more than is written down (§1.5, ²).
        let waits = state == OrderState::AmendPending && row.terms.is_some_and(|[_, wished]| wished == 0);
        let ended = booked < greatest || state.is_terminal() || waits;
        tally.holds(booking.seq, ended, || format!("order {number} is {state:?} with {booked} of {greatest} booked"));
        // An order that the venue says is filled ends so before its last fills are found.
        let earned = state != OrderState::Filled || booked >= least || row.ended_by == 16;
        tally.holds(booking.seq, earned, || format!("order {number} is Filled with {booked} of {least} booked"));
    }
    Ok(())
}

fn booked_once(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    if let Body::Decision(Decision::Booked { execution, .. }) = &record.body {
        let times = facts.executions.get(execution).map_or(0, |row| row.times_booked);
        tally.holds(record.seq, times == 1, || format!("execution {execution} is booked {times} times"));
    }
    Ok(())
}

fn sent(record: &Record) -> Option<&NewOrder> {
    let Body::Command(Command::New(order)) = &record.body else { return None };
    Some(order)
}

fn sent_once(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    if let Some(order) = sent(record) {
        let times = facts.order(order.id).map_or(0, |row| row.times_sent);
        tally.holds(record.seq, times == 1, || format!("order {} is sent {times} times", order.id.0));
    }
    Ok(())
}

fn one_per_intent(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Intended { intent, order, .. }) = &record.body else { return Ok(()) };
    let orders = facts.intents.get(intent).map_or(&[][..], Vec::as_slice);
    let lives = |row: &OrderRow| row.state.is_none_or(|state| !state.is_terminal());
    let other = orders.iter().find(|id| **id != order.id && facts.order(**id).is_some_and(lives));
    let why = || {
        let other = other.map_or(0, |other| other.0);
        format!("intent {} gets order {} while order {other} may live", intent.0, order.id.0)
    };
    tally.holds(record.seq, other.is_none(), why);
    Ok(())
}

fn on_grid(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let (number, instrument, qty, kind) = match &record.body {
        Body::Command(Command::New(order)) => (order.id.0, order.instrument, order.qty, order.kind),
        Body::Command(Command::Amend(amend)) => {
            let sent = facts.order(amend.id).and_then(|row| row.sent);
            let Some(sent) = sent else { return Ok(()) };
            (amend.id.0, sent.instrument, amend.qty, amend.kind)
        }
        _ => return Ok(()),
    };
    let Some(card) = facts.card(instrument) else {
        tally.holds(record.seq, false, || {
            format!("order {number} is for instrument {}, which is unknown", instrument.0)
        });
        return Ok(());
    };
    let wrong = off_grid(card, qty, kind, record.now)?;
    tally.holds(record.seq, wrong.is_none(), || format!("order {number}: {}", wrong.unwrap_or_default()));
    Ok(())
}

/// What is wrong with an order by the rules its sender believed in.
fn off_grid(
    card: &InstrumentCard,
    qty: Qty,
    kind: OrderKind,
    now: Timestamp,
) -> Result<Option<String>, crate::journal::TooLarge> {
    let rules = card.believed_rules(now);
    let prices: Vec<Price> = kind.limit().into_iter().chain(kind.trigger()).collect();
    if let Some(price) = prices.iter().find(|price| price.0 <= 0 || price.0 % rules.tick.0 != 0) {
        return Ok(Some(format!("price {} is not on the tick of {}", card.price(*price)?, card.price(rules.tick)?)));
    }
    let text = |qty: Qty| card.qty(qty);
    if qty.0 % rules.lot.0 != 0 {
        return Ok(Some(format!("quantity {} is not on the lot of {}", text(qty)?, text(rules.lot)?)));
    }
    if qty.0 <= 0 || qty < rules.min_qty || qty > rules.max_qty {
        let (least, most) = (text(rules.min_qty)?, text(rules.max_qty)?);
        return Ok(Some(format!("quantity {} is not from {least} to {most}", text(qty)?)));
    }
    // The least notional is asked at the highest price named; a venue that asks at another says so itself.
    let Some(highest) = prices.into_iter().max() else { return Ok(None) };
    let notional = card.notional(qty, highest)?;
    let least = Exact::from(rules.min_notional);
    let enough = notional.compare(least)?.is_ge();
    Ok((!enough).then(|| format!("notional {notional} is below {least}")))
}

fn intended_first(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(order) = sent(record) else { return Ok(()) };
    let number = order.id.0;
    let intended = facts.order(order.id).and_then(|row| row.intended);
    let why = || match intended {
        None => format!("order {number} leaves without an intent"),
        Some(_) => format!("order {number} leaves with other terms than were approved"),
    };
    // An exit may wait for its token; its deadline counts from its release.
    let approved = intended.is_some_and(|approved| {
        approved.deadline <= order.deadline && NewOrder { deadline: order.deadline, ..approved } == *order
    });
    tally.holds(record.seq, approved, why);
    let owner = facts.passes.get(&order.risk_pass);
    let why = || format!("order {number} leaves with risk pass {}, which is not its own", order.risk_pass.0);
    tally.holds(record.seq, owner == Some(&order.id), why);
    Ok(())
}

fn armed(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, id, state) in &facts.step.sent {
        let Some((order, row)) = facts.order(*id).and_then(|row| row.sent.map(|order| (order, row))) else { continue };
        let key = (row.desk.unwrap_or(crate::market::DeskId(u16::MAX)), order.instrument);
        let position = facts.holdings.get(&key).map_or(0, |holding| holding.position.qty);
        let shrinks = position * i128::from(order.side.sign()) < 0 && i128::from(order.qty.0) <= position.abs();
        let allowed = *state == TraderState::Armed || order.reduce_only || shrinks;
        let why = || format!("order {} opens while {state:?}; the position is {position}", id.0);
        tally.holds(*seq, allowed, why);
    }
    Ok(())
}

fn same_at_end(facts: &Facts, tally: &mut Tally) -> Judged {
    for (id, row) in &facts.orders {
        let (Some(state), Some(_)) = (row.state, row.venue.first) else { continue };
        let silent = |report: &crate::market::ExecutionReport| matches!(report.kind, ReportKind::Status(_));
        if row.sent.is_none() || !row.venue.undelivered.iter().all(silent) || state.is_unknown() {
            continue;
        }
        let ours = state.is_terminal();
        let why =
            || format!("order {} is {state:?} with us and {} at the venue", id.0, if ours { "open" } else { "ended" });
        tally.holds(facts.step.seq, ours != facts.venue.open.contains(id), why);
    }
    tally.checked += 1;
    Ok(())
}
