//! Laws of fills and positions: faults.md §3, O3, O4, O12 to O14, X1, X6, P1, P2, P7, C7, E3, E4.
//!
//! Where the journal holds the venue's own log, prices and fees are judged on that; a live journal
//! has none, and what we heard is judged instead.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use super::cover_laws::GRACE;
use super::facts::Facts;
use super::law::{HEARD, Judged, Law, TRUTH, Tally, When};
use super::rows::{Booking, OrderRow, Reported};
use crate::journal::{Body, Exact, InstrumentCard, Record, TooLarge};
use crate::market::{
    AssetId, Contract, DeskId, Event, ExecutionReport, Fee, FeeAsset, Fill, Link, Liquidity, NewOrder, OrderId,
    OrderKind, OrderState, Rate, ReportKind, Side, TickLots, TimeInForce, Timestamp, TraderState,
};

pub(super) const LAWS: &[Law] = &[
    Law { id: "O3", name: "cumulative quantity never falls", when: When::Record(TRUTH, cumulative_rises) },
    Law {
        id: "O4",
        name: "cumulative quantity is the sum of the fills",
        when: When::Record(TRUTH, cumulative_adds_up),
    },
    Law {
        id: "E4",
        name: "the venue's log has each execution once and none after an end",
        when: When::Record(TRUTH, true_once),
    },
    Law { id: "O12", name: "IOC never rests, FOK is never partial", when: When::Record(TRUTH, at_once) },
    Law { id: "O12e", name: "no IOC or FOK order is left over", when: When::End(at_once_at_end) },
    Law { id: "O13", name: "post-only never takes", when: When::Record(TRUTH | HEARD, only_makes) },
    Law { id: "O14", name: "no fill after expiry", when: When::Record(TRUTH, before_expiry) },
    Law { id: "X1", name: "a fill is at its limit or better", when: When::Record(TRUTH | HEARD, within_limit) },
    Law { id: "X1a", name: "a fill no venue may make raises a critical alert", when: When::Step(alarmed) },
    Law { id: "X6", name: "a fee is the schedule's, to the unit", when: When::Record(TRUTH | HEARD, fee_by_schedule) },
    Law { id: "P1", name: "position is the sum of its fills", when: When::Step(position) },
    Law { id: "P1a", name: "what changes without an execution adds up", when: When::Step(adjusted) },
    Law { id: "P2", name: "cost, gross and net follow from the fills", when: When::Step(profit) },
    Law { id: "P7", name: "a spot position is never short", when: When::Step(not_short) },
    Law { id: "C7", name: "every fill that was made and heard is booked once", when: When::Step(booked) },
    Law { id: "E3", name: "what is booked is what the venue did", when: When::Step(true_to_venue) },
];

fn truth(record: &Record) -> Option<&ExecutionReport> {
    let Body::Truth(report) = &record.body else { return None };
    Some(report)
}

fn true_fill(record: &Record) -> Option<(&ExecutionReport, Fill)> {
    let report = truth(record)?;
    let ReportKind::Filled(fill) = report.kind else { return None };
    Some((report, fill))
}

/// The fills a record is judged by: the venue's own, or what we heard where nobody logged those.
fn fills(facts: &Facts, record: &Record) -> Vec<Reported> {
    if let Some((report, fill)) = true_fill(record) {
        return vec![Reported { report: *report, fill }];
    }
    let heard = matches!(record.body, Body::Event(Event::Report(_) | Event::Account(_)));
    if heard && !facts.has_truth { facts.step.heard.clone() } else { Vec::new() }
}

/// The venue's report, unless it says again what it said before.
fn said_first<'a>(facts: &Facts, record: &'a Record) -> Option<&'a ExecutionReport> {
    let again = |report: &&ExecutionReport| match report.kind {
        ReportKind::Filled(fill) => facts.executions.get(&fill.execution).is_some_and(|row| row.times_true > 1),
        _ => false,
    };
    truth(record).filter(|report| !again(report))
}

fn cumulative_rises(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(report) = said_first(facts, record) else { return Ok(()) };
    let Some((row, stated)) = facts.order(report.order).zip(report.cumulative) else { return Ok(()) };
    let before = row.venue.stated_before;
    let why = || format!("order {} falls from {before} to {} filled", report.order.0, stated.0);
    tally.holds(record.seq, i128::from(stated.0) >= before, why);
    Ok(())
}

fn cumulative_adds_up(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(report) = said_first(facts, record) else { return Ok(()) };
    let Some((row, stated)) = facts.order(report.order).zip(report.cumulative) else { return Ok(()) };
    let filled = row.venue.filled;
    let why = || format!("order {} is said to have {} filled, its fills add up to {filled}", report.order.0, stated.0);
    tally.holds(record.seq, i128::from(stated.0) == filled, why);
    Ok(())
}

fn true_once(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((report, fill)) = true_fill(record) else { return Ok(()) };
    let times = facts.executions.get(&fill.execution).map_or(0, |row| row.times_true);
    let revised = facts.struck("fee_revised", report.order);
    tally.holds(record.seq, times == 1 || revised, || format!("execution {} is logged {times} times", fill.execution));
    if facts.struck("overfill", report.order) || times > 1 {
        return Ok(());
    }
    let ended = facts.order(report.order).is_some_and(|row| row.venue.ended_before);
    tally.holds(record.seq, !ended, || format!("order {} fills after its end", report.order.0));
    Ok(())
}

fn immediate(order: &NewOrder) -> bool {
    matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok) && order.kind.trigger().is_none()
}

fn at_once(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(report) = truth(record) else { return Ok(()) };
    let Some(row) = facts.order(report.order) else { return Ok(()) };
    let Some(order) = row.sent.filter(immediate) else { return Ok(()) };
    match report.kind {
        ReportKind::Filled(fill) => {
            let on_arrival = row.venue.first == Some(report.at.0) && fill.liquidity == Liquidity::Taker;
            let held = on_arrival || facts.struck("overfill", report.order);
            tally.holds(record.seq, held, || format!("order {} is {:?} and rested", order.id.0, order.tif));
        }
        ReportKind::Cancelled(_) if order.tif == TimeInForce::Fok => {
            let filled = row.venue.filled;
            tally.holds(record.seq, filled == 0, || format!("order {} is Fok and filled {filled} of it", order.id.0));
        }
        _ => {}
    }
    Ok(())
}

fn at_once_at_end(facts: &Facts, tally: &mut Tally) -> Judged {
    for row in facts.orders.values() {
        let Some(order) = row.sent.filter(immediate) else { continue };
        let (number, tif) = (order.id.0, order.tif);
        tally.holds(facts.step.seq, !facts.venue.open.contains(&order.id), || {
            format!("order {number} is {tif:?} and still open")
        });
        let filled = row.venue.filled;
        let whole = tif != TimeInForce::Fok || filled == 0 || filled >= i128::from(order.qty.0);
        tally.holds(facts.step.seq, whole, || format!("order {number} is Fok and filled {filled} of it"));
    }
    Ok(())
}

fn only_makes(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    for Reported { report, fill } in fills(facts, record) {
        let post_only = facts.order(report.order).and_then(|row| row.sent).is_some_and(|order| order.post_only);
        if post_only {
            let makes = fill.liquidity == Liquidity::Maker;
            tally.holds(record.seq, makes, || format!("order {} is post-only and took", report.order.0));
        }
    }
    Ok(())
}

fn before_expiry(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((report, _)) = true_fill(record) else { return Ok(()) };
    if let Some(TimeInForce::Gtd(until)) = facts.order(report.order).and_then(|row| row.sent).map(|order| order.tif) {
        let in_time = report.at <= until;
        let why = || format!("order {} fills at {} ns, after its end at {} ns", report.order.0, report.at.0, until.0);
        tally.holds(record.seq, in_time, why);
    }
    Ok(())
}

fn within_limit(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    for Reported { report, fill } in fills(facts, record) {
        if facts.struck("worse_than_limit", report.order) {
            continue;
        }
        let kind: Option<OrderKind> = facts.order(report.order).and_then(|row| row.venue.terms).map(|(kind, _)| kind);
        if let Some(limit) = kind.and_then(OrderKind::limit) {
            let paid_more = i128::from(fill.side.sign()) * (i128::from(fill.price.0) - i128::from(limit.0)) > 0;
            let text = |price| facts.card(report.instrument).map_or(Ok(Exact::ZERO), |card| card.price(price));
            let (limit, price, side) = (text(limit)?, text(fill.price)?, fill.side);
            let why = || format!("order {} to {side:?} at {limit} traded at {price}", report.order.0);
            tally.holds(record.seq, !paid_more, why);
        }
    }
    Ok(())
}

/// Beyond its limit, or after its end: the venue did it, and the trader must cry out when it books it.
fn alarmed(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let Some(row) = facts.executions.get(&booking.execution) else { continue };
        // That the venue had ended the order is not to be seen while it is open with us and has room.
        let ended = |row: &OrderRow| row.state.is_some_and(|state| state.is_terminal() && state != OrderState::Filled);
        let has_room = |row: &OrderRow| row.most().is_some_and(|most| row.booked <= most) && !ended(row);
        let seen = row.late && !facts.order(booking.order).is_some_and(has_room);
        if row.outrageous || seen {
            let told = facts.step.alarmed(booking.order, booking.instrument);
            let why = || format!("execution {} was never the venue's to make, and nobody is told", booking.execution);
            tally.holds(booking.seq, told, why);
        }
    }
    Ok(())
}

fn fee_by_schedule(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    for Reported { report, fill } in fills(facts, record) {
        // The first word on a fee is the schedule's; what the venue makes of it later is its own.
        let again = facts.executions.get(&fill.execution).is_some_and(|row| row.times_true != 1);
        if again && facts.struck("fee_revised", report.order) {
            continue;
        }
        let (Some(card), Some(fee)) = (facts.card(report.instrument), fill.fee) else { continue };
        let planned = facts.executions.get(&fill.execution).and_then(|row| row.due);
        if card.plan.is_some() && planned.is_none() {
            // Without the venue's log nobody knows what had been traded.
            continue;
        }
        let (asset, mut amount) = scheduled(card, &fill, report.at, planned)?;
        if let Some(rate) = card.opening {
            let Some(opened) = facts.executions.get(&fill.execution).and_then(|row| row.opened) else { continue };
            let value = card.value(TickLots(card.worth(opened, fill.price.0.into())?))?.abs()?;
            amount = amount.plus(value.times(Exact::from(rate.decimal()))?.up(card.settles_in().1)?)?;
        }
        let same = fee.asset == asset && Exact::from(fee.amount) == amount || is_forced(card, &report, &fill, fee)?;
        let why = || {
            let (said, due) = (facts.header.asset(fee.asset), facts.header.asset(asset));
            format!("execution {} costs {} {said}; by schedule {amount} {due}", fill.execution, fee.amount)
        };
        tally.holds(record.seq, same, why);
    }
    Ok(())
}

/// Whether an execution costs what one by force does: the rate of that on its value, or nothing where the venue took
/// the position over. Only an order that is not ours may.
fn is_forced(card: &InstrumentCard, report: &ExecutionReport, fill: &Fill, fee: Fee) -> Result<bool, TooLarge> {
    let Some(rate) = card.forced.filter(|_| report.order >= OrderId::FIRST_EXTERNAL) else { return Ok(false) };
    let (asset, scale) = card.settles_in();
    let due = card.size(fill.qty, fill.price)?.times(Exact::from(rate.decimal()))?.up(scale)?;
    Ok(fee.asset == asset && (Exact::from(fee.amount) == due || fee.amount.is_zero()))
}

/// The fee of a fill by the schedule or the plan in force: away from zero to the unit, a rebate toward zero.
fn scheduled(
    card: &InstrumentCard,
    fill: &Fill,
    at: Timestamp,
    planned: Option<(Rate, Exact)>,
) -> Result<(AssetId, Exact), TooLarge> {
    let fees = card.rules(at).fees;
    let (rate, beside) = planned.unwrap_or((fees.rate(fill.liquidity), Exact::ZERO));
    let rate = Exact::from(rate.decimal());
    match fees.asset.on(fill.side) {
        FeeAsset::Quote | FeeAsset::Received => {
            let (asset, scale) = card.settles_in();
            Ok((asset, card.size(fill.qty, fill.price)?.times(rate)?.up(scale)?.plus(beside)?))
        }
        FeeAsset::Base => Ok((card.base, card.qty(fill.qty)?.times(rate)?.up(card.base_scale)?)),
        FeeAsset::Third { asset, scale, price } => {
            let finer = (scale + 12).min(28);
            let in_quote = card.notional(fill.qty, fill.price)?.times(rate)?;
            Ok((asset, in_quote.divided(price.into(), finer)?.up(scale)?))
        }
    }
}

fn position(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let Some(([counted, _], _)) = booking.counted else { continue };
        let (claimed, name) = (booking.claimed[0], booking.execution);
        tally.holds(booking.seq, claimed == counted, || {
            format!("after {name} the position is {counted}, not {claimed}")
        });
    }
    Ok(())
}

/// What changes without an execution is held to the same sums.
fn adjusted(facts: &Facts, tally: &mut Tally) -> Judged {
    for adjustment in &facts.step.adjustments {
        let (counted, claimed) = (adjustment.counted, adjustment.claimed);
        tally
            .holds(adjustment.seq, counted == claimed, || format!("adjusted to {claimed:?}, by our count {counted:?}"));
    }
    Ok(())
}

fn profit(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let (Some(([_, cost], effect)), name) = (booking.counted, booking.execution) else { continue };
        let holding = facts.executions.get(&name).and_then(|row| row.booked).and_then(|key| facts.holdings.get(&key));
        let [_, claimed_cost, claimed_gross] = booking.claimed;
        let why = || format!("after {name} the cost is {cost}, not {claimed_cost}");
        tally.holds(booking.seq, claimed_cost == cost, why);
        let gross = effect.gross;
        let why = || format!("{name} realises {gross} gross, not {claimed_gross}");
        tally.holds(booking.seq, claimed_gross == gross, why);
        let plain = holding.is_some_and(|holding| !holding.reversed);
        if let Some(net) = effect.net.filter(|_| plain) {
            tally.holds(booking.seq, booking.net == net, || format!("{name} realises {net} net, not {}", booking.net));
        }
    }
    Ok(())
}

fn not_short(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        // Other hands may sell what was there before us.
        let others = facts.desk_of(booking.order, None) == DeskId::EXTERNAL;
        let spot = facts.card(booking.instrument).is_some_and(|card| card.contract == Contract::Spot && !others);
        // What buys makes nothing short: it may not close all that other things did.
        let sells = booking.reported.is_some_and(|reported| reported.fill.side == Side::Sell);
        // What the venue took back before it was told of leaves in the very step it is booked in.
        let undone = facts.executions.get(&booking.execution).is_some_and(|row| row.undone.is_some());
        let judged = spot && sells && !undone;
        if let (true, Some(([counted, _], _))) = (judged, booking.counted) {
            let key = facts.executions.get(&booking.execution).and_then(|row| row.booked);
            let holding = key.and_then(|key| facts.holdings.get(&key));
            let oversold = holding.map_or(0, |holding| holding.oversold);
            let found = holding.map_or(i64::MIN, |holding| holding.oversold_at);
            let oversold = if left_alone(facts, booking, found) { 0 } else { oversold };
            let why = || format!("after {} the spot position is {counted}", booking.execution);
            tally.holds(booking.seq, counted >= -oversold, why);
        }
    }
    Ok(())
}

/// Whether an order traded long after it was found that less is there than is under way, known to be open all the
/// while, and nothing was done about it.
fn left_alone(facts: &Facts, booking: &Booking, found: i64) -> bool {
    let (standing, made) = (&facts.standing, booking.reported.map(|reported| reported.report.at.0));
    let (Some(row), Some(made), Some(most)) = (facts.order(booking.order), made, facts.limits.naked_max) else {
        return false;
    };
    let opened = standing.opened_at.get(&booking.instrument).copied().unwrap_or(i64::MIN);
    let able = found.max(row.live_since).max(standing.able_since).max(opened);
    let unable =
        standing.crashed || standing.down.contains(&Link::Orders) || standing.trader == TraderState::Reconciling;
    row.live_since > 0 && !unable && row.handled_at < found && made > able.saturating_add(most + GRACE)
}

fn booked(facts: &Facts, tally: &mut Tally) -> Judged {
    for heard in &facts.step.heard {
        let Some(row) = facts.executions.get(&heard.fill.execution) else { continue };
        let genuine = match row.truth {
            Some(made) => same(&made, heard),
            None if facts.has_truth => false,
            None => facts.card(heard.report.instrument).is_some_and(|card| well_formed(card, heard)),
        };
        if genuine {
            let why =
                || format!("execution {} was heard and is booked {} times", heard.fill.execution, row.times_booked);
            // A page of history is worked through once its pass has heard everything; C1f holds that to it.
            let later = facts.step.paged || facts.in_the_opening(Some(heard.report.at));
            let booked = row.times_booked == 1 || (later && row.times_booked == 0);
            tally.holds(facts.step.seq, booked, why);
        }
    }
    Ok(())
}

/// Production-rules §4.4: what a fill must be to be booked at all.
fn well_formed(card: &InstrumentCard, heard: &Reported) -> bool {
    let (rules, fill) = (card.rules(heard.report.at), heard.fill);
    fill.qty.0 > 0 && fill.price.0 > 0 && fill.price.0 % rules.tick.0 == 0 && fill.qty.0 % rules.lot.0 == 0
}

fn same(made: &Reported, heard: &Reported) -> bool {
    let key = |reported: &Reported| {
        let fill = reported.fill;
        (reported.report.order, reported.report.instrument, fill.side, fill.price, fill.qty)
    };
    key(made) == key(heard)
}

fn true_to_venue(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let name = booking.execution;
        let Some(reported) = booking.reported else {
            tally.holds(booking.seq, false, || format!("execution {name} is booked, and nobody reported it"));
            continue;
        };
        let named = reported.report.order == booking.order;
        let why =
            || format!("execution {name} of order {} is booked to order {}", reported.report.order.0, booking.order.0);
        tally.holds(booking.seq, named, why);
        let made = facts.executions.get(&name).and_then(|row| row.truth);
        if facts.has_truth {
            // Of an order of other hands nothing is known by which a garbled fill could be told.
            let garbled = booking.order >= OrderId::FIRST_EXTERNAL && facts.struck("fill_malformed", booking.order);
            let told_other = garbled || facts.struck("fill_conflict", booking.order);
            let true_fill = made.is_some_and(|made| same(&made, &reported) || told_other);
            tally.holds(booking.seq, true_fill, || format!("execution {name} is booked other than the venue made it"));
        }
    }
    Ok(())
}
