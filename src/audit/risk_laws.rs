//! Laws of risk: faults.md §3, R1 to R14, D5, K6, M1.
//!
//! Limits are those of the journal's own configuration. Exposure is counted from bookings and from
//! every order that could still fill, unknown ones included, at the reference the order was priced
//! from; only entries count, so what is found here is the least there was.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use super::facts::Facts;
use super::law::{ASKED, INTENDED, Judged, Law, SENT, SETTLED, Tally, When};
use super::rows::OrderRow;
use crate::journal::{Body, Exact, InstrumentCard, Record, TooLarge};
use crate::market::{
    Breaker, Check, Contract, Decision, DeskId, InstrumentId, Measure, NewOrder, OrderId, OrderKind, OrderState,
    Purpose, Side, TimeInForce, TraderState,
};

pub(super) const LAWS: &[Law] = &[
    Law {
        id: "R1",
        name: "worst case of an instrument is within its limit, unknowns included",
        when: When::Step(worst),
    },
    Law { id: "R2", name: "passed checks hold by their own numbers", when: When::Record(SETTLED, measures) },
    Law { id: "R3", name: "an entry is worth at most what one order may", when: When::Record(INTENDED, value) },
    Law { id: "R4", name: "sends stay within their lanes in any window", when: When::Record(SENT | ASKED, lanes) },
    Law { id: "R5", name: "no entry after a breaker", when: When::Record(INTENDED, breakers) },
    Law { id: "R5e", name: "a loss beyond its limit trips its breaker in the same step", when: When::Step(losses) },
    Law { id: "R6", name: "no entry in an instrument that only reduces", when: When::Record(INTENDED, reducing) },
    Law { id: "R7", name: "after a kill only cancels and policy exits", when: When::Record(INTENDED, killed) },
    Law { id: "R8", name: "a price is within the collar of its reference", when: When::Record(INTENDED, collar) },
    Law { id: "R9", name: "the throttle trips and stays tripped", when: When::Record(INTENDED, throttle) },
    Law { id: "R10", name: "open orders stay within their slots", when: When::Record(INTENDED, slots) },
    Law {
        id: "R12",
        name: "no identical intent in its window, no crossing of our own",
        when: When::Record(INTENDED, twins),
    },
    Law { id: "R13", name: "a limit changes by an operator, from what it was", when: When::Record(SETTLED, changes) },
    Law { id: "K6", name: "entries only while every arming condition holds", when: When::Record(INTENDED, arming) },
];

/// Decimals of a quotient; far below any unit.
const QUOTIENT_DECIMALS: u32 = 18;

/// What an approved entry says.
fn entry(record: &Record) -> Option<(DeskId, &NewOrder, i64)> {
    match &record.body {
        Body::Decision(Decision::Intended { purpose: Purpose::Entry, desk, order, twice_reference, .. }) => {
            Some((*desk, order, *twice_reference))
        }
        _ => None,
    }
}

/// Half of a doubled price, in quote per base.
fn half(card: &InstrumentCard, twice: i64) -> Result<Exact, TooLarge> {
    card.price(crate::market::Price(twice))?.times(Exact::new(5, 1))
}

fn larger(a: Exact, b: Exact) -> Result<Exact, TooLarge> {
    Ok(if a.compare(b)?.is_ge() { a } else { b })
}

fn worst(facts: &Facts, tally: &mut Tally) -> Judged {
    let Some(limit) = facts.limits.position_max else { return Ok(()) };
    for (seq, id) in &facts.step.entries {
        let Some(row) = facts.order(*id) else { continue };
        let Some((_, instrument)) = row.key() else { continue };
        let Some(card) = facts.card(instrument).filter(|card| card.settles_in().0 == facts.header.account) else {
            continue;
        };
        let reference = half(card, row.twice_reference)?;
        let held: i128 =
            facts.holdings.iter().filter(|((_, id), _)| *id == instrument).map(|(_, h)| h.claimed[0]).sum();
        let at_mark = |qty: i128| comes_to(card, Exact::whole(qty).times(card.qty_step())?, reference);
        let mut sides = [at_mark(held.max(0))?, at_mark((-held).max(0))?];
        for (_, other) in facts.open_orders().filter(|(_, other)| other.is_entry()) {
            let Some(order) = other.intended.filter(|order| order.instrument == instrument) else { continue };
            let side = usize::from(order.side == Side::Sell);
            sides[side] = sides[side].plus(could_cost(card, other.leaves(), &order, reference)?)?;
        }
        let worst = larger(sides[0], sides[1])?;
        let why = || format!("with order {} the worst case in {} is {worst}, at most {limit}", id.0, card.symbol);
        tally.holds(*seq, worst.compare(limit)?.is_le(), why);
    }
    Ok(())
}

/// What could still fill of an entry, at its limit, a sell at least at the reference; an inverse buy at most there.
fn could_cost(card: &InstrumentCard, qty: i128, order: &NewOrder, reference: Exact) -> Result<Exact, TooLarge> {
    let qty = Exact::whole(qty).times(card.qty_step())?;
    let limit = order.kind.limit().map_or(Ok(reference), |limit| card.price(limit))?;
    let price = match (card.contract, order.side) {
        (Contract::Spot | Contract::Linear, Side::Sell) => larger(limit, reference)?,
        (Contract::Inverse, Side::Buy) if limit.compare(reference)?.is_gt() => reference,
        (Contract::Spot | Contract::Linear, Side::Buy) | (Contract::Inverse, _) => limit,
    };
    comes_to(card, qty, price)
}

/// What an amount without sign comes to at a price in the asset it settles in; a quotient toward zero, so that it is
/// never found to be more than it is.
fn comes_to(card: &InstrumentCard, amount: Exact, price: Exact) -> Result<Exact, TooLarge> {
    match card.contract {
        Contract::Spot | Contract::Linear => amount.times(price),
        Contract::Inverse => amount.divided(price, QUOTIENT_DECIMALS),
    }
}

/// How a check compares.
enum Sense {
    AtMost,
    Below,
    AtLeast,
}

fn measures(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Checked(proposal, measures)) = &record.body else { return Ok(()) };
    let _ = facts;
    for Measure { check, measured, limit } in measures {
        let sense = match check {
            Check::Entry(11 | 12 | 20 | 22 | 23 | 25 | 26 | 27 | 28 | 30) => Sense::AtMost,
            Check::Entry(9 | 24 | 29) => Sense::Below,
            Check::Entry(16..=19 | 21) => Sense::AtLeast,
            Check::Entry(_) | Check::Exit(_) | Check::Row(_) => continue,
        };
        let order = Exact::from(*measured).compare((*limit).into())?;
        let held = match sense {
            Sense::AtMost => order.is_le(),
            Sense::Below => order.is_lt(),
            Sense::AtLeast => order.is_ge(),
        };
        tally.holds(record.seq, held, || {
            format!("proposal {} passed {check} with {measured} against {limit}", proposal.0)
        });
    }
    Ok(())
}

fn value(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let (Some((_, order, twice)), Some(limit)) = (entry(record), facts.limits.trade_max) else { return Ok(()) };
    let Some(card) = facts.card(order.instrument).filter(|card| card.settles_in().0 == facts.header.account) else {
        return Ok(());
    };
    let worth = could_cost(card, order.qty.0.into(), order, half(card, twice)?)?;
    let why = || format!("order {} is worth {worth}, one may be worth {limit}", order.id.0);
    tally.holds(record.seq, worth.compare(limit)?.is_le(), why);
    Ok(())
}

fn lanes(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    if facts.limits.entry_lane.is_some() {
        let over = facts.standing.overdrawn;
        tally.holds(record.seq, over.is_none(), || {
            format!("a send overdraws the lane `{}` of the order budget", over.unwrap_or_default())
        });
    }
    Ok(())
}

fn breakers(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((_, order, _)) = entry(record) else { return Ok(()) };
    // A run of losses scales entries down and cools them off; it denies none by itself.
    let active = facts.standing.breakers.iter().find(|breaker| **breaker != Breaker::ConsecutiveLosses);
    let why = || format!("order {} enters while breaker {active:?} is active", order.id.0);
    tally.holds(record.seq, active.is_none(), why);
    Ok(())
}

fn losses(facts: &Facts, tally: &mut Tally) -> Judged {
    let Some(equity) = facts.step.valued else { return Ok(()) };
    let (standing, limits) = (&facts.standing, &facts.limits);
    let all = [
        (standing.day, limits.daily, Breaker::DailyLoss),
        (standing.week, limits.weekly, Breaker::WeeklyLoss),
        (standing.peak, limits.drawdown, Breaker::Drawdown),
    ];
    for (start, limit, breaker) in all {
        let (Some(start), Some(limit)) = (start, limit) else { continue };
        let beyond = start.minus(equity)?.compare(start.times(limit)?)?.is_ge();
        let why = || format!("equity fell from {start} to {equity} and {breaker:?} is not active");
        tally.holds(facts.step.seq, !beyond || standing.breakers.contains(&breaker), why);
    }
    Ok(())
}

fn reducing(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((_, order, _)) = entry(record) else { return Ok(()) };
    let flagged = facts.standing.reduce_only.contains(&order.instrument);
    let symbol = || facts.header.symbol(order.instrument);
    tally.holds(record.seq, !flagged, || format!("order {} enters {}, which only reduces", order.id.0, symbol()));
    let unknown = facts.open_orders().find(|(_, row)| {
        let here = row.key().is_some_and(|(_, id)| id == order.instrument);
        here && row.state.is_some_and(OrderState::is_unknown)
    });
    let other = unknown.map_or(0, |(id, _)| id.0);
    tally.holds(record.seq, unknown.is_none(), || format!("order {} enters while {other} is unknown", order.id.0));
    Ok(())
}

fn killed(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Intended { purpose, proposal, order, .. }) = &record.body else { return Ok(()) };
    if facts.standing.trader == TraderState::Halted {
        let wished = *purpose == Purpose::Entry || (*purpose == Purpose::Exit && proposal.is_some());
        tally.holds(record.seq, !wished, || format!("order {} is a desk's and was approved while halted", order.id.0));
    } else if *purpose == Purpose::Entry {
        let state = facts.standing.trader;
        let why = || format!("order {} enters while {state:?}", order.id.0);
        tally.holds(record.seq, state == TraderState::Armed, why);
    }
    Ok(())
}

fn collar(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::Intended { purpose, order, twice_reference: twice, .. }) = &record.body else {
        return Ok(());
    };
    let OrderKind::Limit { limit } = order.kind else { return Ok(()) };
    let at_once = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
    let share = match purpose {
        Purpose::Entry => facts.limits.entry_collar,
        Purpose::Exit if at_once => facts.limits.exit_collar,
        Purpose::Exit | Purpose::Stop | Purpose::Target => None,
    };
    let Some(share) = share else { return Ok(()) };
    let number = order.id.0;
    tally.holds(record.seq, *twice > 0, || format!("order {number} is priced from no reference"));
    // sign × (limit − reference) ≤ reference × share, doubled.
    let sign = i128::from(order.side.sign());
    let beyond = Exact::whole(sign * (2 * i128::from(limit.0) - i128::from(*twice)));
    let allowed = Exact::whole(i128::from(*twice)).times(share)?;
    let why = || format!("order {number} is limited at {} units, {twice} is twice its reference", limit.0);
    tally.holds(record.seq, beyond.compare(allowed)?.is_le(), why);
    Ok(())
}

fn throttle(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((desk, order, _)) = entry(record) else { return Ok(()) };
    let key: (DeskId, InstrumentId) = (desk, order.instrument);
    let tripped = facts.standing.tripped.contains(&key);
    tally.holds(record.seq, !tripped, || format!("order {} enters while its throttle is tripped", order.id.0));
    if let (Some(within), Some((most, _))) = (facts.standing.entering.within, facts.limits.throttle) {
        let why = || format!("order {} is entry {} of its window, of {most}", order.id.0, within + 1);
        tally.holds(record.seq, within < most, why);
    }
    Ok(())
}

fn slots(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let (Some((_, order, _)), Some(most)) = (entry(record), facts.limits.open_max) else { return Ok(()) };
    let here = |row: &OrderRow| row.key().is_some_and(|(_, id)| id == order.instrument);
    let open = facts.open_orders().filter(|(_, row)| here(row)).count();
    tally.holds(record.seq, open <= most, || format!("order {} is the {open}th open, of {most}", order.id.0));
    Ok(())
}

fn twins(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((_, order, _)) = entry(record) else { return Ok(()) };
    if facts.limits.twin_window.is_some() {
        let twin = facts.standing.entering.twin;
        let why = || format!("order {} repeats proposal {}", order.id.0, twin.map_or(0, |id| id.0));
        tally.holds(record.seq, twin.is_none(), why);
    }
    let Some(limit) = order.kind.limit() else { return Ok(()) };
    let crosses = |id: &OrderId, row: &OrderRow| {
        let Some(other) = row.sent.filter(|other| other.instrument == order.instrument) else { return false };
        let Some(OrderKind::Limit { limit: theirs }) = row.kind else { return false };
        *id != order.id
            && other.side != order.side
            && row.state == Some(OrderState::Live)
            && order.side.reaches(limit, theirs)
    };
    let met = facts.open_orders().find(|(id, row)| crosses(id, row)).map_or(0, |(id, _)| id.0);
    tally.holds(record.seq, met == 0, || format!("order {} meets our own order {met}", order.id.0));
    Ok(())
}

fn changes(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Body::Decision(Decision::LimitChanged { key, .. }) = &record.body else { return Ok(()) };
    let asked = facts.standing.changing.as_deref() == Some(key);
    tally.holds(record.seq, asked, || format!("`{key}` changed, and no operator asked for it"));
    let honest = facts.standing.changed_from.as_deref();
    tally.holds(record.seq, honest.is_none(), || format!("`{key}` was {}", honest.unwrap_or_default()));
    Ok(())
}

fn arming(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some((_, order, _)) = entry(record) else { return Ok(()) };
    let standing = &facts.standing;
    let apart = standing.offset.zip(facts.limits.clock_offset).is_some_and(|(offset, most)| offset.abs() > most);
    let failing = if !standing.down.is_empty() {
        format!("links {:?} are down", standing.down)
    } else if standing.key == Some(false) {
        "the key may not trade, or may withdraw".to_owned()
    } else if apart {
        "the clocks are too far apart".to_owned()
    } else if standing.journal_full || standing.journal_failed {
        "the journal takes no more".to_owned()
    } else {
        String::new()
    };
    tally.holds(record.seq, failing.is_empty(), || format!("order {} enters while {failing}", order.id.0));
    Ok(())
}
