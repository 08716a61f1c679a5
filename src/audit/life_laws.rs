//! Laws of an order's life: faults.md §3, O1, O15, O16, C5, M6, and checks before an intent (O10).
//!
//! The transition table is production-rules §1.5 once more, as states alone.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use super::facts::Facts;
use super::law::{HEARD, Judged, Law, MOVED, TRUTH, Tally, When};
use crate::journal::{Body, Record};
use crate::market::{Decision, Event, Link, OrderState, Timestamp, VenueMessage};

/// How much longer than `orders.silence` an order may be silent: its query may wait for its lane.
const WAIT_MAX: i64 = 120_000_000_000;

pub(super) const LAWS: &[Law] = &[
    Law { id: "O1t", name: "order states move as the table allows", when: When::Record(MOVED, by_the_table) },
    Law { id: "O15", name: "an entry's executions never exceed what was approved", when: When::Step(within_intent) },
    Law { id: "O16", name: "no open order is silent and not asked for", when: When::Second(not_forgotten) },
    Law { id: "C5", name: "absence is proof only after the deadline, twice asked", when: When::Record(MOVED, proven) },
    Law { id: "M6", name: "nothing is heard before it happened", when: When::Record(HEARD | TRUTH, in_time) },
];

/// Where an input may lead: a row per TR-number, a column per state I S U L CP UC AP UA, then the
/// ends but `Void`, then `Void`. `=` stays; `K` is an end by cancel or expiry; `A` any end.
const TABLE: [&str; 28] = [
    "L  L  L  =  =  =  =  =  =  L",
    "R= R= R= R= R= R= R= R= =  =",
    "L  L  L  =  =  =  =  =  =  L",
    "F  F  F  F  F  F  F= F= =  F",
    "F  F  F  F  F  F  F= F= =  F",
    "=  =  =  =  =  =  =  =  =  =",
    "=  =  =  =  =  =  =  =  =  =",
    "=  =  =  =  =  =  =  =  =  =",
    "K= K= K= K= K= K= K= K= =  K",
    "L  L  L  =  =  =  L  L  =  =",
    "=  =  =  =  u  =  =  =  =  =",
    "=  =  =  =  L  L  =  =  =  =",
    "=  =  =  =  =  =  b  =  =  =",
    "=  =  =  =  =  =  L  L  =  =",
    "L  L  L  =  =  c  =  L  =L =L",
    "A  A  A  A  A  A  A= A= =  A",
    "=  =  =V =  u  =  b  =  =  =",
    "-  U  =  =  u  =  b  =  =  =",
    "-  V  V  =  L  L  L  L  =  =",
    "=  U  =  =  =  =  =  =  =  =",
    "-  U  =  -  u  =  b  =  -  -",
    "V  =  =  c  =  =  =  c  -  -",
    "-  -  -  =  =  =  =  =  -  -",
    "V  =  =  c  =  =  =  c  =  =",
    "=  =  =  a  =  =  =  =  =  =",
    "V  =  =  c  =  =  c  c  =  =",
    "V  U  =  =  u  =  b  =  =  =",
    "-  =  =  =  =  =  =  =  =  =",
];

const fn column(state: OrderState) -> usize {
    match state {
        OrderState::Intent => 0,
        OrderState::Sent => 1,
        OrderState::UnknownSubmit => 2,
        OrderState::Live => 3,
        OrderState::CancelPending => 4,
        OrderState::UnknownCancel => 5,
        OrderState::AmendPending => 6,
        OrderState::UnknownAmend => 7,
        OrderState::Filled | OrderState::Cancelled | OrderState::Expired | OrderState::Rejected => 8,
        OrderState::Void => 9,
    }
}

/// The letters under which a state stands in a cell.
const fn letters(state: OrderState) -> &'static str {
    match state {
        OrderState::Live => "L",
        OrderState::UnknownSubmit => "U",
        OrderState::CancelPending => "c",
        OrderState::UnknownCancel => "u",
        OrderState::AmendPending => "a",
        OrderState::UnknownAmend => "b",
        OrderState::Filled => "FA",
        OrderState::Cancelled | OrderState::Expired => "KA",
        OrderState::Rejected => "RA",
        OrderState::Void => "V",
        OrderState::Intent | OrderState::Sent => "",
    }
}

fn allows(row: u8, from: OrderState, to: OrderState) -> bool {
    if row == 0 {
        // No input: its release.
        return from == OrderState::Intent && to == OrderState::Sent;
    }
    let Some(line) = usize::from(row).checked_sub(1).and_then(|row| TABLE.get(row)) else { return false };
    let Some(cell) = line.split_whitespace().nth(column(from)) else { return false };
    (from == to && cell.contains('=')) || letters(to).chars().any(|letter| cell.contains(letter))
}

fn by_the_table(_: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Moved { order, row, from, to }) = &record.body else { return Ok(()) };
    let why = || format!("order {} moves from {from:?} to {to:?} by TR-{row:02}", order.0);
    tally.holds(record.seq, allows(*row, *from, *to), why);
    Ok(())
}

fn within_intent(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let Some(row) = facts.order(booking.order).filter(|row| row.is_entry()) else { continue };
        let Some(orders) = row.intent.and_then(|intent| facts.intents.get(&intent)) else { continue };
        let rows = || orders.iter().filter_map(|id| facts.order(*id));
        let booked: i128 = rows().map(|row| row.booked).sum();
        let asked = rows().map(|row| row.booked + row.leaves()).max().unwrap_or_default();
        let approved = rows().filter_map(|row| row.asked).map(|[_, greatest]| greatest).max().unwrap_or(asked);
        // One that was hidden and held for void was cried out about when it came to light (§1.6).
        let hidden = orders.iter().any(|id| facts.struck("hidden", *id));
        let told = hidden || facts.step.alarmed(booking.order, booking.instrument);
        let why = || format!("orders of intent {:?} filled {booked} of {approved}", row.intent.map(|intent| intent.0));
        tally.holds(booking.seq, booked <= approved || told, why);
    }
    Ok(())
}

fn not_forgotten(facts: &Facts, tally: &mut Tally) -> Judged {
    let Some(silence) = facts.limits.silence else { return Ok(()) };
    let standing = &facts.standing;
    // A process that is down asks for nothing; once it is back, time counts from there.
    if !facts.step.is_given {
        return Ok(());
    }
    if [Link::Orders, Link::Queries, Link::Reports].iter().any(|link| standing.down.contains(link)) {
        return Ok(());
    }
    let most = silence.saturating_add(WAIT_MAX);
    for (id, row) in facts.open_orders().filter(|(_, row)| row.sent.is_some()) {
        let since = row.news.max(facts.reconciling.looked_at).max(standing.able_since);
        let silent = facts.now().saturating_sub(since);
        let why = || format!("order {} is {:?} and silent for {silent} ns", id.0, row.state);
        tally.holds(facts.step.seq, silent <= most, why);
    }
    Ok(())
}

fn proven(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Moved { order, row: 17, to: OrderState::Void, .. }) = &record.body else {
        return Ok(());
    };
    let Some((row, sent)) = facts.order(*order).and_then(|row| Some((row, row.sent?))) else { return Ok(()) };
    let undated = sent.deadline == Timestamp::MAX;
    let (from, gap) =
        if undated { (row.sent_at, facts.limits.absence_undated) } else { (sent.deadline.0, facts.limits.absence) };
    if let Some(gap) = gap {
        let earliest = from.saturating_add(gap);
        let why = || format!("order {} is void at {} ns, proof begins at {earliest} ns", order.0, record.now.0);
        tally.holds(record.seq, record.now.0 >= earliest, why);
    }
    Ok(())
}

fn in_time(_: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let at = match &record.body {
        Body::Event(Event::Report(report) | Event::Account(VenueMessage::Report(report))) | Body::Truth(report) => {
            report.at
        }
        Body::Event(Event::Account(VenueMessage::Fills(page))) => page.at,
        Body::Event(Event::Account(VenueMessage::Balances(snapshot))) => snapshot.at,
        Body::Event(Event::Account(VenueMessage::OpenOrders(snapshot))) => snapshot.at,
        _ => return Ok(()),
    };
    let why = || format!("at {} ns something of {} ns is heard", record.now.0, at.0);
    tally.holds(record.seq, at <= record.now, why);
    Ok(())
}
